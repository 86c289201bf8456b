// Package notify delivers what watch found to be due (CIM 009, 5.8.6): in
// order within a subscription, one at a time, at least once, with the same id
// at each attempt. What cannot be delivered is tried again for a while, then
// counted as dropped. Nothing here holds up a commit or another subscription.
//
// The outbox in the store is the truth; the queues in memory are rebuilt from
// it at the start. An entry leaves the outbox after the receiver took it: a
// crash in between means a second delivery, never a missing one.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/watch"
)

// Message is one notification on the wire.
type Message struct {
	URL         string
	ContentType string
	Header      []watch.Pair
	Notifier    []watch.Pair // settings of the carrier: notifierInfo
	Body        []byte
	Timeout     time.Duration
}

// Transport carries messages to one kind of endpoint.
type Transport interface {
	// Send delivers m and returns nil when the receiver took it.
	Send(ctx context.Context, m Message) error
}

// Options are the settings of a Deliverer.
type Options struct {
	Subs    *watch.Service
	Records store.Records
	Log     store.Log
	// Render writes the notification that d is about, on the change r; r is
	// nil for the end of a period.
	// Errors: problem.Forbidden or problem.ResourceNotFound if there is
	// nothing (any more) that the subscriber may be told: then it is dropped
	// without counting as a failure.
	Render func(ctx context.Context, s *watch.Subscription, d watch.Due, r *change.Record, now entity.Instant) (Message, error)
	// Transport finds the carrier for an endpoint's URI.
	Transport func(uri string) (Transport, error)
	Now       func() entity.Instant
	Logger    *slog.Logger
	// GiveUp is how long a notification is tried; 0 means an hour.
	GiveUp time.Duration
	// Workers bounds the deliveries under way at once; 0 means 64.
	Workers int
	// Timeout is how long an answer is waited for where the subscription
	// does not say; 0 means 10 s.
	Timeout time.Duration
}

// Deliverer delivers. Use New, then Run.
type Deliverer struct {
	o     Options
	acks  chan watch.Due
	dirty sync.Map // refs whose counters changed since they were kept

	mu     sync.Mutex
	free   sync.Cond // signalled when line grows or closed is set
	queues map[string]*queue
	line   []*queue // those that wait for a worker, the longest first
	closed bool
}

// queue is what waits for one subscription. Its head is delivered by at most
// one worker at a time.
type queue struct {
	ref      string
	items    []watch.Due
	busy     bool // in line, with a worker, or waiting for its timer
	failures int  // of the head, in a row
	timer    *time.Timer
}

// New makes a Deliverer.
func New(o Options) *Deliverer {
	if o.GiveUp == 0 {
		o.GiveUp = time.Hour
	}
	if o.Workers == 0 {
		o.Workers = 64
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	d := &Deliverer{o: o, acks: make(chan watch.Due, 1024), queues: map[string]*queue{}}
	d.free.L = &d.mu
	return d
}

// Wake queues what became due. It never blocks on a receiver.
func (d *Deliverer) Wake(dues []watch.Due) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return // it is in the outbox, and found at the next start
	}
	for _, due := range dues {
		q := d.queues[due.Sub]
		if q == nil {
			q = &queue{ref: due.Sub}
			d.queues[due.Sub] = q
		}
		q.items = append(q.items, due)
		d.offer(q)
	}
}

// offer puts q in line for a worker if it has something and nobody has it.
// The caller holds mu.
func (d *Deliverer) offer(q *queue) {
	if q.busy || len(q.items) == 0 || d.closed {
		return
	}
	q.busy = true
	d.line = append(d.line, q)
	d.free.Signal()
}

// next waits for the queue that has been in line longest; nil at the end.
func (d *Deliverer) next() *queue {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.line) == 0 && !d.closed {
		d.free.Wait()
	}
	if d.closed {
		return nil
	}
	q := d.line[0]
	d.line[0] = nil
	d.line = d.line[1:]
	return q
}

// Run delivers until ctx ends, then keeps what it knows and returns.
func (d *Deliverer) Run(ctx context.Context) error {
	var keeper sync.WaitGroup
	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	keeper.Go(func() { d.keep(keeping) })
	var workers sync.WaitGroup
	for range d.o.Workers {
		workers.Go(func() { d.work(ctx) })
	}
	pending, err := d.o.Subs.Pending(ctx)
	if err == nil {
		d.Wake(pending)
		<-ctx.Done()
	}
	d.mu.Lock()
	d.closed = true
	d.free.Broadcast()
	for _, q := range d.queues {
		if q.timer != nil {
			q.timer.Stop()
		}
	}
	d.mu.Unlock()
	workers.Wait()
	stopKeeping()
	keeper.Wait()
	return err
}

func (d *Deliverer) work(ctx context.Context) {
	for q := d.next(); q != nil; q = d.next() {
		d.deliver(ctx, q)
	}
}

// deliver tries the head of q and decides what follows.
func (d *Deliverer) deliver(ctx context.Context, q *queue) {
	d.mu.Lock()
	head := q.items[0]
	d.mu.Unlock()
	err := d.attempt(ctx, head)
	if ctx.Err() != nil {
		return // neither taken nor failed: the next start tries again
	}
	now := d.o.Now()
	sub, there := d.o.Subs.ByRef(q.ref)
	var wait time.Duration
	gone := true
	switch {
	case err == nil || !there:
	case errors.Is(err, errNothingToSay):
	case errors.Is(err, errLost) || errors.Is(err, errInactive) || now-head.Time > d.patience(sub, head):
		d.count(q.ref, func(c *watch.Counters) { c.Dropped++ })
		d.o.Logger.Warn("notification dropped", "subscription", q.ref, "notification", head.ID(), "error", err)
	default:
		gone = false
		q.failures++
		wait = backoff(q.failures)
		if c := sub.Endpoint.Cooldown; c > 0 {
			wait = max(wait, time.Duration(c)*time.Microsecond)
		}
	}
	if gone {
		q.failures = 0
		if head.Every {
			d.o.Subs.Fired(head)
			d.dirty.Store(q.ref, true)
		} else {
			d.count(q.ref, func(c *watch.Counters) { c.Pending = max(0, c.Pending-1) })
			select {
			case d.acks <- head:
			case <-ctx.Done():
				return
			}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if gone {
		q.items = q.items[1:]
		if len(q.items) == 0 {
			q.items = nil
			delete(d.queues, q.ref)
		}
	}
	if wait > 0 && !d.closed {
		q.timer = time.AfterFunc(wait, func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			q.timer, q.busy = nil, false
			d.offer(q)
		})
		return
	}
	q.busy = false
	d.offer(q)
}

// patience is how long due is tried: one that comes every so often no longer
// than until the next one.
func (d *Deliverer) patience(s *watch.Subscription, due watch.Due) entity.Instant {
	p := entity.Instant(d.o.GiveUp.Microseconds())
	if due.Every {
		p = min(p, s.Interval)
	}
	return p
}

// backoff grows from a second to five minutes, with half of it at random, so
// that receivers that come back are not met by all at once.
func backoff(failures int) time.Duration {
	d := min(time.Second<<min(failures-1, 9), 5*time.Minute)
	return d/2 + rand.N(d/2+1)
}

var (
	errLost         = errors.New("the change is no longer in the log")
	errNothingToSay = errors.New("there is nothing that the subscriber may be told")
	errInactive     = errors.New("the subscription is paused or expired")
)

// attempt sends one notification, once. What the counters say is about
// notifications: each is counted as sent, and as failed, once, however often it
// is tried.
func (d *Deliverer) attempt(ctx context.Context, due watch.Due) error {
	sub, ok := d.o.Subs.ByRef(due.Sub)
	if !ok {
		return nil // deleted meanwhile
	}
	now := d.o.Now()
	if sub.Status(now) != "active" {
		return errInactive // CIM 009, 5.8.6
	}
	var r *change.Record
	if !due.Every {
		var err error
		if r, err = d.record(ctx, due); err != nil {
			return err
		}
	}
	m, err := d.o.Render(ctx, sub, due, r, now)
	if err == nil {
		m.Timeout = d.o.Timeout
		if sub.Endpoint.Timeout > 0 {
			m.Timeout = time.Duration(sub.Endpoint.Timeout) * time.Microsecond
		}
		var t Transport
		if t, err = d.o.Transport(sub.Endpoint.URI); err == nil {
			err = t.Send(ctx, m)
		}
	} else if problem.Is(err, problem.Forbidden) || problem.Is(err, problem.ResourceNotFound) {
		return errNothingToSay
	}
	d.count(due.Sub, func(c *watch.Counters) {
		c.LastNotification = now
		first := c.Try(due)
		if err == nil {
			c.LastSuccess, c.LastError = now, ""
			return
		}
		if first {
			c.Failed++
		}
		c.LastFailure, c.LastError = now, problem.DetailOf(err)
	})
	if err != nil {
		return fmt.Errorf("notify %s: %w", due.Sub, err)
	}
	return nil
}

// record reads the change that due is about from the log.
func (d *Deliverer) record(ctx context.Context, due watch.Due) (*change.Record, error) {
	head, err := d.o.Log.Head(ctx)
	if err != nil {
		return nil, err
	}
	rs, _, err := d.o.Log.Read(ctx, head.With(int(due.Part), due.At-1), 1)
	switch {
	case problem.Is(err, problem.CursorLost):
		return nil, errLost
	case err != nil:
		return nil, err
	case len(rs) == 0 || rs[0].Part != due.Part || rs[0].At != due.At:
		return nil, errLost
	}
	return &rs[0], nil
}

func (d *Deliverer) count(ref string, change func(*watch.Counters)) {
	d.o.Subs.Count(ref, change)
	d.dirty.Store(ref, true)
}

// keep takes delivered notifications out of the outbox, many in one commit,
// and keeps changed counters once a second.
func (d *Deliverer) keep(ctx context.Context) {
	const most = 512
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		var ws []store.RecordWrite
		done := false
		select {
		case due := <-d.acks:
			ws = append(ws, due.Drop())
		case <-tick.C:
			ws = d.counterWrites()
		case <-ctx.Done():
			done = true
			ws = d.counterWrites()
		}
	more:
		for len(ws) < most {
			select {
			case due := <-d.acks:
				ws = append(ws, due.Drop())
			default:
				break more
			}
		}
		if len(ws) > 0 {
			// Without the write the notifications stay in the outbox and are
			// sent again after a restart, under the same ids.
			if err := d.o.Records.Write(context.WithoutCancel(ctx), ws); err != nil {
				d.o.Logger.Error("outbox not tidied", "error", err)
			}
		}
		if done && len(d.acks) == 0 {
			return
		}
	}
}

func (d *Deliverer) counterWrites() []store.RecordWrite {
	var ws []store.RecordWrite
	d.dirty.Range(func(k, _ any) bool {
		d.dirty.Delete(k)
		if w, ok := d.o.Subs.KeepCounters(k.(string)); ok {
			ws = append(ws, w)
		}
		return true
	})
	return ws
}
