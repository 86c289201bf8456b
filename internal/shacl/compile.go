package shacl

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/rdf"
)

// target is what a shape is about (2.1.3).
type target struct {
	nodes                          []rdf.Term
	classes, subjectsOf, objectsOf []rdf.IRI
}

func (t target) empty() bool {
	return len(t.nodes)+len(t.classes)+len(t.subjectsOf)+len(t.objectsOf) == 0
}

// shape is a node shape, or a property shape if it has a path.
type shape struct {
	id          rdf.IRI
	path        *path
	severity    rdf.IRI
	messages    []Message
	deactivated bool
	target      target
	constraints []constraint
	height      int // levels of shapes below it
}

// constraint is one component of a shape with its parameters.
type constraint struct {
	component rdf.IRI
	check     func(*checking)
}

type compiler struct {
	g     *index
	lim   Limits
	done  map[rdf.IRI]*shape
	open  map[rdf.IRI]bool // those being compiled: meeting one again is a circle
	paths int

	undescribed map[rdf.IRI]bool
}

// Compile reads the shapes of a graph. The error names the shape that cannot
// be used.
func Compile(g *rdf.Graph, lim Limits) (*Shapes, error) {
	c := &compiler{g: indexOf(g), lim: lim.filled(), done: map[rdf.IRI]*shape{}, open: map[rdf.IRI]bool{}, undescribed: map[rdf.IRI]bool{}}
	out := &Shapes{lim: c.lim}
	for _, id := range c.declared() {
		s, err := c.shape(rdf.Ref(id), 0)
		if err != nil {
			return nil, err
		}
		if !s.target.empty() {
			out.targets = append(out.targets, s)
		}
	}
	out.undescribed = slices.Sorted(maps.Keys(c.undescribed))
	return out, nil
}

// declared gives the nodes that say of themselves that they are shapes: by
// their type or by a target. All others are reached from these.
func (c *compiler) declared() []rdf.IRI {
	var out []rdf.IRI
	for _, class := range []rdf.IRI{SH + "NodeShape", SH + "PropertyShape"} {
		for _, n := range c.g.instances(class) {
			out = append(out, rdf.IRI(n.Value()))
		}
	}
	for _, p := range []rdf.IRI{SH + "targetClass", SH + "targetNode", SH + "targetSubjectsOf", SH + "targetObjectsOf"} {
		for _, t := range c.g.byPredicate[p] {
			out = append(out, t.S)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// maxShapes is the number of shapes that a graph may have.
const maxShapes = 100_000

// shape compiles one shape, once.
func (c *compiler) shape(n rdf.Term, depth int) (*shape, error) {
	if !n.IsIRI() {
		return nil, fmt.Errorf("the literal %q is not a shape", n.Value())
	}
	id := rdf.IRI(n.Value())
	if s := c.done[id]; s != nil {
		return s, nil
	}
	if c.open[id] {
		return nil, fmt.Errorf("the shape %s refers to itself: what that means is not defined (SHACL 3.4.3)", id)
	}
	if depth > c.lim.Depth {
		return nil, fmt.Errorf("the shape %s lies deeper than %d shapes within shapes", id, c.lim.Depth)
	}
	if len(c.done) > maxShapes {
		return nil, fmt.Errorf("there are more than %d shapes", maxShapes)
	}
	c.open[id] = true
	defer delete(c.open, id)
	s, err := c.read(n, id, depth)
	if err != nil {
		return nil, fmt.Errorf("shape %s: %w", id, err)
	}
	c.done[id] = s
	return s, nil
}

func (c *compiler) read(n rdf.Term, id rdf.IRI, depth int) (*shape, error) {
	s := &shape{id: id, severity: Violation}
	if err := c.head(n, s); err != nil {
		return nil, err
	}
	switch p := c.g.objects(n, SH+"path"); {
	case len(p) > 1:
		return nil, fmt.Errorf("it has %d paths; a property shape has one", len(p))
	case len(p) == 1:
		var err error
		if s.path, err = c.path(p[0], 0); err != nil {
			return nil, err
		}
	case c.g.has(n, rdf.Type, rdf.Ref(SH+"PropertyShape")):
		return nil, fmt.Errorf("it is a property shape without sh:path")
	}
	err := c.parameters(n, s, depth)
	return s, err
}

// head reads what is not a constraint: targets, severity, messages, whether it
// is in force.
func (c *compiler) head(n rdf.Term, s *shape) error {
	s.target.nodes = slices.Clone(c.g.objects(n, SH+"targetNode"))
	for name, to := range map[rdf.IRI]*[]rdf.IRI{SH + "targetClass": &s.target.classes, SH + "targetSubjectsOf": &s.target.subjectsOf, SH + "targetObjectsOf": &s.target.objectsOf} {
		for _, o := range c.g.objects(n, name) {
			if !o.IsIRI() {
				return fmt.Errorf("%s is the literal %q", name, o.Value())
			}
			*to = append(*to, rdf.IRI(o.Value()))
		}
	}
	if !isBlank(n) && c.g.isA(n, rdfsClass) && (c.g.isA(n, SH+"NodeShape") || c.g.isA(n, SH+"PropertyShape")) {
		s.target.classes = append(s.target.classes, s.id) // 2.1.3.3
	}
	sev, err := c.one(n, SH+"severity")
	if err != nil {
		return err
	}
	if sev != nil {
		if !sev.IsIRI() {
			return fmt.Errorf("the severity %q is a literal", sev.Value())
		}
		s.severity = rdf.IRI(sev.Value())
	}
	off, err := c.flag(n, SH+"deactivated")
	if err != nil {
		return err
	}
	s.deactivated = off
	for _, m := range c.g.objects(n, SH+"message") {
		if m.IsIRI() {
			return fmt.Errorf("the message %s is not a text", m.Value())
		}
		s.messages = append(s.messages, Message{Lang: m.Lang(), Text: m.Value()})
	}
	slices.SortFunc(s.messages, func(a, b Message) int {
		return cmp.Or(strings.Compare(a.Lang, b.Lang), strings.Compare(a.Text, b.Text))
	})
	return nil
}

// one gives the value of a parameter that may be given once; nil if it is not.
func (c *compiler) one(n rdf.Term, p rdf.IRI) (*rdf.Term, error) {
	values := c.g.objects(n, p)
	switch len(values) {
	case 0:
		return nil, nil
	case 1:
		return &values[0], nil
	}
	return nil, fmt.Errorf("%s is given %d times; once is allowed", p, len(values))
}

// flag reads a parameter that is true or false; absent is false. Only the text
// "true" switches it on (4.4.5, 4.8.1), "1" does not.
func (c *compiler) flag(n rdf.Term, p rdf.IRI) (bool, error) {
	t, err := c.one(n, p)
	if t == nil || err != nil {
		return false, err
	}
	if t.Datatype() != rdf.XSD+"boolean" || !lexical(t.Datatype(), t.Value()) {
		return false, fmt.Errorf("%s is %q, not true or false", p, t.Value())
	}
	return t.Value() == "true", nil
}

// number reads a parameter that is a whole number; ok is false if it is absent.
func (c *compiler) number(n rdf.Term, p rdf.IRI) (i int, ok bool, err error) {
	t, err := c.one(n, p)
	if t == nil || err != nil {
		return 0, false, err
	}
	i, err = strconv.Atoi(t.Value())
	if err != nil || i < 0 || i > math.MaxInt32 || t.IsIRI() {
		return 0, false, fmt.Errorf("%s is %q, not a whole number from 0", p, t.Value())
	}
	return i, true, nil
}
