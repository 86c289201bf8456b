package httpx

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/problem"
)

// The limits that hold where Options leave them zero.
const (
	DefaultMaxBody  int64 = 10 << 20
	DefaultTimeout        = 30 * time.Second
	DefaultInFlight       = 2000
)

// recognizer finds who sent a request: access.Policy.
type recognizer interface {
	Caller(ctx context.Context, ev access.Evidence) (access.Caller, error)
}

// Options are the settings of a Mux.
type Options struct {
	// Access finds callers. Nil knows nobody: only open routes answer.
	Access recognizer
	// Hosts says which Host headers are taken; the zero value takes loopback
	// names, IP addresses and what LocalNames gives.
	Hosts Hosts
	// Log gets requests and failures; nil discards them.
	Log *slog.Logger
	// LogAll logs every request, not only those that failed here or were slow.
	LogAll bool
	// Metrics gets the counters; nil keeps none.
	Metrics prometheus.Registerer
	// MaxBody, Timeout and InFlight bound a body in bytes, a request's time
	// and the number of requests under way; zero takes the defaults.
	MaxBody  int64
	Timeout  time.Duration
	InFlight int
	// HSTS tells browsers to come back by TLS only. Set it only with a
	// certificate that browsers trust.
	HSTS bool
	// Served hears of every request once it is answered; nil hears of none.
	Served func(Served)
	// Lost answers, with status 404, whoever asks for a page at an address
	// that no route has; nil answers everybody with a problem.
	Lost Handler
}

// Served is one request that was answered.
type Served struct {
	Request *http.Request
	Status  int
	// Began is the time from the request's header to that of the answer.
	Began time.Duration
}

// Mux serves routes. It is built once and safe for use by many goroutines.
type Mux struct {
	o        Options
	hosts    hosts
	mux      *http.ServeMux
	cross    *http.CrossOriginProtection
	meter    *meter
	inFlight atomic.Int64
	gzips    sync.Pool
	routes   []Route
	unknown  *entry
	styles   map[string]Style // by the first folder of the path
}

// entry is one route with what is worked out once.
type entry struct {
	Route
	meter *routeMeter
}

// group is all routes of one pattern.
type group struct {
	byMethod map[string]*entry
	allow    string // value of Allow
	style    Style
	public   bool // a GET for published datasets: foreign pages may read
}

// New builds the Mux of routes. Its error names every route that is wrong, see
// CheckRoutes.
func New(o Options, routes ...Route) (*Mux, error) {
	if err := CheckRoutes(routes); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.InFlight == 0 {
		o.InFlight = DefaultInFlight
	}
	m := &Mux{o: o, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(), meter: newMeter(o.Metrics), routes: slices.Clone(routes)}
	var err error
	if m.hosts, err = o.Hosts.worked(); err != nil {
		return nil, err
	}
	if m.hosts.origin != "" {
		if err := m.cross.AddTrustedOrigin(m.hosts.origin); err != nil {
			return nil, fmt.Errorf("public URL: %w", err)
		}
	}
	m.unknown = &entry{Route: Route{Name: "none"}, meter: m.meter.route("none")}
	groups := map[string]*group{}
	for _, r := range routes {
		g := groups[r.Pattern]
		if g == nil {
			g = &group{byMethod: map[string]*entry{}, style: r.Style}
			groups[r.Pattern] = g
		}
		e := &entry{Route: r, meter: m.meter.route(r.Name)}
		g.byMethod[r.Method] = e
		if r.Method == http.MethodGet {
			g.byMethod[http.MethodHead] = e
			g.public = g.public || r.Rule == access.PublicDataset
		}
	}
	for pattern, g := range groups {
		g.allow = allowOf(g)
		if err := m.handle(pattern, g); err != nil {
			return nil, err
		}
	}
	m.styles = prefixStyles(routes)
	if groups["/"] == nil {
		m.mux.HandleFunc("/", m.unmatched)
	}
	return m, nil
}

// Routes gives the table that m serves, for /openapi.json and tests.
func (m *Mux) Routes() []Route { return slices.Clone(m.routes) }

// handle registers a group; two patterns that contradict each other make
// ServeMux panic, which becomes an error here.
func (m *Mux) handle(pattern string, g *group) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("pattern %s: %v", pattern, p)
		}
	}()
	m.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := callOf(r)
		c.style = g.style
		e, ok := g.byMethod[r.Method]
		switch {
		case ok:
			c.entry = e
			c.fail(m, w, r, m.answer(c, w, r))
		case r.Method == http.MethodOptions:
			m.options(g, w, r)
		default:
			w.Header().Set("Allow", g.allow)
			c.fail(m, w, r, problem.New(problem.MethodNotAllowed, "%s is not a method of this address; it has %s", safeMethod(r.Method), g.allow))
		}
	})
	return nil
}

// unmatched answers addresses that no route has, in the style of the routes
// under the same first folder.
func (m *Mux) unmatched(w http.ResponseWriter, r *http.Request) {
	c := callOf(r)
	style, api := m.styles[firstFolder(r.URL.Path)]
	c.style = style
	if m.o.Lost != nil && !(api && style == NGSILD) && wantsPage(r) {
		c.fail(m, w, r, m.o.Lost(w, r))
		return
	}
	c.fail(m, w, r, problem.New(problem.ResourceNotFound, "there is nothing at %s", shorten(r.URL.Path)))
}

// unclean gives what is wrong with a path that has an empty, . or .. part. In
// the API of NGSI-LD an id or name is missing where a part is empty (CIM 009,
// 5.6.4.4 and others).
func unclean(style Style, path string) error {
	if style == NGSILD && strings.Contains(path, "//") {
		return problem.New(problem.BadRequestData, "an id or a name is missing in the path %s; one with slashes is sent percent-encoded", shorten(path))
	}
	return problem.New(problem.ResourceNotFound, "the path %s has an empty, . or .. part; an id with slashes is sent percent-encoded", shorten(path))
}

// wantsPage reports whether r is a reader's browser on its way to an address.
func wantsPage(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	got, err := Negotiate(r, "application/json", "text/html")
	return err == nil && got == "text/html"
}

func firstFolder(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}

func prefixStyles(routes []Route) map[string]Style {
	styles := map[string]Style{}
	for _, r := range routes {
		styles[firstFolder(r.Pattern)] = r.Style
	}
	return styles
}

func allowOf(g *group) string {
	var list []string
	for method := range g.byMethod {
		list = append(list, method)
	}
	list = append(list, http.MethodOptions)
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// options answers OPTIONS: what the address has, and to the page of another
// origin that it may read what is published.
func (m *Mux) options(g *group, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Allow", g.allow)
	if g.public && r.Header.Get("Access-Control-Request-Method") != "" {
		preflight(w.Header())
	}
	w.WriteHeader(http.StatusNoContent)
}

// answer does what stands before the handler, then the handler.
func (m *Mux) answer(c *call, w http.ResponseWriter, r *http.Request) error {
	e := c.entry
	var err error
	if c.host, err = m.hosts.checked(r); err != nil && e.Rule != access.Anyone {
		return err
	}
	if err := singleHeaders(r); err != nil {
		return err
	}
	if err := m.cross.Check(r); err != nil {
		return problem.Wrap(problem.Forbidden, err, "a page of another origin may not do this")
	}
	ctx := r.Context()
	if m.o.Access != nil {
		c.caller, err = m.o.Access.Caller(ctx, m.evidence(r))
		if err != nil && e.Rule != access.Anyone { // who needs no credentials may have bad ones
			return err
		}
	}
	if err := e.Rule.Allow(c.caller); err != nil {
		return err
	}
	if e.Rule == access.PublicDataset {
		shareAnswer(w.Header(), c.caller)
	}
	ctx = access.With(ctx, c.caller)
	if d := c.timeout(m); d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
		if d > connectionTime/2 {
			deadlines(w, time.Now().Add(d+connectionTime/2))
		}
	} else {
		deadlines(w, time.Time{})
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		if c.caller.Known() && m.o.Access != nil {
			go m.recheck(ctx, cancel, m.evidence(r), e.Rule)
		}
	}
	r = r.WithContext(ctx)
	c.limit = c.maxBody(m)
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(w.(*writer).ResponseWriter, r.Body, c.limit)
	}
	return e.Handle(w, r)
}

// recheckEvery is how long an endless answer goes on at most for somebody who
// may no longer have it.
const recheckEvery = 30 * time.Second

// recheck ends an endless answer when its caller may no longer have it: the
// session ended, the token was revoked. An open answer counts as use of the
// session. A store that cannot be asked ends it too.
func (m *Mux) recheck(ctx context.Context, end context.CancelFunc, ev access.Evidence, rule access.Rule) {
	t := time.NewTicker(recheckEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		c, err := m.o.Access.Caller(ctx, ev)
		if err != nil || !c.Known() || rule.Allow(c) != nil {
			end()
			return
		}
	}
}

// deadlines moves the connection's deadlines, which are set for ordinary
// requests, to at; the zero time lifts them.
func deadlines(w http.ResponseWriter, at time.Time) {
	rc := http.NewResponseController(w)
	// A writer without deadlines, as in a test, has none to move.
	_ = rc.SetReadDeadline(at)
	_ = rc.SetWriteDeadline(at)
}

// singleHeaders refuses headers that decide something and stand twice: two
// readers might each take another one.
func singleHeaders(r *http.Request) error {
	for _, name := range []string{"Authorization", "Content-Type", "Content-Encoding", "Ngsild-Tenant"} {
		if len(r.Header[name]) > 1 {
			return problem.New(problem.InvalidRequest, "the header %s stands %d times; send it once", name, len(r.Header[name]))
		}
	}
	return nil
}
