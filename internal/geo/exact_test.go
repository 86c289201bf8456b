package geo

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestOrientIsExact asks about positions so close to a line that rounding
// would decide, and compares with rational numbers.
func TestOrientIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	signs, rounded := map[int]int{}, 0
	for range 20_000 {
		u := math.Ldexp(1, -53)
		a := Point{0.5 + float64(r.IntN(256))*u, 0.5 + float64(r.IntN(256))*u}
		b, c := Point{12, 12}, Point{24, 24}
		if r.IntN(2) == 0 {
			k := r.Float64() * 100
			b, c = Point{12 * k, 12 * k}, Point{24 * k, 24 * k}
		}
		got, want := orient(a, b, c), side(ratOf(a), ratOf(b), ratOf(c))
		if got != want {
			t.Fatalf("orient(%v, %v, %v) = %d, want %d", a, b, c, got, want)
		}
		signs[want]++
		if plain := (a.Lon-c.Lon)*(b.Lat-c.Lat) - (a.Lat-c.Lat)*(b.Lon-c.Lon); (plain > 0) != (want > 0) || (plain < 0) != (want < 0) {
			rounded++
		}
	}
	if signs[-1] == 0 || signs[0] == 0 || signs[1] == 0 || rounded < 100 {
		t.Errorf("the positions were too easy: signs %v, plain arithmetic wrong %d times", signs, rounded)
	}
}
