package dcat

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/catalogue/quality"
	"github.com/beffroi/beffroi/internal/rdf"
)

// What is measured of a dataset is had in every form, is linked from the
// dataset, and makes the points of its score.
func TestQuality(t *testing.T) {
	c := newTown(t)
	const set, about = rdf.IRI(public + "/id/dataset/air-quality"), rdf.IRI(public + "/id/quality/air-quality")
	described, err := rdf.Read(strings.NewReader(c.body("/id/dataset/air-quality.nt")), rdf.NTriplesForm, "", rdf.Limits{})
	if err != nil || !described.Has(set, dqvNS+"hasQualityMetadata", rdf.Ref(about)) || !described.Has(about, rdf.Type, rdf.Ref(dqvNS+"QualityMetadata")) {
		t.Error(err)
	}
	g, err := rdf.Read(strings.NewReader(c.body("/id/quality/air-quality.ttl")), rdf.TurtleForm, "", rdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := quality.Assess(described, set, func(a string) bool { return strings.HasPrefix(a, public+"/") })
	if err != nil {
		t.Fatal(err)
	}
	want := 1 // the score
	for _, i := range found.Score.Indicators {
		if metricOf(i.Key) == pvNS {
			t.Errorf("%s has no metric", i.Key)
		}
		want += len(i.Nodes)
	}
	if got := g.Subjects(rdf.Type, rdf.Ref(dqvNS+"QualityMeasurement")); len(got) != want || want < 100 {
		t.Errorf("%d measurements, want %d", len(got), want)
	}
	if o := g.Objects(about+"#score", dqvNS+"value"); len(o) != 1 || o[0].Value() != strconv.Itoa(found.Score.Points) {
		t.Errorf("%v, want %s", o, found.Score)
	}
	if o := g.Objects(about+"#downloadURL-answers.air-quality-csv", dqvNS+"value"); len(o) != 1 || o[0].Value() != "200" {
		t.Error(o)
	}
	if o := g.Objects(about+"#format.air-quality-fgb", dqvNS+"value"); len(o) != 1 || o[0] != rdf.Typed("false", rdf.XSD+"boolean") {
		t.Error(o)
	}
	for _, x := range g.Triples() {
		if len(g.Objects(x.S, rdf.Type)) == 0 {
			t.Errorf("%s has no type", x.S)
		}
	}
	for _, form := range []string{".nt", ".rdf", ".jsonld"} {
		if w := c.get("/id/quality/air-quality" + form); w.Code != http.StatusOK {
			t.Error(form, w.Code)
		}
	}
	if w := c.get("/id/quality/air-quality", "Accept", "application/rdf+xml"); w.Header().Get("Content-Type") != "application/rdf+xml; charset=utf-8" {
		t.Error(w.Header())
	}
	for path, want := range map[string]int{"/id/quality/none.ttl": 404, "/id/quality/weather.ttl": 404, "/id/quality/air-quality.xyz": 404, "/id/quality/air-quality.ttl?x=1": 400} {
		if w := c.get(path); w.Code != want {
			t.Error(path, w.Code)
		}
	}
}

func TestCroissant(t *testing.T) {
	c := newTown(t)
	w := c.get("/api/datasets/air-quality/croissant?lang=nl")
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Header().Get("Content-Type") != "application/ld+json" {
		t.Fatal(err, w.Header())
	}
	if got["name"] == "" || got["conformsTo"] != "http://mlcommons.org/croissant/1.0" || got["isLiveDataset"] != true || len(got["distribution"].([]any)) != 7 ||
		got["inLanguage"] != "nl" || !strings.HasPrefix(got["citeAs"].(string), "@misc{air-quality, title = {Luchtkwaliteit") {
		t.Errorf("%v", got)
	}
	fields := got["recordSet"].([]any)[0].(map[string]any)["field"].([]any)
	first := fields[0].(map[string]any)
	if first["@id"] != "entities/id" || first["dataType"] != "sc:URL" || first["source"].(map[string]any)["fileObject"].(map[string]any)["@id"] != "air-quality.csv" {
		t.Errorf("%v", first)
	}
	if again := c.get("/api/datasets/air-quality/croissant?lang=nl", "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Error(again.Code)
	}
	page := c.get("/id/dataset/air-quality", "Accept", "text/html").Body.String()
	if strings.Count(page, `<script type="application/ld+json">`) != 2 || !strings.Contains(page, "mlcommons.org/croissant/1.0") {
		t.Error(page)
	}
	for path, want := range map[string]int{"/api/datasets/none/croissant": 404, "/api/datasets/weather/croissant": 404, "/api/datasets/air-quality/croissant?x=1": 400} {
		if w := c.get(path); w.Code != want {
			t.Error(path, w.Code)
		}
	}
}
