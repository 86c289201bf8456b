package app

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/store"
)

// harvested waits for the report of the run that was asked for.
func harvested(t *testing.T, source string) string {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	late := time.After(2 * time.Minute)
	for {
		status, body := ask(t, "GET", source, "")
		if status != 200 {
			t.Fatal(status, body)
		}
		if !strings.Contains(body, `"running"`) {
			return body
		}
		select {
		case <-poll.C:
		case <-late:
			t.Fatal("the harvest does not end: " + body)
		}
	}
}

// What one beffroi publishes another one harvests by each of the ways there
// are, without a finding.
func TestOneCityHarvestsAnother(t *testing.T) {
	from := opened(t, func(*config.Config) {})
	base := running(t, from)
	sets := catalogue.DemoDatasets(map[string]string{"fr": "Ville", "nl": "Stad", "en": "Town"})
	for _, d := range sets {
		if err := from.sets.Put(t.Context(), broker.Call{}, d); err != nil {
			t.Fatal(err)
		}
		if err := from.sets.Publish(t.Context(), broker.Call{}, d.Slug); err != nil {
			t.Fatal(err)
		}
	}
	to := opened(t, func(c *config.Config) { c.Outbound.Allow.Harvest = []string{"127.0.0.0/8"} })
	api := running(t, to) + "/api/harvest/sources/"
	for slug, source := range map[string]string{
		"dump": `{"name": "N", "kind": "rdf", "url": "` + base + `/catalog.ttl"}`,
		"xml":  `{"name": "N", "kind": "rdf", "url": "` + base + `/catalog.rdf"}`,
		"json": `{"name": "N", "kind": "rdf", "url": "` + base + `/catalog.jsonld"}`,
		"page": `{"name": "N", "kind": "dcat", "url": "` + base + `/catalog.nt?limit=2"}`,
		"ckan": `{"name": "N", "kind": "ckan", "url": "` + base + `"}`,
		"oai":  `{"name": "N", "kind": "oai", "url": "` + base + `/oai"}`,
	} {
		if status, body := ask(t, "PUT", api+slug, source); status != 204 {
			t.Fatal(slug, status, body)
		}
		if status, body := ask(t, "POST", api+slug+"/run", ""); status != 202 {
			t.Fatal(slug, status, body)
		}
		var got struct {
			Last struct {
				State    string
				Counts   struct{ Seen, New int }
				Findings []struct {
					Where string
					What  map[string]string
				}
			}
		}
		body := harvested(t, api+slug)
		if err := json.Unmarshal([]byte(body), &got, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatal(err)
		}
		if got.Last.State != "done" || got.Last.Counts.New != len(sets) || len(got.Last.Findings) > 0 {
			t.Errorf("%s: %s", slug, body)
		}
		n := 0
		if err := to.sets.WalkHarvested(t.Context(), store.Space{}, func(h *catalogue.Harvested) bool {
			if h.Source == slug {
				n++
				if !strings.HasPrefix(h.IRI, base+"/id/dataset/") || h.Licence != "CC_BY_4_0" || len(h.Ways) == 0 || len(h.Title) != 3 || h.Publisher.Name == "" || h.Contact.Email == "" || len(h.Themes) == 0 {
					t.Errorf("%s: %+v", slug, h)
				}
			}
			return true
		}); err != nil || n != len(sets) {
			t.Errorf("%s: %d datasets, %v", slug, n, err)
		}
	}
	// One that fails is in the stewards' inbox, until it does not.
	inbox := strings.TrimSuffix(api, "/api/harvest/sources/") + "/api/inbox"
	for _, way := range []struct {
		path  string
		state string
	}{{"/nothing.ttl", `"open"`}, {"/catalog.ttl", `"settled"`}} {
		if status, body := ask(t, "PUT", api+"dump", `{"name": "N", "kind": "rdf", "url": "`+base+way.path+`"}`); status != 204 {
			t.Fatal(status, body)
		}
		if status, body := ask(t, "POST", api+"dump/run", ""); status != 202 {
			t.Fatal(status, body)
		}
		harvested(t, api+"dump")
		if _, body := ask(t, "GET", inbox, ""); !strings.Contains(body, `/harvest?source=dump`) || !strings.Contains(body, `"state":`+way.state) {
			t.Errorf("after %s the inbox has %s", way.path, body)
		}
	}
	for _, tt := range []struct {
		method, at, body string
		status           int
		says             string
	}{
		{"GET", "nothing", "", 404, "no harvest source"},
		{"PUT", "a", `{"name": "N", "kind": "rdf", "url": "http://10.0.0.1/x"}`, 400, "--outbound-allow"},
		{"PUT", "a", `{"name": "N", "kind": "sparql", "url": "https://o.example/x"}`, 400, "rdf (one document)"},
		{"POST", "dump/run?vanish=yes", "", 400, "accept"},
		{"POST", "dump/dry-run?vanish=accept", "", 400, "vanish"},
		{"DELETE", "dump", "", 204, ""},
		{"GET", "dump/reports", "", 404, "no harvest source"},
	} {
		if status, body := ask(t, tt.method, api+tt.at, tt.body); status != tt.status || !strings.Contains(body, tt.says) {
			t.Errorf("%s %s: %d %s", tt.method, tt.at, status, body)
		}
	}
}
