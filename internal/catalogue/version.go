package catalogue

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// Version is a public description as it stood from one change of it on.
type Version struct {
	At      entity.Instant // when it became so
	Dataset *Dataset       // must not be changed
	// First tells that it was not public before; the last one of a withdrawn
	// dataset has that state.
	First bool
	// Origin is who changed it. That is a person: not for the public.
	Origin entity.OriginID

	place entity.Position // in the log
}

// kept are the versions of one dataset, true as long as it has not changed.
type kept struct {
	changed entity.Instant
	all     []Version
}

// Changes gives all that ever happened to the public descriptions of a space,
// the oldest first: publications, changes and withdrawals, no drafts. It is
// read from the history of the entities that hold them, so it goes back to
// the beginning, and what it holds is never another one later: new ones come
// behind. They must not be changed.
func (s *Service) Changes(ctx context.Context, sp store.Space) ([]Version, error) {
	s.mu.Lock()
	age := s.age
	s.mu.Unlock()
	ds, err := s.All(ctx, sp)
	if err != nil {
		return nil, err
	}
	var out []Version
	for _, d := range ds {
		if d.State == Draft {
			continue // and was never anything else
		}
		all, err := s.versionsAt(ctx, sp, d, age)
		if err != nil {
			return nil, err
		}
		out = append(out, all...)
	}
	slices.SortFunc(out, func(x, y Version) int {
		return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(x.place, y.place), strings.Compare(x.Dataset.Slug, y.Dataset.Slug))
	})
	return out, nil
}

// Versions gives the public descriptions of one dataset that is or was public,
// the oldest first. They must not be changed.
func (s *Service) Versions(ctx context.Context, sp store.Space, d *Dataset) ([]Version, error) {
	s.mu.Lock()
	age := s.age
	s.mu.Unlock()
	return s.versionsAt(ctx, sp, d, age)
}

// versionsAt gives those of d, and keeps them unless a description has changed
// since age.
func (s *Service) versionsAt(ctx context.Context, sp store.Space, d *Dataset, age uint64) ([]Version, error) {
	p := place{sp, d.Slug}
	s.mu.Lock()
	k, ok := s.versions[p]
	s.mu.Unlock()
	if ok && k.changed == d.Changed {
		return k.all, nil
	}
	all, err := s.versionsOf(ctx, sp, d.Slug)
	if err != nil {
		return nil, fmt.Errorf("read the history of the dataset %s: %w", d.Slug, err)
	}
	s.mu.Lock()
	if s.age == age {
		s.versions[p] = kept{d.Changed, all}
	}
	s.mu.Unlock()
	return all, nil
}

// versionsOf puts together what a dataset was after each of its changes.
func (s *Service) versionsOf(ctx context.Context, sp store.Space, slug string) ([]Version, error) {
	ev, err := s.o.Broker.History(ctx, broker.Call{Space: sp}, ID(slug), store.Window{Clock: store.ModifiedAt})
	if err != nil {
		return nil, err
	}
	var points []entity.Instance
	for _, series := range ev.Series {
		if series.Dataset == "" {
			points = append(points, series.Points...)
		}
	}
	slices.SortStableFunc(points, func(x, y entity.Instance) int {
		return cmp.Or(cmp.Compare(x.ModifiedAt, y.ModifiedAt), cmp.Compare(x.At, y.At))
	})
	var out []Version
	now := map[entity.Name]entity.Instance{}
	for i, p := range points {
		if now[p.Name] = p; p.Kind == entity.Null {
			delete(now, p.Name)
		}
		if i+1 < len(points) && points[i+1].At == p.At && points[i+1].ModifiedAt == p.ModifiedAt {
			continue // more of the same change
		}
		e := &entity.Entity{ID: ID(slug), ModifiedAt: p.ModifiedAt}
		for _, f := range fields() {
			if at, ok := now[f.name]; ok {
				e.Attrs = append(e.Attrs, at)
			}
		}
		d, err := read(e)
		if err != nil {
			return nil, err
		}
		if d.State != Draft {
			out = append(out, Version{At: p.ModifiedAt, Dataset: d, First: len(out) == 0, Origin: p.Origin, place: p.At})
		}
	}
	return out, nil
}
