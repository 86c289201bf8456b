// Package harvest is the HTTP side of harvesting in: the sources, their runs
// and dry runs, and the reports that their publishers can act on.
//
// It reads no source itself. What always holds: a run is asked for and goes on
// by itself; a report is the same for whoever may read it.
package harvest

import (
	"context"
	"net/http"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/harvest"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// desk is who harvests.
type desk interface {
	Sources(ctx context.Context) ([]harvest.Source, error)
	Source(ctx context.Context, slug string) (harvest.Source, error)
	Put(ctx context.Context, s harvest.Source) error
	Delete(ctx context.Context, slug string) error
	Start(ctx context.Context, slug string, m harvest.Mode) error
	Progress(slug string) (harvest.Report, bool)
	Reports(ctx context.Context, slug string) ([]harvest.Report, error)
}

// datasets is the catalogue.
type datasets interface {
	HarvestedOne(ctx context.Context, sp store.Space, slug string) (*catalogue.Harvested, error)
}

// Options are the settings of an API.
type Options struct {
	Desk      desk
	Catalogue datasets
	Call      func(r *http.Request) (broker.Call, error)
}

// API answers. Use New.
type API struct {
	desk desk
	o    Options
}

// New makes an API.
func New(o Options) *API { return &API{o.Desk, o} }

// maxBody bounds a source, in bytes.
const maxBody = 64 << 10

const one = "/api/harvest/sources/{slug}"

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route {
	route := func(method, pattern, name, summary string, answer int, h httpx.Handler) httpx.Route {
		r := httpx.Route{Method: method, Pattern: pattern, Rule: access.Curate, Name: name, Summary: summary, Group: "Harvesting", Handle: h}
		r.Describe = func() httpx.Description {
			d := httpx.Description{Answers: []httpx.Answer{{Status: answer, Description: http.StatusText(answer)}}}
			if answer == http.StatusOK {
				d.Answers[0].Body = []httpx.Media{{Type: httpx.TypeJSON, Schema: httpx.Schema{"type": "object"}}}
			}
			if method == http.MethodPut {
				d.Body = []httpx.Media{{Type: httpx.TypeJSON, Schema: sourceSchema()}}
			}
			return d
		}
		return r
	}
	put := route(http.MethodPut, one, "harvest-source-put", "Name a catalogue to harvest, or change how it is", http.StatusNoContent, a.put)
	put.MaxBody = maxBody
	run := route(http.MethodPost, one+"/run", "harvest-run", "Harvest it now; ?vanish=accept takes it that more than half of it has gone", http.StatusAccepted, a.start(harvest.Mode{}))
	describe := run.Describe
	run.Describe = func() httpx.Description {
		d := describe()
		d.Params = []httpx.Param{{Name: "vanish", In: "query", Description: "accept: more than half of the source's datasets may be marked as gone", Example: "accept"}}
		return d
	}
	record := route(http.MethodGet, "/api/harvested/{slug}", "harvested", "A dataset that another catalogue describes, as its source has it", http.StatusOK, a.record)
	record.Rule, record.Group = access.PublicDataset, "Catalogue"
	return []httpx.Route{
		record,
		route(http.MethodGet, "/api/harvest/sources", "harvest-sources", "The catalogues that are harvested, with their last report", http.StatusOK, a.list),
		route(http.MethodGet, one, "harvest-source", "How one is harvested, and how far a run is that is under way", http.StatusOK, a.get),
		put,
		route(http.MethodDelete, one, "harvest-source-delete", "Harvest it no more: what it brought is marked as gone", http.StatusNoContent, a.delete),
		route(http.MethodPost, one+"/dry-run", "harvest-dry-run", "Read it and report what would be new, changed and gone; nothing is kept but the report", http.StatusAccepted, a.start(harvest.Mode{Dry: true})),
		run,
		route(http.MethodGet, one+"/reports", "harvest-reports", "Its reports, the newest first", http.StatusOK, a.reports),
	}
}

func sourceSchema() httpx.Schema {
	text, number := httpx.Schema{"type": "string"}, httpx.Schema{"type": "integer", "minimum": 0}
	return httpx.Schema{"type": "object", "required": []string{"name", "kind", "url"}, "properties": httpx.Schema{
		"name": text, "kind": httpx.Schema{"type": "string", "enum": harvest.Kinds()}, "url": httpx.Schema{"type": "string", "format": "uri"},
		"language": httpx.Schema{"type": "string", "description": "of texts that name none"},
		"prefix":   httpx.Schema{"type": "string", "description": "OAI-PMH: the metadataPrefix; dcat_ap if it is left out"},
		"set":      httpx.Schema{"type": "string", "description": "OAI-PMH: this set alone"},
		"filter":   httpx.Schema{"type": "string", "description": "CKAN: fq"},
		"every":    httpx.Schema{"type": "integer", "minimum": 0, "description": "seconds between two runs, at least 300; 0 runs by hand alone"},
		"limits":   httpx.Schema{"type": "object", "properties": httpx.Schema{"bytes": number, "pages": number, "seconds": number, "records": number}},
	}}
}

// sourceJSON is a source as it is written down.
type sourceJSON struct {
	Name     string         `json:"name"`
	Kind     harvest.Kind   `json:"kind"`
	URL      string         `json:"url"`
	Language string         `json:"language,omitzero"`
	Prefix   string         `json:"prefix,omitzero"`
	Set      string         `json:"set,omitzero"`
	Filter   string         `json:"filter,omitzero"`
	Every    int64          `json:"every,omitzero"`
	Limits   harvest.Limits `json:"limits,omitzero"`
}

// sourceAnswer is a source as it is shown.
type sourceAnswer struct {
	Slug string `json:"slug"`
	sourceJSON
	Running *reportAnswer `json:"running,omitzero"` // the run under way
	Last    *reportAnswer `json:"last,omitzero"`    // the last report, of a dry run too
}

// findingAnswer is a finding in words.
type findingAnswer struct {
	Code  string          `json:"code"`
	Level harvest.Level   `json:"level"`
	Where string          `json:"where"`
	What  catalogue.Texts `json:"what"`
	Mend  catalogue.Texts `json:"mend"`
}

type reportAnswer struct {
	Run      string           `json:"run"`
	Dry      bool             `json:"dry"`
	State    harvest.RunState `json:"state"`
	Started  string           `json:"started,omitzero"`
	Ended    string           `json:"ended,omitzero"`
	Bytes    int64            `json:"bytes"`
	Pages    int              `json:"pages"`
	Counts   harvest.Counts   `json:"counts"`
	ByCode   map[string]int   `json:"byCode"`
	Findings []findingAnswer  `json:"findings"`
	Preview  harvest.Preview  `json:"preview"`
}

func when(t entity.Instant) string {
	if t.IsZero() {
		return ""
	}
	return t.String()
}

func answerOf(r harvest.Report) *reportAnswer {
	out := &reportAnswer{Run: r.Run, Dry: r.Dry, State: r.State, Started: when(r.Started), Ended: when(r.Ended), Bytes: r.Bytes, Pages: r.Pages, Counts: r.Counts,
		ByCode: r.ByCode, Findings: []findingAnswer{}, Preview: r.Preview}
	if out.ByCode == nil {
		out.ByCode = map[string]int{}
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, findingAnswer{f.Code, f.Level(), f.Where, f.What(), f.Mend()})
	}
	return out
}

func (a *API) answer(ctx context.Context, s harvest.Source) (sourceAnswer, error) {
	out := sourceAnswer{Slug: s.Slug, sourceJSON: sourceJSON{s.Name, s.Kind, s.URL, s.Language, s.Prefix, s.Set, s.Filter, s.Every, s.Limits}}
	if p, running := a.desk.Progress(s.Slug); running {
		out.Running = answerOf(p)
	}
	rs, err := a.desk.Reports(ctx, s.Slug)
	if len(rs) > 0 {
		out.Last = answerOf(rs[0])
	}
	return out, err
}

func noParams(r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	return httpx.OnlyParams(p)
}

func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	all, err := a.desk.Sources(r.Context())
	if err != nil {
		return err
	}
	out := []sourceAnswer{}
	for _, s := range all {
		one, err := a.answer(r.Context(), s)
		if err != nil {
			return err
		}
		if one.Last != nil { // the list is a list: findings are in the reports
			one.Last.Findings, one.Last.Preview = []findingAnswer{}, harvest.Preview{}
		}
		out = append(out, one)
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, http.StatusOK, map[string]any{"sources": out})
}

func (a *API) get(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	s, err := a.desk.Source(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	out, err := a.answer(r.Context(), s)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, http.StatusOK, out)
}

func (a *API) put(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	var in sourceJSON
	if err := httpx.ReadJSON(r, &in); err != nil {
		return err
	}
	err := a.desk.Put(r.Context(), harvest.Source{Slug: r.PathValue("slug"), Name: in.Name, Kind: in.Kind, URL: in.URL, Language: in.Language,
		Prefix: in.Prefix, Set: in.Set, Filter: in.Filter, Every: in.Every, Limits: in.Limits})
	if err != nil {
		return err
	}
	return httpx.NoContent(w)
}

func (a *API) delete(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	if err := a.desk.Delete(r.Context(), r.PathValue("slug")); err != nil {
		return err
	}
	return httpx.NoContent(w)
}

// start answers 202 with where the report will be.
func (a *API) start(m harvest.Mode) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := httpx.Params(r)
		if err != nil {
			return err
		}
		m := m
		known := []string{"vanish"}
		if m.Dry {
			known = nil
		}
		if err := httpx.OnlyParams(p, known...); err != nil {
			return err
		}
		switch v := p.Get("vanish"); {
		case v == "accept":
			m.Vanish = true
		case p.Has("vanish"):
			return problem.New(problem.BadRequestData, "vanish is %.40q: it is accept, or left out", v)
		}
		if err := a.desk.Start(r.Context(), r.PathValue("slug"), m); err != nil {
			return err
		}
		w.Header().Set("Location", httpx.BaseURL(r)+"/api/harvest/sources/"+r.PathValue("slug")+"/reports")
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
}

func (a *API) reports(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	slug := r.PathValue("slug")
	if _, err := a.desk.Source(r.Context(), slug); err != nil {
		return err
	}
	rs, err := a.desk.Reports(r.Context(), slug)
	if err != nil {
		return err
	}
	out := []*reportAnswer{}
	for _, rep := range rs {
		out = append(out, answerOf(rep))
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, http.StatusOK, map[string]any{"reports": out})
}
