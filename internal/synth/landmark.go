package synth

import (
	"cmp"
	"math"
	"slices"
)

// site is a great building that people know by its name.
type site struct {
	kind string // belfry, cathedral, station, ...
	at   vec
	deg  float64
	zone zone
}

// landmarks reserves and builds what is known by name, and turns some blocks
// into squares, parks, schools and churches. It runs before any other house.
func (b *builder) landmarks(bs []block) []site {
	var sites []site
	add := func(kind string, at vec, deg float64) int {
		sites = append(sites, site{kind, at, deg, b.f.zoneAt(at)})
		return len(sites) - 1
	}
	toward := b.r.between(0, 360)
	at := q(polar(20, toward))
	b.belfry(at, toward+90, add("belfry", at, toward))
	b.keepOut = append(b.keepOut, b.f.square)
	for _, c := range b.f.closes {
		i := blockAt(bs, c.at)
		if i < 0 || bs[i].ring == nil {
			continue
		}
		bs[i].use = "close"
		dir, _, _ := spread(bs[i].ring)
		m := bs[i].middle
		switch c.kind {
		case "cathedral":
			b.cathedral(m, dir, fitting(bs[i].ring, m, dir, 52, 38, 24), add(c.kind, m, dir.degrees()))
		case "theatre":
			b.theatre(m, dir, fitting(bs[i].ring, m, dir, 27, 31, 15), add(c.kind, m, dir.degrees()))
		case "station":
			b.railway(add(c.kind, b.f.station, 0))
		default:
			n := add(c.kind, m, dir.degrees())
			h := map[string]float64{"museum": 17, "townhall": 19, "university": 20, "hospital": 24, "court": 18}[c.kind]
			if !b.civic(i, &bs[i], c.kind, h, n) {
				sites = sites[:n]
				bs[i].use = "built"
			}
		}
	}
	fp := b.f.fort
	n := add("fort", centroid(fp.keep), 0)
	b.put(house{ring: fp.keep, height: 13, kind: "fort", landmark: true, name: n, block: -1, edge: -1})
	for k := range 5 {
		c := polar(64, float64(k)*72+36).add(centroid(fp.keep))
		b.put(house{ring: rect(c, 34, 10, float64(k)*72+126), height: 8, kind: "fort", landmark: true, name: n, block: -1, edge: -1})
	}
	return append(sites, b.commons(bs, len(sites))...)
}

// blockAt is the block whose shrunk ring holds p, -1 if there is none.
func blockAt(bs []block, p vec) int {
	for i := range bs {
		if bs[i].ring != nil && boxOf(bs[i].ring).has(p) && inside(p, bs[i].ring) {
			return i
		}
	}
	return -1
}

// commons picks blocks for squares, small parks, schools and churches, by
// chance, spread over the quarters.
func (b *builder) commons(bs []block, first int) []site {
	var sites []site
	r := newRNG(b.f.seed, "commons")
	order := make([]int, len(bs))
	for i := range order {
		order[i] = i
	}
	shuffle(r, order)
	taken := newPoints()
	take := func(n int, apart, lo, hi float64, use string, zones ...zone) {
		for _, i := range order {
			bl := &bs[i]
			if n == 0 {
				return
			}
			if bl.use != "built" || bl.ring == nil || bl.area < lo || bl.area > hi || !slices.Contains(zones, bl.zone) || !taken.free(bl.middle, apart) {
				continue
			}
			if use == "church" || use == "school" {
				kind, name := use, first+len(sites)
				ok := false
				if use == "church" {
					ok = b.church(bl, name)
				} else {
					ok = b.civic(i, bl, kind, 9+r.between(0, 5), name)
				}
				if !ok {
					continue
				}
				sites = append(sites, site{kind, bl.middle, 0, bl.zone})
			}
			bl.use = use
			taken.add(bl.middle)
			n--
		}
	}
	for _, v := range b.f.village {
		best := slices.MinFunc(order, func(i, j int) int { return cmp.Compare(bs[i].middle.dist(v), bs[j].middle.dist(v)) })
		if bl := &bs[best]; bl.ring != nil && bl.use == "built" && b.church(bl, first+len(sites)) {
			sites = append(sites, site{"church", bl.middle, 0, village})
			bl.use = "church"
			taken.add(bl.middle)
		}
	}
	take(4, 190, 900, 3000, "square", old)
	take(3, 240, 1800, 4200, "church", old)
	take(4, 420, 3000, 9000, "square", gridTown, south)
	take(4, 420, 4000, 12000, "park", gridTown, south)
	take(3, 500, 4000, 12000, "church", gridTown, south)
	take(9, 520, 3000, 9000, "square", middle)
	take(12, 420, 4500, 16000, "park", middle)
	take(8, 620, 3500, 11000, "church", middle)
	take(5, 600, 5000, 14000, "school", gridTown, south)
	take(12, 480, 5000, 14000, "school", middle)
	take(14, 480, 5000, 22000, "park", suburb, village)
	take(12, 560, 6000, 26000, "school", suburb)
	take(8, 700, 9000, 30000, "pitch", suburb)
	take(6, 800, 5000, 16000, "church", suburb)
	return sites
}

// part adds a box of a landmark: x, y, w and d in the frame of c and dir.
func (b *builder) part(c, dir vec, x, y, w, d, base, height float64, kind string, name int) {
	ring := make([]vec, 4)
	for i, s := range [4]vec{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}} {
		ring[i] = unframe(vec{x + s.x*w/2, y + s.y*d/2}, c, dir)
	}
	b.put(house{ring: ring, height: height, base: base, kind: kind, landmark: true, name: name, block: -1, edge: -1})
}

func (b *builder) belfry(c vec, deg float64, name int) {
	dir := q(polar(1, deg)).unit()
	b.part(c, dir, -23, 0, 31, 19, 0, 15, "belfry", name)
	for _, s := range [][3]float64{{15, 0, 58}, {12.5, 58, 67}, {9.5, 67, 81}, {6.5, 81, 94}, {3, 94, 106}} {
		b.part(c, dir, 0, 0, s[0], s[0], s[1], s[2], "belfry", name)
	}
}

// fitting is by how much a plan that reaches back, ahead and sideways from c
// must shrink to stand in the ring.
func fitting(ring []vec, c, dir vec, back, ahead, side float64) float64 {
	f := 1.0
	for ; f > 0.4; f -= 0.04 {
		ok := true
		for _, s := range [4]vec{{-back, -side}, {-back, side}, {ahead, side}, {ahead, -side}} {
			p := unframe(s.mul(f), c, dir)
			ok = ok && inside(p, ring) && ringDist(p, ring) > 1
		}
		if ok {
			break
		}
	}
	return f
}

func (b *builder) cathedral(c, dir vec, f float64, name int) {
	k := "cathedral"
	up := 0.55 + 0.45*f
	box := func(x, y, w, d, base, height float64) {
		b.part(c, dir, x*f, y*f, w*f, d*f, math.Round(base*up), math.Round(height*up), k, name)
	}
	box(-6, 0, 70, 17, 0, 27)
	box(-6, 12, 62, 7, 0, 13)
	box(-6, -12, 62, 7, 0, 13)
	box(12, 19.5, 16, 8, 0, 27)
	box(12, -19.5, 16, 8, 0, 27)
	for _, y := range []float64{-12.5, 12.5} {
		box(-46.5, y, 11, 11, 0, 56)
		box(-46.5, y, 7, 7, 56, 71)
	}
	box(12, 0, 6, 6, 27, 62)
	var apse []vec
	for a := -90.0; a <= 90; a += 22.5 {
		p := polar(8.5, a)
		apse = append(apse, unframe(vec{29 + p.x, p.y}.mul(f), c, dir))
	}
	b.put(house{ring: apse, height: math.Round(24 * up), kind: k, landmark: true, name: name, block: -1, edge: -1})
}

func (b *builder) theatre(c, dir vec, f float64, name int) {
	b.part(c, dir, -2*f, 0, 34*f, 30*f, 0, 19, "theatre", name)
	b.part(c, dir, 23*f, 0, 16*f, 26*f, 0, 27, "theatre", name)
	b.part(c, dir, -23*f, 0, 8*f, 20*f, 0, 13, "theatre", name)
}

// church puts a nave with a tower on a block.
func (b *builder) church(bl *block, name int) bool {
	dir, _, _ := spread(bl.ring)
	fits := func(x, y float64) bool {
		p := unframe(vec{x, y}, bl.middle, dir)
		return inside(p, bl.ring) && ringDist(p, bl.ring) > 1
	}
	for f := 1.0; f > 0.55; f -= 0.12 {
		if !fits(-26*f, -7*f) || !fits(-26*f, 7*f) || !fits(20*f, -7*f) || !fits(20*f, 7*f) ||
			!b.ground([]vec{unframe(vec{-26 * f, -7 * f}, bl.middle, dir), unframe(vec{20 * f, -7 * f}, bl.middle, dir), unframe(vec{20 * f, 7 * f}, bl.middle, dir), unframe(vec{-26 * f, 7 * f}, bl.middle, dir)}) {
			continue
		}
		b.part(bl.middle, dir, 0, 0, 36*f, 13*f, 0, 15*f, "church", name)
		b.part(bl.middle, dir, -22*f, 0, 8*f, 8*f, 0, 31*f, "church", name)
		b.part(bl.middle, dir, -22*f, 0, 5*f, 5*f, 31*f, 42*f, "church", name)
		return true
	}
	return false
}

// railway is the station: its hall along the tracks, roofs over the platforms
// and the square before it.
func (b *builder) railway(name int) {
	trunk := b.f.rails[0]
	at, _, pos := nearestOnLine(b.f.station, trunk)
	_, dir := along(trunk, pos)
	b.part(at, dir, -52, 25, 62, 17, 0, 13, "station", name)
	b.part(at, dir, 52, 25, 62, 17, 0, 13, "station", name)
	b.part(at, dir, 0, 26, 42, 22, 0, 24, "station", name)
	b.keepOut = append(b.keepOut, rect(q(at.add(dir.left().mul(64))), 150, 62, dir.degrees()))
}

// towers are the few tall buildings near the station and the dock.
func (b *builder) towers(bs []block) {
	r := newRNG(b.f.seed, "towers")
	spots := []vec{b.f.station.add(vec{0, 40}), centroid(b.f.dock)}
	for k, n := range []int{5, 3} {
		order := make([]int, 0, 40)
		for i := range bs {
			if bs[i].use == "built" && bs[i].ring != nil && bs[i].middle.dist(spots[k]) < 620 && bs[i].area > 3200 {
				order = append(order, i)
			}
		}
		slices.SortFunc(order, func(i, j int) int {
			return cmp.Or(cmp.Compare(bs[i].middle.dist(spots[k]), bs[j].middle.dist(spots[k])), cmp.Compare(i, j))
		})
		for _, i := range order {
			if n == 0 {
				break
			}
			dir, _, _ := spread(bs[i].ring)
			w, h := r.between(23, 31), r.between(46, 88)
			c := vec{r.around(6), r.around(6)}
			if b.boxIn(i, bs[i].ring, bs[i].middle, dir, c, w, math.Round(w*r.between(0.72, 1)), 5, house{height: h, kind: "office", name: -1, edge: b.nearStreet(&bs[i])}) {
				n--
			}
		}
	}
}
