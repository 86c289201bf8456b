package dcat

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/quality"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/shacl"
	"github.com/beffroi/beffroi/internal/store"
)

// What the national point takes has format, size and conditions, no way to the
// data, and no fault by the shapes.
func TestTheListOfProtectedData(t *testing.T) {
	c := newTown(t)
	d, err := c.s.Get(t.Context(), store.Space{}, "shared-bikes")
	c.must(err)
	closed := *d
	closed.Access, closed.Reason = "RESTRICTED", "personal"
	c.must(c.s.Put(t.Context(), broker.Call{}, closed))
	c.must(c.s.SetProtection(t.Context(), broker.Call{}, "shared-bikes", catalogue.Protection{Format: "CSV", Size: 1200, Conditions: catalogue.Texts{"fr": "Pour la recherche.", "en": "For research."}}))
	api := New(Options{Catalogue: c.s, Broker: c.b, Now: c.clock, City: func(context.Context) (City, error) { return City{"Clairebeke", true}, nil }})
	const base = "https://data.clairebeke.example"
	g, err := api.Closed(t.Context(), base, store.Space{})
	c.must(err)
	nt, err := g.NTriples()
	c.must(err)
	for _, want := range []string{"access-right/RESTRICTED>", "file-type/CSV>", `byteSize> "1200"`, "Pour la recherche.", "/requests/new?dataset=shared-bikes>", "reg/2022/868/oj>", "personal data", "shared-bikes-on-request>"} {
		if !bytes.Contains(nt, []byte(want)) {
			t.Errorf("nothing of %s", want)
		}
	}
	for _, not := range []string{"downloadURL", "/datasets/shared-bikes.", "ngsi-ld", "dcat#bbox", "dcat#centroid", "car-parks", "terms/license"} {
		if bytes.Contains(nt, []byte(not)) {
			t.Errorf("it says %s", not)
		}
	}
	whole := c.body("/catalog.nt")
	if !strings.Contains(whole, "shared-bikes-on-request>") || strings.Contains(whole, "/datasets/shared-bikes.") {
		t.Error("the catalogue says otherwise")
	}
	if w := c.get("/id/distribution/shared-bikes-on-request.ttl"); w.Code != 200 || !strings.Contains(w.Body.String(), "1200") {
		t.Errorf("the way to ask: %d %s", w.Code, w.Body)
	}
	profiles, err := quality.Profiles()
	c.must(err)
	for _, text := range []string{string(nt), whole} {
		g, err := rdf.Read(strings.NewReader(text), rdf.NTriplesForm, "", rdf.Limits{})
		c.must(err)
		report, err := profiles[0].Validate(g)
		c.must(err)
		if n := report.Count(shacl.Violation); n != 0 {
			t.Errorf("%d violations: %v", n, report.Results)
		}
	}
}
