package dcat

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
)

type siteMap struct {
	XMLName xml.Name
	URLs    []string `xml:"url>loc"`
	Changed []string `xml:"url>lastmod"`
	Files   []string `xml:"sitemap>loc"`
}

func TestSitemap(t *testing.T) {
	c := newTown(t)
	c.must(c.s.Withdraw(t.Context(), broker.Call{}, "noise"))
	var m siteMap
	if err := xml.Unmarshal([]byte(c.body("/sitemap.xml")), &m); err != nil {
		t.Fatal(err)
	}
	if m.XMLName.Space != "http://www.sitemaps.org/schemas/sitemap/0.9" || len(m.URLs) != 12 || len(m.Changed) != 11 {
		t.Errorf("%+v", m)
	}
	for _, u := range m.URLs[1:] {
		path, ours := strings.CutPrefix(u, public)
		if !ours || c.get(path, "Accept", "text/html").Code != http.StatusOK || strings.Contains(u, "weather") || strings.Contains(u, "noise") {
			t.Error(u)
		}
	}
	first := c.get("/sitemap.xml")
	if w := c.get("/sitemap.xml", "If-None-Match", first.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Error(w.Code)
	}
	if got := c.body("/robots.txt"); !strings.Contains(got, "\nSitemap: "+public+"/sitemap.xml\n") {
		t.Error(got)
	}
	if w := c.get("/sitemap.xml?page=2"); w.Code != http.StatusBadRequest {
		t.Error(w.Code)
	}
}

// Over fifty thousand addresses there are several files, and all are in one.
func TestManyInTheSitemap(t *testing.T) {
	ds := make([]*catalogue.Dataset, 2*maxSite+1)
	for i := range ds {
		ds[i] = &catalogue.Dataset{Address: fmt.Sprintf("/id/dataset/d%d", i)}
	}
	var m siteMap
	if err := xml.Unmarshal(siteFile("https://x.example", ds, 0, 3), &m); err != nil || len(m.Files) != 3 || m.Files[2] != "https://x.example/sitemap.xml?page=3" {
		t.Fatal(err, m.Files)
	}
	n := 0
	for i := range 3 {
		var part siteMap
		if err := xml.Unmarshal(siteFile("https://x.example", ds, i+1, 3), &part); err != nil || len(part.URLs) > maxSite {
			t.Fatal(err, len(part.URLs))
		}
		n += len(part.URLs)
	}
	if n != len(ds) {
		t.Error(n)
	}
}

func TestSearchEnginesReadTheDatasetPage(t *testing.T) {
	c := newTown(t)
	d, err := c.s.Get(t.Context(), broker.Call{}.Space, "shared-bikes")
	c.must(err)
	changed := *d
	changed.Description = catalogue.Texts{"fr": "</script><script>alert(1)</script>", "nl": `"><img src=x>`, "en": "Bikes & more"}
	c.must(c.s.Put(t.Context(), broker.Call{}, changed))
	for lang, about := range changed.Description {
		page := c.body("/id/dataset/shared-bikes", "Accept", "text/html", "Accept-Language", lang)
		_, rest, _ := strings.Cut(page, `<script type="application/ld+json">`)
		text, end, _ := strings.Cut(rest, "</script>")
		_, end, _ = strings.Cut(end, `<script type="application/ld+json">`)
		_, end, _ = strings.Cut(end, "</script>") // of the Croissant
		if end != "" || strings.Count(page, "</script>") != 2 || strings.Contains(page, "<img") || strings.Contains(page, "alert(1)</script>") {
			t.Errorf("%s: text of a steward is markup:\n%s", lang, page)
		}
		var doc struct {
			Context      string `json:"@context"`
			Type         string `json:"@type"`
			ID           string `json:"@id"`
			Name         string
			Description  string
			License      string
			Distribution []struct{ ContentURL, EncodingFormat string }
			Variables    []struct{ Name, UnitCode string }  `json:"variableMeasured"`
			Place        struct{ Geo struct{ Box string } } `json:"spatialCoverage"`
			Temporal     string                             `json:"temporalCoverage"`
		}
		if err := json.Unmarshal([]byte(text), &doc, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatal(err, text)
		}
		if doc.Context != "https://schema.org/" || doc.Type != "Dataset" || doc.ID != public+"/id/dataset/shared-bikes" || doc.Name != d.Title[lang] || doc.Description != about ||
			doc.License != "https://creativecommons.org/licenses/by/4.0/" || doc.Place.Geo.Box != "50.600000 3.200000 50.600000 3.250000" || !strings.Contains(doc.Temporal, "/2026-") {
			t.Errorf("%s: %+v", lang, doc)
		}
		if len(doc.Variables) == 0 || doc.Variables[0].Name != "availableBikeNumber" || doc.Variables[0].UnitCode != "C62" {
			t.Errorf("%s: %+v", lang, doc.Variables)
		}
		for _, f := range doc.Distribution {
			if w := c.get(strings.TrimPrefix(f.ContentURL, public)); w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), f.EncodingFormat) {
				t.Errorf("%s: %d %s", f.ContentURL, w.Code, w.Header().Get("Content-Type"))
			}
		}
	}
	if page := c.body("/id/dataset/shared-bikes?lang=nl", "Accept", "text/html", "Accept-Language", "fr"); !strings.Contains(page, `"inLanguage":"nl"`) {
		t.Error(page)
	}
	for _, hidden := range []string{"weather", "none"} {
		if w := c.get("/id/dataset/"+hidden, "Accept", "text/html"); strings.Contains(w.Body.String(), "ld+json") || w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", hidden, w.Code, w.Body)
		}
	}
}
