package storetest

import (
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// testDropLayer sees a layer go with all that it had, and nothing else.
func testDropLayer(t *testing.T, b *bench) {
	x, other, main2 := store.Space{Layer: "x"}, store.Space{Tenant: "gent", Layer: "x"}, store.Space{Tenant: "gent"}
	if err := b.d.DropLayer(b.ctx, main, store.Cursor{}); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("main is dropped: %v", err)
	}
	for _, s := range []store.Space{x, {Tenant: "nobody", Layer: "x"}} {
		if err := b.d.DropLayer(b.ctx, s, store.Cursor{}); err != nil {
			t.Errorf("a layer that is not there: %v", err)
		}
	}
	if _, _, err := b.d.Commit(b.ctx, x, []store.Mutation{Upsert("urn:a", Prop("p", "1"))}, store.CommitOptions{}); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("a layer is made by the way: %v", err)
	}
	b.commit(Upsert("urn:a", Prop("p", "1")))
	since, err := b.d.Head(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // the same name serves again and again
		for i := range 5 {
			b.c.Add(time.Second)
			v := string(rune('1' + i))
			for _, s := range []store.Space{x, other, main2} {
				b.commitTo(s, Upsert("urn:a", At(Prop("p", v), Start+entity.Instant(i))), Upsert("urn:b", Prop("q", v)))
			}
		}
		b.commitTo(x, Delete("urn:b"))
		if err := b.d.DropLayer(b.ctx, x, since); err != nil {
			t.Fatal(err)
		}
		b.empty(x)
		for _, s := range []store.Space{other, main2} {
			e, err := b.d.Entity(b.ctx, s, store.Moment{}, "urn:a")
			if err != nil || string(e.Attrs[0].Value) != "5" {
				t.Errorf("%v after another was dropped: %v, %v", s, e, err)
			}
			if _, ss, err := b.d.History(b.ctx, s, "urn:a", store.Window{Clock: store.ModifiedAt}); err != nil || len(ss) != 1 || len(ss[0].Points) < 5 {
				t.Errorf("history of %v after another was dropped: %v, %v", s, ss, err)
			}
		}
	}
	st, err := b.d.Stats(b.ctx)
	if err != nil || st.Entities != 5 {
		t.Errorf("%d entities are left of 5, %v", st.Entities, err)
	}
	b.gone(since)
}

// empty sees that a space has nothing in it, and takes entities anew.
func (b *bench) empty(s store.Space) {
	b.t.Helper()
	if _, err := b.d.Entity(b.ctx, s, store.Moment{}, "urn:a"); !problem.Is(err, problem.ResourceNotFound) {
		b.t.Errorf("an entity of a dropped layer: %v", err)
	}
	if _, _, err := b.d.History(b.ctx, s, "urn:a", store.Window{Clock: store.ModifiedAt}); !problem.Is(err, problem.ResourceNotFound) {
		b.t.Errorf("history in a dropped layer: %v", err)
	}
	for e, err := range b.d.Select(b.ctx, s, store.Moment{}, &query.Query{}, 0) {
		b.t.Errorf("a dropped layer has %v, %v", e, err)
	}
	for e, err := range b.d.HistorySelect(b.ctx, s, &query.Query{}, 0) {
		b.t.Errorf("a dropped layer once had %v, %v", e, err)
	}
	if n, err := b.d.TypesOf(b.ctx, s); err != nil || len(n) > 0 {
		b.t.Errorf("a dropped layer has the types %v, %v", n, err)
	}
}

// gone sees that the log says nothing any more of the layer x of the default
// tenant, and has no gaps: Checked counts.
func (b *bench) gone(since store.Cursor) {
	b.t.Helper()
	emptied := 0
	for {
		rs, next, err := b.d.Read(b.ctx, since, 7)
		if err != nil {
			b.t.Fatal(err)
		}
		if len(rs) == 0 {
			break
		}
		since = next
		for _, r := range rs {
			if r.Tenant != "" {
				continue
			}
			if r.Layer == store.LayerGone {
				emptied++
			}
			if r.Layer == "x" || r.Layer == store.LayerGone && (r.Kind != change.Recorded || r.ID != "" || r.After != nil || len(r.Deltas)+len(r.Points) > 0) {
				b.t.Errorf("the log still has %+v", r)
			}
		}
	}
	if emptied != 33 {
		b.t.Errorf("%d records were emptied of 33", emptied)
	}
}
