package embedded

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/series"
)

// sealer turns the tail into chunks, trims the log and drops what retention
// no longer keeps: all that is done beside the commits, by one goroutine.
type sealer struct {
	wake chan struct{}
	stop chan struct{}
	done sync.WaitGroup
}

func (x *sealer) poke() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

const (
	sealBatch    = 512 // series in one commit
	maxChunkSize = 1 << 20
)

func (s *Store) sealLoop() {
	defer s.sealer.done.Done()
	tick := time.NewTicker(s.o.Housekeeping)
	defer tick.Stop()
	for {
		select {
		case <-s.sealer.stop:
			return
		case <-s.sealer.wake:
			s.keepTailNow()
		case <-tick.C:
			s.keepHouse()
		}
		if s.failure() != nil {
			return
		}
	}
}

func (s *Store) keepTailNow() {
	s.houseMu.Lock()
	defer s.houseMu.Unlock()
	s.keepTail()
}

// keepTail seals until the tail is within its bounds.
func (s *Store) keepTail() {
	defer s.tailRoom.broadcast()
	for s.failure() == nil {
		due, mark := s.dueSeries()
		if len(due) == 0 {
			return
		}
		err := s.seal(due, mark)
		s.sealing.Store(&failed{err})
		if err != nil {
			s.sealFailed(err)
			return
		}
		s.tailRoom.broadcast()
	}
}

// waitForTail holds up whoever commits while the sealer is far behind.
// Errors: problem.Unavailable if it cannot seal; ctx's.
func (s *Store) waitForTail(ctx context.Context) error {
	for {
		room := s.tailRoom.wait()
		s.pubMu.RLock()
		over := s.tail.bytes > 2*s.o.TailBytes+slack
		s.pubMu.RUnlock()
		if !over || s.failure() != nil {
			return nil
		}
		if f := s.sealing.Load(); f != nil && f.err != nil {
			s.sealer.poke()
			return problem.Wrap(problem.Unavailable, f.err, "history cannot be put away, so nothing more is taken in; the log of the server says why")
		}
		if err := s.usable(); err != nil {
			return err
		}
		s.sealer.poke()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// slack is what the tail may have over twice its budget.
const slack = 1 << 20

// sealFailed reports what kept the sealer from its work. It tries again later.
func (s *Store) sealFailed(err error) {
	if s.failure() == nil && s.usable() == nil {
		s.o.Log.Warn("the store could not be tidied up; it will be tried again", "dir", s.o.Dir, "error", err)
	}
}

// snapshotOf is a series of the tail as the sealer found it.
type snapshotOf struct {
	part
	o *openSeries
}

// dueSeries picks the series to seal next: full ones first; then, while the
// tail is over its budget or reaches too far back in the log, the oldest. No
// record before mark has a point that is in the tail only, once they are
// sealed.
func (s *Store) dueSeries() (due []snapshotOf, mark entity.Position) {
	s.pubMu.RLock()
	defer s.pubMu.RUnlock()
	var out []snapshotOf
	pick := func(o *openSeries) {
		out = append(out, snapshotOf{part{o.id, o.buf[:len(o.buf):len(o.buf)], o.n, o.last}, o})
	}
	seen := map[*openSeries]bool{}
	for _, o := range s.tail.full {
		if len(out) == sealBatch {
			break
		}
		if o.n > 0 && !seen[o] {
			seen[o] = true
			pick(o)
		}
	}
	freed := int64(0)
	head := s.headNow()
	for o := s.tail.ring.next; o != &s.tail.ring && len(out) < sealBatch; o = o.next {
		over := s.tail.bytes-freed > s.o.TailBytes
		far := head > entity.Position(s.o.TailRecords) && o.first < head-entity.Position(s.o.TailRecords)
		if !over && !far && o.first > s.sealUpTo {
			break
		}
		if !seen[o] {
			seen[o] = true
			pick(o)
			freed += int64(cap(o.buf)) + seriesCost
		}
	}
	mark = head + 1
	for o := s.tail.ring.next; o != &s.tail.ring; o = o.next {
		if !seen[o] {
			mark = min(mark, o.first)
			break
		}
	}
	return out, mark
}

func (s *Store) headNow() entity.Position {
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	if s.current == nil {
		return 0
	}
	return s.current.head
}

// seal writes the chunks of due and takes their points out of the tail.
func (s *Store) seal(due []snapshotOf, mark entity.Position) error {
	v, err := s.acquire()
	if err != nil {
		return err
	}
	defer s.release(v)
	p := s.newPending()
	close(p.ready)
	if err := p.batch.Set(metaKey(metaTail), binary.AppendUvarint([]byte{1}, uint64(mark)), nil); err != nil {
		return err
	}
	for _, x := range due {
		if err := s.sealOne(v, p.batch, x); err != nil {
			p.batch.Close()
			return err
		}
	}
	p.published = func(*view) {
		for _, x := range due {
			x.o.queued = false
		}
		s.tail.full = slices.DeleteFunc(s.tail.full, func(o *openSeries) bool { return !o.queued })
		for _, x := range due {
			s.tail.sealed(x.o, x.n, len(x.buf), x.last+1)
		}
	}
	return s.submit(p)
}

const metaTail = "tail"

// submit queues a commit of the store's own and waits for it.
func (s *Store) submit(p *pending) error {
	s.seq.Lock()
	err := s.usable()
	if err == nil && s.closing {
		err = closed()
	}
	if err != nil {
		s.seq.Unlock()
		p.batch.Close()
		return err
	}
	s.enqueue(p)
	s.seq.Unlock()
	return s.await(p)
}

// sealOne puts the points of one series into chunks, month by month, each
// time filling up the last chunk of the month if it is not full.
func (s *Store) sealOne(v *view, b *pebble.Batch, x snapshotOf) error {
	points, err := s.decodePart(nil, x.part)
	if err != nil {
		return err
	}
	class := s.classOf(v, x.o.space, x.id)
	series.Sort(points)
	for len(points) > 0 {
		month := monthOf(series.When(&points[0]))
		n := 1
		for n < len(points) && monthOf(series.When(&points[n])) == month {
			n++
		}
		if err := s.sealMonth(v, b, x.o.space, class, month, x.id, points[:n], x.last); err != nil {
			return err
		}
		points = points[n:]
	}
	return nil
}

func (s *Store) sealMonth(v *view, b *pebble.Batch, sp space, class, month uint16, id seriesID, points []entity.Instance, through entity.Position) error {
	seq, last, err := s.lastChunk(v, sp, class, month, id)
	if err != nil {
		return err
	}
	if last != nil {
		h, err := series.ParseHeader(last)
		if err != nil {
			return err
		}
		if h.Count < series.Target && len(last) < maxChunkSize {
			texts := s.names.all()
			old, err := series.Decode(nil, last, entity.Name(texts[id.name]), texts[id.dataset])
			if err != nil {
				return err
			}
			points = series.Merge(old, points)
		} else {
			seq++
		}
	}
	for len(points) > 0 {
		n := min(series.Target, len(points))
		if rest := len(points) - n; rest > 0 && rest < series.Target/4 {
			n = len(points)
		}
		if err := b.Set(sp.chunkKey(class, month, id, seq), wrapChunk(through, points[:n]), nil); err != nil {
			return err
		}
		points = points[n:]
		seq++
	}
	return nil
}

// lastChunk finds the chunk of a month that was written last.
func (s *Store) lastChunk(v *view, sp space, class, month uint16, id seriesID) (seq uint32, chunk []byte, err error) {
	k, b, err := s.lastChunkKey(v, sp, class, month, id)
	if err != nil || b == nil {
		return 0, nil, err
	}
	_, _, _, seq, ok := chunkPlace(k)
	_, chunk, ok2 := unwrapChunk(b)
	if !ok || !ok2 {
		return 0, nil, corrupt("history", k)
	}
	return seq, chunk, nil
}

func (s *Store) lastChunkKey(v *view, sp space, class, month uint16, id seriesID) (k, b []byte, err error) {
	prefix := sp.chunkPrefix(class, month, id)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = cmpErr(err, it.Close()) }()
	if !it.Last() {
		return nil, nil, it.Error()
	}
	b, err = it.ValueAndErr()
	return slices.Clone(it.Key()), slices.Clone(b), err
}
