package ngsild_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/ngsild"
	described "github.com/beffroi/beffroi/internal/api/openapi"
	"github.com/beffroi/beffroi/test/conformance/openapi"
)

// etsi is ETSI's document of 1.8.1 with what it has wrong mended and what
// 1.9.1 has more added.
var etsi = sync.OnceValues(func() (*openapi.Doc, error) {
	dir := filepath.Join("testdata", "openapi")
	b, err := os.ReadFile(filepath.Join(dir, "amendments.yaml"))
	if err != nil {
		return nil, err
	}
	var amendments []openapi.Amendment
	if err := yaml.UnmarshalWithOptions(b, &amendments, yaml.Strict()); err != nil {
		return nil, err
	}
	if b, err = os.ReadFile(filepath.Join(dir, "ngsi-ld-api-v1.8.1.openapi-3.0.3.yaml")); err != nil {
		return nil, err
	}
	return openapi.Parse(b, ngsild.Base, amendments)
})

// newIn191 are the operations that ETSI's document does not have: those that
// 1.9.1 adds, and one whose address it has wrong. Our own document has them.
var newIn191 = map[string]string{
	"DELETE /entities":                 "5.6.21",
	"GET /entityMaps":                  "5.14.4",
	"POST /entityMaps":                 "5.14.4",
	"GET /entityMaps/":                 "5.14.4",
	"GET /temporal/entityMaps":         "5.14.5",
	"POST /temporal/entityMaps":        "5.14.5",
	"GET /temporal/entityMaps/":        "5.14.5",
	"GET /entityMaps/{entityMapId}":    "5.14.1", // ETSI's document has /entityMap
	"PATCH /entityMaps/{entityMapId}":  "5.14.2", // ETSI's document has /entityMap
	"DELETE /entityMaps/{entityMapId}": "5.14.3", // ETSI's document has /entityMap
	"DELETE /temporal/entities":        "6.3.2",  // an id that is missing
}

// idLess finds the id in the path of an EntityMap.
var idLess = regexp.MustCompile(`^([A-Z]+ /entityMaps)/[^/]+$`)

// asDescribed holds an exchange to ETSI's document and to our own: the request
// if it was accepted wholly, for what is wrong on purpose is not as described,
// and the answer always.
func (w *world) asDescribed(r *http.Request, body string, rec *httptest.ResponseRecorder) {
	w.Helper()
	defer func() { w.oddRequest = false }()
	if !strings.HasPrefix(r.URL.Path, ngsild.Base+"/") || rec.Code == http.StatusMethodNotAllowed || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return
	}
	theirs, err := etsi()
	if err != nil {
		w.Fatal(err)
	}
	own, err := ours()
	if err != nil {
		w.Fatal(err)
	}
	x := openapi.Exchange{Method: r.Method, URL: r.URL, Request: r.Header, Body: body, Status: rec.Code, Answer: rec.Header(), AnswerBody: rec.Body.String()}
	accepted := !w.oddRequest && rec.Code < 300 && rec.Code != http.StatusMultiStatus
	check := func(doc *openapi.Doc, whose, mend string) {
		w.Helper()
		var faults []string
		if accepted {
			faults = doc.CheckRequest(x)
		}
		for _, f := range append(faults, doc.CheckAnswer(x)...) {
			w.Errorf("%s %s: against %s OpenAPI document: %s\n%s\n%s\n%s", r.Method, r.URL, whose, f, body, rec.Body, mend)
		}
	}
	op, known := own.Find(x.Method, x.URL)
	if !known && rec.Code >= 400 {
		return // an address that nothing has, or one whose id is missing
	}
	check(own, "our own", "Mend the answer, or what internal/api/ngsild/describe.go, exchanges.go and schemas.json say of it.")
	if form := strict(op, r.URL.Query()); form != "" && rec.Code == http.StatusOK && rec.Header().Get("Content-Type") != "application/geo+json" {
		if err := own.CheckSchema(form, x.AnswerBody); err != nil {
			w.Errorf("%s %s: is no %s: %v\n%s", r.Method, r.URL, form, err, rec.Body)
		}
	}
	if op, ok := theirs.Find(x.Method, x.URL); !ok && newIn191[idLess.ReplaceAllString(strings.TrimPrefix(op, ngsild.Base), "$1/{entityMapId}")] != "" {
		return
	}
	if !asETSIHas(r.URL.Query()) {
		x.Body, x.AnswerBody = "", ""
	}
	check(theirs, "ETSI's", "If the clause wants it so, say it in testdata/openapi/amendments.yaml; if only the request is odd on purpose, call w.odd() before it.")
}

// odd says that the next request is accepted although no document describes it
// so.
func (w *world) odd() *world { w.oddRequest = true; return w }

// strict gives the schema of an answer that any entity's would be too weak for:
// the normalised form is owed where no other was asked for.
func strict(op string, q url.Values) string {
	if !asETSIHas(q) || q.Has("join") {
		return ""
	}
	switch op {
	case "GET " + ngsild.Base + "/entities/{entityId}":
		return "Entity"
	case "GET " + ngsild.Base + "/temporal/entities/{entityId}":
		return "EntityTemporal"
	}
	return ""
}

// asETSIHas tells whether the representation that is asked for is one that
// ETSI's document describes: it has schemas for the normalised ones alone.
func asETSIHas(q url.Values) bool {
	return !slices.ContainsFunc(strings.Split(q.Get("options")+","+q.Get("format"), ","), func(s string) bool {
		return slices.Contains([]string{"simplified", "keyValues", "concise", "temporalValues", "aggregatedValues"}, s)
	})
}

// document gives our own description of the routes, as /openapi.json has it.
func document(routes []httpx.Route) ([]byte, error) {
	schemas, err := ngsild.Schemas()
	if err != nil {
		return nil, err
	}
	o := described.New(described.Options{Title: "t", Version: "1", Schemas: schemas, Webhooks: ngsild.Webhooks()})
	o.Describe(routes)
	return o.JSON("http://localhost:9000")
}

// ours is that description, ready to check with.
var ours = sync.OnceValues(func() (*openapi.Doc, error) {
	text, err := document(ngsild.New(ngsild.Options{}).Routes())
	if err != nil {
		return nil, err
	}
	return openapi.Parse(text, "", nil)
})
