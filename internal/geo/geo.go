// Package geo holds geometries, the relations between them, distances, the
// cells that index them and the coordinate systems they arrive in.
//
// All geometries are WGS 84, longitude then latitude in degrees (RFC 7946,
// 3.1.1). Straight lines are straight in the plane of longitude and latitude
// (RFC 7946, 3.1.1), and so are all relations (CIM 009, 4.10) save "near":
// distances are metres on the WGS 84 ellipsoid. A polygon's inside is what an
// odd number of its ring lines separate from far away, so that a polygon whose
// rings cross themselves has a meaning too; a position on a ring is on the
// border, neither inside nor outside. In the plane the meridians -180
// and 180 are far apart: what crosses there is cut in two, as RFC 7946, 3.1.9
// asks; distances and cells know that they are one.
//
// The package is not for 3D solids, topology overlays or drawing; altitudes
// are accepted and not kept. Everything in it is a pure function, gives the
// same answer forever, and is safe for concurrent use.
package geo

import (
	"fmt"
	"math"

	"github.com/beffroi/beffroi/internal/problem"
)

// MaxVertices is the greatest number of positions in one geometry.
const MaxVertices = 100_000

// Point is a position in degrees: longitude -180 to 180, latitude -90 to 90.
type Point struct{ Lon, Lat float64 }

// String gives p as people write it down: latitude is not first.
func (p Point) String() string { return fmt.Sprintf("(%v, %v)", p.Lon, p.Lat) }

// check tells what is wrong with p, "" if nothing.
func (p Point) check() string {
	switch {
	case math.IsNaN(p.Lon) || math.IsInf(p.Lon, 0) || math.IsNaN(p.Lat) || math.IsInf(p.Lat, 0):
		return "the numbers must be finite"
	case p.Lon < -180 || p.Lon > 180:
		return fmt.Sprintf("longitude %v is out of range (-180 to 180 degrees; the order is longitude, latitude)", p.Lon)
	case p.Lat < -90 || p.Lat > 90:
		if p.Lon >= -90 && p.Lon <= 90 && p.Lat >= -180 && p.Lat <= 180 {
			return fmt.Sprintf("latitude %v is out of range (-90 to 90 degrees); the order is longitude, latitude: are they swapped?", p.Lat)
		}
		return fmt.Sprintf("latitude %v is out of range (-90 to 90 degrees; the order is longitude, latitude)", p.Lat)
	}
	return ""
}

func bad(format string, args ...any) error {
	return problem.New(problem.BadRequestData, format, args...)
}
