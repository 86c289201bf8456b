package synth

import (
	"cmp"
	"slices"
)

// stroke is a street: all its lines, in the plane of vec.
type stroke struct {
	name   Names
	class  class
	kind   string // tag kind, "" for a minor street, "path" in a park
	zone   zone
	half   float64
	lines  [][]vec
	edges  []int32
	length float64
	oneWay bool
}

// strokes joins the edges of the network into streets: what carries a tag by
// its tag, the rest wherever one goes on as the other.
func (f *fabric) strokes() []stroke {
	n := f.net
	done := make([]bool, len(n.edges))
	byTag := map[int32]int{}
	var out []stroke
	for i, e := range n.edges {
		if done[i] || !e.class.street() {
			continue
		}
		line, edges := f.runOn(int32(i), done)
		s := stroke{class: e.class, kind: f.tags[e.tag].kind, half: e.half, lines: [][]vec{line}, edges: edges, length: lineLen(line)}
		for _, k := range edges { // as wide as its narrowest part
			s.half = min(s.half, n.edges[k].half)
		}
		if k, ok := byTag[e.tag]; ok && e.tag != 0 {
			out[k].lines = append(out[k].lines, line)
			out[k].edges = append(out[k].edges, edges...)
			out[k].length += s.length
			continue
		}
		byTag[e.tag] = len(out)
		mid, _ := along(line, s.length/2)
		s.zone = f.zoneAt(mid)
		out = append(out, s)
	}
	out = f.gather(out)
	f.nameStrokes(out)
	return out
}

// gather joins the shortest streets, a few metres between two crossings, to
// the longest street that they touch.
func (f *fabric) gather(list []stroke) []stroke {
	owner := make(map[int32]int, len(f.net.edges))
	for i, s := range list {
		for _, e := range s.edges {
			owner[e] = i
		}
	}
	gone := make([]bool, len(list))
	for i, s := range list {
		if s.length >= 26 || s.kind != "" {
			continue
		}
		best := -1
		for _, e := range s.edges {
			for _, v := range [2]int32{f.net.edges[e].a, f.net.edges[e].b} {
				for _, o := range f.net.at[v] {
					k, ok := owner[o]
					if ok && k != i && !gone[k] && list[k].class == s.class && (best < 0 || list[k].length > list[best].length) {
						best = k
					}
				}
			}
		}
		if best < 0 {
			continue
		}
		gone[i] = true
		b := &list[best]
		b.lines, b.edges, b.length = append(b.lines, s.lines...), append(b.edges, s.edges...), b.length+s.length
		b.half = min(b.half, s.half)
		for _, e := range s.edges {
			owner[e] = best
		}
	}
	out := list[:0]
	for i, s := range list {
		if !gone[i] {
			out = append(out, s)
		}
	}
	return out
}

// runOn follows the street of an edge to both its ends.
func (f *fabric) runOn(e int32, done []bool) (line []vec, edges []int32) {
	n := f.net
	walk := func(at int32) (pts []vec, es []int32) {
		for cur := e; ; {
			o := n.onward(at, cur, 38)
			if o < 0 || done[o] {
				return pts, es
			}
			done[o] = true
			at = n.edges[o].other(at)
			pts, es = append(pts, n.nodes[at]), append(es, o)
			cur = o
		}
	}
	done[e] = true
	back, eb := walk(n.edges[e].a)
	slices.Reverse(back)
	slices.Reverse(eb)
	ahead, ea := walk(n.edges[e].b)
	line = append(append(back, n.nodes[n.edges[e].a], n.nodes[n.edges[e].b]), ahead...)
	return line, append(append(eb, e), ea...)
}

// nameStrokes gives every street its name, longest first, so that the plain
// names go to the streets people know.
func (f *fabric) nameStrokes(list []stroke) {
	nm := newNamer(f.seed)
	r := newRNG(f.seed, "oneway")
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(list[b].length, list[a].length), cmp.Compare(a, b))
	})
	for _, i := range order {
		s := &list[i]
		s.name = f.nameOf(nm, s)
		if s.class == minor && s.kind == "" {
			share := [...]float64{0.5, 0.42, 0.3, 0.26, 0.06, 0.12, 0, 0}[s.zone]
			s.oneWay = s.length > 60 && r.chance(share)
		}
	}
}

func (f *fabric) nameOf(nm *namer, s *stroke) Names {
	fixed := func(fr, nl string) Names {
		n := Names{fr, nl, fr}
		if nm.take(n) {
			return n
		}
		return nm.street("avenue", middle)
	}
	switch s.kind {
	case "ring":
		return fixed("Boulevard du Rempart", "Vestinglaan")
	case "outer":
		return fixed("Boulevard de Ceinture", "Gordellaan")
	case "motorway":
		return fixed("Rocade de la Claire", "Klarering")
	case "square":
		return fixed("Grand-Place", "Grote Markt")
	case "avenue":
		if s.half == halfOld {
			return nm.street("rue", old)
		}
		return nm.street("avenue", gridTown)
	case "link":
		return nm.street("route", country)
	case "quay":
		return nm.street("quai", old)
	case "dock":
		return fixed("Quai du Bassin aux Lins", "Vlasdokkaai")
	case "park":
		return nm.street("allee", suburb)
	}
	kinds := [...][]string{
		old: {"rue", "rue", "rue", "ruelle"}, gridTown: {"rue"}, south: {"rue"}, middle: {"rue", "rue", "rue", "rue", "avenue"},
		suburb: {"rue", "rue", "allee", "clos", "dreve"}, village: {"rue", "ruelle", "chemin"}, industry: {"rue"}, country: {"chemin", "chemin", "dreve"},
	}[s.zone]
	if s.length < 70 {
		kinds = []string{"impasse", "ruelle", "sentier"}
	}
	return nm.street(pick(nm.r, kinds), s.zone)
}

// speedKmh is the limit that the class and the zone have.
func (s *stroke) speedKmh() int {
	switch {
	case s.class == motorway:
		return 90
	case s.class == path:
		return 6
	case s.class == main && s.half <= halfOld:
		return 30
	case s.class == main && s.zone == country:
		return 80
	case s.class == main:
		return 50
	case s.zone == country:
		return 50
	}
	return 30
}

func (s *stroke) lanes() int {
	switch {
	case s.class == motorway, s.kind == "ring":
		return 4
	case s.class == path:
		return 0
	case s.oneWay:
		return 1
	}
	return 2
}
