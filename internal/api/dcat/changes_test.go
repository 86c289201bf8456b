package dcat

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/broker"
)

// objects gives what stands behind a predicate in N-Triples, in order.
func objects(nt, subject, predicate string) []string {
	var out []string
	for line := range strings.Lines(nt) {
		s, rest, _ := strings.Cut(line, " ")
		p, o, _ := strings.Cut(rest, " ")
		if (subject == "" || s == "<"+subject+">") && p == "<"+predicate+">" {
			out = append(out, strings.Trim(strings.TrimSuffix(o, " .\n"), "<>"))
		}
	}
	return out
}

// crawl follows the relations from the root, as a client of TREE does, and
// gives the activities of each kind by dataset.
func (c *town) crawl() map[string][]string {
	c.t.Helper()
	out := map[string][]string{}
	todo, seen := []string{public + "/catalog/changes"}, map[string]bool{}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		nt := c.body(strings.TrimPrefix(at, public), "Accept", "application/n-triples")
		for _, r := range objects(nt, at, treeNS+"relation") {
			todo = append(todo, objects(nt, r, treeNS+"node")...)
		}
		for _, m := range objects(nt, "", treeNS+"member") {
			kind := strings.TrimPrefix(objects(nt, m, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type")[0], asNS)
			what := strings.TrimPrefix(objects(nt, m, asNS+"object")[0], public+"/id/dataset/")
			if seen[m] || len(objects(nt, m, asNS+"published")) != 1 || (kind == "Delete") != (len(objects(nt, m, dctNS+"title")) == 0) {
				c.t.Errorf("%s: %s", at, m)
			}
			seen[m] = true
			out[kind] = append(out[kind], what)
		}
	}
	return out
}

func TestFeedOfChanges(t *testing.T) {
	c := newTown(t)
	if got := c.crawl(); len(got["Create"]) != 12 || len(got) != 1 || slices.Contains(got["Create"], "weather") {
		t.Errorf("%v", got)
	}
	first := c.get("/catalog/changes?page=1", "Accept", "text/turtle")
	if first.Header().Get("Cache-Control") != "no-cache" || first.Header().Get("ETag") == "" {
		t.Errorf("%v", first.Header())
	}
	d, err := c.s.Get(t.Context(), broker.Call{}.Space, "trees")
	c.must(err)
	edit := func(n int) {
		for i := range n {
			c.now += 1e6
			changed := *d
			changed.Keywords = map[string][]string{"en": {fmt.Sprint("k", c.now, i)}}
			c.must(c.s.Put(t.Context(), broker.Call{}, changed))
		}
	}
	edit(feedPage - 12)
	// A page that is full may still get a link to the next one.
	if w := c.get("/catalog/changes?page=1"); w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%v", w.Header())
	}
	edit(1)
	full := c.get("/catalog/changes?page=1")
	if got := full.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") || !slices.Contains(full.Header().Values("Vary"), "NGSILD-Tenant") {
		t.Errorf("%v", full.Header())
	}
	edit(feedPage)
	c.now += 1e6
	c.must(c.s.Withdraw(t.Context(), broker.Call{}, "noise"))
	if w := c.get("/catalog/changes?page=1"); w.Body.String() != full.Body.String() {
		t.Error("an immutable page has changed")
	}
	got := c.crawl()
	if len(got["Create"]) != 12 || len(got["Update"]) != 2*feedPage-11 || !slices.Equal(got["Delete"], []string{"noise"}) {
		t.Errorf("%d created, %d changed, %v deleted", len(got["Create"]), len(got["Update"]), got["Delete"])
	}
	for path, want := range map[string]int{"/catalog/changes?page=4": 404, "/catalog/changes?page=0": 400, "/catalog/changes?since=1": 400} {
		if w := c.get(path); w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := c.get("/catalog/changes", "Accept", "image/png"); w.Code != http.StatusNotAcceptable {
		t.Error(w.Code)
	}
}
