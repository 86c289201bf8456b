package gbfs

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/synth"
)

// get gets without any guard: what it asks is noted.
func get(asked *[]string) func(context.Context, *fetch.Client, *connect.Mapping, string) (jsontree.Node, error) {
	return func(ctx context.Context, c *fetch.Client, _ *connect.Mapping, address string) (jsontree.Node, error) {
		*asked = append(*asked, address[strings.LastIndexByte(address, '/')+1:])
		res, err := c.Do(ctx, fetch.Request{URL: address})
		if err != nil {
			return jsontree.Node{}, err
		}
		if res.Status != 200 {
			return jsontree.Node{}, problem.New(problem.Unavailable, "status %d", res.Status)
		}
		return jsontree.Parse(res.Body, jsontree.Limits{})
	}
}

func open(t *testing.T, url string, now *time.Time, asked *[]string) (*connect.Mapping, connect.Reader) {
	t.Helper()
	m, err := connect.Compile([]byte("source: bikes\nkind: gbfs\nurl: " + url + "\nzone: Europe/Paris\n"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(fetch.New(fetch.Options{}), Options{Get: get(asked), Now: func() time.Time { return *now }})(m)
	if err != nil {
		t.Fatal(err)
	}
	return m, r
}

func TestCityInBothVersions(t *testing.T) {
	city := synth.Plan(1)
	now := time.Date(2026, 6, 16, 8, 42, 10, 0, time.UTC)
	for _, faults := range []synth.Faults{{}, {OldGBFSNames: true, MissingFields: true}} {
		srv := httptest.NewServer((&synth.Feeds{City: city, Faults: faults}).Handler(func() time.Time { return now }))
		for _, version := range []string{"2.3", "3.0"} {
			var asked []string
			m, r := open(t, srv.URL+"/gbfs/"+version+"/gbfs.json", &now, &asked)
			var got connect.Trial
			take := func(p connect.Payload, _ []byte) error {
				got = m.DryRun(p, now)
				return nil
			}
			if err := r.Read(t.Context(), nil, take); err != nil {
				t.Fatal(err)
			}
			if len(got.Entities) != 80 || len(got.Letters) != 0 {
				t.Errorf("%s %+v: %d stations, %v", version, faults, len(got.Entities), got.Letters)
			}
			first := string(got.Entities[0])
			for _, want := range []string{`"id":"urn:ngsi-ld:BikeHireDockingStation:clairebeke_synthetic:1"`, `"coordinates":[3.2191737,50.6200851]`, `"availableBikeNumber":{"type":"Property","value":`, `"electricBikeNumber"`, `"totalSlotNumber":{"type":"Property","value":28}`, `"fr":"Beffroi"`, `"status":{"type":"Property","value":"`} {
				if !strings.Contains(first, want) {
					t.Errorf("%s %+v: %s is not in %s", version, faults, want, first)
				}
			}
			if lacks := strings.Contains(string(got.Entities[3]), "freeSlotNumber"); lacks == faults.MissingFields {
				t.Errorf("%s %+v: %s", version, faults, got.Entities[3])
			}
			// At the next poll only the status is asked for; after an hour all.
			now = now.Add(time.Minute)
			if err := r.Read(t.Context(), nil, take); err != nil {
				t.Fatal(err)
			}
			now = now.Add(time.Hour)
			if err := r.Read(t.Context(), nil, take); err != nil {
				t.Fatal(err)
			}
			all := "gbfs.json system_information.json vehicle_types.json station_information.json station_status.json"
			if want := all + " station_status.json " + all; strings.Join(asked, " ") != want {
				t.Errorf("asked %v", asked)
			}
		}
		srv.Close()
	}
}

func TestBadFeeds(t *testing.T) {
	answer := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/gbfs.json" {
			w.WriteHeader(404)
			return
		}
		_, _ = w.Write([]byte(strings.ReplaceAll(answer, "BASE", "http://"+r.Host))) // the test would notice
	}))
	defer srv.Close()
	now := time.Unix(1e9, 0)
	for name, tc := range map[string]struct{ answer, want string }{
		"no list":              {`{"data":{"stations":[]}}`, "there are no data.feeds"},
		"not JSON":             {`<html>`, "byte 0"},
		"no status":            {`{"data":{"feeds":[{"name":"system_information","url":"BASE/404"}]}}`, "status 404"},
		"nothing we can use":   {`{"data":{"xx":{"feeds":[{"name":"free_bike_status","url":"BASE/x"}]}}}`, "does not list station_information"},
		"a file on the inside": {`{"data":{"feeds":[{"name":"station_information","url":"http://127.0.0.1:1/"},{"name":"station_status","url":"http://127.0.0.1:1/"}]}}`, "127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			answer = tc.answer
			var asked []string
			_, r := open(t, srv.URL+"/gbfs.json", &now, &asked)
			err := r.Read(t.Context(), nil, func(connect.Payload, []byte) error { t.Error("taken"); return nil })
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}
