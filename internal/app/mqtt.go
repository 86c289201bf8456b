package app

import (
	"context"
	"crypto/tls"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/connect/mqtt"
)

// serveMQTT takes in what devices publish.
func (a *App) serveMQTT(ctx context.Context) error {
	s, err := mqtt.New(mqtt.Options{Now: a.clock.Now, Log: a.log, MaxPacket: uint32(a.cfg.MQTT.MaxPacket), Timeout: 30 * time.Second,
		Authenticate: func(ctx context.Context, ev mqtt.Evidence) (access.Caller, error) {
			return a.policy.Device(ctx, httpx.IsLoopback(ev.Listener), ev.User != "", ev.User, string(ev.Password))
		},
		MayPublish: func(c access.Caller, topic string) bool {
			return a.still(c).May(access.Feed) && !strings.HasPrefix(topic, "$")
		},
		MaySubscribe: func(c access.Caller, _ string) bool { return a.still(c).May(access.Read) },
		Handle:       a.takeMQTT})
	if err != nil {
		return err
	}
	a.mqttStats.Store(s)
	l := a.mqttLn
	if a.mqttTLS() {
		l = tls.NewListener(l, a.tls.Clone())
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	closeErr := a.mqttLn.Close()
	if err := s.Close(); err != nil {
		return err
	}
	<-served
	return closeErr
}

// still gives the rights that a client has now: a connection may outlive the
// account that opened it.
func (a *App) still(c access.Caller) access.Caller {
	now, err := a.callerNamed(c.Account)
	if err != nil {
		return access.Nobody()
	}
	return now
}
