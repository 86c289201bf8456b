package fetch

import "net/netip"

// block is a range of addresses that is refused, with the reason.
type block struct {
	prefix netip.Prefix
	why    string
}

// The special-purpose ranges (IANA's registries for IPv4 and IPv6). They are
// never written to.
var (
	special4 = []block{
		{netip.MustParsePrefix("0.0.0.0/8"), "unspecified"},
		{netip.MustParsePrefix("10.0.0.0/8"), "private"},
		{netip.MustParsePrefix("100.64.0.0/10"), "shared by a provider"},
		{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
		{netip.MustParsePrefix("168.63.129.16/32"), "a cloud's metadata service"},
		{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},
		{netip.MustParsePrefix("172.16.0.0/12"), "private"},
		{netip.MustParsePrefix("192.0.0.0/24"), "reserved"},
		{netip.MustParsePrefix("192.0.2.0/24"), "for documentation"},
		{netip.MustParsePrefix("192.88.99.0/24"), "reserved"},
		{netip.MustParsePrefix("192.168.0.0/16"), "private"},
		{netip.MustParsePrefix("198.18.0.0/15"), "for benchmarks"},
		{netip.MustParsePrefix("198.51.100.0/24"), "for documentation"},
		{netip.MustParsePrefix("203.0.113.0/24"), "for documentation"},
		{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
		{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},
	}
	special6 = []block{
		{netip.MustParsePrefix("::/128"), "unspecified"},
		{netip.MustParsePrefix("::1/128"), "loopback"},
		{netip.MustParsePrefix("fc00::/7"), "private"},
		{netip.MustParsePrefix("fe80::/10"), "link-local"},
		{netip.MustParsePrefix("fec0::/10"), "private"},
		{netip.MustParsePrefix("ff00::/8"), "multicast"},
		{netip.MustParsePrefix("2001::/23"), "reserved"},
		{netip.MustParsePrefix("2001:db8::/32"), "for documentation"},
		{netip.MustParsePrefix("3fff::/20"), "for documentation"},
	}
	global6    = netip.MustParsePrefix("2000::/3")
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour  = netip.MustParsePrefix("2002::/16")
	badPortsOf = [...]uint16{
		1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
		111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
		540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
		6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
	}
)

// refused tells why an address is not reached without being allowed; "" if it
// is an ordinary one. Addresses that carry an IPv4 address within are judged
// by that one.
func refused(addr netip.Addr) string {
	if addr.Zone() != "" {
		return "bound to a zone"
	}
	addr = addr.Unmap()
	list := special6
	if addr.Is4() {
		list = special4
	}
	for _, b := range list {
		if b.prefix.Contains(addr) {
			return b.why
		}
	}
	if addr.Is4() {
		return ""
	}
	b := addr.As16()
	switch {
	case nat64.Contains(addr):
		return refused(netip.AddrFrom4([4]byte(b[12:16])))
	case sixToFour.Contains(addr):
		return refused(netip.AddrFrom4([4]byte(b[2:6])))
	case !global6.Contains(addr):
		return "reserved"
	}
	return ""
}

// badPort reports whether HTTP has no business at a port, as browsers have it
// (WHATWG Fetch, 2.9).
func badPort(port uint16) bool {
	for _, p := range badPortsOf {
		if p == port {
			return true
		}
	}
	return false
}
