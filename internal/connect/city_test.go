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
	places := map[string]string{}  // where things stand, by id, without faults
	moments := map[string]string{} // when they were observed
	same := func(what string, seen map[string]string, id, value string, frozen bool) {
		t.Helper()
		if old, ok := seen[id]; ok && old != value && !frozen {
			t.Errorf("%s of %s with faults: %s, without: %s", what, id, value, old)
		}
		seen[id] = value
	}
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
			frozen := 0
			for _, f := range maps[name].Map(Payload{Data: get(path)}, now).Fragments {
				place, _, _ := attrOf(&f, "location")
				same("the place", places, string(f.ID), place, false)
				_, when, in := attrOf(&f, map[string]string{"car-parks": "status", "counters": "intensity"}[name])
				if in == nil { // left out by the fault
					continue
				}
				if len(in.Subs) > 0 {
					frozen++
				}
				same("the time", moments, string(f.ID), when, len(in.Subs) > 0)
			}
			if want := map[bool]int{true: 5}[faults != "" && name == "counters"]; frozen != want {
				t.Errorf("%s faults=%q: %d suspect, want %d", name, faults, frozen, want)
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
				f := m.Map(Payload{Data: msg.Payload, Topic: msg.Topic}, msg.Time).Fragments[0]
				if place, _, in := attrOf(&f, "location"); in != nil {
					same("the place", places, string(f.ID)+msg.Time.String(), place, false)
				}
				_, when, _ := attrOf(&f, map[string]string{"air": "pm10", "noise": "LAeq", "weather": "temperature", "buses": "line"}[name])
				same("the time", moments, string(f.ID)+msg.Time.String(), when, false)
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
