package ngsild_test

import (
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/ngsild"
	"github.com/beffroi/beffroi/internal/problem"
)

// CIM 009, 6.3.6: whatever is answered as JSON names its @context, ids of
// batches and lists of contexts too; what has no body names none.
func TestLinksOfBatchesAndContexts(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "6.3.6", "6.14.3.1", "6.15.3.1", "6.29.3.2", "6.30.3.1")
		w.post("entityOperations/create", `[{"id":"urn:x:1","type":"T"}]`).is(201).header("Link", link(core))
		w.post("entityOperations/create", `[{"id":"urn:x:2","type":"T"}]`, suite()).is(201).header("Link", link(suiteContext))
		w.post("entityOperations/create", `[{"id":"urn:x:3","type":"T","@context":"`+suiteContext+`"}]`).is(201).header("Link", link(core))
		w.post("entityOperations/upsert", `[{"id":"urn:x:4","type":"T"}]`, suite()).is(201).header("Link", link(suiteContext))
		w.post("entityOperations/upsert", `[{"id":"urn:x:4","type":"T"}]`, suite()).is(204).header("Link", "")
		w.post("entityOperations/create", `[{"id":"urn:x:4","type":"T"}]`, suite()).is(207).header("Link", "")
		id := w.post("jsonldContexts", `{"@context":{"Foo":"https://example.org/Foo"}}`).is(201).header("Link", "").Header.Get("Location")
		for _, path := range []string{"jsonldContexts", "jsonldContexts?details=true", id + "?details=true"} {
			w.get(path).is(200).header("Content-Type", "application/json").header("Link", link(core))
		}
	})
}

// CIM 009, 4.5.1: a term of the core that has no attribute's form names none.
func TestNamesOfNoAttribute(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.5.1", "5.6.1.4", "5.6.3.4", "5.6.17.4")
		w.post("entities", simple).is(201)
		for _, name := range []string{"lang", "datasetId", "instanceId", "observedAt", "unitCode", "valueType", "objectType", "previousValue", "entityIdSealed"} {
			attr := `"` + name + `":{"type":"Property","value":"fr"}`
			w.odd().post("entities", `{"id":"urn:x:2","type":"T",`+attr+`}`).fails(problem.BadRequestData)
			w.odd().post("entities/urn:x:1/attrs", `{`+attr+`}`).fails(problem.BadRequestData)
			w.odd().patch("entities/urn:x:1", `{`+attr+`}`).fails(problem.BadRequestData)
		}
	})
}

// CIM 009, table 6.5.3.4-1: simplified is the one form that a merge can name.
func TestMergeForms(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "6.5.3.4", "5.6.17")
		w.post("entities", `{"id":"urn:x:1","type":"T","a":1,"r":{"object":"urn:x:2"}}`).is(201)
		for _, bad := range []string{"format=normalized", "format=concise", "options=normalized", "options=concise", "options=simplified,concise", "format=concise&options=keyValues"} {
			w.odd().patch("entities/urn:x:1?"+bad, `{"a":2}`).fails(problem.InvalidRequest)
			w.odd().post("entityOperations/merge?"+bad, `[{"id":"urn:x:1","type":"T","a":2}]`).fails(problem.InvalidRequest)
		}
		for _, good := range []string{"format=simplified", "format=keyValues", "options=simplified", "options=keyValues", "options=keyValues&format=simplified"} {
			w.odd().patch("entities/urn:x:1?"+good, `{"r":"urn:x:3"}`).is(204)
		}
		w.get("entities/urn:x:1?format=concise").json(`{"id":"urn:x:1","type":"T","a":1,"r":{"object":"urn:x:3"}}`)
	})
}

// What would change something is asked with the right to write, a path that
// lacks an id included.
func TestRulesOfIncompletePaths(t *testing.T) {
	clauses(t, "6.2")
	for _, r := range ngsild.New(ngsild.Options{Now: nil}).Routes() {
		if r.Method != "GET" && r.Rule == access.Anyone {
			t.Errorf("%s %s is open to everybody", r.Method, r.Pattern)
		}
	}
}

// CIM 009, 5.6.2.4, 5.6.3.4, 5.6.17.4 and 5.6.18.4: whether the entity is there
// is asked before whether the fragment is in order; 5.6.4.4 asks in the other
// order.
func TestUnknownBeforeWrong(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.2.4", "5.6.3.4", "5.6.4.4", "5.6.17.4", "5.6.18.4")
		w.post("entities", simple).is(201)
		const wrong = `{"a":{"type":"Property","value":1,"observedAt":"yesterday"}}`
		for id, kind := range map[string]problem.Kind{"urn:x:1": problem.BadRequestData, "urn:x:9": problem.ResourceNotFound, "nouri": problem.BadRequestData} {
			w.odd().patch("entities/"+id, wrong).fails(kind)
			w.odd().put("entities/"+id, wrong).fails(kind)
			w.odd().patch("entities/"+id+"/attrs", wrong).fails(kind)
			w.odd().post("entities/"+id+"/attrs", wrong).fails(kind)
			w.odd().patch("entities/"+id+"/attrs", `{}`).fails(kind)
			w.odd().post("entities/"+id+"/attrs", `{}`).fails(kind)
			w.odd().patch("entities/"+id+"/attrs/a", `{}`).fails(problem.BadRequestData)
		}
	})
}
