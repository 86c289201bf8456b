package embedded

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// A bookkeeping record's value is its version as a varint and the bytes of
// its owner.

func recordKey(k store.Key) ([]byte, error) {
	if strings.IndexByte(k.Kind, 0) >= 0 {
		return nil, fmt.Errorf("embedded: the kind of record %q has a zero byte", k.Kind)
	}
	return systemKey(kindRecord, k.Kind+"\x00"+k.Name), nil
}

func readRecord(k store.Key, b []byte) (store.Record, error) {
	v, n := binary.Uvarint(b)
	if n <= 0 {
		return store.Record{}, corrupt("a "+k.Kind+" record", []byte(k.Name))
	}
	return store.Record{Key: k, Version: v, Value: append([]byte{}, b[n:]...)}, nil
}

// Get gives one bookkeeping record.
func (s *Store) Get(_ context.Context, k store.Key) (store.Record, error) {
	key, err := recordKey(k)
	if err != nil {
		return store.Record{}, err
	}
	v, err := s.acquire()
	if err != nil {
		return store.Record{}, err
	}
	defer s.release(v)
	b, err := get(v.snap, key)
	if err != nil {
		return store.Record{}, err
	}
	if b == nil {
		return store.Record{}, problem.New(problem.ResourceNotFound, "there is no %s %q", k.Kind, k.Name)
	}
	return readRecord(k, b)
}

// pageSize is how many things are read through one snapshot.
const pageSize = 256

// Scan yields the records of a kind in order of name, page by page.
func (s *Store) Scan(ctx context.Context, kind, prefix, behind string) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		first := prefix
		if behind != "" && behind+"\x00" > first {
			first = behind + "\x00"
		}
		for {
			page, err := s.scanPage(kind, prefix, first)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(store.Record{}, err)
				return
			}
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
			}
			if len(page) < pageSize {
				return
			}
			first = page[len(page)-1].Key.Name + "\x00"
		}
	}
}

func (s *Store) scanPage(kind, prefix, first string) (page []store.Record, err error) {
	all, err := recordKey(store.Key{Kind: kind, Name: prefix})
	if err != nil {
		return nil, err
	}
	lower, _ := recordKey(store.Key{Kind: kind, Name: first})
	upper := after(all)
	if string(lower) >= string(upper) {
		return nil, s.usable()
	}
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return nil, err
	}
	defer func() { err = cmpErr(err, it.Close()) }()
	start := 7 + len(kind) + 1
	for ok := it.First(); ok && len(page) < pageSize; ok = it.Next() {
		b, err := it.ValueAndErr()
		if err != nil {
			return nil, err
		}
		r, err := readRecord(store.Key{Kind: kind, Name: string(it.Key()[start:])}, b)
		if err != nil {
			return nil, err
		}
		page = append(page, r)
	}
	return page, nil
}

// recordState is what a write that is on its way made of a record.
type recordState struct {
	version uint64 // zero if it deletes
	by      *pending
}

// Write does all of ws or nothing; see store.Records.
func (s *Store) Write(ctx context.Context, ws []store.RecordWrite) error {
	weight := min(int64(len(ws))+1, maxPending)
	if err := s.pendingOps.Acquire(ctx, weight); err != nil {
		return err
	}
	defer s.pendingOps.Release(weight)
	if err := ctx.Err(); err != nil {
		return err
	}
	keys := make([][]byte, len(ws))
	for i := range ws {
		k, err := recordKey(ws[i].Key)
		if err != nil {
			return err
		}
		keys[i] = k
	}
	p := s.newPending()
	close(p.ready)
	s.seq.Lock()
	err := s.sequenceRecords(p, keys, ws)
	s.seq.Unlock()
	if err != nil {
		p.batch.Close()
		return err
	}
	return s.await(p)
}

func (s *Store) sequenceRecords(p *pending, keys [][]byte, ws []store.RecordWrite) error {
	if err := s.writable(); err != nil {
		return err
	}
	for i := range ws {
		if ws[i].Any {
			continue
		}
		v, err := s.recordVersionNow(keys[i])
		if err != nil {
			return err
		}
		if v != ws[i].Expect {
			return problem.New(problem.Conflict, "%s %q changed meanwhile", ws[i].Key.Kind, ws[i].Key.Name)
		}
	}
	for i := range ws {
		version := uint64(0)
		var err error
		if ws[i].Value == nil {
			err = p.batch.Delete(keys[i], nil)
		} else {
			s.version++
			version = s.version
			err = p.batch.Set(keys[i], append(binary.AppendUvarint(nil, version), ws[i].Value...), nil)
		}
		if err != nil {
			return err
		}
		s.recordsMu.Lock()
		s.records[string(keys[i])] = recordState{version, p}
		s.recordsMu.Unlock()
	}
	p.ops = int64(len(ws))
	p.shown = func() { s.forgetRecords(p, keys) }
	s.enqueue(p)
	return nil
}

// recordVersionNow gives the newest version of a record, durable or on its
// way; zero if there is none.
func (s *Store) recordVersionNow(key []byte) (uint64, error) {
	s.recordsMu.Lock()
	st, ok := s.records[string(key)]
	s.recordsMu.Unlock()
	if ok {
		return st.version, nil
	}
	v, err := s.acquire()
	if err != nil {
		return 0, err
	}
	defer s.release(v)
	b, err := get(v.snap, key)
	if err != nil || b == nil {
		return 0, err
	}
	n, w := binary.Uvarint(b)
	if w <= 0 {
		return 0, corrupt("a record", key)
	}
	return n, nil
}

func (s *Store) forgetRecords(p *pending, keys [][]byte) {
	s.recordsMu.Lock()
	defer s.recordsMu.Unlock()
	for _, k := range keys {
		if s.records[string(k)].by == p {
			delete(s.records, string(k))
		}
	}
}
