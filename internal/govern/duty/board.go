package duty

import (
	"cmp"
	"context"
	"slices"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
)

// Board is where a whole organisation stands.
type Board struct {
	Asking   Asking
	Book     *law.Book
	Rows     []*State // the organisation, then its datasets in order of slug, without those withdrawn
	Timeline []Event
	// Calendar is whose working days count; nil if the holder's country is not
	// known or has none.
	Calendar *deadline.Calendar
}

// EventKind is what happens on a day.
type EventKind string

// The kinds of events.
const (
	Begins EventKind = "begins" // a rule applies from this day on
	Ends   EventKind = "ends"   // it applies to this day
	Due    EventKind = "due"    // a time limit ends
)

// Event is a day that matters.
type Event struct {
	Date deadline.Date
	Kind EventKind
	Set  *law.RuleSet
	Rule *law.Rule
	// Applies and Open are the slugs of the datasets for which it does, or may;
	// "" is the organisation.
	Applies, Open []string
}

// Board answers for all datasets and the organisation.
//
// Errors: problem.BadRequestData for a proposal that is not there.
func (s *Service) Board(ctx context.Context, c broker.Call, q Asking) (*Board, error) {
	w, err := s.open(ctx, c)
	if err != nil {
		return nil, err
	}
	all, err := s.o.Catalogue.All(ctx, c.Space)
	if err != nil {
		return nil, err
	}
	out := &Board{Asking: q, Book: w.book}
	for _, d := range append([]*catalogue.Dataset{nil}, all...) {
		if d != nil && d.State == catalogue.Withdrawn {
			continue
		}
		st, err := w.state(ctx, d, q)
		if err != nil {
			return nil, err
		}
		out.Rows = append(out.Rows, st)
	}
	if country, ok := out.Rows[0].Known.Facts["holder.country"].(string); ok {
		out.Calendar = s.o.Calendars[country]
	}
	out.Timeline, err = out.timeline()
	return out, err
}

// timeline lists the days from the date of the question on, in order.
func (b *Board) timeline() ([]Event, error) {
	var out []Event
	for _, set := range b.Book.Sets {
		if set.Status == law.Pending && !slices.Contains(b.Asking.IfAdopted, set.ID) {
			continue
		}
		for _, r := range set.Rules {
			for _, e := range []struct {
				at   *deadline.Date
				kind EventKind
			}{{r.From, Begins}, {r.Until, Ends}} {
				if e.at == nil || *e.at < b.Asking.Date || e.kind == Begins && *e.at == b.Asking.Date {
					continue
				}
				ev := Event{Date: *e.at, Kind: e.kind, Set: set, Rule: r}
				if err := b.concerned(&ev); err != nil {
					return nil, err
				}
				out = append(out, ev)
			}
		}
	}
	due, err := b.due()
	if err != nil {
		return nil, err
	}
	out = append(out, due...)
	slices.SortStableFunc(out, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Set.ID, b.Set.ID))
	})
	return out, nil
}

// concerned finds whom a rule would bind on the day of an event.
func (b *Board) concerned(e *Event) error {
	for _, row := range b.Rows {
		if e.Rule.OfDataset() != (row.Dataset != nil) {
			continue
		}
		a, err := e.Rule.Holds(row.Known.Facts, e.Date)
		if err != nil {
			return err
		}
		switch a {
		case law.Yes:
			e.Applies = append(e.Applies, row.slug())
		case law.Open:
			e.Open = append(e.Open, row.slug())
		}
	}
	return nil
}

// due lists the time limits that run.
func (b *Board) due() ([]Event, error) {
	if b.Calendar == nil {
		return nil, nil
	}
	var out []Event
	for _, row := range b.Rows {
		for i := range row.Duties {
			d := &row.Duties[i]
			if d.Applies != law.Yes || d.Standing == Met {
				continue
			}
			limit, err := d.Rule.Due(row.Known.Facts, b.Calendar)
			if err != nil {
				return nil, err
			}
			if limit == nil {
				continue
			}
			j := slices.IndexFunc(out, func(e Event) bool { return e.Rule == d.Rule && e.Date == limit.Last })
			if j < 0 {
				j = len(out)
				out = append(out, Event{Date: limit.Last, Kind: Due, Set: d.Set, Rule: d.Rule})
			}
			out[j].Applies = append(out[j].Applies, row.slug())
		}
	}
	return out, nil
}

func (s *State) slug() string {
	if s.Dataset == nil {
		return ""
	}
	return s.Dataset.Slug
}
