package app

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/vocab"
)

// Listing protected data opens nothing of it: at no door does an anonymous
// caller find a planted word, a planted number or a planted place.
func TestListingProtectedDataOpensNothing(t *testing.T) {
	a := opened(t, func(c *config.Config) { c.Server.PublicURL = "http://city.example" })
	running(t, a)
	base := "http://" + a.httpLn.Addr().String()
	id := entity.ID("urn:ngsi-ld:Well:CANARYID")
	wells := entity.Name("https://example.org/Well")
	if err := a.broker.Create(t.Context(), broker.Call{}, entity.Fragment{ID: id, Types: []entity.Name{wells}, Attrs: []entity.Instance{
		{Name: vocab.Term("name"), Kind: entity.Property, Value: []byte(`"CANARYWORD"`), ObservedAt: a.clock.Instant()},
		{Name: "https://example.org/depth", Kind: entity.Property, Value: []byte("73519.25")},
		{Name: vocab.Location, Kind: entity.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[4.123457,50.987653]}`)}}}); err != nil {
		t.Fatal(err)
	}
	d := catalogue.DemoDatasets(map[string]string{"fr": "Clairebeke"})[0]
	d.Slug, d.Access, d.Reason, d.Selection, d.Layer = "wells", "NON_PUBLIC", "personal", catalogue.Selection{Types: []entity.Name{wells}}, ""
	if err := a.sets.Put(t.Context(), broker.Call{}, d); err != nil {
		t.Fatal(err)
	}
	if err := a.sets.Publish(t.Context(), broker.Call{}, d.Slug); err != nil {
		t.Fatal(err)
	}
	if err := a.sets.SetProtection(t.Context(), broker.Call{}, d.Slug, catalogue.Protection{Format: "CSV", Size: 9, Conditions: catalogue.Texts{"en": "Ask."}}); err != nil {
		t.Fatal(err)
	}
	asked, listed := 0, 0
	get := func(path string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "city.example"
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		asked++
		if res.StatusCode == http.StatusOK && bytes.Contains(body, []byte("wells")) {
			listed++
		}
		for _, planted := range []string{"CANARYWORD", "CANARYID", "73519", "4.1234", "50.9876"} {
			if bytes.Contains(body, []byte(planted)) {
				t.Errorf("%s answers %d with %s: %.300s", path, res.StatusCode, planted, body)
			}
		}
	}
	// Every address without a place for a value, and those that could lead to it.
	for _, r := range a.mux.Routes() {
		if r.Method == http.MethodGet && !strings.Contains(r.Pattern, "{") && r.Timeout >= 0 {
			get(r.Pattern)
		}
	}
	for _, ext := range []string{"csv", "geojson", "json", "ndjson", "jsonld", "parquet", "fgb", "csv-metadata.json"} {
		get("/datasets/wells." + ext)
	}
	for _, path := range []string{"/api/datasets/wells", "/api/datasets/wells/service", "/api/datasets/wells/quality", "/id/dataset/wells", "/id/dataset/wells.ttl", "/id/dataset/wells.nt", "/id/dataset/wells.jsonld", "/id/dataset/wells.rdf",
		"/id/distribution/wells-on-request.ttl", "/ngsi-ld/v1/entities?type=" + string(wells), "/ngsi-ld/v1/entities?type=https%3A%2F%2Fexample.org%2FWell", "/ngsi-ld/v1/entities/" + string(id), "/ngsi-ld/v1/temporal/entities/" + string(id),
		"/ngsi-ld/v1/temporal/entities?type=https%3A%2F%2Fexample.org%2FWell&timerel=after&timeAt=2000-01-01T00:00:00Z", "/api/search?q=CANARY&lang=en", "/api/search?q=wells&lang=en", "/api/3/action/package_show?id=wells", "/api/3/action/package_search?q=wells",
		"/oai?verb=ListRecords&metadataPrefix=dcat_ap", "/oai?verb=ListRecords&metadataPrefix=oai_dc", "/ngsi-ld/v1/types/https%3A%2F%2Fexample.org%2FWell", "/ngsi-ld/v1/attributes"} {
		get(path)
	}
	if listed < 10 {
		t.Errorf("it is listed at %d addresses of %d: the test looks past them", listed, asked)
	}
	if s := fmt.Sprint(asked); asked < 60 {
		t.Errorf("only %s addresses were asked", s)
	}
}
