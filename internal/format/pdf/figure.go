package pdf

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"github.com/beffroi/beffroi/internal/problem"
)

// maxPixels bounds a picture: what is printed on A4 needs fewer.
const maxPixels = 40_000_000

// picture is an image as the file holds it.
type picture struct {
	data          []byte
	filter        string
	space         string
	width, height int
	obj           int
}

// figure sets a picture with its caption below.
func (l *layout) figure(f Figure) error {
	pic, err := readPicture(f.Image)
	if err != nil {
		return err
	}
	w := textWidth
	if mm := f.WidthMM * 72 / 25.4; mm > 0 && mm < w {
		w = mm
	}
	h := w * float64(pic.height) / float64(pic.width)
	if h > bodyHeight/2 {
		w, h = w*bodyHeight/2/h, bodyHeight/2
	}
	e := l.root.add("Figure")
	t := small()
	t.colour = quiet
	l.gap(12)
	if !l.fits(h+3*t.lead) && !l.top() {
		l.turn()
	}
	l.y -= h
	p := l.pages[l.at]
	e.alt = f.Alt
	e.attrs = fmt.Sprintf("<</O /Layout /Placement /Block /BBox [%s %s %s %s]>>", num(marginLeft), num(l.y), num(marginLeft+w), num(l.y+h))
	l.begin(e)
	fmt.Fprintf(&p.b, "q %s 0 0 %s %s %s cm /I%d Do Q\n", num(w), num(h), num(marginLeft), num(l.y), len(l.pics))
	l.end()
	p.images = append(p.images, pic)
	l.pics = append(l.pics, pic)
	l.y -= 4
	// The caption stands beside the figure, not in it: words that stand for an
	// element stand for all that is below it, and the caption would be unheard.
	if len(f.Caption) > 0 {
		c := l.root.add("P")
		l.flow(l.fill(l.words(c, f.Caption, t), textWidth), marginLeft, t)
		l.end()
	}
	l.y -= 6
	return nil
}

// readPicture reads a PNG or JPEG. A JPEG goes into the file as it is; the
// clear parts of a PNG become white paper.
func readPicture(b []byte) (*picture, error) {
	cfg, kind, err := imageConfig(b)
	if err != nil {
		return nil, problem.Wrap(problem.BadRequestData, err, "the picture is not a PNG or JPEG that can be read")
	}
	if cfg.Width < 1 || cfg.Height < 1 || cfg.Width > maxPixels/cfg.Height {
		return nil, bad("a picture has 1 to %d pixels, not %d x %d", maxPixels, cfg.Width, cfg.Height)
	}
	p := &picture{width: cfg.Width, height: cfg.Height, space: "/DeviceRGB"}
	if kind == "jpeg" {
		if _, err := jpeg.Decode(bytes.NewReader(b)); err != nil {
			return nil, problem.Wrap(problem.BadRequestData, err, "the JPEG cannot be read")
		}
		switch cfg.ColorModel {
		case color.GrayModel:
			p.space = "/DeviceGray"
		case color.CMYKModel:
			return nil, bad("a JPEG in CMYK has no certain colours: save it as RGB")
		}
		p.data, p.filter = b, "/DCTDecode"
		return p, nil
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, problem.Wrap(problem.BadRequestData, err, "the PNG cannot be read")
	}
	p.data, err = deflate(onWhite(img))
	p.filter = "/FlateDecode"
	return p, err
}

// imageConfig reads the size of a picture.
func imageConfig(b []byte) (image.Config, string, error) {
	if cfg, err := jpeg.DecodeConfig(bytes.NewReader(b)); err == nil {
		return cfg, "jpeg", nil
	}
	cfg, err := png.DecodeConfig(bytes.NewReader(b))
	return cfg, "png", err
}

// onWhite gives the pixels on white, three bytes each.
func onWhite(img image.Image) []byte {
	r := img.Bounds()
	out := make([]byte, 0, 3*r.Dx()*r.Dy())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			cr, cg, cb, a := img.At(x, y).RGBA()
			white := 0xFFFF - a
			out = append(out, byte((cr+white)>>8), byte((cg+white)>>8), byte((cb+white)>>8))
		}
	}
	return out
}
