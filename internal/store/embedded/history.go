package embedded

import (
	"context"
	"iter"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/series"
	"github.com/beffroi/beffroi/internal/store"
)

// acquireWithTail gives the current view together with the tail of an entity
// as it was when the view became current.
func (s *Store) acquireWithTail(k entityKey) (*view, []part, error) {
	s.pubMu.RLock()
	defer s.pubMu.RUnlock()
	v, err := s.acquire()
	if err != nil {
		return nil, nil, err
	}
	return v, s.tail.of(k), nil
}

// History gives the series of id in w; see store.Historian.
func (s *Store) History(ctx context.Context, sp store.Space, id entity.ID, w store.Window) (*entity.Entity, []store.Series, error) {
	k, points, err := s.points(ctx, sp, id, w)
	if err != nil {
		return nil, nil, err
	}
	head := *k.top()
	head.Attrs, head.DeletedAt = nil, k.deleted
	return &head, w.Pick(points), nil
}

// points gives the entity and all its points that lie in w, and may give
// others.
func (s *Store) points(ctx context.Context, sp store.Space, id entity.ID, w store.Window) (*kept, []entity.Instance, error) {
	n, ok, err := s.spaces.find(sp)
	if err != nil {
		return nil, nil, cmpErr(s.usable(), err)
	}
	if !ok {
		return nil, nil, cmpErr(s.usable(), notFound(id))
	}
	v, err := s.acquire()
	if err != nil {
		return nil, nil, err
	}
	k, err := s.byID(v, n, id)
	s.release(v)
	if err != nil {
		return nil, nil, err
	}
	if k == nil {
		return nil, nil, notFound(id)
	}
	v, parts, err := s.acquireWithTail(entityKey{n, k.number})
	if err != nil {
		return nil, nil, err
	}
	defer s.release(v)
	// The state as this very view has it: a newer one from the cache would
	// lack what the tail does not have yet.
	if k, err = s.readRow(v, n, k.number, nil); err != nil {
		return nil, nil, err
	}
	if k == nil {
		return nil, nil, notFound(id)
	}
	edits, err := s.editsOf(v, n, k.number)
	if err != nil {
		return nil, nil, err
	}
	if edits.forgot(k) {
		return nil, nil, notFound(id)
	}
	points, err := s.amended(ctx, v, n, k, parts, w, edits)
	return k, points, err
}

// pointsIn gathers an entity's points from its state, the tail and chunks;
// with all set, also those that are too many for w.
func (s *Store) pointsIn(ctx context.Context, v *view, n space, k *kept, parts []part, w store.Window, all bool) ([]entity.Instance, error) {
	var out []entity.Instance
	if k.state != nil {
		out = append(out, k.state.Attrs...)
	}
	texts := s.names.all()
	wanted := func(id seriesID) bool {
		return int(id.name) < len(texts) && int(id.dataset) < len(texts) && (w.Names == nil || slices.Contains(w.Names, entity.Name(texts[id.name])))
	}
	var err error
	for _, p := range parts {
		if !wanted(p.id) {
			continue
		}
		if out, err = s.decodePart(out, p); err != nil {
			return nil, err
		}
	}
	lo, hi := uint16(0), uint16(0xffff)
	if w.Clock == store.ObservedAt {
		if w.From != 0 {
			lo = monthOf(w.From)
		}
		if w.To != 0 {
			hi = monthOf(w.To)
		}
	}
	few := newFew(w)
	if all {
		few = nil
	}
	err = s.chunks(v.snap, n, k.number, lo, hi, func(id seriesID, chunk []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !wanted(id) {
			return nil
		}
		h, err := series.ParseHeader(chunk)
		if err != nil || !meets(&h, &w) {
			return err
		}
		if few != nil {
			few.add(id, &h, chunk)
			return nil
		}
		out, err = series.Decode(out, chunk, entity.Name(texts[id.name]), texts[id.dataset])
		return err
	})
	if err != nil || few == nil {
		return out, err
	}
	return few.decode(out, texts)
}

// meets reports whether a chunk may have a point in w.
func meets(h *series.Header, w *store.Window) bool {
	switch w.Clock {
	case store.ObservedAt:
		return h.Observed.Meets(w.From, w.To)
	case store.ModifiedAt:
		return h.Modified.Meets(w.From, w.To)
	case store.CreatedAt:
		return h.Modified.Meets(w.From, 0) // nothing is created after it was stored
	default:
		return h.Deleted > 0
	}
}

// chunks calls f for each chunk of an entity in the months from lo to hi, in
// all retention classes. The chunk is valid until f returns.
func (s *Store) chunks(r reader, n space, num entity.Number, lo, hi uint16, f func(id seriesID, chunk []byte) error) error {
	return s.monthsOf(r, n, num, lo, hi, func(it *pebble.Iterator, class, month uint16) error {
		return s.chunksHere(it, class, month, num, f)
	})
}

// monthsOf calls f at the first chunk of an entity in each class and each of
// the months from lo to hi that have any. f may move the iterator on.
func (s *Store) monthsOf(r reader, n space, num entity.Number, lo, hi uint16, f func(it *pebble.Iterator, class, month uint16) error) (err error) {
	prefix := n.key(kindHistory, 0)
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return err
	}
	defer func() { err = cmpErr(err, it.Close()) }()
	class, month := uint16(0), lo
	// forward goes to the next month, or to the next class; false at the end.
	forward := func(past bool) bool {
		if month < hi && !past {
			month++
			return true
		}
		class, month = class+1, lo
		return class != 0
	}
	for {
		if !it.SeekGE(n.chunkKey(class, month, seriesID{num: num}, 0)) {
			return it.Error()
		}
		c, m, id, _, ok := chunkPlace(it.Key())
		switch {
		case !ok:
			return corrupt("history", it.Key())
		case c != class: // that class has no more
			class, month = c, lo
		case m > hi:
			if !forward(true) {
				return nil
			}
		case m != month: // the next month that has any
			month = m
		case id.num != num:
			if !forward(false) {
				return nil
			}
		default:
			if err := f(it, class, month); err != nil {
				return err
			}
			if !forward(false) {
				return nil
			}
		}
	}
}

// chunksHere calls f for the chunks from the iterator's place on that are of
// one entity and month.
func (s *Store) chunksHere(it *pebble.Iterator, class, month uint16, num entity.Number, f func(id seriesID, chunk []byte) error) error {
	for {
		c, m, id, _, ok := chunkPlace(it.Key())
		if !ok || c != class || m != month || id.num != num {
			return nil
		}
		b, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		_, chunk, ok := unwrapChunk(b)
		if !ok {
			return corrupt("history", it.Key())
		}
		if err := f(id, chunk); err != nil {
			return err
		}
		if !it.Next() {
			return it.Error()
		}
	}
}

// knows reports whether the history of w's entity has a point like x, on its
// way included. Store.seq is held.
func (s *Store) knows(n space, w *overlaid, x *entity.Instance) (bool, error) {
	same := func(y entity.Instance) bool { return store.SamePoint(&y, x) }
	if w.state == nil {
		return false, nil
	}
	if w.state.state != nil && slices.ContainsFunc(w.state.state.Attrs, same) || slices.ContainsFunc(w.recent, func(r recentPoint) bool { return same(r.point) }) {
		return true, nil
	}
	v, parts, err := s.acquireWithTail(entityKey{n, w.state.number})
	if err != nil {
		return false, err
	}
	defer s.release(v)
	win := store.Window{From: x.ObservedAt, To: x.ObservedAt + 1, Names: []entity.Name{x.Name}}
	k := &kept{number: w.state.number}
	edits, err := s.editsOf(v, n, k.number)
	if err != nil {
		return false, err
	}
	points, err := s.amended(context.Background(), v, n, k, parts, win, edits)
	return slices.ContainsFunc(points, same), err
}

// HistorySelect gives the heads of entities that were ever there; see
// store.Historian.
func (s *Store) HistorySelect(ctx context.Context, sp store.Space, q *query.Query, behind entity.Number) iter.Seq2[*entity.Entity, error] {
	return func(yield func(*entity.Entity, error) bool) {
		for k, err := range s.walk(ctx, sp, q, behind, everThere) {
			if err != nil {
				yield(nil, err)
				return
			}
			forgotten, err := s.forgotten(sp, k)
			if err != nil {
				yield(nil, err)
				return
			}
			if forgotten {
				continue
			}
			head := *k.top()
			head.Attrs = nil
			if !yield(&head, nil) {
				return
			}
		}
	}
}
