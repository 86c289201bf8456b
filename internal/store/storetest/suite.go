// Package storetest checks that a driver meets the contract of package store:
// the same suite for each of them, a sequence of random operations whose
// outcome must equal memstore's, and a wrapper that panics when either side
// of the contract breaks it. It is imported by tests only.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// Clock is a clock that moves only when told to. It may be used by several
// goroutines only while nobody moves it.
type Clock struct{ T time.Time }

// Start is where a new Clock stands.
const Start entity.Instant = 1_793_000_000_000_000 // 2026-10-26

// NewClock gives a clock that stands at Start.
func NewClock() *Clock { return &Clock{T: Start.Time()} }

// Now gives the time.
func (c *Clock) Now() time.Time { return c.T }

// Add moves the clock.
func (c *Clock) Add(d time.Duration) { c.T = c.T.Add(d) }

// Maker makes an empty driver that uses the clock. The driver is closed by
// whoever asked for it.
type Maker func(t testing.TB, c *Clock) store.Driver

// Run checks a driver against the contract.
func Run(t *testing.T, open Maker) {
	tests := map[string]func(*testing.T, *bench){
		"create, read, replace, delete, create again": testLife,
		"a mutation sees the one before it":           testBatchSeesItself,
		"failures are reported one by one":            testPartialFailure,
		"no effect leaves no record":                  testNoEffect,
		"tenants":                                     testTenants,
		"layers are apart":                            testLayers,
		"a layer is dropped":                          testDropLayer,
		"an entity is erased":                         testErase,
		"select":                                      testSelect,
		"history windows":                             testHistory,
		"history of the deleted":                      testHistoryDeleted,
		"late points and known points":                testPoints,
		"edits of history":                            testEdits,
		"what was true at a moment":                   testValidAt,
		"expiry and sweep":                            testExpiry,
		"the log":                                     testLog,
		"waiting for the log":                         testWait,
		"records":                                     testRecords,
		"origins":                                     testOrigins,
		"everything of an instance is kept":           testFidelity,
		"types are counted":                           testTypes,
		"closed":                                      testClosed,
		"a cancelled call does nothing":               testCancelled,
		"many writers on one entity":                  testContention,
	}
	for name, f := range tests {
		t.Run(name, func(t *testing.T) {
			c := NewClock()
			b := &bench{t: t, c: c, d: open(t, c), ctx: t.Context()}
			defer func() {
				if err := b.d.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}()
			f(t, b)
		})
	}
}

// bench is what a test works at.
type bench struct {
	t   *testing.T
	c   *Clock
	d   store.Driver
	ctx context.Context
}

var main = store.Space{}

// Prop makes a Property with the given JSON value.
func Prop(name, value string) entity.Instance {
	return entity.Instance{Name: entity.Name(name), Kind: entity.Property, Value: []byte(value)}
}

// At gives i with an observation time.
func At(i entity.Instance, t entity.Instant) entity.Instance { i.ObservedAt = t; return i }

// Upsert creates the entity, or overwrites the given attributes of it.
func Upsert(id string, attrs ...entity.Instance) store.Mutation {
	return UpsertFragment(entity.Fragment{ID: entity.ID(id), Types: []entity.Name{"Thing"}, Attrs: attrs})
}

// UpsertFragment creates the entity, or overwrites what f has of it.
func UpsertFragment(f entity.Fragment) store.Mutation {
	return store.Mutation{ID: f.ID, Apply: func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		if cur == nil {
			e, err := entity.Create(f, now)
			return change.Effect{After: e}, err
		}
		e, _, err := entity.Append(cur, f, true, now)
		return change.Effect{After: e}, err
	}}
}

// Record adds to the history of the entity.
func Record(id string, attrs ...entity.Instance) store.Mutation {
	f := entity.Fragment{ID: entity.ID(id), Types: []entity.Name{"Thing"}, Attrs: attrs}
	return store.Mutation{ID: f.ID, Apply: func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		e, points, err := entity.Record(cur, f, now)
		return change.Effect{After: e, Points: points}, err
	}}
}

// Delete deletes the entity; it fails if there is none.
func Delete(id string) store.Mutation {
	return store.Mutation{ID: entity.ID(id), Apply: func(cur *entity.Entity, _ entity.Instant) (change.Effect, error) {
		if cur == nil {
			return change.Effect{}, fmt.Errorf("there is no %s", id)
		}
		return change.Effect{}, nil
	}}
}

// DeleteAttr deletes one attribute instance.
func DeleteAttr(id, name string) store.Mutation {
	return store.Mutation{ID: entity.ID(id), Apply: func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		if cur == nil {
			return change.Effect{}, fmt.Errorf("there is no %s", id)
		}
		e, err := entity.DeleteAttr(cur, entity.Name(name), "", false, now)
		return change.Effect{After: e}, err
	}}
}

func (b *bench) commit(muts ...store.Mutation) []store.Result {
	b.t.Helper()
	return b.commitTo(main, muts...)
}

func (b *bench) commitTo(s store.Space, muts ...store.Mutation) []store.Result {
	b.t.Helper()
	res, cur, err := b.d.Commit(b.ctx, s, muts, store.CommitOptions{CreateTenant: true})
	if err != nil {
		b.t.Fatalf("commit: %v", err)
	}
	head, err := b.d.Head(b.ctx)
	if err != nil || !head.Covers(cur) {
		b.t.Fatalf("the head %v does not cover the commit %v (%v)", head, cur, err)
	}
	return res
}

// entity gives the state of id, nil if there is none.
func (b *bench) entity(id string) *entity.Entity {
	b.t.Helper()
	return b.entityAt(store.Moment{}, id)
}

func (b *bench) entityAt(m store.Moment, id string) *entity.Entity {
	b.t.Helper()
	e, err := b.d.Entity(b.ctx, main, m, entity.ID(id))
	if err != nil {
		return nil
	}
	return e.Entity
}
