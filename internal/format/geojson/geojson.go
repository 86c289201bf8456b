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
)

// MediaType is that of RFC 7946, 12.
const MediaType = "application/geo+json"

// Writer writes one file. Use New, Write for each entity, then Close: without
// it the file is not whole, and no reader takes it.
type Writer struct {
	w       io.Writer
	members *format.Members
	typ     func(entity.Name) string
	n       int
	buf     []byte
}

// New begins a file: what it says of itself stands first. typ shortens the IRI
// of a type; an attribute that is not in columns stands under its IRI.
func New(w io.Writer, a format.About, columns []format.Column, typ func(entity.Name) string) (*Writer, error) {
	out := &Writer{w: w, members: format.NewMembers(columns, "type", "observedAt"), typ: typ}
	b := a.AppendMembers([]byte(`{"type":"FeatureCollection"`), columns)
	b = append(b, ",\"features\":[\n"...)
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
	b = append(append(b, `,"geometry":`...), format.Place(e)...)
	b = jsontree.AppendString(append(b, `,"properties":{"type":`...), g.typ(e.Types[0]))
	b = g.members.Append(b, e)
	if t := format.Observed(e); !t.IsZero() {
		b = append(append(append(b, `,"observedAt":"`...), t.String()...), '"')
	}
	g.buf = append(b, "}}"...)
	_, err := g.w.Write(g.buf)
	return err
}

// Close ends the file.
func (g *Writer) Close() error {
	_, err := fmt.Fprintf(g.w, "\n],\"numberReturned\":%d}\n", g.n)
	return err
}
