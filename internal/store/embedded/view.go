package embedded

import (
	"errors"
	"io"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/entity"
)

// view is what readers see: the store as it was made durable last. Pebble
// shows a batch before it is synced, so a snapshot is taken when a group has
// been applied, before the next one is, and becomes the current view once the
// group is synced. A view is used for the length of one page, never longer.
type view struct {
	seq   uint64 // counts publications, from 1 on
	snap  *pebble.Snapshot
	head  entity.Position
	low   entity.Position // log records up to here are gone
	refs  int             // guarded by Store.viewMu; the current view has one more
	ended chan struct{}   // closed at its end; nil if nobody waits for that
}

// acquire gives the current view; release must follow.
// Errors: problem.Unavailable once the store is closed.
func (s *Store) acquire() (*view, error) {
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	if s.current == nil {
		return nil, closed()
	}
	s.current.refs++
	s.views.Add(1)
	return s.current, nil
}

func (s *Store) release(v *view) {
	s.viewMu.Lock()
	v.refs--
	last := v.refs == 0
	s.viewMu.Unlock()
	if last {
		s.end(v)
	}
	s.views.Done()
}

// hide takes the current view away and waits until nobody uses any.
func (s *Store) hide() {
	s.viewMu.Lock()
	v := s.current
	s.current = nil
	last := false
	if v != nil {
		v.refs--
		last = v.refs == 0
	}
	s.viewMu.Unlock()
	if last {
		s.end(v)
	}
	s.views.Wait()
}

// end lets go of a view that nobody uses any more, and tells who waits. In a
// failed store Pebble may hold what it needs for that for ever: then the
// snapshot stays.
func (s *Store) end(v *view) {
	if s.failure() == nil {
		v.snap.Close()
	}
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	delete(s.older, v)
	if v.ended != nil {
		close(v.ended)
	}
}

// show makes v the current view.
func (s *Store) show(v *view) {
	v.refs = 1
	s.viewMu.Lock()
	old := s.current
	s.current = v
	last := false
	if old != nil {
		old.refs--
		last = old.refs == 0
		s.older[old] = struct{}{}
	}
	s.viewMu.Unlock()
	if last {
		s.end(old)
	}
}

// reader is what a DB, a snapshot and a batch have in common.
type reader interface {
	Get(key []byte) (value []byte, closer io.Closer, err error)
	NewIter(o *pebble.IterOptions) (*pebble.Iterator, error)
}

// get gives a copy of the value of key; nil if there is none.
func get(r reader, key []byte) ([]byte, error) {
	v, c, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, len(v)), v...)
	return out, c.Close()
}

// scan calls f for each key that begins with prefix, in order. Key and value
// are valid until f returns.
func scan(r reader, prefix []byte, f func(k, v []byte) error) error {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		v, err := it.ValueAndErr()
		if err == nil {
			err = f(it.Key(), v)
		}
		if err != nil {
			return errors.Join(err, it.Close())
		}
	}
	return it.Close()
}
