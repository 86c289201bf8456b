package embedded

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unsafe"

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
	texts  []string      // the dictionary
	types  []entity.Name // of the row before
}

// dense reports whether so many of nums are neighbours that one iterator is
// cheaper than looking each up.
func dense(nums []entity.Number) bool {
	return len(nums) > 0 && uint64(nums[len(nums)-1]-nums[0]) < 16*uint64(len(nums))
}

func (s *Store) sweepRows(v *view, n space, q *query.Query) (*sweep, error) {
	all := n.key(kindEntity, 0)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: all, UpperBound: after(all)})
	if err != nil {
		return nil, err
	}
	w := &sweep{s: s, v: v, n: n, it: it, key: n.entityKey(0), texts: s.names.all()}
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
	if w.wanted == nil {
		b = bytes.Clone(b) // what is decoded lives in it
	}
	d := decoder{b: b, texts: w.texts, types: w.types}
	k, err := w.s.decodeWith(&d, w.v.snap, w.n, num, w.wanted)
	if err != nil {
		return nil, err
	}
	e := k.top()
	w.types = e.Types
	if w.wanted != nil {
		detach(e)
	}
	return k, nil
}

// detach copies what e has of the row that it was decoded from, which is
// mostly little of it.
func detach(e *entity.Entity) {
	size := len(e.ID)
	for _, s := range e.Scopes {
		size += len(s)
	}
	for i := range e.Attrs {
		size += instanceBytes(&e.Attrs[i])
	}
	slab := make([]byte, 0, size)
	own := func(b []byte) []byte {
		at := len(slab)
		slab = append(slab, b...)
		return slab[at:len(slab):len(slab)]
	}
	text := func(s string) string {
		if s == "" {
			return ""
		}
		b := own(unsafe.Slice(unsafe.StringData(s), len(s)))
		return unsafe.String(&b[0], len(b))
	}
	e.ID = entity.ID(text(string(e.ID)))
	for i := range e.Scopes {
		e.Scopes[i] = text(e.Scopes[i])
	}
	var instances func(is []entity.Instance)
	instances = func(is []entity.Instance) {
		for i := range is {
			if is[i].Value != nil {
				is[i].Value = own(is[i].Value)
			}
			for k := range is[i].More {
				is[i].More[k].Raw = own(is[i].More[k].Raw)
			}
			instances(is[i].Subs)
		}
	}
	instances(e.Attrs)
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
