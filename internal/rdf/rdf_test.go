package rdf

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/piprate/json-gold/ld"
)

func prefixes() Prefixes {
	return Prefixes{"dct": "http://purl.org/dc/terms/", "xsd": XSD, "ex": "https://ex.example/", "exa": "https://ex.example/a/"}
}

func TestForms(t *testing.T) {
	var g Graph
	g.Add("https://ex.example/b", Type, Ref("https://ex.example/Thing"))
	g.Add("https://ex.example/b", "http://purl.org/dc/terms/title", In("FR", "L’été \"chaud\"\n"))
	g.Add("https://ex.example/b", "http://purl.org/dc/terms/title", Text("plain"))
	g.Add("https://ex.example/b", "http://purl.org/dc/terms/issued", Typed("2026-01-01", XSD+"date"))
	g.Add("https://ex.example/b", "http://purl.org/dc/terms/relation", Ref("https://ex.example/a/b.c"))
	ttl, err := g.Turtle(prefixes())
	if err != nil {
		t.Fatal(err)
	}
	want := `@prefix dct: <http://purl.org/dc/terms/> .
@prefix ex: <https://ex.example/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

ex:b a ex:Thing ;
    dct:issued "2026-01-01"^^xsd:date ;
    dct:relation <https://ex.example/a/b.c> ;
    dct:title "L’été \"chaud\"\n"@fr,
        "plain" .
`
	if got := string(ttl); got != want {
		t.Errorf("Turtle:\n%s\nwant:\n%s", got, want)
	}
	jl, err := g.JSONLD(prefixes())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(jl), `"dct:title": [{"@language": "fr", "@value": "L’été \"chaud\"\n"}, "plain"]`) {
		t.Errorf("JSON-LD:\n%s", jl)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	for name, add := range map[string]func(*Graph){
		"relative subject":   func(g *Graph) { g.Add("b", Type, Text("x")) },
		"blank in predicate": func(g *Graph) { g.Add("a:b", "a:c d", Text("x")) },
		"closing bracket":    func(g *Graph) { g.Add("a:b", "a:c", Ref("a:x> <a:y")) },
		"backslash":          func(g *Graph) { g.Add("a:b", "a:c", Ref(`a:\u003E`)) },
		"not UTF-8":          func(g *Graph) { g.Add("a:b", "a:c", Text("\xff")) },
		"language":           func(g *Graph) { g.Add("a:b", "a:c", In("fr fr", "x")) },
		"datatype":           func(g *Graph) { g.Add("a:b", "a:c", Typed("x", "date")) },
		"scheme":             func(g *Graph) { g.Add("1:b", "a:c", Text("x")) },
	} {
		var g Graph
		add(&g)
		if g.Err() == nil || g.Len() != 0 {
			t.Errorf("%s: taken", name)
		}
		if _, err := g.NTriples(); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

// random makes a graph with awkward terms.
func random(r *rand.Rand) []Triple {
	iris := []string{"https://ex.example/", "https://ex.example/a", "https://ex.example/a/b", "https://ex.example/a/1", "urn:x:y-", "http://purl.org/dc/terms/title", "https://ex.example/é", "mailto:a@b.example"}
	texts := []string{"", " ", "a\"b\\c", "line\nline\r\t", "\x01\x7f", "é𝄞", "@fr", "^^", "true", "12", "{}", "\u2028"}
	pick := func(s []string) string { return s[r.IntN(len(s))] }
	var out []Triple
	for range r.IntN(30) {
		var o Term
		switch r.IntN(4) {
		case 0:
			o = Ref(IRI(pick(iris)))
		case 1:
			o = Text(pick(texts))
		case 2:
			o = In(pick([]string{"fr", "nl-BE", "en"}), pick(texts))
		default:
			o = Typed(pick(texts), IRI(pick([]string{XSD + "date", XSD + "integer", "https://ex.example/t"})))
		}
		p := IRI(pick(iris[1:6]))
		if o.IsIRI() && r.IntN(3) == 0 {
			p = Type
		}
		out = append(out, Triple{IRI(pick(iris)), p, o})
	}
	return out
}

func graphOf(ts []Triple) *Graph {
	g := &Graph{}
	for _, t := range ts {
		g.Add(t.S, t.P, t.O)
	}
	return g
}

// JSON-LD and N-Triples are read by another's parser, and are the same graph.
func TestFormsAreOneGraph(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		g := graphOf(random(r))
		if g.Err() != nil {
			t.Fatal(g.Err())
		}
		nt, err := g.NTriples()
		if err != nil {
			t.Fatal(err)
		}
		jl, err := g.JSONLD(prefixes())
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(jl, &doc); err != nil {
			t.Fatalf("graph %d: %v\n%s", n, err, jl)
		}
		o := ld.NewJsonLdOptions("")
		o.Format = "application/n-quads"
		got, err := ld.NewJsonLdProcessor().ToRDF(doc, o)
		if err != nil {
			t.Fatalf("graph %d: %v\n%s", n, err, jl)
		}
		if want, have := quads(t, string(nt)), quads(t, got.(string)); want != have {
			t.Fatalf("graph %d differs\nN-Triples:\n%s\nfrom JSON-LD:\n%s\n%s", n, want, have, jl)
		}
	}
}

// quads reads N-Quads with the other's parser and writes them in its order.
func quads(t *testing.T, s string) string {
	t.Helper()
	d, err := ld.ParseNQuads(s)
	if err != nil {
		t.Fatalf("%v\n%s", err, s)
	}
	lines := map[string]bool{}
	for _, q := range d.Graphs["@default"] {
		lines[fmt.Sprintf("%q %q %q %v", q.Subject.GetValue(), q.Predicate.GetValue(), q.Object.GetValue(), describe(q.Object))] = true
	}
	var all []string
	for l := range lines {
		all = append(all, l)
	}
	return strings.Join(sorted(all), "\n")
}

func describe(n ld.Node) string {
	if l, ok := n.(*ld.Literal); ok {
		return strings.ToLower(l.Language) + " " + l.Datatype
	}
	return "iri"
}

func sorted(s []string) []string {
	for i := range s {
		for j := i + 1; j < len(s); j++ {
			if s[j] < s[i] {
				s[i], s[j] = s[j], s[i]
			}
		}
	}
	return s
}

// Equal graphs give equal bytes, whatever the order they were filled in.
func TestOrderDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		ts := random(r)
		a := graphOf(ts)
		r.Shuffle(len(ts), func(i, j int) { ts[i], ts[j] = ts[j], ts[i] })
		b := graphOf(append(ts, ts...))
		for name, write := range map[string]func(*Graph) ([]byte, error){
			"Turtle": func(g *Graph) ([]byte, error) { return g.Turtle(prefixes()) }, "N-Triples": (*Graph).NTriples,
			"JSON-LD": func(g *Graph) ([]byte, error) { return g.JSONLD(prefixes()) },
		} {
			x, err := write(a)
			if err != nil {
				t.Fatal(err)
			}
			if y, _ := write(b); !bytes.Equal(x, y) {
				t.Fatalf("%s differs:\n%s\n%s", name, x, y)
			}
		}
	}
}
