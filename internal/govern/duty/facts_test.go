package duty

import (
	"testing"

	"github.com/beffroi/beffroi/internal/catalogue"
)

// What is not known is left out, not said to be false.
func TestFactsOf(t *testing.T) {
	for name, tt := range map[string]struct {
		d     catalogue.Dataset
		x     catalogue.Extent
		fact  string
		want  any
		known bool
	}{
		"empty":                  {catalogue.Dataset{}, catalogue.Extent{}, "dataset.exists", nil, false},
		"a draft has no API":     {catalogue.Dataset{}, catalogue.Extent{Count: 1}, "dataset.api", false, true},
		"no period":              {catalogue.Dataset{}, catalogue.Extent{}, "dataset.dynamic", nil, false},
		"a narrow code":          {catalogue.Dataset{HighValue: []string{"c_06b1eec4"}}, catalogue.Extent{}, "dataset.hvdCategory", nil, false},
		"a mark that all see":    {catalogue.Dataset{State: catalogue.Published, HighValue: []string{"c_06b1eec4"}}, catalogue.Extent{}, "dataset.hvdMark", true, true},
		"a contact by name only": {catalogue.Dataset{State: catalogue.Published, Contact: catalogue.Contact{Name: "x"}}, catalogue.Extent{}, "dataset.contact", false, true},
		"no licence":             {catalogue.Dataset{}, catalogue.Extent{}, "dataset.licenceOpen", nil, false},
		"a licence that asks":    {catalogue.Dataset{Licence: "ODBL"}, catalogue.Extent{}, "dataset.licenceOpen", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got, known := FactsOf(&tt.d, &tt.x)[tt.fact]; got != tt.want || known != tt.known {
				t.Errorf("%v, %v", got, known)
			}
		})
	}
}

func TestTermsAreEvidence(t *testing.T) {
	o := newOffice(t)
	o.tell("", map[string]any{"holder.kind": "publicSectorBody"})
	o.tell("air", map[string]any{"dataset.environmentalInformation": true})
	if d := o.duty("air", "HVD-3.2"); d.Standing != Asked {
		t.Errorf("without terms a person must say: %+v", d)
	}
	o.set.terms = &catalogue.Terms{Use: catalogue.Texts{"en": "fair"}, Availability: 99, Latency: 1e6}
	if d := o.duty("air", "HVD-3.2"); d.Standing == Met {
		t.Error("capacity is not promised")
	}
	o.set.terms.Capacity = 60
	if d := o.duty("air", "HVD-3.2"); d.Standing != Met {
		t.Errorf("%+v", d)
	}
}
