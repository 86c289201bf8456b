package app

import (
	"context"
	"fmt"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/duty"
	"github.com/beffroi/beffroi/internal/govern/inbox"
)

// How often duties are looked at, in the city, and how long before its day one
// is told.
const (
	tidingsEvery = 10 * time.Minute
	dutiesEvery  = 36 // rounds
	dutyDays     = 30
)

// tell fills the inbox with the duties that begin or become due.
func (a *App) tell(ctx context.Context) error {
	t := time.NewTicker(max(a.clock.Real(tidingsEvery), time.Second))
	defer t.Stop()
	for round := 0; ; round++ {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		if round%dutiesEvery != 0 {
			continue // days are what counts
		}
		if err := a.tellDuties(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("stewards were not told of duties that become due", "error", err)
		}
	}
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
