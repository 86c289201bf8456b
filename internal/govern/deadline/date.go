package deadline

import (
	"fmt"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// Date is a day of the civil calendar, without a place: days since 1970-01-01.
type Date int32

// On gives the date of a year, month and day; days outside of the month count
// on, as in time.Date.
func On(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// DateOf gives the date that t has in its own zone.
func DateOf(t time.Time) Date { return On(t.Date()) }

// ParseDate reads YYYY-MM-DD. Errors: problem.BadRequestData.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, problem.New(problem.BadRequestData, "%.40q is not a date such as 2026-11-25", s)
	}
	return DateOf(t), nil
}

// String gives YYYY-MM-DD.
func (d Date) String() string { return d.utc().Format(time.DateOnly) }

// MarshalText gives YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD. Errors: problem.BadRequestData.
func (d *Date) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDate(string(b))
	return err
}

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Year gives the year.
func (d Date) Year() int { return d.utc().Year() }

// Start gives 00:00 of the day in loc.
func (d Date) Start(loc *time.Location) time.Time {
	y, m, day := d.utc().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, loc)
}

// End gives 24:00 of the day in loc.
func (d Date) End(loc *time.Location) time.Time { return (d + 1).Start(loc) }

func (d Date) utc() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// months gives the day with the same number n months later, or the last of
// that month if it has no such day (Regulation 1182/71, Art. 3(2)(c)).
func (d Date) months(n int) Date {
	y, m, day := d.utc().Date()
	last := On(y, m+time.Month(n)+1, 0)
	return min(On(y, m+time.Month(n), 1)+Date(day-1), last)
}

// Easter gives Easter Sunday of the Gregorian calendar (Meeus, Jones and
// Butcher).
func Easter(year int) Date {
	a, b, c := year%19, year/100, year%100
	d, e, f := b/4, b%4, (b+8)/25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return On(year, time.Month(n/31), n%31+1)
}

// Unit is what a period is counted in.
type Unit uint8

// The units of Regulation 1182/71. A part of a month is days: half a month is
// fifteen (Art. 3(2)(d)).
const (
	Hours Unit = iota + 1
	Days
	WorkingDays
	Weeks
	Months
	Years
)

var unitNames = [...]string{"", "hours", "days", "workingDays", "weeks", "months", "years"}

// String gives the unit's name, such as "workingDays".
func (u Unit) String() string {
	if int(u) >= len(unitNames) {
		return fmt.Sprintf("unit %d", u)
	}
	return unitNames[u]
}

// MarshalText gives the unit's name.
func (u Unit) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads a unit's name. Errors: problem.BadRequestData.
func (u *Unit) UnmarshalText(b []byte) error {
	for i, name := range unitNames {
		if i > 0 && name == string(b) {
			*u = Unit(i)
			return nil
		}
	}
	return problem.New(problem.BadRequestData, "%.40q is not a unit of time; there are hours, days, workingDays, weeks, months and years", b)
}

// Period is a length of time as laws give it. It is positive.
type Period struct {
	N    int  `yaml:"n"`
	Unit Unit `yaml:"unit"`
}

// String gives the period in words that a program reads, such as "2 months".
func (p Period) String() string { return fmt.Sprintf("%d %s", p.N, p.Unit) }
