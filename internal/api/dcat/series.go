package dcat

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/series"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/rdf"
)

// linked is what datasets have to do with each other.
type linked struct {
	series  []series.Series               // those that are public, with their published datasets alone
	bySlug  map[string]*catalogue.Dataset // the published datasets that stand in one
	changed entity.Instant                // when a series changed last, of whatever state
}

// linkedTo finds how published datasets belong together.
func (a *API) linkedTo(ctx context.Context, tenant string, published []*catalogue.Dataset) (linked, error) {
	out := linked{bySlug: map[string]*catalogue.Dataset{}}
	if a.o.Series == nil {
		return out, nil
	}
	all, err := a.o.Series(ctx, tenant)
	if err != nil || len(all) == 0 {
		return out, err
	}
	known := make(map[string]*catalogue.Dataset, len(published))
	for _, d := range published {
		known[d.Slug] = d
	}
	for _, x := range all {
		out.changed = max(out.changed, x.Changed)
		x, ok := x.Public(func(slug string) bool { return known[slug] != nil })
		if !ok {
			continue
		}
		out.series = append(out.series, x)
		for _, slug := range x.Datasets {
			out.bySlug[slug] = known[slug]
		}
	}
	return out, nil
}

// inSeries says of a dataset in which series it stands, and in one with an
// order after which dataset (DCAT 3, 6.7).
func (m *maker) inSeries(iri string, d *catalogue.Dataset) {
	for _, p := range series.Of(m.series, d.Slug) {
		m.iri(iri, dcatNS+"inSeries", m.oneSeries(p.Series))
		if p.Series.Ordered && p.At > 0 {
			m.iri(iri, dcatNS+"prev", m.brief(p.Series.Datasets[p.At-1]))
		}
	}
}

// brief names a dataset with the least that DCAT-AP asks of one.
func (m *maker) brief(slug string) string {
	d := m.bySlug[slug]
	iri := m.base + d.Address
	m.is(iri, dcatNS+"Dataset")
	m.texts(iri, dctNS+"title", d.Title)
	m.texts(iri, dctNS+"description", d.Description)
	return iri
}

func (m *maker) oneSeries(x *series.Series) string {
	iri := m.base + "/id/series/" + x.Slug
	m.is(iri, dcatNS+"DatasetSeries")
	m.texts(iri, dctNS+"title", x.Title)
	m.texts(iri, dctNS+"description", x.Description)
	m.when(iri, dctNS+"issued", x.Issued)
	m.when(iri, dctNS+"modified", x.Changed)
	if x.Ordered {
		m.iri(iri, dcatNS+"first", m.brief(x.Datasets[0]))
		m.iri(iri, dcatNS+"last", m.brief(x.Datasets[len(x.Datasets)-1]))
	}
	return iri
}

// seriesThing answers at the address of a series: its page, or what it is and
// which datasets it has.
func (a *API) seriesThing(w http.ResponseWriter, r *http.Request) error {
	slug, form, err := formOf(w, r, typeHTML)
	if err != nil {
		return err
	}
	if err := noParams(r); err != nil && form != typeHTML {
		return err
	}
	f, err := a.gather(r, func(*catalogue.Dataset) bool { return false })
	if err != nil {
		return err
	}
	m := f.in.maker()
	found := problem.New(problem.ResourceNotFound, "the catalogue has no series %.80q", slug)
	for i := range f.in.series {
		x := &f.in.series[i]
		if x.Slug != slug {
			continue
		}
		found = nil
		iri := m.oneSeries(x)
		for at, member := range x.Datasets {
			set := m.brief(member)
			m.iri(iri, dcatNS+"seriesMember", set)
			m.iri(set, dcatNS+"inSeries", iri)
			if x.Ordered && at > 0 {
				m.iri(set, dcatNS+"prev", m.brief(x.Datasets[at-1]))
			}
		}
	}
	if found != nil {
		if found, err = a.goneSeries(r, f, m, slug, found); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if found != nil {
		status = found.Kind.Info().Status
	}
	if form == typeHTML {
		base := f.in.base + "/id/series/" + url.PathEscape(slug)
		for _, suffix := range []string{"ttl", "jsonld", "nt", "rdf"} {
			httpx.AddLink(w.Header(), base+"."+suffix, "alternate", "type", suffixes()[suffix])
		}
		return a.o.Shell(&otherStatus{w, status}, r)
	}
	if status == http.StatusNotFound {
		return found
	}
	return write(w, r, &m.g, form, status)
}

// goneSeries looks whether a series that is not public was taken back, and says
// so in the graph: its address is not used again.
func (a *API) goneSeries(r *http.Request, f found, m *maker, slug string, none *problem.Error) (*problem.Error, error) {
	if a.o.Series == nil {
		return none, nil
	}
	all, err := a.o.Series(r.Context(), f.call.Space.Tenant)
	if err != nil {
		return nil, err
	}
	sets, err := a.o.Catalogue.All(r.Context(), f.call.Space)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		// One that never was public leaves nothing behind.
		if x.Slug != slug || !x.Withdrawn || !slices.ContainsFunc(sets, func(d *catalogue.Dataset) bool {
			return d.State != catalogue.Draft && slices.Contains(x.Datasets, d.Slug)
		}) {
			continue
		}
		iri := m.base + "/id/series/" + slug
		m.is(iri, provNS+"Entity")
		m.texts(iri, dctNS+"title", x.Title)
		m.when(iri, dctNS+"issued", x.Issued)
		m.when(iri, provNS+"invalidatedAtTime", x.Changed)
		m.g.Add(rdf.IRI(iri), rdf.RDFS+"comment", rdf.In("en", "This series was withdrawn on "+x.Changed.String()[:10]+"."))
		return problem.New(problem.Gone, "the series %q was withdrawn", slug), nil
	}
	return none, nil
}
