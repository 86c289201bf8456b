package service

import (
	"net/http"
	"strconv"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/rdf"
)

// The vocabularies: what was measured is said in the W3C's Data Quality
// Vocabulary, what is promised as a policy of it, which is one of ODRL.
const (
	dctNS  = "http://purl.org/dc/terms/"
	dcatNS = "http://www.w3.org/ns/dcat#"
	dqvNS  = "http://www.w3.org/ns/dqv#"
	foafNS = "http://xmlns.com/foaf/0.1/"
	odrlNS = "http://www.w3.org/ns/odrl/2/"
	provNS = "http://www.w3.org/ns/prov#"
	skosNS = "http://www.w3.org/2004/02/skos/core#"
	unitNS = "http://qudt.org/vocab/unit/"
	unitOf = "http://purl.org/linked-data/sdmx/2009/attribute#unitMeasure"

	turtle   = "text/turtle"
	jsonld   = "application/ld+json"
	ntriples = "application/n-triples"
	rdfxml   = "application/rdf+xml"
)

func graphForms() []string { return []string{turtle, jsonld, ntriples, rdfxml} }

func prefixes() rdf.Prefixes {
	return rdf.Prefixes{"dct": dctNS, "dcat": dcatNS, "dqv": dqvNS, "foaf": foafNS, "odrl": odrlNS, "prov": provNS, "skos": skosNS, "unit": unitNS, "xsd": rdf.XSD, "rdfs": rdf.RDFS}
}

func writeGraph(w http.ResponseWriter, g *rdf.Graph, form string) error {
	var body []byte
	var err error
	switch form {
	case turtle:
		body, err = g.Turtle(prefixes())
	case jsonld:
		body, err = g.JSONLD(prefixes())
	case rdfxml:
		body, err = g.RDFXML(prefixes())
	default:
		body, err = g.NTriples()
	}
	if err != nil {
		return err
	}
	if form == turtle || form == rdfxml {
		form += "; charset=utf-8"
	}
	return httpx.WriteBody(w, http.StatusOK, form, body)
}

// metric is one figure of the service.
type metric struct {
	name, unit, label, about string
	operator                 string // of the promise
}

func metrics() []metric {
	return []metric{
		{"availability", "PERCENT", "Availability", "Share of minutes in which the API was there, times the share of requests that it did not fail.", "gteq"},
		{"latency", "MilliSEC", "Latency", "Time within which 95 of 100 requests began to be answered.", "lteq"},
		{"freshness", "SEC", "Freshness", "Age of the newest observation.", "lteq"},
		{"capacity", "PER-MIN", "Capacity", "Requests a minute that one client may make.", "gteq"},
	}
}

// graph says the same as the JSON answer. base begins its addresses.
func (s state) graph(base string) *rdf.Graph {
	g := &rdf.Graph{}
	set := rdf.IRI(base + s.d.Address)
	doc := base + "/api/datasets/" + s.d.Slug + "/service"
	is := func(of rdf.IRI, types ...string) {
		for _, t := range types {
			g.Add(of, rdf.Type, rdf.Ref(rdf.IRI(t)))
		}
	}
	is(rdf.IRI(doc), foafNS+"Document")
	g.Add(rdf.IRI(doc), foafNS+"primaryTopic", rdf.Ref(set))
	is(set, dcatNS+"Dataset")
	for lang, text := range s.d.Title {
		g.Add(set, dctNS+"title", rdf.In(lang, text))
	}
	measured, promised := s.figures()
	policy := rdf.IRI(doc + "#policy")
	for _, m := range metrics() {
		kind := rdf.IRI("https://beffroi.eu/ns/governance/metric/" + m.name)
		value, isMeasured := measured[m.name]
		promise, isPromised := promised[m.name]
		if !isMeasured && !isPromised {
			continue
		}
		is(kind, dqvNS+"Metric")
		g.Add(kind, skosNS+"prefLabel", rdf.In("en", m.label))
		g.Add(kind, skosNS+"definition", rdf.In("en", m.about))
		g.Add(kind, dqvNS+"expectedDataType", rdf.Ref(rdf.IRI(rdf.XSD+"decimal")))
		if isMeasured {
			at := rdf.IRI(doc + "#" + m.name)
			is(at, dqvNS+"QualityMeasurement")
			g.Add(set, dqvNS+"hasQualityMeasurement", rdf.Ref(at))
			g.Add(at, dqvNS+"computedOn", rdf.Ref(set))
			g.Add(at, dqvNS+"isMeasurementOf", rdf.Ref(kind))
			g.Add(at, dqvNS+"value", rdf.Typed(decimal(value), rdf.XSD+"decimal"))
			g.Add(at, unitOf, rdf.Ref(rdf.IRI(unitNS+m.unit)))
			g.Add(at, provNS+"generatedAtTime", rdf.Typed(s.now.String(), rdf.XSD+"dateTime"))
		}
		if isPromised {
			duty, bound := rdf.IRI(doc+"#duty-"+m.name), rdf.IRI(doc+"#promise-"+m.name)
			g.Add(policy, odrlNS+"obligation", rdf.Ref(duty))
			is(duty, odrlNS+"Duty")
			g.Add(duty, odrlNS+"action", rdf.Ref(rdf.IRI("https://beffroi.eu/ns/governance/provide")))
			g.Add(duty, odrlNS+"constraint", rdf.Ref(bound))
			is(bound, odrlNS+"Constraint")
			g.Add(bound, odrlNS+"leftOperand", rdf.Ref(kind))
			g.Add(bound, odrlNS+"operator", rdf.Ref(rdf.IRI(odrlNS+m.operator)))
			g.Add(bound, odrlNS+"rightOperand", rdf.Typed(decimal(promise), rdf.XSD+"decimal"))
			g.Add(bound, odrlNS+"unit", rdf.Ref(rdf.IRI(unitNS+m.unit)))
		}
	}
	if s.terms != nil {
		is(policy, dqvNS+"QualityPolicy", odrlNS+"Policy")
		g.Add(set, odrlNS+"hasPolicy", rdf.Ref(policy))
		g.Add(policy, odrlNS+"target", rdf.Ref(set))
		s.words(g, rdf.IRI(doc), policy)
	}
	return g
}

// words says what of the terms is no figure.
func (s state) words(g *rdf.Graph, doc, policy rdf.IRI) {
	rights := rdf.IRI(string(doc) + "#terms-of-use")
	for lang, text := range s.terms.Use {
		g.Add(rights, rdf.Type, rdf.Ref(rdf.IRI(dctNS+"RightsStatement")))
		g.Add(rights, rdf.RDFS+"label", rdf.In(lang, text))
		g.Add(policy, dctNS+"rights", rdf.Ref(rights))
	}
	for lang, text := range s.terms.Versioning {
		g.Add(policy, rdf.RDFS+"comment", rdf.In(lang, text))
	}
	if s.terms.Notice > 0 {
		g.Add(policy, "https://beffroi.eu/ns/governance/noticePeriod", rdf.Typed("P"+strconv.Itoa(s.terms.Notice)+"D", rdf.XSD+"duration"))
	}
}

// figures gives what was measured and what is promised, in the units of
// metrics.
func (s state) figures() (measured, promised map[string]float64) {
	measured, promised = map[string]float64{}, map[string]float64{}
	if s.found.Known() {
		measured["availability"] = floor(s.found.Availability())
	}
	if s.found.P95 > 0 {
		measured["latency"] = float64(s.found.P95) / 1e3
	}
	if age, ok := s.age(); ok {
		measured["freshness"] = float64(age) / 1e6
	}
	if s.terms == nil {
		return measured, promised
	}
	for name, v := range map[string]float64{"availability": s.terms.Availability, "latency": inMilliseconds(s.terms), "freshness": float64(s.terms.Freshness) / 1e6, "capacity": float64(s.terms.Capacity)} {
		if v > 0 {
			promised[name] = v
		}
	}
	return measured, promised
}

func inMilliseconds(t *catalogue.Terms) float64 {
	return float64(t.Latency) / float64(entity.Instant(1000))
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
