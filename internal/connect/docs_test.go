package connect

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// TestDocs does what docs/howto/connect.md shows: each mapping compiles, and
// the payload behind it gives the entity behind that.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "howto", "connect.md"))
	if err != nil {
		t.Fatal(err)
	}
	var m *Mapping
	var payload []byte
	entities := 0
	for _, b := range regexp.MustCompile("(?ms)^```(?:yaml|json) (mapping|payload|entity)\n(.*?)^```").FindAllSubmatch(page, -1) {
		switch string(b[1]) {
		case "mapping":
			m = mustCompile(t, string(b[2]))
		case "payload":
			payload = b[2]
		case "entity":
			entities++
			topic := "meters/m7/noise"
			if m.Source == "classrooms" {
				topic = "v3/app@tenant/devices/school-7/up"
			}
			tr := m.DryRun(Payload{Data: payload, Topic: topic}, at0("2026-03-02T10:57:20Z"))
			if len(tr.Entities) != 1 || len(tr.Letters) != 0 {
				t.Fatal(show(tr))
			}
			want, err := jsontree.Parse(b[2], jsontree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if want.String() != string(tr.Entities[0]) {
				t.Errorf("the page says\n%s\nbut it gives\n%s", want, tr.Entities[0])
			}
		}
	}
	if entities != 2 {
		t.Errorf("%d examples with a result in the page, want 2", entities)
	}
}
