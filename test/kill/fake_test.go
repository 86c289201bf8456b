package kill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/beffroi/beffroi/test/process"
)

// fake answers like beffroi does, from memory. It exists so that the writers
// and the judge are tested themselves, against one that does well and against
// ones that do damage.
type fake struct {
	broker.HookBase

	mu    sync.Mutex
	state map[string]map[string]int // entity, attribute, value
	past  map[string]map[string][]int
	kinds map[string]string
}

func newFake() *fake {
	return &fake{state: map[string]map[string]int{}, past: map[string]map[string][]int{}, kinds: map[string]string{}}
}

// set keeps one value.
func (f *fake) set(id, kind, attr string, value int) {
	if f.state[id] == nil {
		f.state[id], f.past[id] = map[string]int{}, map[string][]int{}
		f.kinds[id] = kind
	}
	f.state[id][attr] = value
	f.past[id][attr] = append(f.past[id][attr], value)
}

// keep takes an entity in normalised form.
func (f *fake) keep(e map[string]json.RawMessage) (created bool) {
	id, kind := text(e["id"]), text(e["type"])
	created = f.state[id] == nil
	for attr, raw := range e {
		var p struct{ Value int }
		if attr != "id" && attr != "type" && json.Unmarshal(raw, &p) == nil {
			f.set(id, kind, attr, p.Value)
		}
	}
	return created
}

func text(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

// ServeHTTP answers the requests that the writers and the judge make.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/ngsi-ld/v1/")
	parts := strings.Split(path, "/")
	var one map[string]json.RawMessage
	var many []map[string]json.RawMessage
	if r.Method == http.MethodPost && path == "entityOperations/upsert" {
		_ = json.NewDecoder(r.Body).Decode(&many)
		status := http.StatusNoContent
		for _, e := range many {
			if f.keep(e) {
				status = http.StatusCreated
			}
		}
		w.WriteHeader(status)
		return
	}
	if r.Method == http.MethodPost || r.Method == http.MethodPatch {
		_ = json.NewDecoder(r.Body).Decode(&one)
	}
	switch {
	case r.Method == http.MethodPost && path == "entities":
		f.keep(one)
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodGet && path == "entities":
		n := 0
		for _, kind := range f.kinds {
			if kind == r.URL.Query().Get("type") {
				n++
			}
		}
		w.Header().Set("NGSILD-Results-Count", fmt.Sprint(n))
	case f.state[parts[len(parts)-1]] == nil && f.state[parts[1]] == nil:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodPatch:
		var value int
		_ = json.Unmarshal(one["value"], &value)
		f.set(parts[1], "", parts[3], value)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodDelete:
		delete(f.state, parts[1])
		delete(f.past, parts[1])
		delete(f.kinds, parts[1])
		w.WriteHeader(http.StatusNoContent)
	case parts[0] == "temporal":
		id, out := parts[2], map[string]any{"id": parts[2], "type": f.kinds[parts[2]]}
		from, _ := time.Parse(time.RFC3339, r.URL.Query().Get("timeAt"))
		to, err := time.Parse(time.RFC3339, r.URL.Query().Get("endTimeAt"))
		for attr, values := range f.past[id] {
			pairs := [][2]any{}
			for _, v := range values {
				if at := observed(v); at.Before(from) || err == nil && !at.Before(to) {
					continue
				}
				pairs = append(pairs, [2]any{v, observed(v)})
			}
			out[attr] = map[string]any{"type": "Property", "values": pairs}
		}
		_ = json.NewEncoder(w).Encode(out)
	default:
		id, out := parts[1], map[string]any{"id": parts[1], "type": f.kinds[parts[1]]}
		for attr, v := range f.state[id] {
			out[attr] = property(v)
		}
		_ = json.NewEncoder(w).Encode(out)
	}
}

// Provides says which events of the MQTT listener the fake wants.
func (f *fake) Provides(b byte) bool {
	return bytes.Contains([]byte{broker.OnConnectAuthenticate, broker.OnACLCheck, broker.OnPublish}, []byte{b})
}

// OnConnectAuthenticate lets everybody in.
func (f *fake) OnConnectAuthenticate(*broker.Client, packets.Packet) bool { return true }

// OnACLCheck lets everybody publish.
func (f *fake) OnACLCheck(*broker.Client, string, bool) bool { return true }

// OnPublish keeps a reading before it is acknowledged, and once only.
func (f *fake) OnPublish(_ *broker.Client, pk packets.Packet) (packets.Packet, error) {
	var m struct {
		ID    string
		Count int
	}
	if err := json.Unmarshal(pk.Payload, &m); err != nil {
		return pk, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state[m.ID]["count"] < m.Count {
		f.set(m.ID, "KillProbe", "count", m.Count)
	}
	return pk, nil
}

// listen gives the fake its two addresses.
func (f *fake) listen(t *testing.T) (base, mqtt string) {
	t.Helper()
	mqtt = process.FreePort(t)
	b := broker.New(&broker.Options{Logger: slog.New(slog.DiscardHandler)})
	if err := b.AddHook(f, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.AddListener(listeners.NewTCP(listeners.Config{ID: "t", Address: mqtt})); err != nil {
		t.Fatal(err)
	}
	if err := b.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	return srv.URL, mqtt
}

func TestStreamAndJudge(t *testing.T) {
	if testing.Short() {
		t.Skip("streams for a while")
	}
	tests := map[string]struct {
		damage func(*fake)
		want   string
	}{
		"no damage": {func(*fake) {}, ""},
		"an entity is gone": {func(f *fake) {
			id := entityID("patch0", 3)
			delete(f.state, id)
			delete(f.past, id)
			delete(f.kinds, id)
		}, "acknowledged and is not in history"},
		"the state is an old one": {func(f *fake) { f.state[entityID("five0", 2)]["count"]-- }, "the last one kept is"},
		"history lost a point":    {func(f *fake) { f.past[entityID("three0", 1)]["count"][0] = 999_999 }, "nobody sent it"},
		"a device's message is there twice": {func(f *fake) {
			p := f.past[entityID("five1", 1)]
			p["count"] = append(p["count"], p["count"][0])
		}, "in history 2 times"},
		"an entity that nobody sent":    {func(f *fake) { f.set("urn:x", "KillProbe", "count", 1) }, "by name"},
		"an attribute that nobody sent": {func(f *fake) { f.set(entityID("batch0", 1), "", "size", 1) }, "nobody sent: map[size:1]"},
		"a deleted entity is back, or a created one gone": {func(f *fake) {
			if id := entityID("cycle", 0); f.state[id] == nil {
				f.set(id, "KillCycle", "turn", 1)
			} else {
				delete(f.state, id)
				delete(f.kinds, id)
			}
		}, "acknowledged as"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			base, mqtt := f.listen(t)
			st := &stream{base: base, mqtt: mqtt, ledger: newLedger(), cycles: []*cycle{{id: entityID("cycle", 0)}}}
			// The writers stop between two requests, so nothing is in flight
			// over HTTP and every entity of theirs is written by then.
			st.run(t.Context(), 1, func() bool { return st.ledger.acks() > 3000 }).Wait()
			tt.damage(f)
			_, err := st.verify(t.Context())
			got := strings.Join(st.ledger.trouble(), "; ")
			if err != nil {
				got += err.Error()
			}
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("complaints %q, want %q; last refusal %v", got, tt.want, st.lastNo.Load())
			}
		})
	}
}

// While a server is down nobody waits for it for ever.
func TestStreamEndsWithItsServer(t *testing.T) {
	st := &stream{base: "http://" + process.FreePort(t), mqtt: process.FreePort(t), ledger: newLedger()}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	st.run(ctx, 1, nil).Wait()
	if ctx.Err() != nil {
		t.Error("the writers did not end")
	}
}
