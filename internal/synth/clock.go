package synth

import (
	"math"
	"time"
)

// TimeZone is the zone of the city's clocks, as the tz database names it.
const TimeZone = "Europe/Paris"

// moment is an instant with what the rhythm of the city depends on.
type moment struct {
	unix   float64 // seconds since 1970
	day    int64   // local days since 1970
	sod    float64 // seconds since local midnight, clock time
	week   int     // 0 Monday to 6 Sunday
	season float64 // share of the year since 1 January
	free   bool    // Sunday or public holiday
}

func at(t time.Time) moment {
	s := t.Unix()
	off := int64(ZoneOffset(t) / time.Second)
	local := s + off
	day := local / 86400
	if local%86400 < 0 {
		day--
	}
	m := moment{unix: float64(s) + float64(t.Nanosecond())/1e9, day: day}
	m.sod = m.unix + float64(off) - float64(day*86400)
	m.week = int(((day+3)%7 + 7) % 7)
	y, mo, d := civil(day)
	start := daysFrom(y, 1, 1)
	m.season = float64(day-start) / 365.25
	m.free = m.week == 6 || holiday(mo, d)
	return m
}

// holiday reports the public holidays that have a fixed date.
func holiday(month, day int) bool {
	switch month*100 + day {
	case 101, 501, 714, 815, 1101, 1111, 1225:
		return true
	}
	return false
}

// ZoneOffset is how far the city's clocks are ahead of UTC at an instant: one
// hour, two from the last Sunday of March to the last Sunday of October, both
// at 01:00 UTC. It needs no time zone database, so that it is the same
// everywhere.
func ZoneOffset(t time.Time) time.Duration {
	s := t.Unix()
	day := s / 86400
	if s%86400 < 0 {
		day--
	}
	y, _, _ := civil(day)
	if s >= lastSunday(y, 3)*86400+3600 && s < lastSunday(y, 10)*86400+3600 {
		return 2 * time.Hour
	}
	return time.Hour
}

// Local is the clock time in the city.
func Local(t time.Time) time.Time {
	off := ZoneOffset(t)
	name := "CET"
	if off == 2*time.Hour {
		name = "CEST"
	}
	return t.In(time.FixedZone(name, int(off/time.Second)))
}

// lastSunday is the last Sunday of March or October, in days since 1970.
func lastSunday(year, month int) int64 {
	d := daysFrom(year, month, 31)
	return d - (d+4)%7 // 1970-01-01 was a Thursday, 4 days after a Sunday
}

// daysFrom counts the days from 1970 to a date of the Gregorian calendar.
func daysFrom(y, m, d int) int64 {
	if m <= 2 {
		y--
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + d - 1
	return int64(era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468)
}

// civil is the way back of daysFrom.
func civil(days int64) (y, m, d int) {
	z := days + 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	m = int(mp+2)%12 + 1
	y = int(yoe + era*400)
	if m <= 2 {
		y++
	}
	return y, m, int(doy - (153*mp+2)/5 + 1)
}

// hourly is a curve over the day: a value for each full hour.
type hourly [24]float64

// at joins the hours by straight lines.
func (h *hourly) at(sod float64) float64 {
	x := sod / 3600
	i := int(x)
	if i >= 24 {
		i = 23
	}
	f := x - float64(i)
	return h[i] + float64((h[(i+1)%24]-h[i])*f)
}

// sum is the total over a day.
func (h *hourly) sum() float64 {
	var s float64
	for _, v := range h {
		s += v
	}
	return s
}

// bump is a smooth hill: 1 at its top, 0 from width seconds away.
func bump(x, top, width float64) float64 {
	d := math.Abs(x-top) / width
	if d >= 1 {
		return 0
	}
	return 1 - float64(d*d*(3-2*d))
}

// ramp goes smoothly from 0 at a to 1 at b.
func ramp(x, a, b float64) float64 {
	f := min(1, max(0, (x-a)/(b-a)))
	return float64(f * f * (3 - 2*f))
}

// round1 and round2 keep so many decimals, as instruments do.
func round1(x float64) float64 { return math.Round(x*10) / 10 }
func round2(x float64) float64 { return math.Round(x*100) / 100 }
