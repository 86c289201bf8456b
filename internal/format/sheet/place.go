package sheet

import (
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/geo"
)

// guessPlace finds the columns that say where a row is: by their headings, and
// only if every cell is within what such a column can hold.
func (t *Table) guessPlace(p *Plan) {
	if t.Shapes != nil {
		return
	}
	for i := range p.Columns {
		switch strings.ToLower(p.Columns[i].Term) {
		case "geopoint2d", "geopoint", "latlon", "latlong", "coordinates", "coordonnees", "coordinaten":
			if len(t.column(i)) > 0 && !slices.ContainsFunc(t.column(i), func(s string) bool { _, ok := latLon(s); return !ok }) {
				p.Columns[i].Role = LatLon
				return
			}
		}
	}
	if lon, lat := t.pair(p, []string{"longitude", "lon", "long", "lng", "x", "xlong", "coordx", "geolon"}, []string{"latitude", "lat", "y", "ylat", "coordy", "geolat"}); lon >= 0 {
		if t.within(p, lon, -180, 180) && t.within(p, lat, -90, 90) {
			p.Columns[lon].Role, p.Columns[lat].Role = Longitude, Latitude
			return
		}
	}
	if x, y := t.pair(p, []string{"x", "xl93", "xlambert93", "coordx", "easting", "xlambert", "xlambert72", "coordonneex"}, []string{"y", "yl93", "ylambert93", "coordy", "northing", "ylambert", "ylambert72", "coordonneey"}); x >= 0 {
		for _, s := range []struct {
			epsg           int
			x0, x1, y0, y1 float64
		}{{2154, 0, 1_300_000, 6_000_000, 7_200_000}, {31370, 0, 310_000, 0, 260_000}, {3812, 500_000, 810_000, 500_000, 760_000}} {
			if t.within(p, x, s.x0, s.x1) && t.within(p, y, s.y0, s.y1) {
				p.Columns[x].Role, p.Columns[y].Role, p.EPSG = EastingM, NorthingM, s.epsg
				return
			}
		}
	}
}

// pair finds a column with one of each names, -1 and -1 if one is missing.
func (t *Table) pair(p *Plan, first, second []string) (a, b int) {
	find := func(names []string) int {
		for _, n := range names {
			if i := slices.IndexFunc(p.Columns, func(c Column) bool { return strings.EqualFold(c.Term, n) }); i >= 0 {
				return i
			}
		}
		return -1
	}
	if a, b = find(first), find(second); a < 0 || b < 0 {
		return -1, -1
	}
	return a, b
}

func (t *Table) within(p *Plan, i int, low, high float64) bool {
	c := &p.Columns[i]
	cells := t.column(i)
	return len(cells) > 0 && (c.Type == Number || c.Type == Integer) &&
		!slices.ContainsFunc(cells, func(s string) bool { f, err := number(s, c.Comma); return err != nil || f < low || f > high })
}

// guessKey finds the column that tells the rows apart: it is called so, and no
// cell is empty or stands twice.
func (t *Table) guessKey(p *Plan) {
	for _, names := range [][]string{{"id", "id2", "identifiant", "identifier", "code", "numero", "uid", "uuid", "ref", "reference"}, nil} {
		for i := range p.Columns {
			term := strings.ToLower(p.Columns[i].Term)
			called := slices.Contains(names, term) || names == nil && (strings.HasPrefix(term, "id") || strings.HasPrefix(term, "code") || strings.HasPrefix(term, "num") || strings.HasSuffix(term, "id"))
			if called && p.Columns[i].Role == Attribute && p.Columns[i].Empty == 0 && t.distinct(i) {
				p.Columns[i].Role = Key
				return
			}
		}
	}
}

func (t *Table) distinct(i int) bool {
	seen := make(map[string]bool, len(t.Rows))
	for _, row := range t.Rows {
		if seen[row[i]] {
			return false
		}
		seen[row[i]] = true
	}
	return true
}

// number reads a number as people write it; blanks may group its digits.
func number(s string, comma bool) (float64, error) {
	if comma {
		s = plainNumber(s)
	}
	return strconv.ParseFloat(s, 64)
}

// plainNumber makes a JSON number of one with a comma.
func plainNumber(s string) string {
	return strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", ".").Replace(s)
}

// latLon reads "50.63, 3.06": latitude first, as portals write it.
func latLon(s string) (geo.Point, bool) {
	a, b, ok := strings.Cut(strings.Trim(s, "()[] "), ",")
	if !ok {
		return geo.Point{}, false
	}
	lat, err1 := strconv.ParseFloat(strings.TrimSpace(a), 64)
	lon, err2 := strconv.ParseFloat(strings.TrimSpace(b), 64)
	return geo.Point{Lon: lon, Lat: lat}, err1 == nil && err2 == nil && lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180
}
