package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// testErase sees one entity go with all that was ever known of it, and
// nothing else.
func testErase(t *testing.T, b *bench) {
	persons := store.Space{Layer: "persons"}
	for _, s := range []store.Space{main, persons, {Tenant: "nobody"}, {Tenant: "nobody", Layer: "persons"}} {
		if err := b.d.Erase(b.ctx, s, "urn:a"); err != nil {
			t.Errorf("an entity that is not there: %v", err)
		}
	}
	since, err := b.d.Head(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for round, s := range []store.Space{persons, main, persons} {
		for i := range 6 {
			b.c.Add(time.Second)
			a := fmt.Sprintf(`"planted-%d"`, i)
			b.commitTo(s, Upsert("urn:a", At(Prop("p", a), Start+entity.Instant(i)), Prop("long", `"planted `+strings.Repeat("x", 700)+`"`)), Upsert("urn:b", Prop("p", a[:3]+`"`)))
		}
		if round == 2 {
			b.commitTo(s, Delete("urn:a")) // one that was deleted before
		}
		if err := b.d.Erase(b.ctx, s, "urn:a"); err != nil {
			t.Fatal(err)
		}
		b.erased(s, "urn:a")
		e, err := b.d.Entity(b.ctx, s, store.Moment{}, "urn:b")
		if err != nil || len(e.Attrs) != 1 {
			t.Errorf("its neighbour: %v, %v", e, err)
		}
		if _, ss, err := b.d.History(b.ctx, s, "urn:b", store.Window{Clock: store.ModifiedAt}); err != nil || len(ss) != 1 || len(ss[0].Points) < 6 {
			t.Errorf("the history of its neighbour: %v, %v", ss, err)
		}
		// One of the same id is another entity.
		b.commitTo(s, Upsert("urn:a", Prop("p", "1")))
		if _, ss, err := b.d.History(b.ctx, s, "urn:a", store.Window{Clock: store.ModifiedAt}); err != nil || len(ss) != 1 || len(ss[0].Points) != 1 {
			t.Errorf("the history of one made anew: %v, %v", ss, err)
		}
		if err := b.d.Erase(b.ctx, s, "urn:a"); err != nil {
			t.Fatal(err)
		}
		b.erased(s, "urn:a")
	}
	if st, err := b.d.Stats(b.ctx); err != nil || st.Entities != 2 {
		t.Errorf("%d entities are left of 2, %v", st.Entities, err)
	}
	emptied := 0
	for {
		rs, next, err := b.d.Read(b.ctx, since, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(rs) == 0 {
			break
		}
		since = next
		for _, r := range rs {
			if r.Layer == store.LayerGone {
				emptied++
			}
			if r.ID == "urn:a" || r.Layer == store.LayerGone && (r.Kind != change.Recorded || r.ID != "" || r.Number != 0 || r.After != nil || r.Before != nil || len(r.Deltas)+len(r.Points) > 0) {
				t.Errorf("the log still has %+v", r)
			}
		}
	}
	if emptied != 22 {
		t.Errorf("%d records were emptied of 22", emptied)
	}
}

// erased sees that a space knows nothing of an entity.
func (b *bench) erased(s store.Space, id entity.ID) {
	b.t.Helper()
	if _, err := b.d.Entity(b.ctx, s, store.Moment{}, id); !problem.Is(err, problem.ResourceNotFound) {
		b.t.Errorf("its state: %v", err)
	}
	if _, err := b.d.Entity(b.ctx, s, store.Moment{Valid: Start + 3}, id); !problem.Is(err, problem.ResourceNotFound) {
		b.t.Errorf("its state at a moment: %v", err)
	}
	if _, _, err := b.d.History(b.ctx, s, id, store.Window{Clock: store.ModifiedAt}); !problem.Is(err, problem.ResourceNotFound) {
		b.t.Errorf("its history: %v", err)
	}
	for e, err := range b.d.Select(b.ctx, s, store.Moment{}, &query.Query{Types: query.OneType("Thing")}, 0) {
		if err != nil || e.ID == id {
			b.t.Errorf("a query finds %v, %v", e, err)
		}
	}
	for e, err := range b.d.HistorySelect(b.ctx, s, &query.Query{}, 0) {
		if err != nil || e.ID == id || e.ID == "" {
			b.t.Errorf("a query of history finds %v, %v", e, err)
		}
	}
	if n, err := b.d.TypesOf(b.ctx, s); err != nil || n["Thing"] != 1 {
		b.t.Errorf("the types are %v, %v", n, err)
	}
}
