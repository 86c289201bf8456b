// Package mvt writes Mapbox Vector Tiles, version 2.1, from geometries in
// longitude and latitude: it projects them to web mercator, drops what cannot
// be seen at the tile's zoom, clips to the tile and a margin round it, and
// encodes.
//
// It is not for reading tiles, and it does not know what the layers mean.
// Always true: equal calls in equal order give equal bytes; what lies in the
// tile is never farther from its place than the tolerance and a rounding to
// the tile's grid; outer rings run clockwise on the screen, holes the other
// way round.
package mvt

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/beffroi/beffroi/internal/geo"
)

// Options are the settings of a tile. Zero fields take the default.
type Options struct {
	// Extent is the number of grid units along a side of the tile; 4096.
	Extent int
	// Buffer is the margin round the tile, in grid units, within which things
	// are kept, so that lines and labels meet across tiles; 80. Negative is
	// no margin.
	Buffer int
	// Tolerance is how far, in grid units, simplifying may move a line; 1.5.
	// Negative is no simplifying.
	Tolerance float64
	// MinArea is the area, in square grid units, below which a ring is left
	// out; 12, which is less than a quarter of a screen's pixel. Negative
	// keeps all that has an area.
	MinArea float64
}

// Prop is one property of a feature. Value is a string, a float64, an int64
// or a bool; nil leaves the property out.
type Prop struct {
	Key   string
	Value any
}

// Builder makes one tile. It is for one goroutine.
type Builder struct {
	x, y, n float64 // the tile's place, and how many there are along a side
	bounds  geo.Rect
	o       Options
	layers  []*layer
	work    scratch
}

type layer struct {
	name     string
	keys     []string
	keyNo    map[string]uint32
	values   []byte // encoded, ready to be appended
	valueNo  map[value]uint32
	features []byte
	count    int
}

// value is a property's value in comparable form.
type value struct {
	field byte // number of the field in a Value message
	bits  uint64
	text  string
}

// NewBuilder begins the tile with the given address in the XYZ scheme.
func NewBuilder(z, x, y uint32, o Options) *Builder {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
		*v = max(*v, 0)
	}
	def(&o.Extent, 4096)
	def(&o.Buffer, 80)
	if o.Tolerance == 0 {
		o.Tolerance = 1.5
	}
	if o.MinArea == 0 {
		o.MinArea = 12
	}
	z = min(z, 32)
	b := &Builder{x: float64(x), y: float64(y), n: math.Ldexp(1, int(z)), o: o}
	b.bounds = bufferedBounds(geo.Tile(z, x, y), float64(o.Buffer)/float64(o.Extent))
	return b
}

// bufferedBounds widens a tile's box by the given part of its sides. It is
// kept on this side of the antimeridian.
func bufferedBounds(r geo.Rect, part float64) geo.Rect {
	w := (r.East - r.West) * part
	// In latitude a tile is at most as high as it is wide; a little more
	// than the margin does no harm.
	return geo.Rect{
		West: max(r.West-w, -180), East: min(r.East+w, 180),
		South: max(r.South-w, -90), North: min(r.North+w, 90),
	}
}

// Bounds gives the box of the tile with its margin: what lies outside it need
// not be added.
func (b *Builder) Bounds() geo.Rect { return b.bounds }

// Count gives the number of features in a layer so far.
func (b *Builder) Count(name string) int {
	if l := b.find(name); l != nil {
		return l.count
	}
	return 0
}

// Add adds a feature to a layer, which is made at first use. An id of 0 means
// that there is none. It reports whether the feature is to be seen in the
// tile; else nothing was added. It panics if a property's value is of a type
// that Prop does not name.
func (b *Builder) Add(layerName string, id uint64, g geo.Geometry, props []Prop) bool {
	if g.IsZero() || !g.Bounds().Intersects(b.bounds) {
		return false
	}
	kind, commands := b.geometry(g)
	if len(commands) == 0 {
		return false
	}
	l := b.find(layerName)
	if l == nil {
		l = &layer{name: layerName, keyNo: map[string]uint32{}, valueNo: map[value]uint32{}}
		b.layers = append(b.layers, l)
	}
	f := b.work.feature[:0]
	if id != 0 {
		f = append(f, 1<<3)
		f = binary.AppendUvarint(f, id)
	}
	tags := b.work.tags[:0]
	for _, p := range props {
		if p.Value == nil {
			continue
		}
		tags = binary.AppendUvarint(tags, uint64(l.key(p.Key)))
		tags = binary.AppendUvarint(tags, uint64(l.value(p.Value)))
	}
	if len(tags) > 0 {
		f = appendBytes(f, 2, tags)
	}
	f = append(f, 3<<3, kind)
	f = appendBytes(f, 4, commands)
	l.features = appendBytes(l.features, 2, f)
	l.count++
	b.work.feature, b.work.tags = f, tags
	return true
}

func (b *Builder) find(name string) *layer {
	for _, l := range b.layers {
		if l.name == name {
			return l
		}
	}
	return nil
}

// Bytes gives the tile as it is so far. A tile without features has no bytes.
func (b *Builder) Bytes() []byte {
	size := 0
	for _, l := range b.layers {
		size += len(l.features) + len(l.values) + 64 + 24*len(l.keys)
	}
	out := make([]byte, 0, size)
	var body []byte
	for _, l := range b.layers {
		body = append(body[:0], 15<<3, 2) // version 2
		body = appendBytes(body, 1, []byte(l.name))
		body = append(body, l.features...)
		for _, k := range l.keys {
			body = appendBytes(body, 3, []byte(k))
		}
		body = append(body, l.values...)
		body = append(body, 5<<3)
		body = binary.AppendUvarint(body, uint64(b.o.Extent))
		out = appendBytes(out, 3, body)
	}
	return out
}

func (l *layer) key(k string) uint32 {
	n, ok := l.keyNo[k]
	if !ok {
		n = uint32(len(l.keys))
		l.keyNo[k] = n
		l.keys = append(l.keys, k)
	}
	return n
}

func (l *layer) value(v any) uint32 {
	key := valueOf(v)
	n, ok := l.valueNo[key]
	if !ok {
		n = uint32(len(l.valueNo))
		l.valueNo[key] = n
		l.values = appendValue(l.values, key)
	}
	return n
}

// Fields of a Value message.
const (
	stringField = 1
	floatField  = 2
	doubleField = 3
	uintField   = 5
	sintField   = 6
	boolField   = 7
)

func valueOf(v any) value {
	switch v := v.(type) {
	case string:
		return value{field: stringField, text: v}
	case float64:
		if f := float32(v); float64(f) == v {
			return value{field: floatField, bits: uint64(math.Float32bits(f))}
		}
		return value{field: doubleField, bits: math.Float64bits(v)}
	case int64:
		if v < 0 {
			return value{field: sintField, bits: zigzag(v)}
		}
		return value{field: uintField, bits: uint64(v)}
	case bool:
		if v {
			return value{field: boolField, bits: 1}
		}
		return value{field: boolField}
	}
	panic(fmt.Sprintf("mvt: a property cannot be a %T", v))
}

func appendValue(dst []byte, v value) []byte {
	var buf [16]byte
	m := buf[:0]
	switch v.field {
	case stringField:
		head := binary.AppendUvarint(append(m, stringField<<3|2), uint64(len(v.text)))
		dst = append(dst, 4<<3|2)
		dst = binary.AppendUvarint(dst, uint64(len(head)+len(v.text)))
		return append(append(dst, head...), v.text...)
	case floatField:
		m = binary.LittleEndian.AppendUint32(append(m, floatField<<3|5), uint32(v.bits))
	case doubleField:
		m = binary.LittleEndian.AppendUint64(append(m, doubleField<<3|1), v.bits)
	default:
		m = binary.AppendUvarint(append(m, v.field<<3), v.bits)
	}
	return appendBytes(dst, 4, m)
}

// appendBytes appends a field of bytes, a text or a message.
func appendBytes(dst []byte, field byte, b []byte) []byte {
	dst = append(dst, field<<3|2)
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	return append(dst, b...)
}

func zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }
