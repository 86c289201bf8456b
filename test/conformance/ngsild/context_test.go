package ngsild_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

// CIM 009, 4.4, 5.5.5 and 5.5.7: which @context names are expanded and
// shortened with.
func TestContextsOfNames(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.4", "5.5.5", "5.5.6", "5.5.7", "6.3.5")
		const a = `{"brand":"https://a.org/brand","Car":"https://a.org/Car","p":"https://a.org/p/","gone":null}`
		w.post("entities", `{"id":"urn:x:1","type":"Car","brand":"x","unknown":1,"p:q":2,"https://b.org/full":3,"location":{"type":"Point","coordinates":[1,2]},"@context":[`+a+`,"`+core+`"]}`).is(201)
		// without that context names are full, those of the core and the default vocabulary short
		w.get("entities/urn:x:1?format=simplified").json(`{"id":"urn:x:1","type":"https://a.org/Car","https://a.org/brand":"x","unknown":1,"https://a.org/p/q":2,"https://b.org/full":3,"location":{"type":"Point","coordinates":[1,2]}}`)
		w.get("entities?type=Car").finds("")
		w.get("entities?type=https://a.org/Car&attrs=https://a.org/brand").finds("1")
		w.get("entities/urn:x:1?attrs=brand").fails(problem.ResourceNotFound)
		// with it they are short again, wherever the core stands and if it is not named at all
		for _, ctx := range []string{a, `[` + a + `]`, `["` + core + `",` + a + `]`, `[` + a + `,"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld"]`, `[{"location":"https://evil.org/location","value":"https://evil.org/value"},` + a + `]`} {
			w.post("entityOperations/query?format=simplified", `{"type":"Query","entities":[{"type":"Car"}],"q":"brand==\"x\"","@context":`+ctx+`}`).json(
				`[{"id":"urn:x:1","type":"Car","brand":"x","unknown":1,"p:q":2,"https://b.org/full":3,"location":{"type":"Point","coordinates":[1,2]}}]`)
		}
		// the core is in the last place of what goes out (4.4)
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"Car"}],"@context":`+a+`}`, "Accept: application/ld+json").is(200).says(`"@context":[` + a + `,"` + core + `"]`)
		// @id and @type in place of id and type; in answers never
		w.odd().post("entityOperations/query?format=simplified", `{"@type":"Query","pick":["id"],"entities":[{"@id":"urn:x:1","@type":"*"}]}`).json(`[{"id":"urn:x:1"}]`)
		w.odd().post("temporal/entityOperations/query", `{"@type":"Query","entities":[{"@id":"urn:x:1","@type":"*"}],"temporalQ":{"timerel":"before","timeAt":"2030-01-01T00:00:00Z","timeproperty":"createdAt"}}`).is(200)
		w.odd().post("subscriptions", `{"@id":"urn:x:s","@type":"Subscription","entities":[{"@id":"urn:x:1","@type":"T"}],"notification":{"endpoint":{"uri":"http://localhost:1/n"}}}`).is(201)
		w.odd().patch("subscriptions/urn:x:s", `{"@type":"Subscription","entities":[{"@type":"U"}]}`).is(204)
		w.get("subscriptions/urn:x:s").says(`"id":"urn:x:s"`).says(`"type":"Subscription"`).says(`"entities":[{"type":"U"}]`)
		w.post("entityOperations/query", `{"@type":"Query","type":"Query","entities":[{"type":"*"}]}`).fails(problem.BadRequestData)
		w.odd().post("entityOperations/create", `[{"@id":"urn:x:8","@type":"T","a":null},{"@id":"urn:x:80","@type":"T"}]`).is(207).says(`"entityId":"urn:x:8"`)
		w.put("entities/urn:x:1/attrs/brand", `{"@type":"Property","value":"y","@context":`+a+`}`).is(204)
		if x := w.get("entities/urn:x:1", "Accept: application/ld+json"); strings.Contains(x.Body, `"@id"`) || strings.Contains(x.Body, `"@type"`) {
			w.Error(x.Body)
		}
		// a user context has no scoped contexts and stands at the top alone (5.5.7)
		for _, ctx := range []string{`{"a":{"@id":"https://a.org/a","@context":{"b":"https://a.org/b"}}}`, `5`, `null`, `true`, `["x"]`, `{"a":5}`} {
			w.post("entities", `{"id":"urn:x:2","type":"T","a":1,"@context":`+ctx+`}`).fails(problem.BadRequestData)
		}
		for _, attr := range []string{`{"value":1,"@context":` + a + `}`, `{"value":1,"sub":{"value":2,"@context":` + a + `}}`, `[{"value":1,"@context":` + a + `}]`, `{"value":{"@context":` + a + `}}`} {
			w.post("entities", `{"id":"urn:x:2","type":"T","a":`+attr+`,"@context":"`+core+`"}`).fails(problem.BadRequestData)
		}
		w.post("entities", `{"id":"urn:x:2","type":"T","a":{"json":{"@context":5}},"@context":"`+core+`"}`).is(201) // JSON is not looked into
	})
}

// CIM 009, 5.5.6 and 6.3.2: contexts that cannot be had, wherever they are
// named, and whatever they look like.
func TestContextsThatCannotBeHad(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.6", "6.3.2", "6.3.5")
		w.post("entities", simple).is(201)
		for _, url := range []string{"https://example.org/none.jsonld", "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.99.jsonld", "https://uri.etsi.org/ngsi-ld/v2/ngsi-ld-core-context.jsonld"} {
			e, ctx, l := strings.Replace(simple, "urn:x:1", "urn:x:2", 1), `,"@context":"`+url+`"}`, "Link: "+link(url)
			with := func(s string) string { return strings.TrimSuffix(s, "}") + ctx }
			for _, x := range [][2]string{{"POST", "entities"}, {"POST", "temporal/entities"}, {"PUT", "entities/urn:x:1"}, {"PATCH", "entities/urn:x:1"}, {"PATCH", "entities/urn:x:1/attrs"}, {"POST", "entities/urn:x:1/attrs"}} {
				body := e
				if strings.Contains(x[1], "urn:x:1") {
					body = simple
				}
				w.do(x[0], x[1], with(body)).fails(problem.LdContextNotAvailable)
				w.do(x[0], x[1], body, l).fails(problem.LdContextNotAvailable)
			}
			w.post("subscriptions", with(`{"type":"Subscription","entities":[{"type":"T"}],"notification":{"endpoint":{"uri":"http://localhost:1/n"}}}`)).fails(problem.LdContextNotAvailable)
			w.post("entityOperations/query", with(`{"type":"Query","entities":[{"type":"T"}]}`)).fails(problem.LdContextNotAvailable)
			w.post("entityOperations/create", `[`+e+`]`, l).fails(problem.LdContextNotAvailable)
			w.post("entityOperations/create", `[`+with(e)+`]`).is(207).says(`ngsi-ld/errors/LdContextNotAvailable"`)
			for _, path := range []string{"entities/urn:x:1", "entities?type=T", "types", "types/T", "attributes", "attributes/a", "subscriptions", "temporal/entities/urn:x:1"} {
				w.get(path, l).fails(problem.LdContextNotAvailable)
			}
			w.del("entities/urn:x:1/attrs/a", l).fails(problem.LdContextNotAvailable)
		}
		w.get("entities/urn:x:2").fails(problem.ResourceNotFound)
		for _, version := range []string{"", "-v1.0", "-v1.3", "-v1.8", "-v1.9"} {
			w.get("entities/urn:x:1", "Link: "+link("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context"+version+".jsonld")).is(200)
		}
	})
}

// CIM 009, 5.5.3, 6.3.3 and 6.3.6: what errors and partial successes look like.
func TestErrorsAndPartialSuccess(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.2", "5.5.3", "6.3.2", "6.3.3", "6.3.6")
		const ld, a = "Accept: application/ld+json", `"@context":{"brand":"https://a.org/brand"}}`
		w.post("entities", `{"id":"urn:x:1","type":"T","brand":1,`+a, ld).is(201).header("Link", "").header("Content-Length", "0").text("")
		for _, x := range [][3]string{{"GET", "entities/urn:x:9", ""}, {"GET", "entities/nope", ""}, {"GET", "nothing", ""}, {"GET", "entities?type=T&x=y", ""}, {"PUT", "entities", "{}"}, {"POST", "entities", simple}, {"POST", "entities", "{"}, {"DELETE", "entities/urn:x:9", ""}} {
			x := w.do(x[0], x[1], x[2], ld, suite())
			if x.Status < 400 || x.Header.Get("Content-Type") != "application/json" || x.Header.Get("Link") != "" {
				w.Errorf("%s: %d %v", x.asked, x.Status, x.Header)
			}
			x.says(fmt.Sprintf(`"status":%d`, x.Status)).says(`"type":"https://`).says(`"title":"`).says(`"detail":"`)
		}
		// full names, for there is no @context in a partial success
		w.post("entities/urn:x:1/attrs?options=noOverwrite", `{"brand":2,"c":3,`+a, ld).is(207).header("Content-Type", "application/json").header("Link", "").
			says(`"attributeName":"https://a.org/brand"`).says(`"updated":["https://uri.etsi.org/ngsi-ld/default-context/c"]`)
		w.post("entityOperations/create", `[`+strings.Replace(simple, "urn:x:1", "urn:x:3", 1)+`,`+simple+`]`, ld, suite()).is(207).header("Content-Type", "application/json").header("Link", "").
			says(`"success":["urn:x:3"]`).says(`"type":"https://uri.etsi.org/ngsi-ld/errors/AlreadyExists"`)
		for _, x := range [][3]string{{"PATCH", "entities/urn:x:1/attrs/c", `{"value":4}`}, {"POST", "entities/urn:x:1/attrs", `{"d":1}`}, {"POST", "entityOperations/update", `[{"id":"urn:x:1","type":"T","d":2}]`}, {"DELETE", "entities/urn:x:1/attrs/d", ""}, {"DELETE", "entities/urn:x:1", ""}, {"POST", "entityOperations/delete", `["urn:x:3"]`}} {
			x := w.do(x[0], x[1], x[2], ld).is(204).text("").header("Link", "").header("Content-Type", "")
			if _, ok := x.Header["Content-Length"]; ok {
				w.Errorf("%s: 204 with Content-Length", x.asked)
			}
		}
	})
}

// CIM 009, 4.5.1: an entity's id can be seen.
func TestUnseenCharacters(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.5.1", "5.6.1.4")
		for _, r := range "\u00a0\u034f\u115f\u1160\u200b\u202e\u2028\u2800\u3164\ufe0f\ufeff\uffa0\ufdd0\U000e0100\U0001ffff<\" " {
			w.post("entities", fmt.Sprintf(`{"id":"urn:x:a%sb","type":"T"}`, strings.ReplaceAll(string(r), `"`, `\"`))).fails(problem.BadRequestData)
		}
		w.post("entities", `{"id":"urn:x:Brücke東京","type":"T","r":{"object":"urn:x:Café"}}`).is(201)
		w.get("entities/urn:x:Br%C3%BCcke%E6%9D%B1%E4%BA%AC?format=simplified").json(`{"id":"urn:x:Brücke東京","type":"T","r":"urn:x:Café"}`)
	})
}
