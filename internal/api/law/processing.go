package law

import (
	"net/http"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/govern/duty"
)

func (a *API) processingRoutes() []httpx.Route {
	lists := httpx.Schema{"type": "array", "items": textSchema()}
	party := httpx.Schema{"type": "object", "properties": httpx.Schema{"name": textSchema(), "contact": textSchema()}}
	body := httpx.Schema{"name": textSchema(), "role": httpx.Schema{"enum": []string{"controller", "processor"}}, "controller": party, "joint": httpx.Schema{"type": "array", "items": party}, "representative": party, "officer": party,
		"purposes": lists, "basis": textSchema(), "subjects": lists, "data": lists, "recipients": lists, "transfers": httpx.Schema{"type": "array", "items": httpx.Schema{"type": "object", "properties": httpx.Schema{"to": textSchema(), "safeguard": textSchema()}}},
		"retention": textSchema(), "measures": textSchema(), "customers": httpx.Schema{"type": "array", "items": party}, "work": lists, "datasets": lists, "ended": httpx.Schema{"type": "boolean"}}
	return []httpx.Route{
		route(http.MethodGet, "/api/processing", access.Curate, "processing", "The record of processing activities (GDPR, Art. 30), with what each lacks", a.activities, giving("activities")),
		route(http.MethodGet, "/api/processing/{id}", access.Curate, "processing-one", "A processing activity", a.activity, nil),
		route(http.MethodPut, "/api/processing/{id}", access.Curate, "processing-put", "Record a processing activity, or change one", a.putActivity, taking(http.StatusNoContent, body)),
	}
}

type partyJSON struct {
	Name    string `json:"name,omitzero"`
	Contact string `json:"contact,omitzero"`
}

type transferJSON struct {
	To        string `json:"to"`
	Safeguard string `json:"safeguard,omitzero"`
}

// activityJSON is an activity, in and out.
type activityJSON struct {
	Name           string         `json:"name"`
	Role           string         `json:"role"`
	Controller     partyJSON      `json:"controller"`
	Joint          []partyJSON    `json:"joint,omitzero"`
	Representative partyJSON      `json:"representative,omitzero"`
	Officer        partyJSON      `json:"officer"`
	Purposes       []string       `json:"purposes,omitzero"`
	Basis          string         `json:"basis,omitzero"`
	Subjects       []string       `json:"subjects,omitzero"`
	Data           []string       `json:"data,omitzero"`
	Recipients     []string       `json:"recipients,omitzero"`
	Transfers      []transferJSON `json:"transfers,omitzero"`
	Retention      string         `json:"retention,omitzero"`
	Measures       string         `json:"measures,omitzero"`
	Customers      []partyJSON    `json:"customers,omitzero"`
	Work           []string       `json:"work,omitzero"`
	Datasets       []string       `json:"datasets,omitzero"`
	Ended          bool           `json:"ended,omitzero"`
}

type activityAnswer struct {
	ID string `json:"id"`
	activityJSON
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Lacks []string  `json:"lacks,omitzero"` // what Art. 30 asks for
	Hopes []string  `json:"hopes,omitzero"` // what it asks for where possible
}

func parties[A, B ~struct {
	Name    string `json:"name,omitzero"`
	Contact string `json:"contact,omitzero"`
}](in []A) []B {
	var out []B
	for _, p := range in {
		out = append(out, B(p))
	}
	return out
}

func activityOf(a *duty.Activity) activityAnswer {
	out := activityAnswer{ID: a.ID, By: a.By, At: a.At, Lacks: a.Lacks(), Hopes: a.Hopes(), activityJSON: activityJSON{Name: a.Name, Role: a.Role, Controller: partyJSON(a.Controller), Joint: parties[duty.Party, partyJSON](a.Joint), Representative: partyJSON(a.Representative), Officer: partyJSON(a.Officer),
		Purposes: a.Purposes, Basis: a.Basis, Subjects: a.Subjects, Data: a.Data, Recipients: a.Recipients, Retention: a.Retention, Measures: a.Measures, Customers: parties[duty.Party, partyJSON](a.Customers), Work: a.Work, Ended: a.Ended}}
	for _, t := range a.Transfers {
		out.Transfers = append(out.Transfers, transferJSON(t))
	}
	for _, d := range a.Datasets {
		out.Datasets = append(out.Datasets, string(d))
	}
	return out
}

func (a *API) activities(w http.ResponseWriter, r *http.Request) error {
	c, err := a.plain(r)
	if err != nil {
		return err
	}
	all, err := a.o.Duty.Activities(r.Context(), c)
	if err != nil {
		return err
	}
	out := []activityAnswer{}
	for _, x := range all {
		out = append(out, activityOf(x))
	}
	return a.write(w, map[string]any{"activities": out})
}

func (a *API) activity(w http.ResponseWriter, r *http.Request) error {
	c, err := a.plain(r)
	if err != nil {
		return err
	}
	x, err := a.o.Duty.Activity(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return a.write(w, activityOf(x))
}

func (a *API) putActivity(w http.ResponseWriter, r *http.Request) error {
	var in activityJSON
	c, err := a.taken(r, &in)
	if err != nil {
		return err
	}
	x := duty.Activity{ID: r.PathValue("id"), Name: in.Name, Role: in.Role, Controller: duty.Party(in.Controller), Joint: parties[partyJSON, duty.Party](in.Joint), Representative: duty.Party(in.Representative), Officer: duty.Party(in.Officer),
		Purposes: in.Purposes, Basis: in.Basis, Subjects: in.Subjects, Data: in.Data, Recipients: in.Recipients, Retention: in.Retention, Measures: in.Measures, Customers: parties[partyJSON, duty.Party](in.Customers), Work: in.Work, Ended: in.Ended}
	for _, t := range in.Transfers {
		x.Transfers = append(x.Transfers, duty.Transfer(t))
	}
	for _, slug := range in.Datasets {
		x.Datasets = append(x.Datasets, duty.Ref(slug))
	}
	if err := a.o.Duty.PutActivity(r.Context(), c, x); err != nil {
		return err
	}
	return httpx.NoContent(w)
}
