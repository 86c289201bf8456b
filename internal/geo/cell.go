package geo

import (
	"math"
	"slices"

	"github.com/golang/geo/r1"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// CellLevel is the S2 level of the cells of points, and the finest there is
// in an index: about 150 m across.
const CellLevel = 16

// MaxCells is the greatest number of cells that index one geometry.
const MaxCells = 8

// CellRange is a range of cell numbers, both ends included.
type CellRange struct{ Lo, Hi uint64 }

// Covering is where an index may hold geometries that a predicate matches.
//
// A cell is numbered so that all cells within it, of whatever level, have
// numbers in one range round its own. An index holds, for each geometry, the
// numbers that Geometry.Cells gives: of small cells for small things and of
// large ones for large. A query therefore has to look both into the ranges,
// where the cells within its own cells are, and at the single numbers of the
// cells that its own cells lie in. Geometries with several cells may be found
// more than once.
type Covering struct {
	Ranges    []CellRange // ascending, apart from each other
	Ancestors []uint64    // ascending, none within Ranges
}

// Contains reports whether a geometry indexed by cell may match.
func (c Covering) Contains(cell uint64) bool {
	i, _ := slices.BinarySearchFunc(c.Ranges, cell, func(r CellRange, v uint64) int {
		switch {
		case r.Hi < v:
			return -1
		case r.Lo > v:
			return 1
		}
		return 0
	})
	if i < len(c.Ranges) && c.Ranges[i].Lo <= cell && cell <= c.Ranges[i].Hi {
		return true
	}
	_, is := slices.BinarySearch(c.Ancestors, cell)
	return is
}

// CellID gives the number of the cell of level CellLevel that holds p.
func CellID(p Point) uint64 {
	return uint64(s2.CellIDFromLatLng(latLng(p)).Parent(CellLevel))
}

// Cells gives the numbers of the cells to index g by, ascending: one of level
// CellLevel for a Point, else at most MaxCells of that level or coarser which
// together cover g. The empty Geometry has none.
func (g Geometry) Cells() []uint64 {
	if g.kind == None {
		return nil
	}
	if p, ok := g.IsPoint(); ok {
		return []uint64{CellID(p)}
	}
	s := prepared1(g)
	cells := cover(&planeRegion{shape: s, margin: cellMargin}, MaxCells)
	out := make([]uint64, len(cells))
	for i, c := range cells {
		out[i] = uint64(c)
	}
	slices.Sort(out)
	return out
}

// Covering gives where an index may hold what p matches, using at most limit
// cells (at least 1, save that up to six are used round the corners of the
// globe's cube). It is false if the index cannot help: p matches what is far
// away too.
func (p Predicate) Covering(limit int) (Covering, bool) {
	if p.p == nil {
		return Covering{}, true // nothing
	}
	q := p.p
	var r s2.Region
	switch {
	case q.rel.Op == OpDisjoint || q.rel.Op == OpNear && math.IsInf(q.rel.MaxM, 1):
		return Covering{}, false
	case q.rel.Op == OpNear:
		a := q.rel.MaxM/minRadius*(1+1e-9) + 1e-9
		if a > math.Pi/2 {
			return Covering{}, false
		}
		if pt, ok := q.ref.g.IsPoint(); ok {
			r = s2.CapFromCenterAngle(s2.PointFromLatLng(latLng(pt)), s1.Angle(a))
		} else {
			r = expanded(q.ref.g.bounds, a)
		}
	default:
		r = &planeRegion{shape: &q.ref, margin: cellMargin}
	}
	return coveringOf(cover(r, limit)), true
}

// expanded gives a region that has all positions within an angle of b in it.
func expanded(b Rect, a float64) s2.Region {
	r := s2.Rect{
		Lat: r1.Interval{Lo: b.South * radian, Hi: b.North * radian},
		Lng: s1.IntervalFromEndpoints(b.West*radian, b.East*radian),
	}
	if b.West <= -180 && b.East >= 180 {
		r.Lng = s1.FullInterval()
	}
	lat := max(math.Abs(b.South), math.Abs(b.North))*radian + a
	if lat >= math.Pi/2-1e-9 {
		r.Lng = s1.FullInterval()
	} else {
		// The greatest difference in longitude that a way of angle a can make.
		r.Lng = r.Lng.Expanded(math.Asin(min(1, math.Sin(a)/math.Cos(lat-a))) + 1e-9)
	}
	r.Lat = r.Lat.Expanded(a + 1e-9).Intersection(r1.Interval{Lo: -math.Pi / 2, Hi: math.Pi / 2})
	return r
}

func cover(r s2.Region, limit int) s2.CellUnion {
	c := s2.RegionCoverer{MinLevel: 0, MaxLevel: CellLevel, LevelMod: 1, MaxCells: max(limit, 1)}
	return c.Covering(r)
}

func coveringOf(cells s2.CellUnion) Covering {
	var c Covering
	slices.Sort(cells)
	for _, id := range cells {
		lo, hi := uint64(id.RangeMin()), uint64(id.RangeMax())
		if n := len(c.Ranges); n > 0 && c.Ranges[n-1].Hi+2 >= lo {
			// Ranges begin and end with leaf cells, which are odd; the even
			// number between two neighbours is that of a coarser cell.
			c.Ranges[n-1].Hi = max(hi, c.Ranges[n-1].Hi)
		} else {
			c.Ranges = append(c.Ranges, CellRange{lo, hi})
		}
		for l := id.Level() - 1; l >= 0; l-- {
			c.Ancestors = append(c.Ancestors, uint64(id.Parent(l)))
		}
	}
	slices.Sort(c.Ancestors)
	c.Ancestors = slices.Compact(c.Ancestors)
	c.Ancestors = slices.DeleteFunc(c.Ancestors, func(a uint64) bool {
		return Covering{Ranges: c.Ranges}.Contains(a)
	})
	return c
}

// latLng gives the meridians -180 and 180, which are one, the same cells.
func latLng(p Point) s2.LatLng {
	if p.Lon == -180 {
		p.Lon = 180
	}
	return s2.LatLngFromDegrees(p.Lat, p.Lon)
}
