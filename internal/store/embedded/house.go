package embedded

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/series"
)

// Rule says how long history of some attributes is kept.
type Rule struct {
	Type entity.Name   // of the entity; "" is any
	Attr entity.Name   // "" is any
	Keep time.Duration // rounded up to days; 0 is for ever
}

// A retention class is the number of days for which points are kept; 0 is
// for ever. It is the first part of a chunk's key, so that what is over time
// goes by ranges of keys.

// classOf finds the class of a series: that of the first rule that fits.
func (s *Store) classOf(v *view, sp space, id seriesID) uint16 {
	if len(s.o.Retention) == 0 {
		return 0
	}
	name, _ := s.names.lookup(id.name)
	var types []entity.Name
	if k, err := s.byNumber(v, sp, id.num); err == nil && k != nil {
		types = k.top().Types
	}
	for _, r := range s.o.Retention {
		if (r.Type == "" || slices.Contains(types, r.Type)) && (r.Attr == "" || r.Attr == entity.Name(name)) {
			const day = 24 * time.Hour
			return uint16(min((r.Keep+day-1)/day, 0xffff))
		}
	}
	return 0
}

// keepHouse does what is to be done now and then.
func (s *Store) keepHouse() {
	s.houseMu.Lock()
	defer s.houseMu.Unlock()
	if err := s.housekeep(); err != nil {
		s.sealFailed(err)
	}
	s.keepTail()
	s.markTail()
}

// Housekeep trims the log and drops history now, as is otherwise done now and
// then.
func (s *Store) Housekeep() error {
	s.houseMu.Lock()
	defer s.houseMu.Unlock()
	return s.housekeep()
}

func (s *Store) housekeep() error {
	for _, f := range []func() error{s.reclass, s.trimLog, s.dropHistory, func() error { return s.finishErasures(context.Background()) }} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// markTail notes how far back the log is needed to rebuild the tail, if that
// has moved a good way.
func (s *Store) markTail() {
	s.pubMu.RLock()
	mark := s.tail.lowest()
	if mark == 0 {
		mark = s.headNow() + 1
	}
	s.pubMu.RUnlock()
	if mark < s.marked+1000 {
		return
	}
	p := s.newPending()
	close(p.ready)
	err := p.batch.Set(metaKey(metaTail), binary.AppendUvarint([]byte{1}, uint64(mark)), nil)
	if err == nil {
		err = s.submit(p)
	}
	if err != nil {
		s.sealFailed(err)
		return
	}
	s.marked = mark
}

// trimLog removes records that are older than the log's bounds allow. What
// the tail needs of them is sealed first.
func (s *Store) trimLog() error {
	v, err := s.acquire()
	if err != nil {
		return err
	}
	to, err := s.trimTarget(v)
	low := v.low
	s.release(v)
	if err != nil || to <= low {
		return err
	}
	s.pubMu.Lock()
	s.sealUpTo = to
	s.pubMu.Unlock()
	s.keepTail()
	s.pubMu.RLock()
	if first := s.tail.lowest(); first != 0 {
		to = min(to, first-1)
	}
	s.pubMu.RUnlock()
	if to <= low {
		return nil
	}
	p := s.newPending()
	close(p.ready)
	p.low = to
	if err := p.batch.DeleteRange(logKey(0), logKey(to+1), nil); err != nil {
		return err
	}
	if err := p.batch.Set(metaKey(metaTail), binary.AppendUvarint([]byte{1}, uint64(to+1)), nil); err != nil {
		return err
	}
	return s.submit(p)
}

// trimTarget gives the position up to which the log is beyond its bounds.
func (s *Store) trimTarget(v *view) (entity.Position, error) {
	to := v.low
	if n := entity.Position(s.o.LogRecords); v.head > n {
		to = max(to, v.head-n)
	}
	if s.o.LogBytes > 0 {
		size, err := s.db.EstimateDiskUsage(logKey(v.low), logKey(v.head+1))
		if err != nil {
			return 0, err
		}
		if n := v.head - v.low; size > uint64(s.o.LogBytes) && n > 0 {
			excess := float64(size-uint64(s.o.LogBytes)) / float64(size)
			to = max(to, v.low+entity.Position(float64(n)*excess))
		}
	}
	// The last record that is too old, by halving: times never go back.
	limit := s.now() - entity.Instant(s.o.LogAge.Microseconds())
	lo, hi := to, v.head
	for lo < hi {
		mid := lo + (hi-lo+1)/2
		b, err := get(v.snap, logKey(mid))
		if err != nil {
			return 0, err
		}
		d := decoder{b: b}
		d.take(3)
		at := d.instant()
		if b == nil || d.bad {
			return 0, corrupt("the change log", logKey(mid))
		}
		if at < limit {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo, nil
}

// dropHistory removes points that are kept long enough: whole months by
// ranges of keys, the month on the border chunk by chunk.
func (s *Store) dropHistory() error {
	for _, sp := range s.spaces.each() {
		classes, err := s.classes(sp)
		if err != nil {
			return err
		}
		for _, class := range classes {
			if class == 0 {
				continue
			}
			limit := s.now() - entity.Instant(class)*24*3600e6
			if err := s.dropClass(sp, class, limit); err != nil {
				return err
			}
		}
	}
	return nil
}

// classes lists the retention classes that have chunks.
func (s *Store) classes(sp space) (out []uint16, err error) {
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	prefix := sp.key(kindHistory, 0)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return nil, err
	}
	defer func() { err = cmpErr(err, it.Close()) }()
	for ok := it.First(); ok; {
		class, _, _, _, is := chunkPlace(it.Key())
		if !is {
			return nil, corrupt("history", it.Key())
		}
		out = append(out, class)
		if class == 0xffff {
			break
		}
		ok = it.SeekGE(sp.monthKey(class+1, 0))
	}
	return out, it.Error()
}

func (s *Store) dropClass(sp space, class uint16, limit entity.Instant) error {
	border := monthOf(limit)
	v, err := s.acquire()
	if err != nil {
		return err
	}
	defer s.release(v)
	p := s.newPending()
	close(p.ready)
	some, err := collect(v, sp.monthKey(class, 0), sp.monthKey(class, border), func(_, _ []byte) bool { return false })
	if err == nil && some {
		err = p.batch.DeleteRange(sp.monthKey(class, 0), sp.monthKey(class, border), nil)
	}
	if err == nil {
		err = s.dropBorder(v, p.batch, sp, class, border, limit)
	}
	if err != nil || p.batch.Empty() {
		p.batch.Close()
		return err
	}
	return s.submit(p)
}

// dropBorder removes points before limit from the chunks of its month.
func (s *Store) dropBorder(v *view, b *pebble.Batch, sp space, class, month uint16, limit entity.Instant) error {
	var failed error
	_, err := collect(v, sp.monthKey(class, month), after(sp.monthKey(class, month)), func(k, val []byte) bool {
		failed = s.dropFrom(b, k, val, limit)
		return failed == nil
	})
	return cmpErr(failed, err)
}

func (s *Store) dropFrom(b *pebble.Batch, k, val []byte, limit entity.Instant) error {
	through, chunk, ok := unwrapChunk(val)
	if !ok {
		return corrupt("history", k)
	}
	h, err := series.ParseHeader(chunk)
	if err != nil {
		return err
	}
	// A point is filed by observation or, for want of one, storage: only if
	// both spans begin behind the limit is there surely nothing to drop.
	if (h.Observed == series.Range{} || h.Observed.Min >= limit) && (h.Modified == series.Range{} || h.Modified.Min >= limit) {
		return nil
	}
	points, err := series.Decode(nil, chunk, "", "")
	if err != nil {
		return err
	}
	n := len(points)
	points = slices.DeleteFunc(points, func(p entity.Instance) bool { return series.When(&p) < limit })
	switch len(points) {
	case n:
		return nil
	case 0:
		return b.Delete(slices.Clone(k), nil)
	default:
		return b.Set(slices.Clone(k), wrapChunk(through, points), nil)
	}
}
