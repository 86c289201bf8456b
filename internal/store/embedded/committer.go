package embedded

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/problem"
)

const (
	maxPending    = 16384 // operations on their way; more must wait
	maxGroup      = 2048  // operations in one group
	maxGroupBytes = 8 << 20
	inFlight      = 2 // groups applied and not yet synced
)

// group is what is made durable by one sync.
type group struct {
	commits []*pending
	batch   *pebble.Batch // nil if there was nothing to write
	view    *view
	began   time.Time
}

// commitLoop is the one committer: it gathers what waits into groups.
func (s *Store) commitLoop(out chan<- group) {
	defer close(out)
	for {
		take, closing := s.gatherGroup()
		if len(take) == 0 {
			if closing {
				return
			}
			continue
		}
		for len(take) > 0 {
			k, bytes := 0, 0
			for k < len(take) && (k == 0 || bytes < maxGroupBytes) {
				<-take[k].ready
				bytes += take[k].batch.Len()
				k++
			}
			s.pace.begin()
			out <- s.write(take[:k])
			take = take[k:]
		}
	}
}

// gatherGroup waits until it is worth while to write, and takes what is
// queued then. While a sync is under way a small group waits for its end: its
// members would otherwise fall into two halves that take turns, each paying
// for two syncs. For the same reason it waits a moment for as many as the
// group before had.
func (s *Store) gatherGroup() (take []*pending, closing bool) {
	s.seq.Lock()
	defer s.seq.Unlock()
	for {
		if s.closing && len(s.queue) == 0 {
			return nil, true
		}
		need, wait := s.pace.advise(s.queuedOps)
		if s.closing || need <= s.queuedOps {
			break
		}
		s.wakeAt = need
		s.seq.Unlock()
		s.pace.sleep(s.wake, wait)
		s.seq.Lock()
	}
	n, ops := 0, int64(0)
	for n < len(s.queue) && (n == 0 || ops+s.queue[n].ops <= maxGroup) {
		ops += s.queue[n].ops
		n++
	}
	take = s.queue[:n:n]
	s.queue = s.queue[n:]
	s.queuedOps -= ops
	s.pace.took(ops)
	return take, false
}

// write applies a group to Pebble and takes the snapshot that will show it.
// If the store has failed it writes nothing.
func (s *Store) write(ps []*pending) group {
	g := group{commits: ps, began: time.Now()}
	if s.failure() != nil {
		return g
	}
	b := ps[0].batch
	if len(ps) > 1 {
		b = s.db.NewBatch()
		for _, p := range ps {
			if err := b.Apply(p.batch, nil); err != nil {
				s.fail(fmt.Errorf("gather a group: %w", err))
				return g
			}
			p.batch.Close()
		}
	}
	last := ps[len(ps)-1]
	err := s.names.takeFresh(b)
	if err == nil && !b.Empty() {
		err = b.Set(metaKey(metaHead), appendHeadMeta(nil, last), nil)
	}
	if err == nil && !b.Empty() {
		g.batch = b
		err = s.db.ApplyNoSyncWait(b, pebble.Sync)
	}
	if err != nil {
		s.fail(fmt.Errorf("write a group: %w", err))
	}
	if s.failure() == nil {
		s.lastView++
		for _, p := range ps {
			s.low = max(s.low, p.low)
		}
		g.view = &view{seq: s.lastView, snap: s.db.NewSnapshot(), head: last.head, low: s.low}
	}
	s.checkSpace()
	return g
}

const metaHead = "head"

// headMeta is what must be known of the log without reading it.
func appendHeadMeta(b []byte, p *pending) []byte {
	b = append(b, 1)
	b = binary.AppendUvarint(b, uint64(p.head))
	b = binary.AppendVarint(b, int64(p.time))
	b = binary.AppendUvarint(b, p.version)
	return binary.AppendVarint(b, p.entities)
}

// publishLoop waits for each group to be durable, shows it and answers.
func (s *Store) publishLoop(in <-chan group) {
	defer close(s.published)
	for g := range in {
		if g.batch != nil && s.failure() == nil {
			if err := g.batch.SyncWait(); err != nil {
				s.fail(fmt.Errorf("sync the write-ahead log: %w", err))
			}
			s.pace.synced(time.Since(g.began))
		}
		err := s.failure()
		if err == nil && g.view != nil {
			s.publish(g)
			if g.batch != nil {
				g.batch.Close()
			}
		}
		for _, p := range g.commits {
			if err == nil {
				p.covers = g.view.head
			}
			p.done <- err
		}
		s.pace.end()
	}
}

func (s *Store) publish(g group) {
	s.pubMu.Lock()
	for _, p := range g.commits {
		for i := range p.items {
			it := &p.items[i]
			if it.before == nil {
				s.ids.put(idKey{it.space, it.rec.ID}, it.rec.Number)
			}
			if it.rec.Kind != change.Recorded {
				s.recount(it)
				s.cache.publish(entityKey{it.space, it.rec.Number}, it.after, g.view.seq)
			}
			s.tail.take(it)
			s.recent.add(it.rec)
		}
		if p.published != nil {
			p.published(g.view)
		}
		s.commits.Add(1)
		s.operations.Add(p.ops)
	}
	s.groups.Add(1)
	last := g.commits[len(g.commits)-1]
	s.spaces.show(last.tenants, last.layers)
	s.show(g.view)
	s.pubMu.Unlock()
	s.forget(g.commits)
	for _, p := range g.commits {
		if p.shown != nil {
			p.shown()
		}
	}
	s.moved.broadcast()
	s.sealer.poke()
}

// forget takes what has become durable out of the overlay.
func (s *Store) forget(ps []*pending) {
	s.seq.Lock()
	defer s.seq.Unlock()
	for _, p := range ps {
		for i := range p.items {
			k := idKey{p.items[i].space, p.items[i].rec.ID}
			if o := s.overlay[k]; o != nil && o.by == p {
				delete(s.overlay, k)
			}
		}
	}
}

// checkSpace refuses writes while the disk is too full, and lets them in
// again once a tenth more than the floor is free.
func (s *Store) checkSpace() {
	now := time.Now()
	if now.Sub(s.spaceChecked) < 50*time.Millisecond {
		return
	}
	s.spaceChecked = now
	s.checkSpaceNow()
}

func (s *Store) checkSpaceNow() {
	u, err := s.fs.GetDiskUsage(s.o.Dir)
	if err != nil {
		s.free.Store(-1)
		return // unknown: Pebble will tell
	}
	s.free.Store(int64(u.AvailBytes))
	floor := uint64(s.o.FreeFloor)
	if s.full.Load() {
		floor += floor / 10
	}
	s.full.Store(u.AvailBytes < floor)
}

// failed wraps the reason for which the store has stopped.
type failed struct{ err error }

// fail stops all writing for good: what is on disk stays as it is, and whoever
// waits learns that it is not known what became of his commit.
func (s *Store) fail(err error) {
	e := problem.Wrap(problem.Unavailable, err, "the store had to stop writing because its disk reported an error; it is not known whether this change was kept: read it back once the store is open again")
	if s.failedAs.CompareAndSwap(nil, &failed{e}) {
		s.o.Log.Error("the store stops writing", "dir", s.o.Dir, "error", err)
		close(s.failedCh)
		s.moved.broadcast()
		s.tailRoom.broadcast()
	}
}

// failure gives the reason for which the store has stopped, nil if it works.
func (s *Store) failure() error {
	if f := s.failedAs.Load(); f != nil {
		return f.err
	}
	return nil
}

// await gives what became of p. If the store fails meanwhile that is not known.
func (s *Store) await(p *pending) error {
	select {
	case err := <-p.done:
		return err
	case <-s.failedCh:
	}
	select {
	case err := <-p.done: // it was told before
		return err
	default:
		return s.failure()
	}
}

// Failed is closed when the store has stopped writing; Close and Open mend it.
func (s *Store) Failed() <-chan struct{} { return s.failedCh }
