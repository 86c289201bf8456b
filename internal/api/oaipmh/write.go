package oaipmh

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
)

// The namespaces of the protocol and of its formats.
const (
	oaiSpace = "http://www.openarchives.org/OAI/2.0/"
	dcSpace  = "http://www.openarchives.org/OAI/2.0/oai_dc/"
	dcSchema = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
	rdfSpace = rdf.RDF
)

// writer writes elements, whose names are ours, with escaped texts.
type writer struct{ b bytes.Buffer }

func (x *writer) text(s string) {
	// Characters that XML 1.0 cannot carry become U+FFFD. A buffer takes all.
	_ = xml.EscapeText(&x.b, []byte(s))
}

// start writes a start tag without its end; attrs are pairs of name and value.
func (x *writer) start(name string, attrs ...string) {
	x.b.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		x.b.WriteString(" " + attrs[i] + `="`)
		x.text(attrs[i+1])
		x.b.WriteByte('"')
	}
}

func (x *writer) open(name string, attrs ...string) {
	x.start(name, attrs...)
	x.b.WriteString(">\n")
}

func (x *writer) close(name string) { x.b.WriteString("</" + name + ">\n") }

// leaf writes an element that holds a text only.
func (x *writer) leaf(name, text string, attrs ...string) {
	x.start(name, attrs...)
	x.b.WriteByte('>')
	x.text(text)
	x.close(name)
}

// document puts the envelope round the answer in x, or round a fault.
func (q *asked) document(x *writer, f *fault) []byte {
	out := &writer{}
	out.b.WriteString(xml.Header)
	out.open("OAI-PMH", "xmlns", oaiSpace, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance",
		"xsi:schemaLocation", oaiSpace+" http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd")
	out.leaf("responseDate", stamp(q.now))
	var attrs []string
	if f == nil || f.code != "badVerb" && f.code != "badArgument" {
		// With these two the arguments are not repeated (3.2).
		for _, name := range sorted(q.args) {
			attrs = append(attrs, name, q.args[name])
		}
	}
	out.leaf("request", q.base+"/oai", attrs...)
	if f != nil {
		out.leaf("error", f.text, "code", f.code)
	} else {
		out.open(q.args["verb"])
		out.b.Write(x.b.Bytes())
		out.close(q.args["verb"])
	}
	out.close("OAI-PMH")
	return out.b.Bytes()
}

func (q *asked) header(x *writer, d *catalogue.Dataset) {
	if d.State == catalogue.Withdrawn {
		x.open("header", "status", "deleted")
	} else {
		x.open("header")
	}
	x.leaf("identifier", q.nameOf(d.Slug))
	x.leaf("datestamp", stamp(d.Changed))
	if sets := setsOf(d); len(sets) > 0 {
		for _, s := range sets {
			x.leaf("setSpec", s)
		}
	}
	x.close("header")
}

// write gives one record; a deleted one has a header only (2.5.1).
func (q *asked) write(x *writer, d *catalogue.Dataset, format string) error {
	x.open("record")
	q.header(x, d)
	if d.State == catalogue.Published {
		x.open("metadata")
		if format == formatDC {
			q.dublinCore(x, d)
		} else {
			g, err := q.o.Graph(q.ctx, q.base, q.space, d)
			if err != nil {
				return err
			}
			text, err := g.RDFXML(q.o.Prefixes)
			if err != nil {
				return fmt.Errorf("write the record of dataset %s: %w", d.Slug, err)
			}
			x.b.Write(bytes.TrimPrefix(text, []byte(xml.Header))) // one element of this document
		}
		x.close("metadata")
	}
	x.close("record")
	return nil
}

// dublinCore says of a dataset what the fifteen elements can carry.
func (q *asked) dublinCore(x *writer, d *catalogue.Dataset) {
	x.open("oai_dc:dc", "xmlns:oai_dc", dcSpace, "xmlns:dc", "http://purl.org/dc/elements/1.1/", "xsi:schemaLocation", dcSpace+" "+dcSchema)
	texts := func(name string, t catalogue.Texts) {
		for _, lang := range catalogue.Languages() {
			if s := strings.TrimSpace(t[lang]); s != "" {
				x.leaf(name, s, "xml:lang", lang)
			}
		}
	}
	texts("dc:title", d.Title)
	texts("dc:description", d.Description)
	for _, t := range d.Themes {
		x.leaf("dc:subject", catalogue.ThemeLabel(t), "xml:lang", "en")
	}
	for _, lang := range sorted(d.Keywords) {
		for _, k := range d.Keywords[lang] {
			x.leaf("dc:subject", k, "xml:lang", lang)
		}
	}
	x.leaf("dc:publisher", d.Publisher.Name)
	x.leaf("dc:date", d.Issued.String())
	x.leaf("dc:type", "Dataset")
	x.leaf("dc:identifier", q.base+d.Address)
	if l, ok := catalogue.LicenceOf(d.Licence); ok {
		x.leaf("dc:rights", l.Title)
		x.leaf("dc:rights", l.URL)
	}
	x.close("oai_dc:dc")
}
