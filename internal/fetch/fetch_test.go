package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// names is a resolver: each lookup of a name gives the next answer.
type names map[string][][]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	answers := n[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(answers) > 1 {
		n[host] = answers[1:]
	}
	var out []netip.Addr
	for _, a := range answers[0] {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

func allow(t *testing.T, items ...string) map[Purpose]Allow {
	t.Helper()
	a, err := ParseAllow(items...)
	if err != nil {
		t.Fatal(err)
	}
	return map[Purpose]Allow{Context: a}
}

func client(t *testing.T, o Options, l Limits, own ...string) *Client {
	t.Helper()
	c, err := New(o).For(Context, l, own...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func hostPort(s *httptest.Server) string { return s.Listener.Addr().String() }

func portNumber(s *httptest.Server) string {
	_, port, _ := net.SplitHostPort(hostPort(s))
	return port
}

func hello(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }

func TestAPrivateServerIsReachedOnlyIfAllowed(t *testing.T) {
	s := serve(t, hello)
	port := portNumber(s)
	tests := map[string]struct {
		allow string
		url   string
		ok    bool
	}{
		"not allowed":                     {"", s.URL, false},
		"allowed by address":              {hostPort(s), s.URL, true},
		"allowed by block":                {"127.0.0.0/8", s.URL, true},
		"another port":                    {"127.0.0.1:1", s.URL, false},
		"another block":                   {"10.0.0.0/8", s.URL, false},
		"by name, not allowed":            {"", "http://inner.example:" + port, false},
		"by name, name allowed":           {"inner.example:" + port, "http://inner.example:" + port, true},
		"by name, address allowed":        {hostPort(s), "http://inner.example:" + port, true},
		"another name for it":             {"inner.example:" + port, "http://other.example:" + port, false},
		"IPv4 mapped, not allowed":        {"", "http://[::ffff:127.0.0.1]:" + port, false},
		"IPv4 mapped, allowed":            {hostPort(s), "http://[::ffff:127.0.0.1]:" + port, true},
		"one address of two is allowed":   {hostPort(s), "http://two.example:" + port, true},
		"decimal":                         {"", "http://2130706433:" + port, false},
		"octal":                           {"", "http://0177.0.0.1:" + port, false},
		"hexadecimal":                     {"127.0.0.0/8", "http://0x7f000001:" + port, false},
		"unspecified":                     {"", "http://0.0.0.0:" + port, false},
		"a user name":                     {hostPort(s), "http://u:p@127.0.0.1:" + port, false},
		"not HTTP":                        {hostPort(s), "gopher://127.0.0.1:" + port, false},
		"a file":                          {hostPort(s), "file:///etc/passwd", false},
		"no host":                         {hostPort(s), "http:///x", false},
		"a name that nobody has":          {"", "http://nowhere.example:" + port, false},
		"allowed by name, name is a trap": {"inner.example:" + port, "http://inner.example.evil.example:" + port, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := client(t, Options{Allow: allow(t, tt.allow), Resolver: names{
				"inner.example": {{"127.0.0.1"}}, "other.example": {{"127.0.0.1"}}, "two.example": {{"10.255.255.1", "127.0.0.1"}},
				"inner.example.evil.example": {{"127.0.0.1"}},
			}}, Limits{})
			body, _, err := c.Fetch(t.Context(), tt.url)
			if tt.ok != (err == nil) || tt.ok && string(body) != "hello" {
				t.Fatalf("got %q, %v", body, err)
			}
			var e *Error
			if err != nil && !errors.As(err, &e) {
				t.Errorf("error %T", err)
			}
		})
	}
}

func TestARefusalNamesTheSwitch(t *testing.T) {
	s := serve(t, hello)
	_, _, err := client(t, Options{}, Limits{}).Fetch(t.Context(), s.URL)
	if ReasonOf(err) != Refused || !strings.Contains(DetailOf(err), "--outbound-allow "+hostPort(s)) || !strings.Contains(DetailOf(err), "outbound.allow.context") {
		t.Errorf("reason %v, detail %q", ReasonOf(err), DetailOf(err))
	}
}

// What a name resolved to is for the log, not for whoever wrote the name down.
func TestARefusalDoesNotTellTheAddressBehindAName(t *testing.T) {
	c := client(t, Options{Resolver: names{"inner.example": {{"10.99.98.97"}}}}, Limits{})
	_, _, err := c.Fetch(t.Context(), "http://inner.example/")
	if ReasonOf(err) != Refused || strings.Contains(DetailOf(err), "10.99") || !strings.Contains(err.Error(), "10.99.98.97") {
		t.Errorf("detail %q, error %v", DetailOf(err), err)
	}
}

// The name gives a public address when it is looked at and a private one when
// it is looked at again: the address that was judged is the one connected to.
func TestRebinding(t *testing.T) {
	s := serve(t, hello)
	n := names{"evil.example": {{"127.0.0.1"}, {"127.0.0.1"}}}
	c := client(t, Options{Resolver: n}, Limits{Time: 5 * time.Second})
	if _, _, err := c.Fetch(t.Context(), "http://evil.example:"+portNumber(s)); ReasonOf(err) != Refused {
		t.Errorf("error %v", err)
	}
	asked := 0
	count := resolverFunc(func(host string) []netip.Addr { asked++; return []netip.Addr{netip.MustParseAddr("127.0.0.1")} })
	c = client(t, Options{Resolver: count, Allow: allow(t, hostPort(s))}, Limits{})
	if _, _, err := c.Fetch(t.Context(), "http://evil.example:"+portNumber(s)); err != nil || asked != 1 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}

type resolverFunc func(host string) []netip.Addr

func (f resolverFunc) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return f(host), nil
}

// Even if resolving let an address slip through, the socket does not connect.
func TestTheSocketItselfIsJudged(t *testing.T) {
	s := serve(t, hello)
	c := client(t, Options{}, Limits{})
	_, err := c.connect(t.Context(), "tcp", "x", netip.MustParseAddrPort(hostPort(s)))
	var e *Error
	if !errors.As(err, &e) || e.Reason != Refused {
		t.Errorf("error %v", err)
	}
}

func TestRedirects(t *testing.T) {
	var inner atomic.Int32
	private := serve(t, func(w http.ResponseWriter, r *http.Request) { inner.Add(1); hello(w, r) })
	var target atomic.Value
	var seen atomic.Value
	public := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.Header.Clone())
		switch r.URL.Path {
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/end":
			hello(w, r)
		default:
			http.Redirect(w, r, target.Load().(string), http.StatusFound)
		}
	})
	n := names{"public.example": {{"127.0.0.1"}}, "also.example": {{"127.0.0.1"}}}
	allowed := allow(t, "public.example:"+portNumber(public), "also.example:"+portNumber(public))
	base := "http://public.example:" + portNumber(public)
	tests := map[string]struct {
		to     string
		reason Reason
		ok     bool
	}{
		"to itself":               {base + "/end", 0, true},
		"to a private address":    {private.URL, Refused, false},
		"to metadata":             {"http://169.254.169.254/latest", Refused, false},
		"to a file":               {"file:///etc/passwd", Malformed, false},
		"to a bad port":           {"http://public.example:22/", Refused, false},
		"to a user":               {"http://u:p@public.example:" + portNumber(public) + "/end", Malformed, false},
		"to another allowed host": {"http://also.example:" + portNumber(public) + "/end", 0, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			target.Store(tt.to)
			c := client(t, Options{Allow: allowed, Resolver: n}, Limits{Time: 5 * time.Second})
			res, err := c.Do(t.Context(), Request{URL: base + "/go", Header: http.Header{"x-api-key": {"secret"}}})
			if (err == nil) != tt.ok || err != nil && ReasonOf(err) != tt.reason {
				t.Fatalf("%v, %v", res, err)
			}
			if h := seen.Load().(http.Header); tt.ok {
				if kept := h.Get("X-Api-Key") != ""; kept != (name == "to itself") {
					t.Errorf("the key was sent on: %v", kept)
				}
			}
		})
	}
	if inner.Load() != 0 {
		t.Error("the private server was reached")
	}
	c := client(t, Options{Allow: allowed, Resolver: n}, Limits{})
	if _, _, err := c.Fetch(t.Context(), base+"/loop"); ReasonOf(err) != Redirects {
		t.Errorf("loop: %v", err)
	}
	c = client(t, Options{Allow: allowed, Resolver: n}, Limits{Redirects: -1})
	target.Store(base + "/end")
	if res, err := c.Do(t.Context(), Request{URL: base + "/go"}); err != nil || res.Status != 302 {
		t.Errorf("none followed: %v, %v", res, err)
	}
}

func TestNotFromTLSToPlain(t *testing.T) {
	plain := serve(t, hello)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL, http.StatusFound)
	}))
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	c := client(t, Options{Allow: allow(t, "127.0.0.0/8"), TLS: &tls.Config{RootCAs: pool}}, Limits{})
	if _, _, err := c.Fetch(t.Context(), s.URL); ReasonOf(err) != Redirects {
		t.Errorf("error %v", err)
	}
	c = client(t, Options{Allow: allow(t, "127.0.0.0/8")}, Limits{})
	if _, _, err := c.Fetch(t.Context(), s.URL); err == nil || ReasonOf(err) == Redirects {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
}

// A client for one purpose has no use of what another may reach, and a
// source's own address is its own.
func TestPurposesAndSourcesAreApart(t *testing.T) {
	s := serve(t, hello)
	f := New(Options{Allow: allow(t, hostPort(s))})
	get := func(p Purpose, own ...string) error {
		c, err := f.For(p, Limits{}, own...)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _, err = c.Fetch(t.Context(), s.URL)
		return err
	}
	if err := get(Context); err != nil {
		t.Error(err)
	}
	if err := get(Notification); ReasonOf(err) != Refused {
		t.Errorf("another purpose: %v", err)
	}
	if err := get(Source, s.URL+"/feed.json"); err != nil {
		t.Errorf("its own address: %v", err)
	}
	if err := get(Source); ReasonOf(err) != Refused {
		t.Errorf("another source: %v", err)
	}
	if err := get(Source, "http://127.0.0.1:1/"); ReasonOf(err) != Refused {
		t.Errorf("another port of its own host: %v", err)
	}
	if _, err := f.For(Source, Limits{}, "::"); !problem.Is(err, problem.BadRequestData) {
		t.Errorf("an own address that is none: %v", err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 1<<20))
	z.Close()
	var small bytes.Buffer
	z = gzip.NewWriter(&small)
	io.WriteString(z, "hello")
	z.Close()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		coding := r.URL.Query().Get("coding")
		if coding != "" {
			w.Header().Set("Content-Encoding", coding)
		}
		switch r.URL.Path {
		case "/small":
			w.Write(small.Bytes())
		case "/bomb":
			w.Write(bomb.Bytes())
		case "/cut":
			w.Write(small.Bytes()[:small.Len()-10])
		case "/exact":
			w.Write(make([]byte, 1000))
		case "/long":
			w.Write(make([]byte, 1001))
		case "/stream":
			for range 2000 {
				w.Write([]byte("x"))
				http.NewResponseController(w).Flush()
			}
		case "/secret":
			w.WriteHeader(500)
			io.WriteString(w, "the secret of the inner server")
		}
	})
	c := client(t, Options{Allow: allow(t, hostPort(s))}, Limits{Bytes: 1000})
	tests := map[string]struct {
		ok     bool
		reason Reason
	}{
		"/small?coding=gzip": {true, 0}, "/exact": {true, 0},
		"/long": {false, TooLarge}, "/stream": {false, TooLarge}, "/bomb?coding=gzip": {false, TooLarge}, "/bomb": {false, TooLarge},
		"/cut?coding=gzip": {false, Unreachable}, "/exact?coding=gzip": {false, BadAnswer}, "/exact?coding=br": {false, BadAnswer},
		"/secret": {false, BadStatus},
	}
	for path, tt := range tests {
		body, _, err := c.Fetch(t.Context(), s.URL+path)
		if (err == nil) != tt.ok || err != nil && ReasonOf(err) != tt.reason {
			t.Errorf("%s: %d bytes, %v", path, len(body), err)
		}
		if err != nil && strings.Contains(err.Error(), "secret of") {
			t.Errorf("the answer is repeated: %v", err)
		}
		if path == "/secret" && !strings.Contains(DetailOf(err), "status 500") {
			t.Errorf("the status is not told: %s", DetailOf(err))
		}
		if path == "/small?coding=gzip" && string(body) != "hello" {
			t.Errorf("read %q", body)
		}
	}
}

func TestOpenReadsAsItComes(t *testing.T) {
	s := serve(t, hello)
	c := client(t, Options{Allow: allow(t, hostPort(s))}, Limits{Bytes: 4})
	_, body, err := c.Open(t.Context(), Request{URL: s.URL + "/"})
	if err == nil {
		body.Close()
		t.Fatal("an announced length over the limit was taken")
	}
	c = client(t, Options{Allow: allow(t, hostPort(s))}, Limits{})
	res, body, err := c.Open(t.Context(), Request{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if text, err := io.ReadAll(body); err != nil || string(text) != "hello" || res.Status != 200 {
		t.Errorf("%q, %v", text, err)
	}
}

func TestNotAByteBeyondTheLimit(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).Flush() // no length is announced
		io.WriteString(w, "0123456789")
	})
	_, body, err := client(t, Options{Allow: allow(t, hostPort(s))}, Limits{Bytes: 4}).Open(t.Context(), Request{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if text, err := io.ReadAll(body); string(text) != "0123" || ReasonOf(err) != TooLarge {
		t.Errorf("%q, %v", text, err)
	}
}

func TestASlowServerIsGivenUp(t *testing.T) {
	done := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { <-done })
	defer close(done)
	c := client(t, Options{Allow: allow(t, hostPort(s))}, Limits{Time: 20 * time.Millisecond})
	if _, _, err := c.Fetch(t.Context(), s.URL); ReasonOf(err) != Timeout {
		t.Errorf("error %v", err)
	}
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	if tr := client(t, Options{}, Limits{}).http.Transport.(*http.Transport); tr.Proxy != nil {
		t.Error("a proxy is asked for")
	}
}

// An address may hold a key in its query; errors end up in logs.
func TestErrorsDoNotRepeatTheAddress(t *testing.T) {
	c := client(t, Options{Allow: allow(t, "127.0.0.1:1")}, Limits{})
	for _, u := range []string{"http://127.0.0.1:1/?key=swordfish", "http://127.0.0.1:2/?key=swordfish", "http://u:swordfish@127.0.0.1/", "ftp://x/?swordfish"} {
		if _, _, err := c.Fetch(t.Context(), u); err == nil || strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%v", err)
		}
	}
}

func TestDialForOtherProtocols(t *testing.T) {
	s := serve(t, hello)
	if conn, err := client(t, Options{Allow: allow(t, hostPort(s))}, Limits{}).Dial(t.Context(), "tcp", hostPort(s)); err != nil {
		t.Error(err)
	} else {
		conn.Close()
	}
	c := client(t, Options{}, Limits{})
	for addr, want := range map[string]Reason{hostPort(s): Refused, "127.0.0.1": Malformed, "127.0.0.1:x": Malformed, "localhost:" + portNumber(s): Refused} {
		if _, err := c.Dial(t.Context(), "tcp", addr); ReasonOf(err) != want {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if _, err := c.Dial(t.Context(), "udp", "1.1.1.1:1"); ReasonOf(err) != Malformed {
		t.Errorf("udp: %v", err)
	}
}

func TestCheckLiteral(t *testing.T) {
	c := client(t, Options{Allow: allow(t, "127.0.0.1:9000", "inner:22")}, Limits{})
	for raw, says := range map[string]string{
		"http://127.0.0.1:9000/x":      "",
		"http://localhost:9000/x":      "",
		"mqtt://127.0.0.1:9000":        "",
		"https://example.org/x":        "",
		"mqtts://example.org/topic":    "",
		"http://inner:22/":             "",
		"http://127.0.0.1:9001/x":      "--outbound-allow 127.0.0.1:9001",
		"http://127.0.0.1/x":           "--outbound-allow 127.0.0.1:80",
		"http://localhost/x":           "loopback",
		"http://a.localhost/x":         "loopback",
		"mqtt://127.0.0.1":             "--outbound-allow 127.0.0.1:1883",
		"https://[::1]/x":              "--outbound-allow [::1]:443",
		"http://[::ffff:10.0.0.1]/":    "private",
		"http://169.254.169.254/":      "link-local",
		"http://[fe80::1%25eth0]/":     "zone",
		"http://2130706433/":           "not a host name",
		"http://0x7f.1/":               "not a host name",
		"http://example.org:22/":       "--outbound-allow example.org:22",
		"http://example.org:99999/":    "port",
		"http://u:secret@example.org/": "cannot be used",
		"not a url":                    "not a URL",
		"http://":                      "not a URL",
	} {
		err := c.CheckLiteral(raw)
		if says == "" {
			if err != nil {
				t.Errorf("%s: %v", raw, err)
			}
			continue
		}
		if !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), says) {
			t.Errorf("%s: %v", raw, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is told: %v", raw, err)
		}
	}
}

func TestMaxAge(t *testing.T) {
	const date = "Wed, 25 Nov 2026 03:00:00 GMT"
	tests := map[string]struct {
		header map[string]string
		want   time.Duration
		ok     bool
	}{
		"nothing":         {nil, 0, false},
		"max-age":         {map[string]string{"Cache-Control": "public, max-age=60"}, time.Minute, true},
		"less Age":        {map[string]string{"Cache-Control": "max-age=60", "Age": "20"}, 40 * time.Second, true},
		"older than that": {map[string]string{"Cache-Control": "max-age=60", "Age": "90"}, 0, true},
		"no-store":        {map[string]string{"Cache-Control": "max-age=60, no-store"}, 0, true},
		"no-cache":        {map[string]string{"Cache-Control": "No-Cache"}, 0, true},
		"not a number":    {map[string]string{"Cache-Control": "max-age=x"}, 0, true},
		"absurd":          {map[string]string{"Cache-Control": "max-age=9999999999999"}, mostAge, true},
		"negative":        {map[string]string{"Cache-Control": "max-age=-1"}, 0, true},
		"quoted":          {map[string]string{"Cache-Control": `max-age="60"`}, time.Minute, true},
		"Expires":         {map[string]string{"Expires": "Wed, 25 Nov 2026 03:01:00 GMT", "Date": date}, time.Minute, true},
		"expired":         {map[string]string{"Expires": "0", "Date": date}, 0, true},
		"max-age wins":    {map[string]string{"Expires": "0", "Date": date, "Cache-Control": "max-age=60"}, time.Minute, true},
		"s-maxage":        {map[string]string{"Cache-Control": "s-maxage=90"}, 90 * time.Second, true},
		"s-maxage wins":   {map[string]string{"Cache-Control": "max-age=60, s-maxage=90, max-age=30", "Expires": "0", "Date": date}, 90 * time.Second, true},
		"s-maxage first":  {map[string]string{"Cache-Control": "s-maxage=90, max-age=60"}, 90 * time.Second, true},
		"only must-reval": {map[string]string{"Cache-Control": "must-revalidate"}, 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			for k, v := range tt.header {
				h.Set(k, v)
			}
			if got, ok := MaxAge(h); got != tt.want || ok != tt.ok {
				t.Errorf("got %v, %v", got, ok)
			}
		})
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, s := range []string{"http://127.0.0.1:9000/x", "https://[::1%25a]/", "http://0x7f.1", "mqtt://a:1"} {
		f.Add(s)
	}
	c, err := New(Options{}).For(Notification, Limits{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if c.CheckLiteral(raw) != nil {
			return
		}
		// What passes is never a literal special address.
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatalf("%q passed and is no URL", raw)
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && refused(a) != "" {
			t.Errorf("%q passed: %s", raw, refused(a))
		}
		if _, err := strconv.ParseUint(u.Hostname(), 0, 64); err == nil {
			t.Errorf("%q passed: its host is a number", raw)
		}
	})
}
