// Package inbox answers over HTTP what the caller is to be told, and notes what
// they have read and done. Stewards share the notices to all stewards; a notice
// to one account is seen by that account alone.
package inbox

import (
	"context"
	"net/http"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	book "github.com/beffroi/beffroi/internal/govern/inbox"
	"github.com/beffroi/beffroi/internal/problem"
)

// notices is the inbox.
type notices interface {
	List(ctx context.Context, tenant string, by access.Caller, which book.State) ([]book.Notice, error)
	MarkRead(ctx context.Context, tenant string, by access.Caller, name string) error
	MarkDone(ctx context.Context, tenant string, by access.Caller, name string) error
}

// Options are the settings of an API.
type Options struct {
	Inbox notices
	Call  func(r *http.Request) (broker.Call, error)
}

// API answers. Use New.
type API struct{ o Options }

// New makes an API.
func New(o Options) *API { return &API{o} }

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route {
	route := func(method, pattern, name, summary string, h httpx.Handler) httpx.Route {
		return httpx.Route{Method: method, Pattern: pattern, Rule: access.Self, Name: name, Summary: summary, Group: "Inbox", Handle: h}
	}
	list := route(http.MethodGet, "/api/inbox", "inbox", "What you are to be told: alarms, deadlines, failures, duties", a.list)
	list.Describe = func() httpx.Description {
		return httpx.Description{Params: []httpx.Param{{Name: "state", In: "query", Description: "Only notices that are open, done or settled; all if it is left out.", Example: "open", Schema: httpx.Schema{"type": "string", "enum": []string{"open", "done", "settled"}}}}}
	}
	return []httpx.Route{
		list,
		route(http.MethodPost, "/api/inbox/{name}/read", "inbox-read", "Say that a notice was read", a.mark(a.o.Inbox.MarkRead)),
		route(http.MethodPost, "/api/inbox/{name}/done", "inbox-done", "Say that a notice was dealt with", a.mark(a.o.Inbox.MarkDone)),
	}
}

type notice struct {
	Name     string            `json:"name"`
	Topic    string            `json:"topic"`
	Title    map[string]string `json:"title"`
	Text     map[string]string `json:"text,omitzero"`
	Href     string            `json:"href"`
	Severity book.Severity     `json:"severity"`
	State    book.State        `json:"state"`
	At       string            `json:"at"`
	Due      string            `json:"due,omitzero"`
	Read     string            `json:"read,omitzero"`
	Closed   string            `json:"closed,omitzero"`
	By       string            `json:"by,omitzero"`
}

type answer struct {
	Open    int      `json:"open"`   // of all that is for the caller
	Unread  int      `json:"unread"` // of these
	Notices []notice `json:"notices"`
}

func when(t entity.Instant) string {
	if t.IsZero() {
		return ""
	}
	return t.String()
}

func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	if err := httpx.OnlyParams(p, "state"); err != nil {
		return err
	}
	which := book.State(p.Get("state"))
	switch which {
	case "", book.Open, book.Done, book.Settled:
	default:
		return problem.New(problem.BadRequestData, "the state %.40q is not one of open, done, settled", which)
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	all, err := a.o.Inbox.List(r.Context(), call.Space.Tenant, access.From(r.Context()), "")
	if err != nil {
		return err
	}
	out := answer{Notices: []notice{}}
	for _, n := range all {
		if n.State == book.Open {
			out.Open++
			if n.Read.IsZero() {
				out.Unread++
			}
		}
		if which == "" || which == n.State {
			out.Notices = append(out.Notices, notice{Name: n.Name, Topic: n.Topic, Title: n.Title, Text: n.Text, Href: n.Path, Severity: n.Severity, State: n.State,
				At: when(n.At), Due: when(n.Due), Read: when(n.Read), Closed: when(n.Closed), By: n.By})
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, http.StatusOK, out)
}

func (a *API) mark(how func(ctx context.Context, tenant string, by access.Caller, name string) error) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
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
		if err := how(r.Context(), call.Space.Tenant, access.From(r.Context()), r.PathValue("name")); err != nil {
			return err
		}
		return httpx.NoContent(w)
	}
}
