package portal

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store"
)

// graphOf says little of a dataset: what is missing must be named.
func graphOf(_ context.Context, base string, _ store.Space, d *catalogue.Dataset) (*rdf.Graph, error) {
	g := &rdf.Graph{}
	iri := rdf.IRI(base + d.Address)
	g.Add(iri, rdf.Type, rdf.Ref("http://www.w3.org/ns/dcat#Dataset"))
	g.Add(iri, "http://purl.org/dc/terms/description", rdf.In("fr", d.Description["fr"]))
	g.Add(iri, "http://www.w3.org/ns/dcat#keyword", rdf.In("fr", d.Keywords["fr"][0]))
	g.Add(iri, "http://www.w3.org/ns/dcat#distribution", rdf.Ref(iri+"#csv"))
	g.Add(iri+"#csv", rdf.Type, rdf.Ref("http://www.w3.org/ns/dcat#Distribution"))
	g.Add(iri+"#csv", "http://www.w3.org/ns/dcat#accessURL", rdf.Ref(rdf.IRI(base+"/x.csv")))
	return g, g.Err()
}

// The quality of a dataset is told to everybody once it is published: points,
// missing points by name, findings with the field.
func TestQuality(t *testing.T) {
	c := newTown(t)
	c.ask("PUT", "/api/datasets/bikes", bikes, 204)
	c.ask("GET", "/api/datasets/bikes/quality", "", 404)
	c.ask("POST", "/api/datasets/bikes/publish", "", 204)
	c.who.who = access.Nobody()
	got := c.ask("GET", "/api/datasets/bikes/quality", "", 200)
	if got["points"] != 80.0 || got["max"] != 405.0 || got["rating"] != "bad" || got["slug"] != "bikes" {
		t.Errorf("%v of %v, %v", got["points"], got["max"], got["rating"])
	}
	if d := cmp.Diff(map[string]any{"key": "findability", "points": 30.0, "max": 100.0}, got["dimensions"].([]any)[0]); d != "" {
		t.Error(d)
	}
	missing := map[string]any{}
	for _, m := range got["missing"].([]any) {
		missing[m.(map[string]any)["key"].(string)] = m
	}
	want := map[string]any{"key": "theme", "dimension": "findability", "points": 30.0, "with": 0.0, "of": 1.0, "field": "themes", "title": map[string]any{"fr": "thème", "nl": "thema", "en": "theme"}}
	if d := cmp.Diff(want, missing["theme"]); d != "" {
		t.Error(d)
	}
	if missing["keyword"] != nil || missing["dcat-ap"] == nil {
		t.Errorf("missing: %v", missing)
	}
	title := false
	for _, f := range got["findings"].([]any) {
		f := f.(map[string]any)
		title = title || f["field"] == "title" && f["severity"] == "Violation" && f["constraint"] == "MinCount" && f["focus"] == "http://localhost/id/dataset/bikes"
	}
	if looked := got["profiles"].(map[string]any)["DCAT-AP 3.0.1"]; !title || fmt.Sprint(looked) == "0" {
		t.Errorf("findings at %v nodes: %v", looked, got["findings"])
	}
	c.ask("GET", "/api/datasets/bikes/quality?x=1", "", 400)
	c.who.who = access.Local()
	c.ask("DELETE", "/api/datasets/bikes", "", 204)
	c.ask("GET", "/api/datasets/bikes/quality", "", 410)
}
