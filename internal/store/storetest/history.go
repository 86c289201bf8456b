package storetest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

func (b *bench) history(id string, w store.Window) string {
	b.t.Helper()
	_, ss, err := b.d.History(b.ctx, main, entity.ID(id), w)
	if err != nil {
		b.t.Fatalf("history: %v", err)
	}
	var out strings.Builder
	for _, s := range ss {
		fmt.Fprintf(&out, "%s%s[", s.Name, s.Dataset)
		for i, p := range s.Points {
			if i > 0 {
				out.WriteByte(' ')
			}
			if p.Kind == entity.Null {
				out.WriteByte('x')
			}
			out.Write(p.Value)
		}
		out.WriteString("]")
		if s.More {
			out.WriteByte('+')
		}
	}
	return out.String()
}

func testHistory(t *testing.T, b *bench) {
	for i := range 10 {
		in := Prop("t", fmt.Sprint(i))
		in.ObservedAt = Start + entity.Instant(i)*1e6
		other := Prop("t", fmt.Sprint(100+i))
		other.Dataset, other.ObservedAt = "urn:d", in.ObservedAt
		b.commit(Upsert("urn:a", in, other, Prop("u", fmt.Sprintf("%q", fmt.Sprint(i)))))
		b.c.Add(time.Minute)
	}
	names := []entity.Name{"t"}
	tests := map[string]struct {
		w    store.Window
		want string
	}{
		"all that was observed":           {store.Window{}, `t[0 1 2 3 4 5 6 7 8 9]turn:d[100 101 102 103 104 105 106 107 108 109]`},
		"from is inclusive, to exclusive": {store.Window{From: Start + 2e6, To: Start + 4e6, Names: names}, `t[2 3]turn:d[102 103]`},
		"by the time of storage":          {store.Window{Clock: store.ModifiedAt, From: Start + 8*60e6}, `t[8 9]turn:d[108 109]u["8" "9"]`},
		"by the time of creation":         {store.Window{Clock: store.CreatedAt, To: Start + 1, Names: []entity.Name{"u"}, Last: 2}, `u["8" "9"]`},
		"nothing was deleted":             {store.Window{Clock: store.DeletedAt}, ``},
		"the last three":                  {store.Window{Last: 3, Names: names}, `t[7 8 9]turn:d[107 108 109]`},
		"the last before":                 {store.Window{Last: 2, Names: names, To: Start + 5e6}, `t[3 4]turn:d[103 104]`},
		"at most two":                     {store.Window{Limit: 2, Names: names}, `t[0 1]+turn:d[100 101]+`},
		"the last five, two":              {store.Window{Last: 5, Limit: 2, Names: names}, `t[8 9]+turn:d[108 109]+`},
		"nothing in the window":           {store.Window{From: Start + 60e6}, ``},
	}
	for name, tt := range tests {
		if got := b.history("urn:a", tt.w); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
	if _, _, err := b.d.History(b.ctx, main, "urn:none", store.Window{}); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("history of nothing: %v", err)
	}
}

func testHistoryDeleted(t *testing.T, b *bench) {
	b.commit(Upsert("urn:a", At(Prop("p", "1"), Start), Prop("q", "2")))
	b.c.Add(time.Second)
	b.commit(DeleteAttr("urn:a", "p"))
	b.c.Add(time.Second)
	b.commit(Delete("urn:a"))
	b.c.Add(time.Second)
	if got := b.history("urn:a", store.Window{}); got != "p[1]" {
		t.Errorf("observed: %s", got)
	}
	if got := b.history("urn:a", store.Window{Clock: store.DeletedAt}); got != "p[x]q[x]" {
		t.Errorf("deleted: %s", got)
	}
	head, ss, err := b.d.History(b.ctx, main, "urn:a", store.Window{Clock: store.ModifiedAt})
	if err != nil || head == nil || head.ID != "urn:a" || len(head.Types) != 1 || head.CreatedAt != Start || len(head.Attrs) != 0 {
		t.Fatalf("head %+v, %v", head, err)
	}
	p := ss[0].Points
	if len(p) != 2 || p[1].DeletedAt != Start+1e6 || p[1].CreatedAt != Start || p[1].At != p[0].At+1 || len(p[1].Value) != 0 {
		t.Errorf("tombstone: %+v", p)
	}
	b.commit(Upsert("urn:a", Prop("p", "3")))
	if got := b.history("urn:a", store.Window{Clock: store.ModifiedAt}); got != "p[1 x 3]q[2 x]" {
		t.Errorf("back again: %s", got)
	}
}

func testPoints(t *testing.T, b *bench) {
	o, err := b.d.OriginOf(b.ctx, store.Origin{Source: "bikes"})
	if err != nil {
		t.Fatal(err)
	}
	rec := func(attrs ...entity.Instance) store.Result {
		m := Record("urn:a", attrs...)
		m.Origin, m.SkipKnownPoints = o, true
		return b.commit(m)[0]
	}
	rec(At(Prop("p", "5"), Start+50e6))
	r := rec(At(Prop("p", "3"), Start+30e6), At(Prop("p", "2"), Start+20e6), At(Prop("p", "2.0"), Start+20e6))
	if r.At == 0 || string(b.entity("urn:a").Attrs[0].Value) != "5" {
		t.Fatalf("late points: %+v", r)
	}
	if got := b.history("urn:a", store.Window{}); got != "p[2 3 5]" {
		t.Errorf("with late points: %s", got)
	}
	if r := rec(At(Prop("p", "3"), Start+30e6)); r.At != 0 || r.Err != nil {
		t.Errorf("a known point: %+v", r)
	}
	if r := rec(At(Prop("p", "3.1"), Start+30e6)); r.At == 0 {
		t.Errorf("another value at a known time: %+v", r)
	}
	rec(At(Prop("p", "9"), Start+90e6))
	if r := rec(At(Prop("p", "5"), Start+50e6)); r.At != 0 {
		t.Errorf("a point that was state once: %+v", r)
	}
	if got := b.history("urn:a", store.Window{}); got != "p[2 3 3.1 5 9]" {
		t.Errorf("at the end: %s", got)
	}
	// Several months, in an order that is not time's.
	for _, k := range []int{3, 1, 2, 0, 4} {
		rec(At(Prop("far", fmt.Sprint(k)), Start+entity.Instant(k-5)*40*24*3600e6))
	}
	if got := b.history("urn:a", store.Window{Names: []entity.Name{"far"}}); got != "far[0 1 2 3 4]" {
		t.Errorf("over months: %s", got)
	}
	if got := b.history("urn:a", store.Window{Names: []entity.Name{"far"}, From: Start - 3*40*24*3600e6, Last: 2}); got != "far[3 4]" {
		t.Errorf("over months, the last: %s", got)
	}
}

func testValidAt(t *testing.T, b *bench) {
	b.commit(Upsert("urn:a", At(Prop("p", "1"), Start-100e6), Prop("q", "1")))
	b.commit(Upsert("urn:b", Prop("q", "1")))
	b.c.Add(100 * time.Second)
	b.commit(Upsert("urn:a", At(Prop("p", "2"), Start+100e6), Prop("q", "2")))
	b.commit(Record("urn:a", At(Prop("p", "0"), Start-200e6)))
	b.c.Add(100 * time.Second)
	b.commit(DeleteAttr("urn:a", "q"), Delete("urn:b"))
	show := func(id string, at entity.Instant) string {
		e := b.entityAt(store.Moment{Valid: at}, id)
		if e == nil {
			return "nil"
		}
		s := ""
		for i := range e.Attrs {
			s += fmt.Sprintf("%s=%s ", e.Attrs[i].Name, e.Attrs[i].Value)
		}
		return s
	}
	tests := []struct {
		id   string
		at   entity.Instant
		want string
	}{
		{"urn:a", Start - 300e6, "nil"}, {"urn:a", Start - 200e6, "p=0 "}, {"urn:a", Start - 50e6, "p=1 "},
		{"urn:a", Start, "p=1 q=1 "}, {"urn:a", Start + 150e6, "p=2 q=2 "}, {"urn:a", Start + 200e6, "p=2 "},
		{"urn:b", Start + 100e6, "q=1 "}, {"urn:b", Start + 200e6, "nil"}, {"urn:c", Start, "nil"},
	}
	for _, tt := range tests {
		if got := show(tt.id, tt.at); got != tt.want {
			t.Errorf("%s at %v: %q, want %q", tt.id, tt.at, got, tt.want)
		}
	}
	if got := b.matches(store.Moment{Valid: Start + 100e6}, &query.Query{Types: query.OneType("Thing"), Now: Start + 100e6}, 0); len(got) != 2 {
		t.Errorf("select at a moment: %v", got)
	}
}

// Odd gives an instance that uses everything an instance can hold.
func Odd(name string) entity.Instance {
	sub := Prop("accuracy", "0.50")
	sub.Unit = "P1"
	sub.Subs = []entity.Instance{{Name: "by", Dataset: "urn:dd", Kind: entity.Relationship, Value: []byte(`"urn:x:1"`)}}
	return entity.Instance{Name: entity.Name(name), Dataset: "urn:d:1", Kind: entity.JSONProperty, Value: []byte(`{"b":1.0,"a":[true,null,"é\n"]}`),
		Unit: "CEL", ObservedAt: Start - 12345, ExpiresAt: Start + 3600e6,
		Subs: []entity.Instance{sub, {Name: "name", Kind: entity.LanguageProperty, Value: []byte(`{"fr":"x"}`), ObservedAt: Start - 1}},
		More: []entity.Member{{Name: "valueType", Raw: []byte(`"https://example.org/T"`)}, {Name: "ngsildproof", Raw: []byte(`{"a":1}`)}}}
}

// literals are values whose exact form must survive.
var literals = []string{"0", "-0", "1.0", "1e5", "1E+5", "0.1e-7", "123456789012345678901234567890", "-1.50", "1.7976931348623157e308", `""`, `"a\u0000b"`,
	`"` + strings.Repeat("long ", 2000) + `"`, "true", "false", `[]`, `{}`, `{"type":"Point","coordinates":[4.1234567,51.0]}`, `[1,2,[3]]`, `null`}

func testFidelity(t *testing.T, b *bench) {
	attrs := []entity.Instance{Odd("odd")}
	for i, l := range literals {
		attrs = append(attrs, Prop(fmt.Sprintf("l%02d", i), l))
	}
	for k := entity.Property; k <= entity.ListRelationship; k++ {
		attrs = append(attrs, entity.Instance{Name: entity.Name(k.String()), Kind: k, Value: []byte(`"urn:x"`)})
	}
	f := entity.Fragment{ID: "urn:é:1", Types: []entity.Name{"A", "B"}, Scopes: []string{"/x/y", "/z"}, Attrs: attrs, HasScope: true}
	o, _ := b.d.OriginOf(b.ctx, store.Origin{Account: "ann"})
	m := UpsertFragment(f)
	m.Origin = o
	r := b.commit(m)[0]
	want := r.After
	if got := b.entity("urn:é:1"); !reflect.DeepEqual(norm(got), norm(want)) {
		t.Errorf("state\n got %+v\nwant %+v", got, want)
	}
	rs, _, err := b.d.Read(b.ctx, store.Cursor{}, 10)
	if err != nil || len(rs) != 1 || !reflect.DeepEqual(norm(rs[0].After), norm(want)) || rs[0].Origin != o || len(rs[0].Deltas) != len(attrs) {
		t.Errorf("log: %+v, %v", rs, err)
	}
	var hist []entity.Instance
	_, ss, err := b.d.History(b.ctx, main, "urn:é:1", store.Window{Clock: store.ModifiedAt})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range want.Attrs {
		for _, s := range ss {
			if s.Name == a.Name && s.Dataset == a.Dataset {
				hist = append(hist, s.Points...)
			}
		}
	}
	if !reflect.DeepEqual(normInstances(hist), normInstances(want.Attrs)) {
		t.Errorf("history\n got %+v\nwant %+v", hist, want.Attrs)
	}
}

// norm makes states comparable: empty and nil lists are the same.
func norm(e *entity.Entity) *entity.Entity {
	if e == nil {
		return nil
	}
	c := *e
	if len(c.Scopes) == 0 {
		c.Scopes = nil
	}
	c.Attrs = normInstances(c.Attrs)
	return &c
}

func normInstances(is []entity.Instance) []entity.Instance {
	if len(is) == 0 {
		return nil
	}
	out := make([]entity.Instance, len(is))
	for i := range is {
		out[i] = is[i]
		out[i].Subs = normInstances(is[i].Subs)
		if len(out[i].Value) == 0 {
			out[i].Value = nil
		}
		if len(out[i].More) == 0 {
			out[i].More = nil
		}
	}
	return out
}
