package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// Limits bound what one request may cost. Zero takes the default.
type Limits struct {
	Bytes     int64         // of the answer, decompressed: 10 MiB
	Time      time.Duration // in all: 30 s
	Redirects int           // followed: 5; negative follows none
	PerHost   int           // connections at once to one host: 8
}

func (l Limits) orDefault() Limits {
	if l.Bytes == 0 {
		l.Bytes = 10 << 20
	}
	if l.Time == 0 {
		l.Time = 30 * time.Second
	}
	if l.Redirects == 0 {
		l.Redirects = 5
	}
	if l.PerHost == 0 {
		l.PerHost = 8
	}
	return l
}

// Options are the settings of a Fetcher.
type Options struct {
	// Allow lists, by purpose, what is reached although it is private.
	Allow map[Purpose]Allow
	// UserAgent names beffroi to others; "" is "beffroi".
	UserAgent string
	// Resolver is nil for the system's.
	Resolver resolver
	// TLS is nil for the system's trust; its certificates are those that
	// servers are checked against.
	TLS *tls.Config
}

// Fetcher makes clients. It is safe for use by many goroutines.
type Fetcher struct {
	allow     map[Purpose]Allow
	userAgent string
	resolver  resolver
	tls       *tls.Config
}

// New makes a Fetcher.
func New(o Options) *Fetcher {
	f := &Fetcher{allow: map[Purpose]Allow{}, userAgent: o.UserAgent, resolver: o.Resolver, tls: o.TLS}
	for p, a := range o.Allow {
		f.allow[p] = a
	}
	if f.userAgent == "" {
		f.userAgent = "beffroi"
	}
	if f.resolver == nil {
		f.resolver = net.DefaultResolver
	}
	return f
}

// Client goes out for one purpose. It has connections of its own, so that one
// that was allowed for a purpose never serves another.
type Client struct {
	fetcher *Fetcher
	purpose Purpose
	allow   Allow
	limits  Limits
	http    *http.Client
}

// For makes a client for a purpose. own are URLs from the operator's own
// configuration, of a source for instance: their hosts and ports are allowed
// to this client alone, and a redirect elsewhere is judged as ever.
//
// Errors: problem.BadRequestData for an own address that is no URL.
func (f *Fetcher) For(p Purpose, l Limits, own ...string) (*Client, error) {
	c := &Client{fetcher: f, purpose: p, allow: f.allow[p], limits: l.orDefault()}
	for _, raw := range own {
		u, err := url.Parse(raw)
		if err != nil || u.Hostname() == "" {
			return nil, problem.New(problem.BadRequestData, "the address %.200q is no URL with a host", raw)
		}
		port, err := portOf(u)
		if err != nil {
			return nil, err
		}
		a, err := ParseAllow(net.JoinHostPort(u.Hostname(), strconv.Itoa(int(port))))
		if err != nil {
			return nil, err
		}
		c.allow = c.allow.and(a)
	}
	tr := &http.Transport{
		Proxy:                  nil,
		DialContext:            c.Dial,
		DisableCompression:     true, // read bounds what comes out
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    c.limits.PerHost,
		MaxConnsPerHost:        c.limits.PerHost,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  c.limits.Time,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if f.tls != nil {
		tr.TLSClientConfig = f.tls.Clone()
	}
	c.http = &http.Client{Transport: tr, CheckRedirect: c.redirect}
	return c, nil
}

// Close ends the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Request is what to ask for.
type Request struct {
	Method string // "" is GET
	URL    string
	Header http.Header
	Body   []byte
}

// Response is what came back. Its status is whatever the server gave.
type Response struct {
	Status int
	Header http.Header
	URL    string // after redirects
	Body   []byte // decompressed
}

// Do asks, and reads the whole answer within the client's limits.
//
// Errors: *Error; never for a status.
func (c *Client) Do(ctx context.Context, req Request) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limits.Time)
	defer cancel()
	res, body, err := c.start(ctx, req)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, asError(ctx, err)
	}
	return &Response{Status: res.StatusCode, Header: res.Header, URL: res.Request.URL.String(), Body: text}, nil
}

// Open asks and gives the answer's body as it comes, for what is too long to
// hold: reading it fails with *Error over the limit of bytes. The caller
// closes it. ctx bounds the time; Limits.Time bounds that until the header.
//
// Errors: *Error; never for a status.
func (c *Client) Open(ctx context.Context, req Request) (*Response, io.ReadCloser, error) {
	res, body, err := c.start(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	return &Response{Status: res.StatusCode, Header: res.Header, URL: res.Request.URL.String()}, body, nil
}

// Fetch gets a document and how long it may be kept: zero if not at all,
// negative if the server does not say. Any status but 200 is an error.
//
// Errors: *Error.
func (c *Client) Fetch(ctx context.Context, address string) (body []byte, maxAge time.Duration, err error) {
	accept := "*/*"
	if c.purpose == Context {
		accept = "application/ld+json, application/json;q=0.9, */*;q=0.1"
	}
	res, err := c.Do(ctx, Request{URL: address, Header: http.Header{"Accept": {accept}}})
	if err != nil {
		return nil, 0, err
	}
	if res.Status != http.StatusOK {
		return nil, 0, &Error{Reason: BadStatus, Status: res.Status}
	}
	maxAge, said := MaxAge(res.Header)
	if !said {
		maxAge = -1
	}
	return res.Body, maxAge, nil
}

func (c *Client) start(ctx context.Context, req Request) (*http.Response, io.ReadCloser, error) {
	u, err := c.checkURL(req.URL)
	if err != nil {
		return nil, nil, err
	}
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(req.Body))
	if err != nil {
		return nil, nil, &Error{Reason: Malformed, Err: err}
	}
	for name, values := range req.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", c.fetcher.userAgent)
	}
	if r.Header.Get("Accept-Encoding") == "" {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, nil, asError(ctx, stripURL(err))
	}
	body, err := c.bounded(res)
	if err != nil {
		return nil, nil, asError(ctx, errors.Join(err, res.Body.Close()))
	}
	return res, body, nil
}

// stripURL takes away the URL that net/http puts before an error: it may hold
// a secret in its query.
func stripURL(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}

// checkURL reads an address that may be gone to.
func (c *Client) checkURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, &Error{Reason: Malformed, Err: errors.New("not a URL")}
	}
	if err := c.check(u); err != nil {
		return nil, err
	}
	return u, nil
}

// check judges what can be judged without resolving the name.
func (c *Client) check(u *url.URL) error {
	bad := func(format string, args ...any) error {
		return &Error{Reason: Malformed, Err: fmt.Errorf(format, args...)}
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return bad("scheme %.20q is not http or https", u.Scheme)
	case u.User != nil:
		return bad("the address holds a user name")
	case u.Hostname() == "":
		return bad("the address names no host")
	}
	port, err := portOf(u)
	if err != nil {
		return bad("port %.20q is none", u.Port())
	}
	if badPort(port) && !c.allow.namesPort(u.Hostname(), port) {
		return &Error{Reason: Refused, Err: fmt.Errorf("port %d is not one for HTTP", port), purpose: c.purpose, at: net.JoinHostPort(u.Hostname(), strconv.Itoa(int(port)))}
	}
	return nil
}

func portOf(u *url.URL) (uint16, error) {
	if p := u.Port(); p != "" {
		n, ok := parsePort(p)
		if !ok {
			return 0, problem.New(problem.BadRequestData, "the port of %.200q is not a number from 1 to 65535", u.Redacted())
		}
		return n, nil
	}
	switch u.Scheme {
	case "https":
		return 443, nil
	case "mqtt":
		return 1883, nil
	case "mqtts":
		return 8883, nil
	}
	return 80, nil
}

// redirect judges each redirect; the dialer will judge its address too.
func (c *Client) redirect(r *http.Request, via []*http.Request) error {
	if c.limits.Redirects < 0 {
		return http.ErrUseLastResponse
	}
	if len(via) > c.limits.Redirects {
		return &Error{Reason: Redirects, Err: fmt.Errorf("more than %d", c.limits.Redirects)}
	}
	if err := c.check(r.URL); err != nil {
		return err
	}
	if from := via[len(via)-1].URL; from.Scheme == "https" && r.URL.Scheme == "http" {
		return &Error{Reason: Redirects, Err: errors.New("from https to http")}
	} else if from.Host != r.URL.Host {
		// Keys in headers were meant for the first host.
		for name := range r.Header {
			switch name {
			case "Accept", "Accept-Encoding", "User-Agent", "Content-Type":
			default:
				r.Header.Del(name)
			}
		}
	}
	return nil
}

// CheckLiteral refuses an address of a URL (http, https, mqtt, mqtts) that can
// be judged without resolving a name and would be refused when it is used, so
// that whoever writes it down learns at once.
//
// Errors: problem.BadRequestData, naming the switch that allows it.
func (c *Client) CheckLiteral(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return problem.New(problem.BadRequestData, "%.200q is not a URL with a host", raw)
	}
	port, err := portOf(u)
	if err != nil {
		return err
	}
	host := u.Hostname()
	at := net.JoinHostPort(host, strconv.Itoa(int(port)))
	if u.Scheme == "http" || u.Scheme == "https" {
		if err := c.check(u); err != nil {
			return problem.Wrap(problem.BadRequestData, err, "%.200s: %s", u.Redacted(), DetailOf(err))
		}
	}
	addr, err := netip.ParseAddr(host)
	var why string
	switch {
	case err == nil:
		why = c.judge(host, addr, port)
	case strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost"):
		if c.judge(host, netip.AddrFrom4([4]byte{127, 0, 0, 1}), port) != "" && c.judge(host, netip.IPv6Loopback(), port) != "" {
			why = "loopback"
		}
	case !plainHost(host):
		return problem.New(problem.BadRequestData, "%.200q is not a host name", host)
	}
	if why == "" {
		return nil
	}
	return problem.New(problem.BadRequestData, "%s is %s and is not reached from here; the operator can allow it with --outbound-allow %s or in outbound.allow.%s", at, why, at, c.purpose)
}

// bounded gives the answer's body, decompressed, failing over the limit.
func (c *Client) bounded(res *http.Response) (io.ReadCloser, error) {
	switch coding := strings.ToLower(res.Header.Get("Content-Encoding")); coding {
	case "", "identity":
		if res.ContentLength > c.limits.Bytes {
			return nil, &Error{Reason: TooLarge, Status: res.StatusCode}
		}
		return &boundedBody{src: res.Body, close: res.Body, left: c.limits.Bytes}, nil
	case "gzip", "x-gzip":
		if res.Body == http.NoBody || res.StatusCode == http.StatusNotModified || res.StatusCode == http.StatusNoContent {
			return res.Body, nil
		}
		// What comes in is bounded too: a stream that expands to nothing.
		z, err := gzip.NewReader(&boundedBody{src: res.Body, close: res.Body, left: c.limits.Bytes})
		if err != nil {
			return nil, &Error{Reason: BadAnswer, Err: errors.New("not gzip, though it says so")}
		}
		res.Header.Del("Content-Encoding")
		res.Header.Del("Content-Length")
		return &boundedBody{src: z, close: res.Body, left: c.limits.Bytes}, nil
	}
	return nil, &Error{Reason: BadAnswer, Err: errors.New("an unknown content coding")}
}

// boundedBody reads up to left bytes and fails at the next.
type boundedBody struct {
	src   io.Reader
	close io.Closer
	left  int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, &Error{Reason: TooLarge}
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.src.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, &Error{Reason: TooLarge}
	}
	if errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
		err = &Error{Reason: BadAnswer, Err: err}
	}
	return n, err
}

func (b *boundedBody) Close() error { return b.close.Close() }
