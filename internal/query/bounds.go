package query

import (
	"math"
	"strconv"

	"github.com/beffroi/beffroi/internal/entity"
)

// Bound is a necessary condition: an entity can only match if one of its
// instances of Name has a number from Lo to Hi, both included, or a value that
// is no plain number.
type Bound struct {
	Name   entity.Name
	Lo, Hi float64
}

// Bounds gives conditions that are necessary for x, for whoever wants to pass
// over most entities with a comparison of numbers each. There may be none.
func Bounds(x Expr) []Bound {
	switch x := x.(type) {
	case And:
		var out []Bound
		for _, y := range x {
			out = append(out, Bounds(y)...)
		}
		return out
	case *Test:
		if b, ok := x.bound(); ok {
			return []Bound{b}
		}
	}
	return nil
}

func (t *Test) bound() (Bound, bool) {
	p := &t.Path
	if len(p.Links) > 0 || len(p.Names) != 1 || len(p.Inside) > 0 || t.Quantifier != Some || t.Missing != False || t.Mismatch == True {
		return Bound{}, false
	}
	b := Bound{Name: p.Names[0], Lo: math.Inf(-1), Hi: math.Inf(1)}
	switch {
	case t.Op == Equal && t.Range != nil && t.Range.Low.Kind == Number && t.Range.High.Kind == Number:
		b.Lo, b.Hi = t.Range.Low.num, t.Range.High.num
	case len(t.Values) != 1 || t.Range != nil || t.Values[0].Kind != Number:
		return Bound{}, false
	case t.Op == Equal:
		b.Lo, b.Hi = t.Values[0].num, t.Values[0].num
	case t.Op == Less || t.Op == LessEqual:
		b.Hi = t.Values[0].num
	case t.Op == Greater || t.Op == GreaterEqual:
		b.Lo = t.Values[0].num
	default:
		return Bound{}, false
	}
	return b, !math.IsNaN(b.Lo) && !math.IsNaN(b.Hi)
}

// NumbersOf gives the least and the greatest of the numbers that e's instances
// of name have. It is false if there is one that is no plain number: then no
// Bound tells anything. Without an instance low is greater than high.
func NumbersOf(e *entity.Entity, name entity.Name) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for k := range e.Attrs {
		i := &e.Attrs[k]
		if i.Name != name {
			continue
		}
		if i.Kind != entity.Property || len(i.Value) == 0 || i.Value[0] != '-' && i.Value[0]-'0' > 9 {
			return 0, 0, false
		}
		f, err := strconv.ParseFloat(string(i.Value), 64)
		if err != nil {
			return 0, 0, false
		}
		low, high = min(low, f), max(high, f)
	}
	return low, high, true
}

// Excludes reports whether no number from low to high is within b.
func (b *Bound) Excludes(low, high float64) bool { return high < b.Lo || low > b.Hi }
