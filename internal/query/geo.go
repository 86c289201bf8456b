package query

import (
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// LocationName is the GeoProperty that a geo-query is about if it names none
// (CIM 009, 4.7.1 and 4.10).
const LocationName = entity.Name(core + "location")

// Match reports whether one of the entity's instances of g.Property meets the
// predicate (CIM 009, 5.7.2.4). An entity without one never matches, not even
// disjoint (CIM 009, 4.10).
func (g *Geo) match(s *Subject) bool {
	for k := range s.Entity.Attrs {
		i := &s.Entity.Attrs[k]
		if i.Name != g.Property || i.Kind != entity.GeoProperty || !s.shows(i) {
			continue
		}
		if at, ok := GeometryOf(i); ok && g.Predicate.Match(at) {
			return true
		}
	}
	return false
}

// GeometryOf gives the geometry of a GeoProperty, which may be GeoJSON or a
// text with GeoJSON in it (CIM 009, 4.5.2). It is false for anything else.
func GeometryOf(i *entity.Instance) (geo.Geometry, bool) {
	if i.Kind != entity.GeoProperty {
		return geo.Geometry{}, false
	}
	n, err := jsontree.Parse(i.Value, jsontree.Limits{})
	if err == nil && n.Kind() == jsontree.String {
		n, err = jsontree.Parse([]byte(n.Str()), jsontree.Limits{})
	}
	if err != nil {
		return geo.Geometry{}, false
	}
	g, err := geo.ParseGeoJSON(n)
	return g, err == nil
}
