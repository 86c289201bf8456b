package law

import (
	"net/http"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/duty"
	book "github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// typeYAML is the media type of a rule set (RFC 9512).
const typeYAML = "application/yaml"

func (a *API) importRoutes() []httpx.Route {
	in := route(http.MethodPost, "/api/law/acts/import", access.Admin, "law-import", "Hand in a rule set: it waits for a second person", a.importSet, func() httpx.Description {
		return httpx.Description{Params: []httpx.Param{{Name: "note", In: "query", Description: "Why, for whoever approves."}}, Body: []httpx.Media{{Type: typeYAML}}, Answers: []httpx.Answer{{Status: http.StatusCreated, Description: "It waits."}}}
	})
	in.MaxBody = duty.MaxRuleSet
	reason := httpx.Schema{"reason": textSchema()}
	return []httpx.Route{
		in,
		route(http.MethodGet, "/api/law/acts/{id}/source", access.Read, "law-source", "The text of a rule set in force, to be changed and handed in; with shipped=true the one that comes with beffroi", a.source, func() httpx.Description {
			return httpx.Description{Params: []httpx.Param{{Name: "shipped", In: "query", Description: "true for the text that comes with beffroi.", Example: "true"}}, Answers: []httpx.Answer{{Status: http.StatusOK, Description: "The text.", Body: []httpx.Media{{Type: typeYAML}}}}}
		}),
		route(http.MethodGet, "/api/law/imports", access.Curate, "law-imports", "The rule sets that were handed in, the newest first", a.imports, giving("imports")),
		route(http.MethodGet, "/api/law/imports/{id}", access.Curate, "law-import-diff", "What a rule set that was handed in changes, and for which datasets", a.diff, func() httpx.Description {
			return httpx.Description{Params: when(), Answers: answers("changes", "effects")}
		}),
		route(http.MethodPost, "/api/law/imports/{id}/approve", access.Admin, "law-import-approve", "Put a rule set in force that somebody else handed in", a.decide(true), taking(http.StatusOK, reason)),
		route(http.MethodPost, "/api/law/imports/{id}/refuse", access.Admin, "law-import-refuse", "Refuse a rule set that waits, or take one's own back", a.decide(false), taking(http.StatusOK, reason)),
	}
}

type importAnswer struct {
	ID        string           `json:"id"`
	Set       string           `json:"set"`
	Version   string           `json:"version"`
	State     duty.ImportState `json:"state"` // waiting, approved, refused
	Note      string           `json:"note,omitzero"`
	By        string           `json:"by"`
	At        time.Time        `json:"at"`
	Decided   *time.Time       `json:"decided,omitzero"`
	DecidedBy string           `json:"decidedBy,omitzero"`
	Reason    string           `json:"reason,omitzero"`
	// Yours tells that whoever asks handed it in, and so cannot approve it.
	Yours bool `json:"yours,omitzero"`
}

func importOf(r *http.Request, i *duty.Import) importAnswer {
	return importAnswer{ID: i.ID, Set: i.Set, Version: i.Version, State: i.State, Note: i.Note, By: i.By, At: i.At, Decided: i.Decided, DecidedBy: i.DecidedBy, Reason: i.Reason, Yours: access.From(r.Context()).Account == i.By}
}

func (a *API) importSet(w http.ResponseWriter, r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	if err := httpx.OnlyParams(p, "note"); err != nil {
		return err
	}
	if _, err := httpx.MediaType(r, typeYAML, "text/yaml", "text/plain", "application/x-yaml"); err != nil {
		return err
	}
	c, err := a.o.Call(r)
	if err != nil {
		return err
	}
	text, err := httpx.ReadBody(r)
	if err != nil {
		return err
	}
	i, err := a.o.Duty.Import(r.Context(), c, access.From(r.Context()), text, p.Get("note"))
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/law/imports/"+i.ID)
	return httpx.WriteJSON(w, http.StatusCreated, importOf(r, i))
}

func (a *API) source(w http.ResponseWriter, r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	if err := httpx.OnlyParams(p, "shipped"); err != nil {
		return err
	}
	if s := p.Get("shipped"); s != "" && s != "true" && s != "false" {
		return problem.New(problem.BadRequestData, "shipped is true or false, not %.40q", s)
	}
	text, err := a.o.Duty.Source(r.Context(), r.PathValue("id"), p.Get("shipped") == "true")
	if err != nil {
		return err
	}
	return httpx.WriteBody(w, http.StatusOK, typeYAML, text)
}

func (a *API) imports(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.plain(r); err != nil {
		return err
	}
	all, err := a.o.Duty.Imports(r.Context())
	if err != nil {
		return err
	}
	faults, err := a.o.Duty.Faults(r.Context())
	if err != nil {
		return err
	}
	out := []importAnswer{}
	for _, i := range all {
		out = append(out, importOf(r, i))
	}
	return a.write(w, map[string]any{"imports": out, "faults": some(faults)})
}

type changeAnswer struct {
	Kind   book.ChangeKind `json:"kind"` // added, removed, changed
	Rule   string          `json:"rule,omitzero"`
	Title  book.Texts      `json:"title,omitzero"`
	Fields []fieldAnswer   `json:"fields"`
}

type fieldAnswer struct {
	Field  string `json:"field"`
	Before string `json:"before,omitzero"`
	After  string `json:"after,omitzero"`
}

type tallyAnswer struct {
	Applies int `json:"applies"`
	Open    int `json:"open"`
}

type effectAnswer struct {
	Slug   string          `json:"slug,omitzero"` // none is the organisation
	Title  catalogue.Texts `json:"title,omitzero"`
	Before tallyAnswer     `json:"before"`
	After  tallyAnswer     `json:"after"`
}

type diffAnswer struct {
	Import  importAnswer   `json:"import"`
	Changes []changeAnswer `json:"changes"`
	On      string         `json:"on"`
	Effects []effectAnswer `json:"effects"`
}

func (a *API) diff(w http.ResponseWriter, r *http.Request) error {
	c, q, err := a.asking(r)
	if err != nil {
		return err
	}
	d, err := a.o.Duty.Diff(r.Context(), c, r.PathValue("id"), q)
	if err != nil {
		return err
	}
	out := diffAnswer{Import: importOf(r, d.Import), Changes: []changeAnswer{}, On: q.Date.String(), Effects: []effectAnswer{}}
	for _, x := range d.Changes {
		one := changeAnswer{Kind: x.Kind, Rule: x.Rule, Title: x.Title, Fields: []fieldAnswer{}}
		for _, f := range x.Fields {
			one.Fields = append(one.Fields, fieldAnswer(f))
		}
		out.Changes = append(out.Changes, one)
	}
	for _, e := range d.Effects {
		one := effectAnswer{Before: tallyAnswer(e.Before), After: tallyAnswer(e.After)}
		if e.Dataset != nil {
			one.Slug, one.Title = e.Dataset.Slug, e.Dataset.Title
		}
		out.Effects = append(out.Effects, one)
	}
	return a.write(w, out)
}

func (a *API) decide(approve bool) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var in struct {
			Reason string `json:"reason"`
		}
		c, err := a.decision(r, &in)
		if err != nil {
			return err
		}
		i, err := a.o.Duty.Decide(r.Context(), c, access.From(r.Context()), r.PathValue("id"), approve, in.Reason)
		if err != nil {
			return err
		}
		return httpx.WriteJSON(w, http.StatusOK, importOf(r, i))
	}
}

// decision reads a body that may be left out.
func (a *API) decision(r *http.Request, v any) (broker.Call, error) {
	if r.ContentLength == 0 {
		return a.plain(r)
	}
	return a.taken(r, v)
}
