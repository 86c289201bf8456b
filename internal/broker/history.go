package broker

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/timespan"
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

// HistoryAsk is a query of the history of entities (CIM 009, 5.7.4).
type HistoryAsk struct {
	Query *query.Query
	// Window is the interval, and bounds what is read of each entity.
	Window store.Window
	Page   Page // the order, if any, is one by id
	// Each gets the history of each entity of the page as soon as it is read,
	// and may take over its parts. Its error ends the query.
	Each func(Evolution) error
}

// FoundHistory tells about a page of entities with their history.
type FoundHistory struct {
	N     int // entities that Each was given
	Last  entity.Number
	Count int
	More  bool
}

// HistoryQuery walks the history of the entities that a's query matches,
// evaluated on the instances inside the window (CIM 009, 5.7.4). One entity's
// history is held at a time.
//
// Errors: problem.NonexistentTenant; problem.TooComplexQuery;
// problem.TooManyResults if over MaxOrdered entities are to be put in order,
// or if an entity has more in the window than a condition can be checked on.
func (b *Broker) HistoryQuery(ctx context.Context, c Call, a HistoryAsk) (FoundHistory, error) {
	asked := *a.Query
	asked.Access = nil // applied by mask
	scope := asked.Scope
	asked.Scope = nil // the current one tells nothing about the window
	w, p := a.Window, a.Page
	needs := asked.Needs()
	probes := asked.Filter != nil && len(needs) > 0 || asked.Geo != nil
	if p.Count {
		p.After = 0 // all are counted
	} else if p.After != 0 {
		p.Offset = 0
	}
	f := FoundHistory{}
	n := 0
	look := b.Lookup(ctx, c)
	heads := headsAmong(ctx, c, p.After, b.st.HistorySelect(ctx, c.Space, &asked, p.After))
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
		shown := n >= p.Offset && f.N < p.Limit
		read := w
		if !shown && scope == nil {
			read.Last, read.Limit = 0, 1 // it only counts
		}
		if probes {
			ok, err := b.probe(ctx, c, head, &asked, w, needs, look)
			if err != nil {
				return f, err
			}
			if !ok {
				c.gone(head)
				continue
			}
		}
		head, ss, err := b.st.History(ctx, c.Space, head.ID, read)
		if problem.Is(err, problem.ResourceNotFound) {
			continue // forgotten meanwhile
		}
		if err != nil {
			return f, err
		}
		if scope != nil && cutOff(ss) {
			return f, problem.New(problem.TooManyResults, "%s has over %d instances of an attribute in that time, too many to tell which are in scope: narrow the time, or name attributes by attrs", head.ID, w.Limit)
		}
		ev, ok := b.mask(c, Evolution{Head: head, Series: ss})
		if !ok || len(ev.Series) == 0 || !probes && !asked.Match(flatten(ev), look) {
			c.gone(head)
			continue
		}
		if scope != nil {
			if ok, err = b.whileInScope(ctx, c, &ev, w, scope); err != nil {
				return f, err
			} else if !ok {
				c.gone(head)
				continue
			}
		}
		n++
		switch {
		case n <= p.Offset:
		case f.N < p.Limit:
			f.N, f.Last = f.N+1, ev.Head.Number
			if err := a.Each(ev); err != nil {
				return f, err
			}
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

// maxProbed bounds the instances of one attribute that a condition is checked
// on: a month of one every nine seconds.
const maxProbed = 300_000

// probe reports whether q's conditions hold on the instances in w of those
// attributes that they are about.
func (b *Broker) probe(ctx context.Context, c Call, head *entity.Entity, q *query.Query, w store.Window, needs []entity.Name, look query.Lookup) (bool, error) {
	w.Names, w.Last, w.Limit = needs, 0, maxProbed
	head, ss, err := b.st.History(ctx, c.Space, head.ID, w)
	if problem.Is(err, problem.ResourceNotFound) {
		return false, nil // forgotten meanwhile
	}
	if err == nil && cutOff(ss) {
		err = problem.New(problem.TooManyResults, "%s has over %d instances of an attribute in that time, too many to check a condition on: narrow the time", head.ID, maxProbed)
	}
	if err != nil {
		return false, err
	}
	ev, ok := b.mask(c, Evolution{Head: head, Series: ss})
	return ok && q.Match(flatten(ev), look), nil
}

func cutOff(ss []store.Series) bool {
	return slices.ContainsFunc(ss, func(s store.Series) bool { return s.More })
}

// whileInScope leaves in ev what happened while its entity had a scope that x
// matches, and puts in the instances of such scopes, that of one set before
// the window too (CIM 009, 4.18 and C.5.16). It is false if there was none in
// the window.
func (b *Broker) whileInScope(ctx context.Context, c Call, ev *Evolution, w store.Window, x *query.ScopeExpr) (bool, error) {
	_, all, err := b.st.History(ctx, c.Space, ev.Head.ID, store.Window{Clock: store.ModifiedAt, Names: []entity.Name{entity.ScopeName}})
	if err != nil || len(all) == 0 {
		// Nothing is kept of a scope that is older than the keeping of them.
		return err == nil && x.Match(ev.Head.Scopes), err
	}
	since := func(i *entity.Instance) entity.Instant {
		if w.Clock == store.ObservedAt {
			return max(i.ObservedAt, i.DeletedAt) // zero, if nobody said, is from ever
		}
		return i.ModifiedAt
	}
	points := all[0].Points
	slices.SortStableFunc(points, func(a, b entity.Instance) int { return cmp.Compare(since(&a), since(&b)) })
	var times []timespan.Interval
	var scopes []entity.Instance
	for i := range points {
		t := timespan.Interval{From: max(since(&points[i]), w.From), To: w.To}
		if i+1 < len(points) && (t.To == 0 || since(&points[i+1]) < t.To) {
			t.To = since(&points[i+1])
		}
		empty := t.To != 0 && t.To <= t.From || i+1 < len(points) && t.To == 0
		if points[i].Kind != entity.Null && !empty && x.Match(entity.ScopesOf(&points[i])) {
			times, scopes = append(times, t), append(scopes, points[i])
		}
	}
	shown := ev.Series[:0:0]
	for _, s := range ev.Series {
		if s.Name == entity.ScopeName {
			continue
		}
		s.Points = slices.DeleteFunc(slices.Clone(s.Points), func(i entity.Instance) bool {
			at := cmp.Or(w.Clock.Of(&i), i.ModifiedAt)
			return !slices.ContainsFunc(times, func(t timespan.Interval) bool { return at >= t.From && (t.To == 0 || at < t.To) })
		})
		if len(s.Points) > 0 {
			shown = append(shown, s)
		}
	}
	ev.Series = append(shown, store.Series{Name: entity.ScopeName, Points: scopes})
	return len(times) > 0, nil
}

// gone says that the entity of head no longer fits the query, to what the call
// is narrowed to.
func (c *Call) gone(head *entity.Entity) {
	if c.Among != nil {
		c.Among.Drop(head.Number)
	}
}

// headsAmong narrows heads, which come in the order of numbers, to what the
// call is narrowed to.
func headsAmong(ctx context.Context, c Call, after entity.Number, heads iter.Seq2[*entity.Entity, error]) iter.Seq2[*entity.Entity, error] {
	if c.Among == nil {
		return heads
	}
	return func(yield func(*entity.Entity, error) bool) {
		w, err := c.Among.Walk(ctx, after)
		if err != nil {
			yield(nil, err)
			return
		}
		for head, err := range heads {
			in, more := true, true
			if err == nil {
				in, more, err = w.Has(head.Number)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !more || in && !yield(head, nil) {
				return
			}
		}
		if err := w.End(); err != nil {
			yield(nil, err)
		}
	}
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
