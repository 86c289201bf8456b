package dcat

import (
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/quality"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/shacl"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/vocab"
)

var update = flag.Bool("update", false, "write the golden files anew")

type town struct {
	t   *testing.T
	b   *broker.Broker
	s   *catalogue.Service
	mux *httpx.Mux
	now entity.Instant
}

// newTown is a city with a few things in it, whose demo datasets are
// published. Nobody is known to it: all that it shows is public.
func newTown(t *testing.T) *town {
	c := &town{t: t, now: 1_780_000_000_000_000}
	st := memstore.New(memstore.Options{Clock: func() time.Time { return c.now.Time() }})
	now := func() entity.Instant { return c.now }
	c.b = broker.New(st, broker.Options{Now: now, Guard: catalogue.Guard})
	c.s = catalogue.New(catalogue.Options{Broker: c.b, Log: st, Now: now})
	policy := access.NewPolicy(access.Settings{PublicURL: "https://data.clairebeke.example"}, nil, c.s)
	api := New(Options{Catalogue: c.s, Broker: c.b, Now: now,
		Call: func(r *http.Request) (broker.Call, error) {
			return broker.Call{Space: store.Space{Tenant: r.Header.Get("NGSILD-Tenant")}}, nil
		},
		City: func(context.Context) (City, error) { return City{"Clairebeke", true}, nil },
		Shell: func(w http.ResponseWriter, r *http.Request) error {
			return httpx.WriteBody(w, http.StatusOK, "text/html; charset=utf-8", []byte("<!doctype html>"))
		},
		ShellWith: func(w http.ResponseWriter, r *http.Request, head string) error {
			return httpx.WriteBody(w, http.StatusOK, "text/html; charset=utf-8", []byte("<!doctype html>"+head))
		}})
	var err error
	if c.mux, err = httpx.New(httpx.Options{Access: policy, Hosts: httpx.Hosts{PublicURL: "https://data.clairebeke.example"}}, api.Routes()...); err != nil {
		t.Fatal(err)
	}
	for _, d := range catalogue.DemoDatasets(map[string]string{"fr": "Clairebeke"}) {
		if d.Slug == "trees" {
			d.Licence, d.Contact.URL, d.Publisher.URL = "LO_2_0", "https://clairebeke.example/contact", "https://clairebeke.example/"
		}
		if err := c.s.Put(t.Context(), broker.Call{}, d); err != nil {
			t.Fatal(err)
		}
		if d.Slug == "weather" {
			continue // stays a draft
		}
		if err := c.s.Publish(t.Context(), broker.Call{}, d.Slug); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		c.now += 60e6
		c.station("1", 3.2, i)
		c.station("2", 3.25, 7-i)
	}
	return c
}

func (c *town) station(id string, lon float64, bikes int) {
	c.t.Helper()
	out, err := c.b.Ingest(c.t.Context(), broker.Call{Origin: store.Origin{Source: "bikes"}}, []entity.Fragment{{ID: entity.ID("urn:ngsi-ld:BikeHireDockingStation:" + id),
		Types: []entity.Name{vocab.Term("BikeHireDockingStation")}, Attrs: []entity.Instance{
			{Name: vocab.Term("availableBikeNumber"), Kind: entity.Property, Value: fmt.Appendf(nil, "%d", bikes), ObservedAt: c.now, Unit: "C62"},
			{Name: vocab.Term("name"), Kind: entity.Property, Value: []byte(`"Place ` + id + `"`)},
			{Name: vocab.Location, Kind: entity.GeoProperty, Value: fmt.Appendf(nil, `{"type":"Point","coordinates":[%g,50.6]}`, lon)}}}})
	if err != nil || out[0].Err != nil {
		c.t.Fatal(err, out)
	}
}

func (c *town) get(path string, header ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "https://data.clairebeke.example"+path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.mux.ServeHTTP(w, r)
	return w
}

func (c *town) body(path string, header ...string) string {
	c.t.Helper()
	w := c.get(path, header...)
	if w.Code != http.StatusOK {
		c.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

// What is of high value has its law, its category, an API and where that is
// described (DCAT-AP HVD 3.0.0). The golden file is for test/shacl.
func TestHighValue(t *testing.T) {
	c := newTown(t)
	api := New(Options{Catalogue: c.s, Now: func() entity.Instant { return c.now }, Call: func(*http.Request) (broker.Call, error) { return broker.Call{}, nil }, City: func(context.Context) (City, error) { return City{"Clairebeke", true}, nil }})
	r := httptest.NewRequest(http.MethodGet, "https://data.clairebeke.example/catalog", nil)
	f, err := api.gather(r, func(d *catalogue.Dataset) bool { return len(d.HighValue) > 0 })
	if err != nil {
		t.Fatal(err)
	}
	g := f.in.catalog()
	for _, s := range []rdf.IRI{"/id/dataset/air-quality", "/id/distribution/air-quality-csv", "/id/distribution/air-quality-ngsi-ld", "/id/service/ngsi-ld"} {
		s = "https://data.clairebeke.example" + s
		if !g.Has(s, dcatapNS+"applicableLegislation", rdf.Ref("http://data.europa.eu/eli/reg_impl/2023/138/oj")) {
			t.Errorf("%s does not say that (EU) 2023/138 applies", s)
		}
	}
	if !g.Has("https://data.clairebeke.example/id/dataset/air-quality", dcatapNS+"hvdCategory", rdf.Ref("http://data.europa.eu/bna/c_63b37dd4")) ||
		!g.Has("http://data.europa.eu/bna/c_63b37dd4", skosNS+"prefLabel", rdf.In("en", "Air")) {
		t.Error("the category is missing, or has no label")
	}
	if got := c.body("/id/dataset/shared-bikes.ttl"); strings.Contains(got, "hvdCategory") || strings.Contains(got, "applicableLegislation") {
		t.Error("shared bikes are no high-value dataset, and are called one")
	}
	got, err := g.Turtle(prefixes())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "high-value.ttl", string(got))
}

// The golden catalogue is what other tools check: test/shacl and test/python.
func TestGoldenCatalogue(t *testing.T) {
	c := newTown(t)
	for _, ext := range []string{"ttl", "nt", "jsonld", "rdf"} {
		golden(t, "catalog."+ext, c.body("/catalog."+ext))
	}
}

// golden compares with a file of testdata/golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what it was; go test ./internal/api/dcat -update writes it anew", file)
	}
}

func TestUnchangedIsUnchanged(t *testing.T) {
	c := newTown(t)
	for path := range maps.Keys(map[string]bool{"/catalog.ttl": true, "/catalog.jsonld": true, "/id/dataset/shared-bikes.nt": true, "/datasets/shared-bikes.csv": true, "/datasets/shared-bikes.geojson": true}) {
		first := c.get(path)
		tag := first.Header().Get("ETag")
		if w := c.get(path, "If-None-Match", tag); tag == "" || w.Code != http.StatusNotModified {
			t.Errorf("%s: %d with ETag %q", path, w.Code, tag)
		}
		if w := c.get(path); w.Body.String() != first.Body.String() {
			t.Errorf("%s: other bytes", path)
		}
		c.now += 60e6
		c.station("1", 3.2, int(c.now/60e6%7))
		if w := c.get(path, "If-None-Match", tag); w.Code != http.StatusOK {
			t.Errorf("%s: %d after a change", path, w.Code)
		}
	}
}

func TestNegotiation(t *testing.T) {
	c := newTown(t)
	for _, tt := range []struct {
		path, accept, want string
		status             int
	}{
		{"/id/dataset/shared-bikes", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8", 200},
		{"/id/dataset/shared-bikes", "", "text/html; charset=utf-8", 200},
		{"/id/dataset/shared-bikes", "text/turtle", "text/turtle; charset=utf-8", 200},
		{"/id/dataset/shared-bikes", "application/ld+json;q=0.9, text/html;q=0.1", "application/ld+json", 200},
		{"/id/dataset/shared-bikes", "application/n-triples", "application/n-triples", 200},
		{"/id/dataset/shared-bikes", "image/png", "application/problem+json", 406},
		{"/id/dataset/shared-bikes.ttl", "text/html", "text/turtle; charset=utf-8", 200},
		{"/id/dataset/shared-bikes.rdf", "", "application/rdf+xml; charset=utf-8", 200},
		{"/id/dataset/shared-bikes", "application/rdf+xml", "application/rdf+xml; charset=utf-8", 200},
		{"/catalog.rdf?page=1", "", "application/rdf+xml; charset=utf-8", 200},
		{"/id/dataset/shared-bikes.n3", "", "application/problem+json", 404},
		{"/id/dataset/nothing", "text/turtle", "application/problem+json", 404},
		{"/id/dataset/nothing", "text/html", "text/html; charset=utf-8", 404},
		{"/id/dataset/weather.ttl", "", "application/problem+json", 404}, // a draft
		{"/id/distribution/shared-bikes-csv", "text/html,*/*;q=0.8", "text/turtle; charset=utf-8", 200},
		{"/id/service/ngsi-ld.jsonld", "", "application/ld+json", 200},
		{"/id/agent/clairebeke-mobilite", "", "text/turtle; charset=utf-8", 200},
		{"/id/contact/shared-bikes.nt", "", "application/n-triples", 200},
		{"/id/contact/weather.nt", "", "application/problem+json", 404},
		{"/id/secret/x", "", "application/problem+json", 404},
		{"/catalog", "application/ld+json", "application/ld+json", 200},
		{"/catalog", "text/html", "", 303},
		{"/catalog.ttl?page=2", "", "application/problem+json", 404},
		{"/catalog.ttl?page=1", "", "text/turtle; charset=utf-8", 200},
		{"/catalog.ttl?page=0", "", "application/problem+json", 400},
		{"/catalog.ttl?limit=1001", "", "application/problem+json", 400},
		{"/catalog.ttl?limit=5&limit=5", "", "application/problem+json", 400},
		{"/catalog.ttl?offset=2", "", "application/problem+json", 400},
		{"/catalog.ttl?modified_since=yesterday", "", "application/problem+json", 400},
		{"/catalog.ttl?modified_since=", "", "application/problem+json", 400},
		{"/id/contact/shared-bikes.nt?page=1", "", "application/problem+json", 400},
		{"/id/dataset/shared-bikes.nt?page=1", "", "application/problem+json", 400},
		{"/datasets/shared-bikes.xlsx", "", "application/problem+json", 404},
		{"/datasets/weather.csv", "", "application/problem+json", 404},
	} {
		var header []string
		if tt.accept != "" {
			header = []string{"Accept", tt.accept}
		}
		w := c.get(tt.path, header...)
		if w.Code != tt.status || w.Header().Get("Content-Type") != tt.want {
			t.Errorf("%s for %q: %d %s, want %d %s\n%.200s", tt.path, tt.accept, w.Code, w.Header().Get("Content-Type"), tt.status, tt.want, w.Body)
		}
	}
}

// Everything in the catalogue that this server names answers, has its type in
// the graph, and nothing unpublished is named.
func TestEveryAddressAnswers(t *testing.T) {
	c := newTown(t)
	const base = "https://data.clairebeke.example"
	nt := c.body("/catalog.nt")
	typed, named := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(nt) {
		s, rest, _ := strings.Cut(line, " ")
		p, o, _ := strings.Cut(rest, " ")
		o = strings.TrimSuffix(o, " .\n")
		if p == "<"+string(rdf.Type)+">" {
			typed[s] = true
			continue
		}
		named[s] = true
		if o[0] == '<' {
			named[o] = true
		}
	}
	if len(named) < 60 {
		t.Fatalf("only %d things are named", len(named))
	}
	elsewhere := []string{"/ngsi-ld/v1", "/openapi.json", "/catalogue", "/api"} // other facades have these
	for _, iri := range slices.Sorted(maps.Keys(named)) {
		if !typed[iri] {
			t.Errorf("%s has no type in the graph", iri)
		}
		path, ours := strings.CutPrefix(strings.Trim(iri, "<>"), base)
		if !ours || slices.Contains(elsewhere, path) || strings.HasPrefix(path, "/ngsi-ld/v1/entities?") || strings.HasSuffix(path, "/service") && strings.HasPrefix(path, "/api/datasets/") {
			continue
		}
		path, _, _ = strings.Cut(path, "#")
		if w := c.get(path, "Accept", "*/*"); w.Code != http.StatusOK {
			t.Errorf("%s: %d", iri, w.Code)
		}
	}
	if strings.Contains(nt, "weather") {
		t.Error("a draft is in the catalogue")
	}
}

func TestTombstone(t *testing.T) {
	c := newTown(t)
	c.now += 60e6
	if err := c.s.Withdraw(t.Context(), broker.Call{}, "noise"); err != nil {
		t.Fatal(err)
	}
	w := c.get("/id/dataset/noise", "Accept", "text/turtle")
	if w.Code != http.StatusGone || !strings.Contains(w.Body.String(), "prov:invalidatedAtTime") || !strings.Contains(w.Body.String(), "synthetic data)\"@en") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := c.get("/id/dataset/noise", "Accept", "text/html"); w.Code != http.StatusGone || w.Body.String() != "<!doctype html>" {
		t.Errorf("page: %d %s", w.Code, w.Body)
	}
	if w := c.get("/datasets/noise.csv"); w.Code != http.StatusGone {
		t.Errorf("file: %d", w.Code)
	}
	if strings.Contains(c.body("/catalog.nt"), "dataset/noise") {
		t.Error("still in the catalogue")
	}
}

func TestDownloads(t *testing.T) {
	c := newTown(t)
	for i := range 1203 {
		c.station(fmt.Sprintf("x%04d", i), 3.1, i)
	}
	w := c.get("/datasets/shared-bikes.geojson", "Accept-Language", "nl")
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="shared-bikes.geojson"` {
		t.Error(got)
	}
	var doc struct {
		Type, Title, License, Source, TimeStamp, Note string
		Synthetic                                     bool
		Units                                         map[string]string
		NumberReturned                                int
		Features                                      []struct {
			ID         string
			Geometry   map[string]any
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	if doc.Type != "FeatureCollection" || !doc.Synthetic || !strings.Contains(doc.License, "CC BY 4.0") || doc.TimeStamp != c.now.String() || doc.NumberReturned != 1205 || len(doc.Features) != 1205 ||
		!strings.Contains(doc.Title, "Deelfietsen") || !strings.Contains(doc.Note, "verzonnen") || doc.Source != "https://data.clairebeke.example/id/dataset/shared-bikes" || doc.Units["availableBikeNumber"] != "C62" {
		t.Errorf("%+v", doc.Title)
	}
	if p := doc.Features[0].Properties; p["name"] != "Place 1" || p["availableBikeNumber"] != 2.0 || p["type"] != "BikeHireDockingStation" {
		t.Errorf("%v", p)
	}
	rows, err := csv.NewReader(strings.NewReader(c.body("/datasets/shared-bikes.csv"))).ReadAll()
	if err != nil || len(rows) != 1206 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if head := strings.Join(rows[0], ","); head != "id,type,lon,lat,geometry,availableBikeNumber,name,observedAt,licence,synthetic,exportedAt" {
		t.Error(head)
	}
	if w := c.get("/datasets/shared-bikes.csv", "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "gzip" {
		t.Error("not compressed")
	}
	if w := c.get("/datasets/shared-bikes.csv"); w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Error("pages elsewhere may not read what is published")
	}
}

// What is closed is listed with its reason and whom to ask, and not to be had;
// the shapes find nothing wrong in that.
func TestClosed(t *testing.T) {
	c := newTown(t)
	d, err := c.s.Get(t.Context(), store.Space{}, "shared-bikes")
	c.must(err)
	closed := *d
	closed.Access, closed.Reason, closed.ConformsTo, closed.Place, closed.From = "NON_PUBLIC", "commercial", []string{"https://smartdatamodels.org/x"}, "https://sws.geonames.org/1/", 1_700_000_000_000_000
	c.must(c.s.Put(t.Context(), broker.Call{}, closed))
	nt := c.body("/id/dataset/shared-bikes.nt")
	for _, want := range []string{"access-right/NON_PUBLIC>", "commercial confidentiality", "#contactPoint>", "<http://purl.org/dc/terms/conformsTo> <https://smartdatamodels.org/x>", "<http://purl.org/dc/terms/spatial> <https://sws.geonames.org/1/>", `startDate> "2023-11-14T22:13:20Z"`} {
		if !strings.Contains(nt, want) {
			t.Errorf("nothing of %s", want)
		}
	}
	for _, not := range []string{"dcat#distribution>", "servesDataset", "downloadURL", "access-right/PUBLIC> <http://purl"} {
		if strings.Contains(nt, "shared-bikes> <http://www.w3.org/ns/"+not) || strings.Contains(nt, not+" <https://data.clairebeke.example/id/dataset/shared-bikes>") {
			t.Errorf("it says %s", not)
		}
	}
	if w := c.get("/datasets/shared-bikes.csv"); w.Code != http.StatusForbidden {
		t.Errorf("the file: %d", w.Code)
	}
	if w := c.get("/id/distribution/shared-bikes-csv", "Accept", "text/turtle"); w.Code != http.StatusNotFound {
		t.Errorf("the distribution: %d", w.Code)
	}
	profiles, err := quality.Profiles()
	c.must(err)
	g, err := rdf.Read(strings.NewReader(nt), rdf.NTriplesForm, "", rdf.Limits{})
	c.must(err)
	report, err := profiles[0].Validate(g)
	c.must(err)
	if n := report.Count(shacl.Violation); n != 0 {
		t.Errorf("%d violations: %v", n, report.Results)
	}
}

func (c *town) clock() entity.Instant { return c.now }
