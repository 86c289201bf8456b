package ngsild_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// What is easy to get wrong, by a number that stays: each says its clause and
// what is right. Those about linked retrieval, ordering, federation, entity
// maps and snapshots come with what they are about.
var traps = map[int]struct {
	says string
	test func(w *world)
}{
	1: {"4.5.0, 5.5.4: the NGSI-LD Null is legal in updates and merges alone", func(w *world) {
		for _, null := range []string{`"urn:ngsi-ld:null"`, `{"type":"Property","value":"urn:ngsi-ld:null"}`, `{"object":"urn:ngsi-ld:null"}`, `{"languageMap":{"@none":"urn:ngsi-ld:null"}}`, `{"valueList":["urn:ngsi-ld:null"]}`, `{"objectList":["urn:ngsi-ld:null"]}`, `{"vocab":"urn:ngsi-ld:null"}`, `{"json":"urn:ngsi-ld:null"}`} {
			e := `{"id":"urn:x:1","type":"T","a":` + null + `}`
			w.post("entities", e).fails(problem.BadRequestData)
			w.post("entityOperations/upsert", "["+e+"]").fails(problem.BadRequestData)
			w.post("entities", simple).is(201)
			w.put("entities/urn:x:1", e).fails(problem.BadRequestData)
			w.post("entities/urn:x:1/attrs", `{"a":`+null+`}`).fails(problem.BadRequestData)
			w.patch("entities/urn:x:1/attrs", `{"a":`+null+`}`).is(204)
			w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T"}`)
			w.del("entities/urn:x:1").is(204)
		}
	}},
	2: {"4.5.0: JSON null deletes nothing; a JSON null literal is a value", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","a":null}`).fails(problem.BadRequestData)
		w.post("entities", `{"id":"urn:x:1","type":"T","a":{"value":{"@type":"@json","@value":null}},"j":{"json":{"x":null}}}`).is(201)
		w.get("entities/urn:x:1").says(`{"@type":"@json","@value":null}`).says(`{"x":null}`)
		w.patch("entities/urn:x:1/attrs", `{"a":null}`).fails(problem.BadRequestData)
	}},
	3: {"5.5.4: no JSON is InvalidRequest, wrong data BadRequestData", func(w *world) {
		w.post("entities", `{`).fails(problem.InvalidRequest)
		w.post("entities", `{"id":1}`).fails(problem.BadRequestData)
	}},
	4: {"4.4: the core context wins wherever it is put", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","location":{"type":"Point","coordinates":[1,2]},"https://a.org/location":5,"@context":["`+core+`",{"location":"https://a.org/location"}]}`).is(201)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","location":{"type":"Point","coordinates":[1,2]},"https://a.org/location":5}`)
		w.post("entityOperations/query?options=keyValues", `{"type":"Query","entities":[{"type":"*"}],"@context":[{"location":"https://a.org/location"},"`+core+`"]}`).says(`"https://a.org/location":5`)
	}},
	6: {"4.4, 5.5.7: contexts within attributes are refused", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","a":{"value":1,"@context":{"x":"https://a.org"}},"@context":"`+core+`"}`).fails(problem.BadRequestData)
		w.post("entities", `{"id":"urn:x:1","type":"T","a":1,"@context":{"a":{"@id":"https://a.org/a","@context":{"b":"https://a.org/b"}}}}`).fails(problem.BadRequestData)
	}},
	7: {"4.5.1: @id and @type are read, id and type are written", func(w *world) {
		w.post("entities", `{"@id":"urn:x:1","@type":"T","a":{"@type":"Property","value":1}}`).is(201)
		w.get("entities/urn:x:1").text(`{"id":"urn:x:1","type":"T","a":{"type":"Property","value":1}}`)
	}},
	8: {"4.6.2: names", func(w *world) {
		for name, ok := range map[string]bool{"a1_b": true, "é": true, "日本": true, "a-b": false, "a.b": false, "a/b": false, "1a": false, "_a": false, "a b": false, "ngsi-ld:foo": true} {
			a := w.post("entities", fmt.Sprintf(`{"id":"urn:x:%x","type":"T",%q:1}`, name, name))
			if (a.Status == 201) != ok {
				w.Errorf("name %q: %d %s", name, a.Status, a.Body)
			}
		}
	}},
	9: {"4.6.3: DateTime", func(w *world) {
		for at, out := range map[string]string{"2020-01-01T12:00:00Z": "2020-01-01T12:00:00Z", "2020-01-01T12:00:00.500Z": "2020-01-01T12:00:00.5Z", "2020-01-01T12:00:00,123456Z": "2020-01-01T12:00:00.123456Z", "2020-01-01T12:00:00.000Z": "2020-01-01T12:00:00Z",
			"2020-01-01T12:00:00": "", "2020-01-01T12:00:00+02:00": "", "2020-01-01T12:00Z": "", "2020-01-01": "", "2020-13-01T12:00:00Z": "", "2020-01-01T12:00:00.1234567Z": ""} {
			a := w.put("entities/urn:x:1", `{"type":"T","a":{"value":1,"observedAt":"`+at+`"}}`)
			if a.Status == 404 {
				a = w.post("entities", `{"id":"urn:x:1","type":"T","a":{"value":1,"observedAt":"`+at+`"}}`)
			}
			if out == "" {
				a.fails(problem.BadRequestData)
			} else {
				w.get("entities/urn:x:1").says(`"observedAt":"` + out + `"`)
			}
		}
	}},
	10: {"4.6.4: dangerous characters come back as they were", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","a":"< > \" ' = ; ( )"}`).is(201)
		w.get("entities/urn:x:1?options=keyValues").text(`{"id":"urn:x:1","type":"T","a":"< > \" ' = ; ( )"}`)
	}},
	11: {"4.5.2, 4.7: geometries, also as text; no GeometryCollection", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","location":{"type":"GeoProperty","value":"{\"type\":\"Point\",\"coordinates\":[4,50]}"}}`).is(201)
		w.get("entities?georel=near;maxDistance==10&geometry=Point&coordinates=[4,50]").finds("1")
		w.post("entities", `{"id":"urn:x:2","type":"T","location":{"type":"GeoProperty","value":{"type":"GeometryCollection","geometries":[]}}}`).fails(problem.BadRequestData)
		w.post("entities", `{"id":"urn:x:2","type":"T","location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[400,50]}}}`).fails(problem.BadRequestData)
	}},
	12: {"5.2.2: system attributes that a client sends are ignored", func(w *world) {
		w.odd().post("entities", `{"id":"urn:x:1","type":"T","createdAt":"1999-01-01T00:00:00Z","modifiedAt":"x","a":{"value":1,"createdAt":"1999-01-01T00:00:00Z","deletedAt":"1999-01-01T00:00:00Z"}}`).is(201)
		if a := w.get("entities/urn:x:1?options=sysAttrs"); strings.Contains(a.Body, "1999") {
			w.Error(a.Body)
		}
	}},
	24: {"6.4.3.1: what was deleted or has expired does not exist", func(w *world) {
		w.post("entities", simple).is(201).header("Location", "/ngsi-ld/v1/entities/urn:x:1")
		w.post("entities", simple).fails(problem.AlreadyExists)
		w.del("entities/urn:x:1").is(204)
		w.post("entities", simple).is(201)
	}},
	25: {"5.6.2, 5.6.3, 5.6.18, 5.6.19: createdAt stays, modifiedAt moves", func(w *world) {
		w.post("entities", simple).is(201)
		for i, change := range []func(){
			func() { w.put("entities/urn:x:1", `{"type":"T","a":2}`).is(204) }, func() { w.put("entities/urn:x:1/attrs/a", `{"value":3}`).is(204) },
			func() { w.patch("entities/urn:x:1/attrs", `{"a":4}`).is(204) }, func() { w.post("entities/urn:x:1/attrs", `{"a":5}`).is(204) },
			func() { w.patch("entities/urn:x:1/attrs/a", `{"value":6}`).is(204) }, func() { w.patch("entities/urn:x:1", `{"a":7}`).is(204) },
		} {
			w.later(time.Second)
			change()
			w.get("entities/urn:x:1?options=sysAttrs,concise").json(fmt.Sprintf(`{"id":"urn:x:1","type":"T","createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:0%[1]dZ","a":{"value":%[2]d,"createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:0%[1]dZ"}}`, i+1, i+2))
		}
	}},
	34: {"4.5.5.1: @none is the default instance and is never printed", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","a":[{"value":1,"datasetId":"@none"},{"value":2,"datasetId":"urn:x:d"}]}`).is(201)
		w.get("entities/urn:x:1?options=concise").json(`{"id":"urn:x:1","type":"T","a":[{"value":1},{"value":2,"datasetId":"urn:x:d"}]}`)
		w.post("entities", `{"id":"urn:x:2","type":"T","a":[{"value":1,"datasetId":"@none"},{"value":2}]}`).fails(problem.BadRequestData)
		w.post("entities", `{"id":"urn:x:2","type":"T","a":{"value":1,"observedAt":["2020-01-01T00:00:00Z","2021-01-01T00:00:00Z"]}}`).fails(problem.BadRequestData)
	}},
	39: {"4.22: expiresAt is a system attribute; what has expired is not seen", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","a":{"value":1,"expiresAt":"2026-03-29T12:00:05Z"},"b":2}`).is(201)
		w.get("entities/urn:x:1?options=concise").json(`{"id":"urn:x:1","type":"T","a":1,"b":2}`)
		w.get("entities/urn:x:1?options=sysAttrs").says(`"expiresAt":"2026-03-29T12:00:05Z"`)
		w.later(5 * time.Second)
		w.get("entities/urn:x:1?options=concise").json(`{"id":"urn:x:1","type":"T","b":2}`)
		w.get("entities?attrs=a").finds("")
	}},
	41: {"5.7.1.4, 4.21: attrs may find nothing, pick only shapes", func(w *world) {
		w.post("entities", simple).is(201)
		w.get("entities/urn:x:1?attrs=b").fails(problem.ResourceNotFound)
		w.get("entities/urn:x:1?pick=b").json(`{}`)
		w.get("entities?type=T&pick=b").json(`[{}]`)
		w.get("entities?attrs=b").finds("")
		w.get("entities?type=T&pick=a{b}").fails(problem.BadRequestData)
	}},
	44: {"4.9: existence, sub-attributes, paths into values", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","address":{"value":{"city":"Berlin"}},"sensor":{"value":40,"rawdata":{"value":{"airquality":{"particulate":40}}}}}`).is(201)
		for q, ids := range map[string]string{"address": "1", "sensor.rawdata": "1", "address[city]==\"Berlin\"": "1", "sensor.rawdata[airquality.particulate]==40": "1", "sensor.rawdata[airquality.PM20]": "", "address[town]!=\"x\"": ""} {
			w.get("entities?q=" + q).finds(ids)
		}
		w.get("entities?q=!address").fails(problem.BadRequestData)
	}},
	48: {"4.9: a pattern is of POSIX and covers the whole text", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","name":"Downtown 12","n":12}`).is(201)
		for q, ids := range map[string]string{`name~="Down.*"`: "1", `name~="Down"`: "", `name~=Down[[:alpha:]]%2B [[:digit:]]{2}`: "1", `name!~="Up.*"`: "1", `n~="1.*"`: "", `n!~="x"`: ""} {
			w.get("entities?q=" + q).finds(ids)
		}
	}},
	49: {"4.9: instances, languages, vocabularies, expandValues, jsonKeys", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","s":[{"value":1},{"value":2,"datasetId":"urn:x:d"}],"name":{"languageMap":{"en":"red","fr":["rouge"]}},"gender":{"vocab":"Male"},"ticket":{"json":{"value":"x"}}}`).is(201)
		for q, ids := range map[string]string{"s==2": "1", "name[en]==\"red\"": "1", "name[fr]==\"red\"": "", "name[*]==\"rouge\"": "1", "name==\"rouge\"": "1", "gender==\"Male\"": "", "gender!=\"Male\"": "1", "gender==\"Male\"&expandValues=gender": "1", "gender==Male&expandValues=gender": "1", "gender==\"Female\"": "", "ticket[value]==\"x\"&jsonKeys=ticket": "1"} {
			w.get("entities?q=" + q).finds(ids)
		}
	}},
	53: {"4.5.4: the simplified form of what is no plain value", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","l":{"languageMap":{"en":"x"}},"v":{"vocab":"M"},"j":{"json":{"a":1}},"vl":{"valueList":[1]},"ol":{"objectList":["urn:x:2"]},"r":{"object":["urn:x:2","urn:x:3"]}}`).is(201)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","l":{"languageMap":{"en":"x"}},"v":{"vocab":"M"},"j":{"json":{"a":1}},"vl":[1],"ol":["urn:x:2"],"r":["urn:x:2","urn:x:3"]}`)
	}},
	54: {"4.5.2.3: the concise form", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","a":5,"g":{"type":"Point","coordinates":[1,2]},"o":{"value":{"type":"Foo"}}}`).is(201)
		w.get("entities/urn:x:1").json(`{"id":"urn:x:1","type":"T","a":{"type":"Property","value":5},"g":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}},"o":{"type":"Property","value":{"type":"Foo"}}}`)
		w.get("entities/urn:x:1?format=concise").json(`{"id":"urn:x:1","type":"T","a":5,"g":{"type":"Point","coordinates":[1,2]},"o":{"value":{"type":"Foo"}}}`)
		w.post("entities", `{"id":"urn:x:2","type":"T","o":{"type":"Foo"}}`).fails(problem.BadRequestData)
	}},
	55: {"4.5.16, 6.3.15: GeoJSON", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","a":1,"place":{"type":"Point","coordinates":[1,2]}}`).is(201)
		const geo, plain = "Accept: application/geo+json", "Prefer: body=json"
		w.get("entities/urn:x:1?pick=a&options=keyValues", geo, plain).json(`{"id":"urn:x:1","type":"Feature","geometry":null,"properties":{"a":1}}`)
		w.get("entities/urn:x:1?geometryProperty=place&options=keyValues", geo, plain).json(`{"id":"urn:x:1","type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"type":"T","a":1,"place":{"type":"Point","coordinates":[1,2]}}}`)
		if a := w.get("entities?type=T", geo); strings.Count(a.Body, "@context") != 1 || !strings.HasSuffix(a.Body, `}`) {
			w.Error(a.Body)
		}
		w.get("entities/urn:x:1?geometryProperty=place").fails(problem.BadRequestData)
	}},
	56: {"4.18, 4.19: scopes", func(w *world) {
		w.post("entities", `{"id":"urn:x:1","type":"T","scope":"Madrid/Gardens"}`).is(201)
		w.post("entities", `{"id":"urn:x:2","type":"T","scope":["/Madrid","/Paris"]}`).is(201)
		w.get("entities/urn:x:1").json(`{"id":"urn:x:1","type":"T","scope":"/Madrid/Gardens"}`)
		w.get("entities/urn:x:2").json(`{"id":"urn:x:2","type":"T","scope":["/Madrid","/Paris"]}`)
		w.get("entities?type=T&scopeQ=Madrid").fails(problem.BadRequestData)
		w.get("entities?type=T&scopeQ=/Madrid/#").finds("1 2")
		for _, s := range []string{`"9a"`, `"a//b"`, `"a-b"`, `"/"`, `[]`, `5`} {
			w.post("entities", `{"id":"urn:x:3","type":"T","scope":`+s+`}`).fails(problem.BadRequestData)
		}
	}},
	67: {"5.6.14, 4.5.7: each instance of history has an instanceId of its own", func(w *world) {
		w.post("temporal/entities", vehicle("urn:x:1")).is(201)
		a := w.get("temporal/entities/urn:x:1")
		ids := map[string]bool{}
		for i, part := range strings.Split(a.Body, `"instanceId":"`) {
			if i > 0 {
				id, _, _ := strings.Cut(part, `"`)
				ids[id] = true
			}
		}
		if len(ids) != 6 {
			w.Errorf("%d instance ids in %s", len(ids), a.Body)
		}
		if again := w.get("temporal/entities/urn:x:1"); again.Body != a.Body {
			w.Error("instance ids change from reading to reading")
		}
	}},
}

// Traps that have a test of their own elsewhere, in this folder or in the one
// before the colon.
var trapsElsewhere = map[int]string{
	5: "TestReadingContext", 13: "TestContextOfARequest", 14: "TestBodies", 15: "TestNegotiation", 16: "TestBodies", 17: "TestBodies", 18: "TestNegotiation", 19: "TestBodies", 20: "TestParameters", 21: "TestParameters", 22: "TestTenants", 23: "TestParameters",
	26: "TestUpdatePartialMerge", 27: "TestUpdatePartialMerge", 28: "TestUpdatePartialMerge", 29: "TestAppend", 30: "TestUpdatePartialMerge", 31: "TestAppend", 32: "TestMergeOptions", 33: "TestReplace", 35: "TestDeleteAttribute", 36: "TestBatches", 37: "TestBatches", 38: "TestPurge",
	40: "TestQuery", 42: "TestQuery", 43: "TestQuery", 45: "TestQuery", 46: "TestQuery", 47: "TestQuery", 50: "TestQuery", 51: "TestQuery", 52: "TestRetrieve", 57: "TestPaging", 58: "TestOrder", 59: "TestJoin", 60: "TestRetrieveHistory", 61: "TestQueryHistory", 62: "TestAddHistory", 63: "TestHistoryOfChanges", 64: "TestTemporalPages", 65: "TestRetrieveHistory", 66: "TestAggregates",
	68: "TestTriggers", 69: "TestTimeInterval", 70: "TestTriggers", 71: "TestDeletionNotifications", 72: "internal/notify/http:TestSend", 73: "TestSubscriptionStatus", 74: "TestNotificationContext", 75: "TestTimeInterval", 76: "TestSubscriptionNotifications", 77: "TestSubscriptions", 87: "TestHostedContexts", 88: "TestHostedContexts", 90: "TestEntityMapPages", 91: "TestSnapshotIsLocal", 89: "internal/contexts:TestExpiry",
}

// trapsLater are about what is not built yet, and what that is.
var trapsLater = map[int]string{
	78: "federation", 79: "federation", 80: "federation", 81: "federation", 82: "federation", 83: "federation", 84: "federation", 85: "federation", 86: "federation",
}

var clauseNumber = regexp.MustCompile(`\b[4-7](?:\.\d+)+\b`)

func TestTraps(t *testing.T) {
	for _, n := range slices.Sorted(maps.Keys(traps)) {
		t.Run(fmt.Sprintf("%02d", n), func(t *testing.T) {
			if trapsElsewhere[n] != "" {
				t.Fatal("this number is taken")
			}
			t.Log(traps[n].says)
			worlds(t, func(w *world) {
				clauses(w, clauseNumber.FindAllString(traps[n].says, -1)...)
				traps[n].test(w)
			})
		})
	}
}
