package ngsild_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// everyKind has an attribute of each kind, and all that later versions brought.
const everyKind = `{"id":"urn:x:1","type":["T","U"],"scope":"/A","expiresAt":"2030-01-01T00:00:00Z",
	"p":{"type":"Property","value":1,"observedAt":"2026-01-01T00:00:00Z","unitCode":"CEL","valueType":"Q","sub":{"type":"VocabProperty","vocab":"S"}},
	"n":[{"type":"Property","value":2,"datasetId":"urn:x:d"},{"type":"Property","value":1}],
	"l":{"type":"LanguageProperty","languageMap":{"en":"yes","fr":"oui"}},
	"j":{"type":"JsonProperty","json":{"id":7}},
	"v":{"type":"VocabProperty","vocab":["M","N"]},
	"vl":{"type":"ListProperty","valueList":[1,2]},
	"r":{"type":"Relationship","object":"urn:x:2","objectType":"T"},
	"rl":{"type":"ListRelationship","objectList":[{"object":"urn:x:2"},{"object":"urn:x:3"}]},
	"g":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]},"expiresAt":"2030-01-01T00:00:00Z"}}`

// CIM 009, 4.3.6.8: an answer in the words of an earlier version.
func TestEarlierVersions(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.3.6.8", "6.3.6", "6.5.3.1")
		w.post("entities", everyKind).is(201)
		const g = `"g":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}}`
		const since18 = `"type":["T","U"],"scope":"/A","l":{"type":"LanguageProperty","languageMap":{"en":"yes","fr":"oui"}},
			"n":[{"type":"Property","value":2,"datasetId":"urn:x:d"},{"type":"Property","value":1}],`
		const props = `"j":{"type":"Property","value":{"id":7}},"v":{"type":"Property","value":["M","N"]},"vl":{"type":"Property","value":[1,2]},
			"r":{"type":"Relationship","object":"urn:x:2"},"rl":{"type":"Relationship","object":["urn:x:2","urn:x:3"]},` + g
		const p = `"p":{"type":"Property","value":1,"observedAt":"2026-01-01T00:00:00Z","unitCode":"CEL",`
		for version, want := range map[string]string{
			"1.8": `{"id":"urn:x:1",` + since18 + p + `"sub":{"type":"VocabProperty","vocab":"S"}},"j":{"type":"JsonProperty","json":{"id":7}},
				"v":{"type":"VocabProperty","vocab":["M","N"]},"vl":{"type":"ListProperty","valueList":[1,2]},"r":{"type":"Relationship","object":"urn:x:2","objectType":"T"},
				"rl":{"type":"ListRelationship","objectList":[{"object":"urn:x:2"},{"object":"urn:x:3"}]},` + g + `}`,
			"1.7": `{"id":"urn:x:1",` + since18 + p + `"sub":{"type":"Property","value":"S"}},` + props + `}`,
			"1.4": `{"id":"urn:x:1",` + since18 + p + `"sub":{"type":"Property","value":"S"}},` + props + `}`,
			"1.3": `{"id":"urn:x:1","type":["T","U"],"n":[{"type":"Property","value":2,"datasetId":"urn:x:d"},{"type":"Property","value":1}],
				"l":{"type":"Property","value":{"en":"yes","fr":"oui"}},` + p + `"sub":{"type":"Property","value":"S"}},` + props + `}`,
			"1.0": `{"id":"urn:x:1","type":"T","n":{"type":"Property","value":1},"l":{"type":"Property","value":{"en":"yes","fr":"oui"}},
				"p":{"type":"Property","value":1,"sub":{"type":"Property","value":"S"}},` + props + `}`,
		} {
			w.get("entities/urn:x:1", "Prefer: ngsi-ld="+version).is(203).header("Preference-Applied", "ngsi-ld="+version).json(want)
			w.get("entities?type=T", "Prefer: ngsi-ld="+version).is(203).header("Preference-Applied", "ngsi-ld="+version).json("[" + want + "]")
			w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"T"}]}`, "Prefer: ngsi-ld="+version).is(203).json("[" + want + "]")
			w.get("entities/urn:x:1", "Prefer: ngsi-ld="+version, "Accept: application/ld+json").is(203).says(`"@context":`).header("Link", "")
		}
		w.get("entities/urn:x:1?options=sysAttrs", "Prefer: ngsi-ld=1.8").is(203)
		if a := w.get("entities/urn:x:1?options=sysAttrs", "Prefer: ngsi-ld=1.8"); strings.Contains(a.Body, "expiresAt") {
			w.Error(a.Body)
		}
		w.get("entities/urn:x:1?format=simplified&omit=g,scope,n,p,r", "Prefer: ngsi-ld=1.2").is(203).json(
			`{"id":"urn:x:1","type":"T","l":{"en":"yes","fr":"oui"},"j":{"id":7},"v":["M","N"],"vl":[1,2],"rl":["urn:x:2","urn:x:3"]}`)
		w.get("entities/urn:x:1?format=concise&pick=id,v,l", "Prefer: ngsi-ld=1.3").is(203).json(`{"id":"urn:x:1","v":["M","N"],"l":{"en":"yes","fr":"oui"}}`)
		w.get("entities/urn:x:1?pick=v,g&datasetId=@none", "Prefer: ngsi-ld=1.3", "Accept: application/geo+json").is(203).json(
			`{"id":"urn:x:1","type":"Feature","geometry":null,"properties":{"v":{"type":"Property","value":["M","N"]},` + g + `},"@context":"` + core + `"}`)
		w.get("entities/urn:x:1?lang=fr&pick=l", "Prefer: ngsi-ld=1.2").is(200).json(`{"l":{"type":"Property","value":"oui","lang":"fr"}}`)
		w.get("temporal/entities/urn:x:1?pick=v", "Prefer: ngsi-ld=1.5").is(203).header("Preference-Applied", "ngsi-ld=1.5").says(`"type":"Property","value":["M","N"]`)
		w.get("temporal/entities/urn:x:1?pick=v&format=temporalValues", "Prefer: ngsi-ld=1.5").is(203).says(`"values":[[["M","N"],`)
	})
}

// CIM 009, 4.3.6.8 and 6.3.6: which version an answer says that it has.
func TestPreferenceApplied(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.3.6.8", "6.3.6")
		const vocab = `{"id":"urn:x:1","type":"T","v":{"type":"VocabProperty","vocab":"M"}}`
		w.post("entities", vocab, "Prefer: ngsi-ld=1.5").is(201).header("Preference-Applied", "")
		w.get("entities/urn:x:1").is(200).header("Preference-Applied", "")
		for wish, applied := range map[string]string{"ngsi-ld=1.9": "ngsi-ld=1.9", "ngsi-ld=1.8": "ngsi-ld=1.8", "ngsi-ld=1.12": "ngsi-ld=1.9", "ngsi-ld=2.0": "ngsi-ld=1.9", "ngsi-ld=9": "", "ngsi-ld=x": "", "ngsi-ld": "", "body=json": "", "respond-async": ""} {
			w.get("entities/urn:x:1", "Prefer: "+wish).is(200).header("Preference-Applied", applied).json(vocab)
		}
		for _, wish := range []string{"NGSI-LD=1.5", "Ngsi-Ld=1.5", `ngsi-ld="1.5"`, "ngsi-ld=1.5; strict=yes", "respond-async, ngsi-ld=1.5, body=json", "ngsi-ld=1.5, ngsi-ld=1.9"} {
			w.get("entities/urn:x:1", "Prefer: "+wish).is(203).header("Preference-Applied", "ngsi-ld=1.5")
		}
		// what is the same in every version is not amended
		w.post("subscriptions", `{"id":"urn:x:s","type":"Subscription","entities":[{"type":"T"}],"notification":{"endpoint":{"uri":"http://localhost:1/n"}}}`).is(201)
		plain := w.get("subscriptions/urn:x:s").is(200)
		w.get("subscriptions/urn:x:s", "Prefer: ngsi-ld=1.3").is(200).header("Preference-Applied", "ngsi-ld=1.3").text(plain.Body)
		w.get("types", "Prefer: ngsi-ld=1.3").is(200).header("Preference-Applied", "ngsi-ld=1.3")
		w.get("entities?type=None", "Prefer: ngsi-ld=1.3").is(200).header("Preference-Applied", "ngsi-ld=1.3").text("[]")
		// an error conforms to nothing
		w.get("entities/urn:x:2", "Prefer: ngsi-ld=1.3").fails(problem.ResourceNotFound).header("Preference-Applied", "")
	})
}

// CIM 009, 6.3.21: a profile of an earlier version does no harm.
func TestProfileLink(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "6.3.21")
		const profile = `Link: <https://uri.etsi.org/ngsi-ld/profile/1.3>; rel="profile"`
		w.post("entities", simple, profile).is(201)
		w.post("entities", `{"id":"urn:x:2","type":"T","a":1,"@context":"`+core+`"}`, profile).is(201)
		w.get("entities/urn:x:1", profile).is(200).json(simple)
		w.patch("entities/urn:x:1", `{"a":2}`, `Link: <https://uri.etsi.org/ngsi-ld/profile/version>; profile="https://uri.etsi.org/ngsi-ld/profile/version"`).is(204)
	})
}

// CIM 009, 5.2.12 and 5.8.6: notifications in the words of an earlier version.
func TestEarlierVersionsOfNotifications(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.3.6.8", "5.2.12", "5.8.6")
		w.post("entities", `{"id":"urn:x:1","type":"T","v":{"vocab":"M"},"l":{"languageMap":{"en":"x"}},"r":{"objectList":["urn:x:2"]}}`).is(201)
		w.later(time.Second) // what was before is none of its business
		w.subscribe(`"ngsildConformance":"1.3"`, `"showChanges":true`)
		w.patch("entities/urn:x:1/attrs/v", `{"vocab":"N"}`).is(204)
		w.one().data(`[{"id":"urn:x:1","type":"T","v":{"type":"Property","value":"N","previousValue":"M"},"l":{"type":"Property","value":{"en":"x"}},"r":{"type":"Relationship","object":["urn:x:2"]}}]`)
		w.post("subscriptions", `{"type":"Subscription","entities":[{"type":"T"}],"ngsildConformance":"x","notification":{"endpoint":{"uri":"http://r.example/n"}}}`).fails(problem.BadRequestData)
	})
	worlds(t, func(w *world) {
		clauses(w, "4.3.6.8", "5.8.6")
		w.post("entities", `{"id":"urn:x:1","type":"T","v":{"vocab":"M"},"l":{"languageMap":{"en":"x"}},"r":{"objectList":["urn:x:2"]}}`).is(201)
		w.later(time.Second) // what was before is none of its business
		w.subscribe(`"ngsildConformance":"1.3","notificationTrigger":["attributeDeleted"]`, `"showChanges":true,"pick":["l","r"]`)
		w.patch("entities/urn:x:1/attrs", `{"l":"urn:ngsi-ld:null","r":"urn:ngsi-ld:null"}`).is(204)
		w.one().says(`"l":{"type":"Property","value":"urn:ngsi-ld:null","previousValue":{"en":"x"}`).says(`"r":{"type":"Relationship","object":"urn:ngsi-ld:null","previousObject":["urn:x:2"]`)
	})
}
