package entitymap

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// The kinds of the records. A head is named after its map; a chunk after its
// map, a slash, and its place in six digits or more.
const (
	headKind  = "entity-map"
	chunkKind = "entity-map-ids"
)

// recordVersion begins each record. In version 1 a head is a JSON object and
// a chunk a row of entries in ascending order of number: by how much the
// number is greater than the one before, how many bytes of the id are those
// of the one before, how many follow, all as uvarints, and these bytes.
const recordVersion = 1

// head is a map as stored; times are in microseconds.
type head struct {
	Tenant  string          `json:"tenant,omitempty"`
	Layer   string          `json:"layer,omitempty"`
	Owner   string          `json:"owner,omitempty"`
	Query   string          `json:"query"`
	Created int64           `json:"created"`
	Expires int64           `json:"expires"`
	Lasts   []entity.Number `json:"lasts"`
	Bytes   int64           `json:"bytes"`
	Ready   bool            `json:"ready"`
}

func headKey(id string) store.Key { return store.Key{Kind: headKind, Name: id} }

func chunkKey(id string, i int) store.Key {
	return store.Key{Kind: chunkKind, Name: fmt.Sprintf("%s/%06d", id, i)}
}

func headWrite(m *Map) store.RecordWrite {
	h := head{m.Space.Tenant, m.Space.Layer, m.Owner, m.Query, int64(m.Created), int64(m.Expires), m.lasts, m.bytes, m.ready}
	b, err := json.Marshal(h)
	if err != nil {
		panic(fmt.Sprintf("entitymap: a head cannot be written: %v", err)) // all its members can
	}
	return store.RecordWrite{Key: headKey(m.ID), Value: append([]byte{recordVersion}, b...), Any: true}
}

func decodeHead(r store.Record) (*Map, error) {
	if len(r.Value) == 0 || r.Value[0] != recordVersion {
		return nil, fmt.Errorf("the EntityMap %s is of an unknown version", r.Key.Name)
	}
	var h head
	if err := json.Unmarshal(r.Value[1:], &h); err != nil {
		return nil, fmt.Errorf("read the EntityMap %s: %w", r.Key.Name, err)
	}
	return &Map{ID: r.Key.Name, Space: store.Space{Tenant: h.Tenant, Layer: h.Layer}, Owner: h.Owner, Query: h.Query,
		Created: entity.Instant(h.Created), Expires: entity.Instant(h.Expires), lasts: h.Lasts, bytes: h.Bytes, ready: h.Ready}, nil
}

// entry is one entity of a chunk.
type entry struct {
	number entity.Number
	id     entity.ID
}

// appendEntry adds e to a chunk whose last entry is before.
func appendEntry(dst []byte, before, e entry) []byte {
	shared := 0
	for shared < len(before.id) && shared < len(e.id) && before.id[shared] == e.id[shared] {
		shared++
	}
	dst = binary.AppendUvarint(dst, uint64(e.number-before.number))
	dst = binary.AppendUvarint(dst, uint64(shared))
	dst = binary.AppendUvarint(dst, uint64(len(e.id)-shared))
	return append(dst, e.id[shared:]...)
}

var errChunk = errors.New("a chunk of an EntityMap cannot be read")

func decodeChunk(b []byte) ([]entry, error) {
	if len(b) == 0 || b[0] != recordVersion {
		return nil, errChunk
	}
	b = b[1:]
	out := make([]entry, 0, chunkEntities)
	var before entry
	for len(b) > 0 {
		var v [3]uint64
		for i := range v {
			n := 0
			if v[i], n = binary.Uvarint(b); n <= 0 {
				return nil, errChunk
			}
			b = b[n:]
		}
		if v[1] > uint64(len(before.id)) || v[2] > uint64(len(b)) {
			return nil, errChunk
		}
		e := entry{before.number + entity.Number(v[0]), before.id[:v[1]] + entity.ID(b[:v[2]])}
		b = b[v[2]:]
		out = append(out, e)
		before = e
	}
	return out, nil
}

// chunk reads the chunk i of m.
func (s *Service) chunk(ctx context.Context, m *Map, i int) ([]entry, uint64, error) {
	r, err := s.o.Records.Get(ctx, chunkKey(m.ID, i))
	if problem.Is(err, problem.ResourceNotFound) {
		return nil, 0, gone(m.ID)
	}
	if err != nil {
		return nil, 0, err
	}
	es, err := decodeChunk(r.Value)
	return es, r.Version, err
}

// builder fills a map.
type builder struct {
	s     *Service
	ctx   context.Context
	m     *Map
	chunk []byte
	last  entry
	n     int  // entries in chunk
	total int  // entries in all
	begun bool // records were written
}

func (b *builder) add(n entity.Number, id entity.ID) error {
	if b.total == b.s.o.MaxEntities {
		return problem.New(problem.TooManyResults, "an EntityMap has up to %d entities and the query selects more: narrow it", b.s.o.MaxEntities)
	}
	if b.n == chunkEntities {
		b.m.lasts = append(b.m.lasts, b.last.number)
		if err := b.flush(false); err != nil {
			return err
		}
	}
	if b.n == 0 {
		b.chunk, b.last = []byte{recordVersion}, entry{}
	}
	b.chunk = appendEntry(b.chunk, b.last, entry{n, id})
	b.last = entry{n, id}
	b.n++
	b.total++
	return nil
}

// finish writes what is left, and that the map is ready.
func (b *builder) finish() error {
	if b.n > 0 {
		b.m.lasts = append(b.m.lasts, b.last.number)
	}
	return b.flush(true)
}

// flush writes the chunk in hand together with the head, which says whether
// the map is ready.
func (b *builder) flush(ready bool) error {
	b.s.mu.Lock()
	if b.n > 0 {
		b.m.bytes += int64(len(b.chunk))
		b.s.bytes += int64(len(b.chunk))
	}
	full := b.s.bytes > b.s.o.MaxBytes
	b.s.mu.Unlock()
	if full {
		return problem.New(problem.TooManyResults, "all EntityMaps together would take over %d bytes: narrow the query, or wait until some expire", b.s.o.MaxBytes)
	}
	var ws []store.RecordWrite
	if b.n > 0 {
		ws = append(ws, store.RecordWrite{Key: chunkKey(b.m.ID, len(b.m.lasts)-1), Value: b.chunk, Any: true})
	}
	if !b.begun || ready {
		h := *b.m
		h.ready = ready
		ws = append(ws, headWrite(&h))
	}
	b.begun, b.n = true, 0
	return b.s.o.Records.Write(b.ctx, ws)
}
