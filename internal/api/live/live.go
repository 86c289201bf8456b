// Package live sends what moves to the map, as server-sent events: first the
// state of everything in view, then each change, at most a few times a second
// and only the last position of each thing. Each event carries a cursor into
// the change log as its id, so that a browser that lost the connection goes on
// where it was. A reader that is too slow loses the connection, never the
// server's memory.
package live

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

type viewer interface {
	Walk(ctx context.Context, c broker.Call, q *query.Query, after entity.Number, yield func(*entity.Entity) bool) error
}

// Options are the settings of an API.
type Options struct {
	Broker viewer
	Log    store.Log
	// Call says on whose behalf a request asks: tenant and restriction.
	Call func(r *http.Request) (broker.Call, error)
	// Now is the city's clock.
	Now func() entity.Instant
	// MaxClients bounds the connections; 0 means 1,000.
	MaxClients int
	// Every is the least time between two change events; 0 means 300 ms.
	Every  time.Duration
	Logger *slog.Logger
}

// API answers GET /live. Use New.
type API struct {
	o       Options
	clients atomic.Int64
	layers  map[entity.Name]catalogue.Layer
	ground  map[entity.Name]bool
	byShort map[string]entity.Name
}

// New makes an API.
func New(o Options) *API {
	if o.MaxClients == 0 {
		o.MaxClients = 1000
	}
	if o.Every == 0 {
		o.Every = 300 * time.Millisecond
	}
	a := &API{o: o, layers: map[entity.Name]catalogue.Layer{}, ground: map[entity.Name]bool{}, byShort: map[string]entity.Name{}}
	for _, l := range catalogue.Layers() {
		a.layers[l.Type], a.byShort[l.Short] = l, l.Type
	}
	for _, t := range catalogue.Ground() {
		a.ground[t] = true
	}
	return a
}

// Routes gives the address of the stream.
func (a *API) Routes() []httpx.Route {
	return []httpx.Route{{Method: http.MethodGet, Pattern: "/live", Rule: access.PublicDataset, Name: "live", Group: "Live map",
		Summary: "What moves, as server-sent events: parameters bbox, types, from", Timeout: httpx.NoTimeout, Handle: a.Serve}}
}

// Clients tells how many connections there are now.
func (a *API) Clients() int64 { return a.clients.Load() }

// view is what one connection looks at.
type view struct {
	call  broker.Call
	box   geo.Rect
	all   bool // no box was given
	types map[entity.Name]bool
	shown map[entity.ID]bool // what the browser holds
}

// Serve answers GET /live?bbox=w,s,e,n&types=A,B. Last-Event-ID (or the
// parameter of the same meaning, "from") resumes.
//
// Errors: problem.InvalidRequest; problem.TooManyRequests.
func (a *API) Serve(w http.ResponseWriter, r *http.Request) error {
	v, from, err := a.parse(r)
	if err != nil {
		return err
	}
	if a.clients.Add(1) > int64(a.o.MaxClients) {
		a.clients.Add(-1)
		w.Header().Set("Retry-After", "10")
		return problem.New(problem.TooManyRequests, "there are %d live connections already; try again in a while", a.o.MaxClients)
	}
	defer a.clients.Add(-1)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	if stopping := httpx.Stopping(r); stopping != nil {
		go func() {
			select {
			case <-stopping:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	s := newStream(w)
	if err := a.follow(ctx, s, v, from); err != nil && ctx.Err() == nil && a.o.Logger != nil {
		a.o.Logger.DebugContext(r.Context(), "live connection ended", "error", err)
	}
	return nil // the answer has begun: nothing can be said any more
}

func (a *API) follow(ctx context.Context, s *stream, v *view, from store.Cursor) error {
	at := from
	if at.Epoch == 0 {
		var err error
		if at, err = a.state(ctx, s, v); err != nil {
			return err
		}
	}
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		waited := make(chan error, 1)
		waiting, stop := context.WithCancel(ctx)
		go func() { waited <- a.o.Log.Wait(waiting, at) }()
		select {
		case <-tick.C:
			stop()
			<-waited
			if err := s.clock(a.o.Now()); err != nil {
				return err
			}
			continue
		case err := <-waited:
			stop()
			if err != nil {
				return err
			}
		}
		next, err := a.changes(ctx, s, v, at)
		if problem.Is(err, problem.CursorLost) {
			if err := s.send("resync", "", []byte("{}")); err != nil {
				return err
			}
			clear(v.shown)
			next, err = a.state(ctx, s, v)
		}
		if err != nil {
			return err
		}
		at = next
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(a.o.Every): // the rate: what comes meanwhile is sent together
		}
	}
}

// state sends everything in view and gives the cursor that it covers.
func (a *API) state(ctx context.Context, s *stream, v *view) (store.Cursor, error) {
	at, err := a.o.Log.Head(ctx)
	if err != nil {
		return at, err
	}
	if err := s.clock(a.o.Now()); err != nil {
		return at, err
	}
	b := newBatch()
	var failed error
	err = a.o.Broker.Walk(ctx, v.call, v.query(a), 0, func(e *entity.Entity) bool {
		if !a.put(b, v, e) {
			return true
		}
		v.shown[e.ID] = true
		if b.n >= 500 {
			failed = s.send("state", "", b.take())
		}
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return at, err
	}
	return at, s.send("state", at.String(), b.take())
}

// changes sends what happened behind at, the last of each entity only.
func (a *API) changes(ctx context.Context, s *stream, v *view, at store.Cursor) (store.Cursor, error) {
	b := newBatch()
	last := map[entity.ID]*entity.Entity{}
	var order []entity.ID
	for range 8 { // bounded: a flood is sent in several events
		rs, next, err := a.o.Log.Read(ctx, at, 1024)
		if err != nil {
			return at, err
		}
		if len(rs) == 0 {
			break
		}
		at = next
		for i := range rs {
			r := &rs[i]
			if r.Tenant != v.call.Space.Tenant || r.Layer != v.call.Space.Layer {
				continue
			}
			if _, seen := last[r.ID]; !seen {
				order = append(order, r.ID)
			}
			last[r.ID] = r.After
		}
	}
	for _, id := range order {
		e := v.call.Access.Mask(last[id].Alive(a.o.Now()))
		if e != nil && a.put(b, v, e) {
			v.shown[id] = true
		} else if v.shown[id] {
			delete(v.shown, id)
			b.gone(id)
		}
	}
	if b.empty() {
		return at, nil
	}
	return at, s.send("change", at.String(), b.take())
}
