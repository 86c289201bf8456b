package embedded

import (
	"encoding/binary"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
)

// encode fills p's batch from its items. It runs in the goroutine of whoever
// commits, beside others.
func (s *Store) encode(p *pending) error {
	buf := s.scratch.take()
	defer s.scratch.give(buf)
	for i := range p.items {
		it := &p.items[i]
		buf.row = buf.row[:0]
		if it.after != nil {
			buf.row = s.names.appendRow(buf.row, it.after.top(), it.after.deleted)
		}
		row := buf.row
		if it.rec.Kind != change.Recorded {
			if err := s.encodeState(p.batch, it, row); err != nil {
				return err
			}
		}
		if len(it.rec.Edits) > 0 {
			if err := s.writeEdits(p.batch, it); err != nil {
				return err
			}
		}
		buf.rec = s.names.appendRecord(buf.rec[:0], it, row)
		if err := p.batch.Set(logKey(it.rec.At), buf.rec, nil); err != nil {
			return err
		}
	}
	return nil
}

// scratch is memory for encoding that is used again: batches copy what they
// are given.
type scratch struct{ row, rec []byte }

type scratchPool struct{ pool sync.Pool }

func (p *scratchPool) take() *scratch {
	if b, ok := p.pool.Get().(*scratch); ok {
		return b
	}
	return &scratch{}
}

func (p *scratchPool) give(b *scratch) {
	if cap(b.row)+cap(b.rec) <= 1<<20 {
		p.pool.Put(b)
	}
}

// encodeState writes the row of an entity and the keys by which it is found.
func (s *Store) encodeState(b *pebble.Batch, it *item, row []byte) error {
	n, num := it.space, it.rec.Number
	if large := largeIn(it.after.state); len(large) > 0 {
		row = s.names.appendRowApart(nil, it.after.state, large)
	}
	if err := b.Set(n.entityKey(num), row, nil); err != nil {
		return err
	}
	if err := s.writeValues(b, n, it.before.raw(), it.after.raw()); err != nil {
		return err
	}
	var before *entity.Entity
	if it.before == nil {
		if err := b.Set(n.idKey(it.rec.ID), binary.AppendUvarint(nil, uint64(num)), nil); err != nil {
			return err
		}
	} else {
		before = it.before.top()
	}
	after := it.after.top()
	gone := it.after.deleted != 0
	if it.before == nil || gone || it.before.deleted != 0 || !sameIndex(before, after) {
		old, err := s.indexKeys(n, before, it.before != nil && it.before.deleted != 0)
		if err != nil {
			return err
		}
		keys, err := s.indexKeys(n, after, gone)
		if err != nil {
			return err
		}
		if err := writeIndex(b, old, keys); err != nil {
			return err
		}
	}
	x, y := it.before.raw().FirstExpiry(), it.after.raw().FirstExpiry()
	if x == y {
		return nil
	}
	if x != 0 {
		if err := b.Delete(n.expiryKey(x, num), nil); err != nil {
			return err
		}
	}
	if y != 0 {
		return b.Set(n.expiryKey(y, num), nil, nil)
	}
	return nil
}
