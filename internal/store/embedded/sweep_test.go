package embedded

import (
	"context"
	"fmt"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/storetest"
)

// A walk so long that it reads rows in one go finds the same as one that
// looks each of them up, with gaps in the numbers and with large values.
func TestSweep(t *testing.T) {
	s := open(t, Options{CacheBytes: 1})
	ctx, large := context.Background(), make([]byte, 3000)
	for i := range large {
		large[i] = 'x'
	}
	value := append(append([]byte{'"'}, large...), '"')
	var muts []store.Mutation
	for i := range 1200 {
		f := entity.Fragment{ID: entity.ID(fmt.Sprintf("urn:%d", i)), Types: []entity.Name{"Thing"}, Attrs: []entity.Instance{{Name: "n", Kind: entity.Property, Value: fmt.Appendf(nil, "%d", i)}, {Name: "large", Kind: entity.Property, Value: value}}}
		if i%5 == 0 {
			f.Types = append(f.Types, "Fifth")
		}
		muts = append(muts, storetest.UpsertFragment(f))
	}
	for i := range 1200 {
		if i%7 == 3 || i >= 600 && i < 900 {
			muts = append(muts, storetest.Delete(fmt.Sprintf("urn:%d", i)))
		}
	}
	if _, _, err := s.Commit(ctx, store.Space{}, muts, store.CommitOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]*query.Query{"all": {}, "type": {Types: query.OneType("Thing")}, "sparse": {Types: query.OneType("Fifth")}, "bare": {Wanted: []entity.Name{}}, "one attribute": {Types: query.OneType("Thing"), Wanted: []entity.Name{"n"}}} {
		found := map[entity.ID]bool{}
		last := entity.Number(0)
		for e, err := range s.Select(ctx, store.Space{}, store.Moment{}, q, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Number <= last || found[e.ID] {
				t.Fatalf("%s: %s, number %d after %d", name, e.ID, e.Number, last)
			}
			found[e.ID], last = true, e.Number
			want := 2 // or more, of those in the cache
			if q.Wanted != nil {
				want = len(q.Wanted)
			}
			if len(e.Attrs) < want || want == 2 && len(e.Attrs[1].Value) != len(value) {
				t.Fatalf("%s: %s has %d attributes", name, e.ID, len(e.Attrs))
			}
		}
		n := 0
		for i := range 1200 {
			there := i%7 != 3 && (i < 600 || i >= 900) && (name != "sparse" || i%5 == 0)
			if there {
				n++
			}
			if id := entity.ID(fmt.Sprintf("urn:%d", i)); found[id] != there {
				t.Errorf("%s: %s found %v, want %v", name, id, found[id], there)
			}
		}
		if len(found) != n {
			t.Errorf("%s: %d, want %d", name, len(found), n)
		}
	}
}
