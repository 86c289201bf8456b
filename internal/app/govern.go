package app

import (
	"net/http"
	"net/url"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/vocab"
)

// guards gives what watches over every change, whatever the door.
func guards() broker.Guard { return broker.Guards(catalogue.Guard, record.Guard) }

// ownContexts gives the @contexts that the program brings itself, by address.
func ownContexts() map[string][]byte {
	return map[string][]byte{vocab.CityContext: vocab.CityJSON(), record.Context: record.ContextJSON()}
}

// contextRoutes serve those at the path of their address, for clients that
// cannot reach the address itself.
func contextRoutes() []httpx.Route {
	serve := func(address, name, summary string) httpx.Route {
		u, err := url.Parse(address)
		if err != nil {
			panic("app: the address of a context is no URL: " + address) // a constant
		}
		doc := ownContexts()[address]
		return httpx.Route{Method: http.MethodGet, Pattern: u.Path, Rule: access.Anyone, Name: name, Summary: summary, Group: "Contexts", Handle: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Cache-Control", "public, max-age=3600")
			return httpx.WriteBody(w, http.StatusOK, "application/ld+json", doc)
		}}
	}
	return []httpx.Route{
		serve(vocab.CityContext, "cityContext", "The @context of the city's own terms"),
		serve(record.Context, "governanceContext", "The @context of governance records"),
	}
}
