package shacl

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/beffroi/beffroi/internal/rdf"
)

// What ReadTurtle takes.
const (
	maxBytes   = 8 << 20
	maxNesting = 64
)

// blankScheme begins the IRIs that stand for blank nodes in a graph read here.
const blankScheme = "x-blank:"

// ReadTurtle reads a document in Turtle (W3C RDF 1.1 Turtle), as shapes are
// written. base resolves relative IRIs. A blank node becomes an IRI of a scheme
// that only this package uses, so that shapes tell it from a name. At most
// 8 MiB, 64 levels of brackets. The error names the line.
func ReadTurtle(r io.Reader, base rdf.IRI) (*rdf.Graph, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxBytes {
		return nil, fmt.Errorf("the document is larger than %d bytes", maxBytes)
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("the document is not UTF-8")
	}
	p := &turtle{s: string(text), g: &rdf.Graph{}, prefixes: map[string]string{}}
	if err = p.setBase(string(base)); err == nil {
		err = p.document()
	}
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", 1+strings.Count(p.s[:min(p.i, len(p.s))], "\n"), err)
	}
	return p.g, p.g.Err()
}

type turtle struct {
	s        string
	i        int
	g        *rdf.Graph
	base     *url.URL
	prefixes map[string]string
	blanks   int
	depth    int
}

func (p *turtle) setBase(s string) error {
	u, err := url.Parse(s)
	if err == nil && !u.IsAbs() {
		err = fmt.Errorf("the base %.80q is not absolute", s)
	}
	p.base = u
	return err
}

// space passes over white space and comments.
func (p *turtle) space() {
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			p.i++
		case c == '#':
			n := strings.IndexByte(p.s[p.i:], '\n')
			if n < 0 {
				n = len(p.s) - p.i
			}
			p.i += n
		default:
			return
		}
	}
}

// peek gives the next byte that counts, 0 at the end.
func (p *turtle) peek() byte {
	p.space()
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

// take passes over a byte if it comes next.
func (p *turtle) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	return true
}

func (p *turtle) need(c byte) error {
	if !p.take(c) {
		return fmt.Errorf("%q is missing before %.20q", c, p.s[min(p.i, len(p.s)):])
	}
	return nil
}

// word passes over a word if it comes next and ends there.
func (p *turtle) word(w string, anyCase bool) bool {
	p.space()
	rest := p.s[p.i:]
	if len(rest) < len(w) || !(rest[:len(w)] == w || anyCase && strings.EqualFold(rest[:len(w)], w)) {
		return false
	}
	if len(rest) > len(w) && (nameByte(rest[len(w)]) || rest[len(w)] == ':') {
		return false
	}
	p.i += len(w)
	return true
}

func nameByte(c byte) bool {
	return c >= 0x80 || c == '_' || c == '-' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func (p *turtle) document() error {
	for p.peek() != 0 {
		if done, err := p.directive(); err != nil {
			return err
		} else if done {
			continue
		}
		if err := p.statement(); err != nil {
			return err
		}
	}
	return nil
}

func (p *turtle) directive() (bool, error) {
	at, prefix := true, false
	switch {
	case p.word("@prefix", false):
		prefix = true
	case p.word("@base", false):
	case p.word("PREFIX", true):
		at, prefix = false, true
	case p.word("BASE", true):
		at = false
	default:
		return false, nil
	}
	name := ""
	if prefix {
		p.space()
		start := p.i
		for p.i < len(p.s) && (nameByte(p.s[p.i]) || p.s[p.i] == '.') {
			p.i++
		}
		name = p.s[start:p.i]
		if err := p.need(':'); err != nil {
			return true, err
		}
	}
	p.space()
	iri, err := p.iriRef()
	if err != nil {
		return true, err
	}
	if prefix {
		p.prefixes[name] = iri
	} else if err := p.setBase(iri); err != nil {
		return true, err
	}
	if at {
		return true, p.need('.')
	}
	return true, nil
}

func (p *turtle) statement() error {
	anonymous := p.peek() == '['
	s, err := p.term()
	if err != nil {
		return err
	}
	if !s.IsIRI() {
		return fmt.Errorf("the literal %.40q cannot be a subject", s.Value())
	}
	if anonymous && p.take('.') {
		return nil
	}
	if err := p.properties(rdf.IRI(s.Value())); err != nil {
		return err
	}
	return p.need('.')
}

// properties reads predicates with their objects.
func (p *turtle) properties(s rdf.IRI) error {
	for {
		pred := rdf.Ref(rdf.Type)
		if !p.word("a", false) {
			var err error
			if pred, err = p.name(); err != nil {
				return err
			}
		}
		for {
			o, err := p.term()
			if err != nil {
				return err
			}
			p.g.Add(s, rdf.IRI(pred.Value()), o)
			if !p.take(',') {
				break
			}
		}
		if !p.take(';') {
			return nil
		}
		for p.take(';') {
		}
		if c := p.peek(); c == '.' || c == ']' || c == 0 {
			return nil
		}
	}
}

func (p *turtle) blank() rdf.Term {
	p.blanks++
	return rdf.Ref(rdf.IRI(blankScheme + "." + strconv.Itoa(p.blanks)))
}

// term reads a subject or an object.
func (p *turtle) term() (rdf.Term, error) {
	if p.depth++; p.depth > maxNesting {
		return rdf.Term{}, fmt.Errorf("more than %d levels of brackets", maxNesting)
	}
	defer func() { p.depth-- }()
	switch c := p.peek(); {
	case c == '[':
		p.i++
		b := p.blank()
		if p.take(']') {
			return b, nil
		}
		if err := p.properties(rdf.IRI(b.Value())); err != nil {
			return b, err
		}
		return b, p.need(']')
	case c == '(':
		p.i++
		return p.list()
	case c == '"' || c == '\'':
		return p.literal(c)
	case c == '+' || c == '-' || c == '.' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, w := range []string{"true", "false"} {
		if p.word(w, false) {
			return rdf.Typed(w, rdf.XSD+"boolean"), nil
		}
	}
	return p.name()
}

func (p *turtle) list() (rdf.Term, error) {
	var items []rdf.Term
	for !p.take(')') {
		t, err := p.term()
		if err != nil {
			return t, err
		}
		items = append(items, t)
	}
	at := rdf.Ref(rdfNil)
	for i := len(items) - 1; i >= 0; i-- {
		b := p.blank()
		p.g.Add(rdf.IRI(b.Value()), rdfFirst, items[i])
		p.g.Add(rdf.IRI(b.Value()), rdfRest, at)
		at = b
	}
	return at, nil
}

func (p *turtle) number() (rdf.Term, error) {
	start := p.i
	for p.i < len(p.s) && strings.IndexByte("+-0123456789.eE", p.s[p.i]) >= 0 {
		p.i++
	}
	if p.i > start && p.s[p.i-1] == '.' { // the end of the statement
		p.i--
	}
	text := p.s[start:p.i]
	for _, name := range []rdf.IRI{"integer", "decimal", "double"} {
		if len(text) <= maxDigits && lexical(rdf.XSD+name, text) {
			return rdf.Typed(text, rdf.XSD+name), nil
		}
	}
	return rdf.Term{}, fmt.Errorf("%.40q is not a number", text)
}

// name reads an IRI, a prefixed name or a labelled blank node.
func (p *turtle) name() (rdf.Term, error) {
	if p.peek() == '<' {
		iri, err := p.iriRef()
		return rdf.Ref(rdf.IRI(iri)), err
	}
	start := p.i
	for p.i < len(p.s) && (nameByte(p.s[p.i]) || p.s[p.i] == '.') {
		p.i++
	}
	prefix := p.s[start:p.i]
	if p.i >= len(p.s) || p.s[p.i] != ':' {
		return rdf.Term{}, fmt.Errorf("a term is missing before %.20q", p.s[start:])
	}
	p.i++
	local := p.local()
	if prefix == "_" {
		if local == "" || local[0] == '.' {
			return rdf.Term{}, fmt.Errorf("a blank node has no label before %.20q", p.s[min(p.i, len(p.s)):])
		}
		return rdf.Ref(rdf.IRI(blankScheme + local)), nil
	}
	ns, ok := p.prefixes[prefix]
	if !ok {
		return rdf.Term{}, fmt.Errorf("the prefix %.40q is not declared", prefix)
	}
	return rdf.Ref(rdf.IRI(ns + local)), nil
}

func (p *turtle) local() string {
	var b strings.Builder
	for p.i < len(p.s) {
		c := p.s[p.i]
		if c == '\\' && p.i+1 < len(p.s) {
			p.i++
			c = p.s[p.i]
		} else if !nameByte(c) && strings.IndexByte(".:%", c) < 0 {
			break
		}
		b.WriteByte(c)
		p.i++
	}
	out := b.String()
	for strings.HasSuffix(out, ".") { // the end of the statement
		out = out[:len(out)-1]
		p.i--
	}
	return out
}

// iriRef reads an IRI in angle brackets and resolves it.
func (p *turtle) iriRef() (string, error) {
	if p.peek() != '<' {
		return "", fmt.Errorf("an IRI is missing before %.20q", p.s[min(p.i, len(p.s)):])
	}
	n := strings.IndexByte(p.s[p.i:], '>')
	if n < 0 {
		return "", fmt.Errorf("the IRI %.40q has no end", p.s[p.i:])
	}
	text, err := unescape(p.s[p.i+1 : p.i+n])
	if err != nil {
		return "", err
	}
	p.i += n + 1
	if rdf.CheckIRI(text) == nil {
		return text, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", err
	}
	out := p.base.ResolveReference(u).String()
	if strings.HasSuffix(text, "#") { // an empty fragment counts
		out = strings.TrimSuffix(out, "#") + "#"
	}
	return out, rdf.CheckIRI(out)
}

// literal reads a text in quotes with its language or datatype.
func (p *turtle) literal(quote byte) (rdf.Term, error) {
	mark := string(quote)
	if long := strings.Repeat(mark, 3); strings.HasPrefix(p.s[p.i:], long) {
		mark = long
	}
	p.i += len(mark)
	start := p.i
	for ; ; p.i++ {
		if p.i >= len(p.s) || len(mark) == 1 && (p.s[p.i] == '\n' || p.s[p.i] == '\r') {
			return rdf.Term{}, fmt.Errorf("the text %.40q has no end", p.s[start:])
		}
		if p.s[p.i] == '\\' {
			p.i++
			continue
		}
		// Quotes before the closing mark belong to a long text.
		if strings.HasPrefix(p.s[p.i:], mark) && !(len(mark) == 3 && strings.HasPrefix(p.s[p.i+1:], mark)) {
			break
		}
	}
	text, err := unescape(p.s[start:p.i])
	if err != nil {
		return rdf.Term{}, err
	}
	p.i += len(mark)
	if p.i < len(p.s) && p.s[p.i] == '@' {
		start := p.i + 1
		for p.i++; p.i < len(p.s) && nameByte(p.s[p.i]); {
			p.i++
		}
		return rdf.In(p.s[start:p.i], text), nil
	}
	if strings.HasPrefix(p.s[p.i:], "^^") {
		p.i += 2
		t, err := p.name()
		return rdf.Typed(text, rdf.IRI(t.Value())), err
	}
	return rdf.Text(text), nil
}

// unescape reads the escapes of texts and IRIs.
func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if i >= len(s) {
			return "", fmt.Errorf("%.40q ends in an escape", s)
		}
		if k := strings.IndexByte(`tbnrf"'\`, s[i]); k >= 0 {
			b.WriteByte("\t\b\n\r\f\"'\\"[k])
			continue
		}
		n := map[byte]int{'u': 4, 'U': 8}[s[i]]
		if n == 0 || i+n >= len(s) {
			return "", fmt.Errorf("%.40q has an escape that is none", s[i-1:])
		}
		r, err := strconv.ParseUint(s[i+1:i+1+n], 16, 32)
		if err != nil || !utf8.ValidRune(rune(r)) {
			return "", fmt.Errorf("%.40q has an escape that is no character", s[i-1:])
		}
		b.WriteRune(rune(r))
		i += n
	}
	return b.String(), nil
}
