package geo

import (
	"encoding/binary"
	"errors"
	"math"
)

// binaryVersion is the first byte of a stored geometry. A later form gets a
// new number; old numbers stay readable.
const binaryVersion = 1

// How numbers are written, in the high bits of the second byte.
const (
	fixedNumbers = 0x10 // differences in units of 1e-7 degrees, as varints
	floatNumbers = 0x20 // IEEE 754, little-endian
	kindMask     = 0x0f
)

// fixedUnit is how many units of the fixed form make a degree: seven decimals
// are a centimetre and what most sources give.
const fixedUnit = 1e7

// AppendBinary appends g in the compact form in which it is stored: version,
// kind, the number of positions of each line or ring, the numbers. It loses
// nothing. The empty Geometry is version and kind alone.
func (g Geometry) AppendBinary(dst []byte) []byte {
	fixed := g.fixed()
	head := byte(g.kind) | floatNumbers
	if fixed {
		head = byte(g.kind) | fixedNumbers
	}
	dst = append(dst, binaryVersion, head)
	switch g.kind {
	case None:
		return dst
	case MultiPointKind, LineStringKind:
		dst = binary.AppendUvarint(dst, uint64(len(g.pts)))
	case MultiLineStringKind, PolygonKind:
		dst = g.appendLengths(dst, 0, g.runs())
	case MultiPolygonKind:
		dst = binary.AppendUvarint(dst, uint64(g.polygons()))
		for p := range g.polygons() {
			from, to := g.polygon(p)
			dst = g.appendLengths(dst, from, to)
		}
	}
	var last [2]int64
	for _, p := range g.pts {
		if fixed {
			lon, lat := int64(math.Round(p.Lon*fixedUnit)), int64(math.Round(p.Lat*fixedUnit))
			dst = binary.AppendVarint(dst, lon-last[0])
			dst = binary.AppendVarint(dst, lat-last[1])
			last = [2]int64{lon, lat}
			continue
		}
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(p.Lon))
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(p.Lat))
	}
	return dst
}

func (g *Geometry) appendLengths(dst []byte, from, to int) []byte {
	dst = binary.AppendUvarint(dst, uint64(to-from))
	for i := from; i < to; i++ {
		dst = binary.AppendUvarint(dst, uint64(len(g.run(i))))
	}
	return dst
}

// fixed reports whether every number is one that seven decimals write down.
func (g *Geometry) fixed() bool {
	for _, p := range g.pts {
		if math.Round(p.Lon*fixedUnit)/fixedUnit != p.Lon || math.Round(p.Lat*fixedUnit)/fixedUnit != p.Lat {
			return false
		}
	}
	return true
}

// ParseBinary reads one geometry from the front of b and gives what follows
// it. Errors: a plain error if b is no geometry that AppendBinary wrote.
func ParseBinary(b []byte) (g Geometry, rest []byte, err error) {
	if len(b) < 2 || b[0] != binaryVersion {
		return Geometry{}, nil, errors.New("stored geometry: unknown version")
	}
	r := binaryReader{b: b[2:]}
	bld := builder{kind: Kind(b[1] & kindMask)}
	form := b[1] &^ kindMask
	if bld.kind >= kindCount || form != fixedNumbers && form != floatNumbers {
		return Geometry{}, nil, errors.New("stored geometry: unknown kind or form")
	}
	n := 0
	switch bld.kind {
	case None:
		return Geometry{}, r.b, nil
	case PointKind:
		n = 1
	case MultiPointKind:
		n = r.count()
	case LineStringKind:
		n = r.count()
		bld.ends = append(bld.ends, int32(n))
	case MultiLineStringKind, PolygonKind:
		n = r.lengths(&bld, 0)
	case MultiPolygonKind:
		for range r.count() {
			n = r.lengths(&bld, n)
			bld.polys = append(bld.polys, int32(len(bld.ends)))
		}
	}
	if n > MaxVertices || r.bad {
		return Geometry{}, nil, errors.New("stored geometry: cut short or too large")
	}
	r.points(&bld, n, form)
	if r.bad {
		return Geometry{}, nil, errors.New("stored geometry: cut short")
	}
	g, err = bld.done()
	return g, r.b, err
}

type binaryReader struct {
	b   []byte
	bad bool
}

// count reads a number of things, each of which takes a byte at least.
func (r *binaryReader) count() int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(len(r.b)) || v > MaxVertices {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

// lengths reads the lengths of runs, from positions on, and gives where the
// last ends.
func (r *binaryReader) lengths(b *builder, from int) int {
	for range r.count() {
		from = min(from+r.count(), MaxVertices+1)
		b.ends = append(b.ends, int32(from))
	}
	return from
}

func (r *binaryReader) points(b *builder, n int, form byte) {
	if form == floatNumbers {
		if r.bad = len(r.b) < 16*n; r.bad {
			return
		}
		b.pts = make([]Point, n)
		for i := range b.pts {
			b.pts[i].Lon = math.Float64frombits(binary.LittleEndian.Uint64(r.b))
			b.pts[i].Lat = math.Float64frombits(binary.LittleEndian.Uint64(r.b[8:]))
			r.b = r.b[16:]
		}
		return
	}
	if r.bad = len(r.b) < 2*n; r.bad {
		return
	}
	b.pts = make([]Point, n)
	var lon, lat int64
	for i := range b.pts {
		lon += r.varint()
		lat += r.varint()
		b.pts[i] = Point{float64(lon) / fixedUnit, float64(lat) / fixedUnit}
	}
}

func (r *binaryReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}
