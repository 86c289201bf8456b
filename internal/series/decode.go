package series

import (
	"fmt"
	"math"
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
)

// ParseHeader reads what chunk b holds. Errors: ErrCorrupt, or one that says
// that a newer program wrote it.
func ParseHeader(b []byte) (Header, error) {
	h, d, err := open(b)
	_ = d
	return h, err
}

func open(b []byte) (Header, decoder, error) {
	if len(b) == 0 {
		return Header{}, decoder{}, ErrCorrupt
	}
	if b[0] != Version {
		return Header{}, decoder{}, fmt.Errorf("series: the chunk is of version %d and this program reads version %d; use the program that wrote it or a newer one", b[0], Version)
	}
	d := decoder{b: b[1:]}
	n := d.uvarint()
	if n == 0 || n > MaxPoints {
		return Header{}, d, ErrCorrupt
	}
	h := Header{Count: int(n)}
	for _, r := range []*Range{&h.Observed, &h.Modified} {
		r.Min = entity.Instant(d.varint())
		r.Max = r.Min + entity.Instant(d.varint())
	}
	h.Deleted = int(min(d.uvarint(), n))
	h.Numbers.Count = int(min(d.uvarint(), n))
	if h.Numbers.Count > 0 {
		for _, f := range []*float64{&h.Numbers.Min, &h.Numbers.Max, &h.Numbers.Sum, &h.Numbers.SumSq} {
			*f = math.Float64frombits(d.word())
		}
	}
	if d.bad {
		return Header{}, d, ErrCorrupt
	}
	return h, d, nil
}

func (d *decoder) word() uint64 {
	b := d.take(8)
	var u uint64
	for k, c := range b {
		u |= uint64(c) << (8 * k)
	}
	return u
}

// Decode appends the points of chunk b to dst, each with the given name and
// dataset. The points share memory with one another, not with b.
// Errors: those of ParseHeader.
func Decode(dst []entity.Instance, b []byte, name entity.Name, dataset string) ([]entity.Instance, error) {
	h, d, err := open(b)
	if err != nil {
		return dst, err
	}
	n := h.Count
	base := len(dst)
	dst = slices.Grow(dst, n)[:base+n]
	points := dst[base:]
	v := make([]int64, n)
	column := func(set func(p *entity.Instance, x int64)) {
		d.ints(v)
		for i := range points {
			set(&points[i], v[i])
		}
	}
	for i := range points {
		points[i] = entity.Instance{Name: name, Dataset: dataset}
	}
	column(func(p *entity.Instance, x int64) { p.ObservedAt = entity.Instant(x) })
	column(func(p *entity.Instance, x int64) { p.ModifiedAt = p.ObservedAt + entity.Instant(x) })
	column(func(p *entity.Instance, x int64) { p.CreatedAt = entity.Instant(x) })
	column(func(p *entity.Instance, x int64) { p.DeletedAt = absolute(x, p.ModifiedAt) })
	column(func(p *entity.Instance, x int64) { p.ExpiresAt = absolute(x, p.ModifiedAt) })
	column(func(p *entity.Instance, x int64) { p.At = entity.Position(x) })
	column(func(p *entity.Instance, x int64) { p.Ordinal = uint32(x) })
	column(func(p *entity.Instance, x int64) { p.Origin = entity.OriginID(x) })
	column(func(p *entity.Instance, x int64) {
		if x < 0 || x > int64(entity.ListRelationship) {
			d.fail()
			return
		}
		p.Kind = entity.Kind(x)
	})
	units := d.dict(n)
	if d.indices(v, len(units)); !d.bad {
		for i := range points {
			points[i].Unit = units[v[i]]
		}
	}
	d.extras(points, v)
	d.values(points)
	if d.bad || len(d.b) > 0 {
		return dst[:base], ErrCorrupt
	}
	return dst, nil
}

// extras decodes each text of the dictionary anew for each point that has it:
// times in it are relative to the point's.
func (d *decoder) extras(points []entity.Instance, v []int64) {
	dict := d.dict(len(points))
	d.indices(v, len(dict))
	for i := range points {
		if d.bad {
			return
		}
		if s := dict[v[i]]; s != "" {
			in := decoder{b: []byte(s)}
			in.extra(&points[i], 0)
			if in.bad || len(in.b) > 0 {
				d.fail()
			}
		}
	}
}

// Merge gives the points of a and b in order of time (observation, or storage
// for want of one), then of place, each place once.
func Merge(a, b []entity.Instance) []entity.Instance {
	out := append(slices.Clone(a), b...)
	Sort(out)
	return slices.CompactFunc(out, func(x, y entity.Instance) bool { return x.At == y.At && x.Ordinal == y.Ordinal })
}

// When gives the time that a point is filed under: observation, or storage
// for want of one.
func When(p *entity.Instance) entity.Instant {
	if p.ObservedAt != 0 {
		return p.ObservedAt
	}
	return p.ModifiedAt
}

// Sort puts points of one series in order of When, then of place.
func Sort(points []entity.Instance) {
	slices.SortFunc(points, func(x, y entity.Instance) int {
		switch {
		case When(&x) != When(&y):
			return sign(When(&x) < When(&y))
		case x.At != y.At:
			return sign(x.At < y.At)
		case x.Ordinal != y.Ordinal:
			return sign(x.Ordinal < y.Ordinal)
		}
		return 0
	})
}

func sign(less bool) int {
	if less {
		return -1
	}
	return 1
}
