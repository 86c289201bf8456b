package geo

import (
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// Op is one of the geographical relations of CIM 009, 4.10.
type Op uint8

// The relations. In each it is the target, the geometry of an entity, that is
// near, equal to, within ... the reference geometry of the query. Their
// meaning is that of Simple Features (ISO 19125-1): within and contains need
// the insides to meet, overlaps needs both to be of one dimension.
const (
	OpNear Op = iota + 1
	OpEquals
	OpDisjoint
	OpIntersects
	OpWithin
	OpContains
	OpOverlaps

	opCount
)

var opNames = [opCount]string{"", "near", "equals", "disjoint", "intersects", "within", "contains", "overlaps"}

// String gives the name of op as georel writes it.
func (op Op) String() string { return opNames[min(op, opCount-1)] }

// Relation is a relation with its settings.
type Relation struct {
	Op Op
	// MinM and MaxM bound the distance in metres if Op is OpNear, both
	// inclusive; a MaxM of +Inf sets no upper bound.
	MinM, MaxM float64
}

// String gives r as a georel parameter writes it.
func (r Relation) String() string {
	s := r.Op.String()
	if r.Op == OpNear {
		if !math.IsInf(r.MaxM, 1) {
			s += ";maxDistance==" + strconv.FormatFloat(r.MaxM, 'f', -1, 64)
		}
		if r.MinM > 0 {
			s += ";minDistance==" + strconv.FormatFloat(r.MinM, 'f', -1, 64)
		}
	}
	return s
}

// ParseRelation reads a georel parameter, such as "within" or
// "near;maxDistance==2000" (CIM 009, 4.10): near has one distance.
//
// Errors: problem.BadRequestData if there is no such relation, a distance is
// missing, not a number above zero, or the least is greater than the most.
func ParseRelation(georel string) (Relation, error) {
	name, rest, more := strings.Cut(georel, ";")
	r := Relation{MaxM: math.Inf(1)}
	for op := OpNear; op < opCount; op++ {
		if opNames[op] == name {
			r.Op = op
		}
	}
	switch {
	case r.Op == 0:
		return Relation{}, bad("georel: %.40q is no relation; there are near, equals, disjoint, intersects, within, contains, overlaps", name)
	case r.Op != OpNear && more:
		return Relation{}, bad("georel: %s takes no settings, but %.40q follows", name, rest)
	case r.Op == OpNear && !more:
		return Relation{}, bad("georel: near needs a distance, such as near;maxDistance==2000")
	case r.Op != OpNear:
		return r, nil
	}
	key, value, ok := strings.Cut(rest, "==")
	if !ok || key != "maxDistance" && key != "minDistance" {
		return Relation{}, bad("georel: expected maxDistance==metres or minDistance==metres after near, not %.40q", rest)
	}
	if strings.Contains(value, ";") {
		return Relation{}, bad("georel: near has one distance, but %.40q follows", value[strings.Index(value, ";"):])
	}
	n, err := jsontree.NumberNode(value)
	m, finite := 0.0, false
	if err == nil {
		m, finite = n.Float()
	}
	if !finite || math.IsInf(m, 0) || !(m > 0) {
		return Relation{}, bad("georel: %s must be a number of metres above zero, not %.40q", key, value)
	}
	if key == "maxDistance" {
		r.MaxM = m
	} else {
		r.MinM = m
	}
	return r, nil
}

// Predicate decides whether a geometry is in a relation to a reference
// geometry. It is prepared once and matches many; it may be copied and is
// safe for concurrent use. The zero Predicate matches nothing.
type Predicate struct{ p *prepared }

type prepared struct {
	rel    Relation
	ref    shape
	isRect bool
	near   *nearRef
	// spare holds *scratch: what a match needs beyond its arguments.
	spare sync.Pool
}

type scratch struct {
	target shape
	walker walker
}

// MaxReference is the greatest number of positions in a reference geometry:
// what is asked of every entity must not take seconds with any.
const MaxReference = 10_000

// NewPredicate prepares rel to reference geometry g.
//
// Errors: problem.BadRequestData if g is empty, there is no such relation, or
// the distances of OpNear are negative, NaN or the wrong way round;
// problem.TooComplexQuery if g has more than MaxReference positions.
func NewPredicate(rel Relation, g Geometry) (Predicate, error) {
	if g.IsZero() {
		return Predicate{}, bad("a geo-query needs a reference geometry")
	}
	p := &prepared{rel: rel}
	switch {
	case g.Len() > MaxReference:
		return Predicate{}, problem.New(problem.TooComplexQuery, "the reference geometry has %d positions and may have %d; simplify it", g.Len(), MaxReference)
	case rel.Op == 0 || rel.Op >= opCount:
		return Predicate{}, bad("a geo-query needs a relation")
	case rel.Op == OpNear:
		if !(rel.MinM >= 0) || !(rel.MaxM >= rel.MinM) {
			return Predicate{}, bad("near: the distances %v to %v m make no sense; expected 0 or more, the lower first", rel.MinM, rel.MaxM)
		}
	default:
		p.rel.MinM, p.rel.MaxM = 0, 0
	}
	p.ref.prepare(g)
	p.isRect = isRect(g)
	if rel.Op == OpNear {
		p.near = newNearRef(&p.ref, rel)
	}
	p.spare.New = func() any { return new(scratch) }
	return Predicate{p}, nil
}

// Near selects geometries at least minM and at most maxM metres away
// from g (CIM 009, 4.10, georel "near").
//
// Distances are metres on the WGS 84 ellipsoid between the nearest positions
// of both; a maxM of +Inf sets no upper bound.
//
// Errors: problem.BadRequestData if a distance is negative or NaN or if minM
// is greater than maxM.
func Near(g Geometry, minM, maxM float64) (Predicate, error) {
	return NewPredicate(Relation{Op: OpNear, MinM: minM, MaxM: maxM}, g)
}

// Meets selects geometries that have a position in common with box r.
// Errors: problem.BadRequestData if r is empty or not on the globe.
func Meets(r Rect) (Predicate, error) {
	return NewPredicate(Relation{Op: OpIntersects}, FromRect(r))
}

// IsZero reports whether p is the zero Predicate.
func (p Predicate) IsZero() bool { return p.p == nil }

// Relation gives the relation that p decides.
func (p Predicate) Relation() Relation {
	if p.p == nil {
		return Relation{}
	}
	return p.p.rel
}

// Geometry gives the reference geometry of p.
func (p Predicate) Geometry() Geometry {
	if p.p == nil {
		return Geometry{}
	}
	return p.p.ref.g
}

// Match reports whether target is in the relation. An empty target never is.
func (p Predicate) Match(target Geometry) bool {
	if p.p == nil || target.IsZero() {
		return false
	}
	q := p.p
	switch q.rel.Op {
	case OpNear:
		return q.near.match(target)
	case OpDisjoint:
		return !q.intersects(target)
	case OpIntersects:
		return q.intersects(target)
	}
	return q.compare(target)
}

func (q *prepared) intersects(target Geometry) bool {
	b := q.ref.g.bounds
	if !b.Intersects(target.bounds) {
		return false
	}
	if q.isRect && (target.kind == PointKind || b.contains(target.bounds)) {
		return true
	}
	if pt, ok := target.IsPoint(); ok {
		return q.ref.locate(pt) != outside
	}
	s := q.spare.Get().(*scratch)
	defer q.spare.Put(s)
	s.target.prepare(target)
	return intersect(&s.target, &q.ref)
}

// compare decides the relations that need more than a common position.
func (q *prepared) compare(target Geometry) bool {
	tb, rb, td := target.bounds, q.ref.g.bounds, target.kind.dim()
	switch q.rel.Op {
	case OpWithin:
		if !rb.contains(tb) || td > q.ref.dim {
			return false
		}
		if pt, ok := target.IsPoint(); ok {
			return q.ref.locate(pt) == inside
		}
	case OpContains:
		if !tb.contains(rb) || td < q.ref.dim {
			return false
		}
	case OpEquals:
		if tb != rb || td != q.ref.dim {
			return false
		}
	case OpOverlaps:
		if !tb.Intersects(rb) || td != q.ref.dim {
			return false
		}
	}
	s := q.spare.Get().(*scratch)
	defer q.spare.Put(s)
	s.target.prepare(target)
	switch q.rel.Op {
	case OpWithin:
		return s.within(&s.target, &q.ref)
	case OpContains:
		return s.within(&q.ref, &s.target)
	}
	if td == 0 {
		return comparePointSets(q.rel.Op, target.pts, q.ref.g.pts)
	}
	if q.rel.Op == OpEquals {
		f := s.walker.relate(&s.target, &q.ref, true, func(f facts) bool { return f.aOut || f.bOut })
		return !f.aOut && !f.bOut
	}
	f := s.walker.relate(&s.target, &q.ref, true, func(f facts) bool {
		return f.aOut && f.bOut && f.inner && (td == 2 || f.along)
	})
	return f.aOut && f.bOut && f.inner && (td == 2 || f.along)
}

// within reports whether a lies within b: nowhere outside it, and inside it
// somewhere.
func (s *scratch) within(a, b *shape) bool {
	if a.dim > 0 {
		if b.dim == 0 {
			return false
		}
		f := s.walker.relate(a, b, false, func(f facts) bool { return f.aOut })
		return f.inner && !f.aOut
	}
	in := false
	for _, p := range a.g.pts {
		switch b.locate(p) {
		case outside:
			return false
		case inside:
			in = true
		}
	}
	return in
}

// comparePointSets decides equals and overlaps for points.
func comparePointSets(op Op, a, b []Point) bool {
	common, aOut, bOut := false, false, false
	inB := make(map[Point]bool, len(b))
	for _, p := range b {
		inB[p] = false
	}
	for _, p := range a {
		if _, is := inB[p]; is {
			common, inB[p] = true, true
		} else {
			aOut = true
		}
	}
	for _, hit := range inB {
		bOut = bOut || !hit
	}
	if op == OpEquals {
		return !aOut && !bOut
	}
	return common && aOut && bOut
}

// isRect reports whether g is one ring along the four sides of its box.
func isRect(g Geometry) bool {
	if g.kind != PolygonKind || len(g.pts) != 5 {
		return false
	}
	b := g.bounds
	for i, p := range g.pts[:4] {
		q := g.pts[i+1]
		if p.Lon != b.West && p.Lon != b.East || p.Lat != b.South && p.Lat != b.North || (p.Lon == q.Lon) == (p.Lat == q.Lat) {
			return false
		}
	}
	return b.West < b.East && b.South < b.North
}
