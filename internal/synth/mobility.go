package synth

import (
	"math"
	"time"
)

// BikeState is a bike station at an instant. Bikes and Docks are what can be
// taken and filled; with BikesOff and DocksOff they make up the capacity.
type BikeState struct {
	Bikes, Docks       int
	Electric           int // of Bikes
	BikesOff, DocksOff int
	Installed          bool
	Renting            bool
	Returning          bool
	Reported           time.Time
}

// homes is how full the stations of the housing quarters are: 1 at night, -1
// by day on working days.
func (m moment) homes() float64 {
	if m.week >= 5 || m.free {
		return 0.85 - 1.1*ramp(m.sod, 9.5*hour, 14*hour) + 1.1*ramp(m.sod, 15.5*hour, 21*hour)
	}
	return 0.85 - 1.75*ramp(m.sod, 6.6*hour, 9.6*hour) + 0.25*bump(m.sod, 12.6*hour, 1.6*hour) + 1.75*ramp(m.sod, 15.8*hour, 20.5*hour)
}

// strolls is how much people ride for pleasure.
func (m moment) strolls() float64 {
	if m.week >= 5 || m.free {
		return bump(m.sod, 15.5*hour, 6*hour)
	}
	return 0.6 * bump(m.sod, 20.5*hour, 3*hour)
}

// riding is the share of the bikes that are on the road.
func (m moment) riding(w Weather) float64 {
	d := 0.012 + 0.05*ramp(m.sod, 6*hour, 9*hour)*(1-ramp(m.sod, 20*hour, 24*hour))
	if m.week >= 5 || m.free {
		d += 0.06 * bump(m.sod, 15.5*hour, 5.5*hour)
	} else {
		d += 0.10*bump(m.sod, 8.35*hour, 1.5*hour) + 0.11*bump(m.sod, 17.7*hour, 2.1*hour) + 0.03*bump(m.sod, 12.5*hour, 1.2*hour)
	}
	return d * w.dampens()
}

// BikesAt is the state of a bike station (index into BikeStations).
func (c *City) BikesAt(i int, t time.Time) BikeState {
	m := at(t)
	return c.bikes(i, m, m.riding(c.weather(m)))
}

// bikes takes the share of bikes on the road from the caller, so that a whole
// feed computes it once.
func (c *City) bikes(i int, m moment, riding float64) BikeState {
	b := &c.BikeStations[i]
	id := uint64(i) + 1000
	fill := b.base + 0.27*b.tide*m.homes() + 0.10*b.leisure*m.strolls() +
		0.10*wave(c.Seed, id, m.unix/5600) + 0.05*wave(c.Seed, id+200, m.unix/1400) + 0.09*wave(c.Seed, id+400, m.unix/(1.7*dayS))
	var s BikeState
	h := hash3(c.Seed, id+600, uint64(m.day))
	s.BikesOff = int(h&7) / 6
	s.DocksOff = int(h>>4&15) / 14
	usable := b.Capacity - s.BikesOff - s.DocksOff
	s.Bikes = min(usable, max(0, int(math.Round(float64(usable)*fill*(1-riding)))))
	s.Docks = usable - s.Bikes
	s.Electric = int(math.Round(float64(s.Bikes) * (0.3 + 0.2*wave(c.Seed, id+800, m.unix/(5*hour)))))
	s.Installed, s.Renting, s.Returning = true, true, true
	if hash3(c.Seed, id+1000, uint64(m.day/2))%50 == 0 { // closed for two days
		s.Renting, s.Returning = false, false
	}
	// the station calls in every minute, a silent one last did some hours ago
	sec := int64(m.unix) - int64(m.unix)%60 + int64(id*7)%60
	if sec > int64(m.unix) {
		sec -= 60
	}
	if hash3(c.Seed, id+1200, uint64(m.day/2))%50 == 1 {
		sec -= sec % 21600
	}
	s.Reported = time.Unix(sec, 0).UTC()
	return s
}

// ParkingState is a car park at an instant.
type ParkingState struct {
	Occupied, Free int
	Open           bool
}

var parkingDay = map[string][3]hourly{ // working day, Saturday, Sunday: share of places taken
	"centre": {
		{.14, .12, .11, .11, .11, .12, .15, .26, .46, .61, .70, .75, .78, .79, .78, .77, .76, .74, .66, .56, .48, .38, .27, .19},
		{.17, .15, .13, .12, .12, .12, .13, .17, .27, .44, .64, .78, .84, .86, .90, .93, .92, .86, .74, .62, .57, .50, .38, .27},
		{.20, .17, .14, .13, .12, .12, .12, .12, .14, .19, .28, .37, .43, .45, .46, .46, .44, .40, .36, .33, .29, .24, .19, .16}},
	"station": {
		{.22, .21, .20, .20, .20, .24, .37, .62, .83, .90, .92, .93, .93, .92, .91, .88, .80, .66, .50, .39, .33, .29, .26, .24},
		{.24, .24, .23, .23, .23, .24, .27, .31, .36, .41, .45, .47, .48, .48, .47, .46, .45, .43, .40, .37, .34, .31, .28, .26},
		{.25, .24, .24, .23, .23, .23, .24, .26, .28, .30, .33, .35, .37, .39, .41, .43, .45, .46, .44, .40, .36, .32, .29, .27}},
	"hospital": {
		{.18, .17, .17, .17, .18, .20, .32, .52, .72, .84, .90, .91, .86, .88, .92, .88, .76, .63, .56, .48, .38, .29, .23, .20},
		{.18, .17, .17, .17, .17, .18, .24, .31, .36, .41, .45, .47, .46, .52, .58, .57, .50, .43, .38, .34, .29, .24, .21, .19},
		{.18, .17, .17, .17, .17, .18, .23, .28, .31, .34, .38, .41, .42, .49, .56, .55, .48, .41, .36, .32, .27, .23, .20, .19}},
	"parkride": {
		{.05, .05, .05, .05, .06, .11, .27, .54, .74, .81, .83, .84, .84, .84, .83, .79, .66, .44, .25, .15, .10, .08, .07, .06},
		{.06, .05, .05, .05, .05, .06, .08, .12, .20, .31, .40, .46, .49, .50, .51, .49, .43, .33, .23, .16, .12, .10, .08, .07},
		{.06, .05, .05, .05, .05, .05, .06, .07, .08, .10, .13, .16, .18, .19, .20, .19, .17, .14, .11, .09, .08, .07, .06, .06}},
	"shopping": {
		{.10, .09, .08, .08, .08, .09, .12, .20, .32, .44, .54, .60, .58, .56, .60, .64, .70, .74, .66, .46, .30, .21, .16, .12},
		{.11, .10, .09, .08, .08, .08, .10, .15, .28, .50, .72, .85, .86, .85, .90, .93, .91, .84, .67, .44, .31, .23, .17, .13},
		{.12, .10, .09, .09, .08, .08, .08, .09, .12, .17, .23, .27, .28, .27, .27, .27, .26, .24, .21, .19, .17, .15, .13, .12}},
}

// dayKind is 0 for a working day, 1 for a Saturday, 2 for Sundays and holidays.
func (m moment) dayKind() int {
	switch {
	case m.free:
		return 2
	case m.week == 5:
		return 1
	}
	return 0
}

// ParkingAt is the state of a car park (index into CarParks).
func (c *City) ParkingAt(i int, t time.Time) ParkingState {
	m := at(t)
	p := &c.CarParks[i]
	id := uint64(i) + 5000
	day := parkingDay[p.Kind]
	share := day[m.dayKind()].at(m.sod)
	own := 1 + 0.10*wave(c.Seed, id, 0.5) // some are always fuller than others
	busy := 1 + 0.10*wave(c.Seed, id+100, float64(m.day)*0.73)
	share = share*own*busy + 0.025*wave(c.Seed, id+200, m.unix/1500) + 0.012*wave(c.Seed, id+300, m.unix/420)
	s := ParkingState{Occupied: min(p.Capacity, max(0, int(math.Round(share*float64(p.Capacity))))), Open: true}
	s.Free = p.Capacity - s.Occupied
	if p.Kind == "shopping" && (m.sod < 5.5*hour) {
		s.Open = false
	}
	return s
}
