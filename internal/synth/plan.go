package synth

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// draft is a city that is still being made, in the plane of vec.
type draft struct {
	*fabric
	mesh    *mesh
	blocks  []block
	quarter []int // of each block
	sites   []quarterSite
	built   *builder
	known   []site
	strokes []stroke
	street  []int // index of the stroke of each edge of the network, -1 none
	city    *City
}

// Plan makes the city of a seed. The same seed gives the same city on every
// machine; see DESIGN.md for the order of the work. It takes a second or two.
func Plan(seed uint64) *City {
	d := &draft{fabric: newFabric(newSkeleton(seed))}
	d.mesh = d.net.mesh()
	d.blocks = d.fabric.blocks(d.mesh.faces)
	d.sites = d.quarterSites()
	d.quarter = d.assignQuarters(d.blocks, d.sites)
	d.built = newBuilder(d.fabric)
	d.known = d.built.landmarks(d.blocks)
	d.built.towers(d.blocks)
	for i := range d.blocks {
		d.built.build(i, &d.blocks[i])
	}
	d.strokes = d.fabric.strokes()
	d.street = make([]int, len(d.net.edges))
	for i := range d.street {
		d.street[i] = -1
	}
	for i, s := range d.strokes {
		for _, e := range s.edges {
			d.street[e] = i
		}
	}
	d.city = &City{
		Seed: seed, Name: Names{"Clairebeke", "Klarebeke", "Clairebeke"}, River: Names{"La Claire", "De Klare", "Claire"},
		turn: newFrameTurn(seed),
	}
	d.city.Centre = d.city.turn.point(vec{})
	d.areas()
	d.streets()
	d.buildings()
	d.furnish()
	d.city.Bounds = d.bounds()
	return d.city
}

// bounds is the box round all streets and water.
func (d *draft) bounds() [4]float64 {
	b := [4]float64{180, 90, -180, -90}
	grow := func(s Shape) {
		for _, poly := range s.Coords {
			for _, ring := range poly {
				for _, p := range ring {
					b = [4]float64{min(b[0], p.Lon), min(b[1], p.Lat), max(b[2], p.Lon), max(b[3], p.Lat)}
				}
			}
		}
	}
	for _, s := range d.city.Streets {
		grow(s.Shape)
	}
	for _, w := range d.city.Waters {
		grow(w.Shape)
	}
	return b
}

// areas draws quarters, districts, land use and water.
func (d *draft) areas() {
	t := d.city.turn
	shape := func(of func(face int32) int, want int) (Shape, Point, bool) {
		rings := d.mesh.outline(of, want)
		polys := polygons(rings)
		if len(polys) == 0 {
			return Shape{}, Point{}, false
		}
		big := slices.MaxFunc(polys, func(a, b [][]vec) int { return cmp.Compare(area(a[0]), area(b[0])) })
		return t.area(polys), t.point(interior(big[0])), true
	}
	for i, n := range districtNames {
		s, at, ok := shape(func(f int32) int {
			if q := d.quarter[f]; q >= 0 {
				return d.sites[q].district
			}
			return -1
		}, i)
		if ok {
			d.city.Districts = append(d.city.Districts, Area{ID: fmt.Sprintf("district-%d", i+1), Name: n, Kind: "district", Shape: s, Label: at, Of: -1})
		}
	}
	for i, site := range d.sites {
		s, at, ok := shape(func(f int32) int { return d.quarter[f] }, i)
		if !ok { // a quarter without blocks keeps its place in the list
			s, at = t.outer(rect(site.at, 20, 20, 0)), t.point(site.at)
		}
		d.city.Quarters = append(d.city.Quarters, Area{ID: fmt.Sprintf("quarter-%02d", i+1), Name: site.name, Kind: "quarter", Shape: s, Label: at, Of: site.district})
	}
	uses := []string{"residential", "commercial", "industrial", "railway", "farmland", "school", "hospital", "university"}
	use := make([]int, len(d.blocks))
	for i := range d.blocks {
		use[i] = slices.Index(uses, d.landuse(&d.blocks[i]))
		if use[i] >= 0 {
			use[i] += 100 * (d.quarter[i] + 1)
		}
	}
	seen := slices.Clone(use)
	slices.Sort(seen)
	for _, u := range slices.Compact(seen) {
		if u < 0 {
			continue
		}
		if s, at, ok := shape(func(f int32) int { return use[f] }, u); ok {
			d.city.Landuse = append(d.city.Landuse, Area{ID: fmt.Sprintf("landuse-%04d", u), Kind: uses[u%100], Shape: s, Label: at, Of: u/100 - 1})
		}
	}
	d.waters()
}

// landuse is the tint of a block on a map.
func (d *draft) landuse(b *block) string {
	switch {
	case b.use == "rail":
		return "railway"
	case b.use == "fields":
		return "farmland"
	case b.use == "school":
		return "school"
	case b.use == "close" && b.zone == middle:
		return "hospital"
	case b.use == "close" && b.zone == gridTown:
		return "university"
	case b.use == "water" || b.use == "green":
		return ""
	case b.zone == industry:
		return "industrial"
	case b.zone == country:
		return "farmland"
	case b.zone == old:
		return "commercial"
	}
	return "residential"
}

func (d *draft) waters() {
	t := d.city.turn
	add := func(id, kind string, n Names, polys [][][]vec, at vec) {
		for i := range polys {
			for j := range polys[i] {
				if (area(polys[i][j]) > 0) != (j == 0) {
					polys[i][j] = reversed(polys[i][j])
				}
			}
		}
		d.city.Waters = append(d.city.Waters, Area{ID: "water-" + id, Name: n, Kind: kind, Shape: t.area(polys), Label: t.point(at), Of: -1})
	}
	add("claire", "river", d.city.River, [][][]vec{{d.river.bank}}, d.river.mid[len(d.river.mid)/2])
	add("canal", "canal", Names{"Canal des Brasseurs", "Brouwersvaart", "Brewers' Canal"}, [][][]vec{{d.canal.bank}}, d.canal.mid[len(d.canal.mid)/3])
	dock := append([]vec{}, d.dock...)
	add("dock", "dock", Names{"Bassin aux Lins", "Vlasdok", "Flax Dock"}, [][][]vec{{dock}}, centroid(dock))
	add("cutting", "canal", Names{}, [][][]vec{{d.cutting}}, centroid(d.cutting))
	add("moat", "moat", Names{"Fossé de la Citadelle", "Citadelgracht", "Citadel Moat"}, [][][]vec{{d.fort.moat, d.fort.body}}, d.fort.moat[0].lerp(centroid(d.fort.body), 0.12))
	for i, p := range d.ponds {
		add(fmt.Sprintf("pond-%d", i+1), "pond", []Names{{"Étang des Vanneaux", "Kievitenvijver", "Lapwing Pond"}, {"Étang du Bois", "Bosvijver", "Wood Pond"}, {"Bassin des Iris", "Lisvijver", "Iris Pool"}}[i], [][][]vec{{p}}, interior(p))
	}
}

// streets hands over the street network, park ways and railways.
func (d *draft) streets() {
	t := d.city.turn
	nm := newNamer(d.seed + 7)
	for _, s := range d.strokes {
		nm.used[s.name.FR] = true
	}
	paths := d.parkPaths(d.blocks, nm)
	for i, s := range append(slices.Clone(d.strokes), paths...) {
		mid, _ := along(s.lines[0], lineLen(s.lines[0])/2)
		d.city.Streets = append(d.city.Streets, Street{
			ID: fmt.Sprintf("street-%04d", i+1), Name: s.name, Class: [...]string{"motorway", "main", "minor", "path"}[s.class], Detail: s.detail(),
			Shape: t.lines(s.lines), WidthM: math.Round(20*(s.half-1)) / 10, LengthM: math.Round(s.length), Lanes: s.lanes(), SpeedKmh: s.speedKmh(), OneWay: s.oneWay,
			Quarter: d.quarterAt(mid),
		})
	}
	for i, rl := range d.rails {
		kind, n := "main", Names{"Ligne de la Claire", "Klarelijn", "Claire line"}
		if i > 0 {
			kind, n = "freight", Names{"Raccordement du port", "Havenspoor", "Harbour branch"}
		}
		offs := []float64{-2.2, 2.2}
		if i > 0 {
			offs = []float64{0}
		}
		for k, o := range offs {
			l := offsetLine(rl, func(int) float64 { return o })
			d.city.Rails = append(d.city.Rails, Rail{ID: fmt.Sprintf("rail-%d-%d", i+1, k+1), Name: n, Kind: kind, Shape: t.lines([][]vec{l})})
		}
	}
	_, _, pos := nearestOnLine(d.station, d.rails[0])
	for k, o := range []float64{-10.5, -6.5, 6.5, 10.5} { // sidings beside the platforms
		var part []vec
		for x := pos - 330; x <= pos+330; x += 22 {
			p, dir := along(d.rails[0], x)
			ease := min(1, (330-math.Abs(x-pos))/110)
			part = append(part, q(p.add(dir.left().mul(2.2*sign(o)+(o-2.2*sign(o))*ease))))
		}
		d.city.Rails = append(d.city.Rails, Rail{ID: fmt.Sprintf("rail-1-%d", k+3), Name: Names{"Voie à quai", "Perronspoor", "Platform track"}, Kind: "main", Shape: t.lines([][]vec{part})})
	}
	d.greens(paths)
}

func sign(x float64) float64 {
	if x < 0 {
		return -1
	}
	return 1
}

func (s *stroke) detail() string {
	switch {
	case s.class == path:
		return "footway"
	case s.kind == "ring" || s.kind == "outer" || s.kind == "avenue" || s.kind == "motorway" || s.kind == "quay":
		return s.kind
	case s.kind == "link":
		return "route"
	case s.length < 70 || s.half < 4.5:
		return "living"
	case s.zone == industry:
		return "service"
	}
	return "residential"
}

// quarterAt is the quarter whose blocks are nearest to p.
func (d *draft) quarterAt(p vec) int {
	best, at := 260.0, -1
	for i := range d.blocks {
		if l := d.blocks[i].middle.dist(p); l < best {
			best, at = l, d.quarter[i]
		}
	}
	return at
}

// buildings hands over the houses with their addresses.
func (d *draft) buildings() {
	t := d.city.turn
	for i, k := range d.known {
		d.city.Landmarks = append(d.city.Landmarks, Landmark{ID: fmt.Sprintf("landmark-%02d", i+1), Name: d.landmarkName(i, k), Kind: k.kind, At: t.point(k.at)})
	}
	r := newRNG(d.seed, "years")
	numbers := d.numbers()
	for i, h := range d.built.list {
		q := -1
		if h.block >= 0 {
			q = d.quarter[h.block]
		} else {
			q = d.quarterAt(centroid(h.ring))
		}
		z := d.zoneAt(h.ring[0])
		span := [...][2]int{{1620, 1890}, {1840, 1935}, {1890, 1985}, {1860, 1962}, {1946, 2016}, {1780, 1955}, {1925, 2012}, {1800, 1960}}[z]
		b := Building{
			ID: fmt.Sprintf("building-%05d", i+1), Kind: h.kind, Ring: t.ring(h.ring), HeightM: math.Round(h.height*10) / 10, BaseM: h.base,
			Levels: max(1, int(math.Round((h.height-1)/3.05))), Landmark: -1, Address: numbers[i], Quarter: q, YearOf: span[0] + r.intn(span[1]-span[0]),
		}
		if h.landmark {
			b.Landmark = h.name
			b.Levels = max(1, int(math.Round((h.height-h.base)/4.2)))
		}
		d.city.Buildings = append(d.city.Buildings, b)
	}
}

// numbers gives each house that faces a street its number: odd on the left,
// even on the right, counted from the end of the street that is nearer to the
// belfry.
func (d *draft) numbers() []Address {
	type door struct {
		house int
		pos   float64
		left  bool
		at    vec
	}
	doors := make([][]door, len(d.strokes))
	out := make([]Address, len(d.built.list))
	for i, h := range d.built.list {
		out[i] = Address{Street: -1}
		if h.edge < 0 || d.street[h.edge] < 0 || h.kind == "outbuilding" {
			continue
		}
		e := d.net.edges[h.edge]
		a, b := d.net.nodes[e.a], d.net.nodes[e.b]
		front, best := h.ring[0], math.Inf(1)
		for k := range h.ring {
			m := h.ring[k].lerp(h.ring[(k+1)%len(h.ring)], 0.5)
			if n, _ := nearestOnSegment(m, a, b); n.dist(m) < best {
				best, front = n.dist(m), m
			}
		}
		s := d.street[h.edge]
		pos, base, dist := 0.0, 0.0, math.Inf(1)
		left := false
		for _, l := range d.strokes[s].lines {
			n, dd, p := nearestOnLine(front, l)
			if dd < dist {
				_, dir := along(l, p)
				pos, dist, left = base+p, dd, dir.cross(front.sub(n)) > 0
			}
			base += lineLen(l)
		}
		doors[s] = append(doors[s], door{i, math.Round(pos*16) / 16, left, q(front)})
	}
	for s, list := range doors {
		if len(list) == 0 {
			continue
		}
		line := d.strokes[s].lines[0]
		if line[0].len() > line[len(line)-1].len() {
			for i := range list {
				list[i].pos, list[i].left = -list[i].pos, !list[i].left
			}
		}
		slices.SortFunc(list, func(a, b door) int { return cmp.Or(cmp.Compare(a.pos, b.pos), cmp.Compare(a.house, b.house)) })
		next, last := [2]int{2, 1}, [2]float64{list[0].pos, list[0].pos}
		for _, o := range list {
			k := 0
			if o.left {
				k = 1
			}
			next[k] += 2 * int(max(0, (o.pos-last[k]-24)/26))
			last[k] = o.pos
			code := "00990"
			if b := d.built.list[o.house].block; b >= 0 && d.quarter[b] >= 0 {
				code = fmt.Sprintf("00%d%02d", d.sites[d.quarter[b]].district+1, d.quarter[b]+1)
			}
			out[o.house] = Address{Street: s, Number: next[k], PostCode: code, Door: d.city.turn.point(o.at)}
			next[k] += 2
		}
	}
	return out
}
