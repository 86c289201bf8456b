package harvest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// The kinds of records. Sources and reports belong to an export; the others
// are those of a run under way.
const (
	SourceKind = "harvest-source"
	ReportKind = "harvest-report"

	progressKind = "harvest-progress"
	seenKind     = "harvest-seen"
)

// datasets is the catalogue.
type datasets interface {
	Harvested(ctx context.Context, sp store.Space) ([]catalogue.HarvestedRef, error)
	HarvestedOne(ctx context.Context, sp store.Space, slug string) (*catalogue.Harvested, error)
	PutHarvested(ctx context.Context, c broker.Call, hs []*catalogue.Harvested) ([]catalogue.Kept, []error, error)
	EndHarvested(ctx context.Context, c broker.Call, slugs []string) error
}

// Options are the settings of a Service.
type Options struct {
	Catalogue datasets
	Records   store.Records
	Web       Web
	// Own gives the address that all our own IRIs begin with: what a source
	// says of them is not taken.
	Own func() string
	// Check judges an address that is written down.
	Check func(address string) error
	Now   func() entity.Instant
	Wall  func() time.Time // for limits and schedules of this process
	// Wait pauses; it ends early with ctx.
	Wait func(ctx context.Context, d time.Duration) error
	// Ended, if set, is told how each run ended that was no dry one, and of a
	// source that was deleted as if it had been read without a fault.
	Ended func(ctx context.Context, src Source, r Report) error
	Dir   string // for what is spooled; made if it is not there
	Log   *slog.Logger
}

// Service looks after sources and their runs. It is safe for use by many
// goroutines.
type Service struct {
	o Options

	mu   sync.Mutex
	busy map[string]*Report // the sources that are being read, as last told
	runs chan request
}

type request struct {
	source string
	mode   Mode
}

// waiting is how many runs may wait for their turn.
const waiting = 64

// New makes a Service. Run does the work.
func New(o Options) *Service {
	return &Service{o: o, busy: map[string]*Report{}, runs: make(chan request, waiting)}
}

// Sources lists them in order of slug.
func (s *Service) Sources(ctx context.Context) ([]Source, error) {
	var out []Source
	for r, err := range s.o.Records.Scan(ctx, SourceKind, "", "") {
		if err != nil {
			return nil, fmt.Errorf("read the harvest sources: %w", err)
		}
		src, err := readSource(r.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, src)
	}
	return out, nil
}

// Source gives one.
//
// Errors: problem.ResourceNotFound.
func (s *Service) Source(ctx context.Context, slug string) (Source, error) {
	r, err := s.o.Records.Get(ctx, store.Key{Kind: SourceKind, Name: slug})
	if problem.Is(err, problem.ResourceNotFound) {
		return Source{}, problem.New(problem.ResourceNotFound, "there is no harvest source %.80q", slug)
	}
	if err != nil {
		return Source{}, fmt.Errorf("read the harvest source %s: %w", slug, err)
	}
	return readSource(r.Value)
}

// Put creates or changes a source.
//
// Errors: problem.BadRequestData, naming all that is wrong; problem.Conflict
// while it is being read.
func (s *Service) Put(ctx context.Context, src Source) error {
	if found := src.check(s.o.Check); len(found) > 0 {
		return problem.New(problem.BadRequestData, "the harvest source cannot be kept: %s", strings.Join(found, "; "))
	}
	value, err := writeSource(src)
	if err != nil {
		return err
	}
	if !s.take(src.Slug) {
		return busy(src.Slug)
	}
	defer s.give(src.Slug)
	// A run that a crash ended was one of the source as it was.
	if err := s.o.Records.Write(ctx, []store.RecordWrite{{Key: store.Key{Kind: SourceKind, Name: src.Slug}, Value: value, Any: true},
		{Key: store.Key{Kind: progressKind, Name: src.Slug}, Any: true}}); err != nil {
		return fmt.Errorf("keep the harvest source %s: %w", src.Slug, err)
	}
	return nil
}

// Delete forgets a source with its reports and marks all that it brought as
// gone.
//
// Errors: problem.ResourceNotFound; problem.Conflict while it is being read.
func (s *Service) Delete(ctx context.Context, slug string) error {
	src, err := s.Source(ctx, slug)
	if err != nil {
		return err
	}
	if !s.take(slug) {
		return busy(slug)
	}
	defer s.give(slug)
	refs, err := s.o.Catalogue.Harvested(ctx, store.Space{})
	if err != nil {
		return err
	}
	var slugs []string
	for _, r := range refs {
		if r.Source == slug && r.Gone.IsZero() {
			slugs = append(slugs, r.Slug)
		}
	}
	for part := range slices.Chunk(slugs, lotSize) {
		if err := s.o.Catalogue.EndHarvested(ctx, broker.Call{}, part); err != nil {
			return err
		}
	}
	ws := []store.RecordWrite{{Key: store.Key{Kind: progressKind, Name: slug}, Any: true}}
	for _, kind := range []string{ReportKind, seenKind} {
		for r, err := range s.o.Records.Scan(ctx, kind, slug+"/", "") {
			if err != nil {
				return fmt.Errorf("read what is kept of the harvest source %s: %w", slug, err)
			}
			ws = append(ws, store.RecordWrite{Key: r.Key, Any: true})
		}
	}
	ws = append(ws, store.RecordWrite{Key: store.Key{Kind: SourceKind, Name: slug}, Any: true})
	for part := range slices.Chunk(ws, 500) {
		if err := s.o.Records.Write(ctx, part); err != nil {
			return fmt.Errorf("forget the harvest source %s: %w", slug, err)
		}
	}
	return s.ended(ctx, src, Report{Source: slug, State: Done})
}

func (s *Service) ended(ctx context.Context, src Source, r Report) error {
	if s.o.Ended == nil {
		return nil
	}
	return s.o.Ended(ctx, src, r)
}

func busy(slug string) error {
	return problem.New(problem.Conflict, "the source %q is being harvested; wait for the report", slug)
}

// take makes a source this caller's until give.
func (s *Service) take(slug string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.busy[slug]; ok {
		return false
	}
	s.busy[slug] = nil
	return true
}

func (s *Service) give(slug string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, slug)
}

// watched tells how far a run is.
func (s *Service) watched(r Report) {
	r.State = Running
	r.Findings, r.Preview = slices.Clone(r.Findings), Preview{}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.busy[r.Source]; ok {
		s.busy[r.Source] = &r
	}
}

// Progress tells how far the run of a source is that is under way or waits.
func (s *Service) Progress(slug string) (r Report, running bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.busy[slug]
	if p != nil {
		return *p, true
	}
	return Report{Source: slug, State: Running}, ok
}

// Start asks for a run, which follows as soon as it is its turn.
//
// Errors: problem.ResourceNotFound; problem.Conflict while one is under way;
// problem.Unavailable if too many wait.
func (s *Service) Start(ctx context.Context, slug string, m Mode) error {
	if _, err := s.Source(ctx, slug); err != nil {
		return err
	}
	return s.ask(request{source: slug, mode: m})
}

func (s *Service) ask(q request) error {
	if !s.take(q.source) {
		return busy(q.source)
	}
	select {
	case s.runs <- q:
		return nil
	default:
		s.give(q.source)
		return problem.New(problem.Unavailable, "%d harvests wait for their turn; try again later", waiting)
	}
}

// Run does what is asked for, one run at a time, and what is due, until ctx
// ends. Runs that a crash ended go on first.
func (s *Service) Run(ctx context.Context) error {
	if err := os.RemoveAll(s.o.Dir); err != nil {
		return fmt.Errorf("clear what a harvest left: %w", err)
	}
	if err := os.MkdirAll(s.o.Dir, 0o700); err != nil {
		return fmt.Errorf("make a folder for harvests: %w", err)
	}
	if err := s.resume(ctx); err != nil {
		return err
	}
	t := time.NewTicker(30 * time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case q := <-s.runs:
			err := s.do(ctx, q)
			s.give(q.source)
			if err != nil && ctx.Err() == nil {
				s.o.Log.Warn("a harvest stopped and goes on with the next run", "source", q.source, "error", err)
			}
		case <-t.C:
			if err := s.Tick(ctx); err != nil && ctx.Err() == nil {
				s.o.Log.Warn("it was not found out which harvests are due", "error", err)
			}
		}
	}
}

// resume asks for the runs that were under way when the process ended.
func (s *Service) resume(ctx context.Context) error {
	for r, err := range s.o.Records.Scan(ctx, progressKind, "", "") {
		if err != nil {
			return fmt.Errorf("read which harvests were under way: %w", err)
		}
		// A steward may have been faster, or too many may wait: how far the run
		// came is kept, and the next one of the source goes on from there.
		if err := s.ask(request{source: r.Key.Name}); err != nil {
			s.o.Log.Warn("a harvest that was under way goes on with the next run", "source", r.Key.Name, "error", err)
		}
	}
	return nil
}

// Tick asks for the runs that are due.
func (s *Service) Tick(ctx context.Context) error {
	all, err := s.Sources(ctx)
	if err != nil {
		return err
	}
	for _, src := range all {
		if src.Every == 0 {
			continue
		}
		last, err := s.last(ctx, src.Slug)
		if err != nil {
			return err
		}
		if s.o.Now() < last+entity.Instant(src.Every)*1e6 {
			continue
		}
		if err := s.ask(request{source: src.Slug}); err != nil && !problem.Is(err, problem.Conflict) {
			return err
		}
	}
	return nil
}

// last tells when the last real run began; zero if there was none.
func (s *Service) last(ctx context.Context, slug string) (entity.Instant, error) {
	rs, err := s.Reports(ctx, slug)
	if err != nil {
		return 0, err
	}
	for _, r := range rs {
		if !r.Dry {
			return r.Started, nil
		}
	}
	return 0, nil
}

// do does one run, or what is left of it.
func (s *Service) do(ctx context.Context, q request) error {
	src, err := s.Source(ctx, q.source)
	if err != nil {
		return err
	}
	j := &job{Service: s, source: src, mode: q.mode, visited: map[string]bool{}, seen: map[string]bool{}}
	if !q.mode.Dry {
		if err := j.load(ctx); err != nil {
			return err
		}
	}
	if j.p.Report.Run == "" {
		now := s.o.Now()
		j.p = progress{Report: Report{Source: src.Slug, Run: fmt.Sprintf("%016d", now), Started: now, Dry: q.mode.Dry}, Vanish: q.mode.Vanish}
	}
	j.mode.Vanish = j.mode.Vanish || j.p.Vanish
	j.watched(j.p.Report)
	return j.run(ctx)
}

// load takes up the run that was under way, if there is one.
func (j *job) load(ctx context.Context) error {
	r, err := j.o.Records.Get(ctx, store.Key{Kind: progressKind, Name: j.source.Slug})
	if problem.Is(err, problem.ResourceNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read how far the harvest of %s came: %w", j.source.Slug, err)
	}
	if err := readRecord(r.Value, &j.p); err != nil {
		return err
	}
	for n := range j.p.Lots {
		r, err := j.o.Records.Get(ctx, seenKey(j.source.Slug, n))
		if err != nil {
			return fmt.Errorf("read what the harvest of %s has seen: %w", j.source.Slug, err)
		}
		var l lot
		if err := readRecord(r.Value, &l); err != nil {
			return err
		}
		j.visited[l.Page] = true
		for _, slug := range l.Slugs {
			j.seen[slug] = true
		}
	}
	j.p.Report.note(finding("resumed", j.source.URL, strconv.Itoa(j.p.Report.Counts.Seen)))
	return nil
}

func reportKey(r *Report) store.Key {
	return store.Key{Kind: ReportKind, Name: r.Source + "/" + r.Run}
}

// Reports lists the reports of a source that are kept, the newest first.
func (s *Service) Reports(ctx context.Context, slug string) ([]Report, error) {
	var out []Report
	for r, err := range s.o.Records.Scan(ctx, ReportKind, slug+"/", "") {
		if err != nil {
			return nil, fmt.Errorf("read the reports of the harvest source %s: %w", slug, err)
		}
		var rep Report
		if err := readRecord(r.Value, &rep); err != nil {
			return nil, err
		}
		out = append(out, rep)
	}
	slices.Reverse(out)
	return out, nil
}

// prune drops reports that are older than those that are kept.
func (s *Service) prune(ctx context.Context, slug string) error {
	rs, err := s.Reports(ctx, slug)
	if err != nil || len(rs) <= keptReports {
		return err
	}
	var ws []store.RecordWrite
	for i := range rs[keptReports:] {
		ws = append(ws, store.RecordWrite{Key: reportKey(&rs[keptReports+i]), Any: true})
	}
	return s.o.Records.Write(ctx, ws)
}
