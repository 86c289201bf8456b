package app

import (
	"context"
	"time"

	deskapi "github.com/beffroi/beffroi/internal/api/desk"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/desk"
	"github.com/beffroi/beffroi/internal/store"
)

// requestDesk makes the desk of the local information point and its facade.
func (a *App) requestDesk(ctx context.Context) (*deskapi.API, error) {
	calendars, err := deadline.Shipped()
	if err != nil {
		return nil, err
	}
	place := a.cfg.City.Country
	d, err := desk.New(desk.Options{Keeper: desk.Guarded{Records: a.records}, Book: a.lawBook, Calendar: calendars[place], Country: place[:2], Now: a.clock.Now,
		City: func(ctx context.Context) (string, error) {
			c, err := a.about(ctx)
			return c.Name, err
		},
		Published: func(ctx context.Context, slug string) bool {
			_, err := a.sets.Open(ctx, store.Space{}, slug)
			return err == nil
		}})
	if err != nil {
		return nil, err
	}
	// What a crash kept out of the register is entered before anybody reads it.
	// What cannot be entered is for an administrator, and no reason to serve
	// nothing at all.
	if err := d.Mend(ctx); err != nil {
		a.log.Error("decisions of the request desk are not in the public register", "error", err)
	}
	bell := &desk.Bell{Desk: d, Inbox: a.inbox, Failed: func(err error) { a.log.Warn("the request desk was not looked through for deadlines", "error", err) }}
	a.parts.running("bell of the desk", func(ctx context.Context) error {
		t := time.NewTicker(max(a.clock.Real(lookEvery), time.Second))
		defer t.Stop()
		return bell.Run(ctx, t.C)
	})
	if a.o.Demo != nil {
		a.parts.running("demo desk", func(ctx context.Context) error { return furnish(ctx, d, a.clock.Now()) })
	}
	return deskapi.New(deskapi.Options{Desk: d, Now: a.clock.Now}), nil
}
