package desk

import (
	"context"
	"fmt"
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/problem"
)

// Guarded is the Keeper of a server: documents are governance records, those
// about persons in the guarded layer, those of the registers in main, where
// they can be asked for and subscribed to like all entities.
type Guarded struct{ Records *record.Service }

// recordKind gives the kind of record of a kind of document.
func recordKind(kind string) (record.Kind, error) {
	switch kind {
	case KindRequest:
		return record.Request, nil
	case KindLetter:
		return record.Letter, nil
	case KindDecision:
		return record.Decision, nil
	case KindArrangement:
		return record.Arrangement, nil
	case KindFees:
		return record.Fees, nil
	case KindWish:
		return record.Person, nil // who asked for what, as it came in
	case KindBoard:
		return record.Wish, nil
	}
	return record.NoKind, fmt.Errorf("the request desk keeps no documents of kind %q", kind)
}

// members are what a record of the desk has: the document, and for the public
// ones what people ask for.
type members struct {
	Content     jsontext.Value    `json:"content"`
	Identifier  string            `json:"identifier"`
	Regime      string            `json:"regime,omitzero"`
	Rule        string            `json:"rule,omitzero"`
	State       string            `json:"state,omitzero"`
	Outcome     string            `json:"outcome,omitzero"`
	ReceivedAt  string            `json:"receivedAt,omitzero"`
	DecidedAt   string            `json:"decidedAt,omitzero"`
	ValidFrom   string            `json:"validFrom,omitzero"`
	ValidUntil  string            `json:"validUntil,omitzero"`
	Title       map[string]string `json:"title,omitzero"`
	Summary     map[string]string `json:"summary,omitzero"`
	Description map[string]string `json:"description,omitzero"`
	Reasons     map[string]string `json:"reasons,omitzero"`
	Dataset     string            `json:"dataset,omitzero"`
}

// describe adds to m what everybody may ask for.
func describe(m *members, kind string, body []byte) error {
	// What was stored before slugs were checked may be any text.
	link := func(slug string) {
		if slug != "" && slugOrNone(slug) {
			m.Dataset = string(catalogue.ID(slug))
		}
	}
	switch kind {
	case KindDecision:
		d := Decision{}
		if err := json.Unmarshal(body, &d); err != nil {
			return err
		}
		m.Regime, m.Rule, m.Outcome, m.ReceivedAt, m.DecidedAt = d.Regime, d.Rule, string(d.Outcome), d.Received.String(), d.Decided.String()
		m.Summary = law.Texts{d.Lang: d.Summary}
		link(d.Dataset)
	case KindArrangement:
		a := Arrangement{}
		if err := json.Unmarshal(body, &a); err != nil {
			return err
		}
		m.Regime, m.ValidFrom, m.ValidUntil, m.Description, m.Reasons = a.Law, a.From.String(), a.Until.String(), a.Data, a.Reason
		link(a.Dataset)
	case KindFees:
		f := Schedule{}
		if err := json.Unmarshal(body, &f); err != nil {
			return err
		}
		m.ValidFrom, m.Description = f.From.String(), f.Method
	case KindBoard:
		w := Wish{}
		if err := json.Unmarshal(body, &w); err != nil {
			return err
		}
		m.State = string(w.State)
		if w.Title != "" {
			m.Title = law.Texts{w.Lang: w.Title}
		}
		link(w.Dataset)
	}
	return nil
}

// call asks as the desk: who may is the business of its routes.
func call(ctx context.Context) record.Call { return record.Call{By: access.From(ctx), Desk: true} }

// docOf reads the document of a record.
func docOf(r *record.Record) (Doc, error) {
	m := members{}
	err := r.Into(&m)
	return Doc{ID: r.Name, Body: m.Content, Version: uint64(r.Changed)}, err
}

// Load gives one document. Errors: problem.ResourceNotFound.
func (g Guarded) Load(ctx context.Context, kind, id string) (Doc, error) {
	k, err := recordKind(kind)
	if err != nil {
		return Doc{}, err
	}
	if record.CheckName(id) != nil {
		return Doc{}, problem.New(problem.ResourceNotFound, "there is no %s %.40q", kind, id)
	}
	r, err := g.Records.Get(ctx, call(ctx), k, id)
	if err != nil {
		return Doc{}, err
	}
	return docOf(r)
}

// List yields the documents of a kind in the order of their creation.
func (g Guarded) List(ctx context.Context, kind string) iter.Seq2[Doc, error] {
	return func(yield func(Doc, error) bool) {
		k, err := recordKind(kind)
		if err != nil {
			yield(Doc{}, err)
			return
		}
		all, err := g.Records.List(ctx, call(ctx), record.Ask{Kind: k})
		if err != nil {
			yield(Doc{}, err)
			return
		}
		for _, r := range all {
			d, err := docOf(r)
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// Keep does cs in their order. Errors: problem.Conflict.
func (g Guarded) Keep(ctx context.Context, cs ...Change) error {
	for _, c := range cs {
		if err := g.keep(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (g Guarded) keep(ctx context.Context, c Change) error {
	k, err := recordKind(c.Kind)
	if err != nil {
		return err
	}
	m := members{Content: c.Body, Identifier: c.ID}
	if err := describe(&m, c.Kind, c.Body); err != nil {
		return fmt.Errorf("describe %s %s: %w", c.Kind, c.ID, err)
	}
	changed := problem.New(problem.Conflict, "%s %s changed meanwhile: look at it again", c.Kind, c.ID)
	if c.Expect == 0 {
		// What is written once is closed from the beginning.
		once := c.Kind == KindDecision || c.Kind == KindFees || c.Kind == KindLetter
		_, err := g.Records.Create(ctx, call(ctx), record.Draft{Kind: k, Name: c.ID, Value: m, Closed: once})
		if problem.Is(err, problem.AlreadyExists) {
			return changed
		}
		return err
	}
	_, err = g.Records.Change(ctx, call(ctx), k, c.ID, func(r *record.Record) error {
		if uint64(r.Changed) != c.Expect {
			return changed
		}
		return r.Set(m)
	})
	return err
}

// Erase removes a document about a person. What is not there is no error.
// Errors: problem.OperationNotSupported for the other kinds.
func (g Guarded) Erase(ctx context.Context, kind, id string) error {
	k, err := recordKind(kind)
	if err != nil {
		return err
	}
	return g.Records.Erase(ctx, call(ctx), k, id)
}
