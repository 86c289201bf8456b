package app

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/contexts"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/feed"
	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/notify"
	nethttp "github.com/beffroi/beffroi/internal/notify/http"
	notifymqtt "github.com/beffroi/beffroi/internal/notify/mqtt"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/watch"
)

// allowLists reads the allow lists of the configuration.
func allowLists(c config.Allow) (map[fetch.Purpose]fetch.Allow, error) {
	out := map[fetch.Purpose]fetch.Allow{}
	for p, items := range map[fetch.Purpose][]string{fetch.Context: c.Context, fetch.Notification: c.Notification, fetch.Source: c.Source, fetch.Harvest: c.Harvest, fetch.Mail: c.Mail} {
		a, err := fetch.ParseAllow(items...)
		if err != nil {
			return nil, fmt.Errorf("outbound.allow.%s: %s", p, problem.DetailOf(err))
		}
		out[p] = a
	}
	return out, nil
}

// contextFetcher gets @context documents for package contexts.
type contextFetcher struct{ c *fetch.Client }

// Fetch gets a document and how long it may be kept, negative if not said.
func (f contextFetcher) Fetch(ctx context.Context, address string) ([]byte, time.Duration, error) {
	body, age, err := f.c.Fetch(ctx, address)
	if err != nil {
		return nil, 0, problem.Wrap(problem.LdContextNotAvailable, err, "the @context %.200s could not be had: %s", address, fetch.DetailOf(err))
	}
	return body, age, nil
}

// lookup finds linked entities for conditions of subscriptions.
func (a *App) lookup(ctx context.Context, tenant string) query.Lookup {
	return a.broker.Lookup(ctx, broker.Call{Space: watch.SpaceOf(tenant)})
}

// watchLoop matches changes with subscriptions, from where it stood.
func (a *App) watchLoop(ctx context.Context) error {
	c := &feed.Consumer{Name: "watch", Log: a.hub, Keep: a.st, Handle: a.subs.Handle, Done: func(store.Cursor) { a.subs.Durable() },
		Lost: func(context.Context) error {
			a.log.Error("subscriptions missed changes: the change log was trimmed before they were matched; raise store.log_keep or store.log_bytes")
			return nil
		}}
	return c.Run(ctx)
}

func (a *App) buildDelivery() error {
	workers := a.cfg.Notify.Workers
	client, err := a.fetch.For(fetch.Notification, fetch.Limits{Bytes: 64 << 10, Time: max(a.cfg.Notify.Timeout.Std(), 5*time.Minute), Redirects: -1, PerHost: workers})
	if err != nil {
		return err
	}
	success := nethttp.Any2xx
	if a.cfg.Notify.Success == "200" {
		success = nethttp.Only200
	}
	posts, publishes := nethttp.New(client, success), notifymqtt.New(client, nil)
	a.posts = posts
	r := &notify.Renderer{Contexts: a.contexts, ContextURL: a.contextURL, Rights: a.rights,
		Lookup: func(ctx context.Context, tenant string, rights *query.Access) query.Lookup {
			return a.broker.Lookup(ctx, broker.Call{Space: watch.SpaceOf(tenant), Access: rights})
		},
		Walk: func(ctx context.Context, tenant string, rights *query.Access, q *query.Query, yield func(*entity.Entity) bool) error {
			return a.broker.Walk(ctx, broker.Call{Space: watch.SpaceOf(tenant), Access: rights}, q, 0, yield)
		}}
	a.deliver = notify.New(notify.Options{Subs: a.subs, Records: a.st, Log: a.hub, Render: r.Render, Now: a.clock.Instant, Logger: a.log,
		Transport: func(uri string) (notify.Transport, error) {
			if strings.HasPrefix(strings.ToLower(uri), "mqtt") { // subscriptions have no other schemes than http, https, mqtt, mqtts
				return publishes, nil
			}
			return posts, nil
		},
		GiveUp: a.clock.City(a.cfg.Notify.GiveUp.Std()), Workers: workers, Timeout: a.cfg.Notify.Timeout.Std()})
	a.parts.closing("notification client", func() error { client.Close(); return nil })
	return nil
}

// periodLoop looks which periods of subscriptions have ended (CIM 009, 5.8.6).
func (a *App) periodLoop(ctx context.Context) error {
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			if ds := a.subs.Tick(a.clock.Instant()); len(ds) > 0 {
				a.deliver.Wake(ds)
			}
		}
	}
}

// checkEndpoint judges where a subscription wants its notifications.
func (a *App) checkEndpoint(uri string) error {
	c, err := a.fetch.For(fetch.Notification, fetch.Limits{})
	if err != nil {
		return err
	}
	return c.CheckLiteral(uri)
}

// contextURL gives an address at which a @context is served, for the Link
// header of a notification: its own, or that of a document made for it.
func (a *App) contextURL(ctx context.Context, tenant string, c *ldctx.Context) (string, error) {
	address, id, err := a.contexts.Implicit(ctx, tenant, c)
	if err != nil || address != "" {
		return address, err
	}
	return a.URL() + contexts.Path(id), nil
}

// rights gives what an account may see now; a subscription of an account that
// was revoked sees nothing.
func (a *App) rights(ctx context.Context, account string) (*query.Access, error) {
	c, err := a.callerNamed(account)
	if err != nil {
		return nil, err
	}
	return a.policy.Restriction(ctx, store.Space{}, c)
}

func (a *App) callerNamed(account string) (access.Caller, error) {
	if account == access.LocalAccount {
		if a.settings.LoopbackFree() {
			return access.Local(), nil
		}
		return access.Nobody(), nil
	}
	c, ok := a.ids.CallerNamed(account)
	if !ok {
		return c, problem.New(problem.Forbidden, "the account %q is no more", account)
	}
	return c, nil
}

// URL gives the address of this server: the public one if set, else that of
// the listener.
func (a *App) URL() string {
	if a.cfg.Server.PublicURL != "" {
		return trimSlash(a.cfg.Server.PublicURL)
	}
	u := url.URL{Scheme: "http", Host: a.httpLn.Addr().String()}
	if a.useTLS() {
		u.Scheme = "https"
	}
	return u.String()
}

func trimSlash(s string) string {
	for len(s) > 0 && s[len(s)-1] == '/' {
		s = s[:len(s)-1]
	}
	return s
}
