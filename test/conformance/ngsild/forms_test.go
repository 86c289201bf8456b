package ngsild_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

// CIM 009, 4.5.2 to 4.5.24: what each kind of attribute has, may have and
// never has.
func TestMembersOfAttributes(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.5.1", "4.5.2.2", "4.5.2.3", "4.5.3.2", "4.5.3.3", "4.5.18.2", "4.5.18.3", "4.5.20.2", "4.5.20.3", "4.5.21.2", "4.5.21.3", "4.5.22.2", "4.5.22.3", "4.5.24.2", "4.5.24.3", "5.5.4")
		kinds := map[string]string{"Property": `"value":1`, "Relationship": `"object":"urn:x:2"`, "GeoProperty": `"value":{"type":"Point","coordinates":[1,2]}`, "LanguageProperty": `"languageMap":{"en":"yes"}`,
			"VocabProperty": `"vocab":"M"`, "JsonProperty": `"json":{"a":1}`, "ListProperty": `"valueList":[1]`, "ListRelationship": `"objectList":[{"object":"urn:x:2"}]`}
		members := map[string]string{"value": `1`, "object": `"urn:x:2"`, "languageMap": `{"en":"yes"}`, "vocab": `"M"`, "json": `{"a":1}`, "valueList": `[1]`, "objectList": `[{"object":"urn:x:2"}]`,
			"previousValue": `1`, "previousObject": `"urn:x:2"`, "previousLanguageMap": `{"en":"yes"}`, "previousVocab": `"M"`, "previousJson": `{"a":1}`, "previousValueList": `[1]`, "previousObjectList": `[{"object":"urn:x:2"}]`,
			"entity": `{"id":"urn:x:2","type":"T"}`, "entityList": `[{"id":"urn:x:2","type":"T"}]`, "entityIdSealed": `"urn:x:1"`, "entityTypeSealed": `"T"`, "unitCode": `"CEL"`, "objectType": `"T"`, "valueType": `"xsd:int"`,
			"observedAt": `"2026-01-01T00:00:00Z"`, "datasetId": `"urn:x:d"`, "createdAt": `"1999-01-01T00:00:00Z"`, "modifiedAt": `"1999-01-01T00:00:00Z"`, "instanceId": `"urn:x:i"`}
		may := map[string]string{"Property": "previousValue unitCode valueType", "Relationship": "previousObject entity objectType", "GeoProperty": "previousValue", "LanguageProperty": "previousLanguageMap", "VocabProperty": "previousVocab valueType",
			"JsonProperty": "previousJson valueType", "ListProperty": "previousValueList unitCode valueType", "ListRelationship": "previousObjectList entityList objectType"}
		for kind, value := range kinds {
			for _, typed := range []string{`"type":"` + kind + `",`, ""} {
				for m, x := range members {
					status := 400
					switch m {
					case "observedAt", "datasetId", "createdAt", "modifiedAt", "instanceId":
						status = 201
					default:
						if slices.Contains(strings.Fields(may[kind]), m) {
							status = 201
						}
					}
					if m == "valueType" && status == 400 || kind == "GeoProperty" && m == "unitCode" || len(value) > len(m) && value[1:len(m)+1] == m {
						continue // not said, or the value itself
					}
					a := w.odd().post("entities", `{"id":"urn:x:1","type":"T","a":{`+typed+value+`,"`+m+`":`+x+`}}`)
					if a.is(status); a.Status == 201 {
						if m[:4] == "prev" || m[:4] == "enti" || m == "instanceId" { // of answers only: passed over
							w.get("entities/urn:x:1").json(`{"id":"urn:x:1","type":"T","a":{"type":"` + kind + `",` + value + `}}`)
						} else {
							w.get("entities/urn:x:1").says(`"type":"` + kind + `"`)
						}
						w.del("entities/urn:x:1").is(204)
					}
				}
			}
		}
	})
}

// CIM 009, 4.5.1 to 4.5.24: bodies that are no entities.
func TestMalformedAttributes(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.5.1", "4.5.2.2", "4.5.18.2", "4.5.20.2", "4.5.21.2", "4.5.22.2", "4.5.24.2", "4.7.2", "5.5.4")
		for _, attr := range []string{
			`"datasetId":{"value":1}`, `"instanceId":{"value":1}`, `"observedAt":{"value":1}`, `"unitCode":{"value":1}`, `"a":{"type":"Property"}`, `"a":{"type":"Foo","value":1}`, `"a":{"value":1,"@context":{}}`,
			`"a":{"type":"LanguageProperty","languageMap":{}}`, `"a":{"languageMap":{"en":1}}`, `"a":{"languageMap":"yes"}`, `"a":{"languageMap":{"not a tag":"x"}}`,
			`"a":{"vocab":1}`, `"a":{"vocab":{"x":1}}`, `"a":{"valueList":1}`, `"a":{"objectList":"urn:x:1"}`, `"a":{"objectList":["no uri"]}`, `"a":{"objectList":[{"object":"no uri"}]}`, `"a":{"objectList":[{"id":"urn:x:1"}]}`,
			`"a":{"object":"no uri"}`, `"a":{"object":{"id":"urn:x:1"}}`, `"a":{"object":[]}`, `"a":{"json":"text"}`, `"a":{"json":7}`, `"a":{"json":true}`,
			`"a":{"type":"GeoProperty","value":5}`, `"a":{"type":"GeoProperty","value":"Point"}`, `"a":{"type":"GeoProperty","value":{"type":"Point"}}`, `"a":{"type":"GeoProperty","value":{"type":"Polygon","coordinates":[[[1,2],[3,4],[5,6]]]}}`,
			`"a":{"value":1,"observedAt":"yesterday"}`, `"a":{"value":1,"datasetId":"no uri"}`, `"a":{"value":1,"unitCode":5}`, `"a":{"value":1,"ngsildproof":{"type":"Property","value":"text"}}`, `"a":{"value":1,"ngsildproof":5}`, `"ngsildproof":{"value":{}}`,
			`"a":[{"value":1},{"value":2}]`, `"a":[{"value":1,"datasetId":"urn:x:d"},{"value":2,"datasetId":"urn:x:d"}]`, `"a":[{"value":1},{"value":2,"datasetId":"@none"}]`,
			`"scope":5`, `"scope":[]`, `"scope":"a b"`, `"expiresAt":"x"`,
		} {
			w.post("entities", `{"id":"urn:x:1","type":"T",`+attr+`}`).fails(problem.BadRequestData)
		}
		for _, e := range []string{`5`, `"x"`, `[]`, `{}`, `{"id":"urn:x:1"}`, `{"type":"T"}`, `{"id":"x","type":"T"}`, `{"id":5,"type":"T"}`, `{"id":"urn:x:1","type":5}`, `{"id":"urn:x:1","type":[]}`, `{"id":"urn:x:1","type":""}`, `{"id":"urn:x:1","type":["T",5]}`} {
			w.post("entities", e).fails(problem.BadRequestData)
		}
	})
}

// CIM 009, 4.5.4, 4.5.17, 4.5.22: one entity in all its forms.
func TestFormsOfEachKind(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.5.2.3", "4.5.4", "4.5.5", "4.5.16.2", "4.5.17.1", "4.5.18.3", "4.5.20.3", "4.5.21.3", "4.5.22.3", "4.5.24.3", "6.3.7")
		w.odd().post("entities", `{"id":"urn:x:1","type":["T","U"],"scope":["/A","/B/C"],
			"p":{"type":"Property","value":1,"unitCode":"CEL","q":{"type":"Property","value":2}},
			"n":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:x:d"}],
			"rs":[{"type":"Relationship","object":"urn:x:2"},{"type":"Relationship","object":["urn:x:3","urn:x:4"],"datasetId":"urn:x:d"}],
			"ls":[{"type":"LanguageProperty","languageMap":{"en":"a"},"datasetId":"urn:x:d"},{"type":"LanguageProperty","languageMap":{"en":"b"},"datasetId":"urn:x:e"}],
			"l":{"type":"LanguageProperty","languageMap":{"en":"yes","fr":["oui","si"],"@none":"y"}},
			"v":{"type":"VocabProperty","vocab":["M","https://a.org/N"]},"j":{"type":"JsonProperty","json":[{"id":"x","value":null}]},
			"vl":{"type":"ListProperty","valueList":[1,"a",{"b":[]}]},"rl":{"type":"ListRelationship","objectList":["urn:x:2",{"object":"urn:x:3"}]},
			"place":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}},
			"location":[{"type":"GeoProperty","value":{"type":"Point","coordinates":[3,4]},"acc":{"type":"Property","value":5}},{"type":"GeoProperty","value":{"type":"Point","coordinates":[5,6]},"datasetId":"urn:x:d"}]}`).is(201)
		const simplified = `"scope":["/A","/B/C"],"p":1,"n":{"dataset":{"@none":1,"urn:x:d":2}},"rs":{"dataset":{"@none":"urn:x:2","urn:x:d":["urn:x:3","urn:x:4"]}},
			"ls":{"dataset":{"urn:x:d":{"languageMap":{"en":"a"}},"urn:x:e":{"languageMap":{"en":"b"}}}},"l":{"languageMap":{"en":"yes","fr":["oui","si"],"@none":"y"}},
			"v":{"vocab":["M","https://a.org/N"]},"j":{"json":[{"id":"x","value":null}]},"vl":[1,"a",{"b":[]}],"rl":["urn:x:2","urn:x:3"],"place":{"type":"Point","coordinates":[1,2]},
			"location":{"dataset":{"@none":{"type":"Point","coordinates":[3,4]},"urn:x:d":{"type":"Point","coordinates":[5,6]}}}`
		for _, how := range []string{"format=simplified", "format=keyValues", "options=keyValues", "options=simplified", "format=simplified&options=concise"} {
			w.get("entities/urn:x:1?" + how).json(`{"id":"urn:x:1","type":["T","U"],` + simplified + `}`)
		}
		const concise = `"scope":["/A","/B/C"],"p":{"value":1,"unitCode":"CEL","q":2},"n":[{"value":1},{"value":2,"datasetId":"urn:x:d"}],
			"rs":[{"object":"urn:x:2"},{"object":["urn:x:3","urn:x:4"],"datasetId":"urn:x:d"}],"ls":[{"languageMap":{"en":"a"},"datasetId":"urn:x:d"},{"languageMap":{"en":"b"},"datasetId":"urn:x:e"}],
			"l":{"languageMap":{"en":"yes","fr":["oui","si"],"@none":"y"}},"v":{"vocab":["M","https://a.org/N"]},"j":{"json":[{"id":"x","value":null}]},"vl":{"valueList":[1,"a",{"b":[]}]},
			"rl":{"objectList":[{"object":"urn:x:2"},{"object":"urn:x:3"}]},"place":{"type":"Point","coordinates":[1,2]},
			"location":[{"value":{"type":"Point","coordinates":[3,4]},"acc":5},{"value":{"type":"Point","coordinates":[5,6]},"datasetId":"urn:x:d"}]`
		for _, how := range []string{"format=concise", "options=concise", "format=concise&options=keyValues"} {
			w.get("entities/urn:x:1?" + how).json(`{"id":"urn:x:1","type":["T","U"],` + concise + `}`)
		}
		normalised := w.get("entities/urn:x:1").is(200).Body
		w.get("entities/urn:x:1?format=normalized&options=keyValues").json(normalised)
		// what the concise form says is the same when it is read back (4.5.2.1)
		w.del("entities/urn:x:1").is(204)
		w.post("entities", `{"id":"urn:x:1","type":["T","U"],`+concise+`}`).is(201)
		w.get("entities/urn:x:1").json(normalised)
		w.get("entities/urn:x:1").says(`"rl":{"type":"ListRelationship","objectList":[{"object":"urn:x:2"},{"object":"urn:x:3"}]}`)

		const geo, plain = "Accept: application/geo+json", "Prefer: body=json"
		feature := func(geometry, properties string) string {
			return `{"id":"urn:x:1","type":"Feature","geometry":` + geometry + `,"properties":{"type":["T","U"],` + properties + `}}`
		}
		w.get("entities/urn:x:1?format=simplified", geo, plain).header("Link", link(core)).json(feature(`{"type":"Point","coordinates":[3,4]}`, simplified))
		w.get("entities/urn:x:1?format=concise", geo, plain).json(feature(`{"type":"Point","coordinates":[3,4]}`, concise))
		w.get("entities/urn:x:1?format=simplified&geometryProperty=place&pick=type,p", geo, plain).json(feature(`{"type":"Point","coordinates":[1,2]}`, `"p":1`))
		w.get("entities/urn:x:1?format=simplified&datasetId=urn:x:d&pick=type,n", geo, plain).json(feature(`{"type":"Point","coordinates":[5,6]}`, `"n":2`))
		w.get("entities/urn:x:1?format=simplified&datasetId=urn:x:none&pick=type", geo, plain).says(`"geometry":null`)
		w.get("entities/urn:x:1?format=simplified&geometryProperty=p&pick=type,p", geo, plain).json(feature(`null`, `"p":1`))
		w.get("entities/urn:x:1?format=simplified&geometryProperty=none&pick=type,p", geo, plain).json(feature(`null`, `"p":1`))
		w.get("entities?type=T&format=simplified&pick=type,p", geo, "Prefer: BODY=\"json\"").json(`{"type":"FeatureCollection","features":[` + feature(`{"type":"Point","coordinates":[3,4]}`, `"p":1`) + `]}`)
		w.get("entities?type=T&format=simplified&pick=type,p", geo, "Prefer: body=ld+json").header("Link", "").json(`{"type":"FeatureCollection","features":[` + feature(`{"type":"Point","coordinates":[3,4]}`, `"p":1`) + `],"@context":"` + core + `"}`)
		w.get("entities?type=None", geo, plain).json(`{"type":"FeatureCollection","features":[]}`)
		w.get("entities/urn:x:1?lang=fr&pick=id,l", geo, plain).json(`{"id":"urn:x:1","type":"Feature","geometry":{"type":"Point","coordinates":[3,4]},"properties":{"l":{"type":"Property","value":["oui","si"],"lang":"fr"}}}`)
		w.get("entities/urn:x:1?options=sysAttrs,keyValues&pick=type,p", geo, plain).json(feature(`{"type":"Point","coordinates":[3,4]}`, `"createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:00Z","p":1`))
	})
}

// CIM 009, 4.15.
func TestLanguageFilter(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.15")
		w.post("entities", `{"id":"urn:x:1","type":"T","s":{"languageMap":{"en":"bar","fr-CH":"la barre","de":["Stange","Bar"]}},"d":{"languageMap":{"nl":"ja","@none":"y"}},"p":{"value":1,"note":{"languageMap":{"en":"n","fr":"o"}}}}`).is(201)
		for lang, want := range map[string][2]string{
			"en": {`"bar"`, "en"}, "EN": {`"bar"`, "en"}, "en-GB": {`"bar"`, "en"}, "fr-CH,fr": {`"la barre"`, "fr-CH"}, "fr": {`"la barre"`, "fr-CH"}, "fr-ch": {`"la barre"`, "fr-CH"}, "de": {`["Stange","Bar"]`, "de"},
			"*": {`"bar"`, "en"}, "it": {`"bar"`, "en"}, "it,de;q=0.5,*;q=0.1": {`["Stange","Bar"]`, "de"}, "en;q=0.2,de;q=0.9": {`["Stange","Bar"]`, "de"}, "fr-CH,fr;q=0.9,en;q=0.8,*;q=0.5": {`"la barre"`, "fr-CH"},
		} {
			w.get("entities/urn:x:1?pick=s&lang=" + lang).json(`{"s":{"type":"Property","value":` + want[0] + `,"lang":"` + want[1] + `"}}`)
			w.get("entities/urn:x:1?pick=s&format=concise&lang=" + lang).json(`{"s":{"value":` + want[0] + `,"lang":"` + want[1] + `"}}`)
			w.get("entities/urn:x:1?pick=s&format=simplified&lang=" + lang).json(`{"s":` + want[0] + `}`)
			w.get("entities?type=T&pick=s&format=simplified&lang=" + lang).json(`[{"s":` + want[0] + `}]`)
			w.post("entityOperations/query?format=simplified", `{"type":"Query","entities":[{"type":"T"}],"pick":["s"],"lang":"`+lang+`"}`).json(`[{"s":` + want[0] + `}]`)
		}
		w.get("entities/urn:x:1?pick=d&lang=fr").json(`{"d":{"type":"Property","value":"y","lang":"@none"}}`)
		w.get("entities/urn:x:1?pick=p&lang=fr").json(`{"p":{"type":"Property","value":1,"note":{"type":"Property","value":"o","lang":"fr"}}}`)
		for _, lang := range []string{"", "a_b", "en;q=2", "en;x", "e n"} {
			w.get("entities/urn:x:1?lang=" + lang).fails(problem.BadRequestData)
		}
	})
}
