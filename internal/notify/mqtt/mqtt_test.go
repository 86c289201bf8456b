package mqtt

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	server "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/watch"
)

// got is one message that the server took.
type got struct {
	topic, body string
	qos         byte
	version     byte
}

type hook struct {
	server.HookBase
	user, pass string
	out        chan got
	refuse     error
}

func (h *hook) ID() string { return "test" }

func (h *hook) Provides(b byte) bool {
	return bytes.Contains([]byte{server.OnConnectAuthenticate, server.OnACLCheck, server.OnPublish}, []byte{b})
}

func (h *hook) OnConnectAuthenticate(_ *server.Client, pk packets.Packet) bool {
	return h.user == "" || string(pk.Connect.Username) == h.user && string(pk.Connect.Password) == h.pass
}

func (h *hook) OnACLCheck(*server.Client, string, bool) bool { return true }

func (h *hook) OnPublish(c *server.Client, pk packets.Packet) (packets.Packet, error) {
	h.out <- got{topic: pk.TopicName, body: string(pk.Payload), qos: pk.FixedHeader.Qos, version: c.Properties.ProtocolVersion}
	return pk, h.refuse
}

// serve runs an MQTT server behind l.
func serve(t *testing.T, l net.Listener, h *hook) string {
	t.Helper()
	h.out = make(chan got, 10)
	s := server.New(&server.Options{Logger: slog.New(slog.DiscardHandler)})
	if err := s.AddHook(h, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.AddListener(listeners.NewNet("l", l)); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func transport(t *testing.T, roots *x509.CertPool, allow ...string) *Transport {
	t.Helper()
	a, err := fetch.ParseAllow(allow...)
	if err != nil {
		t.Fatal(err)
	}
	c, err := fetch.New(fetch.Options{Allow: map[fetch.Purpose]fetch.Allow{fetch.Notification: a}}).For(fetch.Notification, fetch.Limits{Redirects: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return New(c, roots)
}

// CIM 009, 7.2: topics, qualities of service, versions, credentials and the
// metadata, and what receiverInfo cannot take over.
func TestSend(t *testing.T) {
	h := &hook{user: "ann", pass: "s3cret"}
	addr := serve(t, listen(t), h)
	x := transport(t, nil, addr)
	const link = `<http://x/c>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
	m := notify.Message{URL: "mqtt://ann:s3cret@" + addr + "/city/notifications", ContentType: "application/json", Body: []byte(`{"type":"Notification"}`), Timeout: 10 * time.Second,
		Header: []watch.Pair{{Key: "Link", Value: "mine"}, {Key: "Content-Type", Value: "text/plain"}, {Key: "X", Value: `a"b`}, {Key: "Link", Value: link}}}
	const want = `{"metadata":{"Content-Type":"application/json","X":"a\"b","Link":"<http://x/c>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\""},"body":{"type":"Notification"}}`
	for _, tt := range []struct {
		version string
		as      byte
	}{{"", 5}, {"mqtt5.0", 5}, {"mqtt3.1.1", 4}} {
		for _, qos := range []string{"", "0", "1", "2"} {
			m.Notifier = nil
			if tt.version != "" {
				m.Notifier = append(m.Notifier, watch.Pair{Key: watch.MQTTVersion, Value: tt.version})
			}
			if qos != "" {
				m.Notifier = append(m.Notifier, watch.Pair{Key: watch.MQTTQoS, Value: qos})
			}
			if err := x.Send(t.Context(), m); err != nil {
				t.Fatalf("%q, %q: %v", tt.version, qos, err)
			}
			g := <-h.out
			if g.topic != "city/notifications" || g.version != tt.as || string('0'+g.qos) != max(qos, "0") || g.body != want {
				t.Errorf("%q, %q: %+v", tt.version, qos, g)
			}
		}
	}
}

func TestSendFails(t *testing.T) {
	h := &hook{user: "ann", pass: "s3cret"}
	addr := serve(t, listen(t), h)
	silent := listen(t)
	t.Cleanup(func() { silent.Close() })
	for name, tt := range map[string]struct {
		url     string
		allow   string
		timeout time.Duration
	}{
		"a wrong password":       {"mqtt://ann:wrong-word@" + addr + "/t", addr, 10 * time.Second},
		"an address not allowed": {"mqtt://ann:s3cret@" + addr + "/t", "192.0.2.1:1", 10 * time.Second},
		"a server that is mute":  {"mqtt://ann:s3cret@" + silent.Addr().String() + "/t", silent.Addr().String(), 50 * time.Millisecond},
		"no TLS over there":      {"mqtts://ann:s3cret@" + addr + "/t", addr, time.Second},
	} {
		for _, version := range []string{"mqtt5.0", "mqtt3.1.1"} {
			m := notify.Message{URL: tt.url, Body: []byte(`{}`), Timeout: tt.timeout, Notifier: []watch.Pair{{Key: watch.MQTTVersion, Value: version}, {Key: watch.MQTTQoS, Value: "1"}}}
			err := transport(t, nil, tt.allow).Send(t.Context(), m)
			if !problem.Is(err, problem.Unavailable) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "wrong-word") {
				t.Errorf("%s, %s: %v", name, version, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := transport(t, nil, addr).Send(ctx, notify.Message{URL: "mqtt://" + addr + "/t", Timeout: time.Second}); err == nil {
		t.Error("it went out although it was called off")
	}
	// A server that refuses the message (MQTT 5.0 says so).
	h2 := &hook{refuse: packets.ErrNotAuthorized}
	addr2 := serve(t, listen(t), h2)
	m := notify.Message{URL: "mqtt://" + addr2 + "/t", Body: []byte(`{}`), Timeout: 10 * time.Second, Notifier: []watch.Pair{{Key: watch.MQTTQoS, Value: "1"}}}
	if err := transport(t, nil, addr2).Send(t.Context(), m); err == nil {
		t.Error("a refused message counts as taken")
	}
}

func TestSendSecurely(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	h := &hook{}
	addr := serve(t, tls.NewListener(listen(t), &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}), h)
	m := notify.Message{URL: "mqtts://" + addr + "/a/b", Body: []byte(`{}`), Timeout: 10 * time.Second}
	if err := transport(t, roots, addr).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if g := <-h.out; g.topic != "a/b" {
		t.Errorf("%+v", g)
	}
	var unknown x509.UnknownAuthorityError
	if err := transport(t, nil, addr).Send(t.Context(), m); !errors.As(err, &unknown) {
		t.Errorf("a certificate of nobody: %v", err)
	}
}
