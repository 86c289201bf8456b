package broker

import (
	"context"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
)

// Page says which part of an answer is wanted.
type Page struct {
	Limit  int           // how many at most; 0 gives none (with Count)
	Offset int           // how many matches to pass over first
	After  entity.Number // begin behind this entity; with it Offset counts from there
	Count  bool          // also count all matches
	// Order is the order of the answer; nil is that of the entities' numbers.
	// With it After is not used.
	Order *query.Order
}

// MaxOrdered bounds Limit and Offset together when there is an Order: so many
// entities are held at once.
const MaxOrdered = 100_000

// Found is a page of matches in entity-number order.
type Found struct {
	Entities []*entity.Entity
	Count    int  // all matches, if asked for
	More     bool // there are matches behind the last one here
}

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

// Walk calls yield for each match of q in entity-number order until it
// returns false. q's Now and Access are set here; q itself stays as it is.
//
// Errors: problem.NonexistentTenant, and what the store reports.
func (b *Broker) Walk(ctx context.Context, c Call, q *query.Query, after entity.Number, yield func(*entity.Entity) bool) error {
	asked := *q
	asked.Now, asked.Access = b.now(c), c.Access
	look := b.Lookup(ctx, c)
	for s, err := range b.st.Select(ctx, c.Space, c.Moment, &asked, after) {
		if err != nil {
			return err
		}
		if e := asked.See(s.Entity, look); e != nil && !yield(e) {
			return nil
		}
	}
	return nil
}

// Query gives a page of what q matches (CIM 009, 5.7.2).
//
// Errors: problem.NonexistentTenant; problem.TooComplexQuery.
func (b *Broker) Query(ctx context.Context, c Call, q *query.Query, p Page) (Found, error) {
	if p.Limit < 0 || p.Offset < 0 {
		return Found{}, problem.New(problem.BadRequestData, "limit and offset cannot be negative")
	}
	if p.Order != nil {
		return b.ordered(ctx, c, q, p)
	}
	f := Found{Entities: make([]*entity.Entity, 0, min(p.Limit, 64))}
	n := 0
	err := b.Walk(ctx, c, q, p.After, func(e *entity.Entity) bool {
		n++
		switch {
		case n <= p.Offset:
			return true
		case len(f.Entities) < p.Limit:
			f.Entities = append(f.Entities, e)
			return true
		default:
			f.More = true
			return p.Count
		}
	})
	f.Count = n
	if !p.Count {
		f.Count = 0
	}
	return f, err
}

// ordered is Query with an order: all matches are looked at, and no more are
// kept than it takes.
func (b *Broker) ordered(ctx context.Context, c Call, q *query.Query, p Page) (Found, error) {
	most := p.Offset + p.Limit
	if most > MaxOrdered {
		return Found{}, problem.New(problem.TooManyResults, "in an order of its own an answer reaches up to the first %d entities; narrow the query, or leave out orderBy", MaxOrdered)
	}
	top := p.Order.Top(most, q.Datasets, b.now(c))
	n := 0
	err := b.Walk(ctx, c, q, 0, func(e *entity.Entity) bool {
		n++
		top.Add(e)
		return true
	})
	if err != nil {
		return Found{}, err
	}
	es := top.Entities()
	f := Found{Entities: es[min(p.Offset, len(es)):], More: n > most}
	if p.Count {
		f.Count = n
	}
	return f, nil
}
