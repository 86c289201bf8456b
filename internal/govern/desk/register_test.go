package desk

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

func said(s string) law.Texts { return law.Texts{"fr": s, "nl": s, "en": s} }

func schedule(from deadline.Date) Schedule {
	return Schedule{From: from, Method: said("at cost"), Prices: []Price{
		{ID: "hour", Category: "anonymisation", Name: said("Preparing"), Unit: said("hour"), Cents: 4250, Basis: said("mean wage")},
		{ID: "room", Category: "environment", Name: said("Secure room"), Unit: said("day"), Cents: 1999, Basis: said("rent")},
	}, Reductions: []Reduction{{ID: "research", Name: said("Research"), Percent: 50}}}
}

func TestFees(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	decide := func(f *FeeAsked) (*Decision, error) {
		_, d, err := o.Decide(t.Context(), o.receive(asked("protectedReuse")).ID, Verdict{Outcome: Granted, Summary: "Noise", Fee: f})
		return d, err
	}
	_, err := decide(&FeeAsked{Units: map[string]int{"hour": 1}})
	refused(t, err, problem.BadRequestData, "only published fees")
	first, err := o.Publish(t.Context(), schedule(day(t, "2026-09-08")))
	if err != nil {
		t.Fatal(err)
	}
	next := schedule(day(t, "2027-01-01"))
	next.Prices[0].Cents = 9999
	if _, err := o.Publish(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	// 3 x 42.50 + 19.99 = 147.49; half of it is 73.745.
	d, err := decide(&FeeAsked{Units: map[string]int{"hour": 3, "room": 1}, Reduction: "research"})
	if err != nil {
		t.Fatal(err)
	}
	if d.Fee.Cents != 7374 || d.Fee.Schedule != first.Version || len(d.Fee.Lines) != 2 || d.Fee.Percent != 50 {
		t.Errorf("%+v", d.Fee)
	}
	r, err := o.Open(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Letters[0].Conditions; len(c) != 1 || c[0] != "Fee: €73.74, by the published schedule 2026-0001." {
		t.Errorf("%q", c)
	}
	for says, f := range map[string]*FeeAsked{
		"names prices":   {Units: map[string]int{"hour": 1, "lunch": 1}},
		"no reduction":   {Units: map[string]int{"hour": 1}, Reduction: "friends"},
		"cannot be mean": {Units: map[string]int{"hour": -1}},
		"and no others":  {},
	} {
		_, err := decide(f)
		refused(t, err, problem.BadRequestData, says)
	}
	for says, change := range map[string]func(*Schedule){
		"a day to come":          func(f *Schedule) { f.From-- },
		"method is said":         func(f *Schedule) { delete(f.Method, "nl") },
		"may not be charged":     func(f *Schedule) { f.Prices[0].Category = "profit" },
		"an id of its own":       func(f *Schedule) { f.Prices[1].ID = "hour" },
		"unit and basis":         func(f *Schedule) { f.Prices[1].Basis = nil },
		"cents cannot":           func(f *Schedule) { f.Prices[1].Cents = -1 },
		"1 to 100 percent":       func(f *Schedule) { f.Reductions[0].Percent = 0 },
		"reduction \"hour\" has": func(f *Schedule) { f.Reductions[0].ID = "hour" },
	} {
		f := schedule(day(t, "2026-09-08"))
		change(&f)
		_, err := o.Publish(t.Context(), f)
		refused(t, err, problem.BadRequestData, says)
	}
}

func TestArrangements(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	make := func(law, from, until string) Arrangement {
		return Arrangement{Law: law, Data: said("bus positions"), Holder: "Transports SA", Reason: said("no service without"), From: day(t, from), Until: day(t, until)}
	}
	for says, a := range map[string]Arrangement{
		"twelve months at most": make("dga", "2026-10-01", "2027-10-01"),
		"ends after it begins":  make("odd", "2026-10-01", "2026-09-30"),
		"under dga":             make("gdpr", "2026-10-01", "2026-10-02"),
		"which body":            {Law: "odd"},
	} {
		_, err := o.Arrange(t.Context(), a)
		refused(t, err, problem.BadRequestData, says)
	}
	leap := make("dga", "2028-02-29", "2029-02-28")
	_, err := o.Arrange(t.Context(), leap)
	refused(t, err, problem.BadRequestData, "twelve months at most")
	a, err := o.Arrange(t.Context(), make("dga", "2026-10-01", "2027-09-30"))
	if err != nil {
		t.Fatal(err)
	}
	// A right is not prolonged by another one that follows it.
	for _, from := range []string{"2027-09-01", "2027-10-01"} {
		_, err := o.Arrange(t.Context(), make("dga", from, "2027-10-31"))
		refused(t, err, problem.BadRequestData, "together")
	}
	other := make("dga", "2027-10-01", "2027-10-31")
	other.Data = said("trains")
	for _, a := range []Arrangement{other, make("dga", "2027-10-03", "2027-10-31")} {
		if _, err := o.Arrange(t.Context(), a); err != nil {
			t.Error(err)
		}
	}
	old, err := o.Arrange(t.Context(), make("odd", "2026-10-01", "2036-09-30"))
	if err != nil {
		t.Fatal(err)
	}
	say := func(a *Arrangement) string {
		t.Helper()
		alarms, err := o.Alarms(a)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, x := range alarms {
			late := ""
			if x.Late {
				late = " late"
			}
			out = append(out, string(x.Kind)+" "+x.On.String()+late)
		}
		return strings.Join(out, ", ")
	}
	for _, v := range []struct{ now, a, old string }{
		{"2026-09-08", "", "published 2026-08-01 late"},
		{"2027-07-29", "", "published 2026-08-01 late"},
		{"2027-07-30", "ends 2027-09-30", "published 2026-08-01 late"},
		{"2027-10-01", "", "published 2026-08-01 late"},
		{"2029-08-01", "", "published 2026-08-01 late, review 2029-10-01"},
		{"2029-10-02", "", "published 2026-08-01 late, review 2029-10-01 late"},
	} {
		o.at(v.now)
		if got := say(a); got != v.a {
			t.Errorf("%s: %s", v.now, got)
		}
		if got := say(old); got != v.old {
			t.Errorf("%s: %s", v.now, got)
		}
	}
	if old, err = o.Review(t.Context(), old.ID, false); err != nil || say(old) != "published 2026-08-01 late" {
		t.Errorf("%v %v", old, err)
	}
	if old, err = o.Review(t.Context(), old.ID, true); err != nil || say(old) != "" || old.Ended.String() != "2029-10-02" {
		t.Errorf("%v %v", old, err)
	}
	for _, id := range []string{old.ID, a.ID} {
		_, err := o.Review(t.Context(), id, false)
		refused(t, err, problem.OperationNotSupported, "has ended")
	}
}

// Three years are 36 months, whatever leap years lie between.
func TestReviewByMonths(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	for from, want := range map[string]string{"2025-03-01": "2028-03-01", "2024-03-01": "2027-03-01", "2024-02-29": "2027-02-28", "2025-12-31": "2028-12-31"} {
		a := &Arrangement{Law: "odd", From: day(t, from), Until: day(t, "2040-01-01")}
		o.at(want)
		alarms, err := o.Alarms(a)
		if err != nil || len(alarms) != 1 || alarms[0].On.String() != want || alarms[0].Late {
			t.Errorf("%s: %v %v, want %s", from, alarms, err, want)
		}
	}
}

func TestBoard(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	w, err := o.Want(t.Context(), Wanted{Title: "Fountains", Text: "I, Canary Jones, am thirsty.", Lang: "en", Name: "Canary Jones", Email: "canary@jones.example"})
	if err != nil {
		t.Fatal(err)
	}
	board := func() []*Wish {
		ws, err := o.Board(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return ws
	}
	if len(board()) != 0 {
		t.Error("nobody has looked at it and it is public")
	}
	for says, r := range map[string]Reply{
		"becomes listed":         {State: WishNew},
		"an answer that says":    {State: WishDeclined},
		"names the dataset":      {State: WishMet},
		"which is of who asked:": {State: WishListed, Text: "Canary would like water"},
	} {
		_, err := o.Reply(t.Context(), w.ID, r)
		refused(t, err, problem.BadRequestData, says)
	}
	if _, err := o.Reply(t.Context(), w.ID, Reply{State: WishMet, Title: "Drinking fountains", Text: "Where water can be drunk.", Answer: "Here it is.", Dataset: "fountains"}); err != nil {
		t.Fatal(err)
	}
	ws := board()
	if len(ws) != 1 || ws[0].Dataset != "fountains" {
		t.Errorf("%+v", ws)
	}
	if err := o.ForgetWish(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	for _, docs := range o.keeper.docs {
		for _, d := range docs {
			if strings.Contains(strings.ToLower(string(d.Body)), "canary") {
				t.Errorf("%s", d.Body)
			}
		}
	}
	if _, err := o.Reply(t.Context(), w.ID, Reply{State: WishHidden}); err != nil || len(board()) != 0 {
		t.Error(err)
	}
	_, err = o.Want(t.Context(), Wanted{Title: "", Lang: "en"})
	refused(t, err, problem.BadRequestData, "subject is missing")
}
