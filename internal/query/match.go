package query

import (
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
)

// Match reports whether q selects e: whether e is alive at q.Now, can be seen
// under q.Access, and meets every condition of q. look finds linked entities;
// nil finds none. It neither changes nor keeps e.
//
// It is for those who have e whole and want to know only yes or no; See also
// takes away what the asker may not see.
func (q *Query) Match(e *entity.Entity, look Lookup) bool {
	if e == nil || q.Now != 0 && e.ExpiresAt != 0 && e.ExpiresAt <= q.Now {
		return false
	}
	if q.Access != nil {
		if e = q.Access.Mask(e); e == nil {
			return false
		}
	}
	return q.holds(e, look)
}

// holds decides the conditions of q on a state that was masked already. The
// cheap ones come first.
func (q *Query) holds(e *entity.Entity, look Lookup) bool {
	if !matchID(q.IDs, q.IDPattern, e.ID) || !q.kindHolds(e) {
		return false
	}
	if !q.asksAttrs() {
		return true
	}
	return q.holdsFor(&Subject{Entity: e, Look: look, Datasets: q.Datasets, Now: q.Now})
}

// holdsFor decides what q asks of attributes.
func (q *Query) holdsFor(s *Subject) bool {
	if q.Attrs != nil && !slices.ContainsFunc(q.Attrs, s.has) {
		return false
	}
	if q.Geo != nil && !q.Geo.match(s) {
		return false
	}
	return q.Filter == nil || q.Filter.Eval(s) == True
}

// kindHolds decides what q asks of types and scopes.
func (q *Query) kindHolds(e *entity.Entity) bool {
	return q.Types.Match(e.Types) && q.Scope.Match(e.Scopes)
}

func (q *Query) asksAttrs() bool { return q.Attrs != nil || q.Filter != nil || q.Geo != nil }

// matchID: an id takes precedence over a pattern (CIM 009, 5.2.33).
func matchID(ids []entity.ID, p *Pattern, id entity.ID) bool {
	if ids != nil {
		return slices.Contains(ids, id)
	}
	return p.MatchString(string(id))
}

// Needs gives the attributes that q's conditions look at in an entity itself,
// without repetition; system attributes among them.
func (q *Query) Needs() []entity.Name {
	out := make([]entity.Name, 0, 4)
	add := func(n entity.Name) {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, n := range q.Attrs {
		add(n)
	}
	if q.Filter != nil {
		q.Filter.names(add)
	}
	if q.Geo != nil {
		add(q.Geo.Property)
	}
	if q.Access != nil {
		for i := range q.Access.Any {
			for _, n := range q.Access.Any[i].Needs() {
				add(n)
			}
		}
	}
	return out
}

// Reads gives the attributes of an entity that answering q takes: those
// Wanted and those that the conditions need. It is false if that is all.
func (q *Query) Reads() ([]entity.Name, bool) {
	if q.Wanted == nil {
		return nil, false
	}
	out := q.Needs()
	for _, n := range q.Wanted {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out, true
}

// TypeCover gives types of which every entity that q selects has at least
// one; nil if there is no such set.
func (q *Query) TypeCover() []entity.Name {
	if q.Types != nil {
		return q.Types.Cover()
	}
	if q.Access == nil {
		return nil
	}
	out := []entity.Name{}
	for i := range q.Access.Any {
		c := q.Access.Any[i].TypeCover()
		if c == nil {
			return nil
		}
		for _, t := range c {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out
}

// LinkDepth gives the greatest number of Relationships that a condition of q
// follows one after the other.
func (q *Query) LinkDepth() int { return linkDepth(q.Filter) }

func linkDepth(x Expr) int {
	n := 0
	switch x := x.(type) {
	case And:
		for _, y := range x {
			n = max(n, linkDepth(y))
		}
	case Or:
		for _, y := range x {
			n = max(n, linkDepth(y))
		}
	case Not:
		n = linkDepth(x.X)
	case Within:
		n = linkDepth(x.X)
	case *Test:
		n = len(x.Path.Links)
	}
	return n
}
