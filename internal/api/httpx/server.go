package httpx

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server answers on one listener until it is told to stop.
type Server struct {
	Handler http.Handler
	// TLS is nil for plain HTTP.
	TLS *tls.Config
	// Log gets what net/http says of broken connections.
	Log *slog.Logger
	// Connections bounds those open at once; zero is 10,000.
	Connections int
	// Grace is how long requests under way may take to end; zero is 10 s.
	Grace time.Duration
	// ReadTimeout and WriteTimeout bound a request's arrival and its answer's
	// departure, in all; zero is a minute and a half. Routes that may take
	// longer move these bounds for themselves.
	ReadTimeout, WriteTimeout time.Duration
}

// connectionTime bounds a request's arrival and its answer's departure where
// nothing else is said.
const connectionTime = 90 * time.Second

// headerBytes bounds the header of a request.
const headerBytes = 64 << 10

// Run serves ln until ctx ends, then lets the requests under way end within
// Grace and closes the rest. It closes ln. A stop that was asked for is no
// error.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	base := OnListener(context.WithoutCancel(ctx), ln.Addr())
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	srv := &http.Server{
		Handler:           s.Handler,
		TLSConfig:         s.TLS,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       orDefault(s.ReadTimeout, connectionTime),
		WriteTimeout:      orDefault(s.WriteTimeout, connectionTime),
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	limited := &limitListener{Listener: ln, free: make(chan struct{}, orDefault(s.Connections, 10_000)), done: make(chan struct{})}
	failed := make(chan error, 1)
	go func() {
		if s.TLS != nil {
			failed <- srv.ServeTLS(limited, "", "")
		} else {
			failed <- srv.Serve(limited)
		}
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	close(base.Value(listenerKey{}).(*listener).stopping)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), orDefault(s.Grace, 10*time.Second))
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		if !errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("stop serving %s: %w", ln.Addr(), err)
		}
		if err := srv.Close(); err != nil {
			return fmt.Errorf("close connections of %s: %w", ln.Addr(), err)
		}
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	}
	return nil
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// limitListener accepts only while there is room.
type limitListener struct {
	net.Listener
	free chan struct{}
	done chan struct{}
	once sync.Once
}

func (l *limitListener) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.done:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &limitConn{Conn: c, free: l.free}, nil
}

func (l *limitListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
}

// limitConn gives its place back when it is closed.
type limitConn struct {
	net.Conn
	free chan struct{}
	once sync.Once
}

func (c *limitConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { <-c.free })
	return err
}
