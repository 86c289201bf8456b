// Package app builds the whole from a configuration, and starts and stops its
// parts in order. It is the only package that knows all drivers, facades and
// connectors, and it knows them by name.
//
// Order of start: store, clock, services, listeners, readers of the log,
// connectors. Stopping goes the other way round: nothing new comes in, what is
// under way ends, the store closes last.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/connect/mqtt"
	"github.com/beffroi/beffroi/internal/contexts"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/entitymap"
	"github.com/beffroi/beffroi/internal/feed"
	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/govern/duty"
	"github.com/beffroi/beffroi/internal/govern/inbox"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/harvest"
	"github.com/beffroi/beffroi/internal/identity"
	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/notify/mail"
	"github.com/beffroi/beffroi/internal/snapshot"
	"github.com/beffroi/beffroi/internal/store/embedded"
	"github.com/beffroi/beffroi/internal/vocab"
	"github.com/beffroi/beffroi/internal/watch"
)

// Makers of a data folder.
const (
	MadeByCity = "city"
	MadeByDemo = "demo"
)

// Options are what a start is given beyond the configuration.
type Options struct {
	Version string
	Log     *slog.Logger
	// MadeBy is MadeByCity or MadeByDemo; a folder of the other maker is
	// opened by serve, and refused by the demo.
	MadeBy string
	Speed  float64 // of the city's clock; 0 means 1
	// Demo makes this the demo: a synthetic city with its feeds.
	Demo *Demo
}

// App is a running beffroi. Use Open, then Run, then Close.
type App struct {
	cfg config.Config
	o   Options
	log *slog.Logger

	clock      *Clock
	clockKnown bool      // the folder's clock was read: it may be written
	lastUsed   time.Time // city time when the folder was last in use
	st         *embedded.Store
	sets       *catalogue.Service
	hub        *feed.Hub
	records    *record.Service
	sources    *connect.Supervisor
	harvester  *harvest.Service
	broker     *broker.Broker
	fetch      *fetch.Fetcher
	contexts   *contexts.Service
	maps       *entitymap.Service
	ids        *identity.Service
	policy     *access.Policy
	settings   access.Settings
	subs       *watch.Service
	deliver    *notify.Deliverer
	posts      notify.Transport // by HTTP
	frozen     *snapshot.Service
	inbox      *inbox.Service
	mail       *mail.Mailer // nil if there is no mail server
	duties     *duty.Service
	metrics    *prometheus.Registry
	parts      parts
	mqttStats  atomic.Pointer[mqtt.Server]

	httpLn, mqttLn net.Listener
	tls            *tls.Config // nil where nothing speaks TLS
	fingerprint    string      // of the self-signed certificate, if there is one
	mux            *httpx.Mux
	ready          chan struct{}
	readyOnce      sync.Once
}

// Dir gives the data folder: the one configured, else the default one of the
// maker (the XDG base directory specification).
func Dir(cfg config.Config, madeBy string) (string, error) {
	if cfg.Store.Dir != "" {
		return cfg.Store.Dir, nil
	}
	base := os.Getenv("XDG_DATA_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find a data folder: %w; name one with --data", err)
		}
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "beffroi", madeBy), nil
}

// Open builds everything and takes the listeners; nothing is answered yet.
//
// Errors say what is wrong and how to mend it.
func Open(ctx context.Context, cfg config.Config, o Options) (_ *App, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	a := &App{cfg: cfg, o: o, log: o.Log, clock: NewClock(o.Speed), metrics: prometheus.NewRegistry(), ready: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if a.cfg.Store.Dir, err = Dir(cfg, o.MadeBy); err != nil {
		return nil, err
	}
	if err := a.listen(); err != nil {
		return nil, err
	}
	if err := a.openStore(ctx); err != nil {
		return nil, err
	}
	if err := a.buildTLS(); err != nil {
		return nil, err
	}
	if err := a.buildServices(ctx); err != nil {
		return nil, err
	}
	if err := a.buildParts(ctx); err != nil {
		return nil, err
	}
	a.register()
	return a, a.buildHTTP()
}

func (a *App) openStore(ctx context.Context) error {
	cache := int64(a.cfg.Store.Cache)
	if cache == 0 {
		cache = cacheFor(memoryOfMachine())
	}
	debug.SetGCPercent(75) // the block cache lives on the heap: collect a little sooner
	var rules []embedded.Rule
	for _, r := range a.cfg.Store.Retention {
		rules = append(rules, embedded.Rule{Type: nameOf(r.Type), Attr: nameOf(r.Attr), Keep: r.Keep.Std()})
	}
	keep := a.cfg.Store.KeepHistory.Std()
	if keep == 0 && a.o.Demo != nil {
		keep = demoKeeps
	}
	if keep > 0 {
		rules = append(rules, embedded.Rule{Keep: keep})
	}
	var err error
	a.st, err = a.openFolder(embedded.Options{Dir: a.cfg.Store.Dir, Clock: a.clock.Now, MadeBy: a.o.MadeBy, Synthetic: a.o.MadeBy == MadeByDemo,
		URL: a.URL(), CacheBytes: cache, LogAge: a.cfg.Store.LogKeep.Std(), LogBytes: int64(a.cfg.Store.LogBytes), FreeFloor: int64(a.cfg.Store.FreeFloor), Retention: rules, Log: a.log})
	if err != nil {
		return err
	}
	a.lastUsed, err = a.clock.Resume(ctx, a.st)
	a.clockKnown = err == nil
	return err
}

// nameOf expands a name in the configuration: short names are those of the
// city context; "" is any.
func nameOf(s string) entity.Name {
	if iri, ok := vocab.Terms()[s]; ok {
		return entity.Name(iri)
	}
	return entity.Name(s)
}

func (a *App) buildServices(ctx context.Context) error {
	now := a.clock.Instant
	a.hub = feed.New(a.st, feed.Options{})
	a.broker = broker.New(a.st, broker.Options{Now: now, Guard: guards()})
	a.records = record.New(record.Options{Broker: a.broker, Forget: a.hub.Forget})
	allow, err := allowLists(a.cfg.Outbound.Allow)
	if err != nil {
		return &mistake{err}
	}
	a.fetch = fetch.New(fetch.Options{Allow: allow, UserAgent: "beffroi/" + a.o.Version})
	getter, err := a.fetch.For(fetch.Context, fetch.Limits{Bytes: 1 << 20, Time: 10 * time.Second})
	if err != nil {
		return err
	}
	preload := ownContexts()
	for address, file := range a.cfg.Contexts.Preload {
		if preload[address], err = os.ReadFile(file); err == nil {
			err = contexts.Check(address, preload[address])
		}
		if err != nil {
			return &mistake{fmt.Errorf("contexts.preload: the file %s for the address %s: %w", file, address, err)}
		}
	}
	a.contexts, err = contexts.Open(ctx, contexts.Options{Fetch: contextFetcher{getter}, Records: a.st, Preload: preload, Now: time.Now, Log: a.log})
	if err != nil {
		return err
	}
	if a.maps, err = entitymap.Open(ctx, entitymap.Options{Records: a.st, Now: now}); err != nil {
		return err
	}
	if a.ids, err = identity.Open(ctx, identity.Options{Records: a.st}); err != nil {
		return err
	}
	a.subs = watch.New(watch.Options{Records: a.st, Now: now, Outbox: a.cfg.Notify.Outbox, Lookup: a.lookup, Wake: func(ds []watch.Due) { a.deliver.Wake(ds) }})
	if err := a.subs.Load(ctx); err != nil {
		return err
	}
	if err := a.buildDelivery(); err != nil {
		return err
	}
	return a.buildSnapshots(ctx)
}

// Ready is closed when the first request would be answered.
func (a *App) Ready() <-chan struct{} { return a.ready }

// Run serves until ctx ends or a part fails for good, and returns when
// everything that was under way has ended.
func (a *App) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	part := func(name string, run func(context.Context) error) {
		wg.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	retried := func(name string, run func(context.Context) error) {
		wg.Go(func() {
			feed.Retry(ctx, run, func(err error) { a.log.Error(name+" failed and is started again", "error", err) })
		})
	}
	// Readers of the log first, so that none of them misses what comes in.
	retried("change feed", a.hub.Run)
	retried("subscriptions", a.watchLoop)
	part("notifications", a.deliver.Run)
	part("snapshots", a.frozen.Run)
	part("periods", a.periodLoop)
	part("expiry", a.sweepLoop)
	part("clock", a.clockLoop)
	part("store", a.storeWatch)
	for _, p := range a.parts.run {
		part(p.name, p.run)
	}
	part("http", a.serveHTTP)
	if a.mqttLn != nil {
		part("mqtt", a.serveMQTT)
	}
	a.readyOnce.Do(func() { close(a.ready) })
	<-ctx.Done()
	wg.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// storeWatch ends the app when the store failed: every answer would be wrong.
func (a *App) storeWatch(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-a.st.Failed():
		return fmt.Errorf("the store in %s stopped after a write error; nothing acknowledged is lost: check the disk and start again", a.cfg.Store.Dir)
	}
}

// Close lets go of everything. It may be called at any stage.
func (a *App) Close() error {
	var errs []error
	for i := len(a.parts.close) - 1; i >= 0; i-- {
		errs = append(errs, a.parts.close[i]())
	}
	for _, l := range []net.Listener{a.httpLn, a.mqttLn} {
		if l != nil {
			if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	if a.contexts != nil {
		errs = append(errs, a.contexts.Close())
	}
	if a.st != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if a.clockKnown {
			if err := a.clock.Keep(ctx, a.st); err != nil {
				a.log.Warn("the city's clock was not kept", "error", err)
			}
		}
		errs = append(errs, a.st.Close())
	}
	return errors.Join(errs...)
}

// clockLoop keeps the clock's state, so that after a crash the city's time
// does not fall back by more than a few seconds.
func (a *App) clockLoop(ctx context.Context) error {
	t := time.NewTicker(5 * time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			if err := a.clock.Keep(ctx, a.st); err != nil && ctx.Err() == nil {
				a.log.Warn("the city's clock was not kept", "error", err)
			}
		}
	}
}

// sweepLoop removes what has expired, as ordinary commits.
func (a *App) sweepLoop(ctx context.Context) error {
	t := time.NewTicker(max(a.clock.Real(a.cfg.Store.SweepExpired.Std()), 100*time.Millisecond))
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		if err := a.broker.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("what has expired was not removed", "error", err)
		}
		if err := a.maps.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("entity maps that have expired were not removed", "error", err)
		}
	}
}
