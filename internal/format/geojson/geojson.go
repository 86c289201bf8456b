// Package geojson writes entities as one GeoJSON FeatureCollection (RFC 7946),
// one after the other.
//
// It is for downloads; NGSI-LD's own GeoJSON form is written by represent. What
// always holds: values stand as they were sent; the file says under which
// licence it is, when it was made and, if so, that nothing in it is real.
package geojson

import (
	"fmt"
	"io"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/query"
)

// MediaType is that of RFC 7946, 12.
const MediaType = "application/geo+json"

// Writer writes one file. Use New, Write for each entity, then Close: without
// it the file is not whole, and no reader takes it.
type Writer struct {
	w     io.Writer
	short map[entity.Name]string
	typ   func(entity.Name) string
	n     int
	buf   []byte
}

// New begins a file: what it says of itself stands first. typ shortens the IRI
// of a type; an attribute that is not in columns stands under its IRI.
func New(w io.Writer, a format.About, columns []format.Column, typ func(entity.Name) string) (*Writer, error) {
	out := &Writer{w: w, short: map[entity.Name]string{}, typ: typ}
	b := []byte(`{"type":"FeatureCollection"`)
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
	b = fmt.Appendf(b, `,"synthetic":%t`, a.Synthetic)
	text("note", a.Note)
	b = append(b, `,"units":{`...)
	for _, c := range columns {
		out.short[c.Name] = c.Short
		if c.Unit == "" {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = jsontree.AppendString(append(jsontree.AppendString(b, c.Short), ':'), c.Unit)
	}
	b = append(b, "},\"features\":[\n"...)
	_, err := w.Write(b)
	return out, err
}

// Write adds one entity. Its location is the geometry, null if it has none.
func (g *Writer) Write(e *entity.Entity) error {
	b := g.buf[:0]
	if g.n++; g.n > 1 {
		b = append(b, ",\n"...)
	}
	b = jsontree.AppendString(append(b, `{"type":"Feature","id":`...), string(e.ID))
	b = append(b, `,"geometry":`...)
	at, ok := e.Attr(query.LocationName, "")
	if shape, parsed := geometryOf(at, ok); parsed {
		b = append(b, shape...)
	} else {
		b = append(b, "null"...)
	}
	b = jsontree.AppendString(append(b, `,"properties":{"type":`...), g.typ(e.Types[0]))
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a == at || len(a.Value) == 0 {
			continue
		}
		name, known := g.short[a.Name]
		if !known || name == "type" || name == "observedAt" {
			name = string(a.Name)
		}
		if a.Dataset != "" {
			name += "@" + a.Dataset
		}
		b = append(append(jsontree.AppendString(append(b, ','), name), ':'), a.Value...)
	}
	if t := format.Observed(e); !t.IsZero() {
		b = append(append(append(b, `,"observedAt":"`...), t.String()...), '"')
	}
	g.buf = append(b, "}}"...)
	_, err := g.w.Write(g.buf)
	return err
}

// geometryOf gives the GeoJSON of a location as it was sent.
func geometryOf(at *entity.Instance, ok bool) ([]byte, bool) {
	if !ok || at.Kind != entity.GeoProperty {
		return nil, false
	}
	if len(at.Value) > 0 && at.Value[0] == '{' {
		return at.Value, true
	}
	shape, ok := query.GeometryOf(at)
	return shape.AppendGeoJSON(nil), ok
}

// Close ends the file.
func (g *Writer) Close() error {
	_, err := fmt.Fprintf(g.w, "\n],\"numberReturned\":%d}\n", g.n)
	return err
}
