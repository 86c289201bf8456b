package ngsild_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/api/ngsild"
)

// nothing takes an answer and forgets it.
type nothing struct {
	h      http.Header
	status int
}

func (n *nothing) Header() http.Header         { return n.h }
func (n *nothing) WriteHeader(s int)           { n.status = s }
func (n *nothing) Write(p []byte) (int, error) { return len(p), nil }

func benchWorld(b *testing.B) *world {
	w := newWorld(b, drivers["embedded"], ngsild.Options{})
	for i := range 1000 {
		body := fmt.Sprintf(`{"id":"urn:ngsi-ld:Car:%d","type":"Car","speed":{"type":"Property","value":%d,"unitCode":"KMH","observedAt":"2020-01-01T12:00:00Z"},"brand":{"type":"Property","value":"Mercedes"},"fuel":{"type":"Property","value":31},"open":{"type":"Property","value":true},"owner":{"type":"Relationship","object":"urn:ngsi-ld:Person:1"}}`, i, i%100)
		r := httptest.NewRequest("POST", "http://localhost:9000"+ngsild.Base+"/entities", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Content-Length", fmt.Sprint(len(body)))
		w.mux.ServeHTTP(&nothing{h: http.Header{}}, r)
	}
	return w
}

func BenchmarkRetrieve(b *testing.B) {
	w := benchWorld(b)
	r := httptest.NewRequest("GET", "http://localhost:9000"+ngsild.Base+"/entities/urn:ngsi-ld:Car:5", nil)
	b.ReportAllocs()
	for b.Loop() {
		a := &nothing{h: http.Header{}}
		if w.mux.ServeHTTP(a, r.Clone(r.Context())); a.status != 200 {
			b.Fatal(a.status)
		}
	}
}

func BenchmarkQuery20(b *testing.B) {
	w := benchWorld(b)
	r := httptest.NewRequest("GET", "http://localhost:9000"+ngsild.Base+"/entities?type=Car&q=speed%3E50&limit=20", nil)
	b.ReportAllocs()
	for b.Loop() {
		a := &nothing{h: http.Header{}}
		if w.mux.ServeHTTP(a, r.Clone(r.Context())); a.status != 200 {
			b.Fatal(a.status)
		}
	}
}

func BenchmarkUpdateAttribute(b *testing.B) {
	w := benchWorld(b)
	body := `{"value":5}`
	r := httptest.NewRequest("PATCH", "http://localhost:9000"+ngsild.Base+"/entities/urn:ngsi-ld:Car:5/attrs/speed", nil)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Length", fmt.Sprint(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		q := r.Clone(r.Context())
		q.Body, q.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		a := &nothing{h: http.Header{}}
		if w.mux.ServeHTTP(a, q); a.status != 204 {
			b.Fatal(a.status)
		}
	}
}

func BenchmarkUpsert500(b *testing.B) {
	w := benchWorld(b)
	var body strings.Builder
	for i := range 500 {
		fmt.Fprintf(&body, `,{"id":"urn:ngsi-ld:Car:%d","type":"Car","speed":{"type":"Property","value":%d,"unitCode":"KMH","observedAt":"2020-01-01T12:00:00Z"},"brand":{"type":"Property","value":"Mercedes"},"fuel":{"type":"Property","value":31},"open":{"type":"Property","value":true},"temp":{"type":"Property","value":20.5},"owner":{"type":"Relationship","object":"urn:ngsi-ld:Person:1"}}`, i, i%100)
	}
	text := "[" + body.String()[1:] + "]"
	r := httptest.NewRequest("POST", "http://localhost:9000"+ngsild.Base+"/entityOperations/upsert?options=update", nil)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Length", fmt.Sprint(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		q := r.Clone(r.Context())
		q.Body, q.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		a := &nothing{h: http.Header{}}
		if w.mux.ServeHTTP(a, q); a.status != 204 {
			b.Fatal(a.status)
		}
	}
}
