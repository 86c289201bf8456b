// Package pdf writes accessible documents as tagged PDF 1.7 (ISO 32000-1), in
// the manner of PDF/UA-1 (ISO 14289-1): every piece of text stands in a
// structure tree in reading order, with its language, table heads with their
// scope, pictures with their words, bookmarks, embedded fonts and the way back
// from glyphs to text.
//
// It is for letters, registers and reports, not for pictures of pages: the
// caller says what a block is and the package decides how it looks. The same
// document gives the same bytes, for ever on the same version of beffroi; the
// time of making is passed in. What was decided, and what stays outside, is in
// docs/adr/0115-tagged-pdf.md.
package pdf

import "time"

// Document is what a file says, in reading order.
type Document struct {
	Title  string    // shown by readers in place of the file's name; required
	Lang   string    // BCP 47 language of the text, such as "fr"; required
	Author string    // who answers for it; optional
	Made   time.Time // when it was made, as shown in its properties; required
	// Header and Footer stand on every page as artifacts, which readers aloud
	// pass over. In Footer, {page} and {pages} become numbers.
	Header, Footer string
	Blocks         []Block
}

// Block is one of Heading, Paragraph, List, Table and Figure.
type Block interface{ block() }

// Heading begins a section. Levels go down one at a time, from 1 to 4, and the
// first is 1 (ISO 14289-1, 7.4.2).
type Heading struct {
	Level int
	Text  []Span
}

// Paragraph is running text.
type Paragraph struct{ Text []Span }

// List is a list with bullets, or with numbers from 1.
type List struct {
	Numbered bool
	Items    []Item
}

// Item is one entry of a list, with a list of its own or none.
type Item struct {
	Text []Span
	Sub  *List
}

// Table has heads above its columns, and rows as long as Head. Head is drawn
// again on each further page, as an artifact.
type Table struct {
	Caption []Span // optional
	Head    [][]Span
	Rows    [][][]Span
	// RowHeads makes the first cell of each row the head of the row.
	RowHeads bool
	// Right sets the columns with these numbers, from 0, to the right: figures.
	Right []int
}

// Figure is a picture with the words that stand for it.
type Figure struct {
	Image   []byte // PNG or JPEG
	Alt     string // required: what a person who does not see it must know
	Caption []Span // optional
	// WidthMM is the width on paper; 0 is the width of the text. A picture
	// that would be higher than half the page is made smaller.
	WidthMM float64
}

// Span is a piece of text in one manner. A newline in Text counts as a space.
type Span struct {
	Text         string
	Bold, Italic bool
	Lang         string // BCP 47, where it differs from the document's
	Link         string // absolute address, or none
}

func (Heading) block()   {}
func (Paragraph) block() {}
func (List) block()      {}
func (Table) block()     {}
func (Figure) block()    {}

// Text makes a single plain span.
func Text(s string) []Span { return []Span{{Text: s}} }

// Write gives the file of d.
//
// Errors: problem.BadRequestData for what an accessible document cannot do
// without (title, language, words for a picture, levels of headings in order),
// for a picture that cannot be read, and for characters that the fonts lack,
// each named with its number and place.
func Write(d *Document) ([]byte, error) {
	faces, err := loadFaces()
	if err != nil {
		return nil, err
	}
	if err := check(d, faces); err != nil {
		return nil, err
	}
	l := newLayout(d, faces)
	if err := l.blocks(); err != nil {
		return nil, err
	}
	l.furniture()
	return l.file()
}
