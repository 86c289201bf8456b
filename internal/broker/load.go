package broker

import (
	"context"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// Load takes in entities from a file. It is like Ingest, but what is there
// already with the same content changes nothing, also without an observation
// time: loading a file again, or going on after it was broken off, leaves no
// trace.
func (b *Broker) Load(ctx context.Context, c Call, fs []entity.Fragment) ([]Outcome, error) {
	return b.many(ctx, c, store.CommitOptions{CreateTenant: true}, fs, func(f entity.Fragment) operation {
		return func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
			if cur == nil {
				e, err := entity.Create(f, now)
				return change.Effect{After: e}, err
			}
			news := f
			news.Attrs = make([]entity.Instance, 0, len(f.Attrs))
			for i := range f.Attrs {
				if old, ok := cur.Attr(f.Attrs[i].Name, f.Attrs[i].Dataset); !ok || !old.SameContent(&f.Attrs[i]) {
					news.Attrs = append(news.Attrs, f.Attrs[i])
				}
			}
			e, late, err := entity.Absorb(cur, news, now)
			return change.Effect{After: e, Points: late}, err
		}
	})
}
