package watch

import (
	"container/heap"
	"sync"

	"github.com/beffroi/beffroi/internal/entity"
)

// periods are the subscriptions with a timeInterval (CIM 009, 5.8.6), the one
// whose period ends next in front: what one look costs does not grow with how
// many there are. When a period ends while the notification of the one before
// is still under way, it is passed over and counted as dropped: no more than
// one per subscription ever waits.
type periods struct {
	mu   sync.Mutex
	heap periodHeap
}

type periodHeap []*live

func (h periodHeap) Len() int           { return len(h) }
func (h periodHeap) Less(i, j int) bool { return h[i].next < h[j].next }
func (h periodHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

// Push is for package heap.
func (h *periodHeap) Push(x any) {
	l := x.(*live)
	l.at = len(*h)
	*h = append(*h, l)
}

// Pop is for package heap.
func (h *periodHeap) Pop() any {
	last := (*h)[len(*h)-1]
	(*h)[len(*h)-1] = nil
	*h = (*h)[:len(*h)-1]
	last.at = -1
	return last
}

// add begins l's periods, if it has any, with one that ends at next.
func (p *periods) add(l *live, next entity.Instant) {
	if l.sub.Interval == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	l.next = next
	heap.Push(&p.heap, l)
}

func (p *periods) remove(l *live) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.at >= 0 {
		heap.Remove(&p.heap, l.at)
	}
}

// replace puts l in place of old. The period under way goes on unless its
// length was changed or old had come to its end.
func (p *periods) replace(old, l *live) {
	p.mu.Lock()
	goesOn := old.at >= 0 && old.sub.Interval == l.sub.Interval
	next := old.next
	l.firing = old.firing
	p.mu.Unlock()
	p.remove(old)
	if !goesOn {
		next = l.sub.ModifiedAt + l.sub.Interval
	}
	p.add(l, next)
}

// Tick gives the notifications of the periods that have ended by now. It is to
// be called often enough for the shortest interval; each that it gives must be
// answered by Fired.
func (s *Service) Tick(now entity.Instant) []Due {
	s.periods.mu.Lock()
	defer s.periods.mu.Unlock()
	var out []Due
	for h := &s.periods.heap; len(*h) > 0 && (*h)[0].next <= now; {
		l := (*h)[0]
		every := l.sub.Interval
		due := l.next + (now-l.next)/every*every // the last end, when several have passed
		l.next = due + every
		heap.Fix(h, 0)
		switch l.sub.Status(now) {
		case "expired":
			heap.Remove(h, l.at) // Replace begins anew
			continue
		case "paused":
			continue
		}
		if l.firing {
			l.mu.Lock()
			l.counters.Dropped++
			l.mu.Unlock()
			continue
		}
		l.firing = true
		out = append(out, Due{Sub: l.sub.Ref(), Time: due, Every: true})
	}
	return out
}

// Fired tells that a notification that Tick gave is over and done with.
func (s *Service) Fired(d Due) {
	s.mu.RLock()
	l := s.byID[d.Sub]
	s.mu.RUnlock()
	if l == nil {
		return
	}
	s.periods.mu.Lock()
	l.firing = false
	s.periods.mu.Unlock()
	l.mu.Lock()
	l.lastDue = max(l.lastDue, d.Time)
	l.mu.Unlock()
}
