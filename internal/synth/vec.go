package synth

import "math"

// vec is a place or a direction in the city's own plane: metres, x to the east
// and y to the north before the city is turned, the belfry square at the
// origin.
type vec struct{ x, y float64 }

// The products below are written as conversions (float64(a*b)): the language
// lets a compiler fuse a product and a sum into one rounding, unless the
// product is converted explicitly, and some processors would then give other
// last bits than others.

func (a vec) add(b vec) vec       { return vec{a.x + b.x, a.y + b.y} }
func (a vec) sub(b vec) vec       { return vec{a.x - b.x, a.y - b.y} }
func (a vec) mul(f float64) vec   { return vec{float64(a.x * f), float64(a.y * f)} }
func (a vec) dot(b vec) float64   { return float64(a.x*b.x) + float64(a.y*b.y) }
func (a vec) cross(b vec) float64 { return float64(a.x*b.y) - float64(a.y*b.x) }
func (a vec) len() float64        { return math.Sqrt(a.dot(a)) }
func (a vec) dist(b vec) float64  { return a.sub(b).len() }
func (a vec) left() vec           { return vec{-a.y, a.x} }
func (a vec) lerp(b vec, f float64) vec {
	return vec{a.x + float64((b.x-a.x)*f), a.y + float64((b.y-a.y)*f)}
}

// unit has length 1, or is zero for a zero vector.
func (a vec) unit() vec {
	l := a.len()
	if l == 0 {
		return vec{}
	}
	return vec{a.x / l, a.y / l}
}

// turn rotates counter-clockwise by an angle in radians.
func (a vec) turn(rad float64) vec {
	s, c := math.Sincos(rad)
	return vec{float64(a.x*c) - float64(a.y*s), float64(a.x*s) + float64(a.y*c)}
}

// polar is the place at a distance and an angle in degrees from the origin.
func polar(r, deg float64) vec { return vec{r, 0}.turn(deg * math.Pi / 180) }

// q rounds to 1/128 m. Every stage of the generator rounds what it hands on,
// so a last bit that differs between machines disappears before it can decide
// anything.
func q(a vec) vec { return vec{math.Round(a.x*128) / 128, math.Round(a.y*128) / 128} }

func qAll(pts []vec) []vec {
	for i := range pts {
		pts[i] = q(pts[i])
	}
	return pts
}

// degrees is the direction of a, 0 to 360, counter-clockwise from the x axis.
func (a vec) degrees() float64 {
	d := math.Atan2(a.y, a.x) * 180 / math.Pi
	if d < 0 {
		d += 360
	}
	return d
}

// box is an axis-parallel rectangle.
type box struct{ lo, hi vec }

func boxOf(pts []vec) box {
	b := box{vec{math.Inf(1), math.Inf(1)}, vec{math.Inf(-1), math.Inf(-1)}}
	for _, p := range pts {
		b.lo.x, b.lo.y = min(b.lo.x, p.x), min(b.lo.y, p.y)
		b.hi.x, b.hi.y = max(b.hi.x, p.x), max(b.hi.y, p.y)
	}
	return b
}

func (b box) grow(d float64) box {
	return box{vec{b.lo.x - d, b.lo.y - d}, vec{b.hi.x + d, b.hi.y + d}}
}

func (b box) has(p vec) bool {
	return p.x >= b.lo.x && p.x <= b.hi.x && p.y >= b.lo.y && p.y <= b.hi.y
}

func (b box) meets(c box) bool {
	return b.lo.x <= c.hi.x && c.lo.x <= b.hi.x && b.lo.y <= c.hi.y && c.lo.y <= b.hi.y
}

// nearestOnSegment is the point of ab nearest to p and its share of ab.
func nearestOnSegment(p, a, b vec) (vec, float64) {
	d := b.sub(a)
	l := d.dot(d)
	if l == 0 {
		return a, 0
	}
	t := min(1, max(0, p.sub(a).dot(d)/l))
	return a.lerp(b, t), t
}

// crossing reports where ab and cd cross, as shares of both.
func crossing(a, b, c, d vec) (t, u float64, ok bool) {
	r, s := b.sub(a), d.sub(c)
	den := r.cross(s)
	if den > -1e-9 && den < 1e-9 {
		return 0, 0, false
	}
	ac := c.sub(a)
	t, u = ac.cross(s)/den, ac.cross(r)/den
	return t, u, t >= 0 && t <= 1 && u >= 0 && u <= 1
}

// disc is the area within a distance of the origin.
type disc float64

func (d disc) has(p vec) bool       { return p.dot(p) <= float64(d*d) }
func (d disc) grow(by float64) disc { return d + disc(by) }
