// Package catalogue knows what a city offers: the layers of the map and the
// datasets that are published, with what people must know about them.
//
// A dataset is a selection of entities (a query.Query) with a licence, a
// publisher and the rest; its extents are computed from the live data. A
// published dataset is public, and nothing else is.
package catalogue

import (
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/vocab"
)

// Prop is one attribute that a layer shows, under its short name.
type Prop struct {
	Name  entity.Name
	Short string
}

// Layer is one kind of live thing on the map.
type Layer struct {
	ID     string            // stable, used in addresses, such as "bikes"
	Type   entity.Name       // the entity type it shows
	Short  string            // the type's short name
	Names  map[string]string // by language: fr, nl, en
	Symbol string            // bike, vehicle, air, noise, weather, parking, counter, generic
	// Primary is the short name of the attribute that matters most; "" if
	// nothing is known about the type.
	Primary string
	// Period is the expected time between two readings; 0 if unknown.
	Period entity.Instant
	Props  []Prop
}

const second = entity.Instant(1_000_000)

func props(shorts string) []Prop {
	var out []Prop
	for s := range strings.FieldsSeq(shorts) {
		short, term, renamed := strings.Cut(s, "=")
		if !renamed {
			term = short
		}
		out = append(out, Prop{Name: vocab.Term(term), Short: short})
	}
	return out
}

func known(id, short, symbol, primary string, period entity.Instant, fr, nl, en, shown string) Layer {
	return Layer{ID: id, Type: vocab.Term(short), Short: short, Symbol: symbol, Primary: primary, Period: period * second,
		Names: map[string]string{"fr": fr, "nl": nl, "en": en}, Props: props("name " + shown)}
}

// Layers lists the layers that beffroi knows how to draw, in the order of the
// legend.
func Layers() []Layer {
	return []Layer{
		known("bikes", "BikeHireDockingStation", "bike", "availableBikeNumber", 60, "Vélos en libre-service", "Deelfietsen", "Shared bikes",
			"availableBikeNumber freeSlotNumber totalSlotNumber status"),
		known("buses", "Vehicle", "vehicle", "line", 10, "Bus en circulation", "Bussen onderweg", "Buses on the road",
			"line color=lineColor heading speed delay nextStop"),
		known("parking", "OffStreetParking", "parking", "availableSpotNumber", 60, "Parkings", "Parkeergarages", "Car parks",
			"availableSpotNumber totalSpotNumber occupiedSpotNumber status"),
		known("traffic", "TrafficFlowObserved", "counter", "intensity", 360, "Comptages routiers", "Verkeerstellingen", "Traffic counts",
			"intensity averageVehicleSpeed occupancy"),
		known("air", "AirQualityObserved", "air", "no2", 300, "Qualité de l’air", "Luchtkwaliteit", "Air quality",
			"no2 pm10 pm25 o3"),
		known("noise", "NoiseLevelObserved", "noise", "LAeq", 300, "Bruit", "Geluid", "Noise",
			"LAeq LAmax"),
		known("weather", "WeatherObserved", "weather", "temperature", 600, "Météo", "Weer", "Weather",
			"temperature relativeHumidity windSpeed windDirection precipitation"),
	}
}

// Ground lists the types that belong to the map's ground: they are drawn from
// tiles and never sent as live things.
func Ground() []entity.Name {
	var out []entity.Name
	for s := range strings.FieldsSeq("Building Road District Address Park Square WaterBody Tree Railway PublicTransportStop PublicTransportRoute Landmark Dataset") {
		out = append(out, vocab.Term(s))
	}
	return append(out, termsType)
}

// Generic makes a layer for a type that nobody described: it shows where such
// things are and what they are called.
func Generic(t entity.Name, short string) Layer {
	return Layer{ID: "type-" + strings.ToLower(short), Type: t, Short: short, Symbol: "generic",
		Names: map[string]string{"fr": short, "nl": short, "en": short},
		Props: []Prop{{Name: vocab.Term("name"), Short: "name"}, {Name: defaultName, Short: "name"}}}
}

const defaultName entity.Name = "https://uri.etsi.org/ngsi-ld/default-context/name"

// Short shortens an IRI for people: by the city context, else what follows the
// default vocabulary, else its last part.
func Short(iri entity.Name) string {
	if s, ok := shorts()[string(iri)]; ok {
		return s
	}
	s := string(iri)
	if i := strings.LastIndexAny(s, "/#"); i >= 0 && i+1 < len(s) {
		return s[i+1:]
	}
	return s
}
