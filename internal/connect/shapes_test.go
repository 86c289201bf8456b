package connect

import (
	"math"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/vocab"
)

// attrOf gives the value of an attribute, by its short name or the last part of
// its IRI, and when it was observed.
func attrOf(f *entity.Fragment, short string) (value, observed string, in *entity.Instance) {
	for i := range f.Attrs {
		a := &f.Attrs[i]
		if s := string(a.Name); strings.HasSuffix(s, "/"+short) || strings.HasSuffix(s, "#"+short) {
			at := ""
			if !a.ObservedAt.IsZero() {
				at = a.ObservedAt.String()
			}
			return string(a.Value), at, a
		}
	}
	return "", "", nil
}

// reading is what a sample must give: id, attribute, value, observedAt.
type reading struct{ id, attr, value, at string }

// TestShapes sends the samples of real feeds through mappings and looks for
// the readings that expected-readings.json states, and for others.
func TestShapes(t *testing.T) {
	const eu, sens = "eu-feeds/", "sensors/"
	for _, tc := range []struct {
		mapping, file, topic, arrived string
		fragments, skipped            int
		want                          []reading
		not                           []reading // attributes that must be missing
	}{
		{mapping: "lille-departures", file: eu + "lille/prochains_passages.items.json", fragments: 4, want: []reading{
			{"urn:ngsi-ld:Departure:ILEVIA:StopPoint:BP:PAS002:LOC-0", "expectedAt", `"2026-03-02T10:52:00Z"`, "2026-03-02T10:47:05.12Z"}}},
		{mapping: "lille-departures", file: eu + "lille/prochains_passages.summer.items.json", fragments: 4, want: []reading{
			{"urn:ngsi-ld:Departure:ILEVIA:StopPoint:BP:PAS002:LOC-0", "expectedAt", `"2026-07-06T09:52:00Z"`, "2026-07-06T09:47:05.12Z"}}},
		{mapping: "lille-bikes-items", file: eu + "lille/vlille_temps_reel.items.json", fragments: 7, skipped: 1, want: []reading{
			{"urn:ngsi-ld:BikeHireDockingStation:vlille:1", "address", `{"addressLocality":"LILLE","streetAddress":"MEL RUE DU BALLON"}`, ""},
			{"urn:ngsi-ld:BikeHireDockingStation:vlille:1", "availableBikeNumber", "4", "2026-03-02T10:47:16.181Z"},
			{"urn:ngsi-ld:BikeHireDockingStation:vlille:84", "status", `"outOfService"`, "2026-03-02T10:47:16.181Z"}}},
		{mapping: "lille-bikes-portal", file: eu + "lille/vlille-realtime.opendatasoft-v1.json", fragments: 2, want: []reading{
			{"urn:ngsi-ld:BikeHireDockingStation:vlille:1", "location", `{"type":"Point","coordinates":[3.075992,50.641926]}`, ""},
			{"urn:ngsi-ld:BikeHireDockingStation:vlille:10", "availableBikeNumber", "28", "2026-03-02T10:47:16Z"}}},
		{mapping: "lille-air-index", file: eu + "lille/ind_hdf_3j.query.json", fragments: 5, want: []reading{
			{"urn:ngsi-ld:AirQualityObserved:59350", "airQualityIndex", "3", "2026-03-02T00:00:00Z"}},
			not: []reading{{id: "urn:ngsi-ld:AirQualityObserved:59599", attr: "airQualityIndex"}}},
		{mapping: "brussels-waiting", file: eu + "brussels/stib-waiting-time-rt-production.json", fragments: 4, want: []reading{
			{"urn:ngsi-ld:Passage:5008:51:2026-03-02T19:08:00Z", "destination", `{"fr":"BELGICA","nl":"BELGICA"}`, ""}},
			not: []reading{{id: "urn:ngsi-ld:Passage:0470F:95:2026-03-02T19:01:00Z", attr: "destination"}}},
		{mapping: "brussels-vehicles", file: eu + "brussels/stib-vehicle-position-rt-production.json", fragments: 3, want: []reading{
			{"urn:ngsi-ld:VehicleNear:51:5026:5008", "distanceFromStop", "120", "2026-03-02T19:00:00Z"}}},
		{mapping: "brussels-messages", file: eu + "brussels/stib-travellers-information-rt-production.json", fragments: 1, want: []reading{
			{"urn:ngsi-ld:TravellerInformation:5008", "lineCodes", `["51"]`, "2026-03-02T19:00:00Z"}}},
		{mapping: "brussels-traffic", file: eu + "brussels/traffic-live.json", fragments: 3, want: []reading{
			{"urn:ngsi-ld:TrafficFlowObserved:ARL_203", "intensity", "7", "2026-03-02T18:59:00Z"},
			{"urn:ngsi-ld:TrafficFlowObserved:ARL_203", "dateObservedFrom", `"2026-03-02T18:58:00Z"`, "2026-03-02T18:59:00Z"},
			{"urn:ngsi-ld:TrafficFlowObserved:BAI_TD1", "intensity", "0", "2026-03-02T18:59:00Z"},
			{"urn:ngsi-ld:TrafficFlowObserved:LOI_105", "intensity", "12", "2026-03-01T03:11:00Z"}},
			not: []reading{{id: "urn:ngsi-ld:TrafficFlowObserved:BAI_TD1", attr: "averageVehicleSpeed"}, {id: "urn:ngsi-ld:TrafficFlowObserved:LOI_105", attr: "averageVehicleSpeed"},
				{id: "urn:ngsi-ld:TrafficFlowObserved:LOI_105", attr: "occupancy"}}},
		{mapping: "brussels-traffic-devices", file: eu + "brussels/traffic-devices.json", fragments: 3, want: []reading{
			{"urn:ngsi-ld:TrafficFlowObserved:ARL_203", "location", `{"type":"Point","coordinates":[4.3688,50.846]}`, ""}}},
		{mapping: "brussels-bike-history", file: eu + "brussels/bike-history-CJM90.csv", fragments: 8, want: []reading{
			{"urn:ngsi-ld:TrafficFlowObserved:CJM90", "intensity", "3", "2026-02-28T23:15:00Z"}}},
		{mapping: "irail-stations", file: eu + "irail-stations/stations.csv", fragments: 729, want: []reading{
			{"http://irail.be/stations/NMBS/008015345", "alternateName", `{"fr":"Aix-la-Chapelle Hbf","nl":"Aken Hbf"}`, ""},
			{"http://irail.be/stations/NMBS/008400319", "location", `{"type":"Point","coordinates":[5.294278,51.69042]}`, ""}}},
		{mapping: "openaq-long", file: sens + "openaq/air_quality_long.csv", fragments: 5272, want: []reading{
			{"urn:ngsi-ld:AirQualityObserved:BETR801", "pm25", "18.0", "2019-06-18T06:00:00Z"}}},
		{mapping: "openaq-long", file: sens + "openaq/air_quality_no2_long.csv", fragments: 2068, want: []reading{
			{"urn:ngsi-ld:AirQualityObserved:FR04014", "no2", "20.0", "2019-06-21T00:00:00Z"}}},
		{mapping: "openaq-wide", file: sens + "openaq/air_quality_no2.csv", fragments: 2068, want: []reading{
			{"urn:ngsi-ld:AirQualityObserved:london", "no2", "23.0", "2019-05-07T02:00:00Z"}}},
		{mapping: "openaq-stations", file: sens + "openaq/air_quality_stations.csv", fragments: 66, want: []reading{
			{"urn:ngsi-ld:AirQualityObserved:BELAL01", "location", `{"type":"Point","coordinates":[4.38522,51.23619]}`, ""}}},
		{mapping: "ttn", file: sens + "lorawan-synthetic/ttn-v3-uplink.json", fragments: 1, want: []reading{
			{"urn:ngsi-ld:AirQualityObserved:school-co2-0001", "temperature", "21.5", "2026-03-02T10:47:16.512345Z"},
			{"urn:ngsi-ld:AirQualityObserved:school-co2-0001", "relativeHumidity", "0.47", "2026-03-02T10:47:16.512345Z"},
			{"urn:ngsi-ld:AirQualityObserved:school-co2-0001", "location", `{"type":"Point","coordinates":[3.0586,50.6331]}`, "2026-03-02T10:47:16.512345Z"}}},
		{mapping: "ttn", file: sens + "lorawan-synthetic/ttn-v3-uplink-undecoded.json", fragments: 1, want: []reading{
			{"urn:ngsi-ld:AirQualityObserved:school-co2-0001", "temperature", "21.5", "2026-03-02T10:57:16.5Z"},
			{"urn:ngsi-ld:AirQualityObserved:school-co2-0001", "co2", "538", "2026-03-02T10:57:16.5Z"}}},
		{mapping: "chirpstack", file: sens + "lorawan-synthetic/chirpstack-v4-uplink.json", topic: "application/17c82e96/device/0101010101010101/event/up", fragments: 1, want: []reading{
			{"urn:ngsi-ld:Device:0101010101010101", "temperature", "21.5", "2026-03-02T10:47:16.301Z"},
			{"urn:ngsi-ld:Device:0101010101010101", "co2", "538", "2026-03-02T10:47:16.301Z"},
			{"urn:ngsi-ld:Device:0101010101010101", "relativeHumidity", "0.47", "2026-03-02T10:47:16.301Z"}}},
		{mapping: "sensorthings-observation", file: sens + "sensorthings-synthetic/mqtt-observation.json", topic: "v1.1/7/Observations", fragments: 1, want: []reading{
			{"urn:ngsi-ld:AirQualityObserved:7", "no2", "31.9", "2026-03-02T13:00:00Z"}}},
		{mapping: "sensorthings-array", file: sens + "sensorthings-synthetic/create-observations-data-array.json", fragments: 2, want: []reading{
			{"urn:ngsi-ld:AirQualityObserved:1", "no2", "35.1", "2026-03-02T11:00:00Z"}}},
		{mapping: "sensorthings-thing", file: sens + "sensorthings-synthetic/deep-insert-thing.json", fragments: 2, want: []reading{
			{"urn:ngsi-ld:AirQualityObserved:lille-fives", "no2", "38.4", "2026-03-02T10:00:00Z"}}},
		{mapping: "sensorthings-things", file: sens + "sensorthings-synthetic/things-expanded.json", fragments: 1, want: []reading{
			{"urn:ngsi-ld:AirQualityObserved:lille-fives", "location", `{"type":"Point","coordinates":[3.0903,50.6312]}`, ""}}},
	} {
		t.Run(tc.mapping+" "+tc.file[strings.LastIndexByte(tc.file, '/')+1:], func(t *testing.T) {
			if tc.arrived == "" {
				tc.arrived = "2026-03-02T19:00:00Z"
			}
			r := mappingFile(t, tc.mapping+".yaml").Map(Payload{Data: read(t, tc.file), Topic: tc.topic}, at0(tc.arrived))
			for _, l := range r.Letters {
				t.Errorf("dead letter: %s: %.200s", l.Reason, l.Payload)
			}
			if len(r.Fragments) != tc.fragments || r.Skipped != tc.skipped {
				t.Errorf("%d fragments and %d skipped, want %d and %d", len(r.Fragments), r.Skipped, tc.fragments, tc.skipped)
			}
			find := func(w reading, must bool) (value, at string, found bool) {
				for i := range r.Fragments {
					if f := &r.Fragments[i]; string(f.ID) == w.id {
						if v, at, in := attrOf(f, w.attr); in != nil {
							return v, at, true
						} else if must {
							t.Errorf("%s has no %s: %+v", w.id, w.attr, f.Attrs)
						}
						return "", "", false
					}
				}
				t.Errorf("there is no %s", w.id)
				return "", "", false
			}
			for _, w := range tc.want {
				if v, at, ok := find(w, true); ok && (v != w.value || at != w.at) {
					t.Errorf("%s %s is %s at %q, want %s at %q", w.id, w.attr, v, at, w.value, w.at)
				}
			}
			for _, w := range tc.not {
				if v, _, ok := find(w, false); ok {
					t.Errorf("%s has %s %s", w.id, w.attr, v)
				}
			}
		})
	}
}

// What cannot be said as one reading of expected-readings.json.
func TestShapesAsAWhole(t *testing.T) {
	arrived := at0("2026-03-02T19:00:00Z")
	run := func(name, file string) []entity.Fragment {
		return mappingFile(t, name+".yaml").Map(Payload{Data: read(t, "eu-feeds", file)}, arrived).Fragments
	}
	sum := 0.0
	for _, f := range run("brussels-bike-history", "brussels/bike-history-CJM90.csv") {
		v, _, _ := attrOf(&f, "intensity")
		n, err := jsontree.NumberNode(v)
		if err != nil {
			t.Fatal(err)
		}
		x, _ := n.Float()
		sum += x
	}
	if sum != 100 {
		t.Errorf("%v bicycles, want 100", sum)
	}
	working := 0
	for _, f := range run("lille-bikes-items", "lille/vlille_temps_reel.items.json") {
		if v, _, _ := attrOf(&f, "status"); v == `"working"` {
			working++
		}
	}
	if working != 5 {
		t.Errorf("%d stations in service, want 5", working)
	}
	for _, f := range run("brussels-traffic", "brussels/traffic-live.json") {
		_, _, in := attrOf(&f, "intensity")
		suspect := false
		for _, s := range in.Subs {
			suspect = suspect || s.Name == vocab.Term("suspect")
		}
		if want := strings.HasSuffix(string(f.ID), "LOI_105"); suspect != want {
			t.Errorf("%s: suspect is %v", f.ID, suspect)
		}
	}
	f := run("brussels-bike-devices", "brussels/bike-devices.json")[0]
	_, _, in := attrOf(&f, "location")
	p, err := jsontree.Parse(in.Value, jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	c, _ := p.Get("coordinates")
	lon, _ := c.Item(0).Float()
	lat, _ := c.Item(1).Float()
	if math.Abs(lon-4.366344) > 1e-5 || math.Abs(lat-50.8470204) > 1e-5 {
		t.Errorf("the bike counter stands at %v, %v", lon, lat)
	}
}
