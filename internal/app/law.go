package app

import (
	"sync"

	"github.com/beffroi/beffroi/internal/api/law"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	book "github.com/beffroi/beffroi/internal/govern/law"
)

// lawDesk makes the facade of the law book. The book's conditions are compiled
// when somebody first asks, so that a server that nobody asks starts as fast.
func (a *App) lawDesk() (*law.API, error) {
	calendars, err := deadline.Shipped()
	if err != nil {
		return nil, err
	}
	return law.New(law.Options{Book: sync.OnceValues(book.Shipped), Calendars: calendars, Catalogue: a.sets, Call: a.callOf, Now: a.clock.Now}), nil
}
