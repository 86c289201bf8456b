package rdf

import (
	"encoding/xml"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ParseRDFXML is ParseTurtle for RDF/XML (W3C RDF 1.1 XML Syntax). A document
// type is refused, and with it entities of one's own: a document cannot grow
// while it is read. Elements deeper than twice the limit of depth are refused.
//
// Errors: as ParseTurtle; columns count bytes.
func ParseRDFXML(r io.Reader, base IRI, lim Limits, emit func(Triple) error) error {
	return newParser(nil, base, lim, emit).run(func(p *parser) { newXMLReader(p, r).document() })
}

func (x *xmlReader) document() {
	root := x.outside()
	if root == nil {
		x.fail("put an rdf:RDF element in", "there is no element")
	}
	e := x.start(*root, xmlElement{base: x.base})
	if e.is("RDF") {
		if len(e.attrs) > 0 {
			x.fail("take it out", "rdf:RDF has the attribute %.40q, and may have none", e.attrs[0].local)
		}
		for {
			t, ok := x.child(e)
			if !ok {
				break
			}
			x.nodeElement(t)
		}
	} else {
		x.nodeElement(e)
	}
	if x.outside() != nil {
		x.fail("put all into one rdf:RDF", "there is a second element at the top")
	}
}

// outside passes what may stand before and after the root, and gives a root.
func (x *xmlReader) outside() *xml.StartElement {
	for {
		switch t := x.token().(type) {
		case nil:
			return nil
		case xml.StartElement:
			return &t
		case xml.CharData:
			x.onlySpace(t)
		case xml.EndElement:
			x.fail("take it out", "</%.40s> closes nothing", rawName(t.Name))
		}
	}
}

func (x *xmlReader) onlySpace(text []byte) {
	if s := strings.Trim(string(text), " \t\r\n"); s != "" {
		x.fail("put it into a property", "the text %.40q where only elements may be", s)
	}
}

// child gives the next element within e; ok is false at its end.
func (x *xmlReader) child(e xmlElement) (c xmlElement, ok bool) {
	for {
		switch t := x.token().(type) {
		case nil:
			x.fail("close it", "the text ends inside <%.40s>", rawName(e.raw))
		case xml.StartElement:
			return x.start(t, e), true
		case xml.EndElement:
			x.end(t, e)
			return e, false
		case xml.CharData:
			x.onlySpace(t)
		}
	}
}

func (e xmlElement) is(local string) bool { return e.space == RDF && e.local == local }

// The names of RDF that say how to read, not what is said (5.1 and 7.2.2).
var (
	coreNames = []string{"RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "aboutEach", "aboutEachPrefix", "bagID"}
	notNode   = append([]string{"li"}, coreNames...)
	notProp   = append([]string{"Description"}, coreNames...)
)

func (x *xmlReader) name(e xmlElement, refused []string, what string) IRI {
	if e.space == "" {
		x.fail("give it a namespace", "the element <%.40s> has no namespace", e.local)
	}
	if e.space == RDF && slices.Contains(refused, e.local) {
		x.fail("take another name", "rdf:%s is no name of a %s", e.local, what)
	}
	return IRI(e.space + e.local)
}

// syntax takes the attributes that say how to read out of an element, and
// leaves those that are properties.
func (x *xmlReader) syntax(e xmlElement, allowed ...string) (how map[string]string, props []xmlAttr) {
	how = map[string]string{}
	for _, a := range e.attrs {
		if a.space == "" && slices.Contains([]string{"ID", "about", "resource", "parseType", "type"}, a.local) {
			a.space = RDF // as RDF was written before its namespaces (6.1.4)
		}
		switch {
		case a.space == "" && strings.HasPrefix(strings.ToLower(a.local), "xml"):
			// Reserved by XML, and passed over (6.1.2).
		case a.space == "":
			x.fail("give it a prefix", "the attribute %.40q has no namespace", a.local)
		case a.space == RDF && slices.Contains(allowed, a.local):
			how[a.local] = a.value
		case a.space == RDF && (slices.Contains(notNode, a.local) || a.local == "Description"):
			x.fail("take it out", "rdf:%s may not be an attribute of <%.40s>", a.local, rawName(e.raw))
		default:
			props = append(props, a)
		}
	}
	return how, props
}

func (x *xmlReader) down() func() {
	if x.depth++; x.depth > 2*x.lim.Depth {
		x.fail("name the inner nodes instead", "elements are nested deeper than %d", 2*x.lim.Depth)
	}
	return func() { x.depth-- }
}

// nodeElement reads a thing with all that is said of it (7.2.11).
func (x *xmlReader) nodeElement(e xmlElement) IRI {
	defer x.down()()
	typ := x.name(e, notNode, "node")
	how, props := x.syntax(e, "ID", "about", "nodeID")
	var s IRI
	id, hasID := how["ID"]
	about, hasAbout := how["about"]
	label, hasLabel := how["nodeID"]
	switch {
	case len(how) > 1:
		x.fail("keep one of rdf:ID, rdf:about and rdf:nodeID", "a node is named in two ways")
	case hasID:
		s = x.id(e, id)
	case hasAbout:
		s = x.against(e.base, about)
	case hasLabel:
		s = x.nodeID(label)
	default:
		s = x.blank("")
	}
	if typ != RDF+"Description" {
		x.put(s, Type, Ref(typ))
	}
	x.attributes(s, e, props)
	x.properties(s, e)
	return s
}

func (x *xmlReader) attributes(s IRI, e xmlElement, props []xmlAttr) {
	for _, a := range props {
		if a.iri() == Type {
			x.put(s, Type, Ref(x.against(e.base, a.value)))
			continue
		}
		x.put(s, a.iri(), x.text(a.value, e.lang))
	}
}

func (x *xmlReader) text(s, lang string) Term {
	if lang == "" {
		return Text(s)
	}
	return In(lang, s)
}

func (x *xmlReader) properties(s IRI, e xmlElement) {
	for li := 1; ; {
		p, ok := x.child(e)
		if !ok {
			return
		}
		x.property(s, p, &li)
	}
}

// id is the IRI of an rdf:ID, which a document may give once.
func (x *xmlReader) id(e xmlElement, id string) IRI {
	if !ncName(id) {
		x.fail("write a name without a colon", "the rdf:ID %.40q is no name", id)
	}
	i := x.against(e.base, "#"+id)
	if x.ids[i] {
		x.fail("use rdf:about the second time", "the rdf:ID %.40q is there twice", id)
	}
	x.ids[i] = true
	return i
}

func (x *xmlReader) nodeID(label string) IRI {
	if !ncName(label) {
		x.fail("write a name without a colon", "the rdf:nodeID %.40q is no name", label)
	}
	return x.blank(label)
}

func ncName(s string) bool {
	for i, c := range s {
		if !nameChar(c) && c != '.' || i == 0 && !nameStart(c) {
			return false
		}
	}
	return s != ""
}

// property reads one statement (7.2.14 to 7.2.21).
func (x *xmlReader) property(s IRI, e xmlElement, li *int) {
	defer x.down()()
	pr := x.name(e, notProp, "property")
	if e.is("li") {
		pr = RDF + "_" + IRI(strconv.Itoa(*li))
		*li++
	}
	how, props := x.syntax(e, "ID", "resource", "nodeID", "datatype", "parseType")
	reified := IRI("")
	if id, ok := how["ID"]; ok {
		reified = x.id(e, id)
		delete(how, "ID")
	}
	say := func(o Term) {
		x.put(s, pr, o)
		if reified != "" {
			x.put(reified, Type, Ref(RDF+"Statement"))
			x.put(reified, RDF+"subject", Ref(s))
			x.put(reified, RDF+"predicate", Ref(pr))
			x.put(reified, RDF+"object", o)
		}
	}
	if kind, ok := how["parseType"]; ok {
		if len(how) > 1 || len(props) > 0 {
			x.fail("take the other attributes out", "rdf:parseType stands with other attributes")
		}
		x.parseType(kind, e, say)
		return
	}
	_, isRef := how["resource"]
	_, isLabel := how["nodeID"]
	_, typed := how["datatype"]
	switch {
	case isRef && isLabel:
		x.fail("keep one of rdf:resource and rdf:nodeID", "an object is named in two ways")
	case typed && (isRef || isLabel || len(props) > 0):
		x.fail("take rdf:datatype out", "rdf:datatype stands with attributes of a node")
	case isRef || isLabel || len(props) > 0:
		x.emptyProperty(e, how, props, say)
	default:
		x.content(e, how, say)
	}
}

// emptyProperty reads a property whose object stands in attributes (7.2.21).
func (x *xmlReader) emptyProperty(e xmlElement, how map[string]string, props []xmlAttr, say func(Term)) {
	var o IRI
	if ref, ok := how["resource"]; ok {
		o = x.against(e.base, ref)
	} else if label, ok := how["nodeID"]; ok {
		o = x.nodeID(label)
	} else {
		o = x.blank("")
	}
	say(Ref(o))
	x.attributes(o, e, props)
	if c, ok := x.child(e); ok {
		x.fail("take one of them out", "<%.40s> has an object in its attributes and the element <%.40s>", rawName(e.raw), rawName(c.raw))
	}
}

// content reads a literal, or the node that stands in its place.
func (x *xmlReader) content(e xmlElement, how map[string]string, say func(Term)) {
	datatype, typed := how["datatype"]
	var b []byte
	for {
		switch t := x.token().(type) {
		case nil:
			x.fail("close it", "the text ends inside <%.40s>", rawName(e.raw))
		case xml.CharData:
			if b = append(b, t...); len(b) > x.lim.Term {
				x.fail("shorten it", "a term is longer than %d bytes", x.lim.Term)
			}
		case xml.EndElement:
			x.end(t, e)
			if typed {
				say(Typed(string(b), x.against(e.base, datatype)))
			} else {
				say(x.text(string(b), e.lang))
			}
			return
		case xml.StartElement:
			x.onlySpace(b)
			if typed {
				x.fail("take rdf:datatype out", "rdf:datatype stands where a node is the object")
			}
			say(Ref(x.nodeElement(x.start(t, e))))
			if c, ok := x.child(e); ok {
				x.fail("repeat the property for each", "<%.40s> is a second object in <%.40s>", rawName(c.raw), rawName(e.raw))
			}
			return
		}
	}
}

// parseType reads content of which an attribute says what it is.
func (x *xmlReader) parseType(kind string, e xmlElement, say func(Term)) {
	switch kind {
	case "Resource":
		o := x.blank("")
		say(Ref(o))
		x.properties(o, e)
	case "Collection":
		var tail IRI
		for {
			c, ok := x.child(e)
			if !ok {
				break
			}
			o, cell := x.nodeElement(c), x.blank("")
			if tail == "" {
				say(Ref(cell))
			} else {
				x.put(tail, RDF+"rest", Ref(cell))
			}
			x.put(cell, RDF+"first", Ref(o))
			tail = cell
		}
		if tail == "" {
			say(Ref(RDF + "nil"))
			return
		}
		x.put(tail, RDF+"rest", Ref(RDF+"nil"))
	default: // "Literal", and all that is not known (7.2.20)
		say(Typed(x.xmlLiteral(e), RDF+"XMLLiteral"))
	}
}
