package geo

import (
	"math"
	"slices"
)

// ToWGS84 transforms a position from the coordinate system with the given
// EPSG code: x is the easting (or longitude), y the northing (or latitude),
// whatever order the authority gives the axes.
//
// Known systems: 4326 and 4258 (degrees), 3857 (web mercator), 2154
// (Lambert-93), 31370 (Belgian Lambert 72), 3812 (Belgian Lambert 2008),
// 25831, 25832 and 25833 (ETRS89 / UTM 31 to 33 north). WGS 84, ETRS89 and
// RGF93 count as equal (they differ by under a metre); 31370 uses a shift of
// seven parameters, which is good to about a metre.
//
// Errors: problem.BadRequestData if the system is unknown or the position is
// not finite or outside the globe.
func ToWGS84(epsg int, x, y float64) (Point, error) {
	s, err := systemOf(epsg)
	if err != nil {
		return Point{}, err
	}
	if why := s.fault(x, y); why != "" {
		return Point{}, bad("EPSG:%d (%v, %v): %s", epsg, x, y, why)
	}
	p := s.inverse(x, y)
	if why := p.check(); why != "" {
		return Point{}, bad("EPSG:%d (%v, %v): %s", epsg, x, y, why)
	}
	return p, nil
}

// FromWGS84 is the way back of ToWGS84.
func FromWGS84(epsg int, p Point) (x, y float64, err error) {
	s, err := systemOf(epsg)
	if err != nil {
		return 0, 0, err
	}
	if why := p.check(); why != "" {
		return 0, 0, bad("position %v: %s", p, why)
	}
	x, y = s.forward(p)
	if math.IsNaN(x) || math.IsInf(x, 0) || math.IsNaN(y) || math.IsInf(y, 0) {
		return 0, 0, bad("position %v has no place in EPSG:%d", p, epsg)
	}
	return x, y, nil
}

// EPSGCodes lists the coordinate systems that ToWGS84 knows, ascending.
func EPSGCodes() []int {
	return []int{2154, 3812, 3857, 4258, 4326, 25831, 25832, 25833, 31370}
}

// system is one coordinate system.
type system interface {
	forward(Point) (x, y float64)
	inverse(x, y float64) Point
	// fault tells why (x, y) cannot be a position, "" if it can.
	fault(x, y float64) string
}

func systemOf(epsg int) (system, error) {
	switch epsg {
	case 4326, 4258:
		return degrees{}, nil
	case 3857:
		return webMercator{}, nil
	case 2154:
		return lambert93(), nil
	case 3812:
		return lambert2008(), nil
	case 31370:
		return belge72{lambert72()}, nil
	case 25831, 25832, 25833:
		return newUTM(epsg - 25800), nil
	}
	return nil, bad("EPSG:%d is not a coordinate system that is known here; there are %v", epsg, EPSGCodes())
}

// metres is what all projected systems have in common.
type metres struct{}

func (metres) fault(x, y float64) string {
	if !(math.Abs(x) < 3e7 && math.Abs(y) < 3e7) {
		return "the numbers are no metres on this globe"
	}
	return ""
}

type degrees struct{}

func (degrees) forward(p Point) (x, y float64) { return p.Lon, p.Lat }
func (degrees) inverse(x, y float64) Point     { return Point{x, y} }
func (degrees) fault(x, y float64) string      { return Point{x, y}.check() }

type webMercator struct{ metres }

func (webMercator) forward(p Point) (x, y float64) {
	return p.Lon * radian * axisA, math.Asinh(math.Tan(p.Lat*radian)) * axisA
}

func (webMercator) inverse(x, y float64) Point {
	return Point{x / axisA / radian, math.Atan(math.Sinh(y/axisA)) / radian}
}

// ellipsoid is a figure of the Earth: half axis in metres, eccentricity
// squared.
type ellipsoid struct{ a, e2 float64 }

func newEllipsoid(a, inverseFlattening float64) ellipsoid {
	f := 1 / inverseFlattening
	return ellipsoid{a, f * (2 - f)}
}

func grs80() ellipsoid   { return newEllipsoid(6378137, 298.257222101) }
func hayford() ellipsoid { return newEllipsoid(6378388, 297) }

// conic is Lambert's conformal conic projection with two standard parallels
// (EPSG guidance note 7-2, method 9802).
type conic struct {
	metres
	el         ellipsoid
	lon0       float64 // radians
	x0, y0     float64 // false easting and northing of the origin
	n, af, rho float64 // cone constant, scaled F, radius at the origin
}

// newConic takes degrees and metres.
func newConic(el ellipsoid, lat1, lat2, lat0, lon0, x0, y0 float64) conic {
	e := math.Sqrt(el.e2)
	m := func(lat float64) float64 {
		s, c := math.Sincos(lat * radian)
		return c / math.Sqrt(1-el.e2*s*s)
	}
	t1, t2 := conicT(lat1*radian, e), conicT(lat2*radian, e)
	c := conic{el: el, lon0: lon0 * radian, x0: x0, y0: y0}
	c.n = (math.Log(m(lat1)) - math.Log(m(lat2))) / (math.Log(t1) - math.Log(t2))
	c.af = el.a * m(lat1) / (c.n * math.Pow(t1, c.n))
	if lat0 < 90 {
		c.rho = c.af * math.Pow(conicT(lat0*radian, e), c.n)
	}
	return c
}

func conicT(phi, e float64) float64 {
	s := math.Sin(phi)
	return math.Tan(math.Pi/4-phi/2) / math.Pow((1-e*s)/(1+e*s), e/2)
}

func (c conic) project(phi, lambda float64) (x, y float64) {
	r := c.af * math.Pow(max(conicT(phi, math.Sqrt(c.el.e2)), 0), c.n)
	sin, cos := math.Sincos(c.n * (lambda - c.lon0))
	return c.x0 + r*sin, c.y0 + c.rho - r*cos
}

func (c conic) unproject(x, y float64) (phi, lambda float64) {
	dx, dy := x-c.x0, c.rho-(y-c.y0)
	t := math.Pow(math.Hypot(dx, dy)/c.af, 1/c.n)
	e := math.Sqrt(c.el.e2)
	phi = math.Pi/2 - 2*math.Atan(t)
	for range 20 {
		s := math.Sin(phi)
		next := math.Pi/2 - 2*math.Atan(t*math.Pow((1-e*s)/(1+e*s), e/2))
		done := math.Abs(next-phi) < 1e-14
		if phi = next; done {
			break
		}
	}
	return phi, math.Atan2(dx, dy)/c.n + c.lon0
}

func (c conic) forward(p Point) (x, y float64) { return c.project(p.Lat*radian, p.Lon*radian) }

func (c conic) inverse(x, y float64) Point {
	phi, lambda := c.unproject(x, y)
	return Point{lambda / radian, phi / radian}
}

func lambert93() conic { return newConic(grs80(), 49, 44, 46.5, 3, 700000, 6600000) }

func lambert2008() conic {
	return newConic(grs80(), 49.0+50.0/60, 51.0+10.0/60, 50.797815, 4.0+21.0/60+33.177/3600, 649328, 665262)
}

func lambert72() conic {
	return newConic(hayford(), 51.16666723333333, 49.8333339, 90, 4.367486666666666, 150000.013, 5400088.438)
}

// belge72 is Belgian Lambert 72: another ellipsoid, shifted against WGS 84.
type belge72 struct{ conic }

func (b belge72) forward(p Point) (x, y float64) {
	v := cartesian(newEllipsoid(axisA, 298.257223563), p.Lat*radian, p.Lon*radian)
	phi, lambda := geographic(hayford(), belgeShift().undo(v))
	return b.project(phi, lambda)
}

func (b belge72) inverse(x, y float64) Point {
	phi, lambda := b.unproject(x, y)
	phi, lambda = geographic(newEllipsoid(axisA, 298.257223563), belgeShift().apply(cartesian(hayford(), phi, lambda)))
	return Point{lambda / radian, phi / radian}
}

// shift is a seven-parameter transformation in the position vector sense:
// metres, radians, and a scale near 1.
type shift struct {
	t, r [3]float64
	k    float64
}

// belgeShift leads from Belge 1972 to WGS 84.
func belgeShift() shift {
	const second = radian / 3600
	return shift{
		t: [3]float64{-106.8686, 52.2978, -103.7239},
		r: [3]float64{0.3366 * second, -0.457 * second, 1.8422 * second},
		k: 1 - 1.2747e-6,
	}
}

func (s shift) apply(v [3]float64) [3]float64 {
	return [3]float64{
		s.t[0] + s.k*(v[0]-s.r[2]*v[1]+s.r[1]*v[2]),
		s.t[1] + s.k*(s.r[2]*v[0]+v[1]-s.r[0]*v[2]),
		s.t[2] + s.k*(-s.r[1]*v[0]+s.r[0]*v[1]+v[2]),
	}
}

func (s shift) undo(w [3]float64) [3]float64 {
	v := w
	for range 6 { // each round is some 1e5 times nearer
		u := s.apply(v)
		for i := range v {
			v[i] += w[i] - u[i]
		}
	}
	return v
}

func cartesian(el ellipsoid, phi, lambda float64) [3]float64 {
	s, c := math.Sincos(phi)
	n := el.a / math.Sqrt(1-el.e2*s*s)
	sl, cl := math.Sincos(lambda)
	return [3]float64{n * c * cl, n * c * sl, n * (1 - el.e2) * s}
}

// geographic gives the position whose height is left out.
func geographic(el ellipsoid, v [3]float64) (phi, lambda float64) {
	p := math.Hypot(v[0], v[1])
	phi = math.Atan2(v[2], p*(1-el.e2))
	for range 10 {
		s := math.Sin(phi)
		n := el.a / math.Sqrt(1-el.e2*s*s)
		phi = math.Atan2(v[2]+el.e2*n*s, p)
	}
	return phi, math.Atan2(v[1], v[0])
}

// KnowsEPSG reports whether ToWGS84 knows the system.
func KnowsEPSG(epsg int) bool { return slices.Contains(EPSGCodes(), epsg) }
