package catalogue

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue/find"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/store"
)

func (c *town) search(q find.Query) Page {
	c.t.Helper()
	if q.Limit == 0 {
		q.Limit = 20
	}
	p, err := c.s.Search(c.t.Context(), store.Space{}, q)
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

func (p Page) names() string {
	var out []string
	for _, f := range p.Found {
		if f.Harvested != nil {
			out = append(out, harvestedMark+f.Harvested.IRI)
			continue
		}
		out = append(out, f.Dataset.Slug)
	}
	return strings.Join(out, " ")
}

// What is published is found by all its texts, a draft by stewards alone, and
// what was withdrawn or has gone by nobody.
func TestSearchFindsWhatIsPublic(t *testing.T) {
	for _, run := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newTown(t, run)
			if got := c.search(find.Query{}); got.Total != 0 {
				t.Errorf("an empty catalogue: %v", got)
			}
			c.put(DemoDatasets(map[string]string{"fr": "Clairebeke"})...)
			if got := c.search(find.Query{Where: find.Text("vélos")}).names(); got != "" {
				t.Errorf("a draft is found: %q", got)
			}
			if got := c.search(find.Query{Where: find.Text("vélos"), Drafts: true}).names(); got != "shared-bikes" {
				t.Errorf("a steward finds %q", got)
			}
			for _, slug := range []string{"shared-bikes", "air-quality", "noise"} {
				c.publish(slug)
			}
			c.harvest(lake(1), lake(2))
			synctest.Wait()
			for asked, want := range map[string]string{
				"velo": "shared-bikes", "fiets ": "shared-bikes", "lac": "@https://lakes.example/id/1 @https://lakes.example/id/2",
				"environnement": "air-quality noise @https://lakes.example/id/1 @https://lakes.example/id/2", "vervoer": "shared-bikes", "lakes board": "@https://lakes.example/id/1 @https://lakes.example/id/2",
			} {
				got := strings.Fields(c.search(find.Query{Where: find.Text(asked), Sort: []find.Order{{By: find.ByID}}}).names())
				wanted := strings.Fields(want)
				slices.Sort(got)
				slices.Sort(wanted)
				if !slices.Equal(got, wanted) {
					t.Errorf("%q: %v, want %v", asked, got, wanted)
				}
			}
			p := c.search(find.Query{Count: []find.Facet{find.Theme, find.Source}})
			if diff := cmp.Diff(map[find.Facet][]find.Value{find.Theme: {{Text: "ENVI", N: 4}, {Text: "HEAL", N: 2}, {Text: "TRAN", N: 1}}, find.Source: {{Text: "", N: 3}, {Text: "lakes", N: 2}}}, p.Facets); diff != "" {
				t.Error(diff)
			}
			if err := c.s.Withdraw(t.Context(), broker.Call{}, "shared-bikes"); err != nil {
				t.Fatal(err)
			}
			if err := c.s.EndHarvested(t.Context(), broker.Call{}, []string{lake(1).Slug}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got := c.search(find.Query{Where: find.Text("velo"), Drafts: true}); got.Total != 0 {
				t.Errorf("what was withdrawn is found: %v", got.names())
			}
			if got := c.search(find.Query{Where: find.Text("lac")}).names(); got != "@https://lakes.example/id/2" {
				t.Errorf("what has gone is found: %q", got)
			}
		})
	}
}

// Who starts the server does not leave the making of the index to the first
// who asks.
func TestPrepare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTown(t, true)
		c.put(bikes())
		c.publish("shared-bikes")
		if err := c.s.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		if l := c.s.searches[store.Space{}]; l == nil || l.index.Len() != 1 {
			t.Errorf("%+v", l)
		}
		stopped, stop := context.WithCancel(t.Context())
		stop()
		if err := New(c.s.o).Prepare(stopped); err != nil {
			t.Errorf("ended before anything ran: %v", err)
		}
	})
}

// A tenant that somebody made up has no datasets, and leaves nothing behind.
func TestSearchOfNoTenant(t *testing.T) {
	for _, run := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newTown(t, run)
			for i := range 5 {
				if p, err := c.s.Search(t.Context(), store.Space{Tenant: fmt.Sprint("nobody", i)}, find.Query{Limit: 3}); err != nil || p.Total != 0 {
					t.Errorf("%v %v", p, err)
				}
			}
			if n := len(c.s.searches); n > 1 {
				t.Errorf("%d indexes are kept", n)
			}
		})
	}
}

// Words between quotation marks stand in a row in one text.
func TestSearchInARow(t *testing.T) {
	c := newTown(t, false)
	c.put(bikes())
	c.publish("shared-bikes")
	h := lake(1)
	h.Description = Texts{"fr": "Des vélos libres, et leurs places."}
	c.harvest(h)
	for asked, want := range map[string]string{`"places libres"`: "shared-bikes", `"velos libres" PLACES`: "@https://lakes.example/id/1", `"libres velos"`: "", `places libres`: "shared-bikes @https://lakes.example/id/1"} {
		if got := c.search(find.Query{Where: find.Text(asked), Sort: []find.Order{{By: find.ByID, Falls: true}}}).names(); got != want {
			t.Errorf("%s: %q, want %q", asked, got, want)
		}
	}
}

// Live is what was read within its period, and a place is where the data is:
// both follow the data, not the description.
func TestSearchFollowsTheData(t *testing.T) {
	for _, run := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newTown(t, run)
			c.put(bikes())
			c.publish("shared-bikes")
			east := geo.Rect{West: 3.4, South: 50, East: 3.6, North: 51}
			live := find.Query{Live: true, Now: c.now}
			placed := find.Query{Box: &east}
			if got := c.search(live).names() + c.search(placed).names(); got != "" {
				t.Errorf("nothing was ever read: %q", got)
			}
			c.station("1", 3.2, 4, c.now)
			synctest.Wait()
			if got := c.search(live).names(); got != "shared-bikes" {
				t.Errorf("just read: %q", got)
			}
			if p := c.search(find.Query{Now: c.now}); p.Live != 1 || !p.Found[0].Live {
				t.Errorf("%+v", p)
			}
			live.Now = c.now + 5*60_000_000 + 1
			if got := c.search(live).names(); got != "" {
				t.Errorf("silent for more than five minutes: %q", got)
			}
			if got := c.search(placed).names(); got != "" {
				t.Errorf("there is none in the east: %q", got)
			}
			c.station("2", 3.5, 4, c.now)
			synctest.Wait()
			if got := c.search(placed).names(); got != "shared-bikes" {
				t.Errorf("there is one in the east now: %q", got)
			}
		})
	}
}

// What is closed is found by its description, and by nothing of its data: nobody
// learns by asking place after place where its things are.
func TestSearchTellsNothingOfClosedData(t *testing.T) {
	for _, run := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newTown(t, run)
			c.station("1", 3.2, 4, c.now)
			c.put(bikes())
			c.publish("shared-bikes")
			world := geo.WorldRect()
			if got := c.search(find.Query{Box: &world, Live: true}).names(); got != "shared-bikes" {
				t.Fatalf("while it is open: %q", got)
			}
			d := bikes()
			d.Access, d.Reason = "NON_PUBLIC", "personal"
			c.put(d)
			c.station("2", 3.5, 4, c.now)
			synctest.Wait()
			p := c.search(find.Query{Where: find.Text("velo"), Count: []find.Facet{find.Access, find.Format}})
			if diff := cmp.Diff(map[find.Facet][]find.Value{find.Access: {{Text: "NON_PUBLIC", N: 1}}, find.Format: {}}, p.Facets); diff != "" || p.names() != "shared-bikes" || p.Live != 0 || p.Found[0].Live {
				t.Errorf("%s %+v", diff, p)
			}
			if got := c.search(find.Query{Box: &world}).names() + c.search(find.Query{Live: true}).names(); got != "" {
				t.Errorf("its place or its life shows: %q", got)
			}
		})
	}
}

// However it came about, what follows the log answers like what is made anew.
func TestSearchFollowedEqualsRebuilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTown(t, true)
		rnd := rand.New(rand.NewPCG(1, 2))
		pool := DemoDatasets(map[string]string{"fr": "Clairebeke"})
		c.search(find.Query{}) // there is an index to follow with
		for i := range 400 {
			d := pool[rnd.IntN(len(pool))]
			d.Title = Texts{"fr": fmt.Sprint(d.Title["fr"], " ", rnd.IntN(9)), "nl": d.Title["nl"], "en": d.Title["en"]}
			d.Slug = fmt.Sprint("set-", rnd.IntN(30))
			h := lake(rnd.IntN(20))
			h.Description = Texts{"en": fmt.Sprint("water ", rnd.IntN(3))}
			switch rnd.IntN(6) {
			case 0:
				_ = c.s.Publish(t.Context(), broker.Call{}, d.Slug) // or there is none
			case 1:
				_ = c.s.Withdraw(t.Context(), broker.Call{}, d.Slug)
			case 2:
				c.harvest(h)
			case 3:
				if err := c.s.EndHarvested(t.Context(), broker.Call{}, []string{h.Slug}); err != nil {
					t.Fatal(err)
				}
			case 4:
				c.station(fmt.Sprint(rnd.IntN(4)), 3+rnd.Float64(), 4, c.now+entity.Instant(i))
			default:
				_ = c.s.Put(t.Context(), broker.Call{}, d) // or it was withdrawn
			}
			if rnd.IntN(9) == 0 {
				synctest.Wait()
				c.search(find.Query{Where: find.Text("velo")})
			}
		}
		synctest.Wait()
		anew := *c
		anew.s = New(c.s.o)
		for _, text := range []string{"", "velo", "water 1", "qualité", "3", "lac", "données synthétiques"} {
			for _, drafts := range []bool{false, true} {
				q := find.Query{Where: find.Text(text), Drafts: drafts, Limit: -1, Now: c.now, Sort: []find.Order{{By: find.Relevance}}, Count: []find.Facet{find.Theme, find.Publisher, find.Licence, find.Format, find.Source, find.Tag}}
				got, want := c.search(q), anew.search(q)
				if got.names() != want.names() || want.Total == 0 && text == "" {
					t.Errorf("%q: %q, want %q", text, got.names(), want.names())
				}
				if diff := cmp.Diff(want.Facets, got.Facets); diff != "" || got.Live != want.Live {
					t.Errorf("%q: %s", text, diff)
				}
				if diff := cmp.Diff(want.Hits, got.Hits); diff != "" {
					t.Errorf("%q: %s", text, diff)
				}
			}
		}
	})
}
