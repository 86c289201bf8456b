package geo

import "math"

// nearRef decides whether geometries are within a range of distances of a
// reference geometry.
type nearRef struct {
	ref        *shape
	minM, maxM float64
}

func newNearRef(ref *shape, rel Relation) *nearRef {
	return &nearRef{ref: ref, minM: rel.MinM, maxM: rel.MaxM}
}

// match decides for target; bounds decide most cases.
func (n *nearRef) match(target Geometry) bool {
	from, ok := n.ref.g.IsPoint()
	if !ok {
		return n.decide(distanceShapes(prepared1(target), n.ref, n.maxM))
	}
	if to, ok := target.IsPoint(); ok {
		a := angle(from, to)
		if a*minRadius > n.maxM || a*maxRadius < n.minM {
			return false
		}
		if a*minRadius >= n.minM && a*maxRadius <= n.maxM {
			return true
		}
		return n.decide(Distance(from, to))
	}
	if angleToRect(from, target.bounds)*minRadius > n.maxM {
		return false
	}
	if n.minM == 0 {
		for _, p := range target.pts {
			if angle(from, p)*maxRadius <= n.maxM {
				return true
			}
		}
	}
	return n.decide(distanceTo(from, prepared1(target), n.maxM))
}

// decide: what is nearer than minM or at it meets the buffer that it is to be
// disjoint with (CIM 009, 4.10).
func (n *nearRef) decide(d float64) bool { return (d > n.minM || n.minM == 0) && d <= n.maxM }

func prepared1(g Geometry) *shape {
	s := new(shape)
	s.prepare(g)
	return s
}

// DistanceTo gives the distance in metres on the WGS 84 ellipsoid between the
// nearest positions of g and h: 0 if they meet, +Inf if one is empty.
func (g Geometry) DistanceTo(h Geometry) float64 {
	if g.IsZero() || h.IsZero() {
		return math.Inf(1)
	}
	return distanceShapes(prepared1(g), prepared1(h), math.Inf(1))
}

// distanceShapes gives the distance of a and b if it is at most limit, else
// something greater than limit.
func distanceShapes(a, b *shape, limit float64) float64 {
	if intersect(a, b) {
		return 0
	}
	// The nearest positions of two straight pieces that do not meet include
	// an end of one of them, but for the curve of the globe, which matters
	// little over such distances as people ask for.
	best := math.Inf(1)
	for _, p := range a.g.pts {
		best = min(best, distanceTo(p, b, min(limit, best)))
	}
	for _, p := range b.g.pts {
		best = min(best, distanceTo(p, a, min(limit, best)))
	}
	return best
}

// distanceTo gives the distance from p to s if it is at most limit, else
// something greater than limit.
func distanceTo(p Point, s *shape, limit float64) float64 {
	best := math.Inf(1)
	if s.dim == 0 {
		for _, q := range s.g.pts {
			if angle(p, q)*minRadius <= min(limit, best) {
				best = min(best, Distance(p, q))
			}
		}
		return best
	}
	if s.dim == 2 && s.locate(p) != outside {
		return 0
	}
	for i := range s.sets {
		best = s.sets[i].nearest(p, limit, best)
	}
	return best
}

// nearest gives the distance from p to the nearest edge, or best if that is
// less; edges farther than limit need not be looked at.
func (s *edges) nearest(p Point, limit, best float64) float64 {
	if angleToRect(p, s.bounds)*minRadius > min(limit, best) {
		return best
	}
	if len(s.levels) == 0 {
		return nearestEdge(s.all, p, limit, best)
	}
	top := len(s.levels) - 1
	return s.nearestBox(top, 0, len(s.tree)-s.levels[top], p, limit, best)
}

func (s *edges) nearestBox(level, from, to int, p Point, limit, best float64) float64 {
	for i := from; i < to; i++ {
		if angleToRect(p, s.tree[s.levels[level]+i])*minRadius > min(limit, best) {
			continue
		}
		if level == 0 {
			best = nearestEdge(s.all[i*fanout:min(len(s.all), (i+1)*fanout)], p, limit, best)
			continue
		}
		below := s.levels[level] - s.levels[level-1]
		best = s.nearestBox(level-1, i*fanout, min(below, (i+1)*fanout), p, limit, best)
	}
	return best
}

func nearestEdge(es []edge, p Point, limit, best float64) float64 {
	for i := range es {
		best = distanceToEdge(p, es[i], limit, best)
	}
	return best
}

// pieceM is how long an edge may be, about, to be treated in one piece.
const pieceM = 20_000

// distanceToEdge gives the distance from p to e, or best if that is less.
// Long edges are halved: parts that are too far away are left out unseen.
func distanceToEdge(p Point, e edge, limit, best float64) float64 {
	if angleToRect(p, e.box())*minRadius > min(limit, best) {
		return best
	}
	dLon, dLat := e.b.Lon-e.a.Lon, e.b.Lat-e.a.Lat
	widest := 1.0
	if e.a.Lat*e.b.Lat > 0 {
		widest = math.Cos(min(math.Abs(e.a.Lat), math.Abs(e.b.Lat)) * radian)
	}
	length := maxRadius * radian * math.Hypot(dLat, dLon*widest)
	m := e.at(0.5)
	if reach := angle(p, m)*minRadius - length/2*(maxRadius/minRadius); reach > min(limit, best) {
		return best
	}
	if length > pieceM && m != e.a && m != e.b {
		best = distanceToEdge(p, edge{e.a, m}, limit, best)
		return distanceToEdge(p, edge{m, e.b}, limit, best)
	}
	if length == 0 {
		return min(best, Distance(p, e.a))
	}
	// Where the edge is nearest in a plane that touches the globe there; then
	// round that place on the ellipsoid.
	kx := math.Cos((p.Lat + m.Lat) / 2 * radian)
	px, py := math.Remainder(p.Lon-e.a.Lon, 360)*kx, p.Lat-e.a.Lat
	ex, ey := dLon*kx, dLat
	t := min(max((px*ex+py*ey)/(ex*ex+ey*ey), 0), 1)
	d := func(t float64) float64 { return Distance(p, e.at(t)) }
	lo, hi := max(t-0.02, 0), min(t+0.02, 1)
	at, least := minimum(d, lo, hi, 24)
	if (at-lo < 1e-4 && lo > 0) || (hi-at < 1e-4 && hi < 1) {
		_, least = minimum(d, 0, 1, 40)
	}
	return min(best, least, d(lo), d(hi))
}
