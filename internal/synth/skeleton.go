package synth

import "math"

// skeleton is what the city is built round: water first, then the great roads,
// the railway and the large parks. Everything is in the plane of vec.
type skeleton struct {
	seed    uint64
	extent  disc // lines end at its edge
	ring    []vec
	square  []vec // the belfry square, an irregular pentagon
	avenues []road
	outer   []vec // outer boulevard, closed
	links   []road
	highway []vec
	rails   [][]vec
	station vec
	hall    []vec // ground of the station building, kept free of streets
	river   stream
	canal   stream
	dock    []vec
	cutting []vec // joins dock and canal
	fort    fort
	ponds   [][]vec
	parks   []bigPark
	works   []bigPark // industry
	village []vec
	closes  []closeSite
	turnDeg float64 // slope of the grid quarter
}

// road is an open main road with its half width.
type road struct {
	pts  []vec
	half float64
}

// stream is a water course: its middle line and half width at each point.
type stream struct {
	mid  []vec
	half []float64
	bank []vec // closed outline
}

type fort struct{ moat, body, keep []vec }

// closeSite is room kept free in the pattern of blocks for one great building.
type closeSite struct {
	kind string
	at   vec
	size float64 // radius, metres
}

type bigPark struct {
	kind string
	ring []vec
}

const (
	halfMotorway = 15.0
	halfRing     = 16.0
	halfAvenue   = 12.0
	halfMain     = 9.5
	halfOld      = 7.0 // main streets inside the ring
	halfRail     = 13.0
	quay         = 9.0 // from the bank to the middle of the quay
)

func newSkeleton(seed uint64) *skeleton {
	r := newRNG(seed, "skeleton")
	s := &skeleton{seed: seed, extent: 4560}
	s.turnDeg = 13 + r.around(4)
	s.layRing(r)
	s.layWater(r)
	s.layRoads(r)
	s.layRails(r)
	s.layParks(r)
	return s
}

// jog moves each point a little, the more the farther it lies from the centre.
func jog(r *rng, d float64, pts ...vec) []vec {
	for i, p := range pts {
		f := d * min(1.6, 0.5+p.len()/2500)
		pts[i] = q(p.add(vec{r.around(f), r.around(f)}))
	}
	return pts
}

// layRing draws the boulevard round the old town: an ellipse whose radius
// wobbles a little on its third and fifth harmonics, and the belfry square.
func (s *skeleton) layRing(r *rng) {
	a, b := 640+r.around(30), 525+r.around(25)
	p3, p5 := r.between(0, 2*math.Pi), r.between(0, 2*math.Pi)
	const n = 150
	for i := range n {
		t := float64(i) * 2 * math.Pi / n
		f := 1 + float64(0.045*math.Sin(3*t+p3)) + float64(0.022*math.Sin(5*t+p5))
		s.ring = append(s.ring, q(vec{math.Cos(t) * a * f, math.Sin(t) * b * f}))
	}
	for i := range 5 {
		s.square = append(s.square, q(polar(r.between(50, 72), float64(i)*72+r.around(14)+20)))
	}
}

func (s *skeleton) layWater(r *rng) {
	mid := spline(jog(r, 60, vec{-4900, -420}, vec{-4300, -560}, vec{-3300, -330}, vec{-2400, -560}, vec{-1650, -560},
		vec{-900, -905}, vec{80, -1060}, vec{1150, -960}, vec{2150, -1340}, vec{3300, -1850}, vec{4300, -2250}), 22, false)
	s.river = newStream(s.seed, mid, 17, 3.5)
	fork, _, _ := nearestOnLine(vec{-1350, -690}, mid)
	run := append([]vec{fork}, jog(r, 22, vec{-1120, -300}, vec{-960, 120}, vec{-790, 520}, vec{-330, 760}, vec{260, 790},
		vec{800, 900}, vec{1450, 1500}, vec{2100, 2180}, vec{3000, 2850}, vec{3700, 3500})...)
	s.canal = newStream(s.seed+1, spline(run, 20, false), 9, 0.4)
	at, dir := along(s.canal.mid, lineLen(s.canal.mid)*0.475)
	right := dir.left().mul(-1)
	deg := dir.degrees()
	c := at.add(right.mul(165))
	s.dock = rect(c, 430, 84, deg)
	s.cutting = rect(at.add(right.mul(62)).add(dir.mul(120)), 26, 150, deg)
}

// newStream gives a middle line its width, which varies on a wave of some 260
// metres, and its outline.
func newStream(seed uint64, mid []vec, half, vary float64) stream {
	st := stream{mid: mid, half: make([]float64, len(mid))}
	var d float64
	for i := range mid {
		if i > 0 {
			d += mid[i].dist(mid[i-1])
		}
		st.half[i] = half + float64(vary*wave(seed, 77, d/260))
	}
	left := offsetLine(mid, func(i int) float64 { return st.half[i] })
	right := offsetLine(mid, func(i int) float64 { return -st.half[i] })
	st.bank = append(st.bank, right...)
	for i := len(left) - 1; i >= 0; i-- {
		st.bank = append(st.bank, left[i])
	}
	return st
}

// side is the line at a distance outside the left (1) or right (-1) bank.
func (st stream) side(sign, out float64) []vec {
	return offsetLine(st.mid, func(i int) float64 { return sign * (st.half[i] + out) })
}

// within reports whether p lies in the water or nearer than d to it.
func (st stream) within(p vec, d float64) bool {
	for i := 1; i < len(st.mid); i++ {
		a, b := st.mid[i-1], st.mid[i]
		if w := st.half[i] + d; (box{p, p}).grow(w + 25).has(a) {
			if n, _ := nearestOnSegment(p, a, b); n.dist(p) < w {
				return true
			}
		}
	}
	return false
}

// ringAt is where a ray from the centre at an angle crosses the ring.
func (s *skeleton) ringAt(deg float64) vec {
	far := polar(2000, deg)
	for i := range s.ring {
		a, b := s.ring[i], s.ring[(i+1)%len(s.ring)]
		if _, u, ok := crossing(vec{}, far, a, b); ok {
			return q(a.lerp(b, u))
		}
	}
	return s.ring[0]
}

func (s *skeleton) layRoads(r *rng) {
	for _, deg := range []float64{22, 62, 92, 118, 172, 214, 268, 318} {
		deg += r.around(3.5)
		start := s.square[0]
		for _, c := range s.square {
			if c.unit().dot(polar(1, deg)) > start.unit().dot(polar(1, deg)) {
				start = c
			}
		}
		gate := s.ringAt(deg)
		in := spline([]vec{start, polar(gate.len()*0.55, deg+r.around(7)), gate}, 22, false)
		s.avenues = append(s.avenues, road{in, halfOld})
		run := []vec{gate}
		for d := gate.len() + 520; d < 7400; d += 760 {
			run = append(run, q(polar(d, deg+r.around(2.6))))
		}
		s.avenues = append(s.avenues, road{clip(spline(run, 24, false), s.extent), halfAvenue})
	}
	var outer []vec
	for i := range 24 {
		deg := float64(i) * 15
		rad := 1960 + r.around(70)
		if away := math.Abs(deg - 143); away < 42 {
			rad += 640 * min(1, (42-away)/24)
		}
		outer = append(outer, q(polar(rad, deg+r.around(2))))
	}
	s.outer = spline(outer, 24, true)
	for _, deg := range []float64{2, 77, 105, 156, 194, 240, 292, 340} {
		deg += r.around(2)
		from, _, _ := nearestOnLine(polar(2000, deg), closeRing(s.outer))
		run := []vec{from, q(polar(2750, deg+r.around(2))), q(polar(3500, deg+r.around(3))), q(polar(4500, deg+r.around(4))), q(polar(7400, deg+r.around(5)))}
		s.links = append(s.links, road{clip(spline(run, 26, false), s.extent), halfMain})
	}
	s.highway = clip(spline(jog(r, 50, vec{-2300, -5000}, vec{-1500, -4100}, vec{-300, -3480}, vec{1000, -3300}, vec{2500, -3000},
		vec{3650, -2500}, vec{4150, -1250}, vec{4230, 300}, vec{3950, 1700}, vec{3350, 2500}, vec{2350, 3450}, vec{1900, 5000}), 30, false), s.extent)
}

func (s *skeleton) layRails(r *rng) {
	trunk := spline(jog(r, 14, vec{-5400, -2500}, vec{-3700, -1980}, vec{-2000, -1700}, vec{-650, -1555}, vec{60, -1530},
		vec{760, -1545}, vec{1600, -1760}, vec{2500, -2280}, vec{3300, -2720}, vec{5400, -3700}), 24, false)
	at, _, pos := nearestOnLine(vec{250, -1530}, trunk)
	s.station = at
	_, track := along(trunk, pos)
	s.hall = rect(q(at.add(track.left().mul(30))), 196, 34, track.degrees())
	fork, _ := along(trunk, pos+760)
	freight := spline(append([]vec{fork}, jog(r, 20, vec{1500, -1690}, vec{2250, -1700}, vec{2700, -1250}, vec{2790, -300}, vec{2760, 600}, vec{2520, 1250}, vec{2250, 1560})...), 24, false)
	s.rails = [][]vec{clip(trunk, s.extent), clip(freight, s.extent)}
}

func (s *skeleton) layParks(r *rng) {
	c := vec{-1560, 1180}.add(vec{r.around(30), r.around(30)})
	s.parks = append(s.parks, bigPark{"citadel", blob(r, c, 520, 430, 30, 0.06)})
	s.fort = newFort(c, r.between(0, 72))
	s.parks = append(s.parks,
		bigPark{"garden", rect(vec{1010, -330}.add(vec{r.around(30), r.around(30)}), 300, 210, 18+r.around(8))},
		bigPark{"riverside", blob(r, vec{520, -1150}, 290, 76, 6, 0.07)},
		bigPark{"cemetery", rect(vec{-960, 2440}.add(vec{r.around(25), r.around(25)}), 320, 230, 20+r.around(10))},
		bigPark{"wood", blob(r, vec{3440, -640}, 440, 470, 10, 0.08)},
		bigPark{"meadow", blob(r, vec{-3120, 860}, 300, 225, 10, 0.09)},
		bigPark{"sport", rect(vec{1010, 2720}.add(vec{r.around(25), r.around(25)}), 380, 230, 66+r.around(8))},
		bigPark{"wood", blob(r, vec{-3750, 2350}, 500, 430, 60, 0.12)},
		bigPark{"wood", blob(r, vec{560, -3720}, 420, 170, 5, 0.10)},
	)
	s.ponds = append(s.ponds, blob(r, vec{-3130, 850}, 110, 60, 25, 0.16), blob(r, vec{3480, -700}, 90, 60, 80, 0.18),
		blob(r, vec{1010, -330}, 34, 22, 30, 0.12))
	s.works = append(s.works,
		bigPark{"harbour", blob(r, vec{2450, 2050}, 760, 520, 45, 0.08)},
		bigPark{"works", blob(r, vec{-3000, -1370}, 820, 300, -9, 0.06)},
		bigPark{"works", blob(r, vec{3050, -2350}, 560, 330, -28, 0.06)},
	)
	for _, c := range []closeSite{
		{"cathedral", vec{235, -205}, 74}, {"theatre", vec{-250, 150}, 56}, {"museum", vec{120, 270}, 50}, {"townhall", vec{-150, -180}, 46},
		{"university", vec{620, 1180}, 105}, {"hospital", vec{-1020, 560}, 130}, {"court", vec{-560, -560}, 70},
		{"station", vec{60, -1420}, 60},
	} {
		c.at = q(c.at.add(vec{r.around(18), r.around(18)}))
		if c.kind == "station" {
			c.at = q(s.station.add(vec{0, 95}))
		}
		s.closes = append(s.closes, c)
	}
	s.village = jog(r, 60, vec{-2650, 2750}, vec{620, 3350}, vec{-3500, -3000}, vec{-3850, 40}, vec{3350, 800}, vec{1250, -2750})
}

// newFort is a star with five points, a moat that follows it at a distance and
// a keep in the middle.
func newFort(c vec, turn float64) fort {
	shape := func(grow float64) []vec {
		var pts []vec
		for i := range 5 {
			deg := turn + float64(i)*72
			for _, v := range [5][2]float64{{172, 0}, {112, 15}, {86, 19}, {86, 53}, {112, 57}} {
				pts = append(pts, q(c.add(polar(v[0]+grow, deg+v[1]))))
			}
		}
		return pts
	}
	var moat []vec
	for i := range 5 {
		deg := turn + float64(i)*72
		moat = append(moat, q(c.add(polar(226, deg))), q(c.add(polar(158, deg+22))), q(c.add(polar(182, deg+36))), q(c.add(polar(158, deg+50))))
	}
	return fort{moat: moat, body: shape(0), keep: rect(c, 62, 44, turn)}
}

// clip keeps the part of the line inside the disc that is longest.
func clip(pts []vec, b disc) []vec {
	var best, cur []vec
	flush := func() {
		if len(cur) > len(best) {
			best = cur
		}
		cur = nil
	}
	for i, p := range pts {
		if b.has(p) {
			if len(cur) == 0 && i > 0 {
				cur = append(cur, edgeOf(pts[i-1], p, b))
			}
			cur = append(cur, p)
			continue
		}
		if len(cur) > 0 {
			cur = append(cur, edgeOf(p, pts[i-1], b))
			flush()
		}
	}
	flush()
	return best
}

// edgeOf is where the way from out (outside) to in (inside) enters the disc.
func edgeOf(out, in vec, b disc) vec {
	lo, hi := in, out
	for range 24 {
		if m := lo.lerp(hi, 0.5); b.has(m) {
			lo = m
		} else {
			hi = m
		}
	}
	return q(lo)
}
