package geo

import (
	"math"
	"testing"
)

// CIM 009, 4.23.1.
func TestHaversine(t *testing.T) {
	parse := func(kind, coords string) Geometry {
		g, err := ParseCoordinates(kind, []byte(coords))
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	const degree = meanRadius * radian
	for _, tt := range []struct {
		kindA, a, kindB, b string
		want               float64
	}{
		{"Point", "[0,0]", "Point", "[0,1]", degree}, // on the ellipsoid it is shorter
		{"Point", "[0,0]", "Point", "[1,0]", degree},
		{"Point", "[179.5,0]", "Point", "[-179.5,0]", degree},
		{"Point", "[4,50]", "Point", "[4,50]", 0},
		{"Point", "[0,1]", "LineString", "[[-5,0],[5,0]]", degree},
		{"LineString", "[[-5,0],[5,0]]", "Point", "[6,0]", degree},
		{"LineString", "[[-5,0],[5,0]]", "LineString", "[[0,-1],[0,1]]", 0},
		{"Polygon", "[[[-1,-1],[1,-1],[1,1],[-1,1],[-1,-1]]]", "Point", "[0.5,0.5]", 0},
		{"Polygon", "[[[-1,-1],[1,-1],[1,1],[-1,1],[-1,-1]]]", "Point", "[2,0]", degree},
		{"MultiPoint", "[[10,0],[0,2]]", "MultiPoint", "[[0,0],[80,80]]", 2 * degree},
		{"Point", "[0,0]", "Point", "[180,0]", math.Pi * meanRadius},
	} {
		a, b := parse(tt.kindA, tt.a), parse(tt.kindB, tt.b)
		for _, got := range []float64{a.Haversine(b), b.Haversine(a)} {
			if math.Abs(got-tt.want) > 1e-6*degree {
				t.Errorf("%s %s to %s %s: %v, want %v", tt.kindA, tt.a, tt.kindB, tt.b, got, tt.want)
			}
		}
	}
	if d := (Geometry{}).Haversine(parse("Point", "[0,0]")); !math.IsInf(d, 1) {
		t.Errorf("from nowhere: %v", d)
	}
}
