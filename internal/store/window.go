package store

import (
	"cmp"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
)

// Of gives the time of i that c is about; zero if i has none.
func (c Clock) Of(i *entity.Instance) entity.Instant {
	switch c {
	case ObservedAt:
		return i.ObservedAt
	case CreatedAt:
		return i.CreatedAt
	case ModifiedAt:
		return i.ModifiedAt
	default:
		return i.DeletedAt
	}
}

// Has reports whether i lies in w, names aside.
func (w *Window) Has(i *entity.Instance) bool {
	t := w.Clock.Of(i)
	return t != 0 && (w.From == 0 || t >= w.From) && (w.To == 0 || t < w.To)
}

// Pick gives the series that points has in w: filtered, grouped by name and
// dataset, in order, without repetitions of one place, cut to Last and Limit.
// It sorts points in place.
func (w *Window) Pick(points []entity.Instance) []Series {
	points = slices.DeleteFunc(points, func(i entity.Instance) bool {
		return !w.Has(&i) || w.Names != nil && !slices.Contains(w.Names, i.Name)
	})
	slices.SortFunc(points, func(a, b entity.Instance) int {
		return cmp.Or(strings.Compare(string(a.Name), string(b.Name)), strings.Compare(a.Dataset, b.Dataset),
			cmp.Compare(w.Clock.Of(&a), w.Clock.Of(&b)), cmp.Compare(a.At, b.At), cmp.Compare(a.Ordinal, b.Ordinal))
	})
	points = slices.CompactFunc(points, func(a, b entity.Instance) bool {
		return a.At == b.At && a.Ordinal == b.Ordinal && a.Name == b.Name && a.Dataset == b.Dataset
	})
	var out []Series
	for len(points) > 0 {
		n := 1
		for n < len(points) && points[n].Name == points[0].Name && points[n].Dataset == points[0].Dataset {
			n++
		}
		out = append(out, w.cut(points[:n:n]))
		points = points[n:]
	}
	return out
}

func (w *Window) cut(points []entity.Instance) Series {
	s := Series{Name: points[0].Name, Dataset: points[0].Dataset}
	last := w.Last
	if last > 0 && w.Limit > 0 && last > w.Limit {
		last, s.More = w.Limit, len(points) > w.Limit
	}
	switch {
	case last > 0 && len(points) > last:
		points = points[len(points)-last:]
	case last <= 0 && w.Limit > 0 && len(points) > w.Limit:
		points, s.More = points[:w.Limit], true
	}
	s.Points = points
	return s
}

// ValidAt gives the state of an entity at t from its head and the whole of
// its history: of each attribute instance the newest at or before t by
// observation time or, for want of one, time of storage; none if that says it
// was deleted. It is nil if the entity was not there. deleted is when the
// entity was deleted, zero if it is there now.
func ValidAt(head *entity.Entity, deleted entity.Instant, points []entity.Instance, t entity.Instant) *entity.Entity {
	type key struct {
		name    entity.Name
		dataset string
	}
	at := func(i *entity.Instance) entity.Instant { return cmp.Or(i.ObservedAt, i.ModifiedAt) }
	newest := make(map[key]int, 8)
	order := make([]key, 0, 8)
	for i := range points {
		p := &points[i]
		if at(p) > t {
			continue
		}
		k := key{p.Name, p.Dataset}
		j, ok := newest[k]
		if !ok {
			order = append(order, k)
		}
		if !ok || cmp.Or(cmp.Compare(at(p), at(&points[j])), cmp.Compare(p.At, points[j].At), cmp.Compare(p.Ordinal, points[j].Ordinal)) > 0 {
			newest[k] = i
		}
	}
	out := *head
	out.Attrs = nil
	slices.SortFunc(order, func(a, b key) int {
		return cmp.Or(strings.Compare(string(a.name), string(b.name)), strings.Compare(a.dataset, b.dataset))
	})
	for _, k := range order {
		if k.name == entity.ScopeName {
			out.Scopes = entity.ScopesOf(&points[newest[k]])
			continue
		}
		if p := points[newest[k]]; p.Kind != entity.Null && (p.ExpiresAt == 0 || p.ExpiresAt > t) {
			out.Attrs = append(out.Attrs, p)
		}
	}
	there := head.CreatedAt <= t && (deleted == 0 || t < deleted)
	if out.ExpiresAt != 0 && out.ExpiresAt <= t || !there && len(out.Attrs) == 0 {
		return nil
	}
	return &out
}
