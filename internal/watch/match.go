package watch

import (
	"slices"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/query"
)

// Changed gives the deltas of r that s is about: its watched attributes,
// without those that were written again with the same content. That datasets
// are named changes what a notification shows, not what sets one off
// (CIM 009, 5.8.6).
func (s *Subscription) Changed(r *change.Record) []change.Delta {
	var out []change.Delta
	for _, d := range r.Deltas {
		if s.Watches(d.Name()) && !d.Same() {
			out = append(out, d)
		}
	}
	return out
}

// Watches reports whether n is one of the watched attributes.
func (s *Subscription) Watches(n entity.Name) bool {
	return s.Watched == nil || slices.Contains(s.Watched, n)
}

// fact is a record with what is worked out once for all subscriptions that
// may be about it. It belongs to one goroutine.
type fact struct {
	r     *change.Record
	state *entity.Entity // what conditions are evaluated on; nil if nothing is to be notified
	what  []happened
	kinds Trigger // all of what, and what became of the entity
	cells []placed
	nums  []spread
}

// spread is what numbers an attribute of the state has.
type spread struct {
	name      entity.Name
	low, high float64
	plain     bool
}

// happened is what became of one attribute instance; 0 if it was written again
// with the same content.
type happened struct {
	name entity.Name
	kind Trigger
}

// placed is where a GeoProperty of the state is.
type placed struct {
	name  entity.Name
	cells []uint64
}

// factOf works out what r means.
func factOf(r *change.Record) fact {
	f := fact{r: r, state: StateOf(r)}
	if f.state == nil {
		return f
	}
	f.what = make([]happened, 0, len(r.Deltas))
	for _, d := range r.Deltas {
		h := happened{name: d.Name()}
		switch {
		case d.Before == nil:
			h.kind = AttributeCreated
		case d.After == nil:
			h.kind = AttributeDeleted
		case !d.Same():
			h.kind = AttributeUpdated
		}
		f.what = append(f.what, h)
		f.kinds |= h.kind
	}
	switch r.Kind {
	case change.Created:
		f.kinds |= EntityCreated
	case change.Deleted:
		f.kinds |= EntityDeleted
	}
	return f
}

// numbersOf is query.NumbersOf for the state, worked out once.
func (f *fact) numbersOf(name entity.Name) (low, high float64, plain bool) {
	for i := range f.nums {
		if n := &f.nums[i]; n.name == name {
			return n.low, n.high, n.plain
		}
	}
	low, high, plain = query.NumbersOf(f.state, name)
	f.nums = append(f.nums, spread{name, low, high, plain})
	return low, high, plain
}

// cellsOf gives the cells in which the GeoProperty is, for a first, generous
// look.
func (f *fact) cellsOf(name entity.Name) []uint64 {
	for i := range f.cells {
		if f.cells[i].name == name {
			return f.cells[i].cells
		}
	}
	p := placed{name: name}
	for i := range f.state.Attrs {
		if a := &f.state.Attrs[i]; a.Name == name {
			if g, ok := query.GeometryOf(a); ok {
				p.cells = append(p.cells, g.Cells()...)
			}
		}
	}
	f.cells = append(f.cells, p)
	return p.cells
}

// Due reports whether r is to be notified to s, throttling aside: s is active
// at the time of the record, the entity is one of s's, the kind of change is
// one of its triggers, and the conditions hold on the state after the change
// (for a deletion: before it).
func (s *Subscription) Due(r *change.Record, look query.Lookup) bool {
	f := factOf(r)
	return s.due(&f, look)
}

// due is Due; the cheap conditions come first.
func (s *Subscription) due(f *fact, look query.Lookup) bool {
	r := f.r
	if f.state == nil || s.Interval > 0 || s.Tenant != ScopeOf(r.Tenant, r.Layer) || s.Status(r.Time) != "active" {
		return false
	}
	if !s.triggered(f) || !s.selects(f.state) {
		return false
	}
	if s.near != nil && !slices.ContainsFunc(f.cellsOf(s.Query.Geo.Property), s.near.Contains) {
		return false
	}
	return s.Query.Match(f.state, look)
}

// StateOf gives the state that conditions are evaluated on: after the change
// or, when the entity is gone, as it was before. Nil for a record that
// changed no state.
func StateOf(r *change.Record) *entity.Entity {
	if r.Kind == change.Recorded {
		return nil
	}
	if r.After != nil {
		return r.After
	}
	if r.Before == nil {
		return nil
	}
	e := *r.Before
	for _, d := range r.Deltas {
		if d.Before != nil {
			e.Attrs = append(e.Attrs, *d.Before)
		}
	}
	return &e
}

func (s *Subscription) selects(e *entity.Entity) bool {
	if len(s.Selectors) == 0 {
		return true
	}
	for i := range s.Selectors {
		if s.Selectors[i].matches(e) {
			return true
		}
	}
	return false
}

// triggered reports whether what happened is among what sets s off. With an
// entity all its attributes are deleted, and with a new one all are created.
func (s *Subscription) triggered(f *fact) bool {
	switch {
	case f.r.Kind == change.Deleted && s.Triggers&EntityDeleted != 0 && s.hasWatched(f.state),
		f.r.Kind == change.Created && s.Triggers&EntityCreated != 0 && s.hasWatched(f.state):
		return true
	}
	for i := range f.what {
		if f.what[i].kind&s.Triggers != 0 && s.Watches(f.what[i].name) {
			return true
		}
	}
	return false
}

func (s *Subscription) hasWatched(e *entity.Entity) bool {
	return s.Watched == nil || slices.ContainsFunc(s.Watched, e.Has)
}

// Queries gives the questions whose answers together are the entities that s
// is about now; an entity may answer several.
func (s *Subscription) Queries() []query.Query {
	if len(s.Selectors) == 0 {
		return []query.Query{s.Query}
	}
	out := make([]query.Query, len(s.Selectors))
	for i := range s.Selectors {
		sel := &s.Selectors[i]
		out[i] = s.Query
		out[i].IDs, out[i].IDPattern, out[i].Types = sel.IDs, sel.Pattern, sel.Types
	}
	return out
}
