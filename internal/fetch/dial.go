package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// resolver finds the addresses of a name: *net.Resolver.
type resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// dialTimeout bounds one attempt to connect.
const dialTimeout = 10 * time.Second

// maxAddresses bounds the addresses of one name that are tried.
const maxAddresses = 8

// Dial connects to addr, a host and port, over "tcp" (also "tcp4", "tcp6").
// The name is resolved once; each of its addresses is judged, and judged again
// when the socket is about to connect.
//
// Errors: *Error.
func (c *Client) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(addr)
	port, ok := parsePort(portText)
	if err != nil || !ok {
		return nil, &Error{Reason: Malformed, Err: fmt.Errorf("dial %.100q: not a host and port", addr)}
	}
	switch network {
	case "tcp", "tcp4", "tcp6":
	default:
		return nil, &Error{Reason: Malformed, Err: fmt.Errorf("dial over %.20q", network)}
	}
	addrs, err := c.resolve(ctx, network, host)
	if err != nil {
		return nil, err
	}
	var last error
	for _, a := range addrs[:min(len(addrs), maxAddresses)] {
		if why := c.judge(host, a, port); why != "" {
			last = errors.Join(last, &Error{Reason: Refused, Err: fmt.Errorf("%s is %s", netip.AddrPortFrom(a, port), why), purpose: c.purpose, at: addr})
			continue
		}
		conn, err := c.connect(ctx, network, host, netip.AddrPortFrom(a.Unmap(), port))
		if err == nil {
			return conn, nil
		}
		last = errors.Join(last, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, asError(ctx, last)
}

// resolve gives the addresses of host.
func (c *Client) resolve(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	if !plainHost(host) {
		return nil, &Error{Reason: Malformed, Err: fmt.Errorf("%.100q is not a host name", host)}
	}
	ipv := "ip" + strings.TrimPrefix(network, "tcp")
	addrs, err := c.fetcher.resolver.LookupNetIP(ctx, ipv, host)
	if err != nil {
		return nil, asError(ctx, fmt.Errorf("resolve %s: %w", host, err))
	}
	if len(addrs) == 0 {
		return nil, &Error{Reason: Unreachable, Err: fmt.Errorf("%s has no address", host)}
	}
	return addrs, nil
}

// connect opens the socket; the check in Control sees the very address that
// the system connects to.
func (c *Client) connect(ctx context.Context, network, host string, to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{
		Timeout: dialTimeout,
		Control: func(_, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("address %q: %w", address, err)
			}
			if why := c.judge(host, ap.Addr(), ap.Port()); why != "" {
				return &Error{Reason: Refused, Err: fmt.Errorf("%s is %s", ap, why), purpose: c.purpose, at: to.String()}
			}
			return nil
		},
	}
	return d.DialContext(ctx, network, to.String())
}

// judge tells why the address is not reached, "" if it is.
func (c *Client) judge(host string, a netip.Addr, port uint16) string {
	why := refused(a)
	if why == "" || a.Zone() == "" && c.allow.permits(host, a.Unmap(), port) {
		return ""
	}
	return why
}
