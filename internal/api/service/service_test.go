package service

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/served"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/vocab"
)

const minute = entity.Instant(60_000_000)

// anyone says who sends each request.
type anyone struct{ who access.Caller }

func (a *anyone) Caller(context.Context, access.Evidence) (access.Caller, error) { return a.who, nil }

type desk struct {
	t   *testing.T
	mux *httpx.Mux
	who *anyone
	rec *served.Recorder
	b   *broker.Broker
	now entity.Instant
	// fails makes the files' address answer 500.
	fails bool
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, who: &anyone{access.Caller{Account: "s", Role: access.Steward}}, now: entity.Instant(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC).UnixMicro())}
	now := func() entity.Instant { return d.now }
	st := memstore.New(memstore.Options{Clock: func() time.Time { return d.now.Time() }})
	d.b = broker.New(st, broker.Options{Now: now, Guard: catalogue.Guard})
	sets := catalogue.New(catalogue.Options{Broker: d.b, Log: st, Now: now})
	for _, x := range catalogue.DemoDatasets(map[string]string{"fr": "Clairebeke"})[:2] {
		if err := sets.Put(t.Context(), broker.Call{}, x); err != nil {
			t.Fatal(err)
		}
	}
	if err := sets.Publish(t.Context(), broker.Call{}, "shared-bikes"); err != nil {
		t.Fatal(err)
	}
	d.rec = served.New(served.Options{Records: st, Now: now})
	call := func(*http.Request) (broker.Call, error) { return broker.Call{}, nil }
	api := New(Options{Catalogue: sets, Recorder: d.rec, Call: call, Now: now})
	file := httpx.Route{Method: http.MethodGet, Pattern: "/datasets/{file}", Rule: access.PublicDataset, Name: "file", Summary: "A file", Group: "x", Handle: func(w http.ResponseWriter, _ *http.Request) error {
		if d.fails {
			return io.ErrUnexpectedEOF
		}
		return httpx.NoContent(w)
	}}
	ask := file
	ask.Pattern, ask.Name = "/ngsi-ld/v1/entities", "ask"
	var err error
	if d.mux, err = httpx.New(httpx.Options{Access: d.who, Served: api.Served}, append(api.Routes(), file, ask)...); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) ask(method, path, accept, body string) *httptest.ResponseRecorder {
	d.t.Helper()
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	w := httptest.NewRecorder()
	d.mux.ServeHTTP(w, r)
	return w
}

func (d *desk) service() answer {
	d.t.Helper()
	w := d.ask("GET", "/api/datasets/shared-bikes/service", "", "")
	var out answer
	if err := json.Unmarshal(w.Body.Bytes(), &out); w.Code != 200 || err != nil {
		d.t.Fatal(w.Code, err, w.Body)
	}
	return out
}

func TestWhatWasNotMeasuredIsNotSaid(t *testing.T) {
	d := newDesk(t)
	w := d.ask("GET", "/api/datasets/shared-bikes/service", "", "")
	for _, part := range []string{`"promised":null`, `"promisedBy":"nobody"`, `"availability":null,"latency":null,"freshness":null}`} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("%s is not in %s", part, w.Body)
		}
	}
	g := d.ask("GET", "/api/datasets/shared-bikes/service", "text/turtle", "").Body.String()
	if strings.Contains(g, "QualityMeasurement") || strings.Contains(g, "QualityPolicy") {
		t.Errorf("the graph tells of what is not there:\n%s", g)
	}
}

func TestPromisedBesideMeasured(t *testing.T) {
	d := newDesk(t)
	if w := d.ask("PUT", "/api/service-terms", "", `{"availability":99,"latency":200,"freshness":60,"capacity":600,"notice":30,"use":{"en":"Free."}}`); w.Code != 204 {
		t.Fatal(w.Code, w.Body)
	}
	for range 10 {
		d.rec.Beat()
		d.now += minute
	}
	out, err := d.b.Ingest(t.Context(), broker.Call{}, []entity.Fragment{{ID: "urn:ngsi-ld:BikeHireDockingStation:1", Types: []entity.Name{vocab.Term("BikeHireDockingStation")},
		Attrs: []entity.Instance{{Name: vocab.Term("availableBikeNumber"), Kind: entity.Property, Value: []byte("3"), ObservedAt: d.now - 2*minute}}}})
	if err != nil || out[0].Err != nil {
		t.Fatal(err, out)
	}
	d.ask("GET", "/datasets/shared-bikes.csv", "", "")
	d.fails = true
	d.ask("GET", "/datasets/shared-bikes.csv", "", "")
	d.fails = false
	d.ask("GET", "/ngsi-ld/v1/entities?type=BikeHireDockingStation", "", "")
	// None of these is a request for it.
	d.ask("GET", "/ngsi-ld/v1/entities?type=Vehicle", "", "")
	d.ask("GET", "/ngsi-ld/v1/entities", "", "")
	d.ask("GET", "/datasets/none.csv", "", "")
	d.ask("GET", "/api/datasets/shared-bikes/service", "", "")
	got := d.service()
	m := got.Measured
	if m.Requests != 3 || m.Failed != 1 || m.Availability == nil || m.Availability.Value != 66.666 || m.Availability.Uptime != 100 || m.Latency == nil || m.Latency.P95 <= 0 || m.Freshness == nil || m.Freshness.Age != 120 {
		t.Errorf("measured %+v %+v %+v %+v", m, m.Availability, m.Latency, m.Freshness)
	}
	if k := got.Kept; got.Source != "default" || k.Availability == nil || *k.Availability || k.Latency == nil || !*k.Latency || k.Freshness == nil || *k.Freshness {
		t.Errorf("kept %+v", k)
	}
	for _, form := range graphForms() {
		w := d.ask("GET", "/api/datasets/shared-bikes/service", form, "")
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), form) || !strings.Contains(w.Body.String(), "66.666") {
			t.Errorf("%s: %d %s", form, w.Code, w.Body)
		}
	}
	text := d.ask("GET", "/api/datasets/shared-bikes/service", "text/turtle", "").Body
	g, err := rdf.Read(text, rdf.TurtleForm, "http://localhost/", rdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[rdf.IRI]int{}
	for _, x := range g.Triples() {
		if x.P == rdf.Type {
			found[rdf.IRI(x.O.Value())]++
		}
	}
	for typ, n := range map[rdf.IRI]int{dqvNS + "QualityMeasurement": 3, dqvNS + "Metric": 4, odrlNS + "Constraint": 4, dqvNS + "QualityPolicy": 1} {
		if found[typ] != n {
			t.Errorf("%d of %s, not %d", found[typ], typ, n)
		}
	}
}

func TestOwnTermsComeAndGo(t *testing.T) {
	d := newDesk(t)
	if w := d.ask("PUT", "/api/datasets/shared-bikes/service", "", `{"availability":99.9}`); w.Code != 204 {
		t.Fatal(w.Code, w.Body)
	}
	if got := d.service(); got.Source != "dataset" || got.Terms.Availability != 99.9 || got.Kept.Availability != nil {
		t.Errorf("%+v", got)
	}
	if w := d.ask("DELETE", "/api/datasets/shared-bikes/service", "", ""); w.Code != 204 || d.service().Terms != nil {
		t.Error(w.Code, w.Body)
	}
}

func TestRefusals(t *testing.T) {
	d := newDesk(t)
	for _, x := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/api/datasets/car-parks/service", "", 404}, // a draft
		{"GET", "/api/datasets/shared-bikes/service?x=1", "", 400},
		{"GET", "/api/service-terms", "", 404},
		{"PUT", "/api/service-terms", `{"availability":101}`, 400},
		{"PUT", "/api/service-terms", `{"uptime":99}`, 400},
		{"PUT", "/api/service-terms", `{"freshness":1e300}`, 400},
		{"PUT", "/api/service-terms", `[`, 400},
		{"PUT", "/api/datasets/none/service", `{}`, 404},
	} {
		if w := d.ask(x.method, x.path, "", x.body); w.Code != x.status {
			t.Errorf("%s %s %s: %d %s", x.method, x.path, x.body, w.Code, w.Body)
		}
	}
	d.who.who = access.Nobody()
	for _, path := range []string{"/api/service-terms", "/api/datasets/shared-bikes/service"} {
		if w := d.ask("PUT", path, "", `{}`); w.Code != 401 && w.Code != 403 {
			t.Errorf("%s by nobody: %d", path, w.Code)
		}
	}
	if got := d.service(); got.Slug != "shared-bikes" {
		t.Errorf("everybody may read: %+v", got)
	}
}
