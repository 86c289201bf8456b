package httpx

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/problem"
)

// TraceHeader carries the trace id of every answer; problem bodies and log
// lines have it too.
const TraceHeader = "X-Trace-Id"

// slowAfter is when a request is worth a line in the log.
const slowAfter = 2 * time.Second

// call is what belongs to one request while it is answered.
type call struct {
	trace  string
	entry  *entry
	style  Style
	caller access.Caller
	hosts  *hosts
	host   string // the checked one, "" if it is none of ours
	base   string // once it was asked for
	limit  int64  // of the body, bytes
	failed error
}

type callKey struct{}

// callOf finds the call of r; an empty one where no Mux is at work, as in a
// handler's own test.
func callOf(r *http.Request) *call {
	if c, ok := r.Context().Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// TraceID gives the id that the answer, the log and a problem share; "" where
// no Mux is at work.
func TraceID(r *http.Request) string { return callOf(r).trace }

func (c *call) maxBody(m *Mux) int64 {
	if c.entry.MaxBody > 0 {
		return c.entry.MaxBody
	}
	return m.o.MaxBody
}

func (c *call) timeout(m *Mux) time.Duration {
	if c.entry.Timeout != 0 {
		return c.entry.Timeout
	}
	return m.o.Timeout
}

// ServeHTTP answers one request.
func (m *Mux) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := &call{trace: traceOf(r), entry: m.unknown, hosts: &m.hosts}
	w := &writer{ResponseWriter: rw, mux: m, request: r}
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	// The header's slices are shared and never changed in place.
	h := rw.Header()
	h[TraceHeader] = []string{c.trace}
	m.secure(h)
	busy := m.inFlight.Add(1)
	m.meter.busy(busy)
	defer m.finish(c, w, r, start)
	switch {
	case busy > int64(m.o.InFlight):
		h.Set("Retry-After", "1")
		c.fail(m, w, r, problem.New(problem.Unavailable, "%d requests are under way, which is the limit; try again in a second", busy-1))
	case !cleanPath(r.URL.EscapedPath()):
		c.style = m.styles[firstFolder(r.URL.Path)]
		c.fail(m, w, r, unclean(c.style, r.URL.Path))
	default:
		m.mux.ServeHTTP(w, r)
	}
}

// finish ends a request: what panicked, what is counted, what is logged.
func (m *Mux) finish(c *call, w *writer, r *http.Request, start time.Time) {
	p := recover()
	m.meter.busy(m.inFlight.Add(-1))
	abort := p == http.ErrAbortHandler
	if p != nil && !abort {
		m.o.Log.Error("handler panicked", "trace", c.trace, "operation", c.entry.Name, "panic", p, "stack", string(debug.Stack()))
		c.fail0(w, r, problem.New(problem.InternalError, "panic"))
		abort = c.failed != nil && w.broken
	}
	w.close()
	took := time.Since(start)
	status := w.statusOrOK()
	c.entry.meter.done(status, took)
	if m.o.Served != nil {
		began := took
		if !w.headed.IsZero() {
			began = w.headed.Sub(start)
		}
		m.o.Served(Served{r, status, began})
	}
	m.logRequest(c, w, r, status, took)
	if abort || w.broken {
		panic(http.ErrAbortHandler)
	}
}

// fail writes err, if there is one, and remembers it for the log.
func (c *call) fail(m *Mux, w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		return
	}
	c.fail0(w.(*writer), r, err)
}

func (c *call) fail0(w *writer, r *http.Request, err error) {
	err = classify(r, err)
	c.failed = err
	if w.status != 0 {
		w.broken = true // the answer has begun: let the client see it is not whole
		return
	}
	writeProblem(w, r, c, err)
}

// classify gives a kind to the failures that HTTP itself makes.
func classify(r *http.Request, err error) error {
	var known *problem.Error
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &big):
		return problem.Wrap(problem.TooLarge, err, "the body is larger than the limit of %d bytes", big.Limit)
	case errors.Is(err, context.DeadlineExceeded):
		return problem.Wrap(problem.Unavailable, err, "this took longer than the time a request may take; ask for less, or try again later")
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		return problem.Wrap(problem.Unavailable, err, "the request was given up")
	}
	return err
}

// logRequest writes one line about what failed here, was slow, or about all.
func (m *Mux) logRequest(c *call, w *writer, r *http.Request, status int, took time.Duration) {
	level := slog.LevelDebug
	switch {
	case status >= 500 && r.Context().Err() == nil && !problem.Is(c.failed, problem.NotImplemented) && !problem.Is(c.failed, problem.LdContextNotAvailable):
		level = slog.LevelError
	case took > slowAfter && c.entry.Timeout != NoTimeout:
		level = slog.LevelWarn
	case m.o.LogAll:
		level = slog.LevelInfo
	}
	if !m.o.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("trace", c.trace), slog.String("operation", c.entry.Name),
		slog.String("method", safeMethod(r.Method)), slog.String("path", shorten(r.URL.Path)),
		slog.Int("status", status), slog.Duration("took", took), slog.Int64("bytes", w.bytes),
		slog.String("account", c.caller.Account), slog.String("peer", r.RemoteAddr),
	}
	if c.failed != nil {
		attrs = append(attrs, slog.String("error", c.failed.Error()))
	}
	m.o.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// traceOf takes the trace id of a well-formed traceparent header (W3C Trace
// Context), else makes one.
func traceOf(r *http.Request) string {
	if tp := r.Header.Get("Traceparent"); len(tp) == 55 && tp[2] == '-' && tp[35] == '-' {
		id := tp[3:35]
		if _, err := hex.DecodeString(id); err == nil && id == strings.ToLower(id) && strings.Trim(id, "0") != "" {
			return id
		}
	}
	var b [16]byte
	for i, half := range [2]uint64{rand.Uint64(), rand.Uint64()} {
		for j := range 8 {
			b[i*8+j] = byte(half >> (8 * j))
		}
	}
	return hex.EncodeToString(b[:])
}

// cleanPath reports whether an escaped path has no empty, . or .. part, which
// ServeMux would answer with a redirect.
func cleanPath(p string) bool {
	if p == "" || p[0] != '/' {
		return p == "*" // OPTIONS *
	}
	if !strings.Contains(p, "/.") && !strings.Contains(p, "//") {
		return true
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(p[1:], "/"), "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return !strings.HasSuffix(p, "//")
}

// shorten cuts text that a client chose, for messages and logs.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

func safeMethod(m string) string {
	if len(m) > 20 {
		return m[:20] + "…"
	}
	return m
}
