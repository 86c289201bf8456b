package catalogue

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

func lake(n int) *Harvested {
	iri := fmt.Sprintf("https://lakes.example/id/%d", n)
	return &Harvested{Slug: HarvestedSlug("lakes", iri), Source: "lakes", IRI: iri, Page: iri + ".html",
		Title: Texts{"fr": "Lac", "und": "Lake"}, Description: Texts{"und": "Water."}, Publisher: Agent{Name: "Lakes Board"},
		Contact: Contact{Name: "Desk", Email: "desk@lakes.example"}, Themes: []string{"ENVI"}, Keywords: map[string][]string{"en": {"water"}},
		Licence: "CC0", LicenceIRI: "https://creativecommons.org/publicdomain/zero/1.0/", Frequency: "DAILY", Rights: "PUBLIC",
		Issued: 1_700_000_000_000_000, Modified: 1_710_000_000_000_000, Box: []float64{3, 50, 4, 51},
		Ways: []HarvestedWay{{AccessURL: iri + "/data", DownloadURL: iri + ".csv", Format: "CSV", FormatCode: "CSV", MediaType: "text/csv", Bytes: 12}}}
}

func (c *town) harvest(hs ...*Harvested) []Kept {
	c.t.Helper()
	kept, errs, err := c.s.PutHarvested(c.t.Context(), broker.Call{}, hs)
	if err != nil {
		c.t.Fatal(err)
	}
	for i, err := range errs {
		if (err != nil) != (kept[i] == KeptRefused) {
			c.t.Errorf("%v with %v", kept[i], err)
		}
	}
	return kept
}

func (c *town) refs() []string {
	c.t.Helper()
	refs, err := c.s.Harvested(c.t.Context(), store.Space{})
	if err != nil {
		c.t.Fatal(err)
	}
	var out []string
	for i, r := range refs {
		if i > 0 && refs[i-1].Slug >= r.Slug {
			c.t.Errorf("%s stands before %s", refs[i-1].Slug, r.Slug)
		}
		out = append(out, fmt.Sprintf("%s gone=%t", r.Slug, !r.Gone.IsZero()))
	}
	return out
}

func TestHarvestedIsKeptAsItsSourceHasIt(t *testing.T) {
	for _, run := range []bool{false, true} {
		c := newTown(t, run)
		if got := c.refs(); len(got) != 0 {
			t.Errorf("there are %v", got)
		}
		if kept := c.harvest(lake(1), lake(2)); !cmp.Equal(kept, []Kept{KeptNew, KeptNew}) {
			t.Errorf("first: %v", kept)
		}
		other := lake(2)
		other.Title = Texts{"fr": "Étang"}
		if kept := c.harvest(lake(1), other); !cmp.Equal(kept, []Kept{KeptSame, KeptAltered}) {
			t.Errorf("second: %v", kept)
		}
		h, err := c.s.HarvestedOne(t.Context(), store.Space{}, lake(1).Slug)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lake(1), h, cmpopts.IgnoreUnexported(Harvested{}), cmpopts.IgnoreFields(Harvested{}, "Changed")); diff != "" {
			t.Error(diff)
		}
		if err := c.s.EndHarvested(t.Context(), broker.Call{}, []string{lake(1).Slug, "not-there"}); err != nil {
			t.Fatal(err)
		}
		if n := len(c.refs()); n != 2 {
			t.Errorf("%d refs", n)
		}
		if got := strings.Join(c.refs(), " "); !strings.Contains(got, lake(1).Slug+" gone=true") || !strings.Contains(got, lake(2).Slug+" gone=false") {
			t.Error(got)
		}
		if kept := c.harvest(lake(1)); kept[0] != KeptNew {
			t.Errorf("what came back: %v", kept)
		}
		if _, err := c.s.HarvestedOne(t.Context(), store.Space{}, "a b\x00"); !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("%v", err)
		}
		// Ours are ours: no harvested dataset is in their list.
		if ds, err := c.s.All(t.Context(), store.Space{}); err != nil || len(ds) != 0 {
			t.Errorf("%v %v", ds, err)
		}
	}
}

func TestHarvestedThatCannotBeKept(t *testing.T) {
	c := newTown(t, false)
	bare := func(change func(*Harvested)) *Harvested {
		h := lake(1)
		change(h)
		return h
	}
	for want, h := range map[string]*Harvested{
		"no title":       bare(func(h *Harvested) { h.Title = nil }),
		"no scheme":      bare(func(h *Harvested) { h.IRI = "lake" }),
		"not that of":    bare(func(h *Harvested) { h.Slug = "other" }),
		"and 524288 are": bare(func(h *Harvested) { h.Title = Texts{"fr": strings.Repeat("x", maxHarvestedBytes+1)} }),
		"distributions":  bare(func(h *Harvested) { h.Ways = make([]HarvestedWay, maxHarvestedWays+1) }),
	} {
		kept, errs, err := c.s.PutHarvested(t.Context(), broker.Call{}, []*Harvested{h, lake(7)})
		if err != nil || kept[0] != KeptRefused || errs[0] == nil || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("%s: %v %v %v", want, kept, errs, err)
		}
		if kept[1] == KeptRefused {
			t.Errorf("%s: one that cannot be kept stopped another", want)
		}
	}
}

func TestHarvestedIsGuarded(t *testing.T) {
	c := newTown(t, false)
	c.harvest(lake(1))
	for name, err := range map[string]error{
		"a direct deletion": c.b.Delete(t.Context(), broker.Call{}, HarvestedID(lake(1).Slug)),
		"a direct creation": c.b.Create(t.Context(), broker.Call{}, entity.Fragment{ID: "urn:ngsi-ld:x:1", Types: []entity.Name{HarvestedType()}}),
	} {
		if !problem.Is(err, problem.OperationNotSupported) || !strings.Contains(problem.DetailOf(err), "/api/harvest/sources/{slug}/run") {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := bikes()
	d.Selection.Types = []entity.Name{HarvestedType()}
	if err := c.s.Put(t.Context(), broker.Call{}, d); !problem.Is(err, problem.BadRequestData) {
		t.Errorf("a dataset of datasets: %v", err)
	}
}

// The list follows the log: what another process of the same store would
// write is heard too, in one pass however much it is.
func TestHarvestedListIsMergedNotReadAnew(t *testing.T) {
	all := []HarvestedRef{{Slug: "b"}, {Slug: "d"}, {Slug: "f"}}
	l := &harvestedList{all: all, news: map[string]*HarvestedRef{"a": {Slug: "a"}, "d": nil, "e": {Slug: "e"}, "f": {Slug: "f", Digest: "new"}, "z": {Slug: "z"}, "y": nil}}
	want := []HarvestedRef{{Slug: "a"}, {Slug: "b"}, {Slug: "e"}, {Slug: "f", Digest: "new"}, {Slug: "z"}}
	if diff := cmp.Diff(want, l.merge()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, l.merge()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]HarvestedRef{{Slug: "b"}, {Slug: "d"}, {Slug: "f"}}, all); diff != "" {
		t.Errorf("a list that was given out changed: %s", diff)
	}
}

// The list of a tenant that somebody made up leaves nothing behind.
func TestHarvestedOfNoTenant(t *testing.T) {
	c := newTown(t, true)
	for i := range 5 {
		refs, err := c.s.Harvested(t.Context(), store.Space{Tenant: fmt.Sprint("nobody", i)})
		if err != nil || len(refs) != 0 {
			t.Errorf("%v %v", refs, err)
		}
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if n := len(c.s.harvested); n != 0 {
		t.Errorf("%d lists are kept of tenants that are not there", n)
	}
}
