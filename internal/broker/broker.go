// Package broker provides, retrieves and queries entities (CIM 009, 5.6 and
// 5.7). It is the only writer of city state: whatever changes an entity goes
// through here, so that every door has the same validation and the same
// place in the change log.
//
// It keeps nothing of its own: a Broker may be used by many goroutines and
// by several instances over one store.
package broker

import (
	"context"
	"slices"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/entitymap"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// Store is what the broker needs of a driver.
type Store interface {
	store.Writer
	store.Reader
	store.Historian
	// DropLayer removes a layer; see store.Driver.
	DropLayer(ctx context.Context, s store.Space, since store.Cursor) error
	// Erase removes an entity for good; see store.Driver.
	Erase(ctx context.Context, s store.Space, id entity.ID) error
	// Expired lists entities that have expired or have attributes that have.
	Expired(ctx context.Context, now entity.Instant, max int) ([]store.Expired, error)
}

// Call says on whose behalf, where and as of when something is asked or done.
type Call struct {
	Space  store.Space
	Moment store.Moment
	Origin store.Origin // who or what writes
	// Access restricts what the caller sees, and with it what the caller can
	// change; nil restricts nothing.
	Access *query.Access
	// Among narrows queries, of the state and of history, to a fixed set of
	// entities (CIM 009, 5.5.14); nil is all.
	Among *entitymap.Set
}

// Options are the settings of a Broker.
type Options struct {
	// Now gives the time for questions; commits take theirs from the store.
	Now func() entity.Instant
	// Guard may refuse a change; nil refuses nothing. See Guards for several.
	Guard Guard
}

// Guard may refuse a change of the state or of history, whatever operation it
// comes from. It sees the state before and after: either may be nil, and both
// are the same when history alone is changed. It must be pure.
type Guard func(c Call, before, after *entity.Entity) error

// Guards joins guards: the first that refuses decides.
func Guards(gs ...Guard) Guard {
	return func(c Call, before, after *entity.Entity) error {
		for _, g := range gs {
			if err := g(c, before, after); err != nil {
				return err
			}
		}
		return nil
	}
}

// Broker does the work. Use New.
type Broker struct {
	st Store
	o  Options
}

// New makes a broker over st.
func New(st Store, o Options) *Broker { return &Broker{st: st, o: o} }

type operation func(cur *entity.Entity, now entity.Instant) (change.Effect, error)

// mutation turns op into what the store wants, with the caller's access and
// the guard round it.
func (b *Broker) mutation(c *Call, origin entity.OriginID, id entity.ID, op operation) store.Mutation {
	return store.Mutation{ID: id, Origin: origin, Apply: func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		if cur != nil && c.Access != nil && c.Access.Mask(cur) == nil {
			return change.Effect{}, problem.New(problem.Forbidden, "this account may not change %s", id)
		}
		eff, err := op(cur, now)
		if err != nil {
			return eff, err
		}
		if eff.After != cur && len(eff.Edits) == 0 && !slices.ContainsFunc(eff.Points, isScope) {
			if p, ok := entity.ScopeChange(cur, eff.After, now); ok {
				eff.Points = append(eff.Points, p)
			}
		}
		if b.o.Guard != nil && (eff.After != cur || len(eff.Points) > 0) {
			if err := b.o.Guard(*c, cur, eff.After); err != nil {
				return change.Effect{}, err
			}
		}
		return eff, nil
	}}
}

func isScope(i entity.Instance) bool { return i.Name == entity.ScopeName }

// Item is one entity of a batch with what is to be done to it.
type Item struct {
	ID entity.ID
	Op operation
}

// run commits the items in order, as one batch.
func (b *Broker) run(ctx context.Context, c Call, o store.CommitOptions, items []Item) ([]store.Result, error) {
	origin, err := b.st.OriginOf(ctx, c.Origin)
	if err != nil {
		return nil, err
	}
	muts := make([]store.Mutation, len(items))
	for i := range items {
		muts[i] = b.mutation(&c, origin, items[i].ID, items[i].Op)
		muts[i].SkipKnownPoints = c.Origin.Source != ""
	}
	res, _, err := b.st.Commit(ctx, c.Space, muts, o)
	return res, err
}

// one commits a single operation.
func (b *Broker) one(ctx context.Context, c Call, o store.CommitOptions, id entity.ID, op operation) (store.Result, error) {
	res, err := b.run(ctx, c, o, []Item{{ID: id, Op: op}})
	if err != nil {
		return store.Result{}, err
	}
	return res[0], res[0].Err
}

func notFound(id entity.ID) error {
	return problem.New(problem.ResourceNotFound, "there is no entity %s", id)
}

// existing lets op run only on an entity that is there.
func existing(id entity.ID, op func(cur *entity.Entity, now entity.Instant) (*entity.Entity, any, error)) operation {
	return func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		if cur == nil {
			return change.Effect{}, notFound(id)
		}
		next, rep, err := op(cur, now)
		return change.Effect{After: next, Report: rep}, err
	}
}
