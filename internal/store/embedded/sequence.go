package embedded

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// A commit passes through four steps; see DESIGN.md. The sequencer, here,
// runs the closures under one lock, in the order in which commits will become
// durable, and gives places in the log. The caller's goroutine encodes. The
// committer writes groups. The publisher shows them and answers.

// pending is a commit on its way.
type pending struct {
	batch *pebble.Batch // what it writes, complete once ready is closed
	ready chan struct{}
	items []item
	ops   int64
	head  entity.Position // the log's end with it
	time  entity.Instant
	low   entity.Position // it trims the log up to here
	// Counters as they are with it.
	version         uint64
	entities        int64
	tenants, layers int
	// published, if set, runs when it is durable, before it is shown, with
	// Store.pubMu held.
	published func(*view)
	shown     func() // if set, runs once it is shown
	done      chan error
	covers    entity.Position // the published head, once done
}

// item is one record of a pending commit.
type item struct {
	rec       change.Record
	displaced []entity.Instance
	space     space
	before    *kept // nil if it was never there
	after     *kept
}

// overlaid is the state of an entity that a commit on its way has changed:
// what the next commit builds on, and readers do not see.
type overlaid struct {
	state  *kept
	by     *pending      // the last that changed it
	recent []recentPoint // what went to its history on the way, in order
}

// recentPoint is a point of a record that is on its way.
type recentPoint struct {
	at    entity.Position
	point entity.Instance
}

// prune gives a copy of ps without those of published records, which the tail
// has.
func prune(ps []recentPoint, published entity.Position) []recentPoint {
	k := 0
	for k < len(ps) && ps[k].at <= published {
		k++
	}
	return slices.Clone(ps[k:])
}

// work is one entity during the sequencing of a commit.
type work struct {
	*overlaid
	changed bool
}

// Commit applies muts; see store.Writer.
func (s *Store) Commit(ctx context.Context, sp store.Space, muts []store.Mutation, o store.CommitOptions) ([]store.Result, store.Cursor, error) {
	weight := min(int64(len(muts))+1, maxPending)
	if err := s.pendingOps.Acquire(ctx, weight); err != nil {
		return nil, store.Cursor{}, err
	}
	defer s.pendingOps.Release(weight)
	if err := ctx.Err(); err != nil {
		return nil, store.Cursor{}, err
	}
	if err := s.waitForTail(ctx); err != nil {
		return nil, store.Cursor{}, err
	}
	absent, err := s.prefetch(sp, muts)
	if err != nil {
		return nil, store.Cursor{}, err
	}
	res := make([]store.Result, len(muts))
	p := s.newPending()
	s.seq.Lock()
	queued, err := s.sequence(p, sp, muts, o, absent, res)
	s.seq.Unlock()
	if err != nil {
		p.batch.Close()
		return nil, store.Cursor{}, err
	}
	if !queued {
		p.batch.Close()
		c, err := s.Head(ctx)
		return res, c, err
	}
	if err := s.encode(p); err != nil {
		s.fail(fmt.Errorf("encode a commit: %w", err))
	}
	close(p.ready)
	if err := s.await(p); err != nil {
		return nil, store.Cursor{}, err
	}
	return res, s.cursor(p.covers), nil
}

func (s *Store) newPending() *pending {
	return &pending{batch: s.db.NewBatch(), ready: make(chan struct{}), done: make(chan error, 1)}
}

// absence is what a prefetch found missing in a view.
type absence struct {
	view uint64
	ids  map[entity.ID]bool
}

// prefetch brings the entities of muts into memory, so that the sequencer
// need not wait for the disk, and tells which of them there are not.
func (s *Store) prefetch(sp store.Space, muts []store.Mutation) (a absence, err error) {
	n, ok, err := s.spaces.find(sp)
	if err != nil || !ok {
		return a, nil // the sequencer will see
	}
	var missing []entity.ID
	s.seq.Lock()
	for i := range muts {
		if s.overlay[idKey{n, muts[i].ID}] == nil {
			missing = append(missing, muts[i].ID)
		}
	}
	s.seq.Unlock()
	if len(missing) == 0 {
		return a, nil
	}
	v, err := s.acquire()
	if err != nil {
		return a, err
	}
	defer s.release(v)
	a.view = v.seq
	for _, id := range missing {
		k, err := s.byID(v, n, id)
		if err != nil {
			return a, err
		}
		if k == nil {
			if a.ids == nil {
				a.ids = make(map[entity.ID]bool, len(missing))
			}
			a.ids[id] = true
		}
	}
	return a, nil
}

// sequence decides muts and queues p. It reports false, and queues nothing,
// if nothing changed and all that was looked at is durable.
func (s *Store) sequence(p *pending, sp store.Space, muts []store.Mutation, o store.CommitOptions, a absence, res []store.Result) (bool, error) {
	if err := s.writable(); err != nil {
		return false, err
	}
	n, ok, err := s.spaces.newest(sp)
	if err != nil && !o.CreateTenant {
		return false, err
	}
	if !ok {
		if !o.CreateTenant {
			return false, store.NoLayer(sp)
		}
		if n, err = s.spaces.create(sp, p.batch); err != nil {
			return false, err
		}
	}
	works, err := s.gather(n, muts, a)
	if err != nil {
		return false, err
	}
	now := max(s.lastTime, s.now())
	p.items = make([]item, 0, len(muts))
	waits := !p.batch.Empty()
	for i := range muts {
		w := works[muts[i].ID]
		waits = waits || w.by != nil
		s.decide(p, n, sp, &muts[i], w, now, &res[i])
	}
	for id, w := range works {
		if w.changed {
			w.by = p
			s.overlay[idKey{n, id}] = w.overlaid
		}
	}
	if len(p.items) == 0 && !waits {
		return false, nil
	}
	p.ops = int64(len(muts))
	s.lastTime = now
	s.enqueue(p)
	return true, nil
}

// enqueue puts p at the end of the queue; Store.seq is held.
func (s *Store) enqueue(p *pending) {
	p.head, p.time, p.version, p.entities = s.lastPos, s.lastTime, s.version, s.entities
	p.tenants, p.layers = s.spaces.counts()
	p.ops = max(p.ops, 1)
	s.queue = append(s.queue, p)
	if s.queuedOps += p.ops; s.queuedOps >= s.wakeAt {
		s.poke()
	}
}

// poke wakes the committer.
func (s *Store) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// gather finds the newest state of each entity, durable or on its way.
func (s *Store) gather(n space, muts []store.Mutation, a absence) (map[entity.ID]*work, error) {
	works := make(map[entity.ID]*work, len(muts))
	for i := range muts {
		id := muts[i].ID
		if works[id] != nil {
			continue
		}
		if o := s.overlay[idKey{n, id}]; o != nil {
			c := *o
			c.recent = prune(c.recent, s.headNow())
			works[id] = &work{overlaid: &c}
			continue
		}
		// Not on its way, so the current view has the newest.
		v, err := s.acquire()
		if err != nil {
			return nil, err
		}
		var k *kept
		if !(a.ids[id] && a.view == v.seq) {
			k, err = s.byID(v, n, id)
		}
		s.release(v)
		if err != nil {
			return nil, err
		}
		works[id] = &work{overlaid: &overlaid{state: k}}
	}
	return works, nil
}

// decide runs one mutation and appends its item to p.
func (s *Store) decide(p *pending, n space, sp store.Space, m *store.Mutation, w *work, now entity.Instant, res *store.Result) {
	own := *m
	m = &own
	known := func(x *entity.Instance) (bool, error) { return s.knows(n, w.overlaid, x) }
	d, err := store.Decide(m, w.state.raw(), now, known)
	if err != nil {
		res.Err = err
		return
	}
	res.Report = d.Effect.Report
	if w.state != nil {
		res.Number = w.state.number
	}
	if !d.Changes() {
		res.After = d.Before
		return
	}
	if w.state == nil && d.Effect.After == nil && len(d.Effect.Points) == 0 {
		return // nothing to edit
	}
	num := s.nextNumber[n] + 1
	if w.state != nil {
		num = w.state.number
		m.ID = w.state.top().ID
	} else {
		if num == 1 {
			if num, err = s.firstNumber(n); err != nil {
				res.Err = err
				return
			}
		}
		m.ID = entity.ID(strings.Clone(string(m.ID)))
	}
	at := s.lastPos + 1
	commit := at
	if len(p.items) > 0 {
		commit = p.items[0].rec.At
	}
	rec, displaced := d.Seal(m, sp, 0, num, at, commit, now)
	if err := s.adoptRecord(&rec, &d); err != nil {
		res.Err = err
		return
	}
	it := item{rec: rec, displaced: displaced, space: n, before: w.state, after: w.state}
	switch {
	case rec.Kind == change.Recorded:
	case rec.After != nil:
		it.after = &kept{state: rec.After, number: num}
	default:
		it.after = &kept{head: change.Head(d.Raw), deleted: now, number: num}
	}
	s.take(p, n, w, it, d.Raw)
	res.Number, res.At, res.Kind, res.After = num, at, rec.Kind, rec.After
}

// adoptRecord makes what is new in a record the store's own.
func (s *Store) adoptRecord(rec *change.Record, d *store.Decision) error {
	if err := s.names.adoptInstances(rec.Points, rec.At); err != nil {
		return err
	}
	if err := s.names.adoptEdits(rec, d); err != nil {
		return err
	}
	e := rec.After
	if e == nil || e == d.Raw {
		return nil
	}
	if d.Before == nil || len(e.Scopes) > 0 && (len(d.Before.Scopes) == 0 || &e.Scopes[0] != &d.Before.Scopes[0]) {
		e.Scopes = slices.Clone(e.Scopes)
		for i := range e.Scopes {
			e.Scopes[i] = strings.Clone(e.Scopes[i])
		}
	}
	return s.names.adopt(e, rec.At)
}

// take makes it the newest state of its entity.
func (s *Store) take(p *pending, n space, w *work, it item, raw *entity.Entity) {
	if it.before == nil {
		s.nextNumber[n] = it.rec.Number
	}
	switch {
	case raw == nil && it.after.state != nil:
		s.entities++
	case raw != nil && it.after.state == nil:
		s.entities--
	}
	w.state, w.changed = it.after, true
	w.recent = slices.Grow(w.recent, len(it.displaced)+len(it.rec.Points))
	for _, ps := range [][]entity.Instance{it.displaced, it.rec.Points} {
		for i := range ps {
			w.recent = append(w.recent, recentPoint{it.rec.At, ps[i]})
		}
	}
	s.lastPos = it.rec.At
	p.items = append(p.items, it)
}

// firstNumber finds the number for the first entity made in n since the start.
func (s *Store) firstNumber(n space) (entity.Number, error) {
	if s.nextNumber[n] != 0 {
		return s.nextNumber[n] + 1, nil
	}
	s.spaces.use(n)
	prefix := n.key(kindEntity, 0)
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return 0, err
	}
	last := entity.Number(0)
	if it.Last() {
		last = tail8(it.Key())
	}
	if err := it.Close(); err != nil {
		return 0, err
	}
	return last + 1, nil
}

// writable reports why nothing can be written now. Store.seq is held.
func (s *Store) writable() error {
	if err := s.usable(); err != nil {
		return err
	}
	if s.closing {
		return closed()
	}
	if s.full.Load() {
		s.checkSpaceNow() // nobody else will, as nothing is written
	}
	if s.full.Load() {
		return problem.New(problem.OutOfSpace, "less than %d MB are free on the disk of %s, so nothing more is written; make room and try again", s.o.FreeFloor>>20, s.o.Dir)
	}
	return nil
}
