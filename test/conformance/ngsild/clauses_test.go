package ngsild_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// tally counts, by clause, the cases that ran and those that passed.
type tally struct {
	mu  sync.Mutex
	ran map[string]*score
}

type score struct {
	cases, passed int
}

var table = tally{ran: map[string]*score{}}

// clauses says that the case t proves the clauses ids of CIM 009 V1.9.1, such
// as "5.6.1" or "6.4.3.1". Call it first in the innermost subtest.
func clauses(t testing.TB, ids ...string) {
	t.Helper()
	t.Cleanup(func() {
		table.mu.Lock()
		defer table.mu.Unlock()
		for _, id := range ids {
			s := table.of(id)
			s.cases++
			if !t.Failed() && !t.Skipped() {
				s.passed++
			}
		}
	})
}

func (t *tally) of(id string) *score {
	s := t.ran[id]
	if s == nil {
		s = &score{}
		t.ran[id] = s
	}
	return s
}

// print writes the table, in the order of the clauses.
func (t *tally) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "clause\tcases\tpassed")
	ids := make([]string, 0, len(t.ran))
	for id := range t.ran {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, byClause)
	for _, id := range ids {
		s := t.ran[id]
		fmt.Fprintf(w, "%s\t%d\t%d\n", id, s.cases, s.passed)
	}
	w.Flush()
}

// byClause orders clause numbers: 5.6.2 before 5.6.10.
func byClause(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, _ := strconv.Atoi(as[i])
		y, _ := strconv.Atoi(bs[i])
		if c := cmp.Compare(x, y); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}

// TestMain prints the table of clauses when BEFFROI_CONFORMANCE_TABLE is set,
// as `make conformance` does.
func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("BEFFROI_CONFORMANCE_TABLE") != "" {
		table.print()
	}
	os.Exit(code)
}
