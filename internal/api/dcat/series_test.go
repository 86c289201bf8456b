package dcat

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/quality"
	"github.com/beffroi/beffroi/internal/govern/series"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/shacl"
	"github.com/beffroi/beffroi/internal/store"
)

// Datasets of a series name it, and in one with an order the one before; the
// series names them. What is not public is named nowhere, and the shapes find
// nothing wrong.
func TestSeries(t *testing.T) {
	c := newTown(t)
	three := func(s string) catalogue.Texts { return catalogue.Texts{"fr": s, "nl": s, "en": s} }
	all := []series.Series{
		{Slug: "air-and-noise", Title: three("Air and noise"), Description: three("x"), Datasets: []string{"air-quality", "weather", "noise"}, Ordered: true, Issued: c.now, Changed: c.now},
		{Slug: "drafts", Title: three("Drafts"), Description: three("x"), Datasets: []string{"weather"}},
		{Slug: "old", Title: three("Old"), Description: three("x"), Datasets: []string{"noise"}, Withdrawn: true, Changed: c.now},
		{Slug: "never", Title: three("Never"), Description: three("x"), Datasets: []string{"weather"}, Withdrawn: true, Changed: c.now},
	}
	api := New(Options{Catalogue: c.s, Broker: c.b, Now: c.clock, Call: func(*http.Request) (broker.Call, error) { return broker.Call{Space: store.Space{}}, nil },
		City:   func(context.Context) (City, error) { return City{"Clairebeke", true}, nil },
		Series: func(context.Context, string) ([]series.Series, error) { return all, nil },
		Shell: func(w http.ResponseWriter, _ *http.Request) error {
			return httpx.WriteBody(w, http.StatusOK, "text/html; charset=utf-8", []byte("<!doctype html>"))
		}})
	policy := access.NewPolicy(access.Settings{PublicURL: public}, nil, c.s)
	var err error
	c.mux, err = httpx.New(httpx.Options{Access: policy, Hosts: httpx.Hosts{PublicURL: public}}, api.Routes()...)
	c.must(err)
	for path, wants := range map[string][]string{
		"/id/dataset/noise.nt":        {"inSeries> <" + public + "/id/series/air-and-noise>", "#prev> <" + public + "/id/dataset/air-quality>", "dcat#DatasetSeries>"},
		"/id/series/air-and-noise.nt": {"dcat#first> <" + public + "/id/dataset/air-quality>", "dcat#last> <" + public + "/id/dataset/noise>", "dcat#seriesMember> <" + public + "/id/dataset/noise>", "dcat#prev>"},
		"/catalog.nt":                 {"inSeries>", "dcat#DatasetSeries>"},
	} {
		nt := c.body(path)
		for _, want := range wants {
			if !strings.Contains(nt, want) {
				t.Errorf("%s: nothing of %s", path, want)
			}
		}
		for _, not := range []string{"weather", "drafts", "series/old", "Never"} {
			if strings.Contains(nt, not) {
				t.Errorf("%s names %s", path, not)
			}
		}
		g, err := rdf.Read(strings.NewReader(nt), rdf.NTriplesForm, "", rdf.Limits{})
		c.must(err)
		profiles, err := quality.Profiles()
		c.must(err)
		report, err := profiles[0].Validate(g)
		c.must(err)
		if n := report.Count(shacl.Violation); n != 0 {
			t.Errorf("%s: %d violations: %v", path, n, report.Results)
		}
	}
	for path, want := range map[string]int{"/id/series/drafts.ttl": 404, "/id/series/none.ttl": 404, "/id/series/old.ttl": 410, "/id/series/never.ttl": 404, "/id/series/air-and-noise.jsonld": 200, "/id/series/air-and-noise.xml": 404, "/id/series/air-and-noise.ttl?x=1": 400} {
		if w := c.get(path); w.Code != want {
			t.Errorf("%s: %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
	for path, want := range map[string]int{"/id/series/air-and-noise": 200, "/id/series/old": 410, "/id/series/none": 404} {
		r := httptest.NewRequest(http.MethodGet, public+path, nil)
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		if c.mux.ServeHTTP(w, r); w.Code != want || w.Body.String() != "<!doctype html>" {
			t.Errorf("the page of %s: %d %s", path, w.Code, w.Body)
		}
	}
	// What changes of a series changes the documents that name it.
	c.now += 10e6
	before := c.get("/id/dataset/noise.ttl")
	all[0].Title, all[0].Changed = three("Noise and air"), c.now-5e6
	if w := c.get("/id/dataset/noise.ttl", "If-None-Match", before.Header().Get("ETag")); w.Code != http.StatusOK {
		t.Errorf("unchanged: %d", w.Code)
	}
	if w := c.get("/id/dataset/noise.ttl", "If-Modified-Since", before.Header().Get("Last-Modified")); w.Code != http.StatusOK {
		t.Errorf("not modified: %d", w.Code)
	}
}
