package dcat

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/quality"
	"github.com/beffroi/beffroi/internal/rdf"
)

// pvNS holds the metrics of data.europa.eu's assessment and its dimensions.
const pvNS = "https://piveau.eu/ns/voc#"

// qualityPath begins the address of what is measured of a dataset.
const qualityPath = "/id/quality/"

// quality answers with the measurements of a dataset (W3C Data Quality
// Vocabulary).
func (a *API) quality(w http.ResponseWriter, r *http.Request) error {
	slug, form, err := formOf(w, r, "")
	if err != nil {
		return err
	}
	if err := noParams(r); err != nil {
		return err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	d, err := a.o.Catalogue.Open(r.Context(), call.Space, slug)
	if err != nil {
		return err
	}
	x, err := a.o.Catalogue.Extent(r.Context(), call.Space, d)
	if err != nil {
		return err
	}
	base := httpx.BaseURL(r)
	g, err := a.Graph(r.Context(), base, call.Space, d)
	if err != nil {
		return err
	}
	ours := func(address string) bool { return strings.HasPrefix(address, base+"/") }
	found, err := quality.Assess(g, rdf.IRI(base+d.Address), ours)
	if err != nil {
		return err
	}
	return write(w, r, measurements(base, set{d, x}, found.Score), form, http.StatusOK)
}

// metricOf gives the metric of an indicator: that of data.europa.eu's
// assessment.
func metricOf(key string) string {
	return pvNS + map[string]string{
		"keyword": "keywordAvailability", "theme": "categoryAvailability", "spatial": "spatialAvailability", "temporal": "temporalAvailability",
		"accessURL-answers": "accessUrlStatusCode", "downloadURL": "downloadUrlAvailability", "downloadURL-answers": "downloadUrlStatusCode",
		"format": "formatAvailability", "mediaType": "mediaTypeAvailability", "format-vocabulary": "formatMediaTypeVocabularyAlignment",
		"format-open": "formatMediaTypeNonProprietary", "format-machine-readable": "formatMediaTypeMachineInterpretable", "dcat-ap": "dcatApCompliance",
		"license": "licenceAvailability", "license-vocabulary": "knownLicence", "accessRights": "accessRightsAvailability",
		"accessRights-vocabulary": "accessRightsVocabularyAlignment", "contactPoint": "contactPointAvailability", "publisher": "publisherAvailability",
		"rights": "rightsAvailability", "byteSize": "byteSizeAvailability", "issued": "dateIssuedAvailability", "modified": "dateModifiedAvailability",
	}[key]
}

// measurements says of a dataset and each of its distributions what the
// assessment measures, and how many points that makes.
func measurements(base string, s set, score quality.Score) *rdf.Graph {
	m := &maker{base: base}
	dataset := base + s.d.Address
	about := base + qualityPath + s.d.Slug
	m.is(about, dqvNS+"QualityMetadata")
	m.when(about, dctNS+"modified", s.x.Modified)
	m.iri(dataset, dqvNS+"hasQualityMetadata", about)
	m.is(dataset, dcatNS+"Dataset")
	for _, i := range score.Indicators {
		metric := metricOf(i.Key)
		kind := "boolean"
		if strings.HasSuffix(i.Key, "-answers") {
			kind = "integer"
		}
		m.metric(metric, pvNS+i.Dimension, kind, i.Title)
		m.typed(metric, pvNS+"trueScore", strconv.Itoa(i.Points), rdf.XSD+"integer")
		for _, n := range i.Nodes {
			value := strconv.FormatBool(n.Met)
			if kind == "integer" {
				if !n.Met {
					continue // the address of others, which is not asked
				}
				value = strconv.Itoa(http.StatusOK) // an address of this program, which is answering
			}
			node := string(n.Node)
			if node != dataset {
				m.is(node, dcatNS+"Distribution")
			}
			m.measure(about+"#"+i.Key+"."+node[strings.LastIndexByte(node, '/')+1:], node, metric, value, kind)
		}
	}
	for _, d := range score.Dimensions {
		m.is(pvNS+d.Key, dqvNS+"Dimension")
		m.g.Add(rdf.IRI(pvNS+d.Key), skosNS+"prefLabel", rdf.In("en", d.Key))
	}
	total := pvNS + "scoring"
	m.is(total, dqvNS+"Metric")
	m.iri(total, dqvNS+"expectedDataType", rdf.XSD+"integer")
	m.is(rdf.XSD+"integer", rdf.RDFS+"Datatype")
	m.texts(total, skosNS+"definition", catalogue.Texts{"fr": "points sur " + strconv.Itoa(quality.Max), "nl": "punten op " + strconv.Itoa(quality.Max), "en": "points of " + strconv.Itoa(quality.Max)})
	m.measure(about+"#score", dataset, total, strconv.Itoa(score.Points), "integer")
	return &m.g
}

func (m *maker) metric(iri, dimension, kind string, what catalogue.Texts) {
	m.is(iri, dqvNS+"Metric")
	m.iri(iri, dqvNS+"inDimension", dimension)
	m.iri(iri, dqvNS+"expectedDataType", rdf.XSD+kind)
	m.is(rdf.XSD+kind, rdf.RDFS+"Datatype")
	m.texts(iri, skosNS+"definition", what)
}

func (m *maker) measure(iri, of, metric, value, kind string) {
	m.is(iri, dqvNS+"QualityMeasurement")
	m.iri(iri, dqvNS+"computedOn", of)
	m.iri(of, dqvNS+"hasQualityMeasurement", iri)
	m.iri(iri, dqvNS+"isMeasurementOf", metric)
	m.typed(iri, dqvNS+"value", value, rdf.XSD+kind)
}
