package sources_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/httpx/accesstest"
	"github.com/beffroi/beffroi/internal/api/sources"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

const mapping = `
source: rooms
kind: push
entities:
  - id: '"urn:ngsi-ld:Room:" + item.id'
    type: WeatherObserved
    observedAt: time(item.at)
    attributes:
      temperature: {value: item.t, unit: CEL, required: true}
`

func now() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

// somebody is who asks.
type somebody access.Caller

func (s somebody) Caller(context.Context, access.Evidence) (access.Caller, error) {
	return access.Caller(s), nil
}

func serve(t *testing.T, who access.Caller) (func(method, path, body string) (int, string), *sources.API) {
	t.Helper()
	m, err := connect.Compile([]byte(mapping))
	if err != nil {
		t.Fatal(err)
	}
	st := memstore.New(memstore.Options{})
	b := broker.New(st, broker.Options{Now: func() entity.Instant { return entity.Instant(now().UnixMicro()) }})
	s, err := connect.New(t.Context(), connect.Options{Broker: b, Records: st, Now: now}, []*connect.Mapping{m})
	if err != nil {
		t.Fatal(err)
	}
	api := sources.New(s.Desk(), now)
	mux, err := httpx.New(httpx.Options{Access: somebody(who)}, api.Routes()...)
	if err != nil {
		t.Fatal(err)
	}
	return func(method, path, body string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Host = "localhost"
		r = r.WithContext(httpx.OnListener(t.Context(), &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}, api
}

func TestRoutesAreGuarded(t *testing.T) {
	_, api := serve(t, access.Nobody())
	accesstest.Run(t, api.Routes())
}

func TestIngest(t *testing.T) {
	ask, _ := serve(t, access.Local())
	good := `[{"id":"1","at":"2026-03-02T09:59:00Z","t":21.5}]`
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		parts                    []string
	}{
		{"all of it is mapped", "POST", "/ingest/rooms", good, 204, nil},
		{"a part cannot be mapped", "POST", "/ingest/rooms", `[{"id":"1","at":"2026-03-02T09:59:00Z","t":21.5},{"id":"2","at":"2026-03-02T09:59:00Z"}]`, 207,
			[]string{`"items":2`, `"entities":1`, `"deadLetter":"0000000000000001"`, `the value is missing`}},
		{"an unknown source", "POST", "/ingest/none", good, 404, []string{"no source"}},
		{"no body", "POST", "/ingest/rooms", "", 411, nil},
		{"an unknown parameter", "POST", "/ingest/rooms?x=1", good, 400, []string{"x"}},
		{"the sources", "GET", "/api/sources", "", 200, []string{`"source":"rooms"`, `"state":"ok"`, `"readings":2`, `"deadLetters":1`}},
		{"dead letters", "GET", "/api/sources/rooms/dead-letters", "", 200, []string{`"kept":1`, `"payload":"{\"id\":\"2\"`}},
		{"dead letters of nobody", "GET", "/api/sources/none/dead-letters", "", 404, nil},
		{"dead letters, a wrong mark", "GET", "/api/sources/rooms/dead-letters?after=xyz", "", 400, nil},
		{"replay", "POST", "/api/sources/rooms/dead-letters/replay", `{}`, 200, []string{`"tried":1`, `"mapped":0`}},
		{"replay what is not there", "POST", "/api/sources/rooms/dead-letters/replay", `{"ids":["0000000000000009"]}`, 404, nil},
		{"discard without saying which", "DELETE", "/api/sources/rooms/dead-letters", "", 400, []string{"?id="}},
		{"discard one that is not there", "DELETE", "/api/sources/rooms/dead-letters?id=0000000000000009", "", 404, nil},
		{"discard all", "DELETE", "/api/sources/rooms/dead-letters?all=true", "", 204, nil},
		{"dry run", "POST", "/api/sources/rooms/try", good, 200, []string{`"entities":[{"id":"urn:ngsi-ld:Room:1","type":"WeatherObserved"`, `"problems":[]`}},
		{"dry run of a mapping with a fault", "POST", "/api/mappings/try", `{"mapping":"source: x\nkind: push\nentities: [{id: 1 + true, type: Vehicle}]","payload":"{}"}`, 400, []string{"line 3, column 17", "no matching overload"}},
		{"dry run of a mapping", "POST", "/api/mappings/try", `{"mapping":"source: x\nkind: push\nentities: [{id: 'string(item.id)', type: Vehicle}]","payload":"{\"id\":\"urn:x:1\"}"}`, 200, []string{`"id":"urn:x:1"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, body := ask(tc.method, tc.path, tc.body)
			if status != tc.status {
				t.Fatalf("status %d, want %d: %s", status, tc.status, body)
			}
			for _, p := range tc.parts {
				if !strings.Contains(body, p) {
					t.Errorf("%s is not in %s", p, body)
				}
			}
		})
	}
}

func TestDevicesFeedTheirOwnSourcesOnly(t *testing.T) {
	for source, want := range map[string]int{"rooms": http.StatusNoContent, "other": http.StatusForbidden} {
		ask, _ := serve(t, access.Caller{Account: "meter", Role: access.Device, Sources: []string{source}})
		if status, body := ask("POST", "/ingest/rooms", `[]`); status != want {
			t.Errorf("a device of %s: %d, want %d: %s", source, status, want, body)
		}
	}
}
