package pdf

import (
	"bytes"
	"fmt"
	"strings"
)

// The page: A4, in points. The measure is about 80 characters of running text.
const (
	pageWidth    = 595.28
	pageHeight   = 841.89
	marginLeft   = 71.0
	marginRight  = 71.0
	marginTop    = 76.0
	marginBottom = 76.0
	textWidth    = pageWidth - marginLeft - marginRight
	bodyHeight   = pageHeight - marginTop - marginBottom
)

// The colours of the design on white paper: text, what is acted on, and lines.
const (
	ink    = "0.133 0.122 0.102"
	quiet  = "0.357 0.325 0.286"
	accent = "0.122 0.247 0.627"
	line   = "0.525 0.498 0.455"
	pale   = "0.886 0.863 0.831"
	sunken = "0.984 0.976 0.969"
)

// page is one sheet as it is drawn.
type page struct {
	b      bytes.Buffer
	marked []*elem // who holds each marked content, by its number
	annots []*annot
	images []*picture
	open   *elem // whose marked content is being written
}

// begin makes what follows content of e.
func (l *layout) begin(e *elem) {
	p := l.pages[l.at]
	if p.open == e {
		return
	}
	l.end()
	e.hang()
	p.open = e
	e.kids = append(e.kids, kid{page: l.at, mcid: len(p.marked)})
	fmt.Fprintf(&p.b, "/%s <</MCID %d>> BDC\n", e.kind, len(p.marked))
	p.marked = append(p.marked, e)
}

// end closes the content that is open.
func (l *layout) end() {
	if p := l.pages[l.at]; p.open != nil {
		p.open = nil
		p.b.WriteString("EMC\n")
	}
}

// artifact draws what is no part of the text, such as a line.
func (l *layout) artifact(draw string) {
	l.end()
	fmt.Fprintf(&l.pages[l.at].b, "/Artifact BMC\n%sEMC\n", draw)
}

// rule draws a horizontal line.
func (l *layout) rule(x, y, w, thick float64, colour string) {
	l.artifact(fmt.Sprintf("%s rg %s %s %s %s re f\n", colour, num(x), num(y), num(w), num(thick)))
}

// show gives the operators that draw s.
func (l *layout) show(s string, st style, size, x, y float64, colour string) string {
	return fmt.Sprintf("BT %s rg /F%d %s Tf 1 0 0 1 %s %s Tm <%X> Tj ET\n", colour, st, num(size), num(x), num(y), l.faces[st].encode(s))
}

// num writes a number as PDF reads it, to a thousandth of a point.
func num(f float64) string {
	s := strings.TrimRight(fmt.Sprintf("%.3f", f), "0")
	if s = strings.TrimSuffix(s, "."); s == "-0" {
		return "0"
	}
	return s
}

// furniture draws headers and footers, once the number of pages is known.
func (l *layout) furniture() {
	pages := fmt.Sprint(len(l.pages))
	for i := range l.pages {
		l.at = i
		if l.doc.Header != "" {
			l.furnish("Header", clean(l.doc.Header), pageHeight-44)
		}
		if l.doc.Footer != "" {
			s := strings.NewReplacer("{page}", fmt.Sprint(i+1), "{pages}", pages).Replace(clean(l.doc.Footer))
			l.furnish("Footer", s, 40)
		}
	}
}

// furnish draws one line of furniture, cut where the page ends.
func (l *layout) furnish(kind, s string, y float64) {
	runes := []rune(s)
	for len(runes) > 0 && l.faces[0].width(string(runes), 9) > textWidth {
		runes = runes[:len(runes)-1]
	}
	l.end()
	fmt.Fprintf(&l.pages[l.at].b, "/Artifact <</Type /Pagination /Subtype /%s>> BDC\n%sEMC\n", kind, l.show(string(runes), 0, 9, marginLeft, y, quiet))
}
