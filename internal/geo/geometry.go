package geo

import (
	"iter"
	"slices"
)

// Kind is the type of a geometry.
type Kind uint8

// The kinds of geometries (RFC 7946, 3.1). None is that of the zero Geometry.
const (
	None Kind = iota
	PointKind
	MultiPointKind
	LineStringKind
	MultiLineStringKind
	PolygonKind
	MultiPolygonKind

	kindCount
)

var kindNames = [kindCount]string{"", "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}

// String gives the GeoJSON name of k, such as "MultiPolygon".
func (k Kind) String() string { return kindNames[min(k, kindCount-1)] }

// dim is the dimension of geometries of kind k: 0, 1 or 2.
func (k Kind) dim() int { return max(0, int(k)-1) / 2 }

// Geometry is a point, line or area, or several of one sort. It is never
// changed once made and may be copied freely. The zero Geometry is empty: it
// relates to nothing.
type Geometry struct {
	kind   Kind
	pts    []Point // every position, one part after the other; rings closed
	ends   []int32 // where each line or ring ends in pts; nil for points, and for one line
	polys  []int32 // where each polygon ends in ends; nil unless MultiPolygon
	bounds Rect
}

// Kind gives the kind of g.
func (g Geometry) Kind() Kind { return g.kind }

// Type gives the GeoJSON type of g, "" if g is empty.
func (g Geometry) Type() string { return g.kind.String() }

// IsZero reports whether g is empty.
func (g Geometry) IsZero() bool { return g.kind == None }

// IsPoint gives the position of a Point; it is false for other kinds.
func (g Geometry) IsPoint() (Point, bool) {
	if g.kind != PointKind {
		return Point{}, false
	}
	return g.pts[0], true
}

// Bounds gives the smallest box round g. It never crosses the antimeridian.
func (g Geometry) Bounds() Rect { return g.bounds }

// Len gives the number of positions in g.
func (g Geometry) Len() int { return len(g.pts) }

// Vertices walks all positions of g in order; a ring's first comes twice.
func (g Geometry) Vertices() iter.Seq[Point] { return slices.Values(g.pts) }

// Part says which part of a geometry a run of positions is.
type Part struct {
	Polygon int // index of the polygon, line or point
	Ring    int // 0 for an outer ring and for what has no rings, else a hole
}

// Parts walks the parts of g: each point of points, each line of lines, each
// ring of polygons (closed, the outer one first). The slice belongs to g: do
// not change it.
func (g Geometry) Parts() iter.Seq2[Part, []Point] {
	return func(yield func(Part, []Point) bool) {
		switch g.kind {
		case None:
		case PointKind, MultiPointKind:
			for i := range g.pts {
				if !yield(Part{Polygon: i}, g.pts[i:i+1:i+1]) {
					return
				}
			}
		case LineStringKind, MultiLineStringKind:
			for i := range g.runs() {
				if !yield(Part{Polygon: i}, g.run(i)) {
					return
				}
			}
		default:
			for p := range g.polygons() {
				from, to := g.polygon(p)
				for r := from; r < to; r++ {
					if !yield(Part{Polygon: p, Ring: r - from}, g.run(r)) {
						return
					}
				}
			}
		}
	}
}

// runs gives the number of lines or rings.
func (g *Geometry) runs() int {
	if g.ends == nil {
		return 1
	}
	return len(g.ends)
}

// run gives line or ring i.
func (g *Geometry) run(i int) []Point {
	if g.ends == nil {
		return g.pts
	}
	from := int32(0)
	if i > 0 {
		from = g.ends[i-1]
	}
	return g.pts[from:g.ends[i]:g.ends[i]]
}

// polygons gives the number of polygons of an area.
func (g *Geometry) polygons() int {
	if g.polys == nil {
		return 1
	}
	return len(g.polys)
}

// polygon gives the range of rings of polygon p.
func (g *Geometry) polygon(p int) (from, to int) {
	if g.polys == nil {
		return 0, g.runs()
	}
	if p > 0 {
		from = int(g.polys[p-1])
	}
	return from, int(g.polys[p])
}

// NewPoint gives the Point at p.
// Errors: problem.BadRequestData if p is not on the globe.
func NewPoint(p Point) (Geometry, error) {
	b := builder{kind: PointKind, pts: []Point{p}}
	return b.done()
}

// NewLine gives the LineString through pts, which it copies.
// Errors: problem.BadRequestData if pts are impossible as a line.
func NewLine(pts []Point) (Geometry, error) {
	b := builder{kind: LineStringKind, pts: slices.Clone(pts)}
	return b.done()
}

// NewPolygon gives the Polygon with the given outer ring and holes, which it
// copies. Each ring must be closed.
// Errors: problem.BadRequestData if the rings are impossible.
func NewPolygon(rings ...[]Point) (Geometry, error) {
	b := builder{kind: PolygonKind}
	for _, r := range rings {
		b.pts = append(b.pts, r...)
		b.ends = append(b.ends, int32(len(b.pts)))
	}
	return b.done()
}

// FromRect gives the area of r: a Polygon, or a MultiPolygon of two if r
// crosses the antimeridian. The empty Rect gives the empty Geometry.
func FromRect(r Rect) Geometry {
	if r.Empty() {
		return Geometry{}
	}
	b := builder{kind: PolygonKind}
	add := func(w, s, e, n float64) {
		b.pts = append(b.pts, Point{w, s}, Point{e, s}, Point{e, n}, Point{w, n}, Point{w, s})
		b.ends = append(b.ends, int32(len(b.pts)))
		b.polys = append(b.polys, int32(len(b.ends)))
	}
	if r.West <= r.East {
		add(r.West, r.South, r.East, r.North)
		b.polys = nil
	} else {
		b.kind = MultiPolygonKind
		add(r.West, r.South, 180, r.North)
		add(-180, r.South, r.East, r.North)
	}
	g, err := b.done()
	if err != nil {
		return Geometry{} // r is not on the globe
	}
	return g
}

// builder collects the parts of a geometry.
type builder struct {
	kind  Kind
	pts   []Point
	ends  []int32
	polys []int32
}

// done checks what was collected and gives the geometry. The slices belong to
// the geometry from then on.
func (b *builder) done() (Geometry, error) {
	if len(b.pts) > MaxVertices {
		return Geometry{}, tooMany()
	}
	for i := range b.pts {
		if why := b.pts[i].check(); why != "" {
			return Geometry{}, bad("position %d: %s", i, why)
		}
	}
	g := Geometry{kind: b.kind, pts: b.pts, ends: b.ends, polys: b.polys}
	if why := g.shape(); why != "" {
		return Geometry{}, bad("%s", why)
	}
	g.finish()
	return g, nil
}

// shape tells what is wrong with the lengths and ends of g's parts.
func (g *Geometry) shape() string {
	if len(g.pts) == 0 {
		return "a " + g.Type() + " needs positions"
	}
	switch g.kind.dim() {
	case 0:
		return ""
	case 1:
		for i := range g.runs() {
			if len(g.run(i)) < 2 {
				return "a line needs at least two positions"
			}
		}
	default:
		for i := range g.runs() {
			if why := ringFault(g.run(i)); why != "" {
				return why
			}
		}
	}
	return ""
}

func ringFault(r []Point) string {
	if len(r) < 4 {
		return "a ring needs at least four positions, the last equal to the first"
	}
	if r[0] != r[len(r)-1] {
		return "the ring is not closed: its last position must equal its first"
	}
	return ""
}

func tooMany() error {
	return bad("the geometry has over %d positions; simplify it", MaxVertices)
}

// finish sets what follows from the positions and drops what is not needed.
func (g *Geometry) finish() {
	if len(g.ends) <= 1 {
		g.ends = nil
	}
	if g.kind != MultiPolygonKind {
		g.polys = nil
	}
	r := EmptyRect()
	for i := range g.pts {
		g.pts[i].Lon += 0 // -0 becomes 0
		g.pts[i].Lat += 0
		r = r.AddPoint(g.pts[i])
	}
	g.bounds = r
}
