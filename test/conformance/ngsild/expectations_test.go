package ngsild_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/api/ngsild"
	"github.com/beffroi/beffroi/internal/problem"
)

// anyTime is any time in an answer, suiteID what the suite calls an entity.
var (
	anyTime = regexp.MustCompile(`"20[0-9T:.-]*Z"`)
	suiteID = regexp.MustCompile(`"urn:ngsi-ld:(?:Vehicle|Bus):021-[0-9]+-([A-C])"`)
)

// temporalFixture reads a file of the suite, its entity named id.
func temporalFixture(w *world, name, id string) string {
	w.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "etsi", "temporalEntities", name))
	if err != nil {
		w.Fatal(err)
	}
	return strings.NewReplacer("urn:ngsi-ld:Vehicle:randomUUID", id, "urn:ngsi-ld:Bus:randomUUID", id,
		"https://easy-global-market.github.io/ngsild-api-data-models/ngsildTestSuite/ngsildTestSuiteV1.8-compound.jsonld", suiteContext).Replace(string(b))
}

// expects checks an answer against an expectation of the suite: instances in
// any order, without their ids, as the suite looks at them.
func (a *answer) expects(file, id string) *answer {
	a.w.Helper()
	if a.is(200); a.Status != 200 {
		return a
	}
	want := temporalFixture(a.w, filepath.Join("expectations", file), id)
	if !sameBut(a.w, sorted(a.w, a.Body), sorted(a.w, want), "@context", "instanceId", "deletedAt") {
		a.w.Errorf("%s, %s:\ngot  %s\nwant %s", file, a.asked, sorted(a.w, a.Body), sorted(a.w, want))
	}
	return a
}

// inOrder writes entities in the order of their ids and each attribute as
// arrays does.
func inOrder(w *world, body string) string {
	list, ok := loose(w, body).([]any)
	if !ok {
		return arrays(w, body)
	}
	var out []string
	for _, e := range list {
		b, err := json.Marshal(strip(e, []string{"instanceId"}))
		if err != nil {
			w.Fatal(err)
		}
		out = append(out, arrays(w, string(b)))
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(idOf(a), idOf(b)) })
	return "[" + strings.Join(out, ",") + "]"
}

func idOf(e string) string {
	var v struct{ ID string }
	if json.Unmarshal([]byte(e), &v) != nil || v.ID == "" {
		return e
	}
	return v.ID
}

// The expectations of the suite about one entity (its cases 020).
func TestEvolutionExpectations(t *testing.T) {
	const id = "urn:ngsi-ld:Vehicle:1"
	const oct, many, kinds = "2020-08-vehicle-temporal-representation.jsonld", "2020-08-vehicle-temporal-representation-multiple-instances.jsonld", "vehicle-temporal-representation-different-attributes-types.jsonld"
	const base = "vehicle-temporal-representation-"
	tests := []struct{ seed, query, want string }{
		{oct, "", base + "020-02.jsonld"}, {oct, "attrs=fuelLevel", base + "020-03-01.jsonld"}, {oct, "attrs=fuelLevel,speed", base + "020-03-02.jsonld"},
		{oct, "timerel=after&timeAt=2020-08-01T12:08:00Z", base + "020-04-01.jsonld"}, {oct, "timerel=before&timeAt=2020-08-01T12:05:00Z", base + "020-04-02.jsonld"},
		{oct, "timerel=between&timeAt=2020-08-01T12:03:00Z&endTimeAt=2020-08-01T13:00:00Z", base + "020-04-03.jsonld"},
		{many, "lastN=4", base + "020-05-01.jsonld"}, {many, "lastN=10", base + "020-05-02.jsonld"}, {oct, "options=temporalValues", base + "020-10.jsonld"}, {oct, "format=temporalValues", "2020-08-vehicle-temporal-representation-temporal-values.json"},
		{oct, "options=aggregatedValues&aggrMethods=avg&aggrPeriodDuration=PT1H", base + "020-11-01.json"}, {oct, "attrs=fuelLevel&options=aggregatedValues&aggrMethods=avg&aggrPeriodDuration=PT1H", base + "020-11-02.json"},
		{oct, "options=aggregatedValues&aggrMethods=avg,max&aggrPeriodDuration=PT1H", base + "020-11-03.json"}, {oct, "options=aggregatedValues&aggrMethods=min,max&aggrPeriodDuration=P1D", base + "020-11-04.json"},
		{oct, "timerel=after&timeAt=2020-01-01T12:03:00Z&options=aggregatedValues&aggrMethods=avg&aggrPeriodDuration=PT1H", base + "aggregated-avg-PT1H.json"}, {oct, "timerel=after&timeAt=2020-01-01T12:03:00Z&attrs=fuelLevel&options=aggregatedValues&aggrMethods=avg&aggrPeriodDuration=PT1H", base + "aggregated-avg-PT1H-fuelLevel.json"},
		{oct, "timerel=after&timeAt=2020-01-01T12:03:00Z&options=aggregatedValues&aggrMethods=avg,max&aggrPeriodDuration=PT1H", base + "aggregated-avg-max-PT1H.json"}, {oct, "timerel=after&timeAt=2020-01-01T12:03:00Z&options=aggregatedValues&aggrMethods=min,max&aggrPeriodDuration=P1D", base + "aggregated-min-max-P1D.json"},
		{"vehicle-language-property-temporal-representation.jsonld", "", "vehicle-language-property-normalized-temporal-representation.jsonld"}, {"vehicle-language-property-temporal-representation.jsonld", "options=temporalValues", "vehicle-language-property-simplified-temporal-representation.jsonld"},
		{"vehicle-json-property-temporal-representation.jsonld", "", "vehicle-json-property-temporal-representation.json"}, {"vehicle-json-property-temporal-representation.jsonld", "options=temporalValues", "vehicle-json-property-simplified-temporal-representation.json"},
		{"vehicle-vocab-property-temporal-representation.jsonld", "", "vehicle-vocab-property-temporal-representation.json"}, {"vehicle-vocab-property-temporal-representation.jsonld", "options=temporalValues", "vehicle-vocab-property-simplified-temporal-representation.json"},
		{oct, "pick=speed", "pick-omit/vehicle-pick-speed.json"}, {oct, "omit=speed", "pick-omit/vehicle-omit-speed.json"}, {oct, "pick=id,speed", "pick-omit/vehicle-pick-id-speed.json"}, {oct, "omit=type,speed", "pick-omit/vehicle-omit-type-speed.json"},
	}
	worlds(t, func(w *world) {
		clauses(w, "5.7.3.4", "4.11", "4.21", "4.5.7", "4.5.9", "4.5.19", "6.19.3.1")
		for _, x := range tests {
			w.post("temporal/entities", temporalFixture(w, x.seed, id)).is(201)
			a := w.get("temporal/entities/"+id+"?"+x.query, suite()).is(200)
			want := temporalFixture(w, "expectations/"+x.want, id)
			for _, known := range []string{"4656271219750725", "7599642734962554"} {
				want = strings.ReplaceAll(want, known, "1")
			}
			if !sameBut(w, inOrder(w, a.Body), inOrder(w, want), "@context", "instanceId") {
				w.Errorf("%s?%s, %s:\ngot  %s\nwant %s", x.seed, x.query, x.want, a.Body, want)
			}
			w.del("temporal/entities/" + id).is(204)
		}
		w.post("temporal/entities", temporalFixture(w, oct, id)).is(201)
		w.get("temporal/entities/"+id).expects(base+"020-01.jsonld", id)
		w.get("temporal/entities/"+id+"?attrs=unknown", suite()).fails(problem.ResourceNotFound)
		w.get("temporal/entities/"+id+"?pick=speed&omit=speed", suite()).fails(problem.BadRequestData)
		w.get("temporal/entities/"+id+"?pick=speed&attrs=speed", suite()).fails(problem.BadRequestData)
		w.get("temporal/entities/"+id+"?omit=speed&attrs=speed", suite()).fails(problem.BadRequestData)
		for _, gone := range []struct{ attr, normal, simple string }{{"fuelLevel", "property", "property"}, {"isParkedIn", "relationship", "relationship"}, {"name", "languageproperty", "languageproperty"}} {
			w.del("entities/" + id)
			w.del("temporal/entities/" + id)
			w.post("temporal/entities", temporalFixture(w, kinds, id)).is(201)
			w.del("entities/"+id+"/attrs/"+gone.attr, suite()).is(204)
			q := "temporal/entities/" + id + "?timeproperty=deletedAt&timerel=after&timeAt=2026-01-01T00:00:00Z"
			for query, file := range map[string]string{"": base + gone.normal + "-020-17.jsonld", "&options=temporalValues": "vehicle-temporal-values-representation-" + gone.simple + "-020-18.jsonld"} {
				want := strings.ReplaceAll(temporalFixture(w, "expectations/"+file, id), idOf(temporalFixture(w, "expectations/"+file, id)), id)
				if query != "" {
					want = stampless(want)
				}
				a := w.get(q+query, suite()).is(200)
				if got := a.Body; !sameBut(w, arrays(w, stampless(got)), arrays(w, stampless(want)), "instanceId", "deletedAt") {
					w.Errorf("%s:\ngot  %s\nwant %s", file, got, want)
				}
			}
		}
	})
}

// stampless has one time for all that an answer has.
func stampless(s string) string { return anyTime.ReplaceAllString(s, `"T"`) }

// The expectations of the suite about several entities (its cases 021).
func TestEvolutionsExpectations(t *testing.T) {
	const base, vs = "vehicle-temporal-representation-", "vehicles-temporal-representation-021-"
	const aug, sep, oct, bus, many, sets = "2020-08-vehicle-temporal-representation.jsonld", "2020-09-vehicle-temporal-representation.jsonld", "2020-10-vehicle-temporal-representation-with-location.jsonld", "2020-08-bus-temporal-representation.jsonld", "2020-08-vehicle-temporal-representation-multiple-instances.jsonld", "vehicle-temporal-representation-with-multi-attributes-instances.jsonld"
	after := "timerel=after&timeAt=2020-08-01T12:00:00Z"
	tests := []struct{ a, b, c, query, want string }{
		{aug, sep, "", "type=Vehicle&timerel=after&timeAt=2020-08-01T12:05:00Z", vs + "01-01.jsonld"}, {aug, sep, "", "type=Vehicle&timerel=before&timeAt=2020-09-01T14:07:00Z", vs + "01-02.jsonld"},
		{aug, sep, "", "type=Vehicle&timerel=between&timeAt=2020-08-01T12:05:00Z&endTimeAt=2020-09-01T14:07:00Z", vs + "01-03.jsonld"}, {aug, sep, "", "type=Vehicle&attrs=speed&" + after, vs + "02.jsonld"},
		{many, sep, "", "type=Vehicle&lastN=4&" + after, vs + "03.jsonld"}, {aug, sep, "", "type=Vehicle&" + after, vs + "04.jsonld"}, {aug, sep, "", "type=Vehicle&idPattern=urn:ngsi-ld:Vehicle:.*&" + after, vs + "07.jsonld"},
		{aug, sep, "", "type=Vehicle&q=fuelLevel>50&" + after, vs + "08.jsonld"}, {aug, sep, "", "type=Vehicle&id=A&" + after, vs + "06.jsonld"},
		{aug, oct, "", "type=Vehicle&georel=near;maxDistance==3000&geometry=Point&coordinates=[2.35,42.22]&" + after, vs + "09-01.jsonld"},
		{aug, oct, "", "type=Vehicle&georel=within&geometry=Polygon&coordinates=[[[-13,40],[-13,42],[-5,42],[-5,40],[-13,40]]]&" + after, vs + "09-02.jsonld"},
		{aug, sep, bus, "type=Vehicle,Bus&options=temporalValues&timerel=after&timeAt=2020-08-01T12:05:00Z&id=A,B", vs + "14-01.json"}, {aug, sep, "", "type=Vehicle&options=temporalValues&timerel=before&timeAt=2020-09-01T14:07:00Z", vs + "14-02.json"},
		{aug, sep, "", "type=Vehicle&options=temporalValues&timerel=between&timeAt=2020-08-01T12:05:00Z&endTimeAt=2020-09-01T14:07:00Z", vs + "14-03.json"},
		{aug, sep, "", "type=Vehicle&format=temporalValues&" + after, vs + "19-01.json"}, {aug, sep, "", "type=Vehicle&format=temporalValues&options=aggregatedValues&" + after, vs + "19-01.json"}, {aug, sep, "", "type=Vehicle&options=temporalValues&" + after, vs + "19-01.json"},
		{sets, "", "", "type=Vehicle&attrs=speed&options=temporalValues&" + after, base + "speed-attribute.json"}, {sets, "", "", "type=Vehicle&datasetId=urn:ngsi-ld:Dataset:Common&options=temporalValues&" + after, base + "common-datasetid.json"},
		{sets, "", "", "type=Vehicle&datasetId=urn:ngsi-ld:Dataset:Common,urn:ngsi-ld:Dataset:Speed&options=temporalValues&" + after, base + "two-datasetids.json"}, {sets, "", "", "type=Vehicle&datasetId=@none&options=temporalValues&" + after, base + "default-instances.json"},
		{sets, "", "", "type=Vehicle&attrs=speed&datasetId=@none&options=temporalValues&" + after, base + "speed-default-instance.json"}, {sets, "", "", "type=Vehicle&attrs=fuelLevel&datasetId=urn:ngsi-ld:Dataset:fuel&options=temporalValues&" + after, base + "fuellevel-attribute-fuel-datasetid.json"},
		{aug, sep, bus, "type=Vehicle,Bus&pick=speed&" + after, "pick-omit/temporal-entities-pick-speed.json"}, {aug, sep, bus, "type=Vehicle,Bus&omit=speed&" + after, "pick-omit/temporal-entities-omit-speed.json"}, {aug, sep, bus, "type=Vehicle,Bus&pick=id&" + after, "pick-omit/temporal-entities-pick-id.json"},
		{aug, sep, bus, "type=Vehicle,Bus&omit=type&" + after, "pick-omit/temporal-entities-omit-type.json"}, {aug, sep, bus, "type=Vehicle,Bus&pick=id,speed&" + after, "pick-omit/temporal-entities-pick-id-speed.json"}, {aug, sep, bus, "type=Vehicle,Bus&omit=type,speed&" + after, "pick-omit/temporal-entities-omit-type-speed.json"},
	}
	worlds(t, func(w *world) {
		clauses(w, "5.7.4.4", "4.9", "4.10", "4.11", "4.21", "4.5.9", "6.18.3.2", "6.3.12")
		for i, x := range tests {
			tenant := fmt.Sprint("NGSILD-Tenant: t", i)
			for k, seed := range []string{x.a, x.b, x.c} {
				if seed != "" {
					w.post("temporal/entities", temporalFixture(w, seed, "urn:x:"+string(rune('A'+k))), tenant).is(201)
				}
			}
			q := strings.NewReplacer("id=A,B", "id=urn:x:A,urn:x:B", "id=A", "id=urn:x:A", "idPattern=urn:ngsi-ld:Vehicle:.*", "idPattern=^urn:x:[AB]$").Replace(x.query)
			a := w.get("temporal/entities?"+q, suite(), tenant).is(200)
			want := suiteID.ReplaceAllString(temporalFixture(w, "expectations/"+x.want, "-"), `"urn:x:$1"`)
			if !sameBut(w, inOrder(w, a.Body), inOrder(w, want), "@context", "instanceId") {
				w.Errorf("%s, %s:\ngot  %s\nwant %s", q, x.want, inOrder(w, a.Body), inOrder(w, want))
			}
		}
		w.post("temporal/entities", temporalFixture(w, aug, "urn:x:A")).is(201)
		w.post("temporal/entities", temporalFixture(w, sep, "urn:x:B")).is(201)
		w.post("temporal/entities", temporalFixture(w, bus, "urn:x:C")).is(201)
		for query, file := range map[string]string{"after": vs + "13-01.jsonld", "before": vs + "13-02.jsonld", "between": vs + "13-03.jsonld", "after-query-two": ""} {
			body := temporalFixture(w, "entity-operations-"+strings.TrimSuffix(query, "-query-two")+"-query.jsonld", "")
			if file == "" {
				body, file = temporalFixture(w, "entity-operations-after-query-two-entities.jsonld", ""), "vehicles-bus-temporal-representation-021-13-04.jsonld"
			}
			a := w.post("temporal/entityOperations/query", body, suite()).is(200)
			want := suiteID.ReplaceAllString(temporalFixture(w, "expectations/"+file, "-"), `"urn:x:$1"`)
			if !sameBut(w, inOrder(w, a.Body), inOrder(w, want), "@context", "instanceId") {
				w.Errorf("%s:\ngot  %s\nwant %s", file, inOrder(w, a.Body), inOrder(w, want))
			}
		}
	})
}

// The expectations of the suite about provision (its cases 007 to 009 and 014
// to 017).
func TestEvolutionProvisionExpectations(t *testing.T) {
	const id, seed, base = "urn:ngsi-ld:Vehicle:1", "vehicle-temporal-representation.jsonld", "vehicle-temporal-representation-"
	worlds(t, func(w *world) {
		clauses(w, "5.6.11", "5.6.12", "5.6.13", "5.6.14", "5.6.15", "5.6.16", "6.18.3.1", "6.19.3.2", "6.20.3.1", "6.21.3.1", "6.22.3.1", "6.22.3.2")
		const at = "temporal/entities/" + id
		fresh := func() {
			w.Helper()
			w.del(at)
			w.post("temporal/entities", temporalFixture(w, seed, id)).is(201).header("Location", "/ngsi-ld/v1/temporal/entities/"+id)
		}
		shows := func(file string) { w.Helper(); w.get(at, suite()).expects(base+file, id) }
		fresh()
		shows("create.jsonld")
		w.post("temporal/entities", temporalFixture(w, base+"update.jsonld", id)).is(204)
		shows("update.jsonld")
		fresh()
		w.post(at+"/attrs", temporalFixture(w, "fragments/"+base+"fragment.jsonld", id)).is(204)
		shows("added-attribute.jsonld")
		w.post(at+"/attrs", temporalFixture(w, "fragments/"+base+"invalid-json-fragment.jsonld", id)).fails(problem.InvalidRequest)
		w.post(at+"/attrs", " ", suite()).fails(problem.InvalidRequest)
		fresh()
		w.del(at+"/attrs/fuelLevel", suite()).is(204)
		shows("delete-fuelLevel.jsonld")
		fresh()
		w.del(at+"/attrs/fuelLevel?datasetId=urn:ngsi-ld:Vehicle:12345-fuel", suite()).is(204)
		shows("delete-fuelLevel-datasetid.jsonld")
		fresh()
		w.del(at+"/attrs/fuelLevel?deleteAll=true", suite()).is(204)
		shows("deleteall-fuelLevel.jsonld")
		fresh()
		list := w.instancesOf(at, "speed")
		w.patch(at+"/attrs/speed/"+list[0], temporalFixture(w, "fragments/vehicle-temporal-modify-attribute-instance-fragment.jsonld", id), suite()).is(204)
		shows("modify-attribute-instance.jsonld")
		fresh()
		list = w.instancesOf(at, "speed")
		w.del(at+"/attrs/speed/"+list[0], suite()).is(204)
		shows("delete-speed-instanceid.jsonld")
		const some = `{"type":"Property","value":1}`
		for address, kind := range map[string]problem.Kind{
			"temporal/entities/no%20uri/attrs/speed/" + list[1]: problem.BadRequestData, at + "/attrs/speed/nouri": problem.BadRequestData, at + "/attrs/spe%20ed/" + list[1]: problem.BadRequestData,
			"temporal/entities//attrs/speed/" + list[1]: problem.BadRequestData, at + "/attrs//" + list[1]: problem.BadRequestData,
			"temporal/entities/urn:x:9/attrs/speed/" + list[1]: problem.ResourceNotFound, at + "/attrs/other/" + list[1]: problem.ResourceNotFound, at + "/attrs/speed/urn:x:none": problem.ResourceNotFound,
		} {
			w.del(address, suite()).fails(kind)
			w.patch(address, some, suite()).fails(kind)
		}
		w.patch(at+"/attrs/speed/", some, suite()).fails(problem.BadRequestData)
		for _, address := range []string{"temporal/entities//attrs/speed", "temporal/entities/no%20uri/attrs/speed", at + "/attrs/spe%20ed", at + "/attrs/%252E%252E", "temporal/entities/", "temporal/entities/nouri"} {
			w.del(address, suite()).fails(problem.BadRequestData)
		}
		for _, address := range []string{"temporal/entities//attrs", "temporal/entities//attrs/", "temporal/entities/nouri/attrs"} {
			w.post(address, `{"speed":1}`, suite()).fails(problem.BadRequestData)
		}
		for address, body := range map[string]string{"temporal/entities": `{`, at + "/attrs": `{`} {
			w.post(address, body).fails(problem.InvalidRequest)
		}
		w.del(at).is(204)
		w.del(at).fails(problem.ResourceNotFound)
	})
}

// instancesOf gives the instanceIds of an attribute under the suite's context.
func (w *world) instancesOf(at, attr string) (ids []string) {
	w.Helper()
	var e map[string]json.RawMessage
	if err := json.Unmarshal([]byte(w.get(at, suite()).is(200).Body), &e); err != nil {
		w.Fatal(err)
	}
	var list []struct{ InstanceID string }
	if err := json.Unmarshal(e[attr], &list); err != nil || len(list) < 2 {
		w.Fatalf("%s of %s is %s, %v", attr, at, e[attr], err)
	}
	for _, x := range list {
		ids = append(ids, x.InstanceID)
	}
	return ids
}

// The suite's pages of history, at the size of page that it was written with
// (its cases 020_13, 020_14, 021_15 and 021_16).
func TestPagesOfTheSuite(t *testing.T) {
	const id, twenty, sixty = "urn:ngsi-ld:Vehicle:1", "pagination/2020-01-vehicule-temporal-representation-twenty-instances.jsonld", "pagination/2020-01-vehicule-temporal-representation-sixty-instances.jsonld"
	tests := []struct {
		seed, query string
		want        string // Content-Range; "" is a whole answer
	}{
		{twenty, "", "DateTime 2020-01-01T01:01:00Z-2020-01-01T01:16:00Z/*"}, {twenty, "lastN=10", ""}, {twenty, "lastN=5&timerel=before&timeAt=2020-01-01T01:30:00Z", ""},
		{twenty, "lastN=18&timerel=before&timeAt=2020-01-01T01:30:00Z", "DateTime 2020-01-01T01:30:00Z-2020-01-01T01:07:00Z/18"},
		{twenty, "lastN=18&timerel=between&timeAt=2020-01-01T01:01:00Z&endTimeAt=2020-01-01T01:30:00Z", "DateTime 2020-01-01T01:30:00Z-2020-01-01T01:07:00Z/18"},
		{twenty, "lastN=18&timerel=after&timeAt=2020-01-01T01:00:00Z", "DateTime 2020-01-01T01:22:00Z-2020-01-01T01:07:00Z/18"},
		{twenty, "timerel=before&timeAt=2020-01-01T01:30:00Z", "DateTime 2020-01-01T01:01:00Z-2020-01-01T01:16:00Z/*"},
		{twenty, "timerel=between&timeAt=2020-01-01T00:59:00Z&endTimeAt=2020-01-01T01:30:00Z", "DateTime 2020-01-01T00:59:00Z-2020-01-01T01:16:00Z/*"},
		{twenty, "timerel=after&timeAt=2020-01-01T00:59:00Z", "DateTime 2020-01-01T00:59:00Z-2020-01-01T01:16:00Z/*"},
		{twenty, "options=temporalValues&timerel=after&timeAt=2020-01-01T00:59:00Z", "DateTime 2020-01-01T00:59:00Z-2020-01-01T01:16:00Z/*"},
		{twenty, "options=temporalValues&lastN=18&timerel=between&timeAt=2020-01-01T00:59:00Z&endTimeAt=2020-01-01T01:30:00Z", "DateTime 2020-01-01T01:30:00Z-2020-01-01T01:07:00Z/18"},
		{sixty, "", "DateTime 2020-01-01T01:01:00Z-2020-01-01T01:30:00Z/*"}, {sixty, "lastN=40", "DateTime 2020-01-02T01:59:00Z-2020-01-02T01:30:00Z/40"},
	}
	for name, open := range drivers {
		t.Run(name, func(t *testing.T) {
			clauses(t, "6.3.10", "5.7.3.4")
			w := newWorld(t, open, ngsild.Options{TemporalPage: 30})
			for _, x := range tests {
				w.post("temporal/entities", temporalFixture(w, x.seed, id)).is(201)
				one := "temporal/entities/" + id + "?" + x.query
				status := map[bool]int{true: 200, false: 206}[x.want == ""]
				a := w.get(one, suite()).is(status).header("Content-Range", x.want)
				if strings.Contains(x.query, "timerel") {
					b := w.get("temporal/entities?type=Vehicle&"+x.query, suite()).is(status).header("Content-Range", x.want)
					if b.Body != "["+a.Body+"]" {
						t.Errorf("%s: alone %s, among others %s", x.query, a.Body, b.Body)
					}
				}
				w.del("temporal/entities/" + id).is(204)
			}
		})
	}
}
