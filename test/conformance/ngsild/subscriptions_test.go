package ngsild_test

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/api/ngsild"
	"github.com/beffroi/beffroi/internal/problem"
)

const subscription = `{"id":"urn:x:s","type":"Subscription","entities":[{"type":"Building"}],"watchedAttributes":["name"],"q":"name==\"x\"","notification":{"attributes":["name"],"endpoint":{"uri":"http://127.0.0.1:9999/notify","accept":"application/json"}}}`

// CIM 009, 5.8.1 to 5.8.5.
func TestSubscriptions(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.8.1", "5.8.2", "5.8.3", "5.8.4", "5.8.5")
		w.post("subscriptions", subscription, suite()).is(201).header("Location", "/ngsi-ld/v1/subscriptions/urn:x:s")
		w.post("subscriptions", subscription, suite()).fails(problem.AlreadyExists)
		a := w.post("subscriptions", strings.Replace(subscription, `"id":"urn:x:s",`, "", 1), suite()).is(201)
		w.get(a.Header.Get("Location")).is(200)
		w.get("subscriptions/urn:x:s", suite()).is(200).says(`"type":"Building"`).says(`"watchedAttributes":["name"]`).says(`"status":"active"`).header("Link", link(suiteContext))
		w.get("subscriptions/urn:x:s").says(`"https://ngsi-ld-test-suite/context#Building"`)
		w.get("subscriptions/urn:x:s", "Accept: application/ld+json").says(`"@context"`).header("Link", "")
		w.get("subscriptions/urn:x:s?options=sysAttrs").says(`"createdAt":"2026-03-29T12:00:00Z"`)
		w.get("subscriptions/urn:x:none").fails(problem.ResourceNotFound)
		w.get("subscriptions/nope").fails(problem.BadRequestData)
		a = w.get("subscriptions?limit=1&count=true").is(200).header("NGSILD-Results-Count", "2")
		if linkTo(a, "next") == "" {
			w.Error("no next page")
		}
		w.get(strings.TrimPrefix(linkTo(a, "next"), "http://localhost:9000")).is(200)
		w.get("subscriptions?offset=9").is(200)
		w.patch("subscriptions/urn:x:s", `{"isActive":false}`, suite()).is(204)
		w.get("subscriptions/urn:x:s").says(`"status":"paused"`)
		w.patch("subscriptions/urn:x:s", `{}`).fails(problem.BadRequestData)
		w.patch("subscriptions/urn:x:s", `{"expiresAt":"2020-01-01T00:00:00Z"}`).fails(problem.BadRequestData)
		w.patch("subscriptions/urn:x:none", `{"isActive":false}`).fails(problem.ResourceNotFound)
		w.del("subscriptions/urn:x:s").is(204)
		w.del("subscriptions/urn:x:s").fails(problem.ResourceNotFound)
		for _, body := range []string{`[]`, `{}`, `{"type":"Subscription"}`, `{"type":"Subscription","entities":[{"type":"T"}],"notification":{}}`, strings.Replace(subscription, `name==`, `name=`, 1), strings.Replace(subscription, "urn:x:s", "nope", 1)} {
			w.post("subscriptions", body).fails(problem.BadRequestData)
		}
		// its @context must be there (CIM 009, 5.8.1.4)
		w.post("subscriptions", strings.Replace(subscription, `"notification"`, `"jsonldContext":"https://example.org/none","notification"`, 1)).fails(problem.LdContextNotAvailable)
		w.post("subscriptions", strings.Replace(subscription, `"notification"`, `"jsonldContext":"`+suiteContext+`","notification"`, 1)).is(201)
	})
}

// CIM 009, 7.2 and 5.2.14.1: MQTT endpoints, linked entities, previous values.
func TestSubscriptionNotifications(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "7.2", "5.2.14.1")
		create := func(notification string) *answer {
			w.Helper()
			return w.post("subscriptions", `{"type":"Subscription","entities":[{"type":"T"}],"notification":{`+notification+`}}`)
		}
		const here = `"endpoint":{"uri":"http://127.0.0.1:9999/n"}`
		for _, ok := range []string{
			`"endpoint":{"uri":"mqtt://ann:pw@localhost:1883/a/b","accept":"application/ld+json","notifierInfo":[{"key":"MQTT-Version","value":"mqtt3.1.1"},{"key":"MQTT-QoS","value":"2"}]}`, `"endpoint":{"uri":"mqtts://localhost/t"}`,
			`"join":"flat","joinLevel":2,"pick":["id","to{id,to{n}}"],` + here, `"join":"@none",` + here, `"showChanges":true,"format":"concise",` + here,
		} {
			a := create(ok).is(201)
			w.get(a.Header.Get("Location")).is(200)
		}
		for _, wrong := range []string{
			`"endpoint":{"uri":"mqtt://localhost/"}`, `"endpoint":{"uri":"mqtt://localhost/#"}`, `"endpoint":{"uri":"mqtt://localhost/t","accept":"application/geo+json"}`,
			`"endpoint":{"uri":"mqtt://localhost/t","notifierInfo":[{"key":"MQTT-QoS","value":"4"}]}`,
			`"join":"up",` + here, `"joinLevel":1,` + here, `"pick":["to{n}"],` + here, `"showChanges":true,"format":"keyValues",` + here,
		} {
			create(wrong).fails(problem.BadRequestData)
		}
	})
}

// An address that may not be called is refused (CIM 009, 5.8.1).
func TestSubscriptionEndpointIsJudged(t *testing.T) {
	for name, open := range drivers {
		t.Run(name, func(t *testing.T) {
			clauses(t, "5.8.1")
			w := newWorld(t, open, ngsild.Options{CheckEndpoint: func(uri string) error {
				return problem.New(problem.BadRequestData, "%s is refused; --outbound-allow", uri)
			}})
			w.post("subscriptions", subscription).fails(problem.BadRequestData).says("--outbound-allow")
		})
	}
}

// CIM 009, 5.13.2 to 5.13.5.
func TestHostedContexts(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.13.2", "5.13.3", "5.13.4", "5.13.5")
		w.post("jsonldContexts", `{}`).fails(problem.BadRequestData)
		w.post("jsonldContexts", `{"@context":`).fails(problem.InvalidRequest)
		a := w.post("jsonldContexts", `{"@context":{"Foo":"https://a.org/Foo"}}`, "Content-Type: application/json").is(201)
		at := a.Header.Get("Location")
		w.get(at).is(200).json(`{"@context":{"Foo":"https://a.org/Foo"}}`)
		w.get(at + "?details=true").says(`"kind":"Hosted"`).says(`"URL":"http://localhost:9000` + at + `"`)
		w.get("jsonldContexts?kind=Hosted").json(`["http://localhost:9000` + at + `"]`)
		w.get("jsonldContexts?details=true&kind=Hosted").says(`"localId":"`).says(`"createdAt":"2026-03-29T12:00:00Z"`)
		w.get("jsonldContexts?kind=Other").fails(problem.BadRequestData)
		w.del(at + "?reload=true").fails(problem.BadRequestData)
		w.del(at).is(204)
		w.get(at).fails(problem.ResourceNotFound)
		w.del(at).fails(problem.ResourceNotFound)
		// cached ones are listed, not served
		w.get("entities?type=T", suite()).is(200)
		w.get("jsonldContexts?kind=Cached").says(suiteContext)
		cached := "jsonldContexts/" + strings.NewReplacer("/", "%2F", ":", "%3A").Replace(suiteContext)
		w.get(cached).fails(problem.OperationNotSupported)
		w.get(cached + "?details=true").is(200).says(`"kind":"Cached"`)
	})
}
