package httpx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/problem"
)

// open makes a route that everybody may use.
func open(method, pattern string, h Handler) Route {
	return Route{Method: method, Pattern: pattern, Rule: access.Anyone, Name: method + pattern, Summary: "s", Handle: h}
}

func text(body string) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return WriteBody(w, http.StatusOK, "text/plain; charset=utf-8", []byte(body))
	}
}

func failing(err error) Handler {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

func build(t *testing.T, o Options, routes ...Route) *Mux {
	t.Helper()
	m, err := New(o, routes...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func request(method, target string, header ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "localhost"
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestARouteTableThatIsWrongIsRefusedWhole(t *testing.T) {
	fine := open("GET", "/fine", text(""))
	noRule, noName, noSummary, noHandler, badMethod, badPattern, twice := fine, fine, fine, fine, fine, fine, fine
	noRule.Rule, noRule.Name, noRule.Pattern = access.NoRule, "a", "/a"
	noName.Name, noName.Pattern = "", "/b"
	noSummary.Summary, noSummary.Name, noSummary.Pattern = "", "c", "/c"
	noHandler.Handle, noHandler.Name, noHandler.Pattern = nil, "d", "/d"
	badMethod.Method, badMethod.Name = "BREW", "e"
	badPattern.Pattern, badPattern.Name = "f", "f"
	twice.Name = "g"
	_, err := New(Options{}, fine, noRule, noName, noSummary, noHandler, badMethod, badPattern, twice)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"no access rule", "is empty", "no summary", "no handler", `"BREW"`, "slash", "stand twice"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not tell of %q:\n%v", want, err)
		}
	}
	if _, err := New(Options{}, open("GET", "/{a}/x", text("")), open("GET", "/x/{b}", text(""))); err == nil {
		t.Error("patterns that contradict each other were accepted")
	}
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	ld := open("GET", "/ngsi-ld/v1/things/{id}", text("x"))
	ld.Style = NGSILD
	post := ld
	post.Method, post.Name = "POST", "post"
	m := build(t, Options{}, ld, post, open("GET", "/page", text("page")))
	tests := map[string]struct {
		method, target string
		status         int
		mediaType      string
		allow          string
	}{
		"a page":                    {"GET", "/page", 200, "text/plain; charset=utf-8", ""},
		"its head":                  {"HEAD", "/page", 200, "text/plain; charset=utf-8", ""},
		"nothing there":             {"GET", "/nothing", 404, TypeProblem, ""},
		"nothing there in NGSI-LD":  {"GET", "/ngsi-ld/v1/nothing", 404, TypeJSON, ""},
		"another method":            {"DELETE", "/page", 405, TypeProblem, "GET, HEAD, OPTIONS"},
		"another method in NGSI-LD": {"PUT", "/ngsi-ld/v1/things/1", 405, TypeJSON, "GET, HEAD, OPTIONS, POST"},
		"an unknown method":         {"BREW", "/page", 405, TypeProblem, "GET, HEAD, OPTIONS"},
		"options":                   {"OPTIONS", "/page", 204, "", "GET, HEAD, OPTIONS"},
		"an empty part":             {"GET", "//page", 404, TypeProblem, ""},
		"a dotted part":             {"GET", "/x/../page", 404, TypeProblem, ""},
		"an id with slashes":        {"GET", "/ngsi-ld/v1/things/http%3A%2F%2Fa%2Fb", 200, "text/plain; charset=utf-8", ""},
		"an id with a dot":          {"GET", "/ngsi-ld/v1/things/.a", 200, "text/plain; charset=utf-8", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := serve(m, request(tt.method, tt.target))
			if w.Code != tt.status || w.Header().Get("Content-Type") != tt.mediaType || w.Header().Get("Allow") != tt.allow {
				t.Errorf("got %d %q Allow %q, want %d %q %q: %s", w.Code, w.Header().Get("Content-Type"), w.Header().Get("Allow"), tt.status, tt.mediaType, tt.allow, w.Body)
			}
			if len(w.Header().Get(TraceHeader)) != 32 {
				t.Errorf("trace id %q", w.Header().Get(TraceHeader))
			}
		})
	}
}

// CIM 009, 6.3.4: 411 and 415 have no body, 406 lists what there is.
func TestErrorsInEachStyle(t *testing.T) {
	secret := errors.New("the password is swordfish")
	tests := map[string]struct {
		err    error
		style  Style
		status int
		media  string
		detail string
	}{
		"unclassified":        {secret, Problem, 500, TypeProblem, "The server could not do this"},
		"wrapped":             {fmt.Errorf("read: %w", problem.Wrap(problem.Conflict, secret, "it moved")), Problem, 409, TypeProblem, "it moved"},
		"NGSI-LD":             {problem.New(problem.BadRequestData, "no"), NGSILD, 400, TypeJSON, "no"},
		"NGSI-LD 411":         {problem.New(problem.LengthRequired, "no"), NGSILD, 411, "", ""},
		"NGSI-LD 415":         {problem.New(problem.UnsupportedMediaType, "no"), NGSILD, 415, "", ""},
		"own 415":             {problem.New(problem.UnsupportedMediaType, "no"), Problem, 415, TypeProblem, "no"},
		"time-out":            {fmt.Errorf("read: %w", context.DeadlineExceeded), Problem, 503, TypeProblem, "longer than the time"},
		"body over the limit": {fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 7}), NGSILD, 413, TypeJSON, "limit of 7 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			route := open("GET", "/x", failing(tt.err))
			route.Style = tt.style
			w := serve(build(t, Options{}, route), request("GET", "/x"))
			if w.Code != tt.status || w.Header().Get("Content-Type") != tt.media {
				t.Fatalf("got %d %q", w.Code, w.Header().Get("Content-Type"))
			}
			if strings.Contains(w.Body.String(), "swordfish") {
				t.Error("the cause is told outside")
			}
			if tt.detail == "" {
				if w.Body.Len() != 0 {
					t.Errorf("body %q", w.Body)
				}
				return
			}
			var doc struct {
				Type, Title, Detail, TraceID string
				Status                       int
			}
			if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			if doc.Status != tt.status || !strings.Contains(doc.Detail, tt.detail) || doc.Type == "" || doc.Title == "" || doc.TraceID != w.Header().Get(TraceHeader) {
				t.Errorf("document %+v", doc)
			}
		})
	}
}

func TestDetailsReachTheProblemDocument(t *testing.T) {
	err := RetryAfter(WithMember(problem.New(problem.TooManyRequests, "slowly"), "limit", 5), 30)
	w := serve(build(t, Options{}, open("GET", "/x", failing(fmt.Errorf("log in: %w", err)))), request("GET", "/x"))
	if w.Code != 429 || w.Header().Get("Retry-After") != "30" || !strings.HasSuffix(w.Body.String(), `,"limit":5}`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestAnUnauthenticatedAnswerSaysHow(t *testing.T) {
	route := open("GET", "/x", text("x"))
	route.Rule = access.Read
	w := serve(build(t, Options{}, route), request("GET", "/x"))
	if w.Code != 401 || w.Header().Get("WWW-Authenticate") != `Bearer realm="beffroi"` || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestAPanicIsAnAnswerAndALine(t *testing.T) {
	var log bytes.Buffer
	m := build(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))},
		open("GET", "/x", func(http.ResponseWriter, *http.Request) error { panic("boom") }))
	w := serve(m, request("GET", "/x"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "boom") || !strings.Contains(log.String(), w.Header().Get(TraceHeader)) {
		t.Errorf("log: %s", log.String())
	}
}

// An answer that breaks off must not look whole to the client.
func TestAnAnswerThatBreaksOffIsBrokenOff(t *testing.T) {
	for name, end := range map[string]Handler{
		"error": failing(errors.New("disk")),
		"panic": func(http.ResponseWriter, *http.Request) error { panic("boom") },
	} {
		t.Run(name, func(t *testing.T) {
			m := build(t, Options{}, open("GET", "/x", func(w http.ResponseWriter, r *http.Request) error {
				if _, err := w.Write([]byte("half")); err != nil {
					return err
				}
				if err := http.NewResponseController(w).Flush(); err != nil {
					return err
				}
				return end(w, r)
			}))
			s := httptest.NewServer(m)
			defer s.Close()
			res, err := s.Client().Get(s.URL + "/x")
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if body, err := io.ReadAll(res.Body); err == nil {
				t.Errorf("read %q without an error", body)
			}
		})
	}
}

func TestARequestThatTakesTooLongIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := build(t, Options{Timeout: time.Second}, open("GET", "/x", func(w http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return r.Context().Err()
		}))
		if w := serve(m, request("GET", "/x")); w.Code != 503 {
			t.Errorf("status %d", w.Code)
		}
	})
}

func TestTooManyRequestsAtOnceAreTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		m := build(t, Options{InFlight: 1}, open("GET", "/x", func(w http.ResponseWriter, r *http.Request) error {
			<-release
			return NoContent(w)
		}))
		first := make(chan int)
		go func() { first <- serve(m, request("GET", "/x")).Code }()
		synctest.Wait()
		if w := serve(m, request("GET", "/x")); w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("second: %d %v", w.Code, w.Header())
		}
		close(release)
		if code := <-first; code != 204 {
			t.Errorf("first: %d", code)
		}
		if w := serve(m, request("GET", "/x")); w.Code != 204 {
			t.Errorf("third: %d", w.Code)
		}
	})
}

func TestHeadersThatDecideStandOnce(t *testing.T) {
	m := build(t, Options{}, open("GET", "/x", text("x")))
	r := request("GET", "/x")
	r.Header["Ngsild-Tenant"] = []string{"a", "b"}
	if w := serve(m, r); w.Code != 400 {
		t.Errorf("two tenants: %d", w.Code)
	}
}

func TestTraceparentIsTakenUp(t *testing.T) {
	m := build(t, Options{}, open("GET", "/x", text("x")))
	const id = "0af7651916cd43dd8448eb211c80319c"
	if w := serve(m, request("GET", "/x", "Traceparent", "00-"+id+"-b7ad6b7169203331-01")); w.Header().Get(TraceHeader) != id {
		t.Errorf("got %q", w.Header().Get(TraceHeader))
	}
	for _, bad := range []string{"00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01", "00-" + strings.Repeat("<", 32) + "-b7ad6b7169203331-01"} {
		if got := serve(m, request("GET", "/x", "Traceparent", bad)).Header().Get(TraceHeader); strings.ContainsAny(got, "<") || strings.Trim(got, "0") == "" {
			t.Errorf("took %q", got)
		}
	}
}

func TestEveryAnswerIsSecured(t *testing.T) {
	m := build(t, Options{HSTS: true}, open("GET", "/x", text("x")))
	for _, target := range []string{"/x", "/nothing"} {
		h := serve(m, request("GET", target)).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": DataPolicy,
			"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", target, name, h.Get(name))
			}
		}
		if h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: shared with every origin", target)
		}
	}
}

func TestRequestsAreCountedByOperation(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := build(t, Options{Metrics: reg}, open("GET", "/x", text("x")))
	serve(m, request("GET", "/x"))
	serve(m, request("GET", "/x"))
	serve(m, request("GET", "/nothing"))
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, s := range f.Metric {
			key := f.GetName()
			for _, l := range s.Label {
				key += " " + l.GetValue()
			}
			got[key] = s.GetCounter().GetValue() + float64(s.GetHistogram().GetSampleCount())
		}
	}
	for key, want := range map[string]float64{
		"beffroi_http_requests_total GET/x 200": 2, "beffroi_http_requests_total none 404": 1, "beffroi_http_request_seconds GET/x": 2,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v; all: %v", key, got[key], want, got)
		}
	}
}

func TestNoContentHasNoLength(t *testing.T) {
	s := httptest.NewServer(build(t, Options{}, open("GET", "/x", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Length", "0")
		return NoContent(w)
	})))
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "GET /x HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", s.Listener.Addr()); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(raw, []byte("HTTP/1.1 204")) || bytes.Contains(bytes.ToLower(raw), []byte("content-length")) {
		t.Errorf("%s", raw)
	}
}

// revocable lets a token in until it is revoked.
type revocable struct{ gone atomic.Bool }

func (v *revocable) Caller(_ context.Context, ev access.Evidence) (access.Caller, error) {
	if v.gone.Load() {
		return access.Nobody(), problem.New(problem.Unauthenticated, "no")
	}
	return access.Caller{Account: "token/x", Role: access.Reader, Via: access.ViaToken}, nil
}

// An endless answer ends when its caller may no longer have it.
func TestARevokedCallerLosesAnOpenStream(t *testing.T) {
	for _, rule := range []access.Rule{access.Read, access.PublicDataset} {
		synctest.Test(t, func(t *testing.T) {
			v := &revocable{}
			route := open("GET", "/x", func(w http.ResponseWriter, r *http.Request) error {
				<-r.Context().Done()
				return NoContent(w)
			})
			route.Rule, route.Timeout = rule, NoTimeout
			m := build(t, Options{Access: v}, route)
			start := time.Now()
			done := make(chan struct{})
			go func() { serve(m, request("GET", "/x")); close(done) }()
			time.Sleep(10 * time.Minute)
			select {
			case <-done:
				t.Fatal("the stream ended though nothing had changed")
			default:
			}
			v.gone.Store(true)
			<-done
			if took := time.Since(start) - 10*time.Minute; took > recheckEvery {
				t.Errorf("the stream went on for %v", took)
			}
		})
	}
}
