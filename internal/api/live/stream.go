package live

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// patience is how long a write may take before the reader counts as gone.
const patience = 20 * time.Second

// stream writes events.
type stream struct {
	w    http.ResponseWriter
	ctl  *http.ResponseController
	open bool
}

func newStream(w http.ResponseWriter) *stream {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy in between must not hold events back
	return &stream{w: w, ctl: http.NewResponseController(w)}
}

// send writes one event and flushes it. data is one line of JSON.
func (s *stream) send(event, id string, data []byte) error {
	var b bytes.Buffer
	if !s.open {
		s.open = true
		b.WriteString("retry: 2000\n\n")
	}
	b.WriteString("event: " + event + "\n")
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("data: ")
	b.Write(data)
	b.WriteString("\n\n")
	_ = s.ctl.SetWriteDeadline(time.Now().Add(patience)) // not every server has deadlines; then its own limits hold
	if _, err := s.w.Write(b.Bytes()); err != nil {
		return err
	}
	return s.ctl.Flush()
}

func (s *stream) clock(now entity.Instant) error {
	return s.send("clock", "", append(now.Append([]byte(`{"now":"`)), `"}`...))
}

// batch collects entities for one event.
type batch struct {
	n       int
	items   []byte
	deleted []byte
}

func newBatch() *batch { return &batch{} }

func (b *batch) empty() bool { return b.n == 0 && len(b.deleted) == 0 }

func (b *batch) gone(id entity.ID) {
	if len(b.deleted) > 0 {
		b.deleted = append(b.deleted, ',')
	}
	b.deleted = jsontree.AppendString(b.deleted, string(id))
}

// add writes one entity: id, type, place, time of observation, and the
// attributes that its layer shows in their simplified form.
func (b *batch) add(e *entity.Entity, l catalogue.Layer, p geo.Point) {
	if b.n > 0 {
		b.items = append(b.items, ',')
	}
	b.n++
	o := append(b.items, `{"id":`...)
	o = jsontree.AppendString(o, string(e.ID))
	o = append(o, `,"type":`...)
	o = jsontree.AppendString(o, l.Short)
	o = append(o, `,"lon":`...)
	o = strconv.AppendFloat(o, p.Lon, 'f', 7, 64)
	o = append(o, `,"lat":`...)
	o = strconv.AppendFloat(o, p.Lat, 'f', 7, 64)
	at, seen := e.ModifiedAt, entity.Instant(0)
	props := []byte(`,"p":{`)
	written := ""
	for _, want := range l.Props {
		i, ok := e.Attr(want.Name, "")
		if !ok || len(i.Value) == 0 || want.Short == written {
			continue // a layer may name several attributes for one short name: the first counts
		}
		seen = max(seen, i.ObservedAt)
		if written != "" {
			props = append(props, ',')
		}
		written = want.Short
		props = jsontree.AppendString(props, want.Short)
		props = append(props, ':')
		props = append(props, i.Value...)
	}
	if seen != 0 {
		at = seen
	}
	o = append(o, `,"at":"`...)
	o = at.Append(o)
	o = append(o, '"')
	o = append(o, props...)
	b.items = append(o, "}}"...)
}

// take gives the event's data and empties the batch.
func (b *batch) take() []byte {
	out := append([]byte(`{"entities":[`), b.items...)
	out = append(out, ']')
	if len(b.deleted) > 0 {
		out = append(out, `,"deleted":[`...)
		out = append(out, b.deleted...)
		out = append(out, ']')
	}
	b.n, b.items, b.deleted = 0, b.items[:0], b.deleted[:0]
	return append(out, '}')
}
