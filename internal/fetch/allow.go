// Package fetch makes every connection that goes out: JSON-LD contexts,
// notifications, the feeds of sources, harvests, MQTT endpoints, mail.
//
// What others can write into the city, such as a subscription's endpoint or
// the address of a @context, must not become a way into the network that the
// server stands in. What always holds: an address is judged after its name was
// resolved, at the moment of connecting, and anew at every redirect; private,
// loopback, link-local and other special addresses are refused unless the
// operator allowed them for that purpose; an answer is bounded in bytes, time
// and redirects; no error repeats what a server answered; proxies named in the
// environment are not used.
package fetch

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/problem"
)

// Purpose is what a connection is for; each has its own list of what is
// allowed.
type Purpose string

// The purposes.
const (
	Context      Purpose = "context"      // documents of @context
	Notification Purpose = "notification" // endpoints of subscriptions
	Source       Purpose = "source"       // feeds
	Harvest      Purpose = "harvest"      // other catalogues
	Mail         Purpose = "mail"         // the mail server
)

// Purposes lists them all.
func Purposes() []Purpose { return []Purpose{Context, Notification, Source, Harvest, Mail} }

// Allow lists addresses that are reached although they are private. The zero
// Allow lists none.
type Allow struct {
	rules []rule
}

// rule allows a block of addresses or a host name.
type rule struct {
	text   string
	prefix netip.Prefix
	host   string // lower case; "" if prefix is set
	port   uint16 // 0 is any
}

// ParseAllow reads items such as "10.1.0.0/16", "10.1.0.0/16:8080",
// "[fd00::/8]:8080", "127.0.0.1:9000" and "feeds.internal:8080". An item may
// hold several, separated by commas.
//
// Errors: problem.BadRequestData, naming the item and how to write it.
func ParseAllow(items ...string) (Allow, error) {
	var a Allow
	for _, list := range items {
		for item := range strings.SplitSeq(list, ",") {
			item = strings.TrimSpace(item)
			if item == "" {
				continue
			}
			r, err := parseRule(item)
			if err != nil {
				return Allow{}, err
			}
			a.rules = append(a.rules, r)
		}
	}
	return a, nil
}

func parseRule(item string) (rule, error) {
	bad := func(why string) (rule, error) {
		return rule{}, problem.New(problem.BadRequestData, "outbound allow list, item %.80q: %s; write CIDR (10.1.0.0/16), CIDR:PORT (10.1.0.0/16:8080, [fd00::/8]:8080) or HOST:PORT (127.0.0.1:9000)", item, why)
	}
	if strings.Contains(item, "://") {
		return bad("this is a URL")
	}
	if strings.Contains(item, "/") {
		block, port := item, ""
		switch {
		case strings.HasPrefix(item, "["):
			inner, after, ok := strings.Cut(item[1:], "]")
			if !ok || after != "" && !strings.HasPrefix(after, ":") {
				return bad("the brackets do not fit")
			}
			block, port = inner, strings.TrimPrefix(after, ":")
			if after == ":" {
				return bad("the port is missing")
			}
		case strings.Count(item, ":") == 1: // IPv4 block with a port
			block, port, _ = strings.Cut(item, ":")
			if port == "" {
				return bad("the port is missing")
			}
		}
		p, err := netip.ParsePrefix(block)
		if err != nil {
			return bad("the block cannot be read (" + err.Error() + ")")
		}
		if p != p.Masked() {
			return bad("the block has bits set behind its length; did you mean " + p.Masked().String() + "?")
		}
		n, ok := parsePort(port)
		if !ok && port != "" {
			return bad("the port is not a number from 1 to 65535")
		}
		return rule{text: item, prefix: unmapPrefix(p), port: n}, nil
	}
	bare := item
	if strings.HasPrefix(item, "[") && strings.HasSuffix(item, "]") {
		bare = item[1 : len(item)-1]
	}
	if _, err := netip.ParseAddr(bare); err == nil {
		return bad("an address alone is not enough")
	}
	host, port, err := net.SplitHostPort(item)
	if err != nil || host == "" {
		return bad("host or port is missing")
	}
	n, ok := parsePort(port)
	if !ok {
		return bad("the port is not a number from 1 to 65535")
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return bad("an address with a zone is not reached")
		}
		addr = addr.Unmap()
		return rule{text: item, prefix: netip.PrefixFrom(addr, addr.BitLen()), port: n}, nil
	}
	if !plainHost(host) {
		return bad("the host name is none")
	}
	return rule{text: item, host: strings.ToLower(strings.TrimSuffix(host, ".")), port: n}, nil
}

// unmapPrefix turns a block of IPv4-mapped addresses into the IPv4 block.
func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

func parsePort(s string) (uint16, bool) {
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err == nil && n > 0 && s[0] != '+'
}

// plainHost reports whether host could be a name: letters, digits, hyphens,
// underscores and dots, and not a number in disguise.
func plainHost(host string) bool {
	host = strings.TrimSuffix(host, ".")
	if host == "" || len(host) > 253 {
		return false
	}
	last := host
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		last = label
	}
	for i := range len(host) {
		c := host[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	// 2130706433, 0177.0.0.1 and 0x7f.1 are addresses to some resolvers.
	if last[0] >= '0' && last[0] <= '9' {
		if _, err := strconv.ParseUint(last, 0, 64); err == nil {
			return false
		}
		if strings.Trim(last, "0123456789") == "" {
			return false
		}
	}
	return true
}

// permits reports whether the list has the resolved address, or the name that
// was asked for, at port.
func (a Allow) permits(host string, addr netip.Addr, port uint16) bool {
	for _, r := range a.rules {
		if r.port != 0 && r.port != port {
			continue
		}
		if r.host != "" && strings.EqualFold(r.host, strings.TrimSuffix(host, ".")) || r.host == "" && r.prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// names reports whether the list has this very port, or host.
func (a Allow) namesPort(host string, port uint16) bool {
	for _, r := range a.rules {
		if r.port == port && (r.host == "" || strings.EqualFold(r.host, host)) {
			return true
		}
	}
	return false
}

// and joins two lists.
func (a Allow) and(b Allow) Allow {
	return Allow{rules: append(append([]rule(nil), a.rules...), b.rules...)}
}

// String gives the list as ParseAllow reads it.
func (a Allow) String() string {
	var texts []string
	for _, r := range a.rules {
		texts = append(texts, r.text)
	}
	return strings.Join(texts, ",")
}
