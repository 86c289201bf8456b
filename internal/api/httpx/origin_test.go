package httpx

import (
	"context"
	"net/http"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/problem"
)

// oneToken knows one reader's token and one reader's session.
type oneToken struct{}

func (oneToken) find(s string) (access.Caller, error) {
	if s != "right" {
		return access.Nobody(), problem.New(problem.Unauthenticated, "no")
	}
	return access.Caller{Account: "ada", Role: access.Reader}, nil
}
func (o oneToken) Bearer(_ context.Context, s string) (access.Caller, error)  { return o.find(s) }
func (o oneToken) Session(_ context.Context, s string) (access.Caller, error) { return o.find(s) }
func (o oneToken) DeviceLogin(_ context.Context, _, s string) (access.Caller, error) {
	return o.find(s)
}

func TestWhoAsks(t *testing.T) {
	const publicURL = "https://city.example"
	tests := map[string]struct {
		publicURL string
		header    []string
		want      string // the account that the handler sees
		shared    bool   // with pages of every origin
	}{
		"a person at the machine":         {"", nil, "local", false},
		"our own page":                    {"", []string{"Origin", "http://localhost", "Sec-Fetch-Site", "same-origin"}, "local", false},
		"our own page, an old browser":    {"", []string{"Origin", "http://localhost"}, "local", false},
		"a foreign page":                  {"", []string{"Origin", "https://evil.example"}, "", true},
		"a foreign page that hides":       {"", []string{"Origin", "null"}, "", true},
		"a foreign page with a session":   {"", []string{"Origin", "https://evil.example", "Cookie", SessionCookie + "=right"}, "", true},
		"an image on a foreign page":      {"", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, "", true},
		"a frame in a foreign page":       {"", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, "", true},
		"a link somebody followed":        {"", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, "local", false},
		"a session":                       {"", []string{"Cookie", SessionCookie + "=right"}, "ada", false},
		"a session over TLS":              {publicURL, []string{"Cookie", SecureSessionCookie + "=right"}, "ada", false},
		"an ended session":                {publicURL, []string{"Cookie", SessionCookie + "=old"}, "", true},
		"a token":                         {"", []string{"Authorization", "bearer right"}, "ada", false},
		"nobody behind a proxy":           {publicURL, nil, "", true},
		"the public page, an old browser": {publicURL, []string{"Origin", publicURL, "Cookie", SessionCookie + "=right"}, "ada", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got string
			route := open("GET", "/x", func(w http.ResponseWriter, r *http.Request) error {
				got = access.From(r.Context()).Account
				return NoContent(w)
			})
			route.Rule = access.PublicDataset
			m := build(t, Options{
				Access: access.NewPolicy(access.Settings{PublicURL: tt.publicURL}, oneToken{}, nil),
				Hosts:  Hosts{PublicURL: tt.publicURL},
			}, route)
			r := from(request("GET", "/x", tt.header...), "127.0.0.1:80", "127.0.0.1:80")
			w := serve(m, r)
			if w.Code != 204 || got != tt.want {
				t.Errorf("status %d, account %q, want %q", w.Code, got, tt.want)
			}
			if shared := w.Header().Get("Access-Control-Allow-Origin") == "*"; shared != tt.shared {
				t.Errorf("shared: %v", shared)
			}
			if w.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials are allowed")
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	public, private, post := open("GET", "/public", text("x")), open("GET", "/private", text("x")), open("POST", "/public", text("x"))
	public.Rule, private.Rule, post.Rule = access.PublicDataset, access.Read, access.Write
	m := build(t, Options{}, public, private, post)
	for target, want := range map[string]string{"/public": "*", "/private": "", "/nothing": ""} {
		w := serve(m, request("OPTIONS", target, "Origin", "https://page.example", "Access-Control-Request-Method", "GET"))
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: %q", target, got)
		}
		if got := w.Header().Get("Access-Control-Allow-Methods"); want != "" && got != "GET, HEAD, OPTIONS" {
			t.Errorf("%s: methods %q", target, got)
		}
	}
}

func TestAForeignPageChangesNothing(t *testing.T) {
	route := open("POST", "/x", text("x"))
	m := build(t, Options{Hosts: Hosts{PublicURL: "https://city.example"}}, route)
	for name, tt := range map[string]struct {
		header []string
		want   int
	}{
		"not a browser":      {nil, 200},
		"our own page":       {[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		"the public page":    {[]string{"Origin", "https://city.example"}, 200},
		"a foreign page":     {[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a sister site":      {[]string{"Sec-Fetch-Site", "same-site"}, 403},
		"an old browser":     {[]string{"Origin", "https://evil.example"}, 403},
		"a page that hides":  {[]string{"Origin", "null"}, 403},
		"http for https URL": {[]string{"Origin", "http://city.example"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			if w := serve(m, request("POST", "/x", tt.header...)); w.Code != tt.want {
				t.Errorf("status %d", w.Code)
			}
		})
	}
}

// Where nobody said what the listener is, it is not taken for a local one.
func TestAnUnknownListenerIsNotLoopback(t *testing.T) {
	route := open("GET", "/x", text("x"))
	route.Rule = access.Read
	m := build(t, Options{Access: access.NewPolicy(access.Settings{}, oneToken{}, nil)}, route)
	if w := serve(m, request("GET", "/x")); w.Code != 401 {
		t.Errorf("status %d", w.Code)
	}
}

// What is shared with every origin is what is published, not a refusal.
func TestARefusalIsNotShared(t *testing.T) {
	for kind, shared := range map[problem.Kind]string{problem.Unauthenticated: "", problem.Forbidden: "", problem.ResourceNotFound: "*"} {
		route := open("GET", "/x", failing(problem.New(kind, "no")))
		route.Rule = access.PublicDataset
		w := serve(build(t, Options{}, route), request("GET", "/x", "Origin", "https://page.example"))
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != shared {
			t.Errorf("%v: %q", kind, got)
		}
		if got := w.Header().Get("Cross-Origin-Resource-Policy"); (got == "same-origin") != (shared == "") {
			t.Errorf("%v: policy %q", kind, got)
		}
	}
}
