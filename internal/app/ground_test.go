package app

import (
	"log/slog"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/synth"
	"github.com/beffroi/beffroi/internal/vocab"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestGround looks at every entity of the invented city: each is well formed,
// has a place, and says that it is invented.
func TestGround(t *testing.T) {
	if testing.Short() {
		t.Skip("short: planning a city takes seconds")
	}
	c := synth.Plan(1)
	seen := map[entity.ID]bool{}
	types := map[entity.Name]int{}
	for f := range things(c) {
		if _, err := entity.ParseID(string(f.ID)); err != nil || seen[f.ID] {
			t.Fatalf("%s: %v, seen %v", f.ID, err, seen[f.ID])
		}
		seen[f.ID] = true
		types[f.Types[0]]++
		e, err := entity.Create(f, 1)
		if err != nil {
			t.Fatalf("%s: %v", f.ID, err)
		}
		if i, ok := e.Attr(vocab.Term("synthetic"), ""); !ok || string(i.Value) != "true" {
			t.Fatalf("%s does not say that it is synthetic", f.ID)
		}
		where, ok := e.Attr(vocab.Location, "")
		if !ok {
			t.Fatalf("%s has no place", f.ID)
		}
		n, err := jsontree.Parse(where.Value, jsontree.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", f.ID, err)
		}
		if _, err := geo.ParseGeoJSON(n); err != nil {
			t.Fatalf("%s: %v", f.ID, err)
		}
	}
	for typ, least := range map[string]int{"Building": 15000, "Road": 500, "Tree": 8000, "Park": 5, "WaterBody": 3, "District": 10, "Square": 3, "PublicTransportStop": 50, "NoiseLevelObserved": 5} {
		if types[vocab.Term(typ)] < least {
			t.Errorf("%d entities of type %s, want at least %d", types[vocab.Term(typ)], typ, least)
		}
	}
}
