package contexts

import (
	"errors"
	"fmt"

	"github.com/piprate/json-gold/ld"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
)

// compiler has json-gold compile contexts. The library sees one object at a
// time and can fetch nothing.
type compiler struct {
	// base is the core context without protection: all contexts are read on
	// top of it, so that they may use its prefixes and terms. It does not
	// decide anything: what they redefine of it, ldctx.New drops.
	base *ld.Context
}

func newCompiler() (*compiler, error) {
	doc, err := jsontree.Parse([]byte(ldctx.CoreDocument()), jsontree.Limits{})
	if err != nil {
		return nil, fmt.Errorf("read the core context: %w", err)
	}
	core, _ := doc.Get("@context")
	core = core.Without("@protected")
	for name, def := range core.Members() {
		core = core.With(name, def.Without("@context"))
	}
	options := ld.NewJsonLdOptions("")
	options.DocumentLoader = nothing{}
	base, err := ld.NewContext(nil, options).Parse(core.Plain())
	if err != nil {
		return nil, fmt.Errorf("compile the core context: %w", err)
	}
	return &compiler{base}, nil
}

// nothing is a document loader that has no documents.
type nothing struct{}

// LoadDocument refuses.
func (nothing) LoadDocument(string) (*ld.RemoteDocument, error) {
	return nil, errors.New("all documents should be in place already")
}

// compile makes a Context of parts, read in order.
//
// Errors: problem.BadRequestData.
func (c *compiler) compile(id string, source jsontree.Node, parts []part) (*ldctx.Context, error) {
	active := c.base
	for _, p := range parts {
		next, err := parse(active, p)
		if err == nil {
			err = check(next, active, p.url)
		}
		if err != nil {
			return nil, err
		}
		active = next
	}
	terms := make(map[string]ldctx.Term, max(0, len(active.TermDefinitions)-len(c.base.TermDefinitions)))
	for name, def := range active.TermDefinitions {
		if def == nil {
			terms[name] = ldctx.Term{}
			continue
		}
		if c.base.TermDefinitions[name] == def {
			continue
		}
		t := ldctx.Term{IRI: def.ID, Type: def.Type, Reverse: def.Reverse, Prefix: def.Prefix != nil && *def.Prefix}
		if len(def.Container) > 0 {
			t.Container = def.Container[0]
		}
		terms[name] = t
	}
	return ldctx.New(id, source, terms), nil
}

// check looks at what the part at url has added to before.
func check(after, before *ld.Context, url string) error {
	if v := after.Values.Vocab; v != nil && len(*v) > maxString {
		return bad(url, "its @vocab has more than %d bytes", maxString)
	}
	for name, def := range after.TermDefinitions {
		if def == nil || before.TermDefinitions[name] == def || def.ID == "" || ld.IsKeyword(def.ID) {
			continue
		}
		if err := entity.CheckURI(def.ID); err != nil {
			return bad(url, "the term %.80q does not stand for an IRI: %s", name, err.Error())
		}
	}
	return nil
}

// parse reads one object on top of active. json-gold panics on some contexts
// that are not valid, which is not to end the program.
func parse(active *ld.Context, p part) (next *ld.Context, err error) {
	defer func() {
		if r := recover(); r != nil {
			next, err = nil, bad(p.url, "it cannot be compiled as JSON-LD")
		}
	}()
	next, err = active.Parse(p.object.Plain())
	if err == nil {
		return next, nil
	}
	var gold *ld.JsonLdError
	switch {
	case !errors.As(err, &gold):
		return nil, bad(p.url, "it cannot be compiled as JSON-LD")
	case p.url != "":
		// Details may quote the document, which is not the client's to see.
		return nil, bad(p.url, "%s", string(gold.Code))
	default:
		return nil, bad("", "%s (%.200s)", string(gold.Code), fmt.Sprint(gold.Details))
	}
}
