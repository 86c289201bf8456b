package shacl

import (
	"fmt"
	"slices"

	"github.com/beffroi/beffroi/internal/rdf"
)

const (
	rdfFirst rdf.IRI = rdf.RDF + "first"
	rdfRest  rdf.IRI = rdf.RDF + "rest"
	rdfNil   rdf.IRI = rdf.RDF + "nil"

	subClassOf rdf.IRI = rdf.RDFS + "subClassOf"
	rdfsClass  rdf.IRI = rdf.RDFS + "Class"

	// maxList is the number of items that a list may have.
	maxList = 10_000
)

// index is a graph with what shapes ask of it and rdf.Graph does not answer:
// triples by predicate, classes, lists. Everything in it is in the order of
// rdf.Graph.Triples.
type index struct {
	g           *rdf.Graph
	byPredicate map[rdf.IRI][]rdf.Triple
}

func indexOf(g *rdf.Graph) *index {
	x := &index{g: g, byPredicate: map[rdf.IRI][]rdf.Triple{}}
	for _, t := range g.Triples() {
		x.byPredicate[t.P] = append(x.byPredicate[t.P], t)
	}
	return x
}

// objects gives the values of a property of a node; a literal has none.
func (x *index) objects(s rdf.Term, p rdf.IRI) []rdf.Term {
	if !s.IsIRI() {
		return nil
	}
	return x.g.Objects(rdf.IRI(s.Value()), p)
}

// has reports whether a triple is there.
func (x *index) has(s rdf.Term, p rdf.IRI, o rdf.Term) bool {
	return slices.Contains(x.objects(s, p), o)
}

// classes gives a class and all below it (rdfs:subClassOf, backwards).
func (x *index) classes(c rdf.IRI) []rdf.IRI {
	seen := map[rdf.IRI]bool{c: true}
	out := []rdf.IRI{c}
	for i := 0; i < len(out); i++ {
		for _, sub := range x.g.Subjects(subClassOf, rdf.Ref(out[i])) {
			if !seen[sub] {
				seen[sub] = true
				out = append(out, sub)
			}
		}
	}
	return out
}

// instances gives the nodes of a class and of the classes below it.
func (x *index) instances(c rdf.IRI) []rdf.Term {
	var out []rdf.Term
	for _, k := range x.classes(c) {
		for _, s := range x.g.Subjects(rdf.Type, rdf.Ref(k)) {
			out = append(out, rdf.Ref(s))
		}
	}
	return out
}

// isA reports whether a node is of a class or of one below it.
func (x *index) isA(n rdf.Term, c rdf.IRI) bool {
	types := x.objects(n, rdf.Type)
	if len(types) == 0 {
		return false
	}
	return slices.ContainsFunc(x.classes(c), func(k rdf.IRI) bool { return slices.Contains(types, rdf.Ref(k)) })
}

// list reads an RDF list.
func (x *index) list(head rdf.Term) ([]rdf.Term, error) {
	var out []rdf.Term
	for at := head; at != rdf.Ref(rdfNil); {
		first, rest := x.objects(at, rdfFirst), x.objects(at, rdfRest)
		if len(first) != 1 || len(rest) != 1 {
			return nil, fmt.Errorf("%s is not a list: each of its nodes has one rdf:first and one rdf:rest", head.Value())
		}
		if out = append(out, first[0]); len(out) > maxList {
			return nil, fmt.Errorf("the list %s has no end, or more than %d items", head.Value(), maxList)
		}
		at = rest[0]
	}
	return out, nil
}
