package app

import (
	"iter"
	"strconv"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/synth"
	"github.com/beffroi/beffroi/internal/vocab"
)

// Ground gives the things that stand in the synthetic city as entities, each
// marked as synthetic: what the map's ground is drawn from. They are entities
// like all others.
func Ground(c *synth.City) iter.Seq[entity.Fragment] {
	return func(yield func(entity.Fragment) bool) {
		g := ground{c: c}
		for _, part := range []iter.Seq[entity.Fragment]{g.areas(), g.streets(), g.buildings(), g.points(), g.buses()} {
			for f := range part {
				if !yield(f) {
					return
				}
			}
		}
	}
}

type ground struct{ c *synth.City }

// making builds one fragment.
type making struct{ f entity.Fragment }

func thing(typ, kind, id string) *making {
	return &making{entity.Fragment{ID: entity.ID("urn:ngsi-ld:" + typ + ":" + kind + id), Types: []entity.Name{vocab.Term(typ)}}}
}

func (m *making) raw(kind entity.Kind, name string, value []byte) *making {
	m.f.Attrs = append(m.f.Attrs, entity.Instance{Name: vocab.Term(name), Kind: kind, Value: value})
	return m
}

func (m *making) text(name, value string) *making {
	if value == "" {
		return m
	}
	return m.raw(entity.Property, name, jsontree.AppendString(nil, value))
}

func (m *making) number(name string, value float64, unit string) *making {
	m.raw(entity.Property, name, strconv.AppendFloat(nil, value, 'f', -1, 64))
	m.f.Attrs[len(m.f.Attrs)-1].Unit = unit
	return m
}

func (m *making) bool(name string, value bool) *making {
	return m.raw(entity.Property, name, strconv.AppendBool(nil, value))
}

// named gives the name in three languages; one that is the same in all, as
// names of streets are, is still said in all.
func (m *making) named(n synth.Names) *making {
	if n.FR == "" && n.NL == "" && n.EN == "" {
		return m
	}
	b := append([]byte(`{"fr":`), jsontree.AppendString(nil, n.FR)...)
	b = append(append(b, `,"nl":`...), jsontree.AppendString(nil, n.NL)...)
	b = append(append(b, `,"en":`...), jsontree.AppendString(nil, n.EN)...)
	return m.raw(entity.LanguageProperty, "name", append(b, '}'))
}

func (m *making) at(geojson []byte) *making {
	m.f.Attrs = append(m.f.Attrs, entity.Instance{Name: vocab.Location, Kind: entity.GeoProperty, Value: geojson})
	return m
}

// done marks the thing as what it is: invented.
func (m *making) done() entity.Fragment { return m.bool("synthetic", true).f }

func point(p synth.Point) []byte {
	b := append([]byte(`{"type":"Point","coordinates":[`), pair(p)...)
	return append(b, "]}"...)
}

func pair(p synth.Point) []byte {
	b := strconv.AppendFloat(nil, p.Lon, 'f', -1, 64)
	return strconv.AppendFloat(append(b, ','), p.Lat, 'f', -1, 64)
}

func ring(ps []synth.Point) []byte {
	b := []byte(`{"type":"Polygon","coordinates":[[`)
	for i, p := range ps {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '['), pair(p)...), ']')
	}
	return append(b, "]]}"...)
}

func (g *ground) areas() iter.Seq[entity.Fragment] {
	return func(yield func(entity.Fragment) bool) {
		for _, set := range []struct {
			typ, prefix string
			areas       []synth.Area
		}{
			{"District", "", g.c.Districts}, {"District", "quarter:", g.c.Quarters}, {"District", "landuse:", g.c.Landuse},
			{"Park", "", g.c.Parks}, {"Square", "", g.c.Squares}, {"WaterBody", "", g.c.Waters},
		} {
			level := "district"
			switch set.prefix {
			case "quarter:":
				level = "quarter"
			case "landuse:":
				level = "landuse"
			}
			for _, a := range set.areas {
				m := thing(set.typ, set.prefix, a.ID).named(a.Name).text("kind", a.Kind).at(a.Shape.AppendGeoJSON(nil))
				if set.typ == "District" {
					m.text("level", level)
				}
				if a.Label != (synth.Point{}) {
					m.raw(entity.GeoProperty, "label", point(a.Label))
				}
				if !yield(m.done()) {
					return
				}
			}
		}
	}
}

func (g *ground) streets() iter.Seq[entity.Fragment] {
	return func(yield func(entity.Fragment) bool) {
		for _, s := range g.c.Streets {
			m := thing("Road", "", s.ID).named(s.Name).text("roadClass", s.Class).text("kind", s.Detail).
				number("width", s.WidthM, "MTR").number("length", s.LengthM, "MTR").bool("oneWay", s.OneWay)
			if s.Lanes > 0 {
				m.number("totalLaneNumber", float64(s.Lanes), "")
			}
			if !yield(m.at(s.Shape.AppendGeoJSON(nil)).done()) {
				return
			}
		}
		for _, r := range g.c.Rails {
			if !yield(thing("Railway", "", r.ID).named(r.Name).text("kind", r.Kind).at(r.Shape.AppendGeoJSON(nil)).done()) {
				return
			}
		}
	}
}

func (g *ground) buildings() iter.Seq[entity.Fragment] {
	return func(yield func(entity.Fragment) bool) {
		for i := range g.c.Buildings {
			b := &g.c.Buildings[i]
			m := thing("Building", "", b.ID).text("kind", b.Kind).number("height", b.HeightM, "MTR")
			if b.BaseM > 0 {
				m.number("levelMin", b.BaseM, "MTR")
			}
			if b.Levels > 0 {
				m.number("floorsAboveGround", float64(b.Levels), "")
			}
			if b.Landmark >= 0 {
				m.named(g.c.Landmarks[b.Landmark].Name).text("landmark", g.c.Landmarks[b.Landmark].Kind)
			}
			if b.Address.Street >= 0 {
				m.raw(entity.Property, "address", g.address(b.Address))
			}
			if !yield(m.at(ring(b.Ring)).done()) {
				return
			}
		}
	}
}

// address is a postal address as the Smart Data Models write it.
func (g *ground) address(a synth.Address) []byte {
	b := jsontree.AppendString([]byte(`{"streetAddress":`), strconv.Itoa(a.Number)+" "+g.c.Streets[a.Street].Name.FR)
	b = jsontree.AppendString(append(b, `,"postalCode":`...), a.PostCode)
	b = jsontree.AppendString(append(b, `,"addressLocality":`...), g.c.Name.FR)
	return append(b, '}')
}

func (g *ground) points() iter.Seq[entity.Fragment] {
	return func(yield func(entity.Fragment) bool) {
		for _, l := range g.c.Landmarks {
			if !yield(thing("Landmark", "", l.ID).named(l.Name).text("kind", l.Kind).at(point(l.At)).done()) {
				return
			}
		}
		for _, t := range g.c.Trees {
			if !yield(thing("Tree", "", t.ID).text("species", t.Species).number("height", t.HeightM, "MTR").at(point(t.At)).done()) {
				return
			}
		}
	}
}

func (g *ground) buses() iter.Seq[entity.Fragment] {
	return func(yield func(entity.Fragment) bool) {
		for _, s := range g.c.BusStops {
			m := thing("PublicTransportStop", "", s.ID).named(s.Name).at(point(s.At))
			if !yield(m.done()) {
				return
			}
		}
		for _, l := range g.c.BusLines {
			m := thing("PublicTransportRoute", "", l.ID).named(l.Name).text("shortRouteCode", l.Number).text("routeColor", l.Color).at(l.Shape.AppendGeoJSON(nil))
			if !yield(m.done()) {
				return
			}
		}
	}
}
