package kill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/beffroi/beffroi/test/process"
)

// What the writers share out among themselves: eight of them, each with its
// own entities, so that a key has one writer.
const (
	batchWriters   = 2
	patchWriters   = 2
	cycleWriters   = 1
	mqtt5Writers   = 2
	mqtt311Writers = 1

	entitiesEach = 20
	batchSize    = 10
	mqttWindow   = 8 // messages in flight of one MQTT client, each of another entity
)

// entityID names entity i of a writer.
func entityID(writer string, i int) string {
	return fmt.Sprintf("urn:ngsi-ld:KillProbe:%s-%02d", writer, i)
}

// stream is what runs against the server between its start and its death.
type stream struct {
	base, mqtt string
	ledger     *ledger
	cycles     []*cycle
	again      map[string][]write // what each MQTT writer sends again first
	enough     func() bool        // nil: never
	refused    atomic.Int64
	lastNo     atomic.Value // string: the last refusal, for the report
}

// run starts every writer and a reader; they end when ctx does, when their
// server is gone, or, between two requests, when enough says so.
func (s *stream) run(ctx context.Context, seed uint64, enough func() bool) *sync.WaitGroup {
	s.enough = enough
	var wg sync.WaitGroup
	n := uint64(0)
	launch := func(count int, kind string, f func(ctx context.Context, name string, r *rand.Rand)) {
		for i := range count {
			n++
			r := rand.New(rand.NewPCG(seed, n))
			wg.Go(func() { f(ctx, fmt.Sprintf("%s%d", kind, i), r) })
		}
	}
	launch(batchWriters, "batch", s.batches)
	launch(patchWriters, "patch", s.patches)
	launch(mqtt5Writers, "five", s.mqtt5)
	launch(mqtt311Writers, "three", s.mqtt311)
	launch(1, "reader", s.reads)
	for _, c := range s.cycles {
		wg.Go(func() { s.turn(ctx, c) })
	}
	return &wg
}

// on tells whether to go on.
func (s *stream) on(ctx context.Context) bool {
	return ctx.Err() == nil && (s.enough == nil || !s.enough())
}

// do sends one request; ok tells whether the server said yes. A connection
// that breaks is no answer at all.
func (s *stream) do(ctx context.Context, c *http.Client, method, path string, body any) (status int, answer []byte, ok bool) {
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		in = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, in)
	if err != nil {
		panic(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.Do(req)
	if err != nil {
		return 0, nil, false
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, false
	}
	if resp.StatusCode >= 300 || resp.StatusCode == http.StatusMultiStatus {
		if resp.StatusCode != http.StatusNotFound {
			s.refused.Add(1)
			s.lastNo.Store(fmt.Sprintf("%s %s: %d %.300s", method, path, resp.StatusCode, answer))
		}
		return resp.StatusCode, answer, false
	}
	return resp.StatusCode, answer, true
}

// property is an attribute in normalised form.
func property(value int) map[string]any {
	return map[string]any{"type": "Property", "value": value, "observedAt": observed(value).Format(time.RFC3339)}
}

// batches upserts several entities of two attributes at a time.
func (s *stream) batches(ctx context.Context, name string, r *rand.Rand) {
	c := process.NewClient()
	for s.on(ctx) {
		var keys []key
		first := r.IntN(entitiesEach)
		for i := range batchSize {
			id := entityID(name, (first+i)%entitiesEach)
			keys = append(keys, key{id, "count"}, key{id, "level"})
		}
		ws := s.ledger.send(keys...)
		body := []any{}
		for i := 0; i < len(ws); i += 2 {
			body = append(body, map[string]any{
				"id": ws[i].entity, "type": "KillProbe",
				"count": property(ws[i].value), "level": property(ws[i+1].value),
			})
		}
		if _, _, ok := s.do(ctx, c, http.MethodPost, "/ngsi-ld/v1/entityOperations/upsert?options=update", body); !ok {
			return
		}
		s.ledger.ack(ws)
	}
}

// patches changes one attribute at a time; the first change of an entity is
// its creation.
func (s *stream) patches(ctx context.Context, name string, r *rand.Rand) {
	c := process.NewClient()
	for s.on(ctx) {
		k := key{entityID(name, r.IntN(entitiesEach)), "count"}
		ws := s.ledger.send(k)
		p := property(ws[0].value)
		status, _, ok := s.do(ctx, c, http.MethodPatch, "/ngsi-ld/v1/entities/"+url.PathEscape(k.entity)+"/attrs/count", p)
		if status == http.StatusNotFound {
			_, _, ok = s.do(ctx, c, http.MethodPost, "/ngsi-ld/v1/entities", map[string]any{"id": k.entity, "type": "KillProbe", "count": p})
		}
		if !ok {
			return
		}
		s.ledger.ack(ws)
	}
}

// reading is the payload of a device.
func reading(w write) []byte {
	data, err := json.Marshal(map[string]any{"id": w.entity, "count": w.value, "at": observed(w.value).Format(time.RFC3339)})
	if err != nil {
		panic(err)
	}
	return data
}

// topicOf is where a device publishes.
func topicOf(name string) string { return "probe/" + name }

// publishing keeps mqttWindow messages of different entities in flight. What
// was not acknowledged before the last crash goes first, once more.
func (s *stream) publishing(ctx context.Context, name string, publish func(context.Context, []byte) error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, w := range s.again[name] {
		s.ledger.resend(w)
		if publish(ctx, reading(w)) != nil {
			return
		}
		s.ledger.ack([]write{w})
	}
	var wg sync.WaitGroup
	for lane := range mqttWindow {
		wg.Go(func() {
			for i := lane; s.on(ctx); i += mqttWindow {
				ws := s.ledger.send(key{entityID(name, i%entitiesEach/mqttWindow*mqttWindow+lane), "count"})
				if publish(ctx, reading(ws[0])) != nil {
					cancel()
					return
				}
				s.ledger.ack(ws)
			}
		})
	}
	wg.Wait()
}

// mqtt5 is a device that speaks MQTT 5.
func (s *stream) mqtt5(ctx context.Context, name string, _ *rand.Rand) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.mqtt)
	if err != nil {
		s.lastNo.Store(fmt.Sprintf("mqtt dial: %v", err))
		return
	}
	defer conn.Close()
	c := paho.NewClient(paho.ClientConfig{Conn: packets.NewThreadSafeConn(conn), OnClientError: func(error) { cancel() }, OnServerDisconnect: func(*paho.Disconnect) { cancel() }})
	if _, err := c.Connect(ctx, &paho.Connect{ClientID: name, KeepAlive: 60, CleanStart: true}); err != nil {
		s.lastNo.Store(fmt.Sprintf("mqtt 5 connect: %v", err))
		return
	}
	s.publishing(ctx, name, func(ctx context.Context, payload []byte) error {
		_, err := c.Publish(ctx, &paho.Publish{QoS: 1, Topic: topicOf(name), Payload: payload})
		if err != nil && ctx.Err() == nil {
			s.lastNo.Store(fmt.Sprintf("mqtt 5 publish: %v", err))
		}
		return err
	})
}

// mqtt311 is a device that speaks MQTT 3.1.1.
func (s *stream) mqtt311(ctx context.Context, name string, _ *rand.Rand) {
	opts := mqtt.NewClientOptions().AddBroker("tcp://" + s.mqtt).SetClientID(name).SetProtocolVersion(4).
		SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(10 * time.Second)
	c := mqtt.NewClient(opts)
	if tok := c.Connect(); !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
		s.lastNo.Store(fmt.Sprintf("mqtt 3.1.1 connect: %v", tok.Error()))
		return
	}
	defer c.Disconnect(0)
	s.publishing(ctx, name, func(ctx context.Context, payload []byte) error {
		tok := c.Publish(topicOf(name), 1, false, payload)
		select {
		case <-tok.Done():
			return tok.Error()
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// reads looks at random values while they change: what it is shown must
// survive.
func (s *stream) reads(ctx context.Context, _ string, r *rand.Rand) {
	c := process.NewClient()
	for s.on(ctx) {
		names := []string{"batch0", "batch1", "patch0", "patch1", "five0", "five1", "three0"}
		id := entityID(names[r.IntN(len(names))], r.IntN(entitiesEach))
		status, body, ok := s.do(ctx, c, http.MethodGet, "/ngsi-ld/v1/entities/"+url.PathEscape(id), nil)
		if status == 0 {
			return
		}
		if !ok {
			continue
		}
		e, err := parseEntity(body)
		if err != nil {
			s.lastNo.Store(err.Error())
			return
		}
		for attr, value := range e {
			s.ledger.saw(key{id, attr}, value)
		}
	}
}

// cycle is one entity that is created and deleted in turn.
type cycle struct {
	id      string
	turns   int
	present bool // as last acknowledged, or as found after a restart
	unsure  bool // the last turn was not acknowledged
}

// turn creates and deletes the entity of c as long as it can.
func (s *stream) turn(ctx context.Context, c *cycle) {
	client := process.NewClient()
	for s.on(ctx) {
		c.unsure = true
		c.turns++
		ok := false
		if c.present {
			_, _, ok = s.do(ctx, client, http.MethodDelete, "/ngsi-ld/v1/entities/"+url.PathEscape(c.id), nil)
		} else {
			_, _, ok = s.do(ctx, client, http.MethodPost, "/ngsi-ld/v1/entities", map[string]any{
				"id": c.id, "type": "KillCycle", "turn": map[string]any{"type": "Property", "value": c.turns}})
		}
		if !ok {
			return
		}
		c.present, c.unsure = !c.present, false
	}
}
