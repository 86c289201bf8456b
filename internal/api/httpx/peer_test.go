package httpx

import (
	"net/http/httptest"
	"testing"
)

func TestWhoseGuessItIs(t *testing.T) {
	for name, tt := range map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"direct":                     {"192.0.2.1:5000", nil, "192.0.2.1"},
		"direct, with a tale":        {"192.0.2.1:5000", []string{"198.51.100.1"}, "192.0.2.1"},
		"a proxy here":               {"127.0.0.1:5000", []string{"198.51.100.1"}, "198.51.100.1"},
		"a proxy in the same room":   {"10.0.0.1:5000", []string{"2001:db8::1"}, "2001:db8::1"},
		"what the client made up":    {"[::1]:5000", []string{"203.0.113.1, 198.51.100.1"}, "198.51.100.1"},
		"in two headers":             {"127.0.0.1:5000", []string{"203.0.113.1", "198.51.100.1"}, "198.51.100.1"},
		"a proxy that says nothing":  {"127.0.0.1:5000", nil, "127.0.0.1"},
		"a proxy that says nonsense": {"127.0.0.1:5000", []string{"unknown"}, "127.0.0.1"},
		"mapped":                     {"127.0.0.1:5000", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		"no port":                    {"@", nil, "@"},
	} {
		r := httptest.NewRequest("POST", "/api/session", nil)
		r.RemoteAddr = tt.remote
		r.Header["X-Forwarded-For"] = tt.forwarded
		if got := Peer(r); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
