package ckan

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/find"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/vocab"
)

var update = flag.Bool("update", false, "write the golden files anew")

const base = "https://data.clairebeke.example"

type town struct {
	t   testing.TB
	s   *catalogue.Service
	mux *httpx.Mux
	now entity.Instant
}

// newTown is a city whose demo datasets are published, one a minute; weather
// stays a draft and noise is withdrawn.
func newTown(t testing.TB) *town {
	c := &town{t: t, now: 1_780_000_000_000_000}
	now := func() entity.Instant { return c.now }
	st := memstore.New(memstore.Options{Clock: func() time.Time { return c.now.Time() }})
	b := broker.New(st, broker.Options{Now: now, Guard: catalogue.Guard})
	c.s = catalogue.New(catalogue.Options{Broker: b, Log: st, Now: now})
	policy := access.NewPolicy(access.Settings{PublicURL: base}, nil, c.s)
	api := New(Options{Catalogue: c.s, Now: now,
		Call: func(r *http.Request) (broker.Call, error) {
			return broker.Call{Space: store.Space{Tenant: r.Header.Get("NGSILD-Tenant")}}, nil
		},
		City:  func(context.Context) (string, error) { return "Clairebeke", nil },
		Agent: func(name string) string { return strings.ReplaceAll(catalogue.Fold(name), " ", "-") },
		Resources: func(base string, d *catalogue.Dataset) []Resource {
			var out []Resource
			for _, f := range catalogue.Files() {
				out = append(out, Resource{base + "/id/distribution/" + d.Slug + "-" + f.Ext, f.Name, f.Media, base + "/datasets/" + d.Slug + "." + f.Ext, catalogue.Texts{"fr": "État actuel", "en": "Current state"}, false})
			}
			return append(out, Resource{base + "/id/distribution/" + d.Slug + "-ngsi-ld", "JSON-LD", "application/ld+json", base + "/ngsi-ld/v1/entities?type=x", catalogue.Texts{"en": "API"}, true})
		}})
	var err error
	if c.mux, err = httpx.New(httpx.Options{Access: policy, Hosts: httpx.Hosts{PublicURL: base}}, api.Routes()...); err != nil {
		t.Fatal(err)
	}
	for _, d := range catalogue.DemoDatasets(map[string]string{"fr": "Clairebeke"}) {
		c.now += 60e6
		if err := c.s.Put(t.Context(), broker.Call{}, d); err != nil {
			t.Fatal(err)
		}
		if d.Slug != "weather" {
			if err := c.s.Publish(t.Context(), broker.Call{}, d.Slug); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.s.Withdraw(t.Context(), broker.Call{}, "noise"); err != nil {
		t.Fatal(err)
	}
	out, err := b.Ingest(t.Context(), broker.Call{Origin: store.Origin{Source: "bikes"}}, []entity.Fragment{{ID: "urn:ngsi-ld:BikeHireDockingStation:1",
		Types: []entity.Name{vocab.Term("BikeHireDockingStation")}, Attrs: []entity.Instance{
			{Name: vocab.Term("availableBikeNumber"), Kind: entity.Property, Value: []byte("3"), ObservedAt: c.now},
			{Name: vocab.Location, Kind: entity.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[3.2,50.6]}`)}}}})
	if err != nil || out[0].Err != nil {
		t.Fatal(err, out)
	}
	return c
}

type reply struct {
	Help    string         `json:"help"`
	Success bool           `json:"success"`
	Result  jsontext.Value `json:"result"`
	Error   map[string]any `json:"error"`
}

func (c *town) send(r *http.Request) (int, reply) {
	c.t.Helper()
	w := httptest.NewRecorder()
	c.mux.ServeHTTP(w, r)
	var out reply
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		c.t.Fatalf("%s: %d %v\n%s", r.URL, w.Code, err, w.Body)
	}
	if out.Success != (w.Code == http.StatusOK) || out.Success == (out.Error != nil) || !strings.HasPrefix(out.Help, base+"/api/3/action/help_show?name=") {
		c.t.Errorf("%s: %d %s", r.URL, w.Code, w.Body)
	}
	return w.Code, out
}

func (c *town) get(path string, header ...string) (int, reply) {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodGet, base+"/api/3/action/"+path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return c.send(r)
}

// result asks for what must be there.
func result[T any](c *town, path string, header ...string) T {
	c.t.Helper()
	status, r := c.get(path, header...)
	var out T
	if err := json.Unmarshal(r.Result, &out, json.MatchCaseInsensitiveNames(true)); err != nil || status != http.StatusOK {
		c.t.Fatalf("%s: %d %v %v %s", path, status, err, r.Error, r.Result)
	}
	return out
}

func TestGoldenExchanges(t *testing.T) {
	c := newTown(t)
	for name, path := range map[string]string{
		"package":       "package_show?id=shared-bikes",
		"search":        "package_search?q=bus&rows=1&facet.field=%5B%22organization%22,%22groups%22,%22res_format%22%5D",
		"status":        "status_show",
		"organizations": "organization_list?all_fields=true",
		"groups":        "group_list?all_fields=true",
		"licences":      "license_list",
	} {
		_, r := c.get(path)
		if err := r.Result.Indent(); err != nil {
			t.Fatal(err)
		}
		got := string(r.Result) + "\n"
		file := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what it was; go test ./internal/api/ckan -update writes it anew\n%s", file, got)
		}
	}
}

type pack struct {
	ID           string
	Name         string
	Title        string
	Resources    []struct{ ID, Name string }
	Extras       []struct{ Key, Value string }
	PackageCount int `json:"package_count"`
	Packages     []struct{ Name string }
}

// What is listed can be shown by name and by id, and nothing unpublished is
// anywhere.
func TestListsAndShows(t *testing.T) {
	c := newTown(t)
	names := result[[]string](c, "package_list")
	if len(names) != 11 || slices.Contains(names, "weather") || slices.Contains(names, "noise") {
		t.Fatal(names)
	}
	if got := result[[]string](c, "package_list?limit=2&offset=1"); !slices.Equal(got, names[1:3]) {
		t.Error(got)
	}
	full := result[[]pack](c, "current_package_list_with_resources?limit=3")
	if len(full) != 3 || full[0].Name != "public-transport" {
		t.Errorf("%v", full)
	}
	seen := map[string]bool{}
	for _, name := range names {
		p := result[pack](c, "package_show?id="+name)
		if byID := result[pack](c, "package_show?id="+p.ID); byID.Name != name || seen[p.ID] {
			t.Errorf("%s by its id %s: %s", name, p.ID, byID.Name)
		}
		seen[p.ID] = true
		for _, r := range p.Resources {
			if got := result[pack](c, "resource_show?id="+r.ID); got.Name != r.Name || seen[r.ID] {
				t.Errorf("resource %s: %v", r.ID, got)
			}
			seen[r.ID] = true
		}
	}
	for _, kind := range []string{"organization", "group", "tag"} {
		list := result[[]string](c, kind+"_list")
		things := result[[]pack](c, kind+"_list?all_fields=1")
		if len(list) == 0 || len(things) != len(list) {
			t.Fatalf("%s: %v", kind, list)
		}
		for i, name := range list {
			p := result[pack](c, kind+"_show?include_datasets=true&id="+url.QueryEscape(name))
			if p.ID != things[i].ID || p.PackageCount == 0 || len(p.Packages) != p.PackageCount {
				t.Errorf("%s %s: %+v", kind, name, p)
			}
			for _, d := range p.Packages {
				if !slices.Contains(names, d.Name) {
					t.Errorf("%s %s shows %s", kind, name, d.Name)
				}
			}
		}
	}
	if title := result[pack](c, "package_show?id=trees", "Accept-Language", "nl").Title; !strings.HasPrefix(title, "Bomen") {
		t.Error(title)
	}
	if got := result[[]string](c, "tag_list?query=fiets"); !slices.Equal(got, []string{"fiets"}) {
		t.Error(got)
	}
}

type found struct {
	Count   int
	Results []pack
	Facets  map[string]map[string]int
	Search  map[string]struct {
		Items []struct {
			Name    string
			Display string `json:"display_name"`
			Count   int
		}
	} `json:"search_facets"`
}

func (f found) names() string {
	var out []string
	for _, p := range f.Results {
		out = append(out, p.Name)
	}
	return strings.Join(out, " ")
}

func TestSearch(t *testing.T) {
	c := newTown(t)
	all := "air-quality buildings buses car-parks districts-and-places parks-and-water public-transport shared-bikes streets traffic-counts trees"
	for query, want := range map[string]string{
		"":                             all,
		"q=":                           all,
		"q=*:*":                        all,
		"q=velo":                       "shared-bikes",
		"q=VÉLO+libre":                 "shared-bikes",
		"q=fiets":                      "shared-bikes",
		"q=weather":                    "",
		"q=bruit":                      "",
		"q=title:bus":                  "buses public-transport",
		"q=title:(arbres+OR+wegen)":    "trees",
		"q=%22bike+sharing%22":         "shared-bikes",
		"q=%22sharing+bike%22":         "",
		"q=name:sha*":                  "shared-bikes",
		"fq=groups:regi":               "buildings districts-and-places streets",
		"fq=groups:regi+-groups:tran":  "buildings districts-and-places",
		"fq=%2Bgroups:(regi+AND+tran)": "streets",
		"fq=groups:regi&q=bâtiment":    "buildings",
		"fq=groups:regi+NOT+(name:streets+OR+name:buildings)":    "districts-and-places",
		"fq=tags:%22open+data%22":                                "",
		"fq=tags:GBFS+state:active+type:dataset":                 "shared-bikes",
		"fq=organization:clairebeke-mobilite+res_format:csv":     "buses car-parks public-transport shared-bikes traffic-counts",
		"fq_list=%5B%22groups:tran%22,%22groups:regi%22%5D":      "streets",
		"fq=groups:tran&fq=groups:regi":                          "streets",
		"fq=metadata_modified:%5B2026-05-28T20:37:40Z+TO+*%5D":   "parks-and-water districts-and-places public-transport",
		"fq=metadata_modified:%7B2026-05-28T20:37:40Z+TO+NOW%5D": "districts-and-places public-transport",
		"fq=metadata_created:%5B*+TO+2026-05-28T20:27:40%5D":     "shared-bikes",
		"fq=metadata_created:%5B*+TO+2026-05-28T20:27:40Z%7D":    "",
		"fq=private:true":         "",
		"fq=license_id:CC_BY_4_0": all,
		"fq=license_id:cc-by":     all,
	} {
		got := result[found](c, "package_search?rows=100&sort=metadata_modified+asc,name&"+query)
		names, wanted := strings.Fields(got.names()), strings.Fields(want)
		slices.Sort(names)
		slices.Sort(wanted)
		if !slices.Equal(names, wanted) || got.Count != len(wanted) {
			t.Errorf("%s: %d %v, want %v", query, got.Count, names, wanted)
		}
	}
	for query, want := range map[string]string{
		"rows=2&sort=name+desc":                  "trees traffic-counts",
		"rows=2&start=1&sort=name":               "buildings buses",
		"rows=0":                                 "",
		"start=99":                               "",
		"rows=1&sort=metadata_created+asc":       "shared-bikes",
		"rows=2":                                 "public-transport districts-and-places",
		"rows=3&q=bus":                           "buses public-transport",
		"rows=1&sort=title_string+asc,name+desc": "trees",
	} {
		if got := result[found](c, "package_search?"+query); got.names() != want {
			t.Errorf("%s: %s, want %s", query, got.names(), want)
		}
	}
	f := result[found](c, `package_search?rows=0&facet.field=["groups","license_id"]&facet.limit=2`)
	if g := f.Facets["groups"]; len(g) != 2 || g["tran"] != 6 || f.Facets["license_id"]["cc-by"] != 11 || f.Search["groups"].Items[0].Display != "Transport" {
		t.Errorf("%+v", f)
	}
	if f := result[found](c, `package_search?rows=0&facet.field=["groups"]&facet.limit=-1&facet.mincount=4`); len(f.Facets["groups"]) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestErrors(t *testing.T) {
	c := newTown(t)
	for path, want := range map[string]string{
		"package_show":                                         "409 Validation Error id",
		"package_show?id=weather":                              "404 Not Found Error message",
		"package_show?id=noise":                                "404 Not Found Error message",
		"organization_show?id=x":                               "404 Not Found Error message",
		"resource_show?id=x":                                   "404 Not Found Error message",
		"help_show?name=x":                                     "404 Not Found Error message",
		"package_list?limit=-1":                                "409 Validation Error limit",
		"package_list?limit=x":                                 "409 Validation Error limit",
		"organization_list?all_fields=maybe":                   "409 Validation Error all_fields",
		`package_search?facet.field=["nope"]`:                  "409 Validation Error facet.field",
		"package_search?facet.field=nope":                      "409 Validation Error facet.field",
		"package_search?facet.field=[1]":                       "409 Validation Error facet.field",
		"package_search?facet.field=[":                         "409 Validation Error facet.field",
		"package_search?sort=rank":                             "409 Validation Error sort",
		"package_search?sort=name+up":                          "409 Validation Error sort",
		"package_search?rows=-1":                               "409 Validation Error rows",
		"package_search?q=1&q=2":                               "409 Validation Error q",
		"package_search?fq=nope:x":                             "400 Search Query Error message",
		"package_search?q=(a":                                  "400 Search Query Error message",
		"package_search?q=a)":                                  "400 Search Query Error message",
		"package_search?q=a+OR":                                "400 Search Query Error message",
		"package_search?q=%22a":                                "400 Search Query Error message",
		"package_search?q=title:":                              "400 Search Query Error message",
		"package_search?q=-":                                   "400 Search Query Error message",
		"package_search?fq=metadata_modified:2026":             "400 Search Query Error message",
		"package_search?fq=metadata_modified:[a+TO+b]":         "400 Search Query Error message",
		"package_search?fq=name:[a+TO+b]":                      "400 Search Query Error message",
		"package_search?fq=metadata_modified:[2026":            "400 Search Query Error message",
		"package_search?q=" + strings.Repeat("(", 30) + "a":    "400 Search Query Error message",
		"package_search?q=" + strings.Repeat("a+", maxWords+1): "400 Search Query Error message",
		"package_search?q=" + strings.Repeat("a", maxSearch+1): "400 Search Query Error message",
		"package_list?a%zz":                                    "400 Bad Request message",
	} {
		status, r := c.get(path)
		got := fmt.Sprint(status, " ", r.Error["__type"])
		for name := range r.Error {
			if name != "__type" {
				got += " " + name
			}
		}
		if got != want {
			t.Errorf("%.60s: %s %v, want %s", path, got, r.Error, want)
		}
	}
	w := httptest.NewRecorder()
	c.mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, base+"/api/3/action/package_delete?id=trees", nil))
	if w.Code != http.StatusBadRequest || !strings.HasPrefix(w.Body.String(), `"Bad request - Action name not known: package_delete`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestPost(t *testing.T) {
	c := newTown(t)
	post := func(path, mediaType, body string) (int, reply) {
		r := httptest.NewRequest(http.MethodPost, base+path, strings.NewReader(body))
		r.Header.Set("Content-Type", mediaType)
		return c.send(r)
	}
	_, want := c.get("package_search?rows=1&facet.field=%5B%22tags%22%5D&q=bus")
	for what, send := range map[string]func() (int, reply){
		"JSON": func() (int, reply) {
			return post("/api/3/action/package_search", httpx.TypeJSON, `{"rows":1,"facet.field":["tags"],"q":"bus"}`)
		},
		"older address": func() (int, reply) {
			return post("/api/action/package_search", httpx.TypeJSON, `{"rows":1,"facet.field":["tags"],"q":"bus"}`)
		},
		"form": func() (int, reply) {
			return post("/api/3/action/package_search", "application/x-www-form-urlencoded", "rows=1&facet.field=tags&q=bus")
		},
	} {
		if status, r := send(); status != http.StatusOK || string(r.Result) != string(want.Result) {
			t.Errorf("%s: %d %v", what, status, r.Error)
		}
	}
	if status, _ := post("/api/3/action/site_read", httpx.TypeJSON, ""); status != http.StatusOK {
		t.Errorf("no body: %d", status)
	}
	if status, r := post("/api/3/action/package_list", httpx.TypeJSON, "[]"); status != http.StatusBadRequest || r.Error["__type"] != "Bad Request" {
		t.Errorf("%d %v", status, r.Error)
	}
	if status, r := post("/api/3/action/package_show", httpx.TypeJSON, `{"id":{}}`); status != http.StatusConflict {
		t.Errorf("%d %v", status, r.Error)
	}
}

// A search is read or refused in words, and can be asked of a dataset.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"", "*:*", "a b", `title:"x y" OR -(name:a* +tags:b)`, "metadata_modified:[NOW TO *]", "a AND NOT b", `\`, `a\`, `"\"`, "+", "-(", ":", "((((", "text:a", "{", "[* TO *]", "||", "||a"} {
		f.Add(s)
	}
	c := newTown(f)
	q := &asked{API: New(Options{Catalogue: c.s, Agent: catalogue.Fold}), ctx: f.Context(), base: base, lang: "fr"}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parse(s, c.now)
		if err != nil {
			if ft, ok := err.(*fault); !ok || ft.message == "" {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		e, err := q.expr(&p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.s.Search(t.Context(), store.Space{}, find.Query{Where: &e, Limit: 3}); err != nil {
			t.Fatal(err)
		}
	})
}
