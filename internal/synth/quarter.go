package synth

import (
	"math"
	"slices"
)

// quarterSite is the middle of a quarter, in the plane of vec, with its name
// and the district it belongs to.
type quarterSite struct {
	name     Names
	at       vec
	district int
}

var districtNames = []Names{
	{"Centre ancien", "Oude binnenstad", "Old town"},
	{"Ville neuve", "Nieuwe stad", "New town"},
	{"Gare et Rive-Sud", "Station en Zuidoever", "Station and South Bank"},
	{"Faubourgs de l'Ouest", "Westelijke voorsteden", "Western suburbs"},
	{"Faubourgs de l'Est", "Oostelijke voorsteden", "Eastern suburbs"},
	{"Nord et port", "Noord en haven", "North and harbour"},
	{"Villages", "Dorpen", "Villages"},
}

func plainNames(fr, nl string) Names { return Names{fr, nl, fr} }

// quarterSites lists the quarters. The old town comes first: its quarters take
// nothing outside the ring.
func (s *skeleton) quarterSites() []quarterSite {
	list := []quarterSite{
		{plainNames("Vieux-Bourg", "Oude Burg"), vec{-290, 150}, 0}, {plainNames("Carillon", "Beiaard"), vec{330, 170}, 0},
		{plainNames("Saint-Amé", "Sint-Amé"), vec{260, -230}, 0}, {plainNames("Les Foulons", "Volderswijk"), vec{-290, -230}, 0},
		{plainNames("Porte du Nord", "Noordpoort"), vec{60, 1150}, 1}, {plainNames("Université", "Universiteit"), vec{640, 1280}, 1},
		{plainNames("Les Arts", "Kunstwijk"), vec{1150, 720}, 1}, {plainNames("Beauséjour", "Schoonverblijf"), vec{1500, 300}, 1},
		{plainNames("Gare", "Station"), vec{40, -1330}, 2}, {plainNames("Rive-Sud", "Zuidoever"), vec{-900, -1450}, 2},
		{plainNames("La Filature", "De Spinnerij"), vec{900, -1400}, 2}, {plainNames("Les Aubépines", "Meidoornwijk"), vec{300, -2100}, 2}, {plainNames("Steenhove", "Steenhove"), vec{-1100, -2250}, 2},
		{plainNames("Saint-Liévin", "Sint-Lieven"), vec{-1000, -420}, 3}, {plainNames("Hôpital", "Gasthuis"), vec{-1150, 430}, 3},
		{plainNames("Citadelle", "Citadel"), vec{-1560, 1250}, 3}, {plainNames("Les Prés", "De Weiden"), vec{-2350, 550}, 3}, {plainNames("Le Halage", "Het Jaagpad"), vec{-2250, -250}, 3},
		{plainNames("Jardin", "Kruidtuin"), vec{1000, -480}, 4}, {plainNames("La Garance", "De Meekrap"), vec{1900, -350}, 4},
		{plainNames("Les Ormes", "De Olmen"), vec{2350, 250}, 4}, {plainNames("Le Bac", "Het Veer"), vec{1900, -1350}, 4}, {plainNames("Linselin", "Linselin"), vec{2300, 1000}, 4},
		{plainNames("Mont-aux-Lins", "Vlasberg"), vec{-650, 2000}, 5}, {plainNames("La Cense", "De Hoeve"), vec{200, 2350}, 5},
		{plainNames("Bassin", "Dok"), vec{1750, 1650}, 5}, {plainNames("Les Sarcelles", "De Talingen"), vec{1200, 2350}, 5}, {plainNames("Les Drèves", "De Dreven"), vec{-1500, 2250}, 5},
		{plainNames("Les Forges", "De Smidse"), vec{-3000, -1370}, 3}, {plainNames("Zone du Triage", "Rangeerzone"), vec{3050, -2350}, 4}, {plainNames("Port de la Claire", "Klarehaven"), vec{2450, 2150}, 5},
	}
	for i, n := range []Names{plainNames("Ravenzele", "Ravenzele"), plainNames("Clarecourt", "Klaarhof"), plainNames("Maerebeque", "Marebeke"), plainNames("Wulvedries", "Wulvendries"), plainNames("Hazebonne", "Hazebonne")} {
		list = append(list, quarterSite{n, s.village[i], 6})
	}
	return list
}

// assignQuarters gives each block its quarter, -1 for open country: the
// nearest one that the river does not part it from.
func (f *fabric) assignQuarters(bs []block, sites []quarterSite) []int {
	river := newSegments()
	river.addLine(f.river.mid, 0, 0)
	out := make([]int, len(bs))
	for i := range bs {
		m := bs[i].middle
		best, d := -1, 1150.0
		if bs[i].use == "fields" || bs[i].zone == country && m.len() > 2500 {
			d = 0
		}
		for k, s := range sites {
			if (s.district == 0) != (bs[i].zone == old) || (s.district == 6) != (bs[i].zone == village) {
				continue
			}
			l := s.at.dist(m)
			if bs[i].zone == industry && !slices.Contains([]string{"Les Forges", "Zone du Triage", "Port de la Claire"}, s.name.FR) {
				continue
			}
			if _, over := river.crossed(s.at, m); over {
				l += 700
			}
			if l < d {
				best, d = k, l
			}
		}
		out[i] = best
	}
	return out
}

// outline is the border of all faces with the same label: outer rings
// counter-clockwise, holes clockwise.
func (m *mesh) outline(labelOf func(face int32) int, want int) [][]vec {
	in := func(h int32) bool { return m.of[h] >= 0 && labelOf(m.of[h]) == want }
	done := map[int32]bool{}
	var out [][]vec
	for h := range m.of {
		start := int32(h)
		if done[start] || !in(start) || in(start^1) {
			continue
		}
		var ring []vec
		for h := start; !done[h]; {
			done[h] = true
			e := m.net.edges[h/2]
			from := e.a
			if h%2 == 1 {
				from = e.b
			}
			ring = append(ring, m.net.nodes[from])
			h = m.next[h]
			for in(h ^ 1) {
				h = m.next[h^1]
			}
		}
		if len(ring) >= 3 && math.Abs(area(ring)) > 400 {
			out = append(out, simplifyRing(ring, 1.5))
		}
	}
	return out
}

// simplifyRing is simplify for a ring; it cuts the ring at its first point and
// the one farthest from it.
func simplifyRing(ring []vec, tol float64) []vec {
	far, at := 0.0, 0
	for i, p := range ring {
		if d := p.dist(ring[0]); d > far {
			far, at = d, i
		}
	}
	a := simplify(ring[:at+1], tol)
	b := simplify(append(append([]vec{}, ring[at:]...), ring[0]), tol)
	out := append(append([]vec{}, a...), b[1:len(b)-1]...)
	if len(out) < 3 {
		return ring
	}
	return out
}

// polygons sorts rings into polygons: each outer ring with its holes.
func polygons(rings [][]vec) [][][]vec {
	var out [][][]vec
	for _, r := range rings {
		if area(r) > 0 {
			out = append(out, [][]vec{r})
		}
	}
	for _, r := range rings {
		if area(r) >= 0 {
			continue
		}
		best, size := -1, math.Inf(1)
		for i := range out {
			if a := area(out[i][0]); a < size && inside(r[0].lerp(r[1], 0.5), out[i][0]) {
				best, size = i, a
			}
		}
		if best >= 0 {
			out[best] = append(out[best], r)
		}
	}
	return out
}
