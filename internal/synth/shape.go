package synth

import (
	"math"
	"strconv"
)

// Point is a place: WGS 84, degrees, 7 decimals.
type Point struct{ Lon, Lat float64 }

// Shape is a geometry as GeoJSON knows it (RFC 7946, 3.1). Coords holds
// polygons of rings of points; a line is the only ring of the only polygon, the
// lines of a MultiLineString are the rings of one. Rings are closed and run
// counter-clockwise, holes clockwise.
type Shape struct {
	Type   string // Point, LineString, MultiLineString, Polygon, MultiPolygon
	Coords [][][]Point
}

// AppendGeoJSON appends the shape as a GeoJSON geometry object.
func (s Shape) AppendGeoJSON(dst []byte) []byte {
	dst = append(dst, `{"type":"`...)
	dst = append(dst, s.Type...)
	dst = append(dst, `","coordinates":`...)
	switch s.Type {
	case "Point":
		dst = s.Coords[0][0][0].appendJSON(dst)
	case "LineString":
		dst = appendPoints(dst, s.Coords[0][0])
	case "MultiLineString", "Polygon":
		dst = appendRings(dst, s.Coords[0])
	default:
		dst = append(dst, '[')
		for i, p := range s.Coords {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendRings(dst, p)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendRings(dst []byte, rings [][]Point) []byte {
	dst = append(dst, '[')
	for i, r := range rings {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendPoints(dst, r)
	}
	return append(dst, ']')
}

func appendPoints(dst []byte, pts []Point) []byte {
	dst = append(dst, '[')
	for i, p := range pts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = p.appendJSON(dst)
	}
	return append(dst, ']')
}

func (p Point) appendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	dst = strconv.AppendFloat(dst, p.Lon, 'f', -1, 64)
	dst = append(dst, ',')
	dst = strconv.AppendFloat(dst, p.Lat, 'f', -1, 64)
	return append(dst, ']')
}

// Where the plane of the city touches the globe: the belfry square. The place
// was chosen in open country; no such city is there.
const (
	originLon = 3.22
	originLat = 50.62
	// metres in a degree there, on the WGS 84 ellipsoid
	perDegLat = 111240.988
	perDegLon = 70769.487
)

// frameTurn turns the plane of the generator into that of the map: a mirror
// image or not, and an angle, so that cities of different seeds do not look
// alike at a glance.
type frameTurn struct {
	mirror   bool
	sin, cos float64
}

func newFrameTurn(seed uint64) frameTurn {
	r := newRNG(seed, "turn")
	t := frameTurn{mirror: r.chance(0.5)}
	t.sin, t.cos = math.Sincos(r.around(40) * math.Pi / 180)
	t.sin, t.cos = math.Round(t.sin*1e9)/1e9, math.Round(t.cos*1e9)/1e9
	return t
}

// dir turns a direction.
func (t frameTurn) dir(v vec) vec {
	if t.mirror {
		v.x = -v.x
	}
	return vec{float64(v.x*t.cos) - float64(v.y*t.sin), float64(v.x*t.sin) + float64(v.y*t.cos)}
}

// point turns a place of the plane into degrees.
func (t frameTurn) point(v vec) Point {
	v = t.dir(v)
	return Point{
		math.Round((originLon+v.x/perDegLon)*1e7) / 1e7,
		math.Round((originLat+v.y/perDegLat)*1e7) / 1e7,
	}
}

// heading is the compass direction of v, 0 north, 90 east.
func (t frameTurn) heading(v vec) float64 {
	d := 90 - t.dir(v).degrees()
	if d < 0 {
		d += 360
	}
	return d
}

func (t frameTurn) points(pts []vec) []Point {
	out := make([]Point, len(pts))
	for i, p := range pts {
		out[i] = t.point(p)
	}
	return out
}

// ring turns a ring and closes it, keeping its sense of rotation.
func (t frameTurn) ring(pts []vec) []Point {
	n := len(pts)
	out := make([]Point, 0, n+1)
	for i := range pts {
		if t.mirror {
			out = append(out, t.point(pts[(n-i)%n]))
		} else {
			out = append(out, t.point(pts[i]))
		}
	}
	return append(out, out[0])
}

func (t frameTurn) lines(ls [][]vec) Shape {
	s := Shape{"LineString", [][][]Point{nil}}
	if len(ls) > 1 {
		s.Type = "MultiLineString"
	}
	for _, l := range ls {
		s.Coords[0] = append(s.Coords[0], t.points(l))
	}
	return s
}

func (t frameTurn) area(polys [][][]vec) Shape {
	s := Shape{Type: "Polygon"}
	if len(polys) > 1 {
		s.Type = "MultiPolygon"
	}
	for _, p := range polys {
		var rings [][]Point
		for _, r := range p {
			rings = append(rings, t.ring(r))
		}
		s.Coords = append(s.Coords, rings)
	}
	return s
}

// outer is a polygon of one ring, made counter-clockwise.
func (t frameTurn) outer(ring []vec) Shape {
	if area(ring) < 0 {
		ring = reversed(ring)
	}
	return t.area([][][]vec{{ring}})
}

func reversed(ring []vec) []vec {
	out := make([]vec, len(ring))
	for i, p := range ring {
		out[len(ring)-1-i] = p
	}
	return out
}
