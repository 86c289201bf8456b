package vocab

import (
	"net/url"
	"regexp"
	"testing"
)

func TestTermsAreNamesForIRIs(t *testing.T) {
	name := regexp.MustCompile(`^\p{L}[\p{L}\p{N}_]*$`) // CIM 009, 4.6.2
	seen := map[string]string{}
	for short, iri := range Terms() {
		if !name.MatchString(short) {
			t.Errorf("%q cannot be a short name", short)
		}
		if u, err := url.Parse(iri); err != nil || !u.IsAbs() {
			t.Errorf("%s: %q is not an IRI", short, iri)
		}
		if other, twice := seen[iri]; twice {
			t.Errorf("%s and %s stand for the same %s", short, other, iri)
		}
		seen[iri] = short
	}
	if len(seen) < 80 {
		t.Errorf("only %d terms", len(seen))
	}
}

func TestTermPanicsOnUnknown(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an unknown term was given an IRI")
		}
	}()
	Term("noSuchTerm")
}
