package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/govern/inbox"
)

// board collects what the bell tells.
type board map[string]inbox.News

func (b board) Tell(_ context.Context, _ string, n inbox.News) (bool, error) {
	for _, lang := range []string{"fr", "nl", "en"} {
		if n.Title[lang] == "" || strings.Contains(n.Title[lang], "{") {
			return false, fmt.Errorf("%s has no title in %s", n.Key, lang)
		}
	}
	b[n.Topic+" "+n.Key] = n
	return true, nil
}

func (b board) SettleBut(_ context.Context, _, topic string, causes map[string]bool) error {
	for k, n := range b {
		if n.Topic == topic && !causes[n.Key] {
			delete(b, k)
		}
	}
	return nil
}

func keys(b board) string { return strings.Join(slices.Sorted(maps.Keys(b)), ", ") }

// The last days to tell of an extension and to refuse are told of too.
func TestBellOfOtherLastDays(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	b := board{}
	bell := &Bell{Desk: o.Service, Inbox: b}
	id := o.receive(asked("dataSubject")).ID // a month to refuse in, and to tell
	o.do(id, Act{Kind: Extended, Reasons: []string{"Many systems."}})
	at := func(now, want string) {
		t.Helper()
		o.at(now)
		if err := bell.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := keys(b); got != want {
			t.Errorf("%s: %s, want %s", now, got, want)
		}
	}
	at("2026-09-20", "")
	at("2026-10-06", "deadline 2026-0001/soon, deadline 2026-0001/tell")
	if n := b["deadline 2026-0001/tell"]; n.Title["en"] != "Request 2026-0001: the extension is to be told by 2026-10-08" {
		t.Errorf("%+v", n)
	}
	o.send(id, 1, "2026-10-06")
	at("2026-10-06", "deadline 2026-0001/refuse")
	if n := b["deadline 2026-0001/refuse"]; n.Title["en"] != "Request 2026-0001: it can be refused until 2026-10-08" || n.Due.String() != "2026-10-08T21:59:59Z" {
		t.Errorf("%+v", n)
	}
	at("2026-10-09", "")
}

// A decision that did not reach the register is entered with the next look.
func TestBellMends(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	id := o.receive(asked("protectedReuse")).ID
	if _, _, err := o.Decide(t.Context(), id, Verdict{Outcome: Granted, Summary: "Noise"}); err != nil {
		t.Fatal(err)
	}
	if err := o.keeper.Erase(t.Context(), KindDecision, id); err != nil {
		t.Fatal(err)
	}
	if err := (&Bell{Desk: o.Service, Inbox: board{}}).Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Decision(t.Context(), id); err != nil {
		t.Error(err)
	}
}

func TestBell(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	b := board{}
	bell := &Bell{Desk: o.Service, Inbox: b, Failed: func(err error) { t.Error(err) }}
	look := func(want ...string) {
		t.Helper()
		if err := bell.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if _, ok := b[w]; !ok {
				t.Errorf("no %q in %v", w, b)
			}
		}
		if len(b) != len(want) {
			t.Errorf("%d notices, want %v: %v", len(b), want, b)
		}
		for _, n := range b {
			if s := fmt.Sprint(n); strings.Contains(s, "Kanarie") || strings.Contains(s, "Noise") {
				t.Errorf("a notice says %s", s)
			}
		}
	}
	look()
	id := o.receive(asked("protectedReuse")).ID
	look()
	o.at("2026-11-03")
	look("deadline 2026-0001/soon")
	if n := b["deadline 2026-0001/soon"]; n.Title["en"] != "Request 2026-0001: to be answered by 2026-11-09" || n.Severity != inbox.Attention || n.Path != "/desk/2026-0001" || n.Due.String() != "2026-11-09T22:59:59Z" {
		t.Errorf("%+v", n)
	}
	o.at("2026-11-10")
	look("deadline 2026-0001/overdue")
	if n := b["deadline 2026-0001/overdue"]; n.Severity != inbox.Urgent {
		t.Errorf("%+v", n)
	}
	if _, _, err := o.Decide(t.Context(), id, Verdict{Outcome: Granted, Summary: "x"}); err != nil {
		t.Fatal(err)
	}
	look("deadline 2026-0001/letter") // its letter waits
	o.send(id, 1, "2026-11-10")
	look()
	a := Arrangement{Law: "dga", Data: said("buses"), Holder: "T", Reason: said("r"), From: day(t, "2026-01-01"), Until: day(t, "2026-12-31")}
	if _, err := o.Arrange(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Want(t.Context(), Wanted{Title: "Fountains", Lang: "en", Name: "Kanarie"}); err != nil {
		t.Fatal(err)
	}
	look("arrangement 2026-0001/ends", "wanted 2026-0001")
	if _, err := o.Reply(t.Context(), "2026-0001", Reply{State: WishListed}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Review(t.Context(), "2026-0001", true); err != nil {
		t.Fatal(err)
	}
	look()
}
