package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/storetest"
)

// planted cannot be compressed, so that its bytes are found in a file as they
// are.
const planted = "Q7fZk2xWv9RbT4mLs8Yd"

var persons = store.Space{Layer: "persons"}

// plant puts someone into the store in every way that there is: state,
// history, values of their own, scopes, places, late points, edits' remains;
// among others who stay.
func plant(t testing.TB, s *Store, sp store.Space, id string) {
	t.Helper()
	for i := range 8 {
		f := entity.Fragment{ID: entity.ID(id), Types: []entity.Name{"Thing"}, Scopes: []string{"/someone"}, HasScope: true,
			ExpiresAt: storetest.Start + 1e15, HasExpiry: true, Attrs: []entity.Instance{
				storetest.At(storetest.Prop("name", fmt.Sprintf(`"%s %d"`, planted, i)), storetest.Start+entity.Instant(i)*40*24*3600e6),
				storetest.Prop("letter", fmt.Sprintf(`"%s%s%d"`, strings.Repeat("Dear ", 200), planted, i)),
				{Name: "location", Kind: entity.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[3.06,50.63]}`)},
				{Name: "note", Kind: entity.Property, Value: []byte("1"), Subs: []entity.Instance{storetest.Prop("by", `"`+planted+`"`)}},
			}}
		muts := []store.Mutation{storetest.UpsertFragment(f), storetest.Upsert("urn:other", storetest.Prop("p", fmt.Sprint(i)))}
		muts = append(muts, storetest.Record(id, storetest.At(storetest.Prop("name", fmt.Sprintf(`"late %s %d"`, planted, i)), storetest.Start-entity.Instant(i+1)*1e6)))
		if _, _, err := s.Commit(t.Context(), sp, muts, store.CommitOptions{CreateTenant: true}); err != nil {
			t.Fatal(err)
		}
	}
}

// holds lists the files under dir that have the planted bytes.
func holds(t testing.TB, fs vfs.FS, dir string) (out []string) {
	t.Helper()
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		p := path.Join(dir, name)
		if info, err := fs.Stat(p); err == nil && info.IsDir() {
			out = append(out, holds(t, fs, p)...)
			continue
		}
		f, err := fs.Open(p)
		if err != nil {
			continue // it went meanwhile
		}
		b, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(planted)) {
			out = append(out, p)
		}
	}
	return out
}

// keysWith counts the keys and values of the store that have the planted
// bytes, or the number's row.
func keysWith(t testing.TB, s *Store) (n int) {
	t.Helper()
	it, err := s.db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		v, err := it.ValueAndErr()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(it.Key(), []byte(planted)) || bytes.Contains(v, []byte(planted)) || bytes.HasPrefix(it.Key(), metaKey(metaErase)) {
			n++
		}
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return n
}

// What was erased is in no file of the folder, wherever it was: in memory and
// its log, in tables of any level, in chunks, in logs that Pebble kept to be
// used again.
func TestErasedBytesAreInNoFile(t *testing.T) {
	where := map[string]func(t *testing.T, s *Store){
		"not flushed": func(*testing.T, *Store) {},
		"flushed": func(t *testing.T, s *Store) {
			if err := s.db.Flush(); err != nil {
				t.Fatal(err)
			}
		},
		"compacted to the bottom": func(t *testing.T, s *Store) {
			if err := errors.Join(s.db.Flush(), s.db.Compact(t.Context(), []byte{0}, []byte{0xff}, false)); err != nil {
				t.Fatal(err)
			}
		},
		"in logs that are kept": func(t *testing.T, s *Store) {
			for range 8 {
				put(t, s, "urn:more", storetest.Prop("p", `"`+strings.Repeat("y", 2000)+`"`))
				if err := s.db.Flush(); err != nil {
					t.Fatal(err)
				}
				plant(t, s, persons, "urn:a")
			}
		},
		"sealed": func(t *testing.T, s *Store) {
			s.pubMu.Lock()
			s.sealUpTo = 1 << 40
			s.pubMu.Unlock()
			s.keepTailNow()
		},
		"deleted before": func(t *testing.T, s *Store) {
			if _, _, err := s.Commit(t.Context(), persons, []store.Mutation{storetest.Delete("urn:a")}, store.CommitOptions{}); err != nil {
				t.Fatal(err)
			}
		},
		"after a start": nil,
	}
	for name, prepare := range where {
		t.Run(name, func(t *testing.T) {
			fs := vfs.NewMem()
			s := open(t, Options{FS: fs})
			put(t, s, "urn:stays", storetest.Prop("p", "1"))
			plant(t, s, persons, "urn:a")
			if prepare == nil {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = open(t, Options{FS: fs})
			} else {
				prepare(t, s)
			}
			if len(holds(t, fs, "city")) == 0 {
				t.Fatal("the planted bytes are in no file before either")
			}
			if err := s.Erase(t.Context(), persons, "urn:a"); err != nil {
				t.Fatal(err)
			}
			for range 2 { // then after a start
				if got := holds(t, fs, "city"); len(got) > 0 {
					t.Errorf("they are still in %v", got)
				}
				if n := keysWith(t, s); n > 0 {
					t.Errorf("%d keys have them", n)
				}
				for _, r := range recent(t, s) {
					if strings.Contains(r, planted) {
						t.Errorf("the log has %.300s", r)
					}
				}
				put(t, s, "urn:stays", storetest.Prop("p", "2"))
				if _, ss, err := s.History(t.Context(), persons, "urn:other", store.Window{Clock: store.ModifiedAt}); err != nil || len(ss[0].Points) < 8 {
					t.Errorf("another's history: %v, %v", ss, err)
				}
				if st, err := s.Stats(t.Context()); err != nil || name != "in logs that are kept" && st.Entities != 2 {
					t.Errorf("%+v, %v", st, err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = open(t, Options{FS: fs})
			}
		})
	}
}

func recent(t *testing.T, s *Store) (out []string) {
	t.Helper()
	rs, _, err := s.Read(t.Context(), store.Cursor{}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rs {
		out = append(out, fmt.Sprintf("%+v %s", r, r.ID))
		for _, d := range r.Deltas {
			if d.After != nil {
				out = append(out, string(d.After.Value))
			}
			if d.Before != nil {
				out = append(out, string(d.Before.Value))
			}
		}
		for _, p := range r.Points {
			out = append(out, string(p.Value))
		}
	}
	return out
}

// A crash at any write of an erasure leaves the entity whole or, once the
// store is open again, nothing of it.
func TestCrashWhileErasing(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 9
	}
	whole, gone := 0, 0
	for k := 0; ; k += step {
		mem := vfs.NewCrashableMem()
		var left atomic.Int64
		left.Store(1 << 40)
		down := errors.New("the disk is gone")
		inject := errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && left.Add(-1) < 0 {
				return down
			}
			return nil
		})
		o := Options{Dir: "city", FS: errorfs.Wrap(mem, inject), Log: quiet(), FreeFloor: -1, Housekeeping: time.Hour}
		s, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		put(t, s, "urn:stays", storetest.Prop("p", "1"))
		plant(t, s, persons, "urn:a")
		if err := s.db.Flush(); err != nil {
			t.Fatal(err)
		}
		plant(t, s, persons, "urn:a")
		left.Store(int64(k))
		ended := s.Erase(t.Context(), persons, "urn:a")
		crashed := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: k % 2 * 50, RNG: rand.New(rand.NewPCG(1, uint64(k)))})
		left.Store(1 << 40)
		s.Close()
		o.FS = crashed
		if s, err = Open(o); err != nil {
			t.Fatalf("after a crash at write %d: %v", k, err)
		}
		e, err := s.Entity(t.Context(), persons, store.Moment{}, "urn:a")
		switch {
		case err == nil && ended == nil:
			t.Fatalf("write %d: it was erased and is there again", k)
		case err == nil:
			whole++
			if _, ss, err := s.History(t.Context(), persons, "urn:a", store.Window{Clock: store.ModifiedAt}); err != nil || len(ss) != 4 || len(e.Attrs) != 4 {
				t.Fatalf("write %d: half of it is left: %d attributes, %d series, %v", k, len(e.Attrs), len(ss), err)
			}
		case problem.Is(err, problem.ResourceNotFound):
			gone++
			// A crash may bring a file back whose removal was not durable; an
			// open store removes it, in the background.
			for until := time.Now().Add(10 * time.Second); len(holds(t, crashed, "city")) > 0 && time.Now().Before(until); {
				time.Sleep(time.Millisecond)
			}
			if got := holds(t, crashed, "city"); len(got) > 0 || keysWith(t, s) > 0 {
				t.Fatalf("write %d: it is still in %v, or %d keys", k, got, keysWith(t, s))
			}
		default:
			t.Fatal(err)
		}
		if e, err := s.Entity(t.Context(), persons, store.Moment{}, "urn:other"); err != nil || string(e.Attrs[0].Value) != "7" {
			t.Fatalf("write %d: its neighbour: %v, %v", k, e, err)
		}
		put(t, s, "urn:new")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if ended == nil {
			break
		}
	}
	if whole == 0 || gone < 3 {
		t.Errorf("crashes left it whole %d times, gone %d times", whole, gone)
	}
}

// Erasures go on beside readers, writers to other entities and to the same
// one, and the sealer.
func TestEraseUnderLoad(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, Options{FS: fs, TailBytes: 1, CacheBytes: 1 << 20, Housekeeping: 5 * time.Millisecond})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("urn:%d", w)
				if w == 2 {
					id = "urn:again"
				}
				if _, _, err := s.Commit(t.Context(), persons, []store.Mutation{storetest.Upsert(id, storetest.Prop("p", fmt.Sprint(i)))}, store.CommitOptions{CreateTenant: true}); err != nil {
					t.Error(err)
					return
				}
				if _, _, err := s.History(t.Context(), persons, entity.ID(id), store.Window{Clock: store.ModifiedAt}); err != nil && !problem.Is(err, problem.ResourceNotFound) {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 6 {
		plant(t, s, persons, "urn:a")
		for _, id := range []entity.ID{"urn:a", "urn:again"} {
			if err := s.Erase(t.Context(), persons, id); err != nil {
				t.Fatal(err)
			}
		}
		if got := holds(t, fs, "city"); len(got) > 0 {
			t.Errorf("it is still in %v", got)
		}
	}
	close(stop)
	wg.Wait()
	for _, id := range []entity.ID{"urn:0", "urn:1"} {
		if _, ss, err := s.History(t.Context(), persons, id, store.Window{Clock: store.ModifiedAt}); err != nil || len(ss) != 1 {
			t.Errorf("%s: %v, %v", id, ss, err)
		}
	}
}

// A reader that still looks at the store as it was holds up an erasure, and a
// table that is written meanwhile, with what was erased and its deletion, is
// written anew.
func TestEraseWaitsForReaders(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, Options{FS: fs})
	plant(t, s, persons, "urn:a")
	v, err := s.acquire()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Erase(t.Context(), persons, "urn:a") }()
	for {
		if _, err := s.Entity(t.Context(), persons, store.Moment{}, "urn:a"); problem.Is(err, problem.ResourceNotFound) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	if err := s.db.Flush(); err != nil {
		t.Fatal(err)
	}
	for waits := false; !waits; {
		select {
		case err := <-done:
			t.Fatalf("it did not wait for the reader: %v", err)
		default:
			runtime.Gosched()
		}
		s.viewMu.Lock()
		waits = v.ended != nil
		s.viewMu.Unlock()
	}
	s.release(v)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := holds(t, fs, "city"); len(got) > 0 {
		t.Errorf("it is still in %v", got)
	}
	for k := range s.tail.entities {
		if k.space.layer != 0 && k.number == 1 {
			t.Error("its points are still in the tail")
		}
	}
}
