// Package geoparquet writes entities as a GeoParquet 1.1 file: typed columns
// by format.Table, and geometry as well-known binary.
//
// It is for analysts: DuckDB, GeoPandas and QGIS open it. What always holds:
// the rows of a group are written before the next is begun, so that a file of
// any length takes the memory of one group and what its footer says of each;
// what the file says of itself stands as key and value in the footer.
package geoparquet

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/query"
)

// MediaType is that of Parquet, as IANA has registered it.
const MediaType = "application/vnd.apache.parquet"

// When a group of rows is full.
const (
	groupRows  = 5000
	groupBytes = 8 << 20 // of geometries and texts
)

// geometryColumn is the name of the primary column.
const geometryColumn = "geometry"

// Writer writes one file. Use New, Write for each entity, then Close: without
// it the file has no footer and no reader takes it.
type Writer struct {
	w     *parquet.GenericWriter[any]
	table *format.Table
	about format.About
	units []byte
	row   parquet.Row
	rows  int // in the group
	bytes int // in the group
	box   geo.Rect
	kinds map[string]bool
}

// New begins a file. The columns are id, type, one an attribute of columns,
// observedAt (microseconds, UTC), others (JSON: what fits no column) and
// geometry; all but the first two may be null.
func New(w io.Writer, a format.About, columns []format.Column, typ func(entity.Name) string) (*Writer, error) {
	out := &Writer{table: format.NewTable(columns, typ), about: a, box: geo.EmptyRect(), kinds: map[string]bool{}}
	root := &group{}
	for i, c := range out.table.Columns() {
		node := nodeOf(c.Sort)
		if i > 1 {
			node = parquet.Optional(node)
		}
		root.fields = append(root.fields, &field{node, c.Head})
		if c.Unit != "" {
			out.units = append(out.units, ',')
			out.units = append(jsontree.AppendString(out.units, c.Head), ':')
			out.units = jsontree.AppendString(out.units, c.Unit)
		}
	}
	root.fields = append(root.fields, &field{parquet.Optional(parquet.Leaf(parquet.ByteArrayType)), geometryColumn})
	config, err := parquet.NewWriterConfig(parquet.NewSchema("dataset", root), parquet.Compression(&parquet.Snappy), parquet.CreatedBy("beffroi", "1", "0"))
	if err != nil {
		return nil, fmt.Errorf("settings of the Parquet writer: %w", err)
	}
	out.w = parquet.NewGenericWriter[any](w, config)
	return out, nil
}

func nodeOf(s format.Sort) parquet.Node {
	switch s {
	case format.NumberSort:
		return parquet.Leaf(parquet.DoubleType)
	case format.BooleanSort:
		return parquet.Leaf(parquet.BooleanType)
	case format.TimeSort:
		return parquet.Timestamp(parquet.Microsecond)
	}
	return parquet.String() // JSON too: many readers take its logical type for bytes
}

// Write adds one entity.
func (g *Writer) Write(e *entity.Entity) error {
	row := g.row[:0]
	columns := g.table.Columns()
	for i, c := range g.table.Row(e) {
		row = append(row, valueOf(columns[i].Sort, c).Level(0, level(i > 1 && c.Set), i))
		g.bytes += len(c.Text)
	}
	shape := geo.Geometry{}
	if at, ok := e.Attr(query.LocationName, ""); ok {
		shape, _ = query.GeometryOf(at)
	}
	if last := len(columns); shape.IsZero() {
		row = append(row, parquet.NullValue().Level(0, 0, last))
	} else {
		b := format.AppendWKB(nil, shape)
		row = append(row, parquet.ByteArrayValue(b).Level(0, 1, last))
		g.bytes += len(b)
		g.box = g.box.Union(shape.Bounds())
		g.kinds[shape.Type()] = true
	}
	g.row = row
	if _, err := g.w.WriteRows([]parquet.Row{row}); err != nil {
		return fmt.Errorf("write a row of Parquet: %w", err)
	}
	if g.rows++; g.rows < groupRows && g.bytes < groupBytes {
		return nil
	}
	g.rows, g.bytes = 0, 0
	if err := g.w.Flush(); err != nil {
		return fmt.Errorf("write a group of rows of Parquet: %w", err)
	}
	return nil
}

func level(defined bool) int {
	if defined {
		return 1
	}
	return 0
}

func valueOf(s format.Sort, c format.Cell) parquet.Value {
	switch {
	case !c.Set:
		return parquet.NullValue()
	case s == format.NumberSort:
		return parquet.DoubleValue(c.Number)
	case s == format.BooleanSort:
		return parquet.BooleanValue(c.Bool)
	case s == format.TimeSort:
		return parquet.Int64Value(int64(c.Time))
	}
	return parquet.ByteArrayValue([]byte(c.Text))
}

// Close writes the footer: what the file says of itself and of its geometries.
func (g *Writer) Close() error {
	a := &g.about
	valid := ""
	if !a.Valid.IsZero() {
		valid = a.Valid.String()
	}
	units := ""
	if len(g.units) > 0 {
		units = "{" + string(g.units[1:]) + "}"
	}
	for _, m := range [][2]string{{"geo", string(g.geo())}, {"title", a.Title}, {"publisher", a.Publisher}, {"license", a.Licence}, {"licenseUrl", a.LicenceURL}, {"source", a.Source},
		{"timeStamp", a.At.String()}, {"validAt", valid}, {"synthetic", strconv.FormatBool(a.Synthetic)}, {"note", a.Note}, {"units", units}} {
		if m[1] != "" {
			g.w.SetKeyValueMetadata(m[0], m[1])
		}
	}
	if err := g.w.Close(); err != nil {
		return fmt.Errorf("write the footer of Parquet: %w", err)
	}
	return nil
}

// geo gives the file metadata of GeoParquet 1.1. The coordinate system is left
// out: then it is OGC:CRS84, longitude first.
func (g *Writer) geo() []byte {
	b := []byte(`{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","geometry_types":[`)
	var kinds []string
	for k := range g.kinds {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	for i, k := range kinds {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsontree.AppendString(b, k)
	}
	b = append(b, ']')
	if !g.box.Empty() {
		b = append(b, `,"bbox":[`...)
		for i, f := range []float64{g.box.West, g.box.South, g.box.East, g.box.North} {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendFloat(b, f, 'f', -1, 64)
		}
		b = append(b, ']')
	}
	return append(b, "}}}"...)
}

// group is the root of a schema whose columns stand in the order given; the
// module's own sorts them by name and refuses commas in names, as it makes Go
// types of them.
type group struct {
	parquet.Group
	fields []parquet.Field
}

// Fields gives the columns in their order.
func (g *group) Fields() []parquet.Field { return g.fields }

// GoType gives an empty type: rows are never read by reflection.
func (g *group) GoType() reflect.Type { return reflect.TypeFor[struct{}]() }

// String gives the number of columns, for people.
func (g *group) String() string { return fmt.Sprintf("dataset of %d columns", len(g.fields)) }

type field struct {
	parquet.Node
	name string
}

// Name gives the heading of the column.
func (f *field) Name() string { return f.name }

// Value is for reading by reflection, which is never done.
func (f *field) Value(reflect.Value) reflect.Value { return reflect.Value{} }
