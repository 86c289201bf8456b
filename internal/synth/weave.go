package synth

import "math"

// tag tells what named line an edge of the network belongs to; its index is
// the edge's tag. Tag 0 is the nameless kind that strokes name later.
type tag struct {
	kind string // ring, avenue, outer, link, motorway, quay, park, square, dock, rail, bank
	ref  int    // which of its kind
	half float64
}

// fabric is the finished street network with what it was made from.
type fabric struct {
	*skeleton
	tags []tag
	net  *network
}

// newFabric lays all lines of the skeleton and the minor streets into one
// network, takes out what cannot be (streets in water, in parks, on the
// railway) and joins loose ends.
func newFabric(s *skeleton) *fabric {
	f := &fabric{skeleton: s, tags: []tag{{}}}
	ps := f.greatPieces()
	ps = append(ps, s.minorPieces()...)
	f.net = weave(ps)
	f.net.keep(f.allowed())
	ext := f.extensions()
	f.net = weave(append(f.net.pieces(), ext...))
	f.net.keep(f.allowed())
	for range 3 {
		f.trim(38)
	}
	return f
}

func (f *fabric) newTag(kind string, ref int, half float64) int32 {
	f.tags = append(f.tags, tag{kind, ref, half})
	return int32(len(f.tags) - 1)
}

func linePieces(pts []vec, c class, half float64, tag int32) []piece {
	out := make([]piece, 0, len(pts))
	for i := 1; i < len(pts); i++ {
		out = append(out, piece{pts[i-1], pts[i], c, half, tag})
	}
	return out
}

// greatPieces are all lines but the minor streets.
func (f *fabric) greatPieces() []piece {
	var ps []piece
	line := func(kind string, ref int, pts []vec, c class, half float64) {
		ps = append(ps, linePieces(pts, c, half, f.newTag(kind, ref, half))...)
	}
	line("ring", 0, closeRing(f.ring), main, halfRing)
	line("square", 0, closeRing(f.square), minor, 5)
	for i, a := range f.avenues {
		line("avenue", i, a.pts, main, a.half)
	}
	line("outer", 0, closeRing(f.outer), main, halfAvenue)
	for i, l := range f.links {
		line("link", i, l.pts, main, l.half)
	}
	line("motorway", 0, f.highway, motorway, halfMotorway)
	for i, rl := range f.rails {
		for _, sign := range []float64{1, -1} {
			line("rail", i, offsetLine(rl, func(int) float64 { return sign * halfRail }), bound, 1.5)
		}
	}
	for i, st := range []stream{f.river, f.canal} {
		for k, sign := range []float64{1, -1} {
			f.layBank(&ps, st, sign, 2*i+k, []float64{2350, 2650}[i])
		}
	}
	line("dock", 0, closeRing(offsetClosed(f.dock, -12)), minor, 5)
	edge := offsetClosed(f.cutting, -2)
	line("bank", 4, edge[1:3], bound, 1.5)
	line("bank", 4, []vec{edge[3], edge[0]}, bound, 1.5)
	for i, p := range f.parks {
		if p.kind == "wood" || p.kind == "meadow" || p.kind == "riverside" {
			line("park", i, closeRing(p.ring), bound, 1.5)
		} else {
			line("park", i, closeRing(p.ring), minor, 5.5)
		}
	}
	return ps
}

// layBank lays one bank: a quay where the city is built, a bare edge beyond.
func (f *fabric) layBank(ps *[]piece, st stream, sign float64, ref int, town float64) {
	quayTag, bankTag := f.newTag("quay", ref, 5), f.newTag("bank", ref, 1.5)
	inner, outer := st.side(sign, quay), st.side(sign, 1)
	for i := 1; i < len(inner); i++ {
		if inner[i].len() < town {
			*ps = append(*ps, piece{inner[i-1], inner[i], minor, 5, quayTag})
		} else {
			*ps = append(*ps, piece{outer[i-1], outer[i], bound, 1.5, bankTag})
		}
		if i > 1 && (inner[i].len() < town) != (inner[i-1].len() < town) { // no gap where the quay ends
			*ps = append(*ps, piece{inner[i-1], outer[i-1], bound, 1.5, bankTag})
		}
	}
}

// allowed is the test that an edge must pass to stay in the network.
func (f *fabric) allowed() func(netEdge) bool {
	great := newSegments()
	for _, e := range f.net.edges {
		if e.class <= main {
			great.add(segment{f.net.nodes[e.a], f.net.nodes[e.b], e.half, int32(e.class)})
		}
	}
	closed := newSegments() // ground of railways and motorway
	for _, rl := range f.rails {
		closed.addLine(rl, halfRail-0.6, 0)
	}
	closed.addLine(f.highway, halfMotorway+6, 0)
	boxes := make([]box, len(f.parks))
	for i, p := range f.parks {
		boxes[i] = boxOf(p.ring)
	}
	return func(e netEdge) bool {
		if e.class <= main {
			return true
		}
		a, b := f.net.nodes[e.a], f.net.nodes[e.b]
		mid := a.lerp(b, 0.5)
		if !f.extent.grow(40).has(mid) || inside(mid, f.square) || e.class != bound && passes(a, b, f.hall) {
			return false
		}
		kind := f.tags[e.tag].kind
		if kind == "rail" {
			return true
		}
		wet := quay - 2.5
		if kind == "bank" || kind == "park" {
			wet = 0
		}
		if f.river.within(mid, wet) || f.canal.within(mid, wet) || f.nearDock(mid, min(wet, 11)) {
			return false
		}
		for i, p := range f.parks {
			if boxes[i].has(mid) && inside(mid, p.ring) && ringDist(mid, p.ring) > 2.5 {
				return false
			}
		}
		if !closed.clear(mid, 0) {
			return false
		}
		return kind == "square" || !hugs(great, a, b)
	}
}

// passes reports whether ab has a part in the ring.
func passes(a, b vec, ring []vec) bool {
	for i := range ring {
		if _, _, ok := crossing(a, b, ring[i], ring[(i+1)%len(ring)]); ok {
			return true
		}
	}
	return inside(a, ring)
}

// hugs reports whether ab runs along a great road rather than away from it.
func hugs(great *segments, a, b vec) bool {
	mid, dir := a.lerp(b, 0.5), b.sub(a).unit()
	for _, id := range great.grid.near((box{mid, mid}).grow(26)) {
		g := great.list[id]
		n, _ := nearestOnSegment(mid, g.a, g.b)
		if n.dist(mid) < g.half+14 && math.Abs(dir.dot(g.b.sub(g.a).unit())) > 0.82 {
			return true
		}
	}
	return false
}

func (f *fabric) nearDock(p vec, d float64) bool {
	for i, ring := range [][]vec{f.dock, f.cutting} {
		if i == 1 {
			d = min(d, 1.5)
		}
		if boxOf(ring).grow(d).has(p) && (inside(p, ring) || ringDist(p, ring) < d) {
			return true
		}
	}
	return false
}

// extensions continue the loose ends of minor streets to the line ahead of
// them, if that is near.
func (f *fabric) extensions() []piece {
	idx := newSegments()
	for i, e := range f.net.edges {
		idx.add(segment{f.net.nodes[e.a], f.net.nodes[e.b], 0, int32(i)})
	}
	var out []piece
	for v := range f.net.nodes {
		if len(f.net.at[v]) != 1 {
			continue
		}
		e := f.net.at[v][0]
		ed := f.net.edges[e]
		if ed.class != minor {
			continue
		}
		p := f.net.nodes[v]
		dir := p.sub(f.net.nodes[ed.other(int32(v))]).unit()
		best, end := 75.0, vec{}
		for _, id := range idx.grid.near((box{p, p}).grow(75)) {
			g := idx.list[id]
			if g.tag == e {
				continue
			}
			if t, _, ok := crossing(p.add(dir.mul(0.05)), p.add(dir.mul(75)), g.a, g.b); ok && t*75 < best {
				best, end = t*75, p.add(dir.mul(t*75+0.3))
			}
		}
		if best == 75 {
			g, at, ok := idx.nearest(p, 45, func(g segment) bool { return g.tag != e })
			if !ok || at.sub(p).unit().dot(dir) < 0.2 {
				continue
			}
			end = at.add(at.sub(p).unit().mul(0.3))
			_ = g
		}
		out = append(out, piece{p, q(end), minor, ed.half, ed.tag})
	}
	return out
}

// trim takes away loose ends shorter than least metres.
func (f *fabric) trim(least float64) {
	n := f.net
	drop := make([]bool, len(n.edges))
	for v := range n.nodes {
		if len(n.at[v]) != 1 || n.edges[n.at[v][0]].class <= main {
			continue
		}
		var chain []int32
		l, at, e := 0.0, int32(v), n.at[v][0]
		for {
			chain = append(chain, e)
			o := n.edges[e].other(at)
			l += n.nodes[at].dist(n.nodes[o])
			if len(n.at[o]) != 2 || l > least {
				break
			}
			at = o
			if n.at[o][0] == e {
				e = n.at[o][1]
			} else {
				e = n.at[o][0]
			}
		}
		if l <= least || n.edges[n.at[v][0]].class == bound {
			for _, c := range chain {
				drop[c] = true
			}
		}
	}
	edges := n.edges[:0]
	for i, e := range n.edges {
		if !drop[i] {
			edges = append(edges, e)
		}
	}
	n.edges = edges
	n.index()
}
