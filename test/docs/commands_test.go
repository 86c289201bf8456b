// Package docs holds what is written to what is built: each command that a
// page shows is one that the binary knows.
package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/test/process"
)

// shown is one command in a page.
type shown struct {
	page  string
	line  int
	words []string // the subcommand
	flags []string // with their dashes
}

// commands finds the lines of code in a page that call beffroi. A line of code
// is indented by four blanks or stands between fences.
func commands(page, text string) []shown {
	call := regexp.MustCompile(`^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:go run \./cmd/beffroi|beffroi)((?: .*)?)$`)
	var out []shown
	fenced := false
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
			continue
		}
		code, indented := strings.CutPrefix(line, "    ")
		if !fenced && !indented {
			continue
		}
		code, _, _ = strings.Cut(code, " #")
		m := call.FindStringSubmatch(strings.TrimSpace(code))
		if m == nil {
			continue
		}
		s := shown{page: page, line: i + 1}
		fields := strings.Fields(m[1])
		for j, w := range fields {
			if strings.HasPrefix(w, "-") {
				name, _, _ := strings.Cut(w, "=")
				s.flags = append(s.flags, name)
			} else if j == len(s.words) && len(s.words) < depth(s.words) {
				s.words = append(s.words, w)
			}
		}
		out = append(out, s)
	}
	return out
}

// depth tells how many words a subcommand has that begins so.
func depth(words []string) int {
	if len(words) > 0 && slices.Contains([]string{"user", "token", "device", "source", "dataset", "dead"}, words[0]) {
		return 2
	}
	return 1
}

func TestCommandsInAPage(t *testing.T) {
	text := "Text: beffroi nothing\n\n" +
		"    go run ./cmd/beffroi demo\n" +
		"    beffroi user add --data DIR ada --role=steward   # once --more\n" +
		"```\n$ BEFFROI_X=1 beffroi serve --addr HOST:PORT|off\nbeffroi.toml --no\n```\n" +
		"    beffroi\n"
	got := commands("p.md", text)
	want := []shown{
		{"p.md", 3, []string{"demo"}, nil},
		{"p.md", 4, []string{"user", "add"}, []string{"--data", "--role"}},
		{"p.md", 6, []string{"serve"}, []string{"--addr"}},
		{"p.md", 9, nil, nil},
	}
	if !slices.EqualFunc(got, want, func(a, b shown) bool {
		return a.page == b.page && a.line == b.line && slices.Equal(a.words, b.words) && slices.Equal(a.flags, b.flags)
	}) {
		t.Errorf("commands = %+v, want %+v", got, want)
	}
}

func TestPagesShowCommandsThatExist(t *testing.T) {
	binary := process.Build(t)
	root := filepath.Join("..", "..")
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/howto/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	help := map[string]string{}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commands(page, string(text)) {
			name := strings.Join(c.words, " ")
			if _, ok := help[name]; !ok {
				out, err := exec.CommandContext(t.Context(), binary, append(slices.Clone(c.words), "--help")...).CombinedOutput()
				if err != nil {
					t.Errorf("%s:%d: beffroi %s --help: %v\n%s", c.page, c.line, name, err, out)
				}
				help[name] = string(out)
			}
			if usage := regexp.MustCompile(`(?m)^\s*beffroi ` + regexp.QuoteMeta(name) + `\b`); !usage.MatchString(help[name]) {
				t.Errorf("%s:%d: there is no command beffroi %s", c.page, c.line, name)
			}
			for _, f := range c.flags {
				if !regexp.MustCompile(`(?m)(^|[\s,])` + regexp.QuoteMeta(f) + `\b`).MatchString(help[name]) {
					t.Errorf("%s:%d: beffroi %s has no flag %s", c.page, c.line, name, f)
				}
			}
		}
	}
}
