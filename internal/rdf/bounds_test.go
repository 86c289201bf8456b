package rdf

import (
	"strings"
	"testing"
)

// A triple that is left out counts towards the limit.
func TestBadTriplesCount(t *testing.T) {
	n := 0
	lim := Limits{Triples: 3, BadTerm: func(*SyntaxError) error { n++; return nil }}
	_, err := Read(strings.NewReader(strings.Repeat("<https://a.example/s> <https://a.example/p> <https://a.example/a b> .\n", 9)), TurtleForm, "", lim)
	if err == nil || !strings.Contains(err.Error(), "more than 3 triples") || n != 3 {
		t.Error(n, err)
	}
}

// What is repeated wherever it is used is short, and few.
func TestNamespacesAndAttributesAreBounded(t *testing.T) {
	long := "https://a.example/" + strings.Repeat("x", 8<<10)
	const head = `<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" `
	for in, form := range map[string]Form{
		"@prefix a: <" + long + "> .":                       TurtleForm,
		"BASE <" + long + ">":                               TurtleForm,
		head + `xmlns:a="` + long + `"/>`:                   RDFXMLForm,
		head + `xml:base="` + long + `"/>`:                  RDFXMLForm,
		head + strings.Repeat(`xmlns:a="a:b" `, 256) + `/>`: RDFXMLForm,
	} {
		_, err := Read(strings.NewReader(in), form, "", Limits{})
		if err == nil || !strings.Contains(err.Error(), "longer than 8192 bytes") && !strings.Contains(err.Error(), "more than 256 attributes") {
			t.Errorf("%.60s: %v", in, err)
		}
	}
}
