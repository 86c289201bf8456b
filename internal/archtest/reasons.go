package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// The two files that a new third-party module shows in.
const (
	modFile     = "go.mod"
	reasonsFile = "docs/dependencies.md"
)

// checkReasons asks for a reason in docs/dependencies.md for each third-party
// module that some Go file imports, tests and tools included, and bans reasons
// for modules that go.mod no longer has. A reason is a line that names the
// module between backquotes.
func checkReasons(t *Tree) []Finding {
	mods := required(string(t.Texts[modFile]))
	reasons := string(t.Texts[reasonsFile])
	used := map[string]bool{}
	for _, tool := range toolLines(string(t.Texts[modFile])) {
		used[moduleOf(tool, mods)] = true
	}
	var out []Finding
	for _, p := range t.Packages {
		for _, f := range p.Files {
			for _, spec := range f.AST.Imports {
				path := imported(spec)
				if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") || path == Module || strings.HasPrefix(path, Module+"/") {
					continue
				}
				mod := moduleOf(path, mods)
				if mod == "" {
					out = append(out, f.at(spec.Pos(), "no module in go.mod has the package %s", path))
				}
				used[mod] = true
			}
		}
	}
	for mod := range used {
		if mod != "" && !strings.Contains(reasons, "`"+mod+"`") {
			out = append(out, Finding{Path: reasonsFile, Text: fmt.Sprintf("%s is imported and has no reason here", mod)})
		}
	}
	for i, line := range strings.Split(reasons, "\n") {
		cell, ok := strings.CutPrefix(line, "| `")
		if mod, _, closed := strings.Cut(cell, "`"); ok && closed && !slices.Contains(mods, mod) {
			out = append(out, Finding{Path: reasonsFile, Line: i + 1, Text: mod + " has a reason here and is not in go.mod"})
		}
	}
	return sorted(out)
}

// required lists the module paths that a go.mod names with a version, the
// longest first.
func required(gomod string) []string {
	var out []string
	for line := range strings.Lines(gomod) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) >= 2 && strings.HasPrefix(fields[1], "v") && strings.Contains(fields[0], ".") {
			out = append(out, fields[0])
		}
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}

// toolLines lists the packages that a go.mod names as tools, whether one by
// one or in a block.
func toolLines(gomod string) []string {
	var out []string
	inside := false
	for line := range strings.Lines(gomod) {
		line = strings.TrimSpace(line)
		switch {
		case line == "tool (":
			inside = true
		case line == ")":
			inside = false
		case inside && line != "":
			out = append(out, line)
		case strings.HasPrefix(line, "tool "):
			out = append(out, strings.TrimPrefix(line, "tool "))
		}
	}
	return out
}

// moduleOf finds the module of a package; mods has the longest path first.
func moduleOf(pkg string, mods []string) string {
	for _, m := range mods {
		if pkg == m || strings.HasPrefix(pkg, m+"/") {
			return m
		}
	}
	return ""
}
