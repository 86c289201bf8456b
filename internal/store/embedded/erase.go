package embedded

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// An erasure takes five steps, and its intent stands in the store from the
// first until after the last: a start that finds one goes on.
//
//  1. All keys of the entity go in one commit, with which the intent comes.
//  2. What the log says of it is emptied.
//  3. Nobody looks at the store any more as it was before: Pebble keeps what
//     a snapshot shows. Then all is deleted and emptied once more: a table that
//     was written meanwhile may hold both what was erased and its deletion,
//     and would only be moved where nothing lies over it.
//  4. Pebble writes down what it holds in memory, its older logs are removed,
//     and the tables that had the keys are written anew without them.
//  5. The intent goes.
//
// Values are in no file then. Keys (an entity's id, its scopes, the cells of
// its place) may stand in Pebble's list of tables until that is written anew.

// erasure is one that has begun.
type erasure struct {
	space   space
	number  entity.Number
	through entity.Position // what the log says of it is here or before
	spans   []span          // where its keys were; first that of its id
}

const metaErase = "erase"

func (x *erasure) key() []byte {
	k := append(metaKey(metaErase), x.space.prefix()...)
	return binary.BigEndian.AppendUint64(k, uint64(x.number))
}

func (x *erasure) value() []byte {
	b := binary.AppendUvarint([]byte{1}, uint64(x.through))
	b = binary.AppendUvarint(b, uint64(len(x.spans)))
	for _, sp := range x.spans {
		b = appendText(appendText(b, string(sp.from)), string(sp.to))
	}
	return b
}

// span is a range of keys, to excluded.
type span struct{ from, to []byte }

func spanOf(key []byte) span { return span{key, append(slices.Clone(key), 0)} }

// Erase removes an entity as if it had never been; see store.Driver.
func (s *Store) Erase(ctx context.Context, sp store.Space, id entity.ID) error {
	n, ok, err := s.spaces.newest(sp)
	if problem.Is(err, problem.NonexistentTenant) || err == nil && !ok {
		return s.usable()
	}
	if err != nil {
		return err
	}
	s.houseMu.Lock() // nothing is put away or filed anew meanwhile
	defer s.houseMu.Unlock()
	if err := s.eraseState(n, id); err != nil {
		return err
	}
	return s.finishErasures(ctx)
}

// eraseState removes all keys of an entity. The caller holds houseMu.
func (s *Store) eraseState(n space, id entity.ID) error {
	for {
		p := s.newPending()
		close(p.ready)
		s.seq.Lock()
		if s.overlay[idKey{n, id}] != nil { // a change is on its way: behind it
			s.seq.Unlock()
			if err := s.submit(p); err != nil {
				return err
			}
			continue
		}
		queued, err := s.eraseSettled(p, n, id)
		s.seq.Unlock()
		if err != nil || !queued {
			p.batch.Close()
			return err
		}
		return s.await(p)
	}
}

// eraseSettled is eraseState for an entity that no commit on its way changes.
// It queues p if there is one. The caller holds seq.
func (s *Store) eraseSettled(p *pending, n space, id entity.ID) (queued bool, err error) {
	if err := s.usable(); err != nil {
		return false, err
	}
	if s.closing {
		return false, closed()
	}
	v, err := s.acquire()
	if err != nil {
		return false, err
	}
	defer s.release(v)
	k, err := s.byID(v, n, id)
	if err != nil || k == nil {
		return false, err
	}
	x := erasure{space: n, number: k.number, through: s.lastPos}
	if x.spans, err = s.spansOf(v, n, id, k); err != nil {
		return false, err
	}
	err = p.batch.Set(x.key(), x.value(), nil)
	for _, sp := range x.spans {
		err = cmpErr(err, p.batch.DeleteRange(sp.from, sp.to, nil))
	}
	if err != nil {
		return false, err
	}
	key := entityKey{n, k.number}
	p.published = func(v *view) {
		s.tail.dropEntity(key)
		s.cache.dropEntity(key, v.seq)
		s.ids.dropEntity(idKey{n, id})
		delete(s.typeCounts, n)
	}
	own := idKey{n, id}
	s.overlay[own] = &overlaid{by: p} // who comes next finds nothing
	p.shown = func() {
		s.seq.Lock()
		defer s.seq.Unlock()
		if o := s.overlay[own]; o != nil && o.by == p {
			delete(s.overlay, own)
		}
	}
	if k.state != nil {
		s.entities--
	}
	s.enqueue(p)
	return true, nil
}

// spansOf gives where the keys of an entity are, in every keyspace of its
// space.
func (s *Store) spansOf(v *view, n space, id entity.ID, k *kept) ([]span, error) {
	num := k.number
	values := binary.BigEndian.AppendUint64(n.key(kindValue, 8), uint64(num))
	out := []span{spanOf(n.idKey(id)), spanOf(n.entityKey(num)), {values, after(values)}, {n.editPrefix(num), after(n.editPrefix(num))}}
	index, err := s.indexKeys(n, k.top(), k.deleted != 0)
	if err != nil {
		return nil, err
	}
	for _, x := range index {
		out = append(out, spanOf([]byte(x.key)))
	}
	if t := k.raw().FirstExpiry(); t != 0 {
		out = append(out, spanOf(n.expiryKey(t, num)))
	}
	err = s.monthsOf(v.snap, n, num, 0, 0xffff, func(it *pebble.Iterator, class, month uint16) error {
		prefix := binary.BigEndian.AppendUint64(n.monthKey(class, month), uint64(num))
		out = append(out, span{prefix, after(prefix)})
		return nil
	})
	return out, err
}

// erasures lists those that have begun, in order.
func (s *Store) erasures(r reader) (out []erasure, err error) {
	prefix := metaKey(metaErase)
	err = scan(r, prefix, func(k, b []byte) error {
		k = k[len(prefix):]
		d := decoder{b: slices.Clone(b)}
		if version := d.byte(); len(k) != 14 || version != 1 {
			return corrupt("an erasure", k)
		}
		x := erasure{space: space{binary.BigEndian.Uint32(k), binary.BigEndian.Uint16(k[4:])}, number: tail8(k), through: entity.Position(d.uvarint())}
		for range d.count() {
			x.spans = append(x.spans, span{[]byte(d.text()), []byte(d.text())})
		}
		if d.bad || len(d.b) > 0 || len(x.spans) == 0 {
			return corrupt("an erasure", k)
		}
		out = append(out, x)
		return nil
	})
	return out, err
}

// erased tells whether a record of the log is about what is being erased.
func erased(open []erasure, n space, num entity.Number, at entity.Position) bool {
	return slices.ContainsFunc(open, func(x erasure) bool { return x.space == n && x.number == num && at <= x.through })
}

// finishErasures brings to their end those that have begun. The caller holds
// houseMu.
func (s *Store) finishErasures(ctx context.Context) error {
	v, err := s.acquire()
	if err != nil {
		return err
	}
	open, err := s.erasures(v.snap)
	s.release(v)
	if err != nil || len(open) == 0 {
		return err
	}
	through := entity.Position(0)
	for _, x := range open {
		through = max(through, x.through)
	}
	var all []emptied
	for from, more := entity.Position(0), true; more && from < through; {
		var some []emptied
		from, some, more, err = s.emptyRecords(ctx, from, func(n space, num entity.Number, at entity.Position) bool { return erased(open, n, num, at) })
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	if err := s.scour(ctx, open, all); err != nil {
		return err
	}
	p := s.newPending()
	close(p.ready)
	for _, x := range open {
		err = cmpErr(err, p.batch.Delete(x.key(), nil))
	}
	if err != nil {
		p.batch.Close()
		return err
	}
	return s.submit(p)
}

// scour sees to it that what was erased is in no file any more.
func (s *Store) scour(ctx context.Context, open []erasure, log []emptied) error {
	if err := s.waitOlder(ctx); err != nil {
		return err
	}
	if err := s.eraseAgain(open, log); err != nil {
		return err
	}
	if err := s.renewLogs(open); err != nil {
		return err
	}
	var spans []span
	for _, x := range open {
		spans = append(spans, x.spans...)
	}
	for i, first := 0, 0; i < len(log); i++ {
		if i+1 == len(log) || log[i+1].at > log[i].at+dropPage {
			spans = append(spans, span{logKey(log[first].at), logKey(log[i].at + 1)})
			first = i + 1
		}
	}
	for _, x := range spans {
		if err := s.unlessFailed(func() error { return s.db.Compact(ctx, x.from, x.to, false) }); err != nil {
			return err
		}
	}
	return s.waitObsolete(ctx)
}

// eraseAgain deletes once more what is deleted, save ids: by them others may
// be found by now.
func (s *Store) eraseAgain(open []erasure, log []emptied) (err error) {
	p := s.newPending()
	close(p.ready)
	for _, x := range open {
		for _, sp := range x.spans[1:] {
			err = cmpErr(err, p.batch.DeleteRange(sp.from, sp.to, nil))
		}
	}
	for _, x := range log {
		err = cmpErr(err, p.batch.Set(logKey(x.at), x.record, nil))
	}
	if err != nil {
		p.batch.Close()
		return err
	}
	return s.submit(p)
}

// renewLogs has all that is in Pebble's logs written to tables, and removes
// the logs: Pebble would keep some, to write over them some day.
func (s *Store) renewLogs(open []erasure) error {
	s.guard.anew.Store(true)
	defer s.guard.anew.Store(false)
	old, err := s.guard.logs()
	if err != nil || len(old) == 0 {
		return err
	}
	for {
		p := s.newPending()
		close(p.ready)
		err := p.batch.Set(open[0].key(), open[0].value(), nil) // so that there is something to flush
		if err != nil {
			p.batch.Close()
			return err
		}
		if err := s.submit(p); err != nil {
			return err
		}
		if err := s.unlessFailed(s.db.Flush); err != nil {
			return err
		}
		now, err := s.guard.logs()
		if err != nil {
			return err
		}
		if len(now) > 0 && now[len(now)-1] > old[len(old)-1] { // another one is written to
			return s.unlessFailed(func() error { return s.guard.removeLogs(old) })
		}
	}
}

// unlessFailed gives what f gives, or the reason for which the store failed: of
// a failed write nothing ever comes back.
func (s *Store) unlessFailed(f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-s.failedCh:
		return s.failure()
	}
}

// waitObsolete waits until Pebble has removed the files that it does not need
// any more.
func (s *Store) waitObsolete(ctx context.Context) error {
	for {
		m := s.db.Metrics()
		if m.Table.ObsoleteCount == 0 && m.Table.ZombieCount == 0 {
			return nil
		}
		t := time.NewTimer(5 * time.Millisecond)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-s.failedCh:
			t.Stop()
			return s.failure()
		case <-t.C:
		}
	}
}

// resumeErasures goes on with what a crash interrupted.
func (s *Store) resumeErasures() error {
	s.houseMu.Lock()
	defer s.houseMu.Unlock()
	return s.finishErasures(context.Background())
}

// dropEntity takes all points of an entity out of the tail.
func (t *tail) dropEntity(k entityKey) {
	for _, o := range slices.Clone(t.entities[k]) {
		t.sealed(o, o.n, len(o.buf), 0)
		o.queued = false
	}
	t.full = slices.DeleteFunc(t.full, func(o *openSeries) bool { return !o.queued })
}

// dropEntity forgets an entity; nothing that was read from an older view than
// view comes back.
func (c *entityCache) dropEntity(k entityKey, view uint64) {
	s := c.of(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.m[k]; e != nil {
		s.unlink(e)
		delete(s.m, k)
		s.used -= e.cost
	}
	s.evicted = max(s.evicted, view)
}

// dropEntity forgets the number of an entity.
func (c *idCache) dropEntity(k idKey) {
	s := &c.shard[maphash.String(c.seed, string(k.id))%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.m[k]; ok {
		s.used -= int64(len(k.id)) + 80
		delete(s.m, k)
	}
}

// waitOlder waits until nobody uses a view older than the current one.
func (s *Store) waitOlder(ctx context.Context) error {
	s.viewMu.Lock()
	var ends []chan struct{}
	for v := range s.older {
		if v.ended == nil {
			v.ended = make(chan struct{})
		}
		ends = append(ends, v.ended)
	}
	s.viewMu.Unlock()
	for _, c := range ends {
		select {
		case <-c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// logs lists the files of Pebble's write-ahead log, the oldest first.
func (g *guardFS) logs() ([]string, error) {
	names, err := g.FS.List(g.dir)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasSuffix(n, ".log") })
	slices.SortFunc(names, func(a, b string) int { // numbers have six digits, or more
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return names, nil
}

// removeLogs removes those files that are still there.
func (g *guardFS) removeLogs(names []string) error {
	g.entered()
	remove := func() error {
		g.logMu.Lock()
		defer g.logMu.Unlock()
		for _, name := range names {
			if err := g.FS.Remove(path.Join(g.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		return syncDir(g.FS, g.dir)
	}
	return g.checked(g.dir, remove())
}
