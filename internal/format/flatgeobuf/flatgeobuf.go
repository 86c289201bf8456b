// Package flatgeobuf writes entities as a FlatGeobuf 3 file: typed columns by
// format.Table, one feature an entity.
//
// It is for map programs: QGIS, GDAL and browsers open it. What always holds:
// features are written one after the other and none is kept, so the file has
// no spatial index and its header says neither how many there are nor where;
// the format allows all three. What the file says of itself is JSON in the
// header's metadata.
package flatgeobuf

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/query"
)

// MediaType is the usual one; it is in no register.
const MediaType = "application/flatgeobuf"

// magic begins a file: version 3.0.
const magic = "fgb\x03fgb\x00"

// Types of columns (header.fbs).
const (
	boolColumn     = 2
	doubleColumn   = 10
	stringColumn   = 11
	jsonColumn     = 12
	dateTimeColumn = 13
)

// Types of geometries (header.fbs).
const (
	unknownType = iota
	pointType
	lineStringType
	polygonType
	multiPointType
	multiLineStringType
	multiPolygonType
	collectionType
)

// Writer writes one file. Use New, Write for each entity, then Close.
type Writer struct {
	w     io.Writer
	table *format.Table
	buf   buffer
	props []byte
}

// New begins a file. The columns are id, type, one an attribute of columns,
// observedAt and others (JSON: what fits no column).
func New(w io.Writer, a format.About, columns []format.Column, typ func(entity.Name) string) (*Writer, error) {
	out := &Writer{w: w, table: format.NewTable(columns, typ)}
	if len(out.table.Columns()) > math.MaxUint16 {
		return nil, fmt.Errorf("FlatGeobuf numbers columns with 16 bits, and there are %d", len(out.table.Columns()))
	}
	if _, err := io.WriteString(w, magic); err != nil {
		return nil, fmt.Errorf("write FlatGeobuf: %w", err)
	}
	if _, err := w.Write(out.header(&a, columns)); err != nil {
		return nil, fmt.Errorf("write the header of FlatGeobuf: %w", err)
	}
	return out, nil
}

func (g *Writer) header(a *format.About, columns []format.Column) []byte {
	w := &g.buf
	w.start()
	// geometry_type is left out: it is 0, each feature has its own.
	// index_node_size is 0: there is no index.
	at := w.table(4, slot{number: 0, size: 4}, slot{number: 7, size: 4}, slot{number: 10, size: 4}, slot{number: 11, size: 4}, slot{number: 12, size: 4}, slot{number: 13, size: 4}, slot{number: 9, size: 2})
	w.text(at[0], "dataset")
	list := g.table.Columns()
	for i, ref := range w.refs(at[1], len(list)) {
		c := list[i]
		slots := []slot{{number: 0, size: 4}, {number: 1, size: 1, value: columnType(c.Sort)}}
		if i < 2 {
			slots = append(slots, slot{number: 7, size: 1}) // nullable is false
		}
		if c.Name != "" {
			slots = append([]slot{{number: 3, size: 4}}, slots...)
		}
		places := w.table(ref, slots...)
		if c.Name != "" {
			w.text(places[0], string(c.Name))
			places = places[1:]
		}
		w.text(places[0], c.Head)
	}
	crs := w.table(at[2], slot{number: 0, size: 4}, slot{number: 1, size: 4, value: 4326}, slot{number: 2, size: 4})
	w.text(crs[0], "EPSG")
	w.text(crs[2], "WGS 84")
	w.text(at[3], a.Title)
	w.text(at[4], a.Note)
	members := a.AppendMembers([]byte("{"), columns)
	w.text(at[5], "{"+string(members[2:])+"}") // without the first comma
	return w.finish()
}

func columnType(s format.Sort) uint32 {
	switch s {
	case format.NumberSort:
		return doubleColumn
	case format.BooleanSort:
		return boolColumn
	case format.JSONSort:
		return jsonColumn
	case format.TimeSort:
		return dateTimeColumn
	}
	return stringColumn
}

// Write adds one entity. One without a location has the empty collection: the
// format allows none at all, but its library for browsers stops at such.
func (g *Writer) Write(e *entity.Entity) error {
	shape := geo.Geometry{}
	if at, ok := e.Attr(query.LocationName, ""); ok {
		shape, _ = query.GeometryOf(at)
	}
	g.properties(e)
	w := &g.buf
	w.start()
	at := w.table(4, slot{number: 1, size: 4}, slot{number: 0, size: 4})
	if shape.IsZero() {
		parts := w.table(at[1], slot{number: 7, size: 4}, slot{number: 6, size: 1, value: collectionType})
		w.refs(parts[0], 0)
	} else {
		g.geometry(at[1], shape)
	}
	w.bytes(at[0], g.props)
	if _, err := g.w.Write(w.finish()); err != nil {
		return fmt.Errorf("write a feature of FlatGeobuf: %w", err)
	}
	return nil
}

// properties fills props: the number of a column and its value, for each that
// is not null.
func (g *Writer) properties(e *entity.Entity) {
	b := g.props[:0]
	columns := g.table.Columns()
	for i, c := range g.table.Row(e) {
		if !c.Set {
			continue
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(i))
		switch columns[i].Sort {
		case format.NumberSort:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.Number))
		case format.BooleanSort:
			v := byte(0)
			if c.Bool {
				v = 1
			}
			b = append(b, v)
		case format.TimeSort:
			b = appendText(b, c.Time.String())
		default:
			b = appendText(b, c.Text)
		}
	}
	g.props = b
}

func appendText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
}

// run is some lines or rings.
type run [][]geo.Point

// geometry writes shape at ref: a multipolygon as its parts, all else as
// positions one after the other and, where there are several lines or rings,
// where each ends.
func (g *Writer) geometry(ref int, shape geo.Geometry) {
	var polygons []run
	last := -1
	for p, pts := range shape.Parts() {
		if len(polygons) == 0 || shape.Kind() == geo.MultiPolygonKind && p.Polygon != last {
			polygons = append(polygons, nil)
		}
		last = p.Polygon
		polygons[len(polygons)-1] = append(polygons[len(polygons)-1], pts)
	}
	kind := map[geo.Kind]uint32{geo.PointKind: pointType, geo.MultiPointKind: multiPointType, geo.LineStringKind: lineStringType,
		geo.MultiLineStringKind: multiLineStringType, geo.PolygonKind: polygonType, geo.MultiPolygonKind: multiPolygonType}[shape.Kind()]
	if kind != multiPolygonType {
		g.positions(ref, kind, polygons[0])
		return
	}
	at := g.buf.table(ref, slot{number: 7, size: 4}, slot{number: 6, size: 1, value: kind})
	for i, part := range g.buf.refs(at[0], len(polygons)) {
		g.positions(part, polygonType, polygons[i])
	}
}

func (g *Writer) positions(ref int, kind uint32, lines run) {
	w := &g.buf
	ends := len(lines) > 1 && kind != multiPointType
	slots := []slot{{number: 1, size: 4}}
	if ends {
		slots = append(slots, slot{number: 0, size: 4})
	}
	at := w.table(ref, append(slots, slot{number: 6, size: 1, value: kind})...)
	if ends {
		w.numbers(at[1], len(lines), 4)
		end := 0
		for _, l := range lines {
			end += len(l)
			w.b = binary.LittleEndian.AppendUint32(w.b, uint32(end))
		}
	}
	n := 0
	for _, l := range lines {
		n += len(l)
	}
	w.numbers(at[0], 2*n, 8)
	for _, l := range lines {
		for _, p := range l {
			w.double(p.Lon)
			w.double(p.Lat)
		}
	}
}

// Close ends the file, which needs no end.
func (g *Writer) Close() error { return nil }
