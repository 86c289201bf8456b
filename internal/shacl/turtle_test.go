package shacl

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/rdf"
)

// TestTurtle reads what shapes are written with.
func TestTurtle(t *testing.T) {
	g, err := ReadTurtle(strings.NewReader(`@base <http://x.test/a/> . PREFIX : <#> # a comment
:s a <b> ; :p 1, -1.5, 2e0, true, "t\u00e9\n", 'u'@FR-be, """long "q\"""", "5"^^<http://www.w3.org/2001/XMLSchema#byte> ;; .
<../c> :q ( :x [ :y _:n ] () ) .
[] :r :z\,1.2 . [ :t :u ] .
`), "http://x.test/")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range g.Triples() {
		got = append(got, fmt.Sprintf("%s %s %s", x.S, x.P, name(x.O)))
	}
	const a, xsd = "http://x.test/a/#", rdf.XSD
	want := []string{
		"http://x.test/a/#s " + rdf.RDF + "type http://x.test/a/b",
		"http://x.test/a/#s " + a + "p \"u\"@fr-be^^" + rdf.RDF + "langString",
		"http://x.test/a/#s " + a + "p \"true\"@^^" + xsd + "boolean", "http://x.test/a/#s " + a + "p \"5\"@^^" + xsd + "byte",
		"http://x.test/a/#s " + a + "p \"-1.5\"@^^" + xsd + "decimal", "http://x.test/a/#s " + a + "p \"2e0\"@^^" + xsd + "double",
		"http://x.test/a/#s " + a + "p \"1\"@^^" + xsd + "integer",
		"http://x.test/a/#s " + a + "p \"long \\\"q\\\"\"@^^" + xsd + "string", "http://x.test/a/#s " + a + "p \"té\\n\"@^^" + xsd + "string",
		"http://x.test/c " + a + "q _:",
		"x-blank:.1 " + a + "y _:", "x-blank:.2 " + rdf.RDF + "first " + rdf.RDF + "nil", "x-blank:.2 " + rdf.RDF + "rest " + rdf.RDF + "nil",
		"x-blank:.3 " + rdf.RDF + "first _:", "x-blank:.3 " + rdf.RDF + "rest _:", "x-blank:.4 " + rdf.RDF + "first " + a + "x", "x-blank:.4 " + rdf.RDF + "rest _:",
		"x-blank:.5 " + a + "r " + a + "z,1.2", "x-blank:.6 " + a + "t " + a + "u",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestBadTurtle: each fault with its line.
func TestBadTurtle(t *testing.T) {
	for text, want := range map[string]string{
		"\n:s :p :o .": "line 2: the prefix", "<a> <b> ": "line 1: a term is missing", "<a> <b> <c>": "'.' is missing", "<a> <b> \"x": "has no end", "<a> <b> \"x\n\" .": "has no end",
		"<a": "has no end", "<a> <b> \"\\x\" .": "escape that is none", "<a> <b> \"\\uD800\" .": "no character", "<a> <b> 1.2.3 .": "is not a number", "\"s\" <b> <c> .": "cannot be a subject",
		"<a> <b> " + strings.Repeat("[ <b> ", 100): "levels of brackets", "<a> <b> (": "term is missing", "<a b> <b> <c> .": "", "_: <b> <c> .": "no label", "@prefix x <a> .": "':' is missing",
		"\xff": "not UTF-8", strings.Repeat("#", maxBytes+1): "larger than",
	} {
		_, err := ReadTurtle(strings.NewReader(text), "http://x.test/")
		switch {
		case want == "" && err != nil:
			t.Errorf("%.40q: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	if _, err := ReadTurtle(strings.NewReader(""), "not absolute"); err == nil {
		t.Error("a base that is not absolute is taken")
	}
}
