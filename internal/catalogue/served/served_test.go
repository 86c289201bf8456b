package served

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// site is a store and a clock that several recorders share.
type site struct {
	t   *testing.T
	st  store.Records
	now entity.Instant
}

func newSite(t *testing.T) *site {
	s := &site{t: t, now: entity.Instant(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC).UnixMicro())}
	s.st = memstore.New(memstore.Options{Clock: func() time.Time { return s.now.Time() }})
	return s
}

func (s *site) process() *Recorder {
	return New(Options{Records: s.st, Now: func() entity.Instant { return s.now }})
}

// run lets r beat for a while.
func (s *site) run(r *Recorder, d time.Duration) {
	for end := s.now + entity.Instant(d.Microseconds()); ; s.now += 30 * second {
		r.Beat()
		if s.now >= end {
			return
		}
	}
}

func (s *site) flush(r *Recorder) {
	s.t.Helper()
	if err := r.Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) report(r *Recorder) Report {
	s.t.Helper()
	x, err := r.Report(s.t.Context(), "", "bikes")
	if err != nil {
		s.t.Fatal(err)
	}
	return x
}

func TestNothingIsKnownAtFirst(t *testing.T) {
	s := newSite(t)
	r := s.process()
	if x := s.report(r); x.Known() || x.P95 != 0 || x.Requests != 0 || x.Availability() != 0 {
		t.Errorf("before the first beat: %+v", x)
	}
	r.Beat()
	if x := s.report(r); x.Known() {
		t.Errorf("in the first minute: %+v", x)
	}
}

func TestAGapIsAbsenceAndARestartForgetsNothing(t *testing.T) {
	s := newSite(t)
	r := s.process()
	s.run(r, 60*time.Minute) // 12:00 to 13:00
	for i := range 99 {
		r.Observe("", "bikes", 200, time.Duration(i+1)*time.Millisecond)
	}
	r.Observe("", "bikes", 503, time.Second)
	r.Observe("", "parking", 500, time.Second)
	r.Observe("other", "bikes", 500, time.Second)
	s.flush(r)
	s.now += 39 * minute // dead until 13:39, all of the minute 13:00 was there
	r = s.process()
	s.run(r, 20*time.Minute) // to 13:59
	s.now += minute
	r.Beat()
	for range 100 {
		r.Observe("", "bikes", 404, time.Millisecond) // the reader's own mistake is an answer
	}
	want := Report{From: s.now - 120*minute, To: s.now, Minutes: 120, Up: 61 + 21, Requests: 200, Failed: 1}
	for _, when := range []string{"in memory", "kept"} {
		x := s.report(r)
		if x.P50 < 1000 || x.P50 > 1200 || x.P95 < 90_000 || x.P95 > 108_000 {
			t.Errorf("%s: p50 %d µs, p95 %d µs", when, x.P50, x.P95)
		}
		x.P50, x.P95 = 0, 0
		if d := cmp.Diff(want, x); d != "" {
			t.Errorf("%s: %s", when, d)
		}
		if got, want := x.Availability(), 100*82.0/120*199/200; got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%s: availability %g, not %g", when, got, want)
		}
		s.flush(r)
		r = s.process()
	}
}

func TestTwoProcessesAddUp(t *testing.T) {
	s := newSite(t)
	x, y := s.process(), s.process()
	for i := range 10 {
		x.Beat()
		if i < 5 {
			y.Beat()
		}
		x.Observe("", "bikes", 200, time.Millisecond)
		y.Observe("", "bikes", 500, time.Millisecond)
		s.flush(x)
		s.flush(y)
		s.now += minute
	}
	got := s.report(s.process())
	if got.Requests != 20 || got.Failed != 10 || got.Minutes != 10 || got.Up != 10 {
		t.Errorf("%+v", got)
	}
}

// contested lets another process write between reading and writing.
type contested struct {
	store.Records
	before func()
}

func (c *contested) Write(ctx context.Context, ws []store.RecordWrite) error {
	if f := c.before; f != nil {
		c.before = nil
		f()
	}
	return c.Records.Write(ctx, ws)
}

func TestACollisionLosesNothing(t *testing.T) {
	s := newSite(t)
	other := s.process()
	c := &contested{Records: s.st, before: func() { other.Observe("", "bikes", 200, time.Millisecond); s.flush(other) }}
	r := New(Options{Records: c, Now: func() entity.Instant { return s.now }})
	r.Observe("", "bikes", 200, time.Millisecond)
	s.flush(r)
	if got := s.report(s.process()); got.Requests != 2 {
		t.Errorf("%d requests of 2", got.Requests)
	}
}

// broken cannot write.
type broken struct{ store.Records }

func (broken) Write(context.Context, []store.RecordWrite) error { return errors.New("disk full") }

func TestAFailedFlushKeepsWhatWasCounted(t *testing.T) {
	s := newSite(t)
	r := s.process()
	r.o.Records = broken{s.st}
	r.Beat()
	r.Observe("", "bikes", 200, time.Millisecond)
	if err := r.Flush(t.Context()); err == nil {
		t.Fatal("a flush to a full disk was said to be done")
	}
	r.Observe("", "bikes", 200, time.Millisecond)
	r.o.Records = s.st
	s.flush(r)
	s.now += minute
	if got := s.report(s.process()); got.Requests != 2 || got.Up != 1 {
		t.Errorf("%+v", got)
	}
}

func TestTheWindowMovesAndOldRecordsGo(t *testing.T) {
	s := newSite(t)
	r := s.process()
	r.Beat()
	r.Observe("", "bikes", 200, time.Millisecond)
	s.flush(r)
	s.now += 40 * dayTime
	r = s.process()
	r.Beat()
	s.now += minute
	got := s.report(r)
	if want := (Window-1)*24*60 + 12*60 + 1; got.Requests != 0 || got.Up != 1 || got.Minutes != want {
		t.Errorf("%+v, want %d minutes", got, want)
	}
	s.now += keepDays * dayTime
	r.Beat()
	s.flush(r)
	var names []string
	for rec, err := range s.st.Scan(t.Context(), Kind, "", "") {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, rec.Key.Name)
	}
	if want := []string{"up/2027-01-04", "up/2029-03-14"}; !slices.Equal(names, want) {
		t.Errorf("kept are %q, want %q", names, want)
	}
}

func TestASleepingMachineIsAbsent(t *testing.T) {
	s := newSite(t)
	r := s.process()
	s.run(r, 10*time.Minute)
	s.now += 10 * minute
	r.Beat() // the same process, but nobody could have reached it
	s.now += minute
	if got := s.report(r); got.Minutes != 21 || got.Up != 12 {
		t.Errorf("%+v", got)
	}
}

func TestRunFlushesAtTheEnd(t *testing.T) {
	s := newSite(t)
	r := s.process()
	ctx, stop := context.WithCancel(t.Context())
	r.Observe("", "bikes", 200, time.Millisecond)
	stop()
	if err := r.Run(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.report(s.process()); got.Requests != 1 {
		t.Errorf("%+v", got)
	}
}

func TestClasses(t *testing.T) {
	for _, us := range []int64{0, 1, 100, 101, 119, 120, 1000, 99_999, 1_000_000, 100_000_000} {
		c := classOf(us)
		if b := boundOf(c); int64(b) < us || us > 100 && float64(b) > float64(us)*1.19+1 {
			t.Errorf("%d µs is in class %d, up to %d µs", us, c, b)
		}
	}
	if c := classOf(1 << 60); c != classes-1 {
		t.Errorf("a very long time is in class %d", c)
	}
}

func FuzzDecode(f *testing.F) {
	d := &day{requests: 3, failed: 1}
	d.times[4], d.times[80] = 2, 1
	f.Add(d.encode())
	f.Add((&beats{1, 2}).encode())
	f.Add([]byte{1})
	f.Add([]byte{2, 0, 0})
	f.Add([]byte{1, 0, 0, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200})
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := decodeDay(b); err == nil {
			again, err := decodeDay(d.encode())
			if err != nil || *again != *d {
				t.Errorf("%v: %v", err, fmt.Sprint(again))
			}
		}
		if m, err := decodeBeats(b); err == nil && string(m.encode()) != string(b) {
			t.Error("heartbeats read and written are other bytes")
		}
	})
}
