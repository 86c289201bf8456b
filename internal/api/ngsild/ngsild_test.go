package ngsild

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/api/httpx"
)

// The route table is one that the server takes, and each of its routes is
// described wholly: parameters with a schema and what they do, the body, the
// answers with schema and headers. How the operations behave is tested in
// test/conformance/ngsild.
func TestRoutesAreDescribed(t *testing.T) {
	a := New(Options{})
	routes := a.Routes()
	if err := httpx.CheckRoutes(routes); err != nil {
		t.Fatal(err)
	}
	schemas, err := Schemas()
	if err != nil {
		t.Fatal(err)
	}
	built := map[string]bool{}
	for i := range routes {
		r := &routes[i]
		if strings.HasSuffix(r.Pattern, "/{$}") {
			continue // the same once more
		}
		d := r.Describe()
		if strings.HasSuffix(r.Group, "not built yet") {
			continue
		}
		built[r.Name] = true
		for _, name := range a.params[r.Name] {
			if !slices.ContainsFunc(d.Params, func(p httpx.Param) bool { return p.Name == name && p.Description != "" && p.Schema != nil }) {
				t.Errorf("%s: the parameter %s is not described: add it to described in describe.go", r.Name, name)
			}
		}
		statuses := map[int]bool{}
		good := false
		for _, an := range d.Answers {
			if an.Description == "" || statuses[an.Status] {
				t.Errorf("%s: the answer %d is described twice or not", r.Name, an.Status)
			}
			statuses[an.Status] = true
			good = good || an.Status < 300
			for _, m := range an.Body {
				knows(t, schemas, r.Name, m.Schema)
			}
		}
		if !good {
			t.Errorf("%s: no answer is described: add it to exchanges in exchanges.go", r.Name)
		}
		for _, m := range d.Body {
			knows(t, schemas, r.Name, m.Schema)
		}
		if body := r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch; body != (d.Body != nil) && r.Method != http.MethodDelete {
			t.Errorf("%s %s: a body is described: %v", r.Method, r.Pattern, d.Body != nil)
		}
	}
	if len(built) < 39 {
		t.Errorf("only %d operations", len(built))
	}
}

func knows(t *testing.T, schemas map[string]any, where string, s httpx.Schema) {
	t.Helper()
	name, _ := s["$ref"].(string)
	name = strings.TrimPrefix(name, "#/components/schemas/")
	if _, ok := schemas[name]; !ok && name != "Problem" {
		t.Errorf("%s refers to a schema %q that is not in schemas.json", where, name)
	}
}

// Every schema that one refers to is there, each says what it is, and none is
// there for nothing.
func TestSchemas(t *testing.T) {
	schemas, err := Schemas()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for name, s := range schemas {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`#/components/schemas/(\w+)`).FindAllStringSubmatch(string(b), -1) {
			if used[m[1]] = true; schemas[m[1]] == nil && m[1] != "Problem" {
				t.Errorf("%s refers to %s, which is not there", name, m[1])
			}
		}
	}
	mention := func(d httpx.Description) {
		for _, m := range d.Body {
			used[strings.TrimPrefix(m.Schema["$ref"].(string), "#/components/schemas/")] = true
		}
		for _, an := range d.Answers {
			for _, m := range an.Body {
				used[strings.TrimPrefix(m.Schema["$ref"].(string), "#/components/schemas/")] = true
			}
		}
	}
	for name := range exchanges {
		mention(describe("POST", name, nil))
	}
	for _, d := range Webhooks() {
		mention(d)
	}
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		if !used[name] {
			t.Errorf("nothing refers to the schema %s", name)
		}
	}
}
