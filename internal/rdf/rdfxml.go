package rdf

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// RDFXML gives the graph as RDF/XML (RDF 1.1 XML Syntax), one rdf:Description
// a subject. A property whose namespace has no prefix gets one of its own.
// Characters that XML 1.0 cannot carry, which are control characters, become
// U+FFFD.
//
// Errors: those of Turtle; a property whose IRI does not end in a name of XML.
func (g *Graph) RDFXML(p Prefixes) ([]byte, error) {
	if _, err := newShortener(g, p); err != nil {
		return nil, err
	}
	ts := g.Triples()
	names, used, err := elementNames(ts, p)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	attr := func(name, value string) {
		b.WriteString(" " + name + `="`)
		_ = xml.EscapeText(&b, []byte(value)) // a buffer takes all
		b.WriteByte('"')
	}
	b.WriteString(xml.Header + "<rdf:RDF")
	for _, name := range slices.Sorted(maps.Keys(used)) {
		attr("xmlns:"+name, used[name])
	}
	b.WriteString(">\n")
	for i, t := range ts {
		if i == 0 || ts[i-1].S != t.S {
			b.WriteString("<rdf:Description")
			node(attr, "rdf:about", t.S)
			b.WriteString(">\n")
		}
		b.WriteString("  <" + names[t.P])
		switch {
		case t.O.IsIRI():
			node(attr, "rdf:resource", IRI(t.O.value))
			b.WriteString("/>\n")
		default:
			if t.O.lang != "" {
				attr("xml:lang", t.O.lang)
			} else if t.O.typ != xsdString {
				attr("rdf:datatype", string(t.O.typ))
			}
			b.WriteByte('>')
			_ = xml.EscapeText(&b, []byte(t.O.value))
			b.WriteString("</" + names[t.P] + ">\n")
		}
		if i == len(ts)-1 || ts[i+1].S != t.S {
			b.WriteString("</rdf:Description>\n")
		}
	}
	b.WriteString("</rdf:RDF>\n")
	return b.Bytes(), nil
}

// node names a node: a blank one by rdf:nodeID, others as said.
func node(attr func(name, value string), name string, i IRI) {
	if i.IsBlank() {
		attr("rdf:nodeID", string(i[2:]))
		return
	}
	attr(name, string(i))
}

// elementNames gives the qualified name of each property, and the namespaces
// that these need by their prefixes.
func elementNames(ts []Triple, p Prefixes) (map[IRI]string, Prefixes, error) {
	names, used := map[IRI]string{}, Prefixes{"rdf": RDF}
	spaces := map[string]string{RDF: "rdf"} // to prefix
	for _, name := range slices.Sorted(maps.Keys(p)) {
		// A prefix that begins with xml, or that stands for something else
		// here, is not one to XML.
		if spaces[p[name]] == "" && name != "rdf" && !strings.HasPrefix(strings.ToLower(name), "xml") {
			spaces[p[name]] = name
		}
	}
	for _, t := range ts {
		if names[t.P] != "" {
			continue
		}
		space, local := cutName(string(t.P))
		if local == "" || space == "" {
			return nil, nil, fmt.Errorf("the property %s cannot be written in XML: it does not end in a name", t.P)
		}
		if spaces[space] == "" {
			spaces[space] = fmt.Sprintf("ns%d", len(used)) // no prefix of a caller has a digit
		}
		used[spaces[space]] = space
		names[t.P] = spaces[space] + ":" + local
	}
	return names, used, nil
}

// cutName cuts an IRI before its longest ending that is a name of XML without
// a colon; of the letters only those of ASCII are taken.
func cutName(iri string) (space, local string) {
	i := len(iri)
	for i > 0 {
		c := iri[i-1]
		if letter := c|0x20 >= 'a' && c|0x20 <= 'z'; !letter && c != '_' && c != '-' && c != '.' && (c < '0' || c > '9') {
			break
		}
		i--
	}
	local = strings.TrimLeft(iri[i:], "-.0123456789")
	return iri[:len(iri)-len(local)], local
}
