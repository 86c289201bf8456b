package portal

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store"
)

// wouldBe says of a draft its type, its title and its licence only.
func wouldBe(ctx context.Context, base string, d *catalogue.Dataset, _ *catalogue.Extent) (*rdf.Graph, error) {
	g := &rdf.Graph{}
	iri := rdf.IRI(base + "/id/dataset/" + d.Slug)
	g.Add(iri, rdf.Type, rdf.Ref("http://www.w3.org/ns/dcat#Dataset"))
	for lang, s := range d.Title {
		g.Add(iri, "http://purl.org/dc/terms/title", rdf.In(lang, s))
	}
	return g, g.Err()
}

// put sends a description with headers and gives the answer.
func (c *town) put(path, body string, want int, header ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest("PUT", "http://localhost"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.mux.ServeHTTP(w, r)
	if w.Code != want {
		c.t.Fatalf("PUT %s: %d %s, want %d", path, w.Code, w.Body, want)
	}
	return w
}

// found gives "severity field" of each finding, in order.
func found(got map[string]any) []string {
	var out []string
	for _, f := range got["findings"].([]any) {
		f := f.(map[string]any)
		field, _ := f["field"].(string)
		out = append(out, f["severity"].(string)+" "+field)
	}
	return out
}

// While a steward types, nothing is kept, and everything that is wrong or
// missing stands at its field, in three languages.
func TestCheckWhileTyping(t *testing.T) {
	c := newTown(t)
	c.station("1", 3)
	got := c.ask("POST", "/api/datasets/new-one/check", `{"title":{"fr":"Vélos","en":"a\u0007"},"license":"mine","contact":{"name":"Desk","email":"no"},"selection":{"types":["BikeHireDockingStation"]},"frequency":"HOURLY"}`, 200)
	want := "[wrong contact.email wrong license wrong title.en missing description.fr missing title.nl missing description.nl missing description.en missing publisher.name missing themes]"
	if s := fmt.Sprint(found(got)); !strings.HasPrefix(s, want[:len(want)-1]) {
		t.Errorf("%s, want %s", s, want)
	}
	if got["state"] != "new" || got["publishable"] != false || got["quality"].(map[string]any)["max"] != 405.0 {
		t.Errorf("%v", got)
	}
	if s := got["selection"].(map[string]any); s["count"] != 1.0 || s["text"].(map[string]any)["nl"] != "Alle entiteiten van het type BikeHireDockingStation (Deelfietsen): vandaag 1." {
		t.Errorf("in words: %v", s)
	}
	rules := ""
	for _, f := range got["findings"].([]any) {
		f := f.(map[string]any)
		message := f["message"].(map[string]any)
		if message["fr"] == nil || message["nl"] == nil || message["en"] == nil || message["fr"] == message["en"] {
			t.Errorf("not in three languages: %v", f)
		}
		if f["field"] == "description.fr" {
			rules = fmt.Sprint(f["rules"])
		}
	}
	if rules != "[DCAT-AP 3.0.1: dct:description, MinCount]" {
		t.Errorf("the shapes do not say so too: %s", rules)
	}
	c.ask("GET", "/api/datasets/new-one/description", "", 404) // nothing is kept

	c.ask("PUT", "/api/datasets/bikes", bikes, 204)
	c.now += 5 * 3600e6
	got = c.ask("POST", "/api/datasets/bikes/check", strings.Replace(bikes, `"1MIN"`, `"HOURLY"`, 1), 200)
	if s := fmt.Sprint(found(got)); got["state"] != "draft" || got["publishable"] != true || !strings.Contains(s, "contradiction frequency") {
		t.Errorf("%v: %s", got["state"], s)
	}
	for body, want := range map[string]int{`{`: 400, `{"titel":1}`: 400, `{"temporal":{"from":"tomorrow"}}`: 400, `{}`: 200} {
		c.ask("POST", "/api/datasets/x/check", body, want)
	}
	c.who.who = access.Caller{Account: "ed", Role: access.Editor}
	c.ask("POST", "/api/datasets/x/check", `{}`, 403)
	c.ask("GET", "/api/vocabularies", "", 403)
	c.ask("GET", "/api/datasets/bikes/description", "", 403)
}

func TestVocabularies(t *testing.T) {
	c := newTown(t)
	c.station("1", 3)
	got := c.ask("GET", "/api/vocabularies", "", 200)
	if len(got["licences"].([]any)) != 4 || len(got["themes"].([]any)) != 13 || len(got["highValue"].([]any)) < 6 || len(got["reasons"].([]any)) != 6 {
		t.Errorf("%v", got)
	}
	if s := fmt.Sprint(got["types"]); s != "[map[count:1 iri:https://smartdatamodels.org/dataModel.Transportation/BikeHireDockingStation name:BikeHireDockingStation]]" {
		t.Error(s)
	}
}

// Two stewards at one dataset: the second does not write over the first.
func TestNobodyWritesOverAnother(t *testing.T) {
	c := newTown(t)
	tag := c.put("/api/datasets/bikes", bikes, 204, "If-None-Match", "*").Header().Get("ETag")
	if w := c.put("/api/datasets/bikes", bikes, 409, "If-None-Match", "*"); !strings.Contains(w.Body.String(), `"existing":{"slug":"bikes","state":"draft"`) {
		t.Errorf("%s", w.Body)
	}
	next := c.put("/api/datasets/bikes", strings.Replace(bikes, "Bikes", "All bikes", 1), 204, "If-Match", tag).Header().Get("ETag")
	if next == tag || next == "" {
		t.Errorf("%s, was %s", next, tag)
	}
	c.put("/api/datasets/bikes", bikes, 412, "If-Match", tag)
	r := httptest.NewRequest("GET", "http://localhost/api/datasets/bikes/description", nil)
	w := httptest.NewRecorder()
	c.mux.ServeHTTP(w, r)
	if w.Header().Get("ETag") != next || !strings.Contains(w.Body.String(), "All bikes") {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
}

// What the editor gets can be sent back, and changes nothing.
func TestDescriptionComesBack(t *testing.T) {
	c := newTown(t)
	body := strings.Replace(bikes, `"period":60`, `"period":60,"conformsTo":["https://smartdatamodels.org/x"],"spatial":"https://sws.geonames.org/2998324/","temporal":{"from":"2026-01-01","until":"2026-12-31T12:00:00Z"},"access":"RESTRICTED","reason":"personal"`, 1)
	tag := c.put("/api/datasets/bikes", body, 204).Header().Get("ETag")
	text := c.ask("GET", "/api/datasets/bikes/description", "", 200)["description"].(map[string]any)
	if fmt.Sprint(text["temporal"]) != "map[from:2026-01-01 until:2026-12-31T12:00:00Z]" || text["access"] != "RESTRICTED" || text["spatial"] != "https://sws.geonames.org/2998324/" {
		t.Errorf("%v", text)
	}
	d, err := c.s.Get(t.Context(), store.Space{}, "bikes")
	if err != nil {
		t.Fatal(err)
	}
	if same, err := tagOf(d); err != nil || `"`+same+`"` != tag {
		t.Errorf("%s %v, was %s", same, err, tag)
	}
	// It is listed, and nothing of its data is shown.
	c.station("1", 3)
	c.ask("POST", "/api/datasets/bikes/publish", "", 204)
	c.who.who = access.Nobody()
	got := c.ask("GET", "/api/datasets/bikes", "", 200)
	if got["sample"] != nil || len(got["distributions"].([]any)) != 0 || got["access"] != "RESTRICTED" || got["reason"].(map[string]any)["en"] != "personal data (DGA, Art. 3(1)(d))" || got["links"].(map[string]any)["ngsi-ld"] != nil {
		t.Errorf("%v", got)
	}
}

// One open dataset is enough to make entities public: who closes another one
// over them is told, and the other way round.
func TestWhatAnotherLaysOpen(t *testing.T) {
	c := newTown(t)
	c.ask("PUT", "/api/datasets/bikes", bikes, 204)
	c.ask("POST", "/api/datasets/bikes/publish", "", 204)
	closed := strings.Replace(bikes, `"period":60`, `"period":60,"access":"RESTRICTED","reason":"personal"`, 1)
	says := func(slug, body, want string) {
		t.Helper()
		got := fmt.Sprint(c.ask("POST", "/api/datasets/"+slug+"/check", body, 200)["findings"])
		if strings.Contains(got, "contradiction") != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s: %s", slug, got)
		}
	}
	says("others", closed, "may be public through “Bikes”")
	says("others", bikes, "")
	says("others", strings.Replace(closed, `"types":["BikeHireDockingStation"]`, `"types":["Tree"]`, 1), "")
	c.ask("PUT", "/api/datasets/bikes", closed, 204)
	says("others", bikes, "“Bikes” is not public")
	for _, tt := range []struct {
		a, b string
		want bool
	}{{"/a", "/b", false}, {"/a", "/a", true}, {"", "/a", true}, {"/a/#", "/b", true}} {
		types := []entity.Name{"https://x.example/T"}
		if got := overlap(catalogue.Selection{Types: types, Scope: tt.a}, catalogue.Selection{Types: types, Scope: tt.b}); got != tt.want {
			t.Errorf("%q and %q: %v", tt.a, tt.b, got)
		}
	}
}
