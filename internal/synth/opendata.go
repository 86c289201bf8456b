package synth

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Datasets of the city's open data portal, in the manner of Opendatasoft's
// explore API v2.1: {"total_count": n, "results": [...]}.
const (
	datasetCarParks   = "disponibilite-parkings"
	datasetCounters   = "comptages-routiers"
	datasetDepartures = "prochains-passages"
)

type odsPoint struct {
	Lon float64 `json:"lon"`
	Lat float64 `json:"lat"`
}

type odsFeature struct {
	Type       string         `json:"type"`
	Geometry   jsonPoint      `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

type jsonPoint struct {
	Type        string     `json:"type"`
	Coordinates [2]float64 `json:"coordinates"`
}

type odsCarPark struct {
	ID       string   `json:"id"`
	Name     string   `json:"libelle"`
	Address  *string  `json:"adresse"`
	Town     string   `json:"ville"`
	Kind     string   `json:"type"`
	State    string   `json:"etat,omitempty"`
	Free     *int     `json:"dispo,omitempty"`
	Max      int      `json:"max"`
	Shown    string   `json:"aff"`
	Updated  string   `json:"datemaj"`
	Geometry any      `json:"geometry"` // Feature, or its text (JSONInString)
	Place    odsPoint `json:"geo_point_2d"`
	Source   string   `json:"source"`
}

// sourceNote says in every record that nothing of it is real.
const sourceNote = "synthetic"

type odsMeasures struct {
	Cars       int      `json:"vl"`
	Heavy      int      `json:"pl"`
	Motorbikes int      `json:"2rm"`
	Bicycles   int      `json:"velo"`
	Speed      *float64 `json:"vitesse,omitempty"`
	Occupancy  float64  `json:"occupation"`
}

type odsCounter struct {
	ID       string   `json:"id_compteur"`
	NameFR   string   `json:"nom_fr"`
	NameNL   string   `json:"nom_nl"`
	Lanes    int      `json:"voies"`
	Heading  int      `json:"orientation"`
	Start    string   `json:"debut"`
	End      string   `json:"fin"`
	Measures any      `json:"mesures"` // object, or its text (JSONInString)
	Place    odsPoint `json:"geo_point_2d"`
	Source   string   `json:"source"`
}

type odsDeparture struct {
	Key      string `json:"cle_tri"`
	Line     string `json:"code_ligne"`
	Sense    string `json:"sens_ligne"`
	StopID   string `json:"identifiant_station"`
	Stop     string `json:"nom_station"`
	Goal     string `json:"destination"`
	Expected string `json:"heure_estimee_depart"`
	Updated  string `json:"date_modification"`
	Source   string `json:"source"`
}

// place is a point as a feed gives it, perhaps with its axes exchanged.
func (f *Feeds) place(p Point) odsPoint {
	if f.Faults.SwappedCoordinates {
		return odsPoint{p.Lat, p.Lon}
	}
	return odsPoint(p)
}

// stamp is a time as the portal writes it: UTC, with the offset spelled out.
// With the fault it is the city's clock time under the same label.
func (f *Feeds) stamp(t time.Time) string {
	if f.Faults.LocalTimeAsUTC {
		t = t.Add(ZoneOffset(t))
	}
	return t.UTC().Format("2006-01-02T15:04:05+00:00")
}

// asText is v, or its JSON text when the fault is on.
func (f *Feeds) asText(v any) any {
	if !f.Faults.JSONInString {
		return v
	}
	b, err := json.Marshal(v)
	if err != nil { // only for values that JSON cannot hold; there are none here
		return nil
	}
	return string(b)
}

// records answers a dataset; false if there is none of that name.
func (f *Feeds) records(dataset string, now time.Time) ([]any, bool) {
	switch dataset {
	case datasetCarParks:
		return f.carParkRecords(now), true
	case datasetCounters:
		return f.counterRecords(now), true
	case datasetDepartures:
		return f.departureRecords(now), true
	}
	return nil, false
}

func (f *Feeds) carParkRecords(now time.Time) []any {
	out := make([]any, len(f.City.CarParks))
	for i := range f.City.CarParks {
		p := &f.City.CarParks[i]
		// each car park reports once a minute, at its own second
		told := now.Add(-time.Duration((now.Unix()-int64(i*11))%60) * time.Second).Truncate(time.Second)
		s := f.City.ParkingAt(i, told)
		r := odsCarPark{
			ID: p.ID, Name: p.Name.FR, Town: f.City.Name.FR, Kind: p.Kind, State: "OUVERT", Free: &s.Free, Max: p.Capacity, Shown: strconv.Itoa(s.Free),
			Updated: f.stamp(told), Place: f.place(p.At), Source: sourceNote,
		}
		if p.Street >= 0 {
			r.Address = &f.City.Streets[p.Street].Name.FR
		}
		if !s.Open {
			r.State, r.Shown = "FERME", "FERME"
		} else if s.Free == 0 {
			r.Shown = "COMPLET"
		}
		if f.Faults.MissingFields && i%7 == 2 {
			r.Free, r.State = nil, ""
		}
		r.Geometry = f.asText(odsFeature{"Feature", jsonPoint{"Point", [2]float64{r.Place.Lon, r.Place.Lat}}, map[string]any{}})
		out[i] = r
	}
	return out
}

// frozenAt is when the frozen counters stopped: ten past four, clock time, of
// the day before.
func frozenAt(now time.Time) time.Time {
	m := at(now)
	return now.Add(-time.Duration(m.sod)*time.Second - 24*time.Hour + 4*time.Hour + 10*time.Minute).Truncate(time.Minute)
}

// frozen reports whether a counter is one of those that FrozenCounter befalls.
func frozen(i int) bool { return i%20 == 7 }

// seen is the instant whose counts a counter shows at now.
func (f *Feeds) seen(i int, now time.Time) time.Time {
	if f.Faults.FrozenCounter && frozen(i) {
		return frozenAt(now)
	}
	return now
}

func (f *Feeds) counterRecords(now time.Time) []any {
	out := make([]any, len(f.City.Counters))
	for i := range f.City.Counters {
		k := &f.City.Counters[i]
		c := f.City.CountAt(i, f.seen(i, now), CounterMinutes)
		ms := odsMeasures{c.Cars, c.Heavy, c.Motorbikes, c.Bicycles, nil, c.Occupancy}
		if c.SpeedKmh >= 0 && (!f.Faults.MissingFields || i%7 != 4) {
			ms.Speed = &c.SpeedKmh
		}
		out[i] = odsCounter{
			ID: k.ID, NameFR: k.Name.FR, NameNL: k.Name.NL, Lanes: k.Lanes, Heading: k.HeadingDeg,
			Start: c.Start.Format("2006-01-02T15:04:05+00:00"), End: c.End.Format("2006-01-02T15:04:05+00:00"),
			Measures: f.asText(ms), Place: f.place(k.At), Source: sourceNote,
		}
	}
	return out
}

func (f *Feeds) departureRecords(now time.Time) []any {
	out := []any{}
	m := at(now)
	for i := range f.City.Buses {
		s := f.City.bus(i, m)
		if !s.InService {
			continue
		}
		l := &f.City.BusLines[f.City.Buses[i].Line]
		for k, d := range f.City.nextStops(i, m, 4) {
			sense, goal := "Aller", l.Stops[len(l.Stops)-1]
			if s.Direction == 2 {
				sense, goal = "Retour", l.Stops[0]
			}
			stop := f.City.BusStops[d.stop]
			out = append(out, odsDeparture{
				Key: fmt.Sprintf("%s:%s:%d", stop.ID, f.City.Buses[i].ID, k), Line: l.Number, Sense: sense, StopID: "CLB:StopPoint:" + stop.ID, Stop: stop.Name.FR,
				Goal: f.City.BusStops[goal].Name.FR, Expected: f.stamp(time.Unix(int64(d.at), 0)), Updated: now.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05+00:00"), Source: sourceNote,
			})
		}
	}
	return out
}

type departure struct {
	stop int
	at   float64 // Unix seconds
}

// nextStops lists the next stops of a bus on its present trip.
func (c *City) nextStops(i int, m moment, n int) []departure {
	l := &c.BusLines[c.Buses[i].Line]
	var out []departure
	last := -1
	for ahead := 0.0; ahead < 1500 && len(out) < n; ahead += 15 {
		s := c.bus(i, moment{unix: m.unix + ahead, day: m.day, sod: m.sod, week: m.week, season: m.season, free: m.free})
		if !s.InService {
			break
		}
		if s.AtStop && s.NextStop != last {
			out = append(out, departure{s.NextStop, math.Round(m.unix + ahead)})
			last = s.NextStop
		}
		if ahead > 0 && len(out) > 0 && (s.NextStop == l.Stops[0] || s.NextStop == l.Stops[len(l.Stops)-1]) && s.AtStop {
			break
		}
	}
	return out
}
