package entitymap

import (
	"context"
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// maxPruned bounds the chunks that one request rewrites. What it does not get
// to is found again by the next page.
const maxPruned = 64

// Set is a map as a restriction of walks over entities: one request's view of
// it. It is for one goroutine at a time.
type Set struct {
	s    *Service
	m    *Map
	fits bool
	dead map[int][]entity.Number // by chunk
}

// Set gives m as a restriction. With fits, the walks are those of the query
// that made the map, so that what they pass over no longer fits it and can be
// removed (CIM 009, 5.5.9.3).
func (s *Service) Set(m *Map, fits bool) *Set {
	return &Set{s: s, m: m, fits: fits, dead: map[int][]entity.Number{}}
}

// Walk goes through a Set beside a walk over entities in ascending order.
type Walk struct {
	x    *Set
	ctx  context.Context
	next int // chunk
	nums []entity.Number
	at   int
}

// Walk begins behind the number after.
func (x *Set) Walk(ctx context.Context, after entity.Number) (*Walk, error) {
	w := &Walk{x: x, ctx: ctx}
	w.next, _ = slices.BinarySearch(x.m.lasts, after+1)
	if _, err := w.load(); err != nil {
		return nil, err
	}
	for w.at < len(w.nums) && w.nums[w.at] <= after {
		w.at++
	}
	return w, nil
}

// load reads the next chunk that has something in it; false if there is none.
func (w *Walk) load() (bool, error) {
	for w.at == len(w.nums) {
		if w.next == len(w.x.m.lasts) {
			return false, nil
		}
		es, _, err := w.x.s.chunk(w.ctx, w.x.m, w.next)
		if err != nil {
			return false, err
		}
		w.next++
		w.nums, w.at = w.nums[:0], 0
		for _, e := range es {
			w.nums = append(w.nums, e.number)
		}
	}
	return true, nil
}

// Has reports whether the entity n is in the set, and whether any entity from
// n on is. Each n is greater than the one before; those of the set that are
// skipped do not fit any more.
func (w *Walk) Has(n entity.Number) (in, more bool, err error) {
	for {
		if ok, err := w.load(); !ok {
			return false, false, err
		}
		switch c := w.nums[w.at]; {
		case c > n:
			return false, true, nil
		case c == n:
			w.at++
			return true, true, nil
		default:
			w.x.drop(w.next-1, c)
			w.at++
		}
	}
}

// End says that the walk came to its end: nothing of the set that is left
// fits any more.
func (w *Walk) End() error {
	if !w.x.fits {
		return nil
	}
	for {
		if ok, err := w.load(); !ok {
			return err
		}
		w.x.drop(w.next-1, w.nums[w.at])
		w.at++
	}
}

// Drop says that the entity n of the set does not fit any more.
func (x *Set) Drop(n entity.Number) {
	if i, _ := slices.BinarySearch(x.m.lasts, n); i < len(x.m.lasts) {
		x.drop(i, n)
	}
}

func (x *Set) drop(chunk int, n entity.Number) {
	if !x.fits || x.dead[chunk] == nil && len(x.dead) == maxPruned {
		return
	}
	x.dead[chunk] = append(x.dead[chunk], n)
}

// Prune removes from the map what was found not to fit. Pages are right
// without it, for conditions are checked each time: so it fails in silence
// when the disk is full, or when another request prunes at the same time.
func (x *Set) Prune(ctx context.Context) {
	var ws []store.RecordWrite
	for i, dead := range x.dead {
		es, version, err := x.s.chunk(ctx, x.m, i)
		if err != nil {
			return
		}
		slices.Sort(dead)
		value, before := []byte{recordVersion}, entry{}
		left := 0
		for _, e := range es {
			if _, is := slices.BinarySearch(dead, e.number); is {
				continue
			}
			value = appendEntry(value, before, e)
			before = e
			left++
		}
		if left < len(es) {
			ws = append(ws, store.RecordWrite{Key: chunkKey(x.m.ID, i), Value: value, Expect: version})
		}
	}
	clear(x.dead)
	if len(ws) == 0 {
		return
	}
	_ = x.s.o.Records.Write(ctx, ws)
}
