package synth

import "math"

// yard puts a few low buildings inside a block.
func (b *builder) yard(i int, ring []vec, st style) {
	dir, lo, hi := spread(ring)
	o := ring[0]
	for range b.r.intn(3) {
		w, d := b.r.between(8, 16), b.r.between(6, 11)
		c := vec{b.r.between(lo.x+st.depth, hi.x-st.depth), b.r.between(lo.y+st.depth, hi.y-st.depth)}
		b.boxIn(i, ring, o, dir, c, w, d, 1, house{height: b.r.between(3.2, 5.6), kind: "outbuilding", name: -1, block: i, edge: -1})
	}
}

// boxIn places a rectangle of w by d round c (in the frame of o and dir) if it
// lies in the ring, at least margin from its edge.
func (b *builder) boxIn(i int, ring []vec, o, dir, c vec, w, d, margin float64, h house) bool {
	h.ring = []vec{
		unframe(vec{c.x - w/2, c.y - d/2}, o, dir), unframe(vec{c.x + w/2, c.y - d/2}, o, dir),
		unframe(vec{c.x + w/2, c.y + d/2}, o, dir), unframe(vec{c.x - w/2, c.y + d/2}, o, dir),
	}
	for k, p := range h.ring {
		if !inside(p, ring) || ringDist(p, ring) < margin || !inside(q(p.lerp(h.ring[(k+1)%4], 0.5)), ring) {
			return false
		}
	}
	h.block = i
	return b.place(h)
}

// detached builds houses with gardens along the streets: single ones, pairs
// or short terraces, each of which is one building.
func (b *builder) detached(i int, bl *block) {
	wide := [2]float64{10, 14}
	switch t := b.r.float(); {
	case t < 0.4:
		wide = [2]float64{15, 18}
	case t < 0.66:
		wide = [2]float64{28, 46}
	}
	for k := range bl.ring {
		e := b.f.net.edges[bl.street[k]]
		if !e.class.street() || e.class == motorway {
			continue
		}
		p, end := bl.ring[k], bl.ring[(k+1)%len(bl.ring)]
		dir, l := end.sub(p).unit(), end.dist(p)
		back := b.r.between(3.5, 7)
		deep := b.r.between(9, 11.5)
		at := func(x, y float64) vec { return q(p.add(dir.mul(x)).add(dir.left().mul(y))) }
		for x := back + 3; x < l-9; {
			w := min(b.r.between(wide[0], wide[1]), l-back-x)
			gap := b.r.between(6, 14)
			if w < 8.5 {
				break
			}
			if !b.r.chance(0.16) {
				h, set := b.r.between(5.4, 8.2), back+b.r.between(0, 2)
				b.place(house{ring: []vec{at(x, set), at(x+w, set), at(x+w, set+deep), at(x, set+deep)}, height: h, kind: "house", name: -1, block: i, edge: bl.street[k]})
			}
			x += w + gap
		}
	}
}

// slabs stands long blocks of flats on a lawn, in rows.
func (b *builder) slabs(i int, bl *block, levels int) {
	dir, lo, hi := spread(bl.ring)
	o := bl.ring[0]
	if b.r.chance(0.4) {
		dir = dir.left()
		bx := boxOf(frame(bl.ring, o, dir))
		lo, hi = bx.lo, bx.hi
	}
	height := float64(levels+b.r.intn(5))*2.9 + 2
	for y := lo.y + 13; y < hi.y-10; y += b.r.between(31, 40) {
		for x := lo.x + 9; x < hi.x-12; {
			w := b.r.between(22, 52)
			b.boxIn(i, bl.ring, o, dir, vec{x + w/2, y}, w, b.r.between(11.5, 14), 3.5,
				house{height: height + b.r.around(1), kind: "apartments", name: -1, edge: b.nearStreet(bl)})
			x += w + b.r.between(12, 26)
		}
	}
}

// halls fills a block of an industrial area.
func (b *builder) halls(i int, bl *block) {
	dir, lo, hi := spread(bl.ring)
	o := bl.ring[0]
	for y := lo.y + 26; y < hi.y-16; y += b.r.between(52, 66) {
		for x := lo.x + 10; x < hi.x-18; {
			w, d := b.r.between(26, 74), b.r.between(24, 46)
			if b.r.chance(0.82) {
				b.boxIn(i, bl.ring, o, dir, vec{x + w/2, y}, w, d, 4,
					house{height: b.r.between(6.5, 13), kind: "industrial", name: -1, edge: b.nearStreet(bl)})
			}
			x += w + b.r.between(8, 26)
		}
	}
}

// farms puts a few farmyards into the country.
func (b *builder) farms(i int, bl *block) {
	for k := range bl.ring {
		p, end := bl.ring[k], bl.ring[(k+1)%len(bl.ring)]
		if l := end.dist(p); l < 60 || !b.r.chance(0.22) || !b.f.net.edges[bl.street[k]].class.street() {
			continue
		}
		dir := end.sub(p).unit()
		x := b.r.between(0.25, 0.75) * end.dist(p)
		for _, s := range [][4]float64{{0, 16, 15, 9}, {-16, 26, 9, 22}, {5, 38, 26, 12}} {
			b.boxIn(i, bl.ring, p, dir, vec{x + s[0], s[1] + 6}, s[2]+b.r.around(2), s[3]+b.r.around(1), 2,
				house{height: b.r.between(5, 8), kind: "farm", name: -1, edge: bl.street[k]})
		}
	}
}

// nearStreet is a street of the block: its longest side.
func (b *builder) nearStreet(bl *block) int32 {
	best, edge := 0.0, int32(-1)
	for k := range bl.ring {
		if l := bl.ring[k].dist(bl.ring[(k+1)%len(bl.ring)]); l > best && b.f.net.edges[bl.street[k]].class.street() {
			best, edge = l, bl.street[k]
		}
	}
	return edge
}

// civic puts one large building with a court on a block, the size the block
// allows; it reports whether it found room.
func (b *builder) civic(i int, bl *block, kind string, height float64, name int) bool {
	dir, lo, hi := spread(bl.ring)
	o := bl.ring[0]
	c := frame([]vec{bl.middle}, o, dir)[0]
	for f := 0.86; f > 0.34; f -= 0.06 {
		w, d := (hi.x-lo.x)*f, (hi.y-lo.y)*f
		t := math.Min(13, d*0.3)
		shape := []vec{{-w / 2, -d / 2}, {w / 2, -d / 2}, {w / 2, d / 2}, {w/2 - t, d / 2}, {w/2 - t, -d/2 + t}, {-w/2 + t, -d/2 + t}, {-w/2 + t, d / 2}, {-w / 2, d / 2}}
		ring := make([]vec, len(shape))
		ok := true
		for k, s := range shape {
			ring[k] = unframe(c.add(s), o, dir)
			ok = ok && inside(ring[k], bl.ring) && ringDist(ring[k], bl.ring) > 1.5
		}
		if ok && b.place(house{ring: ring, height: height, kind: kind, landmark: name >= 0, name: name, block: i, edge: b.nearStreet(bl)}) {
			return true
		}
	}
	return false
}
