package ngsild_test

import (
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

// CIM 009, 4.17: the parameter type makes another entity of what it does not
// select, for each operation that changes one.
func TestTypeGatesWrites(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.17", "5.6.2.3", "5.6.3.3", "5.6.4.3", "5.6.5.3", "5.6.6.3", "5.6.17.3", "5.6.18.3", "5.6.19.3")
		w.post("entities", `{"id":"urn:x:1","type":["T","U"],"a":1,"scope":"/A"}`).is(201)
		for _, c := range []struct{ method, path, body string }{
			{"PATCH", "entities/urn:x:1/attrs", `{"a":2}`}, {"POST", "entities/urn:x:1/attrs", `{"b":2}`}, {"PATCH", "entities/urn:x:1/attrs/a", `{"value":3}`},
			{"PUT", "entities/urn:x:1/attrs/a", `{"value":4}`}, {"PATCH", "entities/urn:x:1", `{"a":5}`}, {"DELETE", "entities/urn:x:1/attrs/scope", ""},
			{"DELETE", "entities/urn:x:1/attrs/a", ""}, {"PUT", "entities/urn:x:1", `{"type":["T","U"],"a":6}`}, {"DELETE", "entities/urn:x:1", ""},
		} {
			w.do(c.method, c.path+"?type=V", c.body).fails(problem.ResourceNotFound)
			w.do(c.method, c.path+"?type=(T;V)", c.body).fails(problem.ResourceNotFound)
			w.do(c.method, c.path+"?type=(T;", c.body).fails(problem.BadRequestData)
			w.do(c.method, c.path+"?type=(T;U),V", c.body).is(204)
		}
	})
}

// CIM 009, 4.14 and 5.5.10: tenants keep apart, and only what creates makes
// them.
func TestTenantsApart(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.14", "5.5.10", "6.3.14")
		const a, b, none = "NGSILD-Tenant: a", "NGSILD-Tenant: b", "NGSILD-Tenant: none"
		w.get("entities?type=T").finds("") // the default tenant is always there
		w.post("entities", `{"id":"urn:x:1","type":"T","v":1}`, a).is(201).header("NGSILD-Tenant", "a").header("Location", "/ngsi-ld/v1/entities/urn:x:1")
		w.post("entities", `{"id":"urn:x:1","type":"T","v":2}`, b).is(201)
		w.post("entities", `{"id":"urn:x:1","type":"T","v":0}`).is(201)
		w.patch("entities/urn:x:1/attrs", `{"v":9}`, a).is(204).header("NGSILD-Tenant", "a")
		w.del("entities/urn:x:1", b).is(204)
		w.get("entities/urn:x:1?options=keyValues", a).json(`{"id":"urn:x:1","type":"T","v":9}`)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","v":0}`)
		w.get("entities/urn:x:1", b).fails(problem.ResourceNotFound).header("NGSILD-Tenant", "b")
		w.get("entities?type=T", b).finds("")
		for _, c := range []struct{ method, path, body string }{
			{"GET", "entities?type=T", ""}, {"GET", "entities/urn:x:1", ""}, {"PUT", "entities/urn:x:1", simple}, {"PATCH", "entities/urn:x:1", `{"a":1}`}, {"DELETE", "entities/urn:x:1", ""},
			{"DELETE", "entities?type=T", ""}, {"POST", "entities/urn:x:1/attrs", `{"a":1}`}, {"PATCH", "entities/urn:x:1/attrs", `{"a":1}`}, {"PATCH", "entities/urn:x:1/attrs/a", `{"value":1}`},
			{"PUT", "entities/urn:x:1/attrs/a", `{"value":1}`}, {"DELETE", "entities/urn:x:1/attrs/a", ""}, {"POST", "entityOperations/upsert", `[` + simple + `]`},
			{"POST", "entityOperations/update", `[` + simple + `]`}, {"POST", "entityOperations/merge", `[` + simple + `]`}, {"POST", "entityOperations/delete", `["urn:x:1"]`},
		} {
			w.do(c.method, c.path, c.body, none).fails(problem.NonexistentTenant).header("NGSILD-Tenant", "none")
		}
	})
}
