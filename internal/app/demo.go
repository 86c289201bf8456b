package app

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net"
	"net/http"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/connect/mappings"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/synth"
)

// demoKeeps is how long the demo's history is kept, unless it is configured.
const demoKeeps = 30 * 24 * time.Hour

// Demo says which invented city to run.
type Demo struct {
	Seed   uint64
	Speed  float64
	Fresh  bool // begin anew
	Faults synth.Faults
}

// demo is the invented city while it runs: its plan and the server of its
// feeds, which stand for other people's machines.
type demo struct {
	a      *App
	city   *synth.City
	feeds  *synth.Feeds
	ln     net.Listener
	server *http.Server
}

// buildDemo plans the city and takes a port for its feeds.
func (a *App) buildDemo(ctx context.Context) (*demo, error) {
	began := time.Now()
	d := &demo{a: a, city: synth.Plan(a.o.Demo.Seed)}
	d.feeds = &synth.Feeds{City: d.city, Faults: a.o.Demo.Faults}
	a.log.Info("the invented city is planned", "name", d.city.Name.EN, "buildings", len(d.city.Buildings), "took", time.Since(began).Round(time.Millisecond).String())
	var err error
	if d.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("serve the demo's feeds: %w", err)
	}
	d.server = &http.Server{Handler: d.feeds.Handler(a.clock.Now), ReadHeaderTimeout: 5 * time.Second}
	a.parts.closing("demo feeds", func() error { return d.server.Close() })
	go func() {
		if err := d.server.Serve(d.ln); err != nil && err != http.ErrServerClosed {
			a.log.Error("the demo's feeds stopped", "error", err)
		}
	}()
	if err := d.loadGround(ctx); err != nil {
		return nil, err
	}
	if err := d.publishSets(ctx); err != nil {
		return nil, err
	}
	c := d.city
	return d, a.keepAbout(ctx, about{Name: c.Name.FR, TimeZone: synth.TimeZone, Centre: [2]float64{c.Centre.Lon, c.Centre.Lat}, Bounds: c.Bounds})
}

// groundKey names the record that says which plan is loaded.
func groundKey() store.Key { return store.Key{Kind: "demo", Name: "ground"} }

// begunKey names the record that says which plan was begun to be loaded.
func begunKey() store.Key { return store.Key{Kind: "demo", Name: "begun"} }

// loadGround stores what stands in the city, unless it is there already.
func (d *demo) loadGround(ctx context.Context) error {
	mark := fmt.Appendf([]byte{1}, "seed %d", d.a.o.Demo.Seed)
	for _, key := range []store.Key{groundKey(), begunKey()} {
		r, err := d.a.st.Get(ctx, key)
		switch {
		case problem.Is(err, problem.ResourceNotFound):
		case err != nil:
			return fmt.Errorf("read which city the folder holds: %w", err)
		case string(r.Value) != string(mark):
			return fmt.Errorf("the folder %s holds the demo with %s; start it with that --seed, or begin anew with --fresh", d.a.cfg.Store.Dir, r.Value[min(1, len(r.Value)):])
		case key == groundKey():
			return nil
		}
	}
	// Written first, so that a start that is broken off is not continued with
	// another city.
	if err := d.a.st.Write(ctx, []store.RecordWrite{{Key: begunKey(), Value: mark, Any: true}}); err != nil {
		return fmt.Errorf("begin the city: %w", err)
	}
	began, n := time.Now(), 0
	c := broker.Call{Origin: store.Origin{Source: "demo-plan"}}
	batch := make([]entity.Fragment, 0, 1000)
	flush := func() error {
		out, err := d.a.broker.Ingest(ctx, c, batch)
		if err != nil {
			return err
		}
		for _, o := range out {
			if o.Err != nil {
				return fmt.Errorf("load %s: %w", o.ID, o.Err)
			}
		}
		n += len(batch)
		batch = batch[:0]
		return nil
	}
	for f := range things(d.city) {
		if batch = append(batch, f); len(batch) == cap(batch) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	d.a.log.Info("the city's ground is stored", "entities", n, "took", time.Since(began).Round(time.Millisecond).String())
	return d.a.st.Write(ctx, []store.RecordWrite{{Key: groundKey(), Value: mark, Any: true}})
}

// things gives all that is known of the city before its feeds run: the ground
// and the register of devices.
func things(c *synth.City) iter.Seq[entity.Fragment] {
	return func(yield func(entity.Fragment) bool) {
		for _, part := range []iter.Seq[entity.Fragment]{Ground(c), devices(c)} {
			for f := range part {
				if !yield(f) {
					return
				}
			}
		}
	}
}

// devices is the operator's register: names and places of sensors, which many
// messages lack.
func devices(c *synth.City) iter.Seq[entity.Fragment] {
	types := map[string]string{"air": "AirQualityObserved", "noise": "NoiseLevelObserved", "weather": "WeatherObserved"}
	return func(yield func(entity.Fragment) bool) {
		for _, s := range c.Sensors {
			if !yield(thing(types[s.Kind], "", s.ID).named(s.Name).at(point(s.At)).done()) {
				return
			}
		}
	}
}

// mappings gives the mapping files of the city's feeds.
func (d *demo) mappings() (map[string][]byte, error) {
	return mappings.City("http://"+d.ln.Addr().String(), d.city.Bounds)
}

// publishSets publishes the city's datasets, those that were never there, and
// those that a demo described and was killed before it published: what a
// steward changed or withdrew stays as it is.
func (d *demo) publishSets(ctx context.Context) error {
	n := d.city.Name
	call := broker.Call{Origin: store.Origin{Source: "demo-plan"}}
	for _, set := range catalogue.DemoDatasets(map[string]string{"fr": n.FR, "nl": n.NL, "en": n.EN}) {
		have, err := d.a.sets.Get(ctx, call.Space, set.Slug)
		switch {
		case problem.Is(err, problem.ResourceNotFound):
			if err := d.a.sets.Put(ctx, call, set); err != nil {
				return fmt.Errorf("describe the demo's datasets: %w", err)
			}
		case err != nil:
			return err
		case have.State != catalogue.Draft || !maps.Equal(have.Title, set.Title):
			continue
		}
		if err := d.a.sets.Publish(ctx, call, set.Slug); err != nil {
			return fmt.Errorf("publish the demo's datasets: %w", err)
		}
	}
	return nil
}
