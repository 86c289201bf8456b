package broker

import (
	"context"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// Edit makes of an entity what f says: f gets its state, nil if there is none,
// and the commit's time, and gives the state that is to be; the same pointer
// changes nothing, nil deletes. f must be pure, as it may be called twice. It
// gives what stands after.
//
// It is for parts of the platform that keep their records as entities; what
// comes from outside has operations of its own.
func (b *Broker) Edit(ctx context.Context, c Call, o store.CommitOptions, id entity.ID, f func(cur *entity.Entity, now entity.Instant) (*entity.Entity, error)) (*entity.Entity, error) {
	res, err := b.one(ctx, c, o, id, func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		e, err := f(cur, now)
		return change.Effect{After: e, Report: e}, err
	})
	if err != nil {
		return nil, err
	}
	if res.After == nil { // nothing changed
		res.After, _ = res.Report.(*entity.Entity)
	}
	return res.After, nil
}
