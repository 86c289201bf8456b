package ngsild

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/timespan"
)

// Parameters that several operations share.
var (
	formParams  = []string{"format", "options", "attrs", "pick", "omit", "lang", "datasetId"}
	whichParams = []string{"id", "idPattern", "type", "attrs", "q", "expandValues", "jsonKeys", "csf", "scopeQ",
		"georel", "geometry", "coordinates", "geoproperty", "splitEntities", "cursor"}
	purgeParams = []string{"id", "idPattern", "type", "attrs", "q", "expandValues", "jsonKeys", "csf", "scopeQ", "georel", "geometry", "coordinates", "geoproperty"}
	orderParams = []string{"orderBy", "orderFrom", "orderGeometry", "collation"}
	joinParams  = []string{"join", "joinLevel", "containedBy"}
	pageParams  = []string{"limit", "offset", "count"}
	timeParams  = []string{"timerel", "timeAt", "endTimeAt", "timeproperty", "lastN", "aggrMethods", "aggrPeriodDuration"}
)

func join(lists ...[]string) []string { return slices.Concat(lists...) }

// params are the parameters of a query string, each at most once.
type params struct{ v url.Values }

// readParams reads the query string and refuses what the operation does not
// know (CIM 009, 6.3.20).
//
// Errors: problem.InvalidRequest.
func readParams(r *http.Request, known []string) (params, error) {
	if r.URL.RawQuery == "" {
		return params{}, nil
	}
	v, err := httpx.Params(r)
	if err != nil {
		return params{}, err
	}
	return params{v}, httpx.OnlyParams(v, known...)
}

// get gives a parameter, "" if it is absent.
func (p params) get(name string) string { return p.v.Get(name) }

func (p params) has(name string) bool { return p.v.Has(name) }

// list gives a comma separated parameter, nil if it is absent.
//
// Errors: problem.BadRequestData for an empty item.
func (p params) list(name string) ([]string, error) {
	if !p.v.Has(name) {
		return nil, nil
	}
	return splitList(name, p.v.Get(name))
}

func splitList(name, s string) ([]string, error) {
	out := strings.Split(s, ",")
	if len(out) > 10000 {
		return nil, problem.New(problem.TooComplexQuery, "%s has over 10,000 items", name)
	}
	for i := range out {
		if out[i] = strings.TrimSpace(out[i]); out[i] == "" {
			return nil, problem.New(problem.BadRequestData, "%s has an empty item; items are separated by single commas", name)
		}
	}
	return out, nil
}

// flag gives a boolean parameter, false if it is absent.
//
// Errors: problem.BadRequestData.
func (p params) flag(name string) (bool, error) {
	switch s := p.get(name); {
	case !p.has(name) || s == "false":
		return false, nil
	case s == "true":
		return true, nil
	default:
		return false, problem.New(problem.BadRequestData, "%s is true or false, not %.40q", name, s)
	}
}

// instant gives a DateTime parameter, zero if it is absent.
//
// Errors: problem.BadRequestData.
func (p params) instant(name string) (entity.Instant, error) {
	if !p.has(name) {
		return 0, nil
	}
	t, err := timespan.ParseInstant(p.get(name))
	if err != nil {
		return 0, problem.New(problem.BadRequestData, "%s: %s", name, err.Error())
	}
	return t, nil
}

// number gives a whole number from least on.
//
// Errors: problem.BadRequestData.
func (p params) number(name string, absent, least, most int) (int, error) {
	if !p.has(name) {
		return absent, nil
	}
	n, err := strconv.Atoi(p.get(name))
	if err != nil || n < least || n > most {
		return 0, problem.New(problem.BadRequestData, "%s is a whole number from %d to %d, not %.40q", name, least, most, p.get(name))
	}
	return n, nil
}

// options gives the words of the deprecated parameter options and of format,
// which wins over those of options that are formats too (CIM 009, 6.3.7 and
// 6.3.12). Of formats, the first is what holds if none is asked for.
//
// Errors: problem.InvalidRequest for a word that the operation does not know.
func (p params) options(formats []string, flags ...string) (format string, on map[string]bool, err error) {
	on = map[string]bool{}
	words, err := p.list("options")
	if err != nil {
		return "", nil, err
	}
	for _, w := range words {
		switch {
		case slices.Contains(formats, plain(w)):
			if format != "" && format != plain(w) {
				return "", nil, problem.New(problem.InvalidRequest, "options names two formats, %s and %s; name one", format, w)
			}
			format = plain(w)
		case slices.Contains(flags, w):
			on[w] = true
		default:
			return "", nil, problem.New(problem.InvalidRequest, "options: %.40q is not known here; there are %s", w, strings.Join(slices.Concat(formats, flags), ", "))
		}
	}
	if p.has("format") {
		if format = plain(p.get("format")); !slices.Contains(formats, format) {
			return "", nil, problem.New(problem.InvalidRequest, "format: %.40q is not known here; there are %s", p.get("format"), strings.Join(formats, ", "))
		}
	}
	if format == "" && len(formats) > 0 {
		format = formats[0]
	}
	return format, on, nil
}

// plain gives the word that keyValues is a synonym of.
func plain(format string) string {
	if format == "keyValues" {
		return "simplified"
	}
	return format
}
