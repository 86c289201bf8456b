package broker

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
)

// TypeInfo describes one entity type as it is met in a space
// (CIM 009, 5.2.24 to 5.2.26).
type TypeInfo struct {
	Type  entity.Name
	Count int
	Attrs []AttrInfo // in order of name
}

// AttrInfo describes one attribute as it is met in a space
// (CIM 009, 5.2.27 and 5.2.28).
type AttrInfo struct {
	Name  entity.Name
	Count int           // instances of it, several of one entity among them
	Kinds []entity.Kind // attribute types met, in their order of declaration
	Types []entity.Name // entity types that have it, in order of name
}

// TypeNames lists the types in use, in order of name (CIM 009, 5.7.5).
func (b *Broker) TypeNames(ctx context.Context, c Call) ([]entity.Name, error) {
	var out []entity.Name
	counts, known, err := b.counts(ctx, c)
	switch {
	case err != nil:
		return nil, err
	case known:
		out = slices.Collect(maps.Keys(counts))
	default:
		types, err := b.Types(ctx, c)
		if err != nil {
			return nil, err
		}
		for i := range types {
			out = append(out, types[i].Type)
		}
	}
	slices.Sort(out)
	return out, nil
}

// Types lists the types in use with their attributes, in order of name
// (CIM 009, 5.7.5 and 5.7.6).
func (b *Broker) Types(ctx context.Context, c Call) ([]TypeInfo, error) {
	types, _, err := b.survey(ctx, c, &query.Query{})
	return types, err
}

// Type describes one type (CIM 009, 5.7.7).
//
// Errors: problem.ResourceNotFound if no entity has it.
func (b *Broker) Type(ctx context.Context, c Call, t entity.Name) (TypeInfo, error) {
	types, _, err := b.survey(ctx, c, &query.Query{Types: query.OneType(t)})
	if err != nil {
		return TypeInfo{}, err
	}
	for _, ti := range types {
		if ti.Type == t {
			return ti, nil
		}
	}
	return TypeInfo{}, problem.New(problem.ResourceNotFound, "no entity has the type %s", t)
}

// Attributes lists the attributes in use, in order of name (CIM 009, 5.7.8
// and 5.7.9).
func (b *Broker) Attributes(ctx context.Context, c Call) ([]AttrInfo, error) {
	_, attrs, err := b.survey(ctx, c, &query.Query{})
	return attrs, err
}

// Attribute describes one attribute (CIM 009, 5.7.10).
//
// Errors: problem.ResourceNotFound if no entity has it.
func (b *Broker) Attribute(ctx context.Context, c Call, name entity.Name) (AttrInfo, error) {
	_, attrs, err := b.survey(ctx, c, &query.Query{Attrs: []entity.Name{name}})
	if err != nil {
		return AttrInfo{}, err
	}
	for _, a := range attrs {
		if a.Name == name {
			return a, nil
		}
	}
	return AttrInfo{}, problem.New(problem.ResourceNotFound, "no entity has the attribute %s", name)
}

type attrTally struct {
	count int
	kinds [16]bool
	types map[entity.Name]bool
}

func (t *attrTally) info(name entity.Name) AttrInfo {
	a := AttrInfo{Name: name, Count: t.count}
	for k, met := range t.kinds {
		if met {
			a.Kinds = append(a.Kinds, entity.Kind(k))
		}
	}
	for ty := range t.types {
		a.Types = append(a.Types, ty)
	}
	slices.Sort(a.Types)
	return a
}

// shape is what entities have in common that have the same types and the
// same attributes, in the same order: most of a city are of few shapes.
type shape struct {
	count int
	types []entity.Name
	attrs []shapeAttr
}

type shapeAttr struct {
	name entity.Name
	kind entity.Kind
}

// shapes counts entities by shape.
type shapes struct {
	byKey map[string]*shape
	key   []byte
}

func (ss *shapes) add(e *entity.Entity) {
	k := ss.key[:0]
	for _, t := range e.Types {
		k = append(append(k, t...), 0)
	}
	k = append(k, 1)
	for i := range e.Attrs {
		k = append(append(k, e.Attrs[i].Name...), 0, byte(e.Attrs[i].Kind))
	}
	ss.key = k
	s := ss.byKey[string(k)]
	if s == nil {
		s = &shape{types: slices.Clone(e.Types)}
		for i := range e.Attrs {
			s.attrs = append(s.attrs, shapeAttr{e.Attrs[i].Name, e.Attrs[i].Kind})
		}
		ss.byKey[string(k)] = s
	}
	s.count++
}

// tally adds the attributes of s to m.
func (s *shape) tally(m map[entity.Name]*attrTally) {
	for _, a := range s.attrs {
		t := m[a.name]
		if t == nil {
			t = &attrTally{types: map[entity.Name]bool{}}
			m[a.name] = t
		}
		t.count += s.count
		t.kinds[a.kind] = true
		for _, ty := range s.types {
			t.types[ty] = true
		}
	}
}

// survey walks what the caller may see and counts. It looks at every match,
// so it costs time in proportion to the space (CIM 009, 5.7.11).
func (b *Broker) survey(ctx context.Context, c Call, q *query.Query) ([]TypeInfo, []AttrInfo, error) {
	met := shapes{byKey: map[string]*shape{}}
	err := b.Walk(ctx, c, q, 0, func(e *entity.Entity) bool { met.add(e); return true })
	if err != nil {
		return nil, nil, err
	}
	type typeTally struct {
		count int
		attrs map[entity.Name]*attrTally
	}
	types, attrs := map[entity.Name]*typeTally{}, map[entity.Name]*attrTally{}
	for _, s := range met.byKey {
		s.tally(attrs)
		for _, ty := range s.types {
			t := types[ty]
			if t == nil {
				t = &typeTally{attrs: map[entity.Name]*attrTally{}}
				types[ty] = t
			}
			t.count += s.count
			s.tally(t.attrs)
		}
	}
	tis := make([]TypeInfo, 0, len(types))
	for ty, t := range types {
		tis = append(tis, TypeInfo{Type: ty, Count: t.count, Attrs: infos(t.attrs)})
	}
	slices.SortFunc(tis, func(x, y TypeInfo) int { return strings.Compare(string(x.Type), string(y.Type)) })
	return tis, infos(attrs), nil
}

func infos(m map[entity.Name]*attrTally) []AttrInfo {
	out := make([]AttrInfo, 0, len(m))
	for n, t := range m {
		out = append(out, t.info(n))
	}
	slices.SortFunc(out, func(x, y AttrInfo) int { return strings.Compare(string(x.Name), string(y.Name)) })
	return out
}
