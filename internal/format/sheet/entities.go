package sheet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
)

// Target is what the rows become.
type Target struct {
	Type   entity.Name // of each entity
	Short  string      // the type's short name: part of each id
	Slug   string      // of the dataset: part of each id
	Scope  string      // of each entity, such as /files/lamp-posts
	Expand func(term string) entity.Name
}

// Fault is one cell or row that could not be taken as the plan says.
type Fault struct {
	Line   int // in the file, from 1
	Column string
	Text   string // what is wrong and how to mend it
}

// Check reports what is wrong with a plan for this table, whoever made it.
//
// Errors: problem.BadRequestData.
func (t *Table) Check(p *Plan) error {
	bad := func(format string, args ...any) error { return problem.New(problem.BadRequestData, format, args...) }
	if len(p.Columns) != len(t.Heads) {
		return bad("the plan has %d columns, the file %d: send the plan that the inspection of this file gave", len(p.Columns), len(t.Heads))
	}
	roles := map[string]int{}
	terms := map[string]string{}
	for i, c := range p.Columns {
		if c.Head != t.Heads[i] {
			return bad("column %d is %q in the plan and %q in the file", i+1, c.Head, t.Heads[i])
		}
		if !slices.Contains([]string{Attribute, Key, Longitude, Latitude, EastingM, NorthingM, LatLon, Ignored}, c.Role) {
			return bad("column %q has the role %q, which is none", c.Head, c.Role)
		}
		roles[c.Role]++
		if c.Role != Attribute {
			continue
		}
		if !slices.Contains([]string{Text, Number, Integer, Boolean, Date, DateTime, Shape}, c.Type) {
			return bad("column %q has the type %q, which is none", c.Head, c.Type)
		}
		if c.Term == "" || Term(c.Term) != c.Term && strings.ContainsFunc(c.Term, func(r rune) bool { return r > 0x7e || r <= ' ' || strings.ContainsRune(`<>"{}|\^'[]`+"`", r) }) {
			return bad("column %q cannot be called %q: use letters and digits, such as %s", c.Head, c.Term, Term(c.Head))
		}
		if slices.Contains([]string{"id", "type", "scope", "@context"}, c.Term) {
			return bad("column %q cannot be called %q: that name has a meaning of its own; call it %s2", c.Head, c.Term, c.Term)
		}
		if other, twice := terms[c.Term]; twice {
			return bad("columns %q and %q are both called %q", other, c.Head, c.Term)
		}
		terms[c.Term] = c.Head
	}
	for _, r := range []string{Key, Longitude, Latitude, EastingM, NorthingM, LatLon} {
		if roles[r] > 1 {
			return bad("%d columns have the role %q; one may", roles[r], r)
		}
	}
	if roles[Longitude] != roles[Latitude] || roles[EastingM] != roles[NorthingM] {
		return bad("a column says only half of where a row is: longitude needs latitude, x needs y")
	}
	if roles[EastingM] > 0 && !slices.Contains(geo.EPSGCodes(), p.EPSG) {
		return bad("x and y need their coordinate system as epsg: one of %v", geo.EPSGCodes())
	}
	return nil
}

// maxFaults bounds what is listed; the number of faults is always told.
const maxFaults = 100

// Entities makes one fragment a row. Rows with faults are left out, and
// counted; the first hundred faults are listed.
func (t *Table) Entities(p *Plan, to Target) (out []entity.Fragment, faults []Fault, bad int) {
	seen := map[entity.ID]int{}
	for i, row := range t.Rows {
		f, wrong := t.fragment(p, to, i, row)
		if first, twice := seen[f.ID]; twice && len(wrong) == 0 {
			wrong = append(wrong, Fault{Line: t.Lines[i], Text: fmt.Sprintf("has the same key as line %d: each row needs its own", first)})
		}
		if len(wrong) > 0 {
			bad++
			faults = append(faults, wrong[:min(len(wrong), maxFaults-min(maxFaults, len(faults)))]...)
			continue
		}
		seen[f.ID] = t.Lines[i]
		out = append(out, f)
	}
	return out, faults, bad
}

func (t *Table) fragment(p *Plan, to Target, at int, row []string) (entity.Fragment, []Fault) {
	f := entity.Fragment{Types: []entity.Name{to.Type}, Scopes: []string{to.Scope}, HasScope: true}
	var faults []Fault
	key := ""
	place := map[string]string{}
	for i := range p.Columns {
		c, cell := &p.Columns[i], row[i]
		switch c.Role {
		case Key:
			key = cell
		case Attribute:
			if cell == "" {
				continue
			}
			a, err := c.instance(cell)
			if err != nil {
				faults = append(faults, Fault{t.Lines[at], c.Head, err.Error()})
				continue
			}
			a.Name = to.Expand(c.Term)
			f.Attrs = append(f.Attrs, a)
		case Ignored:
		default:
			if cell != "" && c.Comma {
				cell = plainNumber(cell)
			}
			place[c.Role] = cell
		}
	}
	shape := ""
	if t.Shapes != nil {
		shape = t.Shapes[at]
	} else if s, err := placeOf(place, p.EPSG); err != nil {
		faults = append(faults, Fault{t.Lines[at], "", err.Error()})
	} else {
		shape = s
	}
	if shape != "" {
		f.Attrs = append(f.Attrs, entity.Instance{Name: query.LocationName, Kind: entity.GeoProperty, Value: []byte(shape)})
	}
	if key == "" {
		if slices.ContainsFunc(p.Columns, func(c Column) bool { return c.Role == Key }) {
			faults = append(faults, Fault{t.Lines[at], "", "the key is empty: each row needs one"})
		}
		// Without a key a row is what it says.
		sum := sha256.Sum256([]byte(strings.Join(row, "\x1f") + shape))
		key = hex.EncodeToString(sum[:8])
	}
	f.ID = entity.ID("urn:ngsi-ld:" + to.Short + ":" + to.Slug + ":" + url.PathEscape(key))
	if len(f.Attrs) == 0 && len(faults) == 0 {
		faults = append(faults, Fault{t.Lines[at], "", "the row says nothing: all columns that are taken are empty"})
	}
	return f, faults
}

// placeOf makes a point of the cells that say where; "" if none says so.
func placeOf(cells map[string]string, epsg int) (string, error) {
	point := func(pt geo.Point) (string, error) {
		g, err := geo.NewPoint(pt)
		if err != nil {
			return "", fmt.Errorf("%s", problem.DetailOf(err))
		}
		return string(g.AppendGeoJSON(nil)), nil
	}
	if s := cells[LatLon]; s != "" {
		pt, ok := latLon(s)
		if !ok {
			return "", fmt.Errorf("%q is no latitude and longitude, such as 50.6372, 3.0633", s)
		}
		return point(pt)
	}
	for _, pair := range [][2]string{{Longitude, Latitude}, {EastingM, NorthingM}} {
		a, b := cells[pair[0]], cells[pair[1]]
		if a == "" && b == "" {
			continue
		}
		x, err1 := strconv.ParseFloat(a, 64)
		y, err2 := strconv.ParseFloat(b, 64)
		if err1 != nil || err2 != nil {
			return "", fmt.Errorf("%s %q and %s %q are no place: both must be numbers", pair[0], a, pair[1], b)
		}
		if pair[0] == Longitude {
			return point(geo.Point{Lon: x, Lat: y})
		}
		pt, err := geo.ToWGS84(epsg, x, y)
		if err != nil {
			return "", fmt.Errorf("%s", problem.DetailOf(err))
		}
		return point(pt)
	}
	return "", nil
}

// instance makes an attribute of a cell.
func (c *Column) instance(cell string) (entity.Instance, error) {
	a := entity.Instance{Kind: entity.Property, Unit: c.Unit}
	no := func(what string) (entity.Instance, error) {
		return a, fmt.Errorf("%.60q is no %s", cell, what)
	}
	switch c.Type {
	case Number, Integer:
		s := cell
		if c.Comma {
			s = plainNumber(s)
		}
		n, err := jsontree.NumberNode(s)
		if err != nil || c.Type == Integer && !integerCell.MatchString(s) {
			return no(c.Type)
		}
		a.Value = n.Append(nil)
	case Boolean:
		v, ok := boolean(cell)
		if !ok {
			return no("yes or no")
		}
		a.Value = strconv.AppendBool(nil, v)
	case Date:
		layout := "2006-01-02"
		if c.DayFirst {
			layout = "2/1/2006"
		}
		d, err := time.Parse(layout, cell)
		if err != nil {
			return no("date (" + map[bool]string{true: "31/12/2026", false: "2026-12-31"}[c.DayFirst] + ")")
		}
		a.Value = []byte(`{"@type":"Date","@value":"` + d.Format("2006-01-02") + `"}`)
	case DateTime:
		d, err := time.Parse(time.RFC3339Nano, cell)
		if err != nil {
			return no("time (2026-12-31T23:59:59Z)")
		}
		a.Value = []byte(`{"@type":"DateTime","@value":"` + d.UTC().Format("2006-01-02T15:04:05.999999Z") + `"}`)
	case Shape:
		n, err := jsontree.Parse([]byte(cell), jsontree.Limits{})
		if err == nil {
			_, err = geo.ParseGeoJSON(n)
		}
		if err != nil {
			return no("GeoJSON geometry")
		}
		a.Kind, a.Value = entity.GeoProperty, n.Append(nil)
	default:
		if cell == jsontree.NullMarker {
			return no("value: it means a deletion")
		}
		a.Value = jsontree.AppendString(nil, cell)
	}
	return a, nil
}
