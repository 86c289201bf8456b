package ngsild_test

import (
	"context"
	"net/http"
	"strings"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/contexts"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/timespan"
	"github.com/beffroi/beffroi/internal/watch"
)

// notedUpTo is how far a world's changes were turned into notifications.
type notedUpTo struct {
	at  store.Cursor
	due []watch.Due
}

func (w *world) lookup(ctx context.Context, tenant string) query.Lookup {
	return w.broker.Lookup(ctx, broker.Call{Space: store.Space{Tenant: tenant}})
}

func (w *world) now() entity.Instant {
	return timespan.FromTime(start) + entity.Instant(w.clock.Load()-start.UnixMicro())
}

// note is a notification as it goes out.
type note struct {
	*answer // Body and Header, to be held against what is expected
	URL     string
	message notify.Message
}

// notes gives the notifications that what happened since the last call makes
// due, in order, those of periods that ended last.
func (w *world) notes() []note {
	w.Helper()
	ctx := context.Background()
	records := map[watch.Due]*change.Record{}
	for {
		rs, next, err := w.store.Read(ctx, w.noted.at, 100)
		if err != nil {
			w.Fatal(err)
		}
		if len(rs) == 0 {
			break
		}
		w.noted.at = next
		step, err := w.watch.Handle(ctx, rs)
		if err != nil {
			w.Fatal(err)
		}
		if len(step) > 0 {
			if err := w.store.Write(ctx, step); err != nil {
				w.Fatal(err)
			}
		}
		before := len(w.noted.due)
		w.watch.Durable()
		for _, d := range w.noted.due[before:] {
			for i := range rs {
				if rs[i].Part == d.Part && rs[i].At == d.At {
					records[d] = &rs[i]
				}
			}
		}
	}
	w.noted.due = append(w.noted.due, w.watch.Tick(w.now())...)
	var out []note
	for _, d := range w.noted.due {
		s, ok := w.watch.ByRef(d.Sub)
		if !ok {
			continue
		}
		m, err := w.renderer().Render(ctx, s, d, records[d], w.now())
		if d.Every {
			w.watch.Fired(d)
		}
		if problem.Is(err, problem.ResourceNotFound) {
			continue
		}
		if err != nil {
			w.Error(err)
			continue
		}
		h := http.Header{"Content-Type": {m.ContentType}}
		for _, p := range m.Header {
			h.Add(p.Key, p.Value)
		}
		out = append(out, note{answer: &answer{w: w, asked: "notification of " + s.ID, Status: 200, Header: h, Body: string(m.Body)}, URL: m.URL, message: m})
	}
	w.noted.due = nil
	return out
}

func (w *world) renderer() *notify.Renderer {
	return &notify.Renderer{Contexts: w.contexts, Rights: func(context.Context, string) (*query.Access, error) { return nil, nil },
		ContextURL: func(ctx context.Context, tenant string, c *ldctx.Context) (string, error) {
			address, id, err := w.contexts.Implicit(ctx, tenant, c)
			if err != nil || address != "" {
				return address, err
			}
			return "http://localhost:9000" + contexts.Path(id), nil
		},
		Lookup: func(ctx context.Context, tenant string, rights *query.Access) query.Lookup {
			return w.broker.Lookup(ctx, broker.Call{Space: store.Space{Tenant: tenant}, Access: rights})
		},
		Walk: func(ctx context.Context, tenant string, rights *query.Access, q *query.Query, yield func(*entity.Entity) bool) error {
			return w.broker.Walk(ctx, broker.Call{Space: store.Space{Tenant: tenant}, Access: rights}, q, 0, yield)
		}}
}

// quiet checks that nothing is due.
func (w *world) quiet(why string) {
	w.Helper()
	for _, n := range w.notes() {
		w.Errorf("%s, and yet: %s", why, n.Body)
	}
}

// one gives the one notification that is due.
func (w *world) one() note {
	w.Helper()
	all := w.notes()
	if len(all) != 1 {
		w.Errorf("%d notifications are due, want one", len(all))
		for _, n := range all {
			w.Log(n.Body)
		}
		if len(all) == 0 {
			return note{answer: &answer{w: w, asked: "notification", Body: "{}", Header: map[string][]string{}}}
		}
	}
	return all[0]
}

// data checks what a notification tells, by value.
func (n note) data(want string) note {
	n.w.Helper()
	_, after, ok := strings.Cut(n.Body, `,"data":`)
	if !ok {
		n.w.Errorf("no data: %s", n.Body)
		return n
	}
	a := *n.answer
	a.Body = strings.TrimSuffix(after, "}")
	a.json(want)
	return n
}
