package law

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/problem"
)

func book(t testing.TB) *Book {
	t.Helper()
	b, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func on(t testing.TB, s string) deadline.Date {
	t.Helper()
	d, err := deadline.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func told(fs []Finding) string {
	var out []string
	for _, f := range fs {
		s := f.Rule.ID + " " + f.Applies.String() + " " + f.Met.String()
		if len(f.Missing) > 0 {
			s += " (" + strings.Join(f.Missing, " ") + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

// Duties by facts and by date, of a few rules.
func TestApply(t *testing.T) {
	b := book(t)
	looked := []string{"HVD-3.1", "HVD-3.2", "HVD-3.3", "HVD-3.4", "HVD-3.5", "HVD-4.3", "DGA-4", "DGA-9.1", "G-12.3", "G-33"}
	city := Facts{"holder.kind": "publicSectorBody", "request.kind": "reuse", "breach.risk": "none", "arrangement.exclusive": false, "dataset.protectedBy": []string{}}
	with := func(more Facts) Facts {
		out := Facts{}
		for _, fs := range []Facts{city, more} {
			for k, v := range fs {
				out[k] = v
			}
		}
		return out
	}
	for name, tt := range map[string]struct {
		facts Facts
		date  string
		want  string
	}{
		"a high-value dataset": {with(Facts{"dataset.exists": true, "dataset.hvdCategory": []string{"mobility"}, "dataset.machineReadable": true, "dataset.api": true, "dataset.bulk": true, "dataset.apiTerms": true, "dataset.qos": false, "dataset.contact": true, "dataset.hvdMark": true, "dataset.licenceOpen": true}), "2026-11-25",
			"HVD-3.1 yes yes\nHVD-3.2 yes no\nHVD-3.3 yes open (dataset.docs)\nHVD-3.4 yes yes\nHVD-3.5 yes yes\nHVD-4.3 yes yes"},
		"before the regulation applied":          {with(Facts{"dataset.exists": true, "dataset.hvdCategory": []string{"mobility"}}), "2024-06-08", ""},
		"on the Sunday on which it began":        {with(Facts{"dataset.exists": true, "dataset.hvdCategory": []string{"mobility"}, "dataset.docs": true}), "2024-06-09", "HVD-3.1 yes open (dataset.api dataset.bulk dataset.machineReadable)\nHVD-3.2 yes open (dataset.apiTerms dataset.qos)\nHVD-3.3 yes yes\nHVD-3.4 yes open (dataset.contact)\nHVD-3.5 yes open (dataset.hvdMark)\nHVD-4.3 yes open (dataset.licenceOpen)"},
		"a public undertaking is outside":        {Facts{"holder.kind": "publicUndertaking", "request.kind": "reuse", "breach.risk": "none"}, "2026-11-25", ""},
		"what does not exist owes nothing":       {with(Facts{"dataset.exists": false}), "2026-11-25", ""},
		"protected data with an exclusive right": {with(Facts{"dataset.exists": false, "dataset.protectedBy": []string{"personalData"}, "arrangement.exclusive": true}), "2026-11-25", "DGA-4 yes open"},
		"an unknown risk":                        {Facts{"holder.kind": "contractor", "request.kind": "dataSubject"}, "2026-11-25", "G-12.3 yes open\nG-33 open open (breach.risk)"},
		"a breach with a risk":                   {Facts{"holder.kind": "contractor", "request.kind": "solution", "breach.risk": "high"}, "2026-11-25", "G-33 yes open (breach.notified)"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := b.Apply(Question{Facts: tt.facts, Date: on(t, tt.date)}, false)
			if err != nil {
				t.Fatal(err)
			}
			got = slices.DeleteFunc(got, func(f Finding) bool { return !slices.Contains(looked, f.Rule.ID) })
			if told(got) != tt.want {
				t.Errorf("got\n%s\nwant\n%s", told(got), tt.want)
			}
		})
	}
	all, err := b.Apply(Question{Facts: city, Date: on(t, "2026-11-25")}, true)
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(all, func(f Finding) bool { return f.Rule.ID == "G-33" }); i < 0 || all[i].Applies != No || !slices.Equal(all[i].Because, []string{"breach.risk"}) {
		t.Errorf("all: %s", told(all))
	}
}

// Time limits come from the rule and from the calendar.
func TestDue(t *testing.T) {
	b := book(t)
	cs, err := deadline.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	fr := cs["FR"]
	received := Facts{"request.receivedAt": time.Date(2026, 3, 14, 10, 0, 0, 0, fr.Zone), "breach.awareAt": time.Date(2026, 12, 24, 10, 20, 0, 0, fr.Zone), "arrangement.from": on(t, "2026-02-28")}
	for id, want := range map[string]string{"DGA-9.1": "2026-05-15 2026-06-15", "G-12.3": "2026-04-14 2026-06-15 2026-04-14", "G-33": "2026-12-27", "DGA-4": "2027-03-01"} {
		_, r := b.Rule(id)
		d, err := r.Due(received, fr)
		if err != nil || d == nil {
			t.Fatal(id, d, err)
		}
		got := d.Last.String()
		if d.Extended != nil {
			got += " " + d.Extended.Last.String()
		}
		if d.TellBy != nil {
			got += " " + d.TellBy.Last.String()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
		if d, err := r.Due(Facts{}, fr); d != nil || err != nil {
			t.Errorf("%s without its fact: %v, %v", id, d, err)
		}
	}
	if _, r := b.Rule("HVD-3.1"); r.Clock != nil {
		t.Error("a duty without a time limit has a clock")
	}
}

const factsFile = `facts:
  - {name: a.b, type: bool, ask: {fr: x, nl: x, en: x}}
  - {name: a.at, type: date, ask: {fr: x, nl: x, en: x}}
`

const set = `id: s
name: {fr: x, nl: x, en: x}
act: X
status: inForce
version: "1"
rules:
  - id: R-1
    article: Art. 1
    title: {fr: x, nl: x, en: x}
    bound: {fr: x, nl: x, en: x}
    duty: {fr: x, nl: x, en: x}
    source: X
    verification: read
`

const pending = `id: p
name: {fr: x, nl: x, en: x}
act: Y
status: pending
version: "1"
says: {fr: pas adopté, nl: niet aangenomen, en: not adopted}
rules:
  - id: P-1
    article: Art. 1
    title: {fr: x, nl: x, en: x}
    bound: {fr: x, nl: x, en: x}
    duty: {fr: x, nl: x, en: x}
    source: Y
    verification: secondary
    replaces: [R-1]
`

func load(sets ...string) (*Book, error) {
	files := fstest.MapFS{"r/facts.yaml": {Data: []byte(factsFile)}}
	for i, s := range sets {
		files["r/"+string(rune('a'+i))+".yaml"] = &fstest.MapFile{Data: []byte(s)}
	}
	return Load(files, "r")
}

// A proposal applies only when it is asked for, and takes away what it
// replaces.
func TestIfAdopted(t *testing.T) {
	b, err := load(set, pending)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		adopted []string
		want    string
	}{{nil, "R-1 yes open"}, {[]string{"p"}, "P-1 yes open"}} {
		got, err := b.Apply(Question{Date: on(t, "2026-11-25"), IfAdopted: tt.adopted}, false)
		if err != nil || told(got) != tt.want {
			t.Errorf("%v: %s, %v", tt.adopted, told(got), err)
		}
	}
	if _, err := b.Apply(Question{IfAdopted: []string{"s"}}, false); !problem.Is(err, problem.BadRequestData) {
		t.Error(err)
	}
}

// What was not checked with the official text is never shown as met.
func TestUnverifiedIsNeverMet(t *testing.T) {
	for verification, want := range map[string]Answer{"read": Yes, "secondary": Yes, "unverified": Open} {
		b, err := load(strings.Replace(set, "verification: read", "verification: "+verification+"\n    met: a.b", 1))
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Apply(Question{Facts: Facts{"a.b": true}}, false)
		if err != nil || len(got) != 1 || got[0].Met != want {
			t.Errorf("%s: %s, %v", verification, told(got), err)
		}
	}
}

func TestRefusedFacts(t *testing.T) {
	b := book(t)
	for name, v := range map[string]any{"dataset.exist": true, "dataset.exists": "yes", "holder.kind": "town", "dataset.hvdCategory": []string{"sport"}, "arrangement.from": time.Now(), "request.receivedAt": on(t, "2026-01-01")} {
		if _, err := b.Apply(Question{Facts: Facts{name: v}}, false); !problem.Is(err, problem.BadRequestData) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A rule set with faults is refused, and every fault is named.
func TestRefusedSets(t *testing.T) {
	edit := func(old, new string) string { return strings.Replace(set, old, new, 1) }
	rule := func(more string) string { return set + more }
	for text, says := range map[string]string{
		edit("act: X", "acts: X"):                                                 "acts",
		edit(`version: "1"`, `version: ""`):                                       "a rule set has id, act and version",
		edit("inForce", "inforce"):                                                `the status "inforce"`,
		edit("inForce", "pending"):                                                "says: it is not written in fr",
		edit("name: {fr: x, nl: x, en: x}", "name: {fr: x}"):                      "name: it is not written in nl",
		edit("duty: {fr: x, nl: x, en: x}", "duty: {fr: x, nl: x, en: x, de: x}"): "rule R-1: duty: it has a language other",
		edit("verification: read", "verification: sure"):                          `rule R-1: the verification "sure"`,
		edit("source: X", "source: ''"):                                           "rule R-1: it needs an article and a source",
		edit("id: R-1", "id: ''"):                                                 `rule "": each has an id of its own`,
		rule("    when: a.c\n"):                                                   `rule R-1: "a.c": `,
		rule("    when: a.at\n"):                                                  "a condition is true or false",
		rule("    met: 1 + 1\n"):                                                  "a condition is true or false",
		rule("    from: \"2026-02-30\"\n"):                                        "2026-02-30",
		rule("    from: \"2026-02-03\"\n    until: \"2026-02-02\"\n"):             "it ends on 2026-02-02, before it begins",
		rule("    clock: {from: a.b, periods: [{n: 1, unit: days}]}\n"):           `clock: "a.b" is no fact that is a date`,
		rule("    clock: {from: a.at, periods: [{n: 1, unit: moons}]}\n"):         "moons",
		rule("    clock: {from: a.at, periods: [{n: 0, unit: days}]}\n"):          "a period of 0 days cannot be meant",
		rule("    clock: {}\n"):                                                   "clock: it is not written in fr",
		rule("  -\n"):                                                             "rule 2 is empty",
		rule("    replaces: [R-9]\n"):                                             "rule R-1 replaces R-9, which is not there",
	} {
		if _, err := load(text); !problem.Is(err, problem.BadRequestData) || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q: %v", says, err)
		}
	}
	if _, err := load(set, strings.Replace(set, "id: s\n", "id: t\n", 1)); !problem.Is(err, problem.BadRequestData) || !strings.Contains(err.Error(), "R-1 stands in s and in t") {
		t.Error(err)
	}
	b, err := load(set)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := b.Parse([]byte(pending)); err != nil || s.Rule("P-1") == nil {
		t.Error(s, err)
	}
}

func TestRefusedFactFiles(t *testing.T) {
	for text, says := range map[string]string{
		"facts:\n  - {name: a, type: bool, ask: {fr: x, nl: x, en: x}}\n":                "has the form dataset.dynamic",
		"facts:\n  - {name: a.b, type: boolean, ask: {fr: x, nl: x, en: x}}\n":           `there is no type "boolean"`,
		"facts:\n  - {name: a.b, type: bool, values: [x], ask: {fr: x, nl: x, en: x}}\n": "only texts and lists have values",
		"facts:\n  - {name: a.b, type: bool}\n":                                          "ask: it is not written in fr",
		"fact: []\n":                                                                     "facts.yaml cannot be read",
	} {
		if _, err := Load(fstest.MapFS{"r/facts.yaml": {Data: []byte(text)}}, "r"); !problem.Is(err, problem.BadRequestData) || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q: %v", says, err)
		}
	}
}
