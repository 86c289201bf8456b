package law

import (
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

func shippedBook(t testing.TB) *Book {
	t.Helper()
	b, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func amended(t testing.TB, b *Book, id string, pairs ...string) *RuleSet {
	t.Helper()
	text, err := ShippedSource(id)
	if err != nil {
		t.Fatal(err)
	}
	s := string(text)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(s, pairs[i]) {
			t.Fatalf("no %q in %s", pairs[i], id)
		}
		s = strings.Replace(s, pairs[i], pairs[i+1], 1)
	}
	set, err := b.Parse([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestCompare(t *testing.T) {
	b := shippedBook(t)
	hvd := b.Set("hvd")
	if got := Compare(hvd, amended(t, b, "hvd")); len(got) != 0 {
		t.Errorf("the same set differs: %v", got)
	}
	next := amended(t, b, "hvd", `version: "2026-11-25"`, `version: "2027-01-01"`, "from: *applies", `from: "2027-06-09"`, "id: HVD-A6", "id: HVD-A7", "    met: dataset.contact\n", "")
	got := Compare(hvd, next)
	var lines []string
	for _, c := range got {
		line := string(c.Kind) + " " + c.Rule
		for _, f := range c.Fields {
			if c.Kind == Changed {
				line += " " + f.Field + " " + f.Before + ">" + f.After
			}
		}
		lines = append(lines, line)
	}
	want := []string{"changed  version 2026-11-25>2027-01-01", "changed HVD-3.2 from 2024-06-09>2027-06-09", "changed HVD-3.4 met dataset.contact>", "added HVD-A7", "removed HVD-A6"}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q\nwant %q", lines, want)
	}
	all := Compare(nil, hvd)
	if len(all) != len(hvd.Rules)+1 || all[0].Kind != Added || all[1].Kind != Added {
		t.Errorf("a new set is %d changes", len(all))
	}
	if gone := Compare(b.Set("gdpr"), nil); gone[len(gone)-1].Kind != Removed {
		t.Error("what goes is removed")
	}
}

func TestCompareNamesClocks(t *testing.T) {
	b := shippedBook(t)
	next := amended(t, b, "dga", "{n: 2, unit: months}", "{n: 3, unit: months}")
	got := Compare(b.Set("dga"), next)
	if len(got) != 1 || len(got[0].Fields) != 1 || got[0].Fields[0].Field != "clock" || !strings.HasPrefix(got[0].Fields[0].After, "3 months from request.receivedAt") {
		t.Errorf("%+v", got)
	}
}

func TestWith(t *testing.T) {
	b := shippedBook(t)
	n := len(b.Sets)
	next, err := b.With(amended(t, b, "hvd", "from: *applies", `from: "2027-06-09"`), amended(t, b, "hvd", "id: hvd\n", "id: hvd-two\n", "id: HVD-3.1", "id: X-3.1", "HVD-3.2", "X-3.2", "HVD-3.3", "X-3.3", "HVD-3.4", "X-3.4", "HVD-3.5", "X-3.5", "HVD-4.3", "X-4.3", "HVD-4.2", "X-4.2",
		"id: HVD-A1", "id: X1", "id: HVD-A2", "id: X2", "id: HVD-A3", "id: X3", "id: HVD-A4", "id: X4", "id: HVD-A5", "id: X5", "id: HVD-A6", "id: X6"))
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Sets) != n || len(next.Sets) != n+1 || b.Set("hvd") == next.Set("hvd") || b.Set("hvd-two") != nil || next.Set("hvd-two") == nil {
		t.Error("the new book has the sets, the old one stays")
	}
	if _, err := b.With(amended(t, b, "hvd", "id: hvd\n", "id: again\n")); !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), "HVD-3.1 stands in") {
		t.Errorf("rules twice: %v", err)
	}
	// A set that others lean on cannot lose the rule that they replace.
	if _, err := b.With(amended(t, b, "gdpr", "id: G-33\n", "id: G-33x\n")); !problem.Is(err, problem.BadRequestData) {
		t.Errorf("a replaced rule went: %v", err)
	}
}

func TestOfDataset(t *testing.T) {
	b := shippedBook(t)
	for id, want := range map[string]bool{"HVD-3.1": true, "ODD-5.5": true, "G-12.3": false, "WAD-4": false} {
		_, r := b.Rule(id)
		if r == nil {
			t.Fatalf("no rule %s", id)
		}
		if got := r.OfDataset(); got != want {
			t.Errorf("%s: %v %v", id, got, r.Asks())
		}
	}
}

func TestShippedSource(t *testing.T) {
	for _, id := range []string{"facts", "../rules/hvd", "none", ""} {
		if _, err := ShippedSource(id); !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// Whoever imports a set must find each fault from the answer alone.
func TestFaultsAreNamed(t *testing.T) {
	b := shippedBook(t)
	text, err := ShippedSource("hvd")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"no YAML":           {"rules:\n", "rules: [\n", "["},
		"unknown member":    {"celex:", "selex:", "selex"},
		"unknown fact":      {"met: dataset.docs", "met: dataset.dox", "rule HVD-3.3: \"dataset.dox\""},
		"a language is off": {"en: API documentation}", "de: API}", "rule HVD-3.3: title: it is not written in en"},
		"no date":           {`from: &applies "2024-06-09"`, `from: &applies "2024-06-31"`, "2024-06-31"},
		"no condition":      {"met: dataset.docs", "met: holder.fte", "rule HVD-3.3: \"holder.fte\" gives a int"},
		"status":            {"status: inForce", "status: law", `the status "law" is not inForce or pending`},
		"same id":           {"id: HVD-3.3", "id: HVD-3.2", "rule \"HVD-3.2\": each has an id of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.Parse([]byte(strings.Replace(string(text), c.old, c.new, 1)))
			if !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), c.want) {
				t.Errorf("%q, want %q", problem.DetailOf(err), c.want)
			}
			if strings.Contains(problem.DetailOf(err), "\n") {
				t.Error("more than one line")
			}
		})
	}
}

// A pause lets a clock stand still: the second pair of eyes must see it.
func TestCompareNamesPauses(t *testing.T) {
	b := shippedBook(t)
	next := amended(t, b, "dga", "{n: 2, unit: months}", "{n: 2, unit: months}")
	old := b.Set("dga")
	next.Rule("DGA-9.1").Clock.Pause = Texts{"fr": "pièces", "nl": "stukken", "en": "missing papers"}
	got := Compare(old, next)
	if len(got) != 1 || len(got[0].Fields) != 3 || got[0].Fields[0].Field != "pause.fr" || got[0].Fields[2].After != "missing papers" {
		t.Errorf("%+v", got)
	}
}
