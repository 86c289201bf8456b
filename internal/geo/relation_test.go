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
