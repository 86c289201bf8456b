package dcat

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/rdf"
)

// shown counts the harvested datasets that are there and changed since.
func shown(refs []catalogue.HarvestedRef, since entity.Instant) int {
	n := 0
	for i := range refs {
		if refs[i].Gone.IsZero() && refs[i].Changed >= since {
			n++
		}
	}
	return n
}

// harvested reads those that shown counts, from one to before another. One
// that went meanwhile is left out.
func (in input) harvested(since entity.Instant, from, to int, one func(slug string) (*catalogue.Harvested, error)) ([]*catalogue.Harvested, error) {
	var out []*catalogue.Harvested
	n := 0
	for i := range in.others {
		r := &in.others[i]
		if !r.Gone.IsZero() || r.Changed < since {
			continue
		}
		if n++; n <= from {
			continue
		}
		if n > to {
			break
		}
		h, err := one(r.Slug)
		switch {
		case problem.Is(err, problem.ResourceNotFound):
			continue
		case err != nil:
			return nil, err
		case h.Gone.IsZero():
			out = append(out, h)
		}
	}
	return out, nil
}

// record answers at the address of our record of a harvested dataset.
func (a *API) record(w http.ResponseWriter, r *http.Request) error {
	slug, form, err := formOf(w, r, typeHTML)
	if err != nil {
		return err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	h, err := a.o.Catalogue.HarvestedOne(r.Context(), call.Space, slug)
	if form == typeHTML {
		switch {
		case problem.Is(err, problem.ResourceNotFound):
			w = &otherStatus{w, http.StatusNotFound}
		case err != nil:
			return err
		case !h.Gone.IsZero():
			w = &otherStatus{w, http.StatusGone}
		}
		return a.o.Shell(w, r)
	}
	if err != nil {
		return err
	}
	if err := noParams(r); err != nil {
		return err
	}
	m := &maker{base: httpx.BaseURL(r)}
	if !h.Gone.IsZero() {
		iri := m.base + h.Address()
		m.is(iri, provNS+"Entity")
		m.texts(iri, dctNS+"title", h.Title)
		m.when(iri, provNS+"invalidatedAtTime", h.Gone)
		m.iri(iri, foafNS+"primaryTopic", m.resource(h.IRI))
		m.g.Add(rdf.IRI(iri), rdf.RDFS+"comment", rdf.In("en", "The catalogue from which this record was taken no longer has the dataset since "+h.Gone.String()[:10]+"."))
		return write(w, r, &m.g, form, http.StatusGone)
	}
	m.harvested(h)
	return write(w, r, &m.g, form, http.StatusOK)
}

// others writes texts whose language may be unknown.
func (m *maker) others(s, p string, t catalogue.Texts) {
	for lang, words := range t {
		m.word(s, p, lang, words)
	}
}

func (m *maker) word(s, p, lang, words string) {
	if lang == "und" {
		m.text(s, p, words)
		return
	}
	m.g.Add(rdf.IRI(s), rdf.IRI(p), rdf.In(lang, words))
}

// link says what is an IRI and leaves out what is none: one record of another
// catalogue must not spoil a page of ours.
func (m *maker) link(s, p, o string, types ...string) {
	if rdf.CheckIRI(o) == nil {
		m.iri(s, p, o)
		m.is(o, types...)
	}
}

// harvested says of a dataset what its source says, under its source's IRI,
// and of our record what is ours to say. It gives the dataset's IRI.
func (m *maker) harvested(h *catalogue.Harvested) string {
	iri, rec := h.IRI, m.base+h.Address()
	m.is(rec, dcatNS+"CatalogRecord")
	m.iri(rec, foafNS+"primaryTopic", iri)
	m.when(rec, dctNS+"modified", h.Changed)
	m.link(rec, provNS+"wasDerivedFrom", h.Origin.URL, rdf.RDFS+"Resource")
	m.is(iri, dcatNS+"Dataset", dcatNS+"Resource") // the shapes of records ask for the wider class
	m.others(iri, dctNS+"title", h.Title)
	if len(h.Description) > 0 {
		m.others(iri, dctNS+"description", h.Description)
	} else { // DCAT-AP wants one, and more is not known
		m.others(iri, dctNS+"description", h.Title)
	}
	m.text(iri, dctNS+"identifier", cmp.Or(h.Key, iri))
	m.link(iri, dcatNS+"landingPage", h.Page, foafNS+"Document")
	m.people(h, rec)
	for _, t := range h.Themes {
		m.iri(iri, dcatNS+"theme", m.concept("data-theme", t, catalogue.ThemeLabel(t)))
	}
	for lang, words := range h.Keywords {
		for _, w := range words {
			m.word(iri, dcatNS+"keyword", lang, w)
		}
	}
	m.highValue(iri, h.HighValue)
	if h.Frequency != "" {
		m.iri(iri, dctNS+"accrualPeriodicity", m.concept("frequency", h.Frequency, catalogue.FrequencyLabel(h.Frequency), dctNS+"Frequency"))
	}
	if h.Rights == "PUBLIC" {
		m.public(iri)
	} else if h.Rights != "" {
		m.link(iri, dctNS+"accessRights", pubNS+"access-right/"+h.Rights, dctNS+"RightsStatement")
	}
	m.when(iri, dctNS+"issued", h.Issued)
	m.when(iri, dctNS+"modified", h.Modified)
	if len(h.Box) == 4 {
		m.placeAt(iri, rec, geo.Rect{West: h.Box[0], South: h.Box[1], East: h.Box[2], North: h.Box[3]})
	}
	if h.From != 0 || h.Until != 0 {
		span := rec + "#period"
		m.is(span, dctNS+"PeriodOfTime")
		m.iri(iri, dctNS+"temporal", span)
		m.when(span, dcatNS+"startDate", h.From)
		m.when(span, dcatNS+"endDate", h.Until)
	}
	for i, w := range h.Ways {
		m.iri(iri, dcatNS+"distribution", m.harvestedWay(h, i, w))
	}
	return iri
}

// people names who publishes and whom to ask; their names are in our record,
// as what they are called at the source is not kept.
func (m *maker) people(h *catalogue.Harvested, rec string) {
	if h.Publisher.Name != "" {
		agent := rec + "#publisher"
		m.iri(h.IRI, dctNS+"publisher", agent)
		m.is(agent, foafNS+"Agent")
		m.text(agent, foafNS+"name", h.Publisher.Name)
		m.link(agent, foafNS+"homepage", h.Publisher.URL, foafNS+"Document")
	}
	if c := h.Contact; c != (catalogue.Contact{}) {
		contact := rec + "#contact"
		m.iri(h.IRI, dcatNS+"contactPoint", contact)
		m.is(contact, vcardNS+"Kind", vcardNS+"Organization")
		m.text(contact, vcardNS+"fn", cmp.Or(c.Name, c.Email, c.URL))
		if c.Email != "" {
			m.link(contact, vcardNS+"hasEmail", "mailto:"+c.Email, rdf.RDFS+"Resource")
		}
		m.link(contact, vcardNS+"hasURL", c.URL, rdf.RDFS+"Resource")
	}
}

func (m *maker) harvestedWay(h *catalogue.Harvested, n int, w catalogue.HarvestedWay) string {
	iri := cmp.Or(w.IRI, m.base+h.Address()+"#way-"+strconv.Itoa(n+1))
	m.is(iri, dcatNS+"Distribution")
	m.others(iri, dctNS+"title", w.Title)
	m.link(iri, dcatNS+"accessURL", cmp.Or(w.AccessURL, w.DownloadURL), rdf.RDFS+"Resource")
	m.link(iri, dcatNS+"downloadURL", w.DownloadURL, rdf.RDFS+"Resource")
	key, named := w.Licence, w.LicenceIRI
	if key == "" && named == "" {
		key, named = h.Licence, h.LicenceIRI
	}
	if key != "" {
		m.iri(iri, dctNS+"license", m.licence(key))
	} else {
		m.link(iri, dctNS+"license", named, dctNS+"LicenseDocument")
	}
	if w.FormatCode != "" {
		m.iri(iri, dctNS+"format", m.concept("file-type", w.FormatCode, cmp.Or(w.Format, w.FormatCode), dctNS+"MediaTypeOrExtent"))
	}
	if w.MediaType != "" {
		m.link(iri, dcatNS+"mediaType", ianaNS+w.MediaType, dctNS+"MediaType")
	}
	if w.Bytes > 0 {
		m.typed(iri, dcatNS+"byteSize", strconv.FormatInt(w.Bytes, 10), rdf.XSD+"nonNegativeInteger")
	}
	if len(h.HighValue) > 0 {
		m.law(iri)
	}
	return iri
}
