package duty

import (
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/format/pdf"
	"github.com/beffroi/beffroi/internal/govern/law"
)

// highValue is the city's part of the State's report ((EU) 2023/138, Art. 5).
func (w *writing) highValue() *Report {
	d := w.document(w.say("hvd.title", "city", w.City), w.say("hvd.law", "city", w.City))
	out := &Report{Document: d, Rows: [][]string{{"slug", "dataset", "metadata", "categories", "licence", "api", "apiDocumentation", "bulkDownload", "guidance", "impactAssessment", "contact"}}}
	var marked, open []*State
	for _, st := range w.board.Rows {
		switch {
		case st.Dataset == nil:
		case st.Dataset.State == catalogue.Published && len(st.Dataset.HighValue) > 0:
			marked = append(marked, st)
		case st.falls():
			open = append(open, st)
		}
	}
	d.Blocks = append(d.Blocks, paragraph(w.say("hvd.count", "n", strconv.Itoa(len(marked)))), heading(2, w.say("hvd.list")))
	if len(marked) == 0 {
		d.Blocks = append(d.Blocks, paragraph(w.say("hvd.empty")))
	}
	nodes := []node{}
	for _, st := range marked {
		v := w.valued(st)
		d.Blocks = append(d.Blocks, pdf.Heading{Level: 3, Text: []pdf.Span{v.title}}, pdf.List{Items: v.items})
		out.Rows = append(out.Rows, v.row)
		nodes = append(nodes, v.node)
	}
	if len(open) > 0 {
		l := pdf.List{}
		for _, st := range open {
			l.Items = append(l.Items, pdf.Item{Text: []pdf.Span{w.title(st.Dataset.Title, st.Dataset.Slug)}})
		}
		d.Blocks = append(d.Blocks, heading(2, w.say("hvd.open")), paragraph(w.say("hvd.openSays")), l)
	}
	g := w.graph("hvd", "HighValueReport")
	g["dcat:dataset"] = nodes
	out.Graph = g
	return out
}

// falls tells whether a duty of the regulation applies to a dataset.
func (s *State) falls() bool {
	for i := range s.Duties {
		if s.Duties[i].Set.CELEX == "32023R0138" && s.Duties[i].Applies == law.Yes {
			return true
		}
	}
	return false
}

// valued is a dataset of high value in all forms.
type valued struct {
	title pdf.Span
	items []pdf.Item
	row   []string
	node  node
}

func (w *writing) valued(st *State) valued {
	d := st.Dataset
	metadata, api, docs, guide := w.Base+d.Address, []string{}, w.Base+"/openapi.json", w.Base+"/api/datasets/"+d.Slug+"/service"
	licence, _ := catalogue.LicenceOf(d.Licence)
	var bulk []string
	distributions := []node{}
	for _, way := range w.Ways(w.Base, d) {
		one := node{"@id": way.IRI, "@type": "dcat:Distribution", "dct:license": ref(licence.IRI), "dcat:accessURL": ref(way.URL)}
		if way.Service {
			api = append(api, way.URL)
			one["dcat:accessService"] = node{"@id": w.Base + "/id/service/ngsi-ld", "@type": "dcat:DataService", "dcat:endpointURL": ref(w.Base + "/ngsi-ld/v1"), "dcat:endpointDescription": ref(docs)}
		} else {
			bulk = append(bulk, way.URL)
			one["dcat:downloadURL"] = ref(way.URL)
		}
		distributions = append(distributions, one)
	}
	var categories []string
	var codes []node
	for _, code := range d.HighValue {
		categories = append(categories, catalogue.HighValueLabel(code))
		codes = append(codes, ref(catalogue.BNA+code))
	}
	dpia, links := st.assessedImpact()
	v := valued{title: w.title(d.Title, d.Slug)}
	item := func(key string, spans ...pdf.Span) {
		v.items = append(v.items, pdf.Item{Text: append([]pdf.Span{{Text: w.say(key) + " ", Bold: true}}, spans...)})
	}
	item("hvd.metadata", link(metadata)...)
	item("hvd.category", pdf.Span{Text: strings.Join(categories, ", "), Lang: english(w.Lang)})
	item("hvd.licence", link(licence.IRI)...)
	item("hvd.api", link(api...)...)
	item("hvd.docs", link(docs)...)
	item("hvd.bulk", link(bulk...)...)
	if w.termed(st) {
		item("hvd.guide", link(guide)...)
	} else {
		guide = ""
		item("hvd.guide", pdf.Span{Text: w.say("none")})
	}
	item("hvd.dpia", append([]pdf.Span{{Text: w.say(dpia) + spaced(links)}}, link(links...)...)...)
	contact := strings.TrimSpace(d.Contact.Name + " " + firstText(d.Contact.Email, d.Contact.URL))
	item("hvd.contact", pdf.Span{Text: contact})
	v.row = []string{d.Slug, v.title.Text, metadata, strings.Join(d.HighValue, " "), licence.IRI, strings.Join(api, " "), docs, strings.Join(bulk, " "), guide, strings.TrimSpace(dpia + " " + strings.Join(links, " ")), contact}
	v.node = node{"@id": metadata, "@type": "dcat:Dataset", "title": languages(d.Title), "dcatap:applicableLegislation": ref(catalogue.HighValueAct), "dcatap:hvdCategory": codes, "dcat:distribution": distributions, "impactAssessment": dpia}
	if guide != "" {
		v.node["guidance"] = ref(guide)
	}
	if len(links) > 0 {
		v.node["impactAssessmentReport"] = refs(links)
	}
	return v
}

// termed tells whether terms of use are published with a dataset.
func (w *writing) termed(st *State) bool {
	return st.Known.Facts["dataset.apiTerms"] == true && st.Known.Sources["dataset.apiTerms"] == Measured
}

// assessedImpact tells whether there is a data protection impact assessment
// (yes, no or unknown), and where it is said to be.
func (s *State) assessedImpact() (what string, links []string) {
	what = "unknown"
	switch s.Known.Facts["processing.dpia"] {
	case true:
		what = "yes"
	case false:
		what = "no"
	}
	for i := range s.Duties {
		if !strings.HasPrefix(s.Duties[i].Rule.ID, "G-35") {
			continue
		}
		for _, e := range s.Duties[i].Evidence {
			if e.Link != "" {
				what, links = "yes", append(links, e.Link)
			}
		}
	}
	return what, links
}

// english marks a text in English in a document of another language.
func english(lang string) string {
	if lang == "en" {
		return ""
	}
	return "en"
}

// link writes addresses, each as a link to itself.
func link(addresses ...string) []pdf.Span {
	var out []pdf.Span
	for i, a := range addresses {
		if i > 0 {
			out = append(out, pdf.Span{Text: ", "})
		}
		out = append(out, pdf.Span{Text: a, Link: a})
	}
	return out
}

func refs(addresses []string) []node {
	var out []node
	for _, a := range addresses {
		out = append(out, ref(a))
	}
	return out
}

func spaced(l []string) string {
	if len(l) > 0 {
		return " "
	}
	return ""
}

func firstText(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}
