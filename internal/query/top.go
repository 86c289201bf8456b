package query

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/collate"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

// Top finds the first entities of an order among all that it is given. It
// keeps the places of these, never the entities, and for at most twice as
// many; it is used by one goroutine.
type Top struct {
	o      *Order
	most   int
	behind *Place // what is before it, or at it, is on pages before
	worst  *Place // the last of enough: what is behind it is not among the first
	seen   int    // given, behind behind
	kept   []Place

	col  *collate.Collator
	buf  collate.Buffer
	look Subject
	e    *entity.Entity // being added, with those of its keys that were needed
	keys []orderKey
	have int
}

// Place is where an entity stands in an order.
type Place struct {
	ID     entity.ID
	number entity.Number
	keys   []orderKey
}

// maxMarkBytes bounds a Mark, which travels in an address.
const maxMarkBytes = 800

// Top gives what finds the first most entities of o, of those behind mark if
// that is not nil. now hides what has expired.
//
// Errors: problem.BadRequestData if mark is none of this order.
func (o *Order) Top(most int, mark []byte, now entity.Instant) (*Top, error) {
	t := &Top{o: o, most: most, col: collate.New(o.Collation, collate.OptionsFromTag(o.Collation)),
		look: Subject{Datasets: o.Datasets, Now: now}, keys: make([]orderKey, len(o.Terms))}
	if mark != nil {
		p, ok := parseMark(mark, len(o.Terms))
		if !ok {
			return nil, problem.New(problem.BadRequestData, "the place in the order that the request names is none of this order")
		}
		t.behind = &p
	}
	return t, nil
}

// Add takes e in. It neither changes nor keeps e.
func (t *Top) Add(e *entity.Entity) {
	t.e, t.have = e, 0
	if t.behind == nil || t.compareTo(t.behind) > 0 {
		t.seen++
		if t.most > 0 && (t.worst == nil || t.compareTo(t.worst) < 0) {
			t.keep()
		}
	}
	t.buf.Reset()
	t.e = nil
}

// compareTo orders the entity being added against p, and finds no more of
// its keys than that takes.
func (t *Top) compareTo(p *Place) int {
	for i := range t.keys {
		if c := t.keyAt(i).compare(&p.keys[i], t.o.Terms[i].Desc); c != 0 {
			return c
		}
	}
	return cmp.Compare(t.e.Number, p.number)
}

func (t *Top) keyAt(i int) *orderKey {
	for t.have <= i {
		t.keys[t.have] = t.key(t.e, &t.o.Terms[t.have])
		t.have++
	}
	return &t.keys[i]
}

func (t *Top) keep() {
	p := Place{ID: entity.ID(strings.Clone(string(t.e.ID))), number: t.e.Number, keys: make([]orderKey, len(t.keys))}
	for i := range t.keys {
		p.keys[i] = *t.keyAt(i)
		p.keys[i].text = slices.Clone(p.keys[i].text)
	}
	if t.kept = append(t.kept, p); len(t.kept) >= 2*t.most+64 {
		t.cut()
	}
}

// cut forgets what is not among the first.
func (t *Top) cut() {
	slices.SortFunc(t.kept, t.compare)
	if len(t.kept) < t.most {
		return
	}
	clear(t.kept[t.most:])
	t.kept = t.kept[:t.most]
	if t.most > 0 {
		worst := t.kept[t.most-1]
		t.worst = &worst
	}
}

func (t *Top) compare(a, b Place) int {
	for i := range t.o.Terms {
		if c := a.keys[i].compare(&b.keys[i], t.o.Terms[i].Desc); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.number, b.number)
}

// Places gives the first places, in order.
func (t *Top) Places() []Place {
	t.cut()
	return t.kept
}

// More reports whether there are others behind the first.
func (t *Top) More() bool { return t.seen > t.most }

// Mark gives p for a later call of Order.Top; nil if it is too long for that.
func (p *Place) Mark() []byte {
	out := make([]byte, 0, 64)
	for i := range p.keys {
		k := &p.keys[i]
		out = append(out, byte(k.rank))
		out = binary.BigEndian.AppendUint64(out, math.Float64bits(k.num))
		out = append(binary.AppendUvarint(out, uint64(len(k.text))), k.text...)
	}
	if out = binary.AppendUvarint(out, uint64(p.number)); len(out) > maxMarkBytes {
		return nil
	}
	return out
}

func parseMark(b []byte, terms int) (p Place, ok bool) {
	for range terms {
		if len(b) < 10 {
			return p, false
		}
		k := orderKey{rank: rank(b[0]), num: math.Float64frombits(binary.BigEndian.Uint64(b[1:]))}
		size, n := binary.Uvarint(b[9:])
		if b = b[9+max(n, 0):]; n <= 0 || size > uint64(len(b)) {
			return p, false
		}
		k.text, b = b[:size], b[size:]
		p.keys = append(p.keys, k)
	}
	num, n := binary.Uvarint(b)
	p.number = entity.Number(num)
	return p, n == len(b)
}
