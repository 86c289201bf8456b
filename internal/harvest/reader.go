package harvest

import (
	"context"
	"slices"

	"github.com/beffroi/beffroi/internal/catalogue"
)

// batch is what a reader found on one page.
type batch struct {
	found []*catalogue.Harvested
	gone  []string // slugs of records that the source says were deleted
	notes []Finding
	anew  bool // the list was begun anew: pages may come again

	count map[string]int // of findings, by code
	more  map[string]int // of these, those that are not in notes
}

func (b *batch) note(f Finding) {
	for i := max(0, len(b.notes)-50); i < len(b.notes); i++ { // of one dataset, as a rule
		if o := b.notes[i]; o.Code == f.Code && o.Where == f.Where && slices.Equal(o.Args, f.Args) {
			return
		}
	}
	if b.count == nil {
		b.count, b.more = map[string]int{}, map[string]int{}
	}
	if b.count[f.Code]++; b.count[f.Code] > maxFindings {
		b.more[f.Code]++ // no report keeps more texts
		return
	}
	b.notes = append(b.notes, f)
}

// reader reads a source page by page.
type reader interface {
	// page reads one page into b and gives the cursor of the next, "" at the
	// end. The first has the cursor "". It is safe to read a page again.
	//
	// Errors: *stop for a finding after which reading cannot go on; others
	// are those of this machine.
	page(ctx context.Context, cursor string, b *batch) (next string, err error)
	// name gives what a cursor is called in findings and what must not come
	// twice: as a rule the address of the page.
	name(cursor string) string
	close() error
}

// lotSize is how many datasets are kept at once where a source has no pages.
const lotSize = 100

// readerFor makes the reader of a source.
func readerFor(s Source, v *visitor, dir string) reader {
	switch s.Kind {
	case Pages:
		return &hydraReader{s: s, v: v}
	case CKAN:
		return &ckanReader{s: s, v: v}
	case OAI:
		return &oaiReader{s: s, v: v}
	}
	return &dumpReader{s: s, v: v, dir: dir}
}
