package accesstest

import (
	"net/http"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
)

func TestEveryRuleOnEveryMethod(t *testing.T) {
	var routes []httpx.Route
	for _, rule := range access.Rules() {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			routes = append(routes, httpx.Route{
				Method: method, Pattern: "/" + rule.Name[:4] + "/{id}/{rest...}", Rule: rule.Rule,
				Name: rule.Name + " " + method, Summary: "a route of the test",
				Handle: func(http.ResponseWriter, *http.Request) error { return nil },
			})
		}
	}
	Run(t, routes)
}
