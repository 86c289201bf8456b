package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// destination is where entities are read into: *broker.Broker, the only
// writer of city state.
type destination interface {
	OriginOf(ctx context.Context, o store.Origin) (entity.OriginID, error)
	Restore(ctx context.Context, s store.Space, rs []broker.Restored) ([]bool, error)
}

// maxLine bounds one line: an entity with its whole history.
const maxLine = 1 << 30

func bad(format string, args ...any) error {
	return problem.New(problem.BadRequestData, format, args...)
}

// HeadOf reads the first line of a stream; ok is false if it is none.
func HeadOf(first []byte) (h Head, ok bool) {
	err := json.Unmarshal(bytes.TrimSpace(first), &h)
	return h, err == nil && h.Beffroi == "export"
}

// ImportOptions say what an import takes.
type ImportOptions struct {
	// Kinds are the kinds of records that are taken; others are refused.
	Kinds []string
	// Synthetic says that the destination is marked as synthetic. Without it
	// an export of synthetic data is refused: the mark would be lost.
	Synthetic bool
	// Progress is told how many entities came; nil tells nobody.
	Progress func(entities int)
}

// Import reads a stream into dst, which should be empty: entities that are
// there already are left as they are and counted. It may be broken off and
// done again; what came before an error is stored.
//
// Errors: problem.BadRequestData with the line.
func Import(ctx context.Context, r io.Reader, dst destination, keep store.Records, o ImportOptions) (added, there int, err error) {
	im := importer{ctx: ctx, dst: dst, keep: keep, origins: map[store.Origin]entity.OriginID{}, kinds: map[string]bool{}, o: o}
	for _, k := range o.Kinds {
		im.kinds[k] = true
	}
	lines := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		b, err := readLine(lines)
		if errors.Is(err, io.EOF) && len(b) == 0 {
			if !im.ended {
				err = bad("the stream was cut short: its last line is missing; what came before is stored, and importing the whole file adds the rest")
			} else {
				err = nil
			}
			return im.added, im.there, errors.Join(im.flush(), err)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return im.added, im.there, fmt.Errorf("line %d: %w", n, err)
		}
		if err := im.take(n, b); err != nil {
			return im.added, im.there, problem.Wrap(problem.KindOf(err), err, "line %d: %s", n, problem.DetailOf(err))
		}
	}
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		b, err := r.ReadSlice('\n')
		out = append(out, b...)
		if len(out) > maxLine {
			return nil, bad("the line is longer than %d bytes", maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimRight(out, "\n"), err
		}
	}
}

type importer struct {
	ctx          context.Context //nolint:containedctx // lives as long as one call of Import
	dst          destination
	keep         store.Records
	origins      map[store.Origin]entity.OriginID
	kinds        map[string]bool
	o            ImportOptions
	tenant       string
	batch        []broker.Restored
	bytes        int
	added, there int
	records      int
	ended        bool
}

func (im *importer) take(n int, b []byte) error {
	if n == 1 {
		var h Head
		if err := json.Unmarshal(b, &h); err != nil || h.Beffroi != "export" {
			return bad("this is not an export of beffroi: it must begin with {\"beffroi\":\"export\"")
		}
		if h.Version < 1 || h.Version > Version {
			return bad("the export has version %d and this program reads up to %d; use a newer one", h.Version, Version)
		}
		if h.Synthetic && !im.o.Synthetic {
			return bad("the export holds synthetic data and this city is not marked so; import it into a new folder")
		}
		return nil
	}
	if im.ended {
		return bad("there is something behind the last line")
	}
	var l line
	if err := json.Unmarshal(b, &l, json.RejectUnknownMembers(true)); err != nil {
		return problem.Wrap(problem.BadRequestData, err, "it cannot be read: %s", err.Error())
	}
	switch {
	case l.Entity != nil:
		return im.entity(l.Entity, len(b))
	case l.Record != nil:
		return im.record(l.Record)
	case l.End != nil:
		im.ended = true
		if err := im.flush(); err != nil {
			return err
		}
		if l.End.Entities != im.added+im.there || l.End.Records != im.records {
			return bad("it counts %d entities and %d records, but %d and %d came", l.End.Entities, l.End.Records, im.added+im.there, im.records)
		}
		return nil
	}
	return bad("it holds neither an entity nor a record nor the end")
}

func (im *importer) record(l *recordLine) error {
	if !im.kinds[l.Kind] {
		return bad("records of the kind %q are not taken from an export", l.Kind)
	}
	im.records++
	return im.keep.Write(im.ctx, []store.RecordWrite{{Key: store.Key{Kind: l.Kind, Name: string(l.Name)}, Value: l.Value, Any: true}})
}

func (im *importer) origin(o store.Origin) (entity.OriginID, error) {
	if id, ok := im.origins[o]; ok {
		return id, nil
	}
	id, err := im.dst.OriginOf(im.ctx, o)
	im.origins[o] = id
	return id, err
}

func (im *importer) entity(l *entityLine, size int) error {
	if l.Tenant != im.tenant {
		if err := im.flush(); err != nil {
			return err
		}
		im.tenant = l.Tenant
	}
	if _, err := entity.ParseID(string(l.ID)); err != nil {
		return err
	}
	e := entity.Entity{ID: l.ID, Types: l.Types, Scopes: l.Scopes}
	var err error
	for _, t := range []struct {
		text string
		to   *entity.Instant
	}{{l.CreatedAt, &e.CreatedAt}, {l.ModifiedAt, &e.ModifiedAt}, {l.ExpiresAt, &e.ExpiresAt}} {
		if *t.to, err = moment(t.text); err != nil {
			return bad("%s: %s", l.ID, err.Error())
		}
	}
	attrs, err := im.instances(l.Attrs)
	if err != nil {
		return err
	}
	history, err := im.instances(l.History)
	if err != nil {
		return err
	}
	e.Attrs = attrs
	im.batch = append(im.batch, broker.Restored{State: e, History: history, Deleted: l.Deleted})
	if im.bytes += size; len(im.batch) >= 1000 || im.bytes > 4<<20 {
		return im.flush()
	}
	return nil
}

func (im *importer) instances(ls []instanceLine) ([]entity.Instance, error) {
	out := make([]entity.Instance, 0, len(ls))
	for k := range ls {
		i, err := ls[k].instance(im.origin)
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, nil
}

func (im *importer) flush() error {
	if len(im.batch) == 0 {
		return nil
	}
	added, err := im.dst.Restore(im.ctx, store.Space{Tenant: im.tenant}, im.batch)
	if err != nil {
		return err
	}
	for _, is := range added {
		if is {
			im.added++
		} else {
			im.there++
		}
	}
	im.batch, im.bytes = nil, 0
	if im.o.Progress != nil {
		im.o.Progress(im.added + im.there)
	}
	return nil
}
