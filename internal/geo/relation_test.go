package geo

import (
	"flag"
	"math/rand/v2"
	"testing"

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
