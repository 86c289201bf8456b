package synth

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
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

func TestFabricPicture(t *testing.T) {
	if os.Getenv("BEFFROI_SYNTH_PICTURE") == "" {
		t.Skip("set BEFFROI_SYNTH_PICTURE to a folder to get pictures of the plan")
	}
	f := newFabric(newSkeleton(42))
	var l float64
	c := newCanvas(f.extent, 1500)
	water := color.RGBA{0xB4, 0xD0, 0xDD, 255}
	for _, p := range f.parks {
		c.polygon(color.RGBA{0xCF, 0xDF, 0xBC, 255}, p.ring)
	}
	for _, r := range [][]vec{f.river.bank, f.canal.bank, f.dock, f.cutting} {
		c.polygon(water, r)
	}
	for _, e := range f.net.edges {
		a, b := f.net.nodes[e.a], f.net.nodes[e.b]
		col := []color.RGBA{{0xd5, 0x60, 0x20, 255}, {0, 0, 0, 255}, {90, 90, 90, 255}, {0, 200, 0, 255}, {220, 0, 200, 255}}[e.class]
		c.line(col, []vec{a, b}, []float64{20, 14, 5, 2, 3}[e.class])
		if e.class.street() {
			l += a.dist(b)
		}
	}
	c.save(t, "fabric.png")
	fs := f.net.mesh().faces
	t.Logf("streets %.0f km, nodes %d, edges %d, faces %d", l/1000, len(f.net.nodes), len(f.net.edges), len(fs))
}

func TestHousesPicture(t *testing.T) {
	if os.Getenv("BEFFROI_SYNTH_PICTURE") == "" {
		t.Skip("set BEFFROI_SYNTH_PICTURE to a folder to get pictures of the plan")
	}
	f := newFabric(newSkeleton(42))
	fs := f.net.mesh().faces
	bs := f.blocks(fs)
	b := newBuilder(f)
	sites := b.landmarks(bs)
	b.towers(bs)
	for i := range bs {
		b.build(i, &bs[i])
	}
	t.Log(len(b.list), "houses", len(sites), "sites")
	use := map[string]int{}
	var zones [8]int
	for _, h := range b.list {
		if h.block >= 0 {
			zones[bs[h.block].zone]++
		}
	}
	t.Log("houses by zone", zones)
	for _, bl := range bs {
		use[bl.use]++
	}
	t.Log(use)
	draw := func(name string, bx box, w int) {
		c := newCanvas(bx, w)
		water := color.RGBA{0xB4, 0xD0, 0xDD, 255}
		green := color.RGBA{0xCF, 0xDF, 0xBC, 255}
		for _, p := range f.parks {
			c.polygon(green, p.ring)
		}
		for _, bl := range bs {
			switch bl.use {
			case "park", "pitch":
				c.polygon(green, bl.ring)
			case "square", "close", "church":
				c.polygon(color.RGBA{0xFB, 0xF8, 0xF2, 255}, bl.ring)
			case "waste":
				c.polygon(color.RGBA{0xff, 0xd0, 0xd0, 255}, fs[bl.face].ring)
			}
		}
		for _, r := range [][]vec{f.river.bank, f.canal.bank, f.dock, f.cutting, f.fort.moat, f.ponds[0], f.ponds[1], f.ponds[2]} {
			c.polygon(water, r)
		}
		c.polygon(color.RGBA{0xDD, 0xDC, 0xC2, 255}, f.fort.body)
		for _, e := range f.net.edges {
			if e.class.street() {
				c.line(color.RGBA{0xCD, 0xC2, 0xB1, 255}, []vec{f.net.nodes[e.a], f.net.nodes[e.b]}, 2*e.half-2)
			}
		}
		for cl := minor; cl >= motorway; cl-- {
			for _, e := range f.net.edges {
				if e.class == cl {
					col := color.RGBA{255, 255, 255, 255}
					if cl == motorway {
						col = color.RGBA{0xFB, 0xE7, 0xC2, 255}
					}
					c.line(col, []vec{f.net.nodes[e.a], f.net.nodes[e.b]}, 2*e.half-4)
				}
			}
		}
		for _, rl := range f.rails {
			c.line(color.RGBA{0xAD, 0xA4, 0x96, 255}, rl, 4)
		}
		for _, h := range b.list {
			col := color.RGBA{0xDA, 0xD0, 0xC0, 255}
			if h.landmark {
				col = color.RGBA{0xC9, 0x8F, 0x73, 255}
			} else if h.height > 18 {
				col = color.RGBA{0xC8, 0xBC, 0xAA, 255}
			}
			c.polygon(col, h.ring)
			c.line(color.RGBA{0xB0, 0xA4, 0x92, 255}, closeRing(h.ring), 0.4)
		}
		c.save(t, name)
	}
	draw("all.png", f.extent, 1600)
	draw("centre.png", box{vec{-1000, -900}, vec{1000, 900}}, 1600)
	draw("grid.png", box{vec{100, 500}, vec{1700, 2000}}, 1500)
	draw("south.png", box{vec{-900, -2200}, vec{900, -900}}, 1500)
	draw("suburb.png", box{vec{-2200, 2000}, vec{-400, 3500}}, 1500)
	draw("east.png", box{vec{1800, 800}, vec{3600, 2300}}, 1500)
}
