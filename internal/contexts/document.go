package contexts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// Kind is how a document came here (CIM 009, 5.13.1).
type Kind string

// The kinds of documents.
const (
	Cached            Kind = "Cached"            // fetched because a request named it
	Hosted            Kind = "Hosted"            // a client left it here
	ImplicitlyCreated Kind = "ImplicitlyCreated" // made so that a Link header can name an inline @context
)

// document is one context document. It does not change; a reload makes
// another one that shares its usage.
type document struct {
	id      string // local identifier
	kind    Kind
	url     string // where a Cached one came from; else ""
	tenant  string // whose a Hosted or ImplicitlyCreated one is
	content jsontree.Node
	size    int
	created time.Time
	expires time.Time // zero is never
	pinned  bool      // preloaded: neither fetched nor kept nor deleted
	use     *usage
}

func (d *document) until() int64 {
	if d.expires.IsZero() {
		return math.MaxInt64
	}
	return d.expires.UnixNano()
}

// failure is why a document could not be had, remembered for a moment.
type failure struct {
	err   error
	until time.Time
}

// flight is a fetch under way. doc and err are set before done is closed.
type flight struct {
	done chan struct{}
	doc  *document
	err  error
}

// cachedID is the local identifier of what is found at url.
func cachedID(url string) string {
	sum := sha256.Sum256([]byte(url))
	return hex.EncodeToString(sum[:16])
}

// document gives the document at url and until when it may be used.
func (s *Service) document(ctx context.Context, url string) (*document, int64, error) {
	if id, ok := localID(url); ok {
		s.mu.Lock()
		doc, ok := s.docs[id]
		s.mu.Unlock()
		if ok && doc.kind != Cached {
			at := *doc
			at.url = url // the base of what it names
			return &at, doc.until(), nil
		}
	}
	now := s.o.Now()
	s.mu.Lock()
	old := s.byURL[url]
	if old != nil && (old.expires.IsZero() || now.Before(old.expires)) {
		s.mu.Unlock()
		return old, old.until(), nil
	}
	if f, ok := s.failures[url]; ok && now.Before(f.until) {
		s.mu.Unlock()
		if old != nil {
			return old, f.until.UnixNano(), nil
		}
		return nil, 0, f.err
	}
	f, err := s.fetch(url, old)
	s.mu.Unlock()
	if err != nil {
		if old != nil {
			return old, now.Add(staleWait).UnixNano(), nil
		}
		return nil, 0, err
	}
	return s.await(ctx, url, f, old)
}

// await waits for f: as long as ctx allows if there is no old copy, for a
// short while if there is.
func (s *Service) await(ctx context.Context, url string, f *flight, old *document) (*document, int64, error) {
	var enough <-chan time.Time
	if old != nil {
		t := time.NewTimer(staleWait)
		defer t.Stop()
		enough = t.C
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return nil, 0, notHere(ctx.Err(), url, "the request ended before it had been fetched")
	case <-enough:
		return old, s.o.Now().Add(staleWait).UnixNano(), nil
	}
	switch {
	case f.err == nil:
		return f.doc, f.doc.until(), nil
	case old != nil:
		return old, s.o.Now().Add(staleRetry).UnixNano(), nil
	}
	return nil, 0, f.err
}

// fetch starts to fetch url, or joins the fetch under way. The caller holds
// mu. The fetch belongs to nobody's request: it goes on when that ends.
func (s *Service) fetch(url string, old *document) (*flight, error) {
	if f, ok := s.flights[url]; ok {
		return f, nil
	}
	if s.o.Fetch == nil {
		return nil, notHere(nil, url, "this server fetches no remote documents")
	}
	if len(s.flights) >= maxFetches || s.ctx.Err() != nil {
		return nil, notHere(s.ctx.Err(), url, "too many documents are being fetched; try again in a moment")
	}
	f := &flight{done: make(chan struct{})}
	s.flights[url] = f
	s.fetches.Go(func() {
		f.doc, f.err = s.get(url)
		var evicted []*document
		s.mu.Lock()
		delete(s.flights, url)
		if f.err == nil {
			delete(s.failures, url)
			evicted = s.put(f.doc)
		} else {
			s.fail(url, f.err, old != nil)
		}
		s.mu.Unlock()
		close(f.done)
		if f.err == nil {
			s.keep(f.doc, evicted)
		}
	})
	return f, nil
}

// get fetches and reads the document at url.
func (s *Service) get(url string) (doc *document, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.o.FetchTimeout)
	defer cancel()
	body, age, err := s.o.Fetch.Fetch(ctx, url)
	if err != nil {
		return nil, notHere(err, url, unreachable(err))
	}
	content, err := read(url, body, s.o.MaxDocumentBytes)
	if err != nil {
		return nil, err
	}
	if age < 0 {
		age = heuristicAge
	}
	now := s.o.Now()
	return &document{
		id: cachedID(url), kind: Cached, url: url, content: content, size: len(body),
		created: now, expires: now.Add(min(max(age, minAge), maxAge)), use: new(usage),
	}, nil
}

// unreachable says why a document cannot be had, as far as people outside may
// know.
func unreachable(err error) string {
	var p *problem.Error
	switch {
	case errors.As(err, &p) && p.Kind != problem.InternalError:
		return p.Detail
	case errors.Is(err, context.DeadlineExceeded):
		return "its server took too long"
	default:
		return "its server did not give it"
	}
}

// read takes the context out of the text of a document. The text is not the
// client's to see: errors say where, not what.
func read(url string, body []byte, maxBytes int) (jsontree.Node, error) {
	doc, err := jsontree.Parse(body, jsontree.Limits{MaxBytes: maxBytes})
	if err != nil {
		var syntax *jsontree.SyntaxError
		switch {
		case !errors.As(err, &syntax):
			return doc, bad(url, "it is not JSON")
		case syntax.Limit && len(body) > maxBytes:
			return doc, bad(url, "it has more than %d bytes", maxBytes)
		case syntax.Limit:
			return doc, bad(url, "it is nested too deep or has too many values")
		}
		return doc, bad(url, "it is not JSON (line %d, column %d)", syntax.Line, syntax.Col)
	}
	content, ok := doc.Get("@context")
	if !ok {
		return doc, bad(url, "it is not an object with an @context")
	}
	return content, nil
}

// Check tells whether body can be preloaded as the document at url. What it
// defines, and the documents that it names, are looked at when it is used.
//
// Errors: problem.BadRequestData.
func Check(url string, body []byte) error {
	_, err := read(url, body, preloadBytes)
	return err
}

// fail remembers why url could not be had. The caller holds mu.
func (s *Service) fail(url string, err error, hasOld bool) {
	now := s.o.Now()
	if len(s.failures) >= maxFailures {
		maps.DeleteFunc(s.failures, func(_ string, f failure) bool { return !now.Before(f.until) })
	}
	if len(s.failures) >= maxFailures {
		clear(s.failures)
	}
	age := failureAge
	if hasOld {
		age = staleRetry
	}
	s.failures[url] = failure{err, now.Add(age)}
}

// put takes doc in, in place of one with the same identifier, and gives those
// that had to make room. The caller holds mu.
func (s *Service) put(doc *document) (evicted []*document) {
	if old := s.docs[doc.id]; old != nil {
		doc.use = old.use
		if !sameContent(old, doc) {
			s.epoch.Add(1)
		}
		s.bytes -= old.size
	}
	s.docs[doc.id] = doc
	s.bytes += doc.size
	if doc.kind == Cached {
		s.byURL[doc.url] = doc
	}
	if s.bytes <= s.o.MaxStoredBytes {
		return nil
	}
	candidates := slices.DeleteFunc(slices.Collect(maps.Values(s.docs)), func(d *document) bool {
		return d.kind != Cached || d.pinned || d == doc
	})
	slices.SortFunc(candidates, func(a, b *document) int {
		if a.use.last.Load() != b.use.last.Load() {
			return int(min(1, max(-1, a.use.last.Load()-b.use.last.Load())))
		}
		return strings.Compare(a.id, b.id)
	})
	for _, d := range candidates {
		if s.bytes <= s.o.MaxStoredBytes {
			break
		}
		s.remove(d)
		evicted = append(evicted, d)
	}
	return evicted
}

func sameContent(a, b *document) bool { return a.content.String() == b.content.String() }

// remove takes doc out. The caller holds mu.
func (s *Service) remove(doc *document) {
	delete(s.docs, doc.id)
	if doc.kind == Cached {
		delete(s.byURL, doc.url)
	}
	s.bytes -= doc.size
	s.epoch.Add(1)
}
