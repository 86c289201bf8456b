package geo

import "math"

// Length gives the length in metres of the lines of g, or of the rings if g
// is an area; 0 for points.
func (g Geometry) Length() float64 {
	sum := 0.0
	if g.kind.dim() == 0 {
		return 0
	}
	for i := range g.runs() {
		r := g.run(i)
		for k := 1; k < len(r); k++ {
			sum += Distance(r[k-1], r[k])
		}
	}
	return sum
}

// Area gives the area of g in square metres on the ellipsoid: that of the
// outer rings less that of the holes; 0 for points and lines.
func (g Geometry) Area() float64 {
	sum := 0.0
	if g.kind.dim() < 2 {
		return 0
	}
	for p := range g.polygons() {
		from, to := g.polygon(p)
		for i := from; i < to; i++ {
			a := math.Abs(ringArea(g.run(i)))
			if i > from {
				a = -a
			}
			sum += a
		}
	}
	return max(sum, 0)
}

// ringArea gives the area of a ring in square metres, negative if it runs
// clockwise: the integral of the area between the equator and each edge.
func ringArea(r []Point) float64 {
	sum := 0.0
	base := authalic(r[0].Lat) // keeps the terms small
	for i := 1; i < len(r); i++ {
		a, b := r[i-1], r[i]
		if a.Lon == b.Lon {
			continue
		}
		// Gauss-Legendre, five points: exact enough for edges of many degrees.
		mean := 0.0
		for k, x := range [5]float64{-0.906179845938664, -0.5384693101056831, 0, 0.5384693101056831, 0.906179845938664} {
			w := [5]float64{0.23692688505618908, 0.47862867049936647, 0.5688888888888889, 0.47862867049936647, 0.23692688505618908}[k]
			mean += w / 2 * (authalic((a.Lat+b.Lat)/2+x*(b.Lat-a.Lat)/2) - base)
		}
		sum -= (b.Lon - a.Lon) * radian * mean
	}
	return sum
}

// authalic gives the area in square metres between the equator and latitude
// lat, per radian of longitude (Snyder, USGS 1395, 3-12).
func authalic(lat float64) float64 {
	s := math.Sin(lat * radian)
	e := math.Sqrt(ecc2)
	return axisB * axisB / 2 * (s/(1-ecc2*s*s) + math.Atanh(e*s)/e)
}

// Centroid gives the middle of g in the plane: the centre of gravity of the
// area, of the lines or of the points, whichever g has. The empty Geometry
// has its middle at the zero Point.
func (g Geometry) Centroid() Point {
	if g.kind == None {
		return Point{}
	}
	var x, y, weight float64
	o := g.pts[0] // keeps the terms small
	switch g.kind.dim() {
	case 2:
		for p := range g.polygons() {
			from, to := g.polygon(p)
			for i := from; i < to; i++ {
				sx, sy, sa := ringMoments(g.run(i), o)
				if (sa < 0) != (i > from) { // outer rings count, holes take away
					sx, sy, sa = -sx, -sy, -sa
				}
				x, y, weight = x+sx, y+sy, weight+sa
			}
		}
	case 1:
		for i := range g.runs() {
			r := g.run(i)
			for k := 1; k < len(r); k++ {
				l := math.Hypot(r[k].Lon-r[k-1].Lon, r[k].Lat-r[k-1].Lat)
				x += l * ((r[k].Lon+r[k-1].Lon)/2 - o.Lon)
				y += l * ((r[k].Lat+r[k-1].Lat)/2 - o.Lat)
				weight += l
			}
		}
	}
	if weight <= 0 { // points, or areas and lines of no extent
		x, y, weight = 0, 0, float64(len(g.pts))
		for _, p := range g.pts {
			x, y = x+p.Lon-o.Lon, y+p.Lat-o.Lat
		}
	}
	b := g.bounds
	return Point{min(max(o.Lon+x/weight, b.West), b.East), min(max(o.Lat+y/weight, b.South), b.North)}
}

// ringMoments gives a ring's first moments and area about o, in square and
// cubic degrees, negative if it runs clockwise.
func ringMoments(r []Point, o Point) (sx, sy, area float64) {
	for i := 1; i < len(r); i++ {
		ax, ay := r[i-1].Lon-o.Lon, r[i-1].Lat-o.Lat
		bx, by := r[i].Lon-o.Lon, r[i].Lat-o.Lat
		c := ax*by - bx*ay
		sx += c * (ax + bx) / 6
		sy += c * (ay + by) / 6
		area += c / 2
	}
	return sx, sy, area
}
