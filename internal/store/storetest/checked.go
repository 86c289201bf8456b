package storetest

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"sync"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// Checked wraps a driver so that it panics when either side breaks the
// contract: a closure that changes what it was given, a caller or driver that
// changes a state once it was handed on, results, records or entities out of
// order. It is for test builds: it copies everything.
func Checked(d store.Driver) store.Driver { return &checked{Driver: d} }

// maxWatched bounds the states whose later change is noticed.
const maxWatched = 20_000

type checked struct {
	store.Driver
	mu      sync.Mutex
	watched []watched
}

type watched struct {
	e    *entity.Entity
	copy *entity.Entity
}

func broken(format string, args ...any) {
	panic("store contract broken: " + fmt.Sprintf(format, args...))
}

// watch remembers e as it is now.
func (c *checked) watch(e *entity.Entity) {
	if e == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.watched) < maxWatched {
		c.watched = append(c.watched, watched{e, deep(e)})
	}
}

// verify looks at all that was handed on.
func (c *checked) verify() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.watched {
		if !reflect.DeepEqual(w.e, w.copy) {
			broken("the state of %s was changed after it was handed on", w.copy.ID)
		}
	}
}

func deep(e *entity.Entity) *entity.Entity {
	if e == nil {
		return nil
	}
	c := *e
	c.Types = append([]entity.Name(nil), e.Types...)
	c.Scopes = append([]string(nil), e.Scopes...)
	if len(e.Types) == 0 {
		c.Types = e.Types
	}
	if len(e.Scopes) == 0 {
		c.Scopes = e.Scopes
	}
	c.Attrs = deepInstances(e.Attrs)
	return &c
}

func deepInstances(is []entity.Instance) []entity.Instance {
	if is == nil {
		return nil
	}
	out := make([]entity.Instance, len(is))
	for i := range is {
		out[i] = is[i]
		if is[i].Value != nil {
			out[i].Value = append([]byte{}, is[i].Value...)
		}
		out[i].Subs = deepInstances(is[i].Subs)
		if is[i].More != nil {
			out[i].More = append([]entity.Member{}, is[i].More...)
		}
	}
	return out
}

func (c *checked) Commit(ctx context.Context, s store.Space, muts []store.Mutation, o store.CommitOptions) ([]store.Result, store.Cursor, error) {
	own := make([]store.Mutation, len(muts))
	for i := range muts {
		own[i] = muts[i]
		id, apply := muts[i].ID, muts[i].Apply
		own[i].Apply = func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
			if cur != nil && cur.ID != id {
				broken("the operation on %s was given %s", id, cur.ID)
			}
			before := deep(cur)
			eff, err := apply(cur, now)
			if !reflect.DeepEqual(cur, before) {
				broken("the operation on %s changed the state it was given", id)
			}
			return eff, err
		}
	}
	res, cur, err := c.Driver.Commit(ctx, s, own, o)
	if err != nil {
		return res, cur, err
	}
	if len(res) != len(muts) {
		broken("%d results for %d operations", len(res), len(muts))
	}
	for i := range res {
		c.result(&muts[i], &res[i])
	}
	return res, cur, nil
}

func (c *checked) result(m *store.Mutation, r *store.Result) {
	c.watch(r.After)
	switch {
	case r.Err != nil && r.At != 0:
		broken("%s failed and has a place in the log", m.ID)
	case r.At != 0 && r.Number == 0:
		broken("%s has a record and no number", m.ID)
	case r.At != 0 && r.Kind == change.Deleted && r.After != nil, r.At != 0 && r.Kind == change.Created && r.After == nil:
		broken("the result of %s is of kind %v and has the state %v", m.ID, r.Kind, r.After)
	case r.After != nil && r.After.ID != m.ID:
		broken("the result of %s is the state of %s", m.ID, r.After.ID)
	}
}

func (c *checked) Entity(ctx context.Context, s store.Space, m store.Moment, id entity.ID) (store.Stored, error) {
	e, err := c.Driver.Entity(ctx, s, m, id)
	if err == nil && (e.Entity == nil || e.ID != id) {
		broken("asked for %s and got %v", id, e.Entity)
	}
	c.watch(e.Entity)
	return e, err
}

func (c *checked) Select(ctx context.Context, s store.Space, m store.Moment, q *query.Query, after entity.Number) iter.Seq2[store.Stored, error] {
	return func(yield func(store.Stored, error) bool) {
		last, ended := after, false
		for e, err := range c.Driver.Select(ctx, s, m, q, after) {
			if ended {
				broken("select goes on after an error")
			}
			if ended = err != nil; !ended {
				if e.Entity == nil || e.Number <= last {
					broken("select gives %v after number %d", e.Entity, last)
				}
				last = e.Number
				c.watch(e.Entity)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func (c *checked) Read(ctx context.Context, from store.Cursor, limit int) ([]change.Record, store.Cursor, error) {
	rs, to, err := c.Driver.Read(ctx, from, limit)
	if err != nil {
		return rs, to, err
	}
	if len(rs) > limit {
		broken("%d records where %d were asked for", len(rs), limit)
	}
	at := from
	for i := range rs {
		r := &rs[i]
		p := int(r.Part)
		if r.At != at.At(p)+1 {
			broken("record %d follows %d in partition %d", r.At, at.At(p), p)
		}
		at = at.With(p, r.At)
		c.watch(r.After)
	}
	for p := range at.Pos {
		if to.At(p) != at.At(p) {
			broken("the cursor behind the records is %v, they end at %v", to, at)
		}
	}
	return rs, to, nil
}

func (c *checked) Close() error {
	c.verify()
	return c.Driver.Close()
}
