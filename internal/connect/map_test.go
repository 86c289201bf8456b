package connect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/jsontree"
)

func mustCompile(t *testing.T, text string) *Mapping {
	t.Helper()
	m, err := Compile([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func read(t *testing.T, parts ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mappingFile(t *testing.T, name string) *Mapping {
	t.Helper()
	m, err := Compile(read(t, "mappings", name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return m
}

func at0(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// gbfsPayload puts files together as connect/gbfs does.
func gbfsPayload(t *testing.T, dir string, names ...string) []byte {
	t.Helper()
	var members []jsontree.Member
	for _, n := range names {
		v, err := jsontree.Parse(read(t, dir, n+".json"), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, jsontree.Member{Name: n, Value: v})
	}
	return jsontree.ObjectNode(members).Raw()
}

const bikes = `
source: bikes
kind: gbfs
url: https://example.org/gbfs.json
zone: Europe/Brussels
`

func show(tr Trial) string {
	var b strings.Builder
	for _, e := range tr.Entities {
		b.Write(e)
		b.WriteByte('\n')
	}
	for _, l := range tr.Letters {
		b.WriteString("dead: " + l.Reason + "\n")
	}
	return b.String()
}

func TestGBFS(t *testing.T) {
	m := mustCompile(t, bikes)
	arrived := at0("2026-03-02T19:00:20Z")
	for _, tc := range []struct {
		dir   string
		files []string
		want  []string
	}{
		{"eu-feeds/lille/gbfs-2.3", []string{"system_information", "station_information", "station_status"}, []string{
			`{"id":"urn:ngsi-ld:BikeHireDockingStation:v_lille:1","type":"BikeHireDockingStation",` +
				`"name":{"type":"LanguageProperty","languageMap":{"fr":"METROPOLE EUROPEENNE DE LILLE"}},` +
				`"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[3.075992,50.641926]}},` +
				`"address":{"type":"Property","value":{"streetAddress":"MEL RUE DU BALLON"}},"totalSlotNumber":{"type":"Property","value":11},` +
				`"availableBikeNumber":{"type":"Property","value":4,"observedAt":"2026-03-02T10:46:46Z","suspect"`,
			`"value":"outOfService"`,
		}},
		{"eu-feeds/brussels/villo-gbfs-3.0", []string{"station_status", "station_information", "system_information"}, []string{
			`"languageMap":{"fr":"Bourse (synthétique)","nl":"Beurs (synthetisch)"}`, `"availableBikeNumber":{"type":"Property","value":9,"observedAt":"2026-03-02T18:59:40Z"}`,
			`urn:ngsi-ld:BikeHireDockingStation:bruxelles:42`, `"status":{"type":"Property","value":"empty"`,
		}},
		{"eu-feeds/brussels/defect-gbfs-3.0-with-2.x-names", []string{"station_status"}, []string{
			`"availableBikeNumber":{"type":"Property","value":9,"observedAt":"2026-03-02T10:47:16Z"`, `"freeSlotNumber":{"type":"Property","value":16`,
		}},
		{"gbfs/testFixtures/v2.3", []string{"system_information", "station_information", "station_status", "vehicle_types"}, []string{`"availableBikeNumber"`}},
		{"gbfs/testFixtures/v3.0", []string{"system_information", "station_information", "station_status", "vehicle_types"}, []string{`"availableBikeNumber"`}},
	} {
		t.Run(tc.dir, func(t *testing.T) {
			got := show(m.DryRun(Payload{Data: gbfsPayload(t, tc.dir, tc.files...)}, arrived))
			for _, want := range tc.want {
				if !strings.Contains(got, want) {
					t.Errorf("%s is not in\n%s", want, got)
				}
			}
			if strings.Contains(got, "dead:") {
				t.Error(got)
			}
		})
	}
}

func TestMapDetails(t *testing.T) {
	const head = "source: x\nkind: push\nentities:\n  - id: '\"urn:x:1\"'\n    type: WeatherObserved\n"
	for name, tc := range map[string]struct{ mapping, payload, want string }{
		"an attribute's own time, and marks by it": {
			head + "    observedAt: time(item.at)\n    attributes:\n      temperature: {value: item.t, observedAt: time(item.old)}\n      windSpeed: item.w\n      name: {value: item.n, static: true}\n" +
				"    classify: [{as: suspect, when: 'arrived - observedAt > duration(\"6h\")', because: old}]\n",
			`{"at":"2026-03-02T09:59:00Z","old":"2026-03-01T00:00:00Z","t":1,"w":2,"n":"x"}`,
			`"temperature":{"type":"Property","value":1,"observedAt":"2026-03-01T00:00:00Z","suspect":{"type":"Property","value":"old"}},"windSpeed":{"type":"Property","value":2,"observedAt":"2026-03-02T09:59:00Z"},"name":{"type":"Property","value":"x"}}`,
		},
		"what is null is omitted": {head + "    attributes: {temperature: item.t, windSpeed: {value: item.w, nulls: [-1, n/a]}, name: {languages: {fr: item.f, nl: item.n}}}\n", `{"t":null,"w":-1.0,"n":""}`, `{"id":"urn:x:1","type":"WeatherObserved"}`},
		"a scope":                 {head + "    scope: item.s\n", `{"s":["/a","/b/c"]}`, `"scope":["/a","/b/c"]`},
		"a bad scope":             {head + "    scope: item.s\n", `{"s":"a"}`, "dead: entities[0]: line 6, column 12: a scope begins with a slash"},
		"sub-attributes":          {head + "    attributes: {temperature: {value: item.t, unit: CEL, attributes: {reliability: item.r}}}\n", `{"t":1,"r":0.9}`, `"temperature":{"type":"Property","value":1,"unitCode":"CEL","reliability":{"type":"Property","value":0.9}}`},
		"several datasets": {
			head + "    attributes:\n      temperature: {value: item.t, dataset: '\"urn:d:\" + item.d'}\n", `{"t":1,"d":"7"}`, `"datasetId":"urn:d:7"`},
		"a relationship that is no URI": {head + "    attributes: {refRoute: {relationship: item.r}}\n", `{"r":"no uri"}`, "dead: entities[0]: [0].attributes.refRoute: line 6"},
		"the mark of null":              {head + "    attributes: {name: item.n}\n", `{"n":"urn:ngsi-ld:null"}`, "which would delete it"},
		"a bad id":                      {strings.Replace(head, "'\"urn:x:1\"'", "item.id", 1), `{"id":"a b"}`, "dead: entities[0]: line 4, column 9"},
		"no id":                         {strings.Replace(head, "'\"urn:x:1\"'", "'\"urn:x:\" + item.id'", 1), `{}`, "the id has no value"},
		"a condition that asks for what is not there": {head + "    when: item.a > 1\n", `{}`, "ask has(...) first"},
		"a polygon in another system": {
			"source: x\nkind: push\ncrs: EPSG:3857\nentities:\n  - id: '\"urn:x:1\"'\n    type: Park\n    attributes: {location: {geometry: item.g}}\n",
			`{"g":"{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[111319.49079327358,0],[0,111325.1428663851],[0,0]]]}"}`, `"coordinates":[[[0,0],[1,0],[0,1],[0,0]]]`},
		"a position out of bounds": {strings.Replace(head, "kind: push\n", "kind: push\nbounds: [4, 50, 5, 51]\n", 1) + "    attributes: {location: {point: [item.x, item.y]}}\n", `{"x":7,"y":8}`, "outside the bounds"},
		"a position, exchanged":    {strings.Replace(head, "kind: push\n", "kind: push\nbounds: [4, 50, 5, 51]\n", 1) + "    attributes: {location: {point: [item.x, item.y]}}\n", `{"x":50.5,"y":"4,25"}`, `"coordinates":[4.25,50.5]`},
		"half a position is none":  {head + "    attributes: {location: {point: [item.x, item.y]}}\n", `{"x":1}`, `"type":"WeatherObserved"}`},
		"an impossible position":   {head + "    attributes: {location: {point: [item.x, item.y]}}\n", `{"x":1,"y":91}`, "dead: "},
		"not JSON":                 {head, `{"a":1,}`, "dead: the payload cannot be read: line 1"},
		"a member twice":           {head, `{"a":1,"a":2}`, "dead: the payload cannot be read"},
		"no items":                 {strings.Replace(head, "kind: push\n", "kind: push\nitems: a.b\n", 1), `{"a":{}}`, `dead: there is no member "b" at "a"`},
		"a wrong type on the way":  {strings.Replace(head, "kind: push\n", "kind: push\nitems: a[].b\n", 1), `{"a":{}}`, `dead: at "a" there is a value of type object, not an array`},
	} {
		t.Run(name, func(t *testing.T) {
			got := show(mustCompile(t, tc.mapping).DryRun(Payload{Data: []byte(tc.payload)}, at0("2026-03-02T10:00:00Z")))
			if !strings.Contains(got, tc.want) {
				t.Errorf("%s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestExpiry(t *testing.T) {
	m := mustCompile(t, "source: x\nkind: push\nentities:\n  - id: '\"urn:x:1\"'\n    type: WeatherObserved\n    observedAt: time(item.at)\n    expiresAt: 'observedAt + duration(\"90m\")'\n")
	r := m.Map(Payload{Data: []byte(`{"at":"2026-03-02T09:00:00Z"}`)}, at0("2026-03-02T10:00:00Z"))
	if len(r.Fragments) != 1 || !r.Fragments[0].HasExpiry || r.Fragments[0].ExpiresAt.String() != "2026-03-02T10:30:00Z" {
		t.Errorf("%+v", r)
	}
}
