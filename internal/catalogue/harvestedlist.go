package catalogue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// HarvestedRef is what is kept in memory of a harvested dataset: enough to
// page through all and to see what changed. The rest is read when it is shown.
type HarvestedRef struct {
	Slug, Source string
	Digest       string         // of what its source says
	Gone         entity.Instant // zero while its source has it
	Changed      entity.Instant // of the record
}

func (h *Harvested) ref() HarvestedRef {
	return HarvestedRef{h.Slug, h.Source, h.digest, h.Gone, h.Changed}
}

// harvestedList are the harvested datasets of one space. It is read once and
// follows the log from then on; a change costs its own work, not that of all.
type harvestedList struct {
	read chan struct{} // closed when all is there, or err
	err  error
	all  []HarvestedRef           // in order of slug; replaced, never changed
	news map[string]*HarvestedRef // not yet in all; nil is one that is no more
}

// heard takes one record of the log in. The caller holds s.mu.
func (s *Service) heard(sp store.Space, r *change.Record) {
	slug, ok := strings.CutPrefix(string(r.ID), harvestedPrefix)
	l := s.harvested[sp]
	if !ok || l == nil {
		return
	}
	l.news[slug] = nil
	if r.After != nil {
		if h, err := ReadHarvested(r.After); err == nil { // the guard lets nothing else in
			ref := h.ref()
			l.news[slug] = &ref
		}
	}
}

// merge puts what was heard into all: one pass over both. The caller holds s.mu.
func (l *harvestedList) merge() []HarvestedRef {
	if len(l.news) == 0 {
		return l.all
	}
	slugs := slices.Sorted(maps.Keys(l.news))
	out := make([]HarvestedRef, 0, len(l.all)+len(slugs))
	at := 0
	for _, slug := range slugs {
		for at < len(l.all) && l.all[at].Slug < slug {
			out = append(out, l.all[at])
			at++
		}
		if at < len(l.all) && l.all[at].Slug == slug {
			at++
		}
		if n := l.news[slug]; n != nil {
			out = append(out, *n)
		}
	}
	l.all = append(out, l.all[at:]...)
	clear(l.news)
	return l.all
}

// Harvested lists the harvested datasets of a space in order of slug, those
// that are gone too. The list must not be changed.
func (s *Service) Harvested(ctx context.Context, sp store.Space) ([]HarvestedRef, error) {
	for {
		s.mu.Lock()
		if !s.following {
			s.mu.Unlock()
			all, _, err := s.readHarvested(ctx, sp)
			return all, err
		}
		l, mine := s.harvested[sp], false
		if l == nil {
			l, mine = &harvestedList{read: make(chan struct{}), news: map[string]*HarvestedRef{}}, true
			s.harvested[sp] = l
		}
		s.mu.Unlock()
		if mine {
			all, there, err := s.readHarvested(ctx, sp)
			s.mu.Lock()
			// Nothing is kept of a tenant that is not there: anybody can make up
			// its name.
			if l.all, l.err = all, err; (err != nil || !there) && s.harvested[sp] == l {
				delete(s.harvested, sp)
			}
			s.mu.Unlock()
			close(l.read)
		}
		select {
		case <-l.read:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		s.mu.Lock()
		all, err := l.merge(), l.err
		s.mu.Unlock()
		if err != nil && !mine && ctx.Err() == nil && (errors.Is(err, context.Canceled) || problem.Is(err, problem.TooComplexQuery)) {
			continue // who read it gave up, not we
		}
		return all, err
	}
}

// readHarvested reads the list from the store; false if there is no such
// tenant.
func (s *Service) readHarvested(ctx context.Context, sp store.Space) ([]HarvestedRef, bool, error) {
	var out []HarvestedRef
	q := &query.Query{Types: query.OneType(harvestedType), Wanted: []entity.Name{own + "harvestSource", own + "digest", own + "gone"}}
	there, err := s.walkHarvested(ctx, sp, q, func(h *Harvested) bool {
		out = append(out, h.ref())
		return true
	})
	slices.SortFunc(out, func(a, b HarvestedRef) int { return strings.Compare(a.Slug, b.Slug) })
	return out, there, err
}

// WalkHarvested calls yield for each harvested dataset of a space, those that
// are gone too, in no order, until it returns false. Never more than one is
// held.
func (s *Service) WalkHarvested(ctx context.Context, sp store.Space, yield func(*Harvested) bool) error {
	_, err := s.walkHarvested(ctx, sp, &query.Query{Types: query.OneType(harvestedType)}, yield)
	return err
}

// walkHarvested also tells whether the tenant is there.
func (s *Service) walkHarvested(ctx context.Context, sp store.Space, q *query.Query, yield func(*Harvested) bool) (bool, error) {
	var bad error
	err := s.o.Broker.Walk(ctx, broker.Call{Space: sp}, q, 0, func(e *entity.Entity) bool {
		h, err := ReadHarvested(e)
		if err != nil {
			bad = err
			return false
		}
		return yield(h)
	})
	if problem.Is(err, problem.NonexistentTenant) {
		return false, nil
	}
	if err = firstOf(err, bad); err != nil {
		return true, fmt.Errorf("read the harvested datasets: %w", err)
	}
	return true, nil
}

// HarvestedOne gives the harvested dataset with a slug, also one that is gone.
//
// Errors: problem.ResourceNotFound.
func (s *Service) HarvestedOne(ctx context.Context, sp store.Space, slug string) (*Harvested, error) {
	notThere := problem.New(problem.ResourceNotFound, "there is no harvested dataset %.80q", slug)
	id, err := entity.ParseID(harvestedPrefix + slug)
	if err != nil {
		return nil, notThere
	}
	e, err := s.o.Broker.Entity(ctx, broker.Call{Space: sp}, id)
	switch {
	case problem.Is(err, problem.ResourceNotFound), problem.Is(err, problem.NonexistentTenant):
		return nil, notThere
	case err != nil:
		return nil, err
	}
	return ReadHarvested(e)
}

// Kept tells what became of one harvested dataset.
type Kept uint8

// What becomes of one.
const (
	KeptSame    Kept = iota // nothing was written: its source says what it said
	KeptNew                 // there was none with its IRI, or it had gone
	KeptAltered             // its source says something else
	KeptRefused             // see the error
)

// HarvestedChange tells what PutHarvested would make of h, given what is
// there in order of slug.
func HarvestedChange(h *Harvested, there []HarvestedRef) (Kept, error) {
	if found := h.check(); len(found) > 0 {
		return KeptRefused, problem.New(problem.BadRequestData, "the dataset %.200s cannot be kept: %s", h.IRI, strings.Join(found, "; "))
	}
	var err error
	if h.digest, err = h.said(); err != nil {
		return KeptRefused, err
	}
	i, ok := slices.BinarySearchFunc(there, h.Slug, func(r HarvestedRef, slug string) int { return strings.Compare(r.Slug, slug) })
	switch {
	case !ok || !there[i].Gone.IsZero():
		return KeptNew, nil
	case there[i].Digest != h.digest:
		return KeptAltered, nil
	}
	return KeptSame, nil
}

// PutHarvested keeps what a source says of datasets and tells, in their order,
// what became of each; an error concerns that one alone. What says the same
// as before is not written. It returns when all is durable.
func (s *Service) PutHarvested(ctx context.Context, c broker.Call, hs []*Harvested) ([]Kept, []error, error) {
	there, err := s.Harvested(ctx, c.Space)
	if err != nil {
		return nil, nil, err
	}
	kept, errs := make([]Kept, len(hs)), make([]error, len(hs))
	var fs []entity.Fragment
	var of []int
	for i, h := range hs {
		h.Gone = 0
		if kept[i], errs[i] = HarvestedChange(h, there); kept[i] == KeptSame || kept[i] == KeptRefused {
			continue
		}
		f, err := h.fragment()
		if err != nil {
			return nil, nil, err
		}
		fs, of = append(fs, f), append(of, i)
	}
	outcomes, err := s.writeHarvested(ctx, c, fs)
	if err != nil {
		return nil, nil, err
	}
	for j, o := range outcomes {
		if o.Err != nil {
			kept[of[j]], errs[of[j]] = KeptRefused, o.Err
			continue
		}
		s.told(c.Space, hs[of[j]])
	}
	return kept, errs, nil
}

func (s *Service) writeHarvested(ctx context.Context, c broker.Call, fs []entity.Fragment) ([]broker.Outcome, error) {
	if len(fs) == 0 {
		return nil, nil
	}
	c.Access, c.Origin.Source = nil, WriterName
	out, err := s.o.Broker.UpsertMany(ctx, c, fs, broker.UpsertReplace)
	if err != nil {
		return nil, fmt.Errorf("keep harvested datasets: %w", err)
	}
	return out, nil
}

// told puts what was just written into the list before the log says so.
func (s *Service) told(sp store.Space, h *Harvested) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.harvested[sp]; l != nil {
		ref := h.ref()
		ref.Changed = s.o.Now()
		l.news[h.Slug] = &ref
	}
}

// EndHarvested marks datasets as gone: their source no longer has them. Their
// records stay and answer so; a slug that is not there is passed over.
func (s *Service) EndHarvested(ctx context.Context, c broker.Call, slugs []string) error {
	var fs []entity.Fragment
	var hs []*Harvested
	for _, slug := range slugs {
		h, err := s.HarvestedOne(ctx, c.Space, slug)
		if problem.Is(err, problem.ResourceNotFound) || err == nil && !h.Gone.IsZero() {
			continue
		}
		if err != nil {
			return err
		}
		h.Gone = s.o.Now()
		f, err := h.fragment()
		if err != nil {
			return err
		}
		fs, hs = append(fs, f), append(hs, h)
	}
	outcomes, err := s.writeHarvested(ctx, c, fs)
	if err != nil {
		return err
	}
	for i, o := range outcomes {
		if o.Err != nil {
			return fmt.Errorf("mark the harvested dataset %s as gone: %w", hs[i].Slug, o.Err)
		}
		s.told(c.Space, hs[i])
	}
	return nil
}
