package rdf

import (
	"strings"
	"unicode/utf8"
)

// iriRef reads <...>.
func (p *parser) iriRef() IRI {
	if c := p.peek(); c != '<' {
		p.fail("write an IRI between < and >", "%s where an IRI was expected", show(c))
	}
	p.next()
	var b []byte
	for {
		c := p.next()
		switch {
		case c == '>':
			return p.resolve(string(b))
		case c == '\\':
			c = p.unicodeEscape(p.next())
		case c == eof:
			p.fail("close the IRI with >", "the text ends inside an IRI")
		}
		bad := c <= 0x20 || strings.ContainsRune("<>\"{}|^`\\", c)
		if bad && (p.lim.BadTerm == nil || c == '<' || c == '\n') {
			p.fail("percent-encode it", "an IRI has the character %q", c)
		}
		b = p.grow(b, c)
	}
}

func (p *parser) grow(b []byte, c rune) []byte {
	if len(b) >= p.lim.Term {
		p.fail("shorten it", "a term is longer than %d bytes", p.lim.Term)
	}
	return utf8.AppendRune(b, c)
}

func (p *parser) unicodeEscape(kind rune) rune {
	n := 4
	switch kind {
	case 'u':
	case 'U':
		n = 8
	default:
		p.fail(`write \u and four or \U and eight hexadecimal digits`, "an unknown escape")
	}
	var v rune
	for range n {
		d := strings.IndexRune("0123456789abcdef", p.next()|0x20)
		if d < 0 || v > 0x10FFFF {
			p.fail(`write \u and four or \U and eight hexadecimal digits`, "an escape that is no character")
		}
		v = v<<4 | rune(d)
	}
	if !utf8.ValidRune(v) {
		p.fail("write the character itself", "an escape that is no character")
	}
	return v
}

// resolve makes a reference absolute (RFC 3986 section 5.2).
func (p *parser) resolve(ref string) IRI {
	out := ref
	if !hasScheme(ref) {
		if p.base == "" && p.lim.BadTerm != nil {
			return IRI(ref)
		}
		if p.base == "" {
			p.fail("write it with its scheme, or give a base", "the IRI %.80q is relative", ref)
		}
		out = join(string(p.base), ref)
	}
	if err := CheckIRI(out); err != nil && p.lim.BadTerm == nil {
		p.fail("correct the IRI", "%v", err)
	}
	return IRI(out)
}

func hasScheme(s string) bool {
	i := strings.IndexAny(s, ":/?#")
	return i > 0 && s[i] == ':'
}

func join(base, ref string) string {
	base, _, _ = strings.Cut(base, "#")
	if ref == "" || ref[0] == '#' {
		return base + ref
	}
	noQuery, _, _ := strings.Cut(base, "?")
	if ref[0] == '?' {
		return noQuery + ref
	}
	colon := strings.IndexByte(noQuery, ':') + 1
	if strings.HasPrefix(ref, "//") {
		return base[:colon] + ref
	}
	root := colon
	if strings.HasPrefix(noQuery[colon:], "//") {
		root = len(noQuery)
		if i := strings.IndexByte(noQuery[colon+2:], '/'); i >= 0 {
			root = colon + 2 + i
		}
	}
	path, tail := ref, ""
	if i := strings.IndexAny(ref, "?#"); i >= 0 {
		path, tail = ref[:i], ref[i:]
	}
	if path[0] != '/' {
		dir := noQuery[root:]
		path = dir[:strings.LastIndexByte(dir, '/')+1] + path
		if path[0] != '/' && root > colon {
			path = "/" + path
		}
	}
	return noQuery[:root] + removeDots(path) + tail
}

// removeDots takes . and .. out of a path (RFC 3986 section 5.2.4).
func removeDots(path string) string {
	var out []string
	parts := strings.Split(path, "/")
	for i, s := range parts {
		last := i == len(parts)-1
		switch {
		case s == "." || s == "..":
			if s == ".." && len(out) > 1 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	return strings.Join(out, "/")
}

// literal reads a quoted literal with its language or datatype.
func (p *parser) literal() Term {
	s := p.quoted()
	switch {
	case p.peek() == '@':
		p.next()
		var b []byte
		for c := p.peek(); c < 0x80 && (c == '-' || isAlnum(c)); c = p.peek() {
			b = p.grow(b, p.next())
		}
		t := In(string(b), s)
		if !languageTag(t.lang) && p.lim.BadTerm == nil {
			p.fail(`write a tag such as @fr`, "%q is not a language tag", b)
		}
		return t
	case p.peek() == '^':
		p.next()
		if p.next() != '^' {
			p.fail("write ^^ and the datatype", "one ^ alone")
		}
		p.skip()
		if p.nt {
			return Typed(s, p.iriRef())
		}
		return Typed(s, p.iri())
	}
	return Text(s)
}

func isAlnum(c rune) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

func (p *parser) quoted() string {
	q := p.next()
	long := false
	if !p.nt && p.at(0) == byte(q) && p.at(1) == byte(q) {
		p.next()
		p.next()
		long = true
	}
	var b []byte
	for {
		c := p.next()
		switch {
		case c == eof:
			p.fail("close the literal with its quotation mark", "the text ends inside a literal")
		case c == q && !long:
			return string(b)
		case c == q && p.at(0) == byte(q) && p.at(1) == byte(q):
			p.next()
			p.next()
			return string(b)
		case !long && (c == '\n' || c == '\r'):
			p.fail(`write \n, or use three quotation marks in Turtle`, "a line ends inside a literal")
		case c == '\\':
			c = p.next()
			if i := strings.IndexRune(`tbnrf"'\`, c); i >= 0 && c != eof {
				c = rune("\t\b\n\r\f\"'\\"[i])
			} else {
				c = p.unicodeEscape(c)
			}
		}
		b = p.grow(b, c)
	}
}

// nameStart is PN_CHARS_U of the grammar, nameChar PN_CHARS.
func nameStart(c rune) bool {
	return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 || c >= 0xC0 && c <= 0x2FF && c != 0xD7 && c != 0xF7 ||
		c >= 0x370 && c <= 0x1FFF && c != 0x37E || c == 0x200C || c == 0x200D || c >= 0x2070 && c <= 0x218F ||
		c >= 0x2C00 && c <= 0x2FEF || c >= 0x3001 && c <= 0xD7FF || c >= 0xF900 && c <= 0xFDCF ||
		c >= 0xFDF0 && c <= 0xFFFD || c >= 0x10000 && c <= 0xEFFFF
}

func nameChar(c rune) bool {
	return nameStart(c) || c == '-' || c >= '0' && c <= '9' || c == 0xB7 || c >= 0x300 && c <= 0x36F || c == 0x203F || c == 0x2040
}

// dotInside reports whether the full stop ahead belongs to the name.
func (p *parser) dotInside(local bool) bool {
	i := 1
	for i < 64 && p.at(i) == '.' {
		i++
	}
	b, _ := p.br.Peek(i + utf8.UTFMax)
	if len(b) <= i {
		return false
	}
	c, _ := utf8.DecodeRune(b[i:])
	return nameChar(c) || local && strings.ContainsRune(`:%\`, c)
}

func (p *parser) blankLabel() IRI {
	p.next()
	if p.next() != ':' {
		p.fail("write _:name", "an underscore without a colon")
	}
	if c := p.peek(); !nameStart(c) && (c < '0' || c > '9') {
		p.fail("write _:name", "a blank node without a name")
	}
	return p.blank(string(p.word()))
}

func (p *parser) word() []byte {
	var b []byte
	for c := p.peek(); nameChar(c) || c == '.' && p.dotInside(false); c = p.peek() {
		b = p.grow(b, p.next())
	}
	return b
}
