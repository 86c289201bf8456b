// Package tiles serves the map's ground as Mapbox Vector Tiles, drawn from the
// entities as they are now: whoever deletes a building finds it gone from the
// next tile. The source-layers are those of the Protomaps basemap schema,
// version 4, and a few more; /tiles.json (TileJSON 3.0) describes them.
//
// What moves or changes by the minute is not in the tiles; package live sends
// it. Encoded tiles are kept in a bounded cache that follows the change log: a
// tile is never older than the log was when it was asked for. A caller who may
// not see everything gets tiles of what may be seen.
package tiles

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// MediaType is that of a tile.
const MediaType = "application/vnd.mapbox-vector-tile"

const (
	// MaxZoom is the deepest zoom that has tiles; a map shows them larger
	// beyond it.
	MaxZoom = 15
	// MaxHouses is the greatest number of buildings in a tile: the largest
	// and the landmarks stay. A map in software can draw no more.
	MaxHouses = 3000
	// MaxTrees is the same for trees.
	MaxTrees = 2500
)

// walker is the broker.
type walker interface {
	Walk(ctx context.Context, c broker.Call, q *query.Query, after entity.Number, yield func(*entity.Entity) bool) error
}

// City is what the map says of the whole.
type City struct {
	Name      string
	Centre    geo.Point
	Bounds    geo.Rect
	Synthetic bool
}

// Options are the settings of an API.
type Options struct {
	Broker walker
	// Log is followed to know which kept tiles are out of date; without it no
	// tile is kept.
	Log store.Log
	// Call says on whose behalf a request asks: tenant and restriction.
	Call func(r *http.Request) (broker.Call, error)
	// City tells the city's name and place.
	City func(ctx context.Context) (City, error)
	// Now is the city's clock.
	Now func() entity.Instant
	// CacheBytes bounds the tiles kept; 0 means 64 MiB.
	CacheBytes int64
	// Builders bounds how many tiles are drawn at once; 0 means 2.
	Builders int
}

// API draws and serves tiles. Use New. It is safe for use by many goroutines.
type API struct {
	o       Options
	terms   terms
	sources []source
	drawn   map[entity.Name]bool
	cache   *cache
	turns   chan struct{}
}

// New makes an API.
func New(o Options) *API {
	if o.CacheBytes == 0 {
		o.CacheBytes = 64 << 20
	}
	if o.Builders == 0 {
		o.Builders = 2
	}
	a := &API{o: o, terms: newTerms(), sources: sources(), drawn: map[entity.Name]bool{}, turns: make(chan struct{}, o.Builders)}
	for _, s := range a.sources {
		a.drawn[s.typ] = true
	}
	if o.Log != nil {
		a.cache = newCache(o.Log, o.CacheBytes, a.touches)
	}
	return a
}

// Routes gives the addresses of the tiles and of their description.
func (a *API) Routes() []httpx.Route {
	return []httpx.Route{
		{Method: http.MethodGet, Pattern: "/tiles/{z}/{x}/{y}", Rule: access.PublicDataset, Name: "tile", Group: "Map",
			Summary: "A vector tile of the map's ground: /tiles/{z}/{x}/{y}.mvt", Handle: a.serveTile},
		{Method: http.MethodGet, Pattern: "/tiles.json", Rule: access.PublicDataset, Name: "tilejson", Group: "Map",
			Summary: "TileJSON: the tiles' address and source-layers", Handle: a.serveTileJSON},
	}
}

// Run keeps the cache near the log's head while nobody asks, so that the next
// request need not catch up. Without it everything works too.
func (a *API) Run(ctx context.Context) error {
	if a.cache == nil {
		<-ctx.Done()
		return nil
	}
	return a.cache.run(ctx)
}

// serveTile answers GET /tiles/{z}/{x}/{y}.mvt.
//
// Errors: problem.InvalidRequest; problem.ResourceNotFound for an address that
// no tile has.
func (a *API) serveTile(w http.ResponseWriter, r *http.Request) error {
	at, err := parseAddress(r)
	if err != nil {
		return err
	}
	params, err := httpx.Params(r)
	if err != nil {
		return err
	}
	if err := httpx.OnlyParams(params); err != nil {
		return err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	t, err := a.tile(r.Context(), call, audienceOf(r, call), at)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	if httpx.NotModified(w, r, t.tag) {
		return nil
	}
	return httpx.WriteBody(w, http.StatusOK, MediaType, t.body)
}

// address is the place of a tile in the XYZ scheme.
type address struct{ z, x, y uint32 }

func parseAddress(r *http.Request) (address, error) {
	var at address
	y, ok := strings.CutSuffix(r.PathValue("y"), ".mvt")
	if !ok {
		return at, problem.New(problem.ResourceNotFound, "a tile's address ends in .mvt, such as /tiles/14/8339/5516.mvt")
	}
	for _, p := range []struct {
		name, text string
		into       *uint32
	}{{"z", r.PathValue("z"), &at.z}, {"x", r.PathValue("x"), &at.x}, {"y", y, &at.y}} {
		n, err := strconv.ParseUint(p.text, 10, 31)
		if err != nil || strings.HasPrefix(p.text, "+") || len(p.text) > 1 && p.text[0] == '0' {
			return at, problem.New(problem.InvalidRequest, "%s in the tile's address must be a whole number, not %.20q", p.name, p.text)
		}
		*p.into = uint32(n)
	}
	if at.z > MaxZoom {
		return at, problem.New(problem.ResourceNotFound, "there are tiles down to zoom %d; show those larger beyond it", MaxZoom)
	}
	if at.x >= 1<<at.z || at.y >= 1<<at.z {
		return at, problem.New(problem.ResourceNotFound, "zoom %d has tiles from 0 to %d both ways, not %d/%d", at.z, 1<<at.z-1, at.x, at.y)
	}
	return at, nil
}

// audience says for whom a kept tile may be used again.
type audience uint8

const (
	nobodyElse audience = iota // drawn for one caller's rights; never kept
	everything                 // for those who may see all
	public                     // for those who are not known
)

func audienceOf(r *http.Request, c broker.Call) audience {
	switch {
	case c.Access == nil:
		return everything
	case !access.From(r.Context()).Known():
		return public
	}
	return nobodyElse
}

// drawnTile is an encoded tile with its entity tag.
type drawnTile struct {
	body []byte
	tag  string
}

// tile gives the tile from the cache, or draws it.
func (a *API) tile(ctx context.Context, c broker.Call, who audience, at address) (drawnTile, error) {
	if a.cache == nil || who == nobodyElse || c.Moment != (store.Moment{}) {
		return a.draw(ctx, c, at)
	}
	k := key{space: c.Space, who: who, at: at}
	return a.cache.get(ctx, k, a.o.Now(), func() (drawnTile, error) { return a.draw(ctx, c, at) })
}

// draw makes the tile from the store, when it is its turn.
func (a *API) draw(ctx context.Context, c broker.Call, at address) (drawnTile, error) {
	select {
	case a.turns <- struct{}{}:
		defer func() { <-a.turns }()
	case <-ctx.Done():
		return drawnTile{}, problem.Wrap(problem.Unavailable, ctx.Err(), "too many tiles are asked for at once; try again")
	}
	p := newPainter(a, at)
	if err := a.paint(ctx, c, p); err != nil {
		return drawnTile{}, fmt.Errorf("draw tile %d/%d/%d: %w", at.z, at.x, at.y, err)
	}
	body := p.b.Bytes()
	h := fnv.New64a()
	h.Write(body)
	return drawnTile{body: body, tag: strconv.FormatUint(h.Sum64(), 36)}, nil
}

func (a *API) paint(ctx context.Context, c broker.Call, p *painter) error {
	p.earth()
	if a.o.City != nil && p.at.z >= cityZoom {
		city, err := a.o.City(ctx)
		if err != nil {
			return err
		}
		p.city(city)
	}
	byType := map[entity.Name]source{}
	var types []entity.Name
	for _, s := range a.sources {
		if p.at.z >= s.minZoom {
			types = append(types, s.typ)
			byType[s.typ] = s
		}
	}
	if len(types) == 0 {
		return nil
	}
	in, err := geo.Meets(p.b.Bounds())
	if err != nil {
		return err
	}
	q := &query.Query{Types: query.AnyType(types...), Geo: &query.Geo{Property: a.terms.location, Predicate: in}, Wanted: a.terms.all()}
	err = a.o.Broker.Walk(ctx, c, q, 0, func(e *entity.Entity) bool {
		for _, t := range e.Types {
			if s, ok := byType[t]; ok {
				if g, ok := where(e, a.terms.location); ok {
					s.draw(p, e, g)
				}
				break
			}
		}
		return ctx.Err() == nil
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	p.finish()
	return nil
}

// where gives an entity's geometry.
func where(e *entity.Entity, property entity.Name) (geo.Geometry, bool) {
	i, ok := e.Attr(property, "")
	if !ok {
		return geo.Geometry{}, false
	}
	return query.GeometryOf(i)
}
