package embedded

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/query"
)

// sweep reads rows for a long walk, whose numbers ascend: with one iterator,
// because rows of neighbours lie beside each other, and past the cache, so
// that a question about everything does not drive out what is in use. It
// belongs to one page.
type sweep struct {
	s      *Store
	v      *view
	n      space
	it     *pebble.Iterator
	key    []byte
	wanted []entity.Name // nil is all
}

func (s *Store) sweepRows(v *view, n space, q *query.Query) (*sweep, error) {
	all := n.key(kindEntity, 0)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: all, UpperBound: after(all)})
	if err != nil {
		return nil, err
	}
	w := &sweep{s: s, v: v, n: n, it: it, key: n.entityKey(0)}
	if wanted, some := q.Reads(); some {
		w.wanted = slices.Clip(append([]entity.Name{}, wanted...))
	}
	return w, nil
}

func (w *sweep) close() error { return w.it.Close() }

// read gives the state of an entity whose number is greater than all before;
// nil if there is none.
func (w *sweep) read(num entity.Number) (*kept, error) {
	if k := w.s.cache.peek(entityKey{w.n, num}); k != nil {
		return k, nil
	}
	if there, err := w.to(num); !there || err != nil {
		return nil, err
	}
	b, err := w.it.ValueAndErr()
	if err != nil {
		return nil, err
	}
	return w.s.decodeRow(w.v.snap, w.n, bytes.Clone(b), num, w.wanted)
}

// to moves to the row of num; false if there is none.
func (w *sweep) to(num entity.Number) (bool, error) {
	binary.BigEndian.PutUint64(w.key[len(w.key)-8:], uint64(num))
	behind := func() bool { return w.it.Valid() && bytes.Compare(w.it.Key(), w.key) < 0 }
	if behind() {
		w.it.Next()
	}
	if behind() || !w.it.Valid() {
		w.it.SeekGE(w.key)
	}
	return w.it.Valid() && bytes.Equal(w.it.Key(), w.key), w.it.Error()
}
