package snapshot_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/snapshot"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// Many create, clone, update, read, write, delete and expire at once. A
// success is whole for whoever holds it, and in the end nothing is left.
func TestManyAtOnce(t *testing.T) {
	const rooms, clients, rounds = 600, 8, 12
	w := overMemory(t)
	w.rooms(rooms)
	ctx, stop := context.WithCancel(t.Context())
	var background, wg sync.WaitGroup
	background.Go(func() { _ = w.x.Run(ctx) })
	for c := range clients {
		wg.Go(func() {
			for i := range rounds {
				own, copied := fmt.Sprintf("urn:s:%d", c), fmt.Sprintf("urn:c:%d", c)
				w.tolerate(w.create(own, `,"snapshotLifetime":"PT10S","endpoint":"http://x.org/n"`))
				other := fmt.Sprintf("urn:s:%d", (c+i)%clients)
				_, err := w.x.Clone(ctx, "", other, document(t, snapshot.ToClone, `{"id":"`+copied+`","type":"Snapshot","snapshotLifetime":"PT5S"}`))
				w.tolerate(err)
				_, err = w.x.Update(ctx, "", other, document(t, snapshot.ToUpdate, fmt.Sprintf(`{"snapshotPriority":%d}`, 1+i%10)))
				w.tolerate(err)
				for _, id := range []string{own, copied, other} {
					w.whole(id, rooms)
				}
				switch i % 3 {
				case 0:
					w.now.Add(int64(3 * second))
					w.x.Expire(ctx)
				case 1:
					w.tolerate(w.x.Delete(ctx, "", own))
				default:
					for _, d := range w.x.Purge(ctx, "", func(s *snapshot.Snapshot) bool { return s.ID == copied }) {
						w.tolerate(d.Err)
					}
				}
			}
		})
	}
	wg.Wait()
	stop()
	background.Wait()
	w.now.Add(int64(100 * second))
	w.start()
	w.x.Expire(t.Context())
	w.x.Work(t.Context())
	if n := w.records(); n != 0 {
		t.Errorf("%d records are left", n)
	}
	if s, err := w.st.Stats(t.Context()); err != nil || s.Entities != rooms {
		t.Errorf("%d entities are left of %d, %v", s.Entities, rooms, err)
	}
}

// A snapshot may be changed, looked at and deleted while it is filled.
func TestAtOnceWithFilling(t *testing.T) {
	st := memstore.New(memstore.Options{Clock: time.Now})
	t.Cleanup(func() { st.Close() })
	through := &watched{Driver: st}
	w := newBench(t, st, through)
	w.rooms(3000)
	w.made("urn:s:1", "")
	var wg sync.WaitGroup
	n := 0
	through.commit = func() {
		n++
		last := n == 5
		wg.Go(func() {
			_, err := w.x.Update(t.Context(), "", "urn:s:1", document(t, snapshot.ToUpdate, `{"snapshotPriority":7}`))
			w.tolerate(err)
			_, release, err := w.x.HoldFor("", "urn:s:1", false)
			if w.tolerate(err); err == nil {
				release()
			}
			if last {
				w.tolerate(w.x.Delete(t.Context(), "", "urn:s:1"))
			}
		})
	}
	w.x.Work(t.Context())
	wg.Wait()
	w.x.Work(t.Context())
	if w.status("urn:s:1") != "" || w.records() != 0 {
		t.Errorf("it is %q, %d records are left", w.status("urn:s:1"), w.records())
	}
}

// tolerate takes what others may have caused.
func (w *bench) tolerate(err error) {
	w.Helper()
	if err != nil && !problem.Is(err, problem.AlreadyExists) && !problem.Is(err, problem.ResourceNotFound) && !problem.Is(err, problem.TooManyResults) && !problem.Is(err, problem.Conflict) {
		w.Error(err)
	}
}

// whole sees that a snapshot that is a success has n entities.
func (w *bench) whole(id string, n int) {
	layer, release, err := w.x.HoldFor("", id, false)
	if err != nil {
		w.tolerate(err)
		return
	}
	defer release()
	s, err := w.x.Get("", id)
	if err != nil || s.Status != snapshot.Success || s.Space().Layer != layer {
		return // or another one of that id
	}
	got := 0
	err = w.b.Walk(w.Context(), broker.Call{Space: store.Space{Layer: layer}}, &query.Query{}, 0, func(*entity.Entity) bool { got++; return true })
	if err != nil || got != n {
		w.Errorf("%s is a success and has %d entities of %d, %v", id, got, n, err)
	}
}
