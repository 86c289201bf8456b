package openapi

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const small = `
openapi: 3.0.3
paths:
  /things:
    get:
      parameters:
        - {$ref: "#/components/parameters/ids"}
        - {name: n, in: query, schema: {type: integer}}
      responses:
        200: {description: "", headers: {Count: {required: true, schema: {type: integer}}}, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Thing"}}}}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
      responses: {204: {description: ""}}
  /things/{id}:
    get: {responses: {200: {description: ""}}}
  /things/all:
    get: {responses: {200: {description: ""}}}
components:
  parameters: {ids: {name: id, in: query, schema: {type: array, items: {type: string, format: uri}}}}
  schemas: {Thing: {type: object, required: [id], properties: {id: {type: string, format: uri}}}}
`

func exchange(method, address, body string, status int, answer string, headers ...string) Exchange {
	u, err := url.Parse("http://x/v1" + address)
	if err != nil {
		panic(err)
	}
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return Exchange{method, u, http.Header{"Content-Type": {"application/json"}}, body, status, h, answer}
}

func TestCheck(t *testing.T) {
	d, err := Parse([]byte(small), "/v1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.Operations(), " "); got != "GET /things GET /things/all GET /things/{id} POST /things" {
		t.Error(got)
	}
	tests := map[string]struct {
		x    Exchange
		want string // in the first fault; nothing if there is none
	}{
		"right":                 {exchange("GET", "/things?id=urn:a,urn:b&n=1", "", 200, `[{"id":"urn:a"}]`, "Count", "1"), ""},
		"slash":                 {exchange("GET", "/things/", "", 200, `[]`, "Count", "1"), ""},
		"literal before param":  {exchange("GET", "/things/all", "", 200, ""), ""},
		"unknown path":          {exchange("GET", "/others", "", 200, ""), "is not described"},
		"unknown method":        {exchange("PUT", "/things", "", 200, ""), "is not described"},
		"unknown parameter":     {exchange("GET", "/things?x=1", "", 200, `[]`, "Count", "1"), "parameter x"},
		"parameter of no kind":  {exchange("GET", "/things?n=one", "", 200, `[]`, "Count", "1"), "n=one"},
		"one item of no kind":   {exchange("GET", "/things?id=urn:a,b", "", 200, `[]`, "Count", "1"), "not valid uri"},
		"status":                {exchange("GET", "/things", "", 201, ""), "status 201"},
		"media":                 {exchange("GET", "/things", "", 200, "x", "Count", "1", "Content-Type", "text/plain"), "text/plain"},
		"body":                  {exchange("GET", "/things", "", 200, `[{}]`, "Count", "1"), "missing property"},
		"no JSON":               {exchange("GET", "/things", "", 200, `[`, "Count", "1"), "EOF"},
		"header missing":        {exchange("GET", "/things", "", 200, `[]`), "Count is missing"},
		"header of no kind":     {exchange("GET", "/things", "", 200, `[]`, "Count", "many"), "header Count"},
		"request":               {exchange("POST", "/things", `{"id":"urn:a"}`, 204, ""), ""},
		"request of wrong form": {exchange("POST", "/things", `{}`, 204, ""), "missing property"},
		"a body too many":       {exchange("GET", "/things/urn:a", `{}`, 200, ""), "a body is not described"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			faults := append(d.CheckRequest(tt.x), d.CheckAnswer(tt.x)...)
			got := strings.Join(faults, "\n")
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("faults %q, want one with %q", got, tt.want)
			}
		})
	}
}

func TestAmend(t *testing.T) {
	mend := []Amendment{
		{At: "/paths/*/get/responses/404", Set: map[string]any{"description": ""}, Why: "w"},
		{At: "/components/schemas/Thing/required", Why: "w"},
		{At: "**/application~1json", Name: "application/ld+json", Why: "w"},
		{At: "/paths/~1things/get/parameters", Add: map[string]any{"name": "x", "in": "query", "schema": map[string]any{"type": "boolean"}}, Why: "w"},
	}
	d, err := Parse([]byte(small), "/v1", mend)
	if err != nil {
		t.Fatal(err)
	}
	x := exchange("GET", "/things?x=true", "", 200, `[{}]`, "Count", "1", "Content-Type", "application/ld+json")
	if faults := append(d.CheckRequest(x), d.CheckAnswer(x)...); len(faults) > 0 {
		t.Error(faults)
	}
	if faults := d.CheckAnswer(exchange("GET", "/things/urn:a", "", 404, "")); len(faults) > 0 {
		t.Error(faults)
	}
	for _, bad := range []Amendment{{At: "/paths/~1none/get", Why: "w"}, {At: "**/none", Why: "w"}, {At: "/info/x", Name: "y", Why: "w"}, {At: "/paths", Add: 1, Why: "w"}, {At: "/paths"}} {
		if _, err := Parse([]byte(small), "/v1", []Amendment{bad}); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
