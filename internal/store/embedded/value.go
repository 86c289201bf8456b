package embedded

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/entity"
)

// largeValue is the length from which on a value of the state has a key of its
// own: an update of another attribute does not write it again, and a query
// that does not want it does not read it.
const largeValue = 513

// rowVersionApart is the version of rows some of whose values are apart.
const rowVersionApart = 2

// largeIn gives the places of e's attributes whose values are large.
func largeIn(e *entity.Entity) []int {
	if e == nil {
		return nil
	}
	var out []int
	for i := range e.Attrs {
		if len(e.Attrs[i].Value) >= largeValue {
			out = append(out, i)
		}
	}
	return out
}

// appendRowApart writes the row of e without its large values.
func (n *names) appendRowApart(b []byte, e *entity.Entity, large []int) []byte {
	b = append(b, rowVersionApart, rowAlive)
	b = binary.AppendUvarint(b, uint64(len(large)))
	for _, i := range large {
		b = binary.AppendUvarint(b, uint64(i))
	}
	b = n.appendHead(b, e)
	attrs := slices.Clone(e.Attrs)
	for _, i := range large {
		attrs[i].Value = nil
	}
	return n.appendInstances(b, attrs)
}

// writeValues writes the large values that after has anew and removes those
// that it has no more.
func (s *Store) writeValues(b *pebble.Batch, sp space, before, after *entity.Entity) error {
	key := func(i *entity.Instance) []byte {
		num := entity.Number(0)
		if after != nil {
			num = after.Number
		} else {
			num = before.Number
		}
		name, _ := s.names.find(string(i.Name))
		dataset, _ := s.names.find(i.Dataset)
		return sp.valueKey(num, name, dataset)
	}
	for _, k := range largeIn(before) {
		old := &before.Attrs[k]
		if after != nil {
			if cur, ok := after.Attr(old.Name, old.Dataset); ok && len(cur.Value) >= largeValue {
				continue // stays, or is written over
			}
		}
		if err := b.Delete(key(old), nil); err != nil {
			return err
		}
	}
	for _, k := range largeIn(after) {
		cur := &after.Attrs[k]
		if before != nil {
			if old, ok := before.Attr(cur.Name, cur.Dataset); ok && old.At == cur.At && old.Ordinal == cur.Ordinal && bytes.Equal(old.Value, cur.Value) {
				continue
			}
		}
		if err := b.Set(key(cur), cur.Value, nil); err != nil {
			return err
		}
	}
	return nil
}

// apart reads the places of the values that are apart.
func (d *decoder) apart() []int {
	n := d.count()
	out := make([]int, n)
	for i := range out {
		out[i] = int(d.uvarint())
		if i > 0 && out[i] <= out[i-1] {
			d.fail()
		}
	}
	return out
}

// fetchValues fills in the values that are apart, of the attributes that were
// decoded. places are those in the row; passed tells which places those in e
// had.
func (s *Store) fetchValues(r reader, sp space, k *kept, apart, places []int) error {
	for i, place := range places {
		if _, is := slices.BinarySearch(apart, place); !is {
			continue
		}
		a := &k.state.Attrs[i]
		name, _ := s.names.find(string(a.Name))
		dataset, _ := s.names.find(a.Dataset)
		key := sp.valueKey(k.number, name, dataset)
		b, err := get(r, key)
		if err != nil {
			return err
		}
		if b == nil {
			return corrupt("a large value", key)
		}
		a.Value = b
	}
	return nil
}
