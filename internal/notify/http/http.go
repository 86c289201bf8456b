// Package http carries notifications by HTTP POST (CIM 009, 6.3.8). Where it
// may go is decided by fetch, at each connection.
package http

import (
	"context"
	nethttp "net/http"
	"slices"
	"time"

	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/problem"
)

// client is the part of fetch.Client that is needed.
type client interface {
	Do(ctx context.Context, req fetch.Request) (*fetch.Response, error)
}

// Success says which answers count as delivered.
type Success uint8

// The choices. The letter of 5.8.6 has 200 alone; receivers in use answer 201,
// 202 or 204 too.
const (
	Any2xx Success = iota
	Only200
)

// Transport posts. Use New.
type Transport struct {
	c       client
	success Success
}

// New makes a Transport that goes out through c, a client for notifications.
func New(c client, s Success) *Transport { return &Transport{c: c, success: s} }

// ours are headers that belong to the connection or to the body: receiverInfo
// does not set them.
var ours = [...]string{"Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Host", "Te", "Trailer", "Upgrade"}

// Send posts m.
//
// Errors: problem.Unavailable that says what came instead, without the body.
func (t *Transport) Send(ctx context.Context, m notify.Message) error {
	ctx, cancel := context.WithTimeout(ctx, max(m.Timeout, time.Millisecond))
	defer cancel()
	h := nethttp.Header{"Content-Type": {m.ContentType}}
	for _, p := range m.Header {
		if k := nethttp.CanonicalHeaderKey(p.Key); !slices.Contains(ours[:], k) {
			h.Add(k, p.Value)
		}
	}
	res, err := t.c.Do(ctx, fetch.Request{Method: nethttp.MethodPost, URL: m.URL, Header: h, Body: m.Body})
	if err != nil {
		return problem.Wrap(problem.Unavailable, err, "the endpoint could not be reached: %s", fetch.DetailOf(err))
	}
	if res.Status < 200 || res.Status > 299 || t.success == Only200 && res.Status != nethttp.StatusOK {
		return problem.New(problem.Unavailable, "the endpoint answered %d", res.Status)
	}
	return nil
}
