package ldgraph

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/rdf"
)

func read(in string, o Options) (string, error) {
	g, err := Read(strings.NewReader(in), "http://h/a/", o)
	if err != nil {
		return "", err
	}
	nt, err := g.NTriples()
	return string(nt), err
}

// The contexts of DCAT-AP are at hand; named graphs are read with the rest.
func TestRead(t *testing.T) {
	hvd, err := read(`{"@context":"https://semiceu.github.io/DCAT-AP/releases/3.0.0-hvd/context/hvd.jsonld","@id":"urn:d","@type":"Dcat:Dataset","dcatap:hvdCategory":"urn:c"}`, Options{})
	if err != nil || !strings.Contains(hvd, "<http://data.europa.eu/r5r/hvdCategory> <urn:c>") || !strings.Contains(hvd, "<http://www.w3.org/ns/dcat#Dataset>") {
		t.Errorf("%v\n%s", err, hvd)
	}
	in := "\xEF\xBB\xBF" + `{"@context": "https://semiceu.github.io/DCAT-AP/releases/3.0.1/context/dcat-ap.jsonld", "@graph": [
	 {"@id": "d", "@type": "Dataset", "title": {"@language": "FR", "@value": "é"}, "datasetDistribution": [{"@type": "Distribution", "accessUrl": "http://h/x"}]}]}`
	want := "_:b0 <" + rdf.RDF + "type> <http://www.w3.org/ns/dcat#Distribution> .\n_:b0 <http://www.w3.org/ns/dcat#accessURL> <http://h/x> .\n" +
		"<http://h/a/d> <" + rdf.RDF + "type> <http://www.w3.org/ns/dcat#Dataset> .\n<http://h/a/d> <http://purl.org/dc/terms/title> \"é\"@fr .\n" +
		"<http://h/a/d> <http://www.w3.org/ns/dcat#distribution> _:b0 .\n"
	for range 5 {
		if got, err := read(in, Options{}); err != nil || got != want {
			t.Fatalf("%v\n%s\nwant\n%s", err, got, want)
		}
	}
	got, err := read(`{"@id":"urn:g","@graph":[{"@id":"urn:a","urn:p":[1,1.5,true]}],"urn:q":"x"}`, Options{})
	if err != nil || strings.Count(got, "\n") != 4 || !strings.Contains(got, `"1"^^<`+rdf.XSD+`integer>`) {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestReadRefuses(t *testing.T) {
	many := func(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	var terms []string
	for i := range 9000 {
		terms = append(terms, fmt.Sprintf(`"t%d":{"@id":"urn:t"}`, i))
	}
	scoped := `{"@context":{"p":{"@id":"urn:p","@context":{` + strings.Join(terms, ",") + `}}},"@graph":[` + many(9000, `{"p":{}}`) + `]}`
	long := `{"@context":{"a":"urn:` + strings.Repeat("x", 2000) + `"},"@graph":[` + many(300_000, `"a:b"`) + `]}`
	for in, want := range map[string]string{
		`{"a":`:                           "not JSON: line 1, column 6",
		`{"@context":{"@protected":"x"}}`: "JSON-LD",
		`{"":[1,2]}`:                      "JSON-LD",
		`{"@context":"http://h/c"}`:       "http://h/c is not at hand",
		`{"@id":1}`:                       "not JSON-LD: invalid @id value",
		strings.Repeat(`{"urn:a":`, 200) + "1" + strings.Repeat("}", 200): "not JSON",
		`{"@id":"urn:a","urn:p":[1,2,3,4,5,6,7,8,9,10,11]}`:               "more than 10 triples",
		scoped: "contexts within contexts",
		long:   "written out",
		`{"@context":{"a":"b:x","b":"` + strings.Repeat("x", 5000) + `"}}`: "too long",
	} {
		_, err := read(in, Options{Limits: rdf.Limits{Triples: 10}})
		var p *problem.Error
		if !errors.As(err, &p) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %s", in, err, want)
		}
	}
	if _, err := read("{      }", Options{Limits: rdf.Limits{Bytes: 3}}); err == nil || !strings.Contains(err.Error(), "longer than 3 bytes") {
		t.Error(err)
	}
	calls := 0
	_, err := read(`[`+many(100, `{"@context":"http://h/c"}`)+`]`, Options{Context: func(string) ([]byte, error) {
		calls++
		return []byte(`{"@context":{}}`), nil
	}})
	if calls != 1 || err == nil || !strings.Contains(err.Error(), "more than 64 times") {
		t.Errorf("%d calls, %v", calls, err)
	}
	broken := errors.New("no answer")
	if _, err := read(`{"@context":"http://h/c"}`, Options{Context: func(string) ([]byte, error) { return nil, broken }}); !errors.Is(err, broken) || problem.KindOf(err) != problem.LdContextNotAvailable {
		t.Error(err)
	}
}

// A statement with an IRI that cannot be one is left out.
func TestBadIRI(t *testing.T) {
	got, err := read(`{"@id":"urn:a","urn:p":[{"@id":"http://h/a b"},{"@id":"urn:b"}]}`, Options{})
	if err != nil || got != "<urn:a> <urn:p> <urn:b> .\n" {
		t.Errorf("%v %q", err, got)
	}
	why := errors.New("x")
	var heard *rdf.SyntaxError
	if err := dropped(why, nil); problem.KindOf(err) != problem.BadRequestData || !errors.Is(err, why) {
		t.Error(err)
	}
	if err := dropped(why, func(e *rdf.SyntaxError) error { heard = e; return nil }); err != nil || heard.Reason != "x" {
		t.Error(err)
	}
}

// What rdf writes as JSON-LD is read as the same graph; no text is a panic.
func FuzzRead(f *testing.F) {
	f.Add(`{"@context":{"a":{"@id":"urn:a","@type":"@id"}},"@id":"x","a":["y",{"@list":[1,"b"]}]}`)
	f.Add(`{"@context":{"@protected":"x"},"":[1,2]}`)
	f.Add(`{"@context":{"@vocab":"urn:v#","n":"@nest"},"@type":"T","n":{"p":{"@value":"v","@language":"fr"}},"@included":[{"@id":"_:c"}]}`)
	f.Fuzz(func(t *testing.T, in string) {
		o := Options{Limits: rdf.Limits{Bytes: 1 << 16, Depth: 8}}
		g, err := Read(strings.NewReader(in), "http://h/", o)
		if err != nil {
			return
		}
		b, err := g.JSONLD(nil)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Read(strings.NewReader(string(b)), "http://h/", Options{})
		if err != nil || back.Len() != g.Len() {
			t.Fatalf("%v\n%s", err, b)
		}
	})
}
