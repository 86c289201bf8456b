package infopoint

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

type anyone struct{ who access.Caller }

func (a *anyone) Caller(context.Context, access.Evidence) (access.Caller, error) { return a.who, nil }

func TestInformationPoint(t *testing.T) {
	now := func() entity.Instant { return 1_780_000_000_000_000 }
	st := memstore.New(memstore.Options{})
	sets := catalogue.New(catalogue.Options{Broker: broker.New(st, broker.Options{Now: now, Guard: catalogue.Guard}), Log: st, Now: now})
	for i, d := range catalogue.DemoDatasets(map[string]string{"fr": "Clairebeke"})[:3] {
		if i == 0 {
			d.Access, d.Reason, d.Description["en"] = "NON_PUBLIC", "commercial", "=HYPERLINK(\"x\")"
		}
		if err := sets.Put(t.Context(), broker.Call{}, d); err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			if err := sets.Publish(t.Context(), broker.Call{}, d.Slug); err != nil {
				t.Fatal(err)
			}
		}
	}
	who := &anyone{access.Caller{Account: "ada", Role: access.Steward}}
	mux, err := httpx.New(httpx.Options{Access: who}, New(Options{Catalogue: sets, Call: func(*http.Request) (broker.Call, error) { return broker.Call{}, nil },
		Graph: func(_ context.Context, base string, _ store.Space) (*rdf.Graph, error) {
			g := &rdf.Graph{}
			g.Add(rdf.IRI(base), rdf.Type, rdf.Ref("http://www.w3.org/ns/dcat#Catalog"))
			return g, nil
		}, Ask: func(slug string) string { return "/ask/" + slug }}).Routes()...)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string, status int) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != status {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		return w
	}
	list := func() []item {
		t.Helper()
		var out struct {
			Datasets []item `json:"datasets"`
		}
		if err := json.Unmarshal(ask("GET", "/api/information-point", "", 200).Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		return out.Datasets
	}
	got := list()
	if len(got) != 1 || got[0].Slug != "shared-bikes" || strings.Join(got[0].Untold, " ") != "format size conditions" || got[0].Ask != "/ask/shared-bikes" || got[0].ReasonText["en"] == "" {
		t.Fatalf("%+v", got)
	}
	ask("PUT", "/api/datasets/shared-bikes/protection", `{"format":"CSV","size":1200,"conditions":{"fr":"F","nl":"N","en":"E"}}`, 204)
	if got := list(); got[0].Untold != nil || got[0].Format != "CSV" || got[0].Size != 1200 || got[0].Conditions["en"] != "E" {
		t.Errorf("%+v", got)
	}
	rows, err := csv.NewReader(ask("GET", "/information-point.csv", "", 200).Body).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	cell := map[string]string{}
	for i, name := range rows[0] {
		cell[name] = rows[1][i]
	}
	for name, want := range map[string]string{"identifier": "http://localhost/id/dataset/shared-bikes", "format": "CSV", "size_bytes": "1200", "conditions_nl": "N", "reason": "commercial", "access_rights": "NON_PUBLIC",
		"ask_at": "http://localhost/ask/shared-bikes", "description_en": "'=HYPERLINK(\"x\")", "applicable_legislation": catalogue.GovernanceAct} {
		if cell[name] != want {
			t.Errorf("%s is %q, want %q", name, cell[name], want)
		}
	}
	for path, media := range map[string]string{"/information-point.ttl": "text/turtle; charset=utf-8", "/information-point.jsonld": "application/ld+json"} {
		if w := ask("GET", path, "", 200); w.Header().Get("Content-Type") != media || !strings.Contains(w.Body.String(), "dcat#Catalog") {
			t.Errorf("%s: %v %s", path, w.Header(), w.Body)
		}
	}
	ask("PUT", "/api/datasets/shared-bikes/protection", `{"format":"EXE"}`, 400)
	ask("PUT", "/api/datasets/shared-bikes/protection", `{"x":1}`, 400)
	ask("PUT", "/api/datasets/none/protection", `{}`, 404)
	ask("GET", "/api/information-point?x=1", "", 400)
	who.who = access.Nobody()
	if len(list()) != 1 {
		t.Error("the list is not for everybody")
	}
	ask("PUT", "/api/datasets/shared-bikes/protection", `{}`, 401)
}
