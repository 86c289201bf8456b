package watch

import (
	"slices"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/query"
)

// Changed gives the deltas of r that s is about: its watched attributes and
// datasets, without those that were written again with the same content.
func (s *Subscription) Changed(r *change.Record) []change.Delta {
	var out []change.Delta
	for _, d := range r.Deltas {
		if s.watches(d) && !d.Same() {
			out = append(out, d)
		}
	}
	return out
}

func (s *Subscription) watches(d change.Delta) bool {
	if s.Watched != nil && !slices.Contains(s.Watched, d.Name()) {
		return false
	}
	if s.Datasets == nil {
		return true
	}
	i := d.After
	if i == nil {
		i = d.Before
	}
	return slices.Contains(s.Datasets, i.Dataset)
}

// Due reports whether r is to be notified to s, throttling aside: s is active
// at the time of the record, the entity is one of s's, the kind of change is
// one of its triggers, and the conditions hold on the state after the change
// (for a deletion: before it).
func (s *Subscription) Due(r *change.Record, look query.Lookup) bool {
	if s.Tenant != r.Tenant || r.Layer != "" || s.Status(r.Time) != "active" {
		return false
	}
	state := StateOf(r)
	if state == nil || !s.selects(state) || !s.triggered(r, state) {
		return false
	}
	q := s.Query
	q.Now = 0 // what counts is the state at the change, also if delivery is later
	return q.Match(state, look)
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

func (s *Subscription) triggered(r *change.Record, state *entity.Entity) bool {
	switch {
	case r.Kind == change.Deleted:
		return s.Triggers&EntityDeleted != 0 && s.hasWatched(state)
	case r.Kind == change.Created && s.Triggers&EntityCreated != 0 && s.hasWatched(state):
		return true
	}
	for _, d := range r.Deltas {
		if !s.watches(d) {
			continue
		}
		switch {
		case d.Before == nil:
			if s.Triggers&AttributeCreated != 0 {
				return true
			}
		case d.After == nil:
			if s.Triggers&AttributeDeleted != 0 {
				return true
			}
		case s.Triggers&AttributeUpdated != 0 && !d.Same():
			return true
		}
	}
	return false
}

func (s *Subscription) hasWatched(e *entity.Entity) bool {
	return s.Watched == nil || slices.ContainsFunc(s.Watched, e.Has)
}

// index finds, for a record, the subscriptions that can be about it, so that
// ten thousand subscriptions on single entities cost one look-up.
type index struct {
	byID   map[entity.ID][]*live
	byType map[entity.Name][]*live
	rest   []*live
}

func newIndex(all map[string]*live) *index {
	x := &index{byID: map[entity.ID][]*live{}, byType: map[entity.Name][]*live{}}
	for _, l := range all {
		x.add(l)
	}
	return x
}

func (x *index) add(l *live) {
	ids, types, ok := keysOf(l.sub)
	switch {
	case !ok:
		x.rest = append(x.rest, l)
	case len(ids) > 0:
		for _, id := range ids {
			x.byID[id] = append(x.byID[id], l)
		}
	default:
		for _, t := range types {
			x.byType[t] = append(x.byType[t], l)
		}
	}
}

// keysOf gives the ids, else the types, one of which every entity of s has;
// ok is false if there is no such list.
func keysOf(s *Subscription) (ids []entity.ID, types []entity.Name, ok bool) {
	if len(s.Selectors) == 0 {
		return nil, nil, false
	}
	for i := range s.Selectors {
		if s.Selectors[i].ID == "" {
			ids = nil
			break
		}
		if !slices.Contains(ids, s.Selectors[i].ID) {
			ids = append(ids, s.Selectors[i].ID)
		}
	}
	if len(ids) > 0 {
		return ids, nil, true
	}
	for i := range s.Selectors {
		if s.Selectors[i].Types == nil {
			return nil, nil, false
		}
		for _, t := range s.Selectors[i].Types.Cover() {
			if !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
	return nil, types, len(types) > 0
}

// candidates calls yield for each subscription that can be about r, each once.
func (x *index) candidates(r *change.Record, yield func(*live)) {
	for _, l := range x.byID[r.ID] {
		yield(l)
	}
	var types []entity.Name
	if r.After != nil {
		types = r.After.Types
	} else if r.Before != nil {
		types = r.Before.Types
	}
	if len(types) == 1 {
		for _, l := range x.byType[types[0]] {
			yield(l)
		}
	} else {
		seen := map[*live]bool{}
		for _, t := range types {
			for _, l := range x.byType[t] {
				if !seen[l] {
					seen[l] = true
					yield(l)
				}
			}
		}
	}
	for _, l := range x.rest {
		yield(l)
	}
}
