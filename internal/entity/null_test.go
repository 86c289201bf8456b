package entity

import (
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

// What a fragment marks as deleted is never stored (CIM 009, 5.5.8, 5.5.12).
func TestMarksAreNotStored(t *testing.T) {
	in := Instance{Name: "a", Kind: Property, Value: []byte(`{"x":1,"y":"urn:ngsi-ld:null"}`), Unit: NullURI, ObservedAt: NoTime, ExpiresAt: NoTime,
		More: []Member{{Name: "valueType"}}, Subs: []Instance{{Name: "s"}, {Name: "u", Kind: Property, Value: []byte(`1`), Unit: NullURI}}}
	old := Instance{Name: "a", Kind: Property, Value: []byte(`{"y":2,"z":3}`), Unit: "CEL", ObservedAt: 7, ExpiresAt: 99, At: 1,
		More: []Member{{Name: "valueType", Raw: []byte(`"x"`)}}, Subs: []Instance{{Name: "s", Kind: Property, Value: []byte(`5`)}}}
	for name, cur := range map[string]*Entity{"new": {ID: "urn:x:1", Types: []Name{"T"}}, "old": {ID: "urn:x:1", Types: []Name{"T"}, Attrs: []Instance{old}}} {
		f := Fragment{ID: "urn:x:1", Attrs: []Instance{in}}
		merged, err := Merge(cur, f, MergeOptions{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		updated, _, err := Update(cur, f, 10)
		if err != nil {
			t.Fatal(err)
		}
		for op, e := range map[string]*Entity{"merge": merged, "update": updated} {
			a, _ := e.Attr("a", "")
			if a == nil || a.Unit != "" || a.ObservedAt != 0 || a.ExpiresAt != 0 || len(a.More) != 0 || len(a.Subs) != 1 || a.Subs[0].Unit != "" {
				t.Errorf("%s, %s: %+v", name, op, a)
			}
		}
	}
	if _, err := Merge(&Entity{}, Fragment{Attrs: []Instance{{Name: "b", Kind: Property, Unit: "CEL"}}}, MergeOptions{}, 10); !problem.Is(err, problem.BadRequestData) {
		t.Errorf("merging members of an attribute that is not there: %v", err)
	}
}
