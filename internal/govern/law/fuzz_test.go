package law

import (
	"encoding/json"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

// Whatever stands in a rule set: it is read or refused as bad data, and what is
// read can be asked.
func FuzzParse(f *testing.F) {
	b, err := load(set)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{set, pending, "", "rules: [{}]", "rules: [null]", set + "    when: a.b\n", set + "    when: a.at < today\n    met: '!a.b'\n", set + "    clock: {from: a.at, periods: [{n: 1, unit: months}]}\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := b.Parse(text)
		if err != nil {
			if !problem.Is(err, problem.BadRequestData) {
				t.Fatal(err)
			}
			return
		}
		for _, r := range s.Rules {
			// A condition may still fail on its own, such as by its cost; it
			// must not panic.
			_, _ = r.apply(Question{Facts: Facts{"a.b": true}})
		}
	})
}

// Whatever JSON says of facts: what is taken has the type of the vocabulary.
func FuzzReadFacts(f *testing.F) {
	b := book(f)
	for _, seed := range []string{`{}`, `{"dataset.exists":true}`, `{"holder.fte":50,"holder.population":1e300}`, `{"arrangement.from":"2026-02-30"}`, `{"request.receivedAt":"2026-03-14T10:00:00+01:00"}`, `{"dataset.hvdCategory":["mobility",null]}`, `{"holder.kind":null}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var values map[string]any
		if json.Unmarshal(text, &values) != nil {
			return
		}
		facts, err := b.ReadFacts(values)
		if err != nil {
			if !problem.Is(err, problem.BadRequestData) {
				t.Fatal(err)
			}
			return
		}
		for name, v := range facts {
			fact, ok := b.Fact(name)
			if !ok || fact.check(v) != nil {
				t.Fatalf("%s is taken as %v", name, v)
			}
		}
	})
}
