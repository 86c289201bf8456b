package entity

import (
	"slices"

	"github.com/beffroi/beffroi/internal/problem"
)

// Every function here is pure: it gives a new Entity, sets CreatedAt and
// ModifiedAt to now where something changed, and leaves At at zero in each
// instance that is new, so that the commit can tell. None looks at a clock.

// Create makes an entity from f (CIM 009, 5.6.1).
//
// Errors: problem.BadRequestData if f has no type or asks for a deletion.
func Create(f Fragment, now Instant) (*Entity, error) {
	if len(f.Types) == 0 {
		return nil, problem.New(problem.BadRequestData, "the entity %s has no type; send a \"type\" member", f.ID)
	}
	if err := noNulls(f.Attrs); err != nil {
		return nil, err
	}
	e := &Entity{ID: f.ID, Types: dedup(f.Types), Scopes: f.Scopes, ExpiresAt: f.ExpiresAt, CreatedAt: now, ModifiedAt: now}
	e.Attrs = make([]Instance, len(f.Attrs))
	for i := range f.Attrs {
		e.Attrs[i] = fresh(&f.Attrs[i], nil, now)
	}
	return e, nil
}

// Replace gives the entity that f describes in place of cur (CIM 009,
// 5.6.18): what f lacks is gone, creation times stay.
//
// Errors: problem.BadRequestData if f asks for a deletion.
func Replace(cur *Entity, f Fragment, now Instant) (*Entity, error) {
	if err := noNulls(f.Attrs); err != nil {
		return nil, err
	}
	e := touched(cur, now)
	if len(f.Types) > 0 {
		e.Types = dedup(f.Types)
	}
	e.Scopes, e.ExpiresAt = f.Scopes, f.ExpiresAt
	e.Attrs = make([]Instance, len(f.Attrs))
	for i := range f.Attrs {
		e.Attrs[i] = fresh(&f.Attrs[i], cur, now)
	}
	return e, nil
}

// Append adds f's attributes to cur (CIM 009, 5.6.3). An attribute that is
// there already is replaced as a whole if overwrite, else left and reported.
// Types are united; scopes are replaced if overwrite, else united.
//
// Errors: problem.BadRequestData if f asks for a deletion.
func Append(cur *Entity, f Fragment, overwrite bool, now Instant) (*Entity, Report, error) {
	if err := noNulls(f.Attrs); err != nil {
		return nil, Report{}, err
	}
	e, rep := touched(cur, now), Report{}
	e.Types = union(cur.Types, f.Types)
	if f.HasScope {
		if overwrite {
			e.Scopes = f.Scopes
		} else {
			e.Scopes = union(cur.Scopes, f.Scopes)
		}
	}
	if f.HasExpiry {
		e.ExpiresAt = f.ExpiresAt
	}
	for i := range f.Attrs {
		in := &f.Attrs[i]
		if k := findInstance(e.Attrs, in.Name, in.Dataset); k >= 0 && !overwrite {
			rep.left(in, "the attribute exists and noOverwrite was asked for")
			continue
		}
		e.put(fresh(in, cur, now))
		rep.did(in.Name)
	}
	return settle(cur, e), rep, nil
}

// Update replaces cur's attributes by f's, each as a whole, appends those
// that are missing, and deletes those marked Null (CIM 009, 5.6.2 and 5.5.8).
// A scope is replaced only if cur has one.
func Update(cur *Entity, f Fragment, now Instant) (*Entity, Report, error) {
	e, rep := touched(cur, now), Report{}
	e.Types = union(cur.Types, f.Types)
	if f.HasScope && len(cur.Scopes) > 0 {
		e.Scopes = f.Scopes
	}
	if f.HasExpiry {
		e.ExpiresAt = f.ExpiresAt
	}
	for i := range f.Attrs {
		in := &f.Attrs[i]
		if in.Kind == Null {
			if !e.drop(in.Name, in.Dataset) {
				rep.left(in, "there is no such attribute to delete")
				continue
			}
		} else {
			e.put(fresh(withoutNulls(in), cur, now))
		}
		rep.did(in.Name)
	}
	return settle(cur, e), rep, nil
}

// Partial changes one attribute instance of cur: members that p has replace
// those of the same name, sub-attributes likewise, Null ones vanish, and all
// else stays (CIM 009, 5.6.4). p.Kind may be Null with a nil Value if only
// other members were sent; remove asks for the deletion of the instance.
//
// Errors: problem.ResourceNotFound if there is no such instance,
// problem.BadRequestData if p changes the attribute's type.
func Partial(cur *Entity, p *Patch, now Instant) (*Entity, error) {
	k := findInstance(cur.Attrs, p.Name, p.Dataset)
	if k < 0 {
		return nil, noSuchAttr(cur, p.Name, p.Dataset)
	}
	e := touched(cur, now)
	if p.Remove {
		e.drop(p.Name, p.Dataset)
		return e, nil
	}
	if err := complete(p.Subs, nil); err != nil {
		return nil, err
	}
	next, err := p.apply(&cur.Attrs[k], now)
	if err != nil {
		return nil, err
	}
	e.Attrs[k] = next
	return e, nil
}

// ReplaceAttr puts in in place of the attribute instance of the same name and
// dataset (CIM 009, 5.6.19).
//
// Errors: problem.ResourceNotFound if there is none.
func ReplaceAttr(cur *Entity, in *Instance, now Instant) (*Entity, error) {
	if findInstance(cur.Attrs, in.Name, in.Dataset) < 0 {
		return nil, noSuchAttr(cur, in.Name, in.Dataset)
	}
	e := touched(cur, now)
	e.put(fresh(in, cur, now))
	return e, nil
}

// DeleteAttr removes the instance of name with the given dataset, or every
// instance of name if all (CIM 009, 5.6.5).
//
// Errors: problem.ResourceNotFound if there is none.
func DeleteAttr(cur *Entity, name Name, dataset string, all bool, now Instant) (*Entity, error) {
	e := touched(cur, now)
	if all {
		e.Attrs = slices.DeleteFunc(e.Attrs, func(i Instance) bool { return i.Name == name })
		if len(e.Attrs) == len(cur.Attrs) {
			return nil, noSuchAttr(cur, name, dataset)
		}
		return e, nil
	}
	if !e.drop(name, dataset) {
		return nil, noSuchAttr(cur, name, dataset)
	}
	return e, nil
}

// Absorb takes in what a connector read: it creates the entity or updates its
// attributes, and gives apart the readings that are late, which belong in
// history only. A reading whose observation time and content equal the
// current value's changes nothing; one without observation time always counts.
func Absorb(cur *Entity, f Fragment, now Instant) (next *Entity, late []Instance, err error) {
	if cur == nil {
		next, err = Create(f, now)
		return next, nil, err
	}
	e := touched(cur, now)
	e.Types = union(cur.Types, f.Types)
	if f.HasScope {
		e.Scopes = f.Scopes
	}
	if f.HasExpiry {
		e.ExpiresAt = f.ExpiresAt
	}
	for i := range f.Attrs {
		in := &f.Attrs[i]
		if in.Kind == Null {
			e.drop(in.Name, in.Dataset)
			continue
		}
		if k := findInstance(e.Attrs, in.Name, in.Dataset); k >= 0 {
			c := &e.Attrs[k]
			if in.LateFor(c) {
				late = append(late, fresh(in, cur, now))
				continue
			}
			if !in.ObservedAt.IsZero() && in.SameContent(c) {
				continue
			}
		}
		e.put(fresh(in, cur, now))
	}
	return settle(cur, e), late, nil
}

// touched copies cur for a change at now; the copy's Attrs are its own, and
// put and drop work on them in place.
func touched(cur *Entity, now Instant) *Entity {
	e := *cur
	e.ModifiedAt = now
	e.Attrs = append(make([]Instance, 0, len(cur.Attrs)+2), cur.Attrs...)
	return &e
}

// settle gives cur itself if e, made from it, differs in nothing but
// ModifiedAt, so that an operation without effect leaves no trace.
func settle(cur, e *Entity) *Entity {
	if e.ExpiresAt != cur.ExpiresAt || !slices.Equal(e.Types, cur.Types) || !slices.Equal(e.Scopes, cur.Scopes) || len(e.Attrs) != len(cur.Attrs) {
		return e
	}
	for i := range e.Attrs {
		if e.Attrs[i].At == 0 || e.Attrs[i].ExpiresAt != cur.Attrs[i].ExpiresAt || e.Attrs[i].Name != cur.Attrs[i].Name || e.Attrs[i].Dataset != cur.Attrs[i].Dataset {
			return e
		}
	}
	return cur
}

// put sets the instance, in its place if there is one, else after the last
// instance of the same attribute, else at the end.
func (e *Entity) put(in Instance) {
	if k := findInstance(e.Attrs, in.Name, in.Dataset); k >= 0 {
		e.Attrs[k] = in
		return
	}
	at := len(e.Attrs)
	for k := len(e.Attrs) - 1; k >= 0; k-- {
		if e.Attrs[k].Name == in.Name {
			at = k + 1
			break
		}
	}
	e.Attrs = slices.Insert(e.Attrs, at, in)
}

func (e *Entity) drop(name Name, dataset string) bool {
	k := findInstance(e.Attrs, name, dataset)
	if k < 0 {
		return false
	}
	e.Attrs = slices.Delete(e.Attrs, k, k+1)
	return true
}

// fresh is a copy of in for storage at now: the creation time is that of the
// instance it replaces in cur, if any.
func fresh(in *Instance, cur *Entity, now Instant) Instance {
	out := *in
	out.CreatedAt, out.ModifiedAt, out.At, out.Ordinal, out.DeletedAt = now, now, 0, 0, 0
	if cur != nil {
		if k := findInstance(cur.Attrs, in.Name, in.Dataset); k >= 0 {
			old := &cur.Attrs[k]
			out.CreatedAt = old.CreatedAt
			out.Subs = stampSubs(in.Subs, old.Subs, now)
			return out
		}
	}
	out.Subs = stampSubs(in.Subs, nil, now)
	return out
}

func stampSubs(subs, old []Instance, now Instant) []Instance {
	if len(subs) == 0 {
		return nil
	}
	out := slices.Clone(subs)
	for i := range out {
		out[i].CreatedAt, out[i].ModifiedAt = now, now
		if k := findInstance(old, out[i].Name, out[i].Dataset); k >= 0 {
			out[i].CreatedAt = old[k].CreatedAt
			out[i].Subs = stampSubs(subs[i].Subs, old[k].Subs, now)
			if out[i].SameContent(&old[k]) {
				out[i].ModifiedAt = old[k].ModifiedAt
			}
			continue
		}
		out[i].Subs = stampSubs(subs[i].Subs, nil, now)
	}
	return out
}

func noNulls(is []Instance) error {
	for i := range is {
		if is[i].Kind == Null {
			return problem.New(problem.BadRequestData, "attribute %s is %q, which deletes, but this operation creates; leave the attribute out", is[i].Name, NullURI)
		}
		if err := noNulls(is[i].Subs); err != nil {
			return err
		}
	}
	return nil
}

func noSuchAttr(e *Entity, name Name, dataset string) error {
	if dataset != "" {
		return problem.New(problem.ResourceNotFound, "entity %s has no attribute %s with datasetId %s", e.ID, name, dataset)
	}
	return problem.New(problem.ResourceNotFound, "entity %s has no attribute %s (default instance)", e.ID, name)
}

func dedup[S ~[]E, E comparable](s S) S {
	for i := range s {
		if slices.Contains(s[:i], s[i]) {
			return union(nil, s)
		}
	}
	return s
}

// union gives a with those of b that it lacks; a itself if it lacks none.
func union[S ~[]E, E comparable](a, b S) S {
	out := slices.Clip(a)
	for _, x := range b {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}
