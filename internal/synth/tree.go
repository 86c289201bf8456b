package synth

import (
	"math"
	"slices"
)

// tree is one tree: place, height and kind.
type tree struct {
	at      vec
	heightM float64
	species int
}

var species = [...]struct{ latin, fr, nl, en string }{
	{"Tilia cordata", "tilleul à petites feuilles", "winterlinde", "small-leaved lime"},
	{"Platanus × hispanica", "platane", "plataan", "plane"},
	{"Acer platanoides", "érable plane", "Noorse esdoorn", "Norway maple"},
	{"Quercus robur", "chêne pédonculé", "zomereik", "pedunculate oak"},
	{"Fagus sylvatica", "hêtre", "beuk", "beech"},
	{"Salix alba", "saule blanc", "schietwilg", "white willow"},
	{"Prunus avium", "merisier", "zoete kers", "wild cherry"},
	{"Carpinus betulus", "charme", "haagbeuk", "hornbeam"},
	{"Betula pendula", "bouleau", "ruwe berk", "silver birch"},
	{"Aesculus hippocastanum", "marronnier", "paardenkastanje", "horse chestnut"},
}

// trees plants rows along the great streets and the quays, and groups in the
// parks and on the squares.
func (f *fabric) trees(b *builder, list []stroke, bs []block, paths []stroke) []tree {
	r := newRNG(f.seed, "trees")
	spots := newPoints()
	ways := newSegments()
	for _, p := range paths {
		for _, l := range p.lines {
			ways.addLine(l, 2.2, 0)
		}
	}
	var out []tree
	plant := func(p vec, kind int, lo, hi, apart float64) {
		p = q(p)
		if !spots.free(p, apart) || !ways.clear(p, 0) || !f.extent.has(p) {
			return
		}
		small := []vec{p.add(vec{-2, -2}), p.add(vec{2, -2}), p.add(vec{2, 2}), p.add(vec{-2, 2})}
		for _, id := range b.idx.near(boxOf(small)) {
			if overlap(small, b.list[id].ring) {
				return
			}
		}
		spots.add(p)
		out = append(out, tree{p, math.Round(r.between(lo, hi)*10) / 10, kind})
	}
	for _, s := range list {
		f.rowTrees(&s, r, b, plant)
	}
	for _, p := range f.parks {
		f.parkTrees(p.ring, r, map[string]float64{"wood": 24, "cemetery": 24, "sport": 60, "garden": 18, "meadow": 34, "citadel": 22, "riverside": 17}[p.kind], p.kind, plant)
	}
	for i := range bs {
		switch {
		case bs[i].ring == nil:
		case bs[i].use == "park":
			f.parkTrees(bs[i].ring, r, 15, "park", plant)
		case bs[i].use == "square" || bs[i].use == "church" || bs[i].use == "close":
			f.edgeTrees(bs[i].ring, r, plant)
		}
	}
	return out
}

// rowTrees plants both sides of a street that has trees.
func (f *fabric) rowTrees(s *stroke, r *rng, b *builder, plant func(vec, int, float64, float64, float64)) {
	step, kind := 0.0, r.intn(len(species))
	switch {
	case s.kind == "ring":
		step, kind = 12, 1
	case s.kind == "avenue" && s.half > halfOld && r.chance(0.8):
		step = 15
	case s.kind == "outer":
		step, kind = 16, 2
	case s.kind == "quay":
		step, kind = 15, 0
	case s.kind == "" && s.zone == gridTown && s.length > 300 && r.chance(0.3):
		step = 16
	case s.kind == "" && s.zone == country && r.chance(0.25):
		step, kind = 26, 5
	}
	if step == 0 {
		return
	}
	side := s.half - 2.6
	if s.zone == country {
		side = s.half + 1.5
	}
	for _, l := range s.lines {
		total := lineLen(l)
		for d := step; d < total-6; d += step {
			p, dir := along(l, d)
			if f.river.within(p, 0) || f.canal.within(p, 0) || p.len() > 3300 && s.zone != country {
				continue
			}
			for _, sign := range []float64{1, -1} {
				if s.kind == "quay" && sign < 0 && r.chance(0.5) {
					continue
				}
				at := q(p.add(dir.left().mul(sign * side)))
				if b.freeOfOthers(at, s, 3) {
					plant(at, kind, 7, 15, 6)
				}
			}
		}
	}
}

// freeOfOthers reports whether p stands clear of the carriageways of all
// streets but s.
func (b *builder) freeOfOthers(p vec, s *stroke, margin float64) bool {
	for _, id := range b.corridors.grid.near((box{p, p}).grow(margin)) {
		g := b.corridors.list[id]
		if g.tag >= 0 && slices.Contains(s.edges, g.tag) {
			continue
		}
		if n, _ := nearestOnSegment(p, g.a, g.b); n.dist(p) < g.half-2+margin*0.3 {
			return false
		}
	}
	return true
}

// parkTrees fills a park but for its clearings.
func (f *fabric) parkTrees(ring []vec, r *rng, step float64, kind string, plant func(vec, int, float64, float64, float64)) {
	bx := boxOf(ring)
	main := []int{r.intn(len(species)), r.intn(len(species)), r.intn(len(species))}
	for y := bx.lo.y; y < bx.hi.y; y += step {
		for x := bx.lo.x; x < bx.hi.x; x += step {
			p := q(vec{x + r.around(step*0.45), y + r.around(step*0.45)})
			open := wave(f.seed, 9001, x/70) * wave(f.seed, 9002, y/64)
			limit := 0.16
			if kind == "wood" {
				limit = 0.42
			}
			if open > limit || !inside(p, ring) || ringDist(p, ring) < 3 || f.wet(p, 3) {
				continue
			}
			if kind == "citadel" && inside(p, f.fort.moat) {
				continue
			}
			plant(p, main[r.intn(3)], 6, 19, 4)
		}
	}
}

// wet reports whether p lies in open water or nearer than d to it.
func (f *fabric) wet(p vec, d float64) bool {
	if f.river.within(p, d) || f.canal.within(p, d) || f.nearDock(p, d) {
		return true
	}
	for _, w := range f.ponds {
		if boxOf(w).grow(d).has(p) && (inside(p, w) || ringDist(p, w) < d) {
			return true
		}
	}
	return false
}

// edgeTrees plants the rim of a square.
func (f *fabric) edgeTrees(ring []vec, r *rng, plant func(vec, int, float64, float64, float64)) {
	kind := r.intn(len(species))
	in, _ := inset(ring, make([]int32, len(ring)), func(int) float64 { return 5 })
	if len(in) < 3 {
		return
	}
	l := closeRing(in)
	for d := 4.0; d < lineLen(l); d += 10.5 {
		p, _ := along(l, d)
		plant(p, kind, 6, 12, 7)
	}
}
