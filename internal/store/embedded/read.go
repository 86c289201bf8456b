package embedded

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

func notFound(id entity.ID) error {
	return problem.New(problem.ResourceNotFound, "there is no entity %s", id)
}

// numberOf finds the number of an entity; 0 if it was never there.
func (s *Store) numberOf(v *view, n space, id entity.ID) (entity.Number, error) {
	k := idKey{n, id}
	if num, ok := s.ids.get(k); ok {
		return num, nil
	}
	b, err := get(v.snap, n.idKey(id))
	if err != nil || b == nil {
		return 0, err
	}
	num, w := binary.Uvarint(b)
	if w <= 0 {
		return 0, corrupt("the number of an entity", n.idKey(id))
	}
	k.id = entity.ID([]byte(id))
	s.ids.put(k, entity.Number(num))
	return entity.Number(num), nil
}

// byID gives the newest durable state of an entity, v's or a newer one; nil
// if it was never there.
func (s *Store) byID(v *view, n space, id entity.ID) (*kept, error) {
	num, err := s.numberOf(v, n, id)
	if err != nil || num == 0 {
		return nil, err
	}
	k, err := s.byNumber(v, n, num)
	if err != nil || k != nil {
		return k, err
	}
	// The number is that of an entity that was erased since, and was put back
	// by a reader of an older view.
	s.ids.dropEntity(idKey{n, id})
	if num, err = s.numberOf(v, n, id); err != nil || num == 0 {
		return nil, err
	}
	return s.byNumber(v, n, num)
}

func (s *Store) byNumber(v *view, n space, num entity.Number) (*kept, error) {
	key := entityKey{n, num}
	if k := s.cache.get(key); k != nil {
		return k, nil
	}
	k, err := s.readRow(v, n, num, nil)
	if k != nil {
		s.cache.fill(key, k, v.seq)
	}
	return k, err
}

// readRow reads the state of an entity from v; nil if v has none.
func (s *Store) readRow(v *view, n space, num entity.Number, wanted []entity.Name) (*kept, error) {
	b, err := get(v.snap, n.entityKey(num))
	if err != nil || b == nil {
		return nil, err
	}
	return s.decodeRow(v.snap, n, b, num, wanted)
}

// Entity returns the state of id at m; see store.Reader.
func (s *Store) Entity(ctx context.Context, sp store.Space, m store.Moment, id entity.ID) (store.Stored, error) {
	if m.Valid != 0 {
		k, points, err := s.points(ctx, sp, id, s.everything())
		if err != nil {
			return store.Stored{}, err
		}
		if e := s.validAt(k, points, m.Valid); e != nil {
			return store.Stored{Entity: e}, nil
		}
		return store.Stored{}, notFound(id)
	}
	v, err := s.acquire()
	if err != nil {
		return store.Stored{}, err
	}
	defer s.release(v)
	n, ok, err := s.spaces.find(sp)
	if err != nil {
		return store.Stored{}, err
	}
	if !ok {
		return store.Stored{}, notFound(id)
	}
	k, err := s.byID(v, n, id)
	if err != nil {
		return store.Stored{}, err
	}
	if e := k.raw().Alive(s.now()); e != nil {
		return store.Stored{Entity: e}, nil
	}
	return store.Stored{}, notFound(id)
}

// everything is the window that all instances lie in: each has a time of
// storage.
func (s *Store) everything() store.Window { return store.Window{Clock: store.ModifiedAt} }

func (s *Store) validAt(k *kept, points []entity.Instance, at entity.Instant) *entity.Entity {
	head := *k.top()
	head.Attrs = nil
	return store.ValidAt(&head, k.deleted, points, at)
}

// TypesOf counts the entities of each type. The first call for a space reads
// the index; from then on the counts are kept.
func (s *Store) TypesOf(ctx context.Context, sp store.Space) (map[entity.Name]int, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	n, ok, err := s.spaces.find(sp)
	if err != nil || !ok {
		return map[entity.Name]int{}, err
	}
	s.pubMu.RLock()
	counts := maps.Clone(s.typeCounts[n])
	s.pubMu.RUnlock()
	if counts != nil {
		return counts, nil
	}
	s.pubMu.Lock() // nothing is shown while it counts
	defer s.pubMu.Unlock()
	if s.typeCounts[n] == nil {
		if counts, err = s.countTypes(ctx, n); err != nil {
			return nil, err
		}
		s.typeCounts[n] = counts
	}
	return maps.Clone(s.typeCounts[n]), nil
}

func (s *Store) countTypes(ctx context.Context, n space) (map[entity.Name]int, error) {
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	out := map[entity.Name]int{}
	texts := s.names.all()
	err = scan(v.snap, n.key(kindType, 0), func(k, mark []byte) error {
		if len(mark) > 0 {
			return nil
		}
		t := binary.BigEndian.Uint32(k[7:])
		if int(t) >= len(texts) {
			return corrupt("the index of types", k)
		}
		out[entity.Name(texts[t])]++
		return ctx.Err()
	})
	return out, err
}

// recount brings the counts of types, if they are kept, to what it left.
func (s *Store) recount(it *item) {
	counts := s.typeCounts[it.space]
	if counts == nil {
		return
	}
	add := func(e *entity.Entity, n int) {
		if e == nil {
			return
		}
		for _, t := range e.Types {
			if counts[t] += n; counts[t] == 0 {
				delete(counts, t)
			}
		}
	}
	add(it.before.raw(), -1)
	add(it.after.raw(), 1)
}

// Tenants lists the tenants, the default one first.
func (s *Store) Tenants(context.Context) ([]string, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	s.spaces.mu.RLock()
	out := slices.Clone(s.spaces.order[:s.spaces.tenantsShown])
	s.spaces.mu.RUnlock()
	slices.Sort(out[1:])
	return out, nil
}

// OriginOf gives the number of an origin. It becomes durable with the first
// commit that uses it.
func (s *Store) OriginOf(_ context.Context, o store.Origin) (entity.OriginID, error) {
	if err := s.usable(); err != nil {
		return 0, err
	}
	k, _ := s.names.originOf(o)
	return entity.OriginID(k), nil
}

// Expired lists what has expired by now.
func (s *Store) Expired(_ context.Context, now entity.Instant, limit int) ([]store.Expired, error) {
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	type due struct {
		at entity.Instant
		e  store.Expired
	}
	var found []due
	for _, n := range s.spaces.each() {
		rows, err := s.expiredIn(v, n, now, limit)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			k, err := s.byNumber(v, n, r.num)
			if err != nil {
				return nil, err
			}
			if k != nil && k.state != nil && k.state.Alive(now) != k.state {
				found = append(found, due{r.at, store.Expired{Space: s.spaces.name(n), ID: k.state.ID}})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b due) int { return int(min(max(a.at-b.at, -1), 1)) })
	out := make([]store.Expired, 0, min(len(found), limit))
	for _, d := range found[:min(len(found), limit)] {
		out = append(out, d.e)
	}
	return out, nil
}

type expiredRow struct {
	at  entity.Instant
	num entity.Number
}

func (s *Store) expiredIn(v *view, n space, now entity.Instant, limit int) (out []expiredRow, err error) {
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: n.key(kindExpiry, 0), UpperBound: n.expiryKey(now+1, 0)})
	if err != nil {
		return nil, err
	}
	defer func() { err = cmpErr(err, it.Close()) }()
	for ok := it.First(); ok && len(out) < limit; ok = it.Next() {
		k := it.Key()
		if len(k) != 23 {
			return nil, corrupt("the index of expiry", k)
		}
		out = append(out, expiredRow{unsortable(binary.BigEndian.Uint64(k[7:])), tail8(k)})
	}
	return out, it.Error()
}

// Stats tells sizes and counters.
func (s *Store) Stats(context.Context) (store.Stats, error) {
	v, err := s.acquire()
	if err != nil {
		return store.Stats{}, err
	}
	defer s.release(v)
	s.checkSpaceNow()
	st := store.Stats{FreeBytes: s.free.Load(), LogRecords: int64(v.head - v.low), Commits: s.commits.Load()}
	if err := s.failure(); err != nil {
		st.ReadOnly = problem.DetailOf(err)
	} else if s.full.Load() {
		st.ReadOnly = "the disk is too full"
	}
	st.DiskBytes = int64(s.db.Metrics().DiskSpaceUsage())
	if g := s.groups.Load(); g > 0 {
		st.CommitGroup = float64(s.operations.Load()) / float64(g)
	}
	s.pubMu.RLock()
	st.TailPoints, st.TailBytes = s.tail.points, s.tail.bytes
	s.pubMu.RUnlock()
	s.seq.Lock()
	st.Entities = s.entities
	s.seq.Unlock()
	return st, nil
}
