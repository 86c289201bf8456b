package sheet

import (
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// readGeoJSON reads a FeatureCollection (RFC 7946, 3.3): properties become
// columns in the order in which they are met, geometries stay beside them.
func readGeoJSON(data []byte) (*Table, error) {
	n, err := jsontree.Parse(data, jsontree.Limits{MaxBytes: len(data), MaxDepth: 32})
	if err != nil {
		return nil, problem.Wrap(problem.BadRequestData, err, "the file begins like JSON and cannot be read: %v", err)
	}
	features, ok := n.Get("features")
	if typ, _ := n.Get("type"); typ.Str() != "FeatureCollection" || !ok {
		return nil, problem.New(problem.BadRequestData, "the JSON is no GeoJSON FeatureCollection: it needs \"type\": \"FeatureCollection\" and \"features\"")
	}
	t := &Table{Kind: "geojson"}
	at := map[string]int{}
	for i, f := range features.Items() {
		if i >= MaxRows {
			return nil, problem.New(problem.BadRequestData, "the file has more than %d features: split it, or connect it as a source", MaxRows)
		}
		row := make([]string, len(t.Heads), len(t.Heads)+4)
		put := func(name, value string) error {
			j, known := at[name]
			if !known {
				if j = len(t.Heads); j >= MaxColumns {
					return problem.New(problem.BadRequestData, "feature %d brings property number %d; at most %d can be taken", i+1, j+1, MaxColumns)
				}
				at[name] = j
				t.Heads, row = append(t.Heads, name), append(row, "")
			}
			row[j] = value
			return nil
		}
		if id, ok := f.Get("id"); ok {
			if err := put("id", scalar(id)); err != nil {
				return nil, err
			}
		}
		properties, _ := f.Get("properties")
		for name, v := range properties.Members() {
			if _, both := f.Get("id"); both && name == "id" {
				name = "id 2"
			}
			if err := put(name, scalar(v)); err != nil {
				return nil, err
			}
		}
		shape := ""
		if g, ok := f.Get("geometry"); ok && g.Kind() != jsontree.Null {
			if _, err := geo.ParseGeoJSON(g); err != nil {
				return nil, problem.New(problem.BadRequestData, "feature %d: %s", i+1, problem.DetailOf(err))
			}
			shape = string(g.Append(nil))
		}
		t.Rows, t.Lines, t.Shapes = append(t.Rows, row), append(t.Lines, i+1), append(t.Shapes, shape)
	}
	for i, row := range t.Rows { // properties that came later
		for len(row) < len(t.Heads) {
			row = append(row, "")
		}
		t.Rows[i] = row
	}
	if len(t.Rows) == 0 {
		return nil, problem.New(problem.BadRequestData, "the FeatureCollection has no features")
	}
	return t, nil
}

// scalar gives a property as a cell; what is no scalar stays JSON.
func scalar(n jsontree.Node) string {
	switch n.Kind() {
	case jsontree.Null:
		return ""
	case jsontree.String:
		return n.Str()
	}
	return string(n.Append(nil))
}
