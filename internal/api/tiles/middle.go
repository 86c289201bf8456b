package tiles

import (
	"math"

	"github.com/beffroi/beffroi/internal/geo"
)

// middleLine gives a line along the middle of a long, narrow area, for its
// name to be written on: the two ends are the positions farthest apart, the
// line runs halfway between both banks. It is false for what is not long and
// narrow.
func middleLine(g geo.Geometry) (geo.Geometry, bool) {
	var ring []geo.Point
	for part, r := range g.Parts() {
		if part.Ring == 0 && len(r) > len(ring) && len(r) > 4 {
			ring = r
		}
	}
	if ring == nil {
		return geo.Geometry{}, false
	}
	ring = thin(ring[:len(ring)-1])
	shrink := math.Cos(ring[0].Lat * math.Pi / 180)
	d := func(p, q geo.Point) float64 { return math.Hypot((p.Lon-q.Lon)*shrink, p.Lat-q.Lat) }
	a, b := farthest(ring, d)
	if a > b {
		a, b = b, a
	}
	one := ring[a : b+1]
	two := make([]geo.Point, 0, len(ring))
	for i := a + len(ring); i >= b; i-- {
		two = append(two, ring[i%len(ring)])
	}
	length, width := 0.0, 0.0
	const steps = 48
	line := make([]geo.Point, 0, steps-1)
	for k := 1; k < steps; k++ {
		p, q := along(one, float64(k)/steps, d), along(two, float64(k)/steps, d)
		line = append(line, geo.Point{Lon: (p.Lon + q.Lon) / 2, Lat: (p.Lat + q.Lat) / 2})
		width += d(p, q) / (steps - 1)
	}
	for i := 1; i < len(line); i++ {
		length += d(line[i-1], line[i])
	}
	if !(length > 6*width) {
		return geo.Geometry{}, false
	}
	out, err := geo.NewLine(line)
	return out, err == nil
}

// thin leaves out positions so that a few hundred stay.
func thin(ring []geo.Point) []geo.Point {
	step := len(ring)/400 + 1
	out := make([]geo.Point, 0, len(ring)/step+1)
	for i := 0; i < len(ring); i += step {
		out = append(out, ring[i])
	}
	return out
}

// farthest gives the two positions that are farthest from each other.
func farthest(ring []geo.Point, d func(p, q geo.Point) float64) (a, b int) {
	most := -1.0
	for i := range ring {
		for j := range i {
			if x := d(ring[i], ring[j]); x > most {
				a, b, most = j, i, x
			}
		}
	}
	return a, b
}

// along gives the position at the given part of a line's length.
func along(line []geo.Point, part float64, d func(p, q geo.Point) float64) geo.Point {
	total := 0.0
	for i := 1; i < len(line); i++ {
		total += d(line[i-1], line[i])
	}
	left := total * part
	for i := 1; i < len(line); i++ {
		l := d(line[i-1], line[i])
		if l >= left && l > 0 {
			t := left / l
			p, q := line[i-1], line[i]
			return geo.Point{Lon: p.Lon + t*(q.Lon-p.Lon), Lat: p.Lat + t*(q.Lat-p.Lat)}
		}
		left -= l
	}
	return line[len(line)-1]
}
