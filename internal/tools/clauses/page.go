package clauses

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
)

// Row is what docs/conformance.yaml says of one clause.
type Row struct {
	Clause string `yaml:"clause"`
	Name   string `yaml:"name"`
	State  string `yaml:"state"` // yes, partly, no, informative
	Note   string `yaml:"note"`  // what is missing: owed for partly and no
	Of     string `yaml:"of"`    // clause of the operation whose cases prove this one too
}

// Page writes docs/conformance.md of the tree at root.
//
// Errors: a row that is not whole; a state yes or partly that no case proves;
// a case that names a clause without a row or one that is said not to be there.
func Page(root string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "conformance.yaml"))
	if err != nil {
		return nil, err
	}
	tests, err := Scan(filepath.Join(root, "test", "conformance", "ngsild"))
	if err != nil {
		return nil, err
	}
	var rows []Row
	if err := yaml.UnmarshalWithOptions(text, &rows, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("docs/conformance.yaml: %w", err)
	}
	return page(rows, tests)
}

func page(rows []Row, tests []Test) ([]byte, error) {
	byClause := map[string]int{}
	for _, t := range tests {
		for _, c := range t.Cases {
			byClause[c]++
		}
	}
	var b strings.Builder
	b.WriteString(head)
	states := map[string]int{}
	seen := map[string]bool{}
	for _, r := range rows {
		if r.Clause == "" || r.Name == "" || seen[r.Clause] {
			return nil, fmt.Errorf("docs/conformance.yaml: clause %q has no name or stands twice", r.Clause)
		}
		seen[r.Clause] = true
		cases := proving(byClause, r.Clause)
		if r.Of != "" {
			cases += proving(byClause, r.Of)
		}
		shown := r.State
		switch r.State {
		case "yes":
			if cases == 0 {
				return nil, fmt.Errorf("docs/conformance.yaml: %s (%s) is yes and no case of test/conformance/ngsild names it", r.Clause, r.Name)
			}
		case "partly", "no":
			if r.Note == "" || r.State == "partly" && cases == 0 {
				return nil, fmt.Errorf("docs/conformance.yaml: %s (%s) is %s and says not what is missing, or no case names it", r.Clause, r.Name, r.State)
			}
			shown += " (" + r.Note + ")"
		case "informative":
		default:
			return nil, fmt.Errorf("docs/conformance.yaml: %s: the state %q is not one of yes, partly, no, informative", r.Clause, r.State)
		}
		states[r.State]++
		fmt.Fprintf(&b, "| %s | %s | %s | %d |\n", r.Clause, r.Name, shown, cases)
	}
	for c := range byClause {
		if !known(seen, c) {
			return nil, fmt.Errorf("a test names the clause %s, which docs/conformance.yaml does not list", c)
		}
	}
	fmt.Fprintf(&b, "\n%d clauses: %d yes, %d partly, %d no, %d informative. %d tests.\n", len(rows), states["yes"], states["partly"], states["no"], states["informative"], len(tests))
	return []byte(b.String()), nil
}

const head = `<!-- generated from docs/conformance.yaml and test/conformance/ngsild: make gen -->

# Conformance to CIM 009 V1.9.1

Each clause of sections 4 to 7 of ETSI GS CIM 009 V1.9.1 (NGSI-LD): whether beffroi does as it says, and how many cases of
` + "`test/conformance/ngsild`" + ` name it, one below it, or the operation that it binds to HTTP. A test holds many requests, and
every one runs over both stores; ` + "`make conformance`" + ` prints what passes. Names are ours. *informative*: there is nothing to build.

| clause | what it is about | state | cases |
|---|---|---|--:|
`

// proving counts the cases that name a clause or one below it.
func proving(byClause map[string]int, clause string) int {
	n := 0
	for c, k := range byClause {
		if c == clause || strings.HasPrefix(c, clause+".") {
			n += k
		}
	}
	return n
}

// known tells whether a row stands for a clause, one above it or below it, or a
// sibling: a resource's address (6.6.2) beside its methods (6.6.3.1).
func known(rows map[string]bool, clause string) bool {
	parts := strings.SplitN(clause, ".", 3)
	family := strings.Join(parts[:min(len(parts), 2)], ".")
	for r := range rows {
		if r == family || strings.HasPrefix(r, family+".") {
			return true
		}
	}
	return false
}
