package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/feed"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// SubscriptionKind is the kind of the records that hold subscriptions, named
// tenant, a zero byte, id. CounterKind holds what was delivered, likewise.
const (
	SubscriptionKind = "subscription"
	CounterKind      = "subscription-counters"
)

// Counters tell what became of a subscription's notifications (CIM 009,
// 5.2.14.2). They are bookkeeping: at most a second of counting is lost when
// the process is killed, never a notification.
type Counters struct {
	Sent             int64 // notifications sent, whatever became of them
	Failed           int64 // those of them whose first attempt failed
	Dropped          int64 // given up, or pushed out of a full outbox
	Pending          int   // in the outbox now
	LastNotification entity.Instant
	LastSuccess      entity.Instant
	LastFailure      entity.Instant
	LastError        string // of the last failure, for people

	tried     entity.Position // what was tried last, and is counted as sent
	triedPart uint16
}

// Try counts d as sent, unless it was what was tried last. It tells whether
// this is the first attempt.
func (c *Counters) Try(d Due) bool {
	at, part := d.At, d.Part
	if d.Every {
		at, part = entity.Position(d.Time), noPart
	}
	if c.tried == at && c.triedPart == part {
		return false
	}
	c.tried, c.triedPart = at, part
	c.Sent++
	return true
}

// noPart is no partition's number.
const noPart = 1<<16 - 1

// live is a subscription with what changes while it runs.
type live struct {
	sub *Subscription
	// old is what it was before its last modification: changes that were made
	// before, and are matched after, are held against that.
	old *Subscription

	// For a first look at a change, without going to sub: what sets it off, and
	// what numbers must be where.
	triggers Trigger
	bounds   []query.Bound
	turn     uint64 // of the index; the matching goroutine's own

	mu sync.Mutex
	// lastDue is the time of the last change that became due, for throttling,
	// or of the last period that was over and done with.
	lastDue  entity.Instant
	counters Counters

	next   entity.Instant // when the next period is over; guarded by Service.periods
	firing bool           // a period's notification is under way; likewise
	at     int            // place in the heap of periods, -1 outside; likewise
}

func newLive(s *Subscription) *live {
	return &live{sub: s, triggers: s.Triggers, bounds: query.Bounds(s.Query.Filter), at: -1}
}

// maybe is a first look: it is false only if the subscription is not about f.
func (l *live) maybe(f *fact) bool {
	if l.old != nil && f.r.Time < l.sub.ModifiedAt {
		return true
	}
	if l.triggers&f.kinds == 0 {
		return false
	}
	for i := range l.bounds {
		b := &l.bounds[i]
		if low, high, ok := f.numbersOf(b.Name); ok && b.Excludes(low, high) {
			return false
		}
	}
	return true
}

// Options are the settings of a Service.
type Options struct {
	Records store.Records
	Now     func() entity.Instant
	// Lookup finds linked entities for conditions that follow a Relationship;
	// nil finds none.
	Lookup func(ctx context.Context, tenant string) query.Lookup
	// Outbox bounds the notifications that wait per subscription; the oldest
	// fall out and are counted. 0 means 10,000.
	Outbox int
	// Wake is told what became due, after it is durable; nil tells nobody.
	Wake func([]Due)
}

// Service keeps the subscriptions of all tenants. Use New, then Load.
type Service struct {
	o Options

	mu      sync.RWMutex
	tenants map[string]map[string]*live // tenant, then id
	byID    map[string]*live            // ids are unique across tenants by construction of the key in due entries
	index   map[string]*index           // by tenant

	periods periods

	due []Due // what the step under way makes due; the matching goroutine's own
}

// New makes a Service without subscriptions; Load reads those that are kept.
func New(o Options) *Service {
	if o.Outbox == 0 {
		o.Outbox = 10_000
	}
	return &Service{o: o, tenants: map[string]map[string]*live{}, byID: map[string]*live{}, index: map[string]*index{}}
}

func recordKey(kind, tenant, id string) store.Key {
	return store.Key{Kind: kindIn(kind, tenant), Name: tenant + "\x00" + id}
}

// ref names a subscription across tenants, for outbox entries.
func ref(tenant, id string) string {
	if tenant == "" {
		return id
	}
	return tenant + refSeparator + id
}

// refSeparator stands between tenant and id; neither can contain it.
const refSeparator = "\x01"

// Ref gives the name of s in outbox entries.
func (s *Subscription) Ref() string { return ref(s.Tenant, s.ID) }

// Load reads the subscriptions and counters that are kept.
func (s *Service) Load(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, prefix := range []string{"", snapshotPrefix} {
		if err := s.load(ctx, prefix); err != nil {
			return err
		}
	}
	for tenant, all := range s.tenants {
		s.index[tenant] = newIndex(all)
		for _, l := range all {
			s.periods.add(l, max(l.lastDue, l.sub.CreatedAt)+l.sub.Interval)
		}
	}
	return nil
}

// load reads those whose kinds begin so. The caller holds mu.
func (s *Service) load(ctx context.Context, prefix string) error {
	for r, err := range s.o.Records.Scan(ctx, prefix+SubscriptionKind, "", "") {
		if err != nil {
			return fmt.Errorf("load the subscriptions: %w", err)
		}
		sub, err := decode(r.Value)
		if err != nil {
			return fmt.Errorf("load subscription %q: %w", r.Key.Name, err)
		}
		s.insert(newLive(sub))
	}
	for r, err := range s.o.Records.Scan(ctx, prefix+CounterKind, "", "") {
		if err != nil {
			return fmt.Errorf("load the subscriptions' counters: %w", err)
		}
		tenant, id, _ := strings.Cut(r.Key.Name, "\x00")
		if l := s.tenants[tenant][id]; l != nil {
			if err := decodeCounters(r.Value, &l.counters, &l.lastDue); err != nil {
				return fmt.Errorf("load the counters of %q: %w", r.Key.Name, err)
			}
		}
	}
	return nil
}

// insert adds l to the maps, not to the index. The caller holds mu.
func (s *Service) insert(l *live) {
	t := s.tenants[l.sub.Tenant]
	if t == nil {
		t = map[string]*live{}
		s.tenants[l.sub.Tenant] = t
	}
	t[l.sub.ID] = l
	s.byID[l.sub.Ref()] = l
}

// Create keeps a new subscription (CIM 009, 5.8.1).
//
// Errors: problem.AlreadyExists.
func (s *Service) Create(ctx context.Context, sub *Subscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tenants[sub.Tenant][sub.ID] != nil {
		return problem.New(problem.AlreadyExists, "the subscription %s exists already; PATCH changes it", sub.ID)
	}
	if err := s.keep(ctx, sub); err != nil {
		return err
	}
	l := newLive(sub)
	s.insert(l)
	if s.index[sub.Tenant] == nil {
		s.index[sub.Tenant] = newIndex(nil)
	}
	s.index[sub.Tenant].add(l)
	s.periods.add(l, sub.CreatedAt+sub.Interval)
	return nil
}

func (s *Service) keep(ctx context.Context, sub *Subscription) error {
	err := s.o.Records.Write(ctx, []store.RecordWrite{{Key: recordKey(SubscriptionKind, sub.Tenant, sub.ID), Value: encode(sub), Any: true}})
	if err != nil {
		return fmt.Errorf("keep subscription %s: %w", sub.ID, err)
	}
	return nil
}

// Replace puts sub in place of the subscription with its id (CIM 009, 5.8.2).
//
// Errors: problem.ResourceNotFound.
func (s *Service) Replace(ctx context.Context, sub *Subscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.tenants[sub.Tenant][sub.ID]
	if old == nil {
		return notFound(sub.ID)
	}
	if err := s.keep(ctx, sub); err != nil {
		return err
	}
	old.mu.Lock()
	l := newLive(sub)
	l.old, l.lastDue, l.counters = old.sub, old.lastDue, old.counters
	old.mu.Unlock()
	s.insert(l)
	s.index[sub.Tenant].remove(old)
	s.index[sub.Tenant].add(l)
	s.periods.replace(old, l)
	return nil
}

// Delete forgets a subscription with all that waits for it (CIM 009, 5.8.5).
//
// Errors: problem.ResourceNotFound.
func (s *Service) Delete(ctx context.Context, tenant, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.tenants[tenant][id]
	if l == nil {
		return notFound(id)
	}
	ws := []store.RecordWrite{
		{Key: recordKey(SubscriptionKind, tenant, id), Any: true},
		{Key: recordKey(CounterKind, tenant, id), Any: true},
	}
	for r, err := range s.o.Records.Scan(ctx, OutboxKind, l.sub.Ref()+"\x00", "") {
		if err != nil {
			return fmt.Errorf("empty the outbox of %s: %w", id, err)
		}
		ws = append(ws, store.RecordWrite{Key: r.Key, Any: true})
	}
	if err := s.o.Records.Write(ctx, ws); err != nil {
		return fmt.Errorf("delete subscription %s: %w", id, err)
	}
	delete(s.tenants[tenant], id)
	delete(s.byID, l.sub.Ref())
	s.index[tenant].remove(l)
	s.periods.remove(l)
	return nil
}

func notFound(id string) error {
	return problem.New(problem.ResourceNotFound, "there is no subscription %s", id)
}

// Get gives a subscription with its counters (CIM 009, 5.8.3).
//
// Errors: problem.ResourceNotFound.
func (s *Service) Get(tenant, id string) (*Subscription, Counters, error) {
	s.mu.RLock()
	l := s.tenants[tenant][id]
	s.mu.RUnlock()
	if l == nil {
		return nil, Counters{}, notFound(id)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sub, l.counters, nil
}

// ByRef finds the subscription that an outbox entry names.
func (s *Service) ByRef(ref string) (*Subscription, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	l := s.byID[ref]
	if l == nil {
		return nil, false
	}
	return l.sub, true
}

// List gives a tenant's subscriptions in order of id (CIM 009, 5.8.4), at
// most limit of them after passing over offset, and how many there are.
func (s *Service) List(tenant string, offset, limit int) ([]*Subscription, int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.tenants[tenant]
	ids := make([]string, 0, len(t))
	for id := range t {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	total := len(ids)
	ids = ids[min(offset, total):]
	ids = ids[:min(limit, len(ids))]
	out := make([]*Subscription, len(ids))
	for i, id := range ids {
		out[i] = t[id].sub
	}
	return out, total
}

// HasTenant reports whether the tenant has subscriptions.
func (s *Service) HasTenant(tenant string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.tenants[tenant]) > 0
}

// Handle decides what a stretch of the log makes due. It is the consumer's
// handler: called by one goroutine, its result made durable with the cursor.
func (s *Service) Handle(ctx context.Context, rs []change.Record) (feed.Step, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.due = s.due[:0]
	var step feed.Step
	for i := range rs {
		r := &rs[i]
		scope := ScopeOf(r.Tenant, r.Layer)
		x := s.index[scope]
		if x == nil || r.Kind == change.Recorded {
			continue
		}
		var look query.Lookup
		if s.o.Lookup != nil {
			look = s.o.Lookup(ctx, scope)
		}
		f := factOf(r)
		if f.state == nil {
			continue
		}
		x.candidates(&f, func(l *live) {
			if !l.maybe(&f) {
				return
			}
			sub := l.asOf(r.Time)
			if sub == nil || !sub.due(&f, look) || !l.claim(r.Time, s.o.Outbox) {
				return
			}
			d := Due{Sub: l.sub.Ref(), Part: r.Part, At: r.At, Time: r.Time}
			s.due = append(s.due, d)
			step = append(step, d.put())
		})
	}
	return step, nil
}

// Durable is to be called when what Handle gave is durable: it wakes the
// delivery.
func (s *Service) Durable() {
	if s.o.Wake != nil && len(s.due) > 0 {
		s.o.Wake(slices.Clone(s.due))
	}
}

// asOf gives the subscription as it was at a time; nil if it was not yet.
func (l *live) asOf(t entity.Instant) *Subscription {
	if t >= l.sub.ModifiedAt {
		return l.sub
	}
	s := l.sub
	if l.old != nil {
		s = l.old
	}
	if t < s.CreatedAt {
		return nil
	}
	return s
}

// claim makes room for a notification of a change at now. It refuses within
// the throttling time after the last one, within the cooldown of the endpoint
// after a failure (CIM 009, 5.2.15), and when the outbox is full: then
// the new one is dropped and counted, since the oldest is what a receiver that
// comes back expects first, and it may be under way.
func (l *live) claim(now entity.Instant, bound int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.sub.Throttling; t > 0 && l.lastDue != 0 && now < l.lastDue+t {
		return false
	}
	if c := l.sub.Endpoint.Cooldown; c > 0 && l.counters.LastFailure > l.counters.LastSuccess && now < l.counters.LastFailure+c {
		l.counters.Dropped++
		return false
	}
	if l.counters.Pending >= bound {
		l.counters.Dropped++
		return false
	}
	l.lastDue = now
	l.counters.Pending++
	return true
}

// Count changes the counters of the subscription with that ref, if it is
// still there.
func (s *Service) Count(ref string, change func(*Counters)) {
	s.mu.RLock()
	l := s.byID[ref]
	s.mu.RUnlock()
	if l == nil {
		return
	}
	l.mu.Lock()
	change(&l.counters)
	l.mu.Unlock()
}

// KeepCounters is the write that keeps the counters of the subscription with
// that ref; ok is false if it is gone.
func (s *Service) KeepCounters(ref string) (w store.RecordWrite, ok bool) {
	s.mu.RLock()
	l := s.byID[ref]
	s.mu.RUnlock()
	if l == nil {
		return store.RecordWrite{}, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return store.RecordWrite{Key: recordKey(CounterKind, l.sub.Tenant, l.sub.ID), Value: encodeCounters(l.counters, l.lastDue), Any: true}, true
}

// Pending reads the whole outbox, in the order of subscription and log: what
// waits for delivery when the process starts.
func (s *Service) Pending(ctx context.Context) ([]Due, error) {
	var out []Due
	for r, err := range s.o.Records.Scan(ctx, OutboxKind, "", "") {
		if err != nil {
			return nil, fmt.Errorf("read the outbox: %w", err)
		}
		d, err := parseDue(r)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	n := map[string]int{}
	for _, d := range out {
		n[d.Sub]++
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for ref, l := range s.byID {
		l.mu.Lock()
		l.counters.Pending = n[ref]
		l.mu.Unlock()
	}
	return out, nil
}
