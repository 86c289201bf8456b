package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/duty"
	"github.com/beffroi/beffroi/internal/govern/inbox"
	"github.com/beffroi/beffroi/internal/harvest"
)

// How often harvests and duties are looked at, in the city, and how long before
// its day a duty is told.
const (
	tidingsEvery = 10 * time.Minute
	dutiesEvery  = 36 // rounds: six hours, as days are what counts
	dutyDays     = 30
)

// tell fills the inbox from what knows nothing of it: harvests that were cut
// off, and duties that begin or become due.
func (a *App) tell(ctx context.Context) error {
	t := time.NewTicker(max(a.clock.Real(tidingsEvery), time.Second))
	defer t.Stop()
	for round := 0; ; round++ {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		err := a.tellHarvests(ctx)
		if round%dutiesEvery == 0 {
			err = errors.Join(err, a.tellDuties(ctx))
		}
		if err != nil && ctx.Err() == nil {
			a.log.Warn("the inbox was not filled from harvests and duties", "error", err)
		}
	}
}

// tellHarvests tells of each source whose last run did not read it to its end.
func (a *App) tellHarvests(ctx context.Context) error {
	sources, err := a.harvester.Sources(ctx)
	if err != nil {
		return err
	}
	causes := map[string]bool{}
	for _, src := range sources {
		reports, err := a.harvester.Reports(ctx, src.Slug)
		if err != nil {
			return err
		}
		n, ok := harvestNews(src, reports)
		if !ok {
			continue
		}
		causes[n.Key] = true
		if _, err := a.inbox.Tell(ctx, "", n); err != nil {
			return err
		}
	}
	return a.inbox.SettleBut(ctx, "", inbox.Harvest, causes)
}

// harvestNews gives what is to be told of a source; reports are the newest
// first. One that runs now says nothing of how it ends.
func harvestNews(src harvest.Source, reports []harvest.Report) (inbox.News, bool) {
	for _, r := range reports {
		if r.Dry || r.State == harvest.Running {
			continue
		}
		if r.State != harvest.Cut {
			return inbox.News{}, false
		}
		return inbox.News{Topic: inbox.Harvest, Key: src.Slug, Path: "/harvest",
			Title: map[string]string{"fr": "Le moissonnage de « " + src.Name + " » n’est pas allé à son terme", "nl": "De oogst van “" + src.Name + "” is niet voltooid", "en": "The harvest of “" + src.Name + "” did not come to its end"},
			Text: map[string]string{"fr": fmt.Sprintf("%d jeux de données lus ; le rapport dit pourquoi il s’est arrêté.", r.Counts.Seen), "nl": fmt.Sprintf("%d datasets gelezen; het verslag zegt waarom het stopte.", r.Counts.Seen),
				"en": fmt.Sprintf("%d datasets were read; the report says why it stopped.", r.Counts.Seen)}}, true
	}
	return inbox.News{}, false
}

// tellDuties tells of each duty that begins, or whose time ends, within a month
// and applies for certain.
func (a *App) tellDuties(ctx context.Context) error {
	today := deadline.DateOf(a.clock.Now())
	board, err := a.duties.Board(ctx, broker.Call{}, duty.Asking{Date: today})
	if err != nil {
		return err
	}
	causes := map[string]bool{}
	for _, e := range board.Timeline {
		n, ok := dutyNews(e, today)
		if !ok {
			continue
		}
		causes[n.Key] = true
		if _, err := a.inbox.Tell(ctx, "", n); err != nil {
			return err
		}
	}
	return a.inbox.SettleBut(ctx, "", inbox.Duty, causes)
}

// dutyNews gives what is to be told of a day that matters.
func dutyNews(e duty.Event, today deadline.Date) (inbox.News, bool) {
	if e.Kind == duty.Ends || len(e.Applies) == 0 || e.Date > today+dutyDays {
		return inbox.News{}, false
	}
	says := map[string]string{"fr": "s’applique à partir du", "nl": "geldt vanaf", "en": "applies from"}
	if e.Kind == duty.Due {
		says = map[string]string{"fr": "est à remplir au plus tard le", "nl": "moet vervuld zijn op", "en": "is to be met by"}
	}
	n := inbox.News{Topic: inbox.Duty, Key: fmt.Sprintf("%s/%s/%s", e.Rule.ID, e.Kind, e.Date), Path: "/duties", Title: map[string]string{}, Text: map[string]string{}, Severity: inbox.Attention}
	for _, lang := range []string{"fr", "nl", "en"} {
		title := e.Rule.Title[lang]
		if title == "" {
			title = e.Rule.ID
		}
		n.Title[lang] = title
		n.Text[lang] = fmt.Sprintf("%s, %s: %s %s.", e.Set.Act, e.Rule.Article, says[lang], e.Date)
	}
	n.Text["fr"] = fmt.Sprintf("%s, %s\u202f: %s %s.", e.Set.Act, e.Rule.Article, says["fr"], e.Date)
	return n, true
}
