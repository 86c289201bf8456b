// Package csv writes entities as CSV (RFC 4180, UTF-8, a header line): a row
// an entity, a column an attribute. The columns are given before, so that a
// download needs no more memory than one entity.
package csv

import (
	stdcsv "encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/vocab"
)

// Writer writes one table. Use New, Add for each entity, then Close.
type Writer struct {
	w     *stdcsv.Writer
	attrs []entity.Name
	short func(entity.Name) string
	tail  []string // the same in every row
	row   []string
}

// Column is one that is the same in every row, such as the licence.
type Column struct{ Name, Value string }

// New begins a table: id, type, longitude, latitude, observedAt, the attributes
// (location aside), then fixed. A text that a spreadsheet would take for a
// formula gets an apostrophe before it.
func New(w io.Writer, attrs []entity.Name, short func(entity.Name) string, fixed ...Column) (*Writer, error) {
	out := &Writer{w: stdcsv.NewWriter(w), short: short}
	head := []string{"id", "type", "longitude", "latitude", "observedAt"}
	for _, a := range attrs {
		if a != vocab.Location {
			out.attrs = append(out.attrs, a)
			head = append(head, short(a))
		}
	}
	for _, f := range fixed {
		head = append(head, f.Name)
		out.tail = append(out.tail, f.Value)
	}
	if err := out.w.Write(head); err != nil {
		return nil, fmt.Errorf("write the header line: %w", err)
	}
	return out, nil
}

// Add writes e as a row. Values that are no plain text, number or truth are
// written as JSON. The place of a line or an area is the middle of its box.
func (w *Writer) Add(e *entity.Entity) error {
	row := append(w.row[:0], string(e.ID), w.short(e.Types[0]), "", "", "")
	if i, ok := e.Attr(vocab.Location, ""); ok {
		if g, ok := query.GeometryOf(i); ok {
			p, isPoint := g.IsPoint()
			if !isPoint {
				p = g.Bounds().Center()
			}
			row[2], row[3] = strconv.FormatFloat(p.Lon, 'f', -1, 64), strconv.FormatFloat(p.Lat, 'f', -1, 64)
		}
	}
	var newest entity.Instant
	for k := range e.Attrs {
		newest = max(newest, e.Attrs[k].ObservedAt)
	}
	if newest != 0 {
		row[4] = newest.String()
	}
	for _, a := range w.attrs {
		i, ok := e.Attr(a, "")
		if !ok {
			row = append(row, "")
			continue
		}
		row = append(row, cell(i.Value))
	}
	w.row = append(row, w.tail...)
	return w.w.Write(w.row)
}

func cell(raw []byte) string {
	n, err := jsontree.Parse(raw, jsontree.Limits{})
	if err != nil || n.Kind() != jsontree.String {
		return string(raw)
	}
	s := n.Str()
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@' || s[0] == '\t' || s[0] == '\r') {
		return "'" + s
	}
	return s
}

// Close writes what is left; it does not close what is written to.
func (w *Writer) Close() error {
	w.w.Flush()
	return w.w.Error()
}
