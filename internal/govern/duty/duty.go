// Package duty keeps what a city answers to the law book and tells where it
// stands: per dataset and for the whole organisation, today, on a date or if a
// proposal were adopted.
//
// What is measured comes from the catalogue and wins over what people say;
// where the two differ, that is told. What people say is kept with who said it
// and when. A signed assessment is never changed: the next one stands beside
// it. Rule sets that two people approved stand in the place of those that come
// with beffroi (docs/adr/0124-law-per-organisation.md).
package duty

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/store"
)

// datasets is the catalogue.
type datasets interface {
	All(ctx context.Context, sp store.Space) ([]*catalogue.Dataset, error)
	Get(ctx context.Context, sp store.Space, slug string) (*catalogue.Dataset, error)
	Extent(ctx context.Context, sp store.Space, d *catalogue.Dataset) (*catalogue.Extent, error)
	TermsOf(ctx context.Context, sp store.Space, d *catalogue.Dataset) (t *catalogue.Terms, own bool, err error)
	Put(ctx context.Context, c broker.Call, d catalogue.Dataset) error
	Publish(ctx context.Context, c broker.Call, slug string) error
	Withdraw(ctx context.Context, c broker.Call, slug string) error
}

// Options are the settings of a Service.
type Options struct {
	Ledger    Ledger
	Shipped   func() (*law.Book, error) // the rule sets that come with beffroi
	Calendars map[string]*deadline.Calendar
	Catalogue datasets
	Now       func() time.Time
}

// Service answers and keeps. It is safe for use by many goroutines.
type Service struct {
	o Options

	mu     sync.Mutex // over book, and imports being decided
	book   *law.Book
	faults []string // approved sets that this version of beffroi cannot take
}

// New makes a Service.
func New(o Options) *Service { return &Service{o: o} }

// Standing is where a duty stands.
type Standing string

// The standings, worst first.
const (
	Unmet Standing = "unmet" // applies, and the facts say that it is not met
	Asked Standing = "asked" // applies; a person must say, or it is to be checked
	Met   Standing = "met"   // applies and is met, by facts or by evidence
	Maybe Standing = "maybe" // it depends on facts whether it applies
)

// Standings lists the standings, worst first.
func Standings() []Standing { return []Standing{Unmet, Asked, Met, Maybe} }

// standing judges a finding with the evidence that is kept for it. Evidence
// says what only people can say; it does not overrule facts, and a rule that
// nobody checked with the official text is never met.
func standing(f *law.Finding, evidence int) Standing {
	switch {
	case f.Applies != law.Yes:
		return Maybe
	case f.Rule.Verification == law.Unverified && f.Met != law.No:
		return Asked
	case f.Met == law.Yes:
		return Met
	case f.Met == law.No:
		return Unmet
	case evidence > 0:
		return Met
	}
	return Asked
}

// Asking is a question to the law.
type Asking struct {
	Date      deadline.Date
	IfAdopted []string
}

// Duty is one rule applied to what is known of a dataset, or of the
// organisation.
type Duty struct {
	law.Finding
	Standing Standing
	Evidence []Evidence
	// Actions are what beffroi can do towards it now.
	Actions []Action
	// Actor is whose turn it is.
	Actor Actor
}

// Actor is whose turn it is.
type Actor string

// The actors.
const (
	// ByMachine: a steward presses a button, the machine does it.
	ByMachine Actor = "machine"
	// BySteward: somebody who looks after the dataset describes or decides.
	BySteward Actor = "steward"
	// ByHolder: the organisation must answer a question about itself.
	ByHolder Actor = "holder"
	// ByOfficer: the data protection officer is to be asked.
	ByOfficer Actor = "officer"
	// ByNobody: there is nothing to do.
	ByNobody Actor = ""
)

func actorOf(d *Duty) Actor {
	switch {
	case d.Standing == Met:
		return ByNobody
	case len(d.Actions) > 0:
		return ByMachine
	case len(d.Missing) > 0 && slices.ContainsFunc(d.Missing, func(n string) bool { return strings.HasPrefix(n, "holder.") }):
		return ByHolder
	case d.Set.ID == "gdpr" && d.Standing != Maybe:
		return ByOfficer
	}
	return BySteward
}

// State is what is known of a dataset and what follows from it.
type State struct {
	Dataset *catalogue.Dataset // nil for the organisation
	Extent  *catalogue.Extent
	Known   Known
	Duties  []Duty // in the order of sets and rules
}

// Count tells how many duties stand so.
func (s *State) Count(what Standing) int {
	n := 0
	for i := range s.Duties {
		if s.Duties[i].Standing == what {
			n++
		}
	}
	return n
}

// Dataset answers for one dataset, in whatever state it is.
//
// Errors: problem.ResourceNotFound; problem.BadRequestData for a proposal that
// is not there.
func (s *Service) Dataset(ctx context.Context, c broker.Call, slug string, q Asking) (*State, error) {
	d, err := s.o.Catalogue.Get(ctx, c.Space, slug)
	if err != nil {
		return nil, err
	}
	w, err := s.open(ctx, c)
	if err != nil {
		return nil, err
	}
	return w.dataset(ctx, d, q)
}

// Organisation answers for the holder alone: the rules that ask about no
// dataset.
func (s *Service) Organisation(ctx context.Context, c broker.Call, q Asking) (*State, error) {
	w, err := s.open(ctx, c)
	if err != nil {
		return nil, err
	}
	return w.organisation(q)
}

// work is what one question needs: all that is kept, read once.
type work struct {
	*Service
	call       broker.Call
	book       *law.Book
	holder     Answers
	answers    map[string]Answers    // by slug
	evidence   map[string][]Evidence // by slug, "" is the organisation
	activities []*Activity
}

func (s *Service) open(ctx context.Context, c broker.Call) (*work, error) {
	w := &work{Service: s, call: c}
	var err error
	if w.book, err = s.Book(ctx); err != nil {
		return nil, err
	}
	if w.holder, err = s.Holder(ctx, c); err != nil {
		return nil, err
	}
	if w.answers, err = s.allAnswers(ctx, c); err != nil {
		return nil, err
	}
	if w.evidence, err = s.allEvidence(ctx, c); err != nil {
		return nil, err
	}
	w.activities, err = s.Activities(ctx, c)
	return w, err
}

func (w *work) dataset(ctx context.Context, d *catalogue.Dataset, q Asking) (*State, error) {
	out := &State{Dataset: d}
	var err error
	if out.Extent, err = w.o.Catalogue.Extent(ctx, w.call.Space, d); err != nil {
		return nil, err
	}
	measured, err := w.measured(ctx, d, out.Extent)
	if err != nil {
		return nil, err
	}
	out.Known = w.know(measured, w.answers[d.Slug], w.holder)
	return out, w.apply(out, q, func(r *law.Rule) bool { return r.OfDataset() })
}

func (w *work) organisation(q Asking) (*State, error) {
	out := &State{Known: w.know(nil, nil, w.holder)}
	return out, w.apply(out, q, func(r *law.Rule) bool { return !r.OfDataset() })
}

func (w *work) apply(s *State, q Asking, about func(*law.Rule) bool) error {
	found, err := w.book.Apply(law.Question{Facts: s.Known.Facts, Date: q.Date, IfAdopted: q.IfAdopted}, false)
	if err != nil {
		return err
	}
	slug := ""
	if s.Dataset != nil {
		slug = s.Dataset.Slug
	}
	for _, f := range found {
		if !about(f.Rule) {
			continue
		}
		d := Duty{Finding: f}
		for _, e := range w.evidence[slug] {
			if e.Rule == f.Rule.ID {
				d.Evidence = append(d.Evidence, e)
			}
		}
		d.Standing = standing(&f, len(d.Evidence))
		if s.Dataset != nil && d.Standing != Met && d.Standing != Maybe {
			d.Actions = actionsFor(s, &f)
		}
		d.Actor = actorOf(&d)
		s.Duties = append(s.Duties, d)
	}
	return nil
}
