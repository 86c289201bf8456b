package rdf

import "strings"

func (p *parser) turtle() {
	for {
		p.skip()
		switch c := p.peek(); {
		case c == eof:
			return
		case c == '@':
			p.next()
			word := string(p.word())
			p.directive(word)
			p.expect('.', "end the directive with a full stop")
			continue
		case nameStart(c) && c != '_':
			word := string(p.word())
			if p.peek() != ':' {
				if !strings.EqualFold(word, "prefix") && !strings.EqualFold(word, "base") {
					p.fail("write <IRI> or prefix:name", "the word %.40q is no subject", word)
				}
				p.directive(strings.ToLower(word))
				continue
			}
			p.predicates(p.prefixed(word))
		case c == '[':
			s, empty := p.anonymous()
			if p.skip(); empty || p.peek() != '.' {
				p.predicates(s)
			}
		default:
			p.predicates(p.subject())
		}
		p.expect('.', "end each statement with a full stop")
	}
}

func (p *parser) directive(word string) {
	p.skip()
	switch word {
	case "prefix":
		name := string(p.word())
		p.expect(':', "write the prefix with a colon")
		p.skip()
		p.prefixes[name] = string(p.short(p.iriRef()))
	case "base":
		p.base = p.short(p.iriRef())
	default:
		p.fail("write @prefix or @base", "the directive @%.40s is not known", word)
	}
}

// spaceBytes bounds the IRI of a prefix, base or namespace: a few bytes of text
// stand for all of it each time that it is used.
const spaceBytes = 8 << 10

// short refuses an IRI that others are made of and that is too long for it.
func (p *parser) short(i IRI) IRI {
	if len(i) > spaceBytes {
		p.fail("shorten it", "the IRI of a prefix, base or namespace is longer than %d bytes", spaceBytes)
	}
	return i
}

func (p *parser) subject() IRI {
	switch p.peek() {
	case '(':
		return p.collection()
	case '_':
		return p.blankLabel()
	}
	return p.iri()
}

// iri reads <...> or prefix:name.
func (p *parser) iri() IRI {
	c := p.peek()
	if c == '<' {
		return p.iriRef()
	}
	if c != ':' && (!nameStart(c) || c == '_') {
		p.fail("write <IRI> or prefix:name", "%s where an IRI was expected", show(c))
	}
	return p.prefixed(string(p.word()))
}

// prefixed reads the rest of a name after its prefix.
func (p *parser) prefixed(prefix string) IRI {
	if p.peek() != ':' {
		p.fail("write <IRI> or prefix:name", "the word %.40q is no IRI", prefix)
	}
	space, ok := p.prefixes[prefix]
	if !ok {
		p.fail("declare it with @prefix", "the prefix %.40q is not declared", prefix)
	}
	p.next()
	b := []byte(space)
	for first := true; ; first = false {
		c := p.peek()
		switch {
		case c == '%':
			b = p.grow(b, p.next())
			for range 2 {
				if c = p.next(); !strings.ContainsRune("0123456789abcdefABCDEF", c) {
					p.fail("write % and two hexadecimal digits", "a percent sign alone in a name")
				}
				b = p.grow(b, c)
			}
			continue
		case c == '\\':
			p.next()
			if c = p.next(); !strings.ContainsRune("_~.-!$&'()*+,;=/?#@%", c) {
				p.fail("write the IRI between < and >", "an escape that names may not have")
			}
			b = p.grow(b, c)
			continue
		case c == '.' && !first && p.dotInside(true), c == ':', nameStart(c), c >= '0' && c <= '9', !first && nameChar(c):
			b = p.grow(b, p.next())
			continue
		}
		return IRI(b)
	}
}

func (p *parser) predicates(s IRI) {
	for {
		p.skip()
		pr := p.verb()
		for {
			p.skip()
			p.put(s, pr, p.object())
			if p.skip(); p.peek() != ',' {
				break
			}
			p.next()
		}
		if p.peek() != ';' {
			return
		}
		for p.peek() == ';' {
			p.next()
			p.skip()
		}
		if c := p.peek(); c == '.' || c == ']' {
			return
		}
	}
}

func (p *parser) verb() IRI {
	if c := p.peek(); c == '<' || c == ':' {
		return p.iri()
	}
	word := string(p.word())
	if word == "a" && p.peek() != ':' {
		return Type
	}
	return p.prefixed(word)
}

func (p *parser) object() Term {
	switch c := p.peek(); {
	case c == '"' || c == '\'':
		return p.literal()
	case c == '[':
		s, _ := p.anonymous()
		return Ref(s)
	case c == '(' || c == '_' || c == '<' || c == ':':
		return Ref(p.subject())
	case c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.':
		return p.number()
	}
	word := string(p.word())
	if p.peek() != ':' && (word == "true" || word == "false") {
		return Typed(word, XSD+"boolean")
	}
	return Ref(p.prefixed(word))
}

func (p *parser) number() Term {
	var b []byte
	typ, digits := IRI(XSD+"integer"), 0
	if c := p.peek(); c == '+' || c == '-' {
		b = p.grow(b, p.next())
	}
	run := func() (n int) {
		for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
			b = p.grow(b, p.next())
			n++
		}
		return n
	}
	digits = run()
	if p.peek() == '.' {
		c := p.at(1)
		if c >= '0' && c <= '9' || digits > 0 && c|0x20 == 'e' {
			b = p.grow(b, p.next())
			digits += run()
			typ = XSD + "decimal"
		}
	}
	if c := p.peek(); digits > 0 && (c == 'e' || c == 'E') {
		b = p.grow(b, p.next())
		if c := p.peek(); c == '+' || c == '-' {
			b = p.grow(b, p.next())
		}
		digits = run()
		typ = XSD + "double"
	}
	if digits == 0 {
		p.fail("write a number such as 1, 1.5 or 1e3", "a number without digits")
	}
	return Typed(string(b), typ)
}

func (p *parser) deeper() {
	if p.depth++; p.depth > p.lim.Depth {
		p.fail("name the inner nodes instead", "brackets are nested deeper than %d", p.lim.Depth)
	}
}

// anonymous reads [ ... ].
func (p *parser) anonymous() (s IRI, empty bool) {
	p.deeper()
	p.next()
	s = p.blank("")
	if p.skip(); p.peek() == ']' {
		empty = true
	} else {
		p.predicates(s)
	}
	p.expect(']', "close the bracket")
	p.depth--
	return s, empty
}

// collection reads ( ... ).
func (p *parser) collection() IRI {
	p.deeper()
	p.next()
	var head, tail IRI = RDF + "nil", ""
	for p.skip(); p.peek() != ')'; p.skip() {
		cell := p.blank("")
		if tail == "" {
			head = cell
		} else {
			p.put(tail, RDF+"rest", Ref(cell))
		}
		tail = cell
		p.put(cell, RDF+"first", p.object())
	}
	p.next()
	if tail != "" {
		p.put(tail, RDF+"rest", Ref(RDF+"nil"))
	}
	p.depth--
	return head
}
