// Package entitymap keeps EntityMaps (CIM 009, 4.5.25, 5.5.14): fixed sets of
// entities that a query selected once, over which a client then pages.
//
// It selects nothing itself and knows no conditions: whoever makes a map says
// what is in it, and whoever reads pages checks the conditions anew (CIM 009,
// 5.5.9.3). What always holds: a map is durable before its id is given out; a
// map is in one space and invisible in others; neither making nor reading one
// holds more than one chunk of it in memory; number, size and lifetime are
// bounded.
package entitymap

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/timespan"
)

// idStart begins the id of each map.
const idStart = "urn:ngsi-ld:EntityMap:"

// chunkEntities is how many entities one record holds.
const chunkEntities = 2048

// records are where maps are kept: store.Records.
type records interface {
	Get(ctx context.Context, k store.Key) (store.Record, error)
	Scan(ctx context.Context, kind, prefix, after string) iter.Seq2[store.Record, error]
	Write(ctx context.Context, ws []store.RecordWrite) error
}

// Options say what a Service works with. A limit that is zero is its default.
type Options struct {
	Records records
	// Now gives the time; there is no default.
	Now func() entity.Instant

	MaxMaps     int           // of one tenant at a time; default 1,000
	MaxEntities int           // in one map; default 5,000,000
	MaxBytes    int64         // of all maps together, as stored; default 512 MiB
	Life        time.Duration // of a map for which none was suggested; default 1 h
	MaxLife     time.Duration // that a new map gets at most; default 24 h
}

func (o Options) withDefaults() Options {
	if o.MaxMaps <= 0 {
		o.MaxMaps = 1000
	}
	if o.MaxEntities <= 0 {
		o.MaxEntities = 5_000_000
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 512 << 20
	}
	if o.Life <= 0 {
		o.Life = time.Hour
	}
	if o.MaxLife <= 0 {
		o.MaxLife = 24 * time.Hour
	}
	return o
}

// Map is one map without its entities. It does not change: an update makes
// another one.
type Map struct {
	ID    string
	Space store.Space
	// Owner is the account that had it made; "" is nobody in particular.
	Owner string
	// Query tells queries apart: that of the request that made the map.
	Query   string
	Created entity.Instant
	Expires entity.Instant
	// lasts are the greatest numbers that the chunks were made with.
	lasts []entity.Number
	bytes int64 // of the chunks, as they were made
	ready bool
}

// Service keeps the maps. It is safe for concurrent use.
type Service struct {
	o Options
	// editing is held while the head of a map that is there is written, so
	// that none comes back that was deleted.
	editing sync.Mutex

	mu    sync.Mutex
	maps  map[string]*Map // by id, those in the making included
	bytes int64           // of all maps
}

// Open reads which maps there are. What was being made when the program ended
// is removed.
//
// Errors: those of Options.Records.
func Open(ctx context.Context, o Options) (*Service, error) {
	s := &Service{o: o.withDefaults(), maps: map[string]*Map{}}
	var half []*Map
	for r, err := range o.Records.Scan(ctx, headKind, "", "") {
		if err != nil {
			return nil, err
		}
		m, err := decodeHead(r)
		if err != nil {
			return nil, err
		}
		if m.ready {
			s.maps[m.ID] = m
			s.bytes += m.bytes
		} else {
			half = append(half, m)
		}
	}
	for _, m := range half {
		if err := s.erase(ctx, m); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Get gives the map id of space; false if there is none or if it has expired.
func (s *Service) Get(space store.Space, id string) (*Map, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.maps[id]
	if m == nil || !m.ready || m.Space != space || m.Expires <= s.o.Now() {
		return nil, false
	}
	return m, true
}

// Make makes a map of what fill adds, in ascending order of the entities'
// numbers. Of m the space, owner and query are taken; Expires is what is
// suggested, or zero: the map may get less.
//
// Errors: problem.TooManyResults if there are too many maps, or too many
// entities for one; those of fill; those of writing records.
func (s *Service) Make(ctx context.Context, m Map, fill func(add func(entity.Number, entity.ID) error) error) (*Map, error) {
	made := &Map{ID: newID(), Space: m.Space, Owner: m.Owner, Query: m.Query, Created: s.o.Now()}
	made.Expires = made.Created + entity.Instant(s.o.Life.Microseconds())
	if m.Expires != 0 {
		made.Expires = min(m.Expires, made.Created+entity.Instant(s.o.MaxLife.Microseconds()))
	}
	if err := s.admit(ctx, made); err != nil {
		return nil, err
	}
	b := &builder{s: s, ctx: ctx, m: made}
	err := fill(b.add)
	if err == nil {
		err = b.finish()
	}
	if err != nil {
		s.abandon(ctx, b)
		return nil, err
	}
	ready := *made
	ready.ready = true
	s.mu.Lock()
	s.maps[made.ID] = &ready
	s.mu.Unlock()
	return &ready, nil
}

func newID() string {
	var random [16]byte
	rand.Read(random[:]) // never fails
	return idStart + hex.EncodeToString(random[:])
}

// admit takes in a map that is to be made, if there is room.
func (s *Service) admit(ctx context.Context, m *Map) error {
	for swept := false; ; swept = true {
		s.mu.Lock()
		count := 0
		for _, other := range s.maps {
			if other.Space.Tenant == m.Space.Tenant {
				count++
			}
		}
		if count < s.o.MaxMaps && s.bytes < s.o.MaxBytes {
			s.maps[m.ID] = m
			s.mu.Unlock()
			return nil
		}
		bytes := s.bytes
		s.mu.Unlock()
		if swept {
			return problem.New(problem.TooManyResults, "no more EntityMaps can be kept now (%d of this tenant, of up to %d; %d bytes of up to %d in all): delete some, or wait until some expire", count, s.o.MaxMaps, bytes, s.o.MaxBytes)
		}
		if err := s.Sweep(ctx); err != nil {
			return err
		}
	}
}

// abandon takes back a map whose making failed.
func (s *Service) abandon(ctx context.Context, b *builder) {
	s.mu.Lock()
	delete(s.maps, b.m.ID)
	s.bytes -= b.m.bytes
	s.mu.Unlock()
	if b.begun {
		// If it fails too, Open removes what is left: the head says that the map
		// is not ready.
		_ = s.erase(context.WithoutCancel(ctx), b.m)
	}
}

// Expire sets when m ends (CIM 009, 5.14.2).
//
// Errors: problem.ResourceNotFound if it has ended meanwhile.
func (s *Service) Expire(ctx context.Context, m *Map, at entity.Instant) error {
	s.editing.Lock()
	defer s.editing.Unlock()
	if _, ok := s.Get(m.Space, m.ID); !ok {
		return gone(m.ID)
	}
	next := *m
	next.Expires = at
	if err := s.o.Records.Write(ctx, []store.RecordWrite{headWrite(&next)}); err != nil {
		return err
	}
	s.mu.Lock()
	s.maps[m.ID] = &next
	s.mu.Unlock()
	return nil
}

// Delete removes m (CIM 009, 5.14.3).
//
// Errors: problem.ResourceNotFound if somebody else did; those of writing.
func (s *Service) Delete(ctx context.Context, m *Map) error {
	s.mu.Lock()
	_, ok := s.maps[m.ID]
	if ok {
		delete(s.maps, m.ID)
		s.bytes -= m.bytes
	}
	s.mu.Unlock()
	if !ok {
		return gone(m.ID)
	}
	s.editing.Lock()
	defer s.editing.Unlock()
	return s.erase(context.WithoutCancel(ctx), m)
}

// Sweep removes what has expired.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.o.Now()
	var due []*Map
	s.mu.Lock()
	for _, m := range s.maps {
		if m.ready && m.Expires <= now {
			due = append(due, m)
		}
	}
	s.mu.Unlock()
	for _, m := range due {
		if err := s.Delete(ctx, m); err != nil && !problem.Is(err, problem.ResourceNotFound) {
			return err
		}
	}
	return nil
}

// Drop removes all maps of a space, which nobody uses any more. After an error
// it may be called again.
func (s *Service) Drop(ctx context.Context, space store.Space) error {
	var ms []*Map
	s.mu.Lock()
	for _, m := range s.maps {
		if m.ready && m.Space == space {
			ms = append(ms, m)
		}
	}
	s.mu.Unlock()
	s.editing.Lock()
	defer s.editing.Unlock()
	for _, m := range ms {
		if err := s.erase(ctx, m); err != nil {
			return err
		}
		s.mu.Lock()
		if _, ok := s.maps[m.ID]; ok {
			delete(s.maps, m.ID)
			s.bytes -= m.bytes
		}
		s.mu.Unlock()
	}
	return nil
}

// erase removes the records of m, its head last.
func (s *Service) erase(ctx context.Context, m *Map) error {
	var ws []store.RecordWrite
	flush := func() error {
		if len(ws) == 0 {
			return nil
		}
		err := s.o.Records.Write(ctx, ws)
		ws = nil
		return err
	}
	var names []string
	for r, err := range s.o.Records.Scan(ctx, chunkKind, m.ID+"/", "") {
		if err != nil {
			return err
		}
		names = append(names, r.Key.Name)
	}
	for part := range slices.Chunk(names, 256) {
		for _, name := range part {
			ws = append(ws, store.RecordWrite{Key: store.Key{Kind: chunkKind, Name: name}, Any: true})
		}
		if err := flush(); err != nil {
			return err
		}
	}
	ws = append(ws, store.RecordWrite{Key: headKey(m.ID), Any: true})
	return flush()
}

// Entities gives the ids of what is in m, in the order of numbers.
//
// Errors: problem.ResourceNotFound if m is deleted meanwhile.
func (s *Service) Entities(ctx context.Context, m *Map) iter.Seq2[entity.ID, error] {
	return func(yield func(entity.ID, error) bool) {
		for i := range m.lasts {
			es, _, err := s.chunk(ctx, m, i)
			if err != nil {
				yield("", err)
				return
			}
			for _, e := range es {
				if !yield(e.id, nil) {
					return
				}
			}
		}
	}
}

func gone(id string) error {
	return problem.New(problem.ResourceNotFound, "there is no EntityMap %.200q: it was never made here, was deleted, or has expired", id)
}

// Lifetime reads a suggested lifetime (CIM 009, table 6.4.3.2-1) and gives
// when it ends.
//
// Errors: problem.BadRequestData if it is no duration of more than nothing.
func Lifetime(s string, now entity.Instant) (entity.Instant, error) {
	d, err := timespan.ParseDuration(s)
	if err != nil {
		return 0, problem.New(problem.BadRequestData, "entityMapLifetime: %s", err.Error())
	}
	end := d.After(now, 1)
	if end <= now {
		return 0, problem.New(problem.BadRequestData, "entityMapLifetime is a duration of more than nothing, such as PT10M, not %.40q", s)
	}
	return end, nil
}
