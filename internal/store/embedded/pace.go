package embedded

import (
	"sync"
	"time"
)

const (
	// enough operations make a group of their own even while another is
	// being synced.
	enough = 128
	// quick is the length of a sync below which waiting for more is not worth
	// while: a timer takes about as long.
	quick = 400 * time.Microsecond
)

// pace decides when the committer writes. It knows how many groups are being
// synced, how long that takes, and how large the last one was.
type pace struct {
	mu       sync.Mutex
	inFlight int
	sync     time.Duration // of a group, smoothed
	last     int64         // operations of the last group
	ended    time.Time     // when the last sync ended
	freed    chan struct{}
}

func newPace() pace { return pace{freed: make(chan struct{}, 1)} }

// advise gives the number of queued operations to wait for, and for how long
// at most; zero is for ever, or until a sync ends.
func (p *pace) advise(queued int64) (need int64, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if queued == 0 {
		return 1, 0
	}
	if p.inFlight > 0 {
		return enough, 0
	}
	if p.sync < quick || queued >= p.last {
		return queued, 0
	}
	if wait = p.sync/4 - time.Since(p.ended); wait <= 0 {
		return queued, 0
	}
	return p.last, wait
}

// sleep returns when something is queued, a sync has ended, or the time is up.
func (p *pace) sleep(wake <-chan struct{}, wait time.Duration) {
	var up <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		up = t.C
	}
	select {
	case <-wake:
	case <-p.freed:
	case <-up:
	}
}

func (p *pace) took(ops int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = ops
}

func (p *pace) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight++
}

func (p *pace) synced(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sync += (d - p.sync) / 8
}

func (p *pace) end() {
	p.mu.Lock()
	p.inFlight--
	p.ended = time.Now()
	p.mu.Unlock()
	select {
	case p.freed <- struct{}{}:
	default:
	}
}
