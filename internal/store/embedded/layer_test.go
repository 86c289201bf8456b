package embedded

import (
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/storetest"
)

// fill puts entities with some history into a layer.
func fill(t *testing.T, s *Store, layer string, entities int) {
	t.Helper()
	for v := range 3 {
		var muts []store.Mutation
		for i := range entities {
			muts = append(muts, storetest.Upsert(fmt.Sprintf("urn:%d", i), storetest.Prop("p", fmt.Sprint(v)), storetest.Prop("long", fmt.Sprintf(`"%0600d"`, v))))
		}
		if _, _, err := s.Commit(t.Context(), store.Space{Layer: layer}, muts, store.CommitOptions{CreateTenant: true}); err != nil {
			t.Fatal(err)
		}
	}
}

// keysOf counts the keys of a space, and those of layers' names.
func keysOf(t *testing.T, s *Store, n space) (keys, names int) {
	t.Helper()
	for _, c := range []struct {
		prefix []byte
		to     *int
	}{{n.prefix(), &keys}, {space{}.key(kindLayer, 0), &names}} {
		it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: c.prefix, UpperBound: after(c.prefix)})
		if err != nil {
			t.Fatal(err)
		}
		for ok := it.First(); ok; ok = it.Next() {
			*c.to++
		}
		if err := it.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return keys, names
}

// A dropped layer leaves neither keys nor points that a start finds in the
// log, whether they were in chunks or not, and its room is given back.
func TestDroppedLayerLeavesNothing(t *testing.T) {
	for _, tailBytes := range []int64{1, 32 << 20} {
		fs := vfs.NewMem()
		s := open(t, Options{FS: fs, TailBytes: tailBytes, LogBytes: 1 << 30})
		put(t, s, "urn:a", storetest.Prop("p", "1"))
		since, err := s.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fill(t, s, "x", 1500)
		n, _, err := s.spaces.find(store.Space{Layer: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if keys, _ := keysOf(t, s, n); keys < 3000 {
			t.Fatalf("%d keys of the layer", keys)
		}
		used, err := s.db.EstimateDiskUsage(n.prefix(), after(n.prefix()))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.DropLayer(t.Context(), store.Space{Layer: "x"}, since); err != nil {
			t.Fatal(err)
		}
		for range 2 { // then after a start
			if keys, names := keysOf(t, s, n); keys != 0 || names != 0 {
				t.Errorf("%d keys and %d names are left", keys, names)
			}
			if got := s.spaces.each(); len(got) != 1 {
				t.Errorf("the spaces are %v", got)
			}
			st, err := s.Stats(t.Context())
			if err != nil || st.Entities != 1 || st.TailPoints != 0 {
				t.Errorf("left are %+v, %v", st, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, Options{FS: fs, TailBytes: tailBytes})
		}
		left, err := s.db.EstimateDiskUsage(n.prefix(), after(n.prefix()))
		if err != nil || left > used/10+4096 {
			t.Errorf("%d bytes are left of %d, %v", left, used, err)
		}
		s.Close()
	}
}

// Numbers of layers come back: more layers than there are numbers can be made
// one after the other, across starts.
func TestLayersDoNotRunOut(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, Options{FS: fs})
	s.spaces.mu.Lock()
	for len(s.spaces.lnames) < layerGone-1 { // as if so many had been made
		s.spaces.lnames = append(s.spaces.lnames, "taken")
	}
	s.spaces.mu.Unlock()
	for i := range 5 {
		x := store.Space{Layer: fmt.Sprint("x", i)}
		if _, _, err := s.Commit(t.Context(), x, []store.Mutation{storetest.Upsert("urn:a", storetest.Prop("p", fmt.Sprint(i)))}, store.CommitOptions{CreateTenant: true}); err != nil {
			t.Fatal(err)
		}
		e, err := s.Entity(t.Context(), x, store.Moment{}, "urn:a")
		if err != nil || string(e.Attrs[0].Value) != fmt.Sprint(i) {
			t.Fatalf("layer %d has %v, %v", i, e.Entity, err)
		}
		if i == 3 {
			y := store.Space{Layer: "y"}
			_, _, err := s.Commit(t.Context(), y, []store.Mutation{storetest.Upsert("urn:a")}, store.CommitOptions{CreateTenant: true})
			if !problem.Is(err, problem.TooManyResults) {
				t.Errorf("one layer too many: %v", err)
			}
		}
		if err := s.DropLayer(t.Context(), x, store.Cursor{}); err != nil {
			t.Fatal(err)
		}
	}
}

// Readers, commits to main and the sealer go on while layers come and go.
func TestLayersComeAndGoUnderLoad(t *testing.T) {
	s := open(t, Options{TailBytes: 1, CacheBytes: 1 << 20, Housekeeping: 5 * time.Millisecond})
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if _, _, err := s.Commit(t.Context(), store.Space{}, []store.Mutation{storetest.Upsert("urn:0", storetest.Prop("p", fmt.Sprint(i)))}, store.CommitOptions{}); err != nil {
				done <- err
				return
			}
			if _, err := s.Expired(t.Context(), storetest.Start, 10); err != nil {
				done <- err
				return
			}
		}
	}()
	for i := range 8 {
		layer := fmt.Sprint("x", i)
		since, err := s.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fill(t, s, layer, 40)
		if err := s.DropLayer(t.Context(), store.Space{Layer: layer}, since); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, n := range []space{{1, 1}, {1, 2}, {1, 8}} {
		if keys, _ := keysOf(t, s, n); keys > 0 {
			t.Errorf("%d keys of %v are left", keys, n)
		}
	}
	if _, _, err := s.History(t.Context(), store.Space{}, entity.ID("urn:0"), store.Window{Clock: store.ModifiedAt}); err != nil {
		t.Error(err)
	}
}
