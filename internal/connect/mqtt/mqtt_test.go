package mqtt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	paho5 "github.com/eclipse/paho.golang/paho"
	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/beffroi/beffroi/internal/access"
)

// listen starts a server; handle may be nil.
func listen(t *testing.T, o Options) (string, *Server) {
	t.Helper()
	o.Now = time.Now
	if o.Authenticate == nil {
		o.Authenticate = func(_ context.Context, ev Evidence) (access.Caller, error) {
			return access.Caller{Account: ev.User}, nil
		}
	}
	yes := func(access.Caller, string) bool { return true }
	if o.MayPublish == nil {
		o.MayPublish = yes
	}
	if o.MaySubscribe == nil {
		o.MaySubscribe = yes
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Serve(l); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	return l.Addr().String(), s
}

func client3(t *testing.T, addr, id string) paho.Client {
	t.Helper()
	o := paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(id).SetUsername("u").SetAutoReconnect(false).SetConnectRetry(false)
	c := paho.NewClient(o)
	tok := c.Connect()
	if !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
		t.Fatalf("connect: %v", tok.Error())
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

func client5(t *testing.T, addr, id string) *paho5.Client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := paho5.NewClient(paho5.ClientConfig{Conn: packets.NewThreadSafeConn(conn), ClientID: id})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := c.Connect(ctx, &paho5.Connect{ClientID: id, KeepAlive: 30, CleanStart: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return c
}

func TestAcknowledgesOnlyWhatIsDurable(t *testing.T) {
	gate := make(chan struct{})
	addr, s := listen(t, Options{Handle: func(_ context.Context, m Message) error {
		if m.Client == "slow" {
			<-gate
		}
		return nil
	}})
	slow, quick := client3(t, addr, "slow"), client3(t, addr, "quick")
	waiting := slow.Publish("t/1", 1, false, "x")
	if tok := quick.Publish("t/2", 1, false, "y"); !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
		t.Fatalf("a quick client waits for a slow one: %v", tok.Error())
	}
	if waiting.WaitTimeout(100 * time.Millisecond) {
		t.Error("acknowledged before it was durable")
	}
	close(gate)
	if !waiting.WaitTimeout(10*time.Second) || waiting.Error() != nil {
		t.Errorf("never acknowledged: %v", waiting.Error())
	}
	if st := s.Stats(); st.Kept != 2 || st.Received != 2 || st.Refused != 0 {
		t.Errorf("%+v", st)
	}
}

func TestWhatIsNotKeptIsNotAcknowledged(t *testing.T) {
	var down atomic.Bool
	down.Store(true)
	addr, s := listen(t, Options{Handle: func(context.Context, Message) error {
		if down.Load() {
			return errors.New("disk full")
		}
		return nil
	}})
	// MQTT 3.1.1 loses its connection and will send again; paho 3 without
	// reconnection fails the token.
	c3 := client3(t, addr, "three")
	if tok := c3.Publish("t", 1, false, "x"); tok.WaitTimeout(5*time.Second) && tok.Error() == nil {
		t.Error("MQTT 3.1.1: acknowledged although it was not kept")
	}
	c5 := client5(t, addr, "five")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	res, err := c5.Publish(ctx, &paho5.Publish{Topic: "t", QoS: 1, Payload: []byte("x")})
	if err == nil || res == nil || res.ReasonCode < 0x80 {
		t.Errorf("MQTT 5: %+v, %v", res, err)
	}
	down.Store(false)
	if _, err := c5.Publish(ctx, &paho5.Publish{Topic: "t", QoS: 1, Payload: []byte("x")}); err != nil {
		t.Errorf("MQTT 5, when the disk has room again: %v", err)
	}
	if st := s.Stats(); st.Refused != 2 || st.Kept != 1 {
		t.Errorf("%+v", st)
	}
}

func TestCredentialsAndTopics(t *testing.T) {
	var got atomic.Value
	addr, _ := listen(t, Options{
		Authenticate: func(_ context.Context, ev Evidence) (access.Caller, error) {
			if ev.User == "u" && ev.Listener != nil {
				return access.Caller{Account: "sensor-1", Role: access.Device}, nil
			}
			return access.Caller{}, errors.New("who?")
		},
		MayPublish:   func(c access.Caller, topic string) bool { return c.Account == "sensor-1" && topic == "mine" },
		MaySubscribe: func(access.Caller, string) bool { return false },
		Handle:       func(_ context.Context, m Message) error { got.Store(m); return nil },
	})
	c := client3(t, addr, "a")
	if tok := c.Publish("mine", 1, false, "x"); !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	if m := got.Load().(Message); m.Caller.Account != "sensor-1" || m.Topic != "mine" || string(m.Payload) != "x" {
		t.Errorf("%+v", m)
	}
	if tok := c.Subscribe("#", 0, nil); tok.WaitTimeout(10*time.Second) && tok.Error() == nil && tok.(*paho.SubscribeToken).Result()["#"] < 0x80 {
		t.Error("a device may listen to everything")
	}
	if tok := c.Publish("other", 1, false, "x"); tok.WaitTimeout(5*time.Second) && tok.Error() == nil {
		t.Error("a topic that is not its own was acknowledged")
	}
	o := paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID("b").SetUsername("x").SetConnectRetry(false)
	bad := paho.NewClient(o)
	if tok := bad.Connect(); tok.WaitTimeout(10*time.Second) && tok.Error() == nil {
		t.Error("a client without credentials got in")
	}
}

func TestBrokenPacketsHurtNobodyElse(t *testing.T) {
	addr, s := listen(t, Options{MaxPacket: 1000, Handle: func(context.Context, Message) error { return nil }})
	good := client3(t, addr, "good")
	connect := []byte{0x10, 14, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 30, 0, 2, 'x', 'x'}
	for i, raw := range [][]byte{
		{},
		{0x30},
		connect[:7],
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		append(append([]byte{}, connect...), 0x32, 0x7f, 0, 1, 't'),                       // a PUBLISH cut short
		append(append([]byte{}, connect...), 0x32, 0xff, 0xff, 0x7f, 0, 1),                // longer than may be
		append(append([]byte{}, connect...), 0x32, 2, 0xff, 0xff),                         // a topic longer than the packet
		append(append([]byte{}, connect...), 0x30, 5, 0, 3, 0xc3, 0x28, 0x41),             // not UTF-8
		append(append([]byte{}, connect...), 0x82, 5, 0, 0, 0, 1, '#'),                    // SUBSCRIBE without identifier and QoS
		{0x10, 18, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 30, 200, 1, 2, 3, 4, 5, 6, 7, 8, 9}, // properties beyond the end
	} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(raw); err != nil {
			t.Fatal(err)
		}
		if tc, ok := conn.(*net.TCPConn); ok {
			_ = tc.CloseWrite() // cut short
		}
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("case %d: the connection stays open", i)
		}
		_ = conn.Close()
		if tok := good.Publish("t", 1, false, fmt.Sprint(i)); !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
			t.Fatalf("after case %d a good client fails: %v", i, tok.Error())
		}
	}
	for until := time.Now().Add(5 * time.Second); s.Stats().Clients != 1; { // one is counted out after its connection is closed
		if time.Now().After(until) {
			t.Fatalf("clients left: %+v", s.Stats())
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTooManyAtOnceWait(t *testing.T) {
	var now, most atomic.Int64
	addr, _ := listen(t, Options{InFlight: 2, Handle: func(context.Context, Message) error {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
		return nil
	}})
	var wg sync.WaitGroup
	for i := range 8 {
		c := client3(t, addr, fmt.Sprint("c", i))
		wg.Go(func() {
			for range 5 {
				if tok := c.Publish("t", 1, false, "x"); !tok.WaitTimeout(20*time.Second) || tok.Error() != nil {
					t.Error(tok.Error())
				}
			}
		})
	}
	wg.Wait()
	if most.Load() > 2 {
		t.Errorf("%d at once, 2 allowed", most.Load())
	}
}
