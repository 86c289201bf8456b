package entity

import (
	"fmt"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/timespan"
)

// show prints an entity so that a test can state it on one line: attributes
// in order, each with its value, unit, observation second and creation time,
// a star for those that are new.
func show(e *Entity) string {
	if e == nil {
		return "nil"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%v%v", e.Types, e.Scopes)
	for _, i := range e.Attrs {
		b.WriteString(" " + showInstance(&i))
	}
	return b.String()
}

func showInstance(i *Instance) string {
	var b strings.Builder
	if i.At == 0 {
		b.WriteString("*")
	}
	b.WriteString(string(i.Name))
	if i.Dataset != "" {
		b.WriteString("#" + i.Dataset)
	}
	fmt.Fprintf(&b, "=%s%s@%d+%d", i.Value, i.Unit, i.ObservedAt, i.CreatedAt)
	for _, s := range i.Subs {
		b.WriteString("(" + string(s.Name) + "=" + string(s.Value) + ")")
	}
	return b.String()
}

func prop(name, value string, subs ...Instance) Instance {
	return Instance{Name: Name(name), Kind: Property, Value: []byte(value), Subs: subs}
}

func at(i Instance, observed timespan.Instant) Instance { i.ObservedAt = observed; return i }

func in(i Instance, dataset string) Instance { i.Dataset = dataset; return i }

func null(name string) Instance { return Instance{Name: Name(name)} }

// room is an entity stored at position 1 and time 10.
func room(attrs ...Instance) *Entity {
	e, err := Create(Fragment{ID: "urn:x:1", Types: []Name{"Room"}, Scopes: []string{"/a"}, Attrs: attrs}, 10)
	if err != nil {
		panic(err)
	}
	for i := range e.Attrs {
		e.Attrs[i].At = 1
	}
	return e
}

func frag(attrs ...Instance) Fragment { return Fragment{ID: "urn:x:1", Attrs: attrs} }

func TestOperations(t *testing.T) {
	cur := room(prop("a", "1", prop("s", "7")), in(prop("a", "2"), "urn:d"), prop("b", `"x"`))
	before := show(cur)
	type result struct {
		e   *Entity
		err error
	}
	tests := map[string]struct {
		got  func() result
		want string
		kind problem.Kind
	}{
		"update replaces an attribute as a whole (5.5.8 example 2)": {func() result {
			e, _, err := Update(cur, frag(prop("a", "5")), 20)
			return result{e, err}
		}, `[Room][/a] *a=5@0+10 a#urn:d=2@0+10 b="x"@0+10`, 0},
		"update appends what is missing (5.6.2.4)": {func() result {
			e, _, err := Update(cur, frag(prop("c", "5")), 20)
			return result{e, err}
		}, `[Room][/a] a=1@0+10(s=7) a#urn:d=2@0+10 b="x"@0+10 *c=5@0+20`, 0},
		"update deletes what is Null": {func() result {
			e, _, err := Update(cur, frag(null("b")), 20)
			return result{e, err}
		}, `[Room][/a] a=1@0+10(s=7) a#urn:d=2@0+10`, 0},
		"types are only ever added (5.5.8)": {func() result {
			e, _, err := Update(cur, Fragment{Types: []Name{"Place", "Room"}}, 20)
			return result{e, err}
		}, `[Room Place][/a] a=1@0+10(s=7) a#urn:d=2@0+10 b="x"@0+10`, 0},
		"append leaves existing ones when told to": {func() result {
			e, rep, err := Append(cur, frag(prop("a", "5"), prop("c", "6")), false, 20)
			if len(rep.NotUpdated) != 1 || rep.NotUpdated[0].Name != "a" || len(rep.Updated) != 1 {
				return result{nil, fmt.Errorf("report %+v", rep)}
			}
			return result{e, err}
		}, `[Room][/a] a=1@0+10(s=7) a#urn:d=2@0+10 b="x"@0+10 *c=6@0+20`, 0},
		"append takes no Null": {func() result {
			e, _, err := Append(cur, frag(null("a")), true, 20)
			return result{e, err}
		}, "", problem.BadRequestData},
		"partial keeps siblings (5.5.8 example 1)": {func() result {
			unit := "CEL"
			e, err := Partial(cur, &Patch{Name: "a", Value: []byte("9"), Unit: &unit}, 20)
			return result{e, err}
		}, `[Room][/a] *a=9CEL@0+10(s=7) a#urn:d=2@0+10 b="x"@0+10`, 0},
		"partial removes a sub-attribute": {func() result {
			e, err := Partial(cur, &Patch{Name: "a", Subs: []Instance{null("s"), prop("t", "1")}}, 20)
			return result{e, err}
		}, `[Room][/a] *a=1@0+10(t=1) a#urn:d=2@0+10 b="x"@0+10`, 0},
		"partial may not change the type (5.6.4.4)": {func() result {
			e, err := Partial(cur, &Patch{Name: "a", Kind: Relationship, Value: []byte(`"urn:y"`)}, 20)
			return result{e, err}
		}, "", problem.BadRequestData},
		"partial of a missing dataset (5.6.4.4)": {func() result {
			e, err := Partial(cur, &Patch{Name: "b", Dataset: "urn:d", Value: []byte("9")}, 20)
			return result{e, err}
		}, "", problem.ResourceNotFound},
		"replace keeps creation times (5.6.18)": {func() result {
			e, err := Replace(cur, frag(prop("b", "1"), prop("z", "2")), 20)
			return result{e, err}
		}, `[Room][] *b=1@0+10 *z=2@0+20`, 0},
		"delete removes the default instance only (5.6.5.4)": {func() result {
			e, err := DeleteAttr(cur, "a", "", false, 20)
			return result{e, err}
		}, `[Room][/a] a#urn:d=2@0+10 b="x"@0+10`, 0},
		"delete all": {func() result {
			e, err := DeleteAttr(cur, "a", "", true, 20)
			return result{e, err}
		}, `[Room][/a] b="x"@0+10`, 0},
		"merge descends into sub-attributes": {func() result {
			e, err := Merge(cur, frag(prop("a", "3", prop("t", "1"))), MergeOptions{}, 20)
			return result{e, err}
		}, `[Room][/a] *a=3@0+10(s=7)(t=1) a#urn:d=2@0+10 b="x"@0+10`, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := tt.got()
			if tt.kind != 0 {
				if !problem.Is(r.err, tt.kind) {
					t.Fatalf("error %v, want %v", r.err, tt.kind)
				}
				return
			}
			if r.err != nil {
				t.Fatal(r.err)
			}
			if tt.want != show(r.e) {
				t.Errorf("got  %s\nwant %s", show(r.e), tt.want)
			}
			if got := show(cur); got != before {
				t.Errorf("the state it worked on changed: %s", got)
			}
		})
	}
}

func TestMergeDescendsIntoJSON(t *testing.T) {
	cur := room(prop("a", `{"x":{"y":1,"z":2},"l":[1]}`), Instance{Name: "n", Kind: LanguageProperty, Value: []byte(`{"fr":"un","nl":"een"}`)})
	e, err := Merge(cur, frag(prop("a", `{"x":{"y":"urn:ngsi-ld:null"},"l":[2]}`), prop("n", `"deux"`)), MergeOptions{Lang: "fr"}, 20)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(e.Attrs[0].Value), `{"x":{"z":2},"l":[2]}`; got != want {
		t.Errorf("a = %s, want %s", got, want)
	}
	if got, want := string(e.Attrs[1].Value), `{"fr":"deux","nl":"een"}`; got != want || e.Attrs[1].Kind != LanguageProperty {
		t.Errorf("n = %v %s, want %s", e.Attrs[1].Kind, got, want)
	}
}

func TestMergeObservedAt(t *testing.T) {
	cur := room(at(prop("a", "1"), 100), prop("b", "1"))
	e, err := Merge(cur, frag(prop("a", "2"), prop("b", "2")), MergeOptions{ObservedAt: 200}, 20)
	if err != nil {
		t.Fatal(err)
	}
	if e.Attrs[0].ObservedAt != 200 || e.Attrs[1].ObservedAt != 0 {
		t.Errorf("observedAt of a is %d and of b %d; only a had one before", e.Attrs[0].ObservedAt, e.Attrs[1].ObservedAt)
	}
}

func TestAbsorb(t *testing.T) {
	cur := room(at(prop("a", "1"), 100), prop("b", "1"))
	e, late, err := Absorb(cur, frag(at(prop("a", "9"), 50)), 20)
	if err != nil || e != cur || len(late) != 1 || late[0].ObservedAt != 50 {
		t.Errorf("a late reading: state %s, late %v, %v", show(e), late, err)
	}
	e, late, err = Absorb(cur, frag(at(prop("a", "1.0"), 100)), 20)
	if err != nil || e != cur || len(late) != 0 {
		t.Errorf("a redelivered reading: state %s, late %v, %v", show(e), late, err)
	}
	e, _, err = Absorb(cur, frag(prop("b", "1")), 20)
	if err != nil || e == cur {
		t.Errorf("a reading without observedAt must count each time: %s, %v", show(e), err)
	}
	e, _, err = Absorb(cur, frag(at(prop("a", "2"), 100)), 20)
	if err != nil || e == cur || string(e.Attrs[0].Value) != "2" {
		t.Errorf("another value at the same time is a correction: %s, %v", show(e), err)
	}
}

func TestRecord(t *testing.T) {
	f := Fragment{ID: "urn:x:1", Types: []Name{"Room"}, Attrs: []Instance{at(prop("a", "1"), 100), at(prop("a", "3"), 300), at(prop("a", "2"), 200)}}
	e, points, err := Record(nil, f, 20)
	if err != nil || len(e.Attrs) != 1 || e.Attrs[0].ObservedAt != 300 || len(points) != 2 {
		t.Fatalf("new: %s, %v, %v", show(e), points, err)
	}
	e.Attrs[0].At = 1
	next, points, err := Record(e, Fragment{ID: "urn:x:1", Attrs: []Instance{at(prop("a", "4"), 250)}}, 30)
	if err != nil || next != e || len(points) != 1 {
		t.Errorf("older than the state: %s, %v, %v", show(next), points, err)
	}
}

func TestExpiry(t *testing.T) {
	e := room(prop("a", "1"), prop("b", "2"))
	e.Attrs[0].ExpiresAt = 50
	if got := e.Alive(49); got != e {
		t.Error("nothing has expired, yet a copy is given")
	}
	if got := e.Alive(50); got.Has("a") || !got.Has("b") {
		t.Errorf("at its expiry: %s", show(got))
	}
	e.ExpiresAt = 60
	if e.Alive(60) != nil {
		t.Error("an expired entity is seen")
	}
}

func TestParseID(t *testing.T) {
	for _, s := range []string{"urn:ngsi-ld:Room:1", "https://example.org/é", "a:b", "urn:x:(1);2"} {
		if _, err := ParseID(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"", "room", ":x", "1a:b", "urn:", "urn:a b", "urn:<x>", "urn:\x01", "urn:" + strings.Repeat("x", 2000), "urn:\xff", "%zz:%", "urn:x:a\u200bb", "urn:x:a\u3164b"} {
		if _, err := ParseID(s); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%q accepted: %v", s, err)
		}
	}
}
