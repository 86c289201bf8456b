package contexts

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piprate/json-gold/ld"
	"pgregory.net/rapid"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
)

func parse1(t testing.TB, s string) jsontree.Node {
	t.Helper()
	n, err := jsontree.Parse([]byte(s), jsontree.Limits{})
	if err != nil {
		t.Fatalf("%.200s: %v", s, err)
	}
	return n
}

// web answers from a map; a body that begins with "!" is an error.
type web map[string]string

func (w web) Fetch(_ context.Context, url string) ([]byte, time.Duration, error) {
	body, ok := w[url]
	if !ok {
		return nil, 0, problem.New(problem.ResourceNotFound, "its server answers 404")
	}
	return []byte(body), -1, nil
}

func open(t testing.TB, o Options) *Service {
	t.Helper()
	if o.Now == nil {
		o.Now = time.Now
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func resolve(t testing.TB, s *Service, value string) *ldctx.Context {
	t.Helper()
	c, err := s.Resolve(t.Context(), parse1(t, value))
	if err != nil {
		t.Fatalf("Resolve(%s): %v", value, err)
	}
	return c
}

// gold compiles a context and then the core context with json-gold alone,
// which is what NGSI-LD asks for: the core as if it were last.
func gold(t testing.TB, contexts ...string) *ld.Context {
	t.Helper()
	var core map[string]any
	if err := json.Unmarshal([]byte(ldctx.CoreDocument()), &core); err != nil {
		t.Fatal(err)
	}
	terms := core["@context"].(map[string]any)
	delete(terms["ngsildproof"].(map[string]any), "@context")
	c := ld.NewContext(nil, ld.NewJsonLdOptions(""))
	for _, text := range contexts {
		var doc map[string]any
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		var err error
		if c, err = c.Parse(doc["@context"]); err != nil {
			t.Fatal(err)
		}
	}
	c, err := c.Parse(terms)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Names of real contexts, and those made of their prefixes, expand as a full
// JSON-LD processor expands them; and what expands comes back.
func TestExpansionEqualsJSONGold(t *testing.T) {
	files, _ := filepath.Glob("testdata/smart-data-models/*.jsonld")
	more, _ := filepath.Glob("testdata/ngsi-ld/*[tT]est*ontext*.jsonld")
	for _, f := range append(files, append(more, "testdata/ngsi-ld/ngsi-ld-test-suite.jsonld", "testdata/ngsi-ld/fiware-alternativeContext.jsonld")...) {
		base := filepath.Base(f)
		if strings.Contains(base, "Full") { // these name documents elsewhere
			continue
		}
		t.Run(base, func(t *testing.T) {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			const url = "https://example.org/c.jsonld"
			c := resolve(t, open(t, Options{Fetch: web{url: string(data)}}), `"`+url+`"`)
			oracle := gold(t, string(data))
			var names []string
			for name := range oracle.TermDefinitions {
				names = append(names, name)
			}
			slices.Sort(names)
			for _, name := range names {
				compare(t, c, oracle, name)
			}
			rapid.Check(t, func(t *rapid.T) {
				name := rapid.SampledFrom(names).Draw(t, "name")
				end := rapid.StringMatching(`(:[a-zA-Z0-9_é]{1,6}|[a-z0-9_]{0,3})`).Draw(t, "end")
				compare(t, c, oracle, name+end)
			})
		})
	}
	if len(files) != 12 {
		t.Errorf("%d files", len(files))
	}
}

func compare(t rapid.TB, c *ldctx.Context, oracle *ld.Context, name string) {
	t.Helper()
	got, err := c.ExpandTerm(name)
	want, goldErr := oracle.ExpandIri(name, false, true, nil, nil)
	if goldErr != nil || strings.HasPrefix(want, "@") {
		if err == nil {
			t.Errorf("ExpandTerm(%q) = %q, json-gold says %q, %v", name, got, want, goldErr)
		}
		return
	}
	if err != nil && strings.ContainsAny(name, ":-") {
		return // we are stricter in what is a name, what follows a prefix, and what is a URI
	}
	if err != nil || got != want {
		t.Errorf("ExpandTerm(%q) = %q, %v; json-gold says %q", name, got, err, want)
		return
	}
	short := c.CompactTerm(got)
	if again, err := c.ExpandTerm(short); err != nil || again != got {
		t.Errorf("%q compacts to %q, which expands to %q, %v", got, short, again, err)
	}
}

func TestCoreWinsWhereverItIs(t *testing.T) {
	const url = "https://example.org/c.jsonld"
	s := open(t, Options{Fetch: web{url: `{"@context":{"location":"https://example.org/place","ngsi-ld":"https://example.org/stolen/","Bench":"https://example.org/Bench","x":"ngsi-ld:x","y":{"@type":"@id"}}}`}})
	for _, value := range []string{
		`"` + url + `"`,
		`["` + url + `","` + ldctx.CoreURL + `"]`,
		`["` + ldctx.CoreURL + `","` + url + `"]`,
		`["` + url + `","https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld"]`,
	} {
		c := resolve(t, s, value)
		for name, want := range map[string]string{
			"location":  "https://uri.etsi.org/ngsi-ld/location",
			"Bench":     "https://example.org/Bench",
			"ngsi-ld:a": "https://uri.etsi.org/ngsi-ld/a",
			"x":         "https://example.org/stolen/x", // as the document itself means it
			"y":         ldctx.DefaultVocab + "y",
			"unknown":   ldctx.DefaultVocab + "unknown",
		} {
			if got, err := c.ExpandTerm(name); got != want || err != nil {
				t.Errorf("%s: %s is %q, %v; want %q", value, name, got, err, want)
			}
		}
		if got := c.CompactTerm("https://example.org/place"); got != "https://example.org/place" {
			t.Errorf("%s: the name location is stolen: %q", value, got)
		}
	}
}

func TestContextsThatAreNotValid(t *testing.T) {
	remote := web{
		"https://e.eu/broken":    `{"@context":{"a":"https://e.eu/a" "b":1}}`,
		"https://e.eu/list":      `["https://e.eu/a"]`,
		"https://e.eu/none":      `{"a":"https://e.eu/a"}`,
		"https://e.eu/number":    `{"@context":12}`,
		"https://e.eu/loop":      `{"@context":["https://e.eu/loop2"]}`,
		"https://e.eu/loop2":     `{"@context":["loop"]}`,
		"https://e.eu/secret":    `{"@context":{"a":{"@id":"https://e.eu/a","@type":{"hush":1}}}}`,
		"https://e.eu/secret2":   `{"hush":1,"hush":2}`,
		"https://e.eu/html":      `<!DOCTYPE html><p>hush</p>`,
		"https://e.eu/two":       `{"@context":["one"]}`,
		"https://e.eu/import":    `{"@context":{"@version":1.1,"@import":"one"}}`,
		"https://e.eu/one":       `{"@context":["https://e.eu/three"]}`,
		"https://e.eu/three":     `{"@context":{"a":"https://e.eu/a"}}`,
		"https://e.eu/bad\u00e9": `{"@context":{}}`,
		"https://e.eu/huge":      `{"@context":{"a":"` + strings.Repeat("x", 3000) + `"}}`,
		"https://e.eu/deep":      `{"@context":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`,
	}
	for i := range 12 { // doubling: few documents, many objects
		remote["https://e.eu/d"+string(rune('a'+i))] = `{"@context":["d` + string(rune('b'+i)) + `","d` + string(rune('b'+i)) + `"]}`
	}
	remote["https://e.eu/dm"] = `{"@context":{"a":"https://e.eu/a"}}`
	for i := range 20 {
		remote["https://e.eu/m/"+string(rune('a'+i))] = `{"@context":["` + string(rune('b'+i)) + `"]}`
	}
	s := open(t, Options{Fetch: remote, MaxTerms: 400, MaxDocumentBytes: 2048})
	many := `{"x":"https://e.eu/t"`
	for i := range 400 {
		many += `,"t` + strings.Repeat("x", i) + `":"https://e.eu/t"`
	}
	many += "}"
	const b, gone = problem.BadRequestData, problem.LdContextNotAvailable
	tests := map[string]struct {
		value string
		kind  problem.Kind
		part  string
	}{
		"null":                       {`null`, b, "holds null"},
		"number":                     {`5`, b, "holds a number"},
		"boolean":                    {`true`, b, "holds a boolean"},
		"number in a list":           {`[5]`, b, "holds a number"},
		"null in a list":             {`[null]`, b, "holds null"},
		"list in a list":             {`[["https://e.eu/three"]]`, b, "list within a list"},
		"relative address":           {`"context.jsonld"`, b, "begins with http"},
		"other scheme":               {`"ftp://e.eu/c"`, b, "begins with http"},
		"file":                       {`"file:///etc/passwd"`, b, "begins with http"},
		"no address":                 {`"http://[::1"`, b, "not an address"},
		"no host":                    {`"http:///x"`, b, "begins with http"},
		"endless address":            {`"http://e.eu/` + strings.Repeat("x", 3000) + `"`, b, "more than 2048 bytes"},
		"not there":                  {`"https://e.eu/nowhere"`, gone, "answers 404"},
		"core-like":                  {`"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-non-existing.jsonld"`, gone, "answers 404"},
		"not there, in a list":       {`[{"a":"https://e.eu/a"},"https://e.eu/nowhere"]`, gone, "answers 404"},
		"broken":                     {`"https://e.eu/broken"`, b, "not JSON (line 1, column 35)"},
		"html":                       {`"https://e.eu/html"`, b, "not JSON"},
		"a list":                     {`"https://e.eu/list"`, b, "not an object with an @context"},
		"no @context":                {`"https://e.eu/none"`, b, "not an object with an @context"},
		"a number":                   {`"https://e.eu/number"`, b, "document https://e.eu/number is not valid: it holds a number"},
		"loop":                       {`"https://e.eu/loop"`, b, "leads back to itself"},
		"too large":                  {`"https://e.eu/huge"`, b, "more than 2048 bytes"},
		"too deep":                   {`"https://e.eu/deep"`, b, "nested too deep"},
		"too many documents":         {`"https://e.eu/m/a"`, b, "more than 16 documents"},
		"too many objects":           {`"https://e.eu/da"`, b, "more than 64 objects"},
		"too many terms":             {many, b, "more than 400 terms"},
		"remote detail is not shown": {`"https://e.eu/secret"`, b, "document https://e.eu/secret is not valid: "},
		"remote names are not shown": {`"https://e.eu/secret2"`, b, "document https://e.eu/secret2 is not valid: it is not JSON"},
		"import of a list":           {`"https://e.eu/import"`, b, "named by @import"},
		"import of a number":         {`{"@import":5}`, b, "@import is not an address"},
		"scoped":                     {`{"a":{"@id":"https://e.eu/a","@context":{"b":"https://e.eu/b"}}}`, b, "scoped"},
		"context within a context":   {`{"@context":{"b":"https://e.eu/b"}}`, b, "@context within the @context"},
		"propagate":                  {`{"@propagate":false}`, b, "@propagate"},
		"term of no string":          {`{"a":5}`, b, "invalid term definition"},
		"loop of terms":              {`{"a":"b:x","b":"a:x"}`, b, "cyclic"},
		"keyword":                    {`{"@type":"https://e.eu/a"}`, b, "keyword"},
		"version":                    {`{"@version":1.0}`, b, "version"},
		"IRI that is none":           {`{"a":"https://e.eu/a b"}`, b, "does not stand for an IRI"},
		"unknown keyword in a term":  {`{"a":{"@id":"https://e.eu/a","@foo":1}}`, b, "@foo"},
		"a chain of terms":           {chain(200, "/"), b, "builds on too many"},
		"a chain of short terms":     {chain(250, ""), b, "builds on too many"},
		"a chain of types":           {types(250), b, "builds on too many"},
		"a chain of compact IRIs":    {strings.ReplaceAll(types(250), `"t`, `"p:t`), b, "builds on too many"},
		"a long IRI":                 {`{"a":"urn:x:` + strings.Repeat("a", 2100) + `"}`, b, "too long"},
		"a long vocabulary":          {`{"@vocab":"urn:x:` + strings.Repeat("a", 2100) + `"}`, b, "too long"},
		"a vocabulary that grows":    {`[{"@vocab":"urn:x:` + strings.Repeat("a", 1100) + `"},{"@version":1.1,"@vocab":"` + strings.Repeat("a", 1100) + `"}]`, b, "@vocab has more"},
		"a term that grows":          {`[{"a":"urn:x:` + strings.Repeat("a", 900) + `/"},{"b":"a:` + strings.Repeat("a", 900) + `"}]`, b, "longer than 1,024"},
		"a panic in the library":     {`{"@protected":5}`, b, "cannot be compiled"},
		"another":                    {`{"a":{"@id":"https://e.eu/a","@container":5}}`, b, "cannot be compiled"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s.Resolve(t.Context(), parse1(t, tt.value))
			if problem.KindOf(err) != tt.kind || !strings.Contains(problem.DetailOf(err), tt.part) {
				t.Errorf("got %v, want %v with %q", err, tt.kind, tt.part)
			}
			if strings.Contains(problem.DetailOf(err), "hush") {
				t.Errorf("the error quotes the document: %v", err)
			}
		})
	}
	if c := resolve(t, s, `["https://e.eu/two",{"c":"https://e.eu/c"}]`); c.CompactTerm("https://e.eu/a") != "a" {
		t.Error("a document named relatively is not found")
	}
	if c := resolve(t, s, `[]`); c.Terms() != 0 {
		t.Error("an empty list is the core context")
	}
}

// chain gives a context whose terms each build on the next.
func chain(n int, end string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"t%d":"t%d:%s",`, i, i+1, end)
	}
	return fmt.Sprintf(`{%s"t%d":"urn:x:/"}`, b.String(), n)
}

// types gives a context whose terms each have the next as type.
func types(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"t%d":{"@id":"urn:x:y","@type":"t%d"},`, i, i+1)
	}
	return fmt.Sprintf(`{%s"t%d":"urn:x:y"}`, b.String(), n)
}

// What the bounds let through is compiled in reasonable time and memory.
func TestCostlyContext(t *testing.T) {
	s := open(t, Options{})
	resolve(t, s, chain(100, "/"))
	resolve(t, s, types(100))
	var b strings.Builder
	for i := range 9_000 {
		fmt.Fprintf(&b, `"t%d":"urn:x:%d",`, i, i)
	}
	large := "{" + b.String() + `"z":"urn:x:z"}`
	if n := resolve(t, s, large).Terms(); n != 9_001 {
		t.Errorf("%d terms", n)
	}
}

func TestImport(t *testing.T) {
	s := open(t, Options{Fetch: web{"https://e.eu/base": `{"@context":{"a":"https://e.eu/a","b":"https://e.eu/b"}}`}})
	c := resolve(t, s, `{"@version":1.1,"@import":"https://e.eu/base","b":"https://e.eu/own"}`)
	for name, want := range map[string]string{"a": "https://e.eu/a", "b": "https://e.eu/own"} {
		if got, err := c.ExpandTerm(name); got != want {
			t.Errorf("%s = %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestSource(t *testing.T) {
	const core18 = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"
	s := open(t, Options{Fetch: web{
		"https://e.eu/a":        `{"@context":{"a":"https://e.eu/a"}}`,
		"https://e.eu/compound": `{"@context":["a","` + core18 + `"]}`,
	}})
	for value, want := range map[string]string{
		`"https://e.eu/a"`:                        `["https://e.eu/a","` + ldctx.CoreURL + `"]`,
		`["https://e.eu/a"]`:                      `["https://e.eu/a","` + ldctx.CoreURL + `"]`,
		`["https://e.eu/a","` + core18 + `"]`:     `["https://e.eu/a","` + core18 + `"]`,
		`["` + core18 + `","https://e.eu/a"]`:     `["` + core18 + `","https://e.eu/a"]`,
		`"https://e.eu/compound"`:                 `"https://e.eu/compound"`,
		`"` + core18 + `"`:                        `"` + core18 + `"`,
		`{"b":{"@id":"https://e.eu/b"},"a":null}`: `[{"b":{"@id":"https://e.eu/b"},"a":null},"` + ldctx.CoreURL + `"]`,
	} {
		if got := resolve(t, s, value).Source().String(); got != want {
			t.Errorf("%s: source %s, want %s", value, got, want)
		}
	}
}

// Documents of other test suites, with those they name.
func TestDocumentsOfSuites(t *testing.T) {
	remote := web{}
	for url, file := range map[string]string{
		"https://fiware.github.io/NGSI-LD_TestSuite/ldContext/testContext.jsonld": "fiware-testContext",
		"https://e.eu/full":         "fiware-testFullContext",
		"https://e.eu/plus":         "fiware-testFullContextPlusSchema",
		"https://e.eu/broken":       "fiware-contextWithParseError",
		"https://e.eu/etsiCompound": "ngsi-ld-test-suite-compound",
		"https://forge.etsi.org/rep/cim/ngsi-ld-test-suite/-/raw/develop/resources/jsonld-contexts/ngsi-ld-test-suite.jsonld": "ngsi-ld-test-suite",
	} {
		data, err := os.ReadFile("testdata/ngsi-ld/" + file + ".jsonld")
		if err != nil {
			t.Fatal(err)
		}
		remote[url] = string(data)
	}
	s := open(t, Options{Fetch: remote})
	for value, want := range map[string]string{
		`"https://e.eu/full"`:         "http://example.org/T",
		`"https://e.eu/etsiCompound"`: ldctx.DefaultVocab + "T",
	} {
		c := resolve(t, s, value)
		if got, err := c.ExpandTerm("T"); got != want {
			t.Errorf("%s: %q, %v", value, got, err)
		}
		if got := c.Source().String(); got != value {
			t.Errorf("%s names the core itself, but goes out as %s", value, got)
		}
	}
	if got, _ := resolve(t, s, `"https://e.eu/etsiCompound"`).ExpandTerm("speed"); got != "https://ngsi-ld-test-suite/context#speed" {
		t.Error(got)
	}
	wantKind(t, "broken", errOf(s.ResolveURL(t.Context(), "https://e.eu/broken")), problem.BadRequestData)
	wantKind(t, "names what cannot be had", errOf(s.ResolveURL(t.Context(), "https://e.eu/plus")), problem.LdContextNotAvailable)
}
