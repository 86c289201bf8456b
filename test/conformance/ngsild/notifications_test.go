package ngsild_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// subscribe makes a subscription to things of type T and gives its address.
func (w *world) subscribe(members, notification string, headers ...string) string {
	w.Helper()
	if !strings.Contains(members, `"entities"`) && !strings.Contains(members, `"localOnly":true`) {
		members = `"entities":[{"type":"T"}],` + members
	}
	if members != "" && !strings.HasSuffix(members, ",") {
		members += ","
	}
	if notification != "" {
		notification += ","
	}
	if !strings.Contains(notification, `"endpoint"`) {
		notification += `"endpoint":{"uri":"http://r.example/n"},`
	}
	return w.post("subscriptions", `{"type":"Subscription",`+members+`"notification":{`+strings.TrimSuffix(notification, ",")+`}}`, headers...).is(201).Header.Get("Location")
}

// What sets a notification off (CIM 009, 5.2.12, 5.8.6).
func TestTriggers(t *testing.T) {
	steps := []func(w *world){
		func(w *world) { w.post("entities", `{"id":"urn:x:1","type":"T","a":1,"b":1}`).is(201) },
		func(w *world) { w.patch("entities/urn:x:1/attrs", `{"a":2}`).is(204) },
		func(w *world) { w.patch("entities/urn:x:1/attrs", `{"a":2}`).is(204) }, // the same value again
		func(w *world) { w.post("entities/urn:x:1/attrs", `{"c":1}`).is(204) },
		func(w *world) { w.del("entities/urn:x:1/attrs/b").is(204) },
		func(w *world) { w.del("entities/urn:x:1").is(204) },
	}
	for triggers, set := range map[string]string{
		"":                 "101100", // attributeCreated and attributeUpdated: read from left to right, one digit a step
		"entityCreated":    "100000",
		"entityUpdated":    "",
		"entityDeleted":    "000001",
		"attributeCreated": "100100",
		"attributeUpdated": "010000",
		"attributeDeleted": "000011",
	} {
		switch triggers {
		case "":
			set = "110100"
		case "entityUpdated":
			set = "110111" // the three attribute triggers together
		}
		worlds(t, func(w *world) {
			clauses(w, "5.2.12", "5.8.6")
			members := ""
			if triggers != "" {
				members = `"notificationTrigger":["` + triggers + `"]`
			}
			w.subscribe(members, "")
			got := ""
			for _, step := range steps {
				step(w)
				got += fmt.Sprint(len(w.notes()))
			}
			if got != set {
				w.Errorf("triggers %q: %s, want %s", triggers, got, set)
			}
		})
	}
}

// What a subscription is about (CIM 009, 5.2.12, 5.2.33, 5.8.6): only changes
// of what all of its conditions select.
func TestSelection(t *testing.T) {
	const thing = `{"id":"urn:x:1","type":["T","U"],"scope":"/a/b","a":{"value":1,"sub":{"value":5}},"location":{"type":"Point","coordinates":[4,50]},"to":{"object":"urn:x:2"},"name":{"languageMap":{"en":"x"}}}`
	for members, is := range map[string]bool{
		`"entities":[{"type":"T"}]`:                                   true,
		`"entities":[{"type":"V"},{"type":"U"}]`:                      true,
		`"entities":[{"type":"V"}]`:                                   false,
		`"entities":[{"type":"*"}]`:                                   true,
		`"entities":[{"type":"(T;U)"}]`:                               true,
		`"entities":[{"type":"(T;V)"}]`:                               false,
		`"entities":[{"type":"V|T"}]`:                                 true,
		`"entities":[{"type":"T","id":"urn:x:1"}]`:                    true,
		`"entities":[{"type":"T","id":["urn:x:0","urn:x:1"]}]`:        true,
		`"entities":[{"type":"T","id":"urn:x:2"}]`:                    false,
		`"entities":[{"type":"T","idPattern":"urn:x:[0-9]"}]`:         true,
		`"entities":[{"type":"T","idPattern":"^urn:x:1$"}]`:           true,
		`"entities":[{"type":"T","idPattern":"^urn:y.*"}]`:            false,
		`"entities":[{"type":"T","id":"urn:x:1","idPattern":"nope"}]`: true,
		`"entities":[{"type":"T"}],"watchedAttributes":["a"]`:         true,
		`"entities":[{"type":"T"}],"watchedAttributes":["b","a"]`:     true,
		`"entities":[{"type":"T"}],"watchedAttributes":["to"]`:        false,
		`"watchedAttributes":["a"]`:                                   true,
		`"localOnly":true`:                                            true,
		`"entities":[{"type":"T"}],"q":"a==2"`:                        true,
		`"entities":[{"type":"T"}],"q":"a==1"`:                        false,
		`"entities":[{"type":"T"}],"q":"a.sub>4;name==\"x\""`:         true,
		`"entities":[{"type":"T"}],"q":"to{far}==7"`:                  true,
		`"entities":[{"type":"T"}],"q":"to{far}==8"`:                  false,
		`"entities":[{"type":"T"}],"scopeQ":"/a/#"`:                   true,
		`"entities":[{"type":"T"}],"scopeQ":"/b"`:                     false,
		`"entities":[{"type":"T"}],"geoQ":{"georel":"near;maxDistance==100","geometry":"Point","coordinates":[4,50]}`:                                      true,
		`"entities":[{"type":"T"}],"geoQ":{"georel":"near;maxDistance==100","geometry":"Point","coordinates":"[4,51]"}`:                                    false,
		`"entities":[{"type":"T"}],"geoQ":{"georel":"disjoint","geometry":"Point","coordinates":[4,51]}`:                                                   true,
		`"entities":[{"type":"T"}],"geoQ":{"georel":"within","geometry":"Polygon","coordinates":[[[3,49],[5,49],[5,51],[3,51],[3,49]]]}`:                   true,
		`"entities":[{"type":"T"}],"geoQ":{"georel":"within","geometry":"Polygon","coordinates":[[[3,49],[5,49],[5,51],[3,51],[3,49]]],"geoproperty":"x"}`: false,
		`"entities":[{"type":"T"}],"csf":"endpoint==\"x\"","splitEntities":true,"localOnly":true`:                                                          true,
		`"entities":[{"type":"T"}],"isActive":false`:                     false,
		`"entities":[{"type":"T"}],"expiresAt":"2026-03-29T12:00:10Z"`:   true,
		`"entities":[{"type":"T"}],"expiresAt":"2026-03-29T12:00:01.5Z"`: false,
	} {
		worlds(t, func(w *world) {
			clauses(w, "5.2.12", "5.2.13", "5.2.33", "5.8.6", "4.17", "4.19")
			w.all(`{"id":"urn:x:2","type":"Far","far":7}`, thing)
			w.later(time.Second)
			w.notes()
			w.subscribe(members, "")
			w.quiet("a subscription does not tell of what is there already (5.8.1.4)")
			w.later(time.Second)
			w.patch("entities/urn:x:1/attrs/a", `{"value":2}`).is(204)
			if n := len(w.notes()); (n == 1) != is || n > 1 {
				w.Errorf("%s: %d notifications", members, n)
			}
		})
	}
}

// The forms of a notification (CIM 009, 5.3.1, 5.2.14, 6.3.8).
func TestNotificationForms(t *testing.T) {
	const (
		before = `{"id":"urn:x:1","type":"T","a":{"value":1,"unitCode":"CEL","observedAt":"2020-01-01T00:00:00Z"},"name":[{"languageMap":{"en":"x","fr":["y"]}}],"d":[{"value":1},{"value":2,"datasetId":"urn:x:d"}],"location":{"type":"Point","coordinates":[4,50]}}`
		place  = `{"type":"Point","coordinates":[4,50]}`
	)
	for notification, data := range map[string]string{
		``:                      `[{"id":"urn:x:1","type":"T","a":{"type":"Property","value":2,"unitCode":"CEL","observedAt":"2020-01-01T00:00:00Z"},"name":{"type":"LanguageProperty","languageMap":{"en":"x","fr":["y"]}},"d":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:x:d"}],"location":{"type":"GeoProperty","value":` + place + `}}]`,
		`"format":"concise"`:    `[{"id":"urn:x:1","type":"T","a":{"value":2,"unitCode":"CEL","observedAt":"2020-01-01T00:00:00Z"},"name":{"languageMap":{"en":"x","fr":["y"]}},"d":[{"value":1},{"value":2,"datasetId":"urn:x:d"}],"location":` + place + `}]`,
		`"format":"simplified"`: `[{"id":"urn:x:1","type":"T","a":2,"name":{"languageMap":{"en":"x","fr":["y"]}},"d":{"dataset":{"@none":1,"urn:x:d":2}},"location":` + place + `}]`,
		`"format":"keyValues","attributes":["a"]`:                    `[{"id":"urn:x:1","type":"T","a":2}]`,
		`"format":"keyValues","pick":["a"]`:                          `[{"a":2}]`,
		`"format":"keyValues","pick":["id","type","d"]`:              `[{"id":"urn:x:1","type":"T","d":{"dataset":{"@none":1,"urn:x:d":2}}}]`,
		`"format":"keyValues","omit":["type","name","d","location"]`: `[{"id":"urn:x:1","a":2}]`,
		`"pick":["a"],"showChanges":true`:                            `[{"a":{"type":"Property","value":2,"previousValue":1,"unitCode":"CEL","observedAt":"2020-01-01T00:00:00Z"}}]`,
		`"pick":["a"],"showChanges":true,"format":"concise"`:         `[{"a":{"value":2,"previousValue":1,"unitCode":"CEL","observedAt":"2020-01-01T00:00:00Z"}}]`,
		`"pick":["id","a"],"sysAttrs":true`:                          `[{"id":"urn:x:1","createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:01Z","a":{"type":"Property","value":2,"unitCode":"CEL","observedAt":"2020-01-01T00:00:00Z","createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:01Z"}}]`,
		`"pick":["id","a"],"sysAttrs":false,"join":"@none"`:          `[{"id":"urn:x:1","a":{"type":"Property","value":2,"unitCode":"CEL","observedAt":"2020-01-01T00:00:00Z"}}]`,
		`"format":"keyValues","pick":["a"],"endpoint":{"uri":"http://r.example/n","accept":"application/geo+json","receiverInfo":[{"key":"Prefer","value":"body=json"}]}`: `{"type":"FeatureCollection","features":[{"id":"urn:x:1","type":"Feature","geometry":` + place + `,"properties":{"a":2}}]}`,
	} {
		worlds(t, func(w *world) {
			clauses(w, "5.2.14.1", "5.3.1", "5.8.6", "6.3.8", "4.5.4", "4.21")
			w.post("entities", before).is(201)
			w.later(time.Second)
			at := w.subscribe("", notification) // what was before is none of its business
			w.patch("entities/urn:x:1/attrs/a", `{"value":2}`).is(204)
			n := w.one().data(data)
			n.says(`{"id":"urn:ngsi-ld:Notification:`).says(`"type":"Notification"`).says(`"notifiedAt":"2026-03-29T12:00:01Z"`).says(`"subscriptionId":"` + at[strings.LastIndex(at, "/")+1:] + `"`)
			w.get(at).is(200).says(`"status":"active"`)
		})
	}
}

// Media types, @context and headers (CIM 009, 6.3.8, 5.3.1, 5.8.1.4, 6.3.14).
func TestNotificationContext(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.2.15", "5.2.22", "5.3.1", "5.8.1.4", "6.3.8", "6.3.14")
		endpoint := func(more string) string {
			return `"format":"keyValues","endpoint":{"uri":"http://r.example/n"` + more + `}`
		}
		ask := func(members, notification string, headers ...string) note {
			w.Helper()
			w.post("entities", `{"id":"urn:x:b","type":"Building","name":"x"}`, suite())
			at := w.subscribe(`"entities":[{"type":"https://ngsi-ld-test-suite/context#Building"}],`+members, notification, headers...)
			w.notes()
			w.later(time.Second)
			w.patch("entities/urn:x:b/attrs", fmt.Sprintf(`{"name":"%d"}`, w.clock.Load()), suite()).is(204)
			n := w.one()
			w.del(at).is(204)
			return n
		}
		n := ask("", endpoint(""), suite())
		n.header("Content-Type", "application/json").header("Link", link(suiteContext)).says(`"type":"Building"`).says(`"name":`)
		if strings.Contains(n.Body, "@context") {
			w.Error(n.Body)
		}
		ask("", endpoint("")).header("Link", link(core)).says(`"https://ngsi-ld-test-suite/context#name":`)
		ask(`"jsonldContext":"`+suiteContext+`"`, endpoint("")).header("Link", link(suiteContext)).says(`"type":"Building"`)
		ask(`"jsonldContext":"`+core+`"`, endpoint(`,"accept":"application/ld+json"`), suite()).header("Link", "").header("Content-Type", "application/ld+json").says(`"@context":"` + core + `"`).says(`"https://ngsi-ld-test-suite/context#name":`)
		n = ask("", endpoint(`,"accept":"application/geo+json"`), suite())
		n.header("Link", "").header("Content-Type", "application/geo+json").says(`"geometry":null`)
		if strings.Count(n.Body, "@context") != 1 {
			w.Error(n.Body)
		}
		ask("", endpoint(`,"accept":"application/geo+json","receiverInfo":[{"key":"Prefer","value":"body=ld+json"},{"key":"X-Key","value":"v"}]`), suite()).header("Link", "").header("X-Key", "v").says(`"@context"`)
		ask("", endpoint(`,"accept":"application/geo+json","receiverInfo":[{"key":"Prefer","value":"body=json"}]`), suite()).header("Link", link(suiteContext)).header("Prefer", "body=json")

		// a tenant's notifications say so, and are about that tenant
		const tenant = "NGSILD-Tenant: north"
		w.subscribe("", "", tenant)
		w.post("entities", simple).is(201)
		w.quiet("another tenant's change")
		w.post("entities", simple, tenant).is(201)
		w.one().header("NGSILD-Tenant", "north")
	})
}

// What is told of deletions (CIM 009, 5.8.6, 4.5.0, 5.5.4, 4.22).
func TestDeletionNotifications(t *testing.T) {
	const gone = `"id":"urn:x:1","type":"T"`
	deleted := `"deletedAt":"2026-03-29T12:00:01Z"`
	for _, tt := range []struct{ triggers, notification, attribute, entity string }{
		{`entityDeleted`, ``, "", `[{` + gone + `,` + deleted + `}]`},
		{`entityDeleted`, `"sysAttrs":true`, "", `[{` + gone + `,"createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:00Z",` + deleted + `}]`},
		{`entityDeleted`, `"format":"keyValues"`, "", `[{` + gone + `,` + deleted + `}]`},
		{`entityDeleted`, `"showChanges":true,"format":"concise"`, "", `[{` + gone + `,` + deleted + `,"a":{"value":"urn:ngsi-ld:null","previousValue":1},"l":{"languageMap":{"@none":"urn:ngsi-ld:null"},"previousLanguageMap":{"en":"x"}},"r":{"object":"urn:ngsi-ld:null","previousObject":"urn:x:2"}}]`},
		{`attributeDeleted`, ``, `[{` + gone + `,"a":{"type":"Property","value":1},"l":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}},"r":{"type":"Relationship","object":"urn:x:2"}}]`, `[{` + gone + `,` + deleted + `,"l":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}}}]`},
		{`attributeDeleted`, `"format":"concise"`, `[{` + gone + `,"a":1,"l":"urn:ngsi-ld:null","r":{"object":"urn:x:2"}}]`, `[{` + gone + `,` + deleted + `,"l":"urn:ngsi-ld:null"}]`},
		{`attributeDeleted`, `"format":"keyValues"`, `[{` + gone + `,"a":1,"l":"urn:ngsi-ld:null","r":"urn:x:2"}]`, `[{` + gone + `,` + deleted + `,"l":"urn:ngsi-ld:null"}]`},
		{`attributeDeleted`, `"pick":["l"],"sysAttrs":true`, `[{"l":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"},"createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:00Z",` + deleted + `},"createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:01Z"}]`, ""},
	} {
		worlds(t, func(w *world) {
			clauses(w, "4.5.0", "5.5.4", "5.8.6")
			w.post("entities", `{"id":"urn:x:1","type":"T","a":1,"l":{"languageMap":{"en":"x"}},"r":{"object":"urn:x:2"}}`).is(201)
			w.notes()
			w.subscribe(`"notificationTrigger":["`+tt.triggers+`"],"watchedAttributes":["l"]`, tt.notification)
			w.later(time.Second)
			if tt.attribute != "" {
				w.del("entities/urn:x:1/attrs/l").is(204)
				w.one().data(tt.attribute)
				w.del("entities/urn:x:1").is(204)
				w.quiet("l had gone before")
				w.later(-time.Second)
				w.post("entities", `{"id":"urn:x:1","type":"T","a":1,"l":{"languageMap":{"en":"x"}}}`).is(201)
				w.later(time.Second)
			}
			w.del("entities/urn:x:1").is(204)
			if n := w.one(); tt.entity != "" {
				n.data(tt.entity)
			}
		})
	}
	worlds(t, func(w *world) {
		clauses(w, "4.22", "4.5.5", "5.8.6")
		w.post("entities", `{"id":"urn:x:1","type":"T","a":[{"value":1},{"value":2,"datasetId":"urn:x:d"},{"value":3,"datasetId":"urn:x:e"}]}`).is(201)
		w.notes()
		plain := w.subscribe(`"notificationTrigger":["attributeDeleted"]`, "")
		simple := w.subscribe(`"notificationTrigger":["attributeDeleted"]`, `"format":"keyValues"`)
		w.del("entities/urn:x:1/attrs/a?datasetId=urn:x:d").is(204)
		ns := w.notes()
		if len(ns) != 2 {
			w.Fatalf("%d notifications", len(ns))
		}
		for _, n := range ns {
			if strings.Contains(n.Body, `"dataset":`) {
				n.data(`[{"id":"urn:x:1","type":"T","a":{"dataset":{"@none":1,"urn:x:d":"urn:ngsi-ld:null","urn:x:e":3}}}]`)
			} else {
				n.data(`[{"id":"urn:x:1","type":"T","a":[{"type":"Property","value":1},{"type":"Property","value":3,"datasetId":"urn:x:e"},{"type":"Property","value":"urn:ngsi-ld:null","datasetId":"urn:x:d"}]}]`)
			}
		}
		w.del(plain).is(204)
		w.del(simple).is(204)

		// what expires is deleted
		w.subscribe(`"notificationTrigger":["entityDeleted","attributeDeleted"]`, `"format":"keyValues"`)
		w.post("entities", `{"id":"urn:x:2","type":"T","expiresAt":"2026-03-29T12:00:30Z","a":1}`).is(201)
		w.post("entities", `{"id":"urn:x:3","type":"T","a":{"value":1,"expiresAt":"2026-03-29T12:00:20Z"},"b":1}`).is(201)
		w.later(20 * time.Second)
		if err := w.broker.Sweep(w.Context()); err != nil {
			w.Fatal(err)
		}
		w.one().data(`[{"id":"urn:x:3","type":"T","a":"urn:ngsi-ld:null","b":1}]`)
		w.later(10 * time.Second)
		if err := w.broker.Sweep(w.Context()); err != nil {
			w.Fatal(err)
		}
		w.one().data(`[{"id":"urn:x:2","type":"T","deletedAt":"2026-03-29T12:00:30Z"}]`)
	})
}

// Previous values of each kind of attribute (CIM 009, 5.2.14.1, 5.2.5 ff.).
func TestShowChanges(t *testing.T) {
	for _, tt := range []struct{ before, after, shown string }{
		{`1`, `2`, `{"type":"Property","value":2,"previousValue":1}`},
		{`{"object":"urn:x:a"}`, `{"object":["urn:x:b"]}`, `{"type":"Relationship","object":["urn:x:b"],"previousObject":"urn:x:a"}`},
		{`{"languageMap":{"en":"x"}}`, `{"languageMap":{"en":"y"}}`, `{"type":"LanguageProperty","languageMap":{"en":"y"},"previousLanguageMap":{"en":"x"}}`},
		{`{"vocab":"M"}`, `{"vocab":"N"}`, `{"type":"VocabProperty","vocab":"N","previousVocab":"M"}`},
		{`{"json":{"a":null}}`, `{"json":{"a":2}}`, `{"type":"JsonProperty","json":{"a":2},"previousJson":{"a":null}}`},
		{`{"valueList":[1]}`, `{"valueList":[2]}`, `{"type":"ListProperty","valueList":[2],"previousValueList":[1]}`},
		{`{"objectList":["urn:x:a"]}`, `{"objectList":["urn:x:b"]}`, `{"type":"ListRelationship","objectList":[{"object":"urn:x:b"}],"previousObjectList":[{"object":"urn:x:a"}]}`},
		{`{"type":"Point","coordinates":[1,2]}`, `{"type":"Point","coordinates":[2,2]}`, `{"type":"GeoProperty","value":{"type":"Point","coordinates":[2,2]},"previousValue":{"type":"Point","coordinates":[1,2]}}`},
	} {
		worlds(t, func(w *world) {
			clauses(w, "5.2.14.1", "5.8.6", "5.2.5", "5.2.6", "5.2.32")
			w.subscribe(`"notificationTrigger":["entityUpdated","entityCreated"]`, `"showChanges":true`)
			w.post("entities", `{"id":"urn:x:1","type":"T","x":`+tt.before+`,"y":1}`).is(201)
			if n := w.one(); strings.Contains(n.Body, "previous") {
				w.Errorf("nothing was there before: %s", n.Body)
			}
			w.patch("entities/urn:x:1/attrs", `{"x":`+tt.after+`}`).is(204)
			w.one().data(`[{"id":"urn:x:1","type":"T","x":` + tt.shown + `,"y":{"type":"Property","value":1}}]`)
		})
	}
}

// When not to tell: throttling, pauses, repetition; and one notification for
// each operation of a batch (CIM 009, 5.2.12, 5.8.2.4, 5.5.11).
func TestNotificationTimes(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.2.12", "5.5.11.0", "5.8.2.4", "5.8.6")
		w.post("entities", simple).is(201)
		w.notes()
		at := w.subscribe(`"throttling":1.5`, `"format":"keyValues"`)
		value := 1
		change := func(after time.Duration) int {
			w.later(after)
			value++
			w.patch("entities/urn:x:1/attrs", fmt.Sprintf(`{"a":%d}`, value)).is(204)
			return len(w.notes())
		}
		for i, want := range []int{1, 0, 0, 1, 0} {
			if got := change(600 * time.Millisecond); got != want {
				w.Errorf("throttled, change %d: %d notifications, want %d", i, got, want)
			}
		}
		w.patch(at, `{"throttling":"urn:ngsi-ld:null"}`).is(204)
		if change(0) != 1 {
			w.Error("the throttling was taken away")
		}
		w.patch(at, `{"isActive":false}`).is(204)
		if change(time.Second) != 0 {
			w.Error("it is paused")
		}
		w.patch(at, `{"isActive":true}`).is(204)
		w.quiet("what was changed during the pause is not told later")
		if change(time.Second) != 1 {
			w.Error("it is active again")
		}
		w.post("entityOperations/upsert?options=update", `[{"id":"urn:x:1","type":"T","a":100},{"id":"urn:x:1","type":"T","a":101},{"id":"urn:x:9","type":"T","a":1},{"id":"urn:x:1","type":"T","a":101}]`).is(201)
		var said []string
		for _, n := range w.notes() {
			said = append(said, n.Body[strings.Index(n.Body, `"data"`):])
		}
		if got := strings.Join(said, "\n"); len(said) != 3 || strings.Index(got, `"a":100`) > strings.Index(got, `"a":101`) || !strings.Contains(got, "urn:x:9") {
			w.Errorf("a batch is notified of as\n%s", got)
		}
		w.del(at).is(204)
		if change(time.Second) != 0 {
			w.Error("it was deleted")
		}
	})
}

// Periodic notifications (CIM 009, 5.8.1.4, 5.8.6).
func TestTimeInterval(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.2.12", "5.8.1.4", "5.8.6")
		at := w.subscribe(`"entities":[{"type":"T"},{"type":"U","idPattern":"^urn:x:[0-9]$"}],"timeInterval":5,"q":"a>0"`, `"format":"keyValues"`)
		w.get(at).is(200).says(`"timeInterval":5`)
		w.later(5 * time.Second)
		w.quiet("nothing matches")
		w.all(`{"id":"urn:x:1","type":"T","a":1}`, `{"id":"urn:x:2","type":["T","U"],"a":2}`, `{"id":"urn:x:3","type":"T","a":0}`, `{"id":"urn:y:4","type":"U","a":1}`, `{"id":"urn:x:5","type":"U","a":{"value":5,"datasetId":"urn:x:d"}}`)
		w.quiet("changes are not told of")
		w.later(4 * time.Second)
		w.quiet("the period is not over")
		w.later(time.Second)
		w.one().data(`[{"id":"urn:x:1","type":"T","a":1},{"id":"urn:x:2","type":["T","U"],"a":2},{"id":"urn:x:5","type":"U","a":5}]`)
		w.quiet("once a period")
		w.later(17 * time.Second)
		w.one()
		w.later(3 * time.Second)
		w.one()
		w.patch(at, `{"isActive":false}`).is(204)
		w.later(20 * time.Second)
		w.quiet("it is paused")
		w.patch(at, `{"isActive":true,"timeInterval":0.5}`).is(204)
		w.quiet("a new period begins")
		w.later(500 * time.Millisecond)
		w.one()
		w.patch(at, `{"timeInterval":"urn:ngsi-ld:null"}`).is(204)
		w.later(time.Second)
		w.quiet("it is about changes now")
		w.patch("entities/urn:x:1/attrs", `{"a":7}`).is(204)
		w.one().data(`[{"id":"urn:x:1","type":"T","a":7}]`)
		for _, wrong := range []string{
			`"entities":[{"type":"T"}],"timeInterval":0`, `"entities":[{"type":"T"}],"timeInterval":-1`, `"entities":[{"type":"T"}],"timeInterval":"5"`,
			`"entities":[{"type":"T"}],"timeInterval":5,"throttling":5`, `"entities":[{"type":"T"}],"timeInterval":5,"watchedAttributes":["a"]`, `"timeInterval":5`,
		} {
			w.post("subscriptions", `{"type":"Subscription",`+wrong+`,"notification":{"endpoint":{"uri":"http://r.example/n"}}}`).fails(problem.BadRequestData)
		}
	})
}

// Notifications for those who know an earlier version (CIM 009, 5.2.12,
// 4.3.6.8), and with linked entities (4.5.23).
func TestNotificationConformance(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.3.6.8", "4.5.23", "5.2.12", "5.8.6")
		w.post("entities", `{"id":"urn:x:2","type":"U","n":1,"to":{"object":"urn:x:3"}}`).is(201)
		w.post("entities", `{"id":"urn:x:3","type":"U","n":2}`).is(201)
		w.later(time.Second)
		at := w.subscribe(`"ngsildConformance":"1.3"`, "")
		w.get(at).says(`"ngsildConformance":"1.3"`)
		w.post("entities", `{"id":"urn:x:1","type":"T","scope":"/a","name":{"languageMap":{"en":"x"}},"v":{"json":{"b":1}}}`).is(201)
		n := w.one()
		if strings.Contains(n.Body, "LanguageProperty") || strings.Contains(n.Body, "JsonProperty") || strings.Contains(n.Body, "scope") {
			w.Error(n.Body)
		}
		w.del(at).is(204)
		for notification, data := range map[string]string{
			`"join":"inline","joinLevel":2,"format":"simplified"`:             `[{"id":"urn:x:4","type":"T","to":{"id":"urn:x:2","type":"U","n":1,"to":{"id":"urn:x:3","type":"U","n":2}}}]`,
			`"join":"inline","format":"simplified"`:                           `[{"id":"urn:x:4","type":"T","to":{"id":"urn:x:2","type":"U","n":1,"to":"urn:x:3"}}]`,
			`"join":"flat","joinLevel":2,"format":"simplified"`:               `[{"id":"urn:x:4","type":"T","to":"urn:x:2"},{"id":"urn:x:2","type":"U","n":1,"to":"urn:x:3"},{"id":"urn:x:3","type":"U","n":2}]`,
			`"join":"flat","format":"simplified","pick":["id","to{n}"]`:       `[{"id":"urn:x:4","to":"urn:x:2"},{"n":1}]`,
			`"join":"inline","format":"simplified","omit":["to{id,type,to}"]`: `[{"id":"urn:x:4","type":"T","to":{"n":1}}]`,
			`"join":"@none","format":"simplified"`:                            `[{"id":"urn:x:4","type":"T","to":"urn:x:2"}]`,
		} {
			at := w.subscribe("", notification)
			w.post("entities", `{"id":"urn:x:4","type":"T","to":{"object":"urn:x:2"}}`).is(201)
			w.one().data(data)
			w.del(at).is(204)
			w.del("entities/urn:x:4").is(204)
		}
		// lang and datasetId choose what is shown
		w.odd() // ETSI's document has no @none among the datasets
		at = w.subscribe(`"lang":"fr,en;q=0.5","datasetId":["urn:x:d","@none"]`, "")
		w.post("entities", `{"id":"urn:x:5","type":"T","name":{"languageMap":{"en":"x","fr":"y"}},"a":[{"value":1},{"value":2,"datasetId":"urn:x:d"},{"value":3,"datasetId":"urn:x:e"}],"b":{"value":1,"datasetId":"urn:x:e"}}`).is(201)
		w.one().data(`[{"id":"urn:x:5","type":"T","name":{"type":"Property","value":"y","lang":"fr"},"a":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:x:d"}]}]`)
		w.del(at).is(204)
		for _, wrong := range []string{`"ngsildConformance":"1"`, `"ngsildConformance":"v1.3"`, `"ngsildConformance":1.3`} {
			w.post("subscriptions", `{"type":"Subscription","entities":[{"type":"T"}],`+wrong+`,"notification":{"endpoint":{"uri":"http://r.example/n"}}}`).fails(problem.BadRequestData)
		}
	})
}
