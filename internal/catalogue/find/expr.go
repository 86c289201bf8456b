package find

import (
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
)

// Op is what an Expr says.
type Op uint8

// What an Expr may say.
const (
	And   Op = iota // all of Subs; without any, everything
	Or              // any of Subs
	Not             // not the first of Subs
	Words           // the words of Text, each of them
	Has             // a value of Facet: one of Values, or one that begins with the first if Begins is set
	Among           // an ID among Values
	Span            // a time from From to To, both included; 0 is open
)

// Expr is what must be true of a document.
type Expr struct {
	Op   Op
	Subs []Expr

	// Of Words. Fields are where they may stand; none is anywhere. Begins lets
	// the last word be the beginning of one; Stems lets words mean others with
	// the same stem; Mend takes one typing error if there is nothing else; Row
	// wants them in a row.
	Text                     string
	Fields                   []Field
	Begins, Stems, Mend, Row bool

	Facet  Facet
	Values []string

	Issued   bool // of Span: first publication; else the description's change
	From, To entity.Instant
}

// Text reads what a person types: words that must all be there, "words in a
// row" between quotation marks. The last word may be the beginning of one.
func Text(s string) *Expr {
	e := Expr{Op: And}
	for i, part := range strings.Split(strings.NewReplacer("“", `"`, "”", `"`, "«", `"`, "»", `"`).Replace(s), `"`) {
		if strings.TrimSpace(part) == "" {
			continue
		}
		if i%2 == 1 && strings.Count(s, `"`) != i { // an opening mark that nothing closes is none
			e.Subs = append(e.Subs, Expr{Op: Words, Text: part, Row: true})
			continue
		}
		e.Subs = append(e.Subs, Expr{Op: Words, Text: part, Begins: true, Stems: true, Mend: true})
	}
	return &e
}

// eval gives the documents of which e is true; those found by words count for
// the order if scored is set.
func (r *run) eval(e *Expr, scored bool) set {
	x := r.x
	switch e.Op {
	case And:
		out := x.all()
		for i := range e.Subs {
			other := r.eval(&e.Subs[i], scored)
			for j := range out {
				out[j] &= other[j]
			}
		}
		return out
	case Or:
		out := x.none()
		for i := range e.Subs {
			other := r.eval(&e.Subs[i], scored)
			for j := range out {
				out[j] |= other[j]
			}
		}
		return out
	case Not:
		out := x.all()
		other := r.eval(&e.Subs[0], false)
		for j := range out {
			out[j] &^= other[j]
		}
		return out
	case Words:
		return r.text(e, scored)
	case Has:
		return r.has(e)
	case Among:
		out := x.none()
		for _, id := range e.Values {
			if n, ok := x.byID[id]; ok {
				out.put(n)
			}
		}
		return out
	}
	out := x.none()
	for i := range x.docs {
		at := x.docs[i].changed
		if e.Issued {
			at = x.docs[i].issued
		}
		if (e.From == 0 || at >= e.From) && (e.To == 0 || at <= e.To) {
			out.put(uint32(i))
		}
	}
	return out
}

func (r *run) has(e *Expr) set {
	x := r.x
	wanted := make([]bool, len(x.values))
	for i, v := range x.values {
		if v.facet != e.Facet {
			continue
		}
		wanted[i] = slices.Contains(e.Values, v.text) || e.Begins && len(e.Values) > 0 && strings.HasPrefix(v.text, e.Values[0])
	}
	out := x.none()
	for i := range x.docs {
		for _, v := range x.docs[i].values {
			if wanted[v] {
				out.put(uint32(i))
				break
			}
		}
	}
	return out
}

// Values gives all values of a facet, in no order.
func (x *Index) Values(f Facet) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var out []string
	for _, v := range x.values {
		if v.facet == f {
			out = append(out, v.text)
		}
	}
	return out
}
