package kill

import (
	"os"
	"path/filepath"
	"testing"
)

// mapping turns what the devices publish into entities.
const mapping = `TO BE WRITTEN`

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
	m := write("probe.yaml", mapping)
	return write("beffroi.toml", "[[sources]]\nmapping = \""+m+"\"\n")
}
