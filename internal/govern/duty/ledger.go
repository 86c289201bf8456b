package duty

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/problem"
)

// Kind is a kind of record.
type Kind string

// The kinds that this package keeps.
const (
	KindAnswers    Kind = "answers"    // of the holder (name "holder") or of a dataset ("dataset-" and its slug)
	KindEvidence   Kind = "evidence"   // that a duty is met
	KindAssessment Kind = "assessment" // signed: what applied to a dataset, and how it stood
	KindProcessing Kind = "processing" // an activity of the record of GDPR, Art. 30
	KindRuleSet    Kind = "ruleset"    // an imported rule set, waiting, in force or refused
)

// Ref names a dataset by its slug; records hold the id of its entity.
type Ref string

// MarshalText gives the entity's id.
func (r Ref) MarshalText() ([]byte, error) { return []byte(catalogue.ID(string(r))), nil }

// UnmarshalText reads one.
func (r *Ref) UnmarshalText(b []byte) error {
	slug, ok := strings.CutPrefix(string(b), string(catalogue.ID("")))
	if !ok {
		return fmt.Errorf("%.100q is no dataset", b)
	}
	*r = Ref(slug)
	return nil
}

// Entry is one record.
type Entry struct {
	Kind Kind
	Name string // unique in its kind: lower case letters, digits, hyphens
	Body []byte // a JSON object
	// Final entries are never changed.
	Final bool
	// Rev is moved by each write; "" is one that is not there yet. A write must
	// name the one that it saw.
	Rev string
}

// Ledger keeps records of governance: durable, with their history. Nothing is
// ever taken away.
type Ledger interface {
	// Get errors with problem.ResourceNotFound.
	Get(ctx context.Context, c broker.Call, kind Kind, name string) (Entry, error)
	// List gives all of a kind in order of name.
	List(ctx context.Context, c broker.Call, kind Kind) ([]Entry, error)
	// Put writes e. Errors: problem.Conflict if Rev is not that of what is
	// there; problem.OperationNotSupported if what is there is final.
	Put(ctx context.Context, c broker.Call, e Entry) error
}

// Records is the Ledger of a running city: governance records.
type Records struct{ Service *record.Service }

// recordKind gives the governance record that keeps a kind.
func recordKind(k Kind) record.Kind {
	switch k {
	case KindAnswers:
		return record.Answers
	case KindEvidence:
		return record.Evidence
	case KindAssessment:
		return record.Assessment
	case KindProcessing:
		return record.Processing
	case KindRuleSet:
		return record.RuleSet
	}
	return record.NoKind
}

// desk is the call of this package: what it shows of records, and to whom, the
// rules of its routes say.
func desk(c broker.Call) record.Call {
	return record.Call{Tenant: c.Space.Tenant, By: access.Caller{Account: c.Origin.Account}, Desk: true}
}

func entryOf(kind Kind, r *record.Record) Entry {
	sum := sha256.Sum256(r.JSON())
	return Entry{Kind: kind, Name: r.Name, Body: r.JSON(), Final: !r.Closed.IsZero(), Rev: hex.EncodeToString(sum[:])}
}

// Get implements Ledger.
func (l Records) Get(ctx context.Context, c broker.Call, kind Kind, name string) (Entry, error) {
	r, err := l.Service.Get(ctx, desk(c), recordKind(kind), name)
	if err != nil {
		return Entry{}, err
	}
	return entryOf(kind, r), nil
}

// List implements Ledger.
func (l Records) List(ctx context.Context, c broker.Call, kind Kind) ([]Entry, error) {
	rs, err := l.Service.List(ctx, desk(c), record.Ask{Kind: recordKind(kind)})
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, r := range rs {
		out = append(out, entryOf(kind, r))
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Put implements Ledger.
func (l Records) Put(ctx context.Context, c broker.Call, e Entry) error {
	conflict := problem.New(problem.Conflict, "the %s %s was changed by somebody else meanwhile: look at it again", e.Kind, e.Name)
	k := recordKind(e.Kind)
	if e.Rev == "" {
		_, err := l.Service.Create(ctx, desk(c), record.Draft{Kind: k, Name: e.Name, Value: jsontext.Value(e.Body), Closed: e.Final})
		if problem.Is(err, problem.AlreadyExists) {
			return conflict
		}
		return err
	}
	_, err := l.Service.Change(ctx, desk(c), k, e.Name, func(r *record.Record) error {
		if entryOf(e.Kind, r).Rev != e.Rev {
			return conflict
		}
		return r.Set(jsontext.Value(e.Body))
	})
	if err != nil || !e.Final {
		return err
	}
	// A crash before this leaves what was decided as it is; only the guard is
	// missing, and no call of this package changes it.
	_, err = l.Service.Close(ctx, desk(c), k, e.Name)
	return err
}

// load reads a record into v; found is false if there is none.
func (s *Service) load(ctx context.Context, c broker.Call, kind Kind, name string, v any) (e Entry, found bool, err error) {
	e, err = s.o.Ledger.Get(ctx, c, kind, name)
	if problem.Is(err, problem.ResourceNotFound) {
		return Entry{Kind: kind, Name: name}, false, nil
	}
	if err != nil {
		return e, false, err
	}
	return e, true, decode(e, v)
}

func decode(e Entry, v any) error {
	if err := json.Unmarshal(e.Body, v); err != nil {
		return fmt.Errorf("read the record %s %s: %w", e.Kind, e.Name, err)
	}
	return nil
}

// listed reads all records of a kind, in order of name.
func listed[T any](ctx context.Context, s *Service, c broker.Call, kind Kind) ([]T, error) {
	es, err := s.o.Ledger.List(ctx, c, kind)
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, len(es))
	for _, e := range es {
		var v T
		if err := decode(e, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// save writes v as the record e.
func (s *Service) save(ctx context.Context, c broker.Call, e Entry, v any) error {
	var err error
	if e.Body, err = json.Marshal(v, json.Deterministic(true)); err != nil {
		return fmt.Errorf("write the record %s %s: %w", e.Kind, e.Name, err)
	}
	return s.o.Ledger.Put(ctx, c, e)
}

// who is the account on whose behalf c is.
func who(c broker.Call) string { return c.Origin.Account }
