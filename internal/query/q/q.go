// Package q reads and writes the query languages of NGSI-LD: q (CIM 009,
// 4.9), type selection (4.17), scope queries (4.19), geo-queries (4.10) and
// projections (4.21). What it reads becomes the tree of package query; it
// decides nothing about entities itself.
//
// Parsers are strict, bounded in length and depth, and never panic. A syntax
// error is problem.BadRequestData and says where it is; what goes over a limit
// is problem.TooComplexQuery.
package q

import (
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
)

// Limits of a query. Over them it is problem.TooComplexQuery.
const (
	MaxBytes = 16384
	MaxDepth = 32
	MaxTerms = 256
	MaxItems = 1000 // values in one list
	MaxLinks = 16   // Relationships followed one after the other
)

// Names turns short names into IRIs (CIM 009, 5.5.7); *ldctx.Context does.
type Names interface {
	// ExpandTerm expands the name of a type or an attribute.
	ExpandTerm(name string) (string, error)
	// ExpandVocab expands a value as a vocabulary term.
	ExpandVocab(value string) string
}

// Options are the parameters that go with q.
type Options struct {
	Names Names
	// ExpandValues are the attributes whose values are expanded before they
	// are compared. The attributes of the parameter jsonKeys need no mention:
	// JSON is never expanded here.
	ExpandValues []entity.Name
}

// Parse reads a q.
//
// Errors: problem.BadRequestData, problem.TooComplexQuery, and what
// Options.Names reports.
func Parse(text string, o Options) (query.Expr, error) {
	p := parser{lex: lex{what: "q", src: text}, o: o}
	if err := p.bounded(); err != nil {
		return nil, err
	}
	x, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.skip(); p.pos < len(p.src) {
		return nil, p.fail("%q is not expected here; terms are joined by ; (and) or | (or)", p.rest())
	}
	return x, nil
}

type parser struct {
	lex
	o     Options
	terms int
}

func (p *parser) or(depth int) (query.Expr, error) {
	if depth > MaxDepth {
		return nil, problem.New(problem.TooComplexQuery, "q has parentheses over %d deep", MaxDepth)
	}
	first, err := p.and(depth)
	if err != nil {
		return nil, err
	}
	parts := query.Or{first}
	for p.take("|") {
		next, err := p.and(depth)
		if err != nil {
			return nil, err
		}
		parts = append(parts, next)
	}
	if len(parts) == 1 {
		return first, nil
	}
	return parts, nil
}

func (p *parser) and(depth int) (query.Expr, error) {
	first, err := p.primary(depth)
	if err != nil {
		return nil, err
	}
	parts := query.And{first}
	for p.take(";") {
		next, err := p.primary(depth)
		if err != nil {
			return nil, err
		}
		parts = append(parts, next)
	}
	if len(parts) == 1 {
		return first, nil
	}
	return parts, nil
}

func (p *parser) primary(depth int) (query.Expr, error) {
	if !p.take("(") {
		return p.term()
	}
	x, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, p.fail("a ) is missing")
	}
	return x, nil
}

// operators, longest first where one begins another.
var operators = []struct {
	text string
	op   query.Op
}{
	{"!~=", query.MatchesNot}, {"~=", query.Matches}, {"==", query.Equal}, {"!=", query.Unequal},
	{">=", query.GreaterEqual}, {"<=", query.LessEqual}, {">", query.Greater}, {"<", query.Less},
}

func (p *parser) term() (query.Expr, error) {
	if p.terms++; p.terms > MaxTerms {
		return nil, problem.New(problem.TooComplexQuery, "q has over %d terms", MaxTerms)
	}
	t := &query.Test{}
	if err := p.path(&t.Path); err != nil {
		return nil, err
	}
	found := false
	for _, o := range operators {
		if p.take(o.text) {
			t.Op, found = o.op, true
			break
		}
	}
	if !found {
		if p.skip(); p.pos < len(p.src) && strings.IndexByte(";|)", p.src[p.pos]) < 0 {
			return nil, p.fail("%q is no operator; they are == != > >= < <= ~= !~=", p.rest())
		}
		return t, nil
	}
	switch t.Op {
	case query.Matches, query.MatchesNot:
		return t, p.pattern(t)
	case query.Unequal:
		t.Mismatch = query.True // different data types are unequal
	}
	return t, p.values(t)
}

// path reads an attribute path with its links.
func (p *parser) path(to *query.Path) error {
	name, err := p.attr()
	if err != nil {
		return err
	}
	if p.take("{") {
		if len(to.Links) == MaxLinks {
			return problem.New(problem.TooComplexQuery, "q follows over %d Relationships in one path", MaxLinks)
		}
		types, err := p.hint()
		if err != nil {
			return err
		}
		to.Links = append(to.Links, query.Link{Name: name, Types: types})
		if err := p.path(to); err != nil {
			return err
		}
		if !p.take("}") {
			return p.fail("a } is missing")
		}
		return nil
	}
	to.Names = []entity.Name{name}
	for p.takeHere(".") {
		if len(to.Names) > MaxDepth {
			return problem.New(problem.TooComplexQuery, "q has a path of over %d names", MaxDepth)
		}
		if name, err = p.attr(); err != nil {
			return err
		}
		to.Names = append(to.Names, name)
	}
	return p.inside(to)
}

// inside reads a trailing path in brackets.
func (p *parser) inside(to *query.Path) error {
	if !p.takeHere("[") {
		return nil
	}
	end := strings.IndexByte(p.src[p.pos:], ']')
	if end < 0 {
		return p.fail("a ] is missing")
	}
	in := p.src[p.pos : p.pos+end]
	to.Inside = strings.Split(in, ".")
	if len(to.Inside) > MaxDepth {
		return problem.New(problem.TooComplexQuery, "q has a path of over %d names in brackets", MaxDepth)
	}
	if slices.Contains(to.Inside, "") || strings.ContainsAny(in, "[{\"") {
		return p.fail("%q is no path into a value; it is such as [city] or [geo.lat]", in)
	}
	p.pos += end + 1
	if p.takeHere("[") {
		return p.fail("only one pair of brackets may end a path; write [a.b]")
	}
	return nil
}

// hint reads the types before the colon in braces, if there are any.
func (p *parser) hint() ([]entity.Name, error) {
	end := strings.IndexAny(p.src[p.pos:], ":{}[.")
	if end < 0 || p.src[p.pos+end] != ':' {
		return nil, nil
	}
	var out []entity.Name
	for {
		n, err := p.attr()
		if err != nil {
			return nil, err
		}
		out = append(out, n)
		if p.take(":") {
			return out, nil
		}
		if !p.take(",") {
			return nil, p.fail("types are joined by commas and end with a colon")
		}
	}
}

// attr reads a name and expands it. A prefix is possible outside of braces,
// where a colon ends the types.
func (p *parser) attr() (entity.Name, error) {
	p.skip()
	start := p.pos
	p.name()
	if p.pos == start {
		return "", p.fail("an attribute name is expected, which begins with a letter")
	}
	if !strings.Contains(p.src[:start], "{") && p.takeHere(":") {
		if at := p.pos; p.name() == at {
			return "", p.fail("a name is expected behind the prefix")
		}
	}
	n, err := p.o.Names.ExpandTerm(p.src[start:p.pos])
	if err != nil {
		return "", problem.Wrap(problem.BadRequestData, err, "%s: at character %d: %s", p.what, start+1, problem.DetailOf(err))
	}
	return entity.Name(n), nil
}

func (p *parser) values(t *query.Test) error {
	expand := slices.ContainsFunc(t.Path.Names, func(n entity.Name) bool { return slices.Contains(p.o.ExpandValues, n) })
	list := t.Op == query.Equal || t.Op == query.Unequal
	for {
		l, err := p.value(expand)
		if err != nil {
			return err
		}
		if l.Kind == query.Bool && !list {
			return p.fail("true and false can only be compared with == and !=")
		}
		if len(t.Values) == 0 && p.takeHere("..") {
			return p.rangeTo(t, l, expand)
		}
		t.Values = append(t.Values, l)
		if !p.take(",") {
			return nil
		}
		if !list {
			return p.fail("a list of values goes with == and != only")
		}
		if len(t.Values) == MaxItems {
			return problem.New(problem.TooComplexQuery, "q has a list of over %d values", MaxItems)
		}
	}
}

func (p *parser) rangeTo(t *query.Test, low query.Literal, expand bool) error {
	if t.Op != query.Equal && t.Op != query.Unequal {
		return p.fail("a range goes with == and != only")
	}
	high, err := p.value(expand)
	if err != nil {
		return err
	}
	if low.Kind != high.Kind || low.Kind == query.Bool || low.Kind == query.URI {
		return p.fail("both ends of a range must be numbers, texts in quotes, or times of one kind")
	}
	t.Range = &query.Range{Low: low, High: high}
	return nil
}

// value reads one value.
func (p *parser) value(expand bool) (query.Literal, error) {
	p.skip()
	if p.pos < len(p.src) && p.src[p.pos] == '"' {
		s, err := p.quoted()
		if err != nil {
			return query.Literal{}, err
		}
		l := query.TextLiteral(s, p.o.Names.ExpandVocab(s))
		l.Expand = expand
		return l, nil
	}
	word := p.word()
	if word == "" {
		return query.Literal{}, p.fail("a value is expected")
	}
	switch word {
	case "true", "false":
		return query.BoolLiteral(word == "true"), nil
	}
	if l, ok := query.NumberLiteral(word); ok {
		return l, nil
	}
	if l, ok := query.TemporalLiteral(word); ok {
		return l, nil
	}
	if expand && isName(word) {
		l := query.TextLiteral(word, p.o.Names.ExpandVocab(word))
		l.Expand = true
		return l, nil
	}
	if strings.ContainsAny(word, `"'`) || entity.CheckURI(word) != nil {
		p.pos -= len(word)
		return query.Literal{}, p.fail("%q is no number, true, false, date, time or URI; a text goes in double quotes", word)
	}
	return query.URILiteral(word), nil
}

// word reads a value without quotes: up to a joint or the dots of a range.
func (p *parser) word() string {
	start := p.pos
	for p.pos < len(p.src) && strings.IndexByte(";|,)( ", p.src[p.pos]) < 0 {
		if strings.HasPrefix(p.src[p.pos:], "..") && comparable(p.src[start:p.pos]) {
			break
		}
		p.pos++
		if p.pos-start >= len("00:00:00") {
			p.pos += fraction(p.src[start:p.pos], p.src[p.pos:])
		}
	}
	return p.src[start:p.pos]
}

// fraction gives the length of a fraction of a second that is set off by a
// comma (CIM 009, 4.6.3), if word ends with a time of day: elsewhere a comma
// ends a value.
func fraction(word, rest string) int {
	t := word[len(word)-len("00:00:00"):]
	if t[2] != ':' || t[5] != ':' || len(rest) < 3 || rest[0] != ',' {
		return 0
	}
	n := 1
	for n < len(rest) && rest[n]-'0' < 10 {
		n++
	}
	if n == 1 || n == len(rest) || rest[n] != 'Z' {
		return 0
	}
	return n
}

func comparable(word string) bool {
	if _, ok := query.NumberLiteral(word); ok {
		return true
	}
	_, ok := query.TemporalLiteral(word)
	return ok
}

// quoted reads a text in double quotes (RFC 8259, 7).
func (p *parser) quoted() (string, error) {
	end := closing(p.src, p.pos)
	if end < 0 {
		return "", p.fail("a text in quotes is not closed")
	}
	n, err := jsontree.Parse([]byte(p.src[p.pos:end]), jsontree.Limits{})
	if err != nil {
		return "", p.fail("this is no JSON string: %s", err)
	}
	p.pos = end
	return n.Str(), nil
}

// closing gives the place behind the quote that closes the one at i, or -1.
func closing(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// pattern reads the operand of ~= and !~=: in quotes or bare. Either way a
// backslash belongs to the pattern, but for \" in quotes.
func (p *parser) pattern(t *query.Test) error {
	p.skip()
	var src string
	if p.pos < len(p.src) && p.src[p.pos] == '"' {
		end := closing(p.src, p.pos)
		if end < 0 {
			return p.fail("a pattern in quotes is not closed")
		}
		src = unquoted(p.src[p.pos:end])
		p.pos = end
	} else if src = p.barePattern(); src == "" {
		return p.fail("a pattern is expected")
	}
	var err error
	if t.Pattern, err = query.NewWholePattern(src); err != nil {
		return problem.Wrap(problem.KindOf(err), err, "q: %s", problem.DetailOf(err))
	}
	return nil
}

// unquoted gives the pattern that stands in quotes.
func unquoted(s string) string { return strings.ReplaceAll(s[1:len(s)-1], `\"`, `"`) }

// barePattern reads up to a joint that is not within parentheses or brackets
// of the pattern.
func (p *parser) barePattern() string {
	start, depth := p.pos, 0
	for ; p.pos < len(p.src); p.pos++ {
		switch p.src[p.pos] {
		case '\\':
			p.pos++
		case '[':
			p.pos = skipBracket(p.src, p.pos)
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return p.src[start:p.pos]
			}
		case ';', '|':
			if depth == 0 {
				return p.src[start:p.pos]
			}
		}
	}
	p.pos = min(p.pos, len(p.src))
	return p.src[start:p.pos]
}

// skipBracket gives the place of the bracket that closes the one at i.
func skipBracket(s string, i int) int {
	k := i + 1
	if k < len(s) && s[k] == '^' {
		k++
	}
	if k < len(s) && s[k] == ']' {
		k++
	}
	for ; k < len(s) && s[k] != ']'; k++ {
		if strings.HasPrefix(s[k:], "[:") {
			if end := strings.Index(s[k:], ":]"); end > 0 {
				k += end + 1
			}
		}
	}
	return k
}

// isName reports whether s is a name (CIM 009, 4.6.2), prefix allowed.
func isName(s string) bool {
	l := lex{src: s}
	if l.name() == 0 {
		return false
	}
	if at := l.pos; l.takeHere(":") {
		return l.name() > at+1 && l.pos == len(s)
	}
	return l.pos == len(s)
}
