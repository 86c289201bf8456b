package duty

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// ImportState is where an imported rule set stands.
type ImportState string

// The states of an import.
const (
	Waiting  ImportState = "waiting"  // for a second person
	Approved ImportState = "approved" // in force from the decision until a later one
	Refused  ImportState = "refused"
)

// Import is a rule set that somebody handed in.
type Import struct {
	ID      string      `json:"identifier"`
	Set     string      `json:"act"`
	Version string      `json:"version"`
	State   ImportState `json:"state"`
	Text    string      `json:"text"`
	Base    string      `json:"base,omitzero"` // digest of what was in force when it was handed in; "" if nothing was
	Note    string      `json:"note,omitzero"`
	By      string      `json:"by"`
	At      time.Time   `json:"receivedAt"`
	// Decided is when a second person decided, and who that was.
	Decided   *time.Time `json:"decidedAt,omitzero"`
	DecidedBy string     `json:"decidedBy,omitzero"`
	Reason    string     `json:"reason,omitzero"` // of a refusal
}

// MaxRuleSet bounds the text of a rule set, in bytes.
const MaxRuleSet = 256 << 10

// maxRules bounds the rules of an imported set.
const maxRules = 500

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// root is where rule sets are kept: the law is the same for all tenants.
func root(c broker.Call) broker.Call {
	c.Space.Tenant, c.Space.Layer = "", ""
	return c
}

// Book gives the rules in force: those that come with beffroi, with the sets
// in their place that were imported and approved.
func (s *Service) Book(ctx context.Context) (*law.Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.book != nil {
		return s.book, nil
	}
	return s.compose(ctx)
}

// compose puts the book together; s.mu is held. A set that this version cannot
// take leaves the one that comes with it in force, and is told as a fault.
func (s *Service) compose(ctx context.Context) (*law.Book, error) {
	base, err := s.o.Shipped()
	if err != nil {
		return nil, err
	}
	all, err := listed[*Import](ctx, s, broker.Call{}, KindRuleSet)
	if err != nil {
		return nil, err
	}
	s.faults = nil
	b := base
	for _, i := range inForce(all) {
		set, err := base.Parse([]byte(i.Text))
		if err == nil {
			var next *law.Book
			if next, err = b.With(set); err == nil {
				b = next
			}
		}
		if err != nil {
			s.faults = append(s.faults, fmt.Sprintf("%s (%s): %s", i.Set, i.ID, problem.DetailOf(err)))
		}
	}
	s.book = b
	return b, nil
}

// inForce gives the last approved import of each set, in order of set.
func inForce(all []*Import) []*Import {
	last := map[string]*Import{}
	for _, i := range all {
		if i.State == Approved && (last[i.Set] == nil || last[i.Set].Decided.Before(*i.Decided)) {
			last[i.Set] = i
		}
	}
	var out []*Import
	for _, i := range last {
		out = append(out, i)
	}
	slices.SortFunc(out, func(a, b *Import) int { return strings.Compare(a.Set, b.Set) })
	return out
}

// Faults tells which approved rule sets this version of beffroi cannot take;
// what comes with it holds in their place.
func (s *Service) Faults(ctx context.Context) ([]string, error) {
	_, err := s.Book(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.faults), err
}

// Source gives the text of the rule set in force; with shipped of the one that
// comes with beffroi.
//
// Errors: problem.ResourceNotFound.
func (s *Service) Source(ctx context.Context, id string, shipped bool) ([]byte, error) {
	if !shipped {
		all, err := listed[*Import](ctx, s, broker.Call{}, KindRuleSet)
		if err != nil {
			return nil, err
		}
		for _, i := range inForce(all) {
			if i.Set == id {
				return []byte(i.Text), nil
			}
		}
	}
	return law.ShippedSource(id)
}

// base gives the digest of the text in force of a set; "" if there is none.
func (s *Service) base(ctx context.Context, id string) (string, error) {
	text, err := s.Source(ctx, id, false)
	if problem.Is(err, problem.ResourceNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return digest(text), nil
}

// named refuses who is not a person logged in under a name: four eyes are two
// people.
func named(who access.Caller) error {
	if who.Via != access.ViaSession && who.Via != access.ViaInside || who.Account == "" {
		return problem.New(problem.Forbidden, "changing the law book takes two people: log in on the page under an account of your own; tokens and the open loopback address will not do")
	}
	return nil
}

// Import takes a rule set in, to wait for a second person.
//
// Errors: problem.BadRequestData, naming all that is wrong with it;
// problem.AlreadyExists if that is in force already or waits; problem.Forbidden.
func (s *Service) Import(ctx context.Context, c broker.Call, who access.Caller, text []byte, note string) (*Import, error) {
	if err := named(who); err != nil {
		return nil, err
	}
	if len(text) > MaxRuleSet || len(note) > maxNote {
		return nil, problem.New(problem.BadRequestData, "a rule set has at most %d bytes, a note %d", MaxRuleSet, maxNote)
	}
	b, err := s.Book(ctx)
	if err != nil {
		return nil, err
	}
	set, err := b.Parse(text)
	if err != nil {
		return nil, err
	}
	if len(set.Rules) > maxRules {
		return nil, problem.New(problem.BadRequestData, "the rule set has %d rules; the limit is %d", len(set.Rules), maxRules)
	}
	if err := catalogue.CheckSlug(set.ID); err != nil {
		return nil, problem.Wrap(problem.BadRequestData, err, "the id of the rule set: %s", problem.DetailOf(err))
	}
	if _, err := b.With(set); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := listed[*Import](ctx, s, broker.Call{}, KindRuleSet)
	if err != nil {
		return nil, err
	}
	base, err := s.base(ctx, set.ID)
	if err != nil {
		return nil, err
	}
	if base == digest(text) {
		return nil, problem.New(problem.AlreadyExists, "this very text of %s is in force", set.ID)
	}
	n := 1
	for _, i := range all {
		if i.Set != set.ID {
			continue
		}
		n++
		if i.State == Waiting && i.Text == string(text) {
			return nil, problem.New(problem.AlreadyExists, "this very text of %s waits for approval already, as %s", set.ID, i.ID)
		}
	}
	i := &Import{ID: fmt.Sprintf("%s-%04d", set.ID, n), Set: set.ID, Version: set.Version, State: Waiting, Text: string(text), Base: base, Note: strings.TrimSpace(note), By: who.Account, At: s.now()}
	return i, s.save(ctx, root(c), Entry{Kind: KindRuleSet, Name: i.ID}, i)
}

// Imports gives all that were handed in, the newest first.
func (s *Service) Imports(ctx context.Context) ([]*Import, error) {
	all, err := listed[*Import](ctx, s, broker.Call{}, KindRuleSet)
	slices.SortStableFunc(all, func(a, b *Import) int { return b.At.Compare(a.At) })
	return all, err
}

// ImportNamed gives one.
//
// Errors: problem.ResourceNotFound.
func (s *Service) ImportNamed(ctx context.Context, id string) (*Import, error) {
	i, _, err := s.importEntry(ctx, id)
	return i, err
}

func (s *Service) importEntry(ctx context.Context, id string) (*Import, Entry, error) {
	var i Import
	e, found, err := s.load(ctx, broker.Call{}, KindRuleSet, id, &i)
	if err == nil && !found {
		err = problem.New(problem.ResourceNotFound, "there is no import %.80q", id)
	}
	return &i, e, err
}

// Decide approves an import, which is then in force at once, or refuses it.
// Nobody decides about their own, save to take it back. What is decided is
// never changed: another import goes back.
//
// Errors: problem.Forbidden; problem.ResourceNotFound;
// problem.OperationNotSupported if it is decided; problem.Conflict if another
// text of the set came into force meanwhile; problem.BadRequestData if it no
// longer goes together with the rest.
func (s *Service) Decide(ctx context.Context, c broker.Call, who access.Caller, id string, approve bool, reason string) (*Import, error) {
	if err := named(who); err != nil {
		return nil, err
	}
	if _, err := s.Book(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, e, err := s.importEntry(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case i.State != Waiting:
		return nil, problem.New(problem.OperationNotSupported, "the import %s is %s; what is decided stays: hand in another one", id, i.State)
	case approve && i.By == who.Account:
		return nil, problem.New(problem.Forbidden, "%s handed %s in: a second person must approve it", who.Account, id)
	case len(reason) > maxNote:
		return nil, problem.New(problem.BadRequestData, "a reason has at most %d bytes", maxNote)
	}
	at := s.now()
	i.Decided, i.DecidedBy, i.Reason, i.State = &at, who.Account, strings.TrimSpace(reason), Refused
	if approve {
		i.State = Approved
		base, err := s.base(ctx, i.Set)
		if err != nil {
			return nil, err
		}
		if base != i.Base {
			return nil, problem.New(problem.Conflict, "another text of %s came into force since %s was handed in, so what was looked at no longer holds: hand it in again", i.Set, id)
		}
		set, err := s.book.Parse([]byte(i.Text))
		if err != nil {
			return nil, err
		}
		if _, err := s.book.With(set); err != nil {
			return nil, err
		}
	}
	e.Final = true
	if err := s.save(ctx, root(c), e, i); err != nil {
		return nil, err
	}
	if approve {
		s.book = nil
		if _, err := s.compose(ctx); err != nil {
			return nil, err
		}
	}
	return i, nil
}

// Effect is what an import would change for a dataset: how many duties apply,
// for certain or perhaps.
type Effect struct {
	Dataset       *catalogue.Dataset // nil is the organisation
	Before, After Tally
}

// Tally counts duties.
type Tally struct{ Applies, Open int }

// Diff is an import beside what is in force, or was when it was decided.
type Diff struct {
	Import  *Import
	Changes []law.Change
	// Effects are those on the day that was asked for, where they differ;
	// of imports that wait.
	Effects []Effect
}

// Diff compares an import with what is in force.
//
// Errors: problem.ResourceNotFound; problem.BadRequestData if it cannot be
// taken any longer.
func (s *Service) Diff(ctx context.Context, c broker.Call, id string, q Asking) (*Diff, error) {
	i, err := s.ImportNamed(ctx, id)
	if err != nil {
		return nil, err
	}
	w, err := s.open(ctx, c)
	if err != nil {
		return nil, err
	}
	set, err := w.book.Parse([]byte(i.Text))
	if err != nil {
		return nil, err
	}
	out := &Diff{Import: i}
	if i.State != Waiting {
		before, err := s.textNamed(ctx, i)
		if err != nil {
			return nil, err
		}
		var old *law.RuleSet
		if before != nil {
			if old, err = w.book.Parse(before); err != nil {
				return nil, err
			}
		}
		out.Changes = law.Compare(old, set)
		return out, nil
	}
	out.Changes = law.Compare(w.book.Set(i.Set), set)
	next, err := w.book.With(set)
	if err != nil {
		return nil, err
	}
	out.Effects, err = w.effects(ctx, next, q)
	return out, err
}

// textNamed finds the text with the digest that an import was compared with.
func (s *Service) textNamed(ctx context.Context, of *Import) ([]byte, error) {
	if of.Base == "" {
		return nil, nil
	}
	all, err := s.Imports(ctx)
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if i.Set == of.Set && digest([]byte(i.Text)) == of.Base {
			return []byte(i.Text), nil
		}
	}
	// What an older version of beffroi shipped may be gone with it.
	text, err := law.ShippedSource(of.Set)
	if problem.Is(err, problem.ResourceNotFound) {
		return nil, nil
	}
	return text, err
}

// effects counts duties with the book and with next, and keeps what differs.
func (w *work) effects(ctx context.Context, next *law.Book, q Asking) ([]Effect, error) {
	all, err := w.o.Catalogue.All(ctx, w.call.Space)
	if err != nil {
		return nil, err
	}
	var out []Effect
	before := w.book
	for _, d := range append([]*catalogue.Dataset{nil}, all...) {
		if d != nil && d.State == catalogue.Withdrawn {
			continue
		}
		e := Effect{Dataset: d}
		for _, side := range []struct {
			book *law.Book
			into *Tally
		}{{before, &e.Before}, {next, &e.After}} {
			w.book = side.book
			st, err := w.state(ctx, d, q)
			if err != nil {
				w.book = before
				return nil, err
			}
			open := st.Count(Maybe)
			*side.into = Tally{Applies: len(st.Duties) - open, Open: open}
		}
		w.book = before
		if e.Before != e.After {
			out = append(out, e)
		}
	}
	return out, nil
}

// state answers for a dataset, or for the organisation if it is nil.
func (w *work) state(ctx context.Context, d *catalogue.Dataset, q Asking) (*State, error) {
	if d == nil {
		return w.organisation(q)
	}
	return w.dataset(ctx, d, q)
}
