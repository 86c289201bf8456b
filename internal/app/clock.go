package app

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Clock is the city's clock. At speed 1 it is the machine's; at another speed
// the whole process runs on it: observation and creation times, ages, expiry,
// throttling. A city whose clock ran ahead of the machine's keeps its lead:
// its time never goes back.
type Clock struct {
	speed float64

	machine func() time.Time

	mu   sync.RWMutex
	base time.Time // a moment of the machine ...
	city time.Time // ... and the city's time at it

	latest atomic.Int64 // the latest time that was given, in microseconds
}

// wall gives the machine's clock as it is set: a machine that slept, or whose
// clock is corrected, takes the city along. Go's monotonic reading would not.
func wall() time.Time { return time.Now().Round(0) }

// NewClock makes a clock that stands at the machine's time and runs at speed.
func NewClock(speed float64) *Clock {
	now := wall()
	return &Clock{speed: speed, machine: wall, base: now, city: now}
}

// Speed tells how many seconds of the city pass in one.
func (c *Clock) Speed() float64 { return c.speed }

// Now gives the city's time. It stands still while the machine's clock, having
// been set back, is behind what was given before.
func (c *Clock) Now() time.Time {
	c.mu.RLock()
	t := c.city.Add(c.City(c.machine().Sub(c.base)))
	c.mu.RUnlock()
	for now := t.UnixMicro(); ; {
		latest := c.latest.Load()
		if now < latest {
			return time.UnixMicro(latest)
		}
		if c.latest.CompareAndSwap(latest, now) {
			return t
		}
	}
}

// Instant gives the city's time as the store keeps it.
func (c *Clock) Instant() entity.Instant { return entity.Instant(c.Now().UnixMicro()) }

// Real gives how long a span of the city takes on the machine, at least a
// millisecond.
func (c *Clock) Real(city time.Duration) time.Duration {
	return max(time.Millisecond, time.Duration(float64(city)/c.speed))
}

const clockVersion = 1

// clockKey holds the state of a clock: a version byte, then the city's and the
// machine's time in microseconds, 8 bytes each, big endian.
func clockKey() store.Key { return store.Key{Kind: "clock", Name: "city"} }

// Resume sets the clock to where the folder's clock would be now: at the
// machine's time, or ahead of it by as much as it was. It gives the city's
// time when the folder was last in use, zero if it never was.
func (c *Clock) Resume(ctx context.Context, rs store.Records) (last time.Time, err error) {
	r, err := rs.Get(ctx, clockKey())
	if problem.Is(err, problem.ResourceNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return last, fmt.Errorf("read the city's clock: %w", err)
	}
	if len(r.Value) != 17 || r.Value[0] != clockVersion {
		return last, fmt.Errorf("the city's clock is kept in a form that this program does not know")
	}
	last = time.UnixMicro(int64(binary.BigEndian.Uint64(r.Value[1:])))
	machine := time.UnixMicro(int64(binary.BigEndian.Uint64(r.Value[9:])))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = c.machine()
	c.city = c.base
	if lead := last.Sub(machine); lead > 0 {
		c.city = c.base.Add(lead)
	}
	if c.city.Before(last) { // the machine's clock was set back
		c.city = last
	}
	return last, nil
}

// Keep writes the clock's state.
func (c *Clock) Keep(ctx context.Context, rs store.Records) error {
	v := binary.BigEndian.AppendUint64([]byte{clockVersion}, uint64(c.Now().UnixMicro()))
	v = binary.BigEndian.AppendUint64(v, uint64(c.machine().UnixMicro()))
	if err := rs.Write(ctx, []store.RecordWrite{{Key: clockKey(), Value: v, Any: true}}); err != nil {
		return fmt.Errorf("keep the city's clock: %w", err)
	}
	return nil
}

// City gives how long a span of the machine is in the city: the inverse of
// Real, without its least.
func (c *Clock) City(real time.Duration) time.Duration {
	if c.speed == 1 {
		return real
	}
	return time.Duration(float64(real) * c.speed)
}
