package embedded

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

// rowVersion begins every row.
const rowVersion = 1

const (
	rowAlive   = 0
	rowDeleted = 1
)

// corrupt says that something kept cannot be read.
func corrupt(what string, key []byte) error {
	return problem.Wrap(problem.Unavailable, fmt.Errorf("damaged at key %x", key), "the store cannot read %s: the data folder is damaged; restore a backup", what)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// kept is the state of one entity as the store keeps it. It is never changed.
type kept struct {
	state   *entity.Entity // nil once deleted
	head    *entity.Entity // of a deleted entity
	deleted entity.Instant // zero if it is there
	number  entity.Number
}

// raw gives the state, nil if k is nil.
func (k *kept) raw() *entity.Entity {
	if k == nil {
		return nil
	}
	return k.state
}

func (k *kept) top() *entity.Entity {
	if k.state != nil {
		return k.state
	}
	return k.head
}

// appendRow writes an entity. Every name in it is in the dictionary.
func (n *names) appendRow(b []byte, e *entity.Entity, deleted entity.Instant) []byte {
	flags := byte(rowAlive)
	if deleted != 0 {
		flags = rowDeleted
	}
	b = append(b, rowVersion, flags)
	b = n.appendHead(b, e)
	if deleted != 0 {
		return binary.AppendVarint(b, int64(deleted))
	}
	return n.appendInstances(b, e.Attrs)
}

func (n *names) appendHead(b []byte, e *entity.Entity) []byte {
	b = appendText(b, string(e.ID))
	b = binary.AppendUvarint(b, uint64(len(e.Types)))
	for _, t := range e.Types {
		b = n.appendName(b, string(t))
	}
	b = binary.AppendUvarint(b, uint64(len(e.Scopes)))
	for _, s := range e.Scopes {
		b = appendText(b, s)
	}
	b = binary.AppendVarint(b, int64(e.ModifiedAt))
	b = binary.AppendVarint(b, int64(e.CreatedAt-e.ModifiedAt))
	b = binary.AppendVarint(b, int64(e.ExpiresAt))
	return binary.AppendUvarint(b, uint64(e.At))
}

func (n *names) appendName(b []byte, s string) []byte {
	k, ok := n.find(s)
	if !ok {
		panic("embedded: a name that was not put into the dictionary: " + s)
	}
	return binary.AppendUvarint(b, uint64(k))
}

// appendInstances writes a list of instances, each with its name and length
// before it, so that unwanted ones are passed over.
func (n *names) appendInstances(b []byte, is []entity.Instance) []byte {
	b = binary.AppendUvarint(b, uint64(len(is)))
	for i := range is {
		b = n.appendName(b, string(is[i].Name))
		b = appendSized(b, func(b []byte) []byte { return n.appendInstance(b, &is[i]) })
	}
	return b
}

// appendSized appends what f appends with its length before it.
func appendSized(b []byte, f func([]byte) []byte) []byte {
	const room = 3 // the length of most
	at := len(b)
	b = append(b, 0, 0, 0)
	b = f(b)
	size := len(b) - at - room
	var head [binary.MaxVarintLen64]byte
	w := binary.PutUvarint(head[:], uint64(size))
	if w > room {
		b = append(b, head[:w-room]...) // any bytes: moved over
	}
	copy(b[at+w:], b[at+room:at+room+size])
	copy(b[at:], head[:w])
	return b[:at+w+size]
}

// What an instance has beyond the rest.
const (
	hasUnit     = 1 << 4
	hasObserved = 1 << 5
	hasExpiry   = 1 << 6
	hasExtra    = 1 << 7
	kindMask    = 1<<4 - 1
)

// appendInstance writes an instance without its name.
func (n *names) appendInstance(b []byte, i *entity.Instance) []byte {
	flags := byte(i.Kind) & kindMask
	if i.Unit != "" {
		flags |= hasUnit
	}
	if i.ObservedAt != 0 {
		flags |= hasObserved
	}
	if i.ExpiresAt != 0 {
		flags |= hasExpiry
	}
	if len(i.Subs) > 0 || len(i.More) > 0 {
		flags |= hasExtra
	}
	b = append(b, flags)
	b = n.appendName(b, i.Dataset)
	b = binary.AppendUvarint(b, uint64(i.At))
	b = binary.AppendUvarint(b, uint64(i.Ordinal))
	b = binary.AppendUvarint(b, uint64(i.Origin))
	b = binary.AppendVarint(b, int64(i.ModifiedAt))
	b = binary.AppendVarint(b, int64(i.CreatedAt-i.ModifiedAt))
	if flags&hasObserved != 0 {
		b = binary.AppendVarint(b, int64(i.ObservedAt-i.ModifiedAt))
	}
	if flags&hasExpiry != 0 {
		b = binary.AppendVarint(b, int64(i.ExpiresAt-i.ModifiedAt))
	}
	if flags&hasUnit != 0 {
		b = n.appendName(b, i.Unit)
	}
	if i.Kind == entity.Null {
		return binary.AppendVarint(b, int64(i.DeletedAt-i.ModifiedAt))
	}
	b = binary.AppendUvarint(b, uint64(len(i.Value)))
	b = append(b, i.Value...)
	if flags&hasExtra != 0 {
		b = binary.AppendUvarint(b, uint64(len(i.More)))
		for k := range i.More {
			b = n.appendName(b, i.More[k].Name)
			b = appendText(b, string(i.More[k].Raw))
		}
		b = n.appendInstances(b, i.Subs)
	}
	return b
}

// decoder reads what the functions above wrote. Its texts and values are
// slices of b, which must not change any more.
type decoder struct {
	b     []byte
	bad   bool
	texts []string // the dictionary
	// With track set, places are those of the instances that were decoded
	// among all in the list.
	track  bool
	places []int
	// types are those of the row before: rows that have the same share them.
	types []entity.Name
}

func (d *decoder) fail() { d.b, d.bad = nil, true }

func (d *decoder) uvarint() uint64 {
	if len(d.b) > 0 && d.b[0] < 0x80 {
		v := d.b[0]
		d.b = d.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	u := d.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (d *decoder) instant() entity.Instant { return entity.Instant(d.varint()) }

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) raw() []byte { return d.take(d.uvarint()) }

// text gives a text without copying it: it lives as long as the bytes read.
func (d *decoder) text() string {
	b := d.raw()
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}

// name gives a text of the dictionary.
func (d *decoder) name() string {
	k := d.uvarint()
	if k >= uint64(len(d.texts)) {
		d.fail()
		return ""
	}
	return d.texts[k]
}

// count gives a number of things that take a byte each at least.
func (d *decoder) count() int {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail()
		return 0
	}
	return int(n)
}

// decodeRow reads a row. b must not change afterwards: the entity's texts and
// values are slices of it. With wanted not nil only those attributes are
// decoded. Large values come from r.
func (s *Store) decodeRow(r reader, sp space, b []byte, num entity.Number, wanted []entity.Name) (*kept, error) {
	return s.decodeWith(&decoder{b: b, texts: s.names.all()}, r, sp, num, wanted)
}

// decodeWith is decodeRow with a decoder that has the row.
func (s *Store) decodeWith(d *decoder, r reader, sp space, num entity.Number, wanted []entity.Name) (*kept, error) {
	k, apart := d.row(num, wanted)
	if d.bad || len(d.b) > 0 {
		return nil, corrupt(fmt.Sprintf("entity number %d", num), nil)
	}
	if len(apart) > 0 {
		if err := s.fetchValues(r, sp, k, apart, d.places); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (d *decoder) row(num entity.Number, wanted []entity.Name) (k *kept, apart []int) {
	version, flags := d.byte(), d.byte()
	switch {
	case version == rowVersionApart && flags == rowAlive:
		apart = d.apart()
	case version != rowVersion || flags > rowDeleted:
		d.fail()
		return nil, nil
	}
	both := &struct {
		k kept
		e entity.Entity
	}{k: kept{number: num}, e: entity.Entity{Number: num}}
	k, e := &both.k, &both.e
	d.head(e)
	if flags == rowDeleted {
		k.head, k.deleted = e, d.instant()
		return k, nil
	}
	k.state = e
	if wanted != nil && len(wanted) == 0 {
		d.b = nil // nothing of the rest is asked for
		return k, nil
	}
	d.track = len(apart) > 0
	e.Attrs = d.instances(wanted, 0)
	return k, apart
}

func (d *decoder) head(e *entity.Entity) {
	e.ID = entity.ID(d.text())
	e.Types = d.typeList()
	if n := d.count(); n > 0 {
		e.Scopes = make([]string, n)
		for i := range e.Scopes {
			e.Scopes[i] = d.text()
		}
	}
	e.ModifiedAt = d.instant()
	e.CreatedAt = e.ModifiedAt + d.instant()
	e.ExpiresAt = d.instant()
	e.At = entity.Position(d.uvarint())
}

func (d *decoder) typeList() []entity.Name {
	n := d.count()
	if n == 0 {
		return nil
	}
	shared := len(d.types) == n
	var out []entity.Name
	for i := range n {
		t := entity.Name(d.name())
		if shared && d.types[i] == t {
			continue
		}
		if out == nil {
			out = append(make([]entity.Name, 0, n), d.types[:min(i, len(d.types))]...)
			shared = false
		}
		out = append(out, t)
	}
	if out == nil {
		return d.types
	}
	return out
}

const maxSubDepth = 64

func (d *decoder) instances(wanted []entity.Name, depth int) []entity.Instance {
	n := d.count()
	if n == 0 || depth > maxSubDepth {
		if n > 0 {
			d.fail()
		}
		return nil
	}
	room := n
	if wanted != nil {
		room = min(n, len(wanted)) // most have one instance
	}
	out := make([]entity.Instance, 0, room)
	for place := range n {
		name := entity.Name(d.name())
		body := d.raw()
		if wanted != nil && !has(wanted, name) {
			continue
		}
		if d.track {
			d.places = append(d.places, place)
		}
		in := decoder{b: body, texts: d.texts}
		out = append(out, entity.Instance{Name: name})
		in.instance(&out[len(out)-1], depth)
		if d.bad || in.bad || len(in.b) > 0 {
			d.fail()
			return nil
		}
	}
	return out
}

func has(list []entity.Name, n entity.Name) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}

func (d *decoder) instance(i *entity.Instance, depth int) {
	flags := d.byte()
	i.Kind = entity.Kind(flags & kindMask)
	if i.Kind > entity.ListRelationship {
		d.fail()
		return
	}
	i.Dataset = d.name()
	i.At = entity.Position(d.uvarint())
	i.Ordinal = uint32(d.uvarint())
	i.Origin = entity.OriginID(d.uvarint())
	i.ModifiedAt = d.instant()
	i.CreatedAt = i.ModifiedAt + d.instant()
	if flags&hasObserved != 0 {
		i.ObservedAt = i.ModifiedAt + d.instant()
	}
	if flags&hasExpiry != 0 {
		i.ExpiresAt = i.ModifiedAt + d.instant()
	}
	if flags&hasUnit != 0 {
		i.Unit = d.name()
	}
	if i.Kind == entity.Null {
		i.DeletedAt = i.ModifiedAt + d.instant()
		return
	}
	i.Value = d.raw()
	if flags&hasExtra == 0 {
		return
	}
	if n := d.count(); n > 0 {
		i.More = make([]entity.Member, n)
		for k := range i.More {
			i.More[k] = entity.Member{Name: d.name(), Raw: d.raw()}
		}
	}
	i.Subs = d.instances(nil, depth+1)
}

// adopt makes e's new instances the store's own: names from the dictionary,
// values copied together, so that nothing keeps a request's body alive. It
// must run before e is shared. Errors: problem.TooManyResults.
func (n *names) adopt(e *entity.Entity, at entity.Position) error {
	if err := n.adoptHead(e); err != nil {
		return err
	}
	return n.adoptInstances(e.Attrs, at)
}

func (n *names) adoptHead(e *entity.Entity) error {
	own := true
	for _, t := range e.Types {
		_, s, err := n.intern(string(t))
		if err != nil {
			return err
		}
		own = own && unsafe.StringData(s) == unsafe.StringData(string(t))
	}
	if own {
		return nil
	}
	types := make([]entity.Name, len(e.Types))
	for i, t := range e.Types {
		_, s, _ := n.intern(string(t)) // it is in there now
		types[i] = entity.Name(s)
	}
	e.Types = types
	return nil
}

// adoptInstances works on those that were given their place at at; with at 0
// on all.
func (n *names) adoptInstances(is []entity.Instance, at entity.Position) error {
	size := 0
	for i := range is {
		if at == 0 || is[i].At == at {
			size += instanceBytes(&is[i])
		}
	}
	slab := make([]byte, 0, size)
	for i := range is {
		if at == 0 || is[i].At == at {
			if err := n.adoptInstance(&is[i], &slab); err != nil {
				return err
			}
		}
	}
	return nil
}

func instanceBytes(i *entity.Instance) int {
	size := len(i.Value)
	for k := range i.More {
		size += len(i.More[k].Raw)
	}
	for k := range i.Subs {
		size += instanceBytes(&i.Subs[k])
	}
	return size
}

func (n *names) adoptInstance(i *entity.Instance, slab *[]byte) (err error) {
	own := func(b []byte) []byte {
		if len(b) == 0 {
			return nil
		}
		at := len(*slab)
		*slab = append(*slab, b...)
		return (*slab)[at:len(*slab):len(*slab)]
	}
	var name string
	if _, name, err = n.intern(string(i.Name)); err != nil {
		return err
	}
	i.Name = entity.Name(name)
	if _, i.Dataset, err = n.intern(i.Dataset); err != nil {
		return err
	}
	if _, i.Unit, err = n.intern(i.Unit); err != nil {
		return err
	}
	i.Value = own(i.Value)
	if len(i.More) > 0 {
		i.More = append([]entity.Member(nil), i.More...)
		for k := range i.More {
			m := &i.More[k]
			if _, m.Name, err = n.intern(m.Name); err != nil {
				return err
			}
			m.Raw = own(m.Raw)
		}
	}
	if len(i.Subs) > 0 {
		i.Subs = append([]entity.Instance(nil), i.Subs...)
		for k := range i.Subs {
			if err := n.adoptInstance(&i.Subs[k], slab); err != nil {
				return err
			}
		}
	}
	return nil
}
