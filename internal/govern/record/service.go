package record

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// Call says on whose behalf something is asked or done.
type Call struct {
	Tenant string // "" is the default one
	By     access.Caller
	// Desk is set by code that reads or changes guarded records for itself
	// and shows a caller nothing of them but what is theirs: a clock that
	// runs, a person who follows their own request. Without it, By must be a
	// steward for what is in a guarded layer.
	Desk bool
}

func (c *Call) space(k Kind) store.Space {
	return store.Space{Tenant: c.Tenant, Layer: string(k.Info().Layer)}
}

func (c *Call) broker(k Kind) broker.Call {
	return broker.Call{Space: c.space(k), Origin: store.Origin{Account: c.By.Account, Source: WriterName}}
}

// allow refuses who may not read or change records of a kind. The public
// layer's routes have rules of their own.
func (c *Call) allow(k Kind) error {
	if k.Info().Kind == NoKind {
		return problem.New(problem.InternalError, "there is no kind of record %d", k)
	}
	if !k.Info().Layer.Guarded() || c.Desk {
		return nil
	}
	return access.Curate.Allow(c.By)
}

// Options are the settings of a Service.
type Options struct {
	Broker *broker.Broker
	// Forget, if set, takes out of memory what others hold of an entity that
	// was erased: feed.Hub's Forget.
	Forget func(s store.Space, id entity.ID)
}

// Service keeps records. It holds nothing itself and is safe for use by many
// goroutines.
type Service struct{ o Options }

// New makes a Service.
func New(o Options) *Service { return &Service{o: o} }

// Draft is a record that is to be made.
type Draft struct {
	Kind Kind
	// Name is the last part of its id, see CheckName; "" gives it a random one
	// that nobody can guess.
	Name string
	// Value has the members: a struct with JSON tags, see the package.
	Value any
	// Closed makes it one that was closed from the beginning.
	Closed bool
}

// Create makes a record. Anybody may, as far as this package goes: people
// without an account hand in requests.
//
// Errors: problem.AlreadyExists; problem.BadRequestData for a bad name;
// problem.NonexistentTenant.
func (s *Service) Create(ctx context.Context, c Call, d Draft) (*Record, error) {
	info := d.Kind.Info()
	if info.Kind == NoKind {
		return nil, problem.New(problem.InternalError, "there is no kind of record %d", d.Kind)
	}
	if d.Name == "" {
		d.Name = random()
	}
	if err := CheckName(d.Name); err != nil {
		return nil, err
	}
	if d.Closed && !info.Closes {
		return nil, problem.New(problem.InternalError, "a %s is never closed", d.Kind)
	}
	r := &Record{Kind: d.Kind, Name: d.Name}
	if err := r.Set(d.Value); err != nil {
		return nil, err
	}
	if c.Tenant != "" { // who has no account must not make tenants
		if _, err := s.o.Broker.Entity(ctx, broker.Call{Space: store.Space{Tenant: c.Tenant}}, r.ID()); problem.Is(err, problem.NonexistentTenant) {
			return nil, err
		}
	}
	e, err := s.o.Broker.Edit(ctx, c.broker(d.Kind), store.CommitOptions{CreateTenant: true}, r.ID(), func(cur *entity.Entity, now entity.Instant) (*entity.Entity, error) {
		if cur != nil {
			return nil, problem.New(problem.AlreadyExists, "there is a %s %q already", d.Kind, d.Name)
		}
		n := *r
		if d.Closed {
			n.Closed = now
		}
		f, err := n.fragment(nil)
		if err != nil {
			return nil, err
		}
		return entity.Create(f, now)
	})
	if err != nil {
		return nil, err
	}
	return of(d.Kind, e)
}

// Change lets how change a record, in one step with nobody between: how gets
// it as it is now and says by Record.Set what it is to be. It must do nothing
// else, as it may be called twice. Without a Set, or with the same content,
// nothing is written.
//
// Errors: problem.ResourceNotFound; problem.OperationNotSupported for a closed
// record; those of Rule.Allow for a guarded one; and how's own.
func (s *Service) Change(ctx context.Context, c Call, k Kind, name string, how func(r *Record) error) (*Record, error) {
	return s.change(ctx, c, k, name, func(r *Record, _ entity.Instant) error { return how(r) })
}

// Close makes sure that a record is never changed again, by nobody. Closing
// one twice does nothing.
//
// Errors: as Change; problem.InternalError for a kind that does not close.
func (s *Service) Close(ctx context.Context, c Call, k Kind, name string) (*Record, error) {
	if !k.Info().Closes {
		return nil, problem.New(problem.InternalError, "a %s is never closed", k)
	}
	return s.change(ctx, c, k, name, func(r *Record, now entity.Instant) error {
		r.Closed = cmp.Or(r.Closed, now)
		return nil
	})
}

func (s *Service) change(ctx context.Context, c Call, k Kind, name string, how func(*Record, entity.Instant) error) (*Record, error) {
	if err := c.allow(k); err != nil {
		return nil, err
	}
	e, err := s.o.Broker.Edit(ctx, c.broker(k), store.CommitOptions{}, k.ID(name), func(cur *entity.Entity, now entity.Instant) (*entity.Entity, error) {
		if cur == nil {
			return nil, none(k, name)
		}
		r, err := of(k, cur)
		if err != nil {
			return nil, err
		}
		if err := how(r, now); err != nil {
			return nil, err
		}
		f, err := r.fragment(cur)
		if err != nil || len(f.Attrs) == 0 {
			return cur, err
		}
		next, _, err := entity.Update(cur, f, now)
		return next, err
	})
	if problem.Is(err, problem.ResourceNotFound) {
		return nil, none(k, name) // also if no such record was ever made, and so no layer
	}
	if err != nil {
		return nil, err
	}
	return of(k, e)
}

func none(k Kind, name string) error {
	return problem.New(problem.ResourceNotFound, "there is no %s %.100q", k, name)
}

// Get gives a record.
//
// Errors: problem.ResourceNotFound; those of Rule.Allow for a guarded one;
// problem.NonexistentTenant.
func (s *Service) Get(ctx context.Context, c Call, k Kind, name string) (*Record, error) {
	if err := c.allow(k); err != nil {
		return nil, err
	}
	e, err := s.o.Broker.Entity(ctx, c.broker(k), k.ID(name))
	if problem.Is(err, problem.ResourceNotFound) || err == nil && !e.HasType(k.Info().Type) {
		return nil, none(k, name)
	}
	if err != nil {
		return nil, err
	}
	return of(k, e)
}

// Ask says which records of a kind are wanted.
type Ask struct {
	Kind Kind
	// After, if set, is the Number of the record before the first.
	After entity.Number
	// Where, if set, keeps those that it holds for.
	Where func(*Record) bool
	Limit int // 0 is no limit
}

// List gives records in the order of their creation.
//
// Errors: those of Rule.Allow for a guarded kind; problem.NonexistentTenant.
func (s *Service) List(ctx context.Context, c Call, a Ask) ([]*Record, error) {
	if err := c.allow(a.Kind); err != nil {
		return nil, err
	}
	var out []*Record
	var bad error
	err := s.o.Broker.Walk(ctx, c.broker(a.Kind), &query.Query{Types: query.OneType(a.Kind.Info().Type)}, a.After, func(e *entity.Entity) bool {
		var r *Record
		if r, bad = of(a.Kind, e); bad != nil {
			return false
		}
		if a.Where == nil || a.Where(r) {
			out = append(out, r)
		}
		return a.Limit == 0 || len(out) < a.Limit
	})
	if a.Kind.Info().Layer != Public && problem.Is(err, problem.ResourceNotFound) {
		return nil, nil // no such record was ever made: the layer is not there
	}
	if err != nil || bad != nil {
		return nil, fmt.Errorf("list records of kind %s: %w", a.Kind, cmp.Or(err, bad))
	}
	return out, nil
}

// Erase removes a record about a person as if it had never been: from state,
// history and log, and from every file of the data folder but backups. That
// it is closed does not keep it. Erasing one that is not there does nothing.
//
// Errors: problem.OperationNotSupported for a kind that neither is about persons
// nor has their words (Info.Erasable):
// what was decided and published stays; those of Rule.Allow.
func (s *Service) Erase(ctx context.Context, c Call, k Kind, name string) error {
	if err := c.allow(k); err != nil {
		return err
	}
	info := k.Info()
	if info.Erasable && !c.Desk { // allow lets everybody at the public layer
		if err := access.Curate.Allow(c.By); err != nil {
			return err
		}
	}
	if info.Layer != Persons && !info.Erasable {
		return problem.New(problem.OperationNotSupported, "a %s is not about a person and is not erased: what was decided and published stays", k)
	}
	if err := s.o.Broker.Erase(ctx, c.space(k), k.ID(name)); err != nil {
		return fmt.Errorf("erase the %s %s: %w", k, name, err)
	}
	if s.o.Forget != nil {
		s.o.Forget(c.space(k), k.ID(name))
	}
	return nil
}

// random gives 128 bits that nobody can guess, as text.
func random() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
