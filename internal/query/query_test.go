package query_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
)

func room() *entity.Entity {
	return &entity.Entity{ID: "urn:x:Room:12", Types: []entity.Name{"Room"}, Scopes: []string{"/A/B"}, ExpiresAt: 1000, Attrs: []entity.Instance{
		{Name: "t", Kind: entity.Property, Value: []byte(`20`), ExpiresAt: 500},
		{Name: "t", Dataset: "urn:x:d", Kind: entity.Property, Value: []byte(`30`)},
		{Name: "secret", Kind: entity.Property, Value: []byte(`1`)},
		{Name: "gone", Kind: entity.Null},
	}}
}

func number(s string) query.Literal {
	l, ok := query.NumberLiteral(s)
	if !ok {
		panic(s)
	}
	return l
}

func is(n entity.Name, v string) query.Expr {
	return &query.Test{Path: query.Path{Names: []entity.Name{n}}, Op: query.Equal, Values: []query.Literal{number(v)}}
}

func exists(n entity.Name) query.Expr {
	return &query.Test{Path: query.Path{Names: []entity.Name{n}}}
}

func pattern(s string) *query.Pattern {
	p, err := query.NewPattern(s)
	if err != nil {
		panic(err)
	}
	return p
}

func TestMatch(t *testing.T) {
	secretHidden := &query.Access{Any: []query.Query{{Types: query.OneType("Room")}}, Hidden: []entity.Name{"secret"}}
	tests := map[string]struct {
		q    query.Query
		want bool
	}{
		"the zero query":                 {query.Query{}, true},
		"an id":                          {query.Query{IDs: []entity.ID{"urn:a:b", "urn:x:Room:12"}}, true},
		"another id":                     {query.Query{IDs: []entity.ID{"urn:a:b"}}, false},
		"no id at all":                   {query.Query{IDs: []entity.ID{}}, false},
		"a pattern found":                {query.Query{IDPattern: pattern("Room")}, true},
		"a pattern not found":            {query.Query{IDPattern: pattern("^Room")}, false},
		"ids win over the pattern":       {query.Query{IDs: []entity.ID{"urn:x:Room:12"}, IDPattern: pattern("^Room")}, true},
		"a type":                         {query.Query{Types: query.AnyType("House", "Room")}, true},
		"none of no types":               {query.Query{Types: &query.TypeExpr{}}, false},
		"a scope":                        {query.Query{Scope: &query.ScopeExpr{Any: [][]query.ScopePattern{{{Levels: []string{"A"}, Tree: true}}}}}, true},
		"an attribute":                   {query.Query{Attrs: []entity.Name{"u", "t"}}, true},
		"no attribute of those":          {query.Query{Attrs: []entity.Name{"u"}}, false},
		"a deleted attribute":            {query.Query{Attrs: []entity.Name{"gone"}}, false},
		"attribute of a dataset":         {query.Query{Attrs: []entity.Name{"secret"}, Datasets: []string{"urn:x:d"}}, false},
		"value of a dataset":             {query.Query{Filter: is("t", "30"), Datasets: []string{""}}, false},
		"value of another dataset":       {query.Query{Filter: is("t", "30"), Datasets: []string{"", "urn:x:d"}}, true},
		"an expired value":               {query.Query{Filter: is("t", "20"), Now: 500}, false},
		"a value about to expire":        {query.Query{Filter: is("t", "20"), Now: 499}, true},
		"an expired entity":              {query.Query{Now: 1000}, false},
		"access":                         {query.Query{Access: secretHidden, Filter: is("t", "30")}, true},
		"a hidden attribute":             {query.Query{Access: secretHidden, Filter: is("secret", "1")}, false},
		"a hidden attribute's existence": {query.Query{Access: secretHidden, Attrs: []entity.Name{"secret"}}, false},
		"access to nothing":              {query.Query{Access: &query.Access{}}, false},
		"a selector":                     {query.Query{Filter: query.Or{query.Selector{Types: query.OneType("X")}, query.Selector{IDPattern: pattern("12$")}}}, true},
		"no selector":                    {query.Query{Filter: query.Selector{IDs: []entity.ID{"urn:x:Room:12"}, Types: query.OneType("X")}}, false},
		"not":                            {query.Query{Filter: query.Not{X: is("t", "5")}}, true},
		"unknown is not true":            {query.Query{Filter: query.Const(query.Unknown)}, false},
		"nor is its opposite":            {query.Query{Filter: query.Not{X: query.Const(query.Unknown)}}, false},
		"unknown or true":                {query.Query{Filter: query.Or{query.Const(query.Unknown), exists("t")}}, true},
		"empty and":                      {query.Query{Filter: query.And{}}, true},
		"empty or":                       {query.Query{Filter: query.Or{}}, false},
		"every value":                    {query.Query{Filter: &query.Test{Path: query.Path{Names: []entity.Name{"t"}}, Op: query.Greater, Values: []query.Literal{number("25")}, Quantifier: query.Every}}, false},
		"every value does":               {query.Query{Filter: &query.Test{Path: query.Path{Names: []entity.Name{"t"}}, Op: query.Greater, Values: []query.Literal{number("15")}, Quantifier: query.Every}}, true},
		"missing counts as asked":        {query.Query{Filter: query.Not{X: &query.Test{Path: query.Path{Names: []entity.Name{"u"}}, Op: query.Equal, Values: []query.Literal{number("1")}, Missing: query.Unknown}}}, false},
		"missing is false in q":          {query.Query{Filter: query.Not{X: is("u", "1")}}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.q.Match(room(), nil); got != tt.want {
				t.Errorf("Match = %v, want %v", got, tt.want)
			}
			if got := tt.q.See(room(), nil) != nil; got != tt.want {
				t.Errorf("See = %v, want %v", got, tt.want)
			}
		})
	}
	if (&query.Query{}).Match(nil, nil) {
		t.Error("nothing matches")
	}
}

// Extended regular expressions of IEEE 1003.2.
func TestPattern(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		whole, found  bool
	}{
		{`abc`, "abc", true, true}, {`abc`, "xabcx", false, true}, {`^abc$`, "abc", true, true}, {`^b`, "abc", false, false},
		{`a|bc`, "bc", true, true}, {`a|bc`, "ac", false, true}, {`(a|b)c`, "bc", true, true}, {`a.c`, "a\nc", true, true},
		{`[[:digit:]]+`, "123", true, true}, {`[[:alpha:]]+`, "é", true, true}, {`[^[:space:]]`, " ", false, false},
		{`[\d]`, `\`, true, true}, {`[\d]`, `5`, false, false}, {`[]a]+`, "a]", true, true}, {`[^]a]`, "]", false, false}, {`[a-]`, "-", true, true}, {`[[.-.]x]`, "-", true, true}, {`[[=a=]]`, "a", true, true},
		{`a{2}`, "aa", true, true}, {`a{2,}`, "aaa", true, true}, {`a{2,3}`, "aaaa", false, true}, {`a+?`, "", true, true}, {`(ab)*`, "abab", true, true}, {`\.\*`, ".*", true, true}, {`\d+`, "12", true, true},
		{`urn:ngsi-ld:Vehicle:*`, "urn:ngsi-ld:Vehicle:1", false, true}, {`.*47$`, "a47", true, true}, {``, "", true, true}, {`a||b`, "", true, true}, {`()`, "", true, true}, {`é+`, "éé", true, true},
	} {
		w, err := query.NewWholePattern(tt.pattern)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		if got := w.MatchString(tt.text); got != tt.whole {
			t.Errorf("%q is %q: %v", tt.text, tt.pattern, got)
		}
		if got := pattern(tt.pattern).MatchString(tt.text); got != tt.found {
			t.Errorf("%q in %q: %v", tt.pattern, tt.text, got)
		}
		if !strings.HasPrefix(tt.text, w.LiteralPrefix()) && tt.whole {
			t.Errorf("%q: prefix %q is not of %q", tt.pattern, w.LiteralPrefix(), tt.text)
		}
	}
	for _, bad := range []string{`(`, `)`, `a)`, `[`, `[a`, `*`, `+a`, `(*a)`, `a{`, `a{x}`, `a{2,1}`, `a{300}`, `\`, `[b-a]`, `[[:foo:]]`, `[[.ab.]]`, `{1}`, "\xff", `a|*`} {
		if _, err := query.NewPattern(bad); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("a(b|[^[:alpha:]-z])*{2}", "abc")
	f.Fuzz(func(t *testing.T, p, s string) {
		x, err := query.NewWholePattern(p)
		if err != nil {
			if k := problem.KindOf(err); k == problem.InternalError {
				t.Fatal(err)
			}
			return
		}
		if x.MatchString(s) && !strings.HasPrefix(s, x.LiteralPrefix()) {
			t.Fatalf("%q matches %q, which does not begin with %q", p, s, x.LiteralPrefix())
		}
	})
}

func TestNeedsAndCover(t *testing.T) {
	q := query.Query{Attrs: []entity.Name{"a", "b"}, Filter: query.And{is("b", "1"), query.Or{exists("c"), query.Not{X: &query.Test{Path: query.Path{Links: []query.Link{{Name: "d"}}, Names: []entity.Name{"far"}}}}}},
		Geo: &query.Geo{Property: "g"}, Access: &query.Access{Any: []query.Query{{Types: query.OneType("T"), Attrs: []entity.Name{"h"}}, {Types: query.OneType("U")}}}}
	if got := q.Needs(); !slices.Equal(got, []entity.Name{"a", "b", "c", "d", "g", "h"}) {
		t.Errorf("Needs = %v", got)
	}
	if _, some := q.Reads(); some {
		t.Error("a query that wants all does not read only some")
	}
	q.Wanted = []entity.Name{"z", "a"}
	if got, some := q.Reads(); !some || !slices.Equal(got, []entity.Name{"a", "b", "c", "d", "g", "h", "z"}) {
		t.Errorf("Reads = %v", got)
	}
	if got := q.TypeCover(); !slices.Equal(got, []entity.Name{"T", "U"}) {
		t.Errorf("TypeCover = %v", got)
	}
	q.Access.Any = append(q.Access.Any, query.Query{})
	if got := q.TypeCover(); got != nil {
		t.Errorf("TypeCover = %v, want nil", got)
	}
	q.Types = &query.TypeExpr{Any: [][]entity.Name{{"X", "Y"}, {"Z"}}}
	if got := q.TypeCover(); !slices.Equal(got, []entity.Name{"X", "Z"}) {
		t.Errorf("TypeCover = %v", got)
	}
	if n := q.LinkDepth(); n != 1 {
		t.Errorf("LinkDepth = %d", n)
	}
}

func BenchmarkMatch(b *testing.B) {
	q := query.Query{Types: query.OneType("Room"), Filter: is("t", "30")}
	e := room()
	b.ReportAllocs()
	for b.Loop() {
		if !q.Match(e, nil) {
			b.Fatal()
		}
	}
}

// A Seer sees what the query does, also of many ids.
func TestSeer(t *testing.T) {
	for _, n := range []int{0, 3, 100} {
		q := &query.Query{Types: query.OneType("T"), Attrs: []entity.Name{"a"}}
		for i := range n {
			q.IDs = append(q.IDs, entity.ID(fmt.Sprintf("urn:%d", 2*i)))
		}
		x := q.Seer(nil)
		for i := range 250 {
			e := &entity.Entity{ID: entity.ID(fmt.Sprintf("urn:%d", i)), Types: []entity.Name{"T"}}
			if i%3 > 0 {
				e.Attrs = []entity.Instance{{Name: "a", Kind: entity.Property, Value: []byte("1")}}
			}
			if got, want := x.See(e) != nil, q.See(e, nil) != nil; got != want {
				t.Errorf("%d ids, %s: %v, want %v", n, e.ID, got, want)
			}
		}
	}
}
