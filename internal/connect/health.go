package connect

import (
	"sync"
	"time"
)

// State is how a source fares.
type State string

// The states.
const (
	Waiting State = "waiting" // nothing has come yet
	OK      State = "ok"
	Late    State = "late"    // no sign of life for more than twice the period
	Silent  State = "silent"  // none for more than ten periods
	Failing State = "failing" // the last attempt to read it failed
)

// Status is what there is to know of a source.
type Status struct {
	Source      string
	Description string
	Kind        Kind
	Where       string // address, topic filter or file
	Mapping     string // digest
	State       State
	Period      time.Duration // expected between two readings; 0 is unknown
	LastMessage time.Time     // when a payload was last taken in
	LastReading time.Time     // when one last gave readings
	LastPoll    time.Time     // of a polled source: when it was last read, also without news
	NextPoll    time.Time
	LastError   string
	LastErrorAt time.Time
	Payloads    int64   // since the start, as the following ones
	Readings    int64   // attributes taken in
	Skipped     int64   // items that the mapping does not want
	PerMinute   float64 // readings, over the last five minutes
	DeadLetters int     // kept now
	Dropped     int64   // dead letters that fell out, since the source began
}

// rateMinutes is over how many minutes the rate is told.
const rateMinutes = 5

// health counts for one source.
type health struct {
	mu          sync.Mutex
	st          Status
	failing     bool
	alive       time.Time // last readings, or a server's word that nothing is new
	firstMinute int64
	buckets     [rateMinutes + 1]struct{ minute, n int64 }
}

// took counts what came of a payload.
func (h *health) took(r *Mapped, now time.Time) {
	readings := int64(0)
	for i := range r.Fragments {
		readings += int64(len(r.Fragments[i].Attrs))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.st.Payloads++
	h.st.Skipped += int64(r.Skipped)
	h.st.LastMessage = now
	if len(r.Letters) > 0 {
		h.st.LastError, h.st.LastErrorAt = shortenTo(r.Letters[0].Reason, 300), now
	}
	if readings == 0 {
		return
	}
	h.st.Readings += readings
	h.st.LastReading, h.alive = now, now
	m := now.Unix() / 60
	if h.firstMinute == 0 {
		h.firstMinute = m
	}
	b := &h.buckets[m%(rateMinutes+1)]
	if b.minute != m {
		b.minute, b.n = m, 0
	}
	b.n += readings
}

// polled notes that a source was read; unchanged is set if it had nothing new.
func (h *health) polled(now time.Time, unchanged bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.st.LastPoll, h.failing = now, false
	if unchanged {
		h.alive = now
	}
}

// mended notes that what failed works again.
func (h *health) mended() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failing = false
}

func (h *health) failed(now time.Time, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failing = true
	h.st.LastError, h.st.LastErrorAt = reasonOf(err), now
}

func (h *health) next(now time.Time, wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.st.NextPoll = now.Add(wait)
}

// status tells how the source fares at now.
func (h *health) status(m *Mapping, now time.Time) Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.st
	st.Source, st.Description, st.Kind, st.Mapping, st.Period = m.Source, m.Description, m.Kind, m.Digest, m.Period
	st.Where = m.Where()
	this := now.Unix() / 60
	sum, minutes := int64(0), min(int64(rateMinutes), this-h.firstMinute)
	for _, b := range h.buckets {
		if b.minute < this && b.minute >= this-rateMinutes {
			sum += b.n
		}
		if minutes <= 0 && b.minute == this {
			sum += b.n
		}
	}
	if h.firstMinute != 0 {
		st.PerMinute = float64(sum) / float64(max(1, minutes))
	}
	age := now.Sub(h.alive)
	switch {
	case h.failing:
		st.State = Failing
	case h.alive.IsZero():
		st.State = Waiting
	case m.Period > 0 && age > 10*m.Period:
		st.State = Silent
	case m.Period > 0 && age > 2*m.Period:
		st.State = Late
	default:
		st.State = OK
	}
	return st
}

// Status tells how each source fares, in order of name, and last how many
// messages found none.
func (s *Supervisor) Status() []Status {
	now := s.o.Now()
	var out []Status
	for _, src := range s.order {
		st := src.health.status(src.m, now)
		st.DeadLetters, st.Dropped = s.letters.count(src.m.Source)
		out = append(out, st)
	}
	if n, dropped := s.letters.count(Unrouted); n > 0 || dropped > 0 {
		out = append(out, Status{Source: Unrouted, Kind: MQTT, State: Failing, DeadLetters: n, Dropped: dropped, Description: "messages that no source takes"})
	}
	return out
}

func shortenTo(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
