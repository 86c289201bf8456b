package broker

import (
	"context"

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
// given back, after the conditions were evaluated; nil is all.
//
// Errors: problem.NonexistentTenant; problem.TooComplexQuery.
func (b *Broker) HistoryQuery(ctx context.Context, c Call, q *query.Query, w store.Window, p Page) (FoundHistory, error) {
	asked := *q
	asked.Access = nil // applied by mask
	f := FoundHistory{}
	n := 0
	look := b.Lookup(ctx, c)
	for head, err := range b.st.HistorySelect(ctx, c.Space, &asked, p.After) {
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
