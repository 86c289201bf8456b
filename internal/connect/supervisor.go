package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// ingester takes fragments in and returns when they are durable.
type ingester interface {
	Ingest(ctx context.Context, c broker.Call, fs []entity.Fragment) ([]broker.Outcome, error)
}

// Reader reads one polled source. It is used by one goroutine at a time.
type Reader interface {
	// Read gives what is new, payload by payload, to take, which returns when
	// what came of it is durable. state is what was last handed to take, or
	// nil: marks such as an ETag or an offset, for the reader alone. Without
	// anything new it calls take not at all.
	//
	// Errors: take's, at once; problem.Unavailable or others when the source
	// cannot be read.
	Read(ctx context.Context, state []byte, take func(p Payload, state []byte) error) error
}

// Open makes the reader of a source.
type Open func(m *Mapping) (Reader, error)

// Options are the settings of a Supervisor.
type Options struct {
	// Broker takes in what the sources say.
	Broker ingester
	// Records keeps dead letters and how far readers are.
	Records store.Records
	// Readers read the kinds of polled sources.
	Readers map[Kind]Open
	// Now is the city's clock.
	Now func() time.Time
	// Real gives how long a span of the city takes on this machine; nil is as
	// long.
	Real func(city time.Duration) time.Duration
	// Jitter gives a number from 0 to 1; nil is random.
	Jitter func() float64
	Log    *slog.Logger
	// DeadLetters bounds how many are kept of each source; 0 is 10,000.
	DeadLetters int
	// DeadLetterBytes bounds their payloads, of each source; 0 is 64 MiB.
	DeadLetterBytes int64
}

// Supervisor runs the sources. It is safe for use by many goroutines.
type Supervisor struct {
	o       Options
	sources map[string]*source
	order   []*source
	letters *letterbox
}

// source is one mapping at work.
type source struct {
	m      *Mapping
	reader Reader
	known  statics
	health health
}

// New makes a Supervisor of the mappings. It reads how many dead letters there
// are, and does nothing else until Run or until something is handed in.
//
// Errors: problem.BadRequestData if a source stands twice or its reader cannot
// be made.
func New(ctx context.Context, o Options, ms []*Mapping) (*Supervisor, error) {
	if o.Real == nil {
		o.Real = func(d time.Duration) time.Duration { return d }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Jitter == nil {
		o.Jitter = random
	}
	if o.DeadLetters == 0 {
		o.DeadLetters = 10_000
	}
	if o.DeadLetterBytes == 0 {
		o.DeadLetterBytes = 64 << 20
	}
	s := &Supervisor{o: o, sources: map[string]*source{}, letters: newLetterbox(o.Records, o.DeadLetters, o.DeadLetterBytes, o.Now)}
	for _, m := range ms {
		if s.sources[m.Source] != nil || m.Source == Unrouted {
			return nil, problem.New(problem.BadRequestData, "the source %q stands twice; each mapping file needs a name of its own", m.Source)
		}
		src := &source{m: m}
		if m.Kind.Polled() {
			open, ok := o.Readers[m.Kind]
			if !ok {
				return nil, problem.New(problem.BadRequestData, "source %s: sources of kind %s are not read here", m.Source, m.Kind)
			}
			r, err := open(m)
			if err != nil {
				return nil, fmt.Errorf("source %s: %w", m.Source, err)
			}
			src.reader = r
		}
		s.sources[m.Source] = src
		s.order = append(s.order, src)
	}
	slices.SortFunc(s.order, func(a, b *source) int { return compare(a.m.Source, b.m.Source) })
	if err := s.letters.load(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Mapping gives the mapping of a source.
// Errors: problem.ResourceNotFound.
func (s *Supervisor) Mapping(name string) (*Mapping, error) {
	src, err := s.find(name)
	if err != nil {
		return nil, err
	}
	return src.m, nil
}

func (s *Supervisor) find(name string) (*source, error) {
	src, ok := s.sources[name]
	if !ok {
		return nil, problem.New(problem.ResourceNotFound, "there is no source %.64q", name)
	}
	return src, nil
}

// Run polls the polled sources until ctx is done, and returns when the last
// poll has ended.
func (s *Supervisor) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, src := range s.order {
		if src.reader != nil {
			wg.Go(func() { s.poll(ctx, src) })
		}
	}
	<-ctx.Done()
	wg.Wait()
	return nil
}

// batch is how many fragments go to the broker at once.
const batch = 500

// process maps a payload and returns when all that came of it is durable:
// fragments in the store, what could not be mapped among the dead letters.
//
// Errors: the broker's, when nothing or not all of it could be kept; the
// payload must then come again.
func (s *Supervisor) process(ctx context.Context, src *source, p Payload, arrived time.Time) (Mapped, error) {
	r := src.m.Map(p, arrived)
	call := broker.Call{Space: store.Space{Tenant: src.m.Tenant}, Origin: store.Origin{Source: src.m.Source, Mapping: src.m.Digest}}
	for from := 0; from < len(r.Fragments); from += batch {
		to := min(from+batch, len(r.Fragments))
		bad, err := s.ingest(ctx, src, call, &r, from, to)
		if err != nil {
			return r, err
		}
		for _, b := range bad {
			f := r.from[b.at]
			r.Letters = append(r.Letters, src.m.letter(f.payload(p.Topic), arrived, f.key, b.err))
		}
	}
	r.Letters = gathered(src.m, p, arrived, r.Letters, r.Items)
	if err := s.letters.keep(ctx, r.Letters); err != nil {
		return r, fmt.Errorf("keep dead letters: %w", err)
	}
	src.health.took(&r, s.o.Now())
	return r, nil
}

// mostLetters is how many dead letters one payload may leave.
const mostLetters = 100

// gathered bounds the letters of one payload: where a mapping fits next to
// nothing, one letter with the whole payload says so, and its replay maps all
// of it; if the payload is too large for that, the first letters stand for all.
func gathered(m *Mapping, p Payload, arrived time.Time, ls []DeadLetter, items int) []DeadLetter {
	if len(ls) <= mostLetters {
		return ls
	}
	reason := fmt.Sprintf("%d of %d items cannot be mapped; the first: %s", len(ls), items, ls[0].Reason)
	if len(p.Data) <= maxKeptPayload {
		whole := m.letter(p, arrived, "", errors.New(reason))
		return []DeadLetter{whole}
	}
	ls = ls[:mostLetters]
	ls[0].Reason = reason + fmt.Sprintf(" (%d of them are kept)", mostLetters)
	return ls
}

type refused struct {
	at  int
	err error
}

// ingest hands fragments from to to of r to the broker, without the static
// attributes that are known there already.
func (s *Supervisor) ingest(ctx context.Context, src *source, call broker.Call, r *Mapped, from, to int) ([]refused, error) {
	var send []entity.Fragment
	var places []int
	for i := from; i < to; i++ {
		f, changed := src.known.strip(src.m, r.Fragments[i])
		if !changed {
			continue
		}
		send, places = append(send, f), append(places, i)
	}
	if len(send) == 0 {
		return nil, nil
	}
	out, err := s.o.Broker.Ingest(ctx, call, send)
	if err != nil {
		return nil, err
	}
	var bad []refused
	var again []entity.Fragment
	for k, o := range out {
		whole := r.Fragments[places[k]]
		switch {
		case o.Err != nil:
			bad = append(bad, refused{places[k], o.Err})
		case o.Created && len(send[k].Attrs) != len(whole.Attrs):
			again = append(again, whole) // somebody deleted it meanwhile: say all of it
		default:
			src.known.remember(src.m, whole)
		}
	}
	if len(again) == 0 {
		return bad, nil
	}
	if _, err := s.o.Broker.Ingest(ctx, call, again); err != nil {
		return nil, err
	}
	return bad, nil
}
