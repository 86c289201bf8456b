package law

import (
	"slices"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/problem"
)

// Question is what is asked of the book.
type Question struct {
	Facts Facts
	// Date is the day on which the law is to be applied.
	Date deadline.Date
	// IfAdopted lists pending sets to be taken as law.
	IfAdopted []string
}

// Finding is one rule, applied.
type Finding struct {
	Set  *RuleSet
	Rule *Rule
	// Applies tells whether the rule's condition holds.
	Applies Answer
	// Missing names the facts that would decide an open answer, of Applies or,
	// when that is Yes, of Met.
	Missing []string
	// Met tells whether the duty is satisfied. It is Open if only a person can
	// say so, and for a rule that is not verified: such a one is never shown
	// as met.
	Met Answer
	// Because lists the facts that the answer rests on.
	Because []string
}

// Apply answers which rules hold, in the order of sets and rules. Those that
// do not hold on the date, that a pending set replaces, or whose condition is
// false, are left out unless all is set.
//
// Errors: problem.BadRequestData for a fact that is not known or has a value of
// another type, or for a set that is not there or not pending.
func (b *Book) Apply(q Question, all bool) ([]Finding, error) {
	for name, v := range q.Facts {
		f, ok := b.Fact(name)
		if !ok {
			return nil, problem.New(problem.BadRequestData, "there is no fact %.80q", name)
		}
		if err := f.check(v); err != nil {
			return nil, err
		}
	}
	gone, err := b.replaced(q)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, s := range b.Sets {
		if s.Status == Pending && !slices.Contains(q.IfAdopted, s.ID) {
			continue
		}
		for _, r := range s.Rules {
			inForce := s.Status == Pending || r.InTime(q.Date)
			if !inForce || gone[r.ID] {
				continue
			}
			f, err := r.apply(q)
			if err != nil {
				return nil, problem.Wrap(problem.InternalError, err, "rule %s", r.ID)
			}
			f.Set = s
			if f.Applies != No || all {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// replaced gives the rules that the pending sets of q take away.
func (b *Book) replaced(q Question) (map[string]bool, error) {
	gone := map[string]bool{}
	for _, id := range q.IfAdopted {
		i := slices.IndexFunc(b.Sets, func(s *RuleSet) bool { return s.ID == id && s.Status == Pending })
		if i < 0 {
			return nil, problem.New(problem.BadRequestData, "%.80q is no pending rule set", id)
		}
		for _, r := range b.Sets[i].Rules {
			for _, other := range r.Replaces {
				gone[other] = true
			}
		}
	}
	return gone, nil
}

func (r *Rule) apply(q Question) (Finding, error) {
	f := Finding{Rule: r, Applies: Yes}
	if r.when != nil {
		var err error
		if f.Applies, f.Missing, err = r.when.eval(q.Facts, q.Date); err != nil {
			return f, err
		}
		f.Because = known(r.when.asks, q.Facts)
	}
	if f.Applies != Yes || r.met == nil {
		return f, nil
	}
	met, missing, err := r.met.eval(q.Facts, q.Date)
	if err != nil {
		return f, err
	}
	f.Missing = missing
	f.Because = slices.Compact(slices.Sorted(slices.Values(append(f.Because, known(r.met.asks, q.Facts)...))))
	if met == Yes && r.Verification == Unverified {
		met = Open
	}
	f.Met = met
	return f, nil
}

// Holds answers whether the rule's condition holds for facts on a day, whatever
// its first and last day are.
func (r *Rule) Holds(facts Facts, on deadline.Date) (Answer, error) {
	if r.when == nil {
		return Yes, nil
	}
	a, _, err := r.when.eval(facts, on)
	return a, err
}

func known(asks []string, facts Facts) []string {
	var out []string
	for _, n := range asks {
		if facts[n] != nil {
			out = append(out, n)
		}
	}
	return out
}

// Due is a time limit that runs.
type Due struct {
	deadline.Deadline
	// Extended is the latest end if the limit is extended; nil if it cannot be.
	Extended *deadline.Deadline
	// TellBy is by when the person must be told of an extension; nil if the law
	// gives no limit or knows no extension.
	TellBy *deadline.Deadline
}

// Due computes the time limit of r from the facts; nil if r has none that can
// be counted, or if the fact that starts it is not known.
func (r *Rule) Due(facts Facts, c *deadline.Calendar) (*Due, error) {
	k := r.Clock
	if k == nil || len(k.Periods) == 0 || facts[k.From] == nil {
		return nil, nil
	}
	event, err := instantOf(facts[k.From], c)
	if err != nil {
		return nil, err
	}
	out := &Due{}
	if out.Deadline, err = c.After(event, k.Periods...); err != nil {
		return nil, err
	}
	if k.Extension == nil {
		return out, nil
	}
	later, err := c.After(event, slices.Concat(k.Periods, k.Extension.Periods)...)
	if err != nil {
		return nil, err
	}
	out.Extended = &later
	if len(k.Extension.Tell) > 0 {
		tell, err := c.After(event, k.Extension.Tell...)
		if err != nil {
			return nil, err
		}
		out.TellBy = &tell
	}
	return out, nil
}

// instantOf gives the moment that a fact of type date or instant stands for.
func instantOf(v any, c *deadline.Calendar) (time.Time, error) {
	switch v := v.(type) {
	case deadline.Date:
		return v.Start(c.Zone), nil
	case time.Time:
		return v, nil
	}
	return time.Time{}, problem.New(problem.BadRequestData, "%v is neither a date nor an instant", v)
}
