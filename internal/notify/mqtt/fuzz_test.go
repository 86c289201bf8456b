package mqtt

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/watch"
)

// pipe dials a server that says what it is told to, then hangs up.
type pipe struct{ says []byte }

func (p pipe) Dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, theirs) }()
	go func() {
		defer theirs.Close()
		_, _ = theirs.Write(p.says) // what is not read was hung up on
	}()
	return ours, nil
}

// Whatever an MQTT server answers, sending comes to an end.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{"", "\x20\x02\x00\x00", "\x20\x03\x00\x00\x00", "\x20\x03\x00\x00\x00\x40\x02\x00\x01", "\x20\x02\x00\x00\x40\x02\x00\x01", "\x20\x02\x00\x05", "\x20\xff\xff\xff\x7f", "\xe0\x00", "HTTP/1.1 400 Bad Request\r\n"} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, says []byte, old bool) {
		version := "mqtt5.0"
		if old {
			version = "mqtt3.1.1"
		}
		m := notify.Message{URL: "mqtt://127.0.0.1/t", ContentType: "application/json", Body: []byte(`{}`), Timeout: 300 * time.Millisecond,
			Notifier: []watch.Pair{{Key: watch.MQTTVersion, Value: version}, {Key: watch.MQTTQoS, Value: "1"}}}
		_ = New(pipe{says}, nil).Send(t.Context(), m) // either is right: it only has to end
	})
}
