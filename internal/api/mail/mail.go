// Package mail shows administrators what became of the letters in the outbox,
// and sends a letter to try the way to the mail server. It shows no text and no
// whole address.
package mail

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

// Status tells what became of a letter, see the outbox.
type Status struct {
	ID       string `json:"id"`
	Key      string `json:"key"`
	State    string `json:"state"` // waiting, sending, sent, refused, doubt
	Queued   string `json:"queued"`
	Attempts int    `json:"attempts"`
	Next     string `json:"next,omitzero"`
	Ended    string `json:"ended,omitzero"` // when it was taken or given up
	Error    string `json:"error,omitzero"`
	To       string `json:"to,omitzero"` // masked
}

// Outbox is the outbox of letters.
type Outbox interface {
	// Letters lists them, the newest first.
	Letters(ctx context.Context) ([]Status, error)
	// Letter gives one. Errors: problem.ResourceNotFound.
	Letter(ctx context.Context, id string) (Status, error)
	// Again sends one once more that was refused or is in doubt.
	Again(ctx context.Context, id string) error
	// Try queues a short letter and gives its id. Errors:
	// problem.BadRequestData.
	Try(ctx context.Context, key, to string) (id string, err error)
}

// Options are the settings of an API.
type Options struct {
	Outbox Outbox // nil if no mail server is configured
	Now    func() entity.Instant
}

// API answers. Use New.
type API struct{ o Options }

// New makes an API.
func New(o Options) *API { return &API{o} }

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route {
	route := func(method, pattern, name, summary string, h httpx.Handler) httpx.Route {
		return httpx.Route{Method: method, Pattern: pattern, Rule: access.Admin, Name: name, Summary: summary, Group: "Operations", MaxBody: 4 << 10, Handle: a.on(h)}
	}
	try := route(http.MethodPost, "/api/mail/test", "mail-test", "Send a short letter to try the way to the mail server; its id tells what became of it", a.try)
	try.Describe = func() httpx.Description {
		return httpx.Description{Body: []httpx.Media{{Type: httpx.TypeJSON, Schema: httpx.Schema{"type": "object", "required": []string{"to"}, "additionalProperties": false,
			"properties": httpx.Schema{"to": httpx.Schema{"type": "string", "description": "An address alone."}}, "example": map[string]any{"to": "you@city.example"}}}}}
	}
	return []httpx.Route{
		route(http.MethodGet, "/api/mail", "mail", "What became of the letters in the outbox", a.list),
		route(http.MethodGet, "/api/mail/{id}", "mail-one", "What became of one letter", a.one),
		try,
		route(http.MethodPost, "/api/mail/{id}/again", "mail-again", "Send a letter once more that was refused or is in doubt", a.again),
	}
}

// on answers what is the same for all: no parameters, and a mail server.
func (a *API) on(h httpx.Handler) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := httpx.Params(r)
		if err != nil {
			return err
		}
		if err := httpx.OnlyParams(p); err != nil {
			return err
		}
		if a.o.Outbox == nil {
			return problem.New(problem.OperationNotSupported, "no mail server is configured: set mail.server and mail.from")
		}
		w.Header().Set("Cache-Control", "no-store")
		return h(w, r)
	}
}

func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	all, err := a.o.Outbox.Letters(r.Context())
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, map[string]any{"letters": append([]Status{}, all...)})
}

func (a *API) one(w http.ResponseWriter, r *http.Request) error {
	s, err := a.o.Outbox.Letter(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, s)
}

func (a *API) again(w http.ResponseWriter, r *http.Request) error {
	if err := a.o.Outbox.Again(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	return httpx.NoContent(w)
}

func (a *API) try(w http.ResponseWriter, r *http.Request) error {
	if _, err := httpx.MediaType(r, httpx.TypeJSON); err != nil {
		return err
	}
	body, err := httpx.ReadBody(r)
	if err != nil {
		return err
	}
	var in struct {
		To string `json:"to"`
	}
	if err := json.Unmarshal(body, &in, json.RejectUnknownMembers(true)); err != nil {
		return problem.Wrap(problem.BadRequestData, err, "the body cannot be read: %.200s", err)
	}
	id, err := a.o.Outbox.Try(r.Context(), fmt.Sprintf("test/%d", a.o.Now()), in.To)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/mail/"+id)
	return httpx.WriteJSON(w, http.StatusAccepted, map[string]string{"id": id})
}
