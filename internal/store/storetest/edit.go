package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// Edit edits the history of the entity and takes what matches off its state.
// A whole edit deletes the entity.
func Edit(id string, edits ...change.Edit) store.Mutation {
	return store.Mutation{ID: entity.ID(id), Apply: func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		eff := change.Effect{After: cur, Edits: slices.Clone(edits)}
		for i := range edits {
			e := &edits[i]
			switch {
			case e.Whole():
				eff.After = nil
			case e.With != nil:
				with := *e.With
				eff.Edits[i].With = &with
				eff.After = without(eff.After, now, func(a *entity.Instance) bool { return false }, &with)
			case e.At != 0:
				eff.After = without(eff.After, now, func(a *entity.Instance) bool { return a.At == e.At && a.Ordinal == e.Ordinal }, nil)
			default:
				eff.After = without(eff.After, now, func(a *entity.Instance) bool {
					return a.Name == e.Name && (e.All || a.Dataset == e.Dataset)
				}, nil)
			}
		}
		return eff, nil
	}}
}

// without gives cur without the instances that drop holds for, and with one in
// place of that of the same place in the log; cur itself if that changes
// nothing.
func without(cur *entity.Entity, now entity.Instant, drop func(*entity.Instance) bool, with *entity.Instance) *entity.Entity {
	if cur == nil {
		return nil
	}
	next, changed := *cur, false
	next.Attrs = nil
	for i := range cur.Attrs {
		a := cur.Attrs[i]
		switch {
		case drop(&a):
			changed = true
			continue
		case with != nil && a.At == with.At && a.Ordinal == with.Ordinal:
			a, changed = *with, true
		}
		next.Attrs = append(next.Attrs, a)
	}
	if !changed {
		return cur
	}
	next.ModifiedAt = now
	return &next
}

// Edits reach what is current, what is in the history and what was sealed
// away, survive what comes after, and stand in the log.
func testEdits(t *testing.T, b *bench) {
	for i := range 6 {
		other := Prop("p", fmt.Sprint(100+i))
		other.Dataset = "urn:d"
		b.commit(Upsert("urn:a", At(Prop("p", fmt.Sprint(i)), Start+entity.Instant(i)*1e6), other, Prop("q", fmt.Sprint(i))))
		b.c.Add(time.Minute)
	}
	all := store.Window{Clock: store.ModifiedAt, Names: []entity.Name{"p"}}
	place := func(i int) entity.Instance {
		_, ss, err := b.d.History(b.ctx, main, "urn:a", all)
		if err != nil {
			t.Fatal(err)
		}
		return ss[0].Points[i]
	}
	want := func(what string, w store.Window, want string) {
		t.Helper()
		if got := b.history("urn:a", w); got != want {
			t.Errorf("%s:\n got %s\nwant %s", what, got, want)
		}
	}
	third := place(3)
	b.commit(Edit("urn:a", change.Edit{Name: "p", At: third.At, Ordinal: third.Ordinal}))
	want("one dropped", all, `p[0 1 2 4 5]purn:d[100 101 102 103 104 105]`)
	want("the last are counted after it", store.Window{Names: []entity.Name{"p"}, Last: 3}, `p[2 4 5]`)

	fixed := place(1)
	fixed.Value, fixed.Unit, fixed.ObservedAt, fixed.ModifiedAt = []byte("11"), "XYZ", Start+40*24*3600*1e6, entity.Instant(b.c.Now().UnixMicro())
	b.commit(Edit("urn:a", change.Edit{Name: "p", At: fixed.At, Ordinal: fixed.Ordinal, With: &fixed}))
	want("one replaced, in another month", store.Window{From: Start + 24*3600*1e6}, `p[11]`)
	want("and not where it was", store.Window{To: Start + 24*3600*1e6}, `p[0 2 4 5]`)

	current := b.entity("urn:a").Attrs[0]
	current.Value = []byte("55")
	b.commit(Edit("urn:a", change.Edit{Name: "p", At: current.At, Ordinal: current.Ordinal, With: &current}))
	if got, _ := b.entity("urn:a").Attr("p", ""); string(got.Value) != "55" {
		t.Errorf("the current value was replaced: %s", got.Value)
	}
	b.c.Add(time.Minute)
	b.commit(Upsert("urn:a", At(Prop("p", "7"), Start+7e6)))
	want("what was replaced while it was current", store.Window{}, `p[0 2 4 55 7 11]`)

	b.commit(Edit("urn:a", change.Edit{Name: "p"}))
	want("a series dropped, without a trace", all, `purn:d[100 101 102 103 104 105]`)
	if b.entity("urn:a").Has("p") {
		if _, ok := b.entity("urn:a").Attr("p", ""); ok {
			t.Error("the current value stays")
		}
	}
	b.c.Add(time.Minute)
	b.commit(Upsert("urn:a", At(Prop("p", "8"), Start)))
	want("and begun anew", store.Window{}, `p[8]`)
	b.commit(Edit("urn:a", change.Edit{Name: "p", All: true}))
	want("all of a name", store.Window{Clock: store.ModifiedAt}, `q[0 1 2 3 4 5]`)

	rs, _, err := b.d.Read(b.ctx, store.Cursor{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if last := rs[len(rs)-1]; len(last.Edits) != 1 || last.Edits[0].Name != "p" || !last.Edits[0].All {
		t.Errorf("the record says %+v", last.Edits)
	}
	b.commit(Edit("urn:a", change.Edit{}))
	gone := func(what string) {
		t.Helper()
		if _, _, err := b.d.History(b.ctx, main, "urn:a", all); !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("%s: %v", what, err)
		}
		for e := range b.d.HistorySelect(b.ctx, main, &query.Query{}, 0) {
			t.Errorf("%s: history has %s", what, e.ID)
		}
		if _, err := b.d.Entity(b.ctx, main, store.Moment{Valid: Start + 1}, "urn:a"); !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("%s: then it was there: %v", what, err)
		}
	}
	gone("everything dropped")
	b.c.Add(time.Minute)
	b.commit(Upsert("urn:a", Prop("p", "9")))
	want("made again", store.Window{Clock: store.ModifiedAt}, `p[9]`)
	b.commit(Delete("urn:a"))
	want("deleted again", store.Window{Clock: store.ModifiedAt}, `p[9 x]`)
	b.commit(Edit("urn:a", change.Edit{}))
	gone("dropped when it was deleted")
	if res := b.commit(Edit("urn:none", change.Edit{})); res[0].At != 0 {
		t.Error("an edit of nothing left a record")
	}
}

// editPlan is a random edit of what an entity has now, or of its history.
func (m *machine) editPlan(rt *rapid.T) func() store.Mutation {
	id, name := m.id(rt), entity.Name(rapid.SampledFrom(names).Draw(rt, "attr"))
	how := rapid.IntRange(0, 5).Draw(rt, "edit")
	value := fmt.Sprint(rapid.IntRange(20, 29).Draw(rt, "value"))
	return func() store.Mutation {
		return store.Mutation{ID: entity.ID(id), Apply: func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
			e := change.Edit{Name: name, All: how == 1}
			if how == 0 {
				e.Name = ""
			}
			if how >= 3 && name != "loc" {
				if cur == nil {
					return change.Effect{}, nil
				}
				a, ok := cur.Attr(name, "")
				if !ok {
					return change.Effect{After: cur}, nil
				}
				e.At, e.Ordinal = a.At, a.Ordinal
				if how >= 4 {
					with := *a
					with.Value, with.ModifiedAt = []byte(value), now
					e.With = &with
				}
			}
			return Edit(id, e).Apply(cur, now)
		}}
	}
}
