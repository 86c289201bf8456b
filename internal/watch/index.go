package watch

import (
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
)

// index finds, for a record, the subscriptions that can be about it: by id;
// else by type, then by what the id begins with, then by watched attribute.
// So ten thousand subscriptions cost a few look-ups, and those that are left a
// comparison each. What it gives may be too much, never too little.
type index struct {
	byID   map[entity.ID][]*live
	byType map[entity.Name]*shelf
	any    *shelf // of any type
	turn   uint64 // of the look under way: each subscription comes once
}

// shelf holds subscriptions whose entities have one type, or any.
type shelf struct {
	lengths  []int // of the keys of byPrefix, ascending
	byPrefix map[string]*bucket
}

// bucket holds those whose entities' ids begin alike.
type bucket struct {
	byAttr map[entity.Name][]*live
	all    []*live // those that watch every attribute
}

func newShelf() *shelf { return &shelf{byPrefix: map[string]*bucket{}} }

func newIndex(all map[string]*live) *index {
	x := &index{byID: map[entity.ID][]*live{}, byType: map[entity.Name]*shelf{}, any: newShelf()}
	for _, l := range all {
		x.add(l)
	}
	return x
}

// add puts l on each shelf that one of its entities can stand on.
func (x *index) add(l *live) {
	x.places(l.sub, func(in *[]*live) {
		if n := len(*in); n == 0 || (*in)[n-1] != l { // nothing comes in between
			*in = append(*in, l)
		}
	})
}

// remove takes l off again.
func (x *index) remove(l *live) {
	x.places(l.sub, func(in *[]*live) {
		*in = slices.DeleteFunc(*in, func(y *live) bool { return y == l })
	})
}

// places calls f with each list that s belongs to, which f may change.
func (x *index) places(s *Subscription, f func(*[]*live)) {
	if s.Interval > 0 {
		return // it is not about changes
	}
	if len(s.Selectors) == 0 {
		x.any.places("", s.Watched, f)
	}
	for i := range s.Selectors {
		sel := &s.Selectors[i]
		if sel.IDs != nil {
			for _, id := range sel.IDs {
				in := x.byID[id]
				f(&in)
				put(x.byID, id, in)
			}
			continue
		}
		prefix := sel.Pattern.LiteralPrefix()
		types := sel.Types.Cover()
		if types == nil {
			x.any.places(prefix, s.Watched, f)
		}
		for _, t := range types {
			if x.byType[t] == nil {
				x.byType[t] = newShelf()
			}
			x.byType[t].places(prefix, s.Watched, f)
			if len(x.byType[t].byPrefix) == 0 {
				delete(x.byType, t)
			}
		}
	}
}

// put keeps a list, unless it has become empty.
func put[K comparable](m map[K][]*live, k K, in []*live) {
	if len(in) == 0 {
		delete(m, k)
		return
	}
	m[k] = in
}

func (h *shelf) places(prefix string, watched []entity.Name, f func(*[]*live)) {
	b := h.byPrefix[prefix]
	if b == nil {
		b = &bucket{byAttr: map[entity.Name][]*live{}}
		h.byPrefix[prefix] = b
		if at, there := slices.BinarySearch(h.lengths, len(prefix)); !there {
			h.lengths = slices.Insert(h.lengths, at, len(prefix))
		}
	}
	if watched == nil {
		f(&b.all)
	}
	for _, n := range watched {
		in := b.byAttr[n]
		f(&in)
		put(b.byAttr, n, in)
	}
	if len(b.all) == 0 && len(b.byAttr) == 0 {
		delete(h.byPrefix, prefix)
		h.lengths = h.lengths[:0]
		for p := range h.byPrefix {
			if at, there := slices.BinarySearch(h.lengths, len(p)); !there {
				h.lengths = slices.Insert(h.lengths, at, len(p))
			}
		}
	}
}

// candidates calls yield for each subscription that can be about f, each once.
// One goroutine at a time may ask.
func (x *index) candidates(f *fact, yield func(*live)) {
	x.turn++
	once := func(in []*live) {
		for _, l := range in {
			if l.turn != x.turn {
				l.turn = x.turn
				yield(l)
			}
		}
	}
	once(x.byID[f.r.ID])
	x.any.look(f, once)
	if len(x.byType) == 0 {
		return
	}
	for _, t := range f.state.Types {
		if h := x.byType[t]; h != nil {
			h.look(f, once)
		}
	}
}

func (h *shelf) look(f *fact, once func([]*live)) {
	id := string(f.r.ID)
	for _, n := range h.lengths {
		if n > len(id) {
			return
		}
		b := h.byPrefix[id[:n]]
		if b == nil {
			continue
		}
		once(b.all)
		if len(b.byAttr) == 0 {
			continue
		}
		for i := range f.what {
			if f.what[i].kind != 0 {
				once(b.byAttr[f.what[i].name])
			}
		}
	}
}
