package desk

import (
	"context"
	"net/http"
	"time"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/desk"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/govern/letter"
	"github.com/beffroi/beffroi/internal/problem"
)

type kindAnswer struct {
	Kind    string    `json:"kind"`
	Regime  string    `json:"regime"`
	Name    law.Texts `json:"name"`
	Help    law.Texts `json:"help"`
	Rule    string    `json:"rule"`
	Article string    `json:"article"`
	Act     law.Texts `json:"act"`
	Says    law.Texts `json:"says"`
	Free    bool      `json:"free"` // no fee can be asked
}

func (a *API) kinds(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	k, err := a.o.Desk.Reckoner(r.Context())
	if err != nil {
		return err
	}
	out := []kindAnswer{}
	for _, f := range k.Terms.Offered(a.o.Desk.Country()) {
		set, rule := k.Book.Rule(f.Regime.Clock)
		if rule == nil {
			continue
		}
		out = append(out, kindAnswer{f.Kind, f.Regime.ID, f.Regime.Name, f.Regime.Help, rule.ID, rule.Article, set.Name, rule.Duty, len(f.Regime.Fees.Categories) == 0})
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, map[string]any{"kinds": out})
}

// handedIn lets one more in from where r comes; failed is to be called if it is
// refused after all.
func (a *API) handedIn(r *http.Request, website, what string) (failed func(), err error) {
	if website != "" {
		return nil, problem.New(problem.BadRequestData, "leave the member website empty: it is there for machines that fill in everything")
	}
	return a.pace.take(httpx.Peer(r), what)
}

func (a *API) receive(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		desk.Asked
		Website string `json:"website"`
	}
	if err := body(r, &in); err != nil {
		return err
	}
	failed, err := a.handedIn(r, in.Website, aRequest)
	if err != nil {
		return err
	}
	q, secret, err := a.o.Desk.Receive(r.Context(), in.Asked, "portal", time.Time{}, "")
	if err != nil {
		failed()
		return err
	}
	v, err := a.followed(r.Context(), q)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/requests/"+q.ID)
	return private(w, http.StatusCreated, struct {
		followAnswer
		Secret string `json:"secret"`
	}{*v, secret})
}

// followAnswer is what a requester sees of a request.
type followAnswer struct {
	ID       string         `json:"id"`
	Subject  string         `json:"subject"`
	Received string         `json:"received"`
	Regime   string         `json:"regime"`
	Rule     string         `json:"rule"`
	Article  string         `json:"article"`
	Act      law.Texts      `json:"act"`
	Last     deadline.Date  `json:"last"`
	Extended bool           `json:"extended"`
	Standing desk.Standing  `json:"standing"`
	Appeal   *deadline.Date `json:"appeal,omitzero"`
	Decided  *deadline.Date `json:"decided,omitzero"`
	Outcome  desk.Outcome   `json:"outcome,omitzero"`
	Letters  []letterLine   `json:"letters"` // that were sent
}

type letterLine struct {
	N    int            `json:"n"`
	Kind letter.Kind    `json:"kind"`
	Made string         `json:"made"`
	Sent *deadline.Date `json:"sent,omitzero"`
	How  string         `json:"how,omitzero"`
}

func (a *API) followed(ctx context.Context, q *desk.Request) (*followAnswer, error) {
	k, err := a.o.Desk.Reckoner(ctx)
	if err != nil {
		return nil, err
	}
	c, err := k.Clock(q, a.o.Now())
	if err != nil {
		return nil, err
	}
	v := &followAnswer{ID: q.ID, Subject: q.Subject, Received: q.Received.Format(time.RFC3339), Regime: q.Regime, Rule: c.Rule.ID, Article: c.Rule.Article, Act: c.Set.Name,
		Last: c.Last.Last, Extended: c.Extended, Standing: c.Standing, Appeal: c.Appeal, Letters: []letterLine{}}
	told := false
	for _, l := range q.Letters {
		if l.Sent != nil {
			v.Letters = append(v.Letters, lineOf(l))
			told = told || l.Kind == letter.Grant || l.Kind == letter.Partial || l.Kind == letter.Refusal
		}
	}
	// A decision is known to the requester from its letter on.
	if q.Decision != nil && told {
		v.Decided, v.Outcome = q.Decided, q.Decision.Outcome
	}
	return v, nil
}

func lineOf(l desk.Letter) letterLine {
	return letterLine{l.N, l.Kind, l.Made.Format(time.RFC3339), l.Sent, l.How}
}

func (a *API) follow(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	q, err := a.o.Desk.Follow(r.Context(), r.PathValue("id"), r.Header.Get(SecretHeader))
	if err != nil {
		return err
	}
	v, err := a.followed(r.Context(), q)
	if err != nil {
		return err
	}
	return private(w, http.StatusOK, v)
}

func (a *API) followLetter(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	q, err := a.o.Desk.Follow(r.Context(), r.PathValue("id"), r.Header.Get(SecretHeader))
	if err != nil {
		return err
	}
	n, err := number(r)
	if err != nil {
		return err
	}
	if n < 1 || n > len(q.Letters) || q.Letters[n-1].Sent == nil {
		return problem.New(problem.ResourceNotFound, "no letter %d was sent", n)
	}
	l, err := a.o.Desk.Letter(r.Context(), q, n)
	if err != nil {
		return err
	}
	return pdfOf(w, q.ID, n, l.PDF)
}

func (a *API) want(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		desk.Wanted
		Website string `json:"website"`
	}
	if err := body(r, &in); err != nil {
		return err
	}
	failed, err := a.handedIn(r, in.Website, aWish)
	if err != nil {
		return err
	}
	v, err := a.o.Desk.Want(r.Context(), in.Wanted)
	if err != nil {
		failed()
		return err
	}
	return private(w, http.StatusCreated, map[string]string{"id": v.ID})
}
