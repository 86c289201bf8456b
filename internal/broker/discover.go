package broker

import (
	"context"
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

func tally(m map[entity.Name]*attrTally, name entity.Name, e *entity.Entity) {
	t := m[name]
	if t == nil {
		t = &attrTally{types: map[entity.Name]bool{}}
		m[name] = t
	}
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			t.count++
			t.kinds[e.Attrs[i].Kind] = true
		}
	}
	for _, ty := range e.Types {
		t.types[ty] = true
	}
}

// survey walks what the caller may see and counts. It reads every match, so
// it costs time in proportion to the space.
func (b *Broker) survey(ctx context.Context, c Call, q *query.Query) ([]TypeInfo, []AttrInfo, error) {
	type typeTally struct {
		count int
		attrs map[entity.Name]*attrTally
	}
	types, attrs := map[entity.Name]*typeTally{}, map[entity.Name]*attrTally{}
	err := b.Walk(ctx, c, q, 0, func(e *entity.Entity) bool {
		names := make([]entity.Name, 0, len(e.Attrs))
		for i := range e.Attrs {
			if !slices.Contains(names, e.Attrs[i].Name) {
				names = append(names, e.Attrs[i].Name)
			}
		}
		for _, n := range names {
			tally(attrs, n, e)
		}
		for _, ty := range e.Types {
			t := types[ty]
			if t == nil {
				t = &typeTally{attrs: map[entity.Name]*attrTally{}}
				types[ty] = t
			}
			t.count++
			for _, n := range names {
				tally(t.attrs, n, e)
			}
		}
		return true
	})
	if err != nil {
		return nil, nil, err
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
