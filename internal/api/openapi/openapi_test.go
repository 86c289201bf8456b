package openapi_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/openapi"
)

func nothing(http.ResponseWriter, *http.Request) error { return nil }

func TestDescribesEveryRoute(t *testing.T) {
	a := openapi.New(openapi.Options{Title: "t", Version: "1", Schemas: map[string]any{"Thing": map[string]any{"type": "object"}},
		Webhooks: map[string]httpx.Description{"news": {Body: []httpx.Media{{Type: "application/json", Schema: httpx.SchemaOf("Thing")}}, Answers: []httpx.Answer{{Status: 200, Description: "It has arrived."}}}}})
	tells := func() httpx.Description {
		return httpx.Description{
			Params:  []httpx.Param{{Name: "q", In: "query", Description: "<b>what</b>", Example: "a>1"}, {Name: "n", In: "query", Description: "how many", Example: "2", Schema: httpx.Schema{"type": "integer"}}},
			Answers: []httpx.Answer{{Status: 200, Description: "The thing.", Headers: []string{"Link"}, Body: []httpx.Media{{Type: "application/json", Schema: httpx.SchemaOf("Thing")}}}},
		}
	}
	routes := append(a.Routes(), openapi.StyleRoute(),
		httpx.Route{Method: "GET", Pattern: "/things/{id}", Rule: access.Read, Name: "one", Summary: "One <thing>", Group: "Things", Handle: nothing, Describe: tells},
		httpx.Route{Method: "POST", Pattern: "/things", Rule: access.Anyone, Name: "make", Summary: "Make", Group: "Things", Style: httpx.NGSILD, Handle: nothing},
		httpx.Route{Method: "GET", Pattern: "/files/{rest...}", Rule: access.Anyone, Name: "file", Summary: "File", Group: "Files", Handle: nothing})
	a.Describe(routes)
	mux, err := httpx.New(httpx.Options{Access: access.NewPolicy(access.Settings{}, nil, nil)}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "http://127.0.0.1:8080"+path, nil)
		addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
		ctx := httpx.OnListener(r.Context(), addr)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r.WithContext(ctx))
		return w
	}
	w := ask("/openapi.json")
	var doc struct {
		OpenAPI  string
		Servers  []struct{ URL string }
		Webhooks map[string]any
		Paths    map[string]map[string]struct {
			OperationID string
			Parameters  []struct {
				Name, In string
				Example  any
			}
			Security  []any
			Responses map[string]struct {
				Content map[string]any
				Headers map[string]any
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	if doc.OpenAPI != "3.1.0" || doc.Webhooks["news"] == nil || doc.Servers[0].URL != "http://127.0.0.1:8080" {
		t.Errorf("%+v", doc)
	}
	n := 0
	for _, item := range doc.Paths {
		n += len(item)
	}
	if n != len(routes) {
		t.Errorf("%d operations of %d", n, len(routes))
	}
	one := doc.Paths["/things/{id}"]["get"]
	if one.OperationID != "one" || len(one.Parameters) != 3 || one.Parameters[2].Example != 2.0 || one.Responses["200"].Content["application/json"] == nil || one.Responses["200"].Headers["Link"] == nil || len(one.Security) == 0 {
		t.Errorf("%+v", one)
	}
	if open := doc.Paths["/things"]["post"]; len(open.Security) != 0 {
		t.Errorf("an open route asks for credentials: %+v", open)
	}
	if _, ok := doc.Paths["/files/{rest}"]; !ok {
		t.Errorf("a rest parameter: %v", doc.Paths)
	}
	page := ask("/api")
	for _, want := range []string{"/things/{id}", "One &lt;thing&gt;", "&lt;b&gt;what", "Things", "The thing.", "how many", `<html lang="en">`} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page.Body.String(), "<script") || strings.Contains(page.Body.String(), "style=") {
		t.Error("the page has what its policy forbids")
	}
	if w := ask("/openapi.json?x=1"); w.Code != 400 {
		t.Errorf("an unknown parameter: %d", w.Code)
	}
}
