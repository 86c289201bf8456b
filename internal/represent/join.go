package represent

import (
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// Join shows the entities that Relationships lead to (CIM 009, 4.5.23). It
// belongs to one answer and is used by one goroutine.
type Join struct {
	// Level is how many Relationships in a row are followed, from 1 on.
	Level int
	// Look gives an entity as the asker may see it, nil if there is none: then
	// the Relationship stays as it is.
	Look func(entity.ID) *entity.Entity
	// ContainedBy are entities that the asker has met already: they are not
	// shown again.
	ContainedBy []entity.ID
	// Most bounds the linked entities in one answer; Over is set when there
	// are more, and the answer is then not to be used.
	Most int
	Over bool

	shown int
}

// Shown is an entity with the view that it is to be shown by.
type Shown struct {
	View   *View
	Entity *entity.Entity
}

// inline is where inline linked entities are to be shown: with them on the
// way from the top, no entity is shown within itself.
type inline struct {
	join  *Join
	depth int
	above *inline
	id    entity.ID
}

// Inline gives v so that linked entities are shown within the Relationships
// that lead to them (CIM 009, 4.5.23.2).
func (v *View) Inline(j *Join) *View {
	out := *v
	out.inline = &inline{join: j, depth: j.Level}
	return &out
}

// Flat gives es and, behind them, the entities that they are linked to, each
// once, those fewest steps away first (CIM 009, 4.5.23.3).
func (v *View) Flat(j *Join, es []*entity.Entity) []Shown {
	out := make([]Shown, 0, 2*len(es))
	met := make(map[entity.ID]bool, 2*len(es))
	for _, id := range j.ContainedBy {
		met[id] = true
	}
	for _, e := range es {
		out, met[e.ID] = append(out, Shown{v, e}), true
	}
	from := 0
	for range j.Level {
		to := len(out)
		for _, s := range out[from:to] {
			for name, id := range s.View.links(s.Entity) {
				if met[id] {
					continue
				}
				met[id] = true
				if e := j.find(id); e != nil {
					out = append(out, Shown{s.View.linked(name), e})
				}
			}
		}
		if from = to; from == len(out) {
			break
		}
	}
	return out
}

// find looks up a linked entity, within the bounds of the answer.
func (j *Join) find(id entity.ID) *entity.Entity {
	if j.Over {
		return nil
	}
	e := j.Look(id)
	if e != nil {
		if j.shown++; j.shown > j.Most {
			j.Over = true
			return nil
		}
	}
	return e
}

// linked gives the view of what the Relationship name leads to: projections
// are those in its braces.
func (v *View) linked(name entity.Name) *View {
	out := *v
	out.Pick, out.Omit = v.Pick.beyond(name), v.Omit.beyond(name)
	out.InlineContext, out.Previous = v.InlineContext && v.inline == nil, nil
	return &out
}

func (m *Members) beyond(name entity.Name) *Members {
	if m == nil {
		return nil
	}
	return m.Linked[name]
}

// links yields the targets of the Relationships of e that v shows.
func (v *View) links(e *entity.Entity) func(yield func(entity.Name, entity.ID) bool) {
	return func(yield func(entity.Name, entity.ID) bool) {
		for i := range e.Attrs {
			a := &e.Attrs[i]
			if a.Kind != entity.Relationship && a.Kind != entity.ListRelationship || !v.shows(a.Name) || !v.keeps(a.Dataset) {
				continue
			}
			for _, id := range targets(a) {
				if !yield(a.Name, id) {
					return
				}
			}
		}
	}
}

// targets gives the ids that a Relationship has, in their order.
func targets(a *entity.Instance) []entity.ID {
	n, err := jsontree.Parse(a.Value, jsontree.Limits{})
	if err != nil {
		return nil
	}
	one := func(n jsontree.Node) entity.ID {
		if o, ok := n.Get("object"); ok {
			n = o
		}
		return entity.ID(n.Str())
	}
	if n.Kind() != jsontree.Array {
		return []entity.ID{one(n)}
	}
	out := make([]entity.ID, 0, n.Len())
	for _, item := range n.Items() {
		out = append(out, one(item))
	}
	return out
}

// follow gives what a leads to, one for each target: nil where there is
// nothing to be shown. view is what to show them by.
func (v *View) follow(a *entity.Instance) (ids []entity.ID, es []*entity.Entity, view *View) {
	if v.inline == nil || v.inline.depth == 0 || a.Kind != entity.Relationship && a.Kind != entity.ListRelationship {
		return nil, nil, nil
	}
	ids = targets(a)
	es = make([]*entity.Entity, len(ids))
	for i, id := range ids {
		if !v.inline.has(id) {
			es[i] = v.inline.join.find(id)
		}
	}
	return ids, es, v.linked(a.Name)
}

// has reports whether id is on the way to here, or was met before.
func (x *inline) has(id entity.ID) bool {
	for y := x; y != nil; y = y.above {
		if y.id == id {
			return true
		}
	}
	return slices.Contains(x.join.ContainedBy, id)
}

// at gives v for what is within the entity id.
func (v *View) at(id entity.ID) *View {
	if v.inline == nil {
		return v
	}
	out := *v
	x := *v.inline
	x.id = id
	out.inline = &x
	return &out
}

// below gives v one level further down.
func (v *View) below() *View {
	out := *v
	out.inline = &inline{join: v.inline.join, depth: v.inline.depth - 1, above: v.inline}
	return &out
}

// embedded appends the member with what a leads to, if there is anything.
func (v *View) embedded(dst []byte, a *entity.Instance) []byte {
	_, es, view := v.follow(a)
	es = slices.DeleteFunc(es, func(e *entity.Entity) bool { return e == nil })
	if len(es) == 0 {
		return dst
	}
	view = view.below()
	if a.Kind == entity.Relationship {
		dst = key(dst, "entity")
		if a.Value[0] != '[' {
			return view.AppendEntity(dst, es[0])
		}
	} else {
		dst = key(dst, "entityList")
	}
	return view.AppendEntities(dst, es)
}

// joined appends the simplified form of a, with entities in place of the URIs
// that lead to one.
func (v *View) joined(dst []byte, a *entity.Instance) ([]byte, bool) {
	ids, es, view := v.follow(a)
	if !slices.ContainsFunc(es, func(e *entity.Entity) bool { return e != nil }) {
		return dst, false
	}
	view = view.below()
	list := a.Kind == entity.ListRelationship || a.Value[0] == '['
	if list {
		dst = append(dst, '[')
	}
	for i, e := range es {
		if list {
			dst = next(dst)
		}
		if e == nil {
			dst = jsontree.AppendString(dst, string(ids[i]))
			continue
		}
		dst = view.AppendEntity(dst, e)
	}
	if list {
		dst = append(dst, ']')
	}
	return dst, true
}

// AppendShown appends ss as a JSON array.
func AppendShown(dst []byte, ss []Shown) []byte {
	dst = append(dst, '[')
	for _, s := range ss {
		dst = s.View.AppendEntity(next(dst), s.Entity)
	}
	return append(dst, ']')
}

// AppendShownFeatures appends ss as a FeatureCollection whose @context, if
// there is one, is v's.
func (v *View) AppendShownFeatures(dst []byte, ss []Shown) []byte {
	dst = append(dst, `{"type":"FeatureCollection","features":[`...)
	for _, s := range ss {
		dst = s.View.feature(next(dst), s.Entity, false)
	}
	dst = append(dst, ']')
	if v.InlineContext {
		dst = v.context(dst)
	}
	return append(dst, '}')
}
