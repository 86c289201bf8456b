package ngsild_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/api/ngsild"
	"github.com/beffroi/beffroi/internal/problem"
)

// Scopes have a history (CIM 009, 4.5.6, 4.18).
func TestScopeHistory(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.5.6", "4.18", "4.5.9", "4.5.19", "5.6.13")
		const at = "temporal/entities/urn:x:1"
		w.post("entities", `{"id":"urn:x:1","type":"T","scope":"/a"}`).is(201)
		w.later(time.Minute)
		w.post("entities/urn:x:1/attrs", `{"scope":["/a","/b"]}`).is(204)
		w.post("entities/urn:x:1/attrs", `{"v":1}`).is(204) // no change of scope
		w.later(time.Minute)
		w.del("entities/urn:x:1/attrs/scope").is(204)
		w.get(at + "?pick=scope").json(`{"scope":[{"type":"Property","value":"/a","observedAt":"2026-03-29T12:00:00Z"},{"type":"Property","value":["/a","/b"],"observedAt":"2026-03-29T12:01:00Z"},{"type":"Property","value":"urn:ngsi-ld:null","deletedAt":"2026-03-29T12:02:00Z"}]}`)
		w.get(at + "?pick=scope&timeproperty=modifiedAt&options=sysAttrs,temporalValues").says(`"scope":{"type":"Property","values":[["/a","2026-03-29T12:00:00Z"],[["/a","/b"],"2026-03-29T12:01:00Z"],["urn:ngsi-ld:null","2026-03-29T12:02:00Z"]]}`)
		w.get(at + "?pick=scope&timeproperty=deletedAt").json(`{"scope":[{"type":"Property","value":"urn:ngsi-ld:null","deletedAt":"2026-03-29T12:02:00Z"}]}`)
		w.get(at + "?pick=scope&timeproperty=deletedAt&format=temporalValues").json(`{"scope":{"type":"Property","values":[["urn:ngsi-ld:null","2026-03-29T12:02:00Z"]]}}`)
		w.get(at + "?pick=scope&lastN=1").json(`{"scope":[{"type":"Property","value":["/a","/b"],"observedAt":"2026-03-29T12:01:00Z"}]}`)
		w.get(at + "?pick=scope&timerel=before&timeAt=2026-03-29T12:01:00Z").json(`{"scope":[{"type":"Property","value":"/a","observedAt":"2026-03-29T12:00:00Z"}]}`)
		w.get(at + "?pick=scope&format=aggregatedValues&aggrMethods=totalCount,distinctCount,avg&timerel=between&timeAt=2026-03-29T12:00:00Z&endTimeAt=2026-03-29T13:00:00Z").json(`{"scope":{"type":"Property","totalCount":[[2,"2026-03-29T12:00:00Z","2026-03-29T13:00:00Z"]],"distinctCount":[[2,"2026-03-29T12:00:00Z","2026-03-29T13:00:00Z"]]}}`)
		w.get(at + "?omit=scope,v").json(`{"id":"urn:x:1","type":"T"}`)
		w.get(at + "?attrs=scope").fails(problem.BadRequestData)
		w.del("temporal/entities/urn:x:1/attrs/scope").is(204)
		w.del("temporal/entities/urn:x:1/attrs/scope").fails(problem.ResourceNotFound)
		w.get(at + "?pick=scope").json(`{}`)
		// deletion of the entity ends the scope; so does that of the history
		w.post("entities/urn:x:1/attrs", `{"scope":"/c"}`).is(204)
		w.later(time.Minute)
		w.del("entities/urn:x:1").is(204)
		w.get(at + "?pick=scope&timeproperty=deletedAt").says(`"urn:ngsi-ld:null","deletedAt":"2026-03-29T12:03:00Z"`)
		w.get(at + "?options=sysAttrs&pick=id,type").says(`"deletedAt":"2026-03-29T12:03:00Z"`)
		w.post("entities", `{"id":"urn:x:2","type":"T","https://uri.etsi.org/ngsi-ld/scope":1}`).fails(problem.BadRequestData)
	})
}

// Scope queries go by the time at which scopes were valid (CIM 009, 5.7.4.4
// and the example in C.5.16).
func TestScopeQueryOfHistory(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.7.4.4", "4.18", "4.19")
		scope := func(at, s string) string {
			return `{"type":"Property","value":` + s + `,"observedAt":"2020-08-01T` + at + `Z"}`
		}
		speeds := point(30, "12:03:00") + "," + point(60, "12:12:00") + "," + point(50, "12:16:00")
		for i, scopes := range []string{
			scope("11:00:00", `"/Madrid/Centro"`),
			scope("12:10:00", `["/Madrid/Centro","/Company123/UnitA"]`),
			scope("11:00:00", `"/Madrid/Centro"`) + "," + scope("12:10:00", `"/Paris"`),
			scope("13:00:00", `"/Madrid/Centro"`),
		} {
			w.post("temporal/entities", fmt.Sprintf(`{"id":"urn:x:%d","type":"Vehicle","scope":[%s],"speed":[%s]}`, i+1, scopes, speeds)).is(201)
		}
		w.post("temporal/entities", `{"id":"urn:x:5","type":"Vehicle","scope":"/Lyon","speed":[`+speeds+`]}`).is(201)
		const q = "temporal/entities?type=Vehicle&timerel=between&timeAt=2020-08-01T12:00:00Z&endTimeAt=2020-08-01T13:00:00Z&options=temporalValues&attrs=speed,scope&scopeQ="
		const a, b, c = `[30,"2020-08-01T12:03:00Z"]`, `[60,"2020-08-01T12:12:00Z"]`, `[50,"2020-08-01T12:16:00Z"]`
		line := func(id int, scope, speeds string) string {
			return fmt.Sprintf(`{"id":"urn:x:%d","type":"Vehicle","scope":{"type":"Property","values":[[%s]]},"speed":{"type":"Property","values":[%s]}}`, id, scope, speeds)
		}
		w.get(q + "/Madrid/Centro").json(`[` + line(1, `"/Madrid/Centro","2020-08-01T11:00:00Z"`, a+","+b+","+c) + "," +
			line(2, `["/Madrid/Centro","/Company123/UnitA"],"2020-08-01T12:10:00Z"`, b+","+c) + "," + line(3, `"/Madrid/Centro","2020-08-01T11:00:00Z"`, a) + `]`)
		w.get(q + "/Paris").json(`[` + line(3, `"/Paris","2020-08-01T12:10:00Z"`, b+","+c) + `]`)
		w.get(q + "/Lyon").finds("5")
		w.get(q + "/%23").finds("1 2 3 5")
		w.get(q + "/Rome").finds("")
		w.get(q + "(/Madrid/Centro;/Company123/%2B)").finds("2")
		w.get("temporal/entities?attrs=scope&timerel=before&timeAt=2020-08-01T12:00:00Z").finds("1 3")
		w.get("entities/urn:x:3?options=keyValues&pick=scope").json(`{"scope":"/Paris"}`)
		w.post("temporal/entityOperations/query", `{"type":"Query","entities":[{"type":"Vehicle"}],"scopeQ":"/Paris","temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z"}}`).finds("3")
	})
}

// What history is told of: deletions, the simplified form, types
// (CIM 009, 5.2.20, 5.5.4, 5.6.11, 5.6.12).
func TestTemporalInput(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.2.20", "5.5.4", "5.6.11", "5.6.12", "4.5.9")
		const at = "temporal/entities/urn:x:1"
		w.post("temporal/entities", `{"id":"urn:x:1","type":"Vehicle","r":[{"type":"Relationship","object":"urn:x:2","observedAt":"2020-08-01T12:00:00Z"},{"type":"Relationship","object":"urn:ngsi-ld:null","deletedAt":"2020-08-01T13:00:00Z"}]}`).is(201)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"Vehicle"}`)
		w.get(at + "?timeproperty=deletedAt&pick=r").says(`"type":"Relationship","object":"urn:ngsi-ld:null","deletedAt":"2020-08-01T13:00:00Z"`)
		w.get(at + "?timeproperty=deletedAt&pick=r&format=temporalValues").json(`{"r":{"type":"Relationship","objects":[["urn:ngsi-ld:null","2020-08-01T13:00:00Z"]]}}`)
		w.post("temporal/entities", `{"id":"urn:x:1","type":["Car","Vehicle"],"s":[`+point(1, "12:00:00")+`]}`).is(204)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":["Vehicle","Car"],"s":1}`)
		w.post(at+"/attrs", `{"type":"Bus","s":[`+point(2, "13:00:00")+`]}`).is(204)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":["Vehicle","Car","Bus"],"s":2}`)
		for _, bad := range []string{`{"s":"urn:ngsi-ld:null"}`, `{"s":[{"value":{"a":"urn:ngsi-ld:null"}}]}`, `{"s":{"value":1,"sub":{"value":"urn:ngsi-ld:null"}}}`, `{"s":[{"type":"Property","value":1,"observedAt":"yesterday"}]}`, `{"s":{"values":[[1]]}}`, `{"s":{"type":"Relationship","values":[[1,"2020-08-01T12:00:00Z"]]}}`, `{"s":{"values":[[1,"x"]]}}`} {
			w.post(at+"/attrs", bad).fails(problem.BadRequestData)
		}
		// the simplified form of every kind comes back as it was sent
		const simple = `{"id":"urn:x:3","type":"V","a":{"type":"Property","values":[[1,"2020-08-01T12:00:00Z"],["x","2020-08-01T13:00:00Z"]]},` +
			`"g":{"type":"GeoProperty","values":[[{"type":"Point","coordinates":[1,2]},"2020-08-01T12:00:00Z"]]},` +
			`"l":{"type":"LanguageProperty","languageMaps":[[{"languageMap":{"en":"yes","fr":"oui"}},"2020-08-01T12:00:00Z"]]},` +
			`"vo":{"type":"VocabProperty","vocabs":[[{"vocab":"Male"},"2020-08-01T12:00:00Z"]]},` +
			`"j":{"type":"JsonProperty","jsons":[[{"json":{"a":null}},"2020-08-01T12:00:00Z"]]},` +
			`"vl":{"type":"ListProperty","valueLists":[[[1,2],"2020-08-01T12:00:00Z"]]},` +
			`"r":{"type":"Relationship","objects":[["urn:x:1","2020-08-01T12:00:00Z"],[["urn:x:1","urn:x:2"],"2020-08-01T13:00:00Z"]]},` +
			`"lr":{"type":"ListRelationship","objectLists":[[["urn:x:1","urn:x:2"],"2020-08-01T12:00:00Z"]]},` +
			`"m":[{"type":"Property","values":[[1,"2020-08-01T12:00:00Z"]]},{"type":"Property","datasetId":"urn:x:d","values":[[2,"2020-08-01T12:00:00Z"]]}]}`
		w.post("temporal/entities", simple).is(201)
		w.get("temporal/entities/urn:x:3?format=temporalValues").json(simple)
		w.get("temporal/entities/urn:x:3?format=temporalValues&lang=fr&pick=l").json(`{"l":{"type":"Property","values":[["oui","2020-08-01T12:00:00Z"]]}}`)
		w.get("temporal/entities/urn:x:3?format=temporalValues&datasetId=urn:x:d").json(`{"id":"urn:x:3","type":"V","m":{"type":"Property","datasetId":"urn:x:d","values":[[2,"2020-08-01T12:00:00Z"]]}}`)
	})
}

// A deletion has the form of what it deletes, also if nothing else lies in
// the time that is asked for (CIM 009, 4.5.7 and 4.5.8).
func TestDeletionsByKind(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.5.7", "4.5.8", "4.5.9")
		w.all(`{"id":"urn:x:1","type":"T","p":1,"g":{"type":"Point","coordinates":[1,2]},"l":{"languageMap":{"en":"x"}},"vo":{"vocab":"M"},"j":{"json":{"a":1}},"vl":{"valueList":[1]},"r":{"object":"urn:x:2"},"ol":{"objectList":["urn:x:2"]}}`)
		w.later(time.Minute)
		w.del("entities/urn:x:1").is(204)
		const q, gone = "temporal/entities/urn:x:1?timeproperty=deletedAt&pick=", `"deletedAt":"2026-03-29T12:01:00Z"`
		for attr, want := range map[string][2]string{
			"p": {`"type":"Property","value":"urn:ngsi-ld:null"`, `{"type":"Property","values":[["urn:ngsi-ld:null",Z]]}`}, "g": {`"type":"GeoProperty","value":"urn:ngsi-ld:null"`, `{"type":"GeoProperty","values":[["urn:ngsi-ld:null",Z]]}`},
			"l":  {`"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}`, `{"type":"LanguageProperty","languageMaps":[[{"languageMap":{"@none":"urn:ngsi-ld:null"}},Z]]}`},
			"vo": {`"type":"VocabProperty","vocab":"urn:ngsi-ld:null"`, `{"type":"VocabProperty","vocabs":[[{"vocab":"urn:ngsi-ld:null"},Z]]}`}, "j": {`"type":"JsonProperty","json":"urn:ngsi-ld:null"`, `{"type":"JsonProperty","jsons":[[{"json":"urn:ngsi-ld:null"},Z]]}`},
			"vl": {`"type":"ListProperty","valueList":["urn:ngsi-ld:null"]`, `{"type":"ListProperty","valueLists":[[["urn:ngsi-ld:null"],Z]]}`},
			"r":  {`"type":"Relationship","object":"urn:ngsi-ld:null"`, `{"type":"Relationship","objects":[["urn:ngsi-ld:null",Z]]}`}, "ol": {`"type":"ListRelationship","objectList":["urn:ngsi-ld:null"]`, `{"type":"ListRelationship","objectLists":[[["urn:ngsi-ld:null"],Z]]}`},
		} {
			w.get(q + attr).is(200).says(want[0] + "," + gone)
			w.get(q + attr + "&format=temporalValues").json(`{"` + attr + `":` + strings.ReplaceAll(want[1], "Z", `"2026-03-29T12:01:00Z"`) + `}`)
		}
		// what can be asked of a deleted entity
		w.get("entities/urn:x:1").fails(problem.ResourceNotFound)
		w.get("temporal/entities/urn:x:1?options=sysAttrs&pick=id,type").says(`"deletedAt":"2026-03-29T12:01:00Z"`)
		w.get("temporal/entities?type=T&timeproperty=deletedAt&timerel=after&timeAt=2026-03-29T12:01:00Z").finds("1")
		w.get("temporal/entities?type=T&timeproperty=modifiedAt&timerel=before&timeAt=2026-03-29T12:01:00Z&q=p==1").finds("1")
		w.post("temporal/entities/urn:x:1/attrs", `{"p":[`+point(1, "12:00:00")+`]}`).fails(problem.ResourceNotFound)
		w.post("temporal/entities", `{"id":"urn:x:1","type":"T","p":[`+point(7, "12:00:00")+`]}`).is(201)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","p":7}`)
		w.del("temporal/entities/urn:x:1").is(204)
		w.get("temporal/entities/urn:x:1").fails(problem.ResourceNotFound)
		w.del("temporal/entities/urn:x:1").fails(problem.ResourceNotFound)
	})
}

// One store for state and history (CIM 009, 5.6.11, 5.6.4, 5.6.16).
func TestOneStore(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.11", "5.6.4", "5.6.6", "5.6.16")
		w.post("temporal/entities", vehicle("urn:x:1")).is(201)
		w.patch("entities/urn:x:1/attrs/speed", `{"value":90,"observedAt":"2020-08-01T12:09:00Z"}`).is(204)
		w.get("temporal/entities/urn:x:1?attrs=speed&options=temporalValues&lastN=2").json(`{"id":"urn:x:1","type":"Vehicle","speed":{"type":"Property","values":[[100,"2020-08-01T12:07:00Z"],[90,"2020-08-01T12:09:00Z"]]}}`)
		w.post("entities", vehicle("urn:x:1")).fails(problem.BadRequestData)
		w.post("entities", `{"id":"urn:x:1","type":"Vehicle"}`).fails(problem.AlreadyExists)
		w.del("temporal/entities/urn:x:1/attrs/speed").is(204)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"Vehicle","fuelLevel":40}`)
		w.del("entities/urn:x:1").is(204)
		w.get("temporal/entities/urn:x:1?attrs=fuelLevel").is(200)
		w.all(`{"id":"urn:x:2","type":"Vehicle","speed":{"value":5,"observedAt":"2020-08-01T12:00:00Z"}}`)
		w.post("temporal/entities", `{"id":"urn:x:2","type":"Vehicle","speed":[`+point(4, "11:00:00")+`]}`).is(204)
		w.get("entities/urn:x:2?options=keyValues").json(`{"id":"urn:x:2","type":"Vehicle","speed":5}`)
		w.del("temporal/entities/urn:x:2").is(204)
		w.get("entities/urn:x:2").fails(problem.ResourceNotFound)
	})
}

// Errors and members of temporal queries (CIM 009, 4.11, 5.2.21, 5.2.44,
// 5.7.4.4, 6.3.12, 6.24.3.1).
func TestTemporalQueryMembers(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.11", "5.2.21", "5.2.44", "5.7.4.4", "6.3.12", "6.24.3.1")
		w.post("temporal/entities", vehicle("urn:x:1")).is(201)
		post := func(temporalQ, more string) *answer {
			w.Helper()
			return w.post("temporal/entityOperations/query?options=aggregatedValues", `{"type":"Query","entities":[{"type":"Vehicle"}],"pick":["speed"],"temporalQ":{`+temporalQ+`}`+more+`}`)
		}
		const when = `"timerel":"after","timeAt":"2020-08-01T12:00:00Z"`
		const want = `[{"speed":{"type":"Property","max":[[120,"2020-08-01T12:00:00Z","2020-08-01T13:00:00Z"]]}}]`
		post(when+`,"aggrMethods":["max"],"aggrPeriodDuration":"PT1H"`, "").json(want)
		post(when+`,"aggrMethods":"max","aggrPeriodDuration":"PT1H"`, "").json(want)
		post(when, `,"aggrParams":{"aggrMethods":"max","aggrPeriodDuration":"PT1H"}`).json(want)
		for _, bad := range [][2]string{
			{when + `,"aggrMethods":["median"]`, ""}, {when, `,"aggrParams":{"aggrMethods":["max"],"aggrPeriodDuration":"1h"}`}, {when, `,"aggrParams":{"aggrMethods":["max"],"x":1}`}, {when + `,"x":1`, ""}, {when, ""},
			{`"timerel":"after"`, `,"aggrParams":{"aggrMethods":["max"]}`}, {`"timeAt":"2020-08-01T12:00:00Z"`, ""}, {when + `,"lastN":0`, ""}, {when + `,"lastN":1.5`, ""}, {when + `,"timeproperty":"x"`, ""}, {`"timerel":"between","timeAt":"2020-08-01T12:00:00Z"`, ""}, {`"timerel":"after","timeAt":"2020-08-01"`, ""},
			{when, `,"aggrParams":{"aggrMethods":["max"],"aggrPeriodDuration":"P1Y2W"}`}, {when, `,"aggrParams":{"aggrMethods":["max"],"aggrPeriodDuration":"P"}`},
		} {
			post(bad[0], bad[1]).fails(problem.BadRequestData)
		}
		const q = "temporal/entities?timerel=after&timeAt=2020-08-01T12:00:00Z&"
		for _, bad := range []string{"attrs=createdAt", "q=modifiedAt>2020-01-01T00:00:00Z", "id=urn:x:1", "scopeQ=/a", "type=Vehicle&pick=a{b}", "type=Vehicle&q=a{b}>1", "type=Vehicle&id=nouri", "type=Vehicle&csf=((", "type=Vehicle&orderBy=id", "local=true&orderBy=speed", "local=true&orderBy=createdAt", "local=true&orderBy=id,speed", "type=Vehicle&lastN=-1", "type=Vehicle&limit=-1", "type=Vehicle&limit=0"} {
			w.get(q + bad).fails(problem.BadRequestData)
		}
		for _, bad := range []string{"type=Vehicle&format=concise", "type=Vehicle&options=simplified", "type=Vehicle&options=temporalValues,foo", "type=Vehicle&join=inline", "type=Vehicle&foo=1", "type=Vehicle&options=temporalValues,aggregatedValues&aggrMethods=max", "type=Vehicle&aggrMethods=max"} {
			w.get(q + bad).fails(problem.InvalidRequest)
		}
		w.get(q+"type=Vehicle", "Accept: application/geo+json").is(406)
		w.get(q + "type=Vehicle&format=temporalValues&options=aggregatedValues&pick=id").json(`[{"id":"urn:x:1"}]`)
		w.post("temporal/entities", strings.ReplaceAll(vehicle("urn:x:2"), "Vehicle", "Bus")).is(201)
		w.get(q + "local=true&orderBy=id;desc").finds("2 1")
		w.get(q+"local=true&limit=0&count=true").header("NGSILD-Results-Count", "2").json(`[]`)
		w.get(q + "local=true&offset=7&limit=1").finds("2")
		w.get(q + "type=Vehicle&attrs=speed&datasetId=urn:x:none").json(`[{"id":"urn:x:1","type":"Vehicle"}]`)
		w.get(q + "type=Vehicle&lastN=1&format=aggregatedValues&aggrMethods=totalCount&pick=speed").json(`[{"speed":{"type":"Property","totalCount":[[1,"2020-08-01T12:00:00Z","2020-08-01T12:07:00Z"]]}}]`)
		w.get(q + "q=speed>110&lastN=1&format=temporalValues&attrs=speed").json(`[{"id":"urn:x:1","type":"Vehicle","speed":{"type":"Property","values":[[100,"2020-08-01T12:07:00Z"]]}},{"id":"urn:x:2","type":"Bus","speed":{"type":"Property","values":[[100,"2020-08-01T12:07:00Z"]]}}]`)
	})
}

// CIM 009, 4.5.19.1: periods of every kind, and types of value.
func TestAggregatePeriods(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.5.19", "4.5.19.1")
		day := func(v any, at string) string {
			return fmt.Sprintf(`{"type":"Property","value":%v,"observedAt":"%sT00:00:00Z"}`, v, at)
		}
		w.post("temporal/entities", `{"id":"urn:x:1","type":"T","v":[`+day(1, "2020-01-31")+`,`+day(2, "2020-02-29")+`,`+day(3, "2020-03-01")+`,`+day(4, "2021-02-28")+`],"d":[`+
			day(`{"@type":"DateTime","@value":"2020-01-01T00:00:00.5Z"}`, "2020-01-31")+`,`+day(`{"@type":"DateTime","@value":"2020-01-01T00:00:00Z"}`, "2020-02-29")+`],"u":[`+day(`{"@type":"@id","@value":"urn:x:9"}`, "2020-01-31")+`]}`).is(201)
		at := func(from, to, period, want string) {
			w.Helper()
			w.get("temporal/entities/urn:x:1?format=aggregatedValues&pick=v&aggrMethods=sum&timerel=between&timeAt=" + from + "T00:00:00Z&endTimeAt=" + to + "T00:00:00Z" + period).json(`{"v":{"type":"Property","sum":[` + strings.NewReplacer("<", `"`, ">", `T00:00:00Z"`).Replace(want) + `]}}`)
		}
		at("2020-01-31", "2020-04-01", "&aggrPeriodDuration=P1M", `[1,<2020-01-31>,<2020-02-29>],[5,<2020-02-29>,<2020-03-31>]`)
		at("2020-01-01", "2022-01-01", "&aggrPeriodDuration=P1Y", `[6,<2020-01-01>,<2021-01-01>],[4,<2021-01-01>,<2022-01-01>]`)
		at("2020-01-27", "2020-03-05", "&aggrPeriodDuration=P1W", `[1,<2020-01-27>,<2020-02-03>],[5,<2020-02-24>,<2020-03-02>]`)
		at("2020-01-01", "2021-01-01", "&aggrPeriodDuration=PT0S", `[6,<2020-01-01>,<2021-01-01>]`)
		at("2020-01-01", "2021-01-01", "&aggrPeriodDuration=P0D", `[6,<2020-01-01>,<2021-01-01>]`)
		at("2020-01-01", "2021-01-01", "", `[6,<2020-01-01>,<2021-01-01>]`)
		at("2020-01-01", "2020-02-29", "", `[1,<2020-01-01>,<2020-02-29>]`)
		w.get("temporal/entities/urn:x:1?format=aggregatedValues&pick=d&aggrMethods=max,min,sum").says(`"max":[[{"@type":"DateTime","@value":"2020-01-01T00:00:00.5Z"},`).says(`"min":[[{"@type":"DateTime","@value":"2020-01-01T00:00:00Z"},`)
		w.get("temporal/entities/urn:x:1?format=aggregatedValues&pick=u&aggrMethods=max,totalCount").json(`{"u":{"type":"Property","totalCount":[[1,"2020-01-31T00:00:00Z","2020-01-31T00:00:00Z"]]}}`)
	})
}

// A page of history stays a page however many entities it is about
// (CIM 009, 6.3.10), and following it gives all there is.
func TestTemporalPagesOfMany(t *testing.T) {
	for name, open := range drivers {
		t.Run(name, func(t *testing.T) {
			clauses(t, "6.3.10", "5.5.9")
			w := newWorld(t, open, ngsild.Options{TemporalPage: 30})
			for e := range 20 {
				var pts []string
				for m := range 20 {
					pts = append(pts, point(m, fmt.Sprintf("%02d:%02d:00", 10+m/10, m%10*6)))
				}
				w.post("temporal/entities", fmt.Sprintf(`{"id":"urn:x:%d","type":"T","v":[%s]}`, e, strings.Join(pts, ","))).is(201)
			}
			// entities with the same times: a page ends between two of them
			w.get("temporal/entities?idPattern=[0-3]$&type=T&limit=4&timerel=after&timeAt=2020-08-01T09:00:00Z").is(206)
			w.get("temporal/entities?id=urn:x:0,urn:x:1,urn:x:2,urn:x:3,urn:x:4,urn:x:5,urn:x:6&type=T&limit=100&timerel=after&timeAt=2020-08-01T09:00:00Z").is(206).header("Content-Range", "DateTime 2020-08-01T09:00:00Z-2020-08-01T10:24:00Z/*")
			from, seen := "2020-08-01T09:00:00Z", 0
			for from != "" {
				a := w.get("temporal/entities?type=T&limit=100&format=temporalValues&timerel=after&timeAt=" + from)
				n := strings.Count(a.Body, `"2020-08-01T`)
				if n > 60 {
					t.Fatalf("%d instances on a page of 30", n)
				}
				seen += n
				r := a.Header.Get("Content-Range")
				if a.Status != 206 {
					break
				}
				end := strings.TrimSuffix(r[strings.LastIndex(r, "Z-")+2:], "/*")
				last, err := time.Parse(time.RFC3339, end)
				if err != nil {
					t.Fatal(r, err)
				}
				from = last.Add(time.Second).Format("2006-01-02T15:04:05Z")
			}
			if seen != 400 {
				t.Errorf("%d instances on all pages, want 400", seen)
			}
			w.get("temporal/entities?type=T&limit=100&format=temporalValues&lastN=7&timerel=after&timeAt=2020-08-01T09:00:00Z").is(206).header("Content-Range", "DateTime 2020-08-01T11:54:00Z-2020-08-01T11:48:00Z/7")
		})
	}
}
