package broker

import (
	"context"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/query"
)

// Entity gives the state of one entity as the caller may see it
// (CIM 009, 5.7.1).
//
// Errors: problem.ResourceNotFound; problem.NonexistentTenant.
func (b *Broker) Entity(ctx context.Context, c Call, id entity.ID) (*entity.Entity, error) {
	s, err := b.st.Entity(ctx, c.Space, c.Moment, id)
	if err != nil {
		return nil, err
	}
	e := c.Access.Mask(s.Entity.Alive(b.now(c)))
	if e == nil {
		return nil, notFound(id)
	}
	return e, nil
}

// now is the moment asked about, or the present.
func (b *Broker) now(c Call) entity.Instant {
	if c.Moment.Valid != 0 {
		return c.Moment.Valid
	}
	return b.o.Now()
}

// Lookup finds linked entities for conditions and joins, within what the
// caller may see.
func (b *Broker) Lookup(ctx context.Context, c Call) query.Lookup {
	return func(id entity.ID) *entity.Entity {
		e, err := b.Entity(ctx, c, id)
		if err != nil {
			return nil // a target that cannot be seen is no error (CIM 009, 4.5.23)
		}
		return e
	}
}
