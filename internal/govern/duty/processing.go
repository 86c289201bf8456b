package duty

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/problem"
)

// Party is who answers for a processing: an organisation or a function in it.
type Party struct {
	Name    string `json:"name,omitzero"`
	Contact string `json:"contact,omitzero"` // where to reach it
}

// Transfer is one to a third country or an international organisation (GDPR,
// Art. 30(1)(e)).
type Transfer struct {
	To        string `json:"to"`
	Safeguard string `json:"safeguard,omitzero"` // documentation where Art. 49(1) asks for it
}

// Activity is one processing activity of the record of GDPR, Art. 30.
type Activity struct {
	ID   string `json:"identifier"`
	Name string `json:"name"`
	// Role is "controller" (Art. 30(1)) or "processor" (Art. 30(2)).
	Role           string     `json:"role"`
	Controller     Party      `json:"controller,omitzero"`
	Joint          []Party    `json:"jointControllers,omitzero"`
	Representative Party      `json:"representative,omitzero"`
	Officer        Party      `json:"officer,omitzero"`        // data protection officer
	Purposes       []string   `json:"purposes,omitzero"`       // (b)
	Basis          string     `json:"basis,omitzero"`          // not asked by Art. 30; kept because Art. 6 is
	Subjects       []string   `json:"dataSubjects,omitzero"`   // (c) categories of persons
	Data           []string   `json:"dataCategories,omitzero"` // (c)
	Recipients     []string   `json:"recipients,omitzero"`     // (d) categories of recipients
	Transfers      []Transfer `json:"transfers,omitzero"`      // (e)
	Retention      string     `json:"retention,omitzero"`      // (f), where possible
	Measures       string     `json:"measures,omitzero"`       // (g), where possible
	// Customers are the controllers for whom a processor works; Work is what
	// it does for them (Art. 30(2)(a), (b)).
	Customers []Party   `json:"onBehalfOf,omitzero"`
	Work      []string  `json:"processingCategories,omitzero"`
	Datasets  []Ref     `json:"datasets,omitzero"` // that come of it
	Ended     bool      `json:"done,omitzero"`     // it is over; the record stays
	By        string    `json:"by"`
	At        time.Time `json:"registeredAt"` // of this state of it
}

// Lacks names what Art. 30 asks for and is not there, as members of the API.
func (a *Activity) Lacks() []string {
	var out []string
	need := func(there bool, what string) {
		if !there {
			out = append(out, what)
		}
	}
	need(a.Controller.Name != "", "controller.name")
	need(a.Controller.Contact != "", "controller.contact")
	// Every public authority has one (Art. 37(1)(a)).
	need(a.Officer.Contact != "", "officer.contact")
	if a.Role == "processor" {
		need(len(a.Customers) > 0, "customers")
		need(len(a.Work) > 0, "work")
		return out
	}
	need(len(a.Purposes) > 0, "purposes")
	need(len(a.Subjects) > 0, "subjects")
	need(len(a.Data) > 0, "data")
	need(len(a.Recipients) > 0, "recipients")
	return out
}

// Hopes names what Art. 30 asks for "where possible" and is not there.
func (a *Activity) Hopes() []string {
	var out []string
	if a.Role != "processor" && a.Retention == "" {
		out = append(out, "retention")
	}
	if a.Measures == "" {
		out = append(out, "measures")
	}
	return out
}

// check reports all that is wrong with what is there.
func (a *Activity) check() error {
	var out []string
	if err := catalogue.CheckSlug(a.ID); err != nil {
		out = append(out, problem.DetailOf(err))
	}
	if strings.TrimSpace(a.Name) == "" {
		out = append(out, "it has a name")
	}
	if a.Role != "controller" && a.Role != "processor" {
		out = append(out, "its role is controller or processor")
	}
	for _, list := range [][]string{a.Purposes, a.Subjects, a.Data, a.Recipients, a.Work} {
		if len(list) > 100 || slices.ContainsFunc(list, func(s string) bool { return strings.TrimSpace(s) == "" || len(s) > maxNote }) {
			out = append(out, "a list has at most 100 texts, none of them empty or longer than 4000 bytes")
		}
	}
	if len(a.Joint) > 100 || len(a.Customers) > 100 || len(a.Transfers) > 100 || len(a.Datasets) > 1000 || slices.ContainsFunc(a.Transfers, func(t Transfer) bool { return t.To == "" }) {
		out = append(out, "a list has at most 100 entries, and a transfer says where to")
	}
	for _, s := range []string{a.Name, a.Basis, a.Retention, a.Measures, a.Controller.Name, a.Controller.Contact, a.Officer.Name, a.Officer.Contact} {
		if len(s) > maxNote {
			out = append(out, "a text has at most 4000 bytes")
		}
	}
	if len(out) > 0 {
		return problem.New(problem.BadRequestData, "the processing activity cannot be kept: %s", strings.Join(slices.Compact(out), "; "))
	}
	return nil
}

// Activities gives the record of processing in order of ID, with what is over.
func (s *Service) Activities(ctx context.Context, c broker.Call) ([]*Activity, error) {
	return listed[*Activity](ctx, s, c, KindProcessing)
}

// Activity gives one.
//
// Errors: problem.ResourceNotFound.
func (s *Service) Activity(ctx context.Context, c broker.Call, id string) (*Activity, error) {
	var a Activity
	_, found, err := s.load(ctx, c, KindProcessing, id, &a)
	if err == nil && !found {
		err = problem.New(problem.ResourceNotFound, "there is no processing activity %.80q", id)
	}
	return &a, err
}

// PutActivity keeps an activity, new or changed. An unfinished one is kept too:
// what it lacks is shown.
//
// Errors: problem.BadRequestData, naming all that is wrong.
func (s *Service) PutActivity(ctx context.Context, c broker.Call, a Activity) error {
	if err := a.check(); err != nil {
		return err
	}
	for _, slug := range a.Datasets {
		if _, err := s.o.Catalogue.Get(ctx, c.Space, string(slug)); err != nil {
			return problem.Wrap(problem.BadRequestData, err, "the activity names the dataset %.80q, which is not there", slug)
		}
	}
	var old Activity
	e, _, err := s.load(ctx, c, KindProcessing, a.ID, &old)
	if err != nil {
		return err
	}
	a.By, a.At = who(c), s.now()
	return s.save(ctx, c, e, a)
}
