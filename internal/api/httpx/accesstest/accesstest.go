// Package accesstest asks every route of a table who may use it: without
// credentials, with wrong ones, and with those of every role, on a loopback
// listener and on another. It is for tests alone.
//
// The routes' handlers are not called: what is tested is the gate before
// them, as httpx.Mux and access.Policy build it. A route without a rule fails.
package accesstest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/problem"
)

// Run checks the gate of every route.
func Run(t *testing.T, routes []httpx.Route) {
	t.Helper()
	if len(routes) == 0 {
		t.Fatal("there are no routes to ask")
	}
	if err := httpx.CheckRoutes(routes); err != nil {
		t.Fatalf("the route table is wrong:\n%v", err)
	}
	asked := slices.Clone(routes)
	for i := range asked {
		asked[i].Handle = func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set(reached, access.From(r.Context()).Account)
			return httpx.NoContent(w)
		}
	}
	free := build(t, access.Settings{}, asked)
	strict := build(t, access.Settings{Always: true}, asked)
	behind := build(t, access.Settings{PublicURL: "https://city.example"}, asked)
	for _, route := range routes {
		t.Run(route.Name, func(t *testing.T) {
			info := route.Rule.Info()
			open := statusIf(info.Open, http.StatusUnauthorized)
			expect(t, "nobody, off loopback", ask(free, route, elsewhere()), open)
			expect(t, "nobody, on loopback", ask(free, route, here()), http.StatusNoContent)
			expect(t, "nobody, on loopback with auth always", ask(strict, route, here()), open)
			expect(t, "nobody, on loopback with a public URL", ask(behind, route, here()), open)
			for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Via"} {
				expect(t, "nobody, on loopback with "+name, ask(free, route, here(), name, "for=192.0.2.1"), open)
			}
			if route.Method == http.MethodGet {
				expect(t, "a foreign page, on loopback", ask(free, route, here(), "Origin", "https://evil.example"), open)
				expect(t, "a foreign page's script, on loopback", ask(free, route, here(), "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"), open)
			} else {
				expect(t, "a foreign page, on loopback", ask(free, route, here(), "Origin", "https://evil.example"), http.StatusForbidden)
				expect(t, "another port of this machine", ask(free, route, here(), "Sec-Fetch-Site", "same-site"), http.StatusForbidden)
			}
			wrong := statusIf(route.Rule == access.Anyone, http.StatusUnauthorized)
			for name, value := range map[string]string{
				"an unknown token": "Bearer wrong", "no secret": "Bearer ", "another scheme": "Basic YTpi", "nothing": "",
			} {
				expect(t, "wrong credential ("+name+"), off loopback", ask(free, route, elsewhere(), "Authorization", value), wrong)
				expect(t, "wrong credential ("+name+"), on loopback", ask(free, route, here(), "Authorization", value), wrong)
			}
			expect(t, "an ended session, off loopback", ask(free, route, elsewhere(), "Cookie", httpx.SessionCookie+"=ended"), open)
			for _, role := range []access.Role{access.Device, access.Reader, access.Editor, access.Steward, access.Administrator} {
				want := statusIf(info.Open || slices.Contains(info.May, role), http.StatusForbidden)
				expect(t, "token of a "+role.String(), ask(free, route, elsewhere(), "Authorization", "Bearer "+role.String()), want)
				expect(t, "session of a "+role.String(), ask(behind, route, elsewhere(), "Cookie", httpx.SessionCookie+"="+role.String()), want)
				expect(t, "token of a "+role.String()+" on loopback", ask(free, route, here(), "Authorization", "Bearer "+role.String()), want)
			}
		})
	}
}

// reached is set by the handlers that take the place of the real ones.
const reached = "X-Reached"

func statusIf(may bool, otherwise int) int {
	if may {
		return http.StatusNoContent
	}
	return otherwise
}

func expect(t *testing.T, who string, got *httptest.ResponseRecorder, want int) {
	t.Helper()
	if got.Code != want {
		t.Errorf("%s: status %d, want %d: %s", who, got.Code, want, got.Body)
	}
	if _, in := got.Header()[reached]; in != (want == http.StatusNoContent) {
		t.Errorf("%s: handler reached: %v", who, in)
	}
}

func build(t *testing.T, s access.Settings, routes []httpx.Route) http.Handler {
	t.Helper()
	m, err := httpx.New(httpx.Options{
		Access: access.NewPolicy(s, everyRole{}, nil),
		Hosts:  httpx.Hosts{PublicURL: s.PublicURL},
	}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

func ask(h http.Handler, route httpx.Route, listener net.Addr, header ...string) *httptest.ResponseRecorder {
	path := parameter.ReplaceAllStringFunc(route.Pattern, func(p string) string {
		if p == "{$}" {
			return ""
		}
		return "x"
	})
	r := httptest.NewRequest(route.Method, path, nil)
	r.Host = "localhost"
	r = r.WithContext(httpx.OnListener(context.Background(), listener))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func here() net.Addr      { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }
func elsewhere() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 8080} }

// everyRole knows one secret for each role: its name.
type everyRole struct{}

func (everyRole) find(secret string) (access.Caller, error) {
	role, err := access.ParseRole(secret)
	if err != nil {
		return access.Nobody(), problem.New(problem.Unauthenticated, "not valid")
	}
	return access.Caller{Account: secret, Role: role}, nil
}

func (v everyRole) Bearer(_ context.Context, s string) (access.Caller, error)  { return v.find(s) }
func (v everyRole) Session(_ context.Context, s string) (access.Caller, error) { return v.find(s) }
func (v everyRole) DeviceLogin(_ context.Context, _, s string) (access.Caller, error) {
	return v.find(s)
}
