package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/govern/letter"
	"github.com/beffroi/beffroi/internal/problem"
)

// Verdict is what a steward decides on a request.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	// Summary is what was asked, for the public register: nothing of who asked.
	Summary    string    `json:"summary"`
	Grounds    []string  `json:"grounds,omitzero"` // of a refusal, also in part
	Reasons    []string  `json:"reasons,omitzero"` // in words, for the letter
	Conditions []string  `json:"conditions,omitzero"`
	Redress    string    `json:"redress,omitzero"` // "" takes that of the regime
	Fee        *FeeAsked `json:"fee,omitzero"`
	By         string    `json:"-"` // the account
}

// Decide decides a request: the decision is kept for good, its letter waits to
// be sent.
//
// Errors: problem.OperationNotSupported for a request that is decided or closed;
// problem.BadRequestData for what v lacks, for a fee that the law does not
// allow, and for a summary that names the requester.
func (s *Service) Decide(ctx context.Context, id string, v Verdict) (*Request, *Decision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.judge(ctx, id, v)
	if err != nil {
		return nil, nil, err
	}
	// The request first: what it says of its decision is enough to enter that
	// in the register, should a crash come between (Mend).
	if err := s.keep(ctx, r); err != nil {
		return nil, nil, err
	}
	return r, r.Decision, s.enter(ctx, r.Decision)
}

// Preview gives the letter that v would make, and changes nothing.
// Errors: as Decide.
func (s *Service) Preview(ctx context.Context, id string, v Verdict) (*Written, error) {
	r, err := s.judge(ctx, id, v)
	if err != nil {
		return nil, err
	}
	l := r.Letters[len(r.Letters)-1]
	return s.write(ctx, r, l, l.Made)
}

// judge gives the request as v decides it.
func (s *Service) judge(ctx context.Context, id string, v Verdict) (*Request, error) {
	r, err := s.open(ctx, id)
	if err != nil {
		return nil, err
	}
	regime, err := s.terms.Regime(r.Regime)
	if err != nil {
		return nil, err
	}
	if err := s.checkVerdict(r, regime, v); err != nil {
		return nil, err
	}
	c, err := s.clock(ctx, r)
	if err != nil {
		return nil, err
	}
	now, today := s.o.Now().Truncate(time.Second), s.Today()
	d := &Decision{ID: r.ID, Regime: r.Regime, Rule: c.Rule.ID, Dataset: s.shownDataset(ctx, r, r.Dataset), Summary: strings.TrimSpace(v.Summary), Lang: r.Lang, Outcome: v.Outcome, Grounds: v.Grounds,
		Received: dayOf(r.Received, s.o.Calendar.Zone), Decided: today, Due: c.lastFor(v.Outcome)}
	if v.Fee != nil {
		if d.Fee, err = s.charge(ctx, regime, v.Fee); err != nil {
			return nil, err
		}
	}
	e := Event{Kind: Decided, At: now, Recorded: now, By: v.By, Rule: c.Rule.ID}
	l := Letter{Kind: letterOf(v.Outcome), Reasons: v.Reasons, Conditions: v.Conditions, Redress: v.Redress}
	if l.Redress == "" {
		l.Redress = regime.Redress[r.Lang]
	}
	if d.Fee != nil {
		l.Conditions = append(slices.Clone(l.Conditions), d.Fee.say(r.Lang))
	}
	if err := s.draft(ctx, r, &e, l); err != nil {
		return nil, err
	}
	r.Decided, r.Events, r.Decision = &today, append(r.Events, e), d
	return r, nil
}

// enter puts a decision in the register, where it stays.
func (s *Service) enter(ctx context.Context, d *Decision) error {
	c, err := change(KindDecision, d.ID, d, 0)
	if err != nil {
		return err
	}
	return s.o.Keeper.Keep(ctx, c)
}

// Mend enters the decisions that a crash or a fault kept out of the register. It
// is for the start of a server and for each look of the bell. One that cannot be
// entered does not keep out the others: its error is joined to theirs.
func (s *Service) Mend(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.List(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, r := range all {
		if r.Decision == nil {
			continue
		}
		_, err := s.o.Keeper.Load(ctx, KindDecision, r.ID)
		if problem.Is(err, problem.ResourceNotFound) {
			d := *r.Decision
			d.Dataset = s.shownDataset(ctx, r, d.Dataset)
			err = s.enter(ctx, &d)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("enter the decision on request %s in the register: %w", r.ID, err))
		}
	}
	return errors.Join(failed...)
}

func letterOf(o Outcome) letter.Kind {
	switch o {
	case Granted:
		return letter.Grant
	case Partly:
		return letter.Partial
	}
	return letter.Refusal
}

func (s *Service) checkVerdict(r *Request, regime *Regime, v Verdict) error {
	bad := func(format string, args ...any) error { return problem.New(problem.BadRequestData, format, args...) }
	switch {
	case v.Outcome != Granted && v.Outcome != Partly && v.Outcome != Refused:
		return bad("there is no outcome %.40q: use granted, partly or refused", v.Outcome)
	case strings.TrimSpace(v.Summary) == "" || len(v.Summary) > maxLine:
		return bad("the public register says in a line what was asked: give a summary of at most %d bytes", maxLine)
	case v.Outcome == Granted && len(v.Grounds) > 0:
		return bad("what is granted has no grounds of refusal")
	case v.Outcome != Granted && len(v.Grounds) == 0:
		return bad("a refusal, also in part, names its grounds")
	case v.Outcome == Refused && v.Fee != nil:
		return bad("a request that is refused is not charged: leave the fee out")
	case halted(r):
		return bad("the clock of request %s stands still: resume it first", r.ID)
	case len(strings.Join(v.Reasons, ""))+len(strings.Join(v.Conditions, ""))+len(v.Redress) > 3*maxText:
		return bad("what is written is longer than %d bytes", 3*maxText)
	}
	for _, g := range v.Grounds {
		if !s.terms.ground(g, regime.ID) {
			return bad("there is no ground %.40q under %s", g, regime.ID)
		}
	}
	if who := r.Requester.named(v.Summary); who != "" {
		return bad("the summary is public and says %q, which is of the requester: leave it out", who)
	}
	return nil
}

// Decisions gives the public register, newest first.
func (s *Service) Decisions(ctx context.Context) ([]*Decision, error) {
	var out []*Decision
	err := listed(ctx, s.o.Keeper, KindDecision, func(d *Decision, _ uint64) {
		out = append(out, d)
	})
	slices.SortStableFunc(out, func(a, b *Decision) int { return int(b.Decided) - int(a.Decided) })
	return out, err
}

// Decision gives one entry of the register. Errors: problem.ResourceNotFound.
func (s *Service) Decision(ctx context.Context, id string) (*Decision, error) {
	d := &Decision{}
	_, err := s.load(ctx, KindDecision, id, d)
	return d, err
}
