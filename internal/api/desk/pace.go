package desk

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/problem"
)

// How much strangers may hand in: more is no person with a question.
const (
	perPeer  = 5  // in an hour, from one address
	failures = 30 // in an hour, from one address, of what is not taken in
	perDay   = 300
	within   = time.Hour
	// maxFailing bounds the addresses whose failures are remembered.
	maxFailing = 10_000
)

// What is handed in, each with a day of its own.
const (
	aRequest = "request"
	aWish    = "wish"
)

// pace slows down who hands in too much. It remembers in memory alone; a
// restart forgets, which costs little. Only what is taken in counts for the
// day: what is refused must not close the desk for others.
type pace struct {
	now    func() time.Time
	mu     sync.Mutex
	peers  map[string][]time.Time // not older than within
	failed map[string][]time.Time // not older than within
	all    map[string][]time.Time // of the last day, by what is handed in
}

func newPace(now func() time.Time) *pace {
	return &pace{now: now, peers: map[string][]time.Time{}, failed: map[string][]time.Time{}, all: map[string][]time.Time{}}
}

// network gives what stands for a peer: its address, and of IPv6 the /64, all
// of which one customer has.
func network(peer string) string {
	a, err := netip.ParseAddr(peer)
	if err != nil {
		return peer
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}

// recent drops what is older than d.
func recent(ts []time.Time, now time.Time, d time.Duration) []time.Time {
	for len(ts) > 0 && now.Sub(ts[0]) >= d {
		ts = ts[1:]
	}
	return ts
}

func drop(of map[string][]time.Time, now time.Time) {
	for k, ts := range of {
		if ts = recent(ts, now, within); len(ts) == 0 {
			delete(of, k)
		} else {
			of[k] = ts
		}
	}
}

// take lets one more in from peer. Who calls it says by failed if it was not
// taken in after all.
// Errors: problem.TooManyRequests, with when to come back.
func (p *pace) take(peer, what string) (failed func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, peer := p.now(), network(peer)
	p.all[what] = recent(p.all[what], now, 24*time.Hour)
	drop(p.peers, now)
	drop(p.failed, now)
	wait := time.Duration(0)
	if mine := p.peers[peer]; len(mine) >= perPeer {
		wait = within - now.Sub(mine[0])
	}
	if bad := p.failed[peer]; len(bad) >= failures {
		wait = max(wait, within-now.Sub(bad[0]))
	}
	if all := p.all[what]; len(all) >= perDay {
		wait = max(wait, 24*time.Hour-now.Sub(all[0]))
	}
	if wait > 0 {
		return nil, httpx.RetryAfter(problem.New(problem.TooManyRequests, "too much was handed in from there: at most %d an hour; come back later, or write to the desk by post or e-mail", perPeer), int(wait/time.Second)+1)
	}
	p.peers[peer] = append(p.peers[peer], now)
	p.all[what] = append(p.all[what], now)
	return func() { p.back(peer, what, now) }, nil
}

// back takes out what was let in at a time and then refused.
func (p *pace) back(peer, what string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, of := range []struct {
		in  map[string][]time.Time
		key string
	}{{p.peers, peer}, {p.all, what}} {
		if i := slices.Index(of.in[of.key], at); i >= 0 {
			of.in[of.key] = slices.Delete(slices.Clone(of.in[of.key]), i, i+1)
		}
	}
	if len(p.failed) >= maxFailing {
		clear(p.failed)
	}
	p.failed[peer] = append(p.failed[peer], at)
}
