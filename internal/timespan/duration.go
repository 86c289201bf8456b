package timespan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time as ISO 8601 writes it, such as P1M or PT15M:
// calendar months, whose length depends on when they begin, and a fixed time.
// A day is 24 hours, as in UTC. It is never negative.
type Duration struct {
	Months int // a year is twelve
	Fixed  Instant
}

// maxYears bounds a Duration, and what an Instant is ever moved by.
const maxYears = 10_000

// IsZero reports whether d has no length, such as PT0S.
func (d Duration) IsZero() bool { return d == Duration{} }

// ParseDuration reads an ISO 8601 duration: P, then years, months, weeks and
// days, then T and hours, minutes and seconds, each at most once and in this
// order; the last of weeks to seconds may have up to six decimals after a
// point or comma.
//
// Errors: a plain error that says what is wrong; the caller classifies it.
func ParseDuration(s string) (Duration, error) {
	bad := func(why string) (Duration, error) {
		return Duration{}, fmt.Errorf("%.60q is not a duration: %s (expected such as P1DT12H or PT15M)", s, why)
	}
	rest, ok := strings.CutPrefix(s, "P")
	if !ok {
		return bad("it must begin with P")
	}
	var d Duration
	next, parts, fraction, timed := 0, 0, false, false
	for rest != "" {
		if rest[0] == 'T' {
			if timed || len(rest) == 1 {
				return bad("T must be followed by hours, minutes or seconds")
			}
			timed, rest, next = true, rest[1:], 4
			continue
		}
		if fraction {
			return bad("only the last number may have decimals")
		}
		number, micros, frac, n := readNumber(rest)
		if n <= 0 || n >= len(rest) {
			return bad("a number and its unit are expected")
		}
		unit := strings.IndexByte("YMWDHMS"[next:], rest[n]) + next
		if unit < next || (unit >= 4) != timed {
			return bad("the unit " + strconv.Quote(rest[n:n+1]) + " is not known at that place")
		}
		fraction, rest, next = frac, rest[n+1:], unit+1
		parts++
		if !d.add(unit, number, micros, frac) {
			return bad("a number is too great, or years and months have decimals")
		}
	}
	if parts == 0 {
		return bad("it has no numbers")
	}
	if d.Months > maxYears*12 || d.Fixed > maxYears*366*Day {
		return bad("it is longer than 10,000 years")
	}
	return d, nil
}

// readNumber reads a decimal number: its whole part, six decimals as an
// integer, whether there were decimals, and its length; 0 if it is none.
func readNumber(s string) (whole, micros int64, fraction bool, n int) {
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		if whole > math.MaxInt64/100 {
			return 0, 0, false, 0
		}
		whole = whole*10 + int64(s[n]-'0')
		n++
	}
	if n == 0 || n == len(s) || s[n] != '.' && s[n] != ',' {
		return whole, 0, false, n
	}
	from := n + 1
	n = from
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		if n-from >= 6 {
			return 0, 0, false, 0
		}
		micros = micros*10 + int64(s[n]-'0')
		n++
	}
	if n == from {
		return 0, 0, false, 0
	}
	for k := n - from; k < 6; k++ {
		micros *= 10
	}
	return whole, micros, true, n
}

// add adds a number of units to d, counted from years on.
func (d *Duration) add(unit int, number, micros int64, fraction bool) bool {
	switch unit {
	case 0, 1:
		if fraction || number > maxYears*12 {
			return false
		}
		if unit == 0 {
			number *= 12
		}
		d.Months += int(number)
		return true
	}
	size := [...]Instant{2: 7 * Day, 3: Day, 4: Hour, 5: Minute, 6: Second}[unit]
	if number > int64(maxYears*366*Day/size) {
		return false
	}
	d.Fixed += Instant(number)*size + Instant(micros)*(size/Second)
	return true
}

// String writes d in its shortest form: years and months, days, hours,
// minutes, seconds. No length at all is PT0S.
func (d Duration) String() string {
	if d.IsZero() {
		return "PT0S"
	}
	var b strings.Builder
	b.WriteByte('P')
	put := func(n int64, unit byte) {
		if n != 0 {
			b.WriteString(strconv.FormatInt(n, 10))
			b.WriteByte(unit)
		}
	}
	put(int64(d.Months/12), 'Y')
	put(int64(d.Months%12), 'M')
	put(int64(d.Fixed/Day), 'D')
	rest := d.Fixed % Day
	if rest == 0 {
		return b.String()
	}
	b.WriteByte('T')
	put(int64(rest/Hour), 'H')
	put(int64(rest%Hour/Minute), 'M')
	if s := rest % Minute; s%Second == 0 {
		put(int64(s/Second), 'S')
	} else {
		b.WriteString(strings.TrimRight(fmt.Sprintf("%d.%06d", s/Second, s%Second), "0"))
		b.WriteByte('S')
	}
	return b.String()
}

// After gives the instant n times d after i. Months are counted on the
// calendar, in UTC: the day of the month stays, or is the month's last if
// there is no such day; n at once, so that the 31st comes back after a short
// month. An instant too far away for a time stays at the end of time.
func (d Duration) After(i Instant, n int) Instant {
	if d.Months != 0 && n != 0 {
		months := int64(d.Months) * int64(n)
		if months > maxYears*12 || months < -maxYears*12 {
			return farEnd(months)
		}
		t := i.Time()
		if i == 0 {
			t = time.UnixMicro(0).UTC()
		}
		first := time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
		last := first.AddDate(0, 1, -1).Day()
		day := time.Duration(t.Day()-1) * 24 * time.Hour
		if t.Day() > last {
			day = time.Duration(last-1) * 24 * time.Hour
		}
		clock := t.Sub(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC))
		i = Instant(first.UnixMicro()) + Instant((day+clock)/time.Microsecond)
	}
	if n != 0 && d.Fixed != 0 {
		if int64(n) > math.MaxInt64/4/int64(d.Fixed) || int64(n) < -math.MaxInt64/4/int64(d.Fixed) {
			return farEnd(int64(n))
		}
		i += d.Fixed * Instant(n)
	}
	if i == 0 {
		return 1 // the epoch itself; zero means "no time"
	}
	return i
}

// farEnd is an end of time: beyond all that a date can write.
func farEnd(direction int64) Instant {
	if direction < 0 {
		return math.MinInt64 / 2
	}
	return math.MaxInt64 / 2
}
