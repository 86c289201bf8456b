package connect

import (
	"fmt"
	"math"
	"strconv"
	"time"
	_ "time/tzdata" // the zones of the world, wherever the binary runs
)

// ahead is how far in the future a reading may seem to lie before its time is
// doubted: clocks of devices are not exact.
const ahead = 10 * time.Minute

// wall is a time as a feed writes it: the digits of a clock, and the offset
// behind them if there is one.
type wall struct {
	year, month, day, hour, min, sec, nanos int
	offset                                  int // seconds east
	hasOffset                               bool
}

// parseWall reads 2026-03-02T11:52:00.000+00:00 and its relatives: a date alone,
// slashes for hyphens, a blank for the T, without seconds, without zone, with
// an offset such as +01:00, +0100 or +01.
func parseWall(s string) (wall, error) {
	p := &wallReader{s: s}
	var w wall
	w.year = p.digits(4)
	sep := p.oneOf("-/")
	w.month = p.digits(2)
	p.need(sep)
	w.day = p.digits(2)
	if p.oneOf("T t") != 0 {
		w.hour = p.digits(2)
		p.need(':')
		w.min = p.digits(2)
		if p.oneOf(":") != 0 {
			w.sec = p.digits(2)
			if p.oneOf(".,") != 0 {
				w.nanos = p.fraction()
			}
		}
		p.zone(&w)
	}
	if p.bad || p.s != "" {
		return wall{}, fmt.Errorf("%.60q is not a time such as 2026-03-02T11:52:00Z or 2026/03/02 11:52", s)
	}
	t := w.in(time.UTC)
	if t.Year() != w.year || int(t.Month()) != w.month || t.Day() != w.day || w.hour > 23 || w.min > 59 || w.sec > 59 {
		return wall{}, fmt.Errorf("%.60q is a date or time that there is not", s)
	}
	return w, nil
}

type wallReader struct {
	s   string
	bad bool
}

func (p *wallReader) digits(n int) int {
	if len(p.s) < n {
		p.bad = true
		return 0
	}
	v := 0
	for _, c := range []byte(p.s[:n]) {
		if c < '0' || c > '9' {
			p.bad = true
			return 0
		}
		v = v*10 + int(c-'0')
	}
	p.s = p.s[n:]
	return v
}

func (p *wallReader) oneOf(set string) byte {
	if p.s == "" {
		return 0
	}
	for _, c := range []byte(set) {
		if p.s[0] == c {
			p.s = p.s[1:]
			return c
		}
	}
	return 0
}

func (p *wallReader) need(c byte) {
	if c == 0 || p.s == "" || p.s[0] != c {
		p.bad = true
		return
	}
	p.s = p.s[1:]
}

func (p *wallReader) fraction() int {
	n, scale := 0, 1_000_000_000
	count := 0
	for p.s != "" && p.s[0] >= '0' && p.s[0] <= '9' {
		if scale > 1 {
			scale /= 10
			n += int(p.s[0]-'0') * scale
		}
		p.s = p.s[1:]
		count++
	}
	p.bad = p.bad || count == 0 || count > 12
	return n
}

func (p *wallReader) zone(w *wall) {
	if p.oneOf("Zz") != 0 {
		w.hasOffset = true
		return
	}
	sign := 1
	switch p.oneOf("+-") {
	case 0:
		return
	case '-':
		sign = -1
	}
	w.hasOffset = true
	h, m := p.digits(2), 0
	if p.s != "" {
		p.oneOf(":")
		m = p.digits(2)
	}
	p.bad = p.bad || h > 14 || m > 59
	w.offset = sign * (h*3600 + m*60)
}

func (w wall) in(loc *time.Location) time.Time {
	return time.Date(w.year, time.Month(w.month), w.day, w.hour, w.min, w.sec, w.nanos, loc)
}

// asSaid takes the offset for what it says; without one the digits are those
// of a clock in zone.
func (w wall) asSaid(zone *time.Location, arrived time.Time) time.Time {
	if w.hasOffset {
		return w.in(time.UTC).Add(-time.Duration(w.offset) * time.Second)
	}
	return w.onClock(zone, arrived)
}

// onClock takes the digits as those of a clock in zone, whatever the offset
// says. An hour that comes twice, when clocks go back, is the later one if
// that lies before the arrival, else the earlier. An hour that does not come
// at all is read with the offset before the change.
func (w wall) onClock(zone *time.Location, arrived time.Time) time.Time {
	t := w.in(zone)
	digits := w.in(time.UTC)
	var valid []time.Time
	for _, near := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		_, off := t.Add(near).Zone()
		c := digits.Add(-time.Duration(off) * time.Second).In(zone)
		if c.Hour() == w.hour && c.Minute() == w.min && c.Day() == w.day {
			valid = append(valid, c)
		}
	}
	switch {
	case len(valid) == 0:
		_, off := t.Add(-3 * time.Hour).Zone()
		return digits.Add(-time.Duration(off) * time.Second)
	case len(valid) == 2 && valid[1].After(valid[0]) && !valid[1].After(arrived.Add(ahead)):
		return valid[1]
	}
	return valid[0]
}

// asObserved reads the time of something that has happened: it cannot lie in
// the future. A time that does, while the same digits on a clock in zone do
// not, is clock time with a wrong label.
func (w wall) asObserved(zone *time.Location, arrived time.Time) time.Time {
	said := w.asSaid(zone, arrived)
	if w.hasOffset && said.After(arrived.Add(ahead)) {
		if local := w.onClock(zone, arrived); !local.After(arrived.Add(ahead)) {
			return local
		}
	}
	return said
}

// Epochs below this are seconds, above it milliseconds: as seconds it is the
// year 5138, as milliseconds March 1973.
const milliseconds = 1e11

// fromEpoch reads a number of seconds or milliseconds since 1970.
func fromEpoch(f float64) (time.Time, error) {
	if math.IsNaN(f) || f < 0 || f >= 1e15 {
		return time.Time{}, fmt.Errorf("%v is not a number of seconds or milliseconds since 1970", f)
	}
	if f >= milliseconds {
		return time.UnixMicro(int64(math.Round(f * 1000))).UTC(), nil
	}
	return time.UnixMicro(int64(math.Round(f * 1e6))).UTC(), nil
}

// timeReading is one of the ways to read a time.
type timeReading func(w wall, zone *time.Location, arrived time.Time) time.Time

// readTime reads a text or a number as a time.
func readTime(v any, how timeReading, zone *time.Location, arrived time.Time) (time.Time, error) {
	switch x := v.(type) {
	case time.Time:
		return x, nil
	case float64:
		return fromEpoch(x)
	case int64:
		return fromEpoch(float64(x))
	case string:
		w, err := parseWall(x)
		if err != nil {
			if f, e := strconv.ParseFloat(x, 64); e == nil && len(x) >= 9 {
				return fromEpoch(f)
			}
			return time.Time{}, err
		}
		return how(w, zone, arrived), nil
	}
	return time.Time{}, fmt.Errorf("a time is a text or a number, not %T", v)
}
