package harvest

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

func ckanAt(start string) string {
	return "/portal/api/3/action/package_search?rows=100&sort=id+asc&start=" + start
}

func TestCKANIsReadPackageByPackage(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	p.serve(ckanAt("0"), "application/json", `{"success": true, "result": {"count": 4, "results": [
{"id": "id-1", "name": "trees", "title": "Trees", "title_translated": {"fr": "Arbres", "en": "Trees", "nl": ""}, "notes": "All of them.", "license_url": "https://creativecommons.org/licenses/by/4.0/",
 "organization": {"title": "Greens"}, "maintainer": "Desk", "maintainer_email": "desk@o.example", "metadata_created": "2020-01-02T03:04:05.678901", "metadata_modified": "2021-01-02T03:04:05",
 "tags": [{"name": "wood"}], "extras": [{"key": "theme", "value": "[\"http://publications.europa.eu/resource/authority/data-theme/ENVI\"]"}, {"key": "frequency", "value": "http://publications.europa.eu/resource/authority/frequency/DAILY"},
 {"key": "spatial", "value": "{\"type\":\"Polygon\",\"coordinates\":[[[3,50],[4,50],[4,51],[3,50]]]}"}, {"key": "temporal_start", "value": "2019-01-01"}],
 "resources": [{"name": "CSV", "url": "https://o.example/t.csv", "format": "CSV", "mimetype": "text/csv", "size": 12}, {"name": "broken", "url": "not an address"}]},
{"id": "id-2", "title": 7, "resources": null, "tags": "none", "extras": {"a": 1}, "organization": "x"}]}}`)
	p.serve(ckanAt("2"), "application/json", `{"success": true, "result": {"count": 4, "results": ["no object", {"title": "nameless"}]}}`)
	r := c.run(Source{Kind: CKAN, URL: p.URL + "/portal/api/3/"}, Mode{})
	equal(t, "counts", Counts{Seen: 2, New: 2}, r.Counts)
	equal(t, "codes", []string{"address-bad", "no-description", "no-way", "unreadable", "unreadable"}, codes(r))
	iri := p.URL + "/portal/dataset/id-1"
	h, err := c.sets.HarvestedOne(t.Context(), store.Space{}, catalogue.HarvestedSlug("other", iri))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "title", catalogue.Texts{"fr": "Arbres", "en": "Trees"}, h.Title)
	equal(t, "read", []string{iri, p.URL + "/portal/dataset/trees", "Greens", "Desk", "desk@o.example", "CC_BY_4_0", "ENVI", "DAILY", "wood"},
		[]string{h.IRI, h.Page, h.Publisher.Name, h.Contact.Name, h.Contact.Email, h.Licence, h.Themes[0], h.Frequency, h.Keywords["und"][0]})
	equal(t, "box", []float64{3, 50, 4, 51}, h.Box)
	day := func(s string) entity.Instant { i, _ := dateOf(s); return i }
	equal(t, "dates", []entity.Instant{day("2020-01-02T03:04:05.678901Z"), day("2019-01-01")}, []entity.Instant{h.Issued, h.From})
	equal(t, "ways", []catalogue.HarvestedWay{{Title: catalogue.Texts{"und": "CSV"}, AccessURL: "https://o.example/t.csv", Format: "CSV", MediaType: "text/csv", Bytes: 12}}, h.Ways)
}

func TestCKANFaults(t *testing.T) {
	for name, tt := range map[string]struct{ body, code, arg string }{
		"refused":   {`{"success": false, "error": {"message": "Solr"}}`, "ckan-error", "Solr"},
		"no JSON":   {`<html>`, "syntax", ""},
		"cut off":   {`{"success": true, "result": {"count`, "syntax", ""},
		"all empty": {`{"success": true, "result": {"count": 0, "results": []}}`, "no-dataset", ""},
		"says less": {`{"success": true, "result": {"count": 9, "results": []}}`, "incomplete-list", "0 9"},
	} {
		p, c := newPortal(t), newCity(t)
		p.serve(ckanAt("0"), "application/json", tt.body)
		r := c.run(Source{Kind: CKAN, URL: p.URL + "/portal"}, Mode{})
		if len(r.Findings) == 0 || r.Findings[0].Code != tt.code || !strings.Contains(strings.Join(r.Findings[0].Args, " "), tt.arg) {
			t.Errorf("%s: %+v", name, r.Findings)
		}
	}
}
