package ngsild_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

const soon, late = `"expiresAt":"2026-03-29T12:00:05Z"`, `"expiresAt":"2026-03-29T13:00:00Z"`

// CIM 009, 4.22: every type of attribute, each instance and each sub-attribute
// is gone at its time, and what is gone does not count as existing.
func TestTransientAttributes(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.22", "5.2.4", "5.2.5", "4.5.5.1")
		w.post("entities", `{"id":"urn:x:1","type":"T","keep":1,"p":{"value":1,`+soon+`},"r":{"object":"urn:x:2",`+soon+`},"g":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]},`+soon+`},"l":{"languageMap":{"en":"x"},`+soon+`},"v":{"vocab":"V",`+soon+`},"j":{"json":{},`+soon+`},"vl":{"valueList":[1],`+soon+`},"ol":{"objectList":["urn:x:2"],`+soon+`},
			"m":[{"value":1},{"value":2,"datasetId":"urn:x:d",`+soon+`}],"s":{"value":1,"sub":{"value":2,"deep":{"value":3,`+soon+`}},"gone":{"object":"urn:x:2",`+soon+`}}}`).is(201)
		if a := w.get("entities/urn:x:1?options=sysAttrs"); strings.Count(a.Body, soon) != 11 {
			w.Error(a.Body)
		}
		if a := w.get("entities/urn:x:1"); strings.Contains(a.Body, "expiresAt") {
			w.Error(a.Body)
		}
		w.later(5 * time.Second)
		const left = `{"id":"urn:x:1","type":"T","keep":{"type":"Property","value":1},"m":{"type":"Property","value":1},"s":{"type":"Property","value":1,"sub":{"type":"Property","value":2}}}`
		w.get("entities/urn:x:1").json(left)
		for _, q := range []string{"p", "s.gone", "m==2", "s.sub.deep"} {
			w.get("entities?q=" + q).finds("")
		}
		w.get("entities?type=T&georel=near;maxDistance==1000&geometry=Point&coordinates=[1,2]&geoproperty=g").finds("")
		w.patch("entities/urn:x:1/attrs/p", `{"value":1}`).fails(problem.ResourceNotFound)
		w.put("entities/urn:x:1/attrs/m", `{"value":1,"datasetId":"urn:x:d"}`).fails(problem.ResourceNotFound)
		w.del("entities/urn:x:1/attrs/r").fails(problem.ResourceNotFound)
		if err := w.broker.Sweep(context.Background()); err != nil {
			w.Fatal(err)
		}
		w.get("entities/urn:x:1").json(left)
		if gone, err := w.store.Expired(context.Background(), 1<<62, 10); err != nil || len(gone) != 0 {
			w.Errorf("left to sweep: %v, %v", gone, err)
		}
		w.post("entities/urn:x:1/attrs?options=noOverwrite", `{"p":2}`).is(204)
	})
}

// CIM 009, 4.22, 5.5.8, 5.5.12: what is replaced as a whole forgets its
// expiry, what is changed in part keeps it, and the NGSI-LD Null takes it away.
func TestChangesOfExpiry(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.22", "5.5.8", "5.5.12", "5.6.17", "5.6.18", "5.6.19")
		for change, remains := range map[string]bool{
			"PUT entities/urn:x:1/attrs/a {\"value\":2}":                                 false,
			"PATCH entities/urn:x:1/attrs {\"a\":2}":                                     false,
			"POST entities/urn:x:1/attrs {\"a\":2}":                                      false,
			"PATCH entities/urn:x:1 {\"a\":2}":                                           true,
			"PATCH entities/urn:x:1/attrs/a {\"value\":2}":                               true,
			"PATCH entities/urn:x:1/attrs/a {\"expiresAt\":\"urn:ngsi-ld:null\"}":        false,
			"PATCH entities/urn:x:1 {\"a\":{\"expiresAt\":\"urn:ngsi-ld:null\"}}":        false,
			"PATCH entities/urn:x:1 {\"a\":{\"expiresAt\":\"2026-03-29T13:00:00Z\"}}":    true,
			"PATCH entities/urn:x:1/attrs/a {\"expiresAt\":\"2026-03-29T13:00:00Z\"}":    true,
			"PUT entities/urn:x:1 {\"type\":\"T\",\"a\":2}":                              false,
			"POST entityOperations/merge [{\"id\":\"urn:x:1\",\"a\":2}]":                 true,
			"POST entityOperations/upsert [{\"id\":\"urn:x:1\",\"type\":\"T\",\"a\":2}]": false,
		} {
			w.del("entities/urn:x:1")
			w.post("entities", `{"id":"urn:x:1","type":"T","a":{"value":1,`+late+`}}`).is(201)
			part := strings.SplitN(change, " ", 3)
			w.odd().do(part[0], part[1], part[2]).is(204)
			if a := w.get("entities/urn:x:1?options=sysAttrs"); strings.Contains(a.Body, "expiresAt") != remains {
				w.Errorf("%s: %s", change, a.Body)
			}
		}
		// of the entity
		for change, remains := range map[string]bool{
			"PUT entities/urn:x:1 {\"type\":\"T\",\"a\":2}":                   false,
			"PATCH entities/urn:x:1 {\"a\":2}":                                true,
			"PATCH entities/urn:x:1/attrs {\"a\":2}":                          true,
			"POST entities/urn:x:1/attrs {\"a\":2}":                           true,
			"PATCH entities/urn:x:1 {\"expiresAt\":\"urn:ngsi-ld:null\"}":     false,
			"PATCH entities/urn:x:1 {\"expiresAt\":\"2026-03-29T14:00:00Z\"}": true,
		} {
			w.del("entities/urn:x:1")
			w.post("entities", `{"id":"urn:x:1","type":"T","a":1,`+late+`}`).is(201)
			part := strings.SplitN(change, " ", 3)
			w.odd().do(part[0], part[1], part[2]).is(204)
			if a := w.get("entities/urn:x:1?options=sysAttrs"); strings.Contains(a.Body, "expiresAt") != remains {
				w.Errorf("%s: %s", change, a.Body)
			}
		}
		// a time that has passed
		for _, body := range []string{`{"expiresAt":"2020-01-01T00:00:00Z"}`} {
			w.patch("entities/urn:x:1", body).is(204)
			w.get("entities/urn:x:1").fails(problem.ResourceNotFound)
			w.patch("entities/urn:x:1", `{"a":1}`).fails(problem.ResourceNotFound)
			w.del("entities/urn:x:1").fails(problem.ResourceNotFound)
			w.post("entities", `{"id":"urn:x:1","type":"T","expiresAt":"2020-01-01T00:00:00Z"}`).is(201)
			w.get("entities/urn:x:1").fails(problem.ResourceNotFound)
			w.get("entities?type=T").finds("")
			w.post("entities", `{"id":"urn:x:1","type":"T"}`).is(201)
		}
		for _, bad := range []string{`"tomorrow"`, `5`, `{"type":"Property","value":"2027-01-01T00:00:00Z"}`, `["2027-01-01T00:00:00Z"]`, `null`, `"2027-01-01T00:00:00+02:00"`} {
			w.odd().post("entities", `{"id":"urn:x:2","type":"T","expiresAt":`+bad+`}`).fails(problem.BadRequestData)
			w.odd().post("entities", `{"id":"urn:x:2","type":"T","a":{"value":1,"expiresAt":`+bad+`}}`).fails(problem.BadRequestData)
			w.odd().patch("entities/urn:x:1", `{"expiresAt":`+bad+`}`).fails(problem.BadRequestData)
			w.odd().post("entities/urn:x:1/attrs", `{"a":{"value":1,"expiresAt":`+bad+`}}`).fails(problem.BadRequestData)
		}
		w.post("entities", `{"id":"urn:x:2","type":"T","expiresAt":"urn:ngsi-ld:null"}`).fails(problem.BadRequestData)
	})
}

// CIM 009, 4.22: how long something is kept is not what it says, so a change
// of expiresAt alone is no new point of history; what expires leaves state,
// and history says when.
func TestTransientHistory(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.22", "4.8", "5.6.6")
		w.post("entities", `{"id":"urn:x:1","type":"T","a":{"value":1,`+late+`},"b":1}`).is(201)
		w.later(time.Second)
		w.patch("entities/urn:x:1/attrs/a", `{`+soon+`}`).is(204)
		w.patch("entities/urn:x:1", `{"a":{`+soon+`}}`).is(204)
		w.patch("entities/urn:x:1", `{"expiresAt":"2026-03-29T12:00:09Z"}`).is(204)
		w.get("entities/urn:x:1?options=sysAttrs&pick=a").says(soon).says(`"modifiedAt":"2026-03-29T12:00:00Z"`)
		w.get("temporal/entities/urn:x:1?options=temporalValues&timeproperty=modifiedAt").json(`{"id":"urn:x:1","type":"T","a":{"type":"Property","values":[[1,"2026-03-29T12:00:00Z"]]},"b":{"type":"Property","values":[[1,"2026-03-29T12:00:00Z"]]}}`)
		w.patch("entities/urn:x:1", `{"a":2}`).is(204)
		w.later(9 * time.Second)
		if err := w.broker.Sweep(context.Background()); err != nil {
			w.Fatal(err)
		}
		w.get("entities/urn:x:1").fails(problem.ResourceNotFound)
		// what remains of it: values, and when they were taken away
		w.get("temporal/entities/urn:x:1?attrs=b&timeproperty=modifiedAt").says(`"value":1`).says(`"value":"urn:ngsi-ld:null"`).says(`"deletedAt":"2026-03-29T12:00:10Z"`)
	})
}
