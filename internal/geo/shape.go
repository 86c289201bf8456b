package geo

import (
	"math"
	"slices"
)

// location says where a position lies with regard to a geometry.
type location uint8

const (
	outside location = iota
	border
	inside
)

// edge is a straight line between two positions.
type edge struct{ a, b Point }

func (e *edge) box() Rect {
	return Rect{min(e.a.Lon, e.b.Lon), min(e.a.Lat, e.b.Lat), max(e.a.Lon, e.b.Lon), max(e.a.Lat, e.b.Lat)}
}

// at gives the position at t between 0 and 1 along e.
func (e *edge) at(t float64) Point {
	return Point{e.a.Lon + float64(t*(e.b.Lon-e.a.Lon)), e.a.Lat + float64(t*(e.b.Lat-e.a.Lat))}
}

// param gives the t at which p, which lies on e's line, is. e has a length.
func (e *edge) param(p Point) float64 {
	dx, dy := e.b.Lon-e.a.Lon, e.b.Lat-e.a.Lat
	if math.Abs(dx) >= math.Abs(dy) {
		return (p.Lon - e.a.Lon) / dx
	}
	return (p.Lat - e.a.Lat) / dy
}

// touches reports whether p lies on e.
func (e *edge) touches(p Point) bool {
	return p.Lon >= min(e.a.Lon, e.b.Lon) && p.Lon <= max(e.a.Lon, e.b.Lon) &&
		p.Lat >= min(e.a.Lat, e.b.Lat) && p.Lat <= max(e.a.Lat, e.b.Lat) && orient(e.a, e.b, p) == 0
}

// fanout is how many boxes one box of the next level holds.
const fanout = 8

// edges is the lines of a geometry, or the rings of one polygon, with a tree
// of boxes over runs of neighbours: neighbours in a ring are near each other.
type edges struct {
	all    []edge
	bounds Rect
	tree   []Rect // level after level, the one nearest to the edges first
	levels []int  // where each level begins in tree
}

func (s *edges) reset() { s.all, s.tree, s.levels = s.all[:0], s.tree[:0], s.levels[:0] }

func (s *edges) addRun(pts []Point) {
	for i := 1; i < len(pts); i++ {
		s.all = append(s.all, edge{pts[i-1], pts[i]})
	}
}

// index makes the tree; all must not be changed afterwards.
func (s *edges) index() {
	s.bounds = EmptyRect()
	n := (len(s.all) + fanout - 1) / fanout
	if len(s.all) <= 2*fanout {
		for i := range s.all {
			s.bounds = s.bounds.Union(s.all[i].box())
		}
		return
	}
	s.levels = append(s.levels, 0)
	for i := range n {
		r := EmptyRect()
		for k := range s.all[i*fanout : min(len(s.all), (i+1)*fanout)] {
			r = r.Union(s.all[i*fanout+k].box())
		}
		s.tree = append(s.tree, r)
		s.bounds = s.bounds.Union(r)
	}
	for n > fanout {
		from := s.levels[len(s.levels)-1]
		s.levels = append(s.levels, len(s.tree))
		for i := 0; i < n; i += fanout {
			r := EmptyRect()
			for _, b := range s.tree[from+i : from+min(n, i+fanout)] {
				r = r.Union(b)
			}
			s.tree = append(s.tree, r)
		}
		n = (n + fanout - 1) / fanout
	}
}

// meet calls f for every edge whose box meets q, until f is false; it reports
// whether f never was.
func (s *edges) meet(q Rect, f func(*edge) bool) bool {
	if !q.Intersects(s.bounds) {
		return true
	}
	if len(s.levels) == 0 {
		return s.meetEdges(0, len(s.all), q, f)
	}
	top := len(s.levels) - 1
	return s.meetBoxes(top, 0, len(s.tree)-s.levels[top], q, f)
}

func (s *edges) meetEdges(from, to int, q Rect, f func(*edge) bool) bool {
	for i := from; i < to; i++ {
		e := &s.all[i]
		if min(e.a.Lat, e.b.Lat) <= q.North && max(e.a.Lat, e.b.Lat) >= q.South &&
			min(e.a.Lon, e.b.Lon) <= q.East && max(e.a.Lon, e.b.Lon) >= q.West && !f(e) {
			return false
		}
	}
	return true
}

func (s *edges) meetBoxes(level, from, to int, q Rect, f func(*edge) bool) bool {
	for i := from; i < to; i++ {
		r := &s.tree[s.levels[level]+i]
		if r.South > q.North || r.North < q.South || r.West > q.East || r.East < q.West {
			continue
		}
		if level == 0 {
			if !s.meetEdges(i*fanout, min(len(s.all), (i+1)*fanout), q, f) {
				return false
			}
			continue
		}
		below := s.levels[level] - s.levels[level-1]
		if !s.meetBoxes(level-1, i*fanout, min(below, (i+1)*fanout), q, f) {
			return false
		}
	}
	return true
}

// locate says where p lies with regard to the polygon whose rings s holds:
// inside if a ray from it crosses an odd number of lines.
func (s *edges) locate(p Point) location {
	if !s.bounds.ContainsPoint(p) {
		return outside
	}
	odd := false
	onIt := !s.meet(Rect{p.Lon, p.Lat, math.Inf(1), p.Lat}, func(e *edge) bool {
		if e.a.Lat == e.b.Lat { // along the ray
			return min(e.a.Lon, e.b.Lon) > p.Lon
		}
		// Upward edges count their lower end, downward ones their upper: each
		// end of a chain through p's latitude counts once.
		up := e.a.Lat < e.b.Lat
		o := orient(e.a, e.b, p)
		if o == 0 {
			return false
		}
		if (e.a.Lat <= p.Lat) != (e.b.Lat <= p.Lat) && (o > 0) == up {
			odd = !odd
		}
		return true
	})
	switch {
	case onIt:
		return border
	case odd:
		return inside
	}
	return outside
}

// shape is a geometry prepared for relations.
type shape struct {
	g    Geometry
	dim  int
	sets []edges // if dim is 1: all lines as one; if dim is 2: one per polygon
	ends []Point // if dim is 1: its border, the positions where an odd number of lines end
}

// prepare fills s, whose memory it uses again.
func (s *shape) prepare(g Geometry) {
	s.g, s.dim = g, g.kind.dim()
	s.ends = s.ends[:0]
	switch s.dim {
	case 0:
		s.sets = s.sets[:0]
	case 1:
		s.room(1)
		for i := range g.runs() {
			r := g.run(i)
			s.sets[0].addRun(r)
			if r[0] != r[len(r)-1] {
				s.ends = append(s.ends, r[0], r[len(r)-1])
			}
		}
		s.sets[0].index()
		s.ends = keepOdd(s.ends)
	case 2:
		s.room(g.polygons())
		for p := range s.sets {
			from, to := g.polygon(p)
			for i := from; i < to; i++ {
				s.sets[p].addRun(g.run(i))
			}
			s.sets[p].index()
		}
	}
}

// room makes n empty sets.
func (s *shape) room(n int) {
	s.sets = slices.Grow(s.sets[:0], n)[:n]
	for i := range s.sets {
		s.sets[i].reset()
	}
}

func comparePoints(a, b Point) int {
	switch {
	case a.Lon < b.Lon || a.Lon == b.Lon && a.Lat < b.Lat:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// keepOdd sorts pts and keeps one of each position that is there an odd
// number of times: where lines end (Simple Features' mod-2 rule).
func keepOdd(pts []Point) []Point {
	if len(pts) == 2 && pts[0] != pts[1] {
		if comparePoints(pts[0], pts[1]) > 0 {
			pts[0], pts[1] = pts[1], pts[0]
		}
		return pts
	}
	slices.SortFunc(pts, comparePoints)
	k := 0
	for i := 0; i < len(pts); {
		j := i
		for j < len(pts) && pts[j] == pts[i] {
			j++
		}
		if (j-i)%2 == 1 {
			pts[k] = pts[i]
			k++
		}
		i = j
	}
	return pts[:k]
}

// locate says where p lies with regard to s.
func (s *shape) locate(p Point) location {
	if !s.g.bounds.ContainsPoint(p) {
		return outside
	}
	switch s.dim {
	case 0:
		if slices.Contains(s.g.pts, p) {
			return inside
		}
		return outside
	case 1:
		if s.sets[0].meet(Rect{p.Lon, p.Lat, p.Lon, p.Lat}, func(e *edge) bool { return !e.touches(p) }) {
			return outside
		}
		if _, is := slices.BinarySearchFunc(s.ends, p, comparePoints); is {
			return border
		}
		return inside
	}
	at := outside
	for i := range s.sets {
		if l := s.sets[i].locate(p); l > at {
			if at = l; at == inside {
				break
			}
		}
	}
	return at
}
