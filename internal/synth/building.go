package synth

import (
	"math"
	"slices"
)

// house is a building or one part of a landmark, in the plane of vec.
type house struct {
	ring     []vec
	height   float64 // of the roof above the ground, metres
	base     float64 // of the lowest point above the ground, metres
	kind     string
	landmark bool
	name     int // index into names of landmarks, -1 none
	block    int
	edge     int32 // street it faces, an edge of the network; -1 none
}

// builder puts houses on blocks and refuses those that would stand in a
// street, in water or in another house.
type builder struct {
	f         *fabric
	r         *rng
	corridors *segments
	idx       *grid
	list      []house
	keepOut   [][]vec
}

func newBuilder(f *fabric) *builder {
	b := &builder{f: f, r: newRNG(f.seed, "houses"), corridors: newSegments(), idx: newGrid()}
	for i, e := range f.net.edges {
		if e.class.street() {
			b.corridors.add(segment{f.net.nodes[e.a], f.net.nodes[e.b], e.half, int32(i)})
		}
	}
	for _, st := range []stream{f.river, f.canal} {
		for i := 1; i < len(st.mid); i++ {
			b.corridors.add(segment{st.mid[i-1], st.mid[i], max(st.half[i], st.half[i-1]) + 2, -1})
		}
	}
	for _, rl := range f.rails {
		b.corridors.addLine(rl, halfRail, -1)
	}
	b.keepOut = append(b.keepOut, f.dock, f.cutting)
	return b
}

// place adds the house if its ground is free.
func (b *builder) place(h house) bool {
	if area(h.ring) < 0 {
		slices.Reverse(h.ring)
	}
	if area(h.ring) < 16 || crossesItself(h.ring) || !b.ground(h.ring) {
		return false
	}
	b.put(h)
	return true
}

// put adds the house whatever is there.
func (b *builder) put(h house) {
	b.idx.add(boxOf(h.ring))
	b.list = append(b.list, h)
}

// ground reports whether nothing stands or runs where ring is.
func (b *builder) ground(ring []vec) bool {
	c := centroid(ring)
	small := make([]vec, len(ring))
	for i, p := range ring {
		small[i] = p.add(c.sub(p).unit().mul(0.3))
	}
	bx := boxOf(small)
	for _, id := range b.corridors.grid.near(bx) {
		g := b.corridors.list[id]
		for i, p := range small {
			n, _ := nearestOnSegment(p, g.a, g.b)
			if n.dist(p) < g.half-0.5 {
				return false
			}
			if _, _, ok := crossing(p, small[(i+1)%len(small)], g.a, g.b); ok {
				return false
			}
		}
	}
	for _, k := range b.keepOut {
		if boxOf(k).meets(bx) && overlap(small, k) {
			return false
		}
	}
	for _, id := range b.idx.near(bx) {
		if overlap(small, b.list[id].ring) {
			return false
		}
	}
	return true
}

// overlap reports whether two rings share ground.
func overlap(a, b []vec) bool {
	for i := range a {
		for j := range b {
			if _, _, ok := crossing(a[i], a[(i+1)%len(a)], b[j], b[(j+1)%len(b)]); ok {
				return true
			}
		}
	}
	return inside(centroid(a), b) || inside(centroid(b), a) || inside(a[0], b)
}

// style says how the edge of a block is built.
type style struct {
	front, spreadFront float64 // width of a house along the street, metres
	depth              float64 // of the row, metres
	setBack            float64 // front garden
	low, high          float64 // mean height of a side, metres
	gap                float64 // share of fronts left open
	kind               string
	yards              bool
}

func (b *builder) styleOf(z zone, mid vec) style {
	switch z {
	case old:
		return style{18, 6, 11, 0, 9.5, 16.5, 0.03, "house", true}
	case gridTown:
		bump := 4 * max(0, 1-mid.dist(vec{520, 1080})/900)
		return style{29, 7, 14, 0, 13 + bump, 19 + bump, 0.04, "apartments", true}
	case south:
		return style{30, 8, 14, 0, 12, 19, 0.08, "apartments", true}
	case village:
		return style{17, 6, 9.5, 1.5, 6, 9, 0.24, "house", false}
	}
	return style{35, 11, 10.5, 0, 7, 12, 0.11, "house", true}
}

// build fills one block.
func (b *builder) build(i int, bl *block) {
	if bl.use != "built" || bl.ring == nil {
		return
	}
	switch bl.zone {
	case suburb:
		if b.r.chance(0.13) && bl.area > 6500 {
			b.slabs(i, bl, 3)
			return
		}
		b.detached(i, bl)
	case industry:
		b.halls(i, bl)
	case country:
		b.farms(i, bl)
	case south:
		if b.r.chance(0.42) && bl.area > 5000 {
			b.slabs(i, bl, 6)
			return
		}
		b.edge(i, bl, b.styleOf(bl.zone, bl.middle))
	default:
		b.edge(i, bl, b.styleOf(bl.zone, bl.middle))
	}
}

// edge builds a block along its streets, with a yard in the middle.
func (b *builder) edge(i int, bl *block, st style) {
	ring, street := bl.ring, bl.street
	if st.setBack > 0 {
		r2, s2 := inset(ring, street, func(int) float64 { return st.setBack })
		if r2 == nil {
			return
		}
		ring, street = r2, s2
	}
	var around float64
	for k := range ring {
		around += ring[k].dist(ring[(k+1)%len(ring)])
	}
	if 2*bl.area/around < st.depth*1.12 {
		b.full(i, bl, ring, street, st, 0)
		return
	}
	n := len(ring)
	height := make([]float64, n)
	for k := range height {
		height[k] = b.r.between(st.low, st.high)
	}
	corner := make([]float64, n) // front of the corner house along both its sides, 0: none
	for k := range ring {
		in, out := ring[k].sub(ring[(k+n-1)%n]), ring[(k+1)%n].sub(ring[k])
		turn := math.Asin(min(1, max(-1, in.unit().cross(out.unit())))) * 180 / math.Pi
		w := st.depth + b.r.between(3, 7)
		if in.unit().dot(out.unit()) < 0.8 && in.unit().dot(out.unit()) > -0.55 && turn > 20 && in.len() > 2*w+6 && out.len() > 2*w+6 {
			corner[k] = w
			b.corner(i, ring, k, w, st, max(height[k], height[(k+n-1)%n])+b.r.between(0, 2), street[k])
		}
	}
	for k := range ring {
		b.row(i, ring, k, corner[k], corner[(k+1)%n], st, height[k], street[k])
	}
	if st.yards && bl.area > 2600 {
		b.yard(i, ring, st)
	}
}

// corner is the house at a corner of the block: it has a wing on each street.
func (b *builder) corner(i int, ring []vec, k int, w float64, st style, h float64, street int32) {
	n := len(ring)
	p, prev, next := ring[k], ring[(k+n-1)%n], ring[(k+1)%n]
	din, dout := p.sub(prev).unit(), next.sub(p).unit()
	inner := meet(p.add(din.left().mul(st.depth)), din, p.add(dout.left().mul(st.depth)), dout)
	a, c := p.sub(din.mul(w)), p.add(dout.mul(w))
	poly := qAll([]vec{a, p, c, c.add(dout.left().mul(st.depth)), inner, a.add(din.left().mul(st.depth))})
	b.place(house{ring: poly, height: h, kind: st.kind, name: -1, block: i, edge: street})
}

// row builds the houses of one side between its corner houses.
func (b *builder) row(i int, ring []vec, k int, startCorner, endCorner float64, st style, height float64, street int32) {
	n := len(ring)
	p, e := ring[k], ring[(k+1)%n]
	dir := e.sub(p).unit()
	l := e.dist(p)
	lo, hi := startCorner, l-endCorner
	// where a neighbouring side has no corner house the row ends on the bisector
	backLo, backHi := lo, hi
	if startCorner == 0 {
		d := p.sub(ring[(k+n-1)%n]).unit()
		backLo = max(0, meet(p.add(d.left().mul(st.depth)), d, p.add(dir.left().mul(st.depth)), dir).sub(p).dot(dir))
	}
	if endCorner == 0 {
		d := ring[(k+2)%n].sub(e).unit()
		backHi = min(l, meet(p.add(dir.left().mul(st.depth)), dir, e.add(d.left().mul(st.depth)), d).sub(p).dot(dir))
	}
	count := int(math.Round((hi - lo) / (st.front + b.r.around(st.spreadFront/2))))
	if count < 1 {
		if hi-lo < 7 {
			return
		}
		count = 1
	}
	cuts := make([]float64, count+1)
	for j := range cuts {
		cuts[j] = lo + (hi-lo)*float64(j)/float64(count)
		if j > 0 && j < count {
			cuts[j] += b.r.around(st.spreadFront / 3)
		}
	}
	for j := range count {
		if b.r.chance(st.gap) {
			continue
		}
		t0, t1 := cuts[j], cuts[j+1]
		deep := st.depth + b.r.between(-1.2, 1.8)
		f0, f1 := max(t0, backLo), min(t1, backHi)
		if f1-f0 < 1 {
			f0 = (f0 + f1) / 2
			f1 = f0 + 0.5
		}
		at := func(x, y float64) vec { return q(p.add(dir.mul(x)).add(dir.left().mul(y))) }
		h := max(3.2, height+b.r.norm()*1.3)
		hs := house{ring: []vec{at(t0, 0), at(t1, 0), at(f1, deep), at(f0, deep)}, height: h, kind: st.kind, name: -1, block: i, edge: street}
		if !b.place(hs) {
			hs.ring = []vec{at(t0, 0), at(t1, 0), at(f1, deep*0.62), at(f0, deep*0.62)}
			b.place(hs)
		}
	}
}

// full covers a small block with houses from street to street.
func (b *builder) full(i int, bl *block, ring []vec, street []int32, st style, depth int) {
	want := st.front * st.depth * 1.25
	if a := area(ring); a < want*1.5 || depth > 6 {
		edge := int32(-1)
		if len(street) > 0 {
			c := centroid(ring)
			best := math.Inf(1)
			for k := range bl.ring {
				n, _ := nearestOnSegment(c, bl.ring[k], bl.ring[(k+1)%len(bl.ring)])
				if d := n.dist(c); d < best && k < len(bl.street) {
					best, edge = d, bl.street[k]
				}
			}
		}
		if b.r.chance(st.gap * 0.5) {
			return
		}
		b.place(house{ring: ring, height: max(3.2, b.r.between(st.low, st.high)), kind: st.kind, name: -1, block: i, edge: edge})
		return
	}
	dir, lo, hi := spread(ring)
	o := ring[0]
	along, mid := dir, (lo.x+hi.x)/2+b.r.around((hi.x-lo.x)*0.08)
	if hi.y-lo.y > hi.x-lo.x {
		along, mid = dir.left(), (lo.y+hi.y)/2+b.r.around((hi.y-lo.y)*0.08)
	}
	for _, sign := range []float64{1, -1} {
		if part := halfPlane(ring, o.add(along.mul(mid)), along.mul(sign)); len(part) >= 3 {
			b.full(i, bl, part, street, st, depth+1)
		}
	}
}

// halfPlane keeps the part of a ring behind a line through p with normal n.
func halfPlane(ring []vec, p, n vec) []vec {
	var out []vec
	for i := range ring {
		a, c := ring[i], ring[(i+1)%len(ring)]
		va, vc := a.sub(p).dot(n), c.sub(p).dot(n)
		if va <= 0 {
			out = append(out, a)
		}
		if (va < 0 && vc > 0) || (va > 0 && vc < 0) {
			out = append(out, q(a.lerp(c, va/(va-vc))))
		}
	}
	return out
}
