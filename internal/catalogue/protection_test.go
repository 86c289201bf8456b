package catalogue

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Protected data may be held elsewhere and under no licence: it is listed all
// the same, and nothing of what is held here is measured.
func TestProtectedDataIsListed(t *testing.T) {
	c := newTown(t, false)
	c.station("1", 3.2, 4, c.now)
	d := bikes()
	d.Licence, d.Selection, d.Access, d.Reason = "", Selection{}, "NON_PUBLIC", "personal"
	c.put(d)
	c.publish(d.Slug)
	open := func() *Dataset {
		t.Helper()
		d, err := c.s.Open(t.Context(), store.Space{}, "shared-bikes")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if got := strings.Join(open().Untold(), " "); got != "format size conditions" {
		t.Errorf("untold: %s", got)
	}
	p := Protection{Format: "CSV", Size: 1200, Conditions: Texts{"fr": "Recherche.", "nl": "Onderzoek.", "en": "Research."}}
	if err := c.s.SetProtection(t.Context(), broker.Call{}, d.Slug, p); err != nil {
		t.Fatal(err)
	}
	d.Selection = bikes().Selection
	c.put(d) // whoever describes it anew does not take that away
	if diff := cmp.Diff(&p, open().Protection); diff != "" || open().Untold() != nil {
		t.Errorf("%s, untold %v", diff, open().Untold())
	}
	x, err := c.s.Extent(t.Context(), store.Space{}, open())
	if err != nil || x.Count != 0 || !x.Box.Empty() || x.Sample != nil || !x.Last.IsZero() || x.Version == "" {
		t.Errorf("measured, for everybody to see: %+v %v", x, err)
	}
	if found := Contradictions(open(), x, c.now); len(found) != 0 {
		t.Errorf("%v", found)
	}
}

func TestProtectionIsChecked(t *testing.T) {
	c := newTown(t, false)
	c.put(bikes())
	if err := c.s.SetProtection(t.Context(), broker.Call{}, "shared-bikes", Protection{}); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("of what is public: %v", err)
	}
	if err := c.s.SetProtection(t.Context(), broker.Call{}, "none", Protection{}); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("of what is not there: %v", err)
	}
	for name, p := range map[string]Protection{"format": {Format: "EXE"}, "size": {Size: -1}, "languages": {Conditions: Texts{"de": "x"}}, "bytes": {Conditions: Texts{"fr": strings.Repeat("x", maxText+1)}}} {
		if err := p.Check(); !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
