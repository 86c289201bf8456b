// Package csv writes entities as a table (RFC 4180, UTF-8), one row each.
//
// It is for downloads that a spreadsheet opens. What always holds: the rows
// have the columns of the heading; each row says under which licence it is,
// when the file was made and whether it is synthetic, so that it stays said
// when rows are copied; no cell is a formula to a spreadsheet.
package csv

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/query"
)

// MediaType is that of RFC 7111, with a heading.
const MediaType = "text/csv; charset=utf-8; header=present"

// Languages are those that a text in several languages has a column for each
// of; others stand in the JSON forms alone.
func Languages() []string { return []string{"fr", "nl", "en"} }

// Writer writes one file. Use New, Write for each entity, then Close.
type Writer struct {
	w       *csv.Writer
	columns []format.Column
	typ     func(entity.Name) string
	tail    []string
	row     []string
}

// New begins a file with its heading: id, type, lon, lat, geometry, one column
// an attribute (one a language for texts), observedAt, licence, synthetic,
// exportedAt and, for an earlier state, validAt. The attributes that columns
// does not name are not in the file.
func New(w io.Writer, a format.About, columns []format.Column, typ func(entity.Name) string) (*Writer, error) {
	out := &Writer{w: csv.NewWriter(w), typ: typ, tail: []string{Safe(a.Licence), strconv.FormatBool(a.Synthetic), a.At.String()}}
	if !a.Valid.IsZero() {
		out.tail = append(out.tail, a.Valid.String())
	}
	out.w.UseCRLF = true
	var head []string
	for _, h := range headings(&a, columns) {
		head = append(head, h.title)
	}
	for _, c := range columns {
		if c.Name != query.LocationName {
			out.columns = append(out.columns, c)
		}
	}
	return out, out.w.Write(head)
}

// columnHead is one column of the file.
type columnHead struct {
	title string
	sort  string         // datatype of CSVW, "" for text
	of    *format.Column // the attribute; nil for a fixed column
	lang  string
}

// headings gives all columns of a file in their order.
func headings(a *format.About, columns []format.Column) []columnHead {
	out := []columnHead{{title: "id", sort: "anyURI"}, {title: "type"}, {title: "lon", sort: "double"}, {title: "lat", sort: "double"}, {title: "geometry"}}
	for i := range columns {
		c := &columns[i]
		switch {
		case c.Name == query.LocationName:
		case c.Texts:
			for _, lang := range Languages() {
				out = append(out, columnHead{title: heading(c.Short + "_" + lang), of: c, lang: lang})
			}
		case c.Type == "number" || c.Type == "boolean":
			out = append(out, columnHead{title: heading(c.Short), of: c, sort: c.Type})
		default:
			out = append(out, columnHead{title: heading(c.Short), of: c})
		}
	}
	out = append(out, columnHead{title: "observedAt", sort: "dateTime"}, columnHead{title: "licence"}, columnHead{title: "synthetic", sort: "boolean"}, columnHead{title: "exportedAt", sort: "dateTime"})
	if !a.Valid.IsZero() {
		out = append(out, columnHead{title: "validAt", sort: "dateTime"})
	}
	return out
}

// Heading is a column of the table of today's state.
type Heading struct {
	Title string
	// Datatype is that of CSVW: anyURI, double, number, boolean, dateTime; ""
	// is text.
	Datatype string
	Of       *format.Column // the attribute; nil for a fixed column
}

// Headings gives the columns of a file in their order.
func Headings(columns []format.Column) []Heading {
	var out []Heading
	for _, h := range headings(&format.About{}, columns) {
		out = append(out, Heading{h.title, h.sort, h.of})
	}
	return out
}

// heading keeps the names of attributes apart from those of the fixed columns.
func heading(s string) string {
	switch s {
	case "id", "type", "lon", "lat", "geometry", "observedAt", "licence", "synthetic", "exportedAt", "validAt":
		return s + "_attribute"
	}
	return Safe(s)
}

// Write adds one entity. A point stands in lon and lat, another geometry as
// well-known text in geometry, with lon and lat in the middle of its box.
func (c *Writer) Write(e *entity.Entity) error {
	row := append(c.row[:0], Safe(string(e.ID)), Safe(c.typ(e.Types[0])))
	row = append(row, place(e)...)
	for _, col := range c.columns {
		a := format.Chosen(e, col.Name)
		if !col.Texts {
			row = append(row, cell(a, ""))
			continue
		}
		for _, lang := range Languages() {
			row = append(row, cell(a, lang))
		}
	}
	observed := ""
	if t := format.Observed(e); !t.IsZero() {
		observed = t.String()
	}
	c.row = append(append(row, observed), c.tail...)
	return c.w.Write(c.row)
}

// Close ends the file.
func (c *Writer) Close() error {
	c.w.Flush()
	return c.w.Error()
}

// cell gives a value: text bare, numbers and booleans as they came, all else
// as JSON.
func cell(a *entity.Instance, lang string) string {
	if a == nil {
		return ""
	}
	if a.Kind == entity.LanguageProperty && lang != "" {
		n, err := jsontree.Parse(a.Value, jsontree.Limits{})
		if err != nil {
			return ""
		}
		v, _ := n.Get(lang)
		return Safe(v.Str())
	}
	if s, ok := format.Text(a.Value); ok {
		return Safe(s)
	}
	if len(a.Value) > 0 && a.Value[0] == '{' {
		// A typed value, such as a date, is what it says (CIM 009, 4.5.2).
		if n, err := jsontree.Parse(a.Value, jsontree.Limits{}); err == nil && n.Len() == 2 {
			typ, _ := n.Get("@type")
			if v, ok := n.Get("@value"); ok && typ.Kind() == jsontree.String && v.Kind() == jsontree.String {
				return Safe(v.Str())
			}
		}
	}
	return string(a.Value) // a number, true, or JSON that begins with a bracket
}

// Safe keeps a text from being read as a formula by a spreadsheet: it is led
// by an apostrophe, as spreadsheets themselves do. Some of them skip blanks and
// marks that nobody sees, and take fullwidth signs for the plain ones.
func Safe(s string) string {
	unseen := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, unseen))
	if strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", first) || s != "" && strings.IndexByte("\t\r\n", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

func place(e *entity.Entity) []string {
	at, ok := e.Attr(query.LocationName, "")
	if !ok {
		return []string{"", "", ""}
	}
	shape, ok := query.GeometryOf(at)
	if !ok {
		return []string{"", "", ""}
	}
	p, isPoint := shape.IsPoint()
	wkt := ""
	if !isPoint {
		p, wkt = shape.Bounds().Center(), format.WKT(shape)
	}
	return []string{degrees(p.Lon), degrees(p.Lat), wkt}
}

func degrees(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
