package tiles

import (
	"container/list"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format/mvt"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// key names a kept tile.
type key struct {
	space store.Space
	who   audience
	at    address
}

// kept is a tile in the cache.
type kept struct {
	key  key
	tile drawnTile
	box  geo.Rect
	made entity.Instant
}

// flight is a tile that is being drawn.
type flight struct {
	box   geo.Rect
	stale bool // what it shows changed since it began
	done  chan struct{}
	tile  drawnTile
	err   error
}

// publicAge is how long a tile for unknown callers is kept, in the city's
// time: what is published may change without a change of what is shown.
const publicAge = 5 * 1_000_000

// A reader of the log that is this far behind forgets all tiles instead.
const (
	pageRecords = 1024
	maxPages    = 16
)

// cache keeps encoded tiles and follows the change log. Before a tile is
// given, everything that was in the log at the time of asking was looked at,
// and the tiles that it touches were dropped. Use newCache.
type cache struct {
	log   store.Log
	bytes int64
	// touches gives the boxes that a record changes on the map, per space.
	touches func(r *change.Record, box func(geo.Rect))

	follow sync.Mutex // held by the one who reads the log
	cursor store.Cursor
	begun  bool

	mu      sync.Mutex
	tiles   map[key]*list.Element
	recent  *list.List // of *kept, the last used first
	size    int64
	flights map[key]*flight
}

func newCache(log store.Log, bytes int64, touches func(*change.Record, func(geo.Rect))) *cache {
	return &cache{log: log, bytes: bytes, touches: touches, tiles: map[key]*list.Element{}, recent: list.New(), flights: map[key]*flight{}}
}

// get gives the tile of k: kept, being drawn by another, or drawn by draw.
func (c *cache) get(ctx context.Context, k key, now entity.Instant, draw func() (drawnTile, error)) (drawnTile, error) {
	if err := c.catchUp(ctx); err != nil {
		return drawnTile{}, err
	}
	for {
		c.mu.Lock()
		if t, ok := c.fresh(k, now); ok {
			c.mu.Unlock()
			return t, nil
		}
		f, busy := c.flights[k]
		if !busy || f.stale {
			f = &flight{box: mvt.NewBuilder(k.at.z, k.at.x, k.at.y, mvt.Options{}).Bounds(), done: make(chan struct{}),
				err: problem.New(problem.Unavailable, "the tile could not be drawn")} // stays if draw panics
			c.flights[k] = f
			c.mu.Unlock()
			defer c.land(k, f, now)
			f.tile, f.err = draw()
			return f.tile, f.err
		}
		c.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return drawnTile{}, problem.Wrap(problem.Unavailable, ctx.Err(), "the tile took too long; try again")
		}
		if f.err == nil {
			// It began before this request and was not stale when the request
			// came: what it shows is new enough.
			return f.tile, nil
		}
		if ctx.Err() != nil {
			return drawnTile{}, f.err
		}
		// The other's request may have ended; this one draws itself.
	}
}

// fresh gives a kept tile; c.mu is held.
func (c *cache) fresh(k key, now entity.Instant) (drawnTile, bool) {
	el, ok := c.tiles[k]
	if !ok {
		return drawnTile{}, false
	}
	t := el.Value.(*kept)
	if age := now - t.made; k.who == public && (age > publicAge || age < 0) {
		c.drop(el)
		return drawnTile{}, false
	}
	c.recent.MoveToFront(el)
	return t.tile, true
}

// land keeps what was drawn, unless it changed meanwhile.
func (c *cache) land(k key, f *flight, now entity.Instant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(f.done)
	if c.flights[k] == f {
		delete(c.flights, k)
	}
	if f.err != nil || f.stale {
		return
	}
	if old, ok := c.tiles[k]; ok {
		c.drop(old)
	}
	t := &kept{key: k, tile: f.tile, box: f.box, made: now}
	c.tiles[k] = c.recent.PushFront(t)
	c.size += t.cost()
	for c.size > c.bytes && c.recent.Len() > 0 {
		c.drop(c.recent.Back())
	}
}

// cost is the memory that a tile takes, about.
func (t *kept) cost() int64 { return int64(len(t.tile.body)) + 400 }

// drop forgets a tile; c.mu is held.
func (c *cache) drop(el *list.Element) {
	t := el.Value.(*kept)
	c.recent.Remove(el)
	delete(c.tiles, t.key)
	c.size -= t.cost()
}

// catchUp looks at all that is in the log now.
func (c *cache) catchUp(ctx context.Context) error {
	head, err := c.log.Head(ctx)
	if err != nil {
		return fmt.Errorf("find the head of the change log: %w", err)
	}
	c.follow.Lock()
	defer c.follow.Unlock()
	if c.begun && c.cursor.Covers(head) {
		return nil
	}
	if !c.begun {
		c.restart(head)
		return nil
	}
	for range maxPages {
		rs, next, err := c.log.Read(ctx, c.cursor, pageRecords)
		if problem.Is(err, problem.CursorLost) {
			break
		}
		if err != nil {
			return fmt.Errorf("follow the change log: %w", err)
		}
		c.look(rs)
		if c.cursor = next; len(rs) == 0 || c.cursor.Covers(head) {
			return nil
		}
	}
	c.restart(head)
	return nil
}

// restart forgets everything and goes on from at.
func (c *cache) restart(at store.Cursor) {
	c.begun, c.cursor = true, at
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.tiles)
	c.recent.Init()
	c.size = 0
	for _, f := range c.flights {
		f.stale = true
	}
}

// look drops the tiles that records touch.
func (c *cache) look(rs []change.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range rs {
		if len(c.tiles) == 0 && len(c.flights) == 0 {
			return
		}
		s := store.Space{Tenant: rs[i].Tenant, Layer: rs[i].Layer}
		c.touches(&rs[i], func(box geo.Rect) {
			for k, el := range c.tiles {
				if k.space == s && el.Value.(*kept).box.Intersects(box) {
					c.drop(el)
				}
			}
			for k, f := range c.flights {
				if k.space == s && f.box.Intersects(box) {
					f.stale = true
				}
			}
		})
	}
}

// run follows the log until ctx ends, at most twice a second.
func (c *cache) run(ctx context.Context) error {
	pause := time.NewTicker(500 * time.Millisecond)
	defer pause.Stop()
	for {
		if err := c.catchUp(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		c.follow.Lock()
		at := c.cursor
		c.follow.Unlock()
		if err := c.log.Wait(ctx, at); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("wait for the change log: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
	}
}

// touches calls box for the boxes on the map that a record changes.
func (a *API) touches(r *change.Record, box func(geo.Rect)) {
	if !a.isDrawn(r.After) && !a.isDrawn(r.Before) {
		return
	}
	from := func(i *entity.Instance) {
		if i == nil || i.Name != a.terms.location && i.Name != a.terms.label {
			return
		}
		if g, ok := query.GeometryOf(i); ok {
			box(g.Bounds())
		}
	}
	for _, d := range r.Deltas {
		from(d.Before)
		from(d.After)
	}
	if r.After != nil {
		for k := range r.After.Attrs {
			from(&r.After.Attrs[k])
		}
	}
}

func (a *API) isDrawn(e *entity.Entity) bool {
	if e == nil {
		return false
	}
	for _, t := range e.Types {
		if a.drawn[t] {
			return true
		}
	}
	return false
}
