package served

import (
	"context"
	"fmt"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
)

// Report is what was measured of a dataset's API in the last Window days.
type Report struct {
	// From and To bound the time that is known: From is the first beat, or the
	// beginning of the window if that is later; both are whole minutes. Equal
	// ones mean that nothing was measured yet.
	From, To entity.Instant
	Minutes  int // between them
	Up       int // of these, with the server there
	Requests uint64
	Failed   uint64 // answered with 500 and above
	// P50 and P95 bound the time within which half, and 95 of 100, of the
	// requests began to be answered, rounded up by at most 19 %; 0 without
	// requests.
	P50, P95 entity.Instant
}

// Known tells whether anything was measured.
func (r Report) Known() bool { return r.Minutes > 0 }

// Availability is the share of the time in which the server was there, times
// the share of requests that it did not fail, in percent; 0 if not Known.
func (r Report) Availability() float64 {
	if r.Minutes == 0 {
		return 0
	}
	a := 100 * float64(r.Up) / float64(r.Minutes)
	if r.Requests > 0 {
		a *= float64(r.Requests-r.Failed) / float64(r.Requests)
	}
	return a
}

// Report says what was measured of a dataset's API, what was counted this
// moment included. The minute under way does not count yet.
func (r *Recorder) Report(ctx context.Context, tenant, slug string) (Report, error) {
	now := r.o.Now()
	today := now - now%dayTime
	begin := today - (Window-1)*dayTime
	out := Report{To: now - now%minute}
	// Between taking what is in memory and reading what is kept nothing may be
	// flushed, or it would count twice.
	r.flushing.Lock()
	defer r.flushing.Unlock()
	r.mu.Lock()
	ups := map[string]beats{}
	for name, m := range r.ups {
		ups[name] = *m
	}
	var sum day
	for p, d := range r.counts {
		if p.tenant == tenant && p.slug == slug && p.day >= dayOf(begin) {
			sum.add(d)
		}
	}
	r.mu.Unlock()
	if err := r.uptime(ctx, &out, begin, ups); err != nil {
		return Report{}, err
	}
	prefix := "set/" + tenant + "/" + slug + "/"
	for rec, err := range r.o.Records.Scan(ctx, Kind, prefix, prefix+dayOf(begin-dayTime)) {
		if err != nil {
			return Report{}, fmt.Errorf("read what was measured of the dataset %s: %w", slug, err)
		}
		d, err := decodeDay(rec.Value)
		if err != nil {
			return Report{}, fmt.Errorf("record %s: %w", rec.Key.Name, err)
		}
		sum.add(d)
	}
	out.Requests, out.Failed, out.P50, out.P95 = sum.requests, sum.failed, sum.within(0.5), sum.within(0.95)
	return out, nil
}

// uptime counts the minutes in which the server was there.
func (r *Recorder) uptime(ctx context.Context, out *Report, begin entity.Instant, ups map[string]beats) error {
	first := ""
	for rec, err := range r.o.Records.Scan(ctx, Kind, "up/", "") {
		if err != nil {
			return fmt.Errorf("read the heartbeats: %w", err)
		}
		name := rec.Key.Name[len("up/"):]
		if first == "" {
			first = name
		}
		if name < dayOf(begin) {
			continue
		}
		m, err := decodeBeats(rec.Value)
		if err != nil {
			return fmt.Errorf("record %s: %w", rec.Key.Name, err)
		}
		now := ups[name]
		m.or(&now)
		ups[name] = *m
	}
	for name := range ups {
		if first == "" || name < first {
			first = name
		}
	}
	out.From = out.To
	if first == "" {
		return nil
	}
	from := begin
	if first >= dayOf(begin) {
		t, err := time.Parse(time.DateOnly, first)
		if err != nil {
			return fmt.Errorf("record up/%s: %w", first, err)
		}
		m := ups[first]
		if m.first() < 0 {
			return nil
		}
		from = entity.Instant(t.UnixMicro()) + entity.Instant(m.first())*minute
	}
	out.From = min(from, out.To)
	out.Minutes = int((out.To - out.From) / minute)
	for from := out.From; from < out.To; { // day by day
		until := min(from-from%dayTime+dayTime, out.To)
		m := ups[dayOf(from)]
		for ; from < until; from += minute {
			if m.has(int(from % dayTime / minute)) {
				out.Up++
			}
		}
	}
	return nil
}
