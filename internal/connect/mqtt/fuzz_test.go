package mqtt

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/access"
)

// angry fails the test of whatever is logged as an error: a panic in the
// reader of the protocol is caught there, and is a fault all the same.
type angry struct {
	slog.Handler
	t *testing.T
}

func (a angry) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

func (a angry) Handle(_ context.Context, r slog.Record) error {
	a.t.Error(r.Message)
	r.Attrs(func(x slog.Attr) bool { a.t.Error(x); return true })
	return nil
}

// Whatever a client sends, the listener survives it and lets go of it once the
// client is gone.
func FuzzConversation(f *testing.F) {
	connect3 := "\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a"
	connect5 := "\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01a"
	for _, s := range []string{
		connect3, connect5, connect3 + "\x30\x05\x00\x01tON", connect3 + "\x32\x07\x00\x01t\x00\x01ON", connect3 + "\x34\x07\x00\x01t\x00\x02ON\x62\x02\x00\x02",
		connect5 + "\x32\x08\x00\x01t\x00\x01\x00ON", connect5 + "\x82\x07\x00\x01\x00\x00\x01#\x01", connect3 + "\x82\x06\x00\x01\x00\x01#\x01\xa2\x05\x00\x02\x00\x01#", connect3 + "\xc0\x00\xe0\x00",
		"\x10\xff\xff\xff\x7f", "\x00", "\x10\x0d\x00\x04MQTT\x04\xfe\x00\x3c\x00\x01a", connect3 + connect3, "GET / HTTP/1.1\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		yes := func(access.Caller, string) bool { return true }
		s, err := New(Options{Now: time.Now, MayPublish: yes, MaySubscribe: yes, Log: slog.New(angry{slog.DiscardHandler, t}),
			Authenticate: func(context.Context, Evidence) (access.Caller, error) { return access.Caller{}, nil },
			Handle:       func(context.Context, Message) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := net.Pipe()
		done := make(chan struct{})
		if !s.take(theirs) {
			t.Fatal("not taken")
		}
		go func() { defer close(done); s.converse(ours.LocalAddr(), theirs) }()
		go func() { _, _ = io.Copy(io.Discard, ours) }()
		_, _ = ours.Write(sent) // what it does not read it hung up on
		ours.Close()
		<-done
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
