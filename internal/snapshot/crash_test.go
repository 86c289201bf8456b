package snapshot_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/snapshot"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/embedded"
)

func disk(t *testing.T, fs vfs.FS) *embedded.Store {
	t.Helper()
	st, err := embedded.Open(embedded.Options{Dir: "city", FS: fs, Clock: time.Now, MadeBy: "city", CacheBytes: 8 << 20, FreeFloor: -1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// watched has something happen at each commit to a layer, before it.
type watched struct {
	store.Driver
	commit func()
}

func (c *watched) Commit(ctx context.Context, s store.Space, ms []store.Mutation, o store.CommitOptions) ([]store.Result, store.Cursor, error) {
	if s.Layer != "" && c.commit != nil {
		c.commit()
	}
	return c.Driver.Commit(ctx, s, ms, o)
}

// A process ends at the k-th commit of a layer: in the middle of filling, of
// cloning, and when all is done. After the next start a snapshot is a whole
// success, or a failure with nothing in it, and it stays so.
func TestACrashLeavesNoHalfSnapshot(t *testing.T) {
	const rooms, commits = 1203, 8 // two layers, each made by one commit and filled by three
	seen := map[string]int{}
	for k := int64(1); k <= 10; k++ {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			mem := vfs.NewCrashableMem()
			st := disk(t, mem)
			var after *vfs.MemFS
			through := &watched{Driver: st}
			w := newBench(t, st, through)
			w.rooms(rooms)
			left := k
			through.commit = func() {
				if left--; left != 0 {
					return
				}
				after = mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(k%2) * 50, RNG: rand.New(rand.NewPCG(1, uint64(k)))})
			}
			w.made("urn:s:1", "")
			if _, err := w.x.Clone(t.Context(), "", "urn:s:1", document(t, snapshot.ToClone, `{"id":"urn:s:2","type":"Snapshot","endpoint":"http://x.org/n"}`)); err != nil {
				t.Fatal(err)
			}
			w.x.Work(t.Context())
			if err := st.Close(); err != nil {
				t.Fatal(err)
			}
			if after == nil {
				after = mem
			}
			st = disk(t, after)
			defer st.Close()
			w = newBench(t, st, st)
			for _, id := range []string{"urn:s:1", "urn:s:2"} {
				if w.status(id) != snapshot.Preparing {
					continue
				}
				if _, _, err := w.x.HoldFor("", id, false); !problem.Is(err, problem.Conflict) {
					t.Errorf("%s is used while it is cleared: %v", id, err)
				}
			}
			for range 2 {
				w.x.Work(t.Context())
				for _, id := range []string{"urn:s:1", "urn:s:2"} {
					got, n := w.status(id), w.holds(w.layer(id))
					if seen[id+" "+got]++; !(got == snapshot.Success && n == rooms || got == snapshot.Failure && n == 0) {
						t.Errorf("%s is %q with %d entities", id, got, n)
					}
				}
				w.start()
			}
			if want := map[bool]int{false: 1}[k > commits]; len(w.told) != want { // else it was told before
				t.Errorf("told was %q", w.told)
			}
			if s, err := st.Stats(t.Context()); err != nil || s.Entities != int64(rooms+w.holds(w.layer("urn:s:1"))+w.holds(w.layer("urn:s:2"))) {
				t.Errorf("%d entities are kept, %v", s.Entities, err)
			}
		})
	}
	for _, x := range []string{"urn:s:1 failure", "urn:s:1 success", "urn:s:2 failure", "urn:s:2 success"} {
		if seen[x] == 0 {
			t.Errorf("%q was never seen: %v", x, seen)
		}
	}
}
