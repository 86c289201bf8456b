package dcat

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/shacl"
)

func lake(n int) *catalogue.Harvested {
	iri := fmt.Sprintf("https://lakes.example/id/%d", n)
	return &catalogue.Harvested{Slug: catalogue.HarvestedSlug("lakes", iri), Source: "lakes", IRI: iri, Page: iri + ".html", Origin: catalogue.Agent{Name: "Lakes", URL: "https://lakes.example/all.ttl"},
		Title: catalogue.Texts{"fr": "Lac", "und": "Lake"}, Description: catalogue.Texts{"und": "Water."}, Publisher: catalogue.Agent{Name: "Lakes Board"},
		Contact: catalogue.Contact{Name: "Desk", Email: "desk@lakes.example"}, Themes: []string{"ENVI"}, Keywords: map[string][]string{"en": {"water"}, "und": {"blue"}},
		LicenceIRI: "https://lakes.example/licence", Frequency: "DAILY", Rights: "PUBLIC", Issued: 1_700_000_000_000_000, Modified: 1_710_000_000_000_000, From: 1_600_000_000_000_000,
		Box:  []float64{3, 50, 4, 51},
		Ways: []catalogue.HarvestedWay{{AccessURL: iri + "/data", DownloadURL: iri + ".csv", Format: "CSV", FormatCode: "CSV", MediaType: "text/csv", Bytes: 12}}}
}

func (c *town) harvest(hs ...*catalogue.Harvested) {
	c.t.Helper()
	if _, errs, err := c.s.PutHarvested(c.t.Context(), broker.Call{}, hs); err != nil || fmt.Sprint(errs) != fmt.Sprint(make([]error, len(hs))) {
		c.t.Fatal(errs, err)
	}
}

// Harvested datasets are handed on under their own names, each with a record
// of ours, in the dump and in the pages alike.
func TestHarvestedAreHandedOn(t *testing.T) {
	c := newTown(t)
	broken := lake(9) // what no graph can carry is left out of it
	broken.Contact.Email, broken.LicenceIRI, broken.Ways[0].MediaType = "a b@c", "", "text/csv; x=\"<>\""
	c.harvest(lake(1), lake(2), lake(3), broken)
	whole, _ := lines(c.body("/catalog.nt"))
	for _, want := range []string{
		"<" + public + "/catalog> <http://www.w3.org/ns/dcat#dataset> <https://lakes.example/id/1> .\n",
		"<" + public + "/catalog> <http://www.w3.org/ns/dcat#record> <" + public + lake(1).Address() + "> .\n",
		"<" + public + lake(1).Address() + "> <http://xmlns.com/foaf/0.1/primaryTopic> <https://lakes.example/id/1> .\n",
		"<" + public + lake(1).Address() + "> <http://www.w3.org/ns/prov#wasDerivedFrom> <https://lakes.example/all.ttl> .\n",
		"<https://lakes.example/id/1> <http://purl.org/dc/terms/title> \"Lake\" .\n",
		"<https://lakes.example/id/9> <http://purl.org/dc/terms/title> \"Lac\"@fr .\n",
		"<" + public + lake(1).Address() + "#way-1> <http://purl.org/dc/terms/license> <https://lakes.example/licence> .\n",
	} {
		if !whole[want] {
			t.Errorf("the catalogue lacks %s", want)
		}
	}
	for line := range whole {
		if strings.HasPrefix(line, "<"+public+"/id/agent/lakes") || strings.HasPrefix(line, "<"+public+"/id/dataset/lakes") {
			t.Errorf("said as if it were ours: %s", line)
		}
	}
	paged, pages := c.follow("/catalog.nt?limit=2&page=1", "PartialCollectionView", "next")
	if len(paged) != len(whole) || pages < 3 {
		t.Errorf("%d pages with %d facts, the dump has %d", pages, len(paged), len(whole))
	}
	if err := c.s.EndHarvested(t.Context(), broker.Call{}, []string{lake(2).Slug}); err != nil {
		t.Fatal(err)
	}
	if whole, _ := lines(c.body("/catalog.nt")); whole["<"+public+"/catalog> <http://www.w3.org/ns/dcat#dataset> <https://lakes.example/id/2> .\n"] {
		t.Error("one that is gone is handed on")
	}
	for _, tt := range []struct {
		path   string
		status int
		says   string
	}{
		{lake(1).Address() + ".nt", http.StatusOK, "<https://lakes.example/id/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset>"},
		{lake(2).Address() + ".ttl", http.StatusGone, "invalidatedAtTime"},
		{"/id/record/nothing.ttl", http.StatusNotFound, "no harvested dataset"},
	} {
		if w := c.get(tt.path); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s: %d %s", tt.path, w.Code, w.Body)
		}
	}
}

// A catalogue too large to be given whole comes as its first page.
func TestLargeCatalogueComesInPages(t *testing.T) {
	c := newTown(t)
	var hs []*catalogue.Harvested
	for n := range maxPage + 1 {
		hs = append(hs, lake(n))
	}
	c.harvest(hs...)
	body := c.body("/catalog.nt")
	if !strings.Contains(body, hydraNS+"next>") || strings.Count(body, "/ns/dcat#record>") > pageSize {
		t.Error("it does not come in pages")
	}
}

// What is handed on has no violation of the official shapes, also of a dataset
// of which little is known.
func TestHarvestedMeetTheShapes(t *testing.T) {
	c := newTown(t)
	bare := &catalogue.Harvested{Slug: catalogue.HarvestedSlug("lakes", "urn:x:bare"), Source: "lakes", IRI: "urn:x:bare", Title: catalogue.Texts{"und": "Bare"},
		Rights: "RESTRICTED", Ways: []catalogue.HarvestedWay{{IRI: "urn:x:way", DownloadURL: "https://lakes.example/x"}}}
	c.harvest(lake(1), bare)
	data, err := rdf.Read(strings.NewReader(c.body("/catalog.nt")), rdf.NTriplesForm, "", rdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"dcat-ap-SHACL.ttl", "shapes.ttl", "range.ttl"} {
		text, err := os.Open(filepath.Join("..", "..", "..", "test", "shacl", "testdata", "shapes", file))
		if err != nil {
			t.Fatal(err)
		}
		defer text.Close()
		g, err := rdf.Read(text, rdf.TurtleForm, rdf.IRI("http://beffroi.test/shapes/"+file), rdf.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		shapes, err := shacl.Compile(g, shacl.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		report, err := shapes.Validate(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range report.Results {
			t.Errorf("%s: %+v", file, r)
		}
	}
}
