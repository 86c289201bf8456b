package synth

import (
	"cmp"
	"slices"
)

// ridge is the border between the cells of two seeds (i < j).
type ridge struct {
	i, j int
	a, b vec
}

// cellSide is one side of a cell while it is being cut: it starts at from and
// lies on the border with seed who (-1: the edge of the plane).
type cellSide struct {
	from vec
	who  int
}

// voronoi lists the borders between the cells of the seeds, each once. A cell
// begins as a square and is cut by the bisectors to its neighbours, nearest
// first, until the next neighbour is too far to matter.
func voronoi(seeds []vec) []ridge {
	idx := newPoints()
	for _, s := range seeds {
		idx.add(s)
	}
	var out []ridge
	var order []int32
	for i, s := range seeds {
		const edge = reach - 50
		sides := []cellSide{{vec{-edge, -edge}, -1}, {vec{edge, -edge}, -1}, {vec{edge, edge}, -1}, {vec{-edge, edge}, -1}}
		done := 0.0
		for look := 160.0; ; look *= 2 {
			order = append(order[:0], idx.grid.near((box{s, s}).grow(look))...)
			slices.SortFunc(order, func(a, b int32) int {
				if c := cmp.Compare(seeds[a].sub(s).dot(seeds[a].sub(s)), seeds[b].sub(s).dot(seeds[b].sub(s))); c != 0 {
					return c
				}
				return cmp.Compare(a, b)
			})
			for _, j := range order {
				d := seeds[j].dist(s)
				if int(j) == i || d < done || d > look {
					continue
				}
				if d > 2*farthest(s, sides) {
					break
				}
				sides = cut(sides, s, seeds[j], int(j))
			}
			done = look
			if look > 2*farthest(s, sides) || look > 2*reach {
				break
			}
		}
		for k, sd := range sides {
			if sd.who > i {
				out = append(out, ridge{i, sd.who, sd.from, sides[(k+1)%len(sides)].from})
			}
		}
	}
	return out
}

func farthest(s vec, sides []cellSide) float64 {
	var m float64
	for _, sd := range sides {
		m = max(m, sd.from.dist(s))
	}
	return m
}

// cut keeps the part of the cell that is nearer to s than to o.
func cut(sides []cellSide, s, o vec, who int) []cellSide {
	mid, n := s.lerp(o, 0.5), o.sub(s)
	val := func(p vec) float64 { return p.sub(mid).dot(n) }
	any := false
	for _, sd := range sides {
		if val(sd.from) > 0 {
			any = true
			break
		}
	}
	if !any {
		return sides
	}
	out := make([]cellSide, 0, len(sides)+1)
	for k, sd := range sides {
		next := sides[(k+1)%len(sides)].from
		va, vb := val(sd.from), val(next)
		if va <= 0 {
			out = append(out, sd)
			if vb > 0 {
				out = append(out, cellSide{sd.from.lerp(next, va/(va-vb)), who})
			}
		} else if vb <= 0 {
			out = append(out, cellSide{sd.from.lerp(next, va/(va-vb)), sd.who})
		}
	}
	return out
}
