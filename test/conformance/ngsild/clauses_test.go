package ngsild_test

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	scan "github.com/beffroi/beffroi/internal/tools/clauses"
)

// deviations are the cases in which beffroi knowingly does other than a clause
// says. Each names the test that shows it, so that none is silent.
var deviations = []struct {
	clause string // one clause number
	test   string // the Test function that shows what is done instead, as trapsElsewhere has them
	what   string // what is done instead
	why    string
}{
	{"5.8.6", "internal/notify/http:TestSend", "an endpoint that answers any 2xx has the notification, not 200 alone", "endpoints answer 201, 202 and 204; a setting makes it 200 alone"},
}

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
// as "5.6.1" or "6.4.3.1". Call it first in the innermost subtest; write the
// numbers as literals, for docs/conformance.md is made by reading them.
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

// print writes the table in the order of the clauses, then the deviations.
func (t *tally) print(out io.Writer) error {
	known := map[string]int{}
	for _, d := range deviations {
		known[d.clause]++
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "clause\tcases\tpassed\tknown deviations")
	ids := make([]string, 0, len(t.ran))
	for id := range t.ran {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, byClause)
	cases, passed := 0, 0
	for _, id := range ids {
		s := t.ran[id]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", id, s.cases, s.passed, known[id])
		cases, passed = cases+s.cases, passed+s.passed
	}
	fmt.Fprintf(w, "%d clauses\t%d\t%d\t%d\n", len(ids), cases, passed, len(deviations))
	for _, d := range deviations {
		fmt.Fprintf(w, "\ndeviation from %s: %s\n    because %s (%s)\n", d.clause, d.what, d.why, d.test)
	}
	return w.Flush()
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

// TestMain appends the table of clauses to the file that
// BEFFROI_CONFORMANCE_TABLE names, as `make conformance` asks: with more than
// one package the go command shows nothing of what tests print.
func TestMain(m *testing.M) {
	code := m.Run()
	if path := os.Getenv("BEFFROI_CONFORMANCE_TABLE"); path != "" {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err == nil {
			err = table.print(f)
			f.Close()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "the table of clauses:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// Every test of this folder says which clauses it proves, and every deviation
// has a test.
func TestClausesAreNamed(t *testing.T) {
	found := tests{}.in(t, here)
	if len(found) < 30 {
		t.Fatal(len(found))
	}
	for _, f := range found {
		// This file's own tests are about the table, not about the API.
		if f.File != "clauses_test.go" && (!f.Calls || len(f.Cases) == 0) {
			t.Errorf("%s: %s names no clause: call clauses(w, \"5.6.1\") in its innermost case", f.File, f.Name)
		}
	}
	known := tests{}
	for _, d := range deviations {
		if !known.has(t, d.test) {
			t.Errorf("the deviation from %s (%s) has no case: there is no test %s", d.clause, d.what, d.test)
		}
		if d.clause == "" || d.what == "" || d.why == "" {
			t.Errorf("the deviation from %s says not what or not why", d.clause)
		}
	}
}

// Each of the 91 traps has its test, or waits for what it is about.
func TestEveryTrapHasItsTest(t *testing.T) {
	known := tests{}
	for n := 1; n <= 91; n++ {
		places := 0
		if _, ok := traps[n]; ok {
			places++
		}
		if trapsLater[n] != "" {
			places++
		}
		if where := trapsElsewhere[n]; where != "" {
			if places++; !known.has(t, where) {
				t.Errorf("trap %d: there is no test %s", n, where)
			}
		}
		if places != 1 {
			t.Errorf("trap %d stands in %d of traps, trapsElsewhere and trapsLater; it has to in one", n, places)
		}
	}
}

const here = "test/conformance/ngsild"

// tests are those of folders, by the folder, as they are asked for.
type tests map[string][]scan.Test

func (ts tests) in(t *testing.T, dir string) []scan.Test {
	t.Helper()
	if ts[dir] == nil {
		found, err := scan.Scan(filepath.Join("..", "..", "..", dir))
		if err != nil {
			t.Fatal(err)
		}
		ts[dir] = found
	}
	return ts[dir]
}

// has tells whether there is a test: "TestX" in this folder, "folder:TestX" in
// another.
func (ts tests) has(t *testing.T, where string) bool {
	t.Helper()
	dir, name, elsewhere := strings.Cut(where, ":")
	if !elsewhere {
		dir, name = here, where
	}
	return slices.ContainsFunc(ts.in(t, dir), func(x scan.Test) bool { return x.Name == name })
}
