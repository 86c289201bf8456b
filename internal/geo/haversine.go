package geo

import "math"

// meanRadius is that of the sphere that has the ellipsoid's volume, in metres.
const meanRadius = 6371008.8

// Haversine gives the distance in metres between the nearest positions of g
// and h on a sphere, by the haversine formula as an order by distance has it
// (CIM 009, 4.23.1): 0 if they meet, +Inf if one is empty.
func (g Geometry) Haversine(h Geometry) float64 {
	if g.IsZero() || h.IsZero() {
		return math.Inf(1)
	}
	if a, ok := g.IsPoint(); ok {
		if b, ok := h.IsPoint(); ok {
			return meanRadius * angle(a, b)
		}
	}
	if intersect(prepared1(g), prepared1(h)) {
		return 0
	}
	return meanRadius * min(g.leastAngle(h), h.leastAngle(g))
}

// leastAngle gives the least angle in radians from a position of g that
// stands in it to any position of h.
func (g *Geometry) leastAngle(h Geometry) float64 {
	best := math.Inf(1)
	for _, p := range g.pts {
		v := onSphere(p)
		for _, part := range h.Parts() {
			if len(part) == 1 {
				best = min(best, angle(p, part[0]))
				continue
			}
			for i := 1; i < len(part); i++ {
				best = min(best, angle(p, part[i]), v.toArc(onSphere(part[i-1]), onSphere(part[i])))
			}
			best = min(best, angle(p, part[0]))
		}
	}
	return best
}

// vector is a position on the sphere of radius 1, seen from its centre.
type vector [3]float64

func onSphere(p Point) vector {
	sinLat, cosLat := math.Sincos(p.Lat * radian)
	sinLon, cosLon := math.Sincos(p.Lon * radian)
	return vector{cosLat * cosLon, cosLat * sinLon, sinLat}
}

func (v vector) dot(w vector) float64 {
	return float64(v[0]*w[0]) + float64(v[1]*w[1]) + float64(v[2]*w[2])
}

func (v vector) cross(w vector) vector {
	return vector{
		float64(v[1]*w[2]) - float64(v[2]*w[1]),
		float64(v[2]*w[0]) - float64(v[0]*w[2]),
		float64(v[0]*w[1]) - float64(v[1]*w[0]),
	}
}

// toArc gives the angle from v to the inner part of the shorter arc from a to
// b; +Inf if one of its ends is nearest.
func (v vector) toArc(a, b vector) float64 {
	n := a.cross(b)
	size := math.Sqrt(n.dot(n))
	if size < 1e-15 {
		return math.Inf(1)
	}
	// The foot of v on the plane of the arc lies between its ends if it is on
	// the inner side of both.
	if n.cross(a).dot(v) <= 0 || b.cross(n).dot(v) <= 0 {
		return math.Inf(1)
	}
	return math.Asin(min(math.Abs(n.dot(v))/size, 1))
}
