package embedded

import (
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/beffroi/beffroi/internal/entity"
)

// indexKey is one key by which an entity is found, with its value.
type indexKey struct {
	key, value string
}

// indexKeys gives the keys by which e is found. For a deleted entity these are
// its type keys alone, marked.
func (s *Store) indexKeys(sp space, e *entity.Entity, deleted bool) ([]indexKey, error) {
	if e == nil {
		return nil, nil
	}
	var out []indexKey
	types := make([]uint32, len(e.Types))
	mark := ""
	if deleted {
		mark = "\x01"
	}
	for i, t := range e.Types {
		n, _, err := s.names.intern(string(t))
		if err != nil {
			return nil, err
		}
		types[i] = n
		out = append(out, indexKey{string(sp.typeKey(n, e.Number)), mark})
	}
	if deleted {
		return out, nil
	}
	for _, scope := range e.Scopes {
		if strings.IndexByte(scope, 0) < 0 {
			out = append(out, indexKey{string(sp.scopeKey(scope, e.Number)), ""})
		}
	}
	return s.geoKeys(out, sp, e, types), nil
}

// sameIndex reports whether before and after are found by the same keys, for
// sure: the common case of an update of a value.
func sameIndex(before, after *entity.Entity) bool {
	if before == nil || after == nil || !slices.Equal(before.Types, after.Types) || !slices.Equal(before.Scopes, after.Scopes) {
		return false
	}
	n := 0
	for i := range after.Attrs {
		a := &after.Attrs[i]
		if a.Kind != entity.GeoProperty {
			continue
		}
		n++
		old, ok := before.Attr(a.Name, a.Dataset)
		if !ok || old.Kind != a.Kind || string(old.Value) != string(a.Value) {
			return false
		}
	}
	for i := range before.Attrs {
		if before.Attrs[i].Kind == entity.GeoProperty {
			n--
		}
	}
	return n == 0
}

// writeIndex brings the keys from before to after.
func writeIndex(b *pebble.Batch, before, after []indexKey) error {
	byKey := func(x, y indexKey) int { return strings.Compare(x.key, y.key) }
	slices.SortFunc(before, byKey)
	slices.SortFunc(after, byKey)
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && before[0].key < after[0].key:
			if err := b.Delete([]byte(before[0].key), nil); err != nil {
				return err
			}
			before = skip(before)
		case len(before) == 0 || after[0].key < before[0].key:
			if err := b.Set([]byte(after[0].key), []byte(after[0].value), nil); err != nil {
				return err
			}
			after = skip(after)
		default:
			if before[0].value != after[0].value {
				if err := b.Set([]byte(after[0].key), []byte(after[0].value), nil); err != nil {
					return err
				}
			}
			before, after = skip(before), skip(after)
		}
	}
	return nil
}

// skip leaves out the first key of ks and its repetitions.
func skip(ks []indexKey) []indexKey {
	n := 1
	for n < len(ks) && ks[n].key == ks[0].key {
		n++
	}
	return ks[n:]
}
