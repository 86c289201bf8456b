package synth

import (
	"math"
	"time"
)

// Count is what a counter saw in an interval. Speed is -1 when nothing passed.
type Count struct {
	Start, End time.Time
	Cars       int // passenger cars and vans
	Heavy      int // lorries and buses
	Motorbikes int
	Bicycles   int
	SpeedKmh   float64 // mean of the motor vehicles
	Occupancy  float64 // per cent of the time that the detector is covered
}

// Vehicles are all motor vehicles.
func (c Count) Vehicles() int { return c.Cars + c.Heavy + c.Motorbikes }

// The shares of a day's traffic by hour. Into town the morning peak is the
// higher one, out of town the evening's.
var (
	flowIn  = hourly{.006, .004, .003, .003, .006, .019, .048, .086, .092, .066, .054, .052, .053, .054, .054, .056, .060, .064, .058, .046, .036, .028, .021, .012}
	flowOut = hourly{.007, .004, .003, .003, .004, .010, .026, .050, .056, .047, .046, .049, .055, .055, .058, .070, .090, .104, .088, .058, .041, .033, .025, .015}
	flowSat = hourly{.014, .009, .007, .005, .005, .009, .018, .030, .043, .056, .067, .073, .071, .068, .070, .072, .071, .069, .063, .054, .042, .034, .029, .022}
	flowSun = hourly{.020, .014, .011, .008, .006, .008, .012, .019, .029, .044, .057, .066, .068, .063, .066, .071, .075, .078, .074, .062, .050, .040, .031, .020}
	// lorries and buses run by day and little at the weekend
	heavyDay = hourly{.008, .007, .008, .011, .019, .036, .058, .068, .068, .070, .072, .070, .064, .066, .067, .066, .060, .050, .039, .030, .022, .017, .013, .011}
	bikeDay  = hourly{.004, .002, .002, .002, .003, .010, .040, .110, .125, .055, .036, .036, .048, .046, .042, .052, .088, .118, .080, .040, .026, .018, .011, .006}
	bikeFree = hourly{.010, .007, .005, .003, .003, .005, .010, .018, .030, .050, .072, .088, .086, .084, .096, .104, .098, .084, .060, .040, .026, .018, .012, .009}
)

// dayVolume is a day's traffic as a share of a usual working day's: less at the
// weekend, in summer and at Christmas.
func (m moment) dayVolume() float64 {
	f := 1 - 0.13*bump(m.season, 0.585, 0.11) - 0.10*bump(m.season, 0.985, 0.03)
	f *= [...]float64{0.97, 1, 1.01, 1.02, 1.07, 0.84, 0.64}[m.week]
	if m.free && m.week != 6 {
		f *= 0.66
	}
	return f
}

// rates are vehicles an hour at a counter, before chance.
type rates struct{ motor, heavy, bikes, jam float64 }

func (c *City) ratesAt(k *Counter, id uint64, m moment, dampens float64) rates {
	var r rates
	in := (k.inbound + 1) / 2
	var share float64
	switch m.dayKind() {
	case 0:
		share = in*flowIn.at(m.sod)/flowIn.sum() + (1-in)*flowOut.at(m.sod)/flowOut.sum()
	case 1:
		share = flowSat.at(m.sod) / flowSat.sum()
	default:
		share = flowSun.at(m.sod) / flowSun.sum()
	}
	total := k.volume * m.dayVolume()
	spell := 1 + 0.05*wave(c.Seed, id, m.unix/(5*hour)) + 0.05*wave(c.Seed, id+1000, m.unix/900)
	r.motor = total * share * spell * (1 + 0.05*(1-dampens))
	lorry := 0.055
	if m.dayKind() > 0 {
		lorry = 0.018
	}
	r.heavy = k.volume * lorry * heavyDay.at(m.sod) / heavyDay.sum()
	bd := &bikeDay
	f := 1.0
	if m.dayKind() > 0 {
		bd, f = &bikeFree, 0.7
	}
	r.bikes = k.bikes * f * (0.62 + 0.38*math.Sin(math.Pi*m.season)) * bd.at(m.sod) / bd.sum() * dampens
	// a works site or an accident on some day, for an hour or two
	if h := hash3(c.Seed, id+2000, uint64(m.day)); h%41 == 0 {
		top := (7 + 11*unit(mix(h))) * hour
		r.jam = bump(m.sod, top, 3600+3600*unit(mix(h+1)))
	}
	return r
}

// minuteSum adds up the minutes of an interval, each with its own chance, so
// that a count of five minutes is the sum of the five counts of one minute.
func (c *City) minuteSum(i int, end int64, minutes int) Count {
	k := &c.Counters[i]
	id := uint64(i) + 7000
	m := at(time.Unix(end-int64(minutes)*30, 0))
	r := c.ratesAt(k, id, m, c.weather(m).dampens())
	flow := min(r.motor, k.CapacityVeh*1.02) * (1 - 0.5*r.jam)
	heavyShare := min(0.5, r.heavy/max(1, r.motor))
	out := Count{Start: time.Unix(end-int64(minutes)*60, 0).UTC(), End: time.Unix(end, 0).UTC()}
	for j := range minutes {
		h := hash3(c.Seed, id+4000, uint64(end/60-int64(j)))
		n := chance(flow/60, h)
		hv := chance(flow/60*heavyShare, mix(h+1))
		hv = min(n, hv)
		mb := min(n-hv, chance(flow/60*0.017, mix(h+2)))
		out.Cars += n - hv - mb
		out.Heavy += hv
		out.Motorbikes += mb
		out.Bicycles += chance(r.bikes/60, mix(h+3))
	}
	n := out.Vehicles()
	out.SpeedKmh = -1
	if n > 0 {
		x := r.motor / k.CapacityVeh
		v := k.FreeKmh / (1 + 0.42*math.Pow(min(x, 1.35), 4)) * (1 - 0.72*r.jam)
		v += 1.6 * bell(hash3(c.Seed, id+6000, uint64(end/60))) * min(2, 2/math.Sqrt(float64(n))+0.4)
		out.SpeedKmh = math.Round(max(4, v))
		perLane := float64(n) / float64(minutes) * 60 / float64(k.Lanes)
		out.Occupancy = round1(min(98, perLane/out.SpeedKmh*0.0065*100))
	}
	return out
}

// chance draws a whole number near mean, scattered as independent arrivals are.
func chance(mean float64, h uint64) int {
	if mean <= 0 {
		return 0
	}
	if mean < 12 { // sum of the probabilities of 0, 1, 2, ...
		u, p := unit(h), math.Exp(-mean)
		n := 0
		for sum := p; u > sum && n < 60; sum += p {
			n++
			p *= mean / float64(n)
		}
		return n
	}
	return max(0, int(math.Round(mean+math.Sqrt(mean)*bell(h))))
}

// CountAt is what a counter (index into Counters) saw in the last full interval
// of so many minutes before t; intervals begin at full multiples of UTC.
func (c *City) CountAt(i int, t time.Time, minutes int) Count {
	step := int64(minutes) * 60
	end := t.Unix()
	return c.minuteSum(i, end-((end%step)+step)%step, minutes)
}

// bustle is the traffic of the whole city, 0 to about 1.
func (m moment) bustle() float64 {
	var s float64
	switch m.dayKind() {
	case 0:
		s = 0.5*flowIn.at(m.sod)/flowIn.sum() + 0.5*flowOut.at(m.sod)/flowOut.sum()
	case 1:
		s = flowSat.at(m.sod) / flowSat.sum()
	default:
		s = flowSun.at(m.sod) / flowSun.sum()
	}
	return min(1.2, s*m.dayVolume()/0.078)
}
