package broker

import (
	"context"
	"errors"
	"slices"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// Restored is an entity that comes back from an archive, with the times that
// it had.
type Restored struct {
	State   entity.Entity     // At is zero in it and in its instances
	History []entity.Instance // all that is not in State, in order
	Deleted bool              // it is no more; State then holds no attributes
}

// OriginOf gives the number of an origin, for instances that are restored.
func (b *Broker) OriginOf(ctx context.Context, o store.Origin) (entity.OriginID, error) {
	return b.st.OriginOf(ctx, o)
}

var errThere = errors.New("it is there already")

// Restore puts entities back with the times and the history that they had,
// and the tenant with them. It tells for each whether it was added; one that
// is there is left as it is.
func (b *Broker) Restore(ctx context.Context, s store.Space, rs []Restored) ([]bool, error) {
	var muts []store.Mutation
	first := make([]int, len(rs))
	for i := range rs {
		r := &rs[i]
		first[i] = len(muts)
		muts = append(muts, store.Mutation{ID: r.State.ID, Apply: func(cur *entity.Entity, _ entity.Instant) (change.Effect, error) {
			if cur != nil {
				return change.Effect{}, errThere
			}
			e := r.State
			e.Attrs = slices.Clone(r.State.Attrs)
			return change.Effect{After: &e, Points: slices.Clone(r.History)}, nil
		}})
		if r.Deleted {
			muts = append(muts, store.Mutation{ID: r.State.ID, Apply: func(*entity.Entity, entity.Instant) (change.Effect, error) { return change.Effect{}, nil }})
		}
	}
	res, _, err := b.st.Commit(ctx, s, muts, store.CommitOptions{CreateTenant: true})
	if err != nil {
		return nil, err
	}
	added := make([]bool, len(rs))
	for i, at := range first {
		switch err := res[at].Err; {
		case err == nil:
			added[i] = true
		case !errors.Is(err, errThere):
			return nil, err
		}
	}
	return added, nil
}
