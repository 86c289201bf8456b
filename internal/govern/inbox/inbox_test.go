package inbox

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/vocab"
)

const hour = entity.Instant(3_600_000_000)

// office is a store with an inbox over it.
type office struct {
	t    *testing.T
	b    *broker.Broker
	sets *catalogue.Service
	s    *Service
	now  entity.Instant
	told []string
}

func newOffice(t *testing.T) *office {
	o := &office{t: t, now: 1_780_000_000_000_000}
	now := func() entity.Instant { return o.now }
	st := memstore.New(memstore.Options{TwiceApply: true, Clock: func() time.Time { return o.now.Time() }})
	o.b = broker.New(st, broker.Options{Now: now, Guard: broker.Guards(catalogue.Guard, record.Guard)})
	o.sets = catalogue.New(catalogue.Options{Broker: o.b, Log: st, Now: now})
	o.s = New(Options{Records: record.New(record.Options{Broker: o.b}), Now: now, Told: func(_ context.Context, _ string, n Notice) { o.told = append(o.told, n.Key) }})
	return o
}

func news(key string) News {
	return News{Topic: Deadline, Key: key, Title: map[string]string{"fr": "F", "nl": "N", "en": "E"}, Path: "/requests/1"}
}

func (o *office) tell(n News) bool {
	o.t.Helper()
	isNew, err := o.s.Tell(o.t.Context(), "", n)
	if err != nil {
		o.t.Fatal(err)
	}
	return isNew
}

var (
	ada  = access.Caller{Account: "ada", Role: access.Steward}
	bob  = access.Caller{Account: "bob", Role: access.Reader}
	cleo = access.Caller{Account: "cleo", Role: access.Reader}
)

func (o *office) list(by access.Caller, which State) []Notice {
	o.t.Helper()
	ns, err := o.s.List(o.t.Context(), "", by, which)
	if err != nil {
		o.t.Fatal(err)
	}
	return ns
}

func TestToldOnce(t *testing.T) {
	o := newOffice(t)
	if o.list(ada, "") != nil {
		t.Error("an inbox that nobody told anything is not empty")
	}
	if !o.tell(news("a")) || o.tell(news("a")) || !o.tell(news("b")) {
		t.Error("the same was told twice, or something else not at all")
	}
	o.s = New(Options{Records: o.s.o.Records, Now: o.s.o.Now, Told: o.s.o.Told}) // another process
	if o.tell(news("a")) || len(o.told) != 2 || len(o.list(ada, Open)) != 2 {
		t.Errorf("told %v", o.told)
	}
}

func TestReadDoneSettledAndBack(t *testing.T) {
	o := newOffice(t)
	o.tell(news("a"))
	name := o.list(ada, Open)[0].Name
	o.now += hour
	for range 2 {
		if err := o.s.MarkRead(t.Context(), "", ada, name); err != nil {
			t.Fatal(err)
		}
		o.now += hour
	}
	if n := o.list(ada, Open)[0]; n.Read != n.At+hour {
		t.Errorf("read at %v", n.Read)
	}
	if err := o.s.MarkDone(t.Context(), "", ada, name); err != nil {
		t.Fatal(err)
	}
	if o.tell(news("a")) { // the cause lasts, and somebody knows
		t.Error("what was done was told again")
	}
	if n := o.list(ada, "")[0]; n.State != Done || n.By != "ada" || n.Closed != n.At+3*hour {
		t.Errorf("%+v", n)
	}
	for range 2 {
		if err := o.s.Settle(t.Context(), "", Deadline, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if n := o.list(ada, "")[0]; n.State != Settled || n.By != "ada" {
		t.Errorf("%+v", n)
	}
	o.now += hour
	if !o.tell(news("a")) {
		t.Error("what came back was not told")
	}
	if n := o.list(ada, Open)[0]; n.At != o.now || !n.Read.IsZero() || !n.Closed.IsZero() || n.By != "" {
		t.Errorf("%+v", n)
	}
	if err := o.s.Settle(t.Context(), "", Deadline, "never told"); err != nil {
		t.Error(err)
	}
}

func TestEachSeesWhatIsTheirs(t *testing.T) {
	o := newOffice(t)
	mine := news("to bob")
	mine.Recipient = "bob"
	o.tell(mine)
	o.tell(news("to stewards"))
	for who, want := range map[*access.Caller]string{&ada: "to stewards", &bob: "to bob"} {
		if ns := o.list(*who, ""); len(ns) != 1 || ns[0].Key != want {
			t.Errorf("%s sees %v", who.Account, ns)
		}
	}
	if ns := o.list(cleo, ""); len(ns) != 0 {
		t.Errorf("cleo sees %v", ns)
	}
	if ns := o.list(access.Nobody(), ""); len(ns) != 0 {
		t.Errorf("nobody sees %v", ns)
	}
	name := o.list(bob, "")[0].Name
	for _, bad := range []string{name, "none", "../x", ""} {
		if err := o.s.MarkDone(t.Context(), "", cleo, bad); !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("%q by somebody else: %v", bad, err)
		}
	}
}

func TestUrgentFirst(t *testing.T) {
	o := newOffice(t)
	for i, s := range []Severity{Info, Urgent, Attention, ""} {
		n := news(fmt.Sprint(i))
		n.Severity = s
		o.tell(n)
		o.now += hour
	}
	got := ""
	for _, n := range o.list(ada, Open) {
		got += n.Key
	}
	if got != "1320" {
		t.Errorf("in the order %s", got)
	}
}

func TestNewsIsChecked(t *testing.T) {
	o := newOffice(t)
	for name, spoil := range map[string]func(*News){
		"topic": func(n *News) { n.Topic = "A b" }, "key": func(n *News) { n.Key = "" }, "path": func(n *News) { n.Path = "//evil.example" }, "scheme": func(n *News) { n.Path = "javascript:x" },
		"backslash": func(n *News) { n.Path = `/\evil.example` }, "severity": func(n *News) { n.Severity = "red" }, "language": func(n *News) { n.Title = map[string]string{"fr": "x"} },
	} {
		n := news("x")
		spoil(&n)
		if _, err := o.s.Tell(t.Context(), "", n); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func (o *office) reading(at entity.Instant) {
	o.t.Helper()
	out, err := o.b.Ingest(o.t.Context(), broker.Call{Origin: store.Origin{Source: "x"}}, []entity.Fragment{{ID: "urn:ngsi-ld:BikeHireDockingStation:1", Types: []entity.Name{vocab.Term("BikeHireDockingStation")},
		Attrs: []entity.Instance{{Name: vocab.Term("availableBikeNumber"), Kind: entity.Property, Value: []byte("3"), ObservedAt: at}}}})
	if err != nil || out[0].Err != nil {
		o.t.Fatal(err, out)
	}
}

// Declared hourly, silent for two days: the issue's own example.
func TestASilentDatasetAlarmsOnce(t *testing.T) {
	o := newOffice(t)
	d := catalogue.DemoDatasets(map[string]string{"fr": "Clairebeke"})[0]
	d.Frequency, d.Period = "HOURLY", 0
	if err := o.sets.Put(t.Context(), broker.Call{}, d); err != nil {
		t.Fatal(err)
	}
	if err := o.sets.Publish(t.Context(), broker.Call{}, d.Slug); err != nil {
		t.Fatal(err)
	}
	o.reading(o.now)
	a := &Alarms{Catalogue: o.sets, Inbox: o.s, Now: o.s.o.Now, Tenants: func(context.Context) ([]string, error) { return []string{""}, nil }, Failed: func(err error) { t.Error(err) }}
	look := func() {
		t.Helper()
		if err := a.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if ns := o.list(ada, ""); len(ns) != 0 {
		t.Fatalf("while all is well: %+v", ns)
	}
	o.now += 48 * hour
	look()
	o.now += hour
	look()
	ns := o.list(ada, Open)
	if len(ns) != 1 || len(o.told) != 1 || ns[0].Key != d.Slug+"/frequency" || ns[0].Path != "/inventory?q="+d.Slug || ns[0].Text["en"] == "" {
		t.Fatalf("%+v", ns)
	}
	o.reading(o.now)
	look()
	if ns := o.list(ada, Open); len(ns) != 0 {
		t.Errorf("the data came back: %+v", ns)
	}
	o.now += 48 * hour
	look()
	if len(o.list(ada, Open)) != 1 || len(o.told) != 2 {
		t.Errorf("silent again: told %v", o.told)
	}
}

func TestAFailedRoundIsToldAndTriedAgain(t *testing.T) {
	o := newOffice(t)
	var heard []error
	n := 0
	a := &Alarms{Catalogue: o.sets, Inbox: o.s, Now: o.s.o.Now, Failed: func(err error) { heard = append(heard, err) }, Tenants: func(context.Context) ([]string, error) {
		n++
		return nil, errors.New("no store")
	}}
	ctx, stop := context.WithCancel(t.Context())
	tick := make(chan time.Time)
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, tick) }()
	for range 3 {
		tick <- time.Time{}
	}
	stop()
	if err := <-done; err != nil || n < 2 || len(heard) < 2 {
		t.Errorf("%v: %d rounds, heard %v", err, n, heard)
	}
}
