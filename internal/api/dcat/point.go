package dcat

import (
	"context"
	"strconv"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store"
)

// onRequest says of a closed dataset what the Data Governance Act wants told of
// it: that the act applies, the conditions, and the way to ask, which carries
// format and size as distributions do. There is nothing in it to download.
func (m *maker) onRequest(iri string, d *catalogue.Dataset) {
	m.iri(iri, dcatapNS+"applicableLegislation", catalogue.GovernanceAct)
	m.is(catalogue.GovernanceAct, eliNS+"LegalResource")
	p := d.Protection
	if p == nil {
		return
	}
	conditions := iri + "#conditions"
	for lang, words := range p.Conditions {
		m.is(conditions, dctNS+"RightsStatement")
		m.iri(iri, dctNS+"rights", conditions)
		m.g.Add(rdf.IRI(conditions), rdf.RDFS+"label", rdf.In(lang, words))
	}
	if p.Format == "" && p.Size == 0 {
		return
	}
	way := m.base + "/id/distribution/" + d.Slug + "-on-request"
	m.iri(iri, dcatNS+"distribution", way)
	m.is(way, dcatNS+"Distribution")
	m.texts(way, dctNS+"title", catalogue.Texts{"fr": "Sur demande", "nl": "Op verzoek", "en": "On request"})
	m.iri(way, dcatNS+"accessURL", m.resource(m.base+RequestPath(d.Slug)))
	if len(p.Conditions) > 0 {
		m.iri(way, dctNS+"rights", conditions)
	}
	if p.Format != "" {
		m.iri(way, dctNS+"format", m.concept("file-type", p.Format, catalogue.FormatLabel(p.Format), dctNS+"MediaTypeOrExtent"))
	}
	if p.Size > 0 {
		m.typed(way, dcatNS+"byteSize", strconv.FormatInt(p.Size, 10), rdf.XSD+"nonNegativeInteger")
	}
}

// RequestPath gives the page on which a closed dataset is asked for.
func RequestPath(slug string) string { return "/requests/new?dataset=" + slug }

// Closed says all of the published datasets that are closed, as a catalogue of
// their own: what a national single information point takes ((EU) 2022/868,
// Art. 8). base begins every address in it.
func (a *API) Closed(ctx context.Context, base string, sp store.Space) (*rdf.Graph, error) {
	c, err := a.o.City(ctx)
	if err != nil {
		return nil, err
	}
	ds, err := a.o.Catalogue.Published(ctx, sp)
	if err != nil {
		return nil, err
	}
	in := input{base: base, city: c}
	for _, d := range ds {
		if !d.Closed() {
			continue
		}
		x, err := a.o.Catalogue.Extent(ctx, sp, d)
		if err != nil {
			return nil, err
		}
		in.sets = append(in.sets, set{d, x})
	}
	return in.point(), nil
}

// point gives the graph of the list of protected data.
func (in input) point() *rdf.Graph {
	m := in.maker()
	page := in.base + "/information-point"
	iri := page + "#list"
	m.is(iri, dcatNS+"Catalog")
	m.texts(iri, dctNS+"title", catalogue.Texts{"fr": "Données protégées de " + in.city.Name, "nl": "Beschermde gegevens van " + in.city.Name, "en": "Protected data of " + in.city.Name})
	m.texts(iri, dctNS+"description", catalogue.Texts{"fr": "Les données protégées que détient " + in.city.Name + " : elles ne sont pas ouvertes, et leur réutilisation peut être demandée.",
		"nl": "De beschermde gegevens van " + in.city.Name + ": ze zijn niet open, en hergebruik kan worden aangevraagd.", "en": "The protected data that " + in.city.Name + " holds: it is not open, and its re-use can be asked for."})
	m.iri(iri, dctNS+"publisher", m.agent(catalogue.Agent{Name: in.city.Name}))
	m.iri(iri, foafNS+"homepage", m.document(page))
	m.iri(iri, dcatapNS+"applicableLegislation", catalogue.GovernanceAct)
	m.is(catalogue.GovernanceAct, eliNS+"LegalResource")
	m.languages(iri)
	for _, s := range in.sets {
		m.iri(iri, dcatNS+"dataset", m.dataset(s))
	}
	return &m.g
}
