package query

import (
	"bytes"
	"cmp"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// OrderTerm is one criterion of an order (CIM 009, 4.23.3).
type OrderTerm struct {
	// Head is "id", "type" or "scope"; then Path is not used.
	Head string
	Path Path
	Desc bool
	// Dist orders GeoProperties by their distance from Order.From.
	Dist bool
}

// Order is an order of entities: the terms in turn, then the entities'
// numbers (CIM 009, 4.23).
type Order struct {
	Terms []OrderTerm
	From  geo.Geometry
	// Datasets restricts the instances that are looked at; nil looks at all.
	Datasets []string
	// Collation is the order of texts.
	Collation language.Tag
}

// Names gives the attributes that o looks at.
func (o *Order) Names() []entity.Name {
	var out []entity.Name
	for i := range o.Terms {
		if o.Terms[i].Head == "" {
			out = append(out, o.Terms[i].Path.Names[0])
		}
	}
	return out
}

// rank is the order of data types (CIM 009, 4.23.2).
type rank uint8

const (
	distanceRank rank = iota // a GeoProperty, of an order by distance
	numberRank
	textRank
	objectRank
	arrayRank
	boolRank
	timeRank
	dateRank
	dateTimeRank
	nullRank
	missingRank
)

// orderKey is what an entity has for one term.
type orderKey struct {
	rank rank
	num  float64
	text []byte
}

// compare orders keys of one term. What is null or absent is last in both
// directions; by distance, what has none is behind what has one.
func (k *orderKey) compare(other *orderKey, desc bool) int {
	last := func(k *orderKey) bool { return k.rank >= nullRank }
	if last(k) || last(other) || (k.rank == distanceRank) != (other.rank == distanceRank) {
		return cmp.Compare(k.rank, other.rank)
	}
	c := cmp.Or(cmp.Compare(k.rank, other.rank), cmp.Compare(k.num, other.num), bytes.Compare(k.text, other.text))
	if desc {
		return -c
	}
	return c
}

func (t *Top) key(e *entity.Entity, term *OrderTerm) orderKey {
	switch term.Head {
	case "id":
		return t.text(string(e.ID))
	case "type":
		return t.text(string(e.Types[0]))
	case "scope":
		if len(e.Scopes) == 0 {
			return orderKey{rank: missingRank}
		}
		return t.text(e.Scopes[0])
	}
	// Of several instances the default one counts, else the first.
	var best *target
	t.look.walk(e, &term.Path, 0, func(x target) bool {
		c := x
		if best == nil || x.inst != nil && x.inst.Dataset == "" {
			best = &c
		}
		return x.inst == nil || x.inst.Dataset != ""
	})
	switch {
	case best == nil:
		return orderKey{rank: missingRank}
	case best.inst == nil:
		return t.scalar(best.value)
	}
	in := best.inst
	if term.Dist && in.Kind == entity.GeoProperty {
		if d, ok := t.distance(in.Value); ok {
			return orderKey{rank: distanceRank, num: d}
		}
	}
	n, err := jsontree.Parse(in.Value, jsontree.Limits{})
	if err != nil {
		return orderKey{rank: missingRank}
	}
	for _, name := range term.Path.Inside {
		var ok bool
		if n, ok = n.Get(name); !ok {
			return orderKey{rank: missingRank}
		}
	}
	return t.node(n)
}

func (t *Top) distance(raw []byte) (float64, bool) {
	n, err := jsontree.Parse(raw, jsontree.Limits{})
	if err == nil && n.Kind() == jsontree.String {
		n, err = jsontree.Parse([]byte(n.Str()), jsontree.Limits{})
	}
	if err != nil {
		return 0, false
	}
	g, err := geo.ParseGeoJSON(n)
	if err != nil {
		return 0, false
	}
	return g.Haversine(t.o.From), true
}

func (t *Top) scalar(v scalar) orderKey {
	switch v.kind {
	case moment:
		return orderKey{rank: dateTimeRank, num: float64(v.at)}
	case text:
		return t.text(string(v.text))
	}
	return orderKey{rank: missingRank}
}

func (t *Top) node(n jsontree.Node) orderKey {
	switch n.Kind() {
	case jsontree.Number:
		f, _ := n.Float()
		return orderKey{rank: numberRank, num: f}
	case jsontree.String:
		if l, ok := TemporalLiteral(n.Str()); ok {
			k := orderKey{rank: dateTimeRank, num: float64(l.at)}
			switch l.Kind {
			case Date:
				k.rank = dateRank
			case Time:
				k.rank = timeRank
			}
			return k
		}
		return t.text(n.Str())
	case jsontree.Bool:
		k := orderKey{rank: boolRank}
		if n.Bool() {
			k.num = 1
		}
		return k
	case jsontree.Array:
		return raw(arrayRank, n)
	case jsontree.Object:
		if v, ok := n.Get("@value"); ok {
			return t.node(v)
		}
		return raw(objectRank, n)
	}
	return orderKey{rank: nullRank}
}

// maxKeyBytes is how much of a value decides its place: many keys are held at
// once. What is equal so far is in the order of numbers.
const maxKeyBytes = 1024

// cutAt gives how much of s counts, up to a whole character.
func cutAt(s string) int {
	if len(s) <= maxKeyBytes {
		return len(s)
	}
	n := maxKeyBytes
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// raw gives the key of an array or object: its JSON.
func raw(r rank, n jsontree.Node) orderKey {
	b := n.Append(nil)
	return orderKey{rank: r, text: b[:min(len(b), maxKeyBytes)]}
}

// text gives a key by the collation. It is good until the buffer is reset.
func (t *Top) text(s string) orderKey {
	return orderKey{rank: textRank, text: t.col.KeyFromString(&t.buf, s[:cutAt(s)])}
}
