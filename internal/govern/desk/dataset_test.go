package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// What is named as a dataset becomes a link: text that is no slug is refused at
// every door.
func TestADatasetIsASlug(t *testing.T) {
	o := newOffice(t, "FR", "2026-09-08")
	k, _ := guarded()
	o.o.Keeper = k
	w, err := o.Want(t.Context(), Wanted{Title: "Trees", Lang: "en"})
	if err != nil {
		t.Fatal(err)
	}
	for _, slug := range []string{"no slug", "Zoë", "../x", "a\"b", "-a", strings.Repeat("a", 81)} {
		a := asked("protectedReuse")
		a.Dataset = slug
		_, _, err := o.Receive(t.Context(), a, "portal", time.Time{}, "")
		refused(t, err, problem.BadRequestData, "dataset is the slug of one in the catalogue")
		three := law.Texts{"fr": "x", "nl": "x", "en": "x"}
		_, err = o.Arrange(t.Context(), Arrangement{Law: "odd", Dataset: slug, Holder: "T SA", Data: three, Reason: three, From: o.Today(), Until: o.Today() + 9})
		refused(t, err, problem.BadRequestData, "dataset is the slug of one in the catalogue")
		_, err = o.Reply(t.Context(), w.ID, Reply{State: WishMet, Answer: "Here.", Dataset: slug})
		refused(t, err, problem.BadRequestData, "dataset is the slug of one in the catalogue")
	}
	a := asked("protectedReuse")
	a.Dataset = ""
	o.receive(a)
}

// A decision that was stored with such a text is kept without a link.
func TestADecisionWithoutALink(t *testing.T) {
	k, b := guarded()
	body := `{"received":"2026-01-01","decided":"2026-01-01","due":"2026-01-01","id":"2026-0001","lang":"en","summary":"x","dataset":"no \u0001 slug"}`
	if err := k.Keep(t.Context(), Change{Kind: KindDecision, ID: "2026-0001", Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	e, err := b.Entity(t.Context(), broker.Call{Space: store.Space{}}, record.Decision.ID("2026-0001"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := e.Attr(record.Term("dataset"), ""); ok {
		t.Error("it has a link")
	}
}

// One decision that cannot be entered does not keep out the others.
func TestMendGoesOn(t *testing.T) {
	k, _ := guarded()
	o := newOffice(t, "FR", "2026-09-08")
	o.o.Keeper = k
	var ids []string
	for range 2 {
		r, err := o.Open(t.Context(), o.receive(asked("protectedReuse")).ID)
		if err != nil {
			t.Fatal(err)
		}
		today := o.Today()
		r.Decided, r.Decision = &today, &Decision{ID: r.ID, Lang: "en", Summary: "Noise", Outcome: Granted, Received: today, Decided: today, Due: today}
		if len(ids) == 0 {
			r.Decision.ID = "no name" // of a record
		}
		if err := o.keep(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
	if err := o.Mend(t.Context()); err == nil || !strings.Contains(err.Error(), ids[0]) {
		t.Errorf("%v, want an error that names %s", err, ids[0])
	}
	if _, err := o.Decision(t.Context(), ids[1]); err != nil {
		t.Error(err)
	}
}

// The register names a dataset only if everybody can see it in the catalogue,
// and never what is of the requester.
func TestTheRegisterNamesNobody(t *testing.T) {
	for dataset, want := range map[string]string{"noise": "noise", "zoe-kanarie-ozgur": "", "unknown": "", "": ""} {
		o := newOffice(t, "FR", "2026-09-08")
		a := asked("protectedReuse")
		a.Dataset = dataset
		id := o.receive(a).ID
		_, d, err := o.Decide(t.Context(), id, Verdict{Outcome: Granted, Summary: "Noise"})
		if err != nil {
			t.Fatal(err)
		}
		if d.Dataset != want {
			t.Errorf("%q: the register names %q", dataset, d.Dataset)
		}
		o.send(id, 1, "2026-09-08")
		if err := o.Erase(t.Context(), id, "ada"); err != nil {
			t.Fatal(err)
		}
		if r, err := o.Open(t.Context(), id); err != nil || r.Dataset != want {
			t.Errorf("%q: what was erased keeps %q %v", dataset, r.Dataset, err)
		}
	}
	o := newOffice(t, "FR", "2026-09-08")
	a := asked("protectedReuse")
	a.Name, a.Dataset = "Noise Kanarie", "noise"
	id := o.receive(a).ID
	if _, d, err := o.Decide(t.Context(), id, Verdict{Outcome: Granted, Summary: "Sound"}); err != nil || d.Dataset != "" {
		t.Errorf("%+v %v", d, err)
	}
}
