package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/live"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/vocab"
)

// city is a store with a live API on it and a broker to change it.
type city struct {
	t   *testing.T
	b   *broker.Broker
	url string
}

func newCity(t *testing.T, access *query.Access) *city {
	st := memstore.New(memstore.Options{KeepLog: 100})
	now := func() entity.Instant { return entity.Instant(time.Now().UnixMicro()) }
	b := broker.New(st, broker.Options{Now: now})
	a := live.New(live.Options{Broker: b, Log: st, Now: now, Every: time.Millisecond,
		Call: func(*http.Request) (broker.Call, error) { return broker.Call{Access: access}, nil }})
	mux, err := httpx.New(httpx.Options{}, a.Routes()...)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return &city{t: t, b: b, url: srv.URL}
}

func (c *city) put(id, typ string, lon, lat float64, bikes int) {
	c.t.Helper()
	f := entity.Fragment{ID: entity.ID(id), Types: []entity.Name{vocab.Term(typ)}, Attrs: []entity.Instance{
		{Name: vocab.Location, Kind: entity.GeoProperty, Value: fmt.Appendf(nil, `{"type":"Point","coordinates":[%g,%g]}`, lon, lat)},
		{Name: vocab.Term("availableBikeNumber"), Kind: entity.Property, Value: fmt.Appendf(nil, "%d", bikes)},
	}}
	if _, err := c.b.UpsertMany(context.Background(), broker.Call{}, []entity.Fragment{f}, broker.UpsertUpdate); err != nil {
		c.t.Fatal(err)
	}
}

// event is one server-sent event.
type event struct {
	name, id string
	data     struct {
		Entities []struct {
			ID, Type string
			Lon, Lat float64
			At       string
			P        map[string]any
		}
		Deleted []string
	}
}

// open connects and gives a function that waits for the next event that is
// not the clock.
func (c *city) open(query, last string) func() event {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	c.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", c.url+"/live"+query, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		c.t.Fatalf("%s %s", res.Status, res.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	return func() event {
		c.t.Helper()
		var e event
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				if e.name == "clock" {
					e = event{}
					continue
				}
				if err := json.Unmarshal([]byte(value), &e.data); err != nil {
					c.t.Fatalf("%s: %v in %s", e.name, err, value)
				}
			case "":
				if e.name != "" {
					return e
				}
			}
		}
		c.t.Fatalf("the stream ended: %v", lines.Err())
		return e
	}
}

func TestStateThenChanges(t *testing.T) {
	c := newCity(t, nil)
	c.put("urn:b:1", "BikeHireDockingStation", 3, 50, 7)
	c.put("urn:h:1", "Building", 3, 50, 0) // the ground is not sent
	next := c.open("", "")
	e := next()
	if e.name != "state" || len(e.data.Entities) != 1 || e.data.Entities[0].P["availableBikeNumber"] != 7.0 || e.data.Entities[0].Type != "BikeHireDockingStation" || e.data.Entities[0].Lon != 3 {
		t.Fatalf("state: %+v", e)
	}
	c.put("urn:b:1", "BikeHireDockingStation", 3, 50, 6)
	e = next()
	if e.name != "change" || len(e.data.Entities) != 1 || e.data.Entities[0].P["availableBikeNumber"] != 6.0 || e.id == "" {
		t.Fatalf("change: %+v", e)
	}
	// A browser that lost the connection goes on behind the event it has.
	c.put("urn:b:1", "BikeHireDockingStation", 3, 50, 5)
	resumed := c.open("", e.id)()
	if resumed.name != "change" || resumed.data.Entities[0].P["availableBikeNumber"] != 5.0 {
		t.Errorf("resumed: %+v", resumed)
	}
	if err := c.b.Delete(context.Background(), broker.Call{}, "urn:b:1"); err != nil {
		t.Fatal(err)
	}
	if e = next(); len(e.data.Deleted) == 0 {
		e = next() // the value 5 came in an event of its own
	}
	if e.name != "change" || len(e.data.Deleted) != 1 || e.data.Deleted[0] != "urn:b:1" {
		t.Errorf("deletion: %+v", e)
	}
}

func TestViewportAndTypes(t *testing.T) {
	c := newCity(t, nil)
	c.put("urn:b:in", "BikeHireDockingStation", 3, 50, 1)
	c.put("urn:b:out", "BikeHireDockingStation", 4, 50, 1)
	c.put("urn:p:in", "OffStreetParking", 3, 50, 1)
	next := c.open("?bbox=2.5,49,3.5,51&types=BikeHireDockingStation", "")
	if e := next(); len(e.data.Entities) != 1 || e.data.Entities[0].ID != "urn:b:in" {
		t.Fatalf("state: %+v", e)
	}
	c.put("urn:b:in", "BikeHireDockingStation", 4, 50, 1)
	if e := next(); len(e.data.Deleted) != 1 || e.data.Deleted[0] != "urn:b:in" {
		t.Errorf("what leaves the view must go: %+v", e)
	}
	c.put("urn:b:out", "BikeHireDockingStation", 3, 50, 1)
	if e := next(); len(e.data.Entities) != 1 || e.data.Entities[0].ID != "urn:b:out" {
		t.Errorf("what enters the view must come: %+v", e)
	}
}

func TestOnlyWhatTheCallerMaySee(t *testing.T) {
	c := newCity(t, &query.Access{Any: []query.Query{{Types: query.OneType(vocab.Term("OffStreetParking"))}}})
	c.put("urn:b:1", "BikeHireDockingStation", 3, 50, 1)
	next := c.open("", "")
	if e := next(); len(e.data.Entities) != 0 {
		t.Fatalf("state: %+v", e)
	}
	c.put("urn:b:1", "BikeHireDockingStation", 3, 50, 2)
	c.put("urn:p:1", "OffStreetParking", 3, 50, 2)
	if e := next(); len(e.data.Entities) != 1 || e.data.Entities[0].ID != "urn:p:1" {
		t.Errorf("change: %+v", e)
	}
}

func TestResyncWhenTheLogIsTrimmed(t *testing.T) {
	c := newCity(t, nil)
	c.put("urn:b:1", "BikeHireDockingStation", 3, 50, 1)
	first := c.open("", "")()
	for n := range 500 {
		c.put("urn:b:1", "BikeHireDockingStation", 3, 50, n)
	}
	next := c.open("", first.id)
	if e := next(); e.name != "resync" {
		t.Fatalf("behind the log's beginning: %+v", e)
	}
	if e := next(); e.name != "state" || e.data.Entities[0].P["availableBikeNumber"] != 499.0 {
		t.Errorf("after it: %+v", e)
	}
}

func TestRefuses(t *testing.T) {
	c := newCity(t, nil)
	for _, q := range []string{"?bbox=1,2,3", "?bbox=a,b,c,d", "?bbox=3,60,2,50", "?bbox=0,0,1,NaN", "?x=1", "?from=%21"} {
		res, err := http.Get(c.url + "/live" + q)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != 400 {
			t.Errorf("%s: %s", q, res.Status)
		}
	}
}
