package csv

import (
	"fmt"
	"strings"

	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// MediaTypeMetadata is that of metadata about tables (Metadata Vocabulary for
// Tabular Data, appendix).
const MediaTypeMetadata = "application/csvm+json"

// Describe gives the CSVW metadata of the file that New begins with the same
// arguments: what it is, under which licence, what stands in which column.
// url is the address of the file, relative to that of the metadata. The times
// of a.At and a.Valid are not promised of a file that is asked for later:
// modified is when the data last changed.
func Describe(a format.About, columns []format.Column, url string, modified string) []byte {
	b := jsontree.AppendString([]byte("{\"@context\":[\"http://www.w3.org/ns/csvw\",{\"@language\":"), a.Language)
	b = jsontree.AppendString(append(b, "}],\n\"url\":"...), url)
	member := func(name, before, s, after string) {
		if s != "" {
			b = append(jsontree.AppendString(append(b, ",\n"...), name), ':')
			b = append(jsontree.AppendString(append(b, before...), s), after...)
		}
	}
	member("dc:title", "", a.Title, "")
	member("dc:publisher", "", a.Publisher, "")
	member("dc:license", `{"@id":`, a.LicenceURL, "}")
	member("dc:source", `{"@id":`, a.Source, "}")
	member("dc:modified", `{"@type":"xsd:dateTime","@value":`, modified, "}")
	if !a.Valid.IsZero() {
		member("dc:valid", `{"@type":"xsd:dateTime","@value":`, a.Valid.String(), "}")
	}
	member("dc:description", "", a.Note, "")
	b = append(b, `,
"dialect":{"encoding":"utf-8","header":true,"delimiter":",","quoteChar":"\"","doubleQuote":true,"lineTerminators":["\r\n","\n"]},
"tableSchema":{"aboutUrl":"{+id}","primaryKey":"id","columns":[`...)
	for i, h := range headings(&a, columns) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendColumn(append(b, '\n'), h)
	}
	return append(b, "\n]}}\n"...)
}

func appendColumn(b []byte, h columnHead) []byte {
	b = jsontree.AppendString(append(b, `{"name":`...), variable(h.title))
	b = jsontree.AppendString(append(b, `,"titles":`...), h.title)
	if h.of != nil {
		b = jsontree.AppendString(append(b, `,"propertyUrl":`...), template(string(h.of.Name)))
	}
	if h.lang != "" {
		b = jsontree.AppendString(append(b, `,"lang":`...), h.lang)
	}
	if h.sort != "" {
		b = jsontree.AppendString(append(b, `,"datatype":`...), h.sort)
	}
	if h.of != nil && h.of.Unit != "" {
		b = jsontree.AppendString(append(b, `,"schema:unitCode":`...), h.of.Unit)
	}
	return append(b, '}')
}

// variable gives the name of a column: a variable of a URI template
// (RFC 6570, 2.3), which must not begin with an underscore.
func variable(title string) string {
	var b strings.Builder
	for i := range len(title) {
		switch c := title[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// template gives an IRI as a URI template that gives it back.
func template(iri string) string {
	return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(iri)
}
