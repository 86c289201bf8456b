package app

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// gap is a span of the past, from inclusive, to exclusive, that the demo has
// not given to its things yet.
type gap struct {
	from, to time.Time
	// resumed is set when filling it may have been broken off: some things may
	// have the points of its last day already.
	resumed bool
}

// gapsKey holds the gaps, so that a back-fill that was broken off goes on at
// the next start: a version byte, then from and to of each in microseconds, 8
// bytes each, big endian, oldest first.
func gapsKey() store.Key { return store.Key{Kind: "demo", Name: "gaps"} }

const gapsVersion = 1

// gaps gives what is missing before now: what an earlier start left, and the
// time since last, when the folder was last in use; zero means never. What is
// older than oldest is given up.
func gaps(ctx context.Context, rs store.Records, last, oldest, now time.Time) ([]gap, error) {
	var all []gap
	r, err := rs.Get(ctx, gapsKey())
	switch {
	case problem.Is(err, problem.ResourceNotFound):
	case err != nil:
		return nil, fmt.Errorf("read what is missing of the past: %w", err)
	case len(r.Value) == 0 || r.Value[0] != gapsVersion || len(r.Value)%16 != 1:
		return nil, fmt.Errorf("what is missing of the past is kept in a form that this program does not know")
	default:
		for b := r.Value[1:]; len(b) > 0; b = b[16:] {
			all = append(all, gap{time.UnixMicro(int64(binary.BigEndian.Uint64(b))), time.UnixMicro(int64(binary.BigEndian.Uint64(b[8:]))), true})
		}
	}
	all = append(all, gap{from: last, to: now})
	out := all[:0]
	for _, g := range all {
		if g.from.Before(oldest) {
			g.from = oldest
		}
		if g.from.Before(g.to) {
			out = append(out, g)
		}
	}
	return out, nil
}

// keepGaps writes what is still missing.
func keepGaps(ctx context.Context, rs store.Records, gs []gap) error {
	v := []byte{gapsVersion}
	for _, g := range gs {
		v = binary.BigEndian.AppendUint64(v, uint64(g.from.UnixMicro()))
		v = binary.BigEndian.AppendUint64(v, uint64(g.to.UnixMicro()))
	}
	if err := rs.Write(ctx, []store.RecordWrite{{Key: gapsKey(), Value: v, Any: true}}); err != nil {
		return fmt.Errorf("keep what is missing of the past: %w", err)
	}
	return nil
}
