// Package mqtt is the MQTT listener: it takes in what devices publish, in
// MQTT 5 and 3.1.1, and acknowledges a message of QoS 1 or 2 only after it is
// durable. It knows nothing of mappings: each message goes to one handler.
//
// What always holds: a client waits for its own message alone, never for
// another client's; what is under way is bounded, and the bound is felt by the
// clients as slowness, not as loss; a message that could not be kept is not
// acknowledged, so that the client sends it again.
//
// The protocol itself is the work of mochi-mqtt, which is used nowhere else.
package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/beffroi/beffroi/internal/access"
)

// Message is what a client published.
type Message struct {
	Topic   string
	Payload []byte // the receiver's own
	Client  string // the client's identifier, as it says itself
	Caller  access.Caller
	Arrived time.Time // by the city's clock
}

// Evidence is what a client shows when it connects.
type Evidence struct {
	Listener net.Addr // where it came in: decides whether it is on this machine
	Client   string
	User     string
	Password []byte
}

// Options are the settings of a Server.
type Options struct {
	// Now is the city's clock.
	Now func() time.Time
	// Authenticate says who a client is, or why it may not connect.
	Authenticate func(ctx context.Context, ev Evidence) (access.Caller, error)
	// MayPublish and MaySubscribe decide on topics and topic filters.
	MayPublish, MaySubscribe func(c access.Caller, topic string) bool
	// Handle takes a message in and returns when it is durable. An error means
	// that it is not: the client is not told that it arrived.
	Handle func(ctx context.Context, m Message) error
	Log    *slog.Logger

	MaxClients int           // connected at once; 0 means 10,000
	MaxPacket  uint32        // bytes; 0 means 1 MiB
	InFlight   int           // messages in Handle at once, over all clients; 0 means 1,024
	Timeout    time.Duration // of Handle; 0 means 30 s
}

// Stats counts since the start.
type Stats struct {
	Clients  int64 // connected now
	Received int64
	Kept     int64
	Refused  int64 // not durable, so not acknowledged (QoS 0: lost)
	Waiting  int64 // messages that wait for their turn now
}

// Server accepts clients. Use New, then Serve.
type Server struct {
	o     Options
	mochi *mochi.Server
	slots chan struct{}

	received, kept, refused, waiting, clients atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
	ctx   context.Context //nolint:containedctx // the server's own life, given to Handle
	stop  context.CancelFunc
	wg    sync.WaitGroup
}

// New makes a Server that listens nowhere yet.
func New(o Options) (*Server, error) {
	if o.MaxClients == 0 {
		o.MaxClients = 10_000
	}
	if o.MaxPacket == 0 {
		o.MaxPacket = 1 << 20
	}
	if o.InFlight == 0 {
		o.InFlight = 1024
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := mochi.NewDefaultServerCapabilities()
	c.MaximumClients = int64(o.MaxClients)
	c.MaximumPacketSize = o.MaxPacket
	c.MaximumSessionExpiryInterval = 0 // nothing is kept for clients that went away
	c.MaximumClientWritesPending = 1024
	c.ReceiveMaximum = 64
	c.MaximumInflight = 256
	c.TopicAliasMaximum = 64
	c.RetainAvailable = 0 // state is in the store, not here
	c.SharedSubAvailable = 0
	c.MinimumProtocolVersion = 4
	s := &Server{o: o, slots: make(chan struct{}, o.InFlight), conns: map[net.Conn]bool{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.mochi = mochi.New(&mochi.Options{Capabilities: c, Logger: slog.New(slog.DiscardHandler)})
	if err := s.mochi.AddHook(&hook{s: s}, nil); err != nil {
		return nil, fmt.Errorf("set up the MQTT server: %w", err)
	}
	if err := s.mochi.Serve(); err != nil {
		return nil, fmt.Errorf("start the MQTT server: %w", err)
	}
	return s, nil
}

// Stats tells the counters.
func (s *Server) Stats() Stats {
	return Stats{Clients: s.clients.Load(), Received: s.received.Load(), Kept: s.kept.Load(), Refused: s.refused.Load(), Waiting: s.waiting.Load()}
}

// Serve accepts clients from l until it is closed or the server stops. It may
// be called for several listeners.
func (s *Server) Serve(l net.Listener) error {
	pause := 5 * time.Millisecond
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = 5 * time.Millisecond
			if s.take(conn) {
				s.wg.Go(func() { s.converse(l.Addr(), conn) })
				continue
			}
			_ = conn.Close() // the server is stopping, or full: nothing was promised
			continue
		case s.ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		}
		// Out of file descriptors, for instance: it passes, and the listener
		// must outlive it.
		s.o.Log.Warn("MQTT connection not accepted", "error", err)
		select {
		case <-s.ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, time.Second)
	}
}

func (s *Server) take(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil || len(s.conns) >= s.o.MaxClients+100 { // some more than MaxClients, so that they can be told
		return false
	}
	s.conns[conn] = true
	return true
}

// converse serves one connection to its end.
func (s *Server) converse(at net.Addr, conn net.Conn) {
	defer func() {
		_ = conn.Close() // it may be closed already
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
		if p := recover(); p != nil {
			s.o.Log.Error("MQTT connection broke the protocol reader", "panic", p, "remote", conn.RemoteAddr().String())
		}
	}()
	// Whoever connects must say who it is soon; afterwards the keep-alive rules.
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return
	}
	err := s.mochi.EstablishConnection(at.String(), conn)
	if err != nil && s.ctx.Err() == nil {
		s.o.Log.Debug("MQTT connection ended", "remote", conn.RemoteAddr().String(), "error", err)
	}
}

// Close ends all connections; messages under way are finished first, for at
// most five seconds.
func (s *Server) Close() error {
	s.mu.Lock()
	closing := s.ctx.Err() != nil
	s.mu.Unlock()
	if closing {
		return nil
	}
	deadline := time.Now().Add(5 * time.Second)
	for s.waiting.Load() > 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	s.mu.Lock()
	s.stop()
	for c := range s.conns {
		_ = c.Close() // the reader notices
	}
	s.mu.Unlock()
	err := s.mochi.Close()
	s.wg.Wait()
	if err != nil {
		return fmt.Errorf("stop the MQTT server: %w", err)
	}
	return nil
}

// handle takes a message in, when its turn comes.
func (s *Server) handle(m Message) error {
	s.received.Add(1)
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	ctx, cancel := context.WithTimeout(s.ctx, s.o.Timeout)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		s.refused.Add(1)
		return ctx.Err()
	}
	defer func() { <-s.slots }()
	if err := s.o.Handle(ctx, m); err != nil {
		s.refused.Add(1)
		return err
	}
	s.kept.Add(1)
	return nil
}

// notKept is what a client of MQTT 5 is told when its message is not durable.
var notKept = packets.ErrUnspecifiedError
