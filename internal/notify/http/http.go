// Package http carries notifications by HTTP POST (CIM 009, 6.3.8). Where it
// may go is decided by fetch, at each connection.
package http

import (
	"context"
	nethttp "net/http"
	"time"

	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/problem"
)

// client is the part of fetch.Client that is needed.
type client interface {
	Do(ctx context.Context, req fetch.Request) (*fetch.Response, error)
}

// Transport posts. Use New.
type Transport struct{ c client }

// New makes a Transport that goes out through c, a client for notifications.
func New(c client) *Transport { return &Transport{c: c} }

// Send posts m. Any 2xx counts as taken: receivers answer 200, 201, 202 or 204
// (the letter of 5.8.6 has 200 alone).
//
// Errors: problem.Unavailable that says what came instead, without the body.
func (t *Transport) Send(ctx context.Context, m notify.Message) error {
	ctx, cancel := context.WithTimeout(ctx, max(m.Timeout, time.Millisecond))
	defer cancel()
	h := nethttp.Header{"Content-Type": {m.ContentType}}
	for _, p := range m.Header {
		h.Add(p.Key, p.Value)
	}
	res, err := t.c.Do(ctx, fetch.Request{Method: nethttp.MethodPost, URL: m.URL, Header: h, Body: m.Body})
	if err != nil {
		return problem.Wrap(problem.Unavailable, err, "the endpoint could not be reached: %s", fetch.DetailOf(err))
	}
	if res.Status < 200 || res.Status > 299 {
		return problem.New(problem.Unavailable, "the endpoint answered %d", res.Status)
	}
	return nil
}
