package dcat

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
)

const public = "https://data.clairebeke.example"

// lines gives the N-Triples of a page, those of Hydra apart.
func lines(body string) (facts map[string]bool, paging []string) {
	facts = map[string]bool{}
	for line := range strings.Lines(body) {
		// What paging says: its own words, and that other pages are resources.
		if strings.Contains(line, hydraNS) || strings.HasPrefix(line, "<"+public+"/catalog.nt?") {
			paging = append(paging, line)
		} else {
			facts[line] = true
		}
	}
	return facts, paging
}

// follow goes from page to page by one of the two vocabularies, as udata does:
// the only page in the graph, and its link.
func (c *town) follow(path, class, word string) (facts map[string]bool, pages int) {
	c.t.Helper()
	facts = map[string]bool{}
	seen := map[string]bool{}
	for at := public + path; ; pages++ {
		if seen[at] || pages > 50 {
			c.t.Fatalf("%s leads back to %s", path, at)
		}
		seen[at] = true
		some, paging := lines(c.body(strings.TrimPrefix(at, public)))
		maps.Copy(facts, some)
		var page, next string
		for _, line := range paging {
			if s, ok := strings.CutSuffix(line, " <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <"+hydraNS+class+"> .\n"); ok {
				if page != "" {
					c.t.Fatalf("%s: two pages, %s and %s", at, page, s)
				}
				page = s
			}
		}
		for _, line := range paging {
			if rest, ok := strings.CutPrefix(line, page+" <"+hydraNS+word+"> <"); ok {
				next = strings.TrimSuffix(rest, "> .\n")
			}
		}
		if page != "<"+at+">" {
			c.t.Errorf("%s calls itself %s", at, page)
		}
		if next == "" {
			return facts, pages + 1
		}
		at = next
	}
}

func TestPagesTogetherAreTheDump(t *testing.T) {
	c := newTown(t)
	want, paging := lines(c.body("/catalog.nt"))
	if len(paging) != 0 {
		t.Errorf("the dump has pages: %q", paging)
	}
	for _, words := range [][2]string{{"PartialCollectionView", "next"}, {"PagedCollection", "nextPage"}} {
		for _, limit := range []int{1, 5, 6, 1000} {
			got, pages := c.follow(fmt.Sprintf("/catalog.nt?limit=%d&page=1", limit), words[0], words[1])
			if n := (12 + limit - 1) / limit; pages != n {
				t.Errorf("limit %d: %d pages, want %d", limit, pages, n)
			}
			if !maps.Equal(got, want) {
				t.Errorf("limit %d by %s: %d facts, the dump has %d", limit, words[1], len(got), len(want))
				for _, line := range slices.Sorted(maps.Keys(want)) {
					if !got[line] {
						t.Logf("missing: %s", line)
					}
				}
			}
		}
	}
	w := c.get("/catalog?limit=5&page=2", "Accept", "text/turtle", "X-Forwarded-Host", "evil.example")
	links := strings.Join(w.Header().Values("Link"), ", ")
	for _, l := range []string{`catalog.ttl?limit=5&page=1>; rel="first"`, `page=1>; rel="previous"`, `page=3>; rel="next"`, `page=3>; rel="last"`} {
		if !strings.Contains(links, l) {
			t.Errorf("no %s in %s", l, links)
		}
	}
	if strings.Contains(w.Body.String()+links, "evil") {
		t.Error("an address of somebody else")
	}
}

func TestModifiedSince(t *testing.T) {
	c := newTown(t)
	datasets := func(query string) string {
		t.Helper()
		var out []string
		for line := range strings.Lines(c.body("/catalog.nt?" + query)) {
			if s, ok := strings.CutPrefix(line, "<"+public+"/catalog> <http://www.w3.org/ns/dcat#dataset> <"+public+"/id/dataset/"); ok {
				out = append(out, strings.TrimSuffix(s, "> .\n"))
			}
		}
		return strings.Join(out, " ")
	}
	c.now += 60e6
	c.station("1", 3.2, 9)
	since := url.QueryEscape(c.now.String())
	if got := datasets("modified_since=" + since); got != "shared-bikes" {
		t.Error(got)
	}
	if got := datasets("modified_since=" + since + "&limit=1"); got != "shared-bikes" {
		t.Error(got)
	}
	if got := datasets("modified_since=" + url.QueryEscape((c.now + 1).String())); got != "" {
		t.Error(got)
	}
	if got := strings.Fields(datasets("modified_since=2020-01-01")); len(got) != 12 {
		t.Error(got)
	}
	if body := c.body("/catalog.nt?modified_since=2020-01-01&limit=5"); !strings.Contains(body, "?limit=5&modified_since=2020-01-01&page=2>") {
		t.Error("the next page forgets modified_since")
	}
}

// Last-Modified goes with every change: of a reading, of a description, by a
// withdrawal and by a deletion; a client that has it all is told so.
func TestLastModified(t *testing.T) {
	c := newTown(t)
	for what, change := range map[string]func(){
		"a reading":    func() { c.station("1", 3.2, int(c.now/60e6%7)) },
		"a withdrawal": func() { c.must(c.s.Withdraw(t.Context(), broker.Call{}, "noise")) },
		"a deletion": func() {
			c.must(c.b.Delete(t.Context(), broker.Call{}, entity.ID("urn:ngsi-ld:BikeHireDockingStation:2")))
		},
	} {
		c.now += 60e6
		before := c.get("/catalog.nt")
		have := before.Header().Get("Last-Modified")
		if w := c.get("/catalog.nt", "If-Modified-Since", have); have == "" || w.Code != http.StatusNotModified || w.Body.Len() != 0 {
			t.Errorf("before %s: %d for %q", what, w.Code, have)
		}
		if w := c.get("/catalog.nt", "If-Modified-Since", have, "If-None-Match", `"other"`); w.Code != http.StatusOK {
			t.Errorf("before %s: %d though the tag is another one", what, w.Code)
		}
		c.now += 60e6
		change()
		if w := c.get("/catalog.nt"); w.Header().Get("Last-Modified") != "" {
			t.Errorf("%s: a second that is not over has the date %s", what, w.Header().Get("Last-Modified"))
		}
		c.now += 60e6
		if w := c.get("/catalog.nt", "If-Modified-Since", have); w.Code != http.StatusOK || w.Header().Get("Last-Modified") == have {
			t.Errorf("after %s: %d %s", what, w.Code, w.Header().Get("Last-Modified"))
		}
		if w := c.get("/catalog.nt", "If-Modified-Since", "yesterday"); w.Code != http.StatusOK {
			t.Errorf("after %s: %d for a date that cannot be read", what, w.Code)
		}
	}
}

func (c *town) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}
