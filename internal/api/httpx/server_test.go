package httpx

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beffroi/beffroi/internal/access"
)

// run serves m on a loopback port until the test ends.
func run(t *testing.T, s *Server) (addr string, stop func() error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, ln) }()
	stop = func() error { cancel(); err := <-ended; ended <- err; return err }
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String(), stop
}

func TestAServerEndsStreamsAndLetsRequestsFinish(t *testing.T) {
	started := make(chan struct{}, 2)
	stream := open("GET", "/stream", func(w http.ResponseWriter, r *http.Request) error {
		if _, err := io.WriteString(w, "begun\n"); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		started <- struct{}{}
		<-Stopping(r)
		_, err := io.WriteString(w, "ended\n")
		return err
	})
	stream.Timeout = NoTimeout
	finish := make(chan struct{})
	slow := open("GET", "/slow", func(w http.ResponseWriter, r *http.Request) error {
		started <- struct{}{}
		<-finish
		if err := r.Context().Err(); err != nil {
			return err
		}
		return text("whole")(w, r)
	})
	addr, stop := run(t, &Server{Handler: build(t, Options{}, stream, slow)})
	bodies := make(chan string, 2)
	for _, path := range []string{"/stream", "/slow"} {
		go func() {
			res, err := http.Get("http://" + addr + path)
			if err != nil {
				bodies <- err.Error()
				return
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			bodies <- fmt.Sprint(string(body), err)
		}()
	}
	<-started
	<-started
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	if got := <-bodies; got != "begun\nended\n<nil>" {
		t.Errorf("stream: %q", got)
	}
	close(finish)
	if got := <-bodies; got != "whole<nil>" {
		t.Errorf("slow: %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	addr, _ := run(t, &Server{Handler: build(t, Options{}, open("GET", "/x", text("x"))), Connections: 1})
	first, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	say := func(c net.Conn) string {
		if _, err := fmt.Fprintf(c, "GET /x HTTP/1.1\r\nHost: %s\r\n\r\n", addr); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			return err.Error()
		}
		return strings.TrimSpace(line)
	}
	if got := say(first); got != "HTTP/1.1 200 OK" {
		t.Fatal(got)
	}
	second, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := second.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if got := say(second); !strings.Contains(got, "timeout") {
		t.Fatalf("a second connection was served: %s", got)
	}
	first.Close()
	if err := second.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(second).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "HTTP/1.1 200 OK" {
		t.Errorf("after the first had gone: %q, %v", line, err)
	}
}

// Requests that two readers could understand differently are never served.
func TestSmugglingIsRefused(t *testing.T) {
	route := open("POST", "/x", func(w http.ResponseWriter, r *http.Request) error {
		if _, err := ReadBody(r); err != nil {
			return err
		}
		return NoContent(w)
	})
	get := open("GET", "/x", text("x"))
	get.Rule = access.PublicDataset
	addr, _ := run(t, &Server{Handler: build(t, Options{}, route, get)})
	host := "Host: " + addr + "\r\n"
	tests := map[string]string{
		"two lengths":             "POST /x HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		"a length that is none":   "POST /x HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\nabc",
		"chunks that are none":    "POST /x HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"two hosts":               "GET /x HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n",
		"no host":                 "GET /x HTTP/1.1\r\n\r\n",
		"another host in the URL": "GET http://evil.example/x HTTP/1.1\r\n" + host + "\r\n",
		"a space before a colon":  "GET /x HTTP/1.1\r\n" + host + "Content-Length : 3\r\n\r\nabc",
		"a header of a megabyte":  "GET /x HTTP/1.1\r\n" + host + "A: " + strings.Repeat("a", 1<<20) + "\r\n\r\n",
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			go io.WriteString(c, raw) // the server may close before all is written
			if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(io.LimitReader(c, 12))
			if err != nil && len(answer) == 0 {
				return // closed without an answer
			}
			if s := string(answer); !strings.HasPrefix(s, "HTTP/1.1 4") && !strings.HasPrefix(s, "HTTP/1.1 5") {
				t.Errorf("answered %q", s)
			}
		})
	}
}

// dated notes the deadlines that a handler's request gets.
type dated struct {
	*httptest.ResponseRecorder
	read, write time.Time
	moved       bool
}

func (d *dated) SetReadDeadline(t time.Time) error  { d.read, d.moved = t, true; return nil }
func (d *dated) SetWriteDeadline(t time.Time) error { d.write = t; return nil }

// The connection must live as long as the request may.
func TestLongRequestsMoveTheDeadlines(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{0: -1, time.Second: -1, time.Hour: time.Hour + connectionTime/2, NoTimeout: 0} {
		synctest.Test(t, func(t *testing.T) {
			route := open("GET", "/x", text("x"))
			route.Timeout = timeout
			w := &dated{ResponseRecorder: httptest.NewRecorder()}
			build(t, Options{}, route).ServeHTTP(w, request("GET", "/x"))
			switch {
			case want < 0:
				if w.moved {
					t.Errorf("timeout %v: moved to %v", timeout, w.read)
				}
			case want == 0:
				if !w.moved || !w.read.IsZero() || !w.write.IsZero() {
					t.Errorf("timeout %v: %v %v", timeout, w.read, w.write)
				}
			default:
				if !w.read.Equal(time.Now().Add(want)) || !w.write.Equal(w.read) {
					t.Errorf("timeout %v: %v %v", timeout, w.read, w.write)
				}
			}
		})
	}
}
