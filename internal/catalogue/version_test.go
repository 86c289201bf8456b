package catalogue

import (
	"fmt"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/store"
)

// All that was public is told, in order; no draft is; and what was told stays
// as it was, read anew or kept.
func TestChanges(t *testing.T) {
	for _, run := range []bool{false, true} {
		c := newTown(t, run)
		told := func() string {
			t.Helper()
			vs, err := c.s.Changes(t.Context(), store.Space{})
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, v := range vs {
				first := ""
				if v.First {
					first = " first"
				}
				if v.At != v.Dataset.Changed {
					t.Errorf("at %v, changed %v", v.At, v.Dataset.Changed)
				}
				out = append(out, fmt.Sprintf("%d %s %q %s %s%s", (v.At-1_780_000_000_000_000)/1e6, v.Dataset.Slug, v.Dataset.Title["en"], v.Dataset.Layer, v.Dataset.State, first))
			}
			return strings.Join(out, "\n")
		}
		step := func(do func()) { c.now += 1e6; do() }
		a, b, draft := bikes(), bikes(), bikes()
		a.Layer, b.Layer = "", ""
		b.Slug, draft.Slug = "b", "draft"
		for _, d := range []*Dataset{&a, &b, &draft} {
			d.Title = Texts{"fr": "x", "nl": "x", "en": "before"}
			step(func() { c.put(*d) })
		}
		if got := told(); got != "" {
			t.Errorf("drafts: %s", got)
		}
		a.Title["en"], a.Layer = "one", "there"
		step(func() { c.put(a) })
		step(func() { c.publish("b") })
		step(func() { c.publish(a.Slug) })
		early := told()
		a.Title["en"], a.Layer = "two", ""
		step(func() { c.put(a) })
		step(func() {
			if err := c.s.Withdraw(t.Context(), broker.Call{}, "b"); err != nil {
				t.Fatal(err)
			}
		})
		want := `5 b "before"  published first
6 shared-bikes "one" there published first
7 shared-bikes "two"  published
8 b "before"  withdrawn`
		if got := told(); got != want || !strings.HasPrefix(got, early) {
			t.Errorf("got\n%s\nwant\n%s\nbefore\n%s", got, want, early)
		}
		c.s.forget(run)
		if got := told(); got != want {
			t.Errorf("read anew\n%s\nwant\n%s", got, want)
		}
	}
}
