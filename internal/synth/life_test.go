package synth

import (
	"math"
	"testing"
	"time"
	_ "time/tzdata" // the oracle of the clock tests
)

// local is a clock time in the city as an instant.
func local(t testing.TB, s string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation(TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	v, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestClockAgreesWithTheZoneDatabase(t *testing.T) {
	zone, err := time.LoadLocation(TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	r := newRNG(1, "clock")
	check := func(at0 time.Time) {
		_, want := at0.In(zone).Zone()
		if got := int(ZoneOffset(at0) / time.Second); got != want {
			t.Fatalf("offset at %v is %d s, want %d", at0, got, want)
		}
		l, m := at0.In(zone), at(at0)
		if wd := (int(l.Weekday()) + 6) % 7; m.week != wd {
			t.Fatalf("%v is day %d of the week, want %d", at0, m.week, wd)
		}
		if sod := float64(l.Hour()*3600 + l.Minute()*60 + l.Second()); math.Abs(m.sod-sod) > 1 {
			t.Fatalf("%v: second %v of the day, want %v", at0, m.sod, sod)
		}
		if s := float64(l.YearDay()-1) / 365.25; math.Abs(s-m.season) > 1e-9 {
			t.Fatalf("%v: season %v, want %v", at0, m.season, s)
		}
		if Local(at0).Format(clockLayout) != l.Format(clockLayout) {
			t.Fatalf("%v: clock %v, want %v", at0, Local(at0), l)
		}
	}
	for range 4000 { // from 1998 to 2060
		check(time.Unix(883612800+int64(r.intn(1956000000)), 0))
	}
	for y := 2000; y < 2040; y++ {
		for _, mo := range []time.Month{time.March, time.October} {
			for d := 24; d <= 31; d++ {
				for _, s := range []int{-1, 0, 1} {
					check(time.Date(y, mo, d, 1, 0, s, 0, time.UTC))
				}
			}
		}
	}
}

// A week in spring and one in autumn, without holidays.
const (
	monday   = "2026-03-09"
	sunday   = "2026-03-15"
	tuesday  = "2026-10-06"
	saturday = "2026-10-10"
)

func TestBikesFollowTheCommuters(t *testing.T) {
	c := cityOf(t, 42)
	fill := func(day, clock string, homes bool) float64 {
		at := local(t, day+" "+clock)
		var bikes, docks int
		for i, s := range c.BikeStations {
			if (s.tide > 0.3) == homes && (s.tide < -0.3) != homes {
				b := c.BikesAt(i, at)
				bikes, docks = bikes+b.Bikes, docks+b.Bikes+b.Docks
			}
		}
		return float64(bikes) / float64(docks)
	}
	night, noon := fill(monday, "04:00", true), fill(monday, "11:00", true)
	if night < noon+0.15 {
		t.Errorf("stations among homes are %.2f full at night and %.2f at eleven: no commuters", night, noon)
	}
	if n, d := fill(monday, "04:00", false), fill(monday, "11:00", false); d < n+0.15 {
		t.Errorf("stations among offices are %.2f full at night and %.2f at eleven: no commuters", n, d)
	}
	if s := fill(sunday, "11:00", true); s < noon+0.1 {
		t.Errorf("stations among homes are %.2f full on Sunday, %.2f on Monday at eleven: no weekend", s, noon)
	}
}

func TestBikesAreNeitherMadeNorLost(t *testing.T) {
	c := cityOf(t, 42)
	var least, most float64 = math.Inf(1), 0
	for h := range 7 * 24 * 2 {
		at0 := local(t, monday+" 00:00").Add(time.Duration(h) * 30 * time.Minute)
		m := at(at0)
		riding := m.riding(c.weather(m))
		docked := 0
		for i, s := range c.BikeStations {
			b := c.BikesAt(i, at0)
			if b.Bikes < 0 || b.Docks < 0 || b.Bikes+b.Docks+b.BikesOff+b.DocksOff != s.Capacity || b.Electric > b.Bikes {
				t.Fatalf("station %s of %d docks at %v: %+v", s.ID, s.Capacity, at0, b)
			}
			if b.Reported.After(at0) || at0.Sub(b.Reported) > 6*time.Hour {
				t.Fatalf("station %s reported at %v, now is %v", s.ID, b.Reported, at0)
			}
			docked += b.Bikes
		}
		fleet := float64(docked) / (1 - riding)
		least, most = min(least, fleet), max(most, fleet)
	}
	if most > least*1.12 {
		t.Errorf("the fleet is between %.0f and %.0f bikes within a week", least, most)
	}
}

func TestBikesChangeInSmallSteps(t *testing.T) {
	c := cityOf(t, 42)
	start := local(t, monday+" 06:00")
	changes := 0
	for i := range c.BikeStations {
		last := c.BikesAt(i, start).Bikes
		for k := 1; k <= 240; k++ {
			b := c.BikesAt(i, start.Add(time.Duration(k)*time.Minute)).Bikes
			if d := b - last; d > 4 || d < -4 {
				t.Fatalf("station %d: from %d to %d bikes within a minute", i, last, b)
			} else if d != 0 {
				changes++
			}
			last = b
		}
	}
	if perHour := float64(changes) / 80 / 4; perHour < 1 || perHour > 30 {
		t.Errorf("a station changes %.1f times an hour", perHour)
	}
}

// flow is the traffic of all counters in an hour.
func flow(t *testing.T, c *City, from string, accept func(*Counter) bool) (vehicles, bikes int, speed float64) {
	t.Helper()
	end := local(t, from).Add(time.Hour)
	n := 0
	for i := range c.Counters {
		if accept != nil && !accept(&c.Counters[i]) {
			continue
		}
		k := c.CountAt(i, end, 60)
		vehicles += k.Vehicles()
		bikes += k.Bicycles
		if k.SpeedKmh > 0 {
			speed += k.SpeedKmh
			n++
		}
	}
	return vehicles, bikes, speed / float64(n)
}

func TestTrafficHasItsPeaks(t *testing.T) {
	c := cityOf(t, 42)
	night, _, fast := flow(t, c, tuesday+" 03:00", nil)
	morning, bikes, slow := flow(t, c, tuesday+" 08:00", nil)
	noon, _, _ := flow(t, c, tuesday+" 11:00", nil)
	evening, _, _ := flow(t, c, tuesday+" 17:00", nil)
	weekend, sundayBikes, _ := flow(t, c, sunday+" 08:00", nil)
	if morning < 10*night || evening < 10*night {
		t.Errorf("%d vehicles at night, %d and %d in the peaks", night, morning, evening)
	}
	if float64(morning) < 1.2*float64(noon) || float64(evening) < 1.4*float64(noon) {
		t.Errorf("no two peaks: %d, %d at noon, %d", morning, noon, evening)
	}
	if weekend*2 > morning || sundayBikes*2 > bikes {
		t.Errorf("Sunday at eight: %d vehicles and %d bicycles, Tuesday %d and %d", weekend, sundayBikes, morning, bikes)
	}
	if slow > fast-1.5 {
		t.Errorf("speed is %.1f km/h in the peak and %.1f at night", slow, fast)
	}
	in := func(k *Counter) bool { return k.inbound > 0.8 }
	out := func(k *Counter) bool { return k.inbound < -0.8 }
	mi, _, _ := flow(t, c, tuesday+" 08:00", in)
	mo, _, _ := flow(t, c, tuesday+" 08:00", out)
	ei, _, _ := flow(t, c, tuesday+" 17:00", in)
	eo, _, _ := flow(t, c, tuesday+" 17:00", out)
	if mi < mo || eo < ei {
		t.Errorf("into town %d in the morning and %d in the evening, out of town %d and %d", mi, ei, mo, eo)
	}
	sat, _, _ := flow(t, c, saturday+" 11:00", nil)
	sun, _, _ := flow(t, c, sunday+" 11:00", nil)
	if sat <= sun {
		t.Errorf("Saturday noon %d, Sunday noon %d", sat, sun)
	}
	satLate, _, _ := flow(t, c, saturday+" 18:00", nil)
	sunLate, _, _ := flow(t, c, sunday+" 18:00", nil)
	if float64(sunLate)/float64(sun) < 1.1*float64(satLate)/float64(sat) {
		t.Errorf("nobody drives home on Sunday evening: %d after %d, on Saturday %d after %d", sunLate, sun, satLate, sat)
	}
}

func TestCountsAddUp(t *testing.T) {
	c := cityOf(t, 42)
	end := local(t, tuesday+" 08:30").Unix()
	for i := range c.Counters {
		sum := 0
		for k := range 5 {
			sum += c.minuteSum(i, end-int64(k)*60, 1).Bicycles
		}
		if n := c.minuteSum(i, end, 5).Bicycles; n < sum-3 || n > sum+3 { // the rate is that of the middle of the interval
			t.Errorf("counter %d: %d bicycles in five minutes, %d minute by minute", i, n, sum)
		}
	}
}

func TestCountsScatterAsArrivalsDo(t *testing.T) {
	for _, mean := range []float64{0.2, 3, 11, 40, 300} {
		var sum, sq float64
		const n = 20000
		for k := range n {
			v := float64(chance(mean, mix(uint64(k)+9)))
			sum, sq = sum+v, sq+v*v
		}
		m := sum / n
		v := sq/n - m*m
		if math.Abs(m-mean) > 0.03*mean+0.02 || math.Abs(v-mean) > 0.09*mean+0.02 {
			t.Errorf("mean %v gives mean %.3f and variance %.3f", mean, m, v)
		}
	}
	if chance(0, 1) != 0 || chance(-2, 1) != 0 {
		t.Error("no traffic gives vehicles")
	}
}

func TestCarParksFillByDay(t *testing.T) {
	c := cityOf(t, 42)
	share := func(kind, when string) float64 {
		var used, all int
		for i, p := range c.CarParks {
			if p.Kind == kind {
				s := c.ParkingAt(i, local(t, when))
				if s.Occupied < 0 || s.Free < 0 || s.Occupied+s.Free != p.Capacity {
					t.Fatalf("%s: %+v of %d", p.ID, s, p.Capacity)
				}
				used, all = used+s.Occupied, all+p.Capacity
			}
		}
		if all == 0 {
			t.Fatalf("no car park of kind %s", kind)
		}
		return float64(used) / float64(all)
	}
	for _, kind := range []string{"centre", "station", "hospital", "parkride", "shopping"} {
		if day, night := share(kind, tuesday+" 11:00"), share(kind, tuesday+" 03:00"); day < night+0.3 {
			t.Errorf("%s: %.2f by day, %.2f at night", kind, day, night)
		}
	}
	if s, w := share("shopping", saturday+" 15:30"), share("shopping", tuesday+" 15:30"); s < w {
		t.Errorf("shopping: %.2f on Saturday, %.2f on Tuesday", s, w)
	}
	if s, w := share("parkride", sunday+" 11:00"), share("parkride", tuesday+" 11:00"); s > w/2 {
		t.Errorf("park and ride: %.2f on Sunday, %.2f on Tuesday", s, w)
	}
}

// meanAir is the mean over four weeks of a month at an hour.
func meanAir(t *testing.T, c *City, site, month, clock string) Air {
	t.Helper()
	var a Air
	n := 0.0
	for d := range 28 {
		at := local(t, month+"-01 "+clock).AddDate(0, 0, d)
		for i, s := range c.Sensors {
			if s.Kind == "air" && s.Site == site {
				v := c.AirAt(i, at)
				if v.NO2 < 0 || v.NO2 > 250 || v.O3 < 0 || v.O3 > 250 || v.PM10 < v.PM25*0.8 || v.PM10 > 200 {
					t.Fatalf("%s at %v: %+v", s.ID, at, v)
				}
				a = Air{a.NO2 + v.NO2, a.O3 + v.O3, a.PM10 + v.PM10, a.PM25 + v.PM25}
				n++
			}
		}
	}
	if n == 0 {
		t.Fatalf("no air station of site %s", site)
	}
	return Air{a.NO2 / n, a.O3 / n, a.PM10 / n, a.PM25 / n}
}

func TestAirFollowsTrafficSunAndSeason(t *testing.T) {
	c := cityOf(t, 42)
	road, park := meanAir(t, c, "traffic", "2026-01", "08:00"), meanAir(t, c, "background", "2026-01", "08:00")
	night := meanAir(t, c, "traffic", "2026-01", "03:00")
	summer := meanAir(t, c, "traffic", "2026-07", "15:00")
	if road.NO2 < 1.3*park.NO2 || road.NO2 < 1.3*night.NO2 {
		t.Errorf("NO2 %.0f beside the road, %.0f in the park, %.0f at night", road.NO2, park.NO2, night.NO2)
	}
	if summer.O3 < road.O3+30 || summer.NO2 > road.NO2 {
		t.Errorf("summer afternoon %+v, winter morning %+v", summer, road)
	}
	if road.PM25 < summer.PM25*1.3 {
		t.Errorf("PM2.5 %.1f in winter, %.1f in summer", road.PM25, summer.PM25)
	}
}

func TestNoiseSleepsAtNight(t *testing.T) {
	c := cityOf(t, 42)
	for i, s := range c.Sensors {
		if s.Kind != "noise" {
			continue
		}
		var day, night float64
		for k := range 24 {
			d, n := c.NoiseAt(i, local(t, tuesday+" 16:00").Add(time.Duration(k)*5*time.Minute)), c.NoiseAt(i, local(t, tuesday+" 02:00").Add(time.Duration(k)*5*time.Minute))
			if d.LA90 > d.LAeq || d.LAeq > d.LAmax || d.LA10 < d.LAeq || n.LAeq < 25 || d.LAmax > 110 {
				t.Fatalf("%s: %+v, %+v", s.ID, d, n)
			}
			day, night = day+d.LAeq/24, night+n.LAeq/24
		}
		if day < night+4 {
			t.Errorf("%s: %.1f dB by day, %.1f at night", s.ID, day, night)
		}
	}
}

func TestWeatherStaysWithinTheClimate(t *testing.T) {
	c := cityOf(t, 42)
	var jan, jul, rainy, sum float64
	n := 0
	for h := range 365 * 12 {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(h) * 2 * time.Hour)
		w := c.Weather(at)
		if w.TemperatureC < -16 || w.TemperatureC > 39 || w.HumidityPct < 20 || w.HumidityPct > 100 || w.WindMS < 0 || w.WindMS > 24 || w.RainMMH < 0 || w.RainMMH > 25 ||
			w.PressureHPa < 985 || w.PressureHPa > 1045 || w.WindFromDeg < 0 || w.WindFromDeg >= 360 || w.SolarWM2 < 0 || w.SolarWM2 > 1000 {
			t.Fatalf("%v: %+v", at, w)
		}
		switch at.Month() {
		case time.January:
			jan += w.TemperatureC / (31 * 12)
		case time.July:
			jul += w.TemperatureC / (31 * 12)
		}
		sum += 2 * w.RainMMH
		if w.RainMMH > 0 {
			rainy++
		}
		n++
	}
	if jan < 0 || jan > 8 || jul < 15 || jul > 23 {
		t.Errorf("mean of January %.1f, of July %.1f degrees", jan, jul)
	}
	if s := rainy / float64(n); s < 0.03 || s > 0.25 {
		t.Errorf("it rains %.0f %% of the time", 100*s)
	}
	if sum < 350 || sum > 1400 {
		t.Errorf("%.0f mm of rain in a year", sum)
	}
	if w := c.Weather(local(t, "2026-06-21 02:00")); w.SolarWM2 != 0 {
		t.Errorf("the sun shines at night: %+v", w)
	}
}

func TestBusesDriveTheirLines(t *testing.T) {
	c := cityOf(t, 42)
	start := local(t, tuesday+" 07:10")
	moved, standing := 0, 0
	for i, b := range c.Buses {
		l := &c.BusLines[b.Line]
		route := planeAll(l.Shape.Coords[0][0])
		last := c.BusAt(i, start)
		for k := 1; k <= 1500; k++ {
			s := c.BusAt(i, start.Add(time.Duration(k)*time.Second))
			if !s.InService || !last.InService {
				last = s
				continue
			}
			d := plane(s.At).dist(plane(last.At))
			if d > 17 { // also where it turns round
				t.Fatalf("%s jumps %.0f m in a second at %v", b.ID, d, start.Add(time.Duration(k)*time.Second))
			}
			if _, off, _ := nearestOnLine(plane(s.At), route); off > 6 {
				t.Fatalf("%s is %.0f m off its line", b.ID, off)
			}
			if d > 0.5 {
				moved++
			} else {
				standing++
			}
			if s.SpeedMS > 17 || s.DelayS < -90 || s.DelayS > 900 || s.HeadingDeg < 0 || s.HeadingDeg > 360 {
				t.Fatalf("%s: %+v", b.ID, s)
			}
			last = s
		}
	}
	if moved < standing || standing == 0 {
		t.Errorf("%d seconds of driving, %d of standing", moved, standing)
	}
}

func TestBusesSleepAtNight(t *testing.T) {
	c := cityOf(t, 42)
	running := func(when string) int {
		n := 0
		for i := range c.Buses {
			if c.BusAt(i, local(t, when)).InService {
				n++
			}
		}
		return n
	}
	day, sun, night := running(tuesday+" 08:00"), running(sunday+" 12:00"), running(tuesday+" 03:00")
	if day < 56 || sun < 22 || sun > 40 || night < 4 || night > 16 {
		t.Errorf("%d buses run in the morning, %d on Sunday, %d at night", day, sun, night)
	}
}

func TestBusesRunLateInTheRushHour(t *testing.T) {
	c := cityOf(t, 42)
	late := func(when string) (s int) {
		for i := range c.Buses {
			s += c.BusAt(i, local(t, when)).DelayS
		}
		return s / len(c.Buses)
	}
	if rush, calm := late(tuesday+" 17:40"), late(tuesday+" 11:30"); rush < calm+25 {
		t.Errorf("mean delay %d s in the rush hour, %d s before noon", rush, calm)
	}
}

func TestAnyInstantCanBeAsked(t *testing.T) {
	c := cityOf(t, 42)
	for _, at := range []time.Time{{}, time.Unix(0, 0), time.Unix(-1, 5), time.Date(1900, 2, 28, 23, 59, 59, 999, time.UTC), time.Date(2200, 12, 31, 0, 0, 0, 1, time.UTC)} {
		c.Weather(at)
		c.BikesAt(0, at)
		c.ParkingAt(0, at)
		c.CountAt(0, at, 5)
		if s := c.BusAt(0, at); math.IsNaN(s.At.Lon) {
			t.Errorf("at %v the bus is nowhere", at)
		}
	}
}

// BenchmarkValues evaluates one value of each kind; the history of a first
// start asks for some millions.
func BenchmarkValues(b *testing.B) {
	c := cityOf(b, 42)
	start := time.Date(2026, 3, 9, 6, 0, 0, 0, time.UTC)
	for _, k := range []struct {
		name string
		run  func(i int, t time.Time)
	}{
		{"bikes", func(i int, t time.Time) { c.BikesAt(i%80, t) }},
		{"parking", func(i int, t time.Time) { c.ParkingAt(i%30, t) }},
		{"count6min", func(i int, t time.Time) { c.CountAt(i%100, t, 6) }},
		{"air", func(i int, t time.Time) { c.AirAt(i%26, t) }},
		{"noise", func(i int, t time.Time) { c.NoiseAt(26+i%22, t) }},
		{"weather", func(i int, t time.Time) { c.WeatherAt(48+i%12, t) }},
		{"bus", func(i int, t time.Time) { c.BusAt(i%60, t) }},
	} {
		b.Run(k.name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				k.run(i, start.Add(time.Duration(i)*time.Second))
				i++
			}
		})
	}
}
