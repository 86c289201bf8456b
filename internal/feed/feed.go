// Package feed gives the change log to those who live on it, as ordered,
// resumable streams: subscriptions, the live map, catalogue feeds. A reader
// holds a cursor and can stop and go on anywhere; none of them can miss or
// reorder what happened, and none of them can hold up a commit.
//
// A Hub keeps the newest records decoded in memory within a bound, so that
// many readers near the head do not each read the store.
package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Options are the settings of a Hub.
type Options struct {
	// Keep is how many of the newest records are held in memory; 0 means 4,096.
	Keep int
}

// Hub reads the log once for all. It is itself a store.Log. Use New, then Run.
type Hub struct {
	log  store.Log
	keep int

	mu      sync.Mutex
	recent  []change.Record // consecutive, behind start up to end
	start   store.Cursor    // recent holds all records behind start ...
	end     store.Cursor    // ... up to and including end
	started bool
	moved   chan struct{} // closed and renewed when end moves
}

// New makes a Hub over log.
func New(log store.Log, o Options) *Hub {
	if o.Keep == 0 {
		o.Keep = 4096
	}
	return &Hub{log: log, keep: o.Keep, moved: make(chan struct{})}
}

// Run follows the log until ctx ends. Without it the Hub still answers, from
// the log itself.
func (h *Hub) Run(ctx context.Context) error {
	at, err := h.log.Head(ctx)
	if err != nil {
		return fmt.Errorf("find the head of the change log: %w", err)
	}
	h.mu.Lock()
	h.start, h.end, h.started = at, at, true
	h.mu.Unlock()
	for {
		if err := h.log.Wait(ctx, at); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("wait for the change log: %w", err)
		}
		rs, next, err := h.log.Read(ctx, at, 1024)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if !problem.Is(err, problem.CursorLost) {
				return fmt.Errorf("follow the change log: %w", err)
			}
			if next, err = h.log.Head(ctx); err != nil {
				return fmt.Errorf("find the head of the change log: %w", err)
			}
			rs = nil
			h.mu.Lock()
			h.recent, h.start = nil, next
			h.mu.Unlock()
		}
		at = next
		h.took(rs, next)
	}
}

func (h *Hub) took(rs []change.Record, end store.Cursor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recent = append(h.recent, rs...)
	h.end = end
	// Twice the bound before cutting: the copy then costs little a record.
	if cut := len(h.recent) - h.keep; cut > h.keep {
		for _, r := range h.recent[:cut] {
			h.start = h.start.With(int(r.Part), r.At)
		}
		h.recent = slices.Clone(h.recent[cut:])
	}
	close(h.moved)
	h.moved = make(chan struct{})
}

// Forget takes what the records held in memory say of an entity that was
// erased out of them; their places and times stay.
func (h *Hub) Forget(s store.Space, id entity.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recent = slices.Clone(h.recent) // readers were given copies of records, not of this
	for i, r := range h.recent {
		if r.ID == id && r.Tenant == s.Tenant && r.Layer == s.Layer {
			h.recent[i] = change.Record{Part: r.Part, At: r.At, Commit: r.Commit, Time: r.Time, Tenant: r.Tenant, Layer: store.LayerGone, Kind: change.Recorded}
		}
	}
}

// Head covers everything that is durable now.
func (h *Hub) Head(ctx context.Context) (store.Cursor, error) { return h.log.Head(ctx) }

// Read is store.Log's Read, from memory where it can. The records are shared:
// a reader must not change them.
func (h *Hub) Read(ctx context.Context, from store.Cursor, limit int) ([]change.Record, store.Cursor, error) {
	h.mu.Lock()
	if h.started && from.Epoch == h.end.Epoch && from.Covers(h.start) {
		out := make([]change.Record, 0, min(limit, 64))
		at := from
		first := h.firstBehind(from)
		for i := first; i < len(h.recent) && len(out) < limit; i++ {
			if r := &h.recent[i]; r.At > from.At(int(r.Part)) {
				out = append(out, *r)
				at = at.With(int(r.Part), r.At)
			}
		}
		h.mu.Unlock()
		return out, at, nil
	}
	h.mu.Unlock()
	return h.log.Read(ctx, from, limit)
}

// firstBehind gives an index at or before the first record behind from. With
// one partition positions grow by one, so it can be computed.
func (h *Hub) firstBehind(from store.Cursor) int {
	if len(h.end.Pos) != 1 || len(h.recent) == 0 {
		return 0
	}
	i, _ := slices.BinarySearchFunc(h.recent, from.At(0)+1, func(r change.Record, p entity.Position) int {
		switch {
		case r.At < p:
			return -1
		case r.At > p:
			return 1
		}
		return 0
	})
	return i
}

// Wait returns when there is something behind from.
func (h *Hub) Wait(ctx context.Context, from store.Cursor) error {
	for {
		h.mu.Lock()
		started, behind, moved := h.started, !from.Covers(h.end), h.moved
		h.mu.Unlock()
		if !started {
			return h.log.Wait(ctx, from)
		}
		if behind {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

// Step is what a consumer made of a stretch of the log: bookkeeping that must
// become durable together with the cursor. It may be empty.
type Step = []store.RecordWrite

// Consumer is a durable reader of the log: its effect and its cursor are one
// commit, so that each record has its effect exactly once.
type Consumer struct {
	// Name names its cursor in the bookkeeping, such as "watch".
	Name string
	Log  store.Log
	Keep store.Records
	// Batch bounds the records given at once; 0 means 512.
	Batch int
	// Handle decides what a stretch of the log means. An error stops Run.
	Handle func(ctx context.Context, rs []change.Record) (Step, error)
	// Done, if set, is called after each step is durable, with its cursor.
	Done func(at store.Cursor)
	// Lost, if set, is called when the log no longer reaches back to the
	// cursor; Run then goes on from the head. Unset, Run ends with the error.
	Lost func(ctx context.Context) error
}

// CursorKind is the kind of the records that hold consumers' cursors.
const CursorKind = "cursor"

// Run follows the log from where the consumer's cursor stands, until ctx
// ends. A consumer that never ran begins at the head.
func (c *Consumer) Run(ctx context.Context) error {
	at, version, err := c.load(ctx)
	if err != nil {
		return err
	}
	batch := c.Batch
	if batch == 0 {
		batch = 512
	}
	for {
		rs, next, err := c.Log.Read(ctx, at, batch)
		switch {
		case problem.Is(err, problem.CursorLost) && c.Lost != nil:
			if err := c.Lost(ctx); err != nil {
				return fmt.Errorf("%s: start again at the head: %w", c.Name, err)
			}
			if next, err = c.Log.Head(ctx); err != nil {
				return fmt.Errorf("%s: find the head of the change log: %w", c.Name, err)
			}
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("%s: read the change log: %w", c.Name, err)
		case len(rs) == 0:
			if err := c.Log.Wait(ctx, at); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("%s: wait for the change log: %w", c.Name, err)
			}
			continue
		}
		var step Step
		if len(rs) > 0 {
			if step, err = c.Handle(ctx, rs); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("%s: %w", c.Name, err)
			}
		}
		if version, err = c.save(ctx, step, next, version); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		at = next
		if c.Done != nil {
			c.Done(at)
		}
	}
}

func (c *Consumer) load(ctx context.Context) (store.Cursor, uint64, error) {
	r, err := c.Keep.Get(ctx, store.Key{Kind: CursorKind, Name: c.Name})
	switch {
	case problem.Is(err, problem.ResourceNotFound):
		at, err := c.Log.Head(ctx)
		if err != nil {
			return at, 0, fmt.Errorf("%s: find the head of the change log: %w", c.Name, err)
		}
		v, err := c.save(ctx, nil, at, 0)
		return at, v, err
	case err != nil:
		return store.Cursor{}, 0, fmt.Errorf("%s: load the cursor: %w", c.Name, err)
	}
	if len(r.Value) == 0 || r.Value[0] != 1 {
		return store.Cursor{}, 0, fmt.Errorf("%s: the cursor is of a version that this program does not know", c.Name)
	}
	at, err := store.ParseCursor(string(r.Value[1:]))
	if err != nil {
		return at, 0, fmt.Errorf("%s: load the cursor: %w", c.Name, err)
	}
	return at, r.Version, nil
}

// save makes step and cursor durable together. A second instance that moved
// the cursor meanwhile makes it fail: the lease is the cursor itself.
func (c *Consumer) save(ctx context.Context, step Step, at store.Cursor, version uint64) (uint64, error) {
	k := store.Key{Kind: CursorKind, Name: c.Name}
	ws := append(slices.Clip(step), store.RecordWrite{Key: k, Value: append([]byte{1}, at.String()...), Expect: version})
	if err := c.Keep.Write(ctx, ws); err != nil {
		return 0, fmt.Errorf("%s: keep the cursor: %w", c.Name, err)
	}
	r, err := c.Keep.Get(ctx, k)
	if err != nil {
		return 0, fmt.Errorf("%s: keep the cursor: %w", c.Name, err)
	}
	return r.Version, nil
}

// Retry runs f again and again until it returns nil or ctx ends, waiting
// longer after each failure, up to a minute; failed is told each error.
func Retry(ctx context.Context, f func(context.Context) error, failed func(error)) {
	wait := 100 * time.Millisecond
	for {
		began := time.Now() // wall clock: how long f ran
		err := f(ctx)
		if err == nil || ctx.Err() != nil || errors.Is(err, context.Canceled) {
			return
		}
		failed(err)
		if time.Since(began) > time.Minute {
			wait = 100 * time.Millisecond
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		wait = min(2*wait, time.Minute)
	}
}
