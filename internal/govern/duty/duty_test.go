package duty

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// shelf is a catalogue in memory.
type shelf struct {
	sets   []*catalogue.Dataset
	extent catalogue.Extent
	terms  *catalogue.Terms
}

func (s *shelf) All(context.Context, store.Space) ([]*catalogue.Dataset, error) { return s.sets, nil }

func (s *shelf) Get(_ context.Context, _ store.Space, slug string) (*catalogue.Dataset, error) {
	for _, d := range s.sets {
		if d.Slug == slug {
			return d, nil
		}
	}
	return nil, problem.New(problem.ResourceNotFound, "there is no dataset %q", slug)
}

func (s *shelf) Extent(context.Context, store.Space, *catalogue.Dataset) (*catalogue.Extent, error) {
	return &s.extent, nil
}

func (s *shelf) change(slug string, f func(d *catalogue.Dataset)) {
	i := slices.IndexFunc(s.sets, func(d *catalogue.Dataset) bool { return d.Slug == slug })
	d := *s.sets[i]
	f(&d)
	s.sets[i] = &d
}

func (s *shelf) TermsOf(context.Context, store.Space, *catalogue.Dataset) (*catalogue.Terms, bool, error) {
	return s.terms, false, nil
}

func (s *shelf) Put(_ context.Context, _ broker.Call, d catalogue.Dataset) error {
	s.change(d.Slug, func(to *catalogue.Dataset) { *to = d })
	return nil
}

func (s *shelf) Publish(_ context.Context, _ broker.Call, slug string) error {
	s.change(slug, func(d *catalogue.Dataset) { d.State = catalogue.Published })
	return nil
}

func (s *shelf) Withdraw(_ context.Context, _ broker.Call, slug string) error {
	s.change(slug, func(d *catalogue.Dataset) { d.State = catalogue.Withdrawn })
	return nil
}

type office struct {
	*Service
	t   *testing.T
	set *shelf
	led Ledger
	at  time.Time
}

var ctx = context.Background()

var shippedOnce = sync.OnceValues(law.Shipped)

func complete(slug string) *catalogue.Dataset {
	three := catalogue.Texts{"fr": "Vélos", "nl": "Fietsen", "en": "Bikes"}
	return &catalogue.Dataset{Slug: slug, Title: three, Description: three, Licence: "CC_BY_4_0", Publisher: catalogue.Agent{Name: "City"}, Contact: catalogue.Contact{Name: "Desk", Email: "desk@city.example"},
		Themes: []string{"TRAN"}, Frequency: "DAILY", Selection: catalogue.Selection{Types: []entity.Name{"https://beffroi.eu/ns/city/Bike"}}, Period: 60e6}
}

func newOffice(t *testing.T) *office {
	t.Helper()
	calendars, err := deadline.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, set: &shelf{extent: catalogue.Extent{Count: 3, Period: 60e6}}, at: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
	draft, out := complete("bikes"), complete("air")
	out.State = catalogue.Published
	gone := complete("old")
	gone.State = catalogue.Withdrawn
	o.set.sets = []*catalogue.Dataset{out, draft, gone}
	st := memstore.New(memstore.Options{Clock: func() time.Time { return o.at }})
	b := broker.New(st, broker.Options{Now: func() entity.Instant { return entity.Instant(o.at.UnixMicro()) }, Guard: record.Guard})
	o.led = Records{record.New(record.Options{Broker: b})}
	o.Service = New(Options{Ledger: o.led, Shipped: shippedOnce, Calendars: calendars, Catalogue: o.set, Now: func() time.Time { o.at = o.at.Add(time.Second); return o.at }})
	return o
}

func as(account string) broker.Call { return broker.Call{Origin: store.Origin{Account: account}} }

func person(name string) access.Caller {
	return access.Caller{Account: name, Role: access.Administrator, Via: access.ViaSession}
}

var today = Asking{Date: deadline.On(2026, time.November, 25)}

func (o *office) tell(slug string, values map[string]any) {
	o.t.Helper()
	var err error
	if slug == "" {
		err = o.TellHolder(ctx, as("ann"), values)
	} else {
		err = o.TellDataset(ctx, as("ann"), slug, values)
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) duty(slug, rule string) *Duty {
	o.t.Helper()
	st, err := o.Dataset(ctx, as("ann"), slug, today)
	if slug == "" {
		st, err = o.Organisation(ctx, as("ann"), today)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	for i := range st.Duties {
		if st.Duties[i].Rule.ID == rule {
			return &st.Duties[i]
		}
	}
	return nil
}

// The holder's facts hold for every dataset; who said what stays.
func TestAnswersAreKept(t *testing.T) {
	o := newOffice(t)
	if d := o.duty("air", "HVD-3.1"); d == nil || d.Standing != Maybe || d.Actor != ByHolder {
		t.Fatalf("before: %+v", d)
	}
	o.tell("", map[string]any{"holder.kind": "publicSectorBody", "holder.country": "FR"})
	o.tell("air", map[string]any{"dataset.environmentalInformation": true})
	if d := o.duty("air", "HVD-3.1"); d.Standing != Met || d.Actor != ByNobody {
		t.Errorf("told and published: %s %s", d.Standing, d.Actor)
	}
	if d := o.duty("bikes", "HVD-3.1"); d.Standing != Maybe || slices.Contains(d.Missing, "holder.kind") {
		t.Errorf("the holder's answer holds for the other dataset: %+v", d)
	}
	first, err := o.Holder(ctx, as("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.TellHolder(ctx, as("bob"), map[string]any{"holder.kind": "publicSectorBody", "holder.population": 50000.0, "holder.country": nil}); err != nil {
		t.Fatal(err)
	}
	now, err := o.Holder(ctx, as("x"))
	if err != nil {
		t.Fatal(err)
	}
	if now["holder.kind"] != first["holder.kind"] || now["holder.kind"].By != "ann" || now["holder.population"].By != "bob" || len(now) != 2 {
		t.Errorf("%+v", now)
	}
}

func TestWhatCannotBeTold(t *testing.T) {
	o := newOffice(t)
	for name, c := range map[string]struct {
		slug   string
		values map[string]any
		kind   problem.Kind
	}{
		"of a dataset":    {"", map[string]any{"dataset.personal": true}, problem.BadRequestData},
		"of the holder":   {"air", map[string]any{"holder.fte": 3.0}, problem.BadRequestData},
		"no fact":         {"air", map[string]any{"dataset.colour": "red"}, problem.BadRequestData},
		"no such value":   {"", map[string]any{"holder.kind": "bakery"}, problem.BadRequestData},
		"no such dataset": {"trams", map[string]any{"dataset.personal": true}, problem.ResourceNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			tell := func() error { return o.TellDataset(ctx, as("a"), c.slug, c.values) }
			if c.slug == "" {
				tell = func() error { return o.TellHolder(ctx, as("a"), c.values) }
			}
			err := tell()
			if !problem.Is(err, c.kind) {
				t.Error(err)
			}
		})
	}
	if all, _ := o.led.List(ctx, as(""), KindAnswers); len(all) != 0 {
		t.Errorf("%d records", len(all))
	}
}

// What is measured wins over what is told, and the difference is shown.
func TestMeasuredWins(t *testing.T) {
	o := newOffice(t)
	o.tell("bikes", map[string]any{"dataset.published": true, "dataset.personal": false})
	st, err := o.Dataset(ctx, as("a"), "bikes", today)
	if err != nil {
		t.Fatal(err)
	}
	if st.Known.Facts["dataset.published"] != false || st.Known.Sources["dataset.published"] != Measured || !slices.Equal(st.Known.Against, []string{"dataset.published"}) || st.Known.Sources["dataset.personal"] != FromDataset {
		t.Errorf("%+v", st.Known)
	}
}

func TestEvidence(t *testing.T) {
	o := newOffice(t)
	o.tell("", map[string]any{"holder.kind": "publicSectorBody"})
	o.tell("air", map[string]any{"dataset.environmentalInformation": true})
	bad := map[string][4]string{"nothing": {"air", "HVD-4.2", "", ""}, "no address": {"air", "HVD-4.2", "javascript:alert(1)", ""}, "no rule": {"air", "X", "", "n"}, "elsewhere": {"", "HVD-4.2", "", "n"}}
	for name, c := range bad {
		if _, err := o.AddEvidence(ctx, as("a"), c[0], c[1], c[2], c[3]); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d := o.duty("air", "HVD-4.2"); d.Standing != Asked {
		t.Fatalf("a person must say: %+v", d)
	}
	e, err := o.AddEvidence(ctx, as("ann"), "air", "HVD-4.2", "https://city.example/old", "")
	if err != nil {
		t.Fatal(err)
	}
	if d := o.duty("air", "HVD-4.2"); d.Standing != Met || len(d.Evidence) != 1 || d.Evidence[0].By != "ann" {
		t.Errorf("%+v", d)
	}
	if err := o.EndEvidence(ctx, as("bob"), "bikes", e.ID); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("of another dataset: %v", err)
	}
	if err := o.EndEvidence(ctx, as("bob"), "air", e.ID); err != nil {
		t.Fatal(err)
	}
	if d := o.duty("air", "HVD-4.2"); d.Standing != Asked {
		t.Errorf("taken back: %+v", d)
	}
	if kept, _ := o.led.Get(ctx, as(""), KindEvidence, e.ID); !kept.Final || !strings.Contains(string(kept.Body), `"endedBy":"bob"`) {
		t.Errorf("it stays on record: %s", kept.Body)
	}
}

// Evidence never makes a duty met that facts say is not, or whose rule nobody
// checked with the official text.
func TestEvidenceIsNoMagic(t *testing.T) {
	for name, c := range map[string]struct {
		applies, met law.Answer
		verification law.Verification
		evidence     int
		want         Standing
	}{
		"facts say no":                {law.Yes, law.No, law.Read, 1, Unmet},
		"not checked":                 {law.Yes, law.Open, law.Unverified, 1, Asked},
		"not checked, facts say yes":  {law.Yes, law.Yes, law.Unverified, 1, Asked},
		"not checked, facts say no":   {law.Yes, law.No, law.Unverified, 1, Unmet},
		"a person says so":            {law.Yes, law.Open, law.Secondary, 1, Met},
		"nobody says":                 {law.Yes, law.Open, law.Read, 0, Asked},
		"facts say yes":               {law.Yes, law.Yes, law.Read, 0, Met},
		"perhaps it does not apply":   {law.Open, law.Open, law.Read, 1, Maybe},
		"perhaps, and facts were met": {law.Open, law.Yes, law.Read, 0, Maybe},
	} {
		f := law.Finding{Rule: &law.Rule{Verification: c.verification}, Applies: c.applies, Met: c.met}
		if got := standing(&f, c.evidence); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// A signed assessment stays as it is whatever follows; the next one stands
// beside it.
func TestAssessmentsStay(t *testing.T) {
	o := newOffice(t)
	o.tell("", map[string]any{"holder.kind": "publicSectorBody"})
	o.tell("air", map[string]any{"dataset.environmentalInformation": true})
	a, err := o.Sign(ctx, as("ann"), "air", today, "for the council")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(a.Duties, func(d AssessedDuty) bool { return d.Rule == "HVD-3.1" })
	if a.Number != 1 || a.By != "ann" || a.Versions["hvd"] == "" || i < 0 || a.Duties[i].Standing != Met || a.Sources["holder.kind"] != FromHolder {
		t.Errorf("%+v", a)
	}
	e, err := o.led.Get(ctx, as(""), KindAssessment, "air-0001")
	if err != nil || !e.Final {
		t.Fatalf("%v %v", e, err)
	}
	before := string(e.Body)
	e.Body = []byte("{}")
	if err := o.led.Put(ctx, as("root"), e); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("it was changed: %v", err)
	}
	o.tell("air", map[string]any{"dataset.environmentalInformation": false})
	if _, err := o.Sign(ctx, as("bob"), "air", today, ""); err != nil {
		t.Fatal(err)
	}
	all, err := o.Assessments(ctx, as("x"), "air")
	if err != nil || len(all) != 2 || all[0].Facts["dataset.environmentalInformation"] != true || all[1].Facts["dataset.environmentalInformation"] != false {
		t.Errorf("%v %v", all, err)
	}
	if now, _ := o.led.Get(ctx, as(""), KindAssessment, "air-0001"); string(now.Body) != before {
		t.Error("the first one changed")
	}
}
