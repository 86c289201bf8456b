package archtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/tools/linked"
)

// linkedModules asks the go command what the binary links.
func linkedModules(t *testing.T) (root string, mods []linked.Module) {
	t.Helper()
	root = repository(t)
	if _, err := os.Stat(filepath.Join(root, linked.Main)); err != nil {
		t.Skipf("there is no %s yet", linked.Main)
	}
	mods, err := linked.Modules(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	return root, mods
}

func TestLinkedPackagesAreListed(t *testing.T) {
	root, mods := linkedModules(t)
	have, err := os.ReadFile(filepath.Join(root, "docs", "linked-packages.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), string(linked.List(mods))); diff != "" {
		t.Errorf("docs/linked-packages.txt is not what is linked: give each newcomer its reason in docs/dependencies.md, then make gen (-listed +linked):\n%s", diff)
	}
}

func TestLinkedModulesAreFreeToLink(t *testing.T) {
	_, mods := linkedModules(t)
	for _, m := range mods {
		texts, err := linked.Texts(m.Dir)
		if err != nil {
			t.Error(err)
		}
		for _, text := range texts {
			if linked.Copyleft(text.ID) {
				t.Errorf("%s %s is under %s, which would reach over to the whole binary", m.Path, m.Version, text.ID)
			}
		}
	}
}
