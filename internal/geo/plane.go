package geo

import (
	"math"
	"slices"
)

// facts is what two geometries a and b have to do with each other. A fact may
// be left out once want decides the question without it.
type facts struct {
	inner bool // their insides meet
	along bool // two lines run together for a while
	aOut  bool // a has a position outside b
	bOut  bool // b has a position outside a
}

// walker compares the lines of one shape with another shape. Its slices are
// used again from call to call.
type walker struct {
	cuts   []float64
	own    []float64
	shared []span
	// noOut is set when it does not matter what the shape compared with has
	// outside.
	noOut bool
}

// span is where along an edge another edge lies on it.
type span struct{ from, to float64 }

// sliver is the part of an edge too short to be looked at by itself: such
// pieces come from rounding where lines cross.
const sliver = 1e-12

// intersect reports whether a and b have a position in common.
func intersect(a, b *shape) bool {
	if !a.g.bounds.Intersects(b.g.bounds) {
		return false
	}
	if a.dim == 0 {
		return slices.ContainsFunc(a.g.pts, func(p Point) bool { return b.locate(p) != outside })
	}
	if b.dim == 0 {
		return slices.ContainsFunc(b.g.pts, func(p Point) bool { return a.locate(p) != outside })
	}
	// Lines that meet; else one lies wholly in the other or outside it, and
	// one position of each of its parts tells.
	if linesMeet(a, b) {
		return true
	}
	return b.dim == 2 && anyPartIn(a, b) || a.dim == 2 && anyPartIn(b, a)
}

func linesMeet(a, b *shape) bool {
	if edgeCount(a) > edgeCount(b) {
		a, b = b, a // walk the shorter, search in the longer
	}
	for i := range a.sets {
		for j := range b.sets {
			if !a.sets[i].bounds.Intersects(b.sets[j].bounds) {
				continue
			}
			for k := range a.sets[i].all {
				e := &a.sets[i].all[k]
				if !b.sets[j].meet(e.box(), func(f *edge) bool { return !edgesMeet(e, f) }) {
					return true
				}
			}
		}
	}
	return false
}

func edgeCount(s *shape) int {
	n := 0
	for i := range s.sets {
		n += len(s.sets[i].all)
	}
	return n
}

// edgesMeet reports whether two edges whose boxes meet have a position in
// common.
func edgesMeet(e, f *edge) bool {
	o1, o2 := orient(e.a, e.b, f.a), orient(e.a, e.b, f.b)
	if o1*o2 > 0 {
		return false
	}
	o3, o4 := orient(f.a, f.b, e.a), orient(f.a, f.b, e.b)
	if o3*o4 > 0 {
		return false
	}
	if o1 != 0 && o2 != 0 && o3 != 0 && o4 != 0 {
		return true
	}
	return e.touches(f.a) || e.touches(f.b) || f.touches(e.a) || f.touches(e.b)
}

// anyPartIn reports whether the first position of any line or ring of a lies
// in b.
func anyPartIn(a, b *shape) bool {
	for i := range a.g.runs() {
		if b.locate(a.g.run(i)[0]) != outside {
			return true
		}
	}
	return false
}

// relate finds the facts of a and b, neither of which is of points. It stops
// early once enough says so. What b has outside a is found only if bOut.
func (w *walker) relate(a, b *shape, bOut bool, enough func(facts) bool) facts {
	var f facts
	switch {
	case a.dim > b.dim:
		f.aOut = true
	case a.dim < b.dim:
		f.bOut = true
	}
	w.noOut = !bOut
	if w.walk(a, b, &f, enough) || a.dim != b.dim {
		return f
	}
	w.noOut = false
	turned := func(f facts) facts { return facts{f.inner, f.along, f.bOut, f.aOut} }
	g := turned(f)
	done := func(g facts) bool { return enough(turned(g)) }
	if bOut {
		w.walk(b, a, &g, done)
		return turned(g)
	}
	for i := range b.sets { // only what is near a can be in it
		if !b.sets[i].meet(a.g.bounds, func(e *edge) bool {
			w.edge(e, b, a, &g, done)
			return !done(g)
		}) {
			break
		}
	}
	return turned(g)
}

// walk looks at every piece of a's edges between crossings with b and adds to
// f what it finds. It reports whether enough was reached.
func (w *walker) walk(a, b *shape, f *facts, enough func(facts) bool) bool {
	for i := range a.sets {
		for k := range a.sets[i].all {
			e := &a.sets[i].all[k]
			if !e.box().Intersects(b.g.bounds) {
				f.aOut = true
			} else {
				w.edge(e, a, b, f, enough)
			}
			if enough(*f) {
				return true
			}
		}
	}
	return false
}

// edge looks at the pieces of one edge e of a.
func (w *walker) edge(e *edge, a, b *shape, f *facts, enough func(facts) bool) {
	if e.a == e.b {
		switch b.locate(e.a) {
		case outside:
			f.aOut = true
		case inside:
			f.inner = f.inner || a.dim == 1 && a.locate(e.a) == inside
		}
		return
	}
	w.cut(e, a, b, f)
	from := 0.0
	for _, to := range w.cuts {
		if to-from <= sliver {
			continue
		}
		if b.dim == 1 {
			w.onLines((from+to)/2, f)
		} else {
			w.onArea(e, from, to, a, b, f)
		}
		if from = to; enough(*f) {
			return
		}
	}
}

// cut sets w.cuts to where b's edges meet e, in order and with 1 at the end,
// and w.shared to where they lie on it. If both are lines it looks whether
// their insides meet there.
func (w *walker) cut(e *edge, a, b *shape, f *facts) {
	w.cuts, w.shared = w.cuts[:0], w.shared[:0]
	box := e.box()
	lines := a.dim == 1 && b.dim == 1
	for i := range b.sets {
		b.sets[i].meet(box, func(x *edge) bool {
			m := meetingOf(e, x)
			w.cuts = append(w.cuts, m.t[:m.n]...)
			switch {
			case m.n == 0:
			case m.along:
				w.shared = append(w.shared, span{m.t[0], m.t[1]})
			case !lines || f.inner:
			case m.proper:
				f.inner = !a.endsAt(e.at(m.t[0])) && !b.endsAt(e.at(m.t[0]))
			default:
				for _, p := range m.at[:m.n] {
					f.inner = f.inner || a.locate(p) == inside && b.locate(p) == inside
				}
			}
			return true
		})
	}
	w.cuts = ordered(w.cuts)
}

// ordered sorts what cuts an edge and puts its end behind.
func ordered(cuts []float64) []float64 {
	for i := range cuts {
		cuts[i] = min(max(cuts[i], 0), 1)
	}
	slices.Sort(cuts)
	return append(cuts, 1)
}

// meeting is where an edge x meets an edge e.
type meeting struct {
	n      int        // how many positions of e matter: 0, 1 or 2
	t      [2]float64 // where along e they are
	at     [2]Point   // the positions, unless the edges cross properly
	along  bool       // x lies on e between both positions
	proper bool       // the edges cross between their ends
}

func (m *meeting) add(t float64, p Point) {
	m.t[m.n], m.at[m.n] = t, p
	m.n++
}

// meetingOf finds where x meets e, which has a length.
func meetingOf(e, x *edge) (m meeting) {
	o1, o2 := orient(e.a, e.b, x.a), orient(e.a, e.b, x.b)
	if o1*o2 > 0 {
		return m
	}
	if o1 == 0 && o2 == 0 {
		t1, t2 := e.param(x.a), e.param(x.b)
		if lo, hi := max(min(t1, t2), 0), min(max(t1, t2), 1); lo < hi {
			return meeting{n: 2, t: [2]float64{lo, hi}, along: true}
		}
		if e.touches(x.a) {
			m.add(t1, x.a)
		}
		if x.a != x.b && e.touches(x.b) {
			m.add(t2, x.b)
		}
		return m
	}
	o3, o4 := orient(x.a, x.b, e.a), orient(x.a, x.b, e.b)
	switch {
	case o3*o4 > 0:
	case o3 == 0:
		m.add(0, e.a)
	case o4 == 0:
		m.add(1, e.b)
	case o1 == 0:
		m.add(e.param(x.a), x.a)
	case o2 == 0:
		m.add(e.param(x.b), x.b)
	default:
		m.add(crossing(e, x), Point{})
		m.proper = true
	}
	return m
}

// crossing gives the t along e where x properly crosses it.
func crossing(e, x *edge) float64 {
	dx, dy := x.b.Lon-x.a.Lon, x.b.Lat-x.a.Lat
	d1 := float64(dx*(e.a.Lat-x.a.Lat)) - float64(dy*(e.a.Lon-x.a.Lon))
	d2 := float64(dx*(e.b.Lat-x.a.Lat)) - float64(dy*(e.b.Lon-x.a.Lon))
	if d1 == d2 {
		return 0.5
	}
	return d1 / (d1 - d2)
}

func (s *shape) endsAt(p Point) bool {
	_, is := slices.BinarySearchFunc(s.ends, p, comparePoints)
	return is
}

func (w *walker) isShared(t float64) bool {
	return slices.ContainsFunc(w.shared, func(s span) bool { return s.from <= t && t <= s.to })
}

// onLines looks at the piece round t of a line, with regard to lines.
func (w *walker) onLines(t float64, f *facts) {
	if w.isShared(t) {
		f.inner, f.along = true, true
	} else {
		f.aOut = true
	}
}

// onArea looks at the piece of e, an edge of a, between two of its cuts, with
// regard to area b.
func (w *walker) onArea(e *edge, from, to float64, a, b *shape, f *facts) {
	t := (from + to) / 2
	shared := w.isShared(t)
	if !shared {
		switch b.locate(e.at(t)) {
		case outside:
			f.aOut = true
			return
		case border:
			return // by rounding only
		}
	}
	if a.dim == 1 {
		bs := sides{true, true}
		if shared {
			bs = b.sides(e, t)
		}
		f.inner = f.inner || bs.plus && bs.minus
		return
	}
	// In b, a's side tells that the insides meet, and the other side that b
	// goes beyond a; there is no more to learn.
	known := func() bool { return !shared && f.inner && (f.bOut || w.noOut) }
	if known() {
		return
	}
	// What is beside e changes where a's own rings meet it.
	w.own = w.own[:0]
	for i := range a.sets {
		a.sets[i].meet(e.box(), func(x *edge) bool {
			m := meetingOf(e, x)
			w.own = append(w.own, m.t[:m.n]...)
			return true
		})
	}
	w.own = ordered(w.own)
	for _, next := range w.own {
		if known() {
			return
		}
		if next = min(next, to); next-from > sliver {
			w.beside(e, (from+next)/2, shared, a, b, f)
			from = next
		}
	}
}

// beside compares what a and b have on both sides of e at t, which lies in b
// or, if shared, on its border.
func (w *walker) beside(e *edge, t float64, shared bool, a, b *shape, f *facts) {
	as, bs := a.sides(e, t), sides{true, true}
	if shared {
		bs = b.sides(e, t)
	}
	f.inner = f.inner || as.plus && bs.plus || as.minus && bs.minus
	f.aOut = f.aOut || as.plus && !bs.plus || as.minus && !bs.minus
	f.bOut = f.bOut || bs.plus && !as.plus || bs.minus && !as.minus
}

// sides tells for both sides of a piece of an edge whether an area is there.
// Plus is the side of greater longitude or, for edges more level than steep,
// of greater latitude.
type sides struct{ plus, minus bool }

// sides looks at the area on both sides of e at t. Where e lies on edges of
// the area, each of them separates.
func (s *shape) sides(e *edge, t float64) sides {
	var out sides
	for i := range s.sets {
		one := s.sets[i].sides(e, t)
		out.plus, out.minus = out.plus || one.plus, out.minus || one.minus
	}
	return out
}

func (s *edges) sides(e *edge, t float64) sides {
	m := e.at(t)
	steep := math.Abs(e.b.Lat-e.a.Lat) >= math.Abs(e.b.Lon-e.a.Lon)
	ray := Rect{m.Lon, m.Lat, math.Inf(1), m.Lat}
	if !steep {
		ray = Rect{m.Lon, m.Lat, m.Lon, math.Inf(1)}
	}
	// The edges that lie on e are asked for with some slack, as m may be off
	// e by a rounding.
	const slack = 1e-9
	ray.West, ray.South = ray.West-slack, ray.South-slack
	if steep {
		ray.North += slack
	} else {
		ray.East += slack
	}
	plus, on := false, false
	s.meet(ray, func(x *edge) bool {
		if x.a != x.b && orient(e.a, e.b, x.a) == 0 && orient(e.a, e.b, x.b) == 0 {
			t1, t2 := e.param(x.a), e.param(x.b)
			if min(t1, t2) <= t && t <= max(t1, t2) {
				on = !on
			}
			return true
		}
		if crosses(x, m, steep) {
			plus = !plus
		}
		return true
	})
	return sides{plus: plus, minus: plus != on}
}

// crosses reports whether the ray from m towards greater longitude (steep) or
// latitude crosses x.
func crosses(x *edge, m Point, steep bool) bool {
	if steep {
		return (x.a.Lat <= m.Lat) != (x.b.Lat <= m.Lat) && (orient(x.a, x.b, m) > 0) == (x.a.Lat < x.b.Lat)
	}
	return (x.a.Lon <= m.Lon) != (x.b.Lon <= m.Lon) && (orient(x.a, x.b, m) < 0) == (x.a.Lon < x.b.Lon)
}
