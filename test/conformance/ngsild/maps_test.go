package ngsild_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/ngsild"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/entitymap"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/timespan"
)

// aMap is an EntityMap as it is told (CIM 009, 5.2.39).
type aMap struct {
	ID, Type, ExpiresAt string
	EntityMap           map[string][]string
	LinkedMaps          map[string]string
}

// entityMap reads an EntityMap.
func (a *answer) entityMap() aMap {
	a.w.Helper()
	var m aMap
	if err := json.Unmarshal([]byte(a.Body), &m); err != nil || m.Type != "EntityMap" || m.LinkedMaps == nil {
		a.w.Fatalf("%s: %v: no EntityMap: %s", a.asked, err, a.Body)
	}
	return m
}

// holds gives the ids in the map, sorted and without what they share.
func (m aMap) holds() string {
	var ids []string
	for id, where := range m.EntityMap {
		if !slices.Equal(where, []string{"@none"}) {
			id += " is at " + strings.Join(where, " ")
		}
		ids = append(ids, strings.TrimPrefix(id, "urn:x:"))
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// using is the header that names the map of an answer.
func (a *answer) using() string {
	a.w.Helper()
	if !strings.HasPrefix(a.Header.Get("NGSILD-EntityMap"), mapsAt+"urn:") {
		a.w.Errorf("%s: NGSILD-EntityMap: %q", a.asked, a.Header.Get("NGSILD-EntityMap"))
	}
	return "NGSILD-EntityMap: " + a.Header.Get("NGSILD-EntityMap")
}

const mapsAt = "http://localhost:9000/ngsi-ld/v1/entityMaps/"

// at is the path of the map of an answer.
func (a *answer) at() string {
	return "entityMaps/" + strings.TrimPrefix(a.Header.Get("NGSILD-EntityMap"), mapsAt)
}

// some creates entities urn:x:1 … urn:x:n of type T with a = their number.
func (w *world) some(n int) {
	w.Helper()
	for i := 1; i <= n; i++ {
		w.post("entities", fmt.Sprintf(`{"id":"urn:x:%d","type":"T","a":{"type":"Property","value":%d,"observedAt":"2026-03-29T11:00:00Z"}}`, i, i)).is(201)
	}
}

var linkOf = regexp.MustCompile(`<http://localhost:9000([^>]*)>; rel="(next|prev)"`)

// link gives the address of the next or the previous page; "" if there is none.
func (a *answer) link(rel string) string {
	for _, l := range a.Header["Link"] {
		if m := linkOf.FindStringSubmatch(l); m != nil && m[2] == rel {
			return m[1]
		}
	}
	return ""
}

func TestEntityMapCreated(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.14.4", "6.34.3.1", "6.34.3.2", "5.2.39", "4.5.25")
		w.some(4)
		w.post("entities", `{"id":"urn:x:o","type":"O"}`).is(201)
		a := w.get("entityMaps?type=T&q=a>2").is(201)
		m := a.entityMap()
		if m.holds() != "3 4" || m.ExpiresAt != "2026-03-29T13:00:00Z" || !strings.HasSuffix(a.using(), "/"+m.ID) {
			w.Errorf("%+v", m)
		}
		a.header("Link", `<https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`)
		w.get("entityMaps/?type=T", "Accept: application/ld+json").is(201).says(`{"@context":`)
		if m := w.post("entityMaps", `{"type":"Query","entities":[{"type":"T"}],"q":"a<2","entityMapLifetime":"PT1M"}`).is(201).entityMap(); m.holds() != "1" || m.ExpiresAt != "2026-03-29T12:01:00Z" {
			w.Errorf("%+v", m)
		}
		// What has no meaning here is ignored, lifetimes have an upper bound.
		if m := w.get("entityMaps?type=T&limit=1&entityMap=false&lang=en&entityMapLifetime=P100Y", a.using()).is(201).entityMap(); m.holds() != "1 2 3 4" || m.ExpiresAt != "2026-03-30T12:00:00Z" || strings.HasSuffix(a.using(), m.ID) {
			w.Errorf("%+v", m)
		}
		// Entities that may be split are candidates by id and type alone, unless
		// this server alone is asked.
		for path, want := range map[string]string{"type=T&q=a>2&splitEntities=true": "1 2 3 4", "type=T&q=a>2&splitEntities=true&local=true": "3 4",
			"type=T&idPattern=[12]&attrs=b&splitEntities=true": "1 2", "local=true": "1 2 3 4 o", "type=*": "1 2 3 4 o", "type=N": ""} {
			if m := w.get("entityMaps?" + path).is(201).entityMap(); m.holds() != want {
				w.Errorf("%s: %+v, want %s", path, m, want)
			}
		}
		for _, path := range []string{"", "?id=urn:x:1", "?scopeQ=/a", "?type=T&id=x", "?type=T&q=a>", "?type=T&georel=near", "?type=T&csf===", "?type=T&geometryProperty=location", "?type=T&pick=a{b}", "?type=T&q=a{b}>1",
			"?type=T&entityMapLifetime=x", "?type=T&entityMapLifetime=PT0S", "?type=T&entityMapLifetime=-PT1H", "?type=T&entityMap=yes", "?attrs=createdAt"} {
			w.get("entityMaps" + path).fails(problem.BadRequestData)
		}
		w.get("entityMaps?type=T&foo=1").fails(problem.InvalidRequest)
		w.post("entityMaps", `{"type":"Query"}`).fails(problem.BadRequestData)
		w.get("entityMaps?type=T", "NGSILD-Tenant: none").fails(problem.NonexistentTenant)
	})
}

func TestEntityMapRetrievedUpdatedDeleted(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.14.1", "5.14.2", "5.14.3", "6.32.3.1", "6.32.3.2", "6.32.3.3", "5.5.14")
		w.some(2)
		at := "entityMaps/" + w.get("entityMaps?type=T").is(201).entityMap().ID
		w.get(at).is(200)
		w.patch(at, `{"type":"EntityMap","expiresAt":"2026-06-01T00:00:00Z","entityMap":{"urn:x:9":["@none"]},"linkedMaps":{"urn:x:r":"urn:x:m"}}`).is(204)
		if m := w.get(at).is(200).entityMap(); m.holds() != "1 2" || len(m.LinkedMaps) != 0 || m.ExpiresAt != "2026-06-01T00:00:00Z" {
			w.Errorf("%+v", m)
		}
		w.patch(at, `{"expiredBy":"2026-03-29T12:00:30Z","@context":"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"}`).is(204)
		for _, body := range []string{`{"expiresAt":"tomorrow"}`, `{"expiresAt":5}`, `{"type":"Entity"}`, `{"id":"urn:x:other"}`, `{"foo":1}`, `[]`} {
			w.oddRequest = true
			w.patch(at, body).fails(problem.BadRequestData)
		}
		w.patch("entityMaps/urn:x:none", `{"expiresAt":"2026-06-01T00:00:00Z"}`).fails(problem.ResourceNotFound)
		w.get("entityMaps/urn:x:none").fails(problem.ResourceNotFound)
		w.del("entityMaps/urn:x:none").fails(problem.ResourceNotFound)
		for _, method := range []string{"GET", "DELETE"} {
			w.do(method, "entityMaps/nope", "").fails(problem.BadRequestData)
		}
		w.patch("entityMaps/nope", `{"expiresAt":"2026-06-01T00:00:00Z"}`).fails(problem.BadRequestData)
		w.later(time.Minute)
		w.get(at).fails(problem.ResourceNotFound)
		w.patch(at, `{"expiresAt":"2026-06-01T00:00:00Z"}`).fails(problem.ResourceNotFound)
		at = "entityMaps/" + w.get("entityMaps?type=T").is(201).entityMap().ID
		w.del(at).is(204)
		w.get(at).fails(problem.ResourceNotFound)
		w.del(at).fails(problem.ResourceNotFound)
	})
}

// A map belongs to its tenant.
func TestEntityMapTenants(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.14", "5.14.1", "5.14.3")
		w.some(1)
		w.post("entities", simple, "NGSILD-Tenant: b").is(201)
		a := w.get("entities?type=T&entityMap=true").is(201)
		at := a.at()
		w.get(at, "NGSILD-Tenant: b").fails(problem.ResourceNotFound)
		w.del(at, "NGSILD-Tenant: b").fails(problem.ResourceNotFound)
		w.get(at, "NGSILD-Tenant: c").fails(problem.NonexistentTenant)
		if b := w.get("entities?type=T", a.using(), "NGSILD-Tenant: b").is(201); b.using() == a.using() {
			w.Error("a map of another tenant was used")
		}
		w.get(at).is(200)
	})
}

// Trap 90: the set is fixed, filters are checked again, pages are filled.
func TestEntityMapPages(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.9.3", "5.5.14", "5.7.2.4", "5.7.2.5", "6.4.3.2")
		w.some(9)
		first := w.get("entities?type=T&q=a<100&limit=2&entityMap=true&entityMapLifetime=PT10M").is(201)
		if first.ids() != "1 2" {
			w.Errorf("%s", first.ids())
		}
		w.post("entities", `{"id":"urn:x:new","type":"T","a":1}`).is(201) // not in the set
		w.patch("entities/urn:x:3/attrs/a", `{"value":500}`).is(204)      // no longer fits
		w.del("entities/urn:x:4").is(204)
		// With the header and parameters of one's own, or with the links alone.
		w.get("entities?type=T&q=a<100&limit=2&offset=2", first.using()).finds("5 6").header("NGSILD-EntityMap", first.Header.Get("NGSILD-EntityMap"))
		second := w.get(first.link("next")).finds("5 6").header("NGSILD-EntityMap", first.Header.Get("NGSILD-EntityMap"))
		if m := w.get(first.at()).is(200).entityMap(); m.holds() != "1 2 5 6 7 8 9" || m.ExpiresAt != "2026-03-29T12:10:00Z" {
			w.Errorf("%+v", m)
		}
		w.get(second.link("prev")).finds("1 2")
		third := w.get(second.link("next")).finds("7 8")
		last := w.get(third.link("next")).finds("9")
		if last.link("next") != "" {
			w.Error(last.link("next"))
		}
		w.get("entities?type=T&q=a<100&limit=0&count=true", first.using()).finds("").header("NGSILD-Results-Count", "7")
		w.get("entities?type=T&q=a<100&limit=3&offset=3&count=true", first.using()).finds("6 7 8").header("NGSILD-Results-Count", "7")
		w.get("entities?type=T&q=a<100&limit=3&offset=50", first.using()).finds("9")
		w.get("entities?type=T&q=a<100&local=true&orderBy=a;desc&limit=3", first.using()).finds("9 8 7")
		// Ids and other filters narrow a page and take nothing away.
		w.get("entities?type=T&q=a<100&id=urn:x:5,urn:x:new", first.using()).finds("5")
		w.get("entities?type=T&q=a==9", first.using()).finds("9")
		w.get("entities?type=T&q=a<100&options=simplified&pick=id", first.using()).finds("1 2 5 6 7 8 9")
		w.post("entityOperations/query?limit=2", `{"type":"Query","entities":[{"type":"T"}],"q":"a<100"}`, first.using()).finds("1 2")
		id := strings.TrimPrefix(first.at(), "entityMaps/")
		w.get("entities?type=T&q=a<100&limit=1", "NGSILD-EntityMap: "+id).finds("1").header("NGSILD-EntityMap", id)
		// One that is not there, or not any more, is made anew.
		w.get("entities?type=T&q=a<100&limit=1", "NGSILD-EntityMap: urn:x:none").is(201)
		w.later(11 * time.Minute)
		again := w.get(first.link("next")).is(201)
		if again.using() == first.using() {
			w.Error("an expired map was used")
		}
		w.get("entities?type=T&q=a<100", again.using()).finds("1 2 5 6 7 8 9 new")
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"T"}],"entityMap":true,"entityMapLifetime":"PT5S"}`).is(201).using()
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"T"}],"entityMap":1}`).fails(problem.BadRequestData)
		w.get("entities?type=T&entityMapLifetime=x&entityMap=true").fails(problem.BadRequestData)
	})
}

// Candidates of a query over split entities are filtered when a page is made.
func TestEntityMapOfSplitEntities(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.9.3", "5.7.2.4")
		w.some(5)
		a := w.get("entities?type=T&q=a>3&splitEntities=true&entityMap=true").is(201)
		if a.ids() != "4 5" {
			w.Error(a.ids())
		}
		if m := w.get(a.at()).entityMap(); m.holds() != "4 5" {
			w.Errorf("what does not fit is left in: %+v", m)
		}
	})
}

func TestEntityMapOfHistory(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.14.5", "6.35.3.1", "6.35.3.2", "5.7.4.4", "6.18.3.2", "6.24.3.1")
		w.some(4)
		const in = "timerel=before&timeAt=2026-03-29T12:00:00Z"
		if m := w.get("temporal/entityMaps?type=T&q=a>2&" + in).is(201).entityMap(); m.holds() != "3 4" {
			w.Errorf("%+v", m)
		}
		if m := w.get("temporal/entityMaps?type=T&q=a>2&splitEntities=true&" + in).is(201).entityMap(); m.holds() != "1 2 3 4" {
			w.Errorf("%+v", m)
		}
		if m := w.get("temporal/entityMaps/?type=T&timerel=after&timeAt=2026-03-29T12:00:00Z").is(201).entityMap(); m.holds() != "" {
			w.Errorf("%+v", m)
		}
		if m := w.post("temporal/entityMaps", `{"type":"Query","entities":[{"type":"T"}],"temporalQ":{"timerel":"before","timeAt":"2026-03-29T12:00:00Z"}}`).is(201).entityMap(); m.holds() != "1 2 3 4" {
			w.Errorf("%+v", m)
		}
		w.get("temporal/entityMaps?type=T").fails(problem.BadRequestData)
		w.get("temporal/entityMaps?" + in).fails(problem.BadRequestData)
		w.get("temporal/entityMaps?type=T&pick=a{b}&" + in).fails(problem.BadRequestData)
		first := w.get("temporal/entities?type=T&limit=1&entityMap=true&" + in).is(201)
		w.post("temporal/entities", `{"id":"urn:x:n","type":"T","a":[{"type":"Property","value":5,"observedAt":"2026-03-29T11:00:00Z"}]}`).is(201)
		w.get("temporal/entities?type=T&"+in, first.using()).finds("1 2 3 4")
		w.get("temporal/entities?type=T&local=true&orderBy=id;desc&limit=2&"+in, first.using()).finds("4 3")
		w.get(first.link("next")).finds("2")
		w.post("temporal/entityOperations/query", `{"type":"Query","entities":[{"type":"T"}],"temporalQ":{"timerel":"before","timeAt":"2026-03-29T12:00:00Z"}}`, first.using()).finds("1 2 3 4")
		w.get("temporal/entities?type=T&"+in, "NGSILD-EntityMap: urn:x:none").is(201).using()
		w.del("temporal/entities/urn:x:2").is(204)
		w.get("temporal/entities?type=T&"+in, first.using()).finds("1 3 4")
		if m := w.get(first.at()).entityMap(); m.holds() != "1 3 4" {
			w.Errorf("%+v", m)
		}
	})
}

// One entity, too, can be had with a map.
func TestEntityMapOfOneEntity(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.7.1.4", "6.5.3.1", "5.7.3.4")
		w.some(1)
		for _, path := range []string{"entities/urn:x:1", "temporal/entities/urn:x:1"} {
			a := w.get(path + "?entityMap=true&entityMapLifetime=PT1M").is(200)
			if m := w.get(a.at()).entityMap(); m.holds() != "1" {
				w.Errorf("%+v", m)
			}
			w.get(path, a.using()).is(200).header("NGSILD-EntityMap", a.Header.Get("NGSILD-EntityMap"))
			if b := w.get(path, "NGSILD-EntityMap: urn:x:none").is(200); b.using() == a.using() {
				w.Error("no new map")
			}
			w.get(path).is(200).header("NGSILD-EntityMap", "")
		}
		w.get("entities/urn:x:2?entityMap=true").fails(problem.ResourceNotFound)
	})
}

// A purge can be limited to a map (CIM 009, table 6.4.3.3-2).
func TestEntityMapPurged(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.21", "6.4.3.3")
		w.some(3)
		a := w.get("entityMaps?type=T&q=a<3").is(201)
		w.del("entities?type=T", a.using()).is(204).header("NGSILD-EntityMap", a.Header.Get("NGSILD-EntityMap"))
		w.get("entities?type=T").finds("3")
	})
}

// A restart does not break a client's paging, and there is a bound to how many
// maps there are.
func TestEntityMapsAreDurableAndBounded(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.14")
		w.some(3)
		a := w.get("entities?type=T&limit=2&entityMap=true").is(201)
		now := func() entity.Instant { return timespan.FromTime(time.UnixMicro(w.clock.Load())) }
		maps, err := entitymap.Open(context.Background(), entitymap.Options{Records: w.store, Now: now, MaxMaps: 3})
		if err != nil {
			w.Fatal(err)
		}
		o := ngsild.Options{Broker: w.broker, Contexts: w.contexts, Now: now, Maps: maps, CursorKey: []byte("0123456789abcdef")}
		if w.mux, err = httpx.New(httpx.Options{Access: everybody{}}, ngsild.New(o).Routes()...); err != nil {
			w.Fatal(err)
		}
		w.get(a.link("next")).finds("3")
		w.get("entityMaps?type=T").is(http.StatusCreated)
		w.get("entityMaps?type=T").is(http.StatusCreated)
		w.get("entityMaps?type=T").fails(problem.TooManyResults)
		w.later(2 * time.Hour)
		w.get("entityMaps?type=T").is(http.StatusCreated)
	})
}
