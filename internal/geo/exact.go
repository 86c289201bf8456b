package geo

import "math"

// orient tells on which side of the line from a to b point c lies: 1 for
// left, -1 for right, 0 for on the line. It is exact, so that no two answers
// contradict one another.
func orient(a, b, c Point) int {
	l := float64((a.Lon - c.Lon) * (b.Lat - c.Lat))
	r := float64((a.Lat - c.Lat) * (b.Lon - c.Lon))
	det := l - r
	// The rounding error of det is below 4 units in the last place of the
	// greater term; a term is exactly zero only if a factor is.
	bound := 4.5e-16 * (math.Abs(l) + math.Abs(r))
	switch {
	case det > bound:
		return 1
	case det < -bound:
		return -1
	case bound == 0 && (l != 0 || r != 0 || zeroFactors(a, b, c)):
		return 0
	}
	return orientExact(a, b, c)
}

// zeroFactors reports that both products of orient vanish because a factor
// does, not because they are too small for a float64.
func zeroFactors(a, b, c Point) bool {
	return (a.Lon == c.Lon || b.Lat == c.Lat) && (a.Lat == c.Lat || b.Lon == c.Lon)
}

// orientExact sums the determinant's six products without rounding.
func orientExact(a, b, c Point) int {
	var e expansion
	e.addProduct(a.Lon, b.Lat)
	e.addProduct(-a.Lon, c.Lat)
	e.addProduct(-c.Lon, b.Lat)
	e.addProduct(-a.Lat, b.Lon)
	e.addProduct(a.Lat, c.Lon)
	e.addProduct(c.Lat, b.Lon)
	return e.sign()
}

// expansion is a sum of float64 values whose bits do not overlap, in order of
// magnitude, smallest first: an exact number.
type expansion struct {
	term [12]float64
	n    int
}

func (e *expansion) addProduct(x, y float64) {
	p := x * y
	e.add(math.FMA(x, y, -p))
	e.add(p)
}

func (e *expansion) add(x float64) {
	k := 0
	for _, t := range e.term[:e.n] {
		s := x + t
		v := s - x
		rest := (x - (s - v)) + (t - v)
		if rest != 0 {
			e.term[k] = rest
			k++
		}
		x = s
	}
	if x != 0 {
		e.term[k] = x
		k++
	}
	e.n = k
}

func (e *expansion) sign() int {
	if e.n == 0 {
		return 0
	}
	if e.term[e.n-1] < 0 {
		return -1
	}
	return 1
}
