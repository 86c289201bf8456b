package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

func parseText(s string) (Geometry, error) {
	n, err := jsontree.Parse([]byte(s), jsontree.Limits{})
	if err != nil {
		return Geometry{}, err
	}
	return ParseGeoJSON(n)
}

func mustGeo(t testing.TB, s string) Geometry {
	t.Helper()
	g, err := parseText(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return g
}

func TestParseGeoJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"type":"Point","coordinates":[3.0635,50.6367]}`:                                                                                         "",
		`{"type":"Point","coordinates":[3.0635,50.6367,21.5]}`:                                                                                    `{"type":"Point","coordinates":[3.0635,50.6367]}`,
		`{"type":"Point","coordinates":[-0,1e1],"bbox":[0,0,1,1],"foreign":true}`:                                                                 `{"type":"Point","coordinates":[0,10]}`,
		`{"type":"Point","coordinates":[180,-90]}`:                                                                                                "",
		`{"coordinates":[[1,2],[3,4]],"type":"MultiPoint"}`:                                                                                       `{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}`,
		`{"type":"LineString","coordinates":[[1,2],[3,4.00000000001]]}`:                                                                           "",
		`{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8],[9,10]]]}`:                                                           "",
		`{"type":"MultiLineString","coordinates":[[[1,2],[3,4]]]}`:                                                                                "",
		`{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,0]]]}`:                                                                            "",
		`{"type":"Polygon","coordinates":[[[0,0],[4,4],[4,0],[0,4],[0,0]]]}`:                                                                      "",
		`{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]],[[3,1],[4,1],[4,2],[3,1]]]}`:                                                  "",
		`{"type":"MultiPolygon","coordinates":[[[[0,0],[4,0],[4,4],[0,0]]],[[[10,0],[14,0],[14,4],[10,0]],[[11,0.5],[12,0.5],[12,1],[11,0.5]]]]}`: "",
		`{"type":"MultiPolygon","coordinates":[[[[0,0],[4,0],[4,4],[0,0]]]]}`:                                                                     "",
		`{"type":"Point","coordinates":[1,2],"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}}`:                        `{"type":"Point","coordinates":[1,2]}`,
	} {
		if want == "" {
			want = in
		}
		g, err := parseText(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := string(g.AppendGeoJSON(nil)); got != want {
			t.Errorf("%s comes back as %s", in, got)
		}
		b := g.AppendBinary([]byte("x"))
		h, rest, err := ParseBinary(append(b[1:], "rest"...))
		if err != nil || !reflect.DeepEqual(g, h) || string(rest) != "rest" {
			t.Errorf("%s: stored and read: %v, rest %q, %v", in, h, rest, err)
		}
	}
}

func TestParseGeoJSONRefuses(t *testing.T) {
	many := strings.Repeat("[1,2],", MaxVertices) + "[1,2]"
	for in, says := range map[string]string{
		`7`:                                    "not a number",
		`{}`:                                   "type",
		`{"type":5,"coordinates":[1,2]}`:       "type",
		`{"type":"point","coordinates":[1,2]}`: "upper and lower case",
		`{"type":"GeometryCollection","geometries":[]}`:                                                "GeometryCollection is not allowed",
		`{"type":"Feature","geometry":null}`:                                                           "Feature is not allowed",
		`{"type":"Point"}`:                                                                             "coordinates",
		`{"type":"Point","coordinates":null}`:                                                          "coordinates: a position",
		`{"type":"Point","coordinates":[1]}`:                                                           "coordinates: a position",
		`{"type":"Point","coordinates":[1,2,3,4]}`:                                                     "coordinates: a position",
		`{"type":"Point","coordinates":["1",2]}`:                                                       "coordinates[0]: expected a finite number",
		`{"type":"Point","coordinates":[1,1e999]}`:                                                     "coordinates[1]: expected a finite number",
		`{"type":"Point","coordinates":[1,2,null]}`:                                                    "coordinates[2]: expected a finite number",
		`{"type":"Point","coordinates":[180.0001,2]}`:                                                  "longitude 180.0001",
		`{"type":"Point","coordinates":[50.6,93]}`:                                                     "swapped",
		`{"type":"Point","coordinates":[1,-90.5]}`:                                                     "latitude -90.5",
		`{"type":"MultiPoint","coordinates":[]}`:                                                       "coordinates: expected an array of positions",
		`{"type":"MultiPoint","coordinates":[[1,2],[3]]}`:                                              "coordinates[1]: a position",
		`{"type":"LineString","coordinates":[[1,2]]}`:                                                  "two positions",
		`{"type":"MultiLineString","coordinates":[[[1,2],[1,3]],[[1,2]]]}`:                             "coordinates[1]: a line",
		`{"type":"MultiLineString","coordinates":[[1,2],[1,3]]}`:                                       "coordinates[0][0]: a position",
		`{"type":"Polygon","coordinates":[]}`:                                                          "coordinates: expected an array of rings",
		`{"type":"Polygon","coordinates":[[]]}`:                                                        "coordinates[0]: expected an array of positions",
		`{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}`:                                       "coordinates[0]: a ring needs at least four",
		`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}`:                                 "coordinates[0]: the ring is not closed",
		`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,"x"]]]}`:                               "coordinates[0][3][1]: expected",
		`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[200,1],[0,0]]]}`:                         "coordinates[0][3]: longitude 200",
		`{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[]]]}`:                     "coordinates[1][0]: expected",
		`{"type":"Point","coordinates":[1,2],"crs":{"type":"name","properties":{"name":"EPSG:2154"}}}`: "crs",
		`{"type":"MultiPoint","coordinates":[` + many + `]}`:                                           "100000 positions",
	} {
		g, err := parseText(in)
		if !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), says) {
			t.Errorf("%.100s: %v, %v; want an error that says %q", in, g.Type(), err, says)
		}
	}
}

func TestParseCoordinates(t *testing.T) {
	g, err := ParseCoordinates("Polygon", []byte(" [[[0,0],[4,0],[4,4],[0,0]]]"))
	if err != nil || g.Type() != "Polygon" || g.Bounds() != (Rect{0, 0, 4, 4}) {
		t.Errorf("%v, %v", g, err)
	}
	for _, c := range [][2]string{{"polygon", "[[[0,0],[4,0],[4,4],[0,0]]]"}, {"Point", "[1,2"}, {"Point", "1,2"}, {"Point", ""}, {"", "[1,2]"}, {"Point", `{"a":1}`}} {
		if _, err := ParseCoordinates(c[0], []byte(c[1])); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestConstructors(t *testing.T) {
	if _, err := NewPoint(Point{math.NaN(), 3}); !problem.Is(err, problem.BadRequestData) {
		t.Error("a Point at NaN")
	}
	if _, err := NewLine([]Point{{1, 2}}); !problem.Is(err, problem.BadRequestData) {
		t.Error("a line of one position")
	}
	if _, err := NewPolygon(); !problem.Is(err, problem.BadRequestData) {
		t.Error("a polygon without rings")
	}
	if _, err := NewPolygon([]Point{{0, 0}, {1, 0}, {1, 1}, {0, 0}}, []Point{{0, 0}}); !problem.Is(err, problem.BadRequestData) {
		t.Error("a hole of one position")
	}
	pts := []Point{{1, 2}, {3, 4}}
	g, err := NewLine(pts)
	pts[0].Lon = 99
	if err != nil || string(g.AppendGeoJSON(nil)) != `{"type":"LineString","coordinates":[[1,2],[3,4]]}` {
		t.Errorf("%s, %v", g.AppendGeoJSON(nil), err)
	}
	if g := FromRect(Rect{170, -10, -170, 10}); g.Type() != "MultiPolygon" || g.Bounds() != (Rect{-180, -10, 180, 10}) {
		t.Errorf("%s", g.AppendGeoJSON(nil))
	}
	if g := FromRect(EmptyRect()); !g.IsZero() || string(g.AppendGeoJSON(nil)) != "null" {
		t.Errorf("%s", g.AppendGeoJSON(nil))
	}
}

func TestStoredFormIsLossless(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 2000 {
		g := randomGeometry(r, 50)
		scale := []float64{1, 1e-7, 0.1, math.Pi / 3, 1e-12}[i%5]
		for k := range g.pts {
			g.pts[k].Lon *= scale
			g.pts[k].Lat *= scale
			if i%5 == 2 {
				g.pts[k].Lon = math.Round(g.pts[k].Lon*1e7) / 1e7
			}
		}
		g.finish()
		h, rest, err := ParseBinary(g.AppendBinary(nil))
		if err != nil || len(rest) != 0 || !reflect.DeepEqual(g, h) {
			t.Fatalf("%s comes back as %s: %v", g.AppendGeoJSON(nil), h.AppendGeoJSON(nil), err)
		}
	}
	g := mustGeo(t, `{"type":"Point","coordinates":[3.0635123,50.6367123]}`)
	if n := len(g.AppendBinary(nil)); n > 12 {
		t.Errorf("a point with seven decimals takes %d bytes", n)
	}
}

func FuzzParseGeoJSON(f *testing.F) {
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,0]]]}`))
	f.Add([]byte(`{"type":"MultiPolygon","coordinates":[[[[0,0],[4,4],[4,0],[0,4],[0,0]]],[[[-180,90],[180,90],[180,-90],[-180,90]]]]}`))
	f.Add([]byte(`{"type":"LineString","coordinates":[[179.9,89.9],[-179.9,-89.9,7]]}`))
	f.Add([]byte(`{"type":"MultiPoint","coordinates":[[1,2],[1,2]]}`))
	ref := mustGeo(f, `{"type":"Polygon","coordinates":[[[0,0],[40,40],[40,0],[0,40],[0,0]]]}`)
	at := mustGeo(f, `{"type":"Point","coordinates":[179.95,0]}`)
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := jsontree.Parse(b, jsontree.Limits{})
		if err != nil {
			return
		}
		g, err := ParseGeoJSON(n)
		if err != nil {
			if !problem.Is(err, problem.BadRequestData) {
				t.Fatalf("unclassified: %v", err)
			}
			return
		}
		printed := g.AppendGeoJSON(nil)
		if h, err := parseText(string(printed)); err != nil || !reflect.DeepEqual(g, h) {
			t.Fatalf("%s parses to %v, %v", printed, h, err)
		}
		if h, _, err := ParseBinary(g.AppendBinary(nil)); err != nil || !reflect.DeepEqual(g, h) {
			t.Fatalf("%s stored and read: %v, %v", printed, h, err)
		}
		cells := g.Cells()
		if len(cells) == 0 || len(cells) > MaxCells {
			t.Fatalf("%s has %d cells", printed, len(cells))
		}
		preds := []Predicate{must(Near(at, 0, 100_000))}
		for _, op := range planar {
			preds = append(preds, must(NewPredicate(Relation{Op: op}, ref)))
		}
		for _, p := range preds {
			c, ok := p.Covering(12)
			if p.Match(g) && ok && !anyIn(c, cells) {
				t.Fatalf("%s: %v matches, but the covering misses it", printed, p.Relation())
			}
		}
		if self := must(NewPredicate(Relation{Op: OpEquals}, g)); !self.Match(g) {
			t.Fatalf("%s does not equal itself", printed)
		}
		if a := g.Area(); !(a >= 0) || math.IsInf(a, 0) {
			t.Fatalf("%s has area %v", printed, a)
		}
		if why := g.Centroid().check(); why != "" {
			t.Fatalf("%s has its middle at %v: %s", printed, g.Centroid(), why)
		}
	})
}

func FuzzParseBinary(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		f.Add(randomGeometry(r, 50).AppendBinary(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		g, _, err := ParseBinary(b)
		if err != nil {
			return
		}
		if h, _, err := ParseBinary(g.AppendBinary(nil)); err != nil || !reflect.DeepEqual(g, h) {
			t.Fatalf("%v: %v, %v", g, h, err)
		}
	})
}

func FuzzParseRelation(f *testing.F) {
	f.Add("near;maxDistance==2000")
	f.Add("within")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRelation(s)
		if err != nil {
			if !problem.Is(err, problem.BadRequestData) {
				t.Fatalf("unclassified: %v", err)
			}
			return
		}
		if q, err := ParseRelation(r.String()); err != nil || q != r {
			t.Fatalf("%q prints as %q, which is %v, %v", s, r, q, err)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func anyIn(c Covering, cells []uint64) bool {
	for _, x := range cells {
		if c.Contains(x) {
			return true
		}
	}
	return false
}

func TestParseRelation(t *testing.T) {
	inf := math.Inf(1)
	for in, want := range map[string]Relation{
		"near;maxDistance==2000": {OpNear, 0, 2000},
		"near;minDistance==10.5": {OpNear, 10.5, inf},
		"near;maxDistance==1e+3": {OpNear, 0, 1000},
		"within":                 {Op: OpWithin, MaxM: inf},
		"disjoint":               {Op: OpDisjoint, MaxM: inf},
		"intersects":             {Op: OpIntersects, MaxM: inf},
	} {
		if got, err := ParseRelation(in); err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "near", "near;", "Near;maxDistance==1", "near;maxDistance=1", "near;maxDistance==0", "near;maxDistance==-1",
		"near;maxDistance==NaN", "near;maxDistance==Inf", "near;maxDistance==1e999", "near;maxDistance==0x10", "near;maxDistance==1;maxDistance==2",
		"near;minDistance==5;maxDistance==2", "near;maxDistance==20;minDistance==10", "near;maxDistance==1e999", "near;maxDistance==0x10", "near;maxDistance==05", "near;maxDistance==.5", "within;maxDistance==3", "touches", "near;distance==3", "near;maxDistance==1;"} {
		if got, err := ParseRelation(in); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	p, _ := NewPoint(Point{1, 2})
	for _, r := range []Relation{{}, {Op: 99}, {OpNear, -1, 5}, {OpNear, 5, 1}, {OpNear, math.NaN(), 5}, {OpNear, 1, math.NaN()}} {
		if _, err := NewPredicate(r, p); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%v: %v", r, err)
		}
	}
	if _, err := NewPredicate(Relation{Op: OpWithin}, Geometry{}); !problem.Is(err, problem.BadRequestData) {
		t.Errorf("empty reference: %v", err)
	}
	var zero Predicate
	if zero.Match(p) || must(NewPredicate(Relation{Op: OpDisjoint}, p)).Match(Geometry{}) {
		t.Error("nothing matches something")
	}
}

func ExampleParseRelation() {
	r, err := ParseRelation("near;maxDistance==2000")
	fmt.Println(r, err)
	// Output: near;maxDistance==2000 <nil>
}
