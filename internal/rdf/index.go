package rdf

import (
	"slices"
	"strings"
)

// IsBlank reports whether i stands for a blank node, such as _:b0.
func (i IRI) IsBlank() bool { return strings.HasPrefix(string(i), "_:") }

// IsBlank reports whether t is a blank node.
func (t Term) IsBlank() bool { return t.IsIRI() && IRI(t.value).IsBlank() }

// index is built at the first question after a change.
type index struct {
	of       map[IRI][]Triple
	subjects map[predicateObject][]IRI
}

type predicateObject struct {
	p IRI
	o Term
}

func (g *Graph) indexed() *index {
	g.indexing.Lock()
	defer g.indexing.Unlock()
	if g.index == nil {
		x := &index{map[IRI][]Triple{}, map[predicateObject][]IRI{}}
		for _, t := range g.Triples() {
			x.of[t.S] = append(x.of[t.S], t)
			k := predicateObject{t.P, t.O}
			x.subjects[k] = append(x.subjects[k], t.S)
		}
		g.index = x
	}
	return g.index
}

// Of gives the triples of a subject in the order of Triples.
func (g *Graph) Of(s IRI) []Triple { return slices.Clone(g.indexed().of[s]) }

// Objects gives the objects of a subject and predicate, in order.
func (g *Graph) Objects(s, p IRI) []Term {
	var out []Term
	for _, t := range g.indexed().of[s] {
		if t.P == p {
			out = append(out, t.O)
		}
	}
	return out
}

// Subjects gives the subjects of a predicate and object, in order.
func (g *Graph) Subjects(p IRI, o Term) []IRI {
	return slices.Clone(g.indexed().subjects[predicateObject{p, o}])
}
