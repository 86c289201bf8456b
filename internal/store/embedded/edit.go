package embedded

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// Edits of history are kept beside it, under the entity and the position of
// the record that brought them, and are applied by whoever reads: chunks, tail
// and log stay as they are. Edits of the whole history put an end to those
// before them.

const editVersion = 1

// What an edit has.
const (
	editAll = 1 << iota
	editPlace
	editWith
)

func (s space) editPrefix(n entity.Number) []byte {
	return binary.BigEndian.AppendUint64(s.key(kindEdit, 16), uint64(n))
}

func (s space) editKey(n entity.Number, at entity.Position) []byte {
	return binary.BigEndian.AppendUint64(s.editPrefix(n), uint64(at))
}

// adoptEdits makes what edits put into history the store's own, and gives the
// state the same where it is the current value.
func (n *names) adoptEdits(rec *change.Record, d *store.Decision) error {
	for k := range rec.Edits {
		e := &rec.Edits[k]
		for _, text := range []string{string(e.Name), e.Dataset} {
			if _, _, err := n.intern(text); err != nil {
				return err
			}
		}
		if e.With == nil {
			continue
		}
		own := []entity.Instance{*e.With}
		if err := n.adoptInstances(own, 0); err != nil {
			return err
		}
		e.With = &own[0]
		if rec.After == nil || rec.After == d.Raw {
			continue
		}
		if cur, ok := rec.After.Attr(own[0].Name, own[0].Dataset); ok && cur.At == e.At && cur.Ordinal == e.Ordinal {
			*cur = own[0]
		}
	}
	return nil
}

// writeEdits puts it's edits beside the entity's history.
func (s *Store) writeEdits(b *pebble.Batch, it *item) error {
	n, num, at := it.space, it.rec.Number, it.rec.At
	if slices.ContainsFunc(it.rec.Edits, func(e change.Edit) bool { return e.Whole() }) {
		if err := b.DeleteRange(n.editPrefix(num), n.editKey(num, at), nil); err != nil {
			return err
		}
	}
	return b.Set(n.editKey(num, at), s.names.appendEdits([]byte{editVersion}, it.rec.Edits), nil)
}

func (n *names) appendEdits(b []byte, edits []change.Edit) []byte {
	b = binary.AppendUvarint(b, uint64(len(edits)))
	for i := range edits {
		e := &edits[i]
		flags := byte(0)
		if e.All {
			flags |= editAll
		}
		if e.At != 0 {
			flags |= editPlace
		}
		if e.With != nil {
			flags |= editWith
		}
		b = append(b, flags)
		b = n.appendName(b, string(e.Name))
		b = n.appendName(b, e.Dataset)
		if e.At != 0 {
			b = binary.AppendUvarint(b, uint64(e.At))
			b = binary.AppendUvarint(b, uint64(e.Ordinal))
		}
		if e.With != nil {
			b = n.appendInstances(b, []entity.Instance{*e.With})
		}
	}
	return b
}

func (d *decoder) edits() []change.Edit {
	out := make([]change.Edit, d.count())
	for i := range out {
		e := &out[i]
		flags := d.byte()
		e.All = flags&editAll != 0
		e.Name, e.Dataset = entity.Name(d.name()), d.name()
		if flags&editPlace != 0 {
			e.At, e.Ordinal = entity.Position(d.uvarint()), uint32(d.uvarint())
		}
		if flags&editWith != 0 {
			with := d.instances(nil, 0)
			if len(with) != 1 {
				d.fail()
				return nil
			}
			e.With = &with[0]
		}
	}
	return out
}

// editsAt are the edits that one record brought.
type editsAt struct {
	at   entity.Position
	list []change.Edit
}

// edits are those of one entity, in their order.
type edits []editsAt

// editsOf reads the edits of an entity's history; most have none.
func (s *Store) editsOf(v *view, n space, num entity.Number) (edits, error) {
	var out edits
	err := scan(v.snap, n.editPrefix(num), func(k, b []byte) error {
		d := decoder{b: slices.Clone(b), texts: s.names.all()}
		version := d.byte()
		list := d.edits()
		if d.bad || len(d.b) > 0 || version != editVersion || len(k) != 23 {
			return corrupt("the edits of history", k)
		}
		out = append(out, editsAt{entity.Position(tail8(k)), list})
		return nil
	})
	return out, err
}

// forgot reports whether k's history was taken away as a whole, and k was not
// made again since.
func (es edits) forgot(k *kept) bool {
	if k.state != nil {
		return false
	}
	for _, e := range es {
		if e.at > k.top().At && slices.ContainsFunc(e.list, func(x change.Edit) bool { return x.Whole() }) {
			return true
		}
	}
	return false
}

// forgotten is forgot for an entity met on a walk.
func (s *Store) forgotten(sp store.Space, k *kept) (bool, error) {
	if k.state != nil {
		return false, nil
	}
	n, ok, err := s.spaces.find(sp)
	if err != nil || !ok {
		return false, err
	}
	v, err := s.acquire()
	if err != nil {
		return false, err
	}
	defer s.release(v)
	es, err := s.editsOf(v, n, k.number)
	return es.forgot(k), err
}

// amended gathers an entity's points as its edits leave them.
func (s *Store) amended(ctx context.Context, v *view, n space, k *kept, parts []part, w store.Window, es edits) ([]entity.Instance, error) {
	points, err := s.pointsIn(ctx, v, n, k, parts, w, len(es) > 0)
	for _, e := range es {
		points = change.Amend(points, e.list, e.at)
	}
	return points, err
}
