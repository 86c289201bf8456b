package ngsild_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// times are the members that hold when something was done.
var times = regexp.MustCompile(`At" *: *"[^"]*"`)

// fixture reads one of the fixtures, with another id.
func (w *world) fixture(path, id string) string {
	w.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/etsi", path))
	if err != nil {
		w.Fatal(err)
	}
	return strings.ReplaceAll(strings.ReplaceAll(string(b), "urn:ngsi-ld:Building:randomUUID", id), "randomUUID", "1")
}

// What the fixtures have notifications to be, where the clauses agree
// (CIM 009, 5.8.6). One says otherwise: the languageMap of what went with a
// deleted entity is a plain Null there, against 4.5.0 and 5.8.6.
func TestNotificationFixtures(t *testing.T) {
	const (
		types   = "building-different-attributes-types"
		plain   = "building-simple-attributes"
		several = "building-multi-instances-attributes"
		id      = "urn:ngsi-ld:Building:1"
		attrs   = "entities/" + id + "/attrs/"
	)
	change := func(fragment string) func(w *world) {
		return func(w *world) { w.patch("entities/"+id+"/attrs", fragment, suite()).is(204) }
	}
	remove := func(path string) func(w *world) { return func(w *world) { w.del(path, suite()).is(204) } }
	cities := func(w *world) {
		w.post("entities", `{"id":"urn:ngsi-ld:City:Paris","type":"City"}`, suite()).is(201)
		change(`{"name":"Tour Eiffel"}`)(w)
	}
	for _, tt := range []struct {
		subscription, entity, expectation string
		act                               func(w *world)
	}{
		{"show-changes", types, "entity-different-attributes-types-previous-property.json", change(`{"name":"Tour Eiffel"}`)},
		{"show-changes", types, "entity-different-attributes-types-previous-relationship.json", change(`{"locatedAt":{"object":"urn:ngsi-ld:City:Nantes"}}`)},
		{"show-changes", types, "entity-different-attributes-types-previous-geoproperty.json", change(`{"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[13.3986,52.5547]}}}`)},
		{"show-changes", types, "entity-different-attributes-types-previous-language-property.json", change(`{"street":{"languageMap":{"fr":"Grand Place","es":"Gran Lugar"}}}`)},
		{"show-changes", "building-json-property-object", "building-previous-json-property.json", change(`{"jsonProperty":{"type":"JsonProperty","json":{"city":"Nantes","street":"Place Royale"}}}`)},
		{"show-changes", "building-vocab-property-string", "building-previous-vocab-property.json", change(`{"vocabProperty":{"type":"VocabProperty","vocab":"museum"}}`)},
		{"show-changes-attributeDeleted", types, "entity-different-attributes-types-deleted-property.json", remove(attrs + "name")},
		{"show-changes-attributeDeleted", types, "entity-different-attributes-types-deleted-relationship.json", remove(attrs + "locatedAt")},
		{"show-changes-attributeDeleted", types, "entity-different-attributes-types-deleted-geoproperty.json", remove(attrs + "location")},
		{"show-changes-attributeDeleted", types, "entity-different-attributes-types-deleted-language-property.json", remove(attrs + "street")},
		{"show-changes-attributeDeleted", "building-json-property-object", "building-deleted-json-property.json", remove(attrs + "jsonProperty")},
		{"show-changes-attributeDeleted", "building-vocab-property-string", "building-deleted-vocab-property.json", remove(attrs + "vocabProperty")},
		{"show-changes-entityDeleted", "building-json-property-object", "building-deleted-json-property-deleted-entity.json", remove("entities/" + id)},
		{"show-changes-entityDeleted", "building-vocab-property-string", "building-deleted-vocab-property-deleted-entity.json", remove("entities/" + id)},
		{"attributeDeleted-specific-attribute-normalized", plain, "entity-deleted-name-attribute-normalized.json", remove(attrs + "name")},
		{"attributeDeleted-specific-attribute-keyValues", plain, "entity-deleted-name-attribute-keyValues.json", remove(attrs + "name")},
		{"attributeDeleted-specific-attribute-normalized", plain, "entity-deleted-name-attribute-on-entity-deleted-normalized.json", remove("entities/" + id)},
		{"attributeDeleted-specific-attribute-normalized-sysAttrs", plain, "entity-deleted-name-attribute-on-entity-deleted-normalized-sysAttrs.json", remove("entities/" + id)},
		{"attributeDeleted-specific-attribute-normalized", several, "entity-deleted-name-attribute-instance-normalized.json", remove(attrs + "name?datasetId=urn:ngsi-ld:Dataset:french-name")},
		{"attributeDeleted-keyValues", several, "entity-deleted-name-attribute-instance-keyValues.json", remove(attrs + "name?datasetId=urn:ngsi-ld:Dataset:french-name")},
		{"attributeDeleted-specific-attribute-normalized", types, "entity-different-attributes-types-deleted-name-attribute-normalized.json", change(`{"name":"urn:ngsi-ld:null"}`)},
		{"attributeDeleted-relationship-normalized", types, "entity-different-attributes-types-deleted-locatedAt-attribute-normalized.json", change(`{"locatedAt":{"type":"Relationship","object":"urn:ngsi-ld:null"}}`)},
		{"attributeDeleted-languageproperty-normalized", types, "entity-different-attributes-types-deleted-street-attribute-normalized.json", func(w *world) {
			w.patch("entities/"+id, `{"street":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}}}`, suite()).is(204)
		}},
		{"join-flat", "building-relationship", "entity-created-name-attribute-join-flat.json", cities},
		{"join-inline", "building-relationship", "entity-created-name-attribute-join-inline.json", cities},
		{"join-flat-sysAttrs", "building-relationship", "entity-created-name-attribute-join-flat-sysAttrs.json", cities},
		{"join-inline-sysAttrs", "building-relationship", "entity-created-name-attribute-join-inline-sysAttrs.json", cities},
	} {
		worlds(t, func(w *world) {
			clauses(w, "5.8.6", "5.2.14.1", "4.5.23", "4.5.5")
			w.post("entities", w.fixture("entities/"+tt.entity+".jsonld", id)).is(201)
			w.later(time.Second)
			w.post("subscriptions", w.fixture("subscriptions/subscription-building-entities-"+tt.subscription+".jsonld", id)).is(201)
			w.later(time.Second)
			tt.act(w)
			n := w.one()
			want := w.fixture("subscriptions/expectations/"+tt.expectation, id)
			for _, digits := range []string{"4446320091579470", "046_31", "046_32", "046_33", "046_34", "046_35", "046_36", "046_38", "046_39", "046_23:EiffelTower", "046_24:EiffelTower", "046_27:EiffelTower", "046_28:EiffelTower"} {
				want = strings.ReplaceAll(want, "urn:ngsi-ld:Building:"+digits, id)
			}
			want = strings.ReplaceAll(want, `Par\u00c3\u00ads`, "París") // UTF-8 that was read as Latin-1
			if !strings.HasPrefix(strings.TrimSpace(want), "[") {
				want = "[" + want + "]"
			}
			_, got, _ := strings.Cut(n.Body, `,"data":`)
			got = times.ReplaceAllString(strings.TrimSuffix(got, "}"), `At":"then"`)
			want = times.ReplaceAllString(want, `At":"then"`)
			if !sameBut(w, got, want, "@context", "observedAt") {
				w.Errorf("%s after %s:\ngot  %s\nwant %s", tt.subscription, tt.expectation, got, want)
			}
		})
	}
}
