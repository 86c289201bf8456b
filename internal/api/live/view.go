package live

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/vocab"
)

func (a *API) parse(r *http.Request) (*view, store.Cursor, error) {
	var from store.Cursor
	call, err := a.o.Call(r)
	if err != nil {
		return nil, from, err
	}
	v := &view{call: call, all: true, shown: map[entity.ID]bool{}}
	last := r.Header.Get("Last-Event-ID")
	params, err := httpx.Params(r)
	if err != nil {
		return nil, from, err
	}
	for name, values := range params {
		switch name {
		case "bbox":
			if v.box, err = parseBox(values[0]); err != nil {
				return nil, from, err
			}
			v.all = false
		case "types":
			v.types = map[entity.Name]bool{}
			for t := range strings.SplitSeq(values[0], ",") {
				v.types[a.typeOf(t)] = true
			}
		case "from":
			last = values[0]
		default:
			return nil, from, problem.New(problem.InvalidRequest, "the live stream has no parameter %q; there are bbox, types and from", name)
		}
	}
	if last != "" {
		if from, err = store.ParseCursor(last); err != nil {
			return nil, from, err
		}
	}
	return v, from, nil
}

// typeOf takes a short name that beffroi knows, a full IRI, or a name in the
// default vocabulary.
func (a *API) typeOf(t string) entity.Name {
	if iri, ok := a.byShort[t]; ok {
		return iri
	}
	if iri, ok := vocab.Terms()[t]; ok {
		return entity.Name(iri)
	}
	if strings.Contains(t, ":") {
		return entity.Name(t)
	}
	return entity.Name("https://uri.etsi.org/ngsi-ld/default-context/" + t)
}

func parseBox(s string) (geo.Rect, error) {
	parts := strings.Split(s, ",")
	bad := problem.New(problem.InvalidRequest, "bbox %.60q must be four numbers: west,south,east,north in degrees", s)
	if len(parts) != 4 {
		return geo.Rect{}, bad
	}
	var f [4]float64
	for i, p := range parts {
		x, err := strconv.ParseFloat(p, 64)
		if err != nil || x != x {
			return geo.Rect{}, bad
		}
		f[i] = x
	}
	box, err := geo.NewRect(f[0], f[1], f[2], f[3])
	if err != nil {
		return geo.Rect{}, problem.Wrap(problem.InvalidRequest, err, "bbox %.60q: %s", s, problem.DetailOf(err))
	}
	return box, nil
}

// query selects what can be in view; put decides.
func (v *view) query(a *API) *query.Query {
	q := &query.Query{Attrs: []entity.Name{vocab.Location}}
	if v.types != nil {
		ts := make([]entity.Name, 0, len(v.types))
		for t := range v.types {
			ts = append(ts, t)
		}
		q.Types = query.AnyType(ts...)
	}
	return q
}

// put adds e to the batch if it belongs to the view.
func (a *API) put(b *batch, v *view, e *entity.Entity) bool {
	layer, ok := a.layerOf(v, e)
	if !ok {
		return false
	}
	where, ok := e.Attr(vocab.Location, "")
	if !ok || where.Kind != entity.GeoProperty {
		return false
	}
	p, ok := pointOf(where.Value)
	if !ok || !v.all && !v.box.ContainsPoint(p) {
		return false
	}
	b.add(e, layer, p)
	return true
}

func (a *API) layerOf(v *view, e *entity.Entity) (catalogue.Layer, bool) {
	for _, t := range e.Types {
		if v.types != nil && !v.types[t] || v.types == nil && a.ground[t] {
			continue
		}
		if l, ok := a.layers[t]; ok {
			return l, true
		}
		return catalogue.Generic(t, catalogue.Short(t)), true
	}
	return catalogue.Layer{}, false
}

// pointOf gives a point to draw a geometry at.
func pointOf(raw []byte) (geo.Point, bool) {
	n, err := jsontree.Parse(raw, jsontree.Limits{})
	if err != nil {
		return geo.Point{}, false
	}
	g, err := geo.ParseGeoJSON(n)
	if err != nil {
		return geo.Point{}, false
	}
	if p, ok := g.IsPoint(); ok {
		return p, true
	}
	return g.Bounds().Center(), true
}
