// Package jsonfile writes entities as plain JSON, one flat object each: as one
// document (RFC 8259) or as lines (NDJSON).
//
// It is for programs that want neither GeoJSON's nesting nor NGSI-LD's. What
// always holds: values stand as they were sent; a document says at its top
// under which licence it is, and each line says so itself, since lines are
// taken out of files.
package jsonfile

import (
	"fmt"
	"io"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// The media types. That of lines is in no register; it is the usual one.
const (
	MediaType      = "application/json"
	MediaTypeLines = "application/x-ndjson"
)

// Writer writes one file. Use NewDocument or NewLines, Write for each entity,
// then Close: without it a document is not whole.
type Writer struct {
	w       io.Writer
	members *format.Members
	typ     func(entity.Name) string
	tail    []byte // what each line ends with
	lines   bool
	n       int
	buf     []byte
}

// NewDocument begins a document: what it says of itself, then records, an
// array with one object an entity (id, type, geometry, one member an
// attribute, observedAt), and at its end numberReturned. typ shortens the IRI
// of a type; an attribute that is not in columns stands under its IRI.
func NewDocument(w io.Writer, a format.About, columns []format.Column, typ func(entity.Name) string) (*Writer, error) {
	out := newWriter(w, columns, typ)
	b := a.AppendMembers([]byte("{"), columns)
	b = append(append([]byte("{"), b[2:]...), ",\"records\":[\n"...) // without the first comma
	_, err := w.Write(b)
	return out, err
}

// NewLines begins a file of lines: the same objects, and in each license (its
// address), source, synthetic, exportedAt and, for an earlier state, validAt.
func NewLines(w io.Writer, a format.About, columns []format.Column, typ func(entity.Name) string) (*Writer, error) {
	out := newWriter(w, columns, typ)
	out.lines = true
	b := jsontree.AppendString([]byte(`,"license":`), a.LicenceURL)
	b = jsontree.AppendString(append(b, `,"source":`...), a.Source)
	b = fmt.Appendf(b, `,"synthetic":%t,"exportedAt":"%s"`, a.Synthetic, a.At)
	if !a.Valid.IsZero() {
		b = fmt.Appendf(b, `,"validAt":"%s"`, a.Valid)
	}
	out.tail = b
	return out, nil
}

func newWriter(w io.Writer, columns []format.Column, typ func(entity.Name) string) *Writer {
	return &Writer{w: w, typ: typ, members: format.NewMembers(columns,
		"id", "type", "geometry", "observedAt", "license", "source", "synthetic", "exportedAt", "validAt")}
}

// Write adds one entity. Its location is the geometry, null if it has none.
func (j *Writer) Write(e *entity.Entity) error {
	b := j.buf[:0]
	if j.n++; j.n > 1 && !j.lines {
		b = append(b, ",\n"...)
	}
	b = jsontree.AppendString(append(b, `{"id":`...), string(e.ID))
	b = jsontree.AppendString(append(b, `,"type":`...), j.typ(e.Types[0]))
	b = append(append(b, `,"geometry":`...), format.Place(e)...)
	b = j.members.Append(b, e)
	if t := format.Observed(e); !t.IsZero() {
		b = append(append(append(b, `,"observedAt":"`...), t.String()...), '"')
	}
	b = append(append(b, j.tail...), '}')
	if j.lines {
		b = append(b, '\n')
	}
	j.buf = b
	_, err := j.w.Write(b)
	return err
}

// Close ends the file.
func (j *Writer) Close() error {
	if j.lines {
		return nil
	}
	_, err := fmt.Fprintf(j.w, "\n],\"numberReturned\":%d}\n", j.n)
	return err
}
