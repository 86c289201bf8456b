package app

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/vocab"
)

// canary is the name of a person; the other one is what is public. Neither can
// be compressed, so that their bytes are found as they are.
const (
	canary     = "Kq7ZvXw3Tn9RbYm2"
	publicBird = "Hs4PfGd8LcJx6Wu1"
)

// cage is a program with a person's records in it, and callers who are not
// stewards.
type cage struct {
	t       *testing.T
	a       *App
	base    string
	names   map[record.Kind]string // of the records with the canary
	callers map[string]string      // who, and the token
	shown   map[string]bool        // routes that showed the public one
}

func newCage(t *testing.T) *cage {
	a := opened(t, func(c *config.Config) {
		c.Server.Auth = "always"
		c.Outbound.Allow.Notification = []string{"127.0.0.0/8"}
	})
	c := &cage{t: t, a: a, names: map[record.Kind]string{}, callers: map[string]string{"a stranger": ""}, shown: map[string]bool{}}
	for name, role := range map[string]access.Role{"a reader": access.Reader, "an editor": access.Editor} {
		token, err := a.ids.AddToken(t.Context(), strings.TrimPrefix(strings.TrimPrefix(name, "an "), "a "), role, 0)
		if err != nil {
			t.Fatal(err)
		}
		c.callers[name] = token
	}
	c.base = running(t, a)
	ctx := t.Context()
	d := catalogue.DemoDatasets(map[string]string{"fr": "Ville " + publicBird, "nl": "Stad", "en": "Town"})[0]
	if err := a.sets.Put(ctx, broker.Call{}, d); err != nil {
		t.Fatal(err)
	}
	if err := a.sets.Publish(ctx, broker.Call{}, d.Slug); err != nil {
		t.Fatal(err)
	}
	c.station(publicBird)
	for _, k := range record.Kinds() {
		if !k.Layer.Guarded() {
			continue
		}
		r, err := a.records.Create(ctx, record.Call{Desk: true}, record.Draft{Kind: k.Kind, Value: bird(canary)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.records.Change(ctx, record.Call{Desk: true}, k.Kind, r.Name, func(r *record.Record) error { return r.Set(bird(canary + " again")) }); err != nil {
			t.Fatal(err)
		}
		c.names[k.Kind] = r.Name
	}
	return c
}

// bird is a record that has the name in an attribute of each form.
func bird(name string) map[string]any {
	return map[string]any{"requester": map[string]string{"name": name}, "title": map[string]string{"fr": name, "en": name}, "text": name, "state": name}
}

// station puts something of the published dataset on the map.
func (c *cage) station(name string) {
	c.t.Helper()
	_, err := c.a.broker.Ingest(c.t.Context(), broker.Call{}, []entity.Fragment{{ID: "urn:ngsi-ld:BikeHireDockingStation:1", Types: []entity.Name{vocab.Term("BikeHireDockingStation")}, Attrs: []entity.Instance{
		{Name: vocab.Term("name"), Kind: entity.Property, Value: []byte(`"` + name + `"`)},
		{Name: vocab.Term("availableBikeNumber"), Kind: entity.Property, Value: []byte("3"), ObservedAt: c.a.clock.Instant()},
		{Name: vocab.Location, Kind: entity.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[3.06,50.63]}`)}}}})
	if err != nil {
		c.t.Fatal(err)
	}
}

var pathParam = regexp.MustCompile(`\{[^}]*\}`)

// addresses gives what a route is asked for: with the ids and names of the
// planted records in its path, and with parameters that could select them.
func (c *cage) addresses(pattern string) []string {
	fill := []string{"shared-bikes", "urn:ngsi-ld:BikeHireDockingStation:1", "package_search"}
	queries := []string{"", "q=" + canary, "q=" + publicBird, "type=BikeHireDockingStation&limit=1000", "idPattern=.*&limit=1000&options=keyValues", "timerel=before&timeAt=2100-01-01T00:00:00Z&idPattern=.*", "timeproperty=modifiedAt&timerel=before&timeAt=2100-01-01T00:00:00Z&type=BikeHireDockingStation"}
	for k, name := range c.names {
		fill = append(fill, name, string(k.ID(name)))
		queries = append(queries, "type="+url.QueryEscape(string(k.Info().Type)), "id="+url.QueryEscape(string(k.ID(name))))
	}
	fill = append(fill, "shared-bikes.geojson", "shared-bikes.csv", "shared-bikes.json", "shared-bikes.jsonld", "shared-bikes.ttl", "AccessRequest", url.PathEscape(string(record.Request.Info().Type)))
	pattern = strings.ReplaceAll(pattern, "{$}", "")
	var out []string
	if !strings.Contains(pattern, "{") {
		for _, q := range queries {
			out = append(out, pattern+"?"+q)
		}
		return out
	}
	if strings.HasPrefix(pattern, "/tiles/") {
		return []string{"/tiles/0/0/0", "/tiles/14/8331/5511", "/tiles/14/8331/5511?types=AccessRequest"}
	}
	for _, f := range fill {
		out = append(out, pathParam.ReplaceAllStringFunc(pattern, func(p string) string {
			if p == "{kind}" {
				return "dataset"
			}
			return url.PathEscape(f)
		}))
	}
	return out
}

// get asks for an address, as NGSI-LD with both contexts, and looks at the
// answer.
func (c *cage) get(who, method, address, body, route string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+address, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if token := c.callers[who]; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if strings.HasPrefix(address, "/ngsi-ld/") {
		r.Header.Set("Link", "<"+vocab.CityContext+`>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`)
	}
	if body != "" {
		r.Header.Set("Content-Type", httpx.TypeJSON)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(address, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(address, err)
	}
	said := new(bytes.Buffer)
	if err := res.Header.Write(said); err != nil {
		c.t.Fatal(err)
	}
	if strings.Contains(address+body, canary) { // what was asked may be told back
		b = bytes.ReplaceAll(b, []byte("q="+canary), nil)
		for _, quoted := range []string{`q%3D` + canary, `"` + canary + `"`, "&quot;" + canary + "&quot;"} {
			b = bytes.ReplaceAll(b, []byte(quoted), nil)
		}
	}
	if bytes.Contains(b, []byte(canary)) || bytes.Contains(said.Bytes(), []byte(canary)) && !strings.Contains(address, canary) {
		c.t.Errorf("%s is shown the canary by %s %s (%d): %.300s", who, method, address, res.StatusCode, b)
	}
	if bytes.Contains(b, []byte(publicBird)) && res.StatusCode == http.StatusOK {
		c.shown[route] = true
	}
}

// A person's name in the guarded layers is shown by no door to anybody who is
// no steward: every route that the program has is asked, by its own table.
func TestNobodySeesTheCanary(t *testing.T) {
	c := newCage(t)
	for _, r := range c.a.mux.Routes() {
		if r.Method != http.MethodGet || r.Pattern == "/live" {
			continue
		}
		for who := range c.callers {
			for _, address := range c.addresses(r.Pattern) {
				c.get(who, r.Method, address, "", r.Pattern)
			}
		}
	}
	for who := range c.callers {
		for _, path := range []string{"/ngsi-ld/v1/entityOperations/query", "/ngsi-ld/v1/temporal/entityOperations/query"} {
			for _, sel := range []string{`"type":"` + string(record.Request.Info().Type) + `"`, `"idPattern":".*"`, `"id":"` + string(record.Request.ID(c.names[record.Request])) + `"`} {
				c.get(who, http.MethodPost, path, `{"type":"Query","entities":[{`+sel+`}],"temporalQ":{"timerel":"before","timeAt":"2100-01-01T00:00:00Z"}}`, path)
				c.get(who, http.MethodPost, path, `{"type":"Query","entities":[{`+sel+`}]}`, path)
			}
		}
		for _, header := range []string{"persons", "\\x02persons", "stewards"} {
			if status, body := ask(t, http.MethodGet, c.base+"/ngsi-ld/v1/entities?idPattern=.*", "", "NGSILD-Tenant: "+header, "Authorization: Bearer "+c.callers[who]); strings.Contains(body, canary) {
				t.Errorf("tenant %s: %d %s", header, status, body)
			}
		}
	}
	// It looks where things are: what is public is seen.
	for _, route := range []string{"/ngsi-ld/v1/entities", "/ngsi-ld/v1/entities/{entityId}", "/ngsi-ld/v1/temporal/entities", "/datasets/{file}", "/catalog.ttl", "/catalog.jsonld", "/api/3/action/{action}", "/id/dataset/{slug}", "/api/datasets/{slug}"} {
		if !c.shown[route] {
			t.Errorf("%s did not show what is public: the test does not look there", route)
		}
	}
	var out bytes.Buffer
	if err := Export(t.Context(), &out, c.a.st, nil); err != nil || bytes.Contains(out.Bytes(), []byte(canary)) || !bytes.Contains(out.Bytes(), []byte(publicBird)) {
		t.Errorf("the export: %v", err)
	}
}

// Nor is anybody told of it who listens: on the live map, by subscription.
func TestNobodyHearsTheCanary(t *testing.T) {
	c := newCage(t)
	endpoint, got := receive(t)
	sub := `{"id":"urn:ngsi-ld:Subscription:1","type":"Subscription","entities":[{"type":"` + string(record.Request.Info().Type) + `"},{"type":"` + string(vocab.Term("BikeHireDockingStation")) + `"}],"notification":{"endpoint":{"uri":"` + endpoint + `"}}}`
	if status, body := ask(t, http.MethodPost, c.base+"/ngsi-ld/v1/subscriptions", sub, "Authorization: Bearer "+c.callers["an editor"]); status != http.StatusCreated {
		t.Fatal(status, body)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.callers["a reader"])
	res, err := http.DefaultClient.Do(r)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(err, res)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	until := func(what string) {
		for lines.Scan() {
			if strings.Contains(lines.Text(), canary) {
				t.Errorf("the live map tells %.300s", lines.Text())
			}
			if strings.Contains(lines.Text(), what) {
				return
			}
		}
		t.Fatalf("the stream ends before %q: %v", what, lines.Err())
	}
	until(publicBird)
	name := c.names[record.Request]
	if _, err := c.a.records.Change(t.Context(), record.Call{Desk: true}, record.Request, name, func(r *record.Record) error { return r.Set(bird(canary + " once more")) }); err != nil {
		t.Fatal(err)
	}
	c.station("behind it")
	until("behind it")
	for told := false; !told; {
		n := <-got
		if strings.Contains(n.body, canary) {
			t.Errorf("a subscriber is told %s", n.body)
		}
		told = strings.Contains(n.body, "behind it")
	}
}

// What is erased is in no answer to a steward either.
func TestTheCanaryIsErased(t *testing.T) {
	c := newCage(t)
	steward := record.Call{By: access.Caller{Account: "ada", Role: access.Steward}}
	for k, name := range c.names {
		if k.Info().Layer != record.Persons {
			continue
		}
		if err := c.a.records.Erase(t.Context(), steward, k, name); err != nil {
			t.Fatal(err)
		}
		if rs, err := c.a.records.List(t.Context(), steward, record.Ask{Kind: k}); err != nil || len(rs) != 0 {
			t.Errorf("%s: %d are left, %v", k, len(rs), err)
		}
	}
}
