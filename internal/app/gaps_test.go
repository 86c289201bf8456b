package app

import (
	"slices"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// A start that is stopped while it fills the past leaves the rest to the next.
func TestGapsOutliveAStop(t *testing.T) {
	st := memstore.New(memstore.Options{})
	day := func(n int) time.Time { return time.UnixMicro(0).Add(time.Duration(n) * 24 * time.Hour) }
	same := func(a, b gap) bool { return a.from.Equal(b.from) && a.to.Equal(b.to) && a.resumed == b.resumed }
	check := func(what string, got []gap, err error, want ...gap) {
		t.Helper()
		if err != nil || !slices.EqualFunc(got, want, same) {
			t.Errorf("%s: %v, %v; want %v", what, got, err, want)
		}
	}
	gs, err := gaps(t.Context(), st, time.Time{}, day(3), day(10))
	check("the first start", gs, err, gap{from: day(3), to: day(10)})

	gs[0].to = day(9) // one day is done
	if err := keepGaps(t.Context(), st, gs); err != nil {
		t.Fatal(err)
	}
	gs, err = gaps(t.Context(), st, day(10), day(4), day(11))
	check("stopped after a day", gs, err, gap{day(4), day(9), true}, gap{from: day(10), to: day(11)})

	if err := keepGaps(t.Context(), st, nil); err != nil {
		t.Fatal(err)
	}
	gs, err = gaps(t.Context(), st, day(11), day(5), day(12))
	check("nothing was left", gs, err, gap{from: day(11), to: day(12)})

	if err := st.Write(t.Context(), []store.RecordWrite{{Key: gapsKey(), Value: []byte{2}, Any: true}}); err != nil {
		t.Fatal(err)
	}
	if gs, err := gaps(t.Context(), st, day(11), day(5), day(12)); err == nil {
		t.Errorf("an unknown form is taken for %v", gs)
	}
}
