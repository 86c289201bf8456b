package ngsild_test

import (
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// CIM 009, 5.6.1 and 6.4.3.1.
func TestCreate(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.1", "6.4.3.1", "5.6.6", "6.5.3.2")
		w.post("entities", simple).is(201).header("Location", "/ngsi-ld/v1/entities/urn:x:1").text("")
		w.post("entities", simple).fails(problem.AlreadyExists)
		w.get("entities/urn:x:1").json(simple)
		w.post("entities", `{"type":"T"}`).fails(problem.BadRequestData)
		w.post("entities", `{"id":"urn:x:2"}`).fails(problem.BadRequestData)
		w.post("entities", `{"id":"urn:x:2","type":"T","a":"urn:ngsi-ld:null"}`).fails(problem.BadRequestData)
		w.post("entities", `{"id":"urn:x:2","type":"T","a-b":1}`).fails(problem.BadRequestData)
		w.post("entities", `{"@id":"urn:x:2","@type":"T","é":"<>\"'=;()"}`).is(201)
		w.get("entities/urn:x:2?options=concise").text(`{"id":"urn:x:2","type":"T","é":"<>\"'=;()"}`)
		// deleted and expired entities do not count as existing
		w.del("entities/urn:x:1").is(204)
		w.post("entities", simple).is(201)
		w.post("entities", `{"id":"urn:x:3","type":"T","expiresAt":"2026-03-29T12:00:10Z"}`).is(201)
		w.later(11 * time.Second)
		w.get("entities/urn:x:3").fails(problem.ResourceNotFound)
		w.post("entities", `{"id":"urn:x:3","type":"T"}`).is(201)
		w.del("entities/urn:x:9").fails(problem.ResourceNotFound)
		w.del("entities/nope").fails(problem.BadRequestData)
		w.post("entities", `{"id":"https://x.org/a/b?c","type":"T"}`).is(201).header("Location", "/ngsi-ld/v1/entities/https:%2F%2Fx.org%2Fa%2Fb%3Fc")
		w.get("entities/https:%2F%2Fx.org%2Fa%2Fb%3Fc").is(200)
	})
}

// CIM 009, 5.6.18 and 5.6.19: what is replaced keeps its createdAt.
func TestReplace(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.18", "5.6.19")
		w.post("entities", `{"id":"urn:x:1","type":"T","a":{"value":1,"unitCode":"CEL"},"b":2}`).is(201)
		w.later(time.Second)
		w.put("entities/urn:x:1", `{"id":"urn:x:1","type":"U","a":3}`).is(204)
		a := w.get("entities/urn:x:1?options=sysAttrs&format=concise").says(`"type":"U"`).says(`"createdAt":"2026-03-29T12:00:00`).says(`"modifiedAt":"2026-03-29T12:00:01`)
		if a.Header.Get("Content-Type") != "application/json" {
			w.Error("media type")
		}
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"U","a":3}`)
		w.put("entities/urn:x:1", `{"id":"urn:x:2","type":"U","a":3}`).fails(problem.BadRequestData)
		w.put("entities/urn:x:1", `{"type":"U","a":"urn:ngsi-ld:null"}`).fails(problem.BadRequestData)
		w.put("entities/urn:x:9", `{"type":"U","a":3}`).fails(problem.ResourceNotFound)
		w.put("entities/urn:x:1/attrs/a", `{"type":"LanguageProperty","languageMap":{"en":"x"}}`).is(204)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"U","a":{"languageMap":{"en":"x"}}}`)
		w.put("entities/urn:x:1/attrs/z", `{"value":1}`).fails(problem.ResourceNotFound)
		w.put("entities/urn:x:1/attrs/a", `{"value":1,"datasetId":"urn:x:d"}`).fails(problem.ResourceNotFound)
		w.put("entities/urn:x:1/attrs/scope", `{"value":1}`).fails(problem.BadRequestData)
		w.put("entities/urn:x:9/attrs/a", `{"value":1}`).fails(problem.ResourceNotFound)
	})
}

const car = `{"id":"urn:x:1","type":"T","speed":[{"type":"Property","value":55,"unitCode":"KMH","observedAt":"2022-03-14T01:59:26.535Z","by":{"type":"Relationship","object":"urn:x:r"}},{"type":"Property","value":60,"datasetId":"urn:x:gps"}]}`

// CIM 009, 5.5.8, examples 1 to 3, 5.6.2, 5.6.4 and 5.6.17: the three ways to
// change an attribute.
func TestUpdatePartialMerge(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.8", "5.6.2", "5.6.4", "5.6.17")
		fresh := func() {
			w.del("entities/urn:x:1")
			w.post("entities", car).is(201)
		}
		show := func() *answer { return w.get("entities/urn:x:1?pick=speed&datasetId=@none") }
		fresh()
		w.patch("entities/urn:x:1/attrs", `{"speed":{"type":"Property","value":100,"observedAt":"2022-03-14T13:00:00.000Z"}}`).is(204)
		show().json(`{"speed":{"type":"Property","value":100,"observedAt":"2022-03-14T13:00:00Z"}}`)
		fresh()
		w.patch("entities/urn:x:1/attrs/speed", `{"type":"Property","value":100,"observedAt":"2022-03-14T13:00:00.000Z"}`).is(204)
		show().json(`{"speed":{"type":"Property","value":100,"unitCode":"KMH","observedAt":"2022-03-14T13:00:00Z","by":{"type":"Relationship","object":"urn:x:r"}}}`)
		w.patch("entities/urn:x:1/attrs/speed", `{"unitCode":"urn:ngsi-ld:null","by":"urn:ngsi-ld:null"}`).is(204)
		show().json(`{"speed":{"type":"Property","value":100,"observedAt":"2022-03-14T13:00:00Z"}}`)
		fresh()
		w.patch("entities/urn:x:1", `{"speed":{"value":100}}`).is(204)
		show().json(`{"speed":{"type":"Property","value":100,"unitCode":"KMH","observedAt":"2022-03-14T01:59:26.535Z","by":{"type":"Relationship","object":"urn:x:r"}}}`)
		// missing attributes: appended, refused, appended
		w.patch("entities/urn:x:1/attrs", `{"n1":1}`).is(204)
		w.patch("entities/urn:x:1/attrs/n2", `{"value":1}`).fails(problem.ResourceNotFound)
		w.patch("entities/urn:x:1/attrs/speed", `{"value":1,"datasetId":"urn:x:none"}`).fails(problem.ResourceNotFound)
		w.patch("entities/urn:x:1", `{"n3":1}`).is(204)
		w.get("entities/urn:x:1?pick=n1,n3&options=keyValues").json(`{"n1":1,"n3":1}`)
		// types are only ever added
		w.patch("entities/urn:x:1/attrs", `{"type":"U","n1":2}`).is(204)
		w.get("entities/urn:x:1?pick=type").json(`{"type":["T","U"]}`)
		// the type of an attribute
		w.patch("entities/urn:x:1/attrs/speed", `{"type":"Relationship","object":"urn:x:2"}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1/attrs/scope", `{"value":"/A"}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1/attrs/speed", `{}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1/attrs", `{}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1/attrs/speed", `{"value":5,"datasetId":"urn:x:gps"}`).is(204)
		w.get("entities/urn:x:1?attrs=speed&datasetId=urn:x:gps&options=keyValues").json(`{"id":"urn:x:1","type":["T","U"],"speed":5}`)
		// deletions
		w.patch("entities/urn:x:1/attrs", `{"speed":{"type":"Property","value":"urn:ngsi-ld:null","datasetId":"urn:x:gps"},"n1":"urn:ngsi-ld:null","none":"urn:ngsi-ld:null"}`).is(207).
			json(`{"updated":["https://uri.etsi.org/ngsi-ld/default-context/speed","https://uri.etsi.org/ngsi-ld/default-context/n1"],"notUpdated":[{"attributeName":"https://uri.etsi.org/ngsi-ld/default-context/none","reason":"there is no such attribute to delete"}]}`)
		w.patch("entities/urn:x:1", `{"n3":"urn:ngsi-ld:null"}`).is(204)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":["T","U"],"speed":100}`)
		w.patch("entities/urn:x:1/attrs/speed", `{"type":"Property","value":"urn:ngsi-ld:null"}`).is(204)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":["T","U"]}`)
		w.patch("entities/urn:x:9", `{"a":1}`).fails(problem.ResourceNotFound)
		w.patch("entities/urn:x:9/attrs", `{"a":1}`).fails(problem.ResourceNotFound)
		w.patch("entities/urn:x:9/attrs/a", `{"value":1}`).fails(problem.ResourceNotFound)
		// an NGSI-LD Null within a value is for merges only (CIM 009, 5.5.4)
		w.post("entities/urn:x:1/attrs", `{"address":{"value":{"street":"S","city":"Berlin","country":"Germany"}}}`).is(204)
		w.patch("entities/urn:x:1/attrs", `{"address":{"value":{"country":"urn:ngsi-ld:null"}}}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1/attrs/address", `{"value":{"country":"urn:ngsi-ld:null"}}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1", `{"address":{"value":{"street":"Pariser Platz","country":"urn:ngsi-ld:null"}}}`).is(204)
		w.get("entities/urn:x:1?pick=address&options=keyValues").json(`{"address":{"street":"Pariser Platz","city":"Berlin"}}`)
		w.patch("entities/urn:x:1", `{}`).is(204)
		w.patch("entities/urn:x:1", `{"new":{"unitCode":"CEL"}}`).fails(problem.BadRequestData)
	})
}

// CIM 009, 5.6.17.4: lang, observedAt and simplified.
func TestMergeOptions(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.17.4")
		w.post("entities", `{"id":"urn:x:1","type":"T","name":{"languageMap":{"en":"yes","fr":"oui"}},"t":{"value":1,"observedAt":"2020-01-01T00:00:00Z"},"u":2,"owner":{"object":"urn:x:2"}}`).is(201)
		w.patch("entities/urn:x:1?lang=fr&observedAt=2021-01-01T00:00:00Z", `{"name":"si","t":5,"u":6}`).is(204)
		w.get("entities/urn:x:1?options=concise&pick=name,t,u").json(`{"name":{"languageMap":{"en":"yes","fr":"si"}},"t":{"value":5,"observedAt":"2021-01-01T00:00:00Z"},"u":6}`)
		w.patch("entities/urn:x:1?lang=fr", `{"name":["oui","ouais"]}`).is(204)
		w.get("entities/urn:x:1?options=concise&pick=name").json(`{"name":{"languageMap":{"en":"yes","fr":["oui","ouais"]}}}`)
		w.patch("entities/urn:x:1?format=simplified", `{"owner":"urn:x:3","t":7}`).is(204)
		w.get("entities/urn:x:1?options=concise&pick=owner,t").json(`{"owner":{"object":"urn:x:3"},"t":{"value":7,"observedAt":"2021-01-01T00:00:00Z"}}`)
		w.patch("entities/urn:x:1?options=keyValues", `{"owner":"urn:x:4"}`).is(204)
		w.patch("entities/urn:x:1?lang=a,b", `{"u":1}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1?observedAt=now", `{"u":1}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1?type=U", `{"u":1}`).fails(problem.ResourceNotFound)
		w.patch("entities/urn:x:1?type=U|T", `{"u":1}`).is(204)
	})
}

// CIM 009, 5.6.3 and 6.6.3.1.
func TestAppend(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.3", "6.6.3.1")
		w.post("entities", `{"id":"urn:x:1","type":"T","scope":"/A","a":{"value":1,"unitCode":"CEL"}}`).is(201)
		w.post("entities/urn:x:1/attrs", `{"a":2,"b":3,"scope":"/B"}`).is(204)
		w.get("entities/urn:x:1?options=concise").json(`{"id":"urn:x:1","type":"T","scope":"/B","a":2,"b":3}`)
		w.post("entities/urn:x:1/attrs?options=noOverwrite", `{"a":9,"c":4,"scope":["/C"]}`).is(207).header("Link", "").
			json(`{"updated":["https://uri.etsi.org/ngsi-ld/default-context/c"],"notUpdated":[{"attributeName":"https://uri.etsi.org/ngsi-ld/default-context/a","reason":"the attribute exists and noOverwrite was asked for"}]}`)
		w.get("entities/urn:x:1?options=concise").json(`{"id":"urn:x:1","type":"T","scope":["/B","/C"],"a":2,"b":3,"c":4}`)
		w.post("entities/urn:x:1/attrs", `{"a":"urn:ngsi-ld:null"}`).fails(problem.BadRequestData)
		w.post("entities/urn:x:9/attrs", `{"a":1}`).fails(problem.ResourceNotFound)
		w.post("entities/urn:x:1/attrs?options=overwrite", `{"a":1}`).fails(problem.InvalidRequest)
		w.post("entities/urn:x:1/attrs", `{}`).fails(problem.BadRequestData)
		// a scope is updated only where there is one (CIM 009, 5.6.2.4)
		w.post("entities", `{"id":"urn:x:2","type":"T","a":1}`).is(201)
		w.patch("entities/urn:x:2/attrs", `{"scope":"/A","a":2}`).is(204)
		w.patch("entities/urn:x:1/attrs", `{"scope":"/D"}`).is(204)
		w.get("entities/urn:x:1?pick=scope").json(`{"scope":"/D"}`)
		w.get("entities/urn:x:2?pick=scope").json(`{}`)
	})
}

// CIM 009, 5.6.5 and 6.7.3.2.
func TestDeleteAttribute(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.5", "6.7.3.2")
		w.post("entities", car).is(201)
		w.del("entities/urn:x:1/attrs/speed?datasetId=urn:x:none").fails(problem.ResourceNotFound)
		w.del("entities/urn:x:1/attrs/speed").is(204)
		w.del("entities/urn:x:1/attrs/speed").fails(problem.ResourceNotFound)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","speed":60}`)
		w.del("entities/urn:x:1/attrs/speed?datasetId=urn:x:gps").is(204)
		w.post("entities/urn:x:1/attrs", `{"speed":[{"value":1},{"value":2,"datasetId":"urn:x:gps"}],"scope":"/A"}`).is(204)
		w.del("entities/urn:x:1/attrs/speed?deleteAll=true").is(204)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","scope":"/A"}`)
		w.del("entities/urn:x:1/attrs/scope").is(204)
		w.del("entities/urn:x:1/attrs/scope").fails(problem.ResourceNotFound)
		w.del("entities/urn:x:1/attrs/a-b").fails(problem.BadRequestData)
		w.del("entities/urn:x:1/attrs/speed?datasetId=x").fails(problem.BadRequestData)
		w.del("entities/urn:x:1/attrs/speed?deleteAll=1").fails(problem.BadRequestData)
	})
}

// CIM 009, 5.6.7 to 5.6.10 and 5.6.20.
func TestBatches(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.7", "5.6.8", "5.6.9", "5.6.10", "5.6.20")
		for _, op := range []string{"create", "upsert", "update", "merge", "delete"} {
			w.post("entityOperations/"+op, `[]`).fails(problem.BadRequestData)
			w.post("entityOperations/"+op, `[null]`).fails(problem.BadRequestData)
			w.post("entityOperations/"+op, `{}`).fails(problem.BadRequestData)
			w.post("entityOperations/"+op, `[`).fails(problem.InvalidRequest)
		}
		w.post("entityOperations/create", `[{"id":"urn:x:1","type":"T","a":1},{"id":"urn:x:2","type":"T","a":2}]`).is(201).text(`["urn:x:1","urn:x:2"]`)
		a := w.post("entityOperations/create", `[{"id":"urn:x:1","type":"T"},{"id":"urn:x:3","type":"T"},{"id":"urn:x:3","type":"T"},{"id":"urn:x:4"}]`).is(207).says(`"success":["urn:x:3"]`)
		a.says("AlreadyExists").says(`"entityId":"urn:x:1"`).says(`"entityId":"urn:x:4"`).says("BadRequestData")
		w.post("entityOperations/create", `[{"id":"urn:x:1","type":"T"}]`).is(207).says(`"success":[]`)
		w.post("entityOperations/upsert", `[{"id":"urn:x:1","type":"T","b":1},{"id":"urn:x:5","type":"T"}]`).is(201).text(`["urn:x:5"]`)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","b":1}`)
		w.post("entityOperations/upsert?options=update", `[{"id":"urn:x:1","type":"T","a":1}]`).is(204).text("")
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","a":1,"b":1}`)
		w.post("entityOperations/upsert?options=update", `[{"id":"urn:x:1","type":"T","b":"urn:ngsi-ld:null"}]`).is(204)
		w.post("entityOperations/upsert", `[{"id":"urn:x:1","type":"T","b":"urn:ngsi-ld:null"}]`).fails(problem.BadRequestData)
		// nothing of the data is right: refused as a whole (5.5.4)
		w.post("entityOperations/upsert", `[{"id":"urn:x:1","type":"T","b":null},{"type":"T"}]`).fails(problem.BadRequestData).says("none of the 2 items")
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","a":1}`)
		w.post("entityOperations/update", `[{"id":"urn:x:1","c":1},{"id":"urn:x:9","c":1}]`).is(207).json(replaceTrace(`{"success":["urn:x:1"],"errors":[{"entityId":"urn:x:9","error":{"type":"https://uri.etsi.org/ngsi-ld/errors/ResourceNotFound","title":"Not found","status":404,"detail":"there is no entity urn:x:9","traceId":"TRACE"}}]}`, w))
		w.post("entityOperations/update?options=noOverwrite", `[{"id":"urn:x:1","a":99}]`).is(207).says(`"success":[]`).says("AlreadyExists")
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","a":1,"c":1}`)
		w.post("entityOperations/merge", `[{"id":"urn:x:1","c":"urn:ngsi-ld:null","a":{"unitCode":"CEL"}}]`).is(204)
		w.get("entities/urn:x:1?options=concise").json(`{"id":"urn:x:1","type":"T","a":{"value":1,"unitCode":"CEL"}}`)
		w.post("entityOperations/delete", `["urn:x:1","urn:x:1","nope"]`).is(207).says(`"success":["urn:x:1"]`).says(`"entityId":"nope"`)
		w.post("entityOperations/delete", `["urn:x:2"]`).is(204)
		w.post("entityOperations/upsert?options=foo", `[]`).fails(problem.InvalidRequest)
		// each document carries its own @context
		w.post("entityOperations/create", `[{"id":"urn:x:6","type":"T","@context":"`+core+`"},{"id":"urn:x:7","type":"T"}]`).fails(problem.BadRequestData)
		w.post("entityOperations/create", `[{"id":"urn:x:6","type":"T","@context":"`+core+`"}]`, "Content-Type: application/json").fails(problem.BadRequestData)
		w.post("entityOperations/create", `[{"id":"urn:x:6","type":"T","@context":"`+core+`"},{"id":"urn:x:7","type":"T","@context":"https://example.org/none"}]`).is(207).says("LdContextNotAvailable")
	})
}

// CIM 009, 5.6.21.
func TestPurge(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.21")
		w.all(`{"id":"urn:x:1","type":"T","a":1,"b":1}`, `{"id":"urn:x:2","type":"T","a":2,"b":1}`, `{"id":"urn:x:3","type":"U","a":1}`)
		w.del("entities").fails(problem.BadRequestData)
		w.del("entities?id=urn:x:1").fails(problem.BadRequestData)
		w.del("entities?type=T&keep=a&drop=b").fails(problem.BadRequestData)
		w.del("entities?type=T&drop=b&q=a==2").is(204)
		w.get("entities?type=T&options=keyValues").json(`[{"id":"urn:x:1","type":"T","a":1,"b":1},{"id":"urn:x:2","type":"T","a":2}]`)
		w.del("entities?type=T&keep=b").is(204)
		w.get("entities?type=T&options=keyValues").json(`[{"id":"urn:x:1","type":"T","b":1},{"id":"urn:x:2","type":"T"}]`)
		w.del("entities?q=a==1").is(204)
		w.get("entities?type=*").finds("1 2")
		w.del("entities?local=true").is(204)
		w.get("entities?type=*").finds("")
	})
}
