package app

import (
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/duty"
	"github.com/beffroi/beffroi/internal/govern/inbox"
	"github.com/beffroi/beffroi/internal/govern/law"
)

func TestWhatIsToldOfADuty(t *testing.T) {
	today := deadline.On(2026, 11, 25)
	rule, set := &law.Rule{ID: "AIA-5", Article: "5", Title: law.Texts{"fr": "Interdits", "nl": "Verboden", "en": "Bans"}}, &law.RuleSet{Act: "AI Act"}
	for name, tt := range map[string]struct {
		e    duty.Event
		told bool
	}{
		"begins next week":           {duty.Event{Date: today + 7, Kind: duty.Begins, Applies: []string{""}}, true},
		"due tomorrow":               {duty.Event{Date: today + 1, Kind: duty.Due, Applies: []string{"bikes"}}, true},
		"ends":                       {duty.Event{Date: today + 7, Kind: duty.Ends, Applies: []string{""}}, false},
		"next year":                  {duty.Event{Date: today + 365, Kind: duty.Begins, Applies: []string{""}}, false},
		"nobody knows if it applies": {duty.Event{Date: today + 7, Kind: duty.Begins, Open: []string{""}}, false},
	} {
		tt.e.Rule, tt.e.Set = rule, set
		if n, told := dutyNews(tt.e, today); told != tt.told || told && (n.Title["en"] != "Bans" || n.Text["nl"] == "") {
			t.Errorf("%s: %v %+v", name, told, n)
		}
	}
}

// A round works on the city as it is, and settles what is no more.
func TestTidings(t *testing.T) {
	a := opened(t, func(*config.Config) {})
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := a.inbox.Tell(t.Context(), "", inbox.News{Topic: inbox.Duty, Key: "of yesterday", Title: map[string]string{"fr": "F", "nl": "N", "en": "E"}, Path: "/duties"}); err != nil {
		t.Fatal(err)
	}
	if err := a.tellDuties(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := a.inbox.List(t.Context(), "", access.Local(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all {
		if n.Key == "of yesterday" && n.State != inbox.Settled {
			t.Errorf("%+v", n)
		}
	}
}
