package app

import (
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/synth"
	"github.com/beffroi/beffroi/internal/timespan"
)

// What a demo described and was killed before it published is published at the
// next start; what a steward withdrew or wrote stays as it is.
func TestPublishSets(t *testing.T) {
	st := memstore.New(memstore.Options{})
	t.Cleanup(func() { st.Close() })
	now := func() entity.Instant { return timespan.FromTime(time.Now()) }
	sets := catalogue.New(catalogue.Options{Broker: broker.New(st, broker.Options{Now: now, Guard: guards()}), Log: st, Now: now})
	city := &synth.City{Name: synth.Names{FR: "Ville", NL: "Stad", EN: "Town"}}
	d := &demo{a: &App{sets: sets}, city: city}
	all := catalogue.DemoDatasets(map[string]string{"fr": "Ville", "nl": "Stad", "en": "Town"})
	call := broker.Call{}
	if err := sets.Put(t.Context(), call, all[0]); err != nil { // and killed here
		t.Fatal(err)
	}
	steward := all[1]
	steward.Title = catalogue.Texts{"fr": "Autre chose"}
	if err := sets.Put(t.Context(), call, steward); err != nil {
		t.Fatal(err)
	}
	if err := d.publishSets(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := sets.Withdraw(t.Context(), call, all[2].Slug); err != nil {
		t.Fatal(err)
	}
	if err := d.publishSets(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, set := range all {
		want := catalogue.Published
		switch i {
		case 1:
			want = catalogue.Draft
		case 2:
			want = catalogue.Withdrawn
		}
		got, err := sets.Get(t.Context(), call.Space, set.Slug)
		if err != nil {
			t.Fatal(err)
		}
		if got.State != want {
			t.Errorf("%s is %v, want %v", set.Slug, got.State, want)
		}
	}
}
