package harvest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Mode is what a run is for.
type Mode struct {
	Dry bool // nothing is kept but the report
	// Vanish takes it that more than half of a source's datasets have gone.
	Vanish bool
}

// progress is what a run that was killed goes on from. It is written after
// what it speaks of is durable: what is done twice is done to no effect.
type progress struct {
	Report Report `json:"report"`
	Cursor string `json:"cursor"`
	Lots   int    `json:"lots"` // records of what was seen
	Vanish bool   `json:"vanish,omitzero"`
}

// lot is what one page brought: its name, and the datasets that it has. All
// lots of a run together tell what the source no longer has.
type lot struct {
	Page  string   `json:"page"`
	Slugs []string `json:"slugs"`
}

// job is one run.
type job struct {
	*Service
	source  Source
	mode    Mode
	p       progress
	visited map[string]bool
	seen    map[string]bool
	anew    bool // the list was begun again: what comes twice is no fault
	pending []store.RecordWrite
	visitor *visitor
	began   time.Time // of this process's part
}

func seenKey(slug string, n int) store.Key {
	return store.Key{Kind: seenKind, Name: fmt.Sprintf("%s/%08d", slug, n)}
}

// run reads the source to its end or to what stops it, and keeps the report.
//
// Errors: of this machine, such as a full disk, or that of ctx. The run then
// goes on later from where it stood.
func (j *job) run(ctx context.Context) error {
	j.source.Limits = j.source.Limits.withDefaults()
	j.began = j.o.Wall()
	j.visitor = &visitor{web: j.o.Web, wait: j.o.Wait, limits: j.source.Limits, bytes: j.p.Report.Bytes, pages: j.p.Report.Pages}
	if err := j.save(ctx); err != nil { // from here on a crash is gone on from
		return err
	}
	r := readerFor(j.source, j.visitor, j.o.Dir)
	err := j.read(ctx, r)
	if err := errors.Join(err, r.close()); err != nil {
		return err
	}
	return j.finish(ctx)
}

// read goes from page to page. It gives nil when the report says all.
func (j *job) read(ctx context.Context, r reader) error {
	rep := &j.p.Report
	rep.State = Cut
	for {
		b := &batch{}
		next, s, err := j.page(ctx, r, b)
		if err != nil {
			return err
		}
		if b.anew {
			clear(j.visited)
			j.anew = true
		}
		if err := j.keep(ctx, r.name(j.p.Cursor), b); err != nil {
			return err
		}
		if s != nil {
			rep.note(s.Finding)
			return nil
		}
		if next == "" {
			rep.State = Done
			return nil
		}
		if f, over := j.over(r, next); over {
			rep.note(f)
			return nil
		}
		j.p.Cursor = next
		if err := j.save(ctx); err != nil {
			return err
		}
	}
}

// errRunOver ends the reading of a page when the time of its run is over.
var errRunOver = errors.New("the time of this harvest is over")

// page reads one page in what is left of the time of the run, so that a body
// that comes drop by drop cannot hold it.
func (j *job) page(ctx context.Context, r reader, b *batch) (string, *stop, error) {
	left := j.source.Limits.time() - j.o.Wall().Sub(j.began)
	reading, cancel := context.WithTimeoutCause(ctx, left, errRunOver)
	defer cancel()
	next, err := r.page(reading, j.p.Cursor, b)
	var s *stop
	switch {
	case err == nil:
		return next, nil, nil
	case ctx.Err() == nil && (errors.Is(err, errRunOver) || reading.Err() != nil && errors.Is(err, reading.Err())):
		return "", &stop{finding("cap-seconds", r.name(j.p.Cursor), strconv.FormatInt(j.source.Limits.Seconds, 10))}, nil
	case errors.As(err, &s):
		return "", s, nil
	}
	return "", nil, err
}

// over tells why a run must not go on to the next page.
func (j *job) over(r reader, next string) (Finding, bool) {
	l, rep := j.source.Limits, &j.p.Report
	where := r.name(next)
	switch {
	case j.source.Kind != Dump && j.visited[where]:
		return finding("page-back", r.name(j.p.Cursor), where), true
	case rep.found() >= maxFaults:
		return finding("cap-findings", where, strconv.Itoa(maxFaults)), true
	case rep.Counts.Seen >= l.Records:
		return finding("cap-records", where, strconv.Itoa(l.Records)), true
	case j.o.Wall().Sub(j.began) >= l.time():
		return finding("cap-seconds", where, strconv.FormatInt(l.Seconds, 10)), true
	}
	return Finding{}, false
}

// keep takes in what a page brought.
func (j *job) keep(ctx context.Context, page string, b *batch) error {
	rep := &j.p.Report
	for _, f := range b.notes {
		rep.note(f)
	}
	for code, n := range b.more {
		rep.ByCode[code] += n // it has noted some of each
	}
	l := lot{Page: page}
	var hs []*catalogue.Harvested
	own := strings.TrimRight(j.o.Own(), "/") + "/"
	for _, h := range b.found {
		if strings.HasPrefix(h.IRI, own) {
			rep.note(finding("ours", h.IRI))
			continue
		}
		for i := range h.Ways {
			if strings.HasPrefix(h.Ways[i].IRI, own) {
				h.Ways[i].IRI = ""
			}
		}
		if j.seen[h.Slug] {
			if !j.anew {
				rep.note(finding("twice", h.IRI))
			}
			continue
		}
		j.seen[h.Slug] = true
		h.Origin = catalogue.Agent{Name: j.source.Name, URL: j.source.URL}
		l.Slugs = append(l.Slugs, h.Slug)
		hs = append(hs, h)
	}
	rep.Counts.Seen += len(hs)
	for part := range slices.Chunk(hs, lotSize) {
		if err := j.put(ctx, part); err != nil {
			return err
		}
	}
	if err := j.end(ctx, b.gone); err != nil {
		return err
	}
	rep.Bytes, rep.Pages = j.visitor.bytes, j.visitor.pages
	j.visited[page] = true
	if j.mode.Dry {
		return nil
	}
	value, err := writeRecord(l)
	if err != nil {
		return err
	}
	j.pending = append(j.pending, store.RecordWrite{Key: seenKey(j.source.Slug, j.p.Lots), Value: value, Any: true})
	j.p.Lots++
	return nil
}

func (j *job) put(ctx context.Context, hs []*catalogue.Harvested) error {
	rep := &j.p.Report
	var kept []catalogue.Kept
	var errs []error
	var err error
	if j.mode.Dry {
		there, err := j.o.Catalogue.Harvested(ctx, store.Space{})
		if err != nil {
			return err
		}
		for _, h := range hs {
			k, err := catalogue.HarvestedChange(h, there)
			kept, errs = append(kept, k), append(errs, err)
		}
	} else if kept, errs, err = j.o.Catalogue.PutHarvested(ctx, broker.Call{}, hs); err != nil {
		return err
	}
	for i, k := range kept {
		rep.Counts.add(k)
		if rep.show(k, hs[i]); errs[i] != nil {
			rep.note(finding("refused", hs[i].IRI, problem.DetailOf(errs[i])))
		}
	}
	return nil
}

// end marks datasets as gone that are there.
func (j *job) end(ctx context.Context, slugs []string) error {
	if len(slugs) == 0 {
		return nil
	}
	rep := &j.p.Report
	there, err := j.o.Catalogue.Harvested(ctx, store.Space{})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(slugs, lotSize) {
		var now []string
		for _, slug := range part {
			i, ok := slices.BinarySearchFunc(there, slug, func(r catalogue.HarvestedRef, s string) int { return strings.Compare(r.Slug, s) })
			if !ok || !there[i].Gone.IsZero() {
				continue
			}
			now = append(now, slug)
			rep.Counts.Gone++
			if len(rep.Preview.Gone) < maxPreview {
				h, err := j.o.Catalogue.HarvestedOne(ctx, store.Space{}, slug)
				if err != nil {
					return err
				}
				rep.Preview.Gone = append(rep.Preview.Gone, Line{h.Slug, h.IRI, h.Title})
			}
		}
		if !j.mode.Dry {
			if err := j.o.Catalogue.EndHarvested(ctx, broker.Call{}, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// vanished marks as gone what the source, read to its end, no longer has.
func (j *job) vanished(ctx context.Context) error {
	rep := &j.p.Report
	if rep.State != Done {
		rep.note(finding("incomplete", j.source.URL))
		return nil
	}
	there, err := j.o.Catalogue.Harvested(ctx, store.Space{})
	if err != nil {
		return err
	}
	var lost []string
	had := 0
	for _, r := range there {
		if r.Source != j.source.Slug || !r.Gone.IsZero() {
			continue
		}
		had++
		if !j.seen[r.Slug] {
			lost = append(lost, r.Slug)
		}
	}
	if len(lost) > had/2 && len(lost) > 1 && !j.mode.Vanish {
		rep.note(finding("vanish-held", j.source.URL, strconv.Itoa(len(lost)), strconv.Itoa(had)))
		return nil
	}
	return j.end(ctx, lost)
}

// finish looks for what has vanished and keeps the report.
func (j *job) finish(ctx context.Context) error {
	rep := &j.p.Report
	if rep.State == Done && rep.Counts.Seen == 0 && rep.ByCode["ours"] == 0 {
		rep.note(finding("no-dataset", j.source.URL))
	}
	if err := j.vanished(ctx); err != nil {
		return err
	}
	rep.Ended = j.o.Now()
	value, err := writeRecord(rep)
	if err != nil {
		return err
	}
	ws := []store.RecordWrite{{Key: reportKey(rep), Value: value, Any: true}}
	if !j.mode.Dry {
		ws = append(ws, store.RecordWrite{Key: store.Key{Kind: progressKind, Name: j.source.Slug}, Any: true})
		for n := range j.p.Lots {
			ws = append(ws, store.RecordWrite{Key: seenKey(j.source.Slug, n), Any: true})
		}
	}
	for part := range slices.Chunk(ws, 500) {
		if err := j.o.Records.Write(ctx, part); err != nil {
			return fmt.Errorf("keep the report of the harvest of %s: %w", j.source.Slug, err)
		}
	}
	if err := j.prune(ctx, j.source.Slug); err != nil || j.mode.Dry {
		return err
	}
	return j.ended(ctx, j.source, *rep)
}

// save makes the progress durable.
func (j *job) save(ctx context.Context) error {
	j.watched(j.p.Report)
	if j.mode.Dry {
		return nil
	}
	p := j.p
	p.Report.State = Running
	value, err := writeRecord(p)
	if err != nil {
		return err
	}
	ws := append(j.pending, store.RecordWrite{Key: store.Key{Kind: progressKind, Name: j.source.Slug}, Value: value, Any: true})
	if err := j.o.Records.Write(ctx, ws); err != nil {
		return fmt.Errorf("keep how far the harvest of %s came: %w", j.source.Slug, err)
	}
	j.pending = nil
	return nil
}
