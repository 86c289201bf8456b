package law

import (
	"fmt"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/problem"
)

// FactType is the type of a fact's value.
type FactType string

// The types of facts, and what Go value each has.
const (
	Bool    FactType = "bool"    // bool
	Text    FactType = "text"    // string, one of Values if there are any
	Number  FactType = "number"  // int64
	Day     FactType = "date"    // deadline.Date
	Instant FactType = "instant" // time.Time
	List    FactType = "list"    // []string, of Values if there are any
)

// Fact is something that rules ask about, such as whether a dataset is dynamic.
type Fact struct {
	Name string   `yaml:"name"` // such as "dataset.dynamic"
	Type FactType `yaml:"type"`
	// Ask is the question to a person.
	Ask Texts `yaml:"ask"`
	// Values lists the values that a text or the items of a list can have.
	Values []string `yaml:"values"`
}

// Facts are what is known, by name; what is not there is not known.
type Facts map[string]any

// check reports whether v can be the value of f.
func (f Fact) check(v any) error {
	ok := false
	switch f.Type {
	case Bool:
		_, ok = v.(bool)
	case Number:
		_, ok = v.(int64)
	case Day:
		_, ok = v.(deadline.Date)
	case Instant:
		_, ok = v.(time.Time)
	case Text:
		s, is := v.(string)
		ok = is && (len(f.Values) == 0 || slices.Contains(f.Values, s))
	case List:
		l, is := v.([]string)
		ok = is
		for _, s := range l {
			ok = ok && (len(f.Values) == 0 || slices.Contains(f.Values, s))
		}
	}
	if !ok {
		want := string(f.Type)
		if len(f.Values) > 0 {
			want += fmt.Sprintf(" of %q", f.Values)
		}
		return problem.New(problem.BadRequestData, "the fact %s is %v: it must be a %s", f.Name, v, want)
	}
	return nil
}

func (f Fact) cel() *cel.Type {
	switch f.Type {
	case Bool:
		return cel.BoolType
	case Number:
		return cel.IntType
	case Day, Instant:
		return cel.TimestampType
	case List:
		return cel.ListType(cel.StringType)
	}
	return cel.StringType
}

// maxCost bounds the evaluation of one condition, in CEL's steps.
const maxCost = 10_000

// language compiles conditions.
type language struct{ env *cel.Env }

func newLanguage(facts []Fact) (*language, error) {
	opts := []cel.EnvOption{cel.ParserExpressionSizeLimit(4096), cel.ParserRecursionLimit(64), cel.Variable(todayName, cel.TimestampType)}
	for _, f := range facts {
		opts = append(opts, cel.Variable(f.Name, f.cel()))
	}
	env, err := cel.NewEnv(opts...)
	if err != nil {
		return nil, fmt.Errorf("set up the conditions: %w", err)
	}
	return &language{env: env}, nil
}

// todayName is the variable that holds the date of the question.
const todayName = "today"

// condition is a compiled condition on facts.
type condition struct {
	text string
	prog cel.Program
	// asks are the facts that it speaks of, in order.
	asks []string
}

func (l *language) compile(text string) (*condition, error) {
	tree, issues := l.env.Compile(text)
	if err := issues.Err(); err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	if tree.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("%q gives a %s; a condition is true or false", text, tree.OutputType())
	}
	prog, err := l.env.Program(tree, cel.EvalOptions(cel.OptPartialEval|cel.OptTrackCost), cel.CostLimit(maxCost))
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	c := &condition{text: text, prog: prog}
	for _, r := range tree.NativeRep().ReferenceMap() {
		if r.Name != "" && r.Name != todayName && !slices.Contains(c.asks, r.Name) {
			c.asks = append(c.asks, r.Name)
		}
	}
	slices.Sort(c.asks)
	return c, nil
}

// Answer is a verdict that may be open.
type Answer uint8

// The answers.
const (
	Open Answer = iota // depends on facts that are not known
	No
	Yes
)

var answerNames = [...]string{"open", "no", "yes"}

// String gives "open", "no" or "yes".
func (a Answer) String() string { return answerNames[min(int(a), len(answerNames)-1)] }

// eval answers the condition; missing names the facts that would decide it.
func (c *condition) eval(facts Facts, today deadline.Date) (a Answer, missing []string, err error) {
	vars := map[string]any{todayName: today.Start(time.UTC)}
	var unknown []*interpreter.AttributePattern
	for _, name := range c.asks {
		switch v := facts[name].(type) {
		case nil:
			unknown = append(unknown, cel.AttributePattern(name))
		case deadline.Date:
			vars[name] = v.Start(time.UTC)
		default:
			vars[name] = v
		}
	}
	known, err := cel.PartialVars(vars, unknown...)
	if err != nil {
		return Open, nil, fmt.Errorf("%q: %w", c.text, err)
	}
	out, _, err := c.prog.Eval(known)
	if err != nil {
		return Open, nil, fmt.Errorf("%q: %w", c.text, err)
	}
	if types.IsUnknown(out) {
		return Open, missingOf(out, c.asks, facts), nil
	}
	if out == types.True {
		return Yes, nil, nil
	}
	return No, nil, nil
}

// missingOf names the facts that an unknown value waits for.
func missingOf(out ref.Val, asks []string, facts Facts) []string {
	var names []string
	if u, ok := out.(*types.Unknown); ok {
		for _, id := range u.IDs() {
			trails, _ := u.GetAttributeTrails(id)
			for _, t := range trails {
				names = append(names, t.Variable())
			}
		}
	}
	if len(names) == 0 { // not told: all that it asks and that is not there
		for _, n := range asks {
			if facts[n] == nil {
				names = append(names, n)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
