package geo

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDistance(t *testing.T) {
	// Published results for WGS 84: the first two are quarter meridian and
	// quarter equator; the antipodal ones are those that Vincenty's method
	// cannot solve (Karney, Journal of Geodesy 87, 2013).
	for _, c := range []struct {
		a, b Point
		want float64
	}{
		{Point{0, 0}, Point{0, 90}, 10001965.7293},
		{Point{0, 0}, Point{90, 0}, 10018754.1714},
		{Point{0, 0}, Point{180, 0}, 20003931.4586},
		{Point{0, 0}, Point{179.5, 0.5}, 19936288.5790},
		{Point{0, -30}, Point{179.8, 29.9}, 19989832.8276},
		{Point{0, 90}, Point{77, -90}, 20003931.4586},
		{Point{179.999, 10}, Point{-179.999, 10}, 219.2},
		{Point{10, 90}, Point{-100, 90}, 0},
	} {
		limit := 0.001
		if c.want == 219.2 {
			limit = 0.1
		}
		if got := Distance(c.a, c.b); math.Abs(got-c.want) > limit {
			t.Errorf("%v to %v: %.4f m, want %.4f", c.a, c.b, got, c.want)
		}
	}
}

func TestDistanceAlwaysEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	worst := 0.0
	for range 600 {
		a := Point{r.Float64()*360 - 180, r.Float64()*180 - 90}
		b := Point{math.Remainder(a.Lon+180+r.NormFloat64()*0.3, 360), min(max(-a.Lat+r.NormFloat64()*0.3, -90), 90)}
		ab, ba := Distance(a, b), Distance(b, a)
		if math.IsNaN(ab) || ab > 20003931.46 || ab < 19.8e6 {
			t.Fatalf("%v to %v: %v m", a, b, ab)
		}
		worst = max(worst, math.Abs(ab-ba))
		if d := angle(a, b); ab < d*minRadius*(1-1e-12) || ab > d*maxRadius*(1+1e-12) {
			t.Fatalf("%v to %v: %v m is not within the bounds of the angle %v", a, b, ab, d)
		}
	}
	if worst > 0.01 {
		t.Errorf("there and back differ by up to %v m", worst)
	}
}

func BenchmarkDistance(b *testing.B) {
	p, q := Point{3.06, 50.63}, Point{3.07, 50.64}
	for b.Loop() {
		Distance(p, q)
	}
}
