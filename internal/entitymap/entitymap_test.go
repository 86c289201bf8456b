package entitymap

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

const minute = entity.Instant(60_000_000)

func open(t *testing.T, o Options) (*Service, *entity.Instant) {
	t.Helper()
	now := new(entity.Instant)
	o.Now = func() entity.Instant { return *now }
	if o.Records == nil {
		o.Records = memstore.New(memstore.Options{Clock: time.Now})
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s, now
}

// made makes a map of the numbers 2, 4, … 2n.
func made(t *testing.T, s *Service, n int) *Map {
	t.Helper()
	m, err := s.Make(context.Background(), Map{}, fillTo(n))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func fillTo(n int) func(add func(entity.Number, entity.ID) error) error {
	return func(add func(entity.Number, entity.ID) error) error {
		for i := 1; i <= n; i++ {
			if err := add(entity.Number(2*i), entity.ID(fmt.Sprintf("urn:ngsi-ld:Thing:%09d", i))); err != nil {
				return err
			}
		}
		return nil
	}
}

func count(t *testing.T, s *Service, m *Map) (n int, last entity.ID) {
	t.Helper()
	for id, err := range s.Entities(context.Background(), m) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		last = id
	}
	return n, last
}

func TestAMapOfManyChunks(t *testing.T) {
	ctx := context.Background()
	s, _ := open(t, Options{})
	const n = 3*chunkEntities + 5
	m := made(t, s, n)
	if got, last := count(t, s, m); got != n || last != entity.ID(fmt.Sprintf("urn:ngsi-ld:Thing:%09d", n)) {
		t.Fatalf("%d entities, the last is %s", got, last)
	}
	for _, after := range []entity.Number{0, 1, 2, 2*chunkEntities - 1, 2 * chunkEntities, 2*chunkEntities + 1, 2*n - 2, 2 * n, 2*n + 7} {
		w, err := s.Set(m, false).Walk(ctx, after)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for i := after + 1; i <= 2*n+10; i++ {
			in, more, err := w.Has(i)
			if err != nil || in != (i%2 == 0 && i <= 2*n) {
				t.Fatalf("after %d: Has(%d) = %v, %v", after, i, in, err)
			}
			if !more && i < 2*n {
				t.Fatalf("after %d: no more at %d", after, i)
			}
			if in {
				seen++
			}
		}
		if want := max(0, int(n-after/2)); seen != want {
			t.Errorf("after %d: %d seen, want %d", after, seen, want)
		}
	}
}

func TestPrune(t *testing.T) {
	ctx := context.Background()
	s, _ := open(t, Options{})
	m := made(t, s, chunkEntities+10)
	for _, fits := range []bool{false, true} { // in this order: the second prunes
		want := chunkEntities + 10
		if fits {
			want = 3
		}
		x := s.Set(m, fits)
		w, err := x.Walk(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []entity.Number{3, 8, 10, 2*chunkEntities + 4, 2*chunkEntities + 6} {
			if _, _, err := w.Has(n); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.End(); err != nil {
			t.Fatal(err)
		}
		x.Drop(10)
		x.Prune(ctx)
		if got, _ := count(t, s, m); got != want {
			t.Errorf("fits %v: %d left, want %d", fits, got, want)
		}
	}
}

func TestBounds(t *testing.T) {
	ctx := context.Background()
	s, now := open(t, Options{MaxMaps: 2, MaxEntities: 3 * chunkEntities, MaxBytes: 300_000, MaxLife: time.Hour})
	if _, err := s.Make(ctx, Map{}, fillTo(3*chunkEntities+1)); !problem.Is(err, problem.TooManyResults) {
		t.Errorf("one entity too many: %v", err)
	}
	for r, err := range s.o.Records.Scan(ctx, chunkKind, "", "") {
		t.Errorf("left behind: %v, %v", r.Key, err)
	}
	m := made(t, s, 1)
	long, err := s.Make(ctx, Map{Expires: 1000 * minute}, fillTo(1))
	if err != nil || long.Expires != 60*minute || s.bytes == 0 {
		t.Errorf("%+v, %v", long, err)
	}
	if _, err := s.Make(ctx, Map{}, fillTo(1)); !problem.Is(err, problem.TooManyResults) {
		t.Errorf("one map too many: %v", err)
	}
	if _, err := s.Make(ctx, Map{Space: store.Space{Tenant: "a"}}, fillTo(1)); err != nil {
		t.Errorf("another tenant: %v", err)
	}
	if err := s.Expire(ctx, m, 2*minute); err != nil {
		t.Error(err)
	}
	if *now = 2 * minute; s.Sweep(ctx) != nil || len(s.maps) != 2 {
		t.Errorf("%d maps after the sweep", len(s.maps))
	}
	if err := s.Expire(ctx, m, 20*minute); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("a map that has ended: %v", err)
	}
	s.o.MaxBytes = s.bytes + 10
	if _, err := s.Make(ctx, Map{}, fillTo(2)); !problem.Is(err, problem.TooManyResults) {
		t.Errorf("too many bytes: %v", err)
	}
	*now = 500 * minute
	if err := s.Sweep(ctx); err != nil || len(s.maps) != 0 || s.bytes != 0 {
		t.Errorf("%d maps, %d bytes, %v", len(s.maps), s.bytes, err)
	}
	for _, kind := range []string{headKind, chunkKind} {
		for r := range s.o.Records.Scan(ctx, kind, "", "") {
			t.Errorf("left behind: %v", r.Key)
		}
	}
}

// What was being made when the program ended is gone, the others are there.
func TestRestart(t *testing.T) {
	ctx := context.Background()
	records := memstore.New(memstore.Options{Clock: time.Now})
	s, _ := open(t, Options{Records: records})
	m := made(t, s, chunkEntities+1)
	_, err := s.Make(ctx, Map{}, func(add func(entity.Number, entity.ID) error) error {
		if err := fillTo(2 * chunkEntities)(add); err != nil {
			return err
		}
		again, _ := open(t, Options{Records: records})
		if got, ok := again.Get(m.Space, m.ID); !ok || got.Expires != m.Expires {
			t.Errorf("%+v, %v", got, ok)
		}
		if n, _ := count(t, again, m); n != chunkEntities+1 || len(again.maps) != 1 {
			t.Errorf("%d entities, %d maps", n, len(again.maps))
		}
		for r := range records.Scan(ctx, chunkKind, "", "") {
			if r.Key.Name[:len(m.ID)] != m.ID {
				t.Errorf("left behind: %v", r.Key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What a map of a million takes in memory is bounded by a chunk, and on disk
// it is about a dozen bytes an entity.
func TestAMillion(t *testing.T) {
	s, _ := open(t, Options{Records: &discard{}})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m := made(t, s, 1_000_000)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 1<<20 {
		t.Errorf("a map holds %d bytes in memory", held)
	}
	if m.bytes > 15_000_000 {
		t.Errorf("%d bytes on disk", m.bytes)
	}
}

// discard is a store that keeps nothing.
type discard struct{ records }

func (*discard) Write(context.Context, []store.RecordWrite) error { return nil }
func (*discard) Scan(context.Context, string, string, string) iter.Seq2[store.Record, error] {
	return func(func(store.Record, error) bool) {}
}

func TestDamagedRecords(t *testing.T) {
	for _, b := range [][]byte{nil, {9}, {1, 1}, {1, 1, 5, 1, 'a'}, {1, 1, 0, 200, 'a'}, {1, 0x80}} {
		if es, err := decodeChunk(b); err == nil {
			t.Errorf("%v: %v", b, es)
		}
	}
	for _, b := range [][]byte{nil, {9}, {1, '{'}} {
		if m, err := decodeHead(store.Record{Value: b}); err == nil {
			t.Errorf("%v: %v", b, m)
		}
	}
}
