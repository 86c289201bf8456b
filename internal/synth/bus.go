package synth

import (
	"math"
	"time"
)

// BusState is a bus at an instant.
type BusState struct {
	InService  bool
	At         Point
	HeadingDeg float64 // compass direction
	SpeedMS    float64
	DelayS     int // behind the timetable; negative: ahead
	Direction  int // 1 along the line, 2 back
	NextStop   int // index into BusStops
	AtStop     bool
	OdometerM  float64 // since the start of this trip
	Trip       int64   // number of the trip since 1970, for its identity
	Started    time.Time
	Passengers int
}

const (
	dwellS   = 19.0  // at a stop
	layoverS = 270.0 // at the end of the line
	cruiseMS = 7.4   // between stops, mean of the middle part
)

// timetable fixes when a bus is where on its way.
func (l *BusLine) timetable() {
	l.arrive, l.depart = make([]float64, len(l.stopAt)), make([]float64, len(l.stopAt))
	var t float64
	for i := range l.stopAt {
		if i > 0 {
			t += math.Round((l.stopAt[i]-l.stopAt[i-1])/cruiseMS + 9)
		}
		l.arrive[i] = t
		t += dwellS
		l.depart[i] = t
	}
}

// trip is how long one way takes, in seconds.
func (l *BusLine) trip() float64 { return l.arrive[len(l.arrive)-1] }

// round is how long a bus needs until it is where it started.
func (l *BusLine) round() float64 {
	if l.Round {
		return l.trip() + layoverS
	}
	return 2 * (l.trip() + layoverS)
}

// running is the share of a line's buses that are out.
func (m moment) running() float64 {
	day := [...]float64{1, 0.72, 0.5}[m.dayKind()]
	switch h := m.sod / hour; {
	case h < 1:
		return 0.3
	case h < 4.6:
		return 0.13 // night buses
	case h < 6:
		return 0.55 * day
	case h < 20:
		return day
	case h < 22.5:
		return 0.6 * day
	}
	return 0.4 * day
}

// BusAt is the state of a bus (index into Buses). It is worked out from the
// timetable and a delay that swells in the rush hours, so it can be asked for
// any instant, and a later instant follows on from an earlier one.
func (c *City) BusAt(i int, t time.Time) BusState {
	m := at(t)
	return c.bus(i, m)
}

func (c *City) bus(i int, m moment) BusState {
	b := &c.Buses[i]
	l := &c.BusLines[b.Line]
	id := uint64(i) + 13000
	// the swing of the delay is slow against its size: a bus never runs backwards
	rush := 0.25
	if m.dayKind() == 0 {
		rush += bump(m.sod, 8.2*hour, 1.8*hour) + 1.1*bump(m.sod, 17.6*hour, 2.2*hour)
	}
	delay := 26 + 105*rush*(0.5+0.5*wave(c.Seed, id, m.unix/2700)) + 42*wave(c.Seed, id+100, m.unix/1100)
	cycle := l.round()
	x := (m.unix-delay)/cycle + b.slot
	n := math.Floor(x)
	into := (x - n) * cycle
	start := m.unix - into
	s := BusState{DelayS: int(math.Round(delay)), Direction: 1, Trip: int64(n)}
	s.InService = b.rank < at(time.Unix(int64(start), 0)).running()
	s.Started = time.Unix(int64(start-delay), 0).UTC()
	back := false
	if half := l.trip() + layoverS; !l.Round && into >= half {
		into -= half
		back = true
		s.Direction = 2
	}
	d, v, stop, halts := l.where(into, back)
	s.AtStop, s.OdometerM, s.SpeedMS = halts, math.Round(d), round1(v)
	pos, sense := d, 1.0
	if back {
		pos, sense = l.dist[len(l.dist)-1]-d, -1
	}
	s.NextStop = l.Stops[stop]
	p, dir := l.at(pos)
	// a bus keeps to the right of the road
	p = p.add(c.turn.right(dir.mul(sense)).mul(3))
	s.At = c.turn.point(p)
	s.HeadingDeg = math.Round(c.turn.heading(dir.mul(sense)))
	along := d / max(1, l.dist[len(l.dist)-1])
	load := m.bustle() * bump(along, 0.5, 0.62) * (0.8 + 0.5*wave(c.Seed, id+200, float64(n)*3.7))
	s.Passengers = max(0, int(math.Round(58*load)))
	return s
}

// where is the distance from the start of the trip, the speed and the stop
// ahead, a number of seconds after the start.
func (l *BusLine) where(into float64, back bool) (d, v float64, stop int, halts bool) {
	n := len(l.stopAt)
	total := l.dist[len(l.dist)-1]
	trip := l.trip()
	if into >= trip { // waits at the end
		if back {
			return total, 0, 0, true
		}
		return total, 0, n - 1, true
	}
	// on the way back the same gaps are driven in reverse order
	arrive := func(k int) float64 {
		if !back {
			return l.arrive[k]
		}
		return trip - l.depart[n-1-k] + dwellS
	}
	stopAt := func(k int) float64 {
		if !back {
			return l.stopAt[k]
		}
		return total - l.stopAt[n-1-k]
	}
	id := func(k int) int {
		if back {
			return n - 1 - k
		}
		return k
	}
	lo, hi := 0, n-1
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; arrive(mid) <= into {
			lo = mid
		} else {
			hi = mid
		}
	}
	leave := arrive(lo) + dwellS
	if lo == 0 {
		leave = arrive(0)
		if back {
			leave = arrive(0)
		}
	}
	if into < leave {
		return stopAt(lo), 0, id(lo), true
	}
	span := arrive(hi) - leave
	f := (into - leave) / span
	gap := stopAt(hi) - stopAt(lo)
	return stopAt(lo) + gap*f*f*(3-2*f), gap / span * 6 * f * (1 - f), id(hi), false
}

// at is the place on the route at a distance from its start.
func (l *BusLine) at(pos float64) (p, dir vec) {
	lo, hi := 0, len(l.dist)-1
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; l.dist[mid] <= pos {
			lo = mid
		} else {
			hi = mid
		}
	}
	gap := l.dist[hi] - l.dist[lo]
	f := 0.0
	if gap > 0 {
		f = min(1, max(0, (pos-l.dist[lo])/gap))
	}
	return l.route[lo].lerp(l.route[hi], f), l.route[hi].sub(l.route[lo]).unit()
}

// right is the direction to the right of dir as the map shows it.
func (t frameTurn) right(dir vec) vec {
	if t.mirror {
		return dir.left()
	}
	return dir.left().mul(-1)
}
