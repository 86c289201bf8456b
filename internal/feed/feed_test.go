package feed_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/feed"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

func put(t *testing.T, st *memstore.Store, id string, value int) {
	t.Helper()
	_, _, err := st.Commit(context.Background(), store.Space{}, []store.Mutation{{ID: entity.ID(id), Apply: func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		f := entity.Fragment{ID: entity.ID(id), Types: []entity.Name{"x:A"}, Attrs: []entity.Instance{{Name: "x:a", Kind: entity.Property, Value: fmt.Appendf(nil, "%d", value)}}}
		if cur == nil {
			e, err := entity.Create(f, now)
			return change.Effect{After: e}, err
		}
		e, _, err := entity.Update(cur, f, now)
		return change.Effect{After: e}, err
	}}}, store.CommitOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// TestHubGivesWhatTheLogHas reads through a Hub that keeps little, from every
// place, and compares with the log itself.
func TestHubGivesWhatTheLogHas(t *testing.T) {
	for _, parts := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d partitions", parts), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := memstore.New(memstore.Options{Partitions: parts, Clock: time.Now})
				put(t, st, "urn:0", 0)
				h := feed.New(st, feed.Options{Keep: 5})
				ctx, stop := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				wg.Go(func() {
					if err := h.Run(ctx); err != nil {
						t.Error(err)
					}
				})
				at, err := st.Head(ctx)
				if err != nil {
					t.Fatal(err)
				}
				cursors := []store.Cursor{{Epoch: at.Epoch}, at}
				for n := range 60 {
					put(t, st, fmt.Sprintf("urn:%d", n%7), n)
					synctest.Wait()
					if at, err = st.Head(ctx); err != nil {
						t.Fatal(err)
					}
					cursors = append(cursors, at)
				}
				for _, from := range cursors {
					want, _ := drain(t, st, from)
					got, end := drain(t, h, from)
					if fmt.Sprint(got) != fmt.Sprint(want) || !end.Covers(at) {
						t.Fatalf("from %v:\nhub %v\nlog %v", from, got, want)
					}
				}
				stop()
				wg.Wait()
			})
		})
	}
}

// drain reads everything behind from, a few at a time, by partition.
func drain(t *testing.T, l store.Log, from store.Cursor) (map[uint16][]entity.Position, store.Cursor) {
	t.Helper()
	got := map[uint16][]entity.Position{}
	for {
		rs, next, err := l.Read(context.Background(), from, 4)
		if err != nil {
			t.Fatal(err)
		}
		if len(rs) == 0 {
			return got, from
		}
		for _, r := range rs {
			got[r.Part] = append(got[r.Part], r.At)
		}
		from = next
	}
}

func TestHubWakesReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memstore.New(memstore.Options{Clock: time.Now})
		h := feed.New(st, feed.Options{})
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = h.Run(ctx) })
		synctest.Wait()
		at, _ := h.Head(ctx)
		woken := make(chan error, 1)
		go func() { woken <- h.Wait(ctx, at) }()
		synctest.Wait()
		select {
		case <-woken:
			t.Error("woken with nothing new")
		default:
		}
		put(t, st, "urn:a", 1)
		if err := <-woken; err != nil {
			t.Error(err)
		}
		go func() { woken <- h.Wait(ctx, at.Merge(mustHead(t, st))) }()
		synctest.Wait()
		stop()
		if err := <-woken; !errors.Is(err, context.Canceled) {
			t.Errorf("at the end: %v", err)
		}
		wg.Wait()
	})
}

func mustHead(t *testing.T, st *memstore.Store) store.Cursor {
	t.Helper()
	c, err := st.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestConsumerCountsEachRecordOnce stops a consumer at every step, also by
// failing its handler, and starts it again: the sum that it keeps beside its
// cursor must count each record exactly once.
func TestConsumerCountsEachRecordOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memstore.New(memstore.Options{Partitions: 1, Clock: time.Now})
		key := store.Key{Kind: "sum", Name: "sum"}
		calls := 0
		consumer := func() *feed.Consumer {
			return &feed.Consumer{Name: "sum", Log: st, Keep: st, Batch: 3, Handle: func(ctx context.Context, rs []change.Record) (feed.Step, error) {
				if calls++; calls%2 == 0 {
					return nil, errors.New("a failure on the way")
				}
				var sum byte
				if r, err := st.Get(ctx, key); err == nil {
					sum = r.Value[0]
				}
				return feed.Step{{Key: key, Value: []byte{sum + byte(len(rs))}, Any: true}}, nil
			}}
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			feed.Retry(ctx, func(ctx context.Context) error { return consumer().Run(ctx) }, func(error) {})
		})
		synctest.Wait()
		for n := range 100 {
			put(t, st, "urn:a", n)
			time.Sleep(time.Second)
		}
		time.Sleep(3 * time.Hour) // a handler that fails half the time waits a minute each time
		stop()
		wg.Wait()
		r, err := st.Get(context.Background(), key)
		if err != nil || r.Value[0] != 100 {
			t.Errorf("counted %v, %v", r.Value, err)
		}
	})
}

func TestConsumerWhoseCursorIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memstore.New(memstore.Options{Partitions: 1, KeepLog: 10, Clock: time.Now})
		run := func(lost func(context.Context) error) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c := &feed.Consumer{Name: "c", Log: st, Keep: st, Lost: lost, Handle: func(context.Context, []change.Record) (feed.Step, error) { return nil, nil }}
			return c.Run(ctx)
		}
		if err := run(nil); err != nil {
			t.Fatal(err)
		}
		for n := range 100 {
			put(t, st, "urn:a", n)
		}
		if err := run(nil); !problem.Is(err, problem.CursorLost) {
			t.Errorf("without Lost: %v", err)
		}
		told := false
		if err := run(func(context.Context) error { told = true; return nil }); err != nil || !told {
			t.Errorf("with Lost: %v, told %v", err, told)
		}
		if err := run(nil); err != nil {
			t.Errorf("after it: %v", err)
		}
	})
}

// What was erased is not given by a Hub that held it.
func TestHubForgetsWhatWasErased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memstore.New(memstore.Options{Partitions: 3, Clock: time.Now})
		h := feed.New(st, feed.Options{})
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := h.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		from, err := st.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 9 {
			put(t, st, fmt.Sprintf("urn:%d", n%3), n)
		}
		synctest.Wait()
		if err := st.Erase(ctx, store.Space{}, "urn:1"); err != nil {
			t.Fatal(err)
		}
		h.Forget(store.Space{}, "urn:1")
		got, _, err := h.Read(ctx, from, 100)
		want, _, err2 := st.Read(ctx, from, 100)
		if err := errors.Join(err, err2); err != nil || len(got) != 9 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v\n%v\n%v", err, got, want)
		}
		stop()
		wg.Wait()
	})
}
