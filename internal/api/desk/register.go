package desk

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"

	"github.com/beffroi/beffroi/internal/api/httpx"
	table "github.com/beffroi/beffroi/internal/format/csv"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/desk"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// register answers with what everybody may see: all of v under name as JSON,
// or the rows as CSV.
func register[T any](w http.ResponseWriter, r *http.Request, name string, v []T, head []string, row func(T) []string) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	if err := httpx.OnlyParams(p, "format"); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	switch p.Get("format") {
	case "", "json":
		if v == nil {
			v = []T{}
		}
		return httpx.WriteJSON(w, http.StatusOK, map[string]any{name: v})
	case "csv":
		var b bytes.Buffer
		out := csv.NewWriter(&b)
		out.UseCRLF = true // RFC 4180
		rows := [][]string{head}
		for _, x := range v {
			cells := row(x)
			for i := range cells {
				cells[i] = table.Safe(cells[i])
			}
			rows = append(rows, cells)
		}
		if err := out.WriteAll(rows); err != nil {
			return fmt.Errorf("write the register as CSV: %w", err)
		}
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
		return httpx.WriteBody(w, http.StatusOK, "text/csv; charset=utf-8; header=present", b.Bytes())
	}
	return problem.New(problem.BadRequestData, "a register is given as json or csv, not as %.40q", p.Get("format"))
}

func euros(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

type decisionAnswer struct {
	*desk.Decision
	Article string               `json:"article"`
	Act     law.Texts            `json:"act"`
	Says    map[string]law.Texts `json:"says,omitzero"` // names of the grounds
}

func (a *API) decisions(w http.ResponseWriter, r *http.Request) error {
	k, err := a.o.Desk.Reckoner(r.Context())
	if err != nil {
		return err
	}
	all, err := a.o.Desk.Decisions(r.Context())
	if err != nil {
		return err
	}
	var out []decisionAnswer
	for _, d := range all {
		v := decisionAnswer{Decision: d}
		if set, rule := k.Book.Rule(d.Rule); rule != nil {
			v.Article, v.Act = rule.Article, set.Name
		}
		for _, g := range k.Terms.Grounds {
			for _, id := range d.Grounds {
				if g.ID == id {
					if v.Says == nil {
						v.Says = map[string]law.Texts{}
					}
					v.Says[id] = g.Name
				}
			}
		}
		out = append(out, v)
	}
	head := []string{"id", "received", "decided", "due", "outcome", "grounds", "regime", "rule", "article", "dataset", "summary", "language", "fee_eur"}
	return register(w, r, "decisions", out, head, func(d decisionAnswer) []string {
		fee := ""
		if d.Fee != nil {
			fee = euros(d.Fee.Cents)
		}
		return []string{d.ID, d.Received.String(), d.Decided.String(), d.Due.String(), string(d.Outcome), strings.Join(d.Grounds, " "), d.Regime, d.Rule, d.Article, d.Dataset, d.Summary, d.Lang, fee}
	})
}

type arrangementAnswer struct {
	*desk.Arrangement
	Alarms []desk.Alarm `json:"alarms"`
	Over   bool         `json:"over"` // it has ended
}

func (a *API) arrangementsNow(r *http.Request) ([]arrangementAnswer, error) {
	all, err := a.o.Desk.Arrangements(r.Context())
	if err != nil {
		return nil, err
	}
	var out []arrangementAnswer
	for _, x := range all {
		alarms, err := a.o.Desk.Alarms(x)
		if err != nil {
			return nil, err
		}
		if alarms == nil {
			alarms = []desk.Alarm{}
		}
		out = append(out, arrangementAnswer{x, alarms, x.Ended != nil || x.Until < a.o.Desk.Today()})
	}
	return out, nil
}

func (a *API) arrangements(w http.ResponseWriter, r *http.Request) error {
	out, err := a.arrangementsNow(r)
	if err != nil {
		return err
	}
	head := []string{"id", "law", "holder", "from", "until", "ended", "published", "reviews", "dataset", "data_fr", "data_nl", "data_en", "reason_fr", "reason_nl", "reason_en"}
	return register(w, r, "arrangements", out, head, func(x arrangementAnswer) []string {
		ended, reviews := "", []string{}
		if x.Ended != nil {
			ended = x.Ended.String()
		}
		for _, d := range x.Reviews {
			reviews = append(reviews, d.String())
		}
		return []string{x.ID, x.Law, x.Holder, x.From.String(), x.Until.String(), ended, x.PublishedOn.String(), strings.Join(reviews, " "), x.Dataset,
			x.Data["fr"], x.Data["nl"], x.Data["en"], x.Reason["fr"], x.Reason["nl"], x.Reason["en"]}
	})
}

type scheduleAnswer struct {
	*desk.Schedule
	InForce    bool                 `json:"inForce"`
	Categories map[string]law.Texts `json:"categories"`
}

// feeRow is one price of one version.
type feeRow struct {
	*desk.Schedule
	desk.Price
}

func (a *API) fees(w http.ResponseWriter, r *http.Request) error {
	all, err := a.o.Desk.Schedules(r.Context())
	if err != nil {
		return err
	}
	if r.URL.Query().Get("format") == "csv" {
		var rows []feeRow
		for _, f := range all {
			for _, p := range f.Prices {
				rows = append(rows, feeRow{f, p})
			}
		}
		head := []string{"version", "from", "price", "category", "eur", "name_fr", "name_nl", "name_en", "unit_fr", "unit_nl", "unit_en", "basis_fr", "basis_nl", "basis_en"}
		return register(w, r, "fees", rows, head, func(x feeRow) []string {
			return []string{x.Version, x.From.String(), x.ID, x.Category, euros(x.Cents), x.Name["fr"], x.Name["nl"], x.Name["en"], x.Unit["fr"], x.Unit["nl"], x.Unit["en"], x.Basis["fr"], x.Basis["nl"], x.Basis["en"]}
		})
	}
	now, names := desk.InForce(all, a.o.Desk.Today()), map[string]law.Texts{}
	for _, c := range a.o.Desk.Terms().Costs {
		names[c.ID] = c.Name
	}
	var out []scheduleAnswer
	for _, f := range all {
		out = append(out, scheduleAnswer{f, f == now, names})
	}
	return register(w, r, "fees", out, nil, nil)
}

func (a *API) board(w http.ResponseWriter, r *http.Request) error {
	all, err := a.o.Desk.Board(r.Context())
	if err != nil {
		return err
	}
	head := []string{"id", "asked", "state", "title", "text", "answer", "dataset", "language"}
	return register(w, r, "wanted", all, head, func(x *desk.Wish) []string {
		return []string{x.ID, x.Asked.String(), string(x.State), x.Title, x.Text, x.Answer, x.Dataset, x.Lang}
	})
}

func (a *API) arrange(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Law     string        `json:"law"`
		Dataset string        `json:"dataset"`
		Data    law.Texts     `json:"data"`
		Holder  string        `json:"holder"`
		Reason  law.Texts     `json:"reason"`
		From    deadline.Date `json:"from"`
		Until   deadline.Date `json:"until"`
	}
	if err := body(r, &in); err != nil {
		return err
	}
	v, err := a.o.Desk.Arrange(r.Context(), desk.Arrangement{Law: in.Law, Dataset: in.Dataset, Data: in.Data, Holder: in.Holder, Reason: in.Reason, From: in.From, Until: in.Until})
	if err != nil {
		return err
	}
	return private(w, http.StatusCreated, v)
}

func (a *API) review(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		End bool `json:"end"`
	}
	if err := body(r, &in); err != nil {
		return err
	}
	v, err := a.o.Desk.Review(r.Context(), r.PathValue("id"), in.End)
	if err != nil {
		return err
	}
	return private(w, http.StatusOK, v)
}

func (a *API) publishFees(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		From       string           `json:"from"`
		Method     law.Texts        `json:"method"`
		Prices     []desk.Price     `json:"prices"`
		Reductions []desk.Reduction `json:"reductions"`
	}
	if err := body(r, &in); err != nil {
		return err
	}
	from, err := a.dayOr(in.From)
	if err != nil {
		return err
	}
	v, err := a.o.Desk.Publish(r.Context(), desk.Schedule{From: from, Method: in.Method, Prices: in.Prices, Reductions: in.Reductions})
	if err != nil {
		return err
	}
	return private(w, http.StatusCreated, v)
}

func (a *API) wishes(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	all, err := a.o.Desk.Wishes(r.Context())
	if err != nil {
		return err
	}
	if all == nil {
		all = []*desk.Wished{}
	}
	return private(w, http.StatusOK, map[string]any{"wanted": all})
}

func (a *API) reply(w http.ResponseWriter, r *http.Request) error {
	var in desk.Reply
	if err := body(r, &in); err != nil {
		return err
	}
	// Hiding a wish erases its words, and that is not left half done.
	v, err := a.o.Desk.Reply(context.WithoutCancel(r.Context()), r.PathValue("id"), in)
	if err != nil {
		return err
	}
	return private(w, http.StatusOK, v)
}

func (a *API) forget(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	if err := a.o.Desk.ForgetWish(context.WithoutCancel(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return httpx.NoContent(w)
}
