package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/test/process"
)

// What the page about snapshots shows does what the page says.
func TestSnapshotsStepByStep(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "howto", "snapshots.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := blocks(string(page), "Step by step")
	srv := &process.Server{Binary: process.Build(t), Dir: filepath.Join(t.TempDir(), "data"), MQTT: "off"}
	if err := srv.Start(nil); err != nil {
		t.Fatal(err)
	}
	defer srv.Kill()
	here := strings.NewReplacer("http://127.0.0.1:8080", srv.Base)
	says := []string{"", "", `"snapshotStatus":"success"`, "", `"value":8`, `"value":3`, "", `"snapshotPriority":9`, "", ""}
	if len(steps) != len(says) {
		t.Fatalf("the section has %d blocks of code, this test knows %d: %q", len(steps), len(says), steps)
	}
	for i, step := range steps {
		out := sh(t, here.Replace(step))
		for end := time.Now().Add(time.Minute); strings.Contains(out, `"snapshotStatus":"preparing"`) && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			out = sh(t, here.Replace(step)) // as the page says
		}
		if !strings.Contains(out, says[i]) {
			t.Errorf("%s\nsays %s, not %s", step, out, says[i])
		}
	}
}
