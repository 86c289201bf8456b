package main

import (
	"net/url"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

// The table that three generated things come from is sound.
func TestProblemTable(t *testing.T) {
	if faults := problemFaults(problem.Kinds()); len(faults) > 0 {
		t.Errorf("the table of kinds: %q", faults)
	}
	bad := []problem.Info{
		{Name: "A", URI: "https://example.org/a", Status: 400, Title: "A", When: "a"},
		{Name: "A", URI: "https://example.org/a", Status: 200, Title: "", When: ""},
		{Name: "B", URI: "no address", Status: 400, Title: "B", When: "b"},
	}
	if faults := problemFaults(bad); len(faults) != 6 {
		t.Errorf("a bad table has %d faults, want 6: %q", len(faults), faults)
	}
}

// problemFaults says what is wrong with a table of kinds.
func problemFaults(kinds []problem.Info) []string {
	var out []string
	names, uris := map[string]bool{}, map[string]bool{}
	for _, k := range kinds {
		need := func(ok bool, what string) {
			if !ok {
				out = append(out, k.Name+": "+what)
			}
		}
		u, err := url.Parse(k.URI)
		need(err == nil && u.Scheme == "https" && u.Host != "", "the URI is not an absolute https address")
		need(!names[k.Name], "the name is taken")
		need(!uris[k.URI], "the URI is taken")
		need(k.Status >= 400 && k.Status < 600, "the status is no failure")
		need(k.Title != "", "no title")
		need(k.When != "", "no description")
		names[k.Name], uris[k.URI] = true, true
	}
	return out
}
