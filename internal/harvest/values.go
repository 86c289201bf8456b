package harvest

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/rdf"
)

// dateOf reads a date as portals write them: a day, a month, a year or a time,
// with or without a zone (none is UTC).
func dateOf(s string) (entity.Instant, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04:05.999999999", time.DateOnly, "2006-01-02Z07:00", "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return entity.Instant(t.UnixMicro()), true
		}
	}
	return 0, false
}

// webAddress tells whether s can be followed by a reader.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && rdf.CheckIRI(s) == nil && len(s) <= 2_000
}

// boxOf gives the box round the coordinates of a WKT text or a GeoJSON
// geometry, in degrees: west, south, east, north.
func boxOf(s string) ([]float64, bool) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "<") { // WKT may begin with its coordinate system
		crs, rest, ok := strings.Cut(s, ">")
		if !ok || !strings.HasSuffix(crs, "CRS84") && !strings.HasSuffix(crs, "4326") {
			return nil, false
		}
		s = rest
	}
	var at [][2]float64
	if strings.HasPrefix(s, "{") {
		var g struct {
			Coordinates any `json:"coordinates"`
		}
		if json.Unmarshal([]byte(s), &g) != nil || !points(g.Coordinates, &at) {
			return nil, false
		}
	} else if !wktPoints(s, &at) {
		return nil, false
	}
	if len(at) == 0 {
		return nil, false
	}
	box := []float64{180, 90, -180, -90}
	for _, p := range at {
		if math.Abs(p[0]) > 180 || math.Abs(p[1]) > 90 || math.IsNaN(p[0]+p[1]) {
			return nil, false
		}
		box = []float64{min(box[0], p[0]), min(box[1], p[1]), max(box[2], p[0]), max(box[3], p[1])}
	}
	return box, true
}

// points collects the positions of GeoJSON coordinates of any depth.
func points(v any, at *[][2]float64) bool {
	list, ok := v.([]any)
	if !ok {
		return false
	}
	if len(list) >= 2 {
		x, isX := list[0].(float64)
		y, isY := list[1].(float64)
		if isX && isY {
			*at = append(*at, [2]float64{x, y})
			return true
		}
	}
	for _, w := range list {
		if !points(w, at) {
			return false
		}
	}
	return true
}

// wktPoints collects the positions of a WKT text; ENVELOPE has its own order.
func wktPoints(s string, at *[][2]float64) bool {
	name, body, ok := strings.Cut(s, "(")
	if !ok {
		return false
	}
	body = strings.NewReplacer("(", " ", ")", " ").Replace(body)
	if strings.EqualFold(strings.TrimSpace(name), "ENVELOPE") { // west, east, north, south
		n, ok := numbers(strings.ReplaceAll(body, ",", " "))
		if !ok || len(n) != 4 {
			return false
		}
		*at = append(*at, [2]float64{n[0], n[3]}, [2]float64{n[1], n[2]})
		return true
	}
	for part := range strings.SplitSeq(body, ",") {
		n, ok := numbers(part)
		if !ok || len(n) < 2 {
			return false
		}
		*at = append(*at, [2]float64{n[0], n[1]})
	}
	return true
}

func numbers(s string) ([]float64, bool) {
	var out []float64
	for f := range strings.FieldsSeq(s) {
		x, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return nil, false
		}
		out = append(out, x)
	}
	return out, true
}

// euLicence tells whether an IRI is one of the EU table of licences.
func euLicence(iri string) bool { return strings.HasPrefix(iri, catalogue.Authority+"licence/") }

// codeOf gives the code that an IRI of an EU table ends with.
func codeOf(iri, table string) (string, bool) {
	return strings.CutPrefix(strings.Replace(iri, "https://publications", "http://publications", 1), catalogue.Authority+table+"/")
}
