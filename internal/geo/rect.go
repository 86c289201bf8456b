package geo

import (
	"fmt"
	"math"
)

// Rect is a box in degrees, borders included. One whose West is greater than
// its East crosses the antimeridian (RFC 7946, 5.2). South greater than North
// is the empty Rect.
type Rect struct{ West, South, East, North float64 }

// EmptyRect gives the box without any position.
func EmptyRect() Rect {
	return Rect{West: 180, South: 90, East: -180, North: -90}
}

// WorldRect gives the box of all positions.
func WorldRect() Rect { return Rect{West: -180, South: -90, East: 180, North: 90} }

// NewRect makes a Rect of four numbers in the order of a GeoJSON bbox: west,
// south, east, north.
// Errors: problem.BadRequestData if they are not on the globe or south is
// greater than north.
func NewRect(west, south, east, north float64) (Rect, error) {
	for _, p := range []Point{{west, south}, {east, north}} {
		if why := p.check(); why != "" {
			return Rect{}, bad("bounding box: %s", why)
		}
	}
	if south > north {
		return Rect{}, bad("bounding box: south %v is greater than north %v (the order is west, south, east, north)", south, north)
	}
	return Rect{West: west, South: south, East: east, North: north}, nil
}

// String gives r as a bbox parameter writes it.
func (r Rect) String() string {
	return fmt.Sprintf("%v,%v,%v,%v", r.West, r.South, r.East, r.North)
}

// Empty reports whether r has no position.
func (r Rect) Empty() bool { return !(r.South <= r.North) }

// crosses reports whether r goes over the antimeridian.
func (r Rect) crosses() bool { return r.West > r.East }

// AddPoint gives the smallest box that has r and p in it. It does not cross
// the antimeridian unless r does.
func (r Rect) AddPoint(p Point) Rect {
	if r.Empty() {
		return Rect{p.Lon, p.Lat, p.Lon, p.Lat}
	}
	r.South, r.North = min(r.South, p.Lat), max(r.North, p.Lat)
	if !r.crosses() {
		r.West, r.East = min(r.West, p.Lon), max(r.East, p.Lon)
	} else if p.Lon < r.West && p.Lon > r.East {
		if r.West-p.Lon < p.Lon-r.East {
			r.West = p.Lon
		} else {
			r.East = p.Lon
		}
	}
	return r
}

// Union gives a box that has r and s in it: the smallest if neither crosses
// the antimeridian.
func (r Rect) Union(s Rect) Rect {
	switch {
	case r.Empty():
		return s
	case s.Empty():
		return r
	case r.crosses() || s.crosses():
		return Rect{-180, min(r.South, s.South), 180, max(r.North, s.North)}
	}
	return Rect{min(r.West, s.West), min(r.South, s.South), max(r.East, s.East), max(r.North, s.North)}
}

// ContainsPoint reports whether p lies in r or on its border.
func (r Rect) ContainsPoint(p Point) bool {
	if p.Lat < r.South || p.Lat > r.North {
		return false
	}
	if r.crosses() {
		return p.Lon >= r.West || p.Lon <= r.East
	}
	return p.Lon >= r.West && p.Lon <= r.East
}

// Intersects reports whether r and s have a position in common.
func (r Rect) Intersects(s Rect) bool {
	if r.Empty() || s.Empty() || r.South > s.North || s.South > r.North {
		return false
	}
	switch {
	case r.crosses() && s.crosses():
		return true
	case r.crosses():
		return s.East >= r.West || s.West <= r.East
	case s.crosses():
		return r.East >= s.West || r.West <= s.East
	}
	return r.West <= s.East && s.West <= r.East
}

// contains reports whether s lies in r; neither may cross the antimeridian.
func (r Rect) contains(s Rect) bool {
	return r.West <= s.West && s.East <= r.East && r.South <= s.South && s.North <= r.North
}

// Center gives the middle of r.
func (r Rect) Center() Point {
	lon := (r.West + r.East) / 2
	if r.crosses() {
		if lon += 180; lon > 180 {
			lon -= 360
		}
	}
	return Point{lon, (r.South + r.North) / 2}
}

// Tile gives the box of a web-mercator tile in the XYZ scheme: y counts from
// north, zoom z has 2^z tiles each way. Tiles outside that are moved inside.
func Tile(z, x, y uint32) Rect {
	z = min(z, 32)
	n := math.Ldexp(1, int(z))
	fx, fy := min(float64(x), n-1), min(float64(y), n-1)
	return Rect{
		West: fx/n*360 - 180, East: (fx+1)/n*360 - 180,
		North: mercatorLat(fy / n), South: mercatorLat((fy + 1) / n),
	}
}

// mercatorLat gives the latitude at y from the top of a web-mercator map whose
// height is 1.
func mercatorLat(y float64) float64 {
	return math.Atan(math.Sinh(math.Pi*(1-2*y))) * 180 / math.Pi
}
