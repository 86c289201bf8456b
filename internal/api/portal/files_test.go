package portal

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/query"
)

const lamps = "Code;Rue;Hauteur (m);Longitude;Latitude\nL1;Rue de la Clé;8,5;3,06;50,63\nL2;Quai;6;3,07;50,64\n"

// send puts a file with the plan that its inspection proposed, changed.
func (c *town) send(slug, file string, change func(plan map[string]any), want int) map[string]any {
	c.t.Helper()
	r := httptest.NewRequest("POST", "http://localhost/api/files/inspect", strings.NewReader(file))
	r.Header.Set("Content-Type", "text/csv")
	w := httptest.NewRecorder()
	c.mux.ServeHTTP(w, r)
	if w.Code != 200 {
		c.t.Fatalf("inspect: %d %s", w.Code, w.Body)
	}
	var seen map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &seen); err != nil {
		c.t.Fatal(err)
	}
	plan := map[string]any{"type": "LampPost", "columns": seen["columns"], "epsg": seen["epsg"]}
	if plan["epsg"] == nil {
		delete(plan, "epsg")
	}
	change(plan)
	text, err := json.Marshal(plan)
	if err != nil {
		c.t.Fatal(err)
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for name, content := range map[string][]byte{"plan": text, "file": []byte(file)} {
		part, err := form.CreateFormFile(name, name)
		if err != nil {
			c.t.Fatal(err)
		}
		part.Write(content)
	}
	form.Close()
	r = httptest.NewRequest("PUT", "http://localhost/api/files/"+slug, &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w = httptest.NewRecorder()
	c.mux.ServeHTTP(w, r)
	if w.Code != want {
		c.t.Fatalf("put: %d %s, want %d", w.Code, w.Body, want)
	}
	out := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		c.t.Fatal(err)
	}
	return out
}

// lampPosts gives the ids that are there, in order.
func (c *town) lampPosts() string {
	c.t.Helper()
	var ids []string
	err := c.b.Walk(c.t.Context(), broker.Call{}, &query.Query{Types: query.OneType("https://uri.etsi.org/ngsi-ld/default-context/LampPost")}, 0, func(e *entity.Entity) bool {
		ids = append(ids, strings.TrimPrefix(string(e.ID), "urn:ngsi-ld:LampPost:"))
		return true
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.Join(ids, " ")
}

// From a file to a published dataset, and the file again a year later.
func TestPublishAFile(t *testing.T) {
	c := newTown(t)
	same := func(map[string]any) {}
	dry := c.send("lamp-posts", lamps, func(p map[string]any) { p["dryRun"] = true }, 200)
	if dry["entities"] != 2.0 || dry["written"] != false || c.lampPosts() != "" || dry["first"].(map[string]any)["hauteur"] != 8.5 || dry["first"].(map[string]any)["lon"] != 3.06 {
		t.Errorf("dry run: %v, there is %q", dry, c.lampPosts())
	}
	got := c.send("lamp-posts", lamps, same, 200)
	if got["written"] != true || got["created"] != 2.0 || c.lampPosts() != "lamp-posts:L1 lamp-posts:L2" {
		t.Errorf("%v, there is %q", got, c.lampPosts())
	}
	sel, err := json.Marshal(got["selection"])
	if err != nil {
		t.Fatal(err)
	}
	c.ask("PUT", "/api/datasets/lamp-posts", strings.Replace(strings.Replace(bikes, `{"types":["BikeHireDockingStation"]}`, string(sel), 1), `"1MIN"`, `"IRREG"`, 1), 204)
	c.ask("POST", "/api/datasets/lamp-posts/publish", "", 204)
	if d := c.ask("GET", "/api/datasets/lamp-posts", "", 200); d["count"] != 2.0 {
		t.Errorf("the dataset: %v", d)
	}
	// Another dataset of the same type is not touched.
	c.send("other", "Code;Rue\nL9;x\n", same, 200)
	// What exists is asked about, and not touched before it is confirmed.
	before := c.ask("GET", "/api/datasets/lamp-posts/description", "", 200)
	asked := c.send("lamp-posts", "Code;Rue\nL2;Quai\nL3;Parvis\n", same, 409)
	if e, ok := asked["existing"].(map[string]any); !ok || e["file"] != true || e["state"] != "published" || fmt.Sprint(e["title"]) != "map[en:Bikes fr:Vélos nl:Fietsen]" || c.lampPosts() != "lamp-posts:L1 lamp-posts:L2 other:L9" {
		t.Errorf("%v, there is %q", asked, c.lampPosts())
	}
	replace := func(p map[string]any) { p["replace"] = true }
	// A dataset whose data comes from elsewhere is never taken over.
	c.ask("PUT", "/api/datasets/bikes", bikes, 204)
	if got := c.send("bikes", lamps, replace, 409); got["existing"].(map[string]any)["file"] != false || c.lampPosts() != "lamp-posts:L1 lamp-posts:L2 other:L9" {
		t.Errorf("%v, there is %q", got, c.lampPosts())
	}
	again := c.send("lamp-posts", "Code;Rue\nL2;Quai\nL3;Parvis\n", replace, 200)
	if after := c.ask("GET", "/api/datasets/lamp-posts/description", "", 200); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the description has changed: %v, was %v", after, before)
	}
	if again["created"] != 1.0 || again["deleted"] != 1.0 || c.lampPosts() != "lamp-posts:L2 other:L9 lamp-posts:L3" {
		t.Errorf("%v, there is %q", again, c.lampPosts())
	}
	c.ask("DELETE", "/api/datasets/lamp-posts", "", 204)
	c.send("lamp-posts", lamps, replace, 410)
}

func TestFileRefuses(t *testing.T) {
	c := newTown(t)
	broken := lamps + "L2;encore;1;3;50\n;vide;1;3;50\n"
	got := c.send("lamps", broken, func(p map[string]any) {
		for _, col := range p["columns"].([]any) {
			if m := col.(map[string]any); m["head"] == "Code" {
				m["role"] = "id"
			}
		}
	}, 200)
	if got["written"] != false || got["bad"] != 2.0 || c.lampPosts() != "" || !strings.Contains(fmt.Sprint(got["faults"]), "same key as line 3") {
		t.Errorf("rows that cannot be taken stop the file: %v, there is %q", got, c.lampPosts())
	}
	c.send("lamps", lamps, func(p map[string]any) { p["type"] = "" }, 400)
	c.send("lamps", lamps, func(p map[string]any) { p["type"] = "Dataset" }, 422)
	c.send("lamps", lamps, func(p map[string]any) { p["columns"] = []any{} }, 400)
	c.send("lamps", lamps, func(p map[string]any) { p["columnz"] = 1 }, 400)
	c.send("Lamps!", lamps, func(map[string]any) {}, 400)
	c.ask("PUT", "/api/files/lamps", "{}", 415)
	c.who.who = access.Nobody()
	c.ask("POST", "/api/files/inspect", "a\n1\n", 401)
}
