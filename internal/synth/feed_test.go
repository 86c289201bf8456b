package synth

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var feedNow = time.Date(2026, 3, 10, 7, 42, 8, 0, time.UTC) // 08:42 on a Tuesday, clock time

// ask gets a path from the feeds as they stand at feedNow.
func ask(t testing.TB, f *Feeds, path string) (int, []byte, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	f.Handler(func() time.Time { return feedNow }).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://feeds.example"+path, nil))
	return w.Code, w.Body.Bytes(), w.Header()
}

func decode[T any](t testing.TB, f *Feeds, path string) T {
	t.Helper()
	code, body, _ := ask(t, f, path)
	if code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, code, body)
	}
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

func gbfsSchema(t testing.TB, version, file string) *jsonschema.Schema {
	t.Helper()
	in, err := os.Open(filepath.Join("testdata", "gbfs", "v"+version, file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	doc, err := jsonschema.UnmarshalJSON(in)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func gbfsValid(t testing.TB, f *Feeds, version, file string) error {
	t.Helper()
	code, body, h := ask(t, f, "/gbfs/"+version+"/"+file+".json")
	if code != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "application/json") {
		t.Fatalf("%s %s: %d %s", version, file, code, h.Get("Content-Type"))
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	return gbfsSchema(t, version, file).Validate(v)
}

func TestGBFSIsValid(t *testing.T) {
	f := &Feeds{City: cityOf(t, 42)}
	for _, version := range []string{"2.3", "3.0"} {
		for _, file := range []string{"gbfs", "system_information", "vehicle_types", "station_information", "station_status"} {
			if err := gbfsValid(t, f, version, file); err != nil {
				t.Errorf("GBFS %s %s: %v", version, file, err)
			}
		}
	}
	all, err := ParseFaults("all")
	if err != nil {
		t.Fatal(err)
	}
	all.OldGBFSNames = false
	f.Faults = all // the other faults leave the bike feed valid: what is missing may be missing
	if err := gbfsValid(t, f, "3.0", "station_status"); err != nil {
		t.Errorf("with faults: %v", err)
	}
	f.Faults = Faults{OldGBFSNames: true}
	if err := gbfsValid(t, f, "3.0", "station_status"); err == nil {
		t.Error("a feed that says 3.0 and keeps the names of 2.x passes the schema of 3.0")
	}
	if err := gbfsValid(t, f, "2.3", "station_status"); err != nil {
		t.Errorf("2.3 with old names: %v", err)
	}
}

type statusFile struct {
	Version string `json:"version"`
	Data    struct {
		Stations []map[string]any `json:"stations"`
	} `json:"data"`
}

func TestGBFSVersionsAgree(t *testing.T) {
	c := cityOf(t, 42)
	f := &Feeds{City: c}
	a, b := decode[statusFile](t, f, "/gbfs/2.3/station_status.json"), decode[statusFile](t, f, "/gbfs/3.0/station_status.json")
	if len(a.Data.Stations) != 80 || len(b.Data.Stations) != 80 {
		t.Fatalf("%d and %d stations", len(a.Data.Stations), len(b.Data.Stations))
	}
	for i, s := range a.Data.Stations {
		o := b.Data.Stations[i]
		if s["num_bikes_available"] != o["num_vehicles_available"] || s["num_docks_available"] != o["num_docks_available"] || s["station_id"] != o["station_id"] {
			t.Errorf("%v and %v", s, o)
		}
		if want := float64(c.BikesAt(i, feedNow).Bikes); s["num_bikes_available"] != want {
			t.Errorf("station %v has %v bikes, want %v", s["station_id"], s["num_bikes_available"], want)
		}
	}
	idx := decode[struct {
		Data struct{ Feeds []gbfsFeed }
	}](t, f, "/gbfs/3.0/gbfs.json")
	for _, e := range idx.Data.Feeds {
		path, ok := strings.CutPrefix(e.URL, "http://feeds.example")
		if code, _, _ := ask(t, f, path); !ok || code != http.StatusOK {
			t.Errorf("the index names %s: %d", e.URL, code)
		}
	}
}

type page struct {
	Total   int              `json:"total_count"`
	Results []map[string]any `json:"results"`
}

const datasets = "/opendata/v2.1/datasets/"

func records(t testing.TB, f *Feeds, dataset string) []map[string]any {
	t.Helper()
	return decode[page](t, f, datasets+dataset+"/records?limit=100").Results
}

func TestRecordsComeInPages(t *testing.T) {
	f := &Feeds{City: cityOf(t, 42)}
	if p := decode[page](t, f, datasets+datasetCounters+"/records"); p.Total != 100 || len(p.Results) != 10 {
		t.Errorf("without a limit: %d of %d", len(p.Results), p.Total)
	}
	if p := decode[page](t, f, datasets+datasetCarParks+"/records?limit=100&offset=25"); p.Total != 30 || len(p.Results) != 5 {
		t.Errorf("past the end: %d of %d", len(p.Results), p.Total)
	}
	for _, bad := range []string{"limit=101", "limit=-1", "limit=x", "offset=10001", "offset=1e3"} {
		if code, body, _ := ask(t, f, datasets+datasetCarParks+"/records?"+bad); code != http.StatusBadRequest || !json.Valid(body) {
			t.Errorf("%s: %d %s", bad, code, body)
		}
	}
	for _, path := range []string{"/", "/gbfs/1.0/gbfs.json", "/gbfs/3.0/gbfs", "/gbfs/3.0/nothing.json", datasets + "nothing/records", "/files/x"} {
		if code, body, _ := ask(t, f, path); code != http.StatusNotFound || !json.Valid(body) {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
}

func TestRecordsAreTheCitys(t *testing.T) {
	c := cityOf(t, 42)
	f := &Feeds{City: c}
	for i, r := range records(t, f, datasetCarParks) {
		p := c.CarParks[i]
		told, err := time.Parse("2006-01-02T15:04:05-07:00", fmt.Sprint(r["datemaj"]))
		if err != nil {
			t.Fatal(err)
		}
		if age := feedNow.Sub(told); age < 0 || age >= time.Minute {
			t.Errorf("%s was updated %v ago", p.ID, age)
		}
		at := r["geo_point_2d"].(map[string]any)
		if r["id"] != p.ID || r["dispo"] != float64(c.ParkingAt(i, told).Free) || at["lon"] != p.At.Lon || at["lat"] != p.At.Lat || r["source"] != sourceNote {
			t.Errorf("car park %d: %v", i, r)
		}
	}
	for i, r := range records(t, f, datasetCounters) {
		n := c.CountAt(i, feedNow, CounterMinutes)
		m := r["mesures"].(map[string]any)
		if r["id_compteur"] != c.Counters[i].ID || m["vl"] != float64(n.Cars) || m["velo"] != float64(n.Bicycles) || r["fin"] != "2026-03-10T07:42:00+00:00" {
			t.Errorf("counter %d: %v, want %+v", i, r, n)
		}
	}
	deps := decode[page](t, f, datasets+datasetDepartures+"/records?limit=100")
	if deps.Total < 100 {
		t.Errorf("%d departures in the rush hour", deps.Total)
	}
	for _, d := range deps.Results {
		at, err := time.Parse("2006-01-02T15:04:05-07:00", fmt.Sprint(d["heure_estimee_depart"]))
		if wait := at.Sub(feedNow); err != nil || wait < -time.Second || wait > 30*time.Minute {
			t.Errorf("departure in %v: %v", wait, d)
		}
	}
}

type roadFile struct {
	Date string `json:"requestDate"`
	Data map[string]struct {
		Results json.RawMessage `json:"results"`
	} `json:"data"`
}

func TestRoadsInTheOtherManner(t *testing.T) {
	c := cityOf(t, 42)
	f := &Feeds{City: c}
	dev := decode[deviceFile](t, f, "/traffic/devices.json")
	live := decode[roadFile](t, f, "/traffic/live.json")
	if len(dev.Features) != 100 || len(live.Data) != 100 || live.Date != "2026/03/10 08:42" {
		t.Fatalf("%d devices, %d counts at %s", len(dev.Features), len(live.Data), live.Date)
	}
	for i, d := range dev.Features {
		var res map[string]roadInterval
		if err := json.Unmarshal(live.Data[d.Properties.Name].Results, &res); err != nil {
			t.Fatal(err)
		}
		if five := res["5m"]; five.Start != "2026/03/10 08:37" || five.End != "2026/03/10 08:42" || five.Count != c.minuteSum(i, feedNow.Truncate(time.Minute).Unix(), 5).Vehicles() {
			t.Errorf("%s: %+v", d.Properties.Name, res)
		}
		if d.Geometry.Coordinates != [2]float64{c.Counters[i].At.Lon, c.Counters[i].At.Lat} || len(d.Properties.Detectors) != d.Properties.Lanes {
			t.Errorf("%+v", d)
		}
	}
}

func TestFiles(t *testing.T) {
	c := cityOf(t, 42)
	f := &Feeds{City: c}
	code, body, h := ask(t, f, "/files/bike-counts.csv")
	if code != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/csv") {
		t.Fatalf("%d %v", code, h)
	}
	rows, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	// yesterday has 96 quarters of an hour, today 34 until 08:30
	slots := map[string]int{}
	for _, r := range rows[1:] {
		slots[r[0]+" "+r[1]]++
		if (r[3] == "0") != (r[4] == "-1") {
			t.Errorf("row %v", r)
		}
	}
	first := rows[1][0]
	if slots[first+" 2026/03/09"] != 96 || slots[first+" 2026/03/10"] != 34 {
		t.Errorf("%s has %d and %d slots", first, slots[first+" 2026/03/09"], slots[first+" 2026/03/10"])
	}
	works := decode[struct {
		Type     string
		Features []struct {
			ID         string
			Geometry   jsonPoint
			Properties map[string]any
		}
	}](t, f, "/files/works.geojson")
	if works.Type != "FeatureCollection" || len(works.Features) < 4 {
		t.Errorf("%d works", len(works.Features))
	}
	for i, w := range c.WorksAt(feedNow) {
		if w.From.After(feedNow.Add(8*24*time.Hour)) || w.To.Before(w.From) || works.Features[i].ID != w.ID {
			t.Errorf("works %+v", w)
		}
	}
}

// TestFeedsAreQuick guards nothing by the clock; it runs everything once more
// at another instant, so that no answer depends on what was asked before.
func TestFeedsHaveNoMemory(t *testing.T) {
	f := &Feeds{City: cityOf(t, 42)}
	for _, p := range []string{"/gbfs/3.0/station_status.json", datasets + datasetCarParks + "/records", datasets + datasetDepartures + "/records", "/traffic/live.json", "/files/bike-counts.csv", "/files/works.geojson"} {
		_, a, _ := ask(t, f, p)
		w := httptest.NewRecorder()
		f.Handler(func() time.Time { return feedNow.Add(-1000 * time.Hour) }).ServeHTTP(w, httptest.NewRequest(http.MethodGet, p, nil))
		_, b, _ := ask(t, f, p)
		if string(a) != string(b) {
			t.Errorf("%s answers differently the second time", p)
		}
		if p != "/files/works.geojson" && w.Body.String() == string(a) {
			t.Errorf("%s answers the same at another time", p)
		}
	}
}
