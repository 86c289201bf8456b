// Package sample is what TestScan reads.
package sample

import "testing"

var table = map[int]struct{ says string }{1: {"4.9, 5.7.2: what is right"}, 2: {"4.10: a place"}, 3: {"no clause"}}

func clauses(testing.TB, ...string) {}

func TestOne(t *testing.T) { clauses(t, "5.6.1", "6.4.3.1") }

func TestTable(t *testing.T) {
	for _, row := range table {
		clauses(t, row.says)
	}
}

func TestSilent(t *testing.T) { t.Log("says 5.6.1 in passing") }
