package ngsild_test

import (
	"testing"

	"github.com/beffroi/beffroi/internal/api/ngsild"
	"github.com/beffroi/beffroi/internal/problem"
)

// CIM 009, 5.2.5 to 5.2.7, 5.2.32 to 5.2.38 and the clauses of 4.5 that say
// what an attribute of each type has, and what it never has.
func TestAttributeMembers(t *testing.T) {
	for _, tt := range []struct{ clause, attr, shown string }{ // shown "" is refused, "=" is shown as sent
		{"4.5.2.2", `{"type":"Property"}`, ``},
		{"4.5.2.2", `{"type":"Property","value":null}`, ``},
		{"5.2.5", `{"type":"Property","value":1,"previousValue":2}`, `{"type":"Property","value":1}`},
		{"4.5.2.2", `{"type":"Property","value":1,"previousObject":"urn:x:2"}`, ``},
		{"4.5.2.2", `{"type":"Property","value":1,"entity":{"id":"urn:x:2","type":"T"}}`, ``},
		{"4.5.2.2", `{"type":"Property","value":1,"entityList":[]}`, ``},
		{"4.5.2.2", `{"type":"Property","value":1,"object":"urn:x:2"}`, ``},
		{"4.5.2.2", `{"type":"Property","value":1,"languageMap":{"en":"x"}}`, ``},
		{"4.5.2.2", `{"type":"Property","value":1,"entityIdSealed":"urn:x:1"}`, ``},
		{"5.2.5", `{"type":"Property","value":1,"objectType":"U"}`, ``},
		{"5.2.5", `{"type":"Property","value":1,"valueType":"xsd:integer"}`, `=`},
		{"5.2.5", `{"type":"Property","value":1,"valueType":"Colour"}`, `=`},
		{"5.2.5", `{"type":"Property","value":1,"valueType":["a","b"]}`, ``},
		{"5.2.5", `{"type":"Property","value":1,"valueType":5}`, ``},
		{"5.2.5", `{"type":"Property","value":1,"unitCode":5}`, ``},
		{"5.2.5", `{"type":"Property","value":1,"datasetId":"x"}`, ``},
		{"4.8", `{"type":"Property","value":1,"observedAt":{"type":"Property","value":"2020-01-01T00:00:00Z"}}`, ``},
		{"4.6.3", `{"type":"Property","value":1,"observedAt":"2020-01-01T00:00:00+02:00"}`, ``},
		{"4.6.3", `{"type":"Property","value":1,"observedAt":"2020-01-01T00:00:00,25Z"}`, `{"type":"Property","value":1,"observedAt":"2020-01-01T00:00:00.25Z"}`},
		{"4.22", `{"type":"Property","value":1,"expiresAt":"tomorrow"}`, ``},
		{"4.5.3.2", `{"type":"Relationship"}`, ``},
		{"4.5.3.2", `{"type":"Relationship","object":"x"}`, ``},
		{"4.5.3.2", `{"type":"Relationship","object":"urn:x:2","unitCode":"CEL"}`, ``},
		{"4.5.3.2", `{"type":"Relationship","object":"urn:x:2","value":1}`, ``},
		{"4.5.3.2", `{"type":"Relationship","object":"urn:x:2","previousValue":1}`, ``},
		{"5.2.6", `{"type":"Relationship","object":"urn:x:2","previousObject":"urn:x:3"}`, `{"type":"Relationship","object":"urn:x:2"}`},
		{"5.2.6", `{"type":"Relationship","object":"urn:x:2","valueType":"Colour"}`, ``},
		{"5.2.6", `{"type":"Relationship","object":"urn:x:2","objectType":["U","V"]}`, `=`},
		{"4.5.18.2", `{"type":"LanguageProperty"}`, ``},
		{"4.5.18.2", `{"type":"LanguageProperty","languageMap":{"":"x"}}`, ``},
		{"4.5.18.2", `{"type":"LanguageProperty","languageMap":{"en":5}}`, ``},
		{"4.5.18.2", `{"type":"LanguageProperty","languageMap":{"en":["x",5]}}`, ``},
		{"4.5.18.2", `{"type":"LanguageProperty","languageMap":{"en":"x"},"unitCode":"CEL"}`, ``},
		{"4.5.18.2", `{"type":"LanguageProperty","languageMap":{"en":"x"},"previousValue":"y"}`, ``},
		{"5.2.32", `{"type":"LanguageProperty","languageMap":{"en":["x","y"],"@none":"z"},"valueType":"langString"}`, `=`},
		{"5.2.32", `{"type":"LanguageProperty","languageMap":{"en":"x"},"valueType":"xsd:string"}`, ``},
		{"4.5.24.2", `{"type":"JsonProperty","json":{"id":null,"type":5}}`, `=`},
		{"4.5.24.2", `{"type":"JsonProperty","json":[{"a":1}]}`, `=`},
		{"4.5.24.2", `{"type":"JsonProperty","json":5}`, ``},
		{"4.5.24.2", `{"type":"JsonProperty","json":"x"}`, ``},
		{"4.5.24.2", `{"type":"JsonProperty","json":{},"unitCode":"CEL"}`, ``},
		{"4.5.24.2", `{"type":"JsonProperty","json":{},"value":1}`, ``},
		{"4.5.20.2", `{"type":"VocabProperty","vocab":["a","b"]}`, `=`},
		{"4.5.20.2", `{"type":"VocabProperty","vocab":5}`, ``},
		{"4.5.21.2", `{"type":"ListProperty","valueList":[1],"value":1}`, ``},
		{"4.5.22.2", `{"type":"ListRelationship","objectList":["urn:x:2",{"object":"urn:x:3"}]}`, `{"type":"ListRelationship","objectList":[{"object":"urn:x:2"},{"object":"urn:x:3"}]}`},
		{"4.5.22.2", `{"type":"ListRelationship","objectList":["x"]}`, ``},
		{"4.5.22.2", `{"type":"ListRelationship","objectList":["urn:x:2"],"entity":{}}`, ``},
		{"4.7.2", `{"type":"GeoProperty","value":"{\"type\":\"Point\",\"coordinates\":[1,2]}"}`, `{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}}`},
		{"4.7.2", `{"type":"GeoProperty","value":"Point"}`, ``},
		{"4.7.1", `{"type":"GeoProperty","value":{"type":"GeometryCollection","geometries":[]}}`, ``},
	} {
		w := newWorld(t, drivers["memstore"], ngsild.Options{})
		clauses(w, tt.clause)
		a := w.odd().post("entities", `{"id":"urn:x:1","type":"T","a":`+tt.attr+`}`)
		if tt.shown == "" {
			a.fails(problem.BadRequestData)
			continue
		}
		a.is(201)
		if tt.shown == "=" {
			tt.shown = tt.attr
		}
		w.get("entities/urn:x:1?pick=a").json(`{"a":` + tt.shown + `}`)
	}
}

// CIM 009, 4.7.1 and 5.2.4: location, observationSpace and operationSpace are
// GeoProperties.
func TestPlacesOfEntities(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.7.1", "5.2.4")
		w.post("entities", simple).is(201)
		for _, name := range []string{"location", "observationSpace", "operationSpace"} {
			for _, v := range []string{`5`, `{"type":"Property","value":5}`, `{"object":"urn:x:2"}`} {
				w.odd().post("entities", `{"id":"urn:x:2","type":"T","`+name+`":`+v+`}`).fails(problem.BadRequestData)
				w.odd().post("entities/urn:x:1/attrs", `{"`+name+`":`+v+`}`).fails(problem.BadRequestData)
				w.odd().patch("entities/urn:x:1", `{"`+name+`":`+v+`}`).fails(problem.BadRequestData)
			}
			w.post("entities/urn:x:1/attrs", `{"`+name+`":{"type":"Point","coordinates":[1,2]}}`).is(204)
			w.odd().put("entities/urn:x:1/attrs/"+name, `{"value":5}`).fails(problem.BadRequestData)
			w.patch("entities/urn:x:1", `{"`+name+`":{"observedAt":"2020-01-01T00:00:00Z"}}`).is(204)
			w.patch("entities/urn:x:1/attrs", `{"`+name+`":"urn:ngsi-ld:null"}`).is(204)
		}
	})
}

// CIM 009, 4.5.2.2 and C.11: a sealed attribute comes back as it was sealed;
// the sealed types are names like others.
func TestProof(t *testing.T) {
	const proof = `{"type":"Property","entityIdSealed":"urn:x:1","entityTypeSealed":"T","value":{"type":"DataIntegrityProof","created":"2025-01-27T21:02:24Z","proofValue":"z3\"X"}}`
	worlds(t, func(w *world) {
		clauses(w, "4.5.2.2", "5.2.5")
		for _, p := range []string{`"x"`, `{"type":"Property"}`, `{"type":"Property","value":"x"}`, `{"type":"Relationship","object":"urn:x:1"}`, `{"value":{},"entityIdSealed":"x"}`, `{"value":{},"entityTypeSealed":5}`} {
			w.odd().post("entities", `{"id":"urn:x:1","type":"T","a":{"value":1,"ngsildproof":`+p+`}}`).fails(problem.BadRequestData)
		}
		w.post("entities", `{"id":"urn:x:1","type":"T","a":{"value":{"x":1},"ngsildproof":`+proof+`},"r":{"object":"urn:x:2","ngsildproof":`+proof+`}}`).is(201)
		w.get("entities/urn:x:1").json(`{"id":"urn:x:1","type":"T","a":{"type":"Property","value":{"x":1},"ngsildproof":` + proof + `},"r":{"type":"Relationship","object":"urn:x:2","ngsildproof":` + proof + `}}`)
		w.patch("entities/urn:x:1/attrs/r", `{"ngsildproof":"urn:ngsi-ld:null"}`).is(204)
		w.get("entities/urn:x:1?pick=r").json(`{"r":{"type":"Relationship","object":"urn:x:2"}}`)
		w.post("entities", `{"id":"urn:x:2","type":"Vehicle","speed":{"value":1,"ngsildproof":{"value":{},"entityTypeSealed":"Vehicle"}},"@context":"`+suiteContext+`"}`).is(201)
		w.get("entities/urn:x:2?pick=speed", suite()).says(`"entityTypeSealed":"Vehicle"`)
		w.get("entities/urn:x:2").says(`"entityTypeSealed":"https://`)
	})
}

// CIM 009, 4.5.1 and RFC 3987, 2.2 and 4.1: ids that look alike are alike.
func TestUnseenInIDs(t *testing.T) {
	w := newWorld(t, drivers["memstore"], ngsild.Options{})
	clauses(w, "4.5.1", "5.2.1", "4.6.1")
	for _, c := range []string{"\u202e", "\u200b", "\ufeff", "\u2028", "\u00a0", "<", "\ufe0f", "\U000e0100", "\ufdd0", "\U0001ffff", "\u115f", "\u3164", "\uffa0", "\u2800"} {
		w.odd().post("entities", `{"id":"urn:x:a`+c+`b","type":"T"}`).fails(problem.BadRequestData)
	}
	w.post("entities", `{"id":"urn:x:città","type":"T","città":{"object":"urn:x:größe"}}`).is(201).header("Location", "/ngsi-ld/v1/entities/urn:x:citt%C3%A0")
	w.get("entities/urn:x:citt%C3%A0?options=concise").text(`{"id":"urn:x:città","type":"T","città":{"object":"urn:x:größe"}}`)
}

// CIM 009, 5.6.2.4 and its like: an id or a name that is not there is
// BadRequestData, not another resource.
func TestMissingIDs(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.2.4", "5.6.3.4", "5.6.4.4", "5.6.5.4", "5.6.17.4", "5.6.18.4", "5.6.19.4", "6.6.2")
		w.post("entities", simple).is(201)
		for _, a := range []struct{ method, path, body string }{
			{"PUT", "entities/", simple}, {"PATCH", "entities/", `{"a":1}`}, {"POST", "entities//attrs", `{"a":1}`}, {"PATCH", "entities//attrs", `{"a":1}`},
			{"PATCH", "entities//attrs/a", `{"value":1}`}, {"PUT", "entities//attrs/a", `{"value":1}`}, {"DELETE", "entities//attrs/a", ""},
			{"DELETE", "entities/urn:x:1/attrs/", ""}, {"PUT", "entities/urn:x:1/attrs/", `{"value":1}`}, {"PATCH", "entities/urn:x:1/attrs/", `{"value":1}`},
			{"DELETE", "temporal/entities/urn:x:1/attrs/", ""}, {"DELETE", "temporal/entities/urn:x:1/attrs/%2E%2E", ""}, {"POST", "temporal/entities//attrs", `{"a":[]}`},
		} {
			w.odd().do(a.method, a.path, a.body).fails(problem.BadRequestData)
		}
		w.odd().post("entities/urn:x:1/attrs/", `{"b":2}`).is(204)
		w.get("entities/urn:x:1?pick=b&options=keyValues").json(`{"b":2}`)
		w.do("PUT", "entities", simple).is(405)
	})
}

// CIM 009, 5.5.12 and 5.6.17.4: a merge goes into sub-attributes, and leaves
// nothing behind that is no attribute.
func TestMergeDeep(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.12", "5.6.17.4", "6.5.3.4")
		w.post("entities", `{"id":"urn:x:1","type":"T","a":{"value":1,"unitCode":"CEL","valueType":"Colour","s":{"value":{"x":1,"y":2},"unitCode":"KMH","ss":3},"r":{"object":"urn:x:2"}}}`).is(201)
		show := func() *answer { return w.get("entities/urn:x:1?pick=a&options=concise") }
		w.patch("entities/urn:x:1", `{"a":{"value":2,"s":{"value":{"x":"urn:ngsi-ld:null","z":3},"unitCode":"urn:ngsi-ld:null","ss":"urn:ngsi-ld:null"},"r":"urn:ngsi-ld:null","n":{"value":"new"}}}`).is(204)
		show().json(`{"a":{"value":2,"unitCode":"CEL","valueType":"Colour","s":{"y":2,"z":3},"n":"new"}}`)
		// a part of a sub-attribute that is not there
		w.odd().patch("entities/urn:x:1", `{"a":{"value":3,"m":{"unitCode":"CEL"}}}`).fails(problem.BadRequestData)
		w.odd().patch("entities/urn:x:1", `{"b":{"value":3,"m":{"unitCode":"CEL"}}}`).fails(problem.BadRequestData)
		w.odd().patch("entities/urn:x:1/attrs/a", `{"s":{"unitCode":"CEL"}}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1", `{"a":{"value":3,"s":{"value":{"y":4},"observedAt":"2020-01-01T00:00:00Z"}}}`).is(204)
		show().json(`{"a":{"value":3,"unitCode":"CEL","valueType":"Colour","s":{"value":{"y":4,"z":3},"observedAt":"2020-01-01T00:00:00Z"},"n":"new"}}`)
		// another type of attribute takes along what it can have
		w.patch("entities/urn:x:1", `{"a":{"type":"Relationship","object":"urn:x:3"}}`).is(204)
		show().json(`{"a":{"object":"urn:x:3","s":{"value":{"y":4,"z":3},"observedAt":"2020-01-01T00:00:00Z"},"n":"new"}}`)
		w.patch("entities/urn:x:1/attrs/a", `{"unitCode":"CEL"}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1/attrs/a", `{"valueType":"Colour"}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1/attrs/a", `{"datasetId":"urn:ngsi-ld:null"}`).fails(problem.BadRequestData)
		w.patch("entities/urn:x:1", `{"a":{"datasetId":"urn:ngsi-ld:null","value":1}}`).fails(problem.BadRequestData)
	})
}

// CIM 009, 5.6.17.4 and 6.5.3.4: what comes in simplified form keeps the type
// of attribute that is there, or is refused.
func TestMergeSimplified(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.17.4", "6.5.3.4", "4.5.4")
		w.post("entities", `{"id":"urn:x:1","type":"T","p":1,"r":{"object":"urn:x:2"},"l":{"languageMap":{"en":"x"}},"v":{"vocab":"V"},"j":{"json":{"a":1}},"vl":{"valueList":[1]},"ol":{"objectList":["urn:x:2"]},"g":{"type":"Point","coordinates":[1,2]}}`).is(201)
		for _, bad := range []string{`"r":5`, `"r":"x"`, `"r":[]`, `"l":5`, `"l":"y"`, `"j":5`, `"vl":5`, `"ol":"urn:x:3"`, `"ol":[5]`, `"g":5`, `"p":{"languageMap":{"en":"x"}}`} {
			w.odd().patch("entities/urn:x:1?format=simplified", `{`+bad+`}`).fails(problem.BadRequestData)
		}
		w.odd().patch("entities/urn:x:1?options=keyValues&lang=fr", `{"p":{"type":"Own","x":1},"r":["urn:x:3","urn:x:4"],"l":"y","v":{"vocab":"W"},"j":{"json":{"b":2}},"vl":[2],"ol":["urn:x:3"],"g":{"type":"Point","coordinates":[2,2]},"n":[1]}`).is(204)
		w.get("entities/urn:x:1").json(`{"id":"urn:x:1","type":"T","p":{"type":"Property","value":{"type":"Own","x":1}},"r":{"type":"Relationship","object":["urn:x:3","urn:x:4"]},"l":{"type":"LanguageProperty","languageMap":{"en":"x","fr":"y"}},"v":{"type":"VocabProperty","vocab":"W"},"j":{"type":"JsonProperty","json":{"a":1,"b":2}},"vl":{"type":"ListProperty","valueList":[2]},"ol":{"type":"ListRelationship","objectList":[{"object":"urn:x:3"}]},"g":{"type":"GeoProperty","value":{"type":"Point","coordinates":[2,2]}},"n":{"type":"Property","value":[1]}}`)
		w.patch("entities/urn:x:1?format=simplified", `{"p":{"type":"Point","coordinates":[1,2]}}`).is(204)
		w.get("entities/urn:x:1?pick=p").json(`{"p":{"type":"Property","value":{"type":"Point","coordinates":[1,2],"x":1}}}`)
	})
}

// CIM 009, 5.6.21.4: what a purge selects by, what it keeps and what it drops.
func TestPurgeMembers(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.21.4", "6.4.3.3")
		for _, query := range []string{"", "?id=urn:x:1", "?idPattern=.*", "?scopeQ=/A", "?attrs=createdAt", `?q=modifiedAt>"2020-01-01T00:00:00Z"`, "?type=T&id=x", "?type=T&q=a=", "?type=T&georel=near", "?q=r{T:a}==1", "?type=T&keep=a{b}", "?type=T&drop=r{a,b}",
			"?attrs=r{a}", "?type=T&keep=a&drop=b", "?type=T&drop=id", "?type=T&drop=type", "?type=T&drop=createdAt", "?type=*&local=false", "?type=T&keep=", "?type=T&keep=a,,b"} {
			w.odd().del("entities" + query).fails(problem.BadRequestData)
		}
		w.del("entities?type=T&expiry=1").fails(problem.InvalidRequest)
		w.all(`{"id":"urn:x:1","type":"T","scope":"/A","a":[{"value":1},{"value":2,"datasetId":"urn:x:d"}],"b":1}`, `{"id":"urn:x:2","type":"T","scope":"/A","b":1}`, `{"id":"urn:x:3","type":"U","c":1}`)
		show := func(want string) { w.get("entities?type=T&options=keyValues&datasetId=@none").json(want) }
		w.del("entities?attrs=a&drop=a").is(204)
		show(`[{"id":"urn:x:1","type":"T","scope":"/A","b":1},{"id":"urn:x:2","type":"T","scope":"/A","b":1}]`)
		w.del("entities?type=T&id=urn:x:1&drop=scope").is(204)
		w.del("entities?type=T&idPattern=.*2&keep=type,scope").is(204)
		show(`[{"id":"urn:x:1","type":"T","b":1},{"id":"urn:x:2","type":"T","scope":"/A"}]`)
		w.del("entities?attrs=b,c").is(204).header("Content-Length", "")
		w.get("entities?type=*").finds("2")
		w.del("entities?type=T&scopeQ=/B").is(204)
		w.del("entities?type=T&scopeQ=/A").is(204)
		w.get("entities?type=*").finds("")
		w.del("entities?type=T", "NGSILD-Tenant: nobody").fails(problem.NonexistentTenant)
	})
}

// CIM 009, 5.6.9.4: an entity counts as updated if its attributes were
// appended; 4.6.6, 5.5.11: items of one entity are done in their order.
func TestBatchOutcomes(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.9.4", "6.16.3.1", "5.2.16", "5.2.17", "4.6.6", "5.5.11.2", "5.5.11.5")
		w.post("entities", `{"id":"urn:x:1","type":"T","a":1}`).is(201)
		w.post("entityOperations/update?options=noOverwrite", `[{"id":"urn:x:1","type":"T","b":1}]`).is(204)
		w.post("entityOperations/update?options=noOverwrite", `[{"id":"urn:x:1","type":"T","a":2,"c":1}]`).is(207).says(`"success":[]`).says(`"entityId":"urn:x:1"`).says("https://uri.etsi.org/ngsi-ld/default-context/a")
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"T","a":1,"b":1,"c":1}`)
		w.post("entityOperations/upsert", `[{"id":"urn:x:2","type":"T","a":1},{"id":"urn:x:2","type":"T","b":2},{"id":"urn:x:2","type":"U","c":3}]`).is(201).text(`["urn:x:2"]`)
		w.get("entities/urn:x:2?options=keyValues").json(`{"id":"urn:x:2","type":"U","c":3}`)
		w.post("entityOperations/upsert?options=update", `[{"id":"urn:x:2","type":"T","a":1},{"id":"urn:x:2","type":"T","a":2}]`).is(204)
		w.post("entityOperations/merge", `[{"id":"urn:x:2","a":{"value":{"x":1}}},{"id":"urn:x:2","a":{"value":{"y":2}}}]`).is(204)
		w.get("entities/urn:x:2?options=keyValues").json(`{"id":"urn:x:2","type":["U","T"],"c":3,"a":{"x":1,"y":2}}`)
		w.odd().post("entityOperations/create", `[{"@id":"urn:x:3","a":1}]`).is(207).says(`"entityId":"urn:x:3"`)
	})
}
