package http

import (
	"context"
	"io"
	nethttp "net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/watch"
)

func transport(t *testing.T, allow ...string) *Transport {
	t.Helper()
	a, err := fetch.ParseAllow(allow...)
	if err != nil {
		t.Fatal(err)
	}
	c, err := fetch.New(fetch.Options{Allow: map[fetch.Purpose]fetch.Allow{fetch.Notification: a}}).For(fetch.Notification, fetch.Limits{Redirects: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return New(c, Any2xx)
}

func TestSend(t *testing.T) {
	status := 204
	var got *nethttp.Request
	var body string
	srv := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got, body = r, string(b)
		if status == 302 {
			w.Header().Set("Location", "http://192.0.2.1/")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "a secret that no error may repeat")
	}))
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	m := notify.Message{URL: srv.URL + "/n", ContentType: "application/json", Header: []watch.Pair{{Key: "X-Me", Value: "1"}, {Key: "Link", Value: "<x>"}, {Key: "content-type", Value: "text/plain"}}, Body: []byte(`{"a":1}`), Timeout: 10 * time.Second}
	tr := transport(t, u.Host)
	strict := *tr
	strict.success = Only200
	if err := strict.Send(context.Background(), m); !problem.Is(err, problem.Unavailable) { // CIM 009, 5.8.6 to the letter
		t.Errorf("204 where 200 alone counts: %v", err)
	}
	for _, status = range []int{200, 201, 202, 204} {
		if err := tr.Send(context.Background(), m); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
	if body != `{"a":1}` || got.Header.Get("X-Me") != "1" || got.Header.Get("Content-Type") != "application/json" || got.Method != "POST" {
		t.Errorf("%s %s %v", got.Method, body, got.Header)
	}
	for _, status = range []int{302, 400, 404, 500, 503} {
		err := tr.Send(context.Background(), m)
		if !problem.Is(err, problem.Unavailable) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%d: %v", status, err)
		}
	}
	status = 200
	if err := transport(t).Send(context.Background(), m); !problem.Is(err, problem.Unavailable) {
		t.Errorf("an address that is not allowed: %v", err)
	}
}

func TestSendDoesNotWaitForEver(t *testing.T) {
	hold := make(chan struct{})
	srv := httptest.NewServer(nethttp.HandlerFunc(func(nethttp.ResponseWriter, *nethttp.Request) { <-hold }))
	defer srv.Close()
	defer close(hold)
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := transport(t, u.Host).Send(context.Background(), notify.Message{URL: srv.URL, Timeout: 50 * time.Millisecond}); !problem.Is(err, problem.Unavailable) {
		t.Errorf("%v", err)
	}
}
