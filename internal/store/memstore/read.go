package memstore

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

func notFound(id entity.ID) error {
	return problem.New(problem.ResourceNotFound, "there is no entity %s", id)
}

// at gives k's state at m, nil if it was or is absent.
func (s *Store) at(k *kept, m store.Moment, now entity.Instant) *entity.Entity {
	switch {
	case k == nil || k.forgotten:
		return nil
	case m.Valid != 0:
		return store.ValidAt(k.head, k.deleted, k.history, m.Valid)
	default:
		return k.state.Alive(now)
	}
}

// Entity gives the state of id; see store.Reader.
func (s *Store) Entity(_ context.Context, name store.Space, m store.Moment, id entity.ID) (store.Stored, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sp, err := s.spaceOf(name)
	if err != nil {
		return store.Stored{}, err
	}
	if e := s.at(sp.get(id), m, s.present()); e != nil {
		return store.Stored{Entity: e}, nil
	}
	return store.Stored{}, notFound(id)
}

// walk calls yield for each entity that was ever there behind after.
func (s *Store) walk(name store.Space, after entity.Number, yield func(*kept) bool) error {
	for {
		s.mu.RLock()
		sp, err := s.spaceOf(name)
		var k *kept
		if err == nil && sp != nil && int(after) < len(sp.all) {
			c := *sp.all[after]
			k = &c
		}
		s.mu.RUnlock()
		if err != nil || k == nil {
			return err
		}
		after++
		if !yield(k) {
			return nil
		}
	}
}

// Select gives every entity that is there, whatever q says beyond its ids.
func (s *Store) Select(ctx context.Context, name store.Space, m store.Moment, q *query.Query, after entity.Number) iter.Seq2[store.Stored, error] {
	return func(yield func(store.Stored, error) bool) {
		now := q.Now
		if now == 0 {
			now = s.present()
		}
		err := s.walk(name, after, func(k *kept) bool {
			e := s.at(k, m, now)
			if e == nil || q.IDs != nil && !slices.Contains(q.IDs, e.ID) {
				return true
			}
			return ctx.Err() == nil && yield(store.Stored{Entity: e}, nil)
		})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(store.Stored{}, err)
		}
	}
}

// TypesOf counts the entities of each type.
func (s *Store) TypesOf(_ context.Context, name store.Space) (map[entity.Name]int, error) {
	out := map[entity.Name]int{}
	err := s.walk(name, 0, func(k *kept) bool {
		if k.state != nil {
			for _, t := range k.state.Types {
				out[t]++
			}
		}
		return true
	})
	return out, err
}

// History gives the series of id in w; see store.Historian.
func (s *Store) History(_ context.Context, name store.Space, id entity.ID, w store.Window) (*entity.Entity, []store.Series, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sp, err := s.spaceOf(name)
	if err != nil {
		return nil, nil, err
	}
	k := sp.get(id)
	if k == nil || k.forgotten {
		return nil, nil, notFound(id)
	}
	head := *k.head
	head.DeletedAt = k.deleted
	return &head, w.Pick(slices.Clone(k.history)), nil
}

// HistorySelect gives the heads of all entities that were ever there.
func (s *Store) HistorySelect(ctx context.Context, name store.Space, q *query.Query, after entity.Number) iter.Seq2[*entity.Entity, error] {
	return func(yield func(*entity.Entity, error) bool) {
		err := s.walk(name, after, func(k *kept) bool {
			if k.forgotten || q.IDs != nil && !slices.Contains(q.IDs, k.head.ID) {
				return true
			}
			return ctx.Err() == nil && yield(k.head, nil)
		})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func (s *Store) headCursor() store.Cursor {
	c := store.Cursor{Epoch: s.o.Epoch, Pos: make([]entity.Position, len(s.parts))}
	for p := range s.parts {
		c.Pos[p] = s.parts[p].head()
	}
	return c
}

// Head covers everything that is visible now.
func (s *Store) Head(context.Context) (store.Cursor, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.headCursor(), s.open()
}

// check reports whether the log still reaches back to from.
func (s *Store) check(from store.Cursor) error {
	if err := s.open(); err != nil {
		return err
	}
	lost := from.Epoch != s.o.Epoch && !(from.Epoch == 0 && len(from.Pos) == 0) || len(from.Pos) > len(s.parts)
	for p := range s.parts {
		lost = lost || from.At(p) < s.parts[p].trimmed || from.At(p) > s.parts[p].head()
	}
	if lost {
		return problem.New(problem.CursorLost, "the change log does not reach back to this cursor; read the state anew")
	}
	return nil
}

// Read gives records behind from; see store.Log.
func (s *Store) Read(_ context.Context, from store.Cursor, limit int) ([]change.Record, store.Cursor, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.check(from); err != nil {
		return nil, store.Cursor{}, err
	}
	var out []change.Record
	to := store.Cursor{Epoch: s.o.Epoch, Pos: make([]entity.Position, len(s.parts))}
	for p := range s.parts {
		part := &s.parts[p]
		rs := part.log[from.At(p)-part.trimmed:]
		rs = rs[:min(len(rs), limit-len(out))]
		out = append(out, rs...)
		to.Pos[p] = from.At(p) + entity.Position(len(rs))
	}
	return out, to, nil
}

// Wait returns when there is something behind from.
func (s *Store) Wait(ctx context.Context, from store.Cursor) error {
	for {
		s.mu.RLock()
		err, moved, there := s.open(), s.moved, false
		for p := range s.parts {
			there = there || s.parts[p].head() > from.At(p)
		}
		s.mu.RUnlock()
		if err != nil || there {
			return err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Get gives one bookkeeping record.
func (s *Store) Get(_ context.Context, k store.Key) (store.Record, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(); err != nil {
		return store.Record{}, err
	}
	r, ok := s.records[k]
	if !ok {
		return r, problem.New(problem.ResourceNotFound, "there is no %s %q", k.Kind, k.Name)
	}
	r.Value = slices.Clone(r.Value)
	return r, nil
}

// Scan gives bookkeeping records in order of name.
func (s *Store) Scan(_ context.Context, kind, prefix, after string) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		s.mu.RLock()
		err := s.open()
		var out []store.Record
		for k, r := range s.records {
			if k.Kind == kind && strings.HasPrefix(k.Name, prefix) && k.Name > after {
				r.Value = slices.Clone(r.Value)
				out = append(out, r)
			}
		}
		s.mu.RUnlock()
		if err != nil {
			yield(store.Record{}, err)
			return
		}
		slices.SortFunc(out, func(a, b store.Record) int { return strings.Compare(a.Key.Name, b.Key.Name) })
		for _, r := range out {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Write does all of ws or nothing.
func (s *Store) Write(_ context.Context, ws []store.RecordWrite) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return err
	}
	for _, w := range ws {
		if !w.Any && s.records[w.Key].Version != w.Expect {
			return problem.New(problem.Conflict, "%s %q changed meanwhile", w.Key.Kind, w.Key.Name)
		}
	}
	for _, w := range ws {
		if w.Value == nil {
			delete(s.records, w.Key)
			continue
		}
		s.version++
		s.records[w.Key] = store.Record{Key: w.Key, Value: slices.Clone(w.Value), Version: s.version}
	}
	return nil
}
