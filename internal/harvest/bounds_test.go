package harvest

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/store"
)

// drop is a body that gives nothing until its request ends.
type drop struct{ ctx context.Context }

func (d drop) Read([]byte) (int, error) { <-d.ctx.Done(); return 0, d.ctx.Err() }
func (d drop) Close() error             { return nil }

// A body that never ends is not read for longer than the run may take.
func TestBodyThatTricklesEndsWithTheRun(t *testing.T) {
	for _, kind := range Kinds() {
		c := newCity(t)
		c.o.Wall = func() time.Time { c.wall = c.wall.Add(990 * time.Millisecond); return c.wall }
		c.o.Web = func(ctx context.Context, address, _ string) (Answer, error) {
			ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Second, io.ErrNoProgress)
			t.Cleanup(cancel)
			return Answer{Status: 200, URL: address, Header: http.Header{"Content-Type": {"text/turtle"}}, Body: drop{ctx}}, nil
		}
		c.s = New(c.o)
		r := c.run(Source{Kind: kind, URL: "https://o.example/x", Limits: Limits{Seconds: 1}}, Mode{})
		equal(t, string(kind), []string{"cap-seconds", "incomplete"}, codes(r))
	}
}

// A run that cannot be asked for again does not end the service.
func TestResumeOutlivesARunThatIsTaken(t *testing.T) {
	c := newCity(t)
	w := store.RecordWrite{Key: store.Key{Kind: progressKind, Name: "other"}, Value: []byte{reportVersion}, Any: true}
	if err := c.o.Records.Write(t.Context(), []store.RecordWrite{w}); err != nil {
		t.Fatal(err)
	}
	if !c.s.take("other") {
		t.Fatal("it is taken")
	}
	if err := c.s.resume(t.Context()); err != nil {
		t.Error(err)
	}
}
