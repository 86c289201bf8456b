// Package served measures how the API of each dataset was served: requests and
// how long they took, and in which minutes the server was there at all.
//
// It keeps small daily records, which survive a restart and to which several
// processes may add. What always holds: a minute in which no process beat is a
// minute of absence, unless it lies before the first beat ever, of which
// nothing is known; nothing is said that was not measured. What was counted
// since the last flush, up to a minute, is lost in a crash; a gap of less than
// a minute may go unseen.
package served

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Kind is the kind of the records, see docs/format/served.md.
const Kind = "served"

// Window is how many days a report looks back, today included.
const Window = 30

// keepDays is how long records are kept: two reports to the State (every two
// years) can be made of what is there.
const keepDays = 800

// Options are the settings of a Recorder.
type Options struct {
	Records store.Records
	Now     func() entity.Instant
	// Every is the time between two beats by Now's clock; 0 means 30 s.
	Every entity.Instant
	// Failed hears of flushes that failed; what was counted is kept for the
	// next one. Nil hears nothing.
	Failed func(error)
}

// place is one dataset on one day.
type place struct{ day, tenant, slug string }

// Recorder counts. Use New; it is safe for use by many goroutines.
type Recorder struct {
	o Options

	flushing sync.Mutex

	mu     sync.Mutex
	counts map[place]*day
	ups    map[string]*beats // by day
	last   entity.Instant    // beat
}

// New makes a Recorder.
func New(o Options) *Recorder {
	if o.Every == 0 {
		o.Every = 30 * second
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	return &Recorder{o: o, counts: map[place]*day{}, ups: map[string]*beats{}}
}

// dayOf names the day (UTC) of t, and nameOf the records of it. Tenants and
// slugs have no slash.
func dayOf(t entity.Instant) string { return t.Time().UTC().Format(time.DateOnly) }

func beatName(day string) string { return "up/" + day }

func (p place) name() string { return "set/" + p.tenant + "/" + p.slug + "/" + p.day }

// Observe counts one request for a dataset: its status, and how long it took
// until the answer began.
func (r *Recorder) Observe(tenant, slug string, status int, took time.Duration) {
	p := place{dayOf(r.o.Now()), tenant, slug}
	class := classOf(took.Microseconds())
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.counts[p]
	if d == nil {
		d = &day{}
		r.counts[p] = d
	}
	d.requests++
	if status >= 500 {
		d.failed++
	}
	d.times[class]++
}

// Beat says that the server is there: in this minute, and in those since the
// last beat if that was not too long ago for it to have been there all along.
func (r *Recorder) Beat() {
	now := r.o.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	from := now
	if r.last > 0 && r.last <= now && now-r.last <= max(4*r.o.Every, 2*minute) {
		from = r.last
	}
	r.last = now
	for t := from - from%minute; t <= now; t += minute {
		d := dayOf(t)
		m := r.ups[d]
		if m == nil {
			m = &beats{}
			r.ups[d] = m
		}
		m.set(int(t % dayTime / minute))
	}
}

// Run beats and flushes at each tick until ctx ends, then flushes once more.
func (r *Recorder) Run(ctx context.Context, tick <-chan time.Time) error {
	r.Beat()
	for {
		if err := r.Flush(ctx); err != nil && ctx.Err() == nil {
			r.o.Failed(err)
		}
		select {
		case <-ctx.Done():
			r.Beat()
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if err := r.Flush(last); err != nil {
				r.o.Failed(err)
			}
			return nil
		case <-tick:
			r.Beat()
		}
	}
}

// Flush adds what was counted since the last one to the records.
func (r *Recorder) Flush(ctx context.Context) error {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	r.mu.Lock()
	counts, ups := r.counts, r.ups
	r.counts, r.ups = map[place]*day{}, map[string]*beats{}
	r.mu.Unlock()
	err := r.add(ctx, counts, ups)
	if err != nil { // back with what meanwhile came
		r.mu.Lock()
		defer r.mu.Unlock()
		for p, d := range counts {
			if now := r.counts[p]; now != nil {
				d.add(now)
			}
			r.counts[p] = d
		}
		for name, m := range ups {
			if now := r.ups[name]; now != nil {
				m.or(now)
			}
			r.ups[name] = m
		}
		return fmt.Errorf("keep what was measured of the service: %w", err)
	}
	return nil
}

// attempts is how often a flush is tried when another process wrote meanwhile.
const attempts = 10

func (r *Recorder) add(ctx context.Context, counts map[place]*day, ups map[string]*beats) error {
	var err error
	for range attempts {
		var ws []store.RecordWrite
		if ws, err = r.merged(ctx, counts, ups); err != nil {
			return err
		}
		if len(ws) == 0 {
			return nil
		}
		if err = r.o.Records.Write(ctx, ws); !problem.Is(err, problem.Conflict) {
			return err
		}
	}
	return err
}

// merged gives the writes that add counts and ups to what is kept, and those
// that take away what is too old.
func (r *Recorder) merged(ctx context.Context, counts map[place]*day, ups map[string]*beats) ([]store.RecordWrite, error) {
	var ws []store.RecordWrite
	join := func(name string, with func(old []byte) ([]byte, error)) error {
		k := store.Key{Kind: Kind, Name: name}
		rec, err := r.o.Records.Get(ctx, k)
		if err != nil && !problem.Is(err, problem.ResourceNotFound) {
			return err
		}
		value, err := with(rec.Value)
		if err != nil {
			return fmt.Errorf("record %s: %w", name, err)
		}
		if string(value) != string(rec.Value) {
			ws = append(ws, store.RecordWrite{Key: k, Value: value, Expect: rec.Version})
		}
		return nil
	}
	for p, d := range counts {
		err := join(p.name(), func(old []byte) ([]byte, error) {
			sum := &day{}
			if old != nil {
				var err error
				if sum, err = decodeDay(old); err != nil {
					return nil, err
				}
			}
			sum.add(d)
			return sum.encode(), nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ups)) {
		isNew := false
		err := join(beatName(name), func(old []byte) ([]byte, error) {
			sum := &beats{}
			if isNew = old == nil; !isNew {
				var err error
				if sum, err = decodeBeats(old); err != nil {
					return nil, err
				}
			}
			sum.or(ups[name])
			return sum.encode(), nil
		})
		if err != nil {
			return nil, err
		}
		if isNew { // once a day
			old, err := r.old(ctx, name)
			if err != nil {
				return nil, err
			}
			ws = append(ws, old...)
		}
	}
	return ws, nil
}

// old gives the writes that take away records of days too long before day.
func (r *Recorder) old(ctx context.Context, day string) ([]store.RecordWrite, error) {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, err
	}
	bound := t.AddDate(0, 0, -keepDays).Format(time.DateOnly)
	var ws []store.RecordWrite
	for rec, err := range r.o.Records.Scan(ctx, Kind, "", "") {
		if err != nil {
			return nil, err
		}
		name := rec.Key.Name
		if of := name[strings.LastIndexByte(name, '/')+1:]; of < bound {
			ws = append(ws, store.RecordWrite{Key: rec.Key, Expect: rec.Version})
		}
	}
	return ws, nil
}
