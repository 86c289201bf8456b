package catalogue

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// Extent is what the data itself says of a dataset.
type Extent struct {
	Count int      // entities
	Box   geo.Rect // of their locations; empty if none has one
	// First and Last are the oldest and the newest observation known; zero if
	// nothing is observed. First is looked up for a few entities.
	First, Last entity.Instant
	Modified    entity.Instant // last change of an entity, or of the description if that is later
	// Period is the median time between two observations of one thing, as
	// measured on a few; 0 if unknown.
	Period entity.Instant
	Fields []Field          // in the order in which they are met
	Sample []*entity.Entity // the first few
	// Version changes with the data: equal versions are equal data. It can
	// stand in an ETag.
	Version string
}

// Field is one attribute that entities of a dataset have.
type Field struct {
	Name entity.Name
	Unit string // UN/CEFACT code of the first value met; "" if none
	Type string // number, text, boolean, geometry, link, time, texts, list, object
}

// How much is looked at beyond what is counted.
const (
	sampleSize  = 10
	fieldBound  = 200
	probes      = 5  // entities whose history is looked at
	probePoints = 13 // observations of each
	// slowWalk is the time from which on measuring a dataset counts as dear:
	// then it is done again only after restFactor times as long.
	slowWalk   = 50 * time.Millisecond
	restFactor = 20
)

// measured keeps an Extent while it is true.
type measured struct {
	types []entity.Name

	work   sync.Mutex // one measures, the others wait
	extent *Extent    // below work
	next   time.Time  // below work: not measured again before; wall clock

	stale bool         // below Service.mu
	sum   summary      // below Service.mu: what the search needs of it
	query *query.Query // of the selection; nil if it cannot be read
	head  string       // below work: where the log stood, when nobody follows it
}

func (m *measured) about(e *entity.Entity) bool {
	if e == nil {
		return false
	}
	for _, t := range e.Types {
		if slices.Contains(m.types, t) {
			return true
		}
	}
	return false
}

// Extent measures a dataset, or gives what was measured if nothing of it has
// changed since. One that takes long is measured rarely. Of a closed one
// nothing is measured: where its things are, how many and of when is a part of
// what is protected, and facades show an Extent to everybody.
func (s *Service) Extent(ctx context.Context, sp store.Space, d *Dataset) (*Extent, error) {
	if d.Closed() {
		return &Extent{Box: geo.EmptyRect(), Modified: d.Changed, Version: fmt.Sprintf("closed-%x", int64(d.Changed))}, nil
	}
	p := place{sp, d.Slug}
	s.mu.Lock()
	m := s.measured[p]
	if m == nil {
		m = &measured{types: d.Selection.Types, stale: true}
		if q, err := d.Selection.Query(); err == nil {
			m.query = &q
		}
		s.measured[p] = m
	}
	s.mu.Unlock()
	m.work.Lock()
	defer m.work.Unlock()
	began := time.Now() // wall clock: what the work costs this machine
	head, err := s.o.Log.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the head of the change log: %w", err)
	}
	s.mu.Lock()
	fresh := m.extent != nil && (s.following && !m.stale || m.head == head.String() || began.Before(m.next))
	if !fresh {
		m.stale = false // what changes from here on counts anew
	}
	s.mu.Unlock()
	if fresh {
		return m.extent, nil
	}
	x, err := s.measure(ctx, sp, d)
	if err != nil {
		s.mu.Lock()
		m.stale = true
		s.mu.Unlock()
		return nil, fmt.Errorf("measure the dataset %s: %w", d.Slug, err)
	}
	if old := m.extent; old != nil && x.Modified <= old.Modified {
		x.Modified = old.Modified
		if x.Version != old.Version {
			x.Modified = s.o.Now() // something went away, and nothing that is left says when
		}
	}
	m.extent, m.head = x, head.String()
	s.mu.Lock()
	m.sum = summaryOf(x)
	s.mu.Unlock()
	if took := time.Since(began); took > slowWalk { // wall clock: see above
		m.next = began.Add(restFactor * took)
	}
	return x, nil
}

func (s *Service) measure(ctx context.Context, sp store.Space, d *Dataset) (*Extent, error) {
	if len(d.Selection.Types) == 0 { // a draft that selects nothing yet
		return &Extent{Box: geo.EmptyRect(), Modified: d.Changed, Version: fmt.Sprintf("0-%x", int64(d.Changed))}, nil
	}
	q, err := d.Selection.Query()
	if err != nil {
		return nil, err
	}
	x := &Extent{Box: geo.EmptyRect(), Modified: d.Changed}
	g := gatherer{x: x, seen: map[entity.Name]bool{}}
	err = s.o.Broker.Walk(ctx, broker.Call{Space: sp}, &q, 0, g.take)
	if err != nil {
		return nil, err
	}
	if err := s.probe(ctx, sp, x, g.probes); err != nil {
		return nil, err
	}
	x.Version = fmt.Sprintf("%x-%x-%x", x.Count, int64(x.Modified), g.sum)
	return x, nil
}

// probe is one attribute instance whose history is looked at.
type probe struct {
	id   entity.ID
	name entity.Name
}

type gatherer struct {
	x      *Extent
	seen   map[entity.Name]bool
	probes []probe
	sum    uint64
}

func (g *gatherer) take(e *entity.Entity) bool {
	x := g.x
	x.Count++
	x.Modified = max(x.Modified, e.ModifiedAt)
	// Numbers and positions of all of them, so that a deletion shows too.
	h := uint64(e.Number)*0x9e3779b97f4a7c15 ^ uint64(e.At)
	g.sum += h ^ h>>29
	if len(x.Sample) < sampleSize {
		x.Sample = append(x.Sample, e)
	}
	observed := entity.Name("")
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if !a.ObservedAt.IsZero() {
			if x.First == 0 || a.ObservedAt < x.First {
				x.First = a.ObservedAt
			}
			x.Last = max(x.Last, a.ObservedAt)
			if observed == "" {
				observed = a.Name
			}
		}
		if !g.seen[a.Name] && len(g.seen) < fieldBound {
			g.seen[a.Name] = true
			x.Fields = append(x.Fields, Field{Name: a.Name, Unit: a.Unit, Type: typeOf(a)})
		}
	}
	if observed != "" && len(g.probes) < probes {
		g.probes = append(g.probes, probe{e.ID, observed})
	}
	if at, ok := e.Attr(query.LocationName, ""); ok {
		if shape, ok := query.GeometryOf(at); ok {
			x.Box = x.Box.Union(shape.Bounds())
		}
	}
	return true
}

func typeOf(a *entity.Instance) string {
	switch a.Kind {
	case entity.GeoProperty:
		return "geometry"
	case entity.Relationship, entity.ListRelationship, entity.VocabProperty:
		return "link"
	case entity.LanguageProperty:
		return "texts"
	case entity.ListProperty:
		return "list"
	}
	switch {
	case len(a.Value) == 0:
		return "object"
	case a.Value[0] == '"':
		return "text"
	case a.Value[0] == 't' || a.Value[0] == 'f':
		return "boolean"
	case a.Value[0] == '[':
		return "list"
	case a.Value[0] == '{':
		return "object"
	}
	return "number"
}

// probe looks into the history of a few things: since when they are observed
// and how often.
func (s *Service) probe(ctx context.Context, sp store.Space, x *Extent, ps []probe) error {
	c := broker.Call{Space: sp}
	var gaps []entity.Instant
	for _, p := range ps {
		for _, w := range []store.Window{{Names: []entity.Name{p.name}, Limit: 1}, {Names: []entity.Name{p.name}, Last: probePoints}} {
			ev, err := s.o.Broker.History(ctx, c, p.id, w)
			if problem.Is(err, problem.ResourceNotFound) {
				continue // gone meanwhile
			}
			if err != nil {
				return err
			}
			for _, series := range ev.Series {
				for i, at := range series.Points {
					if at.Kind == entity.Null || at.ObservedAt.IsZero() {
						continue
					}
					x.First = min(x.First, at.ObservedAt)
					if i > 0 && w.Last > 0 && arrived(series.Points[i-1], at) {
						gaps = append(gaps, at.ObservedAt-series.Points[i-1].ObservedAt)
					}
				}
			}
		}
	}
	if len(gaps) > 0 {
		slices.Sort(gaps)
		x.Period = gaps[len(gaps)/2]
	}
	return nil
}

// arrived reports whether b came after a about as much later as it was
// observed later. What is filled in at once from elsewhere has its own rhythm,
// and says nothing of how often new data arrives.
func arrived(a, b entity.Instance) bool {
	observed, came := b.ObservedAt-a.ObservedAt, b.ModifiedAt-a.ModifiedAt
	return observed > 0 && 2*came >= observed
}

// Would measures a dataset as it would be: the selection of d may be another
// one than that which is kept under its slug, or there may be none. A closed
// one is measured too: it is for stewards, and must not be shown to others.
func (s *Service) Would(ctx context.Context, sp store.Space, d *Dataset) (*Extent, error) {
	if kept, err := s.Get(ctx, sp, d.Slug); err == nil && !kept.Closed() && sameSelection(kept.Selection, d.Selection) {
		return s.Extent(ctx, sp, kept)
	}
	// Drafts are measured at each word that somebody types: those of one
	// selection share what was measured.
	as := *d
	as.Access = "" // this is for whoever describes it: of a closed one too
	as.Slug = wouldPrefix + fmt.Sprint(d.Selection.Types, d.Selection.Scope)
	s.mu.Lock()
	n := 0
	for p := range s.measured {
		if strings.HasPrefix(p.slug, wouldPrefix) {
			if n++; n > wouldKept {
				delete(s.measured, p)
			}
		}
	}
	s.mu.Unlock()
	return s.Extent(ctx, sp, &as)
}

// wouldPrefix stands before what drafts are measured under: no slug has it.
// wouldKept bounds how many are kept.
const (
	wouldPrefix = "?"
	wouldKept   = 16
)

func sameSelection(a, b Selection) bool { return a.Scope == b.Scope && slices.Equal(a.Types, b.Types) }

// Columns gives what is in x as the columns of a file: short headings, unique
// in the file.
func (x *Extent) Columns() []format.Column {
	out := make([]format.Column, 0, len(x.Fields))
	taken := map[string]bool{}
	for _, f := range x.Fields {
		short := Short(f.Name)
		if taken[short] {
			short = string(f.Name)
		}
		taken[short] = true
		out = append(out, format.Column{Name: f.Name, Short: short, Unit: f.Unit, Texts: f.Type == "texts", Type: f.Type})
	}
	return out
}
