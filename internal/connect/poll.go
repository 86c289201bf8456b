package connect

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

func random() float64 { return rand.Float64() }

const (
	pollTimeout  = 5 * time.Minute // of one poll, on this machine's clock
	firstBackOff = time.Second
	// leastPeriod holds a city whose clock runs fast to what a machine can do.
	leastPeriod = 200 * time.Millisecond
	maxBackOff  = 5 * time.Minute
	// stateVersion begins what is kept of a reader.
	stateVersion = 1
)

// stateKind is where the marks of readers are kept, by source.
const stateKind = "connect-state"

// poll reads a source again and again. After a failure it waits longer each
// time, at most five minutes or the source's own period.
func (s *Supervisor) poll(ctx context.Context, src *source) {
	period := max(s.o.Real(src.m.Period), leastPeriod)
	fails := 0
	wait := time.Duration(s.o.Jitter() * float64(min(period, 500*time.Millisecond)))
	for {
		src.health.next(s.o.Now(), wait)
		if !sleep(ctx, wait) {
			return
		}
		began := time.Now() // wall clock: how long the poll takes on this machine
		unchanged, err := s.readOnce(ctx, src)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			fails = 0
			src.health.polled(s.o.Now(), unchanged)
			wait = max(0, period-time.Since(began))
			// Many sources that started together must not stay together.
			wait += time.Duration((s.o.Jitter() - 0.5) * 0.02 * float64(period))
			continue
		}
		fails++
		wait = s.backOff(fails, period)
		src.health.failed(s.o.Now(), err)
		s.o.Log.Warn("source cannot be read", "source", src.m.Source, "attempt", fails, "again_in", wait.Round(time.Millisecond).String(), "error", err)
	}
}

// backOff doubles from a second on, with jitter of a fifth.
func (s *Supervisor) backOff(fails int, period time.Duration) time.Duration {
	d := min(firstBackOff<<min(fails-1, 20), max(maxBackOff, period))
	return d - time.Duration(s.o.Jitter()*0.2*float64(d))
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// readOnce does one poll; unchanged is set if there was nothing new.
func (s *Supervisor) readOnce(ctx context.Context, src *source) (unchanged bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			s.o.Log.Error("reading a source broke", "source", src.m.Source, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("reading the source broke: %v", p)
		}
	}()
	key := store.Key{Kind: stateKind, Name: src.m.Source}
	state, err := s.state(ctx, key, src)
	if err != nil {
		return false, err
	}
	unchanged = true
	err = src.reader.Read(ctx, state, func(p Payload, next []byte) error {
		unchanged = false
		if _, err := s.process(ctx, src, p, s.o.Now()); err != nil {
			return err
		}
		if string(next) == string(state) {
			return nil
		}
		state = next
		return s.keepState(ctx, key, src, next)
	})
	return unchanged, err
}

// state gives the marks of a reader. Those made under another mapping do not
// count: the new one shall see everything.
func (s *Supervisor) state(ctx context.Context, key store.Key, src *source) ([]byte, error) {
	r, err := s.o.Records.Get(ctx, key)
	if problem.Is(err, problem.ResourceNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read how far the source was read: %w", err)
	}
	n := 1 + len(src.m.Digest)
	if len(r.Value) < n || r.Value[0] != stateVersion || string(r.Value[1:n]) != src.m.Digest {
		return nil, nil
	}
	return r.Value[n:], nil
}

func (s *Supervisor) keepState(ctx context.Context, key store.Key, src *source, state []byte) error {
	v := append([]byte{stateVersion}, src.m.Digest...)
	err := s.o.Records.Write(ctx, []store.RecordWrite{{Key: key, Value: append(v, state...), Any: true}})
	if err != nil {
		return fmt.Errorf("keep how far the source was read: %w", err)
	}
	return nil
}

// reasonOf gives what people may read of a failed poll.
func reasonOf(err error) string {
	var pe *problem.Error
	switch {
	case errors.As(err, &pe) && pe.Kind != problem.InternalError:
		return pe.Detail
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("reading it took longer than %s", pollTimeout)
	}
	return "something failed that is not the source's doing; the log says what"
}
