package find

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Word is one word of a question.
type Word struct {
	Text string // as it was asked
	// Means are the words of the catalogue that it was taken for, folded: what
	// to mark in a text. Begins adds those that begin with Text.
	Means  []string
	Begins bool
	// Instead is the word that was taken for it, as written, if nothing else
	// was found and one typing error explains it.
	Instead string
	// Near is a word of the catalogue that is not too far, if there is nothing
	// at all: for people to choose.
	Near string
	N    int // documents
}

// How much a word counts by how it was met, and by the field it stands in.
const (
	sameWord, sameStem, beginning, misspelt = 1, 0.8, 0.6, 0.4

	titleWeight, keywordWeight, nameWeight, bodyWeight = 10, 5, 3, 1
	// saturation is from which weight on more of the same word adds little
	// (k1 of BM25, in the weights above); spread is how much a long text takes
	// from each of its words (b of BM25), less in a title: a word of a long one
	// still says more than a keyword.
	saturation, spread, titleSpread = 6, 0.6, 0.3
)

// What one question may cost: words that begin as the last one does, unknown
// words for which a typing error is looked for, and texts in which words in a
// row are looked up.
const (
	maxBeginnings = 4096
	maxMended     = 8
	maxRows       = 5000
)

// CountWords counts the words of a text: who takes questions from strangers
// bounds them.
func CountWords(s string) int {
	n := 0
	for range words(s) {
		n++
	}
	return n
}

// meaning is a word of the catalogue that one of the question is taken for.
type meaning struct {
	word   uint32
	weight float32
}

// text finds the documents that have all words of e.
func (r *run) text(e *Expr, scored bool) set {
	x := r.x
	out := x.all()
	var asked []string
	for at := range words(e.Text) {
		asked = append(asked, lower(e.Text[at.from:at.to]))
	}
	// Who still types has written no blank behind the last word.
	last, _ := utf8.DecodeLastRuneInString(e.Text)
	open := e.Begins && len(asked) > 0 && isWord(last)
	said := 0 // words that say something
	for _, w := range asked {
		if !emptyWords[fold(w)] {
			said++
		}
	}
	for i, w := range asked {
		begins := open && i == len(asked)-1
		empty := emptyWords[fold(w)]
		if empty && (said > 0 || !begins) {
			continue
		}
		means, told := r.means(w, begins, e.Stems, e.Mend)
		if empty && !r.living(means) {
			continue
		}
		group := x.none()
		r.s.touched = r.s.touched[:0]
		for _, m := range means {
			r.gather(m, e.Fields)
		}
		for _, n := range r.s.touched {
			group.put(n)
		}
		told.N = len(r.s.touched)
		if scored {
			r.add(told.N)
			r.words = append(r.words, told)
		}
		for _, n := range r.s.touched {
			r.s.group[n] = 0
		}
		for j := range out {
			out[j] &= group[j]
		}
	}
	if e.Row && len(asked) > 1 && r.q.Holds != nil {
		folded := make([]string, len(asked))
		for i, w := range asked {
			folded[i] = fold(w)
		}
		out = r.inRow(out, folded)
	}
	return out
}

// inRow keeps the documents that hold words in a row; of very many, which have
// all the words, only the first by name are looked at.
func (r *run) inRow(from set, folded []string) set {
	var all []uint32
	from.each(func(n uint32) {
		if d := &r.x.docs[n]; !d.dead && (d.public || r.q.Drafts || r.q.NotPublic) {
			all = append(all, n)
		}
	})
	if len(all) > maxRows {
		slices.SortFunc(all, func(a, b uint32) int { return strings.Compare(r.x.docs[a].id, r.x.docs[b].id) })
		all = all[:maxRows]
	}
	out := r.x.none()
	for _, n := range all {
		if r.q.Holds(r.x.docs[n].id, folded) {
			out.put(n)
		}
	}
	return out
}

func isWord(c rune) bool {
	for range words(string(c)) {
		return true
	}
	return false
}

// gather notes the documents of one meaning with their weight: the most that
// any meaning gives.
func (r *run) gather(m meaning, fields []Field) {
	x := r.x
	mask := byte(0xff)
	if len(fields) > 0 {
		mask = 0
		for _, f := range fields {
			mask |= [fieldCount]byte{Title: titleMax << titleShift, Keyword: keywordMax << keywordShift, Name: nameMax << nameShift, Body: bodyMax << bodyShift}[f]
		}
	}
	x.words[m.word].each(func(n uint32, times byte) {
		d := &x.docs[n]
		if times &= mask; times == 0 || d.dead {
			return
		}
		w := float32(times>>titleShift&titleMax)*titleWeight/(1-titleSpread+titleSpread*float32(d.length[0])/r.avg[0]) +
			float32(times>>keywordShift&keywordMax)*keywordWeight +
			float32(times>>nameShift&nameMax)*nameWeight +
			float32(times>>bodyShift&bodyMax)*bodyWeight/(1-spread+spread*float32(d.length[1])/r.avg[1])
		w *= m.weight
		old := r.s.group[n]
		if old == 0 {
			r.s.touched = append(r.s.touched, n)
		}
		r.s.group[n] = max(old, w)
	})
}

// add counts the group just gathered for the order.
func (r *run) add(found int) {
	all := float64(max(1, len(r.x.docs)-r.x.dead))
	idf := float32(math.Log(1 + (all-float64(found)+0.5)/(float64(found)+0.5)))
	for _, n := range r.s.touched {
		w := r.s.group[n]
		r.score[n] += idf * w / (saturation + w)
	}
}

// means gives what a word is taken for, and tells of it.
func (r *run) means(w string, begins, stems, mend bool) ([]meaning, Word) {
	x := r.x
	f := fold(w)
	told := Word{Text: w, Begins: begins}
	var out []meaning
	add := func(n uint32, weight float32) {
		for i := range out {
			if out[i].word == n {
				out[i].weight = max(out[i].weight, weight)
				return
			}
		}
		out = append(out, meaning{n, weight})
	}
	if n, ok := x.folded[f]; ok {
		add(n, sameWord)
	}
	if stems {
		for lang := range Languages() {
			for _, s := range append(stemsOf(lang, w, f), string(rune('0'+lang))+f) {
				for _, n := range x.stems[s] {
					add(n, sameStem)
				}
				// The stem of a form may be a word whose own stem is another one:
				// fietsen, fiets, fiet.
				if n, ok := x.folded[s[1:]]; ok {
					add(n, sameStem)
				}
			}
		}
	}
	for _, m := range out {
		told.Means = append(told.Means, x.words[m.word].folded)
	}
	slices.Sort(told.Means)
	if begins {
		here := map[uint32]bool{}
		for _, m := range out {
			here[m.word] = true
		}
		for _, n := range x.beginning(f) {
			if !here[n] {
				out = append(out, meaning{n, beginning})
			}
		}
	}
	if mend && r.mended < maxMended && !r.living(out) {
		r.mended++
		one, best := x.within(f, 1), uint32(0)
		for _, n := range one {
			k := r.alive(n)
			if k == 0 {
				continue
			}
			out = append(out, meaning{n, misspelt})
			told.Means = append(told.Means, x.words[n].folded)
			if told.Instead == "" || k > r.alive(best) {
				best, told.Instead = n, x.words[n].shown
			}
		}
		if told.Instead == "" {
			told.Near = r.near(f)
		}
	}
	return out, told
}

// living tells whether any document has one of the words.
func (r *run) living(ms []meaning) bool {
	return slices.ContainsFunc(ms, func(m meaning) bool { return r.alive(m.word) > 0 })
}

// alive counts the documents of a word that count for this question.
func (r *run) alive(w uint32) int {
	k := 0
	r.x.words[w].each(func(n uint32, _ byte) {
		if d := &r.x.docs[n]; !d.dead && (d.public || r.q.Drafts || r.q.NotPublic) {
			k++
		}
	})
	return k
}

// near gives the most frequent word that two typing errors explain.
func (r *run) near(f string) string {
	best, most := "", 0
	if utf8.RuneCountInString(f) < 5 {
		return ""
	}
	for _, n := range r.x.within(f, 2) {
		if k := r.alive(n); k > most {
			best, most = r.x.words[n].shown, k
		}
	}
	return best
}

// beginning gives the words that begin with f, in order.
func (x *Index) beginning(f string) []uint32 {
	var out []uint32
	i, _ := slices.BinarySearchFunc(x.sorted, f, func(n uint32, f string) int { return strings.Compare(x.words[n].folded, f) })
	for ; i < len(x.sorted) && len(out) < maxBeginnings && strings.HasPrefix(x.words[x.sorted[i]].folded, f); i++ {
		out = append(out, x.sorted[i])
	}
	for _, n := range x.tail {
		if strings.HasPrefix(x.words[n].folded, f) {
			out = append(out, n)
		}
	}
	return out
}

// within gives the words that some typing errors away from f: a letter more,
// less, another, or two that changed places. Short words are told apart by
// one letter, so they have none. In order of the words.
func (x *Index) within(f string, errors int) []uint32 {
	a := []rune(f)
	if len(a) < 4 {
		return nil
	}
	var out []uint32
	var rows [3][maxWord + 1]int
	for n := range x.words {
		w := x.words[n].folded
		if d := len(w) - len(f); d > 2*errors || -d > 2*errors {
			continue
		}
		if distance(a, w, errors, &rows) <= errors {
			out = append(out, uint32(n))
		}
	}
	slices.SortFunc(out, func(a, b uint32) int { return cmp.Compare(x.words[a].folded, x.words[b].folded) })
	return out
}

// distance counts typing errors between a and b, as far as most; above that
// it is more than most.
func distance(a []rune, b string, most int, rows *[3][maxWord + 1]int) int {
	if len(a) > maxWord {
		return most + 1
	}
	before, last, now := &rows[0], &rows[1], &rows[2]
	for j := range len(a) + 1 {
		last[j] = j
	}
	i, prev := 0, rune(0)
	for _, c := range b {
		i++
		now[0] = i
		least := i
		for j := 1; j <= len(a); j++ {
			cost := 1
			if a[j-1] == c {
				cost = 0
			}
			v := min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[j-2] == c && a[j-1] == prev {
				v = min(v, before[j-2]+1)
			}
			now[j] = v
			least = min(least, v)
		}
		if least > most {
			return most + 1
		}
		before, last, now = last, now, before
		prev = c
	}
	return last[len(a)]
}
