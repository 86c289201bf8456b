package app

import (
	"context"
	"sync"

	"github.com/beffroi/beffroi/internal/api/dcat"
	"github.com/beffroi/beffroi/internal/api/law"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/duty"
	book "github.com/beffroi/beffroi/internal/govern/law"
)

// lawDesk makes the facade of the law book. The book's conditions are compiled
// when somebody first asks, so that a server that nobody asks starts as fast.
func (a *App) lawDesk() (*law.API, error) {
	calendars, err := deadline.Shipped()
	if err != nil {
		return nil, err
	}
	a.duties = duty.New(duty.Options{Ledger: duty.Records{Service: a.records}, Shipped: sync.OnceValues(book.Shipped), Calendars: calendars, Catalogue: a.sets, Now: a.clock.Now})
	if a.o.Demo != nil {
		a.parts.running("demo law", func(ctx context.Context) error { return instruct(ctx, a.duties) })
	}
	return law.New(law.Options{Duty: a.duties, Calendars: calendars, Call: a.callOf, Now: a.clock.Now,
		City: func(ctx context.Context) (string, error) {
			c, err := a.about(ctx)
			return c.Name, err
		},
		Ways: func(base string, d *catalogue.Dataset) []duty.Way {
			var out []duty.Way
			for _, w := range dcat.Ways(base, d) {
				out = append(out, duty.Way{IRI: w.IRI, Format: w.Format, URL: w.URL, Service: w.Service})
			}
			return out
		}}), nil
}

// lawBook gives the law book as it is now, with the rule sets that were
// imported.
func (a *App) lawBook(ctx context.Context) (*book.Book, error) { return a.duties.Book(ctx) }
