package quality

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/shacl"
)

const at = "http://x.test"

// dataset is a graph that has every point; a test takes something away.
func dataset() *rdf.Graph {
	g := &rdf.Graph{}
	ref := func(s, p rdf.IRI, o rdf.IRI) { g.Add(s, p, rdf.Ref(o)) }
	d := rdf.IRI(at + "/d")
	ref(d, rdf.Type, dcat+"Dataset")
	g.Add(d, dct+"title", rdf.In("fr", "Vélos"))
	g.Add(d, dct+"description", rdf.In("fr", "Les vélos"))
	g.Add(d, dcat+"keyword", rdf.In("fr", "vélo"))
	ref(d, dcat+"theme", catalogue.Authority+"data-theme/TRAN")
	ref(d, dct+"spatial", at+"/place")
	ref(d, dct+"temporal", at+"/time")
	ref(d, dct+"accessRights", catalogue.Authority+"access-right/PUBLIC")
	ref(d, dcat+"contactPoint", at+"/contact")
	ref(d, dct+"publisher", at+"/city")
	g.Add(d, dct+"issued", rdf.Typed("2026-01-01", rdf.XSD+"date"))
	g.Add(d, dct+"modified", rdf.Typed("2026-01-02", rdf.XSD+"date"))
	for _, name := range []rdf.IRI{"csv", "api"} {
		x := at + "/" + name
		ref(d, dcat+"distribution", x)
		ref(x, dcat+"accessURL", x+"/get")
		ref(x, dct+"format", catalogue.Authority+"file-type/CSV")
		ref(x, dcat+"mediaType", "https://"+iana+"text/csv")
		ref(x, dct+"license", catalogue.Authority+"licence/CC0")
		ref(x, dct+"rights", at+"/rights")
		g.Add(x, dct+"issued", rdf.Typed("2026-01-01", rdf.XSD+"date"))
		g.Add(x, dct+"modified", rdf.Typed("2026-01-02", rdf.XSD+"date"))
	}
	ref(at+"/csv", dcat+"downloadURL", at+"/csv/get")
	g.Add(at+"/csv", dcat+"byteSize", rdf.Typed("5", rdf.XSD+"nonNegativeInteger"))
	ref(at+"/api", dcat+"accessService", at+"/service")
	return g
}

func without(g *rdf.Graph, s, p rdf.IRI) *rdf.Graph {
	out := &rdf.Graph{}
	for _, t := range g.Triples() {
		if t.S != s || t.P != p {
			out.Add(t.S, t.P, t.O)
		}
	}
	return out
}

func score(g *rdf.Graph, conforms bool) Score {
	return ScoreOf(Given{Graph: g, Dataset: at + "/d", Conforms: conforms, Answers: func(a string) bool { return strings.HasPrefix(a, at+"/") }})
}

// TestPoints holds the points of each indicator against the table of the
// methodology, by taking away what gives them.
func TestPoints(t *testing.T) {
	whole := score(dataset(), true)
	want := []Dimension{{"findability", 100, 100}, {"accessibility", 100, 100}, {"interoperability", 110, 110}, {"reusability", 75, 75}, {"contextuality", 20, 20}}
	if d := cmp.Diff(want, whole.Dimensions); d != "" || whole.Points != Max || whole.Rating != Excellent || len(whole.Missing()) != 0 {
		t.Fatalf("%s %v\n%s", whole, whole.Missing(), d)
	}
	const d, csv, api = rdf.IRI(at + "/d"), rdf.IRI(at + "/csv"), rdf.IRI(at + "/api")
	for _, c := range []struct {
		s, p rdf.IRI
		lost int
	}{
		{d, dcat + "keyword", 30}, {d, dcat + "theme", 30}, {d, dct + "spatial", 20}, {d, dct + "temporal", 20},
		{csv, dcat + "accessURL", 25}, {csv, dcat + "downloadURL", 50}, {api, dct + "format", 10 + 5}, {csv, dcat + "mediaType", 5 + 5},
		{csv, dct + "license", 10 + 5}, {d, dct + "accessRights", 10 + 5}, {d, dcat + "contactPoint", 20}, {d, dct + "publisher", 10},
		{api, dct + "rights", 3}, {csv, dcat + "byteSize", 5}, {d, dct + "issued", 2}, {api, dct + "modified", 2}, {d, dcat + "distribution", 50 + 50 + 80 + 30 + 10},
	} {
		if got := Max - score(without(dataset(), c.s, c.p), true).Points; got != c.lost {
			t.Errorf("without %s of %s %d points are lost, not %d", c.p, c.s, got, c.lost)
		}
	}
	if got := score(dataset(), false).Points; got != Max-30 {
		t.Errorf("not conforming: %d", got)
	}
	for _, c := range []struct {
		s, p, o rdf.IRI
		lost    int
	}{
		{csv, dcat + "accessURL", "http://elsewhere.test/x", 25}, {csv, dcat + "downloadURL", "http://elsewhere.test/x", 30},
		{csv, dcat + "mediaType", "http://" + iana + "application/pdf", 0}, {csv, dcat + "mediaType", "http://elsewhere.test/csv", 5},
		{csv, dct + "format", "http://elsewhere.test/csv", 5}, {csv, dct + "license", "http://elsewhere.test/licence", 5}, {d, dct + "accessRights", "http://elsewhere.test/rights", 5},
	} {
		g := without(dataset(), c.s, c.p)
		g.Add(c.s, c.p, rdf.Ref(c.o))
		if got := Max - score(g, true).Points; got != c.lost {
			t.Errorf("with %s as %s %d points are lost, not %d", c.o, c.p, got, c.lost)
		}
	}
}

// TestForms: what a distribution is may be told by format or by media type; a
// share of the points is rounded down.
func TestForms(t *testing.T) {
	const csv = rdf.IRI(at + "/csv")
	for _, c := range []struct {
		code, media string
		lost        int
	}{
		{"CSV", "text/csv", 0}, {"XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 10}, {"PDF", "application/pdf", 20},
		{"", "application/vnd.apache.parquet", 10 + 5}, {"", "", 10 + 5 + 5 + 10 + 10},
	} {
		g := without(without(dataset(), csv, dct+"format"), csv, dcat+"mediaType")
		if c.code != "" {
			g.Add(csv, dct+"format", rdf.Ref(rdf.IRI(catalogue.Authority+"file-type/"+c.code)))
		}
		if c.media != "" {
			g.Add(csv, dcat+"mediaType", rdf.Ref(rdf.IRI("https://"+iana+c.media)))
		}
		s := score(g, true)
		if got := Max - s.Points; got != c.lost {
			t.Errorf("%s %s: %d points are lost, not %d: %+v", c.code, c.media, got, c.lost, s.Missing())
		}
	}
}

func TestRatings(t *testing.T) {
	for points, want := range map[int]Rating{405: Excellent, 351: Excellent, 350: Good, 221: Good, 220: Sufficient, 121: Sufficient, 120: Bad, 0: Bad} {
		if got := RatingOf(points); got != want {
			t.Errorf("%d is %s, not %s", points, got, want)
		}
	}
	for _, i := range indicators() {
		for _, l := range catalogue.Languages() {
			if i.title[l] == "" {
				t.Errorf("%s has no name in %s", i.key, l)
			}
		}
	}
}

// TestAssess holds a dataset that beffroi emits against the shapes that the
// program carries, and one whose title is missing.
func TestAssess(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "api", "dcat", "testdata", "golden", "high-value.ttl"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := rdf.Read(bytes.NewReader(text), rdf.TurtleForm, "http://x.test/", rdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var iri rdf.IRI
	for _, x := range g.Triples() {
		if x.P == rdf.Type && x.O == rdf.Ref(dcat+"Dataset") {
			iri = x.S
			break
		}
	}
	ours := func(string) bool { return true }
	found, err := Assess(g, iri, ours)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found.Findings {
		if f.Severity == shacl.Violation {
			t.Errorf("%+v", f)
		}
	}
	if len(found.Looked) != 2 || found.Looked["DCAT-AP 3.0.1"] < 20 || found.Looked["DCAT-AP HVD 3.0.0"] < 10 {
		t.Errorf("focus nodes %v", found.Looked)
	}
	t.Logf("%s: %s; focus nodes %v", iri, found.Score, found.Looked)
	worse, err := Assess(without(g, iri, dct+"title"), iri, ours)
	if err != nil {
		t.Fatal(err)
	}
	if found.Score.Points-worse.Score.Points != 30 {
		t.Errorf("without a title: %s, before %s", worse.Score, found.Score)
	}
	title := 0
	for _, f := range worse.Findings {
		if f.Field == "title" && f.Focus == string(iri) && f.Severity == shacl.Violation {
			title++
		}
	}
	if title == 0 {
		t.Errorf("the title is not missed: %+v", worse.Findings)
	}
}

// TestShapes: the program's copy of the shapes is the one that test/shacl uses.
func TestShapes(t *testing.T) {
	for _, file := range []string{"dcat-ap-SHACL.ttl", "hvd-SHACL-full.ttl"} {
		own, err := os.ReadFile(filepath.Join("shapes", file))
		if err != nil {
			t.Fatal(err)
		}
		other, err := os.ReadFile(filepath.Join("..", "..", "..", "test", "shacl", "testdata", "shapes", file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(own, other) {
			t.Errorf("%s differs from that of test/shacl", file)
		}
	}
}
