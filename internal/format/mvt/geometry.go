package mvt

import (
	"encoding/binary"
	"math"

	"github.com/beffroi/beffroi/internal/geo"
)

// The geometry types of a feature, and the commands of its geometry.
const (
	typePoint      = 1
	typeLineString = 2
	typePolygon    = 3

	moveTo    = 1
	lineTo    = 2
	closePath = 7
)

// xy is a position on the tile's grid: x to the right, y down, the tile from
// 0 to Extent.
type xy struct{ x, y float64 }

type cell struct{ x, y int64 }

// scratch is memory that is used again for every feature.
type scratch struct {
	a, b, c  []xy
	grid     []cell
	keep     []bool
	commands []byte
	feature  []byte
	tags     []byte
}

// project gives the place of p on the tile's grid.
func (b *Builder) project(p geo.Point) xy {
	lat := min(max(p.Lat, -89.9), 89.9) * math.Pi / 180
	e := float64(b.o.Extent)
	return xy{
		x: ((p.Lon+180)/360*b.n - b.x) * e,
		y: ((0.5-math.Asinh(math.Tan(lat))/(2*math.Pi))*b.n - b.y) * e,
	}
}

func (b *Builder) projectAll(dst []xy, pts []geo.Point) []xy {
	for _, p := range pts {
		dst = append(dst, b.project(p))
	}
	return dst
}

// geometry encodes g as it is seen in the tile; no commands mean that it is
// not. The commands are valid until the next call.
func (b *Builder) geometry(g geo.Geometry) (kind byte, commands []byte) {
	e := encoder{out: b.work.commands[:0]}
	switch g.Kind() {
	case geo.PointKind, geo.MultiPointKind:
		kind = typePoint
		b.points(&e, g)
	case geo.LineStringKind, geo.MultiLineStringKind:
		kind = typeLineString
		for _, line := range g.Parts() {
			b.line(&e, line)
		}
	default:
		kind = typePolygon
		b.rings(&e, g)
	}
	b.work.commands = e.out
	return kind, e.out
}

func (b *Builder) points(e *encoder, g geo.Geometry) {
	lo, hi := float64(-b.o.Buffer), float64(b.o.Extent+b.o.Buffer)
	grid := b.work.grid[:0]
	for p := range g.Vertices() {
		if q := b.project(p); q.x >= lo && q.x <= hi && q.y >= lo && q.y <= hi {
			grid = append(grid, round(q))
		}
	}
	b.work.grid = grid
	if len(grid) == 0 {
		return
	}
	e.command(moveTo, len(grid))
	for _, c := range grid {
		e.to(c)
	}
}

func (b *Builder) line(e *encoder, pts []geo.Point) {
	line := b.projectAll(b.work.a[:0], pts)
	b.work.a = line
	line = b.simplify(line)
	lo, hi := float64(-b.o.Buffer), float64(b.o.Extent+b.o.Buffer)
	grid := b.work.grid[:0]
	flush := func() {
		if len(grid) > 1 {
			e.command(moveTo, 1)
			e.to(grid[0])
			e.command(lineTo, len(grid)-1)
			for _, c := range grid[1:] {
				e.to(c)
			}
		}
		grid = grid[:0]
	}
	put := func(p xy) {
		if c := round(p); len(grid) == 0 || grid[len(grid)-1] != c {
			grid = append(grid, c)
		}
	}
	for i := 1; i < len(line); i++ {
		p, q, ok := clipSegment(line[i-1], line[i], lo, hi)
		if !ok {
			flush()
			continue
		}
		if p != line[i-1] {
			flush()
		}
		put(p)
		put(q)
		if q != line[i] {
			flush()
		}
	}
	flush()
	b.work.grid = grid
}

// rings encodes polygons. A polygon whose outer ring is not to be seen is left
// out with its holes; so is one of which a hole leaves nothing.
func (b *Builder) rings(e *encoder, g geo.Geometry) {
	skip, outer := -1, int64(0)
	before := *e
	for part, pts := range g.Parts() {
		if part.Ring == 0 {
			before = *e
			if outer = b.ring(e, pts, false); outer == 0 {
				skip = part.Polygon
			}
			continue
		}
		if part.Polygon != skip && b.ring(e, pts, true) == outer {
			skip = part.Polygon
			*e = encoder{out: e.out[:len(before.out)], at: before.at}
		}
	}
}

// ring encodes one ring of a polygon and gives twice its area; 0 if it is not
// to be seen.
func (b *Builder) ring(e *encoder, pts []geo.Point, hole bool) int64 {
	ring := b.projectAll(b.work.a[:0], pts)
	b.work.a = ring
	if math.Abs(area(ring)) < b.o.MinArea {
		return 0
	}
	ring = b.simplify(ring)
	ring = b.clipRing(ring)
	grid := b.work.grid[:0]
	for _, p := range ring {
		c := round(p)
		if n := len(grid); n > 0 && grid[n-1] == c {
			continue
		}
		// A line that runs back on itself has nothing inside.
		for n := len(grid); n > 1 && straight(grid[n-2], grid[n-1], c); n = len(grid) {
			grid = grid[:n-1]
		}
		if n := len(grid); n == 0 || grid[n-1] != c {
			grid = append(grid, c)
		}
	}
	for len(grid) > 1 && grid[0] == grid[len(grid)-1] {
		grid = grid[:len(grid)-1]
	}
	b.work.grid = grid
	if len(grid) < 3 {
		return 0
	}
	a := gridArea(grid)
	if a == 0 {
		return 0
	}
	e.command(moveTo, 1)
	e.to(grid[0])
	e.command(lineTo, len(grid)-1)
	if (a > 0) != hole { // y is down: positive is clockwise
		for _, c := range grid[1:] {
			e.to(c)
		}
	} else {
		for i := len(grid) - 1; i > 0; i-- {
			e.to(grid[i])
		}
	}
	e.command(closePath, 1)
	return max(a, -a)
}

// straight reports whether b lies on a straight line between a and c, or the
// way back from it.
func straight(a, b, c cell) bool {
	return (b.x-a.x)*(c.y-a.y) == (b.y-a.y)*(c.x-a.x)
}

func round(p xy) cell { return cell{int64(math.Round(p.x)), int64(math.Round(p.y))} }

// area gives the area of a closed ring in square grid units, positive if it
// runs clockwise on the screen.
func area(ring []xy) float64 {
	sum := 0.0
	for i := 1; i < len(ring); i++ {
		p, q := ring[i-1], ring[i]
		sum += (p.x-ring[0].x)*(q.y-ring[0].y) - (q.x-ring[0].x)*(p.y-ring[0].y)
	}
	return sum / 2
}

// gridArea gives twice the area of a ring whose end is not repeated.
func gridArea(ring []cell) int64 {
	sum := int64(0)
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		sum += p.x*q.y - q.x*p.y
	}
	return sum
}

// encoder writes the commands of a geometry.
type encoder struct {
	out []byte
	at  cell
}

func (e *encoder) command(id, count int) {
	e.out = binary.AppendUvarint(e.out, uint64(id)|uint64(count)<<3)
}

func (e *encoder) to(c cell) {
	e.out = binary.AppendUvarint(e.out, zigzag(c.x-e.at.x))
	e.out = binary.AppendUvarint(e.out, zigzag(c.y-e.at.y))
	e.at = c
}
