package kill

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// key names one value in the city: an attribute of an entity.
type key struct{ entity, attr string }

func (k key) String() string { return k.entity + " " + k.attr }

// fate is what is known of one written value.
type fate uint8

const (
	flying fate = iota + 1 // sent, and no acknowledgement seen
	kept                   // acknowledged, or read from the server: it must be there for ever
	lost                   // not there after a restart: it must never turn up
)

// ledger remembers what each writer sent and what was acknowledged. A key has
// one writer, which sends 1, 2, 3 ... and has at most one value flying, so what
// a crash may leave is known exactly.
type ledger struct {
	mu       sync.Mutex
	fates    map[key][]fate // by value - 1
	batches  [][]write      // batches in flight: all of one or nothing of it
	acked    int            // operations on one entity: two attributes set together count once
	problems []string
}

// write is one value sent to one key.
type write struct {
	key
	value int
}

func newLedger() *ledger { return &ledger{fates: map[key][]fate{}} }

// send notes one write of the next value to each key, which fly together.
func (l *ledger) send(keys ...key) []write {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]write, len(keys))
	for i, k := range keys {
		l.fates[k] = append(l.fates[k], flying)
		out[i] = write{k, len(l.fates[k])}
	}
	if len(keys) > 1 {
		l.batches = append(l.batches, out)
	}
	return out
}

// resend notes that a value which was not acknowledged is sent once more, as
// a device does that was cut off.
func (l *ledger) resend(w write) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fates[w.key][w.value-1] == lost {
		l.fates[w.key][w.value-1] = flying
	}
}

// ack notes that the server acknowledged the writes.
func (l *ledger) ack(ws []write) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, w := range ws {
		l.fates[w.key][w.value-1] = kept
		if i == 0 || w.entity != ws[i-1].entity {
			l.acked++
		}
	}
	if len(ws) > 1 {
		l.batches = slices.DeleteFunc(l.batches, func(b []write) bool { return &b[0] == &ws[0] })
	}
}

// saw notes that a reader was shown a value: from then on it must be there.
func (l *ledger) saw(k key, value int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if value < 1 || value > len(l.fates[k]) {
		l.complain("%s: a reader was shown %d, which nobody sent", k, value)
		return
	}
	if l.fates[k][value-1] == lost {
		l.complain("%s: a reader was shown %d, which was gone after a restart", k, value)
	}
	l.fates[k][value-1] = kept
}

func (l *ledger) complain(format string, args ...any) {
	if len(l.problems) < 20 {
		l.problems = append(l.problems, fmt.Sprintf(format, args...))
	}
}

// acks tells how many writes were acknowledged so far.
func (l *ledger) acks() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acked
}

// inFlight tells how many writes fly.
func (l *ledger) inFlight() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, fs := range l.fates {
		for _, f := range fs {
			if f == flying {
				n++
			}
		}
	}
	return n
}

// sent tells how many values were sent to the attribute of an entity that has
// most.
func (l *ledger) sent(entity string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k, fs := range l.fates {
		if k.entity == entity {
			n = max(n, len(fs))
		}
	}
	return n
}

// keys lists every key written so far, in order.
func (l *ledger) keys() []key {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]key, 0, len(l.fates))
	for k := range l.fates {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b key) int {
		if a.entity != b.entity {
			return compare(a.entity, b.entity)
		}
		return compare(a.attr, b.attr)
	})
	return out
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// found is what the server shows of one key after a restart.
type found struct {
	current int         // 0: there is no such attribute or entity
	history map[int]int // value to how often it is in history
}

// settle compares what is there with what was sent, decides the fate of the
// values that flew, and returns them: a device sends those again.
func (l *ledger) settle(k key, f found) (undecided []write) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fs := l.fates[k]
	last := 0
	for i, fate := range fs {
		value, times := i+1, f.history[i+1]
		if times > 1 {
			l.complain("%s: %d is in history %d times", k, value, times)
		}
		switch {
		case fate == kept && times == 0:
			l.complain("%s: %d was acknowledged and is not in history", k, value)
		case fate == lost && times > 0:
			l.complain("%s: %d was gone after a restart and is back", k, value)
		case fate == flying:
			undecided = append(undecided, write{k, value})
			fs[i] = lost
			if times > 0 {
				fs[i] = kept
			}
		}
		if fs[i] == kept {
			last = value
		}
	}
	for value := range f.history {
		if value < 1 || value > len(fs) {
			l.complain("%s: %d is in history and nobody sent it", k, value)
		}
	}
	if f.current != last {
		l.complain("%s: the value is %d, the last one kept is %d", k, f.current, last)
	}
	return undecided
}

// settleBatches checks that no batch was kept by half, once every key is
// settled.
func (l *ledger) settleBatches() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.batches {
		first := l.fates[b[0].key][b[0].value-1]
		for _, w := range b {
			if f := l.fates[w.key][w.value-1]; f != first {
				l.complain("a batch of %d was kept by half: %s = %d has fate %d, %s = %d has %d", len(b), b[0].key, b[0].value, first, w.key, w.value, f)
				break
			}
		}
	}
	l.batches = nil
}

// trouble takes the problems found so far.
func (l *ledger) trouble() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.problems
	l.problems = nil
	return out
}

// observed is when value was measured: minutes from a moment close to the end
// of a month, so that history crosses its border.
func observed(value int) time.Time {
	return time.Date(2026, 1, 31, 23, 30, 0, 0, time.UTC).Add(time.Duration(value) * time.Minute)
}
