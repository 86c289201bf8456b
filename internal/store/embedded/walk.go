package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"iter"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// mode says which entities a walk is about.
type mode uint8

const (
	thereNow  mode = iota // those that are there
	everThere             // deleted ones too
)

const (
	maxCandidates = 50_000 // of a range; beyond, walking in number order is cheaper
	maxCells      = 12     // of a query's covering
	maxAlike      = 5_000  // ids that begin as an idPattern does; more are mostly all
)

// Select yields every entity that q matches, and may yield others; see
// store.Reader.
func (s *Store) Select(ctx context.Context, sp store.Space, m store.Moment, q *query.Query, behind entity.Number) iter.Seq2[store.Stored, error] {
	return func(yield func(store.Stored, error) bool) {
		md := thereNow
		if m.Valid != 0 {
			md = everThere
		}
		now := q.Now
		if now == 0 {
			now = s.now()
		}
		for k, err := range s.walk(ctx, sp, q, behind, md) {
			if err != nil {
				yield(store.Stored{}, err)
				return
			}
			e := k.state
			if m.Valid != 0 {
				whole, points, err := s.points(ctx, sp, k.top().ID, s.everything())
				if problem.Is(err, problem.ResourceNotFound) {
					continue // its history was taken away
				}
				if err != nil {
					yield(store.Stored{}, err)
					return
				}
				e = s.validAt(whole, points, m.Valid)
			} else {
				e = e.Alive(now)
			}
			if e != nil && !yield(store.Stored{Entity: e}, nil) {
				return
			}
		}
	}
}

// walk yields candidates for q in number order: by id if q has ids, by place,
// by scope, by type, else all. It reads page by page, each through the view
// of its moment.
func (s *Store) walk(ctx context.Context, sp store.Space, q *query.Query, behind entity.Number, md mode) iter.Seq2[*kept, error] {
	return func(yield func(*kept, error) bool) {
		behind := behind // of this walk: the sequence may be walked again
		n, ok, err := s.spaces.find(sp)
		if err != nil || !ok {
			if err = cmpErr(s.usable(), err); err != nil {
				yield(nil, err)
			}
			return
		}
		next, err := s.plan(n, q, md)
		for size := 32; err == nil; size = min(2*size, pageSize) {
			var page []*kept
			var more bool
			if page, more, err = s.page(n, q, md, next, &behind, size); err != nil {
				break
			}
			for _, k := range page {
				if !yield(k, nil) {
					return
				}
			}
			if !more {
				return
			}
			err = ctx.Err()
		}
		yield(nil, err)
	}
}

// page reads up to size entities behind *behind and moves it on.
func (s *Store) page(n space, q *query.Query, md mode, next source, behind *entity.Number, size int) (page []*kept, more bool, err error) {
	v, err := s.acquire()
	if err != nil {
		return nil, false, err
	}
	defer s.release(v)
	nums, err := next(v, *behind, size)
	if err != nil {
		return nil, false, err
	}
	read := func(num entity.Number) (*kept, error) { return s.candidate(v, n, num, q) }
	if size == pageSize && dense(nums) { // a long walk
		rows, err := s.sweepRows(v, n, q)
		if err != nil {
			return nil, false, err
		}
		defer func() { err = cmpErr(err, rows.close()) }()
		read = rows.read
	}
	page = make([]*kept, 0, len(nums))
	for _, num := range nums {
		*behind = num
		k, err := read(num)
		if err != nil {
			return nil, false, err
		}
		if k != nil && (md == everThere || k.state != nil) {
			page = append(page, k)
		}
	}
	return page, len(nums) == size, nil
}

// candidate gives an entity, of a cold one only what q asks for if the cache
// has no room for the whole.
func (s *Store) candidate(v *view, n space, num entity.Number, q *query.Query) (*kept, error) {
	key := entityKey{n, num}
	if k := s.cache.get(key); k != nil {
		return k, nil
	}
	if wanted, some := q.Reads(); some && !s.cache.room(key) {
		return s.readRow(v, n, num, wanted)
	}
	return s.byNumber(v, n, num)
}

// source gives up to size entity numbers behind a number, ascending. Fewer
// than size means that there are no more.
type source func(v *view, behind entity.Number, size int) ([]entity.Number, error)

func (s *Store) plan(n space, q *query.Query, md mode) (source, error) {
	if q.IDs != nil {
		return s.idSource(n, q.IDs)
	}
	if src, err := s.alikeSource(n, q.IDPattern); src != nil || err != nil {
		return src, err
	}
	types := q.TypeCover()
	var typeNums []uint32
	if types != nil {
		for _, t := range types {
			if k, ok := s.names.find(string(t)); ok {
				typeNums = append(typeNums, k)
			}
		}
		if len(typeNums) == 0 {
			return fixed(nil), nil
		}
	}
	if md == thereNow {
		if src, err := s.geoSource(n, q, typeNums, types != nil); src != nil || err != nil {
			return src, err
		}
		if src, err := s.scopeSource(n, q); src != nil || err != nil {
			return src, err
		}
	}
	if types != nil {
		prefixes := make([][]byte, len(typeNums))
		for i, t := range typeNums {
			prefixes[i] = n.typePrefix(t)
		}
		return merged(prefixes, md == everThere), nil
	}
	return merged([][]byte{n.key(kindEntity, 0)}, true), nil
}

// fixed gives the numbers of a list in hand, ascending.
func fixed(nums []entity.Number) source {
	return func(_ *view, behind entity.Number, size int) ([]entity.Number, error) {
		i, found := slices.BinarySearch(nums, behind)
		if found {
			i++
		}
		return nums[i:min(i+size, len(nums))], nil
	}
}

func (s *Store) idSource(n space, ids []entity.ID) (source, error) {
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	nums := make([]entity.Number, 0, len(ids))
	for _, id := range ids {
		num, err := s.numberOf(v, n, id)
		if err != nil {
			return nil, err
		}
		if num != 0 {
			nums = append(nums, num)
		}
	}
	slices.Sort(nums)
	return fixed(slices.Compact(nums)), nil
}

// alikeSource gives the entities whose ids begin as p says, if it says so and
// they are not too many.
func (s *Store) alikeSource(n space, p *query.Pattern) (source, error) {
	prefix := p.LiteralPrefix()
	if prefix == "" {
		return nil, nil
	}
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	var nums []entity.Number
	damaged := []byte(nil)
	lower := n.idKey(entity.ID(prefix))
	over, err := collect(v, lower, after(lower), func(k, val []byte) bool {
		num, w := binary.Uvarint(val)
		if w <= 0 {
			damaged = slices.Clone(k)
		}
		nums = append(nums, entity.Number(num))
		return len(nums) <= maxAlike
	})
	if damaged != nil {
		return nil, corrupt("the number of an entity", damaged)
	}
	if err != nil || over {
		return nil, err
	}
	slices.Sort(nums)
	return fixed(nums), nil
}

// merged gives the numbers that follow each of prefixes, merged. Keys with a
// value that marks them as deleted are left out unless all are wanted.
func merged(prefixes [][]byte, all bool) source {
	return func(v *view, behind entity.Number, size int) ([]entity.Number, error) {
		var out []entity.Number
		for _, prefix := range prefixes {
			part, err := numbersBehind(v, prefix, behind, size, all)
			if err != nil {
				return nil, err
			}
			out = append(out, part...)
		}
		if len(prefixes) > 1 {
			slices.Sort(out)
			out = slices.Compact(out)
		}
		return out[:min(size, len(out))], nil
	}
}

func numbersBehind(v *view, prefix []byte, behind entity.Number, size int, all bool) (out []entity.Number, err error) {
	lower := binary.BigEndian.AppendUint64(slices.Clip(prefix), uint64(behind)+1)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(prefix)})
	if err != nil {
		return nil, err
	}
	defer func() { err = cmpErr(err, it.Close()) }()
	for ok := it.First(); ok && len(out) < size; ok = it.Next() {
		if !all {
			mark, err := it.ValueAndErr()
			if err != nil {
				return nil, err
			}
			if len(mark) > 0 {
				continue
			}
		}
		out = append(out, tail8(it.Key()))
	}
	return out, it.Error()
}

// scopeSource gives the entities whose scopes q can match, if it names any
// and they are not too many.
func (s *Store) scopeSource(n space, q *query.Query) (source, error) {
	if q.Scope == nil {
		return nil, nil
	}
	prefixes := q.Scope.Prefixes()
	if slices.Contains(prefixes, "") {
		return nil, nil
	}
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	var nums []entity.Number
	for _, p := range prefixes {
		lower := append(n.key(kindScope, len(p)), p...)
		over, err := collect(v, lower, after(lower), func(k, _ []byte) bool {
			nums = append(nums, tail8(k))
			return len(nums) <= maxCandidates
		})
		if err != nil || over {
			return nil, err
		}
	}
	slices.Sort(nums)
	return fixed(slices.Compact(nums)), nil
}

// collect calls f for each key in a range until it returns false; over says
// that it did.
func collect(v *view, lower, upper []byte, f func(k, val []byte) bool) (over bool, err error) {
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return false, err
	}
	defer func() { err = cmpErr(err, it.Close()) }()
	return collectFrom(it, lower, upper, f)
}

// collectFrom is collect with an iterator in hand, whose bounds are wider.
func collectFrom(it *pebble.Iterator, lower, upper []byte, f func(k, val []byte) bool) (over bool, err error) {
	for ok := it.SeekGE(lower); ok && (upper == nil || bytes.Compare(it.Key(), upper) < 0); ok = it.Next() {
		val, err := it.ValueAndErr()
		if err != nil {
			return false, err
		}
		if !f(it.Key(), val) {
			return true, nil
		}
	}
	return false, it.Error()
}

// geoSource gives the entities at the places that q's geo-query is about, if
// the index helps and they are not too many.
func (s *Store) geoSource(n space, q *query.Query, types []uint32, typed bool) (source, error) {
	if q.Geo == nil {
		return nil, nil
	}
	covering, ok := q.Geo.Predicate.Covering(maxCells)
	if !ok {
		return nil, nil
	}
	attr, ok := s.names.find(string(q.Geo.Property))
	if !ok {
		return fixed(nil), nil
	}
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	if !typed {
		if types, err = geoTypes(v, n); err != nil {
			return nil, err
		}
	}
	var nums []entity.Number
	take := func(k, val []byte) bool {
		if g, ok := pointOf(val); ok && !q.Geo.Predicate.Match(g) {
			return true
		}
		nums = append(nums, tail8(k))
		return len(nums) <= maxCandidates
	}
	over, err := s.collectCells(v, n, types, attr, &covering, take)
	if err != nil || over {
		return nil, err
	}
	slices.Sort(nums)
	return fixed(slices.Compact(nums)), nil
}

// collectCells calls take for each key of the types in the covering, with one
// iterator, until it returns false.
func (s *Store) collectCells(v *view, n space, types []uint32, attr uint32, c *geo.Covering, take func(k, val []byte) bool) (over bool, err error) {
	all := n.key(kindGeo, 0)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: all, UpperBound: after(all)})
	if err != nil {
		return false, err
	}
	defer func() { err = cmpErr(err, it.Close()) }()
	for _, t := range types {
		prefix := n.geoPrefix(t, attr)
		from := func(cell uint64) []byte { return binary.BigEndian.AppendUint64(slices.Clip(prefix), cell) }
		for _, r := range c.Ranges {
			if over, err := collectFrom(it, from(r.Lo), after(from(r.Hi)), take); err != nil || over {
				return over, err
			}
		}
		for _, a := range c.Ancestors {
			if over, err := collectFrom(it, from(a), after(from(a)), take); err != nil || over {
				return over, err
			}
		}
	}
	return false, nil
}

// geoTypes gives the types that have anything in the index of places.
func geoTypes(v *view, n space) (out []uint32, err error) {
	prefix := n.key(kindGeo, 0)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return nil, err
	}
	defer func() { err = cmpErr(err, it.Close()) }()
	for ok := it.First(); ok; {
		t := binary.BigEndian.Uint32(it.Key()[7:])
		out = append(out, t)
		ok = it.SeekGE(n.geoPrefix(t+1, 0))
	}
	return out, it.Error()
}
