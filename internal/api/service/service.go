// Package service answers over HTTP what the city promises of the API of each
// dataset and what it measured of it: terms of use and quality of service on
// performance, capacity and availability ((EU) 2023/138, Art. 3(2); (EU)
// 2023/2854, Art. 33), as JSON and as RDF.
//
// What was not measured is not said: it is null in JSON and absent in RDF.
package service

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/served"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/vocab"
)

// datasets is the catalogue.
type datasets interface {
	Published(ctx context.Context, sp store.Space) ([]*catalogue.Dataset, error)
	Open(ctx context.Context, sp store.Space, slug string) (*catalogue.Dataset, error)
	Extent(ctx context.Context, sp store.Space, d *catalogue.Dataset) (*catalogue.Extent, error)
	TermsOf(ctx context.Context, sp store.Space, d *catalogue.Dataset) (*catalogue.Terms, bool, error)
	DefaultTerms(ctx context.Context, sp store.Space) (*catalogue.Terms, error)
	SetTerms(ctx context.Context, c broker.Call, slug string, t *catalogue.Terms) error
	SetDefaultTerms(ctx context.Context, c broker.Call, t catalogue.Terms) error
}

// recorder measures.
type recorder interface {
	Observe(tenant, slug string, status int, took time.Duration)
	Report(ctx context.Context, tenant, slug string) (served.Report, error)
}

// Options are the settings of an API.
type Options struct {
	Catalogue datasets
	Recorder  recorder
	Call      func(r *http.Request) (broker.Call, error)
	Now       func() entity.Instant
}

// API answers. Use New.
type API struct{ o Options }

// New makes an API.
func New(o Options) *API { return &API{o} }

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route {
	route := func(method, pattern string, rule access.Rule, name, summary string, h httpx.Handler, d func() httpx.Description) httpx.Route {
		return httpx.Route{Method: method, Pattern: pattern, Rule: rule, Name: name, Summary: summary, Group: "Catalogue", MaxBody: 256 << 10, Handle: h, Describe: d}
	}
	return []httpx.Route{
		route(http.MethodGet, "/api/datasets/{slug}/service", access.PublicDataset, "dataset-service",
			"Terms and quality of service of a dataset's API: what is promised, and what was measured in the last 30 days; JSON, or RDF by the Accept header", a.get, describeService),
		route(http.MethodPut, "/api/datasets/{slug}/service", access.Curate, "dataset-service-put", "Set the terms of service of a dataset's API", a.put, describeTerms),
		route(http.MethodDelete, "/api/datasets/{slug}/service", access.Curate, "dataset-service-delete", "Let the default terms of service hold for a dataset again", a.remove, nil),
		route(http.MethodGet, "/api/service-terms", access.PublicDataset, "service-terms", "The terms of service that hold where a dataset has none of its own", a.getDefault, nil),
		route(http.MethodPut, "/api/service-terms", access.Curate, "service-terms-put", "Set the terms of service that hold where a dataset has none of its own", a.putDefault, describeTerms),
	}
}

// Served counts a request for the datasets that it is about: a file or the
// address of one, or a question to the NGSI-LD API for types that it has.
// Questions that name no type, or name it by a context of their own, belong
// to no dataset. Clients that gave up count nowhere.
func (a *API) Served(s httpx.Served) {
	r := s.Request
	if r.Method != http.MethodGet && r.Method != http.MethodHead || r.Context().Err() != nil {
		return
	}
	var slug string
	var types []entity.Name
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/datasets/"):
		slug, _, _ = strings.Cut(path[len("/datasets/"):], ".")
	case strings.HasPrefix(path, "/id/dataset/"):
		slug, _, _ = strings.Cut(path[len("/id/dataset/"):], ".")
	case path == "/ngsi-ld/v1/entities" || path == "/ngsi-ld/v1/temporal/entities":
		if types = typesOf(r.URL.Query().Get("type")); len(types) == 0 {
			return
		}
	default:
		return
	}
	sp := store.Space{Tenant: r.Header.Get("NGSILD-Tenant")}
	if strings.Contains(sp.Tenant, "/") {
		return // none is called so
	}
	// The request's own context may have ended with it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), time.Second)
	defer cancel()
	ds, err := a.o.Catalogue.Published(ctx, sp)
	if err != nil {
		return // it failed for the reader too, and that was told
	}
	for _, d := range ds { // only what is published: others could fill the disk with names
		if slug == d.Slug || slug == "" && selects(d, types) {
			a.o.Recorder.Observe(sp.Tenant, d.Slug, s.Status, s.Began)
		}
	}
}

// typesOf reads the names in a selection of types (CIM 009, 4.17).
func typesOf(s string) []entity.Name {
	var out []entity.Name
	for name := range strings.FieldsFuncSeq(s, func(c rune) bool { return strings.ContainsRune(",;|()", c) }) {
		if iri, ok := vocab.Terms()[name]; ok {
			name = iri
		}
		out = append(out, entity.Name(name))
	}
	return out
}

func selects(d *catalogue.Dataset, types []entity.Name) bool {
	for _, t := range d.Selection.Types {
		for _, x := range types {
			if t == x {
				return true
			}
		}
	}
	return false
}

// state is all that is known of the service of one dataset.
type state struct {
	d     *catalogue.Dataset
	x     *catalogue.Extent
	terms *catalogue.Terms // nil if nothing is promised
	own   bool
	found served.Report
	now   entity.Instant
}

func (a *API) state(ctx context.Context, sp store.Space, slug string) (state, error) {
	s := state{now: a.o.Now()}
	var err error
	if s.d, err = a.o.Catalogue.Open(ctx, sp, slug); err != nil {
		return s, err
	}
	if s.x, err = a.o.Catalogue.Extent(ctx, sp, s.d); err != nil {
		return s, err
	}
	if s.terms, s.own, err = a.o.Catalogue.TermsOf(ctx, sp, s.d); err != nil {
		return s, err
	}
	s.found, err = a.o.Recorder.Report(ctx, sp.Tenant, slug)
	return s, err
}

// question reads what all requests have in common: they have no parameters.
func (a *API) question(r *http.Request) (broker.Call, error) {
	p, err := httpx.Params(r)
	if err != nil {
		return broker.Call{}, err
	}
	if err := httpx.OnlyParams(p); err != nil {
		return broker.Call{}, err
	}
	return a.o.Call(r)
}

// get answers GET /api/datasets/{slug}/service.
func (a *API) get(w http.ResponseWriter, r *http.Request) error {
	call, err := a.question(r)
	if err != nil {
		return err
	}
	w.Header().Add("Vary", "Accept")
	form, err := httpx.Negotiate(r, append([]string{httpx.TypeJSON}, graphForms()...)...)
	if err != nil {
		return err
	}
	s, err := a.state(r.Context(), call.Space, r.PathValue("slug"))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	if form == httpx.TypeJSON {
		return httpx.WriteJSON(w, http.StatusOK, answerOf(s))
	}
	return writeGraph(w, s.graph(httpx.BaseURL(r)), form)
}

func (a *API) put(w http.ResponseWriter, r *http.Request) error {
	call, err := a.question(r)
	if err != nil {
		return err
	}
	t, err := readTerms(r)
	if err != nil {
		return err
	}
	if err := a.o.Catalogue.SetTerms(r.Context(), call, r.PathValue("slug"), t); err != nil {
		return err
	}
	return httpx.NoContent(w)
}

func (a *API) remove(w http.ResponseWriter, r *http.Request) error {
	call, err := a.question(r)
	if err != nil {
		return err
	}
	if err := a.o.Catalogue.SetTerms(r.Context(), call, r.PathValue("slug"), nil); err != nil {
		return err
	}
	return httpx.NoContent(w)
}

func (a *API) getDefault(w http.ResponseWriter, r *http.Request) error {
	call, err := a.question(r)
	if err != nil {
		return err
	}
	t, err := a.o.Catalogue.DefaultTerms(r.Context(), call.Space)
	if err != nil {
		return err
	}
	if t == nil {
		return problem.New(problem.ResourceNotFound, "nobody has set default terms of service; PUT them here")
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, termsAnswer(t))
}

func (a *API) putDefault(w http.ResponseWriter, r *http.Request) error {
	call, err := a.question(r)
	if err != nil {
		return err
	}
	t, err := readTerms(r)
	if err != nil {
		return err
	}
	if err := a.o.Catalogue.SetDefaultTerms(r.Context(), call, *t); err != nil {
		return err
	}
	return httpx.NoContent(w)
}
