package synth

// parkPaths lays ways through the parks: a round and some that cross it.
func (f *fabric) parkPaths(bs []block, nm *namer) []stroke {
	r := newRNG(f.seed, "paths")
	var out []stroke
	add := func(pts []vec) {
		if l := lineLen(pts); l > 30 {
			out = append(out, stroke{name: nm.street("sentier", suburb), class: path, kind: "path", zone: suburb, half: 1.5, lines: [][]vec{qAll(pts)}, length: l})
		}
	}
	shrink := func(ring []vec, c vec, k float64) []vec {
		o := make([]vec, len(ring))
		for i, p := range ring {
			o[i] = q(c.lerp(p, k))
		}
		return o
	}
	for _, p := range f.parks {
		c := centroid(p.ring)
		add(closeRing(shrink(p.ring, c, 0.8)))
		if p.kind == "citadel" {
			add(closeRing(shrink(f.fort.moat, c, 1.12)))
		}
		n := 3 + r.intn(3)
		for k := range n {
			deg := float64(k)*360/float64(n) + r.around(20)
			edge := c.add(polar(900, deg))
			for i := range p.ring {
				if t, _, ok := crossing(c, edge, p.ring[i], p.ring[(i+1)%len(p.ring)]); ok {
					from := 0.1
					if p.kind == "citadel" {
						from = 0.62
					}
					a, b := c.lerp(edge, t*from), c.lerp(edge, t)
					bend := a.lerp(b, 0.5).add(b.sub(a).unit().left().mul(r.around(26)))
					add(spline([]vec{a, bend, b}, 18, false))
				}
			}
		}
	}
	for i := range bs {
		if bs[i].use != "park" || bs[i].ring == nil || bs[i].area < 2200 {
			continue
		}
		ring := bs[i].ring
		k := r.intn(len(ring))
		add([]vec{ring[k], bs[i].middle, ring[(k+len(ring)/2)%len(ring)]})
		add(closeRing(shrink(simplify(ring, 3), bs[i].middle, 0.66)))
	}
	return out
}
