package ngsild_test

import (
	"strings"
	"testing"
	"time"

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

// Every rule on status in an update (CIM 009, 5.8.2.4).
func TestSubscriptionStatus(t *testing.T) {
	const past, soon, far = "2026-03-29T11:00:00Z", "2026-03-29T12:00:10Z", "2027-01-01T00:00:00Z"
	for _, tt := range []struct {
		members string
		wait    time.Duration
		patch   string // "" is refused
		status  string // after it, or after the refusal
	}{
		{`"isActive":true`, 0, `{"isActive":false}`, "paused"},
		{`"isActive":false`, 0, `{"isActive":true}`, "active"},
		{`"isActive":false`, 0, `{"isActive":"urn:ngsi-ld:null"}`, "active"},
		{`"expiresAt":"` + soon + `"`, time.Minute, `{"isActive":true}`, "expired"},
		{`"expiresAt":"` + soon + `"`, time.Minute, `{"isActive":false}`, "expired"},
		{`"expiresAt":"` + soon + `"`, time.Minute, `{"isActive":true,"expiresAt":"` + far + `"}`, "active"},
		{`"expiresAt":"` + soon + `"`, time.Minute, `{"isActive":false,"expiresAt":"` + far + `"}`, "paused"},
		{`"expiresAt":"` + soon + `"`, time.Minute, `{"expiresAt":"` + far + `"}`, "active"},
		{`"expiresAt":"` + soon + `","isActive":false`, time.Minute, `{"expiresAt":"` + far + `"}`, "active"},
		{`"expiresAt":"` + soon + `","isActive":false`, 0, `{"expiresAt":"` + far + `"}`, "paused"},
		{`"expiresAt":"` + soon + `"`, time.Minute, `{"expiresAt":"urn:ngsi-ld:null"}`, "active"},
		{`"isActive":true`, 0, "", "active"},
		{`"expiresAt":"` + soon + `"`, time.Minute, "", "expired"},
	} {
		worlds(t, func(w *world) {
			clauses(w, "5.8.1.4", "5.8.2.4", "5.2.12", "6.11.3.2")
			at := w.subscribe(tt.members, "")
			w.later(tt.wait)
			if tt.patch != "" {
				w.odd() // ETSI's document has no NGSI-LD Null in what is no string
				w.patch(at, tt.patch).is(204)
			}
			for _, wrong := range []string{`{"expiresAt":"` + past + `"}`, `{"isActive":true,"expiresAt":"` + past + `"}`, `{"isActive":false,"expiresAt":"` + past + `"}`, `{"expiresAt":"tomorrow"}`, `{"expiresAt":null}`,
				`{"notification":"urn:ngsi-ld:null"}`, `{"type":"urn:ngsi-ld:null"}`, `{"type":"Other"}`, `{"id":"urn:x:other"}`, `{"notification":{"format":"keyValues","endpoint":null}}`, `{"notification":{"format":"keyValues"}}`, `{"entities":"urn:ngsi-ld:null"}`, `{"isActive":"yes"}`, `{"fnord":1}`, `{"throttling":0}`} {
				w.patch(at, wrong).fails(problem.BadRequestData)
			}
			w.get(at).is(200).says(`"status":"` + tt.status + `"`)
		})
	}
	worlds(t, func(w *world) {
		clauses(w, "5.8.1.4")
		w.post("subscriptions", `{"type":"Subscription","entities":[{"type":"T"}],"expiresAt":"`+past+`","notification":{"endpoint":{"uri":"http://r.example/n"}}}`).fails(problem.BadRequestData).says("past")
	})
}

// What is refused, and that the answer says where (CIM 009, 5.2.12 to 5.2.15,
// 5.2.22, 5.2.33); what the server gives is passed over.
func TestSubscriptionMembers(t *testing.T) {
	const here = `"endpoint":{"uri":"http://r.example/n"}`
	worlds(t, func(w *world) {
		clauses(w, "5.2.12", "5.2.13", "5.2.14.1", "5.2.14.2", "5.2.15", "5.2.22", "5.2.33", "5.5.4")
		make := func(members, notification string) *answer {
			w.Helper()
			return w.post("subscriptions", `{"type":"Subscription",`+members+`,"notification":{`+notification+`}}`)
		}
		for members, says := range map[string]string{
			`"entities":[]`: "entities", `"entities":[{"id":"urn:x:1"}]`: "type", `"entities":[{"type":"T","id":"nope"}]`: "id", `"entities":[{"type":"T","id":[]}]`: "id", `"entities":[{"type":"T","id":["urn:x:1",5]}]`: "id", `"entities":[{"type":"T","idPattern":"["}]`: "idPattern", `"entities":[{"type":"("}]`: "type",
			`"entities":[{"type":"*"}],"localOnly":false`: "localOnly", `"watchedAttributes":[]`: "watchedAttributes", `"watchedAttributes":"a"`: "watchedAttributes", `"watchedAttributes":["a"],"notificationTrigger":["entityChanged"]`: "entityChanged",
			`"watchedAttributes":["a"],"q":"a=="`: "q", `"watchedAttributes":["a"],"csf":"a=="`: "csf", `"watchedAttributes":["a"],"scopeQ":"a"`: "scope", `"watchedAttributes":["a"],"geoQ":{"georel":"near","geometry":"Point","coordinates":[1,2]}`: "georel", `"watchedAttributes":["a"],"geoQ":{"georel":"within","geometry":"GeometryCollection","coordinates":[1,2]}`: "GeometryCollection",
			`"watchedAttributes":["a"],"temporalQ":{"timerel":"before","timeAt":"2020-01-01T00:00:00Z"}`: "temporalQ", `"watchedAttributes":["a"],"datasetId":["nope"]`: "datasetId", `"watchedAttributes":["a"],"lang":5`: "lang", `"watchedAttributes":["a"],"ngsildConformance":"new"`: "ngsildConformance", `"watchedAttributes":["a"],"splitEntities":"yes"`: "splitEntities",
			`"watchedAttributes":["a"],"throttling":-30`: "throttling", `"watchedAttributes":["a"],"isActive":1`: "isActive", `"watchedAttributes":["a"],"jsonldContext":"unknownContext"`: "jsonldContext", `"watchedAttributes":["a"],"description":"urn:ngsi-ld:null"`: "description", `"description":"x"`: "entities",
		} {
			make(members, here).fails(problem.BadRequestData).says(says)
		}
		for notification, says := range map[string]string{
			``: "endpoint", `"endpoint":{}`: "uri", `"endpoint":{"uri":"nope"}`: "uri", `"endpoint":{"uri":"http://r.example","accept":"text/plain"}`: "accept", `"endpoint":{"uri":"http://r.example","cooldown":0}`: "cooldown", `"endpoint":{"uri":"http://r.example","timeout":-1}`: "timeout",
			`"endpoint":{"uri":"http://r.example","receiverInfo":[{"key":"a","value":1}]}`: "receiverInfo", `"endpoint":{"uri":"http://r.example","receiverInfo":[{"key":"a"}]}`: "receiverInfo", `"endpoint":{"uri":"http://r.example","notifierInfo":[{"key":1,"value":"x"}]}`: "notifierInfo", `"endpoint":{"uri":"http://r.example","notifierInfo":[{"key":"a","value":{}}]}`: "notifierInfo",
			`"format":"full",` + here: "format", `"format":"simplified","showChanges":true,` + here: "showChanges", `"format":"keyValues","showChanges":true,` + here: "showChanges", `"attributes":[],` + here: "attributes", `"attributes":["id"],` + here: "attributes", `"pick":[],` + here: "pick", `"omit":[],` + here: "omit", `"pick":["a"],"attributes":["a"],` + here: "attributes", `"omit":["a"],"attributes":["b"],` + here: "attributes", `"pick":["a"],"omit":["a"],` + here: "both",
			`"join":"inline","joinLevel":0,` + here: "joinLevel", `"join":"inline","joinLevel":1.5,` + here: "joinLevel", `"sysAttrs":"true",` + here: "sysAttrs", `"showChanges":1,` + here: "showChanges",
		} {
			make(`"watchedAttributes":["a"]`, notification).fails(problem.BadRequestData).says(says)
		}
		a := w.odd().post("subscriptions", `{"type":"Subscription","watchedAttributes":["a"],"status":"paused","createdAt":"2001-01-01T00:00:00Z","modifiedAt":"2001-01-01T00:00:00Z","expiresAt":null,"notification":{"timesSent":7,"timesFailed":7,"lastNotification":"2001-01-01T00:00:00Z","lastSuccess":"2001-01-01T00:00:00Z","lastFailure":"2001-01-01T00:00:00Z","status":"failed",`+here+`}}`).is(201)
		at := a.Header.Get("Location")
		if !strings.HasPrefix(at, "/ngsi-ld/v1/subscriptions/urn:") {
			w.Error(at)
		}
		id := strings.TrimPrefix(at, "/ngsi-ld/v1/subscriptions/")
		w.get(at).json(`{"id":"` + id + `","type":"Subscription","watchedAttributes":["a"],"notification":{` + here + `},"status":"active"}`)

		w.odd().post("subscriptions", `{"@id":"urn:x:at","@type":"Subscription","entities":[{"@type":"T","@id":"urn:x:1"}],"notification":{`+here+`}}`).is(201)
		w.get("subscriptions/urn:x:at").json(`{"id":"urn:x:at","type":"Subscription","entities":[{"type":"T","id":"urn:x:1"}],"notification":{` + here + `},"status":"active"}`)
		w.odd().patch("subscriptions/urn:x:at", `{"@id":"urn:x:at","@type":"Subscription","description":"x"}`).is(204)

		// names come back as the reader's @context has them (5.5.7)
		at = w.post("subscriptions", `{"type":"Subscription","entities":[{"type":"Building"}],"watchedAttributes":["name"],"geoQ":{"georel":"within","geometry":"Polygon","coordinates":[[[3,49],[5,49],[5,51],[3,49]]],"geoproperty":"name"},"notification":{"pick":["id","name"],`+here+`},"timeInterval":5}`, suite()).fails(problem.BadRequestData).w.post("subscriptions", `{"type":"Subscription","entities":[{"type":"Building"}],"watchedAttributes":["name"],"geoQ":{"georel":"within","geometry":"Polygon","coordinates":[[[3,49],[5,49],[5,51],[3,49]]],"geoproperty":"name"},"notification":{"pick":["id","name"],`+here+`}}`, suite()).is(201).Header.Get("Location")
		const long = "https://ngsi-ld-test-suite/context#"
		id = strings.TrimPrefix(at, "/ngsi-ld/v1/subscriptions/")
		doc := func(prefix string) string {
			return `{"id":"` + id + `","type":"Subscription","entities":[{"type":"` + prefix + `Building"}],"watchedAttributes":["` + prefix + `name"],"geoQ":{"georel":"within","geometry":"Polygon","coordinates":[[[3,49],[5,49],[5,51],[3,49]]],"geoproperty":"` + prefix + `name"},"notification":{"pick":["id","` + prefix + `name"],` + here + `},"status":"active"}`
		}
		w.get(at, suite()).json(doc(""))
		w.get(at).json(doc(long))
		w.patch(at, `{"entities":[{"type":"Vehicle"}]}`, suite()).is(204)
		w.get(at, suite()).says(`"entities":[{"type":"Vehicle"}]`).says(`"watchedAttributes":["name"]`)
		w.get(at).says(`"entities":[{"type":"` + long + `Vehicle"}]`).says(`"watchedAttributes":["` + long + `name"]`)
		w.patch(at, `{"watchedAttributes":["urn:ngsi-ld:null"],"description":"x"}`).is(204)
		if a := w.get(at); strings.Contains(a.Body, "watched") {
			w.Error(a.Body)
		}
		// a fragment's own @context is for the fragment alone
		w.patch(at, `{"watchedAttributes":["name"]}`).is(204)
		w.get(at).says(`"entities":[{"type":"` + long + `Vehicle"}]`).says(`"watchedAttributes":["name"]`)
		w.get(at, suite()).says(`"entities":[{"type":"Vehicle"}]`).says(`"watchedAttributes":["https://uri.etsi.org/ngsi-ld/default-context/name"]`)
		// the @context to notify with must be there when it is named, then only
		w.patch(at, `{"jsonldContext":"https://example.org/none"}`).fails(problem.LdContextNotAvailable)
		w.patch(at, `{"jsonldContext":"`+suiteContext+`"}`).is(204)
		w.get(at).says(`"jsonldContext":"` + suiteContext + `"`)
		w.patch(at, `{"jsonldContext":"urn:ngsi-ld:null"}`).is(204)
		w.del(at).is(204)
		w.get(at).fails(problem.ResourceNotFound)
	})
}

// The first subscription of a tenant makes it (CIM 009, 5.5.10); an id that is
// missing is no id (5.8.2.4, 5.8.5.4).
func TestSubscriptionsOfATenant(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.10", "5.8.1.4", "5.8.2.4", "6.3.14")
		const north = "NGSILD-Tenant: north"
		w.get("subscriptions", north).fails(problem.NonexistentTenant)
		w.patch("subscriptions/urn:x:s", `{"isActive":true}`, north).fails(problem.NonexistentTenant)
		w.del("subscriptions/urn:x:s", north).fails(problem.NonexistentTenant)
		w.post("subscriptions", `{"type":"Subscription"}`, north).fails(problem.BadRequestData)
		w.get("subscriptions", north).fails(problem.NonexistentTenant)
		at := w.post("subscriptions", subscription, north).is(201).header("NGSILD-Tenant", "north").Header.Get("Location")
		w.get(at, north).is(200).header("NGSILD-Tenant", "north")
		w.get(at).fails(problem.ResourceNotFound)
		w.get("entities?type=T", north).json(`[]`)
		w.post("subscriptions", subscription).is(201)
		w.del(at, north).is(204)
		w.get("subscriptions", north).json(`[]`)
		w.get(at).is(200)
		w.odd().patch("subscriptions/nope", `{"isActive":true}`).fails(problem.BadRequestData)
		w.del("subscriptions/nope").fails(problem.BadRequestData)
		w.get("subscriptions/nope").fails(problem.BadRequestData)
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
