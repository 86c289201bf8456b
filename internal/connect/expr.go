package connect

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// What one expression may cost: steps of its evaluation, and bytes of its text.
const (
	maxCost       = 1_000_000
	maxExpression = 4096
)

// errMissing says that an expression asked for a member that is not there.
var errMissing = errors.New("the value is missing")

// The variables that every expression sees.
const (
	varItem     = "item"       // the item at hand, such as one station
	varParent   = "parent"     // the item that it stands in, or null
	varDoc      = "doc"        // the whole payload
	varKey      = "key"        // the member name of an item that came of an object
	varTopic    = "topic"      // levels of the MQTT topic
	varArrived  = "arrived"    // when the payload arrived
	varObserved = "observedAt" // the entity's time of observation
	varNone     = "none"       // null, of a type that goes with every other
)

// expr is one compiled expression.
type expr struct {
	located
	// root and path are set if the expression does nothing but go down into
	// the payload: it is then answered from the payload itself, which is
	// faster and keeps number literals.
	root string
	path []step
	prog cel.Program
	out  *cel.Type
}

// step is a member name, or an index if name is "".
type step struct {
	name  string
	index int
}

// language is the environment of a mapping's expressions.
type language struct {
	env  *cel.Env
	lets map[string]*expr // to know which names stand for places of the payload
}

// baseEnv holds what all mappings share; making it costs some milliseconds.
var baseEnv = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.OptionalTypes(), ext.Strings(ext.StringsVersion(4)), ext.Encoders(), ext.Math(), ext.Lists(),
		cel.Variable(varItem, cel.DynType), cel.Variable(varParent, cel.DynType), cel.Variable(varDoc, cel.DynType),
		cel.Variable(varKey, cel.StringType), cel.Variable(varTopic, cel.ListType(cel.StringType)),
		cel.Variable(varArrived, cel.TimestampType), cel.Variable(varObserved, cel.TimestampType), cel.Variable(varNone, cel.DynType),
		cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(64),
		byteFunctions(), textFunctions(),
	)
})

// newLanguage makes the environment for a source whose clocks stand in zone.
func newLanguage(zone *time.Location) (*language, error) {
	base, err := baseEnv()
	if err != nil {
		return nil, fmt.Errorf("set up the expression language: %w", err)
	}
	env, err := base.Extend(timeFunctions(zone))
	if err != nil {
		return nil, fmt.Errorf("set up the expression language: %w", err)
	}
	return &language{env: env, lets: map[string]*expr{}}, nil
}

// with gives a language that also knows the name, bound to e.
func (l *language) with(name located, e *expr) (*language, error) {
	if slices.Contains([]string{varItem, varParent, varDoc, varKey, varTopic, varArrived, varObserved, varNone}, name.text) || l.lets[name.text] != nil {
		return nil, name.bad("the name %s is taken", name.text)
	}
	env, err := l.env.Extend(cel.Variable(name.text, e.out))
	if err != nil {
		return nil, name.bad("the name %q cannot be used: %s", name.text, firstLine(err.Error()))
	}
	next := &language{env: env, lets: make(map[string]*expr, len(l.lets)+1)}
	for n, x := range l.lets {
		next.lets[n] = x
	}
	next.lets[name.text] = e
	return next, nil
}

// compile checks an expression; want lists the types it may have, none is any.
func (l *language) compile(src located, want ...*cel.Type) (*expr, error) {
	if strings.TrimSpace(src.text) == "" {
		return nil, src.bad("an expression is expected here")
	}
	tree, issues := l.env.Compile(src.text)
	if err := issues.Err(); err != nil {
		return nil, celError(src, issues)
	}
	out := tree.OutputType()
	if len(want) > 0 && !fits(out, want) {
		names := make([]string, len(want))
		for i, w := range want {
			names[i] = typeName(w)
		}
		return nil, src.bad("the expression gives a value of type %s, where %s is needed", typeName(out), strings.Join(names, " or "))
	}
	prog, err := l.env.Program(tree, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, src.bad("the expression cannot be used: %s", firstLine(err.Error()))
	}
	e := &expr{located: src, prog: prog, out: out}
	e.root, e.path = l.place(tree.NativeRep().Expr())
	return e, nil
}

func typeName(t *cel.Type) string {
	return strings.ToLower(strings.TrimPrefix(t.String(), "google.protobuf."))
}

func fits(out *cel.Type, want []*cel.Type) bool {
	if out.IsExactType(cel.DynType) || out.IsExactType(cel.NullType) {
		return true
	}
	if out.Kind() == types.OpaqueKind && out.TypeName() == "optional_type" && len(out.Parameters()) == 1 {
		return fits(out.Parameters()[0], want)
	}
	for _, w := range want {
		if w.IsExactType(out) || w.IsAssignableType(out) {
			return true
		}
	}
	return false
}

// celError says what is wrong with an expression and where in the file.
func celError(src located, issues *cel.Issues) error {
	first := issues.Errors()[0]
	if strings.Contains(first.Message, "no matching overload") && strings.Contains(first.Message, "null") {
		first.Message += "; write none for null"
	}
	if text, ok := strings.CutPrefix(first.Message, "Syntax error: "); ok {
		text, _, _ = strings.Cut(text, " expecting ")
		first.Message = "the expression cannot be read: " + strings.Replace(text, "mismatched input '<EOF>'", "something is missing at its end", 1)
	}
	line, col := src.line, src.col
	if l := first.Location.Line(); l > 1 {
		line, col = line+l, first.Location.Column()+1
	} else if first.Location.Column() > 0 {
		return at(line, col, "%s (at character %d of the expression)", first.Message, first.Location.Column()+1)
	}
	return at(line, col, "%s", first.Message)
}

// place finds the root and path of an expression that only goes down.
func (l *language) place(e ast.Expr) (root string, path []step) {
	switch e.Kind() {
	case ast.IdentKind:
		switch name := e.AsIdent(); name {
		case varItem, varDoc, varParent:
			return name, nil
		default:
			if x, ok := l.lets[name]; ok && x.root != "" {
				return x.root, append([]step(nil), x.path...)
			}
		}
	case ast.SelectKind:
		s := e.AsSelect()
		if s.IsTestOnly() {
			return "", nil
		}
		if root, path = l.place(s.Operand()); root != "" {
			return root, append(path, step{name: s.FieldName()})
		}
	case ast.CallKind:
		c := e.AsCall()
		if c.FunctionName() != operators.Index || len(c.Args()) != 2 || c.Args()[1].Kind() != ast.LiteralKind {
			return "", nil
		}
		if root, path = l.place(c.Args()[0]); root == "" {
			return "", nil
		}
		switch k := c.Args()[1].AsLiteral().(type) {
		case types.String:
			return root, append(path, step{name: string(k)})
		case types.Int:
			return root, append(path, step{index: int(k)})
		}
	}
	return "", nil
}

// scope is what expressions see of one item. It serves one goroutine.
type scope struct {
	doc, item, parent jsontree.Node
	key               string
	topic             []string
	arrived           time.Time
	observed          time.Time
	lets              map[string]ref.Val
	cache             map[string]any
}

// node gives what a root stands for.
func (s *scope) node(root string) jsontree.Node {
	switch root {
	case varItem:
		return s.item
	case varParent:
		return s.parent
	}
	return s.doc
}

// ResolveName gives a variable to the evaluator.
func (s *scope) ResolveName(name string) (any, bool) {
	switch name {
	case varItem, varDoc, varParent:
		if v, ok := s.cache[name]; ok {
			return v, true
		}
		v := native(s.node(name))
		s.cache[name] = v
		return v, true
	case varKey:
		return s.key, true
	case varTopic:
		return s.topic, true
	case varArrived:
		return s.arrived, true
	case varObserved:
		return s.observed, true
	case varNone:
		return nil, true
	}
	v, ok := s.lets[name]
	return v, ok
}

// Parent ends the chain of activations.
func (s *scope) Parent() cel.Activation { return nil }

// value evaluates to a CEL value.
// Errors: errMissing; what the evaluator says.
func (e *expr) value(s *scope) (ref.Val, error) {
	v, _, err := e.prog.Eval(s)
	if err != nil {
		if text := err.Error(); strings.HasPrefix(text, "no such key") || strings.HasPrefix(text, "no such attribute") || strings.HasPrefix(text, "index out of bounds") {
			return nil, errMissing
		}
		return nil, e.bad("%s", advice(err.Error()))
	}
	return v, nil
}

// advice explains what people meet most.
func advice(text string) string {
	text = firstLine(text)
	if strings.HasPrefix(text, "no such overload") {
		return text + ": numbers of a payload are doubles, so write 2.0 for 2; a text becomes one with number()"
	}
	return text
}

// json evaluates to JSON, null if the value is missing.
func (e *expr) json(s *scope) (jsontree.Node, error) {
	if e.root != "" {
		return follow(s.node(e.root), e.path), nil
	}
	v, err := e.value(s)
	if errors.Is(err, errMissing) {
		return jsontree.NullNode(), nil
	}
	if err != nil {
		return jsontree.Node{}, err
	}
	n, err := toJSON(v, 0)
	if err != nil {
		return n, e.bad("%s", err.Error())
	}
	return n, nil
}

// follow goes down a path; where it ends is null.
func follow(n jsontree.Node, path []step) jsontree.Node {
	for _, st := range path {
		if st.name == "" && n.Kind() == jsontree.Array {
			if st.index < 0 || st.index >= n.Len() {
				return jsontree.NullNode()
			}
			n = n.Item(st.index)
			continue
		}
		next, ok := n.Get(st.name)
		if !ok {
			return jsontree.NullNode()
		}
		n = next
	}
	return n
}

// truth evaluates a condition; a missing value is an error that says how to
// ask for it.
func (e *expr) truth(s *scope) (bool, error) {
	v, err := e.value(s)
	if errors.Is(err, errMissing) {
		return false, e.bad("the condition asks for a member that is not there; ask has(...) first, or write item.?name.orValue(...)")
	}
	if err != nil {
		return false, err
	}
	b, ok := v.(types.Bool)
	if !ok {
		return false, e.bad("the condition gives %s, not true or false", v.Type().TypeName())
	}
	return bool(b), nil
}
