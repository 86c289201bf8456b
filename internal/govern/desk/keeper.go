package desk

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// The kinds of documents that the desk keeps.
const (
	KindRequest     = "request"  // about a person
	KindLetter      = "letter"   // about a person; as it was sent
	KindDecision    = "decision" // written once
	KindArrangement = "arrangement"
	KindFees        = "fees"  // written once
	KindWish        = "wish"  // about a person: a wish as it came in
	KindBoard       = "board" // a wish as the board shows it
)

// Doc is one document as it is kept.
type Doc struct {
	ID      string
	Body    []byte // JSON
	Version uint64 // changes with every write
}

// Change is one write; Expect is the version that must be there, zero for none.
type Change struct {
	Kind, ID string
	Body     []byte
	Expect   uint64
}

// Keeper is the guarded layer: what it holds of persons is served by no door but
// the desk's own. KindDecision, KindArrangement, KindFees and KindBoard hold
// nothing of persons and may be public.
type Keeper interface {
	// Load errors with problem.ResourceNotFound.
	Load(ctx context.Context, kind, id string) (Doc, error)
	// List yields all of a kind, in no order that means something.
	List(ctx context.Context, kind string) iter.Seq2[Doc, error]
	// Keep does cs in their order, each durably; a crash may leave the later
	// ones undone. Errors: problem.Conflict if an expected version is not
	// there.
	Keep(ctx context.Context, cs ...Change) error
	// Erase removes a document about a person from state, history and log.
	// What is not there is no error.
	Erase(ctx context.Context, kind, id string) error
}

// load reads one document into v.
func (s *Service) load(ctx context.Context, kind, id string, v any) (uint64, error) {
	d, err := s.o.Keeper.Load(ctx, kind, id)
	if err != nil {
		return 0, err
	}
	return d.Version, read(kind, d, v)
}

func read(kind string, d Doc, v any) error {
	if err := json.Unmarshal(d.Body, v); err != nil {
		return fmt.Errorf("read %s %s of the request desk: %w", kind, d.ID, err)
	}
	return nil
}

// change writes v down as the next version of a document.
func change(kind, id string, v any, expect uint64) (Change, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return Change{}, fmt.Errorf("write %s %s of the request desk: %w", kind, id, err)
	}
	return Change{Kind: kind, ID: id, Body: b, Expect: expect}, nil
}

// listed reads all documents of a kind, in the order of their IDs.
func listed[T any](ctx context.Context, k Keeper, kind string, each func(*T, uint64)) error {
	var docs []Doc
	for d, err := range k.List(ctx, kind) {
		if err != nil {
			return err
		}
		docs = append(docs, d)
	}
	slices.SortFunc(docs, func(a, b Doc) int { return strings.Compare(a.ID, b.ID) })
	for _, d := range docs {
		v := new(T)
		if err := read(kind, d, v); err != nil {
			return err
		}
		each(v, d.Version)
	}
	return nil
}
