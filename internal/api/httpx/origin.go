package httpx

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/beffroi/beffroi/internal/access"
)

// SessionCookie is the name of the cookie that holds a session's secret;
// SecureSessionCookie is its name where the answer goes over TLS, which binds
// it to this host alone.
const (
	SessionCookie       = "beffroi_session"
	SecureSessionCookie = "__Host-beffroi_session"
)

// evidence gathers what r shows about its sender.
func (m *Mux) evidence(r *http.Request) access.Evidence {
	ev := access.Evidence{
		Loopback:  onLoopback(r),
		Forwarded: forwarded(r),
		Foreign:   m.foreign(r),
		Session:   SessionSecret(r),
	}
	if values := r.Header["Authorization"]; len(values) > 0 {
		ev.HasBearer = true
		scheme, secret, _ := strings.Cut(values[0], " ")
		if strings.EqualFold(scheme, "Bearer") {
			ev.Bearer = strings.TrimSpace(secret)
		}
	}
	return ev
}

// SessionSecret gives the value of the session cookie, "" if there is none or
// it is too long to be one.
func SessionSecret(r *http.Request) string {
	if len(r.Header["Cookie"]) == 0 {
		return ""
	}
	for _, name := range []string{SecureSessionCookie, SessionCookie} {
		if c, err := r.Cookie(name); err == nil && len(c.Value) < 200 {
			return c.Value
		}
	}
	return ""
}

// forwarded reports whether somebody passed the request on.
func forwarded(r *http.Request) bool {
	for name := range r.Header {
		if name == "Forwarded" || strings.HasPrefix(name, "X-Forwarded-") || name == "X-Real-Ip" || name == "Via" {
			return true
		}
	}
	return false
}

// foreign reports whether a page of another origin made a browser send r. A
// plain link that a person followed is not foreign: the other page cannot read
// what comes back.
func (m *Mux) foreign(r *http.Request) bool {
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "same-origin", "none":
		return false
	case "":
	default:
		followed := r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
		return !(followed && (r.Method == http.MethodGet || r.Method == http.MethodHead))
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	if origin == m.hosts.origin {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || !strings.EqualFold(u.Host, r.Host)
}

// shareAnswer lets pages of every origin read what is published, to which no
// credentials belong. An answer to somebody known is not shared.
func shareAnswer(h http.Header, c access.Caller) {
	h.Add("Vary", "Origin, Authorization, Cookie")
	if c.Known() {
		return
	}
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Link, ETag, Content-Disposition, NGSILD-Results-Count, Preference-Applied, "+TraceHeader)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// unshare takes back what shareAnswer said: a refusal is for its caller alone.
func unshare(h http.Header) {
	h.Del("Access-Control-Allow-Origin")
	h.Del("Access-Control-Expose-Headers")
	h["Cross-Origin-Resource-Policy"] = sameOrigin
}

// preflight answers a browser that asks whether a page of another origin may
// read something published: it may read, without credentials.
func preflight(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Accept, Accept-Language, If-None-Match, Range")
	h.Set("Access-Control-Max-Age", "86400")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// PagePolicy is the content security policy of the user interface: nothing
// from elsewhere, no inline script or style.
const PagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// DataPolicy is that of every other answer: it is no page at all.
const DataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

// AsPage gives an answer the policy of a page of the user interface.
func AsPage(h http.Header) {
	h.Set("Content-Security-Policy", PagePolicy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// What every answer carries: few fields, so that a header map stays small.
// The slices are shared between answers and never written to.
var (
	noSniff    = []string{"nosniff"}
	dataPolicy = []string{DataPolicy}
	sameOrigin = []string{"same-origin"}
	oneYear    = []string{"max-age=31536000"}
)

func (m *Mux) secure(h http.Header) {
	h["X-Content-Type-Options"] = noSniff
	h["Content-Security-Policy"] = dataPolicy
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	if m.o.HSTS {
		h["Strict-Transport-Security"] = oneYear
	}
}
