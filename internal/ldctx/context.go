// Package ldctx holds compiled JSON-LD contexts: the tables that turn the
// short names of one client into IRIs and IRIs into the short names of
// another (CIM 009, 4.4 and 5.5.7).
//
// It does not fetch, parse or check @context documents: package contexts
// does and hands the finished terms to New. Only the NGSI-LD core context is
// here, because all others rest on it.
//
// Always true: a Context does not change and is safe for concurrent use; the
// core context wins over every other, wherever the client put it; and a name
// that CompactTerm gives, ExpandTerm of the same Context turns back into the
// same IRI.
package ldctx

import (
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// DefaultVocab is the start of the IRI of every name that no context knows
// (CIM 009, 5.5.7).
const DefaultVocab = "https://uri.etsi.org/ngsi-ld/default-context/"

// CoreURL is the address of the core context that this program speaks.
const CoreURL = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"

// Term is what a context says about a name.
type Term struct {
	// IRI is what the name stands for; "" if the context takes the name out
	// of use by mapping it to null. It may be a keyword such as "@type".
	IRI string
	// Type is the coercion of values: "@id", "@vocab", "@json", the IRI of a
	// datatype, or "" for none.
	Type string
	// Container is the first container of the definition, such as "@list",
	// "@set" or "@language", or "".
	Container string
	Prefix    bool // may stand before a colon, if it has none itself
	Reverse   bool // @reverse: the property is read backwards
}

// Context is a compiled list of contexts, the core context always among them.
type Context struct {
	id       string
	source   jsontree.Node
	core     *coreTable
	terms    map[string]Term   // as given; the core's win
	iris     map[string]string // of terms that can name a property or type
	names    map[string]string // from IRI to the best name
	prefixes []prefix          // core's first, then longest IRI first
	expanded memo
	short    memo
}

type prefix struct{ name, iri string }

// New makes a Context of terms that lie beneath the core context; terms that
// the core has are dropped.
//
// The id identifies the compiled content: equal ids mean equal behaviour. The
// source is what goes back out to clients: an address, an object or a list
// (see Source). New keeps terms, which must not change any more.
func New(id string, source jsontree.Node, terms map[string]Term) *Context {
	c := &Context{id: id, source: source, core: coreTables(), terms: terms,
		iris: make(map[string]string, len(terms)), names: make(map[string]string, len(terms))}
	for name, t := range terms {
		if _, ok := c.core.terms[name]; ok || !t.names() {
			continue
		}
		c.iris[name] = t.IRI
		if t.Prefix && !strings.Contains(name, ":") {
			c.prefixes = append(c.prefixes, prefix{name, t.IRI})
		}
		if old, ok := c.names[t.IRI]; !ok || better(name, t, old, terms[old]) {
			c.names[t.IRI] = name
		}
	}
	slices.SortFunc(c.prefixes, func(a, b prefix) int {
		if d := len(b.iri) - len(a.iri); d != 0 {
			return d
		}
		return strings.Compare(a.name, b.name)
	})
	c.prefixes = append(slices.Clip(c.core.prefixes), c.prefixes...)
	return c
}

// names reports whether t can name a property or a type.
func (t Term) names() bool {
	return t.IRI != "" && t.IRI[0] != '@' && !strings.HasPrefix(t.IRI, "_:") && !t.Reverse
}

// better reports whether name a is to be preferred to b for the same IRI:
// one without coercion fits every value, then the shorter, then the first of
// the alphabet.
func better(a string, ta Term, b string, tb Term) bool {
	switch {
	case (ta.Type == "") != (tb.Type == ""):
		return ta.Type == ""
	case len(a) != len(b):
		return len(a) < len(b)
	}
	return a < b
}

// ID identifies the compiled content, for caches and ETags.
func (c *Context) ID() string { return c.id }

// Source gives what is sent back as @context: as the client gave it, with the
// core context's address added at the end where it was missing.
func (c *Context) Source() jsontree.Node { return c.source }

// Terms gives the number of terms beside those of the core context.
func (c *Context) Terms() int { return len(c.terms) }

// URL gives the address to put in a Link header (CIM 009, 6.3.6). It is false
// if the source is not one address, beside that of the core context.
func (c *Context) URL() (string, bool) {
	if c.source.Kind() == jsontree.String {
		return c.source.Str(), true
	}
	url := ""
	for _, item := range c.source.Items() {
		switch {
		case item.Kind() != jsontree.String:
			return "", false
		case IsCore(item.Str()):
		case url != "":
			return "", false
		default:
			url = item.Str()
		}
	}
	if url == "" && c.source.Kind() == jsontree.Array {
		url = CoreURL
	}
	return url, url != ""
}

// Lookup gives what the context says about name itself; the core wins.
func (c *Context) Lookup(name string) (Term, bool) {
	if t, ok := c.core.terms[name]; ok {
		return t, true
	}
	t, ok := c.terms[name]
	return t, ok
}

// TypeOf gives the coercion of values of name, as Term.Type has it; "" if
// there is none or name is no term.
func (c *Context) TypeOf(name string) string {
	t, _ := c.Lookup(name)
	return t.Type
}

// ExpandTerm turns a name of an entity type, attribute or sub-attribute into
// its IRI. A name that no context knows goes into the default vocabulary;
// prefix:name is joined if the prefix is known; a full IRI stays as it is.
//
// Errors: problem.BadRequestData if name breaks the rules for names
// (CIM 009, 4.6.2), stands for a JSON-LD keyword, or is taken out of use by
// the context.
func (c *Context) ExpandTerm(name string) (string, error) {
	if iri, ok := c.core.iris[name]; ok {
		return iri, nil
	}
	if iri, ok := c.iris[name]; ok {
		return iri, nil
	}
	if iri, ok := c.expanded.get(name); ok {
		return iri, nil
	}
	if t, ok := c.Lookup(name); ok {
		return "", t.refuse(name)
	}
	iri, err := c.expand(name)
	if err != nil {
		return "", err
	}
	c.expanded.put(name, iri)
	return iri, nil
}

// refuse says why name, which the context defines, cannot be used.
func (t Term) refuse(name string) error {
	switch {
	case t.IRI == "":
		return problem.New(problem.BadRequestData, "the @context takes the name %.80q out of use (it maps it to null)", name)
	case t.Reverse:
		return problem.New(problem.BadRequestData, "the @context defines %.80q with @reverse, which NGSI-LD does not have", name)
	case t.IRI[0] != '@':
		return problem.New(problem.BadRequestData, "the @context maps %.80q to a blank node, which cannot name a type or an attribute", name)
	default:
		return problem.New(problem.BadRequestData, "%.80q stands for the JSON-LD keyword %s and cannot name a type or an attribute", name, t.IRI)
	}
}

func (c *Context) expand(name string) (string, error) {
	before, after, hasColon := strings.Cut(name, ":")
	if !hasColon {
		if err := CheckName(name); err != nil {
			return "", err
		}
		return DefaultVocab + name, nil
	}
	if !strings.HasPrefix(after, "//") {
		if t, ok := c.Lookup(before); ok && t.Prefix && t.names() {
			if why := badName(after); why != "" {
				return "", problem.New(problem.BadRequestData, "the name %.80q is not valid: after the prefix, %s", name, why)
			}
			return t.IRI + after, nil
		}
	}
	if before == "_" {
		return "", problem.New(problem.BadRequestData, "the name %.80q is a blank node, which cannot name a type or an attribute", name)
	}
	if err := entity.CheckURI(name); err != nil {
		return "", problem.New(problem.BadRequestData, "the name %.80q is neither a known prefix with a name nor a URI: %s", name, err.Error())
	}
	return strings.Clone(name), nil
}

// CompactTerm turns an IRI into the name by which a client of this context
// knows it (CIM 009, 5.5.7): a term, else the rest after the default
// vocabulary, else prefix:name, else the IRI itself. It never gives a name
// that ExpandTerm would turn into something else.
func (c *Context) CompactTerm(iri string) string {
	if name, ok := c.core.names[iri]; ok {
		return name
	}
	if name, ok := c.names[iri]; ok {
		return name
	}
	if rest, ok := strings.CutPrefix(iri, DefaultVocab); ok && badName(rest) == "" {
		if _, taken := c.Lookup(rest); !taken {
			return rest
		}
	}
	if name, ok := c.short.get(iri); ok {
		return name
	}
	name := iri
	for _, p := range c.prefixes {
		rest, ok := strings.CutPrefix(iri, p.iri)
		if !ok || badName(rest) != "" {
			continue
		}
		curie := p.name + ":" + rest
		if _, taken := c.Lookup(curie); !taken {
			name = curie
			break
		}
	}
	c.short.put(iri, name)
	return name
}

// ExpandVocab turns a value that is subject to type coercion to @vocab, such
// as that of a VocabProperty (CIM 009, 4.5.20), into an IRI. Unlike names,
// values may be any text: what is no term, no prefix:rest and no IRI follows
// the default vocabulary as it is.
func (c *Context) ExpandVocab(value string) string {
	if t, ok := c.Lookup(value); ok && t.names() {
		return t.IRI
	}
	before, after, hasColon := strings.Cut(value, ":")
	if !hasColon {
		return DefaultVocab + value
	}
	if !strings.HasPrefix(after, "//") && before != "_" {
		if t, ok := c.Lookup(before); ok && t.Prefix && t.names() {
			return t.IRI + after
		}
	}
	return value
}

// CompactVocab is the reverse of ExpandVocab.
func (c *Context) CompactVocab(iri string) string {
	name := c.CompactTerm(iri)
	if name != iri {
		return name
	}
	rest, ok := strings.CutPrefix(iri, DefaultVocab)
	if ok && rest != "" && c.ExpandVocab(rest) == iri {
		return rest
	}
	return iri
}
