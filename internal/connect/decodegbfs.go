package connect

import (
	"errors"
	"strings"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// gbfsDecoder joins the files of a GBFS feed, versions 2.x and 3.x alike, into
// one list of stations with the same members whatever the version:
//
//	station_id system_id name names lat lon address capacity bikes electric
//	mechanical docks bikes_disabled docks_disabled is_installed is_renting
//	is_returning last_reported status
//
// A payload is an object of the files by their names, as connect/gbfs puts it
// together, or a single station_information or station_status file. The
// members of 2.x are read whatever version a file says that it has: many feeds
// say 3.0 and keep the old names.
type gbfsDecoder struct{}

func (gbfsDecoder) items() string { return "stations" }

// gbfsEntities are the rules for a GBFS source that brings none of its own.
const gbfsEntities = `
entities:
  - id: '"urn:ngsi-ld:BikeHireDockingStation:" + (item.?system_id.hasValue() ? item.system_id + ":" : "") + item.station_id'
    type: BikeHireDockingStation
    observedAt: observed(item.last_reported)
    attributes:
      name: {value: item.names, type: LanguageProperty, static: true}
      location: {point: [item.lon, item.lat], static: true}
      address: {value: '{"streetAddress": item.address}', static: true}
      totalSlotNumber: {value: item.capacity, static: true}
      availableBikeNumber: item.bikes
      freeSlotNumber: item.docks
      electricBikeNumber: item.electric
      mechanicalBikeNumber: item.mechanical
      isInstalled: item.is_installed
      isRenting: item.is_renting
      isReturning: item.is_returning
      status: item.status
    classify:
      - {as: suspect, when: 'arrived - observedAt > duration("6h")', because: no report for more than six hours}
`

func (gbfsDecoder) decode(data []byte) (jsontree.Node, error) {
	doc, err := jsontree.Parse(withoutMark(data), limits())
	if err != nil {
		return doc, err
	}
	g := gbfsJoin{byID: map[string]int{}, propulsion: map[string]string{}}
	files := map[string]jsontree.Node{}
	if d, ok := doc.Get("data"); ok { // one file alone
		files["station"] = d
	} else {
		for name, f := range doc.Members() {
			if d, ok := f.Get("data"); ok {
				files[name] = d
			}
		}
	}
	g.system(files["system_information"])
	g.types(files["vehicle_types"])
	seen := false
	for _, name := range []string{"station", "station_information", "station_status"} {
		stations, ok := files[name].Get("stations")
		if !ok {
			continue
		}
		seen = true
		for _, s := range stations.Items() {
			g.station(s)
		}
	}
	if !seen {
		return doc, errors.New("there is neither station_information nor station_status with data.stations in it")
	}
	return g.document(), nil
}

type gbfsJoin struct {
	systemID   string
	language   string
	propulsion map[string]string // by vehicle type
	byID       map[string]int
	stations   []map[string]jsontree.Node
	order      []string
}

func (g *gbfsJoin) system(d jsontree.Node) {
	id, _ := d.Get("system_id")
	g.systemID = id.Str()
	l, _ := d.Get("language")
	if g.language = strings.ToLower(l.Str()); g.language == "" {
		ls, _ := d.Get("languages")
		if ls.Len() > 0 && ls.Kind() == jsontree.Array {
			g.language = strings.ToLower(ls.Item(0).Str())
		}
	}
}

func (g *gbfsJoin) types(d jsontree.Node) {
	list, _ := d.Get("vehicle_types")
	for _, t := range list.Items() {
		id, _ := t.Get("vehicle_type_id")
		p, _ := t.Get("propulsion_type")
		g.propulsion[id.Str()] = p.Str()
	}
}

// station takes over what a file says of a station.
func (g *gbfsJoin) station(s jsontree.Node) {
	id, ok := s.Get("station_id")
	key := id.Str()
	if id.Kind() == jsontree.Number { // against the standard, and seen
		key = id.Literal()
	}
	if !ok || key == "" {
		// It becomes an item without id: the mapping will say what is missing.
		key = "\x00" + string(rune(len(g.order)))
	}
	i, known := g.byID[key]
	if !known {
		i = len(g.stations)
		g.byID[key] = i
		g.stations = append(g.stations, map[string]jsontree.Node{})
		g.order = append(g.order, key)
		if key[0] != 0 {
			g.stations[i]["station_id"] = jsontree.StringNode(key)
		}
	}
	out := g.stations[i]
	for name, v := range s.Members() {
		if v.IsNull() {
			continue
		}
		switch name {
		case "lat", "lon", "address", "capacity", "is_installed", "is_renting", "is_returning", "last_reported", "region_id":
			out[name] = gbfsBool(name, v)
		case "num_bikes_available", "num_vehicles_available":
			out["bikes"] = v
		case "num_docks_available":
			out["docks"] = v
		case "num_bikes_disabled", "num_vehicles_disabled":
			out["bikes_disabled"] = v
		case "num_docks_disabled":
			out["docks_disabled"] = v
		case "name":
			g.name(out, v)
		case "vehicle_types_available":
			g.count(out, v)
		case "num_ebikes_available": // before 2.1, by several operators
			out["electric"] = v
		}
	}
}

// gbfsBool turns the 0 and 1 of version 1 into what later versions have.
func gbfsBool(name string, v jsontree.Node) jsontree.Node {
	if strings.HasPrefix(name, "is_") && v.Kind() == jsontree.Number {
		f, _ := v.Float()
		return jsontree.BoolNode(f != 0)
	}
	return v
}

// name takes one text (2.x) or one for each language (3.x).
func (g *gbfsJoin) name(out map[string]jsontree.Node, v jsontree.Node) {
	if v.Kind() == jsontree.String {
		out["name"] = v
		lang := g.language
		if lang == "" {
			lang = "fr"
		}
		out["names"] = jsontree.ObjectNode([]jsontree.Member{{Name: strings.ToLower(strings.SplitN(lang, "-", 2)[0]), Value: v}})
		return
	}
	var names []jsontree.Member
	for _, t := range v.Items() {
		text, _ := t.Get("text")
		lang, _ := t.Get("language")
		if text.Kind() == jsontree.String && lang.Str() != "" {
			names = append(names, jsontree.Member{Name: strings.ToLower(strings.SplitN(lang.Str(), "-", 2)[0]), Value: text})
		}
	}
	if len(names) > 0 {
		out["name"], out["names"] = names[0].Value, jsontree.ObjectNode(names)
	}
}

// count parts the bikes by what drives them.
func (g *gbfsJoin) count(out map[string]jsontree.Node, v jsontree.Node) {
	electric, mechanical, known := int64(0), int64(0), false
	for _, t := range v.Items() {
		id, _ := t.Get("vehicle_type_id")
		n, _ := t.Get("count")
		f, ok := n.Float()
		p, told := g.propulsion[id.Str()]
		if !ok || !told || f < 0 || f > 1e6 {
			continue
		}
		known = true
		if strings.HasPrefix(p, "electric") {
			electric += int64(f)
		} else {
			mechanical += int64(f)
		}
	}
	if known {
		out["electric"], out["mechanical"] = jsontree.IntNode(electric), jsontree.IntNode(mechanical)
	}
}

// document gives the stations in the order in which they were first seen.
func (g *gbfsJoin) document() jsontree.Node {
	list := make([]jsontree.Node, len(g.stations))
	for i, s := range g.stations {
		if g.systemID != "" {
			s["system_id"] = jsontree.StringNode(g.systemID)
		}
		if st := gbfsStatus(s); st != "" {
			s["status"] = jsontree.StringNode(st)
		}
		var members []jsontree.Member
		for _, name := range []string{
			"station_id", "system_id", "name", "names", "lat", "lon", "address", "capacity", "bikes", "electric", "mechanical", "docks",
			"bikes_disabled", "docks_disabled", "is_installed", "is_renting", "is_returning", "last_reported", "region_id", "status",
		} {
			if v, ok := s[name]; ok {
				members = append(members, jsontree.Member{Name: name, Value: v})
			}
		}
		list[i] = jsontree.ObjectNode(members)
	}
	return jsontree.ObjectNode([]jsontree.Member{{Name: "stations", Value: jsontree.ArrayNode(list)}})
}

// gbfsStatus says in the words of the Smart Data Models how a station fares;
// nothing if only its place is known.
func gbfsStatus(s map[string]jsontree.Node) string {
	off := func(name string) bool { v, ok := s[name]; return ok && !v.Bool() }
	none := func(name string) bool {
		v, ok := s[name]
		f, num := v.Float()
		return ok && num && f == 0
	}
	_, told := s["is_renting"]
	switch {
	case !told:
		return ""
	case off("is_installed") || off("is_renting") && off("is_returning"):
		return "outOfService"
	case off("is_renting") || off("is_returning"):
		return "withIncidence"
	case none("bikes"):
		return "empty"
	case none("docks"):
		return "full"
	}
	return "working"
}
