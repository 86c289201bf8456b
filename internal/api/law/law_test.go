package law

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/duty"
	book "github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// anyone says who sends each request.
type anyone struct{ who access.Caller }

func (a *anyone) Caller(context.Context, access.Evidence) (access.Caller, error) { return a.who, nil }

// shelf is a catalogue of one dataset.
type shelf struct {
	d catalogue.Dataset
	x catalogue.Extent

	terms *catalogue.Terms
}

func (s *shelf) All(context.Context, store.Space) ([]*catalogue.Dataset, error) {
	return []*catalogue.Dataset{&s.d}, nil
}

func (s *shelf) Get(_ context.Context, _ store.Space, slug string) (*catalogue.Dataset, error) {
	if slug != s.d.Slug {
		return nil, problem.New(problem.ResourceNotFound, "there is no dataset %q", slug)
	}
	return &s.d, nil
}

func (s *shelf) Extent(context.Context, store.Space, *catalogue.Dataset) (*catalogue.Extent, error) {
	return &s.x, nil
}

func (s *shelf) TermsOf(context.Context, store.Space, *catalogue.Dataset) (*catalogue.Terms, bool, error) {
	return s.terms, false, nil
}

func (s *shelf) Put(_ context.Context, _ broker.Call, d catalogue.Dataset) error {
	s.d = d
	return nil
}

func (s *shelf) Publish(context.Context, broker.Call, string) error {
	s.d.State = catalogue.Published
	return nil
}

func (s *shelf) Withdraw(context.Context, broker.Call, string) error {
	s.d.State = catalogue.Withdrawn
	return nil
}

type desk struct {
	t   *testing.T
	mux *httpx.Mux
	who *anyone
	set *shelf
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	calendars, err := deadline.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, who: &anyone{access.Caller{Account: "r", Role: access.Reader}},
		set: &shelf{d: catalogue.Dataset{Slug: "bikes", State: catalogue.Published, Licence: "CC_BY_4_0", Contact: catalogue.Contact{Name: "Desk", Email: "desk@city.example"}, HighValue: []string{"c_b79e35eb"}, Period: 60e6}, x: catalogue.Extent{Count: 3}}}
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	b := broker.New(memstore.New(memstore.Options{Clock: func() time.Time { return at }}), broker.Options{Now: func() entity.Instant { return entity.Instant(at.UnixMicro()) }, Guard: record.Guard})
	duties := duty.New(duty.Options{Ledger: duty.Records{Service: record.New(record.Options{Broker: b})}, Shipped: shipped, Calendars: calendars, Catalogue: d.set, Now: func() time.Time { return at }})
	api := New(Options{Duty: duties, Calendars: calendars, Call: func(r *http.Request) (broker.Call, error) {
		return broker.Call{Origin: store.Origin{Account: access.From(r.Context()).Account}}, nil
	}, Now: func() time.Time { return at }, City: func(context.Context) (string, error) { return "Beffroi", nil },
		Ways: func(base string, d *catalogue.Dataset) []duty.Way {
			return []duty.Way{{IRI: base + "/id/distribution/" + d.Slug + "-csv", Format: "CSV", URL: base + "/datasets/" + d.Slug + ".csv"}}
		}})
	if d.mux, err = httpx.New(httpx.Options{Access: d.who}, api.Routes()...); err != nil {
		t.Fatal(err)
	}
	return d
}

var shipped = sync.OnceValues(book.Shipped)

// as changes who asks.
func (d *desk) as(name string, role access.Role) *desk {
	d.who.who = access.Caller{Account: name, Role: role, Via: access.ViaSession}
	return d
}

func (d *desk) ask(method, path, body string, want int) map[string]any {
	d.t.Helper()
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", map[bool]string{false: "application/json", true: "application/yaml"}[strings.HasPrefix(body, "id:")])
	}
	w := httptest.NewRecorder()
	d.mux.ServeHTTP(w, r)
	if w.Code != want {
		d.t.Fatalf("%s %s: %d %.500s, want %d", method, path, w.Code, w.Body, want)
	}
	out := map[string]any{}
	if w.Body.Len() == 0 {
		return out
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		d.t.Fatal(err)
	}
	return out
}

// find gives the item with an id.
func find(t *testing.T, list any, id string) map[string]any {
	t.Helper()
	for _, v := range list.([]any) {
		if m := v.(map[string]any); m["id"] == id {
			return m
		}
	}
	return nil
}

// Readers may ask; nobody else.
func TestWhoMayAsk(t *testing.T) {
	d := newDesk(t)
	d.who.who = access.Nobody()
	d.ask("GET", "/api/law/acts", "", 401)
	d.ask("GET", "/api/law/rules", "", 401)
	d.ask("POST", "/api/law/evaluate", `{"facts":{}}`, 401)
	d.ask("GET", "/api/datasets/bikes/duties", "", 401)
	d.who.who = access.Caller{Account: "sensor", Role: access.Device}
	d.ask("POST", "/api/law/evaluate", `{"facts":{}}`, 403)
	d.ask("GET", "/api/datasets/bikes/duties", "", 403)
}

func TestActs(t *testing.T) {
	got := newDesk(t).ask("GET", "/api/law/acts", "", 200)
	omnibus := find(t, got["acts"], "omnibus-data")
	if omnibus == nil || omnibus["status"] != "pending" || omnibus["says"].(map[string]any)["nl"] == "" {
		t.Errorf("%v", omnibus)
	}
	hvd := find(t, got["acts"], "hvd")
	if hvd == nil || hvd["celex"] != "32023R0138" || hvd["verification"].(map[string]any)["unverified"] != 1.0 {
		t.Errorf("%v", hvd)
	}
	if cal := find(t, got["calendars"], "BE"); cal == nil || cal["verified"] != false {
		t.Errorf("%v", got["calendars"])
	}
	if facts := got["facts"].([]any); facts[0].(map[string]any)["name"] != "holder.kind" {
		t.Errorf("%v", facts[0])
	}
}

// Today, on a date and if adopted are three answers.
func TestRules(t *testing.T) {
	d := newDesk(t)
	for _, tt := range []struct {
		query, in, out string // a rule that is there, one that is not
	}{
		{"", "G-33", "AI-26"},
		{"?on=2026-11-25", "AI-50.1", "EUDI-5f1"},
		{"?on=2027-12-02", "AI-26", "CRA.f"},
		{"?on=2024-06-08", "G-33", "HVD-3.1"},
		{"?adopted=omnibus-data", "OMN-G33", "G-33"},
		{"?adopted=omnibus-data,inspire-simplification", "INS-S", "INS-7"},
	} {
		got := d.ask("GET", "/api/law/rules"+tt.query, "", 200)
		if find(t, got["rules"], tt.in) == nil || find(t, got["rules"], tt.out) != nil {
			t.Errorf("%s: want %s and not %s", tt.query, tt.in, tt.out)
		}
	}
	r := find(t, d.ask("GET", "/api/law/rules", "", 200)["rules"], "HVD-3.2")
	if r["article"] != "Art. 3(2)" || r["metIf"] != "dataset.apiTerms && dataset.qos" || r["from"] != "2024-06-09" || r["verification"] != "read" || r["status"] != "inForce" {
		t.Errorf("%v", r)
	}
	d.ask("GET", "/api/law/rules?on=tomorrow", "", 400)
	d.ask("GET", "/api/law/rules?adopted=gdpr", "", 400)
	d.ask("GET", "/api/law/rules?set=gdpr", "", 400)
}

func TestEvaluate(t *testing.T) {
	d := newDesk(t)
	got := d.ask("POST", "/api/law/evaluate", `{"on":"2026-03-16","facts":{"holder.country":"FR","holder.kind":"publicSectorBody","request.kind":"protectedReuse","request.receivedAt":"2026-03-14T10:00:00+01:00","dataset.exists":null}}`, 200)
	if got["calendar"].(map[string]any)["id"] != "FR" || got["on"] != "2026-03-16" {
		t.Errorf("%v", got["calendar"])
	}
	duty := find(t, got["duties"], "DGA-9.1")
	due, _ := duty["due"].(map[string]any)
	if duty["applies"] != "yes" || due["last"] != "2026-05-15" || due["extended"] != "2026-06-15" || due["extendedIf"].(map[string]any)["en"] == "" {
		t.Errorf("%v", duty)
	}
	steps := due["steps"].([]any)
	if holiday := steps[len(steps)-1].(map[string]any); holiday["rule"] != "T9" || holiday["holiday"].(map[string]any)["fr"] != "Ascension" {
		t.Errorf("%v", steps)
	}
	if open := find(t, got["duties"], "DGA-5.2-5"); open["applies"] != "open" || open["met"] != nil || !slices.Equal(open["missing"].([]any), []any{"holder.competentForReuse"}) {
		t.Errorf("%v", open)
	}
	if find(t, got["duties"], "G-12.3") != nil {
		t.Error("a duty that does not apply is told")
	}
	// Without a country there are no days off, and so no last days.
	got = d.ask("POST", "/api/law/evaluate", `{"facts":{"request.kind":"dataSubject","request.receivedAt":"2027-06-14T10:00:00+02:00"}}`, 200)
	if duty = find(t, got["duties"], "G-12.3"); duty["due"] != nil || got["calendar"] != nil {
		t.Errorf("%v", duty)
	}
	got = d.ask("POST", "/api/law/evaluate", `{"calendar":"BE","facts":{"request.kind":"dataSubject","request.receivedAt":"2027-06-14T10:00:00+02:00"}}`, 200)
	if due, _ = find(t, got["duties"], "G-12.3")["due"].(map[string]any); due["last"] != "2027-07-14" || due["tellBy"] != "2027-07-14" {
		t.Errorf("%v", due)
	}
	got = d.ask("POST", "/api/law/evaluate", `{"adopted":["omnibus-data"],"facts":{"breach.risk":"high"}}`, 200)
	if duty = find(t, got["duties"], "OMN-G33"); duty["clockFrom"] != "breach.awareAt" || duty["status"] != "pending" || find(t, got["duties"], "G-33") != nil {
		t.Errorf("%v", duty)
	}
	for _, body := range []string{`{"facts":{"dataset.colour":true}}`, `{"facts":{"holder.fte":1.5}}`, `{"facts":{},"on":"25/11/2026"}`, `{"facts":{},"adopted":["hvd"]}`, `{"facts":{},"calendar":"DE"}`, `{"fact":{}}`, `[]`} {
		d.ask("POST", "/api/law/evaluate", body, 400)
	}
}

// What the catalogue knows is answered, the rest is open.
func TestDatasetDuties(t *testing.T) {
	d := newDesk(t)
	got := d.ask("GET", "/api/datasets/bikes/duties", "", 200)
	facts := got["facts"].(map[string]any)
	if facts["dataset.exists"] != true || facts["dataset.dynamic"] != true || facts["dataset.licenceOpen"] != true || !slices.Equal(facts["dataset.hvdCategory"].([]any), []any{"mobility"}) || facts["holder.kind"] != nil || facts["dataset.qos"] != nil {
		t.Errorf("%v", facts)
	}
	duty := find(t, got["duties"], "HVD-3.2")
	if duty["applies"] != "open" || !slices.Equal(duty["missing"].([]any), []any{"holder.kind"}) {
		t.Errorf("%v", duty)
	}
	got = d.ask("GET", "/api/datasets/bikes/duties?on=2024-06-08", "", 200)
	if find(t, got["duties"], "HVD-3.2") != nil || find(t, got["duties"], "ODD-5.5") == nil {
		t.Error("a duty that did not hold yet is told, or one that did is not")
	}
	got = d.ask("GET", "/api/datasets/bikes/duties?adopted=omnibus-data", "", 200)
	if find(t, got["duties"], "OMN-ODD") == nil {
		t.Error("the proposal is not there")
	}
	d.ask("GET", "/api/datasets/cars/duties", "", 404)
	d.ask("GET", "/api/datasets/bikes/duties?lang=fr", "", 400)
}

func asText(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Today is the day where the law is applied, not where the clock's zone is.
func TestTodayIsLocal(t *testing.T) {
	calendars, err := deadline.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]string{"2026-11-25T22:59:59Z": "2026-11-25", "2026-11-25T23:00:00Z": "2026-11-26", "2026-07-01T22:00:00Z": "2026-07-02"} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		a := New(Options{Calendars: calendars, Now: func() time.Time { return at }})
		for _, calendar := range []string{"", "BE", "FR"} {
			if got, err := a.day("", calendar); err != nil || got.String() != want {
				t.Errorf("%s in %q: %s %v, want %s", now, calendar, got, err, want)
			}
		}
	}
}
