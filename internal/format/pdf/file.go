package pdf

import (
	"bytes"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zlib"
)

// writer collects the objects of a file (ISO 32000-1, 7.3.10), numbered from 1.
type writer struct {
	objects [][]byte
}

// reserve gives the number of an object that is set later.
func (w *writer) reserve() int {
	w.objects = append(w.objects, nil)
	return len(w.objects)
}

// set writes an object.
func (w *writer) set(n int, format string, args ...any) {
	w.objects[n-1] = fmt.Appendf(nil, format, args...)
}

// add writes a new object.
func (w *writer) add(format string, args ...any) int {
	n := w.reserve()
	w.set(n, format, args...)
	return n
}

// stream writes a stream with more entries of its dictionary.
func (w *writer) stream(dict string, data []byte) int {
	n := w.reserve()
	w.objects[n-1] = fmt.Appendf(nil, "<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
	return n
}

// packed writes a compressed stream.
func (w *writer) packed(dict string, data []byte) (int, error) {
	z, err := deflate(data)
	return w.stream(dict+" /Filter /FlateDecode", z), err
}

// deflate compresses with a pinned module, since the standard library's output
// may change with the compiler.
func deflate(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}

// file puts the objects together.
func (l *layout) file() ([]byte, error) {
	w := &writer{}
	catalog, tree := w.reserve(), w.reserve()
	fonts, err := l.fonts(w)
	if err != nil {
		return nil, err
	}
	pageObj := make([]int, len(l.pages))
	for i := range l.pages {
		pageObj[i] = w.reserve()
	}
	l.number(w, l.root)
	root := l.structure(w, pageObj)
	if err := l.sheets(w, pageObj, tree, fonts); err != nil {
		return nil, err
	}
	outline := l.outline(w, pageObj)
	meta := w.stream("/Type /Metadata /Subtype /XML", []byte(l.xmp()))
	d := l.doc
	author := ""
	if d.Author != "" {
		author = " /Author " + str(d.Author)
	}
	info := w.add("<</Title %s%s /Producer (beffroi) /CreationDate (%s)>>", str(d.Title), author, d.Made.UTC().Format("D:20060102150405Z"))
	w.set(catalog, "<</Type /Catalog /Pages %d 0 R /StructTreeRoot %d 0 R /MarkInfo <</Marked true>> /Lang %s /ViewerPreferences <</DisplayDocTitle true>> /Metadata %d 0 R%s>>",
		tree, root, str(d.Lang), meta, outline)
	return w.bytes(catalog, info), nil
}

// bytes writes header, objects, table of their places and trailer.
func (w *writer) bytes(catalog, info int) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	at := make([]int, len(w.objects))
	for i, o := range w.objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	id := sha256.Sum256(b.Bytes())
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R /ID [<%X> <%X>]>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, catalog, info, id[:16], id[:16], xref)
	return b.Bytes()
}

// sheets writes the pages with their content, links and pictures.
func (l *layout) sheets(w *writer, pageObj []int, tree int, fonts string) error {
	for _, p := range l.pics {
		p.obj = w.stream(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace %s /BitsPerComponent 8 /Filter %s", p.width, p.height, p.space, p.filter), p.data)
	}
	var kids strings.Builder
	for i, p := range l.pages {
		content, err := w.packed("", p.b.Bytes())
		if err != nil {
			return err
		}
		var images, annots strings.Builder
		for n, pic := range l.pics {
			if slices.Contains(p.images, pic) {
				fmt.Fprintf(&images, " /I%d %d 0 R", n, pic.obj)
			}
		}
		for _, a := range p.annots {
			fmt.Fprintf(&annots, " %d 0 R", a.obj)
		}
		w.set(pageObj[i], "<</Type /Page /Parent %d 0 R /MediaBox [0 0 %s %s] /Resources <</Font <<%s>> /XObject <<%s>>>> /Contents %d 0 R /StructParents %d /Tabs /S /Annots [%s]>>",
			tree, num(pageWidth), num(pageHeight), fonts, images.String(), content, i, annots.String())
		fmt.Fprintf(&kids, " %d 0 R", pageObj[i])
	}
	w.set(tree, "<</Type /Pages /Count %d /Kids [%s]>>", len(l.pages), kids.String())
	return nil
}

// number gives the elements of the tree their objects. Elements that hold
// nothing, such as an empty paragraph, are left out; cells of tables stay.
func (l *layout) number(w *writer, e *elem) {
	e.kids = slices.DeleteFunc(e.kids, func(k kid) bool {
		if k.elem == nil {
			return false
		}
		l.number(w, k.elem)
		return k.elem.obj == 0
	})
	if len(e.kids) > 0 || e.kind == "TD" || e.kind == "TH" || e.up == nil {
		e.obj = w.reserve()
	}
}

// structure writes the tree, the active areas and the way from content back to
// the tree (ISO 32000-1, 14.7.4).
func (l *layout) structure(w *writer, pageObj []int) (root int) {
	root = w.reserve()
	var areas []*annot
	for _, p := range l.pages {
		areas = append(areas, p.annots...)
	}
	for i, a := range areas {
		a.obj = w.add("<</Type /Annot /Subtype /Link /F 4 /Rect [%s %s %s %s] /Border [0 0 0] /Contents %s /StructParent %d /A <</S /URI /URI %s>>>>",
			num(a.rect[0]), num(a.rect[1]), num(a.rect[2]), num(a.rect[3]), str(a.words), len(l.pages)+i, address(a.link))
	}
	l.element(w, l.root, root, pageObj)
	var nums strings.Builder
	for i, p := range l.pages {
		fmt.Fprintf(&nums, "%d [", i)
		for _, e := range p.marked {
			fmt.Fprintf(&nums, "%d 0 R ", e.obj)
		}
		nums.WriteString("] ")
	}
	for i, a := range areas {
		fmt.Fprintf(&nums, "%d %d 0 R ", len(l.pages)+i, a.of.obj)
	}
	parents := w.add("<</Nums [%s]>>", nums.String())
	w.set(root, "<</Type /StructTreeRoot /K %d 0 R /ParentTree %d 0 R /ParentTreeNextKey %d>>", l.root.obj, parents, len(l.pages)+len(areas))
	return root
}

// element writes an element and those below it.
func (l *layout) element(w *writer, e *elem, parent int, pageObj []int) {
	var b strings.Builder
	fmt.Fprintf(&b, "<</Type /StructElem /S /%s /P %d 0 R", e.kind, parent)
	if e.lang != "" {
		b.WriteString(" /Lang " + str(e.lang))
	}
	if e.alt != "" {
		b.WriteString(" /Alt " + str(e.alt))
	}
	if e.attrs != "" {
		b.WriteString(" /A " + e.attrs)
	}
	b.WriteString(" /K [")
	for _, k := range e.kids {
		switch {
		case k.elem != nil:
			fmt.Fprintf(&b, "%d 0 R ", k.elem.obj)
			l.element(w, k.elem, e.obj, pageObj)
		case k.annot != nil:
			fmt.Fprintf(&b, "<</Type /OBJR /Pg %d 0 R /Obj %d 0 R>> ", pageObj[k.page], k.annot.obj)
		default:
			fmt.Fprintf(&b, "<</Type /MCR /Pg %d 0 R /MCID %d>> ", pageObj[k.page], k.mcid)
		}
	}
	b.WriteString("]>>")
	w.set(e.obj, "%s", b.String())
}

// outline writes the bookmarks, a tree by level, and gives their place in the
// catalog.
func (l *layout) outline(w *writer, pageObj []int) string {
	if len(l.marks) == 0 {
		return ""
	}
	root := w.reserve()
	objs := make([]int, len(l.marks))
	for i := range objs {
		objs[i] = w.reserve()
	}
	type family struct{ kids []int }
	of := map[int]*family{root: {}}
	parents := make([]int, len(l.marks))
	var path [5]int
	path[0] = root
	for i, m := range l.marks {
		up := path[m.level-1]
		of[up].kids = append(of[up].kids, i)
		of[objs[i]] = &family{}
		parents[i] = up
		for lv := m.level; lv < len(path); lv++ {
			path[lv] = objs[i]
		}
	}
	ends := func(n int) string {
		kids := of[n].kids
		if len(kids) == 0 {
			return ""
		}
		return fmt.Sprintf(" /First %d 0 R /Last %d 0 R /Count %d", objs[kids[0]], objs[kids[len(kids)-1]], len(kids))
	}
	for i, m := range l.marks {
		var near string
		kids := of[parents[i]].kids
		at := slices.Index(kids, i)
		if at > 0 {
			near += fmt.Sprintf(" /Prev %d 0 R", objs[kids[at-1]])
		}
		if at < len(kids)-1 {
			near += fmt.Sprintf(" /Next %d 0 R", objs[kids[at+1]])
		}
		// A closed entry counts what it would show below zero (Table 153).
		w.set(objs[i], "<</Title %s /Parent %d 0 R%s%s /Dest [%d 0 R /XYZ 0 %s null]>>", str(m.title), parents[i], near, strings.Replace(ends(objs[i]), "/Count ", "/Count -", 1), pageObj[m.page], num(m.y+8))
	}
	w.set(root, "<</Type /Outlines%s>>", ends(root))
	return fmt.Sprintf(" /Outlines %d 0 R /PageMode /UseOutlines", root)
}

// xmp gives the metadata (ISO 16684-1), with the mark of PDF/UA-1.
func (l *layout) xmp() string {
	d := l.doc
	made := d.Made.UTC().Format(time.RFC3339)
	creator := ""
	if d.Author != "" {
		creator = `<dc:creator><rdf:Seq><rdf:li>` + escape(d.Author) + `</rdf:li></rdf:Seq></dc:creator>`
	}
	return "<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">` +
		`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">` + escape(d.Title) + `</rdf:li></rdf:Alt></dc:title>` +
		creator + `<dc:language><rdf:Bag><rdf:li>` + escape(d.Lang) + `</rdf:li></rdf:Bag></dc:language>` +
		`<xmp:CreateDate>` + made + `</xmp:CreateDate><pdf:Producer>beffroi</pdf:Producer><pdfuaid:part>1</pdfuaid:part>` +
		`</rdf:Description></rdf:RDF></x:xmpmeta>` + "\n<?xpacket end=\"r\"?>"
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}

// str writes text as a string of UTF-16 with its mark (ISO 32000-1, 7.9.2.2).
func str(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String() + ">"
}

// address writes an address as a string, what is not ASCII percent-encoded
// (ISO 32000-1, 12.6.4.7).
func address(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return fmt.Sprintf("<%X>", b.String())
}

// fonts writes the faces that were used and gives their entries for pages.
func (l *layout) fonts(w *writer) (string, error) {
	var out strings.Builder
	for i, f := range l.faces {
		if len(f.used) == 0 {
			continue
		}
		n, err := f.write(w)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, " /F%d %d 0 R", i, n)
	}
	return out.String(), nil
}

// write writes a face as a composite font with glyph numbers for codes.
func (f *face) write(w *writer) (int, error) {
	data := f.subset()
	file, err := w.packed(fmt.Sprintf("/Length1 %d", len(data)), data)
	if err != nil {
		return 0, err
	}
	glyphs := slices.Sorted(maps.Keys(f.used))
	var widths, uni strings.Builder
	for at, g := range glyphs {
		fmt.Fprintf(&widths, "%d [%d] ", g, f.advance[g])
		if at%100 == 0 { // no more entries in one section
			if at > 0 {
				uni.WriteString("endbfchar\n")
			}
			fmt.Fprintf(&uni, "%d beginbfchar\n", min(100, len(glyphs)-at))
		}
		fmt.Fprintf(&uni, "<%04X> <%04X>\n", g, f.used[g])
	}
	unicode, err := w.packed("", []byte("/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n"+uni.String()+"endbfchar\nendcmap CMapName currentdict /CMap defineresource pop end end\n"))
	if err != nil {
		return 0, err
	}
	name := subsetTag(data) + "+" + f.name
	angle, flags := 0, 32 // nonsymbolic
	if strings.HasSuffix(f.name, "Italic") {
		angle, flags = -11, 96
	}
	desc := w.add("<</Type /FontDescriptor /FontName /%s /Flags %d /FontBBox [%d %d %d %d] /ItalicAngle %d /Ascent %d /Descent %d /CapHeight 660 /StemV 84 /FontFile2 %d 0 R>>",
		name, flags, f.bbox[0], f.bbox[1], f.bbox[2], f.bbox[3], angle, f.ascent, f.descent, file)
	cid := w.add("<</Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor %d 0 R /CIDToGIDMap /Identity /DW 0 /W [%s]>>", name, desc, widths.String())
	return w.add("<</Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R>>", name, cid, unicode), nil
}

// subsetTag gives the six letters that name a subset (ISO 32000-1, 9.6.4).
func subsetTag(data []byte) string {
	h := sha256.Sum256(data)
	var out [6]byte
	for i := range out {
		out[i] = 'A' + h[i]%26
	}
	return string(out[:])
}
