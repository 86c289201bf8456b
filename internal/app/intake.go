package app

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"time"

	api "github.com/beffroi/beffroi/internal/api/harvest"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/govern/inbox"
	"github.com/beffroi/beffroi/internal/harvest"
)

// harvestBytes bounds one document of another catalogue; the source's own
// limit is what counts in a run.
const harvestBytes = 8 << 30

// buildHarvesting makes what takes other catalogues in.
func (a *App) buildHarvesting() ([]httpx.Route, error) {
	client, err := a.fetch.For(fetch.Harvest, fetch.Limits{Bytes: harvestBytes, Time: time.Minute, PerHost: 1})
	if err != nil {
		return nil, err
	}
	a.parts.closing("harvest client", func() error { client.Close(); return nil })
	a.harvester = harvest.New(harvest.Options{Catalogue: a.sets, Records: a.st, Now: a.clock.Instant, Wall: time.Now, Own: a.URL, Check: client.CheckLiteral,
		Dir: filepath.Join(a.cfg.Store.Dir, "harvest"), Log: a.log, Wait: pause, Ended: a.harvestEnded,
		Web: func(ctx context.Context, address, accept string) (harvest.Answer, error) {
			res, body, err := client.Open(ctx, fetch.Request{URL: address, Header: http.Header{"Accept": {accept}}})
			if err != nil {
				return harvest.Answer{}, errors.New(fetch.DetailOf(err))
			}
			return harvest.Answer{Status: res.Status, Header: res.Header, URL: res.URL, Body: body}, nil
		}})
	a.parts.running("harvests", a.harvester.Run)
	return api.New(api.Options{Desk: a.harvester, Catalogue: a.sets, Call: a.callOf}).Routes(), nil
}

// harvestEnded tells the stewards of a run that needs them, and no longer when
// the next one does not.
func (a *App) harvestEnded(ctx context.Context, src harvest.Source, r harvest.Report) error {
	f, bad := r.Trouble()
	if !bad {
		return a.inbox.Settle(ctx, "", inbox.Harvest, src.Slug)
	}
	text, what, mend := map[string]string{}, f.What(), f.Mend()
	for lang, s := range what {
		text[lang] = s + "; " + mend[lang] + "."
	}
	_, err := a.inbox.Tell(ctx, "", inbox.News{Topic: inbox.Harvest, Key: src.Slug, Path: "/harvest?source=" + src.Slug, Text: text,
		Title: map[string]string{"fr": "La moisson de " + src.Name + " demande votre attention", "nl": "De oogst van " + src.Name + " vraagt uw aandacht", "en": "The harvest of " + src.Name + " needs your attention"}})
	return err
}

// pause waits, in the machine's time: others are asked to be patient with it.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
