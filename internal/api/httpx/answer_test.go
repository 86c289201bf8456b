package httpx

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

func TestNotModified(t *testing.T) {
	for header, want := range map[string]bool{
		`"p7"`: true, `W/"p7"`: true, `"x", W/"p7"`: true, `*`: true, `"p"`: false, `p7`: false, `"p77"`: false, ``: false, `"`: false,
	} {
		m := build(t, Options{}, open("GET", "/x", func(w http.ResponseWriter, r *http.Request) error {
			if NotModified(w, r, "p7") {
				return nil
			}
			return text("body")(w, r)
		}))
		w := serve(m, request("GET", "/x", "If-None-Match", header))
		if got := w.Code == 304; got != want || got == (w.Body.Len() > 0) || w.Header().Get("ETag") != `W/"p7"` {
			t.Errorf("%s: %d %q %v", header, w.Code, w.Body, w.Header())
		}
	}
}

func TestCheckMatch(t *testing.T) {
	for header, want := range map[string]bool{`"a"`: true, `*`: true, `"b"`: false} {
		err := CheckMatch(request("PUT", "/x", "If-Match", header), "a")
		if (err == nil) != want || err != nil && !problem.Is(err, problem.PreconditionFailed) {
			t.Errorf("%s: %v", header, err)
		}
	}
	if err := CheckMatch(request("PUT", "/x"), "a"); err != nil {
		t.Error(err)
	}
	if err := CheckMatch(request("PUT", "/x", "If-Match", "*"), ""); err == nil {
		t.Error("* holds for what is not there")
	}
}

func TestWhenAnAnswerIsCompressed(t *testing.T) {
	long := strings.Repeat("abc ", 1000)
	tests := map[string]struct {
		media, body, accept, peer string
		forwarded, want           bool
	}{
		"text over a network":      {"text/csv", long, "gzip", "192.0.2.1:1", false, true},
		"JSON over a network":      {"application/geo+json", long, "br, gzip;q=0.5", "[2001:db8::1]:1", false, true},
		"on this machine":          {"text/csv", long, "gzip", "127.0.0.1:1", false, false},
		"passed on by a neighbour": {"text/csv", long, "gzip", "127.0.0.1:1", true, true},
		"not asked for":            {"text/csv", long, "", "192.0.2.1:1", false, false},
		"refused":                  {"text/csv", long, "gzip;q=0, *", "192.0.2.1:1", false, false},
		"short":                    {"text/csv", "abc", "gzip", "192.0.2.1:1", false, false},
		"a picture":                {"image/png", long, "gzip", "192.0.2.1:1", false, false},
		"an event stream":          {"text/event-stream", long, "gzip", "192.0.2.1:1", false, false},
	}
	for name, tt := range tests {
		for way, write := range map[string]Handler{
			"whole": func(w http.ResponseWriter, r *http.Request) error {
				w.Header().Set("ETag", `"strong"`)
				return WriteBody(w, 200, tt.media, []byte(tt.body))
			},
			"stream": func(w http.ResponseWriter, r *http.Request) error {
				w.Header().Set("ETag", `"strong"`)
				w.Header().Set("Content-Type", tt.media)
				for _, part := range []string{tt.body[:len(tt.body)/2], tt.body[len(tt.body)/2:]} {
					if _, err := io.WriteString(w, part); err != nil {
						return err
					}
				}
				return http.NewResponseController(w).Flush()
			},
		} {
			t.Run(name+", "+way, func(t *testing.T) {
				r := request("GET", "/x", "Accept-Encoding", tt.accept)
				r.RemoteAddr = tt.peer
				if tt.forwarded {
					r.Header.Set("X-Forwarded-For", "192.0.2.1")
				}
				w := serve(build(t, Options{}, open("GET", "/x", write)), r)
				got := w.Header().Get("Content-Encoding") == "gzip"
				if got != tt.want {
					t.Fatalf("compressed: %v", got)
				}
				body := w.Body.String()
				if got {
					z, err := gzip.NewReader(w.Body)
					if err != nil {
						t.Fatal(err)
					}
					plain, err := io.ReadAll(z)
					if err != nil {
						t.Fatal(err)
					}
					body = string(plain)
					if w.Header().Get("Content-Length") != "" || w.Header().Get("ETag") != `W/"strong"` || w.Header().Get("Vary") != "Accept-Encoding" {
						t.Errorf("header %v", w.Header())
					}
				}
				if body != tt.body {
					t.Errorf("%d bytes came, want %d", len(body), len(tt.body))
				}
			})
		}
	}
}

func TestWriteJSON(t *testing.T) {
	w := serve(build(t, Options{}, open("GET", "/x", func(w http.ResponseWriter, r *http.Request) error {
		return WriteJSON(w, 200, map[string]any{"b": 1, "a": []string{"x"}})
	})), request("GET", "/x"))
	if w.Body.String() != `{"a":["x"],"b":1}` || w.Header().Get("Content-Type") != TypeJSON {
		t.Errorf("%s %v", w.Body, w.Header())
	}
}
