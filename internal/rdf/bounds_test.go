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
