package portal

import (
	"context"
	"net/http"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/govern/series"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// seriesKeeper keeps the series of datasets.
type seriesKeeper interface {
	All(ctx context.Context, tenant string) ([]series.Series, error)
	Put(ctx context.Context, c record.Call, x series.Series) error
	Withdraw(ctx context.Context, c record.Call, slug string) error
}

// seriesRoutes are there if there are series.
func (a *API) seriesRoutes() []httpx.Route {
	if a.o.Series == nil || a.o.Catalogue == nil {
		return nil
	}
	route := func(method, pattern string, rule access.Rule, name, summary string, h httpx.Handler) httpx.Route {
		return httpx.Route{Method: method, Pattern: pattern, Rule: rule, Name: name, Summary: summary, Group: "Catalogue", Handle: h}
	}
	return []httpx.Route{
		route(http.MethodGet, "/api/series", access.PublicDataset, "series-list", "The series of datasets: to the public those with a published dataset, to stewards all", a.seriesList),
		route(http.MethodGet, "/api/series/{slug}", access.PublicDataset, "series", "A series with its datasets", a.seriesOne),
		route(http.MethodPut, "/api/series/{slug}", access.Curate, "series-put", "Make a series of datasets, or change it", a.seriesPut),
		route(http.MethodDelete, "/api/series/{slug}", access.Curate, "series-withdraw", "Withdraw a series; its datasets stay", a.seriesWithdraw),
	}
}

type memberAnswer struct {
	Slug  string          `json:"slug"`
	Title catalogue.Texts `json:"title"`
	Href  string          `json:"href,omitzero"`
	State string          `json:"state,omitzero"` // to stewards
}

type seriesAnswer struct {
	Slug        string          `json:"slug"`
	Title       catalogue.Texts `json:"title"`
	Description catalogue.Texts `json:"description"`
	Ordered     bool            `json:"ordered"`
	Href        string          `json:"href"`
	Issued      string          `json:"issued"`
	Modified    string          `json:"modified"`
	Datasets    []memberAnswer  `json:"datasets"`
}

// placeAnswer is where a dataset stands in a series.
type placeAnswer struct {
	Slug     string          `json:"slug"`
	Title    catalogue.Texts `json:"title"`
	Href     string          `json:"href"`
	Previous *memberAnswer   `json:"previous,omitzero"` // in one with an order
	Next     *memberAnswer   `json:"next,omitzero"`
}

// shown gives the series that a caller may see, with the datasets that they
// may see of each.
func (a *API) shown(ctx context.Context, sp store.Space, curator bool) ([]series.Series, map[string]*catalogue.Dataset, error) {
	all, err := a.o.Series.All(ctx, sp.Tenant)
	if err != nil {
		return nil, nil, err
	}
	sets, err := a.o.Catalogue.All(ctx, sp)
	if err != nil {
		return nil, nil, err
	}
	known := map[string]*catalogue.Dataset{}
	for _, d := range sets {
		if curator || d.State == catalogue.Published {
			known[d.Slug] = d
		}
	}
	var out []series.Series
	for _, x := range all {
		seen, ok := x.Public(func(slug string) bool { return known[slug] != nil })
		if ok || curator && !x.Withdrawn {
			out = append(out, seen)
		}
	}
	return out, known, nil
}

func memberOf(d *catalogue.Dataset, curator bool) memberAnswer {
	out := memberAnswer{Slug: d.Slug, Title: d.Title, Href: d.Address}
	if curator {
		out.State = d.State.String()
	}
	return out
}

func seriesOf(x series.Series, known map[string]*catalogue.Dataset, curator bool) seriesAnswer {
	out := seriesAnswer{Slug: x.Slug, Title: x.Title, Description: x.Description, Ordered: x.Ordered, Href: "/id/series/" + x.Slug, Issued: x.Issued.String(), Modified: x.Changed.String(), Datasets: []memberAnswer{}}
	for _, slug := range x.Datasets {
		out.Datasets = append(out.Datasets, memberOf(known[slug], curator))
	}
	return out
}

// placesOf gives the public series in which a dataset stands.
func (a *API) placesOf(ctx context.Context, sp store.Space, slug string) ([]placeAnswer, error) {
	if a.o.Series == nil {
		return nil, nil
	}
	all, known, err := a.shown(ctx, sp, false)
	if err != nil {
		return nil, err
	}
	var out []placeAnswer
	for _, p := range series.Of(all, slug) {
		one := placeAnswer{Slug: p.Series.Slug, Title: p.Series.Title, Href: "/id/series/" + p.Series.Slug}
		if sets := p.Series.Datasets; p.Series.Ordered {
			if p.At > 0 {
				m := memberOf(known[sets[p.At-1]], false)
				one.Previous = &m
			}
			if p.At+1 < len(sets) {
				m := memberOf(known[sets[p.At+1]], false)
				one.Next = &m
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// seriesList answers GET /api/series.
func (a *API) seriesList(w http.ResponseWriter, r *http.Request) error {
	call, _, err := a.datasetCall(r)
	if err != nil {
		return err
	}
	curator := access.From(r.Context()).May(access.Curate)
	all, known, err := a.shown(r.Context(), call.Space, curator)
	if err != nil {
		return err
	}
	out := []seriesAnswer{}
	for _, x := range all {
		out = append(out, seriesOf(x, known, curator))
	}
	w.Header().Set("Cache-Control", "no-store") // stewards see more
	return httpx.WriteJSON(w, http.StatusOK, map[string]any{"series": out})
}

// seriesOne answers GET /api/series/{slug}.
func (a *API) seriesOne(w http.ResponseWriter, r *http.Request) error {
	call, _, err := a.datasetCall(r)
	if err != nil {
		return err
	}
	curator := access.From(r.Context()).May(access.Curate)
	all, known, err := a.shown(r.Context(), call.Space, curator)
	if err != nil {
		return err
	}
	slug := r.PathValue("slug")
	for _, x := range all {
		if x.Slug == slug {
			w.Header().Set("Cache-Control", "no-store")
			return httpx.WriteJSON(w, http.StatusOK, seriesOf(x, known, curator))
		}
	}
	return problem.New(problem.ResourceNotFound, "there is no series %.80q", slug)
}

// seriesIn is what a steward sends.
type seriesIn struct {
	Title       catalogue.Texts `json:"title"`
	Description catalogue.Texts `json:"description"`
	Datasets    []string        `json:"datasets"` // slugs, in order
	Ordered     bool            `json:"ordered"`
}

// seriesPut answers PUT /api/series/{slug}.
func (a *API) seriesPut(w http.ResponseWriter, r *http.Request) error {
	call, err := a.curating(r)
	if err != nil {
		return err
	}
	var in seriesIn
	if err := httpx.ReadJSON(r, &in); err != nil {
		return err
	}
	err = a.o.Series.Put(r.Context(), record.Call{Tenant: call.Space.Tenant, By: access.From(r.Context())},
		series.Series{Slug: r.PathValue("slug"), Title: in.Title, Description: in.Description, Datasets: in.Datasets, Ordered: in.Ordered})
	if err != nil {
		return err
	}
	return httpx.NoContent(w)
}

// seriesWithdraw answers DELETE /api/series/{slug}.
func (a *API) seriesWithdraw(w http.ResponseWriter, r *http.Request) error {
	call, err := a.curating(r)
	if err != nil {
		return err
	}
	if err := a.o.Series.Withdraw(r.Context(), record.Call{Tenant: call.Space.Tenant, By: access.From(r.Context())}, r.PathValue("slug")); err != nil {
		return err
	}
	return httpx.NoContent(w)
}
