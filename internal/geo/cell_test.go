package geo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/golang/geo/s2"
)

// TestCoveringMissesNothing is the one promise that an index rests on.
func TestCoveringMissesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 15))
	found, tried := 0, 0
	for i := range 1000 {
		a, b := randomGeometry(r, 7), randomGeometry(r, 7)
		scale := []float64{1e-4, 1e-3, 0.1, 2, 25}[i%5]
		at := []Point{{3, 50}, {-180, 0}, {179.9, -16}, {0, 89}, {-75, -90}, {44.999, 35.26}}[i%6]
		for _, g := range []*Geometry{&a, &b} {
			for k := range g.pts {
				g.pts[k].Lon = min(max(at.Lon+g.pts[k].Lon*scale, -180), 180)
				g.pts[k].Lat = min(max(at.Lat+g.pts[k].Lat*scale, -90), 90)
			}
			g.finish()
		}
		cells := a.Cells()
		if len(cells) == 0 || len(cells) > MaxCells || !slices.IsSorted(cells) {
			t.Fatalf("%s has cells %v", a.AppendGeoJSON(nil), cells)
		}
		for _, op := range []Op{OpEquals, OpIntersects, OpWithin, OpContains, OpOverlaps} {
			p := must(NewPredicate(Relation{Op: op}, b))
			c, ok := p.Covering(1 + i%20)
			if !ok {
				t.Fatalf("%v has no covering", op)
			}
			tried++
			if !p.Match(a) {
				continue
			}
			found++
			if !anyIn(c, cells) {
				t.Fatalf("%s %v %s, but the covering misses it", a.AppendGeoJSON(nil), op, b.AppendGeoJSON(nil))
			}
		}
	}
	if found < tried/20 {
		t.Errorf("only %d of %d held", found, tried)
	}
	p := must(NewPredicate(Relation{Op: OpDisjoint}, house(Point{3, 50})))
	if _, ok := p.Covering(8); ok {
		t.Error("what is elsewhere has a covering")
	}
}

// TestCoveringIsTight sees that the index helps: far away is not looked at.
func TestCoveringIsTight(t *testing.T) {
	near := must(Near(must(NewPoint(Point{3.06, 50.63})), 0, 500))
	within := must(NewPredicate(Relation{Op: OpWithin}, circle(Point{3.06, 50.63}, 0.005, 40)))
	for _, p := range []Predicate{near, within} {
		c, ok := p.Covering(16)
		if !ok {
			t.Fatal("no covering")
		}
		hits := 0
		for i := range 200 {
			for k := range 200 {
				if c.Contains(CellID(Point{2.96 + float64(i)*0.001, 50.53 + float64(k)*0.001})) {
					hits++
				}
			}
		}
		if hits > 600 { // of 40,000; about 110 lie in the circle
			t.Errorf("%v: %d of 40,000 positions are looked at", p.Relation(), hits)
		}
	}
	diagonal := must(NewLine([]Point{{3, 50}, {3.2, 50.2}}))
	area := 0.0
	for _, c := range diagonal.Cells() {
		area += s2.CellFromCellID(s2.CellID(c)).ApproxArea() * 6371e3 * 6371e3
	}
	if box := FromRect(diagonal.Bounds()).Area(); area > 0.6*box {
		t.Errorf("the cells of a diagonal take %.0f of its box's %.0f m²", area, box)
	}
}

func TestCellIDLevel(t *testing.T) {
	for _, p := range []Point{{0, 0}, {180, 0}, {-180, 0}, {0, 90}, {7, -90}, {3.0635, 50.6367}} {
		if l := s2.CellID(CellID(p)).Level(); l != CellLevel {
			t.Errorf("%v: level %d", p, l)
		}
	}
	if CellID(Point{180, 12}) != CellID(Point{-180, 12}) {
		t.Error("180 and -180 have different cells")
	}
}

func TestRect(t *testing.T) {
	a, b := Rect{170, -10, -170, 10}, Rect{-175, 0, -160, 5}
	c, d := Rect{0, 0, 10, 10}, Rect{10, 10, 20, 20}
	for _, x := range []struct {
		r, s Rect
		want bool
	}{{a, b, true}, {b, a, true}, {a, a, true}, {a, c, false}, {c, d, true}, {c, Rect{11, 0, 12, 1}, false}, {EmptyRect(), c, false}, {WorldRect(), a, true}} {
		if got := x.r.Intersects(x.s); got != x.want {
			t.Errorf("%v meets %v: %v", x.r, x.s, got)
		}
	}
	if !a.ContainsPoint(Point{180, 0}) || !a.ContainsPoint(Point{-171, 0}) || a.ContainsPoint(Point{0, 0}) {
		t.Error("a box across the antimeridian holds the wrong positions")
	}
	if got := a.Center(); got != (Point{180, 0}) && got != (Point{-180, 0}) {
		t.Errorf("its middle is %v", got)
	}
	for _, bad := range [][4]float64{{0, 10, 1, 5}, {-181, 0, 1, 5}, {0, 0, 1, 91}, {math.NaN(), 0, 1, 1}} {
		if r, err := NewRect(bad[0], bad[1], bad[2], bad[3]); err == nil {
			t.Errorf("%v accepted as %v", bad, r)
		}
	}
}

func TestTile(t *testing.T) {
	if got, want := Tile(0, 0, 0), (Rect{-180, -85.0511287798, 180, 85.0511287798}); math.Abs(got.North-want.North) > 1e-9 || math.Abs(got.South-want.South) > 1e-9 || got.West != want.West || got.East != want.East {
		t.Errorf("%v", got)
	}
	// The tile that holds Lille's Grand Place at zoom 14.
	r := Tile(14, 8331, 5511)
	if !r.ContainsPoint(Point{3.0635, 50.6367}) {
		t.Errorf("%v", r)
	}
	if a, b := Tile(14, 8331, 5511), Tile(14, 8332, 5511); a.East != b.West {
		t.Errorf("neighbours %v and %v have a gap", a, b)
	}
}

func TestMeasures(t *testing.T) {
	// A degree square at the equator, and the whole globe.
	sq := FromRect(Rect{0, 0, 1, 1})
	want := 0.0
	for i := range 10_000 { // strips of the ellipsoid, by its radii of curvature
		s, c := math.Sincos((float64(i) + 0.5) / 10_000 * radian)
		w := 1 - ecc2*s*s
		want += axisA * (1 - ecc2) / (w * math.Sqrt(w)) * axisA / math.Sqrt(w) * c * radian * radian / 10_000
	}
	if got := sq.Area(); math.Abs(got-want) > 10 {
		t.Errorf("a square degree has %.3f m², want %.3f", got, want)
	}
	if got, want := FromRect(WorldRect()).Area(), 510065621724088.44; math.Abs(got-want) > 1e-9*want {
		t.Errorf("the globe has %v m², want %v", got, want)
	}
	holed := mustGeo(t, `{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}`)
	if a, b := holed.Area(), FromRect(Rect{0, 0, 4, 4}).Area()-FromRect(Rect{1, 1, 2, 2}).Area(); math.Abs(a-b) > 1 {
		t.Errorf("holed: %v, want %v", a, b)
	}
	if c := holed.Centroid(); math.Abs(c.Lon-(32-1.5)/15) > 1e-12 {
		t.Errorf("centroid %v", c)
	}
	line := mustGeo(t, `{"type":"LineString","coordinates":[[0,0],[0,1],[1,1]]}`)
	if got, want := line.Length(), Distance(Point{0, 0}, Point{0, 1})+Distance(Point{0, 1}, Point{1, 1}); got != want {
		t.Errorf("length %v, want %v", got, want)
	}
	if c := line.Centroid(); c != (Point{0.25, 0.75}) {
		t.Errorf("line's centroid %v", c)
	}
	flat := mustGeo(t, `{"type":"Polygon","coordinates":[[[0,0],[2,0],[4,0],[0,0]]]}`)
	if c := flat.Centroid(); flat.Area() != 0 || c.Lat != 0 {
		t.Errorf("a polygon without area: %v, %v", flat.Area(), c)
	}
}
