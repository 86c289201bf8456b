// Package contexts turns the @context of a request into a compiled
// ldctx.Context: it finds the documents (in memory, in the store, or with the
// help of a fetcher), puts them together, has them compiled once, and keeps
// the result. It also hosts contexts for clients (CIM 009, 5.13).
//
// It is not for expanding or compacting anything; package ldctx does that.
// It makes no request of its own and knows nothing of HTTP but the syntax of
// a Link header.
//
// Always true: a request whose @context has not changed costs one look-up;
// no failure is remembered longer than a few seconds; a document that was had
// once stays in use when it cannot be had again; what a hostile document can
// cost is bounded in bytes, documents, terms and time.
package contexts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// fetcher gets remote documents.
type fetcher interface {
	// Fetch gives the body found at url, after redirects, and how long it may
	// be used without asking again: zero if not at all, negative if the
	// answer did not say.
	Fetch(ctx context.Context, url string) (body []byte, maxAge time.Duration, err error)
}

// records keeps hosted and cached documents over restarts.
type records interface {
	Scan(ctx context.Context, kind, prefix, after string) iter.Seq2[store.Record, error]
	Write(ctx context.Context, ws []store.RecordWrite) error
}

// Options say what a Service works with. The zero value of a limit is its
// default.
type Options struct {
	// Fetch gets remote documents; nil means that none can be had.
	Fetch fetcher
	// Records keeps documents over restarts; nil means that they are lost.
	Records records
	// Preload answers for addresses from memory, for ever. The core context
	// need not be in it.
	Preload map[string][]byte
	// Now gives the time; there is no default.
	Now func() time.Time
	// Log is told what could not be kept; nil is slog.Default().
	Log *slog.Logger

	MaxDocumentBytes int           // of one document; default 1 MiB
	MaxDocuments     int           // remote documents in one @context, nested ones included; default 16
	MaxTerms         int           // definitions in one @context, all documents together; default 10,000
	MaxHosted        int           // hosted and implicitly created documents; default 10,000
	MaxStoredBytes   int           // all documents together; default 64 MiB
	CacheBytes       int           // compiled contexts, roughly; default 64 MiB
	FetchTimeout     time.Duration // for one document; default 10 s
}

// Lengths of time that are no setting.
const (
	heuristicAge = time.Hour          // for a document whose answer says nothing (CIM 009, 6.3.16)
	minAge       = 5 * time.Second    // even if the answer says zero
	maxAge       = 7 * 24 * time.Hour // whatever the answer says
	failureAge   = 5 * time.Second    // a document that could not be had
	staleRetry   = 30 * time.Second   // until an old copy is tried again
	staleWait    = 2 * time.Second    // how long a request waits for a reload when there is an old copy
	maxFetches   = 32                 // under way at once
	maxFailures  = 1024               // remembered
)

func (o Options) withDefaults() Options {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.MaxDocumentBytes, 1<<20)
	def(&o.MaxDocuments, 16)
	def(&o.MaxTerms, 10_000)
	def(&o.MaxHosted, 10_000)
	def(&o.MaxStoredBytes, 64<<20)
	def(&o.CacheBytes, 64<<20)
	if o.FetchTimeout <= 0 {
		o.FetchTimeout = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// Service resolves and hosts contexts. It is safe for concurrent use.
type Service struct {
	o        Options
	compiler *compiler
	compiled *otter.Cache[[32]byte, *compiled]
	epoch    atomic.Uint64 // counts changes of documents in use
	ctx      context.Context
	cancel   context.CancelFunc
	fetches  sync.WaitGroup

	mu       sync.Mutex
	docs     map[string]*document // by key, see document
	byURL    map[string]*document // kind Cached only
	bytes    int                  // of all docs
	flights  map[string]*flight   // by URL
	failures map[string]failure   // by URL
}

// compiled is a compiled context and what it rests on.
type compiled struct {
	context *ldctx.Context
	uses    []*usage
	epoch   uint64
	until   int64 // Unix nanoseconds; after that a document may have changed
}

// usage counts how often a document was used since the start (CIM 009,
// 5.13.3.5); it outlives reloads of the document.
type usage struct {
	hits atomic.Int64
	last atomic.Int64 // Unix nanoseconds; zero is never
}

func (u *usage) touch(now int64) {
	u.hits.Add(1)
	u.last.Store(now)
}

func (u *usage) reset() {
	u.hits.Store(0)
	u.last.Store(0)
}

// Open reads the documents that were kept and gives a Service. Close ends it.
//
// Errors: those of Options.Records; a plain error if a preloaded document or
// a kept one cannot be read, or without a clock.
func Open(ctx context.Context, o Options) (*Service, error) {
	if o.Now == nil {
		return nil, errors.New("contexts: Options.Now is missing")
	}
	o = o.withDefaults()
	compiler, err := newCompiler()
	if err != nil {
		return nil, err
	}
	cache, err := otter.New(&otter.Options[[32]byte, *compiled]{
		MaximumWeight: uint64(o.CacheBytes),
		Weigher:       func(_ [32]byte, c *compiled) uint32 { return weigh(c) },
	})
	if err != nil {
		return nil, err
	}
	s := &Service{
		o: o, compiler: compiler, compiled: cache,
		docs: map[string]*document{}, byURL: map[string]*document{},
		flights: map[string]*flight{}, failures: map[string]failure{},
	}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.load(ctx); err != nil {
		s.cancel()
		return nil, err
	}
	return s, nil
}

// Close stops the fetches under way and waits for them.
func (s *Service) Close() error {
	s.cancel()
	s.fetches.Wait()
	return nil
}

// weigh estimates what a compiled context takes.
func weigh(c *compiled) uint32 {
	const perTerm, fixed = 300, 4096
	return uint32(min(fixed+c.context.Terms()*perTerm, 1<<30))
}

// buffers holds scratch space for the keys of Resolve.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// Resolve gives the compiled form of the value of an @context member: an
// address, an object, or a list of these. Where a request names no context at
// all, ldctx.Core is the one to use; null is not a context.
//
// Errors: problem.LdContextNotAvailable if a document cannot be had;
// problem.BadRequestData if the value, or a document that it names, is no
// context that NGSI-LD can use; the error of ctx.
func (s *Service) Resolve(ctx context.Context, value jsontree.Node) (*ldctx.Context, error) {
	buf := buffers.Get().(*[]byte)
	*buf = value.Append((*buf)[:0])
	key := sha256.Sum256(*buf)
	if cap(*buf) <= 64<<10 {
		buffers.Put(buf)
	}
	if c, ok := s.cached(key); ok {
		return c, nil
	}
	return s.resolve(ctx, key, value)
}

// ResolveURL is Resolve for one address, such as that of a Link header.
func (s *Service) ResolveURL(ctx context.Context, url string) (*ldctx.Context, error) {
	buf := buffers.Get().(*[]byte)
	*buf = jsontree.AppendString((*buf)[:0], url)
	key := sha256.Sum256(*buf)
	buffers.Put(buf)
	if c, ok := s.cached(key); ok {
		return c, nil
	}
	return s.resolve(ctx, key, jsontree.StringNode(url))
}

func (s *Service) cached(key [32]byte) (*ldctx.Context, bool) {
	c, ok := s.compiled.GetIfPresent(key)
	if !ok || c.epoch != s.epoch.Load() {
		return nil, false
	}
	now := s.o.Now().UnixNano()
	if now > c.until {
		return nil, false
	}
	for _, u := range c.uses {
		u.touch(now)
	}
	return c.context, true
}

// resolve does the work of Resolve. Two requests may do it at the same time
// for one new context; the fetches, which are the long part, they share.
func (s *Service) resolve(ctx context.Context, key [32]byte, value jsontree.Node) (*ldctx.Context, error) {
	epoch := s.epoch.Load()
	flat, err := s.flatten(ctx, value)
	if err != nil {
		return nil, err
	}
	id := flat.id(value)
	c := &compiled{epoch: epoch, until: flat.until, uses: flat.uses}
	if old, ok := s.compiled.GetIfPresent(key); ok && old.context.ID() == id {
		c.context = old.context
	} else if c.context, err = s.compiler.compile(id, source(value, flat.core), flat.parts); err != nil {
		return nil, err
	}
	now := s.o.Now().UnixNano()
	for _, u := range c.uses {
		u.touch(now)
	}
	s.compiled.Set(key, c)
	return c.context, nil
}

// source gives what goes back out: the value, with the core context added
// where neither it nor a document that it names has it.
func source(value jsontree.Node, core bool) jsontree.Node {
	if core {
		return value
	}
	var items []jsontree.Node
	if value.Kind() == jsontree.Array {
		for _, item := range value.Items() {
			items = append(items, item)
		}
	} else {
		items = append(items, value)
	}
	return jsontree.ArrayNode(append(items, jsontree.StringNode(ldctx.CoreURL)))
}

// id identifies what was put together: what the client wrote and what the
// documents said.
func (f *flattened) id(value jsontree.Node) string {
	h := sha256.New()
	buf := value.Append(nil)
	h.Write(buf)
	for _, p := range f.parts {
		buf = append(p.object.Append(buf[:0]), 0)
		h.Write(buf)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// notHere is the error for a document that cannot be had.
func notHere(err error, url, why string) error {
	return problem.Wrap(problem.LdContextNotAvailable, err, "the @context %.200s cannot be had: %s", url, why)
}
