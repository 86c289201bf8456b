package embedded

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// cursor gives the cursor at a position.
func (s *Store) cursor(at entity.Position) store.Cursor {
	return store.Cursor{Epoch: s.header.Epoch, Pos: []entity.Position{at}}
}

// Head covers everything that is durable now.
func (s *Store) Head(context.Context) (store.Cursor, error) {
	v, err := s.acquire()
	if err != nil {
		return store.Cursor{}, err
	}
	defer s.release(v)
	return s.cursor(v.head), nil
}

// reaches reports whether the log as v shows it goes back to from.
func (s *Store) reaches(v *view, from store.Cursor) error {
	zero := from.Epoch == 0 && len(from.Pos) == 0
	if !zero && from.Epoch != s.header.Epoch || len(from.Pos) > 1 || from.At(0) < v.low || from.At(0) > v.head {
		return problem.New(problem.CursorLost, "the change log does not reach back to this cursor; read the state anew")
	}
	return nil
}

// Read gives records behind from; see store.Log. The records are shared.
func (s *Store) Read(ctx context.Context, from store.Cursor, limit int) ([]change.Record, store.Cursor, error) {
	v, err := s.acquire()
	if err != nil {
		return nil, store.Cursor{}, err
	}
	defer s.release(v)
	if err := s.reaches(v, from); err != nil {
		return nil, store.Cursor{}, err
	}
	at := from.At(0)
	if rs, ok := s.recent.behind(at, v.head, limit); ok {
		return rs, s.cursor(at + entity.Position(len(rs))), nil
	}
	var out []change.Record
	err = s.scanLog(v.snap, at, v.head, func(b []byte, at entity.Position) (bool, error) {
		r, _, _, err := s.decodeRecord(b, at)
		if err != nil || ctx.Err() != nil {
			return false, cmpErr(err, ctx.Err())
		}
		out = append(out, r)
		return len(out) < limit, nil
	})
	if err != nil {
		return nil, store.Cursor{}, err
	}
	return out, s.cursor(at + entity.Position(len(out))), nil
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// scanLog calls f with a copy of each record behind from, up to to, until it
// returns false. Positions have no gaps: one that is missing is damage.
func (s *Store) scanLog(r reader, from, to entity.Position, f func(b []byte, at entity.Position) (bool, error)) (err error) {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: logKey(from + 1), UpperBound: logKey(to + 1)})
	if err != nil {
		return err
	}
	defer func() { err = cmpErr(err, it.Close()) }()
	at := from
	for ok := it.First(); ok; ok = it.Next() {
		at++
		v, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if entity.Position(tail8(it.Key())) != at {
			return corrupt(fmt.Sprintf("the change log: record %d is missing", at), it.Key())
		}
		more, err := f(slices.Clone(v), at)
		if err != nil || !more {
			return err
		}
	}
	if err := it.Error(); err != nil {
		return err
	}
	if at != to {
		return corrupt(fmt.Sprintf("the change log: record %d is missing", at+1), logKey(at+1))
	}
	return nil
}

// Wait returns when there is something behind from.
func (s *Store) Wait(ctx context.Context, from store.Cursor) error {
	for {
		moved := s.moved.wait()
		if err := s.failure(); err != nil {
			return err
		}
		head, err := s.Head(ctx)
		if err != nil {
			return err
		}
		if head.At(0) > from.At(0) {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// signal wakes all who wait for it.
type signal struct {
	mu sync.Mutex
	ch chan struct{} // nil if nobody waits
}

func (g *signal) wait() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ch == nil {
		g.ch = make(chan struct{})
	}
	return g.ch
}

func (g *signal) broadcast() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ch != nil {
		close(g.ch)
		g.ch = nil
	}
}

// ring holds the newest records decoded, within a bound of bytes.
type ring struct {
	mu    sync.Mutex
	rs    []change.Record // consecutive
	costs []int
	bytes int
	max   int
}

func (g *ring) add(r change.Record) {
	g.mu.Lock()
	defer g.mu.Unlock()
	cost := 400 + int(instancesCost(r.Points))
	if r.After != nil {
		cost += int(instancesCost(r.After.Attrs))
	}
	g.rs, g.costs, g.bytes = append(g.rs, r), append(g.costs, cost), g.bytes+cost
	if g.bytes <= 2*g.max {
		return
	}
	// Half of it goes at once, so that copying costs little a record.
	n := 0
	for g.bytes > g.max && n < len(g.rs) {
		g.bytes -= g.costs[n]
		n++
	}
	// In place: what was given to readers was copied.
	kept := copy(g.rs, g.rs[n:])
	clear(g.rs[kept:])
	copy(g.costs, g.costs[n:])
	g.rs, g.costs = g.rs[:kept], g.costs[:kept]
}

// behind gives up to limit records behind at, none behind head; false if the
// ring does not reach back so far.
func (g *ring) behind(at, head entity.Position, limit int) ([]change.Record, bool) {
	if at == head {
		return nil, true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.rs) == 0 || g.rs[0].At > at+1 {
		return nil, false
	}
	rs := g.rs[at+1-g.rs[0].At:]
	rs = rs[:min(len(rs), limit, int(head-at))]
	return slices.Clone(rs), true
}
