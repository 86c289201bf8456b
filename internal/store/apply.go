package store

import (
	"fmt"
	"slices"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
)

// Decision is what a Mutation comes to, before it has a place in the log. It
// is the pure half of a commit, shared by the drivers.
type Decision struct {
	Raw    *entity.Entity // state as kept, expired or not; nil if there is none
	Before *entity.Entity // state as Apply saw it
	Effect change.Effect
}

// Decide runs m.Apply on the kept state raw (nil if there is none) and takes
// the points that known reports to be in history out of its effect, if m asks
// for that. known may be nil.
func Decide(m *Mutation, raw *entity.Entity, now entity.Instant, known func(*entity.Instance) (bool, error)) (Decision, error) {
	d := Decision{Raw: raw, Before: raw.Alive(now)}
	eff, err := m.Apply(d.Before, now)
	if err != nil {
		return d, err
	}
	d.Effect = eff
	if eff.After == nil && raw == nil && len(eff.Points) > 0 {
		return d, fmt.Errorf("store: points for %s, which is not there: an operation must create it with them", m.ID)
	}
	if m.SkipKnownPoints && len(eff.Points) > 0 && known != nil {
		d.Effect.Points, err = unknown(m, eff.Points, known)
	}
	return d, err
}

func unknown(m *Mutation, points []entity.Instance, known func(*entity.Instance) (bool, error)) ([]entity.Instance, error) {
	out := make([]entity.Instance, 0, len(points))
next:
	for i := range points {
		p := points[i]
		if p.ObservedAt != 0 {
			if p.Origin == 0 {
				p.Origin = m.Origin
			}
			for k := range out {
				if SamePoint(&out[k], &p) {
					continue next
				}
			}
			there, err := known(&p)
			if err != nil {
				return nil, err
			}
			if there {
				continue
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// SamePoint reports whether history holding x need not take y: same attribute,
// dataset, observation time, origin and content.
func SamePoint(x, y *entity.Instance) bool {
	return x.ObservedAt == y.ObservedAt && x.Origin == y.Origin && x.SameContent(y)
}

// Changes reports whether d leaves a record. What has expired vanishes with
// whatever operation meets it first, even one that does nothing itself.
func (d *Decision) Changes() bool {
	return d.Effect.After != d.Raw || len(d.Effect.Points) > 0 || len(d.Effect.Edits) > 0
}

// Seal gives d its place and makes its record of it. It must be called once,
// and only if d.Changes. displaced are the instances of the kept state that
// are no longer in it, in its order.
func (d *Decision) Seal(m *Mutation, s Space, part uint16, n entity.Number, at, commit entity.Position, now entity.Instant) (r change.Record, displaced []entity.Instance) {
	r = change.Record{Part: part, At: at, Commit: commit, Time: now, Tenant: s.Tenant, Layer: s.Layer,
		ID: m.ID, Number: n, Before: change.Head(d.Before), Origin: m.Origin, Kind: d.kind()}
	if r.Kind == change.Deleted {
		r.Before = change.Head(d.Raw) // also if it had expired: readers want to know its types
	}
	if after := d.Effect.After; after == d.Raw || after == nil {
		// Only history is added, or nothing stays: the state keeps its place.
		points := change.Effect{Points: d.Effect.Points}
		change.Seal(&points, part, at, m.Origin)
	} else {
		after.ID, after.Number = m.ID, n
		if after == d.Before { // the copy that Alive made, without what expired
			after.ModifiedAt = now
		}
		change.Seal(&d.Effect, part, at, m.Origin)
	}
	r.After, r.Points, r.Edits = d.Effect.After, d.Effect.Points, d.Effect.Edits
	r.Deltas = slices.DeleteFunc(change.Diff(d.Before, r.After, at), func(x change.Delta) bool { return x.After == nil })
	if d.Raw != nil {
		displaced = gone(d.Raw, r.After)
		r.Deltas = append(r.Deltas, deleted(displaced, r.After)...)
	}
	return r, displaced
}

func (d *Decision) kind() change.Kind {
	switch {
	case d.Effect.After == d.Raw:
		return change.Recorded
	case d.Effect.After == nil:
		return change.Deleted
	case d.Before == nil:
		return change.Created
	default:
		return change.Updated
	}
}

// gone gives the instances of before that are not carried over into after.
func gone(before, after *entity.Entity) []entity.Instance {
	var out []entity.Instance
	for i := range before.Attrs {
		old := &before.Attrs[i]
		if after != nil {
			if cur, ok := after.Attr(old.Name, old.Dataset); ok && cur.At == old.At && cur.Ordinal == old.Ordinal {
				continue
			}
		}
		if out == nil { // mostly what is left is gone too: instances are large, grow once
			out = make([]entity.Instance, 0, len(before.Attrs)-i)
		}
		out = append(out, *old)
	}
	return out
}

// deleted gives the deltas of those displaced instances that after has nothing
// in place of: deleted by the operation, or expired before it.
func deleted(displaced []entity.Instance, after *entity.Entity) []change.Delta {
	var out []change.Delta
	for i := range displaced {
		old := &displaced[i]
		if after != nil {
			if _, ok := after.Attr(old.Name, old.Dataset); ok {
				continue
			}
		}
		out = append(out, change.Delta{Before: old})
	}
	return out
}

// Expired names an entity that has expired, or that has an attribute instance
// that has. It is still kept; readers no longer see it.
type Expired struct {
	Space Space
	ID    entity.ID
}

// SweepMutation gives the operation that removes from e what has expired, and
// does nothing to the rest. It is an ordinary commit: readers of the log learn
// of it.
func SweepMutation(e Expired) Mutation {
	return Mutation{ID: e.ID, Apply: func(cur *entity.Entity, _ entity.Instant) (change.Effect, error) {
		return change.Effect{After: cur}, nil
	}}
}
