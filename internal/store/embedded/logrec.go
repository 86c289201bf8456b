package embedded

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/series"
)

// recordVersion begins every record of the log.
const recordVersion = 1

// What a record has.
const (
	recBefore = 1 << iota // the head of the state before
	recAfter              // the state after
	recEdits              // edits of history
)

// manyPoints is the number of points of one series from which on they travel
// as a chunk.
const manyPoints = 8

// appendRecord writes the record of it: an envelope (time, space, entity,
// kind, origin), the head before, the state after, the instances that the
// operation displaced and the points it added to history.
func (n *names) appendRecord(b []byte, it *item, row []byte) []byte {
	r := &it.rec
	flags := byte(0)
	if r.Before != nil {
		flags |= recBefore
	}
	if r.After != nil {
		flags |= recAfter
	}
	if len(r.Edits) > 0 {
		flags |= recEdits
	}
	b = append(b, recordVersion, byte(r.Kind), flags)
	b = binary.AppendVarint(b, int64(r.Time))
	b = binary.AppendUvarint(b, uint64(r.At-r.Commit))
	b = binary.AppendUvarint(b, uint64(it.space.tenant))
	b = binary.AppendUvarint(b, uint64(it.space.layer))
	b = binary.AppendUvarint(b, uint64(r.Number))
	b = binary.AppendUvarint(b, uint64(r.Origin))
	b = appendText(b, string(r.ID))
	if r.Before != nil {
		b = n.appendHead(b, r.Before)
	}
	if r.After != nil {
		b = binary.AppendUvarint(b, uint64(len(row)))
		b = append(b, row...)
	}
	b = n.appendInstances(b, it.displaced)
	b = n.appendPoints(b, r.Points)
	if len(r.Edits) > 0 {
		b = n.appendEdits(b, r.Edits)
	}
	return b
}

// appendPoints writes points: those of a series that has many as a chunk.
func (n *names) appendPoints(b []byte, points []entity.Instance) []byte {
	type sid struct {
		name    entity.Name
		dataset string
	}
	var many []sid
	if len(points) >= manyPoints {
		count := map[sid]int{}
		for i := range points {
			id := sid{points[i].Name, points[i].Dataset}
			if count[id]++; count[id] == manyPoints {
				many = append(many, id)
			}
		}
	}
	b = binary.AppendUvarint(b, uint64(len(many)))
	for _, id := range many {
		var of []entity.Instance
		for i := range points {
			if points[i].Name == id.name && points[i].Dataset == id.dataset {
				of = append(of, points[i])
			}
		}
		points = slices.DeleteFunc(slices.Clone(points), func(p entity.Instance) bool { return p.Name == id.name && p.Dataset == id.dataset })
		b = n.appendName(b, string(id.name))
		b = n.appendName(b, id.dataset)
		b = binary.AppendUvarint(b, uint64((len(of)+series.MaxPoints-1)/series.MaxPoints))
		for part := range slices.Chunk(of, series.MaxPoints) {
			b = appendSized(b, func(b []byte) []byte { return series.Append(b, part) })
		}
	}
	return n.appendInstances(b, points)
}

// decodeRecord reads the record at position at. b must not change afterwards.
// displaced are the instances that left the state.
func (s *Store) decodeRecord(b []byte, at entity.Position) (r change.Record, displaced []entity.Instance, n space, err error) {
	d := decoder{b: b, texts: s.names.all()}
	version := d.byte()
	r = change.Record{At: at, Kind: change.Kind(d.byte())}
	flags := d.byte()
	r.Time = d.instant()
	r.Commit = at - entity.Position(d.uvarint())
	n = space{uint32(d.uvarint()), uint16(d.uvarint())}
	r.Number = entity.Number(d.uvarint())
	r.Origin = entity.OriginID(d.uvarint())
	r.ID = entity.ID(d.text())
	if flags&recBefore != 0 {
		r.Before = &entity.Entity{Number: r.Number}
		d.head(r.Before)
	}
	if flags&recAfter != 0 {
		in := decoder{b: d.raw(), texts: d.texts}
		k, apart := in.row(r.Number, nil)
		if in.bad || k == nil || k.state == nil || len(apart) > 0 {
			d.fail()
		} else {
			r.After = k.state
		}
	}
	displaced = d.instances(nil, 0)
	r.Points = d.points()
	if flags&recEdits != 0 {
		r.Edits = d.edits()
	}
	if d.bad || len(d.b) > 0 || version != recordVersion || r.Kind > change.Recorded {
		return r, nil, n, corrupt(fmt.Sprintf("record %d of the change log", at), logKey(at))
	}
	sp := s.spaces.name(n)
	r.Tenant, r.Layer = sp.Tenant, sp.Layer
	r.Deltas = deltas(&r, displaced)
	return r, displaced, n, nil
}

func (d *decoder) points() []entity.Instance {
	var out []entity.Instance
	for range d.count() {
		name, dataset := entity.Name(d.name()), d.name()
		for range d.count() {
			var err error
			if out, err = series.Decode(out, d.raw(), name, dataset); err != nil {
				d.fail()
				return nil
			}
		}
	}
	out = append(out, d.instances(nil, 0)...)
	// They were numbered in their order.
	slices.SortFunc(out, func(x, y entity.Instance) int { return int(x.Ordinal) - int(y.Ordinal) })
	return out
}

// deltas gives back what store.Decision.Seal made: what the state holds anew,
// then what left it for good.
func deltas(r *change.Record, displaced []entity.Instance) []change.Delta {
	if r.Kind == change.Recorded {
		return nil
	}
	var out []change.Delta
	if r.After != nil {
		for i := range r.After.Attrs {
			a := &r.After.Attrs[i]
			if a.At != r.At {
				continue
			}
			delta := change.Delta{After: a}
			for k := range displaced {
				old := &displaced[k]
				if r.Kind == change.Updated && (old.ExpiresAt == 0 || old.ExpiresAt > r.Time) && old.Name == a.Name && old.Dataset == a.Dataset {
					delta.Before = old
				}
			}
			out = append(out, delta)
		}
	}
	for k := range displaced {
		old := &displaced[k]
		if r.After != nil {
			if _, ok := r.After.Attr(old.Name, old.Dataset); ok {
				continue
			}
		}
		out = append(out, change.Delta{Before: old})
	}
	return out
}
