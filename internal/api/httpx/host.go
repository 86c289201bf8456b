package httpx

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
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

// hosts is Hosts with what is worked out once.
type hosts struct {
	names   []string // lower case
	machine string   // lower case
	base    string   // of absolute addresses; "" is as the client called
	origin  string   // scheme and host of the public URL
	public  string   // its host, lower case
}

// worked refuses settings that cannot be meant.
func (h Hosts) worked() (hosts, error) {
	out := hosts{machine: strings.ToLower(h.Machine)}
	for _, n := range h.Names {
		out.names = append(out.names, strings.ToLower(n))
	}
	if h.PublicURL == "" {
		return out, nil
	}
	u, err := url.Parse(h.PublicURL)
	switch {
	case err != nil:
		return out, fmt.Errorf("public URL: %w", err)
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.RawQuery != "", u.Fragment != "", u.User != nil:
		return out, fmt.Errorf("public URL %q: it must be http or https with a host, and have no user, query or fragment", h.PublicURL)
	}
	out.base, out.origin, out.public = strings.TrimRight(h.PublicURL, "/"), u.Scheme+"://"+u.Host, strings.ToLower(u.Host)
	return out, nil
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
func (h *hosts) checked(r *http.Request) (string, error) {
	host := strings.ToLower(r.Host)
	name, port := splitHost(host)
	if name == "" {
		return "", problem.New(problem.InvalidRequest, "the request names no host")
	}
	if host == h.public || slices.Contains(h.names, host) || slices.Contains(h.names, name) {
		return host, nil
	}
	addr, isIP := parseIP(name)
	if onLoopback(r) {
		if (name == "localhost" || isIP && addr.IsLoopback()) && samePort(r, port) {
			return host, nil
		}
	} else if isIP || name == "localhost" || name == h.machine {
		// An address needs no name server, so nobody can bend it; and off
		// loopback the name gives no freedom anyway.
		return host, nil
	}
	return "", problem.New(problem.InvalidRequest, "%q is not a name of this server; if it should be, add it to server.hosts or set server.public_url", shorten(r.Host))
}

// baseOf gives the beginning of absolute addresses, without a final slash. host
// is the checked one; without it the connection's own address is taken.
func (h *hosts) baseOf(r *http.Request, host string) string {
	if h.base != "" {
		return h.base
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
	c := callOf(r)
	if c.base == "" {
		h := c.hosts
		if h == nil {
			h = &hosts{}
			c.host = r.Host // no Mux has checked it: a handler's own test
		}
		c.base = h.baseOf(r, c.host)
	}
	return c.base
}

// samePort holds a Host's port to that of the connection: a page on another
// port of this machine is another site. Where the connection is not known, as
// in a test, every port is taken.
func samePort(r *http.Request, port string) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return true
	}
	tcp, ok := local.(*net.TCPAddr)
	if !ok {
		return true
	}
	if port == "" {
		port = "80"
		if r.TLS != nil {
			port = "443"
		}
	}
	return port == strconv.Itoa(tcp.Port)
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
