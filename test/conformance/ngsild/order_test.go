package ngsild_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// CIM 009, 4.23, 5.7.2.4 and 6.4.3.2.
func TestOrder(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.23", "5.7.2.4", "6.4.3.2")
		at := func(lon string) string {
			return `{"type":"GeoProperty","value":{"type":"Point","coordinates":[` + lon + `,50]}}`
		}
		for _, e := range []string{
			`{"id":"urn:x:3","type":"T","name":{"value":"C","sub":{"value":3}},"age":5,"v":2.5,"location":` + at("8") + `,"address":{"type":"Property","value":{"city":"Lille","zip":{"n":2}}}}`,
			`{"id":"urn:x:1","type":"T","name":{"value":"A","sub":{"value":1}},"age":10,"v":"10","location":` + at("5") + `,"address":{"type":"Property","value":{"city":"Arras","zip":{"n":3}}}}`,
			`{"id":"urn:x:2","type":"T","name":{"value":"B","sub":{"value":2}},"age":5,"v":{"o":1},"location":` + at("11") + `,"address":{"type":"Property","value":{"city":"Brest","zip":{"n":1}}}}`,
		} {
			w.post("entities", e).is(201)
			w.later(time.Second)
		}
		for q, ids := range map[string]string{
			"name": "1 2 3", "name;asc": "1 2 3", "name;desc": "3 2 1", "id": "1 2 3", "id;desc": "3 2 1", "createdAt": "3 1 2", "createdAt;desc": "2 1 3",
			"name.createdAt": "3 1 2", "name.sub;desc": "3 2 1", "age,name": "2 3 1", "age;desc,name;desc": "1 3 2", "age,name.sub;desc": "3 2 1", "type,age": "3 2 1",
			"address[city]": "1 2 3", "address[zip.n]": "2 3 1", "unknown": "3 1 2", "v": "3 1 2", "v;desc": "2 1 3",
			"location;dist-asc&orderFrom=[4,50]": "1 3 2", "location;dist-desc&orderFrom=[4,50]": "2 3 1", "location;dist-asc&orderFrom=[9,50]": "3 2 1",
			"location;dist-asc&orderGeometry=LineString&orderFrom=[[10,50],[11,50]]": "2 3 1",
		} {
			w.get("entities?type=T&local=true&orderBy=" + q).finds(ids)
		}
		w.get("entities?type=T&local=true&orderBy=name&pick=id,age").json(`[{"id":"urn:x:1","age":{"type":"Property","value":10}},{"id":"urn:x:2","age":{"type":"Property","value":5}},{"id":"urn:x:3","age":{"type":"Property","value":5}}]`)
		// pages (6.3.10)
		a := w.get("entities?type=T&local=true&orderBy=name;desc&limit=1&count=true").finds("3").header("NGSILD-Results-Count", "3")
		a = w.get(strings.TrimPrefix(linkTo(a, "next"), "http://localhost:9000")).finds("2")
		a = w.get(strings.TrimPrefix(linkTo(a, "next"), "http://localhost:9000")).finds("1")
		if linkTo(a, "next") != "" {
			t.Error("a page behind the last one")
		}
		w.get("entities?type=T&local=true&orderBy=name&offset=7").finds("3")
		w.get("entities?type=*&orderBy=name;desc").finds("3 2 1") // local of itself
		w.post("entityOperations/query?local=true", `{"type":"Query","entities":[{"type":"T"}],"ordering":{"orderBy":["age;desc","name"]}}`).finds("1 2 3")
		w.post("entityOperations/query?local=true", `{"type":"Query","entities":[{"type":"T"}],"ordering":{"orderBy":["location;dist-asc"],"coordinates":[4,50],"geometry":"Point","collation":"fr"}}`).finds("1 3 2")

		for _, q := range []string{"type=T&orderBy=name", "type=T&local=false&orderBy=name", "type=T&local=true&orderBy=name;up", "type=T&local=true&orderBy=name,", "type=T&local=true&orderBy=", "type=T&local=true&orderBy=a{b}",
			"type=T&local=true&orderBy=location;dist-asc", "type=T&local=true&orderBy=location;dist-asc&orderFrom=[4", "type=T&local=true&orderBy=location;dist-asc&orderFrom=[4,50]&orderGeometry=Circle", "type=T&local=true&orderBy=name&collation=no%20such", "type=T&collation=invalid-collation"} {
			w.get("entities?" + q).fails(problem.BadRequestData)
		}
		for _, q := range []string{"collation=fr", "orderFrom=[4,50]", "orderBy=name&orderFrom=[4,50]"} {
			w.get("entities?type=T&local=true&" + q).fails(problem.InvalidRequest)
		}
		w.get("entities?type=T&local=true&orderBy=name&offset=1000000").fails(problem.TooManyResults)
		for collation, ok := range map[string]bool{"und-x-icu": true, "und-u-ks-identic": true, "de-u-co-phonebk": true, "de-u-co-phonebk-ks-level2": true, "en-u-kn": true, "de-u-co-nonsense": false, "de-u-ks-level9": false, "en-u-kn-maybe": false, "xyzzy": false, "!!": false} {
			if a := w.get("entities?type=T&local=true&orderBy=name&collation=" + collation); ok {
				a.finds("1 2 3")
			} else {
				a.fails(problem.BadRequestData)
			}
		}
		for _, ordering := range []string{`{"orderBy":["location;dist-asc"]}`, `{"orderBy":["location;dist-asc"],"coordinates":"[4,50]"}`, `{"orderBy":["location;dist-asc"],"coordinates":[4,50],"geometry":5}`, `{"orderBy":["name"],"collation":"xyzzy"}`, `{"orderBy":[]}`, `{"orderBy":"name"}`} {
			w.post("entityOperations/query?local=true", `{"type":"Query","entities":[{"type":"T"}],"ordering":`+ordering+`}`).fails(problem.BadRequestData)
		}
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"T"}],"ordering":{"orderBy":["name"]}}`).fails(problem.BadRequestData)
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"T"}],"ordering":{"orderBy":["name"],"foo":1}}`).fails(problem.BadRequestData)
	})
}

// CIM 009, 4.23.1 and 4.23.2: collations, and values of several types.
func TestOrderOfValues(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.23.1", "4.23.2")
		for _, e := range []string{`"a":"zebra"`, `"a":"Éclair"`, `"a":"eclairs"`, `"a":"apple"`, `"a":"Zulu"`, `"a":10`, `"a":9.5`, `"a":true`, `"a":[1]`, `"a":{"b":1}`,
			`"a":"2026-01-01"`, `"a":"2025-01-01T00:00:00Z"`, `"a":"12:00:00Z"`, `"b":1`, `"a":{"type":"Property","value":{"@type":"@json","@value":null}}`, `"a":false`} {
			id := "urn:x:" + string(rune('a'+w.count()))
			w.post("entities", `{"id":"`+id+`","type":"T",`+e+`}`).is(201)
		}
		const last = " o n" // null, then nothing, both ways
		w.get("entities?type=T&local=true&orderBy=a").finds("g f d b c a e j i p h m k l" + last)
		w.get("entities?type=T&local=true&orderBy=a;desc").finds("l k m h p i j e a c b d f g" + last)
		w.get("entities?type=T&local=true&orderBy=a&collation=und-u-ks-level1").is(200)
	})
}

func (w *world) count() int {
	w.Helper()
	return strings.Count(w.get("entities?type=T&limit=1000").is(200).Body, `"urn:x:`)
}

// CIM 009, 5.7.4.4: the temporal evolution is ordered by id alone.
func TestOrderOfHistory(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.7.4.4")
		for _, id := range []string{"urn:x:2", "urn:x:3", "urn:x:1"} {
			w.post("temporal/entities", vehicle(id)).is(201)
		}
		w.post("temporal/entities", `{"id":"urn:x:9","type":"Bus","speed":`+point(1, "12:00:00")+`}`).is(201)
		const q = "temporal/entities?type=Vehicle&timerel=after&timeAt=2020-08-01T12:00:00Z&local=true"
		w.get(q).finds("2 3 1")
		w.get(q + "&orderBy=id").finds("1 2 3")
		w.get(q + "&orderBy=id;desc&collation=fr").finds("3 2 1")
		a := w.get(q+"&orderBy=id&limit=2&count=true").finds("1 2").header("NGSILD-Results-Count", "3")
		w.get(strings.TrimPrefix(linkTo(a, "next"), "http://localhost:9000")).finds("3")
		w.post("temporal/entityOperations/query?local=true", `{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z"},"ordering":{"orderBy":["id"]}}`).finds("1 2 3")
		for _, by := range []string{"orderBy=speed", "orderBy=id,createdAt", "orderBy=type", "orderBy=id;dist-asc&orderFrom=[1,2]", "orderBy=id&collation=no%20such", "collation=invalid-collation"} {
			w.get(q + "&" + by).fails(problem.BadRequestData)
		}
		w.get("temporal/entities?type=Vehicle&timerel=after&timeAt=2020-08-01T12:00:00Z&orderBy=id").fails(problem.BadRequestData)
	})
}
