package rdf

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

const xmlSpace = "http://www.w3.org/XML/1998/namespace"

// xmlReader gives the elements of an XML document (XML 1.0, Namespaces in XML
// 1.0) one by one. It takes no document type: entities of one's own are how
// small files become large ones, and RDF/XML needs none.
type xmlReader struct {
	*parser
	dec *xml.Decoder
	ids map[IRI]bool // that an rdf:ID has given
}

// scope is what a prefix stands for, and what the elements around say.
type scope struct {
	prefix, space string
	outer         *scope
}

func (s *scope) find(prefix string) (string, bool) {
	for ; s != nil; s = s.outer {
		if s.prefix == prefix {
			return s.space, true
		}
	}
	return "", prefix == ""
}

// xmlElement is a start tag.
type xmlElement struct {
	raw      xml.Name // with its prefix, as written
	space    string   // the namespace
	local    string
	attrs    []xmlAttr // without declarations of namespaces and those of xml:
	declared []xmlAttr // those of xml:
	scope    *scope
	base     IRI
	lang     string
}

type xmlAttr struct{ prefix, space, local, value string }

func (a xmlAttr) iri() IRI { return IRI(a.space + a.local) }

// counted stops a reader after a number of bytes.
type counted struct {
	r    io.Reader
	left int64
}

var errTooLong = errors.New("the text is too long")

func (c *counted) Read(b []byte) (int, error) {
	if c.left <= 0 {
		var one [1]byte
		if n, err := c.r.Read(one[:]); n == 0 {
			return 0, err
		}
		return 0, errTooLong
	}
	n, err := c.r.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	return n, err
}

func newXMLReader(p *parser, r io.Reader) *xmlReader {
	br := bufio.NewReader(&counted{r: r, left: p.lim.Bytes})
	switch head, _ := br.Peek(3); {
	case bytes.Equal(head, []byte("\xEF\xBB\xBF")):
		_, _ = br.Discard(3) // was just looked at
	case bytes.HasPrefix(head, []byte("\xFE\xFF")) || bytes.HasPrefix(head, []byte("\xFF\xFE")):
		p.fail("save the file as UTF-8", "the text is UTF-16")
	}
	x := &xmlReader{parser: p, dec: xml.NewDecoder(br), ids: map[IRI]bool{}}
	x.dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "utf8", "us-ascii", "ascii":
			return in, nil
		case "iso-8859-1", "latin1":
			return &latin1{in: in}, nil
		}
		return nil, errors.New("the encoding " + label + " is not known")
	}
	return x
}

// latin1 turns ISO 8859-1 into UTF-8.
type latin1 struct {
	in   io.Reader
	rest []byte
}

func (l *latin1) Read(b []byte) (int, error) {
	for len(l.rest) == 0 {
		var in [512]byte
		n, err := l.in.Read(in[:])
		for _, c := range in[:n] {
			l.rest = append(l.rest, string(rune(c))...)
		}
		if err != nil && len(l.rest) == 0 {
			return 0, err
		}
	}
	n := copy(b, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// token gives the next token; comments come too, as literals keep them.
func (x *xmlReader) token() xml.Token {
	x.line, x.col = x.dec.InputPos()
	t, err := x.dec.RawToken()
	var bad *xml.SyntaxError
	switch {
	case err == io.EOF:
		return nil
	case errors.Is(err, errTooLong):
		x.fail("split the file", "the text is longer than %d bytes", x.lim.Bytes)
	case errors.As(err, &bad):
		x.line, x.col = x.dec.InputPos()
		mend := "make it well-formed XML"
		if strings.Contains(bad.Msg, "entity") {
			mend = "write the character itself; only the five entities of XML are known here"
		}
		x.fail(mend, "not XML: %s", bad.Msg)
	case err != nil && x.dec.InputOffset() < 200 && strings.HasPrefix(err.Error(), "xml:"):
		x.fail("save the file as UTF-8 in XML 1.0", "%s", strings.TrimPrefix(err.Error(), "xml: "))
	case err != nil:
		panic(bail{err})
	}
	if _, ok := t.(xml.Directive); ok {
		x.fail("take the declaration out, and write each entity's text where it is used",
			"a document type or an entity is declared, which is refused")
	}
	return t
}

// maxAttrs bounds the attributes of one element, declarations among them.
const maxAttrs = 256

// start makes an element of a start tag within another one, or within none.
func (x *xmlReader) start(t xml.StartElement, in xmlElement) xmlElement {
	e := xmlElement{raw: t.Name, scope: in.scope, base: in.base, lang: in.lang}
	if len(t.Attr) > maxAttrs {
		x.fail("say it in elements", "the element <%.40s> has more than %d attributes", rawName(t.Name), maxAttrs)
	}
	for _, a := range t.Attr {
		prefix, declares := a.Name.Local, a.Name.Space == "xmlns"
		if a.Name.Space == "" && a.Name.Local == "xmlns" {
			prefix, declares = "", true
		}
		if !declares {
			continue
		}
		if prefix == "xmlns" || (prefix == "xml") != (a.Value == xmlSpace) || prefix != "" && a.Value == "" {
			x.fail("choose another prefix or namespace", "the prefix %.40q may not stand for %.80q", prefix, a.Value)
		}
		e.scope = &scope{prefix, string(x.short(IRI(a.Value))), e.scope}
	}
	e.space, e.local = x.expand(e.scope, t.Name), t.Name.Local
	seen := map[xml.Name]bool{}
	for _, a := range t.Attr {
		if seen[a.Name] {
			x.fail("keep one of them", "the attribute %.40q is there twice", a.Name.Local)
		}
		seen[a.Name] = true
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		attr := xmlAttr{prefix: a.Name.Space, local: a.Name.Local, value: a.Value}
		if len(a.Value) > x.lim.Term {
			x.fail("shorten it", "a term is longer than %d bytes", x.lim.Term)
		}
		if a.Name.Space != "" {
			attr.space = x.expand(e.scope, a.Name)
		}
		if full := (xml.Name{Space: attr.space + " ", Local: attr.local}); seen[full] {
			x.fail("keep one of them", "the attribute %.40q is there twice", a.Name.Local)
		} else {
			seen[full] = true
		}
		if attr.space != xmlSpace {
			e.attrs = append(e.attrs, attr)
			continue
		}
		e.declared = append(e.declared, attr)
		switch attr.local {
		case "lang":
			e.lang = a.Value
		case "base":
			b, _, _ := strings.Cut(a.Value, "#")
			e.base = x.short(x.against(in.base, b))
		}
	}
	return e
}

// expand gives the namespace of a prefix.
func (x *xmlReader) expand(s *scope, n xml.Name) string {
	if n.Space == "xml" {
		return xmlSpace
	}
	space, ok := s.find(n.Space)
	if !ok || strings.HasPrefix(n.Local, ":") {
		x.fail("declare it with xmlns:"+n.Space, "the prefix of %.40q is not declared", n.Space+":"+n.Local)
	}
	return space
}

// end checks that a tag closes the element that is open.
func (x *xmlReader) end(t xml.EndElement, e xmlElement) {
	if t.Name != e.raw {
		x.fail("close what was opened last", "</%.40s> where </%.40s> was expected", rawName(t.Name), rawName(e.raw))
	}
}

func rawName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// against is resolve for a base of one's own.
func (x *xmlReader) against(base IRI, ref string) IRI {
	x.base = base
	return x.resolve(ref)
}
