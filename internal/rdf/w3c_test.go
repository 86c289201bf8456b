package rdf

import (
	"archive/zip"
	"crypto/sha256"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"
)

// suite gives the files of one of the W3C's test suites.
func suite(t *testing.T, name string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader("testdata/w3c/" + name + ".zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(b)
	}
	return out
}

// canonical writes a graph with its blank nodes named by what is said of them,
// so that graphs that differ only in those names are the same text. Blank
// nodes that nothing tells apart get one name; no graph of the suites has so
// many of them that this would hide a difference (the number of triples is
// compared as well).
func canonical(g *Graph) string {
	all := g.Triples()
	colour := map[IRI]string{}
	paint := func(i IRI) string {
		if i.IsBlank() {
			return "_:" + colour[i]
		}
		return string(i)
	}
	term := func(o Term) string {
		if o.IsIRI() {
			return paint(IRI(o.Value()))
		}
		return fmt.Sprintf("%q@%s^^%s", o.Value(), o.Lang(), o.Datatype())
	}
	for range 8 {
		said := map[IRI][]string{}
		for _, t := range all {
			if t.S.IsBlank() {
				said[t.S] = append(said[t.S], "> "+string(t.P)+" "+term(t.O))
			}
			if t.O.IsBlank() {
				o := IRI(t.O.Value())
				said[o] = append(said[o], "< "+string(t.P)+" "+paint(t.S))
			}
		}
		next := map[IRI]string{}
		for i, lines := range said {
			slices.Sort(lines)
			next[i] = fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, "\n"))))[:16]
		}
		colour = next
	}
	lines := make([]string, 0, len(all))
	for _, t := range all {
		lines = append(lines, paint(t.S)+" "+string(t.P)+" "+term(t.O))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Every test of the W3C for the three syntaxes (RDF 1.1 Turtle, N-Triples, RDF/XML): what
// must be read is read and says what it should, what must be refused is
// refused.
func TestW3C(t *testing.T) {
	const mf = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
	for name, want := range map[string]int{"rdf-turtle": 313, "rdf-n-triples": 70, "rdf-xml": 166} {
		files := suite(t, name)
		manifest, err := Read(strings.NewReader(files["manifest.ttl"]), TurtleForm, "http://manifest.test/", Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		tried := 0
		for _, tr := range manifest.Triples() {
			action := manifest.Objects(tr.S, mf+"action")
			if tr.P != Type || !strings.HasPrefix(tr.O.Value(), "http://www.w3.org/ns/rdftest#Test") || len(action) == 0 {
				continue
			}
			tried++
			file := strings.TrimPrefix(action[0].Value(), "http://manifest.test/")
			form := map[string]Form{".ttl": TurtleForm, ".nt": NTriplesForm, ".rdf": RDFXMLForm}[path.Ext(file)]
			got, err := Read(strings.NewReader(files[file]), form, IRI("https://w3c.github.io/rdf-tests/rdf/rdf11/"+name+"/"+file), Limits{})
			if refused := strings.Contains(tr.O.Value(), "Negative"); refused != (err != nil) {
				t.Errorf("%s: must be refused: %t; %v", file, refused, err)
				continue
			}
			result := manifest.Objects(tr.S, mf+"result")
			if err != nil || len(result) == 0 {
				continue
			}
			expected, err := Read(strings.NewReader(files[strings.TrimPrefix(result[0].Value(), "http://manifest.test/")]), NTriplesForm, "", Limits{})
			if err != nil {
				t.Errorf("%s: the expected result: %v", file, err)
				continue
			}
			if a, b := canonical(got), canonical(expected); a != b || got.Len() != expected.Len() {
				t.Errorf("%s:\n%.500s\nwant\n%.500s", file, a, b)
			}
		}
		if tried != want {
			t.Errorf("%s: %d tests were tried, it has %d", name, tried, want)
		}
	}
}
