package portal

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/find"
	"github.com/beffroi/beffroi/internal/problem"
)

func slugs(got map[string]any) string {
	var out []string
	for _, d := range got["datasets"].([]any) {
		out = append(out, d.(map[string]any)["slug"].(string))
	}
	return strings.Join(out, " ")
}

// filled is a town with the demo's datasets, all but one published, and one
// harvested.
func filled(t *testing.T) *town {
	c := newTown(t)
	for _, d := range catalogue.DemoDatasets(map[string]string{"fr": "Clairebeke"}) {
		if err := c.s.Put(t.Context(), broker.Call{}, d); err != nil {
			t.Fatal(err)
		}
		if d.Slug != "weather" {
			if err := c.s.Publish(t.Context(), broker.Call{}, d.Slug); err != nil {
				t.Fatal(err)
			}
		}
	}
	iri := "https://lakes.example/id/1"
	_, errs, err := c.s.PutHarvested(t.Context(), broker.Call{}, []*catalogue.Harvested{{Slug: catalogue.HarvestedSlug("lakes", iri), Source: "lakes", IRI: iri, Page: iri + ".html",
		Title: catalogue.Texts{"und": "Lacs de la région"}, Description: catalogue.Texts{"fr": "Eau"}, Publisher: catalogue.Agent{Name: "Lakes, Rivers & Co"}, LicenceIRI: "https://l.example/1",
		Themes: []string{"ENVI"}, Box: []float64{5, 50, 6, 51}, Ways: []catalogue.HarvestedWay{{AccessURL: iri + "/data", Format: "CSV"}}}})
	if err != nil || errs[0] != nil {
		t.Fatal(err, errs)
	}
	c.station("1", 4)
	return c
}

func TestSearchOfTheCatalogue(t *testing.T) {
	c := filled(t)
	c.who.who = access.Nobody()
	for query, want := range map[string]string{
		"q=velos":                                "shared-bikes",
		"q=velos&lang=fr&live=true":              "shared-bikes",
		"q=luchtkwalitiet":                       "air-quality",
		"live=1":                                 "shared-bikes",
		"bbox=3,50,4,51":                         "shared-bikes",
		"q=lacs":                                 catalogue.HarvestedSlug("lakes", "https://lakes.example/id/1"),
		"publisher=Lakes%2C+Rivers+%26+Co":       catalogue.HarvestedSlug("lakes", "https://lakes.example/id/1"),
		"source=lakes&format=CSV,PDF":            catalogue.HarvestedSlug("lakes", "https://lakes.example/id/1"),
		"source=&theme=ENVI&sort=title&lang=en":  "air-quality noise parks-and-water trees",
		"layer=bikes":                            "shared-bikes",
		"q=temp%C3%A9rature":                     "", // a draft
		"theme=TRAN&theme=ENVI&limit=1&offset=1": "public-transport",
		"limit=0":                                "",
	} {
		if got := slugs(c.ask("GET", "/api/datasets?"+query, "", 200)); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	got := c.ask("GET", "/api/datasets?q=v%C3%A9los+gare&lang=fr&theme=ENVI", "", 200)
	if got["count"] != 0.0 || len(got["datasets"].([]any)) != 0 {
		t.Errorf("%v", got)
	}
	got = c.ask("GET", "/api/datasets?q=v%C3%A9lo&lang=fr&theme=ENVI", "", 200)
	if diff := cmp.Diff([]any{map[string]any{"part": "theme", "count": 1.0}}, got["without"]); diff != "" {
		t.Error(diff)
	}
	got = c.ask("GET", "/api/datasets?q=v%C3%A9lo&lang=fr", "", 200)
	one := got["datasets"].([]any)[0].(map[string]any)
	if diff := cmp.Diff([]any{"", "Vélos", " en libre-service – Clairebeke (données synthétiques)"}, one["found"].(map[string]any)["title"]); diff != "" || one["live"] != true {
		t.Errorf("%s %v", diff, one)
	}
	if diff := cmp.Diff([]any{map[string]any{"value": "TRAN", "count": 1.0, "label": "Transport"}}, got["facets"].(map[string]any)["theme"]); diff != "" || got["live"] != 1.0 {
		t.Error(diff)
	}
	got = c.ask("GET", "/api/datasets?q=lac", "", 200)
	one = got["datasets"].([]any)[0].(map[string]any)
	if diff := cmp.Diff(map[string]any{"source": "lakes", "iri": "https://lakes.example/id/1", "page": "https://lakes.example/id/1.html"}, one["harvested"]); diff != "" || one["href"] != "/id/record/"+one["slug"].(string) {
		t.Errorf("%s %v", diff, one)
	}
	for query, want := range map[string]string{
		"theme=NOPE": "data-theme", "hvd=x": "high-value", "frequency=OFTEN": "frequency", "live=perhaps": "true or false", "bbox=1,2,3": "west,south,east,north", "bbox=1,9,2,8": "west,south",
		"bbox=NaN,1,2,3": "west,south", "sort=best": "relevance, title", "limit=-1": "whole number", "limit=1001": "from 0 to 1000", "offset=x": "whole number", "q=" + strings.Repeat("a", 501): "500 bytes", "q=" + strings.Repeat("a+", 33): "32 words",
		"colour=red": "no parameter", "q=a&q=b": "2 times", "state=lost": "published, draft or any",
	} {
		if got := c.ask("GET", "/api/datasets?"+query, "", 400); !strings.Contains(got["detail"].(string), want) {
			t.Errorf("%s: %v", query, got)
		}
	}
	c.ask("GET", "/api/datasets?state=any", "", 401)
	c.who.who = access.Local()
	if got := c.ask("GET", "/api/datasets?state=draft", "", 200); slugs(got) != "weather" || got["datasets"].([]any)[0].(map[string]any)["state"] != "draft" {
		t.Errorf("a steward's drafts: %v", got)
	}
}

// The search of the whole page knows datasets by all their words.
func TestSearchOfEverythingFindsDatasets(t *testing.T) {
	c := filled(t)
	c.who.who = access.Nobody()
	for text, want := range map[string]string{"fiets": "shared-bikes", "qualite": "air-quality", "weather": ""} {
		got := c.ask("GET", "/api/search?lang=nl&q="+url.QueryEscape(text), "", 200)
		found := ""
		for _, g := range got["groups"].([]any) {
			if g := g.(map[string]any); g["kind"] == "dataset" {
				found = g["hits"].([]any)[0].(map[string]any)["id"].(string)
			}
		}
		if found != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Whatever the address says, it is refused in words or asked.
func FuzzQuestion(f *testing.F) {
	for _, s := range []string{"", "q=v%C3%A9lo&theme=TRAN,ENVI", "bbox=3,50,4,51&live=1&sort=count", "bbox=-180,-90,180,90", "bbox=,,,", "bbox=1e400,0,0,0", "publisher=a,b&publisher=c&source=", "limit=5&offset=999999&lang=xx", "q=%22a+b%22", "hvd=,&frequency=DAILY"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		q, err := readQuestion(p)
		if err != nil {
			if !problem.Is(err, problem.InvalidRequest) || problem.DetailOf(err) == "" {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if q.Limit < 0 || q.Limit > mostDatasets || q.Offset < 0 || q.Box != nil && !(q.Box.South <= q.Box.North) {
			t.Errorf("%q became %+v", s, q)
		}
		find.New().Search(q)
	})
}
