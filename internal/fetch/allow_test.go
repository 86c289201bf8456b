package fetch

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

func TestParseAllow(t *testing.T) {
	type ask struct {
		host, addr string
		port       uint16
		want       bool
	}
	tests := map[string]struct {
		item string
		says string // of the error; "" if it is right
		asks []ask
	}{
		"block":                 {"10.1.0.0/16", "", []ask{{"x", "10.1.2.3", 80, true}, {"x", "10.2.0.0", 80, false}}},
		"block with port":       {"10.1.0.0/16:8080", "", []ask{{"x", "10.1.2.3", 8080, true}, {"x", "10.1.2.3", 80, false}}},
		"IPv6 block":            {"fd00::/8", "", []ask{{"x", "fd12::1", 1, true}, {"x", "fe80::1", 1, false}}},
		"IPv6 block, brackets":  {"[fd00::/8]", "", []ask{{"x", "fd12::1", 1, true}}},
		"IPv6 block with port":  {"[fd00::/8]:9", "", []ask{{"x", "fd12::1", 9, true}, {"x", "fd12::1", 10, false}}},
		"mapped block":          {"::ffff:10.0.0.0/104", "", []ask{{"x", "10.1.2.3", 1, true}}},
		"address with port":     {"127.0.0.1:9000", "", []ask{{"localhost", "127.0.0.1", 9000, true}, {"x", "127.0.0.1", 9001, false}, {"x", "127.0.0.2", 9000, false}}},
		"IPv6 address and port": {"[::1]:9000", "", []ask{{"x", "::1", 9000, true}}},
		"name with port":        {"Feeds.Internal:80", "", []ask{{"feeds.internal", "10.0.0.1", 80, true}, {"feeds.internal.", "10.0.0.1", 80, true}, {"other.internal", "10.0.0.1", 80, false}}},
		"several":               {" 10.0.0.0/8 , a:1,,b:2 ", "", []ask{{"b", "::1", 2, true}, {"a", "::1", 2, false}}},
		"nothing":               {"", "", []ask{{"x", "127.0.0.1", 80, false}}},
		"a bare address":        {"127.0.0.1", "not enough", nil},
		"a bare IPv6 address":   {"::1", "not enough", nil},
		"a bare name":           {"localhost", "missing", nil},
		"a URL":                 {"http://127.0.0.1:9000", "URL", nil},
		"bits behind":           {"10.1.2.3/16", "10.1.0.0/16", nil},
		"a length too long":     {"10.0.0.0/33", "cannot be read", nil},
		"no port behind":        {"10.0.0.0/8:", "port is missing", nil},
		"no port in brackets":   {"[fd00::/8]:", "port is missing", nil},
		"port zero":             {"127.0.0.1:0", "1 to 65535", nil},
		"port too large":        {"10.0.0.0/8:65536", "1 to 65535", nil},
		"port with a sign":      {"127.0.0.1:+80", "1 to 65535", nil},
		"open bracket":          {"[fd00::/8:80", "brackets", nil},
		"a name that is none":   {"a b:80", "host name", nil},
		"a number in disguise":  {"2130706433:80", "host name", nil},
		"octal":                 {"0177.0.0.1:80", "host name", nil},
		"hexadecimal":           {"0x7f.0x1:80", "host name", nil},
		"a zone":                {"[fe80::1%eth0]:80", "zone", nil},
		"no host":               {":80", "missing", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a, err := ParseAllow(tt.item)
			if tt.says != "" {
				if !problem.Is(err, problem.BadRequestData) || !strings.Contains(err.Error(), tt.says) {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range tt.asks {
				if got := a.permits(q.host, netip.MustParseAddr(q.addr), q.port); got != q.want {
					t.Errorf("%s (%s) port %d: %v", q.host, q.addr, q.port, got)
				}
			}
			again, err := ParseAllow(a.String())
			if err != nil || again.String() != a.String() {
				t.Errorf("printed %q, read %q, %v", a.String(), again.String(), err)
			}
		})
	}
}

func TestWhichAddressesAreRefused(t *testing.T) {
	for addr, want := range map[string]bool{
		"1.1.1.1": false, "8.8.8.8": false, "193.190.0.1": false, "2001:4860:4860::8888": false, "2a02:2788::1": false,
		"0.0.0.0": true, "0.1.2.3": true, "10.0.0.1": true, "100.64.0.1": true, "100.100.100.200": true, "127.0.0.1": true, "127.255.255.254": true,
		"169.254.169.254": true, "172.16.0.1": true, "172.31.255.255": true, "172.32.0.1": false, "192.168.1.1": true, "192.0.0.8": true,
		"198.18.0.1": true, "224.0.0.1": true, "239.1.1.1": true, "240.0.0.1": true, "255.255.255.255": true, "168.63.129.16": true,
		"192.0.2.1": true, "198.51.100.1": true, "203.0.113.1": true,
		"::": true, "::1": true, "fe80::1": true, "febf::1": true, "fec0::1": true, "fc00::1": true, "fd00:ec2::254": true, "ff02::1": true,
		"::ffff:127.0.0.1": true, "::ffff:8.8.8.8": false, "::127.0.0.1": true, "::ffff:169.254.169.254": true,
		"64:ff9b::7f00:1": true, "64:ff9b::a9fe:a9fe": true, "64:ff9b::808:808": false, "64:ff9b:1::808:808": true,
		"2002:7f00:1::": true, "2002:a00:1::1": true, "2002:808:808::": false, "2001::1": true, "2001:db8::1": true, "3fff::1": true,
		"100::1": true, "4000::1": true, "5f00::1": true, "fe80::1%eth0": true, "2a02:2788::1%eth0": true,
	} {
		if got := refused(netip.MustParseAddr(addr)) != ""; got != want {
			t.Errorf("%s: refused %v (%s)", addr, got, refused(netip.MustParseAddr(addr)))
		}
	}
}

func FuzzParseAllow(f *testing.F) {
	for _, s := range []string{"10.0.0.0/8:80,[fd00::/8]:1,a.b:2", "::/0", "[::1]:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAllow(s)
		if err != nil {
			return
		}
		if b, err := ParseAllow(a.String()); err != nil || b.String() != a.String() {
			t.Errorf("%q printed as %q, read as %q, %v", s, a.String(), b.String(), err)
		}
	})
}
