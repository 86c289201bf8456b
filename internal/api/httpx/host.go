package httpx

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/beffroi/beffroi/internal/problem"
)

// Hosts says under which names this server may be called. A browser can be
// led here under any name that somebody lets point here (DNS rebinding), so a
// name that is not known is refused.
type Hosts struct {
	// PublicURL is server.public_url: its host is taken, and every absolute
	// address begins with it. It may have a path, for a proxy that serves
	// beffroi under one.
	PublicURL string
	// Names are further names, each with a port ("city.example:8443") or
	// without one, which takes every port.
	Names []string
	// Machine is the machine's own name, taken off loopback; "" is none.
	Machine string
}

// check refuses settings that cannot be meant.
func (h Hosts) check() error {
	if h.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(h.PublicURL)
	switch {
	case err != nil:
		return fmt.Errorf("public URL: %w", err)
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.RawQuery != "", u.Fragment != "", u.User != nil:
		return fmt.Errorf("public URL %q: it must be http or https with a host, and have no user, query or fragment", h.PublicURL)
	}
	return nil
}

// publicOrigin gives scheme and host of the public URL, "" if there is none.
func (h Hosts) publicOrigin() string {
	u, err := url.Parse(h.PublicURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// listenerKey carries what a listener is; see OnListener.
type listenerKey struct{}

// listener is what requests need to know of where they came in.
type listener struct {
	loopback bool
	stopping chan struct{}
}

// OnListener gives the base context of requests that come in at addr. The
// address of the listener decides whether a caller is on this machine; without
// it a request counts as coming from elsewhere.
func OnListener(ctx context.Context, addr net.Addr) context.Context {
	return context.WithValue(ctx, listenerKey{}, &listener{loopback: IsLoopback(addr), stopping: make(chan struct{})})
}

// IsLoopback reports whether a listener's address is one that only this
// machine reaches. An unspecified address (0.0.0.0, ::) is not.
func IsLoopback(addr net.Addr) bool {
	if addr == nil {
		return false
	}
	a, err := netip.ParseAddrPort(addr.String())
	return err == nil && a.Addr().Unmap().IsLoopback()
}

func onLoopback(r *http.Request) bool {
	l, ok := r.Context().Value(listenerKey{}).(*listener)
	return ok && l.loopback
}

// Stopping gives a channel that is closed when the server begins to stop, so
// that endless answers end in time. It is nil, and blocks for ever, where no
// Server is at work.
func Stopping(r *http.Request) <-chan struct{} {
	if l, ok := r.Context().Value(listenerKey{}).(*listener); ok {
		return l.stopping
	}
	return nil
}

// checked gives the request's Host if it is a name of this server.
// Errors: problem.InvalidRequest, naming the setting that adds a name.
func (h Hosts) checked(r *http.Request) (string, error) {
	host := strings.ToLower(r.Host)
	name, port := splitHost(host)
	if name == "" {
		return "", problem.New(problem.InvalidRequest, "the request names no host")
	}
	if u, err := url.Parse(h.PublicURL); err == nil && u.Host != "" && strings.EqualFold(u.Host, host) {
		return host, nil
	}
	for _, n := range h.Names {
		if n = strings.ToLower(n); n == host || n == name {
			return host, nil
		}
	}
	addr, isIP := parseIP(name)
	if onLoopback(r) {
		if (name == "localhost" || isIP && addr.IsLoopback()) && samePort(r, port) {
			return host, nil
		}
	} else if isIP || name == "localhost" || h.Machine != "" && strings.EqualFold(name, h.Machine) {
		// An address needs no name server, so nobody can bend it; and off
		// loopback the name gives no freedom anyway.
		return host, nil
	}
	return "", problem.New(problem.InvalidRequest, "%q is not a name of this server; if it should be, add it to server.hosts or set server.public_url", shorten(r.Host))
}

// base gives the beginning of absolute addresses, without a final slash. host
// is the checked one; without it the connection's own address is taken.
func (h Hosts) base(r *http.Request, host string) string {
	if h.PublicURL != "" {
		return strings.TrimRight(h.PublicURL, "/")
	}
	if host == "" {
		if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			host = local.String()
		} else {
			host = "localhost"
		}
	}
	if r.TLS != (*tls.ConnectionState)(nil) {
		return "https://" + host
	}
	return "http://" + host
}

// BaseURL gives the beginning of every absolute address in an answer to r:
// server.public_url if set, else scheme and checked host as the client called.
// It has no final slash.
func BaseURL(r *http.Request) string {
	if c := callOf(r); c.base != "" {
		return c.base
	}
	return Hosts{}.base(r, r.Host)
}

// samePort holds a Host's port to that of the connection: a page on another
// port of this machine is another site. Where the connection is not known, as
// in a test, every port is taken.
func samePort(r *http.Request, port string) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return true
	}
	_, want, err := net.SplitHostPort(local.String())
	if err != nil {
		return true
	}
	if port == "" {
		port = "80"
		if r.TLS != nil {
			port = "443"
		}
	}
	return port == want
}

func splitHost(host string) (name, port string) {
	if n, p, err := net.SplitHostPort(host); err == nil {
		return n, p
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), ""
}

func parseIP(name string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(name)
	return a.Unmap(), err == nil
}
