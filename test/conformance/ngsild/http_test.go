package ngsild_test

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

const core = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"

func link(url string) string {
	return `<` + url + `>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
}

const simple = `{"id":"urn:x:1","type":"T","a":{"type":"Property","value":1}}`

// CIM 009, 6.3.5: where the @context of a request is.
func TestContextOfARequest(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "6.3.5")
		w.post("entities", `{"id":"urn:x:1","type":"T","@context":"`+core+`"}`).is(201)
		w.post("entities", `{"id":"urn:x:2","type":"T","@context":"`+core+`"}`, "Content-Type: application/json").fails(problem.BadRequestData).says("Link header")
		w.post("entities", `{"id":"urn:x:2","type":"T"}`, "Content-Type: application/ld+json").fails(problem.BadRequestData).says("@context")
		w.post("entities", `{"id":"urn:x:2","type":"T","@context":"`+core+`"}`, suite()).fails(problem.BadRequestData).says("Link")
		w.post("entities", `{"id":"urn:x:3","type":"Building","name":{"type":"Property","value":1}}`, suite()).is(201)
		w.get("entities/urn:x:3", suite()).is(200).json(`{"id":"urn:x:3","type":"Building","name":{"type":"Property","value":1}}`)
		w.get("entities/urn:x:3").is(200).says(`"https://ngsi-ld-test-suite/context#Building"`)
		// an unreachable context is 504, an invalid one 400 (CIM 009, 5.5.6)
		w.post("entities", `{"id":"urn:x:4","type":"T","@context":"https://example.org/none.jsonld"}`).fails(problem.LdContextNotAvailable)
		w.get("entities/urn:x:3", "Link: "+link("https://example.org/none.jsonld")).fails(problem.LdContextNotAvailable)
		w.get("entities/urn:x:3", "Link: "+link("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-non-existing.jsonld")).fails(problem.LdContextNotAvailable)
		w.post("entities", `{"id":"urn:x:4","type":"T","@context":5}`).fails(problem.BadRequestData)
		w.get("entities/urn:x:3", "Link: "+link(core), suite()).fails(problem.InvalidRequest)
		// an inline context of the request is given an address in the answer
		q := `{"type":"Query","entities":[{"type":"Foo"}],"@context":{"Foo":"https://ngsi-ld-test-suite/context#Building"}}`
		a := w.post("entityOperations/query", q).is(200).says(`"type":"Foo"`)
		url, _, _ := strings.Cut(strings.TrimPrefix(a.Header.Get("Link"), "<"), ">")
		w.get(strings.TrimPrefix(url, "http://localhost:9000")).is(200).says("context#Building")
	})
}

// CIM 009, 5.5.4 and 6.3.4: bodies and their types.
func TestBodies(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.4", "6.3.4")
		w.post("entities", `{"id":`).fails(problem.InvalidRequest)
		w.post("entities", `{"id":"urn:x:1","id":"urn:x:2","type":"T"}`).fails(problem.InvalidRequest)
		w.post("entities", `[]`).fails(problem.BadRequestData)
		w.post("entities", simple, "Content-Type: text/plain").is(415).text("")
		w.post("entities", simple, "Content-Type: application/merge-patch+json").is(415)
		w.post("entities", "").is(415).text("")
		w.post("entities", "", "Content-Type: application/json").is(411).text("")
		w.post("entities", simple).is(201)
		w.patch("entities/urn:x:1", `{"a":{"type":"Property","value":2}}`, "Content-Type: application/merge-patch+json").is(204)
		w.post("entities", strings.Repeat(" ", 5<<20)+simple).fails(problem.TooLarge)
		w.do("PUT", "entities", simple).is(405).header("Allow", "DELETE, GET, HEAD, OPTIONS, POST")
		w.do("POST", "entities/urn:x:1", simple).is(405)
		w.get("nothing").fails(problem.ResourceNotFound)
		w.get("csourceRegistrations").fails(problem.NotImplemented).says("5.10.2")
		a := w.del("entities/urn:x:1").is(204).text("")
		if a.Header.Get("Content-Length") != "" || a.Header.Get("Link") != "" || a.Header.Get("Content-Type") != "" {
			w.Errorf("204 with %v (CIM 009, 6.3.6)", a.Header)
		}
	})
}

// CIM 009, 6.3.4 and 6.3.6: what an answer is written in.
func TestNegotiation(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "6.3.4", "6.3.6")
		w.post("entities", simple).is(201)
		for accept, want := range map[string]string{
			"": "application/json", "*/*": "application/json", "application/*": "application/json", "application/json": "application/json", "application/ld+json": "application/ld+json",
			"application/geo+json": "application/geo+json", "application/ld+json, application/json": "application/json", "application/json;q=0.5, application/ld+json": "application/ld+json",
			"application/geo+json, application/ld+json;q=0.9": "application/geo+json", "text/html, application/ld+json;q=0.1": "application/ld+json", "application/json;q=0, */*": "application/ld+json",
		} {
			for _, path := range []string{"entities/urn:x:1", "entities?type=T"} {
				w.get(path, "Accept: "+accept).is(200).header("Content-Type", want)
			}
		}
		w.get("entities/urn:x:1", "Accept: text/html").is(406).says("application/geo+json")
		w.get("types", "Accept: application/geo+json").is(406).says("application/ld+json")
		w.get("temporal/entities/urn:x:1", "Accept: application/geo+json").is(406)
		w.get("entities/urn:x:1").header("Link", link("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"))
		w.get("entities/urn:x:1", suite()).header("Link", link(suiteContext))
		w.get("entities/urn:x:1", "Accept: application/ld+json").header("Link", "").says(`"@context"`)
		w.get("entities?type=T", "Accept: application/ld+json").says(`"@context"`)
		w.get("entities/urn:x:1", "Accept: application/geo+json").header("Link", "").says(`"@context"`).says(`"geometry":null`)
		w.get("entities?type=T", "Accept: application/geo+json", "Prefer: body=json").header("Link", link(core)).json(
			`{"type":"FeatureCollection","features":[{"id":"urn:x:1","type":"Feature","geometry":null,"properties":{"type":"T","a":{"type":"Property","value":1}}}]}`)
		w.get("entities/urn:x:1?geometryProperty=a").fails(problem.BadRequestData)
	})
}

// CIM 009, 6.3.20: nothing that is not known is ignored.
func TestParameters(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "6.3.20")
		w.post("entities", simple).is(201)
		for _, path := range []string{"entities/urn:x:1?foo=1", "entities?type=T&options=foo", "entities?type=T&format=foo", "entities?type=T&timerel=before", "entities/urn:x:1?limit=1", "entities/urn:x:1?attrs=a&attrs=b", "types?limit=1", "entities?type=T&options=simplified,concise"} {
			w.get(path).fails(problem.InvalidRequest)
		}
		w.get("entities?type=T&entityMapLifetime=PT1H").fails(problem.InvalidRequest)
		for _, path := range []string{"entities?type=T&join=@none", "entities?type=T&entityMap=false", "entities?type=T&splitEntities=false", "entities?type=T&local=true", "entities/urn:x:1?local=true", "entities?type=T&csf=a==1", "types?local=true"} {
			w.get(path).is(200)
		}
		for _, path := range []string{"entities?type=T&limit=-1", "entities?type=T&limit=0", "entities?type=T&offset=x", "entities?type=T&count=yes", "entities?type=", "entities?type=T&attrs=a,", "entities?type=T&datasetId=x", "entities?type=T&lang=", "entities?type=T&csf===", "entities?type=T&id=nope"} {
			w.get(path).fails(problem.BadRequestData)
		}
		w.get("entities/nope").fails(problem.BadRequestData)
		w.get("entities/urn:x:1?format=concise&options=simplified").json(`{"id":"urn:x:1","type":"T","a":1}`)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","a":1}`)
		w.get("entities/urn:x:1?options=concise,sysAttrs").says(`"createdAt":"2026-03-29T12:00:00`)
	})
}

// CIM 009, 5.5.10 and 6.3.14.
func TestTenants(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.10", "6.3.14")
		const a = "NGSILD-Tenant: a"
		w.get("entities/urn:x:1", a).fails(problem.NonexistentTenant).header("NGSILD-Tenant", "a")
		w.get("entities?type=T", a).fails(problem.NonexistentTenant)
		w.patch("entities/urn:x:1", `{"a":1}`, a).fails(problem.NonexistentTenant)
		w.post("entityOperations/upsert", `[`+simple+`]`, a).fails(problem.NonexistentTenant)
		w.get("subscriptions", a).fails(problem.NonexistentTenant)
		w.get("types", a).fails(problem.NonexistentTenant)
		w.get("temporal/entities/urn:x:1", a).fails(problem.NonexistentTenant)
		w.post("entities", simple, a).is(201).header("NGSILD-Tenant", "a")
		w.get("entities/urn:x:1", a).is(200).header("NGSILD-Tenant", "a")
		w.get("entities/urn:x:1").fails(problem.ResourceNotFound).header("NGSILD-Tenant", "")
		w.get("subscriptions", a).is(200).text("[]")
		w.post("entityOperations/upsert", `[`+simple+`]`, a).is(204)
		w.post("entityOperations/create", `[`+simple+`]`, "NGSILD-Tenant: b").is(201)
		w.post("temporal/entities", simple, "NGSILD-Tenant: c").is(201)
		w.get("entities/urn:x:1", "NGSILD-Tenant: a/b").fails(problem.BadRequestData)
	})
}
