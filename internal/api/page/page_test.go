package page

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/beffroi/beffroi/internal/api/httpx"
)

func TestServes(t *testing.T) {
	dist := fstest.MapFS{
		"index.html":          {Data: []byte("<!doctype html><title>x</title>")},
		"assets/app-1a2b.js":  {Data: []byte("export {}")},
		"favicon.svg":         {Data: []byte("<svg/>")},
		"assets/deep/f.woff2": {Data: []byte("f")},
	}
	a, err := New(dist, "v1")
	if err != nil {
		t.Fatal(err)
	}
	mux, err := httpx.New(httpx.Options{}, a.Routes()...)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		status      int
		typ, caches string
	}{
		"/":                    {200, "text/html", "no-cache"},
		"/map":                 {200, "text/html", "no-cache"},
		"/assets/app-1a2b.js":  {200, "text/javascript", "immutable"},
		"/assets/deep/f.woff2": {200, "font/woff2", "immutable"},
		"/favicon.svg":         {200, "image/svg+xml", "no-cache"},
		"/assets/nothing.js":   {404, "application/problem+json", ""},
		"/nothing":             {404, "application/problem+json", ""},
	}
	for path, want := range tests {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", path, nil)
		mux.ServeHTTP(w, r)
		if w.Code != want.status || !strings.HasPrefix(w.Header().Get("Content-Type"), want.typ) || !strings.Contains(w.Header().Get("Cache-Control"), want.caches) {
			t.Errorf("%s: %d %s %s", path, w.Code, w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"))
		}
	}
	lost, err := httpx.New(httpx.Options{Lost: a.Lost}, a.Routes()...)
	if err != nil {
		t.Fatal(err)
	}
	for accept, typ := range map[string]string{"": "application/problem+json", "*/*": "application/problem+json", "text/html,application/xhtml+xml,*/*;q=0.8": "text/html; charset=utf-8"} {
		for _, method := range []string{"GET", "POST"} {
			w, r := httptest.NewRecorder(), httptest.NewRequest(method, "/nothing", nil)
			r.Header.Set("Accept", accept)
			lost.ServeHTTP(w, r)
			if method == "POST" {
				typ = "application/problem+json"
			}
			if w.Code != 404 || w.Header().Get("Content-Type") != typ {
				t.Errorf("%s with Accept %q: %d %s", method, accept, w.Code, w.Header().Get("Content-Type"))
			}
		}
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy of the shell: %q", csp)
	}
	if _, err := New(fstest.MapFS{}, "v1"); err == nil {
		t.Error("a build without index.html is taken")
	}
}

// What is added stands in the head, and another addition has another tag.
func TestShellWith(t *testing.T) {
	a, err := New(fstest.MapFS{"index.html": {Data: []byte("<html><head><title>x</title></head><body></body></html>")}}, "v1")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(head, tag string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		r.Header.Set("If-None-Match", tag)
		if err := a.ShellWith(w, r, head); err != nil {
			t.Fatal(err)
		}
		return w
	}
	one := ask("<meta one>", "")
	if got := one.Body.String(); got != "<html><head><title>x</title><meta one></head><body></body></html>" {
		t.Error(got)
	}
	if w := ask("<meta one>", one.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Error(w.Code)
	}
	if w := ask("<meta two>", one.Header().Get("ETag")); w.Code != http.StatusOK {
		t.Error(w.Code)
	}
}
