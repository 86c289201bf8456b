package deadline

import (
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

func calendars(t testing.TB) map[string]*Calendar {
	t.Helper()
	cs, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return cs
}

func day(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Periods over the ends of years and months, leap days and the holidays of
// both countries.
func TestAfter(t *testing.T) {
	cs := calendars(t)
	dga, long := []Period{{2, Months}}, []Period{{2, Months}, {30, Days}}
	gdpr, most := []Period{{1, Months}}, []Period{{3, Months}}
	odd, fortnights := []Period{{20, WorkingDays}}, []Period{{30, WorkingDays}}
	for _, row := range []struct {
		received, countries               string
		dga, long, gdpr, most, odd, weeks string
	}{
		{"2026-03-14", "FR", "2026-05-15", "2026-06-15", "2026-04-14", "2026-06-15", "2026-04-13", "2026-04-27"},
		{"2026-09-08", "FR BE", "2026-11-09", "2026-12-08", "2026-10-08", "2026-12-08", "2026-10-06", "2026-10-20"},
		{"2026-12-31", "FR BE", "2027-03-01", "2027-03-30", "2027-02-01", "2027-03-31", "2027-01-29", "2027-02-12"},
		{"2027-06-14", "FR", "2027-08-16", "2027-09-13", "2027-07-15", "2027-09-14", "2027-07-12", "2027-07-27"},
		{"2027-06-14", "BE", "2027-08-16", "2027-09-13", "2027-07-14", "2027-09-14", "2027-07-12", "2027-07-27"},
		{"2027-12-31", "FR BE", "2028-02-29", "2028-03-30", "2028-01-31", "2028-03-31", "2028-01-28", "2028-02-11"},
		{"2028-01-31", "FR BE", "2028-03-31", "2028-05-02", "2028-02-29", "2028-05-02", "2028-02-28", "2028-03-13"},
	} {
		for id := range strings.FieldsSeq(row.countries) {
			c := cs[id]
			event := day(t, row.received).Start(c.Zone).Add(13 * time.Hour)
			for _, k := range []struct {
				what    string
				periods []Period
				want    string
			}{{"DGA 9(1)", dga, row.dga}, {"DGA 9(1) extended", long, row.long}, {"GDPR 12(3)", gdpr, row.gdpr}, {"GDPR 12(3) at most", most, row.most}, {"ODD 4(2)", odd, row.odd}, {"30 working days", fortnights, row.weeks}} {
				got, err := c.After(event, k.periods...)
				if err != nil {
					t.Fatal(err)
				}
				if got.Last.String() != k.want || !got.Until.Equal(day(t, k.want).End(c.Zone)) {
					t.Errorf("%s, %s, received %s: %s (until %s), want %s", k.what, id, row.received, got.Last, got.Until, k.want)
				}
			}
		}
	}
}

// Why a deadline is what it is can be told, with the article.
func TestSteps(t *testing.T) {
	c := calendars(t)["FR"]
	d, err := c.After(time.Date(2026, 3, 14, 9, 0, 0, 0, c.Zone), Period{2, Months})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.Rules(), " "); got != "T3 T6 T9" {
		t.Errorf("rules %s", got)
	}
	last := d.Steps[len(d.Steps)-1]
	if last.Article != "3(4)" || last.From.String() != "2026-05-14" || last.To.String() != "2026-05-15" || last.Holiday["fr"] != "Ascension" {
		t.Errorf("%+v", last)
	}
}

// Hours run through nights, holidays and changes of the clocks.
func TestHours(t *testing.T) {
	c := calendars(t)["BE"]
	for _, tt := range []struct{ event, earliest, until string }{
		{"2026-12-24T10:20:00+01:00", "2026-12-27T10:20:00+01:00", "2026-12-27T11:00:00+01:00"},
		{"2026-03-28T20:00:00+01:00", "2026-03-31T21:00:00+02:00", "2026-03-31T22:00:00+02:00"}, // an hour is lost
		{"2026-10-24T20:59:59+02:00", "2026-10-27T19:59:59+01:00", "2026-10-27T20:00:00+01:00"}, // an hour is won
	} {
		event, err := time.Parse(time.RFC3339, tt.event)
		if err != nil {
			t.Fatal(err)
		}
		d, err := c.After(event, Period{72, Hours})
		if err != nil {
			t.Fatal(err)
		}
		if d.Earliest.Format(time.RFC3339) != tt.earliest || d.Until.Format(time.RFC3339) != tt.until {
			t.Errorf("%s: %s, %s", tt.event, d.Earliest.Format(time.RFC3339), d.Until.Format(time.RFC3339))
		}
		if got := strings.Join(d.Rules(), " "); got != "T3 T4" {
			t.Errorf("rules %s", got)
		}
	}
}

// Two days have two working days in them; one day has not (T10).
func TestTwoWorkingDays(t *testing.T) {
	c := calendars(t)["FR"]
	for _, tt := range []struct {
		event string
		p     Period
		want  string
	}{
		{"2026-11-20", Period{2, Days}, "2026-11-24"}, // a Friday: Saturday and Sunday, rolled to Monday, and one more
		{"2026-11-20", Period{1, Days}, "2026-11-23"},
		{"2026-11-20", Period{3, Days}, "2026-11-24"},
		{"2026-11-18", Period{2, Days}, "2026-11-20"},
		{"2026-04-03", Period{3, Days}, "2026-04-08"}, // Easter: Monday is off, Tuesday and Wednesday are the two
	} {
		d, err := c.After(day(t, tt.event).Start(c.Zone), tt.p)
		if err != nil {
			t.Fatal(err)
		}
		if d.Last.String() != tt.want {
			t.Errorf("%s after %s: %s, want %s", tt.p, tt.event, d.Last, tt.want)
		}
	}
}

// A period counted backwards does not roll.
func TestBefore(t *testing.T) {
	c := calendars(t)["FR"]
	for _, tt := range []struct {
		date string
		p    Period
		want string
	}{
		{"2026-07-14", Period{2, Months}, "2026-05-14"}, // Ascension
		{"2026-04-30", Period{2, Months}, "2026-02-28"},
		{"2028-02-29", Period{1, Years}, "2027-02-28"},
		{"2026-11-25", Period{2, Weeks}, "2026-11-11"},
		{"2026-11-25", Period{10, Days}, "2026-11-15"},
		{"2026-11-12", Period{1, WorkingDays}, "2026-11-10"},
	} {
		got, err := c.Before(day(t, tt.date), tt.p)
		if err != nil || got.String() != tt.want {
			t.Errorf("%s before %s: %s (%v), want %s", tt.p, tt.date, got, err, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	c := calendars(t)["FR"]
	now := time.Now()
	for _, ps := range [][]Period{nil, {{0, Days}}, {{-1, Months}}, {{1, 0}}, {{1, 99}}, {{1 << 40, Days}}, {{1, Hours}, {1, Days}}} {
		if _, err := c.After(now, ps...); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%v: %v", ps, err)
		}
	}
	if _, err := c.Before(0, Period{1, Hours}); !problem.Is(err, problem.BadRequestData) {
		t.Error(err)
	}
}

// A deadline is a working day, is never earlier than the period, and grows with
// the event.
func TestAfterHolds(t *testing.T) {
	cs := calendars(t)
	err := quick.Check(func(n uint16, offset uint16, u uint8, second bool) bool {
		c := cs[[]string{"FR", "BE", "FR-AM"}[int(offset)%3]]
		p := Period{int(n)%400 + 1, Unit(int(u)%5) + Days}
		event := On(2020, 1, 1) + Date(offset)
		ps := []Period{p}
		if second {
			ps = append(ps, Period{30, Days})
		}
		a, err := c.After(event.Start(c.Zone), ps...)
		if err != nil {
			return false
		}
		b, err := c.After((event + 1).Start(c.Zone), ps...)
		return err == nil && c.Working(a.Last) && a.Last > event && b.Last >= a.Last && a.Until.Equal(a.Last.End(c.Zone))
	}, nil)
	if err != nil {
		t.Error(err)
	}
}

func TestOpen(t *testing.T) {
	c := calendars(t)["FR"]
	d, err := c.After(time.Date(2026, 11, 2, 9, 0, 0, 0, c.Zone), Period{1, Weeks})
	if err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]int{"2026-11-03T09:00:00+01:00": 4, "2026-11-09T23:59:59+01:00": 0} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if n, passed := c.Open(d, at); n != want || passed {
			t.Errorf("at %s: %d, %v", now, n, passed)
		}
	}
	if _, passed := c.Open(d, time.Date(2026, 11, 10, 0, 0, 0, 0, c.Zone)); !passed {
		t.Error("24:00 of the last day has not passed at midnight")
	}
}

func TestEaster(t *testing.T) {
	for year, want := range map[int]string{2024: "2024-03-31", 2026: "2026-04-05", 2027: "2027-03-28", 2028: "2028-04-16", 2029: "2029-04-01", 2030: "2030-04-21", 2038: "2038-04-25"} {
		if got := Easter(year).String(); got != want {
			t.Errorf("%d: %s", year, got)
		}
	}
}

func TestHolidays(t *testing.T) {
	cs := calendars(t)
	for id, want := range map[string]int{"FR": 11, "BE": 10, "FR-AM": 13} {
		days := cs[id].Days(2026, "en")
		if len(days) != want {
			t.Errorf("%s has %d holidays: %v", id, len(days), days)
		}
		if cs[id].Verified {
			t.Errorf("%s claims to be verified", id)
		}
	}
	if days := strings.Join(cs["BE"].Days(2026, "nl"), ", "); !strings.Contains(days, "2026-05-14 Hemelvaartsdag") || !strings.Contains(days, "2026-07-21 Nationale feestdag") || strings.Contains(days, "07-14") {
		t.Error(days)
	}
}

func TestParse(t *testing.T) {
	const head = "calendars:\n  - id: X\n    zone: Europe/Paris\n"
	for text, says := range map[string]string{
		"calendars: 5": "cannot be read",
		"calendars:\n  - id: X\n    zone: Europe/Lille\n":                                            `calendar "X": the zone "Europe/Lille"`,
		head + "  - id: X\n    zone: Europe/Paris\n":                                                 "an id of its own",
		head + "    like: Y\n":                                                                       `"Y", which does not come before it`,
		head + "    hollidays: []\n":                                                                 "hollidays",
		head + "    holidays:\n      - {name: {fr: a, nl: b, en: c}, month: 2, day: 30}\n":           "holiday 1: c: 2-30 is not a day",
		head + "    holidays:\n      - {name: {fr: a, en: c}, month: 2, day: 3}\n":                   "holiday 1: it needs a name in fr, nl and en",
		head + "    holidays:\n      - {name: {fr: a, nl: b, en: c}, easter: 1, month: 1, day: 1}\n": "holiday 1: c: easter is",
	} {
		if _, err := Parse([]byte(text)); !problem.Is(err, problem.BadRequestData) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
	cs, err := Parse([]byte(head + "    holidays:\n      - {name: {fr: a, nl: b, en: c}, month: 2, day: 29}\n      - {name: {fr: d, nl: e, en: f}, month: 3, day: 1, from: 2027, until: 2028}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(append(append(append(cs["X"].Days(2026, "en"), cs["X"].Days(2027, "en")...), cs["X"].Days(2028, "en")...), cs["X"].Days(2029, "en")...), ","); got != "2027-03-01 f,2028-02-29 c,2028-03-01 f" {
		t.Error(got)
	}
}

func TestDates(t *testing.T) {
	for _, s := range []string{"", "2026-2-3", "2026-02-30", "26-02-03", "2026-02-03T00:00:00Z"} {
		if _, err := ParseDate(s); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%q: %v", s, err)
		}
	}
	var d Date
	if err := d.UnmarshalText([]byte("1969-12-31")); err != nil || d != -1 || d.Weekday() != time.Wednesday {
		t.Error(d, err)
	}
	var u Unit
	if err := u.UnmarshalText([]byte("workingDays")); err != nil || u != WorkingDays || (Period{2, u}).String() != "2 workingDays" {
		t.Error(u, err)
	}
	if err := u.UnmarshalText([]byte("")); !problem.Is(err, problem.BadRequestData) {
		t.Error(err)
	}
	// Belgium and France keep the same local time; a day of change has 23 hours.
	c := calendars(t)["FR"]
	if d := On(2026, 3, 29); d.End(c.Zone).Sub(d.Start(c.Zone)) != 23*time.Hour {
		t.Error("the day on which the clocks change")
	}
}
