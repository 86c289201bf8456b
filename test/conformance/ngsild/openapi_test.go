package ngsild_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"github.com/beffroi/beffroi/internal/api/ngsild"
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
	"DELETE /entities":          "5.6.21",
	"DELETE /temporal/entities": "6.3.2", // an id that is missing
}

const howToMend = "If the clause wants it so, say it in testdata/openapi/amendments.yaml; if only the request is odd on purpose, call w.odd() before it."

// odd says that the next request is accepted although no document describes it
// so.
func (w *world) odd() *world { w.oddRequest = true; return w }

// described holds an exchange to ETSI's document: the request if it was
// accepted wholly, for what is wrong on purpose is not as described, and the
// answer always.
func (w *world) described(r *http.Request, body string, rec *httptest.ResponseRecorder) {
	w.Helper()
	if r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return // of HTTP itself: ETSI's document has none of these
	}
	doc, err := etsi()
	if err != nil {
		w.Fatal(err)
	}
	x := openapi.Exchange{Method: r.Method, URL: r.URL, Request: r.Header, Body: body, Status: rec.Code, Answer: rec.Header(), AnswerBody: rec.Body.String()}
	if op, ok := doc.Find(x.Method, x.URL); !ok && (newIn191[op] != "" || rec.Code == http.StatusMethodNotAllowed || rec.Code == http.StatusNotFound && x.URL.Path == "/ngsi-ld/v1/nothing") {
		return
	}
	defer func() { w.oddRequest = false }()
	if !asETSIHas(r.URL.Query()) {
		x.Body, x.AnswerBody = "", ""
	}
	var faults []string
	if !w.oddRequest && rec.Code < 300 && rec.Code != http.StatusMultiStatus {
		faults = doc.CheckRequest(x)
	}
	for _, f := range append(faults, doc.CheckAnswer(x)...) {
		w.Errorf("%s %s: against ETSI's OpenAPI document: %s\n%s\n%s\n%s", r.Method, r.URL, f, body, rec.Body, howToMend)
	}
}

// asETSIHas tells whether the representation that is asked for is one that
// ETSI's document describes: it has schemas for the normalised ones alone.
func asETSIHas(q url.Values) bool {
	return !slices.ContainsFunc(strings.Split(q.Get("options")+","+q.Get("format"), ","), func(s string) bool {
		return slices.Contains([]string{"simplified", "keyValues", "concise", "temporalValues", "aggregatedValues"}, s)
	})
}
