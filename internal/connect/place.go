package connect

import (
	"errors"
	"fmt"

	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// position makes a WGS 84 position of what the source gives. If the mapping
// has bounds and only the exchanged axes lie within them, they are exchanged.
func (m *Mapping) position(x, y float64) (geo.Point, error) {
	p, err := geo.ToWGS84(m.epsg, x, y)
	if m.bounds == nil {
		return p, plain(err)
	}
	if err == nil && m.bounds.ContainsPoint(p) {
		return p, nil
	}
	if q, swapErr := geo.ToWGS84(m.epsg, y, x); swapErr == nil && m.bounds.ContainsPoint(q) {
		return q, nil
	}
	if err != nil {
		return p, plain(err)
	}
	return p, fmt.Errorf("the position %v, %v lies outside the bounds of the source, and so it does with its axes exchanged", x, y)
}

// plain gives the detail of a problem alone.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(detailOf(err))
}

// pointValue gives the GeoJSON of a point, nil if a part of it is missing.
func (m *Mapping) pointValue(x, y jsontree.Node) ([]byte, error) {
	if x.IsNull() || y.IsNull() {
		return nil, nil
	}
	fx, okX := nodeNumber(x)
	fy, okY := nodeNumber(y)
	if !okX || !okY {
		return nil, fmt.Errorf("a point is made of two numbers, not of %s and %s", shorten(x.String()), shorten(y.String()))
	}
	p, err := m.position(fx, fy)
	if err != nil {
		return nil, err
	}
	g, err := geo.NewPoint(p)
	if err != nil {
		return nil, plain(err)
	}
	return g.AppendGeoJSON(nil), nil
}

// nodeNumber reads a number, also from a text.
func nodeNumber(n jsontree.Node) (float64, bool) {
	if n.Kind() == jsontree.String {
		return asNumber(n.Str())
	}
	return n.Float()
}

// geometryValue gives the GeoJSON of a geometry, of the geometry of a Feature,
// or of the JSON text of either; nil if there is none.
func (m *Mapping) geometryValue(n jsontree.Node) ([]byte, error) {
	n = opened(n)
	if t, _ := n.Get("type"); t.Str() == "Feature" {
		g, _ := n.Get("geometry")
		n = opened(g)
	}
	if n.IsNull() {
		return nil, nil
	}
	c, ok := n.Get("coordinates")
	t, _ := n.Get("type")
	if !ok || t.Kind() != jsontree.String {
		return nil, fmt.Errorf("a geometry of GeoJSON is needed, not %s", shorten(n.String()))
	}
	moved, err := m.move(c, 0)
	if err != nil {
		return nil, err
	}
	g, err := geo.ParseGeoJSON(jsontree.ObjectNode([]jsontree.Member{{Name: "type", Value: t}, {Name: "coordinates", Value: moved}}))
	if err != nil {
		return nil, plain(err)
	}
	return g.AppendGeoJSON(nil), nil
}

// move transforms all positions in a tree of coordinates. A third number,
// the height, is left out: it is not in metres above the ellipsoid.
func (m *Mapping) move(c jsontree.Node, depth int) (jsontree.Node, error) {
	if c.Kind() != jsontree.Array || depth > 4 {
		return c, errors.New("the coordinates are not lists of positions")
	}
	if c.Len() >= 2 && c.Item(0).Kind() == jsontree.Number && c.Item(1).Kind() == jsontree.Number {
		x, okX := c.Item(0).Float()
		y, okY := c.Item(1).Float()
		if !okX || !okY {
			return c, errors.New("a coordinate is too large")
		}
		p, err := m.position(x, y)
		if err != nil {
			return c, err
		}
		if m.epsg == 4326 && p.Lon == x && p.Lat == y {
			return jsontree.ArrayNode([]jsontree.Node{c.Item(0), c.Item(1)}), nil
		}
		lon, _ := jsontree.FloatNode(p.Lon)
		lat, _ := jsontree.FloatNode(p.Lat)
		return jsontree.ArrayNode([]jsontree.Node{lon, lat}), nil
	}
	out := make([]jsontree.Node, 0, c.Len())
	for _, v := range c.Items() {
		w, err := m.move(v, depth+1)
		if err != nil {
			return c, err
		}
		out = append(out, w)
	}
	return jsontree.ArrayNode(out), nil
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
