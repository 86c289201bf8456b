// Package httppoll reads sources that are polled over HTTP: one address, asked
// again and again with the marks of the last answer, so that a server that has
// nothing new need not say it all; or a list that comes in pages.
//
// It maps nothing and decides on no schedule. What always holds: marks are
// only kept once what the answer held is durable.
package httppoll

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// Open gives the way to read sources through f. Each source may reach the
// address in its own mapping, private or not, and no other private one.
func Open(f *fetch.Fetcher) connect.Open {
	return func(m *connect.Mapping) (connect.Reader, error) {
		c, err := f.For(fetch.Source, fetch.Limits{Bytes: connect.MaxPayloadBytes}, m.URL)
		if err != nil {
			return nil, err
		}
		return &reader{m: m, c: c}, nil
	}
}

type reader struct {
	m *connect.Mapping
	c *fetch.Client
}

// Read asks once. The state is the ETag and the Last-Modified of the last
// answer, with a line break between them.
func (r *reader) Read(ctx context.Context, state []byte, take func(connect.Payload, []byte) error) error {
	if r.m.Page.Size > 0 {
		return r.pages(ctx, take)
	}
	h := http.Header{}
	etag, modified, _ := strings.Cut(string(state), "\n")
	if etag != "" {
		h.Set("If-None-Match", etag)
	}
	if modified != "" {
		h.Set("If-Modified-Since", modified)
	}
	res, err := Get(ctx, r.c, r.m, r.m.URL, h)
	if err != nil || res.Status == http.StatusNotModified {
		return err
	}
	mark := res.Header.Get("ETag") + "\n" + res.Header.Get("Last-Modified")
	if mark == "\n" || len(mark) > 2000 {
		mark = ""
	}
	return take(connect.Payload{Data: res.Body}, []byte(mark))
}

// pages asks for page after page until one is not full.
func (r *reader) pages(ctx context.Context, take func(connect.Payload, []byte) error) error {
	u, err := url.Parse(r.m.URL)
	if err != nil {
		return problem.Wrap(problem.BadRequestData, err, "the address cannot be read")
	}
	p := r.m.Page
	for offset := 0; offset < p.Most; offset += p.Size {
		q := u.Query()
		q.Set(p.Limit, strconv.Itoa(min(p.Size, p.Most-offset)))
		q.Set(p.Offset, strconv.Itoa(offset))
		u.RawQuery = q.Encode()
		res, err := Get(ctx, r.c, r.m, u.String(), nil)
		if err != nil {
			return err
		}
		if err := take(connect.Payload{Data: res.Body}, nil); err != nil {
			return err
		}
		n, err := r.m.Count(res.Body)
		if err != nil {
			return problem.Wrap(problem.BadRequestData, err, "page at offset %d cannot be read", offset)
		}
		if n < p.Size {
			return nil
		}
	}
	return nil
}

// Get asks for one document with the source's headers. Any status but 200 and,
// if it was asked for, 304 is an error.
func Get(ctx context.Context, c *fetch.Client, m *connect.Mapping, address string, h http.Header) (*fetch.Response, error) {
	conditional := len(h) > 0
	if h == nil {
		h = http.Header{}
	}
	for name, v := range m.Headers {
		h.Set(name, v)
	}
	res, err := c.Do(ctx, fetch.Request{URL: address, Header: h})
	if err != nil {
		return nil, problem.Wrap(problem.Unavailable, err, "%s: %s", where(address), fetch.DetailOf(err))
	}
	switch {
	case res.Status == http.StatusOK, res.Status == http.StatusNotModified && conditional:
		return res, nil
	}
	return nil, problem.New(problem.Unavailable, "%s answers with the status %d", where(address), res.Status)
}

// where gives an address without its query, which may hold a key.
func where(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the source"
	}
	return u.Scheme + "://" + u.Host + u.Path
}

// Document gets a JSON document.
func Document(ctx context.Context, c *fetch.Client, m *connect.Mapping, address string) (jsontree.Node, error) {
	res, err := Get(ctx, c, m, address, nil)
	if err != nil {
		return jsontree.Node{}, err
	}
	n, err := jsontree.Parse(res.Body, jsontree.Limits{MaxBytes: connect.MaxPayloadBytes, MaxMembers: 4_000_000})
	if err != nil {
		return n, problem.Wrap(problem.Unavailable, err, "%s is not JSON: %s", where(address), fmt.Sprint(err))
	}
	return n, nil
}
