package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store/embedded"
)

// makeFolder makes a data folder and leaves it.
func makeFolder(t *testing.T, dir, by string) {
	t.Helper()
	st, err := embedded.Open(embedded.Options{Dir: dir, MadeBy: by, Synthetic: by == MadeByDemo})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string, d *Demo) (*embedded.Store, error) {
	t.Helper()
	by := MadeByCity
	if d != nil {
		by = MadeByDemo
	}
	a := &App{o: Options{Demo: d}, log: discard()}
	st, err := a.openFolder(embedded.Options{Dir: dir, MadeBy: by, Synthetic: d != nil})
	if err == nil {
		t.Cleanup(func() {
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return st, err
}

func TestDemoKeepsToItsOwnFolders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "city")
	makeFolder(t, dir, MadeByCity)
	for _, fresh := range []bool{false, true} {
		_, err := open(t, dir, &Demo{Fresh: fresh})
		if !problem.Is(err, problem.Conflict) || !strings.Contains(err.Error(), dir) {
			t.Errorf("fresh %v: %v", fresh, err)
		}
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("the real city was moved: %v", err)
	}
}

func TestServeKeepsTheDemosLabel(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	makeFolder(t, dir, MadeByDemo)
	st, err := open(t, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if h := st.Header(); !h.Synthetic || h.MadeBy != MadeByDemo {
		t.Errorf("%+v", h)
	}
}

func TestFreshMovesTheOldDemoAside(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "demo")
	makeFolder(t, dir, MadeByDemo)
	mark := filepath.Join(dir, "mark")
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir, &Demo{Fresh: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the folder is the old one")
	}
	old, err := filepath.Glob(filepath.Join(parent, "demo.old-*", "mark"))
	if err != nil || len(old) != 1 {
		t.Errorf("the old one is gone: %v, %v", old, err)
	}
}

func TestDirFollowsXDG(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/x")
	if dir, err := Dir(config.Default(), MadeByDemo); err != nil || dir != "/x/beffroi/demo" {
		t.Errorf("%s, %v", dir, err)
	}
	cfg := config.Default()
	cfg.Store.Dir = "/y"
	if dir, err := Dir(cfg, MadeByCity); err != nil || dir != "/y" {
		t.Errorf("%s, %v", dir, err)
	}
}
