package contexts

import (
	"context"
	"math"
	"net/url"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
)

// maxParts bounds the objects in one @context. Lists of lists in documents
// could otherwise grow without bound from few documents.
const maxParts = 64

// maxURLBytes bounds the length of the address of a context.
const maxURLBytes = 2048

// part is one context object and where it comes from.
type part struct {
	object jsontree.Node
	url    string // of the document; "" if it was in the request
}

// flattened is an @context with its documents in place: a list of objects.
type flattened struct {
	parts []part
	core  bool // the core context was named somewhere
	uses  []*usage
	until int64 // Unix nanoseconds when the first document expires
}

// flattening is the state of making one.
type flattening struct {
	flattened
	s     *Service
	docs  map[string]*document // those used, by address
	open  []string             // addresses of the documents being read, outermost first
	terms int
}

func (s *Service) flatten(ctx context.Context, value jsontree.Node) (*flattened, error) {
	f := &flattening{s: s, docs: map[string]*document{}}
	f.until = math.MaxInt64
	if err := f.add(ctx, value, ""); err != nil {
		return nil, err
	}
	return &f.flattened, nil
}

// add appends what value holds; base is the address of its document.
func (f *flattening) add(ctx context.Context, value jsontree.Node, base string) error {
	if value.Kind() != jsontree.Array {
		return f.addItem(ctx, value, base)
	}
	for _, item := range value.Items() {
		if err := f.addItem(ctx, item, base); err != nil {
			return err
		}
	}
	return nil
}

func (f *flattening) addItem(ctx context.Context, value jsontree.Node, base string) error {
	switch value.Kind() {
	case jsontree.String:
		doc, err := f.document(ctx, value.Str(), base)
		if err != nil || doc == nil {
			return err
		}
		f.open = append(f.open, doc.url)
		err = f.add(ctx, doc.content, doc.url)
		f.open = f.open[:len(f.open)-1]
		return err
	case jsontree.Object:
		return f.addObject(ctx, value, base)
	default:
		return bad(base, "it holds %s where an address, an object or a list of these is expected", article(value.Kind()))
	}
}

func (f *flattening) addObject(ctx context.Context, object jsontree.Node, base string) error {
	if from, ok := object.Get("@import"); ok {
		var err error
		if object, err = f.imported(ctx, object, from, base); err != nil {
			return err
		}
	}
	for name, def := range object.Members() {
		switch name {
		case "@context":
			return bad(base, "it has an @context within the @context")
		case "@propagate":
			return bad(base, "it has @propagate, which NGSI-LD has no use for")
		}
		if _, ok := def.Get("@context"); ok {
			return bad(base, "the term %.80q has a context of its own (a scoped context), which NGSI-LD does not support (CIM 009, 5.5.7)", name)
		}
	}
	if f.terms += object.Len(); f.terms > f.s.o.MaxTerms {
		return bad(base, "it has more than %d terms", f.s.o.MaxTerms)
	}
	if err := CheckCost(object, base); err != nil {
		return err
	}
	if len(f.parts) == maxParts {
		return bad(base, "it is put together from more than %d objects", maxParts)
	}
	f.parts = append(f.parts, part{object, base})
	return nil
}

// imported puts the object that from names beneath object (JSON-LD 1.1,
// 4.1.12).
func (f *flattening) imported(ctx context.Context, object, from jsontree.Node, base string) (jsontree.Node, error) {
	if from.Kind() != jsontree.String {
		return object, bad(base, "@import is not an address")
	}
	doc, err := f.document(ctx, from.Str(), base)
	if err != nil {
		return object, err
	}
	object = object.Without("@import")
	if doc == nil {
		return object, nil // the core context is beneath everything already
	}
	if _, again := doc.content.Get("@import"); again || doc.content.Kind() != jsontree.Object {
		return object, bad(doc.url, "it is named by @import, so that it must be one object without @import")
	}
	var members []jsontree.Member
	for name, v := range doc.content.Members() {
		members = append(members, jsontree.Member{Name: name, Value: v})
	}
	for name, v := range object.Members() {
		members = append(members, jsontree.Member{Name: name, Value: v})
	}
	return jsontree.ObjectNode(members), nil
}

// document gets the document that ref names, or nil for the core context.
func (f *flattening) document(ctx context.Context, ref, base string) (*document, error) {
	if ldctx.IsCore(ref) {
		f.core = true
		f.uses = appendNew(f.uses, f.s.coreUsage())
		return nil, nil
	}
	address, err := absolute(ref, base)
	if err != nil {
		return nil, err
	}
	if ldctx.IsCore(address) {
		return f.document(ctx, address, "")
	}
	if slices.Contains(f.open, address) {
		return nil, bad(base, "it leads back to itself through %.200s", address)
	}
	if doc, ok := f.docs[address]; ok {
		return doc, nil
	}
	if len(f.docs) == f.s.o.MaxDocuments {
		return nil, bad(base, "it needs more than %d documents", f.s.o.MaxDocuments)
	}
	doc, until, err := f.s.document(ctx, address)
	if err != nil {
		return nil, err
	}
	f.docs[address] = doc
	f.uses = appendNew(f.uses, doc.use)
	f.until = min(f.until, until)
	return doc, nil
}

func appendNew(uses []*usage, u *usage) []*usage {
	if slices.Contains(uses, u) {
		return uses
	}
	return append(uses, u)
}

// absolute gives the address that ref means in a document at base.
func absolute(ref, base string) (string, error) {
	if len(ref) > maxURLBytes {
		return "", bad(base, "it has an address of more than %d bytes", maxURLBytes)
	}
	u, err := url.Parse(ref)
	if err != nil {
		return "", bad(base, "%.200q is not an address", ref)
	}
	if !u.IsAbs() && base != "" {
		b, err := url.Parse(base)
		if err != nil {
			return "", bad(base, "%.200q is not an address", ref)
		}
		u = b.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", bad(base, "%.200q is not an address that begins with http:// or https://", ref)
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String(), nil
}

// bad is the error for a context that can be read and is no good.
func bad(url, format string, args ...any) error {
	what := "the @context is not valid: "
	if url != "" {
		what = "the @context document %.200s is not valid: "
		args = append([]any{url}, args...)
	}
	return problem.New(problem.BadRequestData, what+format, args...)
}

func article(k jsontree.Kind) string {
	switch k {
	case jsontree.Null:
		return "null"
	case jsontree.Array:
		return "a list within a list"
	default:
		return "a " + strings.ToLower(k.String())
	}
}
