package synth

import (
	"cmp"
	"slices"
)

// class orders lines by importance: where two coincide the lower wins.
type class int8

const (
	motorway class = iota
	main           // ring, avenues, outer boulevard
	minor
	path
	bound // not a street: edge of water, railway, motorway or park
)

func (c class) street() bool { return c <= path }

// piece is a line that goes into the network: from a to b.
type piece struct {
	a, b  vec
	class class
	half  float64 // half the width of the corridor, pavements included, metres
	tag   int32   // which named line it belongs to; 0: none yet
}

// network is a planar graph: pieces are cut where they cross and share nodes.
type network struct {
	nodes []vec
	edges []netEdge
	at    [][]int32 // edges at each node
}

type netEdge struct {
	a, b  int32
	class class
	half  float64
	tag   int32
}

func (e netEdge) other(n int32) int32 {
	if e.a == n {
		return e.b
	}
	return e.a
}

// snap is how near two nodes must be to become one, metres.
const snap = 1.2

// weave cuts the pieces where they cross one another and joins them in nodes.
func weave(ps []piece) *network {
	g := newGrid()
	for _, p := range ps {
		g.add(boxOf([]vec{p.a, p.b}).grow(snap))
	}
	net := &network{}
	idx := newPoints()
	node := func(p vec) int32 {
		p = q(p)
		if i := idx.nearest(p, snap); i >= 0 {
			return int32(i)
		}
		idx.add(p)
		return int32(len(idx.list) - 1)
	}
	for _, p := range ps { // ends first, so that crossings snap to them
		node(p.a)
		node(p.b)
	}
	known := map[[2]int32]int{}
	var cuts []float64
	for i, p := range ps {
		cuts = append(cuts[:0], 0, 1)
		l := p.a.dist(p.b)
		for _, j := range g.near(boxOf([]vec{p.a, p.b}).grow(snap)) {
			if int(j) == i {
				continue
			}
			o := ps[j]
			if t, _, ok := crossing(p.a, p.b, o.a, o.b); ok {
				cuts = append(cuts, t)
			}
			for _, e := range [2]vec{o.a, o.b} { // an end that lies on this piece
				if n, t := nearestOnSegment(e, p.a, p.b); n.dist(e) < snap {
					cuts = append(cuts, t)
				}
			}
		}
		slices.Sort(cuts)
		last := node(p.a)
		for _, t := range cuts {
			n := node(p.a.lerp(p.b, t))
			if t == 1 {
				n = node(p.b)
			}
			if n == last || (t > 0 && float64(t*l) < 0.01) {
				continue
			}
			net.link(known, last, n, p)
			last = n
		}
	}
	net.nodes = idx.list
	net.index()
	return net
}

func (n *network) link(known map[[2]int32]int, a, b int32, p piece) {
	key := [2]int32{min(a, b), max(a, b)}
	if i, ok := known[key]; ok {
		if p.class < n.edges[i].class {
			n.edges[i] = netEdge{a, b, p.class, p.half, p.tag}
		}
		return
	}
	known[key] = len(n.edges)
	n.edges = append(n.edges, netEdge{a, b, p.class, p.half, p.tag})
}

func (n *network) index() {
	n.at = make([][]int32, len(n.nodes))
	for i, e := range n.edges {
		n.at[e.a] = append(n.at[e.a], int32(i))
		n.at[e.b] = append(n.at[e.b], int32(i))
	}
}

// keep drops the edges that ok refuses.
func (n *network) keep(ok func(netEdge) bool) {
	n.edges = slices.DeleteFunc(n.edges, func(e netEdge) bool { return !ok(e) })
	n.index()
}

// pieces gives the network back as lines.
func (n *network) pieces() []piece {
	out := make([]piece, len(n.edges))
	for i, e := range n.edges {
		out[i] = piece{n.nodes[e.a], n.nodes[e.b], e.class, e.half, e.tag}
	}
	return out
}

// pruned marks the edges that hang at a loose end, chain by chain: what is
// left after taking them away has no loose ends. Chains for which ok is false
// stay.
func (n *network) loose() []bool {
	gone := make([]bool, len(n.edges))
	deg := make([]int, len(n.nodes))
	for i := range n.at {
		deg[i] = len(n.at[i])
	}
	var stack []int32
	for i, d := range deg {
		if d == 1 {
			stack = append(stack, int32(i))
		}
	}
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, e := range n.at[v] {
			if gone[e] {
				continue
			}
			gone[e] = true
			o := n.edges[e].other(v)
			deg[v]--
			if deg[o]--; deg[o] == 1 {
				stack = append(stack, o)
			}
		}
	}
	return gone
}

// face is an area that the network encloses. Its ring runs counter-clockwise;
// edge i goes from ring[i] to ring[i+1]. Streets that end inside are not part
// of the ring.
type face struct {
	ring  []vec
	edges []int32 // index into network.edges
	half  []int32 // the half-edges along the ring
}

// mesh is a network with its faces. Half-edge 2e runs from a to b of edge e,
// 2e+1 runs back; its face lies to its left.
type mesh struct {
	net   *network
	faces []face
	of    []int32 // face of each half-edge, -1: outside of all, or a loose end
	next  []int32 // the half-edge that follows along the face
}

// mesh walks round every enclosed area.
func (n *network) mesh() *mesh {
	gone := n.loose()
	type spoke struct {
		to   vec
		half int32
	}
	next := make([]int32, 2*len(n.edges))
	for v := range n.at {
		var sp []spoke
		for _, e := range n.at[v] {
			if gone[e] {
				continue
			}
			h := 2 * e
			if n.edges[e].b == int32(v) {
				h++
			}
			sp = append(sp, spoke{n.nodes[n.edges[e].other(int32(v))].sub(n.nodes[v]), h})
		}
		slices.SortFunc(sp, func(a, b spoke) int {
			if c := cmp.Compare(turnRank(a.to), turnRank(b.to)); c != 0 {
				return c
			}
			return cmp.Compare(a.half, b.half)
		})
		for i, s := range sp {
			// arriving along the twin of s, leave by the spoke just clockwise
			next[s.half^1] = sp[(i+len(sp)-1)%len(sp)].half
		}
	}
	var fs []face
	of := make([]int32, 2*len(n.edges))
	for i := range of {
		of[i] = -2
	}
	for e := range n.edges {
		if gone[e] {
			of[2*e], of[2*e+1] = -1, -1
		}
	}
	for h := range of {
		if of[h] != -2 {
			continue
		}
		f := face{}
		for k := int32(h); of[k] == -2; k = next[k] {
			of[k] = -3
			e := n.edges[k/2]
			from := e.a
			if k%2 == 1 {
				from = e.b
			}
			f.ring = append(f.ring, n.nodes[from])
			f.edges = append(f.edges, k/2)
			f.half = append(f.half, k)
		}
		id := int32(-1)
		if area(f.ring) > 0 {
			id = int32(len(fs))
			fs = append(fs, f)
		}
		for _, k := range f.half {
			of[k] = id
		}
	}
	return &mesh{n, fs, of, next}
}

// turnRank grows with the angle of d from 0 to 360 degrees, without
// trigonometry.
func turnRank(d vec) float64 {
	s := d.x
	if s < 0 {
		s = -s
	}
	t := d.y
	if t < 0 {
		t = -t
	}
	if s+t == 0 {
		return 0
	}
	r := d.y / (s + t)
	switch {
	case d.x < 0:
		return 2 - r
	case d.y < 0:
		return 4 + r
	}
	return r
}
