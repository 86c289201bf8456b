package desk

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// What a person wrote on the board goes from its state and its history, whether
// a steward hides it or the person asks to be forgotten.
func TestWordsOnTheBoardAreErased(t *testing.T) {
	const title, words = "Canary fountains", "I, canary, am thirsty"
	for name, c := range map[string]struct {
		reply Reply
		hide  bool
		want  string // on the board
	}{
		"hidden":              {Reply{State: WishListed, Text: words}, true, ""},
		"forgotten":           {Reply{State: WishListed, Text: words}, false, ""},
		"title changed":       {Reply{State: WishListed, Title: "Fountains", Text: words}, false, "Fountains||listed"},
		"both changed":        {Reply{State: WishListed, Title: "Fountains", Text: "Where to drink."}, false, "Fountains|Where to drink.|listed"},
		"as good as the same": {Reply{State: WishListed, Title: "CANARY  fountains.", Text: "x"}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, "FR", "2026-09-08")
			k, b := guarded()
			o.o.Keeper = k
			w, err := o.Want(t.Context(), Wanted{Title: title, Text: words, Lang: "en"})
			if err != nil {
				t.Fatal(err)
			}
			// The words as they came in were on the board first.
			for _, r := range []Reply{{State: WishListed, Text: words}, c.reply} {
				if _, err := o.Reply(t.Context(), w.ID, r); err != nil {
					t.Fatal(err)
				}
			}
			if c.hide {
				_, err = o.Reply(t.Context(), w.ID, Reply{State: WishHidden})
			} else {
				err = o.ForgetWish(t.Context(), w.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
			h, err := b.History(t.Context(), broker.Call{Space: store.Space{}}, record.Wish.ID(w.ID), store.Window{Clock: store.ModifiedAt})
			if err != nil {
				t.Fatal(err)
			}
			e, err := b.Entity(t.Context(), broker.Call{Space: store.Space{}}, record.Wish.ID(w.ID))
			if err != nil {
				t.Fatal(err) // its number stays taken
			}
			if all := strings.ToLower(values(h.Series, e.Attrs)); strings.Contains(all, "canary") {
				t.Errorf("it is still there: %s", all)
			}
			got := ""
			ws, err := o.Board(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range ws {
				got += w.Title + "|" + w.Text + "|" + string(w.State)
			}
			if got != c.want {
				t.Errorf("the board has %q, want %q", got, c.want)
			}
			if _, err := k.Load(t.Context(), KindWish, w.ID); !c.hide && c.want == "" && !problem.Is(err, problem.ResourceNotFound) {
				t.Errorf("who asked is still there: %v", err)
			}
			if next, err := o.Want(t.Context(), Wanted{Title: "x", Lang: "en"}); err != nil || next.ID == w.ID {
				t.Errorf("%v %v", next, err)
			}
		})
	}
}

// values gives all values of an entity, now and before.
func values(ss []store.Series, now []entity.Instance) string {
	var b strings.Builder
	for _, s := range ss {
		for _, i := range s.Points {
			b.Write(i.Value)
		}
	}
	for _, i := range now {
		b.Write(i.Value)
	}
	return b.String()
}
