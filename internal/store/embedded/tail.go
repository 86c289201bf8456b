package embedded

import (
	"encoding/binary"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/series"
)

// tail holds the points of history that are not yet in a chunk: values that
// left the state, late points, tombstones. The log has them too, so that
// nothing is lost; the tail is its index. A value that is still current is in
// neither: its entity's row has it.
//
// It is guarded by Store.pubMu: publication adds in the step that shows the
// commit, readers copy under the read lock together with taking their view.
type tail struct {
	names    *names
	entities map[entityKey][]*openSeries
	ring     openSeries // by first position, oldest first; itself is the end
	full     []*openSeries
	points   int64
	bytes    int64
}

// openSeries is a series with points that are not yet in a chunk.
type openSeries struct {
	space       space
	id          seriesID
	buf         []byte // instances, each with its length before it
	n           int
	first, last entity.Position // of the records that the points came with
	queued      bool            // it is in tail.full
	next, prev  *openSeries
}

// seriesCost is what a series costs in memory beside its points.
const seriesCost = 200

func newTail(n *names) *tail {
	t := &tail{names: n, entities: map[entityKey][]*openSeries{}}
	t.ring.next, t.ring.prev = &t.ring, &t.ring
	return t
}

// take adds what it brought to history.
func (t *tail) take(it *item) {
	for i := range it.displaced {
		t.add(it.space, it.rec.Number, &it.displaced[i], it.rec.At)
	}
	for i := range it.rec.Points {
		t.add(it.space, it.rec.Number, &it.rec.Points[i], it.rec.At)
	}
	if it.rec.Kind == change.Recorded || it.rec.Kind == change.Created && len(it.displaced) == 0 {
		return
	}
	gone := change.Tombstones(&it.rec)
	for i := range gone {
		t.add(it.space, it.rec.Number, &gone[i], it.rec.At)
	}
}

func (t *tail) add(sp space, num entity.Number, i *entity.Instance, at entity.Position) {
	name, ok := t.names.find(string(i.Name))
	if !ok {
		return // cannot be: what is published has its names
	}
	dataset, _ := t.names.find(i.Dataset)
	o := t.open(sp, seriesID{num, name, dataset}, at)
	before := cap(o.buf)
	o.buf = appendSized(o.buf, func(b []byte) []byte { return t.names.appendInstance(b, i) })
	o.n++
	o.last = at
	t.points++
	t.bytes += int64(cap(o.buf) - before)
	t.queue(o)
}

// queue notes that o has enough points for a chunk, if it does.
func (t *tail) queue(o *openSeries) {
	if o.n >= series.Target && !o.queued {
		o.queued = true
		t.full = append(t.full, o)
	}
}

func (t *tail) open(sp space, id seriesID, at entity.Position) *openSeries {
	k := entityKey{sp, id.num}
	for _, o := range t.entities[k] {
		if o.id == id {
			return o
		}
	}
	o := &openSeries{space: sp, id: id, first: at}
	t.entities[k] = append(t.entities[k], o)
	o.next, o.prev = &t.ring, t.ring.prev
	o.prev.next, t.ring.prev = o, o
	t.bytes += seriesCost
	return o
}

// sealed takes the first n points, size bytes of them, out of o: they are in
// a chunk now. next is the position of the record that the following came
// with, at the earliest.
func (t *tail) sealed(o *openSeries, n, size int, next entity.Position) {
	before := cap(o.buf)
	o.n -= n
	t.points -= int64(n)
	o.prev.next, o.next.prev = o.next, o.prev
	if o.n > 0 {
		o.buf = append([]byte(nil), o.buf[size:]...)
		o.first = next
		// Back into the list, by its new first position: near the end.
		at := t.ring.prev
		for at != &t.ring && at.first > next {
			at = at.prev
		}
		o.prev, o.next = at, at.next
		o.prev.next, o.next.prev = o, o
		t.bytes += int64(cap(o.buf) - before)
		t.queue(o)
		return
	}
	t.bytes -= int64(before) + seriesCost
	k := entityKey{o.space, o.id.num}
	list := t.entities[k]
	for i := range list {
		if list[i] == o {
			list[i] = list[len(list)-1]
			list[len(list)-1] = nil
			list = list[:len(list)-1]
			break
		}
	}
	if len(list) == 0 {
		delete(t.entities, k)
	} else {
		t.entities[k] = list
	}
}

// lowest gives the position of the oldest record with a point in the tail;
// zero if the tail is empty.
func (t *tail) lowest() entity.Position {
	if t.ring.next == &t.ring {
		return 0
	}
	return t.ring.next.first
}

// part is a copy of one series of the tail.
type part struct {
	id   seriesID
	buf  []byte // shared: only ever appended to
	n    int
	last entity.Position
}

// of gives the open series of an entity.
func (t *tail) of(k entityKey) []part {
	list := t.entities[k]
	if len(list) == 0 {
		return nil
	}
	out := make([]part, len(list))
	for i, o := range list {
		out[i] = part{o.id, o.buf[:len(o.buf):len(o.buf)], o.n, o.last}
	}
	return out
}

// decodePart appends p's points to out.
func (s *Store) decodePart(out []entity.Instance, p part) ([]entity.Instance, error) {
	texts := s.names.all()
	d := decoder{b: p.buf, texts: texts}
	for range p.n {
		in := decoder{b: d.raw(), texts: texts}
		i := entity.Instance{Name: entity.Name(texts[p.id.name])}
		in.instance(&i, 0)
		if d.bad || in.bad {
			return out, corrupt("the tail of history", nil)
		}
		out = append(out, i)
	}
	return out, nil
}

// A chunk is kept as a version, the position of the last record whose points
// of this series and month are in it or in an older one, and the chunk.
const chunkVersion = 1

func wrapChunk(through entity.Position, points []entity.Instance) []byte {
	b := binary.AppendUvarint([]byte{chunkVersion}, uint64(through))
	return series.Append(b, points)
}

func unwrapChunk(b []byte) (through entity.Position, chunk []byte, ok bool) {
	if len(b) == 0 || b[0] != chunkVersion {
		return 0, nil, false
	}
	v, n := binary.Uvarint(b[1:])
	if n <= 0 {
		return 0, nil, false
	}
	return entity.Position(v), b[1+n:], true
}
