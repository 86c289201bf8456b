package broker

import (
	"context"
	"slices"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Place says which instance of an attribute is meant: where in the log it
// came from.
type Place struct {
	Part    uint16
	At      entity.Position
	Ordinal uint32
}

// ForgetEntity removes an entity together with its history (CIM 009, 5.6.16).
//
// Errors: problem.ResourceNotFound if it was never there or is forgotten.
func (b *Broker) ForgetEntity(ctx context.Context, c Call, id entity.ID) error {
	ev, err := b.History(ctx, c, id, store.Window{Clock: store.ModifiedAt, Last: 1})
	if err != nil {
		return err
	}
	return b.amend(ctx, c, ev.Head, change.Edit{}, func(*entity.Entity, entity.Instant) *entity.Entity { return nil })
}

// ForgetAttr removes an attribute from history and state: the instances of
// the dataset, or all (CIM 009, 5.6.13).
//
// Errors: problem.ResourceNotFound.
func (b *Broker) ForgetAttr(ctx context.Context, c Call, id entity.ID, name entity.Name, dataset string, all bool) error {
	ev, err := b.History(ctx, c, id, store.Window{Clock: store.ModifiedAt, Names: []entity.Name{name}, Last: 1})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(ev.Series, func(s store.Series) bool { return all || s.Dataset == dataset }) {
		return problem.New(problem.ResourceNotFound, "the history of %s has no attribute %s with this datasetId", id, name)
	}
	e := change.Edit{Name: name, Dataset: dataset, All: all}
	return b.amend(ctx, c, ev.Head, e, func(cur *entity.Entity, now entity.Instant) *entity.Entity {
		if name == entity.ScopeName && len(cur.Scopes) > 0 {
			next := *cur
			next.Scopes, next.ModifiedAt = nil, now
			return &next
		}
		return reduced(cur, now, func(a *entity.Instance) bool { return a.Name == name && (all || a.Dataset == dataset) })
	})
}

// ForgetInstance removes one instance of an attribute from history, and from
// the state if it is current (CIM 009, 5.6.15).
//
// Errors: problem.ResourceNotFound.
func (b *Broker) ForgetInstance(ctx context.Context, c Call, id entity.ID, name entity.Name, p Place) error {
	head, _, err := b.instance(ctx, c, id, name, p)
	if err != nil {
		return err
	}
	e := change.Edit{Name: name, At: p.At, Ordinal: p.Ordinal}
	return b.amend(ctx, c, head, e, func(cur *entity.Entity, now entity.Instant) *entity.Entity {
		return reduced(cur, now, func(a *entity.Instance) bool { return a.At == p.At && a.Ordinal == p.Ordinal })
	})
}

// ModifyInstance puts in in place of one instance of an attribute, in history
// and in the state if it is current (CIM 009, 5.6.14). The instance stays in
// its dataset, which in may leave out.
//
// Errors: problem.ResourceNotFound; problem.BadRequestData.
func (b *Broker) ModifyInstance(ctx context.Context, c Call, id entity.ID, in entity.Instance, p Place) error {
	head, old, err := b.instance(ctx, c, id, in.Name, p)
	if err != nil {
		return err
	}
	if in.Dataset != "" && in.Dataset != old.Dataset {
		return problem.New(problem.BadRequestData, "the instance belongs to the dataset %q and cannot go to %q; add it there and delete it here", old.Dataset, in.Dataset)
	}
	_, err = b.one(ctx, c, store.CommitOptions{}, id, func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		with := inPlaceOf(&old, in, now)
		eff := change.Effect{After: cur, Edits: []change.Edit{{Name: in.Name, At: p.At, Ordinal: p.Ordinal, With: &with}}}
		if cur != nil {
			if k := slices.IndexFunc(cur.Attrs, func(a entity.Instance) bool { return a.At == p.At && a.Ordinal == p.Ordinal }); k >= 0 {
				next := *cur
				next.Attrs = slices.Clone(cur.Attrs)
				next.Attrs[k], next.ModifiedAt = with, now
				eff.After = &next
			}
		}
		return eff, b.mayAmend(c, head, cur, &eff)
	})
	return err
}

// instance finds one instance of an attribute in history.
func (b *Broker) instance(ctx context.Context, c Call, id entity.ID, name entity.Name, p Place) (head *entity.Entity, in entity.Instance, err error) {
	ev, err := b.History(ctx, c, id, store.Window{Clock: store.ModifiedAt, Names: []entity.Name{name}})
	if err != nil {
		return nil, in, err
	}
	for _, s := range ev.Series {
		for _, x := range s.Points {
			if x.At == p.At && x.Ordinal == p.Ordinal && ev.Head.Part == p.Part && x.Kind != entity.Null {
				return ev.Head, x, nil
			}
		}
	}
	return nil, in, problem.New(problem.ResourceNotFound, "the history of %s has no such instance of %s", id, name)
}

// amend commits an edit and what it makes of the state.
func (b *Broker) amend(ctx context.Context, c Call, head *entity.Entity, e change.Edit, state func(cur *entity.Entity, now entity.Instant) *entity.Entity) error {
	_, err := b.one(ctx, c, store.CommitOptions{}, head.ID, func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		eff := change.Effect{After: cur, Edits: []change.Edit{e}}
		if cur != nil {
			eff.After = state(cur, now)
		}
		return eff, b.mayAmend(c, head, cur, &eff)
	})
	return err
}

// mayAmend asks the guard about edits of what is not, or no more, current:
// that of a change of state is asked anyway.
func (b *Broker) mayAmend(c Call, head, cur *entity.Entity, eff *change.Effect) error {
	if b.o.Guard == nil || eff.After != cur {
		return nil
	}
	if cur == nil {
		return b.o.Guard(c, head, nil)
	}
	return b.o.Guard(c, cur, cur)
}

// reduced gives cur without the instances that drop holds for; cur itself if
// there are none.
func reduced(cur *entity.Entity, now entity.Instant, drop func(*entity.Instance) bool) *entity.Entity {
	if !slices.ContainsFunc(cur.Attrs, func(a entity.Instance) bool { return drop(&a) }) {
		return cur
	}
	next := *cur
	next.Attrs = slices.DeleteFunc(slices.Clone(cur.Attrs), func(a entity.Instance) bool { return drop(&a) })
	next.ModifiedAt = now
	return &next
}
