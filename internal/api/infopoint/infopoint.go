// Package infopoint is the list of the local information point: the datasets of
// protected data that are listed though they are not open ((EU) 2022/868,
// Art. 8(2)), with reason, format, size, conditions and the way to ask; for
// people, and as a feed for the national point in Turtle, JSON-LD and CSV.
//
// What always holds: nothing of the data itself is in it. What is told was typed
// by a steward.
package infopoint

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	safe "github.com/beffroi/beffroi/internal/format/csv"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store"
)

// datasets is the catalogue.
type datasets interface {
	Published(ctx context.Context, sp store.Space) ([]*catalogue.Dataset, error)
	SetProtection(ctx context.Context, c broker.Call, slug string, p catalogue.Protection) error
}

// Options are the settings of an API.
type Options struct {
	Catalogue datasets
	Call      func(r *http.Request) (broker.Call, error)
	// Graph says all of the list in DCAT-AP; base begins every address in it.
	Graph    func(ctx context.Context, base string, sp store.Space) (*rdf.Graph, error)
	Prefixes rdf.Prefixes
	// Ask gives the path of the page on which a dataset is asked for.
	Ask func(slug string) string
}

// API answers. Use New.
type API struct{ o Options }

// New makes an API.
func New(o Options) *API { return &API{o} }

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route {
	get := func(pattern, name, summary string, h httpx.Handler) httpx.Route {
		return httpx.Route{Method: http.MethodGet, Pattern: pattern, Rule: access.PublicDataset, Name: name, Summary: summary, Group: "Information point", Handle: h}
	}
	put := httpx.Route{Method: http.MethodPut, Pattern: "/api/datasets/{slug}/protection", Rule: access.Curate, Name: "dataset-protection-put", Summary: "Say format, size and conditions of a dataset that is not open",
		Group: "Information point", MaxBody: 256 << 10, Handle: a.put, Describe: describe}
	return []httpx.Route{
		get("/api/information-point", "information-point", "The protected data that is held though not open: reason, format, size, conditions, and where to ask", a.list),
		get("/information-point.ttl", "information-point-ttl", "The same for the national point, as DCAT-AP in Turtle", a.graph("text/turtle")),
		get("/information-point.jsonld", "information-point-jsonld", "The same for the national point, as DCAT-AP in JSON-LD", a.graph("application/ld+json")),
		get("/information-point.csv", "information-point-csv", "The same as a table", a.table),
		put,
	}
}

func describe() httpx.Description {
	return httpx.Description{Body: []httpx.Media{{Type: httpx.TypeJSON, Schema: httpx.Schema{"type": "object", "additionalProperties": false, "properties": httpx.Schema{
		"format":     httpx.Schema{"type": "string", "enum": append([]string{""}, catalogue.Formats()...), "description": "Code of the EU table file-type."},
		"size":       httpx.Schema{"type": "integer", "minimum": 0, "description": "Bytes; 0 if it is not said."},
		"conditions": httpx.Schema{"type": "object", "additionalProperties": httpx.Schema{"type": "string"}, "description": "For re-use, by language."},
	}, "example": map[string]any{"format": "CSV", "size": 1200000, "conditions": map[string]any{"en": "For research, after anonymisation."}}}}}}
}

type contact struct {
	Name  string `json:"name"`
	Email string `json:"email,omitzero"`
	URL   string `json:"url,omitzero"`
}

type item struct {
	Slug        string          `json:"slug"`
	Title       catalogue.Texts `json:"title"`
	Description catalogue.Texts `json:"description"`
	Publisher   string          `json:"publisher"`
	Contact     contact         `json:"contact"`
	Access      string          `json:"access"` // code of the EU table access-right
	Reason      string          `json:"reason"` // key
	ReasonText  catalogue.Texts `json:"reasonText"`
	Format      string          `json:"format,omitzero"` // code of the EU table file-type
	Size        int64           `json:"size,omitzero"`   // bytes
	Conditions  catalogue.Texts `json:"conditions,omitzero"`
	Untold      []string        `json:"untold,omitzero"` // of format, size, conditions
	Themes      []string        `json:"themes"`          // codes
	Changed     string          `json:"changed"`
	Href        string          `json:"href"`
	Ask         string          `json:"ask"` // page on which its re-use is asked for
}

func (a *API) items(r *http.Request) ([]item, store.Space, error) {
	p, err := httpx.Params(r)
	if err != nil {
		return nil, store.Space{}, err
	}
	if err := httpx.OnlyParams(p); err != nil {
		return nil, store.Space{}, err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return nil, store.Space{}, err
	}
	ds, err := a.o.Catalogue.Published(r.Context(), call.Space)
	if err != nil {
		return nil, store.Space{}, err
	}
	out := []item{}
	for _, d := range ds {
		if !d.Closed() {
			continue
		}
		reason, _ := catalogue.ReasonOf(d.Reason)
		i := item{Slug: d.Slug, Title: d.Title, Description: d.Description, Publisher: d.Publisher.Name, Contact: contact(d.Contact), Access: d.Access, Reason: d.Reason, ReasonText: reason.Title,
			Untold: d.Untold(), Themes: append([]string{}, d.Themes...), Changed: d.Changed.String(), Href: d.Address, Ask: a.o.Ask(d.Slug)}
		if p := d.Protection; p != nil {
			i.Format, i.Size, i.Conditions = p.Format, p.Size, p.Conditions
		}
		out = append(out, i)
	}
	return out, call.Space, nil
}

func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	items, _, err := a.items(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, map[string]any{"act": catalogue.GovernanceAct, "formats": catalogue.Formats(), "datasets": items})
}

func (a *API) graph(form string) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		_, sp, err := a.items(r)
		if err != nil {
			return err
		}
		g, err := a.o.Graph(r.Context(), httpx.BaseURL(r), sp)
		if err != nil {
			return err
		}
		write, media := g.Turtle, form+"; charset=utf-8"
		if form != "text/turtle" {
			write, media = g.JSONLD, form
		}
		body, err := write(a.o.Prefixes)
		if err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-cache")
		return httpx.WriteBody(w, http.StatusOK, media, body)
	}
}

// table writes the list as CSV (RFC 4180); no cell is a formula to a spreadsheet.
func (a *API) table(w http.ResponseWriter, r *http.Request) error {
	items, _, err := a.items(r)
	if err != nil {
		return err
	}
	base := httpx.BaseURL(r)
	head := []string{"identifier"}
	for _, column := range []string{"title", "description", "reason", "conditions"} {
		for _, lang := range catalogue.Languages() {
			head = append(head, column+"_"+lang)
		}
	}
	head = append(head, "access_rights", "reason", "format", "size_bytes", "publisher", "contact_name", "contact_email", "contact_url", "changed", "ask_at", "applicable_legislation")
	var b strings.Builder
	c := csv.NewWriter(&b)
	c.UseCRLF = true
	rows := [][]string{head}
	for _, i := range items {
		row := []string{base + i.Href}
		for _, texts := range []catalogue.Texts{i.Title, i.Description, i.ReasonText, i.Conditions} {
			for _, lang := range catalogue.Languages() {
				row = append(row, texts[lang])
			}
		}
		size := ""
		if i.Size > 0 {
			size = strconv.FormatInt(i.Size, 10)
		}
		rows = append(rows, append(row, i.Access, i.Reason, i.Format, size, i.Publisher, i.Contact.Name, i.Contact.Email, i.Contact.URL, i.Changed, base+i.Ask, catalogue.GovernanceAct))
	}
	for _, row := range rows {
		for i := range row {
			row[i] = safe.Safe(row[i])
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteBody(w, http.StatusOK, "text/csv; charset=utf-8; header=present", []byte(b.String()))
}

func (a *API) put(w http.ResponseWriter, r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	if err := httpx.OnlyParams(p); err != nil {
		return err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	if _, err := httpx.MediaType(r, httpx.TypeJSON); err != nil {
		return err
	}
	body, err := httpx.ReadBody(r)
	if err != nil {
		return err
	}
	var in struct {
		Format     string          `json:"format"`
		Size       int64           `json:"size"`
		Conditions catalogue.Texts `json:"conditions"`
	}
	if err := json.Unmarshal(body, &in, json.RejectUnknownMembers(true)); err != nil {
		return problem.Wrap(problem.BadRequestData, err, "what is told of protected data cannot be read: %.300s", err)
	}
	if err := a.o.Catalogue.SetProtection(r.Context(), call, r.PathValue("slug"), catalogue.Protection(in)); err != nil {
		return err
	}
	return httpx.NoContent(w)
}
