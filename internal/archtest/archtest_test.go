package archtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// archive loads a tree from testdata and gives what its "want" part says.
func archive(t *testing.T, name string) (*Tree, string) {
	t.Helper()
	arc, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files, paths, want := fstest.MapFS{}, []string(nil), ""
	for _, f := range arc.Files {
		// A registry's address stands in testdata with a gap behind a dot.
		text := strings.ReplaceAll(string(f.Data), ". ", ".")
		if name != "hosts" {
			text = string(f.Data)
		}
		if f.Name == "want" {
			want = text
			continue
		}
		files[f.Name] = &fstest.MapFile{Data: []byte(text)}
		paths = append(paths, f.Name)
	}
	tree, err := Load(files, paths)
	if err != nil {
		t.Fatal(err)
	}
	return tree, want
}

// listing joins findings, a line each.
func listing(fs []Finding) string {
	var b strings.Builder
	for _, f := range fs {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

func TestEachRuleSeesItsTree(t *testing.T) {
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			tree, want := archive(t, rule.Name)
			if want == "" {
				t.Fatal("the tree breaks nothing, so it proves nothing")
			}
			if diff := cmp.Diff(want, listing(rule.Check(tree))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoRuleSpeaksOfACleanTree(t *testing.T) {
	tree, _ := archive(t, "clean")
	for _, rule := range Rules() {
		if got := listing(rule.Check(tree)); got != "" {
			t.Errorf("%s:\n%s", rule.Name, got)
		}
	}
}

// repository is the folder that holds go.mod.
func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return root
}

// committed lists the files that are committed or would be.
func committed(t *testing.T, root string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("the rules need git to know which files count: %v", err)
	}
	var paths []string
	for p := range strings.SplitSeq(string(out), "\x00") {
		if info, err := os.Lstat(filepath.Join(root, p)); p != "" && err == nil && info.Mode().IsRegular() {
			paths = append(paths, p)
		}
	}
	return paths
}

func TestRepositoryKeepsTheRules(t *testing.T) {
	root := repository(t)
	tree, err := Load(os.DirFS(root), committed(t, root))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Packages) < 5 {
		t.Fatalf("only %d packages found: the walk is broken", len(tree.Packages))
	}
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			if got := listing(rule.Check(tree)); got != "" {
				t.Errorf("broken in:\n%s", got)
			}
		})
	}
}
