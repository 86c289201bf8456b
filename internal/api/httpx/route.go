// Package httpx is how every facade speaks HTTP: routes as data, handlers that
// return an error, problems written in one place, negotiation, limits, checked
// hosts and origins, trace ids, logs and metrics.
//
// It knows no standard's operations and no city; who may do what is decided by
// access. What always holds: a route without an access rule is refused when
// the Mux is built; a handler's error becomes a problem document and nothing
// of an unclassified cause reaches the client; a request is bounded in header,
// body, time and number; an answer that broke off never looks whole.
package httpx

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/access"
)

// Handler answers one request or returns why it could not. A handler that
// returns an error has written nothing; if it has, the connection is broken
// off so that the client sees the answer is not whole. Errors are classified
// with package problem; anything else is InternalError.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Style is how a group of routes writes its errors.
type Style uint8

// The styles.
const (
	// Problem is application/problem+json (RFC 9457): the default.
	Problem Style = iota
	// NGSILD is application/json, with bare 411 and 415 (CIM 009, 6.3.4 and
	// 6.3.6).
	NGSILD
)

// NoTimeout is the Timeout of a route whose answer may go on for ever.
const NoTimeout time.Duration = -1

// Route is one operation: what the Mux serves, /openapi.json lists and the
// access test asks.
type Route struct {
	// Method is the HTTP method. GET answers HEAD too; OPTIONS is answered by
	// the Mux.
	Method string
	// Pattern is the path as net/http's ServeMux writes it, without method
	// and host: "/ngsi-ld/v1/entities/{entityId}".
	Pattern string
	// Rule says who may; it is mandatory.
	Rule access.Rule
	// Name is the operation id, unique: in metrics, logs and /openapi.json.
	Name string
	// Summary is one line for people.
	Summary string
	// Group is the heading under which the explorer page lists the route,
	// such as "NGSI-LD entities".
	Group string
	// Style is how errors are written.
	Style Style
	// MaxBody bounds the body in bytes, also once decompressed; zero takes
	// the Mux's limit.
	MaxBody int64
	// Timeout bounds the time of the whole request; zero takes the Mux's
	// limit, NoTimeout sets none (then the handler bounds itself).
	Timeout time.Duration
	// Handle answers.
	Handle Handler
	// Describe tells /openapi.json of parameters, bodies and answers; nil if
	// there is nothing to tell beyond the address.
	Describe func() Description
}

// knownMethods are the methods that a route may have.
func knownMethods() []string {
	return []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
}

// CheckRoutes finds what is wrong with a route table, all of it: a missing
// rule, name, summary or handler, an unknown method, a name or an address that
// stands twice.
func CheckRoutes(routes []Route) error {
	var errs []error
	names, places := map[string]bool{}, map[string]bool{}
	for i := range routes {
		r := &routes[i]
		where := fmt.Sprintf("route %d (%s %s)", i, r.Method, r.Pattern)
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
		}
		if r.Rule.Info().Rule == access.NoRule {
			bad("no access rule: set Rule")
		}
		if r.Name == "" || names[r.Name] {
			bad("operation name %q is empty or stands twice", r.Name)
		}
		if r.Summary == "" {
			bad("no summary")
		}
		if r.Handle == nil {
			bad("no handler")
		}
		if !slices.Contains(knownMethods(), r.Method) {
			bad("method %q is not one of %s", r.Method, strings.Join(knownMethods(), ", "))
		}
		if !strings.HasPrefix(r.Pattern, "/") {
			bad("the pattern does not begin with a slash")
		}
		if place := r.Method + " " + r.Pattern; places[place] {
			bad("this method and pattern stand twice")
		}
		names[r.Name], places[r.Method+" "+r.Pattern] = true, true
	}
	return errors.Join(errs...)
}
