// Package inbox keeps what somebody must be told: alarms of the catalogue,
// deadlines that come near, harvests that failed, duties that become due.
//
// Whoever finds something out calls Tell with a topic and a key of their own;
// telling the same twice is telling it once. When the cause is gone they call
// Settle; if it comes back, Tell opens the notice anew. A notice holds no name
// and nothing that was asked: it says what kind of thing waits, and where to
// act.
package inbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/timespan"
)

// The topics that are known here; others may be told too.
const (
	Contradiction = "contradiction" // what is written of a dataset disagrees with its data
	Deadline      = "deadline"      // a request must be answered soon
	Arrangement   = "arrangement"   // an exclusive arrangement must end or be looked at again
	Harvest       = "harvest"       // a catalogue could not be harvested
	Duty          = "duty"          // a duty becomes due
)

// Severity says how much a notice presses.
type Severity string

// The severities.
const (
	Info      Severity = "info"
	Attention Severity = "attention"
	Urgent    Severity = "urgent"
)

// Stewards is the recipient of what every steward is to see.
const Stewards = "stewards"

// News is what somebody is to be told.
type News struct {
	Topic string // one of the above, or another word
	Key   string // names the cause within the topic, such as "shared-bikes/frequency"
	// Title and Text are by language: fr, nl, en. Neither holds personal data.
	Title, Text map[string]string
	Path        string         // of the page where to act, such as /inventory
	Due         entity.Instant // the last moment to act; zero if there is none
	Severity    Severity       // "" is Attention
	Recipient   string         // an account, or Stewards; "" is Stewards
}

// State is where a notice stands.
type State string

// The states.
const (
	Open    State = "open"    // it waits
	Done    State = "done"    // somebody has dealt with it
	Settled State = "settled" // its cause is gone
)

// Notice is a News that was told.
type Notice struct {
	News
	Name   string // of the record
	State  State
	At     entity.Instant // when it was told, the last time if it came back
	Read   entity.Instant // when somebody first read it since; zero if nobody has
	Closed entity.Instant // when it was done or settled; zero while it is open
	By     string         // the account that has done it
}

// value is how a notice is kept, in words of the governance context.
type value struct {
	Topic     string            `json:"topic"`
	Subject   string            `json:"subject"`
	Title     map[string]string `json:"title"`
	Summary   map[string]string `json:"summary,omitzero"`
	URL       string            `json:"url"`
	Due       string            `json:"due,omitzero"`
	Severity  Severity          `json:"severity"`
	Recipient string            `json:"recipient"`
	State     State             `json:"state"`
	StartedAt string            `json:"startedAt"`
	ReadAt    string            `json:"readAt,omitzero"`
	EndedAt   string            `json:"endedAt,omitzero"`
	ActBy     string            `json:"actBy,omitzero"`
}

// records keeps the notices: record.Service.
type records interface {
	Create(ctx context.Context, c record.Call, d record.Draft) (*record.Record, error)
	Change(ctx context.Context, c record.Call, k record.Kind, name string, how func(r *record.Record) error) (*record.Record, error)
	Get(ctx context.Context, c record.Call, k record.Kind, name string) (*record.Record, error)
	List(ctx context.Context, c record.Call, a record.Ask) ([]*record.Record, error)
}

// Options are the settings of a Service.
type Options struct {
	Records records
	Now     func() entity.Instant
	// Told hears of each notice that is opened, or opened anew; nil hears
	// nothing. It must not take long.
	Told func(ctx context.Context, tenant string, n Notice)
}

// Service is the inbox. It is safe for use by many goroutines.
type Service struct{ o Options }

// New makes a Service.
func New(o Options) *Service {
	if o.Told == nil {
		o.Told = func(context.Context, string, Notice) {}
	}
	return &Service{o}
}

// desk is how the inbox itself reads and writes: its notices are in a guarded
// layer, and it shows each caller what is theirs.
func desk(tenant string) record.Call { return record.Call{Tenant: tenant, Desk: true} }

// nameOf names the record of a cause.
func nameOf(topic, key string) string {
	sum := sha256.Sum256([]byte(topic + "\x00" + key))
	return topic + "-" + hex.EncodeToString(sum[:12])
}

var goodTopic = regexp.MustCompile(`^[a-z][a-z-]{0,39}$`)

// check refuses what could not be shown.
func (n *News) check() error {
	bad := func(what string) error {
		return problem.New(problem.BadRequestData, "the notice %.40q %.80q cannot be told: %s", n.Topic, n.Key, what)
	}
	switch {
	case !goodTopic.MatchString(n.Topic):
		return bad("its topic is a word of small letters")
	case n.Key == "":
		return bad("it has no key")
	case !strings.HasPrefix(n.Path, "/") || strings.HasPrefix(n.Path, "//") || strings.ContainsAny(n.Path, "\\\n\r"):
		return bad("the page where to act is a path of this server")
	case !slices.Contains([]Severity{Info, Attention, Urgent}, n.Severity):
		return bad("its severity is info, attention or urgent")
	}
	for _, lang := range []string{"fr", "nl", "en"} {
		if n.Title[lang] == "" {
			return bad("it has no title in " + lang)
		}
	}
	return nil
}

// Tell makes sure that somebody is told. isNew says whether that opened a
// notice: the first time, and again after its cause had gone. One that somebody
// has done stays done while its cause lasts.
//
// Errors: problem.BadRequestData for news that cannot be shown.
func (s *Service) Tell(ctx context.Context, tenant string, n News) (isNew bool, err error) {
	n.Severity, n.Recipient = cmp.Or(n.Severity, Attention), cmp.Or(n.Recipient, Stewards)
	if err := n.check(); err != nil {
		return false, err
	}
	name, now := nameOf(n.Topic, n.Key), s.o.Now()
	v := value{Topic: n.Topic, Subject: n.Key, Title: n.Title, Summary: n.Text, URL: n.Path, Severity: n.Severity, Recipient: n.Recipient, State: Open, StartedAt: now.String()}
	if !n.Due.IsZero() {
		v.Due = n.Due.String()
	}
	var r *record.Record
	// Looking first costs less than a refused write: mostly it is there.
	if r, err = s.o.Records.Get(ctx, desk(tenant), record.Notice, name); problem.Is(err, problem.ResourceNotFound) {
		if r, err = s.o.Records.Create(ctx, desk(tenant), record.Draft{Kind: record.Notice, Name: name, Value: v}); err == nil {
			isNew = true
		}
	}
	if err != nil && !problem.Is(err, problem.AlreadyExists) {
		return false, fmt.Errorf("tell %s %s: %w", n.Topic, n.Key, err)
	}
	if !isNew {
		r, err = s.o.Records.Change(ctx, desk(tenant), record.Notice, name, func(r *record.Record) error {
			var old value
			if err := r.Into(&old); err != nil {
				return err
			}
			next := v
			if isNew = old.State == Settled; !isNew { // its words may have changed: three days of silence, then four
				next.State, next.StartedAt, next.ReadAt, next.EndedAt, next.ActBy = old.State, old.StartedAt, old.ReadAt, old.EndedAt, old.ActBy
			}
			return r.Set(next)
		})
		if err != nil {
			return false, fmt.Errorf("tell %s %s: %w", n.Topic, n.Key, err)
		}
	}
	if isNew {
		told, err := read(r)
		if err != nil {
			return true, err
		}
		s.o.Told(ctx, tenant, told)
	}
	return isNew, nil
}

// Settle says that the cause is gone. One that nobody was told of is settled
// already.
func (s *Service) Settle(ctx context.Context, tenant, topic, key string) error {
	return s.settle(ctx, tenant, nameOf(topic, key))
}

func (s *Service) settle(ctx context.Context, tenant, name string) error {
	_, err := s.o.Records.Change(ctx, desk(tenant), record.Notice, name, func(r *record.Record) error {
		var v value
		if err := r.Into(&v); err != nil {
			return err
		}
		if v.State == Settled {
			return nil
		}
		if v.State == Open {
			v.EndedAt = s.o.Now().String()
		}
		v.State = Settled
		return r.Set(v)
	})
	if err != nil && !problem.Is(err, problem.ResourceNotFound) {
		return fmt.Errorf("settle the notice %s: %w", name, err)
	}
	return nil
}

// SettleBut settles every notice of a topic whose key is not in causes: for
// those who look at everything at once.
func (s *Service) SettleBut(ctx context.Context, tenant, topic string, causes map[string]bool) error {
	all, err := s.o.Records.List(ctx, desk(tenant), record.Ask{Kind: record.Notice})
	if err != nil {
		return fmt.Errorf("list notices: %w", err)
	}
	for _, r := range all {
		n, err := read(r)
		if err != nil {
			return err
		}
		if n.Topic == topic && n.State != Settled && !causes[n.Key] {
			if err := s.settle(ctx, tenant, n.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func read(r *record.Record) (Notice, error) {
	var v value
	if err := r.Into(&v); err != nil {
		return Notice{}, fmt.Errorf("read the notice %s: %w", r.Name, err)
	}
	n := Notice{News: News{Topic: v.Topic, Key: v.Subject, Title: v.Title, Text: v.Summary, Path: v.URL, Severity: v.Severity, Recipient: v.Recipient}, Name: r.Name, State: v.State, By: v.ActBy}
	for at, text := range map[*entity.Instant]string{&n.Due: v.Due, &n.At: v.StartedAt, &n.Read: v.ReadAt, &n.Closed: v.EndedAt} {
		if text == "" {
			continue
		}
		t, err := timespan.ParseInstant(text)
		if err != nil {
			return n, fmt.Errorf("read the notice %s: %w", r.Name, err)
		}
		*at = t
	}
	return n, nil
}

// mine tells whether a caller is among those who are to be told.
func mine(by access.Caller, n Notice) bool {
	if n.Recipient == Stewards {
		return access.Curate.Allow(by) == nil
	}
	return by.Known() && n.Recipient == by.Account
}

// List gives the notices for a caller: the open ones first, then the newest
// first. which keeps those of one state; "" takes all.
func (s *Service) List(ctx context.Context, tenant string, by access.Caller, which State) ([]Notice, error) {
	rs, err := s.o.Records.List(ctx, desk(tenant), record.Ask{Kind: record.Notice})
	if problem.Is(err, problem.NonexistentTenant) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	var out []Notice
	for _, r := range rs {
		n, err := read(r)
		if err != nil {
			return nil, err
		}
		if mine(by, n) && (which == "" || which == n.State) {
			out = append(out, n)
		}
	}
	rank := map[Severity]int{Urgent: 0, Attention: 1, Info: 2}
	closed := func(n Notice) int {
		if n.State == Open {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(out, func(x, y Notice) int {
		return cmp.Or(cmp.Compare(closed(x), closed(y)), cmp.Compare(rank[x.Severity], rank[y.Severity]), cmp.Compare(y.At, x.At), strings.Compare(x.Name, y.Name))
	})
	return out, nil
}

// MarkRead says that a caller has read a notice; the first time counts.
//
// Errors: problem.ResourceNotFound, also for a notice to somebody else.
func (s *Service) MarkRead(ctx context.Context, tenant string, by access.Caller, name string) error {
	return s.mark(ctx, tenant, by, name, func(v *value) {
		if v.ReadAt == "" {
			v.ReadAt = s.o.Now().String()
		}
	})
}

// MarkDone says that a caller has dealt with a notice.
//
// Errors: problem.ResourceNotFound, also for a notice to somebody else.
func (s *Service) MarkDone(ctx context.Context, tenant string, by access.Caller, name string) error {
	return s.mark(ctx, tenant, by, name, func(v *value) {
		if v.State != Open {
			return
		}
		now := s.o.Now().String()
		v.State, v.EndedAt, v.ActBy, v.ReadAt = Done, now, by.Account, cmp.Or(v.ReadAt, now)
	})
}

func (s *Service) mark(ctx context.Context, tenant string, by access.Caller, name string, how func(*value)) error {
	none := problem.New(problem.ResourceNotFound, "there is no notice %.100q for you", name)
	if record.CheckName(name) != nil {
		return none
	}
	_, err := s.o.Records.Change(ctx, desk(tenant), record.Notice, name, func(r *record.Record) error {
		n, err := read(r)
		if err != nil {
			return err
		}
		if !mine(by, n) {
			return none
		}
		var v value
		if err := r.Into(&v); err != nil {
			return err
		}
		how(&v)
		return r.Set(v)
	})
	if problem.Is(err, problem.ResourceNotFound) || problem.Is(err, problem.NonexistentTenant) {
		return none
	}
	return err
}
