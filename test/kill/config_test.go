package kill

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/connect"
)

// mapping turns what the devices publish into entities, under the names that
// an NGSI-LD client without a context uses.
const mapping = `
source: probe
kind: mqtt
topic: probe/+
decoder: json
context: https://uri.etsi.org/ngsi-ld/default-context/
entities:
  - id: string(item.id)
    type: KillProbe
    observedAt: time(item.at)
    attributes:
      count: item.count
`

// configure writes the configuration and the mapping, and returns the path of
// the first.
func configure(t *testing.T, dir string) string {
	t.Helper()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("beffroi.toml", "[connect]\nmappings = [\""+write("probe.yaml", mapping)+"\"]\n")
}

// The mapping makes of a device's message what an HTTP writer would send.
func TestMapping(t *testing.T) {
	m, err := connect.Compile([]byte(mapping))
	if err != nil {
		t.Fatal(err)
	}
	w := write{key{entityID("five0", 3), "count"}, 7}
	trial := m.DryRun(connect.Payload{Topic: topicOf("five0"), Data: reading(w)}, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	if len(trial.Letters) > 0 || len(trial.Entities) != 1 {
		t.Fatalf("entities %s, letters %v", trial.Entities, trial.Letters)
	}
	for _, part := range []string{`"id":"` + w.entity + `"`, `"type":"KillProbe"`, `"count":{"type":"Property","value":7,"observedAt":"2026-01-31T23:37:00Z"`} {
		if !strings.Contains(string(trial.Entities[0]), part) {
			t.Errorf("%s lacks %s", trial.Entities[0], part)
		}
	}
}
