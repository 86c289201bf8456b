package httppoll

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/problem"
)

func open(t *testing.T, url, more string) connect.Reader {
	t.Helper()
	m, err := connect.Compile([]byte("source: x\nkind: http\nurl: " + url + "\nheaders: {X-Key: secret}\n" + more + `
entities: [{id: '"urn:x:" + string(item.n)', type: Vehicle}]
`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(fetch.New(fetch.Options{}))(m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMarks(t *testing.T) {
	var asked []string
	body := `{"n":1}`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("If-None-Match")+"|"+r.Header.Get("If-Modified-Since")+"|"+r.Header.Get("X-Key"))
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Mon, 02 Mar 2026 10:00:00 GMT")
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, body)
	}))
	defer srv.Close()
	r := open(t, srv.URL, "")
	var got []string
	var state []byte
	take := func(p connect.Payload, s []byte) error {
		got, state = append(got, string(p.Data)), s
		return nil
	}
	for range 2 {
		if err := r.Read(t.Context(), state, take); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 1 || got[0] != body {
		t.Errorf("taken %q", got)
	}
	if want := `||secret,"v1"|Mon, 02 Mar 2026 10:00:00 GMT|secret`; strings.Join(asked, ",") != want {
		t.Errorf("asked %q, want %q", strings.Join(asked, ","), want)
	}
}

func TestPages(t *testing.T) {
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		n := 2
		if r.URL.Query().Get("start") == "4" {
			n = 1
		}
		fmt.Fprintf(w, `{"results":[%s]}`, strings.TrimSuffix(strings.Repeat(`{"n":1},`, n), ","))
	}))
	defer srv.Close()
	for _, tc := range []struct{ page, want string }{
		{"page: {size: 2, limit: rows, offset: start}", "k=v&rows=2&start=0 k=v&rows=2&start=2 k=v&rows=2&start=4"},
		{"page: {size: 2, limit: rows, offset: start, most: 3}", "k=v&rows=2&start=0 k=v&rows=1&start=2"},
	} {
		asked = nil
		n := 0
		r := open(t, srv.URL+"/?k=v", tc.page+"\nitems: results")
		if err := r.Read(t.Context(), nil, func(connect.Payload, []byte) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(asked, " "); got != tc.want || n != len(asked) {
			t.Errorf("%s: asked %s, want %s; %d taken", tc.page, got, tc.want, n)
		}
	}
}

func TestFailures(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/500", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(500)
		fmt.Fprint(w, "password: hunter2")
	})
	mux.HandleFunc("/304", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	for path, want := range map[string]string{"/500?key=abc": "status 500", "/304": "status 304", "/away": "127.0.0.1:1"} {
		err := open(t, srv.URL+path, "").Read(t.Context(), nil, func(connect.Payload, []byte) error { t.Error("taken"); return nil })
		var pe *problem.Error
		if !errors.As(err, &pe) || !strings.Contains(pe.Detail, want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(pe.Detail, "abc") {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	mine := errors.New("mine")
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	if err := open(t, srv.URL+"/ok", "").Read(t.Context(), nil, func(connect.Payload, []byte) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("take's error is lost: %v", err)
	}
}
