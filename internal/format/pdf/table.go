package pdf

import (
	"fmt"
	"slices"
)

// cellPad is the space left and right of the text of a cell.
const cellPad = 6.0

// table sets a table: caption, heads, rows. A row breaks over pages only if it
// is higher than one.
func (l *layout) table(t Table) {
	e := l.root.add("Table")
	l.gap(10)
	widths := l.columns(t)
	if len(t.Caption) > 0 {
		tf := small()
		tf.st = bold
		c := e.add("Caption")
		if !l.fits(5*tf.lead) && !l.top() {
			l.turn()
		}
		l.flow(l.fill(l.words(c, t.Caption, tf), textWidth), marginLeft, tf)
		l.end()
		l.y -= 4
	}
	group := e.add("THead")
	head := l.row(group, t, t.Head, -1, widths)
	if !l.fits(head.height()+3*small().lead) && !l.top() {
		l.turn()
	}
	l.drawHead(head, widths)
	// Further pages show the heads again; heads higher than a third of a page
	// would leave too little for the rows.
	head.artifact = true
	if head.height() > bodyHeight/3 {
		head.cells = nil
	}
	group = e.add("TBody")
	for i, cells := range t.Rows {
		r := l.row(group, t, cells, i, widths)
		if !l.fits(r.height()) && (!l.top() && r.height() < bodyHeight/2 || !l.fits(2*small().lead)) {
			l.again(head, widths)
		}
		for l.drawRow(&r, widths) {
			l.again(head, widths)
		}
		l.rule(marginLeft, l.y, textWidth, 0.5, pale)
	}
	l.end()
	l.y -= 6
}

// again turns the page and draws the heads once more, as an artifact.
func (l *layout) again(head tableRow, widths []float64) {
	l.turn()
	if head.cells != nil {
		l.drawHead(head, widths)
	}
}

// tableRow is a row with its text broken into lines.
type tableRow struct {
	cells    [][]textLine
	elems    []*elem
	right    []bool
	colour   string
	done     int // lines drawn on earlier pages
	artifact bool
}

func (r tableRow) lines() int {
	n := 1
	for _, c := range r.cells {
		n = max(n, len(c))
	}
	return n
}

func (r tableRow) height() float64 { return float64(r.lines()-r.done)*small().lead + 8 }

// row makes the elements of a row and breaks its text; number -1 is the heads.
func (l *layout) row(group *elem, t Table, cells [][]Span, number int, widths []float64) tableRow {
	tr := group.add("TR")
	out := tableRow{colour: ink}
	for i, spans := range cells {
		tf := small()
		kind, attrs := "TD", ""
		switch {
		case number < 0:
			kind, attrs = "TH", "<</O /Table /Scope /Column>>"
			tf.st = bold
			out.colour = quiet
		case i == 0 && t.RowHeads:
			kind, attrs = "TH", "<</O /Table /Scope /Row>>"
			tf.st = bold
		}
		cell := tr.add(kind)
		cell.attrs = attrs
		out.cells = append(out.cells, l.fill(l.words(cell, spans, tf), widths[i]-2*cellPad))
		out.elems = append(out.elems, cell)
		out.right = append(out.right, slices.Contains(t.Right, i))
	}
	return out
}

// drawHead draws the heads on their ground.
func (l *layout) drawHead(r tableRow, widths []float64) {
	h := min(r.height(), l.y-marginBottom)
	l.artifact(fmt.Sprintf("%s rg %s %s %s %s re f\n", sunken, num(marginLeft), num(l.y-h), num(textWidth), num(h)))
	l.rule(marginLeft, l.y-0.5, textWidth, 0.5, line)
	for l.drawRow(&r, widths) {
		l.turn()
	}
	l.rule(marginLeft, l.y, textWidth, 0.8, line)
}

// drawRow draws what the page holds of a row and tells whether more is left.
// All of a cell is drawn before the next one, so that the content of the page
// has the order of the tree.
func (l *layout) drawRow(r *tableRow, widths []float64) (more bool) {
	lead := small().lead
	n := min(r.lines()-r.done, max(1, int((l.y-marginBottom-8)/lead)))
	x := marginLeft
	if r.artifact {
		l.end()
		l.pages[l.at].b.WriteString("/Artifact BMC\n")
	}
	for i, lines := range r.cells {
		for j := r.done; j < min(r.done+n, len(lines)); j++ {
			lx := x + cellPad
			if r.right[i] {
				lx = x + widths[i] - cellPad - lines[j].width
			}
			y := l.y - 4 - lead*float64(j-r.done+1) + baseline(small())
			if r.artifact {
				l.drawBare(lines[j], lx, y, r.colour)
			} else {
				l.drawLine(lines[j], lx, y, r.colour)
			}
		}
		x += widths[i]
	}
	if r.artifact {
		l.pages[l.at].b.WriteString("EMC\n")
	}
	l.end()
	l.y -= float64(n)*lead + 8
	r.done += n
	return r.done < r.lines()
}

// drawBare draws a line that belongs to no element.
func (l *layout) drawBare(t textLine, x, y float64, colour string) {
	for _, w := range t.words {
		for _, p := range w.pieces {
			l.pages[l.at].b.WriteString(l.show(p.text, p.st, p.size, x, y, colour))
			x += l.faces[p.st].width(p.text, p.size)
		}
	}
}

// columns shares the width of the text among the columns: each at least its
// longest word if there is room, and the rest by how much they have to say.
func (l *layout) columns(t Table) []float64 {
	n := len(t.Head)
	least, most := make([]float64, n), make([]float64, n)
	tf := small()
	tf.st = bold
	scratch := &elem{}
	for _, row := range append([][][]Span{t.Head}, t.Rows...) {
		for i, cell := range row {
			all := 2 * cellPad
			for _, w := range l.words(scratch, cell, tf) {
				least[i] = max(least[i], min(w.width+2*cellPad+1, textWidth/float64(n)))
				all += w.width + w.space
			}
			most[i] = max(most[i], min(all+1, textWidth))
		}
	}
	used, want := 0.0, 0.0
	for i := range n {
		least[i] = max(least[i], textWidth/float64(4*n))
		used += least[i]
		want += max(0, most[i]-least[i])
	}
	for i := range n {
		if want > 0 {
			least[i] += (textWidth - used) * max(0, most[i]-least[i]) / want
		} else {
			least[i] += (textWidth - used) / float64(n)
		}
	}
	return least
}
