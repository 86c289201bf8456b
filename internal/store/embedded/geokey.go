package embedded

import (
	"encoding/binary"
	"math"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/query"
)

// geoKeys appends the keys by which e is found by place: one for each of its
// types, of its GeoProperties and of the cells that cover the geometry. The
// value of a Point is the point itself, so that a query need not read the
// entity to pass it over.
func (s *Store) geoKeys(out []indexKey, sp space, e *entity.Entity, types []uint32) []indexKey {
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Kind != entity.GeoProperty {
			continue
		}
		g, ok := query.GeometryOf(a)
		if !ok {
			continue // no geometry: no predicate can match it
		}
		attr, ok := s.names.find(string(a.Name))
		if !ok {
			continue
		}
		value := ""
		// With several instances one key could stand for two points.
		if p, ok := g.IsPoint(); ok && instancesOf(e, a.Name) == 1 {
			value = string(pointValue(p))
		}
		for _, cell := range g.Cells() {
			for _, t := range types {
				out = append(out, indexKey{string(sp.geoKey(t, attr, cell, e.Number)), value})
			}
		}
	}
	return out
}

func instancesOf(e *entity.Entity, n entity.Name) int {
	k := 0
	for i := range e.Attrs {
		if e.Attrs[i].Name == n {
			k++
		}
	}
	return k
}

func pointValue(p geo.Point) []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 16), math.Float64bits(p.Lon))
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(p.Lat))
}

// pointOf reads what pointValue gave; false for what is no point.
func pointOf(v []byte) (geo.Geometry, bool) {
	if len(v) != 16 {
		return geo.Geometry{}, false
	}
	g, err := geo.NewPoint(geo.Point{
		Lon: math.Float64frombits(binary.LittleEndian.Uint64(v)),
		Lat: math.Float64frombits(binary.LittleEndian.Uint64(v[8:])),
	})
	return g, err == nil
}
