package notify_test

import (
	"context"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/watch"
)

type coreOnly struct{}

func (coreOnly) Resolve(context.Context, jsontree.Node) (*ldctx.Context, error) {
	return ldctx.Core(), nil
}

const vocab = "https://uri.etsi.org/ngsi-ld/default-context/"

func sub(t *testing.T, members, notification string) *watch.Subscription {
	t.Helper()
	doc, err := jsontree.Parse([]byte(`{"id":"urn:s","type":"Subscription",`+members+`,"notification":{"endpoint":{"uri":"http://r.example/n"`+notification+`}`), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := watch.Parse(doc, ldctx.Core(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	s.Context = []byte(`"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"`)
	return s
}

func prop(name, value string, at entity.Position) entity.Instance {
	return entity.Instance{Name: vocab + entity.Name(name), Kind: entity.Property, Value: []byte(value), At: at, CreatedAt: 1e6, ModifiedAt: 2e6}
}

func record(before, after []entity.Instance) *change.Record {
	state := func(is []entity.Instance) *entity.Entity {
		if is == nil {
			return nil
		}
		return &entity.Entity{ID: "urn:a", Types: []entity.Name{vocab + "A"}, Attrs: is, CreatedAt: 1e6, ModifiedAt: 2e6, At: 5}
	}
	b, a := state(before), state(after)
	kind := change.Updated
	if a == nil {
		kind = change.Deleted
	}
	return &change.Record{At: 5, Time: 3e6, Kind: kind, ID: "urn:a", Before: change.Head(b), After: a, Deltas: change.Diff(b, a, 5)}
}

func TestRender(t *testing.T) {
	one := []entity.Instance{prop("a", "1", 1), prop("b", `"x"`, 1)}
	updated := record(one, []entity.Instance{prop("a", "2", 5), prop("b", `"x"`, 1)})
	attrGone := record(one, []entity.Instance{prop("a", "1", 1)})
	gone := record(one, nil)
	all := `"entities":[{"type":"A"}],"notificationTrigger":["entityUpdated","entityDeleted"]`
	const head = `{"id":"urn:ngsi-ld:Notification:urn:s:0-5","type":"Notification","subscriptionId":"urn:s","notifiedAt":"1970-01-01T00:00:09Z","data":`
	const context = `,"@context":"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"`
	tests := map[string]struct {
		notification string
		r            *change.Record
		data         string
		link         bool
	}{
		"normalised json with a Link (6.3.8)":        {`}`, updated, `[{"id":"urn:a","type":"A","a":{"type":"Property","value":2},"b":{"type":"Property","value":"x"}}]`, true},
		"only the attributes asked for (5.2.14)":     {`},"attributes":["a"]`, updated, `[{"id":"urn:a","type":"A","a":{"type":"Property","value":2}}]`, true},
		"pick shapes the members (4.21)":             {`},"pick":["id","a"]`, updated, `[{"id":"urn:a","a":{"type":"Property","value":2}}]`, true},
		"simplified":                                 {`},"format":"keyValues"`, updated, `[{"id":"urn:a","type":"A","a":2,"b":"x"}]`, true},
		"ld+json has the @context in the body":       {`,"accept":"application/ld+json"}`, updated, `[{"id":"urn:a","type":"A","a":{"type":"Property","value":2},"b":{"type":"Property","value":"x"}` + context + `}]`, false},
		"a deleted attribute is its name and Null":   {`},"format":"simplified"`, attrGone, `[{"id":"urn:a","type":"A","a":1,"b":"urn:ngsi-ld:null"}]`, true},
		"with system attributes it is an object":     {`},"sysAttrs":true,"attributes":["b"]`, attrGone, `[{"id":"urn:a","type":"A","createdAt":"1970-01-01T00:00:01Z","modifiedAt":"1970-01-01T00:00:02Z","b":{"type":"Property","value":"urn:ngsi-ld:null","createdAt":"1970-01-01T00:00:01Z","modifiedAt":"1970-01-01T00:00:02Z","deletedAt":"1970-01-01T00:00:03Z"}}]`, true},
		"a deleted entity is id, type and deletedAt": {`}`, gone, `[{"id":"urn:a","type":"A","deletedAt":"1970-01-01T00:00:03Z"}]`, true},
		"geo+json is a FeatureCollection":            {`,"accept":"application/geo+json"}`, updated, `{"type":"FeatureCollection","features":[{"id":"urn:a","type":"Feature","geometry":null,"properties":{"type":"A","a":{"type":"Property","value":2},"b":{"type":"Property","value":"x"}}}]` + context + `}`, false},
	}
	linked := prop("to", `"urn:b"`, 5)
	linked.Kind = entity.Relationship
	joined := record([]entity.Instance{prop("b", `"x"`, 1)}, []entity.Instance{linked, prop("b", `"x"`, 1)})
	others := map[entity.ID]*entity.Entity{"urn:b": {ID: "urn:b", Types: []entity.Name{vocab + "B"}, Attrs: []entity.Instance{prop("n", "1", 2), prop("m", "2", 2)}}}
	lang := prop("l", `{"en":"x"}`, 1)
	lang.Kind = entity.LanguageProperty
	spoken := lang
	spoken.At, spoken.Value = 5, []byte(`{"en":"y"}`)
	spokenTo := record([]entity.Instance{lang}, []entity.Instance{spoken})
	silent := record([]entity.Instance{lang, prop("a", "1", 1)}, []entity.Instance{prop("a", "1", 1)})
	type row = struct {
		notification string
		r            *change.Record
		data         string
		link         bool
	}
	for name, tt := range map[string]row{
		"linked entities within (4.5.23.2)":          {`},"join":"inline"`, joined, `[{"id":"urn:a","type":"A","to":{"type":"Relationship","object":"urn:b","entity":{"id":"urn:b","type":"B","n":{"type":"Property","value":1},"m":{"type":"Property","value":2}}},"b":{"type":"Property","value":"x"}}]`, true},
		"linked entities behind (4.5.23.3)":          {`},"join":"flat","joinLevel":2,"format":"simplified","attributes":["to"]`, joined, `[{"id":"urn:a","type":"A","to":"urn:b"},{"id":"urn:b","type":"B","n":1,"m":2}]`, true},
		"projections of linked entities (4.21)":      {`},"join":"flat","format":"simplified","pick":["id","to{id,n}"]`, joined, `[{"id":"urn:a","to":"urn:b"},{"id":"urn:b","n":1}]`, true},
		"what is omitted over there":                 {`},"join":"inline","format":"simplified","omit":["b","to{n}"]`, joined, `[{"id":"urn:a","type":"A","to":{"id":"urn:b","type":"B","m":2}}]`, true},
		"flat, with a deleted attribute":             {`},"join":"flat","format":"simplified"`, record([]entity.Instance{linked, prop("b", "1", 1)}, []entity.Instance{linked}), `[{"id":"urn:a","type":"A","to":"urn:b","b":"urn:ngsi-ld:null"},{"id":"urn:b","type":"B","n":1,"m":2}]`, true},
		"what it was before (5.2.14.1)":              {`},"showChanges":true`, updated, `[{"id":"urn:a","type":"A","a":{"type":"Property","value":2,"previousValue":1},"b":{"type":"Property","value":"x"}}]`, true},
		"what it was before, concise":                {`},"showChanges":true,"format":"concise"`, updated, `[{"id":"urn:a","type":"A","a":{"value":2,"previousValue":1},"b":"x"}]`, true},
		"a languageMap as it was":                    {`},"showChanges":true`, spokenTo, `[{"id":"urn:a","type":"A","l":{"type":"LanguageProperty","languageMap":{"en":"y"},"previousLanguageMap":{"en":"x"}}}]`, true},
		"what a deleted attribute was (5.8.6)":       {`},"showChanges":true`, silent, `[{"id":"urn:a","type":"A","a":{"type":"Property","value":1},"l":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"},"previousLanguageMap":{"en":"x"}}}]`, true},
		"what a deleted entity was (5.8.6)":          {`},"showChanges":true,"attributes":["a"]`, gone, `[{"id":"urn:a","type":"A","deletedAt":"1970-01-01T00:00:03Z","a":{"type":"Property","value":"urn:ngsi-ld:null","previousValue":1}}]`, true},
		"a deleted attribute, normalised (4.5.0)":    {`}`, silent, `[{"id":"urn:a","type":"A","a":{"type":"Property","value":1},"l":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}}}]`, true},
		"a deleted attribute, concise (5.5.4)":       {`},"format":"concise"`, silent, `[{"id":"urn:a","type":"A","a":1,"l":"urn:ngsi-ld:null"}]`, true},
		"a deleted attribute, concise, as it was":    {`},"format":"concise","showChanges":true`, silent, `[{"id":"urn:a","type":"A","a":1,"l":{"languageMap":{"@none":"urn:ngsi-ld:null"},"previousLanguageMap":{"en":"x"}}}]`, true},
		"a deleted attribute in GeoJSON":             {`,"accept":"application/geo+json"},"format":"simplified"`, silent, `{"type":"FeatureCollection","features":[{"id":"urn:a","type":"Feature","geometry":null,"properties":{"type":"A","a":1,"l":"urn:ngsi-ld:null"}}]` + context + `}`, false},
		"a deleted entity in GeoJSON":                {`,"accept":"application/geo+json"}`, gone, `{"type":"FeatureCollection","features":[{"id":"urn:a","type":"Feature","geometry":null,"properties":{"type":"A","deletedAt":"1970-01-01T00:00:03Z"}}]` + context + `}`, false},
		"nothing before what was created (5.2.14.1)": {`},"showChanges":true,"attributes":["a"]`, record(nil, []entity.Instance{prop("a", "1", 5)}), `[{"id":"urn:a","type":"A","a":{"type":"Property","value":1}}]`, true},
	} {
		tests[name] = tt
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			n := &notify.Renderer{Contexts: coreOnly{}, Rights: func(context_, string) (*query.Access, error) { return nil, nil },
				Lookup: func(context_, string, *query.Access) query.Lookup {
					return func(id entity.ID) *entity.Entity { return others[id] }
				},
				ContextURL: func(_ context_, _ string, c *ldctx.Context) (string, error) { u, _ := c.URL(); return u, nil }}
			s := sub(t, all, tt.notification+"}")
			m, err := n.Render(t.Context(), s, watch.Due{Sub: "urn:s", At: 5, Time: 3e6}, tt.r, 9e6)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := string(m.Body), head+tt.data+"}"; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			link := false
			for _, h := range m.Header {
				link = link || h.Key == "Link" && strings.Contains(h.Value, "json-ld#context")
			}
			if link != tt.link {
				t.Errorf("Link header: %v, want %v", link, tt.link)
			}
		})
	}
}

type context_ = context.Context

func TestRenderHoldsToTheSubscribersRights(t *testing.T) {
	only := &query.Access{Any: []query.Query{{Types: query.OneType(vocab + "A")}}, Hidden: []entity.Name{vocab + "b"}}
	nothing := &query.Access{}
	for name, tt := range map[string]struct {
		rights *query.Access
		want   string
	}{"a hidden attribute": {only, `"a":2}]`}, "a hidden entity": {nothing, ""}} {
		n := &notify.Renderer{Contexts: coreOnly{}, Rights: func(context_, string) (*query.Access, error) { return tt.rights, nil },
			ContextURL: func(_ context_, _ string, c *ldctx.Context) (string, error) { u, _ := c.URL(); return u, nil }}
		s := sub(t, `"entities":[{"type":"A"}]`, `},"format":"simplified"}`)
		if tt.want != "" {
			m, err := n.Render(t.Context(), sub(t, `"watchedAttributes":["b"],"notificationTrigger":["attributeDeleted"]`, `}}`), watch.Due{Sub: "urn:s", At: 5}, record([]entity.Instance{prop("a", "1", 1), prop("b", "1", 1)}, []entity.Instance{prop("a", "1", 1)}), 9e6)
			if err != nil || strings.Contains(string(m.Body), `"b"`) {
				t.Errorf("%s that was deleted: %s, %v", name, m.Body, err)
			}
		}
		m, err := n.Render(t.Context(), s, watch.Due{Sub: "urn:s", At: 5}, record([]entity.Instance{prop("a", "1", 1)}, []entity.Instance{prop("a", "2", 5), prop("b", "3", 5)}), 9e6)
		if tt.want == "" {
			if !problem.Is(err, problem.ResourceNotFound) {
				t.Errorf("%s: %s, %v", name, m.Body, err)
			}
			continue
		}
		if err != nil || !strings.Contains(string(m.Body), tt.want) || strings.Contains(string(m.Body), `"b"`) {
			t.Errorf("%s: %s, %v", name, m.Body, err)
		}
	}
}
