package portal

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
)

// changeAnswer is one change of a public description.
type changeAnswer struct {
	At   string `json:"at"`
	What string `json:"what"` // published, changed, withdrawn
	// By is the role that did it; who that was is told to stewards alone.
	By      string   `json:"by"`
	Account string   `json:"account,omitzero"`
	Fields  []string `json:"fields,omitzero"` // of the description, that differ from before
}

// history answers GET /api/datasets/{slug}/history: what happened to the public
// description, the newest first.
func (a *API) history(w http.ResponseWriter, r *http.Request) error {
	call, _, err := a.datasetCall(r)
	if err != nil {
		return err
	}
	d, err := a.o.Catalogue.Open(r.Context(), call.Space, r.PathValue("slug"))
	if err != nil {
		return err
	}
	all, err := a.o.Catalogue.Versions(r.Context(), call.Space, d)
	if err != nil {
		return err
	}
	curator := access.From(r.Context()).May(access.Curate)
	out := []changeAnswer{}
	for i, v := range all {
		c := changeAnswer{At: v.At.String(), What: "changed", By: "steward"}
		switch {
		case v.Dataset.State == catalogue.Withdrawn:
			c.What = "withdrawn"
		case v.First || all[i-1].Dataset.State == catalogue.Withdrawn:
			c.What = "published"
		default:
			c.Fields = changedFields(all[i-1].Dataset, v.Dataset)
			if len(c.Fields) == 0 {
				continue // nothing that people read
			}
		}
		if curator {
			c.Account = a.o.Store.OriginByID(v.Origin).Account
		}
		out = append(out, c)
	}
	slices.Reverse(out)
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, map[string]any{"slug": d.Slug, "changes": out})
}

// changedFields names the members of a description that differ, in its order.
func changedFields(before, after *catalogue.Dataset) []string {
	var out []string
	x, y := reflect.ValueOf(descriptionOf(before)), reflect.ValueOf(descriptionOf(after))
	for i := range x.NumField() {
		if name, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ","); !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			out = append(out, name)
		}
	}
	return out
}

// maxPoints bounds what a map of a dataset shows.
const maxPoints = 1000

type pointAnswer struct {
	ID   string  `json:"id"`
	Lon  float64 `json:"lon"`
	Lat  float64 `json:"lat"`
	Name string  `json:"name,omitzero"`
}

type pointsAnswer struct {
	Points []pointAnswer `json:"points"`
	More   bool          `json:"more"` // there are more than these
	// Ground tells that the map draws these things by itself.
	Ground bool `json:"ground,omitzero"`
}

// points answers GET /api/datasets/{slug}/points: where the first thousand of a
// dataset's things are, for a map that has no layer for them.
func (a *API) points(w http.ResponseWriter, r *http.Request) error {
	call, lang, err := a.datasetCall(r)
	if err != nil {
		return err
	}
	d, err := a.o.Catalogue.Open(r.Context(), call.Space, r.PathValue("slug"))
	if err != nil {
		return err
	}
	if d.Closed() {
		return problem.New(problem.Forbidden, "the data of %q is not public", d.Slug)
	}
	x, err := a.o.Catalogue.Extent(r.Context(), call.Space, d)
	if err != nil {
		return err
	}
	if httpx.NotModified(w, r, x.Version+"-"+lang) {
		return nil
	}
	out := pointsAnswer{Points: []pointAnswer{}, Ground: !slices.ContainsFunc(d.Selection.Types, func(t entity.Name) bool { return !slices.Contains(catalogue.Ground(), t) })}
	w.Header().Set("Cache-Control", "no-cache")
	if out.Ground {
		return httpx.WriteJSON(w, http.StatusOK, out)
	}
	q, err := d.Selection.Query()
	if err != nil {
		return err
	}
	short := map[entity.Name]string{}
	for _, c := range x.Columns() {
		short[c.Name] = c.Short
	}
	err = a.o.Broker.Walk(r.Context(), broker.Call{Space: call.Space}, &q, 0, func(e *entity.Entity) bool {
		at, ok := e.Attr(query.LocationName, "")
		if !ok {
			return true
		}
		line := row(&entity.Entity{ID: e.ID, Attrs: append(slices.DeleteFunc(slices.Clone(e.Attrs), func(i entity.Instance) bool { return short[i.Name] != "name" }), *at)}, short, lang)
		p := pointAnswer{ID: string(e.ID)}
		var placed bool
		if p.Lon, placed = line["lon"].(float64); !placed {
			return true
		}
		p.Lat, _ = line["lat"].(float64)
		switch name := line["name"].(type) {
		case string:
			p.Name = name
		case plain:
			p.Name = name.n.Str()
		}
		if out.More = len(out.Points) == maxPoints; out.More {
			return false
		}
		out.Points = append(out.Points, p)
		return true
	})
	if err != nil {
		return fmt.Errorf("read where the things of %s are: %w", d.Slug, err)
	}
	return httpx.WriteJSON(w, http.StatusOK, out)
}

// sizes answers GET /api/datasets/{slug}/sizes: how long each file is.
func (a *API) sizes(w http.ResponseWriter, r *http.Request) error {
	call, lang, err := a.datasetCall(r)
	if err != nil {
		return err
	}
	d, err := a.o.Catalogue.Open(r.Context(), call.Space, r.PathValue("slug"))
	if err != nil {
		return err
	}
	found, err := a.o.Sizes(r.Context(), httpx.BaseURL(r), call.Space, d, lang)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, sizesAnswer{found.Bytes, found.Estimated, found.At.String()})
}

// Sizes are how long the files of a dataset are.
type Sizes struct {
	Bytes     map[string]int64 // by extension
	Estimated bool             // from the first of many entities
	At        entity.Instant   // when that was
}

type sizesAnswer struct {
	Bytes     map[string]int64 `json:"bytes"`
	Estimated bool             `json:"estimated,omitzero"`
	At        string           `json:"at"`
}
