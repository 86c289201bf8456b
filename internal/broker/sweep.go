package broker

import (
	"context"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// sweepBatch is how many expired entities are removed in one commit.
const sweepBatch = 500

// Sweep removes entities and attributes that have expired (CIM 009, 4.22), as
// ordinary commits, until none is left. They are out of sight already; this
// tells the readers of the log.
func (b *Broker) Sweep(ctx context.Context) error {
	for {
		gone, err := b.st.Expired(ctx, b.o.Now(), sweepBatch)
		if err != nil || len(gone) == 0 {
			return err
		}
		bySpace := map[store.Space][]store.Mutation{}
		for _, e := range gone {
			bySpace[e.Space] = append(bySpace[e.Space], store.SweepMutation(e))
		}
		for s, muts := range bySpace {
			if _, _, err := b.st.Commit(ctx, s, muts, store.CommitOptions{}); err != nil && !(s.Layer != "" && problem.Is(err, problem.ResourceNotFound)) { // dropped meanwhile
				return err
			}
		}
		if len(gone) < sweepBatch {
			return nil
		}
	}
}
