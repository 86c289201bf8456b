package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// Message is an MQTT message on its way in.
type Message struct {
	Topic   string
	Payload []byte
	Client  string
	Arrived time.Time
	// MayFeed tells which sources the sender may feed; nil is all.
	MayFeed func(source string) bool
}

// HandleMQTT takes a message to every source whose topic filter it matches and
// returns when what came of it is durable: only then may it be acknowledged. A
// message that no source takes becomes a dead letter of Unrouted.
//
// Errors: the message is not durable, the sender must send it again.
func (s *Supervisor) HandleMQTT(ctx context.Context, msg Message) error {
	matched, refused := 0, []string(nil)
	var errs []error
	for _, src := range s.order {
		if src.m.Kind != MQTT || !Matches(src.m.Topic, msg.Topic) {
			continue
		}
		if msg.MayFeed != nil && !msg.MayFeed(src.m.Source) {
			refused = append(refused, src.m.Source)
			continue
		}
		matched++
		if _, err := s.process(ctx, src, Payload{Data: msg.Payload, Topic: msg.Topic}, msg.Arrived); err != nil {
			src.health.failed(s.o.Now(), err)
			errs = append(errs, fmt.Errorf("source %s: %w", src.m.Source, err))
			continue
		}
		src.health.mended()
	}
	if matched > 0 {
		return errors.Join(errs...)
	}
	reason := fmt.Sprintf("no source takes the topic %s", shorten(msg.Topic))
	if refused != nil {
		reason = fmt.Sprintf("the client %s may not feed %s", shorten(msg.Client), strings.Join(refused, ", "))
	}
	err := s.letters.keep(ctx, []DeadLetter{{Source: Unrouted, Reason: reason, Payload: msg.Payload, Topic: msg.Topic, Arrived: msg.Arrived}})
	if err != nil {
		return fmt.Errorf("keep a message that no source takes: %w", err)
	}
	return nil
}

// Pushed is what came of a pushed body.
type Pushed struct {
	Items    int
	Entities int
	Skipped  int
	Letters  []DeadLetter // kept
}

// Push takes a body that somebody sent for a source, and returns when what
// came of it is durable. Any source may be fed so, its payloads are the same.
//
// Errors: problem.ResourceNotFound; the broker's.
func (s *Supervisor) Push(ctx context.Context, name string, body []byte, arrived time.Time) (Pushed, error) {
	src, err := s.find(name)
	if err != nil {
		return Pushed{}, err
	}
	r, err := s.process(ctx, src, Payload{Data: body}, arrived)
	if err != nil {
		src.health.failed(s.o.Now(), err)
		return Pushed{}, err
	}
	src.health.mended()
	return Pushed{Items: r.Items, Entities: len(r.Fragments), Skipped: r.Skipped, Letters: r.Letters}, nil
}

// Letters lists dead letters of a source (or of Unrouted), oldest first, those
// behind the id after, at most max and 1,000.
//
// Errors: problem.ResourceNotFound for an unknown source.
func (s *Supervisor) Letters(ctx context.Context, name, after string, max int) ([]DeadLetter, error) {
	if err := s.hasLetters(name); err != nil {
		return nil, err
	}
	return s.letters.list(ctx, name, after, max)
}

func (s *Supervisor) hasLetters(name string) error {
	if name == Unrouted {
		return nil
	}
	_, err := s.find(name)
	return err
}

// Discard removes dead letters: those with the given ids, or all if there are
// none. It gives how many there were.
func (s *Supervisor) Discard(ctx context.Context, name string, ids []string) (int, error) {
	if err := s.hasLetters(name); err != nil {
		return 0, err
	}
	return s.letters.remove(ctx, name, ids)
}

// Replayed is what came of a replay.
type Replayed struct {
	Tried  int
	Mapped int          // of which nothing is left
	Left   []DeadLetter // what still cannot be mapped, with the new reason
}

// maxReplay bounds the letters of one replay.
const maxReplay = 1000

// Replay maps dead letters anew, with the mapping of today and the time at
// which they arrived: those with the given ids, or the 1,000 oldest if there
// are none. What is taken in leaves the dead letters.
//
// Letters of Unrouted go to the sources that take their topics now.
//
// Errors: problem.ResourceNotFound; the broker's.
func (s *Supervisor) Replay(ctx context.Context, name string, ids []string) (Replayed, error) {
	var out Replayed
	if err := s.hasLetters(name); err != nil {
		return out, err
	}
	list, err := s.letters.list(ctx, name, "", maxReplay)
	if err != nil {
		return out, err
	}
	for _, l := range list {
		if len(ids) > 0 && !slices.Contains(ids, l.ID) {
			continue
		}
		out.Tried++
		left, err := s.replayOne(ctx, name, l)
		if err != nil {
			return out, err
		}
		if len(left) == 0 {
			out.Mapped++
		}
		out.Left = append(out.Left, left...)
	}
	if out.Tried == 0 && len(ids) > 0 {
		return out, problem.New(problem.ResourceNotFound, "source %s has no dead letter with such an id", name)
	}
	return out, nil
}

// replayOne maps one letter. What can be mapped of it is taken in; left is
// what stays of it: the letter itself, with the new reason, or letters of the
// items that still cannot be mapped.
func (s *Supervisor) replayOne(ctx context.Context, name string, l DeadLetter) (left []DeadLetter, err error) {
	targets := s.replayTargets(name, l.Topic)
	if targets == nil {
		return []DeadLetter{l}, nil
	}
	stays := false
	for _, src := range targets {
		p := Payload{Data: l.Payload, Topic: l.Topic, Item: l.Item, Key: l.Key, Parent: l.Parent}
		if r := src.m.Map(p, l.Arrived); name != Unrouted && len(r.Letters) > 0 && len(r.Fragments) == 0 {
			l.Reason, l.Mapping = r.Letters[0].Reason, src.m.Digest
			return []DeadLetter{l}, s.letters.replace(ctx, l)
		}
		r, err := s.process(ctx, src, p, l.Arrived)
		if err != nil {
			return nil, err
		}
		left = append(left, r.Letters...)
		for _, x := range r.Letters { // the broker refused what the mapping made
			stays = stays || name != Unrouted && x.ID == l.ID
		}
	}
	if !stays {
		_, err = s.letters.remove(ctx, name, []string{l.ID})
	}
	return left, err
}

// replayTargets gives the sources that a letter goes to; nil if there is none.
func (s *Supervisor) replayTargets(name, topic string) []*source {
	if name != Unrouted {
		return []*source{s.sources[name]}
	}
	var out []*source
	for _, src := range s.order {
		if src.m.Kind == MQTT && Matches(src.m.Topic, topic) {
			out = append(out, src)
		}
	}
	return out
}
