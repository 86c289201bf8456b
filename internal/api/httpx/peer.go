package httpx

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Peer gives the address that asks, without its port, for the pace at which
// somebody may ask. Where a neighbour passed the request on, it is the address that
// the neighbour added last to X-Forwarded-For: else one of them would slow
// down everybody behind that proxy. What came before it may be invented.
func Peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || !addr.Unmap().IsLoopback() && !addr.Unmap().IsPrivate() {
		return host
	}
	added := r.Header.Values("X-Forwarded-For")
	if len(added) == 0 {
		return host
	}
	last := added[len(added)-1]
	last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	if a, err := netip.ParseAddr(last); err == nil {
		return a.Unmap().String()
	}
	return host
}
