package app

import (
	"context"
	"time"

	api "github.com/beffroi/beffroi/internal/api/inbox"
	"github.com/beffroi/beffroi/internal/govern/inbox"
)

// lookEvery is the time between two looks for contradictions, in the city.
const lookEvery = time.Minute

// buildInbox makes the inbox, what fills it from the catalogue, and its facade.
func (a *App) buildInbox() *api.API {
	a.inbox = inbox.New(inbox.Options{Records: a.records, Now: a.clock.Instant, Told: a.noticeTold})
	alarms := &inbox.Alarms{Catalogue: a.sets, Inbox: a.inbox, Tenants: a.st.Tenants, Now: a.clock.Instant, Failed: func(err error) { a.log.Warn("datasets were not looked through for contradictions", "error", err) }}
	a.parts.running("alarms", func(ctx context.Context) error {
		t := time.NewTicker(max(a.clock.Real(lookEvery), time.Second))
		defer t.Stop()
		return alarms.Run(ctx, t.C)
	})
	a.parts.running("tidings", a.tell)
	return api.New(api.Options{Inbox: a.inbox, Call: a.callOf})
}
