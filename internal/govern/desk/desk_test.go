package desk

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// office is a desk whose clock the test sets.
type office struct {
	*Service
	keeper *MemoryKeeper
	now    time.Time
	t      *testing.T
}

var shippedBook = sync.OnceValues(law.Shipped)

func newOffice(t *testing.T, country, now string) *office {
	t.Helper()
	cals, err := deadline.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{keeper: &MemoryKeeper{}, t: t}
	o.at(now)
	o.Service, err = New(Options{Keeper: o.keeper, Book: func(context.Context) (*law.Book, error) { return shippedBook() }, Calendar: cals[country], Country: country, Now: func() time.Time { return o.now },
		City:      func(context.Context) (string, error) { return "Ville de Démo", nil },
		Published: func(_ context.Context, slug string) bool { return slug == "noise" }})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// at sets the clock to a day at noon in the zone, or to an instant.
func (o *office) at(s string) {
	o.t.Helper()
	if len(s) == len(time.DateOnly) {
		s += "T12:00:00+01:00"
	}
	now, err := time.Parse(time.RFC3339, s)
	if err != nil {
		o.t.Fatal(err)
	}
	o.now = now
}

func asked(kind string) Asked {
	return Asked{Requester: Requester{Name: "Zoë Kanarie-Özgür", Organisation: "Atelier SARL", Address: "12 rue du Canari\n59000 Ville", Email: "zoe@canari.example"},
		Kind: kind, Lang: "en", Dataset: "noise", Subject: "Noise by hour", Purpose: "A study of sleep, says Kanarie-Özgür."}
}

func (o *office) receive(a Asked) *Request {
	o.t.Helper()
	r, _, err := o.Receive(o.t.Context(), a, "portal", time.Time{}, "")
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func (o *office) do(id string, a Act) *Request {
	o.t.Helper()
	r, err := o.Do(o.t.Context(), id, a)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func (o *office) send(id string, n int, on string) *Request {
	o.t.Helper()
	r, err := o.Send(o.t.Context(), id, n, day(o.t, on), "email", "ada")
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func (o *office) reckon(id string) *Clock {
	o.t.Helper()
	r, err := o.Open(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	c, err := o.clock(o.t.Context(), r)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

func day(t *testing.T, s string) deadline.Date {
	t.Helper()
	d, err := deadline.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func refused(t *testing.T, err error, kind problem.Kind, says string) {
	t.Helper()
	if !problem.Is(err, kind) || !strings.Contains(problem.DetailOf(err), says) {
		t.Errorf("%v, want %s that says %q", err, kind, says)
	}
}

// The test vectors of the notes on law, 10: received, then the last day and the
// longest, by country and regime.
func TestClockByDate(t *testing.T) {
	for _, v := range []struct {
		received, country, kind string
		last, longest           string
	}{
		{"2026-03-14", "FR", "protectedReuse", "2026-05-15", "2026-06-15"},
		{"2026-03-14", "FR", "dataSubject", "2026-04-14", "2026-06-15"},
		{"2026-03-14", "BE", "reuse", "2026-04-13", "2026-05-12"},
		{"2026-09-08", "FR", "protectedReuse", "2026-11-09", "2026-12-08"},
		{"2026-09-08", "BE", "dataSubject", "2026-10-08", "2026-12-08"},
		{"2026-09-08", "BE", "reuse", "2026-10-06", "2026-11-03"},
		{"2026-12-31", "BE", "protectedReuse", "2027-03-01", "2027-03-30"},
		{"2026-12-31", "FR", "dataSubject", "2027-02-01", "2027-03-31"},
		{"2026-12-31", "BE", "reuse", "2027-01-29", "2027-02-26"},
		{"2027-06-14", "FR", "protectedReuse", "2027-08-16", "2027-09-13"},
		{"2027-06-14", "FR", "dataSubject", "2027-07-15", "2027-09-14"},
		{"2027-06-14", "BE", "dataSubject", "2027-07-14", "2027-09-14"},
		{"2027-06-14", "BE", "reuse", "2027-07-12", "2027-08-10"},
		{"2027-12-31", "FR", "protectedReuse", "2028-02-29", "2028-03-30"},
		{"2027-12-31", "BE", "dataSubject", "2028-01-31", "2028-03-31"},
		{"2028-01-31", "FR", "protectedReuse", "2028-03-31", "2028-05-02"},
		{"2028-01-31", "FR", "dataSubject", "2028-02-29", "2028-05-02"},
		{"2028-01-31", "BE", "reuse", "2028-02-28", "2028-03-27"},
		// One month under French law, on which an extension is for licences.
		{"2026-09-08", "FR", "reuse", "2026-10-08", ""},
		{"2026-09-08", "FR", "access", "2026-10-08", ""},
	} {
		t.Run(v.received+v.country+v.kind, func(t *testing.T) {
			o := newOffice(t, v.country, v.received)
			c := o.reckon(o.receive(asked(v.kind)).ID)
			longest := ""
			if c.Longest != nil {
				longest = c.Longest.Last.String()
			}
			if c.Last.Last.String() != v.last || longest != v.longest {
				t.Errorf("last %s, longest %s", c.Last.Last, longest)
			}
		})
	}
}

func TestStandings(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	dga, crpa := o.receive(asked("protectedReuse")).ID, o.receive(asked("reuse")).ID
	for _, v := range []struct {
		id, now string
		want    Standing
		next    Step
	}{
		{dga, "2026-09-08", Running, Acknowledge},
		{dga, "2026-10-30", Running, Acknowledge},
		{dga, "2026-11-02", Soon, Acknowledge},
		{dga, "2026-11-09T23:59:59+01:00", Soon, Acknowledge},
		{dga, "2026-11-10T00:00:00+01:00", Overdue, Decide},
		{crpa, "2026-10-08T23:59:59+02:00", Soon, Acknowledge},
		{crpa, "2026-10-09T00:00:00+02:00", SilentRefusal, Decide},
	} {
		o.at(v.now)
		if c := o.reckon(v.id); c.Standing != v.want || c.Next != v.next {
			t.Errorf("%s at %s: %s, next %s", v.id, v.now, c.Standing, c.Next)
		}
	}
	// One month's silence on 8 October; two months from there to the CADA.
	if c := o.reckon(crpa); c.Appeal == nil || c.Appeal.String() != "2026-12-08" {
		t.Errorf("appeal by %v", c.Appeal)
	}
}

func TestExtension(t *testing.T) {
	reasons := []string{"Twelve services hold parts of it."}
	t.Run("counts once it is told in time", func(t *testing.T) {
		o := newOffice(t, "FR", "2026-09-08")
		id := o.receive(asked("protectedReuse")).ID
		o.at("2026-11-05")
		r := o.do(id, Act{Kind: Extended, Reasons: reasons})
		if c := o.reckon(id); c.Extended || c.Next != SendExtension || c.NextBy.String() != "2026-11-09" {
			t.Errorf("a draft extends: %+v", c)
		}
		o.at("2026-11-09")
		o.send(id, r.Letters[0].N, "2026-11-09")
		if c := o.reckon(id); !c.Extended || c.Last.Last.String() != "2026-12-08" || c.Standing != Running {
			t.Errorf("told in time: %s %s", c.Last.Last, c.Standing)
		}
	})
	t.Run("sent too late it prolongs nothing", func(t *testing.T) {
		o := newOffice(t, "FR", "2026-09-08")
		id := o.receive(asked("protectedReuse")).ID
		o.at("2026-11-09")
		o.do(id, Act{Kind: Extended, Reasons: reasons})
		o.at("2026-11-10")
		if c := o.reckon(id); c.Next != Decide {
			t.Errorf("a letter that prolongs nothing is to be sent: %s", c.Next)
		}
		o.send(id, 1, "2026-11-10")
		if c := o.reckon(id); c.Extended || c.Standing != Overdue {
			t.Errorf("told too late: %s %s", c.Last.Last, c.Standing)
		}
	})
	t.Run("cannot be made after the last day to tell", func(t *testing.T) {
		// Three weeks under the Open Data Directive.
		o := newOffice(t, "BE", "2026-09-08")
		id := o.receive(asked("reuse")).ID
		o.at("2026-09-30")
		_, err := o.Do(t.Context(), id, Act{Kind: Extended, Reasons: reasons})
		refused(t, err, problem.BadRequestData, "had to be told by 2026-09-29")
	})
	t.Run("needs reasons", func(t *testing.T) {
		o := newOffice(t, "FR", "2026-09-08")
		_, err := o.Do(t.Context(), o.receive(asked("dataSubject")).ID, Act{Kind: Extended})
		refused(t, err, problem.BadRequestData, "reasons")
	})
	t.Run("only of a licence under French law, and once", func(t *testing.T) {
		o := newOffice(t, "FR", "2026-09-08")
		_, err := o.Do(t.Context(), o.receive(asked("reuse")).ID, Act{Kind: Extended, Reasons: reasons})
		refused(t, err, problem.BadRequestData, "knows no extension")
		a := asked("reuse")
		a.Licence = true
		id := o.receive(a).ID
		o.do(id, Act{Kind: Extended, Reasons: reasons})
		o.send(id, 1, "2026-09-08")
		if c := o.reckon(id); c.Last.Last.String() != "2026-11-09" {
			t.Errorf("two months: %s", c.Last.Last)
		}
		_, err = o.Do(t.Context(), id, Act{Kind: Extended, Reasons: reasons})
		refused(t, err, problem.BadRequestData, "extended once")
	})
}

func TestClockStopsOnlyByARule(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	id := o.receive(asked("protectedReuse")).ID
	for _, rule := range []string{"", "DGA-9.1", "G-36", "FR-2"} {
		_, err := o.Do(t.Context(), id, Act{Kind: Stopped, Rule: rule, Note: "waiting"})
		refused(t, err, problem.OperationNotSupported, "no rule lets the clock")
	}
	before := o.reckon(id).Last
	o.do(id, Act{Kind: Questioned, Reasons: []string{"Which year?"}})
	o.send(id, 1, "2026-09-08")
	o.at("2026-09-20")
	o.do(id, Act{Kind: Clarified, Note: "2025"})
	if after := o.reckon(id).Last; after.Last != before.Last {
		t.Errorf("a question moved the last day from %s to %s", before.Last, after.Last)
	}

	// A national rule that says so, in a book of its own.
	book, err := law.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	set, rule := book.Rule("DGA-9.1")
	rule.Clock.Pause = law.Texts{"fr": "pièces", "nl": "stukken", "en": "missing papers"}
	o.o.Book = func(context.Context) (*law.Book, error) { return book, nil }
	// Neither a proposal, nor what nobody checked, nor another law stops it.
	stopped := func(what, by string) {
		t.Helper()
		if _, err := o.Do(t.Context(), id, Act{Kind: Stopped, Rule: by, Note: what}); !problem.Is(err, problem.OperationNotSupported) {
			t.Errorf("%s stopped the clock: %v", what, err)
		}
	}
	set.Status = law.Pending
	stopped("a proposal", "DGA-9.1")
	set.Status = law.InForce
	checked := rule.Verification
	rule.Verification = law.Unverified
	stopped("an unverified rule", "DGA-9.1")
	rule.Verification = checked
	_, other := book.Rule("G-12.3")
	other.Clock.Pause = rule.Clock.Pause
	stopped("another law", "G-12.3")
	o.do(id, Act{Kind: Stopped, Rule: "DGA-9.1", Note: "papers are missing"})
	o.at("2026-09-25")
	if c := o.reckon(id); c.Standing != Halted || c.Next != Resume {
		t.Errorf("%s, next %s", c.Standing, c.Next)
	}
	o.at("2026-09-30")
	o.do(id, Act{Kind: Resumed})
	// Ten days on from the unrolled 8 November: 18 November, a Wednesday.
	if c := o.reckon(id); c.Last.Last.String() != "2026-11-18" || c.Standing != Running {
		t.Errorf("%s %s", c.Last.Last, c.Standing)
	}
}

func TestDecisionIsForGood(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	id := o.receive(asked("protectedReuse")).ID
	o.at("2026-11-06")
	verdict := Verdict{Outcome: Refused, Summary: "Hourly noise at façades", Grounds: []string{"statistical"}, Reasons: []string{"Few houses stand in a cell."}, By: "ada"}
	_, d, err := o.Decide(t.Context(), id, verdict)
	if err != nil {
		t.Fatal(err)
	}
	if d.Due.String() != "2026-11-09" || d.Decided.String() != "2026-11-06" {
		t.Errorf("%+v", d)
	}
	if c := o.reckon(id); c.Standing != Done || c.Next != SendLetter {
		t.Errorf("%s, next %s", c.Standing, c.Next)
	}
	for _, kind := range []EventKind{Acknowledged, Questioned, Clarified, Extended, Classified, Stopped, Resumed, Transferred, Withdrawn, Noted} {
		_, err := o.Do(t.Context(), id, Act{Kind: kind, Note: "x", Reasons: []string{"x"}, Regime: "gdpr"})
		refused(t, err, problem.OperationNotSupported, "was decided on 2026-11-06")
	}
	verdict.Outcome, verdict.Grounds = Granted, nil
	_, _, err = o.Decide(t.Context(), id, verdict)
	refused(t, err, problem.OperationNotSupported, "a decision is not changed")
	o.send(id, 1, "2026-11-06")
	_, err = o.Send(t.Context(), id, 1, day(t, "2026-11-06"), "post", "ada")
	refused(t, err, problem.OperationNotSupported, "stays as it was")
	again, err := o.Decision(t.Context(), id)
	if err != nil || again.Outcome != Refused {
		t.Errorf("%v %v", again, err)
	}
	if c := o.reckon(id); c.Next != Nothing {
		t.Errorf("next %s", c.Next)
	}
}

// Under the DGA the decision has to be in time, elsewhere the answer.
func TestWhichDateCounts(t *testing.T) {
	for kind, want := range map[string]Standing{"protectedReuse": Done, "dataSubject": DoneLate} {
		o := newOffice(t, "FR", "2026-09-08")
		id := o.receive(asked(kind)).ID
		o.at("2026-10-07")
		if _, _, err := o.Decide(t.Context(), id, Verdict{Outcome: Granted, Summary: "Noise"}); err != nil {
			t.Fatal(err)
		}
		o.at("2026-10-09")
		o.send(id, 1, "2026-10-09")
		if c := o.reckon(id); c.Standing != want {
			t.Errorf("%s: %s", kind, c.Standing)
		}
	}
}

func TestWhatADecisionLacks(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	id := o.receive(asked("dataSubject")).ID
	for says, v := range map[string]Verdict{
		"no outcome":             {Outcome: "maybe", Summary: "x"},
		"give a summary":         {Outcome: Granted},
		"no grounds":             {Outcome: Granted, Summary: "x", Grounds: []string{"personal"}},
		"names its grounds":      {Outcome: Refused, Summary: "x"},
		"no ground":              {Outcome: Refused, Summary: "x", Grounds: []string{"commercial"}},
		"gives its reasons":      {Outcome: Partly, Summary: "x", Grounds: []string{"personal"}},
		"which is of the reques": {Outcome: Granted, Summary: "What kanarie-özgür asked for"},
		"is not charged":         {Outcome: Refused, Summary: "x", Grounds: []string{"personal"}, Fee: &FeeAsked{Units: map[string]int{"hour": 1}}},
		"free of charge":         {Outcome: Granted, Summary: "x", Fee: &FeeAsked{Units: map[string]int{"hour": 1}}},
	} {
		_, _, err := o.Decide(t.Context(), id, v)
		refused(t, err, problem.BadRequestData, says)
	}
}

func TestSending(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	id := o.receive(asked("protectedReuse")).ID
	o.at("2026-09-10")
	o.do(id, Act{Kind: Acknowledged})
	for says, on := range map[string]string{"today or earlier": "2026-09-11", "cannot have been sent": "2026-09-09"} {
		_, err := o.Send(t.Context(), id, 1, day(t, on), "post", "ada")
		refused(t, err, problem.BadRequestData, says)
	}
	_, err := o.Send(t.Context(), id, 1, day(t, "2026-09-10"), "pigeon", "ada")
	refused(t, err, problem.BadRequestData, "pigeon")
	_, err = o.Send(t.Context(), id, 7, day(t, "2026-09-10"), "post", "ada")
	refused(t, err, problem.ResourceNotFound, "no letter 7")
	r := o.send(id, 1, "2026-09-10")
	w, err := o.Letter(t.Context(), r, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(w.Page, []byte("Monday\u00A09\u00A0November\u00A02026")) || !bytes.Contains(w.Page, []byte("Zoë Kanarie-Özgür")) || !bytes.HasPrefix(w.PDF, []byte("%PDF-")) {
		t.Errorf("%s", w.Page)
	}
	// What was sent stays, whatever changes later.
	o.do(id, Act{Kind: Classified, Regime: "gdpr", Note: "it is about the person"})
	again, err := o.Letter(t.Context(), r, 1)
	if err != nil || !bytes.Equal(again.Page, w.Page) || !bytes.Equal(again.PDF, w.PDF) {
		t.Errorf("the letter changed: %v", err)
	}
}

// A planted name is nowhere once its bearer was erased; the decision stays.
func TestErase(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	id := o.receive(asked("protectedReuse")).ID
	refused(t, o.Erase(t.Context(), id, "ada"), problem.Conflict, "waits for its answer")
	o.do(id, Act{Kind: Acknowledged})
	o.send(id, 1, "2026-09-08")
	o.do(id, Act{Kind: Noted, Note: "Mrs Kanarie-Özgür called"})
	if _, _, err := o.Decide(t.Context(), id, Verdict{Outcome: Partly, Summary: "Noise by hour", Grounds: []string{"personal"}, Reasons: []string{"Houses of Kanarie-Özgür's neighbours"}}); err != nil {
		t.Fatal(err)
	}
	refused(t, o.Erase(t.Context(), id, "ada"), problem.Conflict, "waits for its answer")
	o.send(id, 2, "2026-09-08")
	if err := o.Erase(t.Context(), id, "ada"); err != nil {
		t.Fatal(err)
	}
	for kind, docs := range o.keeper.docs {
		for name, d := range docs {
			for _, canary := range []string{"Kanarie", "canari", "Canari", "Atelier", "sleep"} {
				if bytes.Contains(d.Body, []byte(canary)) {
					t.Errorf("%s %s still says %s: %s", kind, name, canary, d.Body)
				}
			}
		}
	}
	ds, err := o.Decisions(t.Context())
	if err != nil || len(ds) != 1 || ds[0].Outcome != Partly {
		t.Errorf("%v %v", ds, err)
	}
	if c := o.reckon(id); c.Standing != ClosedOff || c.Next != Nothing {
		t.Errorf("%s, next %s", c.Standing, c.Next)
	}
	if err := o.Erase(t.Context(), id, "ada"); err != nil {
		t.Error(err)
	}
	r, err := o.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Letter(t.Context(), r, 1); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("the letter is there: %v", err)
	}
}

func TestReceive(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	for says, change := range map[string]func(*Asked){
		"name is missing":           func(a *Asked) { a.Name = " " },
		"subject is missing":        func(a *Asked) { a.Subject = "" },
		"email or address":          func(a *Asked) { a.Email, a.Address = "", "" },
		"email is no address":       func(a *Asked) { a.Email = "Zoë <zoe@canari.example>" },
		"lang is fr, nl or en":      func(a *Asked) { a.Lang = "de" },
		"name has control":          func(a *Asked) { a.Name = "a\nBcc: b" },
		"purpose is longer":         func(a *Asked) { a.Purpose = strings.Repeat("x", maxText+1) },
		"no law in the book":        func(a *Asked) { a.Kind = "wish" },
		"purpose has control chara": func(a *Asked) { a.Purpose = "\x00" },
	} {
		a := asked("reuse")
		change(&a)
		_, _, err := o.Receive(t.Context(), a, "portal", time.Time{}, "")
		refused(t, err, problem.BadRequestData, says)
	}
	_, _, err := o.Receive(t.Context(), asked("reuse"), "post", o.now.Add(time.Hour), "ada")
	refused(t, err, problem.BadRequestData, "now or earlier")
	_, _, err = o.Receive(t.Context(), asked("reuse"), "fax", time.Time{}, "ada")
	refused(t, err, problem.BadRequestData, "fax")

	// Numbers are of the year of receipt and never given twice.
	r, secret, err := o.Receive(t.Context(), asked("reuse"), "post", o.now.AddDate(-1, 0, 0), "ada")
	if err != nil || r.ID != "2025-0001" {
		t.Fatalf("%v %v", r, err)
	}
	var ids []string
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 8 {
		wg.Go(func() {
			r, _, err := o.Receive(context.Background(), asked("reuse"), "portal", time.Time{}, "")
			mu.Lock()
			defer mu.Unlock()
			if ids = append(ids, r.ID); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 8 {
		if want := fmt.Sprintf("2026-%04d", i+1); !strings.Contains(strings.Join(ids, " "), want) {
			t.Errorf("no %s in %v", want, ids)
		}
	}
	if _, err := o.Follow(t.Context(), "2025-0001", secret); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "x", strings.ToUpper(secret)} {
		_, err := o.Follow(t.Context(), "2025-0001", wrong)
		refused(t, err, problem.ResourceNotFound, "there is no request")
	}
}

func TestClassify(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	id := o.receive(asked("reuse")).ID
	o.at("2026-09-20")
	_, err := o.Do(t.Context(), id, Act{Kind: Classified, Regime: "odd", Note: "x"})
	refused(t, err, problem.BadRequestData, "not for holders in FR")
	_, err = o.Do(t.Context(), id, Act{Kind: Classified, Regime: "dga"})
	refused(t, err, problem.BadRequestData, "say why")
	o.do(id, Act{Kind: Classified, Regime: "dga", Note: "the data is protected"})
	if c := o.reckon(id); c.Rule.ID != "DGA-9.1" || c.Last.Last.String() != "2026-11-09" {
		t.Errorf("%s %s", c.Rule.ID, c.Last.Last)
	}
}

// Every regime rests on rules of the book and speaks three languages.
func TestTermsFitTheBook(t *testing.T) {
	terms, err := ReadTerms()
	if err != nil {
		t.Fatal(err)
	}
	book, err := shippedBook()
	if err != nil {
		t.Fatal(err)
	}
	rules := []string{"DGA-4", "ODD-12"}
	for _, r := range terms.Regimes {
		rules = append(rules, r.Clock, r.RedressRule, r.Fees.Rule)
		if r.Silence != "" {
			rules = append(rules, r.Silence)
		}
		if !whole(r.Name) || !whole(r.Help) || !whole(r.Redress) {
			t.Errorf("%s is not in three languages", r.ID)
		}
	}
	for _, id := range rules {
		if _, r := book.Rule(id); r == nil {
			t.Errorf("the book has no rule %s", id)
		}
	}
	for _, n := range append(terms.Grounds, terms.Costs...) {
		if !whole(n.Name) {
			t.Errorf("%s is not in three languages", n.ID)
		}
	}
	for country, want := range map[string]string{"FR": "protectedReuse:dga dataSubject:gdpr reuse:crpa access:crpa", "BE": "protectedReuse:dga dataSubject:gdpr reuse:odd"} {
		var got []string
		for _, f := range terms.Offered(country) {
			got = append(got, f.Kind+":"+f.Regime.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v", country, got)
		}
	}
}

// A crash between the request and the register is mended at the next start.
func TestMend(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	id := o.receive(asked("protectedReuse")).ID
	if _, _, err := o.Decide(t.Context(), id, Verdict{Outcome: Granted, Summary: "Noise"}); err != nil {
		t.Fatal(err)
	}
	if err := o.keeper.Erase(t.Context(), KindDecision, id); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := o.Mend(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if d, err := o.Decision(t.Context(), id); err != nil || d.Summary != "Noise" {
		t.Errorf("%v %v", d, err)
	}
}

// An extension under the GDPR is for doing what was asked; a refusal is told
// within the month all the same (Art. 12(4)).
func TestARefusalHasItsOwnMonth(t *testing.T) {
	for outcome, want := range map[Outcome]Standing{Granted: Done, Refused: DoneLate} {
		o := newOffice(t, "FR", "2026-09-08")
		id := o.receive(asked("dataSubject")).ID
		o.do(id, Act{Kind: Extended, Reasons: []string{"Many systems."}})
		o.send(id, 1, "2026-09-08")
		if c := o.reckon(id); c.RefuseBy == nil || c.RefuseBy.String() != "2026-10-08" || c.Last.Last.String() != "2026-12-08" {
			t.Errorf("refuse by %v, last %s", c.RefuseBy, c.Last.Last)
		}
		o.at("2026-11-02")
		v := Verdict{Outcome: outcome, Summary: "x"}
		if outcome == Refused {
			v.Grounds, v.Reasons = []string{"unfounded"}, []string{"Asked ten times."}
		}
		_, d, err := o.Decide(t.Context(), id, v)
		if err != nil {
			t.Fatal(err)
		}
		if due := map[Outcome]string{Granted: "2026-12-08", Refused: "2026-10-08"}[outcome]; d.Due.String() != due {
			t.Errorf("%s: due %s, want %s", outcome, d.Due, due)
		}
		o.send(id, 2, "2026-11-02")
		if c := o.reckon(id); c.Standing != want {
			t.Errorf("%s: %s", outcome, c.Standing)
		}
	}
	o := newOffice(t, "FR", "2026-09-08")
	if c := o.reckon(o.receive(asked("protectedReuse")).ID); c.RefuseBy != nil {
		t.Errorf("the DGA has no period for a refusal: %s", *c.RefuseBy)
	}
}
