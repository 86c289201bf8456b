package httpx

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
)

func at(addr string) net.Addr {
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		panic(err)
	}
	return a
}

// from puts r on a listener and on a connection of it.
func from(r *http.Request, listener, local string) *http.Request {
	ctx := OnListener(context.Background(), at(listener))
	return r.WithContext(context.WithValue(ctx, http.LocalAddrContextKey, at(local)))
}

func TestHostsThatAreTaken(t *testing.T) {
	tests := map[string]struct {
		hosts    Hosts
		listener string
		host     string
		ok       bool
	}{
		"localhost with the port":              {Hosts{}, "127.0.0.1:8080", "localhost:8080", true},
		"upper case":                           {Hosts{}, "127.0.0.1:8080", "LOCALHOST:8080", true},
		"IPv4 with the port":                   {Hosts{}, "127.0.0.1:8080", "127.0.0.1:8080", true},
		"IPv6 with the port":                   {Hosts{}, "[::1]:8080", "[::1]:8080", true},
		"another port":                         {Hosts{}, "127.0.0.1:8080", "localhost:9090", false},
		"no port":                              {Hosts{}, "127.0.0.1:8080", "localhost", false},
		"no port on port 80":                   {Hosts{}, "127.0.0.1:80", "localhost", true},
		"a rebound name":                       {Hosts{}, "127.0.0.1:8080", "evil.example:8080", false},
		"a name that begins like it":           {Hosts{}, "127.0.0.1:8080", "localhost.evil.example:8080", false},
		"a foreign address on loopback":        {Hosts{}, "127.0.0.1:8080", "192.0.2.1:8080", false},
		"empty":                                {Hosts{}, "127.0.0.1:8080", "", false},
		"a name with its port":                 {Hosts{Names: []string{"Box.Example:9090"}}, "127.0.0.1:8080", "box.example:9090", true},
		"a name with another port":             {Hosts{Names: []string{"box.example:9090"}}, "127.0.0.1:8080", "box.example:8080", false},
		"a name without a port":                {Hosts{Names: []string{"box.example"}}, "127.0.0.1:8080", "box.example:1", true},
		"the public URL":                       {Hosts{PublicURL: "https://city.example/b"}, "127.0.0.1:8080", "city.example", true},
		"behind a proxy that rewrites":         {Hosts{PublicURL: "https://city.example/b"}, "127.0.0.1:8080", "127.0.0.1:8080", true},
		"an address off loopback":              {Hosts{}, "0.0.0.0:8080", "192.0.2.1:8080", true},
		"an address off loopback, mapped port": {Hosts{}, "0.0.0.0:8080", "[2001:db8::1]:80", true},
		"the machine's name":                   {Hosts{Machine: "box"}, "0.0.0.0:8080", "box:8080", true},
		"another name off loopback":            {Hosts{Machine: "box"}, "0.0.0.0:8080", "evil.example:8080", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			route := open("GET", "/x", text("x"))
			route.Rule = access.PublicDataset
			r := from(request("GET", "/x"), tt.listener, tt.listener)
			r.Host = tt.host
			w := serve(build(t, Options{Hosts: tt.hosts}, route), r)
			if got := w.Code == 200; got != tt.ok {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		})
	}
}

func TestAbsoluteAddresses(t *testing.T) {
	tests := map[string]struct {
		hosts Hosts
		tls   bool
		rule  access.Rule
		host  string
		want  string
	}{
		"as the client called":          {Hosts{}, false, access.PublicDataset, "localhost:8080", "http://localhost:8080/x?a=1"},
		"over TLS":                      {Hosts{}, true, access.PublicDataset, "localhost:8080", "https://localhost:8080/x?a=1"},
		"public URL":                    {Hosts{PublicURL: "https://city.example/twin/"}, false, access.PublicDataset, "localhost:8080", "https://city.example/twin/x?a=1"},
		"an unknown name, nothing told": {Hosts{}, false, access.Anyone, "evil.example", "http://127.0.0.1:8080/x?a=1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got string
			route := open("GET", "/x", func(w http.ResponseWriter, r *http.Request) error {
				got = WithParams(r, nil)
				return NoContent(w)
			})
			route.Rule = tt.rule
			r := from(request("GET", "/x?a=1"), "127.0.0.1:8080", "127.0.0.1:8080")
			r.Host = tt.host
			if tt.tls {
				r.TLS = &tls.ConnectionState{}
			}
			serve(build(t, Options{Hosts: tt.hosts}, route), r)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAPublicURLThatCannotBeMeantIsRefused(t *testing.T) {
	for _, bad := range []string{"city.example", "ftp://city.example", "https://", "https://u:p@city.example", "https://city.example/?a", "https://city.example/#a"} {
		if _, err := New(Options{Hosts: Hosts{PublicURL: bad}}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// The listener decides, never the address a connection came in at.
func TestWhichListenersAreLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true,
		"0.0.0.0:1": false, "[::]:1": false, "192.0.2.1:1": false,
	} {
		if got := IsLoopback(at(addr)); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
	if IsLoopback(nil) || IsLoopback(&net.UnixAddr{Name: "/run/x"}) {
		t.Error("no address, or a socket file, is loopback")
	}
}
