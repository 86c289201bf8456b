package find

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"github.com/beffroi/beffroi/internal/entity"
)

// Index finds documents. It is safe for use by many goroutines.
//
// Every document has a number, and a word keeps the numbers of those that have
// it, one after the other, as differences. A changed document gets a new
// number and its old one is dead; when too many are, all is packed again.
type Index struct {
	mu    sync.RWMutex
	docs  []doc
	byID  map[string]uint32
	dead  int
	words []word
	// number of a word: by its folded form, and by how it is written, with the
	// language before it, so that a form is folded and reduced once
	folded map[string]uint32
	forms  map[string]uint32
	stems  map[string][]uint32 // language and stem to words
	sorted []uint32            // words in order of their folded form
	tail   []uint32            // those that came since, in no order
	values []value
	number map[value]uint32
	length [2]int64 // words of all titles and all bodies of the living

	scratch sync.Pool
}

// value is one of a facet.
type value struct {
	facet Facet
	text  string
}

type word struct {
	folded, shown string // shown as it was first written
	posts         []byte // number of the document less that before, occurrences
	last          uint32
	count         int // documents, dead ones too
}

type doc struct {
	id      string
	at      entity.Position
	dead    bool
	public  bool
	length  [2]uint16 // words of a title and of a body, on the average of languages
	sort    [3]string // folded title by language
	values  []uint32
	changed entity.Instant
	issued  entity.Instant
	Measure
}

// New makes an empty index.
func New() *Index {
	x := &Index{}
	x.reset()
	return x
}

func (x *Index) reset() {
	x.docs, x.byID, x.dead = nil, map[string]uint32{}, 0
	x.words, x.folded, x.forms, x.stems = nil, map[string]uint32{}, map[string]uint32{}, map[string][]uint32{}
	x.sorted, x.tail, x.values, x.number, x.length = nil, nil, nil, map[value]uint32{}, [2]int64{}
}

// Len gives how many documents there are.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.docs) - x.dead
}

// Put takes a document in, or in the place of one with its ID. One that is
// older than what is there is left.
func (x *Index) Put(d *Doc) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if n, ok := x.byID[d.ID]; ok {
		if x.docs[n].at > d.At {
			return
		}
		x.kill(n)
	}
	x.add(d)
	x.pack(false)
}

// Remove takes out the document with an ID, unless it is newer than at.
func (x *Index) Remove(id string, at entity.Position) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if n, ok := x.byID[id]; ok && x.docs[n].at <= at {
		x.kill(n)
		x.pack(false)
	}
}

// Measured says what the data of a document says by now.
func (x *Index) Measured(id string, m Measure) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if n, ok := x.byID[id]; ok {
		x.docs[n].Measure = m
	}
}

func (x *Index) kill(n uint32) {
	d := &x.docs[n]
	x.length[0] -= int64(d.length[0])
	x.length[1] -= int64(d.length[1])
	delete(x.byID, d.id)
	*d = doc{dead: true}
	x.dead++
}

// Occurrences of a word in a document: two bits each for title and keywords,
// one for names, three for the body; the most that one language has.
const (
	titleMax, titleShift     = 3, 0
	keywordMax, keywordShift = 3, 2
	nameMax, nameShift       = 1, 4
	bodyMax, bodyShift       = 7, 5
)

func (x *Index) add(d *Doc) {
	n := uint32(len(x.docs))
	in := doc{id: d.ID, at: d.At, public: d.Public, changed: d.Changed, issued: d.Issued, Measure: d.Measure, sort: sortTitles(d)}
	for f := range d.Values {
		for _, v := range d.Values[f] {
			in.values = append(in.values, x.value(value{Facet(f), v}))
		}
	}
	slices.Sort(in.values)
	in.values = slices.Compact(in.values)
	type count struct {
		word  uint32
		lang  int8
		field Field
	}
	met := make([]count, 0, 256)
	var langs [2][4]int // words by language
	for _, t := range d.Texts {
		lang := language(t.Lang)
		for at := range words(t.Text) {
			if i := measuredField(t.Field); i >= 0 {
				langs[i][lang+1]++
			}
			if w, ok := x.word(lang, lower(t.Text[at.from:at.to])); ok {
				met = append(met, count{w, int8(lang), t.Field})
			}
		}
	}
	for i := range langs {
		sum, n := 0, 0
		for _, k := range langs[i] {
			if k > 0 {
				sum, n = sum+k, n+1
			}
		}
		if n > 0 {
			in.length[i] = uint16(min(sum/n, 60_000))
		}
		x.length[i] += int64(in.length[i])
	}
	slices.SortFunc(met, func(a, b count) int {
		if a.word != b.word {
			return int(a.word) - int(b.word)
		}
		if a.field != b.field {
			return int(a.field) - int(b.field)
		}
		return int(a.lang) - int(b.lang)
	})
	for i := 0; i < len(met); {
		w := met[i].word
		var most [fieldCount]int
		for i < len(met) && met[i].word == w {
			j := i
			for j < len(met) && met[j] == met[i] {
				j++
			}
			most[met[i].field] = max(most[met[i].field], j-i)
			i = j
		}
		x.words[w].post(n, byte(min(most[Title], titleMax)<<titleShift|min(most[Keyword], keywordMax)<<keywordShift|min(most[Name], nameMax)<<nameShift|min(most[Body], bodyMax)<<bodyShift))
	}
	x.docs = append(x.docs, in)
	x.byID[d.ID] = n
}

// measuredField gives which length a field counts to: 0 of titles, 1 of bodies,
// -1 of none.
func measuredField(f Field) int {
	switch f {
	case Title:
		return 0
	case Body:
		return 1
	}
	return -1
}

func (w *word) post(n uint32, times byte) {
	w.posts = binary.AppendUvarint(w.posts, uint64(n-w.last))
	w.posts = append(w.posts, times)
	w.last = n
	w.count++
}

// each calls f for the documents of a word, dead ones too.
func (w *word) each(f func(n uint32, times byte)) {
	n := uint32(0)
	for p := w.posts; len(p) > 0; {
		gap := uint64(p[0])
		k := 1
		if gap >= 0x80 {
			gap, k = binary.Uvarint(p)
		}
		n += uint32(gap)
		f(n, p[k])
		p = p[k+1:]
	}
}

func (x *Index) value(v value) uint32 {
	n, ok := x.number[v]
	if !ok {
		n = uint32(len(x.values))
		x.values = append(x.values, v)
		x.number[v] = n
	}
	return n
}

// word gives the number of a word, a new one if it was never met; false for
// one that says nothing.
func (x *Index) word(lang int, w string) (uint32, bool) {
	form := string(rune('0'+lang+1)) + w
	if n, ok := x.forms[form]; ok {
		return n, n != nothing
	}
	f := fold(w)
	if f == "" || emptyWords[f] {
		x.forms[form] = nothing
		return 0, false
	}
	n, ok := x.folded[f]
	if !ok {
		n = uint32(len(x.words))
		x.words = append(x.words, word{folded: f, shown: w})
		x.folded[f] = n
		x.tail = append(x.tail, n)
		if len(x.tail) > 1024+len(x.words)/16 {
			x.merge()
		}
	}
	x.forms[form] = n
	if lang >= 0 {
		for _, s := range stemsOf(lang, w, f) {
			if all := x.stems[s]; !slices.Contains(all, n) {
				x.stems[s] = append(all, n)
			}
		}
	}
	return n, true
}

// nothing stands for a word that is not kept.
const nothing = ^uint32(0)

// stemsOf gives the stems of a word and of what is left without its accents:
// people leave them out, and a stem may depend on them.
func stemsOf(lang int, w, folded string) []string {
	key := string(rune('0' + lang))
	out := []string{key + stem(lang, w)}
	if folded != w {
		if s := key + stem(lang, folded); s != out[0] {
			out = append(out, s)
		}
	}
	return out
}

// merge brings the words that came last among the others.
func (x *Index) merge() {
	less := func(a, b uint32) int { return strings.Compare(x.words[a].folded, x.words[b].folded) }
	slices.SortFunc(x.tail, less)
	out := make([]uint32, 0, len(x.sorted)+len(x.tail))
	a, b := x.sorted, x.tail
	for len(a) > 0 && len(b) > 0 {
		if less(a[0], b[0]) < 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	x.sorted, x.tail = append(append(out, a...), b...), nil
}

// pack writes all anew without the dead, if there are many.
func (x *Index) pack(always bool) {
	if !always && (x.dead < 1024 || x.dead < len(x.docs)/3) {
		return
	}
	to := make([]uint32, len(x.docs))
	docs := make([]doc, 0, len(x.docs)-x.dead)
	for i := range x.docs {
		if !x.docs[i].dead {
			to[i] = uint32(len(docs))
			docs = append(docs, x.docs[i])
		}
	}
	words := make([]word, 0, len(x.words))
	renamed := make([]uint32, len(x.words))
	for i := range x.words {
		old := &x.words[i]
		w := word{folded: old.folded, shown: old.shown}
		old.each(func(n uint32, times byte) {
			if !x.docs[n].dead {
				w.post(to[n], times)
			}
		})
		if renamed[i] = nothing; w.count > 0 {
			renamed[i] = uint32(len(words))
			w.posts = slices.Clip(w.posts)
			words = append(words, w)
		}
	}
	x.forget(renamed)
	x.docs, x.words, x.dead = docs, words, 0
	for i := range docs {
		x.byID[docs[i].id] = uint32(i)
	}
}

// forget gives the words their new numbers and leaves out those that no
// document has any more.
func (x *Index) forget(renamed []uint32) {
	again := func(ns []uint32) []uint32 {
		out := ns[:0]
		for _, n := range ns {
			if renamed[n] != nothing {
				out = append(out, renamed[n])
			}
		}
		return out
	}
	for _, m := range []map[string]uint32{x.folded, x.forms} {
		for form, n := range m {
			switch {
			case n == nothing: // an empty word
			case renamed[n] == nothing:
				delete(m, form)
			default:
				m[form] = renamed[n]
			}
		}
	}
	for s, ns := range x.stems {
		if x.stems[s] = again(ns); len(x.stems[s]) == 0 {
			delete(x.stems, s)
		}
	}
	x.sorted, x.tail = again(x.sorted), again(x.tail)
}

// sortTitles gives the folded title in each language, else in another one.
func sortTitles(d *Doc) [3]string {
	var out [3]string
	any := ""
	for _, t := range d.Texts {
		if t.Field != Title {
			continue
		}
		f := foldText(t.Text)
		if lang := language(t.Lang); lang >= 0 && out[lang] == "" {
			out[lang] = f
		}
		if any == "" {
			any = f
		}
	}
	for i := range out {
		for _, s := range []string{out[i], out[2], out[0], out[1], any} {
			if out[i] == "" {
				out[i] = s
			}
		}
	}
	return out
}

// foldText folds all words of a text.
func foldText(s string) string {
	var b strings.Builder
	for at := range words(s) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(fold(strings.ToLower(s[at.from:at.to])))
	}
	return b.String()
}
