package geo

import (
	"math"

	"github.com/golang/geo/r1"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// cellMargin widens what is compared with cells, in degrees: far more than
// the rounding of positions on their way to cells, far less than a cell.
const cellMargin = 1e-9

// planeRegion is a geometry of the plane as S2 sees it: a region is asked
// about cells, whose boxes are compared with the geometry in the plane. It is
// generous: a cell's box is larger than the cell.
type planeRegion struct {
	shape  *shape
	margin float64
}

// RectBound gives the box of the region.
func (r *planeRegion) RectBound() s2.Rect {
	b := r.shape.g.bounds
	out := s2.Rect{
		Lat: r1.Interval{Lo: max((b.South-r.margin)*radian, -math.Pi/2), Hi: min((b.North+r.margin)*radian, math.Pi/2)},
	}
	if b.East-b.West+2*r.margin >= 360 {
		out.Lng = s1.FullInterval()
	} else {
		out.Lng = s1.IntervalFromEndpoints(
			math.Remainder((b.West-r.margin)*radian, 2*math.Pi), math.Remainder((b.East+r.margin)*radian, 2*math.Pi))
	}
	return out
}

// CapBound gives a cap round the region.
func (r *planeRegion) CapBound() s2.Cap { return r.RectBound().CapBound() }

// ContainsCell reports whether the cell surely lies in the region.
func (r *planeRegion) ContainsCell(c s2.Cell) bool {
	if r.shape.dim < 2 {
		return false
	}
	boxes, n := cellBoxes(c, 0)
	for _, b := range boxes[:n] {
		if !areaHolds(r.shape, b) {
			return false
		}
	}
	return true
}

// IntersectsCell reports whether the cell may have a position of the region.
func (r *planeRegion) IntersectsCell(c s2.Cell) bool {
	boxes, n := cellBoxes(c, r.margin)
	for _, b := range boxes[:n] {
		if meetsBox(r.shape, b) {
			return true
		}
	}
	return false
}

// ContainsPoint reports whether p lies in the region.
func (r *planeRegion) ContainsPoint(p s2.Point) bool {
	l := s2.LatLngFromPoint(p)
	return r.shape.locate(Point{l.Lng.Degrees(), l.Lat.Degrees()}) != outside
}

// CellUnionBound gives a few cells that cover the region.
func (r *planeRegion) CellUnionBound() []s2.CellID { return r.CapBound().CellUnionBound() }

// cellBoxes gives the boxes that hold cell c, two if it lies across the
// antimeridian.
func cellBoxes(c s2.Cell, margin float64) ([2]Rect, int) {
	b := c.RectBound()
	s, n := b.Lat.Lo/radian-margin, b.Lat.Hi/radian+margin
	w, e := b.Lng.Lo/radian-margin, b.Lng.Hi/radian+margin
	if b.Lng.IsFull() {
		return [2]Rect{{-180, s, 180, n}}, 1
	}
	if b.Lng.IsInverted() {
		return [2]Rect{{w, s, 180, n}, {-180, s, e, n}}, 2
	}
	out := [2]Rect{{w, s, e, n}}
	// What touches 180 has the positions at -180 too, and the other way round.
	switch {
	case w <= -180:
		out[1] = Rect{180, s, 180, n}
		return out, 2
	case e >= 180:
		out[1] = Rect{-180, s, -180, n}
		return out, 2
	}
	return out, 1
}

// meetsBox reports whether s has a position in b.
func meetsBox(s *shape, b Rect) bool {
	if !b.Intersects(s.g.bounds) {
		return false
	}
	if b.contains(s.g.bounds) {
		return true
	}
	if s.dim == 0 {
		for _, p := range s.g.pts {
			if b.ContainsPoint(p) {
				return true
			}
		}
		return false
	}
	if boxEdges(s, b) {
		return true
	}
	return s.dim == 2 && s.locate(Point{b.West, b.South}) != outside
}

// areaHolds reports whether b lies wholly in s.
func areaHolds(s *shape, b Rect) bool {
	return s.g.bounds.contains(b) && !boxEdges(s, b) && s.locate(Point{b.West, b.South}) == inside
}

// boxEdges reports whether an edge of s has a position in b.
func boxEdges(s *shape, b Rect) bool {
	for i := range s.sets {
		if !s.sets[i].meet(b, func(e *edge) bool { return !edgeMeetsBox(e, b) }) {
			return true
		}
	}
	return false
}

// edgeMeetsBox reports whether e, whose box meets b, has a position in b: it
// does unless all corners of b are on one side of it.
func edgeMeetsBox(e *edge, b Rect) bool {
	o := orient(e.a, e.b, Point{b.West, b.South})
	for _, c := range [3]Point{{b.East, b.South}, {b.East, b.North}, {b.West, b.North}} {
		if p := orient(e.a, e.b, c); p == 0 || p != o {
			return true
		}
	}
	return o == 0
}
