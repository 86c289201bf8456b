package find

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Marked is a text cut where words of a question stand: plain, marked, plain
// and so on. The first may be empty; joined they are the text.
type Marked []string

// Found tells whether anything is marked.
func (m Marked) Found() bool { return len(m) > 1 }

// Mark marks in a text what words of a question were taken for.
func Mark(text string, asked []Word) Marked {
	out := Marked{}
	from := 0
	for at := range words(text) {
		if !marks(asked, fold(lower(text[at.from:at.to]))) {
			continue
		}
		if len(out) > 0 && from == at.from {
			out[len(out)-1] += text[at.from:at.to]
		} else {
			out = append(out, text[from:at.from], text[at.from:at.to])
		}
		from = at.to
	}
	return append(out, text[from:])
}

func marks(asked []Word, folded string) bool {
	for i := range asked {
		w := &asked[i]
		if slices.Contains(w.Means, folded) || w.Begins && strings.HasPrefix(folded, fold(w.Text)) && !emptyWords[folded] {
			return true
		}
	}
	return false
}

// Snippet gives about most bytes of a text round the first word that is
// marked, cut between words; the beginning if none is.
func Snippet(text string, asked []Word, most int) Marked {
	if len(text) <= most {
		return Mark(text, asked)
	}
	first := 0
	for at := range words(text) {
		if marks(asked, fold(lower(text[at.from:at.to]))) {
			first = at.from
			break
		}
	}
	from := max(0, first-most/3)
	to := min(len(text), from+most)
	from = max(0, min(from, to-most))
	for from > 0 && from < first && text[from-1] != ' ' {
		from++
	}
	for to < len(text) && to > first && text[to] != ' ' {
		to--
	}
	for from < len(text) && !utf8.RuneStart(text[from]) {
		from++
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	cut := text[from:to]
	if from > 0 {
		cut = "… " + cut
	}
	if to < len(text) {
		cut += " …"
	}
	return Mark(cut, asked)
}

// InRow tells whether a text has folded words one after the other.
func InRow(text string, folded []string) bool {
	if len(folded) == 0 {
		return true
	}
	met := []int{} // how many of the words were met, for each beginning
	for at := range words(text) {
		w := fold(lower(text[at.from:at.to]))
		next := met[:0]
		for _, k := range append(met, 0) {
			if folded[k] != w {
				continue
			}
			if k+1 == len(folded) {
				return true
			}
			next = append(next, k+1)
		}
		met = next
	}
	return false
}
