// Package rdf holds RDF graphs of IRIs and literals and writes them as Turtle,
// N-Triples, JSON-LD and RDF/XML (W3C RDF 1.1).
//
// It reads Turtle, N-Triples and RDF/XML. What beffroi says of itself has no blank nodes,
// so that every thing said can be named; graphs that were read may have them.
// What always holds: a graph is a
// set; equal graphs give equal bytes in each form, whatever the order in which
// they were filled; a term that cannot be written is refused when it is added.
package rdf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// The namespaces that RDF itself needs.
const (
	XSD  = "http://www.w3.org/2001/XMLSchema#"
	RDF  = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	RDFS = "http://www.w3.org/2000/01/rdf-schema#"

	// Type is rdf:type.
	Type IRI = RDF + "type"

	langString = RDF + "langString"
	xsdString  = XSD + "string"
)

// IRI is an absolute IRI (RFC 3987).
type IRI string

// Term is the object of a triple: an IRI, or a literal with its language or
// datatype. Build it with the functions below.
type Term struct {
	value string
	lang  string // of a literal: a language tag in lower case
	typ   IRI    // datatype; "" for an IRI
}

// Ref gives the IRI as a term.
func Ref(i IRI) Term { return Term{value: string(i)} }

// Text gives a literal without a language (xsd:string).
func Text(s string) Term { return Term{value: s, typ: xsdString} }

// In gives a text in a language, such as "fr" (BCP 47).
func In(lang, s string) Term { return Term{value: s, lang: strings.ToLower(lang), typ: langString} }

// Typed gives a literal with a datatype. The lexical form is written as given.
func Typed(s string, datatype IRI) Term { return Term{value: s, typ: datatype} }

// IsIRI reports whether t is an IRI.
func (t Term) IsIRI() bool { return t.typ == "" }

// Value gives the IRI or the literal's lexical form.
func (t Term) Value() string { return t.value }

// Lang gives a literal's language tag, "" if it has none.
func (t Term) Lang() string { return t.lang }

// Datatype gives a literal's datatype, "" for an IRI.
func (t Term) Datatype() IRI { return t.typ }

func (t Term) compare(o Term) int {
	return cmp.Or(cmp.Compare(t.typ, o.typ), cmp.Compare(t.lang, o.lang), cmp.Compare(t.value, o.value))
}

// Triple is one statement.
type Triple struct {
	S, P IRI
	O    Term
}

func (t Triple) compare(o Triple) int {
	return cmp.Or(cmp.Compare(t.S, o.S), comparePredicates(t.P, o.P), t.O.compare(o.O))
}

// comparePredicates puts rdf:type first, as people expect it.
func comparePredicates(a, b IRI) int {
	switch {
	case a == b:
		return 0
	case a == Type:
		return -1
	case b == Type:
		return 1
	}
	return cmp.Compare(a, b)
}

// Graph is a set of triples. The zero Graph is empty and ready.
type Graph struct {
	set    map[Triple]bool
	err    error
	blanks bool // a parser filled it: blank nodes may be in it

	indexing sync.Mutex
	index    *index
}

// Add puts a triple in. A term that no form can carry is remembered and
// reported when the graph is written; see Err.
func (g *Graph) Add(s, p IRI, o Term) {
	if err := checkTriple(s, p, o, g.blanks); err != nil {
		if g.err == nil {
			g.err = err
		}
		return
	}
	if g.set == nil {
		g.set = map[Triple]bool{}
	}
	g.set[Triple{s, p, o}] = true
	g.index = nil
}

// Err tells what was wrong with the first triple that could not be taken.
func (g *Graph) Err() error { return g.err }

// Len is the number of triples.
func (g *Graph) Len() int { return len(g.set) }

// Has reports whether the triple is in the graph.
func (g *Graph) Has(s, p IRI, o Term) bool { return g.set[Triple{s, p, o}] }

// Triples gives all triples in the order in which they are written: by
// subject, predicate (rdf:type first) and object.
func (g *Graph) Triples() []Triple {
	out := make([]Triple, 0, len(g.set))
	for t := range g.set {
		out = append(out, t)
	}
	slices.SortFunc(out, Triple.compare)
	return out
}

func checkTriple(s, p IRI, o Term, blanks bool) error {
	for _, i := range []IRI{s, p} {
		if blanks && i == s && s.IsBlank() && !p.IsBlank() {
			continue
		}
		if err := CheckIRI(string(i)); err != nil {
			return err
		}
	}
	switch {
	case blanks && o.IsBlank():
		return nil
	case o.IsIRI():
		return CheckIRI(o.value)
	case !utf8.ValidString(o.value):
		return fmt.Errorf("the literal %.40q of %s is not UTF-8", o.value, p)
	case o.typ == langString && !languageTag(o.lang):
		return fmt.Errorf("%q is not a language tag", o.lang)
	}
	return CheckIRI(string(o.typ))
}

// CheckIRI reports why s cannot be written as an absolute IRI in all forms.
func CheckIRI(s string) error {
	scheme, _, ok := strings.Cut(s, ":")
	switch {
	case !ok || scheme == "":
		return fmt.Errorf("the IRI %.80q has no scheme", s)
	case !utf8.ValidString(s):
		return fmt.Errorf("the IRI %.80q is not UTF-8", s)
	}
	for i, c := range scheme {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", c)) {
			return fmt.Errorf("the scheme of the IRI %.80q has a character that none may have", s)
		}
	}
	for _, c := range s {
		if c <= 0x20 || c == 0x7f || strings.ContainsRune("<>\"{}|^`\\", c) {
			return fmt.Errorf("the IRI %.80q has the character %q, which must be percent-encoded", s, c)
		}
	}
	return nil
}

// languageTag reports whether s has the shape of a language tag: what the
// grammar of Turtle takes.
func languageTag(s string) bool {
	for n, part := range strings.Split(s, "-") {
		if part == "" {
			return false
		}
		for _, c := range part {
			digit := c >= '0' && c <= '9'
			if !(c >= 'a' && c <= 'z') && !(digit && n > 0) {
				return false
			}
		}
	}
	return true
}
