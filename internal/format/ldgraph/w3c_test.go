package ldgraph

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"

	"github.com/beffroi/beffroi/internal/rdf"
)

const testBase = "https://w3c.github.io/json-ld-api/tests/"

// unclaimed gives the tests of the W3C that are not promised, and why.
func unclaimed() map[string][]string {
	return map[string][]string{
		"json-gold resolves references against bases with dots, queries or double slashes otherwise than RFC 3986": {
			"#t0122", "#t0123", "#t0124", "#t0125", "#t0128", "#t0130", "#t0131", "#t0132", "#tli11", "#tli12", "#te111", "#te112"},
		"json-gold resolves the address of a context against @base, not against the document's address": {"#tc031", "#tso06"},
		"json-gold writes JSON literals (@json) otherwise than RFC 8785, or not at all": {
			"#tjs03", "#tjs07", "#tjs08", "#tjs14", "#tjs17", "#tjs18", "#tjs22", "#tjs23"},
		"json-gold lets a context pass that is not valid, or a value with it": {
			"#tc033", "#te123", "#tec02", "#ter52", "#ter54", "#ter56", "#tpr28"},
		"json-gold refuses a term in the form of a keyword behind @reverse, which is to be passed over": {"#tpr38", "#tpr39"},
		"json-gold does not know contexts in terms that stand for @nest":                                {"#tc037", "#tc038"},
		"json-gold takes no graph for the value of a container @graph whose context is null":            {"#tpr43"},
	}
}

func suite(t *testing.T) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader("testdata/toRdf.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

type w3cTest struct {
	ID     string   `json:"@id"`
	Type   []string `json:"@type"`
	Input  string   `json:"input"`
	Expect string   `json:"expect"`
	Option struct {
		Base           string `json:"base"`
		SpecVersion    string `json:"specVersion"`
		ProcessingMode string `json:"processingMode"`
		RDFDirection   string `json:"rdfDirection"`
		ExpandContext  string `json:"expandContext"`
		Generalized    bool   `json:"produceGeneralizedRdf"`
	} `json:"option"`
}

// Every test of the W3C for reading JSON-LD as RDF (JSON-LD 1.1 API, toRdf)
// passes or is named with the reason why it is not promised; one that is named
// and passes is an error, too.
func TestW3C(t *testing.T) {
	files := suite(t)
	var manifest struct {
		Sequence []w3cTest `json:"sequence"`
	}
	if err := json.Unmarshal(files["toRdf-manifest.jsonld"], &manifest); err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for reason, ids := range unclaimed() {
		for _, id := range ids {
			why[id] = reason
		}
	}
	passed, other := 0, map[string]int{}
	for _, test := range manifest.Sequence {
		switch o := test.Option; {
		case o.SpecVersion == "json-ld-1.0" || o.ProcessingMode == "json-ld-1.0":
			other["only of JSON-LD 1.0"]++
			continue
		case o.RDFDirection != "" || o.ExpandContext != "" || o.Generalized:
			other["of an option that Read does not have"]++
			continue
		}
		err := run(files, test)
		reason, named := why[test.ID]
		delete(why, test.ID)
		switch {
		case err == nil && named:
			t.Errorf("%s passes: take it off the list", test.ID)
		case err == nil:
			passed++
		case named:
			other[reason]++
		default:
			t.Errorf("%s: %v", test.ID, err)
		}
	}
	for id := range why {
		t.Errorf("%s is on the list and in no test", id)
	}
	t.Logf("%d of %d tests are promised and pass", passed, len(manifest.Sequence))
	for _, reason := range slices.Sorted(maps.Keys(other)) {
		t.Logf("not promised: %d: %s", other[reason], reason)
	}
	if passed != 409 {
		t.Errorf("%d tests pass, want 409", passed)
	}
}

func run(files map[string][]byte, test w3cTest) error {
	base := testBase + test.Input
	if test.Option.Base != "" {
		base = test.Option.Base
	}
	o := Options{Limits: rdf.Limits{Bytes: 1 << 20, Depth: 64, Triples: 1000}, Context: func(url string) ([]byte, error) {
		b, ok := files[strings.TrimPrefix(url, testBase)]
		if !ok {
			return nil, errors.New("not among the files")
		}
		return b, nil
	}}
	quads, err := toQuads(strings.NewReader(string(files[test.Input])), rdf.IRI(base), o)
	if slices.Contains(test.Type, "jld:NegativeEvaluationTest") {
		if err == nil {
			return errors.New("is taken, and should be refused")
		}
		return nil
	}
	if err != nil || test.Expect == "" {
		return err
	}
	want, err := ld.ParseNQuads(string(files[test.Expect]))
	if err != nil {
		return fmt.Errorf("the expected result: %w", err)
	}
	var expected []*ld.Quad
	for _, q := range want.Graphs {
		expected = append(expected, q...)
	}
	a, err := canonical(quads)
	if err != nil {
		return err
	}
	b, err := canonical(expected)
	if err != nil {
		return err
	}
	if a != b {
		return fmt.Errorf("got\n%s\nwant\n%s", a, b)
	}
	return nil
}

// canonical writes statements as Parse gives them on, their graphs beside
// them, whatever their blank nodes are called.
func canonical(quads []*ld.Quad) (string, error) {
	set, seen := ld.NewRDFDataset(), map[string]bool{}
	for _, q := range quads {
		if t := triple(q, nil); t.Check() != nil {
			continue
		}
		o := q.Object
		if l, ok := o.(ld.Literal); ok {
			o = ld.NewLiteral(l.Value, l.Datatype, strings.ToLower(l.Language))
		}
		graph := "@default"
		if q.Graph != nil {
			graph = q.Graph.GetValue()
		}
		if key := fmt.Sprint(graph, triple(q, nil), o); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		set.Graphs[graph] = append(set.Graphs[graph], ld.NewQuad(q.Subject, q.Predicate, o, graph))
	}
	options := ld.NewJsonLdOptions("")
	options.Algorithm = ld.AlgorithmURDNA2015
	options.Format = "application/n-quads"
	out, err := ld.NewJsonLdApi().Normalize(set, options)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(out), nil
}
