package portal

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/govern/series"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/vocab"
)

// anyone says who sends each request.
type anyone struct{ who access.Caller }

func (a *anyone) Caller(context.Context, access.Evidence) (access.Caller, error) { return a.who, nil }

type town struct {
	t   *testing.T
	b   *broker.Broker
	s   *catalogue.Service
	mux *httpx.Mux
	who *anyone
	now entity.Instant
}

func newTown(t *testing.T) *town {
	c := &town{t: t, now: 1_780_000_000_000_000, who: &anyone{access.Local()}}
	st := memstore.New(memstore.Options{Clock: func() time.Time { return c.now.Time() }})
	now := func() entity.Instant { return c.now }
	c.b = broker.New(st, broker.Options{Now: now, Guard: catalogue.Guard})
	c.s = catalogue.New(catalogue.Options{Broker: c.b, Log: st, Now: now})
	policy := access.NewPolicy(access.Settings{}, nil, c.s)
	api := New(Options{Broker: c.b, Store: st, Now: now, Catalogue: c.s, Index: NewIndex(st, c.b), Describe: graphOf, WouldBe: wouldBe, Series: series.New(series.Options{Records: record.New(record.Options{Broker: c.b}), Datasets: c.s, Now: now}),
		City: func(context.Context) (City, error) { return City{Name: "Clairebeke", Synthetic: true}, nil },
		Call: func(r *http.Request) (broker.Call, error) {
			who := access.From(r.Context())
			a, err := policy.Restriction(r.Context(), store.Space{}, who)
			return broker.Call{Access: a, Origin: store.Origin{Account: who.Account}}, err
		}})
	var err error
	if c.mux, err = httpx.New(httpx.Options{Access: c.who}, api.Routes()...); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *town) ask(method, path, body string, want int) map[string]any {
	c.t.Helper()
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	c.mux.ServeHTTP(w, r)
	if w.Code != want {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, w.Code, w.Body, want)
	}
	out := map[string]any{}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			c.t.Fatal(err)
		}
	}
	return out
}

func (c *town) station(id string, bikes int) {
	c.t.Helper()
	out, err := c.b.Ingest(c.t.Context(), broker.Call{Origin: store.Origin{Source: "bikes"}}, []entity.Fragment{{ID: entity.ID("urn:ngsi-ld:BikeHireDockingStation:" + id),
		Types: []entity.Name{vocab.Term("BikeHireDockingStation")}, Attrs: []entity.Instance{
			{Name: vocab.Term("availableBikeNumber"), Kind: entity.Property, Value: fmt.Appendf(nil, "%d", bikes), ObservedAt: c.now, Unit: "C62"},
			{Name: vocab.Term("name"), Kind: entity.LanguageProperty, Value: []byte(`{"fr":"Gare","nl":"Station"}`)},
			{Name: vocab.Location, Kind: entity.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[3.2,50.6]}`)}}}})
	if err != nil || out[0].Err != nil {
		c.t.Fatal(err, out)
	}
}

const bikes = `{"title":{"fr":"Vélos","nl":"Fietsen","en":"Bikes"},"description":{"fr":"Des vélos à louer","nl":"Fietsen te huur","en":"Bikes to hire"},"license":"CC_BY_4_0",
"publisher":{"name":"Mobilité"},"contact":{"name":"Desk","email":"desk@city.example"},"themes":["TRAN"],"frequency":"1MIN","keywords":{"fr":["pédale"]},
"selection":{"types":["BikeHireDockingStation"]},"layer":"bikes","period":60}`

// A steward describes and publishes; then everybody sees it, as the page asks
// for it.
func TestFromDraftToPage(t *testing.T) {
	c := newTown(t)
	c.station("1", 3)
	c.now += 60e6
	c.station("1", 4)
	c.ask("PUT", "/api/datasets/bikes", bikes, 204)
	c.who.who = access.Nobody()
	if got := c.ask("GET", "/api/datasets", "", 200); len(got["datasets"].([]any)) != 0 {
		t.Errorf("a draft is listed: %v", got)
	}
	c.ask("GET", "/api/datasets/bikes", "", 404)
	c.ask("POST", "/api/datasets/bikes/publish", "", 401)
	c.ask("PUT", "/api/datasets/other", bikes, 401)
	c.ask("DELETE", "/api/datasets/bikes", "", 401)
	c.who.who = access.Caller{Account: "ed", Role: access.Editor}
	c.ask("POST", "/api/datasets/bikes/publish", "", 403)
	c.who.who = access.Caller{Account: "stew", Role: access.Steward}
	c.ask("POST", "/api/datasets/bikes/publish", "", 204)
	c.who.who = access.Nobody()
	got := c.ask("GET", "/api/datasets/bikes?lang=nl", "", 200)
	var formats, distributions []any
	for _, f := range catalogue.Files() {
		formats = append(formats, f.Name)
		distributions = append(distributions, map[string]any{"format": f.Name, "href": "/datasets/bikes." + f.Ext})
	}
	want := map[string]any{
		"slug": "bikes", "title": map[string]any{"fr": "Vélos", "nl": "Fietsen", "en": "Bikes"}, "description": map[string]any{"fr": "Des vélos à louer", "nl": "Fietsen te huur", "en": "Bikes to hire"},
		"publisher": "Mobilité", "license": map[string]any{"id": "CC_BY_4_0", "title": "Creative Commons Attribution 4.0 (CC BY 4.0)", "url": "https://creativecommons.org/licenses/by/4.0/"},
		"themes": []any{"http://publications.europa.eu/resource/authority/data-theme/TRAN"}, "frequency": "http://publications.europa.eu/resource/authority/frequency/1MIN",
		"keywords": map[string]any{"fr": []any{"pédale"}}, "issued": c.now.String(), "modified": c.now.String(), "count": 1.0, "bbox": []any{3.2, 50.6, 3.2, 50.6},
		"temporal": []any{(c.now - 60e6).String(), c.now.String()}, "formats": formats, "href": "/id/dataset/bikes", "layer": "bikes", "synthetic": true,
		"contact": map[string]any{"name": "Desk", "email": "desk@city.example"}, "freshness": map[string]any{"at": c.now.String(), "period": 60.0, "measured": 60.0},
		"distributions": distributions,
		"links": map[string]any{"turtle": "/id/dataset/bikes.ttl", "jsonld": "/id/dataset/bikes.jsonld", "n-triples": "/id/dataset/bikes.nt",
			"rdf-xml": "/id/dataset/bikes.rdf", "quality": "/id/quality/bikes", "croissant": "/api/datasets/bikes/croissant",
			"ngsi-ld": "/ngsi-ld/v1/entities?type=https%3A%2F%2Fsmartdatamodels.org%2FdataModel.Transportation%2FBikeHireDockingStation&limit=20",
			"live":    "/live?types=https%3A%2F%2Fsmartdatamodels.org%2FdataModel.Transportation%2FBikeHireDockingStation"},
		"sample": []any{map[string]any{"id": "urn:ngsi-ld:BikeHireDockingStation:1", "observedAt": c.now.String(), "name": "Station", "availableBikeNumber": 4.0, "lon": 3.2, "lat": 50.6}},
	}
	fields := got["fields"].([]any)
	delete(got, "fields")
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(fields) != 3 || fmt.Sprint(fields[0]) != "map[iri:https://smartdatamodels.org/dataModel.Transportation/availableBikeNumber name:availableBikeNumber type:number unit:C62]" {
		t.Errorf("fields: %v", fields)
	}
	list := c.ask("GET", "/api/datasets?lang=fr", "", 200)["datasets"].([]any)
	if one := list[0].(map[string]any); len(list) != 1 || one["count"] != 1.0 || one["sample"] != nil {
		t.Errorf("list: %v", list)
	}
	for text, n := range map[string]int{"velo": 1, "fietsen": 1, "Hire": 1, "pedale": 1, "moto": 0} {
		groups := c.ask("GET", "/api/search?lang=fr&q="+text, "", 200)["groups"].([]any)
		if len(groups) != n {
			t.Errorf("%s: %v", text, groups)
			continue
		}
		if n == 1 {
			if g := groups[0].(map[string]any); g["kind"] != "dataset" || fmt.Sprint(g["hits"]) != "[map[href:/id/dataset/bikes id:bikes sub:Mobilité title:Vélos]]" {
				t.Errorf("%s: %v", text, g)
			}
		}
	}
	c.who.who = access.Local()
	c.ask("DELETE", "/api/datasets/bikes", "", 204)
	c.ask("GET", "/api/datasets/bikes", "", 410)
}

func TestBadDescriptions(t *testing.T) {
	c := newTown(t)
	for name, body := range map[string]string{
		"not JSON": `{`, "unknown member": `{"titel":{}}`, "period": `{"period":-1}`, "licence": `{"license":"mine"}`, "type": `{"selection":{"types":["Bike"]}}`,
		"twice": `{"layer":"a","layer":"b"}`,
	} {
		if got := c.ask("PUT", "/api/datasets/x", body, 400); got["detail"] == "" {
			t.Errorf("%s: %v", name, got)
		}
	}
	c.ask("PUT", "/api/datasets/Not%20a%20slug", bikes, 400)
	c.ask("PUT", "/api/datasets/empty", `{}`, 204)
	got := c.ask("POST", "/api/datasets/empty/publish", "", 400)
	for _, want := range []string{"title in fr", "licence", "contact", "selection"} {
		if !strings.Contains(got["detail"].(string), want) {
			t.Errorf("nothing of %s: %v", want, got["detail"])
		}
	}
	c.ask("POST", "/api/datasets/none/publish", "", 404)
	c.ask("DELETE", "/api/datasets/empty", "", 422)
}

// What docs/howto/datasets.md tells people to send is taken and published.
func TestHowToIsRight(t *testing.T) {
	page, err := os.ReadFile("../../../docs/howto/datasets.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "-d '")
	body, _, closed := strings.Cut(rest, "}'\n```")
	if !ok || !closed {
		t.Fatal("the page has no example")
	}
	c := newTown(t)
	c.ask("PUT", "/api/datasets/shared-bikes", body+"}", 204)
	c.ask("POST", "/api/datasets/shared-bikes/publish", "", 204)
	if got := c.ask("GET", "/api/datasets/shared-bikes", "", 200); got["layer"] != "bikes" {
		t.Error(got)
	}
}
