// Package mqtt carries notifications by MQTT 5.0 and 3.1.1 (CIM 009, 7.2).
// Where it may go is decided by fetch, at each connection.
//
// Each message has a connection of its own, which ends with an orderly
// disconnect: a server that took that has taken the message before it, also
// with quality of service 0. Nothing stays open between messages.
package mqtt

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/eclipse/paho.golang/packets"
	paho5 "github.com/eclipse/paho.golang/paho"
	paho3 "github.com/eclipse/paho.mqtt.golang"

	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/watch"
)

// dialer is the part of fetch.Client that is needed.
type dialer interface {
	Dial(ctx context.Context, network, addr string) (net.Conn, error)
}

// Transport publishes. Use New.
type Transport struct {
	d     dialer
	roots *x509.CertPool
}

// New makes a Transport that goes out through d, a client for notifications.
// roots are the authorities that servers of mqtts addresses are checked
// against; nil is those of the system.
func New(d dialer, roots *x509.CertPool) *Transport { return &Transport{d: d, roots: roots} }

// target is where a message goes.
type target struct {
	addr, host, topic string
	tls               bool
	user              *url.Userinfo
	qos               byte
	version3          bool
}

func targetOf(m notify.Message) (t target, err error) {
	u, err := url.Parse(m.URL)
	if err != nil {
		return t, problem.New(problem.BadRequestData, "the endpoint is not a URL")
	}
	t = target{host: u.Hostname(), topic: strings.TrimPrefix(u.Path, "/"), tls: u.Scheme == "mqtts", user: u.User}
	port := u.Port()
	switch {
	case port != "":
	case t.tls:
		port = "8883"
	default:
		port = "1883"
	}
	t.addr = net.JoinHostPort(t.host, port)
	for _, p := range m.Notifier {
		switch p.Key {
		case watch.MQTTQoS:
			if len(p.Value) == 1 { // it was checked when the subscription was made
				t.qos = p.Value[0] - '0'
			}
		case watch.MQTTVersion:
			t.version3 = p.Value == "mqtt3.1.1"
		}
	}
	return t, nil
}

// Send publishes m. With quality of service 1 and 2 it returns when the server
// confirmed it.
//
// Errors: problem.Unavailable that says what went wrong, without credentials.
func (x *Transport) Send(ctx context.Context, m notify.Message) error {
	ctx, cancel := context.WithTimeout(ctx, max(m.Timeout, time.Millisecond))
	defer cancel()
	t, err := targetOf(m)
	if err != nil {
		return err
	}
	conn, err := x.dial(ctx, &t)
	if err != nil {
		return problem.Wrap(problem.Unavailable, err, "the MQTT server could not be reached: %s", fetch.DetailOf(err))
	}
	defer conn.Close()
	if at, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(at)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	bounded := &frames{Conn: conn} // conn itself stays what the time-out above closes
	if t.version3 {
		err = send3(ctx, bounded, &t, payload(m))
	} else {
		err = send5(ctx, bounded, &t, payload(m))
	}
	if err != nil {
		return problem.Wrap(problem.Unavailable, err, "the MQTT server did not take the message: %s", err.Error())
	}
	return nil
}

func (x *Transport) dial(ctx context.Context, t *target) (net.Conn, error) {
	conn, err := x.d.Dial(ctx, "tcp", t.addr)
	if err != nil || !t.tls {
		return conn, err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: t.host, RootCAs: x.roots, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// payload is the notification with what HTTP has in headers (Table 7.2-2).
// What the standard names is not taken over by receiverInfo.
func payload(m notify.Message) []byte {
	b := append([]byte(`{"metadata":{"Content-Type":`), jsontree.AppendString(nil, m.ContentType)...)
	for i, p := range m.Header {
		if p.Key == "Content-Type" || later(m.Header[i+1:], p.Key) {
			continue
		}
		b = jsontree.AppendString(append(b, ','), p.Key)
		b = jsontree.AppendString(append(b, ':'), p.Value)
	}
	b = append(b, `},"body":`...)
	return append(append(b, m.Body...), '}')
}

func later(rest []watch.Pair, key string) bool {
	for _, p := range rest {
		if p.Key == key {
			return true
		}
	}
	return false
}

// clientID makes an id that no other connection has.
func clientID() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return "beffroi" + hex.EncodeToString(b[:])
}

func send5(ctx context.Context, conn net.Conn, t *target, body []byte) error {
	// The library pings from a goroutine of its own and writes a packet in
	// pieces: without the lock a ping could come between them.
	c := paho5.NewClient(paho5.ClientConfig{Conn: packets.NewThreadSafeConn(conn)})
	hello := &paho5.Connect{ClientID: clientID(), CleanStart: true, KeepAlive: 60}
	if t.user != nil {
		hello.Username, hello.UsernameFlag = t.user.Username(), true
		if p, ok := t.user.Password(); ok {
			hello.Password, hello.PasswordFlag = []byte(p), true
		}
	}
	if _, err := c.Connect(ctx, hello); err != nil {
		return err
	}
	_, err := c.Publish(ctx, &paho5.Publish{QoS: t.qos, Topic: t.topic, Payload: body, Properties: &paho5.PublishProperties{ContentType: "application/json"}})
	// What was confirmed is there, whatever happens to the farewell.
	if bye := c.Disconnect(&paho5.Disconnect{ReasonCode: 0}); err == nil && t.qos == 0 {
		err = bye
	}
	return err
}

func send3(ctx context.Context, conn net.Conn, t *target, body []byte) error {
	o := paho3.NewClientOptions().AddBroker("tcp://" + t.addr).SetClientID(clientID()).SetProtocolVersion(4).SetCleanSession(true).
		SetAutoReconnect(false).SetConnectRetry(false).
		SetCustomOpenConnectionFn(func(*url.URL, paho3.ClientOptions) (net.Conn, error) { return conn, nil })
	if t.user != nil {
		p, _ := t.user.Password()
		o.SetUsername(t.user.Username()).SetPassword(p)
	}
	if at, ok := ctx.Deadline(); ok {
		// Publish waits for so long, half a minute if nothing is said, for a
		// connection that has just gone.
		o.SetWriteTimeout(max(time.Until(at), time.Millisecond))
	}
	c := paho3.NewClient(o)
	if err := wait(ctx, c.Connect()); err != nil {
		return err
	}
	err := wait(ctx, c.Publish(t.topic, t.qos, false, body))
	c.Disconnect(250)
	return err
}

func wait(ctx context.Context, t paho3.Token) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}
