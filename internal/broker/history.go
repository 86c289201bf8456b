package broker

import (
	"context"
	"iter"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// Evolution is the history of one entity in a window (CIM 009, 5.7.3).
type Evolution struct {
	Head   *entity.Entity // id, types, scopes and times; no attributes
	Series []store.Series
}

// History gives the history of one entity. It goes on after the entity was
// deleted.
//
// Errors: problem.ResourceNotFound if the entity was never there or is hidden
// from the caller; problem.NonexistentTenant.
func (b *Broker) History(ctx context.Context, c Call, id entity.ID, w store.Window) (Evolution, error) {
	head, ss, err := b.st.History(ctx, c.Space, id, w)
	if err != nil {
		return Evolution{}, err
	}
	ev, ok := b.mask(c, Evolution{Head: head, Series: ss})
	if !ok {
		return Evolution{}, notFound(id)
	}
	return ev, nil
}

// mask leaves out of ev what the caller may not see.
func (b *Broker) mask(c Call, ev Evolution) (Evolution, bool) {
	if c.Access == nil {
		return ev, true
	}
	if c.Access.Mask(flatten(ev)) == nil {
		return ev, false
	}
	shown := ev.Series[:0:0]
next:
	for _, s := range ev.Series {
		for _, h := range c.Access.Hidden {
			if h == s.Name {
				continue next
			}
		}
		shown = append(shown, s)
	}
	ev.Series = shown
	return ev, true
}

// flatten makes one state of all instances in ev, so that conditions are
// evaluated on the instances inside the window, any of which may match
// (CIM 009, 5.7.4.4).
func flatten(ev Evolution) *entity.Entity {
	e := *ev.Head
	e.ExpiresAt = 0
	n := 0
	for _, s := range ev.Series {
		n += len(s.Points)
	}
	e.Attrs = make([]entity.Instance, 0, n)
	for _, s := range ev.Series {
		for i := range s.Points {
			if s.Points[i].Kind != entity.Null {
				e.Attrs = append(e.Attrs, s.Points[i])
			}
		}
	}
	return &e
}

// FoundHistory is a page of entities with their history.
type FoundHistory struct {
	Evolutions []Evolution
	Count      int
	More       bool
}

// HistoryQuery gives the history of the entities that q matches, evaluated on
// the instances inside w (CIM 009, 5.7.4). wanted narrows the series that are
// given back, after the conditions were evaluated; nil is all. An order can be
// by id alone.
//
// Errors: problem.NonexistentTenant; problem.TooComplexQuery;
// problem.TooManyResults if over MaxOrdered entities are to be put in order.
func (b *Broker) HistoryQuery(ctx context.Context, c Call, q *query.Query, w store.Window, p Page) (FoundHistory, error) {
	asked := *q
	asked.Access = nil // applied by mask
	if p.Count {
		p.After = 0 // all are counted
	} else if p.After != 0 {
		p.Offset = 0
	}
	f := FoundHistory{}
	n := 0
	look := b.Lookup(ctx, c)
	heads := b.st.HistorySelect(ctx, c.Space, &asked, p.After)
	if p.Order != nil {
		var err error
		if heads, err = b.orderedHeads(heads, &asked, p.Order); err != nil {
			return f, err
		}
	}
	for head, err := range heads {
		if err != nil {
			return f, err
		}
		if !p.Count && len(f.Evolutions) == p.Limit && f.More {
			break
		}
		_, ss, err := b.st.History(ctx, c.Space, head.ID, w)
		if problem.Is(err, problem.ResourceNotFound) {
			continue // forgotten meanwhile
		}
		if err != nil {
			return f, err
		}
		ev, ok := b.mask(c, Evolution{Head: head, Series: ss})
		if !ok || len(ev.Series) == 0 || !asked.Match(flatten(ev), look) {
			continue
		}
		n++
		switch {
		case n <= p.Offset:
		case len(f.Evolutions) < p.Limit:
			f.Evolutions = append(f.Evolutions, ev)
		default:
			f.More = true
			if !p.Count {
				return f, nil
			}
		}
	}
	if p.Count {
		f.Count = n
	}
	return f, nil
}

// orderedHeads gives heads in an order of what a head has: those that q's ids
// and types select.
func (b *Broker) orderedHeads(heads iter.Seq2[*entity.Entity, error], q *query.Query, o *query.Order) (iter.Seq2[*entity.Entity, error], error) {
	which := query.Query{IDs: q.IDs, IDPattern: q.IDPattern, Types: q.Types}
	top, err := o.Top(MaxOrdered, nil, 0)
	if err != nil {
		return nil, err
	}
	byID := map[entity.ID]*entity.Entity{}
	for head, err := range heads {
		if err != nil {
			return nil, err
		}
		lasting := *head
		lasting.ExpiresAt = 0
		if !which.Match(&lasting, nil) {
			continue
		}
		if byID[head.ID] = head; len(byID) > MaxOrdered {
			return nil, problem.New(problem.TooManyResults, "over %d entities are to be put in order; narrow the query by type or id, or leave out orderBy", MaxOrdered)
		}
		top.Add(head)
	}
	return func(yield func(*entity.Entity, error) bool) {
		for _, at := range top.Places() {
			if !yield(byID[at.ID], nil) {
				return
			}
		}
	}, nil
}
