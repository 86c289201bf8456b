package mvt

// clipSegment gives the part of the segment from p to q that lies in the
// square from lo to hi both ways (Liang and Barsky's method). Ends inside are
// given back unchanged.
func clipSegment(p, q xy, lo, hi float64) (xy, xy, bool) {
	t0, t1 := 0.0, 1.0
	dx, dy := q.x-p.x, q.y-p.y
	for _, s := range [4][2]float64{{-dx, p.x - lo}, {dx, hi - p.x}, {-dy, p.y - lo}, {dy, hi - p.y}} {
		switch {
		case s[0] == 0:
			if s[1] < 0 {
				return p, q, false
			}
		case s[0] < 0:
			t0 = max(t0, s[1]/s[0])
		default:
			t1 = min(t1, s[1]/s[0])
		}
	}
	if t0 > t1 {
		return p, q, false
	}
	a, b := p, q
	if t0 > 0 {
		a = xy{p.x + t0*dx, p.y + t0*dy}
	}
	if t1 < 1 {
		b = xy{p.x + t1*dx, p.y + t1*dy}
	}
	return a, b, true
}

// clipRing gives the part of a closed ring that lies in the tile and its
// margin (Sutherland and Hodgman's method). What falls apart stays joined by
// lines along the margin's border, which is not seen.
func (b *Builder) clipRing(ring []xy) []xy {
	lo, hi := float64(-b.o.Buffer), float64(b.o.Extent+b.o.Buffer)
	inside := true
	for _, p := range ring {
		if p.x < lo || p.x > hi || p.y < lo || p.y > hi {
			inside = false
			break
		}
	}
	if inside {
		return ring
	}
	// beyond gives how far p is outside one border, negative if inside.
	beyond := [4]func(p xy) float64{
		func(p xy) float64 { return lo - p.x },
		func(p xy) float64 { return p.x - hi },
		func(p xy) float64 { return lo - p.y },
		func(p xy) float64 { return p.y - hi },
	}
	from, to := ring, b.work.b[:0]
	spare := b.work.c
	for i, out := range beyond {
		to = clipHalf(to[:0], from, out)
		if len(to) < 4 {
			to = to[:0]
		}
		if i == 0 {
			from, to = to, spare[:0]
		} else {
			from, to = to, from[:0]
		}
	}
	b.work.b, b.work.c = from, to
	return from
}

// clipHalf appends the part of a closed ring where out is not positive,
// closed again.
func clipHalf(dst, ring []xy, out func(xy) float64) []xy {
	for i := 1; i < len(ring); i++ {
		p, q := ring[i-1], ring[i]
		op, oq := out(p), out(q)
		if op <= 0 {
			dst = append(dst, p)
		}
		if (op < 0 && oq > 0) || (op > 0 && oq < 0) {
			t := op / (op - oq)
			dst = append(dst, xy{p.x + t*(q.x-p.x), p.y + t*(q.y-p.y)})
		}
	}
	if len(dst) > 0 {
		dst = append(dst, dst[0])
	}
	return dst
}
