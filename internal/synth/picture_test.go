package synth

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// canvas is a picture of a part of the plane, drawn at twice its size and
// averaged.
type canvas struct {
	img   *image.RGBA
	lo    vec
	scale float64
	w, h  int
}

func newCanvas(b box, w int) *canvas {
	s := float64(2*w) / (b.hi.x - b.lo.x)
	h := int((b.hi.y - b.lo.y) * s)
	c := &canvas{image.NewRGBA(image.Rect(0, 0, 2*w, h)), b.lo, s, 2 * w, h}
	for i := range c.img.Pix {
		c.img.Pix[i] = 255
	}
	c.polygon(color.RGBA{0xF3, 0xEF, 0xE7, 255}, []vec{b.lo, {b.hi.x, b.lo.y}, b.hi, {b.lo.x, b.hi.y}})
	return c
}

func (c *canvas) px(p vec) vec {
	return vec{(p.x - c.lo.x) * c.scale, float64(c.h) - (p.y-c.lo.y)*c.scale}
}

func (c *canvas) polygon(col color.RGBA, rings ...[]vec) {
	var pts [][]vec
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, r := range rings {
		var o []vec
		for _, p := range r {
			t := c.px(p)
			lo, hi = min(lo, t.y), max(hi, t.y)
			o = append(o, t)
		}
		pts = append(pts, o)
	}
	for y := max(0, int(lo)); y <= min(c.h-1, int(hi)+1); y++ {
		fy := float64(y) + 0.5
		var xs []float64
		for _, r := range pts {
			for i := range r {
				a, b := r[i], r[(i+1)%len(r)]
				if (a.y > fy) != (b.y > fy) {
					xs = append(xs, a.x+(b.x-a.x)*(fy-a.y)/(b.y-a.y))
				}
			}
		}
		slices.Sort(xs)
		for i := 0; i+1 < len(xs); i += 2 {
			for x := max(0, int(xs[i]+0.5)); x < min(c.w, int(xs[i+1]+0.5)); x++ {
				c.img.SetRGBA(x, y, col)
			}
		}
	}
}

func (c *canvas) line(col color.RGBA, pts []vec, width float64) {
	width = max(width, 1/c.scale)
	for i := 1; i < len(pts); i++ {
		d := pts[i].sub(pts[i-1]).unit().left().mul(width / 2)
		c.polygon(col, []vec{pts[i-1].add(d), pts[i].add(d), pts[i].sub(d), pts[i-1].sub(d)})
		if width*c.scale > 3 {
			c.dot(col, pts[i], width/2)
		}
	}
}

func (c *canvas) dot(col color.RGBA, p vec, r float64) {
	var ring []vec
	for i := range 10 {
		ring = append(ring, p.add(polar(r, float64(i)*36)))
	}
	c.polygon(col, ring)
}

func (c *canvas) save(t *testing.T, name string) {
	dir := os.Getenv("BEFFROI_SYNTH_PICTURE")
	out := image.NewRGBA(image.Rect(0, 0, c.w/2, c.h/2))
	for y := range c.h / 2 {
		for x := range c.w / 2 {
			var s [3]int
			for _, o := range [4][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
				p := c.img.RGBAAt(2*x+o[0], 2*y+o[1])
				s[0], s[1], s[2] = s[0]+int(p.R), s[1]+int(p.G), s[2]+int(p.B)
			}
			out.SetRGBA(x, y, color.RGBA{uint8(s[0] / 4), uint8(s[1] / 4), uint8(s[2] / 4), 255})
		}
	}
	file, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, out); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// plane turns a place on the map into metres round the origin.
func plane(p Point) vec { return vec{(p.Lon - originLon) * perDegLon, (p.Lat - originLat) * perDegLat} }

func planeAll(pts []Point) []vec {
	out := make([]vec, len(pts))
	for i, p := range pts {
		out[i] = plane(p)
	}
	return out
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

func (c *canvas) shape(col color.RGBA, s Shape) {
	for _, poly := range s.Coords {
		var rings [][]vec
		for _, r := range poly {
			rings = append(rings, planeAll(r))
		}
		c.polygon(col, rings...)
	}
}

// TestPicture draws the plan as the map would, for a person to look at.
func TestPicture(t *testing.T) {
	if os.Getenv("BEFFROI_SYNTH_PICTURE") == "" {
		t.Skip("set BEFFROI_SYNTH_PICTURE to a folder to get pictures of the plan")
	}
	seed := uint64(42)
	if s := os.Getenv("BEFFROI_SYNTH_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	city := Plan(seed)
	w, s, e, n := city.Bounds[0], city.Bounds[1], city.Bounds[2], city.Bounds[3]
	drawCity(t, city, "all.png", box{plane(Point{w, s}), plane(Point{e, n})}, 1700)
	drawCity(t, city, "centre.png", box{vec{-1000, -900}, vec{1000, 900}}, 1600)
	for i, p := range []vec{{1100, 1100}, {-1100, 1100}, {-1100, -1100}, {1100, -1100}, {2200, 0}, {-2200, 0}, {0, 2200}, {0, -2200}} {
		drawCity(t, city, "part"+strconv.Itoa(i)+".png", box{p.sub(vec{800, 650}), p.add(vec{800, 650})}, 1500)
	}
}

func drawCity(t *testing.T, city *City, name string, bx box, width int) {
	c := newCanvas(bx, width)
	green := map[string]uint32{"wood": 0xC2D6AE, "cemetery": 0xD3DDC5, "grass": 0xDAE5C9, "pitch": 0xDAE5C9, "recreation_ground": 0xDAE5C9}
	land := map[string]uint32{"residential": 0xEDE7DC, "commercial": 0xEBE4D6, "industrial": 0xE9E5DE, "railway": 0xE9E5DE, "school": 0xEFE6D8, "university": 0xEFE6D8, "hospital": 0xF2E4DD, "farmland": 0xECEAD7, "military": 0xDDDCC2}
	for _, a := range city.Landuse {
		if a.Kind != "military" {
			c.shape(rgb(land[a.Kind]), a.Shape)
		}
	}
	for _, a := range city.Parks {
		col := green[a.Kind]
		if col == 0 {
			col = 0xCFDFBC
		}
		c.shape(rgb(col), a.Shape)
	}
	for _, a := range city.Squares {
		c.shape(rgb(0xFBF8F2), a.Shape)
	}
	for _, a := range city.Waters {
		c.shape(rgb(0xB4D0DD), a.Shape)
	}
	for _, a := range city.Landuse {
		if a.Kind == "military" {
			c.shape(rgb(land[a.Kind]), a.Shape)
		}
	}
	for _, edge := range []bool{true, false} {
		for _, class := range []string{"path", "minor", "main", "motorway"} {
			for _, s := range city.Streets {
				if s.Class != class {
					continue
				}
				col, wd := uint32(0xFFFFFF), s.WidthM-3
				if class == "motorway" {
					col = 0xFBE7C2
				}
				if edge {
					col, wd = 0xCDC2B1, s.WidthM-1
				}
				if class == "path" {
					col, wd = 0xB9A98F, 1.4
				}
				for _, l := range s.Shape.Coords[0] {
					c.line(rgb(col), planeAll(l), wd)
				}
			}
		}
	}
	for _, r := range city.Rails {
		c.line(rgb(0xADA496), planeAll(r.Shape.Coords[0][0]), 1.6)
	}
	for _, b := range city.Buildings {
		ring := planeAll(b.Ring)
		if !boxOf(ring).meets(bx) {
			continue
		}
		col := uint32(0xDCD2C3)
		switch {
		case b.Landmark >= 0:
			col = 0xC98F73
		case b.HeightM > 40:
			col = 0xA0907A
		case b.HeightM > 17:
			col = 0xCBBFAD
		}
		c.polygon(rgb(col), ring)
		if bx.hi.x-bx.lo.x < 4000 {
			c.line(rgb(0xB0A492), ring, 0.4)
		}
	}
	for _, tr := range city.Trees {
		if p := plane(tr.At); bx.has(p) {
			c.dot(rgb(0xA9C592), p, 1.2+tr.HeightM*0.13)
		}
	}
	for _, l := range city.BusLines {
		c.line(rgb(hexColor(l.Color)), planeAll(l.Shape.Coords[0][0]), 3)
	}
	for _, s := range city.BusStops {
		c.dot(rgb(0x222222), plane(s.At), 5)
	}
	for _, s := range city.BikeStations {
		c.dot(rgb(0x0a8c58), plane(s.At), 9)
	}
	for _, s := range city.Counters {
		c.dot(rgb(0xd02020), plane(s.At), 6)
	}
	for _, s := range city.CarParks {
		c.dot(rgb(0x2040d0), plane(s.At), 10)
	}
	for _, s := range city.Sensors {
		c.dot(rgb(0x9010a0), plane(s.At), 8)
	}
	c.save(t, name)
}

func hexColor(s string) uint32 {
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
