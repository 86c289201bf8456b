package geo

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
	sf "github.com/peterstace/simplefeatures/geom"
)

var (
	rounds = flag.Int("rounds", 15, "random pairs of geometries to compare with the slow oracle")
	seed   = flag.Uint64("seed", 7, "seed of the random pairs")
)

var planar = []Op{OpEquals, OpDisjoint, OpIntersects, OpWithin, OpContains, OpOverlaps}

// randomGeometry gives a geometry on a small grid, where borders meet, touch
// and run together all the time, and rings cross themselves.
func randomGeometry(r *rand.Rand, grid int) Geometry {
	pt := func() Point { return Point{float64(r.IntN(grid)), float64(r.IntN(grid))} }
	b := builder{kind: Kind(1 + r.IntN(6))}
	run := func(n int, ring bool) {
		from := len(b.pts)
		for range n {
			b.pts = append(b.pts, pt())
		}
		if ring {
			b.pts = append(b.pts, b.pts[from])
		}
		b.ends = append(b.ends, int32(len(b.pts)))
	}
	switch b.kind {
	case PointKind:
		b.pts = []Point{pt()}
	case MultiPointKind:
		for range 1 + r.IntN(4) {
			b.pts = append(b.pts, pt())
		}
	case LineStringKind:
		run(2+r.IntN(4), false)
	case MultiLineStringKind:
		for range 1 + r.IntN(3) {
			run(2+r.IntN(3), false)
		}
	default:
		polys := 1
		if b.kind == MultiPolygonKind {
			polys += r.IntN(2)
		}
		for range polys {
			for range 1 + r.IntN(2) {
				run(3+r.IntN(3), true)
			}
			b.polys = append(b.polys, int32(len(b.ends)))
		}
	}
	g, err := b.done()
	if err != nil {
		panic(err)
	}
	return g
}

func TestRelationsAgainstOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(*seed, 11))
	n := *rounds
	if testing.Short() {
		n = min(n, 50)
	}
	hits := map[Op]int{}
	for i := range n {
		grid := 3 + i%5
		a, b := randomGeometry(r, grid), randomGeometry(r, grid)
		if i%7 == 0 {
			b = a
		}
		o := newOracle(a, b)
		for _, op := range planar {
			p, err := NewPredicate(Relation{Op: op}, b)
			if err != nil {
				t.Fatal(err)
			}
			got, want := p.Match(a), o.decide(op)
			if want {
				hits[op]++
			}
			if got != want {
				t.Fatalf("round %d: target %s\n  %v reference %s: %v, want %v", i, a.AppendGeoJSON(nil), op, b.AppendGeoJSON(nil), got, want)
			}
		}
	}
	for _, op := range planar {
		if hits[op] < n/15 {
			t.Errorf("%v held only %d times: the test says little about it", op, hits[op])
		}
	}
}

// TestRelationsByName states what the relations mean where people differ.
func TestRelationsByName(t *testing.T) {
	const (
		square  = `{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,9],[0,0]]]}`
		ring    = `{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[3,3],[6,3],[6,6],[3,6],[3,3]]]}`
		plug    = `{"type":"Polygon","coordinates":[[[3,3],[6,3],[6,6],[3,6],[3,3]]]}`
		right   = `{"type":"Polygon","coordinates":[[[9,0],[12,0],[12,9],[9,9],[9,0]]]}`
		bowtie  = `{"type":"Polygon","coordinates":[[[0,0],[8,8],[8,0],[0,8],[0,0]]]}`
		east    = `{"type":"Polygon","coordinates":[[[5,4],[7,3],[7,5],[5,4]]]}`
		north   = `{"type":"Polygon","coordinates":[[[4,7],[3,8],[5,8],[4,7]]]}`
		halves  = `{"type":"MultiPolygon","coordinates":[[[[0,0],[5,0],[5,9],[0,9],[0,0]]],[[[5,0],[9,0],[9,9],[5,9],[5,0]]]]}`
		both    = `{"type":"MultiPolygon","coordinates":[[[[3,3],[6,3],[6,6],[3,6],[3,3]]],[[[1,1],[2,1],[2,2],[1,2],[1,1]]]]}`
		corner  = `{"type":"Point","coordinates":[9,9]}`
		middle  = `{"type":"Point","coordinates":[4,4]}`
		across  = `{"type":"LineString","coordinates":[[-1,4],[10,4]]}`
		side    = `{"type":"LineString","coordinates":[[0,0],[0,9]]}`
		reverse = `{"type":"LineString","coordinates":[[0,9],[0,4],[0,0]]}`
		seam    = `{"type":"LineString","coordinates":[[5,1],[5,8]]}`
		start   = `{"type":"Point","coordinates":[0,0]}`
	)
	for _, c := range []struct {
		target string
		op     Op
		ref    string
		want   bool
	}{
		{corner, OpIntersects, square, true},
		{corner, OpWithin, square, false}, // on the border only
		{middle, OpWithin, square, true},
		{middle, OpWithin, ring, false},
		{plug, OpWithin, ring, false}, // it fills the hole: they share a border and nothing else
		{both, OpWithin, ring, false}, // one part is in the ring, the other fills its hole
		{plug, OpIntersects, ring, true},
		{plug, OpOverlaps, ring, false},
		{plug, OpWithin, square, true},
		{ring, OpWithin, square, true},
		{square, OpContains, ring, true},
		{square, OpWithin, ring, false},
		{square, OpEquals, ring, false},
		{square, OpOverlaps, right, false}, // side by side
		{square, OpIntersects, right, true},
		{square, OpDisjoint, right, false},
		{square, OpEquals, halves, true},
		{halves, OpEquals, square, true},
		{seam, OpWithin, halves, true}, // where two polygons of one geometry meet is inside
		{east, OpWithin, bowtie, true},
		{north, OpIntersects, bowtie, false}, // between the wings
		{bowtie, OpWithin, square, true},
		{side, OpEquals, reverse, true},
		{side, OpWithin, square, false}, // a border has no inside of the area
		{side, OpIntersects, square, true},
		{across, OpOverlaps, side, false}, // lines that cross
		{across, OpOverlaps, square, false},
		{across, OpIntersects, square, true},
		{start, OpWithin, side, false}, // the end of a line is its border
		{start, OpIntersects, side, true},
	} {
		p := must(NewPredicate(Relation{Op: c.op}, mustGeo(t, c.ref)))
		if got := p.Match(mustGeo(t, c.target)); got != c.want {
			t.Errorf("%s\n  %v %s: %v", c.target, c.op, c.ref, got)
		}
	}
}

// TestGeometriesMadeToBeSlow decides about rings in which each line crosses
// most of the others: looking at every pair would not end within the test's
// time.
func TestGeometriesMadeToBeSlow(t *testing.T) {
	star := func(n int, r float64) Geometry {
		pts := make([]Point, 0, n+1)
		for i := range n {
			a := math.Pi * float64(i) * float64(n-1) / float64(n)
			pts = append(pts, Point{3 + r*math.Cos(a), 50 + r*math.Sin(a)})
		}
		return must(NewPolygon(append(pts, pts[0])))
	}
	target := star(MaxVertices/4-1, 1)
	for _, ref := range []Geometry{FromRect(Rect{1, 48, 5, 52}), FromRect(Rect{2.5, 49.5, 3.5, 50.5}), star(301, 1.5)} {
		for _, op := range planar {
			p := must(NewPredicate(Relation{Op: op}, ref))
			if got, want := p.Match(target), op == OpIntersects || op == OpWithin && ref.Bounds().West == 1 || op == OpOverlaps && ref.Bounds().West != 1; got != want {
				t.Errorf("%v to %v: %v", op, ref.Bounds(), got)
			}
		}
	}
	if _, err := NewPredicate(Relation{Op: OpWithin}, star(MaxReference, 1)); !problem.Is(err, problem.TooComplexQuery) {
		t.Errorf("a reference of %d positions: %v", MaxReference+1, err)
	}
}

// TestRelationsAgainstJTS compares with an independent implementation, for
// geometries that it finds valid.
func TestRelationsAgainstJTS(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	conv := func(g Geometry) (sf.Geometry, bool) {
		x, err := sf.UnmarshalGeoJSON(g.AppendGeoJSON(nil))
		return x, err == nil
	}
	compared := 0
	for range 6000 {
		a, b := randomGeometry(r, 6), randomGeometry(r, 6)
		x, ok1 := conv(a)
		y, ok2 := conv(b)
		if !ok1 || !ok2 {
			continue
		}
		compared++
		for _, c := range []struct {
			op Op
			f  func(a, b sf.Geometry) (bool, error)
		}{{OpEquals, sf.Equals}, {OpDisjoint, sf.Disjoint}, {OpWithin, sf.Within}, {OpContains, sf.Contains}, {OpOverlaps, sf.Overlaps}} {
			want, err := c.f(x, y)
			if err != nil {
				t.Fatal(err)
			}
			p, _ := NewPredicate(Relation{Op: c.op}, b)
			if got := p.Match(a); got != want {
				t.Fatalf("target %s\n  %v reference %s: %v, want %v", a.AppendGeoJSON(nil), c.op, b.AppendGeoJSON(nil), got, want)
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d pairs were valid", compared)
	}
}
