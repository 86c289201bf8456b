package ldctx

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

// Bounds of a memo. They cover the names of a city; a client that makes up
// names without end gets them computed each time and takes no more memory.
const (
	memoEntries = 512
	memoBytes   = 256 // of one key
)

// memo remembers derived names. Reading takes no lock: a new entry makes a
// new map. The zero memo is empty.
type memo struct {
	mu sync.Mutex // held while adding
	m  atomic.Pointer[map[string]string]
}

func (m *memo) get(key string) (string, bool) {
	p := m.m.Load()
	if p == nil {
		return "", false
	}
	v, ok := (*p)[key]
	return v, ok
}

func (m *memo) put(key, value string) {
	if len(key) > memoBytes {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next := map[string]string{}
	if old := m.m.Load(); old != nil {
		if len(*old) >= memoEntries {
			return
		}
		next = maps.Clone(*old)
	}
	next[strings.Clone(key)] = value
	m.m.Store(&next)
}
