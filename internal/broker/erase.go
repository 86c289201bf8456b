package broker

import (
	"context"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// Erase removes an entity as if it had never been, from state, history and
// log; see store.Driver. The Guard is not asked, as what must go must go: it
// is for those who know that nobody follows the entity.
func (b *Broker) Erase(ctx context.Context, s store.Space, id entity.ID) error {
	return b.st.Erase(ctx, s, id)
}
