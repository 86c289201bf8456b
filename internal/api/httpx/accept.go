package httpx

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/problem"
)

// acceptRange is one item of an Accept-like header.
type acceptRange struct {
	value  string            // "text/*", "fr-BE", "gzip", "*"
	params map[string]string // of a media range, without q
	q      float64
}

// maxRanges bounds the items of one header that are looked at.
const maxRanges = 64

// unreadable is the weight of a range whose weight cannot be read. Who names
// a range wants it, so it is better than a refusal; but it outweighs nothing
// and hides no range beside it that can be read.
const unreadable = 1e-9

// parseAccept reads the items of all values; one that cannot be read is left
// out.
func parseAccept(values []string) []acceptRange {
	var out []acceptRange
	for _, v := range values {
		for item := range splitOutsideQuotes(v, ',') {
			if len(out) == maxRanges {
				return out
			}
			if r, ok := parseRange(item); ok {
				out = append(out, r)
			}
		}
	}
	return out
}

func parseRange(item string) (acceptRange, bool) {
	r := acceptRange{q: 1}
	for part := range splitOutsideQuotes(item, ';') {
		part = strings.TrimSpace(part)
		if r.value == "" {
			if part == "" {
				return r, false
			}
			r.value = strings.ToLower(part)
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch {
		case !ok:
		case name == "q":
			q, err := strconv.ParseFloat(value, 64)
			if err != nil || !(q >= 0 && q <= 1) {
				q = unreadable
			}
			return finishRange(r, q) // what follows q is an extension (RFC 9110, 12.5.1)
		default:
			if r.params == nil {
				r.params = map[string]string{}
			}
			r.params[name] = value
		}
	}
	return r, r.value != ""
}

func finishRange(r acceptRange, q float64) (acceptRange, bool) {
	r.q = q
	return r, r.value != ""
}

// splitOutsideQuotes cuts s at sep where that is not within double quotes.
func splitOutsideQuotes(s string, sep byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		start, quoted := 0, false
		for i := 0; i < len(s); i++ {
			switch {
			case s[i] == '\\' && quoted:
				i++
			case s[i] == '"':
				quoted = !quoted
			case s[i] == sep && !quoted:
				if !yield(s[start:i]) {
					return
				}
				start = i + 1
			}
		}
		yield(s[start:])
	}
}

// specificity tells how closely a media range names an offer: 0 not at all, 1
// by */*, 2 by type/*, 3 by type/subtype, 4 and more with parameters.
func (r acceptRange) specificity(offer string, params map[string]string) int {
	main, _, _ := strings.Cut(offer, "/")
	switch {
	case r.value == "*/*" || r.value == "*":
		return 1
	case r.value == main+"/*":
		return 2
	case r.value != offer:
		return 0
	}
	for name, value := range r.params {
		if name == "charset" && strings.EqualFold(value, "utf-8") {
			continue // which is what JSON is in anyway
		}
		if !strings.EqualFold(params[name], value) {
			return 0
		}
	}
	return 3 + len(r.params)
}

// Negotiate picks from offers, which are media types in the server's order of
// liking, the one that the Accept header likes best; among equals the earlier
// offer. Each offer has the weight of the range that names it most closely
// (RFC 9110, 12.5.1). Without an Accept header it is the first.
//
// Errors: problem.NotAcceptable; the problem document then lists the offers
// (CIM 009, 6.3.4).
func Negotiate(r *http.Request, offers ...string) (string, error) {
	values := r.Header["Accept"]
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		return offers[0], nil
	}
	if len(values) == 1 && (values[0] == offers[0] || values[0] == "*/*") {
		return offers[0], nil
	}
	ranges := parseAccept(values)
	best, bestQ := "", 0.0
	for _, offer := range offers {
		base, params, err := mime.ParseMediaType(offer)
		if err != nil {
			base = offer
		}
		if q := weight(ranges, base, params); q > bestQ {
			best, bestQ = offer, q
		}
	}
	if best == "" {
		return "", WithMember(problem.New(problem.NotAcceptable, "nothing on offer here is taken by Accept: %s; there is %s", shorten(strings.Join(values, ", ")), strings.Join(offers, ", ")),
			"available", offers)
	}
	return best, nil
}

func weight(ranges []acceptRange, base string, params map[string]string) float64 {
	q, closest := 0.0, 0
	for _, r := range ranges {
		s := r.specificity(base, params)
		if r.q == unreadable {
			if s > 0 && closest == 0 {
				q = r.q
			}
			continue
		}
		if s > closest {
			q, closest = r.q, s
		}
	}
	return q
}

// Language picks from offers, which are lower-case language tags in the
// server's order of liking, the one that Accept-Language likes best; a range
// such as "fr-BE" takes the offer "fr" too. Without a match it is the first.
func Language(r *http.Request, offers ...string) string {
	best, bestQ := offers[0], 0.0
	ranges := parseAccept(r.Header["Accept-Language"])
	for _, offer := range offers {
		q, closest := 0.0, 0
		for _, lr := range ranges {
			s := 0
			switch {
			case lr.value == "*":
				s = 1
			case strings.HasPrefix(lr.value, offer+"-"):
				s = 2
			case lr.value == offer:
				s = 3
			}
			if s > closest {
				q, closest = lr.q, s
			}
		}
		if q > bestQ {
			best, bestQ = offer, q
		}
	}
	return best
}

// AcceptsGzip reports whether the client takes a gzip-coded answer.
func AcceptsGzip(r *http.Request) bool {
	values := r.Header["Accept-Encoding"]
	if len(values) == 0 {
		return false
	}
	q, closest := 0.0, 0
	for _, er := range parseAccept(values) {
		s := 0
		switch er.value {
		case "*":
			s = 1
		case "gzip", "x-gzip":
			s = 2
		}
		if s > closest {
			q, closest = er.q, s
		}
	}
	return q > 0
}

// MediaType gives the request's media type, lower case and without
// parameters, which must be one of accepts. A charset other than UTF-8 is not
// read.
//
// Errors: problem.UnsupportedMediaType, also if there is no Content-Type.
func MediaType(r *http.Request, accepts ...string) (string, error) {
	value := r.Header.Get("Content-Type")
	for _, a := range accepts {
		if value == a {
			return a, nil
		}
	}
	list := strings.Join(accepts, ", ")
	if value == "" {
		return "", problem.New(problem.UnsupportedMediaType, "the request has no Content-Type; this address reads %s", list)
	}
	base, params, err := mime.ParseMediaType(value)
	if err != nil {
		return "", problem.Wrap(problem.UnsupportedMediaType, err, "Content-Type %q cannot be read; this address reads %s", shorten(value), list)
	}
	if cs := params["charset"]; cs != "" && !strings.EqualFold(cs, "utf-8") && !strings.EqualFold(cs, "us-ascii") {
		return "", problem.New(problem.UnsupportedMediaType, "charset %q is not read here: send UTF-8", shorten(cs))
	}
	for _, a := range accepts {
		if base == a {
			return a, nil
		}
	}
	return "", problem.New(problem.UnsupportedMediaType, "Content-Type %q is not read here; this address reads %s", shorten(base), list)
}
