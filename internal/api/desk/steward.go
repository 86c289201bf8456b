package desk

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/desk"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

type namedAnswer struct {
	ID      string    `json:"id"`
	Name    law.Texts `json:"name"`
	Regimes []string  `json:"regimes,omitzero"`
}

func (a *API) terms(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	t := a.o.Desk.Terms()
	regimes, grounds, costs := []map[string]any{}, []namedAnswer{}, []namedAnswer{}
	for _, f := range t.Offered(a.o.Desk.Country()) {
		regimes = append(regimes, map[string]any{"id": f.Regime.ID, "kind": f.Kind, "name": f.Regime.Name, "rule": f.Regime.Clock, "redress": f.Regime.Redress, "categories": f.Regime.Fees.Categories})
	}
	for _, g := range t.Grounds {
		grounds = append(grounds, namedAnswer(g))
	}
	for _, c := range t.Costs {
		costs = append(costs, namedAnswer(c))
	}
	return private(w, http.StatusOK, map[string]any{"regimes": regimes, "grounds": grounds, "costs": costs})
}

// line is a request in the list.
type line struct {
	ID           string         `json:"id"`
	Kind         string         `json:"kind"`
	Regime       string         `json:"regime"`
	Subject      string         `json:"subject"`
	Name         string         `json:"name"`
	Organisation string         `json:"organisation,omitzero"`
	Dataset      string         `json:"dataset,omitzero"`
	Received     string         `json:"received"`
	Standing     desk.Standing  `json:"standing"`
	Last         deadline.Date  `json:"last"`
	Extended     bool           `json:"extended"`
	WorkingDays  int            `json:"workingDays"` // left that have not begun; -1 if the last has passed
	Next         desk.Step      `json:"next"`
	NextBy       *deadline.Date `json:"nextBy,omitzero"`
	Rule         string         `json:"rule"`
	Article      string         `json:"article"`
	Act          law.Texts      `json:"act"`
	Verification string         `json:"verification"` // how far the rule was checked
	Outcome      desk.Outcome   `json:"outcome,omitzero"`
}

func lineFor(q *desk.Request, c *desk.Clock) line {
	out := line{ID: q.ID, Kind: q.Kind, Regime: q.Regime, Subject: q.Subject, Name: q.Name, Organisation: q.Organisation, Dataset: q.Dataset, Received: q.Received.Format(time.RFC3339),
		Standing: c.Standing, Last: c.Last.Last, Extended: c.Extended, WorkingDays: c.WorkingDays, Next: c.Next, NextBy: c.NextBy, Rule: c.Rule.ID, Article: c.Rule.Article, Act: c.Set.Name,
		Verification: string(c.Rule.Verification)}
	if q.Decision != nil {
		out.Outcome = q.Decision.Outcome
	}
	return out
}

// urgency orders standings, most urgent first.
func urgency(s desk.Standing) int {
	return slices.Index([]desk.Standing{desk.Overdue, desk.SilentRefusal, desk.Soon, desk.Running, desk.Halted, desk.DoneLate, desk.Done, desk.ClosedOff}, s)
}

func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	k, err := a.o.Desk.Reckoner(r.Context())
	if err != nil {
		return err
	}
	all, err := a.o.Desk.List(r.Context())
	if err != nil {
		return err
	}
	out, now := []line{}, a.o.Now()
	for _, q := range all {
		c, err := k.Clock(q, now)
		if err != nil {
			return err
		}
		out = append(out, lineFor(q, c))
	}
	slices.SortStableFunc(out, func(x, y line) int {
		if d := urgency(x.Standing) - urgency(y.Standing); d != 0 {
			return d
		}
		return int(x.Last) - int(y.Last)
	})
	return private(w, http.StatusOK, map[string]any{"requests": out, "today": a.o.Desk.Today()})
}

func (a *API) enter(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		desk.Asked
		Channel  string    `json:"channel"`
		Received time.Time `json:"received"`
	}
	if err := body(r, &in); err != nil {
		return err
	}
	if in.Channel == "portal" {
		return problem.New(problem.BadRequestData, "what came by the portal is there already; use post, email or hand")
	}
	q, _, err := a.o.Desk.Receive(r.Context(), in.Asked, in.Channel, in.Received, account(r.Context()))
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/desk/requests/"+q.ID)
	return a.show(w, r, http.StatusCreated, q)
}

type stepAnswer struct {
	Rule    string            `json:"rule"`
	Article string            `json:"article"` // of Regulation 1182/71
	From    deadline.Date     `json:"from"`
	To      deadline.Date     `json:"to"`
	Holiday map[string]string `json:"holiday,omitzero"`
}

type pauseAnswer struct {
	Rule    string    `json:"rule"`
	Article string    `json:"article"`
	Because law.Texts `json:"because"`
}

// whole is a request with all that happened to it.
type whole struct {
	line
	Requester desk.Requester `json:"requester"`
	Licence   bool           `json:"licence"`
	Lang      string         `json:"lang"`
	Purpose   string         `json:"purpose,omitzero"`
	Channel   string         `json:"channel"`
	Closed    desk.EventKind `json:"closed,omitzero"`
	Events    []desk.Event   `json:"events"`
	Letters   []letterLine   `json:"letters"`
	Decision  *desk.Decision `json:"decision,omitzero"`
	Says      law.Texts      `json:"says"` // the duty, in words
	Note      law.Texts      `json:"note,omitzero"`
	Steps     []stepAnswer   `json:"steps"`
	Due       deadline.Date  `json:"due"` // without an extension
	Longest   *deadline.Date `json:"longest,omitzero"`
	TellBy    *deadline.Date `json:"tellBy,omitzero"`
	Because   law.Texts      `json:"extendedIf,omitzero"`
	Appeal    *deadline.Date `json:"appeal,omitzero"`
	RefuseBy  *deadline.Date `json:"refuseBy,omitzero"`
	Pauses    []pauseAnswer  `json:"pauses"` // rules that let the clock stand still
	Today     deadline.Date  `json:"today"`
}

func (a *API) show(w http.ResponseWriter, r *http.Request, status int, q *desk.Request) error {
	k, err := a.o.Desk.Reckoner(r.Context())
	if err != nil {
		return err
	}
	c, err := k.Clock(q, a.o.Now())
	if err != nil {
		return err
	}
	v := whole{line: lineFor(q, c), Requester: q.Requester, Licence: q.Licence, Lang: q.Lang, Purpose: q.Purpose, Channel: q.Channel, Closed: q.Closed, Events: q.Events, Letters: []letterLine{},
		Decision: q.Decision, Says: c.Rule.Duty, Note: c.Rule.Note, Steps: []stepAnswer{}, Due: c.Due.Last, Appeal: c.Appeal, RefuseBy: c.RefuseBy, Pauses: []pauseAnswer{}, Today: a.o.Desk.Today()}
	for _, l := range q.Letters {
		v.Letters = append(v.Letters, lineOf(l))
	}
	for _, s := range c.Last.Steps {
		v.Steps = append(v.Steps, stepAnswer(s))
	}
	if c.Longest != nil {
		v.Longest, v.TellBy, v.Because = &c.Longest.Last, &c.TellBy.Last, c.Rule.Clock.Extension.Because
	}
	for _, set := range k.Book.Sets {
		for _, rule := range set.Rules {
			if rule.Clock != nil && rule.Clock.Pause != nil && rule.Clock.From == c.Rule.Clock.From {
				v.Pauses = append(v.Pauses, pauseAnswer{rule.ID, rule.Article, rule.Clock.Pause})
			}
		}
	}
	return private(w, status, v)
}

func (a *API) one(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	q, err := a.o.Desk.Open(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return a.show(w, r, http.StatusOK, q)
}

func (a *API) act(w http.ResponseWriter, r *http.Request) error {
	var in desk.Act
	if err := body(r, &in); err != nil {
		return err
	}
	in.By = account(r.Context())
	q, err := a.o.Desk.Do(r.Context(), r.PathValue("id"), in)
	if err != nil {
		return err
	}
	return a.show(w, r, http.StatusOK, q)
}

func (a *API) decide(w http.ResponseWriter, r *http.Request) error {
	var in desk.Verdict
	if err := body(r, &in); err != nil {
		return err
	}
	in.By = account(r.Context())
	q, _, err := a.o.Desk.Decide(r.Context(), r.PathValue("id"), in)
	if err != nil {
		return err
	}
	return a.show(w, r, http.StatusOK, q)
}

func (a *API) preview(w http.ResponseWriter, r *http.Request) error {
	var in desk.Verdict
	if err := body(r, &in); err != nil {
		return err
	}
	l, err := a.o.Desk.Preview(r.Context(), r.PathValue("id"), in)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteBody(w, http.StatusOK, "text/html; charset=utf-8", l.Page)
}

func (a *API) letter(r *http.Request) (*desk.Request, int, *desk.Written, error) {
	if err := noParams(r); err != nil {
		return nil, 0, nil, err
	}
	n, err := number(r)
	if err != nil {
		return nil, 0, nil, err
	}
	q, err := a.o.Desk.Open(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, 0, nil, err
	}
	l, err := a.o.Desk.Letter(r.Context(), q, n)
	return q, n, l, err
}

func (a *API) letterPage(w http.ResponseWriter, r *http.Request) error {
	_, _, l, err := a.letter(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteBody(w, http.StatusOK, "text/html; charset=utf-8", l.Page)
}

func (a *API) letterPDF(w http.ResponseWriter, r *http.Request) error {
	q, n, l, err := a.letter(r)
	if err != nil {
		return err
	}
	return pdfOf(w, q.ID, n, l.PDF)
}

func (a *API) sent(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		On  string `json:"on"` // today if it is left out
		How string `json:"how"`
	}
	if err := body(r, &in); err != nil {
		return err
	}
	on, err := a.dayOr(in.On)
	if err != nil {
		return err
	}
	n, err := number(r)
	if err != nil {
		return err
	}
	q, err := a.o.Desk.Send(r.Context(), r.PathValue("id"), n, on, in.How, account(r.Context()))
	if err != nil {
		return err
	}
	return a.show(w, r, http.StatusOK, q)
}

func (a *API) erase(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	// What has begun is ended, also if nobody waits for the answer.
	if err := a.o.Desk.Erase(context.WithoutCancel(r.Context()), r.PathValue("id"), account(r.Context())); err != nil {
		return err
	}
	return httpx.NoContent(w)
}
