package mvt

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/beffroi/beffroi/internal/geo"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

func only(t testing.TB, tile []byte, layer string) orb.Geometry {
	t.Helper()
	fs := decode(t, tile)[layer]
	if len(fs) != 1 {
		t.Fatalf("layer %s has not one feature: %v", layer, fs)
	}
	return fs[0].geometry
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// at gives the position at grid place (x, y) of tile 14/8331/5511.
func at(x, y float64) geo.Point {
	n := math.Ldexp(1, 14)
	return geo.Point{
		Lon: (8331+x/4096)/n*360 - 180,
		Lat: math.Atan(math.Sinh(math.Pi*(1-2*(5511+y/4096)/n))) * 180 / math.Pi,
	}
}

func builder(o Options) *Builder { return NewBuilder(14, 8331, 5511, o) }

func polygon(rings ...[]geo.Point) geo.Geometry { return must(geo.NewPolygon(rings...)) }

func square(x, y, side float64) []geo.Point {
	return []geo.Point{at(x, y), at(x, y+side), at(x+side, y+side), at(x+side, y), at(x, y)}
}

func TestFeature(t *testing.T) {
	b := builder(Options{})
	ok := b.Add("buildings", 42, polygon(square(100, 100, 50), square(110, 110, 10)), []Prop{
		{"kind", "building"}, {"height", 12.5}, {"levels", int64(4)}, {"below", int64(-2)}, {"lit", true}, {"dark", false}, {"exact", 0.1}, {"none", nil},
	})
	if !ok {
		t.Fatal("not added")
	}
	b.Add("buildings", 43, polygon(square(300, 100, 50)), []Prop{{"kind", "building"}, {"height", 12.5}})
	b.Add("places", 0, must(geo.NewPoint(at(7, 8))), []Prop{{"name", "Écluse"}})
	tile := b.Bytes()
	ls := decode(t, tile)
	f := ls["buildings"][0]
	if f.id != 42 {
		t.Errorf("id %v", f.id)
	}
	want := map[string]any{"kind": "building", "height": 12.5, "levels": int64(4), "below": int64(-2), "lit": true, "dark": false, "exact": 0.1}
	for k, v := range want {
		if f.props[k] != v {
			t.Errorf("%s is %v, want %v", k, f.props[k], v)
		}
	}
	if len(f.props) != len(want) {
		t.Errorf("properties %v", f.props)
	}
	// The grid counts in the outer ring's direction: clockwise on the screen,
	// holes against it. orb looks at rings with y up.
	p := f.geometry.(orb.Polygon)
	if len(p) != 2 || signed(p[0]) <= 0 || signed(p[1]) >= 0 {
		t.Errorf("rings %v", p)
	}
	if got := math.Abs(planar.Area(p[0])); got != 2500 {
		t.Errorf("the square has area %v", got)
	}
	if got := only(t, tile, "places"); got != (orb.Point{7, 8}) {
		t.Errorf("the place is at %v", got)
	}
	if ls["places"][0].hasID || ls["places"][0].props["name"] != "Écluse" {
		t.Errorf("place %+v", ls["places"][0])
	}
	if b.Count("buildings") != 2 || b.Count("places") != 1 || b.Count("water") != 0 {
		t.Error("miscounted")
	}
	if again := rebuild(); !bytes.Equal(rebuild(), again) {
		t.Error("not deterministic")
	}
	if len(builder(Options{}).Bytes()) != 0 {
		t.Error("an empty tile has bytes")
	}
}

func rebuild() []byte {
	r := rand.New(rand.NewPCG(5, 6))
	b := builder(Options{})
	for i := range 300 {
		b.Add("a", uint64(i), polygon(square(r.Float64()*4000, r.Float64()*4000, 40)), []Prop{{"k", int64(r.IntN(9))}, {"s", string(rune('a' + r.IntN(26)))}})
	}
	return b.Bytes()
}

func TestWindingIsMended(t *testing.T) {
	sq := square(100, 100, 50)
	for i, j := 0, len(sq)-1; i < j; i, j = i+1, j-1 {
		sq[i], sq[j] = sq[j], sq[i]
	}
	b := builder(Options{})
	b.Add("l", 0, polygon(sq, square(110, 110, 10)), nil)
	p := only(t, b.Bytes(), "l").(orb.Polygon)
	if len(p) != 2 || signed(p[0]) <= 0 || signed(p[1]) >= 0 {
		t.Errorf("rings %v", p)
	}
}

func TestClipLine(t *testing.T) {
	o := Options{Buffer: 64}
	for name, c := range map[string]struct {
		line []geo.Point
		want orb.Geometry
	}{
		"across": {[]geo.Point{at(-500, 100), at(5000, 100)}, orb.LineString{{-64, 100}, {4160, 100}}},
		"out and in again": {[]geo.Point{at(100, 100), at(100, -500), at(300, -500), at(300, 100)},
			orb.MultiLineString{{{100, 100}, {100, -64}}, {{300, -64}, {300, 100}}}},
		"inside":         {[]geo.Point{at(1, 1), at(2000, 7)}, orb.LineString{{1, 1}, {2000, 7}}},
		"along the rim":  {[]geo.Point{at(-64, 5), at(-64, 4000)}, orb.LineString{{-64, 5}, {-64, 4000}}},
		"in the margin":  {[]geo.Point{at(-50, 5), at(-40, 4000)}, orb.LineString{{-50, 5}, {-40, 4000}}},
		"by a corner":    {[]geo.Point{at(-164, 36), at(36, -170)}, nil},
		"cuts a corner":  {[]geo.Point{at(-164, 136), at(136, -164)}, orb.LineString{{-64, 36}, {36, -64}}},
		"touches at end": {[]geo.Point{at(-200, 50), at(-64, 50)}, nil},
	} {
		b := builder(o)
		ok := b.Add("l", 0, must(geo.NewLine(c.line)), nil)
		if c.want == nil {
			if ok || len(b.Bytes()) > 0 {
				t.Errorf("%s: seen", name)
			}
			continue
		}
		if !ok {
			t.Errorf("%s: not seen", name)
			continue
		}
		if got := only(t, b.Bytes(), "l"); !orb.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestClipPolygon(t *testing.T) {
	o := Options{Buffer: 64}
	whole := 4096.0 + 2*64
	for name, c := range map[string]struct {
		g    geo.Geometry
		area float64
	}{
		"covers the tile":         {polygon(square(-5000, -5000, 20000)), whole * whole},
		"hole covers the tile":    {polygon(square(-5000, -5000, 20000), square(-100, -100, 5000)), 0},
		"hole is clipped":         {polygon(square(-5000, -5000, 20000), square(-1000, -1000, 1936)), whole*whole - 1000*1000},
		"over one side":           {polygon(square(-1000, 100, 1936)), 1000 * 1936},
		"over a corner":           {polygon(square(4000, 4000, 1000)), 160 * 160},
		"beside":                  {polygon(square(4200, 100, 50)), 0},
		"round the corner":        {polygon([]geo.Point{at(-1000, 500), at(-1000, -1000), at(500, -1000), at(-1000, 500)}), 0},
		"tiny":                    {polygon(square(100, 100, 3)), 0},
		"small":                   {polygon(square(100, 100, 4)), 16},
		"tiny hole":               {polygon(square(100, 100, 50), square(110, 110, 2)), 2500},
		"sticks out at both ends": {polygon([]geo.Point{at(-900, 10), at(9000, 10), at(9000, 20), at(-900, 20), at(-900, 10)}), whole * 10},
	} {
		b := builder(o)
		ok := b.Add("l", 0, c.g, nil)
		if ok != (c.area > 0) {
			t.Errorf("%s: seen is %v", name, ok)
		}
		if !ok {
			continue
		}
		g := only(t, b.Bytes(), "l")
		if got := planar.Area(g); math.Abs(math.Abs(got)-c.area) > 1e-6 {
			t.Errorf("%s: area %v, want %v (%v)", name, got, c.area, g)
		}
		bd := g.Bound()
		if bd.Min[0] < -64 || bd.Min[1] < -64 || bd.Max[0] > 4160 || bd.Max[1] > 4160 {
			t.Errorf("%s: sticks out: %v", name, bd)
		}
	}
	// A polygon whose outer ring is too small takes its hole with it; the
	// other polygon stays.
	two := append(must(json(square(10, 10, 2), square(10.5, 10.5, 1))), ',')
	two = append(two, must(json(square(100, 100, 50)))...)
	b := builder(o)
	b.Add("l", 0, must(geo.ParseCoordinates("MultiPolygon", append(append([]byte{'['}, two...), ']'))), nil)
	if got := planar.Area(only(t, b.Bytes(), "l")); math.Abs(got) != 2500 {
		t.Errorf("area %v, want 2500", got)
	}
}

func json(rings ...[]geo.Point) ([]byte, error) {
	g, err := geo.NewPolygon(rings...)
	return g.AppendCoordinates(nil), err
}

func TestPoints(t *testing.T) {
	b := builder(Options{Buffer: -1})
	for i, p := range []geo.Point{at(0.01, 0.01), at(4095.9, 4095.9), at(-1, 5), at(5, 4097)} {
		if got, want := b.Add("l", 0, must(geo.NewPoint(p)), nil), i < 2; got != want {
			t.Errorf("point %d is seen: %v", i, got)
		}
	}
	c := NewBuilder(0, 0, 0, Options{})
	for _, p := range []geo.Point{{Lon: 180, Lat: 90}, {Lon: -180, Lat: -90}, {Lon: 0, Lat: 0}} {
		c.Add("l", 0, must(geo.NewPoint(p)), nil)
	}
	if l := decode(t, c.Bytes())["l"]; len(l) != 1 || l[0].geometry != (orb.Point{2048, 2048}) {
		t.Errorf("%v", l)
	}
}

// TestPlaceOnTheGlobe compares with the tile's corners and the projection of
// EPSG:3857.
func TestPlaceOnTheGlobe(t *testing.T) {
	p := geo.Point{Lon: 3.0635, Lat: 50.6367}
	x, y, err := geo.FromWGS84(3857, p)
	if err != nil {
		t.Fatal(err)
	}
	const half = math.Pi * 6378137
	for z := uint32(0); z <= 20; z++ {
		side := 2 * half / math.Ldexp(1, int(z))
		tx, ty := math.Floor((x+half)/side), math.Floor((half-y)/side)
		b := NewBuilder(z, uint32(tx), uint32(ty), Options{})
		if !b.Add("l", 0, must(geo.NewPoint(p)), nil) {
			t.Fatalf("zoom %d: not seen in its own tile", z)
		}
		q := only(t, b.Bytes(), "l").(orb.Point)
		if dx, dy := (x+half)/side-tx-q[0]/4096, (half-y)/side-ty-q[1]/4096; math.Hypot(dx, dy) > 1.0/4096 {
			t.Errorf("zoom %d: %v, off by %v of a side", z, q, math.Hypot(dx, dy))
		}
	}
}

func TestSimplify(t *testing.T) {
	line := []geo.Point{at(0, 0)}
	for x := 1.0; x < 1000; x++ {
		line = append(line, at(x, 0.7*math.Mod(x, 2)))
	}
	line = append(line, at(1000, 0), at(1000, 500))
	b := builder(Options{})
	b.Add("l", 0, must(geo.NewLine(line)), nil)
	if got := only(t, b.Bytes(), "l").(orb.LineString); len(got) > 6 || got[0] != (orb.Point{0, 0}) || got[len(got)-1] != (orb.Point{1000, 500}) {
		t.Errorf("%d positions: %v", len(got), got[:min(len(got), 10)])
	}
	c := builder(Options{Tolerance: -1})
	c.Add("l", 0, must(geo.NewLine(line)), nil)
	if got := only(t, c.Bytes(), "l").(orb.LineString); len(got) < 900 {
		t.Errorf("only %d positions without simplifying", len(got))
	}
}

// TestSimplifyKeepsTheTolerance checks that no position of a line is farther
// from the simplified line than was allowed.
func TestSimplifyKeepsTheTolerance(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for range 10 {
		b := builder(Options{})
		x, y := 2000.0, 2000.0
		line := make([]xy, 0, 2000)
		for range 2000 {
			line = append(line, xy{x, y})
			x, y = x+r.NormFloat64()*3, y+r.NormFloat64()*3
		}
		was := append([]xy(nil), line...)
		got := b.simplify(line)
		for _, p := range was {
			near := math.Inf(1)
			for i := 1; i < len(got); i++ {
				near = min(near, segmentDistance2(p, got[i-1], got[i]))
			}
			if near > (b.o.Tolerance+0.25)*(b.o.Tolerance+0.25) {
				t.Fatalf("a position is %v units off", math.Sqrt(near))
			}
		}
	}
}

// TestNeighboursAgree sees that a line over the border of two tiles meets
// itself there.
func TestNeighboursAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	pts := make([]geo.Point, 0, 200)
	for i := range 200 {
		pts = append(pts, at(3000+float64(i)*10, 2000+r.Float64()*30))
	}
	g := must(geo.NewLine(pts))
	a, b := NewBuilder(14, 8331, 5511, Options{}), NewBuilder(14, 8332, 5511, Options{})
	a.Add("l", 0, g, nil)
	b.Add("l", 0, g, nil)
	la, lb := only(t, a.Bytes(), "l").(orb.LineString), only(t, b.Bytes(), "l").(orb.LineString)
	shared := 0
	for _, p := range la {
		for _, q := range lb {
			if p[0]-4096 == q[0] && p[1] == q[1] {
				shared++
			}
		}
	}
	if shared < 8 {
		t.Errorf("the margin of 160 units has only %d positions in common", shared)
	}
}

// TestRandomPolygons throws areas of all sorts at the encoder: what comes out
// must be readable, within the margin, and wound as the standard asks.
func TestRandomPolygons(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	b := builder(Options{})
	for range 2000 {
		c := []float64{r.Float64() * 4096, r.Float64() * 4096}
		size := math.Exp(r.Float64()*9 + 1)
		ring := make([]geo.Point, 0, 12)
		for range 3 + r.IntN(8) {
			ring = append(ring, at(c[0]+r.NormFloat64()*size, c[1]+r.NormFloat64()*size))
		}
		b.Add("l", 0, polygon(append(ring, ring[0])), nil)
	}
	for _, f := range decode(t, b.Bytes())["l"] {
		p, ok := f.geometry.(orb.Polygon)
		if !ok {
			t.Fatalf("%T", f.geometry)
		}
		if signed(p[0]) <= 0 {
			t.Fatalf("outer ring runs the wrong way: %v", p)
		}
		if bd := p.Bound(); bd.Min[0] < -80 || bd.Min[1] < -80 || bd.Max[0] > 4176 || bd.Max[1] > 4176 {
			t.Fatalf("sticks out: %v", bd)
		}
	}
}

// TestAwkwardLine draws a line that takes the square of its length to simplify
// at once: it would not end within the test's time.
func TestAwkwardLine(t *testing.T) {
	pts := make([]geo.Point, geo.MaxVertices)
	for i := range pts {
		f := float64(i) / float64(len(pts))
		pts[i] = at(4096*f, 2000+1500*f*f*math.Copysign(1, float64(i%2)-0.5))
	}
	b := builder(Options{})
	if !b.Add("l", 0, must(geo.NewLine(pts)), nil) {
		t.Error("not seen")
	}
}

func TestUnknownValuePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an int was accepted")
		}
	}()
	builder(Options{}).Add("l", 0, must(geo.NewPoint(at(1, 1))), []Prop{{"n", 3}})
}

func BenchmarkTileOf3000Houses(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 3))
	houses := make([]geo.Geometry, 3000)
	for i := range houses {
		x, y := r.Float64()*4096, r.Float64()*4096
		houses[i] = polygon([]geo.Point{at(x, y), at(x+20, y+3), at(x+18, y+20), at(x+10, y+19), at(x+9, y+30), at(x-2, y+28), at(x, y)})
	}
	b.ReportAllocs()
	for b.Loop() {
		t := builder(Options{})
		for i, h := range houses {
			t.Add("buildings", uint64(i), h, []Prop{{"kind", "building"}, {"height", float64(i % 40)}})
		}
		t.Bytes()
	}
}
