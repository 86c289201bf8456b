package sheet

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The roles that a column may have.
const (
	Attribute = "attribute"
	Key       = "id" // tells rows apart, and keeps doing so in the next file
	Longitude = "longitude"
	Latitude  = "latitude"
	EastingM  = "x" // metres, in the system of Plan.EPSG
	NorthingM = "y"
	LatLon    = "latlon" // "50.63, 3.06" in one cell
	Ignored   = "ignore"
)

// The types that cells of a column may have.
const (
	Text     = "text"
	Number   = "number"
	Integer  = "integer"
	Boolean  = "boolean"
	Date     = "date"
	DateTime = "dateTime"
	Shape    = "geometry" // a GeoJSON geometry in the cell
)

// Column says what one column means.
type Column struct {
	Head     string   // as in the file
	Term     string   // short name of the attribute that it becomes
	Role     string   // Attribute, Key, Longitude ...
	Type     string   // Text, Number ... of an attribute
	Comma    bool     // decimals are written with a comma
	DayFirst bool     // dates are written 31/12/2026
	Unit     string   // UN/CEFACT code read from the heading, "" if none
	Empty    int      // cells without anything
	Examples []string // up to three different cells
}

// Plan says what a whole table means.
type Plan struct {
	Columns []Column
	EPSG    int // of EastingM and NorthingM; 0 if there are none
}

// Guess proposes a plan. Each guess holds for all cells, or is not made.
func (t *Table) Guess() Plan {
	p := Plan{}
	taken := map[string]bool{"id": true, "type": true, "scope": true, "location": true, "observationSpace": true, "operationSpace": true, "createdAt": true, "modifiedAt": true}
	for i, head := range t.Heads {
		c := Column{Head: head, Role: Attribute, Term: Term(head)}
		cells := t.column(i)
		c.Empty = len(t.Rows) - len(cells)
		c.Type, c.Comma, c.DayFirst = typeOf(cells)
		c.Unit = unitOf(head)
		for _, v := range cells {
			if len(c.Examples) == 3 {
				break
			}
			if !slices.Contains(c.Examples, v) {
				c.Examples = append(c.Examples, v)
			}
		}
		name := c.Term
		for n := 2; taken[c.Term]; n++ {
			c.Term = name + strconv.Itoa(n)
		}
		taken[c.Term] = true
		p.Columns = append(p.Columns, c)
	}
	t.guessPlace(&p)
	t.guessKey(&p)
	return p
}

// column gives the cells of a column that are not empty.
func (t *Table) column(i int) []string {
	var out []string
	for _, row := range t.Rows {
		if row[i] != "" {
			out = append(out, row[i])
		}
	}
	return out
}

// Term makes the short name of an attribute from a heading, in the way that
// the field writes names: "Nb de vélos" becomes nbDeVelos.
func Term(head string) string {
	head = inBrackets.ReplaceAllString(head, " ")
	var b strings.Builder
	up := false
	for _, r := range norm.NFD.String(head) {
		switch {
		case r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if b.Len() == 0 {
				if unicode.IsDigit(r) {
					b.WriteByte('n')
				}
				r = unicode.ToLower(r)
			} else if up {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
			up = false
		case unicode.Is(unicode.Mn, r), r == '\'' || r == '’':
		default:
			up = b.Len() > 0
		}
	}
	s := b.String()
	if s != "" && strings.ToUpper(head) == head && !strings.ContainsFunc(head, unicode.IsLower) {
		s = strings.ToLower(s) // NOM_COMMUNE: the case said nothing
	}
	if s == "" {
		return "value"
	}
	return s
}

var (
	inBrackets   = regexp.MustCompile(`[(\[].*?[)\]]`)
	lastBrackets = regexp.MustCompile(`[(\[]([^)\]]+)[)\]]\s*$`)

	integerCell = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})$`)
	pointCell   = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	commaCell   = regexp.MustCompile(`^-?(0|[1-9][0-9]*|[1-9][0-9]{0,2}([   ][0-9]{3})+)(,[0-9]+)?$`)
	dateCell    = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	dayFirst    = regexp.MustCompile(`^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$`)
)

// typeOf finds the narrowest type that all cells have. A number with a leading
// zero is a code, and stays text.
func typeOf(cells []string) (kind string, comma, day bool) {
	if len(cells) == 0 {
		return Text, false, false
	}
	all := func(ok func(string) bool) bool {
		return !slices.ContainsFunc(cells, func(s string) bool { return !ok(s) })
	}
	switch {
	case all(integerCell.MatchString):
		return Integer, false, false
	case all(pointCell.MatchString):
		return Number, false, false
	case all(commaCell.MatchString):
		return Number, true, false
	case all(func(s string) bool { _, ok := boolean(s); return ok }):
		return Boolean, false, false
	case all(func(s string) bool { return dateCell.MatchString(s) && isDate("2006-01-02", s) }):
		return Date, false, false
	case all(func(s string) bool { return dayFirst.MatchString(s) && isDate("2/1/2006", s) }):
		return Date, false, true
	case all(func(s string) bool { return isDate(time.RFC3339Nano, s) }):
		return DateTime, false, false
	}
	return Text, false, false
}

func isDate(layout, s string) bool {
	_, err := time.Parse(layout, s)
	return err == nil
}

// boolean reads the words that people write for yes and no. 0 and 1 are
// numbers.
func boolean(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "vrai", "waar", "oui", "ja", "yes":
		return true, true
	case "false", "faux", "onwaar", "non", "nee", "no":
		return false, true
	}
	return false, false
}

// unitOf reads a unit in brackets at the end of a heading.
func unitOf(head string) string {
	m := lastBrackets.FindStringSubmatch(head)
	if m == nil {
		return ""
	}
	return map[string]string{"m": "MTR", "km": "KMT", "cm": "CMT", "mm": "MMT", "m2": "MTK", "m²": "MTK", "ha": "HAR", "°c": "CEL", "%": "P1", "kg": "KGM", "t": "TNE",
		"kw": "KWT", "kwh": "KWH", "w": "WTT", "km/h": "KMH", "m/s": "MTS", "h": "HUR", "min": "MIN", "s": "SEC", "€": "EUR", "eur": "EUR", "l": "LTR", "m3": "MTQ", "m³": "MTQ",
		"db": "2N", "db(a": "2N", "µg/m3": "GQ", "µg/m³": "GQ", "hpa": "A97"}[strings.ToLower(strings.TrimSpace(m[1]))]
}
