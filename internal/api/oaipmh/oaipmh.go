// Package oaipmh lets others harvest the catalogue by the Open Archives
// Initiative Protocol for Metadata Harvesting, version 2.0: at /oai, each
// published dataset as one record, in Dublin Core and in DCAT-AP.
//
// It shows published datasets, and of withdrawn ones that they are deleted; a
// draft is nowhere. What always holds: every answer to a request that reached
// it is XML in the order of the protocol's schema with status 200, errors of
// the protocol too; a resumption token needs nothing kept on this side, so a
// restart does not end a harvest; a record that changes during a harvest
// comes again at its end and hides no other.
package oaipmh

import (
	"cmp"
	"context"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store"
)

// datasets is the catalogue.
type datasets interface {
	All(ctx context.Context, sp store.Space) ([]*catalogue.Dataset, error)
}

// Options are the settings of an API.
type Options struct {
	Catalogue datasets
	Call      func(r *http.Request) (broker.Call, error)
	// Graph says all of a published dataset in DCAT-AP; base begins every
	// address in it.
	Graph    func(ctx context.Context, base string, sp store.Space, d *catalogue.Dataset) (*rdf.Graph, error)
	Prefixes rdf.Prefixes
	// Name gives the city's name, which the repository has too.
	Name func(ctx context.Context) (string, error)
	Now  func() entity.Instant
	// Key signs resumption tokens. It must outlive the process, or harvests
	// end with it.
	Key []byte
	// Page is how many records a list holds at most; 0 is 100.
	Page int
}

// API answers. Use New.
type API struct{ o Options }

// New makes an API.
func New(o Options) *API {
	o.Page = cmp.Or(o.Page, 100)
	return &API{o}
}

// maxForm bounds the body of a POST, in bytes: arguments are short.
const maxForm = 16 << 10

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route {
	about := "The catalogue by OAI-PMH 2.0: formats oai_dc and dcat_ap, sets by theme, withdrawn datasets as deleted records"
	return []httpx.Route{
		{Method: http.MethodGet, Pattern: "/oai", Rule: access.PublicDataset, Name: "oai", Summary: about, Group: "Catalogue", Handle: a.serve, Describe: describe},
		{Method: http.MethodPost, Pattern: "/oai", Rule: access.PublicDataset, Name: "oai-post", Summary: about + "; arguments as a form", Group: "Catalogue", MaxBody: maxForm, Handle: a.serve, Describe: describePost},
	}
}

func describe() httpx.Description {
	param := func(name, about, example string) httpx.Param {
		return httpx.Param{Name: name, In: "query", Description: about, Example: example, Required: name == "verb"}
	}
	return httpx.Description{Params: []httpx.Param{
		param("verb", "Identify, ListMetadataFormats, ListSets, ListIdentifiers, ListRecords or GetRecord", "ListRecords"),
		param("metadataPrefix", "oai_dc or dcat_ap", "dcat_ap"),
		param("identifier", "of a record", "oai:data.city.example:shared-bikes"),
		param("from", "oldest change of a record: a day or a second, in UTC", "2026-03-29"),
		param("until", "newest change of a record, itself included", "2026-03-29T12:00:00Z"),
		param("set", "a theme", "theme:TRAN"),
		param("resumptionToken", "goes on with a list; the only argument beside verb", ""),
	}, Answers: answers()}
}

func describePost() httpx.Description {
	return httpx.Description{Body: []httpx.Media{{Type: formType, Schema: httpx.Schema{"type": "object", "required": []string{"verb"}}}}, Answers: answers()}
}

func answers() []httpx.Answer {
	return []httpx.Answer{{Status: http.StatusOK, Description: "What was asked for, or an error of the protocol", Body: []httpx.Media{{Type: "text/xml", Schema: httpx.Schema{"type": "string"}}}}}
}

const formType = "application/x-www-form-urlencoded"

// fault is an error of the protocol (OAI-PMH 2.0, 3.6).
type fault struct{ code, text string }

// Error gives the text.
func (f *fault) Error() string { return f.code + ": " + f.text }

func badArgument(text string) error { return &fault{"badArgument", text} }

// asked is one request with all that answering it takes.
type asked struct {
	*API
	ctx   context.Context
	base  string
	space store.Space
	args  map[string]string
	now   entity.Instant
}

// serve answers every verb.
func (a *API) serve(w http.ResponseWriter, r *http.Request) error {
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	q := &asked{API: a, ctx: r.Context(), base: httpx.BaseURL(r), space: call.Space, now: a.o.Now()}
	x := &writer{}
	q.args, err = arguments(r)
	if err == nil {
		err = q.answer(x)
	}
	f, ok := err.(*fault)
	if err != nil && !ok {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteBody(w, http.StatusOK, "text/xml; charset=utf-8", q.document(x, f))
}

// arguments reads them from the query and, of a POST, from the form.
//
// Errors: a fault; problem.UnsupportedMediaType and others for a body that is
// no form.
func arguments(r *http.Request) (map[string]string, error) {
	p, err := httpx.Params(r)
	if err != nil {
		return nil, badArgument(problem.DetailOf(err))
	}
	if r.Method == http.MethodPost {
		if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != formType {
			return nil, problem.New(problem.UnsupportedMediaType, "arguments are sent as %s (OAI-PMH 2.0, 3.1.1.2)", formType)
		}
		body, err := httpx.ReadBody(r)
		if err != nil {
			return nil, err
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, badArgument("the form cannot be read: its percent-encoding is broken")
		}
		for name, values := range form {
			p[name] = append(p[name], values...)
		}
	}
	out := map[string]string{}
	for name, values := range p {
		out[name] = values[0]
	}
	if n := len(p["verb"]); n > 1 {
		return nil, &fault{"badVerb", "the argument verb is repeated"}
	}
	for _, name := range sorted(p) {
		if len(p[name]) > 1 {
			return nil, badArgument("the argument " + short(name) + " is repeated")
		}
	}
	return out, nil
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// short keeps what a client sent readable in an answer.
func short(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// verb is one of the six: what it takes and what answers it.
type verb struct {
	required, optional []string
	resumes            bool
	answer             func(*asked, *writer) error
}

func verbs() map[string]verb {
	return map[string]verb{
		"Identify":            {answer: (*asked).identify},
		"ListMetadataFormats": {optional: []string{"identifier"}, answer: (*asked).listFormats},
		"ListSets":            {resumes: true, answer: (*asked).listSets},
		"ListIdentifiers":     {required: []string{"metadataPrefix"}, optional: []string{"from", "until", "set"}, resumes: true, answer: (*asked).list},
		"ListRecords":         {required: []string{"metadataPrefix"}, optional: []string{"from", "until", "set"}, resumes: true, answer: (*asked).list},
		"GetRecord":           {required: []string{"identifier", "metadataPrefix"}, answer: (*asked).getRecord},
	}
}

// answer writes what is within the element of the verb.
func (q *asked) answer(x *writer) error {
	name, there := q.args["verb"]
	v, known := verbs()[name]
	switch {
	case !there:
		return &fault{"badVerb", "the argument verb is missing; it is one of " + strings.Join(sorted(verbs()), ", ")}
	case !known:
		return &fault{"badVerb", "there is no verb " + short(name) + "; it is one of " + strings.Join(sorted(verbs()), ", ")}
	}
	_, resumed := q.args["resumptionToken"]
	for _, arg := range sorted(q.args) {
		switch {
		case arg == "verb":
		case v.resumes && arg == "resumptionToken":
		case !slices.Contains(v.required, arg) && !slices.Contains(v.optional, arg):
			return badArgument(name + " has no argument " + short(arg))
		case resumed:
			return badArgument("resumptionToken is exclusive: leave out " + arg)
		case q.args[arg] == "":
			return badArgument("the argument " + arg + " is empty")
		}
	}
	for _, arg := range v.required {
		if _, ok := q.args[arg]; !ok && !resumed {
			return badArgument(name + " needs the argument " + arg)
		}
	}
	return v.answer(q, x)
}
