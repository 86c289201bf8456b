// Package dcat publishes the catalogue: its metadata as DCAT-AP 3.0.1 in
// Turtle, JSON-LD, N-Triples and RDF/XML, a page and an address for each thing in it,
// and the datasets themselves as files.
//
// It shows published datasets and nothing else, to everybody alike. What
// always holds: every IRI that it makes begins with this server's address and
// answers; every thing named in a graph has its type in that graph; an
// unchanged catalogue gives unchanged bytes.
package dcat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/series"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store"
)

// City is what the catalogue says of its city.
type City struct {
	Name      string
	Synthetic bool
}

// datasets is the catalogue; walker reads what is in a dataset.
type datasets interface {
	All(ctx context.Context, sp store.Space) ([]*catalogue.Dataset, error)
	Published(ctx context.Context, sp store.Space) ([]*catalogue.Dataset, error)
	Changes(ctx context.Context, sp store.Space) ([]catalogue.Version, error)
	Harvested(ctx context.Context, sp store.Space) ([]catalogue.HarvestedRef, error)
	HarvestedOne(ctx context.Context, sp store.Space, slug string) (*catalogue.Harvested, error)
	Open(ctx context.Context, sp store.Space, slug string) (*catalogue.Dataset, error)
	Extent(ctx context.Context, sp store.Space, d *catalogue.Dataset) (*catalogue.Extent, error)
}

type walker interface {
	Walk(ctx context.Context, c broker.Call, q *query.Query, after entity.Number, yield func(*entity.Entity) bool) error
}

// Options are the settings of an API.
type Options struct {
	Catalogue datasets
	Broker    walker
	Call      func(r *http.Request) (broker.Call, error)
	City      func(ctx context.Context) (City, error)
	Now       func() entity.Instant
	// Series gives all dataset series of a tenant; without it there are none.
	Series func(ctx context.Context, tenant string) ([]series.Series, error)
	// Shell answers with the page, for browsers.
	Shell httpx.Handler
	// ShellWith does so with HTML added to its head.
	ShellWith func(w http.ResponseWriter, r *http.Request, head string) error
}

// API answers. Use New.
type API struct {
	o     Options
	began entity.Instant // nothing is said to be older: the program may be another one since
	sizes sizes
}

// New makes an API.
func New(o Options) *API { return &API{o: o, began: o.Now()} }

// The forms of a graph, in the order in which they are offered.
const (
	typeHTML     = "text/html"
	typeTurtle   = "text/turtle"
	typeJSONLD   = "application/ld+json"
	typeNTriples = "application/n-triples"
	typeRDFXML   = "application/rdf+xml"
)

// suffixes are the endings of addresses that ask for one form.
func suffixes() map[string]string {
	return map[string]string{"ttl": typeTurtle, "jsonld": typeJSONLD, "nt": typeNTriples, "rdf": typeRDFXML}
}

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route {
	get := func(pattern, name, summary string, h httpx.Handler) httpx.Route {
		return httpx.Route{Method: http.MethodGet, Pattern: pattern, Rule: access.PublicDataset, Name: name, Summary: summary, Group: "Catalogue", Handle: h}
	}
	paged := func(pattern, name, summary string, h httpx.Handler) httpx.Route {
		r := get(pattern, name, summary, h)
		r.Describe = describePaging
		return r
	}
	feed := get("/catalog/changes", "catalog-changes", "What happened to the catalogue, as a Linked Data Event Stream; the form is negotiated", a.changes)
	feed.Describe = describeChanges
	file := get("/datasets/{file}", "dataset-file", "A dataset as a file, {slug}.geojson, .csv, .json, .ndjson, .jsonld, .parquet or .fgb, now or ?at=INSTANT; {slug}.csv-metadata.json describes its table", a.download)
	file.Timeout, file.Describe = downloadTime, describeFile
	return []httpx.Route{
		paged("/catalog", "catalog", "The catalogue; the form is negotiated, a browser is led to its page", a.catalog("")),
		paged("/catalog.ttl", "catalog-ttl", "The catalogue as DCAT-AP 3 in Turtle, whole or in pages", a.catalog(typeTurtle)),
		paged("/catalog.jsonld", "catalog-jsonld", "The catalogue as DCAT-AP 3 in JSON-LD, whole or in pages", a.catalog(typeJSONLD)),
		paged("/catalog.nt", "catalog-nt", "The catalogue as DCAT-AP 3 in N-Triples, whole or in pages", a.catalog(typeNTriples)),
		paged("/catalog.rdf", "catalog-rdf", "The catalogue as DCAT-AP 3 in RDF/XML, whole or in pages", a.catalog(typeRDFXML)),
		get("/id/dataset/{slug}", "id-dataset", "A dataset: its page, or its metadata; the form is negotiated or given by .ttl, .jsonld, .nt, .rdf", a.dataset),
		get("/id/record/{slug}", "id-record", "A dataset that another catalogue describes: the record of it, and what its source says; the form is negotiated or given by an ending", a.record),
		get("/id/quality/{slug}", "id-quality", "How good the description of a dataset is: the measurements of data.europa.eu's assessment (DQV); forms as for a dataset", a.quality),
		get("/api/datasets/{slug}/croissant", "dataset-croissant", "A dataset as Croissant 1.0, for those who train and test models", a.croissant),
		get("/id/series/{slug}", "id-series", "A series of datasets: its page, or its metadata; forms as for a dataset", a.seriesThing),
		get("/id/{kind}/{slug}", "id-thing", "A distribution, service, agent or contact of the catalogue; forms as for a dataset", a.thing),
		file,
		feed,
		get("/sitemap.xml", "sitemap", "The pages of the catalogue, for search engines", a.sitemap),
		get("/robots.txt", "robots", "Where search engines find the pages", a.robots),
	}
}

// found is the catalogue of one space as it stands.
type found struct {
	call broker.Call
	in   input
}

// gather reads the published datasets with their extents; only keeps those
// that it names, nil all.
func (a *API) gather(r *http.Request, only func(*catalogue.Dataset) bool) (found, error) {
	ctx := r.Context()
	call, err := a.o.Call(r)
	if err != nil {
		return found{}, err
	}
	c, err := a.o.City(ctx)
	if err != nil {
		return found{}, err
	}
	ds, err := a.o.Catalogue.Published(ctx, call.Space)
	if err != nil {
		return found{}, err
	}
	f := found{call: call, in: input{base: httpx.BaseURL(r), city: c}}
	if f.in.linked, err = a.linkedTo(ctx, call.Space.Tenant, ds); err != nil {
		return found{}, err
	}
	for _, d := range ds {
		if only != nil && !only(d) {
			continue
		}
		x, err := a.o.Catalogue.Extent(ctx, call.Space, d)
		if err != nil {
			return found{}, err
		}
		f.in.sets = append(f.in.sets, set{d, x})
	}
	return f, nil
}

func noParams(r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	return httpx.OnlyParams(p, "lang") // the pages' own, which the shell reads
}

// dataset answers at the address of a dataset.
func (a *API) dataset(w http.ResponseWriter, r *http.Request) error {
	slug, form, err := formOf(w, r, typeHTML)
	if err != nil {
		return err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	d, err := a.o.Catalogue.Open(r.Context(), call.Space, slug)
	gone := problem.Is(err, problem.Gone)
	if form == typeHTML {
		base := httpx.BaseURL(r) + "/id/dataset/" + url.PathEscape(slug)
		for _, suffix := range []string{"ttl", "jsonld", "nt", "rdf"} {
			httpx.AddLink(w.Header(), base+"."+suffix, "alternate", "type", suffixes()[suffix])
		}
		switch {
		case gone:
			w = &otherStatus{w, http.StatusGone}
		case problem.Is(err, problem.ResourceNotFound):
			w = &otherStatus{w, http.StatusNotFound}
		case err != nil:
			return err
		default:
			return a.datasetPage(w, r, call, d)
		}
		return a.o.Shell(w, r)
	}
	if err != nil && !gone {
		return err
	}
	if err := noParams(r); err != nil {
		return err
	}
	if gone {
		return write(w, r, tombstone(httpx.BaseURL(r), d), form, http.StatusGone)
	}
	f, err := a.gather(r, func(x *catalogue.Dataset) bool { return x.Slug == slug })
	if err != nil {
		return err
	}
	if a.unchanged(w, r, f.in.sets[:min(1, len(f.in.sets))], nil, nil, f.in.changed) {
		return nil
	}
	return write(w, r, f.in.one(), form, http.StatusOK)
}

// otherStatus lets the page's shell come with the status of what it is about.
type otherStatus struct {
	http.ResponseWriter
	status int
}

// WriteHeader sends the other status in place of 200.
func (o *otherStatus) WriteHeader(status int) {
	if status == http.StatusOK {
		status = o.status
	}
	o.ResponseWriter.WriteHeader(status)
}

// thing answers at the address of any other thing in the catalogue: with what
// the catalogue says of it.
func (a *API) thing(w http.ResponseWriter, r *http.Request) error {
	slug, form, err := formOf(w, r, "")
	if err != nil {
		return err
	}
	kind := r.PathValue("kind")
	notThere := problem.New(problem.ResourceNotFound, "the catalogue has no %.40s %.80q", kind, slug)
	if !slices.Contains([]string{"distribution", "service", "agent", "contact"}, kind) {
		return notThere
	}
	if err := noParams(r); err != nil {
		return err
	}
	f, err := a.gather(r, nil)
	if err != nil {
		return err
	}
	whole, part := f.in.catalog(), &rdf.Graph{}
	iri := rdf.IRI(f.in.base + "/id/" + kind + "/" + slug)
	types := map[string][]rdf.Term{}
	triples := whole.Triples()
	for _, t := range triples {
		if t.P == rdf.Type {
			types[string(t.S)] = append(types[string(t.S)], t.O)
		}
	}
	for _, t := range triples {
		if t.S != iri {
			continue
		}
		part.Add(t.S, t.P, t.O)
		if t.O.IsIRI() && t.P != rdf.Type {
			for _, o := range types[t.O.Value()] {
				part.Add(rdf.IRI(t.O.Value()), rdf.Type, o)
			}
		}
	}
	if part.Len() == 0 {
		return notThere
	}
	return write(w, r, part, form, http.StatusOK)
}

// formOf takes the form from the ending of the last part of the path, else
// from the Accept header, in which page is offered first if it is not "".
func formOf(w http.ResponseWriter, r *http.Request, page string) (slug, form string, err error) {
	slug = r.PathValue("slug")
	if i := strings.LastIndexByte(slug, '.'); i >= 0 {
		form, known := suffixes()[slug[i+1:]]
		if !known {
			return "", "", problem.New(problem.ResourceNotFound, "there is no form %.20q of this; there are .ttl, .jsonld, .nt and .rdf", slug[i:])
		}
		return slug[:i], form, nil
	}
	w.Header().Add("Vary", "Accept")
	offers := []string{typeTurtle, typeJSONLD, typeNTriples, typeRDFXML}
	if page != "" {
		offers = append([]string{page}, offers...)
	}
	form, err = httpx.Negotiate(r, offers...)
	return slug, form, err
}

// write answers with a graph. Its ETag is a digest of the bytes: they are the
// same as long as the catalogue is.
func write(w http.ResponseWriter, r *http.Request, g *rdf.Graph, form string, status int) error {
	return writeAs(w, r, g, form, status, "no-cache")
}

// writeAs does so with a word to caches.
func writeAs(w http.ResponseWriter, r *http.Request, g *rdf.Graph, form string, status int, caches string) error {
	var body []byte
	var err error
	switch form {
	case typeTurtle:
		body, err = g.Turtle(prefixes())
	case typeJSONLD:
		body, err = g.JSONLD(prefixes())
	case typeRDFXML:
		body, err = g.RDFXML(prefixes())
	default:
		body, err = g.NTriples()
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", caches)
	if status == http.StatusOK && httpx.NotModified(w, r, digest(body)) {
		return nil
	}
	if form != typeNTriples {
		form += "; charset=utf-8"
	}
	if strings.HasPrefix(form, typeJSONLD) {
		form = typeJSONLD // its encoding is not a parameter (RFC 8259, 11)
	}
	return httpx.WriteBody(w, status, form, body)
}

// digest names bytes in an ETag.
func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}
