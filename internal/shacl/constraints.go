package shacl

import (
	"fmt"
	"slices"

	"github.com/beffroi/beffroi/internal/rdf"
)

// parameters reads the constraints of a shape, in the order of section 4.
func (c *compiler) parameters(n rdf.Term, s *shape, depth int) error {
	for _, p := range []rdf.IRI{"sparql", "js"} {
		if len(c.g.objects(n, SH+p)) > 0 {
			return fmt.Errorf("it has sh:%s, which this engine does not know", p)
		}
	}
	for _, read := range []func(rdf.Term, *shape) error{c.types, c.cardinality, c.ranges, c.strings, c.pairs, c.others} {
		if err := read(n, s); err != nil {
			return err
		}
	}
	for _, read := range []func(rdf.Term, *shape, int) error{c.logic, c.nested, c.qualified} {
		if err := read(n, s, depth); err != nil {
			return err
		}
	}
	return nil
}

func (s *shape) add(name rdf.IRI, check func(*checking)) {
	s.constraints = append(s.constraints, constraint{SH + name + "ConstraintComponent", check})
}

// iris reads a parameter whose values are IRIs.
func (c *compiler) iris(n rdf.Term, p rdf.IRI) ([]rdf.IRI, error) {
	var out []rdf.IRI
	for _, o := range c.g.objects(n, p) {
		if !o.IsIRI() {
			return nil, fmt.Errorf("%s is the literal %q, not an IRI", p, o.Value())
		}
		out = append(out, rdf.IRI(o.Value()))
	}
	return out, nil
}

// types: class, datatype, nodeKind (4.1).
func (c *compiler) types(n rdf.Term, s *shape) error {
	classes, err := c.iris(n, SH+"class")
	if err != nil {
		return err
	}
	for _, class := range classes {
		s.add("Class", each(func(v *run, x rdf.Term) bool { return v.data.isA(x, class) }))
	}
	datatype, err := c.one(n, SH+"datatype")
	if err != nil {
		return err
	}
	if datatype != nil {
		if !datatype.IsIRI() {
			return fmt.Errorf("the datatype is the literal %q", datatype.Value())
		}
		d := rdf.IRI(datatype.Value())
		s.add("Datatype", each(func(_ *run, x rdf.Term) bool { return x.Datatype() == d && lexical(d, x.Value()) }))
	}
	kind, err := c.one(n, SH+"nodeKind")
	if kind == nil || err != nil {
		return err
	}
	var iri, blank, literal bool
	switch rdf.IRI(kind.Value()) {
	case SH + "IRI":
		iri = true
	case SH + "BlankNode":
		blank = true
	case SH + "Literal":
		literal = true
	case SH + "BlankNodeOrIRI":
		iri, blank = true, true
	case SH + "BlankNodeOrLiteral":
		blank, literal = true, true
	case SH + "IRIOrLiteral":
		iri, literal = true, true
	default:
		return fmt.Errorf("%q is not a kind of node", kind.Value())
	}
	s.add("NodeKind", each(func(_ *run, x rdf.Term) bool {
		switch {
		case isBlank(x):
			return blank
		case x.IsIRI():
			return iri
		}
		return literal
	}))
	return nil
}

// cardinality: minCount, maxCount (4.2).
func (c *compiler) cardinality(n rdf.Term, s *shape) error {
	low, hasLow, err := c.number(n, SH+"minCount")
	if err != nil {
		return err
	}
	high, hasHigh, err := c.number(n, SH+"maxCount")
	if err != nil {
		return err
	}
	if (hasLow || hasHigh) && s.path == nil {
		return fmt.Errorf("it counts values, but has no path")
	}
	if hasLow {
		s.add("MinCount", func(k *checking) {
			if len(k.values) < low {
				k.fail()
			}
		})
	}
	if hasHigh {
		s.add("MaxCount", func(k *checking) {
			if len(k.values) > high {
				k.fail()
			}
		})
	}
	return nil
}

// ranges: minExclusive to maxInclusive (4.3).
func (c *compiler) ranges(n rdf.Term, s *shape) error {
	for _, r := range []struct {
		param rdf.IRI
		name  rdf.IRI
		ok    func(order int) bool // of the value beside the bound
	}{
		{"minExclusive", "MinExclusive", func(o int) bool { return o > 0 }}, {"minInclusive", "MinInclusive", func(o int) bool { return o >= 0 }},
		{"maxExclusive", "MaxExclusive", func(o int) bool { return o < 0 }}, {"maxInclusive", "MaxInclusive", func(o int) bool { return o <= 0 }},
	} {
		bound, err := c.one(n, SH+r.param)
		if err != nil {
			return err
		}
		if bound == nil {
			continue
		}
		if bound.IsIRI() {
			return fmt.Errorf("sh:%s is %s, not a literal", r.param, bound.Value())
		}
		s.add(r.name, each(func(_ *run, x rdf.Term) bool {
			o, ok := compareLiterals(x, *bound)
			return ok && r.ok(o)
		}))
	}
	return nil
}

// pairs: equals, disjoint, lessThan, lessThanOrEquals (4.5).
func (c *compiler) pairs(n rdf.Term, s *shape) error {
	for _, p := range []struct {
		param, name  rdf.IRI
		check        func(k *checking, others []rdf.Term)
		propertyOnly bool
	}{
		{"equals", "Equals", equal, false}, {"disjoint", "Disjoint", disjoint, false},
		{"lessThan", "LessThan", less(false), true}, {"lessThanOrEquals", "LessThanOrEquals", less(true), true},
	} {
		props, err := c.iris(n, SH+p.param)
		if err != nil {
			return err
		}
		if len(props) > 0 && p.propertyOnly && s.path == nil {
			return fmt.Errorf("it has sh:%s, but no path", p.param)
		}
		for _, prop := range props {
			s.add(p.name, func(k *checking) { p.check(k, k.data.objects(k.focus, prop)) })
		}
	}
	return nil
}

func equal(k *checking, others []rdf.Term) {
	k.missing(k.values, others)
	k.missing(others, k.values)
}

// missing tells of each of a that is not in b.
func (k *checking) missing(a, b []rdf.Term) {
	in := setOf(b)
	for _, x := range a {
		if !in[x] {
			k.failAt(x)
		}
	}
}

func disjoint(k *checking, others []rdf.Term) {
	in := setOf(others)
	for _, x := range k.values {
		if in[x] {
			k.failAt(x)
		}
	}
}

func less(orEqual bool) func(*checking, []rdf.Term) {
	return func(k *checking, others []rdf.Term) {
		for _, x := range k.values {
			if !k.step(len(others)) {
				return
			}
			for _, y := range others {
				o, ok := compareLiterals(x, y)
				if !ok || o > 0 || o == 0 && !orEqual {
					k.failAt(x)
				}
			}
		}
	}
}

func setOf(ts []rdf.Term) map[rdf.Term]bool {
	out := make(map[rdf.Term]bool, len(ts))
	for _, t := range ts {
		out[t] = true
	}
	return out
}

// others: closed, hasValue, in (4.8).
func (c *compiler) others(n rdf.Term, s *shape) error {
	for _, want := range c.g.objects(n, SH+"hasValue") {
		s.add("HasValue", func(k *checking) {
			if !slices.Contains(k.values, want) {
				k.fail()
			}
		})
	}
	in, err := c.one(n, SH+"in")
	if err != nil {
		return err
	}
	if in != nil {
		list, err := c.g.list(*in)
		if err != nil {
			return err
		}
		set := setOf(list)
		s.add("In", each(func(_ *run, x rdf.Term) bool { return set[x] }))
	}
	closed, err := c.flag(n, SH+"closed")
	if err != nil || !closed {
		return err
	}
	return c.closed(n, s)
}

func (c *compiler) closed(n rdf.Term, s *shape) error {
	known := map[rdf.IRI]bool{}
	for _, p := range c.g.objects(n, SH+"property") {
		for _, q := range c.g.objects(p, SH+"path") {
			if q.IsIRI() && !isBlank(q) {
				known[rdf.IRI(q.Value())] = true
			}
		}
	}
	ignored, err := c.one(n, SH+"ignoredProperties")
	if err != nil {
		return err
	}
	if ignored != nil {
		list, err := c.g.list(*ignored)
		if err != nil {
			return err
		}
		for _, q := range list {
			known[rdf.IRI(q.Value())] = true
		}
	}
	s.add("Closed", func(k *checking) {
		for _, x := range k.values {
			if !x.IsIRI() {
				continue
			}
			for _, t := range k.data.g.Of(rdf.IRI(x.Value())) {
				if known[t.P] {
					continue
				}
				r := k.result()
				r.Path, r.Predicate, r.Value, r.HasValue = (&path{predicate: t.P}).String(), t.P, t.O, true
				k.found(r)
			}
		}
	})
	return nil
}
