package geo

import (
	"math"
	"math/rand/v2"
	"testing"
)

// slowDistance gives the distance from p to g by trying many positions on
// every edge.
func slowDistance(p Point, g Geometry, steps int) float64 {
	best := math.Inf(1)
	for _, run := range g.Parts() {
		for i, q := range run {
			best = min(best, Distance(p, q))
			if i == 0 || g.kind.dim() == 0 {
				continue
			}
			e := edge{run[i-1], q}
			n := steps + int(100*math.Abs(q.Lon-run[i-1].Lon))
			lo, hi := 0.0, 1.0
			for range 4 { // narrow down round the best
				at, least := 0, math.Inf(1)
				for k := range n + 1 {
					if d := Distance(p, e.at(lo+(hi-lo)*float64(k)/float64(n))); d < least {
						at, least = k, d
					}
				}
				best = min(best, least)
				lo, hi = lo+(hi-lo)*float64(max(at-1, 0))/float64(n), lo+(hi-lo)*float64(min(at+1, n))/float64(n)
				n = steps
			}
		}
	}
	return best
}

func TestNearAgainstSlowDistance(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 4))
	for i := range 200 {
		g := randomGeometry(r, 9)
		at := Point{3 + r.Float64(), 50 + r.Float64()}
		scale := []float64{1e-4, 0.001, 0.02, 0.5}[i%4] // from a house to a country
		switch i % 10 {
		case 8:
			at = Point{179.999, 20}
		case 9:
			at = Point{10, 89}
		}
		for k := range g.pts {
			g.pts[k].Lon = math.Remainder(at.Lon+(g.pts[k].Lon-4)*scale, 360)
			g.pts[k].Lat = min(at.Lat+(g.pts[k].Lat-4)*scale, 90)
		}
		g.finish()
		p := Point{math.Remainder(at.Lon+(r.Float64()*16-8)*scale, 360), min(at.Lat+(r.Float64()*16-8)*scale, 90)}
		ref, _ := NewPoint(p)
		want := slowDistance(p, g, 40)
		if g.kind.dim() == 2 {
			s := prepared1(g)
			if s.locate(p) != outside {
				want = 0
			}
		}
		got := ref.DistanceTo(g)
		if math.Abs(got-want) > 0.001+want*1e-8 {
			t.Fatalf("round %d: %v to %s: %.6f m, want %.6f", i, p, g.AppendGeoJSON(nil), got, want)
		}
		for _, c := range []struct {
			min, max float64
			want     bool
		}{{0, want*1.000001 + 0.01, true}, {0, want*0.999999 - 0.01, false}, {want*1.000001 + 0.01, math.Inf(1), false}, {max(0, want*0.999999-0.01), math.Inf(1), true}} {
			if c.max < 0 {
				continue
			}
			pr := must(Near(ref, c.min, c.max))
			if pr.Match(g) != c.want {
				t.Fatalf("round %d: %v to %s: %.6f m is within %v to %v m: %v", i, p, g.AppendGeoJSON(nil), want, c.min, c.max, !c.want)
			}
			if cov, ok := pr.Covering(8); ok && c.want && !anyIn(cov, g.Cells()) {
				t.Fatalf("round %d: the covering of %v misses %s", i, p, g.AppendGeoJSON(nil))
			}
		}
	}
}

func TestNearAcrossTheAntimeridian(t *testing.T) {
	here := mustGeo(t, `{"type":"Point","coordinates":[179.999,-17]}`)
	there := mustGeo(t, `{"type":"Polygon","coordinates":[[[-179.999,-17.001],[-179.998,-17.001],[-179.998,-16.999],[-179.999,-17.001]]]}`)
	p := must(Near(here, 0, 300))
	if !p.Match(there) {
		t.Errorf("%v m", here.DistanceTo(there))
	}
	c, ok := p.Covering(10)
	if !ok || !anyIn(c, there.Cells()) {
		t.Error("the covering stops at the antimeridian")
	}
	pole := mustGeo(t, `{"type":"Point","coordinates":[0,89.9999]}`)
	beyond := mustGeo(t, `{"type":"Point","coordinates":[180,89.9999]}`)
	q := must(Near(pole, 0, 50))
	if c, _ := q.Covering(10); !q.Match(beyond) || !anyIn(c, beyond.Cells()) {
		t.Errorf("over the pole: %v m", pole.DistanceTo(beyond))
	}
}

func TestNearOfAreas(t *testing.T) {
	a := mustGeo(t, `{"type":"Polygon","coordinates":[[[3,50],[3.001,50],[3.001,50.001],[3,50.001],[3,50]]]}`)
	b := mustGeo(t, `{"type":"LineString","coordinates":[[3.002,49],[3.002,51]]}`)
	d := Distance(Point{3.001, 50.001}, Point{3.002, 50.001})
	if got := a.DistanceTo(b); math.Abs(got-d) > 0.001 {
		t.Errorf("%v m, want %v", got, d)
	}
	c := mustGeo(t, `{"type":"LineString","coordinates":[[3.0005,49],[3.0005,51]]}`)
	if got := a.DistanceTo(c); got != 0 {
		t.Errorf("what meets is %v m away", got)
	}
	p := must(Near(a, 0, d+0.01))
	if cov, ok := p.Covering(20); !p.Match(b) || !ok || !anyIn(cov, b.Cells()) {
		t.Error("an area's neighbourhood misses the line")
	}
	if must(Near(a, 0, d-0.01)).Match(b) {
		t.Error("too far and yet near")
	}
}

// TestLongEdges sees that edges round half the globe take a bounded time.
func TestLongEdges(t *testing.T) {
	pts := make([]Point, 20_001)
	for i := range pts {
		pts[i] = Point{-179 + 358*float64(i%2), 60 + float64(i%97)*0.1}
	}
	g, err := NewLine(pts)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := NewPoint(Point{3, 50})
	want := min(slowDistance(Point{3, 50}, must(NewLine(pts[:2])), 2000), slowDistance(Point{3, 50}, must(NewLine(pts[97:99])), 2000))
	if got := p.DistanceTo(g); math.Abs(got-want) > 1 {
		t.Errorf("%v m, want %v", got, want)
	}
}

func BenchmarkMatchNearPoint(b *testing.B) {
	p := must(Near(must(NewPoint(Point{3.06, 50.63})), 0, 500))
	g := must(NewPoint(Point{3.061, 50.631}))
	for b.Loop() {
		p.Match(g)
	}
}

func BenchmarkMatchNearHouse(b *testing.B) {
	p := must(Near(must(NewPoint(Point{3.06, 50.63})), 0, 500))
	g := house(Point{3.061, 50.631})
	for b.Loop() {
		p.Match(g)
	}
}

func house(at Point) Geometry {
	return must(NewPolygon([]Point{at, {at.Lon + 1e-4, at.Lat}, {at.Lon + 1e-4, at.Lat + 1e-4}, {at.Lon + 5e-5, at.Lat + 2e-4}, {at.Lon, at.Lat + 1e-4}, at}))
}

func circle(c Point, radius float64, n int) Geometry {
	pts := make([]Point, 0, n+1)
	for i := range n {
		s, co := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		pts = append(pts, Point{c.Lon + radius*co, c.Lat + radius*s})
	}
	return must(NewPolygon(append(pts, pts[0])))
}

func BenchmarkMatchWithinDistrict(b *testing.B) {
	p := must(NewPredicate(Relation{Op: OpWithin}, circle(Point{3.06, 50.63}, 0.02, 2000)))
	pt, ho := must(NewPoint(Point{3.061, 50.631})), house(Point{3.061, 50.631})
	b.Run("point", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.Match(pt)
		}
	})
	b.Run("house", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.Match(ho)
		}
	})
}

func BenchmarkCellsOfHouse(b *testing.B) {
	g := house(Point{3.061, 50.631})
	b.ReportAllocs()
	for b.Loop() {
		g.Cells()
	}
}
