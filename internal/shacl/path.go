package shacl

import (
	"fmt"
	"strings"

	"github.com/beffroi/beffroi/internal/rdf"
)

type pathKind uint8

const (
	predicatePath pathKind = iota
	inversePath
	sequencePath
	alternativePath
	repeatedPath
)

// path is a property path (2.3.1).
type path struct {
	kind      pathKind
	predicate rdf.IRI // of a predicatePath
	parts     []*path // one of an inverse and of a repeated path
	zero      bool    // of a repeated path: the node itself counts
	more      bool    // of a repeated path: any number of times
}

// String writes the path as SPARQL 1.1 does, brackets where they matter.
func (p *path) String() string {
	switch p.kind {
	case inversePath:
		return "^" + p.parts[0].bracketed()
	case sequencePath:
		return p.join("/")
	case alternativePath:
		return p.join("|")
	case repeatedPath:
		sign := "+"
		if p.zero {
			sign = "?"
		}
		if p.zero && p.more {
			sign = "*"
		}
		return p.parts[0].bracketed() + sign
	}
	return "<" + string(p.predicate) + ">"
}

func (p *path) bracketed() string {
	if p.kind == predicatePath {
		return p.String()
	}
	return "(" + p.String() + ")"
}

func (p *path) join(sign string) string {
	out := make([]string, len(p.parts))
	for i, q := range p.parts {
		out[i] = q.bracketed()
	}
	return strings.Join(out, sign)
}

// from gives the nodes that the path leads to. A node may come several times.
func (p *path) from(v *run, at rdf.Term) []rdf.Term {
	if !v.step(1) {
		return nil
	}
	switch p.kind {
	case inversePath:
		return p.parts[0].back(v, at)
	case sequencePath:
		return p.along(v, at, false)
	case alternativePath:
		var out []rdf.Term
		for _, q := range p.parts {
			out = append(out, q.from(v, at)...)
		}
		return out
	case repeatedPath:
		return p.repeat(v, at, p.parts[0].from)
	}
	return append([]rdf.Term(nil), v.data.objects(at, p.predicate)...)
}

// back gives the nodes from which the path leads here.
func (p *path) back(v *run, at rdf.Term) []rdf.Term {
	if !v.step(1) {
		return nil
	}
	switch p.kind {
	case inversePath:
		return p.parts[0].from(v, at)
	case sequencePath:
		return p.along(v, at, true)
	case alternativePath:
		var out []rdf.Term
		for _, q := range p.parts {
			out = append(out, q.back(v, at)...)
		}
		return out
	case repeatedPath:
		return p.repeat(v, at, p.parts[0].back)
	}
	var out []rdf.Term
	for _, s := range v.data.g.Subjects(p.predicate, at) {
		out = append(out, rdf.Ref(s))
	}
	return out
}

// along follows the parts of a sequence one after the other.
func (p *path) along(v *run, at rdf.Term, backwards bool) []rdf.Term {
	here := []rdf.Term{at}
	for i := range p.parts {
		var next []rdf.Term
		for _, n := range here {
			if backwards {
				next = append(next, p.parts[len(p.parts)-1-i].back(v, n)...)
			} else {
				next = append(next, p.parts[i].from(v, n)...)
			}
		}
		here = distinct(next)
	}
	return here
}

// repeat follows a path as often as its kind says; a circle ends it.
func (p *path) repeat(v *run, at rdf.Term, one func(*run, rdf.Term) []rdf.Term) []rdf.Term {
	var out []rdf.Term
	if p.zero {
		out = append(out, at)
	}
	if !p.more {
		return append(out, one(v, at)...)
	}
	seen, wait := map[rdf.Term]bool{}, []rdf.Term{at}
	for len(wait) > 0 && v.step(1) {
		n := wait[0]
		wait = wait[1:]
		for _, m := range one(v, n) {
			if !seen[m] {
				seen[m] = true
				out, wait = append(out, m), append(wait, m)
			}
		}
	}
	return out
}

// path reads the path at a node of the shapes graph.
func (c *compiler) path(n rdf.Term, depth int) (*path, error) {
	if depth > c.lim.Depth {
		return nil, fmt.Errorf("the path at %s goes deeper than %d levels, or into itself", n.Value(), c.lim.Depth)
	}
	if c.paths++; c.paths > maxPaths {
		return nil, fmt.Errorf("the paths of the shapes have more than %d parts", maxPaths)
	}
	if !n.IsIRI() {
		return nil, fmt.Errorf("the literal %q is not a path", n.Value())
	}
	if !isBlank(n) {
		return &path{predicate: rdf.IRI(n.Value())}, nil
	}
	if len(c.g.objects(n, rdfFirst)) > 0 {
		return c.pathList(n, sequencePath, depth)
	}
	for _, k := range []struct {
		name       rdf.IRI
		kind       pathKind
		zero, more bool
	}{
		{SH + "inversePath", inversePath, false, false}, {SH + "zeroOrMorePath", repeatedPath, true, true},
		{SH + "oneOrMorePath", repeatedPath, false, true}, {SH + "zeroOrOnePath", repeatedPath, true, false},
		{SH + "alternativePath", alternativePath, false, false},
	} {
		values := c.g.objects(n, k.name)
		switch {
		case len(values) == 0:
			continue
		case len(values) > 1:
			return nil, fmt.Errorf("the path at %s has %s more than once", n.Value(), k.name)
		case k.kind == alternativePath:
			return c.pathList(values[0], alternativePath, depth)
		}
		inner, err := c.path(values[0], depth+1)
		if err != nil {
			return nil, err
		}
		return &path{kind: k.kind, parts: []*path{inner}, zero: k.zero, more: k.more}, nil
	}
	return nil, fmt.Errorf("%s is not a path: it is neither an IRI nor a list, nor has it one of the kinds of path", n.Value())
}

// maxPaths bounds the paths of a shapes graph, parts counted.
const maxPaths = 100_000

func (c *compiler) pathList(head rdf.Term, kind pathKind, depth int) (*path, error) {
	items, err := c.g.list(head)
	if err != nil {
		return nil, err
	}
	if len(items) < 2 {
		return nil, fmt.Errorf("the path at %s needs at least two parts", head.Value())
	}
	out := &path{kind: kind}
	for _, i := range items {
		q, err := c.path(i, depth+1)
		if err != nil {
			return nil, err
		}
		out.parts = append(out.parts, q)
	}
	return out, nil
}

// isBlank reports whether a term is a blank node.
func isBlank(t rdf.Term) bool { return t.IsBlank() }
