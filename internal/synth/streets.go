package synth

import "math"

// barriers are the lines that no minor street follows across: the seeds on
// their two sides have no street between them, the line itself is the border.
func (s *skeleton) barriers() *segments {
	b := newSegments()
	b.addRing(s.ring, 0, 0)
	b.addRing(s.outer, 0, 0)
	for _, set := range [][]road{s.avenues, s.links} {
		for _, a := range set {
			b.addLine(a.pts, 0, 0)
		}
	}
	b.addLine(s.highway, 0, 0)
	for _, l := range s.rails {
		b.addLine(l, 0, 0)
	}
	b.addLine(s.river.mid, 0, 0)
	b.addLine(s.canal.mid, 0, 0)
	b.addRing(s.dock, 0, 0)
	for _, p := range s.parks {
		b.addRing(p.ring, 0, 0)
	}
	return b
}

// minorPieces are the streets between the blocks: borders of the seeds' cells,
// with the short ones closed up so that four streets meet in one crossing,
// straightened where a street goes on, and bent into curves.
func (s *skeleton) minorPieces() []piece {
	seeds := s.seeds()
	bar := s.barriers()
	var ps []piece
	for _, rd := range voronoi(seeds) {
		a, b := q(rd.a), q(rd.b)
		if !s.extent.grow(60).has(a) || !s.extent.grow(60).has(b) {
			continue
		}
		if _, hit := bar.crossed(seeds[rd.i], seeds[rd.j]); hit {
			continue
		}
		z := s.zoneAt(q(a.lerp(b, 0.5)))
		_, half := z.pitch()
		ps = append(ps, piece{a, b, minor, half, 0})
	}
	net := weave(ps)
	net.closeShort(func(p vec) float64 {
		if z := s.zoneAt(p); z == old {
			return 11
		} else if z == gridTown || z == south {
			return 26
		}
		return 19
	})
	net.straighten(3)
	return net.bend(func(p vec) bool {
		z := s.zoneAt(p)
		return z != gridTown && z != south && z != industry
	})
}

// closeShort joins the ends of edges that are shorter than least says.
func (n *network) closeShort(least func(vec) float64) {
	root := make([]int32, len(n.nodes))
	for i := range root {
		root[i] = int32(i)
	}
	find := func(i int32) int32 {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	for _, e := range n.edges {
		a, b := find(e.a), find(e.b)
		if a == b {
			continue
		}
		mid := q(n.nodes[a].lerp(n.nodes[b], 0.5))
		if n.nodes[a].dist(n.nodes[b]) < least(mid) {
			root[b] = a
			n.nodes[a] = mid
		}
	}
	known := map[[2]int32]bool{}
	var out []netEdge
	for _, e := range n.edges {
		e.a, e.b = find(e.a), find(e.b)
		key := [2]int32{min(e.a, e.b), max(e.a, e.b)}
		if e.a == e.b || known[key] {
			continue
		}
		known[key] = true
		out = append(out, e)
	}
	n.edges = out
	n.index()
}

// onward finds, for the way that reaches node v along edge e, the edge that
// turns least; -1 if all turn more than most degrees or another edge suits it
// better.
func (n *network) onward(v, e int32, most float64) int32 {
	best := n.straightest(v, e, most)
	if best >= 0 && n.straightest(v, best, most) != e {
		return -1
	}
	return best
}

func (n *network) straightest(v, e int32, most float64) int32 {
	in := n.nodes[v].sub(n.nodes[n.edges[e].other(v)]).unit()
	best, dot := int32(-1), math.Cos(most*math.Pi/180)
	for _, o := range n.at[v] {
		if o == e || n.edges[o].class != n.edges[e].class || n.edges[o].tag != n.edges[e].tag {
			continue
		}
		d := math.Round(in.dot(n.nodes[n.edges[o].other(v)].sub(n.nodes[v]).unit())*1e9) / 1e9
		if d > dot {
			best, dot = o, d
		}
	}
	return best
}

// straighten pulls each node a little towards the line of the streets that go
// on through it.
func (n *network) straighten(rounds int) {
	for range rounds {
		moved := make([]vec, len(n.nodes))
		for v := range n.nodes {
			var sum vec
			k := 0.0
			for _, e := range n.at[v] {
				if o := n.onward(int32(v), e, 50); o > e {
					a, b := n.nodes[n.edges[e].other(int32(v))], n.nodes[n.edges[o].other(int32(v))]
					at, _ := nearestOnSegment(n.nodes[v], a, b)
					sum = sum.add(at)
					k++
				}
			}
			moved[v] = n.nodes[v]
			if k > 0 {
				moved[v] = q(n.nodes[v].lerp(sum.mul(1/k), 0.42))
			}
		}
		n.nodes = moved
	}
}

// bend turns the edges into curves where curved says so: through their nodes,
// in the direction of the street that goes on.
func (n *network) bend(curved func(vec) bool) []piece {
	var out []piece
	for i, e := range n.edges {
		a, b := n.nodes[e.a], n.nodes[e.b]
		l := a.dist(b)
		if l < 30 || !curved(q(a.lerp(b, 0.5))) {
			out = append(out, piece{a, b, e.class, e.half, e.tag})
			continue
		}
		before, after := a.mul(2).sub(b), b.mul(2).sub(a)
		if o := n.onward(e.a, int32(i), 40); o >= 0 {
			before = a.add(n.nodes[n.edges[o].other(e.a)].sub(a).unit().mul(l))
		}
		if o := n.onward(e.b, int32(i), 40); o >= 0 {
			after = b.add(n.nodes[n.edges[o].other(e.b)].sub(b).unit().mul(l))
		}
		k := min(4, max(2, int(l/28)))
		last := a
		for j := 1; j <= k; j++ {
			p := b
			if j < k {
				p = q(catmull(before, a, b, after, float64(j)/float64(k)))
			}
			out = append(out, piece{last, p, e.class, e.half, e.tag})
			last = p
		}
	}
	return out
}
