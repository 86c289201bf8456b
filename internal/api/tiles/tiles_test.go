package tiles

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/paulmach/orb/encoding/mvt/vectortile"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/httpx/accesstest"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/vocab"
)

// counting counts how often tiles are drawn from the broker, and can stop
// there.
type counting struct {
	*broker.Broker
	walks atomic.Int64
	pause func()
}

func (c *counting) Walk(ctx context.Context, call broker.Call, q *query.Query, after entity.Number, yield func(*entity.Entity) bool) error {
	c.walks.Add(1)
	err := c.Broker.Walk(ctx, call, q, after, yield)
	if c.pause != nil {
		c.pause()
	}
	return err
}

// city is a store with tiles on it and a broker to change it.
type city struct {
	t      *testing.T
	b      *counting
	api    *API
	mux    *httpx.Mux
	access *query.Access
	now    entity.Instant
}

func newCity(t *testing.T) *city {
	c := &city{t: t, now: 1_780_000_000_000_000}
	st := memstore.New(memstore.Options{KeepLog: 300, Clock: func() time.Time { return c.now.Time() }})
	now := func() entity.Instant { return c.now }
	c.b = &counting{Broker: broker.New(st, broker.Options{Now: now})}
	c.api = New(Options{Broker: c.b, Log: st, Now: now,
		Call: func(r *http.Request) (broker.Call, error) {
			return broker.Call{Space: store.Space{Tenant: r.Header.Get("NGSILD-Tenant")}, Access: c.access}, nil
		},
		City: func(context.Context) (City, error) {
			return City{Name: "Clairebeke", Centre: geo.Point{Lon: 3.22, Lat: 50.62}, Bounds: geo.Rect{West: 3.1, South: 50.5, East: 3.3, North: 50.7}, Synthetic: true}, nil
		}})
	var err error
	if c.mux, err = httpx.New(httpx.Options{}, c.api.Routes()...); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *city) get(path string, header ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.mux.ServeHTTP(w, r)
	return w
}

type feature struct {
	id    uint64
	kind  vectortile.Tile_GeomType
	props map[string]any
}

// tile reads a tile into its layers.
func (c *city) tile(path string, header ...string) map[string][]feature {
	c.t.Helper()
	w := c.get(path, header...)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != MediaType {
		c.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	var v vectortile.Tile
	if err := v.Unmarshal(w.Body.Bytes()); err != nil {
		c.t.Fatalf("%s: %v", path, err)
	}
	out := map[string][]feature{}
	for _, l := range v.Layers {
		for _, f := range l.Features {
			d := feature{id: f.GetId(), kind: f.GetType(), props: map[string]any{}}
			for i := 0; i < len(f.Tags); i += 2 {
				switch x := l.Values[f.Tags[i+1]]; {
				case x.StringValue != nil:
					d.props[l.Keys[f.Tags[i]]] = *x.StringValue
				case x.FloatValue != nil:
					d.props[l.Keys[f.Tags[i]]] = float64(*x.FloatValue)
				case x.DoubleValue != nil:
					d.props[l.Keys[f.Tags[i]]] = *x.DoubleValue
				}
			}
			out[l.GetName()] = append(out[l.GetName()], d)
		}
	}
	return out
}

func property(name, raw string) entity.Instance {
	return entity.Instance{Name: vocab.Term(name), Kind: entity.Property, Value: []byte(raw)}
}

func named(fr, nl, en string) entity.Instance {
	return entity.Instance{Name: vocab.Term("name"), Kind: entity.LanguageProperty, Value: fmt.Appendf(nil, `{"fr":%q,"nl":%q,"en":%q}`, fr, nl, en)}
}

func (c *city) put(typ, id, geojson string, attrs ...entity.Instance) entity.ID {
	c.t.Helper()
	f := entity.Fragment{ID: entity.ID("urn:ngsi-ld:" + typ + ":" + id), Types: []entity.Name{vocab.Term(typ)},
		Attrs: append(attrs, entity.Instance{Name: vocab.Location, Kind: entity.GeoProperty, Value: []byte(geojson)})}
	out, err := c.b.UpsertMany(c.t.Context(), broker.Call{}, []entity.Fragment{f}, broker.UpsertUpdate)
	if err != nil || out[0].Err != nil {
		c.t.Fatal(err, out)
	}
	return f.ID
}

func square(lon, lat, side float64) string {
	return fmt.Sprintf(`{"type":"Polygon","coordinates":[[[%[1]g,%[2]g],[%[3]g,%[2]g],[%[3]g,%[4]g],[%[1]g,%[4]g],[%[1]g,%[2]g]]]}`, lon, lat, lon+side, lat+side)
}

func addressOf(z int, lon, lat float64) string {
	n := math.Ldexp(1, z)
	x := math.Floor((lon + 180) / 360 * n)
	y := math.Floor((0.5 - math.Asinh(math.Tan(lat*math.Pi/180))/(2*math.Pi)) * n)
	return fmt.Sprintf("/tiles/%d/%.0f/%.0f.mvt", z, x, y)
}

// here is a place in the middle of its tiles of zooms 13 to 15.
const lon, lat = 3.2205, 50.6195

func TestSourceLayers(t *testing.T) {
	c := newCity(t)
	c.put("Building", "b1", square(lon, lat, 1e-4), property("kind", `"house"`), property("height", "12.5"), property("levelMin", "3"))
	c.put("Building", "b2", square(lon+2e-4, lat, 1e-4), property("kind", `"belfry"`), property("height", "88"), property("landmark", `"belfry"`))
	c.put("Road", "r1", fmt.Sprintf(`{"type":"LineString","coordinates":[[%g,%g],[%g,%g]]}`, lon, lat, lon+3e-3, lat), property("roadClass", `"main"`), property("kind", `"ring"`), named("Boulevard du Lin", "Vlaslei", "Boulevard du Lin"))
	c.put("Road", "r2", fmt.Sprintf(`{"type":"LineString","coordinates":[[%g,%g],[%g,%g]]}`, lon, lat, lon, lat+2e-3), property("roadClass", `"path"`), property("kind", `"footway"`))
	c.put("Railway", "w1", fmt.Sprintf(`{"type":"LineString","coordinates":[[%g,%g],[%g,%g]]}`, lon, lat, lon+3e-3, lat+1e-3), property("kind", `"main"`))
	c.put("WaterBody", "c1", fmt.Sprintf(`{"type":"Polygon","coordinates":[[[%g,%g],[%g,%g],[%g,%g],[%g,%g],[%g,%g]]]}`, lon, lat, lon+6e-3, lat, lon+6e-3, lat+1e-4, lon, lat+1e-4, lon, lat), property("kind", `"canal"`), named("Canal", "Vaart", "Canal"))
	c.put("District", "landuse:l1", square(lon, lat, 1e-3), property("level", `"landuse"`), property("kind", `"commercial"`))
	c.put("District", "quarter:q1", square(lon, lat, 1e-3), property("level", `"quarter"`), named("Vieux-Bourg", "Oude Burcht", "Old Borough"))
	c.put("District", "d1", square(lon, lat, 2e-3), property("level", `"district"`), named("Centre", "Centrum", "Centre"))
	c.put("Park", "p1", square(lon, lat, 1e-3), property("kind", `"garden"`), named("Jardin", "Tuin", "Garden"))
	c.put("Square", "s1", square(lon, lat, 5e-4))
	c.put("Landmark", "k1", fmt.Sprintf(`{"type":"Point","coordinates":[%g,%g]}`, lon, lat), property("kind", `"belfry"`), named("Beffroi", "Belfort", "Belfry"))
	c.put("Tree", "t1", fmt.Sprintf(`{"type":"Point","coordinates":[%g,%g]}`, lon, lat), property("height", "9"), property("species", `"Tilia cordata"`))
	c.put("PublicTransportRoute", "l1", fmt.Sprintf(`{"type":"LineString","coordinates":[[%g,%g],[%g,%g]]}`, lon, lat, lon+3e-3, lat+1e-3), property("shortRouteCode", `"4"`), property("routeColor", `"#AA3300"`))
	c.put("PublicTransportStop", "h1", fmt.Sprintf(`{"type":"Point","coordinates":[%g,%g]}`, lon, lat), named("Halles", "Hallen", "Halles"))
	c.put("BikeHireDockingStation", "x1", fmt.Sprintf(`{"type":"Point","coordinates":[%g,%g]}`, lon, lat))

	got := c.tile(addressOf(14, lon, lat))
	find := func(layer string, want map[string]any, kind vectortile.Tile_GeomType) {
		t.Helper()
	next:
		for _, f := range got[layer] {
			for k, v := range want {
				if f.props[k] != v {
					continue next
				}
			}
			if f.kind == kind {
				return
			}
		}
		t.Errorf("layer %s has no %v with %v: %v", layer, kind, want, got[layer])
	}
	const point, line, area = vectortile.Tile_POINT, vectortile.Tile_LINESTRING, vectortile.Tile_POLYGON
	find("earth", map[string]any{"kind": "earth"}, area)
	find("buildings", map[string]any{"kind": "house", "height": 12.5, "min_height": 3.0, "cls": nil}, area)
	find("buildings", map[string]any{"kind": "belfry", "height": 88.0, "min_height": nil, "cls": "landmark"}, area)
	find("roads", map[string]any{"kind": "major_road", "kind_detail": "primary", "name": "Boulevard du Lin", "name:nl": "Vlaslei", "name:fr": nil, "name:en": nil}, line)
	find("roads", map[string]any{"kind": "path", "kind_detail": "footway", "name": nil}, line)
	find("roads", map[string]any{"kind": "rail"}, line)
	find("water", map[string]any{"kind": "canal", "name": nil}, area)
	find("water", map[string]any{"kind": "canal", "name": "Canal", "name:nl": "Vaart"}, line)
	find("landuse", map[string]any{"kind": "commercial"}, area)
	find("landuse", map[string]any{"kind": "garden"}, area)
	find("landuse", map[string]any{"kind": "pedestrian"}, area)
	find("places", map[string]any{"kind": "neighbourhood", "name": "Vieux-Bourg", "name:en": "Old Borough"}, point)
	find("boundaries", map[string]any{"kind": "district", "name": "Centre"}, line)
	find("pois", map[string]any{"kind": "park", "name": "Jardin"}, point)
	find("pois", map[string]any{"kind": "belfry", "name": "Beffroi"}, point)
	find("trees", map[string]any{"height": 9.0, "species": "Tilia cordata"}, area)
	find("transit", map[string]any{"ref": "4", "color": "#AA3300"}, line)
	find("stops", map[string]any{"name": "Halles", "name:nl": "Hallen"}, point)
	if len(got["roads"]) != 3 || len(got["landuse"]) != 3 {
		t.Errorf("roads %v, landuse %v", got["roads"], got["landuse"])
	}
	described := map[string]bool{}
	for _, l := range layers() {
		described[l.ID] = true
	}
	for name := range got {
		if !described[name] {
			t.Errorf("layer %s is not in the TileJSON", name)
		}
	}
	if got := c.tile(addressOf(12, lon, lat)); len(got["buildings"]) != 0 || len(got["roads"]) != 2 || len(got["trees"]) != 0 {
		t.Errorf("zoom 12 shows too much or too little: %v", got)
	}
	if got := c.tile(addressOf(9, lon, lat)); len(got["places"]) != 1 || got["places"][0].props["name"] != "Clairebeke" {
		t.Errorf("zoom 9 has no name of the city: %v", got["places"])
	}
	if got := c.tile("/tiles/0/0/0.mvt"); len(got) != 1 || len(got["earth"]) != 1 {
		t.Errorf("the world: %v", got)
	}
}

func TestChangesShowInTheNextTile(t *testing.T) {
	c := newCity(t)
	id := c.put("Building", "b1", square(lon, lat, 1e-4), property("height", "10"))
	here, there := addressOf(15, lon, lat), addressOf(15, lon+0.02, lat)
	if n := len(c.tile(here)["buildings"]); n != 1 {
		t.Fatalf("%d buildings", n)
	}
	c.put("Building", "b1", square(lon, lat, 1e-4), property("height", "20"))
	if h := c.tile(here)["buildings"][0].props["height"]; h != 20.0 {
		t.Errorf("height %v after a change to 20", h)
	}
	if n := len(c.tile(there)["buildings"]); n != 0 {
		t.Fatalf("%d buildings there", n)
	}
	c.put("Building", "b1", square(lon+0.02, lat, 1e-4), property("height", "20"))
	if here, there := len(c.tile(here)["buildings"]), len(c.tile(there)["buildings"]); here != 0 || there != 1 {
		t.Errorf("after the move: %d here, %d there", here, there)
	}
	if err := c.b.Delete(t.Context(), broker.Call{}, id); err != nil {
		t.Fatal(err)
	}
	if n := len(c.tile(there)["buildings"]); n != 0 {
		t.Errorf("a deleted building is still shown")
	}
}

func TestTilesAreKept(t *testing.T) {
	c := newCity(t)
	c.put("Building", "b1", square(lon, lat, 1e-4))
	path := addressOf(15, lon, lat)
	drawn := func(want int64, why string) {
		t.Helper()
		before := c.b.walks.Load()
		c.tile(path)
		if got := c.b.walks.Load() - before; got != want {
			t.Errorf("%s: drawn %d times, want %d", why, got, want)
		}
	}
	drawn(1, "at first")
	drawn(0, "unchanged")
	c.put("Vehicle", "bus", fmt.Sprintf(`{"type":"Point","coordinates":[%g,%g]}`, lon, lat))
	drawn(0, "a bus came by")
	c.put("Building", "far", square(lon+1, lat, 1e-4))
	drawn(0, "a building was built elsewhere")
	c.put("Building", "b2", square(lon+1e-4, lat, 1e-4))
	drawn(1, "a building was built here")
	for i := range 200 { // with three partitions of 300 records the log still reaches back
		c.put("Vehicle", "bus", fmt.Sprintf(`{"type":"Point","coordinates":[%g,%g]}`, lon, lat+float64(i)*1e-6))
	}
	drawn(0, "the bus drove on")
	for i := range 1200 {
		c.put("Vehicle", "bus", fmt.Sprintf(`{"type":"Point","coordinates":[%g,%g]}`, lon, lat+float64(i)*1e-6))
	}
	drawn(1, "the log no longer reaches back")
	drawn(0, "and was found again")
}

// TestChangeWhileDrawing sees that a tile that was being drawn when something
// changed is not kept.
func TestChangeWhileDrawing(t *testing.T) {
	c := newCity(t)
	c.put("Building", "b1", square(lon, lat, 1e-4))
	path := addressOf(15, lon, lat)
	c.b.pause = func() {
		c.b.pause = nil
		c.put("Building", "b2", square(lon+1e-4, lat, 1e-4)) // after the walk, before the tile is kept
		if n := len(c.tile(path)["buildings"]); n != 2 {
			t.Errorf("a request after the change got %d buildings", n)
		}
	}
	if n := len(c.tile(path)["buildings"]); n != 1 {
		t.Errorf("%d buildings", n)
	}
	if n := len(c.tile(path)["buildings"]); n != 2 {
		t.Errorf("the tile drawn before the change was kept: %d buildings", n)
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCity(t)
	c.api.cache.bytes = 3000
	for i := range 50 {
		c.tile(addressOf(15, lon+float64(i)*0.02, lat))
	}
	if c.api.cache.size > 3000 || len(c.api.cache.tiles) == 0 || len(c.api.cache.tiles) != c.api.cache.recent.Len() {
		t.Errorf("%d bytes, %d tiles", c.api.cache.size, len(c.api.cache.tiles))
	}
}

func TestOthersSeeOnlyWhatIsPublished(t *testing.T) {
	c := newCity(t)
	c.put("Building", "b1", square(lon, lat, 1e-4))
	c.put("Park", "p1", square(lon, lat, 1e-3))
	path := addressOf(15, lon, lat)
	c.tile(path) // kept for those who see all
	c.access = &query.Access{Any: []query.Query{{Types: query.OneType(vocab.Term("Park"))}}}
	got := c.tile(path)
	if len(got["buildings"]) != 0 || len(got["landuse"]) != 1 {
		t.Errorf("a stranger sees %v", got)
	}
	c.access = &query.Access{Any: []query.Query{}} // nothing is published any more
	c.now += publicAge + 1
	if got := c.tile(path); len(got["landuse"]) != 0 {
		t.Errorf("what is no longer published is shown: %v", got)
	}
	c.access = nil
	if got := c.tile(path); len(got["buildings"]) != 1 {
		t.Errorf("who sees all sees %v", got)
	}
	if w := c.get(path, "NGSILD-Tenant", "other"); w.Code != http.StatusNotFound {
		t.Errorf("a tenant that is not there: %d", w.Code)
	}
}

func TestCulling(t *testing.T) {
	c := newCity(t)
	var fs []entity.Fragment
	for i := range MaxHouses + 200 {
		side := 1e-5
		if i%2 == 0 {
			side = 2e-5
		}
		attrs := []entity.Instance{{Name: vocab.Location, Kind: entity.GeoProperty, Value: []byte(square(lon+float64(i%60)*3e-5, lat-float64(i/60)*3e-5, side))}}
		if i == 1 { // small, but known by its name
			attrs = append(attrs, property("landmark", `"belfry"`))
		}
		fs = append(fs, entity.Fragment{ID: entity.ID(fmt.Sprintf("urn:b:%d", i)), Types: []entity.Name{vocab.Term("Building")}, Attrs: attrs})
	}
	if _, err := c.b.CreateMany(t.Context(), broker.Call{}, fs); err != nil {
		t.Fatal(err)
	}
	got := c.tile(addressOf(15, lon, lat))["buildings"]
	if len(got) != MaxHouses {
		t.Errorf("%d buildings, want %d", len(got), MaxHouses)
	}
	landmarks := 0
	for _, f := range got {
		if f.props["cls"] == "landmark" {
			landmarks++
		}
	}
	if landmarks != 1 {
		t.Error("the landmark was left out")
	}
}

func TestHTTP(t *testing.T) {
	c := newCity(t)
	c.put("Building", "b1", square(lon, lat, 1e-4))
	path := addressOf(15, lon, lat)
	w := c.get(path)
	tag := w.Header().Get("ETag")
	if tag == "" || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("headers %v", w.Header())
	}
	if w := c.get(path, "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("asked again: %d with %d bytes", w.Code, w.Body.Len())
	}
	c.put("Building", "b2", square(lon+1e-4, lat, 1e-4))
	if w := c.get(path, "If-None-Match", tag); w.Code != http.StatusOK || w.Header().Get("ETag") == tag {
		t.Errorf("after a change: %d", w.Code)
	}
	for path, want := range map[string]int{
		"/tiles/15/1/2": 404, "/tiles/15/1/2.png": 404, "/tiles/16/1/2.mvt": 404, "/tiles/3/8/0.mvt": 404, "/tiles/3/0/8.mvt": 404,
		"/tiles/x/1/2.mvt": 400, "/tiles/3/-1/2.mvt": 400, "/tiles/3/1/2.5.mvt": 400, "/tiles/3/01/2.mvt": 400, "/tiles/3/1/.mvt": 400,
		"/tiles/3/1/2.mvt?a=b": 400, "/tiles/99999999999/1/2.mvt": 400, "/tiles/3/1": 404,
	} {
		if w := c.get(path); w.Code != want || !strings.Contains(w.Body.String(), "detail") {
			t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
	accesstest.Run(t, c.api.Routes())
}

func TestTileJSON(t *testing.T) {
	c := newCity(t)
	w := c.get("/tiles.json")
	var got struct {
		TileJSON    string
		Tiles       []string
		Attribution string
		Bounds      [4]float64
		Layers      []struct {
			ID     string
			Fields map[string]string
		} `json:"vector_layers"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	if got.TileJSON != "3.0.0" || len(got.Tiles) != 1 || got.Tiles[0] != "http://localhost/tiles/{z}/{x}/{y}.mvt" ||
		!strings.Contains(got.Attribution, "ynthetic") || got.Bounds != [4]float64{3.1, 50.5, 3.3, 50.7} {
		t.Errorf("%s", w.Body)
	}
	have := map[string]bool{}
	for _, l := range got.Layers {
		have[l.ID] = l.Fields != nil
	}
	for _, id := range strings.Fields("earth landuse water roads buildings places pois boundaries trees") {
		if !have[id] {
			t.Errorf("no layer %s", id)
		}
	}
}

func TestMiddleLine(t *testing.T) {
	// A river that bends: banks 0.001 degrees apart round an arc.
	var one, two []geo.Point
	for i := range 60 {
		s, c := math.Sincos(float64(i) * 0.03)
		one = append(one, geo.Point{Lon: 3 + 0.051*c, Lat: 0.051 * s})
		two = append(two, geo.Point{Lon: 3 + 0.049*c, Lat: 0.049 * s})
	}
	ring := append([]geo.Point(nil), one...)
	for i := len(two) - 1; i >= 0; i-- {
		ring = append(ring, two[i])
	}
	g, err := geo.NewPolygon(append(ring, ring[0]))
	if err != nil {
		t.Fatal(err)
	}
	line, ok := middleLine(g)
	if !ok {
		t.Fatal("a river has no middle line")
	}
	for p := range line.Vertices() {
		if r := math.Hypot(p.Lon-3, p.Lat); math.Abs(r-0.05) > 0.0004 {
			t.Errorf("the middle line is %v from the middle of the arc", r)
		}
	}
	if _, ok := middleLine(geo.FromRect(geo.Rect{West: 3, South: 50, East: 3.01, North: 50.01})); ok {
		t.Error("a square has a middle line")
	}
	if _, ok := middleLine(geo.Geometry{}); ok {
		t.Error("nothing has a middle line")
	}
}

func TestKnownCallersAreNotMixed(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	some := broker.Call{Access: &query.Access{}}
	if got := audienceOf(r, broker.Call{}); got != everything {
		t.Errorf("without restriction: %v", got)
	}
	if got := audienceOf(r, some); got != public {
		t.Errorf("a stranger: %v", got)
	}
	known := r.WithContext(access.With(r.Context(), access.Local()))
	if got := audienceOf(known, some); got != nobodyElse {
		t.Errorf("a known caller with a restriction: %v", got)
	}
}
