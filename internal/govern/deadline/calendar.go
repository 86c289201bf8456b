package deadline

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the zones of the places of action, wherever the binary runs

	"github.com/goccy/go-yaml"

	"github.com/beffroi/beffroi/internal/problem"
)

// Holiday is one rule that gives a public holiday each year: a day of a month,
// or a number of days after Easter Sunday.
type Holiday struct {
	Name     map[string]string `yaml:"name"` // by language: fr, nl, en
	Month    time.Month        `yaml:"month"`
	Day      int               `yaml:"day"`
	Easter   *int              `yaml:"easter"`   // days after Easter Sunday; nil for a day of a month
	From     int               `yaml:"from"`     // first year; 0 is always
	Until    int               `yaml:"until"`    // last year; 0 is for good
	Verified *bool             `yaml:"verified"` // nil is as the calendar
}

// Calendar is the working days of one place of action. It is not changed once
// it is made, and safe for use by many goroutines.
type Calendar struct {
	ID       string            // such as "FR" or "BE"
	Name     map[string]string // by language
	Zone     *time.Location    // legal local time
	Source   string            // where the list of holidays comes from
	Verified bool              // false: to be checked with the official list
	holidays []Holiday
}

//go:embed calendars.yaml
var shipped []byte

// Shipped gives the calendars that come with beffroi, by ID.
func Shipped() (map[string]*Calendar, error) { return Parse(shipped) }

// Parse reads calendars (YAML, see calendars.yaml).
// Errors: problem.BadRequestData, naming calendar and holiday.
func Parse(text []byte) (map[string]*Calendar, error) {
	var doc struct {
		Calendars []struct {
			ID       string            `yaml:"id"`
			Name     map[string]string `yaml:"name"`
			Zone     string            `yaml:"zone"`
			Source   string            `yaml:"source"`
			Verified bool              `yaml:"verified"`
			Like     string            `yaml:"like"` // has the holidays of this one too
			Holidays []Holiday         `yaml:"holidays"`
		} `yaml:"calendars"`
	}
	if err := yaml.UnmarshalWithOptions(text, &doc, yaml.Strict()); err != nil {
		return nil, problem.Wrap(problem.BadRequestData, err, "the calendars cannot be read")
	}
	out := map[string]*Calendar{}
	for _, c := range doc.Calendars {
		bad := func(format string, args ...any) error {
			return problem.New(problem.BadRequestData, "calendar %q: %s", c.ID, fmt.Sprintf(format, args...))
		}
		if c.ID == "" || out[c.ID] != nil {
			return nil, bad("each calendar has an id of its own")
		}
		zone, err := time.LoadLocation(c.Zone)
		if err != nil || c.Zone == "" {
			return nil, bad("the zone %q is not known; write one such as Europe/Paris", c.Zone)
		}
		cal := &Calendar{ID: c.ID, Name: c.Name, Zone: zone, Source: c.Source, Verified: c.Verified}
		if c.Like != "" {
			base := out[c.Like]
			if base == nil {
				return nil, bad("it is like %q, which does not come before it", c.Like)
			}
			cal.holidays = slices.Clone(base.holidays)
		}
		for i, h := range c.Holidays {
			if err := h.check(); err != nil {
				return nil, bad("holiday %d: %v", i+1, err)
			}
			cal.holidays = append(cal.holidays, h)
		}
		out[c.ID] = cal
	}
	return out, nil
}

func (h Holiday) check() error {
	if h.Name["en"] == "" || h.Name["fr"] == "" || h.Name["nl"] == "" {
		return fmt.Errorf("it needs a name in fr, nl and en")
	}
	if h.Easter != nil {
		if h.Month != 0 || h.Day != 0 || *h.Easter < -60 || *h.Easter > 70 {
			return fmt.Errorf("%s: easter is a number of days from -60 to 70, and then there is no month and day", h.Name["en"])
		}
		return nil
	}
	if d := On(2024, h.Month, h.Day).utc(); h.Month < 1 || h.Month > 12 || d.Month() != h.Month || d.Day() != h.Day {
		return fmt.Errorf("%s: %d-%d is not a day of a year", h.Name["en"], h.Month, h.Day)
	}
	return nil
}

// Holiday tells whether d is a public holiday there, and its name by language
// (T1: Regulation 1182/71, Art. 2(1)).
func (c *Calendar) Holiday(d Date) (name map[string]string, ok bool) {
	y := d.Year()
	for _, h := range c.holidays {
		if y < h.From || h.Until != 0 && y > h.Until {
			continue
		}
		at := On(y, h.Month, h.Day)
		if h.Easter != nil {
			at = Easter(y) + Date(*h.Easter)
		} else if at.utc().Month() != h.Month {
			continue // 29 February of a common year
		}
		if at == d {
			return maps.Clone(h.Name), true
		}
	}
	return nil, false
}

// Working tells whether d is a working day there: no holiday, Saturday or
// Sunday (T2: Art. 2(2)).
func (c *Calendar) Working(d Date) bool {
	if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
		return false
	}
	_, off := c.Holiday(d)
	return !off
}

// Days lists the holidays of a year in order, as "2026-05-14 Ascension Day".
func (c *Calendar) Days(year int, language string) []string {
	var out []string
	for d := On(year, 1, 1); d <= On(year, 12, 31); d++ {
		if name, ok := c.Holiday(d); ok {
			out = append(out, strings.TrimSpace(d.String()+" "+name[language]))
		}
	}
	return out
}
