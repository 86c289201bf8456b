package format

import (
	"fmt"
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/query"
)

// AppendMembers appends what a file says of itself as members of a JSON
// object, each led by a comma: title, publisher, license, licenseUrl, source,
// timeStamp, validAt, synthetic, note, and units, from headings to UN/CEFACT
// codes. What is empty is left out.
func (a *About) AppendMembers(b []byte, columns []Column) []byte {
	text := func(name, s string) {
		if s != "" {
			b = jsontree.AppendString(append(jsontree.AppendString(append(b, ','), name), ':'), s)
		}
	}
	text("title", a.Title)
	text("publisher", a.Publisher)
	text("license", a.Licence)
	text("licenseUrl", a.LicenceURL)
	text("source", a.Source)
	text("timeStamp", a.At.String())
	if !a.Valid.IsZero() {
		text("validAt", a.Valid.String())
	}
	b = fmt.Appendf(b, `,"synthetic":%t`, a.Synthetic)
	text("note", a.Note)
	b = append(b, `,"units":{`...)
	for _, c := range columns {
		if c.Unit == "" {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = jsontree.AppendString(append(jsontree.AppendString(b, c.Short), ':'), c.Unit)
	}
	return append(b, '}')
}

// Members writes the attributes of entities as members of a JSON object.
type Members struct {
	short map[entity.Name]string
	taken []string
}

// NewMembers makes one. An attribute that is not in columns, or whose heading
// is among taken, stands under its IRI.
func NewMembers(columns []Column, taken ...string) *Members {
	m := &Members{short: make(map[entity.Name]string, len(columns)), taken: taken}
	for _, c := range columns {
		m.short[c.Name] = c.Short
	}
	return m
}

// Append appends the attributes of e, each led by a comma, without the
// location that Place gives: values as they were sent, instances other than
// the default one under name@datasetId.
func (m *Members) Append(b []byte, e *entity.Entity) []byte {
	at, _ := e.Attr(query.LocationName, "")
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a == at || len(a.Value) == 0 {
			continue
		}
		name, known := m.short[a.Name]
		if !known || slices.Contains(m.taken, name) {
			name = string(a.Name)
		}
		if a.Dataset != "" {
			name += "@" + a.Dataset
		}
		b = append(append(jsontree.AppendString(append(b, ','), name), ':'), a.Value...)
	}
	return b
}

// Place gives the GeoJSON of the location of e as it was sent, null if it has
// none.
func Place(e *entity.Entity) []byte {
	at, ok := e.Attr(query.LocationName, "")
	if !ok || at.Kind != entity.GeoProperty {
		return []byte("null")
	}
	if len(at.Value) > 0 && at.Value[0] == '{' {
		return at.Value
	}
	shape, ok := query.GeometryOf(at)
	if !ok {
		return []byte("null")
	}
	return shape.AppendGeoJSON(nil)
}
