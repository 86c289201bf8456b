package mqtt

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/watch"
)

// A length that a server only claims costs nothing (MQTT 5.0, 1.5.5).
func TestSendToABoaster(t *testing.T) {
	for name, says := range map[string]string{
		"a quarter of a gigabyte":   "\x20\xff\xff\xff\x7f",
		"a length that never ends":  "\x20\x80\x80\x80\x80\x80\x80",
		"a byte more than it may":   "\x20\x81\x80\x04",
		"after an orderly greeting": "\x20\x03\x00\x00\x00\x40\xff\xff\xff\x7f",
	} {
		for _, version := range []string{"mqtt5.0", "mqtt3.1.1"} {
			f := &frames{Conn: mustDial(t, says)}
			var err error
			for b := make([]byte, 3); err == nil; {
				_, err = f.Read(b)
			}
			if !strings.Contains(err.Error(), "more than 65536 bytes") {
				t.Errorf("%s: reading ends with %v", name, err)
			}
			m := notify.Message{URL: "mqtt://127.0.0.1/t", Body: []byte(`{}`), Timeout: 100 * time.Millisecond, Notifier: []watch.Pair{{Key: watch.MQTTVersion, Value: version}, {Key: watch.MQTTQoS, Value: "1"}}}
			if err := New(pipe{[]byte(says)}, nil).Send(t.Context(), m); err == nil {
				t.Errorf("%s, %s: the message counts as taken", name, version)
			}
		}
	}
	// What fits passes, however it is cut.
	f := &frames{Conn: mustDial(t, "\x20\x03\x00\x00\x00\x40\x02\x00\x01\xd0\x00")}
	got := ""
	for b := make([]byte, 2); ; {
		n, err := f.Read(b)
		if got += string(b[:n]); err != nil {
			break
		}
	}
	if got != "\x20\x03\x00\x00\x00\x40\x02\x00\x01\xd0\x00" {
		t.Errorf("read %q", got)
	}
}

func mustDial(t *testing.T, says string) net.Conn {
	t.Helper()
	conn, err := pipe{[]byte(says)}.Dial(t.Context(), "tcp", "")
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
