package law

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/duty"
	"github.com/beffroi/beffroi/internal/problem"
)

func route(method, pattern string, rule access.Rule, name, summary string, h httpx.Handler, describe func() httpx.Description) httpx.Route {
	return httpx.Route{Method: method, Pattern: pattern, Rule: rule, Name: name, Summary: summary, Group: "Law", MaxBody: maxQuestion, Handle: h, Describe: describe}
}

// taking describes a body with members.
func taking(status int, members httpx.Schema) func() httpx.Description {
	return func() httpx.Description {
		return httpx.Description{Body: []httpx.Media{{Type: httpx.TypeJSON, Schema: httpx.Schema{"type": "object", "properties": members}}}, Answers: []httpx.Answer{{Status: status, Description: "Done."}}}
	}
}

func giving(members ...string) func() httpx.Description {
	return func() httpx.Description { return httpx.Description{Answers: answers(members...)} }
}

func textSchema() httpx.Schema { return httpx.Schema{"type": "string"} }

func factsSchema() httpx.Schema {
	return httpx.Schema{"facts": httpx.Schema{"type": "object", "description": "By the names that /api/law/acts lists; null takes one back, what is left out stays."}}
}

func evidenceSchema() httpx.Schema {
	return httpx.Schema{"rule": textSchema(), "url": textSchema(), "note": textSchema()}
}

func (a *API) datasetRoutes() []httpx.Route {
	asked := func() httpx.Description {
		return httpx.Description{Params: when(), Answers: answers("on", "duties", "facts")}
	}
	return []httpx.Route{
		route(http.MethodGet, "/api/datasets/{slug}/duties", access.Read, "dataset-duties", "Which duties follow from what is known of a dataset, met by what, and whose turn it is", a.datasetDuties, asked),
		route(http.MethodGet, "/api/datasets/{slug}/answers", access.Curate, "dataset-answers", "The facts that people told of a dataset, with who and when", a.datasetAnswers, giving("facts")),
		route(http.MethodPatch, "/api/datasets/{slug}/answers", access.Curate, "dataset-answer", "Tell facts of a dataset", a.answerDataset, taking(http.StatusNoContent, factsSchema())),
		route(http.MethodPost, "/api/datasets/{slug}/evidence", access.Curate, "dataset-evidence-add", "Name what shows that a duty of a dataset is met: a link or a note", a.addEvidence, taking(http.StatusCreated, evidenceSchema())),
		route(http.MethodDelete, "/api/datasets/{slug}/evidence/{id}", access.Curate, "dataset-evidence-end", "Take evidence back; it stays on record", a.endEvidence, nil),
		route(http.MethodPost, "/api/datasets/{slug}/actions", access.Curate, "dataset-action", "Let beffroi do what it offers towards a duty", a.act, taking(http.StatusNoContent, httpx.Schema{"rule": textSchema(), "action": textSchema()})),
		route(http.MethodGet, "/api/datasets/{slug}/assessments", access.Curate, "dataset-assessments", "The signed assessments of a dataset, the first one first", a.assessments, giving("assessments")),
		route(http.MethodPost, "/api/datasets/{slug}/assessments", access.Curate, "dataset-assess", "Sign how the duties of a dataset stand now; it is never changed", a.sign, taking(http.StatusCreated, httpx.Schema{"on": textSchema(), "adopted": httpx.Schema{"type": "array", "items": textSchema()}, "note": textSchema()})),
	}
}

// plain reads a request without parameters: on whose behalf it is.
func (a *API) plain(r *http.Request) (broker.Call, error) {
	p, err := httpx.Params(r)
	if err != nil {
		return broker.Call{}, err
	}
	if err := httpx.OnlyParams(p); err != nil {
		return broker.Call{}, err
	}
	return a.o.Call(r)
}

// asking reads the question of a request with its call.
func (a *API) asking(r *http.Request, more ...string) (broker.Call, duty.Asking, error) {
	q, err := a.question(r, more...)
	if err != nil {
		return broker.Call{}, duty.Asking{}, err
	}
	c, err := a.o.Call(r)
	return c, duty.Asking{Date: q.Date, IfAdopted: q.IfAdopted}, err
}

func (a *API) datasetDuties(w http.ResponseWriter, r *http.Request) error {
	c, q, err := a.asking(r)
	if err != nil {
		return err
	}
	st, err := a.o.Duty.Dataset(r.Context(), c, r.PathValue("slug"), q)
	if err != nil {
		return err
	}
	curates := access.From(r.Context()).May(access.Curate)
	if !curates {
		switch st.Dataset.State {
		case catalogue.Withdrawn:
			return problem.New(problem.Gone, "the dataset %q was published and has been withdrawn", st.Dataset.Slug)
		case catalogue.Draft:
			return problem.New(problem.ResourceNotFound, "there is no dataset %.80q", st.Dataset.Slug)
		}
	}
	out, err := a.stateOf(st, q, curates)
	if err != nil {
		return err
	}
	return a.write(w, out)
}

// stateOf writes a state; the names of people are for stewards.
func (a *API) stateOf(st *duty.State, q duty.Asking, curates bool) (*dutiesAnswer, error) {
	out := &dutiesAnswer{On: q.Date.String(), Adopted: q.IfAdopted, Facts: st.Known.Facts, Sources: st.Known.Sources, Against: st.Known.Against, Duties: []dutyAnswer{}}
	country, _ := st.Known.Facts["holder.country"].(string)
	c := a.o.Calendars[country] // nil: no last days are given
	if c != nil {
		out.Calendar = &calendarAnswer{ID: c.ID, Name: c.Name, Verified: c.Verified}
	}
	for i := range st.Duties {
		d := &st.Duties[i]
		got, err := a.dutyOf(d.Finding, st.Known.Facts, c)
		if err != nil {
			return nil, err
		}
		got.Standing, got.Actor = d.Standing, d.Actor
		for _, x := range d.Actions {
			got.Actions = append(got.Actions, actionAnswer(x))
		}
		if curates {
			for _, e := range d.Evidence {
				got.Proof = append(got.Proof, evidenceOf(e))
			}
		}
		out.Duties = append(out.Duties, got)
	}
	return out, nil
}

type toldAnswer struct {
	Name  string    `json:"name"`
	Value any       `json:"value"`
	By    string    `json:"by"`
	At    time.Time `json:"at"`
}

func toldOf(answers duty.Answers) map[string]any {
	out := []toldAnswer{}
	for _, name := range slices.Sorted(maps.Keys(answers)) {
		t := answers[name]
		out = append(out, toldAnswer{name, t.Value, t.By, t.At})
	}
	return map[string]any{"facts": out}
}

func (a *API) datasetAnswers(w http.ResponseWriter, r *http.Request) error {
	c, err := a.plain(r)
	if err != nil {
		return err
	}
	got, err := a.o.Duty.Answers(r.Context(), c, r.PathValue("slug"))
	if err != nil {
		return err
	}
	return a.write(w, toldOf(got))
}

type factsIn struct {
	Facts map[string]any `json:"facts"`
}

func (a *API) answerDataset(w http.ResponseWriter, r *http.Request) error {
	var in factsIn
	c, err := a.taken(r, &in)
	if err != nil {
		return err
	}
	if err := a.o.Duty.TellDataset(r.Context(), c, r.PathValue("slug"), in.Facts); err != nil {
		return err
	}
	return httpx.NoContent(w)
}

// taken reads a body of JSON into v.
func (a *API) taken(r *http.Request, v any) (broker.Call, error) {
	c, err := a.plain(r)
	if err != nil {
		return c, err
	}
	return c, httpx.ReadJSON(r, v)
}

type evidenceIn struct {
	Rule string `json:"rule"`
	URL  string `json:"url"`
	Note string `json:"note"`
}

// addEvidence serves a dataset, and without a slug the organisation.
func (a *API) addEvidence(w http.ResponseWriter, r *http.Request) error {
	var in evidenceIn
	c, err := a.taken(r, &in)
	if err != nil {
		return err
	}
	e, err := a.o.Duty.AddEvidence(r.Context(), c, r.PathValue("slug"), in.Rule, in.URL, in.Note)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusCreated, evidenceOf(*e))
}

func (a *API) endEvidence(w http.ResponseWriter, r *http.Request) error {
	c, err := a.plain(r)
	if err != nil {
		return err
	}
	if err := a.o.Duty.EndEvidence(r.Context(), c, r.PathValue("slug"), r.PathValue("id")); err != nil {
		return err
	}
	return httpx.NoContent(w)
}

func (a *API) act(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Rule   string `json:"rule"`
		Action string `json:"action"`
	}
	c, err := a.taken(r, &in)
	if err != nil {
		return err
	}
	today, err := a.day("", "")
	if err != nil {
		return err
	}
	if err := a.o.Duty.Do(r.Context(), c, r.PathValue("slug"), in.Rule, in.Action, duty.Asking{Date: today}); err != nil {
		return err
	}
	return httpx.NoContent(w)
}

type assessmentAnswer struct {
	Number   int                    `json:"number"`
	On       string                 `json:"on"`
	Adopted  []string               `json:"adopted,omitzero"`
	Versions map[string]string      `json:"versions"`
	Facts    map[string]any         `json:"facts"`
	Sources  map[string]duty.Source `json:"sources"`
	Duties   []assessedAnswer       `json:"duties"`
	Note     string                 `json:"note,omitzero"`
	By       string                 `json:"by"`
	At       time.Time              `json:"at"`
}

type assessedAnswer struct {
	Rule     string           `json:"rule"`
	Set      string           `json:"set"`
	Article  string           `json:"article"`
	Standing duty.Standing    `json:"standing"`
	Missing  []string         `json:"missing,omitzero"`
	Evidence []evidenceAnswer `json:"evidence,omitzero"`
}

func assessmentOf(s *duty.Assessment) assessmentAnswer {
	out := assessmentAnswer{Number: s.Number, On: s.On, Adopted: s.Adopted, Versions: s.Versions, Facts: s.Facts, Sources: s.Sources, Duties: []assessedAnswer{}, Note: s.Note, By: s.By, At: s.At}
	for _, d := range s.Duties {
		one := assessedAnswer{Rule: d.Rule, Set: d.Set, Article: d.Article, Standing: d.Standing, Missing: d.Missing}
		for _, e := range d.Evidence {
			one.Evidence = append(one.Evidence, evidenceOf(e))
		}
		out.Duties = append(out.Duties, one)
	}
	return out
}

func (a *API) assessments(w http.ResponseWriter, r *http.Request) error {
	c, err := a.plain(r)
	if err != nil {
		return err
	}
	all, err := a.o.Duty.Assessments(r.Context(), c, r.PathValue("slug"))
	if err != nil {
		return err
	}
	out := []assessmentAnswer{}
	for _, s := range all {
		out = append(out, assessmentOf(s))
	}
	return a.write(w, map[string]any{"assessments": out})
}

func (a *API) sign(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		On      string   `json:"on"`
		Adopted []string `json:"adopted"`
		Note    string   `json:"note"`
	}
	c, err := a.taken(r, &in)
	if err != nil {
		return err
	}
	day, err := a.day(in.On, "")
	if err != nil {
		return err
	}
	s, err := a.o.Duty.Sign(r.Context(), c, r.PathValue("slug"), duty.Asking{Date: day, IfAdopted: in.Adopted}, in.Note)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusCreated, assessmentOf(s))
}
