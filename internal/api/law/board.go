package law

import (
	"net/http"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/duty"
	book "github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

func (a *API) boardRoutes() []httpx.Route {
	asked := func() httpx.Description {
		return httpx.Description{Params: append(when(), httpx.Param{Name: "act", In: "query", Description: "Only the duties of this act, each by itself; an id that /api/law/acts lists.", Example: "hvd"}), Answers: answers("on", "columns", "rows", "timeline")}
	}
	return []httpx.Route{
		route(http.MethodGet, "/api/duties", access.Curate, "duties", "Where the organisation and each of its datasets stand with each act, and what becomes due when", a.board, asked),
		route(http.MethodGet, "/api/duties/organisation", access.Curate, "duties-organisation", "The duties of the organisation itself, whatever datasets it has", a.organisation, func() httpx.Description {
			return httpx.Description{Params: when(), Answers: answers("on", "duties", "facts")}
		}),
		route(http.MethodGet, "/api/duties/answers", access.Curate, "holder-answers", "The facts of the organisation, with who told them and when", a.holderAnswers, giving("facts")),
		route(http.MethodPatch, "/api/duties/answers", access.Curate, "holder-answer", "Tell facts of the organisation: they hold for all its datasets", a.answerHolder, taking(http.StatusNoContent, factsSchema())),
		route(http.MethodPost, "/api/duties/evidence", access.Curate, "holder-evidence-add", "Name what shows that a duty of the organisation is met", a.addEvidence, taking(http.StatusCreated, evidenceSchema())),
		route(http.MethodDelete, "/api/duties/evidence/{id}", access.Curate, "holder-evidence-end", "Take evidence back; it stays on record", a.endEvidence, nil),
	}
}

type columnAnswer struct {
	ID      string      `json:"id"` // of the act, or with act= of the rule
	Name    book.Texts  `json:"name"`
	Short   string      `json:"short"` // number of the act, or article
	Status  book.Status `json:"status"`
	Version string      `json:"version"`
}

// cellAnswer counts duties by where they stand; Worst is where to look.
type cellAnswer struct {
	Column string        `json:"column"`
	Worst  duty.Standing `json:"worst"`
	Unmet  int           `json:"unmet"`
	Asked  int           `json:"asked"`
	Met    int           `json:"met"`
	Maybe  int           `json:"maybe"`
	// ToCheck counts those among asked whose rule nobody checked with the
	// official text.
	ToCheck int `json:"toCheck,omitzero"`
	Actions int `json:"actions,omitzero"` // what beffroi can do
}

type rowAnswer struct {
	Slug  string          `json:"slug,omitzero"` // none is the organisation
	Title catalogue.Texts `json:"title,omitzero"`
	State string          `json:"state,omitzero"`
	Cells []cellAnswer    `json:"cells"` // those with a duty, in the order of columns
}

type eventAnswer struct {
	Date         deadline.Date     `json:"date"`
	Kind         duty.EventKind    `json:"kind"` // begins, ends, due
	Set          string            `json:"set"`
	Rule         string            `json:"rule"`
	Article      string            `json:"article"`
	Title        book.Texts        `json:"title"`
	Status       book.Status       `json:"status"`
	Verification book.Verification `json:"verification"`
	// Applies and Open are slugs; "" is the organisation.
	Applies []string `json:"applies"`
	Open    []string `json:"open"`
}

type boardAnswer struct {
	On       string          `json:"on"`
	Adopted  []string        `json:"adopted,omitzero"`
	Calendar *calendarAnswer `json:"calendar,omitzero"`
	Columns  []columnAnswer  `json:"columns"`
	Rows     []rowAnswer     `json:"rows"`
	Timeline []eventAnswer   `json:"timeline"`
}

func (a *API) board(w http.ResponseWriter, r *http.Request) error {
	c, q, err := a.asking(r, "act")
	if err != nil {
		return err
	}
	b, err := a.o.Duty.Board(r.Context(), c, q)
	if err != nil {
		return err
	}
	act := r.URL.Query().Get("act")
	if act != "" && b.Book.Set(act) == nil {
		return problem.New(problem.BadRequestData, "there is no act %.80q; /api/law/acts lists them", act)
	}
	out := boardAnswer{On: q.Date.String(), Adopted: q.IfAdopted, Columns: []columnAnswer{}, Rows: []rowAnswer{}, Timeline: []eventAnswer{}}
	if b.Calendar != nil {
		out.Calendar = &calendarAnswer{ID: b.Calendar.ID, Name: b.Calendar.Name, Verified: b.Calendar.Verified}
	}
	used := map[string]bool{}
	for _, st := range b.Rows {
		out.Rows = append(out.Rows, rowOf(st, act, used))
	}
	out.Columns = columnsOf(b.Book, act, used)
	for _, e := range b.Timeline {
		if act == "" || e.Set.ID == act {
			out.Timeline = append(out.Timeline, eventAnswer{Date: e.Date, Kind: e.Kind, Set: e.Set.ID, Rule: e.Rule.ID, Article: e.Rule.Article, Title: e.Rule.Title, Status: e.Set.Status, Verification: e.Rule.Verification, Applies: some(e.Applies), Open: some(e.Open)})
		}
	}
	return a.write(w, out)
}

func some(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

// rowOf counts the duties of a state by act, or by rule of one act.
func rowOf(st *duty.State, act string, used map[string]bool) rowAnswer {
	out := rowAnswer{Cells: []cellAnswer{}}
	if st.Dataset != nil {
		out.Slug, out.Title, out.State = st.Dataset.Slug, st.Dataset.Title, st.Dataset.State.String()
	}
	for i := range st.Duties {
		d := &st.Duties[i]
		column := d.Set.ID
		if act != "" {
			if d.Set.ID != act {
				continue
			}
			column = d.Rule.ID
		}
		used[column] = true
		// Duties come in the order of sets and rules.
		if n := len(out.Cells); n == 0 || out.Cells[n-1].Column != column {
			out.Cells = append(out.Cells, cellAnswer{Column: column})
		}
		count(&out.Cells[len(out.Cells)-1], d)
	}
	for i := range out.Cells {
		out.Cells[i].Worst = worst(&out.Cells[i])
	}
	return out
}

func count(c *cellAnswer, d *duty.Duty) {
	switch d.Standing {
	case duty.Unmet:
		c.Unmet++
	case duty.Asked:
		c.Asked++
		if d.Rule.Verification == book.Unverified {
			c.ToCheck++
		}
	case duty.Met:
		c.Met++
	case duty.Maybe:
		c.Maybe++
	}
	c.Actions += len(d.Actions)
}

func worst(c *cellAnswer) duty.Standing {
	switch {
	case c.Unmet > 0:
		return duty.Unmet
	case c.Asked > 0:
		return duty.Asked
	case c.Maybe > 0:
		return duty.Maybe
	}
	return duty.Met
}

// columnsOf lists the acts, or rules, that some row has, in the book's order.
func columnsOf(b *book.Book, act string, used map[string]bool) []columnAnswer {
	out := []columnAnswer{}
	for _, s := range b.Sets {
		if act == "" {
			if used[s.ID] {
				out = append(out, columnAnswer{ID: s.ID, Name: s.Name, Short: s.Act, Status: s.Status, Version: s.Version})
			}
			continue
		}
		for _, r := range s.Rules {
			if used[r.ID] {
				out = append(out, columnAnswer{ID: r.ID, Name: r.Title, Short: r.Article, Status: s.Status, Version: s.Version})
			}
		}
	}
	return out
}

func (a *API) organisation(w http.ResponseWriter, r *http.Request) error {
	c, q, err := a.asking(r)
	if err != nil {
		return err
	}
	st, err := a.o.Duty.Organisation(r.Context(), c, q)
	if err != nil {
		return err
	}
	out, err := a.stateOf(st, q, true)
	if err != nil {
		return err
	}
	return a.write(w, out)
}

func (a *API) holderAnswers(w http.ResponseWriter, r *http.Request) error {
	c, err := a.plain(r)
	if err != nil {
		return err
	}
	got, err := a.o.Duty.Holder(r.Context(), c)
	if err != nil {
		return err
	}
	return a.write(w, toldOf(got))
}

func (a *API) answerHolder(w http.ResponseWriter, r *http.Request) error {
	var in factsIn
	c, err := a.taken(r, &in)
	if err != nil {
		return err
	}
	if err := a.o.Duty.TellHolder(r.Context(), c, in.Facts); err != nil {
		return err
	}
	return httpx.NoContent(w)
}
