package q

import (
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
)

// Types reads a type selection (CIM 009, 4.17). "*" gives nil, which selects
// every type.
//
// Errors: problem.BadRequestData, problem.TooComplexQuery.
func Types(text string, names Names) (*query.TypeExpr, error) {
	if text == "*" {
		return nil, nil
	}
	l := lex{what: "type", src: text}
	any, err := alternatives(&l, func(word string) (entity.Name, error) {
		if entity.CheckURI(word) != nil && !isName(word) {
			return "", l.fail("%q is neither a name nor a URI", word)
		}
		n, err := names.ExpandTerm(word)
		if err != nil {
			return "", problem.Wrap(problem.BadRequestData, err, "type: %s", problem.DetailOf(err))
		}
		return entity.Name(n), nil
	})
	if err != nil {
		return nil, err
	}
	return &query.TypeExpr{Any: any}, nil
}

// Scopes reads a scope query (CIM 009, 4.19).
//
// Errors: problem.BadRequestData, problem.TooComplexQuery.
func Scopes(text string) (*query.ScopeExpr, error) {
	l := lex{what: "scopeQ", src: text}
	any, err := alternatives(&l, func(word string) (query.ScopePattern, error) {
		if word == "/#" {
			return query.ScopePattern{Tree: true}, nil
		}
		levels, tree := strings.CutSuffix(word, "/#")
		if !strings.HasPrefix(levels, "/") {
			return query.ScopePattern{}, l.fail("%q does not begin with /", word)
		}
		p := query.ScopePattern{Levels: strings.Split(levels[1:], "/"), Tree: tree}
		for _, level := range p.Levels {
			if level != "+" && (!isName(level) || strings.Contains(level, ":")) {
				return p, l.fail("%q is no level of a scope: it is + or letters, digits and _, a letter first; # only ends a scope", level)
			}
		}
		return p, nil
	})
	if err != nil {
		return nil, err
	}
	return &query.ScopeExpr{Any: any}, nil
}

// alternatives reads a disjunction (| or comma) of words and of conjunctions
// (;) of words in parentheses. Beyond the grammar, parentheses may hold any
// such expression, as clients write (A|B) and ((A;B)|C); what comes out is a
// disjunction of conjunctions all the same.
func alternatives[T any](l *lex, read func(string) (T, error)) ([][]T, error) {
	if err := l.bounded(); err != nil {
		return nil, err
	}
	out, err := disjunction(l, read, 0)
	if err == nil && l.pos < len(l.src) {
		err = l.fail("%q is not expected here; alternatives are joined by | or a comma, and ; goes in parentheses", l.rest())
	}
	return out, err
}

func disjunction[T any](l *lex, read func(string) (T, error), depth int) ([][]T, error) {
	if depth > MaxDepth {
		return nil, problem.New(problem.TooComplexQuery, "%s has parentheses over %d deep", l.what, MaxDepth)
	}
	var out [][]T
	for {
		part, err := conjunction(l, read, depth)
		if err != nil {
			return nil, err
		}
		if out = append(out, part...); len(out) > MaxItems {
			return nil, problem.New(problem.TooComplexQuery, "%s has over %d alternatives", l.what, MaxItems)
		}
		if !l.take("|") && !l.take(",") {
			l.skip()
			return out, nil
		}
	}
}

// conjunction reads factors joined by ; which may only stand in parentheses.
func conjunction[T any](l *lex, read func(string) (T, error), depth int) ([][]T, error) {
	out, err := factor(l, read, depth)
	for err == nil && depth > 0 && l.take(";") {
		var right [][]T
		if right, err = factor(l, read, depth); err != nil {
			break
		}
		if len(out)*len(right) > MaxItems {
			return nil, problem.New(problem.TooComplexQuery, "%s has over %d alternatives", l.what, MaxItems)
		}
		product := make([][]T, 0, len(out)*len(right))
		for _, a := range out {
			for _, b := range right {
				product = append(product, slices.Concat(a, b))
			}
		}
		out = product
	}
	return out, err
}

func factor[T any](l *lex, read func(string) (T, error), depth int) ([][]T, error) {
	if l.take("(") {
		out, err := disjunction(l, read, depth+1)
		if err == nil && !l.take(")") {
			err = l.fail("a ; or the closing ) is expected")
		}
		return out, err
	}
	l.skip()
	start := l.pos
	for l.pos < len(l.src) && strings.IndexByte(";|,() ", l.src[l.pos]) < 0 {
		l.pos++
	}
	word := l.src[start:l.pos]
	if word == "" {
		return nil, l.fail("something is missing")
	}
	x, err := read(word)
	if err != nil {
		return nil, err
	}
	return [][]T{{x}}, nil
}

// Geo reads the parameters of a geo-query (CIM 009, 4.10); property may be ""
// for location. coordinates is JSON.
//
// Errors: problem.BadRequestData.
func Geo(georel, geometry, coordinates, property string, names Names) (*query.Geo, error) {
	for _, x := range []struct{ name, value string }{{"georel", georel}, {"geometry", geometry}, {"coordinates", coordinates}} {
		if x.value == "" {
			return nil, problem.New(problem.BadRequestData, "a geo-query needs %s; georel, geometry and coordinates go together", x.name)
		}
	}
	g, err := geo.ParseCoordinates(geometry, []byte(coordinates))
	if err != nil {
		return nil, err
	}
	rel, err := geo.ParseRelation(georel)
	if err != nil {
		return nil, err
	}
	p, err := geo.NewPredicate(rel, g)
	if err != nil {
		return nil, err
	}
	name := query.LocationName
	if property != "" {
		n, err := names.ExpandTerm(property)
		if err != nil {
			return nil, problem.Wrap(problem.BadRequestData, err, "geoproperty: %s", problem.DetailOf(err))
		}
		name = entity.Name(n)
	}
	return &query.Geo{Property: name, Predicate: p}, nil
}

// Projection is one term of a projection (CIM 009, 4.21).
type Projection struct {
	Name string // as written: "id", "type", "scope" or an attribute
	// Linked are the terms about the entities that the Relationship Name
	// leads to; nil if there are no braces.
	Linked []Projection
}

// Projections reads the value of pick or omit.
//
// Errors: problem.BadRequestData, problem.TooComplexQuery.
func Projections(what, text string) ([]Projection, error) {
	l := lex{what: what, src: text}
	if err := l.bounded(); err != nil {
		return nil, err
	}
	out, err := l.projections(0)
	if err == nil && l.pos < len(l.src) {
		err = l.fail("%q is not expected here", l.rest())
	}
	return out, err
}

func (l *lex) projections(depth int) ([]Projection, error) {
	if depth > MaxLinks {
		return nil, problem.New(problem.TooComplexQuery, "%s has braces over %d deep", l.what, MaxLinks)
	}
	var out []Projection
	for {
		l.skip()
		start := l.pos
		for l.pos < len(l.src) && strings.IndexByte("|,{}", l.src[l.pos]) < 0 {
			l.pos++
		}
		p := Projection{Name: strings.TrimSpace(l.src[start:l.pos])}
		if !isName(p.Name) && entity.CheckURI(p.Name) != nil {
			return nil, l.fail("%q is no attribute name; names are joined by commas", p.Name)
		}
		if l.take("{") {
			var err error
			if p.Linked, err = l.projections(depth + 1); err != nil {
				return nil, err
			}
			if !l.take("}") {
				return nil, l.fail("a } is missing")
			}
		}
		if out = append(out, p); len(out) > MaxItems {
			return nil, problem.New(problem.TooComplexQuery, "%s has over %d names", l.what, MaxItems)
		}
		if !l.take(",") && !l.take("|") {
			l.skip()
			return out, nil
		}
	}
}
