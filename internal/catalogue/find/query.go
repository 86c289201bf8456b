package find

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
)

// Query asks an Index. The zero Query finds all public documents in order of
// title.
type Query struct {
	// Where is what must be true of a document; nil is everything.
	Where *Expr
	// Any are the values asked for: of each facet any one will do, and all
	// facets must be met. Counts of a facet leave its own values aside, so that
	// people see what another choice would bring.
	Any  [facetCount][]string
	Live bool      // only what is live at Now
	Box  *geo.Rect // only what has a place that meets this
	Now  entity.Instant
	// Drafts asks for what is not public too; NotPublic for nothing else.
	Drafts, NotPublic bool
	Sort              []Order
	Lang              string // of titles in an order
	Offset, Limit     int    // a Limit below 0 is none
	Count             []Facet
	// Holds tells whether a document holds words in a row, which the index
	// does not know; nil takes it for granted.
	Holds func(id string, words []string) bool
	// Key gives what a document is put in order by for ByKey.
	Key func(id string) string
}

// By is what documents are put in order by.
type By uint8

// What there is to order by.
const (
	Relevance By = iota // the best first
	ByTitle
	ByID
	ByModified // of the data
	ByChanged  // of the description
	ByIssued
	ByCount
	ByKey // what Query.Key gives
)

// Order is one key of an order; it rises unless Falls is set.
type Order struct {
	By    By
	Falls bool
}

// Value is one value of a facet and how many documents have it.
type Value struct {
	Text string
	N    int
}

// Hit is a document that was found.
type Hit struct {
	ID    string
	Score float64
}

// Result is the answer to a Query.
type Result struct {
	Total  int
	Hits   []Hit // of the page asked for
	Facets map[Facet][]Value
	Live   int // how many would be left if only live ones were asked for
	Placed int // how many would be left if no place was asked for
	// Words tells of each word of the question what it was taken for.
	Words []Word
	// Without tells, if nothing was found, how many each part of the question
	// alone keeps away.
	Without []Without
}

// Without is what would be found without one part of a question.
type Without struct {
	Facet Facet  // whose values; if Part is "facet"
	Part  string // facet, live, place
	N     int
}

// run is one question being answered.
type run struct {
	x     *Index
	q     *Query
	s     *scratch
	score []float32
	words []Word
	avg   [2]float32
	// mended counts the words for which a typing error was looked for.
	mended int
}

type scratch struct {
	score, group []float32
	touched      []uint32
	counts       []int32
}

func (x *Index) take() *scratch {
	s, _ := x.scratch.Get().(*scratch)
	if s == nil {
		s = &scratch{}
	}
	if len(s.score) < len(x.docs) {
		s.score, s.group = make([]float32, len(x.docs)+1024), make([]float32, len(x.docs)+1024)
	} else {
		clear(s.score)
	}
	if len(s.counts) < len(x.values) {
		s.counts = make([]int32, len(x.values)+256)
	} else {
		clear(s.counts)
	}
	return s
}

// Search answers a question.
func (x *Index) Search(q Query) Result {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.take()
	defer x.scratch.Put(s)
	r := &run{x: x, q: &q, s: s, score: s.score}
	living := max(1, len(x.docs)-x.dead)
	for i := range r.avg {
		r.avg[i] = max(1, float32(x.length[i])/float32(living))
	}
	met := x.all()
	if q.Where != nil {
		met = r.eval(q.Where, true)
	}
	found, out := r.narrow(met)
	out.Words = r.words
	out.Total = len(found)
	out.Facets = map[Facet][]Value{}
	for _, f := range q.Count {
		out.Facets[f] = []Value{}
	}
	for i, n := range s.counts[:len(x.values)] {
		v := x.values[i]
		if !slices.Contains(q.Count, v.facet) || n == 0 && !slices.Contains(q.Any[v.facet], v.text) {
			continue
		}
		out.Facets[v.facet] = append(out.Facets[v.facet], Value{v.text, int(n)})
	}
	for _, vs := range out.Facets {
		slices.SortFunc(vs, func(a, b Value) int { return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Text, b.Text)) })
	}
	out.Hits = r.page(found)
	return out
}

// narrow keeps what meets the facets, and counts.
func (r *run) narrow(met set) ([]uint32, Result) {
	x, q := r.x, r.q
	var chosen [facetCount]map[uint32]bool
	asked := 0 // facets with a choice
	for f, texts := range q.Any {
		if len(texts) == 0 {
			continue
		}
		asked++
		chosen[f] = map[uint32]bool{}
		for _, t := range texts {
			if n, ok := x.number[value{Facet(f), t}]; ok {
				chosen[f][n] = true
			}
		}
	}
	var counted [facetCount]bool
	for _, f := range q.Count {
		counted[f] = true
	}
	var out Result
	var missed [facetCount]int
	missedLive, missedPlace := 0, 0
	found := make([]uint32, 0, 1024)
	met.each(func(n uint32) {
		d := &x.docs[n]
		if d.dead || q.NotPublic && d.public || !d.public && !q.Drafts && !q.NotPublic {
			return
		}
		var has [facetCount]bool
		if asked > 0 {
			for _, v := range d.values {
				f := x.values[v].facet
				has[f] = has[f] || chosen[f][v]
			}
		}
		lacks, lacking := 0, -1
		for f := range chosen {
			if chosen[f] != nil && !has[f] {
				lacks, lacking = lacks+1, f
			}
		}
		live := d.LiveUntil > 0 && d.LiveUntil >= q.Now
		away := q.Box != nil && (d.Box.Empty() || !d.Box.Intersects(*q.Box))
		stale := q.Live && !live
		others := lacks
		if away {
			others++
		}
		if live && others == 0 {
			out.Live++
		}
		if !stale && lacks == 0 {
			out.Placed++
		}
		if stale {
			others++
		}
		switch {
		case others == 0:
			found = append(found, n)
			for _, v := range d.values {
				if counted[x.values[v].facet] {
					r.s.counts[v]++
				}
			}
		case others == 1 && lacks == 1:
			missed[lacking]++
			if counted[lacking] {
				for _, v := range d.values {
					if int(x.values[v].facet) == lacking {
						r.s.counts[v]++
					}
				}
			}
		case others == 1 && stale:
			missedLive++
		case others == 1:
			missedPlace++
		}
	})
	if len(found) == 0 {
		for f, n := range missed {
			if n > 0 {
				out.Without = append(out.Without, Without{Facet: Facet(f), Part: "facet", N: n})
			}
		}
		if missedLive > 0 {
			out.Without = append(out.Without, Without{Part: "live", N: missedLive})
		}
		if missedPlace > 0 {
			out.Without = append(out.Without, Without{Part: "place", N: missedPlace})
		}
	}
	return found, out
}

// page puts what was found in order, as far as the page asked for needs it.
func (r *run) page(found []uint32) []Hit {
	q := r.q
	end := len(found)
	if q.Limit >= 0 {
		end = min(end, max(0, q.Offset)+q.Limit)
	}
	begin := min(max(0, q.Offset), end)
	if begin == end {
		return nil
	}
	compare := r.order()
	if end*8 < len(found) {
		// The best of many: what is kept is sorted when it is twice too much.
		kept := make([]uint32, 0, 2*end+64)
		worst := uint32(0)
		full := false
		for _, n := range found {
			if full && compare(n, worst) > 0 {
				continue
			}
			if kept = append(kept, n); len(kept) == cap(kept) {
				slices.SortFunc(kept, compare)
				kept = kept[:end]
				worst, full = kept[end-1], true
			}
		}
		found = kept
	}
	slices.SortFunc(found, compare)
	out := make([]Hit, 0, end-begin)
	for _, n := range found[begin:end] {
		out = append(out, Hit{r.x.docs[n].id, float64(r.score[n])})
	}
	return out
}

func (r *run) order() func(a, b uint32) int {
	docs, score := r.x.docs, r.score
	lang := max(0, language(r.q.Lang))
	keys := r.q.Sort
	one := func(by By, a, b uint32) int {
		x, y := &docs[a], &docs[b]
		switch by {
		case Relevance:
			return cmp.Compare(score[b], score[a])
		case ByTitle:
			return strings.Compare(x.sort[lang], y.sort[lang])
		case ByModified:
			return cmp.Compare(x.Modified, y.Modified)
		case ByChanged:
			return cmp.Compare(x.changed, y.changed)
		case ByIssued:
			return cmp.Compare(x.issued, y.issued)
		case ByCount:
			return cmp.Compare(x.Count, y.Count)
		case ByKey:
			return strings.Compare(r.q.Key(x.id), r.q.Key(y.id))
		}
		return strings.Compare(x.id, y.id)
	}
	return func(a, b uint32) int {
		for _, k := range keys {
			c := one(k.By, a, b)
			if k.Falls {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		if c := one(ByTitle, a, b); c != 0 && len(keys) == 0 {
			return c
		}
		return one(ByID, a, b)
	}
}

// set is a set of documents, a bit each.
type set []uint64

func (x *Index) none() set { return make(set, (len(x.docs)+63)/64) }

func (x *Index) all() set {
	s := x.none()
	for i := range s {
		s[i] = math.MaxUint64
	}
	if k := len(x.docs) % 64; k > 0 {
		s[len(s)-1] = 1<<k - 1
	}
	return s
}

func (s set) put(n uint32) { s[n/64] |= 1 << (n % 64) }

func (s set) each(f func(n uint32)) {
	for i, w := range s {
		for w != 0 {
			f(uint32(i*64 + bits.TrailingZeros64(w)))
			w &= w - 1
		}
	}
}
