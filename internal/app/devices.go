package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/synth"
)

// demoDevice is the name under which the demo's devices log in.
const demoDevice = "demo-devices"

// publish plays the city's devices: it sends their messages to the MQTT
// listener, as devices do, or straight to the sources when there is none.
func (d *demo) publish(ctx context.Context) error {
	send := d.hand
	if d.a.mqttLn != nil {
		c, err := d.connect(ctx)
		if err != nil {
			return err
		}
		defer c.Disconnect(250)
		send = func(ctx context.Context, ms []synth.Message) { d.send(ctx, c, ms) }
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	last := d.a.clock.Now()
	// The slow devices speak once at the beginning, so that the map is whole.
	send(ctx, d.latest(last))
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := d.a.clock.Now()
		// A machine that slept, or cannot keep up, does not make the devices
		// say everything again: history has the gap, as it would in life.
		if now.Sub(last) > 10*time.Minute {
			last = now.Add(-10 * time.Minute)
		}
		var ms []synth.Message
		for m := range d.feeds.Messages(last, now, synth.UsualCadence()) {
			ms = append(ms, m)
		}
		last = now
		send(ctx, ms)
	}
}

// latest gives the last message of each device before now.
func (d *demo) latest(now time.Time) []synth.Message {
	last := map[string]synth.Message{}
	var order []string
	for m := range d.feeds.Messages(now.Add(-11*time.Minute), now, synth.UsualCadence()) {
		if _, seen := last[m.Device]; !seen {
			order = append(order, m.Device)
		}
		last[m.Device] = m
	}
	out := make([]synth.Message, 0, len(order))
	for _, id := range order {
		out = append(out, last[id])
	}
	return out
}

func (d *demo) connect(ctx context.Context) (paho.Client, error) {
	scheme := "tcp"
	o := paho.NewClientOptions().SetClientID(demoDevice).SetAutoReconnect(true).SetConnectRetry(true).SetConnectRetryInterval(time.Second).SetMaxReconnectInterval(5 * time.Second)
	if d.a.mqttTLS() {
		scheme = "ssl"
		// To itself, over a certificate that it has just made.
		o.SetTLSConfig(&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	}
	host, port := splitAddr(d.a.mqttLn.Addr().String())
	if host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	o.AddBroker(scheme + "://" + host + ":" + port)
	if !d.a.settings.LoopbackFree() || !d.a.settings.MQTTLocal {
		secret, err := d.credential(ctx)
		if err != nil {
			return nil, err
		}
		o.SetUsername(demoDevice).SetPassword(secret)
	}
	c := paho.NewClient(o)
	t := c.Connect()
	select {
	case <-t.Done():
	case <-ctx.Done():
	}
	return c, nil
}

// credential makes the devices known, with a new secret at each start.
func (d *demo) credential(ctx context.Context) (string, error) {
	secret, err := d.a.ids.ResetDevice(ctx, demoDevice)
	if problem.Is(err, problem.ResourceNotFound) {
		secret, err = d.a.ids.AddDevice(ctx, demoDevice, []string{"air", "buses", "noise", "weather"})
	}
	if err != nil {
		return "", fmt.Errorf("make the demo's devices known: %w", err)
	}
	return secret, nil
}

// send publishes with QoS 1 and waits until all is acknowledged.
func (d *demo) send(ctx context.Context, c paho.Client, ms []synth.Message) {
	tokens := make([]paho.Token, len(ms))
	for i := range ms {
		tokens[i] = c.Publish(ms[i].Topic, 1, false, ms[i].Payload)
	}
	for _, t := range tokens {
		select {
		case <-t.Done():
		case <-ctx.Done():
			return
		}
		if err := t.Error(); err != nil && ctx.Err() == nil {
			d.a.log.Warn("a demo device could not publish", "error", err)
		}
	}
}

// hand gives messages straight to the sources.
func (d *demo) hand(ctx context.Context, ms []synth.Message) {
	for i := range ms {
		m := connect.Message{Topic: ms[i].Topic, Payload: ms[i].Payload, Client: demoDevice, Arrived: d.a.clock.Now()}
		if err := d.a.sources.HandleMQTT(ctx, m); err != nil && ctx.Err() == nil {
			d.a.log.Warn("a demo message was not kept", "error", err)
		}
	}
}
