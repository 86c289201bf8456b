package embedded

import (
	"hash/maphash"
	"sync"
	"unsafe"

	"github.com/beffroi/beffroi/internal/entity"
)

const shards = 16

// entityCache holds decoded states of entities, the newest durable ones:
// publication replaces an entry in the same step that shows its commit. What
// a reader decoded goes in only if nothing newer can have been there: an
// entry that was published and then evicted leaves its mark in evicted.
type entityCache struct {
	shard [shards]entityShard
}

type entityKey struct {
	space  space
	number entity.Number
}

type entityShard struct {
	mu      sync.Mutex
	budget  int64
	used    int64
	evicted uint64 // highest view in which an evicted entry was published
	m       map[entityKey]*cached
	ring    cached // newest first; a list with itself as its end
}

type cached struct {
	key        entityKey
	state      *kept
	cost       int64
	view       uint64 // the view that published it, or zero
	next, prev *cached
}

func newEntityCache(budget int64) *entityCache {
	c := &entityCache{}
	for i := range c.shard {
		s := &c.shard[i]
		s.budget, s.m = budget/shards, map[entityKey]*cached{}
		s.ring.next, s.ring.prev = &s.ring, &s.ring
	}
	return c
}

func (c *entityCache) of(k entityKey) *entityShard { return &c.shard[uint64(k.number)%shards] }

func (s *entityShard) unlink(e *cached) { e.prev.next, e.next.prev = e.next, e.prev }

func (s *entityShard) pushFront(e *cached) {
	e.next, e.prev = s.ring.next, &s.ring
	e.next.prev, s.ring.next = e, e
}

// get gives the state kept under k, nil if there is none.
func (c *entityCache) get(k entityKey) *kept {
	s := c.of(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.m[k]
	if e == nil {
		return nil
	}
	if s.ring.next != e {
		s.unlink(e)
		s.pushFront(e)
	}
	return e.state
}

// peek is get for one who passes by: it leaves the entry where it is.
func (c *entityCache) peek(k entityKey) *kept {
	s := c.of(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.m[k]; e != nil {
		return e.state
	}
	return nil
}

// publish puts in what the given view shows first.
func (c *entityCache) publish(k entityKey, st *kept, view uint64) {
	s := c.of(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(k, st, view)
}

// fill puts in what a reader decoded from the given view.
func (c *entityCache) fill(k entityKey, st *kept, view uint64) {
	s := c.of(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m[k] == nil && view >= s.evicted {
		s.put(k, st, 0)
	}
}

// room reports whether c may take in something without evicting.
func (c *entityCache) room(k entityKey) bool {
	s := c.of(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used < s.budget*9/10
}

func (s *entityShard) put(k entityKey, st *kept, view uint64) {
	e := s.m[k]
	if e != nil {
		s.unlink(e)
		s.used -= e.cost
	} else {
		e = &cached{key: k}
		s.m[k] = e
	}
	e.state, e.view, e.cost = st, view, stateCost(st)
	s.used += e.cost
	s.pushFront(e)
	for s.used > s.budget && s.ring.prev != e {
		old := s.ring.prev
		s.unlink(old)
		delete(s.m, old.key)
		s.used -= old.cost
		s.evicted = max(s.evicted, old.view)
	}
}

const instanceSize = int64(unsafe.Sizeof(entity.Instance{}))

func stateCost(k *kept) int64 {
	n := int64(250)
	if e := k.top(); e != nil {
		n += int64(len(e.ID)) + int64(unsafe.Sizeof(entity.Entity{})) + int64(16*len(e.Types)+16*len(e.Scopes)) + instancesCost(e.Attrs)
	}
	return n
}

func instancesCost(is []entity.Instance) int64 {
	n := instanceSize * int64(len(is))
	for i := range is {
		n += int64(len(is[i].Value)) + 64*int64(len(is[i].More))
		if len(is[i].Subs) > 0 {
			n += instancesCost(is[i].Subs)
		}
	}
	return n
}

// idCache remembers numbers of entities, which never change.
type idCache struct {
	seed  maphash.Seed
	shard [shards]struct {
		mu     sync.RWMutex
		m      map[idKey]entity.Number
		budget int64
		used   int64
	}
}

type idKey struct {
	space space
	id    entity.ID
}

func newIDCache(budget int64) *idCache {
	c := &idCache{seed: maphash.MakeSeed()}
	for i := range c.shard {
		c.shard[i].m, c.shard[i].budget = map[idKey]entity.Number{}, budget/shards
	}
	return c
}

func (c *idCache) get(k idKey) (entity.Number, bool) {
	s := &c.shard[maphash.String(c.seed, string(k.id))%shards]
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, ok := s.m[k]
	return n, ok
}

func (c *idCache) put(k idKey, n entity.Number) {
	s := &c.shard[maphash.String(c.seed, string(k.id))%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.m[k]; ok {
		return
	}
	cost := func(id entity.ID) int64 { return int64(len(id)) + 80 }
	for old := range s.m { // any will do: the map's order is random enough
		if s.used+cost(k.id) <= s.budget {
			break
		}
		s.used -= cost(old.id)
		delete(s.m, old)
	}
	s.m[k] = n
	s.used += cost(k.id)
}
