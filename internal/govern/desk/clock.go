package desk

import (
	"slices"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/govern/letter"
	"github.com/beffroi/beffroi/internal/problem"
)

// Standing tells how a request stands with its clock.
type Standing string

// The standings, most urgent first.
const (
	Overdue Standing = "overdue" // the last day has passed
	// SilentRefusal is Overdue where the law makes silence a refusal.
	SilentRefusal Standing = "silentRefusal"
	Soon          Standing = "soon" // five working days or fewer are left
	Running       Standing = "running"
	Halted        Standing = "stopped"
	DoneLate      Standing = "doneLate"
	Done          Standing = "done"
	ClosedOff     Standing = "closed" // transferred, withdrawn or erased
)

// soonDays is how many working days before the end people are warned.
const soonDays = 5

// Step is what is to be done next.
type Step string

// The next steps.
const (
	Acknowledge   Step = "acknowledge"
	SendLetter    Step = "sendLetter"    // a draft waits
	SendExtension Step = "sendExtension" // by TellBy, or it prolongs nothing
	Resume        Step = "resume"
	Decide        Step = "decide"
	Nothing       Step = "nothing"
)

// Clock is where the clock of a request stands at a moment.
type Clock struct {
	Set  *law.RuleSet
	Rule *law.Rule
	// Due is the period without an extension, Longest the end with it; nil if
	// the law knows none for this request.
	Due     deadline.Deadline
	Longest *deadline.Deadline
	// TellBy is the last day to tell of an extension; nil as Longest.
	TellBy *deadline.Deadline
	// Last is the end that counts now.
	Last     deadline.Deadline
	Extended bool
	Standing Standing
	// WorkingDays are left that have not begun; below zero none are.
	WorkingDays int
	Next        Step
	// NextBy is the last day for Next, if it has one.
	NextBy *deadline.Date
	// Appeal is the last day to appeal a refusal by silence.
	Appeal *deadline.Date
	// RefuseBy is the last day to refuse, where the law gives that a period of
	// its own, which no extension prolongs (GDPR Art. 12(4)).
	RefuseBy *deadline.Date
}

// Reckoner counts the clocks of requests.
type Reckoner struct {
	Terms    *Terms
	Book     *law.Book
	Calendar *deadline.Calendar
}

// Clock counts the clock of r at now. Errors: problem.BadRequestData if the
// book has no such rule.
func (k *Reckoner) Clock(r *Request, now time.Time) (*Clock, error) {
	regime, err := k.Terms.Regime(r.Regime)
	if err != nil {
		return nil, err
	}
	c := &Clock{}
	if c.Set, c.Rule = k.Book.Rule(regime.Clock); c.Rule == nil || c.Rule.Clock == nil || len(c.Rule.Clock.Periods) == 0 {
		return nil, problem.New(problem.BadRequestData, "the law book has no rule %s with a period from receipt", regime.Clock)
	}
	if err := k.count(c, r, regime, now); err != nil {
		return nil, err
	}
	c.Last, c.Extended = c.Due, false
	if c.Longest != nil && told(r, c) {
		c.Last, c.Extended = *c.Longest, true
	}
	days, passed := k.Calendar.Open(c.Last, now)
	if c.WorkingDays = days; passed {
		c.WorkingDays = -1
	}
	if err := k.refuseBy(c, r, regime); err != nil {
		return nil, err
	}
	k.stand(c, r, regime, passed)
	if c.Standing == SilentRefusal {
		err = k.appeal(c, regime)
	}
	k.next(c, r, now)
	return c, err
}

// count finds the ends of the period: with the days that it was stopped, which
// are counted on before the end rolls to a working day.
func (k *Reckoner) count(c *Clock, r *Request, regime *Regime, now time.Time) error {
	stopped := k.stopped(r, now)
	after := func(periods ...[]deadline.Period) (deadline.Deadline, error) {
		all := slices.Concat(periods...)
		if stopped > 0 {
			all = append(all, deadline.Period{N: stopped, Unit: deadline.Days})
		}
		return k.Calendar.After(r.Received, all...)
	}
	own := c.Rule.Clock
	var err error
	if c.Due, err = after(own.Periods); err != nil {
		return err
	}
	if own.Extension == nil || regime.ExtendOnly == "licence" && !r.Licence {
		return nil
	}
	longest, err := after(own.Periods, own.Extension.Periods)
	if err != nil {
		return err
	}
	by := c.Due
	if len(own.Extension.Tell) > 0 {
		tell, err := after(own.Extension.Tell)
		if err != nil {
			return err
		}
		if tell.Until.Before(by.Until) {
			by = tell
		}
	}
	c.Longest, c.TellBy = &longest, &by
	return nil
}

// stopped counts the whole days during which the clock stood still.
func (k *Reckoner) stopped(r *Request, now time.Time) int {
	n := deadline.Date(0)
	var since *deadline.Date
	for _, e := range r.Events {
		on := deadline.DateOf(e.At.In(k.Calendar.Zone))
		switch {
		case e.Kind == Stopped:
			since = &on
		case e.Kind == Resumed && since != nil:
			n += on - *since
			since = nil
		}
	}
	if since != nil {
		n += max(0, deadline.DateOf(now.In(k.Calendar.Zone))-*since)
	}
	return int(n)
}

// halted reports whether the clock stands still.
func halted(r *Request) bool {
	still := false
	for _, e := range r.Events {
		still = e.Kind == Stopped || still && e.Kind != Resumed
	}
	return still
}

// told reports whether an extension was told in time.
func told(r *Request, c *Clock) bool {
	return slices.ContainsFunc(r.Letters, func(l Letter) bool {
		return l.Kind == letter.Extension && l.Sent != nil && *l.Sent <= c.TellBy.Last
	})
}

// answered gives the day on which the request was answered, as the law counts.
func answered(r *Request, regime *Regime) *deadline.Date {
	if r.Decided == nil || regime.Counts == DecisionCounts {
		return r.Decided
	}
	for _, l := range r.Letters {
		if decides(l.Kind) {
			return l.Sent
		}
	}
	return nil
}

// decides reports whether a letter tells a decision.
func decides(k letter.Kind) bool {
	return k == letter.Grant || k == letter.Partial || k == letter.Refusal
}

// stand says how the request stands with its clock.
func (k *Reckoner) stand(c *Clock, r *Request, regime *Regime, passed bool) {
	on, last := answered(r, regime), c.Last.Last
	if r.Decision != nil {
		last = c.lastFor(r.Decision.Outcome)
	}
	switch {
	case r.Closed != "":
		c.Standing = ClosedOff
	case on != nil && *on <= last:
		c.Standing = Done
	case on != nil:
		c.Standing = DoneLate
	case halted(r):
		c.Standing = Halted
	case passed && regime.Silence != "":
		c.Standing = SilentRefusal
	case passed:
		c.Standing = Overdue
	case c.WorkingDays <= soonDays:
		c.Standing = Soon
	default:
		c.Standing = Running
	}
}

// lastFor gives the last day for a decision.
func (c *Clock) lastFor(o Outcome) deadline.Date {
	if o == Refused && c.RefuseBy != nil {
		return *c.RefuseBy
	}
	return c.Last.Last
}

// refuseBy counts until when a request may be refused, if the rule that asks
// for reasons and redress has a period from receipt.
func (k *Reckoner) refuseBy(c *Clock, r *Request, regime *Regime) error {
	_, rule := k.Book.Rule(regime.RedressRule)
	if rule == nil || rule.Clock == nil || rule.Clock.From != c.Rule.Clock.From {
		return nil
	}
	due, err := rule.Due(law.Facts{rule.Clock.From: r.Received}, k.Calendar)
	if err == nil && due != nil {
		c.RefuseBy = &due.Last
	}
	return err
}

// appeal counts until when a refusal by silence can be appealed: from the last
// day of the period.
func (k *Reckoner) appeal(c *Clock, regime *Regime) error {
	_, rule := k.Book.Rule(regime.Silence)
	if rule == nil || rule.Clock == nil {
		return nil
	}
	due, err := rule.Due(law.Facts{rule.Clock.From: c.Last.Last}, k.Calendar)
	if err == nil && due != nil {
		c.Appeal = &due.Last
	}
	return err
}

// next says what is to be done next, and by when.
func (k *Reckoner) next(c *Clock, r *Request, now time.Time) {
	draft := func(l Letter) bool { return l.Sent == nil }
	switch {
	case r.Closed != "":
		c.Next = Nothing
	case slices.ContainsFunc(r.Letters, func(l Letter) bool { return draft(l) && l.Kind == letter.Extension }) && !c.Extended && r.Decided == nil && c.TellBy != nil && now.Before(c.TellBy.Until):
		c.Next, c.NextBy = SendExtension, &c.TellBy.Last
	case slices.ContainsFunc(r.Letters, func(l Letter) bool {
		return draft(l) && (r.Decided == nil && l.Kind != letter.Extension || decides(l.Kind))
	}):
		c.Next, c.NextBy = SendLetter, &c.Last.Last
	case r.Decided != nil:
		c.Next = Nothing
	case halted(r):
		c.Next = Resume
	case !slices.ContainsFunc(r.Letters, func(l Letter) bool { return l.Kind == letter.Acknowledgement }) && c.Standing != Overdue && c.Standing != SilentRefusal:
		c.Next = Acknowledge
	default:
		c.Next, c.NextBy = Decide, &c.Last.Last
	}
}
