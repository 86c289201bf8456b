package geo

import (
	"math"
	"strconv"
)

// AppendGeoJSON appends g as a GeoJSON geometry object with the shortest
// numbers that give the same positions; null for the empty Geometry.
func (g Geometry) AppendGeoJSON(dst []byte) []byte {
	if g.kind == None {
		return append(dst, "null"...)
	}
	dst = append(dst, `{"type":"`...)
	dst = append(dst, g.Type()...)
	dst = append(dst, `","coordinates":`...)
	return append(g.AppendCoordinates(dst), '}')
}

// AppendCoordinates appends the coordinates array of g.
func (g Geometry) AppendCoordinates(dst []byte) []byte {
	switch g.kind {
	case None:
		return append(dst, "[]"...)
	case PointKind:
		return appendPosition(dst, g.pts[0])
	case MultiPointKind, LineStringKind:
		return appendPositions(dst, g.pts)
	case MultiLineStringKind, PolygonKind:
		return g.appendRuns(dst, 0, g.runs())
	}
	dst = append(dst, '[')
	for p := range g.polygons() {
		if p > 0 {
			dst = append(dst, ',')
		}
		from, to := g.polygon(p)
		dst = g.appendRuns(dst, from, to)
	}
	return append(dst, ']')
}

func (g *Geometry) appendRuns(dst []byte, from, to int) []byte {
	dst = append(dst, '[')
	for i := from; i < to; i++ {
		if i > from {
			dst = append(dst, ',')
		}
		dst = appendPositions(dst, g.run(i))
	}
	return append(dst, ']')
}

func appendPositions(dst []byte, pts []Point) []byte {
	dst = append(dst, '[')
	for i, p := range pts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendPosition(dst, p)
	}
	return append(dst, ']')
}

func appendPosition(dst []byte, p Point) []byte {
	dst = append(dst, '[')
	dst = appendNumber(dst, p.Lon)
	dst = append(dst, ',')
	dst = appendNumber(dst, p.Lat)
	return append(dst, ']')
}

// appendNumber writes f without an exponent unless it is minute.
func appendNumber(dst []byte, f float64) []byte {
	if f != 0 && math.Abs(f) < 1e-6 {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
