package tiles

import (
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/vocab"
)

// source says how entities of one type are drawn, and from which zoom on.
type source struct {
	typ     entity.Name
	minZoom uint32
	draw    func(*painter, *entity.Entity, geo.Geometry)
}

// cityZoom is the zoom from which the city's name is shown.
const cityZoom = 4

// sources lists what is drawn. A type's least zoom is that of whatever of it
// shows first.
func sources() []source {
	return []source{
		{vocab.Term("Road"), 6, (*painter).road},
		{vocab.Term("Railway"), 9, (*painter).rail},
		{vocab.Term("WaterBody"), 6, (*painter).water},
		{vocab.Term("District"), 8, (*painter).district},
		{vocab.Term("Park"), 9, (*painter).park},
		{vocab.Term("Square"), 12, (*painter).square},
		{vocab.Term("Building"), 13, (*painter).building},
		{vocab.Term("Landmark"), 13, (*painter).landmark},
		{vocab.Term("Tree"), 14, (*painter).tree},
		{vocab.Term("PublicTransportRoute"), 11, (*painter).route},
		{vocab.Term("PublicTransportStop"), 14, (*painter).stop},
	}
}

// layerInfo describes a source-layer for TileJSON.
type layerInfo struct {
	ID          string            `json:"id"`
	Description string            `json:"description"`
	MinZoom     int               `json:"minzoom"`
	MaxZoom     int               `json:"maxzoom"`
	Fields      map[string]string `json:"fields"`
}

// layers lists the source-layers, those of the Protomaps schema first.
func layers() []layerInfo {
	named := func(more map[string]string) map[string]string {
		f := map[string]string{"kind": "what it is", "name": "its name", "name:fr": "its name in French, if another",
			"name:nl": "its name in Dutch, if another", "name:en": "its name in English, if another"}
		for k, v := range more {
			f[k] = v
		}
		return f
	}
	kind := map[string]string{"kind": "what it is"}
	l := func(id string, from int, fields map[string]string, description string) layerInfo {
		return layerInfo{ID: id, Description: description, MinZoom: from, MaxZoom: MaxZoom, Fields: fields}
	}
	return []layerInfo{
		l("earth", 0, kind, "Land: the whole tile"),
		l("landuse", 8, kind, "What land is used for, parks and squares"),
		l("water", 6, named(nil), "Water as areas, and the middle lines of named rivers and canals"),
		l("roads", 6, named(map[string]string{"kind_detail": "more exactly"}), "Streets, paths and railways"),
		l("buildings", 13, map[string]string{"kind": "what it is", "height": "of the roof, in metres above the ground", "min_height": "of the underside, in metres above the ground",
			"cls": "landmark, if people know it by its name"}, "Buildings, at most 3,000 in a tile: the largest and the landmarks"),
		l("places", cityZoom, named(nil), "Names of the city (locality), its districts (macrohood) and quarters (neighbourhood)"),
		l("pois", 13, named(nil), "Landmarks and parks, as points"),
		l("boundaries", 10, named(nil), "Outlines of districts"),
		l("trees", 14, map[string]string{"height": "in metres", "species": "botanical name"}, "Trees as their crowns, at most 2,500 in a tile"),
		l("transit", 11, map[string]string{"ref": "number of the line", "color": "of the line, as #RRGGBB"}, "Ways of public transport lines"),
		l("stops", 14, named(nil), "Stops of public transport"),
	}
}

// terms are the names of the attributes that are looked at.
type terms struct {
	location, label, name, plainName, kind, level, roadClass, height, base, landmark, species, crown, lineNumber, lineColor entity.Name
}

func newTerms() terms {
	t := vocab.Term
	return terms{location: vocab.Location, label: t("label"), name: t("name"), plainName: "https://uri.etsi.org/ngsi-ld/default-context/name",
		kind: t("kind"), level: t("level"), roadClass: t("roadClass"), height: t("height"), base: t("levelMin"), landmark: t("landmark"),
		species: t("species"), crown: t("crownDiameter"), lineNumber: t("shortRouteCode"), lineColor: t("routeColor")}
}

// all lists the terms, for query.Query.Wanted.
func (t terms) all() []entity.Name {
	return []entity.Name{t.location, t.label, t.name, t.plainName, t.kind, t.level, t.roadClass, t.height, t.base, t.landmark, t.species, t.crown, t.lineNumber, t.lineColor}
}
