// Package mail sends letters by SMTP over TLS, from a durable outbox.
//
// What always holds: a letter that was queued is tried until the server takes
// it, refuses it, or its time is over, restarts included; a letter is never sent
// twice by itself. The moment before the end of a message is marked in the
// outbox: a process that dies between that and the server's answer finds the
// letter in doubt, and a person decides. When the server has taken a letter, its
// text and its address leave the outbox; what stays is that it was sent, and
// when.
package mail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Kind is the kind of the records, see docs/format/mail.md.
const Kind = "mail"

const version = 1

// State is where a letter stands.
type State string

// The states.
const (
	Waiting State = "waiting" // for its turn, or for the next try
	Sending State = "sending" // the server has all of it but the end
	Sent    State = "sent"    // the server has taken it
	Refused State = "refused" // by the server, or its time is over
	Doubt   State = "doubt"   // nobody knows whether the server took it
)

// Status tells what became of a letter.
type Status struct {
	ID       string
	Key      string
	State    State
	Queued   entity.Instant
	Attempts int
	Next     entity.Instant // the next try; zero if there is none
	Ended    entity.Instant // when it was taken or given up; zero before
	Error    string         // of the last try, for people
	To       string         // masked; "" once it was sent
}

// kept is a letter in the outbox.
type kept struct {
	Key      string         `json:"key"`
	State    State          `json:"state"`
	Queued   entity.Instant `json:"queued"`
	Attempts int            `json:"attempts"`
	Next     entity.Instant `json:"next,omitzero"`
	Ended    entity.Instant `json:"ended,omitzero"`
	Error    string         `json:"error,omitzero"`
	Letter   *Letter        `json:"letter,omitzero"` // gone once it was sent
}

// Options are the settings of a Mailer.
type Options struct {
	Records store.Records
	Server  Server
	Now     func() entity.Instant
	// GiveUp is how long a letter is tried; 0 means three days.
	GiveUp entity.Instant
	// Ended hears of each letter that was sent, refused or is in doubt; nil hears
	// of none. It may hear of one again after a crash.
	Ended func(ctx context.Context, s Status)
	// Failed hears of outboxes that could not be read or written; what is in
	// them is tried again. Nil hears nothing.
	Failed func(error)
}

// Mailer sends. Use New, then Run; it is safe for use by many goroutines.
type Mailer struct {
	o    Options
	wake chan struct{}
	work sync.Mutex // one delivery at a time
}

// New makes a Mailer.
func New(o Options) *Mailer {
	o.GiveUp = cmp.Or(o.GiveUp, 3*24*3_600_000_000)
	o.Server.Timeout = cmp.Or(o.Server.Timeout, time.Minute)
	if o.Ended == nil {
		o.Ended = func(context.Context, Status) {}
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	return &Mailer{o: o, wake: make(chan struct{}, 1)}
}

// IDOf gives the id of the letter with a key.
func IDOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

func keyOf(id string) store.Key { return store.Key{Kind: Kind, Name: id} }

func encode(k *kept) ([]byte, error) {
	b, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("write a letter: %w", err)
	}
	return append([]byte{version}, b...), nil
}

func decode(b []byte) (*kept, error) {
	if len(b) == 0 || b[0] != version {
		return nil, fmt.Errorf("a letter is kept in a form that this program does not know")
	}
	k := &kept{}
	if err := json.Unmarshal(b[1:], k); err != nil {
		return nil, fmt.Errorf("read a letter: %w", err)
	}
	return k, nil
}

func (k *kept) status(id string) Status {
	s := Status{ID: id, Key: k.Key, State: k.State, Queued: k.Queued, Attempts: k.Attempts, Next: k.Next, Ended: k.Ended, Error: k.Error}
	if k.Letter != nil {
		name, domain, _ := strings.Cut(k.Letter.To, "@")
		s.To = name[:min(1, len(name))] + "…@" + domain
	}
	return s
}

// Queue puts a letter into the outbox, durably; one with the same key is not
// put there again. isNew tells which.
//
// Errors: problem.BadRequestData for one that cannot be sent.
func (m *Mailer) Queue(ctx context.Context, l Letter) (isNew bool, err error) {
	if err := l.Check(); err != nil {
		return false, err
	}
	now := m.o.Now()
	value, err := encode(&kept{Key: l.Key, State: Waiting, Queued: now, Next: now, Letter: &l})
	if err != nil {
		return false, err
	}
	err = m.o.Records.Write(ctx, []store.RecordWrite{{Key: keyOf(IDOf(l.Key)), Value: value}})
	if problem.Is(err, problem.Conflict) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("keep a letter: %w", err)
	}
	m.rouse()
	return true, nil
}

func (m *Mailer) rouse() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Status tells what became of the letter with an id.
//
// Errors: problem.ResourceNotFound.
func (m *Mailer) Status(ctx context.Context, id string) (Status, error) {
	k, _, err := m.get(ctx, id)
	if err != nil {
		return Status{}, err
	}
	return k.status(id), nil
}

func (m *Mailer) get(ctx context.Context, id string) (*kept, uint64, error) {
	rec, err := m.o.Records.Get(ctx, keyOf(id))
	if problem.Is(err, problem.ResourceNotFound) {
		return nil, 0, problem.New(problem.ResourceNotFound, "there is no letter %.80q in the outbox", id)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read a letter: %w", err)
	}
	k, err := decode(rec.Value)
	return k, rec.Version, err
}

// List gives all letters, those that were queued last first.
func (m *Mailer) List(ctx context.Context) ([]Status, error) {
	var out []Status
	for rec, err := range m.o.Records.Scan(ctx, Kind, "", "") {
		if err != nil {
			return nil, fmt.Errorf("read the outbox: %w", err)
		}
		k, err := decode(rec.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, k.status(rec.Key.Name))
	}
	slices.SortFunc(out, func(x, y Status) int {
		return cmp.Or(cmp.Compare(y.Queued, x.Queued), strings.Compare(x.ID, y.ID))
	})
	return out, nil
}

// Again sends a letter that was refused or is in doubt once more.
//
// Errors: problem.ResourceNotFound; problem.OperationNotSupported in another
// state.
func (m *Mailer) Again(ctx context.Context, id string) error {
	m.work.Lock()
	defer m.work.Unlock()
	k, at, err := m.get(ctx, id)
	if err != nil {
		return err
	}
	if k.State != Refused && k.State != Doubt {
		return problem.New(problem.OperationNotSupported, "the letter %s is %s: only one that was refused or is in doubt is sent again", id, k.State)
	}
	now := m.o.Now()
	k.State, k.Queued, k.Next, k.Ended = Waiting, now, now, 0
	if err := m.put(ctx, id, k, at); err != nil {
		return err
	}
	m.rouse()
	return nil
}

// Forget takes a letter out of the outbox, whatever became of it: whoever it
// was about is erased.
func (m *Mailer) Forget(ctx context.Context, key string) error {
	m.work.Lock()
	defer m.work.Unlock()
	if err := m.o.Records.Write(ctx, []store.RecordWrite{{Key: keyOf(IDOf(key)), Any: true}}); err != nil {
		return fmt.Errorf("forget a letter: %w", err)
	}
	return nil
}

// put keeps a letter over the version at.
func (m *Mailer) put(ctx context.Context, id string, k *kept, at uint64) error {
	value, err := encode(k)
	if err != nil {
		return err
	}
	if err := m.o.Records.Write(ctx, []store.RecordWrite{{Key: keyOf(id), Value: value, Expect: at}}); err != nil {
		return fmt.Errorf("keep a letter: %w", err)
	}
	return nil
}

// settle keeps what became of a try, over the version at; false if it is not
// ours to say: the letter was forgotten meanwhile, or another has it in hand.
// marked tells that this try marked it as being sent.
func (m *Mailer) settle(ctx context.Context, id string, k *kept, at uint64, marked bool) (bool, error) {
	// What the server has said must not be lost with ctx.
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := m.put(keep, id, k, at)
	if !problem.Is(err, problem.Conflict) {
		return err == nil, err
	}
	there, now, err := m.get(keep, id)
	switch {
	case problem.Is(err, problem.ResourceNotFound):
		return false, nil
	case err != nil:
		return false, err
	case !marked || there.State != Sending:
		return false, nil
	}
	err = m.put(keep, id, k, now)
	return err == nil, err
}

// Run sends what is due until ctx ends. after gives a channel that fires when
// so much time of the city has gone by.
func (m *Mailer) Run(ctx context.Context, after func(entity.Instant) <-chan time.Time) error {
	recovered := false
	for ctx.Err() == nil {
		var next entity.Instant
		var err error
		if !recovered {
			err = m.Recover(ctx)
			recovered = err == nil
		}
		if recovered {
			next, err = m.Deliver(ctx)
		}
		const minute, hour = 60_000_000, 3_600_000_000
		wait := entity.Instant(hour) // whatever comes before it rouses
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			m.o.Failed(err)
			wait = minute
		case !next.IsZero():
			wait = min(max(next-m.o.Now(), 1_000_000), hour)
		}
		select {
		case <-ctx.Done():
		case <-m.wake:
		case <-after(wait):
		}
	}
	return nil
}

// keepSent is how long it is known that a letter was sent.
const keepSent entity.Instant = 800 * 86_400 * 1_000_000

// Recover finds letters whose delivery a crash cut short after the server had
// all of them: they are in doubt. What was sent long ago it forgets.
func (m *Mailer) Recover(ctx context.Context) error {
	m.work.Lock()
	defer m.work.Unlock()
	return m.each(ctx, func(id string, k *kept, at uint64) error {
		if k.State == Sent && m.o.Now()-k.Ended > keepSent {
			return m.o.Records.Write(ctx, []store.RecordWrite{{Key: keyOf(id), Expect: at}})
		}
		if k.State != Sending {
			return nil
		}
		return m.end(ctx, id, k, at, false, Doubt, "the server was stopped before the mail server had answered: look whether it arrived before you send it again")
	})
}

// end keeps how a letter ended, and tells.
func (m *Mailer) end(ctx context.Context, id string, k *kept, at uint64, marked bool, s State, why string) error {
	k.State, k.Error, k.Next, k.Ended = s, why, 0, m.o.Now()
	if s == Sent {
		k.Letter = nil
	}
	if ours, err := m.settle(ctx, id, k, at, marked); err != nil || !ours {
		return err
	}
	tell, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	m.o.Ended(tell, k.status(id))
	return nil
}

func (m *Mailer) each(ctx context.Context, do func(id string, k *kept, at uint64) error) error {
	var all []store.Record
	for rec, err := range m.o.Records.Scan(ctx, Kind, "", "") {
		if err != nil {
			return fmt.Errorf("read the outbox: %w", err)
		}
		all = append(all, rec)
	}
	for _, rec := range all {
		k, err := decode(rec.Value)
		if err != nil {
			return err
		}
		if err := do(rec.Key.Name, k, rec.Version); err != nil {
			return err
		}
	}
	return nil
}

// Deliver tries each letter that is due, once, and gives when the next one is;
// zero if none waits.
func (m *Mailer) Deliver(ctx context.Context) (next entity.Instant, err error) {
	m.work.Lock()
	defer m.work.Unlock()
	err = m.each(ctx, func(id string, k *kept, at uint64) error {
		if k.State != Waiting || ctx.Err() != nil {
			return nil
		}
		if k.Next <= m.o.Now() {
			if err := m.deliver(ctx, id, k, at); err != nil {
				return err
			}
		}
		if k.State == Waiting && (next.IsZero() || k.Next < next) {
			next = k.Next
		}
		return nil
	})
	return next, err
}

// deliver tries one letter.
func (m *Mailer) deliver(ctx context.Context, id string, k *kept, at uint64) error {
	k.Attempts++
	marked := false
	message := compose(k.Letter, m.o.Server.From, id, m.o.Now().Time())
	_, fail := m.o.Server.send(ctx, k.Letter.To, message, func() error {
		k.State = Sending
		if err := m.put(ctx, id, k, at); err != nil {
			return err
		}
		marked = true
		rec, err := m.o.Records.Get(ctx, keyOf(id))
		if err != nil {
			return fmt.Errorf("read a letter: %w", err)
		}
		at = rec.Version
		return nil
	})
	now := m.o.Now()
	switch {
	case fail == nil:
		return m.end(ctx, id, k, at, marked, Sent, "")
	case fail.doubt:
		return m.end(ctx, id, k, at, marked, Doubt, text(fail.err))
	case fail.final:
		return m.end(ctx, id, k, at, marked, Refused, text(fail.err))
	case now-k.Queued > m.o.GiveUp:
		return m.end(ctx, id, k, at, marked, Refused, "its time is over; the last try failed: "+text(fail.err))
	}
	k.State, k.Error, k.Next = Waiting, text(fail.err), now+backoff(k.Attempts)
	// A server that is stopped in the middle has not failed; the next start
	// tries again.
	_, err := m.settle(ctx, id, k, at, marked)
	return err
}

// backoff grows from a minute to an hour.
func backoff(attempts int) entity.Instant {
	const minute entity.Instant = 60_000_000
	return min(minute<<min(attempts-1, 6), 60*minute)
}
