package pdf

import (
	"strings"
	"unicode/utf8"
)

// word is a piece of text that does not break; the spaces after it belong to it.
type word struct {
	pieces []piece
	width  float64 // without the space at its end
	space  float64
}

// piece is a part of a word in one manner.
type piece struct {
	text string
	st   style
	size float64
	of   *elem
	link string
}

// textLine is what stands on one line.
type textLine struct {
	words []word
	width float64
}

// typeface says how a block's text looks.
type typeface struct {
	size, lead float64
	st         style
	colour     string
}

// breakable tells whether a line may break after c.
func breakable(c rune) bool {
	return c == ' ' || c == '-' || c == '\u2010' || c == '\u2002' || c == '\u2003' || c == '\u2009'
}

// words splits spans into words, each piece with the element that it belongs
// to: e itself, or one made below it for a link or another language.
func (l *layout) words(e *elem, spans []Span, t typeface) []word {
	var out []word
	fresh := true
	for _, s := range spans {
		of := e
		if s.Link != "" {
			of = e.inline("Link")
			of.lang = s.Lang
		} else if s.Lang != "" && s.Lang != l.doc.Lang {
			of = e.inline("Span")
			of.lang = s.Lang
		}
		st := t.st
		if s.Bold {
			st |= bold
		}
		if s.Italic {
			st |= italic
		}
		text := clean(s.Text)
		for text != "" {
			n, space := cut(text)
			p := piece{text: text[:n], st: st, size: t.size, of: of, link: s.Link}
			if fresh {
				out = append(out, word{})
			}
			w := &out[len(out)-1]
			trimmed := strings.TrimRight(p.text, " ")
			w.width += w.space + l.faces[st].width(trimmed, t.size)
			w.space = l.faces[st].width(p.text[len(trimmed):], t.size)
			w.pieces = append(w.pieces, p)
			fresh = space
			text = text[n:]
		}
	}
	return out
}

// cut finds where the first word of s ends, with its space, and whether a line
// may break there.
func cut(s string) (n int, breaks bool) {
	for i, c := range s {
		if breakable(c) {
			n = i + utf8.RuneLen(c)
			if c == '-' && n < len(s) && '0' <= s[n] && s[n] <= '9' { // R311-13 is one number
				continue
			}
			for c == ' ' && n < len(s) && s[n] == ' ' {
				n++
			}
			return n, true
		}
	}
	return len(s), false
}

// fill breaks words into lines of a width, as many on each as it holds.
func (l *layout) fill(words []word, width float64) []textLine {
	var out []textLine
	var now textLine
	at := 0.0 // where the next word begins
	for _, w := range words {
		for _, w := range l.chop(w, width) {
			if len(now.words) > 0 && at+w.width > width {
				out = append(out, now)
				now, at = textLine{}, 0
			}
			now.words = append(now.words, w)
			now.width = at + w.width
			at += w.width + w.space
		}
	}
	if len(now.words) > 0 {
		out = append(out, now)
	}
	return out
}

// chop breaks a word that no line can hold, such as a long address.
func (l *layout) chop(w word, width float64) []word {
	if w.width <= width {
		return []word{w}
	}
	var out []word
	now := word{}
	for _, p := range w.pieces {
		start := 0
		for i, c := range p.text {
			cw := l.faces[p.st].width(string(c), p.size)
			if now.width+cw > width && now.width > 0 && c != ' ' {
				now.pieces = append(now.pieces, piece{p.text[start:i], p.st, p.size, p.of, p.link})
				out = append(out, now)
				now, start = word{}, i
			}
			if c == ' ' {
				now.space += cw
			} else {
				now.width += now.space + cw
				now.space = 0
			}
		}
		now.pieces = append(now.pieces, piece{p.text[start:], p.st, p.size, p.of, p.link})
	}
	return append(out, now)
}

// drawLine draws a line with its base at y.
func (l *layout) drawLine(t textLine, x, y float64, colour string) {
	var pieces []piece
	for _, w := range t.words {
		for _, p := range w.pieces {
			if n := len(pieces); n > 0 && pieces[n-1].of == p.of && pieces[n-1].st == p.st {
				pieces[n-1].text += p.text
			} else if p.text != "" {
				pieces = append(pieces, p)
			}
		}
	}
	for i, p := range pieces {
		w := l.faces[p.st].width(p.text, p.size)
		c := colour
		if p.link != "" {
			c = accent
		}
		l.begin(p.of)
		l.pages[l.at].b.WriteString(l.show(p.text, p.st, p.size, x, y, c))
		if p.link != "" {
			shown := w
			if i == len(pieces)-1 {
				shown = l.faces[p.st].width(strings.TrimRight(p.text, " "), p.size)
			}
			l.link(p, x, y, shown)
		}
		x += w
	}
}

// link makes an area of a page active.
func (l *layout) link(p piece, x, y, w float64) {
	l.rule(x, y-p.size*0.16, w, 0.6, accent)
	a := &annot{page: l.at, link: p.link, words: strings.TrimSpace(p.text), of: p.of,
		rect: [4]float64{x, y - p.size*0.3, x + w, y + p.size*0.95}}
	l.pages[l.at].annots = append(l.pages[l.at].annots, a)
	p.of.kids = append(p.of.kids, kid{page: l.at, annot: a})
}
