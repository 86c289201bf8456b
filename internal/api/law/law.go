// Package law answers over HTTP which rules the law book holds and which duties
// follow from facts: today, on a date, or if a proposal were adopted; for one
// dataset and for the whole organisation. It takes answers, evidence, the
// record of processing and rule sets. What it says comes from govern/law and
// govern/duty; what nobody knows stays open.
package law

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/duty"
	book "github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// Options are the settings of an API.
type Options struct {
	Duty      *duty.Service
	Calendars map[string]*deadline.Calendar // by ID, such as "FR"
	Call      func(r *http.Request) (broker.Call, error)
	Now       func() time.Time
	// City gives the name of the city, for the titles of reports.
	City func(ctx context.Context) (string, error)
	// Ways lists the ways to have a dataset.
	Ways func(base string, d *catalogue.Dataset) []duty.Way
}

// API answers. Use New.
type API struct{ o Options }

// New makes an API.
func New(o Options) *API { return &API{o} }

// maxQuestion bounds a body of facts in bytes: all facts there are fit many
// times.
const maxQuestion = 64 << 10

// Routes gives the addresses. Readers ask, stewards answer, administrators
// change the law book: nothing here has to be open to everybody yet, and each
// question costs some milliseconds of work.
func (a *API) Routes() []httpx.Route {
	return slices.Concat(a.bookRoutes(), a.datasetRoutes(), a.boardRoutes(), a.reportRoutes(), a.processingRoutes(), a.importRoutes())
}

func (a *API) bookRoutes() []httpx.Route {
	return []httpx.Route{
		{Method: http.MethodGet, Pattern: "/api/law/acts", Rule: access.Read, Name: "law-acts", Group: "Law", Handle: a.acts,
			Summary:  "The acts and proposals in the law book, how far each was checked, and the facts that rules ask about",
			Describe: func() httpx.Description { return httpx.Description{Answers: answers("acts", "facts", "calendars")} }},
		{Method: http.MethodGet, Pattern: "/api/law/rules", Rule: access.Read, Name: "law-rules", Group: "Law", Handle: a.rules,
			Summary:  "The rules that hold on a date, or would if proposals were adopted",
			Describe: func() httpx.Description { return httpx.Description{Params: when(), Answers: answers("on", "rules")} }},
		{Method: http.MethodPost, Pattern: "/api/law/evaluate", Rule: access.Read, Name: "law-evaluate", Group: "Law", MaxBody: maxQuestion, Handle: a.evaluate,
			Summary: "Which duties follow from facts; open ones name the facts that would decide",
			Describe: func() httpx.Description {
				return httpx.Description{Body: []httpx.Media{{Type: httpx.TypeJSON, Schema: questionSchema()}}, Answers: answers("on", "duties")}
			}},
	}
}

func when() []httpx.Param {
	return []httpx.Param{
		{Name: "on", In: "query", Description: "The day on which the law is to be applied, YYYY-MM-DD; today if it is left out.", Example: "2027-12-02", Schema: httpx.Schema{"type": "string", "format": "date"}},
		{Name: "adopted", In: "query", Description: "Proposals to be taken as law: ids of pending acts, separated by commas.", Example: "omnibus-data"},
	}
}

func answers(members ...string) []httpx.Answer {
	properties := httpx.Schema{}
	for _, m := range members {
		properties[m] = httpx.Schema{"type": "array", "items": httpx.Schema{"type": "object"}}
		switch m {
		case "on":
			properties[m] = httpx.Schema{"type": "string", "format": "date"}
		case "facts":
			properties[m] = httpx.Schema{"type": []string{"array", "object"}}
		}
	}
	return []httpx.Answer{{Status: http.StatusOK, Description: "The answer.", Body: []httpx.Media{{Type: httpx.TypeJSON, Schema: httpx.Schema{"type": "object", "required": members, "properties": properties}}}}}
}

func questionSchema() httpx.Schema {
	text := httpx.Schema{"type": "string"}
	return httpx.Schema{"type": "object", "required": []string{"facts"}, "properties": httpx.Schema{
		"facts":    httpx.Schema{"type": "object", "description": "What is known, by the names that /api/law/acts lists; null is not known."},
		"on":       httpx.Schema{"type": "string", "format": "date"},
		"adopted":  httpx.Schema{"type": "array", "items": text},
		"calendar": httpx.Schema{"type": "string", "description": "Whose working days count; that of holder.country if it is left out."},
	}}
}

// question reads on and adopted of the query string, which may have more.
func (a *API) question(r *http.Request, more ...string) (book.Question, error) {
	p, err := httpx.Params(r)
	if err != nil {
		return book.Question{}, err
	}
	if err := httpx.OnlyParams(p, append(more, "on", "adopted")...); err != nil {
		return book.Question{}, err
	}
	q := book.Question{}
	if s := p.Get("adopted"); s != "" {
		q.IfAdopted = strings.Split(s, ",")
	}
	q.Date, err = a.day(p.Get("on"), "")
	return q, err
}

// day reads a date; "" is today where a calendar is of, whatever the zone of the
// clock. Without such a calendar it is the first one's.
func (a *API) day(s, calendar string) (deadline.Date, error) {
	if s != "" {
		return deadline.ParseDate(s)
	}
	now := a.o.Now()
	c := a.o.Calendars[calendar]
	if ids := slices.Sorted(maps.Keys(a.o.Calendars)); c == nil && len(ids) > 0 {
		c = a.o.Calendars[ids[0]]
	}
	if c != nil {
		now = now.In(c.Zone)
	}
	return deadline.DateOf(now), nil
}

func (a *API) acts(w http.ResponseWriter, r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	if err := httpx.OnlyParams(p); err != nil {
		return err
	}
	b, err := a.o.Duty.Book(r.Context())
	if err != nil {
		return err
	}
	return a.write(w, actsOf(b, a.o.Calendars))
}

func (a *API) rules(w http.ResponseWriter, r *http.Request) error {
	q, err := a.question(r)
	if err != nil {
		return err
	}
	// Without facts every rule in force is found, whatever it asks for.
	b, err := a.o.Duty.Book(r.Context())
	if err != nil {
		return err
	}
	found, err := b.Apply(q, true)
	if err != nil {
		return err
	}
	out := rulesAnswer{On: q.Date.String(), Adopted: q.IfAdopted, Rules: []ruleAnswer{}}
	for _, f := range found {
		out.Rules = append(out.Rules, ruleOf(f.Set, f.Rule))
	}
	return a.write(w, out)
}

// asked is the body of a question.
type asked struct {
	Facts    map[string]any `json:"facts"`
	On       string         `json:"on"`
	Adopted  []string       `json:"adopted"`
	Calendar string         `json:"calendar"`
}

func (a *API) evaluate(w http.ResponseWriter, r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	if err := httpx.OnlyParams(p); err != nil {
		return err
	}
	var in asked
	if err := httpx.ReadJSON(r, &in); err != nil {
		return err
	}
	if in.Calendar != "" && a.o.Calendars[in.Calendar] == nil {
		return problem.New(problem.BadRequestData, "there is no calendar %.40q; /api/law/acts lists them", in.Calendar)
	}
	q := book.Question{IfAdopted: in.Adopted}
	country, _ := in.Facts["holder.country"].(string)
	if q.Date, err = a.day(in.On, cmp.Or(in.Calendar, country)); err != nil {
		return err
	}
	b, err := a.o.Duty.Book(r.Context())
	if err != nil {
		return err
	}
	if q.Facts, err = b.ReadFacts(in.Facts); err != nil {
		return err
	}
	out, err := a.duties(r.Context(), q, in.Calendar)
	if err != nil {
		return err
	}
	return a.write(w, out)
}

// duties applies the book, with the working days of a calendar.
func (a *API) duties(ctx context.Context, q book.Question, calendar string) (*dutiesAnswer, error) {
	b, err := a.o.Duty.Book(ctx)
	if err != nil {
		return nil, err
	}
	found, err := b.Apply(q, false)
	if err != nil {
		return nil, err
	}
	if country, ok := q.Facts["holder.country"].(string); ok && calendar == "" {
		calendar = country
	}
	c := a.o.Calendars[calendar] // nil: no last days are given
	out := &dutiesAnswer{On: q.Date.String(), Adopted: q.IfAdopted, Duties: []dutyAnswer{}}
	if c != nil {
		out.Calendar = &calendarAnswer{ID: c.ID, Name: c.Name, Verified: c.Verified}
	}
	for _, f := range found {
		d, err := a.dutyOf(f, q.Facts, c)
		if err != nil {
			return nil, err
		}
		out.Duties = append(out.Duties, d)
	}
	return out, nil
}

func (a *API) write(w http.ResponseWriter, v any) error {
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, v)
}
