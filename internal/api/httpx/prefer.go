package httpx

import (
	"net/http"
	"strings"
)

// Preference gives the value that the Prefer headers of r set for a name
// (RFC 7240, 2): names compare without case, values may be quoted, parameters
// are passed over and the first of several counts. It is false if the
// preference is not stated.
func Preference(h http.Header, name string) (string, bool) {
	for _, v := range h["Prefer"] {
		for item := range splitOutsideQuotes(v, ',') {
			for part := range splitOutsideQuotes(item, ';') { // the first is the preference
				got, value, _ := strings.Cut(part, "=")
				if strings.EqualFold(strings.TrimSpace(got), name) {
					return strings.Trim(strings.TrimSpace(value), `"`), true
				}
				break
			}
		}
	}
	return "", false
}
