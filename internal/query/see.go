package query

import (
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
)

// See gives e as the asker may see it, or nil if it does not match: without
// what has expired by q.Now and without what q.Access hides. It is the one
// gate through which every state passes on its way out.
func (q *Query) See(e *entity.Entity, look Lookup) *entity.Entity {
	e = q.Access.Mask(e.Alive(q.Now))
	if e == nil || !q.holds(e, look) {
		return nil
	}
	return e
}

// Seer is See for one who asks about many entities, one after the other.
type Seer struct {
	q   *Query
	s   Subject
	ids map[entity.ID]bool // those of q, if they are many
}

// manyIDs is how many ids are worth a table.
const manyIDs = 32

// Seer gives what sees for q; look finds linked entities.
func (q *Query) Seer(look Lookup) *Seer {
	x := &Seer{q: q, s: Subject{Look: look, Datasets: q.Datasets, Now: q.Now}}
	if len(q.IDs) > manyIDs {
		x.ids = make(map[entity.ID]bool, len(q.IDs))
		for _, id := range q.IDs {
			x.ids[id] = true
		}
	}
	return x
}

// See is Query.See.
func (x *Seer) See(e *entity.Entity) *entity.Entity {
	e = x.q.Access.Mask(e.Alive(x.q.Now))
	if e == nil || x.ids != nil && !x.ids[e.ID] || x.ids == nil && !matchID(x.q.IDs, x.q.IDPattern, e.ID) || !x.q.kindHolds(e) {
		return nil
	}
	if x.q.asksAttrs() {
		x.s.Entity, x.s.lookups = e, 0
		if !x.q.holdsFor(&x.s) {
			return nil
		}
	}
	return e
}

// Mask gives e without the attributes that a hides, and nil if a does not let
// e be seen at all. A nil a lets everything be seen.
func (a *Access) Mask(e *entity.Entity) *entity.Entity {
	if a == nil || e == nil {
		return e
	}
	seen := false
	for i := range a.Any {
		if a.Any[i].Match(e, nil) {
			seen = true
			break
		}
	}
	if !seen {
		return nil
	}
	hidden := func(i entity.Instance) bool { return slices.Contains(a.Hidden, i.Name) }
	if !slices.ContainsFunc(e.Attrs, hidden) {
		return e
	}
	out := *e
	out.Attrs = slices.DeleteFunc(slices.Clone(e.Attrs), hidden)
	return &out
}
