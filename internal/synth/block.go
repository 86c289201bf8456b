package synth

import "math"

// block is an area between streets, as it may be built on.
type block struct {
	face   int
	zone   zone
	use    string // built, square, park, civic, water, green, rail, fields, waste
	ring   []vec  // counter-clockwise, inside the pavements
	street []int32
	area   float64
	middle vec
}

// blocks shrinks every face of the network by half the streets round it.
func (f *fabric) blocks(fs []face) []block {
	out := make([]block, 0, len(fs))
	for i := range fs {
		b := block{face: i, middle: interior(fs[i].ring)}
		b.zone = f.zoneAt(b.middle)
		b.use = f.useOf(b.middle, &fs[i])
		ring, street := f.cleanRing(&fs[i])
		b.ring, b.street = inset(ring, street, func(k int) float64 {
			e := f.net.edges[street[k]]
			if e.class == bound {
				return 3.5
			}
			return e.half
		})
		if len(b.ring) < 3 || !soundInset(b.ring, fs[i].ring) {
			b.ring = nil
			if b.use == "built" {
				b.use = "waste"
			}
		} else {
			b.area = area(b.ring)
		}
		out = append(out, b)
	}
	return out
}

// useOf tells what a face is by where its middle lies.
func (f *fabric) useOf(p vec, fc *face) string {
	switch {
	case f.river.within(p, quay-1) || f.canal.within(p, quay-1) || f.nearDock(p, 11):
		return "water"
	case inside(p, f.square):
		return "square"
	}
	for _, pk := range f.parks {
		if inside(p, pk.ring) {
			return "green"
		}
	}
	for _, rl := range f.rails {
		if _, d, _ := nearestOnLine(p, rl); d < halfRail {
			return "rail"
		}
	}
	if math.Abs(area(fc.ring)) > 210000 {
		return "fields"
	}
	return "built"
}

// cleanRing drops the points of a face's ring that bend it by next to nothing,
// where the street is the same on both sides of the point.
func (f *fabric) cleanRing(fc *face) (ring []vec, street []int32) {
	n := len(fc.ring)
	for i := range n {
		prev, next := fc.ring[(i+n-1)%n], fc.ring[(i+1)%n]
		ea, eb := f.net.edges[fc.edges[(i+n-1)%n]], f.net.edges[fc.edges[i]]
		if len(ring) > 0 {
			prev = ring[len(ring)-1]
		}
		at, _ := nearestOnSegment(fc.ring[i], prev, next)
		if at.dist(fc.ring[i]) < 1.1 && ea.class == eb.class && ea.half == eb.half && n-i+len(ring) > 3 {
			continue
		}
		ring = append(ring, fc.ring[i])
		street = append(street, fc.edges[i])
	}
	return ring, street
}

// inset moves every edge of a ring inwards by its own distance. Edges that
// vanish on the way are taken out and their neighbours joined.
func inset(ring []vec, tag []int32, by func(k int) float64) ([]vec, []int32) {
	type side struct {
		p, dir vec // a point of the moved edge, and its direction
		tag    int32
		k      int
	}
	var sides []side
	for k := range ring {
		a, b := ring[k], ring[(k+1)%len(ring)]
		d := b.sub(a)
		if d.len() < 0.5 {
			continue
		}
		d = d.unit()
		sides = append(sides, side{a.add(d.left().mul(by(k))), d, tag[k], k})
	}
	for len(sides) >= 3 {
		n := len(sides)
		pts := make([]vec, n) // pts[i]: start of side i
		for i := range sides {
			pts[i] = q(meet(sides[(i+n-1)%n].p, sides[(i+n-1)%n].dir, sides[i].p, sides[i].dir))
		}
		worst, at := -0.2, -1
		for i := range sides {
			if l := pts[(i+1)%n].sub(pts[i]).dot(sides[i].dir); l < worst {
				worst, at = l, i
			}
		}
		if at < 0 {
			tags := make([]int32, n)
			for i := range sides {
				tags[i] = sides[i].tag
			}
			return pts, tags
		}
		sides = append(sides[:at:at], sides[at+1:]...)
	}
	return nil, nil
}

// meet is where two moved edges meet; almost parallel ones meet half way.
func meet(p vec, d vec, r vec, e vec) vec {
	den := d.cross(e)
	if den < 0.06 && den > -0.06 {
		// project r on the first line and take the middle
		on := p.add(d.mul(r.sub(p).dot(d)))
		return on.lerp(r, 0.5)
	}
	return p.add(d.mul(r.sub(p).cross(e) / den))
}

// soundInset reports whether an inset ring still lies in the face it came from
// and does not cross itself.
func soundInset(ring, outer []vec) bool {
	if area(ring) < 60 {
		return false
	}
	for _, p := range ring {
		if !inside(p, outer) {
			return false
		}
	}
	return !crossesItself(ring)
}

func crossesItself(ring []vec) bool {
	n := len(ring)
	for i := range n {
		for j := i + 2; j < n; j++ {
			if i == 0 && j == n-1 {
				continue
			}
			if _, _, ok := crossing(ring[i], ring[i+1], ring[j], ring[(j+1)%n]); ok {
				return true
			}
		}
	}
	return false
}

// spread is the length and width of a ring along its longest side, and that
// side's direction.
func spread(ring []vec) (dir vec, lo, hi vec) {
	var l float64
	for i := range ring {
		if d := ring[(i+1)%len(ring)].sub(ring[i]); d.len() > l {
			l, dir = d.len(), d.unit()
		}
	}
	b := boxOf(frame(ring, ring[0], dir))
	return dir, b.lo, b.hi
}

// frame expresses points in axes with origin o and x axis dir.
func frame(pts []vec, o, dir vec) []vec {
	out := make([]vec, len(pts))
	for i, p := range pts {
		d := p.sub(o)
		out[i] = vec{d.dot(dir), dir.cross(d)}
	}
	return out
}

// unframe is the way back of frame.
func unframe(p, o, dir vec) vec { return q(o.add(dir.mul(p.x)).add(dir.left().mul(p.y))) }
