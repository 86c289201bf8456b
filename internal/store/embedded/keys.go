package embedded

import (
	"encoding/binary"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
)

// A key begins with tenant (4 bytes), layer (2 bytes) and kind (1 byte), all
// numbers big-endian, so that what belongs together lies together and in
// order. Tenant 0 is the store's own.

// Kinds of keys. The system's are under tenant 0, layer 0.
const (
	kindHeader   = 'h'
	kindMeta     = 'm'
	kindTenant   = 'n'
	kindLayer    = 'y'
	kindName     = 'd'
	kindOrigin   = 'o'
	kindLog      = 'l'
	kindRecord   = 'r'
	kindID       = 'i'
	kindEntity   = 'e'
	kindValue    = 'v'
	kindType     = 't'
	kindScope    = 's'
	kindGeo      = 'g'
	kindExpiry   = 'x'
	kindHistory  = 'k'
	kindEdit     = 'a'
	systemTenant = 0
)

// keyspace describes one kind of keys, for people, tests and erasure.
type keyspace struct {
	kind    byte
	system  bool // under tenant 0
	owner   string
	rest    string // of the key, behind tenant, layer and kind
	value   string
	purpose string
	holds   bool // personal data may be in it: an erasure must walk it
}

// keyspaces lists every kind of key there is. A test checks that no key of a
// used store is outside of it, and docs/format/store.md that it lists them.
func keyspaces() []keyspace {
	return []keyspace{
		{kindHeader, true, "header.go", "", "header", "what this folder is and which format it has", false},
		{kindMeta, true, "header.go", "name", "by name", "how far the log has come, the tail's low-water mark, the state of a scaled clock", false},
		{kindTenant, true, "names.go", "tenant name", "number", "numbers of tenants", false},
		{kindLayer, true, "names.go", "layer name", "number", "numbers of layers", false},
		{kindName, true, "names.go", "number (4)", "text", "dictionary of names, dataset ids and unit codes", true},
		{kindOrigin, true, "names.go", "number (4)", "origin", "who or what brought values", true},
		{kindLog, true, "log.go", "partition (2), position (8)", "record", "the change log", true},
		{kindRecord, true, "records.go", "kind, zero byte, name", "version, value", "bookkeeping of the platform", true},
		{kindID, false, "index.go", "entity id", "number", "numbers of entities, for ever", true},
		{kindEntity, false, "row.go", "number (8)", "row", "state of an entity; its head once it is deleted", true},
		{kindValue, false, "value.go", "number (8), attribute (4), dataset (4)", "JSON", "large values, apart from their rows", true},
		{kindType, false, "index.go", "type (4), number (8)", "1 if deleted", "entities by type, deleted ones included", false},
		{kindScope, false, "index.go", "scope, zero byte, number (8)", "", "entities by scope", true},
		{kindGeo, false, "geokey.go", "type (4), attribute (4), S2 cell (8), number (8)", "point", "entities by place", true},
		{kindExpiry, false, "index.go", "time (8), number (8)", "", "what expires next", false},
		{kindHistory, false, "chunk.go", "days kept (2), month (2), number (8), attribute (4), dataset (4), sequence (4)", "chunk", "history", true},
		{kindEdit, false, "edit.go", "number (8), position (8)", "edits", "what was taken out of history or replaced in it", true},
	}
}

// space is a tenant and a layer by number.
type space struct {
	tenant uint32
	layer  uint16
}

func (s space) key(kind byte, room int) []byte {
	k := make([]byte, 0, 7+room)
	k = binary.BigEndian.AppendUint32(k, s.tenant)
	k = binary.BigEndian.AppendUint16(k, s.layer)
	return append(k, kind)
}

func systemKey(kind byte, rest string) []byte {
	return append(space{}.key(kind, len(rest)), rest...)
}

func metaKey(name string) []byte { return systemKey(kindMeta, name) }

func logKey(at entity.Position) []byte {
	k := binary.BigEndian.AppendUint16(space{}.key(kindLog, 10), 0)
	return binary.BigEndian.AppendUint64(k, uint64(at))
}

func (s space) idKey(id entity.ID) []byte { return append(s.key(kindID, len(id)), id...) }

func (s space) entityKey(n entity.Number) []byte {
	return binary.BigEndian.AppendUint64(s.key(kindEntity, 8), uint64(n))
}

func (s space) valueKey(n entity.Number, name, dataset uint32) []byte {
	k := binary.BigEndian.AppendUint64(s.key(kindValue, 16), uint64(n))
	k = binary.BigEndian.AppendUint32(k, name)
	return binary.BigEndian.AppendUint32(k, dataset)
}

func (s space) typePrefix(t uint32) []byte {
	return binary.BigEndian.AppendUint32(s.key(kindType, 12), t)
}

func (s space) typeKey(t uint32, n entity.Number) []byte {
	return binary.BigEndian.AppendUint64(s.typePrefix(t), uint64(n))
}

func (s space) scopeKey(scope string, n entity.Number) []byte {
	k := append(append(s.key(kindScope, len(scope)+9), scope...), 0)
	return binary.BigEndian.AppendUint64(k, uint64(n))
}

func (s space) geoPrefix(typ, attr uint32) []byte {
	k := binary.BigEndian.AppendUint32(s.key(kindGeo, 24), typ)
	return binary.BigEndian.AppendUint32(k, attr)
}

func (s space) geoKey(typ, attr uint32, cell uint64, n entity.Number) []byte {
	k := binary.BigEndian.AppendUint64(s.geoPrefix(typ, attr), cell)
	return binary.BigEndian.AppendUint64(k, uint64(n))
}

func (s space) expiryKey(at entity.Instant, n entity.Number) []byte {
	k := binary.BigEndian.AppendUint64(s.key(kindExpiry, 16), sortable(at))
	return binary.BigEndian.AppendUint64(k, uint64(n))
}

// sortable gives t so that earlier times sort first.
func sortable(t entity.Instant) uint64 { return uint64(t) ^ 1<<63 }

func unsortable(u uint64) entity.Instant { return entity.Instant(u ^ 1<<63) }

// seriesID names one series within a space.
type seriesID struct {
	num     entity.Number
	name    uint32
	dataset uint32
}

const chunkKeyLen = 7 + 2 + 2 + 8 + 4 + 4 + 4

func (s space) monthKey(class, month uint16) []byte {
	k := binary.BigEndian.AppendUint16(s.key(kindHistory, chunkKeyLen-7), class)
	return binary.BigEndian.AppendUint16(k, month)
}

func (s space) chunkPrefix(class, month uint16, id seriesID) []byte {
	k := binary.BigEndian.AppendUint64(s.monthKey(class, month), uint64(id.num))
	k = binary.BigEndian.AppendUint32(k, id.name)
	return binary.BigEndian.AppendUint32(k, id.dataset)
}

func (s space) chunkKey(class, month uint16, id seriesID, seq uint32) []byte {
	return binary.BigEndian.AppendUint32(s.chunkPrefix(class, month, id), seq)
}

// chunkPlace takes a chunk's key apart. It is false for any other key.
func chunkPlace(k []byte) (class, month uint16, id seriesID, seq uint32, ok bool) {
	if len(k) != chunkKeyLen || k[6] != kindHistory {
		return 0, 0, id, 0, false
	}
	be := binary.BigEndian
	id = seriesID{entity.Number(be.Uint64(k[11:])), be.Uint32(k[19:]), be.Uint32(k[23:])}
	return be.Uint16(k[7:]), be.Uint16(k[9:]), id, be.Uint32(k[27:]), true
}

// monthOf numbers the months from the year 0 on, in UTC.
func monthOf(t entity.Instant) uint16 {
	u := time.UnixMicro(int64(t)).UTC()
	return uint16(min(max(u.Year()*12+int(u.Month())-1, 0), 0xffff))
}

// after gives the first key behind all that begin with prefix.
func after(prefix []byte) []byte {
	k := append([]byte(nil), prefix...)
	for i := len(k) - 1; i >= 0; i-- {
		if k[i]++; k[i] != 0 {
			return k[:i+1]
		}
	}
	return nil
}

// tail8 gives the number that ends a key.
func tail8(k []byte) entity.Number {
	if len(k) < 8 {
		return 0
	}
	return entity.Number(binary.BigEndian.Uint64(k[len(k)-8:]))
}
