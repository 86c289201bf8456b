package clauses

import (
	"strings"
	"testing"
)

// docs/conformance.md can be made of the tree as it is: what is said to be
// there has a case.
func TestPageOfTree(t *testing.T) {
	if _, err := Page("../../.."); err != nil {
		t.Error(err)
	}
}

func TestPage(t *testing.T) {
	tests := []Test{{Name: "TestA", Cases: []string{"5.6.1.4", "5.6.1", "6.4.3.1"}}}
	good := []Row{{Clause: "5.6.1", Name: "create", State: "yes"}, {Clause: "5.2.4", Name: "entity", State: "yes", Of: "5.6.1"}, {Clause: "6.4", Name: "entities", State: "partly", Note: "a thing"}, {Clause: "5.9", Name: "registrations", State: "no", Note: "part 2"}, {Clause: "4.1", Name: "words", State: "informative"}}
	b, err := page(good, tests)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 5.6.1 | create | yes | 2 |", "| 5.2.4 | entity | yes | 2 |", "| 6.4 | entities | partly (a thing) | 1 |", "no (part 2)", "5 clauses: 2 yes, 1 partly, 1 no, 1 informative. 1 tests."} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the page lacks %s:\n%s", want, b)
		}
	}
	for what, rows := range map[string][]Row{
		"no case":       {{Clause: "5.6.1", Name: "create", State: "yes"}, {Clause: "6.4", Name: "e", State: "yes"}, {Clause: "4.9", Name: "q", State: "yes"}},
		"no note":       {{Clause: "5.6.1", Name: "create", State: "partly"}, {Clause: "6.4", Name: "e", State: "yes"}},
		"no such state": {{Clause: "5.6.1", Name: "create", State: "maybe"}},
		"twice":         {{Clause: "5.6.1", Name: "create", State: "yes"}, {Clause: "5.6.1", Name: "create", State: "yes"}},
		"not listed":    {{Clause: "5.6.1", Name: "create", State: "yes"}},
	} {
		if _, err := page(rows, tests); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
}

func TestScan(t *testing.T) {
	tests, err := Scan("testdata")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, x := range tests {
		got[x.Name] = strings.Join(x.Cases, " ")
		if x.Calls != (x.Name != "TestSilent") {
			t.Errorf("%s: calls clauses: %v", x.Name, x.Calls)
		}
	}
	if got["TestOne"] != "5.6.1 6.4.3.1" || got["TestTable"] != "4.9 5.7.2 4.10" || got["TestSilent"] != "" || len(got) != 3 {
		t.Errorf("%v", got)
	}
}
