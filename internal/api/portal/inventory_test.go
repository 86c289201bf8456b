package portal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
)

// What a steward sees first: drafts too, what they lack, and where what is
// typed and what is measured disagree.
func TestInventory(t *testing.T) {
	c := newTown(t)
	lines := func() map[string]map[string]any {
		out := map[string]map[string]any{}
		for _, l := range c.ask("GET", "/api/inventory", "", 200)["datasets"].([]any) {
			out[l.(map[string]any)["slug"].(string)] = l.(map[string]any)
		}
		return out
	}
	c.ask("PUT", "/api/datasets/empty", `{"title":{"fr":"Rien"},"selection":{"types":["Tree"]}}`, 204)
	c.station("1", 3)
	c.ask("PUT", "/api/datasets/bikes", bikes, 204)
	c.ask("POST", "/api/datasets/bikes/publish", "", 204)
	got := lines()
	if l := got["empty"]; l["state"] != "draft" || l["light"] != "red" || len(l["missing"].([]any)) < 5 {
		t.Errorf("a draft: %v", l)
	}
	if l := got["bikes"]; l["state"] != "published" || l["light"] != "green" || l["contradictions"] != nil || l["measured"].(map[string]any)["count"] != 1.0 || l["typed"].(map[string]any)["frequency"] != "1MIN" {
		t.Errorf("what is in order: %v", l)
	}
	c.now += 2 * 24 * 3600e6
	l := lines()["bikes"]
	if l["light"] != "amber" || fmt.Sprint(l["contradictions"].([]any)[0].(map[string]any)["measured"]) != "silent for 2 days" {
		t.Errorf("declared every minute, silent for two days: %v", l)
	}
	c.who.who = access.Nobody()
	c.ask("GET", "/api/inventory", "", 401)
}

// A draft that selects nothing yet stands in the inventory like any other.
func TestInventoryWithAnEmptyDraft(t *testing.T) {
	c := newTown(t)
	c.ask("PUT", "/api/datasets/empty", `{}`, 204)
	got := c.ask("GET", "/api/inventory", "", 200)["datasets"].([]any)
	if len(got) != 1 || got[0].(map[string]any)["light"] != "red" {
		t.Errorf("%v", got)
	}
}

// A closed dataset that is complete is in order, and whoever describes it sees
// what it selects; the public is told no number.
func TestInventoryOfAClosedDataset(t *testing.T) {
	c := newTown(t)
	c.station("1", 3)
	closed := strings.Replace(bikes, `"period":60`, `"period":60,"access":"RESTRICTED","reason":"personal"`, 1)
	c.ask("PUT", "/api/datasets/bikes", closed, 204)
	c.ask("POST", "/api/datasets/bikes/publish", "", 204)
	if got := c.ask("GET", "/api/inventory", "", 200)["datasets"].([]any)[0].(map[string]any); got["light"] != "green" {
		t.Errorf("%v", got)
	}
	if got := c.ask("POST", "/api/datasets/bikes/check", closed, 200)["selection"].(map[string]any); got["count"] != 1.0 {
		t.Errorf("%v", got)
	}
	c.who.who = access.Nobody()
	if got := c.ask("GET", "/api/datasets/bikes", "", 200); got["count"] != 0.0 || got["bbox"] != nil || got["temporal"] != nil {
		t.Errorf("%v", got)
	}
}
