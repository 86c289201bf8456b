package synth

import "math"

// spline is a smooth curve through pts (Catmull-Rom), sampled about every step
// metres. A closed one returns to its start and does not repeat it.
func spline(pts []vec, step float64, closed bool) []vec {
	n := len(pts)
	at := func(i int) vec {
		if closed {
			return pts[(i+n)%n]
		}
		switch {
		case i < 0:
			return pts[0].mul(2).sub(pts[1])
		case i >= n:
			return pts[n-1].mul(2).sub(pts[n-2])
		}
		return pts[i]
	}
	spans := n - 1
	if closed {
		spans = n
	}
	var out []vec
	for i := range spans {
		p0, p1, p2, p3 := at(i-1), at(i), at(i+1), at(i+2)
		k := max(1, int(math.Round(p1.dist(p2)/step)))
		for j := range k {
			out = append(out, catmull(p0, p1, p2, p3, float64(j)/float64(k)))
		}
	}
	if !closed {
		out = append(out, pts[n-1])
	}
	return qAll(out)
}

func catmull(p0, p1, p2, p3 vec, t float64) vec {
	t2 := t * t
	t3 := t2 * t
	f0 := -float64(0.5*t3) + t2 - float64(0.5*t)
	f1 := float64(1.5*t3) - float64(2.5*t2) + 1
	f2 := -float64(1.5*t3) + float64(2*t2) + float64(0.5*t)
	f3 := float64(0.5*t3) - float64(0.5*t2)
	return p0.mul(f0).add(p1.mul(f1)).add(p2.mul(f2)).add(p3.mul(f3))
}

func lineLen(pts []vec) float64 {
	var l float64
	for i := 1; i < len(pts); i++ {
		l += pts[i].dist(pts[i-1])
	}
	return l
}

// closeRing repeats the first point at the end.
func closeRing(pts []vec) []vec {
	return append(append(make([]vec, 0, len(pts)+1), pts...), pts[0])
}

// along is the place at a distance from the start of the line, and the
// direction there. Distances beyond an end give that end.
func along(pts []vec, d float64) (p, dir vec) {
	for i := 1; i < len(pts); i++ {
		l := pts[i].dist(pts[i-1])
		if (d <= l || i == len(pts)-1) && l > 0 {
			return pts[i-1].lerp(pts[i], min(1, max(0, d/l))), pts[i].sub(pts[i-1]).unit()
		}
		d -= l
	}
	return pts[0], vec{1, 0}
}

// nearestOnLine is the nearest point of the line, its distance from p and from
// the line's start.
func nearestOnLine(p vec, pts []vec) (n vec, dist, pos float64) {
	dist = math.Inf(1)
	var done float64
	for i := 1; i < len(pts); i++ {
		c, t := nearestOnSegment(p, pts[i-1], pts[i])
		l := pts[i].dist(pts[i-1])
		if d := c.dist(p); d < dist {
			n, dist, pos = c, d, done+float64(t*l)
		}
		done += l
	}
	return n, dist, pos
}

// offsetLine moves every point of the line to its left by d(i) metres.
func offsetLine(pts []vec, d func(i int) float64) []vec {
	out := make([]vec, len(pts))
	for i := range pts {
		a, b := pts[max(0, i-1)], pts[min(len(pts)-1, i+1)]
		out[i] = q(pts[i].add(b.sub(a).unit().left().mul(d(i))))
	}
	return out
}

// offsetClosed does the same for a ring.
func offsetClosed(pts []vec, d float64) []vec {
	n := len(pts)
	out := make([]vec, n)
	for i := range pts {
		dir := pts[(i+1)%n].sub(pts[(i+n-1)%n]).unit()
		out[i] = q(pts[i].add(dir.left().mul(d)))
	}
	return out
}

// simplify drops points that lie within tol of the line between their
// neighbours (Douglas and Peucker).
func simplify(pts []vec, tol float64) []vec {
	if len(pts) < 3 {
		return pts
	}
	keep := make([]bool, len(pts))
	keep[0], keep[len(pts)-1] = true, true
	var walk func(a, b int)
	walk = func(a, b int) {
		far, at := tol, -1
		for i := a + 1; i < b; i++ {
			n, _ := nearestOnSegment(pts[i], pts[a], pts[b])
			if d := n.dist(pts[i]); d > far {
				far, at = d, i
			}
		}
		if at > 0 {
			keep[at] = true
			walk(a, at)
			walk(at, b)
		}
	}
	walk(0, len(pts)-1)
	out := make([]vec, 0, len(pts))
	for i, k := range keep {
		if k {
			out = append(out, pts[i])
		}
	}
	return out
}

// area is positive for a counter-clockwise ring (not closed).
func area(ring []vec) float64 {
	var s float64
	for i, p := range ring {
		s += p.cross(ring[(i+1)%len(ring)])
	}
	return s / 2
}

func centroid(ring []vec) vec {
	var c vec
	var s float64
	o := ring[0]
	for i := range ring {
		a, b := ring[i].sub(o), ring[(i+1)%len(ring)].sub(o)
		w := a.cross(b)
		c = c.add(a.add(b).mul(w))
		s += w
	}
	if s == 0 {
		return o
	}
	return q(o.add(c.mul(1 / (3 * s))))
}

// inside reports whether p lies in the ring (even-odd).
func inside(p vec, ring []vec) bool {
	in := false
	for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
		a, b := ring[i], ring[j]
		if (a.y > p.y) != (b.y > p.y) && p.x < float64((b.x-a.x)*(p.y-a.y))/(b.y-a.y)+a.x {
			in = !in
		}
	}
	return in
}

// interior is a point well inside the ring, also where the centroid is not:
// the middle of the longest stretch of a few horizontal lines.
func interior(ring []vec) vec {
	if c := centroid(ring); inside(c, ring) {
		return c
	}
	b := boxOf(ring)
	best, at := -1.0, ring[0]
	for k := 1; k < 8; k++ {
		y := b.lo.y + (b.hi.y-b.lo.y)*float64(k)/8 + 0.013
		var xs []float64
		for i := range ring {
			p, r := ring[i], ring[(i+1)%len(ring)]
			if (p.y > y) != (r.y > y) {
				xs = append(xs, p.x+float64((r.x-p.x)*((y-p.y)/(r.y-p.y))))
			}
		}
		sortFloats(xs)
		for i := 0; i+1 < len(xs); i += 2 {
			if w := xs[i+1] - xs[i]; w > best {
				best, at = w, vec{(xs[i] + xs[i+1]) / 2, y}
			}
		}
	}
	return q(at)
}

func sortFloats(xs []float64) {
	for i := 1; i < len(xs); i++ {
		for j := i; j > 0 && xs[j] < xs[j-1]; j-- {
			xs[j], xs[j-1] = xs[j-1], xs[j]
		}
	}
}

// ringDist is the distance of p from the ring's edge.
func ringDist(p vec, ring []vec) float64 {
	m := math.Inf(1)
	for i := range ring {
		n, _ := nearestOnSegment(p, ring[i], ring[(i+1)%len(ring)])
		m = min(m, n.dist(p))
	}
	return m
}

// rect is a rectangle round c, turned by an angle in degrees.
func rect(c vec, w, h, deg float64) []vec {
	r := deg * math.Pi / 180
	ux, uy := vec{w / 2, 0}.turn(r), vec{0, h / 2}.turn(r)
	return qAll([]vec{c.sub(ux).sub(uy), c.add(ux).sub(uy), c.add(ux).add(uy), c.sub(ux).add(uy)})
}

// blob is a smooth closed curve round c, with radii rx and ry and a shape that
// wobbles by the share amp.
func blob(r *rng, c vec, rx, ry, deg, amp float64) []vec {
	const n = 11
	pts := make([]vec, n)
	for i := range pts {
		p := polar(1+r.around(amp), float64(i)*360/n+r.around(8))
		pts[i] = q(c.add(vec{p.x * rx, p.y * ry}.turn(deg * math.Pi / 180)))
	}
	return spline(pts, 24, true)
}
