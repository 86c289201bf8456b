package watch

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// OutboxKind is the kind of the bookkeeping records of the outbox: one per
// notification that is due and not yet delivered or given up.
const OutboxKind = "outbox"

// Due is one notification that is due: a subscription and the change record
// that triggered it. What it says is read from the change log at delivery, so
// that an entry is small and the log is the only copy.
type Due struct {
	Sub  string
	Part uint16
	At   entity.Position
	Time entity.Instant // of the change, or of the end of the period
	// Every says that it is about a period that ended (timeInterval), not
	// about a change. Such an entry is not kept in the outbox: after a restart
	// the period ends again.
	Every bool
}

const outboxVersion = 1

// key sorts the entries of a subscription in the order of the log.
func (d Due) key() store.Key {
	return store.Key{Kind: OutboxKind, Name: fmt.Sprintf("%s\x00%04x%016x", d.Sub, d.Part, uint64(d.At))}
}

func (d Due) put() store.RecordWrite {
	v := append([]byte{outboxVersion}, binary.AppendVarint(nil, int64(d.Time))...)
	return store.RecordWrite{Key: d.key(), Value: v, Any: true}
}

// Drop is the write that takes d out of the outbox.
func (d Due) Drop() store.RecordWrite { return store.RecordWrite{Key: d.key(), Any: true} }

// ID is the id of the notification: the same for each attempt, before and
// after a restart.
func (d Due) ID() string {
	id := "urn:ngsi-ld:Notification:" + strings.NewReplacer(refSeparator, ":", layerSeparator, ":").Replace(strings.TrimPrefix(d.Sub, "urn:ngsi-ld:Subscription:"))
	if d.Every {
		return fmt.Sprintf("%s:every-%x", id, int64(d.Time))
	}
	return fmt.Sprintf("%s:%x-%x", id, d.Part, uint64(d.At))
}

// parseDue reads an outbox record.
func parseDue(r store.Record) (Due, error) {
	sub, rest, ok := strings.Cut(r.Key.Name, "\x00")
	if !ok || len(rest) != 20 || len(r.Value) < 2 || r.Value[0] != outboxVersion {
		return Due{}, fmt.Errorf("outbox record %q cannot be read", r.Key.Name)
	}
	d := Due{Sub: sub}
	var at uint64
	if _, err := fmt.Sscanf(rest, "%04x%016x", &d.Part, &at); err != nil {
		return Due{}, fmt.Errorf("outbox record %q: %w", r.Key.Name, err)
	}
	d.At = entity.Position(at)
	t, n := binary.Varint(r.Value[1:])
	if n <= 0 {
		return Due{}, fmt.Errorf("outbox record %q has no time", r.Key.Name)
	}
	d.Time = entity.Instant(t)
	return d, nil
}
