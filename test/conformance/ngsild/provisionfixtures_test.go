package ngsild_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

// entityFixture reads a fixture below entities, with id as the entity's.
func entityFixture(t testing.TB, name, id string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/etsi/entities", name))
	if err != nil {
		t.Fatal(err)
	}
	return generated.ReplaceAllString(string(b), id)
}

// fixtureChange is what one of the suite's cases does to an entity. Names of files
// are without their directories: start is below entities, sent below
// fragmentEntities unless it has a slash, want below expectations, and "=" as
// want stands for the entity as it was.
type fixtureChange struct {
	cases      string // of the suite
	start      string
	method, at string // at is what follows the entity's id
	sent       string
	status     int
	want       string
}

// fixtureChanges are the cases in which the suite fixtureChanges an entity by a fixture and
// says with another one what it is then.
var fixtureChanges = []fixtureChange{
	{cases: "010_01_01", start: "vehicle-speed-two-datasetid.jsonld", method: "POST", at: "/attrs", sent: "vehicle-new-attribute-fragment.jsonld", status: 204, want: "vehicle-speed-appended.jsonld"},
	{cases: "010_01_02", start: "vehicle-speed-two-datasetid.jsonld", method: "POST", at: "/attrs", sent: "vehicle-speed-different-datasetid-fragment.jsonld", status: 204, want: "vehicle-speed-different-datasetid.jsonld"},
	{cases: "010_04_01", start: "vehicle-speed-two-datasetid.jsonld", method: "POST", at: "/attrs?options=noOverwrite", sent: "vehicle-attribute-to-add-fragment.jsonld", status: 207, want: "vehicle-speed-appended.jsonld"},
	{cases: "010_04_02", start: "vehicle-speed-two-datasetid.jsonld", method: "POST", at: "/attrs?options=noOverwrite", sent: "vehicle-speed-different-datasetid-fragment.jsonld", status: 204, want: "vehicle-speed-different-datasetid.jsonld"},
	{cases: "010_06_01", start: "vehicle-speed-two-datasetid.jsonld", method: "POST", at: "/attrs", sent: "vehicle-new-language-property-fragment.jsonld", status: 204, want: "vehicle-language-property-appended.jsonld"},
	{cases: "010_10_01", start: "vehicle-speed-two-datasetid.jsonld", method: "POST", at: "/attrs", sent: "vehicle-new-json-property-fragment.jsonld", status: 204, want: "vehicle-json-property-appended.jsonld"},
	{cases: "010_11_01", start: "vehicle-minimal.jsonld", method: "POST", at: "/attrs", sent: "vehicle-new-vocab-property-fragment.jsonld", status: 204, want: "vehicle-vocab-property-appended.jsonld"},
	{cases: "010_07_01 overwriting", start: "building-minimal-with-one-scope.json", method: "POST", at: "/attrs", sent: "one-scope-fragment.json", status: 204, want: "building-minimal-with-one-scope.json"},
	{cases: "010_07_01 not overwriting", start: "building-minimal-with-one-scope.json", method: "POST", at: "/attrs?options=noOverwrite", sent: "one-scope-fragment.json", status: 204, want: "building-minimal-with-two-scopes.json"},
	{cases: "010_05_01", start: "vehicle-minimal.jsonld", method: "POST", at: "/attrs", sent: "empty-fragment.json", status: 400, want: "="},

	{cases: "011_01_01", start: "vehicle-two-datasetid-attributes.jsonld", method: "PATCH", at: "/attrs", sent: "vehicle-speed-two-datasetid-01-fragment.jsonld", status: 204, want: "vehicle-update-attributes.jsonld"},
	{cases: "011_01_02", start: "vehicle-two-datasetid-attributes.jsonld", method: "PATCH", at: "/attrs", sent: "vehicle-speed-two-datasetid-02-fragment.jsonld", status: 204, want: "vehicle-update-datasetid-attributes.jsonld"},
	{cases: "011_01_03", start: "vehicle-two-datasetid-attributes.jsonld", method: "PATCH", at: "/attrs", sent: "vehicle-speed-two-datasetid-03-fragment.jsonld", status: 204, want: "vehicle-multi-attributes.jsonld"},
	{cases: "011_01_04", start: "vehicle-two-datasetid-attributes.jsonld", method: "PATCH", at: "/attrs", sent: "vehicle-speed-two-datasetid-04-fragment.jsonld", status: 204, want: "vehicle-update-attributes-new-attribute-type.jsonld"},
	{cases: "011_04_01", start: "vehicle-minimal.jsonld", method: "PATCH", at: "/attrs", sent: "empty-fragment.json", status: 400, want: "="},
	{cases: "011_04_01", start: "vehicle-minimal.jsonld", method: "PATCH", at: "/attrs", sent: "invalid-fragment.jsonld", status: 400, want: "="},
	{cases: "011_05_01", start: "building-minimal-with-one-scope.json", method: "PATCH", at: "/attrs", sent: "one-scope-fragment.json", status: 204, want: "building-minimal-with-one-scope.json"},
	{cases: "011_05_02", start: "building-minimal.jsonld", method: "PATCH", at: "/attrs", sent: "one-scope-fragment.json", status: 204, want: "="},
	{cases: "011_06_01", start: "building-minimal.jsonld", method: "PATCH", at: "/attrs", sent: "type-vehicle-fragment.json", status: 204, want: "building-minimal-with-two-types.json"},
	{cases: "011_06_02", start: "building-minimal.jsonld", method: "PATCH", at: "/attrs", sent: "types-vehicle-car-fragment.json", status: 204, want: "building-minimal-with-three-types.json"},
	{cases: "011_06_03", start: "building-minimal.jsonld", method: "PATCH", at: "/attrs", sent: "type-building-fragment.json", status: 204, want: "="},
	{cases: "011_06_04", start: "building-minimal.jsonld", method: "PATCH", at: "/attrs", sent: "type-vehicle-building-fragment.json", status: 204, want: "building-minimal-with-two-types.json"},

	{cases: "012_01_01", start: "vehicle-speed-two-datasetid.jsonld", method: "PATCH", at: "/attrs/isParked", sent: "vehicle-isparked-fragment.jsonld", status: 204, want: "vehicle-isparked-update.jsonld"},
	{cases: "012_01_02", start: "vehicle-speed-two-datasetid.jsonld", method: "PATCH", at: "/attrs/speed", sent: "vehicle-speed-equal-datasetid-fragment.jsonld", status: 204, want: "vehicle-update-speed.jsonld"},
	{cases: "012_02_03", start: "vehicle-speed-two-datasetid.jsonld", method: "PATCH", at: "/attrs/brandName", sent: "vehicle-speed-equal-datasetid-different-type-fragment.jsonld", status: 400, want: "="},
	{cases: "012_02_04", start: "vehicle-speed-two-datasetid.jsonld", method: "PATCH", at: "/attrs/speed", sent: "empty-fragment.json", status: 400, want: "="},
	{cases: "012_03_02", start: "vehicle-speed-two-datasetid.jsonld", method: "PATCH", at: "/attrs/speed", sent: "vehicle-speed-no-datasetid-fragment.jsonld", status: 404, want: "="},
	{cases: "012_03_03", start: "vehicle-speed-two-datasetid.jsonld", method: "PATCH", at: "/attrs/speed", sent: "vehicle-speed-unknown-datasetid-fragment.jsonld", status: 404, want: "="},
	{cases: "012_03_04", start: "vehicle-speed-two-datasetid.jsonld", method: "PATCH", at: "/attrs/unknownAttribute", sent: "vehicle-brandname-fragment.jsonld", status: 404, want: "="},
	{cases: "012_04_01", start: "building-language-property-sub-property.jsonld", method: "PATCH", at: "/attrs/street", sent: "building-language-property-fragment.jsonld", status: 204, want: "building-language-property-update.jsonld"},
	{cases: "012_08_01", start: "building-json-property-object-sub-property.jsonld", method: "PATCH", at: "/attrs/jsonProperty", sent: "building-json-property-fragment.jsonld", status: 204, want: "building-json-property-update.jsonld"},
	{cases: "012_09_01", start: "building-vocab-property-sub-property.jsonld", method: "PATCH", at: "/attrs/vocabProperty", sent: "building-vocab-property-fragment.jsonld", status: 204, want: "building-vocab-property-update.jsonld"},

	{cases: "013_01_01", start: "vehicle-speed-only-multi-instances.jsonld", method: "DELETE", at: "/attrs/speed", status: 204, want: "vehicle-delete-default-speed.jsonld"},
	{cases: "013_01_02", start: "vehicle-speed-only-multi-instances.jsonld", method: "DELETE", at: "/attrs/speed?datasetId=urn:ngsi-ld:Dataset:gps", status: 204, want: "vehicle-delete-datasetid-speed.jsonld"},
	{cases: "013_01_03", start: "vehicle-speed-only-multi-instances.jsonld", method: "DELETE", at: "/attrs/speed?deleteAll=true", status: 204, want: "vehicle-delete-deleteall-speed.jsonld"},
	{cases: "013_03_02", start: "vehicle-minimal.jsonld", method: "DELETE", at: "/attrs/speed", status: 404, want: "="},
	{cases: "013_03_03", start: "vehicle-speed-only-multi-instances.jsonld", method: "DELETE", at: "/attrs/speed?datasetId=urn:ngsi-ld:Dataset:other", status: 404, want: "="},
	{cases: "013_07_01", start: "building-vocab-property-string.jsonld", method: "DELETE", at: "/attrs/vocabProperty", status: 204, want: "building-minimal-compacted.json"},

	{cases: "055_01_01", start: "vehicle-speed-multi-instances.jsonld", method: "PUT", at: "/attrs/isParked", sent: "/vehicle-isParked-attribute.json", status: 204, want: "vehicle-replace-isParked-attribute.jsonld"},
	{cases: "055_01_02", start: "vehicle-speed-multi-instances.jsonld", method: "PUT", at: "/attrs/isParked", sent: "/vehicle-isParked-new-type-attribute.json", status: 204, want: "vehicle-replace-isParked-new-type-attribute.jsonld"},
	{cases: "055_02_01", start: "vehicle-speed-multi-instances.jsonld", method: "PUT", at: "/attrs/speed", sent: "/vehicle-speed-default-instance.json", status: 204, want: "vehicle-replace-speed-default-instance.jsonld"},
	{cases: "055_02_02", start: "vehicle-speed-multi-instances.jsonld", method: "PUT", at: "/attrs/speed", sent: "/vehicle-speed-datasetid-instance.json", status: 204, want: "vehicle-replace-speed-datasetid-instance.jsonld"},
	{cases: "055_03_03", start: "vehicle-speed-multi-instances.jsonld", method: "PUT", at: "/attrs/is-Parked", sent: "/vehicle-isParked-attribute.json", status: 400, want: "="},
	{cases: "055_03_04", start: "vehicle-speed-multi-instances.jsonld", method: "PUT", at: "/attrs/unknown", sent: "/vehicle-isParked-attribute.json", status: 404, want: "="},
	{cases: "055_03_05", start: "vehicle-speed-multi-instances.jsonld", method: "PUT", at: "/attrs/scope", sent: "/vehicle-scope-attribute.json", status: 400, want: "="},

	{cases: "056_01_01", start: "merge/building-merge-data.jsonld", method: "PATCH", sent: "empty-fragment.json", status: 204, want: "merge/building-non-edited.jsonld"},
	{cases: "056_01_03", start: "merge/building-merge-data.jsonld", method: "PATCH", sent: "locatedAt-fragment.json", status: 204, want: "merge/building-with-relationship.jsonld"},
	{cases: "056_01_04", start: "merge/building-merge-data.jsonld", method: "PATCH", sent: "/merge/building-only-airQualityLevel-value.jsonld", status: 204, want: "merge/building-with-changed-airQualityLevel.jsonld"},
}

// nulls gives the cases 011_07 to 011_09, 012_05 to 012_07 and 056_03 to
// 056_05: a null deletes an attribute, an instance of it, or its default.
func nulls() (out []fixtureChange) {
	for kind, attr := range map[string]string{"property": "name", "relationship": "locatedAt", "geoproperty": "location", "languageproperty": "street"} {
		for _, n := range []struct{ cases, start, sent, want string }{
			{"the only instance", "building-different-attributes-types.jsonld", "", ""},
			{"the instance of a dataset", "building-different-attributes-instances-and-types.jsonld", "-instance", "-instance"},
			{"the default instance", "building-different-default-attributes-instances-and-types.jsonld", "", "-default-instance"},
		} {
			want := "ngsild-null/building-deleted-" + kind + n.want + ".jsonld"
			out = append(out,
				fixtureChange{cases: "011: " + n.cases, start: n.start, method: "PATCH", at: "/attrs", sent: "ngsild-null/null-" + kind + n.sent + ".jsonld", status: 204, want: want},
				fixtureChange{cases: "012: " + n.cases, start: n.start, method: "PATCH", at: "/attrs/" + attr, sent: "ngsild-null/null-" + kind + n.sent + "-fragment.jsonld", status: 204, want: want},
				fixtureChange{cases: "056: " + n.cases, start: n.start, method: "PATCH", sent: "ngsild-null/building-null-" + kind + n.sent + ".jsonld", status: 204, want: want})
		}
	}
	return out
}

// The suite's cases of changing an entity, from its fixtures (CIM 009, 5.6.2
// to 5.6.5, 5.6.17, 5.6.19).
func TestChangesOfFixtures(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.2", "5.6.3", "5.6.4", "5.6.5", "5.6.17", "5.6.19", "5.5.8", "5.5.12")
		const id = "urn:ngsi-ld:Building:1"
		for _, c := range append(fixtureChanges, nulls()...) {
			w.del("entities/" + id)
			start := entityFixture(w, c.start, id)
			w.post("entities", start, itsContext(start)...).is(201)
			before := w.get("entities/"+id, suite()).is(200).Body
			sent := ""
			headers := []string{suite()}
			if c.sent != "" {
				sent = entityFixture(w, strings.TrimPrefix("fragmentEntities/"+c.sent, "fragmentEntities//"), id)
				headers = itsContext(sent)
			}
			if a := w.odd().do(c.method, "entities/"+id+c.at, sent, headers...); a.Status != c.status {
				w.Errorf("%s: %s %s: %d %s, want %d", c.cases, c.method, c.at, a.Status, a.Body, c.status)
			}
			want := before
			if c.want != "=" {
				want = entityFixture(w, "expectations/"+c.want, id)
			}
			if got := w.get("entities/"+id, suite()).Body; !sameBut(w, arrays(w, got), arrays(w, want), "@context") {
				w.Errorf("%s: %s %s %s:\ngot  %s\nwant %s", c.cases, c.method, c.at, c.sent, got, want)
			}
		}
	})
}

// itsContext gives the header that a body without an @context needs.
func itsContext(body string) []string {
	if strings.Contains(body, `"@context"`) {
		return nil
	}
	return []string{suite()}
}

// generated are the ids in the fixtures that the suite makes up anew each time.
var generated = regexp.MustCompile(`urn:ngsi-ld:(Building|Vehicle):(randomUUID|[0-9]{10,})`)

// A batch that is empty, one that is not JSON and one of which nothing is
// right: cases 003_03, 004_06, 005_04 and 057_03 (CIM 009, 5.5.4 and 5.6.7.4
// to 5.6.9.4).
func TestBatchFixtures(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.7.4", "5.6.8.4", "5.6.9.4", "5.6.20.4")
		for _, op := range []string{"create", "upsert", "update", "merge"} {
			w.odd().post("entityOperations/"+op, entityFixture(w, "batch/empty.jsonld", "1"), "Content-Type: application/ld+json").fails(problem.BadRequestData)
			w.odd().post("entityOperations/"+op, entityFixture(w, "batch/invalid-json.jsonld", "1"), "Content-Type: application/ld+json").fails(problem.InvalidRequest)
			w.odd().post("entityOperations/"+op, entityFixture(w, "batch/invalid-json-ld.jsonld", "1"), "Content-Type: application/ld+json").fails(problem.BadRequestData)
		}
	})
}
