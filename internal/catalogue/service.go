package catalogue

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// WriterName is the source under which the catalogue writes. Guard knows its
// own writes by it; no connector may have it, as sources have no colon.
const WriterName = "beffroi:catalogue"

// Guard keeps datasets in the hands of the catalogue, whatever the door: who
// could write them through another one could publish the whole city. It is
// for broker.Options.
//
// Errors: problem.OperationNotSupported.
func Guard(c broker.Call, before, after *entity.Entity) error {
	for _, e := range []*entity.Entity{before, after} {
		switch {
		case e == nil || c.Origin.Source == WriterName:
		case e.HasType(termsType):
			return problem.New(problem.OperationNotSupported, "%s holds terms of service: they are changed through /api/service-terms, which takes a steward", e.ID)
		case e.HasType(datasetType):
			return problem.New(problem.OperationNotSupported, "%s is a dataset: datasets are changed through /api/datasets/{slug}, which takes a steward", e.ID)
		case e.HasType(harvestedType):
			return problem.New(problem.OperationNotSupported, "%s is a harvested dataset: such are changed where they come from, and taken anew by /api/harvest/sources/{slug}/run, which takes a steward", e.ID)
		}
	}
	return nil
}

// Options are the settings of a Service.
type Options struct {
	Broker *broker.Broker
	Log    store.Log
	Now    func() entity.Instant
}

// Service looks after the datasets of a city. They are entities like all
// others; the Service keeps what it read of them, and follows the change log
// to keep that true. It is safe for use by many goroutines.
type Service struct {
	o Options

	writing sync.Mutex // one change of a description at a time

	mu        sync.Mutex
	age       uint64 // of lists: moves when a dataset changed
	lists     map[store.Space]list
	measured  map[place]*measured
	versions  map[place]kept
	harvested map[store.Space]*harvestedList
	searches  map[store.Space]*searched
	following bool

	once  sync.Once
	begun chan struct{} // closed when Run follows the log for the first time
}

type list struct {
	all    []*Dataset // in order of slug; never changed
	public []query.Query
}

type place struct {
	space store.Space
	slug  string
}

// New makes a Service. Run should be running, or what it keeps is checked
// against the log at every question.
func New(o Options) *Service {
	return &Service{o: o, lists: map[store.Space]list{}, measured: map[place]*measured{}, versions: map[place]kept{}, harvested: map[store.Space]*harvestedList{}, searches: map[store.Space]*searched{}, begun: make(chan struct{})}
}

// Run follows the change log until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	defer s.forget(false)
	for ctx.Err() == nil {
		at, err := s.o.Log.Head(ctx)
		if err != nil {
			return fmt.Errorf("find the head of the change log: %w", err)
		}
		s.forget(true)
		s.once.Do(func() { close(s.begun) })
		if err := s.follow(ctx, at); !problem.Is(err, problem.CursorLost) {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("follow the change log: %w", err)
		}
	}
	return nil
}

// Prepare makes the index of the search, before somebody waits for it, as soon
// as Run follows the log. It can be left out: the first question makes it then.
//
// Errors: those of the store.
func (s *Service) Prepare(ctx context.Context) error {
	select {
	case <-s.begun:
	case <-ctx.Done():
		return nil
	}
	if _, err := s.index(ctx, store.Space{}); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// forget drops all that is kept; following tells whether the log is read from
// here on.
func (s *Service) forget(following bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.following = following
	s.age++
	clear(s.lists)
	clear(s.measured)
	clear(s.versions)
	clear(s.harvested)
	clear(s.searches)
}

// follow reads the log from at on until that fails; it never returns nil.
func (s *Service) follow(ctx context.Context, at store.Cursor) error {
	for {
		rs, next, err := s.o.Log.Read(ctx, at, 1024)
		if err != nil {
			return err
		}
		if len(rs) == 0 {
			if err := s.o.Log.Wait(ctx, at); err != nil {
				return err
			}
			continue
		}
		s.mu.Lock()
		for i := range rs {
			r := &rs[i]
			sp := store.Space{Tenant: r.Tenant, Layer: r.Layer}
			if slug, ok := strings.CutPrefix(string(r.ID), idPrefix); ok {
				s.age++
				delete(s.lists, sp)
				delete(s.measured, place{sp, slug})
				delete(s.versions, place{sp, slug})
			}
			s.heard(sp, r)
			for p, m := range s.measured {
				if p.space == sp && (m.about(r.Before) || m.about(r.After)) {
					m.stale = true
					m.hears(r)
				}
			}
		}
		s.mu.Unlock()
		s.follows(rs)
		at = next
	}
}

// list gives the datasets of a space. A tenant that is not there has none:
// nobody shall learn from it which tenants there are.
func (s *Service) list(ctx context.Context, sp store.Space) (list, error) {
	s.mu.Lock()
	l, ok := s.lists[sp]
	age, keep := s.age, s.following
	s.mu.Unlock()
	if ok {
		return l, nil
	}
	l = list{}
	var bad error
	err := s.o.Broker.Walk(ctx, broker.Call{Space: sp}, &query.Query{Types: query.OneType(datasetType)}, 0, func(e *entity.Entity) bool {
		d, err := read(e)
		if err != nil {
			bad = err
			return false
		}
		l.all = append(l.all, d)
		return true
	})
	if problem.Is(err, problem.NonexistentTenant) {
		return list{}, nil
	}
	if err != nil || bad != nil {
		return list{}, fmt.Errorf("read the datasets: %w", firstOf(err, bad))
	}
	slices.SortFunc(l.all, func(a, b *Dataset) int { return strings.Compare(a.Slug, b.Slug) })
	for _, d := range l.all {
		if d.State != Published || d.Closed() {
			continue
		}
		q, err := d.Selection.Query()
		if err != nil {
			return list{}, fmt.Errorf("dataset %s: %w", d.Slug, err)
		}
		l.public = append(l.public, q)
	}
	s.mu.Lock()
	if keep && s.following && s.age == age {
		s.lists[sp] = l
	}
	s.mu.Unlock()
	return l, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Public gives the selections of the published datasets that are not closed:
// what anonymous callers may see of a space.
func (s *Service) Public(ctx context.Context, sp store.Space) ([]query.Query, error) {
	l, err := s.list(ctx, sp)
	return l.public, err
}

// All gives every dataset of a space in order of slug. They must not be
// changed.
func (s *Service) All(ctx context.Context, sp store.Space) ([]*Dataset, error) {
	l, err := s.list(ctx, sp)
	return l.all, err
}

// Published gives the datasets that are public, in order of slug. They must
// not be changed.
func (s *Service) Published(ctx context.Context, sp store.Space) ([]*Dataset, error) {
	l, err := s.list(ctx, sp)
	var out []*Dataset
	for _, d := range l.all {
		if d.State == Published {
			out = append(out, d)
		}
	}
	return out, err
}

// Get gives the dataset with a slug, in whatever state.
//
// Errors: problem.ResourceNotFound.
func (s *Service) Get(ctx context.Context, sp store.Space, slug string) (*Dataset, error) {
	l, err := s.list(ctx, sp)
	if err != nil {
		return nil, err
	}
	if i, ok := slices.BinarySearchFunc(l.all, slug, func(d *Dataset, slug string) int { return strings.Compare(d.Slug, slug) }); ok {
		return l.all[i], nil
	}
	return nil, problem.New(problem.ResourceNotFound, "there is no dataset %.80q", slug)
}

// Open gives the published dataset with a slug.
//
// Errors: problem.ResourceNotFound, also for a draft; problem.Gone for one
// that was withdrawn.
func (s *Service) Open(ctx context.Context, sp store.Space, slug string) (*Dataset, error) {
	d, err := s.Get(ctx, sp, slug)
	switch {
	case err != nil:
		return nil, err
	case d.State == Withdrawn:
		return d, problem.New(problem.Gone, "the dataset %q was published and has been withdrawn", slug)
	case d.State == Draft:
		return nil, problem.New(problem.ResourceNotFound, "there is no dataset %.80q", slug)
	}
	return d, nil
}

// Put creates a dataset as a draft, or changes what people know of one. State,
// address and first publication stay as they are. A published one must stay
// complete; a withdrawn one cannot be changed.
//
// Errors: problem.BadRequestData, naming all that is wrong; problem.Gone.
func (s *Service) Put(ctx context.Context, c broker.Call, d Dataset) error {
	return s.PutIf(ctx, c, d, func(*Dataset) error { return nil })
}

// PutIf does as Put if holds has no error to say about the dataset as it is
// now, nil if there is none; nobody changes it in between.
//
// Errors: those of Put and of holds.
func (s *Service) PutIf(ctx context.Context, c broker.Call, d Dataset, holds func(cur *Dataset) error) error {
	if found := d.check(); len(found) > 0 {
		return wrong(d.Slug, "cannot be kept", found)
	}
	return s.change(ctx, c, d.Slug, func(cur *Dataset) (*Dataset, error) {
		if err := holds(cur); err != nil {
			return nil, err
		}
		if cur == nil {
			d.State, d.Issued, d.Address, d.Terms, d.Protection = Draft, 0, "", nil, nil
			return &d, nil
		}
		if cur.State == Withdrawn {
			return nil, problem.New(problem.Gone, "the dataset %q was withdrawn; its address is not used again", d.Slug)
		}
		d.State, d.Issued, d.Address, d.Terms, d.Protection = cur.State, cur.Issued, cur.Address, cur.Terms, cur.Protection
		if missing := d.Missing(); cur.State == Published && len(missing) > 0 {
			return nil, wrong(d.Slug, "is published and would lack", missing)
		}
		return &d, nil
	})
}

// Publish makes a dataset public: its entities can from now on be read by
// everybody. The address is given at the first publication and kept for ever.
//
// Errors: problem.BadRequestData, naming all that is missing;
// problem.ResourceNotFound; problem.Gone for one that was withdrawn.
func (s *Service) Publish(ctx context.Context, c broker.Call, slug string) error {
	return s.change(ctx, c, slug, func(cur *Dataset) (*Dataset, error) {
		switch {
		case cur == nil:
			return nil, problem.New(problem.ResourceNotFound, "there is no dataset %.80q", slug)
		case cur.State == Withdrawn:
			return nil, problem.New(problem.Gone, "the dataset %q was withdrawn; its address is not used again", slug)
		}
		if missing := cur.Missing(); len(missing) > 0 {
			return nil, wrong(slug, "cannot be published: it lacks", missing)
		}
		d := *cur
		d.State = Published
		if d.Issued.IsZero() {
			d.Issued = s.o.Now()
		}
		if d.Address == "" {
			d.Address = "/id/dataset/" + slug
		}
		return &d, nil
	})
}

// Withdraw ends the publication. What is left is a tombstone: the address
// answers that the dataset is gone.
//
// Errors: problem.ResourceNotFound; problem.OperationNotSupported for one that
// was never published.
func (s *Service) Withdraw(ctx context.Context, c broker.Call, slug string) error {
	return s.change(ctx, c, slug, func(cur *Dataset) (*Dataset, error) {
		switch {
		case cur == nil:
			return nil, problem.New(problem.ResourceNotFound, "there is no dataset %.80q", slug)
		case cur.State == Draft:
			return nil, problem.New(problem.OperationNotSupported, "the dataset %q was never published: there is nothing to withdraw", slug)
		}
		d := *cur
		d.State = Withdrawn
		return &d, nil
	})
}

// change does one change of a description; how gets nil if there is none yet.
func (s *Service) change(ctx context.Context, c broker.Call, slug string, how func(cur *Dataset) (*Dataset, error)) error {
	if err := CheckSlug(slug); err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	c.Access, c.Origin.Source = nil, WriterName
	cur, err := s.o.Broker.Entity(ctx, broker.Call{Space: c.Space}, ID(slug))
	var old *Dataset
	switch {
	case problem.Is(err, problem.ResourceNotFound):
		cur = nil
	case err != nil:
		return err
	default:
		if old, err = read(cur); err != nil {
			return err
		}
	}
	next, err := how(old)
	if err != nil {
		return err
	}
	f, err := next.fragment(cur)
	if err != nil {
		return err
	}
	switch {
	case cur == nil:
		err = s.o.Broker.Create(ctx, c, f)
	case len(f.Attrs) > 0:
		_, err = s.o.Broker.Update(ctx, c, f)
	}
	if err != nil {
		return fmt.Errorf("keep the dataset %s: %w", slug, err)
	}
	// The log says so too, but whoever withdraws must not wait for it.
	s.mu.Lock()
	s.age++
	delete(s.lists, c.Space)
	delete(s.measured, place{c.Space, slug})
	delete(s.versions, place{c.Space, slug})
	s.mu.Unlock()
	if now, err := s.o.Broker.Entity(ctx, broker.Call{Space: c.Space}, ID(slug)); err == nil {
		s.indexed(c.Space, now.ID, now, now.At)
	}
	return nil
}
