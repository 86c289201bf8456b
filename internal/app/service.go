package app

import (
	"context"
	"time"

	"github.com/beffroi/beffroi/internal/api/service"
	"github.com/beffroi/beffroi/internal/catalogue/served"
)

// beatEvery is the time between two heartbeats, in the city.
const beatEvery = 30 * time.Second

// buildService makes what measures how the datasets are served, and the facade
// that shows it beside what is promised.
func (a *App) buildService() *service.API {
	rec := served.New(served.Options{Records: a.st, Now: a.clock.Instant, Failed: func(err error) { a.log.Warn("what was measured of the service was not kept", "error", err) }})
	a.parts.running("heartbeat", func(ctx context.Context) error {
		t := time.NewTicker(max(a.clock.Real(beatEvery), 100*time.Millisecond))
		defer t.Stop()
		return rec.Run(ctx, t.C)
	})
	api := service.New(service.Options{Catalogue: a.sets, Recorder: rec, Call: a.callOf, Now: a.clock.Instant})
	a.parts.served = api.Served
	return api
}
