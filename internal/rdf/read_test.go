package rdf

import (
	"errors"
	"strings"
	"testing"
)

func TestReadTurtle(t *testing.T) {
	for in, want := range map[string]string{
		"@prefix e: <urn:x:> . @prefix : <urn:y:> . e:a a :B ; :p 1, -1.5, 2e3, true ; .": "<urn:x:a> <" + RDF + "type> <urn:y:B> .\n" +
			"<urn:x:a> <urn:y:p> \"true\"^^<" + XSD + "boolean> .\n<urn:x:a> <urn:y:p> \"-1.5\"^^<" + XSD + "decimal> .\n" +
			"<urn:x:a> <urn:y:p> \"2e3\"^^<" + XSD + "double> .\n<urn:x:a> <urn:y:p> \"1\"^^<" + XSD + "integer> .\n",
		"PREFIX e: <urn:x:>\n_:z e:p [ e:q _:z ] . # end": "_:b0 <urn:x:p> _:b1 .\n_:b1 <urn:x:q> _:b0 .\n",
		"<urn:a> <urn:p> () .":                            "<urn:a> <urn:p> <" + RDF + "nil> .\n",
		"<urn:a> <urn:p> ('x'@FR) .":                      "_:b0 <" + RDF + "first> \"x\"@fr .\n_:b0 <" + RDF + "rest> <" + RDF + "nil> .\n<urn:a> <urn:p> _:b0 .\n",
		"<../c> <#p> \"\"\"a\"b\n\"\"\" .":                "<http://h/c> <http://h/a/b#p> \"a\\\"b\\n\" .\n",
		"@base <http://k> . <x> <?q> '\\u00e9' .":         "<http://k/x> <http://k?q> \"é\" .\n",
	} {
		g, err := Read(strings.NewReader(in), TurtleForm, "http://h/a/b", Limits{})
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got, err := g.NTriples(); err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", in, err, got, want)
		}
	}
}

// Blank nodes are written in the other forms too.
func TestBlanksAreWritten(t *testing.T) {
	in := "<urn:a> <urn:p> [ <urn:p> 1 ] ."
	g, err := Read(strings.NewReader(in), TurtleForm, "", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ttl, err := g.Turtle(nil)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Read(strings.NewReader(string(ttl)), TurtleForm, "", Limits{})
	if err != nil || back.Len() != 2 || len(back.Of("_:b0")) != 1 {
		t.Errorf("%v\n%s", err, ttl)
	}
	x, err := g.RDFXML(nil)
	if err != nil || strings.Count(string(x), `rdf:nodeID="b0"`) != 2 || strings.Contains(string(x), "_:") {
		t.Errorf("%v\n%s", err, x)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, in := range []string{"<a", "<urn:a> <urn:p> .", "e:a a e:b .", "<urn:a> _:p 1 .", "<urn:a> <urn:p> 'x", "<urn:a> <urn:p> \"\xff\" .",
		"<urn:a> <urn:p> 1", "<urn:a> <urn:p> '\\uD800' .", "<urn:a> <urn:p> " + strings.Repeat("[<urn:p> ", 1e5),
		strings.Repeat("(", 1e5), "<urn:a> <urn:p> '" + strings.Repeat("x", 2<<20) + "' .", "[] .", "<urn:a> <urn:p> + ."} {
		var e *SyntaxError
		if _, err := Read(strings.NewReader(in), TurtleForm, "urn:b", Limits{}); !errors.As(err, &e) || e.Line != 1 || e.Mend == "" {
			t.Errorf("%.40q: %v", in, err)
		}
	}
	for _, in := range []string{"<a> <urn:p> <urn:o> .", "<urn:a> <urn:p> 1 .", "<urn:a>\n<urn:p> <urn:o> .", "<urn:a> <urn:p> <urn:o> . <urn:a> <urn:p> <urn:o> ."} {
		if _, err := Read(strings.NewReader(in), NTriplesForm, "urn:b", Limits{}); err == nil {
			t.Errorf("%q: taken", in)
		}
	}
	var g Graph
	if g.Add("_:b0", Type, Ref("urn:x")); g.Err() == nil {
		t.Error("a graph for output took a blank node")
	}
}

func TestIndex(t *testing.T) {
	g, err := Read(strings.NewReader("<urn:b> <urn:p> 2, 1 . <urn:a> <urn:p> 1 . _:x <urn:p> 1 ."), TurtleForm, "", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	one := Typed("1", XSD+"integer")
	if s := g.Subjects("urn:p", one); len(s) != 3 || !s[0].IsBlank() || s[1] != "urn:a" {
		t.Error(s)
	}
	if o := g.Objects("urn:b", "urn:p"); len(o) != 2 || o[0] != one || len(g.Of("urn:b")) != 2 {
		t.Error(o)
	}
}

// What is read and written as N-Triples is read as the same graph.
func FuzzTurtle(f *testing.F) {
	f.Add("@prefix e: <urn:x:> . e:a.b a e:\\~%20 , [ e:p ( 1 'x'@fr ) ] .")
	f.Fuzz(func(t *testing.T, in string) {
		g, err := Read(strings.NewReader(in), TurtleForm, "http://h/", Limits{})
		if err != nil {
			return
		}
		nt, err := g.NTriples()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Read(strings.NewReader(string(nt)), NTriplesForm, "", Limits{})
		if err != nil || back.Len() != g.Len() {
			t.Fatalf("%v\n%s", err, nt)
		}
	})
}
