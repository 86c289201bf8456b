package represent

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
)

func tree(t testing.TB, s string) jsontree.Node {
	t.Helper()
	n, err := jsontree.Parse([]byte(s), jsontree.Limits{})
	if err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	return n
}

var ctx = ldctx.New("test", jsontree.StringNode("https://example.org/c"), map[string]ldctx.Term{
	"speed": {IRI: "https://example.org/ns#speed"}, "Male": {IRI: "https://example.org/ns#Male"}, "Car": {IRI: "https://example.org/ns#Car"},
})

func stored(t testing.TB, body string) *entity.Entity {
	t.Helper()
	f, err := In{Context: ctx}.Entity(tree(t, body))
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	e, err := entity.Create(f, 1000000)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const allKinds = `{"id":"urn:x:Car:1","type":["Car","Thing"],"scope":["/A/B","/C"],` +
	`"speed":[{"type":"Property","value":55.0,"unitCode":"KMH","observedAt":"2020-01-01T12:00:00Z","accuracy":{"type":"Property","value":{"b":1,"a":[2e1]}}},{"type":"Property","value":60,"datasetId":"urn:x:gps"}],` +
	`"owner":{"type":"Relationship","object":"urn:x:Person:1","objectType":"Person"},` +
	`"owners":{"type":"Relationship","object":["urn:x:Person:1","urn:x:Person:2"]},` +
	`"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[8,40]}},` +
	`"area":{"type":"GeoProperty","value":{"type":"Point","coordinates":[8,40]}},` +
	`"name":{"type":"LanguageProperty","languageMap":{"fr":["oui","ouais"],"en-GB":"yes","@none":"?"}},` +
	`"gender":{"type":"VocabProperty","vocab":"Male"},` +
	`"genders":{"type":"VocabProperty","vocab":["Male","Other"]},` +
	`"ticket":{"type":"JsonProperty","json":{"id":null,"@context":1}},` +
	`"list":{"type":"ListProperty","valueList":[1,"two"]},` +
	`"route":{"type":"ListRelationship","objectList":[{"object":"urn:x:Stop:1"},{"object":"urn:x:Stop:2"}]},` +
	`"typed":{"type":"Property","value":"x","valueType":"Male","ngsildproof":{"type":"Property","entityIdSealed":"urn:x:1","value":{"a":1}}}}`

// The normalised form comes out as it went in (CIM 009, 4.5.2).
func TestNormalised(t *testing.T) {
	v := View{Context: ctx}
	if got := string(v.AppendEntity(nil, stored(t, allKinds))); got != allKinds {
		t.Errorf("in  %s\nout %s", allKinds, got)
	}
}

// What the concise form says, reading it back gives (CIM 009, 4.5.2.3).
func TestConcise(t *testing.T) {
	want := `{"id":"urn:x:Car:1","type":["Car","Thing"],"scope":["/A/B","/C"],` +
		`"speed":[{"value":55.0,"unitCode":"KMH","observedAt":"2020-01-01T12:00:00Z","accuracy":{"b":1,"a":[2e1]}},{"value":60,"datasetId":"urn:x:gps"}],` +
		`"owner":{"object":"urn:x:Person:1","objectType":"Person"},"owners":{"object":["urn:x:Person:1","urn:x:Person:2"]},` +
		`"location":{"type":"Point","coordinates":[8,40]},"area":{"type":"Point","coordinates":[8,40]},` +
		`"name":{"languageMap":{"fr":["oui","ouais"],"en-GB":"yes","@none":"?"}},"gender":{"vocab":"Male"},"genders":{"vocab":["Male","Other"]},` +
		`"ticket":{"json":{"id":null,"@context":1}},"list":{"valueList":[1,"two"]},"route":{"objectList":[{"object":"urn:x:Stop:1"},{"object":"urn:x:Stop:2"}]},` +
		`"typed":{"value":"x","valueType":"Male","ngsildproof":{"type":"Property","entityIdSealed":"urn:x:1","value":{"a":1}}}}`
	v := View{Context: ctx, Form: Concise}
	got := string(v.AppendEntity(nil, stored(t, allKinds)))
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, value := range []string{`5`, `"x"`, `[1,2]`, `{"a":1}`, `{"type":"Point","coordinates":[1,2]}`, `{"type":"T"}`, `{"value":5}`, `{"object":"x"}`, `[{"value":1}]`, `[{"type":"Property","value":1}]`, `[]`, `{}`,
		`{"dataset":{"@none":1}}`, `{"observedAt":"x"}`, `{"@type":"DateTime","@value":"x"}`, `{"@type":"@json","@value":null}`, `[[{"type":"x"}]]`, `{"createdAt":1}`, `{"lang":"x"}`} {
		e := stored(t, `{"id":"urn:x:1","type":"T","a":{"type":"Property","value":`+value+`}}`)
		c := string(v.AppendEntity(nil, e))
		again := stored(t, c)
		if !again.Attrs[0].SameContent(&e.Attrs[0]) {
			t.Errorf("%s became %s and that %s %s", value, c, again.Attrs[0].Kind, again.Attrs[0].Value)
		}
	}
}

// CIM 009, 4.5.4.
func TestSimplified(t *testing.T) {
	want := `{"id":"urn:x:Car:1","type":["Car","Thing"],"scope":["/A/B","/C"],"speed":{"dataset":{"@none":55.0,"urn:x:gps":60}},"owner":"urn:x:Person:1","owners":["urn:x:Person:1","urn:x:Person:2"],` +
		`"location":{"type":"Point","coordinates":[8,40]},"area":{"type":"Point","coordinates":[8,40]},"name":{"languageMap":{"fr":["oui","ouais"],"en-GB":"yes","@none":"?"}},` +
		`"gender":{"vocab":"Male"},"genders":{"vocab":["Male","Other"]},"ticket":{"json":{"id":null,"@context":1}},"list":[1,"two"],"route":["urn:x:Stop:1","urn:x:Stop:2"],"typed":"x"}`
	v := View{Context: ctx, Form: Simplified}
	if got := string(v.AppendEntity(nil, stored(t, allKinds))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestViews(t *testing.T) {
	e := stored(t, `{"id":"urn:x:1","type":"T","scope":"A","expiresAt":"2030-01-01T00:00:00Z","a":{"type":"Property","value":1,"expiresAt":"2030-01-01T00:00:00Z"},"n":{"languageMap":{"de":"ja","fr-CH":"oui","en":"yes"}},"b":[{"value":1},{"value":2,"datasetId":"urn:x:d"}],"location":{"value":{"type":"Point","coordinates":[1,2]}}}`)
	langs := func(s string) []Language {
		l, err := ParseLanguages(s)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	short := View{Context: ctx, Pick: &Members{Attrs: []entity.Name{"https://uri.etsi.org/ngsi-ld/default-context/a"}}}
	for name, tt := range map[string]struct {
		v    View
		want string
	}{
		"pick":     {short, `{"a":{"type":"Property","value":1}}`},
		"pick id":  {View{Pick: &Members{ID: true, Scope: true}}, `{"id":"urn:x:1","scope":"/A"}`},
		"omit":     {View{Form: Simplified, Omit: &Members{Type: true, Scope: true, Attrs: []entity.Name{"https://uri.etsi.org/ngsi-ld/default-context/n", "https://uri.etsi.org/ngsi-ld/default-context/b", "https://uri.etsi.org/ngsi-ld/location"}}}, `{"id":"urn:x:1","a":1}`},
		"sysAttrs": {View{SysAttrs: true, Pick: short.Pick}, `{"createdAt":"1970-01-01T00:00:01Z","modifiedAt":"1970-01-01T00:00:01Z","expiresAt":"2030-01-01T00:00:00Z","a":{"type":"Property","value":1,"createdAt":"1970-01-01T00:00:01Z","modifiedAt":"1970-01-01T00:00:01Z","expiresAt":"2030-01-01T00:00:00Z"}}`},
		"dataset":  {View{Form: Simplified, Datasets: []string{"urn:x:d"}}, `{"id":"urn:x:1","type":"T","scope":"/A","b":2}`},
		"none":     {View{Form: Concise, Datasets: []string{""}, Omit: &Members{Attrs: []entity.Name{"https://uri.etsi.org/ngsi-ld/default-context/n", "https://uri.etsi.org/ngsi-ld/default-context/a", "https://uri.etsi.org/ngsi-ld/location"}}}, `{"id":"urn:x:1","type":"T","scope":"/A","b":1}`},
		"lang":     {View{Languages: langs("fr"), Pick: &Members{Attrs: []entity.Name{"https://uri.etsi.org/ngsi-ld/default-context/n"}}}, `{"n":{"type":"Property","value":"oui","lang":"fr-CH"}}`},
		"lang q":   {View{Languages: langs("it,en;q=0.2,de;q=0.8"), Form: Simplified, Pick: &Members{Attrs: []entity.Name{"https://uri.etsi.org/ngsi-ld/default-context/n"}}}, `{"n":"ja"}`},
		"lang up":  {View{Languages: langs("en-US"), Form: Concise, Pick: &Members{Attrs: []entity.Name{"https://uri.etsi.org/ngsi-ld/default-context/n"}}}, `{"n":{"value":"yes","lang":"en"}}`},
		"lang *":   {View{Languages: langs("*"), Form: Simplified, Pick: &Members{Attrs: []entity.Name{"https://uri.etsi.org/ngsi-ld/default-context/n"}}}, `{"n":"ja"}`},
		"context":  {View{InlineContext: true, Pick: &Members{ID: true}}, `{"id":"urn:x:1","@context":` + ctx.Source().String() + `}`},
	} {
		tt.v.Context = ctx
		if got := string(tt.v.AppendEntity(nil, e)); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, tt.want)
		}
	}
	g := View{Context: ctx, Form: Simplified, Geometry: "https://uri.etsi.org/ngsi-ld/location", Pick: short.Pick, InlineContext: true}
	want := `{"type":"FeatureCollection","features":[{"id":"urn:x:1","type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"a":1}}],"@context":` + ctx.Source().String() + `}`
	if got := string(g.AppendFeatures(nil, []*entity.Entity{e})); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	g.Geometry, g.InlineContext = "https://uri.etsi.org/ngsi-ld/default-context/a", false
	if got, want := string(g.AppendFeature(nil, e)), `{"id":"urn:x:1","type":"Feature","geometry":null,"properties":{"a":1}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTemporal(t *testing.T) {
	head := &entity.Entity{ID: "urn:x:1", Types: []entity.Name{"https://example.org/ns#Car"}, Part: 2, Scopes: []string{"/A"}}
	p := func(v string, at entity.Instant) entity.Instance {
		return entity.Instance{Name: "https://example.org/ns#speed", Kind: entity.Property, Value: []byte(v), ObservedAt: at, At: 7, Ordinal: 1}
	}
	gone := entity.Instance{Name: "https://example.org/ns#speed", DeletedAt: 3000000, At: 9}
	scope := entity.ScopePoint([]string{"/A"}, 1000000)
	scope.At = 5
	runs := []Run{{Name: entity.ScopeName, Points: []entity.Instance{scope, entity.ScopePoint([]string{"/A", "/B"}, 2000000), entity.ScopePoint(nil, 3000000)}}, {Name: "https://example.org/ns#speed", Points: []entity.Instance{p("1", 1000000), p("2", 2000000), gone}}, {Name: "https://example.org/ns#speed", Dataset: "urn:x:d", Points: []entity.Instance{p("3", 1000000)}}}
	v := View{Context: ctx}
	if got, want := string(v.AppendEvolution(nil, head, runs)), `{"id":"urn:x:1","type":"Car","scope":[{"type":"Property","value":"/A"},{"type":"Property","value":["/A","/B"]},{"type":"Property","value":"urn:ngsi-ld:null","deletedAt":"1970-01-01T00:00:03Z"}],"speed":[{"type":"Property","value":1,"observedAt":"1970-01-01T00:00:01Z","instanceId":"urn:beffroi:instance:2:7:1"},{"type":"Property","value":2,"observedAt":"1970-01-01T00:00:02Z","instanceId":"urn:beffroi:instance:2:7:1"},{"type":"Property","value":"urn:ngsi-ld:null","deletedAt":"1970-01-01T00:00:03Z","instanceId":"urn:beffroi:instance:2:9:0"},{"type":"Property","value":3,"observedAt":"1970-01-01T00:00:01Z","instanceId":"urn:beffroi:instance:2:7:1"}]}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := string(v.AppendTemporalValues(nil, head, runs)), `{"id":"urn:x:1","type":"Car","scope":{"type":"Property","values":[["/A","1970-01-01T00:00:01Z"],[["/A","/B"],"1970-01-01T00:00:02Z"],["urn:ngsi-ld:null","1970-01-01T00:00:03Z"]]},"speed":[{"type":"Property","values":[[1,"1970-01-01T00:00:01Z"],[2,"1970-01-01T00:00:02Z"],["urn:ngsi-ld:null","1970-01-01T00:00:03Z"]]},{"type":"Property","datasetId":"urn:x:d","values":[[3,"1970-01-01T00:00:01Z"]]}]}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	agg := []Aggregated{{Name: "https://example.org/ns#speed", Kind: entity.Property, Results: []Aggregate{{Method: "avg", Rows: []AggregateRow{{Value: []byte("1.5"), From: 1000000, To: 2000000}}}, {Method: "max"}}}}
	if got, want := string(v.AppendAggregated(nil, head, agg)), `{"id":"urn:x:1","type":"Car","speed":{"type":"Property","avg":[[1.5,"1970-01-01T00:00:01Z","1970-01-01T00:00:02Z"]],"max":[]}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	part, at, ord, ok := ParseInstanceID(InstanceID(3, 77, 5))
	if !ok || part != 3 || at != 77 || ord != 5 {
		t.Error("instance id")
	}
	for _, s := range []string{"", "urn:x", "urn:beffroi:instance:1:2", "urn:beffroi:instance:01:2:3", "urn:beffroi:instance:1:2:-3"} {
		if _, _, _, ok := ParseInstanceID(s); ok {
			t.Errorf("%q is an instance id", s)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, tt := range map[string]struct{ attr, says string }{
		"null":                       {`null`, "attribute a: null"},
		"ngsi-ld null":               {`"urn:ngsi-ld:null"`, "deletes"},
		"ngsi-ld null in value":      {`{"type":"Property","value":"urn:ngsi-ld:null"}`, "deletes"},
		"ngsi-ld null inside":        {`{"type":"Property","value":{"x":"urn:ngsi-ld:null"}}`, "merged"},
		"null language":              {`{"languageMap":{"@none":"urn:ngsi-ld:null"}}`, "deletes"},
		"null inside":                {`{"value":{"x":[null]}}`, "JsonProperty"},
		"unknown type":               {`{"type":"Proberty","value":1}`, "no type of attribute"},
		"typed value":                {`{"type":"Foo","x":1}`, "no type of attribute"},
		"GeometryCollection":         {`{"type":"GeoProperty","value":{"type":"GeometryCollection","geometries":[]}}`, "attribute a"},
		"bad geometry":               {`{"type":"Point","coordinates":[200,0]}`, "attribute a"},
		"bad geometry text":          {`{"type":"GeoProperty","value":"nope"}`, "GeoJSON"},
		"no value":                   {`{"type":"Property"}`, `no "value"`},
		"two values":                 {`{"value":1,"object":"urn:x:1"}`, "cannot stand together"},
		"wrong member":               {`{"type":"Relationship","value":"urn:x:1"}`, `in "object"`},
		"object no URI":              {`{"type":"Relationship","object":"nope"}`, "not a URI"},
		"object no text":             {`{"type":"Relationship","object":5}`, "URI"},
		"empty objects":              {`{"type":"Relationship","object":[]}`, "empty"},
		"bad date":                   {`{"value":1,"observedAt":"2020-01-01"}`, "DateTime"},
		"offset date":                {`{"value":1,"observedAt":"2020-01-01T00:00:00+02:00"}`, "Z"},
		"bad dataset":                {`{"value":1,"datasetId":"x"}`, "datasetId"},
		"two defaults":               {`[{"value":1},{"value":2,"datasetId":"@none"}]`, "two default instances"},
		"two of a dataset":           {`[{"value":1,"datasetId":"urn:x:1"},{"value":2,"datasetId":"urn:x:1"}]`, "two instances"},
		"context within":             {`{"value":1,"@context":"https://x"}`, "@context"},
		"context in value":           {`{"value":{"@context":"https://x"}}`, "@context"},
		"unit of language":           {`{"languageMap":{"en":"x"},"unitCode":"CEL"}`, "unitCode"},
		"bad language":               {`{"languageMap":{"english language":"x"}}`, "language tag"},
		"bad text":                   {`{"languageMap":{"en":5}}`, "text"},
		"empty map":                  {`{"languageMap":{}}`, "languageMap"},
		"vocab number":               {`{"vocab":5}`, "vocab"},
		"valueList":                  {`{"valueList":5}`, "array"},
		"objectList":                 {`{"objectList":[{"object":"urn:x:1","more":1}]}`, "more than"},
		"sub null":                   {`{"value":1,"sub":null}`, "attribute a.sub"},
		"sub-attribute name":         {`{"value":1,"a-b":2}`, "a-b"},
		"seal":                       {`{"value":1,"entityIdSealed":"urn:x:1"}`, "ngsildproof"},
		"objectType of a Property":   {`{"value":1,"objectType":"T"}`, "objectType"},
		"keyword":                    {`{"value":1,"@graph":2}`, "@graph"},
		"mixed array":                {`[{"value":1},5,{"value":2}]`, "two default"},
		"nested too deep":            {strings.Repeat(`{"value":1,"s":`, 20) + "1" + strings.Repeat("}", 20), "deep"},
		"type not a text":            {`{"type":5,"value":1}`, "type"},
		"a member with another kind": {`{"type":"LanguageProperty","value":"x"}`, "languageMap"},
	} {
		_, err := In{Context: ctx}.Entity(tree(t, `{"id":"urn:x:1","type":"T","a":`+tt.attr+`}`))
		if !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), tt.says) {
			t.Errorf("%s: %v, want %q", name, err, tt.says)
		}
	}
	for body, says := range map[string]string{
		`[]`: "object", `{"type":"T"}`: "no id", `{"id":"urn:x:1"}`: "no type", `{"id":5,"type":"T"}`: "URI", `{"id":"nope","type":"T"}`: "URI", `{"id":"urn:x:1","type":[]}`: "empty", `{"id":"urn:x:1","type":5}`: "type",
		`{"id":"urn:x:1","type":"a-b"}`: "a-b", `{"id":"urn:x:1","type":"T","scope":"9a"}`: "scope", `{"id":"urn:x:1","type":"T","scope":[]}`: "scope", `{"id":"urn:x:1","type":"T","scope":"urn:ngsi-ld:null"}`: "deletes",
		`{"id":"urn:x:1","type":"T","expiresAt":5}`: "expiresAt", `{"id":"urn:x:1","type":"T","observedAt":"2020-01-01T00:00:00Z"}`: "observedAt", `{"id":"urn:x:1","type":"T","datasetId":"urn:x:1"}`: "datasetId",
		`{"id":"urn:x:1","type":"T","a.b":1}`: "a.b", `{"id":"urn:x:1","@id":"urn:x:1","type":"T"}`: "both", `{"id":"urn:x:1","type":"T","speed":1,"https://example.org/ns#speed":2}`: "two default",
	} {
		if _, err := (In{Context: ctx}).Entity(tree(t, body)); !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), says) {
			t.Errorf("%s: %v, want %q", body, err, says)
		}
	}
}

func TestFragments(t *testing.T) {
	f, err := In{Context: ctx, Nulls: AttrNulls}.Fragment(tree(t, `{"scope":"urn:ngsi-ld:null","expiresAt":"urn:ngsi-ld:null","a":"urn:ngsi-ld:null","b":{"type":"Property","value":"urn:ngsi-ld:null","datasetId":"urn:x:d"},"c":{"languageMap":{"@none":"urn:ngsi-ld:null"}},"d":{"objectList":["urn:ngsi-ld:null"]},"e":{"value":1,"s":"urn:ngsi-ld:null"},"createdAt":"2020"}`))
	if err != nil || !f.HasScope || f.Scopes != nil || !f.HasExpiry || f.ExpiresAt != 0 || len(f.Attrs) != 5 {
		t.Fatalf("%+v %v", f, err)
	}
	for i, want := range []string{"", "urn:x:d", "", ""} {
		if f.Attrs[i].Kind != entity.Null || f.Attrs[i].Dataset != want {
			t.Errorf("%+v", f.Attrs[i])
		}
	}
	if e := f.Attrs[4]; e.Kind != entity.Property || len(e.Subs) != 1 || e.Subs[0].Kind != entity.Null {
		t.Errorf("%+v", e)
	}
	f, err = In{Context: ctx, Nulls: DeepNulls, MembersOnly: true}.Fragment(tree(t, `{"a":{"observedAt":"2020-01-01T00:00:00Z"},"b":{"unitCode":"urn:ngsi-ld:null"},"c":{"x":1},"d":{"value":{"x":"urn:ngsi-ld:null"}},"e":{"type":"Property","sub":5}}`))
	if err != nil {
		t.Fatal(err)
	}
	if a := f.Attrs; a[0].Value != nil || a[0].ObservedAt == 0 || a[1].Unit != entity.NullURI || string(a[2].Value) != `{"x":1}` || a[3].Value == nil || a[4].Value != nil || a[4].Kind != entity.Property || len(a[4].Subs) != 1 {
		t.Errorf("%+v", a)
	}
	f, err = In{Context: ctx, Nulls: DeepNulls, Simplified: true}.Fragment(tree(t, `{"a":{"dataset":{"@none":1,"urn:x:d":2}},"o":"urn:x:1"}`))
	if err != nil || len(f.Attrs) != 3 || f.Attrs[1].Dataset != "urn:x:d" {
		t.Errorf("%+v %v", f, err)
	}
	f, err = In{Context: ctx, Temporal: true}.Entity(tree(t, `{"id":"urn:x:1","type":"T","scope":[{"type":"Property","value":"/A","observedAt":"2020-01-02T00:00:00Z"},{"type":"Property","value":["/B"],"observedAt":"2020-01-01T00:00:00Z"}],"a":[{"type":"Property","value":1,"observedAt":"2020-01-01T00:00:00Z"},{"type":"Property","value":2,"observedAt":"2020-01-02T00:00:00Z"}]}`))
	if err != nil || len(f.Attrs) != 2 || f.Scopes[0] != "/A" {
		t.Errorf("%+v %v", f, err)
	}
}

func TestAttributePatch(t *testing.T) {
	p, err := In{Context: ctx}.AttributePatch("speed", tree(t, `{"value":5,"observedAt":"urn:ngsi-ld:null","unitCode":"urn:ngsi-ld:null","sub":"urn:ngsi-ld:null","datasetId":"urn:x:d","@context":"https://x"}`))
	if err != nil || p.Name != "https://example.org/ns#speed" || p.Kind != entity.Property || string(p.Value) != "5" || *p.Observed != 0 || *p.Unit != "" || p.Expires != nil || p.Subs[0].Kind != entity.Null || p.Dataset != "urn:x:d" || p.Remove {
		t.Errorf("%+v %v", p, err)
	}
	p, err = In{Context: ctx}.AttributePatch("speed", tree(t, `{"type":"Property","value":"urn:ngsi-ld:null"}`))
	if err != nil || !p.Remove {
		t.Errorf("%+v %v", p, err)
	}
	p, err = In{Context: ctx}.AttributePatch("speed", tree(t, `{"unitCode":"CEL"}`))
	if err != nil || p.Kind != entity.Null || p.Value != nil || *p.Unit != "CEL" {
		t.Errorf("%+v %v", p, err)
	}
	for _, body := range []string{`5`, `[]`, `{"value":null}`, `{"datasetId":"urn:ngsi-ld:null"}`, `{"type":"X"}`} {
		if _, err := (In{Context: ctx}).AttributePatch("speed", tree(t, body)); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if _, err := (In{Context: ctx}).AttributePatch("scope", tree(t, `{"value":1}`)); !problem.Is(err, problem.BadRequestData) {
		t.Errorf("scope: %v", err)
	}
}

// Whatever is read can be written in each lossless form and read again.
func FuzzEntity(f *testing.F) {
	f.Add([]byte(allKinds))
	f.Add([]byte(`{"id":"urn:x:1","type":"T","a":[{"value":1},{"value":{"type":"Point","coordinates":[1,2]},"datasetId":"urn:x:d"}],"b":{"dataset":{"@none":1}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := jsontree.Parse(body, jsontree.Limits{})
		if err != nil {
			return
		}
		in := In{Context: ctx}
		In{Context: ctx, Nulls: DeepNulls, MembersOnly: true, Simplified: true}.Fragment(n)
		In{Context: ctx}.AttributePatch("a", n)
		fr, err := in.Entity(n)
		if err != nil {
			if problem.KindOf(err) != problem.BadRequestData {
				t.Fatal(err)
			}
			return
		}
		e, err := entity.Create(fr, 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []Form{Normalised, Concise} {
			out := (&View{Context: ctx, Form: form}).AppendEntity(nil, e)
			back, err := in.Entity(tree(t, string(out)))
			if err != nil {
				t.Fatalf("%s\n%s\n%v", body, out, err)
			}
			es, _ := entity.Create(back, 5)
			if len(es.Attrs) != len(e.Attrs) {
				t.Fatalf("%s\n%s", body, out)
			}
			for i := range es.Attrs {
				old, ok := e.Attr(es.Attrs[i].Name, es.Attrs[i].Dataset)
				// expiresAt is a system attribute and was not shown
				if ok {
					c := *old
					c.ExpiresAt = 0
					old = &c
				}
				if !ok || !sameBarExpiry(&es.Attrs[i], old) {
					t.Fatalf("%s\n%s\n%+v\n%+v", body, out, es.Attrs[i], old)
				}
			}
		}
		(&View{Context: ctx, Form: Simplified}).AppendEntity(nil, e)
	})
}

func sameBarExpiry(a, b *entity.Instance) bool {
	x, y := *a, *b
	strip(&x)
	strip(&y)
	return x.SameContent(&y)
}

func strip(i *entity.Instance) {
	i.ExpiresAt = 0
	subs := i.Subs
	i.Subs = nil
	for _, s := range subs {
		strip(&s)
		i.Subs = append(i.Subs, s)
	}
}

const six = `{"id":"urn:ngsi-ld:Car:1","type":"Car","speed":{"type":"Property","value":55.5,"unitCode":"KMH","observedAt":"2020-01-01T12:00:00Z"},"brand":{"type":"Property","value":"Mercedes"},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[8.12345,40.12345]}},"owner":{"type":"Relationship","object":"urn:ngsi-ld:Person:1"},"fuel":{"type":"Property","value":31,"observedAt":"2020-01-01T12:00:00Z"},"open":{"type":"Property","value":true}}`

func BenchmarkAppendEntity(b *testing.B) {
	e := stored(b, six)
	v := &View{Context: ctx}
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = v.AppendEntity(buf[:0], e)
	}
}

func BenchmarkReadEntity(b *testing.B) {
	in := In{Context: ctx}
	body := []byte(six)
	b.ReportAllocs()
	for b.Loop() {
		n, err := jsontree.Parse(body, jsontree.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := in.Entity(n); err != nil {
			b.Fatal(err)
		}
	}
}
