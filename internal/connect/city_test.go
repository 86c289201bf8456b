package connect

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/connect/mappings"
	"github.com/beffroi/beffroi/internal/synth"
)

func cityMappings(t *testing.T, city *synth.City) map[string]*Mapping {
	t.Helper()
	files, err := mappings.City("http://127.0.0.1:9", city.Bounds)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*Mapping{}
	for name, text := range files {
		m, err := Compile(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if m.Source != name {
			t.Errorf("%s names its source %s", name, m.Source)
		}
		out[name] = m
	}
	return out
}

func TestCityFeeds(t *testing.T) {
	city := synth.Plan(1)
	maps := cityMappings(t, city)
	now := at0("2026-06-16T08:42:10Z")
	for _, faults := range []string{"", "all"} {
		f, err := synth.ParseFaults(faults)
		if err != nil {
			t.Fatal(err)
		}
		feeds := &synth.Feeds{City: city, Faults: f}
		get := func(path string) []byte {
			w := httptest.NewRecorder()
			feeds.Handler(func() time.Time { return now }).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			b, _ := io.ReadAll(w.Body)
			return b
		}
		for name, path := range map[string]string{
			"car-parks": "/opendata/v2.1/datasets/disponibilite-parkings/records?limit=100",
			"counters":  "/opendata/v2.1/datasets/comptages-routiers/records?limit=100",
		} {
			tr := maps[name].DryRun(Payload{Data: get(path)}, now)
			if len(tr.Letters) > 0 || len(tr.Entities) < 30 {
				t.Fatalf("%s faults=%q: %d entities, %s", name, faults, len(tr.Entities), show(tr))
			}
		}
		seen := map[string]int{}
		for msg := range feeds.Messages(now.Add(-20*time.Minute), now, synth.UsualCadence()) {
			for name, m := range maps {
				if m.Kind != MQTT || !Matches(m.Topic, msg.Topic) || seen[name] >= 300 {
					continue
				}
				tr := m.DryRun(Payload{Data: msg.Payload, Topic: msg.Topic}, msg.Time)
				if len(tr.Letters) > 0 || len(tr.Entities) != 1 {
					t.Fatalf("%s faults=%q %s: %s", name, faults, msg.Payload, show(tr))
				}
				seen[name]++
				if strings.Contains(string(tr.Entities[0]), "suspect") {
					t.Errorf("%s: %s", name, tr.Entities[0])
				}
			}
		}
		for _, name := range []string{"air", "noise", "weather", "buses"} {
			if seen[name] < 20 {
				t.Errorf("%s: %d messages", name, seen[name])
			}
		}
	}
}
