// Package jsonld writes entities as one JSON-LD 1.1 document that is read
// without the network: its context stands in it.
//
// It is for downloads that become triples: one subject an entity, one triple a
// value; what is measured with a value (its unit, its time) is in the NGSI-LD
// form, which represent writes. What always holds: the first node is the file
// itself with its licence; no IRI in the data is shortened, so none can be
// taken for another; there are no blank nodes.
package jsonld

import (
	"io"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/query"
)

// MediaType is that of JSON-LD 1.1, appendix C.
const MediaType = "application/ld+json"

// The namespaces of what a file says besides the attributes.
const (
	dct = "http://purl.org/dc/terms/"
	xsd = "http://www.w3.org/2001/XMLSchema#"
	wkt = "http://www.opengis.net/ont/geosparql#wktLiteral"
)

// Writer writes one file. Use New, Write for each entity, then Close: without
// it the document is not whole.
type Writer struct {
	w     io.Writer
	short map[entity.Name]string
	buf   []byte
	done  []entity.Name
}

// terms are those of the context that are not attributes: name, IRI, type.
func terms() [][3]string {
	return [][3]string{{"title", dct + "title"}, {"publisher", dct + "publisher"}, {"license", dct + "license", "@id"}, {"source", dct + "source", "@id"},
		{"created", dct + "created", xsd + "dateTime"}, {"valid", dct + "valid", xsd + "dateTime"}, {"description", dct + "description"},
		{"observedAt", "https://uri.etsi.org/ngsi-ld/observedAt", xsd + "dateTime"}}
}

// New begins a document: the context with one term an attribute of columns,
// then the graph, whose first node is the file: address names it.
func New(w io.Writer, a format.About, columns []format.Column, address string) (*Writer, error) {
	out := &Writer{w: w, short: map[entity.Name]string{}}
	b := []byte(`{"@context":{"@version":1.1`)
	var taken []string
	for _, t := range terms() {
		taken = append(taken, t[0])
		b = appendTerm(b, t[0], t[1])
		if t[2] != "" {
			b = append(jsontree.AppendString(append(b[:len(b)-1], `,"@type":`...), t[2]), '}')
		}
	}
	for _, c := range columns {
		if c.Name == query.LocationName || slices.Contains(taken, c.Short) || c.Short == "" || strings.ContainsAny(c.Short, ":/@") {
			continue // it stands under its IRI
		}
		out.short[c.Name] = c.Short
		b = appendTerm(b, c.Short, string(c.Name))
	}
	b = jsontree.AppendString(append(b, "},\"@graph\":[\n{\"@id\":"...), address)
	text := func(name, s string) {
		if s != "" {
			b = jsontree.AppendString(append(jsontree.AppendString(append(b, ','), name), ':'), s)
		}
	}
	words := func(name, s string) {
		if s != "" && a.Language != "" {
			b = append(jsontree.AppendString(append(jsontree.AppendString(append(b, ','), name), ":{\"@value\":"...), s), `,"@language":`...)
			b = append(jsontree.AppendString(b, a.Language), '}')
			return
		}
		text(name, s)
	}
	words("title", a.Title)
	text("publisher", a.Publisher)
	text("license", a.LicenceURL)
	text("source", a.Source)
	text("created", a.At.String())
	if !a.Valid.IsZero() {
		text("valid", a.Valid.String())
	}
	words("description", a.Note)
	_, err := w.Write(append(b, '}'))
	return out, err
}

// appendTerm defines a term in the long form: one that is defined so is never
// taken for a prefix of an IRI in the data.
func appendTerm(b []byte, name, iri string) []byte {
	b = jsontree.AppendString(append(b, ','), name)
	return append(jsontree.AppendString(append(b, `:{"@id":`...), iri), '}')
}

// Write adds one entity, with all its types and all instances of its
// attributes.
func (l *Writer) Write(e *entity.Entity) error {
	b := jsontree.AppendString(append(l.buf[:0], ",\n{\"@id\":"...), string(e.ID))
	b = append(b, `,"@type":[`...)
	for i, t := range e.Types {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsontree.AppendString(b, string(t))
	}
	b = append(b, ']')
	l.done = l.done[:0]
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if slices.Contains(l.done, a.Name) {
			continue
		}
		l.done = append(l.done, a.Name)
		name, known := l.short[a.Name]
		if !known {
			name = string(a.Name)
		}
		mark := len(b)
		b = append(jsontree.AppendString(append(b, ','), name), ":["...)
		from := len(b)
		for k := i; k < len(e.Attrs); k++ {
			if e.Attrs[k].Name == a.Name {
				b = appendValues(b, &e.Attrs[k])
			}
		}
		if len(b) == from {
			b = b[:mark]
			continue
		}
		b[len(b)-1] = ']' // in place of the last comma
	}
	if t := format.Observed(e); !t.IsZero() {
		b = append(append(append(b, `,"observedAt":"`...), t.String()...), '"')
	}
	l.buf = append(b, '}')
	_, err := l.w.Write(l.buf)
	return err
}

// appendValues appends the values of an instance, each followed by a comma.
func appendValues(b []byte, a *entity.Instance) []byte {
	n, err := jsontree.Parse(a.Value, jsontree.Limits{})
	if err != nil {
		return b // nothing, as of a null
	}
	switch a.Kind {
	case entity.GeoProperty:
		if g, ok := query.GeometryOf(a); ok {
			return append(typed(b, format.WKT(g), wkt), ',')
		}
		return appendJSON(b, a.Value)
	case entity.Relationship, entity.ListRelationship, entity.VocabProperty:
		return appendRefs(b, n)
	case entity.LanguageProperty:
		for lang, v := range n.Members() {
			b = appendWords(b, v, lang)
		}
		return b
	case entity.JSONProperty:
		return appendJSON(b, a.Value)
	}
	return appendPlain(b, n, a.Value)
}

func appendPlain(b []byte, n jsontree.Node, raw []byte) []byte {
	switch n.Kind() {
	case jsontree.Null:
		return b
	case jsontree.String, jsontree.Number, jsontree.Bool:
		return append(append(b, raw...), ',')
	case jsontree.Object:
		sort, _ := n.Get("@type")
		v, ok := n.Get("@value")
		if name, known := map[string]string{"DateTime": "dateTime", "Date": "date", "Time": "time"}[sort.Str()]; ok && known && n.Len() == 2 {
			return append(typed(b, v.Str(), xsd+name), ',')
		}
	}
	return appendJSON(b, raw)
}

// appendRefs appends the URIs in n: one, a list, or a list of {"object": uri}.
func appendRefs(b []byte, n jsontree.Node) []byte {
	switch n.Kind() {
	case jsontree.String:
		return append(jsontree.AppendString(append(b, `{"@id":`...), n.Str()), "},"...)
	case jsontree.Array:
		for _, item := range n.Items() {
			b = appendRefs(b, item)
		}
	case jsontree.Object:
		for _, v := range n.Members() {
			b = appendRefs(b, v)
		}
	}
	return b
}

func appendWords(b []byte, v jsontree.Node, lang string) []byte {
	if v.Kind() == jsontree.Array {
		for _, item := range v.Items() {
			b = appendWords(b, item, lang)
		}
		return b
	}
	if v.Kind() != jsontree.String {
		return b
	}
	b = jsontree.AppendString(append(b, `{"@value":`...), v.Str())
	if lang != "@none" {
		b = jsontree.AppendString(append(b, `,"@language":`...), lang)
	}
	return append(b, "},"...)
}

func appendJSON(b []byte, raw []byte) []byte {
	return append(append(append(b, `{"@value":`...), raw...), `,"@type":"@json"},`...)
}

func typed(b []byte, s, iri string) []byte {
	b = jsontree.AppendString(append(b, `{"@value":`...), s)
	return append(jsontree.AppendString(append(b, `,"@type":`...), iri), '}')
}

// Close ends the document.
func (l *Writer) Close() error {
	_, err := io.WriteString(l.w, "\n]}\n")
	return err
}
