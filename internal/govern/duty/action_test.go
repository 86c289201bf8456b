package duty

import (
	"slices"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

// What is offered can be done, does what it says, and is offered no more.
func TestActions(t *testing.T) {
	for name, c := range map[string]struct {
		slug, rule string
		holder     map[string]any
		facts      map[string]any
		change     func(d *catalogue.Dataset)
		want       []Action
		after      func(d *catalogue.Dataset) bool
	}{
		"publish as of high value": {slug: "bikes", rule: "HVD-3.5", facts: map[string]any{"dataset.hvdCategory": []any{"mobility"}}, want: []Action{{"publishHighValue", "c_b79e35eb"}},
			after: func(d *catalogue.Dataset) bool {
				return d.State == catalogue.Published && slices.Equal(d.HighValue, []string{"c_b79e35eb"})
			}},
		"mark what is published": {slug: "air", rule: "HVD-3.5", facts: map[string]any{"dataset.environmentalInformation": true}, want: []Action{{"publishHighValue", "c_dd313021"}},
			after: func(d *catalogue.Dataset) bool { return len(d.HighValue) == 1 }},
		"publish with API and bulk download": {slug: "bikes", rule: "HVD-3.1", facts: map[string]any{"dataset.environmentalInformation": true}, want: []Action{{"publish", ""}},
			after: func(d *catalogue.Dataset) bool { return d.State == catalogue.Published }},
		"a licence that is open": {slug: "air", rule: "HVD-4.3", facts: map[string]any{"dataset.environmentalInformation": true}, change: func(d *catalogue.Dataset) { d.Licence = "ODBL" }, want: []Action{{"setLicence", "CC_BY_4_0"}},
			after: func(d *catalogue.Dataset) bool { return d.Licence == "CC_BY_4_0" }},
		"the State's own licence": {slug: "air", rule: "HVD-4.3", holder: map[string]any{"holder.country": "FR"}, facts: map[string]any{"dataset.environmentalInformation": true}, change: func(d *catalogue.Dataset) { d.Licence = "" }, want: []Action{{"setLicence", "LO_2_0"}},
			after: func(d *catalogue.Dataset) bool { return d.Licence == "LO_2_0" }},
		"the frequency as measured": {slug: "air", rule: "ODD-5.5", want: []Action{{"setFrequency", "1MIN"}},
			after: func(d *catalogue.Dataset) bool { return d.Frequency == "1MIN" }},
		"what a company lent is not published": {slug: "air", rule: "DA-17.3", facts: map[string]any{"dataset.origin": "b2g"}, want: []Action{{"withdraw", ""}},
			after: func(d *catalogue.Dataset) bool { return d.State == catalogue.Withdrawn }},
		"an incomplete draft":   {slug: "bikes", rule: "HVD-3.1", facts: map[string]any{"dataset.environmentalInformation": true}, change: func(d *catalogue.Dataset) { d.Title = nil }},
		"persons are in it":     {slug: "bikes", rule: "HVD-3.1", facts: map[string]any{"dataset.environmentalInformation": true, "dataset.personal": true}},
		"under another licence": {slug: "bikes", rule: "HVD-3.5", facts: map[string]any{"dataset.hvdCategory": []any{"mobility"}}, change: func(d *catalogue.Dataset) { d.Licence = "ODBL" }},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			if c.change != nil {
				o.set.change(c.slug, c.change)
			}
			o.tell("", map[string]any{"holder.kind": "publicSectorBody"})
			if c.holder != nil {
				o.tell("", c.holder)
			}
			if c.facts != nil {
				o.tell(c.slug, c.facts)
			}
			d := o.duty(c.slug, c.rule)
			if d == nil || !slices.Equal(d.Actions, c.want) {
				t.Fatalf("%+v, want %v", d, c.want)
			}
			if len(c.want) == 0 {
				for _, id := range Actions() {
					if err := o.Do(ctx, as("ann"), c.slug, c.rule, id, today); !problem.Is(err, problem.OperationNotSupported) {
						t.Errorf("%s: %v", id, err)
					}
				}
				return
			}
			if d.Actor != ByMachine {
				t.Errorf("the turn is %q", d.Actor)
			}
			if err := o.Do(ctx, as("ann"), c.slug, c.rule, c.want[0].ID, today); err != nil {
				t.Fatal(err)
			}
			got, err := o.set.Get(ctx, as("").Space, c.slug)
			if err != nil || !c.after(got) {
				t.Errorf("%+v %v", got, err)
			}
			if d := o.duty(c.slug, c.rule); d != nil && slices.Contains(d.Actions, c.want[0]) {
				t.Error("it is still offered")
			}
		})
	}
}

func TestFrequencyOf(t *testing.T) {
	for in, want := range map[time.Duration]string{0: "", -1: "", 10 * time.Second: "UPDATE_CONT", 61 * time.Second: "1MIN", 6 * time.Minute: "10MIN", time.Hour: "HOURLY", 2 * time.Hour: "DAILY", 400 * 24 * time.Hour: "ANNUAL", 1000 * 24 * time.Hour: ""} {
		if got := FrequencyOf(entity.Instant(in / time.Microsecond)); got != want {
			t.Errorf("%v: %q, want %q", in, got, want)
		}
		if want != "" && catalogue.FrequencyLabel(want) == "" {
			t.Errorf("%s is not in the table", want)
		}
	}
}
