package openapi

import (
	_ "embed" // for the style sheet
	"net/http"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
)

//go:embed explorer.css
var explorerCSS []byte

// StyleRoute serves the style sheet of the explorer page.
func StyleRoute() httpx.Route {
	return httpx.Route{Method: http.MethodGet, Pattern: "/explorer.css", Rule: access.Anyone, Name: "explorer-style", Summary: "The style of the explorer page", Group: "Pages",
		Handle: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Cache-Control", "max-age=3600")
			return httpx.WriteBody(w, http.StatusOK, "text/css; charset=utf-8", explorerCSS)
		}}
}
