package catalogue

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// Options are the settings of a Service.
type Options struct {
	Broker *broker.Broker
	// Log tells whether what was measured or listed may have changed.
	Log store.Log
	Now func() entity.Instant
	// Base begins the addresses of what is published, without a final slash.
	Base func() string
}

// Service keeps the datasets. They are entities on main like all others.
type Service struct {
	o Options

	mu       sync.Mutex
	listed   []Dataset
	listedAt time.Time
	measured map[string]*measuring
}

// New makes a Service.
func New(o Options) *Service { return &Service{o: o, measured: map[string]*measuring{}} }

// Publish publishes a dataset, or changes one that is published. Its address
// is made at the first time and kept for ever.
//
// Errors: problem.BadRequestData that lists everything that is missing.
func (s *Service) Publish(ctx context.Context, c broker.Call, d Dataset) error {
	if missing := d.Missing(); len(missing) > 0 {
		return problem.New(problem.BadRequestData, "the dataset %s cannot be published: it lacks %s", d.Slug, strings.Join(missing, ", "))
	}
	old, err := s.Get(ctx, d.Slug)
	switch {
	case err == nil:
		d.Address, d.Issued = old.Address, old.Issued
	case problem.Is(err, problem.ResourceNotFound):
		d.Address, d.Issued = s.o.Base()+"/id/dataset/"+d.Slug, s.o.Now().String()
	default:
		return err
	}
	return s.keep(ctx, c, d)
}

// Withdraw takes a dataset back. What is left says that it was there.
//
// Errors: problem.ResourceNotFound.
func (s *Service) Withdraw(ctx context.Context, c broker.Call, slug string) error {
	d, err := s.Get(ctx, slug)
	if err != nil {
		return err
	}
	d.Withdrawn = true
	return s.keep(ctx, c, d)
}

func (s *Service) keep(ctx context.Context, c broker.Call, d Dataset) error {
	f, err := d.fragment()
	if err != nil {
		return err
	}
	out, err := s.o.Broker.Load(ctx, broker.Call{Space: store.Space{}, Origin: c.Origin}, []entity.Fragment{f})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.listedAt = time.Time{}
	s.mu.Unlock()
	return out[0].Err
}

// Get gives a dataset, a withdrawn one too.
//
// Errors: problem.ResourceNotFound.
func (s *Service) Get(ctx context.Context, slug string) (Dataset, error) {
	e, err := s.o.Broker.Entity(ctx, broker.Call{}, entity.ID(IDPrefix+slug))
	if problem.Is(err, problem.ResourceNotFound) || err == nil && !e.HasType(Type()) {
		return Dataset{}, problem.New(problem.ResourceNotFound, "there is no dataset %.80q", slug)
	}
	if err != nil {
		return Dataset{}, err
	}
	return FromEntity(e)
}

// All lists every dataset that is or was published, in order of slug. What it
// found is good for a second: it is asked at every public request.
func (s *Service) All(ctx context.Context) ([]Dataset, error) {
	s.mu.Lock()
	if !s.listedAt.IsZero() && time.Since(s.listedAt) < time.Second {
		defer s.mu.Unlock()
		return s.listed, nil
	}
	s.mu.Unlock()
	out := []Dataset{}
	var bad error
	err := s.o.Broker.Walk(ctx, broker.Call{}, &query.Query{Types: query.OneType(Type())}, 0, func(e *entity.Entity) bool {
		d, err := FromEntity(e)
		if err == nil && entity.ID(IDPrefix+d.Slug) == e.ID { // an entity that somebody else made of this type is no dataset
			out = append(out, d)
		}
		return bad == nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Dataset) int { return strings.Compare(a.Slug, b.Slug) })
	s.mu.Lock()
	s.listed, s.listedAt = out, time.Now()
	s.mu.Unlock()
	return out, bad
}

// Published lists what is published now.
func (s *Service) Published(ctx context.Context) ([]Dataset, error) {
	all, err := s.All(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(d Dataset) bool { return d.Withdrawn }), err
}

// Public gives the selections of what is published: what everybody may see.
func (s *Service) Public(ctx context.Context, sp store.Space) ([]query.Query, error) {
	if sp != (store.Space{}) {
		return nil, nil // datasets are of the default tenant's main layer
	}
	ds, err := s.Published(ctx)
	out := make([]query.Query, 0, len(ds))
	for _, d := range ds {
		out = append(out, d.Selection.Query())
	}
	return out, err
}

// Field is one attribute as it is met in a dataset.
type Field struct {
	Name entity.Name
	Kind entity.Kind
	Type string // number, text, truth, place, object, list
	Unit string // UN/CEFACT code
}

// Measured is what the live data says of a dataset.
type Measured struct {
	Count   int
	Box     [4]float64 // west, south, east, north; meaningless if Count is 0
	Placed  bool
	From    entity.Instant // oldest observation among the current values; 0 if none
	Newest  entity.Instant // newest observation, else newest change
	Changed entity.Instant // newest change
	Fields  []Field
	Sample  []*entity.Entity // the first ten
}

// measuring is one dataset's measurement, under way or done.
type measuring struct {
	mu   sync.Mutex
	at   time.Time
	took time.Duration
	m    Measured
}

// Measure looks at the live data of d. The answer is at most a few seconds
// old, longer for a selection that takes long to look at.
func (s *Service) Measure(ctx context.Context, d Dataset) (Measured, error) {
	s.mu.Lock()
	x := s.measured[d.Slug]
	if x == nil {
		x = &measuring{}
		s.measured[d.Slug] = x
	}
	s.mu.Unlock()
	x.mu.Lock() // one looks, the others wait for what it finds
	defer x.mu.Unlock()
	if !x.at.IsZero() && time.Since(x.at) < min(max(2*time.Second, 100*x.took), time.Minute) {
		return x.m, nil
	}
	began := time.Now()
	m, err := s.measure(ctx, d)
	if err != nil {
		return m, err
	}
	x.m, x.at, x.took = m, time.Now(), time.Since(began)
	return m, nil
}

func (s *Service) measure(ctx context.Context, d Dataset) (Measured, error) {
	var m Measured
	q := d.Selection.Query()
	fields := map[entity.Name]int{}
	box := newBox()
	err := s.o.Broker.Walk(ctx, broker.Call{}, &q, 0, func(e *entity.Entity) bool {
		m.Count++
		m.Changed = max(m.Changed, e.ModifiedAt)
		box.add(e)
		for i := range e.Attrs {
			a := &e.Attrs[i]
			if a.ObservedAt != 0 {
				m.Newest = max(m.Newest, a.ObservedAt)
				if m.From == 0 || a.ObservedAt < m.From {
					m.From = a.ObservedAt
				}
			}
			if m.Count <= 200 {
				if k, seen := fields[a.Name]; !seen {
					fields[a.Name] = len(m.Fields)
					m.Fields = append(m.Fields, Field{a.Name, a.Kind, kindOf(a), a.Unit})
				} else if m.Fields[k].Unit == "" {
					m.Fields[k].Unit = a.Unit
				}
			}
		}
		if len(m.Sample) < 10 {
			m.Sample = append(m.Sample, e)
		}
		return true
	})
	if m.Newest == 0 {
		m.Newest = m.Changed
	}
	m.Box, m.Placed = box.rect()
	return m, err
}

func kindOf(a *entity.Instance) string {
	switch a.Kind {
	case entity.GeoProperty:
		return "place"
	case entity.Relationship, entity.ListRelationship:
		return "link"
	case entity.LanguageProperty, entity.VocabProperty:
		return "text"
	case entity.ListProperty:
		return "list"
	}
	n, err := jsontree.Parse(a.Value, jsontree.Limits{})
	if err != nil {
		return "object"
	}
	switch n.Kind() {
	case jsontree.Number:
		return "number"
	case jsontree.String:
		return "text"
	case jsontree.Bool:
		return "truth"
	case jsontree.Array:
		return "list"
	}
	return "object"
}
