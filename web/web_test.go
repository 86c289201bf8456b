package web_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/web"
)

// TestShellIsSelfContained holds the built shell to the content security
// policy: no inline script or style, and every file that it names is there.
func TestShellIsSelfContained(t *testing.T) {
	b, err := fs.ReadFile(web.FS(), "index.html")
	if err != nil {
		t.Fatalf("the shell is missing, run npm run build in web/: %v", err)
	}
	page := string(b)
	if strings.Contains(page, "<style") || strings.Contains(page, " style=") {
		t.Error("index.html has inline style, which the content security policy refuses")
	}
	for _, m := range regexp.MustCompile(`<script([^>]*)>([^<]*)</script>`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(m[1], "src=") || strings.TrimSpace(m[2]) != "" {
			t.Errorf("inline script in index.html: %q", m[0])
		}
	}
	for _, m := range regexp.MustCompile(`<(?:script|link)[^>]*(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		name := strings.TrimPrefix(m[1], "/")
		if name == m[1] {
			t.Errorf("%q is not a path from the root: pages live at several depths", m[1])
			continue
		}
		if _, err := fs.Stat(web.FS(), name); err != nil {
			t.Errorf("index.html names %s: %v", m[1], err)
		}
	}
}
