package desk

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/beffroi/beffroi/internal/problem"
)

// MemoryKeeper keeps documents in memory: for tests. The zero value is ready.
type MemoryKeeper struct {
	mu   sync.Mutex
	docs map[string]map[string]Doc
	last uint64
}

// Load gives one document. Errors: problem.ResourceNotFound.
func (m *MemoryKeeper) Load(_ context.Context, kind, id string) (Doc, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.docs[kind][id]
	if !ok {
		return Doc{}, problem.New(problem.ResourceNotFound, "there is no %s %.40q", kind, id)
	}
	return d, nil
}

// List yields the documents of a kind in the order of their IDs, as they are
// when it is called.
func (m *MemoryKeeper) List(_ context.Context, kind string) iter.Seq2[Doc, error] {
	m.mu.Lock()
	docs := maps.Clone(m.docs[kind])
	m.mu.Unlock()
	return func(yield func(Doc, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(docs)) {
			if !yield(docs[id], nil) {
				return
			}
		}
	}
}

// Keep does all of cs. Errors: problem.Conflict.
func (m *MemoryKeeper) Keep(_ context.Context, cs ...Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range cs {
		if m.docs[c.Kind][c.ID].Version != c.Expect {
			return problem.New(problem.Conflict, "%s %s changed meanwhile: look at it again", c.Kind, c.ID)
		}
	}
	for _, c := range cs {
		if m.docs == nil {
			m.docs = map[string]map[string]Doc{}
		}
		if m.docs[c.Kind] == nil {
			m.docs[c.Kind] = map[string]Doc{}
		}
		m.last++
		m.docs[c.Kind][c.ID] = Doc{ID: c.ID, Body: slices.Clone(c.Body), Version: m.last}
	}
	return nil
}

// Erase removes a document.
func (m *MemoryKeeper) Erase(_ context.Context, kind, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.docs[kind], id)
	return nil
}
