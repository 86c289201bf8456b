package duty

import (
	"slices"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/problem"
)

func TestBoard(t *testing.T) {
	o := newOffice(t)
	o.tell("", map[string]any{"holder.kind": "publicSectorBody", "holder.country": "FR", "ai.used": true, "request.kind": "dataSubject", "request.receivedAt": "2026-11-20T09:00:00+01:00"})
	b, err := o.Board(ctx, as("ann"), today)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Rows) != 3 || b.Rows[0].Dataset != nil || b.Rows[1].Dataset.Slug != "air" || b.Rows[2].Dataset.Slug != "bikes" {
		t.Fatalf("rows: the organisation, then what is not withdrawn: %d", len(b.Rows))
	}
	for _, row := range b.Rows {
		for _, d := range row.Duties {
			if d.Rule.OfDataset() != (row.Dataset != nil) {
				t.Errorf("%s stands in the row %q", d.Rule.ID, row.slug())
			}
		}
	}
	if !slices.IsSortedFunc(b.Timeline, func(a, b Event) int { return int(a.Date - b.Date) }) || b.Timeline[0].Date <= today.Date {
		t.Error("the timeline is in order and begins after today")
	}
	at := func(rule string, kind EventKind) *Event {
		for i := range b.Timeline {
			if b.Timeline[i].Rule.ID == rule && b.Timeline[i].Kind == kind {
				return &b.Timeline[i]
			}
		}
		return nil
	}
	if e := at("EUDI-5f1", Begins); e == nil || e.Date.String() != "2026-12-24" || len(e.Applies)+len(e.Open) != 1 {
		t.Errorf("the wallet: %+v", e)
	}
	// One month from 20 November ends on Sunday 20 December: the Monday.
	if e := at("G-12.3", Due); e == nil || e.Date.String() != "2026-12-21" || !slices.Equal(e.Applies, []string{""}) {
		t.Errorf("the request: %+v", e)
	}
	later, err := o.Board(ctx, as("ann"), Asking{Date: deadline.On(2028, time.January, 1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range later.Timeline {
		if e.Kind == Begins && e.Date <= later.Asking.Date {
			t.Errorf("%s began before", e.Rule.ID)
		}
	}
	if _, err := o.Board(ctx, as("ann"), Asking{Date: today.Date, IfAdopted: []string{"hvd"}}); !problem.Is(err, problem.BadRequestData) {
		t.Errorf("hvd is no proposal: %v", err)
	}
}

func TestProcessing(t *testing.T) {
	o := newOffice(t)
	if err := o.PutActivity(ctx, as("ann"), Activity{ID: "Bad Id", Role: "owner", Purposes: []string{""}}); !problem.Is(err, problem.BadRequestData) {
		t.Error(err)
	}
	if err := o.PutActivity(ctx, as("ann"), Activity{ID: "bikes", Name: "Bikes", Role: "controller", Datasets: []Ref{"trams"}}); !problem.Is(err, problem.BadRequestData) {
		t.Errorf("a dataset that is not there: %v", err)
	}
	a := Activity{ID: "bikes", Name: "Bikes", Role: "controller", Datasets: []Ref{"bikes"}}
	if err := o.PutActivity(ctx, as("ann"), a); err != nil {
		t.Fatal(err)
	}
	if got := a.Lacks(); !slices.Equal(got, []string{"controller.name", "controller.contact", "officer.contact", "purposes", "subjects", "data", "recipients"}) {
		t.Errorf("%q", got)
	}
	o.tell("bikes", map[string]any{"dataset.personal": true, "processing.role": "controller"})
	if d := o.duty("bikes", "G-30.1"); d.Standing != Unmet {
		t.Errorf("an unfinished record: %+v", d)
	}
	a.Controller, a.Officer = Party{"City", "mairie@city.example"}, Party{"DPO", "dpo@city.example"}
	a.Purposes, a.Subjects, a.Data, a.Recipients = []string{"hire"}, []string{"riders"}, []string{"trips"}, []string{"none"}
	if err := o.PutActivity(ctx, as("bob"), a); err != nil {
		t.Fatal(err)
	}
	if d := o.duty("bikes", "G-30.1"); d.Standing != Met {
		t.Errorf("the record is the evidence: %+v", d)
	}
	if got, err := o.Activity(ctx, as(""), "bikes"); err != nil || got.By != "bob" || !slices.Equal(got.Hopes(), []string{"retention", "measures"}) || got.Datasets[0] != "bikes" {
		t.Errorf("%+v %v", got, err)
	}
	if d := o.duty("air", "G-30.1"); d.Standing != Maybe {
		t.Errorf("another dataset: %+v", d)
	}
	a.Ended = true
	if err := o.PutActivity(ctx, as("bob"), a); err != nil {
		t.Fatal(err)
	}
	if d := o.duty("bikes", "G-30.1"); d.Standing == Met {
		t.Error("what is over is no evidence for what goes on")
	}
	p := Activity{Role: "processor", Controller: Party{"City", "x"}, Officer: Party{"", "y"}}
	if got := p.Lacks(); !slices.Equal(got, []string{"customers", "work"}) {
		t.Errorf("%q", got)
	}
}
