package app

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/accounts"
	"github.com/beffroi/beffroi/internal/api/dcat"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/infopoint"
	"github.com/beffroi/beffroi/internal/api/live"
	"github.com/beffroi/beffroi/internal/api/ngsild"
	"github.com/beffroi/beffroi/internal/api/openapi"
	"github.com/beffroi/beffroi/internal/api/operate"
	"github.com/beffroi/beffroi/internal/api/page"
	"github.com/beffroi/beffroi/internal/api/portal"
	"github.com/beffroi/beffroi/internal/api/sources"
	"github.com/beffroi/beffroi/internal/api/tiles"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/govern/series"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/web"
)

// parts are what runs beside the listeners, and what is to be closed.
type parts struct {
	run    []runner
	close  []func() error
	routes []httpx.Route
	lost   httpx.Handler // for readers at an address that nothing has
	served func(httpx.Served)
}

type runner struct {
	name string
	run  func(context.Context) error
}

func (p *parts) closing(_ string, f func() error) { p.close = append(p.close, f) }

func (p *parts) running(name string, f func(context.Context) error) {
	p.run = append(p.run, runner{name, f})
}

// buildParts makes the facades and the connectors.
func (a *App) buildParts(ctx context.Context) error {
	a.sets = catalogue.New(catalogue.Options{Broker: a.broker, Log: a.hub, Now: a.clock.Instant})
	a.parts.running("catalogue", a.sets.Run)
	a.parts.running("search of the catalogue", func(ctx context.Context) error {
		if err := a.sets.Prepare(ctx); err != nil {
			a.log.Error("the index of the catalogue's search could not be made; the next question makes it", "error", err)
		}
		return nil
	})
	a.policy = access.NewPolicy(a.settings, a.ids, a.sets)
	pages, err := page.New(web.FS(), a.o.Version)
	if err != nil {
		return err
	}
	a.parts.lost = pages.Lost
	facade := ngsild.New(ngsild.Options{Broker: a.broker, Contexts: a.contexts, Now: a.clock.Instant, Access: a.policy, Subscriptions: a.subs, Maps: a.maps, UnavailableContext: a.cfg.NGSILD.Unavailable,
		CheckEndpoint: a.checkEndpoint, Tenants: a.st.Tenants, TemporalPage: a.cfg.NGSILD.TemporalPage, Identity: a.identity(), Snapshots: a.frozen})
	stream := live.New(live.Options{Broker: a.broker, Log: a.hub, Call: a.callOf, Now: a.clock.Instant, MaxClients: a.cfg.Limits.Live, Logger: a.log})
	var built map[string][]byte
	if a.o.Demo != nil {
		d, err := a.buildDemo(ctx)
		if err != nil {
			return err
		}
		if built, err = d.mappings(); err != nil {
			return err
		}
		a.parts.running("demo devices", d.publish)
		a.parts.running("demo history", d.backfill)
	}
	if err := a.buildSources(ctx, built); err != nil {
		return err
	}
	index := portal.NewIndex(a.hub, a.broker)
	a.parts.running("search index", index.Run)
	ground := tiles.New(tiles.Options{Broker: a.broker, Log: a.hub, Call: a.callOf, Now: a.clock.Instant, City: a.mapped})
	a.parts.running("tile cache", ground.Run)
	together := series.New(series.Options{Records: record.New(record.Options{Broker: a.broker}), Datasets: a.sets, Now: a.clock.Instant})
	metadata := dcat.New(dcat.Options{Series: together.All, Catalogue: a.sets, Broker: a.broker, Call: a.callOf, Now: a.clock.Instant, Shell: pages.Shell, ShellWith: pages.ShellWith,
		City: func(ctx context.Context) (dcat.City, error) {
			c, err := a.about(ctx)
			return dcat.City{Name: c.Name, Synthetic: c.Synthetic}, err
		}})
	board := portal.New(portal.Options{City: a.about, Broker: a.broker, Store: a.st, Call: a.callOf, Now: a.clock.Instant, Index: index, Catalogue: a.sets, Describe: metadata.Graph, WouldBe: metadata.WouldBe, Series: together,
		Sizes: func(ctx context.Context, base string, sp store.Space, d *catalogue.Dataset, lang string) (portal.Sizes, error) {
			found, err := metadata.Sizes(ctx, base, sp, d, lang)
			return portal.Sizes(found), err
		}})
	harvest, err := a.harvest(ctx, metadata)
	if err != nil {
		return err
	}
	desk := operate.New(operate.Options{Broker: a.broker, Records: a.st, Kinds: ArchiveKinds(), Synthetic: a.st.Header().Synthetic, Dir: a.cfg.Store.Dir, Checkpoint: a.st.Checkpoint, Imported: a.subs.Load,
		Export: func(ctx context.Context, w io.Writer) error { return Export(ctx, w, a.st, nil) }})
	intakes, err := a.buildHarvesting()
	if err != nil {
		return err
	}
	statutes, err := a.lawDesk()
	if err != nil {
		return err
	}
	quality, notices := a.buildService(), a.buildInbox()
	closed := infopoint.New(infopoint.Options{Catalogue: a.sets, Call: a.callOf, Graph: metadata.Closed, Prefixes: dcat.Prefixes(), Ask: dcat.RequestPath})
	post, err := a.buildMail()
	if err != nil {
		return err
	}
	counter, err := a.requestDesk(ctx)
	if err != nil {
		return err
	}
	intake := sources.New(a.sources.Desk(), a.clock.Now)
	people := accounts.NewAPI(accounts.Options{Logins: a.ids, Users: a.ids.UserRegister(), Tokens: a.ids.TokenRegister(), Devices: a.ids.DeviceRegister()})
	for _, rs := range [][]httpx.Route{facade.Routes(), stream.Routes(), board.Routes(), people.Routes(), desk.Routes(), metadata.Routes(), harvest, intakes, intake.Routes(), ground.Routes(), statutes.Routes(), counter.Routes(), quality.Routes(), notices.Routes(), post.Routes(), closed.Routes(), pages.Routes(), contextRoutes(), a.operationRoutes()} {
		a.parts.routes = append(a.parts.routes, rs...)
	}
	return nil
}

// callOf says on whose behalf a request asks the broker.
func (a *App) callOf(r *http.Request) (broker.Call, error) {
	who := access.From(r.Context())
	c := broker.Call{Space: store.Space{Tenant: r.Header.Get("NGSILD-Tenant")}, Origin: store.Origin{Account: who.Account}}
	var err error
	c.Access, err = a.policy.Restriction(r.Context(), c.Space, who)
	return c, err
}

// buildHTTP joins all routes.
func (a *App) buildHTTP() error {
	schemas, err := ngsild.Schemas()
	if err != nil {
		return err
	}
	described := openapi.New(openapi.Options{Title: "beffroi", Version: a.o.Version, Schemas: schemas, Webhooks: ngsild.Webhooks()})
	routes := append(a.parts.routes, described.Routes()...)
	routes = append(routes, openapi.StyleRoute())
	described.Describe(routes)
	machine := ""
	if !a.settings.HTTPLocal {
		machine = hostname()
	}
	a.mux, err = httpx.New(httpx.Options{Access: a.policy, Hosts: httpx.Hosts{PublicURL: a.cfg.Server.PublicURL, Names: a.cfg.Server.Hosts, Machine: machine},
		Log: a.log, LogAll: a.cfg.Log.Requests, Metrics: a.metrics, MaxBody: int64(a.cfg.Limits.Body), Timeout: a.cfg.Limits.Time.Std(), InFlight: a.cfg.Limits.InFlight,
		HSTS: a.cfg.Server.TLSCert != "", Lost: a.parts.lost, Served: a.parts.served}, routes...)
	return err
}

// operationRoutes are those for whoever runs the server.
func (a *App) operationRoutes() []httpx.Route {
	word := func(text func() (string, bool)) httpx.Handler {
		return func(w http.ResponseWriter, _ *http.Request) error {
			s, ok := text()
			status := http.StatusOK
			if !ok {
				status = http.StatusServiceUnavailable
			}
			w.Header().Set("Cache-Control", "no-store")
			return httpx.WriteBody(w, status, "text/plain; charset=utf-8", []byte(s+"\n"))
		}
	}
	return []httpx.Route{
		{Method: http.MethodGet, Pattern: "/healthz", Rule: access.Anyone, Name: "healthz", Summary: "Whether the process lives", Group: "Operations", Handle: word(func() (string, bool) { return "ok", true })},
		{Method: http.MethodGet, Pattern: "/readyz", Rule: access.Anyone, Name: "readyz", Summary: "Whether requests are answered", Group: "Operations", Handle: word(a.readiness)},
		{Method: http.MethodGet, Pattern: "/metrics", Rule: access.Read, Name: "metrics", Summary: "Figures for Prometheus", Group: "Operations", Handle: a.serveMetrics},
	}
}

func (a *App) readiness() (string, bool) {
	select {
	case <-a.ready:
	default:
		return "starting", false
	}
	select {
	case <-a.st.Failed():
		return "failed", false
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s, err := a.st.Stats(ctx); err != nil {
		return "failed", false
	} else if s.ReadOnly != "" {
		return "read-only", false
	}
	return "ready", true
}
