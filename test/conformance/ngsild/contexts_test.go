package ngsild_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/api/ngsild"
	"github.com/beffroi/beffroi/internal/problem"
)

// ldLink names an @context in a Link header.
func ldLink(address string) string {
	return "Link: <" + address + `>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
}

// CIM 009, 5.13.2.4: a client's @context is checked as any other is (5.5.4).
func TestContextsThatAreNone(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.13.2.4", "5.5.4", "6.29.3.1")
		for _, c := range []string{`5`, `true`, `null`, `["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld",5]`, `{"a":{"@id":5}}`, `"nowhere"`, `{"a":{"@id":"https://a.org/a","@context":{}}}`} {
			w.oddRequest = true
			w.post("jsonldContexts", `{"@context":`+c+`}`).fails(problem.BadRequestData)
		}
		w.post("jsonldContexts", `{"a":1}`, "Content-Type: application/json").fails(problem.BadRequestData)
		w.post("jsonldContexts", `[]`, "Content-Type: application/json").fails(problem.BadRequestData)
		w.post("jsonldContexts", `{"@context":"https://nowhere.example/c.jsonld"}`).fails(problem.LdContextNotAvailable)
		w.get("jsonldContexts?kind=Hosted").json(`[]`)
		for _, p := range []string{"?kind=other", "?kind=hosted", "?details=other", "?details=true&kind=x", "?details=x&kind=Hosted"} {
			w.get("jsonldContexts" + p).fails(problem.BadRequestData)
		}
	})
}

// CIM 009, 5.13.3 to 5.13.5 for each kind, and 5.5.10.
func TestContextKinds(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.13.1", "5.13.3.4", "5.13.3.5", "5.13.4.4", "5.13.5.4", "6.29.3.2", "6.30.3.1", "6.30.3.2", "5.5.10")
		// What is outside the @context is dropped.
		hosted := w.post("jsonldContexts", `{"@context":{"Foo":"https://a.org/Foo"},"more":1}`).is(201).Header.Get("Location")
		w.get(hosted).is(200).json(`{"@context":{"Foo":"https://a.org/Foo"}}`)
		// An array needs an address once json is answered with a Link to it.
		const inline = `["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld",{"Bar":"https://a.org/Bar"}]`
		w.post("subscriptions", `{"@context":`+inline+`,"id":"urn:x:s","type":"Subscription","entities":[{"type":"Bar"}],"notification":{"endpoint":{"uri":"http://127.0.0.1:9/"}}}`).is(201)
		var implicit []string
		if err := json.Unmarshal([]byte(w.get("jsonldContexts?kind=ImplicitlyCreated").is(200).Body), &implicit); err != nil || len(implicit) != 1 {
			w.Fatalf("implicitly created: %v, %v", implicit, err)
		}
		at := strings.TrimPrefix(implicit[0], "http://localhost:9000")
		w.get(at).is(200).json(`{"@context":` + inline + `}`)
		w.get(at + "?details=true").is(200).says(`"kind":"ImplicitlyCreated"`).says(`"numberOfHits":`)
		w.get("jsonldContexts?details=true").is(200).says(`"kind":"Hosted"`).says(`"kind":"Cached"`).says(`"kind":"ImplicitlyCreated"`)
		// Ours are served by local identifier and by the address that we gave out.
		w.get("jsonldContexts/" + url.PathEscape("http://localhost:9000"+hosted)).is(200)
		w.del(at + "?reload=true").fails(problem.BadRequestData)
		w.del(hosted + "?reload=maybe").fails(problem.BadRequestData)
		// A reload that fails keeps what is there.
		core := "jsonldContexts/" + url.PathEscape(suiteContext)
		w.get(core + "?details=true").fails(problem.ResourceNotFound) // nobody has asked for it yet
		w.get("types", suite()).is(200)
		w.get(core + "?details=true").is(200).says(`"kind":"Cached"`)
		w.get(core).fails(problem.OperationNotSupported)
		for _, path := range []string{hosted, hosted + "?details=true"} {
			w.get(path, "NGSILD-Tenant: other").fails(problem.ResourceNotFound)
		}
		w.get("jsonldContexts?kind=Hosted", "NGSILD-Tenant: other").json(`[]`)
		w.del(hosted, "NGSILD-Tenant: other").fails(problem.ResourceNotFound)
		w.del(hosted).is(204)
		w.get(hosted).fails(problem.ResourceNotFound)
		w.get("jsonldContexts/none?details=true").fails(problem.ResourceNotFound)
		w.del("jsonldContexts/none").fails(problem.ResourceNotFound)
		w.del("jsonldContexts/none?reload=true").fails(problem.ResourceNotFound)
	})
}

// A hosted @context is at hand whichever name of this server its address has:
// it is never asked for over the network.
func TestHostedContextsAreReadHere(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.13.1", "6.3.5")
		hosted := w.post("jsonldContexts", `{"@context":{"Foo":"https://a.org/Foo","a":"https://a.org/a"}}`).is(201).Header.Get("Location")
		for i, base := range []string{"http://localhost:9000", "https://data.city.example", "http://10.0.0.1:1026", "https://city.example/broker"} {
			id := "urn:x:" + string(rune('a'+i))
			w.post("entities", `{"id":"`+id+`","type":"Foo","a":1}`, ldLink(base+hosted)).is(201)
			w.get("entities/" + id).is(200).says(`"https://a.org/Foo"`)
			w.get("entities?type=Foo&id="+id, ldLink(base+hosted)).is(200).says(`"type":"Foo"`)
		}
		w.post("entities", `{"@context":["http://city.example`+hosted+`"],"id":"urn:x:z","type":"Foo","a":1}`).is(201)
		w.get("jsonldContexts?details=true&kind=Hosted").says(`"lastUsage":"2026-03-29T12:00:00Z"`)
		w.del(hosted).is(204)
		w.get("entities?type=Foo", ldLink("http://localhost:9000"+hosted)).fails(problem.LdContextNotAvailable)
	})
}

// CIM 009, 6.3.2: 504 where a remote @context cannot be had, for every
// operation; a core context that was never published is such a one.
func TestRemoteContextsThatCannotBeHad(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.6", "6.3.2", "5.8.1.4")
		for _, address := range []string{"https://nowhere.example/c.jsonld", "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.99.jsonld"} {
			w.post("entities", `{"@context":"`+address+`","id":"urn:x:1","type":"T"}`).fails(problem.LdContextNotAvailable)
			w.post("entities", `{"id":"urn:x:1","type":"T"}`, ldLink(address)).fails(problem.LdContextNotAvailable)
			w.post("temporal/entities", `{"@context":["`+address+`"],"id":"urn:x:1","type":"T"}`).fails(problem.LdContextNotAvailable)
			w.post("subscriptions", `{"@context":"`+address+`","type":"Subscription","entities":[{"type":"T"}],"notification":{"endpoint":{"uri":"http://127.0.0.1:9/"}}}`).fails(problem.LdContextNotAvailable)
			w.get("entities?type=T", ldLink(address)).fails(problem.LdContextNotAvailable)
			w.get("types", ldLink(address)).fails(problem.LdContextNotAvailable)
		}
		w.get("entities?type=T").is(200).json(`[]`)
		for _, v := range []string{"", "-v1.3", "-v1.4", "-v1.5", "-v1.6", "-v1.7", "-v1.8", "-v1.9"} {
			w.get("entities?type=T", ldLink("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context"+v+".jsonld")).is(200)
		}
	})
}

// Up to V1.8.1 the status was 503: some clients know that one alone.
func TestStatusOfContextsThatCannotBeHad(t *testing.T) {
	w := newWorld(t, drivers["memstore"], ngsild.Options{UnavailableContext: 503})
	clauses(w, "6.3.2")
	w.get("info/sourceIdentity?x=1").is(400)
	a := w.post("jsonldContexts", `{"@context":"https://nowhere.example/c.jsonld"}`).is(503)
	a.says(`"status":503`).says(`errors/LdContextNotAvailable"`)
	w.get("entities/nope").fails(problem.BadRequestData)
	w.later(time.Hour)
	w.get("entities?type=T").is(200)
}
