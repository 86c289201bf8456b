// Package archtest holds the rules that keep the source tree in shape: who
// may import whom, what the inner rings must not touch, how long a file may
// grow, what a committed file must not name.
//
// It is for tests alone. Its own test runs every rule over the repository and
// over small trees in testdata that break it, so no rule is believed that has
// not been seen failing. It is not a style guide: a matter of taste has no
// place here.
//
// What always holds: a rule is a pure function of a [Tree]. It reports every
// place that breaks it, in order of path and line, and never stops at the first.
package archtest

import (
	"cmp"
	"fmt"
	"slices"
)

// Finding is one place that breaks one rule.
type Finding struct {
	Path string // slash-separated, from the root of the tree
	Line int    // from 1; 0 when the whole file or package is meant
	Text string // what is wrong and how to mend it
}

// String gives the finding as compilers do: path, line, text.
func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.Path, f.Text)
	}
	return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Text)
}

// Rule is one promise about the tree.
type Rule struct {
	Name  string // as its file in testdata is called
	Check func(*Tree) []Finding
}

// Rules returns every rule, in the order they are best read in.
func Rules() []Rule {
	return []Rule{
		{"rings", checkRings},
		{"pure", checkPure},
		{"clock", checkClock},
		{"cgo", checkCgo},
		{"outbound", checkOutbound},
		{"writer", checkWriter},
		{"sql", checkSQL},
		{"errors", checkErrors},
		{"names", checkNames},
		{"globals", checkGlobals},
		{"comments", checkComments},
		{"length", checkLength},
		{"todo", checkTodo},
		{"hosts", checkHosts},
		{"reasons", checkReasons},
		{"links", checkLinks},
	}
}

// sorted puts findings in order of path, line and text.
func sorted(fs []Finding) []Finding {
	slices.SortFunc(fs, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return fs
}
