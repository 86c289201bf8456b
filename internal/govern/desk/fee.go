package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// Price is one line of a fee schedule.
type Price struct {
	ID       string    `json:"id"`
	Category string    `json:"category"` // of costs, see Terms.Costs
	Name     law.Texts `json:"name"`
	Unit     law.Texts `json:"unit"`  // such as hour
	Cents    int64     `json:"cents"` // of a euro, for each unit
	Basis    law.Texts `json:"basis"` // how the amount is reckoned
}

// Reduction is for whom fees are lower (DGA Art. 6(4): the list is public).
type Reduction struct {
	ID      string    `json:"id"`
	Name    law.Texts `json:"name"`
	Percent int       `json:"percent"` // taken off, 1 to 100
}

// Schedule is a version of the published fees. A version is never changed; the
// next one takes its place from its day on.
type Schedule struct {
	Version    string        `json:"version"` // such as "2026-0001"
	From       deadline.Date `json:"from"`
	Published  time.Time     `json:"published"`
	Method     law.Texts     `json:"method"` // how fees are reckoned
	Prices     []Price       `json:"prices"`
	Reductions []Reduction   `json:"reductions,omitzero"`
}

func whole(t law.Texts) bool {
	for _, l := range law.Languages() {
		if strings.TrimSpace(t[l]) == "" || len(t[l]) > maxText {
			return false
		}
	}
	return len(t) == len(law.Languages())
}

// Publish makes a schedule the one that counts from its day on.
// Errors: problem.BadRequestData for a schedule that lacks something, for costs
// that no fee may cover, and for a day that has begun.
func (s *Service) Publish(ctx context.Context, f Schedule) (*Schedule, error) {
	bad := func(format string, args ...any) error { return problem.New(problem.BadRequestData, format, args...) }
	if f.From < s.Today() {
		return nil, bad("a schedule counts from today or a day to come, not from %s", f.From)
	}
	if !whole(f.Method) {
		return nil, bad("the method is said in fr, nl and en")
	}
	seen := map[string]bool{}
	for _, p := range f.Prices {
		switch {
		case p.ID == "" || len(p.ID) > 40 || seen[p.ID]:
			return nil, bad("each price has an id of its own; %.40q has not", p.ID)
		case !slices.ContainsFunc(s.terms.Costs, func(c Named) bool { return c.ID == p.Category }):
			return nil, bad("price %s: costs of category %.40q may not be charged (DGA Art. 6(5)); /api/desk/terms lists those that may", p.ID, p.Category)
		case !whole(p.Name) || !whole(p.Unit) || !whole(p.Basis):
			return nil, bad("price %s: name, unit and basis are said in fr, nl and en", p.ID)
		case p.Cents < 0 || p.Cents > 1e8:
			return nil, bad("price %s: %d cents cannot be meant", p.ID, p.Cents)
		}
		seen[p.ID] = true
	}
	for _, d := range f.Reductions {
		if d.ID == "" || len(d.ID) > 40 || seen[d.ID] || !whole(d.Name) || d.Percent < 1 || d.Percent > 100 {
			return nil, bad("reduction %.40q has an id of its own, a name in fr, nl and en, and 1 to 100 percent", d.ID)
		}
		seen[d.ID] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Published = s.o.Now().Truncate(time.Second)
	var err error
	if f.Version, err = s.number(ctx, f.Published.In(s.o.Calendar.Zone).Year(), KindFees); err != nil {
		return nil, err
	}
	c, err := change(KindFees, f.Version, &f, 0)
	if err != nil {
		return nil, err
	}
	return &f, s.o.Keeper.Keep(ctx, c)
}

// Schedules gives every version, newest first.
func (s *Service) Schedules(ctx context.Context) ([]*Schedule, error) {
	var out []*Schedule
	err := listed(ctx, s.o.Keeper, KindFees, func(f *Schedule, _ uint64) {
		out = append(out, f)
	})
	slices.Reverse(out)
	slices.SortStableFunc(out, func(a, b *Schedule) int { return int(b.From) - int(a.From) })
	return out, err
}

// InForce gives the schedule that counts on a day; nil if none does.
func InForce(all []*Schedule, on deadline.Date) *Schedule {
	for _, f := range all {
		if f.From <= on {
			return f
		}
	}
	return nil
}

// FeeAsked is what a steward charges: prices of the schedule in force and how
// many units of each.
type FeeAsked struct {
	Units     map[string]int `json:"units"`
	Reduction string         `json:"reduction,omitzero"`
}

// FeeLine is one line of a fee.
type FeeLine struct {
	Price    string `json:"price"`
	Category string `json:"category"`
	Units    int    `json:"units"`
	Cents    int64  `json:"cents"` // for all units
}

// Fee is what a decision charges.
type Fee struct {
	Schedule  string    `json:"schedule"` // its version
	Lines     []FeeLine `json:"lines"`
	Reduction string    `json:"reduction,omitzero"`
	Percent   int       `json:"percent,omitzero"`
	Cents     int64     `json:"cents"` // what is to be paid
}

// charge reckons a fee by the schedule in force today.
func (s *Service) charge(ctx context.Context, regime *Regime, a *FeeAsked) (*Fee, error) {
	bad := func(format string, args ...any) error { return problem.New(problem.BadRequestData, format, args...) }
	if len(regime.Fees.Categories) == 0 {
		return nil, bad("requests under %s are free of charge here (rule %s)", regime.ID, regime.Fees.Rule)
	}
	all, err := s.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	f := InForce(all, s.Today())
	if f == nil {
		return nil, bad("no fee schedule is in force: only published fees may be charged")
	}
	out := &Fee{Schedule: f.Version}
	left := len(a.Units)
	for _, p := range f.Prices {
		n, ok := a.Units[p.ID]
		if !ok {
			continue
		}
		left--
		if n < 1 || n > 10_000 {
			return nil, bad("%d units of %s cannot be meant", n, p.ID)
		}
		if !slices.Contains(regime.Fees.Categories, p.Category) {
			return nil, bad("costs of category %s may not be charged under %s", p.Category, regime.ID)
		}
		out.Lines = append(out.Lines, FeeLine{Price: p.ID, Category: p.Category, Units: n, Cents: p.Cents * int64(n)})
		out.Cents += p.Cents * int64(n)
	}
	if left > 0 || len(out.Lines) == 0 {
		return nil, bad("a fee names prices of the schedule %s and no others", f.Version)
	}
	if a.Reduction == "" {
		return out, nil
	}
	i := slices.IndexFunc(f.Reductions, func(d Reduction) bool { return d.ID == a.Reduction })
	if i < 0 {
		return nil, bad("the schedule %s has no reduction %.40q", f.Version, a.Reduction)
	}
	out.Reduction, out.Percent = a.Reduction, f.Reductions[i].Percent
	out.Cents = out.Cents * int64(100-out.Percent) / 100 // a part of a cent is not charged
	return out, nil
}

// say tells the fee in a line of a letter.
func (f *Fee) say(lang string) string {
	whole, cents := f.Cents/100, f.Cents%100
	switch lang {
	case "fr":
		return fmt.Sprintf("Redevance : %d,%02d €, selon le barème publié %s.", whole, cents, f.Schedule)
	case "nl":
		return fmt.Sprintf("Vergoeding: € %d,%02d, volgens het gepubliceerde tarief %s.", whole, cents, f.Schedule)
	}
	return fmt.Sprintf("Fee: €%d.%02d, by the published schedule %s.", whole, cents, f.Schedule)
}
