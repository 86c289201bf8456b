package pdf

// elem is one element of the structure tree (ISO 32000-1, 14.7.2).
type elem struct {
	kind  string // standard structure type, such as "P" (14.8.4)
	lang  string
	alt   string
	attrs string // attribute object as PDF syntax, or none (14.7.5)
	kids  []kid
	up    *elem
	hung  bool // among the kids of up
	obj   int  // number of its object, once the file is written
}

// kid is what an element holds: another element, marked content of a page, or
// an annotation.
type kid struct {
	elem  *elem
	page  int // of content or annotation
	mcid  int // marked content, if elem and annot are nil
	annot *annot
}

// annot is the active area of a link.
type annot struct {
	page  int
	rect  [4]float64 // points from the lower left
	link  string
	words string // what it says, for readers aloud
	of    *elem
	obj   int
}

// add hangs a new element below e.
func (e *elem) add(kind string) *elem {
	n := e.inline(kind)
	n.hang()
	return n
}

// inline makes an element within the text of e. It is hung when its text is
// drawn, after what e says before it.
func (e *elem) inline(kind string) *elem { return &elem{kind: kind, up: e} }

// hang puts e after what its parent has so far, once.
func (e *elem) hang() {
	if !e.hung && e.up != nil {
		e.hung = true
		e.up.kids = append(e.up.kids, kid{elem: e})
	}
}

// bookmark is one entry of the outline.
type bookmark struct {
	title string
	level int
	page  int
	y     float64
}
