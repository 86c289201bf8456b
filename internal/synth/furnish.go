package synth

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// furnish puts what is alive into the city: bike stations, car parks, counters,
// sensors and buses.
func (d *draft) furnish() {
	d.bikeStations()
	d.carParks()
	d.counters()
	d.sensors()
	d.busLines()
}

// curb is a place on the pavement of an edge, a share f along it.
func (d *draft) curb(e int32, f float64, out float64) (vec, vec) {
	ed := d.net.edges[e]
	a, b := d.net.nodes[ed.a], d.net.nodes[ed.b]
	dir := b.sub(a).unit()
	return q(a.lerp(b, f).add(dir.left().mul(ed.half + out))), dir
}

// streetName is the name of the street of an edge; crossing of two streets by
// both names.
func (d *draft) streetName(e int32) Names {
	if s := d.street[e]; s >= 0 {
		return d.strokes[s].name
	}
	return Names{}
}

// corners lists the crossings of streets, in an order that puts those near the
// centre and on great roads first, with some chance.
func (d *draft) corners(purpose string) []int32 {
	r := newRNG(d.seed, purpose)
	type corner struct {
		node int32
		rank float64
	}
	var list []corner
	for v := range d.net.nodes {
		n, great := 0, 0.0
		for _, e := range d.net.at[v] {
			switch d.net.edges[e].class {
			case main:
				n, great = n+1, 500
			case minor:
				n++
			}
		}
		if p := d.net.nodes[v]; n >= 3 && d.extent.grow(-200).has(p) && !d.wet(p, 8) {
			list = append(list, corner{int32(v), math.Round(p.len() - great + r.around(500))})
		}
	}
	slices.SortFunc(list, func(a, b corner) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.node, b.node)) })
	out := make([]int32, len(list))
	for i, c := range list {
		out[i] = c.node
	}
	return out
}

// pavement is a free spot near a crossing: beside one of its streets.
func (d *draft) pavement(v int32) (p vec, e int32, ok bool) {
	for _, e := range d.net.at[v] {
		ed := d.net.edges[e]
		if ed.class != main && ed.class != minor {
			continue
		}
		l := d.net.nodes[ed.a].dist(d.net.nodes[ed.b])
		f := min(0.5, 16/l)
		if ed.b == v {
			f = 1 - f
		}
		for _, side := range []float64{-1.2, -2*ed.half + 1.2} {
			p, _ := d.curb(e, f, side)
			if !d.inHouse(p) && !d.wet(p, 1) && d.built.freeOfOthers(p, &d.strokes[max(0, d.street[e])], 1) {
				return p, e, true
			}
		}
	}
	return vec{}, -1, false
}

// nearPavement is a free spot at the crossing nearest to p that has one.
func (d *draft) nearPavement(corners []int32, p vec) (vec, int32, bool) {
	near := slices.Clone(corners)
	slices.SortStableFunc(near, func(a, b int32) int { return cmp.Compare(d.net.nodes[a].dist(p), d.net.nodes[b].dist(p)) })
	for _, v := range near[:min(12, len(near))] {
		if at, e, ok := d.pavement(v); ok {
			return at, e, true
		}
	}
	return vec{}, -1, false
}

func (d *draft) inHouse(p vec) bool {
	for _, id := range d.built.idx.near((box{p, p}).grow(1)) {
		if inside(p, d.built.list[id].ring) {
			return true
		}
	}
	return false
}

// crossName names a crossing after its two greatest streets.
func (d *draft) crossName(v, e int32) Names {
	first := d.street[e]
	for _, o := range d.net.at[v] {
		if s := d.street[o]; s >= 0 && s != first {
			a, b := d.strokes[first].name, d.strokes[s].name
			return Names{a.FR + " / " + b.FR, a.NL + " / " + b.NL, a.EN + " / " + b.EN}
		}
	}
	return d.strokes[first].name
}

func (d *draft) bikeStations() {
	r := newRNG(d.seed, "bikes")
	taken := newPoints()
	var hubs []Names
	var at []vec
	for i, k := range d.known {
		if k.kind != "fort" && k.kind != "church" && k.kind != "school" {
			hubs, at = append(hubs, d.city.Landmarks[i].Name), append(at, k.at)
		}
	}
	hubs, at = append(hubs, Names{"Bassin aux Lins", "Vlasdok", "Flax Dock"}, Names{"Citadelle", "Citadel", "Citadel"}), append(at, centroid(d.dock), centroid(d.parks[0].ring).add(polar(520, -42)))
	name := map[int32]Names{}
	corners := d.corners("bikecorners")
	var order []int32
	for i, p := range at { // the crossing nearest to each place that people go to
		best := slices.MinFunc(corners, func(a, b int32) int { return cmp.Compare(d.net.nodes[a].dist(p), d.net.nodes[b].dist(p)) })
		if _, ok := name[best]; !ok {
			name[best] = hubs[i]
			order = append(order, best)
		}
	}
	for _, v := range append(order, corners...) {
		if len(d.city.BikeStations) == 80 {
			break
		}
		node := d.net.nodes[v]
		n, hub := name[v]
		apart := 255 + 0.085*node.len()
		if hub {
			apart = 120
		}
		p, e, ok := d.pavement(v)
		if !ok || !taken.free(p, apart) {
			continue
		}
		taken.add(p)
		if !hub {
			n = d.crossName(v, e)
		}
		z := d.zoneAt(p)
		s := BikeStation{ID: fmt.Sprint(len(d.city.BikeStations) + 1), Name: n, Address: d.streetName(e).FR, At: d.city.turn.point(p), Capacity: 14 + 2*r.intn(8)}
		if hub {
			s.Capacity += 8
		}
		if z == old || hub {
			s.Capacity += 4
		}
		s.tide = [...]float64{-0.75, -0.45, -0.25, 0.55, 0.85, 0.6, -0.6, 0.3}[z] + r.around(0.2)
		if hub {
			s.tide = -0.85 + r.around(0.1)
		}
		s.leisure = r.around(0.4)
		s.base = r.between(0.4, 0.58)
		d.city.BikeStations = append(d.city.BikeStations, s)
	}
	balance(d.city.BikeStations)
}

// balance shifts the tides so that what leaves some stations arrives at the
// others.
func balance(list []BikeStation) {
	var sum, docks, leisure float64
	for _, s := range list {
		sum += s.tide * float64(s.Capacity)
		leisure += s.leisure * float64(s.Capacity)
		docks += float64(s.Capacity)
	}
	for i := range list {
		list[i].tide = math.Round((list[i].tide-sum/docks)*1000) / 1000
		list[i].leisure = math.Round((list[i].leisure-leisure/docks)*1000) / 1000
	}
}

func (d *draft) carParks() {
	r := newRNG(d.seed, "carparks")
	taken := newPoints()
	add := func(p vec, n Names, kind string, capacity int, e int32) bool {
		if len(d.city.CarParks) == 30 || !taken.free(p, 180) {
			return false
		}
		taken.add(p)
		s := -1
		if e >= 0 {
			s = d.street[e]
		}
		d.city.CarParks = append(d.city.CarParks, CarPark{ID: fmt.Sprintf("CLB%03d", len(d.city.CarParks)+1), Name: n, Kind: kind, At: d.city.turn.point(p), Capacity: capacity, Street: s})
		return true
	}
	prefix := func(n Names) Names { return Names{"Parking " + n.FR, "Parking " + n.NL, n.EN + " car park"} }
	corners := d.corners("carparkcorners")
	for i, k := range d.known {
		kind := map[string]string{"belfry": "centre", "station": "station", "hospital": "hospital", "theatre": "centre", "museum": "centre", "university": "centre", "court": "centre", "cathedral": "centre"}[k.kind]
		if kind == "" {
			continue
		}
		if p, e, ok := d.nearPavement(corners, k.at); ok {
			add(p, prefix(d.city.Landmarks[i].Name), kind, 10*(18+r.intn(50)), e)
		}
	}
	for i := range d.blocks {
		b := &d.blocks[i]
		if b.use == "square" && b.ring != nil && b.zone != village && len(d.city.CarParks) < 17 {
			for _, sq := range d.city.Squares {
				if sq.Label == d.city.turn.point(b.middle) {
					add(q(b.middle.add(vec{3, 2})), prefix(sq.Name), "centre", 10*(8+r.intn(30)), -1)
				}
			}
		}
	}
	for _, v := range corners {
		p, e, ok := d.pavement(v)
		if !ok || d.net.edges[e].class != main {
			continue
		}
		l := d.net.nodes[v].len()
		switch n := len(d.city.CarParks); {
		case n < 24 && l < 1500:
			add(p, prefix(d.crossName(v, e)), "shopping", 10*(12+r.intn(40)), e)
		case n >= 24 && l > 2300 && l < 3400 && taken.free(p, 1300):
			s := d.streetName(e)
			add(p, Names{"Parc relais " + s.FR, "P+R " + s.NL, "Park and ride " + s.EN}, "parkride", 50*(5+r.intn(10)), e)
		}
	}
}

// counters stand on the great roads, a pair of directions where the road has
// both.
func (d *draft) counters() {
	r := newRNG(d.seed, "counters")
	taken := newPoints()
	order := make([]int32, 0, len(d.net.edges))
	for i, e := range d.net.edges {
		if e.class <= main && d.street[i] >= 0 {
			order = append(order, int32(i))
		}
	}
	shuffle(r, order)
	slices.SortStableFunc(order, func(a, b int32) int {
		return cmp.Compare(d.counterRank(a), d.counterRank(b))
	})
	for _, e := range order {
		if len(d.city.Counters) >= 100 {
			break
		}
		ed := d.net.edges[e]
		a, b := d.net.nodes[ed.a], d.net.nodes[ed.b]
		mid := q(a.lerp(b, 0.5))
		apart := 190 + 0.10*mid.len()
		if ed.class == motorway {
			apart = 1500
		}
		if !taken.free(mid, apart) || d.wet(mid, 20) || !d.extent.grow(-150).has(mid) {
			continue
		}
		taken.add(mid)
		for _, sgn := range []float64{1, -1} {
			if len(d.city.Counters) < 100 {
				d.city.Counters = append(d.city.Counters, d.counter(r, e, mid, b.sub(a).unit().mul(sgn)))
			}
		}
	}
}

func (d *draft) counterRank(e int32) int {
	k := d.tags[d.net.edges[e].tag].kind
	return map[string]int{"ring": 0, "motorway": 1, "outer": 2, "avenue": 2, "link": 3}[k]
}

func (d *draft) counter(r *rng, e int32, mid, dir vec) Counter {
	s := &d.strokes[d.street[e]]
	right := q(mid.add(dir.left().mul(-0.45 * d.net.edges[e].half)))
	n := s.name
	c := Counter{
		ID: fmt.Sprintf("CLB_%03d", len(d.city.Counters)+101), Street: d.street[e], At: d.city.turn.point(right), HeadingDeg: int(math.Round(d.city.turn.heading(dir))) % 360,
		Name: n, Lanes: max(1, s.lanes()/2), Class: [...]string{"motorway", "main", "minor"}[s.class], FreeKmh: float64(s.speedKmh()) * r.between(0.92, 1.04),
	}
	c.inbound = math.Round(dir.dot(mid.mul(-1).unit())*100) / 100
	if s.kind == "ring" || s.kind == "outer" {
		c.inbound = math.Round(r.around(0.35)*100) / 100
	}
	perLane := 900.0
	day := map[string]float64{"ring": 13500, "motorway": 34000, "outer": 9200, "avenue": 7800, "link": 5200}[s.kind]
	if s.kind == "avenue" && s.half == halfOld {
		day, perLane = 3600, 620
	}
	if s.class == motorway {
		perLane = 1950
	}
	c.CapacityVeh = perLane * float64(c.Lanes)
	c.volume = math.Round(day * r.between(0.72, 1.25))
	c.bikes = math.Round(map[string]float64{"ring": 1500, "motorway": 0, "outer": 700, "avenue": 1300, "link": 320}[s.kind] * r.between(0.5, 1.4))
	c.FreeKmh = math.Round(c.FreeKmh)
	return c
}

// sensors spread over the city: beside great roads, in quarters and in parks,
// none in a yard.
func (d *draft) sensors() {
	r := newRNG(d.seed, "sensors")
	taken := map[string]*points{"air": newPoints(), "noise": newPoints(), "weather": newPoints()}
	want := map[string]int{"air": 26, "noise": 22, "weather": 12}
	have := map[string]int{}
	add := func(kind, site string, p vec, n Names, traffic float64) {
		apart := map[string]float64{"air": 420, "noise": 380, "weather": 900}[kind]
		if have[kind] == want[kind] || !taken[kind].free(p, apart) {
			return
		}
		taken[kind].add(p)
		have[kind]++
		d.city.Sensors = append(d.city.Sensors, Sensor{
			ID: fmt.Sprintf("%s-%03d", kind, have[kind]), Kind: kind, Name: n, Site: site, At: d.city.turn.point(p),
			DevEUI:  fmt.Sprintf("70B3D5%010X", r.next()&0xffffffffff),
			traffic: math.Round(traffic*100) / 100, town: math.Round(max(0, 1-p.len()/4200)*100) / 100,
		})
	}
	for _, p := range d.city.Parks {
		if p.Name.FR != "" && p.Kind != "cemetery" && p.Kind != "pitch" {
			at := d.back(p.Label)
			add("weather", "background", at, p.Name, 0.05)
			if r.chance(0.3) {
				add("air", "background", q(at.add(vec{9, 4})), p.Name, 0.08)
			}
			if r.chance(0.25) {
				add("noise", "background", q(at.add(vec{-8, 6})), p.Name, 0.08)
			}
		}
	}
	for i, v := range d.corners("sensorcorners") {
		p, e, ok := d.pavement(v)
		if !ok || d.net.nodes[v].len() > 3000 {
			continue
		}
		site, t := "background", r.between(0.12, 0.3)
		if d.net.edges[e].class == main {
			site, t = "traffic", r.between(0.6, 1)
		}
		add([]string{"air", "noise"}[i%2], site, p, d.crossName(v, e), t)
	}
	slices.SortStableFunc(d.city.Sensors, func(a, b Sensor) int { return cmp.Compare(a.ID, b.ID) })
}

// back turns a place on the map into the plane again.
func (d *draft) back(p Point) vec {
	t := d.city.turn
	v := vec{(p.Lon - originLon) * perDegLon, (p.Lat - originLat) * perDegLat}
	v = vec{float64(v.x*t.cos) + float64(v.y*t.sin), float64(v.y*t.cos) - float64(v.x*t.sin)}
	if t.mirror {
		v.x = -v.x
	}
	return q(v)
}
