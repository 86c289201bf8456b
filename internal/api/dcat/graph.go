package dcat

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/rdf"
)

// The vocabularies of DCAT-AP 3.0.1.
const (
	dcatNS   = "http://www.w3.org/ns/dcat#"
	dctNS    = "http://purl.org/dc/terms/"
	foafNS   = "http://xmlns.com/foaf/0.1/"
	vcardNS  = "http://www.w3.org/2006/vcard/ns#"
	skosNS   = "http://www.w3.org/2004/02/skos/core#"
	dcatapNS = "http://data.europa.eu/r5r/"
	geoNS    = "http://www.opengis.net/ont/geosparql#"
	eliNS    = "http://data.europa.eu/eli/ontology#"
	provNS   = "http://www.w3.org/ns/prov#"
	dqvNS    = "http://www.w3.org/ns/dqv#"
	ianaNS   = "https://www.iana.org/assignments/media-types/"
	pubNS    = catalogue.Authority
)

func prefixes() rdf.Prefixes {
	return rdf.Prefixes{"dcat": dcatNS, "dct": dctNS, "foaf": foafNS, "vcard": vcardNS, "skos": skosNS, "dcatap": dcatapNS, "geosparql": geoNS, "prov": provNS, "hydra": hydraNS, "ldes": ldesNS, "tree": treeNS, "as": asNS, "eli": eliNS, "dqv": dqvNS, "pv": pvNS,
		"xsd": rdf.XSD, "rdfs": rdf.RDFS, "theme": pubNS + "data-theme/", "frequency": pubNS + "frequency/", "language": pubNS + "language/",
		"licence": pubNS + "licence/", "filetype": pubNS + "file-type/", "right": pubNS + "access-right/", "availability": pubNS + "planned-availability/",
		"setype": pubNS + "dataset-type/"}
}

// set is a dataset with what the data says of it.
type set struct {
	d *catalogue.Dataset
	x *catalogue.Extent
}

// input is all that a graph is made of.
type input struct {
	base string
	city City
	sets []set
	// others are the harvested datasets; their descriptions are read when
	// they are shown.
	others []catalogue.HarvestedRef
	linked
}

// maker fills one graph.
type maker struct {
	g    rdf.Graph
	base string
	city City
	linked
}

func (m *maker) iri(s, p string, o string)  { m.g.Add(rdf.IRI(s), rdf.IRI(p), rdf.Ref(rdf.IRI(o))) }
func (m *maker) text(s, p string, t string) { m.g.Add(rdf.IRI(s), rdf.IRI(p), rdf.Text(t)) }
func (m *maker) typed(s, p string, t string, d string) {
	m.g.Add(rdf.IRI(s), rdf.IRI(p), rdf.Typed(t, rdf.IRI(d)))
}
func (m *maker) is(s string, types ...string) {
	for _, t := range types {
		m.iri(s, string(rdf.Type), t)
	}
}

func (m *maker) texts(s, p string, t catalogue.Texts) {
	for lang, words := range t {
		m.g.Add(rdf.IRI(s), rdf.IRI(p), rdf.In(lang, words))
	}
}

func (m *maker) when(s, p string, t entity.Instant) {
	if !t.IsZero() {
		m.typed(s, p, t.String(), rdf.XSD+"dateTime")
	}
}

// concept names an entry of an EU table with its type, table and label.
func (m *maker) concept(table, code, label string, types ...string) string {
	iri := pubNS + table + "/" + code
	m.is(iri, skosNS+"Concept")
	m.is(iri, types...)
	m.iri(iri, skosNS+"inScheme", pubNS+table)
	m.g.Add(rdf.IRI(iri), skosNS+"prefLabel", rdf.In("en", label))
	m.is(pubNS+table, skosNS+"ConceptScheme")
	m.g.Add(rdf.IRI(pubNS+table), dctNS+"title", rdf.In("en", "EU Vocabularies: "+strings.ReplaceAll(table, "-", " ")))
	return iri
}

func (m *maker) resource(iri string) string {
	m.is(iri, rdf.RDFS+"Resource")
	return iri
}

func (m *maker) document(iri string) string {
	m.is(iri, foafNS+"Document")
	return iri
}

// agent names a publisher. Its address comes from its name: it is who it is.
func (m *maker) agent(a catalogue.Agent) string {
	iri := m.base + "/id/agent/" + slugOf(a.Name)
	m.is(iri, foafNS+"Agent")
	m.text(iri, foafNS+"name", a.Name)
	if a.URL != "" {
		m.iri(iri, foafNS+"homepage", m.document(a.URL))
	}
	return iri
}

// slugOf makes a part of an address from a name.
func slugOf(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’':
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	return "a" + strconv.FormatUint(h.Sum64(), 36)
}

func (m *maker) contact(d *catalogue.Dataset) string {
	iri := m.base + "/id/contact/" + d.Slug
	m.is(iri, vcardNS+"Kind", vcardNS+"Organization")
	m.text(iri, vcardNS+"fn", d.Contact.Name)
	if d.Contact.Email != "" {
		m.iri(iri, vcardNS+"hasEmail", m.resource("mailto:"+d.Contact.Email))
	}
	if d.Contact.URL != "" {
		m.iri(iri, vcardNS+"hasURL", m.resource(d.Contact.URL))
	}
	return iri
}

// licence names a licence; one that is not in the EU table says which there
// is closest.
func (m *maker) licence(key string) string {
	l, _ := catalogue.LicenceOf(key)
	m.is(l.IRI, dctNS+"LicenseDocument")
	m.g.Add(rdf.IRI(l.IRI), dctNS+"title", rdf.In("en", l.Title))
	if l.URL != l.IRI {
		// What portals are to relate it by (DCAT-AP HVD 3.0.0, assessment
		// support for licences).
		m.iri(l.IRI, rdf.RDFS+"seeAlso", m.resource(l.URL))
	}
	if l.Closest != "" {
		m.iri(l.IRI, skosNS+"closeMatch", l.Closest)
		m.is(l.Closest, dctNS+"LicenseDocument")
		for _, other := range catalogue.Licences() {
			if other.IRI == l.Closest {
				m.iri(l.Closest, rdf.RDFS+"seeAlso", m.resource(other.URL))
			}
		}
	}
	return l.IRI
}

// rights says in words what holds for whoever takes a file of d: whose it is,
// and under which licence.
func (m *maker) rights(d *catalogue.Dataset) string {
	iri := m.base + d.Address + "#rights"
	l, _ := catalogue.LicenceOf(d.Licence)
	m.is(iri, dctNS+"RightsStatement")
	m.texts(iri, rdf.RDFS+"label", catalogue.Texts{
		"fr": "Données de " + d.Publisher.Name + ", accessibles à tous\u202f; réutilisation selon la licence " + l.Title + ".",
		"nl": "Gegevens van " + d.Publisher.Name + ", voor iedereen toegankelijk; hergebruik volgens de licentie " + l.Title + ".",
		"en": "Data of " + d.Publisher.Name + ", open to everybody; re-use under the licence " + l.Title + "."})
	return iri
}

func (m *maker) public(s string) { m.access(s, catalogue.AccessPublic) }

// access says who may have a thing.
func (m *maker) access(s, code string) {
	m.iri(s, dctNS+"accessRights", m.concept("access-right", code, catalogue.AccessLabel(code), dctNS+"RightsStatement"))
}

// known says what people have typed of a dataset beyond what every dataset
// has: standards, a place, a time, and why it is not public.
func (m *maker) known(iri string, d *catalogue.Dataset, x *catalogue.Extent) {
	for _, s := range d.ConformsTo {
		m.iri(iri, dctNS+"conformsTo", s)
		m.is(s, dctNS+"Standard")
	}
	if d.Place != "" {
		m.iri(iri, dctNS+"spatial", d.Place)
		m.is(d.Place, dctNS+"Location")
	}
	first, last := x.First, x.Last
	if !d.From.IsZero() {
		first = d.From
	}
	if !d.Until.IsZero() {
		last = d.Until
	}
	if !first.IsZero() || !last.IsZero() {
		span := iri + "#period"
		m.is(span, dctNS+"PeriodOfTime")
		m.iri(iri, dctNS+"temporal", span)
		m.when(span, dcatNS+"startDate", first)
		m.when(span, dcatNS+"endDate", last)
	}
	if r, ok := catalogue.ReasonOf(d.Reason); ok && d.Closed() {
		why := iri + "#protection"
		m.is(why, dctNS+"RightsStatement")
		m.iri(iri, dctNS+"rights", why)
		for lang, words := range r.Title {
			m.g.Add(rdf.IRI(why), rdf.RDFS+"label", rdf.In(lang, words))
		}
	}
	if d.Closed() {
		m.onRequest(iri, d)
	}
}

func (m *maker) languages(s string) {
	for _, l := range [][2]string{{"FRA", "French"}, {"NLD", "Dutch"}, {"ENG", "English"}} {
		m.iri(s, dctNS+"language", m.concept("language", l[0], l[1], dctNS+"LinguisticSystem"))
	}
}

func (in input) maker() *maker { return &maker{base: in.base, city: in.city, linked: in.linked} }

// one gives the graph of datasets alone, without the catalogue round them.
func (in input) one() *rdf.Graph {
	m := in.maker()
	for _, s := range in.sets {
		m.dataset(s)
	}
	m.service(in.sets, in.sets)
	return &m.g
}

// catalog gives the graph of the whole catalogue.
func (in input) catalog() *rdf.Graph { return in.part(in.sets) }

// part gives the graph of the catalogue with some of its datasets. What it
// says of the catalogue itself is the same in every part, so that all parts
// together are the whole.
func (in input) part(some []set, others ...*catalogue.Harvested) *rdf.Graph {
	m := in.maker()
	iri := in.base + "/catalog"
	m.is(iri, dcatNS+"Catalog")
	title := catalogue.Texts{"fr": "Catalogue des données de " + in.city.Name, "nl": "Gegevenscatalogus van " + in.city.Name, "en": "Data catalogue of " + in.city.Name}
	about := catalogue.Texts{"fr": "Les jeux de données publiés par " + in.city.Name + ".", "nl": "De gegevens die " + in.city.Name + " publiceert.", "en": "The datasets published by " + in.city.Name + "."}
	if in.city.Synthetic {
		for lang, words := range synthetic() {
			title[lang] += " (" + words[0] + ")"
			about[lang] += " " + words[1]
		}
	}
	m.texts(iri, dctNS+"title", title)
	m.texts(iri, dctNS+"description", about)
	m.iri(iri, dctNS+"publisher", m.agent(catalogue.Agent{Name: in.city.Name}))
	m.iri(iri, foafNS+"homepage", m.document(in.base+"/catalogue"))
	m.iri(iri, dcatNS+"themeTaxonomy", m.scheme("data-theme"))
	m.languages(iri)
	var first, last entity.Instant
	box := geo.EmptyRect()
	for _, s := range some {
		m.iri(iri, dcatNS+"dataset", m.dataset(s))
	}
	for _, s := range in.sets {
		if first == 0 || s.d.Issued < first {
			first = s.d.Issued
		}
		last = max(last, s.x.Modified)
		box = box.Union(s.x.Box)
	}
	for _, h := range others {
		m.iri(iri, dcatNS+"dataset", m.harvested(h))
		m.iri(iri, dcatNS+"record", m.base+h.Address())
	}
	for i := range in.others {
		last = max(last, in.others[i].Changed)
	}
	m.when(iri, dctNS+"issued", first)
	m.when(iri, dctNS+"modified", last)
	m.place(iri, box)
	m.iri(iri, dcatNS+"service", m.service(some, in.sets))
	return &m.g
}

func (m *maker) scheme(table string) string {
	iri := pubNS + table
	m.is(iri, skosNS+"ConceptScheme")
	m.g.Add(rdf.IRI(iri), dctNS+"title", rdf.In("en", "EU Vocabularies: "+strings.ReplaceAll(table, "-", " ")))
	return iri
}

func synthetic() map[string][2]string {
	return map[string][2]string{
		"fr": {"données synthétiques", "Données synthétiques : cette ville est inventée."},
		"nl": {"synthetische gegevens", "Synthetische gegevens: deze stad is verzonnen."},
		"en": {"synthetic data", "Synthetic data: this city is invented."},
	}
}

// place says where something is, if that is known.
func (m *maker) place(s string, box geo.Rect) { m.placeAt(s, s, box) }

// placeAt does so with the place named within another thing.
func (m *maker) placeAt(s, within string, box geo.Rect) {
	if box.Empty() || box.West > box.East {
		return // a box over the antimeridian is no polygon
	}
	iri := within + "#extent"
	m.is(iri, dctNS+"Location")
	m.iri(s, dctNS+"spatial", iri)
	f := func(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }
	w, so, e, n := f(box.West), f(box.South), f(box.East), f(box.North)
	m.typed(iri, dcatNS+"bbox", "POLYGON(("+strings.Join([]string{w + " " + so, e + " " + so, e + " " + n, w + " " + n, w + " " + so}, ", ")+"))", geoNS+"wktLiteral")
	c := box.Center()
	m.typed(iri, dcatNS+"centroid", "POINT("+f(c.Lon)+" "+f(c.Lat)+")", geoNS+"wktLiteral")
}

// dataset says all of a dataset and gives its IRI.
func (m *maker) dataset(s set) string {
	d, x := s.d, s.x
	iri := m.base + d.Address
	m.is(iri, dcatNS+"Dataset")
	m.texts(iri, dctNS+"title", d.Title)
	m.texts(iri, dctNS+"description", d.Description)
	m.text(iri, dctNS+"identifier", iri)
	if d.Publisher.Name != "" { // a draft may lack what a published one has
		m.iri(iri, dctNS+"publisher", m.agent(d.Publisher))
	}
	if d.Contact != (catalogue.Contact{}) {
		m.iri(iri, dcatNS+"contactPoint", m.contact(d))
	}
	for _, t := range d.Themes {
		m.iri(iri, dcatNS+"theme", m.concept("data-theme", t, catalogue.ThemeLabel(t)))
	}
	for lang, words := range d.Keywords {
		for _, w := range words {
			m.g.Add(rdf.IRI(iri), dcatNS+"keyword", rdf.In(lang, w))
		}
	}
	m.highValue(iri, d.HighValue)
	for _, code := range d.HighValue {
		if catalogue.HighValueTheme(code) {
			// data.gouv.fr knows high-value datasets by this (udata, rdf.py).
			m.iri(iri, dcatNS+"theme", catalogue.BNA+code)
		}
	}
	if label := catalogue.FrequencyLabel(d.Frequency); label != "" {
		m.iri(iri, dctNS+"accrualPeriodicity", m.concept("frequency", d.Frequency, label, dctNS+"Frequency"))
	}
	m.access(iri, cmp.Or(d.Access, catalogue.AccessPublic))
	m.languages(iri)
	m.when(iri, dctNS+"issued", d.Issued)
	m.when(iri, dctNS+"modified", x.Modified)
	if d.Slug != "" {
		about := m.base + qualityPath + d.Slug
		m.iri(iri, dqvNS+"hasQualityMetadata", about)
		m.is(about, dqvNS+"QualityMetadata")
	}
	m.place(iri, x.Box)
	m.known(iri, d, x)
	m.inSeries(iri, d)
	if x.Period > 0 {
		m.typed(iri, dcatNS+"temporalResolution", "PT"+strconv.FormatFloat(float64(x.Period)/1e6, 'f', -1, 64)+"S", rdf.XSD+"duration")
	}
	if d.Synthetic {
		m.iri(iri, dctNS+"type", m.concept("dataset-type", "SYNTHETIC_DATA", "synthetic data"))
		origin := iri + "#provenance"
		m.is(origin, dctNS+"ProvenanceStatement")
		m.iri(iri, dctNS+"provenance", origin)
		for lang, words := range synthetic() {
			m.g.Add(rdf.IRI(origin), rdf.RDFS+"label", rdf.In(lang, words[1]))
		}
	}
	for _, dist := range distributionsOf(d) {
		m.iri(iri, dcatNS+"distribution", m.distribution(d, x, dist))
	}
	return iri
}

// distribution is one way to have a dataset: a file, or an answer of the API.
type distribution struct {
	catalogue.File
	title   catalogue.Texts
	address func(d *catalogue.Dataset) string
	service bool
}

func distributions() []distribution {
	var out []distribution
	for _, f := range catalogue.Files() {
		out = append(out, distribution{File: f,
			title:   catalogue.Texts{"fr": "État actuel en " + f.Name, "nl": "Huidige toestand als " + f.Name, "en": "Current state as " + f.Name},
			address: func(d *catalogue.Dataset) string { return "/datasets/" + d.Slug + "." + f.Ext }})
	}
	return append(out, distribution{File: catalogue.File{Ext: "ngsi-ld", Name: "JSON-LD", Code: "JSON_LD", Media: "application/ld+json"},
		title: catalogue.Texts{"fr": "API NGSI-LD", "nl": "NGSI-LD-API", "en": "NGSI-LD API"}, address: entitiesPath, service: true})
}

// distributionsOf gives the ways to have d: none if it is closed.
func distributionsOf(d *catalogue.Dataset) []distribution {
	if d.Closed() {
		return nil
	}
	return distributions()
}

func (m *maker) distribution(d *catalogue.Dataset, x *catalogue.Extent, dist distribution) string {
	iri := m.base + "/id/distribution/" + d.Slug + "-" + dist.Ext
	m.is(iri, dcatNS+"Distribution")
	m.texts(iri, dctNS+"title", dist.title)
	address := m.resource(m.base + dist.address(d))
	m.iri(iri, dcatNS+"accessURL", address)
	if dist.service {
		m.iri(iri, dcatNS+"accessService", m.base+servicePath)
	} else {
		m.iri(iri, dcatNS+"downloadURL", address)
	}
	if _, ok := catalogue.LicenceOf(d.Licence); ok {
		m.iri(iri, dctNS+"license", m.licence(d.Licence))
		if d.Publisher.Name != "" {
			m.iri(iri, dctNS+"rights", m.rights(d))
		}
	}
	m.form(iri, dist.File)
	m.iri(iri, dcatapNS+"availability", m.concept("planned-availability", "AVAILABLE", "available"))
	m.languages(iri)
	m.when(iri, dctNS+"issued", d.Issued)
	m.when(iri, dctNS+"modified", x.Modified)
	if len(d.HighValue) > 0 {
		m.law(iri)
	}
	return iri
}

// form says what a file is: by the EU table and IANA's register where they
// know it, else by its specification.
func (m *maker) form(iri string, f catalogue.File) {
	if f.Code != "" {
		m.iri(iri, dctNS+"format", m.concept("file-type", f.Code, f.Name, dctNS+"MediaTypeOrExtent"))
	}
	if f.Media != "" {
		m.iri(iri, dcatNS+"mediaType", ianaNS+f.Media)
		m.is(ianaNS+f.Media, dctNS+"MediaType")
	}
	if f.Standard != "" {
		m.iri(iri, dctNS+"conformsTo", f.Standard)
		m.is(f.Standard, dctNS+"Standard")
		m.text(f.Standard, dctNS+"title", f.Name)
	}
}

const servicePath = "/id/service/ngsi-ld"

// service says how all of it is asked for through the API, and names some of
// the datasets that it serves.
func (m *maker) service(some, all []set) string {
	iri := m.base + servicePath
	m.is(iri, dcatNS+"DataService")
	m.texts(iri, dctNS+"title", catalogue.Texts{"fr": "API NGSI-LD", "nl": "NGSI-LD-API", "en": "NGSI-LD API"})
	m.texts(iri, dctNS+"description", catalogue.Texts{"fr": "État, historique et abonnements de toutes les entités, selon ETSI CIM 009 V1.9.1.",
		"nl": "Toestand, geschiedenis en abonnementen van alle entiteiten, volgens ETSI CIM 009 V1.9.1.", "en": "State, history and subscriptions of all entities, as ETSI CIM 009 V1.9.1 has them."})
	m.iri(iri, dcatNS+"endpointURL", m.resource(m.base+"/ngsi-ld/v1"))
	m.iri(iri, dcatNS+"endpointDescription", m.resource(m.base+"/openapi.json"))
	m.iri(iri, dctNS+"publisher", m.agent(catalogue.Agent{Name: m.city.Name}))
	m.public(iri)
	m.iri(iri, dctNS+"format", m.concept("file-type", "JSON_LD", "JSON-LD", dctNS+"MediaTypeOrExtent"))
	licences := []string{}
	for _, s := range some {
		if s.d.Closed() {
			continue
		}
		m.highValue(iri, s.d.HighValue)
		m.iri(iri, dcatNS+"servesDataset", m.base+s.d.Address)
		if s.d.Contact != (catalogue.Contact{}) {
			m.iri(iri, dcatNS+"contactPoint", m.contact(s.d))
		}
		// Where DCAT-AP HVD 3.0.0 has the quality of service. The figures stay
		// out of the catalogue: they change with every minute, it does not.
		m.iri(iri, foafNS+"page", m.document(m.base+"/api/datasets/"+s.d.Slug+"/service"))
		for _, t := range s.d.Themes {
			m.iri(iri, dcatNS+"theme", m.concept("data-theme", t, catalogue.ThemeLabel(t)))
		}
	}
	for _, s := range all {
		if s.d.Licence != "" && !s.d.Closed() && !slices.Contains(licences, s.d.Licence) {
			licences = append(licences, s.d.Licence)
		}
	}
	m.iri(iri, foafNS+"page", m.document(m.base+"/api"))
	if len(licences) == 1 { // with several, each distribution names its own
		m.iri(iri, dctNS+"license", m.licence(licences[0]))
	}
	return iri
}

// tombstone is what is left of a dataset that was withdrawn.
func tombstone(base string, d *catalogue.Dataset) *rdf.Graph {
	m := &maker{base: base}
	iri := base + d.Address
	m.is(iri, provNS+"Entity")
	m.texts(iri, dctNS+"title", d.Title)
	m.when(iri, dctNS+"issued", d.Issued)
	m.when(iri, provNS+"invalidatedAtTime", d.Changed)
	m.text(iri, dctNS+"identifier", iri)
	m.g.Add(rdf.IRI(iri), rdf.RDFS+"comment", rdf.In("en", fmt.Sprintf("This dataset was published and has been withdrawn on %s.", d.Changed.String()[:10])))
	return &m.g
}

// law says that the regulation on high-value datasets applies to a thing
// (DCAT-AP HVD 3.0.0).
func (m *maker) law(s string) {
	m.iri(s, dcatapNS+"applicableLegislation", catalogue.HighValueAct)
	m.is(catalogue.HighValueAct, eliNS+"LegalResource")
}

// highValue marks a dataset, or the service that serves it, as of high value
// if it has a category.
func (m *maker) highValue(s string, codes []string) {
	for _, code := range codes {
		m.law(s)
		iri := catalogue.BNA + code
		m.iri(s, dcatapNS+"hvdCategory", iri)
		m.is(iri, skosNS+"Concept")
		m.iri(iri, skosNS+"inScheme", catalogue.HighValueScheme)
		m.g.Add(rdf.IRI(iri), skosNS+"prefLabel", rdf.In("en", catalogue.HighValueLabel(code)))
		m.is(catalogue.HighValueScheme, skosNS+"ConceptScheme")
		m.g.Add(rdf.IRI(catalogue.HighValueScheme), dctNS+"title", rdf.In("en", "EU Vocabularies: high-value dataset category"))
	}
}
