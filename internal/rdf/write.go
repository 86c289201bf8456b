package rdf

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// Prefixes names namespaces for Turtle and JSON-LD: "dct" to
// "http://purl.org/dc/terms/".
type Prefixes map[string]string

// NTriples gives the graph as N-Triples in canonical form: one line a triple.
//
// Errors: a triple that could not be added.
func (g *Graph) NTriples() ([]byte, error) {
	if g.err != nil {
		return nil, g.err
	}
	var b []byte
	for _, t := range g.Triples() {
		b = append(append(appendTerm(b, Ref(t.S)), ' '), '<')
		b = append(append(b, t.P...), "> "...)
		b = append(appendTerm(b, t.O), " .\n"...)
	}
	return b, nil
}

func appendTerm(b []byte, t Term) []byte {
	if t.IsBlank() {
		return append(b, t.value...)
	}
	if t.IsIRI() {
		return append(append(append(b, '<'), t.value...), '>')
	}
	b = appendQuoted(b, t.value)
	switch {
	case t.lang != "":
		b = append(append(b, '@'), t.lang...)
	case t.typ != xsdString:
		b = append(append(append(b, "^^<"...), t.typ...), '>')
	}
	return b
}

// appendQuoted writes a string as both N-Triples and Turtle read it.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c < 0x20 || c == 0x7f:
			b = fmt.Appendf(b, `\u%04X`, c)
		default:
			b = utf8.AppendRune(b, c)
		}
	}
	return append(b, '"')
}

// Turtle gives the graph as Turtle, one block a subject. Only prefixes that
// are used are written.
//
// Errors: a triple that could not be added; a prefix that cannot be one.
func (g *Graph) Turtle(p Prefixes) ([]byte, error) {
	short, err := newShortener(g, p)
	if err != nil {
		return nil, err
	}
	var body []byte
	var last Triple
	for i, t := range g.Triples() {
		switch {
		case i > 0 && t.S == last.S && t.P == last.P:
			body = append(body, ",\n        "...)
		case i > 0 && t.S == last.S:
			body = append(body, " ;\n    "...)
			body = append(short.appendPredicate(body, t.P), ' ')
		default:
			if i > 0 {
				body = append(body, " .\n"...)
			}
			body = append(short.appendIRI(append(body, '\n'), string(t.S)), ' ')
			body = append(short.appendPredicate(body, t.P), ' ')
		}
		body = short.appendObject(body, t.O)
		last = t
	}
	if len(body) > 0 {
		body = append(body, " .\n"...)
	}
	var b []byte
	for _, name := range slices.Sorted(maps.Keys(short.used)) {
		b = fmt.Appendf(b, "@prefix %s: <%s> .\n", name, p[name])
	}
	return append(b, body...), nil
}

// shortener writes IRIs with prefixes where it can.
type shortener struct {
	names  []string // of prefixes, longest namespace first
	spaces Prefixes
	used   map[string]bool
}

func newShortener(g *Graph, p Prefixes) (*shortener, error) {
	if g.err != nil {
		return nil, g.err
	}
	for name, space := range p {
		if !languageTag(strings.ToLower(name)) || strings.Contains(name, "-") {
			return nil, fmt.Errorf("%q cannot be a prefix", name)
		}
		if err := CheckIRI(space); err != nil {
			return nil, fmt.Errorf("prefix %s: %w", name, err)
		}
	}
	names := slices.SortedFunc(maps.Keys(p), func(a, b string) int {
		if d := len(p[b]) - len(p[a]); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return &shortener{names: names, spaces: p, used: map[string]bool{}}, nil
}

// cut gives prefix and local name of an IRI. Only local names that need no
// escape are used: letters, digits, '_' and, inside, '-'.
func (s *shortener) cut(iri string) (prefix, local string, ok bool) {
	for _, name := range s.names {
		if rest, found := strings.CutPrefix(iri, s.spaces[name]); found && plainLocal(rest) {
			s.used[name] = true
			return name, rest, true
		}
	}
	return "", "", false
}

func plainLocal(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '-' && i < len(s)-1)) {
			return false
		}
	}
	return s != ""
}

func (s *shortener) appendIRI(b []byte, iri string) []byte {
	if IRI(iri).IsBlank() {
		return append(b, iri...)
	}
	if prefix, local, ok := s.cut(iri); ok {
		return append(append(append(b, prefix...), ':'), local...)
	}
	return append(append(append(b, '<'), iri...), '>')
}

func (s *shortener) appendPredicate(b []byte, p IRI) []byte {
	if p == Type {
		return append(b, 'a')
	}
	return s.appendIRI(b, string(p))
}

func (s *shortener) appendObject(b []byte, t Term) []byte {
	switch {
	case t.IsIRI():
		return s.appendIRI(b, t.value)
	case t.lang != "" || t.typ == xsdString:
		return appendTerm(b, t)
	}
	b = append(appendQuoted(b, t.value), "^^"...)
	return s.appendIRI(b, string(t.typ))
}

// JSONLD gives the graph as flattened JSON-LD 1.1 with the prefixes in a
// context of its own: no reader needs the network. A value stands in an array
// only where there are several.
//
// Errors: those of Turtle.
func (g *Graph) JSONLD(p Prefixes) ([]byte, error) {
	short, err := newShortener(g, p)
	if err != nil {
		return nil, err
	}
	w := jsonWriter{short: short}
	ts := g.Triples()
	for len(ts) > 0 {
		n := 1
		for n < len(ts) && ts[n].S == ts[0].S {
			n++
		}
		w.subject(ts[:n])
		ts = ts[n:]
	}
	b := []byte("{\n  \"@context\": {")
	for i, name := range slices.Sorted(maps.Keys(short.used)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsontree.AppendString(append(b, "\n    "...), name)
		b = jsontree.AppendString(append(b, ": "...), p[name])
	}
	b = append(b, "\n  },\n  \"@graph\": ["...)
	b = append(b, w.b...)
	return append(b, "\n  ]\n}\n"...), nil
}

type jsonWriter struct {
	short *shortener
	b     []byte
}

// compact gives an IRI as a JSON-LD term of this document.
func (w *jsonWriter) compact(iri string) string {
	return string(w.short.appendJSONIRI(iri))
}

func (s *shortener) appendJSONIRI(iri string) []byte {
	if prefix, local, ok := s.cut(iri); ok {
		return []byte(prefix + ":" + local)
	}
	return []byte(iri)
}

func (w *jsonWriter) subject(ts []Triple) {
	if len(w.b) > 0 {
		w.b = append(w.b, ',')
	}
	w.b = jsontree.AppendString(append(w.b, "\n    {\n      \"@id\": "...), w.compact(string(ts[0].S)))
	for len(ts) > 0 {
		n := 1
		for n < len(ts) && ts[n].P == ts[0].P {
			n++
		}
		w.values(ts[:n])
		ts = ts[n:]
	}
	w.b = append(w.b, "\n    }"...)
}

func (w *jsonWriter) values(ts []Triple) {
	w.b = append(w.b, ",\n      "...)
	// A literal as rdf:type is nonsense that @type could not carry.
	types := ts[0].P == Type && !slices.ContainsFunc(ts, func(t Triple) bool { return !t.O.IsIRI() })
	name := "@type"
	if !types {
		name = w.compact(string(ts[0].P))
	}
	w.b = append(jsontree.AppendString(w.b, name), ": "...)
	if len(ts) > 1 {
		w.b = append(w.b, '[')
	}
	for i, t := range ts {
		if i > 0 {
			w.b = append(w.b, ", "...)
		}
		w.value(t.O, types)
	}
	if len(ts) > 1 {
		w.b = append(w.b, ']')
	}
}

func (w *jsonWriter) value(t Term, types bool) {
	member := func(name, value string) {
		if w.b[len(w.b)-1] != '{' {
			w.b = append(w.b, ", "...)
		}
		w.b = jsontree.AppendString(append(jsontree.AppendString(w.b, name), ": "...), value)
	}
	switch {
	case types:
		w.b = jsontree.AppendString(w.b, w.compact(t.value))
		return
	case t.typ == xsdString:
		w.b = jsontree.AppendString(w.b, t.value)
		return
	}
	w.b = append(w.b, '{')
	switch {
	case t.IsIRI():
		member("@id", w.compact(t.value))
	case t.lang != "":
		member("@language", t.lang)
		member("@value", t.value)
	default:
		member("@type", w.compact(string(t.typ)))
		member("@value", t.value)
	}
	w.b = append(w.b, '}')
}
