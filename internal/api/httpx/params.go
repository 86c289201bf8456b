package httpx

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/problem"
)

// maxParams bounds the parameters of one query string.
const maxParams = 100

// Params reads the query string. Unlike url.ParseQuery it keeps semicolons,
// which q uses (CIM 009, 4.9), and leaves nothing out silently.
//
// Errors: problem.InvalidRequest for a broken percent-encoding, an empty name
// or more than a hundred parameters.
func Params(r *http.Request) (url.Values, error) {
	out := url.Values{}
	n := 0
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if pair == "" {
			continue
		}
		if n++; n > maxParams {
			return nil, problem.New(problem.InvalidRequest, "the query string has more than %d parameters", maxParams)
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil || name == "" {
			return nil, problem.New(problem.InvalidRequest, "the query string has a parameter whose name cannot be read: %q", shorten(rawName))
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return nil, problem.New(problem.InvalidRequest, "the value of the parameter %s is not percent-encoded rightly: %q", shorten(name), shorten(rawValue))
		}
		out[name] = append(out[name], value)
	}
	return out, nil
}

// OnlyParams refuses parameters that are not in known, and those that stand
// twice.
// Errors: problem.InvalidRequest, naming the parameter and those known.
func OnlyParams(p url.Values, known ...string) error {
	for _, name := range sortedNames(p) {
		if !slices.Contains(known, name) {
			if len(known) == 0 {
				return problem.New(problem.InvalidRequest, "there is no parameter %q here: this address takes none", shorten(name))
			}
			return problem.New(problem.InvalidRequest, "there is no parameter %q here; this address knows %s", shorten(name), strings.Join(known, ", "))
		}
		if len(p[name]) > 1 {
			return problem.New(problem.InvalidRequest, "the parameter %s stands %d times; send it once", name, len(p[name]))
		}
	}
	return nil
}

func sortedNames(p url.Values) []string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// IntParam reads a whole number from least to most; absent it is def.
// Errors: problem.BadRequestData.
func IntParam(p url.Values, name string, def, least, most int) (int, error) {
	v, ok := p[name]
	if !ok {
		return def, nil
	}
	n, err := strconv.Atoi(v[0])
	if err != nil || n < least || n > most {
		return 0, problem.New(problem.BadRequestData, "%s must be a whole number from %d to %d, not %q", name, least, most, shorten(v[0]))
	}
	return n, nil
}

// AddLink adds one Link header (RFC 8288). attrs are pairs of name and value
// that follow rel, such as "type", "application/json".
func AddLink(h http.Header, target, rel string, attrs ...string) {
	var b strings.Builder
	b.WriteString("<" + target + `>; rel="` + rel + `"`)
	for i := 0; i+1 < len(attrs); i += 2 {
		b.WriteString("; " + attrs[i] + `="` + attrs[i+1] + `"`)
	}
	h.Add("Link", b.String())
}

// WithParams gives the absolute address of r with some parameters changed: an
// empty value takes one away. The others stay as the client wrote them.
func WithParams(r *http.Request, changed url.Values) string {
	var parts []string
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		rawName, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if pair == "" || err != nil || changed.Has(name) {
			continue
		}
		parts = append(parts, pair)
	}
	for _, name := range sortedNames(changed) {
		if v := changed.Get(name); v != "" {
			parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(v))
		}
	}
	u := BaseURL(r) + r.URL.EscapedPath()
	if len(parts) > 0 {
		u += "?" + strings.Join(parts, "&")
	}
	return u
}
