package pdf

import (
	"embed"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// The four faces are cut from Source Sans 3 (SIL Open Font License 1.1, see
// fonts/LICENSE.md) and renamed, as its reserved name asks.
//
//go:embed fonts/*.ttf
var fontFiles embed.FS

// style chooses a face.
type style uint8

const (
	bold style = 1 << iota
	italic
	styles = 4
)

// face is one TrueType font and what of it a document has used.
type face struct {
	name    string // PostScript name
	tables  map[string][]byte
	glyphs  map[rune]uint16
	advance []uint16 // in 1/1000 of the size, by glyph
	loca    []uint32
	bbox    [4]int16
	ascent  int16
	descent int16
	units   int
	used    map[uint16]rune // glyphs drawn and the first character that each stood for
}

// loadFaces reads the faces, by style.
func loadFaces() (*[styles]*face, error) {
	out := &[styles]*face{}
	for i, n := range [styles][2]string{
		{"regular", "BeffroiSans-Regular"}, {"bold", "BeffroiSans-SemiBold"},
		{"italic", "BeffroiSans-Italic"}, {"bold-italic", "BeffroiSans-SemiBoldItalic"},
	} {
		data, err := fontFiles.ReadFile("fonts/beffroi-sans-" + n[0] + ".ttf")
		if err != nil {
			return nil, err
		}
		if out[i], err = parseFace(n[1], data); err != nil {
			return nil, fmt.Errorf("font %s: %w", n[1], err)
		}
	}
	return out, nil
}

// parseFace reads the tables that a PDF needs (OpenType 1.9: head, hhea, hmtx,
// maxp, cmap format 4, loca, glyf). The fonts are ours, so it asks for no more
// than that everything lies within the file.
func parseFace(name string, b []byte) (f *face, err error) {
	defer func() {
		if recover() != nil {
			f, err = nil, fmt.Errorf("the font file is cut short")
		}
	}()
	f = &face{name: name, tables: map[string][]byte{}, glyphs: map[rune]uint16{}, used: map[uint16]rune{}}
	for i := range int(u16(b, 4)) {
		e := b[12+16*i:]
		at, n := u32(e, 8), u32(e, 12)
		f.tables[string(e[:4])] = b[at : at+n]
	}
	head, hhea, maxp := f.tables["head"], f.tables["hhea"], f.tables["maxp"]
	f.units = int(u16(head, 18))
	for i := range f.bbox {
		f.bbox[i] = int16(f.scale(int(int16(u16(head, 36+2*i)))))
	}
	f.ascent = int16(f.scale(int(int16(u16(hhea, 4)))))
	f.descent = int16(f.scale(int(int16(u16(hhea, 6)))))
	glyphs, metrics := int(u16(maxp, 4)), int(u16(hhea, 34))
	for i := range glyphs {
		f.advance = append(f.advance, uint16(f.scale(int(u16(f.tables["hmtx"], 4*min(i, metrics-1))))))
	}
	for i := range glyphs + 1 {
		if u16(head, 50) == 0 {
			f.loca = append(f.loca, 2*uint32(u16(f.tables["loca"], 2*i)))
		} else {
			f.loca = append(f.loca, u32(f.tables["loca"], 4*i))
		}
	}
	return f, f.readMap()
}

// readMap reads the character map: the subtable of format 4 that every font of
// the basic plane has.
func (f *face) readMap() error {
	cmap := f.tables["cmap"]
	for i := range int(u16(cmap, 2)) {
		sub := cmap[u32(cmap, 8+8*i):]
		if u16(sub, 0) != 4 {
			continue
		}
		n := int(u16(sub, 6)) / 2
		for s := range n {
			end, start := int(u16(sub, 14+2*s)), int(u16(sub, 16+2*n+2*s))
			delta, at := u16(sub, 16+4*n+2*s), 16+6*n+2*s
			for c := start; c <= end && c < 0xFFFF; c++ {
				g := uint16(c) + delta
				if ro := int(u16(sub, at)); ro != 0 {
					if g = u16(sub, at+ro+2*(c-start)); g != 0 {
						g += delta
					}
				}
				if g != 0 {
					f.glyphs[rune(c)] = g
				}
			}
		}
		return nil
	}
	return fmt.Errorf("the font has no character map of format 4")
}

func u16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
func u32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }

// scale turns font units into thousandths of the size.
func (f *face) scale(n int) int { return n * 1000 / f.units }

// width gives how wide s is at a size, in points.
func (f *face) width(s string, size float64) float64 {
	n := 0
	for _, c := range s {
		n += int(f.advance[f.glyphs[c]])
	}
	return float64(n) * size / 1000
}

// encode gives the glyphs of s and remembers them for the subset.
func (f *face) encode(s string) []byte {
	out := make([]byte, 0, 2*len(s))
	for _, c := range s {
		g := f.glyphs[c]
		if old, ok := f.used[g]; !ok || c < old {
			f.used[g] = c
		}
		out = binary.BigEndian.AppendUint16(out, g)
	}
	return out
}

// subset gives a font file with the outlines of the used glyphs only. Glyphs
// keep their numbers, so that parts of composed glyphs need no rewriting.
func (f *face) subset() []byte {
	keep := map[uint16]bool{0: true}
	for g := range f.used {
		f.closure(g, keep)
	}
	var glyf []byte
	loca := make([]byte, 0, 4*len(f.loca))
	for g := range len(f.loca) - 1 {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		if keep[uint16(g)] {
			glyf = append(glyf, f.tables["glyf"][f.loca[g]:f.loca[g+1]]...)
			glyf = append(glyf, make([]byte, -len(glyf)&3)...)
		}
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	head := slices.Clone(f.tables["head"])
	binary.BigEndian.PutUint32(head[8:], 0)
	binary.BigEndian.PutUint16(head[50:], 1)
	out := map[string][]byte{"glyf": glyf, "loca": loca, "head": head}
	for _, t := range []string{"hhea", "hmtx", "maxp"} {
		out[t] = f.tables[t]
	}
	return fontFile(out)
}

// closure adds a glyph and the glyphs that it is composed of.
func (f *face) closure(g uint16, keep map[uint16]bool) {
	if keep[g] {
		return
	}
	keep[g] = true
	b := f.tables["glyf"][f.loca[g]:f.loca[g+1]]
	if len(b) < 10 || int16(u16(b, 0)) >= 0 {
		return
	}
	for at := 10; ; {
		flags := u16(b, at)
		f.closure(u16(b, at+2), keep)
		at += 6
		if flags&1 != 0 { // arguments are words
			at += 2
		}
		switch {
		case flags&8 != 0: // one scale
			at += 2
		case flags&0x40 != 0: // two scales
			at += 4
		case flags&0x80 != 0: // a matrix
			at += 8
		}
		if flags&0x20 == 0 { // no more parts
			return
		}
	}
}

// fontFile puts tables together with their sums (OpenType 1.9, Table Directory).
func fontFile(tables map[string][]byte) []byte {
	names := slices.Sorted(maps.Keys(tables))
	power, log := 1, 0
	for power*2 <= len(names) {
		power, log = power*2, log+1
	}
	out := binary.BigEndian.AppendUint32(nil, 0x00010000)
	for _, n := range []int{len(names), power * 16, log, (len(names) - power) * 16} {
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	}
	at, headAt := 12+16*len(names), 0
	var body []byte
	for _, n := range names {
		if n == "head" {
			headAt = at + len(body)
		}
		t := append(slices.Clone(tables[n]), make([]byte, -len(tables[n])&3)...)
		out = append(out, n...)
		out = binary.BigEndian.AppendUint32(out, sum(t))
		out = binary.BigEndian.AppendUint32(out, uint32(at+len(body)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(tables[n])))
		body = append(body, t...)
	}
	out = append(out, body...)
	binary.BigEndian.PutUint32(out[headAt+8:], 0xB1B0AFBA-sum(out))
	return out
}

// sum adds up b as words; its length is a multiple of four.
func sum(b []byte) (n uint32) {
	for ; len(b) >= 4; b = b[4:] {
		n += u32(b, 0)
	}
	return n
}
