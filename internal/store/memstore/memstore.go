// Package memstore keeps a city in maps and walks it with loops: the
// reference driver. It is the oracle for other drivers and the store of other
// packages' tests; it is not for real use, as it forgets all when it ends and
// looks at everything to find anything.
//
// What always holds: it meets the contract of package store at its widest.
// Entities are spread over several partitions that become visible one after
// the other, closures may be run twice, and Select gives more than was asked
// for. A caller that is right on memstore leans on nothing that a driver does
// not promise.
package memstore

import (
	"context"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Options are the settings of a Store. The zero Options are right for tests.
type Options struct {
	// Clock gives the present; nil is time.Now.
	Clock func() time.Time
	// Partitions is how many there are; 0 means 3.
	Partitions int
	// TwiceApply runs every Mutation.Apply twice and uses the second result.
	TwiceApply bool
	// Between, if set, is called between the partitions of one commit, when
	// some of it is visible and the rest is not. It may read the store.
	Between func()
	// KeepLog bounds the change log to that many records a partition; 0 keeps all.
	KeepLog int
	// Epoch begins the cursors; 0 means 1.
	Epoch uint64
}

// Store is a store.Driver. Use New.
type Store struct {
	o Options

	commits sync.Mutex // held for a whole Commit: one serial order

	mu      sync.RWMutex // guards what follows
	closed  bool
	now     entity.Instant
	parts   []partition
	spaces  map[store.Space]*space
	tenants []string
	origins []store.Origin
	records map[store.Key]store.Record
	version uint64
	moved   chan struct{} // closed and renewed when a log grows
	done    int64         // commits
	ops     int64
}

type partition struct {
	log     []change.Record
	trimmed entity.Position // records up to here are gone
}

func (p *partition) head() entity.Position { return p.trimmed + entity.Position(len(p.log)) }

type space struct {
	byID map[entity.ID]*kept
	all  []*kept // by number, from 1 on
}

// kept is an entity that was ever there.
type kept struct {
	head    *entity.Entity // without attributes
	state   *entity.Entity // nil once deleted
	deleted entity.Instant // zero if it is there
	history []entity.Instance
	// forgotten says that its history was taken away as a whole.
	forgotten bool
}

var _ store.Driver = (*Store)(nil)

// New makes an empty store.
func New(o Options) *Store {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Partitions == 0 {
		o.Partitions = 3
	}
	if o.Epoch == 0 {
		o.Epoch = 1
	}
	return &Store{o: o, parts: make([]partition, o.Partitions), spaces: map[store.Space]*space{},
		tenants: []string{""}, origins: make([]store.Origin, 1), records: map[store.Key]store.Record{}, moved: make(chan struct{})}
}

// partOf gives the partition of an entity, the same in every space.
func (s *Store) partOf(id entity.ID) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % uint32(len(s.parts)))
}

func (s *Store) present() entity.Instant { return entity.Instant(s.o.Clock().UnixMicro()) }

func (s *Store) open() error {
	if s.closed {
		return problem.New(problem.Unavailable, "the store is closed")
	}
	return nil
}

// spaceOf gives sp's state; nil if nothing was ever there.
func (s *Store) spaceOf(sp store.Space) (*space, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	if !slices.Contains(s.tenants, sp.Tenant) {
		return nil, problem.New(problem.NonexistentTenant, "there is no tenant %q; it is made with its first entity", sp.Tenant)
	}
	return s.spaces[sp], nil
}

func (sp *space) get(id entity.ID) *kept {
	if sp == nil {
		return nil
	}
	return sp.byID[id]
}

// Tenants lists the tenants, the default one first.
func (s *Store) Tenants(context.Context) ([]string, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := slices.Clone(s.tenants)
	slices.Sort(out[1:])
	return out, s.open()
}

// OriginOf gives the number of an origin.
func (s *Store) OriginOf(_ context.Context, o store.Origin) (entity.OriginID, error) {
	if o == (store.Origin{}) {
		return 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return 0, err
	}
	if i := slices.Index(s.origins, o); i > 0 {
		return entity.OriginID(i), nil
	}
	s.origins = append(s.origins, o)
	return entity.OriginID(len(s.origins) - 1), nil
}

// OriginByID gives back what OriginOf was given.
func (s *Store) OriginByID(id entity.OriginID) store.Origin {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if int(id) >= len(s.origins) {
		return store.Origin{}
	}
	return s.origins[id]
}

// Expired lists what has expired by now.
func (s *Store) Expired(_ context.Context, now entity.Instant, limit int) ([]store.Expired, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	type due struct {
		at entity.Instant
		e  store.Expired
	}
	var found []due
	for name, sp := range s.spaces {
		for _, k := range sp.all {
			if k.state != nil && k.state.Alive(now) != k.state {
				found = append(found, due{k.state.FirstExpiry(), store.Expired{Space: name, ID: k.state.ID}})
			}
		}
	}
	slices.SortFunc(found, func(a, b due) int {
		if a.at != b.at {
			return int(min(max(a.at-b.at, -1), 1))
		}
		return strings.Compare(string(a.e.ID), string(b.e.ID))
	})
	out := make([]store.Expired, 0, min(len(found), limit))
	for _, d := range found[:min(len(found), limit)] {
		out = append(out, d.e)
	}
	return out, s.open()
}

// Stats tells what is kept. There is no disk.
func (s *Store) Stats(context.Context) (store.Stats, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := store.Stats{FreeBytes: -1, Commits: s.done}
	for _, sp := range s.spaces {
		for _, k := range sp.all {
			if k.state != nil {
				st.Entities++
			}
		}
	}
	for i := range s.parts {
		st.LogRecords += int64(len(s.parts[i].log))
	}
	if s.done > 0 {
		st.CommitGroup = float64(s.ops) / float64(s.done)
	}
	return st, s.open()
}

// Close ends the store; what it held is gone.
func (s *Store) Close() error {
	s.commits.Lock()
	defer s.commits.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.moved)
		s.moved = make(chan struct{})
	}
	return nil
}
