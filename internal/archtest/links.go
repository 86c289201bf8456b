package archtest

import (
	"path"
	"regexp"
	"strings"
)

// checkLinks follows the links between pages and to pictures: what a page
// points to in the tree is there. Reference data keeps the links of its source.
func checkLinks(t *Tree) []Finding {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	var out []Finding
	for p, text := range t.Texts {
		if path.Ext(p) != ".md" || strings.Contains("/"+p, "/testdata/") {
			continue
		}
		for i, line := range strings.Split(string(text), "\n") {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				target, _, _ := strings.Cut(m[1], "#")
				if target == "" || strings.Contains(target, ":") {
					continue
				}
				if !t.Paths[path.Join(path.Dir(p), target)] {
					out = append(out, Finding{Path: p, Line: i + 1, Text: "points to " + m[1] + ", which is not there"})
				}
			}
		}
	}
	return sorted(out)
}
