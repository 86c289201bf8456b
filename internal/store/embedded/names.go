package embedded

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// maxNames bounds the dictionary: it is held in memory.
const maxNames = 2_000_000

// names are the dictionaries: texts and origins by number and the other way
// round. They only grow. A new entry is written with the first group that is
// committed after it was made, and so no later than whatever uses it.
type names struct {
	mu      sync.RWMutex
	text    []string // by number; 0 is ""
	number  map[string]uint32
	origins []store.Origin // by number; 0 is unknown
	origin  map[store.Origin]uint32
	fresh   []newName // not yet in a group
}

type newName struct {
	key, value []byte
}

func newNames() *names {
	return &names{text: []string{""}, number: map[string]uint32{"": 0}, origins: make([]store.Origin, 1), origin: map[store.Origin]uint32{{}: 0}}
}

// intern gives the number of s, making one if there is none, and the kept
// copy of s. Errors: problem.TooManyResults if the dictionary is full.
func (n *names) intern(s string) (uint32, string, error) {
	n.mu.RLock()
	k, ok := n.number[s]
	if ok {
		s = n.text[k]
	}
	n.mu.RUnlock()
	if ok {
		return k, s, nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if k, ok := n.number[s]; ok {
		return k, n.text[k], nil
	}
	if len(n.text) >= maxNames {
		return 0, "", problem.New(problem.TooManyResults, "the store has %d different names, datasetIds and unit codes and takes no more; %.60q is one too many", maxNames, s)
	}
	k = uint32(len(n.text))
	s = strings.Clone(s)
	n.text = append(n.text, s)
	n.number[s] = k
	n.fresh = append(n.fresh, newName{binary.BigEndian.AppendUint32(space{}.key(kindName, 4), k), []byte(s)})
	return k, s, nil
}

// find gives the number of s; false if it has none, which means that nothing
// kept has that name.
func (n *names) find(s string) (uint32, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	k, ok := n.number[s]
	return k, ok
}

// lookup gives the text of a number; false if there is none.
func (n *names) lookup(k uint32) (string, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if int(k) >= len(n.text) {
		return "", false
	}
	return n.text[k], true
}

// all gives the texts as they are now. The slice is shared and only grows.
func (n *names) all() []string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.text
}

func (n *names) originOf(o store.Origin) (k uint32, made bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if k, ok := n.origin[o]; ok {
		return k, false
	}
	k = uint32(len(n.origins))
	n.origins = append(n.origins, o)
	n.origin[o] = k
	v := appendText(appendText(appendText([]byte{1}, o.Account), o.Source), o.Mapping)
	n.fresh = append(n.fresh, newName{binary.BigEndian.AppendUint32(space{}.key(kindOrigin, 4), k), v})
	return k, true
}

// OriginByID gives back what OriginOf was given.
func (s *Store) OriginByID(id entity.OriginID) store.Origin {
	s.names.mu.RLock()
	defer s.names.mu.RUnlock()
	if int(id) >= len(s.names.origins) {
		return store.Origin{}
	}
	return s.names.origins[id]
}

// takeFresh adds what is new since the last call to b.
func (n *names) takeFresh(b *pebble.Batch) error {
	n.mu.Lock()
	fresh := n.fresh
	n.fresh = nil
	n.mu.Unlock()
	for _, f := range fresh {
		if err := b.Set(f.key, f.value, nil); err != nil {
			return err
		}
	}
	return nil
}

// load reads the dictionaries.
func (n *names) load(db *pebble.DB) error {
	err := scan(db, space{}.key(kindName, 0), func(k, v []byte) error {
		if len(k) != 11 || binary.BigEndian.Uint32(k[7:]) != uint32(len(n.text)) {
			return corrupt("the dictionary of names", k)
		}
		n.number[string(v)] = uint32(len(n.text))
		n.text = append(n.text, string(v))
		return nil
	})
	if err != nil {
		return err
	}
	return scan(db, space{}.key(kindOrigin, 0), func(k, v []byte) error {
		d := decoder{b: slices.Clone(v)} // the texts are kept, and v is not
		version := d.byte()
		o := store.Origin{Account: d.text(), Source: d.text(), Mapping: d.text()}
		if len(k) != 11 || binary.BigEndian.Uint32(k[7:]) != uint32(len(n.origins)) || d.bad || version != 1 {
			return corrupt("the table of origins", k)
		}
		n.origin[o] = uint32(len(n.origins))
		n.origins = append(n.origins, o)
		return nil
	})
}

// spaces are the numbers of tenants and layers, held in memory.
type spaces struct {
	mu      sync.RWMutex
	tenants map[string]uint32  // 1 is the default tenant
	layers  map[string]uint16  // 0 is main
	order   []string           // of tenants, by number-1
	lnames  []string           // of layers, by number; "" is main or free
	free    []uint16           // numbers of layers that were dropped, the longest ago first
	used    map[space]struct{} // that have keys
	// How many of each are durable; readers see no others.
	tenantsShown, layersShown int
}

// noTenant says that a tenant is not there.
func noTenant(name string) error {
	return problem.New(problem.NonexistentTenant, "there is no tenant %q; it is made with its first entity", name)
}

// find gives the numbers of sp for readers. ok is false for a layer nobody
// wrote to.
func (s *spaces) find(sp store.Space) (n space, ok bool, err error) {
	n, ok, err = s.newest(sp)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err == nil && int(n.tenant) > s.tenantsShown {
		err = noTenant(sp.Tenant)
	}
	return n, ok && err == nil && int(n.layer) < s.layersShown, err
}

// show lets readers see the first tenants and layers.
func (s *spaces) show(tenants, layers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenantsShown, s.layersShown = max(s.tenantsShown, tenants), max(s.layersShown, layers)
}

// counts gives how many tenants and layers there are.
func (s *spaces) counts() (tenants, layers int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.order), len(s.lnames)
}

// newest is find with what is on its way to the disk.
func (s *spaces) newest(sp store.Space) (n space, ok bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, there := s.tenants[sp.Tenant]
	if !there {
		return n, false, noTenant(sp.Tenant)
	}
	l, ok := s.layers[sp.Layer]
	return space{t, l}, ok, nil
}

// name gives the names of a space.
func (s *spaces) name(n space) store.Space {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out store.Space
	if i := int(n.tenant) - 1; i >= 0 && i < len(s.order) {
		out.Tenant = s.order[i]
	}
	switch {
	case n.layer == 0:
	case int(n.layer) < len(s.lnames) && s.lnames[n.layer] != "":
		out.Layer = s.lnames[n.layer]
	default:
		out.Layer = store.LayerGone
	}
	return out
}

// each gives every space that has keys, in order.
func (s *spaces) each() []space {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := slices.Collect(maps.Keys(s.used))
	slices.SortFunc(out, func(a, b space) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.layer, b.layer))
	})
	return out
}

// create gives the numbers of sp, adding what must be written for them to b.
func (s *spaces) create(sp store.Space, b *pebble.Batch) (n space, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tenants[sp.Tenant]
	if !ok {
		t = uint32(len(s.order) + 1)
		if err := b.Set(systemKey(kindTenant, sp.Tenant), binary.AppendUvarint(nil, uint64(t)), nil); err != nil {
			return n, err
		}
		s.tenants[sp.Tenant] = t
		s.order = append(s.order, sp.Tenant)
	}
	l, ok := s.layers[sp.Layer]
	if !ok {
		if l, err = s.newLayer(); err != nil {
			return n, err
		}
		if err := b.Set(systemKey(kindLayer, sp.Layer), binary.AppendUvarint(nil, uint64(l)), nil); err != nil {
			return n, err
		}
		s.layers[sp.Layer] = l
		s.lnames[l] = sp.Layer
	}
	return space{t, l}, nil
}

func (s *spaces) load(db *pebble.DB) error {
	defer func() { s.show(len(s.order), len(s.lnames)) }()
	s.tenants, s.order = map[string]uint32{"": 1}, []string{""}
	s.layers, s.lnames = map[string]uint16{"": 0}, []string{""}
	set := func(list []string, base uint64, name string, v []byte, k []byte) ([]string, uint64, error) {
		n, w := binary.Uvarint(v)
		if w <= 0 || n < base || n > 1<<24 {
			return list, 0, corrupt("the table of tenants and layers", k)
		}
		for uint64(len(list)) <= n-base {
			list = append(list, "")
		}
		list[n-base] = name
		return list, n, nil
	}
	err := scan(db, space{}.key(kindTenant, 0), func(k, v []byte) (err error) {
		name := string(k[7:])
		var n uint64
		s.order, n, err = set(s.order, 1, name, v, k)
		s.tenants[name] = uint32(n)
		return err
	})
	if err != nil {
		return err
	}
	err = scan(db, space{}.key(kindLayer, 0), func(k, v []byte) (err error) {
		name := string(k[7:])
		var n uint64
		s.lnames, n, err = set(s.lnames, 0, name, v, k)
		s.layers[name] = uint16(n)
		return err
	})
	if err != nil {
		return err
	}
	return s.loadUsed(db)
}
