package prove

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// house answers checks from a handler, as a running city does.
type house struct{ h http.Handler }

func (h house) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	return w.Result(), nil
}

func clock() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) }

func pages() http.Handler {
	mux := http.NewServeMux()
	say := func(path, media, body string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", media)
			w.Header().Set("Link", `<http://x/c>; rel="a"`)
			io.WriteString(w, body)
		})
	}
	say("/data", "application/json; charset=utf-8", `{"datasets":[{"slug":"bikes","n":2.0},{"slug":"a/b~c"}],"none":null}`)
	say("/bad.json", "application/json", `{"a":`)
	say("/graph", "text/turtle", `@prefix d: <http://www.w3.org/ns/dcat#> . <#a> a d:Dataset . <#b> a d:Dataset ; d:keyword "x" .`)
	say("/graph.nt", "application/n-triples", "<http://x/a> <http://x/p> <http://x/b> .\n")
	say("/bad.ttl", "text/turtle", `<a`)
	say("/zero", "application/octet-stream", "a\x00b")
	say("/accent", "text/plain", strings.Repeat("é", beginning))
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("Accept"), r.Header.Get("Authorization"))
	})
	return mux
}

func check(path string, expect ...Expectation) *Check {
	return &Check{ID: "c", Title: map[string]string{"en": "It is so."}, Request: Request{Path: path, Header: map[string]string{"Accept": "x/y"}}, Expect: expect}
}

const rdfType = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

func TestRun(t *testing.T) {
	for _, tt := range []struct {
		path string
		e    Expectation
		why  string // what the reason holds; "" if the check passes
	}{
		{"/data", Expectation{What: Status, Is: "200"}, ""},
		{"/data", Expectation{What: Status, Is: "203 200"}, ""},
		{"/none", Expectation{What: Status, Is: "200 203"}, "the status is 404, and should be 200 203"},
		{"/data", Expectation{What: Media, Is: "application/json"}, ""},
		{"/data", Expectation{What: Media, Is: "application/ld+json"}, `is "application/json", and should be application/ld+json`},
		{"/data", Expectation{What: Header, Name: "link"}, ""},
		{"/data", Expectation{What: Header, Name: "Link", Is: `rel="a"`}, ""},
		{"/data", Expectation{What: Header, Name: "Link", Is: `rel="b"`}, `should hold "rel=\"b\""`},
		{"/data", Expectation{What: Header, Name: "ETag"}, "no header ETag"},
		{"/data", Expectation{What: Text, Is: `"slug"`}, ""},
		{"/data", Expectation{What: Text, Is: "nothing of it"}, "does not hold"},
		{"/data", Expectation{What: JSON}, ""},
		{"/data", Expectation{What: JSON, Name: "/datasets", Least: 2}, ""},
		{"/data", Expectation{What: JSON, Name: "/datasets", Least: 3}, "there are 2, and should be at least 3"},
		{"/data", Expectation{What: JSON, Name: "/datasets/0/slug", Is: `"bikes"`}, ""},
		{"/data", Expectation{What: JSON, Name: "/datasets/0/n", Is: `2`}, ""},
		{"/data", Expectation{What: JSON, Name: "/datasets/0/slug", Is: `"cars"`}, `there is "bikes", and should be "cars"`},
		{"/data", Expectation{What: JSON, Name: "/datasets/0/slug", Least: 1}, "should be a list or an object"},
		{"/data", Expectation{What: JSON, Name: "/datasets/2"}, "there is nothing at /datasets/2"},
		{"/data", Expectation{What: JSON, Name: "/datasets/01"}, "there is nothing"},
		{"/data", Expectation{What: JSON, Name: "/datasets/-"}, "there is nothing"},
		{"/data", Expectation{What: JSON, Name: "/none", Is: "null"}, ""},
		{"/bad.json", Expectation{What: JSON}, "is no JSON"},
		{"/graph", Expectation{What: Graph, Name: rdfType, Is: "http://www.w3.org/ns/dcat#Dataset", Least: 2}, ""},
		{"/graph", Expectation{What: Graph, Name: rdfType, Is: "http://www.w3.org/ns/dcat#Dataset", Least: 3}, "has 2 statements"},
		{"/graph", Expectation{What: Graph, Name: "http://www.w3.org/ns/dcat#keyword"}, ""},
		{"/graph", Expectation{What: Graph, Name: "http://www.w3.org/ns/dcat#keyword", Is: "x"}, "has 0 statements"},
		{"/graph.nt", Expectation{What: Graph, Name: "http://x/p", Is: "http://x/b"}, ""},
		{"/bad.ttl", Expectation{What: Graph, Name: rdfType}, "cannot be read as text/turtle"},
		{"/data", Expectation{What: Graph, Name: rdfType}, "none of RDF that is read here"},
		{"/who", Expectation{What: Text, Is: "x/y"}, ""},
	} {
		r := Run(t.Context(), house{pages()}, "http://city.example/", check(tt.path, tt.e), Options{Now: clock})
		want := Passed
		if tt.why != "" {
			want = Failed
		}
		if r.Verdict != want || !strings.Contains(r.Why, tt.why) || want == Passed && r.Why != "" {
			t.Errorf("%s %+v: %s, %q", tt.path, tt.e, r.Verdict, r.Why)
		}
	}
	// All must hold, and the first that does not is told.
	r := Run(t.Context(), house{pages()}, "http://city.example", check("/data", Expectation{What: Status, Is: "200"}, Expectation{What: Header, Name: "ETag"}, Expectation{What: Text, Is: "zzz"}), Options{Now: clock})
	if r.Verdict != Failed || !strings.Contains(r.Why, "ETag") {
		t.Errorf("%+v", r)
	}
}

func TestEvidence(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	r := Run(t.Context(), house{pages()}, "http://city.example", check("/data", Expectation{What: Header, Name: "link"}), Options{Now: func() time.Time { at = at.Add(time.Second); return at }})
	e := r.Evidence
	if e.Status != 200 || e.Header["Content-Type"] == "" || e.Header["Link"] == "" || len(e.Header) != 2 || e.Bytes != 68 || e.Cut || len(e.SHA256) != 64 || !strings.HasPrefix(e.Begins, `{"datasets"`) || r.Took != time.Second {
		t.Errorf("%+v", r)
	}
	if r := Run(t.Context(), house{pages()}, "http://city.example", check("/zero", Expectation{What: Status, Is: "200"}), Options{Now: clock}); r.Evidence.Begins != "" {
		t.Errorf("bytes are shown as text: %q", r.Evidence.Begins)
	}
	if r := Run(t.Context(), house{pages()}, "http://city.example", check("/accent", Expectation{What: Status, Is: "200"}), Options{Now: clock}); r.Evidence.Begins != strings.Repeat("é", beginning/2) {
		t.Errorf("%d bytes of letters", len(r.Evidence.Begins))
	}
	// Beyond what is read: told, and never taken for met.
	for _, e := range []Expectation{{What: Text, Is: "none"}, {What: JSON, Name: "/none"}, {What: Graph, Name: "p"}} {
		if r := Run(t.Context(), house{pages()}, "http://city.example", check("/data", e), Options{Bytes: 40, Now: clock}); r.Verdict != Failed || !r.Evidence.Cut || r.Evidence.Bytes != 40 || !strings.Contains(r.Why, "40 bytes") {
			t.Errorf("%+v: %+v", e, r)
		}
	}
}

type broken struct{ err error }

func (b broken) Do(r *http.Request) (*http.Response, error) {
	if b.err != nil {
		return nil, b.err
	}
	return &http.Response{StatusCode: 200, Body: io.NopCloser(io.MultiReader(bytes.NewReader([]byte("half")), errReader{}))}, nil
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("the line is cut") }

type silent struct{}

func (silent) Do(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// What could not be judged is unknown, never passed.
func TestUnknown(t *testing.T) {
	good := check("/data", Expectation{What: Status, Is: "200"})
	for name, tt := range map[string]struct {
		to   Doer
		c    *Check
		says string
	}{
		"no answer":     {broken{errors.New("nobody is there")}, good, "nobody is there"},
		"half of one":   {broken{}, good, "broke off after 4 bytes"},
		"silence":       {silent{}, good, "no whole answer within 20ms"},
		"no such check": {house{pages()}, check("/data"), "between 1 and 50"},
	} {
		r := Run(t.Context(), tt.to, "http://city.example", tt.c, Options{Timeout: 20 * time.Millisecond, Now: clock})
		if r.Verdict != Unknown || !strings.Contains(r.Why, tt.says) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestValid(t *testing.T) {
	ok := Expectation{What: Status, Is: "200"}
	for says, change := range map[string]func(c *Check){
		"id: small":             func(c *Check) { c.ID = "A b" },
		"title":                 func(c *Check) { c.Title = nil },
		"request.method":        func(c *Check) { c.Request.Method = "POST" },
		"request.path":          func(c *Check) { c.Request.Path = "http://other.example/" },
		"a path of this":        func(c *Check) { c.Request.Path = "//other.example/" },
		"such as /api/datasets": func(c *Check) { c.Request.Path = "data" },
		"authorization would":   func(c *Check) { c.Request.Header = map[string]string{"authorization": "Bearer x"} },
		"COOKIE would":          func(c *Check) { c.Request.Header = map[string]string{"COOKIE": "x"} },
		"line break":            func(c *Check) { c.Request.Header = map[string]string{"A": "x\r\nB: y"} },
		"no name of a header":   func(c *Check) { c.Request.Header = map[string]string{"A B": "x"} },
		"between 1 and 50":      func(c *Check) { c.Expect = nil },
		"is no status":          func(c *Check) { c.Expect = []Expectation{{What: Status, Is: "20"}} },
		"statuses that will":    func(c *Check) { c.Expect = []Expectation{{What: Status}} },
		"what must come":        func(c *Check) { c.Expect = []Expectation{{What: Media}} },
		"header that must":      func(c *Check) { c.Expect = []Expectation{{What: Header}} },
		"a JSON Pointer":        func(c *Check) { c.Expect = []Expectation{{What: JSON, Name: "a"}} },
		"a value in JSON":       func(c *Check) { c.Expect = []Expectation{{What: JSON, Is: "bikes"}} },
		"a whole IRI":           func(c *Check) { c.Expect = []Expectation{{What: Graph}} },
		"expect[1]: what":       func(c *Check) { c.Expect = []Expectation{ok, {What: "magic"}} },
		"not negative":          func(c *Check) { c.Expect = []Expectation{{What: JSON, Least: -1}} },
	} {
		c := check("/data?a=b", ok)
		if err := c.Valid(); err != nil {
			t.Fatal(err)
		}
		change(c)
		if err := c.Valid(); !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}
