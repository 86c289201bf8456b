package httpx

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
)

// discard is a ResponseWriter that keeps nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkMux is what httpx adds to a request, without the connection.
func BenchmarkMux(b *testing.B) {
	route := open("GET", "/ngsi-ld/v1/entities/{id}", text(`{"id":"urn:a"}`))
	route.Rule = access.Read
	m, err := New(Options{Access: access.NewPolicy(access.Settings{}, oneToken{}, nil)}, route)
	if err != nil {
		b.Fatal(err)
	}
	r := from(httptest.NewRequest("GET", "/ngsi-ld/v1/entities/urn:ngsi-ld:Thing:1", nil), "127.0.0.1:80", "127.0.0.1:80")
	r.Host = "127.0.0.1"
	r.Header.Set("Accept", "application/json")
	r.RemoteAddr = "127.0.0.1:5000"
	b.ReportAllocs()
	for b.Loop() {
		m.ServeHTTP(discard{http.Header{}}, r)
	}
}
