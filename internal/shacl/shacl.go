// Package shacl holds RDF graphs against shapes: the W3C Shapes Constraint
// Language (SHACL, Recommendation of 20 July 2017), Core, sections 2 to 4.
//
// Shapes are compiled once and may then be used by many at the same time. What
// always holds: equal inputs give equal reports, in the same order; a shape
// that cannot be understood is refused when it is compiled, never passed over
// in silence; shapes that refer to themselves, lists without an end and work
// without bounds are errors. Not there: SPARQL and JavaScript constraints, the
// import of other graphs, entailment.
package shacl

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/beffroi/beffroi/internal/rdf"
)

// The namespace and the names that others need.
const (
	SH = "http://www.w3.org/ns/shacl#"

	// The three severities of the Recommendation (2.1.4).
	Violation rdf.IRI = SH + "Violation"
	Warning   rdf.IRI = SH + "Warning"
	Info      rdf.IRI = SH + "Info"
)

// Limits bound the work. A zero means the default.
type Limits struct {
	Steps   int // shapes and values looked at in one validation; 5,000,000
	Results int // findings kept; 10,000
	Depth   int // shapes within shapes, paths within paths; 32
}

func (l Limits) filled() Limits {
	return Limits{Steps: cmp.Or(l.Steps, 5_000_000), Results: cmp.Or(l.Results, 10_000), Depth: cmp.Or(l.Depth, 32)}
}

// ErrTooMuch is the error of a validation that has reached one of its limits:
// nothing can be said of the data then.
var ErrTooMuch = errors.New("the validation has reached its limit")

// Shapes are compiled shapes. Use Compile.
type Shapes struct {
	targets []*shape // those with a target, by identifier
	lim     Limits

	undescribed []rdf.IRI
}

// Undescribed lists the property shapes that a shape names and of which the
// graph says nothing, as the official shapes of DCAT-AP 3.0.1 have two. They
// constrain nothing.
func (s *Shapes) Undescribed() []rdf.IRI { return slices.Clone(s.undescribed) }

// Message is what a shape has to say when it is not met, in one language.
type Message struct {
	Lang string // BCP 47, "" if none was given
	Text string
}

// Result is one finding (3.6.2).
type Result struct {
	Focus     rdf.Term
	Path      string  // in the notation of SPARQL 1.1 property paths, IRIs in angle brackets; "" of a node shape
	Predicate rdf.IRI // the path if it is a single predicate
	Value     rdf.Term
	HasValue  bool
	Shape     rdf.IRI // identifier of the source shape; blank nodes begin with "_:"
	Component rdf.IRI
	Severity  rdf.IRI
	Messages  []Message // of the shape, by language; none if it has none
}

// Looked tells how many nodes a shape with targets was held against: a shape
// without a focus node has proved nothing.
type Looked struct {
	Shape   rdf.IRI
	Classes []rdf.IRI // the classes that it targets
	Nodes   int
}

// Report is the outcome of a validation.
type Report struct {
	Results []Result
	Looked  []Looked
}

// Conforms reports whether nothing was found, of whatever severity (3.6.1.1).
func (r *Report) Conforms() bool { return len(r.Results) == 0 }

// Count gives the number of findings of a severity.
func (r *Report) Count(severity rdf.IRI) int {
	n := 0
	for _, x := range r.Results {
		if x.Severity == severity {
			n++
		}
	}
	return n
}

// run is one validation.
type run struct {
	data  *index
	lim   Limits
	steps int
	err   error
}

// step counts work; false means that the run is over.
func (v *run) step(n int) bool {
	v.steps += n
	if v.err == nil && v.steps > v.lim.Steps {
		v.err = fmt.Errorf("%w: %d steps", ErrTooMuch, v.lim.Steps)
	}
	return v.err == nil
}

// Validate holds a graph against the shapes.
func (s *Shapes) Validate(g *rdf.Graph) (*Report, error) {
	v := &run{data: indexOf(g), lim: s.lim}
	out := &Report{}
	for _, sh := range s.targets {
		nodes := v.focusNodes(sh)
		out.Looked = append(out.Looked, Looked{Shape: sh.id, Classes: slices.Clone(sh.target.classes), Nodes: len(nodes)})
		for _, n := range nodes {
			v.validate(sh, n, func(r Result) {
				if len(out.Results) >= v.lim.Results && v.err == nil {
					v.err = fmt.Errorf("%w: %d findings", ErrTooMuch, v.lim.Results)
				}
				if v.err == nil {
					out.Results = append(out.Results, r)
				}
			})
			if v.err != nil {
				return nil, v.err
			}
		}
	}
	slices.SortStableFunc(out.Results, compareResults)
	return out, v.err
}

func compareResults(a, b Result) int {
	return cmp.Or(compareTerms(a.Focus, b.Focus), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Component, b.Component),
		cmp.Compare(a.Shape, b.Shape), compareTerms(a.Value, b.Value))
}

func compareTerms(a, b rdf.Term) int {
	return cmp.Or(cmp.Compare(a.Datatype(), b.Datatype()), cmp.Compare(a.Lang(), b.Lang()), cmp.Compare(a.Value(), b.Value()))
}

// focusNodes are the nodes that a shape is about (2.1.3), in order, each once.
func (v *run) focusNodes(s *shape) []rdf.Term {
	found := slices.Clone(s.target.nodes)
	for _, c := range s.target.classes {
		found = append(found, v.data.instances(c)...)
	}
	for _, p := range s.target.subjectsOf {
		for _, t := range v.data.byPredicate[p] {
			found = append(found, rdf.Ref(t.S))
		}
	}
	for _, p := range s.target.objectsOf {
		for _, t := range v.data.byPredicate[p] {
			found = append(found, t.O)
		}
	}
	return distinct(found)
}

func distinct(ts []rdf.Term) []rdf.Term {
	slices.SortFunc(ts, compareTerms)
	return slices.Compact(ts)
}

// validate holds one node against one shape and hands on what it finds.
func (v *run) validate(s *shape, focus rdf.Term, found func(Result)) {
	if s.deactivated || !v.step(1) {
		return
	}
	values := []rdf.Term{focus}
	if s.path != nil {
		values = distinct(s.path.from(v, focus))
	}
	for i := range s.constraints {
		if !v.step(1 + len(values)) {
			return
		}
		c := &s.constraints[i]
		c.check(&checking{run: v, shape: s, focus: focus, values: values, component: c.component, found: found})
	}
}

// conforms reports whether a node meets a shape (3.4.2).
func (v *run) conforms(s *shape, node rdf.Term) bool {
	ok := true
	v.validate(s, node, func(Result) { ok = false })
	return ok
}

// checking is one constraint at one focus node.
type checking struct {
	*run
	shape     *shape
	focus     rdf.Term
	values    []rdf.Term
	component rdf.IRI
	found     func(Result)
}

// fail tells that the constraint is not met as a whole.
func (c *checking) fail() { c.found(c.result()) }

// failAt tells that a value does not meet it.
func (c *checking) failAt(value rdf.Term) {
	r := c.result()
	r.Value, r.HasValue = value, true
	c.found(r)
}

func (c *checking) result() Result {
	r := Result{Focus: c.focus, Shape: c.shape.id, Component: c.component, Severity: c.shape.severity, Messages: slices.Clone(c.shape.messages)}
	if p := c.shape.path; p != nil {
		r.Path, r.Predicate = p.String(), p.predicate
	}
	return r
}

// each makes a constraint of a test that every value must pass.
func each(test func(v *run, value rdf.Term) bool) func(*checking) {
	return func(c *checking) {
		for _, x := range c.values {
			if !test(c.run, x) {
				c.failAt(x)
			}
		}
	}
}
