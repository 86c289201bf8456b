package shacl

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/rdf"
)

const prefixes = `@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix : <http://x.test/> .
`

func parse(t testing.TB, text string) *rdf.Graph {
	t.Helper()
	g, err := rdf.Read(strings.NewReader(prefixes+text), rdf.TurtleForm, "http://x.test/", rdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestResult looks at all that a finding says.
func TestResult(t *testing.T) {
	s, err := Compile(parse(t, `:S a sh:NodeShape ; sh:targetClass :C ; sh:property :P .
:P sh:path [ sh:alternativePath ( :a ( :b [ sh:inversePath :c ] ) [ sh:zeroOrMorePath :d ] ) ] ; sh:nodeKind sh:IRI ; sh:severity sh:Warning ;
	sh:message "een IRI"@nl, "an IRI"@en, "IRI" .`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Validate(parse(t, `:x a :C ; :a "text" ; :b :y . :z :c :y .`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Report{Looked: []Looked{{Shape: "http://x.test/S", Classes: []rdf.IRI{"http://x.test/C"}, Nodes: 1}},
		Results: []Result{{Focus: rdf.Ref("http://x.test/x"), Path: "<http://x.test/a>|(<http://x.test/b>/(^<http://x.test/c>))|(<http://x.test/d>*)",
			Value: rdf.Text("text"), HasValue: true, Shape: "http://x.test/P", Component: SH + "NodeKindConstraintComponent", Severity: Warning,
			Messages: []Message{{"", "IRI"}, {"en", "an IRI"}, {"nl", "een IRI"}}}}}
	if d := cmp.Diff(want, r, cmp.Comparer(func(a, b rdf.Term) bool { return a == b })); d != "" {
		t.Error(d)
	}
	if r.Conforms() || r.Count(Warning) != 1 || r.Count(Violation) != 0 {
		t.Error("the counts are wrong")
	}
}

// TestRefused are shapes that cannot be used, each with the reason.
func TestRefused(t *testing.T) {
	deep := ":S a sh:NodeShape ; sh:targetNode :x ; sh:node :n0 .\n"
	for i := range 100 {
		deep += fmt.Sprintf(":n%d sh:node :n%d .\n", i, i+1)
	}
	path := strings.Repeat("[ sh:inversePath ", 50) + ":p" + strings.Repeat(" ]", 50)
	for name, c := range map[string]struct{ shapes, want string }{
		"itself":            {`:S a sh:NodeShape ; sh:targetNode :x ; sh:node :S .`, "refers to itself"},
		"circle":            {`:S a sh:NodeShape ; sh:not :T . :T sh:property [ sh:path :p ; sh:or ( :S ) ] .`, "refers to itself"},
		"deep":              {deep, "levels of shapes|deeper than"},
		"deep path":         {`:S a sh:PropertyShape ; sh:path ` + path + ` .`, "deeper than 32"},
		"path in itself":    {`:S a sh:PropertyShape ; sh:path _:p . _:p sh:inversePath _:p .`, "deeper than 32"},
		"endless list":      {`:S a sh:NodeShape ; sh:in _:l . _:l rdf:first :a ; rdf:rest _:l .`, "no end"},
		"open list":         {`:S a sh:NodeShape ; sh:in _:l . _:l rdf:first :a .`, "is not a list"},
		"no path":           {`:S a sh:PropertyShape ; sh:minCount 1 .`, "without sh:path"},
		"property, no path": {`:S a sh:NodeShape ; sh:property [ sh:minLength 1 ] .`, "has no sh:path"},
		"two paths":         {`:S sh:targetNode :x ; sh:path :p, :q .`, "2 paths"},
		"literal path":      {`:S a sh:PropertyShape ; sh:path "p" .`, "is not a path"},
		"empty path":        {`:S a sh:PropertyShape ; sh:path [] .`, "is not a path"},
		"count":             {`:S a sh:PropertyShape ; sh:path :p ; sh:minCount "many" .`, "not a whole number"},
		"negative count":    {`:S a sh:PropertyShape ; sh:path :p ; sh:maxCount -1 .`, "not a whole number"},
		"count at a node":   {`:S a sh:NodeShape ; sh:minCount 1 .`, "has no path"},
		"pattern":           {`:S a sh:NodeShape ; sh:pattern "(" .`, "cannot be used"},
		"flag":              {`:S a sh:NodeShape ; sh:pattern "a" ; sh:flags "g" .`, "not a flag"},
		"kind":              {`:S a sh:NodeShape ; sh:nodeKind sh:Anything .`, "not a kind"},
		"two datatypes":     {`:S a sh:NodeShape ; sh:datatype xsd:int, xsd:date .`, "given 2 times"},
		"closed":            {`:S a sh:NodeShape ; sh:closed "yes" .`, "not true or false"},
		"sparql":            {`:S a sh:NodeShape ; sh:sparql [] .`, "does not know"},
		"class":             {`:S a sh:NodeShape ; sh:class "C" .`, "not an IRI"},
		"literal shape":     {`:S a sh:NodeShape ; sh:node "T" .`, "is not a shape"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Compile(parse(t, c.shapes), Limits{})
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range strings.Split(c.want, "|") {
				if strings.Contains(err.Error(), w) {
					return
				}
			}
			t.Errorf("%v; want %q", err, c.want)
		})
	}
}

// TestBounded: shapes whose work doubles with each level, and data that makes
// findings without number, end with an error.
func TestBounded(t *testing.T) {
	shapes := ":S a sh:NodeShape ; sh:targetNode :x ; sh:and ( :n0 :n0 ) .\n"
	for i := range 29 {
		shapes += fmt.Sprintf(":n%d sh:and ( :n%d :n%d ) .\n", i, i+1, i+1)
	}
	s, err := Compile(parse(t, shapes), Limits{Steps: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.Validate(parse(t, ":x :p :y .")); !errors.Is(err, ErrTooMuch) {
		t.Errorf("doubling work: %v", err)
	}
	if s, err = Compile(parse(t, ":S a sh:NodeShape ; sh:targetObjectsOf :p ; sh:class :C ."), Limits{Results: 2}); err != nil {
		t.Fatal(err)
	}
	if _, err = s.Validate(parse(t, ":x :p 1, 2, 3 .")); !errors.Is(err, ErrTooMuch) {
		t.Errorf("three findings of two: %v", err)
	}
	if s, err = Compile(parse(t, ":S a sh:PropertyShape ; sh:targetNode :x ; sh:path [ sh:oneOrMorePath :p ] ; sh:maxCount 1 ."), Limits{}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Validate(parse(t, ":x :p :y . :y :p :x ."))
	if err != nil || len(r.Results) != 1 {
		t.Errorf("a circle in the data: %v %v", r, err)
	}
}

// TestLexical tells texts that are in a datatype from those that are not.
func TestLexical(t *testing.T) {
	for datatype, c := range map[rdf.IRI][2]string{ // good|..., bad|...
		"boolean":            {"true|false|0|1", "TRUE||yes"},
		"integer":            {"0|-5|+5|007|123456789012345678901234567890", "1.0||+|--1|1e3| 1"},
		"byte":               {"-128|127", "128|-129|c"},
		"unsignedShort":      {"65535", "-1|65536"},
		"negativeInteger":    {"-1", "0"},
		"positiveInteger":    {"1", "0"},
		"decimal":            {"1|1.5|.5|1.|-0.0", "1e3|.|"},
		"double":             {"1|1.5e-3|INF|-INF|NaN", "inf|1e|"},
		"date":               {"2024-02-29|2026-11-25Z|2026-11-25+14:00|-0044-03-15", "2023-02-29|2026-1-1|2026-11-25+15:00|2026-11-31"},
		"dateTime":           {"2026-11-25T13:00:00|2026-11-25T13:00:00.5Z|2026-11-25T24:00:00", "2026-11-25|2026-11-25T25:00:00|2026-11-25T24:00:01|2026-02-30T00:00:00"},
		"dateTimeStamp":      {"2026-11-25T13:00:00Z", "2026-11-25T13:00:00"},
		"time":               {"13:00:00|13:00:00Z", "13:00|24:01:00"},
		"gYear":              {"2026|-0001", "26"},
		"gYearMonth":         {"2026-11", "2026-13"},
		"gMonthDay":          {"--11-25", "11-25"},
		"gMonth":             {"--11", "--13"},
		"gDay":               {"---31", "---32"},
		"duration":           {"P1D|PT0.5S|-P1Y2M3DT4H5M6S", "P|PT|1D|P1DT|P-1D"},
		"hexBinary":          {"|0aFF", "0|xx"},
		"base64Binary":       {"|AAAA|AA==|AAA=", "A|AAA|AB=="},
		"language":           {"fr|nl-BE", "fr_BE|"},
		"string":             {"|any", ""},
		"unknownToThisTable": {"any", ""},
	} {
		for i, list := range c {
			if list == "" && i == 1 {
				continue
			}
			for _, text := range strings.Split(list, "|") {
				if got := lexical(rdf.XSD+datatype, text); got != (i == 0) {
					t.Errorf("%q is in %s: %t", text, datatype, got)
				}
			}
		}
	}
}

// TestCompare orders literals; "?" is for those without an order.
func TestCompare(t *testing.T) {
	typed := func(s string) rdf.Term {
		v, d, ok := strings.Cut(s, "^")
		if !ok {
			return rdf.Text(s)
		}
		return rdf.Typed(v, rdf.IRI(rdf.XSD+d))
	}
	for _, c := range []struct{ a, op, b string }{
		{"1^integer", "<", "1.5^decimal"}, {"10^integer", ">", "9^integer"}, {"1^int", "=", "1.0^decimal"}, {"1^integer", "=", "1e0^double"},
		{"NaN^double", "?", "1^integer"}, {"INF^double", ">", "5^integer"}, {"x^integer", "?", "1^integer"}, {"a", "<", "b"}, {"a", "?", "1^integer"},
		{"false^boolean", "<", "1^boolean"}, {"2026-11-25^date", "<", "2026-11-26^date"}, {"2026-11-25^date", "?", "2026-11-25T00:00:00^dateTime"},
		{"2026-11-25T12:00:00Z^dateTime", "=", "2026-11-25T13:00:00+01:00^dateTime"}, {"2026-11-25T12:00:00^dateTime", "?", "2026-11-25T13:00:00Z^dateTime"},
		{"2026-11-25T12:00:00^dateTime", "<", "2026-11-27T13:00:00Z^dateTime"}, {"-0044-03-15^date", "<", "0001-01-01^date"},
		{"P1D^duration", "?", "P2D^duration"}, {strings.Repeat("9", 2000) + "^integer", "?", "1^integer"},
	} {
		for _, turned := range []bool{false, true} {
			a, b, op := typed(c.a), typed(c.b), c.op
			if turned {
				a, b, op = b, a, strings.NewReplacer("<", ">", ">", "<").Replace(op)
			}
			got := "?"
			if o, ok := compareLiterals(a, b); ok {
				got = string("<=>"[o+1])
			}
			if got != op {
				t.Errorf("%q %s %q, want %s", a.Value(), got, b.Value(), op)
			}
		}
	}
}

// TestExpression: the flags of patterns, and the time that they may take.
func TestExpression(t *testing.T) {
	for _, c := range []struct {
		text, flags, value string
		want               bool
	}{
		{"^ab$", "", "AB", false}, {"^ab$", "i", "AB", true}, {"a.c", "", "a\nc", false}, {"a.c", "s", "a\nc", true}, {"^b", "m", "a\nb", true},
		{"a b [ ]", "x", "ab ", true}, {"a.c", "q", "abc", false}, {"a.c", "q", "xa.cx", true}, {"^(a+)+$", "", strings.Repeat("a", 5000) + "!", false},
	} {
		re, err := expression(c.text, c.flags)
		if err != nil || re.MatchString(c.value) != c.want {
			t.Errorf("%q with %q on %.20q: %v, want %t", c.text, c.flags, c.value, err, c.want)
		}
	}
}

// FuzzShapes: whatever the shapes and the data, there is an answer, and it is
// the same twice.
func FuzzShapes(f *testing.F) {
	f.Add(`:S a sh:NodeShape ; sh:targetNode :x ; sh:property [ sh:path :p ; sh:minCount 1 ; sh:or ( [ sh:datatype xsd:int ] [ sh:class :C ] ) ] .`, `:x :p 1, "a" .`)
	f.Add(`:S a sh:PropertyShape ; sh:targetSubjectsOf :p ; sh:path ( :p [ sh:zeroOrMorePath :q ] ) ; sh:uniqueLang true ; sh:lessThan :r .`, `:x :p [ :q "a"@fr, "b"@fr ] ; :r 1 .`)
	f.Add(`:S a sh:NodeShape ; sh:targetObjectsOf :p ; sh:closed true ; sh:ignoredProperties ( rdf:type ) ; sh:not [ sh:in ( 1 2 ) ] .`, `:x :p 1, :y . :y :z 3 .`)
	f.Add(`_:l rdf:first :a ; rdf:rest _:l . :S a sh:NodeShape ; sh:xone _:l .`, ``)
	f.Fuzz(func(t *testing.T, shapes, data string) {
		sg, err := rdf.Read(strings.NewReader(prefixes+shapes), rdf.TurtleForm, "http://x.test/", rdf.Limits{})
		if err != nil {
			return
		}
		dg, err := rdf.Read(strings.NewReader(prefixes+data), rdf.TurtleForm, "http://x.test/", rdf.Limits{})
		if err != nil {
			return
		}
		lim := Limits{Steps: 20_000, Results: 100}
		s, err := Compile(sg, lim)
		if err != nil {
			return
		}
		first, err1 := s.Validate(dg)
		second, err2 := s.Validate(dg)
		if (err1 == nil) != (err2 == nil) {
			t.Fatalf("once %v, once %v", err1, err2)
		}
		if d := cmp.Diff(first, second, cmp.Comparer(func(a, b rdf.Term) bool { return a == b })); d != "" {
			t.Error(d)
		}
	})
}
