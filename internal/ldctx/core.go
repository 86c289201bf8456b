package ldctx

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"github.com/beffroi/beffroi/internal/jsontree"
)

//go:embed core/ngsi-ld-core-context-v1.9.jsonld
var coreDocument string

// CoreDocument gives the text of the core context, as served at CoreURL.
func CoreDocument() string { return coreDocument }

const (
	coreStart = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context"
	coreEnd   = ".jsonld"
)

// IsCore reports whether url is one of the published addresses of the core
// context: without version, or -v1.0 to -v1.9. All of them mean the one core
// context that the program has. Any other address is a document like others,
// however much it looks like these.
func IsCore(url string) bool {
	rest, ok := strings.CutPrefix(url, coreStart)
	if !ok {
		return false
	}
	rest, ok = strings.CutSuffix(rest, coreEnd)
	if !ok {
		return false
	}
	minor, versioned := strings.CutPrefix(rest, "-v1.")
	return rest == "" || versioned && len(minor) == 1 && minor[0] >= '0' && minor[0] <= '9'
}

// CoreURLs lists the published addresses of the core context.
func CoreURLs() []string {
	urls := []string{coreStart + coreEnd}
	for minor := range 10 {
		urls = append(urls, coreStart+"-v1."+strconv.Itoa(minor)+coreEnd)
	}
	return urls
}

// coreTable is the core context, compiled.
type coreTable struct {
	terms    map[string]Term
	iris     map[string]string // those of terms that name a property or type
	names    map[string]string // from IRI to name
	prefixes []prefix
}

// coreTables compiles the core context at first use. The document is ours and
// tested, so a fault in it is a fault of the build.
var coreTables = sync.OnceValue(func() *coreTable {
	doc, err := jsontree.Parse([]byte(coreDocument), jsontree.Limits{})
	if err != nil {
		panic("ldctx: the embedded core context: " + err.Error())
	}
	return compileCore(doc)
})

// Core gives the core context alone.
var coreOnce = sync.OnceValue(func() *Context {
	return New("core-1.9", jsontree.StringNode(CoreURL), nil)
})

// Core gives the core context alone: every name that is not of NGSI-LD itself
// goes into the default vocabulary.
func Core() *Context { return coreOnce() }

// compileCore handles what the core context uses of JSON-LD: terms given by a
// string, or by an object with @id, @type and @container. Its one scoped
// context, of ngsildproof, is not for names of entities. That the tables say
// what JSON-LD says is tested against another implementation.
func compileCore(doc jsontree.Node) *coreTable {
	context, _ := doc.Get("@context")
	t := &coreTable{terms: map[string]Term{}, iris: map[string]string{}, names: map[string]string{}}
	text := func(def jsontree.Node, member string) string {
		v, _ := def.Get(member)
		return v.Str()
	}
	full := func(s string) string {
		if before, after, ok := strings.Cut(s, ":"); ok && !strings.HasPrefix(after, "//") {
			p, _ := context.Get(before)
			return p.Str() + after
		}
		return s
	}
	for name, def := range context.Members() {
		if name[0] == '@' {
			continue
		}
		term := Term{IRI: full(def.Str())}
		if def.Kind() == jsontree.Object {
			term = Term{IRI: full(text(def, "@id")), Type: text(def, "@type"), Container: text(def, "@container")}
			if d, ok := context.Get(term.Type); ok && term.Type[0] != '@' {
				term.Type = full(d.Str())
			}
		}
		if end := term.IRI[len(term.IRI)-1]; end == '/' || end == '#' {
			term.Prefix = true
			t.prefixes = append(t.prefixes, prefix{name, term.IRI})
		}
		t.terms[name] = term
		if term.IRI[0] != '@' {
			t.iris[name] = term.IRI
			t.names[term.IRI] = name
		}
	}
	return t
}
