package snapshot

import (
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// Kind is the kind of the records that hold snapshots, named tenant, a zero
// byte, layer: ids come back, layers do not.
const Kind = "snapshot"

const keptVersion = 1

// kept is a snapshot as the bookkeeping holds it, behind a version byte.
type kept struct {
	Snapshot
	Layer      string
	Since      string
	Gone, Owed bool
}

func (s *Snapshot) key() store.Key { return store.Key{Kind: Kind, Name: s.Tenant + "\x00" + s.layer} }

func encode(s *Snapshot) []byte {
	b, err := jsonv2.Marshal(kept{Snapshot: *s, Layer: s.layer, Since: s.since.String(), Gone: s.gone, Owed: s.owed}, jsonv2.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("snapshot: one cannot be written: %v", err)) // texts and numbers alone
	}
	return append([]byte{keptVersion}, b...)
}

func decode(b []byte) (*Snapshot, error) {
	if len(b) == 0 || b[0] != keptVersion {
		return nil, fmt.Errorf("it is of a version that this program does not know")
	}
	var k kept
	if err := jsonv2.Unmarshal(b[1:], &k); err != nil {
		return nil, err
	}
	s := k.Snapshot
	s.layer, s.gone, s.owed = k.Layer, k.Gone, k.Owed
	var err error
	s.since, err = store.ParseCursor(k.Since)
	return &s, err
}

// life gives when a snapshot ends that is asked to live for lifetime from now.
func (o *Options) life(lifetime string, now entity.Instant) entity.Instant {
	if lifetime == "" {
		return now + min(o.Life, o.MaxLife)
	}
	return min(now+o.MaxLife, after(lifetime, now))
}
