package tiles

import (
	"cmp"
	"math"
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format/mvt"
	"github.com/beffroi/beffroi/internal/geo"
)

// painter draws one tile.
type painter struct {
	at     address
	b      *mvt.Builder
	terms  *terms
	props  []mvt.Prop
	houses []candidate
	trees  []candidate
}

// candidate is a thing of which there may be too many in the tile.
type candidate struct {
	e      *entity.Entity
	g      geo.Geometry
	weight float64 // the heavier stay
}

func newPainter(a *API, at address) *painter {
	o := mvt.Options{}
	if at.z == MaxZoom {
		o.Tolerance = 0.8 // it is shown eight times as large
	}
	return &painter{at: at, b: mvt.NewBuilder(at.z, at.x, at.y, o), terms: &a.terms}
}

// with begins a feature's properties.
func (p *painter) with(kind string) {
	p.props = append(p.props[:0], mvt.Prop{Key: "kind", Value: kind})
}

func (p *painter) set(key, value string) {
	if value != "" {
		p.props = append(p.props, mvt.Prop{Key: key, Value: value})
	}
}

// named adds the entity's names: "name", and where they differ "name:fr" and
// so on. It reports whether there is one.
func (p *painter) named(e *entity.Entity) bool {
	n := namesOf(e, p.terms)
	if n.any == "" {
		return false
	}
	p.set("name", n.any)
	for _, l := range []struct{ key, name string }{{"name:fr", n.fr}, {"name:nl", n.nl}, {"name:en", n.en}} {
		if l.name != n.any {
			p.set(l.key, l.name)
		}
	}
	return true
}

func (p *painter) add(layer string, e *entity.Entity, g geo.Geometry) {
	p.b.Add(layer, uint64(e.Number), g, p.props)
}

func (p *painter) addPoint(layer string, e *entity.Entity, at geo.Point) {
	if g, err := geo.NewPoint(at); err == nil {
		p.add(layer, e, g)
	}
}

// labelPoint gives the place of an area's name: as declared, else its middle.
func (p *painter) labelPoint(e *entity.Entity, g geo.Geometry) geo.Point {
	if l, ok := where(e, p.terms.label); ok {
		if at, ok := l.IsPoint(); ok {
			return at
		}
	}
	return g.Centroid()
}

func (p *painter) earth() {
	p.with("earth")
	p.b.Add("earth", 0, geo.FromRect(p.b.Bounds()), p.props)
}

func (p *painter) city(c City) {
	if c.Name == "" {
		return
	}
	if g, err := geo.NewPoint(c.Centre); err == nil {
		p.with("locality")
		p.set("name", c.Name)
		p.b.Add("places", 0, g, p.props)
	}
}

// roadKind turns a road's class into Protomaps' kind and the zoom at which
// such roads begin to show.
func roadKind(class string) (kind string, minZoom uint32) {
	switch class {
	case "motorway", "highway", "trunk":
		return "highway", 6
	case "main", "primary", "secondary", "tertiary":
		return "major_road", 9
	case "path", "footway", "cycleway", "track", "steps":
		return "path", 13
	}
	return "minor_road", 12
}

// roadDetail turns what a road is more exactly into OpenStreetMap's word,
// which Protomaps uses.
func roadDetail(class, detail string) string {
	switch detail {
	case "ring", "outer":
		return "primary"
	case "avenue":
		return "secondary"
	case "route":
		return "tertiary"
	case "living":
		return "living_street"
	case "quay":
		return "residential"
	case "":
		return class
	}
	return detail
}

func (p *painter) road(e *entity.Entity, g geo.Geometry) {
	class := text(e, p.terms.roadClass)
	kind, from := roadKind(class)
	if p.at.z < from {
		return
	}
	p.with(kind)
	p.set("kind_detail", roadDetail(class, text(e, p.terms.kind)))
	if p.at.z >= 12 {
		p.named(e)
	}
	p.add("roads", e, g)
}

func (p *painter) rail(e *entity.Entity, g geo.Geometry) {
	p.with("rail")
	p.set("kind_detail", text(e, p.terms.kind))
	p.add("roads", e, g)
}

func (p *painter) water(e *entity.Entity, g geo.Geometry) {
	kind := cmp.Or(text(e, p.terms.kind), "water")
	p.with(kind)
	p.add("water", e, g)
	if p.at.z < 11 || kind != "river" && kind != "canal" && kind != "stream" {
		return
	}
	if line, ok := middleLine(g); ok && p.named(e) {
		p.add("water", e, line)
	}
}

func (p *painter) district(e *entity.Entity, g geo.Geometry) {
	switch text(e, p.terms.level) {
	case "landuse":
		p.with(cmp.Or(text(e, p.terms.kind), "residential"))
		p.add("landuse", e, g)
	case "quarter":
		if p.at.z < 12 {
			return
		}
		p.with("neighbourhood")
		if p.named(e) {
			p.addPoint("places", e, p.labelPoint(e, g))
		}
	default:
		if p.at.z < 10 {
			return
		}
		p.with("district")
		p.named(e)
		p.outline("boundaries", e, g)
		if p.at.z >= 11 && p.at.z < 14 {
			p.with("macrohood")
			if p.named(e) {
				p.addPoint("places", e, p.labelPoint(e, g))
			}
		}
	}
}

// outline draws the rings of an area as lines.
func (p *painter) outline(layer string, e *entity.Entity, g geo.Geometry) {
	for _, ring := range g.Parts() {
		if line, err := geo.NewLine(ring); err == nil {
			p.add(layer, e, line)
		}
	}
}

func (p *painter) park(e *entity.Entity, g geo.Geometry) {
	p.with(cmp.Or(text(e, p.terms.kind), "park"))
	p.add("landuse", e, g)
	if p.at.z < 13 {
		return
	}
	p.with("park")
	if p.named(e) {
		p.addPoint("pois", e, p.labelPoint(e, g))
	}
}

func (p *painter) square(e *entity.Entity, g geo.Geometry) {
	p.with(cmp.Or(text(e, p.terms.kind), "pedestrian"))
	p.add("landuse", e, g)
}

func (p *painter) landmark(e *entity.Entity, g geo.Geometry) {
	p.with(cmp.Or(text(e, p.terms.kind), "attraction"))
	if p.named(e) {
		p.addPoint("pois", e, p.labelPoint(e, g))
	}
}

func (p *painter) route(e *entity.Entity, g geo.Geometry) {
	p.with("bus")
	p.set("ref", text(e, p.terms.lineNumber))
	p.set("color", text(e, p.terms.lineColor))
	p.add("transit", e, g)
}

func (p *painter) stop(e *entity.Entity, g geo.Geometry) {
	p.with("bus_stop")
	p.named(e)
	p.addPoint("stops", e, p.labelPoint(e, g))
}

func (p *painter) building(e *entity.Entity, g geo.Geometry) {
	b := g.Bounds()
	w := (b.East - b.West) * (b.North - b.South)
	if _, known := e.Attr(p.terms.landmark, ""); known {
		w = math.Inf(1)
	}
	p.houses = append(p.houses, candidate{e, g, w})
}

func (p *painter) tree(e *entity.Entity, g geo.Geometry) {
	h, ok := number(e, p.terms.height)
	if !ok {
		h = 6
	}
	p.trees = append(p.trees, candidate{e, g, h})
}

// heaviestFirst puts the heaviest first if there are more than n; fewer stay in
// order of number.
func heaviestFirst(cs []candidate, n int) []candidate {
	if len(cs) > n {
		slices.SortFunc(cs, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.e.Number, b.e.Number))
		})
	}
	return cs
}

// finish draws what had to be counted first.
func (p *painter) finish() {
	for _, c := range heaviestFirst(p.houses, MaxHouses) {
		if p.b.Count("buildings") == MaxHouses {
			break
		}
		p.house(c)
	}
	for _, c := range heaviestFirst(p.trees, MaxTrees) {
		if p.b.Count("trees") == MaxTrees {
			break
		}
		at, ok := c.g.IsPoint()
		if !ok {
			at = c.g.Centroid()
		}
		p.props = append(p.props[:0], mvt.Prop{Key: "height", Value: c.weight})
		p.set("species", text(c.e, p.terms.species))
		p.add("trees", c.e, crown(at, p.crownRadius(c)))
	}
}

func (p *painter) house(c candidate) {
	p.with(cmp.Or(text(c.e, p.terms.kind), "building"))
	if h, ok := number(c.e, p.terms.height); ok {
		p.props = append(p.props, mvt.Prop{Key: "height", Value: h})
	}
	if h, ok := number(c.e, p.terms.base); ok && h > 0 {
		p.props = append(p.props, mvt.Prop{Key: "min_height", Value: h})
	}
	if math.IsInf(c.weight, 1) {
		p.set("cls", "landmark")
	}
	p.add("buildings", c.e, c.g)
}

// crownRadius gives a tree's radius in metres.
func (p *painter) crownRadius(c candidate) float64 {
	if d, ok := number(c.e, p.terms.crown); ok && d > 0 {
		return min(d/2, 20)
	}
	return min(max(c.weight*0.28, 1.5), 4.5)
}

// crown is a tree seen from above: a hexagon.
func crown(at geo.Point, radiusM float64) geo.Geometry {
	const perDegree = 111_195 // metres; near enough for a tree
	dLat := radiusM / perDegree
	dLon := dLat / max(math.Cos(at.Lat*math.Pi/180), 0.01)
	ring := make([]geo.Point, 0, 7)
	for i := range 6 {
		s, c := math.Sincos(float64(i) * math.Pi / 3)
		ring = append(ring, geo.Point{Lon: at.Lon + dLon*c, Lat: at.Lat + dLat*s})
	}
	g, err := geo.NewPolygon(append(ring, ring[0]))
	if err != nil {
		return geo.Geometry{} // at the edge of the world
	}
	return g
}
