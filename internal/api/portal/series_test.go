package portal

import (
	"fmt"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
)

// A series is public with its published datasets, and only with them; each
// dataset says where it stands in it.
func TestSeries(t *testing.T) {
	c := newTown(t)
	for _, slug := range []string{"a", "b", "c"} {
		c.ask("PUT", "/api/datasets/"+slug, bikes, 204)
	}
	const body = `{"title":{"fr":"x","nl":"y","en":"z"},"description":{"fr":"x","nl":"y","en":"z"},"ordered":true,"datasets":["a","b","c"]}`
	c.who.who = access.Nobody()
	c.ask("PUT", "/api/series/all", body, 401)
	c.who.who = access.Local()
	c.ask("PUT", "/api/series/all", body, 204)
	c.ask("PUT", "/api/series/all", `{"datasets":["none"]}`, 400)
	c.ask("PUT", "/api/series/all", `{"data":[]}`, 400)
	if got := c.ask("GET", "/api/series/all", "", 200); len(got["datasets"].([]any)) != 3 || got["href"] != "/id/series/all" {
		t.Errorf("%v", got)
	}
	c.who.who = access.Nobody()
	c.ask("GET", "/api/series/all", "", 404)
	c.who.who = access.Local()
	c.ask("POST", "/api/datasets/a/publish", "", 204)
	c.ask("POST", "/api/datasets/c/publish", "", 204)
	c.who.who = access.Nobody()
	if got := fmt.Sprint(c.ask("GET", "/api/series", "", 200)["series"].([]any)[0].(map[string]any)["datasets"]); got != "[map[href:/id/dataset/a slug:a title:map[en:Bikes fr:Vélos nl:Fietsen]] map[href:/id/dataset/c slug:c title:map[en:Bikes fr:Vélos nl:Fietsen]]]" {
		t.Error(got)
	}
	place := c.ask("GET", "/api/datasets/c", "", 200)["series"].([]any)[0].(map[string]any)
	if place["previous"].(map[string]any)["slug"] != "a" || place["next"] != nil || place["href"] != "/id/series/all" {
		t.Errorf("%v", place)
	}
	c.who.who = access.Local()
	c.ask("DELETE", "/api/series/all", "", 204)
	c.ask("GET", "/api/series/all", "", 404)
	if got := c.ask("GET", "/api/datasets/c", "", 200); got["series"] != nil {
		t.Errorf("%v", got["series"])
	}
}
