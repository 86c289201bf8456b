package law

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/problem"
)

func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(text, into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// weakest gives the verification that the marks of a row stand for.
func weakest(marks []string) Verification {
	switch {
	case slices.Contains(marks, "U"):
		return Unverified
	case slices.Contains(marks, "V2"):
		return Secondary
	}
	return Read
}

// partOf matches the rules that are a part of a row: AI-5.b of AI-5.
var partOf = regexp.MustCompile(`\.[a-z]$`)

// Every identifier is a rule with its mark or stands in docs/law-coverage.md
// with its mark and the reason; and every rule is one of them.
func TestCoverage(t *testing.T) {
	b := book(t)
	var doc struct {
		Identifiers []struct {
			ID      string
			Section string
			Marks   []string
		}
	}
	readYAML(t, "testdata/identifiers.yaml", &doc)
	text, err := os.ReadFile("../../../docs/law-coverage.md")
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\S+) \| ([a-z]+) \| (.+) \|$`).FindAllStringSubmatch(string(text), -1) {
		reasons[m[1]] = m[2:]
	}
	named := map[string]Verification{}
	for _, row := range doc.Identifiers {
		want := weakest(row.Marks)
		named[row.ID] = want
		why := reasons[row.ID]
		delete(reasons, row.ID)
		_, r := b.Rule(row.ID)
		switch {
		case len(row.Marks) == 0:
			t.Errorf("%s has no mark", row.ID)
		case r == nil && why == nil:
			t.Errorf("%s is neither a rule nor in docs/law-coverage.md", row.ID)
		case r != nil && why != nil:
			t.Errorf("%s is a rule and in docs/law-coverage.md", row.ID)
		case why != nil && (why[0] != string(want) || len(why[1]) < 20):
			t.Errorf("docs/law-coverage.md: %s is %s: %s; its mark is %s", row.ID, why[0], why[1], want)
		}
	}
	for id := range reasons {
		if id != "identifier" {
			t.Errorf("docs/law-coverage.md names %s, which nobody asked for", id)
		}
	}
	for _, s := range b.Sets {
		for _, r := range s.Rules {
			want, ok := named[r.ID]
			if !ok {
				want, ok = named[partOf.ReplaceAllString(r.ID, "")]
			}
			if !ok || want != r.Verification {
				t.Errorf("%s is %s; its row says %q", r.ID, r.Verification, want)
			}
		}
	}
}

// duty is one expectation of testdata/duties.yaml.
type duty struct {
	Rule    string
	On      deadline.Date
	Adopted []string
	Facts   map[string]any
	// Is is what Finding says: yes, no or open; "absent" if the rule does not
	// hold on the date or not without a proposal.
	Is  string
	Met string
	// Missing are the facts that would decide.
	Missing []string
	// Due is the last day by the calendar of France, then that of an extension,
	// then that of telling the person.
	Due string
}

// Facts as they stand in JSON get the types of the vocabulary, or are refused
// by name.
func TestReadFacts(t *testing.T) {
	b := book(t)
	got, err := b.ReadFacts(map[string]any{"holder.population": 30000.0, "holder.fte": json.Number("50"), "arrangement.from": "2026-02-28", "request.receivedAt": "2026-03-14T10:00:00+01:00", "dataset.hvdCategory": []any{"mobility"}, "dataset.exists": true, "holder.country": "FR", "dataset.api": nil})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 7 || got["holder.population"] != int64(30000) || got["holder.fte"] != int64(50) || got["arrangement.from"] != on(t, "2026-02-28") || got["dataset.hvdCategory"].([]string)[0] != "mobility" {
		t.Errorf("%#v", got)
	}
	for name, v := range map[string]any{"holder.population": 1.5, "holder.fte": "50", "arrangement.from": "28/2/2026", "request.receivedAt": "2026-03-14", "dataset.hvdCategory": []any{1.0}, "dataset.protectedBy": []any{"sport"}, "dataset.exists": "true", "holder.country": 1.0, "dataset.colour": true, "request.kind": map[string]any{}} {
		if _, err := b.ReadFacts(map[string]any{name: v}); !problem.Is(err, problem.BadRequestData) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s = %v: %v", name, v, err)
		}
	}
}

// Each shipped rule has duties by facts and by date.
func TestDuties(t *testing.T) {
	b := book(t)
	cs, err := deadline.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Duties []duty }
	readYAML(t, "testdata/duties.yaml", &doc)
	seen := map[string][]string{}
	for _, d := range doc.Duties {
		checkDuty(t, b, cs["FR"], d)
		seen[d.Rule] = append(seen[d.Rule], d.Is)
	}
	for _, s := range b.Sets {
		for _, r := range s.Rules {
			was := seen[r.ID]
			if !slices.Contains(was, "yes") {
				t.Errorf("%s: no facts under which it holds", r.ID)
			}
			if r.when != nil && !slices.Contains(was, "no") && !slices.Contains(was, "open") {
				t.Errorf("%s: no facts under which it does not hold or is open", r.ID)
			}
			if (r.From != nil || s.Status == Pending) && !slices.Contains(was, "absent") {
				t.Errorf("%s: no date or question without it", r.ID)
			}
		}
	}
}

func checkDuty(t *testing.T, b *Book, c *deadline.Calendar, d duty) {
	t.Helper()
	facts, err := b.ReadFacts(d.Facts)
	if err != nil {
		t.Errorf("%s: %v", d.Rule, err)
		return
	}
	// The other sets say nothing about this rule, and take time.
	few := *b
	few.Sets = slices.DeleteFunc(slices.Clone(b.Sets), func(s *RuleSet) bool { return s.Rule(d.Rule) == nil && !slices.Contains(d.Adopted, s.ID) })
	if len(few.Sets) == 0 {
		t.Errorf("there is no rule %s", d.Rule)
		return
	}
	all, err := few.Apply(Question{Facts: facts, Date: d.On, IfAdopted: d.Adopted}, true)
	if err != nil {
		t.Errorf("%s on %s: %v", d.Rule, d.On, err)
		return
	}
	i := slices.IndexFunc(all, func(f Finding) bool { return f.Rule.ID == d.Rule })
	if i < 0 {
		if d.Is != "absent" {
			t.Errorf("%s on %s %v: absent, want %s", d.Rule, d.On, d.Adopted, d.Is)
		}
		return
	}
	f := all[i]
	met := ""
	if f.Applies == Yes && f.Rule.met != nil {
		met = f.Met.String()
	}
	if f.Applies.String() != d.Is || met != d.Met || !slices.Equal(f.Missing, d.Missing) {
		t.Errorf("%s on %s %v: %s, met %q, missing %v; want %s, %q, %v", d.Rule, d.On, d.Facts, f.Applies, met, f.Missing, d.Is, d.Met, d.Missing)
	}
	due, err := f.Rule.Due(facts, c)
	if err != nil {
		t.Errorf("%s: %v", d.Rule, err)
		return
	}
	if got := days(due); got != d.Due {
		t.Errorf("%s on %s: due %q, want %q", d.Rule, d.On, got, d.Due)
	}
}

// days writes a time limit as the table does.
func days(d *Due) string {
	if d == nil {
		return ""
	}
	out := []string{d.Last.String()}
	if d.Extended != nil {
		out = append(out, d.Extended.Last.String())
	}
	if d.TellBy != nil {
		out = append(out, d.TellBy.Last.String())
	}
	return strings.Join(out, " ")
}
