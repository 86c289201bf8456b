package broker

import (
	"context"
	"slices"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// MakeLayer makes an empty layer of a tenant.
func (b *Broker) MakeLayer(ctx context.Context, s store.Space) error {
	_, _, err := b.st.Commit(ctx, s, nil, store.CommitOptions{CreateTenant: true})
	return err
}

// DropLayer removes a layer with all that it holds; since is a cursor from
// before it was made. Nobody may use it meanwhile.
func (b *Broker) DropLayer(ctx context.Context, s store.Space, since store.Cursor) error {
	return b.st.DropLayer(ctx, s, since)
}

// Frozen is an entity to be put into a layer as it was elsewhere.
type Frozen struct {
	State  entity.Entity
	Points []entity.Instance // of its history, beside State
	// Evolved says that State is of the history too: where there is a state
	// already, it becomes points.
	Evolved bool
}

// Freeze puts entities into a layer with the times that they had. Of one that
// is there already it adds the attributes and points that are not. It tells
// how many were not there.
func (b *Broker) Freeze(ctx context.Context, s store.Space, fs []Frozen) (added int, err error) {
	muts := make([]store.Mutation, len(fs))
	for i := range fs {
		f := &fs[i]
		muts[i] = store.Mutation{ID: f.State.ID, Apply: func(cur *entity.Entity, _ entity.Instant) (change.Effect, error) { return f.onto(cur), nil }}
	}
	res, _, err := b.st.Commit(ctx, s, muts, store.CommitOptions{})
	if err != nil {
		return 0, err
	}
	for i := range res {
		if res[i].Err != nil {
			return added, res[i].Err
		}
		if res[i].Kind == change.Created && res[i].At != 0 {
			added++
		}
	}
	return added, nil
}

// fresh gives an instance that is new where it is put.
func fresh(i entity.Instance) entity.Instance {
	i.At, i.Ordinal = 0, 0
	return i
}

func (f *Frozen) onto(cur *entity.Entity) change.Effect {
	e := f.State
	if cur != nil {
		e = *cur
	}
	e.Attrs = slices.Clone(e.Attrs)
	if cur == nil {
		e.Part, e.At, e.Number = 0, 0, 0
		for i := range e.Attrs {
			e.Attrs[i] = fresh(e.Attrs[i])
		}
	} else {
		for i := range f.State.Attrs {
			if a := &f.State.Attrs[i]; !hasAttr(cur, a) {
				e.Attrs = append(e.Attrs, fresh(*a))
			}
		}
	}
	eff := change.Effect{After: &e}
	if cur != nil && len(e.Attrs) == len(cur.Attrs) {
		eff.After = cur
	}
	points := f.Points
	if f.Evolved {
		points = append(slices.Clip(points), f.State.Attrs...)
	}
	for i := range points {
		p := &points[i]
		if old, ok := e.Attr(p.Name, p.Dataset); ok && old.ModifiedAt == p.ModifiedAt && old.ObservedAt == p.ObservedAt && old.SameContent(p) {
			continue // the state has it
		}
		eff.Points = append(eff.Points, fresh(*p))
	}
	return eff
}

func hasAttr(e *entity.Entity, a *entity.Instance) bool {
	_, ok := e.Attr(a.Name, a.Dataset)
	return ok
}

// CopyLayer copies what from holds, history included, into to, which exists
// and is empty. step is called after each page with how many entities were
// copied; its error ends the copying.
func (b *Broker) CopyLayer(ctx context.Context, from, to store.Space, page int, step func(n int) error) error {
	var rs []Restored
	flush := func() error {
		if len(rs) == 0 {
			return nil
		}
		if _, err := b.Restore(ctx, to, rs); err != nil {
			return err
		}
		n := len(rs)
		rs = nil
		return step(n)
	}
	for after, more := entity.Number(0), true; more; {
		more = false
		for head, err := range b.st.HistorySelect(ctx, from, &query.Query{}, after) {
			if err != nil {
				return err
			}
			r, err := b.restorable(ctx, from, head.ID)
			if problem.Is(err, problem.ResourceNotFound) {
				continue // forgotten meanwhile
			}
			if err != nil {
				return err
			}
			if rs = append(rs, r); len(rs) == page {
				after, more = head.Number, true
				break
			}
		}
		if err := flush(); err != nil {
			return err
		}
	}
	return nil
}

// restorable reads an entity of s with its history, to be restored elsewhere.
func (b *Broker) restorable(ctx context.Context, s store.Space, id entity.ID) (r Restored, err error) {
	head, ss, err := b.st.History(ctx, s, id, store.Window{Clock: store.ModifiedAt})
	if err != nil {
		return r, err
	}
	state, err := b.st.Entity(ctx, s, store.Moment{}, id)
	switch {
	case problem.Is(err, problem.ResourceNotFound):
		r.State, r.Deleted = *head, true
	case err != nil:
		return r, err
	default:
		r.State = *state.Entity
	}
	type place struct {
		at entity.Position
		n  uint32
	}
	current := map[place]bool{}
	r.State.Attrs = slices.Clone(r.State.Attrs)
	for i := range r.State.Attrs {
		current[place{r.State.Attrs[i].At, r.State.Attrs[i].Ordinal}] = true
		r.State.Attrs[i] = fresh(r.State.Attrs[i])
	}
	r.State.Part, r.State.At, r.State.Number, r.State.DeletedAt = 0, 0, 0, 0
	if r.Deleted {
		r.State.Attrs = nil
	}
	for _, x := range ss {
		for i := range x.Points {
			if p := &x.Points[i]; !current[place{p.At, p.Ordinal}] {
				r.History = append(r.History, fresh(*p))
			}
		}
	}
	return r, nil
}
