package connect

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/beffroi/beffroi/internal/problem"
)

// MaxMappingBytes bounds a mapping file.
const MaxMappingBytes = 256 << 10

// spec is a mapping file as it is written.
type spec struct {
	Source      located            `yaml:"source"`
	Description string             `yaml:"description"`
	Tenant      string             `yaml:"tenant"`
	Kind        located            `yaml:"kind"`
	URL         located            `yaml:"url"`
	Path        located            `yaml:"path"`
	Topic       located            `yaml:"topic"`
	Headers     map[string]string  `yaml:"headers"`
	Page        *pageSpec          `yaml:"page"`
	Period      located            `yaml:"period"`
	Decoder     located            `yaml:"decoder"`
	CSV         *csvSpec           `yaml:"csv"`
	Zone        located            `yaml:"zone"`
	CRS         located            `yaml:"crs"`
	Bounds      []float64          `yaml:"bounds"`
	Items       located            `yaml:"items"`
	Unpack      []located          `yaml:"unpack"`
	Let         pairs              `yaml:"let"`
	When        located            `yaml:"when"`
	Context     located            `yaml:"context"`
	Prefixes    map[string]located `yaml:"prefixes"`
	Entities    []entitySpec       `yaml:"entities"`
}

// pageSpec says how a polled list comes in pages.
type pageSpec struct {
	Size   int    `yaml:"size"`   // asked for at once
	Limit  string `yaml:"limit"`  // name of the parameter with the size
	Offset string `yaml:"offset"` // name of the parameter with the offset
	Most   int    `yaml:"most"`   // items read in all
}

type csvSpec struct {
	Delimiter string   `yaml:"delimiter"`
	Decimal   string   `yaml:"decimal"`
	Encoding  string   `yaml:"encoding"`
	Columns   []string `yaml:"columns"` // names, when the file has no header
	Numbers   []string `yaml:"numbers"` // columns whose fields become numbers
}

type entitySpec struct {
	ID         located    `yaml:"id"`
	Type       texts      `yaml:"type"`
	Scope      located    `yaml:"scope"`
	When       located    `yaml:"when"`
	ObservedAt located    `yaml:"observedAt"`
	ExpiresAt  located    `yaml:"expiresAt"`
	Let        pairs      `yaml:"let"`
	Attributes pairs      `yaml:"attributes"`
	Classify   []classify `yaml:"classify"`
}

type classify struct {
	As      located `yaml:"as"`
	When    located `yaml:"when"`
	Because located `yaml:"because"`
}

type attrSpec struct {
	Type         string     `yaml:"type"`
	Value        located    `yaml:"value"`
	Languages    pairs      `yaml:"languages"`
	Relationship located    `yaml:"relationship"`
	Point        []located  `yaml:"point"`
	Geometry     located    `yaml:"geometry"`
	Unit         located    `yaml:"unit"`
	ObservedAt   located    `yaml:"observedAt"`
	When         located    `yaml:"when"`
	Dataset      located    `yaml:"dataset"`
	Static       bool       `yaml:"static"`
	Required     bool       `yaml:"required"`
	Nulls        []any      `yaml:"nulls"`
	OnNull       located    `yaml:"onNull"`
	Subs         pairs      `yaml:"attributes"`
	Classify     []classify `yaml:"classify"`
}

// located is a text with the place in the file where it stands.
type located struct {
	text      string
	line, col int
}

func (l located) set() bool { return l.line > 0 }

// UnmarshalYAML takes the scalar with its place.
func (l *located) UnmarshalYAML(n ast.Node) error {
	l.line, l.col = placeOf(n)
	switch v := n.(type) {
	case *ast.StringNode:
		l.text = v.Value
	case *ast.LiteralNode:
		l.text = strings.TrimSpace(v.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		l.text = n.GetToken().Value
	case *ast.NullNode:
		l.line = 0
	default:
		return at(l.line, l.col, "a text is expected here, not %s", strings.ToLower(n.Type().String()))
	}
	return nil
}

// texts is one text or a list of them.
type texts []located

// UnmarshalYAML takes one scalar or a sequence.
func (t *texts) UnmarshalYAML(n ast.Node) error {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		*t = make(texts, 1)
		return (*t)[0].UnmarshalYAML(n)
	}
	*t = make(texts, len(seq.Values))
	for i, v := range seq.Values {
		if err := (*t)[i].UnmarshalYAML(v); err != nil {
			return err
		}
	}
	return nil
}

// pairs is a map whose order counts; its values are read later.
type pairs []pair

type pair struct {
	name located
	node ast.Node
}

// UnmarshalYAML takes a mapping.
func (p *pairs) UnmarshalYAML(n ast.Node) error {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	case *ast.NullNode:
		return nil
	default:
		line, col := placeOf(n)
		return at(line, col, "names with values are expected here, not %s", strings.ToLower(n.Type().String()))
	}
	seen := map[string]bool{}
	for _, v := range values {
		line, col := placeOf(v.Key)
		name := located{v.Key.GetToken().Value, line, col}
		if seen[name.text] {
			return at(line, col, "the name %q stands twice", name.text)
		}
		seen[name.text] = true
		*p = append(*p, pair{name, v.Value})
	}
	return nil
}

// attr reads the value of a pair as an attribute: an expression alone, or all
// there is to say.
func (p pair) attr() (attrSpec, error) {
	var a attrSpec
	switch p.node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
	default:
		err := a.Value.UnmarshalYAML(p.node)
		return a, err
	}
	err := yaml.NodeToValue(p.node, &a, yaml.Strict())
	return a, err
}

func (p pair) text() (located, error) {
	var l located
	err := l.UnmarshalYAML(p.node)
	return l, err
}

// noAnchors refuses anchors, aliases, merges and tags: what they stand for can
// grow without bound, and a reader has to look for it.
type noAnchors struct{ err error }

// Visit looks at one node.
func (v *noAnchors) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		if v.err == nil {
			line, col := placeOf(n)
			v.err = at(line, col, "anchors, aliases and tags are not read here; write it out")
		}
		return nil
	}
	return v
}

func placeOf(n ast.Node) (line, col int) {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	t := n.GetToken()
	if t == nil || t.Position == nil {
		return 1, 1
	}
	return t.Position.Line, t.Position.Column
}

// placed is a fault with its place in the mapping file.
type placed struct {
	line, col int
	text      string
}

func (e *placed) Error() string {
	if e.line == 0 {
		return e.text
	}
	return fmt.Sprintf("line %d, column %d: %s", e.line, e.col, e.text)
}

func at(line, col int, format string, args ...any) error {
	return &placed{line, col, fmt.Sprintf(format, args...)}
}

func (l located) bad(format string, args ...any) error { return at(l.line, l.col, format, args...) }

// readSpec parses a mapping file; unknown and repeated keys are errors.
func readSpec(data []byte) (*spec, error) {
	if len(data) > MaxMappingBytes {
		return nil, problem.New(problem.BadRequestData, "the mapping is larger than %d bytes", MaxMappingBytes)
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, badMapping(err)
	}
	docs := 0
	for _, d := range file.Docs {
		if d.Body != nil {
			docs++
			v := &noAnchors{}
			ast.Walk(v, d.Body)
			if v.err != nil {
				return nil, badMapping(v.err)
			}
		}
	}
	if docs != 1 {
		return nil, problem.New(problem.BadRequestData, "the mapping file holds %d documents; one source each", docs)
	}
	s := &spec{}
	if err := yaml.UnmarshalWithOptions(data, s, yaml.Strict()); err != nil {
		return nil, badMapping(err)
	}
	return s, nil
}

// badMapping turns a fault of a mapping file into a problem that says where.
func badMapping(err error) error {
	var pl *placed
	var ye yaml.Error
	switch {
	case errors.As(err, &pl):
		return problem.New(problem.BadRequestData, "mapping: %s", pl.Error())
	case errors.As(err, &ye):
		line, col := 0, 0
		if t := ye.GetToken(); t != nil && t.Position != nil {
			line, col = t.Position.Line, t.Position.Column
		}
		return problem.New(problem.BadRequestData, "mapping: %s", (&placed{line, col, ye.GetMessage()}).Error())
	}
	return problem.New(problem.BadRequestData, "mapping: %s", firstLine(err.Error()))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
