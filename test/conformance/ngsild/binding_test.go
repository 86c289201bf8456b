package ngsild_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/api/ngsild"
	"github.com/beffroi/beffroi/internal/problem"
)

// CIM 009, 6.3.4: a body whose length is not said is 411 without a body,
// before anything else is looked at.
func TestLengthRequired(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "6.3.2", "6.3.4")
		w.post("entities", simple).is(201)
		for _, x := range [][2]string{{"POST", "/entities"}, {"PATCH", "/entities/urn:x:1/attrs"}, {"PUT", "/entities/urn:x:1"}, {"POST", "/entityOperations/query"}, {"PATCH", "/subscriptions/urn:x:none"}, {"POST", "/temporal/entities"}} {
			for _, tenant := range []string{"", "unknown"} {
				r := httptest.NewRequest(x[0], "http://localhost"+ngsild.Base+x[1], io.NopCloser(strings.NewReader(simple))) // sent in chunks
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("NGSILD-Tenant", tenant)
				rec := httptest.NewRecorder()
				w.mux.ServeHTTP(rec, r)
				if rec.Code != 411 || rec.Body.Len() != 0 {
					t.Errorf("%s %s in chunks: %d %s", x[0], x[1], rec.Code, rec.Body)
				}
			}
			w.do(x[0], ngsild.Base+x[1], "", "Content-Type: application/json").is(411).text("")
		}
		w.get("entities/urn:x:1").is(200)
	})
}

// CIM 009, 6.3.2 and table 6.2-1: addresses, with a slash at the end as the
// standard writes collections and without, and the methods that they have.
func TestAddresses(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "6.2", "6.3.2")
		w.post("entities/", simple).is(201).header("Location", "/ngsi-ld/v1/entities/urn:x:1")
		w.post("entities/urn:x:1/attrs/", `{"b":1}`).is(204)
		w.patch("entities/urn:x:1/attrs/", `{"b":2}`).is(204)
		w.post("temporal/entities/", simple).is(204)
		w.post("temporal/entities/urn:x:1/attrs/", `{"b":1}`).is(204)
		for _, path := range []string{"entities/?type=T", "temporal/entities/?type=T&timerel=before&timeAt=2030-01-01T00:00:00Z", "subscriptions/", "types/", "attributes/", "jsonldContexts/"} {
			w.get(path).is(200)
			w.do("HEAD", path, "").is(200)
		}
		for path, allow := range map[string]string{
			"entities":                                        "DELETE, GET, HEAD, OPTIONS, POST",
			"entities/urn:x:1":                                "DELETE, GET, HEAD, OPTIONS, PATCH, PUT",
			"entities/urn:x:1/attrs/b":                        "DELETE, OPTIONS, PATCH, PUT",
			"entityOperations/create":                         "OPTIONS, POST",
			"entityOperations/upsert":                         "OPTIONS, POST",
			"entityOperations/update":                         "OPTIONS, POST",
			"entityOperations/merge":                          "OPTIONS, POST",
			"entityOperations/delete":                         "OPTIONS, POST",
			"entityOperations/query":                          "OPTIONS, POST",
			"types":                                           "GET, HEAD, OPTIONS",
			"types/T":                                         "GET, HEAD, OPTIONS",
			"attributes":                                      "GET, HEAD, OPTIONS",
			"attributes/b":                                    "GET, HEAD, OPTIONS",
			"subscriptions":                                   "GET, HEAD, OPTIONS, POST",
			"subscriptions/urn:x:s":                           "DELETE, GET, HEAD, OPTIONS, PATCH",
			"temporal/entities":                               "GET, HEAD, OPTIONS, POST",
			"temporal/entities/urn:x:1":                       "DELETE, GET, HEAD, OPTIONS",
			"temporal/entities/urn:x:1/attrs":                 "OPTIONS, POST",
			"temporal/entities/urn:x:1/attrs/b":               "DELETE, OPTIONS",
			"temporal/entities/urn:x:1/attrs/b/urn:x:i":       "DELETE, OPTIONS, PATCH",
			"temporal/entityOperations/query":                 "OPTIONS, POST",
			"jsonldContexts":                                  "GET, HEAD, OPTIONS, POST",
			"jsonldContexts/urn:x:c":                          "DELETE, GET, HEAD, OPTIONS",
			"jsonldContexts/https:%2F%2Fexample.org%2Fc.json": "DELETE, GET, HEAD, OPTIONS",
		} {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
				if !strings.Contains(", "+allow+",", ", "+method+",") {
					w.do(method, path, "").fails(problem.MethodNotAllowed).header("Allow", allow)
				}
			}
			w.do("OPTIONS", path, "").is(204).header("Allow", allow)
		}
		// what should be there and is not (5.6.2.4, 5.6.5.4, 5.6.14.4 and others)
		for _, x := range [][2]string{{"PATCH", "entities//attrs/b"}, {"DELETE", "entities//attrs/b"}, {"POST", "entities//attrs"}, {"PATCH", "temporal/entities//attrs/b/urn:x:i"}, {"PATCH", "temporal/entities/urn:x:1/attrs//urn:x:i"}, {"DELETE", "entities/urn:x:1/attrs/"}, {"DELETE", "temporal/entities/urn:x:1/attrs/"}, {"PATCH", "temporal/entities/urn:x:1/attrs/b/"}, {"DELETE", "temporal/entities/urn:x:1/attrs/b/"}} {
			r := httptest.NewRequest(x[0], "http://localhost"+ngsild.Base+"/"+x[1], strings.NewReader(`{"b":1}`))
			r.Header.Set("Content-Type", "application/json")
			rec := httptest.NewRecorder()
			w.mux.ServeHTTP(rec, r)
			if a := (&answer{w, x[0] + " " + x[1], rec.Code, rec.Header(), rec.Body.String()}); a.Status != 0 {
				a.fails(problem.BadRequestData)
			}
		}
	})
}

// CIM 009, 6.3.4: what each resource is read and written in.
func TestMediaTypesOfResources(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "6.3.4", "6.3.6")
		const sub = `{"id":"urn:x:s","type":"Subscription","entities":[{"type":"T"}],"notification":{"endpoint":{"uri":"http://localhost:1/n"}}}`
		w.post("entities", simple).is(201)
		w.post("subscriptions", sub).is(201)
		const times = "timerel=before&timeAt=2030-01-01T00:00:00Z&timeproperty=createdAt"
		for _, path := range []string{"entities/urn:x:1", "entities?type=T", "subscriptions", "subscriptions/urn:x:s", "types", "types?details=true", "types/T", "attributes", "attributes?details=true", "attributes/a", "temporal/entities/urn:x:1", "temporal/entities?type=T&" + times} {
			w.get(path, "Accept: -").is(200).header("Content-Type", "application/json").header("Link", link(core))
			w.get(path, "Accept: application/ld+json, application/json").is(200).header("Content-Type", "application/json")
			w.get(path, "Accept: application/ld+json").is(200).header("Content-Type", "application/ld+json").header("Link", "").says(`"@context":"` + core + `"`)
			w.get(path, "Accept: application/json; charset=utf-8").is(200).header("Content-Type", "application/json")
			w.get(path, "Accept: text/turtle").fails(problem.NotAcceptable).says(`"available":["application/json","application/ld+json"`)
			if !strings.HasPrefix(path, "entities") {
				w.get(path, "Accept: application/geo+json").fails(problem.NotAcceptable).says(`"available":["application/json","application/ld+json"]`)
			}
		}
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"T"}]}`, "Accept: text/turtle").fails(problem.NotAcceptable)
		w.post("entityOperations/query?geometryProperty=here", `{"type":"Query","entities":[{"type":"T"}]}`, "Accept: application/geo+json").is(200).says(`"FeatureCollection"`)
		w.odd().post("entityOperations/query?geometryProperty=here", `{"type":"Query","entities":[{"type":"T"}]}`).fails(problem.BadRequestData)
		w.post("temporal/entityOperations/query", `{"type":"Query","entities":[{"type":"T"}],"temporalQ":{"timerel":"before","timeAt":"2030-01-01T00:00:00Z"}}`, "Accept: application/geo+json").fails(problem.NotAcceptable)
		// operations that write have no answer in GeoJSON; other wishes are none of theirs
		for _, x := range [][3]string{{"POST", "entities", simple}, {"PUT", "entities/urn:x:1", `{"type":"T","a":1}`}, {"DELETE", "entities/urn:x:1", ""}, {"POST", "entityOperations/upsert", "[" + simple + "]"}} {
			w.do(x[0], x[1], x[2], "Accept: application/geo+json").is(406)
		}
		w.put("entities/urn:x:1", `{"type":"T","a":1}`, "Accept: text/html").is(204)
		// bodies
		for _, x := range [][3]string{{"POST", "entities", simple}, {"PUT", "entities/urn:x:1", simple}, {"PATCH", "entities/urn:x:1", simple}, {"POST", "entities/urn:x:1/attrs", `{"a":1}`}, {"PATCH", "entities/urn:x:1/attrs", `{"a":1}`}, {"PATCH", "entities/urn:x:1/attrs/a", `{"value":1}`}, {"PUT", "entities/urn:x:1/attrs/a", `{"value":1}`},
			{"POST", "entityOperations/create", "[" + simple + "]"}, {"POST", "entityOperations/upsert", "[" + simple + "]"}, {"POST", "entityOperations/update", "[" + simple + "]"}, {"POST", "entityOperations/merge", "[" + simple + "]"}, {"POST", "entityOperations/delete", `["urn:x:1"]`}, {"POST", "entityOperations/query", `{"type":"Query","entities":[{"type":"T"}]}`},
			{"POST", "subscriptions", sub}, {"PATCH", "subscriptions/urn:x:s", `{"type":"Subscription"}`}, {"POST", "temporal/entities", simple}, {"POST", "temporal/entities/urn:x:1/attrs", `{"a":1}`}, {"POST", "jsonldContexts", `{"@context":{}}`}} {
			for _, media := range []string{"text/plain", "application/xml", "application/geo+json", "application/problem+json"} {
				w.do(x[0], x[1], x[2], "Content-Type: "+media).is(415).text("").header("Content-Type", "").header("Link", "")
			}
			if a := w.do(x[0], x[1], x[2], "Content-Type: application/merge-patch+json"); (a.Status == 415) != (x[0] != http.MethodPatch) {
				w.Errorf("%s as a merge patch: %d %s", a.asked, a.Status, a.Body)
			}
			w.do(x[0], x[1], "{", "Content-Type: application/json").fails(problem.InvalidRequest)
		}
		w.patch("entities/urn:x:1", `{"a":1,"@context":"`+core+`"}`, "Content-Type: application/merge-patch+json").fails(problem.BadRequestData)
		w.patch("entities/urn:x:1/attrs/a", `{"value":3}`, "Content-Type: application/json; charset=utf-8").is(204)
		w.patch("subscriptions/urn:x:s", `{"description":"x"}`, "Content-Type: application/merge-patch+json").is(204)
	})
}

// CIM 009, 6.3.20: each operation knows its parameters and no others.
func TestParametersOfResources(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "6.3.18", "6.3.20")
		for _, x := range [][3]string{{"POST", "entities?unknown=1", simple}, {"GET", "entities?type=T&unknown=1", ""}, {"DELETE", "entities?type=T&unknown=1", ""}, {"POST", "temporal/entities?unknown=1", simple}, {"GET", "temporal/entities?type=T&unknown=1", ""}, {"GET", "types?unknown=1", ""}, {"GET", "attributes?unknown=1", ""},
			{"POST", "subscriptions?unknown=1", "{}"}, {"GET", "subscriptions?unknown=1", ""}, {"GET", "subscriptions?local=true", ""}, {"GET", "jsonldContexts?local=true", ""}, {"GET", "jsonldContexts?unknown=1", ""}, {"POST", "entityOperations/create?options=update", "[" + simple + "]"}, {"POST", "entityOperations/upsert?options=noOverwrite", "[" + simple + "]"},
			{"POST", "entityOperations/upsert?options=foo", "[" + simple + "]"}, {"POST", "entities/urn:x:1/attrs?options=overwrite", `{"a":1}`}, {"GET", "entities/urn:x:1?options=keyValues,foo", ""}, {"GET", "entities/urn:x:1?format=temporalValues", ""}, {"GET", "temporal/entities/urn:x:1?format=concise", ""}, {"GET", "subscriptions?options=keyValues", ""}, {"PATCH", "entities/urn:x:1?options=noOverwrite", `{"a":1}`}} {
			w.do(x[0], x[1], x[2]).fails(problem.InvalidRequest)
		}
		w.post("entities?local=true", simple).is(201)
		for _, path := range []string{"entities?type=T&local=false", "types?local=true", "types/T?local=true", "attributes?local=true", "attributes/a?local=true", "temporal/entities/urn:x:1?local=true", "subscriptions?options=sysAttrs"} {
			w.get(path).is(200)
		}
		w.patch("entities/urn:x:1/attrs/a?local=true", `{"value":2}`).is(204)
		w.del("entities/urn:x:1?local=true").is(204)
	})
}
