package connect

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Unrouted is the name under which messages stand that no source takes.
const Unrouted = "unrouted"

// Where dead letters are kept: one record each, named source/number; and one
// record for each source with the next number and how many fell out.
const (
	letterKind    = "deadletter"
	counterKind   = "deadletter-count"
	letterVersion = 1
	// maxKeptPayload bounds the payload that is kept of one letter.
	maxKeptPayload = 1 << 20
)

// letterbox keeps dead letters, a bounded number of each source: the oldest
// fall out and are counted.
type letterbox struct {
	records  store.Records
	max      int
	maxBytes int64
	now      func() time.Time

	mu    sync.Mutex
	boxes map[string]*box
}

// box is the index of one source's letters.
type box struct {
	mu      sync.Mutex // held while letters of the source are written
	next    uint64
	dropped int64
	bytes   int64
	list    []*slot // oldest first
	same    map[[32]byte]*slot
}

type slot struct {
	number uint64
	size   int64
	digest [32]byte
	again  int
	last   time.Time
}

// letterRecord is a dead letter as it is kept.
type letterRecord struct {
	Reason  string    `json:"reason"`
	Mapping string    `json:"mapping,omitempty"`
	Payload []byte    `json:"payload"`
	Cut     bool      `json:"cut,omitempty"` // the payload was too large to be kept whole
	Topic   string    `json:"topic,omitempty"`
	Item    bool      `json:"item,omitempty"`
	Key     string    `json:"key,omitempty"`
	Parent  []byte    `json:"parent,omitempty"`
	Arrived time.Time `json:"arrived"`
}

type counterRecord struct {
	Next    uint64 `json:"next"`
	Dropped int64  `json:"dropped"`
}

func newLetterbox(rs store.Records, max int, maxBytes int64, now func() time.Time) *letterbox {
	return &letterbox{records: rs, max: max, maxBytes: maxBytes, now: now, boxes: map[string]*box{}}
}

func (l *letterbox) box(source string) *box {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.boxes[source]
	if b == nil {
		b = &box{next: 1, same: map[[32]byte]*slot{}}
		l.boxes[source] = b
	}
	return b
}

// load reads the index.
func (l *letterbox) load(ctx context.Context) error {
	for r, err := range l.records.Scan(ctx, counterKind, "", "") {
		var c counterRecord
		if err == nil {
			err = unpackRecord(r.Value, &c)
		}
		if err != nil {
			return fmt.Errorf("read the counts of dead letters: %w", err)
		}
		b := l.box(r.Key.Name)
		b.next, b.dropped = c.Next, c.Dropped
	}
	for r, err := range l.records.Scan(ctx, letterKind, "", "") {
		if err != nil {
			return fmt.Errorf("read dead letters: %w", err)
		}
		source, number, ok := parseLetterName(r.Key.Name)
		d, err := letterOf(source, r)
		if !ok || err != nil {
			return fmt.Errorf("dead letter %q cannot be read: %v", r.Key.Name, err)
		}
		l.box(source).add(&slot{number: number, size: int64(len(r.Value)), digest: letterDigest(&d)})
	}
	return nil
}

func (b *box) add(s *slot) {
	b.list = append(b.list, s)
	b.bytes += s.size
	b.next = max(b.next, s.number+1)
	b.same[s.digest] = s
}

func letterName(source string, number uint64) string { return fmt.Sprintf("%s/%016x", source, number) }

func parseLetterName(name string) (source string, number uint64, ok bool) {
	if len(name) < 18 || name[len(name)-17] != '/' {
		return "", 0, false
	}
	n, err := strconv.ParseUint(name[len(name)-16:], 16, 64)
	return name[:len(name)-17], n, err == nil
}

func letterDigest(d *DeadLetter) [32]byte {
	h := sha256.New()
	for _, s := range []string{d.Reason, d.Topic, d.Key, string(d.Payload)} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(s), s) // a hash takes everything
	}
	return [32]byte(h.Sum(nil))
}

func packRecord(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	return append([]byte{letterVersion}, b...), err
}

func unpackRecord(value []byte, v any) error {
	if len(value) == 0 || value[0] != letterVersion {
		return fmt.Errorf("it is kept in a form that this program does not know")
	}
	return json.Unmarshal(value[1:], v)
}

// keep writes letters; it returns when they are durable. One that is there
// already is counted on it.
func (l *letterbox) keep(ctx context.Context, ds []DeadLetter) error {
	for from := 0; from < len(ds); {
		to := from + 1
		for to < len(ds) && ds[to].Source == ds[from].Source && to-from < 200 {
			to++
		}
		if err := l.keepOf(ctx, ds[from].Source, ds[from:to]); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (l *letterbox) keepOf(ctx context.Context, source string, ds []DeadLetter) error {
	b := l.box(source)
	b.mu.Lock()
	defer b.mu.Unlock()
	var fresh []*slot
	same := map[[32]byte]*slot{} // within ds
	var ws []store.RecordWrite
	next := b.next
	for i := range ds {
		d := &ds[i]
		cut := len(d.Payload) > maxKeptPayload
		if cut {
			d.Payload = d.Payload[:maxKeptPayload]
			d.Reason += " (the payload is too large to be kept whole: this is its beginning)"
		}
		sum := letterDigest(d)
		old := b.same[sum]
		if old == nil {
			old = same[sum]
		}
		if old != nil {
			old.again++
			old.last = d.Arrived
			d.ID = letterID(old.number)
			continue
		}
		v, err := packRecord(letterRecord{d.Reason, d.Mapping, d.Payload, cut, d.Topic, d.Item, d.Key, d.Parent, d.Arrived})
		if err != nil {
			return fmt.Errorf("write a dead letter: %w", err)
		}
		d.ID = letterID(next)
		same[sum] = &slot{number: next, size: int64(len(v)), digest: sum}
		fresh = append(fresh, same[sum])
		ws = append(ws, store.RecordWrite{Key: store.Key{Kind: letterKind, Name: letterName(source, next)}, Value: v, Any: true})
		next++
	}
	if len(fresh) == 0 {
		return nil
	}
	out, bytes := b.overflow(fresh, l.max, l.maxBytes)
	for _, s := range b.list[:out] {
		ws = append(ws, store.RecordWrite{Key: store.Key{Kind: letterKind, Name: letterName(source, s.number)}, Any: true})
	}
	c, err := packRecord(counterRecord{next, b.dropped + int64(out)})
	if err != nil {
		return fmt.Errorf("write the count of dead letters: %w", err)
	}
	ws = append(ws, store.RecordWrite{Key: store.Key{Kind: counterKind, Name: source}, Value: c, Any: true})
	if err := l.records.Write(ctx, ws); err != nil {
		return err
	}
	for _, s := range b.list[:out] {
		delete(b.same, s.digest)
	}
	b.list = slices.Clone(b.list[out:])
	for _, s := range fresh {
		b.add(s)
	}
	b.next, b.bytes = next, bytes
	b.dropped += int64(out)
	return nil
}

// overflow tells how many of the oldest must go, and how many bytes there are
// then. What is fresh stays.
func (b *box) overflow(fresh []*slot, most int, mostBytes int64) (out int, bytes int64) {
	bytes = b.bytes
	for _, s := range fresh {
		bytes += s.size
	}
	for out < len(b.list) && (len(b.list)-out+len(fresh) > most || bytes > mostBytes) {
		bytes -= b.list[out].size
		out++
	}
	return out, bytes
}

func letterID(number uint64) string { return fmt.Sprintf("%016x", number) }

func (l *letterbox) count(source string) (kept int, dropped int64) {
	b := l.box(source)
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.list), b.dropped
}

func letterOf(source string, r store.Record) (DeadLetter, error) {
	var rec letterRecord
	if err := unpackRecord(r.Value, &rec); err != nil {
		return DeadLetter{}, err
	}
	_, number, _ := parseLetterName(r.Key.Name)
	return DeadLetter{ID: letterID(number), Source: source, Mapping: rec.Mapping, Reason: rec.Reason, Payload: rec.Payload, Topic: rec.Topic, Item: rec.Item, Key: rec.Key, Parent: rec.Parent, Arrived: rec.Arrived}, nil
}

// list gives letters, oldest first, behind the id after.
func (l *letterbox) list(ctx context.Context, source, after string, most int) ([]DeadLetter, error) {
	most = max(0, min(most, 1000))
	from := ""
	if after != "" {
		n, err := strconv.ParseUint(after, 16, 64)
		if err != nil {
			return nil, problem.New(problem.BadRequestData, "%.40q is not the id of a dead letter", after)
		}
		from = letterName(source, n)
	}
	again := l.again(source)
	out := []DeadLetter{}
	if most == 0 {
		return out, nil
	}
	for r, err := range l.records.Scan(ctx, letterKind, source+"/", from) {
		if err != nil {
			return nil, fmt.Errorf("read dead letters: %w", err)
		}
		d, err := letterOf(source, r)
		if err != nil {
			return nil, fmt.Errorf("dead letter %q: %w", r.Key.Name, err)
		}
		a := again[d.ID]
		d.Again, d.LastArrived = a.again, a.last
		if out = append(out, d); len(out) == most {
			break
		}
	}
	return out, nil
}

// again tells which letters came more than once.
func (l *letterbox) again(source string) map[string]slot {
	b := l.box(source)
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]slot{}
	for _, s := range b.list {
		if s.again > 0 {
			out[letterID(s.number)] = *s
		}
	}
	return out
}

// remove deletes letters by id, or all if there are no ids.
func (l *letterbox) remove(ctx context.Context, source string, ids []string) (int, error) {
	b := l.box(source)
	b.mu.Lock()
	defer b.mu.Unlock()
	gone := map[string]bool{}
	for _, id := range ids {
		gone[id] = true
	}
	var stay []*slot
	var went [][32]byte
	var ws []store.RecordWrite
	bytes := int64(0)
	for _, s := range b.list {
		if len(ids) > 0 && !gone[letterID(s.number)] {
			stay = append(stay, s)
			bytes += s.size
			continue
		}
		went = append(went, s.digest)
		ws = append(ws, store.RecordWrite{Key: store.Key{Kind: letterKind, Name: letterName(source, s.number)}, Any: true})
	}
	if len(ws) == 0 {
		return 0, nil
	}
	if err := l.records.Write(ctx, ws); err != nil {
		return 0, fmt.Errorf("remove dead letters: %w", err)
	}
	b.list, b.bytes = stay, bytes
	for _, d := range went {
		delete(b.same, d)
	}
	return len(ws), nil
}

// replace writes a letter anew under its id, if it is still there.
func (l *letterbox) replace(ctx context.Context, d DeadLetter) error {
	b := l.box(d.Source)
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.list {
		if letterID(b.list[i].number) != d.ID {
			continue
		}
		v, err := packRecord(letterRecord{d.Reason, d.Mapping, d.Payload, false, d.Topic, d.Item, d.Key, d.Parent, d.Arrived})
		if err != nil {
			return fmt.Errorf("write a dead letter: %w", err)
		}
		key := store.Key{Kind: letterKind, Name: letterName(d.Source, b.list[i].number)}
		if err := l.records.Write(ctx, []store.RecordWrite{{Key: key, Value: v, Any: true}}); err != nil {
			return fmt.Errorf("write a dead letter: %w", err)
		}
		b.bytes += int64(len(v)) - b.list[i].size
		delete(b.same, b.list[i].digest)
		b.list[i].size, b.list[i].digest = int64(len(v)), letterDigest(&d)
		b.same[b.list[i].digest] = b.list[i]
	}
	return nil
}
