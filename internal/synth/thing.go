package synth

import "iter"

// Kind is what sort of thing a Thing is.
type Kind string

// The kinds, in the order in which Things yields them: what is large and few
// first, so that a map shows the city early.
const (
	KindDistrict    Kind = "district"
	KindQuarter     Kind = "quarter"
	KindLanduse     Kind = "landuse"
	KindWater       Kind = "water"
	KindPark        Kind = "park"
	KindSquare      Kind = "square"
	KindRail        Kind = "rail"
	KindStreet      Kind = "street"
	KindLandmark    Kind = "landmark"
	KindBusLine     Kind = "busLine"
	KindBusStop     Kind = "busStop"
	KindBikeStation Kind = "bikeStation"
	KindCarPark     Kind = "carPark"
	KindCounter     Kind = "counter"
	KindSensor      Kind = "sensor"
	KindBuilding    Kind = "building"
	KindTree        Kind = "tree"
	KindAddress     Kind = "address"
)

// Thing is a part of the city that stays: what it is, where, and what is known
// of it. A caller makes an entity of it.
type Thing struct {
	Kind  Kind
	ID    string // slug, unique over all kinds, the same whenever the seed is
	Name  Names  // empty for what has no name
	Shape Shape
	Attrs []Attr
}

// Attr is one fact about a thing. Value is a string, a bool, an int or a
// float64, or []string for a list of IDs of other things; Unit is a UN/CEFACT
// code or empty.
type Attr struct {
	Name  string
	Value any
	Unit  string
}

// Things yields everything that stays, static parts of the live feeds included.
// Each carries the attribute synthetic = true. The bike stations, car parks,
// counters and sensors come once more through their feeds, under the same
// numbers.
func (c *City) Things() iter.Seq[Thing] {
	return func(yield func(Thing) bool) {
		_ = c.yieldAreas(yield) && c.yieldLines(yield) && c.yieldPoints(yield) && c.yieldDevices(yield) && c.yieldBuilt(yield)
	}
}

// attrs begins a list of facts.
func attrs(a ...Attr) []Attr {
	out := make([]Attr, 0, len(a)+1)
	for _, x := range a {
		if s, ok := x.Value.(string); ok && s == "" {
			continue
		}
		out = append(out, x)
	}
	return append(out, Attr{"synthetic", true, ""})
}

func (c *City) quarterID(i int) string {
	if i < 0 || i >= len(c.Quarters) {
		return ""
	}
	return c.Quarters[i].ID
}

func (c *City) yieldAreas(yield func(Thing) bool) bool {
	for _, g := range []struct {
		kind Kind
		list []Area
	}{{KindDistrict, c.Districts}, {KindQuarter, c.Quarters}, {KindLanduse, c.Landuse}, {KindWater, c.Waters}, {KindPark, c.Parks}, {KindSquare, c.Squares}} {
		for _, a := range g.list {
			of := ""
			switch {
			case g.kind == KindQuarter:
				of = c.districtID(a.Of)
			case g.kind != KindDistrict:
				of = c.quarterID(a.Of)
			}
			t := Thing{g.kind, a.ID, a.Name, a.Shape, attrs(Attr{"class", a.Kind, ""}, Attr{"labelLon", a.Label.Lon, ""}, Attr{"labelLat", a.Label.Lat, ""}, Attr{"partOf", of, ""})}
			if !yield(t) {
				return false
			}
		}
	}
	return true
}

func (c *City) districtID(i int) string {
	if i < 0 || i >= len(c.Districts) {
		return ""
	}
	return c.Districts[i].ID
}

func (c *City) yieldLines(yield func(Thing) bool) bool {
	for _, r := range c.Rails {
		if !yield(Thing{KindRail, r.ID, r.Name, r.Shape, attrs(Attr{"class", r.Kind, ""})}) {
			return false
		}
	}
	for i := range c.Streets {
		s := &c.Streets[i]
		t := Thing{KindStreet, s.ID, s.Name, s.Shape, attrs(Attr{"class", s.Class, ""}, Attr{"detail", s.Detail, ""}, Attr{"width", s.WidthM, "MTR"}, Attr{"length", s.LengthM, "MTR"},
			Attr{"lanes", s.Lanes, ""}, Attr{"maxSpeed", s.SpeedKmh, "KMH"}, Attr{"oneWay", s.OneWay, ""}, Attr{"quarter", c.quarterID(s.Quarter), ""})}
		if !yield(t) {
			return false
		}
	}
	return true
}

func pointShape(p Point) Shape { return Shape{"Point", [][][]Point{{{p}}}} }

func (c *City) yieldPoints(yield func(Thing) bool) bool {
	for _, l := range c.Landmarks {
		if !yield(Thing{KindLandmark, l.ID, l.Name, pointShape(l.At), attrs(Attr{"class", l.Kind, ""})}) {
			return false
		}
	}
	for _, l := range c.BusLines {
		var stops []string
		for _, s := range l.Stops {
			stops = append(stops, c.BusStops[s].ID)
		}
		t := Thing{KindBusLine, l.ID, l.Name, l.Shape, attrs(Attr{"number", l.Number, ""}, Attr{"color", l.Color, ""}, Attr{"category", l.Cat, ""}, Attr{"roundTrip", l.Round, ""}, Attr{"stops", stops, ""})}
		if !yield(t) {
			return false
		}
	}
	for _, s := range c.BusStops {
		var lines []string
		for _, l := range s.Lines {
			lines = append(lines, c.BusLines[l].ID)
		}
		if !yield(Thing{KindBusStop, s.ID, s.Name, pointShape(s.At), attrs(Attr{"lines", lines, ""})}) {
			return false
		}
	}
	return true
}

func (c *City) yieldDevices(yield func(Thing) bool) bool {
	for _, s := range c.BikeStations {
		if !yield(Thing{KindBikeStation, "bike-station-" + s.ID, s.Name, pointShape(s.At), attrs(Attr{"number", s.ID, ""}, Attr{"capacity", s.Capacity, ""}, Attr{"address", s.Address, ""})}) {
			return false
		}
	}
	for _, p := range c.CarParks {
		street := ""
		if p.Street >= 0 {
			street = c.Streets[p.Street].ID
		}
		if !yield(Thing{KindCarPark, "car-park-" + p.ID, p.Name, pointShape(p.At), attrs(Attr{"number", p.ID, ""}, Attr{"class", p.Kind, ""}, Attr{"capacity", p.Capacity, ""}, Attr{"street", street, ""})}) {
			return false
		}
	}
	for _, k := range c.Counters {
		if !yield(Thing{KindCounter, "counter-" + k.ID, k.Name, pointShape(k.At), attrs(Attr{"number", k.ID, ""}, Attr{"class", k.Class, ""}, Attr{"heading", k.HeadingDeg, "DD"}, Attr{"lanes", k.Lanes, ""}, Attr{"street", c.Streets[k.Street].ID, ""})}) {
			return false
		}
	}
	for _, s := range c.Sensors {
		if !yield(Thing{KindSensor, "sensor-" + s.ID, s.Name, pointShape(s.At), attrs(Attr{"number", s.ID, ""}, Attr{"class", s.Kind, ""}, Attr{"site", s.Site, ""}, Attr{"devEUI", s.DevEUI, ""})}) {
			return false
		}
	}
	return true
}

func (c *City) yieldBuilt(yield func(Thing) bool) bool {
	for i := range c.Buildings {
		b := &c.Buildings[i]
		t := Thing{Kind: KindBuilding, ID: b.ID, Shape: Shape{"Polygon", [][][]Point{{b.Ring}}}}
		street := ""
		if b.Address.Street >= 0 {
			street = c.Streets[b.Address.Street].ID
		}
		mark := ""
		if b.Landmark >= 0 {
			mark, t.Name = c.Landmarks[b.Landmark].ID, c.Landmarks[b.Landmark].Name
		}
		t.Attrs = attrs(Attr{"class", b.Kind, ""}, Attr{"height", b.HeightM, "MTR"}, Attr{"levels", b.Levels, ""}, Attr{"yearOfConstruction", b.YearOf, ""}, Attr{"landmark", mark, ""},
			Attr{"quarter", c.quarterID(b.Quarter), ""}, Attr{"street", street, ""})
		if b.BaseM > 0 {
			t.Attrs = append(t.Attrs, Attr{"minHeight", b.BaseM, "MTR"})
		}
		if street != "" {
			t.Attrs = append(t.Attrs, Attr{"streetName", c.Streets[b.Address.Street].Name.FR, ""}, Attr{"houseNumber", b.Address.Number, ""}, Attr{"postCode", b.Address.PostCode, ""})
		}
		if !yield(t) {
			return false
		}
	}
	for _, tr := range c.Trees {
		if !yield(Thing{KindTree, tr.ID, tr.Name, pointShape(tr.At), attrs(Attr{"species", tr.Species, ""}, Attr{"height", tr.HeightM, "MTR"})}) {
			return false
		}
	}
	for i := range c.Buildings {
		b := &c.Buildings[i]
		if b.Address.Street < 0 {
			continue
		}
		s := &c.Streets[b.Address.Street]
		n := " " + itoa(b.Address.Number)
		t := Thing{KindAddress, "address" + b.ID[len("building"):], Names{s.Name.FR + n, s.Name.NL + n, s.Name.EN + n}, pointShape(b.Address.Door),
			attrs(Attr{"street", s.ID, ""}, Attr{"houseNumber", b.Address.Number, ""}, Attr{"postCode", b.Address.PostCode, ""}, Attr{"building", b.ID, ""})}
		if !yield(t) {
			return false
		}
	}
	return true
}
