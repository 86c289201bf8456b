package embedded

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/query"
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
	k, err := s.decodeRow(s.db, space{1, 0}, row, 1, []entity.Name{"p"})
	if err != nil || len(k.state.Attrs) != 1 || k.state.Attrs[0].Name != "p" || len(k.state.Types) != 3 {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestDamageIsFound(t *testing.T) {
	s, row, record := sample(t)
	for n := range row {
		if _, err := s.decodeRow(s.db, space{1, 0}, row[:n:n], 1, nil); err == nil {
			t.Errorf("a row cut after %d of %d bytes is read", n, len(row))
		}
	}
	for n := range record {
		if _, _, _, err := s.decodeRecord(record[:n:n], 2); err == nil {
			t.Errorf("a record cut after %d of %d bytes is read", n, len(record))
		}
	}
}

func TestLargeValuesAreApart(t *testing.T) {
	s := open(t, Options{CacheBytes: 1})
	long := func(c string) string { return `"` + strings.Repeat(c, 600) + `"` }
	count := func() (n int) {
		if err := scan(s.db, space{1, 0}.key(kindValue, 0), func(_, v []byte) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	state := func(q *query.Query) string {
		out := ""
		for e, err := range s.Select(t.Context(), store.Space{}, store.Moment{}, q, 0) {
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range e.Attrs {
				out += fmt.Sprintf("%s=%.3s(%d) ", a.Name, a.Value, len(a.Value))
			}
		}
		return out
	}
	step := func(want string, keys int, m store.Mutation) {
		t.Helper()
		if _, _, err := s.Commit(t.Context(), store.Space{}, []store.Mutation{m}, store.CommitOptions{}); err != nil {
			t.Fatal(err)
		}
		s.cache = newEntityCache(1) // what it has last stays in a cache
		if got := state(&query.Query{}); got != want || count() != keys {
			t.Errorf("%s with %d keys, want %s with %d", got, count(), want, keys)
		}
	}
	step(`p="aa(602) q=1(1) r="bb(602) `, 2, storetest.Upsert("urn:a", storetest.Prop("p", long("a")), storetest.Prop("q", "1"), storetest.Prop("r", long("b"))))
	row, err := get(s.db, space{1, 0}.entityKey(1))
	if err != nil || len(row) > 200 {
		t.Errorf("the row has %d bytes, %v", len(row), err)
	}
	step(`p="aa(602) q=2(1) r="bb(602) `, 2, storetest.Upsert("urn:a", storetest.Prop("q", "2")))
	step(`p="cc(602) q=2(1) r="bb(602) `, 2, storetest.Upsert("urn:a", storetest.Prop("p", long("c"))))
	s.cache = newEntityCache(1)
	if got := state(&query.Query{Wanted: []entity.Name{"q", "r"}}); got != `q=2(1) r="bb(602) ` && got != `p="cc(602) q=2(1) r="bb(602) ` {
		t.Errorf("some: %s", got)
	}
	step(`p=0(1) q=2(1) r="bb(602) `, 1, storetest.Upsert("urn:a", storetest.Prop("p", "0")))
	step(``, 0, storetest.Delete("urn:a"))
	_, ss, err := s.History(t.Context(), store.Space{}, "urn:a", store.Window{Clock: store.CreatedAt, Names: []entity.Name{"p"}})
	if err != nil || len(ss[0].Points) != 4 || len(ss[0].Points[1].Value) != 602 {
		t.Errorf("history: %v, %v", ss, err)
	}
	rs, _, err := s.Read(t.Context(), store.Cursor{}, 10)
	if err != nil || len(rs) != 5 || len(rs[1].After.Attrs[0].Value) != 602 {
		t.Errorf("log: %v", err)
	}
}

func FuzzRow(f *testing.F) {
	s, row, _ := sample(f)
	f.Add(row)
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := s.decodeRow(s.db, space{1, 0}, b, 1, nil)
		if err != nil {
			return
		}
		if k.top() == nil {
			t.Fatal("no error and no entity")
		}
		again, err := s.decodeRow(s.db, space{1, 0}, s.names.appendRow(nil, k.top(), k.deleted), 1, nil)
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

// The texts of a dictionary outlive the reading of it.
func TestOriginsAfterReopening(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, Options{FS: fs})
	dir := s.o.Dir
	origin := func(k int) store.Origin {
		return store.Origin{Account: fmt.Sprintf("account-%d", k), Source: strings.Repeat("source ", k%50), Mapping: fmt.Sprint("mapping", k)}
	}
	ids := map[entity.OriginID]store.Origin{}
	for k := range 2000 {
		id, err := s.OriginOf(t.Context(), origin(k))
		if err != nil {
			t.Fatal(err)
		}
		ids[id] = origin(k)
		put(t, s, fmt.Sprint("urn:", k)) // numbers become durable with a commit
	}
	s.Close()
	s = open(t, Options{FS: fs, Dir: dir})
	put(t, s, "urn:after")
	for id, want := range ids {
		if got := s.OriginByID(id); got != want {
			t.Fatalf("origin %d: %q, want %q", id, got, want)
		}
		if again, err := s.OriginOf(t.Context(), want); err != nil || again != id {
			t.Fatalf("origin %d has number %d now, %v", id, again, err)
		}
	}
}
