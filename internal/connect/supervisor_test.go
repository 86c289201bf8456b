package connect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/vocab"
)

// intake stands before a broker: it can fail, and it counts.
type intake struct {
	b    *broker.Broker
	mu   sync.Mutex
	fail error
	sent []entity.Fragment
}

func (i *intake) Ingest(ctx context.Context, c broker.Call, fs []entity.Fragment) ([]broker.Outcome, error) {
	i.mu.Lock()
	fail := i.fail
	if fail == nil {
		i.sent = append(i.sent, fs...)
	}
	i.mu.Unlock()
	if fail != nil {
		return nil, fail
	}
	return i.b.Ingest(ctx, c, fs)
}

func (i *intake) failWith(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fail = err
}

type bench struct {
	*Supervisor
	in *intake
	st store.Driver
	b  *broker.Broker
}

func start(t *testing.T, o Options, texts ...string) *bench {
	t.Helper()
	return startOn(t, memstore.New(memstore.Options{}), o, texts...)
}

func startOn(t *testing.T, st store.Driver, o Options, texts ...string) *bench {
	t.Helper()
	now := func() entity.Instant { return entity.Instant(time.Now().UnixMicro()) }
	b := broker.New(st, broker.Options{Now: now})
	in := &intake{b: b}
	o.Broker, o.Records, o.Now = in, st, time.Now
	if o.Jitter == nil {
		o.Jitter = func() float64 { return 0.5 }
	}
	var ms []*Mapping
	for _, text := range texts {
		ms = append(ms, mustCompile(t, text))
	}
	s, err := New(t.Context(), o, ms)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{s, in, st, b}
}

// rooms is a mapping of temperatures in rooms; a text after kind changes it.
func rooms(name, how string) string {
	return "source: " + name + "\n" + how + `
period: 1m
entities:
  - id: '"urn:ngsi-ld:Room:" + item.id'
    type: WeatherObserved
    observedAt: time(item.at)
    attributes:
      name: {value: item.name, static: true}
      temperature: {value: item.t, unit: CEL, required: true}
`
}

const roomsMQTT = "kind: mqtt\ntopic: rooms/+"

func (b *bench) temperature(t *testing.T, id string) string {
	t.Helper()
	e, err := b.b.Entity(t.Context(), broker.Call{}, entity.ID("urn:ngsi-ld:Room:"+id))
	if err != nil {
		return err.Error()
	}
	a, ok := e.Attr(vocab.Term("temperature"), "")
	if !ok {
		return "none"
	}
	return string(a.Value)
}

func TestHandleMQTT(t *testing.T) {
	b := start(t, Options{}, rooms("rooms", roomsMQTT), rooms("all", "kind: mqtt\ntopic: '#'"))
	msg := func(topic, body string) Message {
		return Message{Topic: topic, Payload: []byte(body), Client: "c", Arrived: at0("2026-03-02T10:00:00Z")}
	}
	if err := b.HandleMQTT(t.Context(), msg("rooms/1", `{"id":"1","at":"2026-03-02T09:59:58Z","t":21.50}`)); err != nil {
		t.Fatal(err)
	}
	if got := b.temperature(t, "1"); got != "21.50" {
		t.Errorf("temperature %s: the literal must be kept", got)
	}
	if len(b.in.sent) != 2 {
		t.Errorf("%d fragments; both sources take the topic", len(b.in.sent))
	}
	// What cannot be mapped is kept and acknowledged.
	if err := b.HandleMQTT(t.Context(), msg("rooms/2", `{"id":"2","at":"2026-03-02T09:59:58Z"}`)); err != nil {
		t.Fatal(err)
	}
	ls, err := b.Letters(t.Context(), "rooms", "", 10)
	if err != nil || len(ls) != 1 || !strings.Contains(ls[0].Reason, "temperature") || !strings.Contains(ls[0].Reason, "missing") || ls[0].Topic != "rooms/2" {
		t.Errorf("dead letters %+v, %v", ls, err)
	}
	// Nothing durable, no acknowledgement.
	b.in.failWith(problem.New(problem.Unavailable, "closing"))
	if err := b.HandleMQTT(t.Context(), msg("rooms/1", `{"id":"1","at":"2026-03-02T10:00:58Z","t":22}`)); !problem.Is(err, problem.Unavailable) {
		t.Errorf("acknowledged though nothing is durable: %v", err)
	}
}

func TestUnroutedAndForbidden(t *testing.T) {
	b := start(t, Options{}, rooms("rooms", roomsMQTT))
	for _, m := range []Message{
		{Topic: "elsewhere/1", Payload: []byte("x"), Client: "c"},
		{Topic: "rooms/1", Payload: []byte("y"), Client: "c", MayFeed: func(string) bool { return false }},
	} {
		if err := b.HandleMQTT(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	ls, err := b.Letters(t.Context(), Unrouted, "", 10)
	if err != nil || len(ls) != 2 || !strings.Contains(ls[0].Reason, "no source") || !strings.Contains(ls[1].Reason, "may not feed rooms") {
		t.Errorf("%+v, %v", ls, err)
	}
	if len(b.in.sent) != 0 {
		t.Error("a device fed a source that it may not feed")
	}
}

func TestDeadLettersAreBoundedAndOutliveARestart(t *testing.T) {
	st := memstore.New(memstore.Options{})
	b := startOn(t, st, Options{DeadLetters: 3}, rooms("rooms", roomsMQTT))
	for i := range 5 {
		if err := b.HandleMQTT(t.Context(), Message{Topic: "rooms/1", Payload: fmt.Appendf(nil, "not JSON %d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	// The same again is counted on the one that is there.
	for range 2 {
		if err := b.HandleMQTT(t.Context(), Message{Topic: "rooms/1", Payload: []byte("not JSON 4"), Arrived: at0("2026-03-02T10:00:00Z")}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(b *bench, again int) {
		t.Helper()
		ls, err := b.Letters(t.Context(), "rooms", "", 10)
		if err != nil || len(ls) != 3 || string(ls[0].Payload) != "not JSON 2" || string(ls[2].Payload) != "not JSON 4" || ls[2].Again != again {
			t.Errorf("%+v, %v", ls, err)
		}
		if n, dropped := b.letters.count("rooms"); n != 3 || dropped != 2 {
			t.Errorf("%d kept, %d dropped", n, dropped)
		}
		page, err := b.Letters(t.Context(), "rooms", ls[0].ID, 1)
		if err != nil || len(page) != 1 || page[0].ID != ls[1].ID {
			t.Errorf("the page behind the first: %+v, %v", page, err)
		}
	}
	check(b, 2)
	b = startOn(t, st, Options{DeadLetters: 3}, rooms("rooms", roomsMQTT))
	check(b, 0)
	if n, err := b.Discard(t.Context(), "rooms", nil); n != 3 || err != nil {
		t.Errorf("discarded %d, %v", n, err)
	}
	// Numbers are never given twice.
	if err := b.HandleMQTT(t.Context(), Message{Topic: "rooms/1", Payload: []byte("again")}); err != nil {
		t.Fatal(err)
	}
	if ls, _ := b.Letters(t.Context(), "rooms", "", 10); len(ls) != 1 || ls[0].ID != "0000000000000006" {
		t.Errorf("%+v", ls)
	}
}

func TestReplay(t *testing.T) {
	st := memstore.New(memstore.Options{})
	b := startOn(t, st, Options{}, rooms("rooms", roomsMQTT))
	for _, body := range []string{`{"id":"1","at":"2026-03-02T10:00:00Z","temp":21}`, `nonsense`} {
		if err := b.HandleMQTT(t.Context(), Message{Topic: "rooms/1", Payload: []byte(body), Arrived: at0("2026-03-02T10:00:01Z")}); err != nil {
			t.Fatal(err)
		}
	}
	mended := strings.Replace(rooms("rooms", roomsMQTT), "item.t,", "'item.?t.orValue(item.temp)',", 1)
	b = startOn(t, st, Options{}, mended)
	r, err := b.Replay(t.Context(), "rooms", nil)
	if err != nil || r.Tried != 2 || r.Mapped != 1 || len(r.Left) != 1 || string(r.Left[0].Payload) != "nonsense" {
		t.Errorf("%+v, %v", r, err)
	}
	if got := b.temperature(t, "1"); got != "21" {
		t.Errorf("temperature %s", got)
	}
	if ls, _ := b.Letters(t.Context(), "rooms", "", 10); len(ls) != 1 {
		t.Errorf("%d letters left", len(ls))
	}
	if _, err := b.Replay(t.Context(), "rooms", []string{"ffffffffffffffff"}); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("an unknown letter: %v", err)
	}
}

func TestReplayOfAnItemKnowsItsParent(t *testing.T) {
	st := memstore.New(memstore.Options{})
	mapping := `
source: floors
kind: push
items: floors[].rooms[]
entities:
  - id: '"urn:ngsi-ld:Room:" + parent.floor + "-" + item.id'
    type: WeatherObserved
    attributes: {temperature: {value: item.t, required: true}}
`
	b := startOn(t, st, Options{}, mapping)
	p, err := b.Push(t.Context(), "floors", []byte(`{"floors":[{"floor":"2","rooms":[{"id":"a","t":1},{"id":"b","temp":2}]}]}`), at0("2026-03-02T10:00:00Z"))
	if err != nil || len(p.Letters) != 1 || p.Entities != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	b = startOn(t, st, Options{}, strings.Replace(mapping, "item.t,", "'item.?t.orValue(item.temp)',", 1))
	if r, err := b.Replay(t.Context(), "floors", []string{p.Letters[0].ID}); err != nil || r.Mapped != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if got := b.temperature(t, "2-b"); got != "2" {
		t.Errorf("temperature %s", got)
	}
}

func TestReplayUnrouted(t *testing.T) {
	st := memstore.New(memstore.Options{})
	b := startOn(t, st, Options{}, rooms("other", "kind: mqtt\ntopic: other/+"))
	m := Message{Topic: "rooms/1", Payload: []byte(`{"id":"1","at":"2026-03-02T10:00:00Z","t":21}`), Arrived: at0("2026-03-02T10:00:01Z")}
	if err := b.HandleMQTT(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	b = startOn(t, st, Options{}, rooms("rooms", roomsMQTT))
	if r, err := b.Replay(t.Context(), Unrouted, nil); err != nil || r.Mapped != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if got := b.temperature(t, "1"); got != "21" {
		t.Errorf("temperature %s", got)
	}
}

func TestStaticsAreWrittenOnce(t *testing.T) {
	b := start(t, Options{}, rooms("rooms", roomsMQTT))
	say := func(name, temp string, minute int) {
		t.Helper()
		body := fmt.Sprintf(`{"id":"1","name":%q,"at":"2026-03-02T10:%02d:00Z","t":%s}`, name, minute, temp)
		if err := b.HandleMQTT(t.Context(), Message{Topic: "rooms/1", Payload: []byte(body), Arrived: at0("2026-03-02T10:59:01Z")}); err != nil {
			t.Fatal(err)
		}
	}
	say("hall", "20", 1)
	say("hall", "21", 2)
	say("Hall", "22", 3)
	if len(b.in.sent) != 3 || len(b.in.sent[0].Attrs) != 2 || len(b.in.sent[1].Attrs) != 1 || len(b.in.sent[2].Attrs) != 2 {
		t.Errorf("%+v", b.in.sent)
	}
	// Somebody deletes the room: the next reading brings its name back.
	if err := b.b.Delete(t.Context(), broker.Call{}, "urn:ngsi-ld:Room:1"); err != nil {
		t.Fatal(err)
	}
	say("Hall", "23", 4)
	e, err := b.b.Entity(t.Context(), broker.Call{}, "urn:ngsi-ld:Room:1")
	if err != nil || !e.Has(vocab.Term("name")) {
		t.Errorf("the name did not come back: %v, %v", e, err)
	}
}

func TestPush(t *testing.T) {
	b := start(t, Options{}, rooms("rooms", "kind: push"))
	p, err := b.Push(t.Context(), "rooms", []byte(`[{"id":"1","at":"2026-03-02T10:00:00Z","t":1},{"id":"2","t":2,"at":"soon"},{"id":"3","at":"2026-03-02T10:00:00Z","t":3}]`), at0("2026-03-02T10:00:01Z"))
	if err != nil || p.Items != 3 || p.Entities != 2 || len(p.Letters) != 1 || !strings.Contains(p.Letters[0].Reason, "soon") || !p.Letters[0].Item {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := b.Push(t.Context(), "none", nil, time.Time{}); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("an unknown source: %v", err)
	}
}

func TestAMappingThatFitsNothingLeavesOneLetter(t *testing.T) {
	st := memstore.New(memstore.Options{})
	b := startOn(t, st, Options{}, rooms("rooms", "kind: push"))
	items := make([]string, 300)
	for i := range items {
		items[i] = fmt.Sprintf(`{"id":"%d","at":"2026-03-02T10:00:00Z","temp":%d}`, i, i)
	}
	body := "[" + strings.Join(items, ",") + "]"
	p, err := b.Push(t.Context(), "rooms", []byte(body), at0("2026-03-02T10:00:01Z"))
	if err != nil || len(p.Letters) != 1 || !strings.HasPrefix(p.Letters[0].Reason, "300 of 300 items cannot be mapped; the first: ") || p.Letters[0].Item {
		t.Fatalf("%d letters: %.200v, %v", len(p.Letters), p.Letters, err)
	}
	large := strings.Replace(body, `"id":"0"`, `"id":"0","x":"`+strings.Repeat("x", maxKeptPayload)+`"`, 1)
	p, err = b.Push(t.Context(), "rooms", []byte(large), at0("2026-03-02T10:00:01Z"))
	if err != nil || len(p.Letters) != mostLetters || !strings.Contains(p.Letters[0].Reason, "100 of them are kept") {
		t.Errorf("%d letters, %v", len(p.Letters), err)
	}
	if n, err := b.Discard(t.Context(), "rooms", nil); n != 1+mostLetters || err != nil {
		t.Errorf("%d letters, %v", n, err)
	}
	if _, err = b.Push(t.Context(), "rooms", []byte(body), at0("2026-03-02T10:00:01Z")); err != nil {
		t.Fatal(err)
	}
	// A mapping that fits all but two takes the others in.
	half := strings.Replace(rooms("rooms", "kind: push"), "item.t,", "'item.temp < 298.0 ? item.temp : none',", 1)
	b = startOn(t, st, Options{}, half)
	if r, err := b.Replay(t.Context(), "rooms", nil); err != nil || r.Tried != 1 || r.Mapped != 0 || len(r.Left) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if got := b.temperature(t, "297"); got != "297" {
		t.Errorf("temperature %s", got)
	}
	if ls, err := b.Letters(t.Context(), "rooms", "", 10); err != nil || len(ls) != 2 || !ls[0].Item {
		t.Errorf("%d letters, %v", len(ls), err)
	}
	b = startOn(t, st, Options{}, strings.Replace(rooms("rooms", "kind: push"), "item.t,", "item.temp,", 1))
	if r, err := b.Replay(t.Context(), "rooms", nil); err != nil || r.Mapped != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if got := b.temperature(t, "299"); got != "299" {
		t.Errorf("temperature %s", got)
	}
}

func TestReadNow(t *testing.T) {
	r := &feedReader{began: time.Now(), t: t, give: func(int) (string, string, error) { return `{"id":"1","at":"2000-01-01T00:00:00Z","t":7}`, "x", nil }}
	b := start(t, Options{Readers: map[Kind]Open{HTTP: func(*Mapping) (Reader, error) { return r, nil }}}, rooms("rooms", "kind: http\nurl: http://feed.example/x"), rooms("heard", roomsMQTT))
	for range 2 {
		if err := b.ReadNow(t.Context(), "rooms"); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.temperature(t, "1"); got != "7" || fmt.Sprintf("%q", r.states) != `["" "x"]` {
		t.Errorf("temperature %s, states %q", got, r.states)
	}
	if err := b.ReadNow(t.Context(), "heard"); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("a source that is heard: %v", err)
	}
}

// feedReader gives one payload a call, or an error.
type feedReader struct {
	calls  []time.Duration // when, since the start
	began  time.Time
	states []string
	give   func(n int) (body, state string, err error)
	takes  time.Duration
	busy   bool
	t      *testing.T
}

func (r *feedReader) Read(_ context.Context, state []byte, take func(Payload, []byte) error) error {
	if r.busy {
		r.t.Error("a poll overlaps the one before")
	}
	r.busy = true
	defer func() { r.busy = false }()
	r.calls = append(r.calls, time.Since(r.began))
	r.states = append(r.states, string(state))
	time.Sleep(r.takes)
	body, next, err := r.give(len(r.calls))
	if err != nil || body == "" {
		return err
	}
	return take(Payload{Data: []byte(body)}, []byte(next))
}

func TestPoll(t *testing.T) {
	room := func(n int) string {
		return fmt.Sprintf(`{"id":"1","at":%d,"t":%d}`, time.Now().Unix(), n)
	}
	for name, tc := range map[string]struct {
		give  func(n int) (string, string, error)
		takes time.Duration
		runs  time.Duration
		calls []time.Duration
		state State
		last  string // state handed to the last call
	}{
		"every period, with the last state": {
			give:  func(n int) (string, string, error) { return room(n), fmt.Sprint("etag", n), nil },
			runs:  150 * time.Second,
			calls: []time.Duration{250 * time.Millisecond, 60250 * time.Millisecond, 120250 * time.Millisecond}, state: OK, last: "etag2",
		},
		"failures wait longer each time": {
			give:  func(int) (string, string, error) { return "", "", errors.New("broken") },
			runs:  12 * time.Second,
			calls: []time.Duration{250 * time.Millisecond, 1150 * time.Millisecond, 2950 * time.Millisecond, 6550 * time.Millisecond}, state: Failing,
		},
		"a slow poll delays the next": {
			give:  func(n int) (string, string, error) { return room(n), "", nil },
			takes: 90 * time.Second, runs: 200 * time.Second,
			calls: []time.Duration{250 * time.Millisecond, 90250 * time.Millisecond, 180250 * time.Millisecond}, state: OK,
		},
		"a list that stays empty is late": {
			give: func(n int) (string, string, error) {
				if n == 1 {
					return room(n), "x", nil
				}
				return "[]", "x", nil
			},
			runs:  150 * time.Second,
			calls: []time.Duration{250 * time.Millisecond, 60250 * time.Millisecond, 120250 * time.Millisecond}, state: Late, last: "x",
		},
		"a panic is a failure": {
			give:  func(n int) (string, string, error) { panic("oh") },
			runs:  time.Second,
			calls: []time.Duration{250 * time.Millisecond}, state: Failing,
		},
		"a server that has nothing new is alive": {
			give: func(n int) (string, string, error) {
				if n == 1 {
					return room(n), "x", nil
				}
				return "", "", nil
			},
			runs:  150 * time.Second,
			calls: []time.Duration{250 * time.Millisecond, 60250 * time.Millisecond, 120250 * time.Millisecond}, state: OK, last: "x",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &feedReader{began: time.Now(), give: tc.give, takes: tc.takes, t: t}
				b := start(t, Options{Readers: map[Kind]Open{HTTP: func(*Mapping) (Reader, error) { return r, nil }}}, rooms("rooms", "kind: http\nurl: http://feed.example/x"))
				ctx, cancel := context.WithTimeout(t.Context(), tc.runs)
				defer cancel()
				var st Status
				done := make(chan error, 1)
				go func() { done <- b.Run(ctx) }()
				time.Sleep(tc.runs - time.Millisecond)
				st = b.Status()[0]
				if err := <-done; err != nil {
					t.Error(err)
				}
				if fmt.Sprint(r.calls) != fmt.Sprint(tc.calls) {
					t.Errorf("polled at %v, want %v", r.calls, tc.calls)
				}
				if st.State == Failing && (st.LastError == "" || strings.Contains(st.LastError, "broken") || strings.Contains(st.LastError, "oh")) {
					t.Errorf("the reason is %q: what nobody classified is for the log", st.LastError)
				}
				if st.State != tc.state {
					t.Errorf("state %s, want %s: %+v", st.State, tc.state, st)
				}
				if got := r.states[len(r.states)-1]; got != tc.last {
					t.Errorf("the last call had the state %q, want %q", got, tc.last)
				}
			})
		})
	}
}

func TestPollKeepsNoMarkOfWhatIsNotDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &feedReader{began: time.Now(), t: t, give: func(n int) (string, string, error) {
			return `{"id":"1","at":"2000-01-01T00:00:00Z","t":1}`, fmt.Sprint(n), nil
		}}
		b := start(t, Options{Readers: map[Kind]Open{HTTP: func(*Mapping) (Reader, error) { return r, nil }}}, rooms("rooms", "kind: http\nurl: http://feed.example/x"))
		b.in.failWith(problem.New(problem.OutOfSpace, "full"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		time.Sleep(2 * time.Second) // two attempts
		b.in.failWith(nil)
		time.Sleep(2 * time.Minute)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if fmt.Sprintf("%q", r.states) != `["" "" "" "3"]` {
			t.Errorf("states %q", r.states)
		}
		if got := b.temperature(t, "1"); got != "1" {
			t.Errorf("temperature %s", got)
		}
	})
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, Options{}, rooms("rooms", roomsMQTT))
		for i := range 600 {
			body := fmt.Sprintf(`{"id":"1","at":%d,"t":%d}`, time.Now().Unix(), i)
			if err := b.HandleMQTT(t.Context(), Message{Topic: "rooms/1", Payload: []byte(body), Arrived: time.Now()}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if st := b.Status()[0]; st.PerMinute != 60 || st.Readings != 600 || st.State != OK {
			t.Errorf("%+v", st)
		}
		time.Sleep(20 * time.Minute)
		if st := b.Status()[0]; st.PerMinute != 0 || st.State != Silent {
			t.Errorf("%+v", st)
		}
	})
}

func TestCollector(t *testing.T) {
	b := start(t, Options{}, rooms("rooms", roomsMQTT))
	for _, body := range []string{`{"id":"1","at":"2026-03-02T10:00:00Z","t":1}`, "nonsense"} {
		if err := b.HandleMQTT(t.Context(), Message{Topic: "rooms/1", Payload: []byte(body), Arrived: at0("2026-03-02T10:00:01Z")}); err != nil {
			t.Fatal(err)
		}
	}
	r := prometheus.NewPedanticRegistry()
	if err := r.Register(b.Collector()); err != nil {
		t.Fatal(err)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			got[f.GetName()] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	for name, want := range map[string]float64{"payloads_total": 2, "readings_total": 1, "dead_letters": 1, "up": 1} {
		if got["beffroi_source_"+name] != want {
			t.Errorf("%s is %v, want %v", name, got["beffroi_source_"+name], want)
		}
	}
}
