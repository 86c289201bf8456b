// Package desk is the HTTP side of the request desk: requests come in without
// an account and are followed with a secret; stewards answer them; everybody
// reads the registers of decisions, exclusive arrangements and fees, and the
// board of wanted data, as JSON and CSV.
//
// What always holds: no answer without a steward's rights or the secret of a
// request says anything of a person; what the law counts comes from
// govern/desk, and nothing is reckoned here.
package desk

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/desk"
	"github.com/beffroi/beffroi/internal/problem"
)

// Options are the settings of an API.
type Options struct {
	Desk *desk.Service
	Now  func() time.Time
}

// API answers. Use New.
type API struct {
	o    Options
	pace *pace
}

// New makes an API.
func New(o Options) *API { return &API{o, newPace(o.Now)} }

// SecretHeader carries the secret of a request: in the address it would stand
// in logs.
const SecretHeader = "Request-Secret"

// maxForm bounds what strangers may send, in bytes; maxBody what stewards may.
const (
	maxForm = 32 << 10
	maxBody = 256 << 10
)

// eraseTime bounds erasing: every file of the folder that held the record is
// written anew.
const eraseTime = 3 * time.Minute

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route { return append(a.open(), a.stewards()...) }

// open are the routes for everybody.
func (a *API) open() []httpx.Route {
	const group = "Requests and registers"
	rs := []httpx.Route{
		{Method: http.MethodGet, Pattern: "/api/requests/kinds", Rule: access.Anyone, Name: "request-kinds", Summary: "What can be asked for here, and under which law it is answered", Handle: a.kinds},
		{Method: http.MethodPost, Pattern: "/api/requests", Rule: access.Anyone, Name: "request-data", MaxBody: maxForm, Handle: a.receive,
			Summary: "Ask for data or its re-use: gives a number and a secret to follow it",
			Describe: func() httpx.Description {
				return httpx.Description{Body: []httpx.Media{{Type: httpx.TypeJSON, Schema: formSchema()}}, Answers: []httpx.Answer{{Status: http.StatusCreated, Description: "The receipt."}, {Status: http.StatusTooManyRequests, Description: "Too many requests from there; Retry-After says when to come back."}}}
			}},
		{Method: http.MethodGet, Pattern: "/api/requests/{id}", Rule: access.Anyone, Name: "follow-request", Summary: "How a request stands, for whoever has its secret", Handle: a.follow, Describe: secretNeeded},
		{Method: http.MethodGet, Pattern: "/api/requests/{id}/letters/{letter}/pdf", Rule: access.Anyone, Name: "request-letter-pdf", Summary: "A letter that was sent, for whoever has the secret of the request", Handle: a.followLetter, Describe: secretNeeded},
		{Method: http.MethodGet, Pattern: "/api/wanted", Rule: access.PublicDataset, Name: "wanted-data", Summary: "Data that people ask for and that is not there yet, with the answers", Handle: a.board, Describe: asCSV},
		{Method: http.MethodPost, Pattern: "/api/wanted", Rule: access.Anyone, Name: "want-data", Summary: "Ask for data that does not exist yet; a steward looks before the board shows it", MaxBody: maxForm, Handle: a.want},
		{Method: http.MethodGet, Pattern: "/api/registers/decisions", Rule: access.PublicDataset, Name: "register-decisions", Summary: "Decisions on requests, without who asked", Handle: a.decisions, Describe: asCSV},
		{Method: http.MethodGet, Pattern: "/api/registers/arrangements", Rule: access.PublicDataset, Name: "register-arrangements", Summary: "Exclusive arrangements, with reasons and term", Handle: a.arrangements, Describe: asCSV},
		{Method: http.MethodGet, Pattern: "/api/registers/fees", Rule: access.PublicDataset, Name: "register-fees", Summary: "The published fees, every version", Handle: a.fees, Describe: asCSV},
	}
	for i := range rs {
		rs[i].Group = group
	}
	return rs
}

// stewards are the routes for stewards and up.
func (a *API) stewards() []httpx.Route {
	const group = "Request desk"
	const one = "/api/desk/requests/{id}"
	rs := []httpx.Route{
		{Method: http.MethodGet, Pattern: "/api/desk/terms", Name: "desk-terms", Summary: "Regimes, grounds of refusal and costs that may be charged", Handle: a.terms},
		{Method: http.MethodGet, Pattern: "/api/desk/requests", Name: "desk-requests", Summary: "All requests with their clocks, most urgent first", Handle: a.list},
		{Method: http.MethodPost, Pattern: "/api/desk/requests", Name: "desk-enter", Summary: "Enter a request that came by post, e-mail or hand", MaxBody: maxForm, Handle: a.enter},
		{Method: http.MethodGet, Pattern: one, Name: "desk-request", Summary: "One request with all that happened to it", Handle: a.one},
		{Method: http.MethodPost, Pattern: one + "/events", Name: "desk-act", Summary: "Acknowledge, ask, extend, classify, pass on, close or note", MaxBody: maxBody, Handle: a.act},
		{Method: http.MethodPost, Pattern: one + "/decision", Name: "desk-decide", Summary: "Decide: for good", MaxBody: maxBody, Handle: a.decide},
		{Method: http.MethodPost, Pattern: one + "/decision/preview", Name: "desk-preview", Summary: "The letter that a decision would make; nothing changes", MaxBody: maxBody, Handle: a.preview},
		{Method: http.MethodGet, Pattern: one + "/letters/{letter}/page", Name: "desk-letter-page", Summary: "A letter as a page", Handle: a.letterPage},
		{Method: http.MethodGet, Pattern: one + "/letters/{letter}/pdf", Name: "desk-letter-pdf", Summary: "A letter as a PDF", Handle: a.letterPDF},
		{Method: http.MethodPost, Pattern: one + "/letters/{letter}/sent", Name: "desk-letter-sent", Summary: "Record that a letter went out, on the day that counts", MaxBody: maxForm, Handle: a.sent},
		{Method: http.MethodDelete, Pattern: one + "/requester", Name: "desk-erase", Summary: "Erase who asked and what they wrote", Timeout: eraseTime, Handle: a.erase},
		{Method: http.MethodPost, Pattern: "/api/desk/arrangements", Name: "desk-arrange", Summary: "Publish an exclusive arrangement", MaxBody: maxBody, Handle: a.arrange},
		{Method: http.MethodPost, Pattern: "/api/desk/arrangements/{id}/reviews", Name: "desk-review", Summary: "Record that the reasons of an arrangement were looked at again, or that it ended", MaxBody: maxForm, Handle: a.review},
		{Method: http.MethodPost, Pattern: "/api/desk/fees", Name: "desk-publish-fees", Summary: "Publish the next version of the fees", MaxBody: maxBody, Handle: a.publishFees},
		{Method: http.MethodGet, Pattern: "/api/desk/wanted", Name: "desk-wanted", Summary: "What was asked for on the board, with who asked", Handle: a.wishes},
		{Method: http.MethodPost, Pattern: "/api/desk/wanted/{id}/reply", Name: "desk-reply", Summary: "Answer what was asked for, and put it on the board", MaxBody: maxBody, Timeout: eraseTime, Handle: a.reply},
		{Method: http.MethodDelete, Pattern: "/api/desk/wanted/{id}/requester", Name: "desk-forget", Summary: "Erase who asked for data, and what they wrote themselves", Timeout: eraseTime, Handle: a.forget},
	}
	for i := range rs {
		rs[i].Group, rs[i].Rule = group, access.Curate
	}
	return rs
}

func formSchema() httpx.Schema {
	text := httpx.Schema{"type": "string"}
	return httpx.Schema{"type": "object", "required": []string{"name", "kind", "lang", "subject"}, "properties": httpx.Schema{
		"name": text, "organisation": text, "address": text, "email": text, "dataset": text, "subject": text, "purpose": text,
		"kind": httpx.Schema{"type": "string", "description": "One of those that /api/requests/kinds lists."}, "licence": httpx.Schema{"type": "boolean"},
		"lang": httpx.Schema{"type": "string", "enum": []string{"fr", "nl", "en"}}, "website": httpx.Schema{"type": "string", "description": "To be left empty."},
	}}
}

func secretNeeded() httpx.Description {
	return httpx.Description{Params: []httpx.Param{{Name: SecretHeader, In: "header", Description: "The secret that came with the receipt."}}}
}

func asCSV() httpx.Description {
	return httpx.Description{Params: []httpx.Param{{Name: "format", In: "query", Description: "json or csv; json if it is left out.", Example: "csv"}}}
}

// noParams refuses parameters of a route that has none.
func noParams(r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	return httpx.OnlyParams(p)
}

// body reads the JSON body of a route without parameters.
func body(r *http.Request, v any) error {
	if err := noParams(r); err != nil {
		return err
	}
	return httpx.ReadJSON(r, v)
}

// private answers with what is for this caller alone.
func private(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, status, v)
}

func account(ctx context.Context) string { return access.From(ctx).Account }

// number reads the number of a letter in the address.
func number(r *http.Request) (int, error) {
	n, err := strconv.Atoi(r.PathValue("letter"))
	if err != nil {
		return 0, problem.New(problem.ResourceNotFound, "letters have numbers, and %.20q is none", r.PathValue("letter"))
	}
	return n, nil
}

func pdfOf(w http.ResponseWriter, id string, n int, pdf []byte) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", `inline; filename="`+id+"-"+strconv.Itoa(n)+`.pdf"`)
	return httpx.WriteBody(w, http.StatusOK, "application/pdf", pdf)
}

// dayOr reads a day; "" is today, where the desk acts.
func (a *API) dayOr(s string) (deadline.Date, error) {
	if s == "" {
		return a.o.Desk.Today(), nil
	}
	return deadline.ParseDate(s)
}
