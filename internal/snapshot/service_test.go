package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/snapshot"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

const second entity.Instant = 1_000_000

// bench is a keeper of snapshots over one store, with a clock that a test moves.
type bench struct {
	*testing.T
	now   atomic.Int64 // microseconds
	st    store.Driver
	b     *broker.Broker
	x     *snapshot.Service
	keep  snapshot.Options
	mu    sync.Mutex
	told  []string
	fails int // how many notifications fail before one gets through
}

func newBench(t *testing.T, st store.Driver, through broker.Store) *bench {
	t.Helper()
	w := &bench{T: t, st: st}
	w.now.Store(int64(1000 * second))
	w.b = broker.New(through, broker.Options{Now: w.instant})
	w.keep = snapshot.Options{Broker: w.b, Records: st, Head: st.Head, Now: w.instant, Logger: slog.New(slog.DiscardHandler), Max: 50,
		Send: func(_ context.Context, s *snapshot.Snapshot, _ []byte) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.told = append(w.told, s.ID+" "+s.Status); len(w.told) <= w.fails {
				return errors.New("the receiver is away")
			}
			return nil
		}}
	w.start()
	return w
}

func overMemory(t *testing.T) *bench {
	st := memstore.New(memstore.Options{Clock: time.Now, TwiceApply: true})
	t.Cleanup(func() { st.Close() })
	return newBench(t, st, st)
}

func (w *bench) instant() entity.Instant { return entity.Instant(w.now.Load()) }

// start begins anew over the same store.
func (w *bench) start() {
	w.Helper()
	w.x = snapshot.New(w.keep)
	if err := w.x.Load(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// rooms makes n entities on main.
func (w *bench) rooms(n int) {
	w.Helper()
	for part := range slices.Chunk(fragments(n), 1000) {
		if _, err := w.b.CreateMany(w.Context(), broker.Call{}, part); err != nil {
			w.Fatal(err)
		}
	}
}

func fragments(n int) (out []entity.Fragment) {
	for i := range n {
		out = append(out, entity.Fragment{ID: entity.ID(fmt.Sprintf("urn:r:%05d", i)), Types: []entity.Name{"x:Room"}, Attrs: []entity.Instance{{Name: "x:t", Kind: entity.Property, Value: []byte("1")}}})
	}
	return out
}

func document(t testing.TB, use snapshot.Use, text string) *snapshot.Document {
	t.Helper()
	n, err := jsontree.Parse([]byte(text), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := snapshot.Parse(n, use)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func everything() []snapshot.Selection { return []snapshot.Selection{{Query: &query.Query{}}} }

// create makes the snapshot id of everything, with these further members.
func (w *bench) create(id, members string) error {
	_, err := w.x.Create(w.Context(), broker.Call{}, document(w, snapshot.ToCreate, `{"id":"`+id+`","type":"Snapshot","snapshotQueries":[{}]`+members+`}`), everything())
	return err
}

func (w *bench) made(id, members string) {
	w.Helper()
	if err := w.create(id, members); err != nil {
		w.Fatal(err)
	}
}

// status gives how a snapshot stands; "" if there is none.
func (w *bench) status(id string) string {
	s, err := w.x.Get("", id)
	if err != nil {
		return ""
	}
	return s.Status
}

// holds gives how many entities a layer has.
func (w *bench) holds(layer string) (n int) {
	w.Helper()
	err := w.b.Walk(w.Context(), broker.Call{Space: store.Space{Layer: layer}}, &query.Query{}, 0, func(*entity.Entity) bool { n++; return true })
	if err != nil && !problem.Is(err, problem.ResourceNotFound) {
		w.Fatal(err)
	}
	return n
}

// layer gives the layer of a snapshot without holding it.
func (w *bench) layer(id string) string {
	w.Helper()
	layer, release, err := w.x.HoldFor("", id, false)
	if err != nil {
		w.Fatal(err)
	}
	release()
	return layer
}

// records gives how many records of snapshots are kept.
func (w *bench) records() (n int) {
	w.Helper()
	for _, err := range w.st.Scan(w.Context(), snapshot.Kind, "", "") {
		if err != nil {
			w.Fatal(err)
		}
		n++
	}
	return n
}

func TestASnapshotIsFilled(t *testing.T) {
	w := overMemory(t)
	w.rooms(1203) // more than two pages
	w.made("urn:s:1", "")
	if got := w.status("urn:s:1"); got != snapshot.Preparing {
		t.Errorf("before it is filled it is %q", got)
	}
	w.x.Work(t.Context())
	if got, n := w.status("urn:s:1"), w.holds(w.layer("urn:s:1")); got != snapshot.Success || n != 1203 {
		t.Errorf("it is %q with %d entities", got, n)
	}
	if err := w.create("urn:s:1", ""); !problem.Is(err, problem.AlreadyExists) {
		t.Errorf("made again: %v", err)
	}
}

// Whoever holds a layer keeps it, whatever becomes of its snapshot.
func TestALayerStaysWhileItIsHeld(t *testing.T) {
	for name, end := range map[string]func(w *bench) error{
		"deleted": func(w *bench) error { return w.x.Delete(w.Context(), "", "urn:s:1") },
		"purged": func(w *bench) error {
			return w.x.Purge(w.Context(), "", func(*snapshot.Snapshot) bool { return true })[0].Err
		},
		"expired": func(w *bench) error {
			w.now.Add(int64(3600 * second))
			w.x.Expire(w.Context())
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := overMemory(t)
			w.rooms(3)
			w.made("urn:s:1", `,"snapshotLifetime":"PT1H"`)
			w.x.Work(t.Context())
			layer, release, err := w.x.HoldFor("", "urn:s:1", false)
			if err != nil {
				t.Fatal(err)
			}
			if err := end(w); err != nil {
				t.Fatal(err)
			}
			w.x.Work(t.Context())
			if got, n := w.status("urn:s:1"), w.holds(layer); got != "" || n != 3 {
				t.Errorf("while it is held it is %q with %d entities", got, n)
			}
			if _, _, err := w.x.HoldFor("", "urn:s:1", false); !problem.Is(err, problem.ResourceNotFound) {
				t.Errorf("held again: %v", err)
			}
			release()
			w.x.Work(t.Context())
			if n, kept := w.holds(layer), w.records(); n != 0 || kept != 0 {
				t.Errorf("left are %d entities and %d records", n, kept)
			}
		})
	}
}

// A layer is told of before it goes; when that fails, it stays until it works.
func TestWhoeverIsToldOfALayer(t *testing.T) {
	w := overMemory(t)
	var told []string
	fail := true
	w.keep.Dropped = func(_ context.Context, s store.Space) error {
		told = append(told, s.Layer)
		if fail {
			return errors.New("not now")
		}
		return nil
	}
	w.start()
	w.rooms(3)
	w.made("urn:s:1", "")
	w.x.Work(t.Context())
	layer := w.layer("urn:s:1")
	if err := w.x.Delete(t.Context(), "", "urn:s:1"); err != nil {
		t.Fatal(err)
	}
	w.x.Work(t.Context())
	if n := w.holds(layer); n != 3 || w.records() != 1 {
		t.Errorf("after a failure %d entities are left, %d records", n, w.records())
	}
	fail = false
	w.start()
	w.x.Work(t.Context())
	if n := w.holds(layer); n != 0 || w.records() != 0 || !slices.Equal(told, []string{layer, layer}) {
		t.Errorf("left are %d entities and %d records; told of %q, the layer was %q", n, w.records(), told, layer)
	}
}

func TestLifetimes(t *testing.T) {
	w := overMemory(t)
	w.keep.MaxLife, w.keep.Life = 7200*second, 600*second
	w.start()
	for lifetime, want := range map[string]entity.Instant{"": 600 * second, "PT1H": 3600 * second, "PT0.5S": second / 2, "P1Y": 7200 * second} {
		id := "urn:s:" + lifetime
		w.made(id, map[bool]string{false: `,"snapshotLifetime":"` + lifetime + `"`}[lifetime == ""])
		s, err := w.x.Get("", id)
		if err != nil || s.ExpiresAt-s.CreatedAt != want {
			t.Errorf("%q lasts %d, not %d, %v", lifetime, s.ExpiresAt-s.CreatedAt, want, err)
		}
	}
}

// An id is free again as soon as its time has come, also before Expire ran.
func TestAnExpiredIdIsFree(t *testing.T) {
	w := overMemory(t)
	w.rooms(2)
	w.made("urn:s:1", `,"snapshotLifetime":"PT1S"`)
	w.x.Work(t.Context())
	old := w.layer("urn:s:1")
	w.now.Add(int64(second))
	w.made("urn:s:1", "")
	w.x.Work(t.Context())
	if now := w.layer("urn:s:1"); now == old || w.holds(now) != 2 || w.holds(old) != 0 || w.records() != 1 {
		t.Errorf("layer %q after %q holds %d and %d, %d records", now, old, w.holds(now), w.holds(old), w.records())
	}
}

// What failed to reach its receiver is owed over a restart.
func TestANotificationIsOwed(t *testing.T) {
	w := overMemory(t)
	w.fails = 1
	w.made("urn:s:1", `,"endpoint":"http://x.org/n"`)
	w.x.Work(t.Context())
	w.start()
	w.x.Work(t.Context())
	w.start()
	w.x.Work(t.Context())
	if got := strings.Join(w.told, ", "); got != "urn:s:1 empty, urn:s:1 empty" {
		t.Errorf("told was %q", got)
	}
}

// A snapshot is what its queries came to, and one that gives too much fails.
func TestStatusOfQueries(t *testing.T) {
	w := overMemory(t)
	w.rooms(5)
	w.keep.Entities = 4
	w.start()
	none := snapshot.Selection{Query: &query.Query{IDs: []entity.ID{"urn:none"}}}
	one := snapshot.Selection{Query: &query.Query{IDs: []entity.ID{"urn:r:00001"}}}
	all := everything()[0]
	for i, x := range []struct {
		sels []snapshot.Selection
		want string
	}{
		{[]snapshot.Selection{one}, snapshot.Success}, {[]snapshot.Selection{none}, snapshot.Empty}, {[]snapshot.Selection{none, one}, snapshot.Partial}, {[]snapshot.Selection{all}, snapshot.Failure},
		{[]snapshot.Selection{all, none}, snapshot.Empty}, {[]snapshot.Selection{all, one}, snapshot.Partial},
	} {
		id := fmt.Sprint("urn:s:", i)
		d := document(t, snapshot.ToCreate, `{"id":"`+id+`","type":"Snapshot","snapshotQueries":[`+strings.TrimSuffix(strings.Repeat("{},", len(x.sels)), ",")+`]}`)
		if _, err := w.x.Create(t.Context(), broker.Call{}, d, x.sels); err != nil {
			t.Fatal(err)
		}
		w.x.Work(t.Context())
		if got := w.status(id); got != x.want {
			t.Errorf("%d: it is %q, not %q", i, got, x.want)
		}
	}
}

// Whatever is parsed is taken or refused, and never ends the program.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{}`, `[]`, `{"type":"Snapshot","snapshotQueries":[{}]}`, `{"id":"urn:s","type":"Snapshot","snapshotTemporalQueries":{"a":1},"snapshotLifetime":"P1D","snapshotPriority":10}`,
		`{"receiverInfo":[{"key":"a","value":"b"}],"endpoint":"https://x.org/n"}`, `{"endpoint":"urn:ngsi-ld:null","type":"urn:ngsi-ld:null"}`, `{"snapshotPriority":1e9}`} {
		f.Add([]byte(s), uint8(0))
		f.Add([]byte(s), uint8(2))
	}
	f.Fuzz(func(t *testing.T, b []byte, use uint8) {
		n, err := jsontree.Parse(b, jsontree.Limits{})
		if err != nil {
			return
		}
		d, err := snapshot.Parse(n, snapshot.Use(use%3))
		switch {
		case err != nil && !problem.Is(err, problem.BadRequestData):
			t.Errorf("%s: %v", b, err)
		case err == nil && (d.Priority < 1 || d.Priority > 10):
			t.Errorf("%s has priority %d", b, d.Priority)
		case err == nil && use%3 == uint8(snapshot.ToCreate) && d.Queries.Len()+d.Temporal.Len() == 0:
			t.Errorf("%s has no query", b)
		}
	})
}
