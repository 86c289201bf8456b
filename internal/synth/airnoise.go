package synth

import (
	"math"
	"time"
)

// Air is a reading of an air station: micrograms a cubic metre.
type Air struct{ NO2, O3, PM10, PM25 float64 }

// AirAt is the reading of an air station (index into Sensors) at an instant.
// Traffic makes NO2, still and cold air keeps it, sun turns it into ozone,
// chimneys and fields add dust.
func (c *City) AirAt(i int, t time.Time) Air {
	m := at(t)
	return c.air(i, m, c.weather(m))
}

func (c *City) air(i int, m moment, w Weather) Air {
	s := &c.Sensors[i]
	id := uint64(i) + 9000
	winter := 0.5 + 0.5*math.Cos(2*math.Pi*(m.season-0.055))
	stagnant := min(3.2, 3.4/(w.WindMS+0.7)) * (1 + 0.35*max(0, 1-w.SolarWM2/160)*(1-w.CloudShare)) // inversions of clear nights
	wash := 1 - 0.22*min(1.5, w.RainMMH)
	own := 1 + 0.12*wave(c.Seed, id, m.unix/(2.2*hour)) + 0.06*wave(c.Seed, id+100, m.unix/1300)
	b := m.bustle()
	fresh := (26*s.traffic + 7*s.town) * b * stagnant * own
	no2 := 4 + 5.5*winter*stagnant*(0.4+0.6*s.town) + fresh
	spring := bump(m.season, 0.25, 0.09)
	pm25 := (4.2 + 6.5*winter*stagnant*(0.55+0.45*ramp(m.sod, 17*hour, 22*hour)+0.35*ramp(-m.sod, -3*hour, 0)) + 7*spring*max(0, 0.4+wave(c.Seed, 31, m.unix/(31*hour))) + 3.2*b*s.traffic*stagnant) * wash * own
	pm10 := pm25*1.28 + (4.5+7*s.traffic*b*min(1.6, stagnant)+0.9*max(0, w.WindMS-5))*wash
	summer := 1 - winter
	o3 := 44 + 16*summer + 62*summer*min(1, w.SolarWM2/650)*(0.75+0.25*ramp(m.sod, 11*hour, 16*hour)) - 0.62*fresh - 7*max(0, stagnant-1.4) + 5*wave(c.Seed, id+200, m.unix/(4*hour))
	noise := func(k uint64, d float64) float64 { return d * bell(hash3(c.Seed, id+k, uint64(int64(m.unix)/60))) }
	return Air{round1(max(1, no2+noise(300, 0.8))), round1(max(2, o3+noise(400, 1.2))), round1(max(1, pm10+noise(500, 0.7))), round1(max(0.5, pm25+noise(600, 0.4)))}
}

// Noise is a reading of a noise station over five minutes: decibels, A-weighted.
type Noise struct{ LAeq, LA10, LA90, LAmax float64 }

// NoiseAt is the reading of a noise station (index into Sensors) at an instant.
func (c *City) NoiseAt(i int, t time.Time) Noise {
	m := at(t)
	s := &c.Sensors[i]
	id := uint64(i) + 11000
	w := c.weather(m)
	slot := uint64(floorInt(m.unix / 300))
	flow := max(0.012, m.bustle())
	road := 51 + 20*s.traffic + 10*math.Log10(flow) + 1.5*min(1, w.RainMMH) // wet roads are louder
	people := 33 + 12*s.town + 7*ramp(m.sod, 6.5*hour, 9*hour)*(1-0.75*ramp(m.sod, 21*hour, 24*hour))
	if m.week == 4 || m.week == 5 { // evenings out
		people += 6 * s.town * bump(m.sod, 22.5*hour, 3*hour)
	}
	wind := 26 + 2.1*w.WindMS
	l := 10*math.Log10(math.Pow(10, road/10)+math.Pow(10, people/10)+math.Pow(10, wind/10)) + 0.8*bell(hash3(c.Seed, id, slot)) + 0.9*wave(c.Seed, id+100, m.unix/2400)
	peak := 9 + 5*unit(hash3(c.Seed, id+200, slot))
	if hash3(c.Seed, id+300, slot)%97 == 0 { // a siren, a delivery, a bell
		l += 6
		peak += 7
	}
	spread := 2.6 + 4*(1-min(1, flow))
	return Noise{round1(l), round1(l + 0.55*spread), round1(l - spread), round1(l + peak)}
}
