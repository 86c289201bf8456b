package desk

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// Arrangement is an exclusive right to re-use data. It names a body that has
// the right, never a person.
type Arrangement struct {
	ID          string          `json:"id"`
	Law         string          `json:"law"` // dga (protected data) or odd
	Dataset     string          `json:"dataset,omitzero"`
	Data        law.Texts       `json:"data"`   // what it is about
	Holder      string          `json:"holder"` // of the right
	Reason      law.Texts       `json:"reason"` // why the service would otherwise not be possible
	From        deadline.Date   `json:"from"`
	Until       deadline.Date   `json:"until"`
	Published   time.Time       `json:"published"`
	PublishedOn deadline.Date   `json:"publishedOn"`
	Reviews     []deadline.Date `json:"reviews,omitzero"`
	Ended       *deadline.Date  `json:"ended,omitzero"`

	version uint64
}

// Alarm is what somebody has to see to about an arrangement.
type Alarm struct {
	Kind AlarmKind     `json:"kind"`
	On   deadline.Date `json:"on"`   // the day that counts
	Rule string        `json:"rule"` // of the law book
	Late bool          `json:"late"` // the day has passed
}

// AlarmKind is what an alarm is about.
type AlarmKind string

// The alarms.
const (
	EndsSoon   AlarmKind = "ends"      // it must end on the day, and cannot be prolonged
	ReviewDue  AlarmKind = "review"    // its reasons are to be looked at again
	ToldTooFew AlarmKind = "published" // it was published too short before it began
)

// How long before the day an alarm sounds, and the periods of the law:
// DGA Art. 4(4)-(5), twelve months; ODD Art. 12, a review every three years,
// published two months before.
const (
	warnMonths   = 2
	dgaMonths    = 12
	reviewYears  = 3
	noticeMonths = 2
)

// Arrange publishes an arrangement.
// Errors: problem.BadRequestData for what it lacks, and for a right under the
// DGA of more than twelve months.
func (s *Service) Arrange(ctx context.Context, a Arrangement) (*Arrangement, error) {
	bad := func(format string, args ...any) error { return problem.New(problem.BadRequestData, format, args...) }
	switch {
	case a.Law != "dga" && a.Law != "odd":
		return nil, bad("an exclusive arrangement is under dga (Art. 4) or odd (Art. 12), not under %.40q", a.Law)
	case strings.TrimSpace(a.Holder) == "" || len(a.Holder) > maxLine:
		return nil, bad("say which body has the right, in a line")
	case !whole(a.Data) || !whole(a.Reason):
		return nil, bad("what it is about and why it is needed are said in fr, nl and en")
	case a.Until < a.From:
		return nil, bad("an arrangement ends after it begins: from %s, until %s", a.From, a.Until)
	}
	if err := checkDataset(a.Dataset); err != nil {
		return nil, err
	}
	if a.Law == "dga" {
		first, err := s.o.Calendar.Before(a.Until+1, deadline.Period{N: dgaMonths, Unit: deadline.Months})
		if err != nil {
			return nil, err
		}
		if first > a.From {
			return nil, bad("an exclusive right to protected data lasts twelve months at most (DGA Art. 4(4)): from %s until %s is longer", a.From, a.Until)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.Law == "dga" {
		if long, err := s.prolongs(ctx, a); err != nil {
			return nil, err
		} else if long {
			return nil, bad("an exclusive right to protected data lasts twelve months at most (DGA Art. 4(4)): with the one that it follows, it is longer together")
		}
	}
	a.Published, a.PublishedOn, a.Reviews, a.Ended = s.o.Now().Truncate(time.Second), s.Today(), nil, nil
	var err error
	if a.ID, err = s.number(ctx, a.PublishedOn.Year(), KindArrangement); err != nil {
		return nil, err
	}
	c, err := change(KindArrangement, a.ID, &a, 0)
	if err != nil {
		return nil, err
	}
	return &a, s.o.Keeper.Keep(ctx, c)
}

// prolongs reports whether a right under the DGA follows one of the same holder
// to the same data within a day, or overlaps it, so that together they last more
// than twelve months (Art. 4(4)).
func (s *Service) prolongs(ctx context.Context, a Arrangement) (bool, error) {
	all, err := s.Arrangements(ctx)
	if err != nil {
		return false, err
	}
	from, until := a.From, a.Until
	for grew := true; grew; {
		grew = false
		for _, b := range all {
			end := b.Until
			if b.Ended != nil {
				end = min(end, *b.Ended)
			}
			same := b.Law == "dga" && strings.EqualFold(strings.TrimSpace(b.Holder), strings.TrimSpace(a.Holder)) && (a.Dataset != "" && b.Dataset == a.Dataset || maps.Equal(b.Data, a.Data))
			if same && end >= b.From && b.From <= until+1 && from <= end+1 && (b.From < from || end > until) {
				from, until, grew = min(from, b.From), max(until, end), true
			}
		}
	}
	return until+1 > monthsOn(from, dgaMonths) && (from < a.From || until > a.Until), nil
}

// monthsOn gives the same date n months on, or the last day of that month.
func monthsOn(d deadline.Date, n int) deadline.Date {
	t := d.Start(time.UTC)
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	return min(deadline.DateOf(first)+deadline.Date(t.Day()-1), deadline.DateOf(first.AddDate(0, 1, -1)))
}

// Review records that the reasons of an arrangement were looked at today; with
// end it ends today. Errors: problem.ResourceNotFound;
// problem.OperationNotSupported for one that has ended.
func (s *Service) Review(ctx context.Context, id string, end bool) (*Arrangement, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &Arrangement{}
	v, err := s.load(ctx, KindArrangement, id, a)
	if err != nil {
		return nil, err
	}
	today := s.Today()
	if a.Ended != nil || a.Until < today {
		return nil, problem.New(problem.OperationNotSupported, "the arrangement %s has ended, and stays in the register as it was", id)
	}
	a.Reviews = append(a.Reviews, today)
	if end {
		a.Ended = &today
	}
	c, err := change(KindArrangement, id, a, v)
	if err != nil {
		return nil, err
	}
	return a, s.o.Keeper.Keep(ctx, c)
}

// Arrangements gives the register, newest first.
func (s *Service) Arrangements(ctx context.Context) ([]*Arrangement, error) {
	var out []*Arrangement
	err := listed(ctx, s.o.Keeper, KindArrangement, func(a *Arrangement, v uint64) {
		a.version = v
		out = append(out, a)
	})
	slices.SortStableFunc(out, func(a, b *Arrangement) int { return int(b.From) - int(a.From) })
	return out, err
}

// Alarms gives what is to be seen to about a today.
func (s *Service) Alarms(a *Arrangement) ([]Alarm, error) {
	today := s.Today()
	if a.Ended != nil || a.Until < today {
		return nil, nil // it is over
	}
	var out []Alarm
	near := func(on deadline.Date) (bool, error) {
		from, err := s.o.Calendar.Before(on, deadline.Period{N: warnMonths, Unit: deadline.Months})
		return today >= from, err
	}
	if a.Law == "dga" {
		soon, err := near(a.Until)
		if soon && err == nil {
			out = append(out, Alarm{Kind: EndsSoon, On: a.Until, Rule: "DGA-4"})
		}
		return out, err
	}
	notice, err := s.o.Calendar.Before(a.From, deadline.Period{N: noticeMonths, Unit: deadline.Months})
	if err != nil {
		return nil, err
	}
	if a.PublishedOn > notice {
		out = append(out, Alarm{Kind: ToldTooFew, On: notice, Rule: "ODD-12", Late: true})
	}
	last := a.From
	if n := len(a.Reviews); n > 0 {
		last = a.Reviews[n-1]
	}
	// The same date three years on; a review is no act that rolls to a working
	// day.
	review := monthsOn(last, 12*reviewYears)
	soon, err := near(review)
	if soon {
		out = append(out, Alarm{Kind: ReviewDue, On: review, Rule: "ODD-12", Late: today > review})
	}
	return out, err
}
