package ldgraph

import (
	_ "embed" // for the contexts of DCAT-AP
	"strings"

	"github.com/piprate/json-gold/ld"

	"github.com/beffroi/beffroi/internal/contexts"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/rdf"
)

// Bounds of the work that a text may ask for.
const (
	maxLoads   = 64         // remote contexts, each time one is named
	maxMembers = 10_000     // of all contexts together
	maxScoped  = 50_000_000 // members of contexts in contexts, times the objects in which they may begin to hold
	maxText    = 512 << 20  // texts that may be IRIs, times the longest text of a context: bytes
)

// guard bounds what a text can cost before it is expanded. Contexts can make
// short texts long, and one within another is compiled anew wherever it
// begins to hold.
type guard struct {
	objects, texts  int // of the document, without contexts
	members, scoped int // of contexts; scoped: in contexts within contexts
	longest         int // text in a context
}

// document measures a text.
func (g *guard) document(n jsontree.Node) error {
	if err := g.walk(n); err != nil {
		return err
	}
	return g.check()
}

func (g *guard) walk(n jsontree.Node) error {
	switch n.Kind() {
	case jsontree.String:
		g.texts++
	case jsontree.Array:
		for _, item := range n.Items() {
			if err := g.walk(item); err != nil {
				return err
			}
		}
	case jsontree.Object:
		g.objects++
		for name, v := range n.Members() {
			g.texts++
			var err error
			if name == "@context" {
				err = g.context(v, false)
			} else {
				err = g.walk(v)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// context measures the value of an @context, and those in it.
func (g *guard) context(n jsontree.Node, scoped bool) error {
	for _, item := range n.Items() {
		if err := g.context(item, scoped); err != nil {
			return err
		}
	}
	if n.Kind() != jsontree.Object {
		return nil
	}
	if err := contexts.CheckCost(n, ""); err != nil {
		return err
	}
	for name, def := range n.Members() {
		g.members++
		if scoped {
			g.scoped++
		}
		g.longest = max(g.longest, len(name), longestText(def))
		if inner, ok := def.Get("@context"); ok {
			if err := g.context(inner, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// longestText bounds the IRI that a definition makes of a name.
func longestText(def jsontree.Node) int {
	if def.Kind() == jsontree.String {
		return len(def.Str())
	}
	out := 0
	for _, v := range def.Members() {
		if v.Kind() == jsontree.String {
			out = max(out, len(v.Str()))
		}
	}
	return out
}

func (g *guard) check() error {
	switch {
	case g.members > maxMembers:
		return problem.New(problem.BadRequestData, "the contexts have more than %d terms; take out those that are not used", maxMembers)
	case g.scoped*g.objects > maxScoped:
		return problem.New(problem.BadRequestData, "%d terms of contexts within contexts for %d objects are too many; split the file", g.scoped, g.objects)
	case g.longest*g.texts > maxText:
		return problem.New(problem.BadRequestData, "the text becomes longer than %d bytes when its names are written out; split the file, or use shorter IRIs in its context", maxText)
	}
	return nil
}

// loader gives json-gold the contexts that it asks for.
type loader struct {
	o     Options
	guard *guard
	loads int
	known map[string]any
	err   error // the first; json-gold loses its kind
}

// LoadDocument gives the context at an address.
func (l *loader) LoadDocument(url string) (*ld.RemoteDocument, error) {
	doc, err := l.load(url)
	if err != nil {
		if l.err == nil {
			l.err = err
		}
		return nil, ld.NewJsonLdError(ld.LoadingRemoteContextFailed, err)
	}
	return &ld.RemoteDocument{DocumentURL: url, Document: doc}, nil
}

func (l *loader) load(url string) (any, error) {
	if l.loads++; l.loads > maxLoads {
		return nil, problem.New(problem.BadRequestData, "remote contexts are named more than %d times; name them once, at the top", maxLoads)
	}
	if doc, ok := l.known[url]; ok {
		return doc, nil
	}
	b, ok := atHand(url)
	if !ok {
		if l.o.Context == nil {
			return nil, problem.New(problem.LdContextNotAvailable, "the @context %.200s is not at hand, and none are fetched here; put it into the text", url)
		}
		var err error
		if b, err = l.o.Context(url); err != nil {
			return nil, problem.Wrap(problem.LdContextNotAvailable, err, "the @context %.200s cannot be had", url)
		}
	}
	n, err := parse(b, rdf.Limits{Depth: 64})
	if err != nil {
		return nil, problem.Wrap(problem.LdContextNotAvailable, err, "the @context %.200s cannot be read", url)
	}
	if c, ok := n.Get("@context"); ok {
		n = n.With("@context", mended(c))
		if err := l.guard.context(c, false); err != nil {
			return nil, err
		}
	}
	if err := l.guard.check(); err != nil {
		return nil, err
	}
	if l.known == nil {
		l.known = map[string]any{}
	}
	l.known[url] = n.Plain()
	return l.known[url], nil
}

// mended declares the prefixes of a context that has terms such as
// "Xsd:decimal" and no "Xsd". JSON-LD 1.1 refuses it (context processing, 9.3 of
// create term definition), and those that SEMIC publishes are of that kind.
func mended(c jsontree.Node) jsontree.Node {
	for name, def := range c.Members() {
		if def.Kind() == jsontree.Object {
			def, _ = def.Get("@id")
		}
		prefix, local, ok := strings.Cut(name, ":")
		if !ok || prefix == "" || def.Kind() != jsontree.String {
			continue
		}
		if _, known := c.Get(prefix); known {
			continue
		}
		if space, ok := strings.CutSuffix(def.Str(), local); ok && strings.ContainsAny(space, "#/") {
			c = c.With(prefix, jsontree.StringNode(space))
		}
	}
	return c
}

//go:embed contexts/dcat-ap-3.0.1.jsonld
var dcatAP []byte

//go:embed contexts/dcat-ap-hvd-3.0.0.jsonld
var dcatAPHVD []byte

// atHand gives the contexts that need no network: those that SEMIC publishes
// with DCAT-AP and DCAT-AP HVD.
func atHand(url string) ([]byte, bool) {
	switch url {
	case "https://semiceu.github.io/DCAT-AP/releases/3.0.1/context/dcat-ap.jsonld":
		return dcatAP, true
	case "https://semiceu.github.io/DCAT-AP/releases/3.0.0-hvd/context/hvd.jsonld":
		return dcatAPHVD, true
	}
	return nil, false
}
