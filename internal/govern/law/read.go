package law

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/problem"
)

// ReadFacts gives values as they stand in JSON or YAML the types of the facts
// that they are for: dates are texts YYYY-MM-DD, instants are texts of RFC 3339,
// numbers have no fraction. A null is a fact that is not known.
//
// Errors: problem.BadRequestData, naming the first wrong fact in the order of
// their names.
func (b *Book) ReadFacts(values map[string]any) (Facts, error) {
	out := Facts{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		f, ok := b.Fact(name)
		if !ok {
			return nil, problem.New(problem.BadRequestData, "there is no fact %.80q", name)
		}
		if values[name] == nil {
			continue
		}
		v, err := f.read(values[name])
		if err != nil {
			return nil, problem.Wrap(problem.BadRequestData, err, "the fact %s", name)
		}
		if err := f.check(v); err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, nil
}

// read converts v where its type in JSON is another than the fact's.
func (f Fact) read(v any) (any, error) {
	switch f.Type {
	case Day:
		if s, ok := v.(string); ok {
			return deadline.ParseDate(s)
		}
	case Instant:
		if s, ok := v.(string); ok {
			t, err := time.Parse(time.RFC3339, s)
			if err != nil {
				return nil, fmt.Errorf("%.40q is not an instant such as 2026-11-25T10:00:00+01:00", s)
			}
			return t, nil
		}
	case Number:
		return whole(v)
	case List:
		if l, ok := v.([]any); ok {
			return texts(l)
		}
	}
	return v, nil
}

// maxWhole is the largest number that every reader of JSON keeps exactly.
const maxWhole = 1<<53 - 1

func whole(v any) (any, error) {
	switch n := v.(type) {
	case int:
		return int64(n), nil
	case uint64: // as the reader of YAML gives it
		if n <= maxWhole {
			return int64(n), nil
		}
	case float64: // as readers of JSON give it
		if n == float64(int64(n)) && n >= -maxWhole && n <= maxWhole {
			return int64(n), nil
		}
	case json.Number:
		if i, err := n.Int64(); err == nil {
			return i, nil
		}
	case int64:
		return n, nil
	}
	return nil, fmt.Errorf("%.40v is not a whole number", v)
}

func texts(l []any) ([]string, error) {
	out := make([]string, 0, len(l))
	for _, v := range l {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("%.40v is not a text", v)
		}
		out = append(out, s)
	}
	return out, nil
}
