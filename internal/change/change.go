// Package change says what a commit did: one Record per applied operation and
// entity, with its place in the change log, and the pure functions that make
// a Record from two states. It knows nothing of how a driver keeps records.
package change

import (
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
)

// Effect is what an operation wants done to one entity. It is the result of a
// pure function of the entity's current state, which a driver may call twice.
type Effect struct {
	// After is the state that the operation leaves. The same pointer as the
	// state it was given means no change of state; nil means that the entity
	// is deleted (or stays absent). Instances in it with At zero are new.
	After *entity.Entity
	// Points go to the entity's history only and leave its state alone: late
	// readings, and what the temporal interface adds (CIM 009, 5.6.11, 5.6.12).
	// CreatedAt and ModifiedAt are set; At is zero.
	Points []entity.Instance
	// Edits change what history has, after all else was done.
	Edits []Edit
	// Report is handed through to the caller untouched.
	Report any
}

// Kind tells what happened to the entity as a whole.
type Kind uint8

// The kinds of records.
const (
	Updated  Kind = iota // it was there before and still is
	Created              // it was absent (never there, deleted or expired)
	Deleted              // it was there and is no more
	Recorded             // only history was added or edited; the state is as before
)

// Delta is one attribute instance that a record's operation touched. Before
// is nil for a new one, After for one that is gone.
type Delta struct {
	Before, After *entity.Instance
}

// Same reports whether the instance was written again with the same content
// (CIM 009, 5.8.6: that is no change to notify).
func (d Delta) Same() bool {
	return d.Before != nil && d.After != nil && d.Before.SameContent(d.After)
}

// Name gives the attribute's name.
func (d Delta) Name() entity.Name {
	if d.After != nil {
		return d.After.Name
	}
	return d.Before.Name
}

// Record is one applied operation on one entity, as the change log keeps it.
// Operations of one batch give one record each, also on the same entity.
type Record struct {
	Part uint16          // partition
	At   entity.Position // place in the partition's order, from 1 on without gaps
	// Commit is the position of the first record that was made durable in the
	// same commit: records with equal Part and Commit became visible together.
	Commit entity.Position
	Time   entity.Instant // time of the commit, never earlier than the one before
	Tenant string
	Layer  string // "" is the main layer
	Kind   Kind
	ID     entity.ID
	Number entity.Number
	// Before is the head of the state before: types and scopes, times, no
	// attributes. Nil if the entity was absent.
	Before *entity.Entity
	// After is the whole state after; nil if the entity is gone.
	After  *entity.Entity
	Deltas []Delta
	Points []entity.Instance // history only
	Edits  []Edit            // what was taken out of history or replaced in it
	Origin entity.OriginID
}

// Seal gives the operation's place to all that is new in eff: At and a number
// within the record. It must run once, after the operation was decided and
// before anything is encoded. Instances are numbered in the order of
// After.Attrs, then Points; a deleted attribute's tombstone follows.
func Seal(eff *Effect, part uint16, at entity.Position, origin entity.OriginID) {
	n := uint32(0)
	seal := func(is []entity.Instance) {
		for i := range is {
			if is[i].At == 0 {
				is[i].At, is[i].Ordinal = at, n
				if is[i].Origin == 0 {
					is[i].Origin = origin
				}
				n++
			}
		}
	}
	if eff.After != nil {
		eff.After.Part, eff.After.At = part, at
		seal(eff.After.Attrs)
	}
	seal(eff.Points)
}

// Diff gives the deltas between two states of one entity, either of which may
// be nil: first what after holds anew, in its order, then what is gone. It
// must run after Seal; at is the record's position.
func Diff(before, after *entity.Entity, at entity.Position) []Delta {
	var out []Delta
	if after != nil {
		for i := range after.Attrs {
			if after.Attrs[i].At != at {
				continue
			}
			d := Delta{After: &after.Attrs[i]}
			if before != nil {
				if old, ok := before.Attr(after.Attrs[i].Name, after.Attrs[i].Dataset); ok {
					d.Before = old
				}
			}
			out = append(out, d)
		}
	}
	if before != nil {
		for i := range before.Attrs {
			old := &before.Attrs[i]
			if after != nil {
				if _, ok := after.Attr(old.Name, old.Dataset); ok {
					continue
				}
			}
			out = append(out, Delta{Before: old})
		}
	}
	return out
}

// Tombstones gives the history instances that say which attributes a record
// deleted, at the record's time (CIM 009, 4.5.7). Their ordinals follow those
// that Seal gave. What the record's own edits take away is not among them.
func Tombstones(r *Record) []entity.Instance {
	var out []entity.Instance
	n := uint32(len(r.Points))
	for _, d := range r.Deltas {
		if d.After != nil {
			n++
		}
	}
	for _, d := range r.Deltas {
		if d.After == nil && !slices.ContainsFunc(r.Edits, func(e Edit) bool { return e.covers(d.Before, r.At) }) {
			out = append(out, entity.Instance{Name: d.Before.Name, Dataset: d.Before.Dataset, Kind: entity.Null,
				CreatedAt: d.Before.CreatedAt, ModifiedAt: r.Time, DeletedAt: r.Time, At: r.At, Ordinal: n, Origin: r.Origin})
			n++
		}
	}
	return out
}

// Head gives e without its attributes, for Record.Before.
func Head(e *entity.Entity) *entity.Entity {
	if e == nil {
		return nil
	}
	h := *e
	h.Attrs = nil
	return &h
}
