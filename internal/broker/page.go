package broker

import (
	"context"
	"errors"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
)

// Page says which part of an answer is wanted.
type Page struct {
	Limit  int // how many at most; 0 gives none (with Count)
	Offset int // how many matches to pass over first
	// After, if set, is the entity before the page, in the order of numbers:
	// then nothing before it is walked, and Offset is not looked at.
	After entity.Number
	Count bool // also count all matches
	// Order is the order of the answer; nil is that of the entities' numbers.
	// With it After is not used: Mark is.
	Order *query.Order
	// Mark is the place in Order of the entity before the page, as Found.Mark
	// gave it; nil is none. With it Offset is not looked at.
	Mark []byte
}

// Bounds of one page.
const (
	// MaxOrdered bounds Limit and Offset together when there is an Order and
	// no Mark: the places of so many entities are held at once.
	MaxOrdered = 100_000
	// maxPageBytes is how much the entities of a page may take, about; those
	// behind come with the next (CIM 009, 5.5.9.1). One is always there.
	maxPageBytes = 32 << 20
)

// Found is a page of matches.
type Found struct {
	Entities []*entity.Entity
	Count    int  // all matches, if asked for
	More     bool // there are matches behind the last one here
	// Mark is the place of the last of Entities in the Order, for the next
	// page; nil if there is no Order, or if it would be too long.
	Mark []byte
}

// Walk calls yield for each match of q in entity-number order until it
// returns false. q's Now and Access are set here; q itself stays as it is.
//
// Errors: problem.NonexistentTenant; problem.TooComplexQuery if ctx's time is
// over before the walk is; and what the store reports.
func (b *Broker) Walk(ctx context.Context, c Call, q *query.Query, after entity.Number, yield func(*entity.Entity) bool) error {
	_, err := b.walk(ctx, c, q, after, func(_, e *entity.Entity) bool { return e == nil || yield(e) })
	return err
}

// walk calls yield for each candidate that the store gives, with what the
// caller may see of it if it matches and nil if it does not. It reports
// whether the walk came to its end.
func (b *Broker) walk(ctx context.Context, c Call, q *query.Query, after entity.Number, yield func(candidate, match *entity.Entity) bool) (ended bool, err error) {
	asked := *q
	asked.Now, asked.Access = b.now(c), c.Access
	seer := asked.Seer(b.Lookup(ctx, c))
	yield, over, err := among(ctx, c, after, yield)
	if err != nil {
		return false, err
	}
	for s, err := range b.st.Select(ctx, c.Space, c.Moment, &asked, after) {
		if errors.Is(err, context.DeadlineExceeded) {
			return false, problem.Wrap(problem.TooComplexQuery, err, "looking at all that the query may select takes longer than this server has for one request; narrow it by types, ids, a place, scopes or an idPattern that begins with ^ and a text")
		}
		if err != nil {
			return false, err
		}
		if !yield(s.Entity, seer.See(s.Entity)) {
			return over(false)
		}
	}
	return over(true)
}

// among narrows yield to what the call is narrowed to. ended is told whether
// the walk came to its end, and gives whether it did as far as the call goes,
// and what went wrong on the way.
func among(ctx context.Context, c Call, after entity.Number, yield func(candidate, match *entity.Entity) bool) (narrowed func(candidate, match *entity.Entity) bool, ended func(bool) (bool, error), err error) {
	if c.Among == nil {
		return yield, func(all bool) (bool, error) { return all, nil }, nil
	}
	w, err := c.Among.Walk(ctx, after)
	if err != nil {
		return nil, nil, err
	}
	var failed error
	over := false // nothing of the set is left
	narrowed = func(candidate, match *entity.Entity) bool {
		if match == nil {
			return yield(candidate, nil)
		}
		in, more, err := w.Has(match.Number)
		if failed, over = err, !more; err != nil || over {
			return false
		}
		if !in {
			match = nil
		}
		return yield(candidate, match)
	}
	return narrowed, func(all bool) (bool, error) {
		if failed != nil {
			return false, failed
		}
		if all {
			return true, w.End()
		}
		return over, nil
	}, nil
}

// bare gives q for a walk that does not look at what it finds beyond the
// attributes named: what the conditions need is read besides.
func bare(q *query.Query, names ...entity.Name) *query.Query {
	out := *q
	out.Wanted = append([]entity.Name{}, names...)
	return &out
}

// Query gives a page of what q matches (CIM 009, 5.7.2). It holds no more
// than the page: what is only passed over or counted is not kept.
//
// Errors: problem.NonexistentTenant; problem.TooComplexQuery,
// problem.TooManyResults.
func (b *Broker) Query(ctx context.Context, c Call, q *query.Query, p Page) (Found, error) {
	if p.Limit < 0 || p.Offset < 0 {
		return Found{}, problem.New(problem.BadRequestData, "limit and offset cannot be negative")
	}
	if p.Order != nil {
		return b.ordered(ctx, c, q, p)
	}
	total, known, err := 0, false, error(nil)
	if p.Count {
		if total, known, err = b.total(ctx, c, q); err != nil {
			return Found{}, err
		}
	}
	after, before, err := b.pass(ctx, c, q, p, p.Count && !known)
	if err != nil {
		return Found{}, err
	}
	f := Found{Count: total}
	if p.Limit > 0 && (p.After != 0 || before == p.Offset) {
		if err := b.fill(ctx, c, q, after, p.Limit, &f); err != nil {
			return Found{}, err
		}
	} else if p.Limit == 0 && !known {
		f.More = true // to be counted
	}
	if !p.Count || known {
		return f, nil
	}
	f.Count = before + len(f.Entities)
	if n := len(f.Entities); n > 0 {
		after = f.Entities[n-1].Number
	}
	if f.More {
		err = b.Walk(ctx, c, bare(q), after, func(*entity.Entity) bool { f.Count++; return true })
	}
	f.More = f.More && f.Count > before+len(f.Entities)
	return f, err
}

// pass passes over what is before the page: it gives the number behind which
// the page begins and, unless only After was to be heeded, how many matches
// are before it. With count it counts them in any case.
func (b *Broker) pass(ctx context.Context, c Call, q *query.Query, p Page, count bool) (after entity.Number, before int, err error) {
	switch {
	case p.After != 0 && !count:
		return p.After, 0, nil
	case p.After != 0:
		err = b.Walk(ctx, c, bare(q), 0, func(e *entity.Entity) bool {
			if e.Number > p.After {
				return false
			}
			before++
			return true
		})
		return p.After, before, err
	case p.Offset == 0:
		return 0, 0, nil
	}
	err = b.Walk(ctx, c, bare(q), 0, func(e *entity.Entity) bool {
		before++
		after = e.Number
		return before < p.Offset
	})
	return after, before, err
}

// sparse is how many candidates are looked at before it is judged whether
// few of them match.
const sparse = 256

// fill puts up to limit matches behind after into f. Where few of many
// candidates match, only what the conditions need is read of all, and the
// rest of those that do.
func (b *Broker) fill(ctx context.Context, c Call, q *query.Query, after entity.Number, limit int, f *Found) error {
	f.Entities = make([]*entity.Entity, 0, min(limit, 64))
	room, tried := maxPageBytes, 0
	add := func(e *entity.Entity) bool {
		if len(f.Entities) == limit || room < 0 {
			f.More = true
			return false
		}
		room -= sizeOf(e.Attrs)
		f.Entities = append(f.Entities, e)
		return true
	}
	full := false
	ended, err := b.walk(ctx, c, q, after, func(candidate, match *entity.Entity) bool {
		if match != nil && !add(match) {
			full = true
			return false
		}
		after = candidate.Number
		tried++
		return tried != sparse || len(f.Entities) > sparse/4
	})
	if err != nil || ended || full {
		return err
	}
	asked := *q
	asked.Now, asked.Access = b.now(c), c.Access
	look := b.Lookup(ctx, c)
	var failed error
	err = b.Walk(ctx, c, bare(q), after, func(found *entity.Entity) bool {
		if len(f.Entities) == limit || room < 0 {
			f.More = true
			return false
		}
		s, err := b.st.Entity(ctx, c.Space, c.Moment, found.ID)
		if problem.Is(err, problem.ResourceNotFound) {
			return true // it went away meanwhile
		}
		if failed = err; err != nil {
			return false
		}
		e := asked.See(s.Entity, look)
		return e == nil || add(e)
	})
	return errors.Join(failed, err)
}

// sizeOf gives about what attributes take, in memory and as JSON.
func sizeOf(is []entity.Instance) int {
	n := 0
	for i := range is {
		n += 200 + len(is[i].Value)
		for k := range is[i].More {
			n += len(is[i].More[k].Raw)
		}
		if len(is[i].Subs) > 0 {
			n += sizeOf(is[i].Subs)
		}
	}
	return n
}

// total counts the matches of a query that is about nothing but one type
// without looking at them; known is false if that cannot be done.
func (b *Broker) total(ctx context.Context, c Call, q *query.Query) (n int, known bool, err error) {
	if !onlyTypes(q) || q.Types == nil || len(q.Types.Any) != 1 || len(q.Types.Any[0]) != 1 || c.Among != nil {
		return 0, false, nil
	}
	counts, known, err := b.counts(ctx, c)
	return counts[q.Types.Any[0][0]], known, err
}

// counts gives how many entities of each type the caller may see, as the
// store counts them; known is false if that is not the same. The store's
// counts hold what has expired and is not swept away yet.
func (b *Broker) counts(ctx context.Context, c Call) (counts map[entity.Name]int, known bool, err error) {
	if c.Access != nil || c.Moment.Valid != 0 {
		return nil, false, nil
	}
	due, err := b.st.Expired(ctx, b.now(c), 1)
	if err != nil || len(due) > 0 {
		return nil, false, err
	}
	counts, err = b.st.TypesOf(ctx, c.Space)
	return counts, err == nil, err
}

func onlyTypes(q *query.Query) bool {
	return q.IDs == nil && q.IDPattern == nil && q.Attrs == nil && q.Filter == nil && q.Scope == nil && q.Geo == nil && q.Access == nil
}

// ordered is Query with an order: all matches are looked at, and of no more
// than it takes the places are kept. Then the page is read.
func (b *Broker) ordered(ctx context.Context, c Call, q *query.Query, p Page) (Found, error) {
	most, skip := p.Offset+p.Limit, p.Offset
	if p.Mark != nil {
		most, skip = p.Limit, 0
	} else if most > MaxOrdered {
		return Found{}, problem.New(problem.TooManyResults, "in an order of its own an answer reaches up to the first %d entities, unless next links are followed; narrow the query, follow next, or leave out orderBy", MaxOrdered)
	}
	top, err := p.Order.Top(most, p.Mark, b.now(c))
	if err != nil {
		return Found{}, err
	}
	n := 0
	err = b.Walk(ctx, c, bare(q, p.Order.Names()...), 0, func(e *entity.Entity) bool {
		n++
		top.Add(e)
		return true
	})
	if err != nil {
		return Found{}, err
	}
	places := top.Places()
	places = places[min(skip, len(places)):]
	f := Found{Entities: make([]*entity.Entity, 0, len(places)), More: top.More()}
	if p.Count {
		f.Count = n
	}
	asked := *q
	asked.Now, asked.Access = b.now(c), c.Access
	look, room := b.Lookup(ctx, c), maxPageBytes
	for _, at := range places {
		if room < 0 {
			f.More = true
			break
		}
		f.Mark = at.Mark()
		s, err := b.st.Entity(ctx, c.Space, c.Moment, at.ID)
		if problem.Is(err, problem.ResourceNotFound) {
			continue // it went away meanwhile
		}
		if err != nil {
			return Found{}, err
		}
		if e := asked.See(s.Entity, look); e != nil {
			room -= sizeOf(e.Attrs)
			f.Entities = append(f.Entities, e)
		}
	}
	return f, nil
}
