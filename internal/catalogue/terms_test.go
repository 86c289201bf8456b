package catalogue

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

func TestTermsOfServiceComeFromTheDatasetOrTheDefault(t *testing.T) {
	c := newTown(t, false)
	c.put(bikes())
	c.publish("shared-bikes")
	ctx := t.Context()
	of := func() (*Terms, bool) {
		t.Helper()
		d, err := c.s.Open(ctx, store.Space{}, "shared-bikes")
		if err != nil {
			t.Fatal(err)
		}
		got, own, err := c.s.TermsOf(ctx, store.Space{}, d)
		if err != nil {
			t.Fatal(err)
		}
		return got, own
	}
	if got, _ := of(); got != nil {
		t.Fatalf("nobody promised anything, and there is %+v", got)
	}
	common := Terms{Availability: 99, Notice: 60, Use: Texts{"en": "Free."}}
	mine := Terms{Availability: 99.9, Freshness: 300 * second, Latency: second / 2, Capacity: 600, Notice: 30, Support: Contact{"Data team", "data@city.example", ""}, Versioning: Texts{"fr": "Deux ans."}}
	for range 2 { // made, then changed
		if err := c.s.SetDefaultTerms(ctx, broker.Call{}, common); err != nil {
			t.Fatal(err)
		}
		if got, own := of(); own || cmp.Diff(&common, got) != "" {
			t.Fatalf("own %v: %s", own, cmp.Diff(&common, got))
		}
		common.Availability = 98
	}
	if err := c.s.SetTerms(ctx, broker.Call{}, "shared-bikes", &mine); err != nil {
		t.Fatal(err)
	}
	c.put(bikes()) // whoever describes it anew does not take its terms away
	if got, own := of(); !own || cmp.Diff(&mine, got) != "" {
		t.Fatalf("own %v: %s", own, cmp.Diff(&mine, got))
	}
	if err := c.s.SetTerms(ctx, broker.Call{}, "shared-bikes", nil); err != nil {
		t.Fatal(err)
	}
	if got, own := of(); own || got.Availability != 98 {
		t.Fatalf("own %v: %+v", own, got)
	}
}

func TestTermsAreChecked(t *testing.T) {
	for name, x := range map[string]Terms{
		"availability": {Availability: 101}, "below": {Availability: -1}, "freshness": {Freshness: -1}, "latency": {Latency: 3600 * second}, "capacity": {Capacity: -1},
		"notice": {Notice: -1}, "e-mail": {Support: Contact{Email: "a b@c"}}, "address": {Support: Contact{URL: "javascript:alert(1)"}}, "languages": {Use: Texts{"de": "x"}},
	} {
		if err := x.Check(); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%s: %v", name, err)
		}
	}
	all := Terms{Availability: 101, Notice: -1}
	if err := all.Check(); !strings.Contains(problem.DetailOf(err), "availability") || !strings.Contains(problem.DetailOf(err), "notice") {
		t.Errorf("not all at once: %v", err)
	}
}

func TestTermsAreChangedThroughTheCatalogueAlone(t *testing.T) {
	c := newTown(t, false)
	f := entity.Fragment{ID: defaultTerms, Types: []entity.Name{termsType}, Attrs: []entity.Instance{{Name: own + "serviceTerms", Kind: entity.JSONProperty, Value: []byte(`{"availability":100}`)}}}
	if err := c.b.Create(t.Context(), broker.Call{}, f); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("by the side door: %v", err)
	}
	if err := c.s.SetTerms(t.Context(), broker.Call{}, "none", &Terms{}); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("of a dataset that is not there: %v", err)
	}
}
