package shacl

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/rdf"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	dcatNS = "http://www.w3.org/ns/dcat#"
	dctNS  = "http://purl.org/dc/terms/"
	foafNS = "http://xmlns.com/foaf/0.1/"
	skosNS = "http://www.w3.org/2004/02/skos/core#"
)

func shapesOf(t testing.TB, file string) (*rdf.Graph, *Shapes) {
	t.Helper()
	g := readTurtle(t, filepath.Join("..", "..", "test", "shacl", "testdata", "shapes", file), rdf.IRI("http://beffroi.test/shapes/"+file))
	s, err := Compile(g, Limits{})
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return g, s
}

func catalogueOf(t testing.TB, file string) *rdf.Graph {
	t.Helper()
	return readTurtle(t, filepath.Join("..", "api", "dcat", "testdata", "golden", file), rdf.IRI("http://beffroi.test/data"))
}

// allCatalogues are the catalogues that beffroi emits with the shapes that
// speak of them.
func allCatalogues() map[string][]string {
	return map[string][]string{
		"catalog.ttl":    {"dcat-ap-SHACL.ttl", "shapes.ttl", "range.ttl", "shapes_recommended.ttl", "mdr-vocabularies.shape.ttl", "deprecateduris.ttl"},
		"high-value.ttl": {"hvd-SHACL.ttl", "hvd-SHACL-full.ttl", "dcat-ap-SHACL.ttl", "shapes.ttl", "range.ttl"},
	}
}

// TestUndescribed names the fault of the official shapes: two properties of
// the data service that are listed and nowhere described.
func TestUndescribed(t *testing.T) {
	const service = "https://semiceu.github.io/DCAT-AP/releases/3.0.1#dcat:DataServiceShape/"
	_, s := shapesOf(t, "dcat-ap-SHACL.ttl")
	want := []rdf.IRI{service + "dc08f4dca4377fade57f89454e3fa06a8389d314", service + "eb3ac4e4fdde2e2588a9502c5956060a18c5c99f"}
	if d := cmp.Diff(want, s.Undescribed()); d != "" {
		t.Error(d)
	}
	for _, files := range allCatalogues() {
		for _, file := range files {
			if _, s := shapesOf(t, file); file != "dcat-ap-SHACL.ttl" && len(s.Undescribed()) > 0 {
				t.Errorf("%s: %v", file, s.Undescribed())
			}
		}
	}
}

// looked counts focus nodes by class.
func looked(r *Report) map[rdf.IRI]int {
	out := map[rdf.IRI]int{}
	for _, l := range r.Looked {
		for _, c := range l.Classes {
			out[c] = l.Nodes
		}
	}
	return out
}

// TestOfficialShapes holds what beffroi emits against the official shapes, and
// says at how many nodes they looked.
func TestOfficialShapes(t *testing.T) {
	want := map[string]map[string]int{
		"catalog.ttl":    {dcatNS + "Catalog": 1, dcatNS + "Dataset": 12, dcatNS + "Distribution": 96, dcatNS + "DataService": 1},
		"high-value.ttl": {dcatNS + "Catalog": 1, dcatNS + "Dataset": 3, dcatNS + "Distribution": 24, dcatNS + "DataService": 1},
	}
	for data, files := range allCatalogues() {
		g := catalogueOf(t, data)
		for _, file := range files {
			t.Run(data+"/"+file, func(t *testing.T) {
				_, s := shapesOf(t, file)
				r, err := s.Validate(g)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range r.Results {
					if x.Severity == Violation {
						t.Errorf("%s %s: %s %s", x.Focus.Value(), x.Path, x.Component, x.Value.Value())
					}
				}
				got := looked(r)
				for class, n := range want[data] {
					if m, there := got[rdf.IRI(class)]; there && m != n {
						t.Errorf("%d focus nodes of %s, not %d", m, class, n)
					}
				}
				for _, class := range slices.Sorted(maps.Keys(got)) {
					if got[class] > 0 {
						t.Logf("%s: %d focus nodes", class, got[class])
					}
				}
			})
		}
	}
}

type must struct{ class, path rdf.IRI }

// mandatory lists the properties that shapes ask for at least once.
func mandatory(shapes *rdf.Graph) []must {
	x := indexOf(shapes)
	var out []must
	for _, t := range x.byPredicate[SH+"targetClass"] {
		for _, p := range x.objects(rdf.Ref(t.S), SH+"property") {
			path, low, sev := x.objects(p, SH+"path"), x.objects(p, SH+"minCount"), x.objects(p, SH+"severity")
			if len(path) != 1 || isBlank(path[0]) || len(low) != 1 || low[0].Value() == "0" || len(sev) > 0 && sev[0] != rdf.Ref(Violation) {
				continue
			}
			m := must{rdf.IRI(t.O.Value()), rdf.IRI(path[0].Value())}
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// without gives a graph less the values of one property of one node.
func without(g *rdf.Graph, s, p rdf.IRI) *rdf.Graph {
	out := &rdf.Graph{}
	for _, t := range g.Triples() {
		if t.S != s || t.P != p {
			out.Add(t.S, t.P, t.O)
		}
	}
	return out
}

// TestMandatory removes each mandatory property in turn: it must be missed.
func TestMandatory(t *testing.T) {
	for data, files := range map[string][]string{"catalog.ttl": {"dcat-ap-SHACL.ttl", "shapes.ttl"}, "high-value.ttl": {"hvd-SHACL-full.ttl"}} {
		g := catalogueOf(t, data)
		for _, file := range files {
			shapes, s := shapesOf(t, file)
			tried := 0
			for _, m := range mandatory(shapes) {
				nodes := indexOf(g).instances(m.class)
				if len(nodes) == 0 {
					continue
				}
				tried++
				node := rdf.IRI(nodes[0].Value())
				r, err := s.Validate(without(g, node, m.path))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.ContainsFunc(r.Results, func(x Result) bool {
					return x.Severity == Violation && x.Focus == nodes[0] && x.Predicate == m.path && x.Component == SH+"MinCountConstraintComponent"
				}) {
					t.Errorf("%s: without %s of %s nothing is found wrong", file, m.path, node)
				}
			}
			t.Logf("%s, %s: %d mandatory properties tried", data, file, tried)
			if tried < 8 {
				t.Errorf("%s: only %d mandatory properties were tried", file, tried)
			}
		}
	}
}

// verdict is what the engine says of one catalogue: whole, or what changes
// without one property of one node.
type verdict struct {
	Shapes  string     `json:"shapes"`
	Data    string     `json:"data"`
	Without *[2]string `json:"without,omitzero"` // subject, predicate
	Found   []string   `json:"found"`            // severity, focus, predicate, component, value; sorted
	Gone    []string   `json:"gone,omitzero"`    // found in the whole, no longer here
}

// TestVerdicts keeps the file that test/shacl compares with another engine:
// every official file on every catalogue, and for the largest with each
// property that occurs removed from the first node of each class.
func TestVerdicts(t *testing.T) {
	var out []verdict
	for _, data := range []string{"catalog.ttl", "high-value.ttl"} {
		g := catalogueOf(t, data)
		for _, file := range allCatalogues()[data] {
			shapes, s := shapesOf(t, file)
			whole := judge(t, s, g)
			out = append(out, verdict{Shapes: file, Data: data, Found: whole})
			if !(data == "catalog.ttl" && (file == "dcat-ap-SHACL.ttl" || file == "range.ttl") || file == "hvd-SHACL-full.ttl") {
				continue
			}
			for _, cut := range cuts(shapes, g) {
				got := judge(t, s, without(g, rdf.IRI(cut[0]), rdf.IRI(cut[1])))
				out = append(out, verdict{file, data, &cut, except(got, whole), except(whole, got)})
			}
		}
	}
	var b bytes.Buffer
	if err := json.MarshalWrite(&b, out, jsontext.WithIndent(" ")); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	golden := filepath.Join("..", "..", "test", "shacl", "testdata", "verdicts.json")
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, b.Bytes()) {
		t.Errorf("%s is not what the engine says: run with -update, look at the difference, and run test/shacl", golden)
	}
	t.Logf("%d verdicts", len(out))
}

// except gives what is in a and not in b.
func except(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// cuts are the properties of the first node of each class that shapes target.
func cuts(shapes, g *rdf.Graph) [][2]string {
	x, y := indexOf(shapes), indexOf(g)
	var out [][2]string
	for _, t := range x.byPredicate[SH+"targetClass"] {
		nodes := y.instances(rdf.IRI(t.O.Value()))
		if len(nodes) == 0 {
			continue
		}
		slices.SortFunc(nodes, compareTerms)
		for _, f := range y.g.Of(rdf.IRI(nodes[0].Value())) {
			cut := [2]string{string(f.S), string(f.P)}
			if !slices.Contains(out, cut) {
				out = append(out, cut)
			}
		}
	}
	return out
}

func judge(t *testing.T, s *Shapes, g *rdf.Graph) []string {
	t.Helper()
	r, err := s.Validate(g)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, x := range r.Results {
		out = append(out, fmt.Sprintf("%s %s %s %s %s", strings.TrimPrefix(string(x.Severity), SH), x.Focus.Value(), x.Predicate, strings.TrimPrefix(string(x.Component), SH), x.Value.Value()))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
