package connect

import (
	"fmt"

	"cel.dev/cel-go/cel"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/vocab"
)

// maxSubs bounds how deep attributes are nested.
const maxSubs = 4

// attributes compiles the attributes of an entity or of an attribute.
func (c *compiler) attributes(lang *language, ps pairs, where string, depth int) ([]attrRule, error) {
	if depth > maxSubs {
		return nil, ps[0].name.bad("attributes are nested deeper than %d", maxSubs)
	}
	var out []attrRule
	for _, p := range ps {
		a, err := c.attribute(lang, p, where, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (c *compiler) attribute(lang *language, p pair, where string, depth int) (attrRule, error) {
	r := attrRule{where: where + ".attributes." + p.name.text}
	s, err := p.attr()
	if err != nil {
		return r, err
	}
	if r.name, err = c.name(p.name); err != nil {
		return r, err
	}
	if err := c.source(lang, &r, &s, p.name); err != nil {
		return r, err
	}
	for _, e := range []struct {
		to   **expr
		src  located
		want []*cel.Type
	}{{&r.observedAt, s.ObservedAt, timeTypes()}, {&r.when, s.When, []*cel.Type{cel.BoolType}}, {&r.dataset, s.Dataset, []*cel.Type{cel.StringType}}} {
		if *e.to, err = c.optional(lang, e.src, e.want...); err != nil {
			return r, err
		}
	}
	r.static, r.required, r.unit = s.Static, s.Required, s.Unit.text
	if r.static && r.observedAt != nil {
		return r, s.ObservedAt.bad("a static attribute has no observedAt")
	}
	if r.unit != "" && r.kind != entity.Property {
		return r, s.Unit.bad("a %s has no unit", r.kind)
	}
	switch s.OnNull.text {
	case "", "omit":
	case "delete":
		r.onNull = remove
	default:
		return r, s.OnNull.bad("onNull is omit or delete")
	}
	if r.nulls, err = nullValues(p.name, s.Nulls); err != nil {
		return r, err
	}
	if r.classes, err = c.classes(lang, s.Classify); err != nil {
		return r, err
	}
	r.subs, err = c.attributes(lang, s.Subs, r.where, depth+1)
	return r, err
}

// source compiles where the value comes from, and with it the kind.
func (c *compiler) source(lang *language, r *attrRule, s *attrSpec, name located) (err error) {
	given := 0
	for _, there := range []bool{s.Value.set(), s.Languages != nil, s.Relationship.set(), s.Point != nil, s.Geometry.set()} {
		if there {
			given++
		}
	}
	if given != 1 {
		return name.bad("the attribute %s needs one of value, languages, relationship, point and geometry", name.text)
	}
	if s.Type != "" && !s.Value.set() {
		return name.bad("type goes with value only: the others say what they are")
	}
	switch {
	case s.Languages != nil:
		r.kind = entity.LanguageProperty
		for _, p := range s.Languages {
			src, err := p.text()
			if err != nil {
				return err
			}
			e, err := lang.compile(src, cel.StringType)
			if err != nil {
				return err
			}
			r.languages = append(r.languages, let{p.name.text, e})
		}
	case s.Relationship.set():
		r.kind = entity.Relationship
		r.value, err = lang.compile(s.Relationship, cel.StringType, cel.ListType(cel.StringType))
	case s.Geometry.set():
		r.kind = entity.GeoProperty
		r.geometry, err = lang.compile(s.Geometry)
	case s.Point != nil:
		r.kind = entity.GeoProperty
		if len(s.Point) != 2 {
			return name.bad("point is a list of two expressions: easting or longitude, then northing or latitude")
		}
		for _, src := range s.Point {
			e, err := lang.compile(src)
			if err != nil {
				return err
			}
			r.point = append(r.point, e)
		}
	default:
		r.kind = entity.Property
		if s.Type != "" {
			k, ok := entity.ParseKind(s.Type)
			switch k {
			case entity.Property, entity.JSONProperty, entity.VocabProperty, entity.ListProperty, entity.LanguageProperty:
			default:
				ok = false
			}
			if !ok {
				return name.bad("type is Property, JsonProperty, VocabProperty, ListProperty or LanguageProperty, not %.40q", s.Type)
			}
			r.kind = k
		}
		r.value, err = lang.compile(s.Value)
	}
	if err == nil && r.name == vocab.Location && r.kind != entity.GeoProperty {
		return name.bad("location is a place: give point or geometry")
	}
	return err
}

// nullValues reads the values that stand for "unknown".
func nullValues(name located, vs []any) ([]jsontree.Node, error) {
	var out []jsontree.Node
	for _, v := range vs {
		switch x := v.(type) {
		case string:
			out = append(out, jsontree.StringNode(x))
		case bool:
			out = append(out, jsontree.BoolNode(x))
		case int64, uint64, float64:
			n, err := jsontree.NumberNode(fmt.Sprint(x))
			if err != nil {
				return nil, name.bad("nulls: %v is no number of JSON", x)
			}
			out = append(out, n)
		default:
			return nil, name.bad("nulls lists texts, numbers, true and false")
		}
	}
	return out, nil
}
