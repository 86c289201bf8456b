package rdf

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"slices"
	"strings"
)

// canonicalXML writes a piece of XML in one way (W3C Exclusive XML
// Canonicalization 1.0, with comments).
type canonicalXML struct {
	x *xmlReader
	b bytes.Buffer
}

// xmlLiteral reads all within e, up to its end tag.
func (x *xmlReader) xmlLiteral(e xmlElement) string {
	c := canonicalXML{x: x}
	c.inside(e, nil)
	return c.b.String()
}

// inside writes the content of e; said are the namespaces declared so far in
// what is written.
func (c *canonicalXML) inside(e xmlElement, said *scope) {
	defer c.x.down()()
	for {
		switch t := c.x.token().(type) {
		case nil:
			c.x.fail("close it", "the text ends inside <%.40s>", rawName(e.raw))
		case xml.CharData:
			c.b.WriteString(escaped(string(t), false))
		case xml.Comment:
			c.b.WriteString("<!--" + string(t) + "-->")
		case xml.ProcInst:
			c.b.WriteString(strings.TrimSuffix("<?"+t.Target+" "+string(t.Inst), " ") + "?>")
		case xml.StartElement:
			c.element(c.x.start(t, e), said)
		case xml.EndElement:
			c.x.end(t, e)
			return
		}
		if c.b.Len() > c.x.lim.Term {
			c.x.fail("shorten it", "a term is longer than %d bytes", c.x.lim.Term)
		}
	}
}

func (c *canonicalXML) element(e xmlElement, said *scope) {
	c.b.WriteString("<" + rawName(e.raw))
	attrs := slices.Concat(e.attrs, e.declared)
	used := []xmlAttr{{prefix: e.raw.Space, space: e.space}}
	for _, a := range attrs {
		if a.prefix != "" && a.prefix != "xml" {
			used = append(used, a)
		}
	}
	slices.SortFunc(used, func(a, b xmlAttr) int { return cmp.Compare(a.prefix, b.prefix) })
	for _, a := range used {
		if now, ok := said.find(a.prefix); ok && now == a.space || a.prefix == "xml" {
			continue
		}
		said = &scope{a.prefix, a.space, said}
		name := strings.TrimSuffix("xmlns:"+a.prefix, ":")
		c.b.WriteString(" " + name + `="` + escaped(a.space, true) + `"`)
	}
	slices.SortFunc(attrs, func(a, b xmlAttr) int { return cmp.Or(cmp.Compare(a.space, b.space), cmp.Compare(a.local, b.local)) })
	for _, a := range attrs {
		c.b.WriteString(" " + rawName(xml.Name{Space: a.prefix, Local: a.local}) + `="` + escaped(a.value, true) + `"`)
	}
	c.b.WriteByte('>')
	c.inside(e, said)
	c.b.WriteString("</" + rawName(e.raw) + ">")
}

func escaped(s string, attribute bool) string {
	if attribute {
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;").Replace(s)
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;").Replace(s)
}
