package broker_test

import (
	"testing"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
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
