// Package ldgraph reads JSON-LD 1.1 as RDF triples, for catalogues that others
// publish.
//
// It is not for NGSI-LD, whose names package ldctx expands, and not a way to
// write: rdf does that. The work is json-gold's; what that library cannot do
// is named in w3c_test.go.
//
// What always holds: nothing is fetched but by the caller's function; equal
// texts give equal triples in the same order; no text makes the program panic,
// and what one can cost is bounded before the library sees it.
package ldgraph

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/piprate/json-gold/ld"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/rdf"
)

// Options say how to read.
type Options struct {
	// Limits are those of rdf's parsers, but Bytes is 16 MiB by default: the
	// whole text is held at once, and takes some ten times its length.
	Limits rdf.Limits
	// Context gives the document of a remote @context. Those of DCAT-AP are at
	// hand without it; nil means that there are no others.
	Context func(url string) ([]byte, error)
}

// Read gives the graph of a text, all its graphs as one: portals put a
// catalogue into a named graph and mean no more by it. Blank nodes are named
// _:b0, _:b1 and on in order of the triples. A statement with an IRI that
// cannot be one is left out, as the Recommendation has it (JSON-LD 1.1 API,
// 8.1.2): Limits.BadTerm hears of language tags alone.
//
// Errors: problem.BadRequestData if the text is no JSON-LD (with an
// *rdf.SyntaxError if it is no JSON) or asks for too much;
// problem.LdContextNotAvailable; that of the reader.
func Read(r io.Reader, base rdf.IRI, o Options) (*rdf.Graph, error) {
	return rdf.Collect(func(emit func(rdf.Triple) error) error { return Parse(r, base, o, emit) })
}

// Parse hands each triple of a text to emit, once all of it has been read.
//
// Errors: those of Read, and that of emit.
func Parse(r io.Reader, base rdf.IRI, o Options, emit func(rdf.Triple) error) error {
	o.Limits.Bytes = cmp.Or(o.Limits.Bytes, 16<<20)
	o.Limits.Depth = cmp.Or(o.Limits.Depth, 64)
	o.Limits.Triples = cmp.Or(o.Limits.Triples, 1_000_000)
	quads, err := toQuads(r, base, o)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for i, q := range quads {
		if i >= o.Limits.Triples {
			return problem.New(problem.BadRequestData, "there are more than %d triples; split the file", o.Limits.Triples)
		}
		t := triple(q, names)
		if err := t.Check(); err != nil {
			if err = dropped(err, o.Limits.BadTerm); err != nil {
				return err
			}
			continue
		}
		if err := emit(t); err != nil {
			return err
		}
	}
	return nil
}

// dropped asks whether reading goes on without a triple.
func dropped(why error, ask func(*rdf.SyntaxError) error) error {
	if ask == nil {
		return problem.Wrap(problem.BadRequestData, why, "%s; correct the term", why.Error())
	}
	return ask(&rdf.SyntaxError{Reason: why.Error(), Mend: "correct the term"})
}

// toQuads gives all statements, those of the default graph first.
func toQuads(r io.Reader, base rdf.IRI, o Options) ([]*ld.Quad, error) {
	b, err := io.ReadAll(io.LimitReader(r, o.Limits.Bytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > o.Limits.Bytes {
		return nil, problem.New(problem.BadRequestData, "the text is longer than %d bytes; split the file", o.Limits.Bytes)
	}
	doc, err := parse(b, o.Limits)
	if err != nil {
		return nil, err
	}
	load := &loader{o: o, guard: &guard{}}
	if err := load.guard.document(doc); err != nil {
		return nil, err
	}
	options := ld.NewJsonLdOptions(string(base))
	options.DocumentLoader = load
	set, err := convert(doc.Plain(), options)
	if load.err != nil {
		return nil, load.err
	}
	if err != nil {
		return nil, err
	}
	var out []*ld.Quad
	for _, name := range slices.SortedFunc(maps.Keys(set.Graphs), func(a, b string) int {
		return cmp.Or(-cmp.Compare(boolInt(a == "@default"), boolInt(b == "@default")), cmp.Compare(a, b))
	}) {
		out = append(out, set.Graphs[name]...)
	}
	return out, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func parse(b []byte, lim rdf.Limits) (jsontree.Node, error) {
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	doc, err := jsontree.Parse(b, jsontree.Limits{MaxBytes: len(b), MaxDepth: 3 * lim.Depth, MaxMembers: 8 << 20})
	var bad *jsontree.SyntaxError
	if errors.As(err, &bad) {
		err = &rdf.SyntaxError{Line: bad.Line, Column: bad.Col, Reason: bad.Msg, Mend: "make it JSON"}
		return doc, problem.Wrap(problem.BadRequestData, err, "not JSON: %s", err.Error())
	}
	return doc, err
}

// convert has json-gold work, which panics on some texts that are not valid.
func convert(doc any, options *ld.JsonLdOptions) (set *ld.RDFDataset, err error) {
	defer func() {
		if r := recover(); r != nil {
			set, err = nil, problem.New(problem.BadRequestData, "the text cannot be read as JSON-LD; check its @context")
		}
	}()
	out, err := ld.NewJsonLdProcessor().ToRDF(doc, options)
	var gold *ld.JsonLdError
	if errors.As(err, &gold) {
		return nil, problem.Wrap(problem.BadRequestData, err, "not JSON-LD: %s (%.200v)", string(gold.Code), gold.Details)
	}
	if err != nil {
		return nil, problem.Wrap(problem.BadRequestData, err, "not JSON-LD: %.200s", err.Error())
	}
	return out.(*ld.RDFDataset), nil
}

// triple turns a statement into one of ours; names holds those given to blank
// nodes so far, nil keeps the library's.
func triple(q *ld.Quad, names map[string]string) rdf.Triple {
	name := func(n ld.Node) string {
		if n == nil {
			return "" // json-gold's object of a value that makes no term
		}
		if !ld.IsBlankNode(n) || names == nil {
			return n.GetValue()
		}
		old := n.GetValue()
		if names[old] == "" {
			names[old] = "_:b" + strconv.Itoa(len(names))
		}
		return names[old]
	}
	t := rdf.Triple{S: rdf.IRI(name(q.Subject)), P: rdf.IRI(name(q.Predicate))}
	var lit ld.Literal
	switch o := q.Object.(type) {
	case ld.Literal:
		lit = o
	case *ld.Literal:
		lit = *o
	default:
		t.O = rdf.Ref(rdf.IRI(name(q.Object)))
		return t
	}
	if lit.Language != "" {
		t.O = rdf.In(lit.Language, lit.Value)
	} else {
		t.O = rdf.Typed(lit.Value, rdf.IRI(lit.Datatype))
	}
	return t
}
