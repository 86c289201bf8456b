package ngsild_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/api/ngsild"
	"github.com/beffroi/beffroi/internal/problem"
)

func point(value any, at string) string {
	return fmt.Sprintf(`{"type":"Property","value":%v,"observedAt":"2020-08-01T%sZ"}`, value, at)
}

func vehicle(id string) string {
	return `{"id":"` + id + `","type":"Vehicle","speed":[` + point(120, "12:03:00") + `,` + point(80, "12:05:00") + `,` + point(100, "12:07:00") + `],` +
		`"fuelLevel":[` + point(67, "12:03:00") + `,` + point(53, "13:05:00") + `,` + point(40, "14:07:00") + `]}`
}

// CIM 009, 5.6.11, 5.6.12, 6.18.3.1 and 6.20.3.1.
func TestAddHistory(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.11", "5.6.12", "6.18.3.1", "6.20.3.1")
		w.post("temporal/entities", vehicle("urn:x:1")).is(201).header("Location", "/ngsi-ld/v1/temporal/entities/urn:x:1")
		w.post("temporal/entities", `{"id":"urn:x:1","type":"Vehicle","speed":[`+point(1, "09:00:00")+`]}`).is(204).text("")
		w.post("temporal/entities/urn:x:1/attrs", `{"speed":`+point(2, "09:30:00")+`}`).is(204)
		w.post("temporal/entities/urn:x:9/attrs", `{"speed":1}`).fails(problem.ResourceNotFound)
		w.post("temporal/entities", `{"type":"Vehicle"}`).fails(problem.BadRequestData)
		w.post("temporal/entities", `{"id":"urn:x:2","type":"Vehicle","a":"urn:ngsi-ld:null"}`).fails(problem.BadRequestData)
		w.post("temporal/entities/urn:x:1/attrs", `{}`).fails(problem.BadRequestData)
		// the newest is the current state: one store for both
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"Vehicle","speed":100,"fuelLevel":40}`)
		w.get("temporal/entities/urn:x:1?attrs=speed&options=temporalValues").json(`{"id":"urn:x:1","type":"Vehicle","speed":{"type":"Property","values":[[1,"2020-08-01T09:00:00Z"],[2,"2020-08-01T09:30:00Z"],[120,"2020-08-01T12:03:00Z"],[80,"2020-08-01T12:05:00Z"],[100,"2020-08-01T12:07:00Z"]]}}`)
	})
}

// CIM 009, 4.11, 5.7.3 and 6.19.3.1.
func TestRetrieveHistory(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.11", "5.7.3", "6.19.3.1")
		w.post("temporal/entities", vehicle("urn:x:1")).is(201)
		values := func(query, want string) {
			w.Helper()
			w.get("temporal/entities/urn:x:1?format=temporalValues&pick=speed&" + query).is(200).json(`{"speed":{"type":"Property","values":[` + want + `]}}`)
		}
		const a, b, c = `[120,"2020-08-01T12:03:00Z"]`, `[80,"2020-08-01T12:05:00Z"]`, `[100,"2020-08-01T12:07:00Z"]`
		values("local=true", a+","+b+","+c)
		values("timerel=before&timeAt=2020-08-01T12:05:00Z", a)
		values("timerel=after&timeAt=2020-08-01T12:05:00Z", b+","+c)
		values("timerel=between&timeAt=2020-08-01T12:03:00Z&endTimeAt=2020-08-01T12:07:00Z", a+","+b)
		values("lastN=2", b+","+c)
		values("timerel=before&timeAt=2020-08-01T12:07:00Z&lastN=1", b)
		w.get("temporal/entities/urn:x:1?timerel=after&timeAt=2021-01-01T00:00:00Z").fails(problem.ResourceNotFound)
		w.get("temporal/entities/urn:x:1?pick=nothing&timerel=before&timeAt=2021-01-01T00:00:00Z").json(`{}`)
		w.get("temporal/entities/urn:x:1?attrs=speed&timerel=after&timeAt=2021-01-01T00:00:00Z").fails(problem.ResourceNotFound)
		w.get("temporal/entities/urn:x:9").fails(problem.ResourceNotFound)
		n := w.get("temporal/entities/urn:x:1?pick=speed&lastN=1").is(200).says(`"instanceId":"urn:`)
		if !sameBut(w, n.Body, `{"speed":[`+point(100, "12:07:00")+`]}`, "instanceId") {
			w.Errorf("normalised: %s", n.Body)
		}
		for _, q := range []string{"timerel=soon&timeAt=2020-08-01T12:05:00Z", "timerel=after", "timeAt=2020-08-01T12:05:00Z", "timerel=between&timeAt=2020-08-01T12:05:00Z", "timerel=after&timeAt=yesterday", "timerel=after&timeAt=2020-08-01T12:05:00Z&endTimeAt=2020-08-01T12:05:00Z", "lastN=0", "lastN=x", "timeproperty=foo", "format=aggregatedValues"} {
			w.get("temporal/entities/urn:x:1?" + q).fails(problem.BadRequestData)
		}
		for _, q := range []string{"format=simplified", "options=foo", "q=a", "aggrMethods=avg", "geometryProperty=location"} {
			w.get("temporal/entities/urn:x:1?" + q).fails(problem.InvalidRequest)
		}
		w.get("temporal/entities/urn:x:1?pick=a{b}").fails(problem.BadRequestData)
		w.get("temporal/entities/urn:x:1", "Accept: application/ld+json").says(`"@context"`)
	})
}

// What is changed through the API leaves history too, deletions among it
// (CIM 009, 4.5.7, 4.8).
func TestHistoryOfChanges(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.5.7", "4.8")
		w.all(`{"id":"urn:x:1","type":"T","a":1,"n":{"languageMap":{"en":"x"}}}`)
		w.later(time.Minute)
		w.patch("entities/urn:x:1/attrs", `{"a":2}`).is(204)
		w.later(time.Minute)
		w.del("entities/urn:x:1/attrs/a").is(204)
		w.get("temporal/entities/urn:x:1?pick=a&timeproperty=modifiedAt&options=temporalValues").json(`{"a":{"type":"Property","values":[[1,"2026-03-29T12:00:00Z"],[2,"2026-03-29T12:01:00Z"],["urn:ngsi-ld:null","2026-03-29T12:02:00Z"]]}}`)
		w.get("temporal/entities/urn:x:1?pick=a&timeproperty=deletedAt").says(`"value":"urn:ngsi-ld:null","deletedAt":"2026-03-29T12:02:00Z"`)
		w.get("temporal/entities/urn:x:1?pick=a&timeproperty=observedAt").fails(problem.ResourceNotFound)
		// without any word about time all there is
		w.get("temporal/entities/urn:x:1?pick=a&options=temporalValues").says(`[1,"2026-03-29T12:00:00Z"]`)
		w.del("entities/urn:x:1").is(204)
		w.get("temporal/entities/urn:x:1?pick=n").is(200).says(`"languageMap":{"en":"x"}`)
		w.get("temporal/entities/urn:x:1?pick=n&timeproperty=createdAt&options=sysAttrs").is(200).says(`"createdAt":"2026-03-29T12:00:00Z"`)
	})
}

// CIM 009, 5.7.4 and 6.18.3.2.
func TestQueryHistory(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.7.4", "6.18.3.2")
		w.post("temporal/entities", vehicle("urn:x:1")).is(201)
		w.post("temporal/entities", `{"id":"urn:x:2","type":"Vehicle","speed":[`+point(10, "12:03:00")+`],"location":[{"type":"GeoProperty","value":{"type":"Point","coordinates":[4,50]},"observedAt":"2020-08-01T12:00:00Z"},{"type":"GeoProperty","value":{"type":"Point","coordinates":[8,50]},"observedAt":"2020-08-01T18:00:00Z"}]}`).is(201)
		w.post("temporal/entities", `{"id":"urn:x:3","type":"Bus","speed":[`+point(10, "20:03:00")+`]}`).is(201)
		const after, before = "timerel=after&timeAt=2020-08-01T12:00:00Z", "timerel=before&timeAt=2020-08-01T13:00:00Z"
		for q, ids := range map[string]string{
			"type=Vehicle&" + after: "1 2", "type=Vehicle,Bus&" + after: "1 2 3", "type=*&" + before: "1 2", "attrs=fuelLevel&" + after: "1", "q=speed==120&" + after: "1", "q=speed==80&" + before: "1",
			"q=fuelLevel==40&" + before: "", "type=*&idPattern=2$&" + after: "2", "local=true&id=urn:x:3,urn:x:1&" + after: "1 3",
			"georel=near;maxDistance==2000&geometry=Point&coordinates=[4,50]&" + after: "2", "georel=near;maxDistance==2000&geometry=Point&coordinates=[8,50]&" + before: "", "georel=near;maxDistance==2000&geometry=Point&coordinates=[4,50]&" + before: "2",
		} {
			w.get("temporal/entities?" + q).finds(ids)
		}
		w.get("temporal/entities?type=Vehicle&options=temporalValues&attrs=speed&lastN=1&" + before).json(`[{"id":"urn:x:1","type":"Vehicle","speed":{"type":"Property","values":[[100,"2020-08-01T12:07:00Z"]]}},{"id":"urn:x:2","type":"Vehicle","speed":{"type":"Property","values":[[10,"2020-08-01T12:03:00Z"]]}}]`)
		a := w.get("temporal/entities?type=Vehicle&limit=1&count=true&"+after).finds("1").header("NGSILD-Results-Count", "2")
		w.get(strings.TrimPrefix(linkTo(a, "next"), "http://localhost:9000")).finds("2")
		w.get("temporal/entities?type=Vehicle").fails(problem.BadRequestData)
		w.get("temporal/entities?" + after).fails(problem.BadRequestData)
		w.get("temporal/entities?q=a{b}&" + after).fails(problem.BadRequestData)
		w.post("temporal/entityOperations/query?options=temporalValues", `{"type":"Query","entities":[{"type":"Bus"}],"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z","lastN":5}}`).json(`[{"id":"urn:x:3","type":"Bus","speed":{"type":"Property","values":[[10,"2020-08-01T20:03:00Z"]]}}]`)
		w.post("temporal/entityOperations/query", `{"type":"Query","entities":[{"type":"Bus"}]}`).fails(problem.BadRequestData)
		w.post("temporal/entityOperations/query", `{"type":"Query","entities":[{"type":"Bus"}],"temporalQ":{"timerel":"after"}}`).fails(problem.BadRequestData)
	})
}

// CIM 009, 6.3.10: an answer that would be too long is cut in time.
func TestTemporalPages(t *testing.T) {
	for name, open := range drivers {
		t.Run(name, func(t *testing.T) {
			clauses(t, "6.3.10")
			w := newWorld(t, open, ngsild.Options{TemporalPage: 4})
			w.post("temporal/entities", vehicle("urn:x:1")).is(201)
			at := func(q string) *answer {
				return w.get("temporal/entities/urn:x:1?options=temporalValues&" + q).is(206)
			}
			a := at("timerel=after&timeAt=2020-08-01T12:00:00Z").header("Content-Range", "DateTime 2020-08-01T12:00:00Z-2020-08-01T12:07:00Z/*")
			a.json(`{"id":"urn:x:1","type":"Vehicle","speed":{"type":"Property","values":[[120,"2020-08-01T12:03:00Z"],[80,"2020-08-01T12:05:00Z"],[100,"2020-08-01T12:07:00Z"]]},"fuelLevel":{"type":"Property","values":[[67,"2020-08-01T12:03:00Z"]]}}`)
			at("timerel=before&timeAt=2021-01-01T00:00:00Z").header("Content-Range", "DateTime 2020-08-01T12:03:00Z-2020-08-01T12:07:00Z/*")
			at("timerel=between&timeAt=2020-01-01T00:00:00Z&endTimeAt=2021-01-01T00:00:00Z").header("Content-Range", "DateTime 2020-01-01T00:00:00Z-2020-08-01T12:07:00Z/*")
			at("timerel=before&timeAt=2021-01-01T00:00:00Z&lastN=5").header("Content-Range", "DateTime 2021-01-01T00:00:00Z-2020-08-01T12:05:00Z/5")
			at("timerel=between&timeAt=2020-01-01T00:00:00Z&endTimeAt=2020-12-01T00:00:00Z&lastN=3").header("Content-Range", "DateTime 2020-12-01T00:00:00Z-2020-08-01T12:05:00Z/3")
			at("timerel=after&timeAt=2020-01-01T00:00:00Z&lastN=3").header("Content-Range", "DateTime 2020-08-01T14:07:00Z-2020-08-01T12:05:00Z/3")
			w.get("temporal/entities/urn:x:1?pick=speed").is(200).header("Content-Range", "")
			w.get("temporal/entities?type=Vehicle&timerel=after&timeAt=2020-08-01T12:00:00Z").is(206)
		})
	}
}

// CIM 009, 4.5.19.
func TestAggregates(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.5.19")
		w.post("temporal/entities", vehicle("urn:x:1")).is(201)
		at := func(q, want string) {
			w.Helper()
			w.get("temporal/entities/urn:x:1?format=aggregatedValues&" + q).is(200).json(want)
		}
		const after = "timerel=after&timeAt=2020-08-01T12:03:00Z&"
		at(after+"aggrMethods=avg&aggrPeriodDuration=PT1H", `{"id":"urn:x:1","type":"Vehicle","speed":{"type":"Property","avg":[[100,"2020-08-01T12:03:00Z","2020-08-01T13:03:00Z"]]},"fuelLevel":{"type":"Property","avg":[[67,"2020-08-01T12:03:00Z","2020-08-01T13:03:00Z"],[53,"2020-08-01T13:03:00Z","2020-08-01T14:03:00Z"],[40,"2020-08-01T14:03:00Z","2020-08-01T15:03:00Z"]]}}`)
		at("aggrMethods=min,max&aggrPeriodDuration=P1D", `{"id":"urn:x:1","type":"Vehicle","speed":{"type":"Property","min":[[80,"2020-08-01T12:03:00Z","2020-08-02T12:03:00Z"]],"max":[[120,"2020-08-01T12:03:00Z","2020-08-02T12:03:00Z"]]},"fuelLevel":{"type":"Property","min":[[40,"2020-08-01T12:03:00Z","2020-08-02T12:03:00Z"]],"max":[[67,"2020-08-01T12:03:00Z","2020-08-02T12:03:00Z"]]}}`)
		at("pick=speed&aggrMethods=sum,totalCount,distinctCount,sumsq", `{"speed":{"type":"Property","sum":[[300,"2020-08-01T12:03:00Z","2020-08-01T12:07:00Z"]],"totalCount":[[3,"2020-08-01T12:03:00Z","2020-08-01T12:07:00Z"]],"distinctCount":[[3,"2020-08-01T12:03:00Z","2020-08-01T12:07:00Z"]],"sumsq":[[30800,"2020-08-01T12:03:00Z","2020-08-01T12:07:00Z"]]}}`)
		at("timerel=between&timeAt=2020-01-15T00:00:00Z&endTimeAt=2020-08-20T00:00:00Z&pick=speed&aggrMethods=stddev&aggrPeriodDuration=P1M", `{"speed":{"type":"Property","stddev":[[16.32993161855452,"2020-07-15T00:00:00Z","2020-08-15T00:00:00Z"]]}}`)
		w.post("temporal/entities", `{"id":"urn:x:2","type":"Vehicle","open":[`+point(true, "12:00:00")+`,`+point(false, "12:01:00")+`],"list":[`+point("[1,2]", "12:00:00")+`,`+point("[]", "12:01:00")+`],"name":[`+point(`"b"`, "12:00:00")+`,`+point(`"a"`, "12:01:00")+`],"obj":[`+point(`{"a":1}`, "12:00:00")+`],"clock":[`+point(`"12:00:00Z"`, "12:00:00")+`,`+point(`"13:00:00Z"`, "12:01:00")+`],"rel":[{"type":"Relationship","object":"urn:x:1","observedAt":"2020-08-01T12:00:00Z"}]}`).is(201)
		b := func(attr, methods, want string) {
			w.Helper()
			a := w.get("temporal/entities/urn:x:2?format=aggregatedValues&pick=" + attr + "&aggrMethods=" + methods).is(200)
			a.json(strings.NewReplacer("A", `"2020-08-01T12:00:00Z"`, "Z", `"2020-08-01T12:01:00Z"`).Replace(want))
		}
		b("open", "avg,max,min,sum,stddev,sumsq", `{"open":{"type":"Property","avg":[[0.5,A,Z]],"max":[[1,A,Z]],"min":[[0,A,Z]],"sum":[[1,A,Z]],"stddev":[[0.5,A,Z]],"sumsq":[[1,A,Z]]}}`)
		b("list", "avg,max,min,sum,stddev", `{"list":{"type":"Property","avg":[[1,A,Z]],"max":[[2,A,Z]],"min":[[0,A,Z]],"sum":[[2,A,Z]]}}`)
		b("name", "max,min,avg,totalCount", `{"name":{"type":"Property","max":[["b",A,Z]],"min":[["a",A,Z]],"totalCount":[[2,A,Z]]}}`)
		b("obj", "max,distinctCount", `{"obj":{"type":"Property","distinctCount":[[1,A,A]]}}`)
		b("rel", "sum,distinctCount", `{"rel":{"type":"Relationship","distinctCount":[[1,A,A]]}}`)
		w.get("temporal/entities/urn:x:2?format=aggregatedValues&pick=clock&aggrMethods=avg").says(`[["12:30:00Z",`)
		const q = "temporal/entities?type=Vehicle&timerel=after&timeAt=2020-08-01T00:00:00Z&options=aggregatedValues&"
		w.get(q + "attrs=name&aggrMethods=avg").fails(problem.InvalidRequest)
		w.get(q + "aggrMethods=avg").is(200)
		w.get(q + "aggrMethods=median").fails(problem.BadRequestData)
		w.get(q + "aggrMethods=avg&aggrPeriodDuration=1h").fails(problem.BadRequestData)
		w.get(q).fails(problem.BadRequestData)
		w.post("temporal/entityOperations/query?options=aggregatedValues", `{"type":"Query","entities":[{"type":"Vehicle","id":"urn:x:1"}],"attrs":["speed"],"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:03:00Z"},"aggrParams":{"aggrMethods":["max"],"aggrPeriodDuration":"PT1H"}}`).json(`[{"id":"urn:x:1","type":"Vehicle","speed":{"type":"Property","max":[[120,"2020-08-01T12:03:00Z","2020-08-01T13:03:00Z"]]}}]`)
	})
}
