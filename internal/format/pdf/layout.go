package pdf

import "fmt"

// layout sets a document on pages.
type layout struct {
	doc   *Document
	faces *[styles]*face
	root  *elem // Document
	pages []*page
	at    int     // number of the page being drawn
	y     float64 // where the next block begins, from the lower edge
	marks []bookmark
	pics  []*picture
}

func newLayout(d *Document, faces *[styles]*face) *layout {
	l := &layout{doc: d, faces: faces, root: &elem{kind: "Document"}}
	l.turn()
	return l
}

// turn begins a new page.
func (l *layout) turn() {
	if len(l.pages) > 0 {
		l.end()
	}
	l.pages = append(l.pages, &page{})
	l.at, l.y = len(l.pages)-1, pageHeight-marginTop
}

// fits tells whether height is left on the page.
func (l *layout) fits(height float64) bool { return l.y-height >= marginBottom }

// top tells whether nothing stands on the page yet.
func (l *layout) top() bool { return l.y >= pageHeight-marginTop }

// gap leaves space above a block, save at the head of a page.
func (l *layout) gap(h float64) {
	if !l.top() {
		l.y -= h
	}
}

// The type scale: the design's, in points at three quarters.
func body() typeface  { return typeface{size: 11, lead: 16, colour: ink} }
func small() typeface { return typeface{size: 9.75, lead: 14, colour: ink} }

func heading(level int) typeface {
	return [...]typeface{
		{21, 26, bold, ink}, {16.5, 21, bold, ink}, {13.5, 18, bold, ink}, {11.5, 16, bold, ink},
	}[level-1]
}

// blocks sets all blocks.
func (l *layout) blocks() error {
	for i, b := range l.doc.Blocks {
		switch b := b.(type) {
		case Heading:
			l.heading(b)
		case Paragraph:
			l.paragraph(b)
		case List:
			l.gap(6)
			l.list(l.root, &b, 0)
		case Table:
			l.table(b)
		case Figure:
			if err := l.figure(b); err != nil {
				return fmt.Errorf("block %d: %w", i+1, err)
			}
		}
	}
	l.end()
	return nil
}

// heading sets a heading, never at the foot of a page without two lines of
// what follows, and bookmarks it.
func (l *layout) heading(h Heading) {
	t := heading(h.Level)
	e := l.root.add(fmt.Sprintf("H%d", h.Level))
	lines := l.fill(l.words(e, h.Text, t), textWidth)
	l.gap([...]float64{20, 20, 14, 10}[h.Level-1])
	if !l.fits(float64(len(lines))*t.lead + 4 + 2*body().lead) {
		l.turn()
	}
	l.marks = append(l.marks, bookmark{title: plain(h.Text), level: h.Level, page: l.at, y: l.y})
	l.flow(lines, marginLeft, t)
	l.y -= 2
	l.end()
}

// paragraph sets running text.
func (l *layout) paragraph(p Paragraph) {
	t := body()
	e := l.root.add("P")
	l.gap(6)
	l.flow(l.fill(l.words(e, p.Text, t), textWidth), marginLeft, t)
	l.end()
}

// flow sets lines one below the other over as many pages as they need. No page
// ends with the first line of several nor begins with the last one.
func (l *layout) flow(lines []textLine, x float64, t typeface) {
	for i := 0; i < len(lines); i++ {
		left := len(lines) - i
		need := 1
		if i == 0 && left > 1 || left == 2 {
			need = 2
		}
		if left == 3 && i == 0 {
			need = 3
		}
		if !l.fits(float64(need)*t.lead) && !l.top() {
			l.turn()
		}
		l.y -= t.lead
		l.drawLine(lines[i], x, l.y+baseline(t), t.colour)
	}
}

// baseline gives how far the base of the letters is above the foot of a line.
func baseline(t typeface) float64 { return (t.lead-t.size)/2 + t.size*0.22 }

// list sets a list and the lists within it.
func (l *layout) list(up *elem, list *List, depth int) {
	const indent = 20.0
	t := body()
	e := up.add("L")
	e.attrs = "<</O /List /ListNumbering /Disc>>"
	if list.Numbered {
		e.attrs = "<</O /List /ListNumbering /Decimal>>"
	}
	x := marginLeft + indent*float64(depth+1)
	for i, it := range list.Items {
		li := e.add("LI")
		label := "• "
		if list.Numbered {
			label = fmt.Sprintf("%d. ", i+1)
		}
		lbl, text := li.add("Lbl"), li.add("LBody")
		lines := l.fill(l.words(text, it.Text, t), textWidth-x+marginLeft)
		if len(lines) == 0 {
			lines = []textLine{{}}
		}
		l.gap(2)
		if !l.fits(float64(min(2, len(lines)))*t.lead) && !l.top() {
			l.turn()
		}
		l.begin(lbl)
		y := l.y - t.lead + baseline(t)
		w := l.faces[0].width(label, t.size)
		l.pages[l.at].b.WriteString(l.show(label, 0, t.size, max(x-w-2, marginLeft/2), y, quiet))
		l.flow(lines, x, t)
		if it.Sub != nil {
			l.list(text, it.Sub, depth+1)
		}
	}
	l.end()
}
