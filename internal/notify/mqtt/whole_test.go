package mqtt

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/watch"
)

// meddler lets a ping of the library wait for the first piece of a message,
// and that piece for the ping: what is not locked comes out mixed.
type meddler struct {
	net.Conn
	mu          sync.Mutex
	out         []byte
	began, sent chan struct{}
}

func (m *meddler) Write(p []byte) (int, error) {
	patience := time.After(50 * time.Millisecond) // with a lock the other one cannot come
	if len(p) > 0 && p[0]>>4 == 12 {
		select {
		case <-m.began:
		case <-patience:
		}
		defer close(m.sent)
	}
	m.mu.Lock()
	m.out = append(m.out, p...)
	n, err := m.Conn.Write(p)
	m.mu.Unlock()
	if len(p) > 0 && p[0]>>4 == 3 {
		close(m.began)
		select {
		case <-m.sent:
		case <-patience:
		}
	}
	return n, err
}

type meddling struct {
	addr string
	conn *meddler
}

func (d *meddling) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.addr)
	if err != nil {
		return nil, err
	}
	d.conn = &meddler{Conn: c, began: make(chan struct{}), sent: make(chan struct{})}
	return d.conn, nil
}

// A ping at the wrong moment does not come between the pieces of a message.
func TestSendWhole(t *testing.T) {
	h := &hook{}
	addr := serve(t, listen(t), h)
	for _, qos := range []string{"0", "1", "2"} {
		d := &meddling{addr: addr}
		m := notify.Message{URL: "mqtt://" + addr + "/t", ContentType: "application/json", Body: []byte(`{"type":"Notification"}`), Timeout: 5 * time.Second, Notifier: []watch.Pair{{Key: watch.MQTTQoS, Value: qos}}}
		if err := New(d, nil).Send(t.Context(), m); err != nil {
			t.Errorf("%s: %v", qos, err)
			continue
		}
		select {
		case g := <-h.out:
			if !strings.HasSuffix(g.body, `{"type":"Notification"}}`) {
				t.Errorf("%s: the server has %q", qos, g.body)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s: it counts as sent and the server does not have it", qos)
		}
		d.conn.mu.Lock()
		if bytes.Count(d.conn.out, []byte{0xc0, 0}) > 1 {
			t.Errorf("%s: wrote %q", qos, d.conn.out)
		}
		d.conn.mu.Unlock()
	}
}
