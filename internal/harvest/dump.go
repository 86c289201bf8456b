package harvest

import (
	"context"
	"errors"

	"github.com/beffroi/beffroi/internal/rdf"
)

// dumpReader reads one document that has all. The document goes through a
// spool, so its size is not that of memory. The cursor is the last dataset
// that was read: a run that goes on asks for the document again and passes
// over what it has.
type dumpReader struct {
	s     Source
	v     *visitor
	dir   string
	spool *spool
}

// dumpTriples bounds a document beside its bytes.
const dumpTriples = 50_000_000

func (d *dumpReader) name(string) string { return d.s.URL }

func (d *dumpReader) close() error {
	if d.spool == nil {
		return nil
	}
	return d.spool.close()
}

func (d *dumpReader) load(ctx context.Context, b *batch) error {
	if d.spool != nil {
		return nil
	}
	a, err := d.v.open(ctx, d.s.URL, rdfAccept)
	if err != nil {
		return err
	}
	s, err := newSpool(d.dir)
	if err != nil {
		return errors.Join(err, a.Body.Close())
	}
	d.spool = s
	// A document that breaks off is not taken at all: nobody can tell which of
	// its datasets are whole.
	if err := triples(ctx, d.s.URL, a, rdf.Limits{Bytes: d.v.limits.Bytes + 1, Triples: dumpTriples}, b.note, s.add); err != nil {
		return err
	}
	return s.seal()
}

// page reads the next datasets in order of their IRIs.
func (d *dumpReader) page(ctx context.Context, cursor string, b *batch) (string, error) {
	if err := d.load(ctx, b); err != nil {
		return "", err
	}
	d.spool.note = b.note
	next, n := "", 0
	var bad error
	err := d.spool.subjects(datasetIRI, rdf.IRI(cursor), func(s rdf.IRI) bool {
		if n == lotSize {
			return false
		}
		n++
		next = string(s)
		m := &mapper{d: d.spool, where: next, lang: d.s.Language, note: b.note}
		h, err := m.dataset(d.s.Slug, s)
		if err != nil {
			bad = err
			return false
		}
		if h != nil {
			b.found = append(b.found, h)
		}
		return true
	})
	if n < lotSize {
		next = ""
	}
	return next, errors.Join(err, bad)
}
