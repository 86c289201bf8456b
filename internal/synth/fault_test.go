package synth

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

func TestFaultNames(t *testing.T) {
	for _, n := range FaultNames() {
		f, err := ParseFaults(" " + n + " ,")
		if err != nil || f.String() != n {
			t.Errorf("%q gives %q, %v", n, f, err)
		}
	}
	all, err := ParseFaults("all")
	if err != nil || all.String() != strings.Join(FaultNames(), ",") {
		t.Errorf("all gives %q, %v", all, err)
	}
	if f, err := ParseFaults(""); err != nil || f != (Faults{}) {
		t.Errorf("nothing gives %q, %v", f, err)
	}
	_, err = ParseFaults("frozen-counter,frozen")
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != problem.BadRequestData || !strings.Contains(err.Error(), `"frozen"`) {
		t.Errorf("an unknown fault gives %v", err)
	}
}

func TestFrozenCounter(t *testing.T) {
	c := cityOf(t, 42)
	good, bad := &Feeds{City: c}, &Feeds{c, Faults{FrozenCounter: true}}
	g, b := records(t, good, datasetCounters), records(t, bad, datasetCounters)
	stuck := 0
	for i := range g {
		same := fmt.Sprint(g[i]) == fmt.Sprint(b[i])
		if same == frozen(i) {
			t.Errorf("counter %d: same %v", i, same)
		}
		if frozen(i) {
			stuck++
			if b[i]["fin"] != "2026-03-09T03:06:00+00:00" { // 04:06 the day before, clock time
				t.Errorf("counter %d froze at %v", i, b[i]["fin"])
			}
		}
	}
	if stuck != 5 {
		t.Errorf("%d counters are frozen", stuck)
	}
}

func TestLocalTimeAsUTC(t *testing.T) {
	c := cityOf(t, 42)
	bad := &Feeds{c, Faults{LocalTimeAsUTC: true}}
	shift := func(f *Feeds, dataset, member string) time.Duration {
		at, err := time.Parse("2006-01-02T15:04:05-07:00", fmt.Sprint(records(t, f, dataset)[0][member]))
		if err != nil {
			t.Fatal(err)
		}
		return at.Sub(feedNow).Round(20 * time.Minute)
	}
	if s := shift(bad, datasetCarParks, "datemaj"); s != time.Hour {
		t.Errorf("car parks are %v off in winter", s)
	}
	if s := shift(bad, datasetDepartures, "heure_estimee_depart"); s < time.Hour {
		t.Errorf("departures are %v off in winter", s)
	}
	if s := shift(&Feeds{City: c}, datasetCarParks, "datemaj"); s != 0 {
		t.Errorf("without the fault they are %v off", s)
	}
	summer := time.Date(2026, 7, 6, 9, 47, 0, 0, time.UTC)
	if got := bad.stamp(summer); got != "2026-07-06T11:47:00+00:00" {
		t.Errorf("in summer %s", got)
	}
}

// members collects the names of all members, nested ones with their parents'.
func members(v any, prefix string, into map[string]int) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			into[prefix+k]++
			members(x, prefix+k+".", into)
		}
	case []any:
		for _, x := range v {
			members(x, prefix, into)
		}
	}
}

func TestMissingFields(t *testing.T) {
	c := cityOf(t, 42)
	bad := &Feeds{c, Faults{MissingFields: true}}
	for _, path := range []string{datasets + datasetCarParks + "/records?limit=100", datasets + datasetCounters + "/records?limit=100", "/gbfs/2.3/station_status.json", "/traffic/live.json", "/files/works.geojson"} {
		g, b := map[string]int{}, map[string]int{}
		members(decode[any](t, &Feeds{City: c}, path), "", g)
		members(decode[any](t, bad, path), "", b)
		less := 0
		for k, n := range g {
			if b[k] < n {
				less++
			}
		}
		if less == 0 {
			t.Errorf("%s misses nothing", path)
		}
	}
}

func TestJSONInString(t *testing.T) {
	c := cityOf(t, 42)
	bad := &Feeds{c, Faults{JSONInString: true}}
	g, b := records(t, &Feeds{City: c}, datasetCounters)[3]["mesures"], records(t, bad, datasetCounters)[3]["mesures"]
	var inner any
	if s, ok := b.(string); !ok || json.Unmarshal([]byte(s), &inner) != nil || fmt.Sprint(inner) != fmt.Sprint(g) {
		t.Errorf("measures are %v and %v", g, b)
	}
	if _, ok := records(t, bad, datasetCarParks)[3]["geometry"].(string); !ok {
		t.Error("the geometry of a car park is no string")
	}
	live := decode[roadFile](t, bad, "/traffic/live.json")
	for id, d := range live.Data {
		if len(d.Results) == 0 || d.Results[0] != '"' {
			t.Fatalf("%s: %s", id, d.Results)
		}
	}
}

func TestSwappedCoordinates(t *testing.T) {
	c := cityOf(t, 42)
	bad := &Feeds{c, Faults{SwappedCoordinates: true}}
	for i, r := range records(t, bad, datasetCarParks) {
		at := r["geo_point_2d"].(map[string]any)
		if at["lat"] != c.CarParks[i].At.Lon || at["lon"] != c.CarParks[i].At.Lat {
			t.Errorf("car park %d lies at %v", i, at)
		}
	}
	if d := decode[deviceFile](t, bad, "/traffic/devices.json").Features[0]; d.Geometry.Coordinates[0] < 40 {
		t.Errorf("a counter lies at %v", d.Geometry.Coordinates)
	}
}

// payloads collects the payloads of the devices in a span, by topic and time.
func payloads(t *testing.T, f *Feeds) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	cad := Cadence{Bus: time.Minute, Air: 2 * time.Minute, Noise: 2 * time.Minute, Weather: 2 * time.Minute}
	for m := range f.Messages(feedNow, feedNow.Add(2*time.Minute), cad) {
		var v map[string]any
		if err := json.Unmarshal(m.Payload, &v); err != nil {
			t.Fatalf("%s: %v", m.Topic, err)
		}
		out[m.Topic+" "+m.Time.String()] = v
	}
	return out
}

func TestFaultsOfDevices(t *testing.T) {
	c := cityOf(t, 42)
	good := payloads(t, &Feeds{City: c})
	differ := func(f Faults) map[string]int { // by the first part of the topic
		out := map[string]int{}
		for k, v := range payloads(t, &Feeds{c, f}) {
			if fmt.Sprint(v) != fmt.Sprint(good[k]) {
				out[strings.Join(strings.Split(k, "/")[:2], "/")]++
			}
		}
		return out
	}
	kinds := func(m map[string]int) []string {
		for k := range m {
			if strings.HasPrefix(k, "application/") {
				m["noise"] = m[k]
				delete(m, k)
			}
		}
		return slices.Sorted(maps.Keys(m))
	}
	for _, tt := range []struct {
		faults Faults
		want   []string
	}{
		{Faults{LocalTimeAsUTC: true}, []string{"clairebeke/air"}},
		{Faults{SwappedCoordinates: true}, []string{"clairebeke/bus"}},
		{Faults{JSONInString: true}, []string{"noise"}},
		{Faults{FrozenCounter: true, OldGBFSNames: true}, nil},
	} {
		if got := kinds(differ(tt.faults)); !slices.Equal(got, tt.want) {
			t.Errorf("%s befalls %v, want %v", tt.faults, got, tt.want)
		}
	}
	if got := kinds(differ(Faults{MissingFields: true})); !slices.Contains(got, "clairebeke/air") || !slices.Contains(got, "clairebeke/bus") {
		t.Errorf("missing fields befall %v", got)
	}
}

func TestMessagesAreInOrderAndCanBeCutUp(t *testing.T) {
	c := cityOf(t, 42)
	end := feedNow.Add(6 * time.Minute)
	var whole, parts []Message
	for m := range c.Messages(feedNow, end) {
		whole = append(whole, m)
	}
	for at := feedNow; at.Before(end); at = at.Add(7 * time.Second) {
		to := at.Add(7 * time.Second)
		if to.After(end) {
			to = end
		}
		for m := range c.Messages(at, to) {
			parts = append(parts, m)
		}
	}
	if len(whole) != len(parts) {
		t.Fatalf("%d messages at once, %d in parts", len(whole), len(parts))
	}
	devices := map[string]int{}
	for i, m := range whole {
		if m.Topic != parts[i].Topic || string(m.Payload) != string(parts[i].Payload) || !m.Time.Equal(parts[i].Time) {
			t.Fatalf("message %d differs: %v, %v", i, m, parts[i])
		}
		if i > 0 && m.Time.Before(whole[i-1].Time) || m.Time.Before(feedNow) || !m.Time.Before(end) {
			t.Fatalf("message %d comes at %v", i, m.Time)
		}
		if strings.ContainsAny(m.Topic, "+# ") || !strings.Contains(string(m.Payload), sourceNote) {
			t.Fatalf("%s: %s", m.Topic, m.Payload)
		}
		devices[m.Device]++
	}
	for i, b := range c.Buses { // 6 minutes are 72 positions, unless the bus is in the depot
		if n := devices[b.ID]; c.BusAt(i, feedNow).InService && c.BusAt(i, end).InService && n < 70 {
			t.Errorf("%s sent %d positions", b.ID, n)
		}
	}
	for _, s := range c.Sensors {
		if n := devices[s.ID]; n < 1 && s.Kind != "weather" || n > 2 {
			t.Errorf("%s sent %d messages in six minutes", s.ID, n)
		}
	}
	for range c.Messages(feedNow, end) { // stopping early must do no harm
		break
	}
	silent := 0
	for range (&Feeds{City: c}).Messages(feedNow, end, Cadence{}) {
		silent++
	}
	if silent > 0 {
		t.Errorf("%d messages without a cadence", silent)
	}
}

func FuzzParseFaults(f *testing.F) {
	for _, s := range []string{"", "all", "frozen-counter, json-in-string", ",,", "frozen-counter,x", "ALL"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseFaults(s)
		if err != nil {
			return
		}
		if b, err := ParseFaults(a.String()); err != nil || b != a {
			t.Errorf("%q gives %q, and that gives %q, %v", s, a, b, err)
		}
	})
}
