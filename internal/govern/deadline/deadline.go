// Package deadline computes when a legal period ends: Regulation (EEC,
// Euratom) 1182/71 on periods, dates and time limits, with the working days of
// the place where the action is to be taken.
//
// What the Regulation leaves open is decided in docs/adr/0110-legal-time.md.
// The package never asks a clock. Deadlines of directives run under the
// national law that transposes them: their rules name a period here only where
// that law counts the same way.
package deadline

import (
	"slices"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// Step is one thing that the computation did, so that a person can follow it.
type Step struct {
	Rule string // such as "T6"; see the table in docs/adr/0110-legal-time.md
	// Article of Regulation 1182/71.
	Article  string
	From, To Date
	// Holiday is the name of the holiday that was passed over, by language;
	// nil for a Saturday, a Sunday or none.
	Holiday map[string]string
}

// Deadline is when a period ends.
type Deadline struct {
	// Last is the last day on which the action is in time.
	Last Date
	// Until is the end of the period as the Regulation counts it: what happens
	// before it is in time.
	Until time.Time
	// Earliest is the strictest reading, the one to show people as their goal:
	// for hours, elapsed hours from the event; otherwise the same as Until.
	Earliest time.Time
	Steps    []Step
}

// maxPeriod bounds a period in each unit, so that a typing error is found.
const maxPeriod = 100_000

// After gives the end of a period that begins with an event. More than one
// period are counted one after the other and rolled to a working day once, at
// the end: an extension prolongs the period that runs.
//
// Errors: problem.BadRequestData if there is no period, if one is not
// positive or absurd, or if hours are mixed with other units.
func (c *Calendar) After(event time.Time, periods ...Period) (Deadline, error) {
	hours, err := check(periods)
	if err != nil {
		return Deadline{}, err
	}
	local := event.In(c.Zone)
	if hours {
		return c.hours(local, periods), nil
	}
	start := DateOf(local)
	d := Deadline{Last: start, Steps: []Step{{Rule: "T3", Article: "3(1)", From: start, To: start + 1}}}
	for _, p := range periods {
		c.count(&d, p)
	}
	c.roll(&d)
	c.twoWorkingDays(&d, start, periods)
	d.Until = d.Last.End(c.Zone)
	d.Earliest = d.Until
	return d, nil
}

// Before gives the last day on which something must be done that is due a
// period before a date. Periods counted backwards are not rolled (T9: Art.
// 3(4)). Errors: as After; hours are not counted backwards.
func (c *Calendar) Before(date Date, periods ...Period) (Date, error) {
	hours, err := check(periods)
	if err != nil {
		return 0, err
	}
	if hours {
		return 0, problem.New(problem.BadRequestData, "hours are not counted backwards from a date")
	}
	for _, p := range periods {
		switch p.Unit {
		case Days:
			date -= Date(p.N)
		case Weeks:
			date -= Date(7 * p.N)
		case Months:
			date = date.months(-p.N)
		case Years:
			date = date.months(-12 * p.N)
		case WorkingDays:
			for left := p.N; left > 0; {
				if date--; c.Working(date) {
					left--
				}
			}
		}
	}
	return date, nil
}

// Check reports whether periods can be counted one after the other.
// Errors: problem.BadRequestData as of After.
func Check(periods []Period) error {
	_, err := check(periods)
	return err
}

func check(periods []Period) (hours bool, err error) {
	if len(periods) == 0 {
		return false, problem.New(problem.BadRequestData, "a deadline needs a period")
	}
	hours = periods[0].Unit == Hours
	for _, p := range periods {
		switch {
		case p.Unit < Hours || p.Unit > Years:
			return false, problem.New(problem.BadRequestData, "a period has no unit")
		case p.N <= 0 || p.N > maxPeriod || p.Unit == Years && p.N > 1000 || p.Unit == Months && p.N > 12_000:
			return false, problem.New(problem.BadRequestData, "a period of %s cannot be meant", p)
		case hours != (p.Unit == Hours):
			return false, problem.New(problem.BadRequestData, "hours cannot be counted together with %s", p.Unit)
		}
	}
	return hours, nil
}

// hours counts elapsed hours, also over a change of the clocks. The hour of the
// event does not count, and nothing rolls (T3, T4, T9).
func (c *Calendar) hours(event time.Time, periods []Period) Deadline {
	n := time.Duration(0)
	for _, p := range periods {
		n += time.Duration(p.N) * time.Hour
	}
	// The hour of the event ends at the next full hour of the local clock;
	// zones are whole minutes from UTC, and so is the distance.
	into := time.Duration(event.Minute())*time.Minute + time.Duration(event.Second())*time.Second + time.Duration(event.Nanosecond())
	first := event.Add(time.Hour - into)
	d := Deadline{Until: first.Add(n), Earliest: event.Add(n)}
	d.Last = DateOf(d.Earliest)
	d.Steps = []Step{
		{Rule: "T3", Article: "3(1)", From: DateOf(event), To: DateOf(first)},
		{Rule: "T4", Article: "3(2)(a)", From: DateOf(first), To: DateOf(d.Until)},
	}
	return d
}

// count adds one period to d.Last.
func (c *Calendar) count(d *Deadline, p Period) {
	s := Step{From: d.Last}
	switch p.Unit {
	case Days:
		s.Rule, s.Article = "T5", "3(2)(b)"
		d.Last += Date(p.N)
	case Weeks:
		s.Rule, s.Article = "T6", "3(2)(c)"
		d.Last += Date(7 * p.N)
	case Months:
		s.Rule, s.Article = "T6", "3(2)(c)"
		d.Last = d.Last.months(p.N)
	case Years:
		s.Rule, s.Article = "T6", "3(2)(c)"
		d.Last = d.Last.months(12 * p.N)
	case WorkingDays:
		s.Rule, s.Article = "T2", "2(2), 3(3)"
		for left := p.N; left > 0; {
			if d.Last++; c.Working(d.Last) {
				left--
			}
		}
	}
	s.To = d.Last
	d.Steps = append(d.Steps, s)
}

// roll moves d.Last to the next working day if it is none, a step for each day
// that is passed over.
func (c *Calendar) roll(d *Deadline) {
	for !c.Working(d.Last) {
		name, _ := c.Holiday(d.Last)
		d.Steps = append(d.Steps, Step{Rule: "T9", Article: "3(4)", From: d.Last, To: d.Last + 1, Holiday: name})
		d.Last++
	}
}

// twoWorkingDays sees to it that a period of two days or more has two working
// days in it (T10: Art. 3(5)).
func (c *Calendar) twoWorkingDays(d *Deadline, start Date, periods []Period) {
	if len(periods) == 1 && periods[0].N < 2 && (periods[0].Unit == Days || periods[0].Unit == WorkingDays) {
		return
	}
	working := 0
	for day := start + 1; day <= d.Last && working < 2; day++ {
		if c.Working(day) {
			working++
		}
	}
	for ; working < 2; working++ {
		from := d.Last
		for d.Last++; !c.Working(d.Last); d.Last++ {
		}
		d.Steps = append(d.Steps, Step{Rule: "T10", Article: "3(5)", From: from, To: d.Last})
	}
}

// Open tells how much is left at now: working days that have not begun, and
// whether the deadline has passed.
func (c *Calendar) Open(d Deadline, now time.Time) (workingDays int, passed bool) {
	if !now.Before(d.Until) {
		return 0, true
	}
	for day := DateOf(now.In(c.Zone)) + 1; day <= d.Last; day++ {
		if c.Working(day) {
			workingDays++
		}
	}
	return workingDays, false
}

// Rules gives the identifiers of the rules that decided d, once each, in order.
func (d Deadline) Rules() []string {
	var out []string
	for _, s := range d.Steps {
		if !slices.Contains(out, s.Rule) {
			out = append(out, s.Rule)
		}
	}
	return out
}
