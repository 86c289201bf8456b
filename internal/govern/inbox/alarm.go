package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// sets is the catalogue.
type sets interface {
	All(ctx context.Context, sp store.Space) ([]*catalogue.Dataset, error)
	Extent(ctx context.Context, sp store.Space, d *catalogue.Dataset) (*catalogue.Extent, error)
}

// Alarms looks regularly at every published dataset and tells where the typed
// contradicts the measured.
type Alarms struct {
	Catalogue sets
	Inbox     *Service
	Tenants   func(ctx context.Context) ([]string, error)
	Now       func() entity.Instant
	// Failed hears of rounds that failed; the next one tries again.
	Failed func(error)
}

// Run looks at each tick until ctx ends.
func (a *Alarms) Run(ctx context.Context, tick <-chan time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
		if err := a.Look(ctx); err != nil && ctx.Err() == nil {
			a.Failed(err)
		}
	}
}

// Look looks once. A tenant or a dataset that cannot be read does not hide the
// others.
func (a *Alarms) Look(ctx context.Context) error {
	tenants, err := a.Tenants(ctx)
	if err != nil {
		return fmt.Errorf("list the tenants: %w", err)
	}
	var errs []error
	for _, tenant := range tenants {
		errs = append(errs, a.look(ctx, tenant))
	}
	return errors.Join(errs...)
}

func (a *Alarms) look(ctx context.Context, tenant string) error {
	sp := store.Space{Tenant: tenant}
	ds, err := a.Catalogue.All(ctx, sp)
	if err != nil {
		return fmt.Errorf("read the datasets: %w", err)
	}
	var errs []error
	causes := map[string]bool{}
	for _, d := range ds {
		if d.State != catalogue.Published {
			continue // nobody relies on it
		}
		x, err := a.Catalogue.Extent(ctx, sp, d)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, c := range catalogue.Contradictions(d, x, a.Now()) {
			key := d.Slug + "/" + c.Field
			causes[key] = true
			severity := Attention
			if c.Field == "selection" {
				severity = Urgent // published, and there is nothing
			}
			_, err := a.Inbox.Tell(ctx, tenant, News{Topic: Contradiction, Key: key, Title: titleOf(d), Text: c.Text, Path: "/inventory?q=" + d.Slug, Severity: severity})
			errs = append(errs, err)
		}
	}
	if len(ds) > 0 && errors.Join(errs...) == nil { // what could not be looked at is not settled
		errs = append(errs, a.Inbox.SettleBut(ctx, tenant, Contradiction, causes))
	}
	return errors.Join(errs...)
}

func titleOf(d *catalogue.Dataset) map[string]string {
	out := map[string]string{}
	for lang, form := range map[string]string{"fr": "« %s » ne correspond plus à ses données", "nl": "“%s” klopt niet meer met de gegevens", "en": "“%s” no longer fits its data"} {
		title := d.Title[lang]
		if title == "" {
			title = d.Slug
		}
		out[lang] = fmt.Sprintf(form, title)
	}
	return out
}
