// Package ngsild_test holds the API to CIM 009 V1.9.1 from outside: requests
// in, answers out, the same for each driver. Each test names its clause.
package ngsild_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/ngsild"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/contexts"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/entitymap"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/snapshot"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/embedded"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/timespan"
	"github.com/beffroi/beffroi/internal/watch"
)

// suiteContext is the address of the context that the fixtures name.
const suiteContext = "https://forge.etsi.org/rep/cim/ngsi-ld-test-suite/-/raw/develop/resources/jsonld-contexts/ngsi-ld-test-suite-compound.jsonld"

var traceID = regexp.MustCompile(`"traceId":"[0-9a-f]*"`)

// start is the time at which every world begins.
var start = time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)

// world is a server over one driver, asked without a network.
type world struct {
	testing.TB
	mux   http.Handler
	clock *atomic.Int64 // Unix microseconds; only moves when a test moves it
	store store.Driver
	watch *watch.Service
	snaps *snapshot.Service
	keep  snapshot.Options
	serve func()   // makes mux anew
	told  []string // what endpoints of snapshots were sent

	broker   *broker.Broker
	contexts *contexts.Service
	maps     *entitymap.Service
	noted    notedUpTo

	anyTrace   bool
	oddRequest bool // the next request is not as any document describes
}

// drivers are the stores that every test runs over.
var drivers = map[string]func(t testing.TB, clock func() time.Time) store.Driver{
	"memstore": func(_ testing.TB, clock func() time.Time) store.Driver {
		return memstore.New(memstore.Options{Clock: clock, TwiceApply: true})
	},
	"embedded": func(t testing.TB, clock func() time.Time) store.Driver {
		s, err := embedded.Open(embedded.Options{Dir: "city", FS: vfs.NewMem(), Clock: clock, MadeBy: "city", CacheBytes: 16 << 20, FreeFloor: -1, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return s
	},
}

// worlds runs f over each driver.
func worlds(t *testing.T, f func(w *world)) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(drivers)) {
		t.Run(name, func(t *testing.T) { f(newWorld(t, drivers[name], ngsild.Options{})) })
	}
}

func newWorld(t testing.TB, open func(testing.TB, func() time.Time) store.Driver, o ngsild.Options) *world {
	w := &world{TB: t, clock: new(atomic.Int64)}
	w.clock.Store(start.UnixMicro())
	clock := func() time.Time { return time.UnixMicro(w.clock.Load()).UTC() }
	now := func() entity.Instant { return timespan.FromTime(clock()) }
	w.store = open(t, clock)
	t.Cleanup(func() { w.store.Close() })
	cs, err := contexts.Open(context.Background(), contexts.Options{Now: clock, Records: w.store, Preload: preload(t), Fetch: nowhere{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if w.noted.at, err = w.store.Head(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.broker, w.contexts = broker.New(w.store, broker.Options{Now: now}), cs
	w.watch = watch.New(watch.Options{Records: w.store, Now: now, Lookup: w.lookup, Wake: func(ds []watch.Due) { w.noted.due = append(w.noted.due, ds...) }})
	o.Broker, o.Contexts, o.Now = w.broker, cs, now
	w.keep = snapshot.Options{Broker: o.Broker, Records: w.store, Head: w.store.Head, Now: now, Max: 5, Entities: 1200, Dropped: func(ctx context.Context, s store.Space) error {
		return errors.Join(w.watch.Drop(ctx, s), w.maps.Drop(ctx, s))
	},
		Send: func(_ context.Context, s *snapshot.Snapshot, body []byte) error {
			w.told = append(w.told, s.Endpoint+" "+string(body))
			return nil
		}}
	w.snaps = snapshot.New(w.keep)
	o.Subscriptions, o.Tenants = w.watch, w.store.Tenants
	if w.maps, err = entitymap.Open(context.Background(), entitymap.Options{Records: w.store, Now: now, MaxMaps: 50}); err != nil {
		t.Fatal(err)
	}
	o.Subscriptions, o.Tenants, o.Maps = w.watch, w.store.Tenants, w.maps
	o.CursorKey = []byte("0123456789abcdef")
	w.serve = func() {
		o.Snapshots = w.snaps
		if w.mux, err = httpx.New(httpx.Options{Access: everybody{}}, ngsild.New(o).Routes()...); err != nil {
			t.Fatal(err)
		}
	}
	w.serve()
	return w
}

// restart has the keeper of snapshots begin anew over the same store.
func (w *world) restart() {
	w.Helper()
	w.snaps = snapshot.New(w.keep)
	if err := w.snaps.Load(w.Context()); err != nil {
		w.Fatal(err)
	}
	w.serve()
}

type everybody struct{}

func (everybody) Caller(context.Context, access.Evidence) (access.Caller, error) {
	return access.Local(), nil
}

// nowhere is a network that has nothing.
type nowhere struct{}

func (nowhere) Fetch(context.Context, string) ([]byte, time.Duration, error) {
	return nil, 0, problem.New(problem.LdContextNotAvailable, "there is no network here")
}

func preload(t testing.TB) map[string][]byte {
	const at = "https://forge.etsi.org/rep/cim/ngsi-ld-test-suite/-/raw/develop/resources/jsonld-contexts/"
	out := map[string][]byte{}
	for _, name := range []string{"ngsi-ld-test-suite.jsonld", "ngsi-ld-test-suite-compound.jsonld"} {
		b, err := os.ReadFile(filepath.Join("testdata", "contexts", name))
		if err != nil {
			t.Fatal(err)
		}
		out[at+name] = b
	}
	return out
}

// later moves the clock.
func (w *world) later(d time.Duration) { w.clock.Add(d.Microseconds()) }

// answer is what came back.
type answer struct {
	w      *world
	asked  string
	Status int
	Header http.Header
	Body   string
}

// do asks. A path that does not begin with a slash stands below the API's
// base; headers are "Name: value". A body gets the type ld+json if it has an
// @context and json otherwise, unless a header says so.
func (w *world) do(method, path, body string, headers ...string) *answer {
	w.Helper()
	target := path
	if !strings.HasPrefix(path, "/") {
		target = ngsild.Base + "/" + path
	}
	target = strings.NewReplacer(" ", "%20", `"`, "%22", "<", "%3C", ">", "%3E", "|", "%7C", "{", "%7B", "}", "%7D", "#", "%23").Replace(target)
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, "http://localhost:9000"+target, in)
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9000}
	r = r.WithContext(httpx.OnListener(r.Context(), addr))
	if body != "" {
		r.Header.Set("Content-Length", fmt.Sprint(len(body)))
		r.Header.Set("Content-Type", "application/json")
		if strings.Contains(body, `"@context"`) {
			r.Header.Set("Content-Type", "application/ld+json")
		}
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if value == "-" {
			r.Header.Del(name)
			continue
		}
		r.Header.Add(name, value)
		if name == "Content-Type" {
			r.Header.Set(name, value)
		}
	}
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	w.asDescribed(r, body, rec)
	return &answer{w, method + " " + path, rec.Code, rec.Header(), rec.Body.String()}
}

func (w *world) get(path string, headers ...string) *answer {
	w.Helper()
	return w.do("GET", path, "", headers...)
}
func (w *world) del(path string, headers ...string) *answer {
	w.Helper()
	return w.do("DELETE", path, "", headers...)
}
func (w *world) post(path, body string, headers ...string) *answer {
	w.Helper()
	return w.do("POST", path, body, headers...)
}
func (w *world) patch(path, body string, headers ...string) *answer {
	w.Helper()
	return w.do("PATCH", path, body, headers...)
}
func (w *world) put(path, body string, headers ...string) *answer {
	w.Helper()
	return w.do("PUT", path, body, headers...)
}

// with adds a Link header with the suite's context.
func suite() string {
	return "Link: <" + suiteContext + `>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
}

// is checks the status.
func (a *answer) is(status int) *answer {
	a.w.Helper()
	if a.Status != status {
		a.w.Errorf("%s: %d, want %d: %s", a.asked, a.Status, status, a.Body)
	}
	return a
}

// fails checks that the answer is a problem of that kind (CIM 009, 6.3.2 and
// 6.3.3).
func (a *answer) fails(k problem.Kind) *answer {
	a.w.Helper()
	a.is(k.Info().Status)
	var p struct{ Type, Title, Detail string }
	if err := json.Unmarshal([]byte(a.Body), &p); err != nil || p.Type != k.Info().URI || p.Title == "" || p.Detail == "" {
		a.w.Errorf("%s: %s, want a problem %s", a.asked, a.Body, k)
	}
	if ct := a.Header.Get("Content-Type"); ct != "application/json" {
		a.w.Errorf("%s: a problem of type %s (CIM 009, 6.3.6)", a.asked, ct)
	}
	if l := a.Header.Get("Link"); l != "" {
		a.w.Errorf("%s: a problem with Link: %s (CIM 009, 6.3.6)", a.asked, l)
	}
	return a
}

// says checks that the body contains a text.
func (a *answer) says(text string) *answer {
	a.w.Helper()
	if !strings.Contains(a.Body, text) {
		a.w.Errorf("%s: %s\ndoes not say %s", a.asked, a.Body, text)
	}
	return a
}

// header checks a header's value.
func (a *answer) header(name, value string) *answer {
	a.w.Helper()
	if got := strings.Join(a.Header.Values(name), ", "); got != value {
		a.w.Errorf("%s: %s: %q, want %q", a.asked, name, got, value)
	}
	return a
}

// json checks the body by value; the order of members and of the items of
// arrays of entities counts only where the tests say so with text.
func (a *answer) json(want string) *answer {
	a.w.Helper()
	body := a.Body
	if a.w.anyTrace {
		a.w.anyTrace = false
		body = traceID.ReplaceAllString(body, `"traceId":"TRACE"`)
	}
	if got, w := loose(a.w, body), loose(a.w, want); !reflect.DeepEqual(got, w) {
		a.w.Errorf("%s:\ngot  %s\nwant %s", a.asked, a.Body, want)
	}
	return a
}

func (a *answer) text(want string) *answer {
	a.w.Helper()
	if a.Body != want {
		a.w.Errorf("%s:\ngot  %s\nwant %s", a.asked, a.Body, want)
	}
	return a
}

func loose(w *world, s string) any {
	w.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		w.Errorf("%v in %s", err, s)
	}
	return v
}

// ids gives the ids of the entities in the body, in order.
func (a *answer) ids() string {
	a.w.Helper()
	n, err := jsontree.Parse([]byte(a.Body), jsontree.Limits{})
	if err != nil {
		a.w.Fatalf("%s: %v in %s", a.asked, err, a.Body)
	}
	var out []string
	if fs, ok := n.Get("features"); ok {
		n = fs
	}
	for _, e := range n.Items() {
		id, _ := e.Get("id")
		out = append(out, strings.TrimPrefix(id.Str(), "urn:x:"))
	}
	return strings.Join(out, " ")
}

// finds checks the ids, in order.
func (a *answer) finds(ids string) *answer {
	a.w.Helper()
	if a.is(200); a.Status == 200 && a.ids() != ids {
		a.w.Errorf("%s: found %q, want %q", a.asked, a.ids(), ids)
	}
	return a
}

// sameBut compares two JSON texts without @context and instanceId, and with
// times by value.
func sameBut(w *world, got, want string, without ...string) bool {
	return reflect.DeepEqual(strip(loose(w, got), without), strip(loose(w, want), without))
}

func strip(v any, without []string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if !slices.Contains(without, k) {
				out[k] = strip(x, without)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = strip(v[i], without)
		}
		return out
	case string:
		if t, err := timespan.ParseInstant(v); err == nil {
			return t.String()
		}
	}
	return v
}

// replaceTrace puts the trace id that the next comparison does not look at:
// problems carry one, and it is different each time.
func replaceTrace(s string, w *world) string { w.anyTrace = true; return s }

// all creates entities one by one, so that their order is known.
func (w *world) all(bodies ...string) {
	w.Helper()
	for _, b := range bodies {
		w.post("entities", b).is(201)
	}
}
