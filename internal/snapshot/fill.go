package snapshot

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/series"
	"github.com/beffroi/beffroi/internal/store"
)

// Selection is one query of a snapshot, ready to run.
type Selection struct {
	Query *query.Query
	// Keep reports whether an attribute belongs to what the query gives; nil
	// keeps all.
	Keep func(name entity.Name, dataset string) bool
	// Join is how many Relationships in a row lead to entities that belong to
	// what the query gives.
	Join int
	// Temporal asks for history, within Window and of each series the newest
	// LastN (0 is all).
	Temporal bool
	Window   store.Window
	LastN    int
}

// Bounds of what is held at once while filling.
const (
	fillPage    = 500 // entities in a commit
	historyPage = 20  // entities with their history in a commit
)

// Create makes a snapshot of what the selections give the caller, in the order
// of the document's queries, the temporal ones last (CIM 009, 5.16.1). It
// returns before they have run.
//
// Errors: problem.AlreadyExists; problem.TooManyResults if the tenant has as
// many as it may.
func (x *Service) Create(ctx context.Context, who broker.Call, d *Document, sels []Selection) (Snapshot, error) {
	s := Snapshot{Tenant: who.Space.Tenant}
	if d.Queries.Len() > 0 {
		s.Queries = d.Queries.Append(nil)
	}
	if d.Temporal.Len() > 0 {
		s.Temporal = d.Temporal.Append(nil)
	}
	plain := d.Queries.Len()
	return x.add(ctx, s, d, nil, func(ctx context.Context, l *live) (Snapshot, error) {
		out := Snapshot{}
		f := &filling{x: x, l: l, call: who}
		for i := range sels {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			detail := f.run(ctx, &sels[i])
			if i < plain {
				out.QueriesDetails = append(out.QueriesDetails, detail)
			} else {
				out.TemporalDetails = append(out.TemporalDetails, detail)
			}
		}
		out.Status = statusOf(append(slices.Clip(out.QueriesDetails), out.TemporalDetails...))
		return out, ctx.Err()
	})
}

// statusOf sums up what the queries came to (CIM 009, 5.16.1.4).
func statusOf(ds []Detail) string {
	n := map[string]int{}
	for _, d := range ds {
		n[d.Status]++
	}
	switch {
	case n[Success] == len(ds):
		return Success
	case n[Success] > 0:
		return Partial
	case n[Empty] > 0:
		return Empty
	}
	return Failure
}

// Clone makes a copy of a snapshot (CIM 009, 5.16.2). It returns before
// anything is copied; a source that is still being prepared is waited for.
//
// Errors: problem.ResourceNotFound; problem.AlreadyExists;
// problem.TooManyResults.
func (x *Service) Clone(ctx context.Context, tenant, source string, d *Document) (Snapshot, error) {
	x.mu.Lock()
	src, err := x.find(tenant, source)
	if err != nil {
		x.mu.Unlock()
		return Snapshot{}, err
	}
	src.holders++
	s := Snapshot{Tenant: tenant, Queries: src.s.Queries, Temporal: src.s.Temporal}
	x.mu.Unlock()
	made, err := x.add(ctx, s, d, src, func(ctx context.Context, l *live) (Snapshot, error) {
		x.mu.Lock()
		from := src.s
		x.mu.Unlock()
		out := Snapshot{QueriesDetails: from.QueriesDetails, TemporalDetails: from.TemporalDetails, Status: Success}
		if from.Status == Preparing { // it was deleted before it was ready, or a restart interrupted it
			return out, problem.New(problem.ResourceNotFound, "the snapshot %s never became ready", src.id)
		}
		n := 0
		err := x.o.Broker.CopyLayer(ctx, src.space, l.space, fillPage, func(k int) error {
			if n += k; n > x.o.Entities {
				return x.tooMany()
			}
			return ctx.Err()
		})
		return out, err
	})
	if err != nil {
		x.release(src)
	}
	return made, err
}

func (x *Service) tooMany() error {
	return problem.New(problem.TooManyResults, "a snapshot takes in up to %d entities; narrow its queries", x.o.Entities)
}

// add keeps a new snapshot and has it filled; source, if there is one, is held
// by it until then.
func (x *Service) add(ctx context.Context, s Snapshot, d *Document, source *live, fill func(ctx context.Context, l *live) (Snapshot, error)) (Snapshot, error) {
	since, err := x.o.Head(ctx)
	if err != nil {
		return s, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	now := x.o.Now()
	if s.ID = d.ID; s.ID == "" {
		s.ID = "urn:ngsi-ld:Snapshot:" + random(16)
	}
	if l := x.tenants[s.Tenant][s.ID]; l != nil {
		if l.s.ExpiresAt > now {
			return s, problem.New(problem.AlreadyExists, "the snapshot %s exists already; PATCH changes it", s.ID)
		}
		if err := x.remove(ctx, l); err != nil {
			return s, err
		}
	}
	if n := x.counts[s.Tenant]; n >= x.o.Max {
		return s, problem.New(problem.TooManyResults, "there are %d snapshots already, and a tenant has no more; delete some, or raise ngsild.snapshots", n)
	}
	s.Lifetime, s.Priority, s.Endpoint, s.Receiver = d.Lifetime, d.Priority, d.Endpoint, d.Receiver
	s.Status, s.CreatedAt, s.ModifiedAt, s.LastUsedAt, s.ExpiresAt = Preparing, now, now, now, x.o.life(d.Lifetime, now)
	s.layer, s.since = "s"+random(8), since
	if err := x.keep(ctx, &s); err != nil {
		return s, err
	}
	work, stop := context.WithCancel(context.Background())
	l := newLive(s, stop)
	l.filling = true
	x.insert(l)
	x.counts[s.Tenant]++
	x.queue(&x.jobs, func(ctx context.Context) { x.prepare(ctx, work, l, source, fill) })
	return s, nil
}

// prepare fills l, unless it is deleted meanwhile.
func (x *Service) prepare(ctx, work context.Context, l, source *live, fill func(ctx context.Context, l *live) (Snapshot, error)) {
	defer l.stop()
	if source != nil {
		select {
		case <-source.ready:
		case <-work.Done():
		case <-ctx.Done():
			return // the next start finds it preparing
		}
	}
	work, cancel := context.WithCancel(work)
	defer context.AfterFunc(ctx, cancel)()
	defer cancel()
	err := work.Err()
	if err == nil {
		err = x.o.Broker.MakeLayer(work, l.space)
	}
	var out Snapshot
	if err == nil {
		out, err = fill(work, l)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			x.o.Logger.Warn("a snapshot could not be prepared", "snapshot", l.id, "error", err)
		}
		out.Status = Failure
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if source != nil {
		source.holders--
		x.reap(source)
	}
	l.filling = false
	close(l.ready)
	if l.s.gone {
		x.reap(l)
		return
	}
	x.finish(ctx, l, out)
}

// finish gives l the status that it has from now on. The caller holds mu.
func (x *Service) finish(ctx context.Context, l *live, out Snapshot) {
	next := l.s
	next.Status, next.QueriesDetails, next.TemporalDetails = out.Status, out.QueriesDetails, out.TemporalDetails
	next.ModifiedAt, next.owed = x.o.Now(), next.Endpoint != ""
	if err := x.keep(ctx, &next); err != nil {
		// It stays in memory as it is; the next start finds it preparing and
		// makes it a failure.
		x.o.Logger.Error("the status of a snapshot was not kept", "snapshot", l.s.ID, "error", err)
	}
	l.s = next
	if next.owed {
		x.queue(&x.notes, func(ctx context.Context) { x.notify(ctx, l) })
	}
}

// broken ends what was being prepared when the process ended: its layer is
// emptied. A failure is tried again.
func (x *Service) broken(ctx context.Context, l *live) {
	x.mu.Lock()
	gone := l.s.gone
	l.filling = !gone
	x.mu.Unlock()
	if gone {
		return // its layer goes
	}
	err := x.empty(ctx, l)
	if err == nil {
		err = x.o.Broker.MakeLayer(ctx, l.space)
	}
	if ctx.Err() != nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	l.filling = false
	if l.s.gone {
		x.reap(l)
		return
	}
	if err != nil {
		x.o.Logger.Warn("a snapshot that a restart interrupted was not cleared; it will be tried again", "snapshot", l.id, "error", err)
		time.AfterFunc(time.Minute, func() {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.queue(&x.jobs, func(ctx context.Context) { x.broken(ctx, l) })
		})
		return
	}
	l.clearing = false
	broken := Detail{Failure, problem.Unavailable.String(), "the server was restarted while the snapshot was being prepared; create it again"}
	out := Snapshot{Status: Failure}
	for _, q := range []struct {
		queries []byte
		to      *[]Detail
	}{{l.s.Queries, &out.QueriesDetails}, {l.s.Temporal, &out.TemporalDetails}} {
		for range count(q.queries) {
			*q.to = append(*q.to, broken)
		}
	}
	x.finish(ctx, l, out)
}

// filling is one snapshot that is being filled.
type filling struct {
	x     *Service
	l     *live
	call  broker.Call
	added int
}

// run runs one query and puts away what it gives.
func (f *filling) run(ctx context.Context, sel *Selection) Detail {
	n, err := 0, error(nil)
	if sel.Temporal {
		n, err = f.history(ctx, sel)
	} else {
		n, err = f.states(ctx, sel)
	}
	switch {
	case err != nil:
		return Detail{Failure, problem.KindOf(err).String(), problem.DetailOf(err)}
	case n == 0:
		return Detail{Status: Empty}
	}
	return Detail{Status: Success}
}

// put puts a page away.
func (f *filling) put(ctx context.Context, page []broker.Frozen) error {
	if err := ctx.Err(); err != nil || len(page) == 0 {
		return err
	}
	if f.added+len(page) > f.x.o.Entities {
		return f.x.tooMany()
	}
	n, err := f.x.o.Broker.Freeze(ctx, f.l.space, page)
	f.added += n
	return err
}

func (f *filling) states(ctx context.Context, sel *Selection) (n int, err error) {
	for after, more := entity.Number(0), true; more; {
		var page []broker.Frozen
		more = false
		err := f.x.o.Broker.Walk(ctx, f.call, sel.Query, after, func(e *entity.Entity) bool {
			page = append(page, broker.Frozen{State: sel.project(e)})
			after, more = e.Number, len(page) == fillPage
			return !more
		})
		if err != nil {
			return n, err
		}
		n += len(page)
		if err := f.put(ctx, page); err != nil {
			return n, err
		}
		if err := f.linked(ctx, sel, page); err != nil {
			return n, err
		}
	}
	return n, nil
}

// linked puts away what the entities of a page lead to.
func (f *filling) linked(ctx context.Context, sel *Selection, page []broker.Frozen) error {
	if sel.Join == 0 {
		return nil
	}
	seen := map[entity.ID]bool{}
	for i := range page {
		seen[page[i].State.ID] = true
	}
	look := f.x.o.Broker.Lookup(ctx, f.call)
	for range sel.Join {
		var next []broker.Frozen
		for i := range page {
			for k := range page[i].State.Attrs {
				for _, id := range query.Targets(&page[i].State.Attrs[k]) {
					if seen[id] {
						continue
					}
					seen[id] = true
					if e := look(id); e != nil {
						next = append(next, broker.Frozen{State: *e})
					}
				}
			}
		}
		for part := range slices.Chunk(next, fillPage) {
			if err := f.put(ctx, part); err != nil {
				return err
			}
		}
		if page = next; len(page) == 0 {
			break
		}
	}
	return nil
}

// project gives what the query gives of e.
func (s *Selection) project(e *entity.Entity) entity.Entity {
	out := *e
	if s.Keep != nil {
		out.Attrs = nil
		for i := range e.Attrs {
			if s.Keep(e.Attrs[i].Name, e.Attrs[i].Dataset) {
				out.Attrs = append(out.Attrs, e.Attrs[i])
			}
		}
	}
	return out
}

func (f *filling) history(ctx context.Context, sel *Selection) (n int, err error) {
	for after, more := entity.Number(0), true; more; {
		var page []broker.Frozen
		found, err := f.x.o.Broker.HistoryQuery(ctx, f.call, broker.HistoryAsk{Query: sel.Query, Window: sel.Window, Page: broker.Page{Limit: historyPage, After: after},
			Each: func(ev broker.Evolution) error { page = append(page, sel.evolved(ev)); return nil }})
		if err != nil {
			return n, err
		}
		more, after = found.More, found.Last
		n += len(page)
		if err := f.put(ctx, page); err != nil {
			return n, err
		}
	}
	return n, nil
}

// evolved gives the entity of ev with its newest instances as the state and
// the others as history.
func (s *Selection) evolved(ev broker.Evolution) broker.Frozen {
	out := broker.Frozen{State: *ev.Head, Evolved: true}
	out.State.DeletedAt = 0
	out.State.Attrs = nil
	for _, x := range ev.Series {
		if s.Keep != nil && x.Name != entity.ScopeName && !s.Keep(x.Name, x.Dataset) {
			continue
		}
		pts := x.Points
		if s.LastN > 0 && len(pts) > s.LastN {
			pts = pts[len(pts)-s.LastN:]
		}
		newest := -1
		for i := range pts {
			if newest < 0 || series.When(&pts[i]) >= series.When(&pts[newest]) {
				newest = i
			}
		}
		for i := range pts {
			if i == newest && pts[i].Kind != entity.Null && x.Name != entity.ScopeName {
				out.State.Attrs = append(out.State.Attrs, pts[i])
			} else {
				out.Points = append(out.Points, pts[i])
			}
		}
	}
	return out
}
