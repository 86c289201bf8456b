package desk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// guarded gives the keeper of a server over a store in memory.
func guarded() (Guarded, *broker.Broker) {
	n := entity.Instant(1_780_000_000_000_000)
	now := func() entity.Instant { n++; return n }
	b := broker.New(memstore.New(memstore.Options{Clock: func() time.Time { return now().Time() }}), broker.Options{Now: now, Guard: record.Guard})
	return Guarded{record.New(record.Options{Broker: b})}, b
}

func allKinds() []string {
	return []string{KindRequest, KindLetter, KindDecision, KindArrangement, KindFees, KindWish, KindBoard}
}

// What every Keeper does.
func TestKeepers(t *testing.T) {
	inServer, _ := guarded()
	for name, k := range map[string]Keeper{"memory": &MemoryKeeper{}, "guarded": inServer} {
		for _, kind := range allKinds() {
			t.Run(name+"/"+kind, func(t *testing.T) {
				ctx := t.Context()
				list := func() string {
					var out []string
					for d, err := range k.List(ctx, kind) {
						if err != nil {
							t.Fatal(err)
						}
						out = append(out, d.ID+string(d.Body))
					}
					slices.Sort(out)
					return strings.Join(out, " ")
				}
				if got := list(); got != "" {
					t.Errorf("an empty keeper has %s", got)
				}
				body := func(s string) []byte {
					return []byte(`{"from":"2026-01-01","until":"2026-02-01","received":"2026-01-01","decided":"2026-01-01","due":"2026-01-01","id":"` + s + `"}`)
				}
				one, two := Change{Kind: kind, ID: "2026-0001", Body: body("a")}, Change{Kind: kind, ID: "2026-0002", Body: body("b")}
				if err := k.Keep(ctx, one, two); err != nil {
					t.Fatal(err)
				}
				if got, want := list(), one.ID+string(one.Body)+" "+two.ID+string(two.Body); !same(got, want) {
					t.Errorf("it has %s, want %s", got, want)
				}
				if err := k.Keep(ctx, one); !problem.Is(err, problem.Conflict) {
					t.Errorf("made twice: %v", err)
				}
				d, err := k.Load(ctx, kind, one.ID)
				if err != nil || !same(string(d.Body), string(one.Body)) || d.Version == 0 {
					t.Fatalf("%+v %v", d, err)
				}
				for _, id := range []string{"2026-0003", "", "../x", "é"} {
					if _, err := k.Load(ctx, kind, id); !problem.Is(err, problem.ResourceNotFound) {
						t.Errorf("%q: %v", id, err)
					}
				}
				if kind == KindLetter { // written once, and erased
					if err := k.Erase(ctx, kind, one.ID); err != nil {
						t.Fatal(err)
					}
					if err := k.Keep(ctx, one); err != nil {
						t.Errorf("made anew: %v", err)
					}
				}
				if kind == KindDecision || kind == KindFees || kind == KindLetter {
					return // written once
				}
				next := Change{Kind: kind, ID: one.ID, Body: two.Body, Expect: d.Version}
				if err := k.Keep(ctx, next); err != nil {
					t.Fatal(err)
				}
				if err := k.Keep(ctx, next); !problem.Is(err, problem.Conflict) {
					t.Errorf("changed from an old version: %v", err)
				}
				if kind == KindArrangement {
					return // public: it stays
				}
				for range 2 {
					if err := k.Erase(ctx, kind, one.ID); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := k.Load(ctx, kind, one.ID); !problem.Is(err, problem.ResourceNotFound) {
					t.Errorf("erased: %v", err)
				}
				if got := list(); !same(got, two.ID+string(two.Body)) {
					t.Errorf("it has %s", got)
				}
				if err := k.Keep(ctx, one); err != nil {
					t.Errorf("made anew: %v", err)
				}
			})
		}
	}
}

func same(a, b string) bool {
	squeeze := strings.NewReplacer(" ", "", "\n", "")
	sorted := func(s string) string {
		r := []rune(squeeze.Replace(s))
		slices.Sort(r) // members may come in another order
		return string(r)
	}
	return sorted(a) == sorted(b)
}

// A decision is refused to everybody once it is kept, whatever the door.
func TestKeptDecisionIsClosed(t *testing.T) {
	k, b := guarded()
	o := newOffice(t, "FR", "2026-09-08")
	o.o.Keeper = k
	id := o.receive(asked("protectedReuse")).ID
	if _, _, err := o.Decide(t.Context(), id, Verdict{Outcome: Granted, Summary: "Noise"}); err != nil {
		t.Fatal(err)
	}
	d, err := k.Load(t.Context(), KindDecision, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Keep(t.Context(), Change{Kind: KindDecision, ID: id, Body: []byte(strings.Replace(string(d.Body), "granted", "refused", 1)), Expect: d.Version}); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("changed: %v", err)
	}
	if err := k.Erase(t.Context(), KindDecision, id); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("erased: %v", err)
	}
	e, err := b.Entity(t.Context(), broker.Call{Space: store.Space{}}, record.Decision.ID(id))
	if err != nil {
		t.Fatal(err)
	}
	for term, want := range map[string]string{"outcome": `"granted"`, "regime": `"dga"`, "summary": `{"en":"Noise"}`, "dataset": `"urn:ngsi-ld:Dataset:noise"`} {
		if a, ok := e.Attr(record.Term(term), ""); !ok || string(a.Value) != want {
			t.Errorf("%s is %s, want %s", term, a.Value, want)
		}
	}
}
