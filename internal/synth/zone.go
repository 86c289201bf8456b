package synth

import "math"

// zone says how a part of the city is built.
type zone int8

const (
	old      zone = iota // inside the ring
	gridTown             // the straight streets of the nineteenth century
	south                // beyond the river, round the station
	middle               // faubourgs
	suburb
	village
	industry
	country
)

// zoneAt is the zone of a place.
func (s *skeleton) zoneAt(p vec) zone {
	if inside(p, s.ring) {
		return old
	}
	for _, v := range s.village {
		if p.dist(v) < 255 {
			return village
		}
	}
	for _, w := range s.works {
		if inside(p, w.ring) {
			return industry
		}
	}
	d, deg := p.len(), p.degrees()
	wob := wave(s.seed, 501, deg/30)*(1-deg/360) + wave(s.seed, 502, deg/30)*(deg/360)
	switch {
	case p.y < -1120 && p.y > -2250 && math.Abs(p.x) < 1250:
		return south
	case d < 2020+90*wob && deg > 24 && deg < 112:
		return gridTown
	case d < 2050+130*wob:
		return middle
	case d < 2900+330*wob:
		return suburb
	}
	return country
}

// pitch is the usual distance between the middles of neighbouring blocks, and
// half the width of a minor street, metres.
func (z zone) pitch() (block, halfStreet float64) {
	switch z {
	case old:
		return 66, 4.2
	case gridTown:
		return 102, 7.2
	case south:
		return 112, 7.5
	case middle:
		return 112, 6
	case suburb:
		return 146, 5.4
	case village:
		return 92, 4.6
	case industry:
		return 235, 7
	}
	return 500, 3.6
}

// seeds are the middles of the blocks: the streets run half way between them.
func (s *skeleton) seeds() []vec {
	r := newRNG(s.seed, "seeds")
	set := &seedSet{s: s, pts: newPoints(), r: r}
	for _, c := range s.closes {
		set.pts.add(c.at)
	}
	set.mirror(closeRing(s.ring), halfRing, 30, true)
	for _, a := range s.avenues {
		set.mirror(a.pts, a.half, 0, true)
	}
	set.mirror(closeRing(s.outer), halfAvenue, 0, true)
	for _, l := range s.links {
		set.mirror(l.pts, l.half, 0, true)
	}
	for _, st := range []stream{s.river, s.canal} {
		for _, sign := range []float64{1, -1} {
			set.mirrorSide(st, sign)
		}
	}
	for _, p := range s.parks {
		set.mirror(closeRing(p.ring), 6, 0, false)
	}
	for _, rl := range s.rails {
		set.mirror(rl, halfRail, 0, false)
	}
	set.mirror(s.highway, halfMotorway, 12, false)
	set.oldTown()
	set.lattice(gridTown, 122, 84, s.turnDeg)
	set.lattice(south, 132, 104, s.turnDeg-20)
	set.lattice(industry, 240, 190, 40)
	for _, v := range s.village {
		set.core(v)
	}
	set.patchwork(middle, 560, 136, 100, 0.07)
	set.patchwork(suburb, 640, 178, 120, 0.09)
	set.scatter()
	return set.pts.list
}

type seedSet struct {
	s   *skeleton
	pts *points
	r   *rng
}

// mirror puts seeds in pairs to both sides of a line, so that the border
// between the two of a pair is the line itself.
func (t *seedSet) mirror(line []vec, half, extra float64, pairs bool) {
	total := lineLen(line)
	for d := 20.0; d < total; {
		p, dir := along(line, d)
		block, _ := t.s.zoneAt(p).pitch()
		out := half + extra/2 + block*0.42
		l, r := q(p.add(dir.left().mul(out))), q(p.add(dir.left().mul(-out)))
		okL, okR := t.fits(l, block*0.66), t.fits(r, block*0.66)
		if pairs && (!okL || !okR) {
			d += block * 0.3
			continue
		}
		if okL {
			t.pts.add(l)
		}
		if okR {
			t.pts.add(r)
		}
		d += block * t.r.between(0.92, 1.2)
	}
}

func (t *seedSet) mirrorSide(st stream, sign float64) {
	line := st.side(sign, quay)
	total := lineLen(line)
	for d := 20.0; d < total; {
		p, dir := along(line, d)
		block, _ := t.s.zoneAt(p).pitch()
		if c := q(p.add(dir.left().mul(sign * (4 + block*0.42)))); t.fits(c, block*0.66) {
			t.pts.add(c)
		}
		d += block * t.r.between(0.92, 1.2)
	}
}

func (t *seedSet) fits(p vec, d float64) bool {
	for _, c := range t.s.closes {
		if p.dist(c.at) < c.size*1.7 {
			return false
		}
	}
	return math.Abs(p.x) < reach-150 && math.Abs(p.y) < reach-150 && t.pts.free(p, d) &&
		!t.s.river.within(p, 14) && !t.s.canal.within(p, 14)
}

// oldTown puts seeds on rings round the belfry square, squeezed to the shape
// of the ring boulevard.
func (t *seedSet) oldTown() {
	for rad := 96.0; rad < 640; rad += 52 {
		n := int(2 * math.Pi * rad / 76)
		shift := t.r.between(0, 360)
		for i := range n {
			deg := shift + float64(i)*360/float64(n)
			edge := t.s.ringAt(deg).len()
			d := rad * edge / 600
			p := q(polar(d, deg).add(vec{t.r.around(9), t.r.around(9)}))
			if d < edge-42 && t.fits(p, 41) {
				t.pts.add(p)
			}
		}
	}
}

// lattice fills a zone with straight rows.
func (t *seedSet) lattice(z zone, w, h, deg float64) {
	rad := deg * math.Pi / 180
	for i := -40; i <= 40; i++ {
		for j := -50; j <= 50; j++ {
			p := vec{float64(i) * w, float64(j) * h}.turn(rad).add(vec{t.r.around(2), t.r.around(2)})
			if p = q(p); t.s.zoneAt(p) == z && t.fits(p, h*0.62) {
				t.pts.add(p)
			}
		}
	}
}

// core is an old village: two or three rings of small blocks.
func (t *seedSet) core(c vec) {
	for rad := 52.0; rad < 250; rad += 82 {
		n := int(2*math.Pi*rad/96) + 1
		shift := t.r.between(0, 360)
		for i := range n {
			p := q(c.add(polar(rad+t.r.around(12), shift+float64(i)*360/float64(n)+t.r.around(6))))
			if t.fits(p, 54) {
				t.pts.add(p)
			}
		}
	}
}

// patchwork fills a zone with lattices that each keep their own direction, as
// one estate after another was laid out along the road that led there.
func (t *seedSet) patchwork(z zone, size, w, h, loose float64) {
	centres := newPoints()
	for range 4000 {
		p := vec{t.r.around(4600), t.r.around(4200)}
		if t.s.zoneAt(p) == z && centres.free(p, size) {
			centres.add(q(p))
		}
	}
	for k, c := range centres.list {
		rad := (math.Round(c.degrees()/12)*12 + t.r.around(24)) * math.Pi / 180
		f, brick := t.r.between(0.86, 1.16), 0.5*float64(t.r.intn(2))
		n := int(size/h) + 2
		for i := -n; i <= n; i++ {
			for j := -n; j <= n; j++ {
				p := vec{(float64(i) + brick*float64(j&1)) * w * f, float64(j) * h * f}.turn(rad)
				p = q(c.add(p).add(vec{t.r.around(w * loose), t.r.around(h * loose)}))
				if t.s.zoneAt(p) == z && centres.nearest(p, size*1.6) == k && t.fits(p, h*f*0.72) {
					t.pts.add(p)
				}
			}
		}
	}
}

// scatter fills what is left at random.
func (t *seedSet) scatter() {
	for range 20000 {
		p := q(vec{t.r.around(5400), t.r.around(4800)})
		block, _ := t.s.zoneAt(p).pitch()
		if t.fits(p, block*0.84) {
			t.pts.add(p)
		}
	}
}
