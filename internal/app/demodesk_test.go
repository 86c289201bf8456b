package app

import (
	"context"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/desk"
	book "github.com/beffroi/beffroi/internal/govern/law"
)

// The demo's desk has something in every state, and is furnished once. A year
// round: what the demo says of deadlines must hold on any day it is started.
func TestFurnish(t *testing.T) {
	cals, err := deadline.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	law, err := book.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for day := 0; day < 366; day += 13 {
		now := time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC).AddDate(0, 0, day)
		d, err := desk.New(desk.Options{Keeper: &desk.MemoryKeeper{}, Book: func(context.Context) (*book.Book, error) { return law, nil }, Calendar: cals["FR"], Country: "FR", Now: func() time.Time { return now },
			City: func(context.Context) (string, error) { return "Ville", nil }})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := furnish(t.Context(), d, now); err != nil {
				t.Fatalf("on %s: %v", now, err)
			}
		}
		all, err := d.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		k, err := d.Reckoner(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen := map[desk.Standing]bool{}
		for _, r := range all {
			c, err := k.Clock(r, now)
			if err != nil {
				t.Fatal(err)
			}
			seen[c.Standing] = true
		}
		if len(all) != len(demoRequests()) || !seen[desk.Running] || !seen[desk.Soon] || !seen[desk.SilentRefusal] || !seen[desk.Done] {
			t.Errorf("on %s: %d requests, %v", now, len(all), seen)
		}
	}
}
