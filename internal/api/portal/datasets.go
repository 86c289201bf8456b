package portal

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/find"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// datasets is the catalogue.
type datasets interface {
	Published(ctx context.Context, sp store.Space) ([]*catalogue.Dataset, error)
	All(ctx context.Context, sp store.Space) ([]*catalogue.Dataset, error)
	Open(ctx context.Context, sp store.Space, slug string) (*catalogue.Dataset, error)
	Extent(ctx context.Context, sp store.Space, d *catalogue.Dataset) (*catalogue.Extent, error)
	Search(ctx context.Context, sp store.Space, q find.Query) (catalogue.Page, error)
	Get(ctx context.Context, sp store.Space, slug string) (*catalogue.Dataset, error)
	Versions(ctx context.Context, sp store.Space, d *catalogue.Dataset) ([]catalogue.Version, error)
	Would(ctx context.Context, sp store.Space, d *catalogue.Dataset) (*catalogue.Extent, error)
	PutIf(ctx context.Context, c broker.Call, d catalogue.Dataset, holds func(cur *catalogue.Dataset) error) error
	Publish(ctx context.Context, c broker.Call, slug string) error
	Withdraw(ctx context.Context, c broker.Call, slug string) error
}

// datasetRoutes are there if there is a catalogue.
func (a *API) datasetRoutes() []httpx.Route {
	if a.o.Catalogue == nil {
		return nil
	}
	route := func(method, pattern string, rule access.Rule, name, summary string, h httpx.Handler) httpx.Route {
		return httpx.Route{Method: method, Pattern: pattern, Rule: rule, Name: name, Summary: summary, Group: "Catalogue", Handle: h}
	}
	var quality []httpx.Route
	if a.o.Describe != nil {
		quality = append(quality, route(http.MethodGet, "/api/datasets/{slug}/quality", access.PublicDataset, "dataset-quality",
			"The quality of a dataset's description: points of 405, what is missing, what the shapes of DCAT-AP find", a.quality))
	}
	if a.o.WouldBe != nil {
		quality = append(quality, route(http.MethodPost, "/api/datasets/{slug}/check", access.Curate, "dataset-check",
			"Look at a description while it is typed: what is wrong, what is missing, what the shapes find, where the data disagrees, what it would score; nothing is kept", a.checkDataset))
	}
	if a.o.Sizes != nil {
		quality = append(quality, route(http.MethodGet, "/api/datasets/{slug}/sizes", access.PublicDataset, "dataset-sizes", "How long the files of a dataset are, as last measured", a.sizes))
	}
	return append(quality, []httpx.Route{
		route(http.MethodGet, "/api/datasets/{slug}/history", access.PublicDataset, "dataset-history", "What happened to a dataset's public description, the newest first", a.history),
		route(http.MethodGet, "/api/datasets/{slug}/points", access.PublicDataset, "dataset-points", "Where the first thousand things of a dataset are, for a small map", a.points),
		route(http.MethodGet, "/api/datasets/{slug}/description", access.Curate, "dataset-description", "A dataset's description as PUT takes it, with an ETag for If-Match", a.describedAs),
		route(http.MethodGet, "/api/vocabularies", access.Curate, "vocabularies", "What may stand in a description: licences, themes, frequencies, categories, types", a.vocabularies),
		{Method: http.MethodGet, Pattern: "/api/datasets", Rule: access.PublicDataset, Name: "datasets", Summary: "Search the published datasets by words, facets and place; with counts of what else there is", Group: "Catalogue", Handle: a.datasets, Describe: describeSearch},
		route(http.MethodGet, "/api/datasets/{slug}", access.PublicDataset, "dataset", "A published dataset with its fields and a sample", a.dataset),
		route(http.MethodGet, "/api/inventory", access.Curate, "inventory", "Every dataset with what it lacks, what is typed, what is measured, and where they disagree", a.inventory),
		route(http.MethodPut, "/api/datasets/{slug}", access.Curate, "dataset-put", "Describe a dataset: makes a draft, or changes the description", a.putDataset),
		route(http.MethodPost, "/api/datasets/{slug}/publish", access.Curate, "dataset-publish", "Publish a dataset: everybody may read its entities from then on", a.publishDataset),
		route(http.MethodDelete, "/api/datasets/{slug}", access.Curate, "dataset-withdraw", "Withdraw a published dataset: its address answers that it is gone", a.withdrawDataset),
	}...)
}

type licenceAnswer struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

type contactAnswer struct {
	Name  string `json:"name"`
	Email string `json:"email,omitzero"`
	URL   string `json:"url,omitzero"`
}

type freshness struct {
	At     string  `json:"at"`
	Period float64 `json:"period"`            // seconds, as declared
	Found  float64 `json:"measured,omitzero"` // seconds, as measured
}

type fileAnswer struct {
	Format string `json:"format"`
	Href   string `json:"href"`
}

type fieldAnswer struct {
	Name string `json:"name"`
	IRI  string `json:"iri"`
	Unit string `json:"unit,omitzero"`
	Type string `json:"type"`
}

type datasetAnswer struct {
	Slug          string              `json:"slug"`
	Title         catalogue.Texts     `json:"title"`
	Description   catalogue.Texts     `json:"description"`
	Publisher     string              `json:"publisher"`
	Licence       licenceAnswer       `json:"license"`
	Themes        []string            `json:"themes"` // IRIs
	Frequency     string              `json:"frequency"`
	Keywords      map[string][]string `json:"keywords,omitzero"`
	HighValue     []string            `json:"highValue,omitzero"` // IRIs of categories, (EU) 2023/138
	Issued        string              `json:"issued"`
	Modified      string              `json:"modified"`
	Count         int                 `json:"count"`
	Bbox          *[4]float64         `json:"bbox,omitzero"`     // west, south, east, north
	Temporal      *[2]string          `json:"temporal,omitzero"` // oldest and newest observation
	Formats       []string            `json:"formats"`
	Href          string              `json:"href"`
	Layer         string              `json:"layer,omitzero"`
	Synthetic     bool                `json:"synthetic"`
	Contact       contactAnswer       `json:"contact"`
	Freshness     *freshness          `json:"freshness,omitzero"`
	Distributions []fileAnswer        `json:"distributions"`
	Links         map[string]string   `json:"links"`
	Access        string              `json:"access,omitzero"` // code, if it is not public
	Reason        catalogue.Texts     `json:"reason,omitzero"` // why it is not
	ConformsTo    []string            `json:"conformsTo,omitzero"`
	Series        []placeAnswer       `json:"series,omitzero"`
	Fields        []fieldAnswer       `json:"fields,omitzero"`
	Sample        []map[string]any    `json:"sample,omitzero"`
}

func answerOf(d *catalogue.Dataset, x *catalogue.Extent) datasetAnswer {
	licence, _ := catalogue.LicenceOf(d.Licence)
	out := datasetAnswer{Slug: d.Slug, Title: d.Title, Description: d.Description, Publisher: d.Publisher.Name,
		Licence: licenceAnswer{licence.Key, licence.Title, licence.URL}, Frequency: catalogue.Authority + "frequency/" + d.Frequency, Keywords: d.Keywords,
		Issued: d.Issued.String(), Modified: x.Modified.String(), Count: x.Count, Href: d.Address, Layer: d.Layer,
		Synthetic: d.Synthetic, ConformsTo: d.ConformsTo, Contact: contactAnswer(d.Contact),
		Links: map[string]string{"turtle": d.Address + ".ttl", "jsonld": d.Address + ".jsonld", "n-triples": d.Address + ".nt", "rdf-xml": d.Address + ".rdf",
			"quality": "/id/quality/" + d.Slug, "croissant": "/api/datasets/" + d.Slug + "/croissant"}}
	if d.Closed() {
		out.Access, out.Reason = d.Access, reasonText(d.Reason)
	}
	for _, f := range catalogue.Files() {
		if d.Closed() {
			break // listed, and not to be had
		}
		out.Formats = append(out.Formats, f.Name)
		out.Distributions = append(out.Distributions, fileAnswer{f.Name, "/datasets/" + d.Slug + "." + f.Ext})
	}
	for _, t := range d.Themes {
		out.Themes = append(out.Themes, catalogue.Authority+"data-theme/"+t)
	}
	for _, c := range d.HighValue {
		out.HighValue = append(out.HighValue, catalogue.BNA+c)
	}
	if !x.Box.Empty() {
		out.Bbox = &[4]float64{x.Box.West, x.Box.South, x.Box.East, x.Box.North}
	}
	if !x.First.IsZero() {
		out.Temporal = &[2]string{x.First.String(), x.Last.String()}
	}
	if d.Period > 0 && !x.Last.IsZero() {
		out.Freshness = &freshness{At: x.Last.String(), Period: float64(d.Period) / 1e6, Found: float64(x.Period) / 1e6}
	}
	if d.Closed() {
		return out
	}
	types := make([]string, len(d.Selection.Types))
	for i, t := range d.Selection.Types {
		types[i] = string(t)
	}
	list := url.QueryEscape(strings.Join(types, ","))
	out.Links["ngsi-ld"] = "/ngsi-ld/v1/entities?type=" + list + "&limit=20"
	if d.Selection.Scope != "" {
		out.Links["ngsi-ld"] += "&scopeQ=" + url.QueryEscape(d.Selection.Scope)
	}
	if d.Layer != "" {
		out.Links["live"] = "/live?types=" + list
	}
	return out
}

func reasonText(key string) catalogue.Texts {
	r, _ := catalogue.ReasonOf(key)
	return r.Title
}

// datasetCall reads what the two questions about datasets have in common.
func (a *API) datasetCall(r *http.Request) (broker.Call, string, error) {
	p, err := httpx.Params(r)
	if err != nil {
		return broker.Call{}, "", err
	}
	if err := httpx.OnlyParams(p, "lang"); err != nil {
		return broker.Call{}, "", err
	}
	call, err := a.o.Call(r)
	return call, cmp.Or(p.Get("lang"), "en"), err
}

// dataset answers GET /api/datasets/{slug}.
func (a *API) dataset(w http.ResponseWriter, r *http.Request) error {
	call, lang, err := a.datasetCall(r)
	if err != nil {
		return err
	}
	d, err := a.o.Catalogue.Open(r.Context(), call.Space, r.PathValue("slug"))
	if err != nil {
		return err
	}
	x, err := a.o.Catalogue.Extent(r.Context(), call.Space, d)
	if err != nil {
		return err
	}
	out := answerOf(d, x)
	if out.Series, err = a.placesOf(r.Context(), call.Space, d.Slug); err != nil {
		return err
	}
	columns := x.Columns()
	short := map[entity.Name]string{}
	for i, c := range columns {
		short[c.Name] = c.Short
		out.Fields = append(out.Fields, fieldAnswer{Name: c.Short, IRI: string(c.Name), Unit: c.Unit, Type: x.Fields[i].Type})
	}
	for _, e := range x.Sample {
		if d.Closed() {
			break
		}
		out.Sample = append(out.Sample, row(e, short, lang))
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, out)
}

// row gives an entity as one line of a sample: plain values, a text in several
// languages in one of them, geometries left out.
func row(e *entity.Entity, short map[entity.Name]string, lang string) map[string]any {
	out := map[string]any{"id": string(e.ID)}
	observed := entity.Instant(0)
	for i := range e.Attrs {
		at := &e.Attrs[i]
		observed = max(observed, at.ObservedAt)
		if at.Kind == entity.GeoProperty || at.Dataset != "" {
			continue
		}
		n, err := jsontree.Parse(at.Value, jsontree.Limits{})
		name, known := short[at.Name]
		if err != nil || !known || name == "id" {
			continue
		}
		if at.Kind == entity.LanguageProperty {
			if out[name] = inLanguage(n, lang); out[name] == "" {
				delete(out, name)
			}
			continue
		}
		out[name] = plain{n}
	}
	if !observed.IsZero() {
		out["observedAt"] = observed.String()
	}
	if at, ok := e.Attr(query.LocationName, ""); ok {
		if g, ok := query.GeometryOf(at); ok {
			p, isPoint := g.IsPoint()
			if !isPoint {
				p = middle(g)
			}
			out["lon"], out["lat"] = p.Lon, p.Lat
		}
	}
	return out
}

// inLanguage picks a language, else any that there is.
func inLanguage(n jsontree.Node, lang string) string {
	for _, l := range []string{lang, "en", "fr", "nl"} {
		if v, ok := n.Get(l); ok && v.Str() != "" {
			return v.Str()
		}
	}
	for _, v := range n.Members() {
		if v.Str() != "" {
			return v.Str()
		}
	}
	return ""
}

// plain writes a JSON value as it came.
type plain struct{ n jsontree.Node }

// MarshalJSON gives the value's own text.
func (p plain) MarshalJSON() ([]byte, error) { return p.n.Append(nil), nil }

// datasetHits finds the five datasets that fit best.
func (a *API) datasetHits(ctx context.Context, sp store.Space, text, lang string) ([]hit, error) {
	if a.o.Catalogue == nil || catalogue.Fold(text) == "" || find.CountWords(text) > maxWords {
		return nil, nil
	}
	p, err := a.o.Catalogue.Search(ctx, sp, find.Query{Where: find.Text(text), Lang: lang, Limit: 5, Sort: []find.Order{{By: find.Relevance}, {By: find.ByTitle}}})
	var out []hit
	for _, f := range p.Found {
		if h := f.Harvested; h != nil {
			out = append(out, hit{ID: h.Slug, Title: inTexts(h.Title, lang), Sub: h.Publisher.Name, Href: h.Address()})
			continue
		}
		d := f.Dataset
		out = append(out, hit{ID: d.Slug, Title: inTexts(d.Title, lang), Sub: d.Publisher.Name, Href: d.Address})
	}
	return out, err
}

// inTexts picks a language, else any that there is, as the pages do.
func inTexts(t catalogue.Texts, lang string) string {
	s := cmp.Or(t[lang], t["en"], t["fr"], t["nl"])
	for _, l := range sortedKeys(t) {
		s = cmp.Or(s, t[l])
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// curating reads what the three changes have in common: they have no
// parameters.
func (a *API) curating(r *http.Request) (broker.Call, error) {
	p, err := httpx.Params(r)
	if err != nil {
		return broker.Call{}, err
	}
	if err := httpx.OnlyParams(p); err != nil {
		return broker.Call{}, err
	}
	return a.o.Call(r)
}

func (a *API) publishDataset(w http.ResponseWriter, r *http.Request) error {
	call, err := a.curating(r)
	if err != nil {
		return err
	}
	if err := a.o.Catalogue.Publish(r.Context(), call, r.PathValue("slug")); err != nil {
		return err
	}
	return httpx.NoContent(w)
}

func (a *API) withdrawDataset(w http.ResponseWriter, r *http.Request) error {
	call, err := a.curating(r)
	if err != nil {
		return err
	}
	if err := a.o.Catalogue.Withdraw(r.Context(), call, r.PathValue("slug")); err != nil {
		return err
	}
	return httpx.NoContent(w)
}
