package portal

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/vocab"
)

// indexBound is how many names an Index holds; a city has fewer streets.
const indexBound = 200_000

// Index finds things by their names, accents and case aside. It lives in
// memory and is made anew at each start; Run keeps it up to date from the
// change log.
type Index struct {
	log    store.Log
	broker *broker.Broker

	mu    sync.RWMutex
	items map[store.Space]map[entity.ID]*item
	total int
	full  bool
}

type item struct {
	id     entity.ID
	typ    entity.Name
	names  map[string]string // by language; "" for a name without one
	folded []string
	at     geo.Point
	placed bool
}

// NewIndex makes an empty index of the default tenant's main layer.
func NewIndex(log store.Log, b *broker.Broker) *Index {
	return &Index{log: log, broker: b, items: map[store.Space]map[entity.ID]*item{}}
}

// Run fills the index and follows the log until ctx ends.
func (x *Index) Run(ctx context.Context) error {
	at, err := x.log.Head(ctx)
	if err != nil {
		return err
	}
	x.mu.Lock()
	x.items, x.total, x.full = map[store.Space]map[entity.ID]*item{}, 0, false
	x.mu.Unlock()
	err = x.broker.Walk(ctx, broker.Call{}, &query.Query{Attrs: []entity.Name{nameTerm(), defaultName}}, 0, func(e *entity.Entity) bool {
		x.put(store.Space{}, e)
		return ctx.Err() == nil
	})
	if err != nil {
		return err
	}
	for {
		rs, next, err := x.log.Read(ctx, at, 1024)
		if problem.Is(err, problem.CursorLost) {
			return x.Run(ctx)
		}
		if err != nil {
			return err
		}
		for i := range rs {
			x.took(&rs[i])
		}
		if at = next; len(rs) > 0 {
			continue
		}
		if err := x.log.Wait(ctx, at); err != nil {
			return err
		}
	}
}

// took follows one change; most change no name, and cost a look at the deltas.
func (x *Index) took(r *change.Record) {
	s := store.Space{Tenant: r.Tenant, Layer: r.Layer}
	if s != (store.Space{}) {
		return
	}
	if r.After == nil {
		x.mu.Lock()
		if x.items[s][r.ID] != nil {
			delete(x.items[s], r.ID)
			x.total--
		}
		x.mu.Unlock()
		return
	}
	for _, d := range r.Deltas {
		switch d.Name() {
		case nameTerm(), defaultName, vocab.Location:
			x.put(s, r.After)
			return
		}
	}
}

const defaultName entity.Name = "https://uri.etsi.org/ngsi-ld/default-context/name"

func nameTerm() entity.Name { return vocab.Term("name") }

func (x *Index) put(s store.Space, e *entity.Entity) {
	it := itemOf(e)
	x.mu.Lock()
	defer x.mu.Unlock()
	old := x.items[s][e.ID]
	switch {
	case it == nil && old != nil:
		delete(x.items[s], e.ID)
		x.total--
	case it == nil:
	case old == nil && x.total >= indexBound:
		x.full = true
	default:
		if x.items[s] == nil {
			x.items[s] = map[entity.ID]*item{}
		}
		if old == nil {
			x.total++
		}
		x.items[s][e.ID] = it
	}
}

func itemOf(e *entity.Entity) *item {
	i, ok := e.Attr(nameTerm(), "")
	if !ok {
		if i, ok = e.Attr(defaultName, ""); !ok {
			return nil
		}
	}
	n, err := jsontree.Parse(i.Value, jsontree.Limits{})
	if err != nil {
		return nil
	}
	it := &item{id: e.ID, typ: e.Types[0], names: map[string]string{}}
	switch {
	case i.Kind == entity.LanguageProperty:
		for lang, v := range n.Members() {
			if v.Kind() == jsontree.String {
				it.names[lang] = v.Str()
			}
		}
	case n.Kind() == jsontree.String:
		it.names[""] = n.Str()
	}
	for _, name := range it.names {
		if f := catalogue.Fold(name); !slices.Contains(it.folded, f) {
			it.folded = append(it.folded, f)
		}
	}
	if len(it.folded) == 0 {
		return nil
	}
	if at, ok := e.Attr(vocab.Location, ""); ok {
		if g, ok := query.GeometryOf(at); ok {
			if it.at, it.placed = g.IsPoint(); !it.placed {
				it.at, it.placed = middle(g), true
			}
		}
	}
	return it
}

// middle gives a place on a geometry to look at: a vertex near its middle for
// a line, the middle of its box otherwise.
func middle(g geo.Geometry) geo.Point {
	if !strings.HasSuffix(g.Type(), "LineString") {
		return g.Bounds().Center()
	}
	k := g.Len() / 2
	for p := range g.Vertices() {
		if k == 0 {
			return p
		}
		k--
	}
	return g.Bounds().Center()
}

// score tells how well an item matches: 3 the whole name, 2 its beginning, 1
// the beginning of a word of it, 0 not at all.
func score(folded []string, q string) int {
	best := 0
	for _, f := range folded {
		switch {
		case f == q:
			return 3
		case strings.HasPrefix(f, q):
			best = max(best, 2)
		case strings.Contains(" "+f, " "+q):
			best = max(best, 1)
		}
	}
	return best
}

// find gives the best matches, at most limit.
func (x *Index) find(s store.Space, text string, limit int) []*item {
	q := catalogue.Fold(text)
	if q == "" {
		return nil
	}
	type scored struct {
		it *item
		n  int
	}
	var hits []scored
	x.mu.RLock()
	for _, it := range x.items[s] {
		if n := score(it.folded, q); n > 0 {
			hits = append(hits, scored{it, n})
		}
	}
	x.mu.RUnlock()
	slices.SortFunc(hits, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(len(a.it.folded[0]), len(b.it.folded[0])), cmp.Compare(a.it.folded[0], b.it.folded[0]), cmp.Compare(a.it.id, b.it.id))
	})
	var out []*item
	for _, h := range hits[:min(limit, len(hits))] {
		out = append(out, h.it)
	}
	return out
}

type hit struct {
	ID    string   `json:"id"`
	Title string   `json:"title"`
	Sub   string   `json:"sub,omitzero"`
	Lon   *float64 `json:"lon,omitzero"`
	Lat   *float64 `json:"lat,omitzero"`
	Href  string   `json:"href,omitzero"`
}

type hitGroup struct {
	Kind string `json:"kind"`
	Hits []hit  `json:"hits"`
}

// search answers GET /api/search?q=&lang=.
func (a *API) search(w http.ResponseWriter, r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	if err := httpx.OnlyParams(p, "q", "lang"); err != nil {
		return err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	text, lang := p.Get("q"), p.Get("lang")
	if len(text) > 200 {
		return problem.New(problem.InvalidRequest, "q is longer than 200 bytes")
	}
	groups := map[string][]hit{}
	for _, it := range a.o.Index.find(call.Space, text, 60) {
		if call.Access != nil {
			if _, err := a.o.Broker.Entity(r.Context(), call, it.id); err != nil {
				continue // not for this caller
			}
		}
		kind := kindOf(it.typ)
		if len(groups[kind]) < 8 {
			groups[kind] = append(groups[kind], it.hit(lang))
		}
	}
	out := []hitGroup{}
	for _, kind := range []string{"entity", "place", "street"} {
		if len(groups[kind]) > 0 {
			out = append(out, hitGroup{kind, groups[kind]})
		}
	}
	sets, err := a.datasetHits(r.Context(), call.Space, text, lang)
	if err != nil {
		return err
	}
	if len(sets) > 0 {
		out = append(out, hitGroup{"dataset", sets})
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, http.StatusOK, map[string]any{"groups": out})
}

func kindOf(t entity.Name) string {
	switch t {
	case vocab.Term("Road"):
		return "street"
	case vocab.Term("District"), vocab.Term("Park"), vocab.Term("Square"), vocab.Term("WaterBody"), vocab.Term("Landmark"), vocab.Term("Railway"), vocab.Term("Building"), vocab.Term("PublicTransportStop"):
		return "place"
	}
	return "entity"
}

// groundKinds names the types of the ground for people, in French, Dutch and
// English; live types take the name of their layer.
func groundKinds() map[string][3]string {
	return map[string][3]string{
		"Road": {"Rue", "Straat", "Street"}, "District": {"Quartier", "Wijk", "Quarter"}, "Park": {"Parc", "Park", "Park"}, "Square": {"Place", "Plein", "Square"},
		"WaterBody": {"Eau", "Water", "Water"}, "Landmark": {"Lieu remarquable", "Bezienswaardigheid", "Landmark"}, "Railway": {"Voie ferrée", "Spoorlijn", "Railway"},
		"Building": {"Bâtiment", "Gebouw", "Building"}, "PublicTransportStop": {"Arrêt de bus", "Bushalte", "Bus stop"}, "PublicTransportRoute": {"Ligne de bus", "Buslijn", "Bus line"},
	}
}

func kindName(t entity.Name, lang string) string {
	short := catalogue.Short(t)
	if k, ok := groundKinds()[short]; ok {
		switch lang {
		case "fr":
			return k[0]
		case "nl":
			return k[1]
		}
		return k[2]
	}
	for _, l := range catalogue.Layers() {
		if l.Type == t {
			return cmp.Or(l.Names[lang], l.Names["en"])
		}
	}
	return short
}

// title gives the name in a language, else the one that the page falls back to
// as well, always the same.
func (it *item) title(lang string) string {
	title := cmp.Or(it.names[lang], it.names[""], it.names["en"], it.names["fr"], it.names["nl"])
	for _, l := range slices.Sorted(maps.Keys(it.names)) {
		title = cmp.Or(title, it.names[l])
	}
	return title
}

func (it *item) hit(lang string) hit {
	h := hit{ID: string(it.id), Title: it.title(lang), Sub: kindName(it.typ, lang)}
	if it.placed {
		h.Lon, h.Lat = &it.at.Lon, &it.at.Lat
	}
	return h
}
