package dcat

import (
	"net/http"
	"strconv"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/rdf"
)

// The vocabularies of Linked Data Event Streams and the TREE hypermedia that
// leads through them, and of activities.
const (
	ldesNS = "https://w3id.org/ldes#"
	treeNS = "https://w3id.org/tree#"
	asNS   = "https://www.w3.org/ns/activitystreams#"
)

// feedPage is how many changes a page of the feed holds. It must stay: full
// pages are kept by caches for good.
const feedPage = 100

func describeChanges() httpx.Description {
	return httpx.Description{Params: []httpx.Param{{Name: "page", In: "query", Description: "One page of the feed, from 1 on, the oldest changes first; without it, where the pages are", Example: "1",
		Schema: httpx.Schema{"type": "integer", "minimum": 1}}},
		Answers: []httpx.Answer{{Status: http.StatusOK, Description: "An event stream, or a page of it", Headers: []string{"ETag", "Cache-Control"}},
			{Status: http.StatusNotModified, Description: "It is what the client has"}, {Status: http.StatusNotFound, Description: "There is no such page yet"}}}
}

// changes answers with the feed of what happened to the catalogue: a Linked
// Data Event Stream. A page that is full and has a successor never changes.
func (a *API) changes(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept")
	w.Header().Add("Vary", "NGSILD-Tenant") // caches keep full pages
	form, err := httpx.Negotiate(r, typeTurtle, typeJSONLD, typeNTriples, typeRDFXML)
	if err != nil {
		return err
	}
	p, err := httpx.Params(r)
	if err == nil {
		err = httpx.OnlyParams(p, "page")
	}
	if err != nil {
		return err
	}
	n, err := httpx.IntParam(p, "page", 0, 1, 1<<30)
	if err != nil {
		return err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	all, err := a.o.Catalogue.Changes(r.Context(), call.Space)
	if err != nil {
		return err
	}
	f := feed{&maker{base: httpx.BaseURL(r)}, all}
	last := max(1, (len(all)+feedPage-1)/feedPage)
	if n > last {
		return problem.New(problem.ResourceNotFound, "there is no page %d of the feed yet: the last one is %d", n, last)
	}
	switch n {
	case 0:
		return write(w, r, f.root(last), form, http.StatusOK)
	case last:
		return write(w, r, f.page(n), form, http.StatusOK)
	}
	return writeAs(w, r, f.page(n), form, http.StatusOK, "public, max-age=31536000, immutable")
}

// feed makes the graphs of the stream.
type feed struct {
	*maker
	all []catalogue.Version
}

func (f feed) address(page int) string {
	if page == 0 {
		return f.base + "/catalog/changes"
	}
	return f.base + "/catalog/changes?page=" + strconv.Itoa(page)
}

// stream says what the stream is, without how to go through it.
func (f feed) stream() string {
	iri := f.address(0) + "#stream"
	f.is(iri, ldesNS+"EventStream", treeNS+"Collection")
	f.iri(iri, ldesNS+"timestampPath", f.resource(asNS+"published"))
	f.iri(iri, ldesNS+"versionOfPath", f.resource(asNS+"object"))
	f.iri(iri, treeNS+"view", f.address(0))
	f.is(f.address(0), treeNS+"Node")
	return iri
}

// relation leads from one node to a page, all of whose members are as old as
// its first or younger.
func (f feed) relation(from string, page int) {
	to := f.address(page)
	iri := from + "#to-" + strconv.Itoa(page)
	f.is(iri, treeNS+"GreaterThanOrEqualToRelation")
	f.iri(from, treeNS+"relation", iri)
	f.iri(iri, treeNS+"node", to)
	f.is(to, treeNS+"Node")
	f.iri(iri, treeNS+"path", f.resource(asNS+"published"))
	f.when(iri, treeNS+"value", f.all[(page-1)*feedPage].At)
}

// root is where harvesters begin: it leads to every page.
func (f feed) root(last int) *rdf.Graph {
	f.stream()
	if len(f.all) > 0 {
		for page := 1; page <= last; page++ {
			f.relation(f.address(0), page)
		}
	}
	return &f.g
}

// page gives the members of one page and leads to the next.
func (f feed) page(n int) *rdf.Graph {
	iri, stream := f.address(n), f.stream()
	f.is(iri, treeNS+"Node")
	for _, v := range f.all[min((n-1)*feedPage, len(f.all)):min(n*feedPage, len(f.all))] {
		f.iri(stream, treeNS+"member", f.member(v))
	}
	if n*feedPage < len(f.all) {
		f.relation(iri, n+1)
	}
	return &f.g
}

// member is one change: an activity on the dataset, with the description as
// it stood then. What is measured is not in it: it has no change of its own.
func (f feed) member(v catalogue.Version) string {
	d := v.Dataset
	object := f.base + d.Address
	iri := object + "#" + strconv.FormatInt(int64(v.At), 10)
	f.is(object, rdf.RDFS+"Resource")
	f.iri(iri, asNS+"object", object)
	f.when(iri, asNS+"published", v.At)
	switch {
	case d.State == catalogue.Withdrawn:
		f.is(iri, asNS+"Delete")
		return iri
	case v.First:
		f.is(iri, asNS+"Create")
	default:
		f.is(iri, asNS+"Update")
	}
	f.texts(iri, dctNS+"title", d.Title)
	f.texts(iri, dctNS+"description", d.Description)
	f.iri(iri, dctNS+"publisher", f.agent(d.Publisher))
	f.iri(iri, dctNS+"license", f.licence(d.Licence))
	f.iri(iri, dctNS+"accrualPeriodicity", f.concept("frequency", d.Frequency, catalogue.FrequencyLabel(d.Frequency), dctNS+"Frequency"))
	for _, t := range d.Themes {
		f.iri(iri, dcatNS+"theme", f.concept("data-theme", t, catalogue.ThemeLabel(t)))
	}
	for lang, words := range d.Keywords {
		for _, w := range words {
			f.g.Add(rdf.IRI(iri), dcatNS+"keyword", rdf.In(lang, w))
		}
	}
	f.when(iri, dctNS+"issued", d.Issued)
	return iri
}
