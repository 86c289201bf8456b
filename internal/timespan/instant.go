// Package timespan holds instants, intervals, ISO 8601 durations and the
// windows that aggregations use. All times are UTC, to the microsecond, as
// NGSI-LD prints them (CIM 009, 4.6.3). The package never asks a clock.
package timespan

import (
	"fmt"
	"strings"
	"time"
)

// Instant is a moment: microseconds since 1970-01-01T00:00:00Z. The zero
// Instant means "no time".
type Instant int64

// Lengths of time in the unit of Instant.
const (
	Microsecond Instant = 1
	Millisecond         = 1000 * Microsecond
	Second              = 1000 * Millisecond
	Minute              = 60 * Second
	Hour                = 60 * Minute
	Day                 = 24 * Hour
)

// FromTime converts t, cutting what is finer than a microsecond. The zero
// time.Time gives the zero Instant.
func FromTime(t time.Time) Instant {
	if t.IsZero() {
		return 0
	}
	return Instant(t.UnixMicro())
}

// Time converts i to a time.Time in UTC; the zero Instant gives the zero Time.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(i)).UTC()
}

// IsZero reports whether i is "no time".
func (i Instant) IsZero() bool { return i == 0 }

// Before reports whether i is earlier than j.
func (i Instant) Before(j Instant) bool { return i < j }

// After reports whether i is later than j.
func (i Instant) After(j Instant) bool { return i > j }

// String prints i as NGSI-LD does: UTC, a trailing Z, and a fraction only if
// it is not zero, without trailing zeros.
func (i Instant) String() string { return string(i.Append(nil)) }

// Append appends what String gives.
func (i Instant) Append(b []byte) []byte {
	t := i.Time()
	year, month, day := t.Date()
	if year < 0 || year > 9999 { // no DateTime: shown all the same
		b = t.AppendFormat(b, "2006-01-02T15:04:05")
	} else { // a page has a hundred of these, and AppendFormat reads its layout each time
		hour, minute, second := t.Clock()
		b = append(two(two(b, year/100), year%100), '-')
		b = append(two(b, int(month)), '-')
		b = append(two(b, day), 'T')
		b = append(two(b, hour), ':')
		b = append(two(b, minute), ':')
		b = two(b, second)
	}
	if us := t.Nanosecond() / 1000; us != 0 {
		b = append(b, '.')
		b = two(two(two(b, us/10_000), us/100%100), us%100)
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return append(b, 'Z')
}

// two appends n, from 0 to 99, as two digits.
func two(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// ParseInstant reads a DateTime (CIM 009, 4.6.3): complete extended format,
// UTC with a trailing Z, at most six decimals after a point or comma.
//
// Errors: a plain error that says what is wrong; the caller classifies it.
func ParseInstant(s string) (Instant, error) {
	bad := func(why string) (Instant, error) {
		return 0, fmt.Errorf("%q is not a DateTime: %s (expected such as 2026-03-29T12:00:00Z)", s, why)
	}
	if !strings.HasSuffix(s, "Z") {
		return bad("it must be UTC and end in Z")
	}
	body := s[:len(s)-1]
	if len(body) < 19 {
		return bad("it is too short")
	}
	micros := int64(0)
	if frac := body[19:]; frac != "" {
		if frac[0] != '.' && frac[0] != ',' {
			return bad("only a fraction may follow the seconds")
		}
		digits := frac[1:]
		if len(digits) == 0 || len(digits) > 6 {
			return bad("a fraction has one to six digits")
		}
		for _, c := range []byte(digits) {
			if c < '0' || c > '9' {
				return bad("the fraction has a character that is no digit")
			}
			micros = micros*10 + int64(c-'0')
		}
		for k := len(digits); k < 6; k++ {
			micros *= 10
		}
	}
	t, err := time.Parse("2006-01-02T15:04:05", body[:19])
	if err != nil {
		return bad("no such date or time")
	}
	i := Instant(t.UnixMicro() + micros)
	if i == 0 {
		i = 1 // the epoch itself; zero means "no time"
	}
	return i, nil
}

// MustInstant is ParseInstant for constants; it panics on an error.
func MustInstant(s string) Instant {
	i, err := ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return i
}
