package broker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

var ctx = context.Background()

func newBroker(t *testing.T, o broker.Options) (*broker.Broker, *memstore.Store) {
	t.Helper()
	st := memstore.New(memstore.Options{TwiceApply: true})
	if o.Now == nil {
		o.Now = func() entity.Instant { return entity.Instant(time.Now().UnixMicro()) }
	}
	return broker.New(st, o), st
}

func prop(name, value string) entity.Instance {
	return entity.Instance{Name: entity.Name("x:" + name), Kind: entity.Property, Value: []byte(value)}
}

func frag(id, typ string, attrs ...entity.Instance) entity.Fragment {
	return entity.Fragment{ID: entity.ID(id), Types: []entity.Name{entity.Name("x:" + typ)}, Attrs: attrs}
}

func create(t *testing.T, b *broker.Broker, fs ...entity.Fragment) {
	t.Helper()
	out, err := b.CreateMany(ctx, broker.Call{}, fs)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
}

func TestLifeOfAnEntity(t *testing.T) {
	b, _ := newBroker(t, broker.Options{})
	c := broker.Call{Origin: store.Origin{Account: "ada"}}
	if err := b.Create(ctx, c, frag("urn:a", "A", prop("a", "1"))); err != nil {
		t.Fatal(err)
	}
	if err := b.Create(ctx, c, frag("urn:a", "A")); !problem.Is(err, problem.AlreadyExists) {
		t.Errorf("second creation: %v", err)
	}
	if err := b.Partial(ctx, c, "urn:a", entity.Patch{Name: "x:a", Value: []byte("2")}); err != nil {
		t.Error(err)
	}
	e, err := b.Entity(ctx, c, "urn:a")
	if err != nil || string(e.Attrs[0].Value) != "2" {
		t.Errorf("after the update: %+v, %v", e, err)
	}
	if err := b.Delete(ctx, c, "urn:a"); err != nil {
		t.Error(err)
	}
	if _, err := b.Entity(ctx, c, "urn:a"); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("after the deletion: %v", err)
	}
	ev, err := b.History(ctx, c, "urn:a", store.Window{Clock: store.ModifiedAt})
	if err != nil || len(ev.Series) != 1 || len(ev.Series[0].Points) != 3 {
		t.Errorf("its history (two values and a tombstone): %+v, %v", ev, err)
	}
	for name, err := range map[string]error{
		"delete":       b.Delete(ctx, c, "urn:a"),
		"partial":      b.Partial(ctx, c, "urn:a", entity.Patch{Name: "x:a", Value: []byte("2")}),
		"replace":      b.Replace(ctx, c, frag("urn:a", "A")),
		"merge":        b.Merge(ctx, c, frag("urn:a", "A"), entity.MergeOptions{}),
		"delete attr":  b.DeleteAttr(ctx, c, "urn:a", "x:a", "", false),
		"replace attr": b.ReplaceAttr(ctx, c, "urn:a", prop("a", "1")),
		"scope":        b.DeleteScope(ctx, c, "urn:a"),
	} {
		if !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("%s of what is gone: %v", name, err)
		}
	}
}

func TestBatchesReportPerItemInOrder(t *testing.T) {
	b, _ := newBroker(t, broker.Options{})
	out, err := b.CreateMany(ctx, broker.Call{}, []entity.Fragment{frag("urn:a", "A"), {ID: "urn:b"}, frag("urn:a", "A"), frag("urn:c", "A")})
	if err != nil {
		t.Fatal(err)
	}
	for i, kind := range []problem.Kind{0, problem.BadRequestData, problem.AlreadyExists, 0} {
		if kind == 0 && out[i].Err != nil || kind != 0 && !problem.Is(out[i].Err, kind) {
			t.Errorf("item %d: %v, want %v", i, out[i].Err, kind)
		}
	}
	out, err = b.UpsertMany(ctx, broker.Call{}, []entity.Fragment{frag("urn:a", "A", prop("a", "1")), frag("urn:new", "A")}, broker.UpsertReplace)
	if err != nil || out[0].Created || !out[1].Created {
		t.Errorf("upsert: %+v, %v", out, err)
	}
	out, err = b.DeleteMany(ctx, broker.Call{}, []entity.ID{"urn:a", "urn:a"})
	if err != nil || out[0].Err != nil || !problem.Is(out[1].Err, problem.ResourceNotFound) {
		t.Errorf("delete twice: %+v, %v", out, err)
	}
}

func TestQueryPages(t *testing.T) {
	b, _ := newBroker(t, broker.Options{})
	for i := range 25 {
		create(t, b, frag(fmt.Sprintf("urn:%02d", i), "A", prop("n", fmt.Sprint(i))))
	}
	create(t, b, frag("urn:other", "B"))
	q := &query.Query{Types: query.OneType("x:A")}
	var got []string
	for off := 0; ; off += 10 {
		f, err := b.Query(ctx, broker.Call{}, q, broker.Page{Limit: 10, Offset: off, Count: off == 0})
		if err != nil {
			t.Fatal(err)
		}
		if off == 0 && f.Count != 25 {
			t.Errorf("count %d", f.Count)
		}
		for _, e := range f.Entities {
			got = append(got, string(e.ID))
		}
		if f.More != (off < 20) {
			t.Errorf("offset %d: more %v", off, f.More)
		}
		if !f.More {
			break
		}
	}
	if len(got) != 25 || got[0] != "urn:00" || got[24] != "urn:24" {
		t.Errorf("pages gave %v", got)
	}
	f, err := b.Query(ctx, broker.Call{}, q, broker.Page{Limit: 0, Count: true})
	if err != nil || f.Count != 25 || len(f.Entities) != 0 {
		t.Errorf("count alone: %+v, %v", f, err)
	}
	if _, err := b.Query(ctx, broker.Call{Space: store.Space{Tenant: "nobody"}}, q, broker.Page{Limit: 1}); !problem.Is(err, problem.NonexistentTenant) {
		t.Errorf("unknown tenant: %v", err)
	}
}

// A page ends before its limit when it takes too much.
func TestQueryPageBytes(t *testing.T) {
	b, _ := newBroker(t, broker.Options{})
	large := fmt.Sprintf("%q", strings.Repeat("x", 1<<20))
	for i := range 40 {
		create(t, b, frag(fmt.Sprintf("urn:%02d", i), "A", prop("n", fmt.Sprint(-i)), prop("large", large)))
	}
	q := &query.Query{Types: query.OneType("x:A")}
	order := &query.Order{Terms: []query.OrderTerm{{Path: query.Path{Names: []entity.Name{"x:n"}}}}}
	for name, p := range map[string]broker.Page{"numbers": {Limit: 40}, "order": {Limit: 40, Order: order}} {
		first, err := b.Query(ctx, broker.Call{}, q, p)
		if n := len(first.Entities); err != nil || n < 20 || n == 40 || !first.More {
			t.Fatalf("%s: %d entities, more %v, %v", name, n, first.More, err)
		}
		p.After, p.Mark = first.Entities[len(first.Entities)-1].Number, first.Mark
		rest, err := b.Query(ctx, broker.Call{}, q, p)
		if err != nil || len(first.Entities)+len(rest.Entities) != 40 || rest.More {
			t.Errorf("%s: then %d, more %v, %v", name, len(rest.Entities), rest.More, err)
		}
	}
	if f, err := b.Query(ctx, broker.Call{}, q, broker.Page{Limit: 1, Offset: broker.MaxOrdered, Order: order}); !problem.Is(err, problem.TooManyResults) {
		t.Errorf("far into an order: %+v, %v", f, err)
	}
	late, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
	defer cancel()
	for i := range 300 {
		create(t, b, frag(fmt.Sprintf("urn:more:%d", i), "B"))
	}
	if _, err := b.Query(late, broker.Call{}, &query.Query{}, broker.Page{Count: true}); !problem.Is(err, problem.TooComplexQuery) {
		t.Errorf("out of time: %v", err)
	}
}

func TestAccessHidesAndForbids(t *testing.T) {
	b, _ := newBroker(t, broker.Options{})
	create(t, b, frag("urn:a", "A", prop("a", "1"), prop("secret", "9")), frag("urn:b", "B", prop("a", "1")))
	c := broker.Call{Access: &query.Access{Any: []query.Query{{Types: query.OneType("x:A")}}, Hidden: []entity.Name{"x:secret"}}}
	e, err := b.Entity(ctx, c, "urn:a")
	if err != nil || e.Has("x:secret") || !e.Has("x:a") {
		t.Errorf("what may be seen: %+v, %v", e, err)
	}
	if _, err := b.Entity(ctx, c, "urn:b"); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("what may not be seen: %v", err)
	}
	f, err := b.Query(ctx, c, &query.Query{}, broker.Page{Limit: 10, Count: true})
	if err != nil || f.Count != 1 {
		t.Errorf("query: %+v, %v", f, err)
	}
	if f, err = b.Query(ctx, c, &query.Query{Attrs: []entity.Name{"x:secret"}}, broker.Page{Limit: 10}); err != nil || len(f.Entities) != 0 {
		t.Errorf("a hidden attribute can be asked for: %+v, %v", f, err)
	}
	if err := b.Delete(ctx, c, "urn:b"); !problem.Is(err, problem.Forbidden) {
		t.Errorf("deleting what may not be seen: %v", err)
	}
	attrs, err := b.Attributes(ctx, c)
	if err != nil || len(attrs) != 1 || attrs[0].Name != "x:a" {
		t.Errorf("discovery: %+v, %v", attrs, err)
	}
	ev, err := b.History(ctx, c, "urn:a", store.Window{Clock: store.ModifiedAt})
	if err != nil || len(ev.Series) != 1 {
		t.Errorf("history: %+v, %v", ev, err)
	}
	if _, err := b.History(ctx, c, "urn:b", store.Window{Clock: store.ModifiedAt}); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("history of what may not be seen: %v", err)
	}
}

func TestGuardRefuses(t *testing.T) {
	b, _ := newBroker(t, broker.Options{Guard: func(_ broker.Call, _, after *entity.Entity) error {
		if after != nil && after.HasType("x:Law") {
			return problem.New(problem.OperationNotSupported, "laws are made elsewhere")
		}
		return nil
	}})
	if err := b.Create(ctx, broker.Call{}, frag("urn:a", "Law")); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("%v", err)
	}
	if _, err := b.Entity(ctx, broker.Call{}, "urn:a"); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("it was made all the same: %v", err)
	}
}

func observed(i entity.Instance, at entity.Instant) entity.Instance { i.ObservedAt = at; return i }

func TestIngest(t *testing.T) {
	b, _ := newBroker(t, broker.Options{})
	c := broker.Call{Origin: store.Origin{Source: "s"}}
	send := func(value string, at entity.Instant) {
		t.Helper()
		out, err := b.Ingest(ctx, c, []entity.Fragment{frag("urn:a", "A", observed(prop("a", value), at))})
		if err = errors.Join(err, out[0].Err); err != nil {
			t.Fatal(err)
		}
	}
	send("1", 100)
	send("2", 200)
	send("1", 100) // redelivered, late by now
	send("1.5", 150)
	send("1.5", 150)
	send("2", 200)
	e, _ := b.Entity(ctx, c, "urn:a")
	if string(e.Attrs[0].Value) != "2" {
		t.Errorf("the current value is %s", e.Attrs[0].Value)
	}
	ev, err := b.History(ctx, c, "urn:a", store.Window{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range ev.Series[0].Points {
		got = append(got, string(p.Value))
	}
	if s := strings.Join(got, " "); s != "1 1.5 2" {
		t.Errorf("history %s, want each reading once", s)
	}
}

func TestHistoryQueryLooksInsideTheWindow(t *testing.T) {
	b, _ := newBroker(t, broker.Options{})
	_, err := b.AddHistory(ctx, broker.Call{}, []entity.Fragment{
		frag("urn:a", "A", observed(prop("t", "10"), 100), observed(prop("t", "30"), 200), observed(prop("t", "15"), 300)),
		frag("urn:b", "A", observed(prop("t", "12"), 100)),
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	q := &query.Query{Types: query.OneType("x:A"), Attrs: []entity.Name{"x:t"}}
	var got []broker.Evolution
	take := func(ev broker.Evolution) error { got = append(got, ev); return nil }
	f, err := b.HistoryQuery(ctx, broker.Call{}, broker.HistoryAsk{Query: q, Window: store.Window{From: 50, To: 250}, Page: broker.Page{Limit: 10, Count: true}, Each: take})
	if err != nil || f.Count != 2 || len(got[0].Series[0].Points) != 2 {
		t.Errorf("both, within the window: %+v, %v", f, err)
	}
	f, err = b.HistoryQuery(ctx, broker.Call{}, broker.HistoryAsk{Query: q, Window: store.Window{From: 150, To: 350}, Page: broker.Page{Limit: 10}, Each: take})
	if err != nil || f.N != 1 || got[2].Head.ID != "urn:a" {
		t.Errorf("one has points later on: %+v, %v", f, err)
	}
	e, err := b.Entity(ctx, broker.Call{}, "urn:a")
	if err != nil || string(e.Attrs[0].Value) != "15" {
		t.Errorf("the newest becomes the state: %+v, %v", e, err)
	}
}

func TestDiscovery(t *testing.T) {
	b, _ := newBroker(t, broker.Options{})
	create(t, b, frag("urn:a", "A", prop("p", "1"), entity.Instance{Name: "x:p", Dataset: "urn:d", Kind: entity.Relationship, Value: []byte(`"urn:x"`)}), frag("urn:b", "B", prop("p", "1"), prop("q", "1")))
	types, err := b.Types(ctx, broker.Call{})
	if err != nil || len(types) != 2 || types[0].Type != "x:A" || types[0].Count != 1 || types[0].Attrs[0].Count != 2 {
		t.Errorf("types: %+v, %v", types, err)
	}
	a, err := b.Attribute(ctx, broker.Call{}, "x:p")
	if err != nil || a.Count != 3 || len(a.Kinds) != 2 || len(a.Types) != 2 {
		t.Errorf("attribute: %+v, %v", a, err)
	}
	if _, err := b.Type(ctx, broker.Call{}, "x:C"); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("unknown type: %v", err)
	}
	if _, err := b.Attribute(ctx, broker.Call{}, "x:zz"); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("unknown attribute: %v", err)
	}
}

// Where few match, the page is whole all the same; where many do, too.
func TestQuerySparse(t *testing.T) {
	b, _ := newBroker(t, broker.Options{})
	for i := range 1500 {
		create(t, b, frag(fmt.Sprintf("urn:%04d", i), "A", prop("n", fmt.Sprint(i%100)), prop("other", `"x"`)))
	}
	for _, n := range []int{1, 2, 50} {
		low := query.Range{Low: number("0"), High: number(fmt.Sprint(n - 1))}
		q := &query.Query{Types: query.OneType("x:A"), Filter: &query.Test{Path: query.Path{Names: []entity.Name{"x:n"}}, Op: query.Equal, Range: &low}}
		seen := 0
		for after := entity.Number(0); ; {
			f, err := b.Query(ctx, broker.Call{}, q, broker.Page{Limit: 7, After: after, Count: true})
			if err != nil || f.Count != 15*n {
				t.Fatalf("of %d: count %d, %v", n, f.Count, err)
			}
			for _, e := range f.Entities {
				if len(e.Attrs) != 2 {
					t.Errorf("%s has %d attributes", e.ID, len(e.Attrs))
				}
			}
			if seen += len(f.Entities); !f.More {
				break
			}
			after = f.Entities[len(f.Entities)-1].Number
		}
		if seen != 15*n {
			t.Errorf("of %d: pages have %d", n, seen)
		}
	}
}

func number(s string) query.Literal {
	l, _ := query.NumberLiteral(s)
	return l
}
