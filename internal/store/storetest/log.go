package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

func testLog(t *testing.T, b *bench) {
	start, err := b.d.Head(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 30 {
		id := fmt.Sprintf("urn:%d", i%7)
		rs := b.commit(Upsert(id, Prop("p", fmt.Sprint(i))), Upsert(id+"x", Prop("p", "1")))
		for _, r := range rs {
			want = append(want, fmt.Sprintf("%d %d", r.Number, r.At))
		}
		b.c.Add(time.Second)
	}
	// In steps, each from where the one before ended; through text and back.
	var got []string
	last := map[uint16]change.Record{}
	at := start
	for {
		rs, next, err := b.d.Read(b.ctx, at, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(rs) == 0 {
			break
		}
		for _, r := range rs {
			l := last[r.Part]
			if l.At != 0 && r.At != l.At+1 || r.Time < l.Time || r.Commit > r.At || r.Commit == 0 || r.After.At != r.At {
				t.Errorf("record %+v after %+v", r, l)
			}
			last[r.Part] = r
			got = append(got, fmt.Sprintf("%d %d", r.Number, r.At))
		}
		if at, err = store.ParseCursor(next.String()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("log\n got %v\nwant %v", got, want)
	}
	head, _ := b.d.Head(b.ctx)
	if !at.Covers(head) || !head.Covers(at) {
		t.Errorf("read up to %v, the head is %v", at, head)
	}
	rs, _, err := b.d.Read(b.ctx, store.Cursor{}, 1000)
	if err != nil || len(rs) != 60 {
		t.Errorf("from the zero cursor: %d records, %v", len(rs), err)
	}
	b.deltas(rs)
	for _, lost := range []store.Cursor{{Epoch: start.Epoch + 9, Pos: head.Pos}, head.With(0, head.At(0)+1000), {Epoch: head.Epoch, Pos: make([]entity.Position, 99)}} {
		if _, _, err := b.d.Read(b.ctx, lost, 1); !problem.Is(err, problem.CursorLost) {
			t.Errorf("cursor %v: %v", lost, err)
		}
	}
}

// deltas checks what the records of testLog say about urn:0.
func (b *bench) deltas(rs []change.Record) {
	b.t.Helper()
	n := 0
	for _, r := range rs {
		if r.ID != "urn:0" {
			continue
		}
		if n == 0 && (r.Kind != change.Created || r.Before != nil || len(r.Deltas) != 1 || r.Deltas[0].Before != nil) {
			b.t.Errorf("creation: %+v", r)
		}
		if n > 0 && (r.Kind != change.Updated || r.Before == nil || len(r.Before.Attrs) != 0 || len(r.Deltas) != 1 ||
			string(r.Deltas[0].Before.Value) != fmt.Sprint(7*(n-1)) || string(r.Deltas[0].After.Value) != fmt.Sprint(7*n)) {
			b.t.Errorf("update %d: %+v", n, r)
		}
		n++
	}
	if n != 5 {
		b.t.Errorf("%d records of urn:0", n)
	}
}

func testWait(t *testing.T, b *bench) {
	head, err := b.d.Head(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- b.d.Wait(b.ctx, head) }()
	b.commit(Upsert("urn:a"))
	if err := <-done; err != nil {
		t.Errorf("wait: %v", err)
	}
	if err := b.d.Wait(b.ctx, head); err != nil {
		t.Errorf("wait for what is there: %v", err)
	}
}

func testRecords(t *testing.T, b *bench) {
	key := func(n string) store.Key { return store.Key{Kind: "account", Name: n} }
	if _, err := b.d.Get(b.ctx, key("a")); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("get of nothing: %v", err)
	}
	value := []byte{1, 'x'}
	if err := b.d.Write(b.ctx, []store.RecordWrite{{Key: key("a"), Value: value}, {Key: key("b"), Value: []byte{1}}, {Key: store.Key{Kind: "accounts", Name: "c"}, Value: []byte{1}}}); err != nil {
		t.Fatal(err)
	}
	value[1] = 'y'
	a, err := b.d.Get(b.ctx, key("a"))
	if err != nil || string(a.Value) != "\x01x" || a.Version == 0 || a.Key != key("a") {
		t.Fatalf("get: %+v, %v", a, err)
	}
	if err := b.d.Write(b.ctx, []store.RecordWrite{{Key: key("a"), Value: []byte{2}}}); !problem.Is(err, problem.Conflict) {
		t.Errorf("creation of what is there: %v", err)
	}
	err = b.d.Write(b.ctx, []store.RecordWrite{{Key: key("z"), Value: []byte{2}}, {Key: key("a"), Value: []byte{2}, Expect: a.Version + 1}})
	if !problem.Is(err, problem.Conflict) {
		t.Errorf("a version that is not there: %v", err)
	}
	if _, err := b.d.Get(b.ctx, key("z")); err == nil {
		t.Error("half of a refused write was done")
	}
	if err := b.d.Write(b.ctx, []store.RecordWrite{{Key: key("a"), Value: []byte{2}, Expect: a.Version}, {Key: key("b"), Any: true}, {Key: key(""), Value: []byte{}, Any: true}}); err != nil {
		t.Fatal(err)
	}
	if a2, _ := b.d.Get(b.ctx, key("a")); a2.Version == a.Version || a2.Value[0] != 2 {
		t.Errorf("after the change: %+v", a2)
	}
	for _, n := range []string{"p/1", "p/2", "p/10", "p0", "p\x00", "p/\xff"} {
		if err := b.d.Write(b.ctx, []store.RecordWrite{{Key: key(n), Value: []byte(n), Any: true}}); err != nil {
			t.Fatal(err)
		}
	}
	scan := func(prefix, after string) []string {
		var out []string
		for r, err := range b.d.Scan(b.ctx, "account", prefix, after) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, r.Key.Name)
		}
		return out
	}
	if got := scan("p/", ""); !slices.Equal(got, []string{"p/1", "p/10", "p/2", "p/\xff"}) {
		t.Errorf("scan p/: %q", got)
	}
	if got := scan("p/", "p/10"); !slices.Equal(got, []string{"p/2", "p/\xff"}) {
		t.Errorf("scan p/ after p/10: %q", got)
	}
	if got := scan("", ""); !slices.Equal(got, []string{"", "a", "p\x00", "p/1", "p/10", "p/2", "p/\xff", "p0"}) && !slices.Equal(got, []string{"a", "p\x00", "p/1", "p/10", "p/2", "p/\xff", "p0"}) {
		t.Errorf("scan: %q", got)
	}
	// Two changes of one record in one call: the last one stands.
	if err := b.d.Write(b.ctx, []store.RecordWrite{{Key: key("t"), Value: []byte("1"), Any: true}, {Key: key("t"), Value: []byte("2"), Any: true}}); err != nil {
		t.Fatal(err)
	}
	if r, _ := b.d.Get(b.ctx, key("t")); string(r.Value) != "2" {
		t.Errorf("changed twice: %q", r.Value)
	}
}

func testOrigins(t *testing.T, b *bench) {
	o := store.Origin{Source: "gbfs", Mapping: "sha"}
	n, err := b.d.OriginOf(b.ctx, o)
	m, err2 := b.d.OriginOf(b.ctx, o)
	k, err3 := b.d.OriginOf(b.ctx, store.Origin{Account: "ann"})
	if err != nil || err2 != nil || err3 != nil || n == 0 || m != n || k == n {
		t.Fatalf("origins %d %d %d, %v %v %v", n, m, k, err, err2, err3)
	}
	if b.d.OriginByID(n) != o || b.d.OriginByID(k).Account != "ann" || b.d.OriginByID(99) != (store.Origin{}) || b.d.OriginByID(0) != (store.Origin{}) {
		t.Error("an origin is not given back")
	}
	mu := Upsert("urn:a", Prop("p", "1"))
	mu.Origin = n
	b.commit(mu)
	if e := b.entity("urn:a"); e.Attrs[0].Origin != n {
		t.Errorf("origin of the value: %d", e.Attrs[0].Origin)
	}
}
