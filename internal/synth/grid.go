package synth

const (
	reach    = 6400.0 // half the width of the plane that a grid covers, metres
	gridCell = 48.0
	gridSide = 267 // 2×reach/gridCell, rounded up
)

// grid finds the things whose box meets a box. Ids come back once each, in an
// order that depends on nothing but the order of adding.
type grid struct {
	cells [][]int32
	boxes []box
	seen  []uint32
	turn  uint32
	found []int32
}

func newGrid() *grid { return &grid{cells: make([][]int32, gridSide*gridSide)} }

func cellOf(x float64) int { return min(gridSide-1, max(0, int((x+reach)/gridCell))) }

// add files a box; its id is the number of boxes filed before.
func (g *grid) add(b box) int32 {
	id := int32(len(g.boxes))
	g.boxes = append(g.boxes, b)
	g.seen = append(g.seen, 0)
	for y := cellOf(b.lo.y); y <= cellOf(b.hi.y); y++ {
		for x := cellOf(b.lo.x); x <= cellOf(b.hi.x); x++ {
			g.cells[y*gridSide+x] = append(g.cells[y*gridSide+x], id)
		}
	}
	return id
}

// near lists the ids whose boxes meet b. The slice is good until the next call.
func (g *grid) near(b box) []int32 {
	g.turn++
	g.found = g.found[:0]
	for y := cellOf(b.lo.y); y <= cellOf(b.hi.y); y++ {
		for x := cellOf(b.lo.x); x <= cellOf(b.hi.x); x++ {
			for _, id := range g.cells[y*gridSide+x] {
				if g.seen[id] != g.turn && g.boxes[id].meets(b) {
					g.seen[id] = g.turn
					g.found = append(g.found, id)
				}
			}
		}
	}
	return g.found
}

// segments is a grid of line pieces, each with a half width and a tag.
type segments struct {
	grid *grid
	list []segment
}

type segment struct {
	a, b vec
	half float64 // metres from the middle of the line to its edge
	tag  int32
}

func newSegments() *segments { return &segments{grid: newGrid()} }

func (s *segments) add(g segment) {
	s.list = append(s.list, g)
	s.grid.add(boxOf([]vec{g.a, g.b}).grow(g.half))
}

func (s *segments) addLine(pts []vec, half float64, tag int32) {
	for i := 1; i < len(pts); i++ {
		s.add(segment{pts[i-1], pts[i], half, tag})
	}
}

func (s *segments) addRing(pts []vec, half float64, tag int32) {
	s.addLine(closeRing(pts), half, tag)
}

// crossed reports whether ab crosses one of the segments, and the tag of the
// first that it crosses.
func (s *segments) crossed(a, b vec) (int32, bool) {
	for _, id := range s.grid.near(boxOf([]vec{a, b})) {
		g := s.list[id]
		if _, _, ok := crossing(a, b, g.a, g.b); ok {
			return g.tag, true
		}
	}
	return 0, false
}

// clear reports whether p keeps more than margin from the edge of every
// segment.
func (s *segments) clear(p vec, margin float64) bool {
	for _, id := range s.grid.near((box{p, p}).grow(max(0, margin))) {
		g := s.list[id]
		n, _ := nearestOnSegment(p, g.a, g.b)
		if n.dist(p) < g.half+margin {
			return false
		}
	}
	return true
}

// nearest is the segment nearest to p within a distance (to its middle line),
// among those that ok accepts.
func (s *segments) nearest(p vec, within float64, ok func(segment) bool) (segment, vec, bool) {
	var best segment
	var at vec
	found := false
	for _, id := range s.grid.near((box{p, p}).grow(within)) {
		g := s.list[id]
		n, _ := nearestOnSegment(p, g.a, g.b)
		if d := n.dist(p); d < within && ok(g) {
			best, at, within, found = g, n, d, true
		}
	}
	return best, at, found
}

// points is a set of places that can say how near its next neighbour is.
type points struct {
	grid *grid
	list []vec
}

func newPoints() *points { return &points{grid: newGrid()} }

func (s *points) add(p vec) {
	s.list = append(s.list, p)
	s.grid.add(box{p, p})
}

// free reports whether no point of the set is nearer to p than d.
func (s *points) free(p vec, d float64) bool {
	for _, id := range s.grid.near((box{p, p}).grow(d)) {
		if s.list[id].dist(p) < d {
			return false
		}
	}
	return true
}

// nearest is the index of the point of the set nearest to p within d, or -1.
func (s *points) nearest(p vec, d float64) int {
	best := -1
	for _, id := range s.grid.near((box{p, p}).grow(d)) {
		if l := s.list[id].dist(p); l < d {
			best, d = int(id), l
		}
	}
	return best
}
