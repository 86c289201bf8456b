package format

import (
	"encoding/binary"
	"math"

	"github.com/beffroi/beffroi/internal/geo"
)

// AppendWKB appends g as well-known binary (OGC 06-103r4, 8.2), little-endian,
// longitude first. Of the empty geometry it appends nothing.
func AppendWKB(b []byte, g geo.Geometry) []byte {
	head := func(kind uint32) { b = binary.LittleEndian.AppendUint32(append(b, 1), kind) }
	count := func(n int) { b = binary.LittleEndian.AppendUint32(b, uint32(n)) }
	points := func(pts []geo.Point) {
		for _, p := range pts {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(p.Lon))
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(p.Lat))
		}
	}
	last, rings := 0, []int(nil) // of each polygon
	parts := 0
	for p := range g.Parts() {
		if parts++; len(rings) == 0 || p.Polygon != last {
			last, rings = p.Polygon, append(rings, 0)
		}
		rings[len(rings)-1]++
	}
	switch g.Kind() {
	case geo.PointKind:
		head(1)
	case geo.LineStringKind:
		head(2)
	case geo.PolygonKind:
		head(3)
		count(parts)
	case geo.MultiPointKind:
		head(4)
		count(parts)
	case geo.MultiLineStringKind:
		head(5)
		count(parts)
	case geo.MultiPolygonKind:
		head(6)
		count(len(rings))
	}
	for p, pts := range g.Parts() {
		switch g.Kind() {
		case geo.PointKind:
		case geo.MultiPointKind:
			head(1)
		case geo.MultiLineStringKind:
			head(2)
			count(len(pts))
		case geo.MultiPolygonKind:
			if p.Ring == 0 {
				head(3)
				count(rings[p.Polygon])
			}
			count(len(pts))
		default:
			count(len(pts))
		}
		points(pts)
	}
	return b
}
