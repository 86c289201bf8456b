package embedded

import (
	"context"
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// layerGone is the number in records of layers that were dropped. No layer
// has it.
const layerGone = 0xffff

// dropPage is how many records of the log are looked at in one step.
const dropPage = 4096

// DropLayer removes a layer; see store.Driver. First what the log says of it
// is emptied, then all its keys go in one commit, its name with them: a crash
// in between leaves a layer that can be dropped again.
func (s *Store) DropLayer(ctx context.Context, sp store.Space, since store.Cursor) error {
	if sp.Layer == "" {
		return problem.New(problem.OperationNotSupported, "the main layer of a tenant cannot be dropped")
	}
	n, ok, err := s.spaces.newest(sp)
	if problem.Is(err, problem.NonexistentTenant) || err == nil && !ok {
		return s.usable()
	}
	if err != nil {
		return err
	}
	// What is on its way to it is shown first.
	p := s.newPending()
	close(p.ready)
	if err := s.submit(p); err != nil {
		return err
	}
	from := entity.Position(0)
	if since.Epoch == s.header.Epoch {
		from = since.At(0)
	}
	ours := func(where space, _ entity.Number, _ entity.Position) bool { return where == n }
	for more := true; more; {
		if from, _, more, err = s.emptyRecords(ctx, from, ours); err != nil {
			return err
		}
	}
	s.houseMu.Lock() // nothing is put away or filed anew meanwhile
	defer s.houseMu.Unlock()
	count, err := s.countEntities(ctx, n)
	if err != nil {
		return err
	}
	if err := s.dropKeys(sp, n, count); err != nil {
		return err
	}
	if count > 1000 {
		prefix := n.prefix()
		return s.db.Compact(ctx, prefix, after(prefix), false) // the room is given back now, not some day
	}
	return nil
}

// prefix begins all keys of a space.
func (s space) prefix() []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(nil, s.tenant), s.layer)
}

// emptied is a record of the log that says nothing any more.
type emptied struct {
	at     entity.Position
	record []byte
}

// emptyRecords takes out of a stretch of the log behind from the records that
// gone holds for: places and times stay, for the log has no gaps. It gives
// where to go on, all records that are empty now, and false at the end.
func (s *Store) emptyRecords(ctx context.Context, from entity.Position, gone func(space, entity.Number, entity.Position) bool) (to entity.Position, empties []emptied, more bool, err error) {
	v, err := s.acquire()
	if err != nil {
		return 0, nil, false, err
	}
	defer s.release(v)
	from = max(from, v.low)
	to = min(v.head, from+dropPage)
	if from >= to {
		return to, nil, false, nil
	}
	p := s.newPending()
	close(p.ready)
	var shown []change.Record
	p.published = func(*view) { s.recent.replace(shown) }
	err = s.scanLog(v.snap, from, to, func(b []byte, at entity.Position) (bool, error) {
		d := decoder{b: b}
		d.take(3)
		empty := item{space: space{layer: layerGone}}
		empty.rec = change.Record{At: at, Kind: change.Recorded, Time: d.instant(), Commit: at - entity.Position(d.uvarint())}
		where := space{uint32(d.uvarint()), uint16(d.uvarint())}
		num := entity.Number(d.uvarint())
		if d.bad {
			return false, corrupt("the change log", logKey(at))
		}
		if where.layer == layerGone {
			empties = append(empties, emptied{at, b})
			return true, ctx.Err()
		}
		if !gone(where, num, at) {
			return true, ctx.Err()
		}
		empty.space.tenant = where.tenant
		r := empty.rec
		r.Tenant, r.Layer = s.spaces.name(where).Tenant, store.LayerGone
		shown = append(shown, r)
		empties = append(empties, emptied{at, s.names.appendRecord(nil, &empty, nil)})
		return true, cmpErr(p.batch.Set(logKey(at), empties[len(empties)-1].record, nil), ctx.Err())
	})
	if err != nil || p.batch.Empty() {
		p.batch.Close()
		return to, empties, to < v.head, err
	}
	return to, empties, to < v.head, s.submit(p)
}

// replace puts rs, which have places in the log, where they are held.
func (g *ring) replace(rs []change.Record) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range rs {
		if len(g.rs) > 0 && r.At >= g.rs[0].At && r.At <= g.rs[len(g.rs)-1].At {
			g.rs[r.At-g.rs[0].At] = r
		}
	}
}

// countEntities counts the entities that are in n.
func (s *Store) countEntities(ctx context.Context, n space) (count int64, err error) {
	v, err := s.acquire()
	if err != nil {
		return 0, err
	}
	defer s.release(v)
	err = scan(v.snap, n.key(kindEntity, 0), func(k, row []byte) error {
		if len(row) < 2 {
			return corrupt("an entity", k)
		}
		if row[1] == rowAlive {
			count++
		}
		return ctx.Err()
	})
	return count, err
}

// dropKeys removes all keys of n, and its name. The caller holds houseMu.
func (s *Store) dropKeys(sp store.Space, n space, count int64) error {
	p := s.newPending()
	close(p.ready)
	prefix := n.prefix()
	err := p.batch.DeleteRange(prefix, after(prefix), nil)
	shared := s.spaces.shared(n)
	if err == nil && !shared {
		err = p.batch.Delete(systemKey(kindLayer, sp.Layer), nil)
	}
	if err != nil {
		p.batch.Close()
		return err
	}
	p.published = func(v *view) {
		s.tail.drop(n)
		s.cache.drop(n, v.seq)
		s.ids.drop(n)
		delete(s.typeCounts, n)
	}
	s.seq.Lock()
	err = s.usable()
	if err == nil && s.closing {
		err = closed()
	}
	if err != nil {
		s.seq.Unlock()
		p.batch.Close()
		return err
	}
	s.entities -= count
	delete(s.nextNumber, n)
	s.spaces.drop(sp, n, shared)
	s.enqueue(p)
	s.seq.Unlock()
	return s.await(p)
}

// shared reports whether another tenant uses the layer of n.
func (s *spaces) shared(n space) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for o := range s.used {
		if o.layer == n.layer && o != n {
			return true
		}
	}
	return false
}

// drop forgets n, and its layer's name if no other tenant uses it. The number
// is given again only when there are no others left: readers may still hold
// views of what it meant.
func (s *spaces) drop(sp store.Space, n space, shared bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.used, n)
	if !shared {
		delete(s.layers, sp.Layer)
		s.lnames[n.layer] = ""
		s.free = append(s.free, n.layer)
	}
}

// use notes that n has entities.
func (s *spaces) use(n space) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used[n] = struct{}{}
}

// newLayer gives the number for a new layer. The caller holds mu.
func (s *spaces) newLayer() (uint16, error) {
	if l := len(s.lnames); l < layerGone {
		s.lnames = append(s.lnames, "")
		return uint16(l), nil
	}
	if len(s.free) == 0 {
		return 0, problem.New(problem.TooManyResults, "the store has %d layers and takes no more", len(s.lnames))
	}
	l := s.free[0]
	s.free = s.free[1:]
	return l, nil
}

// loadUsed finds the spaces that have keys, and the numbers of layers that are
// free.
func (s *spaces) loadUsed(db *pebble.DB) (err error) {
	s.used = map[space]struct{}{}
	it, err := db.NewIter(nil)
	if err != nil {
		return err
	}
	defer func() { err = cmpErr(err, it.Close()) }()
	for ok := it.SeekGE(space{tenant: 1}.prefix()); ok; {
		k := it.Key()
		if len(k) < 7 {
			return corrupt("a key", k)
		}
		n := space{binary.BigEndian.Uint32(k), binary.BigEndian.Uint16(k[4:])}
		s.used[n] = struct{}{}
		next := after(n.prefix())
		if next == nil {
			break
		}
		ok = it.SeekGE(next)
	}
	for l, name := range s.lnames {
		if l > 0 && name == "" {
			s.free = append(s.free, uint16(l))
		}
	}
	return it.Error()
}

// drop takes all points of n out of the tail.
func (t *tail) drop(n space) {
	for o := t.ring.next; o != &t.ring; {
		next := o.next
		if o.space == n {
			t.sealed(o, o.n, len(o.buf), 0)
			o.queued = false
		}
		o = next
	}
	kept := t.full[:0]
	for _, o := range t.full {
		if o.space != n {
			kept = append(kept, o)
		}
	}
	clear(t.full[len(kept):])
	t.full = kept
}

// drop forgets what is held of n; nothing that was read from an older view
// than view comes back.
func (c *entityCache) drop(n space, view uint64) {
	for i := range c.shard {
		s := &c.shard[i]
		s.mu.Lock()
		for k, e := range s.m {
			if k.space == n {
				s.unlink(e)
				delete(s.m, k)
				s.used -= e.cost
			}
		}
		s.evicted = max(s.evicted, view)
		s.mu.Unlock()
	}
}

// drop forgets the numbers of the entities of n.
func (c *idCache) drop(n space) {
	for i := range c.shard {
		s := &c.shard[i]
		s.mu.Lock()
		for k := range s.m {
			if k.space == n {
				s.used -= int64(len(k.id)) + 80
				delete(s.m, k)
			}
		}
		s.mu.Unlock()
	}
}
