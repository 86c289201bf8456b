package format

import (
	"strings"

	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// WKT gives a geometry as well-known text: its coordinates as GeoJSON
// nests them, with other brackets.
func WKT(g geo.Geometry) string {
	n, err := jsontree.Parse(g.AppendCoordinates(nil), jsontree.Limits{})
	if err != nil {
		return ""
	}
	b := append([]byte(strings.ToUpper(g.Type())), ' ')
	if g.Type() == "MultiPoint" {
		return string(appendNested(b, n, true))
	}
	return string(appendNested(b, n, false))
}

func appendNested(b []byte, n jsontree.Node, points bool) []byte {
	if n.Len() > 0 && n.Item(0).Kind() == jsontree.Number {
		if points {
			b = append(b, '(')
		}
		b = append(append(append(b, n.Item(0).Literal()...), ' '), n.Item(1).Literal()...)
		if points {
			b = append(b, ')')
		}
		return b
	}
	b = append(b, '(')
	for i, item := range n.Items() {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendNested(b, item, points)
	}
	return append(b, ')')
}
