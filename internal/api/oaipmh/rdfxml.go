package oaipmh

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/rdf"
)

// rdfXML writes a graph as an element rdf:RDF within another document (RDF 1.1
// XML Syntax), one rdf:Description a subject.
//
// Errors: a triple that could not be added; a property without a local name
// that XML takes.
func rdfXML(x *writer, g *rdf.Graph, p rdf.Prefixes) error {
	if err := g.Err(); err != nil {
		return err
	}
	ts := g.Triples()
	spaces, names := map[string]string{rdfSpace: "rdf"}, map[rdf.IRI]string{}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if _, taken := spaces[p[name]]; !taken {
			spaces[p[name]] = name
		}
	}
	used := map[string]string{"rdf": rdfSpace}
	for _, t := range ts {
		if names[t.P] != "" {
			continue
		}
		space, local := cutName(string(t.P))
		if local == "" {
			return fmt.Errorf("the property %s cannot be written in XML", t.P)
		}
		if spaces[space] == "" {
			spaces[space] = fmt.Sprintf("ns%d", len(used))
		}
		used[spaces[space]] = space
		names[t.P] = spaces[space] + ":" + local
	}
	var attrs []string
	for _, name := range slices.Sorted(maps.Keys(used)) {
		attrs = append(attrs, "xmlns:"+name, used[name])
	}
	x.open("rdf:RDF", attrs...)
	for i, t := range ts {
		if i == 0 || ts[i-1].S != t.S {
			x.open("rdf:Description", "rdf:about", string(t.S))
		}
		switch name := names[t.P]; {
		case t.O.IsIRI():
			x.start(name, "rdf:resource", t.O.Value())
			x.b.WriteString("/>\n")
		case t.O.Lang() != "":
			x.leaf(name, t.O.Value(), "xml:lang", t.O.Lang())
		case t.O.Datatype() == rdf.XSD+"string":
			x.leaf(name, t.O.Value())
		default:
			x.leaf(name, t.O.Value(), "rdf:datatype", string(t.O.Datatype()))
		}
		if i == len(ts)-1 || ts[i+1].S != t.S {
			x.close("rdf:Description")
		}
	}
	x.close("rdf:RDF")
	return nil
}

// cutName cuts an IRI before its longest ending that is a name of XML.
func cutName(iri string) (space, local string) {
	i := len(iri)
	for i > 0 && (iri[i-1] == '-' || iri[i-1] == '.' || iri[i-1] == '_' || iri[i-1] >= '0' && iri[i-1] <= '9' || iri[i-1]|0x20 >= 'a' && iri[i-1]|0x20 <= 'z') {
		i--
	}
	local = strings.TrimLeft(iri[i:], "-.0123456789")
	return iri[:len(iri)-len(local)], local
}
