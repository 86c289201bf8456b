package connect

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/timespan"
)

// native turns JSON into what expressions work on: numbers become doubles.
func native(n jsontree.Node) any {
	switch n.Kind() {
	case jsontree.Bool:
		return n.Bool()
	case jsontree.Number:
		f, ok := n.Float()
		if !ok {
			return n.Literal()
		}
		return f
	case jsontree.String:
		return n.Str()
	case jsontree.Array:
		out := make([]any, 0, n.Len())
		for _, v := range n.Items() {
			out = append(out, native(v))
		}
		return out
	case jsontree.Object:
		out := make(map[string]any, n.Len())
		for name, v := range n.Members() {
			out[name] = native(v)
		}
		return out
	}
	return nil
}

var errTooDeep = errors.New("the value is nested too deep")

// toJSON turns the result of an expression into JSON; missing is null.
func toJSON(v ref.Val, depth int) (jsontree.Node, error) {
	if depth > 32 {
		return jsontree.Node{}, errTooDeep
	}
	switch x := v.(type) {
	case types.Null:
		return jsontree.NullNode(), nil
	case *types.Optional:
		if !x.HasValue() {
			return jsontree.NullNode(), nil
		}
		return toJSON(x.GetValue(), depth+1)
	case types.Bool:
		return jsontree.BoolNode(bool(x)), nil
	case types.Int:
		return jsontree.IntNode(int64(x)), nil
	case types.Uint:
		return jsontree.NumberNode(strconv.FormatUint(uint64(x), 10))
	case types.Double:
		return numberNode(float64(x))
	case types.String:
		return jsontree.StringNode(string(x)), nil
	case types.Timestamp:
		return jsontree.StringNode(timespan.FromTime(x.Time).String()), nil
	case types.Duration:
		return numberNode(x.Seconds())
	case types.Bytes:
		return jsontree.Node{}, errors.New("bytes have no form in JSON; read numbers from them")
	case *types.Err:
		return jsontree.Node{}, x
	case traits.Mapper:
		return mapJSON(x, depth)
	case traits.Lister:
		return listJSON(x, depth)
	}
	return jsontree.Node{}, fmt.Errorf("a value of type %s has no form in JSON", v.Type().TypeName())
}

// numberNode writes whole numbers without a fraction.
func numberNode(f float64) (jsontree.Node, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return jsontree.Node{}, fmt.Errorf("%v is no number that JSON knows", f)
	}
	return jsontree.NumberNode(strconv.FormatFloat(f, 'f', -1, 64))
}

func mapJSON(m traits.Mapper, depth int) (jsontree.Node, error) {
	var members []jsontree.Member
	for it := m.Iterator(); it.HasNext() == types.True; {
		k := it.Next()
		name, ok := k.(types.String)
		if !ok {
			return jsontree.Node{}, errors.New("the names of an object are texts")
		}
		v, err := toJSON(m.Get(k), depth+1)
		if err != nil {
			return jsontree.Node{}, err
		}
		if !v.IsNull() { // what is not known is not said
			members = append(members, jsontree.Member{Name: string(name), Value: v})
		}
	}
	// Maps have no order; the output must have one.
	slices.SortFunc(members, func(a, b jsontree.Member) int { return strings.Compare(a.Name, b.Name) })
	return jsontree.ObjectNode(members), nil
}

func listJSON(l traits.Lister, depth int) (jsontree.Node, error) {
	var items []jsontree.Node
	for it := l.Iterator(); it.HasNext() == types.True; {
		v, err := toJSON(it.Next(), depth+1)
		if err != nil {
			return jsontree.Node{}, err
		}
		items = append(items, v)
	}
	return jsontree.ArrayNode(items), nil
}

// plainValue gives a CEL value as Go's own: what a function of the mapping
// language works on.
func plainValue(v ref.Val) any {
	switch x := v.(type) {
	case types.String:
		return string(x)
	case types.Double:
		return float64(x)
	case types.Int:
		return int64(x)
	case types.Uint:
		return int64(min(uint64(x), math.MaxInt64))
	case types.Timestamp:
		return x.Time
	case types.Bool:
		return bool(x)
	case types.Null:
		return nil
	case *types.Optional:
		if !x.HasValue() {
			return nil
		}
		return plainValue(x.GetValue())
	}
	if n, err := v.ConvertToNative(reflect.TypeFor[any]()); err == nil {
		return n
	}
	return v
}

// instantOf gives the result of an expression as a moment: a timestamp, or
// whatever reads as one.
func instantOf(v ref.Val, how timeReading, zone *time.Location, arrived time.Time) (timespan.Instant, error) {
	p := plainValue(v)
	if p == nil {
		return 0, nil
	}
	t, err := readTime(p, how, zone, arrived)
	if err != nil {
		return 0, err
	}
	if t.Year() < 1900 || t.Year() > 9999 {
		return 0, fmt.Errorf("the year %d is none of a reading", t.Year())
	}
	return timespan.FromTime(t), nil
}
