package pdf

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/beffroi/beffroi/internal/problem"
)

// maxDepth bounds lists within lists.
const maxDepth = 6

// checker walks a document before anything is laid out.
type checker struct {
	faces   *[styles]*face
	level   int      // of the last heading
	missing []string // characters that the fonts lack, with their place
	seen    map[rune]bool
}

// check reports what d lacks. Errors: problem.BadRequestData.
func check(d *Document, faces *[styles]*face) error {
	switch {
	case strings.TrimSpace(d.Title) == "":
		return bad("a document needs a title")
	case !language(d.Lang):
		return bad("a document needs the language of its text, such as \"fr\"; %q is none", d.Lang)
	case d.Made.IsZero() || d.Made.UTC().Year() < 1 || d.Made.UTC().Year() > 9999:
		return bad("a document needs the time when it was made, within four digits of a year")
	case !utf8.ValidString(d.Title + d.Author):
		return bad("title and author must be UTF-8")
	}
	c := checker{faces: faces, seen: map[rune]bool{}}
	c.text("header", d.Header)
	c.text("footer", d.Footer)
	for i, b := range d.Blocks {
		if err := c.block(fmt.Sprintf("block %d", i+1), b); err != nil {
			return err
		}
	}
	if len(c.missing) > 0 {
		return bad("the fonts of PDF documents have no glyph for %s: write it in other letters, or send the page in place of the PDF", strings.Join(c.missing, ", "))
	}
	return nil
}

func bad(format string, args ...any) error {
	return problem.New(problem.BadRequestData, format, args...)
}

// block checks one block.
func (c *checker) block(at string, b Block) error {
	switch b := b.(type) {
	case Heading:
		if b.Level < 1 || b.Level > 4 || b.Level > c.level+1 {
			return bad("%s: a heading of level %d cannot follow one of level %d: levels go down one at a time, from 1 to 4", at, b.Level, c.level)
		}
		c.level = b.Level
		if strings.TrimSpace(plain(b.Text)) == "" {
			return bad("%s: a heading needs text", at)
		}
		return c.spans(at, b.Text)
	case Paragraph:
		return c.spans(at, b.Text)
	case List:
		return c.list(at, &b, 1)
	case Table:
		return c.table(at, b)
	case Figure:
		if strings.TrimSpace(b.Alt) == "" || !utf8.ValidString(b.Alt) {
			return bad("%s: a figure needs words that stand for it", at)
		}
		return c.spans(at, b.Caption)
	}
	return bad("%s: %T is not a block of a document", at, b)
}

func (c *checker) list(at string, l *List, depth int) error {
	if depth > maxDepth {
		return bad("%s: lists within lists go %d deep at most", at, maxDepth)
	}
	if len(l.Items) == 0 {
		return bad("%s: a list needs an item", at)
	}
	for i, it := range l.Items {
		place := fmt.Sprintf("%s, item %d", at, i+1)
		if err := c.spans(place, it.Text); err != nil {
			return err
		}
		if it.Sub != nil {
			if err := c.list(place, it.Sub, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) table(at string, t Table) error {
	if len(t.Head) == 0 || len(t.Head) > 12 {
		return bad("%s: a table has 1 to 12 columns, each with a head, not %d", at, len(t.Head))
	}
	rows := append([][][]Span{{t.Caption}, t.Head}, t.Rows...)
	for r, row := range rows {
		if r > 1 && len(row) != len(t.Head) {
			return bad("%s, row %d: it has %d cells and the table %d columns", at, r-1, len(row), len(t.Head))
		}
		for _, cell := range row {
			if err := c.spans(fmt.Sprintf("%s, row %d", at, max(r-1, 0)), cell); err != nil {
				return err
			}
		}
	}
	if slices.ContainsFunc(t.Head, func(h []Span) bool { return strings.TrimSpace(plain(h)) == "" }) {
		return bad("%s: a column needs the text of its head", at)
	}
	return nil
}

// spans checks text with its languages and links.
func (c *checker) spans(at string, spans []Span) error {
	for _, s := range spans {
		if s.Lang != "" && !language(s.Lang) {
			return bad("%s: %q is not a language tag", at, s.Lang)
		}
		if s.Link != "" {
			u, err := url.Parse(s.Link)
			if err != nil || !slices.Contains([]string{"http", "https", "mailto", "tel"}, u.Scheme) {
				return bad("%s: %q is not an absolute address of the web, of mail or of a telephone", at, s.Link)
			}
		}
		c.text(at, s.Text)
	}
	return nil
}

// text notes the characters that no face has. All faces have the same.
func (c *checker) text(at, s string) {
	for _, r := range clean(s) {
		if _, ok := c.faces[0].glyphs[r]; !ok && !c.seen[r] {
			c.seen[r] = true
			if len(c.missing) < 10 {
				c.missing = append(c.missing, fmt.Sprintf("%+q (%U, %s)", r, r, at))
			}
		}
	}
}

// clean folds white space to spaces, drops soft hyphens, which only matter
// where lines may break within words, and composes accents with their letters,
// as the fonts have them.
func clean(s string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\r', '\t':
			return ' '
		case '\u00AD':
			return -1
		}
		return r
	}, s))
}

// plain gives the text of spans.
func plain(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(clean(s.Text))
	}
	return b.String()
}

// language tells whether s has the form of a language tag (RFC 5646, 2.1).
func language(s string) bool {
	for i, part := range strings.Split(s, "-") {
		if len(part) > 8 || len(part) == 0 || i == 0 && len(part) < 2 {
			return false
		}
		for _, c := range part {
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || i > 0 && '0' <= c && c <= '9') {
				return false
			}
		}
	}
	return true
}
