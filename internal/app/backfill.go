package app

import (
	"context"
	"fmt"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/synth"
	"github.com/beffroi/beffroi/internal/vocab"
)

// backfillDays is how far back the demo's history goes at the most.
const backfillDays = 7

// track is the history of one thing that a source reports.
type track struct {
	id     entity.ID
	typ    entity.Name
	source string
	step   time.Duration
	attrs  []trackAttr
	// at gives the values at t in the order of attrs, NaN-free.
	at func(t time.Time, out []float64)
}

type trackAttr struct {
	name     entity.Name
	unit     string
	decimals int
}

// backfill gives the things that the city's sources report a past: a week at
// the first start, the time in which nobody watched at a later one, and what an
// earlier start was stopped in. It begins with the last day, which is what
// people look at first. A past that cannot be written is no reason to stop: it
// is told, and the next start goes on with it.
func (d *demo) backfill(ctx context.Context) error {
	began := time.Now()
	var points atomic.Int64
	from, err := d.fillGaps(ctx, &points)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		d.a.log.Error("the city's past is not complete; the next start goes on with it", "error", err)
	case points.Load() > 0:
		debug.FreeOSMemory() // a week's writing needed more than a city's day does
		d.a.log.Info("the city has a past", "from", from.UTC().Format(time.RFC3339), "points", points.Load(), "took", time.Since(began).Round(time.Millisecond).String())
	}
	return nil
}

// fillGaps fills what is missing, a day at a time, the newest first, and tells
// how far back it went.
func (d *demo) fillGaps(ctx context.Context, points *atomic.Int64) (oldest time.Time, err error) {
	now := d.a.clock.Now()
	gs, err := gaps(ctx, d.a.st, d.a.lastUsed, now.AddDate(0, 0, -backfillDays), now)
	if err != nil {
		return oldest, err
	}
	if err := keepGaps(ctx, d.a.st, gs); err != nil {
		return oldest, err
	}
	tracks := d.tracks()
	for len(gs) > 0 && ctx.Err() == nil {
		g := &gs[len(gs)-1]
		oldest = g.to.Add(-24 * time.Hour)
		if oldest.Before(g.from) {
			oldest = g.from
		}
		if err := d.fill(ctx, tracks, gap{oldest, g.to, g.resumed}, points); err != nil || ctx.Err() != nil {
			return oldest, err
		}
		if g.to, g.resumed = oldest, false; !g.from.Before(g.to) {
			gs = gs[:len(gs)-1]
		}
		if err := keepGaps(ctx, d.a.st, gs); err != nil {
			return oldest, err
		}
	}
	return oldest, nil
}

// fill gives every track its points in the gap; in one that is resumed, those
// tracks that have none yet.
func (d *demo) fill(ctx context.Context, tracks []track, g gap, points *atomic.Int64) error {
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	work := make(chan *track)
	for range 2 {
		wg.Go(func() {
			for t := range work {
				if failed.Load() != nil {
					continue
				}
				n, err := d.fillTrack(ctx, t, g)
				if err != nil {
					err = fmt.Errorf("give %s a past: %w", t.id, err)
					failed.Store(&err)
				}
				points.Add(int64(n))
			}
		})
	}
	for i := range tracks {
		if ctx.Err() != nil {
			break
		}
		work <- &tracks[i]
	}
	close(work)
	wg.Wait()
	if err := failed.Load(); err != nil && ctx.Err() == nil {
		return *err
	}
	return nil
}

// fillTrack gives one track its points, in one commit, and tells how many.
func (d *demo) fillTrack(ctx context.Context, t *track, g gap) (int, error) {
	f := t.fragment(g.from, g.to)
	if len(f.Attrs) == 0 {
		return 0, nil
	}
	call := broker.Call{Origin: store.Origin{Source: t.source}}
	if first := f.Attrs[0].ObservedAt; g.resumed {
		ev, err := d.a.broker.History(ctx, call, t.id, store.Window{From: first, To: first + 1, Names: []entity.Name{t.attrs[0].name}, Limit: 1})
		if err == nil && len(ev.Series) > 0 && len(ev.Series[0].Points) > 0 {
			return 0, nil
		}
		if err != nil && !problem.Is(err, problem.ResourceNotFound) {
			return 0, err
		}
	}
	out, err := d.a.broker.AddHistory(ctx, call, []entity.Fragment{f}, false)
	if err != nil {
		return 0, err
	}
	return len(f.Attrs), out[0].Err
}

// fragment gives the points of a track in [from, to).
func (t *track) fragment(from, to time.Time) entity.Fragment {
	f := entity.Fragment{ID: t.id, Types: []entity.Name{t.typ}}
	out := make([]float64, len(t.attrs))
	n := int(to.Sub(from)/t.step) + 1
	f.Attrs = make([]entity.Instance, 0, n*len(t.attrs))
	for at := from.Truncate(t.step).Add(t.step); at.Before(to); at = at.Add(t.step) {
		t.at(at, out)
		for k, a := range t.attrs {
			f.Attrs = append(f.Attrs, entity.Instance{Name: a.name, Kind: entity.Property, Unit: a.unit, ObservedAt: entity.Instant(at.UnixMicro()),
				Value: strconv.AppendFloat(make([]byte, 0, 8), round(out[k], a.decimals), 'f', -1, 64)})
		}
	}
	return f
}

func round(x float64, decimals int) float64 {
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return x
	}
	return v
}

func attr(name, unit string, decimals int) trackAttr {
	return trackAttr{vocab.Term(name), unit, decimals}
}

// tracks lists what has a past, under the ids and in the units of the mapping
// files of the sources.
func (d *demo) tracks() []track {
	c := d.city
	var out []track
	add := func(typ, id, source string, step time.Duration, at func(time.Time, []float64), attrs ...trackAttr) {
		out = append(out, track{id: entity.ID("urn:ngsi-ld:" + typ + ":" + id), typ: vocab.Term(typ), source: source, step: step, attrs: attrs, at: at})
	}
	for i := range c.BikeStations {
		add("BikeHireDockingStation", synth.SystemID+":"+c.BikeStations[i].ID, "bikes", 5*time.Minute, func(t time.Time, v []float64) {
			s := c.BikesAt(i, t)
			v[0], v[1] = float64(s.Bikes), float64(s.Docks)
		}, attr("availableBikeNumber", "", 0), attr("freeSlotNumber", "", 0))
	}
	for i := range c.CarParks {
		add("OffStreetParking", c.CarParks[i].ID, "car-parks", 5*time.Minute, func(t time.Time, v []float64) {
			s := c.ParkingAt(i, t)
			v[0], v[1] = float64(s.Free), float64(s.Occupied)
		}, attr("availableSpotNumber", "", 0), attr("occupiedSpotNumber", "", 0))
	}
	for i := range c.Counters {
		add("TrafficFlowObserved", c.Counters[i].ID, "counters", synth.CounterMinutes*time.Minute, func(t time.Time, v []float64) {
			s := c.CountAt(i, t.Add(-time.Second), synth.CounterMinutes) // the interval that ends at t
			v[0], v[1], v[2] = float64(s.Vehicles()), max(0, s.SpeedKmh), min(100, s.Occupancy)/100
		}, attr("intensity", "", 0), attr("averageVehicleSpeed", "KMH", 1), attr("occupancy", "", 4))
	}
	for i, s := range c.Sensors {
		switch s.Kind {
		case "air":
			add("AirQualityObserved", s.ID, "air", 10*time.Minute, func(t time.Time, v []float64) {
				a := c.AirAt(i, t)
				v[0], v[1], v[2], v[3] = a.NO2, a.O3, a.PM10, a.PM25
			}, attr("no2", "GQ", 1), attr("o3", "GQ", 1), attr("pm10", "GQ", 1), attr("pm25", "GQ", 1))
		case "noise":
			add("NoiseLevelObserved", s.ID, "noise", 10*time.Minute, func(t time.Time, v []float64) {
				n := c.NoiseAt(i, t)
				v[0], v[1] = n.LAeq, n.LAmax
			}, attr("LAeq", "2N", 1), attr("LAmax", "2N", 1))
		case "weather":
			add("WeatherObserved", s.ID, "weather", 10*time.Minute, func(t time.Time, v []float64) {
				w := c.WeatherAt(i, t)
				v[0], v[1], v[2], v[3], v[4] = w.TemperatureC, w.HumidityPct/100, w.WindMS, float64(w.WindFromDeg), w.RainMMH
			}, attr("temperature", "CEL", 1), attr("relativeHumidity", "", 2), attr("windSpeed", "MTS", 1), attr("windDirection", "DD", 0), attr("precipitation", "H67", 1))
		}
	}
	return out
}
