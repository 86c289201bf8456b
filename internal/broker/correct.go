package broker

import (
	"context"
	"math"
	"slices"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// correction is an instance that comes for a time at which history has one of
// the same attribute and dataset already.
type correction struct{ old, in entity.Instance }

// observation tells the instances of one time apart.
type observation struct {
	name    entity.Name
	dataset string
	at      entity.Instant
}

func observed(i *entity.Instance) observation {
	return observation{i.Name, i.Dataset, i.ObservedAt}
}

// correctionPage bounds the instances of one attribute that are read at once.
const correctionPage = 256

// corrections splits f into what corrects history, and what is new to it. What
// history has word for word is in neither.
func (b *Broker) corrections(ctx context.Context, s store.Space, f entity.Fragment) (rest entity.Fragment, cs []correction, err error) {
	w := store.Window{Clock: store.ObservedAt, Limit: correctionPage, From: nextObserved(f, math.MinInt64, math.MinInt64)}
	for i := range f.Attrs {
		if a := &f.Attrs[i]; corrects(a) {
			w.To = max(w.To, a.ObservedAt+1)
			if k := len(w.Names); k == 0 || w.Names[k-1] != a.Name {
				w.Names = append(w.Names, a.Name)
			}
		}
	}
	slices.Sort(w.Names)
	w.Names = slices.Compact(w.Names)
	there := map[observation]entity.Instance{}
	for w.From < math.MaxInt64 {
		_, ss, err := b.st.History(ctx, s, f.ID, w)
		if problem.Is(err, problem.ResourceNotFound) || problem.Is(err, problem.NonexistentTenant) {
			return f, nil, nil
		}
		if err != nil {
			return f, nil, err
		}
		seen := entity.Instant(math.MaxInt64)
		for _, x := range ss {
			for i := range x.Points {
				if p := &x.Points[i]; p.Kind != entity.Null {
					there[observed(p)] = *p // the last one that came
				}
			}
			if x.More {
				seen = min(seen, x.Points[len(x.Points)-1].ObservedAt)
			}
		}
		if seen == math.MaxInt64 {
			break
		}
		w.From = nextObserved(f, seen, w.From) // a time of which there are too many is not looked at again
	}
	if len(there) == 0 {
		return f, nil, nil
	}
	rest = f
	rest.Attrs = nil
	for i := range f.Attrs {
		in := f.Attrs[i]
		switch old, ok := there[observed(&in)]; {
		case !ok || !corrects(&in):
			rest.Attrs = append(rest.Attrs, in)
		case !old.SameContent(&in):
			cs = append(cs, correction{old, in})
		}
	}
	return rest, cs, nil
}

// nextObserved gives the first time in f from least on and past after,
// math.MaxInt64 if there is none.
func nextObserved(f entity.Fragment, least, after entity.Instant) entity.Instant {
	next := entity.Instant(math.MaxInt64)
	for i := range f.Attrs {
		if a := &f.Attrs[i]; corrects(a) && a.ObservedAt >= least && a.ObservedAt > after {
			next = min(next, a.ObservedAt)
		}
	}
	return next
}

// ascending reports whether the instances of each attribute follow each other
// in time, attribute by attribute: as bodies mostly come. Then none is of the
// same time as another.
func ascending(f entity.Fragment) bool {
	type series struct {
		name    entity.Name
		dataset string
	}
	begun := map[series]bool{}
	for i := range f.Attrs {
		a := &f.Attrs[i]
		if i > 0 && a.Name == f.Attrs[i-1].Name && a.Dataset == f.Attrs[i-1].Dataset {
			if a.ObservedAt <= f.Attrs[i-1].ObservedAt {
				return false
			}
			continue
		}
		k := series{a.Name, a.Dataset}
		if begun[k] {
			return false
		}
		begun[k] = true
	}
	return true
}

// lastOfEach gives f with the last instance of each observed time alone.
func lastOfEach(f entity.Fragment) entity.Fragment {
	if ascending(f) {
		return f
	}
	last := make(map[observation]int, len(f.Attrs))
	for i := range f.Attrs {
		if corrects(&f.Attrs[i]) {
			last[observed(&f.Attrs[i])] = i
		}
	}
	attrs := make([]entity.Instance, 0, len(f.Attrs))
	for i := range f.Attrs {
		if !corrects(&f.Attrs[i]) || last[observed(&f.Attrs[i])] == i {
			attrs = append(attrs, f.Attrs[i])
		}
	}
	f.Attrs = attrs
	return f
}

// corrects reports whether a, of an observed time, may be one that is there.
func corrects(a *entity.Instance) bool { return a.ObservedAt != 0 && a.Kind != entity.Null }

// apply has eff put what is corrected in its place, in history and where it is
// current.
func (c *correction) apply(eff *change.Effect, now entity.Instant) {
	with := inPlaceOf(&c.old, c.in, now)
	eff.Edits = append(eff.Edits, change.Edit{Name: with.Name, At: with.At, Ordinal: with.Ordinal, With: &with})
	k := slices.IndexFunc(eff.After.Attrs, func(a entity.Instance) bool { return a.At == with.At && a.Ordinal == with.Ordinal })
	if k < 0 {
		return
	}
	next := *eff.After
	next.Attrs = slices.Clone(next.Attrs)
	next.Attrs[k], next.ModifiedAt = with, now
	eff.After = &next
}

// inPlaceOf gives in as it takes the place of old: what tells instances apart
// stays (CIM 009, 5.6.14.4).
func inPlaceOf(old *entity.Instance, in entity.Instance, now entity.Instant) entity.Instance {
	in.Dataset, in.CreatedAt, in.At, in.Ordinal, in.Origin = old.Dataset, old.CreatedAt, old.At, old.Ordinal, old.Origin
	in.ModifiedAt = now
	in.Subs = slices.Clone(in.Subs)
	for i := range in.Subs {
		in.Subs[i].CreatedAt, in.Subs[i].ModifiedAt = now, now
	}
	return in
}
