package identity

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// The pace of guessing. After the free failures each further one doubles the
// wait, up to the longest; a quiet spell forgets.
const (
	freeByAccount = 5
	freeByPeer    = 20
	longestWait   = time.Minute
	forgetAfter   = 15 * time.Minute
	maxRemembered = 10_000
)

// throttle slows guessing of passwords, by account and by the address that
// guesses. It remembers in memory only: a restart forgets, which costs a
// guesser more than it gains.
type throttle struct {
	mu    sync.Mutex
	tries map[string]*tries
}

type tries struct {
	failed int
	last   time.Time // of the last failure
	until  time.Time // no try before
}

func newThrottle() *throttle { return &throttle{tries: map[string]*tries{}} }

func keys(name, peer string) map[string]int {
	return map[string]int{"account " + name: freeByAccount, "peer " + peer: freeByPeer}
}

// wait tells how long there is to wait before the next try; zero is none.
func (t *throttle) wait(name, peer string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	var longest time.Duration
	for k := range keys(name, peer) {
		if e := t.tries[k]; e != nil && now.Sub(e.last) < forgetAfter {
			longest = max(longest, e.until.Sub(now))
		}
	}
	return longest
}

// failed remembers a wrong password.
func (t *throttle) failed(name, peer string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, free := range keys(name, peer) {
		e := t.tries[k]
		if e == nil || now.Sub(e.last) >= forgetAfter {
			t.makeRoom(now)
			e = &tries{}
			t.tries[k] = e
		}
		e.failed++
		e.last = now
		if over := e.failed - free; over >= 0 {
			e.until = now.Add(min(longestWait, time.Second<<min(over, 10)))
		}
	}
}

// succeeded forgets the account's failures; those of the address stay, since
// one right password does not excuse guessing others.
func (t *throttle) succeeded(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tries, "account "+name)
}

// makeRoom keeps the memory bounded: what is forgotten goes first, then the
// oldest tenth, so that the search is seldom.
func (t *throttle) makeRoom(now time.Time) {
	if len(t.tries) < maxRemembered {
		return
	}
	for k, e := range t.tries {
		if now.Sub(e.last) >= forgetAfter {
			delete(t.tries, k)
		}
	}
	over := len(t.tries) - maxRemembered*9/10
	if over <= 0 {
		return
	}
	oldestFirst := slices.SortedFunc(maps.Keys(t.tries), func(a, b string) int {
		return t.tries[a].last.Compare(t.tries[b].last)
	})
	for _, k := range oldestFirst[:over] {
		delete(t.tries, k)
	}
}
