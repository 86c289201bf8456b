package broker_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/embedded"
)

// Corrections find what they correct among many instances, however far apart.
func TestCorrectionsAmongMany(t *testing.T) {
	const n = 2000
	b, _ := newBroker(t, broker.Options{})
	seen := func(at int, value string) entity.Instance {
		i := prop("v", value)
		i.ObservedAt = entity.Instant(at * 1_000_000)
		return i
	}
	add := func(is ...entity.Instance) {
		t.Helper()
		out, err := b.AddHistory(ctx, broker.Call{}, []entity.Fragment{frag("urn:a", "A", is...)}, false)
		if err != nil || out[0].Err != nil {
			t.Fatal(err, out)
		}
	}
	var all, dense []entity.Instance
	for at := 1; at <= n; at++ {
		all = append(all, seen(at, "1"))
	}
	add(all...)
	for at := 701; at <= 1300; at++ {
		dense = append(dense, seen(at, "2"))
	}
	add(dense...)
	add(seen(n, "3"), seen(1, "3"), seen(500, "3"), seen(n+1, "3"))
	add(all[:300]...)
	ev, err := b.History(ctx, broker.Call{}, "urn:a", store.Window{Clock: store.ObservedAt})
	if err != nil || len(ev.Series) != 1 || len(ev.Series[0].Points) != n+1 {
		t.Fatalf("%d series, %v", len(ev.Series), err)
	}
	for i := range ev.Series[0].Points {
		want := "1"
		switch at := i + 1; {
		case at == 500 || at >= n:
			want = "3"
		case at > 700 && at <= 1300:
			want = "2"
		}
		if p := &ev.Series[0].Points[i]; string(p.Value) != want || p.ObservedAt != entity.Instant((i+1)*1_000_000) {
			t.Errorf("at %d s it is %s, not %s", p.ObservedAt/1_000_000, p.Value, want)
		}
	}
	e, err := b.Entity(ctx, broker.Call{}, "urn:a")
	if err != nil || string(e.Attrs[0].Value) != "3" {
		t.Errorf("current is %+v, %v", e, err)
	}
}

// What was corrected, together with what is new, is so after a start and for
// whoever reads the log.
func TestCorrectionsLast(t *testing.T) {
	fs := vfs.NewMem()
	open := func() (*embedded.Store, *broker.Broker) {
		t.Helper()
		st, err := embedded.Open(embedded.Options{Dir: "city", FS: fs, Clock: time.Now, MadeBy: "city", CacheBytes: 8 << 20, FreeFloor: -1, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return st, broker.New(st, broker.Options{Now: func() entity.Instant { return entity.Instant(time.Now().UnixMicro()) }})
	}
	seen := func(name, value string, at entity.Instant) entity.Instance {
		i := prop(name, value)
		i.ObservedAt = at
		return i
	}
	st, b := open()
	for _, is := range [][]entity.Instance{
		{seen("v", "1", 1), seen("v", "2", 2), seen("v", "3", 3)},
		{seen("v", "30", 3), seen("v", "10", 1), seen("v", "40", 4), seen("w", "5", 9)},
		{seen("v", "6", 4), seen("v", "400", 4), seen("v", "15", 2), seen("v", "7", 5), seen("v", "8", 5)},
	} {
		if out, err := b.AddHistory(ctx, broker.Call{}, []entity.Fragment{frag("urn:a", "A", is...)}, false); err != nil || out[0].Err != nil {
			t.Fatal(err, out)
		}
	}
	for range 2 {
		ev, err := b.History(ctx, broker.Call{}, "urn:a", store.Window{Clock: store.ObservedAt, Names: []entity.Name{"x:v"}})
		if err != nil || len(ev.Series) != 1 {
			t.Fatal(ev, err)
		}
		got := ""
		for _, p := range ev.Series[0].Points {
			got += fmt.Sprintf("%d:%s ", p.ObservedAt, p.Value)
		}
		e, err := b.Entity(ctx, broker.Call{}, "urn:a")
		if err != nil || got != "1:10 2:15 3:30 4:400 5:8 " || string(e.Attrs[0].Value) != "8" {
			t.Errorf("history %s, current %+v, %v", got, e.Attrs, err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		st, b = open()
	}
	defer st.Close()
	rs, _, err := st.Read(ctx, store.Cursor{}, 10)
	if err != nil || len(rs) != 3 || len(rs[1].Edits) != 2 || len(rs[1].Points) != 0 || len(rs[2].Edits) != 2 {
		t.Errorf("the log has %+v, %v", rs, err)
	}
}
