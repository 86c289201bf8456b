package app

import (
	"cmp"
	"context"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/portal"
	"github.com/beffroi/beffroi/internal/api/tiles"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/vocab"
)

// about is what a folder says of its city; the demo writes it, the
// configuration stands over it.
type about struct {
	Name     string     `json:"name"`
	TimeZone string     `json:"timeZone"`
	Centre   [2]float64 `json:"centre"`
	Bounds   [4]float64 `json:"bounds"`
}

// aboutKey holds it: a version byte, then JSON.
func aboutKey() store.Key { return store.Key{Kind: "about", Name: "city"} }

func (a *App) keepAbout(ctx context.Context, ab about) error {
	b, err := json.Marshal(ab)
	if err != nil {
		return fmt.Errorf("keep what the city is: %w", err)
	}
	return a.st.Write(ctx, []store.RecordWrite{{Key: aboutKey(), Value: append([]byte{1}, b...), Any: true}})
}

// about puts together what the pages say of the city: from the configuration,
// the folder, and, for the view, the data.
func (a *App) about(ctx context.Context) (portal.City, error) {
	var ab about
	r, err := a.st.Get(ctx, aboutKey())
	switch {
	case problem.Is(err, problem.ResourceNotFound):
	case err != nil:
		return portal.City{}, err
	case len(r.Value) > 0 && r.Value[0] == 1:
		if err := json.Unmarshal(r.Value[1:], &ab); err != nil {
			return portal.City{}, fmt.Errorf("read what the city is: %w", err)
		}
	}
	cfg := a.cfg.City
	c := portal.City{Name: cmp.Or(cfg.Name, ab.Name, "beffroi"), TimeZone: cmp.Or(ab.TimeZone, cfg.TimeZone), Centre: ab.Centre, Bounds: ab.Bounds,
		Synthetic: a.st.Header().Synthetic, Speed: a.clock.Speed(), Version: a.o.Version}
	if len(cfg.Bounds) == 4 {
		c.Bounds = [4]float64(cfg.Bounds)
		c.Centre = [2]float64{(c.Bounds[0] + c.Bounds[2]) / 2, (c.Bounds[1] + c.Bounds[3]) / 2}
	}
	if len(cfg.Centre) == 2 {
		c.Centre = [2]float64(cfg.Centre)
	}
	if c.Bounds == ([4]float64{}) {
		if err := a.findBounds(ctx, &c); err != nil {
			return c, err
		}
	}
	return c, nil
}

// findBounds looks at some of what the caller may see: the extent of what is
// private would tell where it is. With nothing there the map begins with Europe.
func (a *App) findBounds(ctx context.Context, c *portal.City) error {
	rights, err := a.policy.Restriction(ctx, store.Space{}, access.From(ctx))
	if err != nil {
		return err
	}
	box, n := geo.EmptyRect(), 0
	err = a.broker.Walk(ctx, broker.Call{Access: rights}, &query.Query{Attrs: []entity.Name{vocab.Location}, Wanted: []entity.Name{vocab.Location}}, 0, func(e *entity.Entity) bool {
		if i, ok := e.Attr(vocab.Location, ""); ok {
			if g, ok := query.GeometryOf(i); ok {
				box = box.Union(g.Bounds())
				n++
			}
		}
		return n < 2000
	})
	if err != nil {
		return err
	}
	if n == 0 {
		box = geo.Rect{West: -10, South: 36, East: 30, North: 60}
	}
	c.Bounds = [4]float64{box.West, box.South, box.East, box.North}
	if c.Centre == ([2]float64{}) {
		m := box.Center()
		c.Centre = [2]float64{m.Lon, m.Lat}
	}
	return nil
}

// mapped is what the map's tiles say of the city.
func (a *App) mapped(ctx context.Context) (tiles.City, error) {
	c, err := a.about(ctx)
	return tiles.City{Name: c.Name, Centre: geo.Point{Lon: c.Centre[0], Lat: c.Centre[1]}, Synthetic: c.Synthetic,
		Bounds: geo.Rect{West: c.Bounds[0], South: c.Bounds[1], East: c.Bounds[2], North: c.Bounds[3]}}, err
}
