package shacl

import (
	"fmt"
	"slices"

	"github.com/beffroi/beffroi/internal/rdf"
)

// child compiles a shape that another one refers to.
func (c *compiler) child(of *shape, n rdf.Term, depth int) (*shape, error) {
	s, err := c.shape(n, depth+1)
	if err != nil {
		return nil, err
	}
	of.height = max(of.height, s.height+1)
	if of.height > c.lim.Depth {
		return nil, fmt.Errorf("%s has more than %d levels of shapes below it", of.id, c.lim.Depth)
	}
	return s, nil
}

func (c *compiler) children(of *shape, ns []rdf.Term, depth int) ([]*shape, error) {
	var out []*shape
	for _, n := range ns {
		s, err := c.child(of, n, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// logic: not, and, or, xone (4.6).
func (c *compiler) logic(n rdf.Term, s *shape, depth int) error {
	nots, err := c.children(s, c.g.objects(n, SH+"not"), depth)
	if err != nil {
		return err
	}
	for _, not := range nots {
		s.add("Not", each(func(v *run, x rdf.Term) bool { return !v.conforms(not, x) }))
	}
	for _, l := range []struct {
		param, name rdf.IRI
		ok          func(met, all int) bool
	}{
		{"and", "And", func(met, all int) bool { return met == all }},
		{"or", "Or", func(met, _ int) bool { return met > 0 }},
		{"xone", "Xone", func(met, _ int) bool { return met == 1 }},
	} {
		for _, head := range c.g.objects(n, SH+l.param) {
			list, err := c.g.list(head)
			if err != nil {
				return err
			}
			of, err := c.children(s, list, depth)
			if err != nil {
				return err
			}
			s.add(l.name, each(func(v *run, x rdf.Term) bool { return l.ok(v.met(of, x), len(of)) }))
		}
	}
	return nil
}

// met counts the shapes that a node meets.
func (v *run) met(of []*shape, x rdf.Term) int {
	n := 0
	for _, s := range of {
		if v.conforms(s, x) {
			n++
		}
	}
	return n
}

// nested: node, property (4.7.1, 4.7.2).
func (c *compiler) nested(n rdf.Term, s *shape, depth int) error {
	nodes, err := c.children(s, c.g.objects(n, SH+"node"), depth)
	if err != nil {
		return err
	}
	for _, of := range nodes {
		s.add("Node", each(func(v *run, x rdf.Term) bool { return v.conforms(of, x) }))
	}
	properties, err := c.children(s, c.g.objects(n, SH+"property"), depth)
	if err != nil {
		return err
	}
	for _, of := range properties {
		if of.path == nil && len(c.g.g.Of(of.id)) == 0 {
			c.undescribed[of.id] = true
			continue
		}
		if of.path == nil {
			return fmt.Errorf("its property %s has no sh:path", of.id)
		}
		s.add("Property", func(k *checking) {
			for _, x := range k.values {
				k.validate(of, x, k.found)
			}
		})
	}
	return nil
}

// qualified: qualifiedValueShape with its counts (4.7.3).
func (c *compiler) qualified(n rdf.Term, s *shape, depth int) error {
	shapes := c.g.objects(n, SH+"qualifiedValueShape")
	if len(shapes) == 0 {
		return nil
	}
	if s.path == nil {
		return fmt.Errorf("it has sh:qualifiedValueShape, but no path")
	}
	of, err := c.children(s, shapes, depth)
	if err != nil {
		return err
	}
	low, hasLow, err := c.number(n, SH+"qualifiedMinCount")
	if err != nil {
		return err
	}
	high, hasHigh, err := c.number(n, SH+"qualifiedMaxCount")
	if err != nil {
		return err
	}
	apart, err := c.flag(n, SH+"qualifiedValueShapesDisjoint")
	if err != nil {
		return err
	}
	var siblings []*shape
	if apart {
		if siblings, err = c.siblings(n, s, shapes, depth); err != nil {
			return err
		}
	}
	for _, q := range of {
		count := func(k *checking) int {
			got := 0
			for _, x := range k.values {
				if k.conforms(q, x) && k.met(siblings, x) == 0 {
					got++
				}
			}
			return got
		}
		if hasLow {
			s.add("QualifiedMinCount", func(k *checking) {
				if count(k) < low {
					k.fail()
				}
			})
		}
		if hasHigh {
			s.add("QualifiedMaxCount", func(k *checking) {
				if count(k) > high {
					k.fail()
				}
			})
		}
	}
	return nil
}

// siblings are the qualified shapes of the other properties of each shape that
// has this property.
func (c *compiler) siblings(n rdf.Term, s *shape, own []rdf.Term, depth int) ([]*shape, error) {
	var all []rdf.Term
	for _, parent := range c.g.g.Subjects(SH+"property", n) {
		for _, p := range c.g.objects(rdf.Ref(parent), SH+"property") {
			all = append(all, c.g.objects(p, SH+"qualifiedValueShape")...)
		}
	}
	all = slices.DeleteFunc(distinct(all), func(t rdf.Term) bool { return slices.Contains(own, t) })
	return c.children(s, all, depth)
}
