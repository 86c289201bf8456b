package catalogue

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/vocab"
)

// town is a store with a broker and a catalogue over it.
type town struct {
	t   *testing.T
	b   *broker.Broker
	s   *Service
	now entity.Instant
}

func newTown(t *testing.T, run bool) *town {
	c := &town{t: t, now: 1_780_000_000_000_000}
	st := memstore.New(memstore.Options{TwiceApply: true, Clock: func() time.Time { return c.now.Time() }})
	now := func() entity.Instant { return c.now }
	c.b = broker.New(st, broker.Options{Now: now, Guard: Guard})
	c.s = New(Options{Broker: c.b, Log: st, Now: now})
	if run {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.s.Run(ctx) }()
		t.Cleanup(func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	return c
}

func (c *town) put(ds ...Dataset) {
	c.t.Helper()
	for _, d := range ds {
		if err := c.s.Put(c.t.Context(), broker.Call{}, d); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *town) publish(slug string) {
	c.t.Helper()
	if err := c.s.Publish(c.t.Context(), broker.Call{}, slug); err != nil {
		c.t.Fatal(err)
	}
}

func (c *town) station(id string, lon float64, bikes int, at entity.Instant) {
	c.t.Helper()
	out, err := c.b.Ingest(c.t.Context(), broker.Call{Origin: store.Origin{Source: "bikes"}}, []entity.Fragment{{ID: entity.ID("urn:ngsi-ld:BikeHireDockingStation:" + id),
		Types: []entity.Name{vocab.Term("BikeHireDockingStation")}, Attrs: []entity.Instance{
			{Name: vocab.Term("availableBikeNumber"), Kind: entity.Property, Value: fmt.Appendf(nil, "%d", bikes), ObservedAt: at, Unit: "C62"},
			{Name: vocab.Location, Kind: entity.GeoProperty, Value: fmt.Appendf(nil, `{"type":"Point","coordinates":[%g,50.6]}`, lon)}}}})
	if err != nil || out[0].Err != nil {
		c.t.Fatal(err, out)
	}
}

func bikes() Dataset { return DemoDatasets(map[string]string{"fr": "Clairebeke"})[0] }

func TestDemoDatasetsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	layers := map[string]bool{}
	for _, l := range Layers() {
		layers[l.ID] = true
	}
	for _, d := range DemoDatasets(map[string]string{"fr": "Clairebeke", "en": "Clearbrook"}) {
		if m := append(d.Missing(), d.check()...); len(m) > 0 {
			t.Errorf("%s: %v", d.Slug, m)
		}
		if seen[d.Slug] || d.Layer != "" && !layers[d.Layer] {
			t.Errorf("%s: stands twice, or its layer %q is none", d.Slug, d.Layer)
		}
		seen[d.Slug] = true
		delete(layers, d.Layer)
		for lang, words := range syntheticWords {
			if !d.Synthetic || !strings.Contains(d.Title[lang], words[0]) || !strings.Contains(d.Description[lang], words[1]) {
				t.Errorf("%s does not say in %s that it is synthetic", d.Slug, lang)
			}
		}
		if d.Title["fr"] == d.Title["en"] || d.Title["nl"] == d.Title["en"] || !strings.Contains(d.Title["en"], "Clearbrook") {
			t.Errorf("%s: titles %v", d.Slug, d.Title)
		}
	}
	if len(layers) > 0 {
		t.Errorf("layers without a dataset: %v", layers)
	}
}

func TestPublishSaysAllThatIsMissing(t *testing.T) {
	c := newTown(t, false)
	c.put(Dataset{Slug: "empty"})
	err := c.s.Publish(t.Context(), broker.Call{}, "empty")
	if !problem.Is(err, problem.BadRequestData) {
		t.Fatal(err)
	}
	for _, want := range []string{"title in fr", "title in nl", "description in en", "licence", "publisher", "contact (name)", "contact (e-mail", "theme", "frequency", "selection"} {
		if !strings.Contains(problem.DetailOf(err), want) {
			t.Errorf("nothing about %s: %s", want, problem.DetailOf(err))
		}
	}
	if qs, err := c.s.Public(t.Context(), store.Space{}); err != nil || len(qs) != 0 {
		t.Errorf("public: %v %v", qs, err)
	}
}

func TestPutRefuses(t *testing.T) {
	c := newTown(t, false)
	for name, tt := range map[string]struct {
		change func(*Dataset)
		want   string
	}{
		"a category that is none":      {func(d *Dataset) { d.HighValue = []string{"c_0"} }, "c_63b37dd4"},
		"a licence too strict for HVD": {func(d *Dataset) { d.HighValue, d.Licence = []string{"c_63b37dd4"}, "ODBL" }, "Art. 4(3)"},
		"slug":                         {func(d *Dataset) { d.Slug = "Shared Bikes" }, "lower-case"},
		"slug path":                    {func(d *Dataset) { d.Slug = "a/../b" }, "lower-case"},
		"licence":                      {func(d *Dataset) { d.Licence = "MIT-ish" }, "CC_BY_4_0"},
		"theme":                        {func(d *Dataset) { d.Themes = []string{"BIKE"} }, "data-theme"},
		"frequency":                    {func(d *Dataset) { d.Frequency = "OFTEN" }, "EU table frequency"},
		"e-mail":                       {func(d *Dataset) { d.Contact.Email = "Data <a@b.example>" }, "not an address"},
		"mail IRI":                     {func(d *Dataset) { d.Contact.Email = "a>@b.example" }, "not an address"},
		"publisher":                    {func(d *Dataset) { d.Publisher.URL = "javascript:alert(1)" }, "http"},
		"language":                     {func(d *Dataset) { d.Title["de"] = "Räder" }, "fr, nl, en"},
		"type":                         {func(d *Dataset) { d.Selection.Types = []entity.Name{"Bike"} }, "not an IRI"},
		"of datasets":                  {func(d *Dataset) { d.Selection.Types = []entity.Name{Type()} }, "cannot consist of datasets"},
		"scope":                        {func(d *Dataset) { d.Selection.Scope = "a b(" }, "scope"},
		"a control character":          {func(d *Dataset) { d.Title["fr"] = "V\x07los" }, "U+0007"},
		"a line in a title":            {func(d *Dataset) { d.Title["fr"] = "a\nb" }, "U+000A"},
		"an escape in a keyword":       {func(d *Dataset) { d.Keywords["nl"] = []string{"\x1b[31m"} }, "U+001B"},
		"turned round":                 {func(d *Dataset) { d.Contact.Name = "a\u202eb" }, "U+202E"},
		"broken UTF-8":                 {func(d *Dataset) { d.Description["en"] = "a\xff" }, "U+FFFD"},
		"no character":                 {func(d *Dataset) { d.Description["en"] = "a\uffff" }, "U+FFFF"},
		"dates":                        {func(d *Dataset) { d.From, d.Until = 2e15, 1e15 }, "before the start"},
		"a standard":                   {func(d *Dataset) { d.ConformsTo = []string{"my model"} }, "http"},
		"a place":                      {func(d *Dataset) { d.Place = "Lille" }, "http"},
		"access":                       {func(d *Dataset) { d.Access = "SECRET" }, "access-right"},
		"a reason that is none":        {func(d *Dataset) { d.Access, d.Reason = "RESTRICTED", "because" }, "personal"},
		"a reason without need":        {func(d *Dataset) { d.Reason = "personal" }, "access is public"},
	} {
		d := bikes()
		tt.change(&d)
		err := c.s.Put(t.Context(), broker.Call{}, d)
		if !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := bikes()
	d.Description["fr"] = "Deux lignes :\n\tla seconde."
	c.put(d)
}

// What is closed is listed, and nothing of it is public.
func TestClosed(t *testing.T) {
	c := newTown(t, false)
	d := bikes()
	d.Access = "RESTRICTED"
	c.put(d)
	if err := c.s.Publish(t.Context(), broker.Call{}, d.Slug); !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), "reason") {
		t.Errorf("published without a reason: %v", err)
	}
	d.Reason = "personal"
	c.put(d)
	c.publish(d.Slug)
	if got, err := c.s.Open(t.Context(), store.Space{}, d.Slug); err != nil || !got.Closed() {
		t.Errorf("%v %v", got, err)
	}
	if qs, err := c.s.Public(t.Context(), store.Space{}); err != nil || len(qs) != 0 {
		t.Errorf("its entities are public: %v %v", qs, err)
	}
}

// Every finding names its field and speaks three languages.
func TestFindings(t *testing.T) {
	d := Dataset{Slug: "x", Title: Texts{"fr": "a\x00"}, Licence: "mine", Contact: Contact{Email: "nobody"}, Themes: []string{"BIKE"}}
	var got []string
	for _, f := range d.Findings() {
		word := f.Field
		if f.Missing {
			word += "?"
		}
		got = append(got, word)
		for _, lang := range Languages() {
			if f.Message[lang] == "" || f.Mend[lang] == "" {
				t.Errorf("%s says nothing in %s: %v", f.Field, lang, f)
			}
		}
	}
	want := "contact.email license themes title.fr description.fr? title.nl? description.nl? title.en? description.en? publisher.name? contact.name? frequency? selection?"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("%s, want %s", s, want)
	}
}

// A dataset is an entity: what was put comes back, and it has a history.
func TestKeptAsAnEntity(t *testing.T) {
	c := newTown(t, false)
	want := bikes()
	want.Publisher.URL, want.Contact.URL, want.Selection.Scope = "https://city.example/", "https://city.example/contact", "/Clairebeke"
	want.ConformsTo, want.Place, want.From, want.Until = []string{"https://smartdatamodels.org/x"}, Authority+"place/FRA_LIL", 1e15, 2e15
	want.Access, want.Reason = "NON_PUBLIC", "security"
	c.put(want)
	got, err := c.s.Get(t.Context(), store.Space{}, want.Slug)
	if err != nil {
		t.Fatal(err)
	}
	want.Changed = got.Changed
	if d := cmp.Diff(&want, got); d != "" {
		t.Error(d)
	}
	c.now += 1e6
	want.Title["en"] = "Bikes"
	want.Layer, want.Contact.URL = "", ""
	c.put(want)
	got, err = c.s.Get(t.Context(), store.Space{}, want.Slug)
	if err != nil {
		t.Fatal(err)
	}
	want.Changed = got.Changed
	if d := cmp.Diff(&want, got); d != "" {
		t.Error(d)
	}
	ev, err := c.b.History(t.Context(), broker.Call{}, ID(want.Slug), store.Window{Clock: store.ModifiedAt, Names: []entity.Name{dct + "title", dct + "license"}})
	if err != nil || len(ev.Series) != 2 || len(ev.Series[0].Points) != 1 || len(ev.Series[1].Points) != 2 {
		t.Errorf("history: %+v %v", ev.Series, err)
	}
}

func TestLifeOfADataset(t *testing.T) {
	for _, run := range []bool{false, true} {
		c := newTown(t, run)
		ctx, d := t.Context(), bikes()
		c.put(d)
		if _, err := c.s.Open(ctx, store.Space{}, d.Slug); !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("a draft is shown: %v", err)
		}
		if err := c.s.Withdraw(ctx, broker.Call{}, d.Slug); !problem.Is(err, problem.OperationNotSupported) {
			t.Errorf("withdrawing a draft: %v", err)
		}
		c.publish(d.Slug)
		first := c.now
		got, err := c.s.Open(ctx, store.Space{}, d.Slug)
		if err != nil || got.Address != "/id/dataset/shared-bikes" || got.Issued != first {
			t.Fatalf("%+v %v", got, err)
		}
		qs, err := c.s.Public(ctx, store.Space{})
		if err != nil || len(qs) != 1 || !qs[0].Types.Match([]entity.Name{vocab.Term("BikeHireDockingStation")}) || qs[0].Types.Match([]entity.Name{vocab.Term("Building")}) {
			t.Errorf("public: %+v %v", qs, err)
		}
		c.now += 1e6
		bad := bikes()
		bad.Licence, bad.Description = "", nil
		if err := c.s.Put(ctx, broker.Call{}, bad); !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), "licence") {
			t.Errorf("a published one lost its licence: %v", err)
		}
		d.Title["en"] = "Bikes"
		c.put(d)
		c.publish(d.Slug)
		if got, err = c.s.Open(ctx, store.Space{}, d.Slug); err != nil || got.Issued != first || got.Title["en"] != "Bikes" {
			t.Errorf("published twice: %+v %v", got, err)
		}
		if err := c.s.Withdraw(ctx, broker.Call{}, d.Slug); err != nil {
			t.Fatal(err)
		}
		if _, err := c.s.Open(ctx, store.Space{}, d.Slug); !problem.Is(err, problem.Gone) {
			t.Errorf("withdrawn: %v", err)
		}
		if qs, err := c.s.Public(ctx, store.Space{}); err != nil || len(qs) != 0 {
			t.Errorf("withdrawn and public: %v %v", qs, err)
		}
		for what, err := range map[string]error{"put": c.s.Put(ctx, broker.Call{}, d), "publish": c.s.Publish(ctx, broker.Call{}, d.Slug)} {
			if !problem.Is(err, problem.Gone) {
				t.Errorf("%s after withdrawal: %v", what, err)
			}
		}
		if qs, err := c.s.Public(ctx, store.Space{Tenant: "nowhere"}); err != nil || len(qs) != 0 {
			t.Errorf("unknown tenant: %v %v", qs, err)
		}
	}
}

// Nobody makes a dataset, or changes one, through another door.
func TestGuard(t *testing.T) {
	c := newTown(t, false)
	c.put(bikes())
	c.publish("shared-bikes")
	ctx := t.Context()
	forged := entity.Fragment{ID: ID("all"), Types: []entity.Name{"x:Thing", Type()}, Attrs: []entity.Instance{{Name: own + "state", Kind: entity.Property, Value: []byte(`"published"`)}}}
	if err := c.b.Create(ctx, broker.Call{}, forged); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("created: %v", err)
	}
	forged.ID = ID("shared-bikes")
	if _, err := c.b.Append(ctx, broker.Call{}, forged, true); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("changed: %v", err)
	}
	if err := c.b.Delete(ctx, broker.Call{}, forged.ID); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("deleted: %v", err)
	}
}

// What is filled in at once says nothing of how often data arrives; what comes
// after it does.
func TestFilledInIsNoFrequency(t *testing.T) {
	c := newTown(t, false)
	c.put(bikes())
	c.publish("shared-bikes")
	measured := func() entity.Instant {
		d, err := c.s.Get(t.Context(), store.Space{}, "shared-bikes")
		if err != nil {
			t.Fatal(err)
		}
		x, err := c.s.Extent(t.Context(), store.Space{}, d)
		if err != nil {
			t.Fatal(err)
		}
		return x.Period
	}
	began := c.now
	for i := range 12 {
		c.now++
		c.station("1", 3.1, i, began-entity.Instant(12-i)*300e6)
	}
	if got := measured(); got != 0 {
		t.Errorf("back-filled data arrives every %d µs", got)
	}
	for i := range 3 {
		c.now += 60e6
		c.station("1", 3.1, i, c.now)
	}
	if got := measured(); got != 60e6 {
		t.Errorf("live data after it: %d µs", got)
	}
}

func TestExtent(t *testing.T) {
	for _, run := range []bool{false, true} {
		c := newTown(t, run)
		ctx := t.Context()
		c.put(bikes())
		c.publish("shared-bikes")
		start := c.now + 60e6
		for i := range 10 {
			c.now = start + entity.Instant(i)*60e6
			c.station("1", 3.1, i, c.now)
			c.station("2", 3.3, i, c.now)
		}
		measure := func() *Extent {
			d, err := c.s.Open(ctx, store.Space{}, "shared-bikes")
			if err != nil {
				t.Fatal(err)
			}
			x, err := c.s.Extent(ctx, store.Space{}, d)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		x := measure()
		if x.Count != 2 || x.First != start || x.Last != c.now || x.Period != 60e6 || x.Box != (geo.Rect{West: 3.1, South: 50.6, East: 3.3, North: 50.6}) || len(x.Sample) != 2 {
			t.Errorf("run %v: %+v", run, x)
		}
		if i := slices.IndexFunc(x.Fields, func(f Field) bool { return f.Name == vocab.Term("availableBikeNumber") }); i < 0 || x.Fields[i].Type != "number" || x.Fields[i].Unit != "C62" {
			t.Errorf("fields: %+v", x.Fields)
		}
		y := measure()
		for n := 0; run && y != x && n < 1000; n++ { // the log may still be telling of what was written above
			x, y = y, measure()
		}
		if y != x {
			t.Error("measured again though nothing changed")
		}
		if run {
			continue // what follows would have to wait for the log
		}
		if err := c.b.Delete(ctx, broker.Call{}, "urn:ngsi-ld:BikeHireDockingStation:2"); err != nil {
			t.Fatal(err)
		}
		if y := measure(); y.Count != 1 || y.Version == x.Version {
			t.Errorf("after a deletion: %+v", y)
		}
		// As many as before, and none newer than before: yet others.
		c.station("3", 3.3, 9, c.now)
		if y := measure(); y.Count != 2 || y.Modified != x.Modified || y.Version == x.Version {
			t.Errorf("one came for one that went: %+v", y)
		}
	}
}

// With Run, a change in the log makes what was measured be measured again.
func TestFollowsTheLog(t *testing.T) {
	c := newTown(t, true)
	ctx := t.Context()
	c.put(bikes())
	c.publish("shared-bikes")
	d, err := c.s.Open(ctx, store.Space{}, "shared-bikes")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 3; n++ {
		c.station(fmt.Sprint(n), 3.1, n, c.now)
		for {
			x, err := c.s.Extent(ctx, store.Space{}, d)
			if err != nil {
				t.Fatal(err)
			}
			if x.Count == n {
				break
			}
			if t.Context().Err() != nil {
				t.Fatal("the change never showed")
			}
		}
	}
}

// With Run, what changes elsewhere makes nothing be measured again.
func TestOthersChangesDoNotCount(t *testing.T) {
	c := newTown(t, true)
	ctx := t.Context()
	c.put(bikes())
	c.publish("shared-bikes")
	d, err := c.s.Open(ctx, store.Space{}, "shared-bikes")
	if err != nil {
		t.Fatal(err)
	}
	// The log may still be on its way at first; in the end it is not.
	for n, before := 0, (*Extent)(nil); ; n++ {
		x, err := c.s.Extent(ctx, store.Space{}, d)
		if err != nil {
			t.Fatal(err)
		}
		if x == before {
			break
		}
		if before = x; n == 400 {
			t.Fatal("measured anew after each change elsewhere")
		}
		if err := c.b.Create(ctx, broker.Call{}, entity.Fragment{ID: entity.ID(fmt.Sprint("urn:other:", n)), Types: []entity.Name{"x:Other"}}); err != nil {
			t.Fatal(err)
		}
	}
}

// The codes in use stand in the EU's tables.
func TestTablesAreTheEUs(t *testing.T) {
	for file, codes := range map[string][]string{"data-theme": keys(themes), "frequencies": keys(frequencies), "licences": {"CC0", "CC_BY_4_0", "ODC_BL"}} {
		b, err := os.ReadFile("testdata/eu-authority/" + file + "-sparql-result.ttl")
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range codes {
			if !strings.Contains(string(b), `"`+code+`"`) {
				t.Errorf("%s is not in the table %s", code, file)
			}
		}
	}
}

func keys(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}
