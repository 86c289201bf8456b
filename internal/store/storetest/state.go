package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"

	"testing"
)

func testLife(t *testing.T, b *bench) {
	r := b.commit(Upsert("urn:a", Prop("p", "1")))[0]
	if r.Err != nil || r.Kind != change.Created || r.At == 0 || r.Number == 0 || r.After == nil {
		t.Fatalf("create: %+v", r)
	}
	e := b.entity("urn:a")
	if e == nil || string(e.Attrs[0].Value) != "1" || e.CreatedAt != Start || e.Number != r.Number || e.At != r.At || e.Attrs[0].At != r.At {
		t.Fatalf("after creation: %+v", e)
	}
	b.c.Add(time.Second)
	r2 := b.commit(Upsert("urn:a", Prop("p", "2"), Prop("q", "3")))[0]
	e = b.entity("urn:a")
	if r2.Kind != change.Updated || r2.Number != r.Number || len(e.Attrs) != 2 || e.ModifiedAt != Start+entity.Instant(time.Second/1000) || e.Attrs[0].CreatedAt != Start {
		t.Fatalf("after the update: %+v, %+v", r2, e)
	}
	r3 := b.commit(Delete("urn:a"))[0]
	if r3.Kind != change.Deleted || r3.After != nil || r3.At == 0 || r3.Number != r.Number {
		t.Fatalf("delete: %+v", r3)
	}
	if _, err := b.d.Entity(b.ctx, main, store.Moment{}, "urn:a"); !problem.Is(err, problem.ResourceNotFound) {
		t.Fatalf("a deleted entity: %v", err)
	}
	b.commit(Upsert("urn:b"))
	b.c.Add(time.Second)
	r4 := b.commit(Upsert("urn:a", Prop("p", "4")))[0]
	if r4.Kind != change.Created || r4.Number != r.Number {
		t.Fatalf("an entity keeps its number %d for life: %+v", r.Number, r4)
	}
	if e = b.entity("urn:a"); e.CreatedAt != Start+entity.Instant(2*time.Second/1000) {
		t.Fatalf("created again: %+v", e)
	}
}

func testBatchSeesItself(t *testing.T, b *bench) {
	var seen []string
	look := func(id string) store.Mutation {
		m := Upsert(id, Prop("p", "2"))
		apply := m.Apply
		m.Apply = func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
			s := "absent"
			if cur != nil {
				s = string(cur.Attrs[0].Value)
			}
			seen = append(seen, s)
			return apply(cur, now)
		}
		return m
	}
	rs := b.commit(Upsert("urn:a", Prop("p", "1")), look("urn:a"), Delete("urn:a"), look("urn:a"))
	seen = slices.Compact(seen) // closures may be run twice
	if !slices.Equal(seen, []string{"1", "absent"}) {
		t.Errorf("the operations saw %v", seen)
	}
	kinds := []change.Kind{change.Created, change.Updated, change.Deleted, change.Created}
	for i := range rs {
		if rs[i].Kind != kinds[i] || rs[i].At != rs[0].At+entity.Position(i) {
			t.Errorf("result %d: %+v", i, rs[i])
		}
	}
}

func testPartialFailure(t *testing.T, b *bench) {
	boom := errors.New("boom")
	fail := store.Mutation{ID: "urn:x", Apply: func(*entity.Entity, entity.Instant) (change.Effect, error) { return change.Effect{Report: 7}, boom }}
	rs := b.commit(Upsert("urn:a", Prop("p", "1")), fail, Upsert("urn:b", Prop("p", "1")))
	if rs[0].Err != nil || rs[1].Err != boom || rs[2].Err != nil {
		t.Fatalf("results %+v", rs)
	}
	if b.entity("urn:a") == nil || b.entity("urn:b") == nil || b.entity("urn:x") != nil {
		t.Error("the failed operation took others with it, or left something")
	}
}

func testNoEffect(t *testing.T, b *bench) {
	b.commit(Upsert("urn:a", Prop("p", "1")))
	before, _ := b.d.Head(b.ctx)
	same := store.Mutation{ID: "urn:a", Apply: func(cur *entity.Entity, _ entity.Instant) (change.Effect, error) {
		return change.Effect{After: cur, Report: "kept"}, nil
	}}
	absent := same
	absent.ID = "urn:none"
	rs := b.commit(same, absent)
	after, _ := b.d.Head(b.ctx)
	if rs[0].At != 0 || rs[1].At != 0 || rs[0].Report != "kept" || before.String() != after.String() {
		t.Errorf("results %+v, head %v then %v", rs, before, after)
	}
	if _, _, err := b.d.History(b.ctx, main, "urn:none", store.Window{}); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("an entity that never was has a history: %v", err)
	}
}

func testTenants(t *testing.T, b *bench) {
	s := store.Space{Tenant: "gent"}
	_, _, err := b.d.Commit(b.ctx, s, []store.Mutation{Upsert("urn:a")}, store.CommitOptions{})
	if !problem.Is(err, problem.NonexistentTenant) {
		t.Errorf("commit to no tenant: %v", err)
	}
	if _, err := b.d.Entity(b.ctx, s, store.Moment{}, "urn:a"); !problem.Is(err, problem.NonexistentTenant) {
		t.Errorf("read from no tenant: %v", err)
	}
	for _, err := range b.d.Select(b.ctx, s, store.Moment{}, &query.Query{}, 0) {
		if !problem.Is(err, problem.NonexistentTenant) {
			t.Errorf("select from no tenant: %v", err)
		}
	}
	b.commitTo(s, Upsert("urn:a"))
	b.commitTo(store.Space{Tenant: "brugge"}, Upsert("urn:a"))
	if _, err := b.d.Entity(b.ctx, s, store.Moment{}, "urn:a"); err != nil {
		t.Error(err)
	}
	if b.entity("urn:a") != nil {
		t.Error("an entity is seen in another tenant")
	}
	got, err := b.d.Tenants(b.ctx)
	if err != nil || !slices.Equal(got, []string{"", "brugge", "gent"}) {
		t.Errorf("tenants %q, %v", got, err)
	}
}

func testLayers(t *testing.T, b *bench) {
	b.commitTo(store.Space{Layer: "x"}, Upsert("urn:a", Prop("p", "9")))
	if b.entity("urn:a") != nil {
		t.Error("what a layer holds is seen on main")
	}
}

// matches runs q as a caller does: the driver's candidates, checked again.
func (b *bench) matches(m store.Moment, q *query.Query, after entity.Number) []string {
	b.t.Helper()
	asked := *q
	if asked.Now == 0 {
		asked.Now = entity.Instant(b.c.Now().UnixMicro())
	}
	var out []string
	last := after
	for s, err := range b.d.Select(b.ctx, main, m, &asked, after) {
		if err != nil {
			b.t.Fatalf("select: %v", err)
		}
		if s.Number <= last {
			b.t.Fatalf("select: number %d after %d", s.Number, last)
		}
		last = s.Number
		if asked.See(s.Entity, nil) != nil {
			out = append(out, strings.TrimPrefix(string(s.ID), "urn:"))
		}
	}
	return out
}

func testSelect(t *testing.T, b *bench) {
	for i := range 600 {
		f := entity.Fragment{ID: entity.ID(fmt.Sprintf("urn:%d", i)), Types: []entity.Name{entity.Name(fmt.Sprintf("T%d", i%3))},
			Attrs: []entity.Instance{Prop("p", fmt.Sprint(i))}}
		if i%2 == 0 {
			f.Types = append(f.Types, "Even")
		}
		if i%10 == 0 {
			f.Scopes = []string{fmt.Sprintf("/s/%d", i%50)}
		}
		b.commit(UpsertFragment(f))
	}
	b.commit(Delete("urn:3"), Delete("urn:6"))
	b.commit(UpsertFragment(entity.Fragment{ID: "urn:9", Types: []entity.Name{"Late"}}))
	q := &query.Query{Types: query.OneType("T0")}
	got := b.matches(store.Moment{}, q, 0)
	if len(got) != 198 || got[0] != "0" || got[1] != "9" || got[197] != "597" {
		t.Errorf("type: %d %v", len(got), got)
	}
	if got := b.matches(store.Moment{}, q, entity.Number(10)); got[0] != "12" {
		t.Errorf("after number 10: %v", got[:3])
	}
	if got := b.matches(store.Moment{}, &query.Query{Types: query.AnyType("T0", "T1", "Late")}, 0); len(got) != 398 {
		t.Errorf("several types: %d", len(got))
	}
	if got := b.matches(store.Moment{}, &query.Query{IDs: []entity.ID{"urn:500", "urn:7", "urn:3", "urn:nothing"}}, 0); !slices.Equal(got, []string{"7", "500"}) {
		t.Errorf("ids: %v", got)
	}
	scope := &query.ScopeExpr{Any: [][]query.ScopePattern{{{Levels: []string{"s", "40"}}}, {{Levels: []string{"s", "30"}, Tree: true}}}}
	if got := b.matches(store.Moment{}, &query.Query{Scope: scope}, 0); len(got) != 24 || got[0] != "30" {
		t.Errorf("scopes: %d %v", len(got), got)
	}
	all := &query.ScopeExpr{Any: [][]query.ScopePattern{{{Tree: true}}}}
	if got := b.matches(store.Moment{}, &query.Query{Scope: all}, 0); len(got) != 60 {
		t.Errorf("any scope: %d", len(got))
	}
	if got := b.matches(store.Moment{}, &query.Query{}, 0); len(got) != 598 {
		t.Errorf("all: %d", len(got))
	}
	if got := b.matches(store.Moment{}, &query.Query{Types: &query.TypeExpr{}}, 0); len(got) != 0 {
		t.Errorf("no type at all: %v", got)
	}
	wanted := &query.Query{Types: query.OneType("T0"), Wanted: []entity.Name{}, Attrs: []entity.Name{"p"}}
	if got := b.matches(store.Moment{}, wanted, 0); len(got) != 198 {
		t.Errorf("nothing wanted, but a condition on p: %d", len(got))
	}
	n := 0
	for range b.d.Select(b.ctx, main, store.Moment{}, &query.Query{}, 0) {
		if n++; n == 3 {
			break
		}
	}
	for s, err := range b.d.HistorySelect(b.ctx, main, &query.Query{Types: query.OneType("T0")}, 0) {
		if err != nil || len(s.Attrs) > 0 {
			t.Fatal(s, err)
		}
		if s.HasType("T0") {
			n++
		}
	}
	if n-3 != 200 {
		t.Errorf("history candidates of T0: %d, want 200 with the deleted ones", n-3)
	}
}

func testExpiry(t *testing.T, b *bench) {
	b.commit(UpsertFragment(entity.Fragment{ID: "urn:a", Types: []entity.Name{"Thing"}, HasExpiry: true, ExpiresAt: Start + 5e6, Attrs: []entity.Instance{Prop("p", "1")}}))
	soon := Prop("p", "1")
	soon.ExpiresAt = Start + 3e6
	b.commit(Upsert("urn:b", soon, Prop("q", "2")))
	b.commit(Upsert("urn:c", Prop("q", "2")))
	b.c.Add(4 * time.Second)
	if e := b.entity("urn:b"); e.Has("p") || !e.Has("q") {
		t.Errorf("an expired attribute is seen: %+v", e)
	}
	b.c.Add(4 * time.Second)
	if b.entity("urn:a") != nil {
		t.Error("an expired entity is seen")
	}
	if got := b.matches(store.Moment{}, &query.Query{}, 0); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("select sees %v", got)
	}
	due, err := b.d.Expired(b.ctx, Start+8e6, 10)
	if err != nil || len(due) != 2 || due[0].ID != "urn:b" || due[1].ID != "urn:a" {
		t.Fatalf("expired: %v, %v", due, err)
	}
	if due, _ := b.d.Expired(b.ctx, Start+8e6, 1); len(due) != 1 {
		t.Errorf("at most one expired: %v", due)
	}
	from, _ := b.d.Head(b.ctx)
	for _, x := range due {
		if r := b.commitTo(x.Space, store.SweepMutation(x))[0]; r.Err != nil || r.At == 0 {
			t.Errorf("sweep %v: %+v", x, r)
		}
	}
	if due, err := b.d.Expired(b.ctx, Start+8e6, 10); err != nil || len(due) != 0 {
		t.Errorf("after the sweep: %v, %v", due, err)
	}
	rs, _, err := b.d.Read(b.ctx, from, 10)
	if err != nil || len(rs) != 2 {
		t.Fatalf("log of the sweep: %v, %v", rs, err)
	}
	slices.SortFunc(rs, func(x, y change.Record) int { return strings.Compare(string(x.ID), string(y.ID)) })
	if r := rs[0]; r.Kind != change.Deleted || r.Before == nil || len(r.Before.Types) != 1 || len(r.Deltas) != 1 || r.Deltas[0].After != nil {
		t.Errorf("expired entity in the log: %+v", r)
	}
	if r := rs[1]; r.Kind != change.Updated || len(r.Deltas) != 1 || r.Deltas[0].After != nil || r.Deltas[0].Before.Name != "p" || len(r.After.Attrs) != 1 {
		t.Errorf("expired attribute in the log: %+v", r)
	}
	// An expired entity that comes back before the sweep is a new one.
	b.commit(UpsertFragment(entity.Fragment{ID: "urn:d", Types: []entity.Name{"Thing"}, HasExpiry: true, ExpiresAt: Start + 9e6, Attrs: []entity.Instance{Prop("p", "1"), Prop("q", "1")}}))
	b.c.Add(4 * time.Second)
	from, _ = b.d.Head(b.ctx)
	r := b.commit(Upsert("urn:d", Prop("p", "2")))[0]
	if r.Kind != change.Created || len(r.After.Attrs) != 1 {
		t.Errorf("expired and back: %+v", r)
	}
	rs, _, _ = b.d.Read(b.ctx, from, 10)
	if len(rs) != 1 || rs[0].Before != nil || len(rs[0].Deltas) != 2 || rs[0].Deltas[0].Before != nil || rs[0].Deltas[1].Before.Name != "q" {
		t.Errorf("expired and back, in the log: %+v", rs)
	}
	w := store.Window{Clock: store.ModifiedAt}
	_, ss, err := b.d.History(b.ctx, main, "urn:d", w)
	if err != nil || len(ss) != 2 || len(ss[0].Points) != 2 || len(ss[1].Points) != 2 || ss[1].Points[1].Kind != entity.Null {
		t.Errorf("expired and back, in history: %+v, %v", ss, err)
	}
}

func testTypes(t *testing.T, b *bench) {
	b.commit(Upsert("urn:a"), Upsert("urn:b"), UpsertFragment(entity.Fragment{ID: "urn:c", Types: []entity.Name{"Thing", "Other"}}))
	b.commit(Delete("urn:a"))
	got, err := b.d.TypesOf(b.ctx, main)
	if err != nil || len(got) != 2 || got["Thing"] != 2 || got["Other"] != 1 {
		t.Errorf("types %v, %v", got, err)
	}
}

func testClosed(t *testing.T, b *bench) {
	b.commit(Upsert("urn:a"))
	wait := make(chan error)
	head, _ := b.d.Head(b.ctx)
	go func() { wait <- b.d.Wait(b.ctx, head) }()
	if err := b.d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-wait; !problem.Is(err, problem.Unavailable) {
		t.Errorf("a reader that waits: %v", err)
	}
	_, _, err := b.d.Commit(b.ctx, main, []store.Mutation{Upsert("urn:b")}, store.CommitOptions{})
	if !problem.Is(err, problem.Unavailable) {
		t.Errorf("commit: %v", err)
	}
	if _, err := b.d.Entity(b.ctx, main, store.Moment{}, "urn:a"); !problem.Is(err, problem.Unavailable) {
		t.Errorf("entity: %v", err)
	}
	for _, err := range b.d.Select(b.ctx, main, store.Moment{}, &query.Query{}, 0) {
		if !problem.Is(err, problem.Unavailable) {
			t.Errorf("select: %v", err)
		}
	}
	if err := b.d.Write(b.ctx, []store.RecordWrite{{Key: store.Key{Kind: "k", Name: "n"}, Value: []byte{1}, Any: true}}); !problem.Is(err, problem.Unavailable) {
		t.Errorf("write: %v", err)
	}
	if _, _, err := b.d.Read(b.ctx, store.Cursor{}, 1); !problem.Is(err, problem.Unavailable) {
		t.Errorf("read: %v", err)
	}
}

func testCancelled(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if _, _, err := b.d.Commit(ctx, main, []store.Mutation{Upsert("urn:a")}, store.CommitOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("commit: %v", err)
	}
	if b.entity("urn:a") != nil {
		t.Error("a cancelled commit was done")
	}
	head, _ := b.d.Head(b.ctx)
	if err := b.d.Wait(ctx, head); !errors.Is(err, context.Canceled) {
		t.Errorf("wait: %v", err)
	}
}

// testContention lets writers add one to a number: no addition may be lost,
// and the log must show every step.
func testContention(t *testing.T, b *bench) {
	b.commit(Upsert("urn:a", Prop("p", "0")))
	add := store.Mutation{ID: "urn:a", Apply: func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		var n int
		if _, err := fmt.Sscan(string(cur.Attrs[0].Value), &n); err != nil {
			return change.Effect{}, err
		}
		e, _, err := entity.Append(cur, entity.Fragment{Attrs: []entity.Instance{Prop("p", fmt.Sprint(n+1))}}, true, now)
		return change.Effect{After: e}, err
	}}
	const writers, rounds = 8, 25
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range rounds {
				rs, _, err := b.d.Commit(b.ctx, main, []store.Mutation{add, add}, store.CommitOptions{})
				if err != nil || rs[0].Err != nil || rs[1].Err != nil {
					t.Errorf("%+v, %v", rs, err)
					return
				}
				// What was acknowledged is seen.
				if e := b.entity("urn:a"); e == nil || e.At < rs[1].At {
					t.Errorf("state at %+v after a commit at %d", e, rs[1].At)
					return
				}
			}
		})
	}
	wg.Wait()
	if got := string(b.entity("urn:a").Attrs[0].Value); got != fmt.Sprint(2*writers*rounds) {
		t.Errorf("the sum is %s", got)
	}
	_, ss, err := b.d.History(b.ctx, main, "urn:a", store.Window{Clock: store.ModifiedAt})
	if err != nil || len(ss) != 1 || len(ss[0].Points) != 2*writers*rounds+1 {
		t.Fatalf("history: %v", err)
	}
	for i, p := range ss[0].Points {
		if string(p.Value) != fmt.Sprint(i) {
			t.Fatalf("point %d is %s", i, p.Value)
		}
	}
}
