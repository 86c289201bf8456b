package connect

import (
	"hash/fnv"
	"sync"

	"github.com/beffroi/beffroi/internal/entity"
)

// maxKnown bounds the entities whose static attributes are remembered.
const maxKnown = 200_000

// statics remembers which static attributes of a source were written, so that
// a station's name is not written anew with every poll. It begins empty: after
// a start each is written once.
type statics struct {
	mu   sync.Mutex
	seen map[entity.ID]map[attrKey]uint64
}

type attrKey struct {
	name    entity.Name
	dataset string
}

// strip gives f without the static attributes that are known with this value;
// changed is false if nothing is left to say.
func (k *statics) strip(m *Mapping, f entity.Fragment) (out entity.Fragment, changed bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	known := k.seen[f.ID]
	if known == nil {
		return f, true
	}
	out = f
	out.Attrs = make([]entity.Instance, 0, len(f.Attrs))
	for i := range f.Attrs {
		a := &f.Attrs[i]
		if d, ok := known[attrKey{a.Name, a.Dataset}]; ok && m.Static(a.Name) && d == digest(a) {
			continue
		}
		out.Attrs = append(out.Attrs, *a)
	}
	return out, len(out.Attrs) > 0 || len(f.Attrs) == 0 || f.HasScope || f.HasExpiry
}

func (k *statics) remember(m *Mapping, f entity.Fragment) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen == nil || len(k.seen) >= maxKnown {
		k.seen = map[entity.ID]map[attrKey]uint64{}
	}
	known := k.seen[f.ID]
	if known == nil {
		known = map[attrKey]uint64{}
		k.seen[f.ID] = known
	}
	for i := range f.Attrs {
		if m.Static(f.Attrs[i].Name) {
			known[attrKey{f.Attrs[i].Name, f.Attrs[i].Dataset}] = digest(&f.Attrs[i])
		}
	}
}

// digest stands for all that an instance says.
func digest(in *entity.Instance) uint64 {
	h := fnv.New64a()
	var write func(in *entity.Instance)
	write = func(in *entity.Instance) {
		for _, s := range []string{string(in.Name), in.Dataset, in.Kind.String(), string(in.Value), in.Unit, in.ObservedAt.String()} {
			_, _ = h.Write([]byte(s)) // a hash takes everything
			_, _ = h.Write([]byte{0})
		}
		for i := range in.Subs {
			write(&in.Subs[i])
		}
		_, _ = h.Write([]byte{1})
	}
	write(in)
	return h.Sum64()
}
