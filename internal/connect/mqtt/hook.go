package mqtt

import (
	"bytes"
	"net"
	"slices"
	"sync"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/beffroi/beffroi/internal/access"
)

// hook is where mochi asks. A client's calls come from its own goroutine, so
// that a slow answer holds up that client alone.
type hook struct {
	mochi.HookBase
	s       *Server
	callers sync.Map // *mochi.Client to access.Caller
}

// ID names the hook.
func (h *hook) ID() string { return "beffroi" }

// Provides lists the questions that are answered here.
func (h *hook) Provides(b byte) bool {
	return slices.Contains([]byte{mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnPublish, mochi.OnDisconnect, mochi.OnWill}, b)
}

// OnConnectAuthenticate finds out who a client is.
func (h *hook) OnConnectAuthenticate(cl *mochi.Client, pk packets.Packet) bool {
	ev := Evidence{Client: cl.ID, User: string(pk.Connect.Username), Password: pk.Connect.Password}
	if a, err := net.ResolveTCPAddr("tcp", cl.Net.Listener); err == nil {
		ev.Listener = a
	}
	c, err := h.s.o.Authenticate(h.s.ctx, ev)
	if err != nil {
		h.s.o.Log.Warn("MQTT client refused", "client", cl.ID, "user", ev.User, "remote", cl.Net.Remote, "reason", err)
		return false
	}
	h.callers.Store(cl, c)
	h.s.clients.Add(1)
	return true
}

func (h *hook) caller(cl *mochi.Client) access.Caller {
	c, _ := h.callers.Load(cl)
	who, _ := c.(access.Caller) // nobody, if the client was never let in
	return who
}

// OnDisconnect forgets a client.
func (h *hook) OnDisconnect(cl *mochi.Client, _ error, _ bool) {
	if _, was := h.callers.LoadAndDelete(cl); was {
		h.s.clients.Add(-1)
	}
}

// OnACLCheck decides on a topic.
func (h *hook) OnACLCheck(cl *mochi.Client, topic string, write bool) bool {
	if write {
		return h.s.o.MayPublish(h.caller(cl), topic)
	}
	return h.s.o.MaySubscribe(h.caller(cl), topic)
}

// OnWill drops wills: a last word would reach subscribers without having been
// kept, and nothing here may be shown before it is durable.
func (h *hook) OnWill(*mochi.Client, mochi.Will) (mochi.Will, error) { return mochi.Will{}, nil }

// OnPublish takes the message in; mochi acknowledges it when this returns
// without an error.
func (h *hook) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	err := h.s.handle(Message{Topic: pk.TopicName, Payload: bytes.Clone(pk.Payload), Client: cl.ID, Caller: h.caller(cl), Arrived: h.s.o.Now()})
	if err == nil {
		return pk, nil
	}
	h.s.o.Log.Error("MQTT message not kept, so not acknowledged", "client", cl.ID, "topic", pk.TopicName, "error", err)
	if cl.Properties.ProtocolVersion == 5 && pk.FixedHeader.Qos > 0 {
		return pk, notKept // the client is told by the reason code
	}
	if pk.FixedHeader.Qos > 0 {
		// MQTT 3.1.1 has no way to say no: without the connection the client
		// must send the message again.
		cl.Stop(notKept)
	}
	return pk, packets.ErrRejectPacket
}
