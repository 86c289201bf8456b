package harvest

import (
	"cmp"
	"mime"
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/rdf"
)

// The vocabularies that are read.
const (
	dcatNS   = "http://www.w3.org/ns/dcat#"
	dctNS    = "http://purl.org/dc/terms/"
	foafNS   = "http://xmlns.com/foaf/0.1/"
	vcardNS  = "http://www.w3.org/2006/vcard/ns#"
	skosNS   = "http://www.w3.org/2004/02/skos/core#"
	dcatapNS = "http://data.europa.eu/r5r/"
	locnNS   = "http://www.w3.org/ns/locn#"
	schemaNS = "http://schema.org/"
	hydraNS  = "http://www.w3.org/ns/hydra/core#"
	ianaNS   = "www.iana.org/assignments/media-types/"

	datasetIRI rdf.IRI = dcatNS + "Dataset"
)

// describer gives what a graph says of a subject.
type describer interface {
	of(s rdf.IRI) ([]rdf.Triple, error)
}

// mapper reads one dataset out of a graph.
type mapper struct {
	d     describer
	err   error // of the describer: nothing read after it counts
	where string
	lang  string
	note  func(Finding)
}

func (m *mapper) say(code string, args ...string) { m.note(finding(code, m.where, args...)) }

func (m *mapper) all(s rdf.IRI) []rdf.Triple {
	if m.err != nil || s == "" {
		return nil
	}
	ts, err := m.d.of(s)
	m.err = err
	return ts
}

// values gives the objects of the first of some predicates that has any.
func values(ts []rdf.Triple, predicates ...rdf.IRI) []rdf.Term {
	for _, p := range predicates {
		var out []rdf.Term
		for _, t := range ts {
			if t.P == p {
				out = append(out, t.O)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// one gives the first value that there is, as text.
func one(ts []rdf.Triple, predicates ...rdf.IRI) string {
	for _, v := range values(ts, predicates...) {
		if s := strings.TrimSpace(v.Value()); s != "" {
			return s
		}
	}
	return ""
}

// tag gives the language of a text whose source names lang; fallback is the
// source's own, "und" is none.
func tag(lang, fallback string) string {
	lang = strings.ReplaceAll(cmp.Or(strings.ToLower(lang), strings.ToLower(fallback)), "_", "-")
	for part := range strings.SplitSeq(lang, "-") {
		if len(part) == 0 || len(part) > 8 || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return "und"
		}
	}
	if lang[0] < 'a' {
		return "und"
	}
	return lang
}

func (m *mapper) texts(ts []rdf.Triple, predicates ...rdf.IRI) catalogue.Texts {
	out := catalogue.Texts{}
	for _, v := range values(ts, predicates...) {
		s := strings.TrimSpace(v.Value())
		if l := tag(v.Lang(), m.lang); s != "" && !v.IsIRI() && out[l] == "" {
			out[l] = s
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func (m *mapper) date(ts []rdf.Triple, what string, predicates ...rdf.IRI) entity.Instant {
	s := one(ts, predicates...)
	if s == "" {
		return 0
	}
	t, ok := dateOf(s)
	if !ok {
		m.say("date-unreadable", what, s)
	}
	return t
}

// ordered drops two dates that contradict each other.
func (m *mapper) ordered(first, then *entity.Instant, name, nextName string) {
	if *first != 0 && *then != 0 && *first > *then {
		m.say("dates-order", name, first.String(), nextName, then.String())
		*first, *then = 0, 0
	}
}

func (m *mapper) address(s, what string) string {
	if s == "" || webAddress(s) {
		return s
	}
	m.say("address-bad", what, s)
	return ""
}

// dataset reads the dataset s. It gives nil for one that cannot be taken, and
// has said why.
func (m *mapper) dataset(source string, s rdf.IRI) (*catalogue.Harvested, error) {
	ts := m.all(s)
	iri := string(s)
	if s.IsBlank() {
		iri = ""
		if id := one(ts, dctNS+"identifier"); rdf.CheckIRI(id) == nil {
			iri = id
		}
	}
	m.where = iri
	h := &catalogue.Harvested{Source: source, IRI: iri, Slug: catalogue.HarvestedSlug(source, iri)}
	h.Title = m.texts(ts, dctNS+"title")
	switch {
	case iri == "":
		m.where = cmp.Or(one(ts, dctNS+"title"), string(s))
		m.say("no-iri")
		return nil, m.err
	case len(h.Title) == 0:
		m.say("no-title")
		return nil, m.err
	}
	h.Description = m.texts(ts, dctNS+"description")
	if len(h.Description) == 0 {
		m.say("no-description")
	}
	h.Page = m.address(one(ts, dcatNS+"landingPage", foafNS+"page"), "dcat:landingPage")
	h.Publisher = m.agent(values(ts, dctNS+"publisher", dctNS+"creator"))
	h.Contact = m.contact(values(ts, dcatNS+"contactPoint"))
	m.tables(h, ts)
	m.times(h, ts)
	h.Box = m.place(values(ts, dctNS+"spatial"))
	h.Keywords = m.keywords(ts)
	m.ways(h, ts)
	m.licences(h, ts)
	return h, m.err
}

func (m *mapper) keywords(ts []rdf.Triple) map[string][]string {
	out := map[string][]string{}
	for _, v := range values(ts, dcatNS+"keyword") {
		l := tag(v.Lang(), m.lang)
		if s := strings.TrimSpace(v.Value()); s != "" && !v.IsIRI() && !slices.Contains(out[l], s) && len(out[l]) < 200 {
			out[l] = append(out[l], s)
		}
	}
	for _, words := range out {
		slices.Sort(words)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func (m *mapper) agent(vs []rdf.Term) catalogue.Agent {
	for _, v := range vs {
		if !v.IsIRI() {
			return catalogue.Agent{Name: v.Value()}
		}
		ts := m.all(rdf.IRI(v.Value()))
		if name := one(ts, foafNS+"name", vcardNS+"fn", rdf.RDFS+"label", skosNS+"prefLabel", dctNS+"title"); name != "" {
			return catalogue.Agent{Name: name, URL: m.address(one(ts, foafNS+"homepage"), "foaf:homepage")}
		}
	}
	return catalogue.Agent{}
}

func (m *mapper) contact(vs []rdf.Term) catalogue.Contact {
	for _, v := range vs {
		if !v.IsIRI() {
			continue
		}
		ts := m.all(rdf.IRI(v.Value()))
		follow := func(s string) string {
			if rdf.IRI(s).IsBlank() {
				return one(m.all(rdf.IRI(s)), vcardNS+"value", vcardNS+"hasValue")
			}
			return s
		}
		c := catalogue.Contact{Name: one(ts, vcardNS+"fn", vcardNS+"organization-name", foafNS+"name")}
		c.Email = strings.TrimPrefix(follow(one(ts, vcardNS+"hasEmail", vcardNS+"email", foafNS+"mbox")), "mailto:")
		c.URL = m.address(follow(one(ts, vcardNS+"hasURL", vcardNS+"url")), "vcard:hasURL")
		if !strings.Contains(c.Email, "@") {
			c.Email = ""
		}
		if c != (catalogue.Contact{}) {
			return c
		}
	}
	return catalogue.Contact{}
}

// tables reads what is said with the EU's tables.
func (m *mapper) tables(h *catalogue.Harvested, ts []rdf.Triple) {
	for _, v := range values(ts, dcatNS+"theme") {
		code, ok := codeOf(v.Value(), "data-theme")
		switch {
		case ok && catalogue.ThemeLabel(code) != "":
			h.Themes = append(h.Themes, code)
		case ok || !v.IsIRI():
			m.say("theme-unknown", v.Value())
		} // a theme of another scheme is none of ours
	}
	for _, v := range values(ts, dcatapNS+"hvdCategory") {
		if code, ok := strings.CutPrefix(v.Value(), catalogue.BNA); ok && catalogue.HighValueLabel(code) != "" {
			h.HighValue = append(h.HighValue, code)
		}
	}
	for _, list := range []*[]string{&h.Themes, &h.HighValue} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if v := one(ts, dctNS+"accrualPeriodicity"); v != "" {
		if code, ok := codeOf(v, "frequency"); ok && catalogue.FrequencyLabel(code) != "" {
			h.Frequency = code
		} else {
			m.say("frequency-unknown", v)
		}
	}
	if code, ok := codeOf(one(ts, dctNS+"accessRights"), "access-right"); ok {
		h.Rights = code
	}
}

func (m *mapper) times(h *catalogue.Harvested, ts []rdf.Triple) {
	h.Issued = m.date(ts, "dct:issued", dctNS+"issued")
	h.Modified = m.date(ts, "dct:modified", dctNS+"modified")
	for _, v := range values(ts, dctNS+"temporal") {
		if v.IsIRI() {
			span := m.all(rdf.IRI(v.Value()))
			h.From = m.date(span, "dcat:startDate", dcatNS+"startDate", schemaNS+"startDate")
			h.Until = m.date(span, "dcat:endDate", dcatNS+"endDate", schemaNS+"endDate")
			break
		}
	}
	m.ordered(&h.Issued, &h.Modified, "dct:issued", "dct:modified")
	m.ordered(&h.From, &h.Until, "dcat:startDate", "dcat:endDate")
}

func (m *mapper) place(vs []rdf.Term) []float64 {
	for _, v := range vs {
		text := v.Value()
		if v.IsIRI() {
			text = one(m.all(rdf.IRI(text)), dcatNS+"bbox", locnNS+"geometry", dcatNS+"centroid")
		}
		if text == "" {
			continue // a place by its name
		}
		if box, ok := boxOf(text); ok {
			return box
		}
		if v.IsIRI() {
			m.say("place-bad", text)
		}
	}
	return nil
}

// ways reads the distributions.
func (m *mapper) ways(h *catalogue.Harvested, ts []rdf.Triple) {
	for _, v := range values(ts, dcatNS+"distribution") {
		if !v.IsIRI() {
			continue
		}
		dist := m.all(rdf.IRI(v.Value()))
		w := catalogue.HarvestedWay{Title: m.texts(dist, dctNS+"title")}
		if !rdf.IRI(v.Value()).IsBlank() {
			w.IRI = v.Value()
		}
		w.AccessURL = m.address(one(dist, dcatNS+"accessURL"), "dcat:accessURL")
		w.DownloadURL = m.address(one(dist, dcatNS+"downloadURL"), "dcat:downloadURL")
		m.form(&w, dist)
		if n, err := strconv.ParseInt(strings.TrimSuffix(one(dist, dcatNS+"byteSize"), ".0"), 10, 64); err == nil && n > 0 {
			w.Bytes = n
		}
		w.Licence, w.LicenceIRI = m.licence(values(dist, dctNS+"license"))
		if w.AccessURL != "" || w.DownloadURL != "" {
			h.Ways = append(h.Ways, w)
		}
	}
	slices.SortFunc(h.Ways, func(a, b catalogue.HarvestedWay) int {
		return cmp.Or(strings.Compare(a.IRI, b.IRI), strings.Compare(a.AccessURL, b.AccessURL), strings.Compare(a.DownloadURL, b.DownloadURL))
	})
	if len(h.Ways) == 0 {
		m.say("no-way")
	}
}

func (m *mapper) form(w *catalogue.HarvestedWay, dist []rdf.Triple) {
	for _, v := range values(dist, dctNS+"format") {
		if code, ok := codeOf(v.Value(), "file-type"); ok {
			w.FormatCode, w.Format = code, code
		} else if !v.IsIRI() {
			w.Format = v.Value()
		} else if w.Format == "" {
			w.Format = one(m.all(rdf.IRI(v.Value())), rdf.RDFS+"label", skosNS+"prefLabel", rdf.RDF+"value")
		}
	}
	if _, media, ok := strings.Cut(one(dist, dcatNS+"mediaType"), ianaNS); ok {
		w.MediaType = media
	} else if t, _, err := mime.ParseMediaType(one(dist, dcatNS+"mediaType")); err == nil {
		w.MediaType = t
	}
	if strings.Count(w.MediaType, "/") != 1 || rdf.CheckIRI("https://"+ianaNS+w.MediaType) != nil {
		w.MediaType = ""
	}
}

// licence gives the key of a licence that is known here, and its IRI.
func (m *mapper) licence(vs []rdf.Term) (key, iri string) {
	for _, v := range vs {
		s := v.Value()
		if rdf.IRI(s).IsBlank() {
			s = one(m.all(rdf.IRI(s)), rdf.RDFS+"label", dctNS+"title", foafNS+"name")
		}
		if l, ok := catalogue.LicenceAt(s); ok {
			return l.Key, l.IRI
		}
		if rdf.CheckIRI(s) == nil {
			iri = s
		}
		if s != "" && !euLicence(s) {
			m.say("licence-unknown", s)
		}
	}
	return "", iri
}

// licences gives the dataset the licence that it names itself, else the one
// that all its distributions name.
func (m *mapper) licences(h *catalogue.Harvested, ts []rdf.Triple) {
	h.Licence, h.LicenceIRI = m.licence(values(ts, dctNS+"license"))
	if h.LicenceIRI != "" || len(h.Ways) == 0 {
		return
	}
	first := h.Ways[0]
	for _, w := range h.Ways {
		if w.LicenceIRI != first.LicenceIRI {
			return
		}
	}
	if h.Licence, h.LicenceIRI = first.Licence, first.LicenceIRI; h.LicenceIRI == "" && len(values(ts, dctNS+"license")) == 0 {
		m.say("no-licence")
	}
}
