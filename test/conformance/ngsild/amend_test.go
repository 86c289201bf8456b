package ngsild_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// instances gives the instanceIds of an attribute, oldest first.
func (w *world) instances(entity, attr string) []string {
	w.Helper()
	var e map[string]json.RawMessage
	a := w.get("temporal/entities/" + entity + "?pick=" + attr).is(200)
	if err := json.Unmarshal([]byte(a.Body), &e); err != nil {
		w.Fatal(err)
	}
	var list []struct {
		InstanceID string `json:"instanceId"`
	}
	if err := json.Unmarshal(e[attr], &list); err != nil {
		w.Fatalf("%s: %v", a.Body, err)
	}
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].InstanceID
	}
	return out
}

func (w *world) series(entity, attr, want string) {
	w.Helper()
	w.get("temporal/entities/" + entity + "?options=temporalValues&pick=" + attr).is(200).json(`{` + want + `}`)
}

// CIM 009, 5.6.13 and 6.21.3.1.
func TestDeleteAttributeHistory(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.13", "6.21.3.1")
		w.post("temporal/entities", `{"id":"urn:x:1","type":"Vehicle","speed":[`+point(1, "12:00:00")+`,`+point(2, "12:01:00")+`,{"type":"Property","value":3,"datasetId":"urn:d:1","observedAt":"2020-08-01T12:02:00Z"}],"n":`+point(1, "12:00:00")+`}`).is(201)
		const at = "temporal/entities/urn:x:1/attrs/"
		w.del(at + "speed?datasetId=urn:d:2").fails(problem.ResourceNotFound)
		w.del(at + "height").fails(problem.ResourceNotFound)
		w.del("temporal/entities/urn:x:9/attrs/speed").fails(problem.ResourceNotFound)
		w.del("temporal/entities/nouri/attrs/speed").fails(problem.BadRequestData)
		w.del(at + "spe-ed").fails(problem.BadRequestData)
		w.del(at + "speed?datasetId=x").fails(problem.BadRequestData)
		w.del(at + "speed?deleteAll=maybe").fails(problem.BadRequestData)
		w.del(at + "speed").is(204).text("")
		w.series("urn:x:1", "speed", `"speed":{"type":"Property","datasetId":"urn:d:1","values":[[3,"2020-08-01T12:02:00Z"]]}`)
		w.get("entities/urn:x:1?options=keyValues&pick=speed").json(`{"speed":3}`)
		w.del(at + "speed").fails(problem.ResourceNotFound)
		w.post(at[:len(at)-1], `{"speed":`+point(4, "13:00:00")+`}`).is(204)
		w.del(at + "speed?datasetId=urn:d:1").is(204)
		w.series("urn:x:1", "speed", `"speed":{"type":"Property","values":[[4,"2020-08-01T13:00:00Z"]]}`)
		w.del(at + "speed?deleteAll=true").is(204)
		w.series("urn:x:1", "speed", ``)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"Vehicle","n":1}`)
		// an attribute that was deleted from the state has its history still
		w.del("entities/urn:x:1/attrs/n").is(204)
		w.del(at + "n").is(204)
		w.get("temporal/entities/urn:x:1").json(`{"id":"urn:x:1","type":"Vehicle"}`)
	})
}

// CIM 009, 5.6.14 and 6.22.3.1.
func TestModifyInstance(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.14", "6.22.3.1")
		w.post("temporal/entities", vehicle("urn:x:1")).is(201)
		ids := w.instances("urn:x:1", "speed")
		at := func(i int) string { return "temporal/entities/urn:x:1/attrs/speed/" + ids[i] }
		w.later(time.Minute)
		w.patch(at(0), `{"type":"Property","value":129,"unitCode":"KMH","observedAt":"2020-08-01T12:03:30Z"}`).is(204).text("")
		w.get("temporal/entities/urn:x:1?pick=speed&options=sysAttrs&timerel=before&timeAt=2020-08-01T12:05:00Z").json(`{"createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:00Z","speed":[{"type":"Property","value":129,"unitCode":"KMH","observedAt":"2020-08-01T12:03:30Z","createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:01:00Z","instanceId":"` + ids[0] + `"}]}`)
		w.get("entities/urn:x:1?options=keyValues&pick=speed").json(`{"speed":100}`)
		// the current value, as a fragment
		w.patch(at(2), `{"speed":[`+point(101, "12:07:00")+`]}`).is(204)
		w.get("entities/urn:x:1?options=keyValues&pick=speed").json(`{"speed":101}`)
		w.patch(at(2), `{"speed":`+point(102, "12:07:00")+`}`).is(204)
		w.series("urn:x:1", "speed", `"speed":{"type":"Property","values":[[129,"2020-08-01T12:03:30Z"],[80,"2020-08-01T12:05:00Z"],[102,"2020-08-01T12:07:00Z"]]}`)
		w.patch("entities/urn:x:1/attrs", `{"speed":`+point(7, "12:08:00")+`}`).is(204)
		w.get("temporal/entities/urn:x:1?options=temporalValues&pick=speed&lastN=2").json(`{"speed":{"type":"Property","values":[[102,"2020-08-01T12:07:00Z"],[7,"2020-08-01T12:08:00Z"]]}}`)

		w.patch(at(0), `{"value":1,"datasetId":"urn:d:1"}`).fails(problem.BadRequestData)
		w.patch(at(0), `{"speed":[1,2]}`).fails(problem.BadRequestData)
		w.patch(at(0), `{"speed":1,"n":2}`).fails(problem.BadRequestData)
		w.patch(at(0), `{"type":"Property","value":"urn:ngsi-ld:null"}`).fails(problem.BadRequestData)
		const body = `{"type":"Property","value":1}`
		w.patch("temporal/entities/urn:x:1/attrs/speed/urn:other", body).fails(problem.ResourceNotFound)
		w.patch("temporal/entities/urn:x:1/attrs/fuelLevel/"+ids[0], body).fails(problem.ResourceNotFound)
		w.patch("temporal/entities/urn:x:1/attrs/speed/urn:beffroi:instance:0:999:0", body).fails(problem.ResourceNotFound)
		w.patch("temporal/entities/urn:x:9/attrs/speed/"+ids[0], body).fails(problem.ResourceNotFound)
		w.patch("temporal/entities/urn:x:1/attrs/speed/nouri", body).fails(problem.BadRequestData)
		w.patch("temporal/entities/urn:x:1/attrs/spe-ed/"+ids[0], body).fails(problem.BadRequestData)
		w.patch("temporal/entities/nouri/attrs/speed/"+ids[0], body).fails(problem.BadRequestData)
	})
}

// CIM 009, 5.6.15 and 6.22.3.2.
func TestDeleteInstance(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.15", "6.22.3.2")
		w.post("temporal/entities", vehicle("urn:x:1")).is(201)
		ids := w.instances("urn:x:1", "speed")
		at := func(i int) string { return "temporal/entities/urn:x:1/attrs/speed/" + ids[i] }
		w.del(at(1)).is(204).text("")
		w.del(at(1)).fails(problem.ResourceNotFound)
		w.series("urn:x:1", "speed", `"speed":{"type":"Property","values":[[120,"2020-08-01T12:03:00Z"],[100,"2020-08-01T12:07:00Z"]]}`)
		w.get("entities/urn:x:1?options=keyValues&pick=speed").json(`{"speed":100}`)
		// the current one leaves the attribute without a value, and no trace
		w.del(at(2)).is(204)
		w.series("urn:x:1", "speed", `"speed":{"type":"Property","values":[[120,"2020-08-01T12:03:00Z"]]}`)
		w.get("temporal/entities/urn:x:1?pick=speed&timeproperty=deletedAt").fails(problem.ResourceNotFound)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"Vehicle","fuelLevel":40}`)
		w.del("temporal/entities/urn:x:9/attrs/speed/" + ids[0]).fails(problem.ResourceNotFound)
		w.del("temporal/entities/urn:x:1/attrs/fuelLevel/" + ids[0]).fails(problem.ResourceNotFound)
		w.del("temporal/entities/urn:x:1/attrs/speed/nouri").fails(problem.BadRequestData)
		w.del("temporal/entities/nouri/attrs/speed/" + ids[0]).fails(problem.BadRequestData)
	})
}

// CIM 009, 5.6.16 and 6.19.3.2; one store for state and history.
func TestDeleteHistory(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.16", "6.19.3.2")
		w.post("temporal/entities", vehicle("urn:x:1")).is(201)
		w.all(`{"id":"urn:x:2","type":"Vehicle","speed":1}`)
		gone := func(id string) {
			w.Helper()
			w.del("temporal/entities/" + id).is(204).text("")
			w.get("temporal/entities/" + id).fails(problem.ResourceNotFound)
			w.get("entities/" + id).fails(problem.ResourceNotFound)
			w.del("temporal/entities/" + id).fails(problem.ResourceNotFound)
		}
		gone("urn:x:1")
		const q = "temporal/entities?type=Vehicle&timeproperty=modifiedAt&timerel=after&timeAt=2020-08-01T12:00:00Z"
		w.get(q).finds("2")
		gone("urn:x:2")
		w.get(q).finds("")
		w.later(time.Minute)
		// made anew it begins anew, and what one interface deletes the other can
		w.post("temporal/entities", `{"id":"urn:x:1","type":"Vehicle","n":`+point(5, "12:00:00")+`}`).is(201)
		w.series("urn:x:1", "speed", ``)
		w.del("entities/urn:x:1").is(204)
		w.series("urn:x:1", "n", `"n":{"type":"Property","values":[[5,"2020-08-01T12:00:00Z"],["urn:ngsi-ld:null","2026-03-29T12:01:00Z"]]}`)
		gone("urn:x:1")
		w.del("temporal/entities/nouri").fails(problem.BadRequestData)
		w.del("temporal/entities/urn:x:9").fails(problem.ResourceNotFound)
		w.del("temporal/entities/").fails(problem.BadRequestData)
	})
}
