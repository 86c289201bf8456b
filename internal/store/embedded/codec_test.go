package embedded

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/storetest"
)

// sample gives a store with a few names, and the row and record of an entity
// that uses everything.
func sample(t testing.TB) (s *Store, row, record []byte) {
	s = open(t, Options{FS: vfs.NewMem()})
	odd := storetest.Odd("odd")
	m := storetest.UpsertFragment(entity.Fragment{ID: "urn:a", Types: []entity.Name{"T", "U"}, Scopes: []string{"/a"}, Attrs: []entity.Instance{odd, storetest.Prop("p", "1")}})
	again := storetest.Record("urn:a", odd, storetest.At(storetest.Prop("p", "2"), 5), storetest.At(storetest.Prop("p", "1"), 3))
	if _, _, err := s.Commit(t.Context(), store.Space{}, []store.Mutation{m, again}, store.CommitOptions{}); err != nil {
		t.Fatal(err)
	}
	row, err := get(s.db, space{1, 0}.entityKey(1))
	if err != nil || row == nil {
		t.Fatal(err)
	}
	record, err = get(s.db, logKey(2))
	if err != nil || record == nil {
		t.Fatal(err)
	}
	return s, row, record
}

func TestUnwantedAttributesArePassedOver(t *testing.T) {
	s, row, _ := sample(t)
	k, err := s.decodeRow(row, 1, []entity.Name{"p"})
	if err != nil || len(k.state.Attrs) != 1 || k.state.Attrs[0].Name != "p" || len(k.state.Types) != 3 {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestDamageIsFound(t *testing.T) {
	s, row, record := sample(t)
	for n := range row {
		if _, err := s.decodeRow(row[:n:n], 1, nil); err == nil {
			t.Errorf("a row cut after %d of %d bytes is read", n, len(row))
		}
	}
	for n := range record {
		if _, _, _, err := s.decodeRecord(record[:n:n], 2); err == nil {
			t.Errorf("a record cut after %d of %d bytes is read", n, len(record))
		}
	}
}

func FuzzRow(f *testing.F) {
	s, row, _ := sample(f)
	f.Add(row)
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := s.decodeRow(b, 1, nil)
		if err != nil {
			return
		}
		if k.top() == nil {
			t.Fatal("no error and no entity")
		}
		again, err := s.decodeRow(s.names.appendRow(nil, k.top(), k.deleted), 1, nil)
		if err != nil || again.deleted != k.deleted {
			t.Fatalf("what was read cannot be written and read again: %v", err)
		}
	})
}

func FuzzRecord(f *testing.F) {
	s, _, record := sample(f)
	f.Add(record)
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, _, _, err := s.decodeRecord(b, 2); err == nil && r.At != 2 {
			t.Fatal("another place")
		}
	})
}
