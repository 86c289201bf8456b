package synth

import (
	"math"
	"time"
)

// Weather is the weather over the city.
type Weather struct {
	TemperatureC float64
	HumidityPct  float64
	WindMS       float64 // metres a second, 10 minutes' mean
	WindFromDeg  int     // compass direction the wind comes from
	RainMMH      float64 // millimetres an hour
	PressureHPa  float64 // at sea level
	CloudShare   float64 // 0 clear to 1 overcast
	SolarWM2     float64 // on the flat ground, watts a square metre
}

const (
	hour = 3600.0
	dayS = 86400.0
)

// Weather tells the weather at an instant. It has seasons, days and nights,
// spells of some days, showers and wind, and stays within what a city of that
// latitude knows.
func (c *City) Weather(t time.Time) Weather {
	w := c.weather(at(t))
	return Weather{round1(w.TemperatureC), math.Round(w.HumidityPct), round1(w.WindMS), w.WindFromDeg, round1(w.RainMMH), round1(w.PressureHPa), round2(w.CloudShare), math.Round(w.SolarWM2)}
}

func (c *City) weather(m moment) Weather {
	s, u := c.Seed, m.unix
	var w Weather
	year := math.Cos(2 * math.Pi * (m.season - 0.055)) // 1 in late January
	hours := m.sod / hour
	w.PressureHPa = 1015.5 + 11*wave(s, 11, u/(61*hour)) + 3*wave(s, 12, u/(19*hour))
	unsettled := -wave(s, 11, u/(61*hour))
	w.CloudShare = min(1, max(0, 0.56+0.3*unsettled+0.45*wave(s, 13, u/(7*hour))+0.16*wave(s, 14, u/(1.7*hour))))
	w.RainMMH = max(0, 2.6*(wave(s, 15, u/(2.6*hour))+0.75*unsettled+0.35*wave(s, 16, u/(0.6*hour))-0.72))
	if w.CloudShare < 0.35 {
		w.RainMMH = 0
	}
	// half the length of the day in hours: 4 in winter, 8.2 in summer
	half := 6.1 - 2.1*year
	noon := 13 + 0.6*(1-math.Abs(year))
	sun := max(0, math.Cos(min(math.Pi/2, math.Abs(hours-noon)/half*math.Pi/2)))
	w.SolarWM2 = sun * (560 - 330*year) * (1 - 0.74*w.CloudShare)
	swing := (2.1 - 1.1*year) * (1.5 - w.CloudShare)
	w.TemperatureC = 11 - 7.4*year + 3.4*wave(s, 17, u/(53*hour)) + 1.6*wave(s, 18, u/(17*hour)) + swing*math.Cos(2*math.Pi*(hours-15.3)/24) - 0.8*min(1.5, w.RainMMH)
	w.WindMS = max(0.3, 3.9+0.7*year+1.5*unsettled+1.9*wave(s, 19, u/(11*hour))+0.7*wave(s, 20, u/(1.3*hour))+0.9*sun)
	w.WindFromDeg = (int(math.Round(228+95*wave(s, 21, u/(29*hour))+22*wave(s, 22, u/(2*hour)))) + 360) % 360
	w.HumidityPct = min(100, max(28, 79+7*year-13*math.Cos(2*math.Pi*(hours-15.3)/24)*(1.25-w.CloudShare)+9*unsettled+6*min(2, w.RainMMH)+4*wave(s, 23, u/(5*hour))))
	return w
}

// dampens is by how much rain, wind and cold thin out what goes on under the
// open sky: 1 in fair weather, towards 0.
func (w Weather) dampens() float64 {
	return min(1, max(0.3, 1-0.28*min(2, w.RainMMH)-0.028*max(0, w.WindMS-4)-0.013*max(0, 12-w.TemperatureC)))
}

// Reading is what a weather station reports.
type Reading struct {
	TemperatureC, HumidityPct, WindMS, RainMMH, PressureHPa float64
	WindFromDeg                                             int
	BatteryV                                                float64
}

// WeatherAt is the reading of a weather station (index into Sensors) at an
// instant: the weather with the warmth and the shelter of its place.
func (c *City) WeatherAt(i int, t time.Time) Reading {
	m := at(t)
	w := c.weather(m)
	id := uint64(i) + 3000
	sen := &c.Sensors[i]
	night := 1 - min(1, w.SolarWM2/180)
	warm := sen.town*(0.5+1.5*night*(1-w.CloudShare)) + 0.35*wave(c.Seed, id, m.unix/(3*hour))
	return Reading{
		TemperatureC: round1(w.TemperatureC + warm), HumidityPct: math.Round(min(100, max(20, w.HumidityPct-2.6*warm))),
		WindMS: round1(max(0, w.WindMS*(1-0.45*sen.town)*(1+0.3*wave(c.Seed, id+1, m.unix/700)))), WindFromDeg: (w.WindFromDeg + int(14*wave(c.Seed, id+2, m.unix/900)) + 360) % 360,
		RainMMH: round1(max(0, w.RainMMH*(1+0.4*wave(c.Seed, id+3, m.unix/1800)))), PressureHPa: round1(w.PressureHPa),
		BatteryV: round2(3.58 + 0.05*wave(c.Seed, id+4, m.unix/(40*dayS)) + 0.02*wave(c.Seed, id+5, m.unix/dayS)),
	}
}
