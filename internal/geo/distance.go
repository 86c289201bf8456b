package geo

import "math"

// The WGS 84 ellipsoid, in metres.
const (
	axisA      = 6378137.0
	flattening = 1 / 298.257223563
	axisB      = axisA * (1 - flattening)
	ecc2       = flattening * (2 - flattening)

	// The least and greatest radius of curvature: what a radian of direction
	// is worth at least (north-south at the equator) and at most (at a pole).
	minRadius = axisA * (1 - ecc2)
	maxRadius = axisA * axisA / axisB

	radian = math.Pi / 180
)

// Distance gives the length in metres of the shortest way from a to b on the
// WGS 84 ellipsoid, to a millimetre.
func Distance(a, b Point) float64 {
	if a == b {
		return 0
	}
	if d, ok := vincenty(a, b); ok {
		return d
	}
	return antipodal(a, b)
}

// vincenty solves the inverse problem by Vincenty's iteration (Survey Review
// 23, 1975). It is false where that does not converge: nearly opposite
// positions.
func vincenty(a, b Point) (float64, bool) {
	l := math.Remainder(b.Lon-a.Lon, 360) * radian
	if math.Abs(a.Lat) == 90 || math.Abs(b.Lat) == 90 {
		l = 0 // longitude means nothing at a pole
	}
	sinU1, cosU1 := reduced(a.Lat)
	sinU2, cosU2 := reduced(b.Lat)
	lambda := l
	for range 100 {
		sinL, cosL := math.Sincos(lambda)
		sinSigma := math.Hypot(cosU2*sinL, cosU1*sinU2-sinU1*cosU2*cosL)
		cosSigma := sinU1*sinU2 + cosU1*cosU2*cosL
		if sinSigma == 0 {
			return 0, cosSigma > 0
		}
		sigma := math.Atan2(sinSigma, cosSigma)
		sinAlpha := cosU1 * cosU2 * sinL / sinSigma
		cos2Alpha := 1 - sinAlpha*sinAlpha
		cos2Mid := 0.0
		if cos2Alpha > 0 {
			cos2Mid = cosSigma - 2*sinU1*sinU2/cos2Alpha
		}
		c := flattening / 16 * cos2Alpha * (4 + flattening*(4-3*cos2Alpha))
		was := lambda
		lambda = l + (1-c)*flattening*sinAlpha*
			(sigma+c*sinSigma*(cos2Mid+c*cosSigma*(2*cos2Mid*cos2Mid-1)))
		if math.Abs(lambda) > math.Pi {
			return 0, false
		}
		if math.Abs(lambda-was) < 1e-13 {
			return vincentyLength(cos2Alpha, sigma, sinSigma, cosSigma, cos2Mid), true
		}
	}
	return 0, false
}

func vincentyLength(cos2Alpha, sigma, sinSigma, cosSigma, cos2Mid float64) float64 {
	u2 := cos2Alpha * (axisA*axisA - axisB*axisB) / (axisB * axisB)
	a := 1 + u2/16384*(4096+u2*(-768+u2*(320-175*u2)))
	b := u2 / 1024 * (256 + u2*(-128+u2*(74-47*u2)))
	c22 := cos2Mid * cos2Mid
	delta := b * sinSigma * (cos2Mid + b/4*(cosSigma*(2*c22-1)-
		b/6*cos2Mid*(4*sinSigma*sinSigma-3)*(4*c22-3)))
	return axisB * a * (sigma - delta)
}

// reduced gives sine and cosine of the reduced latitude.
func reduced(lat float64) (sin, cos float64) {
	if math.Abs(lat) == 90 {
		return math.Copysign(1, lat), 0
	}
	s, c := math.Sincos(lat * radian)
	s *= 1 - flattening
	h := math.Hypot(s, c)
	return s / h, c / h
}

// antipodal gives the distance of nearly opposite positions. Every way from a
// to b crosses the circle that is everywhere a quarter of the globe away from
// a; both legs of the shortest are easy, and the place where it crosses is
// where their sum is least. The sum is flat there, so that the place need not
// be known well.
func antipodal(a, b Point) float64 {
	sum := func(theta float64) float64 {
		m := quarterFrom(a, theta)
		d1, ok1 := vincenty(a, m)
		d2, ok2 := vincenty(m, b)
		if !ok1 || !ok2 {
			return math.Inf(1)
		}
		return d1 + d2
	}
	const steps = 72
	best, at := math.Inf(1), 0.0
	for i := range steps {
		theta := 2 * math.Pi * float64(i) / steps
		if d := sum(theta); d < best {
			best, at = d, theta
		}
	}
	_, d := minimum(sum, at-2*math.Pi/steps, at+2*math.Pi/steps, 40)
	return min(best, d)
}

// quarterFrom gives the position 90 degrees away from p in direction theta
// (radians from north), on a sphere.
func quarterFrom(p Point, theta float64) Point {
	sinPhi, cosPhi := math.Sincos(p.Lat * radian)
	sinT, cosT := math.Sincos(theta)
	lat := math.Asin(min(max(cosPhi*cosT, -1), 1))
	lon := p.Lon*radian + math.Atan2(sinT, -sinPhi*cosT)
	return Point{math.Remainder(lon/radian, 360), lat / radian}
}

// minimum finds where between lo and hi a function with one valley is least,
// by golden section.
func minimum(f func(float64) float64, lo, hi float64, rounds int) (at, least float64) {
	const g = 0.6180339887498949
	x1, x2 := hi-g*(hi-lo), lo+g*(hi-lo)
	f1, f2 := f(x1), f(x2)
	for range rounds {
		if f1 <= f2 {
			hi, x2, f2 = x2, x1, f1
			x1 = hi - g*(hi-lo)
			f1 = f(x1)
		} else {
			lo, x1, f1 = x1, x2, f2
			x2 = lo + g*(hi-lo)
			f2 = f(x2)
		}
	}
	if f1 <= f2 {
		return x1, f1
	}
	return x2, f2
}

// angle gives the angle between the directions of a and b in radians, taking
// their latitudes for those on a sphere. Distance is never less than
// minRadius and never more than maxRadius times that.
func angle(a, b Point) float64 {
	p1, p2 := a.Lat*radian, b.Lat*radian
	s1 := math.Sin((p2 - p1) / 2)
	s2 := math.Sin((b.Lon - a.Lon) * radian / 2)
	h := s1*s1 + math.Cos(p1)*math.Cos(p2)*s2*s2
	return 2 * math.Asin(math.Sqrt(min(h, 1)))
}

// angleToRect gives a lower bound of angle from p to any position in r.
func angleToRect(p Point, r Rect) float64 {
	lat := 0.0
	if p.Lat < r.South {
		lat = (r.South - p.Lat) * radian
	} else if p.Lat > r.North {
		lat = (p.Lat - r.North) * radian
	}
	if p.Lon >= r.West && p.Lon <= r.East {
		return lat
	}
	gap := min(math.Abs(math.Remainder(r.West-p.Lon, 360)), math.Abs(math.Remainder(r.East-p.Lon, 360)))
	if gap >= 90 {
		// The way may lead over a pole: to the nearer one and, at most, on.
		return max(lat, 0)
	}
	return max(lat, math.Asin(math.Cos(p.Lat*radian)*math.Sin(gap*radian)))
}
