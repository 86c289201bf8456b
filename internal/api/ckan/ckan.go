// Package ckan answers the read side of the CKAN action API (2.10) from the
// catalogue: what harvesters and clients of CKAN portals ask, in the form that
// they read.
//
// It shows published datasets and nothing else, and changes nothing. What
// always holds: every answer to a known action has CKAN's envelope; every
// address in it begins with this server's; ids are made from addresses (UUID
// version 5), so they stay and differ between cities.
package ckan

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/find"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// datasets is the catalogue.
type datasets interface {
	Published(ctx context.Context, sp store.Space) ([]*catalogue.Dataset, error)
	Extent(ctx context.Context, sp store.Space, d *catalogue.Dataset) (*catalogue.Extent, error)
	Search(ctx context.Context, sp store.Space, q find.Query) (catalogue.Page, error)
	FacetValues(ctx context.Context, sp store.Space, f find.Facet) ([]string, error)
}

// Resource is one way to have a dataset: a file or a service.
type Resource struct {
	IRI       string
	Format    string // for people, such as "GeoJSON"
	MediaType string
	URL       string
	Title     catalogue.Texts
	Service   bool // an answer of an API, not a file
}

// Options are the settings of an API.
type Options struct {
	Catalogue datasets
	Call      func(r *http.Request) (broker.Call, error)
	// City gives the city's name.
	City func(ctx context.Context) (string, error)
	// Resources lists the ways to have d; base begins their addresses.
	Resources func(base string, d *catalogue.Dataset) []Resource
	Now       func() entity.Instant
	// Agent gives the part of its address that names a publisher.
	Agent func(name string) string
}

// API answers. Use New.
type API struct{ o Options }

// New makes an API.
func New(o Options) *API { return &API{o} }

// maxBody bounds the arguments in a POST, in bytes.
const maxBody = 64 << 10

// Routes gives the addresses. The one without a version is what older clients
// and ckanapi ask.
func (a *API) Routes() []httpx.Route {
	var rs []httpx.Route
	for _, at := range [][2]string{{"/api/3/action/{action}", "ckan"}, {"/api/action/{action}", "ckan-unversioned"}} {
		summary := "The catalogue by the read side of the CKAN action API: " + strings.Join(slices.Sorted(maps.Keys(actions())), ", ")
		rs = append(rs,
			httpx.Route{Method: http.MethodGet, Pattern: at[0], Rule: access.PublicDataset, Name: at[1], Summary: summary, Group: "Catalogue", Handle: a.serve, Describe: describe},
			httpx.Route{Method: http.MethodPost, Pattern: at[0], Rule: access.PublicDataset, Name: at[1] + "-post", Summary: summary + "; arguments as JSON", Group: "Catalogue", MaxBody: maxBody, Handle: a.serve, Describe: describePost})
	}
	return rs
}

func answers() []httpx.Answer {
	envelope := []httpx.Media{{Type: httpx.TypeJSON, Schema: httpx.Schema{"type": "object", "required": []string{"help", "success"}}}}
	return []httpx.Answer{
		{Status: http.StatusOK, Description: "What was asked for, as result", Body: envelope},
		{Status: http.StatusBadRequest, Description: "There is no such action, or the search cannot be read", Body: []httpx.Media{{Type: httpx.TypeJSON, Schema: httpx.Schema{}}}},
		{Status: http.StatusNotFound, Description: "There is no such thing, or it is not public", Body: envelope},
		{Status: http.StatusConflict, Description: "An argument is missing or wrong", Body: envelope},
	}
}

func describe() httpx.Description {
	param := func(name, about string) httpx.Param { return httpx.Param{Name: name, In: "query", Description: about} }
	return httpx.Description{Params: []httpx.Param{
		param("id", "id or name of what is to be shown"), param("q", "of package_search: words, or terms of Solr"), param("fq", "of package_search: terms that filter, such as groups:tran"),
		param("rows", "of package_search: how many, up to 1000"), param("start", "of package_search: how many to skip"), param("sort", "of package_search, such as metadata_modified desc"),
		param("facet.field", "of package_search: a JSON list of fields to count"), param("facet.limit", "how many values of a facet; negative is all"),
		param("limit", "of lists"), param("offset", "of lists"), param("all_fields", "of lists: true for more than the names"),
	}, Answers: answers()}
}

func describePost() httpx.Description {
	return httpx.Description{Body: []httpx.Media{{Type: httpx.TypeJSON, Schema: httpx.Schema{"type": "object"}}}, Answers: answers()}
}

// fault is an error in CKAN's form: its type, what is wrong, by argument.
type fault struct {
	status  int
	kind    string
	message string
	fields  map[string]string
}

// Error gives the message.
func (f *fault) Error() string { return f.kind + ": " + f.message }

func notFound(what, id string) error {
	return &fault{http.StatusNotFound, "Not Found Error", fmt.Sprintf("Not found: there is no %s %.80q", what, id), nil}
}

func invalid(arg, format string, args ...any) error {
	return &fault{http.StatusConflict, "Validation Error", "", map[string]string{arg: fmt.Sprintf(format, args...)}}
}

func badQuery(format string, args ...any) error {
	return &fault{http.StatusBadRequest, "Search Query Error", fmt.Sprintf(format, args...), nil}
}

// body gives the error as CKAN writes it.
func (f *fault) body() map[string]any {
	out := map[string]any{"__type": f.kind}
	if f.message != "" {
		out["message"] = f.message
	}
	for name, text := range f.fields {
		out[name] = []string{text}
	}
	return out
}

// asked is one request with all that answering it takes.
type asked struct {
	*API
	ctx   context.Context
	base  string
	lang  string // of titles and texts
	space store.Space
	args  arguments
}

func (a *API) serve(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("action")
	action, known := actions()[name]
	w.Header().Set("Cache-Control", "no-cache")
	if !known {
		// CKAN answers with a text here, without its envelope.
		return httpx.WriteJSON(w, http.StatusBadRequest, fmt.Sprintf("Bad request - Action name not known: %.60s", strings.ToValidUTF8(name, "\uFFFD")))
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	w.Header().Add("Vary", "Accept-Language")
	q := &asked{API: a, ctx: r.Context(), base: httpx.BaseURL(r), lang: httpx.Language(r, catalogue.Languages()...), space: call.Space}
	out := map[string]any{"help": q.base + "/api/3/action/help_show?name=" + name, "success": true}
	if q.args, err = read(r); err == nil {
		out["result"], err = action.do(q)
	}
	var f *fault
	if errors.As(err, &f) {
		delete(out, "result")
		out["success"], out["error"] = false, f.body()
		return httpx.WriteJSON(w, f.status, out)
	}
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, out)
}

// arguments are those of an action: texts from an address, any JSON from a
// body.
type arguments map[string]any

// read takes them from the address and the body.
//
// Errors: a fault; those of httpx.ReadBody.
func read(r *http.Request) (arguments, error) {
	out := arguments{}
	p, err := httpx.Params(r)
	if err != nil {
		return nil, &fault{http.StatusBadRequest, "Bad Request", problem.DetailOf(err), nil}
	}
	if err := out.take(p); err != nil || r.Method != http.MethodPost || r.ContentLength == 0 {
		return out, err
	}
	mediaType, err := httpx.MediaType(r, httpx.TypeJSON, "application/x-www-form-urlencoded")
	if err != nil {
		return nil, err
	}
	body, err := httpx.ReadBody(r)
	if err != nil {
		return nil, err
	}
	if mediaType != httpx.TypeJSON {
		p, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, &fault{http.StatusBadRequest, "Bad Request", "the form cannot be read: its percent-encoding is broken", nil}
		}
		return out, out.take(p)
	}
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &fault{http.StatusBadRequest, "Bad Request", fmt.Sprintf("the body is no JSON object: %.200s", err), nil}
	}
	maps.Copy(out, in)
	return out, nil
}

// take adds arguments that came as texts. One that stands twice is a list.
func (a arguments) take(p url.Values) error {
	for name, values := range p {
		if len(values) == 1 {
			a[name] = values[0]
			continue
		}
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		a[name] = list
	}
	return nil
}

// text gives an argument as a text, "" if it is not there.
func (a arguments) text(name string) (string, error) {
	switch v := a[name].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", invalid(name, "must be one text")
}

// need gives a text that must be there.
func (a arguments) need(name string) (string, error) {
	s, err := a.text(name)
	if err == nil && s == "" {
		err = invalid(name, "Missing value")
	}
	return s, err
}

// number gives a whole number from least to most.
func (a arguments) number(name string, def, least, most int) (int, error) {
	s, err := a.text(name)
	if err != nil || s == "" {
		return def, err
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, invalid(name, "must be a whole number from %d to %d, not %.40q", least, most, s)
	}
	return n, nil
}

// truth gives a yes or no, as CKAN reads it.
func (a arguments) truth(name string, def bool) (bool, error) {
	s, err := a.text(name)
	if err != nil || s == "" {
		return def, err
	}
	switch strings.ToLower(s) {
	case "true", "yes", "t", "y", "on", "1":
		return true, nil
	case "false", "no", "f", "n", "off", "0":
		return false, nil
	}
	return false, invalid(name, "must be true or false, not %.40q", s)
}

// texts gives a list: of JSON, as a text that holds one, or a single text.
func (a arguments) texts(name string) ([]string, error) {
	list, isList := a[name].([]any)
	if s, ok := a[name].(string); ok {
		switch {
		case s == "":
			return nil, nil
		case s[0] != '[':
			return []string{s}, nil
		case json.Unmarshal([]byte(s), &list) != nil:
			return nil, invalid(name, "must be a JSON list of texts, not %.60q", s)
		}
	} else if a[name] != nil && !isList {
		return nil, invalid(name, "must be a JSON list of texts")
	}
	var out []string
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return nil, invalid(name, "must hold texts only")
		}
		out = append(out, s)
	}
	return out, nil
}

// idOf makes an id from an address: a UUID of version 5 in the name space of
// addresses (RFC 9562, 5.5 and 6.6).
func idOf(iri string) string {
	space := []byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	sum := sha1.Sum(append(space, iri...)) // what the version prescribes; nothing is kept safe by it
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
