// Package portal answers what the pages ask beyond the standards: which city
// this is, which layers there are, and search by name. Everything in it can be
// had in open standards too; here it is put together for one screen.
package portal

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/vocab"
)

type counter interface {
	TypesOf(ctx context.Context, s store.Space) (map[entity.Name]int, error)
	Head(ctx context.Context) (store.Cursor, error)
	OriginByID(id entity.OriginID) store.Origin
}

// City is what the pages say of the city.
type City struct {
	Name      string
	Synthetic bool
	TimeZone  string     // IANA
	Centre    [2]float64 // longitude, latitude
	Bounds    [4]float64 // west, south, east, north
	Speed     float64    // seconds of the city in one of the machine
	Version   string     // of the program
}

// Options are the settings of an API.
type Options struct {
	City   func(ctx context.Context) (City, error)
	Broker *broker.Broker
	Store  counter
	Call   func(r *http.Request) (broker.Call, error)
	Now    func() entity.Instant
	Index  *Index
	// Catalogue knows the datasets; without it there are none, and no routes
	// for them.
	Catalogue datasets
	// Describe is the graph of a dataset; without it nothing is said of quality.
	Describe Describe
	// WouldBe is the graph of a dataset as it would be; without it there is no
	// check of drafts.
	WouldBe WouldBe
	// Series keeps the series of datasets; without it there are none.
	Series seriesKeeper
	// Sizes measures the files of a dataset; base begins the addresses in them.
	// Without it nothing is said of sizes.
	Sizes func(ctx context.Context, base string, sp store.Space, d *catalogue.Dataset, lang string) (Sizes, error)
}

// API answers. Use New.
type API struct {
	o Options

	mu     sync.Mutex
	layers map[string]cachedLayers // by tenant and whether the caller is restricted
}

type cachedLayers struct {
	at     time.Time
	layers []layer
}

// New makes an API.
func New(o Options) *API { return &API{o: o, layers: map[string]cachedLayers{}} }

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route {
	get := func(pattern, name, summary string, h httpx.Handler) httpx.Route {
		return httpx.Route{Method: http.MethodGet, Pattern: pattern, Rule: access.PublicDataset, Name: name, Summary: summary, Group: "Pages", Handle: h}
	}
	return append(slices.Concat(a.datasetRoutes(), a.fileRoutes(), a.seriesRoutes()),
		get("/api/city", "city", "Which city this is, its layers and its clock", a.city),
		get("/api/search", "search", "Places, streets and entities by name: parameters q, lang", a.search),
	)
}

type account struct {
	Name      string   `json:"name"`
	Roles     []string `json:"roles"`
	Anonymous bool     `json:"anonymous"`
}

type layer struct {
	ID      string            `json:"id"`
	Type    string            `json:"type"`
	TypeIRI string            `json:"typeIri"`
	Names   map[string]string `json:"names"`
	Count   int               `json:"count"`
	Symbol  string            `json:"symbol"`
	Primary string            `json:"primary"`
	Period  float64           `json:"period"` // seconds
}

type cityAnswer struct {
	Name      string     `json:"name"`
	Synthetic bool       `json:"synthetic"`
	TimeZone  string     `json:"timeZone"`
	Center    [2]float64 `json:"center"`
	Bounds    [4]float64 `json:"bounds"`
	Speed     float64    `json:"speed"`
	Now       string     `json:"now"`
	Version   string     `json:"version"`
	Account   *account   `json:"account"`
	Layers    []layer    `json:"layers"`
}

func (a *API) city(w http.ResponseWriter, r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	if err := httpx.OnlyParams(p); err != nil {
		return err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	c, err := a.o.City(r.Context())
	if err != nil {
		return err
	}
	layers, err := a.layersFor(r.Context(), call)
	if err != nil {
		return err
	}
	out := cityAnswer{Name: c.Name, Synthetic: c.Synthetic, TimeZone: c.TimeZone, Center: c.Centre, Bounds: c.Bounds, Speed: c.Speed, Now: a.o.Now().String(), Version: c.Version, Layers: layers}
	if who := access.From(r.Context()); who.Known() {
		out.Account = &account{Name: who.Account, Roles: []string{who.Role.String()}, Anonymous: who.Via == access.ViaLoopback}
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, out)
}

// layersFor lists the layers that have something to show to the caller. What
// it found is good for two seconds: pages ask together.
func (a *API) layersFor(ctx context.Context, call broker.Call) ([]layer, error) {
	key := call.Space.Tenant
	if call.Access != nil {
		key += "\x00restricted"
	}
	a.mu.Lock()
	c, ok := a.layers[key]
	a.mu.Unlock()
	if ok && time.Since(c.at) < 2*time.Second {
		return c.layers, nil
	}
	counts, err := a.o.Store.TypesOf(ctx, call.Space)
	if err != nil {
		return nil, err
	}
	out := []layer{}
	seen := map[entity.Name]bool{}
	for _, t := range catalogue.Ground() {
		seen[t] = true
	}
	for _, l := range catalogue.Layers() {
		seen[l.Type] = true
		n, err := a.count(ctx, call, l.Type, counts[l.Type])
		if err != nil {
			return nil, err
		}
		if n > 0 {
			out = append(out, describe(l, n))
		}
	}
	var others []entity.Name
	for t := range counts {
		if !seen[t] && counts[t] > 0 {
			others = append(others, t)
		}
	}
	slices.Sort(others)
	for _, t := range others[:min(len(others), 50)] { // a legend is for people: fifty unknown types are enough
		f, err := a.o.Broker.Query(ctx, call, &query.Query{Types: query.OneType(t), Attrs: []entity.Name{vocab.Location}}, broker.Page{Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(f.Entities) == 0 {
			continue
		}
		n, err := a.count(ctx, call, t, counts[t])
		if err != nil {
			return nil, err
		}
		out = append(out, describe(catalogue.Generic(t, catalogue.Short(t)), n))
	}
	a.mu.Lock()
	a.layers[key] = cachedLayers{at: time.Now(), layers: out}
	a.mu.Unlock()
	return out, nil
}

// count tells how many of a type the caller may see.
func (a *API) count(ctx context.Context, call broker.Call, t entity.Name, all int) (int, error) {
	if call.Access == nil || all == 0 {
		return all, nil
	}
	f, err := a.o.Broker.Query(ctx, call, &query.Query{Types: query.OneType(t)}, broker.Page{Count: true})
	return f.Count, err
}

func describe(l catalogue.Layer, n int) layer {
	return layer{ID: l.ID, Type: l.Short, TypeIRI: string(l.Type), Names: l.Names, Count: n, Symbol: l.Symbol, Primary: l.Primary, Period: float64(l.Period) / 1e6}
}
