package snapshot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/timespan"
)

// Options are the settings of a Service.
type Options struct {
	Broker  *broker.Broker
	Records store.Records
	// Head gives where the change log stands.
	Head func(ctx context.Context) (store.Cursor, error)
	Now  func() entity.Instant
	// Send carries a notification to the endpoint of s; nil sends none.
	Send func(ctx context.Context, s *Snapshot, body []byte) error
	// Dropped is told of a layer that is about to go; nil tells nobody.
	Dropped func(ctx context.Context, s store.Space) error
	// Max bounds the snapshots of a tenant, 0 means 100; Entities those that
	// one snapshot takes in, 0 means 1,000,000.
	Max, Entities int
	// MaxLife is how long a snapshot lasts at most, 0 means 7 days; Life if
	// nothing is said, 0 means a day.
	MaxLife, Life entity.Instant
	Logger        *slog.Logger
}

const day entity.Instant = 86_400_000_000

func (o Options) withDefaults() Options {
	if o.Max == 0 {
		o.Max = 100
	}
	if o.Entities == 0 {
		o.Entities = 1_000_000
	}
	if o.MaxLife == 0 {
		o.MaxLife = 7 * day
	}
	if o.Life == 0 {
		o.Life = day
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func after(lifetime string, now entity.Instant) entity.Instant {
	d, err := timespan.ParseDuration(lifetime)
	if err != nil {
		return now // Parse has refused it
	}
	return d.After(now, 1)
}

// live is a snapshot with what changes while the process runs. Workers know it
// by its id and its space, which never change; all else is under the Service's
// mu.
type live struct {
	id    string
	space store.Space
	since store.Cursor  // from before its layer was made
	ready chan struct{} // closed when it is no longer preparing
	stop  context.CancelFunc

	s        Snapshot
	holders  int  // requests that use its layer, and clones that read it
	filling  bool // a worker is at it
	clearing bool // what a restart interrupted is being taken out: nobody may use the layer
	used     bool // LastUsedAt has moved since it was kept
	tried    int  // how often the notification that is owed was tried
}

func newLive(s Snapshot, stop context.CancelFunc) *live {
	return &live{id: s.ID, space: s.Space(), since: s.since, s: s, ready: make(chan struct{}), stop: stop}
}

// Service keeps the snapshots of all tenants. Use New, then Load, then Run.
type Service struct {
	o Options

	mu      sync.Mutex
	tenants map[string]map[string]*live // those that are to be seen
	counts  map[string]int              // of a tenant, those on their way out included
	jobs    []job                       // layers to be filled and dropped
	notes   []job                       // notifications to be sent
	moved   chan struct{}               // closed and renewed when either grows
}

// job is something to be done in the background.
type job func(ctx context.Context)

// New makes a Service without snapshots.
func New(o Options) *Service {
	return &Service{o: o.withDefaults(), tenants: map[string]map[string]*live{}, counts: map[string]int{}, moved: make(chan struct{})}
}

// Load reads the snapshots that are kept. One that was being prepared becomes
// a failure.
func (x *Service) Load(ctx context.Context) error {
	var broken []*live
	x.mu.Lock()
	defer x.mu.Unlock()
	for r, err := range x.o.Records.Scan(ctx, Kind, "", "") {
		if err != nil {
			return fmt.Errorf("load the snapshots: %w", err)
		}
		s, err := decode(r.Value)
		if err != nil {
			return fmt.Errorf("load snapshot %q: %w", r.Key.Name, err)
		}
		l := newLive(*s, func() {})
		close(l.ready)
		x.counts[s.Tenant]++
		switch {
		case s.gone:
			x.queue(&x.jobs, func(ctx context.Context) { x.drop(ctx, l) })
			continue
		case s.Status == Preparing:
			l.clearing = true
			broken = append(broken, l)
		case s.owed:
			x.queue(&x.notes, func(ctx context.Context) { x.notify(ctx, l) })
		}
		x.insert(l)
	}
	for _, l := range broken {
		x.queue(&x.jobs, func(ctx context.Context) { x.broken(ctx, l) })
	}
	return nil
}

func (x *Service) insert(l *live) {
	t := x.tenants[l.s.Tenant]
	if t == nil {
		t = map[string]*live{}
		x.tenants[l.s.Tenant] = t
	}
	t[l.s.ID] = l
}

// queue adds something to be done. The caller holds mu.
func (x *Service) queue(to *[]job, f job) {
	*to = append(*to, f)
	close(x.moved)
	x.moved = make(chan struct{})
}

// take gives the next job of a list; nil if there is none, and moved is closed
// when there may be.
func (x *Service) take(from *[]job) (j job, moved <-chan struct{}) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(*from) == 0 {
		return nil, x.moved
	}
	j = (*from)[0]
	(*from)[0] = nil
	*from = (*from)[1:]
	return j, nil
}

// workers is how many layers are filled or dropped at once, tellers how many
// notifications are sent at once.
const (
	workers = 2
	tellers = 4
)

// Run fills, expires and drops snapshots until ctx ends.
func (x *Service) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for i := range workers + tellers {
		from := &x.jobs
		if i >= workers {
			from = &x.notes
		}
		wg.Go(func() {
			for ctx.Err() == nil {
				j, moved := x.take(from)
				if j != nil {
					j(ctx)
					continue
				}
				select {
				case <-moved:
				case <-ctx.Done():
				}
			}
		})
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
			x.Expire(ctx)
		case <-ctx.Done():
		}
	}
	wg.Wait()
	return nil
}

// Work does what waits to be done, and returns when nothing does. It is what
// Run does in the background.
func (x *Service) Work(ctx context.Context) {
	for {
		j, _ := x.take(&x.jobs)
		if j == nil {
			j, _ = x.take(&x.notes)
		}
		if j == nil {
			return
		}
		j(ctx)
	}
}

// Expire ends the snapshots whose time has come, and keeps when the others
// were used last.
func (x *Service) Expire(ctx context.Context) {
	now := x.o.Now()
	x.mu.Lock()
	defer x.mu.Unlock()
	var ws []store.RecordWrite
	for _, t := range x.tenants {
		for _, l := range t {
			switch {
			case l.s.ExpiresAt <= now:
				if err := x.remove(ctx, l); err != nil {
					x.o.Logger.Warn("an expired snapshot was not removed; it will be tried again", "snapshot", l.s.ID, "error", err)
					continue
				}
				told := l.s
				x.queue(&x.notes, func(ctx context.Context) { _ = x.send(ctx, &told) }) // logged there, and tried once
			case l.used && len(ws) < 100:
				l.used = false
				ws = append(ws, store.RecordWrite{Key: l.s.key(), Value: encode(&l.s), Any: true})
			}
		}
	}
	if len(ws) > 0 {
		if err := x.o.Records.Write(ctx, ws); err != nil && ctx.Err() == nil {
			x.o.Logger.Warn("when snapshots were used last was not kept", "error", err)
		}
	}
}

func (x *Service) keep(ctx context.Context, s *Snapshot) error {
	if err := x.o.Records.Write(ctx, []store.RecordWrite{{Key: s.key(), Value: encode(s), Any: true}}); err != nil {
		return fmt.Errorf("keep snapshot %s: %w", s.ID, err)
	}
	return nil
}

func notFound(id string) error {
	return problem.New(problem.ResourceNotFound, "there is no snapshot %.200s", id)
}

// find gives the snapshot, if it is to be seen. The caller holds mu.
func (x *Service) find(tenant, id string) (*live, error) {
	l := x.tenants[tenant][id]
	if l == nil || l.s.ExpiresAt <= x.o.Now() {
		return nil, notFound(id)
	}
	return l, nil
}

// Get gives a snapshot (CIM 009, 5.16.3).
//
// Errors: problem.ResourceNotFound.
func (x *Service) Get(tenant, id string) (Snapshot, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	l, err := x.find(tenant, id)
	if err != nil {
		return Snapshot{}, err
	}
	return l.s, nil
}

// HoldFor gives the layer of a snapshot to a request, which calls release when
// it has ended: until then the layer stays.
//
// Errors: problem.ResourceNotFound; problem.Conflict if it is to be written to
// and is still being prepared, or if a restart interrupted that and what there
// is is being taken out.
func (x *Service) HoldFor(tenant, id string, write bool) (layer string, release func(), err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	l, err := x.find(tenant, id)
	if err != nil {
		return "", nil, err
	}
	if write && l.s.Status == Preparing {
		return "", nil, problem.New(problem.Conflict, "the snapshot %.200s is still being prepared and takes no changes; wait until its snapshotStatus is another", id)
	}
	if l.clearing {
		return "", nil, problem.New(problem.Conflict, "the server was restarted while the snapshot %.200s was being prepared, and what there is of it is being taken out; create it again", id)
	}
	l.holders++
	l.s.LastUsedAt, l.used = x.o.Now(), true
	return l.s.layer, func() { x.release(l) }, nil
}

func (x *Service) release(l *live) {
	x.mu.Lock()
	defer x.mu.Unlock()
	l.holders--
	x.reap(l)
}

// reap has the layer of l dropped if it is gone and nobody uses it. The caller
// holds mu.
func (x *Service) reap(l *live) {
	if l.s.gone && l.holders == 0 && !l.filling {
		x.queue(&x.jobs, func(ctx context.Context) { x.drop(ctx, l) })
	}
}

// remove takes l out of sight for good. The caller holds mu.
func (x *Service) remove(ctx context.Context, l *live) error {
	next := l.s
	next.gone, next.owed = true, false
	if err := x.keep(ctx, &next); err != nil {
		return err
	}
	l.s = next
	delete(x.tenants[l.s.Tenant], l.s.ID)
	l.stop()
	x.reap(l)
	return nil
}

// drop removes the layer of l and then its record. A failure is tried again.
func (x *Service) drop(ctx context.Context, l *live) {
	err := x.empty(ctx, l)
	if err == nil {
		err = x.o.Records.Write(ctx, []store.RecordWrite{{Key: l.s.key(), Any: true}})
	}
	if ctx.Err() != nil {
		return // the next start goes on
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err == nil {
		if x.counts[l.s.Tenant]--; x.counts[l.s.Tenant] == 0 {
			delete(x.counts, l.s.Tenant)
		}
		return
	}
	x.o.Logger.Warn("the data of a snapshot that is gone was not removed; it will be tried again", "snapshot", l.id, "error", err)
	time.AfterFunc(time.Minute, func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.reap(l)
	})
}

// empty removes the layer of l and what others keep for it.
func (x *Service) empty(ctx context.Context, l *live) error {
	if x.o.Dropped != nil {
		if err := x.o.Dropped(ctx, l.space); err != nil {
			return err
		}
	}
	return x.o.Broker.DropLayer(ctx, l.space, l.since)
}

// Delete removes a snapshot (CIM 009, 5.16.5).
//
// Errors: problem.ResourceNotFound.
func (x *Service) Delete(ctx context.Context, tenant, id string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	l, err := x.find(tenant, id)
	if err != nil {
		return err
	}
	return x.remove(ctx, l)
}

// Deletion is what became of one snapshot of a purge.
type Deletion struct {
	ID  string
	Err error
}

// Purge removes the snapshots of a tenant that match selects (CIM 009,
// 5.16.7), in order of id. match gets copies and must not call the Service.
func (x *Service) Purge(ctx context.Context, tenant string, match func(*Snapshot) bool) []Deletion {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out []Deletion
	for id := range x.tenants[tenant] {
		l, err := x.find(tenant, id)
		if err != nil {
			continue // expired
		}
		if s := l.s; match(&s) {
			out = append(out, Deletion{id, x.remove(ctx, l)})
		}
	}
	slices.SortFunc(out, func(a, b Deletion) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Update changes a snapshot (CIM 009, 5.16.4) and gives it as it is then.
//
// Errors: problem.ResourceNotFound; problem.BadRequestData.
func (x *Service) Update(ctx context.Context, tenant, id string, d *Document) (Snapshot, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	l, err := x.find(tenant, id)
	if err != nil {
		return Snapshot{}, err
	}
	if d.Has("id") && d.ID != id {
		return Snapshot{}, bad("the id of a snapshot cannot be changed")
	}
	next := l.s
	now := x.o.Now()
	if d.Has("snapshotLifetime") {
		next.Lifetime, next.ExpiresAt = d.Lifetime, x.o.life(d.Lifetime, now)
	}
	if d.Has("snapshotPriority") {
		next.Priority = d.Priority
	}
	if d.Has("endpoint") {
		next.Endpoint = d.Endpoint
	}
	if d.Has("receiverInfo") {
		next.Receiver = d.Receiver
	}
	next.ModifiedAt = now
	next.owed, l.tried = next.Endpoint != "", 0
	if err := x.keep(ctx, &next); err != nil {
		return Snapshot{}, err
	}
	l.s = next
	if next.owed && next.Status != Preparing { // else it is told when it is ready
		x.queue(&x.notes, func(ctx context.Context) { x.notify(ctx, l) })
	}
	return next, nil
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
