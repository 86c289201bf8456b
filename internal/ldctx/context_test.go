package ldctx

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"
	"pgregory.net/rapid"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// sample is a context with what is hard about contexts.
func sample() *Context {
	return New("sample", jsontree.StringNode("https://example.org/c.jsonld"), map[string]Term{
		"Bench":       {IRI: "https://example.org/v#Bench"},
		"temperature": {IRI: "https://example.org/v#temperature"},
		"temp":        {IRI: "https://example.org/v#temperature"},
		"tmp":         {IRI: "https://example.org/v#temperature", Type: "https://example.org/v#Celsius"},
		"ex":          {IRI: "https://example.org/v#", Prefix: true},
		"exs":         {IRI: "https://example.org/v#street_", Prefix: true},
		"noPrefix":    {IRI: "https://example.org/w#"},
		"location":    {IRI: "https://example.org/v#location"},
		"ort":         {IRI: "https://uri.etsi.org/ngsi-ld/location"},
		"ngsi-ld":     {IRI: "https://example.org/stolen/", Prefix: true},
		"dropped":     {},
		"class":       {IRI: "@type"},
		"isHomeOf":    {IRI: "https://example.org/v#lives", Reverse: true},
		"PM2.5":       {IRI: "https://example.org/v#pm25"},
		"speed":       {IRI: DefaultVocab + "vitesse"},
		"when":        {IRI: "https://example.org/v#when", Type: "https://uri.etsi.org/ngsi-ld/DateTime"},
		"nobody":      {IRI: "_:b0"},
		"ex:odd":      {IRI: "https://example.org/elsewhere"},
	})
}

func TestExpandTerm(t *testing.T) {
	const ngsi = "https://uri.etsi.org/ngsi-ld/"
	tests := map[string]string{ // "!" and a part of the error
		"Bench":                                "https://example.org/v#Bench",
		"temp":                                 "https://example.org/v#temperature",
		"tmp":                                  "https://example.org/v#temperature",
		"location":                             ngsi + "location", // the core wins
		"ort":                                  ngsi + "location",
		"observedAt":                           ngsi + "observedAt",
		"title":                                "http://purl.org/dc/terms/title",
		"unknown":                              DefaultVocab + "unknown",
		"été_2026":                             DefaultVocab + "été_2026",
		"名前":                                   DefaultVocab + "名前",
		"ex:new":                               "https://example.org/v#new",
		"ex:odd":                               "https://example.org/elsewhere",
		"ngsi-ld:x":                            ngsi + "x", // the core's prefix wins too
		"geojson:Point":                        "https://purl.org/geojson/vocab#Point",
		"noPrefix:x":                           "noPrefix:x", // an IRI of that scheme, as JSON-LD has it
		"other:x":                              "other:x",
		"urn:ngsi-ld:x":                        "urn:ngsi-ld:x",
		"https://a.eu/x-y.z":                   "https://a.eu/x-y.z",
		"ex://y":                               "ex://y", // as JSON-LD has it: no prefix before //
		"PM2.5":                                "https://example.org/v#pm25",
		"speed":                                DefaultVocab + "vitesse",
		"":                                     "!empty",
		"pm2.5":                                "!letters, digits",
		"a-b":                                  "!letters, digits",
		"a/b":                                  "!letters, digits",
		"a b":                                  "!letters, digits",
		"1st":                                  "!begin with a letter",
		"_x":                                   "!begin with a letter",
		"\u0301x":                              "!begin with a letter",
		"é-":                                   "!letters, digits",
		"x\xff":                                "!UTF-8",
		"ex:":                                  "!after the prefix",
		"ex:a-b":                               "!after the prefix",
		"_:b0":                                 "!blank node",
		"urn:a b":                              "!blank or one of",
		"id":                                   "!keyword @id",
		"type":                                 "!keyword @type",
		"class":                                "!keyword @type",
		"dropped":                              "!out of use",
		"isHomeOf":                             "!@reverse",
		"@type":                                "!begin with a letter",
		strings.Repeat("a", MaxNameBytes):      DefaultVocab + strings.Repeat("a", MaxNameBytes),
		strings.Repeat("a", MaxNameBytes+1):    "!longer",
		strings.Repeat("é", MaxNameBytes/2):    DefaultVocab + strings.Repeat("é", MaxNameBytes/2),
		"http:":                                "!neither",
		"https://" + strings.Repeat("a", 2000): "!longer",
	}
	c := sample()
	for name, want := range tests {
		for range 2 { // computed, then remembered
			got, err := c.ExpandTerm(name)
			if part, bad := strings.CutPrefix(want, "!"); bad {
				if !problem.Is(err, problem.BadRequestData) || !strings.Contains(err.Error(), part) {
					t.Errorf("ExpandTerm(%.40q) = %.80q, %v; want an error with %q", name, got, err, part)
				}
			} else if err != nil || got != want {
				t.Errorf("ExpandTerm(%.40q) = %.80q, %v; want %.80q", name, got, err, want)
			}
		}
	}
}

func TestCompactTerm(t *testing.T) {
	tests := map[string]string{
		"https://example.org/v#Bench":                "Bench",
		"https://example.org/v#temperature":          "temp", // shortest of those without coercion
		"https://example.org/v#when":                 "when", // its only name
		"https://example.org/v#other":                "ex:other",
		"https://example.org/v#street_x":             "exs:x",                        // the longer prefix
		"https://example.org/v#a-b":                  "https://example.org/v#a-b",    // ex:a-b is no valid name
		"https://example.org/v#odd":                  "https://example.org/v#odd",    // ex:odd is something else
		"https://example.org/w#x":                    "https://example.org/w#x",      // no prefix
		"https://example.org/v#location":             "ex:location",                  // the core's name is not stolen
		"https://uri.etsi.org/ngsi-ld/location":      "location",                     // the core's name comes first
		"https://uri.etsi.org/ngsi-ld/hasValue":      "value",                        // whose IRI is another
		"https://uri.etsi.org/ngsi-ld/somethingElse": "ngsi-ld:somethingElse",        //
		"https://example.org/stolen/x":               "https://example.org/stolen/x", // ngsi-ld is the core's
		DefaultVocab + "unknown":                     "unknown",                      //
		DefaultVocab + "été":                         "été",                          //
		DefaultVocab + "location":                    DefaultVocab + "location",      // would mean the core's
		DefaultVocab + "temp":                        DefaultVocab + "temp",          // would mean the term
		DefaultVocab + "dropped":                     DefaultVocab + "dropped",       // would mean nothing
		DefaultVocab + "class":                       DefaultVocab + "class",         // would mean @type
		DefaultVocab + "vitesse":                     "speed",                        //
		DefaultVocab + "speed":                       DefaultVocab + "speed",         //
		DefaultVocab + "a-b":                         DefaultVocab + "a-b",           //
		DefaultVocab:                                 DefaultVocab,
		"urn:x:y":                                    "urn:x:y",
		"https://example.org/v#lives":                "ex:lives",
	}
	c := sample()
	for iri, want := range tests {
		for range 2 {
			if got := c.CompactTerm(iri); got != want {
				t.Errorf("CompactTerm(%q) = %q, want %q", iri, got, want)
			}
		}
	}
}

func TestVocabValues(t *testing.T) {
	c := sample()
	tests := map[string]string{
		"Bench":         "https://example.org/v#Bench",
		"location":      "https://uri.etsi.org/ngsi-ld/location",
		"non motorised": DefaultVocab + "non motorised",
		"1":             DefaultVocab + "1",
		"ex:a-b":        "https://example.org/v#a-b",
		"https://a.eu/": "https://a.eu/",
		"type":          DefaultVocab + "type",
		"dropped":       DefaultVocab + "dropped",
		"other:x":       "other:x",
		"unknown":       DefaultVocab + "unknown",
	}
	for value, want := range tests {
		got := c.ExpandVocab(value)
		if got != want {
			t.Errorf("ExpandVocab(%q) = %q, want %q", value, got, want)
		}
		if again := c.ExpandVocab(c.CompactVocab(got)); again != got {
			t.Errorf("%q comes back as %q", got, again)
		}
	}
	if got := c.CompactVocab(DefaultVocab + "Bench"); got != DefaultVocab+"Bench" {
		t.Errorf("got %q, which would mean another", got)
	}
	if got := c.CompactVocab(DefaultVocab + "non motorised"); got != "non motorised" {
		t.Errorf("got %q", got)
	}
}

func TestTypeOf(t *testing.T) {
	c := sample()
	for name, want := range map[string]string{
		"object": "@id", "vocab": "@vocab", "json": "@json", "value": "", "unknown": "",
		"observedAt": "https://uri.etsi.org/ngsi-ld/DateTime", "when": "https://uri.etsi.org/ngsi-ld/DateTime",
	} {
		if got := c.TypeOf(name); got != want {
			t.Errorf("TypeOf(%q) = %q, want %q", name, got, want)
		}
	}
	if term, _ := c.Lookup("languageMap"); term.Container != "@language" {
		t.Errorf("languageMap: %+v", term)
	}
}

func TestURL(t *testing.T) {
	tests := map[string]string{ // "" is none
		`"https://a.eu/c"`:                                     "https://a.eu/c",
		`["https://a.eu/c","` + CoreURL + `"]`:                 "https://a.eu/c",
		`["https://a.eu/c","https://a.eu/d"]`:                  "",
		`["https://a.eu/c",{"a":"urn:b:c"},"` + CoreURL + `"]`: "",
		`{"a":"urn:b:c"}`:                                      "",
		`["` + CoreURL + `"]`:                                  CoreURL,
	}
	for source, want := range tests {
		n, err := jsontree.Parse([]byte(source), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got, ok := New("", n, nil).URL()
		if got != want || ok != (want != "") {
			t.Errorf("%s: URL() = %q, %v; want %q", source, got, ok, want)
		}
	}
}

func TestIsCore(t *testing.T) {
	const base = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context"
	if len(CoreURLs()) != 11 {
		t.Error("11 addresses are published")
	}
	for _, url := range append(CoreURLs(), CoreURL, base+".jsonld", base+"-v1.0.jsonld", base+"-v1.3.jsonld", base+"-v1.9.jsonld") {
		if !IsCore(url) {
			t.Errorf("%s is a core address", url)
		}
	}
	for _, url := range []string{
		"", base, base + "-v1.10.jsonld", base + "-v1..jsonld", base + "-v2.0.jsonld", base + "-v1.jsonld", base + "-non-existing.jsonld",
		base + "-v1.9.jsonld?x", "http://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld",
		"https://uri.etsi.org/ngsi-ld/v2/ngsi-ld-core-context.jsonld", "https://example.org/ngsi-ld-core-context.jsonld", base + "-v1.é.jsonld",
	} {
		if IsCore(url) {
			t.Errorf("%q is no core address", url)
		}
	}
}

// goldCore compiles the core context with json-gold, its scoped context left
// out: that one names a remote document.
func goldCore(t *testing.T) *ld.Context {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(CoreDocument()), &doc); err != nil {
		t.Fatal(err)
	}
	terms := doc["@context"].(map[string]any)
	delete(terms["ngsildproof"].(map[string]any), "@context")
	c, err := ld.NewContext(nil, ld.NewJsonLdOptions("")).Parse(terms)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What compileCore makes of the core context is what a full JSON-LD processor
// makes of it.
func TestCoreEqualsJSONGold(t *testing.T) {
	gold := goldCore(t)
	core := coreTables()
	if len(core.terms) != len(gold.TermDefinitions) || len(core.terms) < 200 {
		t.Errorf("%d terms, json-gold has %d", len(core.terms), len(gold.TermDefinitions))
	}
	for name, def := range gold.TermDefinitions {
		container := ""
		if len(def.Container) > 0 {
			container = def.Container[0]
		}
		want := Term{IRI: def.ID, Type: def.Type, Container: container, Prefix: def.Prefix != nil && *def.Prefix, Reverse: def.Reverse}
		if got := core.terms[name]; got != want {
			t.Errorf("%s: %+v, json-gold has %+v", name, got, want)
		}
	}
	if *gold.Values.Vocab != DefaultVocab {
		t.Errorf("vocab %q", *gold.Values.Vocab)
	}
	byIRI := map[string]string{}
	for name, iri := range core.iris {
		if other, ok := byIRI[iri]; ok {
			t.Errorf("%s and %s both mean %s: names needs a rule", name, other, iri)
		}
		byIRI[iri] = name
	}
}

func TestCore(t *testing.T) {
	if c := Core(); c != Core() || c.Source().Str() != CoreURL {
		t.Error("Core is one context with its address as source")
	}
	gold := goldCore(t)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`(ngsi-ld:|geojson:|urn:)?[a-zé][A-Za-z0-9_]{0,8}`).Draw(t, "name")
		got, err := Core().ExpandTerm(name)
		want, goldErr := gold.ExpandIri(name, false, true, nil, nil)
		if err != nil || goldErr != nil || got != want {
			t.Fatalf("ExpandTerm(%q) = %q, %v; json-gold says %q, %v", name, got, err, want, goldErr)
		}
	})
}

// Every IRI comes back from its name, whatever the context says.
func TestCompactThenExpand(t *testing.T) {
	names := rapid.SampledFrom([]string{"a", "b", "ab", "location", "value", "ngsi-ld", "type", "p", "q", "p:a", "q:b"})
	iris := rapid.SampledFrom([]string{"", "@type", "https://e.eu/", "https://e.eu/a", "https://e.eu/p/", "https://e.eu/p/a",
		DefaultVocab, DefaultVocab + "a", DefaultVocab + "b", "https://uri.etsi.org/ngsi-ld/", "https://uri.etsi.org/ngsi-ld/location"})
	ends := rapid.SampledFrom([]string{"", "a", "b", "ab", "location", "value", "a-b", "/a", "a:b"})
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.MapOf(names, rapid.Custom(func(t *rapid.T) Term {
			return Term{IRI: iris.Draw(t, "iri"), Prefix: rapid.Bool().Draw(t, "prefix"), Reverse: rapid.IntRange(0, 9).Draw(t, "reverse") == 0}
		})).Draw(t, "terms")
		c := New("", jsontree.Node{}, terms)
		for range 8 {
			iri := iris.Filter(func(s string) bool { return s != "" && s[0] != '@' }).Draw(t, "start") + ends.Draw(t, "end")
			name := c.CompactTerm(iri)
			got, err := c.ExpandTerm(name)
			if err != nil || got != iri {
				t.Fatalf("CompactTerm(%q) = %q, which expands to %q, %v", iri, name, got, err)
			}
		}
	})
}

func TestMemoIsBounded(t *testing.T) {
	c := New("", jsontree.Node{}, nil)
	for i := range 3 * memoEntries {
		if _, err := c.ExpandTerm("n" + strings.Repeat("x", i%memoBytes) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(*c.expanded.m.Load()); n != memoEntries {
		t.Errorf("%d names remembered, want %d", n, memoEntries)
	}
	for key := range *c.expanded.m.Load() {
		if len(key) > memoBytes {
			t.Errorf("a name of %d bytes is remembered", len(key))
		}
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	c := sample()
	long := "https://example.org/v#other"
	c.ExpandTerm("unknown")
	c.CompactTerm(long)
	n := testing.AllocsPerRun(100, func() {
		for _, name := range []string{"Bench", "location", "unknown"} {
			iri, err := c.ExpandTerm(name)
			if err != nil || c.CompactTerm(iri) != name {
				t.Fatal(name)
			}
		}
		c.CompactTerm(long)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkExpandCompact(b *testing.B) {
	c := sample()
	for b.Loop() {
		iri, _ := c.ExpandTerm("temp")
		c.CompactTerm(iri)
	}
}
