package dcat

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/rdf"
)

// hydraNS is the vocabulary of pages (Hydra Core). Harvesters read its present
// words or its older ones, so both are written.
const hydraNS = "http://www.w3.org/ns/hydra/core#"

const (
	pageSize = 100 // datasets of a page, unless limit says otherwise
	maxPage  = 1000
)

func describePaging() httpx.Description {
	number := httpx.Schema{"type": "integer", "minimum": 1}
	return httpx.Description{Params: []httpx.Param{
		{Name: "page", In: "query", Description: "One page of the catalogue, from 1 on, with links to the others (Hydra); without it and limit the catalogue comes whole", Example: "1", Schema: number},
		{Name: "limit", In: "query", Description: "Datasets of a page, up to 1000", Example: "100", Schema: number},
		{Name: "modified_since", In: "query", Description: "Only datasets that have changed since this day or time", Example: "2026-03-29"},
	}, Answers: []httpx.Answer{{Status: http.StatusOK, Description: "The graph", Headers: []string{"ETag", "Last-Modified", "Link"}},
		{Status: http.StatusNotModified, Description: "It is what the client has"}}}
}

// view is what of the catalogue is asked for.
type view struct {
	page, limit int            // page 0 is the whole
	since       entity.Instant // 0 is no bound
	sinceText   string         // as the client wrote it
}

func viewOf(r *http.Request) (view, error) {
	v := view{}
	p, err := httpx.Params(r)
	if err == nil {
		err = httpx.OnlyParams(p, "page", "limit", "modified_since", "lang")
	}
	if err != nil {
		return v, err
	}
	if p.Has("page") || p.Has("limit") {
		if v.page, err = httpx.IntParam(p, "page", 1, 1, 1<<30); err != nil {
			return v, err
		}
		if v.limit, err = httpx.IntParam(p, "limit", pageSize, 1, maxPage); err != nil {
			return v, err
		}
	}
	if v.sinceText = p.Get("modified_since"); p.Has("modified_since") {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateOnly} {
			if t, err := time.Parse(layout, v.sinceText); err == nil {
				v.since = entity.Instant(t.UnixMicro())
				return v, nil
			}
		}
		return v, problem.New(problem.BadRequestData, "modified_since must be a day or a time, such as 2026-03-29 or 2026-03-29T12:00:00Z, not %.40q", v.sinceText)
	}
	return v, nil
}

// address is that of a page: from the server's own address and what was asked,
// never from the request's.
func (v view) address(base, form string, page int) string {
	q := url.Values{"page": {strconv.Itoa(page)}, "limit": {strconv.Itoa(v.limit)}}
	if v.sinceText != "" {
		q.Set("modified_since", v.sinceText)
	}
	for suffix, t := range suffixes() {
		if t == form {
			return base + "/catalog." + suffix + "?" + q.Encode()
		}
	}
	return base + "/catalog?" + q.Encode()
}

// catalog answers with the catalogue, whole or one page of it.
func (a *API) catalog(form string) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form := form
		if form == "" {
			var err error
			w.Header().Add("Vary", "Accept")
			if form, err = httpx.Negotiate(r, typeTurtle, typeJSONLD, typeNTriples, typeRDFXML, typeHTML); err != nil {
				return err
			}
			if form == typeHTML {
				w.Header().Set("Location", httpx.BaseURL(r)+"/catalogue")
				w.WriteHeader(http.StatusSeeOther)
				return nil
			}
		}
		v, err := viewOf(r)
		if err != nil {
			return err
		}
		f, err := a.gather(r, nil)
		if err != nil {
			return err
		}
		all, err := a.o.Catalogue.All(r.Context(), f.call.Space)
		if err != nil {
			return err
		}
		if f.in.others, err = a.o.Catalogue.Harvested(r.Context(), f.call.Space); err != nil {
			return err
		}
		g, err := f.in.view(w, v, form, func(slug string) (*catalogue.Harvested, error) {
			return a.o.Catalogue.HarvestedOne(r.Context(), f.call.Space, slug)
		})
		if err != nil || a.unchanged(w, r, f.in.sets, all, f.in.others, f.in.changed) {
			return err
		}
		return write(w, r, g, form, http.StatusOK)
	}
}

// view gives the graph of what is asked for, and says in w where the other
// pages are: the datasets of the city first, then the harvested ones, which
// one reads. A catalogue that is too large to be given whole comes as its
// first page.
func (in input) view(w http.ResponseWriter, v view, form string, one func(slug string) (*catalogue.Harvested, error)) (*rdf.Graph, error) {
	some := in.sets
	if v.since != 0 {
		some = slices.DeleteFunc(slices.Clone(some), func(s set) bool { return s.x.Modified < v.since })
	}
	total := len(some) + shown(in.others, v.since)
	if v.page == 0 && total > maxPage {
		v.page, v.limit = 1, pageSize
	}
	first, end := 0, total
	if v.page != 0 {
		first, end = (v.page-1)*v.limit, min(v.page*v.limit, total)
	}
	g := func() (*rdf.Graph, error) {
		hs, err := in.harvested(v.since, first-len(some), end-len(some), one)
		return in.part(some[min(first, len(some)):min(end, len(some))], hs...), err
	}
	if v.page == 0 {
		return g()
	}
	last := max(1, (total+v.limit-1)/v.limit)
	if v.page > last {
		return nil, problem.New(problem.ResourceNotFound, "there is no page %d: with this limit the last one is %d", v.page, last)
	}
	graph, err := g()
	if err != nil {
		return nil, err
	}
	m := &maker{base: in.base}
	whole, page := in.base+"/catalog", v.address(in.base, form, v.page)
	m.is(whole, hydraNS+"Collection")
	m.is(page, hydraNS+"PartialCollectionView", hydraNS+"PagedCollection")
	m.iri(whole, hydraNS+"view", page)
	m.typed(whole, hydraNS+"totalItems", strconv.Itoa(total), rdf.XSD+"integer")
	m.typed(page, hydraNS+"totalItems", strconv.Itoa(total), rdf.XSD+"integer")
	m.typed(page, hydraNS+"itemsPerPage", strconv.Itoa(v.limit), rdf.XSD+"integer")
	for _, l := range []struct {
		name string
		page int
	}{{"first", 1}, {"previous", v.page - 1}, {"next", v.page + 1}, {"last", last}} {
		if l.page < 1 || l.page > last {
			continue
		}
		// Its type is not that of a page: harvesters take the only page that
		// they find in the graph for this one.
		to := v.address(in.base, form, l.page)
		if to != page {
			m.resource(to)
		}
		m.iri(page, hydraNS+l.name, to)
		m.iri(page, hydraNS+l.name+"Page", to)
		httpx.AddLink(w.Header(), to, l.name)
	}
	for _, t := range m.g.Triples() {
		graph.Add(t.S, t.P, t.O)
	}
	return graph, nil
}

// unchanged says when what is shown changed last, and answers 304 if that is
// not after If-Modified-Since and there is no If-None-Match, which knows more
// (RFC 9110, 13.2.2). all and others have the datasets that are no longer
// shown, series says when one of those changed last.
func (a *API) unchanged(w http.ResponseWriter, r *http.Request, sets []set, all []*catalogue.Dataset, others []catalogue.HarvestedRef, series entity.Instant) bool {
	at := max(a.began, series)
	for _, s := range sets {
		at = max(at, s.x.Modified)
	}
	for _, d := range all {
		if d.State == catalogue.Withdrawn {
			at = max(at, d.Changed)
		}
	}
	for i := range others {
		at = max(at, others[i].Changed)
	}
	if a.o.Now()/1e6 <= at/1e6 {
		return false // it may change again within this second, which the header could not say
	}
	w.Header().Set("Last-Modified", at.Time().UTC().Format(http.TimeFormat))
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	if err != nil || r.Header.Get("If-None-Match") != "" || since.UnixMicro()/1e6 < int64(at)/1e6 {
		return false
	}
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusNotModified)
	return true
}
