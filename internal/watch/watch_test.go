package watch_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/feed"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/watch"
)

type names struct{}

func (names) ExpandTerm(t string) (string, error) { return "x:" + t, nil }
func (names) ExpandVocab(v string) string         { return v }

func parse(t testing.TB, doc string) (*watch.Subscription, error) {
	t.Helper()
	n, err := jsontree.Parse([]byte(doc), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return watch.Parse(n, names{}, "", 10)
}

func must(t testing.TB, doc string) *watch.Subscription {
	t.Helper()
	s, err := parse(t, doc)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const tail = `"notification":{"endpoint":{"uri":"http://r.example/n"}},"type":"Subscription"`

func TestParseRefuses(t *testing.T) {
	for doc, says := range map[string]string{
		`[]`:                          "JSON object",
		`{"entities":[{"type":"A"}]}`: `no "type"`,
		`{"type":"Subscription","entities":[{"type":"A"}]}`: "notification",
		`{` + tail + `}`:                                                                                      `"entities" or "watchedAttributes"`,
		`{"entities":[],` + tail + `}`:                                                                        "not empty",
		`{"entities":[{"id":"urn:a"}],` + tail + `}`:                                                          `no "type"`,
		`{"entities":[{"type":"A","x":"1"}],` + tail + `}`:                                                    `no member "x"`,
		`{"watchedAttributes":[],` + tail + `}`:                                                               "not empty",
		`{"watchedAttributes":["a"],"timeInterval":5,` + tail + `}`:                                           "needs \"entities\"",
		`{"watchedAttributes":["a"],"fnord":5,` + tail + `}`:                                                  `no member "fnord"`,
		`{"watchedAttributes":["a"],"throttling":-1,` + tail + `}`:                                            "above zero",
		`{"watchedAttributes":["a"],"q":"a>",` + tail + `}`:                                                   "q",
		`{"watchedAttributes":["a"],"expiresAt":"tomorrow",` + tail + `}`:                                     "DateTime",
		`{"watchedAttributes":["a"],"notificationTrigger":["x"],` + tail + `}`:                                "notificationTrigger",
		`{"watchedAttributes":["a"],"type":"Subscription","notification":{"endpoint":{"uri":"gopher://x/"}}}`: "scheme",
		`{"watchedAttributes":["a"],"type":"Subscription","notification":{"endpoint":{"uri":"mqtt://x/"}}}`:   "names no topic",
		mqttTo(`"uri":"mqtt://x/a/+"`):                                                                        "no topic",
		mqttTo(`"uri":"mqtt://x/t","accept":"application/geo+json"`):                                          "MQTT carries",
		mqttTo(`"uri":"mqtt://x/t","notifierInfo":[{"key":"MQTT-QoS","value":"3"}]`):                          "MQTT-QoS",
		mqttTo(`"uri":"mqtts://x/t","notifierInfo":[{"key":"MQTT-Version","value":"mqtt3.1"}]`):               "MQTT-Version",
		`{"watchedAttributes":["a"],"type":"Subscription","notification":{"format":"simplified","showChanges":true,"endpoint":{"uri":"http://x/"}}}`: "showChanges",
		notifying(`"join":"up"`):                        "notification.join",
		notifying(`"join":"flat","joinLevel":0`):        "notification.joinLevel",
		notifying(`"joinLevel":1`):                      "notification.join",
		notifying(`"pick":["a{b}"]`):                    "needs join",
		notifying(`"join":"inline","omit":["a{b{c}}"]`): "2 levels",
		notifying(`"pick":["id"],"omit":["id"]`):        "both name",
		notifying(`"pick":["id"],"attributes":["a"]`):   "does not go with pick",
		notifying(`"omit":["id"],"attributes":["a"]`):   "does not go with pick",
		notifying(`"pick":["a{"]`):                      "pick",
		`{"watchedAttributes":["a"],"type":"Subscription","notification":{"endpoint":{"uri":"http://x/","receiverInfo":[{"key":"A b","value":"x"}]}}}`:       "header",
		`{"watchedAttributes":["a"],"type":"Subscription","notification":{"endpoint":{"uri":"http://x/","receiverInfo":[{"key":"A","value":"x\r\nB: y"}]}}}`: "header",
	} {
		_, err := parse(t, doc)
		if !problem.Is(err, problem.BadRequestData) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s\n\tgave %v, want something about %q", doc, err, says)
		}
	}
}

func mqttTo(members string) string {
	return `{"watchedAttributes":["a"],"type":"Subscription","notification":{"endpoint":{` + members + `}}}`
}

func notifying(members string) string {
	return `{"watchedAttributes":["a"],"type":"Subscription","notification":{` + members + `,"endpoint":{"uri":"http://x/"}}}`
}

func inst(name, value string, at entity.Position) entity.Instance {
	return entity.Instance{Name: entity.Name("x:" + name), Kind: entity.Property, Value: []byte(value), At: at}
}

// record makes a change of urn:a (type x:A) at position 5.
func record(kind change.Kind, before, after []entity.Instance) *change.Record {
	e := func(is []entity.Instance) *entity.Entity {
		if is == nil {
			return nil
		}
		return &entity.Entity{ID: "urn:a", Types: []entity.Name{"x:A"}, Attrs: is, At: 5}
	}
	b, a := e(before), e(after)
	return &change.Record{At: 5, Time: 100, Kind: kind, ID: "urn:a", Before: change.Head(b), After: a, Deltas: change.Diff(b, a, 5)}
}

func TestDue(t *testing.T) {
	one, same, two := []entity.Instance{inst("a", "1", 1)}, []entity.Instance{inst("a", "1.0", 5)}, []entity.Instance{inst("a", "2", 5)}
	created := record(change.Created, nil, two)
	updated := record(change.Updated, one, two)
	rewritten := record(change.Updated, one, same)
	deleted := record(change.Deleted, one, nil)
	attrGone := record(change.Updated, append(slices.Clone(one), inst("b", "1", 1)), one)
	tests := map[string]struct {
		sub  string
		r    *change.Record
		want bool
	}{
		"any change of a type":                       {`"entities":[{"type":"A"}]`, updated, true},
		"creation, by the default triggers (5.2.12)": {`"entities":[{"type":"A"}]`, created, true},
		"another type":                               {`"entities":[{"type":"B"}]`, updated, false},
		"by id":                                      {`"entities":[{"type":"A","id":"urn:a"}]`, updated, true},
		"another id":                                 {`"entities":[{"type":"A","id":"urn:b"}]`, updated, false},
		"by pattern":                                 {`"entities":[{"type":"A","idPattern":"^urn:[a-c]$"}]`, updated, true},
		"id wins over pattern":                       {`"entities":[{"type":"A","id":"urn:a","idPattern":"^no$"}]`, updated, true},
		"a watched attribute":                        {`"watchedAttributes":["a"]`, updated, true},
		"another watched attribute":                  {`"watchedAttributes":["b"]`, updated, false},
		"the same content again is no change (5.8.6)":   {`"watchedAttributes":["a"]`, rewritten, false},
		"q holds after the change":                      {`"watchedAttributes":["a"],"q":"a>1"`, updated, true},
		"q does not hold":                               {`"watchedAttributes":["a"],"q":"a>5"`, updated, false},
		"deletion only when asked for":                  {`"entities":[{"type":"A"}]`, deleted, false},
		"deletion when asked for":                       {`"entities":[{"type":"A"}],"notificationTrigger":["entityDeleted"]`, deleted, true},
		"deletion, q holds on the state before":         {`"entities":[{"type":"A"}],"q":"a==1","notificationTrigger":["entityDeleted"]`, deleted, true},
		"attribute deletion only when asked for":        {`"entities":[{"type":"A"}]`, attrGone, false},
		"attribute deletion when asked for":             {`"entities":[{"type":"A"}],"notificationTrigger":["attributeDeleted"]`, attrGone, true},
		"entityUpdated is the three attribute triggers": {`"entities":[{"type":"A"}],"notificationTrigger":["entityUpdated"]`, attrGone, true},
		"entityCreated does not take an update":         {`"entities":[{"type":"A"}],"notificationTrigger":["entityCreated"]`, updated, false},
		"entityCreated takes a creation":                {`"entities":[{"type":"A"}],"notificationTrigger":["entityCreated"]`, created, true},
		"paused":                                        {`"entities":[{"type":"A"}],"isActive":false`, updated, false},
		"another dataset: it changes what is shown":     {`"entities":[{"type":"A"}],"datasetId":["urn:d"]`, updated, true},
		"several ids (5.2.33)":                          {`"entities":[{"type":"B"},{"type":"A","id":["urn:b","urn:a"]}]`, updated, true},
		"the attributes go with the entity":             {`"watchedAttributes":["a"],"notificationTrigger":["attributeDeleted"]`, deleted, true},
		"not those that are not watched":                {`"watchedAttributes":["b"],"notificationTrigger":["entityUpdated"]`, deleted, false},
		"a period is not about changes":                 {`"entities":[{"type":"A"}],"timeInterval":5`, updated, false},
		"q as in an address":                            {`"entities":[{"type":"A"}],"q":"a%3E1"`, updated, true},
		"the default dataset":                           {`"entities":[{"type":"A"}],"datasetId":["@none"]`, updated, true},
		"expired":                                       {`"entities":[{"type":"A"}],"expiresAt":"1970-01-01T00:00:00.00005Z"`, updated, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := must(t, `{`+tt.sub+`,`+tail+`}`)
			if got := s.Due(tt.r, nil); got != tt.want {
				t.Errorf("Due = %v, want %v", got, tt.want)
			}
		})
	}
}

// city is a store with a broker and subscriptions that run on it.
type city struct {
	t    *testing.T
	st   *memstore.Store
	b    *broker.Broker
	subs *watch.Service
	recv *receiver
	stop func()
}

// receiver takes notifications, or fails while down.
type receiver struct {
	mu    sync.Mutex
	down  bool
	tries int
	got   []string
}

func (r *receiver) Send(_ context.Context, m notify.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if r.down {
		return problem.New(problem.Unavailable, "down")
	}
	r.got = append(r.got, string(m.Body))
	return nil
}

func (r *receiver) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func start(t *testing.T, st *memstore.Store, recv *receiver) *city {
	ctx, cancel := context.WithCancel(context.Background())
	now := func() entity.Instant { return entity.Instant(time.Now().UnixMicro()) }
	c := &city{t: t, st: st, recv: recv, b: broker.New(st, broker.Options{Now: now})}
	var d *notify.Deliverer
	c.subs = watch.New(watch.Options{Records: st, Now: now, Outbox: 50, Wake: func(ds []watch.Due) { d.Wake(ds) }})
	if err := c.subs.Load(ctx); err != nil {
		t.Fatal(err)
	}
	d = notify.New(notify.Options{Subs: c.subs, Records: st, Log: st, Now: now, Workers: 4, GiveUp: time.Hour,
		Transport: func(string) (notify.Transport, error) { return recv, nil },
		Render: func(_ context.Context, s *watch.Subscription, due watch.Due, r *change.Record, _ entity.Instant) (notify.Message, error) {
			if due.Every {
				return notify.Message{Body: fmt.Appendf(nil, "%s %s", s.ID, due.ID())}, nil
			}
			return notify.Message{Body: fmt.Appendf(nil, "%s %s %s", s.ID, due.ID(), r.After.Attrs[0].Value)}, nil
		}})
	consumer := &feed.Consumer{Name: "watch", Log: st, Keep: st, Handle: c.subs.Handle, Done: func(store.Cursor) { c.subs.Durable() }}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := consumer.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	wg.Go(func() {
		if err := d.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	wg.Go(func() {
		for tick := time.NewTicker(250 * time.Millisecond); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				d.Wake(c.subs.Tick(now()))
			}
		}
	})
	c.stop = func() { cancel(); wg.Wait() }
	synctest.Wait() // the consumer's cursor stands before the first change
	return c
}

func (c *city) set(id string, value int) {
	c.t.Helper()
	f := entity.Fragment{ID: entity.ID(id), Types: []entity.Name{"x:A"}, Attrs: []entity.Instance{{Name: "x:a", Kind: entity.Property, Value: fmt.Appendf(nil, "%d", value)}}}
	if _, err := c.b.UpsertMany(context.Background(), broker.Call{}, []entity.Fragment{f}, broker.UpsertUpdate); err != nil {
		c.t.Fatal(err)
	}
}

func (c *city) subscribe(id, members string) {
	c.t.Helper()
	if !strings.Contains(members, `"notification"`) {
		members += "," + tail
	}
	s := must(c.t, `{"id":"`+id+`",`+members+`}`)
	s.CreatedAt = entity.Instant(time.Now().UnixMicro())
	s.ModifiedAt = s.CreatedAt
	if err := c.subs.Create(context.Background(), s); err != nil {
		c.t.Fatal(err)
	}
}

func newStore() *memstore.Store {
	return memstore.New(memstore.Options{Clock: time.Now, Partitions: 1})
}

func TestDeliveryInOrderThroughOutageAndRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, recv := newStore(), &receiver{}
		c := start(t, st, recv)
		c.subscribe("urn:s", `"entities":[{"type":"A"}]`)
		c.set("urn:a", 1)
		synctest.Wait()
		if got := recv.all(); len(got) != 1 || !strings.HasSuffix(got[0], " 1") {
			t.Fatalf("first notification: %v", got)
		}
		recv.mu.Lock()
		recv.down = true
		recv.mu.Unlock()
		for v := 2; v <= 6; v++ {
			c.set("urn:a", v)
		}
		time.Sleep(30 * time.Second)
		_, n, _ := c.subs.Get("", "urn:s")
		if n.Pending != 5 || n.Failed == 0 || n.LastFailure == 0 {
			t.Errorf("while the receiver is down: %+v", n)
		}
		c.stop()

		// A new process on the same store: what was missed is delivered, in
		// order, under the ids it would have had.
		recv.mu.Lock()
		recv.down = false
		recv.mu.Unlock()
		c = start(t, st, recv)
		defer c.stop()
		time.Sleep(10 * time.Minute)
		var values []string
		ids := map[string]bool{}
		for _, g := range recv.all() {
			f := strings.Fields(g)
			ids[f[1]] = true
			values = append(values, f[2])
		}
		if got := strings.Join(values, ""); got != "123456" || len(ids) != 6 {
			t.Errorf("delivered %v with %d ids", values, len(ids))
		}
		_, n, _ = c.subs.Get("", "urn:s")
		if n.Pending != 0 || n.Sent != 6 {
			t.Errorf("at the end: %+v", n)
		}
		for r := range st.Scan(context.Background(), watch.OutboxKind, "", "") {
			t.Errorf("left in the outbox: %v", r.Key)
		}
	})
}

func TestGivesUpAfterAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recv := &receiver{down: true}
		c := start(t, newStore(), recv)
		defer c.stop()
		c.subscribe("urn:s", `"entities":[{"type":"A"}]`)
		c.set("urn:a", 1)
		time.Sleep(2 * time.Hour)
		_, n, _ := c.subs.Get("", "urn:s")
		if n.Dropped != 1 || n.Pending != 0 || recv.tries < 10 {
			t.Errorf("after two hours and %d tries: %+v", recv.tries, n)
		}
	})
}

func TestOutboxIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, newStore(), &receiver{down: true})
		defer c.stop()
		c.subscribe("urn:s", `"entities":[{"type":"A"}]`)
		for v := range 70 {
			c.set("urn:a", v)
		}
		synctest.Wait()
		_, n, _ := c.subs.Get("", "urn:s")
		if n.Pending != 50 || n.Dropped != 20 {
			t.Errorf("with room for 50: %+v", n)
		}
	})
}

func TestThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recv := &receiver{}
		c := start(t, newStore(), recv)
		defer c.stop()
		c.subscribe("urn:s", `"entities":[{"type":"A"}],"throttling":2.5`)
		for v := range 10 {
			c.set("urn:a", v)
			time.Sleep(time.Second)
		}
		if got := len(recv.all()); got != 4 { // at 0, 3, 6 and 9 s
			t.Errorf("%d notifications in ten seconds with 2.5 s between them", got)
		}
	})
}

// What is counted, and the cooldown of an endpoint (CIM 009, 5.2.14.2, 5.2.15,
// 5.8.6).
func TestCountersAndCooldown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recv := &receiver{}
		c := start(t, newStore(), recv)
		defer c.stop()
		c.subscribe("urn:s", `"entities":[{"type":"A"}],"type":"Subscription","notification":{"endpoint":{"uri":"http://r.example/n","cooldown":20000}}`)
		began := entity.Instant(time.Now().UnixMicro())
		counted := func(step string, want watch.Counters, status string) {
			t.Helper()
			synctest.Wait()
			s, n, err := c.subs.Get("", "urn:s")
			if err != nil {
				t.Fatal(err)
			}
			if n.Sent != want.Sent || n.Failed != want.Failed || n.Dropped != want.Dropped || n.LastNotification-began != want.LastNotification || n.LastSuccess != 0 && n.LastSuccess-began != want.LastSuccess || n.LastFailure != 0 && n.LastFailure-began != want.LastFailure {
				t.Errorf("%s: %+v, want %+v", step, n, want)
			}
			doc := s.JSON(n, func(iri string) string { return iri }, false, began)
			in, _ := doc.Get("notification")
			if st, _ := in.Get("status"); st.Str() != status {
				t.Errorf("%s: %s", step, doc)
			}
		}
		counted("at first", watch.Counters{LastNotification: -began}, "")
		c.set("urn:a", 1)
		counted("delivered", watch.Counters{Sent: 1}, "ok")
		time.Sleep(10 * time.Second)
		recv.mu.Lock()
		recv.down = true
		recv.mu.Unlock()
		c.set("urn:a", 2)
		counted("failed", watch.Counters{Sent: 2, Failed: 1, LastNotification: 10e6, LastFailure: 10e6}, "failed")
		time.Sleep(10 * time.Second)
		c.set("urn:a", 3)
		counted("within the cooldown nothing is sent", watch.Counters{Sent: 2, Failed: 1, Dropped: 1, LastNotification: 10e6, LastFailure: 10e6}, "failed")
		recv.mu.Lock()
		recv.down = false
		recv.mu.Unlock()
		time.Sleep(10 * time.Second)
		counted("tried again after it", watch.Counters{Sent: 2, Failed: 1, Dropped: 1, LastNotification: 30e6, LastSuccess: 30e6, LastFailure: 10e6}, "ok")
		c.set("urn:a", 4)
		counted("and then as ever", watch.Counters{Sent: 3, Failed: 1, Dropped: 1, LastNotification: 30e6, LastSuccess: 30e6, LastFailure: 10e6}, "ok")
		var said []string
		for _, g := range recv.all() {
			said = append(said, g[len(g)-1:])
		}
		if got := strings.Join(said, ""); got != "124" {
			t.Errorf("delivered %s", got)
		}
	})
}

// What waits when a subscription is paused is not sent (CIM 009, 5.8.6).
func TestPausedWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recv := &receiver{down: true}
		c := start(t, newStore(), recv)
		defer c.stop()
		c.subscribe("urn:s", `"entities":[{"type":"A"}]`)
		c.set("urn:a", 1)
		synctest.Wait()
		s, _, err := c.subs.Get("", "urn:s")
		if err != nil {
			t.Fatal(err)
		}
		n, err := jsontree.Parse([]byte(`{"isActive":false}`), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Patched(n, names{}, entity.Instant(time.Now().UnixMicro()))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.subs.Replace(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		recv.mu.Lock()
		recv.down = false
		recv.mu.Unlock()
		time.Sleep(time.Hour)
		_, got, _ := c.subs.Get("", "urn:s")
		if len(recv.all()) != 0 || got.Dropped != 1 || got.Pending != 0 {
			t.Errorf("%v, %+v", recv.all(), got)
		}
	})
}

// Periods go on after a restart, and none is told of twice (CIM 009, 5.8.6).
func TestPeriods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, recv := newStore(), &receiver{}
		c := start(t, st, recv)
		c.subscribe("urn:s", `"entities":[{"type":"A"}],"timeInterval":60`)
		time.Sleep(59 * time.Second)
		if len(recv.all()) != 0 {
			t.Error("told before the first period is over")
		}
		time.Sleep(2*time.Minute + 2*time.Second)
		if n := len(recv.all()); n != 3 {
			t.Errorf("%d notifications in three periods", n)
		}
		c.stop()
		time.Sleep(10 * time.Second)
		c = start(t, st, recv)
		time.Sleep(40 * time.Second)
		if n := len(recv.all()); n != 3 {
			t.Errorf("%d notifications in three periods, with a restart", n)
		}
		time.Sleep(15 * time.Second)
		if n := len(recv.all()); n != 4 {
			t.Errorf("%d notifications in four periods", n)
		}
		c.stop()
		time.Sleep(10 * time.Minute)
		c = start(t, st, recv)
		defer func() { c.stop() }()
		time.Sleep(time.Second)
		if n := len(recv.all()); n != 5 {
			t.Errorf("%d notifications: one period was over at the start", n)
		}
		recv.mu.Lock()
		recv.down = true
		recv.mu.Unlock()
		time.Sleep(5 * time.Minute)
		if _, n, _ := c.subs.Get("", "urn:s"); n.Failed < 3 || n.Failed > 5 || n.Dropped < 2 || n.Pending != 0 {
			t.Errorf("five minutes of an endpoint that is down: %+v", n)
		}
		recv.mu.Lock()
		recv.down = false
		recv.mu.Unlock()
		time.Sleep(3 * time.Minute)
		ids := map[string]bool{}
		for _, g := range recv.all() {
			ids[g] = true
		}
		if n := len(recv.all()); n < 7 || n > 9 || len(ids) != n {
			t.Errorf("%d notifications, %d ids", n, len(ids))
		}
	})
}

// Many subscriptions with periods cost nothing while none of them is over.
func TestTickLooksAtWhatIsDue(t *testing.T) {
	subs := watch.New(watch.Options{Records: memstore.New(memstore.Options{}), Now: func() entity.Instant { return 10 }})
	for i := range 300 {
		if err := subs.Create(t.Context(), must(t, fmt.Sprintf(`{"id":"urn:s:%d","entities":[{"type":"A"}],"timeInterval":%d,%s}`, i, i+1, tail))); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		now  entity.Instant
		want int
	}{{9e5, 0}, {1e6 + 10, 1}, {1e6 + 20, 0}, {10e6 + 10, 9}, {11e6 + 10, 1}} { // those under way are not due again
		if got := subs.Tick(tt.now); len(got) != tt.want {
			t.Errorf("at %v: %d are due, want %d", tt.now, len(got), tt.want)
		}
	}
	_, n, err := subs.Get("", "urn:s:0")
	if err != nil || n.Dropped != 2 {
		t.Errorf("%+v, %v: what ended while it was under way is dropped", n, err)
	}
}

func TestDeleteForgetsTheOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStore()
		c := start(t, st, &receiver{down: true})
		defer c.stop()
		c.subscribe("urn:s", `"entities":[{"type":"A"}]`)
		c.set("urn:a", 1)
		synctest.Wait()
		if err := c.subs.Delete(context.Background(), "", "urn:s"); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{watch.OutboxKind, watch.SubscriptionKind, watch.CounterKind} {
			for r := range st.Scan(context.Background(), kind, "", "") {
				t.Errorf("left: %v", r.Key)
			}
		}
		if _, _, err := c.subs.Get("", "urn:s"); !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("after the deletion: %v", err)
		}
	})
}

func TestPatched(t *testing.T) {
	s := must(t, `{"id":"urn:s","entities":[{"type":"A"}],"q":"a>1","description":"d",`+tail+`}`)
	patch := func(doc string) (*watch.Subscription, error) {
		n, err := jsontree.Parse([]byte(doc), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return s.Patched(n, names{}, 1000)
	}
	p, err := patch(`{"q":"urn:ngsi-ld:null","isActive":false,"description":"e"}`)
	if err != nil {
		t.Fatal(err)
	}
	out := p.JSON(watch.Counters{}, func(iri string) string { return strings.TrimPrefix(iri, "x:") }, false, 2000).String()
	want := `{"id":"urn:s","entities":[{"type":"A"}],"description":"e","notification":{"endpoint":{"uri":"http://r.example/n"}},"type":"Subscription","isActive":false,"status":"paused"}`
	if out != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
	for _, doc := range []string{`{"expiresAt":"1970-01-01T00:00:00.000001Z"}`, `{"id":"urn:other"}`, `{"notification":"urn:ngsi-ld:null"}`, `{"entities":"urn:ngsi-ld:null"}`} {
		if _, err := patch(doc); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%s: %v", doc, err)
		}
	}
}

// Projections, joins and MQTT endpoints are the same after a restart, when
// their names are no longer expanded with the @context.
func TestKeptNotificationParams(t *testing.T) {
	records := memstore.New(memstore.Options{})
	t.Cleanup(func() { records.Close() })
	s, err := parse(t, `{"id":"urn:s","type":"Subscription","watchedAttributes":["a"],"notification":{"join":"inline","joinLevel":2,"pick":["id","a{b,c{d}}"],"omit":["e{f}"],"showChanges":true,"endpoint":{"uri":"mqtt://x/t","notifierInfo":[{"key":"MQTT-QoS","value":"1"}]}}}`)
	if err != nil {
		t.Fatal(err)
	}
	s.Context = []byte(`[]`)
	now := func() entity.Instant { return 20 }
	if err := watch.New(watch.Options{Records: records, Now: now}).Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	again := watch.New(watch.Options{Records: records, Now: now})
	if err := again.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	k, _, err := again.Get("", "urn:s")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(k.Pick, s.Pick) || !reflect.DeepEqual(k.Omit, s.Omit) || !reflect.DeepEqual(k.Endpoint, s.Endpoint) ||
		k.Join != watch.Inline || k.JoinLevel != 2 || !k.ShowChanges || k.Pick.Linked["x:a"].Linked["x:c"].Names[0] != "x:d" {
		t.Errorf("kept %+v, was %+v", k, s)
	}
}
