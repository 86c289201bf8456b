package query

import (
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// Op is what a Test asks of a value.
type Op uint8

// The operators (CIM 009, 4.9).
const (
	Exists       Op = iota // the target element is there
	Equal                  // one of Values, or within Range; for an array: contains one
	Unequal                // the opposite
	Less                   // than Values[0]; so below
	LessEqual              //
	Greater                //
	GreaterEqual           //
	Matches                // Pattern
	MatchesNot
)

// Quantifier says what holds for an attribute with several instances, or a
// path that leads to several values.
type Quantifier uint8

// The quantifiers.
const (
	Some Quantifier = iota // one value that meets the condition suffices
	Every
)

// Range is an interval of values with both ends.
type Range struct{ Low, High Literal }

// Test compares what Path leads to. Quantifier, Missing and Mismatch are the
// policies of the language that the parser reads.
type Test struct {
	Path    Path
	Op      Op
	Values  []Literal // of Equal and Unequal any number, of an order one
	Range   *Range    // of Equal and Unequal, instead of Values
	Pattern *Pattern

	Quantifier Quantifier
	Missing    Truth // if Path leads nowhere
	Mismatch   Truth // if the data types differ
}

func (t *Test) names(yield func(entity.Name)) {
	if len(t.Path.Links) > 0 {
		yield(t.Path.Links[0].Name)
		return
	}
	yield(t.Path.Names[0])
}

// Eval decides the test.
func (t *Test) Eval(s *Subject) Truth {
	seen, out := false, False
	if t.Quantifier == Every {
		out = True
	}
	s.walk(s.Entity, &t.Path, 0, func(x target) bool {
		r, there := t.one(x)
		if !there {
			return true
		}
		seen = true
		if t.Quantifier == Every {
			out = min(out, r)
			return out != False
		}
		out = max(out, r)
		return out != True
	})
	if !seen {
		return t.Missing
	}
	return out
}

// one decides the test for one target; it is false if there is none after
// all, because Path.Inside leads nowhere.
func (t *Test) one(x target) (Truth, bool) {
	if x.inst == nil {
		if len(t.Path.Inside) > 0 {
			return False, false
		}
		return t.scalar(x.value), true
	}
	i := x.inst
	if i.Kind == entity.LanguageProperty {
		return t.language(i.Value)
	}
	if len(t.Path.Inside) == 0 {
		if t.Op == Exists {
			return True, true
		}
		return t.raw(i.Value, i.Kind), true
	}
	n, err := jsontree.Parse(i.Value, jsontree.Limits{})
	if err != nil {
		return False, false
	}
	for _, name := range t.Path.Inside {
		next, ok := n.Get(name)
		if !ok {
			return False, false
		}
		n = next
	}
	if t.Op == Exists {
		return True, true
	}
	return t.node(n), true
}

// raw decides the test for the value of an attribute of the given kind.
func (t *Test) raw(value []byte, k entity.Kind) Truth {
	vocab := k == entity.VocabProperty
	link := k == entity.Relationship || k == entity.ListRelationship
	if link && t.Op != Equal && t.Op != Unequal {
		return t.Mismatch
	}
	if len(value) > 0 && value[0] == '[' {
		return t.elements(func(visit func(scalar) bool) {
			eachElement(value, func(v scalar) bool {
				v.vocab, v.link = vocab, link
				return visit(v)
			})
		})
	}
	v := scalarOf(value)
	v.vocab, v.link = vocab, link
	return t.scalar(v)
}

func (t *Test) node(n jsontree.Node) Truth {
	if n.Kind() != jsontree.Array {
		return t.scalar(scalarOfNode(n))
	}
	return t.elements(func(visit func(scalar) bool) {
		for _, item := range n.Items() {
			if !visit(scalarOfNode(item)) {
				return
			}
		}
	})
}

// eachElement calls visit for each element of an array, or for the one value.
// An object with a member "object" stands for that: an element of an
// objectList.
func eachElement(raw []byte, visit func(scalar) bool) bool {
	if len(raw) == 0 || raw[0] != '[' {
		return visit(scalarOf(raw))
	}
	n, err := jsontree.Parse(raw, jsontree.Limits{})
	if err != nil {
		return true
	}
	for _, item := range n.Items() {
		if o, ok := item.Get("object"); ok {
			item = o
		}
		if !visit(scalarOfNode(item)) {
			return false
		}
	}
	return true
}

// elements decides the test for an array: it is equal to what it contains,
// and in no order with anything.
func (t *Test) elements(each func(visit func(scalar) bool)) Truth {
	if t.Op != Equal && t.Op != Unequal {
		return t.Mismatch
	}
	contains := False
	each(func(v scalar) bool {
		if eq, ok := t.equal(&v); ok && eq {
			contains = True
		}
		return contains == False
	})
	if t.Op == Unequal {
		return contains.Not()
	}
	return contains
}

// language decides the test for a languageMap: of the language that Inside
// names, or of any. An unequality has to hold for each text.
func (t *Test) language(value []byte) (Truth, bool) {
	m, err := jsontree.Parse(value, jsontree.Limits{})
	if err != nil || len(t.Path.Inside) > 1 {
		return False, false
	}
	lang := "*"
	if len(t.Path.Inside) == 1 {
		lang = t.Path.Inside[0]
	}
	negative := t.Op == Unequal || t.Op == MatchesNot
	seen, out := false, Of(negative)
	for name, v := range m.Members() {
		if lang != "*" && !strings.EqualFold(lang, name) {
			continue
		}
		seen = true
		if t.Op == Exists {
			return True, true
		}
		r := t.texts(v)
		if negative {
			out = min(out, r)
		} else {
			out = max(out, r)
		}
	}
	return out, seen
}

// texts decides the test for the one text or the several of one language.
func (t *Test) texts(v jsontree.Node) Truth {
	if v.Kind() != jsontree.Array || t.Op == Equal || t.Op == Unequal {
		return t.node(v)
	}
	out := Of(t.Op == MatchesNot)
	for _, item := range v.Items() {
		if r := t.scalar(scalarOfNode(item)); t.Op == MatchesNot {
			out = min(out, r)
		} else {
			out = max(out, r)
		}
	}
	return out
}

// equal tells whether v equals one of the values or lies in the range; ok is
// false if its data type differs from all of them.
func (t *Test) equal(v *scalar) (eq, ok bool) {
	if t.Range != nil {
		low, ok1 := t.Range.Low.compare(v)
		high, ok2 := t.Range.High.compare(v)
		if !ok1 || !ok2 || v.link {
			return false, false
		}
		return low >= 0 && high <= 0, true
	}
	for k := range t.Values {
		c, comparable := t.Values[k].compare(v)
		ok = ok || comparable
		if comparable && c == 0 {
			return true, true
		}
	}
	return false, ok
}

// scalar decides the test for one value that is no array.
func (t *Test) scalar(v scalar) Truth {
	switch t.Op {
	case Exists:
		return True
	case Equal, Unequal:
		eq, ok := t.equal(&v)
		if !ok {
			return t.Mismatch
		}
		return Of(eq == (t.Op == Equal))
	case Matches, MatchesNot:
		if v.kind != text || v.link {
			return t.Mismatch
		}
		return Of(t.Pattern.matchBytes(v.text) == (t.Op == Matches))
	}
	c, ok := t.Values[0].compare(&v)
	if !ok || v.link {
		return t.Mismatch
	}
	switch t.Op {
	case Less:
		return Of(c < 0)
	case LessEqual:
		return Of(c <= 0)
	case Greater:
		return Of(c > 0)
	default:
		return Of(c >= 0)
	}
}
