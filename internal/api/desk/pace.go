package desk

import (
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/problem"
)

// How much strangers may hand in: more is no person with a question.
const (
	perPeer = 5 // in an hour, from one address
	perDay  = 300
	within  = time.Hour
)

// pace slows down who hands in too much. It remembers in memory alone; a
// restart forgets, which costs little.
type pace struct {
	now   func() time.Time
	mu    sync.Mutex
	peers map[string][]time.Time // not older than within
	all   []time.Time            // of the last day
}

func newPace(now func() time.Time) *pace { return &pace{now: now, peers: map[string][]time.Time{}} }

// recent drops what is older than d.
func recent(ts []time.Time, now time.Time, d time.Duration) []time.Time {
	for len(ts) > 0 && now.Sub(ts[0]) >= d {
		ts = ts[1:]
	}
	return ts
}

// take lets one more in from peer.
// Errors: problem.TooManyRequests, with when to come back.
func (p *pace) take(peer string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.all = recent(p.all, now, 24*time.Hour)
	for k, ts := range p.peers {
		if ts = recent(ts, now, within); len(ts) == 0 {
			delete(p.peers, k)
		} else {
			p.peers[k] = ts
		}
	}
	mine := p.peers[peer]
	wait := time.Duration(0)
	if len(mine) >= perPeer {
		wait = within - now.Sub(mine[0])
	}
	if len(p.all) >= perDay {
		wait = max(wait, 24*time.Hour-now.Sub(p.all[0]))
	}
	if wait > 0 {
		return httpx.RetryAfter(problem.New(problem.TooManyRequests, "too much was handed in from there: at most %d an hour; come back later, or write to the desk by post or e-mail", perPeer), int(wait/time.Second)+1)
	}
	p.peers[peer] = append(mine, now)
	p.all = append(p.all, now)
	return nil
}
