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
