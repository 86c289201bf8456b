package ngsild_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/api/ngsild"
)

// What only shows on the wire (CIM 009, 6.3.4 and 6.3.6): lengths that are
// not said, and answers without a body.
func TestOnTheWire(t *testing.T) {
	w := newWorld(t, drivers["memstore"], ngsild.Options{})
	clauses(w, "6.3.4", "6.3.6")
	s := httptest.NewServer(w.mux)
	t.Cleanup(s.Close)
	host := strings.TrimPrefix(s.URL, "http://")
	ask := func(method, path, headers, body string) (*http.Response, string) {
		t.Helper()
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "%s %s/%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n%s", method, ngsild.Base, path, host, headers, body)
		r, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r, string(b)
	}
	const media = "Content-Type: application/json\r\n"
	length := func(body string) string { return fmt.Sprintf("Content-Length: %d\r\n", len(body)) }
	if r, b := ask("POST", "entities", media+length(simple), simple); r.StatusCode != 201 || r.Header.Get("Content-Length") != "0" || b != "" {
		t.Errorf("created: %v %s", r, b)
	}
	chunks := func(body string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body) }
	for _, method := range []string{"POST entities", "PATCH entities/urn:x:1", "PUT entities/urn:x:1", "POST entityOperations/query"} {
		method, path, _ := strings.Cut(method, " ")
		for _, x := range [][2]string{{media, ""}, {media + "NGSILD-Tenant: unknown\r\n", ""}, {media + "Transfer-Encoding: chunked\r\n", chunks(simple)}} {
			if r, b := ask(method, path, x[0], x[1]); r.StatusCode != 411 || b != "" || r.Header.Get("Content-Type") != "" {
				t.Errorf("%s %s without a length: %v %s", method, path, r, b)
			}
		}
		if r, b := ask(method, path, media+"Content-Length: 0\r\n", ""); r.StatusCode != 400 || !strings.Contains(b, "ngsi-ld/errors/InvalidRequest") {
			t.Errorf("%s %s with nothing: %v %s", method, path, r, b)
		}
	}
	for _, x := range [][3]string{{"PATCH", "entities/urn:x:1/attrs/a", `{"value":2}`}, {"DELETE", "entities/urn:x:1", ""}} {
		headers := ""
		if x[2] != "" {
			headers = media + length(x[2])
		}
		r, b := ask(x[0], x[1], headers, x[2])
		if _, ok := r.Header["Content-Length"]; ok || r.StatusCode != 204 || b != "" {
			t.Errorf("%s %s: %v %s", x[0], x[1], r, b)
		}
	}
	if r, b := ask("GET", "entities?type=T", "", ""); r.StatusCode != 200 || b != "[]" || r.Header.Get("Content-Length") != "2" {
		t.Errorf("%v %s", r, b)
	}
	if r, b := ask("HEAD", "entities?type=T", "", ""); r.StatusCode != 200 || b != "" || r.Header.Get("Content-Length") != "2" || r.Header.Get("Link") != link(core) {
		t.Errorf("%v %s", r, b)
	}
}
