// Package geojson writes entities as a GeoJSON FeatureCollection (RFC 7946),
// one after the other, so that a download needs no more memory than one
// entity. Properties are the attributes' values under short names.
package geojson

import (
	"io"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/vocab"
)

// About is what the collection says of itself, as members beside its features.
type About struct {
	Name      string // of the dataset
	Licence   string // IRI
	Publisher string
	Source    string // address of the dataset
	At        entity.Instant
	Synthetic bool
}

// Writer writes one collection. Use New, Add for each entity, then Close.
type Writer struct {
	w     io.Writer
	short func(entity.Name) string
	n     int
	buf   []byte
}

// New begins a collection on w; short gives the names of properties.
func New(w io.Writer, a About, short func(entity.Name) string) (*Writer, error) {
	b := []byte(`{"type":"FeatureCollection"`)
	text := func(name, v string) {
		if v != "" {
			b = jsontree.AppendString(append(append(append(b, `,"`...), name...), `":`...), v)
		}
	}
	text("name", a.Name)
	text("publisher", a.Publisher)
	text("license", a.Licence)
	text("source", a.Source)
	text("timeStamp", a.At.String())
	if a.Synthetic {
		b = append(b, `,"synthetic":true,"note":"synthetic data: nothing in it is real"`...)
	}
	b = append(b, ",\"features\":[\n"...)
	_, err := w.Write(b)
	return &Writer{w: w, short: short}, err
}

// Add writes e as a Feature; without a place its geometry is null.
func (w *Writer) Add(e *entity.Entity) error {
	b := w.buf[:0]
	if w.n > 0 {
		b = append(b, ",\n"...)
	}
	w.n++
	b = jsontree.AppendString(append(b, `{"type":"Feature","id":`...), string(e.ID))
	b = append(b, `,"geometry":`...)
	if i, ok := e.Attr(vocab.Location, ""); ok && i.Kind == entity.GeoProperty && len(i.Value) > 0 && i.Value[0] == '{' {
		b = append(b, i.Value...)
	} else {
		b = append(b, "null"...)
	}
	b = jsontree.AppendString(append(b, `,"properties":{"type":`...), w.short(e.Types[0]))
	var newest entity.Instant
	for k := range e.Attrs {
		i := &e.Attrs[k]
		newest = max(newest, i.ObservedAt)
		if i.Name == vocab.Location || i.Dataset != "" || len(i.Value) == 0 {
			continue
		}
		b = append(jsontree.AppendString(append(b, ','), w.short(i.Name)), ':')
		b = append(b, i.Value...)
	}
	if newest != 0 {
		b = append(newest.Append(append(b, `,"observedAt":"`...)), '"')
	}
	b = append(b, "}}"...)
	w.buf = b
	_, err := w.w.Write(b)
	return err
}

// Close ends the collection; it does not close what is written to.
func (w *Writer) Close() error {
	_, err := io.WriteString(w.w, "\n]}\n")
	return err
}
