package shacl

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/rdf"
)

const (
	suite     = "http://beffroi.test/core/"
	mf        = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
	sht       = "http://www.w3.org/ns/shacl-test#"
	suiteSize = 98
)

// expectedFailures are the tests of the suite that this engine does not pass,
// with the reason. One that passes fails.
func expectedFailures() map[string]string {
	return map[string]string{}
}

// TestW3C runs the SHACL Core tests of the W3C.
func TestW3C(t *testing.T) {
	known, ran := expectedFailures(), 0
	root := filepath.Join("testdata", "w3c")
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".ttl") {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		g := indexOf(readSuite(t, rel))
		for _, test := range g.instances(sht + "Validate") {
			ran++
			name := strings.TrimPrefix(test.Value(), suite)
			t.Run(name, func(t *testing.T) {
				diff := runW3C(t, g, test)
				switch reason, expected := known[name]; {
				case expected && diff == "":
					t.Errorf("it passes, but is expected to fail: %s", reason)
				case !expected && diff != "":
					t.Error(diff)
				}
				delete(known, name)
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(known) > 0 {
		t.Errorf("expected failures that are no tests: %v", known)
	}
	if ran != suiteSize {
		t.Errorf("%d tests ran, not %d", ran, suiteSize)
	}
}

func readSuite(t *testing.T, rel string) *rdf.Graph {
	t.Helper()
	return readTurtle(t, filepath.Join("testdata", "w3c", filepath.FromSlash(rel)), rdf.IRI(suite+rel))
}

func readTurtle(t testing.TB, file string, base rdf.IRI) *rdf.Graph {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	g, err := rdf.Read(f, rdf.TurtleForm, base, rdf.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return g
}

// runW3C gives what is wrong, "" if nothing.
func runW3C(t *testing.T, g *index, test rdf.Term) string {
	action, want := g.objects(test, mf+"action")[0], g.objects(test, mf+"result")[0]
	graph := func(p rdf.IRI) *rdf.Graph {
		return readSuite(t, strings.TrimPrefix(g.objects(action, p)[0].Value(), suite))
	}
	shapes, err := Compile(graph(sht+"shapesGraph"), Limits{})
	var report *Report
	if err == nil {
		report, err = shapes.Validate(graph(sht + "dataGraph"))
	}
	if want == rdf.Ref(sht+"Failure") {
		if err == nil {
			return "no error, want one"
		}
		return ""
	}
	if err != nil {
		return err.Error()
	}
	if got, want := fmt.Sprint(report.Conforms()), g.objects(want, SH+"conforms")[0].Value(); got != want {
		return "conforms is " + got
	}
	var got []string
	for _, r := range report.Results {
		line := fmt.Sprintf("%s path %s severity %s %s shape %s", name(r.Focus), r.Path, r.Severity, r.Component, name(rdf.Ref(r.Shape)))
		if r.HasValue {
			line += " value " + name(r.Value)
		}
		got = append(got, line)
	}
	slices.Sort(got)
	return cmp.Diff(expectedResults(t, g, want), got)
}

func expectedResults(t *testing.T, g *index, report rdf.Term) []string {
	var out []string
	for _, r := range g.objects(report, SH+"result") {
		one := func(p rdf.IRI) string {
			if o := g.objects(r, SH+p); len(o) == 1 {
				return name(o[0])
			}
			return ""
		}
		path := ""
		if o := g.objects(r, SH+"resultPath"); len(o) == 1 {
			p, err := (&compiler{g: g, lim: Limits{}.filled()}).path(o[0], 0)
			if err != nil {
				t.Fatal(err)
			}
			path = p.String()
		}
		line := fmt.Sprintf("%s path %s severity %s %s shape %s", one("focusNode"), path, one("resultSeverity"), one("sourceConstraintComponent"), one("sourceShape"))
		if v := one("value"); v != "" {
			line += " value " + v
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// name gives a term as one text; blank nodes are all the same.
func name(t rdf.Term) string {
	switch {
	case isBlank(t):
		return "_:"
	case t.IsIRI():
		return t.Value()
	}
	return fmt.Sprintf("%q@%s^^%s", t.Value(), t.Lang(), t.Datatype())
}
