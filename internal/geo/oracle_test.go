package geo

import (
	"math/big"
	"slices"
)

// The oracle decides relations slowly and exactly: it cuts the plane into the
// cells that all edges of both geometries make, takes one position of each in
// rational numbers, and asks of each whether it is in the geometries.

type ratPoint struct{ x, y *big.Rat }

type oracle struct {
	a, b  Geometry
	edges [][2]ratPoint
	cells []oracleCell
}

type oracleCell struct {
	p   ratPoint
	dim int
}

func rat(f float64) *big.Rat { return new(big.Rat).SetFloat64(f) }

func ratOf(p Point) ratPoint { return ratPoint{rat(p.Lon), rat(p.Lat)} }

func sub(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
func mul(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
func mid(a, b *big.Rat) *big.Rat {
	s := new(big.Rat).Add(a, b)
	return s.Mul(s, big.NewRat(1, 2))
}

func side(a, b, c ratPoint) int {
	return sub(mul(sub(b.x, a.x), sub(c.y, a.y)), mul(sub(b.y, a.y), sub(c.x, a.x))).Sign()
}

func onEdge(e [2]ratPoint, p ratPoint) bool {
	lo, hi := func(a, b *big.Rat) *big.Rat {
		if a.Cmp(b) < 0 {
			return a
		}
		return b
	}, func(a, b *big.Rat) *big.Rat {
		if a.Cmp(b) > 0 {
			return a
		}
		return b
	}
	return side(e[0], e[1], p) == 0 &&
		p.x.Cmp(lo(e[0].x, e[1].x)) >= 0 && p.x.Cmp(hi(e[0].x, e[1].x)) <= 0 &&
		p.y.Cmp(lo(e[0].y, e[1].y)) >= 0 && p.y.Cmp(hi(e[0].y, e[1].y)) <= 0
}

// yAt gives where e, which is not upright, is at x.
func yAt(e [2]ratPoint, x *big.Rat) *big.Rat {
	t := new(big.Rat).Quo(sub(x, e[0].x), sub(e[1].x, e[0].x))
	return new(big.Rat).Add(e[0].y, mul(t, sub(e[1].y, e[0].y)))
}

func newOracle(a, b Geometry) *oracle {
	o := &oracle{a: a, b: b}
	var xs []*big.Rat
	var verts []ratPoint
	for _, g := range []Geometry{a, b} {
		for _, run := range g.Parts() {
			for i, p := range run {
				verts = append(verts, ratOf(p))
				if i > 0 && g.kind.dim() > 0 {
					o.edges = append(o.edges, [2]ratPoint{ratOf(run[i-1]), ratOf(p)})
				}
			}
		}
	}
	for i, e := range o.edges {
		for _, f := range o.edges[:i] {
			d := sub(mul(sub(e[1].x, e[0].x), sub(f[1].y, f[0].y)), mul(sub(e[1].y, e[0].y), sub(f[1].x, f[0].x)))
			if d.Sign() == 0 {
				continue
			}
			n := sub(mul(sub(f[0].x, e[0].x), sub(f[1].y, f[0].y)), mul(sub(f[0].y, e[0].y), sub(f[1].x, f[0].x)))
			t := new(big.Rat).Quo(n, d)
			p := ratPoint{new(big.Rat).Add(e[0].x, mul(t, sub(e[1].x, e[0].x))), new(big.Rat).Add(e[0].y, mul(t, sub(e[1].y, e[0].y)))}
			if onEdge(e, p) && onEdge(f, p) {
				verts = append(verts, p)
			}
		}
	}
	for _, v := range verts {
		o.cells = append(o.cells, oracleCell{v, 0})
		xs = append(xs, v.x)
	}
	cmp := func(a, b *big.Rat) int { return a.Cmp(b) }
	slices.SortFunc(xs, cmp)
	xs = slices.CompactFunc(xs, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
	for i, x := range xs {
		// Upright edges at x.
		var ys []*big.Rat
		for _, v := range verts {
			if v.x.Cmp(x) == 0 {
				ys = append(ys, v.y)
			}
		}
		for _, e := range o.edges { // edges that cross here cut upright ones
			if e[0].x.Cmp(e[1].x) != 0 && (e[0].x.Cmp(x) <= 0) != (e[1].x.Cmp(x) < 0) {
				ys = append(ys, yAt(e, x))
			}
		}
		slices.SortFunc(ys, cmp)
		for k := 1; k < len(ys); k++ {
			if ys[k-1].Cmp(ys[k]) != 0 {
				o.cells = append(o.cells, oracleCell{ratPoint{x, mid(ys[k-1], ys[k])}, 1})
			}
		}
		if i == 0 {
			continue
		}
		// The strip between two neighbouring x.
		m := mid(xs[i-1], x)
		ys = ys[:0]
		for _, e := range o.edges {
			if e[0].x.Cmp(m) < 0 && e[1].x.Cmp(m) > 0 || e[1].x.Cmp(m) < 0 && e[0].x.Cmp(m) > 0 {
				ys = append(ys, yAt(e, m))
			}
		}
		slices.SortFunc(ys, cmp)
		for k, y := range ys {
			o.cells = append(o.cells, oracleCell{ratPoint{m, y}, 1})
			if k > 0 && ys[k-1].Cmp(y) != 0 {
				o.cells = append(o.cells, oracleCell{ratPoint{m, mid(ys[k-1], y)}, 2})
			}
		}
	}
	return o
}

func locateRat(g Geometry, p ratPoint) location {
	switch g.kind.dim() {
	case 0:
		for _, q := range g.pts {
			if r := ratOf(q); r.x.Cmp(p.x) == 0 && r.y.Cmp(p.y) == 0 {
				return inside
			}
		}
		return outside
	case 1:
		on, ends := false, 0
		for _, run := range g.Parts() {
			for i := 1; i < len(run); i++ {
				on = on || onEdge([2]ratPoint{ratOf(run[i-1]), ratOf(run[i])}, p)
			}
			for _, q := range []Point{run[0], run[len(run)-1]} {
				if r := ratOf(q); r.x.Cmp(p.x) == 0 && r.y.Cmp(p.y) == 0 {
					ends++
				}
			}
		}
		switch {
		case !on:
			return outside
		case ends%2 == 1:
			return border
		}
		return inside
	}
	best := outside
	odd, on, cur := false, false, 0
	flush := func() {
		l := outside
		if on {
			l = border
		} else if odd {
			l = inside
		}
		best = max(best, l)
		odd, on = false, false
	}
	for part, run := range g.Parts() {
		if part.Polygon != cur {
			flush()
			cur = part.Polygon
		}
		for i := 1; i < len(run); i++ {
			e := [2]ratPoint{ratOf(run[i-1]), ratOf(run[i])}
			on = on || onEdge(e, p)
			if (e[0].x.Cmp(p.x) <= 0) != (e[1].x.Cmp(p.x) <= 0) && yAt(e, p.x).Cmp(p.y) > 0 {
				odd = !odd
			}
		}
	}
	flush()
	return best
}

// interior reports whether p, of a cell of dimension dim, is in the inside of
// g. The inside of several polygons includes the lines that they share.
func interior(g Geometry, p ratPoint) bool {
	switch locateRat(g, p) {
	case inside:
		return true
	case outside:
		return false
	}
	if g.kind.dim() < 2 {
		return false
	}
	eps := big.NewRat(1, 1_000_000_007)
	for _, d := range [][2]int64{{1, 7}, {-1, 7}, {7, -1}, {7, 1}, {-7, 1}, {-7, -1}, {1, -7}, {-1, -7}} {
		q := ratPoint{new(big.Rat).Add(p.x, mul(eps, big.NewRat(d[0], 1))), new(big.Rat).Add(p.y, mul(eps, big.NewRat(d[1], 1)))}
		if locateRat(g, q) == outside {
			return false
		}
	}
	return true
}

// decide gives the answer to op for target a and reference b.
func (o *oracle) decide(op Op) bool {
	var touch, inner, along, aOut, bOut bool
	for _, c := range o.cells {
		la, lb := locateRat(o.a, c.p), locateRat(o.b, c.p)
		touch = touch || la != outside && lb != outside
		aOut = aOut || la != outside && lb == outside
		bOut = bOut || lb != outside && la == outside
		if la == outside || lb == outside || inner && along {
			continue
		}
		if o.a.kind.dim() == 0 || o.b.kind.dim() == 0 {
			// A position on a ring is on the border, whatever is beside it.
			inner = inner || la == inside && lb == inside
			continue
		}
		if interior(o.a, c.p) && interior(o.b, c.p) {
			inner = true
			along = along || c.dim == 1
		}
	}
	da, db := o.a.kind.dim(), o.b.kind.dim()
	switch op {
	case OpIntersects:
		return touch
	case OpDisjoint:
		return !touch
	case OpEquals:
		return !aOut && !bOut && da == db
	case OpWithin:
		return inner && !aOut && da <= db
	case OpContains:
		return inner && !bOut && db <= da
	}
	return da == db && inner && aOut && bOut && (da != 1 || along)
}
