package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/govern/letter"
	"github.com/beffroi/beffroi/internal/problem"
)

// Act is what a steward does to a request that is not decided.
type Act struct {
	Kind EventKind `json:"kind"`
	// Reasons are of an extension, questions, or why and to whom a request is
	// passed on.
	Reasons []string `json:"reasons,omitzero"`
	Note    string   `json:"note,omitzero"`
	Regime  string   `json:"regime,omitzero"`  // of Classified
	Licence bool     `json:"licence,omitzero"` // of Classified
	Rule    string   `json:"rule,omitzero"`    // of Stopped: the rule that allows it
	By      string   `json:"-"`                // the account
}

// Do does a to a request.
//
// Errors: problem.OperationNotSupported for a request that is decided or closed,
// and for stopping a clock that no rule lets stop; problem.BadRequestData for
// what a lacks, and for an extension that the law does not know or that comes
// too late.
func (s *Service) Do(ctx context.Context, id string, a Act) (*Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.open(ctx, id)
	if err != nil {
		return nil, err
	}
	now := s.o.Now().Truncate(time.Second)
	e := Event{Kind: a.Kind, At: now, Recorded: now, By: a.By, Note: strings.TrimSpace(a.Note)}
	if len(e.Note) > maxText || len(strings.Join(a.Reasons, "")) > maxText {
		return nil, problem.New(problem.BadRequestData, "what is written is longer than %d bytes", maxText)
	}
	if err := s.apply(ctx, r, &e, a); err != nil {
		return nil, err
	}
	r.Events = append(r.Events, e)
	return r, s.keep(ctx, r)
}

// open gives a request that things can be done to.
func (s *Service) open(ctx context.Context, id string) (*Request, error) {
	r, err := s.Open(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case r.Decided != nil:
		return nil, problem.New(problem.OperationNotSupported, "request %s was decided on %s: a decision is not changed; who disagrees uses the redress it names", r.ID, *r.Decided)
	case r.Closed != "":
		return nil, problem.New(problem.OperationNotSupported, "request %s is closed: %s", r.ID, r.Closed)
	}
	return r, nil
}

// apply does what the kind of act asks for.
func (s *Service) apply(ctx context.Context, r *Request, e *Event, a Act) error {
	switch a.Kind {
	case Acknowledged:
		return s.draft(ctx, r, e, Letter{Kind: letter.Acknowledgement})
	case Questioned:
		return s.draft(ctx, r, e, Letter{Kind: letter.Question, Reasons: a.Reasons})
	case Extended:
		return s.extend(ctx, r, e, a)
	case Transferred:
		r.Closed = Transferred
		return s.draft(ctx, r, e, Letter{Kind: letter.Transfer, Reasons: a.Reasons})
	case Withdrawn:
		r.Closed = Withdrawn
		return nil
	case Classified:
		return s.classify(ctx, r, e, a)
	case Stopped:
		return s.stop(ctx, r, e, a)
	case Resumed:
		if !halted(r) {
			return problem.New(problem.BadRequestData, "the clock of request %s runs: there is nothing to resume", r.ID)
		}
		return nil
	case Clarified, Noted:
		if e.Note == "" {
			return problem.New(problem.BadRequestData, "an event of kind %s has a note", a.Kind)
		}
		return nil
	}
	return problem.New(problem.BadRequestData, "there is no act %.40q: use acknowledged, questioned, clarified, extended, classified, stopped, resumed, transferred, withdrawn or noted", a.Kind)
}

// draft adds a letter that is still to be sent, and sees that it can be written.
func (s *Service) draft(ctx context.Context, r *Request, e *Event, l Letter) error {
	c, err := s.clock(ctx, r)
	if err != nil {
		return err
	}
	l.N, l.Made, l.Extended = len(r.Letters)+1, e.At, c.Extended
	if slices.ContainsFunc(r.Letters, func(o Letter) bool { return o.Kind == l.Kind && l.Kind == letter.Acknowledgement }) {
		return problem.New(problem.BadRequestData, "request %s has its acknowledgement", r.ID)
	}
	if _, err := s.document(ctx, r, l, []string{"desk"}, e.At); err != nil {
		return err
	}
	r.Letters = append(r.Letters, l)
	e.Letter = l.N
	return nil
}

// extend prepares the letter that tells of an extension; only its sending in
// time extends the period.
func (s *Service) extend(ctx context.Context, r *Request, e *Event, a Act) error {
	c, err := s.clock(ctx, r)
	switch {
	case err != nil:
		return err
	case c.Longest == nil:
		return problem.New(problem.BadRequestData, "%s knows no extension for request %s", c.Rule.Article, r.ID)
	case slices.ContainsFunc(r.Letters, func(l Letter) bool { return l.Kind == letter.Extension }):
		return problem.New(problem.BadRequestData, "request %s has its letter of extension, and a period is extended once", r.ID)
	case !e.At.Before(c.TellBy.Until):
		return problem.New(problem.BadRequestData, "an extension under %s had to be told by %s: the period can no longer be extended", c.Rule.Article, c.TellBy.Last)
	}
	e.Rule = c.Rule.ID
	return s.draft(ctx, r, e, Letter{Kind: letter.Extension, Reasons: a.Reasons})
}

// classify puts a request under another regime; its clock runs from receipt all
// the same.
func (s *Service) classify(ctx context.Context, r *Request, e *Event, a Act) error {
	regime, err := s.terms.Regime(a.Regime)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(r.Letters, func(l Letter) bool { return l.Kind == letter.Extension }) || halted(r) {
		return problem.New(problem.BadRequestData, "request %s was extended or stopped under its regime, and keeps it", r.ID)
	}
	if fit, err := s.terms.For(regime.Kinds[0], s.o.Country); err != nil || fit.ID != regime.ID {
		return problem.New(problem.BadRequestData, "the regime %s is not for holders in %s", regime.ID, s.o.Country)
	}
	if e.Note == "" {
		return problem.New(problem.BadRequestData, "say why request %s is under another regime", r.ID)
	}
	r.Regime, r.Licence = regime.ID, a.Licence
	e.Rule = regime.Clock
	_, err = s.clock(ctx, r)
	return err
}

// stop halts the clock, if the rule that it runs by says that it may be, or
// another rule of the same law, or one made for such requests, that has a period
// from receipt. What is only proposed or was not checked stops nothing.
func (s *Service) stop(ctx context.Context, r *Request, e *Event, a Act) error {
	book, err := s.o.Book(ctx)
	if err != nil {
		return err
	}
	c, err := s.clock(ctx, r)
	if err != nil {
		return err
	}
	if halted(r) {
		return problem.New(problem.BadRequestData, "the clock of request %s stands still already", r.ID)
	}
	set, rule := book.Rule(a.Rule)
	fits, err := s.ofRequest(book, r, c, set, rule)
	if err != nil {
		return err
	}
	if !fits || rule.Clock == nil || rule.Clock.Pause == nil || rule.Clock.From != c.Rule.Clock.From || !rule.InTime(deadline.DateOf(e.At)) {
		return problem.New(problem.OperationNotSupported, "no rule lets the clock of request %s stop: %s (%s) goes on while something is asked", r.ID, c.Rule.ID, c.Rule.Article)
	}
	if e.Note == "" {
		return problem.New(problem.BadRequestData, "say why the clock stops")
	}
	e.Rule = rule.ID
	return nil
}

// ofRequest reports whether a rule is checked law that r falls under: of the set
// that its clock is of, or with conditions that hold for such a request.
func (s *Service) ofRequest(book *law.Book, r *Request, c *Clock, set *law.RuleSet, rule *law.Rule) (bool, error) {
	if rule == nil || set.Status != law.InForce || rule.Verification == law.Unverified {
		return false, nil
	}
	if set == c.Set || rule.When == "" {
		return set == c.Set, nil
	}
	found, err := book.Apply(law.Question{Facts: law.Facts{"request.kind": r.Kind, "holder.country": s.o.Country}, Date: s.Today()}, false)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(found, func(f law.Finding) bool { return f.Rule == rule && f.Applies == law.Yes }), nil
}
